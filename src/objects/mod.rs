//! Kubernetes objects as the questions need them: lean structs that skip every field nobody asks about.
//!
//! They decode from the API server's JSON, from a snapshot and (through `serde_json::Value`) from manifests, always to
//! the same values. `null`, absent and empty are the same wherever Kubernetes treats them so.

mod cidr;
mod cluster;
mod endpoints;
mod meta;
mod network;
mod pod;
mod resource;
mod selector;
mod service;
mod workload;

pub use cidr::{Address, Cidr, CidrError, Family};
pub use cluster::{ClusterPeer, ClusterPolicy, ClusterPolicyKind, ClusterPort, ClusterRule, ClusterSubject, NamespaceMatch};
pub use endpoints::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice, TargetRef};
pub use meta::{Labels, Meta, OwnerReference, Unknown};
pub use network::{IntOrString, IpBlock, NetworkPolicy, NetworkPolicySpec, Peer, PolicyPort, Rule};
pub use pod::{Container, ContainerPort, Namespace, Node, Phase, Pod, PodSpec, Protocol};
pub use resource::{POLICY_GROUP, Resource};
pub use selector::{LabelSelector, Requirement, SelectorError, Truth, parse_selector};
pub use service::{Service, ServicePort, ServiceSpec};
pub use workload::{Template, Workload, WorkloadKind};

/// Everything that was read, one list a kind, in no particular order.
#[derive(Debug, Default, Clone)]
pub struct Objects {
    /// `v1` Namespaces.
    pub namespaces: Vec<Namespace>,
    /// `v1` Nodes.
    pub nodes: Vec<Node>,
    /// `v1` Pods.
    pub pods: Vec<Pod>,
    /// `v1` Services.
    pub services: Vec<Service>,
    /// `discovery.k8s.io/v1` EndpointSlices.
    pub endpoint_slices: Vec<EndpointSlice>,
    /// `networking.k8s.io/v1` NetworkPolicies.
    pub network_policies: Vec<NetworkPolicy>,
    /// AdminNetworkPolicies, BaselineAdminNetworkPolicies and ClusterNetworkPolicies.
    pub cluster_policies: Vec<ClusterPolicy>,
    /// Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs and CronJobs.
    pub workloads: Vec<Workload>,
}

impl Objects {
    /// Adds everything `other` holds.
    pub fn merge(&mut self, other: Self) {
        self.namespaces.extend(other.namespaces);
        self.nodes.extend(other.nodes);
        self.pods.extend(other.pods);
        self.services.extend(other.services);
        self.endpoint_slices.extend(other.endpoint_slices);
        self.network_policies.extend(other.network_policies);
        self.cluster_policies.extend(other.cluster_policies);
        self.workloads.extend(other.workloads);
    }
}
