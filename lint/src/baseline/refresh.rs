//! Updates baselines to match the findings.
//!
//! INVARIANT: an entry whose finding may merely be out of sight is kept, just as it is not reported as gone.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use values::edit::{self, Change, Position};
use values::path::KeyPath;
use values::yaml::Document;

use super::{Baseline, FILE_NAME, read, write};
use crate::assemble::Homes;
use crate::config;
use crate::document::ReadFile;
use crate::finding::Finding;
use crate::project::Project;
use crate::report::Report;
use crate::workspace::{CONFIG, Scope};

/// A baseline to be written.
#[derive(Debug, Clone)]
pub struct Refreshed {
    /// The file, absolute.
    pub file: PathBuf,
    /// Its current contents; `None` if it does not exist.
    pub before: Option<Arc<[u8]>>,
    /// Its new contents.
    pub after: String,
    /// The file is not a baseline, or is only partly readable.
    pub damaged: bool,
    /// Findings that it did not have.
    pub added: usize,
    /// Findings that it had and that still exist.
    pub kept: usize,
    /// Findings that it had and that may still exist: their rules depend on something that cannot be seen here.
    pub unseen: usize,
    /// Findings that it had and that are gone.
    pub dropped: usize,
    /// The change to the configuration that makes the baseline take effect; `None` if it is already named there.
    pub naming: Option<Naming>,
}

/// How to name a baseline in a configuration.
#[derive(Debug, Clone)]
pub struct Naming {
    /// The configuration, absolute.
    pub file: PathBuf,
    /// Its current contents; `None` if it does not exist.
    pub before: Option<Arc<[u8]>>,
    /// Its new contents; `None` if they cannot be written with certainty.
    pub after: Option<String>,
    /// The line that names the baseline.
    pub line: String,
}

/// A file exists but cannot be read, or is not a baseline.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.words(Path::to_owned))]
pub struct Unreadable {
    /// The file, absolute.
    pub file: PathBuf,
    /// The cause.
    #[source]
    pub error: io::Error,
}

impl Unreadable {
    /// The problem in words, with the path as `show` renders it.
    pub fn words(&self, show: impl Fn(&Path) -> PathBuf) -> String {
        let file = show(&self.file);
        let file = file.display();
        match self.error.kind() {
            io::ErrorKind::InvalidInput => format!("{file} is not a file"),
            io::ErrorKind::InvalidData => format!("{file} was left unchanged: {}", self.error),
            _ => format!(
                "{file} cannot be read and was left unchanged: {}",
                self.error
            ),
        }
    }
}

impl Refreshed {
    /// The number of findings it covers.
    pub fn count(&self) -> usize {
        self.added + self.kept + self.unseen
    }

    /// True if there is nothing to write: no findings, no file, and no configuration that names one.
    pub fn is_idle(&self) -> bool {
        self.count() == 0 && self.before.is_none() && self.naming.is_some()
    }
}

/// Computes the baselines of all configurations of a project, or that of its folder if there are none. `report` must have been
/// made without baselines; `output` replaces the file that the configuration names. With `prune`, entries that are merely out of
/// sight are dropped.
///
/// # Errors
/// If a file exists but cannot be read or is not a baseline: overwriting it would lose its contents.
pub fn refresh(
    project: &Project,
    report: &Report,
    output: Option<&Path>,
    prune: bool,
) -> Result<Vec<Refreshed>, Unreadable> {
    let workspace = project.workspace();
    let homes = Homes::of(&workspace, report);
    let mut by_scope: Vec<Vec<&Finding>> = workspace.scopes.iter().map(|_| Vec::new()).collect();
    for finding in &report.findings {
        if let Some(at) = homes.scope(finding) {
            by_scope[at].push(finding);
        }
    }
    let scopes = workspace.scopes.iter().zip(by_scope);
    let of_scope = |(scope, findings)| {
        let file = |finding: &Finding| homes.name(finding).map(str::to_owned);
        let found = Baseline::of(findings, file);
        of(project, report, scope, found, output, prune)
    };
    scopes.map(of_scope).collect()
}

fn of(
    project: &Project,
    report: &Report,
    scope: &Scope,
    mut new: Baseline,
    output: Option<&Path>,
    prune: bool,
) -> Result<Refreshed, Unreadable> {
    let named = scope.config.baseline.as_ref();
    let usual = || {
        scope
            .root
            .join(named.map_or(Path::new(FILE_NAME), PathBuf::as_path))
    };
    let file = output.map_or_else(usual, Path::to_owned);
    let before = current_bytes(project, &file)?;
    let (mut old, mut damaged) = (Baseline::default(), false);
    if let Some(bytes) = &before {
        let source = source::SourceId(0);
        let text = String::from_utf8_lossy(bytes).into_owned();
        let document = Document::parse(source, text);
        if !may_be_baseline(&document) {
            let error = io::Error::new(io::ErrorKind::InvalidData, "not a baseline");
            return Err(Unreadable { file, error });
        }
        let (read, problems) = read(source, &document);
        (old, damaged) = (read, !problems.is_empty());
    }
    let mut unseen = 0;
    for (key, known) in &old.entries {
        let rule = report.rules.get(&key.rule);
        if prune || rule.is_none_or(|rule| rule.counts.undecided == 0) {
            continue;
        }
        let found = new.entries.get(key).map_or(0, |it| it.count);
        if found < known.count {
            unseen += known.count - found;
            new.entries.insert(key.clone(), known.clone());
        }
    }
    let added = new.count_without(&old);
    let dropped = old.count_without(&new);
    let is_named = named.is_some_and(|named| scope.root.join(named) == file);
    let naming = match is_named {
        true => None,
        false => Some(naming(project, scope, &file)?),
    };
    Ok(Refreshed {
        after: write(&new),
        damaged,
        added,
        kept: new.count() - added - unseen,
        unseen,
        dropped,
        naming,
        before,
        file,
    })
}

/// True if a text looks like a baseline, however old or damaged. A values file named by mistake must not be overwritten.
fn may_be_baseline(document: &Document) -> bool {
    let has = |key| {
        document
            .root()
            .is_some_and(|top| document.get(top, key).is_some())
    };
    let text = document.text();
    text.trim().is_empty() || has("version") || has("findings") || text.contains("fingerprint")
}

/// The contents of a file; `None` if it does not exist.
fn current_bytes(project: &Project, file: &Path) -> Result<Option<Arc<[u8]>>, Unreadable> {
    match project.files().read(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Unreadable {
            file: file.to_owned(),
            error,
        }),
    }
}

/// The configuration with the baseline's name added. One that names another file is left for the user to change.
fn naming(project: &Project, scope: &Scope, file: &Path) -> Result<Naming, Unreadable> {
    let below = file.strip_prefix(&scope.root).unwrap_or(file);
    let name = crate::judge::slashes(below);
    let line = format!(
        "baseline: {}",
        values::write::string(&name, values::yaml::Style::Plain, false)
    );
    let path = scope.root.join(CONFIG);
    let after = match &scope.config_file {
        None => Some(format!(
            "# The file with the known findings, written by `dogwatch baseline`.\n{line}\n"
        )),
        Some(_) if scope.config.baseline.is_some() => None,
        Some(config) => inserted(config, &name),
    };
    Ok(Naming {
        before: current_bytes(project, &path)?,
        after,
        line,
        file: path,
    })
}

/// The text with the key added, in the place that `dogwatch init` left for it if there is one.
fn inserted(config: &ReadFile, name: &str) -> Option<String> {
    let document = &config.document;
    let text = document.text();
    let place = format!("#baseline: {name}");
    let lines = || text.split_inclusive('\n');
    if lines().filter(|line| line.trim_end() == place).count() == 1 {
        let open = |line: &str| line[usize::from(line.trim_end() == place)..].to_owned();
        let after: String = lines().map(open).collect();
        let source = document.source();
        let (before, _) = config::read(source, document);
        let (now, _) = config::read(source, &Document::parse(source, after.as_str()));
        let named = now.baseline.as_deref() == Some(Path::new(name));
        if named && now.origins.len() == before.origins.len() + 1 {
            return Some(after);
        }
    }
    let change = Change::Insert {
        path: KeyPath::of_keys(&["baseline"]),
        value: edit::NewValue::Text(name.to_owned()),
        position: Position::Last,
    };
    let edits = edit::plan(document, None, &change).ok()?;
    source::apply_edits(text, document.source(), &edits).ok()
}
