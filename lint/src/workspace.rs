//! What a run is about: which folders have a configuration of their own, which rules apply there, which trees there are.
//!
//! Only names are looked at here, and the few files that say how the others are to be read.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use source::Diagnostic;
use values::discover::{
    ChartDir, DiscoverOptions, Discovery, Ignored, ReleasePlan, TreePlan, discover,
    explicit_deployments, lexically_normal,
};
use values::yaml::Kind;

use crate::baseline::{self, Baseline};
use crate::config::{self, Config};
use crate::document::ReadFile;
use crate::files::{Files, ListOptions, PathKind};
use crate::focus::Focus;
use crate::knowledge::Knowledge;
use crate::left_out::{self, LeftOut, Part};
use crate::profiles;
use crate::project::Settings;
use crate::report::Skipped;
use crate::rulebook::{RuleBook, RuleText, TextFault};
use crate::sources::Numbers;
use crate::start::LookedInto;
use crate::start::Start;
use crate::statements::{Reader, Statement};
use crate::touched::decides;
use crate::wrappers;

/// The name of a configuration file.
pub const CONFIG: &str = crate::config::FILE_NAME;

/// What applies below one folder.
#[derive(Debug)]
pub struct Scope {
    /// The folder, absolute.
    pub root: PathBuf,
    /// The configuration file, if there is one.
    pub config_file: Option<Arc<ReadFile>>,
    /// What it says.
    pub config: Config,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
    /// The rules.
    pub book: Arc<RuleBook>,
    /// What the declared charts mean.
    pub knowledge: Arc<Knowledge>,
    /// The profiles that there are; empty where no tree is.
    pub profiles: BTreeSet<String>,
    /// Words that names of files hold as they would hold profiles, in how many files each: those take no part until the configuration states
    /// the profile.
    pub unstated_profiles: BTreeMap<String, usize>,
    /// Rules folders that hold no rule, as people see them.
    pub empty_rules: Vec<PathBuf>,
    /// Findings that are known, if the configuration names a file with them.
    pub baseline: Option<KnownFindings>,
}

impl Scope {
    /// Of [`Scope::unstated_profiles`] those that are hardly there by chance: several files are called after them.
    pub fn likely_profiles(&self) -> impl Iterator<Item = (&str, usize)> {
        let words = self.unstated_profiles.iter();
        let several = words.filter(|(_, files)| **files > 1);
        several.map(|(word, files)| (word.as_str(), *files))
    }
}

/// Findings that are known.
#[derive(Debug)]
pub struct KnownFindings {
    /// The file.
    pub file: ReadFile,
    /// What it says.
    pub baseline: Baseline,
    /// What is wrong with it.
    pub problems: Vec<Diagnostic>,
}

/// One tree before its files are read.
#[derive(Debug, Default)]
pub struct TreeRef {
    /// Its scope: an index into [`Workspace::scopes`].
    pub scope: usize,
    /// What there is in it; paths are relative to the scope's root.
    pub plan: TreePlan,
    /// YAML files beside layers that belong to no release.
    pub loose: Vec<PathBuf>,
    /// Charts on disk.
    pub charts: Vec<ChartDir>,
    /// What could not be followed in a statement of releases.
    pub notes: Vec<Diagnostic>,
    /// Files that state its releases and hold no layer of their own.
    pub statements: Vec<PathBuf>,
    /// Files that state nothing that is followed, of which that is told.
    pub(crate) noted: Vec<PathBuf>,
    /// Files that no release reads and that are looked at for what they may give away.
    pub left_out: Vec<LeftOut>,
}

/// What a run is about.
#[derive(Debug, Default)]
pub struct Workspace {
    /// Folders with a configuration, and those without one that were asked for.
    pub scopes: Vec<Scope>,
    /// Trees, by scope and folder.
    pub trees: Vec<TreeRef>,
    /// Files that take no part.
    pub skipped: Vec<Skipped>,
    /// Charts on disk that are near no tree, as people see them.
    pub charts: Vec<PathBuf>,
    /// Things to say aloud.
    pub notes: Vec<String>,
    /// Paths that were asked for and are not there, with the reason.
    pub missing: Vec<(PathBuf, String)>,
    /// Folders that were listed, with the depth to which they were; `None`: all of it.
    pub listed: Vec<(PathBuf, Option<usize>)>,
    /// Findings count only if they touch one of these; empty: all count.
    pub focus: Focus,
}

/// What is used for the whole of a survey.
pub(crate) struct Surveyor<'a> {
    pub(crate) files: &'a dyn Files,
    pub(crate) settings: &'a Settings,
    pub(crate) numbers: &'a Numbers,
    pub(crate) looked_into: LookedInto,
}

impl Surveyor<'_> {
    /// Looks at what was asked for.
    pub(crate) fn survey(&self) -> Workspace {
        let mut workspace = Workspace::default();
        let mut starts: BTreeMap<PathBuf, Start> = BTreeMap::new();
        let mut partly = false;
        for path in &self.settings.paths {
            match self.start(path) {
                Ok(start) => {
                    partly |= start.root != *path;
                    let known = starts.get(&start.root);
                    // Of two ways into one folder the one that lists all of it counts.
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
            format!("{} is not read: {why}", shown.display())
        }));
        // More is looked at than was asked for where that is needed to judge it; what is said then is about what was asked for.
        let named = self.settings.paths.iter().filter(|_| partly);
        let all: Vec<&Start> = starts.values().collect();
        for start in &all {
            // A folder inside another one that is listed as a whole is listed with that one.
            let inside = |other: &&&Start| {
                other.root != start.root
                    && other.depth.is_none()
                    && start.root.starts_with(&other.root)
            };
            if !all.iter().any(|other| inside(&other)) {
                self.root(start, &mut workspace);
            }
        }
        // What decides for all of a scope is named for all of it.
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

    /// Lists a folder, and surveys each scope in it.
    fn root(&self, start: &Start, workspace: &mut Workspace) {
        let root = start.root.as_path();
        workspace.listed.push((start.list.clone(), start.depth));
        let listing = self.files.list(
            &start.list,
            &ListOptions {
                no_ignore: self.settings.no_ignore,
                max_depth: start.depth,
                exclude: Vec::new(),
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
        // A file belongs to the deepest folder with a configuration.
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

    fn scope(&self, root: &Path, mut files: Vec<PathBuf>, workspace: &mut Workspace) {
        let path = root.join(CONFIG);
        let stated = files.iter().any(|file| file.as_os_str() == CONFIG);
        let config_file = stated.then(|| Arc::new(self.read(&path)));
        let (config, mut diagnostics) = match &config_file {
            Some(file) => config::read(file.id, &file.document),
            None => (Config::default(), Vec::new()),
        };
        if !config.exclude.is_empty() {
            let options = ListOptions {
                no_ignore: self.settings.no_ignore,
                max_depth: None,
                exclude: config.exclude.clone(),
            };
            let kept: BTreeSet<PathBuf> =
                self.files.list(root, &options).files.into_iter().collect();
            files.retain(|file| kept.contains(&root.join(file)));
        }
        let (texts, empty_rules) = match &self.settings.at_hand {
            Some(at_hand) => (at_hand.book.texts(), Vec::new()),
            None => self.rule_texts(root, &config, &files),
        };
        let usual = config.packs.is_none() && config.parameters.is_empty() && !self.settings.facts;
        let at_hand = self.settings.at_hand.as_ref().filter(|_| usual);
        let book = if let Some(at_hand) = at_hand {
            Arc::clone(&at_hand.book)
        } else if usual && texts.is_empty() {
            RuleBook::standard()
        } else {
            self.shared_book(workspace, &texts, &config)
        };
        diagnostics.extend(config::check_names(&config, &book));
        let kind = |path: &Path| {
            let left_aside = self.settings.no_baseline && config.baseline.as_deref() == Some(path);
            let kind = || self.files.kind(&root.join(path));
            if left_aside {
                Some(PathKind::File)
            } else {
                kind()
            }
        };
        diagnostics.extend(config::check_places(&config, &files, &kind));
        let scopes = workspace.scopes.iter();
        let known = scopes.map(|it| (&it.book, &it.knowledge));
        let known = known
            .chain(at_hand.map(|it| (&it.book, &it.knowledge)))
            .find(|(it, _)| Arc::ptr_eq(it, &book));
        let knowledge = match known {
            Some((_, knowledge)) => Arc::clone(knowledge),
            None => Arc::new(Knowledge::new(Arc::clone(&book.charts))),
        };
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
        let (mut trees, unused, charts) = self.trees(&scope, found, &reader);
        let charts = charts.iter().map(|it| self.settings.show(&root.join(it)));
        workspace.charts.extend(charts);
        scope.profiles = profiles::there_are(&scope.config, &options.profiles, &trees);
        let unknown = profiles::in_configuration(&scope.config, &scope.profiles);
        scope.diagnostics.extend(unknown);
        scope.diagnostics.extend(unknown_charts(&scope, &trees));
        // What a name says nothing about may be stated to be a layer.
        let claimed: BTreeSet<&PathBuf> =
            trees.iter().flat_map(|it| layer_files(&it.plan)).collect();
        let ignored = ignored.iter().filter(|it| !claimed.contains(&it.path));
        let ignored: Vec<&Ignored> = ignored.collect();
        for ignored in &ignored {
            let (why, profile) = left_out::why(ignored, &scope.config, &trees, &options);
            if let Some(profile) = profile {
                *scope.unstated_profiles.entry(profile).or_default() += 1;
            }
            workspace.skipped.push(Skipped {
                path: self.settings.show(&root.join(&ignored.path)),
                why,
            });
        }
        for path in trees.iter().flat_map(|it| &it.loose) {
            workspace.skipped.push(Skipped {
                path: self.settings.show(&root.join(path)),
                why: "it belongs to no release, so rules look for nothing but secrets in it"
                    .to_owned(),
            });
        }
        left_out::place(&mut trees, &ignored, &unused, &files, &options);
        for path in unused {
            workspace.skipped.push(Skipped {
                path: self.settings.show(&root.join(&path)),
                why: match path.file_name() {
                    Some(name) if name.to_string_lossy().starts_with("helmfile.") => {
                        format!("`{CONFIG}` states the releases")
                    }
                    _ => "no release that is stated uses it".to_owned(),
                },
            });
        }
        workspace
            .trees
            .extend(trees.into_iter().map(|tree| TreeRef {
                scope: number,
                ..tree
            }));
        workspace.scopes.push(scope);
    }

    fn baseline(&self, root: &Path, config: &Config) -> Option<KnownFindings> {
        let path = root.join(config.baseline.as_ref()?);
        // One that is not there is told at its place in the configuration.
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

    /// Two folders with the same rules and parameters share a book.
    fn shared_book(
        &self,
        workspace: &Workspace,
        texts: &[RuleText],
        config: &Config,
    ) -> Arc<RuleBook> {
        let same = workspace.scopes.iter().find(|scope| {
            let own = scope.book.files.iter().filter(|file| file.file.is_some());
            scope.config.packs == config.packs
                && scope.config.parameters == config.parameters
                && own
                    .map(|file| {
                        (
                            file.file.as_ref(),
                            &scope.book.sources().get(file.source).text,
                        )
                    })
                    .eq(texts.iter().map(|text| (text.file.as_ref(), &text.text)))
        });
        match same {
            Some(scope) => Arc::clone(&scope.book),
            None => Arc::new(RuleBook::build(texts, config, self.settings.facts)),
        }
    }

    /// The texts of the rules folders of a scope, and folders without any.
    fn rule_texts(
        &self,
        root: &Path,
        config: &Config,
        files: &[PathBuf],
    ) -> (Vec<RuleText>, Vec<PathBuf>) {
        let mut folders: Vec<(PathBuf, bool)> = match &config.rules {
            Some(folders) => folders.iter().map(|it| (root.join(it), true)).collect(),
            None => vec![(root.join("rules"), false)],
        };
        folders.extend(self.settings.rules.iter().map(|it| (it.clone(), true)));
        let (mut texts, mut empty) = (Vec::new(), Vec::new());
        for (folder, stated) in folders {
            let is_watch = |path: &Path| path.extension().is_some_and(|it| it == "watch");
            let inside: Vec<PathBuf> = match folder.strip_prefix(root) {
                Ok(below) if !below.as_os_str().is_empty() => files
                    .iter()
                    .filter(|file| file.starts_with(below) && is_watch(file))
                    .map(|file| root.join(file))
                    .collect(),
                _ => {
                    let listing = self.files.list(&folder, &ListOptions::default());
                    listing
                        .files
                        .into_iter()
                        .filter(|file| is_watch(file))
                        .collect()
                }
            };
            if inside.is_empty() && stated {
                empty.push(self.settings.show(&folder));
            }
            for path in inside {
                texts.push(self.rule_text(&folder, &path));
            }
        }
        texts.sort_by(|a, b| (&a.pack, &a.path).cmp(&(&b.pack, &b.path)));
        texts.dedup_by(|a, b| a.file == b.file);
        (texts, empty)
    }

    /// The pack is named after the rules folder, or after the folder below it that the file is in.
    fn rule_text(&self, folder: &Path, path: &Path) -> RuleText {
        let below = path.strip_prefix(folder).unwrap_or(path);
        let pack = match below.components().next() {
            Some(first) if below.components().count() > 1 && first.as_os_str() != "charts" => {
                first.as_os_str().to_string_lossy().into_owned()
            }
            _ => match folder.file_name() {
                Some(name) => name.to_string_lossy().into_owned(),
                None => "rules".to_owned(),
            },
        };
        let (text, fault) = self.text_of(path);
        RuleText {
            pack,
            path: self.settings.show(path),
            file: Some(path.to_owned()),
            text,
            fault,
        }
    }

    /// The text of a file of rules as far as it is one, and why it is not all of it.
    fn text_of(&self, path: &Path) -> (Arc<str>, Option<TextFault>) {
        let fault = |at: usize, code, message: String| {
            let at = at as u32;
            Some(TextFault { at, code, message })
        };
        match self.files.read(path) {
            Ok(bytes) => match std::str::from_utf8(&bytes) {
                Ok(text) => (text.into(), None),
                Err(error) => {
                    let text = String::from_utf8_lossy(&bytes).into();
                    let message = "the file is not UTF-8 from here on".to_owned();
                    (text, fault(error.valid_up_to(), "file-not-text", message))
                }
            },
            Err(error) => {
                let message = format!("the file cannot be read: {}", error.kind());
                (Arc::from(""), fault(0, "file-unreadable", message))
            }
        }
    }

    fn read(&self, path: &Path) -> ReadFile {
        let id = self.numbers.of(path, None);
        ReadFile::read(self.files, path, &self.settings.show(path), id, None)
    }

    /// What is a list is no values: a file that only its name gives a release may be anything else, such as a playbook of Ansible.
    fn take_out_lists(&self, scope: &Scope, trees: &mut [TreeRef], loose: &mut Vec<PathBuf>) {
        let is_list = |path: &PathBuf| {
            let document = self.read(&scope.root.join(path)).document;
            let root = document.root();
            root.is_some_and(|root| document.kind(root) == Kind::List)
        };
        for tree in trees.iter_mut().filter(|it| it.statements.is_empty()) {
            for deployment in &mut tree.plan.deployments {
                for release in deployment
                    .releases
                    .iter_mut()
                    .filter(|it| by_file_names(it))
                {
                    release.layers.retain(|layer| {
                        let list = is_list(&layer.path);
                        if list && !loose.contains(&layer.path) {
                            loose.push(layer.path.clone());
                        }
                        !list
                    });
                }
                deployment.releases.retain(|it| !it.layers.is_empty());
            }
            tree.plan.deployments.retain(|it| !it.releases.is_empty());
        }
        loose.sort_unstable();
    }

    /// The trees of a scope: stated by the configuration, by helmfiles, by manifests, or found by name; layers found by
    /// name that no statement names; and charts that are near no tree.
    fn trees(
        &self,
        scope: &Scope,
        mut found: Discovery,
        reader: &Reader<'_>,
    ) -> (Vec<TreeRef>, Vec<PathBuf>, Vec<PathBuf>) {
        let mut trees: Vec<TreeRef> = Vec::new();
        let by_name: Vec<TreePlan> = std::mem::take(&mut found.trees);
        let mut unused = BTreeSet::new();
        if scope.config.deployments.is_some() {
            let releases = scope.config.explicit_releases(Path::new(CONFIG));
            unused.extend(by_name.iter().flat_map(layer_files).cloned());
            unused.extend(by_name.iter().flat_map(|it| &it.helmfiles).cloned());
            // What is stated takes part wherever it is, also outside the folder or where it is ignored.
            let find = |path: &Path| {
                let whole = lexically_normal(&scope.root.join(path));
                let there = self.files.kind(&whole) == Some(PathKind::File);
                let below = whole.strip_prefix(&scope.root).map(Path::to_owned);
                there.then_some(below.unwrap_or(whole))
            };
            let mut deployments = explicit_deployments(&releases, &find);
            // What it names counts, be it the chart's own values.
            for release in deployments.iter_mut().flat_map(|it| &mut it.releases) {
                release.own_values = true;
            }
            trees.push(TreeRef {
                plan: TreePlan {
                    deployments,
                    ..TreePlan::default()
                },
                statements: vec![PathBuf::from(CONFIG)],
                ..TreeRef::default()
            });
        } else {
            trees = stated_trees(reader, by_name, &mut found, &mut unused);
        }
        let claimed: BTreeSet<PathBuf> = trees
            .iter()
            .filter(|tree| !tree.statements.is_empty())
            .flat_map(|tree| layer_files(&tree.plan))
            .cloned()
            .collect();
        // What is a layer, too, is judged as one.
        let state = trees.iter_mut().flat_map(|tree| {
            let left_out = &mut tree.left_out;
            left_out.retain(|it| it.part != Part::Environment || !claimed.contains(&it.path));
            let state = left_out.iter().filter(|it| it.part == Part::Environment);
            state.map(|it| it.path.clone())
        });
        let state: BTreeSet<PathBuf> = state.collect();
        unused.retain(|path| !claimed.contains(path) && !state.contains(path));
        for tree in trees.iter_mut().filter(|it| it.statements.is_empty()) {
            for deployment in &mut tree.plan.deployments {
                deployment
                    .releases
                    .retain(|release| !release.layers.iter().any(|it| claimed.contains(&it.path)));
            }
            let deployments = &mut tree.plan.deployments;
            deployments.retain(|it| !it.releases.is_empty());
        }
        self.take_out_lists(scope, &mut trees, &mut found.loose);
        trees.retain(|it| {
            let states = !it.statements.is_empty() || !it.noted.is_empty();
            let empty = it.plan.deployments.is_empty() && !states;
            !empty || !it.left_out.is_empty()
        });
        if scope.config.deployments.is_none() {
            let root_name = reader.options.root_name.as_deref().unwrap_or_default();
            let read = |path: &Path| self.read(&scope.root.join(path));
            wrappers::place(&mut trees, &found.charts, root_name, &read);
        }
        for path in found.loose {
            if claimed.contains(&path) || state.contains(&path) {
                continue;
            }
            if let Some(tree) = tree_around(&mut trees, &path) {
                tree.loose.push(path);
            }
        }
        let mut charts = Vec::new();
        for chart in found.charts {
            // Charts are kept below a tree, or in a folder `charts` beside or above it.
            let folder = chart.path.parent().unwrap_or(Path::new(""));
            let shelf = folder.file_name().is_some_and(|name| name == "charts");
            let above = folder.parent().filter(|_| shelf);
            let near = |tree: &&mut TreeRef| {
                let root = &tree.plan.root;
                chart.path.starts_with(root) || above.is_some_and(|it| root.starts_with(it))
            };
            let mut alone = true;
            for tree in trees.iter_mut().filter(near) {
                tree.charts.push(chart.clone());
                alone = false;
            }
            if alone {
                charts.push(chart.path);
            }
        }
        for tree in &mut trees {
            let releases = tree.plan.deployments.iter().flat_map(|it| &it.releases);
            let stated = releases.filter_map(|it| Some(&it.chart_path.as_ref()?.path));
            for path in stated.cloned().collect::<BTreeSet<_>>() {
                if !tree.charts.iter().any(|it| it.path == path) {
                    tree.charts.push(ChartDir {
                        path,
                        ..ChartDir::default()
                    });
                }
            }
        }
        (trees, unused.into_iter().collect(), charts)
    }
}

/// Was a release found by the names of its files alone, and not by a folder that is called after it?
fn by_file_names(release: &ReleasePlan) -> bool {
    let folder = release.folder.file_name().unwrap_or_default();
    release.origin.is_none() && folder.to_string_lossy() != release.name
}

/// The names of the charts that are kept in folders `charts`: values are for them.
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

/// Charts and releases that the configuration of a scope names and that there are not. Where no tree is, nothing is known.
fn unknown_charts(scope: &Scope, trees: &[TreeRef]) -> Vec<Diagnostic> {
    if trees.is_empty() {
        return Vec::new();
    }
    let deployments = trees.iter().flat_map(|it| &it.plan.deployments);
    let releases = deployments.flat_map(|it| &it.releases);
    let installed = releases.flat_map(|it| [it.name.as_str(), it.chart.as_str()]);
    config::check_installed(&scope.config, scope.knowledge.set(), &installed.collect())
}

/// The innermost tree that a path lies in.
pub(crate) fn tree_around<'t>(trees: &'t mut [TreeRef], path: &Path) -> Option<&'t mut TreeRef> {
    let around = trees
        .iter_mut()
        .filter(|it| path.starts_with(&it.plan.root));
    around.max_by_key(|it| it.plan.root.components().count())
}

/// The files that are layers in a plan.
fn layer_files(plan: &TreePlan) -> impl Iterator<Item = &PathBuf> {
    let releases = plan.deployments.iter().flat_map(|it| &it.releases);
    let layers = releases.flat_map(|it| &it.layers);
    layers
        .filter(|layer| layer.inline.is_none() && layer.part.is_none())
        .map(|layer| &layer.path)
}

/// The tree of what files state.
fn stated_tree(root: PathBuf, stated: Statement) -> TreeRef {
    TreeRef {
        plan: TreePlan {
            root,
            deployments: stated.deployments,
            ..TreePlan::default()
        },
        notes: stated.notes,
        statements: stated.files,
        noted: stated.noted,
        left_out: stated.left_out,
        ..TreeRef::default()
    }
}

/// Trees found by name, with what helmfiles say in place of what was found, and one of all that manifests state.
fn stated_trees(
    reader: &Reader<'_>,
    by_name: Vec<TreePlan>,
    found: &mut Discovery,
    unused: &mut BTreeSet<PathBuf>,
) -> Vec<TreeRef> {
    let mut trees = Vec::new();
    let mut taken_in = BTreeSet::new();
    for plan in by_name {
        let mut tree = TreeRef {
            plan,
            ..TreeRef::default()
        };
        if !tree.plan.helmfiles.is_empty() {
            let stated = reader.helmfiles(&tree.plan.helmfiles);
            let own: BTreeSet<&PathBuf> = tree.plan.helmfiles.iter().collect();
            let nested = stated.files.iter().filter(|it| !own.contains(it));
            taken_in.extend(nested.cloned());
            if !stated.deployments.is_empty() {
                unused.extend(layer_files(&tree.plan).cloned());
                tree.plan.deployments = stated.deployments;
                tree.statements = stated.files;
                tree.notes = stated.notes;
                tree.left_out = stated.left_out;
            } else if !stated.notes.is_empty() {
                // What it states is unknown; what was found by name is judged beside it.
                let mut unknown = stated_tree(tree.plan.root.clone(), stated);
                unknown.plan.helmfiles = std::mem::take(&mut tree.plan.helmfiles);
                trees.push(unknown);
            } else {
                tree.left_out = stated.left_out;
            }
        }
        trees.push(tree);
    }
    // What another helmfile takes in is told there.
    trees.retain(|tree| {
        let helmfiles = &tree.plan.helmfiles;
        helmfiles.is_empty() || !helmfiles.iter().all(|it| taken_in.contains(it))
    });
    let files = found.unplaced.iter().chain(&found.loose);
    let candidates: Vec<&PathBuf> = files.chain(&found.templates).collect();
    let mut manifests = reader.manifests(&candidates);
    let mut helmfiles = std::mem::take(&mut manifests.helmfiles);
    helmfiles.retain(|path| !taken_in.contains(path));
    let mut state = |trees: &mut Vec<TreeRef>, stated: Statement| {
        let states = !stated.deployments.is_empty() || !stated.left_out.is_empty();
        if states || !stated.notes.is_empty() {
            found.loose.retain(|path| !stated.files.contains(path));
            trees.push(stated_tree(PathBuf::new(), stated));
        }
    };
    state(&mut trees, reader.other_helmfiles(&helmfiles));
    let secrets = std::mem::take(&mut manifests.secrets).into_iter();
    for path in secrets.filter(|it| !manifests.files.contains(it)) {
        left_out::add(&mut trees, LeftOut::manifest(path));
    }
    state(&mut trees, manifests);
    trees
}
