//! Outgoing messages: an unbounded queue, so that the session never waits for a client that does not read.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustc_hash::FxHashMap;
use serde::Serialize;
use serde_json::Value;
use tower_lsp_server::jsonrpc::Response;

use crate::framing::{flush, write_frame};

/// The time limit for writing the rest of the queue after the session has ended.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The queue of outgoing messages. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Outbox {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    /// Message bodies. An empty one was superseded by a newer one and is skipped.
    bodies: VecDeque<Vec<u8>>,
    /// The number of bodies taken out so far, which is the number of the first one in the queue.
    taken: usize,
    /// The numbers of unwritten `publishDiagnostics` messages by URI, so that newer ones replace them: for a client that does not read, the
    /// queue holds at most one per file.
    findings: FxHashMap<String, usize>,
    /// Encoded URIs in JSON quotes, mapped to the client's spelling where that differs.
    spellings: FxHashMap<String, String>,
    /// True while a body is being written.
    busy: bool,
    closed: bool,
}

impl Queue {
    /// Replaces URIs with the client's spelling, which is how it identifies its documents.
    fn with_client_spelling(&self, body: Vec<u8>) -> Vec<u8> {
        if self.spellings.is_empty() {
            return body;
        }
        let Ok(mut text) = String::from_utf8(body) else {
            return Vec::new();
        };
        #[allow(
            clippy::iter_over_hash_type,
            reason = "no URI can contain another one, because both include their quotes"
        )]
        for (written, original) in &self.spellings {
            text = text.replace(written, original);
        }
        text.into_bytes()
    }
}

impl Outbox {
    /// Writes a URI in the client's spelling from now on.
    pub(crate) fn use_spelling(&self, written: &str, original: &str) {
        let quoted = |text: &str| Value::from(text).to_string();
        let spellings = &mut self.lock().spellings;
        spellings.insert(quoted(written), quoted(original));
    }

    /// Queues a notification.
    pub(crate) fn notify(&self, method: &str, params: impl Serialize) {
        self.push(
            &Outgoing {
                jsonrpc: "2.0",
                id: None,
                method,
                params,
            },
            None,
        );
    }

    /// Queues the findings of a file, replacing those not yet written.
    pub(crate) fn publish(&self, uri: &str, params: impl Serialize) {
        let message = Outgoing {
            jsonrpc: "2.0",
            id: None,
            method: "textDocument/publishDiagnostics",
            params,
        };
        self.push(&message, Some(uri));
    }

    /// Queues a request. The dispatcher receives the response.
    pub(crate) fn request(&self, id: i64, method: &str, params: impl Serialize) {
        let message = Outgoing {
            jsonrpc: "2.0",
            id: Some(id),
            method,
            params,
        };
        self.push(&message, None);
    }

    /// Queues the answer to a request.
    pub(crate) fn answer(&self, response: &Response) {
        self.push(response, None);
    }

    fn push(&self, message: &impl Serialize, findings_of: Option<&str>) {
        let Ok(body) = serde_json::to_vec(message) else {
            // Serialization fails only for maps whose keys are not strings, and there are none.
            return;
        };
        let mut queue = self.lock();
        if queue.closed {
            return;
        }
        let body = queue.with_client_spelling(body);
        let number = queue.taken + queue.bodies.len();
        if let Some(uri) = findings_of
            && let Some(old) = queue.findings.insert(uri.to_owned(), number)
        {
            let at = old.wrapping_sub(queue.taken);
            if let Some(superseded) = queue.bodies.get_mut(at) {
                *superseded = Vec::new();
            }
        }
        queue.bodies.push_back(body);
        drop(queue);
        self.shared.changed.notify_all();
    }

    /// Writes messages until the queue is closed or the client is gone.
    pub(crate) fn write_to(&self, mut out: impl Write) {
        while let Some((body, more)) = self.next_body() {
            let mut written = write_frame(&mut out, &body);
            if written.is_ok() && !more {
                written = flush(&mut out);
            }
            let mut queue = self.lock();
            queue.busy = false;
            if written.is_err() {
                queue.closed = true;
                queue.bodies.clear();
            }
            drop(queue);
            self.shared.changed.notify_all();
        }
    }

    /// Waits for the next body. The flag says whether another one follows.
    fn next_body(&self) -> Option<(Vec<u8>, bool)> {
        let mut queue = self.lock();
        loop {
            while let Some(body) = queue.bodies.pop_front() {
                queue.taken += 1;
                if body.is_empty() {
                    continue;
                }
                if queue.bodies.is_empty() {
                    queue.findings.clear();
                    if queue.bodies.capacity() > 1024 {
                        queue.bodies = VecDeque::new();
                    }
                }
                queue.busy = true;
                return Some((body, !queue.bodies.is_empty()));
            }
            if queue.closed {
                return None;
            }
            queue = self
                .shared
                .changed
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Accepts no more messages, and waits up to [`CLOSE_TIMEOUT`] for the rest to be written.
    pub(crate) fn close(&self) {
        let mut queue = self.lock();
        queue.closed = true;
        self.shared.changed.notify_all();
        let unwritten = |queue: &mut Queue| queue.busy || !queue.bodies.is_empty();
        queue = match self
            .shared
            .changed
            .wait_timeout_while(queue, CLOSE_TIMEOUT, unwritten)
        {
            Ok((queue, _)) => queue,
            Err(poisoned) => poisoned.into_inner().0,
        };
        queue.bodies.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.shared
            .queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A notification, or a request if it has an id.
#[derive(Serialize)]
struct Outgoing<'a, P> {
    jsonrpc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    method: &'a str,
    params: P,
}

/// The error response to bytes that are not a valid message.
pub(crate) fn error_response(code: i64, message: &str) -> Value {
    serde_json::json!({"jsonrpc": "2.0", "id": null, "error": {"code": code, "message": message}})
}

impl Outbox {
    /// Queues an error response to bytes that are not a valid message.
    pub(crate) fn send_error(&self, code: i64, message: &str) {
        self.push(&error_response(code, message), None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(outbox: &Outbox) -> String {
        let mut out = Vec::new();
        outbox.lock().closed = true;
        outbox.write_to(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn newer_findings_replace_unwritten_ones() {
        let outbox = Outbox::default();
        outbox.publish("a", 1);
        outbox.publish("b", 2);
        outbox.notify("between", 3);
        outbox.publish("a", 4);
        let text = written(&outbox);
        let order: Vec<&str> = text
            .match_indices("\"params\":")
            .map(|(at, name)| &text[at + name.len()..at + name.len() + 1])
            .collect();
        assert_eq!(order, ["2", "3", "4"]);
    }

    #[test]
    fn queue_stays_small_for_a_client_that_does_not_read() {
        let outbox = Outbox::default();
        for number in 0..100_000 {
            outbox.publish("a", number);
        }
        assert_eq!(written(&outbox).matches("Content-Length").count(), 1);
    }
}
