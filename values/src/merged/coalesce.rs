//! Coalesces the operator's values with the defaults of a chart and its subcharts, as Helm does.
//!
//! Source: Helm v3.21 `pkg/chartutil/coalesce.go` (`coalesceValues`, `coalesceDeps`, `coalesceGlobals`) and `pkg/chartutil/dependencies.go`
//! (`processImportValues`, which first merges the subcharts' defaults into the parent's). Its imports are in `imports`.

use super::arena::{Arena, Entry, Mode, remove};
use super::node::{LayerId, NodeRef};
use crate::chart::Import;
use crate::yaml::Kind;

/// The key whose values are passed to every subchart.
pub(super) const GLOBAL: &str = "global";

/// A chart with its installed subcharts, ready for coalescing.
#[derive(Debug, Default)]
pub(super) struct ChartTree {
    /// The key of its values in its parent; empty at the top.
    pub(super) key: String,
    /// The path of its values from the top of the release.
    pub(super) mount: Vec<String>,
    /// The top map of its defaults.
    pub(super) defaults: Option<NodeRef>,
    /// What its parent imports from it.
    pub(super) imports: Vec<Import>,
    /// Installed subcharts.
    pub(super) subcharts: Vec<ChartTree>,
}

impl Arena {
    /// The effective values: `user` over the defaults of the whole tree of charts. Appends the layers of values that charts import from
    /// each other.
    pub(super) fn coalesce(
        &mut self,
        chart: &mut ChartTree,
        user: NodeRef,
        release: u32,
        imported: &mut Vec<LayerId>,
    ) -> NodeRef {
        if chart.defaults.is_none() && chart.subcharts.is_empty() {
            return user;
        }
        self.enrich(chart, release, imported);
        let entries = self.entries(user);
        let entries = self.coalesce_chart(chart, entries, release, false);
        self.push_or_synthesize(entries, self.top(user), &[], release)
    }

    fn push_or_synthesize(
        &mut self,
        entries: Vec<Entry>,
        top: Option<NodeRef>,
        path: &[String],
        release: u32,
    ) -> NodeRef {
        match top {
            Some(_) => self.push_map(entries, top, release),
            None => self.push_synthetic(entries, path.to_vec(), release),
        }
    }

    /// Merges the subcharts' defaults into the parent's, innermost first.
    fn enrich(&mut self, chart: &mut ChartTree, release: u32, imported: &mut Vec<LayerId>) {
        if chart.subcharts.is_empty() {
            return;
        }
        for sub in &mut chart.subcharts {
            self.enrich(sub, release, imported);
        }
        let entries = self.coalesce_chart(chart, Vec::new(), release, true);
        let top = chart.defaults.and_then(|defaults| self.top(defaults));
        let defaults = self.push_or_synthesize(entries, top, &chart.mount, release);
        chart.defaults = Some(self.import(chart, defaults, release, imported));
    }

    /// Coalesces one chart. `keep_nulls` is Helm's `merge`: nulls stay for a later step.
    fn coalesce_chart(
        &mut self,
        chart: &ChartTree,
        mut values: Vec<Entry>,
        release: u32,
        keep_nulls: bool,
    ) -> Vec<Entry> {
        self.coalesce_values(chart, &mut values, keep_nulls);
        if chart.subcharts.is_empty() {
            return values;
        }
        // In a single pass: a chart may have thousands of keys and dozens of subcharts.
        let subcharts = chart.subcharts.iter().map(|sub| &*sub.key);
        let keys: Vec<&str> = subcharts.chain([GLOBAL]).collect();
        let mut found = self.find_all(&values, &keys);
        for (number, sub) in chart.subcharts.iter().enumerate() {
            let at = found[number];
            let (mut below, top) = match at.map(|at| values[at].value) {
                None => (Vec::new(), sub.defaults.and_then(|node| self.top(node))),
                Some(node) if self.kind(node) == Kind::Map => (self.entries(node), self.top(node)),
                // Helm rejects the release, which was recorded when deciding on the subcharts.
                Some(_) => continue,
            };
            let global = found[keys.len() - 1].map(|at| values[at].value);
            self.pass_globals(global, &mut below, &sub.mount, release);
            let below = self.coalesce_chart(sub, below, release, keep_nulls);
            let value = self.push_or_synthesize(below, top, &sub.mount, release);
            match at {
                Some(at) => values[at].value = value,
                None => {
                    // Two subcharts may have the same key, or one may be called `global`.
                    for (other, have) in keys.iter().zip(&mut found) {
                        if *other == sub.key {
                            *have = Some(values.len());
                        }
                    }
                    let key = self.synthetic_key(&sub.key);
                    values.push(Entry { key, value });
                }
            }
        }
        values
    }

    /// Merges the chart's own defaults below `values`. At the top of a chart, a null removes the key even if the default is null.
    fn coalesce_values(&mut self, chart: &ChartTree, values: &mut Vec<Entry>, keep_nulls: bool) {
        let Some(defaults) = chart.defaults else {
            return;
        };
        let defaults = self.entries(defaults);
        let mut places = Vec::new();
        self.match_keys(values, &defaults, &mut places);
        let mut removed = Vec::new();
        for (default, place) in defaults.into_iter().zip(places) {
            let Some(at) = place else {
                values.push(default);
                continue;
            };
            let (high, low) = (values[at].value, default.value);
            match (self.kind(high), self.kind(low)) {
                (Kind::Null, _) if !keep_nulls => removed.push(at),
                (Kind::Map, Kind::Map) => {
                    let key = self.key_text(default.key);
                    let is_subchart = chart.subcharts.iter().any(|sub| sub.key == key);
                    let mode = if keep_nulls || is_subchart {
                        Mode::KeepNulls
                    } else {
                        Mode::Coalesce
                    };
                    values[at].value = self.merge(high, low, mode);
                }
                _ => self.note_clash(high, low, Mode::Coalesce),
            }
        }
        remove(values, &mut removed);
    }

    /// Passes the parent's `global` to a subchart; the parent's values win.
    fn pass_globals(
        &mut self,
        from: Option<NodeRef>,
        sub: &mut Vec<Entry>,
        mount: &[String],
        release: u32,
    ) {
        let at = self.find(sub, GLOBAL);
        let into = at.map(|at| sub[at].value);
        let is_table = |node: Option<NodeRef>| node.is_none_or(|node| self.kind(node) == Kind::Map);
        if !is_table(from) || !is_table(into) {
            return;
        }
        let given = from.map_or(Vec::new(), |node| self.entries(node));
        let value = match (from, into) {
            (_, Some(into)) if given.is_empty() => into,
            (Some(from), None) => from,
            (None, None) => {
                let mut path = mount.to_vec();
                path.push(GLOBAL.to_owned());
                self.push_synthetic(Vec::new(), path, release)
            }
            (_, Some(into)) => {
                let entries = self.merge_globals(given, into);
                let mut path = mount.to_vec();
                path.push(GLOBAL.to_owned());
                self.push_or_synthesize(entries, self.top(into), &path, release)
            }
        };
        match at {
            Some(at) => sub[at].value = value,
            None => {
                let key = self.synthetic_key(GLOBAL);
                sub.push(Entry { key, value });
            }
        }
    }

    fn merge_globals(&mut self, given: Vec<Entry>, into: NodeRef) -> Vec<Entry> {
        let mut result = self.entries(into);
        let mut places = Vec::new();
        self.match_keys(&result, &given, &mut places);
        for (entry, place) in given.into_iter().zip(places) {
            let Some(at) = place else {
                result.push(entry);
                continue;
            };
            let have = result[at].value;
            match (self.kind(entry.value), self.kind(have)) {
                (Kind::Map, Kind::Map) => {
                    result[at].value = self.merge(entry.value, have, Mode::KeepNulls);
                }
                // A map and another type: Helm warns and keeps the subchart's value.
                (Kind::Map, _) | (_, Kind::Map) => {}
                _ => result[at] = entry,
            }
        }
        result
    }

    fn find(&self, entries: &[Entry], key: &str) -> Option<usize> {
        entries
            .iter()
            .position(|entry| self.key_text(entry.key) == key)
    }

    /// For each key, the index of the first entry with it.
    fn find_all(&self, entries: &[Entry], keys: &[&str]) -> Vec<Option<usize>> {
        let mut found = vec![None; keys.len()];
        for (at, entry) in entries.iter().enumerate() {
            let text = self.key_text(entry.key);
            for (key, place) in keys.iter().zip(&mut found) {
                if place.is_none() && *key == text {
                    *place = Some(at);
                }
            }
        }
        found
    }
}
