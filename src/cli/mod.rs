//! kubectl's manners: flags, resource arguments, errors with hints, exit codes, completion.
//!
//! `argv` is parsed here ([`args`]), a [`Session`] finds out where objects come from and where the answer goes, and
//! [`crate::commands`] does the asking in between.

pub mod args;
pub mod budget;
mod bug;
pub mod complete;
mod confirm;
pub mod connection;
pub mod error;
pub mod exit;
pub mod help;
pub mod progress;
pub mod rights;
mod session;
pub mod suggest;
pub mod targets;
pub mod terminal;

use std::ffi::OsString;
use std::io::Write;

use clap::FromArgMatches;

use crate::commands;
use crate::report::view::Format;

pub use args::{Cli, Globals};
pub use confirm::confirm;
pub use error::{CommandError, ErrorKind};
pub use exit::ExitCode;
pub use session::{Kept, Session};

/// Runs the command line `argv` (the program's name first), writes to the process's streams, and says how to end.
pub fn run(argv: Vec<OsString>) -> ExitCode {
    bug::tell_panics(complete::is_asked(&argv));
    match complete::answer(&argv) {
        Ok(false) => {}
        answered => return ended(answered.map(|_| ExitCode::Success)),
    }
    let mut command = help::command(argv.first());
    let parsed = command.try_get_matches_from_mut(argv).and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, name(&matches))));
    match parsed {
        Ok((cli, name)) => ended(dispatch(cli, &name, &mut command)),
        Err(error) => {
            // Help and version come as «errors» that belong on stdout.
            let printed = error.print().and_then(|()| std::io::stdout().flush());
            if error.use_stderr() { ExitCode::Usage } else { ended(printed.map(|()| ExitCode::Success).map_err(CommandError::from)) }
        }
    }
}

/// The whole name of the command: `dns records`.
fn name(matches: &clap::ArgMatches) -> String {
    let below = std::iter::successors(matches.subcommand(), |(_, matches)| matches.subcommand());
    below.map(|(name, _)| name).collect::<Vec<_>>().join(" ")
}

fn dispatch(cli: Cli, name: &str, command: &mut clap::Command) -> Result<ExitCode, CommandError> {
    let Some(question) = cli.command else {
        // As `kubectl krew`: without a command there is help, and no error.
        command.print_help()?;
        std::io::stdout().flush()?;
        return Ok(ExitCode::Success);
    };
    let mut session = Session::new(cli.globals)?;
    session.hold_to(commands::reads(name));
    // A format that is asked for and not had must not pass for the one that is printed.
    if session.globals().output.output.is_some() {
        session.format(match commands::formats(name) {
            [] => &[Format::Table],
            formats => formats,
        })?;
    }
    question.run(&mut session).map(|outcome| outcome.exit_code())
}

/// Tells the user of an error and turns it into a code.
fn ended(result: Result<ExitCode, CommandError>) -> ExitCode {
    result.unwrap_or_else(|error| {
        if error.kind != ErrorKind::BrokenPipe {
            // Nobody is left to hear that telling them failed.
            drop(writeln!(std::io::stderr(), "{error}"));
        }
        error.exit_code()
    })
}
