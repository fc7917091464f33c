//! `probe`: whether it connects. The question is the command itself; what it takes and what it leaves behind hang below it.

mod connect;
mod forward;
mod gc;
mod look;
pub(super) mod rights;
mod way;
mod words;

use super::Outcome;
use crate::cli::{CommandError, ErrorKind, Session};
use crate::source::Reads;

/// Does it really connect, and is that what the policies say?
///
/// Checks run inside the network of the source: with what its container has (exec), else in a container that is added to its pod
/// (ephemeral), else in a pod that policies cannot tell from it (pod). Nothing is created without a question or --yes. The answer has layers, from
/// the name over the Service, its endpoints and sockets to the packet; the first failure is the headline.
#[derive(Debug, clap::Args)]
#[command(disable_help_subcommand = true, subcommand_value_name = "COMMAND", subcommand_help_heading = "Commands", before_help = connect::EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    connect: connect::ConnectArgs,
}

/// What else there is to do about probes.
#[derive(Debug, clap::Subcommand)]
enum Command {
    Gc(gc::Args),
    Rights(rights::Args),
}

/// What the question reads.
pub(super) fn reads() -> Reads {
    connect::reads()
}

/// Does it.
///
/// # Errors
/// If it cannot be done.
pub fn run(session: &mut Session, args: &Args) -> Result<Outcome, CommandError> {
    match &args.command {
        // Flags between the words make clap take the name for a command.
        Some(_) if !args.connect.is_empty() => {
            Err(CommandError::new(ErrorKind::Usage, "a command of probe takes the place of SOURCE and TARGET")
                .hint("for a pod called like a command say pod/NAME"))
        }
        Some(Command::Gc(args)) => gc::run(session, args),
        Some(Command::Rights(args)) => rights::run(session, args),
        None => connect::run(session, &args.connect),
    }
}
