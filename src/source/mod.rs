//! Where objects come from: a live API server, a snapshot, manifests. All hand over the same [`Collected`].

pub mod decode;
pub mod live;
pub mod manifests;
pub mod snapshot;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use crate::inventory::Collected;
use crate::inventory::Coverage;
use crate::objects::Resource;

/// Where the cluster's DNS and most network plugins run: part of every answer about reachability.
pub const SYSTEM_NAMESPACE: &str = "kube-system";

/// What a question must read.
#[derive(Debug, Clone, Default)]
pub struct Needs {
    /// Kinds, each listed in all namespaces if that is permitted.
    pub resources: Vec<Resource>,
    /// Kinds of which only the objects in kube-system matter.
    pub system: Vec<Resource>,
    /// Namespaces the question names: where the list of all namespaces is forbidden, these are asked one by one.
    pub namespaces: Vec<String>,
}

/// A cluster's objects as the API server sent them: what a snapshot stores.
///
/// Every object has its `apiVersion` and `kind`; `metadata.managedFields`, which no question reads, is left out.
#[derive(Debug, Clone, Default)]
pub struct Recording {
    /// Version of the API server, such as `v1.36.3`, if it told.
    pub cluster_version: Option<String>,
    /// When the last list was read.
    pub collected_at: Timestamp,
    /// What was read and what was not.
    pub coverage: Coverage,
    /// Objects of each kind that was asked for, sorted by namespace and name.
    pub lists: BTreeMap<Resource, Vec<serde_json::Value>>,
}

/// Told how reading goes on, and what is changed: what a user sees while waiting.
pub trait Progress: Send + Sync {
    /// A list is being asked for: `pods`, `pods in shop`.
    fn list_started(&self, what: &str);

    /// `n` objects of the list have come so far, and the server says that this many are still to come.
    fn items(&self, what: &str, n: usize, remaining: Option<u64>);

    /// A request has been answered (or not): one line as kubectl's `-v=6` prints it.
    fn request(&self, line: &str) {
        let _ = line;
    }

    /// Something was made or removed, or the server warns: one line that stays.
    fn notice(&self, line: &str) {
        let _ = line;
    }

    /// Everything has been read.
    fn done(&self);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn list_started(&self, _: &str) {}
    fn items(&self, _: &str, _: usize, _: Option<u64>) {}
    fn done(&self) {}
}
