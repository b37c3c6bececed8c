//! Looks up the charts on disk that the releases of a tree may install, by their path and by their name.

use std::path::Path;

use rustc_hash::FxHashMap;
use values::discover::ChartDir;

/// Charts on disk, indexed instead of compared with every release: there may be thousands of both.
pub(super) struct Shelf<'c> {
    charts: &'c [ChartDir],
    by_path: FxHashMap<&'c Path, usize>,
    by_name: FxHashMap<String, Vec<usize>>,
}

impl<'c> Shelf<'c> {
    pub(super) fn of(charts: &'c [ChartDir]) -> Self {
        let mut shelf = Self {
            charts,
            by_path: FxHashMap::default(),
            by_name: FxHashMap::default(),
        };
        for (at, chart) in charts.iter().enumerate() {
            shelf.by_path.entry(&chart.path).or_insert(at);
            let name = chart.path.file_name().unwrap_or_default();
            for name in names(&name.to_string_lossy()) {
                shelf.by_name.entry(name.to_owned()).or_default().push(at);
            }
        }
        shelf
    }

    /// The chart in the folder `beside`, and those that are named like `chart`, in their order.
    pub(super) fn candidates(&self, beside: Option<&Path>, chart: &str) -> Vec<&'c ChartDir> {
        let named = self.by_name.get(chart).into_iter().flatten();
        let beside = beside.and_then(|folder| self.by_path.get(folder));
        let mut all: Vec<usize> = named.chain(beside).copied().collect();
        all.sort_unstable();
        all.dedup();
        all.into_iter().map(|at| &self.charts[at]).collect()
    }
}

/// The chart names that a folder or an archive may have: `shop`, or `shop` for `shop-1.2.3.tgz`.
fn names(name: &str) -> impl Iterator<Item = &str> {
    let stem = name.strip_suffix(".tgz").unwrap_or_default();
    let ends = stem.match_indices('-').filter(|(at, _)| {
        let version = &stem[at + 1..];
        version.starts_with(|c: char| c.is_ascii_digit() || c == 'v')
    });
    std::iter::once(name).chain(ends.map(|(at, _)| &stem[..at]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derives_chart_names_from_file_names() {
        let names = |name| names(name).collect::<Vec<_>>();
        assert_eq!(names("shop"), ["shop"]);
        assert_eq!(names("shop-2"), ["shop-2"]);
        assert_eq!(
            names("my-v-shop-1.2.3-rc.tgz"),
            ["my-v-shop-1.2.3-rc.tgz", "my", "my-v-shop"]
        );
    }

    #[test]
    fn finds_charts_by_path_and_by_name_once() {
        let paths = [
            "charts/shop",
            "charts/shop-1.0.0.tgz",
            "values/shop",
            "values/till",
        ];
        let charts = paths.map(|path| ChartDir {
            path: path.into(),
            ..ChartDir::default()
        });
        let shelf = Shelf::of(&charts);
        let found = |beside: Option<&str>, chart: &str| -> Vec<_> {
            let found = shelf.candidates(beside.map(Path::new), chart);
            found
                .into_iter()
                .map(|it| it.path.to_string_lossy())
                .collect()
        };
        assert_eq!(found(None, "shop"), paths[..3]);
        assert_eq!(found(Some("values/shop"), "shop"), paths[..3]);
        assert_eq!(found(Some("values/till"), "other"), ["values/till"]);
    }
}
