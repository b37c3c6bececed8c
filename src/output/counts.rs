//! The closing summary: what was found, linted and left out, and why.

use std::collections::BTreeMap;

use lint::finding::{Origin, Suppression};
use lint::report::Report;
pub(crate) use lint::shown::pluralize;
use source::{Applicability, Severity};

use crate::output::text::display_path;

/// Maximum number of names in a list; the rest are counted.
const MAX_NAMES: usize = 3;
/// Maximum number of groups in a list; the rest are counted.
const MAX_GROUPS: usize = 5;

/// The number of findings of each severity, the most severe first.
pub(crate) fn by_severity(report: &Report) -> [(Severity, usize); 3] {
    [Severity::Error, Severity::Warning, Severity::Info].map(|severity| {
        let findings = report.findings.iter();
        let matching = findings.filter(|it| it.diagnostic.severity == severity);
        (severity, matching.count())
    })
}

/// `2 errors, 1 warning`; `info` has no plural. Severities without findings are omitted.
pub(crate) fn severities(report: &Report) -> String {
    let counts = by_severity(report).into_iter().filter(|(_, n)| *n > 0);
    let words = counts.map(|(severity, n)| match severity {
        Severity::Error | Severity::Warning => pluralize(n, severity.as_str()),
        Severity::Info => format!("{n} info"),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// The lines of the summary, each with its label. `verbose` shortens no list.
pub(crate) fn summary_lines(report: &Report, verbose: bool) -> Vec<(&'static str, String)> {
    let summary = &report.summary;
    let mut lines = vec![("found", found_line(report))];
    lines.push((
        "linted",
        format!(
            "{} ({}) of {} in {} and {}, by {}",
            pluralize(summary.files, "file"),
            format_size(summary.bytes),
            pluralize(summary.releases, "release"),
            pluralize(summary.deployments, "deployment"),
            pluralize(summary.trees, "tree"),
            pluralize(summary.rules, "rule"),
        ),
    ));
    let outcomes = &summary.outcomes;
    let mut checks = format!(
        "{} passed, {} failed, {} did not apply, {} undecided",
        outcomes.pass, outcomes.fail, outcomes.not_applicable, outcomes.undecided
    );
    if outcomes.error > 0 {
        checks += &format!(", {} over the work limit", outcomes.error);
    }
    lines.push(("checks", checks));
    let mut undecided: Vec<_> = summary.undecided.iter().collect();
    undecided.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let most = if verbose { usize::MAX } else { MAX_GROUPS };
    for (why, n) in undecided.iter().take(most) {
        lines.push(("undecided", format!("{n} because {why}")));
    }
    if undecided.len() > most {
        let left: usize = undecided.iter().skip(most).map(|(_, n)| **n).sum();
        lines.push(("undecided", format!("{left} for other reasons")));
    }
    lines.extend(allowed_line(report).map(|text| ("allowed", text)));
    lines.extend(
        skipped_lines(report, verbose)
            .into_iter()
            .map(|text| ("skipped", text)),
    );
    if !summary.idle_rules.is_empty() {
        let names = join_names(
            summary.idle_rules.iter().map(|it| format!("`{it}`")),
            verbose,
        );
        lines.push(("idle", format!("nothing to check anywhere for {names}")));
    }
    lines.extend(summary.notes.iter().map(|note| ("note", note.clone())));
    lines
}

/// `2 errors, 1 warning in 3 files`.
pub(crate) fn findings_summary(report: &Report) -> String {
    if report.findings.is_empty() {
        return "nothing found".to_owned();
    }
    let findings = report.findings.iter();
    let mut files: Vec<_> = findings
        .map(|it| it.diagnostic.primary.span.source)
        .collect();
    files.sort_unstable();
    files.dedup();
    format!(
        "{} in {}",
        severities(report),
        pluralize(files.len(), "file")
    )
}

fn found_line(report: &Report) -> String {
    if report.findings.is_empty() {
        return "nothing".to_owned();
    }
    let with_fix = |wanted| {
        let findings = report.findings.iter();
        findings
            // `dogwatch fix` does not fix errors in rules and configuration; editors do.
            .filter(|it| it.origin == Origin::Rule)
            .filter(|it| {
                it.diagnostic
                    .fixes
                    .first()
                    .is_some_and(|fix| fix.applicability == wanted)
            })
            .count()
    };
    let mut text = findings_summary(report);
    let (safe, with_unsafe) = (
        with_fix(Applicability::Safe),
        with_fix(Applicability::Unsafe),
    );
    match (safe, with_unsafe) {
        (0, 0) => {}
        (_, 0) => text += &format!("; `dogwatch fix` can fix {safe}"),
        (0, _) => text += &format!("; `dogwatch fix --unsafe` can fix {with_unsafe}"),
        (_, _) => {
            text += &format!("; `dogwatch fix` can fix {safe}, with `--unsafe` {with_unsafe} more")
        }
    }
    text
}

fn allowed_line(report: &Report) -> Option<String> {
    let (mut comments, mut baseline) = (0, 0);
    for finding in &report.suppressed {
        match finding.suppressed {
            Some(Suppression::Comment { .. }) => comments += 1,
            Some(Suppression::Baseline) => baseline += 1,
            None => {}
        }
    }
    let parts = [
        (comments > 0).then(|| format!("{} by comments", pluralize(comments, "finding"))),
        (baseline > 0).then(|| format!("{} by the baseline", pluralize(baseline, "finding"))),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Files left out, grouped by reason, the most frequent first.
fn skipped_lines(report: &Report, verbose: bool) -> Vec<String> {
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for file in &report.summary.skipped {
        by_reason
            .entry(&file.why)
            .or_default()
            .push(display_path(&file.path));
    }
    let mut groups: Vec<_> = by_reason.into_iter().collect();
    groups.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then(a.0.cmp(b.0)));
    let most = if verbose { usize::MAX } else { MAX_GROUPS };
    let left: usize = groups.iter().skip(most).map(|(_, files)| files.len()).sum();
    let shown = groups.into_iter().take(most);
    let mut lines: Vec<_> = shown
        .map(|(why, files)| {
            format!(
                "{} ({why}): {}",
                pluralize(files.len(), "file"),
                join_names(files.into_iter(), verbose)
            )
        })
        .collect();
    if left > 0 {
        lines.push(format!("{} for other reasons", pluralize(left, "file")));
    }
    lines
}

/// `a, b, c`; of many, only the first ones unless `verbose`: `a, b, c and 7 more`.
pub(super) fn join_names(all: impl ExactSizeIterator<Item = String>, verbose: bool) -> String {
    let (n, most) = (all.len(), if verbose { usize::MAX } else { MAX_NAMES });
    let mut text = all.take(most).collect::<Vec<_>>().join(", ");
    if n > most {
        text += &format!(" and {} more", n - most);
    }
    text
}

/// `812 bytes`, `84 kB`, `32.5 MB`; decimal units.
fn format_size(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", (bytes + 500) / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_formatted_for_people() {
        assert_eq!(format_size(999), "999 bytes");
        assert_eq!(format_size(84_499), "84 kB");
        assert_eq!(format_size(32_550_000), "32.5 MB");
    }
}
