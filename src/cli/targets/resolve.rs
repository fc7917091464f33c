//! Finds what an argument names, or says as well as can be why there is nothing: in kubectl's words, with hints.

use super::TargetArg;
use super::missing::{Wanted, not_found};
use crate::cli::{CommandError, ErrorKind};
use crate::inventory::{GroupKind, Inventory};
use crate::objects::{LabelSelector, Meta, Resource, Truth, WorkloadKind};
use crate::policy::question::Resolved;
use crate::report::{Peer, PodCount};

/// Finds what `arg` names; names without a namespace are of `default_namespace`.
///
/// # Errors
/// If there is no such object, if it has no pods, or if it could not be read.
pub fn resolve(inventory: &Inventory, arg: &TargetArg, default_namespace: &str) -> Result<Resolved, CommandError> {
    let in_namespace = |namespace: &Option<String>| namespace.clone().unwrap_or_else(|| default_namespace.to_owned());
    match arg {
        TargetArg::Pod { namespace, name } => pod(inventory, &in_namespace(namespace), name, namespace.is_some()),
        TargetArg::Workload { kind, namespace, name } => workload(inventory, kind, &in_namespace(namespace), name, namespace.is_some()),
        TargetArg::Service { namespace, name } => service(inventory, &in_namespace(namespace), name, namespace.is_some()),
        TargetArg::Namespace(name) => namespace(inventory, name),
        TargetArg::Selector { selector, text, namespace } => selected(inventory, selector, text, namespace.as_deref()),
        TargetArg::Address(ip) => Ok(Resolved::Address(*ip)),
        TargetArg::Cidr(cidr) => Ok(Resolved::Cidr(*cidr)),
    }
}

fn pod(inventory: &Inventory, namespace: &str, name: &str, with_namespace: bool) -> Result<Resolved, CommandError> {
    if let Some(position) = inventory.pod(namespace, name) {
        return Ok(pods("Pod", namespace, name, vec![position]));
    }
    if let Some(pod) = inventory.finished_pods.iter().find(|pod| is(&pod.metadata, namespace, name)) {
        return Err(CommandError::new(
            ErrorKind::NotFound,
            format!("pod {namespace}/{name} has finished ({:?}): it has no network any more", pod.status.phase),
        ));
    }
    Err(not_found(inventory, &Wanted { resource: Resource::Pods, namespace, name, with_namespace }))
}

fn workload(inventory: &Inventory, kind: &GroupKind, namespace: &str, name: &str, with_namespace: bool) -> Result<Resolved, CommandError> {
    let named = |known: &GroupKind| known == kind || known.short() == kind.name() || known.name().eq_ignore_ascii_case(kind.name());
    if let Some(group) = inventory.groups.iter().find(|g| g.namespace == namespace && g.name == name && named(&g.kind)) {
        return Ok(pods(group.kind.name(), namespace, name, group.pods.clone()));
    }
    // A ReplicaSet of a Deployment, a Job of a CronJob: not at the top, but its pods still name it as their controller.
    let controls = |meta: &Meta| meta.namespace == namespace && meta.controller().is_some_and(|o| o.kind == kind.name() && o.name == name);
    let controlled = inventory.pods.iter().enumerate().filter(|(_, info)| controls(&info.pod.metadata));
    let positions: Vec<usize> = controlled.map(|(position, _)| position).collect();
    if !positions.is_empty() {
        return Ok(pods(kind.name(), namespace, name, positions));
    }
    let Some(known) = resource_of(kind) else {
        // No type, but a namespace with such a pod: `shop/web-5c9d`, as other tools write it.
        if let Some(position) = inventory.pod(kind.name(), name).filter(|_| !with_namespace) {
            return Ok(pods("Pod", kind.name(), name, vec![position]));
        }
        let seen = inventory.groups.iter().any(|g| named(&g.kind));
        return Err(if seen {
            CommandError::from_server(ErrorKind::NotFound, "NotFound", &format!("{} \"{name}\" not found", kind.name().to_lowercase()))
                .hint(format!("no pod in namespace {namespace} is controlled by it"))
        } else {
            let error = super::types::unknown(kind.name());
            match super::missing::three_parts(inventory, kind.name(), name) {
                Some(hint) if !with_namespace => error.hint(hint),
                _ => error,
            }
        });
    };
    let finished = inventory.finished_pods.iter().filter(|pod| controls(&pod.metadata)).count();
    let Some(object) = inventory.objects.workloads.iter().find(|w| w.kind.name() == kind.name() && is(&w.metadata, namespace, name)) else {
        return Err(not_found(inventory, &Wanted { resource: known, namespace, name, with_namespace }));
    };
    let subject = format!("{} {namespace}/{name}", kind.name());
    if let Some(error) = super::missing::unread(inventory, Resource::Pods, Some(namespace)) {
        return Err(CommandError::new(ErrorKind::NotFound, format!("the pods of {subject} are not known")).hint(error));
    }
    Err(match object.replicas {
        _ if finished > 0 => {
            CommandError::new(ErrorKind::NotFound, format!("all pods of {subject} have finished: they have no network any more"))
        }
        Some(0) => CommandError::new(ErrorKind::NotFound, format!("{subject} has no pods: it is scaled to 0")),
        _ => CommandError::new(ErrorKind::NotFound, format!("{subject} has no pods now")),
    }
    .hint(format!("its manifest can be asked instead: kubectl get {}/{name} -n {namespace} -o yaml, then -f FILE", kind.short())))
}

fn service(inventory: &Inventory, namespace: &str, name: &str, with_namespace: bool) -> Result<Resolved, CommandError> {
    match inventory.service(namespace, name) {
        Some(_) => Ok(Resolved::Service { namespace: namespace.to_owned(), name: name.to_owned() }),
        None => Err(not_found(inventory, &Wanted { resource: Resource::Services, namespace, name, with_namespace })),
    }
}

fn namespace(inventory: &Inventory, name: &str) -> Result<Resolved, CommandError> {
    let Some(position) = inventory.namespace(name) else {
        return Err(not_found(inventory, &Wanted { resource: Resource::Namespaces, namespace: "", name, with_namespace: false }));
    };
    let members = inventory.pods.iter().enumerate().filter(|(_, info)| info.namespace == position);
    let positions: Vec<usize> = members.map(|(at, _)| at).collect();
    if positions.is_empty() {
        return Err(nobody(inventory, format!("namespace {name} has no pods"), Some(name)));
    }
    Ok(pods("Namespace", "", name, positions))
}

fn selected(inventory: &Inventory, selector: &LabelSelector, text: &str, namespace: Option<&str>) -> Result<Resolved, CommandError> {
    let matching: Vec<usize> = inventory
        .pods
        .iter()
        .enumerate()
        .filter(|(_, info)| selector.matches(&info.pod.metadata.labels) == Truth::Yes)
        .map(|(at, _)| at)
        .collect();
    let of = |at: &usize| inventory.pods.get(*at).map(|info| info.pod.metadata.namespace.as_str());
    let positions: Vec<usize> = matching.iter().copied().filter(|at| namespace.is_none_or(|wanted| of(at) == Some(wanted))).collect();
    if positions.is_empty() {
        let place = namespace.map_or_else(String::new, |name| format!(" in namespace {name}"));
        let mut elsewhere: Vec<&str> = matching.iter().filter_map(of).collect();
        elsewhere.dedup();
        let error = nobody(inventory, format!("no pods match {text}{place}"), namespace);
        return Err(match elsewhere.as_slice() {
            [] => error,
            [one] => error.hint(format!("there are some in namespace {one}: add -n {one}")),
            many => error.hint(format!("there are some in namespaces {}: add -n, or -A for all", many.join(", "))),
        });
    }
    let total = positions.len();
    let label = Peer {
        kind: "Pod".to_owned(),
        namespace: namespace.unwrap_or_default().to_owned(),
        pods: Some(PodCount { matched: total, total }),
        description: format!("pods with {text}"),
        ..Peer::default()
    };
    Ok(Resolved::Pods { label, pods: positions })
}

/// Nobody is there, as far as could be read.
fn nobody(inventory: &Inventory, message: String, namespace: Option<&str>) -> CommandError {
    let error = CommandError::new(ErrorKind::NotFound, message);
    match super::missing::unread(inventory, Resource::Pods, namespace) {
        Some(hole) => error.hint(hole),
        None => error,
    }
}

fn pods(kind: &str, namespace: &str, name: &str, positions: Vec<usize>) -> Resolved {
    let total = positions.len();
    let label = Peer {
        kind: kind.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        pods: Some(PodCount { matched: total, total }),
        ..Peer::default()
    };
    Resolved::Pods { label, pods: positions }
}

fn is(meta: &Meta, namespace: &str, name: &str) -> bool {
    meta.namespace == namespace && meta.name == name
}

/// Where workloads of a kind are listed; none for a kind of somebody's own.
pub(super) fn resource_of(kind: &GroupKind) -> Option<Resource> {
    [
        (WorkloadKind::Deployment, Resource::Deployments),
        (WorkloadKind::ReplicaSet, Resource::ReplicaSets),
        (WorkloadKind::StatefulSet, Resource::StatefulSets),
        (WorkloadKind::DaemonSet, Resource::DaemonSets),
        (WorkloadKind::Job, Resource::Jobs),
        (WorkloadKind::CronJob, Resource::CronJobs),
    ]
    .into_iter()
    .find(|(known, _)| known.name() == kind.name())
    .map(|(_, resource)| resource)
}
