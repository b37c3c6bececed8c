//! What people who know other linters type, and what it is called here.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, Error};

/// The error with a tip that leads to the right command, in place of one that leads astray.
pub(crate) fn advised(mut error: Error) -> Error {
    let of = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let tip = match (
        of(ContextKind::InvalidSubcommand),
        of(ContextKind::InvalidArg),
    ) {
        (Some(word), _) if is_path(word) => {
            format!("to judge a folder or a file, use 'dogwatch lint {word}'")
        }
        (_, Some("--fix")) => {
            "repairs are made by 'dogwatch fix', and shown by 'dogwatch fix --diff'".to_owned()
        }
        _ => return error,
    };
    error.remove(ContextKind::SuggestedSubcommand);
    error.remove(ContextKind::SuggestedArg);
    let tips = vec![StyledStr::from(tip)];
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    error
}

/// Does a word that is no command look like a path? No command has a dot or a slash in its name.
fn is_path(word: &str) -> bool {
    word.contains(['/', '.', '\\'])
}
