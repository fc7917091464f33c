//! What is read of a pod that is there: not of what it consists, whose decoder would be a fiftieth of the whole program.

use k8s_openapi::api::core::v1::{PodReadinessGate, PodStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;

/// A pod as the API server has it.
#[derive(Debug, Deserialize)]
pub(super) struct Seen {
    pub(super) metadata: ObjectMeta,
    #[serde(default)]
    pub(super) spec: SeenSpec,
    pub(super) status: Option<PodStatus>,
}

/// What of its specification admission may take away.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct SeenSpec {
    pub(super) readiness_gates: Option<Vec<PodReadinessGate>>,
}

/// A list of them.
#[derive(Debug, Deserialize)]
pub(super) struct SeenList {
    pub(super) items: Vec<Seen>,
}
