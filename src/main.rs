//! The `dogwatch` command: arguments in, a command run, an exit status out.

mod args;
mod commands;
mod failure;
mod output;

use std::process::ExitCode;

use clap::Parser as _;

use args::Args;
use commands::Status;

/// Trees of values and rules are many small pieces; the system's allocator takes half as long again for a short run.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    failure::say_where(commands::complain);
    // A reader that goes away, as `head` does, ends the output and is no mistake.
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let error = args::advised(error);
            let _ = error.print();
            let code = if error.use_stderr() {
                Status::Usage
            } else {
                Status::Clean
            };
            return code.into();
        }
    };
    match commands::run(args) {
        Ok(status) => status.into(),
        Err(error) if commands::is_broken_pipe(&error) => Status::Clean.into(),
        Err(error) => {
            commands::complain(&format!("{error:#}"));
            Status::Usage.into()
        }
    }
}
