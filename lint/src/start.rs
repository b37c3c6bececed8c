//! Where a path is judged: the folder that decides for it, found by walking up from it.

use std::path::{Path, PathBuf};

use values::discover::{CONTAINERS, HELMFILES, SECRETS, place_of};

use values::stated::KUSTOMIZATIONS;

use crate::files::{ListOptions, PathKind};
use crate::workspace::{CONFIG, Surveyor};

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
        let above = |name: &str| {
            path.ancestors()
                .filter(|folder| kind == PathKind::Folder || *folder != path)
                .find(|folder| self.files.kind(&folder.join(name)).is_some())
        };
        let whole = |root: &Path| Start {
            root: root.to_owned(),
            list: root.to_owned(),
            depth: None,
        };
        if let Some(root) = above(CONFIG) {
            return Ok(whole(root));
        }
        if kind == PathKind::Folder {
            return Ok(match path.parent() {
                Some(parent) if self.holds_charts(path) => whole(parent),
                Some(parent) if self.holds_charts(parent) => {
                    whole(parent.parent().unwrap_or(parent))
                }
                _ => whole(path),
            });
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        // Neighbours belong to the file's tree only if its folder or a repository says where that tree ends.
        let repository = above(".git");
        let place = place_of(path, &self.discover_options(None)).filter(|place| {
            let stated = !place.container.as_os_str().is_empty();
            stated || repository.is_some_and(|top| place.root.starts_with(top))
        });
        let top = repository.or(place.as_ref().map(|it| it.root.as_path()));
        if let Some(root) = top.and_then(|top| self.decided_above(folder, top)) {
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

    /// A file above a path that was meant as the configuration and is not called like one, where there is none.
    pub(crate) fn misnamed(&self, path: &Path) -> Option<PathBuf> {
        let here = |name: &str| {
            let mut above = path.ancestors().map(|folder| folder.join(name));
            above.find(|file| self.files.kind(file).is_some())
        };
        if here(CONFIG).is_some() {
            return None;
        }
        let names = ["dogwatch.yml", ".dogwatch.yaml", ".dogwatch.yml"];
        names.iter().find_map(|name| here(name))
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
                || is("rules", PathKind::Folder) && self.holds_rules(&it.join("rules"))
        });
        deciding.last()
    }

    /// Is there a file of rules in a folder, or in one right below it?
    fn holds_rules(&self, folder: &Path) -> bool {
        let options = ListOptions {
            max_depth: Some(2),
            ..ListOptions::default()
        };
        let listed = self.files.list(folder, &options).files;
        let is_watch = |path: &PathBuf| path.extension().is_some_and(|it| it == "watch");
        listed.iter().any(is_watch)
    }
}
