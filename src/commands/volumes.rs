//! `volumes`: why a pod waits for its volumes, and where the data of each lives.

use super::Outcome;
use crate::cli::targets::{self, Target, TargetArg};
use crate::cli::{CommandError, ErrorKind, Session, complete};
use crate::inventory::Inventory;
use crate::objects::{Objects, Pod, Resource};
use crate::policy::question::Resolved;
use crate::report::{self, Answer, Report};
use crate::source::Reads;
use crate::storage::{self, PodQuestion};

/// Kinds that every answer depends on; what else is read depends on them.
const RESOURCES: [Resource; 2] = [Resource::Pods, Resource::PersistentVolumeClaims];
/// Kinds that tell which pods are those of a workload.
const WORKLOADS: [Resource; 6] =
    [Resource::Deployments, Resource::ReplicaSets, Resource::StatefulSets, Resource::DaemonSets, Resource::Jobs, Resource::CronJobs];

/// Why a pod waits for its volumes, and where their data lives
///
/// For a pod that does not start: the one thing that keeps each volume from being mounted, the fields that show it, and
/// what to do. For one that runs: what each volume is, where its data lives, and what becomes of it when the pod or the
/// claim goes.
#[derive(Debug, clap::Args)]
#[command(before_help = "\
Examples:
  # Why does this pod stay in ContainerCreating?
  kubectl netstore volumes web-5c9d -n shop

  # All pods of a workload
  kubectl netstore volumes sts/db -n shop

  # Every pod of the cluster that waits for a volume
  kubectl netstore volumes -A

  # Before it is applied
  kubectl netstore volumes -f manifests/")]
pub struct Args {
    /// Pod (NAME), TYPE/NAME, TYPE NAME; none: all pods that are not well
    #[arg(value_name = "POD|WORKLOAD", num_args = 0..=2, add = complete::targets())]
    target: Vec<String>,
}

/// What it reads at most.
pub(super) fn reads() -> Reads {
    let claims = storage::MORE.into_iter().chain(storage::MORE_FOR_PODS);
    Reads::lists(RESOURCES.into_iter().chain(WORKLOADS).chain(claims))
}

/// Answers the question.
///
/// # Errors
/// If it cannot be answered.
pub fn run(session: &mut Session, args: &Args) -> Result<Outcome, CommandError> {
    session.format(report::Question::Volumes.formats())?;
    let selector = session.selector()?;
    if selector.is_some() && !args.target.is_empty() {
        return Err(CommandError::new(ErrorKind::Usage, "name cannot be provided when a selector is specified"));
    }
    let target = if args.target.is_empty() { None } else { targets::parse(&args.target, None, &["POD"])?.pop() };
    if let Some(target) = &target {
        check(target)?;
        if session.globals().selection.all_namespaces && target.end.needs_namespace() {
            return Err(CommandError::new(ErrorKind::Usage, "a resource cannot be retrieved by name across all namespaces")
                .hint("say its namespace: -n NAMESPACE, or NAMESPACE/TYPE/NAME"));
        }
    }
    let default = session.namespace()?;
    let namespace = session.matrix_scope()?;
    let asked = target.as_ref().map(|target| target.end.namespace().unwrap_or(&default).to_owned());
    let of: Option<Vec<String>> = asked.or_else(|| namespace.clone()).map(|namespace| vec![namespace]);
    let end = target.as_ref().map(|target| &target.end);
    let means = |pod: &Pod| {
        let here = of.as_ref().is_none_or(|of| of.contains(&pod.metadata.namespace));
        here && !matches!(end, Some(TargetArg::Pod { name, .. }) if *name != pod.metadata.name)
    };
    let first = match end {
        Some(TargetArg::Workload { .. }) => [&RESOURCES[..], &WORKLOADS].concat(),
        _ => RESOURCES.to_vec(),
    };
    let more = |objects: &Objects| storage::more_needed_for_pods(objects, means);
    let (inventory, noticed) = session.read_in_steps(&first, more, of.clone().unwrap_or_default())?;
    let pods = match &target {
        Some(target) => Some(named(&inventory, target, &default).map_err(|error| {
            session.warn(&noticed);
            error.asking(&session.globals().connection)
        })?),
        None => None,
    };
    let question = PodQuestion { pods, namespace, selector };
    let (result, findings) = storage::volumes(&inventory, &question);
    let nobody = result.pods.is_empty() && inventory.coverage.is_complete(Resource::Pods, question.namespace.as_deref());
    let answer = Answer::Volumes(Report::new("Volumes", &inventory, result, super::all(noticed, findings)));
    super::print(session, &inventory, &answer, question.namespace.as_deref(), nobody)
}

/// Only pods have volumes.
fn check(target: &Target) -> Result<(), CommandError> {
    let wrong = |what: &str| CommandError::new(ErrorKind::Usage, format!("{what} has no volumes")).hint("name a pod or a workload");
    if target.port.is_some() {
        return Err(CommandError::new(ErrorKind::Usage, "a volume has no port"));
    }
    match &target.end {
        TargetArg::Pod { .. } | TargetArg::Workload { .. } | TargetArg::Namespace(_) | TargetArg::Selector { .. } => Ok(()),
        TargetArg::Service { .. } => Err(wrong("a Service")),
        TargetArg::Address(_) | TargetArg::Cidr(_) => Err(wrong("an address")),
    }
}

/// The pods that are meant, those that have ended included.
fn named(inventory: &Inventory, target: &Target, default: &str) -> Result<Vec<(String, String)>, CommandError> {
    let id = |pod: &Pod| (pod.metadata.namespace.clone(), pod.metadata.name.clone());
    let namespace = target.end.namespace().unwrap_or(default);
    let finished = inventory.finished_pods.iter().filter(|pod| pod.metadata.namespace == namespace);
    let mut ended: Vec<(String, String)> = match &target.end {
        TargetArg::Pod { name, .. } => finished.filter(|pod| pod.metadata.name == *name).map(id).collect(),
        TargetArg::Workload { kind, name, .. } => {
            let owned = |pod: &&Pod| pod.metadata.controller().is_some_and(|o| o.kind == kind.name() && o.name == *name);
            finished.filter(owned).map(id).collect()
        }
        _ => Vec::new(),
    };
    match targets::resolve(inventory, &target.end, default) {
        Ok(Resolved::Pods { pods, .. }) => {
            ended.extend(pods.iter().filter_map(|at| inventory.pods.get(*at)).map(|info| id(&info.pod)));
            Ok(ended)
        }
        Ok(_) => Ok(ended),
        Err(_) if !ended.is_empty() => Ok(ended),
        Err(error) => Err(error),
    }
}
