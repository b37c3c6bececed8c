//! What is said to the client: a queue without a bound, so that nobody here ever waits for a client that does not read.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustc_hash::FxHashMap;
use serde::Serialize;
use serde_json::Value;
use tower_lsp_server::jsonrpc::Response;

use crate::framing::{flush, write_frame};

/// How long the rest of the queue may take to be written after the session has ended.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Messages on their way out. Clones share one queue.
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
    /// Bodies; an empty one was overtaken by a newer one and is passed over.
    bodies: VecDeque<Vec<u8>>,
    /// How many bodies were taken out so far: the number of the first one in the queue.
    taken: usize,
    /// The numbers of the findings of a file that are not written yet, so that newer ones take their place: the queue of a
    /// client that does not read holds one set for each file.
    findings: FxHashMap<String, usize>,
    /// Addresses as JSON, and how the client writes them where that is another way.
    spellings: FxHashMap<String, String>,
    /// A body is being written.
    busy: bool,
    closed: bool,
}

impl Queue {
    /// The body with addresses as the client writes them: it knows its documents by these letters.
    fn spelled(&self, body: Vec<u8>) -> Vec<u8> {
        if self.spellings.is_empty() {
            return body;
        }
        let Ok(mut text) = String::from_utf8(body) else {
            return Vec::new();
        };
        #[allow(
            clippy::iter_over_hash_type,
            reason = "no address is part of another one, for both have their quotes"
        )]
        for (written, said) in &self.spellings {
            text = text.replace(written, said);
        }
        text.into_bytes()
    }
}

impl Outbox {
    /// From now on an address is written as the client writes it.
    pub(crate) fn spell(&self, written: &str, said: &str) {
        let quoted = |text: &str| Value::from(text).to_string();
        let spellings = &mut self.lock().spellings;
        spellings.insert(quoted(written), quoted(said));
    }

    /// Says something.
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

    /// Says the findings of a file; takes the place of those that were not written yet.
    pub(crate) fn publish(&self, uri: &str, params: impl Serialize) {
        let message = Outgoing {
            jsonrpc: "2.0",
            id: None,
            method: "textDocument/publishDiagnostics",
            params,
        };
        self.push(&message, Some(uri));
    }

    /// Asks something. The answer comes to whoever reads the client's messages.
    pub(crate) fn ask(&self, id: i64, method: &str, params: impl Serialize) {
        let message = Outgoing {
            jsonrpc: "2.0",
            id: Some(id),
            method,
            params,
        };
        self.push(&message, None);
    }

    /// Answers something.
    pub(crate) fn answer(&self, response: &Response) {
        self.push(response, None);
    }

    fn push(&self, message: &impl Serialize, findings_of: Option<&str>) {
        let Ok(body) = serde_json::to_vec(message) else {
            // Only maps with keys that are no text cannot be written, and there are none.
            return;
        };
        let mut queue = self.lock();
        if queue.closed {
            return;
        }
        let body = queue.spelled(body);
        let number = queue.taken + queue.bodies.len();
        if let Some(uri) = findings_of
            && let Some(old) = queue.findings.insert(uri.to_owned(), number)
        {
            let at = old.wrapping_sub(queue.taken);
            if let Some(overtaken) = queue.bodies.get_mut(at) {
                *overtaken = Vec::new();
            }
        }
        queue.bodies.push_back(body);
        drop(queue);
        self.shared.changed.notify_all();
    }

    /// Writes what comes until the queue is closed or the client is gone.
    pub(crate) fn write_to(&self, mut out: impl Write) {
        while let Some((body, more)) = self.take() {
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

    /// The next body, and whether another one waits behind it.
    fn take(&self) -> Option<(Vec<u8>, bool)> {
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

    /// Takes nothing more, and waits a little for the rest to be written.
    pub(crate) fn close(&self) {
        let mut queue = self.lock();
        queue.closed = true;
        self.shared.changed.notify_all();
        let unwritten = |queue: &mut Queue| queue.busy || !queue.bodies.is_empty();
        queue = match self
            .shared
            .changed
            .wait_timeout_while(queue, LAST_WORDS, unwritten)
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

/// A notification, or with an id a question.
#[derive(Serialize)]
struct Outgoing<'a, P> {
    jsonrpc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    method: &'a str,
    params: P,
}

/// The answer to bytes that are no message.
pub(crate) fn refusal(code: i64, message: &str) -> Value {
    serde_json::json!({"jsonrpc": "2.0", "id": null, "error": {"code": code, "message": message}})
}

impl Outbox {
    /// Says that bytes were no message.
    pub(crate) fn refuse(&self, code: i64, message: &str) {
        self.push(&refusal(code, message), None);
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
    fn newer_findings_of_a_file_take_the_place_of_unwritten_ones() {
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
    fn nothing_waits_for_a_client_that_does_not_read() {
        let outbox = Outbox::default();
        for number in 0..100_000 {
            outbox.publish("a", number);
        }
        assert_eq!(written(&outbox).matches("Content-Length").count(), 1);
    }
}
