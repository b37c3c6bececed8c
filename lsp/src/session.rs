//! The session: all state of the server, owned by one thread that handles one thing at a time.
//!
//! Messages arrive as work, in the order in which the client sent them. Linting runs when no message is waiting; this, not a timer,
//! coalesces rapid edits. It proceeds one tree at a time, so a message never waits longer than one tree takes. Linting a whole tree is
//! interrupted by a message that puts it out of date, and findings for a text that has changed since are computed again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError};

use lint::files::Files;
use lint::project::{Change, Project};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Value, json};
use tower_lsp_server::ls_types as lsp;

use crate::documents::Documents;
use crate::initialize::Client;
use crate::judged::Judged;
use crate::outbox::Outbox;
use crate::revision::{Attempts, Revision};
use crate::settings::{Scope, Settings};
use crate::{Options, uri};

/// An event for the session.
pub(crate) enum Event {
    /// The work of a message.
    Work(Box<dyn FnOnce(&mut Session) + Send>),
    /// The client's answer to the server's request with that id; `None` for an error or a null result.
    Answer(i64, Option<Value>),
    /// The last event.
    End(End),
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The client sent `shutdown` and `exit`.
    Asked,
    /// The client sent `exit` without `shutdown`.
    NotShutDown,
    /// The client is gone.
    ClientGone,
}

/// The maximum number of messages handled before linting, so that a client that never pauses sees some findings.
const PATIENCE: usize = 512;

type WhenAnswered = Box<dyn FnOnce(&mut Session, Option<Value>) + Send>;

/// All state of the server.
pub(crate) struct Session {
    pub(crate) outbox: Outbox,
    pub(crate) client: Client,
    pub(crate) settings: Settings,
    pub(crate) documents: Documents,
    pub(crate) project: Project,
    /// The latest result for each open file, by path; files of one tree share it.
    pub(crate) judged: FxHashMap<PathBuf, Arc<Judged>>,
    /// Open files whose findings are out of date.
    pub(crate) stale: FxHashSet<PathBuf>,
    /// The diagnostics last sent, by URI.
    pub(crate) told: BTreeMap<String, Vec<lsp::Diagnostic>>,
    /// True if the findings in configuration and rule files that are not open must be sent again.
    pub(crate) statements_due: bool,
    /// The URIs of such files for which findings were sent.
    pub(crate) statements: FxHashSet<String>,
    /// The complaints about settings that were already shown.
    pub(crate) complaints: BTreeSet<String>,
    /// Additional filenames that the client was asked to watch.
    pub(crate) watched: BTreeSet<String>,
    /// Trees still to be linted for findings in files that are not open.
    pub(crate) background: Background,
    pub(crate) revision: Revision,
    pub(crate) judging: Attempts,
    pub(crate) remembering: Attempts,
    pub(crate) in_background: Attempts,
    own: Sender<Event>,
    disk: Arc<dyn Files>,
    cwd: PathBuf,
    clock: fn() -> Option<String>,
    questions: FxHashMap<i64, WhenAnswered>,
    asked: i64,
}

/// The progress of linting trees that have no open file, one at a time.
#[derive(Debug, Default)]
pub(crate) struct Background {
    /// One file for each remaining tree; the next one is last.
    pub(crate) left: Vec<PathBuf>,
    pub(crate) all: usize,
    /// The client's progress token.
    pub(crate) token: Option<String>,
    /// The URIs for which findings were sent in this round.
    pub(crate) seen: FxHashSet<String>,
}

impl Session {
    pub(crate) fn new(
        own: Sender<Event>,
        revision: Revision,
        outbox: Outbox,
        options: &Options,
    ) -> Self {
        let mut session = Self {
            own,
            revision,
            judging: Attempts::default(),
            remembering: Attempts::default(),
            in_background: Attempts::default(),
            outbox,
            client: Client::default(),
            settings: Settings::default(),
            documents: Documents::default(),
            project: Project::new(
                lint::project::Settings::default(),
                Arc::clone(&options.files),
            ),
            judged: FxHashMap::default(),
            stale: FxHashSet::default(),
            told: BTreeMap::new(),
            statements_due: false,
            statements: FxHashSet::default(),
            complaints: BTreeSet::new(),
            watched: BTreeSet::new(),
            background: Background::default(),
            disk: Arc::clone(&options.files),
            cwd: options.cwd.clone(),
            clock: options.today,
            questions: FxHashMap::default(),
            asked: 0,
        };
        session.new_project();
        session
    }

    /// Handles events, and work that is due in between, until the end.
    pub(crate) fn run(&mut self, events: &Receiver<Event>) -> End {
        let mut handled = 0;
        loop {
            let event = if handled >= PATIENCE {
                Err(TryRecvError::Empty)
            } else {
                events.try_recv()
            };
            let event = match event {
                Ok(event) => event,
                Err(TryRecvError::Disconnected) => return End::ClientGone,
                Err(TryRecvError::Empty) => {
                    handled = 0;
                    if self.one_due() {
                        continue;
                    }
                    match events.recv() {
                        Ok(event) => event,
                        Err(_) => return End::ClientGone,
                    }
                }
            };
            handled += 1;
            match event {
                Event::Work(work) => work(self),
                Event::Answer(id, answer) => {
                    if let Some(then) = self.questions.remove(&id) {
                        then(self, answer);
                    }
                }
                Event::End(end) => return end,
            }
        }
    }

    /// Applies the client's `initialize` parameters.
    pub(crate) fn begin(&mut self, client: Client) {
        self.client = client;
        let options = self.client.options.clone();
        self.hear_settings(&options, true);
        self.new_project();
    }

    /// Applies settings. Each mistake in them is shown once.
    pub(crate) fn hear_settings(&mut self, said: &Value, own: bool) {
        for wrong in self.settings.take(said, own) {
            if !self.complaints.contains(&wrong) {
                self.show(lsp::MessageType::WARNING, &wrong);
                self.complaints.insert(wrong);
            }
        }
    }

    /// Sends the client a request; `then` receives the result.
    pub(crate) fn ask(
        &mut self,
        method: &str,
        params: Value,
        then: impl FnOnce(&mut Self, Option<Value>) + Send + 'static,
    ) {
        self.asked += 1;
        self.questions.insert(self.asked, Box::new(then));
        self.outbox.ask(self.asked, method, params);
    }

    /// The sender to use when the client is gone.
    pub(crate) fn end_when_gone(&self) -> Sender<Event> {
        self.own.clone()
    }

    /// Writes into the client's log.
    pub(crate) fn log(&self, message: &str) {
        let kind = lsp::MessageType::LOG;
        self.outbox.notify(
            "window/logMessage",
            json!({"type": kind, "message": message}),
        );
    }

    /// Shows the user a message.
    pub(crate) fn show(&self, kind: lsp::MessageType, message: &str) {
        self.outbox.notify(
            "window/showMessage",
            json!({"type": kind, "message": message}),
        );
    }

    /// Logs that something failed. The panic's message is left out: it may quote the contents of a file.
    pub(crate) fn log_panic(&self, what: &str) {
        self.log(&format!(
            "`{what}` failed inside the server; this is a bug in dogwatch, please report it"
        ));
    }

    /// Creates a project over the workspace folders and the open files outside them.
    pub(crate) fn new_project(&mut self) {
        let mut paths = self.client.folders.clone();
        for document in self.documents.by_use() {
            let Some(path) = &document.path else { continue };
            // A file outside the folders is linted in the tree that contains it.
            if !paths.iter().any(|folder| path.starts_with(folder)) {
                paths.push(path.clone());
            }
        }
        paths.sort_unstable();
        let cwd = self.client.folders.first().unwrap_or(&self.cwd).clone();
        let settings = lint::project::Settings {
            cwd,
            paths,
            today: (self.clock)(),
            facts: true,
            own_texts: true,
            ..lint::project::Settings::default()
        };
        self.project = self.project_with(settings);
        self.all_stale();
    }

    /// Creates a project that sees the open texts.
    pub(crate) fn project_with(&self, settings: lint::project::Settings) -> Project {
        let mut project = Project::new(settings, Arc::clone(&self.disk));
        for document in self.documents.by_use() {
            if let Some(path) = document.path.as_ref().filter(|_| document.followed) {
                let (path, text) = (path.clone(), Arc::clone(&document.text));
                project.apply(Change::Text { path, text });
            }
        }
        project
    }

    /// Creates a new project, and returns true, if the current one does not cover the file or dates from another day.
    pub(crate) fn follow(&mut self, path: &Path) -> bool {
        let settings = self.project.settings();
        let seen = settings.paths.iter().any(|it| path.starts_with(it));
        let same_day = settings.today == (self.clock)();
        if seen && same_day {
            return false;
        }
        self.new_project();
        true
    }

    /// Passes a change to the project and marks what must be linted again.
    pub(crate) fn apply(&mut self, change: Change) {
        let typed = match &change {
            Change::Text { path, .. } => Some(path.clone()),
            Change::Closed { .. } | Change::Disk { .. } | Change::Everything => None,
        };
        let everything = self.project.apply(change);
        match typed.filter(|_| !everything) {
            Some(path) => self.stale_with(&path),
            None => self.all_stale(),
        }
        self.background_due();
    }

    /// Marks the file as stale, and every open file whose findings depend on it.
    fn stale_with(&mut self, path: &Path) {
        if !self.judged.contains_key(path) {
            self.all_stale();
            return;
        }
        for document in self.documents.by_use() {
            let Some(own) = &document.path else { continue };
            let touched = own == path
                || self
                    .judged
                    .get(own)
                    .is_none_or(|judged| judged.depends_on(path));
            if touched {
                self.stale.insert(own.clone());
            }
        }
    }

    pub(crate) fn all_stale(&mut self) {
        let open = self.documents.by_use();
        self.stale
            .extend(open.into_iter().filter_map(|it| it.path.clone()));
        self.statements_due = true;
        self.background_due();
    }

    /// Restarts linting in the background.
    fn background_due(&mut self) {
        if self.settings.scope == Scope::Workspace {
            self.background.all = 0;
        }
    }

    /// All trees that contain a file.
    pub(crate) fn trees_at(&self, path: &Path) -> Vec<Arc<lint::tree::Tree>> {
        self.project.trees_at(path).map(|(_, tree)| tree).collect()
    }

    /// The URI of a path, spelled as the client spells it if the file is open.
    pub(crate) fn uri_of(&self, path: &Path) -> Option<lsp::Uri> {
        match self.documents.at(path) {
            Some(document) => Some(document.uri.clone()),
            None => uri::uri_of(path),
        }
    }
}
