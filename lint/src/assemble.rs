//! Combines the results of trees into one report: renumbers and masks texts, sorts findings, sets aside the allowed ones.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lang::eval::Counts;
use rustc_hash::{FxHashMap, FxHashSet};
use source::{Diagnostic, Source, SourceId, SourceMap, Span};

use crate::aside::allow;
use crate::baseline;
use crate::config::RuleNames;
use crate::finding::{AlsoIn, Finding, Origin};
use crate::judge::{Outcome, slashes, sort_key};
use crate::mask::{masked, masked_yaml, merge_masks};
use crate::profiles;
use crate::project::{Scopes, Settings};
use crate::report::{Report, RuleFacts, Skipped, Summary};
use crate::rulebook::RuleBook;
use crate::shown::deployment_name;
use crate::tree::Tree;
use crate::workspace::Scope;
use crate::workspace::Workspace;

/// The result of judging a tree, without the tree.
#[derive(Debug)]
pub(crate) struct TreeResult {
    findings: Vec<Finding>,
    suppressed: Vec<Finding>,
    /// By index of the rule in the book.
    counts: Vec<Option<Counts>>,
    undecided: BTreeMap<String, usize>,
    /// The texts that findings point into, masked.
    texts: FxHashMap<SourceId, (Source, Option<PathBuf>)>,
    book: Arc<RuleBook>,
    trees: usize,
    deployments: usize,
    releases: usize,
    pub(crate) files: usize,
    bytes: u64,
    skipped: BTreeSet<Skipped>,
}

impl TreeResult {
    /// Keeps what the report needs from a tree.
    pub(crate) fn new(tree: &Tree, mut outcome: Outcome, settings: &Settings) -> Self {
        for finding in &mut outcome.findings {
            stated(tree, &mut finding.diagnostic);
        }
        let (findings, suppressed) = allow(tree, &mut outcome, settings);
        let mut texts = FxHashMap::default();
        for finding in findings.iter().chain(&suppressed) {
            for id in sources_of(finding) {
                texts.entry(id).or_insert_with(|| {
                    let source = tree.source(id).unwrap_or_else(|| Source::new("", ""));
                    let path = tree.path_of(id).map(Path::to_owned);
                    let own = settings.omit_texts && path.is_some();
                    let own = own && path.as_ref().is_some_and(|it| tree.files.contains_key(it));
                    if own {
                        return (Source::new(source.path.to_path_buf(), ""), path);
                    }
                    let text = masked(tree, id, &source.text);
                    (source.with_text(text), path)
                });
            }
        }
        let deployments = tree.deployments.iter();
        let files = tree.values_files();
        Self {
            findings,
            suppressed,
            counts: outcome.counts,
            undecided: outcome.undecided,
            texts,
            book: Arc::clone(&tree.book),
            // Files that no release reads may be outside of any tree.
            trees: usize::from(
                tree.aside.is_empty() || !files.is_empty() || !tree.deployments.is_empty(),
            ),
            deployments: tree.deployments.len(),
            releases: deployments
                .map(|it| it.merged.deployment().releases.len())
                .sum(),
            files: files.len(),
            bytes: files.iter().map(|file| file.size).sum(),
            skipped: tree.skipped.clone(),
        }
    }

    pub(crate) fn findings(&self) -> usize {
        self.findings.len()
    }

    /// The findings that count, in the tree's source ids.
    pub(crate) fn all(&self) -> &[Finding] {
        &self.findings
    }

    /// Consumes the result and returns the findings that count.
    pub(crate) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }
}

/// A finding in a text that is stated in another file is reported where it is stated. It cannot be fixed there.
fn stated(tree: &Tree, diagnostic: &mut Diagnostic) {
    let in_file = |span: Span| tree.stated_at(span.source).is_none();
    diagnostic
        .fixes
        .retain(|fix| fix.edits.iter().all(|edit| in_file(edit.span)));
    let spans = diagnostic.related.iter_mut().map(|label| &mut label.span);
    for span in spans.chain([&mut diagnostic.primary.span]) {
        *span = tree.in_file(*span);
    }
}

fn sources_of(finding: &Finding) -> impl Iterator<Item = SourceId> {
    spans_of(finding).map(|span| span.source)
}

fn spans_of(finding: &Finding) -> impl Iterator<Item = Span> {
    diagnostic_spans(&finding.diagnostic)
}

/// A report under construction.
pub(crate) struct Assembly<'a> {
    settings: &'a Settings,
    workspace: &'a Workspace,
    report: Report,
    /// The new id of each text, by its path and whether it is on disk.
    numbers: FxHashMap<(PathBuf, bool), SourceId>,
    seen_books: Vec<Arc<RuleBook>>,
}

impl<'a> Assembly<'a> {
    pub(crate) fn new(settings: &'a Settings, workspace: &'a Workspace) -> Self {
        let mut assembly = Self {
            settings,
            workspace,
            report: Report::default(),
            numbers: FxHashMap::default(),
            seen_books: Vec::new(),
        };
        assembly.report.summary.skipped = workspace.skipped.clone();
        assembly.report.summary.notes = workspace.notes.clone();
        for scope in &workspace.scopes {
            assembly.scope(scope);
        }
        assembly
    }

    /// Adds the diagnostics of a scope's configuration and rules.
    fn scope(&mut self, scope: &Scope) {
        for folder in &scope.empty_rules {
            let note = format!("the rules folder `{}` contains no rules", folder.display());
            self.report.summary.notes.push(note);
        }
        if let Some(file) = &scope.config_file {
            let text = file.source.with_text(masked_yaml(&file.document));
            let disk = scope.root.join(crate::workspace::CONFIG);
            let errors = file.document.errors().iter().chain(&file.problem);
            let all: Vec<Diagnostic> = errors.chain(&scope.diagnostics).cloned().collect();
            for diagnostic in all {
                let id = self.number(text.clone(), Some(disk.clone()));
                self.text_finding(renumbered(diagnostic, |_| id), Origin::Configuration, "");
            }
        }
        self.book(&scope.book);
        if let Some(pages) = &scope.config.rule_pages {
            for rule in scope.book.program.rules() {
                if let Some(facts) = self.report.rules.get_mut(&rule.id) {
                    // An id consists only of characters that need no escaping in a URL.
                    let page = format!("{pages}{}.html", rule.id);
                    facts.page.get_or_insert(page);
                }
            }
        }
    }

    fn book(&mut self, book: &Arc<RuleBook>) {
        if self.seen_books.iter().any(|it| Arc::ptr_eq(it, book)) {
            return;
        }
        self.seen_books.push(Arc::clone(book));
        let unknown = profiles::unknown_in_rules(&self.workspace.scopes, book);
        for diagnostic in book.diagnostics.iter().chain(&unknown) {
            let mut ids = FxHashMap::default();
            for span in diagnostic_spans(diagnostic) {
                let source = book.sources().get(span.source);
                let disk = book.file(span.source).and_then(|file| file.file.clone());
                let id = self.number(source.clone(), disk);
                ids.insert(span.source, id);
            }
            let pack = book.file(diagnostic.primary.span.source);
            let pack = pack.map_or_else(String::new, |file| file.pack.clone());
            let diagnostic = renumbered(diagnostic.clone(), |id| ids[&id]);
            self.text_finding(diagnostic, Origin::RuleText, &pack);
        }
        // The details of a rule from an earlier book take precedence.
        let mut rules = book.facts().clone();
        rules.append(&mut self.report.rules);
        self.report.rules = rules;
    }

    fn text_finding(&mut self, diagnostic: Diagnostic, origin: Origin, pack: &str) {
        let span = diagnostic.primary.span;
        let file = slashes(&self.report.sources.get(span.source).path);
        self.report.findings.push(Finding {
            pack: pack.to_owned(),
            ..Finding::of_text(diagnostic, origin, &file)
        });
    }

    fn number(&mut self, source: Source, disk: Option<PathBuf>) -> SourceId {
        use std::collections::hash_map::Entry;
        let report = &mut self.report;
        match self
            .numbers
            .entry((source.path.to_path_buf(), disk.is_some()))
        {
            Entry::Vacant(free) => {
                report.files.push(disk);
                *free.insert(report.sources.add(source))
            }
            Entry::Occupied(known) => {
                // What is a secret in one tree is masked for all.
                let id = *known.get();
                let both = merge_masks(&report.sources.get(id).text, &source.text);
                if let Some(both) = both {
                    report.sources.replace(id, source.with_text(both));
                }
                id
            }
        }
    }

    /// Adds the result of a tree.
    pub(crate) fn add(&mut self, result: TreeResult) {
        self.book(&result.book);
        let mut ids = FxHashMap::default();
        let mut texts: Vec<_> = result.texts.into_iter().collect();
        texts.sort_by_key(|(id, _)| *id);
        for (id, (source, disk)) in texts {
            let new = self.number(source, disk);
            ids.insert(id, new);
        }
        let renumber = |finding: Finding| Finding {
            diagnostic: renumbered(finding.diagnostic, |id| ids[&id]),
            ..finding
        };
        let findings = result.findings.into_iter().map(renumber);
        self.report.findings.extend(findings);
        let suppressed = result.suppressed.into_iter().map(renumber);
        self.report.suppressed.extend(suppressed);
        let summary = &mut self.report.summary;
        summary.trees += result.trees;
        summary.deployments += result.deployments;
        summary.releases += result.releases;
        summary.files += result.files;
        summary.bytes += result.bytes;
        summary.skipped.extend(result.skipped);
        let rules = result.book.program.rules();
        // Both are in the order of the ids.
        let mut all = self.report.rules.iter_mut().peekable();
        for at in result.book.by_id() {
            let Some(counts) = &result.counts[*at] else {
                continue;
            };
            summary.outcomes.add(counts);
            while all.next_if(|(id, _)| **id < rules[*at].id).is_some() {}
            if let Some((_, facts)) = all.peek_mut().filter(|(id, _)| **id == rules[*at].id) {
                facts.counts.add(counts);
                facts.off = false;
            }
        }
        for (why, count) in result.undecided {
            *summary.undecided.entry(why).or_default() += count;
        }
    }

    /// Sets aside the findings in the baselines. Findings must be sorted.
    fn apply_baselines(&mut self, whole: bool) {
        let scopes = &self.workspace.scopes;
        if scopes.iter().all(|it| it.baseline.is_none()) {
            return;
        }
        let scopes_of_findings = Homes::of(self.workspace, &self.report);
        // Each baseline applies only to the findings of its scope.
        let mut by_scope: Vec<Vec<Finding>> = scopes.iter().map(|_| Vec::new()).collect();
        let findings = std::mem::take(&mut self.report.findings);
        for finding in findings {
            match scopes_of_findings.scope(&finding) {
                Some(at) if scopes[at].baseline.is_some() => by_scope[at].push(finding),
                _ => self.report.findings.push(finding),
            }
        }
        let settings = self.settings;
        let part = !settings.select.is_empty()
            || !settings.profiles.is_empty()
            || settings.touched.is_some();
        let whole = whole && !part && self.workspace.focus.is_empty();
        for (scope, findings) in scopes.iter().zip(by_scope) {
            let Some(known) = &scope.baseline else {
                continue;
            };
            let disk = known.file.path.clone();
            let masked = masked_yaml(&known.file.document);
            let source = known.file.source.with_text(masked);
            let name = |it: &Finding| scopes_of_findings.name(it).map(str::to_owned);
            let applied = baseline::apply(findings, &known.baseline, name);
            self.report.findings.extend(applied.kept);
            self.report.suppressed.extend(applied.suppressed);
            let mut diagnostics = known.problems.clone();
            let gone = applied.gone.iter().filter(|(key, ..)| {
                // A finding that depends on something outside this checkout may still exist.
                let rule = self.report.rules.get(&key.rule);
                whole && rule.is_none_or(|rule| rule.counts.undecided == 0)
            });
            diagnostics.extend(gone.filter_map(|(key, it, found)| baseline::gone(key, it, *found)));
            for diagnostic in diagnostics {
                let id = self.number(source.clone(), Some(disk.clone()));
                self.text_finding(renumbered(diagnostic, |_| id), Origin::Configuration, "");
            }
        }
        order(&self.report.sources, &mut self.report.findings);
        order(&self.report.sources, &mut self.report.suppressed);
    }

    /// The report: sorted, each fault once. `whole` is true if every tree was added.
    pub(crate) fn finish(mut self, whole: bool) -> Report {
        order(&self.report.sources, &mut self.report.findings);
        order(&self.report.sources, &mut self.report.suppressed);
        self.apply_baselines(whole);
        let focus = &self.workspace.focus;
        let files = std::mem::take(&mut self.report.files);
        let deciding = deciding_files(self.workspace);
        let touches = |finding: &Finding| {
            let at = finding.diagnostic.primary.span.source.0 as usize;
            let file = files.get(at).and_then(Option::as_ref);
            focus.is_empty()
                // With a partial configuration, or without some rules, the result for any file is unreliable.
                || finding.is_fatal() && file.is_none_or(|it| deciding.contains(it.as_path()))
                || spans_of(finding).any(|span| {
                    let file = files.get(span.source.0 as usize).and_then(Option::as_ref);
                    file.is_some_and(|file| focus.holds(file))
                })
        };
        self.report.findings.retain(touches);
        self.report.suppressed.retain(touches);
        self.report.files = files;
        let Report { summary, rules, .. } = &mut self.report;
        let cwd = &self.settings.cwd;
        let skipped = &mut summary.skipped;
        skipped.retain(|it| focus.is_empty() || focus.holds(&cwd.join(&it.path)));
        skipped.sort_unstable();
        finish_summary(summary, rules, self.workspace, self.settings, whole);
        self.report
    }
}

/// The configurations, baselines and rules that affect what was named.
fn deciding_files(workspace: &Workspace) -> FxHashSet<&Path> {
    let mut files = FxHashSet::default();
    let focus = &workspace.focus;
    let around: FxHashSet<&Path> = focus.paths().flat_map(|it| it.ancestors()).collect();
    for scope in &workspace.scopes {
        if focus.holds(&scope.root) || around.contains(scope.root.as_path()) {
            let config = scope.config_file.as_ref().map(|it| it.path.as_path());
            let baseline = scope.baseline.as_ref().map(|it| it.file.path.as_path());
            let rules = scope.book.files.iter().filter_map(|it| it.file.as_deref());
            files.extend(config.into_iter().chain(baseline).chain(rules));
        }
    }
    files
}

/// By id of a report's text: the index of its scope, and the file's name in that scope's baselines.
pub(crate) struct Homes(Vec<Option<(usize, String)>>);

impl Homes {
    pub(crate) fn of(workspace: &Workspace, report: &Report) -> Self {
        let scopes = Scopes::of(workspace);
        let home = |file: &Option<PathBuf>| {
            let file = file.as_ref()?;
            let at = scopes.of_path(file)?;
            let below = file.strip_prefix(&workspace.scopes[at].root).ok()?;
            Some((at, slashes(below)))
        };
        Self(report.files.iter().map(home).collect())
    }

    fn home(&self, finding: &Finding) -> Option<&(usize, String)> {
        let text = finding.diagnostic.primary.span.source.0;
        self.0.get(text as usize)?.as_ref()
    }

    /// The index of the scope that a finding is in.
    pub(crate) fn scope(&self, finding: &Finding) -> Option<usize> {
        self.home(finding).map(|(at, _)| *at)
    }

    /// The name of its file in baselines.
    pub(crate) fn name(&self, finding: &Finding) -> Option<&str> {
        self.home(finding).map(|(_, name)| name.as_str())
    }
}

/// By id of a text: the rank of its path among all. Comparing paths is expensive.
fn ranks(sources: &SourceMap) -> Vec<usize> {
    let paths = sources.iter();
    let mut paths: Vec<(&Path, usize)> = paths
        .map(|(id, source)| (&*source.path, id.0 as usize))
        .collect();
    paths.sort_unstable();
    let mut ranks = vec![0; paths.len()];
    let (mut rank, mut last) = (0, None);
    for (path, at) in paths {
        if last != Some(path) {
            (rank, last) = (rank + 1, Some(path));
        }
        ranks[at] = rank;
    }
    ranks
}

fn order(sources: &SourceMap, findings: &mut Vec<Finding>) {
    if !findings.is_empty() {
        let ranks = ranks(sources);
        let rank = |span: Span| ranks[span.source.0 as usize];
        findings.sort_by(|a, b| sort_key(a, rank).cmp(&sort_key(b, rank)));
    }
    unite(findings);
}

/// A layer that several deployments share is judged in each; equal findings are one fault.
fn unite(findings: &mut Vec<Finding>) {
    let mut places = FxHashMap::default();
    let mut united: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings.drain(..) {
        let it = &finding.diagnostic;
        let fault = (it.code.clone(), it.primary.span, it.message.clone());
        match places.entry(fault) {
            Entry::Vacant(entry) => {
                entry.insert(united.len());
                united.push(finding);
            }
            Entry::Occupied(entry) => {
                let first = &mut united[*entry.get()];
                let name = deployment_name(&finding.deployment, &finding.profile);
                let is_known = name == deployment_name(&first.deployment, &first.profile)
                    || first.also_in.iter().any(|it| it.deployment == name);
                if first.tree == finding.tree && !is_known {
                    first.also_in.push(AlsoIn {
                        deployment: name.to_owned(),
                        profile: finding.profile,
                    });
                }
            }
        }
    }
    *findings = united;
}

fn finish_summary(
    summary: &mut Summary,
    rules: &BTreeMap<String, RuleFacts>,
    workspace: &Workspace,
    settings: &Settings,
    whole: bool,
) {
    let judged = rules.values().filter(|facts| !facts.off);
    summary.rules = judged.count();
    // A rule that matches nothing in one tree may do so in another.
    if summary.trees > 0 && whole {
        summary.idle_rules = idle_rules(rules);
    }
    let notes = settings.select.iter();
    summary
        .notes
        .extend(notes.filter_map(|word| selects_nothing(word, rules, workspace)));
}

/// The user's own rules that were judged and had no subject anywhere.
fn idle_rules(rules: &BTreeMap<String, RuleFacts>) -> Vec<String> {
    let built_in: BTreeSet<&str> = ::rules::FILES.iter().map(|file| file.pack).collect();
    let is_own = |facts: &RuleFacts| !built_in.contains(facts.pack.as_str());
    let idle = rules
        .iter()
        .filter(|(_, facts)| !facts.off && facts.counts.total() == 0 && is_own(facts));
    idle.map(|(id, _)| id.clone()).collect()
}

/// Why a requested rule, pack or tag selects nothing; `None` if it selects something.
fn selects_nothing(
    word: &str,
    rules: &BTreeMap<String, RuleFacts>,
    workspace: &Workspace,
) -> Option<String> {
    let matching = rules
        .iter()
        .filter(|(id, facts)| names(id, facts).is_named_by(word));
    let matching: Vec<_> = matching.collect();
    if matching.is_empty() {
        // A rule with errors is not judged, and its errors are reported.
        let mut written = workspace.scopes.iter().flat_map(|it| it.book.rules());
        let is_written = written.any(|(file, _, rule)| {
            rule.name.node == word
                || file.pack == word
                || rule.tags.iter().any(|tag| tag.node == word)
        });
        return (!is_written).then(|| format!("`{word}` is not a rule, pack or tag"));
    }
    let is_disabled = |(id, facts): &(&String, &RuleFacts)| {
        let mut disable = workspace.scopes.iter().flat_map(|it| &it.config.disable);
        facts.off && disable.any(|it| names(id, facts).is_named_by(it))
    };
    matching
        .iter()
        .all(is_disabled)
        .then(|| format!("`{word}` is disabled by `disable` in dogwatch.yaml"))
}

fn names<'a>(id: &'a str, facts: &'a RuleFacts) -> RuleNames<'a> {
    RuleNames {
        id,
        pack: &facts.pack,
        tags: &facts.tags,
    }
}

fn diagnostic_spans(diagnostic: &Diagnostic) -> impl Iterator<Item = Span> {
    let related = diagnostic.related.iter().map(|label| label.span);
    let edits = diagnostic.fixes.iter().flat_map(|fix| &fix.edits);
    [diagnostic.primary.span]
        .into_iter()
        .chain(related)
        .chain(edits.map(|edit| edit.span))
}

/// The diagnostic with its source ids replaced.
fn renumbered(mut diagnostic: Diagnostic, new: impl Fn(SourceId) -> SourceId) -> Diagnostic {
    let renumber = |span: &mut Span| span.source = new(span.source);
    renumber(&mut diagnostic.primary.span);
    for label in &mut diagnostic.related {
        renumber(&mut label.span);
    }
    for edit in diagnostic.fixes.iter_mut().flat_map(|fix| &mut fix.edits) {
        renumber(&mut edit.span);
    }
    diagnostic
}
