//! `metrics.k8s.io/v1beta1` PodMetrics: what containers use.

use jiff::Timestamp;
use serde::Deserialize;

use super::meta::{lenient_time, null_default};
use super::{Meta, ResourceList};

/// What a pod used when it was last measured.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct PodMetrics {
    /// Metadata: those of the pod.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// When it was measured.
    #[serde(deserialize_with = "lenient_time")]
    pub timestamp: Option<Timestamp>,
    /// Its containers that run.
    #[serde(deserialize_with = "null_default")]
    pub containers: Vec<ContainerMetrics>,
}

/// What a container used.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct ContainerMetrics {
    /// Its name.
    #[serde(deserialize_with = "null_default")]
    pub name: String,
    /// CPU over a while, and memory: the working set.
    #[serde(deserialize_with = "null_default")]
    pub usage: ResourceList,
}
