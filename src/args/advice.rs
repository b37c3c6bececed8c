//! Translates what users of other linters type into dogwatch's own commands.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, Error};

/// Replaces a misleading tip in an error with one that names the right command.
pub(crate) fn improve_tip(mut error: Error) -> Error {
    let of = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let tip = match (
        of(ContextKind::InvalidSubcommand),
        of(ContextKind::InvalidArg),
    ) {
        (Some(word), _) if is_path(word) => {
            format!("to lint a folder or a file, use 'dogwatch lint {word}'")
        }
        (_, Some("--fix")) => {
            "to apply fixes, use 'dogwatch fix'; to preview them, use 'dogwatch fix --diff'"
                .to_owned()
        }
        _ => return error,
    };
    error.remove(ContextKind::SuggestedSubcommand);
    error.remove(ContextKind::SuggestedArg);
    let tips = vec![StyledStr::from(tip)];
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    error
}

/// Does an unknown command look like a path? No command has a dot or a slash in its name.
fn is_path(word: &str) -> bool {
    word.contains(['/', '.', '\\'])
}
