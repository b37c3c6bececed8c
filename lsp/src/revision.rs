//! Counts the client's messages, to interrupt work that is out of date before it is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The maximum number of consecutive interruptions of one kind of work, so that someone who types without a pause still sees findings.
const MAX_INTERRUPTIONS: u32 = 3;

/// A kind of work that may be interrupted, with the number of consecutive interruptions.
#[derive(Debug, Default)]
pub(crate) struct Attempts(u32);

impl Attempts {
    /// Records the result of an attempt: `None` if it was interrupted.
    pub(crate) fn record<T>(&mut self, result: Option<T>) -> Option<T> {
        self.0 = match result {
            Some(_) => 0,
            None => self.0 + 1,
        };
        result
    }
}

/// Counts the messages that may change findings, both when they are queued and when the session handles them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Revision {
    queued: Arc<AtomicU64>,
    handled: u64,
}

impl Revision {
    /// Records that a message was queued.
    pub(crate) fn record_queued(&self) {
        self.queued.fetch_add(1, Ordering::Relaxed);
    }

    /// Records that the session has reached a queued message.
    pub(crate) fn record_handled(&mut self) {
        self.handled += 1;
    }

    /// Returns a function that returns true once the running work is out of date.
    pub(crate) fn stop_check(&self, attempts: &Attempts) -> impl Fn() -> bool + Sync + use<> {
        let (queued, handled) = (Arc::clone(&self.queued), self.handled);
        let patient = attempts.0 < MAX_INTERRUPTIONS;
        move || patient && queued.load(Ordering::Relaxed) > handled
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, channel};

    use futures::executor::block_on;
    use serde_json::json;
    use tower_lsp_server::LanguageServer as _;

    use super::*;
    use crate::Options;
    use crate::backend::Backend;
    use crate::outbox::Outbox;
    use crate::session::{Event, Session};
    use crate::settings::Scope;

    const URI: &str = "file:///w/values/wire-server/values.yaml";
    const RULES: [(&str, &str); 2] = [
        (
            "/w/rules/charts.watch",
            include_str!("../../tests/clients/tree/rules/charts.watch"),
        ),
        (
            "/w/rules/flag-is-text.watch",
            include_str!("../../tests/clients/tree/rules/flag-is-text.watch"),
        ),
    ];

    /// A text with a fault on the line whose number is its version.
    fn text(version: i32) -> String {
        let before = "\n".repeat(version as usize);
        format!("{before}webapp: {{envVars: {{FLAG: true}}}}\n")
    }

    /// The edit to send when the server next asks for the date, which it does when it starts linting.
    static NEXT: Mutex<Option<(Arc<Backend>, i32)>> = Mutex::new(None);

    fn type_next_edit() -> Option<String> {
        let next = NEXT.lock().unwrap().take();
        if let Some((backend, version)) = next {
            let change = json!({
                "textDocument": {"uri": URI, "version": version},
                "contentChanges": [{"text": text(version)}],
            });
            block_on(backend.did_change(serde_json::from_value(change).unwrap()));
        }
        None
    }

    /// A session over one tree, with both ends of its queue.
    fn session() -> (Arc<Backend>, Session, Receiver<Event>) {
        let mut files = lint::files::Memory::default();
        let texts = [
            ("/w/dogwatch.yaml", "rules: [rules]\npacks: []\n".to_owned()),
            ("/w/values/wire-server/values.yaml", text(1)),
        ];
        let rules = RULES.map(|(path, text)| (path, text.to_owned()));
        for (path, text) in texts.into_iter().chain(rules) {
            files.insert(path, text.into_bytes());
        }
        let options = Options {
            files: Arc::new(files),
            cwd: "/w".into(),
            today: type_next_edit,
        };
        let (sender, events) = channel();
        let revision = Revision::default();
        let backend = Arc::new(Backend::new(sender.clone(), revision.clone()));
        let session = Session::new(sender, revision, Outbox::default(), &options);
        (backend, session, events)
    }

    #[test]
    fn typing_interrupts_linting() {
        let (backend, mut session, events) = session();
        let open = json!({"textDocument": {
            "uri": URI, "languageId": "yaml", "version": 1, "text": text(1),
        }});
        block_on(backend.did_open(serde_json::from_value(open).unwrap()));
        let mut published_lines = Vec::new();
        for version in 2..9 {
            while let Ok(Event::Work(work)) = events.try_recv() {
                work(&mut session);
            }
            if version < 7 {
                *NEXT.lock().unwrap() = Some((Arc::clone(&backend), version));
            }
            if !session.run_next_task() {
                break;
            }
            let lines = session.published.get(URI).into_iter().flatten();
            published_lines.push(lines.map(|it| it.range.start.line).collect::<Vec<_>>());
        }
        // It is interrupted three times, then runs to the end despite new edits; it is interrupted once more before the edits stop. Finally
        // there is time to cache the results.
        assert_eq!(published_lines, [&[][..], &[], &[], &[4], &[4], &[6], &[6]]);
    }

    #[test]
    fn background_linting_yields_and_resumes() {
        let (backend, mut session, _events) = session();
        session.settings.scope = Scope::Workspace;
        session.client.folders = vec!["/w".into()];
        session.new_project();
        let mut states = Vec::new();
        for version in 1..6 {
            // The change stays in the queue.
            let change = json!({
                "textDocument": {"uri": URI, "version": version},
                "contentChanges": [{"text": text(version)}],
            });
            block_on(backend.did_change(serde_json::from_value(change).unwrap()));
            session.run_next_task();
            states.push((
                session.published.contains_key(URI),
                session.background.remaining.len(),
            ));
        }
        // It is put off three times and then runs, despite new edits.
        let postponed = (false, 1);
        assert_eq!(
            states,
            [postponed, postponed, postponed, (true, 0), (true, 0)]
        );
    }

    #[test]
    fn interruptions_are_limited() {
        let queue = Revision::default();
        let (mut reader, mut attempts) = (queue.clone(), Attempts::default());
        assert!(!reader.stop_check(&attempts)());
        let stop = reader.stop_check(&attempts);
        queue.record_queued();
        assert!(stop());
        reader.record_handled();
        assert!(!reader.stop_check(&attempts)());
        queue.record_queued();
        for _ in 0..MAX_INTERRUPTIONS {
            assert!(reader.stop_check(&attempts)());
            attempts.record(None::<()>);
        }
        assert!(!reader.stop_check(&attempts)());
        attempts.record(Some(()));
        assert!(reader.stop_check(&attempts)());
    }
}
