//! Names of resource types, as kubectl accepts them: singular, plural, short, and with their group.

use crate::cli::suggest::{either, nearest};
use crate::cli::{CommandError, ErrorKind};
use crate::inventory::GroupKind;

/// What a resource type means as an end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// `pod`.
    Pod,
    /// `deployment`, `job`, …, or a kind of somebody's own that runs pods.
    Workload(GroupKind),
    /// `namespace`.
    Namespace,
    /// `service`.
    Service,
}

/// Kinds that are ends of connections: singular, plural, short name, kind in objects.
const ENDS: [(&str, &str, &str, &str); 9] = [
    ("pod", "pods", "po", "Pod"),
    ("service", "services", "svc", "Service"),
    ("namespace", "namespaces", "ns", "Namespace"),
    ("deployment", "deployments", "deploy", "Deployment"),
    ("replicaset", "replicasets", "rs", "ReplicaSet"),
    ("statefulset", "statefulsets", "sts", "StatefulSet"),
    ("daemonset", "daemonsets", "ds", "DaemonSet"),
    ("job", "jobs", "job", "Job"),
    ("cronjob", "cronjobs", "cj", "CronJob"),
];

/// Kinds kubectl knows that questions about pods are not about.
const OTHERS: [(&str, &str, &str); 12] = [
    ("node", "nodes", "no"),
    ("networkpolicy", "networkpolicies", "netpol"),
    ("ingress", "ingresses", "ing"),
    ("configmap", "configmaps", "cm"),
    ("secret", "secrets", "secret"),
    ("persistentvolumeclaim", "persistentvolumeclaims", "pvc"),
    ("persistentvolume", "persistentvolumes", "pv"),
    ("storageclass", "storageclasses", "sc"),
    ("serviceaccount", "serviceaccounts", "sa"),
    ("endpoints", "endpoints", "ep"),
    ("endpointslice", "endpointslices", "endpointslice"),
    ("replicationcontroller", "replicationcontrollers", "rc"),
];

/// Whether kubectl knows the word as a type.
pub fn is_known(word: &str) -> bool {
    let word = without_group(word);
    ENDS.iter().any(|(one, many, short, _)| [*one, *many, *short].contains(&word.as_str()))
        || OTHERS.iter().any(|(one, many, short)| [*one, *many, *short].contains(&word.as_str()))
}

/// Reads the name of a type. A word that is near no name may be a kind of somebody's own: the inventory will tell.
///
/// # Errors
/// If it is misspelt, or a type that has no pods.
pub fn parse(word: &str) -> Result<Type, CommandError> {
    let name = without_group(word);
    if let Some((.., kind)) = ENDS.iter().find(|(one, many, short, _)| [*one, *many, *short].contains(&name.as_str())) {
        return Ok(match *kind {
            "Pod" => Type::Pod,
            "Service" => Type::Service,
            "Namespace" => Type::Namespace,
            kind => Type::Workload(GroupKind::new(kind)),
        });
    }
    if let Some((_, many, _)) = OTHERS.iter().find(|(one, many, short)| [*one, *many, *short].contains(&name.as_str())) {
        return Err(CommandError::new(ErrorKind::Usage, format!("this question is not about {many}"))
            .hint("name a pod, a workload, a namespace, a Service or an address"));
    }
    match unknown(word) {
        error if !error.hints.is_empty() => Err(error),
        _ => Ok(Type::Workload(GroupKind::new(&name))),
    }
}

/// kubectl's words for a type nobody knows, with the names that are near.
pub fn unknown(word: &str) -> CommandError {
    let error = CommandError::new(ErrorKind::Usage, format!("the server doesn't have a resource type \"{word}\""));
    let names = ENDS.iter().flat_map(|(one, many, short, _)| [*one, *many, *short]);
    let near: Vec<String> = nearest(&without_group(word), names).into_iter().map(|name| format!("`{name}`")).collect();
    if near.is_empty() { error } else { error.hint(format!("did you mean {}?", either(&near))) }
}

/// `deployments.v1.apps` is `deployments`; types are written in any case.
fn without_group(word: &str) -> String {
    word.split('.').next().unwrap_or_default().to_lowercase()
}
