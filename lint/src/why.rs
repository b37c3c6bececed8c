//! Where a value comes from: for each release, what Helm will use, and what each layer contributes.

use std::path::PathBuf;

use values::layer::Role;
use values::merged::{
    Enabled, Fate, LayerId, Lookup, Merged, NodeRef, Occurrence, Shape, Unknown, UnknownReason,
    View,
};
use values::path::{KeyPath, PathStep};
use values::yaml::Kind;

use crate::host::TreeHost;
use crate::shown::{self, At, shown};
use crate::tree::{Tree, TreeDeployment};

/// The answer for one release of one deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct Chain {
    /// The deployment.
    pub deployment: String,
    /// Its profile.
    pub profile: String,
    /// The release.
    pub release: String,
    /// The path from the top of the release's values.
    pub path: String,
    /// The value that Helm will use.
    pub verdict: Verdict,
    /// Additional information: that the component is not installed, what the chart declares.
    pub notes: Vec<String>,
    /// Every layer that sets the path, the winning one first.
    pub links: Vec<Link>,
}

/// The value that Helm will use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// A value on one line; secrets redacted.
    Value(String),
    /// There is a value, or may be one, but it cannot be seen.
    Unknown {
        /// The reason.
        why: &'static str,
        /// True if the value is known to exist.
        present: bool,
    },
    /// A null removes a default.
    Removed,
    /// A value on the way to the path is not a map.
    Blocked {
        /// The path of that value.
        by: String,
    },
    /// Nothing sets it.
    Missing,
}

impl Verdict {
    /// The machine-readable name.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Value(_) => "value",
            Self::Unknown { .. } => "unknown",
            Self::Removed => "removed",
            Self::Blocked { .. } => "blocked",
            Self::Missing => "missing",
        }
    }

    /// True unless nothing sets the path.
    pub fn is_set(&self) -> bool {
        !matches!(self, Self::Missing)
    }
}

/// What one layer sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The role of the layer.
    pub role: Role,
    /// The position; `None` for a missing layer, of which only the file is known.
    pub at: Option<At>,
    /// Its file.
    pub file: PathBuf,
    /// The value on one line; secrets redacted. `None` for a layer that cannot be seen.
    pub value: Option<String>,
    /// What happens to it.
    pub fate: LinkFate,
    /// The same in words.
    pub words: String,
}

/// What happens to the value that a layer sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkFate {
    /// It is the effective value.
    Used,
    /// It is a map and is merged into the effective one.
    Merged,
    /// It is not used.
    Hidden,
    /// The layer's value cannot be seen.
    Unseen,
}

impl LinkFate {
    /// The machine-readable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::Merged => "merged",
            Self::Hidden => "hidden",
            Self::Unseen => "unseen",
        }
    }
}

/// Traces a path through the deployments of a tree: `brig.config.smtp.host` is a component and a path in it, whichever release
/// has the component; the path may also start with the name of a release or chart.
pub fn why(tree: &Tree, path: &KeyPath) -> Vec<Chain> {
    let mut chains = Vec::new();
    for deployment in &tree.deployments {
        let tracer = Tracer { tree, deployment };
        for (release, path) in targets(&deployment.merged, path) {
            chains.push(tracer.chain(release, &path));
        }
    }
    chains
}

/// The releases that a path may refer to, and the path in each.
fn targets(merged: &Merged, path: &KeyPath) -> Vec<(usize, KeyPath)> {
    let mut out: Vec<(usize, KeyPath)> = Vec::new();
    let Some(PathStep::Key(first)) = path.0.first() else {
        return out;
    };
    let mut push = |release: usize, path: KeyPath| {
        if !out.contains(&(release, path.clone())) {
            out.push((release, path));
        }
    };
    for component in merged.components() {
        if component.name == *first || component.chart == *first {
            let mut full_path = KeyPath::of_keys(&component.path);
            full_path.0.extend_from_slice(&path.0[1..]);
            push(component.release, full_path);
        }
    }
    for (at, release) in merged.deployment().releases.iter().enumerate() {
        if release.name == *first || release.chart == *first {
            push(at, KeyPath(path.0[1..].to_vec()));
        }
    }
    // A top-level key of a release that is not a component: `tags.proxy`.
    for at in 0..merged.deployment().releases.len() {
        let is_set = !merged.history(at, &path.steps()).is_empty();
        let effective = || merged.lookup(merged.root(at, View::Effective), &path.steps());
        if is_set || matches!(effective(), Lookup::Found(_)) {
            push(at, path.clone());
        }
    }
    out
}

struct Tracer<'t> {
    tree: &'t Tree,
    deployment: &'t TreeDeployment,
}

impl Tracer<'_> {
    fn merged(&self) -> &Merged {
        &self.deployment.merged
    }

    fn chain(&self, release: usize, path: &KeyPath) -> Chain {
        let merged = self.merged();
        let steps = path.steps();
        let history = merged.history(release, &steps);
        let found = merged.lookup(merged.root(release, View::Effective), &steps);
        let unknown = match found {
            Lookup::Found(node) => match merged.shape(node) {
                Shape::Unknown(unknown) => Some(unknown),
                _ => None,
            },
            Lookup::Unknown(unknown) => Some(unknown),
            Lookup::Missing => None,
        };
        let verdict = match (found, unknown) {
            (_, Some(unknown)) => Verdict::Unknown {
                why: unknown.reason.as_str(),
                present: unknown.present,
            },
            (Lookup::Found(node), None) => Verdict::Value(shown(merged, node)),
            (Lookup::Missing | Lookup::Unknown(_), None) => self.no_value(&history, path),
        };
        let mut links: Vec<Link> = Vec::new();
        if let Some(unknown) = unknown {
            links.extend(self.unseen_layers(release, unknown));
        }
        links.extend(history.iter().map(|it| self.link(it, path, &verdict)));
        // A value that Helm passes down to a subchart (`global`) is set elsewhere.
        if let (true, Lookup::Found(node)) = (history.is_empty(), found) {
            links.extend(self.passed_down(node));
        }
        let plan = &merged.deployment().releases[release];
        Chain {
            deployment: merged.deployment().name.clone(),
            profile: merged.deployment().profile.clone(),
            release: plan.name.clone(),
            path: path.to_string(),
            notes: self.notes(release, path),
            verdict,
            links,
        }
    }

    fn no_value(&self, history: &[Occurrence], path: &KeyPath) -> Verdict {
        let merged = self.merged();
        let used = history.iter().find(|it| it.fate == Fate::Used);
        match used {
            Some(it) if merged.kind(it.node) == Kind::Null => Verdict::Removed,
            Some(it) if it.depth < path.0.len() => Verdict::Blocked {
                by: KeyPath(path.0[..it.depth].to_vec()).to_string(),
            },
            _ => Verdict::Missing,
        }
    }

    fn link(&self, it: &Occurrence, path: &KeyPath, verdict: &Verdict) -> Link {
        let merged = self.merged();
        let node = it.node;
        let kind = merged.kind(node);
        let prefix = KeyPath(path.0[..it.depth].to_vec());
        let above = it.depth < path.0.len();
        let (fate, words) = match it.fate {
            Fate::Used if kind == Kind::Null && *verdict == Verdict::Removed => {
                let words = if above {
                    format!("removes `{prefix}` and everything below it")
                } else {
                    "removes the default".to_owned()
                };
                (LinkFate::Used, words)
            }
            Fate::Used if above => {
                let words = format!("`{prefix}` is not a map here");
                (LinkFate::Used, words)
            }
            Fate::Used
                if matches!(verdict, Verdict::Unknown { present: true, .. })
                    && !matches!(merged.shape(node), Shape::Unknown(_)) =>
            {
                (
                    LinkFate::Used,
                    "used unless an unseen layer sets it".to_owned(),
                )
            }
            // The default of a chart that is not installed has no effect.
            Fate::Used if merged.role(node) == Role::Chart && *verdict == Verdict::Missing => {
                (LinkFate::Hidden, "not used".to_owned())
            }
            Fate::Used if merged.role(node) == Role::Chart => {
                (LinkFate::Used, "the chart's default is used".to_owned())
            }
            Fate::Used => (LinkFate::Used, "set here".to_owned()),
            Fate::Merged => (LinkFate::Merged, "merged".to_owned()),
            Fate::Hidden { by } => (LinkFate::Hidden, self.hidden(by, path)),
        };
        Link {
            role: merged.role(node),
            at: shown::place(self.tree, merged, node),
            file: self.file_of(node),
            value: Some(shown(merged, node)),
            fate,
            words,
        }
    }

    /// The reason why a value is not used.
    fn hidden(&self, by: NodeRef, path: &KeyPath) -> String {
        let merged = self.merged();
        let at = shown::place(self.tree, merged, by);
        let at = at.map_or_else(String::new, |at| format!(" at {}", at.short()));
        let higher = merged.path(by);
        // Lists are never merged: an item is replaced along with its whole list.
        let list = path
            .0
            .iter()
            .position(|it| matches!(it, PathStep::Index(_)));
        let along_with = match list {
            _ if higher.0.len() < path.0.len() => format!(" together with `{higher}`"),
            Some(at) => format!(" together with `{}`", KeyPath(path.0[..at].to_vec())),
            None => String::new(),
        };
        match merged.kind(by) {
            Kind::Null => format!("removed{along_with} by the null{at}"),
            Kind::List => format!("replaced{along_with} by the list{at}"),
            Kind::Map => format!("replaced{along_with} by the map{at}"),
            Kind::Error => format!("hidden{along_with} by damaged text{at}"),
            Kind::Bool | Kind::Number | Kind::String => format!("overridden{along_with}{at}"),
        }
    }

    fn passed_down(&self, node: NodeRef) -> Option<Link> {
        let merged = self.merged();
        let at = shown::place(self.tree, merged, node)?;
        Some(Link {
            role: merged.role(node),
            file: at.file.clone(),
            at: Some(at),
            value: Some(shown(merged, node)),
            fate: LinkFate::Used,
            words: "passed down by Helm from here".to_owned(),
        })
    }

    /// The layers that prevent a value from being seen.
    fn unseen_layers(&self, release: usize, unknown: Unknown) -> Vec<Link> {
        let merged = self.merged();
        let plan = &merged.deployment().releases[release];
        let link = |role: Role, file: PathBuf, words: String| Link {
            role,
            at: None,
            file,
            value: None,
            fate: LinkFate::Unseen,
            words,
        };
        let absent = || {
            let wanted = plan.absent.iter().rev().filter(|it| {
                unknown.reason != UnknownReason::SecretsAbsent || it.role == Role::Secrets
            });
            wanted
                .map(|it| {
                    let words = format!("may set it: {}", it.why.as_str());
                    link(it.role, self.tree.show_absent(it), words)
                })
                .collect()
        };
        let opaque = || {
            let layers = plan.layers.iter().rev();
            layers
                .filter(|layer| layer.protection.hides_keys())
                .map(|layer| {
                    let words = format!("may set it: {}", unknown.reason.as_str());
                    link(layer.role, self.tree.show(&layer.path), words)
                })
                .collect()
        };
        match unknown.reason {
            UnknownReason::SecretsAbsent | UnknownReason::LayerAbsent => absent(),
            UnknownReason::LayerEncrypted(_) | UnknownReason::LayerTemplate => opaque(),
            UnknownReason::CommandLine => {
                vec![link(
                    Role::Set,
                    PathBuf::from("command line"),
                    "set on the command line, according to `command-line-values`".to_owned(),
                )]
            }
            UnknownReason::Encrypted(_)
            | UnknownReason::Reference
            | UnknownReason::Template
            | UnknownReason::SetItem
            | UnknownReason::SetElsewhere
            | UnknownReason::Damaged => Vec::new(),
        }
    }

    fn file_of(&self, node: NodeRef) -> PathBuf {
        let layer: Option<LayerId> = self.merged().layer_of(node);
        layer.map_or_else(PathBuf::new, |layer| {
            shown::layer_file(self.tree, self.merged(), layer)
        })
    }

    fn notes(&self, release: usize, path: &KeyPath) -> Vec<String> {
        let merged = self.merged();
        let show = |path: &std::path::Path| self.tree.show(path);
        let host = TreeHost::new(self.deployment, &self.tree.knowledge, &show);
        let mut notes = Vec::new();
        let Some(component) = merged.component_at(release, &path.0) else {
            return notes;
        };
        let component = &merged.components()[component];
        if component.enabled == Enabled::No {
            let by = component.decided_by.and_then(|node| {
                let at = shown::place(self.tree, merged, node)?;
                Some(format!(": `{}` at {at}", merged.path(node)))
            });
            let by = by.unwrap_or_default();
            notes.push(format!("`{}` is not installed{by}", component.name));
        }
        let places = host.declared_at(release, &path.0);
        if host.is_declared(&places) == Some(false) && !host.has_own_default(release, &path.0) {
            let chart = &component.chart;
            let moved_to = match host.moved_at(&places) {
                Some(keys) => format!("; moved to `{}`", keys.join(".")),
                None => String::new(),
            };
            notes.push(format!("the chart `{chart}` does not read it{moved_to}"));
        }
        notes
    }
}

/// The path that was probably meant, if `path` leads nowhere.
pub fn meant(tree: &Tree, path: &KeyPath) -> Option<String> {
    let found = tree.deployments.iter();
    found
        .filter_map(|deployment| suggest_in(tree, deployment, path))
        .next()
}

fn suggest_in(tree: &Tree, deployment: &TreeDeployment, path: &KeyPath) -> Option<String> {
    let merged = &deployment.merged;
    let show = |path: &std::path::Path| tree.show(path);
    let host = TreeHost::new(deployment, &tree.knowledge, &show);
    let goals = targets(merged, path);
    let Some(PathStep::Key(first)) = path.0.first() else {
        return None;
    };
    if goals.is_empty() {
        let components = merged.components().iter();
        let mut names: Vec<&str> = components.map(|it| it.name.as_str()).collect();
        let releases = merged.deployment().releases.iter();
        names.extend(releases.map(|it| it.name.as_str()));
        let mut keys = Vec::new();
        for at in 0..merged.deployment().releases.len() {
            merged.entries(merged.root(at, View::Effective), &mut keys);
        }
        names.extend(keys.iter().map(|(key, _)| &**key));
        let nearest = lang::check::similar::similar(first, names)?;
        let mut corrected = path.clone();
        corrected.0[0] = PathStep::Key(nearest);
        return Some(corrected.to_string());
    }
    for (release, full_path) in goals {
        let front = full_path.0.len().saturating_sub(path.0.len() - 1);
        // Find the first step that is neither set nor declared.
        for at in 0..full_path.0.len() {
            let PathStep::Key(key) = &full_path.0[at] else {
                continue;
            };
            let above = &full_path.0[..at];
            let parent = merged.lookup(
                merged.root(release, View::Effective),
                &KeyPath(above.to_vec()).steps(),
            );
            let mut keys = Vec::new();
            if let Lookup::Found(parent) = parent {
                merged.entries(parent, &mut keys);
            }
            let places = host.declared_at(release, above);
            let declared = host.keys_at(&places);
            let known =
                keys.iter().any(|(it, _)| **it == **key) || declared.contains(&key.as_str());
            if known {
                continue;
            }
            let names = keys.iter().map(|(key, _)| &**key).chain(declared);
            let Some(nearest) = lang::check::similar::similar(key, names) else {
                break;
            };
            let mut corrected = full_path.clone();
            corrected.0[at] = PathStep::Key(nearest);
            if at < front {
                return Some(corrected.to_string());
            }
            // Keep the form of the question, with the component's name in front.
            let mut suggestion = vec![path.0[0].clone()];
            suggestion.extend_from_slice(&corrected.0[front..]);
            return Some(KeyPath(suggestion).to_string());
        }
    }
    None
}
