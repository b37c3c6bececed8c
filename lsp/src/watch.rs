//! Watches the client's process: the fallback for clients that exit without closing the server's input.

use std::path::Path;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use crate::session::{End, Event};

const POLL_INTERVAL: Duration = Duration::from_secs(10);

/// Ends the session once the process is gone. Does nothing where `/proc` does not show the process: on systems other than Linux, and for a
/// client in another container, whose process id means nothing here.
pub(crate) fn watch_process(process: u32, session: Sender<Event>) {
    let folder = format!("/proc/{process}");
    if process == 0 || !Path::new(&folder).exists() {
        return;
    }
    let watching = move || {
        while Path::new(&folder).exists() {
            thread::sleep(POLL_INTERVAL);
        }
        let _ = session.send(Event::End(End::ClientGone));
    };
    // If no thread can be spawned, the end of the input still ends the session.
    let _ = thread::Builder::new()
        .name("client".to_owned())
        .spawn(watching);
}
