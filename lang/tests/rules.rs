//! The results of rules for documents: every file of `tests/eval/*.cases` holds rules, then cases, each a document and
//! its expected report. `UPDATE=1` rewrites the reports.

#[path = "../examples/embed/json_host.rs"]
mod json_host;

use std::fmt::Write as _;
use std::path::Path;

use json_host::{JsonHost, schema};
use lang::compile::{Params, compile};
use lang::eval::{Action, Judgement, Run, show};
use lang::parse::parse;
use lang::program::Program;
use lang::value::Value;
use source::SourceId;

/// A host for a document; `<profile>`, `<version>` and `<user>` configure the host.
fn host_of(text: &str) -> JsonHost {
    let mut values: serde_json::Value = serde_json::from_str(text).expect("the document is JSON");
    let map = values
        .as_object_mut()
        .expect("the document is a map of components");
    let profile = map.remove("<profile>");
    let version = map.remove("<version>");
    let user = map.remove("<user>");
    let mut host = match user {
        Some(user) => JsonHost::with_user(&values, &user),
        None => JsonHost::new(&values),
    };
    if let Some(profile) = profile {
        host = host.in_profile(profile.as_str().expect("the profile is a string"));
    }
    if let Some(version) = version {
        host = host.with_version(version.as_str().expect("the version is a string"));
    }
    host
}

fn report(program: &Program, text: &str) -> String {
    let host = host_of(text);
    let mut out = String::new();
    for judgement in Run::new(program, &host).judge_all() {
        write_judgement(&mut out, program, &host, &judgement);
    }
    out
}

fn write_judgement(
    out: &mut String,
    program: &Program,
    host: &JsonHost,
    judgement: &Judgement<'_>,
) {
    let counts = judgement.counts;
    let mut outcomes = Vec::new();
    for (count, word) in [
        (counts.pass, "pass"),
        (counts.fail, "fail"),
        (counts.not_applicable, "not applicable"),
        (counts.undecided, "undecided"),
        (counts.error, "error"),
    ] {
        if count > 0 {
            outcomes.push(format!("{count} {word}"));
        }
    }
    if judgement.off {
        outcomes.push("off".to_owned());
    } else if outcomes.is_empty() {
        outcomes.push("no subjects".to_owned());
    }
    let id = &program.rules()[judgement.rule].id;
    let _ = writeln!(out, "{id}: {}", outcomes.join(", "));
    for verdict in &judgement.verdicts {
        let place = host.display_place(&verdict.place);
        let _ = writeln!(out, "  {} {place}: {}", verdict.severity, verdict.message);
        for (place, label) in &verdict.related {
            let _ = writeln!(out, "    also {}: {label}", host.display_place(place));
        }
        for place in &verdict.witnesses {
            let _ = writeln!(out, "    witness {}", host.display_place(place));
        }
        if let Some(help) = &verdict.help {
            let _ = writeln!(out, "    help: {help}");
        }
        for fix in &verdict.fixes {
            let safe = if fix.safe { "" } else { "unsafe " };
            let _ = writeln!(
                out,
                "    {safe}fix: {} => {}",
                fix.title,
                action(host, &fix.action)
            );
        }
    }
    for why in &judgement.undecided {
        let place = why
            .place
            .as_ref()
            .map_or("somewhere".to_owned(), |place| host.display_place(place));
        let _ = writeln!(out, "  undecided at {place}: {}", why.unknown.reason);
    }
    if let Some(error) = &judgement.error {
        let _ = writeln!(out, "  error: {}", error.message);
    }
}

fn action(host: &JsonHost, action: &Action<'_>) -> String {
    let list = |items: &[Value<'_>]| show::literal(host, &Value::list(items.to_vec()));
    match action {
        Action::Set(to, value) => format!(
            "set {} {}",
            host.display_place(to),
            show::literal(host, value)
        ),
        Action::Quote(it) => format!("quote {}", host.display_place(it)),
        Action::Rename(it, name) => format!("rename {} {name}", host.display_place(it)),
        Action::Move(from, to) => format!(
            "move {} {}",
            host.display_place(from),
            host.display_place(to)
        ),
        Action::Delete(it) => format!("delete {}", host.display_place(it)),
        Action::Append(to, items) => format!("append {} {}", host.display_place(to), list(items)),
        Action::Remove(from, items) => {
            format!("remove {} {}", host.display_place(from), list(items))
        }
    }
}

fn check(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/eval")
        .join(name);
    #[expect(
        clippy::disallowed_methods,
        reason = "the cases are a file of the project"
    )]
    let text = std::fs::read_to_string(&path).expect("the file of cases exists");
    let (rules, cases) = text.split_once("\n=== ").expect("the file has a case");
    let parsed = parse(SourceId(0), rules);
    let (program, diagnostics) = compile(&[("test", &parsed.file)], &schema(), &Params::new());
    let mut current = rules.to_owned();
    let problems: Vec<_> = parsed.diagnostics.iter().chain(&diagnostics).collect();
    assert!(problems.is_empty(), "{name}: {problems:?}");
    for case in cases.split("\n=== ") {
        let (title, rest) = case.split_once('\n').expect("a case has a title");
        let (document, _) = rest
            .split_once("\n---\n")
            .expect("a case has a report after `---`");
        let _ = write!(
            current,
            "\n=== {title}\n{document}\n---\n{}",
            report(&program, document)
        );
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "the cases are a file of the project"
    )]
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(&path, &current).expect("the file can be written");
        return;
    }
    for (was, is) in text.lines().zip(current.lines()) {
        assert_eq!(was, is, "{name}; UPDATE=1 rewrites the report");
    }
    assert_eq!(text.trim_end(), current.trim_end(), "{name}");
}

#[test]
fn bypass_list_cases_match() {
    check("bypass-list.cases");
}

#[test]
fn two_keys_cases_match() {
    check("two-keys.cases");
}

#[test]
fn protected_cases_match() {
    check("protected.cases");
}

#[test]
fn clause_outcomes_match_their_table() {
    check("clauses.cases");
}

#[test]
fn patterns_match_each_place_once() {
    check("patterns.cases");
}

#[test]
fn findings_have_places_messages_and_fixes() {
    check("findings.cases");
}

#[test]
fn rules_respect_profiles_and_versions() {
    check("versions.cases");
}

#[test]
fn evaluation_is_bounded() {
    check("budget.cases");
}

#[test]
fn first_condition_skips_only_impossible_places() {
    check("kinds.cases");
}

#[test]
fn glance_gives_the_same_truth() {
    check("glance.cases");
}
