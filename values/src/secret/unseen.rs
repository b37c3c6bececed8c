//! Why a value of a document cannot be seen.

use source::secret::{HiddenText, hidden_text};

/// Why a value that is there cannot be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unseen {
    /// Its text stands for it.
    Text(HiddenText),
    /// A list of which `set` gives an item: what becomes of it depends on the list that is there.
    SetItem,
    /// A value that `set` takes from somewhere else.
    SetElsewhere,
}

/// What is written in place of a list of which `set` gives an item.
pub(crate) const SET_ITEM: &str = "{{ an item of a list, set }}";

/// What is written in place of a value that `set` takes from somewhere else.
pub(crate) const SET_ELSEWHERE: &str = "{{ set-file }}";

/// Why the value of a text cannot be seen; `None` where the text is the value.
pub(crate) fn unseen(text: &str) -> Option<Unseen> {
    hidden_text(text).map(|why| match text {
        SET_ITEM => Unseen::SetItem,
        SET_ELSEWHERE => Unseen::SetElsewhere,
        _ => Unseen::Text(why),
    })
}
