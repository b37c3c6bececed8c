//! Names of backups and decrypted copies: the name of another file with a marker in it or at its end.

/// Markers at the end of any filename.
const SUFFIXES: &[&str] = &["~", ".bak", ".orig", ".rej", ".swp", DECRYPTED[0]];
/// Further markers at the end of a YAML filename; after other names they are ambiguous.
const YAML_SUFFIXES: &[&str] = &[
    ".old",
    ".backup",
    ".bkp",
    ".save",
    ".copy",
    ".prev",
    ".tmp",
    ".plain",
    ".plaintext",
    DECRYPTED[1],
];
/// Markers of decrypted files, at the end of a name or before its `.yaml`.
const DECRYPTED: &[&str] = &[".dec", ".decrypted"];

/// The name of the original of a backup or decrypted copy; `None` if `name` is not a copy. `profiles` are words that are not markers:
/// `values.dec.yaml` may be the values of a profile `dec`.
pub fn original_name(name: &str, profiles: &[String]) -> Option<String> {
    let mut original = without_marker(name, profiles)?;
    while let Some(rest) = without_marker(&original, profiles) {
        original = rest;
    }
    Some(original)
}

/// True if the name of a copy marks it as decrypted.
pub(super) fn is_decrypted(name: &str) -> bool {
    let mut name = name.to_owned();
    loop {
        let stem = yaml_stem(&name).unwrap_or(&name);
        if DECRYPTED.iter().any(|marker| stem.ends_with(marker)) {
            return true;
        }
        match without_marker(&name, &[]) {
            Some(rest) => name = rest,
            None => return false,
        }
    }
}

fn without_marker(name: &str, profiles: &[String]) -> Option<String> {
    let enclosed = name
        .strip_prefix(".#")
        .or_else(|| name.strip_prefix('#')?.strip_suffix('#'));
    let suffixed = || SUFFIXES.iter().find_map(|end| name.strip_suffix(end));
    if let Some(rest) = enclosed.or_else(suffixed) {
        return Some(rest.to_owned());
    }
    if name.contains(".bak.") {
        return Some(name.replacen(".bak.", ".", 1));
    }
    if let Some((stem, end)) = name.rsplit_once(".yaml.").or(name.rsplit_once(".yml.")) {
        let marker = &name[name.len() - end.len() - 1..];
        let number = end.bytes().any(|byte| byte.is_ascii_digit())
            && end
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b"-_~.:T".contains(&byte));
        return (number || YAML_SUFFIXES.contains(&marker)).then(|| format!("{stem}.yaml"));
    }
    let stem = yaml_stem(name)?;
    let marker = DECRYPTED.iter().find(|marker| stem.ends_with(**marker))?;
    let word = profiles.iter().any(|profile| *profile == marker[1..]);
    (!word).then(|| format!("{}.yaml", &stem[..stem.len() - marker.len()]))
}

fn yaml_stem(name: &str) -> Option<&str> {
    name.strip_suffix(".yaml")
        .or_else(|| name.strip_suffix(".yml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognizes_copies_by_their_names() {
        let original = |name: &str| original_name(name, &[]);
        for copy in [
            "secrets.dec.yaml",
            "secrets.decrypted.yml",
            "secrets.yaml.dec",
            "secrets.yaml.decrypted",
            "secrets.yaml.bak",
            "secrets.bak.yaml",
            "secrets.yaml.orig",
            "secrets.yaml~",
            "secrets.yaml.~1~",
            "secrets.yaml.dec.bak",
            "#secrets.yaml#",
            ".#secrets.yaml",
            "secrets.yaml.1",
            "secrets.yaml.2026-03-01",
            "secrets.yml.old",
        ] {
            assert_eq!(original(copy).as_deref(), Some("secrets.yaml"), "{copy}");
        }
        for name in [
            "secrets.yaml",
            "prod-values.override.yaml",
            "secrets.yaml.example",
            "secrets.yaml.gotmpl",
            "secrets.enc.yaml",
            "decrypted.yaml",
            "notes.old",
            "#",
        ] {
            assert_eq!(original(name), None, "{name}");
        }
        assert_eq!(original_name("values.dec.yaml", &["dec".to_owned()]), None);
    }

    #[test]
    fn recognizes_decrypted_copies() {
        assert!(is_decrypted("secrets.dec.yaml"));
        assert!(is_decrypted("secrets.yaml.dec.bak"));
        assert!(!is_decrypted("secrets.yaml.bak"));
    }
}
