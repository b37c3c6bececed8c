//! What Helm makes of a text that few expect.

use source::Span;

use super::document::Document;

/// A place where Helm's reading surprises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Surprise {
    /// What happens.
    pub kind: SurpriseKind,
    /// Where.
    pub span: Span,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SurpriseKind {
    /// x
    Boolean,
}

impl Document {
    /// Everything in the text that Helm reads as few expect, in its order. Worked out the first time it is asked for.
    pub fn surprises(&self) -> &[Surprise] {
        self.surprises.get_or_init(Vec::new)
    }
}
