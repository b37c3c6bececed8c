//! Progress bar of a run.

use std::io::{self, IsTerminal as _};

use ::lint::project::Progress;

use super::env;
use crate::output::Style;

/// Shows progress on a terminal once a run takes longer than a second.
pub(super) struct Bar {
    bar: Option<indicatif::ProgressBar>,
    start: std::time::Instant,
}

impl Bar {
    pub(super) fn new() -> Self {
        let wanted = Style::shows_progress(io::stderr().is_terminal(), &env);
        let bar = wanted.then(|| {
            let bar = indicatif::ProgressBar::hidden();
            let style =
                indicatif::ProgressStyle::with_template("{bar:30} {pos}/{len} trees  {msg}");
            if let Ok(style) = style {
                bar.set_style(style);
            }
            bar
        });
        Self {
            bar,
            start: std::time::Instant::now(),
        }
    }

    pub(super) fn show(&self, now: Progress) {
        let Some(bar) = &self.bar else { return };
        if self.start.elapsed().as_secs() < 1 {
            return;
        }
        if bar.is_hidden() {
            bar.set_draw_target(indicatif::ProgressDrawTarget::stderr_with_hz(10));
        }
        bar.set_length(now.trees as u64);
        bar.set_position(now.done as u64);
        bar.set_message(format!("{} files, {} findings", now.files, now.findings));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
