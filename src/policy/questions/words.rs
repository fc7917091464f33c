//! From positions and ids to the words of a report.

use std::collections::BTreeSet;

use crate::inventory::Inventory;
use crate::policy::compile::{CompiledRule, PolicyId};
use crate::policy::model::{Model, Subject};
use crate::policy::ports::{Bounds, PortsId};
use crate::report::policy::PolicyAge;
use crate::report::{Direction, ObjectRef, Peer, PodCount, PortRange, RuleRef, Verdict};

/// A workload as a peer.
pub fn group_peer(inventory: &Inventory, group: usize, matched: usize, total: usize) -> Peer {
    let Some(group) = inventory.groups.get(group) else { return Peer::default() };
    Peer {
        kind: group.kind.name().to_owned(),
        namespace: group.namespace.clone(),
        name: group.name.clone(),
        pods: Some(PodCount { matched, total }),
        ..Peer::default()
    }
}

/// A reference to a rule.
pub fn rule_ref(inventory: &Inventory, direction: Direction, rule: &CompiledRule) -> RuleRef {
    let ObjectRef { kind, namespace, name } = match rule.policy {
        PolicyId::Network(at) => policy_ref(inventory, at),
        PolicyId::Cluster(at) => cluster_ref(inventory, at),
    };
    RuleRef { kind, namespace, name, direction, rule: rule.index }
}

/// A reference to a cluster-wide policy.
pub fn cluster_ref(inventory: &Inventory, policy: usize) -> ObjectRef {
    inventory.objects.cluster_policies.get(policy).map_or_else(ObjectRef::default, |p| ObjectRef::new(p.kind.name(), "", &p.metadata.name))
}

/// The cluster-wide policies that may deny something to a subject, in tiers that are asked; sorted, each once.
pub fn denying_refs<'s>(model: &Model<'_>, direction: Direction, subjects: impl Iterator<Item = &'s Subject>) -> Vec<ObjectRef> {
    let policies: BTreeSet<usize> = subjects.flat_map(|subject| model.denying(direction, subject)).collect();
    let mut refs: Vec<ObjectRef> = policies.into_iter().map(|position| cluster_ref(model.inventory, position)).collect();
    refs.sort();
    refs
}

/// `ClusterNetworkPolicy a, AdminNetworkPolicy b`, a few of them, then how many more.
pub fn object_list(objects: &[ObjectRef]) -> String {
    let shown: Vec<String> = objects.iter().take(3).map(|object| format!("{} {}", object.kind, object.name)).collect();
    match objects.len().checked_sub(shown.len()) {
        Some(more) if more > 0 => format!("{} and {more} more", shown.join(", ")),
        _ => shown.join(", "),
    }
}

/// Namespace and name of a policy.
pub fn policy_name(inventory: &Inventory, policy: usize) -> (String, String) {
    let meta = inventory.objects.network_policies.get(policy).map(|p| &p.metadata);
    meta.map_or_else(Default::default, |m| (m.namespace.clone(), m.name.clone()))
}

/// A reference to a policy.
pub fn policy_ref(inventory: &Inventory, policy: usize) -> ObjectRef {
    let (namespace, name) = policy_name(inventory, policy);
    ObjectRef { kind: "NetworkPolicy".to_owned(), namespace, name }
}

/// Policies with their ages when the objects were read.
pub fn policy_ages(inventory: &Inventory, subject: &Subject) -> Vec<PolicyAge> {
    let age = |position: &usize| {
        let meta = &inventory.objects.network_policies.get(*position)?.metadata;
        let age_seconds = inventory.collected_at.and_then(|now| meta.age_seconds(now));
        Some(PolicyAge { namespace: meta.namespace.clone(), name: meta.name.clone(), age_seconds })
    };
    subject.policies.iter().filter_map(age).collect()
}

/// `netpol NAMESPACE/NAME`, a few of them, then how many more.
pub fn policy_list(inventory: &Inventory, policies: &[usize]) -> String {
    let shown: Vec<String> = policies
        .iter()
        .take(3)
        .map(|p| {
            let (namespace, name) = policy_name(inventory, *p);
            format!("{namespace}/{name}")
        })
        .collect();
    match policies.len().checked_sub(shown.len()) {
        Some(more) if more > 0 => format!("{} and {more} more", shown.join(", ")),
        _ => shown.join(", "),
    }
}

/// Ports in words.
pub fn ports_of(model: &Model<'_>, ports: PortsId) -> Vec<PortRange> {
    model.ports.describe(ports)
}

/// What a pair of bounds comes to: certain ports first, what is merely possible as unknown.
pub fn verdicts(model: &Model<'_>, bounds: Bounds) -> Vec<(Verdict, PortsId)> {
    let open = model.ports.difference(bounds.possible, bounds.certain);
    let parts = [(Verdict::Allow, bounds.certain), (Verdict::Unknown, open)];
    parts.into_iter().filter(|(_, ports)| !ports.is_none()).collect()
}

/// The same word for all, none if they differ or one is unknown.
pub fn unanimous(values: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut values = values.into_iter();
    let first = values.next()??;
    values.all(|v| v == Some(first)).then_some(first)
}
