//! An example as a tree: its files are laid out below an imaginary folder, then read and merged like any other.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use lang::eval::{ClauseCoverage, Counts, Run};
use lang::parse::ast::Example;
use lang::parse::examples::{Files, split};
use lang::program::Program;
use source::{Diagnostic, Label, Severity, SourceId, Span};

use super::{GivenRules, head, problem};
use crate::files::Memory;
use crate::finding::Finding;
use crate::fix::{FixOptions, Refused};
use crate::host::TreeHost;
use crate::judge::{Levels, finding};
use crate::project::{Project, Settings};
use crate::rulebook::RuleBook;
use crate::tree::{About, Tree};
use crate::workspace::{CONFIG, Workspace};

/// The folder of an example's files.
const ROOT: &str = "/example";

/// An example as read.
pub(super) struct ExampleTree<'e> {
    pub(super) example: &'e Example,
    pub(super) files: Files,
    /// The rules: the given ones, or those with the parameters that the example sets.
    pub(super) book: Arc<RuleBook>,
    /// Paths that lead out of the example, and texts without a path.
    misplaced: Vec<Diagnostic>,
    memory: Arc<Memory>,
    settings: Settings,
    workspace: Arc<Workspace>,
    trees: Vec<Arc<Tree>>,
    /// The source id of each file that is read, with its index in `files`.
    numbers: Vec<(SourceId, usize)>,
}

/// What a rule reports for an example.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub(super) counts: Counts,
    /// In the source ids of the example, each fault once.
    pub(super) findings: Vec<Diagnostic>,
    /// Why subjects stayed undecided.
    pub(super) undecided: Vec<String>,
    /// The rule is off for the profile of every deployment.
    pub(super) off: bool,
    /// The rule exceeds the evaluation budget.
    pub(super) error: Option<Diagnostic>,
}

impl<'e> ExampleTree<'e> {
    /// Lays out, reads and merges an example.
    pub(super) fn load(example: &'e Example, given_rules: &GivenRules) -> Self {
        let files = split(example);
        let root = PathBuf::from(ROOT);
        let mut memory = Memory::default();
        let mut misplaced = Vec::new();
        let mut paths = Vec::new();
        for file in &files.files {
            let Some(path) = &file.path else {
                let span = file.span_in_rule(0..file.text.find('\n').unwrap_or(0) as u32);
                let it = problem(span, "this text belongs to no file");
                misplaced.push(it.with_help(
                    "put the file's path above it, as in `# values/wire-server/values.yaml`",
                ));
                paths.push(None);
                continue;
            };
            let relative = Path::new(&path.node);
            let mut steps = relative.components();
            if !steps.all(|it| matches!(it, Component::Normal(_))) {
                let it = problem(path.span, format!("`{}` is outside the example", path.node));
                misplaced.push(it.with_help("paths are relative to the folder of a tree"));
            }
            let absolute = root.join(relative);
            if memory.paths().any(|it| it == absolute) {
                misplaced.push(problem(path.span, format!("`{}` appears twice", path.node)));
            }
            memory.insert(absolute.clone(), file.text.clone().into_bytes());
            paths.push(Some(absolute));
        }
        let settings = Settings {
            cwd: root.clone(),
            paths: vec![root],
            no_ignore: true,
            given_rules: Some(given_rules.clone()),
            ..Settings::default()
        };
        let memory = Arc::new(memory);
        let project = Project::new(settings.clone(), memory.clone());
        let workspace = project.workspace();
        let trees: Vec<Arc<Tree>> = project.trees().collect();
        let mut numbers = Vec::new();
        for (at, path) in paths.iter().enumerate() {
            let Some(path) = path else { continue };
            let read = trees.iter().find_map(|tree| tree.files.get(path));
            let config = workspace
                .scopes
                .iter()
                .filter_map(|it| it.config_file.as_ref());
            let mut config = config.filter(|_| path.ends_with(CONFIG));
            if let Some(read) = read.or_else(|| config.next()) {
                numbers.push((read.id, at));
            }
        }
        Self {
            example,
            files,
            book: trees
                .first()
                .map_or(&given_rules.book, |tree| &tree.book)
                .clone(),
            misplaced,
            memory,
            settings,
            workspace,
            trees,
            numbers,
        }
    }

    /// What prevents the example from being judged: marks that point at nothing, texts that cannot be read.
    pub(super) fn problems(&self) -> Vec<Diagnostic> {
        let mut problems: Vec<Diagnostic> = self.files.diagnostics.clone();
        problems.extend(self.misplaced.iter().cloned());
        let mut unread: Vec<&Diagnostic> = Vec::new();
        for scope in &self.workspace.scopes {
            unread.extend(&scope.diagnostics);
            unread.extend(scope.config_file.iter().flat_map(|it| it.document.errors()));
        }
        for file in self.trees.iter().flat_map(|tree| tree.files.values()) {
            unread.extend(file.document.errors().iter().chain(&file.problem));
        }
        let errors = unread
            .into_iter()
            .filter(|it| it.severity == Severity::Error);
        problems.extend(errors.map(|it| self.in_rule_text(it)));
        if problems.is_empty() && self.trees.iter().all(|tree| tree.deployments.is_empty()) {
            let it = problem(head(self.example), "this example contains no tree");
            problems.push(
                it.with_help("name its files as in a tree: `# values/wire-server/values.yaml`"),
            );
        }
        problems
    }

    /// Applies the repairs of a rule and returns the titles of those that do not resolve their finding, each once.
    pub(super) fn ineffective_repairs(&self, rule: &str) -> Vec<String> {
        let settings = Settings {
            select: vec![rule.to_owned()],
            ..self.settings.clone()
        };
        let project = Project::new(settings, self.memory.clone());
        let run = project.fix(FixOptions { with_unsafe: true }, &|_| {});
        let ineffective = run
            .refused
            .into_iter()
            .filter(|it| it.why == Refused::NoHelp);
        let mut titles: Vec<String> = ineffective.map(|it| it.title).collect();
        titles.sort_unstable();
        titles.dedup();
        titles
    }

    /// The index of the example's file with a source id.
    pub(super) fn file_of(&self, id: SourceId) -> Option<usize> {
        let mut numbers = self.numbers.iter();
        numbers.find(|(it, _)| *it == id).map(|(_, at)| *at)
    }

    /// The position in the rule's text; `None` for one that the example does not show.
    pub(super) fn span_in_rule(&self, span: Span) -> Option<Span> {
        let file = &self.files.files[self.file_of(span.source)?];
        Some(file.span_in_rule(span.start..span.end))
    }

    /// A diagnostic for the example, with positions in the rule's text.
    pub(super) fn in_rule_text(&self, diagnostic: &Diagnostic) -> Diagnostic {
        let mut in_rule_text = diagnostic.clone();
        let place = self.span_in_rule(in_rule_text.primary.span);
        in_rule_text.primary.span = place.unwrap_or_else(|| head(self.example));
        in_rule_text.related = diagnostic
            .related
            .iter()
            .filter_map(|label| {
                Some(Label::new(
                    self.span_in_rule(label.span)?,
                    label.message.clone(),
                ))
            })
            .collect();
        in_rule_text.fixes.clear();
        in_rule_text
    }

    /// Judges a rule of a program (`None` if it is not enabled here), and adds to `coverage` how often its clauses were true and
    /// false.
    pub(super) fn judge(
        &self,
        program: &Program,
        rule: Option<usize>,
        mut coverage: Option<&mut Vec<ClauseCoverage>>,
    ) -> Judged {
        let mut judged = Judged {
            off: true,
            ..Judged::default()
        };
        let Some(rule) = rule else {
            return judged;
        };
        let mut found_all: Vec<Finding> = Vec::new();
        // A rule about files that no release reads may have nothing to judge.
        judged.off = About::of(program, rule) != About::LeftOut;
        self.each_run(program, rule, |run, tree, host, levels| {
            let judgement = match &mut coverage {
                Some(coverage) => {
                    let (judgement, clauses) = run.coverage(rule);
                    add_coverage(coverage, clauses);
                    judgement
                }
                None => run.judge(rule),
            };
            judged.off &= judgement.off;
            judged.counts.add(&judgement.counts);
            let reasons = judgement.undecided.iter();
            judged
                .undecided
                .extend(reasons.map(|why| why.unknown.reason.clone().into_owned()));
            judged.error = judged.error.take().or(judgement.error);
            for verdict in &judgement.verdicts {
                let found = finding(tree, program, host, verdict, levels, &self.settings);
                let Some(found) = found else {
                    continue;
                };
                // A layer that several deployments share is judged in each of them.
                let key = |it: &Finding| {
                    let it = (&it.diagnostic, it.requirement);
                    (it.0.primary.span, it.0.message.clone(), it.1)
                };
                if !found_all.iter().any(|it| key(it) == key(&found)) {
                    found_all.push(found);
                }
            }
        });
        judged.findings = found_all.into_iter().map(|it| it.diagnostic).collect();
        judged.findings.sort_by_key(|it| it.primary.span);
        judged
    }

    /// Calls `judge` for each deployment that a rule of a program is judged over.
    fn each_run(
        &self,
        program: &Program,
        rule: usize,
        mut judge: impl FnMut(&Run<'_>, &Tree, &TreeHost<'_>, &Levels<'_>),
    ) {
        let show = |path: &Path| self.settings.show(path);
        let plans = &self.workspace.trees;
        for (tree, plan) in self.trees.iter().zip(plans) {
            let levels = Levels::new(&self.workspace.scopes[plan.scope]);
            for deployment in tree.deployments_for_rule(program, rule) {
                let host = TreeHost::new(deployment, &tree.knowledge, &show);
                judge(&Run::new(program, &host), tree, &host, &levels);
            }
        }
    }
}

fn add_coverage(sum: &mut Vec<ClauseCoverage>, clauses: Vec<ClauseCoverage>) {
    if sum.is_empty() {
        *sum = clauses;
        return;
    }
    for (sum, more) in sum.iter_mut().zip(clauses) {
        sum.yes += more.yes;
        sum.no += more.no;
        sum.missing += more.missing;
        sum.unknown += more.unknown;
    }
}
