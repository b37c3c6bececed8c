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

/// Parses a version whose last number may be a wildcard: `4.x` and `4.40.x` stand for the newest version that they match, as the chart that
/// a range selects.
pub fn parse_newest(text: &str) -> Option<Version> {
    let Some(fixed) = text.trim().strip_suffix(".x") else {
        return parse_version(text);
    };
    let mut version = parse_version(fixed).filter(|it| it.pre.is_empty() && it.build.is_empty())?;
    match fixed.split('.').count() {
        1 => (version.minor, version.patch) = (u64::MAX, u64::MAX),
        2 => version.patch = u64::MAX,
        _ => return None,
    }
    Some(version)
}

/// Is `version`, which may end with a wildcard, not below `bound`? An invalid version or bound counts as the newest, so that rules about
/// current charts apply.
pub fn at_least(version: &str, bound: &str) -> bool {
    match (parse_newest(version), parse_version(bound)) {
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
    fn a_wildcard_stands_for_the_newest_version_that_it_matches() {
        assert!(at_least("4.x", "4.99.7"));
        assert!(!at_least("4.x", "5.0"));
        assert!(at_least("v4.40.x", "4.40.12"));
        assert!(!at_least("4.40.x", "4.41"));
        for invalid in ["x", ".x", "4.40.2.x", "4-pre.x"] {
            assert_eq!(parse_newest(invalid), None, "{invalid}");
        }
    }

    #[test]
    fn unparsable_versions_count_as_newest() {
        assert!(at_least("main", "99"));
        assert_eq!(parse_version("4.x"), None);
        assert_eq!(parse_version(""), None);
    }
}
