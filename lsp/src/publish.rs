//! Lints stale files, and publishes their findings.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lint::finding::{Finding, Origin};
use lint::project::Stop;
use lint::report::Report;
use rustc_hash::FxHashSet;
use serde_json::json;
use source::{Severity, SourceId};
use tower_lsp_server::ls_types as lsp;

use crate::lint_result::LintResult;
use crate::session::Session;
use crate::settings::Scope;

/// The maximum number of findings shown per file; one more diagnostic reports the rest. Editors become slow beyond this.
const MAX_FINDINGS: usize = 2_000;

/// The minimum number of trees for which the client is shown progress.
const MIN_TREES_FOR_PROGRESS: usize = 8;

impl Session {
    /// Does one piece of the work that is due: lints one tree and sends its findings. False if nothing is due.
    pub(crate) fn run_next_task(&mut self) -> bool {
        let open = self.documents.by_recency();
        let next = open.into_iter().find_map(|document| {
            let path = document.path.as_ref()?;
            self.stale.contains(path).then(|| path.clone())
        });
        if let Some(path) = next {
            self.catch_panic(&path, |session| session.lint_and_publish(&path));
            return true;
        }
        // Files that were closed in the meantime need no findings.
        self.stale.clear();
        if std::mem::take(&mut self.config_errors_due) {
            let outcome = catch_unwind(AssertUnwindSafe(|| self.publish_config_errors()));
            if outcome.is_err() {
                self.log_panic("linting");
            }
        }
        self.cache_focused_tree() || self.lint_next_in_background()
    }

    /// Starts to cache the results for a tree of the file in focus. Not for rule files: editing them changes everything.
    fn cache_focused_tree(&mut self) -> bool {
        let open = self.documents.by_recency();
        let focus = open.first().and_then(|it| it.path.as_deref());
        let Some(path) = focus.filter(|path| !crate::documents::is_rule_file(path)) else {
            return false;
        };
        let stop = self.revision.stop_check(&self.cache_attempts);
        let done = catch_unwind(AssertUnwindSafe(|| self.project.remember(path, &stop)));
        let Ok(done) = done else {
            self.log_panic("linting");
            return false;
        };
        self.cache_attempts.record(done).unwrap_or(true)
    }

    /// Runs work that may panic. After a panic the earlier findings stay and the file is no longer due; interrupted work stays due.
    fn catch_panic(&mut self, path: &Path, work: impl FnOnce(&mut Self) -> Option<()>) {
        let done = catch_unwind(AssertUnwindSafe(|| work(self)));
        if let Ok(None) = done {
            return;
        }
        self.stale.remove(path);
        if done.is_err() {
            self.log_panic("linting");
        }
    }

    /// Lints the trees of a file and sends the findings; `None` if it was interrupted.
    fn lint_and_publish(&mut self, path: &Path) -> Option<()> {
        // Keeps the previous result until the new one is sent: freeing it takes time.
        let before = self.results.get(path).cloned();
        let stop = self.revision.stop_check(&self.lint_attempts);
        let result = self.lint(path, &stop);
        for path in self.lint_attempts.record(result)? {
            self.publish_file(&path);
        }
        drop(before);
        Some(())
    }

    /// Lints the trees of a file, for every open file in the same trees. Returns those files; `None` if it was interrupted.
    fn lint(&mut self, path: &Path, stop: &Stop) -> Option<Vec<PathBuf>> {
        if self.renew_project_for(path) {
            self.background.total = 0;
        }
        let report = self.project.lint_file_interruptible(path, stop)?;
        let trees = self.trees_containing(path);
        let result = Arc::new(LintResult::new(report, trees));
        let has_same_trees = |other: &Path| {
            let trees = self.trees_containing(other);
            trees.len() == result.trees.len()
                && trees
                    .iter()
                    .zip(&result.trees)
                    .all(|(a, b)| Arc::ptr_eq(a, b))
        };
        let open = self.documents.by_recency();
        let stale = open.into_iter().filter_map(|it| it.path.clone());
        let stale = stale.filter(|other| self.stale.contains(other));
        let all: Vec<PathBuf> = stale
            .filter(|other| other == path || (!result.trees.is_empty() && has_same_trees(other)))
            .collect();
        for path in &all {
            self.stale.remove(path);
            self.results.insert(path.clone(), Arc::clone(&result));
        }
        if !all.iter().any(|it| it == path) {
            self.results.insert(path.to_owned(), result);
        }
        Some(all)
    }

    /// The result of linting the file as it is now.
    pub(crate) fn current_result(&mut self, path: &Path) -> Option<Arc<LintResult>> {
        if self.stale.contains(path) || !self.results.contains_key(path) {
            // The findings are published when the file's turn comes. A request needs its answer now, even if it is about to change.
            let others = self.lint(path, &|| false);
            self.stale.extend(others.into_iter().flatten());
        }
        self.results.get(path).cloned()
    }

    /// The findings in a file, as the editor shows them.
    pub(crate) fn diagnostics_for(&self, result: &LintResult, path: &Path) -> Vec<lsp::Diagnostic> {
        let own = result.source_of(path);
        let mut diagnostics = own.map_or_else(Vec::new, |own| self.diagnostics_in(result, own));
        diagnostics.extend(self.example_diagnostics(path));
        diagnostics.extend(self.unread_rule_diagnostics(path));
        // The report is sorted by primary place, but some findings are shown at a related one.
        diagnostics.sort_by(|a, b| {
            let place = |it: &lsp::Diagnostic| (it.range.start, it.range.end);
            place(a).cmp(&place(b))
        });
        diagnostics
    }

    /// The findings of a report in one of its texts.
    fn diagnostics_in(&self, result: &LintResult, own: SourceId) -> Vec<lsp::Diagnostic> {
        let report = &result.report;
        let show_related = self.settings.scope == Scope::Open;
        let is_here = |finding: &&Finding| {
            let primary = finding.diagnostic.primary.span.source;
            primary == own
                || show_related
                    && report
                        .file(primary)
                        .is_none_or(|file| self.documents.at(file).is_none())
                    && finding
                        .diagnostic
                        .related
                        .iter()
                        .any(|it| it.span.source == own)
        };
        let is_wanted = |finding: &&Finding| {
            self.settings.syntax
                || finding.origin != Origin::File
                || !finding.diagnostic.code.as_str().starts_with("yaml-")
        };
        let mut findings = report.findings.iter().filter(is_here).filter(is_wanted);
        let mut diagnostics: Vec<lsp::Diagnostic> = findings
            .by_ref()
            .filter_map(|finding| self.to_diagnostic(result, finding, own))
            .take(MAX_FINDINGS)
            .collect();
        let omitted = findings.count();
        if omitted > 0 {
            diagnostics.push(lsp::Diagnostic {
                range: lsp::Range::default(),
                severity: Some(lsp::DiagnosticSeverity::INFORMATION),
                source: Some(crate::convert::SOURCE.to_owned()),
                message: format!(
                    "{omitted} more findings in this file are not shown; run `dogwatch lint` to see them all"
                ),
                ..lsp::Diagnostic::default()
            });
        }
        diagnostics
    }

    /// Sends the findings in an open file.
    fn publish_file(&mut self, path: &Path) {
        let Some(result) = self.results.get(path).cloned() else {
            return;
        };
        let mut diagnostics = self.diagnostics_for(&result, path);
        let Some(document) = self.documents.at(path) else {
            return;
        };
        if !document.tracked {
            diagnostics.clear();
        }
        let (uri, version) = (document.uri.clone(), document.version);
        self.publish(uri, Some(version), diagnostics);
    }

    /// Sends the errors in configuration and rule files that are not open, because they affect the findings in open files.
    fn publish_config_errors(&mut self) {
        if self.documents.is_empty() && self.files_with_config_errors.is_empty() {
            return;
        }
        let mut report = self.project.lint_statements();
        // Warnings are shown only when the file is open.
        let is_error = |it: &Finding| it.diagnostic.severity == Severity::Error;
        report.findings.retain(is_error);
        let result = LintResult::new(report, Vec::new());
        let before = std::mem::take(&mut self.files_with_config_errors);
        for file in self.closed_files(&result.report) {
            let diagnostics = self.diagnostics_for(&result, &file);
            if let Some(uri) = self.uri_of(&file) {
                self.files_with_config_errors
                    .insert(uri.as_str().to_owned());
                self.publish(uri, None, diagnostics);
            }
        }
        let resolved: Vec<String> = before
            .difference(&self.files_with_config_errors)
            .cloned()
            .collect();
        for uri in resolved {
            let Ok(uri) = uri.parse() else { continue };
            if self.documents.get(&uri).is_none() {
                self.publish(uri, None, Vec::new());
            }
        }
        self.watch_configured_files();
    }

    /// The files with findings that are not open.
    fn closed_files(&self, report: &Report) -> BTreeSet<PathBuf> {
        let findings = report.findings.iter();
        let files = findings.filter_map(|it| report.file(it.diagnostic.primary.span.source));
        files
            .filter(|file| self.documents.at(file).is_none())
            .cloned()
            .collect()
    }

    /// Sends the findings in a file. If the client pulls diagnostics, asks it to refresh instead.
    pub(crate) fn publish(
        &mut self,
        uri: lsp::Uri,
        version: Option<i32>,
        diagnostics: Vec<lsp::Diagnostic>,
    ) {
        let key = uri.as_str().to_owned();
        if version.is_none() && self.published.get(&key) == Some(&diagnostics) {
            return;
        }
        if self.client.pulls() {
            if self.published.get(&key) != Some(&diagnostics) {
                self.published.insert(key, diagnostics);
                self.send_request("workspace/diagnostic/refresh", json!(null), |_, _| {});
            }
            return;
        }
        let version = version.filter(|_| {
            self.client
                .can("/textDocument/publishDiagnostics/versionSupport")
        });
        let params = lsp::PublishDiagnosticsParams {
            uri,
            diagnostics,
            version,
        };
        self.outbox.publish(&key, &params);
        if params.diagnostics.is_empty() {
            self.published.remove(&key);
        } else {
            self.published.insert(key, params.diagnostics);
        }
    }

    /// Lints one tree that has no open file, if the scope is the whole workspace.
    fn lint_next_in_background(&mut self) -> bool {
        if self.settings.scope != Scope::Workspace {
            return false;
        }
        if self.background.total == 0 {
            let files = self.project.representative_files();
            self.background.total = files.len().max(1);
            self.background.remaining = files;
            self.background.remaining.reverse();
            self.background.published = FxHashSet::default();
            self.progress_begin();
        }
        let Some(path) = self.background.remaining.pop() else {
            return false;
        };
        let stop = self.revision.stop_check(&self.background_attempts);
        let done = catch_unwind(AssertUnwindSafe(|| self.publish_closed_files(&path, &stop)));
        match done {
            Ok(done) => {
                if self.background_attempts.record(done).is_none() {
                    self.background.remaining.push(path);
                    return true;
                }
            }
            Err(_) => self.log_panic("linting"),
        }
        self.progress_report();
        if self.background.remaining.is_empty() {
            self.clear_obsolete();
            self.progress_end();
        }
        true
    }

    /// Sends the findings in those files of a tree that are not open; `None` if linting was interrupted.
    fn publish_closed_files(&mut self, path: &Path, stop: &Stop) -> Option<()> {
        let report = self.project.lint_file_interruptible(path, stop)?;
        let result = LintResult::new(report, self.trees_containing(path));
        for file in self.closed_files(&result.report) {
            let diagnostics = self.diagnostics_for(&result, &file);
            if let Some(uri) = self.uri_of(&file) {
                self.background.published.insert(uri.as_str().to_owned());
                self.publish(uri, None, diagnostics);
            }
        }
        Some(())
    }

    /// Clears the findings of files that are not open and no longer have any.
    pub(crate) fn clear_obsolete(&mut self) {
        let open: FxHashSet<String> = self
            .documents
            .by_recency()
            .into_iter()
            .map(|document| document.uri.as_str().to_owned())
            .collect();
        let obsolete: Vec<String> = self
            .published
            .keys()
            .filter(|uri| !open.contains(*uri) && !self.background.published.contains(*uri))
            .filter(|uri| !self.files_with_config_errors.contains(*uri))
            .cloned()
            .collect();
        for uri in obsolete {
            if let Ok(uri) = uri.parse() {
                self.publish(uri, None, Vec::new());
            }
        }
    }

    fn progress_begin(&mut self) {
        self.progress_end();
        if self.background.total < MIN_TREES_FOR_PROGRESS
            || !self.client.can("/window/workDoneProgress")
        {
            return;
        }
        let token = "dogwatch-judging".to_owned();
        self.background.token = Some(token.clone());
        self.send_request(
            "window/workDoneProgress/create",
            json!({"token": token}),
            |_, _| {},
        );
        let begin = json!({"kind": "begin", "title": "dogwatch: linting", "percentage": 0});
        self.outbox
            .notify("$/progress", json!({"token": token, "value": begin}));
    }

    fn progress_report(&self) {
        let Some(token) = &self.background.token else {
            return;
        };
        let (total, remaining) = (self.background.total, self.background.remaining.len());
        let done = total - remaining.min(total);
        let percentage = done * 100 / total.max(1);
        if percentage == (done - 1) * 100 / total.max(1) {
            return;
        }
        let message = format!("{done} of {total} trees");
        let report = json!({"kind": "report", "message": message, "percentage": percentage});
        self.outbox
            .notify("$/progress", json!({"token": token, "value": report}));
    }

    fn progress_end(&mut self) {
        if let Some(token) = self.background.token.take() {
            let end = json!({"kind": "end"});
            self.outbox
                .notify("$/progress", json!({"token": token, "value": end}));
        }
    }
}
