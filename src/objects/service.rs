//! `v1` Service.

use serde::Deserialize;

use super::meta::{few, null_default};
use super::{IntOrString, Labels, Meta};

/// A Service.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Service {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// Specification.
    #[serde(deserialize_with = "null_default")]
    pub spec: ServiceSpec,
    /// Status.
    #[serde(deserialize_with = "null_default")]
    pub status: ServiceStatus,
}

/// `spec` of a Service.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceSpec {
    /// `ClusterIP` (also when empty), `NodePort`, `LoadBalancer` or `ExternalName`.
    #[serde(rename = "type", deserialize_with = "null_default")]
    pub kind: String,
    /// Pods behind the Service; empty or absent: EndpointSlices are made by someone else.
    #[serde(deserialize_with = "null_default")]
    pub selector: Labels,
    /// Ports.
    #[serde(deserialize_with = "few")]
    pub ports: Vec<ServicePort>,
    /// Primary virtual address; `None` for a headless Service.
    #[serde(rename = "clusterIP", deserialize_with = "null_default")]
    pub cluster_ip: String,
    /// All virtual addresses.
    #[serde(rename = "clusterIPs", deserialize_with = "few")]
    pub cluster_ips: Vec<String>,
    /// Further addresses nodes accept traffic for.
    #[serde(rename = "externalIPs", deserialize_with = "few")]
    pub external_ips: Vec<String>,
    /// Name an ExternalName Service stands for.
    #[serde(deserialize_with = "null_default")]
    pub external_name: String,
    /// `Cluster` (also when empty) or `Local`.
    #[serde(deserialize_with = "null_default")]
    pub external_traffic_policy: String,
    /// `Cluster` (also when empty) or `Local`.
    #[serde(deserialize_with = "null_default")]
    pub internal_traffic_policy: String,
    /// `None` (also when empty) or `ClientIP`: a source stays with the endpoint that it got first.
    #[serde(deserialize_with = "null_default")]
    pub session_affinity: String,
    /// Whether pods that are not ready count as endpoints.
    #[serde(deserialize_with = "null_default")]
    pub publish_not_ready_addresses: bool,
}

/// One port of a Service.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServicePort {
    /// Name; empty only if it is the single port.
    #[serde(deserialize_with = "null_default")]
    pub name: String,
    /// Port of the Service.
    #[serde(deserialize_with = "null_default")]
    pub port: i64,
    /// Port of the pods: number or name; absent: the same as `port`.
    pub target_port: Option<IntOrString>,
    /// `TCP` (also when empty), `UDP` or `SCTP`.
    #[serde(deserialize_with = "null_default")]
    pub protocol: String,
    /// Port on every node, zero if none.
    #[serde(deserialize_with = "null_default")]
    pub node_port: i64,
}

/// `status` of a Service.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceStatus {
    /// Load balancer.
    #[serde(deserialize_with = "null_default")]
    pub load_balancer: LoadBalancerStatus,
}

/// `status.loadBalancer` of a Service.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct LoadBalancerStatus {
    /// Addresses the load balancer got.
    #[serde(deserialize_with = "few")]
    pub ingress: Vec<LoadBalancerIngress>,
}

/// One address of a load balancer.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct LoadBalancerIngress {
    /// Address; empty if it has a host name.
    #[serde(deserialize_with = "null_default")]
    pub ip: String,
    /// Host name; empty if it has an address.
    #[serde(deserialize_with = "null_default")]
    pub hostname: String,
}

impl Service {
    /// Whether the Service has no virtual address of its own (`clusterIP: None`).
    pub fn is_headless(&self) -> bool {
        self.spec.cluster_ip == "None"
    }

    /// Whether the Service is only another name.
    pub fn is_external_name(&self) -> bool {
        self.spec.kind == "ExternalName"
    }

    /// Virtual, external and load-balancer addresses, as written.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        let virtual_ips = std::iter::once(&self.spec.cluster_ip).chain(&self.spec.cluster_ips);
        let balancer = self.status.load_balancer.ingress.iter().map(|i| &i.ip);
        virtual_ips.chain(&self.spec.external_ips).chain(balancer).map(String::as_str).filter(|ip| !ip.is_empty() && *ip != "None")
    }
}
