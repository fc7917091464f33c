//! Where objects come from: a live API server, a snapshot, manifests. All hand over the same [`Collected`].

pub mod decode;
pub mod live;
pub mod manifests;
pub mod snapshot;
pub mod words;

use std::collections::{BTreeMap, BTreeSet};

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

/// What a command reads at most: `rbac` prints it, and a session of a debug build holds the command to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// Kinds that are listed in all namespaces, if that is permitted.
    pub lists: BTreeSet<Resource>,
    /// Kinds of which only the objects in kube-system matter.
    pub system: BTreeSet<Resource>,
    /// Whether it opens ways to ports of pods in kube-system.
    pub port_forward: bool,
    /// Whether it is told when the lists change.
    pub watch: bool,
}

impl Reads {
    /// Lists of these kinds.
    pub fn lists(kinds: impl IntoIterator<Item = Resource>) -> Self {
        Self { lists: kinds.into_iter().collect(), ..Self::default() }
    }

    /// And of these kinds what is in kube-system.
    #[must_use]
    pub fn of_system(mut self, kinds: impl IntoIterator<Item = Resource>) -> Self {
        self.system.extend(kinds);
        self
    }

    /// And through port-forward.
    #[must_use]
    pub fn through_port_forward(mut self) -> Self {
        self.port_forward = true;
        self
    }

    /// And is told when they change.
    #[must_use]
    pub fn watched(mut self) -> Self {
        self.watch = true;
        self
    }

    /// Both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.lists.extend(other.lists);
        self.system.extend(other.system);
        self.port_forward |= other.port_forward;
        self.watch |= other.watch;
        self
    }

    /// A kind that is needed and not among these.
    pub fn lack(&self, needs: &Needs) -> Option<Resource> {
        let mut all = needs.resources.iter().filter(|kind| !self.lists.contains(kind));
        let mut system = needs.system.iter().filter(|kind| !self.lists.contains(kind) && !self.system.contains(kind));
        all.next().or_else(|| system.next()).copied()
    }
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

    /// The same, with the headers that were sent and those that came, as kubectl's `-v=8` prints them. No credential is among them.
    fn request_with_headers(&self, line: &str, sent: &[String], came: &[String]) {
        let _ = (sent, came);
        self.request(line);
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
