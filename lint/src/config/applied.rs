//! What applies to a file or folder, and where each setting comes from: `dogwatch config`.
//!
//! INVARIANT: uses the same code as judging (discovery, facts, severities), so that the two cannot disagree.

mod releases;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use source::secret::token_shape;
use source::{Severity, Span};
use values::path::{KeyPath, PathStep, Step};
use values::secret::{Sensitivity, may_be_secret, sensitivity};

use self::releases::parts_of;
use super::{ParameterValue, Severities, SeverityEntry};
use crate::judge::names;
use crate::known::KnownNames;
use crate::project::{Project, Settings, scope_of};
use crate::shown::{REDACTED, json_string, pluralize};
use crate::workspace::Scope;

/// What applies at a path.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The configuration in effect there, as shown to users; `None` if there is none.
    pub config: Option<PathBuf>,
    /// The number of mistakes in it; mistaken settings are ignored.
    pub mistakes: usize,
    /// Settings for everything below the configuration's folder.
    pub settings: Vec<Setting>,
    /// The releases that the path is part of.
    pub parts: Vec<Part>,
    /// Why a file is not linted, if the reason is known.
    pub outside: Option<String>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name in `dogwatch.yaml`, or the name of a property of a release.
    pub name: String,
    /// Its value in one line, secrets redacted.
    pub value: String,
    /// Where the value comes from.
    pub origin: SettingOrigin,
}

impl Setting {
    fn new(name: &str, value: String, origin: SettingOrigin) -> Self {
        let name = name.to_owned();
        Self {
            name,
            value,
            origin,
        }
    }
}

/// Where the value of a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingOrigin {
    /// Nothing sets it.
    Default,
    /// The command-line arguments.
    CommandLine,
    /// A file, as shown to users, and a 1-based line; `None` for the whole file.
    File(PathBuf, Option<u32>),
}

/// A release that a file is a layer of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The deployment's name.
    pub deployment: String,
    /// The deployment's profile.
    pub profile: String,
    /// The release.
    pub release: String,
    /// Which of its layers, counting from 1, with their roles; empty for a folder.
    pub layers: Vec<(usize, &'static str)>,
    /// The total number of layers of the release.
    pub of: usize,
    /// The settings of the release.
    pub settings: Vec<Setting>,
}

/// What applies at a path, which must belong to the project; `None` if nothing is there. `fail_on` is the level given on the
/// command line.
pub fn applied(project: &Project, path: &Path, fail_on: Option<Severity>) -> Option<Applied> {
    let workspace = project.workspace();
    let scope = scope_of(&workspace, path)?;
    let folder = workspace.listed.iter().any(|(listed, _)| listed == path)
        || scope.root == path
        || project.files().kind(path) == Some(crate::files::PathKind::Folder);
    let mut parts = Vec::new();
    for (number, tree) in project.trees_containing(path) {
        parts_of(&workspace, number, &tree, path, folder, &mut parts);
    }
    let shown = project.settings().show(path);
    let skipped = workspace.skipped.iter().find(|it| it.path == shown);
    let outside = match (skipped, parts.is_empty() && !folder) {
        (Some(skipped), _) => Some(skipped.why.clone()),
        (None, true) => Some("not a layer of any release, or excluded".to_owned()),
        (None, false) => None,
    };
    let about = About {
        scope,
        settings: project.settings(),
        file: (!folder).then_some(path),
        profiles: parts.iter().map(|part| part.profile.clone()).collect(),
    };
    Some(Applied {
        config: scope
            .config_file
            .as_ref()
            .map(|it| it.source.path.to_path_buf()),
        mistakes: {
            let file = scope.config_file.as_ref();
            let text = file.map_or(0, |it| {
                it.document.errors().len() + usize::from(it.problem.is_some())
            });
            scope.diagnostics.len() + text
        },
        settings: about.all(fail_on),
        parts,
        outside,
    })
}

struct About<'a> {
    scope: &'a Scope,
    settings: &'a Settings,
    file: Option<&'a Path>,
    profiles: BTreeSet<String>,
}

impl About<'_> {
    fn all(&self, fail_on: Option<Severity>) -> Vec<Setting> {
        let config = &self.scope.config;
        let mut out = Vec::new();
        let mut push = |name: &str, value, origin| out.push(Setting::new(name, value, origin));
        match fail_on {
            Some(level) => push("fail-on", level.to_string(), SettingOrigin::CommandLine),
            None => push("fail-on", config.fail_on.to_string(), self.at(&["fail-on"])),
        }
        let packs = match &config.packs {
            Some(packs) => join_or_none(packs),
            None => join_or_none(&Vec::from_iter(&KnownNames::built_in().packs)),
        };
        push("packs", packs, self.at(&["packs"]));
        match &config.rules {
            Some(folders) => {
                for (index, folder) in folders.iter().enumerate() {
                    push(
                        "rules",
                        crate::judge::slashes(folder),
                        self.item("rules", index),
                    );
                }
            }
            None => push(
                "rules",
                "rules, if it exists".to_owned(),
                SettingOrigin::Default,
            ),
        }
        for folder in &self.settings.rules {
            let shown = crate::judge::slashes(&self.settings.show(folder));
            push("rules", shown, SettingOrigin::CommandLine);
        }
        let disabled: Vec<&String> = config.disable.iter().collect();
        push("disable", join_or_none(&disabled), self.at(&["disable"]));
        push(
            "exclude",
            join_or_none(&config.exclude),
            self.at(&["exclude"]),
        );
        match self.settings.no_ignore {
            true => push(
                ".gitignore",
                "matching files included".to_owned(),
                SettingOrigin::CommandLine,
            ),
            false => push(
                ".gitignore",
                "matching files skipped".to_owned(),
                SettingOrigin::Default,
            ),
        }
        let pages = config.rule_pages.as_deref().unwrap_or("the guidance");
        push("rule-pages", pages.to_owned(), self.at(&["rule-pages"]));
        match (&config.baseline, self.settings.no_baseline) {
            (_, true) => push("baseline", "none".to_owned(), SettingOrigin::CommandLine),
            (Some(path), _) => push(
                "baseline",
                crate::judge::slashes(path),
                self.at(&["baseline"]),
            ),
            (None, _) => push("baseline", "none".to_owned(), SettingOrigin::Default),
        }
        for (name, members) in &config.clusters {
            push(
                &format!("clusters.{name}"),
                join_or_none(members),
                self.at(&["clusters", name]),
            );
        }
        for (name, value) in &config.parameters {
            let value = parameter(&mut vec![name], value);
            push(
                &format!("parameters.{name}"),
                value,
                self.at(&["parameters", name]),
            );
        }
        let stated = config.deployments.as_ref();
        let deployments = match stated {
            Some(all) => join_or_none(&all.iter().map(|it| &it.name).collect::<Vec<_>>()),
            None => "discovered by folder and file names".to_owned(),
        };
        push("deployments", deployments, self.at(&["deployments"]));
        self.severities(&mut out);
        out
    }

    /// Lists the severity entries, with the number of rules here whose severity each one decides.
    fn severities(&self, out: &mut Vec<Setting>) {
        let severities = Severities::new(&self.scope.config);
        let below = self
            .file
            .and_then(|file| file.strip_prefix(&self.scope.root).ok());
        let mut decided: BTreeMap<Span, BTreeSet<&str>> = BTreeMap::new();
        let unnamed = BTreeSet::from([String::new()]);
        let profiles = if self.profiles.is_empty() {
            &unnamed
        } else {
            &self.profiles
        };
        for rule in self.scope.book.program.rules() {
            for profile in profiles {
                let found = severities.of(names(rule), profile, below);
                if let Some((_, Some(span))) = found {
                    decided.entry(span).or_default().insert(&rule.id);
                }
            }
        }
        for entry in &self.scope.config.severities {
            let Some(span) = entry.span else { continue };
            let rules = decided.get(&span).map_or(0, BTreeSet::len);
            let word = entry.severity.map_or("off", |it| it.as_str());
            let rules = match rules {
                0 => "applies to no rule here".to_owned(),
                rules => pluralize(rules, "rule"),
            };
            out.push(Setting::new(
                &format!("severity.{}", entry.selector),
                format!("{word}{} ({rules})", conditions(entry)),
                origin_of_span(self.scope, Some(span)),
            ));
        }
    }

    fn at(&self, keys: &[&str]) -> SettingOrigin {
        origin_of(self.scope, &KeyPath::of_keys(keys))
    }

    fn item(&self, key: &str, index: usize) -> SettingOrigin {
        let mut path = KeyPath::of_keys(&[key]);
        path.0.push(PathStep::Index(index));
        origin_of(self.scope, &path)
    }
}

fn conditions(entry: &SeverityEntry) -> String {
    let mut out = String::new();
    if let Some(profile) = &entry.profile {
        out += &format!(" in {profile}");
    }
    if !entry.paths.is_empty() {
        out += &format!(" in {}", entry.paths.join(", "));
    }
    out
}

fn join_or_none<S: AsRef<str>>(names: &[S]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

/// Where the configuration sets something.
fn origin_of(scope: &Scope, path: &KeyPath) -> SettingOrigin {
    origin_of_span(scope, scope.config.origins.get(&path.to_string()).copied())
}

fn origin_of_span(scope: &Scope, span: Option<Span>) -> SettingOrigin {
    match (span, &scope.config_file) {
        (Some(span), Some(file)) => {
            let at = file.source.lines().place(span.start);
            SettingOrigin::File(file.source.path.to_path_buf(), Some(at.line + 1))
        }
        _ => SettingOrigin::Default,
    }
}

/// The value of a parameter in one line. Hidden if its name or its shape suggests a secret.
fn parameter<'v>(path: &mut Vec<&'v str>, value: &'v ParameterValue) -> String {
    let steps: Vec<Step<'_>> = path.iter().map(|key| Step::Key(key)).collect();
    let may_be = match value {
        ParameterValue::Text(text) => may_be_secret(&steps, Some(text), None),
        ParameterValue::Number(_) => may_be_secret(&steps, None, None),
        ParameterValue::Null
        | ParameterValue::Bool(_)
        | ParameterValue::List(_)
        | ParameterValue::Map(_) => false,
    };
    if may_be || sensitivity(None, &steps) == Sensitivity::Secret {
        return REDACTED.to_owned();
    }
    match value {
        ParameterValue::Null => "null".to_owned(),
        ParameterValue::Bool(value) => value.to_string(),
        ParameterValue::Number(number) => crate::shown::json_number(*number),
        ParameterValue::Text(text) if token_shape(text).is_some() => REDACTED.to_owned(),
        ParameterValue::Text(text) => json_string(text),
        ParameterValue::List(items) => {
            let items: Vec<String> = items.iter().map(|it| parameter(path, it)).collect();
            format!("[{}]", items.join(", "))
        }
        ParameterValue::Map(entries) => {
            let mut parts = Vec::new();
            for (key, value) in entries {
                path.push(key);
                parts.push(format!("{key}: {}", parameter(path, value)));
                path.pop();
            }
            format!("{{{}}}", parts.join(", "))
        }
    }
}
