//! Evaluates an expression of the rule language over the deployments of trees.
//!
//! The expression is in a text of its own, beside the rules that apply to the tree, and is parsed, checked and compiled with
//! them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lang::eval::{Run, show};
use lang::parse::parse_expression;
use lang::value::{Absent, Data};
use source::{Diagnostic, Severity, Source, SourceId, SourceMap, Span};
use values::layer::Deployment;
use values::merged::Merged;

use crate::host::TreeHost;
use crate::knowledge::Key;
use crate::project::Project;
use crate::rulebook::{RuleBook, RuleText};
use crate::tree::{Tree, TreeDeployment};

/// The result of an expression in one deployment.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The tree; `None` if there is none and the expression was evaluated over nothing.
    pub tree: Option<Arc<Tree>>,
    /// The deployment.
    pub deployment: String,
    /// Its profile.
    pub profile: String,
    /// The value as a literal, or `missing` or `unknown`; secrets redacted.
    pub value: String,
    /// Why it is unknown.
    pub reason: Option<String>,
    /// Where the value is, or would be, in the tree's source ids.
    pub place: Option<Span>,
}

/// Why an expression has no answer: its problems and its text.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The text of the expression, with the source id 0.
    pub sources: SourceMap,
    /// The problems with it.
    pub diagnostics: Vec<Diagnostic>,
}

/// The name under which the expression is compiled.
const NAME: &str = "the-expression";

/// Evaluates an expression over every deployment and cluster at or below a path, or over an empty one if there is none.
///
/// # Errors
/// The diagnostics of the expression.
pub fn ask(project: &Project, at: &Path, expression: &str) -> Result<Vec<Answer>, Refused> {
    let text: Arc<str> = Arc::from(expression);
    let refused = |diagnostics: Vec<Diagnostic>| {
        let mut sources = SourceMap::default();
        sources.add(Source::new("expression", Arc::clone(&text)));
        Refused {
            sources,
            diagnostics,
        }
    };
    let (_, problems) = parse_expression(SourceId(0), expression);
    if !problems.is_empty() {
        return Err(refused(problems));
    }
    let workspace = project.workspace();
    let mut answers = Vec::new();
    let mut compiled: Vec<(Arc<RuleBook>, CompiledExpression)> = Vec::new();
    for (number, tree) in project.trees_containing(at) {
        let known = compiled
            .iter()
            .position(|(book, _)| Arc::ptr_eq(book, &tree.book));
        let own = match known {
            Some(own) => own,
            None => {
                let config = &workspace.scopes[workspace.trees[number].scope].config;
                let one =
                    CompiledExpression::new(&tree.book, config, expression).map_err(refused)?;
                compiled.push((Arc::clone(&tree.book), one));
                compiled.len() - 1
            }
        };
        for deployment in tree.deployments.iter().chain(&tree.clusters) {
            let mut answer = compiled[own].1.answer(project, &tree, deployment);
            answer.tree = Some(Arc::clone(&tree));
            answers.push(answer);
        }
    }
    if answers.is_empty() {
        let book = RuleBook::standard();
        let config = crate::config::Config::default();
        let one = CompiledExpression::new(&book, &config, expression).map_err(refused)?;
        let knowledge = crate::knowledge::Knowledge::new(Arc::clone(&book.charts));
        let key = Key::default();
        let nothing = TreeDeployment {
            merged: Merged::build(Deployment::default(), &knowledge.charts(&key)),
            key,
            external: std::collections::BTreeSet::new(),
            charts: Vec::new(),
            violations: Vec::new(),
            profiles: Vec::new(),
            shares_cluster: false,
        };
        answers.push(one.evaluate(project, &knowledge, &nothing));
    }
    Ok(answers)
}

/// A rule book that contains the expression.
struct CompiledExpression {
    book: RuleBook,
    pack: String,
}

impl CompiledExpression {
    fn new(
        book: &RuleBook,
        config: &crate::config::Config,
        expression: &str,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut texts = book.texts();
        // It sees what a user's own rule would see: names of the user's own pack unqualified, those of other packs behind the
        // pack's name.
        let pack = texts
            .first()
            .map_or("expression", |text| &text.pack)
            .to_owned();
        let mut packs: Vec<&str> = book.files.iter().map(|file| file.pack.as_str()).collect();
        packs.sort_unstable();
        packs.dedup();
        let mut text = String::new();
        for other in packs.iter().filter(|it| **it != pack) {
            text.push_str(&format!("use {other}\n"));
        }
        text.push_str(&format!("let {NAME} =\n"));
        let start = text.len() as u32;
        text.push_str(expression);
        text.push('\n');
        texts.push(RuleText {
            pack: pack.clone(),
            path: PathBuf::from("expression"),
            file: Some(PathBuf::from("expression")),
            text: Arc::from(text),
            fault: None,
        });
        let book = RuleBook::build(&texts, config, false);
        let source = book.files.last().map(|file| file.source);
        let end = start + expression.len() as u32;
        let mine = book.diagnostics.iter().filter(|it| {
            let span = it.primary.span;
            Some(span.source) == source && it.severity == Severity::Error && span.end > start
        });
        let moved = |span: Span| {
            let at = |offset: u32| offset.clamp(start, end) - start;
            Span::new(SourceId(0), at(span.start), at(span.end))
        };
        let problems: Vec<Diagnostic> = mine
            .map(|it| {
                let mut it = it.clone();
                it.primary.span = moved(it.primary.span);
                it.related.retain(|label| Some(label.span.source) == source);
                for label in &mut it.related {
                    label.span = moved(label.span);
                }
                it
            })
            .collect();
        if problems.is_empty() {
            Ok(Self { book, pack })
        } else {
            Err(problems)
        }
    }

    fn answer(&self, project: &Project, tree: &Tree, deployment: &TreeDeployment) -> Answer {
        self.evaluate(project, &tree.knowledge, deployment)
    }

    fn evaluate(
        &self,
        project: &Project,
        knowledge: &crate::knowledge::Knowledge,
        deployment: &TreeDeployment,
    ) -> Answer {
        let show = |path: &Path| project.settings().show(path);
        let host = TreeHost::new(deployment, knowledge, &show);
        let run = Run::new(&self.book.program, &host);
        let names = deployment.merged.deployment();
        let mut answer = Answer {
            tree: None,
            deployment: names.name.clone(),
            profile: names.profile.clone(),
            value: String::new(),
            reason: None,
            place: None,
        };
        match run.value_of(&self.pack, NAME) {
            Ok(Some(value)) => {
                answer.value = show::literal(&host, &value);
                if let Data::Absent(Absent::Unknown(unknown)) = &value.data {
                    answer.reason = Some(unknown.reason.clone().into_owned());
                }
                let place = value.place.as_ref();
                answer.place = place.and_then(|place| host.locate_written(place));
            }
            Ok(None) => answer.value = "missing".to_owned(),
            Err(lang::eval::OverBudget) => {
                answer.value = "unknown".to_owned();
                answer.reason = Some("it exceeds the evaluation budget".to_owned());
            }
        }
        answer
    }
}
