//! `dogwatch explain RULE`: the guidance, when the rule fails, what passes, what it reads.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use ::lint::examples::{Options, Tester};
use ::lint::rulebook::RuleBook;
use anyhow::bail;
use lang::parse::ast::{Example, Expect};
use lang::parse::examples::split;
use lang::program::RuleInfo;
use source::{Diagnostic, Span};

use super::{Status, project, rules_settings, unknown_rule_message};
use crate::args::Explain;
use crate::output::Sanitizer;

pub(super) fn run(args: &Explain) -> anyhow::Result<Status> {
    let mut settings = rules_settings(&args.place)?;
    // The rule's dependencies are derived from resolved names.
    settings.facts = true;
    let at = settings.paths.first().cloned().unwrap_or_default();
    let project = project(settings);
    let book = project.rules_of(&at);
    let mut out = Sanitizer(BufWriter::new(io::stdout().lock()));
    let Some((file, item, rule)) = book.rule(&args.rule) else {
        if let Some(info) = lang::check::explain(&args.rule) {
            writeln!(out, "{}\n\n{}", info.code, info.explanation)?;
            out.flush()?;
            return Ok(Status::Clean);
        }
        if let Some(meaning) = ::lint::codes::explain(&args.rule) {
            writeln!(out, "{}\n\n{meaning}", args.rule)?;
            out.flush()?;
            return Ok(Status::Clean);
        }
        bail!(unknown_rule_message(&book, &args.rule));
    };
    let info = book
        .program
        .find(&args.rule)
        .map(|at| &book.program.rules()[at]);
    writeln!(out, "{}  ({})", rule.name.node, file.pack)?;
    if let Some(docs) = &item.docs {
        writeln!(out, "\n{}", docs.node.trim_end())?;
    }
    writeln!(out)?;
    if let Some(info) = info {
        write_facts(info, &mut out)?;
        write_parameters(&book, &args.rule, &mut out)?;
    } else {
        writeln!(out, "The rule has errors: run `dogwatch check`.")?;
    }
    let test = Tester::new(Arc::clone(&book)).test(&args.rule, Options::default());
    let tests = test.map_or_else(Vec::new, |test| test.examples);
    for (at, example) in rule.examples.iter().enumerate() {
        let heading = example_heading(example.expect);
        let title = example.title.as_ref().map_or("", |title| &title.node);
        writeln!(out, "\n{heading}: {title}\n")?;
        let findings = tests.get(at).map_or(&[][..], |test| &test.findings);
        write_example(example, findings, &mut out)?;
    }
    let source = book.sources().get(file.source);
    writeln!(out, "\nThe rule is in {}.", source.path.display())?;
    out.flush()?;
    Ok(Status::Clean)
}

fn write_facts(info: &RuleInfo, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "severity  {}", severities(info))?;
    if !info.tags.is_empty() {
        writeln!(out, "tags      {}", info.tags.join(", "))?;
    }
    for (title, url) in &info.sources {
        writeln!(out, "guidance  {title}")?;
        if let Some(url) = url {
            writeln!(out, "          {url}")?;
        }
    }
    if let Some(charts) = chart_versions(info) {
        writeln!(out, "charts    {charts}")?;
    }
    if info.reads().everything {
        return writeln!(out, "reads     the whole deployment");
    }
    let paths: Vec<String> = info
        .reads()
        .paths
        .iter()
        .map(|path| {
            let keys = path.keys.iter().map(|key| key.as_deref().unwrap_or("*"));
            let first = path.component.as_deref().unwrap_or("*");
            [first]
                .into_iter()
                .chain(keys)
                .collect::<Vec<_>>()
                .join(".")
        })
        .collect();
    for (at, path) in paths.iter().enumerate() {
        writeln!(out, "{:10}{path}", if at == 0 { "reads" } else { "" })?;
    }
    Ok(())
}

/// The heading of an example.
pub(super) fn example_heading(expect: Expect) -> &'static str {
    match expect {
        Expect::Fails => "Fails",
        Expect::Passes => "Passes",
        Expect::NotApplicable => "Does not apply",
        Expect::Undecided => "Stays undecided",
    }
}

/// `error, info in demo`.
pub(super) fn severities(info: &RuleInfo) -> String {
    let mut severities = Vec::new();
    for (profile, severity) in &info.severities {
        let word = severity.map_or("off", |it| it.as_str());
        severities.push(match profile {
            Some(profile) => format!("{word} in {profile}"),
            None => word.to_owned(),
        });
    }
    severities.join(", ")
}

/// The chart versions that the rule applies to.
pub(super) fn chart_versions(info: &RuleInfo) -> Option<String> {
    Some(match (&info.since, &info.until) {
        (None, None) => return None,
        (Some(since), None) => format!("from {since}"),
        (None, Some(until)) => format!("before {until}"),
        (Some(since), Some(until)) => format!("from {since}, before {until}"),
    })
}

/// Writes the parameters that the rule depends on.
fn write_parameters(book: &RuleBook, id: &str, out: &mut dyn Write) -> io::Result<()> {
    for (at, it) in book.parameters_of(id).into_iter().enumerate() {
        let name = format!("{}.{}", it.file.pack, it.param.name.node);
        let default = book.sources().slice(it.param.default.span);
        let docs = it.item.docs.as_ref().map_or("", |docs| docs.node.trim());
        let summary = docs.lines().next().unwrap_or_default();
        let word = if at == 0 { "set by" } else { "" };
        writeln!(out, "{word:10}{name} = {default}  # {summary}")?;
    }
    Ok(())
}

/// Writes the text of an example, with the rule's findings below the lines in place of the marks.
fn write_example(
    example: &Example,
    findings: &[Diagnostic],
    out: &mut dyn Write,
) -> io::Result<()> {
    let files = split(example).files;
    let marks: Vec<Span> = files
        .iter()
        .flat_map(|file| &file.marks)
        .map(|mark| mark.span)
        .collect();
    let shared = indentation(&example.text.node, &marks, example.text.span.start);
    let mut start = example.text.span.start;
    let mut lines: Vec<String> = Vec::new();
    for line in example.text.node.split_inclusive('\n') {
        let end = start + line.len() as u32;
        let here = |at: u32| start <= at && at < end;
        if !marks.iter().any(|mark| here(mark.start)) {
            let text = line.trim_end();
            lines.push(text.get(shared..).unwrap_or_default().to_owned());
            for found in findings.iter().filter(|it| here(it.primary.span.start)) {
                let span = found.primary.span;
                let from = (span.start - start) as usize;
                let to = (span.end.min(end) - start) as usize;
                let before = line.get(..from).unwrap_or_default().chars().count();
                let marked = line
                    .get(from..to)
                    .unwrap_or_default()
                    .trim_end()
                    .chars()
                    .count();
                lines.push(format!(
                    "{}{} {}",
                    " ".repeat(before.saturating_sub(shared)),
                    "^".repeat(marked.max(1)),
                    found.message
                ));
            }
        }
        start = end;
    }
    let filled = |line: &String| !line.is_empty();
    let first = lines.iter().position(filled).unwrap_or(0);
    let last = lines.iter().rposition(filled).map_or(0, |at| at + 1);
    for line in &lines[first.min(last)..last] {
        writeln!(out, "{}", format!("    {line}").trim_end())?;
    }
    Ok(())
}

/// The indentation shared by all lines except marks.
fn indentation(text: &str, marks: &[Span], mut start: u32) -> usize {
    let mut least = usize::MAX;
    for line in text.split_inclusive('\n') {
        let end = start + line.len() as u32;
        let mark = marks
            .iter()
            .any(|mark| start <= mark.start && mark.start < end);
        if !mark && !line.trim().is_empty() {
            least = least.min(line.len() - line.trim_start_matches([' ', '\t']).len());
        }
        start = end;
    }
    if least == usize::MAX { 0 } else { least }
}
