//! Values to write: a small tree without places.

/// A value to be written into a text.
#[derive(Debug, Clone, PartialEq)]
pub enum NewValue {
    /// `null`
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number; one that is not finite is refused.
    Number(f64),
    /// A text, quoted where it must be.
    Text(String),
    /// A list.
    List(Vec<NewValue>),
    /// Keys and values in this order.
    Map(Vec<(String, NewValue)>),
}

/// A value to write may be nested so deeply.
const MAX_DEPTH: usize = 64;

impl NewValue {
    /// True for a list or map that holds something: what gets lines of its own in block style.
    pub(super) fn has_children(&self) -> bool {
        match self {
            Self::List(items) => !items.is_empty(),
            Self::Map(entries) => !entries.is_empty(),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => false,
        }
    }

    /// The value below maps of those keys.
    pub(super) fn below(self, keys: &[&str]) -> Self {
        keys.iter().rev().fold(self, |value, key| {
            Self::Map(vec![((*key).to_owned(), value)])
        })
    }

    /// True if YAML can hold it and Helm read it: numbers are finite, nesting is bounded, no key comes twice.
    pub(super) fn is_writable(&self) -> bool {
        let mut open = vec![(self, 0)];
        while let Some((value, depth)) = open.pop() {
            if depth > MAX_DEPTH {
                return false;
            }
            match value {
                Self::Null | Self::Bool(_) | Self::Text(_) => {}
                Self::Number(number) if number.is_finite() => {}
                Self::Number(_) => return false,
                Self::List(items) => open.extend(items.iter().map(|item| (item, depth + 1))),
                Self::Map(entries) => {
                    let mut keys: Vec<&str> = entries.iter().map(|(key, _)| &**key).collect();
                    keys.sort_unstable();
                    if keys.windows(2).any(|pair| pair[0] == pair[1]) {
                        return false;
                    }
                    open.extend(entries.iter().map(|(_, value)| (value, depth + 1)));
                }
            }
        }
        true
    }
}
