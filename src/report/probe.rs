//! The answer to «does it really connect», layer by layer: from the name to the packet.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ObjectRef, PortRange};

/// `result` of `probe`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    /// One for each pod that was probed from and each target and port, in the order in which they were asked about.
    pub connections: Vec<Probed>,
}

/// One source, one target, one port.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Probed {
    /// The pod in whose network the checks ran.
    pub from: ObjectRef,
    /// How they got there: `exec`, `ephemeral`, `pod`, `portforward`.
    pub way: &'static str,
    /// The target: `shop/svc/payments`, `10.0.0.1`, `https://db.example.com/`.
    pub target: String,
    /// The port that was asked about; absent for a name that was looked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<PortRange>,
    /// Whether it connects.
    pub state: ProbeState,
    /// The first thing that is not as it should be, or that it connects, in one clause.
    pub said: String,
    /// Whether what was observed is what policies predict.
    pub agreement: Agreement,
    /// What it means if they differ, or why they are not compared.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub agreement_reason: String,
    /// From the name to the packet.
    pub layers: Vec<Layer>,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProbeState {
    /// It works.
    Ok,
    /// It cannot be told.
    Unknown,
    /// It does not work.
    Fail,
}

/// Whether what was observed is what policies predict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Agreement {
    /// It is.
    Agrees,
    /// It is not.
    Differs,
    /// One of the two is not known, or does not speak of the other.
    NotCompared,
}

/// Part of the way to a target.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Layer {
    /// Which part.
    pub layer: LayerName,
    /// How it is.
    pub state: ProbeState,
    /// What was found, or why it is not known.
    pub said: String,
    /// Verdicts of the checks it rests on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<ProbeCheck>,
    /// Findings about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<&'static str>,
}

/// The parts of the way to a target, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LayerName {
    /// The name, as the source looks it up.
    Name,
    /// The Service and its port.
    Service,
    /// What is behind the Service.
    Endpoints,
    /// The target pod.
    Pod,
    /// The port of the pods that the Service's port leads to.
    TargetPort,
    /// Whether the pod has a socket there.
    Listening,
    /// What the policies say.
    Predicted,
    /// What came of connecting to pods.
    PodAddress,
    /// What came of connecting to the address of the Service.
    ServiceAddress,
    /// What came of connecting to an address that is neither.
    Address,
}

/// One check and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProbeCheck {
    /// `tcp,10.0.0.1,80`: what was tried, at what.
    pub check: String,
    /// What came of it.
    pub verdict: Verdict,
    /// What else there is to say: a status, addresses, an error in the words of the system.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// How many attempts were made.
    pub attempts: u8,
    /// Milliseconds that the last one took.
    pub milliseconds: u32,
}

/// What came of a check, after as many equal results in a row as the probe was told to want.
///
/// The words are those of the wire, see [`crate::probe::wire`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// TCP or SCTP: connected.
    Connected,
    /// HTTP: there is a status; the detail tells it.
    HttpStatus,
    /// A name has addresses; the detail tells them.
    Resolved,
    /// A datagram was answered.
    UdpAnswered,
    /// ICMP «port unreachable» for a datagram: it came to a host that has no such port (or to a rule that says so).
    UdpUnreachable,
    /// Nothing came back for a datagram.
    UdpSilent,
    /// Connection refused by a TCP reset.
    RefusedRst,
    /// Connection refused by ICMP «port unreachable».
    RefusedIcmpPort,
    /// ICMP «host unreachable», from a router or a rule.
    RefusedIcmpHost,
    /// ICMP «network unreachable», from a router or a rule.
    RefusedIcmpNet,
    /// ICMP «administratively prohibited», from a rule.
    RefusedIcmpProhibited,
    /// Refused, by a tool that does not tell how.
    Refused,
    /// Nothing came back in time.
    TimedOut,
    /// The pod has no route to the address, or no neighbour answers for it.
    NoRoute,
    /// The pod's own network stack rejected it: a local rule.
    LocalReject,
    /// Unreachable, by a tool that does not tell whether that is a route or a rule.
    Unreachable,
    /// Connected, and reset or closed before a byte came back.
    Reset,
    /// Connected, and no TLS was agreed upon; the detail tells why.
    TlsError,
    /// Connected, and what came back is no HTTP, or nothing in time; the detail tells which.
    NoHttp,
    /// The name does not exist.
    NxDomain,
    /// The name exists, without addresses.
    NoData,
    /// The server of names failed or refused.
    ServFail,
    /// No server of names answered in time.
    DnsTimeout,
    /// Different results in turn; the detail counts them.
    Flapping,
    /// The check could not be run: no tool, no socket of that kind, a result that was lost. Says nothing about the network.
    CouldNotRun,
}
