//! The entry point for messages: reads them, passes them to `tower-lsp-server` in order, and sends the answers.
//!
//! `tower-lsp-server` provides the protocol's types, routing, state machine and cancellation. Its transport is not used: it runs
//! notification handlers concurrently, blocks on clients that do not read, and ends the session on bytes that are not a message. Here each
//! handler is polled once, immediately and in order, which is all it needs to queue its work for the session.

use std::io::BufRead;
use std::sync::mpsc::Sender;
use std::task::{Context, Poll};

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::executor::block_on;
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::StreamExt as _;
use futures::task::noop_waker_ref;
use serde::Deserialize;
use serde_json::Value;
use tower_lsp_server::jsonrpc::{Error, Id, Request, Response};
use tower_lsp_server::{ClientSocket, ExitedError, LspService};
use tower_service::Service as _;

use crate::backend::Backend;
use crate::framing::FrameReader;
use crate::initialize;
use crate::outbox::Outbox;
use crate::revision::Revision;
use crate::session::{End, Event};
use crate::uri;

type ResponseFuture = BoxFuture<'static, Result<Option<Response>, ExitedError>>;

/// Any message from the client.
#[derive(Deserialize)]
struct Incoming {
    method: Option<String>,
    #[serde(default, deserialize_with = "deserialize_present")]
    id: Option<Id>,
    params: Option<Value>,
    result: Option<Value>,
    error: Option<Value>,
}

/// Distinguishes a `null` id from a missing one.
fn deserialize_present<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Id>, D::Error> {
    Id::deserialize(deserializer).map(Some)
}

/// Reads the client's messages.
pub(crate) struct Dispatcher {
    service: LspService<Backend>,
    /// Unused, but the service assumes that the client is gone if it is dropped.
    _socket: ClientSocket,
    pending: UnboundedSender<ResponseFuture>,
    session: Sender<Event>,
    outbox: Outbox,
    shut_down: bool,
}

impl Dispatcher {
    /// Creates the dispatcher of a session, and the stream of pending answers for [`send_responses`].
    pub(crate) fn new(
        session: Sender<Event>,
        revision: Revision,
        outbox: Outbox,
    ) -> (Self, UnboundedReceiver<ResponseFuture>) {
        let backend = Backend::new(session.clone(), revision);
        let (service, socket) = LspService::build(|_| backend)
            .custom_method(
                "workspace/textDocumentContent",
                Backend::text_document_content,
            )
            .finish();
        let (pending, responses) = unbounded();
        let dispatcher = Self {
            service,
            _socket: socket,
            pending,
            session,
            outbox,
            shut_down: false,
        };
        (dispatcher, responses)
    }

    /// Reads until the client sends `exit` or disconnects.
    pub(crate) fn read(mut self, input: impl BufRead) {
        let mut frames = FrameReader::new(input);
        let end = loop {
            let Some(body) = frames.next_body() else {
                break End::ClientGone;
            };
            if let Some(end) = self.handle(&body) {
                break end;
            }
        };
        // Sending fails only if the session has already ended.
        let _ = self.session.send(Event::End(end));
    }

    fn handle(&mut self, body: &[u8]) -> Option<End> {
        let value = match serde_json::from_slice::<Value>(body) {
            Ok(value) => value,
            Err(_) => {
                self.outbox.send_error(-32700, "the message is not JSON");
                return None;
            }
        };
        let Ok(message) = serde_json::from_value::<Incoming>(value) else {
            self.outbox.send_error(
                -32600,
                "the message is not a request, notification or response",
            );
            return None;
        };
        match (message.method, message.id) {
            (Some(method), id) => self.dispatch(method, id, message.params),
            (None, Some(Id::Number(id))) if message.result.is_some() || message.error.is_some() => {
                let _ = self.session.send(Event::Response(id, message.result));
                None
            }
            // A response whose result is `null` or missing.
            (None, Some(Id::Number(id))) => {
                let _ = self.session.send(Event::Response(id, None));
                None
            }
            (None, _) => {
                self.outbox.send_error(
                    -32600,
                    "the message is not a request, notification or response",
                );
                None
            }
        }
    }

    fn dispatch(&mut self, method: String, id: Option<Id>, params: Option<Value>) -> Option<End> {
        let params = match method.as_str() {
            "initialize" => Some(initialize::wrap_params(params.unwrap_or_default())),
            "exit" => {
                return Some(if self.shut_down {
                    End::Exited
                } else {
                    End::NotShutDown
                });
            }
            "shutdown" => {
                self.shut_down |= id.is_some();
                params
            }
            _ => params.map(|mut params| {
                uri::encode_uris(&mut params, &mut |encoded, original| {
                    self.outbox.use_spelling(encoded, original)
                });
                params
            }),
        };
        // `$/` notifications may be ignored, but a request must be answered.
        let id = match id {
            Some(id) if method.starts_with("$/") => {
                let error = Error::method_not_found();
                self.outbox.answer(&Response::from_error(id, error));
                return None;
            }
            id => id,
        };
        let mut request = Request::build(method);
        if let Some(params) = params {
            request = request.params(params);
        }
        if let Some(id) = id {
            request = request.id(id);
        }
        let mut answer = self.service.call(request.finish());
        // The first poll queues the work for the session before the next message is looked at.
        match answer.poll_unpin(&mut Context::from_waker(noop_waker_ref())) {
            Poll::Ready(answer) => send_response(&self.outbox, answer),
            Poll::Pending => {
                let _ = self.pending.unbounded_send(answer);
            }
        }
        None
    }
}

fn send_response(outbox: &Outbox, answer: Result<Option<Response>, ExitedError>) {
    if let Ok(Some(response)) = answer {
        outbox.answer(&response);
    }
}

/// Sends answers as they become ready.
pub(crate) fn send_responses(responses: UnboundedReceiver<ResponseFuture>, outbox: &Outbox) {
    block_on(responses.for_each_concurrent(None, |answer| async move {
        send_response(outbox, answer.await);
    }));
}
