//! The `rusm` command.

use std::process::ExitCode;

use clap::Parser;
use rusm_cli::cli::Cli;
use rusm_cli::diagnostic::{Diagnostic, Report};
use rusm_cli::kv::Absent;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // A wrong command line ends in here, with exit code 2.
    let Err(error) = Cli::parse().run() else {
        return ExitCode::SUCCESS;
    };
    match error.downcast_ref::<Report>() {
        Some(report) => report.print(),
        None => Diagnostic::error(format!("{error:#}")).print(),
    }
    if error.is::<Absent>() { ExitCode::from(3) } else { ExitCode::FAILURE }
}
