//! The handshake: the capabilities of the client and of this server.
//!
//! Nothing a client sends here may keep the server from starting, so fields are read one by one instead of deserializing the whole.

use std::path::PathBuf;

use serde_json::{Value, json};
use source::PositionEncoding;
use tower_lsp_server::ls_types as lsp;

use crate::features::semantic_tokens;
use crate::uri;

/// Commands that the client can execute.
pub(crate) mod command {
    /// Returns the effective values of the releases that a file belongs to: `[uri]`.
    pub(crate) const EFFECTIVE_VALUES: &str = "dogwatch.effectiveValues";
    /// Applies every safe fix in the file: `[uri]`.
    pub(crate) const FIX_FILE: &str = "dogwatch.fixFile";
    /// Applies every safe fix in the workspace: `[]`.
    pub(crate) const FIX_WORKSPACE: &str = "dogwatch.fixWorkspace";
    /// Returns what a bug report about the server needs: `[]`.
    pub(crate) const DEBUG_INFORMATION: &str = "dogwatch.debugInformation";
    /// Runs the examples of a rule: `[uri, rule]`.
    pub(crate) const RUN_EXAMPLES: &str = "dogwatch.runExamples";
    /// Shows the places that a rule checks, `[uri, rule]`, or the given places, such as the layers that override a key:
    /// `[uri, position, [location]]`.
    pub(crate) const SHOW_PLACES: &str = "dogwatch.showPlaces";
    /// Opens a page of the guidance: `[url]`.
    pub(crate) const OPEN_GUIDANCE: &str = "dogwatch.openGuidance";

    /// Applies one repair of a finding: `[uri, fingerprint, number]`.
    pub(crate) const APPLY_REPAIR: &str = "dogwatch.applyRepair";

    /// Applies an edit that was offered to a client that supports only commands: `[title, edit]`.
    pub(crate) const APPLY_EDIT: &str = "dogwatch.applyEdit";

    /// All commands.
    pub(crate) const ALL: [&str; 9] = [
        APPLY_REPAIR,
        APPLY_EDIT,
        EFFECTIVE_VALUES,
        FIX_FILE,
        FIX_WORKSPACE,
        DEBUG_INFORMATION,
        RUN_EXAMPLES,
        SHOW_PLACES,
        OPEN_GUIDANCE,
    ];
}

/// The client's identity and capabilities.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    /// The unit in which columns are counted.
    pub(crate) encoding: PositionEncoding,
    /// The workspace folders.
    pub(crate) folders: Vec<PathBuf>,
    /// The `initializationOptions`.
    pub(crate) options: Value,
    /// The client's process; the server ends when it is gone.
    pub(crate) process: Option<u32>,
    /// The client's name and version, for bug reports.
    pub(crate) name: String,
    capabilities: Value,
}

impl Default for Client {
    fn default() -> Self {
        Self {
            encoding: PositionEncoding::Utf16,
            folders: Vec::new(),
            options: Value::Null,
            process: None,
            name: String::new(),
            capabilities: Value::Null,
        }
    }
}

impl Client {
    /// True if the client announces a capability, given as a JSON pointer such as `/textDocument/hover`.
    pub(crate) fn can(&self, pointer: &str) -> bool {
        match self.capabilities.pointer(pointer) {
            Some(Value::Bool(yes)) => *yes,
            Some(Value::Null) | None => false,
            Some(_) => true,
        }
    }

    /// True if the client pulls diagnostics: only if it does not support push and can be asked to refresh.
    pub(crate) fn pulls(&self) -> bool {
        pulls(&self.capabilities)
    }
}

fn pulls(capabilities: &Value) -> bool {
    let can = |pointer| {
        capabilities
            .pointer(pointer)
            .is_some_and(|it| !it.is_null())
    };
    can("/textDocument/diagnostic")
        && capabilities.pointer("/workspace/diagnostics/refreshSupport") == Some(&Value::Bool(true))
        && !can("/textDocument/publishDiagnostics")
}

/// Wraps the parameters of `initialize` unchanged in one field, so that they always deserialize.
pub(crate) fn wrap_params(params: Value) -> Value {
    json!({"capabilities": {}, "initializationOptions": params})
}

/// The answer, and the client's properties. `params` must come from [`wrap_params`].
pub(crate) fn initialize(params: &lsp::InitializeParams) -> (lsp::InitializeResult, Client) {
    let raw = params.initialization_options.clone().unwrap_or_default();
    let capabilities = raw.get("capabilities").cloned().unwrap_or_default();
    let (encoding, kind) = negotiate_encoding(capabilities.pointer("/general/positionEncodings"));
    let string = |pointer| raw.pointer(pointer).and_then(Value::as_str).unwrap_or("");
    let client = Client {
        encoding,
        folders: workspace_folders(&raw),
        options: raw
            .get("initializationOptions")
            .cloned()
            .unwrap_or_default(),
        process: raw
            .get("processId")
            .and_then(Value::as_u64)
            .and_then(|id| u32::try_from(id).ok()),
        name: format!(
            "{} {}",
            string("/clientInfo/name"),
            string("/clientInfo/version")
        )
        .trim()
        .to_owned(),
        capabilities,
    };
    let result = lsp::InitializeResult {
        capabilities: server_capabilities(kind, client.pulls()),
        server_info: Some(lsp::ServerInfo {
            name: "dogwatch".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
        offset_encoding: None,
    };
    (result, client)
}

/// UTF-8 if the client supports it, because it needs no conversion; otherwise UTF-16, which every client supports.
fn negotiate_encoding(offered: Option<&Value>) -> (PositionEncoding, lsp::PositionEncodingKind) {
    let offered = offered.and_then(Value::as_array);
    let has = |name: &str| offered.is_some_and(|list| list.iter().any(|it| it == name));
    if has("utf-8") {
        (PositionEncoding::Utf8, lsp::PositionEncodingKind::UTF8)
    } else if has("utf-32") && !has("utf-16") {
        (PositionEncoding::Utf32, lsp::PositionEncodingKind::UTF32)
    } else {
        (PositionEncoding::Utf16, lsp::PositionEncodingKind::UTF16)
    }
}

/// The folders in `workspaceFolders`, or in its deprecated predecessors.
fn workspace_folders(raw: &Value) -> Vec<PathBuf> {
    let listed = raw.get("workspaceFolders").and_then(Value::as_array);
    let listed = listed.into_iter().flatten();
    let mut found: Vec<PathBuf> = listed
        .filter_map(|folder| uri::path_of(folder.get("uri")?.as_str()?))
        .collect();
    if found.is_empty() {
        let root = raw.get("rootUri").and_then(Value::as_str);
        found.extend(root.and_then(uri::path_of));
    }
    if found.is_empty() {
        let root = raw.get("rootPath").and_then(Value::as_str);
        found.extend(root.map(PathBuf::from).filter(|it| it.is_absolute()));
    }
    found
}

fn server_capabilities(
    encoding: lsp::PositionEncodingKind,
    pulls: bool,
) -> lsp::ServerCapabilities {
    let files = lsp::FileOperationRegistrationOptions {
        filters: vec![lsp::FileOperationFilter {
            scheme: Some("file".to_owned()),
            pattern: lsp::FileOperationPattern {
                glob: "**/*".to_owned(),
                ..Default::default()
            },
        }],
    };
    let strings = |list: &[&str]| Some(list.iter().map(|it| (*it).to_owned()).collect());
    lsp::ServerCapabilities {
        position_encoding: Some(encoding),
        text_document_sync: Some(
            lsp::TextDocumentSyncOptions {
                open_close: Some(true),
                change: Some(lsp::TextDocumentSyncKind::INCREMENTAL),
                save: Some(lsp::SaveOptions::default().into()),
                ..Default::default()
            }
            .into(),
        ),
        hover_provider: Some(true.into()),
        completion_provider: Some(lsp::CompletionOptions {
            trigger_characters: strings(&[".", ":", " ", "-", "{", "\"", "["]),
            ..Default::default()
        }),
        signature_help_provider: Some(lsp::SignatureHelpOptions {
            trigger_characters: strings(&["(", ","]),
            ..Default::default()
        }),
        definition_provider: Some(lsp::OneOf::Left(true)),
        references_provider: Some(lsp::OneOf::Left(true)),
        document_highlight_provider: Some(lsp::OneOf::Left(true)),
        document_symbol_provider: Some(lsp::OneOf::Left(true)),
        workspace_symbol_provider: Some(lsp::OneOf::Left(true)),
        document_link_provider: Some(lsp::DocumentLinkOptions {
            resolve_provider: None,
            work_done_progress_options: Default::default(),
        }),
        folding_range_provider: Some(true.into()),
        selection_range_provider: Some(true.into()),
        semantic_tokens_provider: Some(
            lsp::SemanticTokensOptions {
                legend: semantic_tokens::legend(),
                range: Some(true),
                full: Some(lsp::SemanticTokensFullOptions::Bool(true)),
                ..Default::default()
            }
            .into(),
        ),
        inlay_hint_provider: Some(lsp::OneOf::Left(true)),
        code_action_provider: Some(
            lsp::CodeActionOptions {
                code_action_kinds: Some(vec![
                    lsp::CodeActionKind::QUICKFIX,
                    lsp::CodeActionKind::new(FIX_ALL),
                    lsp::CodeActionKind::REFACTOR,
                ]),
                ..Default::default()
            }
            .into(),
        ),
        code_lens_provider: Some(lsp::CodeLensOptions {
            resolve_provider: None,
        }),
        document_formatting_provider: Some(lsp::OneOf::Left(true)),
        rename_provider: Some(lsp::OneOf::Right(lsp::RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: Default::default(),
        })),
        execute_command_provider: Some(lsp::ExecuteCommandOptions {
            commands: command::ALL.map(str::to_owned).into(),
            ..Default::default()
        }),
        diagnostic_provider: pulls.then(|| {
            lsp::DiagnosticServerCapabilities::Options(lsp::DiagnosticOptions {
                identifier: Some("dogwatch".to_owned()),
                inter_file_dependencies: true,
                workspace_diagnostics: false,
                work_done_progress_options: Default::default(),
            })
        }),
        workspace: Some(lsp::WorkspaceServerCapabilities {
            workspace_folders: Some(lsp::WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(lsp::OneOf::Left(true)),
            }),
            file_operations: Some(lsp::WorkspaceFileOperationsServerCapabilities {
                did_create: Some(files.clone()),
                did_rename: Some(files.clone()),
                did_delete: Some(files),
                ..Default::default()
            }),
        }),
        ..Default::default()
    }
}

/// The kind of the code action that applies every safe fix in a file.
pub(crate) const FIX_ALL: &str = "source.fixAll.dogwatch";
