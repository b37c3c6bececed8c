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
        (Some("run" | "scan" | "validate"), _) => "to lint, use 'dogwatch lint'".to_owned(),
        (_, Some(option)) => match foreign_option(option) {
            Some(tip) => tip.to_owned(),
            None => return error,
        },
        _ => return error,
    };
    error.remove(ContextKind::SuggestedSubcommand);
    // The usage shows the suggested option.
    if error.remove(ContextKind::SuggestedArg).is_some() {
        error.remove(ContextKind::Usage);
    }
    let tips = vec![StyledStr::from(tip)];
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    error
}

/// What to use instead of an option of other linters.
fn foreign_option(option: &str) -> Option<&'static str> {
    Some(match option {
        "--fix" => "to apply fixes, use 'dogwatch fix'; to preview them, use 'dogwatch fix --diff'",
        "--dry-run" => "to preview fixes, use 'dogwatch fix --diff'",
        "--json" => "to write JSON, use 'dogwatch lint --format json'",
        "--sarif" => "to write SARIF, use 'dogwatch lint --format sarif=FILE'",
        "-q" | "--quiet" => "for one line per finding, use 'dogwatch lint --format short'",
        "--strict" | "--severity" | "--level" | "--min-severity" | "--threshold" => {
            "to fail on warnings, too, use 'dogwatch lint --fail-on warning'"
        }
        "-e" | "--env" | "--environment" => {
            "to lint one environment, use 'dogwatch lint --profile NAME'"
        }
        "--exclude" | "--ignore" => {
            "files to leave out are listed under 'exclude' in dogwatch.yaml"
        }
        "--disable" | "--skip" | "--skip-rule" => {
            "rules to turn off are listed under 'disable' in dogwatch.yaml"
        }
        "-c" | "--config" => "the nearest dogwatch.yaml at or above the linted folder is used",
        _ => return None,
    })
}

/// Does an unknown command look like a path? No command has a dot or a slash in its name.
fn is_path(word: &str) -> bool {
    word.contains(['/', '.', '\\'])
}
