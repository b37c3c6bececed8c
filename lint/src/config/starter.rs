//! A first `dogwatch.yaml` for a tree: what was found there, and the place to say what no file says.
//!
//! INVARIANT: nothing in it changes what is found: settings are commented out (`#key:`, without a blank), but for what holds
//! anyway. It reads back without a mistake, with and without the comment signs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use values::discover::{DeploymentPlan, ReleasePlan};
use values::layer::Role;
use values::write::{key, string};
use values::yaml::Style;

use crate::baseline;
use crate::judge::slashes;
use crate::workspace::{Scope, Workspace};

/// So many releases are written out.
const MOST_RELEASES: usize = 40;
/// So many names of releases are said.
const MOST_NAMES: usize = 24;
/// So many characters of names stand in a line.
const WIDTH: usize = 116;

/// The text of a first configuration for the scope of a workspace.
pub fn starter(workspace: &Workspace, scope: &Scope) -> String {
    let at = workspace
        .scopes
        .iter()
        .position(|it| std::ptr::eq(it, scope));
    let trees = workspace.trees.iter().filter(|tree| Some(tree.scope) == at);
    let trees: Vec<_> = trees.collect();
    let deployments: Vec<&DeploymentPlan> = trees
        .iter()
        .flat_map(|tree| &tree.plan.deployments)
        .collect();
    let releases: Vec<&ReleasePlan> = deployments.iter().flat_map(|it| &it.releases).collect();
    let mut out = Starter {
        text: String::new(),
    };
    out.prose(&[
        "What dogwatch cannot see in the files below this folder. Every key is optional. A line that begins with `#` and no blank",
        "is a setting that is commented out: take the `#` away and change it. `dogwatch config FILE` shows what applies to a file.",
    ]);
    out.text.push_str("#\n");
    out.found(&deployments, trees.len());
    out.versions(scope, &releases);
    out.section(
        &["The namespace of releases that do not say theirs."],
        &["namespace: default"],
    );
    out.section(
        &["Services and charts that run in the cluster, but are installed from somewhere else."],
        &["externally-deployed: []"],
    );
    let first = releases.first().map_or("RELEASE", |it| it.name.as_str());
    out.section(
        &["Paths of values that are given by `--set` or `--set-file` when Helm runs, by release."],
        &["command-line-values:", &format!("  {}: []", name(first))],
    );
    out.profiles(&deployments, scope);
    out.rules(scope);
    out.section(
        &[
            "The least severity that makes the exit status 1, and severities that differ from the rules' own: by rule, tag or pack.",
        ],
        &["fail-on: error", "severity:", "  network: info"],
    );
    out.section(
        &["Where the pages can be read that `dogwatch docs` wrote: the links of rules lead there."],
        &["rule-pages: https://rules.example.org"],
    );
    out.section(
        &["Files that take no part, as `.gitignore` writes them; what that leaves out takes no part anyway."],
        &["exclude: []"],
    );
    let stated = trees.iter().any(|tree| !tree.statements.is_empty());
    out.deployments(&deployments, stated);
    out.section(
        &[
            "The file with the findings that are known and do not count. `dogwatch baseline` writes it, and names it here.",
        ],
        &[&format!("baseline: {}", baseline::FILE_NAME)],
    );
    out.text
}

struct Starter {
    text: String,
}

/// A name as a key.
fn name(text: &str) -> String {
    key(text, Style::Plain, false)
}

/// Names with commas between them, in lines of which the first begins so.
fn wrapped(mut line: String, names: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let comma = if at + 1 < names.len() { "," } else { "" };
        if line.chars().count() + name.chars().count() > WIDTH {
            lines.push(std::mem::take(&mut line));
        }
        let gap = if line.is_empty() { "" } else { " " };
        let _ = write!(line, "{gap}{name}{comma}");
    }
    lines.push(line);
    lines
}

/// A name within words: nothing in it ends the comment.
fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}

impl Starter {
    fn prose(&mut self, lines: &[&str]) {
        for line in lines {
            let _ = writeln!(self.text, "# {}", harmless(line));
        }
    }

    /// What a setting is for, and the setting, commented out.
    fn section(&mut self, prose: &[&str], settings: &[&str]) {
        self.text.push('\n');
        self.prose(prose);
        for line in settings {
            let _ = writeln!(self.text, "#{line}");
        }
    }

    fn found(&mut self, deployments: &[&DeploymentPlan], trees: usize) {
        let counted = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        if deployments.is_empty() {
            return self.prose(&[
                "Found here: no deployment. `deployments` below is the place to state one.",
            ]);
        }
        let line = format!(
            "Found here: {} in {}. `dogwatch tree` shows every layer.",
            counted(deployments.len(), "deployment"),
            counted(trees, "tree")
        );
        self.prose(&[&line]);
        if trees > 1 {
            return;
        }
        for deployment in deployments {
            let title = match (deployment.name.as_str(), deployment.profile.as_str()) {
                ("", "") => "the unnamed profile",
                ("", profile) => profile,
                (name, _) => name,
            };
            let releases = deployment.releases.iter().take(MOST_NAMES).map(|release| {
                let has = |role| release.layers.iter().any(|layer| layer.role == role);
                let secrets = if has(Role::Secrets) {
                    " with secrets"
                } else {
                    ""
                };
                format!("{}{secrets}", release.name)
            });
            let mut names: Vec<String> = releases.collect();
            let left = deployment.releases.len().saturating_sub(MOST_NAMES);
            if left > 0 {
                names.push(format!("{left} more"));
            }
            for line in wrapped(format!("- {title}:"), &names) {
                self.prose(&[&line]);
            }
        }
    }

    fn versions(&mut self, scope: &Scope, releases: &[&ReleasePlan]) {
        let declared: BTreeSet<String> = scope.knowledge.names().into_iter().collect();
        let mut known: BTreeMap<&str, &str> = BTreeMap::new();
        let mut unknown: BTreeSet<&str> = BTreeSet::new();
        for release in releases {
            match &release.version {
                Some(version) => _ = known.insert(&release.chart, version),
                None if declared.contains(&release.chart) => _ = unknown.insert(&release.chart),
                None => {}
            }
        }
        unknown.retain(|chart| !known.contains_key(chart));
        let mut prose = vec![
            "Versions of charts. Rules that depend on a version count an unknown one as the newest.".to_owned(),
        ];
        if !known.is_empty() {
            let known: Vec<String> = known
                .iter()
                .map(|(chart, version)| format!("{chart} {version}"))
                .collect();
            prose.push(format!("Stated by files here: {}.", known.join(", ")));
        }
        let mut settings = Vec::new();
        if !unknown.is_empty() {
            settings.push("chart-versions:".to_owned());
            settings.extend(
                unknown
                    .iter()
                    .map(|it| format!("  {}: \"VERSION\"", name(it))),
            );
        }
        let (prose, settings): (Vec<&str>, Vec<&str>) = (
            prose.iter().map(String::as_str).collect(),
            settings.iter().map(String::as_str).collect(),
        );
        self.section(&prose, &settings);
    }

    fn profiles(&mut self, deployments: &[&DeploymentPlan], scope: &Scope) {
        let mut profiles: BTreeSet<&str> =
            deployments.iter().map(|it| it.profile.as_str()).collect();
        profiles.remove("");
        let unstated: BTreeMap<&str, usize> = scope.likely_profiles().collect();
        if profiles.is_empty() && unstated.is_empty() {
            profiles.insert("demo");
        }
        let mut settings = vec!["profiles:".to_owned()];
        for profile in &profiles {
            settings.push(format!("  {}:", name(profile)));
            settings.push("    namespace: default".to_owned());
        }
        for word in unstated.keys().filter(|it| !profiles.contains(*it)) {
            settings.push(format!("  {}:", name(word)));
        }
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        let mut prose = vec![
            "The same, and severities, for one profile only. A name here is also a prefix of file names: `NAME-values.yaml`."
                .to_owned(),
        ];
        if !unstated.is_empty() {
            let words = unstated
                .iter()
                .map(|(word, files)| format!("{word} ({files})"));
            let words: Vec<String> = words.collect();
            prose.push("Files here are called after these, and take no part until they are stated; in brackets, how many:".to_owned());
            prose.extend(wrapped(String::new(), &words));
        }
        let prose: Vec<&str> = prose.iter().map(String::as_str).collect();
        self.section(&prose, &settings);
        let names: Vec<String> = profiles
            .iter()
            .map(|it| string(it, Style::Plain, true))
            .collect();
        self.section(
            &["Which deployments or profiles go to one cluster; without it each goes to its own."],
            &["clusters:", &format!("  main: [{}]", names.join(", "))],
        );
    }

    /// A rules folder that is there takes part anyway, so it is named.
    fn rules(&mut self, scope: &Scope) {
        let folder = scope.root.join("rules");
        let own = scope
            .book
            .files
            .iter()
            .filter_map(|file| file.file.as_deref());
        let there = own.filter(|file| file.starts_with(&folder)).count() > 0;
        self.text.push('\n');
        self.prose(&[
            "Folders with rules of your own; `dogwatch new rule NAME` writes a first one.",
        ]);
        let sign = if there { "" } else { "#" };
        let _ = writeln!(self.text, "{sign}rules: [rules]");
        self.section(
            &["Built-in packs that take part, and rules that are off: ids, tags or packs. `dogwatch rules` lists them."],
            &["packs: [helm, security, wire]", "disable: []"],
        );
        self.section(
            &["Values for the `param` items of rules; `dogwatch rules` lists these, too."],
            &["parameters: {}"],
        );
    }

    fn deployments(&mut self, deployments: &[&DeploymentPlan], stated: bool) {
        let releases: usize = deployments.iter().map(|it| it.releases.len()).sum();
        let names: BTreeSet<&str> = deployments.iter().map(|it| it.name.as_str()).collect();
        let whole =
            !stated && names.len() == deployments.len() && (1..=MOST_RELEASES).contains(&releases);
        let mut settings = vec!["deployments:".to_owned()];
        let mut prose = vec![
            "Which releases there are, with their layers in order. With this key nothing is found by name.",
        ];
        if whole {
            prose.push("These are the ones that were found:");
            for deployment in deployments {
                written_out(deployment, &mut settings);
            }
        } else {
            settings.extend(
                [
                    "  production:",
                    "    releases:",
                    "      RELEASE:",
                    "        values: []",
                ]
                .map(str::to_owned),
            );
        }
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        self.section(&prose, &settings);
    }
}

fn written_out(deployment: &DeploymentPlan, out: &mut Vec<String>) {
    let title = match deployment.name.as_str() {
        "" => "main",
        name => name,
    };
    out.push(format!("  {}:", name(title)));
    if !deployment.profile.is_empty() && deployment.profile != title {
        out.push(format!(
            "    profile: {}",
            string(&deployment.profile, Style::Plain, false)
        ));
    }
    out.push("    releases:".to_owned());
    for release in &deployment.releases {
        out.push(format!("      {}:", name(&release.name)));
        if release.chart != release.name {
            let chart = string(&release.chart, Style::Plain, false);
            out.push(format!("        chart: {chart}"));
        }
        for (role, word) in [(Role::Values, "values"), (Role::Secrets, "secrets")] {
            let layers = release.layers.iter().filter(|layer| layer.role == role);
            let files: Vec<String> = layers.map(|layer| path(&layer.path)).collect();
            if !files.is_empty() {
                out.push(format!("        {word}: [{}]", files.join(", ")));
            }
        }
    }
}

fn path(path: &Path) -> String {
    string(&slashes(path), Style::Plain, true)
}
