//! `storage`: the overview of classes, drivers, volumes and claims.

use super::Outcome;
use crate::cli::{CommandError, Session};
use crate::objects::{Objects, Resource};
use crate::report::{self, Answer, Report};
use crate::storage;

/// Kinds that the answer depends on; what else is read depends on them.
const RESOURCES: [Resource; 9] = [
    Resource::PersistentVolumeClaims,
    Resource::PersistentVolumes,
    Resource::StorageClasses,
    Resource::Pods,
    Resource::Nodes,
    Resource::CsiDrivers,
    Resource::CsiNodes,
    Resource::StatefulSets,
    Resource::Leases,
];

/// Classes, drivers, volumes and claims at a glance
///
/// Which class is the default, and which of several counts; whether anybody makes the volumes of each; on which nodes the
/// drivers run, and when they last gave a sign of life; volumes by phase; claims by what keeps them; Released volumes,
/// and whose data they hold.
#[derive(Debug, clap::Args)]
#[command(before_help = "\
Examples:
  # The whole cluster
  kubectl netstore storage -A

  # With the claims of one namespace
  kubectl netstore storage -n shop")]
pub struct Args {}

/// Answers the question.
///
/// # Errors
/// If it cannot be answered.
pub fn run(session: &mut Session, _: &Args) -> Result<Outcome, CommandError> {
    session.format(report::Question::Storage.formats())?;
    let namespace = session.matrix_scope()?;
    let more = |objects: &Objects| {
        let mut more = storage::more_needed(objects);
        if objects.csi_drivers.iter().any(|driver| driver.spec.storage_capacity == Some(true)) {
            more.push(Resource::CsiStorageCapacities);
        }
        more.retain(|resource| !RESOURCES.contains(resource));
        more.sort();
        more.dedup();
        more
    };
    let (inventory, noticed) = session.read_in_steps(&RESOURCES, more, namespace.clone().into_iter().collect())?;
    let (result, findings) = storage::overview(&inventory, namespace.as_deref());
    session.print(&Answer::Storage(Report::new("Storage", &inventory, result, super::all(noticed, findings))))?;
    Ok(Outcome::Answered)
}
