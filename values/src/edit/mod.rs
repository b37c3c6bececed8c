//! Changes to YAML texts that preserve everything else: comments, quotes, blank lines, line breaks.
//!
//! INVARIANT: a change is planned as text edits, and returned only if the edited text, parsed again, differs from the original exactly in
//! what was to be changed and no other comment is lost. Anything else is refused.

mod comment;
mod delete;
mod draft;
mod expected;
mod flow;
mod insert;
mod locate;
mod page;
mod refused;
mod relocate;
mod render;
mod set;
mod value;

use source::Edit;

use self::draft::{Draft, Pieces, first_verified};
use self::page::Page;
pub use self::refused::Refused;
pub use self::value::NewValue;
use crate::path::{KeyPath, PathStep};
use crate::yaml::{Document, NodeId};

/// One change to a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Writes a value, creating missing maps on the way. A value that is already there stays as written, except a boolean in another
    /// spelling (`yes`).
    Set {
        /// Where.
        path: KeyPath,
        /// The value.
        value: NewValue,
    },
    /// Writes a value where there is none yet.
    Insert {
        /// Where; missing maps on the way are created.
        path: KeyPath,
        /// The value.
        value: NewValue,
        /// The position of the first missing key among its siblings.
        position: Position,
    },
    /// Quotes a scalar, so its value is the text as written.
    Quote {
        /// The path of the value.
        path: KeyPath,
    },
    /// Renames a key.
    Rename {
        /// The key, by its old name.
        path: KeyPath,
        /// The new name.
        key: String,
    },
    /// Deletes an entry or item, with the comments directly above it and at the ends of its lines.
    Delete {
        /// The path of the value.
        path: KeyPath,
        /// True to also delete maps that hold nothing else; otherwise they become `{}`.
        prune: bool,
    },
    /// Deletes the first of several duplicate keys, which has no effect.
    DeleteEarlier {
        /// The key, by its name.
        path: KeyPath,
    },
    /// Appends items to a list, creating it if missing.
    Append {
        /// The list.
        path: KeyPath,
        /// The items.
        items: Vec<NewValue>,
    },
    /// Removes items from a list.
    Remove {
        /// The list.
        path: KeyPath,
        /// The indexes, counted from 0.
        items: Vec<usize>,
    },
    /// Moves a value, as written and with its comments, to a path that does not exist yet. Maps that held nothing else are deleted.
    Move {
        /// From where.
        from: KeyPath,
        /// To where.
        to: KeyPath,
    },
}

/// The position of a new entry among the existing ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// Before all others.
    First,
    /// After all others.
    Last,
    /// Before the entry with that key.
    Before(String),
    /// After the entry with that key.
    After(String),
}

/// Plans the edits for one change. Paths are relative to `part`, or to the root. No edits mean that there is nothing to change.
///
/// # Errors
/// Why the change is refused.
pub fn plan(
    document: &Document,
    part: Option<NodeId>,
    change: &Change,
) -> Result<Vec<Edit>, Refused> {
    plan_all(document, part, std::slice::from_ref(change))
}

/// Plans the edits for several consecutive changes. The edits apply to the original text, sorted and non-overlapping.
///
/// # Errors
/// Why one of the changes is refused, in which case none is made.
pub fn plan_all(
    document: &Document,
    part: Option<NodeId>,
    changes: &[Change],
) -> Result<Vec<Edit>, Refused> {
    let base = path_of_part(document, part)?;
    let mut session = Session::new(document);
    for change in changes {
        session.apply(&base, change)?;
    }
    Ok(session.finish())
}

/// Plans the edits in both documents that move a value from one to the other. Within one text it is [`Change::Move`].
///
/// # Errors
/// Why the move is refused.
pub fn move_value(
    (from, from_part, from_path): (&Document, Option<NodeId>, &KeyPath),
    (to, to_part, to_path): (&Document, Option<NodeId>, &KeyPath),
) -> Result<Vec<Edit>, Refused> {
    let from_path = joined(&path_of_part(from, from_part)?, from_path);
    let to_path = joined(&path_of_part(to, to_part)?, to_path);
    if relocate::same_text(from, to) {
        let change = Change::Move {
            from: from_path,
            to: to_path,
        };
        return plan(from, None, &change);
    }
    let mut source = Session::new(from);
    let mut target = Session::new(to);
    target.insert_from(&to_path, Page::open(from)?, &from_path)?;
    source.apply(
        &KeyPath::default(),
        &Change::Delete {
            path: from_path,
            prune: true,
        },
    )?;
    let mut edits = source.finish();
    edits.extend(target.finish());
    Ok(edits)
}

/// Plans the edits that insert comment lines (`text` without `#`) above the line where a node's entry or item begins.
///
/// # Errors
/// If there cannot be a comment there.
pub fn add_comment_above(
    document: &Document,
    node: NodeId,
    text: &str,
) -> Result<Vec<Edit>, Refused> {
    let page = Page::open(document)?;
    let drafts = comment::add_above(page, node, text)?;
    Ok(first_verified(page, drafts)?.0)
}

/// The path of a node from the top of its document.
///
/// # Errors
/// For a document that cannot be edited, and for a node reached through an alias or a merge key.
pub fn path_to(document: &Document, node: NodeId) -> Result<KeyPath, Refused> {
    path_of_part(document, Some(node))
}

fn path_of_part(document: &Document, part: Option<NodeId>) -> Result<KeyPath, Refused> {
    let Some(part) = part else {
        return Ok(KeyPath::default());
    };
    let page = Page::open(document)?;
    page.path_of(part)
        .ok_or_else(|| Refused::OddStyle(KeyPath::default()))
}

fn joined(base: &KeyPath, path: &KeyPath) -> KeyPath {
    KeyPath(base.0.iter().chain(&path.0).cloned().collect())
}

/// A sequence of changes to a document.
struct Session<'d> {
    original: &'d Document,
    /// The document after the changes so far.
    current: Option<Document>,
    pieces: Pieces,
}

impl<'d> Session<'d> {
    fn new(original: &'d Document) -> Self {
        Self {
            original,
            current: None,
            pieces: Pieces::whole(original.text().len()),
        }
    }

    /// Applies the first draft that verifies. No drafts mean that there is nothing to change.
    fn step(
        &mut self,
        drafts: impl for<'p> FnOnce(Page<'p>) -> Result<Vec<Draft<'p>>, Refused>,
    ) -> Result<(), Refused> {
        let page = Page::open(self.current.as_ref().unwrap_or(self.original))?;
        let drafts = drafts(page)?;
        if drafts.is_empty() {
            return Ok(());
        }
        let (edits, after) = first_verified(page, drafts)?;
        self.pieces.apply(&edits);
        self.current = Some(after);
        Ok(())
    }

    fn apply(&mut self, base: &KeyPath, change: &Change) -> Result<(), Refused> {
        let at = |path: &KeyPath| joined(base, path);
        match change {
            Change::Set { path, value } => {
                let path = at(path);
                ensure_writable([value])?;
                self.step(|page| set::set(page, &path, value))
            }
            Change::Insert {
                path,
                value,
                position,
            } => {
                let path = at(path);
                ensure_writable([value])?;
                self.step(|page| insert::insert(page, &path, value, position))
            }
            Change::Quote { path } => {
                let path = at(path);
                self.step(|page| set::quote(page, &path))
            }
            Change::Rename { path, key } => {
                let path = at(path);
                self.step(|page| set::rename(page, &path, key))
            }
            Change::Delete { path, prune } => {
                let path = at(path);
                self.step(|page| delete::delete(page, &path, *prune))
            }
            Change::DeleteEarlier { path } => {
                let path = at(path);
                self.step(|page| delete::delete_earlier(page, &path))
            }
            Change::Append { path, items } => {
                let path = at(path);
                ensure_writable(items)?;
                self.step(|page| insert::append(page, &path, items))
            }
            Change::Remove { path, items } => {
                let mut items = items.clone();
                items.sort_unstable();
                items.dedup();
                // From the end, so that the others keep their indexes.
                for index in items.into_iter().rev() {
                    let mut path = at(path);
                    path.0.push(PathStep::Index(index));
                    self.step(|page| delete::delete(page, &path, false))?;
                }
                Ok(())
            }
            Change::Move { from, to } => self.relocate(at(from), &at(to)),
        }
    }

    fn relocate(&mut self, from: KeyPath, to: &KeyPath) -> Result<(), Refused> {
        if from == *to {
            return Ok(());
        }
        if to.0.starts_with(&from.0) || from.0.starts_with(&to.0) {
            return Err(Refused::IntoItself);
        }
        // Parse a copy, because the text changes under the value being moved.
        let current = self.current.as_ref().unwrap_or(self.original);
        let before = Document::parse(current.source(), current.text());
        self.insert_from(to, Page::open(&before)?, &from)?;
        self.apply(
            &KeyPath::default(),
            &Change::Delete {
                path: from,
                prune: true,
            },
        )
    }

    /// Inserts the value at a path of another document.
    fn insert_from(&mut self, to: &KeyPath, from: Page<'_>, path: &KeyPath) -> Result<(), Refused> {
        let excerpt = relocate::copy(from, path)?;
        let last = &Position::Last;
        self.step(|page| insert::insert(page, to, &NewValue::Null, last))?;
        let page = Page::open(self.current.as_ref().unwrap_or(self.original))?;
        let (edits, after) = first_verified(page, relocate::paste(page, to, &excerpt)?)?;
        self.pieces.apply(&edits);
        self.current = Some(after);
        Ok(())
    }

    fn finish(self) -> Vec<Edit> {
        self.pieces.edits(self.original)
    }
}

fn ensure_writable<'v>(values: impl IntoIterator<Item = &'v NewValue>) -> Result<(), Refused> {
    if values.into_iter().all(NewValue::is_writable) {
        Ok(())
    } else {
        Err(Refused::NotWritable)
    }
}
