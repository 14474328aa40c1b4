//! The one binary: parses, calls a command, and turns what it returns into an exit code.
//!
//! This room alone touches arguments, environment, stdin, stdout, stderr and exit codes. It speaks no HTTP, no SQL and
//! draws nothing: those have rooms of their own.

#![allow(
    rustdoc::bare_urls,
    reason = "the doc comments of commands are their help, in which an address stands as it is typed"
)]

mod child;
mod cli;
mod commands;
mod complete;
mod context;
mod exit;
mod global;
mod help;
mod interrupt;
mod logging;
mod output;
mod paths;
mod prompt;
mod secrets;
mod settings;
mod signals;
mod signed_out;
mod site_args;
mod source;
mod steps;
mod store;
mod style;
mod talk;
mod trust;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, error::ErrorKind};

use crate::{
    cli::Cli,
    context::Context,
    exit::Failure,
    style::{ColorChoice, Style},
};

fn main() -> ExitCode {
    if complete::answer(cli::completing) {
        return exit::Code::OK.into();
    }
    let matches = match cli::command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) if error.kind() == ErrorKind::DisplayHelp => {
            let error = cli::explained().try_get_matches().err().unwrap_or(error);
            return help::answer(&error);
        }
        Err(error) => return help::answer(&error),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return help::answer(&error.format(&mut Cli::command())),
    };
    let (verbose, color) = (cli.global.verbose, cli.global.color);
    let with_settings = cli.command.wants_settings();
    let done = Context::new(cli.global, matches, with_settings)
        .and_then(|context| commands::run(&context, cli.command, cli::command()));
    match done {
        Ok(code) => code.into(),
        Err(failure) => report(&failure, verbose, color),
    }
}

/// Says what failed, why, and what to do next, on stderr.
fn report(failure: &Failure, verbose: bool, color: Option<ColorChoice>) -> ExitCode {
    if !failure.is_silent() {
        let name = Style::BoldRed.paint("sessctl:", style::on_stderr(color));
        output::say!("{name} {}", failure.message(verbose));
        if let Some(hint) = failure.next_step() {
            output::say!("{hint}");
        }
    }
    failure.code().into()
}
