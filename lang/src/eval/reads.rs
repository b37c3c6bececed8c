//! Which parts of the host's data a computation reads, so that it need not be done again while they stay the same.
//!
//! INVARIANT: a host notes a part before it lets anything of it be seen, and what is computed once for many ([`Memo`]) is noted for
//! each of them. Where nobody watches, nothing is noted.

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::OnceLock;

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

/// A part of the host's data: an entry of the root of a realm, with all that is below it. A realm is what the host says; parts of
/// one realm change independently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part {
    /// The realm.
    pub realm: u32,
    entry: u64,
}

/// Which entries a root has.
const NAMES: u64 = 0;
/// Any entry.
const ANY: u64 = u64::MAX;

impl Part {
    /// All the data there is.
    pub const EVERYTHING: Self = Self {
        realm: u32::MAX,
        entry: ANY,
    };

    /// The entry of a key.
    pub fn entry(realm: u32, key: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        // Two keys of one number would share a part, which costs work and no truth, unless one of them goes and the other stays
        // unread: that takes 64 equal bits.
        let entry = hasher.finish().clamp(NAMES + 1, ANY - 1);
        Self { realm, entry }
    }

    /// Which entries there are, and in which order.
    pub fn names(realm: u32) -> Self {
        Self {
            realm,
            entry: NAMES,
        }
    }

    /// All of a realm.
    pub fn realm(realm: u32) -> Self {
        Self { realm, entry: ANY }
    }
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    parts: SmallVec<[Part; 3]>,
    everything: bool,
}

/// Whoever reads more parts is taken to read everything.
const MANY: usize = 64;

impl Reads {
    /// Adds a part.
    pub fn add(&mut self, part: Part) {
        if self.everything || self.parts.contains(&part) {
            return;
        }
        if part == Part::EVERYTHING || self.parts.len() >= MANY {
            self.everything = true;
            self.parts = SmallVec::new();
        } else {
            self.parts.push(part);
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
    keys: Vec<(u32, String)>,
    touched: FxHashSet<u32>,
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
        self.touched.insert(realm);
    }

    /// An entry of a realm, be it that it came, went or is another.
    pub fn entry(&mut self, realm: u32, key: &str) {
        if self.parts.insert(Part::entry(realm, key)) {
            self.keys.push((realm, key.to_owned()));
        }
        self.touched.insert(realm);
    }

    /// Which entries there are in a realm, or their order.
    pub fn names(&mut self, realm: u32) {
        self.parts.insert(Part::names(realm));
        self.touched.insert(realm);
    }

    /// Is nothing known?
    pub fn is_everything(&self) -> bool {
        self.everything
    }

    /// Did anything of it change?
    pub fn has(&self, part: Part) -> bool {
        if self.everything || self.realms.contains(&part.realm) {
            return true;
        }
        if part == Part::EVERYTHING {
            return !self.touched.is_empty();
        }
        match part.entry {
            ANY => self.touched.contains(&part.realm),
            _ => self.parts.contains(&part),
        }
    }

    /// Did anything of it change?
    pub fn touches(&self, reads: &Reads) -> bool {
        self.everything || reads.parts().iter().any(|part| self.has(*part))
    }

    /// Realms of which nothing is known.
    pub(super) fn realms(&self) -> &FxHashSet<u32> {
        &self.realms
    }

    /// The keys of entries that changed, by realm.
    pub(super) fn keys(&self) -> &[(u32, String)] {
        &self.keys
    }

    /// Every part of which something that was noted may speak.
    pub(super) fn speaking(&self) -> impl Iterator<Item = Part> + '_ {
        let everything = (!self.touched.is_empty()).then_some(Part::EVERYTHING);
        let realms = self.touched.iter().map(|realm| Part::realm(*realm));
        self.parts.iter().copied().chain(realms).chain(everything)
    }
}

thread_local! {
    static WATCHED: RefCell<Option<Reads>> = const { RefCell::new(None) };
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
    struct Before(Option<Reads>);
    impl Drop for Before {
        fn drop(&mut self) {
            WATCHED.with(|watched| *watched.borrow_mut() = self.0.take());
        }
    }
    let before = Before(WATCHED.replace(Some(Reads::default())));
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

    fn read(realm: u32, key: &str) {
        note(|| Some(Part::entry(realm, key)));
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
            let expected = [Part::entry(1, "own"), Part::entry(1, "shared")];
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
        assert_eq!(inner.parts(), [Part::entry(0, "b")]);
        assert_eq!(outer.parts(), [Part::entry(0, "a"), Part::entry(0, "c")]);
        assert!(!is_watched());
    }

    #[test]
    fn a_change_touches_those_who_read_it() {
        let reads = |part: Part| watched(|| note(|| Some(part))).1;
        let mut changed = Changed::default();
        assert!(!changed.touches(&reads(Part::EVERYTHING)));
        changed.entry(3, "a");
        assert!(changed.touches(&reads(Part::entry(3, "a"))));
        assert!(changed.touches(&reads(Part::realm(3))));
        assert!(changed.touches(&reads(Part::EVERYTHING)));
        for other in [
            Part::entry(3, "b"),
            Part::entry(4, "a"),
            Part::names(3),
            Part::realm(4),
        ] {
            assert!(!changed.touches(&reads(other)), "{other:?}");
        }
        changed.realm(4);
        assert!(changed.touches(&reads(Part::entry(4, "a"))));
        assert!(Changed::everything().touches(&Reads::default()));
    }

    #[test]
    fn whoever_reads_very_much_reads_everything() {
        let (_, reads) = watched(|| (0..1000).for_each(|at| read(at, "a")));
        assert_eq!(reads.parts(), [Part::EVERYTHING]);
    }
}
