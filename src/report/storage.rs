//! Answers to the questions about storage.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Confidence, Finding, Severity};

/// Why claims are pending, or of no use.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PvcWhyPending {
    /// Every claim the question was about, by namespace and name; also those that should exist and do not.
    pub claims: Vec<ClaimAnswer>,
    /// Whether the question was about claims by their names.
    #[serde(skip)]
    pub named: bool,
}

/// What a claim comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClaimState {
    /// Bound and of use, or about to be bound.
    Ok,
    /// Nothing is wrong, and somebody else has to move first: a pod, the provisioner.
    Waiting,
    /// It will stay as it is until somebody changes something.
    Problem,
    /// Not to be told from what could be read.
    Unknown,
}

/// One claim.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimAnswer {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// `Pending`, `Bound`, `Lost`, `Terminating`, or `Missing` if it should exist.
    pub phase: String,
    /// What it comes to.
    pub state: ClaimState,
    /// Its class as Kubernetes takes it; empty: none.
    pub class: String,
    /// Where the class comes from: `spec`, `annotation`, `default`, or `none`.
    pub class_from: &'static str,
    /// Size it asks for, as it is written.
    pub request: String,
    /// The volume it is bound to or names.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub volume: String,
    /// The one thing that keeps it from being of use; null where nothing is wrong.
    pub cause: Option<Cause>,
    /// What else would keep it, once the cause is gone; and what is good to know.
    pub also_would_fail: Vec<Cause>,
    /// The volume that Kubernetes would bind now: with one, a pending claim waits for the controller only.
    pub would_bind: Option<String>,
    /// Kinds that could not be read and on which the answer depends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
    /// Volumes and what each fails, the closest first; with `--explain` or for named claims.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
    /// Further volumes that are not listed.
    #[serde(skip_serializing_if = "is_zero")]
    pub candidates_left_out: usize,
    /// Nodes and why the pod's volumes keep it from them; with `--explain` or for named claims that wait for a pod.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<NodeVerdict>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// A finding as the cause of a claim's state; its evidence and remedies are among the findings, with the claim as subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Cause {
    /// Stable code, such as `ST-S02`.
    pub code: &'static str,
    /// Kebab-case name of the code.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// How sure we are.
    pub confidence: Confidence,
    /// One sentence.
    pub message: String,
}

impl From<&Finding> for Cause {
    fn from(finding: &Finding) -> Self {
        Self {
            code: finding.code,
            name: finding.name,
            severity: finding.severity,
            confidence: finding.confidence,
            message: finding.message.clone(),
        }
    }
}

/// A volume, compared with a claim.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// Name.
    pub volume: String,
    /// What must hold.
    pub predicates: Predicates,
    /// The first of them that does not hold; null: the volume fits.
    pub first_failing: Option<&'static str>,
}

/// What must hold of a volume, in the order in which it is shown.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Predicates {
    /// Large enough.
    pub size: Comparison,
    /// Offers the claim's access modes.
    pub access_modes: Comparison,
    /// Of the claim's class.
    pub class: Comparison,
    /// Filesystem or Block.
    pub volume_mode: Comparison,
    /// Selected by the claim.
    pub selector: Comparison,
    /// Of the claim's VolumeAttributesClass.
    pub attributes_class: Comparison,
    /// Available.
    pub phase: Comparison,
    /// Claimed by nobody else.
    pub claim_ref: Comparison,
    /// Not being deleted.
    pub deletion: Comparison,
    /// Usable on some node.
    pub node_affinity: Comparison,
}

impl Predicates {
    /// All of them with their names.
    pub fn all(&self) -> [(&'static str, &Comparison); 10] {
        [
            ("size", &self.size),
            ("accessModes", &self.access_modes),
            ("class", &self.class),
            ("volumeMode", &self.volume_mode),
            ("selector", &self.selector),
            ("attributesClass", &self.attributes_class),
            ("phase", &self.phase),
            ("claimRef", &self.claim_ref),
            ("deletion", &self.deletion),
            ("nodeAffinity", &self.node_affinity),
        ]
    }
}

/// What a volume has, and what the claim wants.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Comparison {
    /// Whether it holds.
    pub holds: bool,
    /// What the volume has.
    pub volume: String,
    /// What the claim wants.
    pub claim: String,
}

/// A node, as the volumes of a claim's pod see it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct NodeVerdict {
    /// Name.
    pub node: String,
    /// Why the pod cannot go there; null: its volumes do not keep it away.
    pub reason: Option<String>,
}
