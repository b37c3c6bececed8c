//! The keys of `dogwatch.yaml`: one table that the reader, the published schema and an editor's completion follow.

/// What may stand at a place.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Text.
    Text,
    /// The version of a chart. What YAML takes for a number is taken as it is typed: `5.30` is not 5.3.
    Version,
    /// A file or folder, relative to the configuration's folder.
    Path,
    /// A pattern as `.gitignore` writes it.
    Pattern,
    /// One of some words.
    Choice(&'static [Choice]),
    /// A list.
    List(&'static Shape),
    /// A map whose keys are names of the user's.
    Map {
        /// What the names name: `chart`.
        key: &'static str,
        /// What stands under each.
        of: &'static Shape,
    },
    /// A map with these keys, in groups that several maps share.
    Keys(&'static [&'static [Key]]),
    /// Values for `set` by name: scalars, or maps of them.
    Set,
    /// Anything: the value of a parameter.
    Any,
    /// A word, or a list of maps: both ways to write a severity.
    Either(&'static Shape, &'static Shape),
}

/// A word that may stand at a place.
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
    /// What stands under it.
    pub shape: Shape,
    /// What it is for: one or two sentences.
    pub docs: &'static str,
    /// True if it must be there.
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
        docs: "Will fail, leaks a secret, or contradicts the guidance.",
    },
    Choice {
        word: "warning",
        docs: "Very probably wrong, or risky.",
    },
    Choice {
        word: "info",
        docs: "Worth knowing.",
    },
    Choice {
        word: "off",
        docs: "Not reported at all.",
    },
];

const FAIL_WORDS: &[Choice] = &[SEVERITY_WORDS[0], SEVERITY_WORDS[1], SEVERITY_WORDS[2]];

const SEVERITY_ENTRY: &[Key] = &[
    Key {
        name: "severity",
        shape: Shape::Choice(SEVERITY_WORDS),
        docs: "The severity where the conditions beside it hold.",
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
        "Only for findings in files that fit one of these patterns, written as in `.gitignore`.",
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
    "Severities that differ from the rule's own, by rule, tag or pack. A rule's id counts before a tag, a tag before a pack.",
)];

const FACTS: &[Key] = &[
    key(
        "namespace",
        Shape::Text,
        "The namespace of releases that do not say theirs. Without it: `default`.",
    ),
    key(
        "chart-versions",
        Shape::Map {
            key: "chart",
            of: &Shape::Version,
        },
        "Versions of charts, by chart. A rule that depends on a version counts an unknown one as the newest.",
    ),
    key(
        "externally-deployed",
        Shape::List(&Shape::Text),
        "Services and charts that run in the cluster, but are installed from somewhere else.",
    ),
    key(
        "command-line-values",
        Shape::Map {
            key: "release or chart",
            of: &Shape::List(&Shape::Text),
        },
        "Paths of values that are given by `--set` or `--set-file` when Helm runs: there, but not to be seen.",
    ),
];

const RELEASE: &[Key] = &[
    key(
        "chart",
        Shape::Text,
        "The chart's name, or the folder or archive of a chart on disk: `./charts/shop`. Without it: the release's name.",
    ),
    key("version", Shape::Version, "The chart's version."),
    key("namespace", Shape::Text, "The namespace."),
    key(
        "values",
        Shape::List(&Shape::Path),
        "Values files in the order in which they are merged. A file that is not there is an error.",
    ),
    key(
        "secrets",
        Shape::List(&Shape::Path),
        "Secrets files, merged after the values. A file that is not there is a layer that cannot be seen.",
    ),
    key(
        "set",
        Shape::Set,
        "Single values, merged last: an unquoted one as `--set` takes it, a quoted one as `--set-string`.",
    ),
];

const DEPLOYMENT: &[Key] = &[
    key(
        "profile",
        Shape::Text,
        "Its profile. Without it: the deployment's name.",
    ),
    key(
        "namespace",
        Shape::Text,
        "The namespace of its releases that do not say theirs.",
    ),
    Key {
        name: "releases",
        shape: Shape::Map {
            key: "release",
            of: &Shape::Keys(&[RELEASE]),
        },
        docs: "Its releases, by the name under which they are installed.",
        required: true,
    },
];

const TOP: &[Key] = &[
    key(
        "rules",
        Shape::List(&Shape::Path),
        "Folders with rules of your own. Without it: `rules` beside this file, if it is there.",
    ),
    key(
        "packs",
        Shape::List(&Shape::Text),
        "Built-in packs that take part. Without it: all.",
    ),
    key(
        "disable",
        Shape::List(&Shape::Text),
        "Rules that are off: ids, tags or packs.",
    ),
    key(
        "parameters",
        Shape::Map {
            key: "parameter",
            of: &Shape::Any,
        },
        "Values for the `param` items of rules, by name; `PACK.NAME` where several packs have one of that name.",
    ),
    key(
        "fail-on",
        Shape::Choice(FAIL_WORDS),
        "The least severity that makes the exit status 1. Without it: `error`.",
    ),
    key(
        "exclude",
        Shape::List(&Shape::Pattern),
        "Files that take no part, written as in `.gitignore`. What `.gitignore` leaves out takes no part anyway.",
    ),
    key(
        "baseline",
        Shape::Path,
        "The file with the findings that are known, written by `dogwatch baseline`.",
    ),
    key(
        "rule-pages",
        Shape::Text,
        "Where the pages can be read that `dogwatch docs` wrote, `https://…`: the links of rules lead there, in reports and in editors.",
    ),
    key(
        "clusters",
        Shape::Map {
            key: "cluster",
            of: &Shape::List(&Shape::Text),
        },
        "Which deployments or profiles go to one cluster. Without it: each to its own.",
    ),
    key(
        "profiles",
        Shape::Map {
            key: "profile",
            of: &Shape::Keys(&[FACTS, SEVERITY]),
        },
        "The same facts and severities for one profile only. A name here is also a prefix of file names: `NAME-values.yaml`.",
    ),
    key(
        "deployments",
        Shape::Map {
            key: "deployment",
            of: &Shape::Keys(&[DEPLOYMENT]),
        },
        "Which releases there are. With this key nothing is discovered by name.",
    ),
];

/// What a whole `dogwatch.yaml` is.
pub const ROOT: Shape = Shape::Keys(&[TOP, SEVERITY, FACTS]);

impl Shape {
    /// The keys that may stand in a map of this shape; none where the names are the user's.
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

    /// What stands below `path`: keys of maps, and anything for a position in a list. An editor asks this.
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

    /// What is asked for, for a message: `a list of texts`.
    pub fn describe(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
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
                Self::Text => "a list of texts".to_owned(),
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
            Self::Map { key, .. } => format!("a map by {key}"),
            Self::Keys(_) => "a map".to_owned(),
            Self::Set => "a map of single values".to_owned(),
            Self::Any => "anything".to_owned(),
            Self::Either(one, other) => format!("{}, or {}", one.describe(), other.describe()),
        }
    }
}
