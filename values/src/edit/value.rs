//! Values to write: a small tree without source positions.

/// A value to write into a text.
#[derive(Debug, Clone, PartialEq)]
pub enum NewValue {
    /// `null`
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number; non-finite ones are refused.
    Number(f64),
    /// A text, quoted where necessary.
    Text(String),
    /// A list.
    List(Vec<NewValue>),
    /// Keys and values, in this order.
    Map(Vec<(String, NewValue)>),
}

/// The deepest nesting of a value to write.
const MAX_DEPTH: usize = 64;

impl NewValue {
    /// True for a non-empty list or map, which gets its own lines in block style.
    pub(super) fn has_children(&self) -> bool {
        match self {
            Self::List(items) => !items.is_empty(),
            Self::Map(entries) => !entries.is_empty(),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => false,
        }
    }

    /// Wraps the value in maps with those keys.
    pub(super) fn below(self, keys: &[&str]) -> Self {
        keys.iter().rev().fold(self, |value, key| {
            Self::Map(vec![((*key).to_owned(), value)])
        })
    }

    /// True if it can be written as YAML that Helm reads: numbers are finite, nesting is bounded, keys are unique.
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
