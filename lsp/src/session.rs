//! The session: everything the server knows, owned by one thread that does one thing after the other.
//!
//! Messages come as work in the order in which the client sent them. Findings are made when no message waits: that, and no timer, is
//! what joins edits that come fast. What is being judged is one tree at a time, so a message never waits longer than for one tree;
//! judging a whole tree is broken off when the client says something that puts it out of date, and what was found for a text that has
//! changed since is found again.

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

/// What comes to the session.
pub(crate) enum Event {
    /// Something to do.
    Work(Box<dyn FnOnce(&mut Session) + Send>),
    /// The client's answer to a question of that number; `None` for an error or nothing.
    Answer(i64, Option<Value>),
    /// Nothing more will come.
    End(End),
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The client said `shutdown` and `exit`.
    Asked,
    /// The client said `exit` without `shutdown`.
    NotShutDown,
    /// The client is gone.
    ClientGone,
}

/// So many messages are handled at most before findings are made, so that a client that never pauses sees some.
const PATIENCE: usize = 512;

type WhenAnswered = Box<dyn FnOnce(&mut Session, Option<Value>) + Send>;

/// Everything the server knows.
pub(crate) struct Session {
    pub(crate) outbox: Outbox,
    pub(crate) client: Client,
    pub(crate) settings: Settings,
    pub(crate) documents: Documents,
    pub(crate) project: Project,
    /// What came of judging, by the path of the open file; shared by the files of a tree.
    pub(crate) judged: FxHashMap<PathBuf, Arc<Judged>>,
    /// Open files whose findings are not known for what is there now.
    pub(crate) stale: FxHashSet<PathBuf>,
    /// What was told, by address.
    pub(crate) told: BTreeMap<String, Vec<lsp::Diagnostic>>,
    /// What is said of configurations and rules that are not open is to be told again.
    pub(crate) statements_due: bool,
    /// Addresses of such files for which something was told.
    pub(crate) statements: FxHashSet<String>,
    /// What was said to be wrong with settings.
    pub(crate) complaints: BTreeSet<String>,
    /// Names that the client was asked to watch besides the usual ones.
    pub(crate) watched: BTreeSet<String>,
    /// Trees still to be judged for findings in files that are not open.
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

/// Judging what is not open, a tree at a time.
#[derive(Debug, Default)]
pub(crate) struct Background {
    /// Files that stand for the trees that are left, the next one last.
    pub(crate) left: Vec<PathBuf>,
    pub(crate) all: usize,
    /// The name under which the client shows how far it has come.
    pub(crate) token: Option<String>,
    /// Addresses for which something was told in this round.
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

    /// Does what comes, and in between what is due, until the end.
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

    /// Takes over what the client said at the start.
    pub(crate) fn begin(&mut self, client: Client) {
        self.client = client;
        let options = self.client.options.clone();
        self.hear_settings(&options, true);
        self.new_project();
    }

    /// Takes over settings. What is wrong with them is said once.
    pub(crate) fn hear_settings(&mut self, said: &Value, own: bool) {
        for wrong in self.settings.take(said, own) {
            if !self.complaints.contains(&wrong) {
                self.show(lsp::MessageType::WARNING, &wrong);
                self.complaints.insert(wrong);
            }
        }
    }

    /// Asks the client something.
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

    /// Where to say that the client is gone.
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

    /// Shows people a message.
    pub(crate) fn show(&self, kind: lsp::MessageType, message: &str) {
        self.outbox.notify(
            "window/showMessage",
            json!({"type": kind, "message": message}),
        );
    }

    /// Writes that something failed; not what it said, which may hold what is in a file.
    pub(crate) fn log_panic(&self, what: &str) {
        self.log(&format!(
            "`{what}` failed inside the server; this is a fault of dogwatch, please report it"
        ));
    }

    /// A project over the folders of the workspace, and without any over the folders of the open files.
    pub(crate) fn new_project(&mut self) {
        let mut paths = self.client.folders.clone();
        for document in self.documents.by_use() {
            let Some(path) = &document.path else { continue };
            // A file beyond the folders is judged in the tree that it is in.
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

    /// A project that sees what is open.
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

    /// Makes a new project where the old one does not see the file, or belongs to another day.
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

    /// Tells the project, and finds out what is to be judged again.
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

    /// The file, and every open file whose findings were made with it.
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

    /// Everything is to be judged in the background, from the start.
    fn background_due(&mut self) {
        if self.settings.scope == Scope::Workspace {
            self.background.all = 0;
        }
    }

    /// Every tree that a file is in.
    pub(crate) fn trees_at(&self, path: &Path) -> Vec<Arc<lint::tree::Tree>> {
        self.project.trees_at(path).map(|(_, tree)| tree).collect()
    }

    /// The address of a path: as the client writes it, if it has it open.
    pub(crate) fn uri_of(&self, path: &Path) -> Option<lsp::Uri> {
        match self.documents.at(path) {
            Some(document) => Some(document.uri.clone()),
            None => uri::uri_of(path),
        }
    }
}
