//! Which workload runs a pod: the thing a user named, at the top of the chain of owners.

use std::collections::HashMap;
use std::fmt;

use crate::objects::{Pod, Workload};

/// What a group of pods belongs to: a Kubernetes kind, `Pod` for a pod nobody controls.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKind(String);

impl GroupKind {
    /// A kind by its name in objects.
    pub fn new(kind: &str) -> Self {
        Self(kind.to_owned())
    }

    /// Kind as in objects: `Deployment`, `Pod`.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// The short name kubectl accepts: `deploy`, `pod`; other kinds in lower case.
    pub fn short(&self) -> String {
        match self.0.as_str() {
            "Deployment" => "deploy".to_owned(),
            "ReplicaSet" => "rs".to_owned(),
            "StatefulSet" => "sts".to_owned(),
            "DaemonSet" => "ds".to_owned(),
            "Job" => "job".to_owned(),
            "CronJob" => "cj".to_owned(),
            other => other.to_lowercase(),
        }
    }
}

impl fmt::Display for GroupKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Pods of one workload.
#[derive(Debug, Clone)]
pub struct Group {
    /// Kind of the workload.
    pub kind: GroupKind,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Positions of its pods, ascending.
    pub pods: Vec<usize>,
}

/// (namespace, name, kind) of a group: the order peers are reported in.
pub(super) type Key = (String, String, GroupKind);

/// Finds the top of the chain of owners.
pub(super) struct Owners<'a> {
    /// Controller of each workload object: (namespace, kind, name) to (kind, name).
    controllers: HashMap<(&'a str, &'a str, &'a str), (&'a str, &'a str)>,
}

impl<'a> Owners<'a> {
    pub(super) fn new(workloads: &'a [Workload]) -> Self {
        let link = |w: &'a Workload| {
            let owner = w.metadata.controller()?;
            Some(((w.metadata.namespace.as_str(), w.kind.name(), w.metadata.name.as_str()), (owner.kind.as_str(), owner.name.as_str())))
        };
        Self { controllers: workloads.iter().filter_map(link).collect() }
    }

    /// Whether another workload made this one.
    pub(super) fn is_owned(&self, workload: &Workload) -> bool {
        workload.metadata.controller().is_some()
    }

    /// The group a pod belongs to.
    pub(super) fn group_of(&self, pod: &Pod) -> Key {
        let namespace = pod.metadata.namespace.as_str();
        let Some(owner) = pod.metadata.controller() else {
            return (namespace.to_owned(), pod.metadata.name.clone(), GroupKind::new("Pod"));
        };
        let (mut kind, mut name) = (owner.kind.as_str(), owner.name.as_str());
        if kind == "Node" {
            // A static pod's mirror is controlled by its node: it is its own workload.
            return (namespace.to_owned(), pod.metadata.name.clone(), GroupKind::new("Pod"));
        }
        // Chains are two long in practice; the bound keeps a cycle of owners from looping.
        for _ in 0..8 {
            let Some(&(next_kind, next_name)) = self.controllers.get(&(namespace, kind, name)) else { break };
            (kind, name) = (next_kind, next_name);
        }
        // Without the right to list ReplicaSets their Deployment is still told by the hash both names share.
        if kind == "ReplicaSet"
            && let Some(deployment) = deployment_by_hash(pod, name)
        {
            return (namespace.to_owned(), deployment.to_owned(), GroupKind::new("Deployment"));
        }
        (namespace.to_owned(), name.to_owned(), GroupKind::new(kind))
    }
}

/// The Deployment controller names a ReplicaSet `DEPLOYMENT-HASH` and labels its pods `pod-template-hash: HASH`.
fn deployment_by_hash<'a>(pod: &Pod, replica_set: &'a str) -> Option<&'a str> {
    let hash = pod.metadata.labels.get("pod-template-hash")?;
    replica_set.strip_suffix(hash)?.strip_suffix('-')
}
