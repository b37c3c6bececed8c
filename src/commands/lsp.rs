//! `dogwatch lsp`: runs the language server over standard input and output.

use std::io::{self, BufReader};
use std::sync::Arc;

use ::lint::files::Disk;
use anyhow::Context as _;

use super::{Status, cwd, today};

pub(super) fn run() -> anyhow::Result<Status> {
    let options = ::lsp::Options {
        files: Arc::new(Disk),
        cwd: cwd()?,
        today: || Some(today()),
    };
    let input = BufReader::with_capacity(1 << 16, io::stdin());
    let end = ::lsp::run(input, io::stdout(), &options).context("the server cannot start")?;
    Ok(match end {
        ::lsp::End::Exited => Status::Clean,
        ::lsp::End::NotShutDown | ::lsp::End::ClientGone => Status::Findings,
    })
}
