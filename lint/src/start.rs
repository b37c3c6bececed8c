//! Determines the folder from which a path is judged, by walking up from it.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memchr::memmem;
use rustc_hash::FxHashMap;
use values::discover::{CONTAINERS, FileKind, HELMFILES, SECRETS, classify_file_name, place_of};
use values::stated::KUSTOMIZATIONS;

use crate::files::{ListOptions, PathKind};
use crate::left_out::rendered_name;
use crate::statements::may_be_helmfile;
use crate::workspace::{CONFIG, Surveyor};

/// How deep helmfiles are searched for below each ancestor of a named path.
const HELMFILES_BELOW: usize = 3;

/// The most files examined in that search: a hook on one file must not read a whole repository.
const MAX_EXAMINED: usize = 256;

/// Caches what was examined in search of helmfiles: most of the thousands of files that a hook names need the same.
#[derive(Debug, Default)]
pub(crate) struct HelmfileCache {
    /// By folder: the files below it that may be helmfiles.
    lists: RefCell<FxHashMap<PathBuf, Arc<[PathBuf]>>>,
    /// By file: its contents, if it may be a helmfile.
    files: RefCell<FxHashMap<PathBuf, Option<Arc<[u8]>>>>,
}

/// A folder from which something is judged, and the part of it that must be listed.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) root: PathBuf,
    /// The folder to list, at or below the root.
    pub(crate) list: PathBuf,
    /// How many levels to list; `None`: all of them.
    pub(crate) depth: Option<usize>,
}

impl Surveyor<'_> {
    /// The folder from which a path is judged: that of the configuration above it, that of its tree, or the path itself.
    pub(crate) fn start(&self, path: &Path) -> Result<Start, String> {
        let kind = self.files.kind(path).ok_or("no such file or folder")?;
        if kind == PathKind::Special {
            return Err("neither a file nor a folder".to_owned());
        }
        let folders = || {
            let all = path.ancestors();
            all.filter(|folder| kind == PathKind::Folder || *folder != path)
        };
        let is_configuration = |file: &Path| {
            let kind = self.files.kind(file);
            kind.is_some_and(|kind| kind != PathKind::Folder)
        };
        let whole_tree_from = |root: &Path| Start {
            root: root.to_owned(),
            list: root.to_owned(),
            depth: None,
        };
        if let Some(root) = folders().find(|it| is_configuration(&it.join(CONFIG))) {
            return Ok(whole_tree_from(root));
        }
        let repository = folders().find(|it| self.files.kind(&it.join(".git")).is_some());
        if kind == PathKind::Folder {
            let tree = match path.parent() {
                Some(parent) if self.contains_charts(path) => parent,
                Some(parent) if self.contains_charts(parent) => parent.parent().unwrap_or(parent),
                _ => path,
            };
            return Ok(whole_tree_from(
                match repository.filter(|it| tree.starts_with(it)) {
                    Some(top) => self.deciding_folder(tree, top),
                    None => tree,
                },
            ));
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        // Siblings belong to the file's tree only if its folder or a repository marks where that tree ends.
        let place = place_of(path, &self.discover_options(None)).filter(|place| {
            let stated = !place.container.as_os_str().is_empty();
            stated || repository.is_some_and(|top| place.root.starts_with(top))
        });
        let top = repository.or(place.as_ref().map(|it| it.root.as_path()));
        if let Some(root) = top.and_then(|top| {
            let decided = self.deciding_ancestor(folder, top);
            let named = repository.and_then(|top| self.helmfile_root(path, kind, top));
            topmost(decided, named)
        }) {
            return Ok(whole_tree_from(root));
        }
        // Values and secrets in two sibling folders.
        let mut above = folder.ancestors().take(2);
        let pair = above.find(|it| self.contains_charts(it) && self.has_counterpart(it));
        if let Some(root) = pair.and_then(Path::parent) {
            return Ok(Start {
                root: root.to_owned(),
                list: root.to_owned(),
                depth: Some(3),
            });
        }
        Ok(match place {
            Some(place) => Start {
                list: place.root.join(&place.container),
                root: place.root,
                depth: Some(2),
            },
            None => Start {
                root: folder.to_owned(),
                list: folder.to_owned(),
                depth: Some(1),
            },
        })
    }

    /// True if a folder contains chart folders, or their secrets.
    fn contains_charts(&self, folder: &Path) -> bool {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        CONTAINERS.contains(&&*name) || name == SECRETS && self.has_counterpart(folder)
    }

    /// True if a values folder has its secrets in a sibling folder, or a secrets folder its values.
    fn has_counterpart(&self, folder: &Path) -> bool {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let others: &[&str] = match name == SECRETS {
            true => &CONTAINERS,
            false => &[SECRETS],
        };
        let beside = |other: &&str| {
            let path = folder.with_file_name(other);
            self.files.kind(&path) == Some(PathKind::Folder)
        };
        others.iter().any(beside)
    }

    /// A file or folder above a path that was probably meant as the configuration but is not one, and why; `None` if there is a
    /// configuration.
    pub(crate) fn misnamed(&self, path: &Path) -> Option<(PathBuf, String)> {
        let here = |name: &str| {
            let mut above = path.ancestors().map(|folder| folder.join(name));
            above.find_map(|file| Some((self.files.kind(&file)?, file)))
        };
        match here(CONFIG) {
            Some((PathKind::Folder, folder)) => {
                let why = "the configuration must be a file, but this is a folder".to_owned();
                return Some((folder, why));
            }
            Some(_) => return None,
            None => {}
        }
        let names = ["dogwatch.yml", ".dogwatch.yaml", ".dogwatch.yml"];
        let (_, file) = names.iter().find_map(|name| here(name))?;
        Some((file, format!("the configuration must be named `{CONFIG}`")))
    }

    /// The topmost folder between `folder` and `top` that contains, beside the values, something that affects them: rules, a
    /// helmfile, charts; or `top` if there are kustomizations, which may include files from elsewhere. A single file is judged as
    /// it would be with that whole folder: hooks name files, people name the top.
    fn deciding_ancestor<'a>(&self, folder: &'a Path, top: &Path) -> Option<&'a Path> {
        let inside = || folder.ancestors().take_while(|it| it.starts_with(top));
        let kustomized = inside().any(|it| {
            let mut files = KUSTOMIZATIONS.iter().map(|name| it.join(name));
            files.any(|it| self.files.kind(&it) == Some(PathKind::File))
        });
        if kustomized {
            return inside().last();
        }
        let deciding = inside().filter(|it| {
            let is = |name: &str, kind| self.files.kind(&it.join(name)) == Some(kind);
            HELMFILES.iter().any(|name| is(name, PathKind::File))
                || is("helmfile.d", PathKind::Folder)
                // The charts inside a chart belong to the outer one.
                || is("charts", PathKind::Folder) && !is("Chart.yaml", PathKind::File)
                || self.has_rules(it)
        });
        deciding.last()
    }

    /// The folder that decides for another one inside a repository, so that the result is the same as for the whole repository;
    /// the folder itself if nothing above affects it.
    fn deciding_folder<'a>(&self, folder: &'a Path, top: &'a Path) -> &'a Path {
        // Rules beside the values apply to what is named, whatever is above.
        if folder == top || self.has_rules(folder) {
            return folder;
        }
        let decided = self.deciding_ancestor(folder, top);
        let above =
            topmost(decided, self.helmfile_root(folder, PathKind::Folder, top)).unwrap_or(folder);
        // Kustomizations in it may be included by sibling folders.
        if above != top && self.contains_kustomizations(folder) {
            return top;
        }
        above
    }

    fn contains_kustomizations(&self, folder: &Path) -> bool {
        let options = ListOptions {
            no_ignore: self.settings.no_ignore,
            ..ListOptions::default()
        };
        let listed = self.files.list(folder, &options).files;
        let is_one = |path: &PathBuf| {
            let name = path.file_name();
            name.is_some_and(|it| KUSTOMIZATIONS.iter().any(|known| it == *known))
        };
        listed.iter().any(is_one)
    }

    /// The topmost ancestor of a path, at or below `top`, from which helmfiles that seem to name the path's folder must be
    /// judged: `clusters/east.yaml` beside `config/`, which helmfile is told to read; `../config` leads above it. A helmfile may
    /// have any name, so files are read.
    fn helmfile_root<'a>(&self, path: &'a Path, kind: PathKind, top: &'a Path) -> Option<&'a Path> {
        let mut left = MAX_EXAMINED;
        let mut found = None;
        let mut below: Option<&Path> = (kind == PathKind::File).then_some(path);
        let folders = path.ancestors().skip(usize::from(kind == PathKind::File));
        for folder in folders.take_while(|it| it.starts_with(top)) {
            let files = self.helmfile_candidates(folder);
            let inside = |file: &Path| below.is_some_and(|it| it != file && file.starts_with(it));
            let files = files.iter().filter(|file| !inside(file)).take(left);
            for file in files {
                left -= 1;
                let Some(bytes) = self.read_helmfile(file) else {
                    continue;
                };
                let name = below.and_then(Path::file_name);
                let is_file = below == Some(path) && kind == PathKind::File;
                let mentions_path = || name.is_none_or(|it| names(&bytes, it, is_file));
                if file == path || mentions_path() {
                    let depth = file.components().count() - 1;
                    let depth = depth.saturating_sub(max_levels_up(&bytes));
                    let reached = path.ancestors().filter(|it| it.starts_with(top));
                    let reached = reached.filter(|it| it.components().count() <= depth);
                    let reached = reached.max_by_key(|it| it.components().count());
                    let reached = topmost(reached.or(Some(top)), Some(folder));
                    found = topmost(found, reached);
                }
            }
            below = Some(folder);
        }
        found
    }

    /// Files a few levels below a folder whose names do not suggest values.
    fn helmfile_candidates(&self, folder: &Path) -> Arc<[PathBuf]> {
        let mut lists = self.helmfile_cache.lists.borrow_mut();
        if let Some(list) = lists.get(folder) {
            return Arc::clone(list);
        }
        let options = ListOptions {
            no_ignore: self.settings.no_ignore,
            max_depth: Some(HELMFILES_BELOW),
        };
        let known = self.discover_options(None);
        let files = self.files.list(folder, &options).files.into_iter();
        let list: Arc<[PathBuf]> = files
            .filter(|file| {
                let name = file.file_name().unwrap_or_default().to_string_lossy();
                let name = rendered_name(&name);
                let class = classify_file_name(name, &known.profiles, &known.known_charts);
                matches!(class.kind, FileKind::OtherYaml | FileKind::Helmfile)
            })
            .collect();
        lists.insert(folder.to_owned(), Arc::clone(&list));
        list
    }

    /// The contents of a file that has what every helmfile has.
    fn read_helmfile(&self, file: &Path) -> Option<Arc<[u8]>> {
        let mut files = self.helmfile_cache.files.borrow_mut();
        if let Some(bytes) = files.get(file) {
            return bytes.clone();
        }
        let bytes = self.files.read(file).ok();
        let bytes = bytes.filter(|it| may_be_helmfile(it));
        files.insert(file.to_owned(), bytes.clone());
        bytes
    }

    /// True if the folder's `rules` folder contains a rule file, directly or one level below.
    fn has_rules(&self, folder: &Path) -> bool {
        let folder = &folder.join("rules");
        if self.files.kind(folder) != Some(PathKind::Folder) {
            return false;
        }
        let options = ListOptions {
            max_depth: Some(2),
            ..ListOptions::default()
        };
        let listed = self.files.list(folder, &options).files;
        let is_watch = |path: &PathBuf| path.extension().is_some_and(|it| it == "watch");
        listed.iter().any(is_watch)
    }
}

/// The upper of two folders above the same path.
fn topmost<'a>(a: Option<&'a Path>, b: Option<&'a Path>) -> Option<&'a Path> {
    [a, b]
        .into_iter()
        .flatten()
        .min_by_key(|it| it.components().count())
}

/// True if a helmfile seems to name a file or a folder. In a template, the names of environments count.
fn names(text: &[u8], name: &OsStr, is_file: bool) -> bool {
    let name = name.as_encoded_bytes();
    let is_word = |it: &u8| it.is_ascii_alphanumeric() || b"-_.".contains(it);
    let template = memmem::find(text, b"{{").is_some();
    memmem::find_iter(text, name).any(|at| {
        let starts = at == 0 || text.get(at - 1).is_none_or(|it| !is_word(it));
        let next = text.get(at + name.len());
        let ends = next.is_none_or(|it| !is_word(it));
        starts && ends && (is_file || template || next == Some(&b'/'))
    })
}

/// The most levels that any path in a text leads up.
fn max_levels_up(text: &[u8]) -> usize {
    let (mut most, mut run, mut end) = (0, 0, 0);
    for at in memmem::find_iter(text, b"../") {
        run = if at == end { run + 1 } else { 1 };
        end = at + 3;
        most = most.max(run);
    }
    most
}
