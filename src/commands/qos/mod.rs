//! `qos`: which class pods are of, what decides it, and where their numbers come from.

mod namespace;
mod node;

use super::{Outcome, all, print};
use crate::cli::targets::{self, Target, TargetArg};
use crate::cli::{CommandError, ErrorKind, Session, complete};
use crate::inventory::Inventory;
use crate::objects::{Pod, QosClass, Resource};
use crate::policy::question::Resolved;
use crate::qos::{self, Named, Question};
use crate::report::{self, Answer, Report};
use crate::source::Reads;

/// Kinds that the answer depends on.
const RESOURCES: [Resource; 11] = [
    Resource::Namespaces,
    Resource::Nodes,
    Resource::Pods,
    Resource::Deployments,
    Resource::ReplicaSets,
    Resource::StatefulSets,
    Resource::DaemonSets,
    Resource::Jobs,
    Resource::CronJobs,
    Resource::ResourceQuotas,
    Resource::LimitRanges,
];

/// Which QoS class a pod has and why, and who is evicted first
///
/// For each pod: its class, and the container and resource that decide it. For one pod: every request and limit with where
/// it comes from, what the scheduler counts, oom_score_adj, and which resizes are legal. For a workload, and for
/// manifests, the class that their pods will have, with the defaults of the API server and of LimitRanges.
#[derive(Debug, clap::Args)]
#[command(before_help = "\
Examples:
  # Why is this pod Burstable?
  kubectl netstore qos web-5c9d -n shop

  # The pods of a workload, and the class new ones will have
  kubectl netstore qos deploy/web -n shop

  # Every pod of the cluster
  kubectl netstore qos -A

  # Whom does this node evict, or its kernel kill, first?
  kubectl netstore qos node/worker-1

  # What do LimitRanges and quotas do to the pods of this namespace?
  kubectl netstore qos namespace/shop

  # What to change so that its pods are Guaranteed, what it costs and what speaks against it
  kubectl netstore qos deploy/web -n shop --want Guaranteed

  # Before it is applied
  kubectl netstore qos -f manifests/")]
pub struct Args {
    /// Pods (NAME) and workloads (TYPE/NAME), or TYPE NAME…; node/NAME; namespace/NAME; none: all pods of the namespace
    #[arg(value_name = "POD|WORKLOAD|node/NAME|namespace/NAME", add = complete::targets_and_nodes())]
    targets: Vec<String>,
    /// Show the smallest change of their templates that gives pods this class
    #[arg(long, value_name = "CLASS", value_enum, ignore_case = true)]
    want: Option<Want>,
}

/// A class that can be wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Want {
    #[value(name = "Guaranteed")]
    Guaranteed,
    #[value(name = "Burstable")]
    Burstable,
    #[value(name = "BestEffort")]
    BestEffort,
}

impl From<Want> for QosClass {
    fn from(want: Want) -> Self {
        match want {
            Want::Guaranteed => Self::Guaranteed,
            Want::Burstable => Self::Burstable,
            Want::BestEffort => Self::BestEffort,
        }
    }
}

/// What it reads at most, about pods, a node or a namespace.
pub(super) fn reads() -> Reads {
    Reads::lists(RESOURCES.into_iter().chain(qos::MORE).chain(node::RESOURCES))
}

/// Answers the question.
///
/// # Errors
/// If it cannot be answered.
pub fn run(session: &mut Session, args: &Args) -> Result<Outcome, CommandError> {
    let selector = session.selector()?;
    if selector.is_some() && !args.targets.is_empty() {
        return Err(CommandError::new(ErrorKind::Usage, "name cannot be provided when a selector is specified"));
    }
    if let Some(name) = node::named(&args.targets)? {
        no_change(args, "a node")?;
        return node::run(session, name);
    }
    let targets = targets::parse_each(&args.targets)?;
    if let Some(name) = namespace::named(&targets) {
        no_change(args, "a namespace")?;
        return namespace::run(session, &targets, name);
    }
    targets.iter().try_for_each(check)?;
    session.format(report::Question::Qos.formats())?;
    let default = session.namespace()?;
    let namespace = session.matrix_scope()?;
    let (inventory, noticed) = session.read_with(&RESOURCES, qos::more_needed, &targets)?;
    let named = if targets.is_empty() {
        None
    } else {
        Some(named(&inventory, &targets, &default).map_err(|error| {
            session.warn(&noticed);
            error.asking(&session.globals().connection)
        })?)
    };
    let question = Question { named, namespace, selector, want: args.want.map(QosClass::from) };
    let (result, findings) = qos::qos(&inventory, &question);
    let nobody = result.pods.is_empty() && inventory.coverage.is_complete(Resource::Pods, question.namespace.as_deref());
    let answer = Answer::Qos(Report::new("Qos", &inventory, result, all(noticed, findings)));
    print(session, &inventory, &answer, question.namespace.as_deref(), nobody)
}

/// Pods have a class; what they run on and live in has none that could be wanted.
fn no_change(args: &Args, what: &str) -> Result<(), CommandError> {
    match args.want {
        Some(_) => Err(CommandError::new(ErrorKind::Usage, format!("{what} has no QoS class")).hint("--want is for pods and workloads")),
        None => Ok(()),
    }
}

/// Only pods have a class.
fn check(target: &Target) -> Result<(), CommandError> {
    let wrong = |what: &str, hint: &str| Err(CommandError::new(ErrorKind::Usage, format!("{what} has no QoS class")).hint(hint));
    match &target.end {
        _ if target.port.is_some() => wrong("a port", "name a pod or a workload"),
        TargetArg::Pod { .. } | TargetArg::Workload { .. } | TargetArg::Selector { .. } => Ok(()),
        TargetArg::Namespace(name) => wrong("a namespace", &format!("ask about it alone, or about all its pods: -n {name}")),
        TargetArg::Service { .. } => wrong("a Service", "name a pod or a workload"),
        TargetArg::Address(_) | TargetArg::Cidr(_) => wrong("an address", "name a pod or a workload"),
    }
}

/// The pods that are meant, those that have ended included, and the workloads whose templates are.
fn named(inventory: &Inventory, targets: &[Target], default: &str) -> Result<Named, CommandError> {
    let mut named = Named::default();
    for target in targets {
        let (pods, workloads) = (named.pods.len(), named.workloads.len());
        let namespace = target.end.namespace().unwrap_or(default);
        let finished = inventory.finished_pods.iter().filter(|pod| pod.metadata.namespace == namespace);
        match &target.end {
            TargetArg::Pod { name, .. } => named.pods.extend(finished.filter(|pod| pod.metadata.name == *name).map(id)),
            TargetArg::Workload { kind, name, .. } => {
                let is = |w: &&crate::objects::Workload| w.kind.name() == kind.name() && w.metadata.key() == (namespace, name.as_str());
                let found = inventory.objects.workloads.iter().filter(is);
                named.workloads.extend(found.map(|w| (namespace.to_owned(), w.kind.name().to_owned(), name.clone())));
            }
            _ => {}
        }
        match targets::resolve(inventory, &target.end, default) {
            Ok(Resolved::Pods { pods, .. }) => {
                let living = pods.iter().filter_map(|at| inventory.pods.get(*at)).filter(|info| !info.template);
                named.pods.extend(living.map(|info| id(&info.pod)));
            }
            // A workload without pods still has a template.
            Err(error) if named.pods.len() == pods && named.workloads.len() == workloads => return Err(error),
            _ => {}
        }
    }
    Ok(named)
}

fn id(pod: &Pod) -> (String, String) {
    (pod.metadata.namespace.clone(), pod.metadata.name.clone())
}
