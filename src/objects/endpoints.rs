//! `discovery.k8s.io/v1` EndpointSlice.

use serde::Deserialize;

use super::Meta;
use super::meta::{few, null_default};

/// An EndpointSlice: addresses and ports behind a Service.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointSlice {
    /// Metadata; the label `kubernetes.io/service-name` names the Service.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// `IPv4`, `IPv6` or `FQDN`.
    #[serde(deserialize_with = "null_default")]
    pub address_type: String,
    /// Endpoints.
    #[serde(deserialize_with = "few")]
    pub endpoints: Vec<Endpoint>,
    /// Ports of every endpoint of the slice.
    #[serde(deserialize_with = "few")]
    pub ports: Vec<EndpointPort>,
}

/// One endpoint.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Endpoint {
    /// Addresses; consumers use the first.
    #[serde(deserialize_with = "few")]
    pub addresses: Vec<String>,
    /// Conditions.
    #[serde(deserialize_with = "null_default")]
    pub conditions: EndpointConditions,
    /// Its name below that of the Service; empty: its address.
    #[serde(deserialize_with = "null_default")]
    pub hostname: String,
    /// The pod behind it, if one is.
    pub target_ref: Option<TargetRef>,
}

/// `conditions` of an endpoint; absent `ready` counts as ready.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct EndpointConditions {
    /// May receive traffic.
    pub ready: Option<bool>,
    /// Would be ready were it not terminating.
    pub serving: Option<bool>,
    /// Is being deleted.
    pub terminating: Option<bool>,
}

/// Reference to the object behind an endpoint.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct TargetRef {
    /// Usually `Pod`.
    #[serde(deserialize_with = "null_default")]
    pub kind: String,
    /// Namespace.
    #[serde(deserialize_with = "null_default")]
    pub namespace: String,
    /// Name.
    #[serde(deserialize_with = "null_default")]
    pub name: String,
}

/// One port of a slice.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct EndpointPort {
    /// Name of the Service's port.
    #[serde(deserialize_with = "null_default")]
    pub name: String,
    /// Number; absent means all ports.
    pub port: Option<i64>,
    /// `TCP` (also when empty), `UDP` or `SCTP`.
    #[serde(deserialize_with = "null_default")]
    pub protocol: String,
}

impl EndpointSlice {
    /// Name of the Service the slice belongs to.
    pub fn service_name(&self) -> Option<&str> {
        self.metadata.labels.get("kubernetes.io/service-name")
    }
}

impl Endpoint {
    /// Whether the endpoint receives traffic now.
    pub fn is_ready(&self) -> bool {
        self.conditions.ready.unwrap_or(true)
    }
}
