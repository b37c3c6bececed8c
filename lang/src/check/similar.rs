//! "Did you mean": finds the most similar valid name.

/// Longer names are not compared: typos in them are unlikely, and comparing takes time proportional to the product of
/// the lengths.
const MAX_LEN: usize = 64;

/// The candidate most similar to `name`, if it is similar enough: at most a third of the letters (and at most three)
/// may differ. Case is ignored.
pub fn similar<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    similar_free(name, candidates, |_| true)
}

/// The same among candidates for which `is_free` returns true; it is called only for similar ones.
pub fn similar_free<'c>(
    name: &str,
    candidates: impl IntoIterator<Item = &'c str>,
    is_free: impl Fn(&str) -> bool,
) -> Option<String> {
    if name.len() > MAX_LEN {
        return None;
    }
    let folded = name.to_lowercase();
    let letters = folded.chars().count();
    let allowed = (letters / 3).min(3);
    let mut best: Option<(usize, bool, &str)> = None;
    for candidate in candidates {
        if candidate.len() > MAX_LEN || candidate == name {
            continue;
        }
        let other = candidate.to_lowercase();
        // A difference in length is a lower bound of the distance.
        if other.chars().count().abs_diff(letters) > allowed {
            continue;
        }
        let distance = strsim::osa_distance(&folded, &other);
        if distance > allowed {
            continue;
        }
        // Among equally similar candidates, prefer one with the same letters in another order, then the first in
        // alphabetical order, regardless of the order given.
        let rank = (distance, !same_letters(&folded, candidate), candidate);
        if best.is_none_or(|best| rank < best) && is_free(candidate) {
            best = Some(rank);
        }
    }
    best.map(|(.., candidate)| candidate.to_owned())
}

fn same_letters(folded: &str, other: &str) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.to_lowercase().chars().collect();
        letters.sort_unstable();
        letters
    };
    sorted(folded) == sorted(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_tolerates_typos_and_case() {
        let names = ["noProxyList", "httpProxy", "httpsProxy"];
        assert_eq!(similar("noproxylst", names).as_deref(), Some("noProxyList"));
        assert_eq!(similar("httpProxyy", names).as_deref(), Some("httpProxy"));
        assert_eq!(similar("smtp", names), None);
    }

    #[test]
    fn ties_prefer_swapped_letters_then_alphabetical_order() {
        assert_eq!(similar("abc", ["abY", "abX"]).as_deref(), Some("abX"));
        assert_eq!(similar("tsl", ["ssl", "tls"]).as_deref(), Some("tls"));
    }

    #[test]
    fn one_letter_names_match_only_by_case() {
        assert_eq!(similar("l", ["m", "n"]), None);
        assert_eq!(similar("l", ["L"]).as_deref(), Some("L"));
    }
}
