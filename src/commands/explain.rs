//! `dogwatch explain RULE`: the guidance, when the rule fails, what would pass, what it reads.

use std::io::{self, BufWriter, Write};

use anyhow::bail;
use lang::parse::ast::Expect;
use lang::program::RuleInfo;

use super::{Status, no_such_rule, project, rules_settings};
use crate::args::Explain;

pub(super) fn run(args: &Explain) -> anyhow::Result<Status> {
    let settings = rules_settings(&args.place)?;
    let at = settings.paths.first().cloned().unwrap_or_default();
    let project = project(settings);
    let book = project.rules_of(&at);
    let mut out = BufWriter::new(io::stdout().lock());
    let Some((file, item, rule)) = book.rule(&args.rule) else {
        if let Some(info) = lang::check::explain(&args.rule) {
            writeln!(out, "{}\n\n{}", info.code, info.explanation)?;
            out.flush()?;
            return Ok(Status::Clean);
        }
        bail!(no_such_rule(&book, &args.rule));
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
        facts(info, &mut out)?;
    } else {
        writeln!(out, "The rule has errors: `dogwatch check` shows them.")?;
    }
    for example in &rule.examples {
        let word = word(example.expect);
        let title = example.title.as_ref().map_or("", |title| &title.node);
        writeln!(out, "\n{word}: {title}\n")?;
        for line in dedent(&example.text.node) {
            writeln!(out, "    {line}")?;
        }
    }
    let source = book.sources.get(file.source);
    writeln!(out, "\nThe rule is {}.", source.path.display())?;
    out.flush()?;
    Ok(Status::Clean)
}

fn facts(info: &RuleInfo, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "severity  {}", severities(info))?;
    writeln!(out, "tags      {}", info.tags.join(", "))?;
    for (title, url) in &info.sources {
        writeln!(out, "guidance  {title}")?;
        if let Some(url) = url {
            writeln!(out, "          {url}")?;
        }
    }
    if let Some(charts) = charts(info) {
        writeln!(out, "charts    {charts}")?;
    }
    if info.reads.everything {
        return writeln!(out, "reads     the whole deployment");
    }
    let paths: Vec<String> = info
        .reads
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

/// What an example shows.
pub(super) fn word(expect: Expect) -> &'static str {
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

/// The versions of charts that the rule is for.
pub(super) fn charts(info: &RuleInfo) -> Option<String> {
    Some(match (&info.since, &info.until) {
        (None, None) => return None,
        (Some(since), None) => format!("from {since}"),
        (None, Some(until)) => format!("before {until}"),
        (Some(since), Some(until)) => format!("from {since}, before {until}"),
    })
}

/// The lines without the indentation they share and without blank lines at the ends.
fn dedent(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    let filled = lines.iter().filter(|line| !line.trim().is_empty());
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let shared = filled.map(indent).min().unwrap_or(0);
    let start = lines
        .iter()
        .position(|line| !line.trim().is_empty())
        .unwrap_or(0);
    let end = lines
        .iter()
        .rposition(|line| !line.trim().is_empty())
        .map_or(0, |at| at + 1);
    lines[start.min(end)..end]
        .iter()
        .map(|line| line.get(shared..).unwrap_or(""))
        .collect()
}
