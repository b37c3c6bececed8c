//! Byte ranges tied to a source text.

/// Identifies one text of a run. Assigned by [`crate::SourceMap`].
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct SourceId(pub u32);

/// A half-open byte range `start..end` in one source.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Span {
    /// The text the range is in.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte; never below `start`.
    pub end: u32,
}

impl Span {
    /// The range `start..end` of `source`. A reversed range becomes empty at `start`.
    pub fn new(source: SourceId, start: u32, end: u32) -> Self {
        Self {
            source,
            start,
            end: end.max(start),
        }
    }

    /// The empty range at `offset`, used as an insertion point.
    pub fn point(source: SourceId, offset: u32) -> Self {
        Self {
            source,
            start: offset,
            end: offset,
        }
    }

    /// Length in bytes.
    pub fn len(self) -> u32 {
        self.end - self.start
    }

    /// True for an insertion point.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// True if `offset` lies in the range or at its end (where an editor's cursor may be).
    pub fn touches(self, offset: u32) -> bool {
        self.start <= offset && offset <= self.end
    }

    /// The smallest range that covers both. Returns `self` if `other` belongs to another source.
    #[must_use]
    pub fn cover(self, other: Self) -> Self {
        if self.source != other.source {
            return self;
        }
        Self {
            source: self.source,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// The range as `usize`, for slicing its text.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}
