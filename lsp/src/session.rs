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
use crate::lint_result::LintResult;
use crate::outbox::Outbox;
use crate::revision::{Attempts, Revision};
use crate::settings::{Scope, Settings};
use crate::{Options, uri};

/// An event for the session.
pub(crate) enum Event {
    /// The work of a message.
    Work(Box<dyn FnOnce(&mut Session) + Send>),
    /// The client's answer to the server's request with that id; `None` for an error or a null result.
    Response(i64, Option<Value>),
    /// The last event.
    End(End),
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The client sent `shutdown` and `exit`.
    Exited,
    /// The client sent `exit` without `shutdown`.
    NotShutDown,
    /// The client is gone.
    ClientGone,
}

/// The maximum number of messages handled before linting, so that a client that never pauses sees some findings.
const MAX_MESSAGES_BEFORE_LINTING: usize = 512;

type ResponseHandler = Box<dyn FnOnce(&mut Session, Option<Value>) + Send>;

/// All state of the server.
pub(crate) struct Session {
    pub(crate) outbox: Outbox,
    pub(crate) client: Client,
    pub(crate) settings: Settings,
    pub(crate) documents: Documents,
    pub(crate) project: Project,
    /// The latest result for each open file, by path; files of one tree share it.
    pub(crate) results: FxHashMap<PathBuf, Arc<LintResult>>,
    /// Open files whose findings are out of date.
    pub(crate) stale: FxHashSet<PathBuf>,
    /// The diagnostics last sent, by URI.
    pub(crate) published: BTreeMap<String, Vec<lsp::Diagnostic>>,
    /// True if the findings in configuration and rule files that are not open must be sent again.
    pub(crate) config_errors_due: bool,
    /// The URIs of such files for which findings were sent.
    pub(crate) files_with_config_errors: FxHashSet<String>,
    /// The errors in settings that were already shown.
    pub(crate) setting_errors: BTreeSet<String>,
    /// Additional filenames that the client was asked to watch.
    pub(crate) watched: BTreeSet<String>,
    /// Trees still to be linted for findings in files that are not open.
    pub(crate) background: Background,
    pub(crate) revision: Revision,
    pub(crate) lint_attempts: Attempts,
    pub(crate) cache_attempts: Attempts,
    pub(crate) background_attempts: Attempts,
    sender: Sender<Event>,
    pub(crate) disk: Arc<dyn Files>,
    cwd: PathBuf,
    clock: fn() -> Option<String>,
    pending_requests: FxHashMap<i64, ResponseHandler>,
    last_request_id: i64,
}

/// The progress of linting trees that have no open file, one at a time.
#[derive(Debug, Default)]
pub(crate) struct Background {
    /// One file for each remaining tree; the next one is last.
    pub(crate) remaining: Vec<PathBuf>,
    pub(crate) total: usize,
    /// The client's progress token.
    pub(crate) token: Option<String>,
    /// The URIs for which findings were sent in this round.
    pub(crate) published: FxHashSet<String>,
}

impl Session {
    pub(crate) fn new(
        sender: Sender<Event>,
        revision: Revision,
        outbox: Outbox,
        options: &Options,
    ) -> Self {
        let mut session = Self {
            sender,
            revision,
            lint_attempts: Attempts::default(),
            cache_attempts: Attempts::default(),
            background_attempts: Attempts::default(),
            outbox,
            client: Client::default(),
            settings: Settings::default(),
            documents: Documents::default(),
            project: Project::new(
                lint::project::Settings::default(),
                Arc::clone(&options.files),
            ),
            results: FxHashMap::default(),
            stale: FxHashSet::default(),
            published: BTreeMap::new(),
            config_errors_due: false,
            files_with_config_errors: FxHashSet::default(),
            setting_errors: BTreeSet::new(),
            watched: BTreeSet::new(),
            background: Background::default(),
            disk: Arc::clone(&options.files),
            cwd: options.cwd.clone(),
            clock: options.today,
            pending_requests: FxHashMap::default(),
            last_request_id: 0,
        };
        session.new_project();
        session
    }

    /// Handles events, and work that is due in between, until the end.
    pub(crate) fn run(&mut self, events: &Receiver<Event>) -> End {
        let mut handled = 0;
        loop {
            let event = if handled >= MAX_MESSAGES_BEFORE_LINTING {
                Err(TryRecvError::Empty)
            } else {
                events.try_recv()
            };
            let event = match event {
                Ok(event) => event,
                Err(TryRecvError::Disconnected) => return End::ClientGone,
                Err(TryRecvError::Empty) => {
                    handled = 0;
                    if self.run_next_task() {
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
                Event::Response(id, answer) => {
                    if let Some(on_response) = self.pending_requests.remove(&id) {
                        on_response(self, answer);
                    }
                }
                Event::End(end) => return end,
            }
        }
    }

    /// Applies the client's `initialize` parameters.
    pub(crate) fn set_client(&mut self, client: Client) {
        self.client = client;
        let options = self.client.options.clone();
        self.apply_settings(&options, true);
        self.new_project();
    }

    /// Applies settings. Each error in them is shown once.
    pub(crate) fn apply_settings(&mut self, given: &Value, strict: bool) {
        for error in self.settings.apply(given, strict) {
            if !self.setting_errors.contains(&error) {
                self.show(lsp::MessageType::WARNING, &error);
                self.setting_errors.insert(error);
            }
        }
    }

    /// Sends the client a request; `on_response` receives the result.
    pub(crate) fn send_request(
        &mut self,
        method: &str,
        params: Value,
        on_response: impl FnOnce(&mut Self, Option<Value>) + Send + 'static,
    ) {
        self.last_request_id += 1;
        self.pending_requests
            .insert(self.last_request_id, Box::new(on_response));
        self.outbox.request(self.last_request_id, method, params);
    }

    /// A sender for events of the session, such as that the client is gone.
    pub(crate) fn event_sender(&self) -> Sender<Event> {
        self.sender.clone()
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
        for document in self.documents.by_recency() {
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
            omit_texts: true,
            ..lint::project::Settings::default()
        };
        self.project = self.project_with(settings);
        self.mark_all_stale();
    }

    /// Creates a project that sees the open texts.
    pub(crate) fn project_with(&self, settings: lint::project::Settings) -> Project {
        let mut project = Project::new(settings, Arc::clone(&self.disk));
        for document in self.documents.by_recency() {
            if let Some(path) = document.path.as_ref().filter(|_| document.tracked) {
                let (path, text) = (path.clone(), Arc::clone(&document.text));
                project.apply(Change::Text { path, text });
            }
        }
        project
    }

    /// Creates a new project, and returns true, if the current one does not cover the file or dates from another day.
    pub(crate) fn renew_project_for(&mut self, path: &Path) -> bool {
        let settings = self.project.settings();
        let covered = settings.paths.iter().any(|it| path.starts_with(it));
        let same_day = settings.today == (self.clock)();
        if covered && same_day {
            return false;
        }
        self.new_project();
        true
    }

    /// Passes a change to the project and marks what must be linted again.
    pub(crate) fn apply(&mut self, change: Change) {
        let changed_text = match &change {
            Change::Text { path, .. } => Some(path.clone()),
            Change::Closed { .. } | Change::Disk { .. } | Change::Everything => None,
        };
        let everything = self.project.apply(change);
        match changed_text.filter(|_| !everything) {
            Some(path) => self.mark_stale(&path),
            None => self.mark_all_stale(),
        }
        self.restart_background();
    }

    /// Marks the file as stale, and every open file whose findings depend on it.
    fn mark_stale(&mut self, path: &Path) {
        if !self.results.contains_key(path) {
            self.mark_all_stale();
            return;
        }
        for document in self.documents.by_recency() {
            let Some(own) = &document.path else { continue };
            let touched = own == path
                || self
                    .results
                    .get(own)
                    .is_none_or(|result| result.depends_on(path));
            if touched {
                self.stale.insert(own.clone());
            }
        }
    }

    pub(crate) fn mark_all_stale(&mut self) {
        let open = self.documents.by_recency();
        self.stale
            .extend(open.into_iter().filter_map(|it| it.path.clone()));
        self.config_errors_due = true;
        self.restart_background();
    }

    /// Restarts linting in the background.
    fn restart_background(&mut self) {
        if self.settings.scope == Scope::Workspace {
            self.background.total = 0;
        }
    }

    /// All trees that contain a file.
    pub(crate) fn trees_containing(&self, path: &Path) -> Vec<Arc<lint::tree::Tree>> {
        self.project
            .trees_containing(path)
            .map(|(_, tree)| tree)
            .collect()
    }

    /// The URI of a path, spelled as the client spells it if the file is open.
    pub(crate) fn uri_of(&self, path: &Path) -> Option<lsp::Uri> {
        match self.documents.at(path) {
            Some(document) => Some(document.uri.clone()),
            None => uri::uri_of(path),
        }
    }
}
