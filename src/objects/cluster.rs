//! `policy.networking.k8s.io`: AdminNetworkPolicy and BaselineAdminNetworkPolicy (v1alpha1, in both of its schemas, rule 44)
//! and ClusterNetworkPolicy (v1alpha2), decoded to one shape.
//!
//! The kinds differ in spelling more than in meaning. What is written stays as it is written where a meaning is to be found
//! in it (actions, tiers, protocols are texts); only the place of a field is settled here. A field that the kind, or the
//! direction, does not have is unknown, as it is to the API server.

use serde::Deserialize;
use serde::de::Deserializer;

use super::meta::null_default;
use super::{LabelSelector, Labels, Meta, Requirement, Unknown};

/// The kinds of cluster-wide policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClusterPolicyKind {
    /// `policy.networking.k8s.io/v1alpha1` AdminNetworkPolicy.
    Admin,
    /// `policy.networking.k8s.io/v1alpha1` BaselineAdminNetworkPolicy.
    Baseline,
    /// `policy.networking.k8s.io/v1alpha2` ClusterNetworkPolicy.
    Cluster,
}

impl ClusterPolicyKind {
    /// Kind as in objects.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "AdminNetworkPolicy",
            Self::Baseline => "BaselineAdminNetworkPolicy",
            Self::Cluster => "ClusterNetworkPolicy",
        }
    }
}

/// A cluster-wide policy.
#[derive(Debug, Clone)]
pub struct ClusterPolicy {
    /// Its kind.
    pub kind: ClusterPolicyKind,
    /// Metadata.
    pub metadata: Meta,
    /// `spec.tier` of a ClusterNetworkPolicy: `Admin` or `Baseline`.
    pub tier: String,
    /// `spec.priority`, lower first; a BaselineAdminNetworkPolicy has none.
    pub priority: Option<i64>,
    /// Whom it is about.
    pub subject: ClusterSubject,
    /// Ingress rules in their order.
    pub ingress: Vec<ClusterRule>,
    /// Egress rules in their order.
    pub egress: Vec<ClusterRule>,
    /// Whether it stands for one of a manifest that could not be decoded, so that Kubernetes refuses it.
    pub undecodable: bool,
}

/// `spec.subject`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterSubject {
    /// All pods of some namespaces.
    Namespaces(LabelSelector),
    /// Some pods of some namespaces.
    Pods {
        /// Namespaces.
        namespaces: LabelSelector,
        /// Pods in them.
        pods: LabelSelector,
    },
    /// Nothing that we know, or more than one thing.
    Unreadable,
}

/// One rule: what happens to connections with any of the peers on any of the ports.
#[derive(Debug, Default, Clone)]
pub struct ClusterRule {
    /// Its name, if it has one.
    pub name: String,
    /// `Allow` (`Accept` in a ClusterNetworkPolicy), `Deny` or `Pass`.
    pub action: String,
    /// `from` or `to`; must not be empty.
    pub peers: Vec<ClusterPeer>,
    /// `ports` or `protocols`; empty: whatever the port.
    pub ports: Vec<ClusterPort>,
    /// Fields we do not know.
    pub unknown: Vec<String>,
}

/// One entry of `from` or `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterPeer {
    /// All pods of some namespaces.
    Namespaces(NamespaceMatch),
    /// Some pods of some namespaces.
    Pods {
        /// Namespaces.
        namespaces: NamespaceMatch,
        /// Pods in them.
        pods: LabelSelector,
    },
    /// Nodes by their labels, which means their addresses; egress only.
    Nodes(LabelSelector),
    /// Address blocks; egress only.
    Networks(Vec<String>),
    /// Domain names; egress only.
    DomainNames(Vec<String>),
    /// No field that we know: the policy was made for another version of the API (rule 47).
    Nothing,
    /// More than one field, or one we do not know beside one we know.
    Unreadable,
}

/// Which namespaces a peer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamespaceMatch {
    /// Those a selector matches.
    Selected(LabelSelector),
    /// Those with the same values of all these labels as the subject's namespace (early v1alpha1).
    Same(Vec<String>),
    /// Those with all these labels and another value of at least one (early v1alpha1).
    NotSame(Vec<String>),
    /// More than one of these.
    Unreadable,
}

/// One entry of `ports` or `protocols`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterPort {
    /// One number.
    Number {
        /// Protocol; none: TCP.
        protocol: Option<String>,
        /// Number, not yet checked for its range.
        number: i64,
    },
    /// A range, both ends inclusive.
    Range {
        /// Protocol; none: TCP.
        protocol: Option<String>,
        /// First.
        first: i64,
        /// Last.
        last: i64,
    },
    /// Every port of a protocol: `tcp: {}` (rule 50).
    Protocol(&'static str),
    /// A port of the destination pod by its name, of whichever protocol.
    Named(String),
    /// Nothing that we know, or more than one thing.
    Unreadable,
}

impl ClusterPolicy {
    /// Decodes an object of the given kind.
    ///
    /// # Errors
    /// Whatever the decoder says.
    pub fn decode<'de, D: Deserializer<'de>>(kind: ClusterPolicyKind, deserializer: D) -> Result<Self, D::Error> {
        let Wire { metadata, spec } = Wire::deserialize(deserializer)?;
        let rules = |list: Vec<Option<WireRule>>, egress: bool| -> Vec<ClusterRule> {
            list.into_iter().map(|rule| rule.unwrap_or_default().settle(kind, egress)).collect()
        };
        Ok(Self {
            kind,
            metadata,
            tier: spec.tier,
            priority: spec.priority,
            subject: spec.subject.settle(),
            ingress: rules(spec.ingress, false),
            egress: rules(spec.egress, true),
            undecodable: false,
        })
    }
}

/// A policy as written.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wire {
    #[serde(deserialize_with = "null_default")]
    metadata: Meta,
    #[serde(deserialize_with = "null_default")]
    spec: WireSpec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireSpec {
    #[serde(deserialize_with = "null_default")]
    tier: String,
    priority: Option<i64>,
    #[serde(deserialize_with = "null_default")]
    subject: WireSubject,
    #[serde(deserialize_with = "null_default")]
    ingress: Vec<Option<WireRule>>,
    #[serde(deserialize_with = "null_default")]
    egress: Vec<Option<WireRule>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireSubject {
    namespaces: Option<LabelSelector>,
    pods: Option<WirePods>,
    #[serde(flatten)]
    unknown: Unknown,
}

impl WireSubject {
    fn settle(self) -> ClusterSubject {
        match (self.namespaces, self.pods) {
            _ if !self.unknown.is_empty() => ClusterSubject::Unreadable,
            (Some(namespaces), None) => ClusterSubject::Namespaces(namespaces),
            (None, Some(pods)) if pods.namespaces.is_none() => {
                ClusterSubject::Pods { namespaces: pods.namespace_selector.unwrap_or_default(), pods: pods.pod_selector }
            }
            _ => ClusterSubject::Unreadable,
        }
    }
}

/// A rule of any kind and direction.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireRule {
    #[serde(deserialize_with = "null_default")]
    name: String,
    #[serde(deserialize_with = "null_default")]
    action: String,
    from: Option<Vec<Option<WirePeer>>>,
    to: Option<Vec<Option<WirePeer>>>,
    ports: Option<Vec<Option<WirePort>>>,
    protocols: Option<Vec<Option<WireProtocol>>>,
    #[serde(flatten)]
    unknown: Unknown,
}

impl WireRule {
    fn settle(self, kind: ClusterPolicyKind, egress: bool) -> ClusterRule {
        let mut unknown: Vec<String> = self.unknown.into_keys().collect();
        let (peers, foreign) = if egress { (self.to, ("from", self.from.is_some())) } else { (self.from, ("to", self.to.is_some())) };
        let early = kind != ClusterPolicyKind::Cluster;
        let (ports, other): (Vec<ClusterPort>, _) = if early {
            (
                self.ports.unwrap_or_default().into_iter().map(|p| p.unwrap_or_default().settle()).collect(),
                ("protocols", self.protocols.is_some()),
            )
        } else {
            (
                self.protocols.unwrap_or_default().into_iter().map(|p| p.unwrap_or_default().settle()).collect(),
                ("ports", self.ports.is_some()),
            )
        };
        unknown.extend([foreign, other].into_iter().filter(|(_, there)| *there).map(|(name, _)| name.to_owned()));
        let peers = peers.unwrap_or_default().into_iter().map(|peer| peer.unwrap_or_default().settle(early, egress)).collect();
        ClusterRule { name: self.name, action: self.action, peers, ports, unknown }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WirePeer {
    namespaces: Option<WireNamespaces>,
    pods: Option<WirePods>,
    nodes: Option<LabelSelector>,
    #[serde(deserialize_with = "null_default")]
    networks: Vec<String>,
    #[serde(deserialize_with = "null_default")]
    domain_names: Vec<String>,
    #[serde(flatten)]
    unknown: Unknown,
}

impl WirePeer {
    /// `early`: the kind had `sameLabels` once; `egress`: whether nodes, networks and domain names are fields here.
    fn settle(self, early: bool, egress: bool) -> ClusterPeer {
        let mut found: Vec<ClusterPeer> = Vec::new();
        found.extend(self.namespaces.map(|namespaces| ClusterPeer::Namespaces(namespaces.settle(early))));
        found.extend(self.pods.map(|pods| {
            let namespaces = match pods.namespaces {
                Some(namespaces) if early => namespaces.settle(early),
                _ => NamespaceMatch::Selected(pods.namespace_selector.unwrap_or_default()),
            };
            ClusterPeer::Pods { namespaces, pods: pods.pod_selector }
        }));
        let known = found.len();
        found.extend(self.nodes.map(ClusterPeer::Nodes));
        found.extend((!self.networks.is_empty()).then_some(ClusterPeer::Networks(self.networks)));
        found.extend((!self.domain_names.is_empty()).then_some(ClusterPeer::DomainNames(self.domain_names)));
        let foreign = !egress && found.len() > known;
        if !egress {
            found.truncate(known);
        }
        match (found.pop(), found.is_empty()) {
            (None, _) => ClusterPeer::Nothing,
            (Some(only), true) if self.unknown.is_empty() && !foreign => only,
            _ => ClusterPeer::Unreadable,
        }
    }
}

/// A selector of namespaces, or what early v1alpha1 had in its place.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireNamespaces {
    #[serde(deserialize_with = "null_default")]
    match_labels: Labels,
    #[serde(deserialize_with = "null_default")]
    match_expressions: Vec<Requirement>,
    namespace_selector: Option<LabelSelector>,
    same_labels: Option<Vec<String>>,
    not_same_labels: Option<Vec<String>>,
}

impl WireNamespaces {
    fn settle(self, early: bool) -> NamespaceMatch {
        let selector = LabelSelector { match_labels: self.match_labels, match_expressions: self.match_expressions };
        if !early {
            return NamespaceMatch::Selected(selector);
        }
        match (self.namespace_selector, self.same_labels, self.not_same_labels) {
            (None, None, None) => NamespaceMatch::Selected(selector),
            _ if !selector.is_empty() => NamespaceMatch::Unreadable,
            (Some(selector), None, None) => NamespaceMatch::Selected(selector),
            (None, Some(labels), None) => NamespaceMatch::Same(labels),
            (None, None, Some(labels)) => NamespaceMatch::NotSame(labels),
            _ => NamespaceMatch::Unreadable,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WirePods {
    namespace_selector: Option<LabelSelector>,
    #[serde(deserialize_with = "null_default")]
    pod_selector: LabelSelector,
    namespaces: Option<WireNamespaces>,
}

/// A port of v1alpha1.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WirePort {
    port_number: Option<WireNumber>,
    port_range: Option<WireRange>,
    named_port: Option<String>,
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireNumber {
    protocol: Option<String>,
    #[serde(deserialize_with = "null_default")]
    port: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireRange {
    protocol: Option<String>,
    #[serde(deserialize_with = "null_default")]
    start: i64,
    #[serde(deserialize_with = "null_default")]
    end: i64,
}

impl WirePort {
    fn settle(self) -> ClusterPort {
        match (self.port_number, self.port_range, self.named_port) {
            _ if !self.unknown.is_empty() => ClusterPort::Unreadable,
            (Some(one), None, None) => ClusterPort::Number { protocol: one.protocol, number: one.port },
            (None, Some(range), None) => ClusterPort::Range { protocol: range.protocol, first: range.start, last: range.end },
            (None, None, Some(name)) => ClusterPort::Named(name),
            _ => ClusterPort::Unreadable,
        }
    }
}

/// A protocol of v1alpha2.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireProtocol {
    tcp: Option<WireAttributes>,
    udp: Option<WireAttributes>,
    sctp: Option<WireAttributes>,
    #[serde(deserialize_with = "null_default")]
    destination_named_port: String,
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireAttributes {
    destination_port: Option<WireDestination>,
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireDestination {
    number: Option<i64>,
    range: Option<WireRange>,
    #[serde(flatten)]
    unknown: Unknown,
}

impl WireProtocol {
    fn settle(self) -> ClusterPort {
        let by_protocol = [("TCP", self.tcp), ("UDP", self.udp), ("SCTP", self.sctp)];
        let mut found: Vec<ClusterPort> =
            by_protocol.into_iter().filter_map(|(name, written)| written.map(|attributes| attributes.settle(name))).collect();
        found.extend((!self.destination_named_port.is_empty()).then_some(ClusterPort::Named(self.destination_named_port)));
        match (found.pop(), found.is_empty()) {
            (Some(only), true) if self.unknown.is_empty() => only,
            _ => ClusterPort::Unreadable,
        }
    }
}

impl WireAttributes {
    fn settle(self, name: &'static str) -> ClusterPort {
        let protocol = Some(name.to_owned());
        let Some(port) = self.destination_port else {
            return if self.unknown.is_empty() { ClusterPort::Protocol(name) } else { ClusterPort::Unreadable };
        };
        match (port.number, port.range) {
            _ if !self.unknown.is_empty() || !port.unknown.is_empty() => ClusterPort::Unreadable,
            (Some(number), None) => ClusterPort::Number { protocol, number },
            (None, Some(range)) => ClusterPort::Range { protocol, first: range.start, last: range.end },
            _ => ClusterPort::Unreadable,
        }
    }
}
