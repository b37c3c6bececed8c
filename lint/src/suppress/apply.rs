//! Sets aside findings that comments allow, and reports comments that are malformed, expired or unused.

use std::collections::{BTreeMap, BTreeSet};

use source::{Applicability, Diagnostic, Edit, Fix, Severity, SourceId, Span};

use super::{Directive, Directives, codes};
use crate::config::check::{replace, shown};
use crate::finding::{Finding, Origin, Suppression};
use crate::known::KnownNames;

/// What is needed from a run besides its findings.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The known names of rules, tags and packs.
    pub known: &'a KnownNames,
    /// The rules whose outcome is fully known: judged in every deployment, with nothing undecided. Only for these can a comment
    /// be reported as unused.
    pub settled: &'a BTreeSet<String>,
    /// The date of the run, as `YYYY-MM-DD`; without one, nothing expires.
    pub today: Option<&'a str>,
}

/// The result of applying comments to findings.
#[derive(Debug, Default)]
pub struct AfterComments {
    /// Findings that count.
    pub kept: Vec<Finding>,
    /// Findings that a comment allows.
    pub suppressed: Vec<Finding>,
    /// The problems with the comments, sorted by position.
    pub problems: Vec<Diagnostic>,
}

/// The effect of one name in one comment.
#[derive(Debug, Clone, Copy, Default)]
struct Use {
    allows: bool,
    expired: bool,
}

/// Sets aside the findings that comments allow. Only findings of rules can be allowed.
pub fn apply(
    findings: Vec<Finding>,
    directives: &BTreeMap<SourceId, &Directives>,
    run: Run<'_>,
) -> AfterComments {
    let mut applied = AfterComments::default();
    let mut uses: BTreeMap<SourceId, Vec<Vec<Use>>> = directives
        .iter()
        .map(|(source, it)| {
            let names = it.all.iter().map(|it| vec![Use::default(); it.names.len()]);
            (*source, names.collect())
        })
        .collect();
    for mut finding in findings {
        let place = finding.diagnostic.primary.span;
        let (Origin::Rule, Some(here), Some(uses)) = (
            finding.origin,
            directives.get(&place.source),
            uses.get_mut(&place.source),
        ) else {
            applied.kept.push(finding);
            continue;
        };
        match allowed(&finding, here, uses, run.today) {
            Some(directive) => {
                finding.suppressed = Some(Suppression::Comment {
                    reason: directive.reason.clone(),
                    until: directive.until.as_ref().map(|(day, _)| day.clone()),
                });
                applied.suppressed.push(finding);
            }
            None => applied.kept.push(finding),
        }
    }
    for (source, here) in directives {
        applied.problems.extend(here.malformed.iter().cloned());
        let uses = uses.get(source).into_iter().flatten();
        for (directive, uses) in here.all.iter().zip(uses) {
            problems(directive, uses, run, &mut applied.problems);
        }
    }
    applied
        .problems
        .sort_by(|a, b| (a.primary.span, &a.code).cmp(&(b.primary.span, &b.code)));
    applied
}

/// The closest comment that allows the finding. Marks the names that matched.
fn allowed<'d>(
    finding: &Finding,
    here: &'d Directives,
    uses: &mut [Vec<Use>],
    today: Option<&str>,
) -> Option<&'d Directive> {
    let rule = finding.rule_names();
    let mut best: Option<(u64, usize)> = None;
    for (at, directive) in here.all.iter().enumerate() {
        if !directive.scope.covers(finding.diagnostic.primary.span) {
            continue;
        }
        let mut names = directive.names.iter().zip(&mut uses[at]);
        if is_expired(directive, today) {
            for (_, used) in names.filter(|((name, _), _)| rule.is_named_by(name)) {
                used.expired = true;
            }
        } else if names.any(|((name, _), _)| rule.is_named_by(name)) {
            let size = directive.scope.size();
            if best.is_none_or(|(least, _)| size < least) {
                best = Some((size, at));
            }
        }
    }
    let (_, at) = best?;
    let directive = &here.all[at];
    for ((name, _), used) in directive.names.iter().zip(&mut uses[at]) {
        used.allows |= rule.is_named_by(name);
    }
    Some(directive)
}

fn is_expired(directive: &Directive, today: Option<&str>) -> bool {
    let until = directive.until.as_ref().map(|(day, _)| day.as_str());
    // Dates in this form sort as strings.
    today
        .zip(until)
        .is_some_and(|(today, until)| today >= until)
}

fn problems(directive: &Directive, uses: &[Use], run: Run<'_>, into: &mut Vec<Diagnostic>) {
    let expired = uses.iter().any(|it| it.expired);
    if let (true, Some((day, span))) = (expired, &directive.until) {
        let message = format!("this comment expired on {day}, so its findings count again");
        let help = "fix the finding or set a later date";
        let diagnostic = Diagnostic::new(codes::EXPIRED, Severity::Warning, *span, message);
        into.push(diagnostic.with_help(help));
    }
    for ((name, span), used) in directive.names.iter().zip(uses) {
        if !run.known.has(name) {
            into.push(unknown(name, *span, run.known));
        } else if !used.allows && !used.expired && run.settled.contains(name) {
            let message = format!("{} is not reported here", shown(name));
            let mut diagnostic = Diagnostic::new(codes::UNUSED, Severity::Warning, *span, message)
                .with_help("remove the comment: it would hide a future finding");
            if directive.names.len() == 1 {
                diagnostic.fixes.push(Fix {
                    title: "remove the comment".to_owned(),
                    applicability: Applicability::Safe,
                    edits: vec![Edit {
                        span: directive.removal,
                        insert: String::new(),
                    }],
                });
            }
            into.push(diagnostic);
        }
    }
}

fn unknown(name: &str, span: Span, known: &KnownNames) -> Diagnostic {
    let message = format!("{} is not a rule, tag or pack", shown(name));
    let mut diagnostic = Diagnostic::new(codes::UNKNOWN_RULE, Severity::Warning, span, message);
    if let Some(similar) = known.similar(name) {
        diagnostic.fixes.push(replace(span, &similar));
        diagnostic = diagnostic.with_help(format!("did you mean `{similar}`?"));
    }
    diagnostic
}
