//! Compares what an example states and marks with what the rule finds.

use lang::eval::Counts;
use lang::parse::ast::Expect;
use lang::parse::examples::Mark;
use source::{Diagnostic, Span};

use super::tree::{ExampleTree, Judged};
use super::{head, problem};

/// The differences; empty if the example holds.
pub(super) fn problems(tree: &ExampleTree<'_>, judged: &Judged) -> Vec<Diagnostic> {
    if let Some(error) = &judged.error {
        return vec![error.clone()];
    }
    let at = head(tree.example);
    if judged.off {
        let it = problem(at, "the rule is off for the profile of this example");
        return vec![
            it.with_help("name a file for another profile: `prod-values.yaml`, `demo-values.yaml`"),
        ];
    }
    match tree.example.expect {
        Expect::Fails => fails(tree, judged),
        Expect::Passes | Expect::NotApplicable | Expect::Undecided
            if !judged.findings.is_empty() =>
        {
            faults(tree, judged)
        }
        Expect::Passes => passes(at, judged),
        Expect::NotApplicable => not_applicable(at, judged),
        Expect::Undecided => undecided(at, judged),
    }
}

fn fails(tree: &ExampleTree<'_>, judged: &Judged) -> Vec<Diagnostic> {
    let files = tree.files.files.iter().enumerate();
    let mut marks: Vec<(usize, &Mark)> = files
        .flat_map(|(at, file)| file.marks.iter().map(move |mark| (at, mark)))
        .collect();
    if marks.is_empty() {
        if !judged.findings.is_empty() {
            return Vec::new();
        }
        let it = problem(
            head(tree.example),
            "the rule reports nothing in this example",
        );
        return vec![it.with_help(outcome(judged))];
    }
    // Match the marks with the longest text first, as fewer findings can satisfy them.
    marks.sort_by_key(|(_, mark)| std::cmp::Reverse(mark.words.len()));
    let mut open: Vec<&Diagnostic> = judged.findings.iter().collect();
    let mut unmet = Vec::new();
    for (file, mark) in marks {
        let met = open.iter().position(|found| {
            is_at_mark(tree, found, file, mark) && found.message.contains(&mark.words)
        });
        match met {
            Some(at) => {
                open.remove(at);
            }
            None => unmet.push((file, mark)),
        }
    }
    unmet.sort_by_key(|(_, mark)| mark.span);
    let mut problems = Vec::new();
    let mut misplaced = Vec::new();
    for (file, mark) in unmet {
        let here = open
            .iter()
            .position(|found| is_at_mark(tree, found, file, mark));
        problems.push(match here.map(|at| open.remove(at)) {
            Some(found) => {
                let it = problem(mark.span, "the finding here has a different message");
                it.with_help(format!("its message is: {}", found.message))
            }
            None => {
                misplaced.push(mark);
                continue;
            }
        });
    }
    for mark in misplaced {
        let elsewhere = open.iter().position(|it| it.message.contains(&mark.words));
        problems.push(match elsewhere.map(|at| open.remove(at)) {
            Some(found) => {
                let place = tree.in_rule_text(found).primary.span;
                let it = problem(mark.span, "this mark is not exactly where the finding is")
                    .with_related(place, "the finding");
                match mark_below(tree, place) {
                    Some(line) => it.with_help(format!("the line below it must be `{line}`")),
                    None => it,
                }
            }
            None => problem(mark.span, "the rule reports nothing here").with_help(outcome(judged)),
        });
    }
    problems.sort_by_key(|it| it.primary.span);
    problems.extend(open.into_iter().map(|found| {
        let in_rule_text = tree.in_rule_text(found);
        let message = format!("this finding has no mark: {}", found.message);
        let place = in_rule_text.primary.span;
        let help = "an example with marks needs one for each finding".to_owned();
        problem(place, message).with_help(match mark_below(tree, place) {
            Some(line) => format!("{help}: add the line `{line}` below it"),
            None => help,
        })
    }));
    problems
}

/// The line of a mark for a place in the rule's text; `None` where there is no room for its `#`.
fn mark_below(tree: &ExampleTree<'_>, place: Span) -> Option<String> {
    let text = &tree.example.text;
    let start = place.start.checked_sub(text.span.start)? as usize;
    let end = place.end.checked_sub(text.span.start)? as usize;
    let line = text.node.get(..start)?.rfind('\n').map_or(0, |it| it + 1);
    let column = text.node[line..start].chars().count();
    let marked = text
        .node
        .get(start..end)?
        .lines()
        .next()
        .unwrap_or_default();
    let width = marked.chars().count().max(1);
    let first = text.node.lines().find(|line| !line.trim().is_empty())?;
    let indentation = first.chars().take_while(|it| *it == ' ').count();
    let hash = match column > indentation {
        true => indentation,
        false => column.checked_sub(2)?,
    };
    let (before, between) = (" ".repeat(hash), " ".repeat(column - hash - 1));
    Some(format!("{before}#{between}{}", "^".repeat(width)))
}

/// True if a finding is exactly where the mark is. An empty span, where something is to be inserted, may be marked by the
/// character there.
fn is_at_mark(tree: &ExampleTree<'_>, found: &Diagnostic, file: usize, mark: &Mark) -> bool {
    let span = found.primary.span;
    let exact = (span.start, span.end) == (mark.range.start, mark.range.end);
    let point = span.is_empty() && span.start == mark.range.start && mark.columns.len() == 1;
    tree.file_of(span.source) == Some(file) && (exact || point)
}

fn faults(tree: &ExampleTree<'_>, judged: &Judged) -> Vec<Diagnostic> {
    let findings = judged.findings.iter();
    findings
        .map(|found| {
            let in_rule_text = tree.in_rule_text(found);
            let message = format!(
                "this example must pass, but the rule reports: {}",
                found.message
            );
            problem(in_rule_text.primary.span, message)
        })
        .collect()
}

fn passes(at: Span, judged: &Judged) -> Vec<Diagnostic> {
    let Counts {
        pass, undecided, ..
    } = judged.counts;
    if pass > 0 {
        return Vec::new();
    }
    let (message, help) = if undecided > 0 {
        (
            "this example is undecided",
            "if that is intended, write `passes undecided`",
        )
    } else {
        (
            "the rule does not apply to this example",
            "if that is intended, write `passes not-applicable`",
        )
    };
    vec![problem(at, message).with_help(format!("{}; {help}", outcome(judged)))]
}

fn not_applicable(at: Span, judged: &Judged) -> Vec<Diagnostic> {
    let Counts {
        pass, undecided, ..
    } = judged.counts;
    let message = match (pass, undecided) {
        (0, 0) => return Vec::new(),
        (0, _) => "the rule is undecided here, which is not the same as `not-applicable`",
        _ => "the rule applies to this example",
    };
    vec![problem(at, message).with_help(outcome(judged))]
}

fn undecided(at: Span, judged: &Judged) -> Vec<Diagnostic> {
    if judged.counts.undecided > 0 {
        return Vec::new();
    }
    vec![problem(at, "nothing in this example is undecided").with_help(outcome(judged))]
}

/// The outcomes of the subjects, in words.
fn outcome(judged: &Judged) -> String {
    let Counts {
        pass,
        fail,
        not_applicable,
        undecided,
        error,
    } = judged.counts;
    let counts = [
        (fail, "failed"),
        (pass, "passed"),
        (not_applicable, "did not apply"),
        (undecided, "stayed undecided"),
        (error, "exceeded the budget"),
    ];
    let parts = counts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if parts.is_empty() {
        return "the rule has no subjects here".to_owned();
    }
    let mut text = format!("of the rule's subjects, {}", parts.join(", "));
    if let Some(reason) = judged.undecided.first() {
        text.push_str(&format!(" ({reason})"));
    }
    text
}
