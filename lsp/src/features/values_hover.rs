//! Hover in values files: the effective value, what each layer sets, and what the chart declares.

use lint::report::Report;
use source::Span;
use values::merged::{Fate, Lookup, Occurrence, View};
use values::yaml::NodeId;

use super::declared::{Declaration, declaration};
use lint::shown::shown;

use super::layers::{FileLayer, code, layer_name};

/// The maximum number of deployments shown; a line counts the rest.
const MAX_DEPLOYMENTS: usize = 6;

/// The Markdown text for a value. `link` gives the target of a link to a place.
pub(crate) fn hover(
    file_layers: &[FileLayer<'_>],
    node: NodeId,
    link: &dyn Fn(&FileLayer<'_>, Span) -> Option<String>,
) -> Option<String> {
    let mut out = String::new();
    let mut declared = false;
    let mut shown_count = 0;
    for file_layer in file_layers {
        let Some(path) = file_layer.path(node) else {
            continue;
        };
        if path.0.is_empty() {
            continue;
        }
        if shown_count == 0 {
            out.push_str(&format!("**{}**\n\n", code(&path.to_string())));
        }
        if !declared && let Some(found) = declaration(file_layer, &path.0) {
            out.push_str(&declaration_line(&found));
            declared = true;
        }
        shown_count += 1;
        if shown_count > MAX_DEPLOYMENTS {
            continue;
        }
        out.push_str(&release_lines(file_layer, &path.steps(), link));
    }
    if shown_count > MAX_DEPLOYMENTS {
        out.push_str(&format!(
            "… and {} more deployments\n",
            shown_count - MAX_DEPLOYMENTS
        ));
    }
    (shown_count > 0).then(|| out.trim_end().to_owned())
}

fn declaration_line(found: &Declaration) -> String {
    let mut line = format!(
        "{}, declared by the chart `{}`",
        code(&found.ty),
        found.chart
    );
    for mark in &found.marks {
        line.push_str(" · ");
        line.push_str(mark);
    }
    if let Some(default) = &found.default {
        line.push_str(&format!(" · default {}", code(default)));
    }
    line.push_str("\n\n");
    if let Some(docs) = &found.docs {
        line.push_str(docs.trim());
        line.push_str("\n\n");
    }
    line
}

/// The value that one release gets, and what each layer sets.
fn release_lines(
    file_layer: &FileLayer<'_>,
    path: &[values::path::Step<'_>],
    link: &dyn Fn(&FileLayer<'_>, Span) -> Option<String>,
) -> String {
    let merged = file_layer.merged();
    let release = file_layer.release();
    let value = match merged.lookup(merged.root(release, View::Effective), path) {
        Lookup::Found(node) => code(&shown(merged, node)),
        Lookup::Missing => "nothing".to_owned(),
        Lookup::Unknown(unknown) => format!("unknown: {}", unknown.reason.as_str()),
    };
    let name = &merged.deployment().releases[release].name;
    let profile = match file_layer.profile() {
        "" => String::new(),
        profile => format!(" ({profile})"),
    };
    let mut out = format!("{name}{profile} gets {value}\n\n");
    for occurrence in merged.history(release, path) {
        out.push_str(&layer_line(file_layer, &occurrence, path.len(), link));
    }
    out.push('\n');
    out
}

fn layer_line(
    file_layer: &FileLayer<'_>,
    occurrence: &Occurrence,
    depth: usize,
    link: &dyn Fn(&FileLayer<'_>, Span) -> Option<String>,
) -> String {
    let merged = file_layer.merged();
    let name = layer_name(merged, occurrence.layer);
    let place = merged.place(occurrence.node);
    let name = match place.and_then(|place| link(file_layer, place.key.unwrap_or(place.value))) {
        Some(target) => format!("[{name}]({target})"),
        None => name,
    };
    let value = code(&shown(merged, occurrence.node));
    let fate = match occurrence.fate {
        Fate::Used if occurrence.depth < depth => " — replaces the parent map".to_owned(),
        Fate::Used => " — used".to_owned(),
        Fate::Merged => " — merged".to_owned(),
        Fate::Hidden { by } => match merged.layer_of(by) {
            Some(layer) if layer != occurrence.layer => {
                format!(" — overridden by {}", layer_name(merged, layer))
            }
            _ => " — overridden".to_owned(),
        },
    };
    format!("- {name}: {value}{fate}\n")
}

/// The documentation of a rule, for a finding at the cursor.
pub(crate) fn rule_text(report: &Report, rule: &str) -> Option<String> {
    let facts = report.rules.get(rule)?;
    let mut out = format!("---\n\n**{rule}**");
    let severity = facts.severity.map(|it| format!(" · {it}"));
    out.push_str(&severity.unwrap_or_default());
    out.push_str("\n\n");
    out.push_str(facts.docs.trim());
    for (title, url) in &facts.sources {
        match url {
            Some(url) => out.push_str(&format!("\n\n[{title}]({url})")),
            None => out.push_str(&format!("\n\n{title}")),
        }
    }
    Some(out)
}
