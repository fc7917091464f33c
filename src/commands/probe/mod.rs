//! `probe`: what changes a cluster, and what it takes.

mod gc;
pub(super) mod rights;

use super::Outcome;
use crate::cli::{CommandError, Session};

/// Probes: what they take, and what they have left behind
#[derive(Debug, clap::Args)]
#[command(disable_help_subcommand = true, subcommand_value_name = "COMMAND", subcommand_help_heading = "Commands")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What is asked for.
#[derive(Debug, clap::Subcommand)]
enum Command {
    Gc(gc::Args),
    Rights(rights::Args),
}

/// Does it.
///
/// # Errors
/// If it cannot be done.
pub fn run(session: &mut Session, args: &Args) -> Result<Outcome, CommandError> {
    match &args.command {
        Command::Gc(args) => gc::run(session, args),
        Command::Rights(args) => rights::run(session, args),
    }
}
