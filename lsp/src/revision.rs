//! Counts the client's messages, to interrupt work that is out of date before it is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The maximum number of consecutive interruptions of one kind of work, so that someone who types without a pause still sees findings.
const PATIENCE: u32 = 3;

/// A kind of work that may be interrupted, with the number of consecutive interruptions.
#[derive(Debug, Default)]
pub(crate) struct Attempts(u32);

impl Attempts {
    /// Records the result of an attempt: `None` if it was interrupted.
    pub(crate) fn done<T>(&mut self, result: Option<T>) -> Option<T> {
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
    said: Arc<AtomicU64>,
    heard: u64,
}

impl Revision {
    /// Records that a message was queued.
    pub(crate) fn say(&self) {
        self.said.fetch_add(1, Ordering::Relaxed);
    }

    /// Records that the session has reached a queued message.
    pub(crate) fn hear(&mut self) {
        self.heard += 1;
    }

    /// Returns a function that tells running work whether it is out of date.
    pub(crate) fn stop(&self, attempts: &Attempts) -> impl Fn() -> bool + Sync + use<> {
        let (said, heard) = (Arc::clone(&self.said), self.heard);
        let patient = attempts.0 < PATIENCE;
        move || patient && said.load(Ordering::Relaxed) > heard
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

    fn types_on() -> Option<String> {
        let next = NEXT.lock().unwrap().take();
        if let Some((door, version)) = next {
            let change = json!({
                "textDocument": {"uri": URI, "version": version},
                "contentChanges": [{"text": text(version)}],
            });
            block_on(door.did_change(serde_json::from_value(change).unwrap()));
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
            today: types_on,
        };
        let (to, events) = channel();
        let revision = Revision::default();
        let door = Arc::new(Backend::new(to.clone(), revision.clone()));
        let session = Session::new(to, revision, Outbox::default(), &options);
        (door, session, events)
    }

    #[test]
    fn judging_is_broken_off_by_whoever_types_on() {
        let (door, mut session, events) = session();
        let open = json!({"textDocument": {
            "uri": URI, "languageId": "yaml", "version": 1, "text": text(1),
        }});
        block_on(door.did_open(serde_json::from_value(open).unwrap()));
        let mut told = Vec::new();
        for version in 2..9 {
            while let Ok(Event::Work(work)) = events.try_recv() {
                work(&mut session);
            }
            if version < 7 {
                *NEXT.lock().unwrap() = Some((Arc::clone(&door), version));
            }
            if !session.one_due() {
                break;
            }
            let lines = session.told.get(URI).into_iter().flatten();
            told.push(lines.map(|it| it.range.start.line).collect::<Vec<_>>());
        }
        // It is interrupted three times, then runs to the end despite new edits; it is interrupted once more before the edits stop. Finally
        // there is time to cache the results.
        assert_eq!(told, [&[][..], &[], &[], &[4], &[4], &[6], &[6]]);
    }

    #[test]
    fn judging_closed_files_gives_way_and_comes_back() {
        let (door, mut session, _events) = session();
        session.settings.scope = Scope::Workspace;
        session.client.folders = vec!["/w".into()];
        session.new_project();
        let mut told = Vec::new();
        for version in 1..6 {
            // The change stays in the queue.
            let change = json!({
                "textDocument": {"uri": URI, "version": version},
                "contentChanges": [{"text": text(version)}],
            });
            block_on(door.did_change(serde_json::from_value(change).unwrap()));
            session.one_due();
            told.push((
                session.told.contains_key(URI),
                session.background.left.len(),
            ));
        }
        // It is put off three times and then runs, despite new edits.
        let put_off = (false, 1);
        assert_eq!(told, [put_off, put_off, put_off, (true, 0), (true, 0)]);
    }

    #[test]
    fn work_is_broken_off_for_what_is_new_and_not_for_ever() {
        let door = Revision::default();
        let (mut session, mut attempts) = (door.clone(), Attempts::default());
        assert!(!session.stop(&attempts)());
        let stop = session.stop(&attempts);
        door.say();
        assert!(stop());
        session.hear();
        assert!(!session.stop(&attempts)());
        door.say();
        for _ in 0..PATIENCE {
            assert!(session.stop(&attempts)());
            attempts.done(None::<()>);
        }
        assert!(!session.stop(&attempts)());
        attempts.done(Some(()));
        assert!(session.stop(&attempts)());
    }
}
