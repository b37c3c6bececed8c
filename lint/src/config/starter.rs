//! A first `dogwatch.yaml` for a tree: what was found there, and room to state what no file contains.
//!
//! INVARIANT: it does not change the findings. Settings are commented out (`#key:`, without a space), except those that hold
//! anyway. It parses without mistakes, with and without the comment signs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use values::discover::{DeploymentPlan, ReleasePlan};
use values::layer::Role;
use values::write::{key, string};
use values::yaml::Style;

use crate::baseline;
use crate::judge::slashes;
use crate::known::KnownNames;
use crate::shown::{deployment_name, pluralize};
use crate::workspace::{Scope, Workspace};

/// The most releases that are written out.
const MAX_RELEASES: usize = 40;
/// The most release names listed per deployment.
const MAX_NAMES: usize = 24;
/// The longest line of names, in characters.
const WIDTH: usize = 116;

/// The text of a first configuration for one scope of a workspace.
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
        "What dogwatch cannot see in the files below this folder. Every key is optional. A line that starts with `#` and no space",
        "is a commented-out setting: remove the `#` and edit it. `dogwatch config FILE` shows what applies to a file.",
    ]);
    out.text.push_str("#\n");
    out.found(&deployments, trees.len());
    out.versions(scope, &releases);
    out.section(
        &["The namespace of releases that do not set one."],
        &["namespace: default"],
    );
    out.section(
        &["Services and charts that run in the cluster but are installed from somewhere else."],
        &["externally-deployed: []"],
    );
    let first = releases.first().map_or("RELEASE", |it| it.name.as_str());
    out.section(
        &["Paths of values passed to Helm with `--set` or `--set-file`, by release."],
        &["command-line-values:", &format!("  {}: []", name(first))],
    );
    out.profiles(&deployments, scope);
    out.rules(scope);
    out.section(
        &[
            "The lowest severity that makes the exit status 1, and severities that override the rules' own: by rule, tag or pack.",
        ],
        &["fail-on: error", "severity:", "  network: info"],
    );
    out.section(
        &["The URL at which the output of `dogwatch docs` is published: rule links lead there."],
        &["rule-pages: https://rules.example.org"],
    );
    out.section(
        &["Files to skip, as `.gitignore` patterns; files that `.gitignore` matches are skipped anyway."],
        &["exclude: []"],
    );
    let stated = trees.iter().any(|tree| !tree.statements.is_empty());
    out.deployments(&deployments, stated);
    out.section(
        &[
            "The file with known findings that do not count. `dogwatch baseline` writes it and sets this key.",
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

/// Joins names with commas, wrapped into lines; `line` is the start of the first one.
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

/// Replaces control characters in a name, so that it cannot end the comment.
fn without_control_chars(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}

impl Starter {
    fn prose(&mut self, lines: &[&str]) {
        for line in lines {
            let _ = writeln!(self.text, "# {}", without_control_chars(line));
        }
    }

    /// A setting, commented out, below a comment on what it is for.
    fn section(&mut self, prose: &[&str], settings: &[&str]) {
        self.text.push('\n');
        self.prose(prose);
        for line in settings {
            let _ = writeln!(self.text, "#{line}");
        }
    }

    fn found(&mut self, deployments: &[&DeploymentPlan], trees: usize) {
        if deployments.is_empty() {
            return self
                .prose(&["Found here: no deployments. State one under `deployments` below."]);
        }
        let line = format!(
            "Found here: {} in {}. `dogwatch tree` shows every layer.",
            pluralize(deployments.len(), "deployment"),
            pluralize(trees, "tree")
        );
        self.prose(&[&line]);
        if trees > 1 {
            return;
        }
        for deployment in deployments {
            let title = deployment_name(&deployment.name, &deployment.profile);
            let releases = deployment.releases.iter().take(MAX_NAMES).map(|release| {
                let has = |role| release.layers.iter().any(|layer| layer.role == role);
                let secrets = if has(Role::Secrets) {
                    " with secrets"
                } else {
                    ""
                };
                format!("{}{secrets}", release.name)
            });
            let mut names: Vec<String> = releases.collect();
            let left = deployment.releases.len().saturating_sub(MAX_NAMES);
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
            "Chart versions. Rules that depend on a version treat an unknown one as the newest."
                .to_owned(),
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
            "The same facts, and severities, for one profile only. A name here is also a filename prefix: `NAME-values.yaml`."
                .to_owned(),
        ];
        if !unstated.is_empty() {
            let words = unstated
                .iter()
                .map(|(word, files)| format!("{word} ({files})"));
            let words: Vec<String> = words.collect();
            prose.push("Files here are named after these profiles and are skipped until the profiles are stated (number of files in parentheses):".to_owned());
            prose.extend(wrapped(String::new(), &words));
        }
        let prose: Vec<&str> = prose.iter().map(String::as_str).collect();
        self.section(&prose, &settings);
        let names: Vec<String> = profiles
            .iter()
            .map(|it| string(it, Style::Plain, true))
            .collect();
        self.section(
            &["Deployments or profiles that share a cluster; by default each has its own."],
            &["clusters:", &format!("  main: [{}]", names.join(", "))],
        );
    }

    /// An existing rules folder is used anyway, so it is written without the comment sign.
    fn rules(&mut self, scope: &Scope) {
        let folder = scope.root.join("rules");
        let own = scope
            .book
            .files
            .iter()
            .filter_map(|file| file.file.as_deref());
        let there = own.filter(|file| file.starts_with(&folder)).count() > 0;
        self.text.push('\n');
        self.prose(&["Folders with your own rules; `dogwatch new rule NAME` writes a first one."]);
        let sign = if there { "" } else { "#" };
        let _ = writeln!(self.text, "{sign}rules: [rules]");
        let packs = Vec::from_iter(&KnownNames::built_in().packs);
        let packs: Vec<&str> = packs.into_iter().map(String::as_str).collect();
        self.section(
            &["Enabled built-in packs, and disabled rules: ids, tags or packs. `dogwatch rules` lists them."],
            &[&format!("packs: [{}]", packs.join(", ")), "disable: []"],
        );
        self.section(
            &["Values for the `param` items of rules; `dogwatch rules` lists these too."],
            &["parameters: {}"],
        );
    }

    fn deployments(&mut self, deployments: &[&DeploymentPlan], stated: bool) {
        let releases: usize = deployments.iter().map(|it| it.releases.len()).sum();
        let names: BTreeSet<&str> = deployments.iter().map(|it| it.name.as_str()).collect();
        let whole =
            !stated && names.len() == deployments.len() && (1..=MAX_RELEASES).contains(&releases);
        let mut settings = vec!["deployments:".to_owned()];
        let mut prose = vec![
            "The releases, with their layers in order. If this key is present, nothing is discovered by name.",
        ];
        if whole {
            prose.push("These were found:");
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
