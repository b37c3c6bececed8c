//! Classifies files by name.

use super::copy_name::original_name;

/// What a filename says about the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileClass {
    /// What it holds.
    pub kind: FileKind,
    /// The profile in its name.
    pub profile: Option<String>,
    /// True if the profile follows the kind, as in `values-prod.yaml`. Such a file is merged over the one without a profile.
    pub behind: bool,
    /// True for an `.example` file.
    pub example: bool,
    /// True for an `.override` file, which is merged after the file it is named after.
    pub overriding: bool,
    /// The chart in the name, in a flat folder: `wire-server-values.yaml`. For other YAML, the chart it is named after and whose values it
    /// may be: `wire-server.yaml`.
    pub chart: Option<String>,
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// A values layer.
    Values,
    /// A secrets layer.
    Secrets,
    /// A Go template.
    Template,
    /// A backup or a decrypted copy.
    Backup,
    /// A named variant that is never merged on its own.
    Variant,
    /// `helmfile.yaml`.
    Helmfile,
    /// Other YAML.
    OtherYaml,
    /// `Chart.yaml`.
    ChartYaml,
    /// `values.schema.json`.
    Schema,
    /// A packaged chart.
    Archive,
    /// Anything else.
    Other,
}

/// Markers at the end of a name.
const EXAMPLE: &[&str] = &[".example", "-example"];
const OVERRIDE: &[&str] = &[".override", "-override"];
const ENCRYPTED: &[&str] = &[".enc", ".sops", ".encrypted"];
const MARKERS: [&[&str]; 3] = [EXAMPLE, OVERRIDE, ENCRYPTED];

/// Classifies a file by name. `profiles` and `charts` are the words that count as a profile and as a chart.
pub fn classify_file_name(name: &str, profiles: &[String], charts: &[String]) -> FileClass {
    let mut class = FileClass {
        kind: FileKind::Other,
        profile: None,
        behind: false,
        example: false,
        overriding: false,
        chart: None,
    };
    class.kind = match special_name(name, profiles) {
        Some(kind) => kind,
        None => match name
            .strip_suffix(".yaml")
            .or_else(|| name.strip_suffix(".yml"))
        {
            Some(stem) => classify_stem(stem, profiles, charts, &mut class),
            None => FileKind::Other,
        },
    };
    class
}

/// The names of helmfiles.
pub const HELMFILES: [&str; 4] = [
    "helmfile.yaml",
    "helmfile.yml",
    "helmfile.yaml.gotmpl",
    "helmfile.yml.gotmpl",
];

fn special_name(name: &str, profiles: &[String]) -> Option<FileKind> {
    if original_name(name, profiles).is_some() {
        return Some(FileKind::Backup);
    }
    if HELMFILES.contains(&name) {
        return Some(FileKind::Helmfile);
    }
    if name.ends_with(".gotmpl") || name.ends_with(".tpl") {
        return Some(FileKind::Template);
    }
    if name.ends_with(".tgz") {
        return Some(FileKind::Archive);
    }
    match name {
        "Chart.yaml" => Some(FileKind::ChartYaml),
        "values.schema.json" => Some(FileKind::Schema),
        _ => None,
    }
}

fn classify_stem(
    stem: &str,
    profiles: &[String],
    charts: &[String],
    class: &mut FileClass,
) -> FileKind {
    let whole = stem;
    let mut stem = stem;
    // Strip markers from the end, in any order: `prod-values.override`, `secrets.enc`.
    loop {
        if let Some(rest) = strip_any(stem, EXAMPLE) {
            class.example = true;
            stem = rest;
        } else if let Some(rest) = strip_any(stem, OVERRIDE) {
            class.overriding = true;
            stem = rest;
        } else if let Some(rest) = strip_any(stem, ENCRYPTED) {
            stem = rest;
        } else {
            break;
        }
    }
    if let Some(kind) = kind_word(stem) {
        return kind;
    }
    // `prod-values`, `wire-server-values`
    if let Some((owner, kind)) = split_kind_suffix(stem) {
        if profiles.iter().any(|profile| profile == owner) {
            class.profile = Some(owner.to_owned());
            return kind;
        }
        if let Some((chart, profile)) = chart_and_profile(owner, profiles, charts) {
            class.chart = Some(chart);
            class.profile = profile;
            return kind;
        }
        return FileKind::Variant;
    }
    // `values-prod`, `values.prod`
    if let Some((kind, owner)) = split_kind_prefix(stem) {
        if profiles.iter().any(|profile| profile == owner) {
            class.profile = Some(owner.to_owned());
            class.behind = true;
            return kind;
        }
        return FileKind::Variant;
    }
    if class.example {
        return FileKind::Variant;
    }
    if stem == whole
        && let Some((chart, profile)) = chart_and_profile(stem, profiles, charts)
    {
        class.chart = Some(chart);
        class.profile = profile;
    }
    FileKind::OtherYaml
}

/// For the name of a [`FileKind::Variant`]: the word that would have to be a profile for the file to be a layer. `None` if there is no such
/// word.
pub fn profile_of_variant(name: &str, profiles: &[String], charts: &[String]) -> Option<String> {
    let stem = name
        .strip_suffix(".yaml")
        .or_else(|| name.strip_suffix(".yml"))?;
    let mut owners = Vec::new();
    let mut stem = stem;
    while let Some(rest) = strip_any(stem, &MARKERS.concat()) {
        stem = rest;
    }
    owners.extend(split_kind_suffix(stem).map(|(owner, _)| owner));
    owners.extend(split_kind_prefix(stem).map(|(_, owner)| owner));
    let word_next_to_chart = |owner: &'_ str| {
        charts.iter().find_map(|chart| {
            let before = owner.strip_suffix(chart.as_str());
            let before = before.and_then(|rest| rest.strip_suffix('-'));
            let after = owner.strip_prefix(chart.as_str());
            let word = before.or_else(|| after.and_then(|rest| rest.strip_prefix('-')))?;
            Some(word.to_owned())
        })
    };
    let words = owners.iter().filter_map(|owner| word_next_to_chart(owner));
    let whole = owners.iter().map(|owner| (*owner).to_owned());
    // Classify the name again, with the word as a profile.
    words.chain(whole).find(|word| {
        let profiles = [profiles, std::slice::from_ref(word)].concat();
        let class = classify_file_name(name, &profiles, charts);
        let layer = matches!(class.kind, FileKind::Values | FileKind::Secrets);
        layer && class.profile.as_ref() == Some(word)
    })
}

fn strip_any<'a>(stem: &'a str, ends: &[&str]) -> Option<&'a str> {
    ends.iter().find_map(|end| stem.strip_suffix(end))
}

fn kind_word(word: &str) -> Option<FileKind> {
    match word {
        "values" => Some(FileKind::Values),
        "secrets" | "secret" => Some(FileKind::Secrets),
        _ => None,
    }
}

fn split_kind_suffix(stem: &str) -> Option<(&str, FileKind)> {
    let (owner, word) = stem.rsplit_once(['-', '.'])?;
    Some((owner, kind_word(word)?))
}

fn split_kind_prefix(stem: &str) -> Option<(FileKind, &str)> {
    let (word, owner) = stem.split_once(['-', '.'])?;
    Some((kind_word(word)?, owner))
}

/// `wire-server`, `prod-wire-server`, `wire-server-prod`.
fn chart_and_profile(
    owner: &str,
    profiles: &[String],
    charts: &[String],
) -> Option<(String, Option<String>)> {
    if charts.iter().any(|chart| chart == owner) {
        return Some((owner.to_owned(), None));
    }
    profiles.iter().find_map(|profile| {
        let rest = owner
            .strip_prefix(profile.as_str())
            .and_then(|rest| rest.strip_prefix('-'))
            .or_else(|| {
                owner
                    .strip_suffix(profile.as_str())
                    .and_then(|rest| rest.strip_suffix('-'))
            })?;
        charts
            .iter()
            .any(|chart| chart == rest)
            .then(|| (rest.to_owned(), Some(profile.clone())))
    })
}
