//! The answer to «whom does this node evict or kill first».

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::qos::Class;

/// In which order a node rids itself of pods. Nobody's class is an input of an order of eviction.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QosNode {
    /// Its name.
    pub node: String,
    /// What it runs out of now, as its conditions say: `MemoryPressure`, `DiskPressure`, `PIDPressure`; null: these are not known.
    pub pressures: Option<Vec<String>>,
    /// What the machine has, by resource.
    pub capacity: BTreeMap<String, String>,
    /// What pods may have of it, by resource.
    pub allocatable: BTreeMap<String, String>,
    /// Where evictions begin, unless its kubelet is told otherwise, by signal.
    pub thresholds: BTreeMap<String, String>,
    /// Why nothing is known of what pods use; null: something is.
    pub usage_unknown: Option<String>,
    /// When the oldest of the numbers of use was taken.
    #[schemars(with = "Option<String>")]
    pub measured_at: Option<Timestamp>,
    /// Whether there may be pods on it that could not be read: no rank is certain then, and none is given.
    pub pods_missing: bool,
    /// Who is evicted for memory, the first one first.
    pub memory: Vec<Evictee>,
    /// Who is evicted for disk space and inodes.
    pub disk: Vec<Evictee>,
    /// Who is evicted for process ids.
    pub pids: Vec<Evictee>,
    /// Whom the kernel kills when the machine has no memory left, the first one first.
    pub oom: Vec<Killed>,
    /// Pods that are never evicted.
    pub never: Vec<Spared>,
}

/// A pod that may be evicted.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evictee {
    /// Its place; equal ones cannot be told apart; null: not to be told.
    pub rank: Option<usize>,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Its class, which does not count; null: unknown.
    pub class: Option<Class>,
    /// Its priority.
    pub priority: i32,
    /// What it requests of what is short; empty where nothing can be requested.
    pub request: String,
    /// What it uses of it; null: unknown.
    pub usage: Option<String>,
    /// Whether it uses more than it requests; null: unknown, or of no meaning.
    pub exceeds: Option<bool>,
}

/// A container that may be killed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Killed {
    /// Its place; null: not to be told.
    pub rank: Option<usize>,
    /// Namespace.
    pub namespace: String,
    /// Its pod.
    pub pod: String,
    /// Its name.
    pub container: String,
    /// Class of the pod; null: unknown.
    pub class: Option<Class>,
    /// `oom_score_adj`; null: unknown.
    pub oom_score_adj: Option<i64>,
    /// Memory it uses; null: unknown.
    pub usage: Option<String>,
    /// What the kernel compares, in thousandths of the machine's memory: use and `oom_score_adj`; null: unknown.
    pub score: Option<i64>,
}

/// A pod that is never evicted.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Spared {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Why: it is static, or its priority is a system's.
    pub reason: String,
}
