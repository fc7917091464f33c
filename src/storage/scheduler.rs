//! How the scheduler decides for a pod's claims, node by node: the filters of volumebinding.
//!
//! Source: `pkg/scheduler/framework/plugins/volumebinding/binder.go`, `FindPodVolumes`.

use super::facts::{BIND_COMPLETED, Facts, NO_PROVISIONER, SELECTED_NODE};
use crate::objects::{Node, PersistentVolume, PersistentVolumeClaim, Quantity, Resource, Truth};

/// Why the volumes of a pod keep it from a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeReason {
    /// Name of the claim it is about.
    pub claim: String,
    /// What is wrong with it there.
    pub why: Why,
}

/// What is wrong with a claim on a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It is bound to this volume, which does not exist.
    VolumeMissing(String),
    /// It is bound to this volume, which cannot be used there.
    VolumeElsewhere(String),
    /// It is to be provisioned for this other node.
    SelectedElsewhere(String),
    /// Its class has volumes made by hand, and none fits there.
    NoVolume,
    /// Its class does not allow the node's place.
    Topology,
    /// There is not enough room.
    NoSpace,
    /// It has no class.
    NoClass,
    /// Its class does not exist.
    ClassMissing,
}

/// What the scheduler makes of a node.
#[derive(Debug, Default)]
pub struct Placement<'a> {
    /// What keeps the pod away; empty: its volumes do not.
    pub reasons: Vec<NodeReason>,
    /// Claims and the volumes they would be bound to.
    pub bindings: Vec<(&'a PersistentVolumeClaim, &'a PersistentVolume)>,
    /// Claims that would be provisioned.
    pub provisions: Vec<&'a PersistentVolumeClaim>,
}

/// How the scheduler sorts a pod's claims.
#[derive(Debug, Default)]
pub struct Sorted<'a> {
    /// Bound for good.
    pub bound: Vec<&'a PersistentVolumeClaim>,
    /// To be bound with the pod.
    pub delayed: Vec<&'a PersistentVolumeClaim>,
    /// To be bound by the controller, before which the pod is not scheduled at all.
    pub immediate: Vec<&'a PersistentVolumeClaim>,
}

/// Rule: a claim is bound if it names a volume and its binding is completed; the phase does not matter.
pub fn fully_bound(claim: &PersistentVolumeClaim) -> bool {
    !claim.spec.volume_name.is_empty() && claim.metadata.annotations.get(BIND_COMPLETED).is_some()
}

/// Sorts claims. Rule: one that names its volume is not delayed, whatever its class.
pub fn sort<'a>(facts: &Facts<'a>, claims: &[&'a PersistentVolumeClaim]) -> Sorted<'a> {
    let mut sorted = Sorted::default();
    for claim in claims {
        if fully_bound(claim) {
            sorted.bound.push(claim);
        } else if claim.spec.volume_name.is_empty() && facts.class_of(claim).waits() {
            sorted.delayed.push(claim);
        } else {
            sorted.immediate.push(claim);
        }
    }
    sorted
}

/// Judges a node for a pod's claims that are bound or delayed.
pub fn place<'a>(facts: &Facts<'a>, claims: &Sorted<'a>, node: &'a Node) -> Placement<'a> {
    let mut placement = Placement::default();
    let labels = &node.metadata.labels;
    // Rule: the first bound claim that does not fit ends the look at bound ones.
    for claim in &claims.bound {
        let wanted = &claim.spec.volume_name;
        let why = match facts.volume(wanted) {
            None => Why::VolumeMissing(wanted.clone()),
            Some(volume) if !volume.usable_on(labels) => Why::VolumeElsewhere(wanted.clone()),
            Some(_) => continue,
        };
        placement.reasons.push(NodeReason { claim: claim.metadata.name.clone(), why });
        break;
    }
    let mut to_provision: Vec<&PersistentVolumeClaim> = Vec::new();
    let mut to_find: Vec<&PersistentVolumeClaim> = Vec::new();
    for claim in &claims.delayed {
        match claim.metadata.annotations.get(SELECTED_NODE) {
            // Rule: a claim selected for another node ends the look at this one.
            Some(selected) if selected != node.metadata.name => {
                let why = Why::SelectedElsewhere(selected.to_owned());
                placement.reasons.push(NodeReason { claim: claim.metadata.name.clone(), why });
                return placement;
            }
            Some(_) => to_provision.push(claim),
            None => to_find.push(claim),
        }
    }
    // Rule: the smallest request first; what one claim takes is gone for the others.
    to_find.sort_by_key(|claim| claim.request().cloned().unwrap_or_default());
    let mut taken: Vec<&str> = Vec::new();
    for claim in to_find {
        match facts.seen.on_node(facts, claim, node, &taken) {
            Some(volume) => {
                taken.push(&volume.metadata.name);
                placement.bindings.push((claim, volume));
            }
            None => to_provision.push(claim),
        }
    }
    // Rule: the first claim that cannot be provisioned ends the look at the rest.
    for claim in to_provision {
        if let Some(why) = cannot_provision(facts, claim, node) {
            placement.reasons.push(NodeReason { claim: claim.metadata.name.clone(), why });
            break;
        }
        placement.provisions.push(claim);
    }
    placement
}

/// Why a claim cannot be provisioned for a node.
fn cannot_provision<'a>(facts: &Facts<'a>, claim: &'a PersistentVolumeClaim, node: &Node) -> Option<Why> {
    let class = facts.class_of(claim);
    if class.name.is_empty() {
        return Some(Why::NoClass);
    }
    let Some(object) = class.object else { return Some(Why::ClassMissing) };
    if object.provisioner.is_empty() || object.provisioner == NO_PROVISIONER {
        return Some(Why::NoVolume);
    }
    if !object.allows(&node.metadata.labels) {
        return Some(Why::Topology);
    }
    (!has_room(facts, claim, class.name, &object.provisioner, node)).then_some(Why::NoSpace)
}

/// Whether a driver that tells how much room it has has enough there. Rule: no limit told is no room.
fn has_room(facts: &Facts<'_>, claim: &PersistentVolumeClaim, class: &str, provisioner: &str, node: &Node) -> bool {
    let Some(request) = claim.request() else { return true };
    let tells = facts.driver(provisioner).is_some_and(|driver| driver.spec.storage_capacity == Some(true));
    if !tells || !facts.knows(Resource::CsiStorageCapacities, None) {
        return true;
    }
    facts.inventory.objects.storage_capacities.iter().any(|capacity| {
        let limit = capacity.maximum_volume_size.as_ref().or(capacity.capacity.as_ref());
        capacity.storage_class_name == class
            && limit.is_some_and(|limit| limit.value() >= request.value())
            && capacity.node_topology.as_ref().is_some_and(|nodes| nodes.matches(&node.metadata.labels) == Truth::Yes)
    })
}

/// The most room that a driver tells of for a node.
pub(super) fn room(facts: &Facts<'_>, class: &str, node: &Node) -> Option<Quantity> {
    let here = facts.inventory.objects.storage_capacities.iter().filter(|capacity| {
        capacity.storage_class_name == class
            && capacity.node_topology.as_ref().is_some_and(|nodes| nodes.matches(&node.metadata.labels) == Truth::Yes)
    });
    here.filter_map(|capacity| capacity.maximum_volume_size.as_ref().or(capacity.capacity.as_ref())).max().cloned()
}
