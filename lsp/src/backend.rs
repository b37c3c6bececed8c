//! The handlers that `tower-lsp-server` routes messages to. Each one queues its work for the session and does nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Sender;

use futures::channel::oneshot;
use serde::Deserialize;
use serde_json::Value;
use tower_lsp_server::LanguageServer;
use tower_lsp_server::jsonrpc::{Error, Result};
use tower_lsp_server::ls_types as lsp;

use crate::initialize;
use crate::revision::Revision;
use crate::session::{Event, Session};

/// Routes messages to the session.
#[derive(Debug)]
pub(crate) struct Backend {
    session: Sender<Event>,
    revision: Revision,
}

/// The parameters of `workspace/textDocumentContent`: `{"uri": …}`.
#[derive(Debug, Deserialize)]
pub(crate) struct TextDocumentContentParams {
    uri: String,
}

impl Backend {
    pub(crate) fn new(session: Sender<Event>, revision: Revision) -> Self {
        Self { session, revision }
    }

    /// Queues a notification for the session, and interrupts work that it may make obsolete.
    fn enqueue_notification(
        &self,
        name: &'static str,
        work: impl FnOnce(&mut Session) + Send + 'static,
    ) {
        self.revision.record_queued();
        let _ = self.session.send(Event::Work(Box::new(move |session| {
            session.revision.record_handled();
            if catch_unwind(AssertUnwindSafe(|| work(session))).is_err() {
                session.log_panic(name);
            }
        })));
    }

    /// Queues a request for the session and returns its answer. A request that is canceled before its turn is not started; one that panics
    /// is answered with an error, and the session continues.
    async fn enqueue_request<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl FnOnce(&mut Session) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (sender, receiver) = oneshot::channel();
        let _ = self.session.send(Event::Work(Box::new(move |session| {
            if sender.is_canceled() {
                return;
            }
            let result = catch_unwind(AssertUnwindSafe(|| work(session))).unwrap_or_else(|_| {
                session.log_panic(name);
                let mut error = Error::internal_error();
                // Never the panic's own message: it may quote the contents of a file.
                error.message = format!("`{name}` failed inside the server").into();
                Err(error)
            });
            let _ = sender.send(result);
        })));
        receiver
            .await
            .unwrap_or_else(|_| Err(Error::request_cancelled()))
    }

    /// The text of a virtual document.
    pub(crate) async fn text_document_content(
        &self,
        params: TextDocumentContentParams,
    ) -> Result<Value> {
        self.enqueue_request("workspace/textDocumentContent", move |session| {
            Ok(session.text_document_content(&params.uri))
        })
        .await
    }
}

/// Each handler passes its parameters to the session method of the same name.
macro_rules! requests {
    ($($name:ident($params:ty) -> $result:ty;)*) => {
        $(async fn $name(&self, params: $params) -> Result<$result> {
            self.enqueue_request(stringify!($name), move |session| session.$name(params)).await
        })*
    };
}

macro_rules! notifications {
    ($($name:ident($params:ty);)*) => {
        $(async fn $name(&self, params: $params) {
            self.enqueue_notification(stringify!($name), move |session| session.$name(params));
        })*
    };
}

impl LanguageServer for Backend {
    async fn initialize(&self, params: lsp::InitializeParams) -> Result<lsp::InitializeResult> {
        // Answered immediately: an impatient client may already have sent more messages, and must find the server ready.
        let (result, client) = initialize::initialize(&params);
        self.enqueue_notification("initialize", move |session| session.set_client(client));
        Ok(result)
    }

    async fn shutdown(&self) -> Result<()> {
        // Goes through the queue, so that earlier requests are answered first.
        self.enqueue_request("shutdown", |_| Ok(())).await
    }

    notifications! {
        initialized(lsp::InitializedParams);
        did_open(lsp::DidOpenTextDocumentParams);
        did_change(lsp::DidChangeTextDocumentParams);
        did_save(lsp::DidSaveTextDocumentParams);
        did_close(lsp::DidCloseTextDocumentParams);
        did_change_configuration(lsp::DidChangeConfigurationParams);
        did_change_workspace_folders(lsp::DidChangeWorkspaceFoldersParams);
        did_change_watched_files(lsp::DidChangeWatchedFilesParams);
        did_create_files(lsp::CreateFilesParams);
        did_rename_files(lsp::RenameFilesParams);
        did_delete_files(lsp::DeleteFilesParams);
    }

    requests! {
        hover(lsp::HoverParams) -> Option<lsp::Hover>;
        completion(lsp::CompletionParams) -> Option<lsp::CompletionResponse>;
        signature_help(lsp::SignatureHelpParams) -> Option<lsp::SignatureHelp>;
        goto_definition(lsp::GotoDefinitionParams) -> Option<lsp::GotoDefinitionResponse>;
        references(lsp::ReferenceParams) -> Option<Vec<lsp::Location>>;
        document_highlight(lsp::DocumentHighlightParams) -> Option<Vec<lsp::DocumentHighlight>>;
        document_symbol(lsp::DocumentSymbolParams) -> Option<lsp::DocumentSymbolResponse>;
        symbol(lsp::WorkspaceSymbolParams) -> Option<lsp::WorkspaceSymbolResponse>;
        document_link(lsp::DocumentLinkParams) -> Option<Vec<lsp::DocumentLink>>;
        folding_range(lsp::FoldingRangeParams) -> Option<Vec<lsp::FoldingRange>>;
        selection_range(lsp::SelectionRangeParams) -> Option<Vec<lsp::SelectionRange>>;
        semantic_tokens_full(lsp::SemanticTokensParams) -> Option<lsp::SemanticTokensResult>;
        semantic_tokens_range(lsp::SemanticTokensRangeParams) -> Option<lsp::SemanticTokensRangeResult>;
        inlay_hint(lsp::InlayHintParams) -> Option<Vec<lsp::InlayHint>>;
        code_action(lsp::CodeActionParams) -> Option<lsp::CodeActionResponse>;
        code_lens(lsp::CodeLensParams) -> Option<Vec<lsp::CodeLens>>;
        formatting(lsp::DocumentFormattingParams) -> Option<Vec<lsp::TextEdit>>;
        rename(lsp::RenameParams) -> Option<lsp::WorkspaceEdit>;
        prepare_rename(lsp::TextDocumentPositionParams) -> Option<lsp::PrepareRenameResponse>;
        diagnostic(lsp::DocumentDiagnosticParams) -> lsp::DocumentDiagnosticReportResult;
        execute_command(lsp::ExecuteCommandParams) -> Option<Value>;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::channel;
    use std::thread;

    use futures::executor::block_on;
    use tower_lsp_server::jsonrpc::ErrorCode;

    use super::*;
    use crate::Options;
    use crate::outbox::Outbox;
    use crate::session::End;

    #[test]
    fn panic_fails_only_its_request() {
        let (sender, events) = channel();
        let revision = Revision::default();
        let backend = Backend::new(sender.clone(), revision.clone());
        let session_sender = sender.clone();
        let running = thread::spawn(move || {
            let options = Options {
                files: Arc::new(lint::files::Memory::default()),
                cwd: "/".into(),
                today: || None,
            };
            Session::new(session_sender, revision, Outbox::default(), &options).run(&events)
        });
        let failed: Result<()> = block_on(backend.enqueue_request("x", |_| panic!("swordfish")));
        let error = failed.unwrap_err();
        assert_eq!(error.code, ErrorCode::InternalError);
        assert!(!error.message.contains("swordfish"));
        backend.enqueue_notification("y", |_| panic!("swordfish"));
        assert_eq!(block_on(backend.enqueue_request("z", |_| Ok(3))), Ok(3));
        sender.send(Event::End(End::Exited)).unwrap();
        assert_eq!(running.join().unwrap(), End::Exited);
    }
}
