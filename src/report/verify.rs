//! The answer to «do packets do what the policies say», for a whole scope.

use schemars::JsonSchema;
use serde::Serialize;

use super::dns_verify::Verified;
use super::probe::Verdict as Observed;
use super::{ObjectRef, Verdict};

/// `result` of `verify`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verify {
    /// What comes of all that was tried; null: nothing was, it was only planned.
    pub state: Option<Verified>,
    /// Kinds of pods: pods that no policy tells apart are one.
    pub kinds: usize,
    /// Intervals of ports between kinds, each with one verdict: what there is to try.
    pub intervals: usize,
    /// How many of them are tried, or would be.
    pub probes: usize,
    /// How many came out as the policies say.
    pub agreeing: usize,
    /// How many did not.
    pub differing: usize,
    /// What was tried and showed nothing, by reason.
    pub undecided: Vec<Untold>,
    /// What is not tried, by reason.
    pub untried: Vec<Untold>,
    /// The pods that something is tried from, or would be.
    pub sources: Vec<Source>,
    /// What did not come out as the policies say.
    pub disagreements: Vec<Disagreement>,
    /// What would be tried; absent if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned: Option<Vec<Planned>>,
}

/// So many things are not known, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Untold {
    /// What is counted: `probes`, `intervals`, `kinds of pods`.
    pub what: &'static str,
    /// How many.
    pub count: usize,
    /// Why.
    pub reason: String,
}

/// A pod that something is tried from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Source {
    /// The pod.
    pub pod: ObjectRef,
    /// How: `exec`, `ephemeral`, `pod`; null: it was only planned, or there is no way.
    pub way: Option<String>,
    /// How many probes.
    pub probes: usize,
    /// Why none of them was made; null: they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// Something to try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Planned {
    /// The pod that tries.
    pub from: ObjectRef,
    /// The pod that is tried.
    pub to: ObjectRef,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: &'static str,
    /// The port.
    pub port: u16,
    /// The ports it stands for: `1-8079`, `*` for all.
    pub ports: String,
    /// What the policies say.
    pub predicted: Verdict,
}

/// Something that did not come out as the policies say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Disagreement {
    /// What was tried.
    #[serde(flatten)]
    pub tried: Planned,
    /// What came of it.
    pub observed: Observed,
    /// The same in words, with details.
    pub said: String,
    /// What shows that it passed, or was blocked.
    pub shows: String,
}
