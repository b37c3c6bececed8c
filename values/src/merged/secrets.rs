//! Which values must never be shown: found out once for each layer, since rules ask at every value they read.

use std::borrow::Cow;
use std::sync::Arc;

use super::Merged;
use super::declared::{Declarations, Level};
use super::node::{LayerId, NodeRef, Target};
use crate::path::Step;
use crate::secret::{Names, Sensitivity, sensitivity};
use crate::yaml::{Document, Kind, NodeId};

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

    pub(super) fn contains(&self, node: NodeId) -> bool {
        let at = node.index() as usize;
        self.0
            .get(at / 64)
            .is_some_and(|word| word & (1 << (at % 64)) != 0)
    }
}

/// What is known of the nodes of one layer by where they stand.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// Must not be shown: here, or where an alias puts them.
    secret: Bits,
    /// Written below a key `secrets`.
    below: Bits,
    /// Deeper than any declaration looks: what is declared above holds.
    deep: Bits,
    /// Of those, the ones that are declared secret.
    deep_secret: Bits,
    /// Aliases stand for so much that not all of it was looked at: everything is held for a secret.
    all: bool,
}

/// So many values behind aliases are looked at. Helm refuses texts with less than half of them.
const MAX_ALIASED: usize = 1_000_000;

/// A step of a path whose key may have been made from an escaped text.
enum Own<'d> {
    Key(Cow<'d, str>),
    /// `<<`
    Merge(Cow<'d, str>),
    Index(usize),
}

impl Own<'_> {
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
    /// How many steps it has.
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

    /// Its first steps, at most so many.
    pub fn first(&self, count: usize) -> impl Iterator<Item = Step<'_>> {
        self.0.iter().take(count).map(Own::step)
    }
}

/// The values in a map or list with the steps to them: also those that a later key replaces.
fn children<'d>(
    document: &'d Document,
    node: NodeId,
) -> impl DoubleEndedIterator<Item = (NodeId, Own<'d>)> {
    let children: Vec<(NodeId, Own<'d>)> = match document.kind(node) {
        Kind::Map => {
            let pairs = document.pairs(node);
            let step = |key| match document.is_merge_key(key) {
                true => Own::Merge(document.key_text(key)),
                false => Own::Key(document.key_text(key)),
            };
            pairs.map(|(key, value)| (value, step(key))).collect()
        }
        Kind::List => {
            let items = document.items(node).enumerate();
            items.map(|(at, item)| (item, Own::Index(at))).collect()
        }
        Kind::Null | Kind::Bool | Kind::Number | Kind::String | Kind::Error => Vec::new(),
    };
    children.into_iter()
}

/// What is known at a value on the way down.
#[derive(Debug, Clone, Copy, Default)]
struct Told {
    names: Names,
    /// What the last key says.
    named: bool,
    declared: Option<Sensitivity>,
    below: bool,
    depth: usize,
}

/// What is declared on the way down to a value: a level for each step.
struct Levels {
    /// The depth of the first one.
    base: usize,
    levels: Vec<Level>,
}

impl Levels {
    fn from(base: usize, first: Level) -> Self {
        Self {
            base,
            levels: vec![first],
        }
    }

    fn at(&self, depth: usize) -> &Level {
        &self.levels[depth - self.base]
    }
}

impl Told {
    fn is_secret(self) -> bool {
        match self.declared {
            Some(declared) => declared == Sensitivity::Secret,
            None => self.named,
        }
    }
}

/// Goes down the values of a layer.
struct Teller<'m> {
    merged: &'m Merged,
    document: &'m Document,
    declarations: Declarations<'m>,
    /// Declarations look at paths of so many steps.
    reach: usize,
    marks: Marks,
}

impl<'m> Teller<'m> {
    /// One step further. `levels` leads to the parent, and then to the value.
    fn step(&self, above: Told, step: &Own<'_>, levels: &mut Levels) -> Told {
        let mut told = above;
        // What a merge key takes in stands in the map itself.
        if let Own::Merge(_) = step {
            return told;
        }
        if let Own::Key(key) = step {
            told.names = told.names.then(key);
            told.named = told.names.tell(key);
            told.below |= key == "secrets";
        }
        told.depth += 1;
        if told.depth <= self.reach {
            let level = self.declarations.step(levels.at(above.depth), step.step());
            told.declared = self.declarations.told(&level);
            levels.levels.truncate(told.depth - levels.base);
            levels.levels.push(level);
        }
        told
    }

    fn mark(&mut self, node: NodeId, told: Told) {
        if told.is_secret() {
            self.marks.secret.insert(node);
        }
    }

    /// All values where they are written; then what aliases lead to, where the aliases stand.
    fn tell(&mut self, layer: LayerId) {
        let slot = &self.merged.arena.layers[layer.0 as usize];
        let parents = self.merged.parents(layer);
        let mut levels = Levels::from(0, self.declarations.top());
        let mut top = Told::default();
        for key in &slot.mount {
            top = self.step(top, &Own::Key(Cow::Borrowed(key.as_str())), &mut levels);
        }
        let mount = top.depth;
        let mut aliases = Vec::new();
        let mut open: Vec<(NodeId, Option<Own<'m>>, Told)> = Vec::new();
        open.extend(slot.top().map(|node| (node, None, top)));
        while let Some((node, step, above)) = open.pop() {
            let told = match step {
                Some(step) => self.step(above, &step, &mut levels),
                None => above,
            };
            self.mark(node, told);
            if told.below {
                self.marks.below.insert(node);
            }
            if told.depth >= self.reach.max(mount) {
                self.marks.deep.insert(node);
                if told.declared == Some(Sensitivity::Secret) {
                    self.marks.deep_secret.insert(node);
                }
            }
            let here = || levels.at(told.depth.min(self.reach)).clone();
            if self.document.is_alias(node) {
                aliases.push((node, told, here()));
            }
            for (child, step) in children(self.document, node).rev() {
                if let Own::Merge(_) = step {
                    aliases.push((child, told, here()));
                } else if parents.parent(child) == Some(node) {
                    open.push((child, Some(step), told));
                }
            }
        }
        let mut left = MAX_ALIASED;
        for (alias, told, level) in aliases {
            let levels = Levels::from(told.depth.min(self.reach), level);
            self.behind(alias, told, levels, &mut left);
        }
        self.marks.all = left == 0;
    }

    /// What an alias stands for, as it stands at the alias.
    fn behind(&mut self, alias: NodeId, told: Told, mut levels: Levels, left: &mut usize) {
        let mut open: Vec<(NodeId, Option<Own<'m>>, Told)> = vec![(alias, None, told)];
        while let Some((node, step, above)) = open.pop() {
            if *left == 0 {
                return;
            }
            *left -= 1;
            let told = match step {
                Some(step) => self.step(above, &step, &mut levels),
                None => above,
            };
            let node = self.document.target(node);
            self.mark(node, told);
            let below = children(self.document, node).rev();
            open.extend(below.map(|(child, step)| (child, Some(step), told)));
        }
    }
}

impl Merged {
    /// Calls `visit` with every value of a layer, where it is written, parents first: its node, its parent's, and its
    /// path from the top of the release.
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
        let mut open: Vec<(NodeId, Option<NodeId>, usize, Option<Own<'_>>)> = Vec::new();
        open.extend(slot.top().map(|top| (top, None, mount, None)));
        while let Some((node, parent, depth, step)) = open.pop() {
            path.truncate(depth);
            path.extend(step);
            visit(node, parent, WrittenPath(&path));
            // What an alias leads to is visited where it is written.
            let mine = |child: NodeId| parents.parent(child) == Some(node);
            let below = children(document, node).rev();
            let below = below.filter(|(child, _)| mine(*child));
            open.extend(below.map(|(child, step)| (child, Some(node), path.len(), Some(step))));
        }
    }

    fn marks(&self, layer: LayerId) -> &Marks {
        let slot = &self.arena.layers[layer.0 as usize];
        slot.marks.get_or_init(|| {
            let release = self.layer_release(layer);
            let mut teller = Teller {
                merged: self,
                document: &slot.document,
                declarations: Declarations::of(self, release),
                reach: self.reach(release),
                marks: Marks::default(),
            };
            teller.tell(layer);
            Arc::new(teller.marks)
        })
    }

    /// The longest path that the declarations of the charts in a release look at.
    fn reach(&self, release: usize) -> usize {
        let scopes = self.releases[release].scopes.iter();
        let reach = scopes.flat_map(|(mount, chart)| {
            let patterns = chart.secrets.iter().chain(&chart.not_secret);
            patterns.map(|it| it.reach().map_or(usize::MAX, |reach| mount.len() + reach))
        });
        reach.max().unwrap_or(0)
    }

    /// What is declared of everything in a map, if that lies deeper than declarations look.
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

    /// Is a value written below a key `secrets`, or is that its own?
    pub(super) fn is_written_below_secrets(&self, node: NodeRef) -> bool {
        match self.arena.top(node).map(NodeRef::target) {
            Some(Target::Node(layer, id)) => self.marks(layer).below.contains(id),
            _ => self.path(node).steps().contains(&Step::Key("secrets")),
        }
    }

    /// Must the value never be shown?
    pub fn is_secret(&self, node: NodeRef) -> bool {
        let Some(Target::Node(layer, id)) = self.arena.top(node).map(NodeRef::target) else {
            let path = self.path(node);
            return self.is_secret_path(self.release_of(node), &path.steps());
        };
        let marks = self.marks(layer);
        // A value used through an alias stands elsewhere; what leads to it here counts too.
        let lent = node.is_below_secrets() && !marks.below.contains(id);
        // A secret is one under each of its names.
        let target = || self.document(layer).target(id);
        let marked = |marks: &Marks| {
            marks.all || marks.secret.contains(id) || marks.secret.contains(target())
        };
        let slot = &self.arena.layers[layer.0 as usize];
        let whole = slot.part_of.unwrap_or(layer);
        let elsewhere = || {
            let parts = &self.arena.layers[whole.0 as usize].imported;
            let all = parts.iter().chain([&whole]);
            !parts.is_empty() && all.into_iter().any(|it| marked(self.marks(*it)))
        };
        lent || marked(marks) || elsewhere()
    }

    /// Must a value at this path of a release never be shown? What the charts declare decides, then the names of the keys.
    pub fn is_secret_path(&self, release: usize, path: &[Step<'_>]) -> bool {
        let declared = self.declared(release, path);
        declared.unwrap_or_else(|| sensitivity(None, path)) == Sensitivity::Secret
    }
}
