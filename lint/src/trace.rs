//! Why a rule passed, failed or did not apply at a place: the proof, clause by clause.

use std::path::Path;

use lang::eval::{Outcome, Run, Truth};
use lang::host::Place;
use source::{Diagnostic, Span};

use crate::host::TreeHost;
use crate::judge::{Levels, finding};
use crate::project::Settings;
use crate::tree::Tree;

/// How the outcome of one subject of a rule came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// The deployment.
    pub deployment: String,
    /// Its profile.
    pub profile: String,
    /// The path of the subject, in the usual notation; `None` for the deployment as a whole or a computed value.
    pub path: Option<String>,
    /// The position of the subject, in the tree's source ids.
    pub place: Option<Span>,
    /// The subject as a literal; secrets redacted.
    pub shown: String,
    /// Its outcome; `None` if it was split into the subjects that follow.
    pub outcome: Option<Outcome>,
    /// The clauses that were reached, in order.
    pub clauses: Vec<ProofClause>,
    /// The findings of the rule here.
    pub findings: Vec<Diagnostic>,
}

/// The result of a clause.
#[derive(Debug, Clone, PartialEq)]
pub struct ProofClause {
    /// The whole clause, in the rule's text.
    pub span: Span,
    /// True for the requirement's own `when`, false for the requirement itself.
    pub condition: bool,
    /// True for the subjects of a `for`, when not all of them can be seen.
    pub subjects: bool,
    /// `true`, `false`, `missing` or `unknown`.
    pub truth: &'static str,
    /// Where the missing value would be, or where the unseen one is; in the tree's source ids.
    pub place: Option<Span>,
    /// Why the value cannot be seen.
    pub reason: Option<String>,
    /// The expressions that led to the result.
    pub steps: Vec<ProofStep>,
}

/// One evaluated expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofStep {
    /// Its nesting depth in the clause, from 0.
    pub depth: usize,
    /// The expression, in the rule's text.
    pub span: Span,
    /// Its value as a literal, or `missing` or `unknown`; secrets redacted.
    pub value: String,
}

/// Selects subjects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About<'a> {
    /// All.
    Everything,
    /// Those at, above or below a path such as `brig.config.smtp`.
    Path(&'a str),
    /// Those in a file.
    File(&'a Path),
}

/// Judges a rule over a tree and records how the outcomes of the selected subjects came about. `rule` is an index into the
/// program of the tree's book.
pub fn trace(tree: &Tree, settings: &Settings, rule: usize, about: &About<'_>) -> Vec<Proof> {
    let program = &tree.book.program;
    let show = |path: &Path| settings.show(path);
    let mut proofs = Vec::new();
    for deployment in tree.deployments_for_rule(program, rule) {
        let host = TreeHost::new(deployment, &tree.knowledge, &show);
        let run = Run::new(program, &host);
        let wanted = |place: Option<&Place>| {
            let Some(place) = place else {
                return true;
            };
            let at = host.locate(place);
            match about {
                About::Everything => true,
                About::Path(path) => match (&at.path, place) {
                    (Some(it), _) => overlap(it, path),
                    // The values of a release as a whole are above every path, and not of interest.
                    (None, Place::Node(_) | Place::Key(_)) => false,
                    (None, Place::Absent(_) | Place::NoComponent(_) | Place::Record(_)) => true,
                },
                About::File(file) => {
                    at.span.and_then(|span| tree.path_of(span.source)) == Some(file)
                }
            }
        };
        let (judgement, subjects) = run.trace(rule, &wanted);
        let levels = Levels::default();
        let names = deployment.merged.deployment();
        for subject in subjects {
            let place = subject.subject.place.as_ref();
            let at = place.map(|place| host.locate(place));
            let mine = judgement.verdicts.iter();
            let mine = mine.filter(|verdict| verdict.subject.as_ref() == place);
            let findings = mine
                .filter_map(|verdict| finding(tree, program, &host, verdict, &levels, settings));
            proofs.push(Proof {
                deployment: names.name.clone(),
                profile: names.profile.clone(),
                place: at.as_ref().and_then(|at| at.span),
                path: at.and_then(|at| at.path),
                shown: subject.shown,
                outcome: subject.outcome,
                findings: match subject.outcome {
                    Some(Outcome::Fail) => findings.map(|it| it.diagnostic).collect(),
                    _ => Vec::new(),
                },
                clauses: subject
                    .clauses
                    .into_iter()
                    .map(|clause| proof_clause(&host, clause))
                    .collect(),
            });
        }
    }
    proofs
}

fn proof_clause(host: &TreeHost<'_>, clause: lang::eval::ClauseTrace) -> ProofClause {
    let (truth, place, reason) = match &clause.truth {
        Truth::True => ("true", None, None),
        Truth::False => ("false", None, None),
        Truth::Missing(place) => ("missing", place.as_deref(), None),
        Truth::Unknown(why) => {
            let reason = why.unknown.reason.clone().into_owned();
            ("unknown", why.place.as_ref(), Some(reason))
        }
    };
    let steps = clause.steps.into_iter().map(|step| ProofStep {
        depth: step.depth,
        span: step.span,
        value: step.value,
    });
    ProofClause {
        span: clause.span,
        condition: clause.condition,
        subjects: clause.subjects,
        truth,
        place: place.and_then(|place| host.locate(place).span),
        reason,
        steps: steps.collect(),
    }
}

/// True if one path equals or contains the other.
fn overlap(a: &str, b: &str) -> bool {
    let within = |whole: &str, part: &str| {
        let rest = whole.strip_prefix(part);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    within(a, b) || within(b, a)
}

#[cfg(test)]
mod tests {
    use super::overlap;

    #[test]
    fn paths_overlap_with_ancestors_and_descendants() {
        assert!(overlap("brig.config", "brig.config.smtp"));
        assert!(overlap("brig.list[0]", "brig.list"));
        assert!(!overlap("brig.config", "brig.configs"));
    }
}
