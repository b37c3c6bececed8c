//! The numbers of texts in a run.
//!
//! INVARIANT: three ranges. Rule texts count from 0 (per [`crate::rulebook::RuleBook`]), files from [`FIRST_FILE`] and
//! chart defaults from [`FIRST_DEFAULTS`] (both per process of a project), so that a parsed text can be kept while others change.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;
use source::SourceId;

/// The first number of a file.
pub const FIRST_FILE: u32 = 1 << 20;

/// The first number of a chart's defaults.
pub const FIRST_DEFAULTS: u32 = 1 << 31;

/// Gives each file a number that it keeps.
#[derive(Debug, Default)]
pub struct Numbers {
    known: Mutex<FxHashMap<PathBuf, u32>>,
}

impl Numbers {
    /// The number of a file, or of a text that is stated in one (`part` says which).
    pub fn of(&self, path: &Path, part: Option<usize>) -> SourceId {
        let key = match part {
            None => path.to_owned(),
            Some(part) => path.join(format!("#{part}")),
        };
        // A number that was given is given, whatever happened to who asked for it.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let next = FIRST_FILE + known.len() as u32;
        SourceId(*known.entry(key).or_insert(next))
    }
}
