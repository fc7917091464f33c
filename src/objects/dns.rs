//! What a pod says about names: `dnsPolicy`, `dnsConfig` and `hostAliases`.

use serde::{Deserialize, Deserializer};

use super::meta::null_default;

/// `spec.dnsPolicy` of a Pod.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum DnsPolicy {
    /// The cluster's server; on the host network that of the node. Also when empty.
    #[default]
    ClusterFirst,
    /// The cluster's server, on the host network, too.
    ClusterFirstWithHostNet,
    /// What the node has.
    Default,
    /// Only what `dnsConfig` says.
    None,
    /// A word that the API server would refuse.
    Invalid,
}

impl<'de> Deserialize<'de> for DnsPolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
        Ok(match word.as_str() {
            "" | "ClusterFirst" => Self::ClusterFirst,
            "ClusterFirstWithHostNet" => Self::ClusterFirstWithHostNet,
            "Default" => Self::Default,
            "None" => Self::None,
            _ => Self::Invalid,
        })
    }
}

/// `spec.dnsConfig` of a Pod.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct DnsConfig {
    /// Addresses of servers.
    #[serde(deserialize_with = "null_default")]
    pub nameservers: Vec<String>,
    /// Domains to be tried.
    #[serde(deserialize_with = "null_default")]
    pub searches: Vec<String>,
    /// Options of the resolver.
    #[serde(deserialize_with = "null_default")]
    pub options: Vec<DnsOption>,
}

/// One of `spec.dnsConfig.options`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct DnsOption {
    /// Name, such as `ndots`.
    #[serde(deserialize_with = "null_default")]
    pub name: String,
    /// Value; empty if it has none.
    #[serde(deserialize_with = "null_default")]
    pub value: String,
}

/// One of `spec.hostAliases`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct HostAlias {
    /// The address.
    #[serde(deserialize_with = "null_default")]
    pub ip: String,
    /// Its names.
    #[serde(deserialize_with = "null_default")]
    pub hostnames: Vec<String>,
}
