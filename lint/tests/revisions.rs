//! What a change affects and introduces, in a real repository.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test works on real files, and may fail"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use lint::files::{Disk, Files, GitError, Repository, Side};
use lint::project::{Project, Settings};
use lint::report::Report;
use lint::revision::keep_new;
use lint::touched::Touched;

const RULE: &str = r#"
## No port is 1, whoever says so.
rule no-port-one {
  severity error
  for port at {name}.port
  require port != 1
    say "the port of {name} is 1"
  fails ```
    # values/app/values.yaml
    port: 1
  ```
  passes ```
    # values/app/values.yaml
    port: 2
  ```
}
"#;

struct Work {
    folder: tempfile::TempDir,
}

impl Work {
    /// A repository with a rule and one commit of these files.
    fn new(files: &[(&str, &str)]) -> Self {
        let work = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        work.git(&["init", "--quiet", "--initial-branch", "main"]);
        work.write("dogwatch.yaml", "packs: []\n");
        work.write("rules/no-port-one.watch", RULE);
        for (path, text) in files {
            work.write(path, text);
        }
        work.commit();
        work
    }

    fn top(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.top().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.top().join(path)).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        let mut command = Command::new("git");
        command.args([
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b",
            "-c",
            "commit.gpgsign=false",
        ]);
        let done = command
            .args(arguments)
            .current_dir(self.top())
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "x"]);
    }

    fn repository(&self) -> Repository {
        Repository::above(self.top()).unwrap()
    }

    fn settings(&self) -> Settings {
        Settings {
            cwd: self.top().to_owned(),
            paths: vec![self.top().to_owned()],
            ..Settings::default()
        }
    }

    fn lint(&self, files: impl Files + 'static, touched: Option<Touched>) -> Report {
        let settings = Settings {
            touched,
            ..self.settings()
        };
        Project::new(settings, Arc::new(files)).lint(&|_| {})
    }

    /// `--changed-since`.
    fn touched(&self, since: &str) -> Vec<String> {
        let repository = self.repository();
        let revision = repository.since(since).unwrap();
        let touched = Touched {
            files: repository.changed(&revision, Side::Disk).unwrap(),
            whole_trees: false,
        };
        shown(&self.lint(Disk, Some(touched)))
    }

    /// `--new-since`.
    fn new_since(&self, since: &str) -> Vec<String> {
        let repository = self.repository();
        let revision = repository.since(since).unwrap();
        let touched = Touched {
            files: repository.changed(&revision, Side::Disk).unwrap(),
            whole_trees: true,
        };
        let mut report = self.lint(Disk, Some(touched.clone()));
        let before = repository.at(&revision, Arc::new(Disk)).unwrap();
        keep_new(&mut report, &self.lint(before, Some(touched)));
        shown(&report)
    }
}

fn shown(report: &Report) -> Vec<String> {
    let line = |it: &lint::finding::Finding| {
        let source = report.sources.get(it.diagnostic.primary.span.source);
        format!("{} {}", source.path.display(), it.diagnostic.message)
    };
    report.findings.iter().map(line).collect()
}

const FAULTY: &str = "port: 1\n";

#[test]
fn changed_file_selects_its_whole_deployment() {
    let work = Work::new(&[
        ("values/one/prod-values.yaml", FAULTY),
        ("values/two/prod-values.yaml", "port: 2\n"),
        ("values/three/demo-values.yaml", FAULTY),
    ]);
    assert_eq!(work.touched("HEAD"), [] as [&str; 0]);
    work.write("values/two/prod-values.yaml", "port: 3\n");
    assert_eq!(
        work.touched("HEAD"),
        ["values/one/prod-values.yaml the port of one is 1"]
    );
    // A new, untracked file, and a deleted one.
    work.write("values/four/demo-secrets.yaml", "a: b\n");
    assert_eq!(work.touched("HEAD").len(), 2);
    work.commit();
    work.remove("values/two/prod-values.yaml");
    work.write("values/one/prod-secrets.yaml", "a: b\n");
    assert_eq!(work.touched("HEAD").len(), 1);
}

#[test]
fn deleted_release_selects_its_deployment() {
    let work = Work::new(&[
        ("values/one/prod-values.yaml", FAULTY),
        ("values/three/demo-values.yaml", FAULTY),
        ("values/gone/prod-values.yaml", "a: 1\n"),
    ]);
    work.remove("values/gone/prod-values.yaml");
    assert_eq!(
        work.touched("HEAD"),
        ["values/one/prod-values.yaml the port of one is 1"]
    );
}

#[cfg(unix)]
#[test]
fn symlinked_layer_changes_with_its_target() {
    let work = Work::new(&[
        ("shared/base.yaml", "port: 2\n"),
        ("values/two/values.yaml", "port: 2\n"),
    ]);
    fs::create_dir_all(work.top().join("values/one")).unwrap();
    let link = work.top().join("values/one/values.yaml");
    std::os::unix::fs::symlink("../../shared/base.yaml", link).unwrap();
    work.commit();
    work.write("shared/base.yaml", FAULTY);
    let found = ["values/one/values.yaml the port of one is 1"];
    assert_eq!(work.touched("HEAD"), found);
    assert_eq!(work.new_since("HEAD"), found);
    let staged = work.repository().staged(Arc::new(Disk)).unwrap();
    assert_eq!(shown(&work.lint(staged, None)), [] as [&str; 0]);
}

#[test]
fn changed_rule_or_config_selects_everything() {
    let work = Work::new(&[
        ("values/one/prod-values.yaml", FAULTY),
        ("values/three/demo-values.yaml", FAULTY),
    ]);
    work.write("dogwatch.yaml", "packs: []\nnamespace: x\n");
    assert_eq!(work.touched("HEAD").len(), 2);
    work.commit();
    work.write(
        "rules/no-port-one.watch",
        &RULE.replace("whoever says so", "ever"),
    );
    assert_eq!(work.touched("HEAD").len(), 2);
}

#[test]
fn only_findings_caused_by_the_change_are_new() {
    let work = Work::new(&[
        ("values/one/values.yaml", FAULTY),
        ("values/two/values.yaml", "port: 2\n"),
        ("values/two/secrets.yaml", "a: b\n"),
        ("values/three/values.yaml", FAULTY),
    ]);
    // Reformatted and moved down.
    work.write(
        "values/one/values.yaml",
        "# A comment.\n\nother: 1\nport:   1\n",
    );
    assert_eq!(work.new_since("HEAD"), [] as [&str; 0]);
    // An overriding layer makes the value of another file wrong, or right.
    work.write("values/two/secrets.yaml", "port: 1\n");
    work.remove("values/three/values.yaml");
    assert_eq!(
        work.new_since("HEAD"),
        ["values/two/secrets.yaml the port of two is 1"]
    );
}

#[test]
fn removing_an_override_makes_the_finding_below_new() {
    let work = Work::new(&[
        ("values/two/values.yaml", FAULTY),
        ("values/two/secrets.yaml", "port: 2\n"),
    ]);
    work.write("values/two/secrets.yaml", "a: b\n");
    assert_eq!(
        work.new_since("HEAD"),
        ["values/two/values.yaml the port of two is 1"]
    );
}

#[test]
fn git_ignored_files_are_the_same_in_both_revisions() {
    let work = Work::new(&[
        (".gitignore", "*secrets.yaml\n"),
        ("values/two/values.yaml", "port: 2\n"),
    ]);
    work.write("values/two/secrets.yaml", FAULTY);
    work.write("values/two/values.yaml", "port: 3\n");
    let settings = Settings {
        no_ignore: true,
        ..work.settings()
    };
    let repository = work.repository();
    let revision = repository.since("HEAD").unwrap();
    let before = repository.at(&revision, Arc::new(Disk)).unwrap();
    let mut report = Project::new(settings.clone(), Arc::new(Disk)).lint(&|_| {});
    assert_eq!(report.findings.len(), 1);
    keep_new(
        &mut report,
        &Project::new(settings, Arc::new(before)).lint(&|_| {}),
    );
    assert_eq!(report.findings.len(), 0);
}

#[test]
fn since_a_branch_means_since_the_merge_base() {
    let work = Work::new(&[("values/one/values.yaml", "port: 2\n")]);
    work.git(&["checkout", "--quiet", "-b", "mine"]);
    work.write("values/mine/values.yaml", FAULTY);
    work.commit();
    work.git(&["checkout", "--quiet", "main"]);
    work.write("values/theirs/values.yaml", FAULTY);
    work.commit();
    work.git(&["checkout", "--quiet", "mine"]);
    let repository = work.repository();
    let changed = repository.changed(&repository.since("main").unwrap(), Side::Disk);
    assert_eq!(
        changed.unwrap(),
        [work.top().join("values/mine/values.yaml")]
    );
    assert_eq!(
        work.new_since("main"),
        ["values/mine/values.yaml the port of mine is 1"]
    );
}

#[test]
fn staged_mode_lints_only_the_index() {
    let work = Work::new(&[
        ("values/one/values.yaml", "port: 2\n"),
        ("values/two/values.yaml", "port: 2\n"),
    ]);
    work.write("values/one/values.yaml", FAULTY);
    work.git(&["add", "values/one/values.yaml"]);
    work.write("values/one/values.yaml", "port: 3\n");
    work.write("values/two/values.yaml", FAULTY);
    work.write("values/new/values.yaml", FAULTY);
    let staged = work.repository().staged(Arc::new(Disk)).unwrap();
    assert_eq!(
        shown(&work.lint(staged, None)),
        ["values/one/values.yaml the port of one is 1"]
    );
    let repository = work.repository();
    let changed = repository.changed(&repository.since("HEAD").unwrap(), Side::Staged);
    assert_eq!(
        changed.unwrap(),
        [work.top().join("values/one/values.yaml")]
    );
}

#[test]
fn before_the_first_commit_everything_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let work = Work { folder };
    work.git(&["init", "--quiet"]);
    work.write("dogwatch.yaml", "packs: []\n");
    work.write("rules/no-port-one.watch", RULE);
    work.write("values/one/values.yaml", FAULTY);
    work.git(&["add", "--all"]);
    assert_eq!(work.new_since("HEAD").len(), 1);
}

#[test]
fn handles_odd_names_and_nested_folders() {
    let work = Work::new(&[("trees/a b/values/one/values.yaml", "port: 2\n")]);
    let odd = "trees/a b/values/ö \"x\"/values.yaml";
    work.write(odd, FAULTY);
    let below = work.top().join("trees/a b");
    let repository = Repository::above(&below).unwrap();
    assert_eq!(repository.top(), work.top());
    let changed = repository.changed(&repository.since("HEAD").unwrap(), Side::Disk);
    assert_eq!(changed.unwrap(), [work.top().join(odd)]);
}

#[test]
fn reports_git_errors() {
    let work = Work::new(&[]);
    let repository = work.repository();
    for odd in [
        "no-such-branch",
        "",
        "--all",
        "HEAD~99",
        "HEAD:dogwatch.yaml",
    ] {
        let result = repository.since(odd);
        assert!(matches!(result, Err(GitError::NoRevision(_))), "{odd}");
    }
    let nowhere = tempfile::tempdir().unwrap();
    assert!(matches!(
        Repository::above(nowhere.path()),
        Err(GitError::NoRepository(_))
    ));
    let missing = Repository::above(&PathBuf::from("/no/such/folder"));
    assert!(matches!(missing, Err(GitError::NoRepository(_))));
}
