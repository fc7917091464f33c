//! `rbac`: the rights that questions need, ready to apply.

use super::{Outcome, READS, reads};
use crate::cli::suggest::{either, nearest};
use crate::cli::{CommandError, ErrorKind, Session, complete, rights};
use crate::report::view::Format;
use crate::source::Reads;

/// Formats this command has: one, whether it is asked for or not.
pub(super) const FORMATS: &[Format] = &[Format::Yaml];

/// Print the Role or ClusterRole that a command needs
///
/// Above each object stands the line that gives it to somebody. Every question answers with less, too, and says what is
/// missing. Rules for kinds that a cluster does not have do no harm.
#[derive(Debug, clap::Args)]
#[command(before_help = "\
Examples:
  # Rights for all questions
  kubectl netstore rbac | kubectl apply -f -

  # For one of them, and one namespace
  kubectl netstore rbac who-can-reach -n shop | kubectl apply -f -")]
pub struct Args {
    /// Command, such as `matrix` or `dns verify`; none: all questions
    #[arg(value_name = "COMMAND", num_args = 0..=2, add = complete::commands(names))]
    command: Vec<String>,
    /// And what its --watch takes: the right to watch
    #[arg(long, requires = "command")]
    watch: bool,
}

/// Prints the rights.
///
/// # Errors
/// If there is no such command, or if nothing can be written.
pub fn run(session: &mut Session, args: &Args) -> Result<Outcome, CommandError> {
    let command = args.command.join(" ");
    let wanted = match command.as_str() {
        "" => READS.iter().map(|(_, reads)| reads()).fold(Reads::default(), Reads::and),
        command => reads(command).ok_or_else(|| unknown(command))?,
    };
    if args.watch && !WATCHED.contains(&command.as_str()) {
        let watched = WATCHED.map(|name| format!("`{name}`"));
        return Err(
            CommandError::new(ErrorKind::Usage, format!("`{command}` has no --watch")).hint(format!("these have: {}", watched.join(", ")))
        );
    }
    let wanted = if args.watch { wanted.watched() } else { wanted };
    let name = ["netstore", &command].join("-").replace(' ', "-");
    let text = rights::roles(name.trim_end_matches('-'), &wanted, session.named_namespace().as_deref());
    session.say(&text)?;
    Ok(Outcome::Answered)
}

/// Commands with `--watch`.
const WATCHED: [&str; 2] = ["who-can-reach", "pvc-why-pending"];

fn unknown(command: &str) -> CommandError {
    if ["probe gc", "probe rights"].contains(&command) {
        return CommandError::new(ErrorKind::Usage, format!("`{command}` is not only about reading"))
            .hint("what probing takes, and a Role with it: kubectl netstore probe rights -o yaml");
    }
    let error = CommandError::new(ErrorKind::Usage, format!("`{command}` reads nothing of a cluster"));
    let near: Vec<String> = nearest(command, READS.map(|(name, _)| name)).into_iter().map(|name| format!("`{name}`")).collect();
    if near.is_empty() { error } else { error.hint(format!("did you mean {}?", either(&near))) }
}

fn names() -> Vec<&'static str> {
    READS.iter().map(|(name, _)| *name).chain(["snapshot"]).collect()
}
