//! Chart versions as people write them: `4.30` as well as `4.30.0-pre.1`.

use semver::Version;

/// Parses a version; a leading `v` and missing minor and patch numbers are allowed. `None` for anything else.
pub fn parse_version(text: &str) -> Option<Version> {
    let text = text.trim();
    let text = text.strip_prefix('v').unwrap_or(text);
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, rest) = text.split_at(end);
    let padded = match numbers.split('.').count() {
        1 => format!("{numbers}.0.0{rest}"),
        2 => format!("{numbers}.0{rest}"),
        _ => text.to_owned(),
    };
    Version::parse(&padded).ok()
}

/// Is `version` not below `bound`? An invalid version or bound counts as the newest, so that rules about current charts apply.
pub fn at_least(version: &str, bound: &str) -> bool {
    match (parse_version(version), parse_version(bound)) {
        (Some(version), Some(bound)) => version >= bound,
        (None, _) => true,
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_versions_are_padded() {
        assert!(at_least("4.30", "4.30.0"));
        assert!(at_least("v5", "4.30"));
        assert!(!at_least("4.9", "4.30"));
        assert!(!at_least("4.30.0-pre.1", "4.30"));
    }

    #[test]
    fn unparsable_versions_count_as_newest() {
        assert!(at_least("main", "99"));
        assert_eq!(parse_version("4.x"), None);
        assert_eq!(parse_version(""), None);
    }
}
