//! `networking.k8s.io/v1` NetworkPolicy.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use super::meta::null_default;
use super::{LabelSelector, Meta, Unknown};

/// A NetworkPolicy as written; nothing is defaulted here.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct NetworkPolicy {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// Specification; absent is the same as empty (selects every pod, isolates ingress).
    #[serde(deserialize_with = "null_default")]
    pub spec: NetworkPolicySpec,
    /// Whether it stands for a policy of a manifest that could not be decoded, so that Kubernetes refuses it: only whom it
    /// was meant for is known, as far as that could be read.
    #[serde(skip)]
    pub undecodable: bool,
}

/// `spec` of a NetworkPolicy.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NetworkPolicySpec {
    /// The pods the policy applies to; empty: all of its namespace.
    #[serde(deserialize_with = "null_default")]
    pub pod_selector: LabelSelector,
    /// `Ingress`, `Egress`; empty means: Ingress, and Egress if there is an egress rule.
    #[serde(deserialize_with = "null_default")]
    pub policy_types: Vec<String>,
    /// Ingress rules.
    #[serde(deserialize_with = "ingress_rules")]
    pub ingress: Vec<Rule>,
    /// Egress rules.
    #[serde(deserialize_with = "egress_rules")]
    pub egress: Vec<Rule>,
}

impl NetworkPolicySpec {
    /// Whether the policy isolates its pods for ingress.
    ///
    /// Source: `SetDefaults_NetworkPolicy`: policyTypes absent means Ingress always.
    pub fn isolates_ingress(&self) -> bool {
        self.policy_types.is_empty() || self.policy_types.iter().any(|t| t == "Ingress")
    }

    /// Whether the policy isolates its pods for egress.
    ///
    /// Source: `SetDefaults_NetworkPolicy`: policyTypes absent means Egress if there is at least one egress rule.
    pub fn isolates_egress(&self) -> bool {
        if self.policy_types.is_empty() { !self.egress.is_empty() } else { self.policy_types.iter().any(|t| t == "Egress") }
    }
}

/// One ingress or egress rule: any of the peers on any of the ports.
#[derive(Debug, Default, Clone)]
pub struct Rule {
    /// `from` or `to`; empty: everyone, external addresses and nodes included.
    pub peers: Vec<Peer>,
    /// Ports; empty: all ports of all protocols.
    pub ports: Vec<PolicyPort>,
    /// Fields we do not know: the rule may mean less than it seems.
    pub unknown: Unknown,
}

/// An ingress rule as written. `to` is no field of it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct IngressRule {
    #[serde(deserialize_with = "null_default")]
    from: Vec<Peer>,
    #[serde(deserialize_with = "null_default")]
    ports: Vec<PolicyPort>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// An egress rule as written. `from` is no field of it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct EgressRule {
    #[serde(deserialize_with = "null_default")]
    to: Vec<Peer>,
    #[serde(deserialize_with = "null_default")]
    ports: Vec<PolicyPort>,
    #[serde(flatten)]
    unknown: Unknown,
}

impl From<IngressRule> for Rule {
    fn from(IngressRule { from, ports, unknown }: IngressRule) -> Self {
        Self { peers: from, ports, unknown }
    }
}

impl From<EgressRule> for Rule {
    fn from(EgressRule { to, ports, unknown }: EgressRule) -> Self {
        Self { peers: to, ports, unknown }
    }
}

fn ingress_rules<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Rule>, D::Error> {
    rules::<IngressRule, D>(d)
}

fn egress_rules<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Rule>, D::Error> {
    rules::<EgressRule, D>(d)
}

/// A `null` rule is an empty rule, as for Go's decoder.
fn rules<'de, W: Into<Rule> + Default + Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Vec<Rule>, D::Error> {
    let written = Option::<Vec<Option<W>>>::deserialize(d)?.unwrap_or_default();
    Ok(written.into_iter().map(|rule| rule.unwrap_or_default().into()).collect())
}

/// One peer: an address block, or pods by one or both selectors.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Peer {
    /// Pods; alone: of the policy's namespace.
    pub pod_selector: Option<LabelSelector>,
    /// Namespaces; alone: all of their pods.
    pub namespace_selector: Option<LabelSelector>,
    /// Addresses.
    pub ip_block: Option<IpBlock>,
    /// Fields we do not know.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// An address block with holes.
#[derive(Debug, Default, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(default)]
pub struct IpBlock {
    /// The block; host bits are allowed and masked.
    #[serde(deserialize_with = "null_default")]
    pub cidr: String,
    /// Blocks carved out of it.
    #[serde(deserialize_with = "null_default")]
    pub except: Vec<String>,
}

/// One entry of `ports`.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyPort {
    /// `TCP`, `UDP` or `SCTP`; absent: TCP.
    pub protocol: Option<String>,
    /// Number or name; absent: all ports of the protocol.
    pub port: Option<IntOrString>,
    /// Last port of a range that starts at the numeric `port`, inclusive.
    pub end_port: Option<i64>,
    /// Fields we do not know.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// A number or a text, as in `port: 80` and `port: http`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IntOrString {
    /// A number, not yet checked for its range.
    Int(i64),
    /// A name.
    Name(String),
}

impl Default for IntOrString {
    fn default() -> Self {
        Self::Int(0)
    }
}

impl fmt::Display for IntOrString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => number.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl<'de> Deserialize<'de> for IntOrString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = IntOrString;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer or a string")
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<IntOrString, E> {
                Ok(IntOrString::Int(number))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<IntOrString, E> {
                i64::try_from(number).map(IntOrString::Int).map_err(|_| E::custom("port number is out of range"))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<IntOrString, E> {
                Ok(IntOrString::Name(text.to_owned()))
            }
        }
        deserializer.deserialize_any(Either)
    }
}
