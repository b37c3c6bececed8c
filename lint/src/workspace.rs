//! What a run covers: which folders have their own configuration, which rules apply there, and which trees exist.
//!
//! Only names are examined here, and the few files that determine how the others are read.

mod rules;
mod trees;

use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use source::Diagnostic;
use values::discover::{ChartDir, DiscoverOptions, Ignored, TreePlan, discover};

use crate::baseline::{self, Baseline};
use crate::config::{self, Config, Patterns};
use crate::document::ReadFile;
use crate::files::{Files, ListOptions, PathKind};
use crate::focus::Focus;
use crate::knowledge::Knowledge;
use crate::left_out::{self, LeftOut};
use crate::profiles;
use crate::project::Settings;
use crate::report::Skipped;
use crate::rulebook::RuleBook;
use crate::sources::Numbers;
use crate::start::{HelmfileCache, Start};
use crate::statements::{MAX_PARTS, Reader};
use crate::touched::decides;

pub(crate) use trees::tree_around;
use trees::{Trees, layer_files};

/// The name of a configuration file.
pub const CONFIG: &str = crate::config::FILE_NAME;

/// What applies below one folder.
#[derive(Debug)]
pub struct Scope {
    /// The folder, absolute.
    pub root: PathBuf,
    /// The configuration file, if there is one.
    pub config_file: Option<Arc<ReadFile>>,
    /// Its settings.
    pub config: Config,
    /// Its problems.
    pub diagnostics: Vec<Diagnostic>,
    /// The rules.
    pub book: Arc<RuleBook>,
    /// The knowledge about the declared charts.
    pub knowledge: Arc<Knowledge>,
    /// The existing profiles; empty if there are no trees.
    pub profiles: BTreeSet<String>,
    /// Words in filenames that may be profiles, with the number of files for each: those files are skipped until the
    /// configuration states the profile.
    pub unstated_profiles: BTreeMap<String, usize>,
    /// Rules folders without rules, as shown to users.
    pub empty_rules: Vec<PathBuf>,
    /// The known findings, if the configuration names a baseline.
    pub baseline: Option<KnownFindings>,
}

impl Scope {
    /// The words among [`Scope::unstated_profiles`] that are unlikely to be coincidental: several files are named after them.
    pub fn likely_profiles(&self) -> impl Iterator<Item = (&str, usize)> {
        let words = self.unstated_profiles.iter();
        let several = words.filter(|(_, files)| **files > 1);
        several.map(|(word, files)| (word.as_str(), *files))
    }
}

/// The known findings.
#[derive(Debug)]
pub struct KnownFindings {
    /// The file.
    pub file: ReadFile,
    /// Its entries.
    pub baseline: Baseline,
    /// Its problems.
    pub problems: Vec<Diagnostic>,
}

/// A tree before its files are read.
#[derive(Debug, Default)]
pub struct TreeRef {
    /// Its scope: an index into [`Workspace::scopes`].
    pub scope: usize,
    /// Its contents; paths are relative to the scope's root.
    pub plan: TreePlan,
    /// YAML files beside layers that belong to no release.
    pub loose: Vec<PathBuf>,
    /// Charts on disk.
    pub charts: Vec<ChartDir>,
    /// The parts of statements that could not be followed.
    pub notes: Vec<Diagnostic>,
    /// Files that state its releases and do not contain a layer themselves.
    pub statements: Vec<PathBuf>,
    /// Files that state nothing that can be followed, which is reported.
    pub(crate) noted: Vec<PathBuf>,
    /// Files that no release reads and that are examined for leaked secrets.
    pub left_out: Vec<LeftOut>,
}

/// What a run covers.
#[derive(Debug, Default)]
pub struct Workspace {
    /// Folders with a configuration, and requested folders without one.
    pub scopes: Vec<Scope>,
    /// Trees, by scope and folder.
    pub trees: Vec<TreeRef>,
    /// Files that are skipped.
    pub skipped: Vec<Skipped>,
    /// Charts on disk that are near no tree, as shown to users.
    pub charts: Vec<PathBuf>,
    /// Messages about the run as a whole.
    pub notes: Vec<String>,
    /// Requested paths that do not exist, with the reason.
    pub missing: Vec<(PathBuf, String)>,
    /// Folders that were listed, with the depth; `None`: completely.
    pub listed: Vec<(PathBuf, Option<usize>)>,
    /// Findings count only if they touch one of these paths; if empty, all count.
    pub focus: Focus,
}

/// What a survey needs throughout.
pub(crate) struct Surveyor<'a> {
    pub(crate) files: &'a dyn Files,
    pub(crate) settings: &'a Settings,
    pub(crate) numbers: &'a Numbers,
    pub(crate) helmfile_cache: HelmfileCache,
}

impl Surveyor<'_> {
    /// Surveys the requested paths.
    pub(crate) fn survey(&self) -> Workspace {
        let mut workspace = Workspace::default();
        let mut starts: BTreeMap<PathBuf, Start> = BTreeMap::new();
        let mut partly = false;
        for path in &self.settings.paths {
            match self.start(path) {
                Ok(start) => {
                    partly |= start.root != *path;
                    let known = starts.get(&start.root);
                    // If two paths start in the same folder, the start that lists all of it wins.
                    if known.is_none_or(|known| known.depth.is_some() && start.depth.is_none()) {
                        starts.insert(start.root.clone(), start);
                    }
                }
                Err(why) => workspace.missing.push((path.clone(), why)),
            }
        }
        let misnamed = self.settings.paths.iter();
        let misnamed: BTreeSet<(PathBuf, String)> =
            misnamed.filter_map(|it| self.misnamed(it)).collect();
        workspace.notes.extend(misnamed.iter().map(|(path, why)| {
            let shown = self.settings.show(path);
            format!("{} is ignored: {why}", shown.display())
        }));
        // Judging what was requested may require examining more; only findings about what was requested are reported.
        let named = self.settings.paths.iter().filter(|_| partly);
        let all: Vec<&Start> = starts.values().collect();
        for start in &all {
            // A folder inside another one that is listed completely is covered by that one.
            let inside = |other: &&&Start| {
                other.root != start.root
                    && other.depth.is_none()
                    && start.root.starts_with(&other.root)
            };
            if !all.iter().any(|other| inside(&other)) {
                self.root(start, &mut workspace);
            }
        }
        // Naming a file that affects a whole scope names the whole scope.
        let named = named.map(|path| {
            let mut scopes = workspace.scopes.iter();
            let decided = scopes.find(|it| decides(it, &self.settings.rules, path));
            decided.map_or(path, |scope| &scope.root).clone()
        });
        workspace.focus = Focus::of(named);
        workspace.skipped.sort_unstable();
        workspace
    }

    pub(crate) fn discover_options(
        &self,
        scope: Option<(&Config, &Knowledge, &Path)>,
    ) -> DiscoverOptions {
        let mut options = DiscoverOptions::default();
        if let Some((config, knowledge, root)) = scope {
            options.known_charts = knowledge.names();
            options.exact_charts = knowledge.names_of_parts();
            for profile in config.profiles.keys() {
                if !options.profiles.contains(profile) {
                    options.profiles.push(profile.clone());
                }
            }
            let name = root.file_name().unwrap_or_default();
            options.root_name = Some(name.to_string_lossy().into_owned());
        }
        options
    }

    /// Lists a folder and surveys each scope in it.
    fn root(&self, start: &Start, workspace: &mut Workspace) {
        let root = start.root.as_path();
        workspace.listed.push((start.list.clone(), start.depth));
        let listing = self.files.list(
            &start.list,
            &ListOptions {
                no_ignore: self.settings.no_ignore,
                max_depth: start.depth,
            },
        );
        for (path, why) in listing.problems {
            workspace.skipped.push(Skipped {
                path: self.settings.show(&path),
                why,
            });
        }
        let mut roots: BTreeSet<&Path> = listing
            .files
            .iter()
            .filter(|path| path.file_name().is_some_and(|name| name == CONFIG))
            .filter_map(|path| path.parent())
            .collect();
        roots.insert(root);
        // A file belongs to the innermost folder with a configuration.
        let mut by_scope: BTreeMap<&Path, Vec<PathBuf>> = BTreeMap::new();
        for path in &listing.files {
            let scope = path
                .ancestors()
                .skip(1)
                .find(|folder| roots.contains(folder));
            let scope = scope.unwrap_or(root);
            let relative = path.strip_prefix(scope).unwrap_or(path).to_owned();
            by_scope.entry(scope).or_default().push(relative);
        }
        by_scope.entry(root).or_default();
        for (scope, files) in by_scope {
            self.scope(scope, files, workspace);
        }
    }

    /// Surveys one scope: a folder with a configuration, or a requested one without. `files` are relative to it.
    fn scope(&self, root: &Path, mut files: Vec<PathBuf>, workspace: &mut Workspace) {
        let path = root.join(CONFIG);
        let stated = files.iter().any(|file| file.as_os_str() == CONFIG);
        let config_file = stated.then(|| Arc::new(self.read(&path)));
        let (config, mut diagnostics) = match &config_file {
            Some(file) => config::read(file.id, &file.document),
            None => (Config::default(), Vec::new()),
        };
        drop_excluded(&config, &mut files);
        let (book, empty_rules) = self.book(root, &config, &files, workspace);
        diagnostics.extend(config::check_names(&config, &book));
        let kind = |path: &Path| {
            // With `--no-baseline` the file need not exist.
            let unread = self.settings.no_baseline && config.baseline.as_deref() == Some(path);
            let kind = || self.files.kind(&root.join(path));
            unread.then_some(PathKind::File).or_else(kind)
        };
        diagnostics.extend(config::check_places(&config, &files, &kind));
        let knowledge = self.knowledge(&book, workspace);
        let mut options = self.discover_options(Some((&config, &knowledge, root)));
        options.known_charts.extend(charts_in(&files));
        let read = |path: &Path| self.read(path);
        let reader = Reader {
            root,
            listed: &files,
            files: self.files,
            read: &read,
            options: &options,
            overlays: OnceCell::new(),
            text_left: Cell::new(MAX_PARTS),
        };
        let mut found = match &config.deployments {
            Some(_) => discover(&files, &options),
            None => reader.discover(),
        };
        let ignored = std::mem::take(&mut found.ignored);
        let mut scope = Scope {
            root: root.to_owned(),
            config_file,
            diagnostics,
            book,
            knowledge,
            profiles: BTreeSet::new(),
            unstated_profiles: BTreeMap::new(),
            empty_rules,
            baseline: self.baseline(root, &config),
            config,
        };
        let number = workspace.scopes.len();
        let Trees {
            mut trees,
            unused,
            charts,
        } = self.trees(&scope, found, &reader);
        let charts = charts.iter().map(|it| self.settings.show(&root.join(it)));
        workspace.charts.extend(charts);
        scope.profiles = profiles::known_profiles(&scope.config, &options.profiles, &trees);
        let unknown = profiles::unknown_in_config(&scope.config, &scope.profiles);
        scope.diagnostics.extend(unknown);
        scope.diagnostics.extend(unknown_charts(&scope, &trees));
        // A file whose name tells nothing may still be stated as a layer.
        let claimed: BTreeSet<&PathBuf> =
            trees.iter().flat_map(|it| layer_files(&it.plan)).collect();
        let ignored = ignored.iter().filter(|it| !claimed.contains(&it.path));
        let ignored: Vec<&Ignored> = ignored.collect();
        let mut skip = |path: &Path, why: String| {
            let path = self.settings.show(&root.join(path));
            workspace.skipped.push(Skipped { path, why });
        };
        for ignored in &ignored {
            let (why, profile) = left_out::why(ignored, &scope.config, &trees, &options);
            if let Some(profile) = profile {
                *scope.unstated_profiles.entry(profile).or_default() += 1;
            }
            skip(&ignored.path, why);
        }
        for path in trees.iter().flat_map(|it| &it.loose) {
            let why = "it belongs to no release, so it is only searched for secrets";
            skip(path, why.to_owned());
        }
        left_out::place(&mut trees, &ignored, &unused, &files, &options);
        for path in unused {
            let why = match path.file_name() {
                Some(name) if name.to_string_lossy().starts_with("helmfile.") => {
                    format!("`{CONFIG}` states the releases")
                }
                _ => "no stated release uses it".to_owned(),
            };
            skip(&path, why);
        }
        let trees = trees.into_iter().map(|tree| TreeRef {
            scope: number,
            ..tree
        });
        workspace.trees.extend(trees);
        workspace.scopes.push(scope);
    }

    /// The rules that apply in a scope, and its rules folders without rules.
    fn book(
        &self,
        root: &Path,
        config: &Config,
        files: &[PathBuf],
        workspace: &Workspace,
    ) -> (Arc<RuleBook>, Vec<PathBuf>) {
        let given_rules = self.settings.given_rules.as_ref();
        let (texts, empty) = match given_rules {
            Some(given_rules) => (given_rules.book.texts(), Vec::new()),
            None => self.rule_texts(root, config, files),
        };
        let usual = config.packs.is_none() && config.parameters.is_empty() && !self.settings.facts;
        let book = match given_rules {
            Some(given_rules) if usual => Arc::clone(&given_rules.book),
            _ if usual && texts.is_empty() => RuleBook::standard(),
            _ => self.shared_book(workspace, &texts, config),
        };
        (book, empty)
    }

    /// The knowledge about the charts declared in a rule book. Scopes that share a book share it too.
    fn knowledge(&self, book: &Arc<RuleBook>, workspace: &Workspace) -> Arc<Knowledge> {
        let scopes = workspace.scopes.iter();
        let known = scopes.map(|it| (&it.book, &it.knowledge));
        let given_rules = self.settings.given_rules.as_ref();
        let mut known = known.chain(given_rules.map(|it| (&it.book, &it.knowledge)));
        match known.find(|(it, _)| Arc::ptr_eq(it, book)) {
            Some((_, knowledge)) => Arc::clone(knowledge),
            None => Arc::new(Knowledge::new(Arc::clone(&book.charts))),
        }
    }

    fn baseline(&self, root: &Path, config: &Config) -> Option<KnownFindings> {
        let path = root.join(config.baseline.as_ref()?);
        // A missing one is reported at its position in the configuration.
        if self.settings.no_baseline || self.files.kind(&path) != Some(PathKind::File) {
            return None;
        }
        let file = self.read(&path);
        let (baseline, mut problems) = baseline::read(file.id, &file.document);
        problems.extend(file.problem.clone());
        Some(KnownFindings {
            file,
            baseline,
            problems,
        })
    }

    fn read(&self, path: &Path) -> ReadFile {
        let id = self.numbers.of(path, None);
        ReadFile::read(self.files, path, &self.settings.show(path), id, None)
    }
}

/// Drops the files that the configuration excludes.
fn drop_excluded(config: &Config, files: &mut Vec<PathBuf>) {
    if !config.exclude.is_empty() {
        let patterns = Patterns::new(&config.exclude);
        files.retain(|file| !patterns.exclude(file));
    }
}

/// The names of the charts in folders named `charts`, which the values are for.
fn charts_in(files: &[PathBuf]) -> BTreeSet<String> {
    let on_shelf = |path: &Path| {
        let shelf = path.parent()?;
        (shelf.file_name()? == "charts").then_some(())?;
        let name = path.file_name()?.to_string_lossy().into_owned();
        let Some(stem) = name.strip_suffix(".tgz") else {
            return Some(name);
        };
        let version = stem.rmatch_indices('-').find(|(at, _)| {
            let rest = &stem[at + 1..];
            rest.starts_with(|c: char| c.is_ascii_digit()) && rest.contains('.')
        });
        Some(stem[..version?.0].to_owned())
    };
    let chart = |file: &PathBuf| {
        let archive = file.extension().is_some_and(|it| it == "tgz");
        let folder = file.file_name().is_some_and(|it| it == "Chart.yaml");
        if archive {
            return on_shelf(file);
        }
        on_shelf(file.parent().filter(|_| folder)?)
    };
    files.iter().filter_map(chart).collect()
}

/// Charts and releases that the configuration of a scope names and that do not exist. Without any tree nothing is known.
fn unknown_charts(scope: &Scope, trees: &[TreeRef]) -> Vec<Diagnostic> {
    if trees.is_empty() {
        return Vec::new();
    }
    let deployments = trees.iter().flat_map(|it| &it.plan.deployments);
    let releases = deployments.flat_map(|it| &it.releases);
    let installed = releases.flat_map(|it| [it.name.as_str(), it.chart.as_str()]);
    config::check_installed(&scope.config, scope.knowledge.set(), &installed.collect())
}
