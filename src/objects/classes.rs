//! `node.k8s.io/v1` RuntimeClass and `scheduling.k8s.io/v1` PriorityClass: what admission gives pods that name one, or none.

use serde::Deserialize;

use super::meta::null_default;
use super::{Meta, PodSpec, ResourceList};

/// A RuntimeClass.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct RuntimeClass {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// What running a pod takes beside its containers; none: pods of it may not state any.
    pub overhead: Option<Overhead>,
}

impl RuntimeClass {
    /// Whether pods of this spec are refused: they state overhead, and not that of the class.
    pub fn refuses(&self, spec: &PodSpec) -> bool {
        let own = self.overhead.as_ref().map(|overhead| &overhead.pod_fixed);
        !spec.overhead.is_empty() && own != Some(&spec.overhead)
    }
}

/// `overhead` of a RuntimeClass.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Overhead {
    /// For each pod.
    #[serde(deserialize_with = "null_default")]
    pub pod_fixed: ResourceList,
}

/// A PriorityClass.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PriorityClass {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// The priority of its pods.
    #[serde(deserialize_with = "null_default")]
    pub value: i64,
    /// Whether pods that name no class are of this one.
    #[serde(deserialize_with = "null_default")]
    pub global_default: bool,
}
