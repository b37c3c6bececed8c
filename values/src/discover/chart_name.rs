//! The chart that a folder belongs to.

use super::DiscoverOptions;

/// How certain the chart's name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChartMatch {
    /// The folder is named after a known chart.
    Exact,
    /// The folder's name contains the name of a known chart: `ldap-scim-bridge_team-1`, `demo-external-dns`.
    Derived,
    /// No such chart is known; the folder's name is assumed to be the chart's.
    Assumed,
}

/// The chart of a folder. An exact name wins, then one after a profile prefix, then the longest known name that the folder's name begins
/// with (`sftd-2`) or ends in (`my-wire-server`), unless that name is too generic: see [`DiscoverOptions::exact_charts`].
pub fn chart_of_folder(folder: &str, options: &DiscoverOptions) -> (String, ChartMatch) {
    let (known, profiles) = (&options.known_charts, &options.profiles);
    let is_known = |name: &str| known.iter().any(|chart| chart == name);
    if is_known(folder) {
        return (folder.to_owned(), ChartMatch::Exact);
    }
    let unprefixed = profiles
        .iter()
        .find_map(|profile| folder.strip_prefix(profile.as_str())?.strip_prefix('-'))
        .unwrap_or(folder);
    if is_known(unprefixed) {
        return (unprefixed.to_owned(), ChartMatch::Derived);
    }
    let before_mark = unprefixed.split('_').next().unwrap_or(unprefixed);
    if before_mark != unprefixed && is_known(before_mark) {
        return (before_mark.to_owned(), ChartMatch::Derived);
    }
    let is_specific = |chart: &str| !options.exact_charts.iter().any(|it| it == chart);
    let by_prefix = longest_match(known, |chart| {
        let rest = unprefixed.strip_prefix(chart);
        rest.is_some_and(|rest| rest.starts_with(['-', '_', '.'])) && is_specific(chart)
    });
    let by_suffix = longest_match(known, |chart| {
        let rest = unprefixed.strip_suffix(chart);
        rest.is_some_and(|rest| rest.ends_with(['-', '_', '.'])) && is_specific(chart)
    });
    match by_prefix.or(by_suffix) {
        Some(chart) => (chart.to_owned(), ChartMatch::Derived),
        // For an unknown chart, cut the name only at `_`, which chart names cannot contain.
        None => (before_mark.to_owned(), ChartMatch::Assumed),
    }
}

fn longest_match(known: &[String], fits: impl Fn(&str) -> bool) -> Option<&str> {
    known
        .iter()
        .map(String::as_str)
        .filter(|chart| fits(chart))
        .max_by_key(|chart| chart.len())
}
