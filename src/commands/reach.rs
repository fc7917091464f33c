//! What the questions about reachability share: the objects they read, and their arguments.

use crate::cli::targets::{self, Target};
use crate::cli::{CommandError, ErrorKind, Kept, Session};
use crate::inventory::Inventory;
use crate::objects::Resource;
use crate::policy::question::{PortQuery, Resolved};
use crate::report::Finding;
use crate::source::Reads;

/// Kinds on which reachability depends. Workloads are among them: they group pods, and arguments name them.
pub(super) const RESOURCES: [Resource; 15] = [
    Resource::Namespaces,
    Resource::Nodes,
    Resource::Pods,
    Resource::Services,
    Resource::EndpointSlices,
    Resource::NetworkPolicies,
    Resource::AdminNetworkPolicies,
    Resource::BaselineAdminNetworkPolicies,
    Resource::ClusterNetworkPolicies,
    Resource::Deployments,
    Resource::ReplicaSets,
    Resource::StatefulSets,
    Resource::DaemonSets,
    Resource::Jobs,
    Resource::CronJobs,
];

/// What such a question reads.
pub(super) fn reads() -> Reads {
    Reads::lists(RESOURCES)
}

/// Reads what a question about these targets depends on, with what the source had to say.
pub(super) fn read(session: &mut Session, targets: &[Target]) -> Result<(Kept, Vec<Finding>), CommandError> {
    session.read(&RESOURCES, targets)
}

/// Finds what an argument names; if it is not there, first says what the source left out: that may be why.
pub(super) fn resolve(
    session: &mut Session,
    inventory: &Inventory,
    noticed: &[Finding],
    target: &Target,
) -> Result<Resolved, CommandError> {
    let namespace = session.namespace()?;
    targets::resolve(inventory, &target.end, &namespace).map_err(|error| {
        session.warn(noticed);
        error.asking(&session.globals().connection)
    })
}

/// The only target of a command: its words, or `--selector`.
pub(super) fn one(session: &mut Session, words: &[String], name: &str) -> Result<Target, CommandError> {
    let selected = session.selected()?;
    let target = targets::parse(words, selected, &[name])?.pop();
    target.ok_or_else(|| CommandError::new(ErrorKind::Usage, format!("{name} is missing")))
}

/// A port behind the target's colon and one of `--port` must be the same.
pub(super) fn one_port(behind: Option<PortQuery>, flag: Option<&PortQuery>) -> Result<Option<PortQuery>, CommandError> {
    match (behind, flag) {
        (Some(behind), Some(flag)) if behind != *flag => {
            Err(CommandError::new(ErrorKind::Usage, "the target has one port and --port is another").hint("say one of them"))
        }
        (behind, flag) => Ok(behind.or_else(|| flag.cloned())),
    }
}

/// Connections come from any port: one behind a source is a misunderstanding.
pub(super) fn no_port(source: &Target) -> Result<(), CommandError> {
    if source.port.is_none() {
        return Ok(());
    }
    Err(CommandError::new(ErrorKind::Usage, "only the target of a connection has a port"))
}
