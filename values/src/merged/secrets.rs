//! Which values must never be shown. Computed once per layer, since rules need it for every value they read.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use source::secret::is_hidden_text;

use super::Merged;
use super::declared::{Declarations, Way};
use super::lookup::Shape;
use super::node::{LayerId, NodeRef, Target};
use super::parents::Parents;
use crate::path::Step;
use crate::secret::{
    MayName, Names, Sensitivity, calls_itself, held_in_manifest, is_handed_on, is_made_by_chance,
    is_named, is_secret_key, is_secret_text, may_name_secret, secret_setting, sensitivity,
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
const FEW: u32 = 100;

/// A step of a path whose key may have been unescaped.
enum Own<'d> {
    Key(Cow<'d, str>),
    /// `<<`
    Merge(Cow<'d, str>),
    Index(usize),
}

impl Own<'_> {
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
pub struct WrittenPath<'p, 'd>(&'p [Own<'d>]);

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
        self.0.last().map(Own::step)
    }

    /// Its first `count` steps.
    pub fn first(&self, count: usize) -> impl Iterator<Item = Step<'_>> {
        self.0.iter().take(count).map(Own::step)
    }
}

impl<'d> Own<'d> {
    fn of(document: &'d Document, slot: Slot) -> Self {
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
fn under<'d>(
    document: &'d Document,
    map: NodeId,
    wanted: &'static str,
) -> impl Iterator<Item = NodeId> + 'd {
    let pairs = document.pairs(map);
    let mine = pairs.filter(move |(key, _)| document.key_text(*key) == wanted);
    mine.map(|(_, value)| value)
}

/// The item before index `at` of a list, if it is a text.
fn text_before(document: &Document, list: NodeId, at: usize) -> Option<NodeId> {
    let before = document.item(list, at.checked_sub(1)?)?;
    (document.kind(before) == Kind::String).then_some(before)
}

/// What is known about a value on the way down.
#[derive(Debug, Clone, Copy, Default)]
struct Told {
    names: Names,
    /// True if the key names say that it is secret.
    named: bool,
    /// What the last keys say about possible secrets.
    may_be: MayName,
    declared: Option<Sensitivity>,
    below: bool,
    depth: usize,
}

impl Told {
    fn is_secret(self) -> bool {
        match self.declared {
            Some(declared) => declared == Sensitivity::Secret,
            None => self.named,
        }
    }

    /// True if a value here may be a secret by name. `text` is `None` for a number.
    fn may_be_secret(self, text: Option<&str>) -> bool {
        self.declared != Some(Sensitivity::Clear)
            && self.may_be.tells(text)
            && !self.names.is_harmless()
    }
}

/// Walks down the values of a layer.
struct Teller<'m> {
    document: &'m Document,
    parents: &'m Parents,
    declarations: &'m Declarations,
    marks: Marks,
}

/// What is declared on the way down from a value at depth `base`.
struct From {
    base: usize,
    way: Way,
}

impl Teller<'_> {
    /// Takes one step. Before, the way leads to the parent; after, to the value.
    fn step(&self, above: Told, step: &Own<'_>, from: &mut From) -> Told {
        let mut told = above;
        // Merged entries count as entries of the map itself.
        if let Own::Merge(_) = step {
            return told;
        }
        if let Own::Key(key) = step {
            told.names = told.names.then(key);
            told.named = told.names.tell(key);
            told.may_be = told.may_be.then(key);
            told.below |= key == "secrets";
        }
        told.depth += 1;
        if told.depth <= self.declarations.reach() {
            let depth = above.depth - from.base;
            self.declarations.step(&mut from.way, depth, step.step());
            told.declared = self.declarations.told(&from.way, depth + 1);
        }
        told
    }

    fn mark(&mut self, node: NodeId, told: Told) {
        if told.is_secret() {
            self.marks.secret.insert(node);
        }
    }

    /// Marks a single value where it is written, by its text, and by its names if these are inconclusive.
    fn single(&mut self, node: NodeId, step: &Own<'_>, before: Option<NodeId>, told: Told) {
        if self.document.is_alias(node) {
            return;
        }
        match self.document.kind(node) {
            Kind::Number => self.may_be(node, None, told),
            Kind::String => {
                let text = self.document.text_of(node);
                let key = match step {
                    Own::Key(key) => Some(key.as_ref()),
                    Own::Merge(_) | Own::Index(_) => None,
                };
                let by_chance = || {
                    let named = key.is_some_and(|key| is_made_by_chance(key, &text));
                    named && told.may_be_secret(Some(&text))
                };
                if is_secret_text(key, &text) || by_chance() {
                    self.marks.secret.insert(node);
                }
                let before = before.map(|it| self.document.text_of(it));
                if is_hidden_text(&text) || is_handed_on(Some(&text), before.as_deref()) {
                    self.marks.possible.insert(node);
                }
                self.may_be(node, Some(&text), told);
            }
            Kind::Null | Kind::Bool | Kind::Map | Kind::List | Kind::Error => {}
        }
    }

    fn may_be(&mut self, node: NodeId, text: Option<&str>, told: Told) {
        if told.may_be_secret(text) {
            self.marks.possible.insert(node);
        }
    }

    /// Marks the value of a variable named like a secret: `{name: DB_PASSWORD, value: …}`.
    fn variable(&mut self, map: NodeId) {
        if self.document.kind(map) != Kind::Map || self.document.is_alias(map) {
            return;
        }
        let document = self.document;
        for name in under(document, map, "name") {
            let name = document.text_of(name);
            let one = is_secret_key(&name);
            let told = |value: &NodeId| {
                let text = || document.kind(*value) == Kind::String;
                one || text() && is_made_by_chance(&name, &document.text_of(*value))
            };
            for value in under(document, map, "value") {
                if told(&value) {
                    self.marks.secret.insert(value);
                } else if may_name_secret(&name) {
                    self.marks.possible.insert(value);
                }
            }
        }
    }

    /// Marks the values in the manifest of a Kubernetes secret that a chart passes through: `{kind: Secret, data: …}`.
    fn manifest(&mut self, map: NodeId) {
        let document = self.document;
        let is_map = |node: NodeId| document.kind(node) == Kind::Map && !document.is_alias(node);
        if !is_map(map) || !under(document, map, "kind").any(|it| document.text_of(it) == "Secret")
        {
            return;
        }
        let blocks = ["data", "stringData"].map(|key| under(document, map, key));
        let blocks = blocks.into_iter().flatten().filter(|it| is_map(*it));
        let entries: Vec<_> = blocks.flat_map(|it| document.pairs(it)).collect();
        held_in_manifest(document, &entries).for_each(|it| self.marks.secret.insert(it));
    }

    /// True if a map names a Kubernetes secret and this step is the key in that secret: `secretKey` next to `existingSecret`, `key` next to
    /// `name`.
    fn is_key_of_secret(&self, map: NodeId, step: &Own<'_>) -> bool {
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

    fn calls_itself(&self, node: NodeId, step: &Own<'_>) -> bool {
        let Own::Key(key) = step else {
            return false;
        };
        self.document.kind(node) == Kind::String && calls_itself(key, &self.document.text_of(node))
    }

    /// Marks a value where it is written.
    fn written(&mut self, node: NodeId, told: Told, deep: usize) {
        self.mark(node, told);
        if told.below {
            self.marks.below.insert(node);
        }
        if told.depth >= deep {
            self.marks.deep.insert(node);
            if told.declared == Some(Sensitivity::Secret) {
                self.marks.deep_secret.insert(node);
            }
        }
    }

    /// Marks all values where they are written, then the targets of aliases as used at the aliases.
    fn tell(&mut self, top: Option<NodeId>, mount: &[String]) {
        let reach = self.declarations.reach();
        let mut from = From {
            base: 0,
            way: self.declarations.top(),
        };
        let mut told = Told::default();
        for key in mount {
            told = self.step(told, &Own::Key(Cow::Borrowed(key.as_str())), &mut from);
        }
        let deep = reach.max(told.depth);
        let mut aliases = Vec::new();
        let branch = |told: Told, from: &From| From {
            base: told.depth.min(reach),
            way: from.way.from(told.depth.min(reach)),
        };
        self.marks.plain = true;
        let Some(top) = top else { return };
        self.written(top, told, deep);
        if self.document.is_alias(top) {
            aliases.push((top, told, branch(told, &from)));
        }
        // What is known about the maps and lists on the way to a value, the top first.
        let mut way = vec![told];
        let mut below = self.document.below(top);
        while let Some(found) = below.next() {
            way.truncate(found.depth);
            let (node, above) = (found.node, way[found.depth - 1]);
            let step = Own::of(self.document, found.place);
            if let Own::Merge(_) = step {
                aliases.push((node, above, branch(above, &from)));
                below.leave_out();
                continue;
            }
            if self.parents.parent(node) != Some(found.parent) {
                self.marks.plain = false;
                below.leave_out();
                continue;
            }
            let mut told = self.step(above, &step, &mut from);
            let is_name =
                || self.is_key_of_secret(found.parent, &step) || self.calls_itself(node, &step);
            told.named = told.named && !is_name();
            way.push(told);
            self.manifest(node);
            self.written(node, told, deep);
            let mut before = None;
            if let Own::Index(at) = step {
                self.variable(node);
                before = text_before(self.document, found.parent, at);
            }
            self.single(node, &step, before, told);
            if self.document.is_alias(node) {
                aliases.push((node, told, branch(told, &from)));
            }
        }
        self.marks.plain &= aliases.is_empty();
        let mut left = MAX_ALIASED;
        for (alias, told, from) in aliases {
            self.behind(alias, told, from, &mut left);
        }
        self.marks.all = left == 0;
    }

    /// Marks the target of an alias as used at the alias.
    fn behind(&mut self, alias: NodeId, told: Told, mut from: From, left: &mut usize) {
        let mut open: Vec<(NodeId, Option<Slot>, Told)> = vec![(alias, None, told)];
        while let Some((node, slot, above)) = open.pop() {
            if *left == 0 {
                return;
            }
            *left -= 1;
            let own = slot.map(|slot| Own::of(self.document, slot));
            let mut told = match &own {
                Some(step) => self.step(above, step, &mut from),
                None => above,
            };
            let node = self.document.target(node);
            let is_name = || own.is_some_and(|step| self.calls_itself(node, &step));
            told.named = told.named && !is_name();
            self.mark(node, told);
            match self.document.kind(node) {
                Kind::Number => self.may_be(node, None, told),
                Kind::String => self.may_be(node, Some(&self.document.text_of(node)), told),
                Kind::Null | Kind::Bool | Kind::Map | Kind::List | Kind::Error => {}
            }
            let below = children(self.document, node).into_iter().rev();
            open.extend(below.map(|(child, slot)| (child, Some(slot), told)));
        }
    }
}

impl Merged {
    /// Calls `visit` with every value of a layer where it is written, parents first: its node, its parent's node, and its path from the top
    /// of the release.
    pub fn each_written(
        &self,
        layer: LayerId,
        mut visit: impl FnMut(NodeId, Option<NodeId>, WrittenPath<'_, '_>),
    ) {
        let slot = &self.arena.layers[layer.0 as usize];
        let document = &slot.document;
        let parents = self.parents(layer);
        let mount = slot.mount.len();
        let mut path: Vec<Own<'_>> = slot
            .mount
            .iter()
            .map(|key| Own::Key(Cow::Borrowed(key.as_str())))
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
            path.push(Own::of(document, found.place));
            visit(found.node, Some(found.parent), WrittenPath(&path));
        }
    }

    #[inline]
    fn marks(&self, layer: LayerId) -> &Marks {
        let slot = &self.arena.layers[layer.0 as usize];
        slot.marks.get_or_init(|| {
            let find = || {
                let mut teller = Teller {
                    document: &slot.document,
                    parents: self.parents(layer),
                    declarations: self.declarations(self.layer_release(layer)),
                    marks: Marks::default(),
                };
                teller.tell(slot.top(), &slot.mount);
                Arc::new(teller.marks)
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
        (slot.stands_alone() && marks.plain && !marks.all).then(|| marks.secret.iter())
    }

    /// What is declared for everything in a map, if it is deeper than declarations look.
    pub(super) fn declared_deep(&self, map: NodeRef) -> Option<Option<Sensitivity>> {
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
            Some(Target::Node(layer, id)) if !self.arena.layers[layer.0 as usize].is_alone() => {
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
        let lent = node.is_below_secrets() && !self.marks(layer).below.contains(id);
        lent || self.is_marked(layer, id, |marks| &marks.secret)
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
    pub fn is_secret_alone(&self, node: NodeRef) -> bool {
        if let Some(Target::Node(layer, _)) = self.arena.top(node).map(NodeRef::target) {
            let slot = &self.arena.layers[layer.0 as usize];
            let is_few = || slot.asked.fetch_add(1, Ordering::Relaxed) < FEW;
            if slot.marks.get().is_none() && slot.is_alone() && is_few() {
                let path = self.path(node);
                let steps = path.steps();
                let key = match steps.last() {
                    Some(Step::Key(key)) => Some(*key),
                    Some(Step::Index(_)) | None => None,
                };
                // A text with a template may also contain a secret.
                let is_text = || matches!(self.shape(node), Shape::String | Shape::Unknown(_));
                // The name of a variable, the kind of a manifest and the secret that a key belongs to are next to the value.
                let beside = matches!(key, Some("value" | "secretKey" | "key"))
                    || steps
                        .iter()
                        .nth_back(1)
                        .is_some_and(|it| matches!(it, Step::Key("data" | "stringData")));
                let by_chance = |text: &str| {
                    let named = key.is_some_and(|key| is_made_by_chance(key, text));
                    let declared = || self.declarations(self.release_of(node)).declared(&steps);
                    named && is_named(&steps, Some(text)) && declared().is_none()
                };
                let says = |text: &str| is_secret_text(key, text) || by_chance(text);
                let tells = self.is_secret_path(self.release_of(node), &steps)
                    || is_text() && says(&self.text(node));
                let is_name =
                    || is_text() && key.is_some_and(|key| calls_itself(key, &self.text(node)));
                let beside = beside || tells && is_name();
                if !beside || tells && key == Some("value") {
                    return tells;
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
