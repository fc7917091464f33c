//! `who-can-reach`: every source that may connect to a target, and because of which policies.

use super::{Outcome, reach};
use crate::cli::targets::Target;
use crate::cli::{CommandError, Kept, Session, complete, targets};
use crate::inventory::Inventory;
use crate::policy::question::PortQuery;
use crate::policy::{Model, questions};
use crate::report::{Answer, Question, Report};

/// Who may connect to a pod, and because of which policies
///
/// Sources are grouped by the workload that runs them; ranges of addresses outside the cluster and the target's own node
/// follow. Both sides count: the target's ingress and the source's egress. A Service is followed to the pods and ports
/// behind it.
#[derive(Debug, clap::Args)]
#[command(before_help = "\
Examples:
  # Who can talk to the pods behind a Service?
  kubectl netstore who-can-reach svc/payments -n shop

  # On one port, by number or by name
  kubectl netstore who-can-reach deploy/db --port 5432
  kubectl netstore who-can-reach sts db:postgres

  # And tell when it changes
  kubectl netstore who-can-reach svc/payments -n shop -w

  # What would these manifests do?
  kubectl netstore who-can-reach deploy/db -f manifests/")]
pub struct Args {
    /// Pod (NAME), TYPE/NAME, TYPE NAME, ns/NAME, svc/NAME[:PORT], address or CIDR; or none with --selector
    #[arg(value_name = "TARGET", num_args = 0..=2, add = complete::targets())]
    target: Vec<String>,
    /// Only this port of the target: 5432, 5432/UDP, 8000-8080 or a name
    #[arg(long, value_name = "PORT[/PROTOCOL]", value_parser = targets::parse_port)]
    port: Option<PortQuery>,
    /// Stay, and print what changes, until Ctrl-C
    #[arg(short, long)]
    watch: bool,
}

/// Answers the question.
///
/// # Errors
/// If it cannot be answered.
pub fn run(session: &mut Session, args: &Args) -> Result<Outcome, CommandError> {
    session.format(Question::WhoCanReach.formats())?;
    if args.watch {
        session.need_watchable()?;
    }
    let mut target = reach::one(session, &args.target, "TARGET")?;
    target.port = reach::one_port(target.port, args.port.as_ref())?;
    let (inventory, answer) = ask(session, &target)?;
    session.print(&answer)?;
    if args.watch {
        drop(inventory);
        session.watch(answer, |session| Ok(ask(session, &target)?.1))?;
    } else {
        std::mem::forget(inventory);
    }
    Ok(Outcome::Answered)
}

fn ask(session: &mut Session, target: &Target) -> Result<(Inventory, Answer), CommandError> {
    let (inventory, noticed) = reach::read(session, std::slice::from_ref(target))?;
    let inventory = Kept::into_inner(inventory);
    let resolved = reach::resolve(session, &inventory, &noticed, target)?;
    let model = Model::compile(&inventory, session.cni(&inventory));
    let (result, findings) = questions::who_can_reach(&model, &resolved, target.port.as_ref());
    let answer = Answer::WhoCanReach(Report::new("WhoCanReach", &inventory, result, super::all(noticed, findings)));
    Ok((inventory, answer))
}
