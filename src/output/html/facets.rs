//! The properties by which findings are counted and filtered, shown as bars and as select boxes.

use std::collections::BTreeMap;
use std::io::{self, Write};

use lint::finding::Finding;
use lint::report::Report;
use source::Severity;

use crate::output::counts::by_severity;
use crate::output::text::{Place, escape_markup};

/// Maximum number of bars in a chart; the rest are counted.
const MAX_BARS: usize = 10;

/// A property of findings.
pub(super) struct Facet {
    /// The name of the data attribute.
    pub(super) key: &'static str,
    /// The finding's values, the first of which is used for grouping; the second argument is its file.
    pub(super) values: fn(&Finding, &str) -> Vec<String>,
    /// Is it shown as a chart?
    charted: bool,
}

/// In the order of the select boxes. Severities have check boxes instead.
pub(super) const ALL: &[Facet] = &[
    Facet {
        key: "severity",
        values: |finding, _| vec![finding.diagnostic.severity.as_str().to_owned()],
        charted: false,
    },
    Facet {
        key: "file",
        values: |_, file| vec![file.to_owned()],
        charted: true,
    },
    Facet {
        key: "release",
        values: |finding, _| vec![or_none(finding.release.as_deref().unwrap_or(""))],
        charted: true,
    },
    Facet {
        key: "rule",
        values: |finding, _| vec![finding.diagnostic.code.as_str().to_owned()],
        charted: true,
    },
    Facet {
        key: "profile",
        values: |finding, _| profiles(finding),
        charted: false,
    },
    Facet {
        key: "tree",
        values: |finding, _| vec![or_none(&finding.tree)],
        charted: false,
    },
];

fn or_none(name: &str) -> String {
    if name.is_empty() { "(none)" } else { name }.to_owned()
}

/// The profiles of every deployment with the finding.
fn profiles(finding: &Finding) -> Vec<String> {
    let mut profiles = vec![or_none(&finding.profile)];
    for other in &finding.also_in {
        let profile = or_none(&other.profile);
        if !profiles.contains(&profile) {
            profiles.push(profile);
        }
    }
    profiles
}

/// The number of findings by value and severity. A finding with several values counts for each.
fn tally(report: &Report, facet: &Facet) -> BTreeMap<String, [usize; 3]> {
    let mut tally: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    for finding in &report.findings {
        let file = Place::of(&report.sources, finding.diagnostic.primary.span).file;
        let severity = match finding.diagnostic.severity {
            Severity::Error => 0,
            Severity::Warning => 1,
            Severity::Info => 2,
        };
        for value in (facet.values)(finding, &file) {
            tally.entry(value).or_default()[severity] += 1;
        }
    }
    tally
}

/// Writes bars that show where the findings are; each bar selects its value.
pub(super) fn write_charts(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<h2>Where they are</h2>\n<div class=\"charts\">")?;
    for facet in ALL.iter().filter(|it| it.charted) {
        let tally = tally(report, facet);
        let mut values: Vec<_> = tally
            .iter()
            .map(|(name, n)| (n.iter().sum::<usize>(), name, n))
            .collect();
        values.sort_by(|a, b| (b.0, b.2).cmp(&(a.0, a.2)).then(a.1.cmp(b.1)));
        let longest: usize = values.first().map_or(1, |it| it.0);
        let key = facet.key;
        writeln!(
            out,
            r#"<section class="card"><h3>By {key}</h3><ol class="bars">"#
        )?;
        for (total, name, counts) in values.iter().take(MAX_BARS) {
            let name = escape_markup(name);
            write!(
                out,
                r#"<li><button type="button" data-by="{key}" data-value="{name}"><span class="name">{name}</span><span class="n">{total}</span><span class="bar" aria-hidden="true">"#
            )?;
            for (severity, n) in ["error", "warning", "info"].iter().zip(*counts) {
                if *n > 0 {
                    // Thousandths, to avoid the platform-dependent formatting of floating-point numbers.
                    let width = n * 1000 / longest;
                    write!(
                        out,
                        r#"<span class="of-{severity}" style="width:{}.{}%"></span>"#,
                        width / 10,
                        width % 10
                    )?;
                }
            }
            writeln!(out, "</span></button></li>")?;
        }
        writeln!(out, "</ol>")?;
        if values.len() > MAX_BARS {
            let rest: usize = values.iter().skip(MAX_BARS).map(|it| it.0).sum();
            let more = values.len() - MAX_BARS;
            writeln!(out, r#"<p class="key">and {rest} in {more} more</p>"#)?;
        }
        writeln!(out, "</section>")?;
    }
    writeln!(
        out,
        r#"</div>
<p class="key"><span class="of-error"></span>error <span class="of-warning"></span>warning <span class="of-info"></span>info</p>"#
    )
}

/// Writes the form that filters and groups findings.
pub(super) fn write_filters(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        r#"<form class="card" role="search" aria-label="filter findings">
<label>text <input type="search" name="q" placeholder="message, file, rule …" autocomplete="off"></label>
<fieldset><legend>severity</legend><div>"#
    )?;
    for (severity, n) in by_severity(report).into_iter().filter(|(_, n)| *n > 0) {
        writeln!(
            out,
            r#"<label class="{severity}"><input type="checkbox" name="severity" value="{severity}" checked>{severity} {n}</label>"#
        )?;
    }
    writeln!(out, "</div></fieldset>")?;
    for facet in ALL.iter().filter(|it| it.key != "severity") {
        let tally = tally(report, facet);
        if tally.len() < 2 && !facet.charted {
            continue;
        }
        let key = facet.key;
        writeln!(
            out,
            r#"<label>{key} <select data-by="{key}" name="{key}"><option value="">all</option>"#
        )?;
        for (name, counts) in &tally {
            let (name, n) = (escape_markup(name), counts.iter().sum::<usize>());
            writeln!(out, r#"<option value="{name}">{name} ({n})</option>"#)?;
        }
        writeln!(out, "</select></label>")?;
    }
    writeln!(
        out,
        r#"<label>group by <select name="by"><option value="rule">rule</option><option value="file">file</option><option value="release">release</option><option value="severity">severity</option><option value="profile">profile</option></select></label>
<button type="reset">clear</button>
<output aria-live="polite"></output>
</form>"#
    )
}
