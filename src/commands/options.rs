//! `options`: the flags every command takes, which their own help keeps short.

use super::Outcome;
use crate::cli::{CommandError, Session, help};

/// Print the flags every command takes
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Prints the flags.
///
/// # Errors
/// If they cannot be written.
pub fn run(session: &mut Session, _: &Args) -> Result<Outcome, CommandError> {
    session.say(&format!("These flags can be passed to any command, before or after its name.\n\n{}\n", help::globals().trim_end()))?;
    Ok(Outcome::Answered)
}
