//! Why a value of a document is not visible.

use source::secret::{HiddenText, hidden_text};

/// Why a value that exists is not visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HiddenReason {
    /// Its text only stands for the value.
    Text(HiddenText),
    /// A list of which `set` sets an item; the result depends on the existing list.
    SetItem,
    /// A value that `set` takes from elsewhere.
    SetElsewhere,
}

/// The placeholder for a list of which `set` sets an item.
pub(crate) const SET_ITEM: &str = "{{ an item of a list, set }}";

/// The placeholder for a value that `set` takes from elsewhere.
pub(crate) const SET_ELSEWHERE: &str = "{{ set-file }}";

/// Why the value of a text is not visible; `None` if the text is the value.
pub(crate) fn unseen(text: &str) -> Option<HiddenReason> {
    hidden_text(text).map(|why| match text {
        SET_ITEM => HiddenReason::SetItem,
        SET_ELSEWHERE => HiddenReason::SetElsewhere,
        _ => HiddenReason::Text(why),
    })
}
