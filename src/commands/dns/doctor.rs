//! `dns doctor`: the servers, the way to them, and the pods that ask.

use super::super::reach;
use super::{OF_SYSTEM, Outcome, all};
use crate::cli::targets::{self, TargetArg};
use crate::cli::{CommandError, ErrorKind, Session, complete};
use crate::dns::doctor::{Scope, doctor};
use crate::objects::Resource;
use crate::policy::question::Resolved;
use crate::report::dns_doctor::CheckState;
use crate::report::{Answer, ObjectRef, Question, Report};

/// What is wrong with the names of a cluster, or of one pod
///
/// From the servers to the pods: the Service, its endpoints and pods, the Corefile, policies on the way, and pods that ask
/// in odd ways. Each check is ok, a problem, or unknown because of what could not be read. Nothing is sent to a server.
#[derive(Debug, clap::Args)]
#[command(before_help = "\
Examples:
  # Why do names not resolve here?
  kubectl netstore dns doctor -n shop

  # For one workload
  kubectl netstore dns doctor deploy/web -n shop

  # In a script: 0 all well, 3 a problem, 4 not to be told
  kubectl netstore dns doctor -A -q || echo look")]
pub(super) struct Args {
    /// Pod (NAME) or workload (TYPE/NAME, TYPE NAME); without one: all pods of the namespace
    #[arg(value_name = "POD", num_args = 0..=2, add = complete::targets())]
    pod: Vec<String>,
    /// End with 0 if all is well, 3 if there is a problem, 4 if it is not to be told
    #[arg(long)]
    exit_code: bool,
    /// Print nothing, as --exit-code
    #[arg(short, long)]
    quiet: bool,
}

/// Answers the question.
pub(super) fn run(session: &mut Session, args: &Args) -> Result<Outcome, CommandError> {
    session.format(Question::DnsDoctor.formats())?;
    session.hush(args.quiet);
    let selected = session.selected()?;
    let target = if args.pod.is_empty() && selected.is_none() { Vec::new() } else { targets::parse(&args.pod, selected, &["POD"])? };
    let default = session.namespace()?;
    let namespace = session.matrix_scope()?;
    let resources = [&reach::RESOURCES[..], &[Resource::Events]].concat();
    let (inventory, noticed) = session.read_with_system(&resources, &OF_SYSTEM, &target)?;
    let scope = match target.first() {
        None => {
            if let Some(name) = namespace.as_ref().filter(|name| inventory.namespaces_complete() && inventory.namespace(name).is_none()) {
                let missing = targets::resolve(&inventory, &TargetArg::Namespace(name.clone()), &default);
                missing.inspect_err(|_| session.warn(&noticed))?;
            }
            Scope { subject: None, namespace }
        }
        Some(target) => match targets::resolve(&inventory, &target.end, &default) {
            Ok(Resolved::Pods { label, pods }) => {
                let subject = ObjectRef::new(&label.kind, &label.namespace, &label.name);
                Scope { namespace: Some(label.namespace.clone()), subject: Some((subject, pods)) }
            }
            Ok(_) => return Err(CommandError::new(ErrorKind::Usage, "only pods ask for names").hint("name a pod or a workload")),
            Err(error) => {
                session.warn(&noticed);
                return Err(error.asking(&session.globals().connection));
            }
        },
    };
    let (result, findings) = doctor(&inventory, session.cni(&inventory), &scope);
    let state = result.state;
    if !args.quiet {
        session.print(&Answer::DnsDoctor(Report::new("DnsDoctor", &inventory, result, all(noticed, findings))))?;
    }
    Ok(match state {
        CheckState::Problem if args.exit_code || args.quiet => Outcome::No,
        CheckState::Unknown if args.exit_code || args.quiet => Outcome::Undecided,
        _ => Outcome::Answered,
    })
}
