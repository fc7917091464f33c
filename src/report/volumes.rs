//! The answer to «why does this pod wait for its volumes».

use schemars::JsonSchema;
use serde::Serialize;

use super::storage::Cause;

/// Pods and their volumes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Volumes {
    /// The pods the question was about, by namespace and name.
    pub pods: Vec<PodAnswer>,
    /// Whether the question was about pods or a workload by name.
    #[serde(skip)]
    pub named: bool,
}

/// What a volume, or a pod as far as its volumes go, comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VolumeState {
    /// Mounted, or nothing will keep it from being mounted.
    Ok,
    /// Not mounted yet; nothing is wrong that shows.
    Waiting,
    /// It will not be mounted until somebody changes something.
    Problem,
    /// Not to be told from what could be read.
    Unknown,
}

/// One pod, or what a template stands for.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodAnswer {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// The workload that runs it, as `Deployment/web`; empty: none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub workload: String,
    /// Its node; null: it has none yet.
    pub node: Option<String>,
    /// `Running`, `Starting` (on its node, without its volumes), `Unscheduled`, `Finished`, or `Template` in manifests.
    pub phase: &'static str,
    /// What it comes to.
    pub state: VolumeState,
    /// What keeps it, first of all; null where nothing is wrong.
    pub cause: Option<Cause>,
    /// What is wrong or good to know and is no matter of one volume.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Cause>,
    /// What the scheduler says of a pod without a node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduler: Option<String>,
    /// Its volumes, as the pod lists them.
    pub volumes: Vec<VolumeAnswer>,
}

/// One volume of a pod.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VolumeAnswer {
    /// Name inside the pod.
    pub name: String,
    /// Its field in the pod: `persistentVolumeClaim`, `ephemeral`, `configMap`, `emptyDir`, …
    pub kind: &'static str,
    /// What it comes to.
    pub state: VolumeState,
    /// The one thing that keeps it from being mounted; null where nothing is wrong.
    pub cause: Option<Cause>,
    /// What else would keep it, once the cause is gone; and what is good to know.
    pub also_would_fail: Vec<Cause>,
    /// Kinds that could not be read and on which the answer depends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
    /// What it is made of: `ConfigMap settings`, `claim data`, `/var/log`.
    pub source: String,
    /// The PersistentVolume behind it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub volume: String,
    /// Where its data lives.
    pub place: String,
    /// What becomes of its data when the pod goes.
    pub after_pod: String,
    /// What becomes of its data when the claim goes; null: it has no claim.
    pub after_claim: Option<String>,
}
