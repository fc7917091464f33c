//! A pod that is to policies what another one is, and who else would notice it: whoever selects pods by labels.
//!
//! ReplicaSet, ReplicationController, DaemonSet and Job take a pod that their selector matches for one of their own, and end another
//! one for it; a Service that publishes pods that are not ready sends to it: then there must be no such pod. Others see a pod that is
//! never ready and belongs to nobody, which changes nothing for them ([`Noticed`]).
//!
//! Nothing is created that owns the pod: a pod owned by a Job makes a PodDisruptionBudget with a percentage or `maxUnavailable` fail,
//! which then lets no pod be evicted («jobs.batch does not implement the scale subresource»).

mod tell;

use std::collections::BTreeSet;

use crate::inventory::Inventory;
use crate::objects::{LabelSelector, Labels, Meta, Pod, Resource, Truth, WorkloadKind};
use crate::policy::Model;
use crate::policy::compile::PolicyId;
use crate::report::{Direction, Evidence, ObjectRef};

use super::address;
use super::labels::{self, Place, Projection, Reader, Readers};
use super::manifest::{MANAGED_BY, WITHOUT_MESH};

/// Kinds without which nothing is certain about a namespace.
const SELECTING: [Resource; 7] = [
    Resource::Services,
    Resource::ReplicaSets,
    Resource::ReplicationControllers,
    Resource::StatefulSets,
    Resource::DaemonSets,
    Resource::Jobs,
    Resource::PodDisruptionBudgets,
];

/// Kinds that policies have.
const POLICIES: [Resource; 4] =
    [Resource::NetworkPolicies, Resource::AdminNetworkPolicies, Resource::BaselineAdminNetworkPolicies, Resource::ClusterNetworkPolicies];

/// Everything that is to be read before a pod is created.
pub const NEEDS: [Resource; 15] = [
    Resource::Namespaces,
    Resource::Nodes,
    Resource::Pods,
    Resource::NetworkPolicies,
    Resource::AdminNetworkPolicies,
    Resource::BaselineAdminNetworkPolicies,
    Resource::ClusterNetworkPolicies,
    Resource::Services,
    Resource::Deployments,
    Resource::ReplicaSets,
    Resource::ReplicationControllers,
    Resource::StatefulSets,
    Resource::DaemonSets,
    Resource::Jobs,
    Resource::PodDisruptionBudgets,
];

/// A pod to be created that policies do not tell from another one, or from one with given labels, and that harms nobody.
#[derive(Debug, Clone)]
pub struct Clone<'a> {
    /// Its namespace.
    pub namespace: String,
    /// All its labels.
    pub labels: Labels,
    /// The pod it is like.
    pub like: Option<&'a Pod>,
    /// Labels of that pod that have to stay, each with the policy and the field that would notice.
    pub kept: Vec<(String, ObjectRef, String)>,
    /// Labels of that pod that no policy would miss.
    pub dropped: Vec<String>,
    /// The policies that select it.
    pub policies: Vec<ObjectRef>,
    /// The policies that may select it, which cannot be told.
    pub doubtful: Vec<ObjectRef>,
    /// Who else sees it, without harm; empty: nobody.
    pub noticed: Vec<Noticed>,
}

/// Somebody who sees the pod and does nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noticed {
    /// A Service lists it, as not ready.
    Service(Selecting),
    /// A PodDisruptionBudget counts it, never as healthy.
    Budget(Selecting),
    /// A workload that never takes it, whose selector an autoscaler may use.
    Workload(Selecting),
    /// The pod it is like talks through the sidecar of a mesh; it does not.
    Mesh {
        /// The pod.
        pod: ObjectRef,
        /// The list of its containers that has the sidecar.
        field: &'static str,
        /// Its name.
        sidecar: String,
    },
}

/// An object that selects pods, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selecting {
    /// The object.
    pub object: ObjectRef,
    /// Its selector, as kubectl writes it.
    pub selector: String,
}

/// Why no such pod may be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The pod is on the host network: policies see its node.
    HostNetwork(ObjectRef),
    /// What may select it could not be read.
    Unread {
        /// The kind.
        resource: Resource,
        /// Where; everywhere if empty.
        namespace: String,
    },
    /// A controller would take it for one of its own.
    Adopted(Selecting),
    /// A Service would send to it though it is not ready.
    Published(Selecting),
    /// A policy reads a label that every probe has.
    OwnLabel(Box<Evidence>),
    /// A policy has something that nobody can read, and it may be about labels.
    Unreadable(Box<Evidence>),
    /// A policy may tell its address from that of the pod.
    OtherAddress(Box<Evidence>),
}

impl<'a> Clone<'a> {
    /// A pod that policies do not tell from a pod of the inventory, by its position.
    ///
    /// # Errors
    /// Why there must be no such pod, or why nobody can tell.
    pub fn of(model: &Model<'a>, pod: usize) -> Result<Self, Refusal> {
        let inventory = model.inventory;
        let Some(info) = inventory.pods.get(pod) else {
            return Err(Refusal::Unread { resource: Resource::Pods, namespace: String::new() });
        };
        let like = &info.pod;
        let namespace = like.metadata.namespace.as_str();
        if like.spec.host_network {
            return Err(Refusal::HostNetwork(reference(Resource::Pods, &like.metadata)));
        }
        for resource in POLICIES {
            unread(inventory, resource, None)?;
        }
        let readers = Readers::of(model, Some(info.namespace));
        if let Some((policy, place)) = readers.unreadable {
            return Err(Refusal::Unreadable(evidence(model, policy, place.field(policy), "not understood".to_owned())));
        }
        let selecting = selectors(inventory, namespace);
        let unwanted: BTreeSet<&str> = selecting.iter().flat_map(|(_, _, selector)| keys(selector)).collect();
        let projection =
            Projection::of(&readers, &like.metadata.labels, &own_labels(None), &unwanted).map_err(|reader| own_label(model, reader))?;
        if let Some(noticing) = address::noticing(model, like) {
            let field = Place::Peer(Direction::Ingress, noticing.rule).field(noticing.policy);
            return Err(Refusal::OtherAddress(evidence(model, noticing.policy, field, noticing.block.cidr.to_string())));
        }
        let kept = projection.kept.iter().map(|(key, reader)| {
            let policy = labels::reference(model, reader.policy);
            (key.clone(), policy, reader.place.field(reader.policy))
        });
        let kept = kept.collect();
        let mut clone = Self::with(model, namespace, projection.labels)?;
        clone.noticed.extend(mesh(like));
        Ok(Self { like: Some(like), kept, dropped: projection.dropped, ..clone })
    }

    /// A pod with these labels, which need not be those of any pod. What they say of meshes holds.
    ///
    /// # Errors
    /// Why there must be no such pod, or why nobody can tell.
    pub fn of_labels(model: &Model<'a>, namespace: &str, given: &Labels) -> Result<Self, Refusal> {
        let labels = given.with(&own_labels(Some(given)));
        if let Some(reader) = Readers::of(model, model.inventory.namespace(namespace)).telling(given, &labels) {
            return Err(own_label(model, reader));
        }
        Self::with(model, namespace, labels)
    }

    fn with(model: &Model<'a>, namespace: &str, labels: Labels) -> Result<Self, Refusal> {
        for resource in SELECTING {
            unread(model.inventory, resource, Some(namespace))?;
        }
        let noticed = seen(model.inventory, namespace, &labels)?;
        let selecting = labels::selecting(model, model.inventory.namespace(namespace), &labels);
        let (certain, doubtful): (Vec<_>, Vec<_>) = selecting.into_iter().partition(|(_, truth)| *truth == Truth::Yes);
        let names = |list: Vec<(ObjectRef, Truth)>| list.into_iter().map(|(policy, _)| policy).collect();
        Ok(Self {
            namespace: namespace.to_owned(),
            labels,
            like: None,
            kept: Vec::new(),
            dropped: Vec::new(),
            policies: names(certain),
            doubtful: names(doubtful),
            noticed,
        })
    }
}

fn own_label(model: &Model<'_>, reader: &Reader<'_>) -> Refusal {
    Refusal::OwnLabel(evidence(model, reader.policy, reader.place.field(reader.policy), reader.selector.describe()))
}

fn evidence(model: &Model<'_>, policy: PolicyId, field: String, value: String) -> Box<Evidence> {
    Box::new(Evidence { object: labels::reference(model, policy), field, value })
}

/// The labels that every probe has, but those about meshes that are `given`.
fn own_labels(given: Option<&Labels>) -> Labels {
    let wanted = WITHOUT_MESH.iter().filter(|(key, _)| given.is_none_or(|given| given.get(key).is_none()));
    wanted.chain([&MANAGED_BY]).copied().collect()
}

fn unread(inventory: &Inventory, resource: Resource, namespace: Option<&str>) -> Result<(), Refusal> {
    let everywhere =
        || inventory.namespaces_complete() && inventory.namespaces.iter().all(|n| inventory.coverage.is_complete(resource, Some(&n.name)));
    if inventory.coverage.is_complete(resource, namespace) || (namespace.is_none() && resource.namespaced() && everywhere()) {
        return Ok(());
    }
    Err(Refusal::Unread { resource, namespace: namespace.unwrap_or_default().to_owned() })
}

/// What selecting a pod leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leads {
    /// It is taken.
    Adopts,
    /// It is sent to.
    Publishes,
    /// It is listed.
    Lists,
    /// It is counted by a budget.
    Budgets,
    /// It is counted by whoever scales.
    Counts,
}

/// Everything in a namespace that selects pods by labels.
fn selectors(inventory: &Inventory, namespace: &str) -> Vec<(Leads, ObjectRef, LabelSelector)> {
    let objects = &inventory.objects;
    let here = |meta: &Meta| meta.namespace == namespace;
    let mut found = Vec::new();
    for workload in objects.workloads.iter().filter(|w| here(&w.metadata)) {
        let leads = match workload.kind {
            WorkloadKind::ReplicaSet | WorkloadKind::DaemonSet | WorkloadKind::Job => Leads::Adopts,
            // A StatefulSet takes pods with its name and a number only, a Deployment takes none.
            WorkloadKind::StatefulSet | WorkloadKind::Deployment => Leads::Counts,
            WorkloadKind::CronJob => continue,
        };
        let object = ObjectRef::new(workload.kind.name(), namespace, &workload.metadata.name);
        found.extend(workload.selector.clone().map(|selector| (leads, object, selector)));
    }
    let controllers = objects.replication_controllers.iter().filter(|c| here(&c.metadata) && !c.spec.selector.is_empty());
    found.extend(controllers.map(|controller| {
        let object = reference(Resource::ReplicationControllers, &controller.metadata);
        (Leads::Adopts, object, LabelSelector::equalities(&controller.spec.selector))
    }));
    let services = objects.services.iter().filter(|s| here(&s.metadata) && !s.spec.selector.is_empty() && !s.is_external_name());
    found.extend(services.map(|service| {
        let leads = if service.spec.publish_not_ready_addresses { Leads::Publishes } else { Leads::Lists };
        (leads, reference(Resource::Services, &service.metadata), LabelSelector::equalities(&service.spec.selector))
    }));
    let budgets = objects.disruption_budgets.iter().filter(|b| here(&b.metadata));
    found.extend(budgets.filter_map(|budget| {
        Some((Leads::Budgets, reference(Resource::PodDisruptionBudgets, &budget.metadata), budget.spec.selector.clone()?))
    }));
    found
}

/// Who would see a pod with these labels, if nobody is harmed.
fn seen(inventory: &Inventory, namespace: &str, labels: &Labels) -> Result<Vec<Noticed>, Refusal> {
    let mut noticed = Vec::new();
    for (leads, object, selector) in selectors(inventory, namespace) {
        if selector.matches(labels) == Truth::No {
            continue;
        }
        let selecting = Selecting { object, selector: selector.describe() };
        match leads {
            Leads::Adopts => return Err(Refusal::Adopted(selecting)),
            Leads::Publishes => return Err(Refusal::Published(selecting)),
            Leads::Lists => noticed.push(Noticed::Service(selecting)),
            Leads::Budgets => noticed.push(Noticed::Budget(selecting)),
            Leads::Counts => noticed.push(Noticed::Workload(selecting)),
        }
    }
    Ok(noticed)
}

/// Containers of meshes that a pod's traffic goes through.
const SIDECARS: [&str; 4] = ["consul-dataplane", "istio-proxy", "kuma-sidecar", "linkerd-proxy"];

fn mesh(pod: &Pod) -> Option<Noticed> {
    let containers = pod.spec.containers.iter().map(|container| ("spec.containers", &container.name));
    let init_containers = pod.spec.init_containers.iter().map(|container| ("spec.initContainers", &container.name));
    let sidecar = sidecar(pod)?;
    let (field, _) = containers.chain(init_containers).find(|(_, name)| *name == sidecar)?;
    Some(Noticed::Mesh { pod: reference(Resource::Pods, &pod.metadata), field, sidecar: sidecar.to_owned() })
}

fn keys(selector: &LabelSelector) -> impl Iterator<Item = &str> {
    selector.match_labels.iter().map(|(key, _)| key).chain(selector.match_expressions.iter().map(|requirement| requirement.key.as_str()))
}

fn reference(resource: Resource, meta: &Meta) -> ObjectRef {
    ObjectRef::new(resource.kind(), &meta.namespace, &meta.name)
}

/// The container of a mesh that takes every connection of its pod over TCP, whoever it is meant for.
pub fn sidecar(pod: &Pod) -> Option<&str> {
    let mut containers = pod.spec.containers.iter().chain(&pod.spec.init_containers).map(|container| container.name.as_str());
    containers.find(|name| SIDECARS.contains(name))
}
