//! Fixes: edits to texts, and applying them.

use crate::{SourceId, Span};

/// Who may apply a fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Applicability {
    /// Preserves the author's intent; may be applied without asking.
    Safe,
    /// Needs a person's confirmation.
    Unsafe,
}

/// One replacement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// What is replaced; empty for an insertion.
    pub span: Span,
    /// The replacement text.
    pub insert: String,
}

/// A set of related edits, possibly in several texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as shown in an editor's menu.
    pub title: String,
    /// Who may apply it.
    pub applicability: Applicability,
    /// The edits, sorted and non-overlapping within a source.
    pub edits: Vec<Edit>,
}

/// Why edits could not be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApplyError {
    /// Two edits of one source overlap.
    Overlap,
    /// An edit is outside the text or not on character boundaries.
    OutOfBounds,
}

/// Applies to `text` those `edits` that belong to `source`. Insertions at the same offset are applied in order.
///
/// # Errors
/// When two of them overlap, or one is outside the text or not on character boundaries.
pub fn apply_edits(text: &str, source: SourceId, edits: &[Edit]) -> Result<String, ApplyError> {
    let mut own: Vec<&Edit> = edits
        .iter()
        .filter(|edit| edit.span.source == source)
        .collect();
    own.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut out = String::with_capacity(text.len() + 64);
    let mut end = 0;
    for edit in own {
        let range = edit.span.range();
        if range.start < end {
            return Err(ApplyError::Overlap);
        }
        out.push_str(text.get(end..range.start).ok_or(ApplyError::OutOfBounds)?);
        if text.get(range.clone()).is_none() {
            return Err(ApplyError::OutOfBounds);
        }
        out.push_str(&edit.insert);
        end = range.end;
    }
    out.push_str(text.get(end..).ok_or(ApplyError::OutOfBounds)?);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: SourceId = SourceId(0);

    fn edit(start: u32, end: u32, insert: &str) -> Edit {
        Edit {
            span: Span::new(ID, start, end),
            insert: insert.to_owned(),
        }
    }

    #[test]
    fn ignores_edits_of_other_sources() {
        let other = Edit {
            span: Span::new(SourceId(1), 0, 1),
            insert: "x".to_owned(),
        };
        assert_eq!(
            apply_edits("abc", ID, &[edit(1, 2, "B"), other]).unwrap(),
            "aBc"
        );
    }

    #[test]
    fn rejects_overlapping_and_misaligned_edits() {
        assert_eq!(
            apply_edits("abc", ID, &[edit(0, 2, ""), edit(1, 3, "")]),
            Err(ApplyError::Overlap)
        );
        assert_eq!(
            apply_edits("é", ID, &[edit(1, 2, "")]),
            Err(ApplyError::OutOfBounds)
        );
    }
}
