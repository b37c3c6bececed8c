//! Code actions: apply a fix, apply all fixes, allow a finding, open its guidance, turn it into an example.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lint::finding::{Finding, Origin};
use lint::fix::{FixOptions, FixRun, Repair};
use rustc_hash::FxHashMap;
use serde_json::json;
use source::{Applicability, Source};
use tower_lsp_server::jsonrpc::Result;
use tower_lsp_server::ls_types as lsp;

use crate::convert::rule_link;
use crate::features::{code_action, layers, node_at};
use crate::initialize::{FIX_ALL, command};
use crate::lint_result::LintResult;
use crate::requests::minimal_edit;
use crate::session::Session;

/// The title of the action that applies every safe fix in a file.
pub(crate) const FIX_FILE_TITLE: &str = "Apply every safe fix in this file";
pub(crate) const FIX_WORKSPACE_TITLE: &str = "Apply every safe fix in the workspace";

impl Session {
    pub(crate) fn code_action(
        &mut self,
        params: lsp::CodeActionParams,
    ) -> Result<Option<lsp::CodeActionResponse>> {
        self.documents.touch(&params.text_document.uri);
        let Some(path) = self.path_of(&params.text_document.uri) else {
            return Ok(None);
        };
        let Some(result) = self.current_result(&path) else {
            return Ok(None);
        };
        let wants = |kind: &str| {
            let only = params.context.only.as_ref();
            only.is_none_or(|only| only.iter().any(|it| is_kind(kind, it.as_str())))
        };
        let mut out = Vec::new();
        let mut fixable = false;
        // Shared by all findings: examples are always made from the first tree.
        let mut masked = code_action::MaskedTexts::default();
        let file = result.source_of(&path);
        if let Some(file) = file {
            for finding in &result.report.findings {
                let Some(diagnostic) = self.to_diagnostic(&result, finding, file) else {
                    continue;
                };
                // Some editors send any cursor position on the line, and list the line's diagnostics.
                let mut named = params.context.diagnostics.iter();
                let is_named =
                    named.any(|it| it.range == diagnostic.range && it.code == diagnostic.code);
                if !is_named && !overlaps(diagnostic.range, params.range) {
                    continue;
                }
                if wants("quickfix") {
                    self.offer_fixes(&path, finding, &diagnostic, &mut out);
                    self.offer_corrections(&result, finding, &diagnostic, &mut out);
                    fixable |= finding.repairs.iter().any(is_safe);
                    self.offer_allow(&result, finding, &diagnostic, &path, &mut out);
                    self.offer_guidance(&result, finding, &diagnostic, &mut out);
                }
                if wants("refactor") {
                    self.offer_example(&result, finding, &mut masked, &mut out);
                }
            }
        }
        let requested = params.context.only.is_some() && wants(FIX_ALL);
        if requested || fixable && wants("quickfix") {
            self.offer_fix_all(&path, requested, &mut out);
        }
        let out: Vec<_> = united(out)
            .into_iter()
            .filter_map(|it| self.adapt_to_client(it))
            .collect();
        Ok((!out.is_empty()).then_some(out))
    }

    /// Adapts an action to the client: some support only commands, and some do not let the server edit their texts.
    fn adapt_to_client(
        &self,
        action: lsp::CodeActionOrCommand,
    ) -> Option<lsp::CodeActionOrCommand> {
        let lsp::CodeActionOrCommand::CodeAction(mut action) = action else {
            return Some(action);
        };
        let supports_literals = self
            .client
            .can("/textDocument/codeAction/codeActionLiteralSupport");
        if let Some(edit) = action.edit.take_if(|_| !supports_literals) {
            action.command = Some(lsp::Command {
                title: action.title.clone(),
                command: command::APPLY_EDIT.to_owned(),
                arguments: Some(vec![json!(action.title), json!(edit)]),
            });
        }
        let edits = |it: &lsp::Command| it.command != command::OPEN_GUIDANCE;
        if action.command.as_ref().is_some_and(edits) && !self.client.can("/workspace/applyEdit") {
            return None;
        }
        match action.command.take_if(|_| !supports_literals) {
            Some(command) => Some(lsp::CodeActionOrCommand::Command(command)),
            None => Some(lsp::CodeActionOrCommand::CodeAction(action)),
        }
    }

    fn offer_fixes(
        &self,
        path: &Path,
        finding: &Finding,
        diagnostic: &lsp::Diagnostic,
        out: &mut lsp::CodeActionResponse,
    ) {
        let mut preferred = true;
        for (at, repair) in finding.repairs.iter().enumerate() {
            let safe = is_safe(repair);
            let mut action = quick_fix(&repair.title, safe, diagnostic);
            action.is_preferred = (safe && preferred).then_some(true);
            if repair.secret {
                // The text to insert holds a secret, so it is sent only on request.
                let arguments = vec![
                    json!(self.uri_of(path)),
                    json!(finding.fingerprint),
                    json!(at),
                ];
                action.command = Some(lsp::Command {
                    title: action.title.clone(),
                    command: command::APPLY_REPAIR.to_owned(),
                    arguments: Some(arguments),
                });
            } else {
                action.edit = self.repair_edit(repair);
                if action.edit.is_none() {
                    continue;
                }
            }
            out.push(lsp::CodeActionOrCommand::CodeAction(action));
            preferred &= !safe;
        }
    }

    /// Offers the fixes of findings in rule files, `dogwatch.yaml` and comments. They carry their own edits, usually to correct a typo.
    fn offer_corrections(
        &self,
        result: &LintResult,
        finding: &Finding,
        diagnostic: &lsp::Diagnostic,
        out: &mut lsp::CodeActionResponse,
    ) {
        if finding.origin == Origin::Rule {
            return;
        }
        for fix in &finding.diagnostic.fixes {
            let edits = fix.edits.iter().map(|edit| {
                let path = result.report.file(edit.span.source)?;
                let range = self.location_in_report(result, edit.span)?.range;
                Some((path, lsp::TextEdit::new(range, edit.insert.clone())))
            });
            let mut files: BTreeMap<PathBuf, Vec<lsp::TextEdit>> = BTreeMap::new();
            let Some(edits) = edits.collect::<Option<Vec<_>>>() else {
                continue;
            };
            for (path, edit) in edits {
                files.entry(path.clone()).or_default().push(edit);
            }
            let safe = fix.applicability == Applicability::Safe;
            let mut action = quick_fix(&fix.title, safe, diagnostic);
            action.edit = self.edit_of(files);
            out.push(lsp::CodeActionOrCommand::CodeAction(action));
        }
    }

    /// The edit that applies a repair; `None` if it cannot be applied.
    pub(crate) fn repair_edit(&self, repair: &Repair) -> Option<lsp::WorkspaceEdit> {
        let plan = self.project.plan(repair).ok()?;
        let mut files = BTreeMap::new();
        for file in &plan.files {
            let text = Source::new(file.path.clone(), Arc::clone(&file.text));
            let edits = file.edits.iter().map(|edit| {
                let range = self.range_in(Some(&file.path), &text, edit.span);
                lsp::TextEdit::new(range, edit.insert.clone())
            });
            files.insert(file.path.clone(), edits.collect());
        }
        self.edit_of(files)
    }

    /// Offers to insert a comment above the line that allows the finding. The user fills in the reason.
    fn offer_allow(
        &self,
        result: &LintResult,
        finding: &Finding,
        diagnostic: &lsp::Diagnostic,
        path: &Path,
        out: &mut lsp::CodeActionResponse,
    ) {
        let rule = finding.diagnostic.code.as_str();
        let Some(document) = layers::document(&result.trees, path) else {
            return;
        };
        let Some(open) = self.documents.at(path) else {
            return;
        };
        if finding.origin != Origin::Rule {
            return;
        }
        let at = open.offset(diagnostic.range.start, self.client.encoding);
        let Some(node) = node_at::node_at(document, at).node() else {
            return;
        };
        // Without a reason the comment allows nothing, and is itself reported.
        let text = lint::suppress::comment_text(rule, "", None);
        let Ok(edits) = values::edit::add_comment_above(document, node, &text) else {
            return;
        };
        let edits: Vec<lsp::TextEdit> = edits
            .into_iter()
            .map(|edit| {
                lsp::TextEdit::new(open.range(edit.span, self.client.encoding), edit.insert)
            })
            .collect();
        let edit = self.edit_of(BTreeMap::from([(path.to_owned(), edits)]));
        out.push(lsp::CodeActionOrCommand::CodeAction(lsp::CodeAction {
            title: format!("Allow `{rule}` here with a reason"),
            kind: Some(lsp::CodeActionKind::QUICKFIX),
            diagnostics: Some(vec![diagnostic.clone()]),
            edit,
            ..lsp::CodeAction::default()
        }));
    }

    fn offer_guidance(
        &self,
        result: &LintResult,
        finding: &Finding,
        diagnostic: &lsp::Diagnostic,
        out: &mut lsp::CodeActionResponse,
    ) {
        if !self.client.can("/window/showDocument") {
            return;
        }
        let Some(url) = rule_link(&result.report, finding.diagnostic.code.as_str()) else {
            return;
        };
        let title = format!(
            "Open the guidance for `{}`",
            finding.diagnostic.code.as_str()
        );
        out.push(lsp::CodeActionOrCommand::CodeAction(lsp::CodeAction {
            command: Some(lsp::Command {
                title: title.clone(),
                command: command::OPEN_GUIDANCE.to_owned(),
                arguments: Some(vec![json!(url)]),
            }),
            title,
            kind: Some(lsp::CodeActionKind::QUICKFIX),
            diagnostics: Some(vec![diagnostic.clone()]),
            ..lsp::CodeAction::default()
        }));
    }

    /// Offers to turn the files of a finding into an example of its rule, if the rule file can be edited.
    fn offer_example(
        &self,
        result: &LintResult,
        finding: &Finding,
        masked: &mut code_action::MaskedTexts,
        out: &mut lsp::CodeActionResponse,
    ) {
        let rule = finding.diagnostic.code.as_str();
        let book = result.trees.iter().map(|tree| &tree.book);
        let Some((file, item)) = book
            .filter_map(|book| {
                let (file, item, _) = book.rule(rule)?;
                Some((file, item))
            })
            .next()
        else {
            return;
        };
        let Some(path) = &file.file else { return };
        let Some(tree) = result.trees.first() else {
            return;
        };
        let Some(text) = code_action::example(&result.report, finding, tree, masked) else {
            return;
        };
        let source = tree.book.sources().get(file.source);
        let Some(at) = code_action::end_of_rule(&source.text, item) else {
            return;
        };
        let range = self.range_in(Some(path), source, source::Span::point(file.source, at));
        let edits = vec![lsp::TextEdit::new(range, text)];
        out.push(lsp::CodeActionOrCommand::CodeAction(lsp::CodeAction {
            title: format!("Add this finding as an example to the rule `{rule}`"),
            kind: Some(lsp::CodeActionKind::REFACTOR),
            edit: self.edit_of(BTreeMap::from([(path.clone(), edits)])),
            ..lsp::CodeAction::default()
        }));
    }

    /// The edit that applies every safe fix in a file and whatever follows from it: the result of `dogwatch fix FILE`.
    pub(crate) fn fix_file_edit(&self, path: &Path) -> Option<lsp::WorkspaceEdit> {
        let mut settings = self.project.settings().clone();
        settings.paths = vec![path.to_owned()];
        settings.facts = false;
        let project = self.project_with(settings);
        self.fixed_edit(&project.fix(FixOptions::default(), &|_| {}))
    }

    /// The edit from the old contents of files to the fixed ones.
    pub(crate) fn fixed_edit(&self, run: &FixRun) -> Option<lsp::WorkspaceEdit> {
        let mut files = BTreeMap::new();
        for file in &run.files {
            let text = Source::new(file.path.clone(), Arc::clone(&file.before));
            let edit = minimal_edit(&file.before, &file.after);
            let edits = edit.into_iter().map(|(span, insert)| {
                lsp::TextEdit::new(self.range_in(Some(&file.path), &text, span), insert)
            });
            files.insert(file.path.clone(), edits.collect());
        }
        self.edit_of(files)
    }

    /// Offers to fix everything: as an edit if the action is requested by its kind, as on save; otherwise as a command, because computing
    /// it takes time.
    fn offer_fix_all(&self, path: &Path, requested: bool, out: &mut lsp::CodeActionResponse) {
        if requested {
            let edit = self.fix_file_edit(path);
            out.extend(edit.map(|edit| {
                lsp::CodeActionOrCommand::CodeAction(lsp::CodeAction {
                    title: FIX_FILE_TITLE.to_owned(),
                    kind: Some(lsp::CodeActionKind::new(FIX_ALL)),
                    edit: Some(edit),
                    ..lsp::CodeAction::default()
                })
            }));
            return;
        }
        let file = self.uri_of(path).map(|uri| vec![json!(uri)]);
        for (title, name, arguments) in [
            (FIX_FILE_TITLE, command::FIX_FILE, file),
            (FIX_WORKSPACE_TITLE, command::FIX_WORKSPACE, None),
        ] {
            out.push(lsp::CodeActionOrCommand::CodeAction(lsp::CodeAction {
                title: title.to_owned(),
                kind: Some(lsp::CodeActionKind::QUICKFIX),
                command: Some(lsp::Command {
                    title: title.to_owned(),
                    command: name.to_owned(),
                    arguments,
                }),
                ..lsp::CodeAction::default()
            }));
        }
    }

    /// The workspace edit for edits by file, with the versions of open texts.
    pub(crate) fn edit_of(
        &self,
        files: BTreeMap<PathBuf, Vec<lsp::TextEdit>>,
    ) -> Option<lsp::WorkspaceEdit> {
        let open = files.keys().filter_map(|path| self.documents.at(path));
        // The content of a text that is not tracked is unknown here.
        if files.is_empty() || open.into_iter().any(|it| !it.tracked) {
            return None;
        }
        if !self.client.can("/workspace/workspaceEdit/documentChanges") {
            // Keys are URIs, whose hash does not change.
            #[allow(
                clippy::mutable_key_type,
                reason = "a URI is not modified while it is a key"
            )]
            let mut changes = HashMap::new();
            for (path, edits) in files {
                changes.insert(self.uri_of(&path)?, edits);
            }
            return Some(lsp::WorkspaceEdit::new(changes));
        }
        let mut documents = Vec::new();
        for (path, edits) in files {
            let uri = self.uri_of(&path)?;
            let version = self.documents.at(&path).map(|document| document.version);
            documents.push(lsp::TextDocumentEdit {
                text_document: lsp::OptionalVersionedTextDocumentIdentifier { uri, version },
                edits: edits.into_iter().map(lsp::OneOf::Left).collect(),
            });
        }
        Some(lsp::WorkspaceEdit {
            document_changes: Some(lsp::DocumentChanges::Edits(documents)),
            ..lsp::WorkspaceEdit::default()
        })
    }
}

/// Actions that do the same for several findings, such as to allow a rule on a line, become one action for all of them.
fn united(actions: lsp::CodeActionResponse) -> lsp::CodeActionResponse {
    let mut out: lsp::CodeActionResponse = Vec::with_capacity(actions.len());
    let mut by_title: FxHashMap<String, Vec<usize>> = FxHashMap::default();
    for action in actions {
        let lsp::CodeActionOrCommand::CodeAction(new) = action else {
            out.push(action);
            continue;
        };
        let titled = by_title.entry(new.title.clone()).or_default();
        let twin = titled.iter().copied().find(|at| {
            matches!(&out[*at], lsp::CodeActionOrCommand::CodeAction(old)
                if (&old.kind, &old.edit, &old.command) == (&new.kind, &new.edit, &new.command))
        });
        match twin.map(|at| &mut out[at]) {
            Some(lsp::CodeActionOrCommand::CodeAction(old)) => {
                let diagnostics = old.diagnostics.get_or_insert_default();
                diagnostics.extend(new.diagnostics.unwrap_or_default());
                old.is_preferred = old.is_preferred.max(new.is_preferred);
            }
            _ => {
                titled.push(out.len());
                out.push(lsp::CodeActionOrCommand::CodeAction(new));
            }
        }
    }
    out
}

/// True if the repair may be applied without review.
fn is_safe(repair: &Repair) -> bool {
    repair.applicability == Applicability::Safe
}

/// A quick fix for a diagnostic, without its edit.
fn quick_fix(title: &str, safe: bool, diagnostic: &lsp::Diagnostic) -> lsp::CodeAction {
    let title = if safe {
        title.to_owned()
    } else {
        format!("{title} (unsafe: review the change)")
    };
    lsp::CodeAction {
        title,
        kind: Some(lsp::CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![diagnostic.clone()]),
        ..lsp::CodeAction::default()
    }
}

/// True if `kind` is `wanted` or below it. Every kind is below the empty one.
fn is_kind(kind: &str, wanted: &str) -> bool {
    kind.strip_prefix(wanted)
        .is_some_and(|rest| wanted.is_empty() || rest.is_empty() || rest.starts_with('.'))
}

fn overlaps(a: lsp::Range, b: lsp::Range) -> bool {
    a.start <= b.end && b.start <= a.end
}
