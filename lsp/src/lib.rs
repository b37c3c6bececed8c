//! The language server: the findings of `dogwatch lint` as you type, and editing support for rule files.
//!
//! INVARIANT: it computes nothing that a command could not. All knowledge comes from [`lint::project::Project`]; the features in
//! `features/` are functions of its state.
#![warn(missing_docs)]

mod actions;
mod backend;
mod commands;
mod completion;
mod convert;
mod dispatcher;
mod documents;
mod examples;
mod features;
mod framing;
mod initialize;
mod lint_result;
mod navigation;
mod notifications;
mod outbox;
mod position;
mod publish;
mod requests;
mod revision;
mod session;
mod settings;
mod uri;
mod watch;

use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;

use lint::files::Files;

pub use session::End;

use dispatcher::{Dispatcher, send_responses};
use outbox::Outbox;
use revision::Revision;
use session::Session;

/// Everything the server needs from its host process.
#[derive(Clone)]
pub struct Options {
    /// The file system.
    pub files: Arc<dyn Files>,
    /// The folder that paths are shown relative to if the client names no workspace folder. Absolute.
    pub cwd: PathBuf,
    /// Returns today's date as `YYYY-MM-DD`. A function, because a server may run past midnight.
    pub today: fn() -> Option<String>,
}

/// Serves one client until it sends `exit` or disconnects, and returns why the session ended. As the protocol requires, the process should
/// exit with status 0 after [`End::Exited`] and with 1 otherwise.
///
/// # Errors
/// Fails if the system cannot spawn a thread.
pub fn run(
    input: impl BufRead + Send + 'static,
    output: impl Write + Send + 'static,
    options: &Options,
) -> std::io::Result<End> {
    let outbox = Outbox::default();
    let (to_session, events) = channel();
    let revision = Revision::default();
    let (dispatcher, responses) =
        Dispatcher::new(to_session.clone(), revision.clone(), outbox.clone());
    // These threads block on the client; they end when their stream ends, or with the process.
    let writing = outbox.clone();
    thread::Builder::new()
        .name("writer".to_owned())
        .spawn(move || writing.write_to(output))?;
    let responding = outbox.clone();
    thread::Builder::new()
        .name("answers".to_owned())
        .spawn(move || send_responses(responses, &responding))?;
    thread::Builder::new()
        .name("reader".to_owned())
        .spawn(move || dispatcher.read(input))?;
    let mut session = Session::new(to_session, revision, outbox.clone(), options);
    let end = session.run(&events);
    outbox.close();
    Ok(end)
}
