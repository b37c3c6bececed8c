//! Reports crashes of the program itself.
//!
//! INVARIANT: the panic message is never printed: it may quote file contents, and those may be secret. The location is
//! enough to find the bug.

use std::panic::{self, PanicHookInfo};

/// Installs a panic hook that reports, for every thread of this process, where the panic occurred and asks to report it.
pub(crate) fn say_where(say: impl Fn(&str) + Send + Sync + 'static) {
    panic::set_hook(Box::new(move |info| say(&words(info))));
}

fn words(info: &PanicHookInfo<'_>) -> String {
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
        let said = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&said);
        say_where(move |words| heard.lock().unwrap().push_str(words));
        let text = "smtpPassword: swordfish";
        let failed = panic::catch_unwind(|| text[..99].len());
        let _ = panic::take_hook();
        assert!(failed.is_err());
        let said = said.lock().unwrap();
        assert!(said.contains("src/failure.rs:"), "{said}");
        assert!(said.contains("please report it"), "{said}");
        assert!(!said.contains("swordfish"), "{said}");
    }
}
