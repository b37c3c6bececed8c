//! The chart version that a manifest asks for: one version, or a range.
//!
//! Source: `constraints.go` of Masterminds/semver v3, which Helm, helmfile, Argo CD and Flux resolve ranges with.

/// Numbers of a version; `u64::MAX` stands for any number.
type Numbers = [u64; 3];

const ANY: u64 = u64::MAX;

/// The version that a manifest asks for. For a range this is the newest version it allows, which is what gets installed once it has been
/// published: `4.40.x` for `~4.40`, `4.x` for `>=4.30 <5`. `None` if the newest version of all is allowed, or for anything else.
pub fn newest_allowed(text: &str) -> Option<String> {
    if is_exact(text) {
        return Some(text.to_owned());
    }
    let bounds: Option<Vec<Numbers>> = text.split("||").map(bound_of).collect();
    let [major, minor, patch] = bounds?.into_iter().max()?;
    Some(match (minor, patch) {
        (ANY, _) => format!("{major}.x"),
        (_, ANY) => format!("{major}.{minor}.x"),
        _ => format!("{major}.{minor}.{patch}"),
    })
}

/// True for an exact version rather than a range.
fn is_exact(version: &str) -> bool {
    // Only a number may be a wildcard: `1.2.0-next` is a version.
    let numbers = version.split(['-', '+']).next().unwrap_or_default();
    numbers.starts_with(|c: char| c.is_ascii_digit() || c == 'v')
        && !numbers.contains(['x', 'X'])
        && !version.contains(['*', '>', '<', '~', '^', '|', ' ', '=', ','])
}

/// The upper bound of comparators that must all hold; `None` if there is none, or one of them cannot be read.
fn bound_of(range: &str) -> Option<Numbers> {
    if let Some((_, last)) = range.split_once(" - ") {
        return numbers(last.trim());
    }
    // There may be a space between an operator and its version.
    let mut rest = range.replace(',', " ");
    for operator in ['<', '>', '=', '~', '^'] {
        let spaced = format!("{operator} ");
        while rest.contains(&spaced) {
            rest = rest.replace(&spaced, &operator.to_string());
        }
    }
    let mut least: Option<Numbers> = None;
    for comparator in rest.split_whitespace() {
        let bound = match Bound::of(comparator)? {
            Bound::Below(bound) => bound,
            Bound::None => continue,
        };
        least = Some(least.map_or(bound, |it| it.min(bound)));
    }
    least
}

/// What one comparator says about the newest version.
enum Bound {
    Below(Numbers),
    None,
}

impl Bound {
    /// `None` if the comparator cannot be read, or allows no version.
    fn of(comparator: &str) -> Option<Self> {
        let version = comparator.trim_start_matches(['<', '>', '=', '~', '^', '!']);
        let operator = &comparator[..comparator.len() - version.len()];
        if let "*" | "x" | "X" = version {
            return Some(Self::None);
        }
        let numbers = numbers(version)?;
        let [major, minor, patch] = numbers;
        Some(Self::Below(match operator {
            ">" | ">=" | "=>" | "!=" => return Some(Self::None),
            "" | "=" | "<=" | "=<" => numbers,
            "~" | "~>" => [major, minor, ANY],
            "^" => match (major, minor, patch) {
                (1.., ..) | (0, ANY, _) => [major, ANY, ANY],
                (0, 1.., _) | (0, 0, ANY) => [0, minor, ANY],
                (0, 0, _) => numbers,
            },
            "<" => match (major, zero(minor), zero(patch)) {
                (0, 0, 0) => return None,
                (major, 0, 0) => [major - 1, ANY, ANY],
                (major, minor, 0) => [major, minor - 1, ANY],
                (major, minor, patch) => [major, minor, patch - 1],
            },
            _ => return None,
        }))
    }
}

/// In `<5.x`, a missing number or a wildcard counts as 0.
fn zero(number: u64) -> u64 {
    if number == ANY { 0 } else { number }
}

/// The numbers of a version, without pre-release and build; missing ones and wildcards are [`ANY`].
fn numbers(version: &str) -> Option<Numbers> {
    let version = version.strip_prefix('v').unwrap_or(version);
    let version = version.split(['-', '+']).next()?;
    let mut found = [ANY; 3];
    let mut is_open = false;
    for (at, number) in version.split('.').enumerate() {
        let slot = found.get_mut(at)?;
        match number {
            "x" | "X" | "*" if at > 0 => is_open = true,
            _ if is_open => return None,
            // No chart has a version so high that the numbers above could be mistaken for it.
            _ => *slot = number.parse::<u32>().ok()?.into(),
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::newest_allowed;

    #[test]
    fn exact_versions_stay_as_they_are() {
        for exact in ["5.29.0", "v1.2.3", "1.2.0-next.1", "1.2.0+linux", "5"] {
            assert_eq!(newest_allowed(exact).as_deref(), Some(exact));
        }
    }

    #[test]
    fn a_range_stands_for_the_newest_version_that_it_allows() {
        for (range, newest) in [
            ("5.x", "5.x"),
            ("1.2.X", "1.2.x"),
            ("4.*", "4.x"),
            ("4.x.x", "4.x"),
            ("^1.2", "1.x"),
            ("^0.2.3", "0.2.x"),
            ("^0.0.3", "0.0.3"),
            ("^0", "0.x"),
            ("~1", "1.x"),
            ("~4.40", "4.40.x"),
            ("~4.40.2", "4.40.x"),
            (">=4.40.0 <5.0.0", "4.x"),
            (">= 4.40, < 4.42", "4.41.x"),
            ("<4.42.3-0", "4.42.2"),
            ("<=4.42", "4.42.x"),
            ("=v4.42.1", "4.42.1"),
            ("1.0 - 2.0", "2.0.x"),
            ("1 || 2.x", "2.x"),
            ("^4.1 <4.3", "4.2.x"),
        ] {
            assert_eq!(newest_allowed(range).as_deref(), Some(newest), "{range}");
        }
    }

    #[test]
    fn a_range_without_an_end_allows_the_newest_version_of_all() {
        for open in ["*", ">=1.2.0-0", ">1 !=2", "<2 || >=3", ">=0"] {
            assert_eq!(newest_allowed(open), None, "{open}");
        }
    }

    #[test]
    fn what_is_no_range_says_nothing() {
        for text in [
            "",
            "latest",
            "main",
            "<0",
            "1.2.3.4.*",
            "~",
            "4.x.2",
            "<< 3",
            "~99999999999.*",
        ] {
            assert_eq!(newest_allowed(text), None, "{text}");
        }
    }
}
