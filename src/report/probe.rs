//! The answer to «does it really connect», layer by layer: from the name to the packet.

use schemars::JsonSchema;
use serde::Serialize;

pub use super::probe_verdict::Verdict;
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
