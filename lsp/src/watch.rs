//! Watches the client's process: the second line behind the end of the input, which some clients never close.

use std::path::Path;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use crate::session::{End, Event};

const PAUSE: Duration = Duration::from_secs(10);

/// Ends the session when the process is gone. Does nothing where that cannot be seen: on other systems, and for a client in
/// another container, whose number means nothing here.
pub(crate) fn watch(process: u32, session: Sender<Event>) {
    let folder = format!("/proc/{process}");
    if process == 0 || !Path::new(&folder).exists() {
        return;
    }
    let watching = move || {
        while Path::new(&folder).exists() {
            thread::sleep(PAUSE);
        }
        let _ = session.send(Event::End(End::ClientGone));
    };
    // Without a thread to spare the end of the input still ends the session.
    let _ = thread::Builder::new()
        .name("client".to_owned())
        .spawn(watching);
}
