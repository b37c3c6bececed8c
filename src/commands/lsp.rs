//! `dogwatch lsp`: the language server, over standard input and output.

use std::io::{self, BufReader};
use std::panic;
use std::sync::Arc;

use ::lint::files::Disk;
use anyhow::Context as _;

use super::{Status, complain, cwd, today};

pub(super) fn run() -> anyhow::Result<Status> {
    // What a panic says may hold what is in a file; where it was is enough to find it.
    panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map_or_else(String::new, ToString::to_string);
        complain(&format!("the server failed at {place}"));
    }));
    let options = ::lsp::Options {
        files: Arc::new(Disk),
        cwd: cwd()?,
        today: || Some(today()),
    };
    let input = BufReader::with_capacity(1 << 16, io::stdin());
    let end = ::lsp::run(input, io::stdout(), &options).context("the server cannot start")?;
    Ok(match end {
        ::lsp::End::Asked => Status::Clean,
        ::lsp::End::NotShutDown | ::lsp::End::ClientGone => Status::Findings,
    })
}
