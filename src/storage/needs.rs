//! What is read for an answer about claims: what all depend on, and then what only some need.

use std::collections::HashSet;

use super::facts::{BIND_COMPLETED, NO_PROVISIONER, claims_of, migrated};
use crate::objects::{Objects, PersistentVolumeClaim, Pod, Resource, StorageClass, WorkloadKind};

/// Lists that a question about claims costs at most.
pub const LISTS: usize = 12;
/// Kinds that every answer about claims depends on.
pub const FIRST: [Resource; 8] = [
    Resource::PersistentVolumeClaims,
    Resource::PersistentVolumes,
    Resource::StorageClasses,
    Resource::Pods,
    Resource::Nodes,
    Resource::CsiDrivers,
    Resource::CsiNodes,
    Resource::StatefulSets,
];
/// Kinds that `more_needed` may name.
pub const MORE: [Resource; 14] = [
    Resource::VolumeSnapshots,
    Resource::VolumeSnapshotContents,
    Resource::VolumePopulators,
    Resource::ReferenceGrants,
    Resource::Events,
    Resource::Leases,
    Resource::CsiStorageCapacities,
    Resource::VolumeAttributesClasses,
    Resource::VolumeAttachments,
    Resource::Deployments,
    Resource::Jobs,
    Resource::CronJobs,
    Resource::ResourceQuotas,
    Resource::LimitRanges,
];
/// Kinds that are worth reading for the claims that are meant, what decides most first: where a dozen lists have to do, the last give
/// way. These are quotas and limits, of which an event tells as well, and before these who would start the pod that nobody has started.
pub fn more_needed(objects: &Objects, means: impl Fn(&str, &str) -> bool) -> Vec<Resource> {
    let needs = Needs::new(objects, &means);
    let mut more = needs.sources();
    let incomplete = needs.lacks_claims();
    let growing = || needs.claims.iter().any(|claim| claim.request() > claim.capacity());
    if !needs.unbound.is_empty() || incomplete || growing() {
        more.push(Resource::Events);
    }
    let (idle, waiting): (Vec<&PersistentVolumeClaim>, Vec<_>) = needs.unbound.iter().partition(|claim| needs.is_idle(claim));
    let made = |claims: &[&PersistentVolumeClaim]| claims.iter().any(|claim| needs.provisioner(claim).is_some());
    if made(&waiting) {
        more.push(Resource::Leases);
    }
    let tells = |driver: &str| objects.csi_drivers.iter().any(|d| d.metadata.name == driver && d.spec.storage_capacity == Some(true));
    if needs.unbound.iter().filter_map(|claim| needs.provisioner(claim)).any(tells) {
        more.push(Resource::CsiStorageCapacities);
    }
    if needs.claims.iter().any(|claim| !claim.attributes_class().is_empty()) {
        more.push(Resource::VolumeAttributesClasses);
    }
    if needs.is_limited() {
        more.push(Resource::VolumeAttachments);
    }
    if !idle.is_empty() {
        more.extend([Resource::Deployments, Resource::Jobs, Resource::CronJobs]);
    }
    if incomplete {
        more.extend([Resource::ResourceQuotas, Resource::LimitRanges]);
    }
    if made(&idle) && !more.contains(&Resource::Leases) {
        more.push(Resource::Leases);
    }
    more
}

struct Needs<'a> {
    objects: &'a Objects,
    /// Whether a claim is meant, by namespace and name.
    means: &'a dyn Fn(&str, &str) -> bool,
    /// The claims that are meant.
    claims: Vec<&'a PersistentVolumeClaim>,
    unbound: Vec<&'a PersistentVolumeClaim>,
    /// Claims of pods that have not ended.
    used: HashSet<(&'a str, String)>,
}

impl<'a> Needs<'a> {
    fn new(objects: &'a Objects, means: &'a dyn Fn(&str, &str) -> bool) -> Self {
        let meant = |claim: &&PersistentVolumeClaim| means(&claim.metadata.namespace, &claim.metadata.name);
        let claims: Vec<&PersistentVolumeClaim> = objects.claims.iter().filter(meant).collect();
        let unbound = claims.iter().copied().filter(|claim| claim.metadata.annotations.get(BIND_COMPLETED).is_none()).collect();
        let pods = objects.pods.iter().filter(|pod| !pod.is_finished());
        let used = pods.flat_map(|pod| claims_of(pod).map(|name| (pod.metadata.namespace.as_str(), name))).collect();
        Self { objects, means, claims, unbound, used }
    }

    /// What claims are made of.
    fn sources(&self) -> Vec<Resource> {
        let mut more = Vec::new();
        for claim in &self.unbound {
            let Some(source) = claim.spec.data_source.as_ref().or(claim.spec.data_source_ref.as_ref()) else { continue };
            match source.kind.as_str() {
                "PersistentVolumeClaim" => {}
                "VolumeSnapshot" => more.extend([Resource::VolumeSnapshots, Resource::VolumeSnapshotContents]),
                _ => more.push(Resource::VolumePopulators),
            }
            if source.namespace.as_ref().is_some_and(|namespace| *namespace != claim.metadata.namespace) {
                more.push(Resource::ReferenceGrants);
            }
        }
        more.sort();
        more.dedup();
        more
    }

    fn class(&self, claim: &PersistentVolumeClaim) -> Option<&'a StorageClass> {
        let own = |class: &&StorageClass| class.metadata.name == claim.class() || (!claim.has_class() && class.is_default());
        self.objects.storage_classes.iter().find(own)
    }

    /// Who is to make the volume.
    fn provisioner(&self, claim: &PersistentVolumeClaim) -> Option<&'a str> {
        let class = self.class(claim)?;
        let driver = migrated(&class.provisioner).unwrap_or(&class.provisioner);
        (driver != NO_PROVISIONER).then_some(driver)
    }

    /// Whether the claim waits for a pod that nobody has made.
    fn is_idle(&self, claim: &PersistentVolumeClaim) -> bool {
        let waits = self.class(claim).is_some_and(|class| class.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer"));
        waits && !self.used.contains(&(claim.metadata.namespace.as_str(), claim.metadata.name.clone()))
    }

    /// Whether a StatefulSet has claims that do not exist.
    fn lacks_claims(&self) -> bool {
        let names: HashSet<(&str, &str)> = self.objects.claims.iter().map(|claim| claim.metadata.key()).collect();
        self.objects.workloads.iter().filter(|w| w.kind == WorkloadKind::StatefulSet).any(|set| {
            let namespace = set.metadata.namespace.as_str();
            let end = set.first_ordinal + set.replicas.unwrap_or(1).clamp(0, 10_000);
            set.claim_templates.iter().any(|template| {
                (set.first_ordinal..end).any(|n| {
                    let name = format!("{}-{}-{n}", template.metadata.name, set.metadata.name);
                    !names.contains(&(namespace, name.as_str())) && (self.means)(namespace, &name)
                })
            })
        })
    }

    /// Whether a pod without a node uses a bound claim, and nodes take so many volumes only.
    fn is_limited(&self) -> bool {
        let drivers = self.objects.csi_nodes.iter().flat_map(|node| &node.spec.drivers);
        if !drivers.into_iter().any(|driver| driver.allocatable.count.is_some()) {
            return false;
        }
        let bound: HashSet<(&str, &str)> =
            self.claims.iter().filter(|claim| claim.status.phase == "Bound").map(|claim| claim.metadata.key()).collect();
        let uses = |pod: &Pod| claims_of(pod).any(|name| bound.contains(&(pod.metadata.namespace.as_str(), name.as_str())));
        self.objects.pods.iter().any(|pod| pod.spec.node_name.is_empty() && !pod.is_finished() && uses(pod))
    }
}
