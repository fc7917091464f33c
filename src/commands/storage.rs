//! `storage`: the overview of classes, drivers, volumes and claims.

use super::Outcome;
use crate::cli::{CommandError, ErrorKind, Session};
use crate::objects::{Objects, Resource};
use crate::report::{self, Answer, Report};
use crate::source::Reads;
use crate::storage::{self, Question};

/// Classes, drivers, volumes and claims at a glance
///
/// Which class is the default, and which of several counts; whether anybody makes the volumes of each; on which nodes the
/// drivers run, and when they last gave a sign of life; volumes by phase; claims by what keeps them; Released volumes,
/// and whose data they hold; claims that no backup covers, where anything that makes backups is installed. It is about all
/// namespaces unless --namespace names one.
#[derive(Debug, clap::Args)]
#[command(before_help = "\
Examples:
  # The whole cluster
  kubectl netstore storage

  # With the claims of one namespace only
  kubectl netstore storage -n shop")]
pub struct Args {}

/// What it reads at most.
pub(super) fn reads() -> Reads {
    Reads::lists(storage::FIRST.into_iter().chain([Resource::Leases]).chain(storage::BACKUP_KINDS).chain(storage::MORE))
}

/// Answers the question.
///
/// # Errors
/// If it cannot be answered.
pub fn run(session: &mut Session, _: &Args) -> Result<Outcome, CommandError> {
    session.format(report::Question::Storage.formats())?;
    if session.selector()?.is_some() {
        return Err(CommandError::new(ErrorKind::Usage, "storage is about all claims, whatever their labels")
            .hint("kubectl netstore pvc-why-pending -l SELECTOR"));
    }
    let (own, namespace) = (session.namespace()?, session.named_namespace());
    let question = Question { namespace: namespace.clone(), ..Question::default() };
    let more = |objects: &Objects| {
        let mut more = storage::more_needed(objects, |namespace, name| question.means(namespace, name));
        if objects.csi_drivers.iter().any(|driver| driver.spec.storage_capacity == Some(true)) {
            more.push(Resource::CsiStorageCapacities);
        }
        more
    };
    let first: Vec<Resource> = storage::FIRST.into_iter().chain([Resource::Leases]).chain(storage::BACKUP_KINDS).collect();
    let (inventory, noticed) = session.read_in_steps(&first, more, namespace.clone().into_iter().collect())?;
    // Whoever may not see all claims is told of those of his namespace.
    let sees = |scope: Option<&str>| inventory.coverage.is_complete(Resource::PersistentVolumeClaims, scope);
    let namespace = namespace.or_else(|| (!sees(None) && sees(Some(&own))).then_some(own));
    let (result, findings) = storage::overview(&inventory, namespace.as_deref());
    session.print(&Answer::Storage(Report::new("Storage", &inventory, result, super::all(noticed, findings))))?;
    Ok(Outcome::Answered)
}
