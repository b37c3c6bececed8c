//! A tree as read: its texts, and its deployments with their merged values.

pub(crate) mod manifests;
mod release;
mod reread;
mod shelf;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lang::program::Program;
use rustc_hash::{FxHashMap, FxHashSet};
use source::{Diagnostic, Severity, Source, SourceId, Span};
use values::discover::{
    AbsentLayer, AbsentReason, ChartDir, LayerPlan, ReleasePlan, lexically_normal,
};
use values::layer::{Deployment, Release};
use values::merged::Merged;
use values::stated::StatedAt;

use crate::chart_schema::{Schemas, Violation, violations};
use crate::charts::{DiskChart, NoChart, UNREADABLE, joined};
use crate::config::Facts;
use crate::document::ReadFile;
use crate::knowledge::{Key, Knowledge};
use crate::project::{Settings, shown_path};
use crate::report::Skipped;
use crate::rulebook::RuleBook;
use crate::sources::{FIRST_DEFAULTS, FIRST_FILE, Numbers};
use crate::statements::{NOT_FOLLOWED, and_more};
use crate::workspace::{Scope, TreeRef};
use shelf::Shelf;

/// A tree as read. Immutable.
#[derive(Debug)]
pub struct Tree {
    /// Its folder, absolute.
    pub root: PathBuf,
    /// The rules that apply to it.
    pub book: Arc<RuleBook>,
    /// The knowledge about the declared charts.
    pub knowledge: Arc<Knowledge>,
    /// Its files by absolute path: layers, and YAML files beside them that belong to no release.
    pub files: BTreeMap<PathBuf, Arc<ReadFile>>,
    /// Texts that are stated inside a file, such as `set` values.
    pub inline: Vec<Arc<ReadFile>>,
    /// Its deployments.
    pub deployments: Vec<TreeDeployment>,
    /// Deployments that share a cluster, combined for rules about a cluster; by the cluster's name.
    pub clusters: Vec<TreeDeployment>,
    /// Files that no release reads, each as its own release, for rules about such files.
    pub left_out: Option<Arc<TreeDeployment>>,
    /// Those of them that have no other role in the tree, by path; nothing else is reported about them.
    pub(crate) aside: BTreeSet<PathBuf>,
    /// The parts of statements that could not be followed, and of charts that could not be read.
    pub notes: Vec<Diagnostic>,
    /// Files that are named like layers but are skipped because of their contents.
    pub skipped: BTreeSet<Skipped>,
    /// The charts on disk that its releases install.
    pub charts: Vec<Arc<DiskChart>>,
    /// The texts of these charts by source id, with their files; those in archives have none.
    chart_texts: FxHashMap<SourceId, Option<PathBuf>>,
    /// Files that state releases and are not layers themselves, by source id.
    pub(crate) statements: FxHashMap<SourceId, Arc<ReadFile>>,
    by_id: FxHashMap<SourceId, Source>,
    /// The same files, by source id.
    numbered: FxHashMap<SourceId, Arc<ReadFile>>,
    /// The positions at which the texts in `inline` are stated.
    origins: FxHashMap<SourceId, StatedAt>,
    /// The folder that the paths of a plan are relative to.
    base: PathBuf,
    /// The folder that paths shown to users are relative to.
    cwd: PathBuf,
}

/// One deployment of a tree.
#[derive(Debug)]
pub struct TreeDeployment {
    /// The merged values.
    pub merged: Merged,
    /// The versions of its charts.
    pub key: Key,
    /// Services that run in the cluster but are installed by something else.
    pub external: std::collections::BTreeSet<String>,
    /// By release: the index of its chart in [`Tree::charts`], if it is on disk.
    pub charts: Vec<Option<usize>>,
    /// What the schemas of its charts do not allow.
    pub violations: Vec<Violation>,
    /// For a cluster, the profile of each release. Empty if all have the deployment's.
    pub profiles: Vec<String>,
    /// True if it shares a cluster: rules about a cluster are then judged over the whole cluster instead.
    pub shares_cluster: bool,
}

/// The tag of rules about a cluster: they see all releases of the deployments that share a cluster according to `clusters`.
const CLUSTER_TAG: &str = "cluster";

/// The tag of rules about files that no release reads.
const LEFT_OUT_TAG: &str = "left-out";

/// What a rule is judged over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    Deployments,
    /// Clusters, with everything deployed to them.
    Clusters,
    LeftOut,
}

impl About {
    /// Determined by the tags of a rule.
    pub(crate) fn of(program: &Program, rule: usize) -> Self {
        let tags = &program.rules()[rule].tags;
        let has = |word: &str| tags.iter().any(|tag| tag == word);
        if has(LEFT_OUT_TAG) {
            Self::LeftOut
        } else if has(CLUSTER_TAG) {
            Self::Clusters
        } else {
            Self::Deployments
        }
    }
}

/// Returns the parsed form of a file, reading it if necessary.
pub(crate) type Reader<'a> = dyn Fn(&Path) -> Arc<ReadFile> + Sync + 'a;

/// Returns the chart at a path, reading it if necessary.
pub(crate) type ChartReader<'a> = dyn Fn(&Path) -> Result<Arc<DiskChart>, NoChart> + Sync + 'a;

/// How a tree accesses its files.
#[derive(Clone, Copy)]
pub(crate) struct Readers<'a> {
    pub(crate) file: &'a Reader<'a>,
    pub(crate) chart: &'a ChartReader<'a>,
    /// True if version control tracks a file.
    pub(crate) tracked: &'a (dyn Fn(&Path) -> Option<bool> + Sync),
}

impl Tree {
    /// Reads and merges a tree.
    pub(crate) fn load(
        scope: &Scope,
        tree: &TreeRef,
        settings: &Settings,
        numbers: &Numbers,
        read: Readers<'_>,
        profiles: &[String],
    ) -> Self {
        let mut loaded = Self {
            root: scope.root.join(&tree.plan.root),
            book: Arc::clone(&scope.book),
            knowledge: Arc::clone(&scope.knowledge),
            files: BTreeMap::new(),
            inline: Vec::new(),
            deployments: Vec::new(),
            clusters: Vec::new(),
            left_out: None,
            aside: BTreeSet::new(),
            notes: tree.notes.clone(),
            skipped: BTreeSet::new(),
            charts: Vec::new(),
            chart_texts: FxHashMap::default(),
            statements: FxHashMap::default(),
            by_id: FxHashMap::default(),
            numbered: FxHashMap::default(),
            origins: FxHashMap::default(),
            base: scope.root.clone(),
            cwd: settings.cwd.clone(),
        };
        let mut loader = Loader {
            scope,
            settings,
            numbers,
            read,
            plan: tree,
            shelf: Shelf::of(&tree.charts),
            kept: FxHashMap::default(),
            known: FxHashMap::default(),
            unknown_charts: Vec::new(),
            tree: &mut loaded,
        };
        for plan in &tree.plan.deployments {
            let wanted = |it: &String| *it == plan.profile || *it == plan.name;
            if !profiles.is_empty() && !profiles.iter().any(wanted) {
                continue;
            }
            let facts = scope.config.facts_of(&plan.profile);
            let releases = plan.releases.iter();
            let (releases, on_disk): (Vec<Release>, Vec<Option<usize>>) =
                releases.filter_map(|it| loader.release(it, &facts)).unzip();
            if releases.is_empty() && !plan.releases.is_empty() {
                continue;
            }
            let deployment = Deployment {
                name: plan.name.clone(),
                profile: plan.profile.clone(),
                releases,
            };
            let key = scope.knowledge.key_of(&deployment, &facts);
            let deployment = merged(loader.tree, scope, deployment, key, &facts, on_disk);
            loader.tree.deployments.push(deployment);
        }
        let clusters = clusters(loader.tree, scope);
        loader.tree.share(clusters);
        for path in &tree.loose {
            loader.file(&scope.root.join(path));
        }
        let left_out: FxHashSet<&PathBuf> = tree.left_out.iter().map(|it| &it.path).collect();
        for path in tree.statements.iter().chain(&tree.noted) {
            loader.statement(&scope.root.join(path), left_out.contains(path));
        }
        loader.left_out();
        loader.note_unknown_charts();
        let mut files: Vec<(PathBuf, Arc<ReadFile>)> = loader.known.into_iter().collect();
        // Comparing paths is expensive, and nearly sorted input needs few comparisons.
        files.sort_by_cached_key(|(path, _)| by_folder(path));
        let numbered = files.iter().map(|(_, file)| (file.id, Arc::clone(file)));
        loaded.numbered = numbered.collect();
        loaded.files = files.into_iter().collect();
        loaded
    }

    /// What a rule is judged over: deployments, the clusters they share, or files that no release reads. `rule` is an index into
    /// `program`.
    pub fn deployments_for_rule(
        &self,
        program: &Program,
        rule: usize,
    ) -> impl Iterator<Item = &TreeDeployment> {
        let about = About::of(program, rule);
        let alone = self.deployments.iter();
        let alone = alone.filter(move |it| match about {
            About::Deployments => true,
            About::Clusters => !it.shares_cluster,
            About::LeftOut => false,
        });
        let clusters = (about == About::Clusters).then_some(&self.clusters);
        let left_out = self.left_out.as_deref();
        let left_out = left_out.filter(|_| about == About::LeftOut);
        let clusters = clusters.into_iter().flatten();
        alone.chain(clusters).chain(left_out)
    }

    /// All merged values: of deployments, and of files that no release reads.
    pub(crate) fn all_merged(&self) -> impl Iterator<Item = &Merged> {
        let all = self.deployments.iter().chain(self.left_out.as_deref());
        all.map(|it| &it.merged)
    }

    /// Adds a note that several profiles or releases may lead to.
    fn note_once(&mut self, note: Diagnostic) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Adds the clusters and marks the deployments that are part of one.
    fn share(&mut self, clusters: Vec<(TreeDeployment, Vec<usize>)>) {
        for (cluster, parts) in clusters {
            for part in parts {
                self.deployments[part].shares_cluster = true;
            }
            self.clusters.push(cluster);
        }
    }

    /// The text with a source id: of a file, a statement, a rule, or a chart's defaults.
    pub fn source(&self, id: SourceId) -> Option<Source> {
        if id.0 >= FIRST_DEFAULTS {
            return self.knowledge.defaults_source(id);
        }
        if id.0 >= FIRST_FILE {
            return self.by_id.get(&id).cloned();
        }
        let known = (id.0 as usize) < self.book.sources().len();
        known.then(|| self.book.sources().get(id).clone())
    }

    /// The text of a file with its secret values masked, byte for byte.
    pub fn masked(&self, path: &Path) -> Option<String> {
        let file = self.files.get(path)?;
        Some(crate::mask::masked(self, file.id, &file.source.text))
    }

    /// The files with values: those of the tree, and statements that contain some themselves.
    pub(crate) fn values_files(&self) -> Vec<&ReadFile> {
        let files = self.files.values().map(AsRef::as_ref);
        let mut files: Vec<&ReadFile> = files
            .filter(|file| !self.aside.contains(&file.path))
            .collect();
        let stated: BTreeSet<SourceId> = self.origins.values().map(|it| it.whole.source).collect();
        let stated = stated
            .iter()
            .filter_map(|id| Some(self.statements.get(id)?.as_ref()));
        files.extend(stated.filter(|it| !self.files.contains_key(&it.path)));
        files
    }

    /// Where a text without its own file is stated.
    pub(crate) fn stated_at(&self, id: SourceId) -> Option<&StatedAt> {
        self.origins.get(&id)
    }

    /// The position of a span in a file: what is generated from a statement has the position of the statement.
    pub fn in_file(&self, span: Span) -> Span {
        let stated = self.stated_at(span.source);
        stated.map_or(span, |stated| stated.of(span))
    }

    /// True if a text is in a file, so that its line numbers are meaningful. The defaults of a declared chart are generated.
    pub fn is_written(&self, id: SourceId) -> bool {
        self.path_of(id).is_some() || self.chart_texts.contains_key(&id)
    }

    /// The text of a file of a chart on disk.
    pub(crate) fn chart_text(&self, id: SourceId) -> Option<Arc<str>> {
        let source = self.chart_texts.get(&id).and(self.by_id.get(&id))?;
        Some(Arc::clone(&source.text))
    }

    /// A path, as shown to users.
    pub fn show(&self, path: &Path) -> PathBuf {
        shown_path(&self.cwd, path)
    }

    /// What is known of the path of a missing layer, as shown to users.
    pub fn show_absent(&self, absent: &AbsentLayer) -> PathBuf {
        match absent.why {
            AbsentReason::NotFound | AbsentReason::Unreadable | AbsentReason::Manifest => {
                self.show(&self.base.join(&absent.path))
            }
            AbsentReason::TemplatedName
            | AbsentReason::Pattern
            | AbsentReason::Remote
            | AbsentReason::CommandLine
            | AbsentReason::Patched => absent.path.clone(),
        }
    }

    /// The file with a source id, if it is one of [`Self::files`].
    pub fn file_of(&self, id: SourceId) -> Option<&Arc<ReadFile>> {
        self.numbered.get(&id)
    }

    /// The path of the file with a source id, absolute.
    pub fn path_of(&self, id: SourceId) -> Option<&Path> {
        if id.0 < FIRST_FILE {
            return self.book.file(id)?.file.as_deref();
        }
        let file = self.file_of(id).or_else(|| self.statements.get(&id));
        let in_chart = || self.chart_texts.get(&id)?.as_ref();
        let path = file.map(|file| &file.path).or_else(in_chart)?;
        Some(path.as_path())
    }
}

/// The most unknown charts reported per file and reason; if there are more, only the first is reported.
const MANY_CHARTS: usize = 3;

struct Loader<'a> {
    scope: &'a Scope,
    settings: &'a Settings,
    numbers: &'a Numbers,
    read: Readers<'a>,
    plan: &'a TreeRef,
    /// The charts on disk.
    shelf: Shelf<'a>,
    /// The installed ones among them, by path, with their index in the tree.
    kept: FxHashMap<PathBuf, usize>,
    /// The files read so far.
    known: FxHashMap<PathBuf, Arc<ReadFile>>,
    /// Stated charts that are unknown: the position, the reason, and the path as shown to users.
    unknown_charts: Vec<(Span, NoChart, PathBuf)>,
    tree: &'a mut Tree,
}

impl Loader<'_> {
    fn file(&mut self, path: &Path) -> Arc<ReadFile> {
        if let Some(file) = self.known.get(path) {
            return Arc::clone(file);
        }
        let file = (self.read.file)(path);
        self.tree.by_id.insert(file.id, file.source.clone());
        self.known.insert(path.to_owned(), Arc::clone(&file));
        file
    }

    /// Loads the files that no release reads.
    fn left_out(&mut self) {
        let mut releases = Vec::new();
        for left_out in &self.plan.left_out {
            let path = self.scope.root.join(&left_out.path);
            if !self.known.contains_key(&path) {
                self.tree.aside.insert(path.clone());
            }
            let file = self.file(&path);
            self.tree.notes.extend(manifests::plain_secret(&file));
            releases.extend(left_out.releases(&file));
        }
        if releases.is_empty() {
            return;
        }
        let deployment = Deployment {
            releases,
            ..Deployment::default()
        };
        let facts = self.scope.config.facts_of("");
        let key = self.scope.knowledge.key_of(&deployment, &facts);
        let on_disk = vec![None; deployment.releases.len()];
        let merged = merged(self.tree, self.scope, deployment, key, &facts, on_disk);
        self.tree.left_out = Some(Arc::new(merged));
    }

    /// Loads a file that states releases; if it is also `left_out`, its secrets are reported there.
    fn statement(&mut self, path: &Path, left_out: bool) {
        let known = self.known.get(path).cloned();
        let file = known.unwrap_or_else(|| (self.read.file)(path));
        self.tree.by_id.insert(file.id, file.source.clone());
        if !left_out {
            self.tree.notes.extend(manifests::plain_secret(&file));
        }
        self.tree.statements.insert(file.id, file);
    }

    /// The index of the chart that a release installs, if it is on disk: where it is stated, beside its values, or by name.
    fn chart(&mut self, plan: &ReleasePlan, wanted: Option<&str>) -> Option<usize> {
        if let Some(stated) = &plan.chart_path {
            let path = lexically_normal(&self.scope.root.join(&stated.path));
            return match (self.read.chart)(&path) {
                Ok(chart) => Some(self.register_chart(chart)),
                Err(why) => {
                    let shown = self.settings.show(&path);
                    self.unknown_charts.push((stated.origin, why, shown));
                    None
                }
            };
        }
        let folder = self.plan.statements.is_empty().then_some(&*plan.folder);
        let beside = |it: &&ChartDir| folder == Some(&*it.path);
        let mut candidates = self.shelf.candidates(folder, &plan.chart);
        // The nearest comes first; a folder before an archive.
        candidates.sort_by_key(|it| {
            let common = it.path.components().zip(plan.folder.components());
            let common = common.take_while(|(a, b)| a == b).count();
            let archive = it.chart_yaml.is_none();
            (
                !beside(it),
                std::cmp::Reverse(common),
                archive,
                std::cmp::Reverse(&it.path),
            )
        });
        for candidate in candidates {
            let path = self.scope.root.join(&candidate.path);
            match (self.read.chart)(&path) {
                Ok(chart) => {
                    let fits = beside(&candidate) || chart.info.name == plan.chart;
                    if fits && wanted.is_none_or(|wanted| chart.is_version(wanted)) {
                        return Some(self.register_chart(chart));
                    }
                }
                // A missing chart is reported where it is stated.
                Err(NoChart::Nothing) => {}
                Err(why) => self.unreadable(&path, &why),
            }
        }
        None
    }

    /// Reports a chart that a release would install but that cannot be read.
    fn unreadable(&mut self, path: &Path, why: &NoChart) {
        let id = self.numbers.of(path, None);
        let shown = self.settings.show(path);
        self.tree.by_id.insert(id, Source::new(shown, ""));
        self.tree.chart_texts.insert(id, Some(path.to_owned()));
        let problem = Diagnostic::new(
            UNREADABLE,
            Severity::Warning,
            Span::point(id, 0),
            format!("the chart is ignored: {why}"),
        );
        self.tree.note_once(problem);
    }

    /// Reports unknown charts. Charts that are only put in place at build time are all missing: if a file has many for the same
    /// reason, only one is reported.
    fn note_unknown_charts(&mut self) {
        let mut groups: BTreeMap<(SourceId, String), BTreeMap<Span, PathBuf>> = BTreeMap::new();
        for (origin, why, shown) in std::mem::take(&mut self.unknown_charts) {
            // Each environment states it again.
            let charts = groups.entry((origin.source, why.to_string())).or_default();
            charts.insert(origin, shown);
        }
        for ((_, why), charts) in groups {
            let shown_charts = match charts.len() {
                few @ ..=MANY_CHARTS => few,
                _ => 1,
            };
            let more = and_more(charts.len() - shown_charts);
            for (origin, shown) in charts.into_iter().take(shown_charts) {
                let message = format!("no chart found at `{}`: {why}{more}", shown.display());
                let note = Diagnostic::new(NOT_FOLLOWED, Severity::Info, origin, message);
                self.tree.notes.push(note);
            }
        }
    }

    fn register_chart(&mut self, chart: Arc<DiskChart>) -> usize {
        if let Some(known) = self.kept.get(&chart.path) {
            return *known;
        }
        for (id, source, file) in &chart.texts {
            self.tree.by_id.insert(*id, source.clone());
            self.tree.chart_texts.insert(*id, file.clone());
        }
        self.tree.notes.extend(chart.problems.iter().cloned());
        let at = self.tree.charts.len();
        self.kept.insert(chart.path.clone(), at);
        self.tree.charts.push(chart);
        at
    }

    fn layer(&mut self, plan: &LayerPlan, path: &Path) -> Arc<ReadFile> {
        let Some(text) = &plan.inline else {
            return self.file(path);
        };
        let id = self.numbers.of(path, Some(self.tree.inline.len()));
        if let Some(origin) = &plan.origin {
            self.tree.origins.insert(id, origin.clone());
        }
        let shown = self.settings.show(path);
        let file = Arc::new(ReadFile::of_text(text.as_str(), &shown, id));
        self.tree.by_id.insert(id, file.source.clone());
        self.tree.inline.push(Arc::clone(&file));
        file
    }
}

/// A sort key that orders paths by their components.
fn by_folder(path: &Path) -> Vec<u8> {
    let mut text = path.as_os_str().as_encoded_bytes().to_vec();
    for byte in &mut text {
        if std::path::is_separator(char::from(*byte)) {
            *byte = 0;
        }
    }
    text
}

/// Merges the layers of a deployment. `on_disk` gives, by release, the index of the tree's chart that it installs.
fn merged(
    tree: &Tree,
    scope: &Scope,
    mut deployment: Deployment,
    key: Key,
    facts: &Facts,
    on_disk: Vec<Option<usize>>,
) -> TreeDeployment {
    let charts = scope.knowledge.charts(&key);
    for (release, chart) in deployment.releases.iter_mut().zip(&on_disk) {
        let chart = chart.map(|at| &tree.charts[at].info);
        release.on_disk = chart.map(|info| joined(info, &charts));
        // The chart's own values are a layer of the operator, so only the defaults of its subcharts are below it.
        let first = release.layers.first().map(|it| it.source);
        if let Some(info) = &mut release.on_disk
            && let Some(defaults) = &info.defaults
            && first == Some(defaults.source)
        {
            Arc::make_mut(info).defaults = None;
        }
    }
    let merged = Merged::build(deployment, &charts);
    let installed = on_disk.iter().flatten();
    let schemas = installed.flat_map(|at| &tree.charts[*at].schemas);
    let schemas: Schemas = schemas.map(|(id, it)| (*id, Arc::clone(it))).collect();
    TreeDeployment {
        violations: violations(&merged, &schemas),
        profiles: Vec::new(),
        shares_cluster: false,
        merged,
        key,
        external: facts.externally_deployed.clone(),
        charts: on_disk,
    }
}

/// The clusters that several deployments of a tree share, each as one deployment with the releases of all (which keep their
/// profiles), and the indices of those deployments.
fn clusters(tree: &Tree, scope: &Scope) -> Vec<(TreeDeployment, Vec<usize>)> {
    let mut out = Vec::new();
    for cluster in scope.config.clusters.keys() {
        let parts = tree.deployments.iter().enumerate().filter(|(_, part)| {
            let it = part.merged.deployment();
            scope.config.cluster_of(&it.name, &it.profile) == Some(cluster)
        });
        let (numbers, parts): (Vec<usize>, Vec<&TreeDeployment>) = parts.unzip();
        let [first, others @ ..] = &parts[..] else {
            continue;
        };
        if others.is_empty() {
            continue;
        }
        let profile = &first.merged.deployment().profile;
        let same = |part: &&TreeDeployment| part.merged.deployment().profile == *profile;
        let profile = if others.iter().all(same) { profile } else { "" };
        let members = parts.iter().map(|it| it.merged.deployment());
        let profiles = members.flat_map(|it| it.releases.iter().map(|_| it.profile.clone()));
        let releases = parts.iter().flat_map(|it| &it.merged.deployment().releases);
        let deployment = Deployment {
            name: cluster.clone(),
            profile: profile.to_owned(),
            releases: releases.cloned().collect(),
        };
        let mut facts = scope.config.facts_of(profile);
        let external = parts.iter().flat_map(|part| part.external.iter().cloned());
        facts.externally_deployed.extend(external);
        let key = scope.knowledge.key_of(&deployment, &facts);
        let on_disk = parts.iter().flat_map(|part| part.charts.clone()).collect();
        let combined = TreeDeployment {
            profiles: profiles.collect(),
            ..merged(tree, scope, deployment, key, &facts, on_disk)
        };
        out.push((combined, numbers));
    }
    out
}
