//! Handles to values in a deployment.

use crate::yaml::NodeId;

/// Which of the three trees of a release a handle was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum View {
    /// What Helm will use: the operator's layers over the chart's defaults.
    Effective,
    /// What the operator wrote: all layers except the chart's defaults, with explicit nulls kept.
    User,
    /// One layer on its own, as written.
    Written,
}

/// A handle to a value of a deployment: a node of one layer's document, or a map merged from several. Small, `Copy`, and only valid for the
/// [`Merged`](super::Merged) it came from.
///
/// From the lowest bit: 32 bits for the index of the node in its document or of the merged map; 24 bits for the index of the layer
/// (documents only); 1 bit "merged"; 2 bits for the view; 1 bit "below a key `secrets`".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeRef(u64);

const LAYER_SHIFT: u32 = 32;
const LAYER_MASK: u64 = (1 << 24) - 1;
const MERGED: u64 = 1 << 56;
const VIEW_SHIFT: u32 = 57;
const VIEW_MASK: u64 = 3 << VIEW_SHIFT;
const SECRETS: u64 = 1 << 59;

/// The most layers a deployment may have; further ones are ignored.
pub(super) const MAX_LAYERS: usize = LAYER_MASK as usize;

/// What a handle refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// A node of the document of a layer.
    Node(LayerId, NodeId),
    /// A map in the arena.
    Map(MapId),
}

/// The index of a layer among all layers of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LayerId(pub u32);

/// The index of a merged map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct MapId(pub(super) u32);

impl NodeRef {
    /// The handle as a number, for hosts that pass plain numbers around.
    #[inline]
    pub fn to_bits(self) -> u64 {
        self.0
    }

    /// The handle for a number from [`NodeRef::to_bits`]. Any other number gives an arbitrary handle: using it yields missing values, or
    /// panics if the number is out of range.
    #[inline]
    pub fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The view it was taken from.
    #[inline]
    pub fn view(self) -> View {
        match (self.0 & VIEW_MASK) >> VIEW_SHIFT {
            0 => View::Effective,
            1 => View::User,
            _ => View::Written,
        }
    }

    #[inline]
    pub(super) fn node(layer: LayerId, node: NodeId) -> Self {
        Self((u64::from(layer.0) & LAYER_MASK) << LAYER_SHIFT | u64::from(node.index()))
    }

    #[inline]
    pub(super) fn map(map: MapId) -> Self {
        Self(MERGED | u64::from(map.0))
    }

    #[inline]
    pub(super) fn target(self) -> Target {
        let low = (self.0 & u64::from(u32::MAX)) as u32;
        if self.0 & MERGED != 0 {
            Target::Map(MapId(low))
        } else {
            let layer = ((self.0 >> LAYER_SHIFT) & LAYER_MASK) as u32;
            Target::Node(LayerId(layer), NodeId::from_index(low))
        }
    }

    /// The same value in `view`.
    #[must_use]
    #[inline]
    pub(super) fn with_view(self, view: View) -> Self {
        Self(self.0 & !VIEW_MASK | (view as u64) << VIEW_SHIFT)
    }

    /// The child `self` of `parent`, reached by `key`: inherits the view and tracks `secrets`.
    #[must_use]
    #[inline]
    pub(super) fn below(self, parent: Self, key: Option<&str>) -> Self {
        let secrets = if key == Some("secrets") { SECRETS } else { 0 };
        let inherited = parent.0 & (VIEW_MASK | SECRETS);
        Self(self.0 & !(VIEW_MASK | SECRETS) | inherited | secrets)
    }

    /// True for the value of a key `secrets` and everything below it.
    #[inline]
    pub fn is_below_secrets(self) -> bool {
        self.0 & SECRETS != 0
    }

    /// The layer it is written in, for a handle in the written view.
    #[inline]
    pub fn written_in(self) -> Option<LayerId> {
        match self.target() {
            Target::Node(layer, _) if self.view() == View::Written => Some(layer),
            Target::Node(..) | Target::Map(_) => None,
        }
    }

    /// The part that is equal for all handles to a value, from any view.
    #[inline]
    pub(super) fn value_bits(self) -> u64 {
        self.0 & !(VIEW_MASK | SECRETS)
    }

    /// True if both refer to the same value, from any view.
    pub fn same_value(self, other: Self) -> bool {
        self.value_bits() == other.value_bits()
    }
}
