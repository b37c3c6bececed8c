//! Tracks which parts of the host's data a computation reads, so that its result can be reused while they stay the same.
//!
//! INVARIANT: a host records a part before it exposes anything of it, and the reads of shared computations ([`Memo`])
//! are recorded for each user. Nothing is recorded unless reads are being watched.

use std::cell::{Cell, RefCell};
use std::hash::{Hash as _, Hasher as _};
use std::sync::{Arc, OnceLock};

use rustc_hash::{FxHashSet, FxHasher};
use smallvec::SmallVec;

/// A part of the host's data: a place below the root of a realm, with everything below it. For a split map
/// ([`Splits`]), only its presence or only its set of keys. Realms are defined by the host; parts change independently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part {
    /// The realm.
    pub realm: u32,
    /// A hash of the path from the root.
    place: u64,
    aspect: Aspect,
}

/// The aspect of a place that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Aspect {
    All,
    /// Only its set of keys.
    Names,
    /// Only that it is a map, regardless of its keys.
    Itself,
}

/// The root.
const ROOT: u64 = 0;
/// Any place.
const ANY: u64 = u64::MAX;

impl Part {
    /// All data.
    pub const EVERYTHING: Self = Self {
        realm: u32::MAX,
        place: ANY,
        aspect: Aspect::All,
    };

    /// The set of keys of a realm's root, which is always split.
    pub fn root(realm: u32) -> Self {
        Self {
            realm,
            place: ROOT,
            aspect: Aspect::Names,
        }
    }

    /// A whole realm.
    pub fn realm(realm: u32) -> Self {
        Self {
            realm,
            place: ANY,
            aspect: Aspect::All,
        }
    }

    /// The whole of one of the texts that a realm is made from.
    pub fn text(realm: u32, number: u32) -> Self {
        // No split map has a key like this; a collision would only cost extra work.
        Self::root(realm).below(&format!("\u{0}text {number}"))
    }

    /// Is it only the set of keys?
    pub fn is_names(self) -> bool {
        self.aspect == Aspect::Names
    }

    /// For a split map, only its presence; any other part is returned unchanged.
    #[must_use]
    pub fn itself(self) -> Self {
        match self.aspect {
            Aspect::Names => Self {
                aspect: Aspect::Itself,
                ..self
            },
            Aspect::All | Aspect::Itself => self,
        }
    }

    /// The place of a key of the map at this place.
    fn below(self, key: &str) -> Self {
        let mut hasher = FxHasher::default();
        self.place.hash(&mut hasher);
        key.hash(&mut hasher);
        // Two places with the same hash would share a part. This costs extra work, but affects results only if one
        // place changes and the other was read alone, which takes 64 equal bits.
        let place = hasher.finish().clamp(ROOT + 1, ANY - 1);
        Self {
            realm: self.realm,
            place,
            aspect: Aspect::All,
        }
    }
}

/// Maps so large that each of their entries is a separate part. Roots are split without being listed here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Splits(FxHashSet<(u32, u64)>);

impl Splits {
    /// Splits the map under a key of a split map and returns its new part.
    pub fn split(&mut self, map: Part, key: &str) -> Part {
        let below = map.below(key);
        self.0.insert((below.realm, below.place));
        Part {
            aspect: Aspect::Names,
            ..below
        }
    }

    /// Does it split everything that `other` splits?
    pub fn covers(&self, other: &Self) -> bool {
        other.0.is_subset(&self.0)
    }

    /// The part of the value under a key of a split map.
    pub fn part(&self, map: Part, key: &str) -> Part {
        let below = map.below(key);
        let aspect = match self.0.contains(&(below.realm, below.place)) {
            true => Aspect::Names,
            false => Aspect::All,
        };
        Part { aspect, ..below }
    }

    /// The part of a path from the root of a realm: that of the first value on the path that is not split.
    pub fn part_of<'k>(&self, realm: u32, path: impl Iterator<Item = &'k str>) -> Part {
        let mut part = Part::root(realm);
        for key in path {
            if !part.is_names() {
                break;
            }
            part = self.part(part, key);
        }
        part
    }
}

/// The parts that were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// Sorted.
    parts: SmallVec<[Part; 3]>,
    everything: bool,
}

/// A computation that reads more parts than this counts as reading everything.
const MAX_PARTS: usize = 2_000;

impl Reads {
    /// Adds a part.
    pub fn add(&mut self, part: Part) {
        if self.everything {
            return;
        }
        let Err(at) = self.parts.binary_search(&part) else {
            return;
        };
        if part == Part::EVERYTHING || self.parts.len() >= MAX_PARTS {
            self.everything = true;
            self.parts = SmallVec::new();
        } else {
            self.parts.insert(at, part);
        }
    }

    /// Adds the parts read by another computation.
    pub fn extend(&mut self, other: &Self) {
        if other.everything {
            self.add(Part::EVERYTHING);
        }
        for part in &other.parts {
            self.add(*part);
        }
    }

    /// The parts; just [`Part::EVERYTHING`] if there were too many.
    pub fn parts(&self) -> &[Part] {
        if self.everything {
            &[Part::EVERYTHING]
        } else {
            &self.parts
        }
    }
}

/// What has changed.
#[derive(Debug, Clone, Default)]
pub struct Changed {
    everything: bool,
    realms: FxHashSet<u32>,
    parts: FxHashSet<Part>,
    paths: Vec<(Part, Arc<[String]>)>,
    touched: FxHashSet<u32>,
    /// All parts affected by the changes, including enclosing ones.
    affected: Vec<Part>,
}

impl Changed {
    /// Everything may have changed.
    pub fn everything() -> Self {
        Self {
            everything: true,
            ..Self::default()
        }
    }

    /// Records that a whole realm changed.
    pub fn realm(&mut self, realm: u32) {
        self.realms.insert(realm);
        self.touch(realm);
    }

    fn touch(&mut self, realm: u32) {
        if self.touched.is_empty() {
            self.affected.push(Part::EVERYTHING);
        }
        if self.touched.insert(realm) {
            self.affected.push(Part::realm(realm));
        }
    }

    /// Adds a part; returns false if it was already included.
    fn add_affected(&mut self, part: Part) -> bool {
        self.touch(part.realm);
        let is_new = self.parts.insert(part);
        if is_new {
            self.affected.push(part);
        }
        is_new
    }

    /// Records that the value at a path was added, removed or replaced.
    pub fn part(&mut self, part: Part, path: Vec<String>) {
        self.names(part, path);
        self.add_affected(part.itself());
    }

    /// Records that the set of keys of a map at a path changed, but not the presence of the map.
    pub fn names(&mut self, part: Part, path: Vec<String>) {
        if self.add_affected(part) {
            self.paths.push((part, path.into()));
        }
    }

    /// Records that one of the texts that a realm is made from changed.
    pub fn text(&mut self, realm: u32, number: u32) {
        self.add_affected(Part::text(realm, number));
    }

    /// May everything have changed?
    pub fn is_everything(&self) -> bool {
        self.everything
    }

    /// Did anything that was read change?
    pub fn touches(&self, reads: &Reads) -> bool {
        let parts = reads.parts();
        self.touches_any(|part| parts.binary_search(&part).is_ok(), || parts.iter())
    }

    /// Did anything in a set of parts change?
    pub(super) fn touches_any<'p, I: Iterator<Item = &'p Part>>(
        &self,
        has: impl Fn(Part) -> bool,
        all: impl FnOnce() -> I,
    ) -> bool {
        // Changes are few, while many parts may have been read.
        self.everything
            || self.affected().any(has)
            || !self.realms.is_empty() && all().any(|part| self.realms.contains(&part.realm))
    }

    /// Realms that changed as a whole.
    pub(super) fn realms(&self) -> &FxHashSet<u32> {
        &self.realms
    }

    /// The parts that changed, with their paths from the root.
    pub(super) fn paths(&self) -> &[(Part, Arc<[String]>)] {
        &self.paths
    }

    /// All parts affected by the changes, including enclosing ones.
    pub(super) fn affected(&self) -> impl Iterator<Item = Part> + '_ {
        self.affected.iter().copied()
    }
}

thread_local! {
    static WATCHED: RefCell<Option<Reads>> = const { RefCell::new(None) };
    /// What has been recorded as a whole.
    static COVERED: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Declares that everything under a number chosen by the host has been recorded: the host need not record parts of it
/// until something else is covered.
pub fn cover(number: u32) {
    if is_watched() {
        COVERED.set(Some(number));
    }
}

/// Has the current watcher already recorded all of it?
pub fn is_covered(number: u32) -> bool {
    COVERED.get() == Some(number)
}

/// Are reads being watched on this thread?
pub fn is_watched() -> bool {
    WATCHED.with(|watched| watched.borrow().is_some())
}

/// Records that a part is read, if reads are watched; `None` stands for data that never changes.
pub fn note(part: impl FnOnce() -> Option<Part>) {
    if !is_watched() {
        return;
    }
    let Some(part) = part() else { return };
    WATCHED.with(|watched| {
        if let Some(reads) = &mut *watched.borrow_mut() {
            reads.add(part);
        }
    });
}

/// Records everything that another computation read.
fn note_all(other: &Reads) {
    WATCHED.with(|watched| {
        if let Some(reads) = &mut *watched.borrow_mut() {
            reads.extend(other);
        }
    });
}

/// Runs `work` and returns what it read. An outer watcher does not see these reads.
pub fn watched<T>(work: impl FnOnce() -> T) -> (T, Reads) {
    /// Restores the outer watcher, even after a panic.
    struct Before(Option<Reads>, Option<u32>);
    impl Drop for Before {
        fn drop(&mut self) {
            WATCHED.with(|watched| *watched.borrow_mut() = self.0.take());
            COVERED.set(self.1);
        }
    }
    let before = Before(
        WATCHED.replace(Some(Reads::default())),
        COVERED.replace(None),
    );
    let result = work();
    let reads = WATCHED.take().unwrap_or_default();
    drop(before);
    (result, reads)
}

/// A value computed on first use and shared.
#[derive(Debug)]
pub(super) struct Memo<T>(OnceLock<(T, Option<Reads>)>);

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<T> Memo<T> {
    /// The value. The reads of its computation are recorded for each caller.
    pub(super) fn get_or_init(&self, compute: impl FnOnce() -> T) -> &T {
        let watching = is_watched();
        let (value, reads) = self.0.get_or_init(|| {
            if watching {
                let (value, reads) = watched(compute);
                (value, Some(reads))
            } else {
                (compute(), None)
            }
        });
        if watching {
            match reads {
                Some(reads) => note_all(reads),
                // It was computed while reads were not watched.
                None => note(|| Some(Part::EVERYTHING)),
            }
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(realm: u32, key: &str) -> Part {
        Splits::default().part_of(realm, [key].into_iter())
    }

    fn read(realm: u32, key: &str) {
        note(|| Some(entry(realm, key)));
    }

    #[test]
    fn every_user_of_a_memo_records_its_reads() {
        let memo = Memo::default();
        let use_it = || *memo.get_or_init(|| read(1, "shared"));
        for _ in 0..2 {
            let (_, reads) = watched(|| {
                read(1, "own");
                use_it();
            });
            let mut expected = [entry(1, "own"), entry(1, "shared")];
            expected.sort();
            assert_eq!(reads.parts(), expected);
        }
    }

    #[test]
    fn nested_watches_record_separate_reads() {
        let (inner, outer) = watched(|| {
            read(0, "a");
            let (_, inner) = watched(|| read(0, "b"));
            read(0, "c");
            inner
        });
        assert_eq!(inner.parts(), [entry(0, "b")]);
        let mut expected = [entry(0, "a"), entry(0, "c")];
        expected.sort();
        assert_eq!(outer.parts(), expected);
        assert!(!is_watched());
    }

    #[test]
    fn coverage_is_limited_to_the_current_watch() {
        cover(7);
        assert!(!is_covered(7), "reads are not watched");
        let _ = watched(|| {
            cover(7);
            assert!(is_covered(7) && !is_covered(8));
            let _ = watched(|| assert!(!is_covered(7)));
            assert!(is_covered(7));
        });
        assert!(!is_covered(7));
    }

    #[test]
    fn changes_touch_only_their_readers() {
        let reads = |part: Part| watched(|| note(|| Some(part))).1;
        let mut changed = Changed::default();
        assert!(!changed.touches(&reads(Part::EVERYTHING)));
        changed.part(entry(3, "a"), vec!["a".to_owned()]);
        assert!(changed.touches(&reads(entry(3, "a"))));
        assert!(changed.touches(&reads(Part::realm(3))));
        assert!(changed.touches(&reads(Part::EVERYTHING)));
        for other in [entry(3, "b"), entry(4, "a"), Part::root(3), Part::realm(4)] {
            assert!(!changed.touches(&reads(other)), "{other:?}");
        }
        changed.realm(4);
        assert!(changed.touches(&reads(entry(4, "a"))));
        assert!(Changed::everything().touches(&Reads::default()));
    }

    #[test]
    fn entries_of_a_split_map_are_separate_parts() {
        let mut splits = Splits::default();
        let part = |splits: &Splits, path: &[&str]| splits.part_of(1, path.iter().copied());
        assert_eq!(part(&splits, &["a", "b"]), part(&splits, &["a", "c"]));
        let map = splits.split(Part::root(1), "a");
        assert_eq!(part(&splits, &["a"]), map);
        assert!(map.is_names());
        assert_ne!(part(&splits, &["a", "b"]), part(&splits, &["a", "c"]));
        assert_eq!(part(&splits, &["a", "b", "d"]), part(&splits, &["a", "b"]));
        assert_eq!(part(&splits, &[]), Part::root(1));
    }

    #[test]
    fn existence_of_a_map_is_independent_of_its_keys() {
        let mut splits = Splits::default();
        let map = splits.split(Part::root(1), "a");
        let reads = |part: Part| watched(|| note(|| Some(part))).1;
        let mut keys = Changed::default();
        keys.names(map, vec!["a".to_owned()]);
        assert!(keys.touches(&reads(map)));
        assert!(!keys.touches(&reads(map.itself())));
        let mut presence = Changed::default();
        presence.part(map, vec!["a".to_owned()]);
        assert!(presence.touches(&reads(map)));
        assert!(presence.touches(&reads(map.itself())));
    }

    #[test]
    fn too_many_reads_collapse_to_everything() {
        let (_, reads) = watched(|| (0..5_000).for_each(|at| read(at, "a")));
        assert_eq!(reads.parts(), [Part::EVERYTHING]);
    }
}
