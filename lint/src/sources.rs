//! The ids of the texts in a run.
//!
//! INVARIANT: there are three ranges. Rule texts count from 0 (per [`crate::rulebook::RuleBook`]), files from [`FIRST_FILE`] and
//! chart defaults from [`FIRST_DEFAULTS`] (both per project), so that a parsed text stays valid while others change.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;
use source::SourceId;

/// The first id of a file.
pub const FIRST_FILE: u32 = 1 << 20;

/// The first id of a chart's defaults.
pub const FIRST_DEFAULTS: u32 = 1 << 31;

/// Assigns each file an id that it keeps.
#[derive(Debug, Default)]
pub struct Numbers {
    known: Mutex<FxHashMap<PathBuf, u32>>,
}

impl Numbers {
    /// The id of a file, or of a text stated in one (`part` says which).
    pub fn of(&self, path: &Path, part: Option<usize>) -> SourceId {
        let key = match part {
            None => path.to_owned(),
            Some(part) => path.join(format!("#{part}")),
        };
        // Ids already assigned stay valid even if a thread panicked, so poisoning is ignored.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let next = FIRST_FILE + known.len() as u32;
        SourceId(*known.entry(key).or_insert(next))
    }
}
