//! `probe gc`: removes pods that probes could not remove themselves.

use crate::cli::{CommandError, ErrorKind, Session};
use crate::commands::Outcome;
use crate::probe::act::{Dry, Fate, Leftover, Sweep};
use crate::report::view::Format;

/// Remove what probes have left behind
///
/// A probe removes its pod also when it is interrupted. One that was killed, or had lost its way to the cluster, could not: its pod ends
/// by itself, and is removed by the next probe in its namespace, or by this. Pods are known by the label
/// app.kubernetes.io/managed-by=kubectl-netstore and the annotation netstore.dev/expires-at. Ephemeral containers end by themselves,
/// but nobody can remove them from their pod.
#[derive(Debug, clap::Args)]
#[command(before_help = "\
Examples:
  # Is anything left in this namespace?
  kubectl netstore probe gc -n shop --dry-run=client

  # Remove what no probe uses any more, everywhere
  kubectl netstore probe gc -A

  # Also what may belong to a probe that is running now
  kubectl netstore probe gc -n shop --running")]
pub(super) struct Args {
    /// Also remove pods whose time is not over
    #[arg(long)]
    running: bool,
    /// Only say what would be removed: \"client\" asks the server for a list only, \"server\" also whether it would remove it
    #[arg(long, value_name = "WHERE", default_value = "none", value_parser = ["none", "client", "server"], hide_possible_values = true)]
    dry_run: String,
}

/// Removes them.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<Outcome, CommandError> {
    session.format(&[Format::Table])?;
    let (dry, suffix) = match args.dry_run.as_str() {
        "client" => (Dry::Client, " (dry run)"),
        "server" => (Dry::Server, " (server dry run)"),
        _ => (Dry::No, ""),
    };
    let sweep = if args.running { Sweep::All } else { Sweep::Expired };
    let scope = session.scope()?;
    let leftovers = session.collect_garbage(scope.as_deref(), sweep, dry)?;
    let mut refused = None;
    for Leftover { namespace, name, expires_at, fate } in &leftovers {
        let pod = if scope.is_some() { format!("pod/{name}") } else { format!("pod/{name} in namespace {namespace}") };
        match fate {
            Fate::Removed => session.tell(&format!("{pod} deleted{suffix}\n"))?,
            Fate::Kept => session.tell(&format!("{pod} kept: a probe may use it until {expires_at}\n"))?,
            Fate::Refused(why) => refused = Some(format!("{pod} could not be deleted: {why}")),
        }
    }
    match (refused, scope) {
        (Some(why), _) => Err(CommandError::new(ErrorKind::Failed, why)),
        (None, Some(namespace)) if leftovers.is_empty() => session.note(&format!("No resources found in {namespace} namespace.")),
        (None, None) if leftovers.is_empty() => session.note("No resources found"),
        _ => Ok(()),
    }?;
    Ok(Outcome::Answered)
}
