//! Judges the rules over the deployments of one tree: findings, and the outcomes of subjects.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use lang::eval::{Counts, Run, Verdict};
use lang::program::Program;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use source::{Diagnostic, Label, Severity, SourceId, Span};
use values::layer::Layer;
use values::yaml::Kind;

use crate::config::{Config, RuleNames, Severities};
use crate::document::ReadFile;
use crate::finding::{Finding, Origin, fingerprint};
use crate::fix::{add_report_fixes, repairs};
use crate::host::TreeHost;
use crate::memory::{Remembered, TreeMemory};
use crate::project::{Settings, Stop};
use crate::tree::{About, Tree, TreeDeployment};
use crate::workspace::Scope;

/// The result of judging one tree. Spans are in the tree's source ids.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) findings: Vec<Finding>,
    /// By index of the rule in the tree's program; `None` for one that was not judged.
    pub(crate) counts: Vec<Option<Counts>>,
    /// Why subjects stayed undecided, and how often.
    pub(crate) undecided: BTreeMap<String, usize>,
}

/// The rules to judge, by index in the program.
pub(crate) fn selected(tree: &Tree, config: &Config, settings: &Settings) -> Vec<usize> {
    let rules = tree.book.program.rules().iter().enumerate();
    rules
        .filter(|(_, rule)| {
            let names = names(rule);
            let is_selected = settings.select.is_empty()
                || settings.select.iter().any(|it| names.is_named_by(it));
            is_selected && !config.disable.iter().any(|it| names.is_named_by(it))
        })
        .map(|(at, _)| at)
        .collect()
}

pub(crate) fn names(rule: &lang::program::RuleInfo) -> RuleNames<'_> {
    RuleNames {
        id: &rule.id,
        pack: &rule.pack,
        tags: &rule.tags,
    }
}

/// The severities of a configuration, and the folder that its patterns are relative to.
pub(crate) struct Levels<'a> {
    severities: Severities,
    root: &'a Path,
}

/// No overrides: the rules' own severities apply.
impl Default for Levels<'static> {
    fn default() -> Self {
        Self {
            severities: Severities::default(),
            root: Path::new(""),
        }
    }
}

impl<'a> Levels<'a> {
    pub(crate) fn new(scope: &'a Scope) -> Self {
        Self {
            severities: Severities::new(&scope.config),
            root: &scope.root,
        }
    }
}

/// Judges a tree of a scope; with a memory, only what changed since. Returns `None` if `stop` signaled that the result is no
/// longer wanted; the memory must then be discarded.
pub(crate) fn judge(
    tree: &Tree,
    scope: &Scope,
    settings: &Settings,
    memory: Option<&TreeMemory>,
    stop: &Stop,
) -> Option<Outcome> {
    let rules = selected(tree, &scope.config, settings);
    let levels = Levels::new(scope);
    let mut outcome = Outcome {
        counts: vec![None; tree.book.program.rules().len()],
        ..Outcome::default()
    };
    let about = |rule: &usize| About::of(&tree.book.program, *rule);
    let (left_out, with_clusters): (Vec<usize>, Vec<usize>) =
        rules.iter().partition(|rule| about(rule) == About::LeftOut);
    let (for_clusters, others): (Vec<usize>, Vec<usize>) = with_clusters
        .iter()
        .partition(|rule| about(rule) == About::Clusters);
    let site = |deployment| Site {
        tree,
        deployment,
        levels: &levels,
        settings,
    };
    for (at, deployment) in tree.deployments.iter().enumerate() {
        let rules = match deployment.shares_cluster {
            true => &others,
            false => &with_clusters,
        };
        let kept = memory.and_then(|memory| memory.deployment(at));
        judge_deployment(&site(deployment), rules, kept, stop, &mut outcome)?;
    }
    for deployment in &tree.clusters {
        judge_deployment(&site(deployment), &for_clusters, None, stop, &mut outcome)?;
    }
    match &tree.left_out {
        Some(files) => judge_deployment(&site(files), &left_out, None, stop, &mut outcome)?,
        // They count as judged even if there is nothing to apply them to.
        None => left_out
            .iter()
            .for_each(|rule| outcome.counts[*rule] = Some(Counts::default())),
    }
    if settings.fixes {
        add_report_fixes(tree, &mut outcome.findings);
    }
    let problems = file_problems(tree).chain(tree.notes.iter().cloned());
    let problems = problems.map(|it| text_finding(tree, it, Origin::File, settings));
    outcome.findings.extend(problems);
    Some(outcome)
}

/// What is wrong with the files themselves, whatever the rules say.
fn file_problems(tree: &Tree) -> impl Iterator<Item = Diagnostic> {
    let layers: FxHashSet<SourceId> = layers_of(tree).map(|layer| layer.source).collect();
    tree.files.values().flat_map(move |file| {
        let is_layer = layers.contains(&file.id);
        // A file that merely lies beside values may be anything, including another tool's template.
        let is_read = is_layer || !is_templated(file) && !tree.aside.contains(&file.path);
        let shape = is_layer.then(|| not_a_map(file)).flatten();
        let errors = file.document.errors().iter().chain(&file.problem);
        let all = shape.into_iter().chain(errors.cloned());
        all.filter(move |_| is_read)
    })
}

/// A deployment, and what determines the severity of its findings.
struct Site<'a> {
    tree: &'a Tree,
    deployment: &'a TreeDeployment,
    levels: &'a Levels<'a>,
    settings: &'a Settings,
}

fn judge_deployment(
    site: &Site<'_>,
    rules: &[usize],
    kept: Option<&Remembered>,
    stop: &Stop,
    outcome: &mut Outcome,
) -> Option<()> {
    let Site {
        tree,
        deployment,
        levels,
        settings,
    } = site;
    let show = |path: &Path| settings.show(path);
    let mut host = TreeHost::new(deployment, &tree.knowledge, &show);
    if let Some(kept) = kept {
        host = host.remembered(&kept.memory, &kept.parts);
    }
    let program = &tree.book.program;
    let mut run = Run::new(program, &host);
    if let Some(kept) = kept {
        run = run.remembering(&kept.memory);
    }
    let judge = |rule: &usize| {
        if stop() {
            return None;
        }
        let judgement = run.judge(*rule);
        let verdicts = judgement.verdicts.iter();
        let findings =
            verdicts.filter_map(|it| finding(tree, program, &host, it, levels, settings));
        let findings: Vec<Finding> = findings.collect();
        Some((judgement, findings))
    };
    // For little work, waking other threads takes longer.
    let judged: Vec<_> = match kept {
        Some(kept) if kept.memory.is_sparse() => rules.iter().map(judge).collect::<Option<_>>()?,
        _ => {
            let judged = rules.par_iter().with_min_len(8).map(judge);
            judged.collect::<Option<_>>()?
        }
    };
    for (judgement, findings) in judged {
        let info = &program.rules()[judgement.rule];
        if !judgement.off {
            let counts = &mut outcome.counts[judgement.rule];
            counts.get_or_insert_default().add(&judgement.counts);
        }
        for (reason, count) in &judgement.reasons {
            // There are few distinct reasons, shared by many rules.
            match outcome.undecided.get_mut(reason.as_ref()) {
                Some(all) => *all += count,
                None => {
                    let reason = reason.clone().into_owned();
                    outcome.undecided.insert(reason, *count);
                }
            }
        }
        if let Some(error) = judgement.error {
            let profile = &deployment.merged.deployment().profile;
            outcome.findings.push(Finding {
                pack: info.pack.clone(),
                profile: profile.clone(),
                ..text_finding(tree, error, Origin::RuleText, settings)
            });
        }
        outcome.findings.extend(findings);
    }
    Some(())
}

/// The finding for a verdict of a rule of `program`; `None` if the configuration turns it off.
pub(crate) fn finding(
    tree: &Tree,
    program: &Program,
    host: &TreeHost<'_>,
    verdict: &Verdict<'_>,
    levels: &Levels<'_>,
    settings: &Settings,
) -> Option<Finding> {
    let info = &program.rules()[verdict.rule];
    let at = host.locate(&verdict.place);
    // A value stated inside another file is reported where it is stated.
    let stated = |span: Span| tree.in_file(span);
    let span = stated(at.span?);
    let file = tree.path_of(span.source);
    let relative = file.map(|file| relative_path(&tree.root, file));
    let deployment = host.merged.deployment();
    let profile = at
        .release
        .map_or(deployment.profile.as_str(), |it| host.profile_of(it));
    let below = file.and_then(|file| file.strip_prefix(levels.root).ok());
    let severity = match levels.severities.of(names(info), profile, below) {
        Some((severity, _)) => severity?,
        None => verdict.severity,
    };
    let mut diagnostic = Diagnostic::new(info.id.as_str(), severity, span, verdict.message.clone());
    diagnostic.help = verdict.help.clone();
    for (place, words) in &verdict.related {
        let Some(there) = host.locate_written(place).map(stated) else {
            continue;
        };
        let mut known = diagnostic.related.iter();
        if there != span && !known.any(|label| label.span == there) {
            diagnostic.related.push(Label::new(there, words.clone()));
        }
    }
    let release = at.release.map(|at| &deployment.releases[at]);
    let release = release.filter(|it| !it.name.is_empty());
    let file_name = relative.as_deref().map_or_else(String::new, slashes);
    Some(Finding {
        diagnostic,
        origin: Origin::Rule,
        pack: info.pack.clone(),
        tags: info.tags.clone(),
        tree: slashes(&settings.show(&tree.root)),
        deployment: deployment.name.clone(),
        profile: profile.to_owned(),
        also_in: Vec::new(),
        release: release.map(|it| it.name.clone()),
        chart: release.map(|it| it.chart.clone()),
        fingerprint: fingerprint(&info.id, &file_name, &at.identity, verdict.requirement),
        path: at.path,
        requirement: verdict.requirement,
        suppressed: None,
        repairs: repairs(host, verdict),
    })
}

fn layers_of(tree: &Tree) -> impl Iterator<Item = &Layer> {
    let deployments = tree.deployments.iter();
    let releases = deployments.flat_map(|it| &it.merged.deployment().releases);
    releases.flat_map(|it| &it.layers)
}

/// True for a text that is not YAML because Helm, helmfile, Ansible or the like renders it first.
fn is_templated(file: &ReadFile) -> bool {
    let text = file.document.text();
    let actions = ["{{", "{%", "<%"].iter().any(|mark| text.contains(mark));
    actions && !file.document.errors().is_empty()
}

/// Reports a readable text that is not a map: Helm rejects it as values.
fn not_a_map(file: &ReadFile) -> Option<Diagnostic> {
    let document = &file.document;
    let root = document.root()?;
    let what = match document.kind(root) {
        Kind::Map | Kind::Null | Kind::Error => return None,
        Kind::List => "a list",
        Kind::Bool | Kind::Number | Kind::String => "a single value",
    };
    if document.is_damaged() || file.problem.is_some() {
        return None;
    }
    // Only the first line is marked; the rest may be long.
    let span = document.span(root);
    let line = document.text()[span.range()]
        .lines()
        .next()
        .unwrap_or_default();
    let at = Span::new(span.source, span.start, span.start + line.len() as u32);
    let problem = Diagnostic::new(
        "yaml-not-a-map",
        Severity::Error,
        at,
        format!("values must be a map, not {what}"),
    );
    Some(problem.with_help("Helm rejects the file"))
}

/// A finding about a text rather than a value.
pub(crate) fn text_finding(
    tree: &Tree,
    diagnostic: Diagnostic,
    origin: Origin,
    settings: &Settings,
) -> Finding {
    let file = tree.path_of(diagnostic.primary.span.source);
    let relative = file.map(|file| relative_path(&tree.root, file));
    let name = relative.as_deref().map_or_else(String::new, slashes);
    Finding {
        tree: slashes(&settings.show(&tree.root)),
        ..Finding::of_text(diagnostic, origin, &name)
    }
}

/// A file's path relative to a folder: the same on every machine, even if the file is not below the folder.
fn relative_path(folder: &Path, file: &Path) -> PathBuf {
    let common = folder.components().zip(file.components());
    let common = common.take_while(|(a, b)| a == b).count();
    let up = folder
        .components()
        .skip(common)
        .map(|_| Component::ParentDir);
    up.chain(file.components().skip(common)).collect()
}

/// A path with forward slashes.
pub(crate) fn slashes(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    let joined = parts.join("/");
    joined
        .strip_prefix("//")
        .map_or(joined.clone(), |rest| format!("/{rest}"))
}

/// The sort key of findings: file, position, code, profile. `rank` returns the position of a file in display order.
pub(crate) fn sort_key(
    finding: &Finding,
    rank: impl Fn(Span) -> usize,
) -> (usize, u32, u32, &str, &str, &str, &str) {
    let span = finding.diagnostic.primary.span;
    (
        rank(span),
        span.start,
        span.end,
        finding.diagnostic.code.as_str(),
        &finding.profile,
        &finding.deployment,
        &finding.diagnostic.message,
    )
}
