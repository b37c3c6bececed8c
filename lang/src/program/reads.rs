//! What a rule may read, so that after a change only affected rules are run again.

use serde::{Deserialize, Serialize};

/// The places a rule may read. Everything below a path is included.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReadSet {
    /// Reads are unbounded: the rule iterates over layers or releases, calls the host, or starts with `**`.
    pub everything: bool,
    /// Does it read facts about the deployment, such as versions, namespaces, profiles or the set of components?
    pub structure: bool,
    /// The paths, sorted, without those covered by another.
    pub paths: Vec<ReadPath>,
}

/// Everything below some keys of a component.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReadPath {
    /// The component; `None` means any.
    pub component: Option<String>,
    /// The keys from the component's root; `None` means any key.
    pub keys: Vec<Option<String>>,
}

impl ReadSet {
    /// Can the rule be affected by a change of the value at `keys` of `component`, or of anything above or below it?
    pub fn sees(&self, component: &str, keys: &[&str]) -> bool {
        self.everything || self.paths.iter().any(|path| path.meets(component, keys))
    }

    pub(crate) fn add(&mut self, path: ReadPath) {
        if self.paths.iter().any(|known| known.covers(&path)) {
            return;
        }
        self.paths.retain(|known| !path.covers(known));
        let at = self.paths.partition_point(|known| *known < path);
        self.paths.insert(at, path);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.everything |= other.everything;
        self.structure |= other.structure;
        for path in &other.paths {
            self.add(path.clone());
        }
    }
}

impl ReadPath {
    fn meets(&self, component: &str, keys: &[&str]) -> bool {
        let same = |mine: &Option<String>, key: &str| mine.as_deref().is_none_or(|it| it == key);
        same(&self.component, component)
            && self
                .keys
                .iter()
                .zip(keys)
                .all(|(mine, key)| same(mine, key))
    }

    /// Does this include everything in `other`?
    fn covers(&self, other: &Self) -> bool {
        let wider = |a: &Option<String>, b: &Option<String>| a.is_none() || a == b;
        wider(&self.component, &other.component)
            && self.keys.len() <= other.keys.len()
            && self.keys.iter().zip(&other.keys).all(|(a, b)| wider(a, b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(component: Option<&str>, keys: &[Option<&str>]) -> ReadPath {
        ReadPath {
            component: component.map(str::to_owned),
            keys: keys.iter().map(|key| key.map(str::to_owned)).collect(),
        }
    }

    #[test]
    fn read_set_sees_changes_above_and_below_its_paths() {
        let mut reads = ReadSet::default();
        reads.add(path(None, &[Some("config"), None, Some("port")]));
        assert!(reads.sees("brig", &["config"]));
        assert!(reads.sees("brig", &["config", "smtp", "port", "x"]));
        assert!(!reads.sees("brig", &["config", "smtp", "host"]));
        assert!(!reads.sees("brig", &["secrets"]));
    }

    #[test]
    fn wider_path_absorbs_narrower_ones() {
        let mut reads = ReadSet::default();
        reads.add(path(Some("brig"), &[Some("config"), Some("smtp")]));
        reads.add(path(Some("brig"), &[Some("config")]));
        reads.add(path(Some("brig"), &[Some("config"), Some("aws")]));
        assert_eq!(reads.paths, [path(Some("brig"), &[Some("config")])]);
    }
}
