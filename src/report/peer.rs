//! The words all reachability answers share: verdicts, peers, ports, references to rules.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// Allow, deny, or unknown because something could not be read or decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Certainly allowed.
    Allow,
    /// Certainly denied.
    Deny,
    /// Not to be told.
    Unknown,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Unknown => "unknown",
        })
    }
}

/// Direction of traffic, seen from the pod a policy selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Into the pod.
    Ingress,
    /// Out of the pod.
    Egress,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        })
    }
}

/// One end of a connection: a workload, a pod, a range of addresses, a node, a Service.
///
/// `kind` is a Kubernetes kind (`Deployment`, `Pod`, `Service`, `Node`, …), `IPBlock` for addresses outside the cluster, or
/// `UnreadPods` for pods that may exist in namespaces that could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Peer {
    /// Kind.
    pub kind: String,
    /// Namespace, if it has one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Name, if it has one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// How many of its pods are meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pods: Option<PodCount>,
    /// Address ranges of an `IPBlock`: sorted, disjoint, nothing to be carved out of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cidrs: Vec<String>,
    /// What is meant, where no name says it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
}

impl Peer {
    /// Workloads by namespace and name, then pods nobody could read, then addresses, then nodes.
    fn sort_key(&self) -> impl Ord {
        let rank = match self.kind.as_str() {
            "UnreadPods" => 1,
            "IPBlock" => 2,
            "Node" => 3,
            _ => 0,
        };
        (rank, &self.namespace, &self.name, &self.kind, self.pods, &self.cidrs, &self.description)
    }
}

impl PartialOrd for Peer {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Peer {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.sort_key().cmp(&other.sort_key())
    }
}

/// `matched` of `total` pods.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct PodCount {
    /// Pods the statement holds for.
    pub matched: usize,
    /// Pods there are.
    pub total: usize,
}

/// Ports of one protocol: `{protocol: "TCP", ports: "80,8000-8080"}`, `ports: "*"` for all of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub struct PortRange {
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
    /// Numbers and ranges, ascending, joined by commas; `*` for all.
    pub ports: String,
}

/// A rule of a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub struct RuleRef {
    /// `NetworkPolicy`, `AdminNetworkPolicy`, `BaselineAdminNetworkPolicy` or `ClusterNetworkPolicy`.
    pub kind: String,
    /// Namespace of the policy; absent for cluster-wide ones.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Name of the policy.
    pub name: String,
    /// Which list of rules.
    pub direction: Direction,
    /// Position in that list, from zero.
    pub rule: usize,
}
