//! One tree, read: its texts, its deployments with their merged values.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use source::{Diagnostic, Source, SourceId, Span};
use values::discover::{AbsentLayer, AbsentReason, LayerPlan, ReleasePlan};
use values::layer::{Deployment, Layer, Release};
use values::merged::Merged;
use values::path::{KeyPath, PathStep};
use values::yaml::Kind;

use crate::config::Facts;
use crate::document::ReadFile;
use crate::knowledge::{Key, Knowledge};
use crate::project::{Settings, shown_path};
use crate::rulebook::RuleBook;
use crate::sources::{FIRST_DEFAULTS, FIRST_FILE, Numbers};
use crate::workspace::{Scope, TreeRef};

/// One tree, read. Immutable.
#[derive(Debug)]
pub struct Tree {
    /// Its folder, absolute.
    pub root: PathBuf,
    /// The rules that apply to it.
    pub book: Arc<RuleBook>,
    /// What the declared charts mean.
    pub knowledge: Arc<Knowledge>,
    /// Its files by absolute path: layers, and YAML beside them that belongs to no release.
    pub files: BTreeMap<PathBuf, Arc<ReadFile>>,
    /// Texts that are stated inside a file, such as `set` values.
    pub inline: Vec<Arc<ReadFile>>,
    /// Its deployments.
    pub deployments: Vec<TreeDeployment>,
    /// What could not be followed in a statement of releases.
    pub notes: Vec<Diagnostic>,
    /// Files that state releases and are no layers themselves, by number.
    pub(crate) statements: FxHashMap<SourceId, Arc<ReadFile>>,
    by_id: FxHashMap<SourceId, Source>,
    /// Where the texts in `inline` are stated.
    origins: FxHashMap<SourceId, Span>,
    /// The folder that the paths of a plan are relative to.
    base: PathBuf,
    /// The folder that people see paths relative to.
    cwd: PathBuf,
}

/// One deployment of a tree.
#[derive(Debug)]
pub struct TreeDeployment {
    /// The merged values.
    pub merged: Merged,
    /// The versions of its charts.
    pub key: Key,
    /// Services that run, but are installed by something else.
    pub external: std::collections::BTreeSet<String>,
}

/// Gives the parsed form of a file, reading it if that was not done before.
pub(crate) type Reader<'a> = dyn Fn(&Path) -> Arc<ReadFile> + Sync + 'a;

impl Tree {
    /// Reads and merges a tree.
    pub(crate) fn load(
        scope: &Scope,
        tree: &TreeRef,
        settings: &Settings,
        numbers: &Numbers,
        read: &Reader<'_>,
        profiles: &[String],
    ) -> Self {
        let mut loaded = Self {
            root: scope.root.join(&tree.plan.root),
            book: Arc::clone(&scope.book),
            knowledge: Arc::clone(&scope.knowledge),
            files: BTreeMap::new(),
            inline: Vec::new(),
            deployments: Vec::new(),
            notes: tree.notes.clone(),
            statements: FxHashMap::default(),
            by_id: FxHashMap::default(),
            origins: FxHashMap::default(),
            base: scope.root.clone(),
            cwd: settings.cwd.clone(),
        };
        let mut loader = Loader {
            scope,
            settings,
            numbers,
            read,
            tree: &mut loaded,
        };
        for plan in &tree.plan.deployments {
            let wanted = |it: &String| *it == plan.profile || *it == plan.name;
            if !profiles.is_empty() && !profiles.iter().any(wanted) {
                continue;
            }
            let facts = facts_of(scope, &plan.profile);
            let releases = plan.releases.iter();
            let deployment = Deployment {
                name: plan.name.clone(),
                profile: plan.profile.clone(),
                releases: releases.map(|it| loader.release(it, &facts)).collect(),
            };
            let key = key_of(&deployment, &facts, &scope.knowledge);
            let charts = scope.knowledge.charts(&key);
            loader.tree.deployments.push(TreeDeployment {
                merged: Merged::build(deployment, &charts),
                key,
                external: facts.externally_deployed.clone(),
            });
        }
        for path in &tree.loose {
            loader.file(&scope.root.join(path));
        }
        for path in &tree.statements {
            loader.statement(&scope.root.join(path));
        }
        loaded
    }

    /// The text behind a number: of a file, of something stated, of a rule, of a chart's defaults.
    pub fn source(&self, id: SourceId) -> Option<Source> {
        if id.0 >= FIRST_DEFAULTS {
            return self.knowledge.defaults_source(id);
        }
        if id.0 >= FIRST_FILE {
            return self.by_id.get(&id).cloned();
        }
        let known = (id.0 as usize) < self.book.sources.len();
        known.then(|| self.book.sources.get(id).clone())
    }

    /// The text of a file with its secret values masked, byte for byte.
    pub fn masked(&self, path: &Path) -> Option<String> {
        let file = self.files.get(path)?;
        Some(crate::mask::masked(self, file.id, &file.source.text))
    }

    /// Where a text that is in no file of its own is stated.
    pub fn origin(&self, id: SourceId) -> Option<Span> {
        self.origins.get(&id).copied()
    }

    /// A path as people see it.
    pub fn show(&self, path: &Path) -> PathBuf {
        shown_path(&self.cwd, path)
    }

    /// What is known of the name of a layer that is not there, as people see it.
    pub fn show_absent(&self, absent: &AbsentLayer) -> PathBuf {
        match absent.why {
            AbsentReason::NotFound | AbsentReason::Unreadable => {
                self.show(&self.base.join(&absent.path))
            }
            AbsentReason::TemplatedName | AbsentReason::Remote | AbsentReason::CommandLine => {
                absent.path.clone()
            }
        }
    }

    /// The file a number stands for, absolute.
    pub fn path_of(&self, id: SourceId) -> Option<&Path> {
        if id.0 < FIRST_FILE {
            return self.book.file(id)?.file.as_deref();
        }
        let mut files = self.files.iter();
        let found = files.find(|(_, file)| file.id == id);
        let stated = || self.statements.get(&id).map(|file| &file.path);
        found
            .map(|(path, _)| path)
            .or_else(stated)
            .map(PathBuf::as_path)
    }
}

struct Loader<'a> {
    scope: &'a Scope,
    settings: &'a Settings,
    numbers: &'a Numbers,
    read: &'a Reader<'a>,
    tree: &'a mut Tree,
}

impl Loader<'_> {
    fn file(&mut self, path: &Path) -> Arc<ReadFile> {
        if let Some(file) = self.tree.files.get(path) {
            return Arc::clone(file);
        }
        let file = (self.read)(path);
        self.tree.by_id.insert(file.id, file.source.clone());
        self.tree.files.insert(path.to_owned(), Arc::clone(&file));
        file
    }

    fn statement(&mut self, path: &Path) {
        let known = self.tree.files.get(path).cloned();
        let file = known.unwrap_or_else(|| (self.read)(path));
        self.tree.by_id.insert(file.id, file.source.clone());
        self.tree.statements.insert(file.id, file);
    }

    fn release(&mut self, plan: &ReleasePlan, facts: &Facts) -> Release {
        let mut release = Release {
            name: plan.name.clone(),
            chart: plan.chart.clone(),
            version: plan
                .version
                .clone()
                .or_else(|| facts.chart_versions.get(&plan.chart).cloned())
                .or_else(|| facts.chart_versions.get(&plan.name).cloned()),
            namespace: plan.namespace.clone().or_else(|| facts.namespace.clone()),
            folder: self.scope.root.join(&plan.folder),
            layers: Vec::new(),
            absent: Vec::new(),
            given: Vec::new(),
        };
        let mut absent: Vec<AbsentLayer> = plan.absent.clone();
        for (at, layer) in plan.layers.iter().enumerate() {
            let read = self.layer(layer);
            if read.problem.is_some() {
                absent.push(AbsentLayer {
                    path: layer.path.clone(),
                    role: layer.role,
                    why: AbsentReason::Unreadable,
                    position: at,
                });
            }
            release.layers.push(Layer {
                path: self.scope.root.join(&layer.path),
                role: layer.role,
                source: read.id,
                document: Arc::clone(&read.document),
                part: layer.part,
                protection: read.protection.clone(),
                example: layer.example,
                origin: layer.origin,
            });
        }
        release.absent = absent;
        for name in [&release.name, &release.chart] {
            for path in facts.command_line_values.get(name).into_iter().flatten() {
                let given = key_path(path);
                if !release.given.contains(&given) {
                    release.given.push(given);
                }
            }
        }
        release
    }

    fn layer(&mut self, plan: &LayerPlan) -> Arc<ReadFile> {
        let path = self.scope.root.join(&plan.path);
        let Some(text) = &plan.inline else {
            return self.file(&path);
        };
        let id = self.numbers.of(&path, Some(self.tree.inline.len()));
        if let Some(origin) = plan.origin {
            self.tree.origins.insert(id, origin);
        }
        let shown = self.settings.show(&path);
        let file = Arc::new(ReadFile::of_text(text.as_str(), &shown, id));
        self.tree.by_id.insert(id, file.source.clone());
        self.tree.inline.push(Arc::clone(&file));
        file
    }
}

/// `secrets.tlsWildcardCert` as keys.
fn key_path(text: &str) -> KeyPath {
    KeyPath(
        text.split('.')
            .map(|key| PathStep::Key(key.to_owned()))
            .collect(),
    )
}

/// The facts of a profile, over those of all profiles.
fn facts_of(scope: &Scope, profile: &str) -> Facts {
    let common = &scope.config.facts;
    let Some(own) = scope.config.profiles.get(profile) else {
        return common.clone();
    };
    let mut facts = common.clone();
    facts.namespace = own.namespace.clone().or(facts.namespace);
    facts.chart_versions.extend(own.chart_versions.clone());
    facts
        .externally_deployed
        .extend(own.externally_deployed.iter().cloned());
    facts
        .command_line_values
        .extend(own.command_line_values.clone());
    facts
}

/// What decides how the charts of a deployment look.
fn key_of(deployment: &Deployment, facts: &Facts, knowledge: &Knowledge) -> Key {
    let mut versions: BTreeMap<String, String> = facts.chart_versions.clone();
    let mut old_blocks = Vec::new();
    for release in &deployment.releases {
        if let Some(version) = &release.version {
            versions.insert(release.chart.clone(), version.clone());
            continue;
        }
        for block in knowledge.old_blocks(&release.chart) {
            let holds = |layer: &Layer| {
                let document = &layer.document;
                let top = layer.part.or(document.root());
                top.filter(|top| document.kind(*top) == Kind::Map)
                    .and_then(|top| document.get(top, block))
                    .is_some()
            };
            if release.layers.iter().any(holds) {
                old_blocks.push(format!("{}.{block}", release.chart));
            }
        }
    }
    old_blocks.sort_unstable();
    old_blocks.dedup();
    Key {
        versions: versions.into_iter().collect(),
        old_blocks,
    }
}
