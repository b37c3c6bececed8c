//! Reports crashes of the program itself.
//!
//! INVARIANT: the panic message is never printed: it may quote file contents, and those may be secret. The location is
//! enough to find the bug.

use std::panic::{self, PanicHookInfo};

/// Installs a panic hook that reports, for every thread of this process, where the panic occurred and asks to report it.
pub(crate) fn install_panic_hook(emit: impl Fn(&str) + Send + Sync + 'static) {
    panic::set_hook(Box::new(move |info| emit(&message(info))));
}

fn message(info: &PanicHookInfo<'_>) -> String {
    let place = info.location();
    let place = place.map_or_else(String::new, |place| format!(" at {place}"));
    format!(
        "internal error{place}; this is a bug in dogwatch, please report it and include this line"
    )
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn panic_reports_location_but_not_message() {
        let output = Arc::new(Mutex::new(String::new()));
        let sink = Arc::clone(&output);
        install_panic_hook(move |message| sink.lock().unwrap().push_str(message));
        let text = "smtpPassword: swordfish";
        let failed = panic::catch_unwind(|| text[..99].len());
        let _ = panic::take_hook();
        assert!(failed.is_err());
        let output = output.lock().unwrap();
        assert!(output.contains("src/failure.rs:"), "{output}");
        assert!(output.contains("please report it"), "{output}");
        assert!(!output.contains("swordfish"), "{output}");
    }
}
