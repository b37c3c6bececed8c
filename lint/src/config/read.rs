//! Turns a parsed `dogwatch.yaml` into settings.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use source::secret::token_shape;
use source::{Diagnostic, Severity, SourceId};
use values::path::{KeyPath, PathStep};
use values::stated::{Given, SetValue, newest_allowed, set_yaml};
use values::yaml::{Document, Kind, NodeId};

use super::check::{Checker, DEPTH, error};
use super::keys::ROOT;
use super::{
    Config, Facts, Mention, Mentioned, Origins, ParameterValue, SeverityEntry, StatedDeployment,
    StatedRelease, codes,
};

/// Reads a configuration. Always returns one: each mistake is reported at its position and treated as if it were not written.
/// YAML syntax errors are left to the document to report. `source` is the id under which the document was parsed.
pub fn read(source: SourceId, document: &Document) -> (Config, Vec<Diagnostic>) {
    debug_assert_eq!(source, document.source());
    let mut checker = Checker::new(document);
    let mut config = Config::default();
    if let Some(root) = document.root() {
        checker.duplicates();
        checker.node(root, ROOT, true);
        let mut diagnostics = checker.diagnostics.iter();
        let reader = Reader {
            document,
            origins: &checker.origins,
            bounded: !diagnostics.any(|it| it.code.as_str() == codes::TOO_LARGE),
        };
        config = reader.config(root);
        let found = two_clusters(&config, &checker.origins);
        checker.diagnostics.extend(found);
        checker.diagnostics.extend(no_address(document, root));
        checker.diagnostics.extend(unread(document));
    }
    config.origins = checker.origins;
    let mut diagnostics = checker.diagnostics;
    diagnostics.sort_by(|a, b| (a.primary.span, &a.code).cmp(&(b.primary.span, &b.code)));
    (config, diagnostics)
}

/// Reports a second document in the file.
fn unread(document: &Document) -> Option<Diagnostic> {
    let (_, second) = document.unread();
    let message = "a configuration is one YAML document, so nothing from here on is read";
    let it = error(codes::WRONG_TYPE, document.span(second?), message);
    Some(it.with_help("remove the line `---` above"))
}

/// A base URL with a trailing `/`; `None` for what no browser opens, and for a URL that contains a password: every report would
/// show it.
fn folder_address(text: &str) -> Option<String> {
    let text = text.trim();
    let web = text.starts_with("https://") || text.starts_with("http://");
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    (web && plain && !has_password(text)).then(|| format!("{}/", text.trim_end_matches('/')))
}

/// Does a URL begin with `user:password@`, or with a token in place of both?
fn has_password(address: &str) -> bool {
    let server = address.split("://").nth(1).unwrap_or_default();
    let server = server.split(['/', '?', '#']).next().unwrap_or_default();
    let user = server.rsplit_once('@').map(|(user, _)| user);
    user.is_some_and(|user| user.contains(':') || token_shape(user).is_some())
}

/// Reports a `rule-pages` that is not a usable URL.
fn no_address(document: &Document, root: NodeId) -> Option<Diagnostic> {
    let node = document.get(root, "rule-pages")?;
    let text = document.text_of(node);
    let wrong = document.kind(node) == Kind::String
        && !text.trim().is_empty()
        && folder_address(&text).is_none();
    wrong.then(|| {
        let message = match has_password(&text) {
            true => "this URL contains a password, which every report would show",
            false => "expected an `https://` or `http://` URL without spaces",
        };
        error(codes::WRONG_TYPE, document.span(node), message)
    })
}

/// Takes the values that have the right shape; the checker has reported the rest.
struct Reader<'a> {
    document: &'a Document,
    origins: &'a Origins,
    /// False if the values of parameters or of `set` exceed the limits; they are then dropped.
    bounded: bool,
}

impl Reader<'_> {
    fn config(&self, root: NodeId) -> Config {
        let mut severities = Vec::new();
        self.severities(root, None, &mut severities);
        let mut profiles = BTreeMap::new();
        for (name, node) in self.entries(root, "profiles") {
            profiles.insert(name.clone(), self.facts(node));
            self.severities(node, Some(&name), &mut severities);
        }
        let defaults = Config::default();
        Config {
            rules: self.paths(root, "rules"),
            packs: self.texts(root, "packs"),
            disable: self.texts(root, "disable").into_iter().flatten().collect(),
            severities,
            parameters: self
                .entries(root, "parameters")
                .filter(|_| self.bounded)
                .map(|(name, node)| (name, self.parameter(node, 0)))
                .collect(),
            fail_on: self
                .typed(root, "fail-on")
                .and_then(|word| word.parse().ok())
                .unwrap_or(defaults.fail_on),
            exclude: self.texts(root, "exclude").unwrap_or_default(),
            baseline: self.text(root, "baseline").map(PathBuf::from),
            rule_pages: self
                .text(root, "rule-pages")
                .and_then(|it| folder_address(&it)),
            clusters: self
                .entries(root, "clusters")
                .map(|(name, node)| (name, self.texts_of(node).unwrap_or_default()))
                .collect(),
            facts: self.facts(root),
            profiles,
            deployments: self.get(root, "deployments").map(|_| {
                self.entries(root, "deployments")
                    .map(|(name, node)| self.deployment(name, node))
                    .collect()
            }),
            origins: Origins::new(),
            mentions: self.mentions(root),
        }
    }

    /// Names of things defined outside the configuration, in the order written.
    fn mentions(&self, root: NodeId) -> Vec<Mention> {
        let mention = |of: Mentioned, name: String, node: NodeId| Mention {
            of,
            name,
            span: self.document.span(node),
        };
        let items = |map: NodeId, key: &str, of: Mentioned| {
            let list = self.get(map, key).into_iter();
            let items = list.flat_map(|list| self.document.items(list));
            let named = items.filter_map(|it| Some(mention(of, self.text_of(it)?, it)));
            named.collect::<Vec<_>>()
        };
        let keys = |map: NodeId, key: &str, of: Mentioned| {
            let map = self.get(map, key).into_iter();
            let entries = map.flat_map(|map| self.document.entries(map));
            let named =
                entries.map(|(key, _)| mention(of, self.document.key_text(key).into_owned(), key));
            named.collect::<Vec<_>>()
        };
        let mut found = items(root, "packs", Mentioned::Pack);
        found.extend(items(root, "disable", Mentioned::Rules));
        found.extend(keys(root, "parameters", Mentioned::Parameter));
        let profiles = self.entries(root, "profiles").map(|(_, profile)| profile);
        for settings in profiles.chain([root]) {
            found.extend(keys(settings, "severity", Mentioned::Rules));
            found.extend(keys(settings, "chart-versions", Mentioned::Installed));
            found.extend(keys(settings, "command-line-values", Mentioned::Installed));
            found.extend(items(settings, "externally-deployed", Mentioned::External));
        }
        found.sort_by_key(|it| it.span);
        found
    }

    fn facts(&self, map: NodeId) -> Facts {
        let texts = |key: &str| self.texts(map, key).unwrap_or_default();
        Facts {
            namespace: self.text(map, "namespace"),
            chart_versions: self
                .entries(map, "chart-versions")
                .filter_map(|(name, node)| Some((name, self.version_of(node)?)))
                .collect(),
            externally_deployed: BTreeSet::from_iter(texts("externally-deployed")),
            command_line_values: self
                .entries(map, "command-line-values")
                .filter_map(|(name, node)| Some((name, self.texts_of(node)?)))
                .collect(),
        }
    }

    fn severities(&self, map: NodeId, profile: Option<&str>, into: &mut Vec<SeverityEntry>) {
        let mut path = KeyPath::default();
        if let Some(profile) = profile {
            let keys = ["profiles", profile];
            path = KeyPath::of_keys(&keys);
        }
        path.0.push(PathStep::Key("severity".to_owned()));
        for (selector, node) in self.entries(map, "severity") {
            path.0.push(PathStep::Key(selector.clone()));
            let entry = |severity: Option<Severity>, path: &KeyPath| SeverityEntry {
                selector: selector.clone(),
                paths: Vec::new(),
                profile: profile.map(str::to_owned),
                profile_span: None,
                severity,
                span: self.origins.get(&path.to_string()).copied(),
            };
            if let Some(word) = self.word_of(node) {
                into.extend(severity(&word).map(|severity| entry(severity, &path)));
            }
            for (index, item) in self.document.items(node).enumerate() {
                path.0.push(PathStep::Index(index));
                let word = self.typed(item, "severity").unwrap_or_default();
                if let Some(severity) = severity(&word) {
                    let mut entry = entry(severity, &path);
                    entry.paths = self.texts(item, "paths").unwrap_or_default();
                    // Below `profiles` the profile is implied; an entry for another one can never match.
                    entry.profile = self.text(item, "profile").or(entry.profile);
                    let named = format!("{path}.profile");
                    entry.profile_span = self.origins.get(&named).copied();
                    if profile.is_none_or(|it| entry.profile.as_deref() == Some(it)) {
                        into.push(entry);
                    }
                }
                path.0.pop();
            }
            path.0.pop();
        }
    }

    fn parameter(&self, node: NodeId, depth: usize) -> ParameterValue {
        if depth > DEPTH || !self.bounded {
            return ParameterValue::Null;
        }
        match self.document.kind(node) {
            Kind::Null | Kind::Error => ParameterValue::Null,
            Kind::Bool => ParameterValue::Bool(self.document.bool(node).unwrap_or_default()),
            Kind::Number => ParameterValue::Number(self.document.number(node).unwrap_or_default()),
            Kind::String => ParameterValue::Text(self.document.text_of(node).into_owned()),
            Kind::List => {
                let items = self.document.items(node);
                ParameterValue::List(items.map(|it| self.parameter(it, depth + 1)).collect())
            }
            Kind::Map => {
                let entries = self.document.entries(node);
                let pairs = entries.map(|(key, value)| {
                    let name = self.document.key_text(key).into_owned();
                    (name, self.parameter(value, depth + 1))
                });
                ParameterValue::Map(pairs.collect())
            }
        }
    }

    fn deployment(&self, name: String, node: NodeId) -> StatedDeployment {
        StatedDeployment {
            profile: self.text(node, "profile").unwrap_or_else(|| name.clone()),
            namespace: self.text(node, "namespace"),
            releases: self
                .entries(node, "releases")
                .map(|(name, node)| self.release(name, node))
                .collect(),
            name,
        }
    }

    fn release(&self, name: String, node: NodeId) -> StatedRelease {
        let mut set = Vec::new();
        let at = self.get(node, "set");
        if let Some(map) = at {
            self.set_values(map, "", 0, &mut set);
        }
        let chart = self.text(node, "chart");
        let is_path = |it: &str| it.starts_with("./") || it.starts_with("../");
        let path = chart.as_deref().filter(|it| is_path(it)).map(PathBuf::from);
        let named = path.as_deref().and_then(Path::file_name);
        let named = named.map(|it| it.to_string_lossy().into_owned());
        let place = self.get(node, "chart").map(|it| self.document.span(it));
        StatedRelease {
            chart: named.or(chart).unwrap_or_else(|| name.clone()),
            chart_path: path.zip(place),
            version: self.get(node, "version").and_then(|it| self.version_of(it)),
            namespace: self.text(node, "namespace"),
            origin: self
                .document
                .key_of(node)
                .map(|key| self.document.span(key)),
            values: self.paths(node, "values").unwrap_or_default(),
            secrets: self.paths(node, "secrets").unwrap_or_default(),
            set: at
                .filter(|_| !set.is_empty())
                .map(|map| set_yaml(&set, self.document.span(map))),
            name,
        }
    }

    /// `--set` treats `{a: {b: 3}}` and `{"a.b": 3}` alike. A key of a nested map is a single key, dots included.
    fn set_values(&self, map: NodeId, above: &str, depth: usize, into: &mut Vec<Given>) {
        if depth > DEPTH || !self.bounded || self.document.kind(map) != Kind::Map {
            return;
        }
        for (key, value) in self.document.entries(map) {
            let named_at = self.document.span(key);
            let key = self.document.key_text(key);
            let name = match above {
                "" => key.into_owned(),
                _ => format!("{above}.{}", key.replace('\\', "\\\\").replace('.', "\\.")),
            };
            let text = || self.document.text_of(value).into_owned();
            let set = match self.document.kind(value) {
                Kind::Map => {
                    self.set_values(value, &name, depth + 1, into);
                    continue;
                }
                Kind::Null => SetValue::Typed("null".to_owned()),
                Kind::Bool | Kind::Number => SetValue::Typed(text()),
                Kind::String => SetValue::Text(text()),
                Kind::List | Kind::Error => continue,
            };
            into.push(Given {
                name,
                value: set,
                named_at,
                value_at: self.document.span(value),
            });
        }
    }

    fn get(&self, map: NodeId, key: &str) -> Option<NodeId> {
        let value = self.document.get(map, key)?;
        (self.document.kind(value) != Kind::Null).then_some(value)
    }

    /// The entries of the map under a key; none if there is no map.
    fn entries(&self, map: NodeId, key: &str) -> impl Iterator<Item = (String, NodeId)> + '_ {
        let entries = self.get(map, key).map(|node| self.document.entries(node));
        let entries = entries.into_iter().flatten();
        entries.map(|(key, value)| (self.document.key_text(key).into_owned(), value))
    }

    fn text(&self, map: NodeId, key: &str) -> Option<String> {
        self.text_of(self.get(map, key)?)
    }

    fn text_of(&self, node: NodeId) -> Option<String> {
        let text =
            (self.document.kind(node) == Kind::String).then(|| self.document.text_of(node))?;
        (!text.trim().is_empty()).then(|| text.into_owned())
    }

    /// A version; for a range, the newest that it allows.
    fn version_of(&self, node: NodeId) -> Option<String> {
        let typed = self.document.kind(node) == Kind::Number;
        typed
            .then(|| self.document.text_of(node).into_owned())
            .or_else(|| self.text_of(node))
            .and_then(|text| newest_allowed(&text))
    }

    /// A word, whatever its YAML type: `off` is a boolean there.
    fn word_of(&self, node: NodeId) -> Option<String> {
        let scalar = matches!(self.document.kind(node), Kind::String | Kind::Bool);
        scalar.then(|| self.document.text_of(node).into_owned())
    }

    fn typed(&self, map: NodeId, key: &str) -> Option<String> {
        self.word_of(self.get(map, key)?)
    }

    fn texts(&self, map: NodeId, key: &str) -> Option<Vec<String>> {
        self.texts_of(self.get(map, key)?)
    }

    fn texts_of(&self, node: NodeId) -> Option<Vec<String>> {
        let list = self.document.kind(node) == Kind::List;
        list.then(|| {
            let items = self.document.items(node);
            items.filter_map(|item| self.text_of(item)).collect()
        })
    }

    fn paths(&self, map: NodeId, key: &str) -> Option<Vec<PathBuf>> {
        let texts = self.texts(map, key)?;
        Some(texts.into_iter().map(PathBuf::from).collect())
    }
}

/// The severity of a word; the inner `None` is `off`.
fn severity(word: &str) -> Option<Option<Severity>> {
    match word {
        "off" => Some(None),
        _ => word.parse().ok().map(Some),
    }
}

/// Reports deployments and profiles that are assigned to two clusters.
fn two_clusters(config: &Config, origins: &Origins) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut seen: BTreeMap<&str, String> = BTreeMap::new();
    for (cluster, names) in &config.clusters {
        for (index, name) in names.iter().enumerate() {
            let mut path = KeyPath::of_keys(&["clusters", cluster]);
            path.0.push(PathStep::Index(index));
            let path = path.to_string();
            let earlier = seen.insert(name, path.clone());
            let Some(span) = origins.get(&path) else {
                continue;
            };
            if let Some(other) = earlier.and_then(|path| origins.get(&path)) {
                let message = format!("`{name}` is assigned to two clusters");
                let diagnostic = error(codes::TWO_CLUSTERS, *span, message);
                found.push(diagnostic.with_related(*other, "also assigned here"));
            }
        }
    }
    found
}
