//! Which values must never be shown. Computed once per layer, since rules need it for every value they read.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use source::secret::is_credential;

use super::Merged;
use super::declared::{Declarations, Descent};
use super::lookup::Shape;
use super::node::{LayerId, NodeRef, Target};
use super::parents::Parents;
use crate::path::Step;
use crate::secret::{
    Names, PossibleSecretName, Sensitivity, is_random_secret, is_secret_key, is_secret_text,
    manifest_secrets, may_be_secret_by_path, may_name_secret, passes_secret, repeats_key,
    secret_setting, sensitivity,
};
use crate::yaml::{Document, Kind, NodeId, Slot};

/// A set of nodes of one document.
#[derive(Debug, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn insert(&mut self, node: NodeId) {
        let at = node.index() as usize;
        if self.0.len() <= at / 64 {
            self.0.resize(at / 64 + 1, 0);
        }
        self.0[at / 64] |= 1 << (at % 64);
    }

    #[inline]
    pub(super) fn contains(&self, node: NodeId) -> bool {
        let at = node.index() as usize;
        self.0
            .get(at / 64)
            .is_some_and(|word| word & (1 << (at % 64)) != 0)
    }

    fn iter(&self) -> impl Iterator<Item = NodeId> {
        (0..).zip(&self.0).flat_map(|(at, word)| {
            let bits = (0..64).filter(move |bit| word & (1 << bit) != 0);
            bits.map(move |bit| NodeId::from_index(at * 64 + bit))
        })
    }
}

/// What is known about the nodes of one layer because of their place.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// Must not be shown, here or where an alias uses them.
    secret: Bits,
    /// May be secrets by name or text: masked too, but unknown to rules.
    possible: Bits,
    /// Written below a key `secrets`.
    below: Bits,
    /// Deeper than any declaration looks, so the declaration above applies.
    deep: Bits,
    /// The subset of `deep` that is declared secret.
    deep_secret: Bits,
    /// True if aliases expand to too much to visit: everything counts as secret.
    all: bool,
    /// True if every value is used only where it is written: there are no aliases or merge keys.
    plain: bool,
}

/// The most values visited through aliases. Helm rejects texts with less than half as many.
const MAX_ALIASED: usize = 1_000_000;

/// The number of single queries on a layer before the marks of all values are computed.
const MAX_SINGLE_QUERIES: u32 = 100;

/// A step of a path whose key may have been unescaped.
enum WrittenStep<'d> {
    Key(Cow<'d, str>),
    /// `<<`
    Merge(Cow<'d, str>),
    Index(usize),
}

impl WrittenStep<'_> {
    fn is_key(&self, name: &str) -> bool {
        matches!(self, Self::Key(key) if key == name)
    }

    fn step(&self) -> Step<'_> {
        match self {
            Self::Key(key) | Self::Merge(key) => Step::Key(key),
            Self::Index(at) => Step::Index(*at),
        }
    }
}

/// The path of a value where it is written, from the top of the release.
pub struct WrittenPath<'p, 'd>(&'p [WrittenStep<'d>]);

impl WrittenPath<'_, '_> {
    /// The number of steps.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True for the top of the release.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its last step.
    pub fn last(&self) -> Option<Step<'_>> {
        self.0.last().map(WrittenStep::step)
    }

    /// Its first `count` steps.
    pub fn first(&self, count: usize) -> impl Iterator<Item = Step<'_>> {
        self.0.iter().take(count).map(WrittenStep::step)
    }
}

impl<'d> WrittenStep<'d> {
    fn from_slot(document: &'d Document, slot: Slot) -> Self {
        match slot {
            Slot::Key(key) if document.is_merge_key(key) => Self::Merge(document.key_text(key)),
            Slot::Key(key) => Self::Key(document.key_text(key)),
            Slot::Index(at) => Self::Index(at),
        }
    }
}

/// The values in a map or list with their places, including those that a later duplicate overrides.
fn children(document: &Document, node: NodeId) -> Vec<(NodeId, Slot)> {
    match document.kind(node) {
        Kind::Map => {
            let pairs = document.pairs(node);
            pairs.map(|(key, value)| (value, Slot::Key(key))).collect()
        }
        Kind::List => {
            let items = document.items(node).enumerate();
            items.map(|(at, item)| (item, Slot::Index(at))).collect()
        }
        Kind::Null | Kind::Bool | Kind::Number | Kind::String | Kind::Error => Vec::new(),
    }
}

/// The values of a key of a map, including all duplicates.
fn values_of_key<'d>(
    document: &'d Document,
    map: NodeId,
    name: &'static str,
) -> impl Iterator<Item = NodeId> + 'd {
    let pairs = document.pairs(map);
    let matching = pairs.filter(move |(key, _)| document.key_text(*key) == name);
    matching.map(|(_, value)| value)
}

/// The item before index `at` of a list, if it is a text.
fn text_before(document: &Document, list: NodeId, at: usize) -> Option<NodeId> {
    let before = document.item(list, at.checked_sub(1)?)?;
    (document.kind(before) == Kind::String).then_some(before)
}

/// What is known about a value from the steps that lead to it.
#[derive(Debug, Clone, Copy, Default)]
struct PathFacts {
    names: Names,
    /// True if the key names say that it is secret.
    named: bool,
    /// What the last keys say about possible secrets.
    possible: PossibleSecretName,
    declared: Option<Sensitivity>,
    below: bool,
    depth: usize,
}

impl PathFacts {
    fn is_secret(self) -> bool {
        match self.declared {
            Some(declared) => declared == Sensitivity::Secret,
            None => self.named,
        }
    }

    /// True if a value here may be a secret by name. `text` is `None` for a number.
    fn may_be_secret(self, text: Option<&str>) -> bool {
        self.declared != Some(Sensitivity::Clear)
            && self.possible.may_be_secret(text)
            && !self.names.is_harmless()
    }
}

/// Walks down the values of a layer.
struct Marker<'m> {
    document: &'m Document,
    parents: &'m Parents,
    declarations: &'m Declarations,
    marks: Marks,
}

/// The declarations that apply on a descent from a value at depth `base`.
struct Cursor {
    base: usize,
    descent: Descent,
}

impl Marker<'_> {
    /// Takes one step. Before, the cursor is at the parent; after, at the value.
    fn step(&self, above: PathFacts, step: &WrittenStep<'_>, cursor: &mut Cursor) -> PathFacts {
        let mut facts = above;
        // Merged entries count as entries of the map itself.
        if let WrittenStep::Merge(_) = step {
            return facts;
        }
        if let WrittenStep::Key(key) = step {
            facts.names = facts.names.then(key);
            facts.named = facts.names.is_secret(key);
            facts.possible = facts.possible.then(key);
            facts.below |= key == "secrets";
        }
        facts.depth += 1;
        if facts.depth <= self.declarations.reach() {
            let depth = above.depth - cursor.base;
            self.declarations
                .step(&mut cursor.descent, depth, step.step());
            facts.declared = self.declarations.sensitivity_at(&cursor.descent, depth + 1);
        }
        facts
    }

    fn mark_secret(&mut self, node: NodeId, facts: PathFacts) {
        if facts.is_secret() {
            self.marks.secret.insert(node);
        }
    }

    /// Marks a single value where it is written, by its text, and by its names if these are inconclusive.
    fn mark_scalar(
        &mut self,
        node: NodeId,
        step: &WrittenStep<'_>,
        before: Option<NodeId>,
        facts: PathFacts,
    ) {
        if self.document.is_alias(node) {
            return;
        }
        match self.document.kind(node) {
            Kind::Number => self.mark_if_possible(node, None, facts),
            Kind::String => {
                let text = self.document.text_of(node);
                let key = match step {
                    WrittenStep::Key(key) => Some(key.as_ref()),
                    WrittenStep::Merge(_) | WrittenStep::Index(_) => None,
                };
                let is_random_secret = || {
                    let by_key = key.is_some_and(|key| is_random_secret(key, &text));
                    by_key && facts.may_be_secret(Some(&text))
                };
                if is_secret_text(key, &text) || is_random_secret() {
                    self.marks.secret.insert(node);
                }
                let before = before.map(|it| self.document.text_of(it));
                if is_credential(&text) || passes_secret(Some(&text), before.as_deref()) {
                    self.marks.possible.insert(node);
                }
                self.mark_if_possible(node, Some(&text), facts);
            }
            Kind::Null | Kind::Bool | Kind::Map | Kind::List | Kind::Error => {}
        }
    }

    fn mark_if_possible(&mut self, node: NodeId, text: Option<&str>, facts: PathFacts) {
        if facts.may_be_secret(text) {
            self.marks.possible.insert(node);
        }
    }

    /// Marks the value of a variable named like a secret: `{name: DB_PASSWORD, value: …}`.
    fn mark_variable(&mut self, map: NodeId) {
        if self.document.kind(map) != Kind::Map || self.document.is_alias(map) {
            return;
        }
        let document = self.document;
        for name in values_of_key(document, map, "name") {
            let name = document.text_of(name);
            let is_secret_name = is_secret_key(&name);
            let is_secret = |value: &NodeId| {
                let text = || document.kind(*value) == Kind::String;
                is_secret_name || text() && is_random_secret(&name, &document.text_of(*value))
            };
            for value in values_of_key(document, map, "value") {
                if is_secret(&value) {
                    self.marks.secret.insert(value);
                } else if may_name_secret(&name) {
                    self.marks.possible.insert(value);
                }
            }
        }
    }

    /// Marks the values in the manifest of a Kubernetes secret that a chart passes through: `{kind: Secret, data: …}`.
    fn mark_manifest(&mut self, map: NodeId) {
        let document = self.document;
        let is_map = |node: NodeId| document.kind(node) == Kind::Map && !document.is_alias(node);
        if !is_map(map)
            || !values_of_key(document, map, "kind").any(|it| document.text_of(it) == "Secret")
        {
            return;
        }
        let blocks = ["data", "stringData"].map(|key| values_of_key(document, map, key));
        let blocks = blocks.into_iter().flatten().filter(|it| is_map(*it));
        let entries: Vec<_> = blocks.flat_map(|it| document.pairs(it)).collect();
        manifest_secrets(document, &entries).for_each(|it| self.marks.secret.insert(it));
    }

    /// True if a map names a Kubernetes secret and this step is the key in that secret: `secretKey` next to `existingSecret`, `key` next to
    /// `name`.
    fn is_key_of_secret(&self, map: NodeId, step: &WrittenStep<'_>) -> bool {
        let document = self.document;
        if !step.is_key("key") && !step.is_key("secretKey") {
            return false;
        }
        // With `accessKey`, they are the two halves of a login.
        let by_name = document.get(map, "accessKey").is_none();
        let mut pairs = document.pairs(map);
        pairs.any(|(key, value)| {
            let name = document.key_text(key);
            let is_name = name.starts_with("existingSecret")
                || name == "secretName"
                || by_name && name == "name";
            is_name && document.kind(value) == Kind::String && !document.text_of(value).is_empty()
        })
    }

    fn repeats_key(&self, node: NodeId, step: &WrittenStep<'_>) -> bool {
        let WrittenStep::Key(key) = step else {
            return false;
        };
        self.document.kind(node) == Kind::String && repeats_key(key, &self.document.text_of(node))
    }

    /// Marks a value where it is written.
    fn mark_written(&mut self, node: NodeId, facts: PathFacts, deep: usize) {
        self.mark_secret(node, facts);
        if facts.below {
            self.marks.below.insert(node);
        }
        if facts.depth >= deep {
            self.marks.deep.insert(node);
            if facts.declared == Some(Sensitivity::Secret) {
                self.marks.deep_secret.insert(node);
            }
        }
    }

    /// Marks all values where they are written, then the targets of aliases as used at the aliases.
    fn mark_all(&mut self, top: Option<NodeId>, mount: &[String]) {
        let reach = self.declarations.reach();
        let mut cursor = Cursor {
            base: 0,
            descent: self.declarations.top(),
        };
        let mut facts = PathFacts::default();
        for key in mount {
            facts = self.step(
                facts,
                &WrittenStep::Key(Cow::Borrowed(key.as_str())),
                &mut cursor,
            );
        }
        let deep = reach.max(facts.depth);
        let mut aliases = Vec::new();
        let branch = |facts: PathFacts, cursor: &Cursor| Cursor {
            base: facts.depth.min(reach),
            descent: cursor.descent.rebased(facts.depth.min(reach)),
        };
        self.marks.plain = true;
        let Some(top) = top else { return };
        self.mark_written(top, facts, deep);
        if self.document.is_alias(top) {
            aliases.push((top, facts, branch(facts, &cursor)));
        }
        // What is known about the ancestors of a value, the top first.
        let mut ancestors = vec![facts];
        let mut below = self.document.below(top);
        while let Some(found) = below.next() {
            ancestors.truncate(found.depth);
            let (node, above) = (found.node, ancestors[found.depth - 1]);
            let step = WrittenStep::from_slot(self.document, found.place);
            if let WrittenStep::Merge(_) = step {
                aliases.push((node, above, branch(above, &cursor)));
                below.leave_out();
                continue;
            }
            if self.parents.parent(node) != Some(found.parent) {
                self.marks.plain = false;
                below.leave_out();
                continue;
            }
            let mut facts = self.step(above, &step, &mut cursor);
            let is_name =
                || self.is_key_of_secret(found.parent, &step) || self.repeats_key(node, &step);
            facts.named = facts.named && !is_name();
            ancestors.push(facts);
            self.mark_manifest(node);
            self.mark_written(node, facts, deep);
            let mut before = None;
            if let WrittenStep::Index(at) = step {
                self.mark_variable(node);
                before = text_before(self.document, found.parent, at);
            }
            self.mark_scalar(node, &step, before, facts);
            if self.document.is_alias(node) {
                aliases.push((node, facts, branch(facts, &cursor)));
            }
        }
        self.marks.plain &= aliases.is_empty();
        let mut left = MAX_ALIASED;
        for (alias, facts, cursor) in aliases {
            self.mark_alias_target(alias, facts, cursor, &mut left);
        }
        self.marks.all = left == 0;
    }

    /// Marks the target of an alias as used at the alias.
    fn mark_alias_target(
        &mut self,
        alias: NodeId,
        facts: PathFacts,
        mut cursor: Cursor,
        budget: &mut usize,
    ) {
        let mut open: Vec<(NodeId, Option<Slot>, PathFacts)> = vec![(alias, None, facts)];
        while let Some((node, slot, above)) = open.pop() {
            if *budget == 0 {
                return;
            }
            *budget -= 1;
            let own = slot.map(|slot| WrittenStep::from_slot(self.document, slot));
            let mut facts = match &own {
                Some(step) => self.step(above, step, &mut cursor),
                None => above,
            };
            let node = self.document.target(node);
            let is_name = || own.is_some_and(|step| self.repeats_key(node, &step));
            facts.named = facts.named && !is_name();
            self.mark_secret(node, facts);
            match self.document.kind(node) {
                Kind::Number => self.mark_if_possible(node, None, facts),
                Kind::String => {
                    self.mark_if_possible(node, Some(&self.document.text_of(node)), facts)
                }
                Kind::Null | Kind::Bool | Kind::Map | Kind::List | Kind::Error => {}
            }
            let below = children(self.document, node).into_iter().rev();
            open.extend(below.map(|(child, slot)| (child, Some(slot), facts)));
        }
    }
}

impl Merged {
    /// Calls `visit` with every value of a layer where it is written, parents first: its node, its parent's node, and its path from the top
    /// of the release.
    pub fn for_each_written(
        &self,
        layer: LayerId,
        mut visit: impl FnMut(NodeId, Option<NodeId>, WrittenPath<'_, '_>),
    ) {
        let slot = &self.arena.layers[layer.0 as usize];
        let document = &slot.document;
        let parents = self.parents(layer);
        let mount = slot.mount.len();
        let mut path: Vec<WrittenStep<'_>> = slot
            .mount
            .iter()
            .map(|key| WrittenStep::Key(Cow::Borrowed(key.as_str())))
            .collect();
        let Some(top) = slot.top() else { return };
        visit(top, None, WrittenPath(&path));
        let mut below = document.below(top);
        while let Some(found) = below.next() {
            // The target of an alias is visited where it is written.
            if parents.parent(found.node) != Some(found.parent) {
                below.leave_out();
                continue;
            }
            path.truncate(mount + found.depth - 1);
            path.push(WrittenStep::from_slot(document, found.place));
            visit(found.node, Some(found.parent), WrittenPath(&path));
        }
    }

    #[inline]
    fn marks(&self, layer: LayerId) -> &Marks {
        let slot = &self.arena.layers[layer.0 as usize];
        slot.marks.get_or_init(|| {
            let find = || {
                let mut marker = Marker {
                    document: &slot.document,
                    parents: self.parents(layer),
                    declarations: self.declarations(self.layer_release(layer)),
                    marks: Marks::default(),
                };
                marker.mark_all(slot.top(), &slot.mount);
                Arc::new(marker.marks)
            };
            match slot.common() {
                Some(common) => Arc::clone(common.marks.get_or_init(find)),
                None => find(),
            }
        })
    }

    /// What the charts in a release declare.
    pub(super) fn declarations(&self, release: usize) -> &Declarations {
        let slot = &self.releases[release];
        slot.declarations.get_or_init(|| {
            let find = || Arc::new(Declarations::of(&slot.scopes));
            match &slot.common {
                Some(common) => Arc::clone(common.declarations.get_or_init(find)),
                None => find(),
            }
        })
    }

    /// The values of a layer that must never be shown, if that follows from where each is written: `None` for a text with aliases, and for
    /// one that is not at the top of its release.
    pub fn secrets_of(&self, layer: LayerId) -> Option<impl Iterator<Item = NodeId>> {
        let slot = &self.arena.layers[layer.0 as usize];
        let marks = self.marks(layer);
        (slot.is_mounted_at_top() && marks.plain && !marks.all).then(|| marks.secret.iter())
    }

    /// What is declared for everything in a map, if it is deeper than declarations look.
    pub(super) fn declaration_for_contents(&self, map: NodeRef) -> Option<Option<Sensitivity>> {
        let Target::Node(layer, id) = self.arena.top(map)?.target() else {
            return None;
        };
        let marks = self.marks(layer);
        let secret = || {
            marks
                .deep_secret
                .contains(id)
                .then_some(Sensitivity::Secret)
        };
        marks.deep.contains(id).then(secret)
    }

    /// True if a value is written at or below a key `secrets`.
    pub(super) fn is_written_below_secrets(&self, node: NodeRef) -> bool {
        match self.arena.top(node).map(NodeRef::target) {
            Some(Target::Node(layer, id))
                if !self.arena.layers[layer.0 as usize].is_self_contained() =>
            {
                self.marks(layer).below.contains(id)
            }
            _ => self.path(node).steps().contains(&Step::Key("secrets")),
        }
    }

    /// True if the value must never be shown.
    pub fn is_secret(&self, node: NodeRef) -> bool {
        let Some(Target::Node(layer, id)) = self.arena.top(node).map(NodeRef::target) else {
            let path = self.path(node);
            return self.is_secret_path(self.release_of(node), &path.steps());
        };
        if self.marks(layer).secret.contains(id) {
            return true;
        }
        // A value used through an alias is written elsewhere; the path of the use counts too.
        let via_alias = node.is_below_secrets() && !self.marks(layer).below.contains(id);
        via_alias || self.is_marked(layer, id, |marks| &marks.secret)
    }

    /// The name under which a text holds the value of a secret; `None` if it holds none, or if the whole value is secret by its path.
    pub fn secret_setting(&self, node: NodeRef) -> Option<String> {
        if self.shape(node) == Shape::Map || self.shape(node) == Shape::List {
            return None;
        }
        let text = self.text(node);
        let name = secret_setting(&text)?;
        let itself = self.is_secret_path(self.release_of(node), &self.path(node).steps());
        (!itself).then(|| name.to_owned())
    }

    /// True if a single value of a layer may be a secret, by name or text.
    pub(super) fn may_be_marked(&self, layer: LayerId, id: NodeId) -> bool {
        self.marks(layer).possible.contains(id) || self.is_marked(layer, id, |it| &it.possible)
    }

    /// The values of a layer that may be secrets.
    pub(super) fn marked_possible(&self, layer: LayerId) -> impl Iterator<Item = NodeId> {
        self.marks(layer).possible.iter()
    }

    /// True if a value is marked at any of its paths.
    fn is_marked(&self, layer: LayerId, id: NodeId, of: impl Fn(&Marks) -> &Bits) -> bool {
        let target = || self.document(layer).target(id);
        let marked =
            |marks: &Marks| marks.all || of(marks).contains(id) || of(marks).contains(target());
        let slot = &self.arena.layers[layer.0 as usize];
        let whole = slot.part_of.unwrap_or(layer);
        let elsewhere = || {
            let parts = &self.arena.layers[whole.0 as usize].imported;
            let all = parts.iter().chain([&whole]);
            !parts.is_empty() && all.into_iter().any(|it| marked(self.marks(*it)))
        };
        marked(self.marks(layer)) || elsewhere()
    }

    /// Like [`Merged::is_secret`], for a few values only: avoids computing the marks of a whole layer.
    pub fn is_secret_uncached(&self, node: NodeRef) -> bool {
        if let Some(Target::Node(layer, _)) = self.arena.top(node).map(NodeRef::target) {
            let slot = &self.arena.layers[layer.0 as usize];
            let within_limit =
                || slot.single_queries.fetch_add(1, Ordering::Relaxed) < MAX_SINGLE_QUERIES;
            if slot.marks.get().is_none() && slot.is_self_contained() && within_limit() {
                let path = self.path(node);
                let steps = path.steps();
                let key = match steps.last() {
                    Some(Step::Key(key)) => Some(*key),
                    Some(Step::Index(_)) | None => None,
                };
                // A text with a template may also contain a secret.
                let is_text = || matches!(self.shape(node), Shape::String | Shape::Unknown(_));
                // The name of a variable, the kind of a manifest and the secret that a key belongs to are next to the value.
                let needs_siblings = matches!(key, Some("value" | "secretKey" | "key"))
                    || steps
                        .iter()
                        .nth_back(1)
                        .is_some_and(|it| matches!(it, Step::Key("data" | "stringData")));
                let is_random = |text: &str| {
                    let named = key.is_some_and(|key| is_random_secret(key, text));
                    let declared = || self.declarations(self.release_of(node)).declared(&steps);
                    named && may_be_secret_by_path(&steps, Some(text)) && declared().is_none()
                };
                let is_secret_text_or_random =
                    |text: &str| is_secret_text(key, text) || is_random(text);
                let is_secret = self.is_secret_path(self.release_of(node), &steps)
                    || is_text() && is_secret_text_or_random(&self.text(node));
                let is_name =
                    || is_text() && key.is_some_and(|key| repeats_key(key, &self.text(node)));
                let needs_siblings = needs_siblings || is_secret && is_name();
                if !needs_siblings || is_secret && key == Some("value") {
                    return is_secret;
                }
            }
        }
        self.is_secret(node)
    }

    /// True if a value at this path of a release must never be shown, by chart declarations, then by key names.
    pub fn is_secret_path(&self, release: usize, path: &[Step<'_>]) -> bool {
        let declared = self.declarations(release).declared(path);
        declared.unwrap_or_else(|| sensitivity(None, path)) == Sensitivity::Secret
    }
}
