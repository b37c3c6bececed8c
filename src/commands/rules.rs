//! `dogwatch rules`: lists the rules and where they come from.

use std::io::{self, BufWriter, Write};

use anyhow::bail;
use serde_json::json;

use super::{Status, pluralize, project, report_missing_paths, settings};
use crate::args::{Rules, TextOrJson};
use crate::output::Sanitizer;

pub(super) fn run(args: &Rules) -> anyhow::Result<Status> {
    let settings = settings(&args.place)?;
    let [at] = settings.paths.as_slice() else {
        bail!("rules are listed for one place: pass a single path");
    };
    let at = at.clone();
    let project = project(settings);
    if report_missing_paths(&project) {
        return Ok(Status::Usage);
    }
    let book = project.rules_of(&at);
    let mut out = BufWriter::new(io::stdout().lock());
    let mut rules: Vec<_> = book.program.rules().iter().collect();
    rules.sort_by(|a, b| (&a.pack, &a.id).cmp(&(&b.pack, &b.id)));
    match args.format {
        TextOrJson::Json => {
            let all: Vec<_> = rules
                .iter()
                .map(|rule| {
                    let severities: Vec<_> = rule
                        .severities
                        .iter()
                        .map(|(profile, severity)| {
                            let word = severity.map_or("off", |it| it.as_str());
                            json!({"profile": profile, "severity": word})
                        })
                        .collect();
                    let sources: Vec<_> = rule
                        .sources
                        .iter()
                        .map(|(title, url)| json!({"title": title, "url": url}))
                        .collect();
                    json!({
                        "id": rule.id, "pack": rule.pack, "summary": rule.summary(),
                        "docs": rule.docs, "severities": severities, "tags": rule.tags,
                        "sources": sources, "since": rule.since, "until": rule.until,
                        "file": book.sources().get(rule.span.source).path.to_string_lossy(),
                    })
                })
                .collect();
            let parameters: Vec<_> = book
                .parameters()
                .map(|it| {
                    json!({
                        "name": it.param.name.node, "pack": it.file.pack,
                        "type": book.sources().slice(it.param.ty.span),
                        "default": book.sources().slice(it.param.default.span),
                        "docs": it.item.docs.as_ref().map(|docs| docs.node.trim()),
                    })
                })
                .collect();
            let whole = json!({"version": 1, "rules": all, "parameters": parameters});
            serde_json::to_writer_pretty(&mut out, &whole)?;
            writeln!(out)?;
        }
        TextOrJson::Text => {
            let mut out = Sanitizer(&mut out);
            let mut pack = "";
            for rule in &rules {
                if rule.pack != pack {
                    let gap = if pack.is_empty() { "" } else { "\n" };
                    writeln!(out, "{gap}{}", rule.pack)?;
                    pack = &rule.pack;
                }
                let severity = rule.severity("").map_or("off", |it| it.as_str());
                writeln!(out, "  {severity:8}{:38} {}", rule.id, rule.summary())?;
            }
            if book.parameters().next().is_some() {
                writeln!(out, "\nparameters (set in dogwatch.yaml)")?;
            }
            for it in book.parameters() {
                let name = format!("{}.{}", it.file.pack, it.param.name.node);
                let ty = book.sources().slice(it.param.ty.span);
                let docs = it.item.docs.as_ref().map_or("", |docs| docs.node.trim());
                let summary = docs.lines().next().unwrap_or_default();
                writeln!(out, "  {:46} {summary}", format!("{name}: {ty}"))?;
            }
            writeln!(
                out,
                "\n{}; `dogwatch explain RULE` shows details",
                pluralize(rules.len(), "rule")
            )?;
        }
    }
    out.flush()?;
    Ok(Status::Clean)
}
