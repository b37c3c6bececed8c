//! What is said where the program itself fails.
//!
//! INVARIANT: never the words of a panic: they may quote what is in a file, and that may be a secret. Where it was is enough to find it.

use std::panic::{self, PanicHookInfo};

/// From here on a panic says, in this process and in each of its threads, where it was and that this is to be reported.
pub(crate) fn say_where(say: impl Fn(&str) + Send + Sync + 'static) {
    panic::set_hook(Box::new(move |info| say(&words(info))));
}

fn words(info: &PanicHookInfo<'_>) -> String {
    let place = info.location();
    let place = place.map_or_else(String::new, |place| format!(" at {place}"));
    format!("failed{place}; this is a fault of dogwatch, please report it with this line")
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn a_panic_says_where_it_was_and_nothing_of_its_words() {
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
