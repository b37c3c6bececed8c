//! Which parts of the host's data a computation reads, so that it need not be done again while they stay the same.
//!
//! INVARIANT: a host notes a part before it lets anything of it be seen, and what is computed once for many ([`Memo`]) is noted for
//! each of them. Where nobody watches, nothing is noted.

use std::cell::{Cell, RefCell};
use std::hash::{Hash as _, Hasher as _};
use std::sync::{Arc, OnceLock};

use rustc_hash::{FxHashSet, FxHasher};
use smallvec::SmallVec;

/// A part of the host's data: a place below the root of a realm with all that is below it; of a map that is split ([`Splits`]) only
/// that it is there, or only which keys it has. A realm is what the host says; parts change independently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part {
    /// The realm.
    pub realm: u32,
    /// A number of the path from the root.
    place: u64,
    what: What,
}

/// What of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum What {
    All,
    /// Only which keys there are.
    Names,
    /// Only that a map is there: which keys it has does not matter.
    Itself,
}

/// The root.
const ROOT: u64 = 0;
/// Any place.
const ANY: u64 = u64::MAX;

impl Part {
    /// All the data there is.
    pub const EVERYTHING: Self = Self {
        realm: u32::MAX,
        place: ANY,
        what: What::All,
    };

    /// Which keys the root of a realm has: it is always split.
    pub fn root(realm: u32) -> Self {
        Self {
            realm,
            place: ROOT,
            what: What::Names,
        }
    }

    /// All of a realm.
    pub fn realm(realm: u32) -> Self {
        Self {
            realm,
            place: ANY,
            what: What::All,
        }
    }

    /// All of one of the texts that a realm is made from.
    pub fn text(realm: u32, number: u32) -> Self {
        // No key of a map that is split is called so; if one were, it would cost work, not truth.
        Self::root(realm).below(&format!("\u{0}text {number}"))
    }

    /// Is it only which keys there are?
    pub fn is_names(self) -> bool {
        self.what == What::Names
    }

    /// Of a map that is split only that it is there; anything else as it is.
    #[must_use]
    pub fn itself(self) -> Self {
        match self.what {
            What::Names => Self {
                what: What::Itself,
                ..self
            },
            What::All | What::Itself => self,
        }
    }

    /// The place of a key of the map at this place.
    fn below(self, key: &str) -> Self {
        let mut hasher = FxHasher::default();
        self.place.hash(&mut hasher);
        key.hash(&mut hasher);
        // Two places of one number would share a part, which costs work; truth only if one changes and the other was read alone, which
        // takes 64 equal bits.
        let place = hasher.finish().clamp(ROOT + 1, ANY - 1);
        Self {
            realm: self.realm,
            place,
            what: What::All,
        }
    }
}

/// Maps so large that each of their entries is a part of its own. The roots are split without being here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Splits(FxHashSet<(u32, u64)>);

impl Splits {
    /// Splits the map under a key of a map that is split: its part from now on.
    pub fn split(&mut self, map: Part, key: &str) -> Part {
        let below = map.below(key);
        self.0.insert((below.realm, below.place));
        Part {
            what: What::Names,
            ..below
        }
    }

    /// Is all that is split there split here, too?
    pub fn covers(&self, other: &Self) -> bool {
        other.0.is_subset(&self.0)
    }

    /// The part of what stands under a key of a map that is split.
    pub fn part(&self, map: Part, key: &str) -> Part {
        let below = map.below(key);
        let what = match self.0.contains(&(below.realm, below.place)) {
            true => What::Names,
            false => What::All,
        };
        Part { what, ..below }
    }

    /// The part of a path from the root of a realm: that of the first thing on the way that is not split.
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

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// Sorted.
    parts: SmallVec<[Part; 3]>,
    everything: bool,
}

/// Whoever reads more parts is taken to read everything.
const MANY: usize = 2_000;

impl Reads {
    /// Adds a part.
    pub fn add(&mut self, part: Part) {
        if self.everything {
            return;
        }
        let Err(at) = self.parts.binary_search(&part) else {
            return;
        };
        if part == Part::EVERYTHING || self.parts.len() >= MANY {
            self.everything = true;
            self.parts = SmallVec::new();
        } else {
            self.parts.insert(at, part);
        }
    }

    /// Adds what somebody else read.
    pub fn extend(&mut self, other: &Self) {
        if other.everything {
            self.add(Part::EVERYTHING);
        }
        for part in &other.parts {
            self.add(*part);
        }
    }

    /// The parts; the one part is [`Part::EVERYTHING`] for whoever read too many to count.
    pub fn parts(&self) -> &[Part] {
        if self.everything {
            &[Part::EVERYTHING]
        } else {
            &self.parts
        }
    }
}

/// What is not as it was.
#[derive(Debug, Clone, Default)]
pub struct Changed {
    everything: bool,
    realms: FxHashSet<u32>,
    parts: FxHashSet<Part>,
    paths: Vec<(Part, Arc<[String]>)>,
    touched: FxHashSet<u32>,
    /// Every part of which something that was noted may speak.
    speaking: Vec<Part>,
}

impl Changed {
    /// Nothing is known to be as it was.
    pub fn everything() -> Self {
        Self {
            everything: true,
            ..Self::default()
        }
    }

    /// A whole realm.
    pub fn realm(&mut self, realm: u32) {
        self.realms.insert(realm);
        self.touch(realm);
    }

    fn touch(&mut self, realm: u32) {
        if self.touched.is_empty() {
            self.speaking.push(Part::EVERYTHING);
        }
        if self.touched.insert(realm) {
            self.speaking.push(Part::realm(realm));
        }
    }

    /// False if it was there before.
    fn speak(&mut self, part: Part) -> bool {
        self.touch(part.realm);
        let is_new = self.parts.insert(part);
        if is_new {
            self.speaking.push(part);
        }
        is_new
    }

    /// What stands at a path: it came, went or is another.
    pub fn part(&mut self, part: Part, path: Vec<String>) {
        self.names(part, path);
        self.speak(part.itself());
    }

    /// Which keys a map at a path has; that it is there has not changed.
    pub fn names(&mut self, part: Part, path: Vec<String>) {
        if self.speak(part) {
            self.paths.push((part, path.into()));
        }
    }

    /// One of the texts that a realm is made from.
    pub fn text(&mut self, realm: u32, number: u32) {
        self.speak(Part::text(realm, number));
    }

    /// Is nothing known?
    pub fn is_everything(&self) -> bool {
        self.everything
    }

    /// Did anything of it change?
    pub fn touches(&self, reads: &Reads) -> bool {
        let parts = reads.parts();
        self.touches_any(|part| parts.binary_search(&part).is_ok(), || parts.iter())
    }

    /// Did anything change of a set of parts?
    pub(super) fn touches_any<'p, I: Iterator<Item = &'p Part>>(
        &self,
        has: impl Fn(Part) -> bool,
        all: impl FnOnce() -> I,
    ) -> bool {
        // Little changes, and much may have been read.
        self.everything
            || self.speaking().any(has)
            || !self.realms.is_empty() && all().any(|part| self.realms.contains(&part.realm))
    }

    /// Realms of which nothing is known.
    pub(super) fn realms(&self) -> &FxHashSet<u32> {
        &self.realms
    }

    /// The parts that changed, with their paths from the root.
    pub(super) fn paths(&self) -> &[(Part, Arc<[String]>)] {
        &self.paths
    }

    /// Every part of which something that was noted may speak.
    pub(super) fn speaking(&self) -> impl Iterator<Item = Part> + '_ {
        self.speaking.iter().copied()
    }
}

thread_local! {
    static WATCHED: RefCell<Option<Reads>> = const { RefCell::new(None) };
    /// Of what nothing more need be noted.
    static COVERED: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Says that all of something has been noted, which the host calls by a number: it need not note parts of it until something else is
/// covered.
pub fn cover(number: u32) {
    if is_watched() {
        COVERED.set(Some(number));
    }
}

/// Was all of it noted by who watches now?
pub fn is_covered(number: u32) -> bool {
    COVERED.get() == Some(number)
}

/// Is anybody watching on this thread?
pub fn is_watched() -> bool {
    WATCHED.with(|watched| watched.borrow().is_some())
}

/// Notes that a part is read, if anybody watches; `None` stands for what never changes.
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

/// Notes all that somebody else read.
fn note_all(other: &Reads) {
    WATCHED.with(|watched| {
        if let Some(reads) = &mut *watched.borrow_mut() {
            reads.extend(other);
        }
    });
}

/// Does some work and tells what it read. Whoever watched before does not see it.
pub fn watched<T>(work: impl FnOnce() -> T) -> (T, Reads) {
    /// Puts back who watched before, also after a panic.
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

/// Something that is computed when it is first needed, for all who need it.
#[derive(Debug)]
pub(super) struct Memo<T>(OnceLock<(T, Option<Reads>)>);

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<T> Memo<T> {
    /// The value. What computing it read is noted for whoever asks.
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
                // Computed where nobody watched.
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
    fn what_is_computed_once_is_read_by_all_who_use_it() {
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
    fn watching_inside_of_watching_is_apart_and_ends() {
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
    fn what_is_covered_is_so_for_who_watches() {
        cover(7);
        assert!(!is_covered(7), "nobody watches");
        let _ = watched(|| {
            cover(7);
            assert!(is_covered(7) && !is_covered(8));
            let _ = watched(|| assert!(!is_covered(7)));
            assert!(is_covered(7));
        });
        assert!(!is_covered(7));
    }

    #[test]
    fn a_change_touches_those_who_read_it() {
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
    fn entries_of_a_map_that_is_split_are_parts_of_their_own() {
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
    fn that_a_map_is_there_does_not_depend_on_its_keys() {
        let mut splits = Splits::default();
        let map = splits.split(Part::root(1), "a");
        let reads = |part: Part| watched(|| note(|| Some(part))).1;
        let mut keys = Changed::default();
        keys.names(map, vec!["a".to_owned()]);
        assert!(keys.touches(&reads(map)));
        assert!(!keys.touches(&reads(map.itself())));
        let mut gone = Changed::default();
        gone.part(map, vec!["a".to_owned()]);
        assert!(gone.touches(&reads(map)));
        assert!(gone.touches(&reads(map.itself())));
    }

    #[test]
    fn whoever_reads_very_much_reads_everything() {
        let (_, reads) = watched(|| (0..5_000).for_each(|at| read(at, "a")));
        assert_eq!(reads.parts(), [Part::EVERYTHING]);
    }
}
