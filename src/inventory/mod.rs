//! What is known of the cluster: objects, sorted and indexed, and what could not be read.
//!
//! The only thing engines read. Built the same way from a live cluster, a snapshot and manifests, so the same objects
//! give the same answer. INVARIANT: every list is sorted by (namespace, name); indices are positions in these lists.

mod build;
mod coverage;
mod group;
mod promised;

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;

pub use build::Collected;
pub use coverage::{Coverage, Scope, State};
pub use group::{Group, GroupKind};

use crate::objects::{EndpointSlice, Keyed, Labels, Objects, PersistentVolumeClaim, Pod, Resource, Service};

/// Label that the API server puts on every namespace.
pub const NAMESPACE_NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Where the objects came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    /// A running API server.
    #[default]
    Live,
    /// A recorded cluster.
    Snapshot,
    /// Files as a user would apply them.
    Manifests,
}

/// A namespace and how much of it is known.
#[derive(Debug, Clone)]
pub struct NamespaceInfo {
    /// Name.
    pub name: String,
    /// Labels, `kubernetes.io/metadata.name` always among them.
    pub labels: Labels,
    /// Whether these are all labels; false where namespaces could not be read.
    pub labels_known: bool,
    /// Whether the namespace's pods are all known.
    pub pods_known: bool,
    /// Whether the namespace's policies are all known.
    pub policies_known: bool,
}

/// A pod, or the pod a workload's template stands for.
#[derive(Debug, Clone)]
pub struct PodInfo {
    /// The object.
    pub pod: Pod,
    /// Position of its namespace in [`Inventory::namespaces`].
    pub namespace: usize,
    /// Position of its workload in [`Inventory::groups`].
    pub group: usize,
    /// Whether it stands for the pods of a template that has none yet.
    pub template: bool,
    /// Whether a stand-in stands for more than one pod: these may be each other's peers.
    pub several: bool,
}

/// Everything known, indexed.
#[derive(Debug, Default)]
pub struct Inventory {
    /// Namespaces, those only seen as the namespace of something included.
    pub namespaces: Vec<NamespaceInfo>,
    /// Pods that have not ended, and stand-ins for templates.
    pub pods: Vec<PodInfo>,
    /// Pods that have ended: no endpoints any more.
    pub finished_pods: Vec<Pod>,
    /// What runs the pods, each pod in exactly one group.
    pub groups: Vec<Group>,
    /// All that was read, each list sorted. Its list of pods is empty: they are in the lists above.
    pub objects: Objects,
    /// What was read and what was not.
    pub coverage: Coverage,
    /// Where from.
    pub origin: Origin,
    /// Version of the API server, such as `v1.36.3`, if one was asked.
    pub cluster_version: Option<String>,
    /// When it was read; the only clock engines may use.
    pub collected_at: Option<Timestamp>,
    namespace_index: BTreeMap<String, usize>,
    pod_index: BTreeMap<(String, String), usize>,
    promised: HashSet<(String, String)>,
}

impl Inventory {
    /// Position of a namespace.
    pub fn namespace(&self, name: &str) -> Option<usize> {
        self.namespace_index.get(name).copied()
    }

    /// Position of a pod that has not ended.
    pub fn pod(&self, namespace: &str, name: &str) -> Option<usize> {
        self.pod_index.get(&(namespace.to_owned(), name.to_owned())).copied()
    }

    /// Whether a claim is in no file, and a StatefulSet among the files will make it.
    pub fn is_promised(&self, claim: &PersistentVolumeClaim) -> bool {
        !self.promised.is_empty() && self.promised.contains(&(claim.metadata.namespace.clone(), claim.metadata.name.clone()))
    }

    /// A service by name.
    pub fn service(&self, namespace: &str, name: &str) -> Option<&Service> {
        let at = self.objects.services.binary_search_by(|s| s.metadata.key().cmp(&(namespace, name))).ok()?;
        self.objects.services.get(at)
    }

    /// A ConfigMap by name.
    pub fn config_map(&self, namespace: &str, name: &str) -> Option<&Keyed> {
        keyed(&self.objects.config_maps, namespace, name)
    }

    /// A Secret by name.
    pub fn secret(&self, namespace: &str, name: &str) -> Option<&Keyed> {
        keyed(&self.objects.secrets, namespace, name)
    }

    /// The slices of a Service.
    pub fn slices_of<'a>(&'a self, service: &'a Service) -> impl Iterator<Item = &'a EndpointSlice> {
        self.objects.endpoint_slices.iter().filter(move |slice| {
            slice.metadata.namespace == service.metadata.namespace && slice.service_name() == Some(&service.metadata.name)
        })
    }

    /// Positions of the pods of a group.
    pub fn pods_of(&self, group: usize) -> &[usize] {
        self.groups.get(group).map_or(&[], |g| &g.pods)
    }

    /// The minor release of the cluster: 36 of `v1.36.3`; none: not told.
    pub fn minor_release(&self) -> Option<u32> {
        let digits: String = self.cluster_version.as_deref()?.split('.').nth(1)?.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    }

    /// Whether there may be namespaces nobody told us of.
    pub fn namespaces_complete(&self) -> bool {
        self.coverage.is_complete(Resource::Namespaces, None)
    }

    /// Whether there may be pods in namespaces of which we know nothing.
    pub fn pods_complete(&self) -> bool {
        self.coverage.is_complete(Resource::Pods, None) || (self.namespaces_complete() && self.namespaces.iter().all(|n| n.pods_known))
    }
}

fn keyed<'a>(list: &'a [Keyed], namespace: &str, name: &str) -> Option<&'a Keyed> {
    let at = list.binary_search_by(|o| o.metadata.key().cmp(&(namespace, name))).ok()?;
    list.get(at)
}
