//! The answer to «what is the smallest change that gives this pod another class».

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::qos::Class;
use super::{Evidence, ObjectRef};

/// How a pod gets a class.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Patch {
    /// The class that is wanted.
    pub want: Class,
    /// The object whose template is to be changed, or the pod itself.
    pub target: ObjectRef,
    /// How many pods the target runs.
    pub pods: i64,
    /// Whether pods that are made now have the class already.
    pub already: bool,
    /// Ways to get there, the smallest first.
    pub ways: Vec<PatchWay>,
    /// Why there is no way, or no command; null: nothing is to be said.
    pub note: Option<String>,
    /// Kinds that could not be read, and might say something against it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
}

/// What changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PatchManner {
    /// Containers; where request and limit differ, the request is raised.
    RaiseRequests,
    /// Containers; where request and limit differ, the limit is lowered.
    LowerLimits,
    /// The resources of the pod as a whole, Kubernetes 1.34 and later, Linux only.
    PodLevel,
}

/// A change that gives the class.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PatchWay {
    /// What changes.
    pub manner: PatchManner,
    /// The numbers that change.
    pub edits: Vec<NumberEdit>,
    /// The command; null: no command does it, see the note.
    pub command: Option<String>,
    /// What each pod requests more (or, with a minus, less), by resource.
    pub requests_added: BTreeMap<String, String>,
    /// Paths of the limits that are lowered, or new: what containers did above them is over.
    pub limits_lowered: Vec<String>,
    /// What speaks against it.
    pub breaks: Vec<Obstacle>,
}

/// A number that changes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct NumberEdit {
    /// The container; null: the pod as a whole.
    pub container: Option<String>,
    /// Path in the target: `spec.template.spec.containers[0].resources.limits.cpu`.
    pub field: String,
    /// As it is; null: not stated.
    pub from: Option<String>,
    /// As it will be; null: taken away.
    pub to: Option<String>,
    /// Whether the amount is only a first guess: nothing in the template tells a better one.
    pub guess: bool,
}

/// Something that speaks against a change.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Obstacle {
    /// A sentence.
    pub message: String,
    /// What shows it.
    pub evidence: Evidence,
}
