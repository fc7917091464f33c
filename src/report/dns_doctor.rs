//! The answer to «what is wrong with the names of this cluster».

use schemars::JsonSchema;
use serde::Serialize;

use super::{ObjectRef, Verdict};

/// What was looked at, and how it is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DnsDoctor {
    /// The pod or workload that was asked about; null: all of the namespace.
    pub subject: Option<ObjectRef>,
    /// The namespace whose pods were looked at; null: all.
    pub namespace: Option<String>,
    /// The worst of the checks.
    pub state: CheckState,
    /// What was looked at, from the servers to the pods.
    pub checks: Vec<Check>,
    /// Workloads with pods that policies keep from the cluster's servers, or may keep.
    pub cut_off: Vec<CutOff>,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CheckState {
    /// It is as it should be.
    Ok,
    /// It cannot be told.
    Unknown,
    /// It is not as it should be.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// `service`, `endpoints`, `servers`, `corefile`, `upstream`, `prediction`, `nodeLocal`, `policies`, `pods`, `services`.
    pub check: &'static str,
    /// How it is.
    pub state: CheckState,
    /// What was found, or what could not be read.
    pub said: String,
    /// Findings about it.
    pub codes: Vec<&'static str>,
}

/// A workload some pods of which do not reach the cluster's servers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CutOff {
    /// The workload, or a pod of its own.
    pub workload: ObjectRef,
    /// Its pods that are cut off, or may be.
    pub pods: usize,
    /// All of its pods that ask these servers.
    pub of: usize,
    /// What they do not reach.
    pub server: String,
    /// Whether they reach it over UDP.
    pub udp: Verdict,
    /// Whether they reach it over TCP.
    pub tcp: Verdict,
    /// Policies that select them, or the servers.
    pub because: Vec<ObjectRef>,
}
