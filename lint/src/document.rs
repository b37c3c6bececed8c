//! A values file as read: its text, its parsed document, and how much of it can be seen.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;
use source::secret::whole_file_encryption;
use source::{Diagnostic, Severity, Source, SourceId, Span};
use values::protection::Protection;
use values::stated::unrendered;
use values::yaml::{Document, NodeId};

use crate::files::{Files, MAX_SIZE};
use crate::suppress::{self, Directives};

/// A values file as read. There is always a document; it is empty for a file that is not text.
#[derive(Debug)]
pub struct ReadFile {
    /// The text, under the path shown to users; empty for a file that is not text.
    pub source: Source,
    /// Its path on disk; for a stated text, the path of the stating file as shown to users.
    pub path: std::path::PathBuf,
    /// Its source id.
    pub id: SourceId,
    /// The text, parsed.
    pub document: Arc<Document>,
    /// How much of it can be seen.
    pub protection: Protection,
    /// Why it could not be read at all; separate from [`Document::errors`].
    pub problem: Option<Diagnostic>,
    /// Its size in bytes.
    pub size: u64,
    allowed: OnceLock<Directives>,
}

impl ReadFile {
    /// Reads a file. `shown` is its path as shown to users; `older` is its previous version, if known.
    pub fn read(
        files: &dyn Files,
        path: &Path,
        shown: &Path,
        id: SourceId,
        older: Option<&Self>,
    ) -> Self {
        let read = match files.read(path) {
            Ok(bytes) => Self::of_bytes(&bytes, path, shown, id, older),
            Err(error) if error.kind() == std::io::ErrorKind::FileTooLarge => Self::unreadable(
                shown,
                id,
                "file-too-large",
                format!(
                    "the file is larger than {} MiB and is skipped",
                    MAX_SIZE >> 20
                ),
            ),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => Self::unreadable(
                shown,
                id,
                "file-unreadable",
                "neither a file nor a folder, so it is skipped".to_owned(),
            ),
            Err(error) => Self::unreadable(
                shown,
                id,
                "file-unreadable",
                format!("the file cannot be read: {}", error.kind()),
            ),
        };
        Self {
            path: path.to_owned(),
            ..read
        }
    }

    /// Reads a file from its bytes.
    fn of_bytes(
        bytes: &[u8],
        path: &Path,
        shown: &Path,
        id: SourceId,
        older: Option<&Self>,
    ) -> Self {
        if let Some(with) = whole_file_encryption(bytes) {
            return Self {
                protection: Protection::Opaque(with),
                size: bytes.len() as u64,
                ..Self::of_text("", shown, id)
            };
        }
        let text = match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => text,
            Ok(_) => {
                let message = "the file is not text: it contains null bytes".to_owned();
                return Self::unreadable(shown, id, "file-not-text", message);
            }
            Err(error) => {
                let message = format!(
                    "the file is not valid UTF-8 at byte {}",
                    error.valid_up_to()
                );
                return Self::unreadable(shown, id, "file-not-text", message);
            }
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".gotmpl") || name.ends_with(".tpl") {
            return Self {
                source: Source::new(shown, text),
                protection: Protection::Template,
                size: bytes.len() as u64,
                ..Self::of_text("", shown, id)
            };
        }
        let text: Arc<str> = text.into();
        let document = match older {
            Some(older) => Document::parse_after(&older.document, id, Arc::clone(&text)),
            None => Document::parse(id, Arc::clone(&text)),
        };
        Self::of_document(document, text, shown, id)
    }

    /// Reads a file from its text.
    pub fn of_text(text: impl Into<Arc<str>>, shown: &Path, id: SourceId) -> Self {
        let text: Arc<str> = text.into();
        let document = Document::parse(id, Arc::clone(&text));
        Self::of_document(document, text, shown, id)
    }

    fn of_document(document: Document, text: Arc<str>, shown: &Path, id: SourceId) -> Self {
        if grows_too_large(&document) {
            let message = "aliases expand the file so much that it is skipped".to_owned();
            return Self {
                source: Source::new(shown, text),
                ..Self::unreadable(shown, id, "yaml-aliases", message)
            };
        }
        Self {
            size: text.len() as u64,
            source: Source::new(shown, text),
            path: shown.to_owned(),
            id,
            protection: Protection::of(&document),
            document: Arc::new(document),
            problem: None,
            allowed: OnceLock::new(),
        }
    }

    /// Its comments that allow findings.
    pub(crate) fn directives(&self) -> &Directives {
        self.allowed
            .get_or_init(|| suppress::read(self.id, &self.around_actions()))
    }

    /// The parsed text; for a template, only what surrounds its actions, at unchanged positions.
    pub(crate) fn around_actions(&self) -> Arc<Document> {
        if !matches!(self.protection, Protection::Template) {
            return Arc::clone(&self.document);
        }
        let text = &self.source.text;
        self.as_helmfile()
            .unwrap_or_else(|| Arc::new(Document::parse(self.id, Arc::clone(text))))
    }

    /// The parsed text of a template outside its actions, whatever the file's name; `None` if it has no actions.
    pub(crate) fn as_helmfile(&self) -> Option<Arc<Document>> {
        let taken = unrendered(&self.source.text)?;
        Some(Arc::new(Document::parse(self.id, taken.text)))
    }

    fn unreadable(shown: &Path, id: SourceId, code: &'static str, message: String) -> Self {
        let problem = Diagnostic::new(code, Severity::Error, Span::point(id, 0), message);
        Self {
            problem: Some(problem),
            ..Self::of_text("", shown, id)
        }
    }
}

/// The most values to which a document with aliases may expand. Helm rejects far smaller ones.
const MAX_VALUES: u64 = 4_000_000;

/// True if nested aliases make the document too large for the available memory or time. Later steps may walk the fully expanded
/// document.
fn grows_too_large(document: &Document) -> bool {
    if memchr::memchr(b'*', document.text().as_bytes()).is_none() {
        return false;
    }
    let Some(root) = document.root() else {
        return false;
    };
    let below = |node: NodeId| -> Vec<NodeId> {
        let entries = document.entries(node).map(|(_, value)| value);
        entries.chain(document.items(node)).collect()
    };
    // The number of values that each node expands to; 0 while it is being counted, as for an alias inside its own anchor.
    let mut known: FxHashMap<NodeId, u64> = FxHashMap::default();
    let mut open: Vec<(NodeId, std::vec::IntoIter<NodeId>, u64)> =
        vec![(root, below(root).into_iter(), 1)];
    known.insert(root, 0);
    while let Some((node, rest, sum)) = open.last_mut() {
        if let Some(next) = rest.next() {
            match known.get(&next) {
                Some(count) => *sum = sum.saturating_add(*count),
                None => {
                    known.insert(next, 0);
                    open.push((next, below(next).into_iter(), 1));
                }
            }
            continue;
        }
        let (node, sum) = (*node, *sum);
        known.insert(node, sum);
        open.pop();
        if sum > MAX_VALUES {
            return true;
        }
        if let Some((.., above)) = open.last_mut() {
            *above = above.saturating_add(sum);
        }
    }
    false
}
