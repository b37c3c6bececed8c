//! The commands that the client can execute, and virtual documents.

use std::path::{Path, PathBuf};

use lint::fix::FixOptions;
use serde_json::{Value, json};
use tower_lsp_server::jsonrpc::{Error, Result};
use tower_lsp_server::ls_types as lsp;

use crate::actions::{FIX_FILE_TITLE, FIX_WORKSPACE_TITLE};
use crate::convert::SCHEME;
use crate::features::effective;
use crate::initialize::command;
use crate::session::Session;
use crate::uri;

impl Session {
    pub(crate) fn execute_command(
        &mut self,
        params: lsp::ExecuteCommandParams,
    ) -> Result<Option<Value>> {
        let arguments = &params.arguments;
        match params.command.as_str() {
            command::EFFECTIVE_VALUES => Ok(self.effective_values(&file_argument(arguments, 0)?)),
            command::FIX_FILE => Ok(Some(self.fix_file(&file_argument(arguments, 0)?))),
            command::APPLY_REPAIR => self.apply_repair(arguments).map(Some),
            command::APPLY_EDIT => self.apply_offered_edit(arguments).map(Some),
            command::FIX_WORKSPACE => Ok(Some(self.fix_workspace())),
            command::DEBUG_INFORMATION => Ok(Some(json!(self.debug_information()))),
            command::RUN_EXAMPLES => Ok(self.run_examples(
                &file_argument(arguments, 0)?,
                string_argument(arguments, 1)?,
            )),
            command::SHOW_PLACES => Ok(Some(self.show_places(arguments)?)),
            command::OPEN_GUIDANCE => {
                let uri = string_argument(arguments, 0)?;
                if !uri.starts_with("https://") && !uri.starts_with("http://") {
                    return Err(Error::invalid_params(
                        "argument 1 must be an `http` or `https` URL",
                    ));
                }
                let params = json!({"uri": uri, "external": true, "takeFocus": true});
                self.send_request("window/showDocument", params, |_, _| {});
                Ok(None)
            }
            other => Err(Error::invalid_params(format!("unknown command `{other}`"))),
        }
    }

    /// The effective values of the releases that a file belongs to, with the URI of a virtual document that shows them.
    fn effective_values(&self, path: &Path) -> Option<Value> {
        let text = self.effective_text(path)?;
        let uri = uri::uri_of(path)?;
        let uri_path = uri.as_str().strip_prefix("file://").unwrap_or_default();
        Some(json!({"uri": format!("{SCHEME}:///effective{uri_path}"), "text": text}))
    }

    fn effective_text(&self, path: &Path) -> Option<String> {
        let trees = self.trees_containing(path);
        let file_layers = crate::features::layers::of_file(&trees, path);
        (!file_layers.is_empty()).then(|| effective::text(&file_layers))
    }

    /// The text of a virtual document.
    pub(crate) fn text_document_content(&mut self, uri: &str) -> Value {
        let uri = uri::percent_encode(uri);
        let uri_path = uri
            .strip_prefix(SCHEME)
            .and_then(|it| it.strip_prefix(':'))
            .unwrap_or_default();
        let uri_path = format!("/{}", uri_path.trim_start_matches('/'));
        let text = match uri_path.strip_prefix("/effective/") {
            Some(file) => {
                uri::path_of(&format!("file:///{file}")).and_then(|path| self.effective_text(&path))
            }
            None => uri::path_of(&format!("file://{uri_path}")).and_then(|path| {
                // A built-in rule.
                let name = path.strip_prefix("/").ok()?.to_owned();
                let book = self.project.rules_of(&path);
                let mut texts = book.sources().iter();
                let found = texts.find(|(_, text)| *text.path == *name);
                found.map(|(_, text)| text.text.to_string())
            }),
        };
        json!({"text": text.unwrap_or_default()})
    }

    fn fix_file(&mut self, path: &Path) -> Value {
        let edit = self.fix_file_edit(path);
        let applied = edit.is_some();
        if let Some(edit) = edit {
            self.apply_edit(edit, FIX_FILE_TITLE);
        }
        json!({"applied": applied})
    }

    fn fix_workspace(&mut self) -> Value {
        let run = self.project.fix(FixOptions::default(), &|_| {});
        if let Some(edit) = self.fixed_edit(&run) {
            self.apply_edit(edit, FIX_WORKSPACE_TITLE);
        }
        json!({"files": run.files.len(), "fixed": run.fixed.len()})
    }

    /// Applies one repair of a finding: `[uri, fingerprint, number]`. Does nothing if the finding no longer exists.
    fn apply_repair(&mut self, arguments: &[Value]) -> Result<Value> {
        let path = file_argument(arguments, 0)?;
        let fingerprint = string_argument(arguments, 1)?;
        let number = arguments.get(2).and_then(Value::as_u64);
        let number = number.and_then(|it| usize::try_from(it).ok());
        let number = number.ok_or_else(|| invalid_argument(2, "the index of a repair"))?;
        let result = self.current_result(&path);
        let findings = result.iter().flat_map(|it| &it.report.findings);
        let mut of_finding = findings.filter(|it| it.fingerprint == fingerprint);
        let repair = of_finding.find_map(|it| it.repairs.get(number));
        let edit = repair.and_then(|repair| Some((self.repair_edit(repair)?, &repair.title)));
        let applied = edit.is_some();
        if let Some((edit, title)) = edit {
            self.apply_edit(edit, title);
        }
        Ok(json!({"applied": applied}))
    }

    /// Applies an edit that was offered to a client that supports only commands: `[title, edit]`.
    fn apply_offered_edit(&mut self, arguments: &[Value]) -> Result<Value> {
        let title = string_argument(arguments, 0)?;
        let edit = arguments.get(1).cloned().unwrap_or_default();
        let edit =
            serde_json::from_value(edit).map_err(|_| invalid_argument(1, "a workspace edit"))?;
        self.apply_edit(edit, title);
        Ok(json!({"applied": true}))
    }

    fn apply_edit(&mut self, edit: lsp::WorkspaceEdit, label: &str) {
        let params = json!({"label": label, "edit": edit});
        self.send_request("workspace/applyEdit", params, |_, _| {});
    }

    /// Shows places as far as the protocol allows: returns all of them to the client and opens the first.
    fn show_places(&mut self, arguments: &[Value]) -> Result<Value> {
        let places = match arguments.get(2) {
            Some(places) => places.clone(),
            None => {
                let (path, rule) = (file_argument(arguments, 0)?, string_argument(arguments, 1)?);
                json!(self.locations_checked_by_rule(&path, rule))
            }
        };
        let first = places.get(0).cloned();
        if self.client.can("/window/showDocument")
            && !self.settings.virtual_documents
            && let Some(first) = first
        {
            let params =
                json!({"uri": first["uri"], "selection": first["range"], "takeFocus": true});
            self.send_request("window/showDocument", params, |_, _| {});
        }
        Ok(places)
    }

    fn debug_information(&self) -> String {
        let workspace = self.project.workspace();
        let open = self.documents.by_recency();
        let mut out = format!(
            "dogwatch {}\nclient: {}\nencoding: {:?}\nfolders: {:?}\nopen files: {}\ntrees: {}\nsettings: {:?}\n",
            env!("CARGO_PKG_VERSION"),
            self.client.name,
            self.client.encoding,
            self.client.folders,
            open.len(),
            workspace.trees.len(),
            self.settings,
        );
        for scope in &workspace.scopes {
            let own_files = scope
                .book
                .files
                .iter()
                .filter(|file| file.file.is_some())
                .count();
            out.push_str(&format!(
                "configuration: {} ({own_files} rule files of its own)\n",
                scope.root.display()
            ));
        }
        out
    }
}

/// The argument at an index, as a string.
fn string_argument(arguments: &[Value], at: usize) -> Result<&str> {
    let found = arguments.get(at).and_then(Value::as_str);
    found.ok_or_else(|| invalid_argument(at, "a string"))
}

/// The argument at an index, as the path of a `file:` URI.
fn file_argument(arguments: &[Value], at: usize) -> Result<PathBuf> {
    let found = arguments.get(at).and_then(Value::as_str);
    let path = found.and_then(uri::path_of);
    path.ok_or_else(|| invalid_argument(at, "the URI of a file"))
}

fn invalid_argument(at: usize, expected: &str) -> Error {
    Error::invalid_params(format!("argument {} must be {expected}", at + 1))
}
