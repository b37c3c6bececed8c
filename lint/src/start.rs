//! Where a path is judged: the folder that decides for it, found by walking up from it.

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

/// Helmfiles are looked for so deep below each folder above a path that is named.
const HELMFILES_BELOW: usize = 3;

/// So many files are looked into for that: a hook on one file is not to read a repository.
const MOST_LOOKED_INTO: usize = 256;

/// What was looked into for helmfiles: of thousands of files that a hook names, most ask for the same.
#[derive(Debug, Default)]
pub(crate) struct LookedInto {
    /// By folder: files below it that may be helmfiles.
    lists: RefCell<FxHashMap<PathBuf, Arc<[PathBuf]>>>,
    /// By file: what is in it, if it may be one.
    files: RefCell<FxHashMap<PathBuf, Option<Arc<[u8]>>>>,
}

/// A folder that something is judged in, and what of it has to be listed.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) root: PathBuf,
    /// The folder below it that is listed.
    pub(crate) list: PathBuf,
    /// How deep; `None`: all of it.
    pub(crate) depth: Option<usize>,
}

impl Surveyor<'_> {
    /// The folder that a path is judged in: that of the configuration above it, of its tree, or itself.
    pub(crate) fn start(&self, path: &Path) -> Result<Start, String> {
        let kind = self
            .files
            .kind(path)
            .ok_or("there is no such file or folder")?;
        if kind == PathKind::Special {
            return Err("it is neither a file nor a folder".to_owned());
        }
        let folders = || {
            let all = path.ancestors();
            all.filter(|folder| kind == PathKind::Folder || *folder != path)
        };
        let is_configuration = |file: &Path| {
            let kind = self.files.kind(file);
            kind.is_some_and(|kind| kind != PathKind::Folder)
        };
        let whole = |root: &Path| Start {
            root: root.to_owned(),
            list: root.to_owned(),
            depth: None,
        };
        if let Some(root) = folders().find(|it| is_configuration(&it.join(CONFIG))) {
            return Ok(whole(root));
        }
        let repository = folders().find(|it| self.files.kind(&it.join(".git")).is_some());
        if kind == PathKind::Folder {
            let tree = match path.parent() {
                Some(parent) if self.holds_charts(path) => parent,
                Some(parent) if self.holds_charts(parent) => parent.parent().unwrap_or(parent),
                _ => path,
            };
            return Ok(whole(match repository.filter(|it| tree.starts_with(it)) {
                Some(top) => self.decided_around(tree, top),
                None => tree,
            }));
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        // Neighbours belong to the file's tree only if its folder or a repository says where that tree ends.
        let place = place_of(path, &self.discover_options(None)).filter(|place| {
            let stated = !place.container.as_os_str().is_empty();
            stated || repository.is_some_and(|top| place.root.starts_with(top))
        });
        let top = repository.or(place.as_ref().map(|it| it.root.as_path()));
        if let Some(root) = top.and_then(|top| {
            let decided = self.decided_above(folder, top);
            let named = repository.and_then(|top| self.helmfile_around(path, kind, top));
            topmost(decided, named)
        }) {
            return Ok(whole(root));
        }
        // Values and secrets in two folders side by side.
        let mut above = folder.ancestors().take(2);
        let pair = above.find(|it| self.holds_charts(it) && self.is_one_of_two(it));
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

    /// Does a folder hold the folders of charts, or their secrets?
    fn holds_charts(&self, folder: &Path) -> bool {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        CONTAINERS.contains(&&*name) || name == SECRETS && self.is_one_of_two(folder)
    }

    /// Of a folder with values: are the secrets in one beside it? Of one with secrets: are the values?
    fn is_one_of_two(&self, folder: &Path) -> bool {
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

    /// What stands above a path, was meant as the configuration and is none, where there is none; with the reason.
    pub(crate) fn misnamed(&self, path: &Path) -> Option<(PathBuf, String)> {
        let here = |name: &str| {
            let mut above = path.ancestors().map(|folder| folder.join(name));
            above.find_map(|file| Some((self.files.kind(&file)?, file)))
        };
        match here(CONFIG) {
            Some((PathKind::Folder, folder)) => {
                let why = "a configuration is a file, and this is a folder".to_owned();
                return Some((folder, why));
            }
            Some(_) => return None,
            None => {}
        }
        let names = ["dogwatch.yml", ".dogwatch.yaml", ".dogwatch.yml"];
        let (_, file) = names.iter().find_map(|name| here(name))?;
        Some((file, format!("a configuration is called `{CONFIG}`")))
    }

    /// The topmost folder from one up to another with something beside the values that has a say in them: rules, a helmfile,
    /// charts; or all of it, where there are kustomizations, which take in what stands elsewhere. A file alone is judged as it is when
    /// that folder is: a hook names files, and people name the top.
    fn decided_above<'a>(&self, folder: &'a Path, top: &Path) -> Option<&'a Path> {
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
                // The charts inside a chart are for the one around it.
                || is("charts", PathKind::Folder) && !is("Chart.yaml", PathKind::File)
                || self.has_rules(it)
        });
        deciding.last()
    }

    /// The folder that decides for one inside a repository, so that what is below it is judged as it is with all of the repository; itself,
    /// where nothing above has a say.
    fn decided_around<'a>(&self, folder: &'a Path, top: &'a Path) -> &'a Path {
        // Rules beside the values hold for what is named, whatever stands above.
        if folder == top || self.has_rules(folder) {
            return folder;
        }
        let decided = self.decided_above(folder, top);
        let above =
            topmost(decided, self.helmfile_around(folder, PathKind::Folder, top)).unwrap_or(folder);
        // Kustomizations in it may be taken in by those beside it.
        if above != top && self.holds_kustomizations(folder) {
            return top;
        }
        above
    }

    fn holds_kustomizations(&self, folder: &Path) -> bool {
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

    /// The topmost folder around a path, from another one down, that helmfiles have to be judged in which seem to name what the path is in:
    /// `clusters/east.yaml` beside `config/`, which helmfile is told to read; `../config` leads above it. A helmfile may be called anything, so
    /// files are looked into.
    fn helmfile_around<'a>(
        &self,
        path: &'a Path,
        kind: PathKind,
        top: &'a Path,
    ) -> Option<&'a Path> {
        let mut left = MOST_LOOKED_INTO;
        let mut found = None;
        let mut below: Option<&Path> = (kind == PathKind::File).then_some(path);
        let folders = path.ancestors().skip(usize::from(kind == PathKind::File));
        for folder in folders.take_while(|it| it.starts_with(top)) {
            let files = self.perhaps_helmfiles(folder);
            let inside = |file: &Path| below.is_some_and(|it| it != file && file.starts_with(it));
            let files = files.iter().filter(|file| !inside(file)).take(left);
            for file in files {
                left -= 1;
                let Some(bytes) = self.as_helmfile(file) else {
                    continue;
                };
                let name = below.and_then(Path::file_name);
                let is_file = below == Some(path) && kind == PathKind::File;
                let names_it = || name.is_none_or(|it| names(&bytes, it, is_file));
                if file == path || names_it() {
                    let depth = file.components().count() - 1;
                    let depth = depth.saturating_sub(steps_up(&bytes));
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

    /// Files a little below a folder whose names promise no values.
    fn perhaps_helmfiles(&self, folder: &Path) -> Arc<[PathBuf]> {
        let mut lists = self.looked_into.lists.borrow_mut();
        if let Some(list) = lists.get(folder) {
            return Arc::clone(list);
        }
        let options = ListOptions {
            no_ignore: self.settings.no_ignore,
            max_depth: Some(HELMFILES_BELOW),
            exclude: Vec::new(),
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

    /// The bytes of a file that has what each helmfile has.
    fn as_helmfile(&self, file: &Path) -> Option<Arc<[u8]>> {
        let mut files = self.looked_into.files.borrow_mut();
        if let Some(bytes) = files.get(file) {
            return bytes.clone();
        }
        let bytes = self.files.read(file).ok();
        let bytes = bytes.filter(|it| may_be_helmfile(it));
        files.insert(file.to_owned(), bytes.clone());
        bytes
    }

    /// Is there a file of rules in the folder `rules` of one, or in one right below that?
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

/// Does a helmfile seem to name a file or a folder? What a template names is known by the environments that it names.
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

/// How many folders up the paths in a text lead at most.
fn steps_up(text: &[u8]) -> usize {
    let (mut most, mut run, mut end) = (0, 0, 0);
    for at in memmem::find_iter(text, b"../") {
        run = if at == end { run + 1 } else { 1 };
        end = at + 3;
        most = most.max(run);
    }
    most
}
