//! The language server: the findings of `dogwatch lint` while a text is typed, and rule files that are pleasant to write.
//!
//! INVARIANT: computes nothing that a command could not. What there is to know comes from [`lint::project::Project`]; the features in
//! `features/` are functions of what it holds.
#![warn(missing_docs)]

mod actions;
mod backend;
mod commands;
mod completion;
mod convert;
mod documents;
mod door;
mod examples;
mod features;
mod framing;
mod initialize;
mod judged;
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

use door::{Door, give_answers};
use outbox::Outbox;
use revision::Revision;
use session::Session;

/// What a server is started with.
#[derive(Clone)]
pub struct Options {
    /// The file system.
    pub files: Arc<dyn Files>,
    /// The folder that paths are shown relative to where the client names none. Absolute.
    pub cwd: PathBuf,
    /// The day, as `YYYY-MM-DD`: a server lives longer than a day.
    pub today: fn() -> Option<String>,
}

/// Serves one client until it says `exit` or is gone. Returns why it ended; a process ends with status 0 after [`End::Asked`] and with
/// 1 otherwise, as the protocol asks.
///
/// # Errors
/// If the system gives no thread.
pub fn run(
    input: impl BufRead + Send + 'static,
    output: impl Write + Send + 'static,
    options: &Options,
) -> std::io::Result<End> {
    let outbox = Outbox::default();
    let (to_session, events) = channel();
    let revision = Revision::default();
    let (door, answers) = Door::new(to_session.clone(), revision.clone(), outbox.clone());
    // Threads that wait for the client: they end with the process, or when their stream ends.
    let writing = outbox.clone();
    thread::Builder::new()
        .name("writer".to_owned())
        .spawn(move || writing.write_to(output))?;
    let answering = outbox.clone();
    thread::Builder::new()
        .name("answers".to_owned())
        .spawn(move || give_answers(answers, &answering))?;
    thread::Builder::new()
        .name("reader".to_owned())
        .spawn(move || door.read(input))?;
    let mut session = Session::new(to_session, revision, outbox.clone(), options);
    let end = session.run(&events);
    outbox.close();
    Ok(end)
}
