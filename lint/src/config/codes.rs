//! The codes of the problems that a `dogwatch.yaml` can have.

/// A key that is not valid in its place.
pub const UNKNOWN_KEY: &str = "config-unknown-key";
/// A required key that is missing.
pub const MISSING_KEY: &str = "config-missing-key";
/// A key that appears twice in one map.
pub const DUPLICATE_KEY: &str = "config-duplicate-key";
/// A value of the wrong type.
pub const WRONG_TYPE: &str = "config-wrong-type";
/// A word that the key does not accept.
pub const UNKNOWN_WORD: &str = "config-unknown-word";
/// A pattern that is not valid in a `.gitignore`.
pub const BAD_PATTERN: &str = "config-bad-pattern";
/// Values that are nested too deeply, or too many of them.
pub const TOO_LARGE: &str = "config-too-large";
/// A deployment or profile that is assigned to two clusters.
pub const TWO_CLUSTERS: &str = "config-two-clusters";
/// A rule, tag or pack that does not exist.
pub const UNKNOWN_RULE: &str = "config-unknown-rule";
/// A built-in pack that does not exist.
pub const UNKNOWN_PACK: &str = "config-unknown-pack";
/// A profile that nothing belongs to.
pub const UNKNOWN_PROFILE: &str = "config-unknown-profile";
/// A chart or release that is neither declared nor installed here.
pub const UNKNOWN_CHART: &str = "config-unknown-chart";
/// A parameter that no rule has.
pub const UNKNOWN_PARAMETER: &str = "config-unknown-parameter";
/// A value that does not have the parameter's type.
pub const PARAMETER_TYPE: &str = "config-parameter-type";
/// A chart version that is not one.
pub const UNKNOWN_VERSION: &str = "config-unknown-version";
/// A file or folder that does not exist.
pub const MISSING_FILE: &str = "config-missing-file";

/// Every code with its meaning, as `docs/configuration.md` lists them; sorted.
pub const ALL: &[(&str, &str)] = &[
    (BAD_PATTERN, "a pattern that is not valid in a `.gitignore`"),
    (
        DUPLICATE_KEY,
        "a key that appears twice in one map; the later one wins",
    ),
    (
        MISSING_FILE,
        "a rules folder, values file or baseline that does not exist, or a file where a folder is expected or the reverse",
    ),
    (MISSING_KEY, "a required key that is missing"),
    (
        PARAMETER_TYPE,
        "a value that does not have the parameter's type",
    ),
    (
        TOO_LARGE,
        "values that are nested too deeply, or too many of them",
    ),
    (
        TWO_CLUSTERS,
        "a deployment or profile that is assigned to two clusters",
    ),
    (
        UNKNOWN_CHART,
        "a chart, service or release that is neither declared nor installed here",
    ),
    (UNKNOWN_KEY, "a key that is not valid in its place"),
    (UNKNOWN_PACK, "a built-in pack that does not exist"),
    (UNKNOWN_PARAMETER, "a parameter that no rule has"),
    (
        UNKNOWN_PROFILE,
        "a profile that no file, deployment or key of `profiles` belongs to",
    ),
    (UNKNOWN_RULE, "a rule, tag or pack that does not exist"),
    (
        UNKNOWN_VERSION,
        "a text that names no chart version, so the newest is assumed",
    ),
    (UNKNOWN_WORD, "a word that the key does not accept"),
    (WRONG_TYPE, "a value of the wrong type"),
];
