//! Where objects come from: a live API server, a snapshot, manifests. All hand over the same [`Collected`].

pub mod decode;
pub mod live;
pub mod manifests;
pub mod snapshot;

use std::collections::BTreeMap;

pub use crate::inventory::Collected;
use crate::inventory::Coverage;
use crate::objects::Resource;

/// What a question must read.
#[derive(Debug, Clone, Default)]
pub struct Needs {
    /// Kinds, each listed in all namespaces if that is permitted.
    pub resources: Vec<Resource>,
    /// Namespaces the question names: where the list of all namespaces is forbidden, these are asked one by one.
    pub namespaces: Vec<String>,
}

/// Whole objects as the API server gave them, for a snapshot.
#[derive(Debug, Clone)]
pub struct Recording {
    /// Version of the API server, such as `v1.36.3`.
    pub cluster_version: Option<String>,
    /// When it was read.
    pub collected_at: jiff::Timestamp,
    /// What was read and what was not.
    pub coverage: Coverage,
    /// The items of each list.
    pub lists: BTreeMap<Resource, Vec<serde_json::Value>>,
}
