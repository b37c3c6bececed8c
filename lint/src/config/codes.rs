//! The problems that a `dogwatch.yaml` can have, by code.

/// A key that does not exist at that place.
pub const UNKNOWN_KEY: &str = "config-unknown-key";
/// A key that must be there and is not.
pub const MISSING_KEY: &str = "config-missing-key";
/// A key that is given twice in one map.
pub const DUPLICATE_KEY: &str = "config-duplicate-key";
/// A value of another kind than the key takes.
pub const WRONG_TYPE: &str = "config-wrong-type";
/// A word that is none of those the key takes.
pub const UNKNOWN_WORD: &str = "config-unknown-word";
/// A pattern that cannot be read as a line of `.gitignore`.
pub const BAD_PATTERN: &str = "config-bad-pattern";
/// Values that are nested without end, or far too many.
pub const TOO_LARGE: &str = "config-too-large";
/// A deployment or profile that is said to go to two clusters.
pub const TWO_CLUSTERS: &str = "config-two-clusters";
/// A rule, tag or pack that does not exist.
pub const UNKNOWN_RULE: &str = "config-unknown-rule";
/// A built-in pack that does not exist.
pub const UNKNOWN_PACK: &str = "config-unknown-pack";
/// A profile that nothing is of.
pub const UNKNOWN_PROFILE: &str = "config-unknown-profile";
/// A chart or release that there is not.
pub const UNKNOWN_CHART: &str = "config-unknown-chart";
/// A parameter that no rule has.
pub const UNKNOWN_PARAMETER: &str = "config-unknown-parameter";
/// The value of a parameter is not of the parameter's type.
pub const PARAMETER_TYPE: &str = "config-parameter-type";
/// A file or folder that is not there.
pub const MISSING_FILE: &str = "config-missing-file";

/// Every code with what it means, as `docs/configuration.md` has them; sorted.
pub const ALL: &[(&str, &str)] = &[
    (
        BAD_PATTERN,
        "a pattern that cannot be read as a line of `.gitignore`",
    ),
    (
        DUPLICATE_KEY,
        "a key that is given twice in one map; the later one counts",
    ),
    (
        MISSING_FILE,
        "a rules folder, a values file or a baseline that is not there, or a path to a folder where a file is wanted",
    ),
    (MISSING_KEY, "a key that must be there and is not"),
    (
        PARAMETER_TYPE,
        "a value that is not of the parameter's type",
    ),
    (
        TOO_LARGE,
        "values nested without end, or far too many of them",
    ),
    (
        TWO_CLUSTERS,
        "a deployment or profile that is said to go to two clusters",
    ),
    (
        UNKNOWN_CHART,
        "a chart, service or release that is nowhere here and that nothing declares",
    ),
    (UNKNOWN_KEY, "a key that does not exist at that place"),
    (UNKNOWN_PACK, "a built-in pack that does not exist"),
    (UNKNOWN_PARAMETER, "a parameter that no rule has"),
    (
        UNKNOWN_PROFILE,
        "a profile that no file, no deployment and no key of `profiles` is of",
    ),
    (UNKNOWN_RULE, "a rule, tag or pack that does not exist"),
    (UNKNOWN_WORD, "a word that is none of those the key takes"),
    (WRONG_TYPE, "a value of another kind than the key takes"),
];
