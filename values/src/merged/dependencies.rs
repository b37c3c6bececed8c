//! Decides which subcharts Helm installs.
//!
//! Source: Helm v3.21 `pkg/chartutil/dependencies.go` (`processDependencyTags`, `processDependencyConditions`): of the tags that are given
//! *and are booleans*, any true enables, otherwise any false disables; the first condition path that yields a boolean overrides them.
//! Anything that is not a boolean counts as not given.

use source::secret::hidden_text;

use super::NodeRef;
use super::arena::Arena;
use super::coalesce::ChartTree;
use super::coalesce::GLOBAL;
use crate::chart::Dependency;
use crate::yaml::Kind;

/// Whether Helm installs a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Enabled {
    /// Yes.
    Yes,
    /// No: its values are ignored.
    No,
    /// The tag or condition that decides is not visible.
    Unknown,
}

/// The state of a tag or condition as Helm reads it.
enum Switch {
    On(NodeRef),
    Off(NodeRef),
    Hidden(NodeRef),
    Unset,
}

/// The values that decide, in order of precedence: the operator's, then the defaults of each chart on the way.
pub(super) struct Decision<'a> {
    pub(super) arena: &'a Arena,
    pub(super) user: NodeRef,
    /// Charts from the top to the parent of the dependency.
    pub(super) charts: Vec<&'a ChartTree>,
    /// True if a hidden layer may hold anything.
    pub(super) has_opaque_values: bool,
}

impl Decision<'_> {
    /// Decides one dependency of the last chart. `own_defaults` are the defaults of the dependency itself.
    pub(super) fn decide(
        &self,
        dependency: &Dependency,
        own_defaults: Option<NodeRef>,
    ) -> (Enabled, Option<NodeRef>) {
        if dependency.inlined {
            return (Enabled::Yes, None);
        }
        let switched = !dependency.tags.is_empty() || !dependency.conditions.is_empty();
        if switched && self.has_opaque_values {
            return (Enabled::Unknown, None);
        }
        let (mut enabled, mut by) = self.decide_by_tags(&dependency.tags);
        let mut prefix: Vec<&str> = Vec::new();
        for chart in self.charts.iter().skip(1) {
            prefix.push(&chart.key);
        }
        for condition in &dependency.conditions {
            let mut path = prefix.clone();
            path.extend(condition.split('.'));
            match self.switch(&path, dependency.key(), own_defaults) {
                Switch::On(node) => {
                    (enabled, by) = (Enabled::Yes, Some(node));
                    break;
                }
                Switch::Off(node) => {
                    (enabled, by) = (Enabled::No, Some(node));
                    break;
                }
                Switch::Hidden(node) => {
                    (enabled, by) = (Enabled::Unknown, Some(node));
                    break;
                }
                Switch::Unset => {}
            }
        }
        (enabled, by)
    }

    /// The value under a subchart's key that makes Helm reject the release because it is not a map. Helm checks before it disables
    /// subcharts, so a string under the key of a disabled one is rejected too; and for enabled ones it also checks the charts' defaults on
    /// their own.
    pub(super) fn rejected_subchart_value(
        &self,
        key: &str,
        enabled: Enabled,
        parent_enabled: bool,
    ) -> Option<NodeRef> {
        if !parent_enabled {
            return self.rejected_value(key, Some(self.user), 0);
        }
        let parent = self.charts.len() - 1;
        // Below the top, Helm also checks the values of the whole release as if they were the subchart's own.
        let rejected =
            (0..=parent).find_map(|start| self.rejected_value(key, Some(self.user), start));
        rejected.or_else(|| {
            // Each chart's defaults are merged over those of its subcharts, starting with the innermost chart.
            let mut starts = (0..=parent).rev();
            let defaults = starts.find_map(|start| self.rejected_value(key, None, start));
            defaults.filter(|_| enabled != Enabled::No)
        })
    }

    /// The rejected value at the key when the values are merged over the charts from `start` on; without values, when those charts'
    /// defaults are merged over each other, where nulls stay.
    fn rejected_value(&self, key: &str, user: Option<NodeRef>, start: usize) -> Option<NodeRef> {
        let inner = self.charts[start + 1..].iter();
        let mut path: Vec<&str> = inner.map(|chart| chart.key.as_str()).collect();
        path.push(key);
        let own = self.charts.last().and_then(|chart| chart.defaults);
        let mut sources: Vec<(NodeRef, usize, usize)> =
            user.map(|node| (node, 0, 0)).into_iter().collect();
        for (depth, chart) in self.charts.iter().enumerate() {
            if user.is_some() || depth >= start {
                let skip = depth.saturating_sub(start);
                sources.extend(chart.defaults.map(|node| (node, skip, depth)));
            }
        }
        // A null removes the charts above this one, and the paths that begin above this step.
        let (mut least_depth, mut least_skip) = (0, 0);
        for (at, &(root, skip, depth)) in sources.iter().enumerate() {
            let is_user = user == Some(root) && at == 0;
            if !is_user && (depth < least_depth || skip < least_skip) {
                continue;
            }
            match self.follow(root, &path[skip..]) {
                PathLookup::Missing => {}
                PathLookup::Blocked(steps, node) if self.arena.kind(node) == Kind::Null => {
                    least_skip = least_skip.max(skip + steps);
                }
                // This is rejected on its own, or gives way to a map.
                PathLookup::Blocked(..) => {}
                PathLookup::Value(node) => {
                    let is_removed = |chart: &&ChartTree| {
                        let found = chart.defaults.map(|root| self.follow(root, &path));
                        matches!(found, Some(PathLookup::Value(_)))
                    };
                    match self.arena.kind(node) {
                        Kind::Map | Kind::Error => return None,
                        // The null has removed what the charts above would set here, and itself with it.
                        Kind::Null if is_user && self.charts[..start].iter().any(is_removed) => {
                            least_depth = start;
                            continue;
                        }
                        // Only the parent chart's own default gives way to a null.
                        Kind::Null if user.is_some() && Some(root) != own => {
                            return match own {
                                Some(own) if self.arena.get(own, key).is_some() => None,
                                _ => Some(node),
                            };
                        }
                        _ => return Some(node),
                    }
                }
            }
        }
        None
    }

    fn decide_by_tags(&self, tags: &[String]) -> (Enabled, Option<NodeRef>) {
        let (mut off, mut hidden) = (None, None);
        for tag in tags {
            match self.switch(&["tags", tag], "", None) {
                Switch::On(node) => return (Enabled::Yes, Some(node)),
                Switch::Off(node) => off = off.or(Some(node)),
                Switch::Hidden(node) => hidden = hidden.or(Some(node)),
                Switch::Unset => {}
            }
        }
        match (hidden, off) {
            (Some(node), _) => (Enabled::Unknown, Some(node)),
            (None, Some(node)) => (Enabled::No, Some(node)),
            (None, None) => (Enabled::Yes, None),
        }
    }

    /// The coalesced value at a path, read as a switch.
    fn switch(&self, path: &[&str], dependency: &str, own_defaults: Option<NodeRef>) -> Switch {
        let depth = self.charts.len() - 1;
        if depth > 0 && path.get(depth) == Some(&GLOBAL) {
            return match self.inherited_global(&path[..depth], &path[depth..]) {
                Switch::Unset => self.misplaced_switch(path),
                given => given,
            };
        }
        let mut sources: Vec<(NodeRef, usize)> = vec![(self.user, 0)];
        for (depth, chart) in self.charts.iter().enumerate() {
            let below = self.charts[1..=depth]
                .iter()
                .map(|chart| chart.key.as_str());
            // A subchart's defaults count below its own key, and its `tags` also at the top.
            if path[0] == "tags" {
                sources.extend(chart.defaults.map(|node| (node, 0)));
            } else if path.iter().copied().take(depth).eq(below) {
                sources.extend(chart.defaults.map(|node| (node, depth)));
            }
        }
        if path.get(depth) == Some(&dependency) {
            sources.extend(own_defaults.map(|node| (node, depth + 1)));
        }
        for (root, skip) in sources {
            match self.follow(root, &path[skip..]) {
                PathLookup::Value(node) => return self.read_switch(node),
                // A null removes the key from the charts above; the subchart's own defaults still apply.
                PathLookup::Blocked(steps, _)
                    if steps == depth + 1 && path[..steps].ends_with(&[dependency]) =>
                {
                    return own_defaults.map_or(Switch::Unset, |node| {
                        match self.follow(node, &path[steps..]) {
                            PathLookup::Value(node) => self.read_switch(node),
                            _ => Switch::Unset,
                        }
                    });
                }
                PathLookup::Blocked(..) => return Switch::Unset,
                PathLookup::Missing => {}
            }
        }
        self.misplaced_switch(path)
    }

    /// When looking for switches, Helm also merges the defaults of a nested chart over the values of the whole release: a chart `redis`
    /// with a key `redis` enables or disables its own subcharts.
    fn misplaced_switch(&self, path: &[&str]) -> Switch {
        if path[0] == "tags" {
            return Switch::Unset;
        }
        let inner = self.charts.iter().skip(1).filter_map(|it| it.defaults);
        let mut found = inner.map(|root| self.follow(root, path));
        match found.find(|it| !matches!(it, PathLookup::Missing)) {
            Some(PathLookup::Value(node)) => self.read_switch(node),
            _ => Switch::Unset,
        }
    }

    /// A value below a subchart's `global`: values that Helm passes down from above come first.
    fn inherited_global(&self, prefix: &[&str], rest: &[&str]) -> Switch {
        // The values over the first `charts` charts, for a path from the top.
        let sources = |charts: usize| {
            let charts = self.charts.iter().enumerate().take(charts);
            let defaults = charts.filter_map(|(depth, chart)| Some((chart.defaults?, depth)));
            [(self.user, 0)].into_iter().chain(defaults)
        };
        // Nothing is passed down where there is something other than a map.
        let is_blocked = |level: &usize| {
            let path: Vec<&str> = prefix[..*level].iter().copied().chain([GLOBAL]).collect();
            let found =
                sources(*level).find_map(|(root, skip)| match self.follow(root, &path[skip..]) {
                    PathLookup::Value(node) => Some(node),
                    _ => None,
                });
            found.is_some_and(|node| self.arena.kind(node) != Kind::Map)
        };
        let first = (1..=prefix.len()).rev().find(is_blocked).unwrap_or(0);
        for level in first..=prefix.len() {
            let path: Vec<&str> = prefix[..level].iter().chain(rest).copied().collect();
            let all: Vec<(NodeRef, usize)> = sources(level + 1).collect();
            let mut found = all
                .iter()
                .map(|(root, skip)| self.follow(*root, &path[*skip..]));
            match found.find(|it| !matches!(it, PathLookup::Missing)) {
                // A value that is not a map on the way is not passed down.
                None | Some(PathLookup::Missing | PathLookup::Blocked(..)) => {}
                Some(PathLookup::Value(node)) => match self.arena.kind(node) {
                    // A map gives way to an existing value, but not to the defaults that come last.
                    Kind::Map => {
                        let is_set = |level: usize| {
                            let path = prefix[..level].iter().chain(rest).copied();
                            let path: Vec<&str> = path.collect();
                            sources(level).any(|(root, skip)| {
                                matches!(self.follow(root, &path[skip..]), PathLookup::Value(_))
                            })
                        };
                        if !(level + 1..=prefix.len()).any(is_set) {
                            return Switch::Unset;
                        }
                    }
                    // A null that removes a default disappears with it.
                    Kind::Null if found.any(|it| matches!(it, PathLookup::Value(_))) => {}
                    _ => return self.read_switch(node),
                },
            }
        }
        Switch::Unset
    }

    fn follow(&self, root: NodeRef, path: &[&str]) -> PathLookup {
        let mut node = root;
        for (steps, key) in path.iter().enumerate() {
            match self.arena.kind(node) {
                Kind::Map => match self.arena.get(node, key) {
                    Some(next) => node = next,
                    None => return PathLookup::Missing,
                },
                _ => return PathLookup::Blocked(steps, node),
            }
        }
        PathLookup::Value(node)
    }

    fn read_switch(&self, node: NodeRef) -> Switch {
        match self.arena.kind(node) {
            Kind::Bool if self.arena.bool(node) => Switch::On(node),
            Kind::Bool => Switch::Off(node),
            Kind::Error => Switch::Hidden(node),
            Kind::String if hidden_text(&self.arena.text(node)).is_some() => Switch::Hidden(node),
            _ => Switch::Unset,
        }
    }
}

enum PathLookup {
    Value(NodeRef),
    /// After that many steps there is something other than a map.
    Blocked(usize, NodeRef),
    Missing,
}
