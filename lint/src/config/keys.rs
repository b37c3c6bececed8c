//! The keys of `dogwatch.yaml`: one table from which the reader, the published schema and editor completion are derived.

/// The kind of value that a place accepts.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Text.
    Text,
    /// The version of a chart. A YAML number keeps the text as typed: `5.30` is not 5.3.
    Version,
    /// A file or folder, relative to the configuration's folder.
    Path,
    /// A `.gitignore` pattern.
    Pattern,
    /// One of a fixed set of words.
    Choice(&'static [Choice]),
    /// A list.
    List(&'static Shape),
    /// A map whose keys are user-defined names.
    Map {
        /// What the names refer to, such as `chart`.
        key: &'static str,
        /// The shape of each value.
        of: &'static Shape,
    },
    /// A map with these keys, in groups that several maps share.
    Keys(&'static [&'static [Key]]),
    /// Values for `set`, by name: scalars, or maps of them.
    Set,
    /// Anything: the value of a parameter.
    Any,
    /// A word or a list of maps: the two ways to write a severity.
    Either(&'static Shape, &'static Shape),
}

/// A word that a place accepts.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    /// The word.
    pub word: &'static str,
    /// What it means.
    pub docs: &'static str,
}

/// A key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// The shape of its value.
    pub shape: Shape,
    /// What it is for, in one or two sentences.
    pub docs: &'static str,
    /// True if the key is required.
    pub required: bool,
}

const fn key(name: &'static str, shape: Shape, docs: &'static str) -> Key {
    Key {
        name,
        shape,
        docs,
        required: false,
    }
}

const SEVERITY_WORDS: &[Choice] = &[
    Choice {
        word: "error",
        docs: "Fails, leaks a secret, or contradicts the guidance.",
    },
    Choice {
        word: "warning",
        docs: "Very likely wrong, or risky.",
    },
    Choice {
        word: "info",
        docs: "Worth knowing.",
    },
    Choice {
        word: "off",
        docs: "Not reported.",
    },
];

const FAIL_WORDS: &[Choice] = &[SEVERITY_WORDS[0], SEVERITY_WORDS[1], SEVERITY_WORDS[2]];

const SEVERITY_ENTRY: &[Key] = &[
    Key {
        name: "severity",
        shape: Shape::Choice(SEVERITY_WORDS),
        docs: "The severity when the conditions beside it hold.",
        required: true,
    },
    key(
        "profile",
        Shape::Text,
        "Only in deployments of this profile.",
    ),
    key(
        "paths",
        Shape::List(&Shape::Pattern),
        "Only for findings in files that match one of these `.gitignore` patterns.",
    ),
];

const SEVERITIES: Shape = Shape::Map {
    key: "rule, tag or pack",
    of: &Shape::Either(
        &Shape::Choice(SEVERITY_WORDS),
        &Shape::List(&Shape::Keys(&[SEVERITY_ENTRY])),
    ),
};

const SEVERITY: &[Key] = &[key(
    "severity",
    SEVERITIES,
    "Severities that override the rules' own, by rule, tag or pack. A rule's id takes precedence over a tag, a tag over a pack.",
)];

const FACTS: &[Key] = &[
    key(
        "namespace",
        Shape::Text,
        "The namespace of releases that do not set one. Default: `default`.",
    ),
    key(
        "chart-versions",
        Shape::Map {
            key: "chart",
            of: &Shape::Version,
        },
        "Chart versions, by chart. Rules that depend on a version treat an unknown one as the newest.",
    ),
    key(
        "externally-deployed",
        Shape::List(&Shape::Text),
        "Services and charts that run in the cluster but are installed from somewhere else.",
    ),
    key(
        "command-line-values",
        Shape::Map {
            key: "release or chart",
            of: &Shape::List(&Shape::Text),
        },
        "Paths of values passed to Helm with `--set` or `--set-file`: they are set, but dogwatch cannot see them.",
    ),
];

const RELEASE: &[Key] = &[
    key(
        "chart",
        Shape::Text,
        "The chart's name, or the folder or archive of a chart on disk: `./charts/shop`. Default: the release's name.",
    ),
    key("version", Shape::Version, "The chart's version."),
    key("namespace", Shape::Text, "The namespace."),
    key(
        "values",
        Shape::List(&Shape::Path),
        "Values files in merge order. A missing file is an error.",
    ),
    key(
        "secrets",
        Shape::List(&Shape::Path),
        "Secrets files, merged after the values. A missing file is a layer with unknown contents.",
    ),
    key(
        "set",
        Shape::Set,
        "Single values, merged last: unquoted as with `--set`, quoted as with `--set-string`.",
    ),
];

const DEPLOYMENT: &[Key] = &[
    key(
        "profile",
        Shape::Text,
        "Its profile. Default: the deployment's name.",
    ),
    key(
        "namespace",
        Shape::Text,
        "The namespace of its releases that do not set one.",
    ),
    Key {
        name: "releases",
        shape: Shape::Map {
            key: "release",
            of: &Shape::Keys(&[RELEASE]),
        },
        docs: "Its releases, by installed name.",
        required: true,
    },
];

const TOP: &[Key] = &[
    key(
        "rules",
        Shape::List(&Shape::Path),
        "Folders with your own rules. Default: `rules` beside this file, if it exists.",
    ),
    key(
        "packs",
        Shape::List(&Shape::Text),
        "Enabled built-in packs. Default: all.",
    ),
    key(
        "disable",
        Shape::List(&Shape::Text),
        "Disabled rules: ids, tags or packs.",
    ),
    key(
        "parameters",
        Shape::Map {
            key: "parameter",
            of: &Shape::Any,
        },
        "Values for the `param` items of rules, by name; `PACK.NAME` if several packs have one of that name.",
    ),
    key(
        "fail-on",
        Shape::Choice(FAIL_WORDS),
        "The lowest severity that makes the exit status 1. Default: `error`.",
    ),
    key(
        "exclude",
        Shape::List(&Shape::Pattern),
        "Files to skip, as `.gitignore` patterns. Files that `.gitignore` matches are skipped anyway.",
    ),
    key(
        "baseline",
        Shape::Path,
        "The file with the known findings, written by `dogwatch baseline`.",
    ),
    key(
        "rule-pages",
        Shape::Text,
        "The URL (`https://…`) at which the output of `dogwatch docs` is published: rule links in reports and editors lead there.",
    ),
    key(
        "clusters",
        Shape::Map {
            key: "cluster",
            of: &Shape::List(&Shape::Text),
        },
        "Deployments or profiles that share a cluster. Default: each has its own.",
    ),
    key(
        "profiles",
        Shape::Map {
            key: "profile",
            of: &Shape::Keys(&[FACTS, SEVERITY]),
        },
        "The same facts and severities for one profile only. A name here is also a filename prefix: `NAME-values.yaml`.",
    ),
    key(
        "deployments",
        Shape::Map {
            key: "deployment",
            of: &Shape::Keys(&[DEPLOYMENT]),
        },
        "The releases. If this key is present, nothing is discovered by name.",
    ),
];

/// The shape of a whole `dogwatch.yaml`.
pub const ROOT: Shape = Shape::Keys(&[TOP, SEVERITY, FACTS]);

impl Shape {
    /// The keys that are valid in a map of this shape; none if the names are user-defined.
    pub fn keys(self) -> impl Iterator<Item = &'static Key> {
        let groups = match self {
            Self::Keys(groups) => groups,
            Self::Text
            | Self::Version
            | Self::Path
            | Self::Pattern
            | Self::Choice(_)
            | Self::List(_)
            | Self::Map { .. }
            | Self::Set
            | Self::Any
            | Self::Either(..) => &[],
        };
        groups.iter().copied().flatten()
    }

    /// The shape at `path`: keys of maps, and any position for a list. Editors use this.
    pub fn below(self, path: &[values::path::Step<'_>]) -> Option<Self> {
        use values::path::Step;
        let Some((first, rest)) = path.split_first() else {
            return Some(self);
        };
        let next = match (self, first) {
            (Self::Keys(_), Step::Key(name)) => self.keys().find(|key| key.name == *name)?.shape,
            (Self::Map { of, .. }, Step::Key(_)) => *of,
            (Self::List(of), Step::Index(_)) => *of,
            (Self::Either(_, list), Step::Index(_)) => return list.below(path),
            (Self::Set | Self::Any, _) => self,
            (
                Self::Text
                | Self::Version
                | Self::Path
                | Self::Pattern
                | Self::Choice(_)
                | Self::List(_)
                | Self::Map { .. }
                | Self::Keys(_)
                | Self::Either(..),
                _,
            ) => return None,
        };
        next.below(rest)
    }

    /// The expected value, for a message: `a list of strings`.
    pub fn describe(self) -> String {
        match self {
            Self::Text => "a string".to_owned(),
            Self::Version => "a version".to_owned(),
            Self::Path => "a path".to_owned(),
            Self::Pattern => "a pattern".to_owned(),
            Self::Choice(words) => {
                let words: Vec<String> = words.iter().map(|it| format!("`{}`", it.word)).collect();
                match words.split_last() {
                    Some((last, rest)) if !rest.is_empty() => {
                        format!("{} or {last}", rest.join(", "))
                    }
                    _ => words.concat(),
                }
            }
            Self::List(of) => match *of {
                Self::Text => "a list of strings".to_owned(),
                Self::Path => "a list of paths".to_owned(),
                Self::Pattern => "a list of patterns".to_owned(),
                Self::Keys(_) | Self::Map { .. } => "a list of maps".to_owned(),
                Self::Version
                | Self::Choice(_)
                | Self::List(_)
                | Self::Set
                | Self::Any
                | Self::Either(..) => "a list".to_owned(),
            },
            Self::Map { key, .. } => format!("a map keyed by {key}"),
            Self::Keys(_) => "a map".to_owned(),
            Self::Set => "a map of scalars".to_owned(),
            Self::Any => "anything".to_owned(),
            Self::Either(one, other) => format!("{}, or {}", one.describe(), other.describe()),
        }
    }
}
