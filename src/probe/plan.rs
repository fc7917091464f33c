//! What a probe is going to do, known before anything is touched: where it runs, and what is created for it.

use std::fmt;

use k8s_openapi::api::core::v1::{EphemeralContainer, Pod};
use schemars::JsonSchema;
use serde::Serialize;

/// Seconds that what is created may take to start: an image may have to be pulled.
pub const START: u32 = 60;

/// How checks get into the network of a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lowercase")]
pub enum Way {
    /// A shell in a container of the pod, with the tools it has: leaves nothing.
    Exec,
    /// A container added to the pod: stays listed until the pod is deleted.
    Ephemeral,
    /// A pod with the labels that policies read: is deleted afterwards.
    Pod,
    /// From the API server to the target: passes no NetworkPolicy, so it shows only whether the target answers.
    PortForward,
}

impl Way {
    /// Its name, as in `--via`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exec => "exec",
            Self::Ephemeral => "ephemeral",
            Self::Pod => "pod",
            Self::PortForward => "portforward",
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A container that is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Container {
    /// Namespace of the pod.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// The container.
    pub container: String,
}

/// Where a batch of checks runs, with all that is created for it.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// In a container that is there.
    Exec(Container),
    /// In a container that is added to a pod.
    Ephemeral {
        /// Namespace of the pod.
        namespace: String,
        /// The pod.
        pod: String,
        /// What is added. Its arguments have the batch.
        container: Box<EphemeralContainer>,
    },
    /// In a pod of its own. Its arguments have the batch.
    Pod(Box<Pod>),
}

impl Place {
    /// What is created there, as kubectl would be given it; none: nothing. Of a pod that is there, only what is added.
    pub fn manifest(&self) -> Option<serde_json::Value> {
        match self {
            Self::Exec(_) => None,
            Self::Ephemeral { namespace, pod, container } => Some(serde_json::json!({
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": pod, "namespace": namespace},
                "spec": {"ephemeralContainers": [container]},
            })),
            Self::Pod(pod) => serde_json::to_value(pod).ok(),
        }
    }

    /// The way it takes.
    pub fn way(&self) -> Way {
        match self {
            Self::Exec(_) => Way::Exec,
            Self::Ephemeral { .. } => Way::Ephemeral,
            Self::Pod(_) => Way::Pod,
        }
    }
}

/// Something the API server lets one do or not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub struct Right {
    /// `get`, `create` …
    pub verb: &'static str,
    /// API group; empty for the core group.
    pub group: &'static str,
    /// `pods`, or `pods/exec`.
    pub resource: &'static str,
    /// Where.
    pub namespace: String,
}
