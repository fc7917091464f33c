//! Objects that select pods by labels and are asked nothing else: ReplicationController and PodDisruptionBudget.

use serde::Deserialize;

use super::meta::null_default;
use super::{LabelSelector, Labels, Meta};

/// A `v1` ReplicationController.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct ReplicationController {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// Specification.
    #[serde(deserialize_with = "null_default")]
    pub spec: ReplicationControllerSpec,
}

/// `spec` of a ReplicationController.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct ReplicationControllerSpec {
    /// Labels of its pods; empty: it has none.
    #[serde(deserialize_with = "null_default")]
    pub selector: Labels,
}

/// A `policy/v1` PodDisruptionBudget.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct DisruptionBudget {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// Specification.
    #[serde(deserialize_with = "null_default")]
    pub spec: DisruptionBudgetSpec,
}

/// `spec` of a PodDisruptionBudget.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct DisruptionBudgetSpec {
    /// Its pods; absent: none, empty: all of the namespace.
    pub selector: Option<LabelSelector>,
}
