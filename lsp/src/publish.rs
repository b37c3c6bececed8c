//! Lints what is due, and sends the client the findings.

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

use crate::judged::Judged;
use crate::session::Session;
use crate::settings::Scope;

/// The maximum number of findings shown per file; one more diagnostic reports the rest. Editors become slow beyond this.
const MAX_FINDINGS: usize = 2_000;

/// The minimum number of trees for which the client is shown progress.
const LONG: usize = 8;

impl Session {
    /// Does one piece of the work that is due: lints one tree and sends its findings. False if nothing is due.
    pub(crate) fn one_due(&mut self) -> bool {
        let open = self.documents.by_use();
        let next = open.into_iter().find_map(|document| {
            let path = document.path.as_ref()?;
            self.stale.contains(path).then(|| path.clone())
        });
        if let Some(path) = next {
            self.guarded(&path, |session| session.judge_and_tell(&path));
            return true;
        }
        // Files that were closed in the meantime need no findings.
        self.stale.clear();
        if std::mem::take(&mut self.statements_due) {
            let told = catch_unwind(AssertUnwindSafe(|| self.tell_statements()));
            if told.is_err() {
                self.log_panic("linting");
            }
        }
        self.one_to_remember() || self.one_in_background()
    }

    /// Starts to cache the results for a tree of the file in focus. Not for rule files: editing them changes everything.
    fn one_to_remember(&mut self) -> bool {
        let open = self.documents.by_use();
        let focus = open.first().and_then(|it| it.path.as_deref());
        let Some(path) = focus.filter(|path| !crate::documents::is_rules(path)) else {
            return false;
        };
        let stop = self.revision.stop(&self.remembering);
        let done = catch_unwind(AssertUnwindSafe(|| self.project.remember(path, &stop)));
        let Ok(done) = done else {
            self.log_panic("linting");
            return false;
        };
        self.remembering.done(done).unwrap_or(true)
    }

    /// Runs work that may panic. After a panic the earlier findings stay and the file is no longer due; interrupted work stays due.
    fn guarded(&mut self, path: &Path, work: impl FnOnce(&mut Self) -> Option<()>) {
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
    fn judge_and_tell(&mut self, path: &Path) -> Option<()> {
        // Keeps the previous result until the new one is sent: freeing it takes time.
        let before = self.judged.get(path).cloned();
        let stop = self.revision.stop(&self.judging);
        let judged = self.judge(path, &stop);
        for path in self.judging.done(judged)? {
            self.tell(&path);
        }
        drop(before);
        Some(())
    }

    /// Lints the trees of a file, for every open file in the same trees. Returns those files; `None` if it was interrupted.
    fn judge(&mut self, path: &Path, stop: &Stop) -> Option<Vec<PathBuf>> {
        if self.follow(path) {
            self.background.all = 0;
        }
        let report = self.project.lint_file_unless(path, stop)?;
        let trees = self.trees_at(path);
        let judged = Arc::new(Judged::new(report, trees));
        let same = |other: &Path| {
            let trees = self.trees_at(other);
            trees.len() == judged.trees.len()
                && trees
                    .iter()
                    .zip(&judged.trees)
                    .all(|(a, b)| Arc::ptr_eq(a, b))
        };
        let open = self.documents.by_use();
        let stale = open.into_iter().filter_map(|it| it.path.clone());
        let stale = stale.filter(|other| self.stale.contains(other));
        let all: Vec<PathBuf> = stale
            .filter(|other| other == path || (!judged.trees.is_empty() && same(other)))
            .collect();
        for path in &all {
            self.stale.remove(path);
            self.judged.insert(path.clone(), Arc::clone(&judged));
        }
        if !all.iter().any(|it| it == path) {
            self.judged.insert(path.to_owned(), judged);
        }
        Some(all)
    }

    /// The result of linting the file as it is now.
    pub(crate) fn judged_now(&mut self, path: &Path) -> Option<Arc<Judged>> {
        if self.stale.contains(path) || !self.judged.contains_key(path) {
            // The findings are published when the file's turn comes. A request needs its answer now, even if it is about to change.
            let others = self.judge(path, &|| false);
            self.stale.extend(others.into_iter().flatten());
        }
        self.judged.get(path).cloned()
    }

    /// The findings in a file, as the editor shows them.
    pub(crate) fn findings_of(&self, judged: &Judged, path: &Path) -> Vec<lsp::Diagnostic> {
        let own = judged.source_of(path);
        let mut shown = own.map_or_else(Vec::new, |own| self.reported(judged, own));
        shown.extend(self.example_findings(path));
        // The report is sorted by primary place, but some findings are shown at a related one.
        shown.sort_by(|a, b| {
            let place = |it: &lsp::Diagnostic| (it.range.start, it.range.end);
            place(a).cmp(&place(b))
        });
        shown
    }

    /// The findings of a report in one of its texts.
    fn reported(&self, judged: &Judged, own: SourceId) -> Vec<lsp::Diagnostic> {
        let report = &judged.report;
        let rest = self.settings.scope == Scope::Open;
        let is_here = |finding: &&Finding| {
            let primary = finding.diagnostic.primary.span.source;
            primary == own
                || rest
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
        let mut shown: Vec<lsp::Diagnostic> = findings
            .by_ref()
            .filter_map(|finding| self.shown(judged, finding, own))
            .take(MAX_FINDINGS)
            .collect();
        let more = findings.count();
        if more > 0 {
            shown.push(lsp::Diagnostic {
                range: lsp::Range::default(),
                severity: Some(lsp::DiagnosticSeverity::INFORMATION),
                source: Some(crate::convert::SOURCE.to_owned()),
                message: format!(
                    "{more} more findings in this file are not shown; run `dogwatch lint` to see them all"
                ),
                ..lsp::Diagnostic::default()
            });
        }
        shown
    }

    /// Sends the findings in an open file.
    fn tell(&mut self, path: &Path) {
        let Some(judged) = self.judged.get(path).cloned() else {
            return;
        };
        let mut shown = self.findings_of(&judged, path);
        let Some(document) = self.documents.at(path) else {
            return;
        };
        if !document.followed {
            shown.clear();
        }
        let (uri, version) = (document.uri.clone(), document.version);
        self.say(uri, Some(version), shown);
    }

    /// Sends the errors in configuration and rule files that are not open, because they affect the findings in open files.
    fn tell_statements(&mut self) {
        if self.documents.is_empty() && self.statements.is_empty() {
            return;
        }
        let mut report = self.project.lint_statements();
        // Warnings are shown only when the file is open.
        let is_error = |it: &Finding| it.diagnostic.severity == Severity::Error;
        report.findings.retain(is_error);
        let judged = Judged::new(report, Vec::new());
        let before = std::mem::take(&mut self.statements);
        for file in self.closed_files(&judged.report) {
            let shown = self.findings_of(&judged, &file);
            if let Some(uri) = self.uri_of(&file) {
                self.statements.insert(uri.as_str().to_owned());
                self.say(uri, None, shown);
            }
        }
        let mended: Vec<String> = before.difference(&self.statements).cloned().collect();
        for uri in mended {
            let Ok(uri) = uri.parse() else { continue };
            if self.documents.get(&uri).is_none() {
                self.say(uri, None, Vec::new());
            }
        }
        self.watch_stated();
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
    pub(crate) fn say(&mut self, uri: lsp::Uri, version: Option<i32>, shown: Vec<lsp::Diagnostic>) {
        let key = uri.as_str().to_owned();
        if version.is_none() && self.told.get(&key) == Some(&shown) {
            return;
        }
        if self.client.pulls() {
            if self.told.get(&key) != Some(&shown) {
                self.told.insert(key, shown);
                self.ask("workspace/diagnostic/refresh", json!(null), |_, _| {});
            }
            return;
        }
        let version = version.filter(|_| {
            self.client
                .can("/textDocument/publishDiagnostics/versionSupport")
        });
        let params = lsp::PublishDiagnosticsParams {
            uri,
            diagnostics: shown,
            version,
        };
        self.outbox.publish(&key, &params);
        if params.diagnostics.is_empty() {
            self.told.remove(&key);
        } else {
            self.told.insert(key, params.diagnostics);
        }
    }

    /// Lints one tree that has no open file, if the scope is the whole workspace.
    fn one_in_background(&mut self) -> bool {
        if self.settings.scope != Scope::Workspace {
            return false;
        }
        if self.background.all == 0 {
            let files = self.project.one_file_of_each_tree();
            self.background.all = files.len().max(1);
            self.background.left = files;
            self.background.left.reverse();
            self.background.seen = FxHashSet::default();
            self.progress_begin();
        }
        let Some(path) = self.background.left.pop() else {
            return false;
        };
        let stop = self.revision.stop(&self.in_background);
        let done = catch_unwind(AssertUnwindSafe(|| self.tell_closed(&path, &stop)));
        match done {
            Ok(done) => {
                if self.in_background.done(done).is_none() {
                    self.background.left.push(path);
                    return true;
                }
            }
            Err(_) => self.log_panic("linting"),
        }
        self.progress_report();
        if self.background.left.is_empty() {
            self.clear_unseen();
            self.progress_end();
        }
        true
    }

    /// Sends the findings in those files of a tree that are not open; `None` if linting was interrupted.
    fn tell_closed(&mut self, path: &Path, stop: &Stop) -> Option<()> {
        let report = self.project.lint_file_unless(path, stop)?;
        let judged = Judged::new(report, self.trees_at(path));
        for file in self.closed_files(&judged.report) {
            let shown = self.findings_of(&judged, &file);
            if let Some(uri) = self.uri_of(&file) {
                self.background.seen.insert(uri.as_str().to_owned());
                self.say(uri, None, shown);
            }
        }
        Some(())
    }

    /// Clears the findings of files that are not open and no longer have any.
    pub(crate) fn clear_unseen(&mut self) {
        let open: FxHashSet<String> = self
            .documents
            .by_use()
            .into_iter()
            .map(|document| document.uri.as_str().to_owned())
            .collect();
        let gone: Vec<String> = self
            .told
            .keys()
            .filter(|uri| !open.contains(*uri) && !self.background.seen.contains(*uri))
            .filter(|uri| !self.statements.contains(*uri))
            .cloned()
            .collect();
        for uri in gone {
            if let Ok(uri) = uri.parse() {
                self.say(uri, None, Vec::new());
            }
        }
    }

    fn progress_begin(&mut self) {
        self.progress_end();
        if self.background.all < LONG || !self.client.can("/window/workDoneProgress") {
            return;
        }
        let token = "dogwatch-judging".to_owned();
        self.background.token = Some(token.clone());
        self.ask(
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
        let (all, left) = (self.background.all, self.background.left.len());
        let done = all - left.min(all);
        let percentage = done * 100 / all.max(1);
        if percentage == (done - 1) * 100 / all.max(1) {
            return;
        }
        let message = format!("{done} of {all} trees");
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
