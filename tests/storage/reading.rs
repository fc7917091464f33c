//! What is read for an answer about claims: a dozen lists at most, and they are enough.

use netstore::inventory::{Coverage, Inventory};
use netstore::objects::{Objects, Resource, Workload};
use netstore::report::storage::ClaimAnswer;
use netstore::storage::{FIRST, LISTS, Question, more_needed, why_pending};

use super::fixture;

/// Only the lists of these kinds.
fn only(objects: Objects, kinds: &[Resource]) -> Objects {
    fn keep<T>(list: Vec<T>, kinds: &[Resource], resource: Resource) -> Vec<T> {
        if kinds.contains(&resource) { list } else { Vec::new() }
    }
    let of_kind = |w: &Workload| kinds.iter().any(|resource| resource.kind() == w.kind.name());
    Objects {
        pods: keep(objects.pods, kinds, Resource::Pods),
        nodes: keep(objects.nodes, kinds, Resource::Nodes),
        workloads: objects.workloads.into_iter().filter(of_kind).collect(),
        claims: keep(objects.claims, kinds, Resource::PersistentVolumeClaims),
        volumes: keep(objects.volumes, kinds, Resource::PersistentVolumes),
        storage_classes: keep(objects.storage_classes, kinds, Resource::StorageClasses),
        csi_drivers: keep(objects.csi_drivers, kinds, Resource::CsiDrivers),
        csi_nodes: keep(objects.csi_nodes, kinds, Resource::CsiNodes),
        volume_attachments: keep(objects.volume_attachments, kinds, Resource::VolumeAttachments),
        storage_capacities: keep(objects.storage_capacities, kinds, Resource::CsiStorageCapacities),
        attributes_classes: keep(objects.attributes_classes, kinds, Resource::VolumeAttributesClasses),
        leases: keep(objects.leases, kinds, Resource::Leases),
        events: keep(objects.events, kinds, Resource::Events),
        resource_quotas: keep(objects.resource_quotas, kinds, Resource::ResourceQuotas),
        limit_ranges: keep(objects.limit_ranges, kinds, Resource::LimitRanges),
        volume_snapshots: keep(objects.volume_snapshots, kinds, Resource::VolumeSnapshots),
        snapshot_contents: keep(objects.snapshot_contents, kinds, Resource::VolumeSnapshotContents),
        volume_populators: keep(objects.volume_populators, kinds, Resource::VolumePopulators),
        reference_grants: keep(objects.reference_grants, kinds, Resource::ReferenceGrants),
        ..Objects::default()
    }
}

/// A dozen lists at most, chosen by what the claims are, tell what all lists together tell.
#[test]
fn what_is_read_in_two_steps_is_enough() {
    let mut wrong = Vec::new();
    for fixture in fixture::of_claims().iter().filter(|fixture| fixture.is_recorded() && fixture.expected.unread.is_empty()) {
        let question = Question::default();
        let judged = |kinds: &[Resource]| {
            let mut collected = fixture.collected(true);
            collected.objects = only(collected.objects, kinds);
            collected.coverage = Coverage::complete(kinds);
            let (result, _) = why_pending(&Inventory::build(collected), &question);
            let cause = |claim: &ClaimAnswer| format!("{}: {}", claim.name, claim.cause.as_ref().map_or("none", |cause| &cause.message));
            result.claims.iter().map(cause).collect::<Vec<_>>()
        };
        let more = more_needed(&only(fixture.collected(true).objects, &FIRST), |_, _| true);
        let read: Vec<Resource> = FIRST.into_iter().chain(more).take(LISTS).collect();
        let (some, all) = (judged(&read), judged(&Resource::ALL));
        if some != all {
            wrong.push(format!("{}: read {read:?}\n    {some:?}\n    {all:?}", fixture.name()));
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}
