//! `dns`: which names pods really ask for, and what comes of it. The question about a pod is the command itself; others hang below it.

mod ask;
mod doctor;
mod pod;
mod records;
mod verify;

use super::{Outcome, all};
use crate::cli::{CommandError, ErrorKind, Session};
use crate::objects::Resource;
use crate::source::Reads;

/// Kinds on which names depend, and by which pods are named.
const RESOURCES: [Resource; 10] = [
    Resource::Namespaces,
    Resource::Pods,
    Resource::Services,
    Resource::EndpointSlices,
    Resource::Deployments,
    Resource::ReplicaSets,
    Resource::StatefulSets,
    Resource::DaemonSets,
    Resource::Jobs,
    Resource::CronJobs,
];
/// Kinds of which only what is in kube-system matters: the Corefile, and the kubelet's configuration.
const OF_SYSTEM: [Resource; 1] = [Resource::ConfigMaps];

/// What the question about a pod reads; the servers are asked with --verify only.
pub(super) fn reads() -> Reads {
    reads_for_records().through_port_forward()
}

/// What the question about records reads.
pub(super) fn reads_for_records() -> Reads {
    Reads::lists(RESOURCES).of_system(OF_SYSTEM)
}

/// What the doctor reads.
pub(super) fn reads_for_doctor() -> Reads {
    super::reach::reads().and(Reads::lists([Resource::Events])).of_system(OF_SYSTEM)
}

/// What asking the servers takes.
pub(super) fn reads_for_verify() -> Reads {
    Reads::lists(verify::RESOURCES).of_system(OF_SYSTEM).through_port_forward()
}

/// What a pod really asks for a name, and what it is told
///
/// The pod's resolv.conf and /etc/hosts as the kubelet writes them, each line with where it comes from; the questions that
/// glibc, musl and Go make of a name, in their order; what the cluster's servers are expected to answer, and because of
/// which object. Nothing is sent to a server without --verify.
#[derive(Debug, clap::Args)]
#[command(disable_help_subcommand = true, subcommand_value_name = "COMMAND", subcommand_help_heading = "Commands", before_help = pod::EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    pod: pod::PodArgs,
}

/// The other questions about names.
#[derive(Debug, clap::Subcommand)]
enum Command {
    Records(records::Args),
    Verify(verify::Args),
    Doctor(doctor::Args),
}

/// Answers the question.
///
/// # Errors
/// If it cannot be answered.
pub fn run(session: &mut Session, args: &Args) -> Result<Outcome, CommandError> {
    match &args.command {
        // Flags between the words make clap take the name for a command.
        Some(_) if !args.pod.is_empty() => Err(CommandError::new(ErrorKind::Usage, "a command of dns takes the place of POD and NAME")
            .hint("flags stand before POD or behind NAME; for a pod called like a command say pod/NAME")),
        Some(Command::Records(args)) => records::run(session, args),
        Some(Command::Verify(args)) => verify::run(session, args),
        Some(Command::Doctor(args)) => doctor::run(session, args),
        None => pod::run(session, &args.pod),
    }
}
