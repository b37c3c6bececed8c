//! A deployment as the rule language sees it.
//!
//! INVARIANT: handles are those of [`Merged`], passed through as numbers; nothing is copied.

mod comments;
mod declared;
mod functions;
pub(crate) mod parts;
mod records;

pub use declared::Places;

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, OnceLock};

use lang::eval::Memory;
use lang::eval::reads::Splits;
use lang::eval::show::REDACTED;
use lang::host::{Collection, Host, Lookup, NodeRef, Place, RecordRef, Shape, Unknown};
use lang::parse::ast::View;
use lang::value::Value;
use rustc_hash::FxHashMap;
use values::merged::{self, LayerId, Merged};
use values::path::{PathStep, Step};
use values::yaml::{Kind, NodeId};

use self::parts::Parts;
use crate::chart_schema::Violation;
use crate::knowledge::{Key, Knowledge};
use crate::schema::{Function, function, kind};
use crate::tree::TreeDeployment;

/// A deployment, with what is known about it besides its values.
pub struct TreeHost<'a> {
    /// The merged values.
    pub merged: &'a Merged,
    /// The declared charts.
    pub knowledge: &'a Knowledge,
    /// The versions of its charts.
    pub key: &'a Key,
    /// Services that run in the cluster but are installed by something else.
    pub external: &'a std::collections::BTreeSet<String>,
    /// Renders a path for messages.
    pub show: &'a (dyn Fn(&Path) -> PathBuf + Sync),
    /// What the schemas of its charts do not allow.
    violations: &'a [Violation],
    /// By release, if releases have their own profiles.
    profiles: &'a [String],
    duplicates: OnceLock<Vec<Duplicate>>,
    commented: OnceLock<Vec<comments::Commented>>,
    by_name: OnceLock<FxHashMap<&'a str, Vec<usize>>>,
    /// By layer: the declarations for each of its values.
    declared: Vec<OnceLock<declared::LayerPlaces<'a>>>,
    /// By layer: its texts, which several rules iterate over.
    texts: Vec<OnceLock<Vec<merged::NodeRef>>>,
    /// By layer; `None` if reads are not recorded.
    parts: Option<&'a [OnceLock<Parts>]>,
    splits: &'a Splits,
    /// True if few values will be asked for, so that nothing is computed for a layer as a whole.
    sparse: bool,
}

/// Nothing is split if reads are not recorded.
static WHOLE: LazyLock<Splits> = LazyLock::new(Splits::default);

/// A key that appears twice in one map of a layer.
#[derive(Debug, Clone, Copy)]
struct Duplicate {
    layer: LayerId,
    earlier: merged::NodeRef,
    later: merged::NodeRef,
}

impl<'a> TreeHost<'a> {
    /// Wraps a deployment, or a cluster that several deployments share.
    pub fn new(
        deployment: &'a TreeDeployment,
        knowledge: &'a Knowledge,
        show: &'a (dyn Fn(&Path) -> PathBuf + Sync),
    ) -> Self {
        let merged = &deployment.merged;
        Self {
            merged,
            knowledge,
            key: &deployment.key,
            external: &deployment.external,
            show,
            violations: &deployment.violations,
            profiles: &deployment.profiles,
            duplicates: OnceLock::new(),
            commented: OnceLock::new(),
            by_name: OnceLock::new(),
            declared: merged.all_layers().map(|_| OnceLock::new()).collect(),
            texts: merged.all_layers().map(|_| OnceLock::new()).collect(),
            parts: None,
            splits: &WHOLE,
            sparse: false,
        }
    }

    /// The profile of a release.
    pub(crate) fn profile_of(&self, release: usize) -> &str {
        let own = self.profiles.get(release);
        own.unwrap_or(&self.merged.deployment().profile)
    }

    /// Records reads, for rules that are judged with a memory.
    #[must_use]
    pub(crate) fn remembered(mut self, memory: &'a Memory, parts: &'a [OnceLock<Parts>]) -> Self {
        self.splits = memory.splits();
        self.parts = Some(parts);
        self.sparse = memory.is_sparse();
        self
    }

    fn components_named(&self, name: &str) -> &[usize] {
        let by_name = self.by_name.get_or_init(|| {
            let mut by_name: FxHashMap<&'a str, Vec<usize>> = FxHashMap::default();
            for (at, component) in self.merged.components().iter().enumerate() {
                let names = [component.name.as_str(), component.chart.as_str()];
                for (i, name) in names.into_iter().enumerate() {
                    if i == 0 || names[0] != name {
                        by_name.entry(name).or_default().push(at);
                    }
                }
            }
            by_name
        });
        by_name.get(name).map_or(&[], Vec::as_slice)
    }
}

pub(crate) fn merged_node(node: NodeRef) -> merged::NodeRef {
    merged::NodeRef::from_bits(node.0 & !Texts::BIT)
}

pub(crate) fn host_node(node: merged::NodeRef) -> NodeRef {
    NodeRef(node.to_bits())
}

/// All texts in a layer, as a virtual list: its handle is that of the layer's root with one more bit set.
#[derive(Clone, Copy)]
pub(crate) struct Texts(merged::NodeRef);

impl Texts {
    /// Never set in a handle of [`Merged`].
    const BIT: u64 = 1 << 63;

    fn of(root: merged::NodeRef) -> NodeRef {
        NodeRef(root.to_bits() | Self::BIT)
    }

    pub(crate) fn behind(list: NodeRef) -> Option<Self> {
        (list.0 & Self::BIT != 0).then(|| Self(merged_node(list)))
    }
}

fn view_of(view: View) -> merged::View {
    match view {
        View::Effective => merged::View::Effective,
        View::User => merged::View::User,
        View::Written => merged::View::Written,
    }
}

fn unknown(unknown: merged::Unknown) -> Unknown {
    Unknown {
        reason: Cow::Borrowed(unknown.reason.as_str()),
        present: unknown.present,
    }
}

fn lookup(found: merged::Lookup) -> Lookup {
    match found {
        merged::Lookup::Found(node) => Lookup::Found(host_node(node)),
        merged::Lookup::Missing => Lookup::Missing,
        merged::Lookup::Unknown(it) => Lookup::Unknown(unknown(it)),
    }
}

impl Host for TreeHost<'_> {
    fn realm(&self, root: NodeRef) -> Option<u32> {
        Some(self.merged.release_of(merged_node(root)) as u32)
    }

    fn shape(&self, node: NodeRef) -> Shape {
        if Texts::behind(node).is_some() {
            return Shape::List;
        }
        self.note(node);
        match self.merged.shape(merged_node(node)) {
            merged::Shape::Null => Shape::Null,
            merged::Shape::Bool(value) => Shape::Bool(value),
            merged::Shape::Number(value) => Shape::Number(value),
            merged::Shape::String => Shape::String,
            merged::Shape::List => Shape::List,
            merged::Shape::Map => Shape::Map,
            merged::Shape::Unknown(it) => Shape::Unknown(unknown(it)),
        }
    }

    fn collection(&self, node: NodeRef) -> Option<Collection> {
        if Texts::behind(node).is_some() {
            return Some(Collection::List);
        }
        self.note(node);
        match self.merged.kind(merged_node(node)) {
            Kind::Map => Some(Collection::Map),
            Kind::List if self.merged.shape(merged_node(node)) == merged::Shape::List => {
                Some(Collection::List)
            }
            _ => None,
        }
    }

    fn text(&self, node: NodeRef) -> Cow<'_, str> {
        self.note(node);
        self.merged.text(merged_node(node))
    }

    fn len(&self, node: NodeRef) -> usize {
        if let Some(texts) = Texts::behind(node) {
            return self.texts_in(texts).len();
        }
        self.note_names(merged_node(node));
        self.merged.len(merged_node(node))
    }

    fn get(&self, map: NodeRef, key: &str) -> Lookup {
        self.note_entry(merged_node(map), key);
        lookup(self.merged.get(merged_node(map), key))
    }

    fn item(&self, list: NodeRef, index: usize) -> Option<NodeRef> {
        if let Some(texts) = Texts::behind(list) {
            return self.texts_in(texts).get(index).copied().map(host_node);
        }
        self.note_names(merged_node(list));
        self.merged.item(merged_node(list), index).map(host_node)
    }

    fn no_item_contains(&self, list: NodeRef, piece: &[u8]) -> bool {
        let texts = Texts::behind(list);
        texts.is_some_and(|texts| self.document_of(texts).is_some_and(|it| it.lacks(piece)))
    }

    fn entries<'h>(
        &'h self,
        map: NodeRef,
        out: &mut Vec<(Cow<'h, str>, NodeRef)>,
    ) -> Option<Unknown> {
        self.note_names(merged_node(map));
        let mut entries = Vec::new();
        let open = self.merged.entries(merged_node(map), &mut entries);
        out.extend(
            entries
                .into_iter()
                .map(|(key, node)| (key, host_node(node))),
        );
        open.map(unknown)
    }

    fn components<'h>(
        &'h self,
        name: Option<&str>,
        view: View,
        out: &mut Vec<(Cow<'h, str>, NodeRef)>,
    ) -> Option<Unknown> {
        let all: Vec<usize>;
        let chosen = match name {
            Some(name) => self.components_named(name),
            None => {
                all = (0..self.merged.components().len()).collect();
                &all
            }
        };
        let mut open = None;
        for &at in chosen {
            let component = &self.merged.components()[at];
            self.note_component(at);
            if component.enabled == merged::Enabled::No {
                continue;
            }
            if component.enabled == merged::Enabled::Unknown {
                open = Some(Unknown {
                    reason: Cow::Borrowed("cannot determine whether it is installed"),
                    present: false,
                });
            }
            let name = || Cow::Borrowed(component.name.as_str());
            if view == View::Written {
                let nodes = self.merged.component_written(at).into_iter();
                out.extend(nodes.map(|node| (name(), host_node(node))));
                continue;
            }
            match self.merged.component_root(at, view_of(view)) {
                merged::Lookup::Found(node) => out.push((name(), host_node(node))),
                merged::Lookup::Missing => {}
                merged::Lookup::Unknown(it) => open = Some(unknown(it)),
            }
        }
        open
    }

    fn roots(&self, view: View, out: &mut Vec<NodeRef>) {
        let releases = 0..self.merged.deployment().releases.len();
        if view == View::Written {
            for release in releases {
                let layers = self.merged.layers(release).iter();
                out.extend(
                    layers.filter_map(|layer| Some(host_node(self.merged.layer_root(*layer)?))),
                );
            }
            return;
        }
        out.extend(releases.map(|release| host_node(self.merged.root(release, view_of(view)))));
    }

    fn key<'h>(&'h self, node: NodeRef) -> Option<Cow<'h, str>> {
        self.note(node);
        Some(match self.merged.key(merged_node(node))? {
            PathStep::Key(key) => Cow::Owned(key),
            PathStep::Index(at) => Cow::Owned(at.to_string()),
        })
    }

    fn parent(&self, node: NodeRef) -> Option<NodeRef> {
        self.note(node);
        self.merged.parent(merged_node(node)).map(host_node)
    }

    fn path(&self, node: NodeRef) -> String {
        self.note(node);
        self.path_text(merged_node(node), &[])
    }

    fn in_view(&self, node: NodeRef, view: View) -> Lookup {
        self.note(node);
        lookup(self.merged.in_view(merged_node(node), view_of(view)))
    }

    fn raw(&self, node: NodeRef) -> Option<Cow<'_, str>> {
        self.note(node);
        let node = merged_node(node);
        let raw = self.merged.raw(node);
        raw.filter(|_| !self.merged.is_collection(node))
            .map(Cow::Borrowed)
    }

    fn layer_role(&self, node: NodeRef) -> &'static str {
        self.note(node);
        self.merged.role(merged_node(node)).as_str()
    }

    fn has_secret_keys(&self, map: NodeRef) -> bool {
        self.note(map);
        self.merged.is_secret_map(merged_node(map))
    }

    fn is_secret(&self, node: NodeRef) -> bool {
        self.note(node);
        // For a map or list, the values in it are secret, not its keys or their number.
        let node = merged_node(node);
        !self.merged.is_collection(node) && self.is_marked(node)
    }

    fn secret_setting(&self, node: NodeRef) -> Option<String> {
        self.note(node);
        self.merged.secret_setting(merged_node(node))
    }

    fn is_hidden(&self, node: NodeRef) -> bool {
        let merged = &self.merged;
        let own = merged_node(node);
        let possible = || match self.sparse {
            true => merged.is_possible_secret_uncached(own),
            false => merged.is_possible_secret(own),
        };
        self.is_secret(node) || possible()
    }

    fn record_of(&self, node: NodeRef, kind: u16) -> Option<RecordRef> {
        self.note(node);
        let node = merged_node(node);
        let id = match kind {
            kind::DEPLOYMENT => 0,
            kind::RELEASE => self.merged.release_of(node) as u32,
            kind::COMPONENT => self.merged.component_of(node)? as u32,
            kind::LAYER if node.view() == merged::View::Written => self.merged.layer_of(node)?.0,
            _ => return None,
        };
        Some(RecordRef { kind, id })
    }

    fn global<'h>(&'h self, name: &str) -> Value<'h> {
        self.global_value(name)
    }

    fn field<'h>(&'h self, record: RecordRef, field: &str) -> Value<'h> {
        self.field_value(record, field)
    }

    fn call<'h>(&'h self, index: usize, args: &[Value<'h>]) -> Value<'h> {
        self.call_function(index, args)
    }

    fn is_public(&self, index: usize) -> bool {
        // They return names that charts declare.
        matches!(
            function(index),
            Some(Function::SimilarKey | Function::MovedTo | Function::DeclaredElsewhere)
        )
    }

    fn chart_version(&self, node: NodeRef) -> Option<Cow<'_, str>> {
        let version = match self.merged.component_of(merged_node(node)) {
            Some(component) => self.component_version(component),
            None => {
                let release = self.merged.release_of(merged_node(node));
                self.merged.deployment().releases[release]
                    .version
                    .as_deref()
            }
        };
        version.map(Cow::Borrowed)
    }

    fn whole(&self) -> Place {
        Place::Record(RecordRef {
            kind: kind::DEPLOYMENT,
            id: 0,
        })
    }

    fn profile(&self) -> &str {
        &self.merged.deployment().profile
    }

    fn profiles(&self) -> Vec<&str> {
        match self.profiles {
            [] => vec![self.profile()],
            several => several.iter().map(String::as_str).collect(),
        }
    }

    fn profile_at(&self, place: &Place) -> &str {
        if self.profiles.is_empty() {
            return self.profile();
        }
        let release = self.locate(place).release;
        release.map_or(self.profile(), |it| self.profile_of(it))
    }
}

impl TreeHost<'_> {
    /// True if a value must never be shown.
    pub(crate) fn is_marked(&self, node: merged::NodeRef) -> bool {
        match self.sparse {
            true => self.merged.is_secret_uncached(node),
            false => self.merged.is_secret(node),
        }
    }

    /// A path in the usual notation, as found in the file, followed by the keys of `more`.
    pub(crate) fn path_text(&self, node: merged::NodeRef, more: &[String]) -> String {
        self.path_with(node, more, |at| at.to_string())
    }

    /// The same, with what `item` returns for each position in a list, in the order of the path.
    pub(crate) fn path_with(
        &self,
        node: merged::NodeRef,
        more: &[String],
        mut item: impl FnMut(usize) -> String,
    ) -> String {
        let mut text = String::new();
        // Below a text that is secret, keys are secret too.
        let names = match self.is_marked(node) {
            true => {
                let path = self.merged.path(node);
                self.merged
                    .secret_text(self.merged.release_of(node), &path.steps())
            }
            false => None,
        };
        let mut depth = 0;
        let mut push = |step: Step<'_>| {
            match step {
                Step::Key(_) if names.is_some_and(|names| depth >= names) => {
                    text.push('.');
                    text.push_str(REDACTED);
                }
                Step::Key(key) => push_key(&mut text, key),
                Step::Index(at) => {
                    text.push('[');
                    text.push_str(&item(at));
                    text.push(']');
                }
            }
            depth += 1;
        };
        self.merged.each_step(node, &mut push);
        for key in more {
            push(Step::Key(key));
        }
        text
    }
}

fn push_key(text: &mut String, key: &str) {
    let simple = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !text.is_empty() {
        text.push('.');
    }
    if !key.is_empty() && key.bytes().all(simple) {
        text.push_str(key);
    } else {
        text.push('"');
        text.push_str(key);
        text.push('"');
    }
}

/// The written value in a layer.
fn written(merged: &Merged, layer: LayerId, value: NodeId) -> merged::NodeRef {
    merged.written_node(layer, value)
}
