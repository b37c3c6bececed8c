//! `dogwatch completions SHELL` and `dogwatch man`: generated from the argument declarations.

use std::io;

use clap::CommandFactory as _;

use super::Status;
use crate::args::{Args, Completions};

pub(super) fn shell(args: &Completions) -> anyhow::Result<Status> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "dogwatch", &mut text);
    io::Write::write_all(&mut io::stdout().lock(), &text)?;
    Ok(Status::Clean)
}

/// A single page that covers every command.
pub(super) fn man() -> anyhow::Result<Status> {
    let mut out = io::stdout().lock();
    let mut command = Args::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut out)?;
    for sub in command
        .get_subcommands()
        .filter(|it| it.get_name() != "help")
    {
        clap_mangen::Man::new(sub.clone()).render(&mut out)?;
    }
    Ok(Status::Clean)
}
