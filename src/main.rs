//! The `dogwatch` command: parses the arguments, runs a command and returns its exit status.

mod args;
mod commands;
mod failure;
mod output;

use std::process::ExitCode;

use clap::Parser as _;

use args::Args;
use commands::Status;

/// Trees of values and rules consist of many small allocations; with the system allocator a short run takes 50 % longer.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    failure::install_panic_hook(commands::print_to_stderr);
    // A closed pipe, as with `head`, ends the output and is not an error.
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let error = args::improve_tip(error);
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
            commands::print_to_stderr(&format!("{error:#}"));
            Status::Usage.into()
        }
    }
}
