//! `storage`: what classes, drivers, volumes and claims a cluster has, and who of them is well.

use std::collections::{BTreeMap, BTreeSet};

use super::backup::backups;
use super::causes::{lease_names, lives, shows};
use super::facts::{Facts, NO_PROVISIONER, migrated};
use super::pods::place;
use super::{Question, why_pending};
use crate::inventory::Inventory;
use crate::objects::{Lease, PersistentVolumeClaim, Resource, StorageClass};
use crate::report::Finding;
use crate::report::overview::{
    CauseCount, ClaimCounts, ClassAnswer, DriverAnswer, LeaseAnswer, ProvisionerState, ReleasedVolume, StorageOverview, VolumeCount,
};
use crate::report::storage::{ClaimAnswer, ClaimState};

/// Answers for a cluster, or for the claims of one namespace of it; with the findings behind the causes.
pub fn overview(inventory: &Inventory, namespace: Option<&str>) -> (StorageOverview, Vec<Finding>) {
    let facts = Facts::new(inventory);
    let question = Question { namespace: namespace.map(str::to_owned), ..Question::default() };
    let (pending, mut findings) = why_pending(inventory, &question);
    let (backups, about_backups) = backups(&facts, namespace);
    findings.extend(about_backups);
    let mut unread: Vec<String> =
        [Resource::StorageClasses, Resource::PersistentVolumes, Resource::CsiDrivers, Resource::CsiNodes, Resource::Leases]
            .into_iter()
            .filter(|resource| !facts.knows(*resource, None))
            .chain(
                [Resource::PersistentVolumeClaims]
                    .into_iter()
                    .chain(super::BACKUP_KINDS)
                    .filter(|kind| !inventory.coverage.is_complete(*kind, namespace)),
            )
            .map(Resource::qualified)
            .collect();
    unread.sort();
    let result = StorageOverview {
        namespace: namespace.map(str::to_owned),
        classes: inventory.objects.storage_classes.iter().map(|class| of_class(&facts, class, namespace)).collect(),
        drivers: drivers(&facts),
        volumes: volumes(inventory),
        claims: claims(&pending.claims),
        released: released(&facts),
        backups,
        unread,
    };
    (result, findings)
}

fn of_class(facts: &Facts<'_>, class: &StorageClass, namespace: Option<&str>) -> ClassAnswer {
    let name = class.metadata.name.as_str();
    let here = |claim: &&PersistentVolumeClaim| namespace.is_none_or(|namespace| claim.metadata.namespace == namespace);
    ClassAnswer {
        name: name.to_owned(),
        provisioner: class.provisioner.clone(),
        migrated_to: migrated(&class.provisioner).map(str::to_owned),
        default: class.is_default(),
        default_wins: facts.default_class.is_some_and(|winner| winner.metadata.name == name),
        binding_mode: class.volume_binding_mode.clone().unwrap_or_else(|| "Immediate".to_owned()),
        reclaim_policy: class.reclaim_policy.clone().unwrap_or_else(|| "Delete".to_owned()),
        expansion: class.allow_volume_expansion == Some(true),
        provisioner_state: provisioner(facts, class),
        claims: facts.inventory.objects.claims.iter().filter(here).filter(|claim| facts.class_of(claim).name == name).count(),
        volumes: facts.volumes_of_class(name).count(),
    }
}

fn provisioner(facts: &Facts<'_>, class: &StorageClass) -> ProvisionerState {
    if class.provisioner == NO_PROVISIONER {
        return ProvisionerState::ByHand;
    }
    let driver = migrated(&class.provisioner).unwrap_or(&class.provisioner);
    let leases = facts.leases(&lease_names(driver));
    if let (Some(now), false) = (facts.now, leases.is_empty()) {
        let alive = leases.iter().any(|lease| lives(lease, now));
        return if alive { ProvisionerState::Alive } else { ProvisionerState::Stopped };
    }
    if shows(facts, driver) {
        return ProvisionerState::Installed;
    }
    let known = [Resource::CsiDrivers, Resource::CsiNodes, Resource::Leases].iter().all(|resource| facts.knows(*resource, None));
    // One that is no CSI driver need not show in any object.
    let shows = !driver.contains('/') || driver.starts_with("kubernetes.io/");
    if known && shows { ProvisionerState::Missing } else { ProvisionerState::Unknown }
}

fn drivers(facts: &Facts<'_>) -> Vec<DriverAnswer> {
    let inventory = facts.inventory;
    let mut names: BTreeSet<&str> = inventory.objects.csi_drivers.iter().map(|driver| driver.metadata.name.as_str()).collect();
    names.extend(inventory.objects.csi_nodes.iter().flat_map(|node| &node.spec.drivers).map(|driver| driver.name.as_str()));
    names.extend(inventory.objects.storage_classes.iter().filter_map(|class| migrated(&class.provisioner)));
    names.extend(inventory.objects.volumes.iter().filter_map(|volume| volume.spec.csi.as_ref()).map(|csi| csi.driver.as_str()));
    let mut volumes: BTreeMap<&str, usize> = BTreeMap::new();
    for csi in inventory.objects.volumes.iter().filter_map(|volume| volume.spec.csi.as_ref()) {
        *volumes.entry(&csi.driver).or_default() += 1;
    }
    names
        .into_iter()
        .map(|name| {
            let (on, off): (Vec<_>, Vec<_>) = inventory.objects.csi_nodes.iter().partition(|node| node.driver(name).is_some());
            let named = |nodes: Vec<&crate::objects::CsiNode>| nodes.into_iter().map(|node| node.metadata.name.clone()).collect::<Vec<_>>();
            let classes: Vec<&StorageClass> = inventory
                .objects
                .storage_classes
                .iter()
                .filter(|class| migrated(&class.provisioner).unwrap_or(&class.provisioner) == name)
                .collect();
            let tells = facts.driver(name).is_some_and(|driver| driver.spec.storage_capacity == Some(true));
            let of = |class: &str| classes.iter().any(|known| known.metadata.name == class);
            let mut in_tree: Vec<String> =
                classes.iter().map(|class| class.provisioner.clone()).filter(|provisioner| migrated(provisioner).is_some()).collect();
            in_tree.sort();
            in_tree.dedup();
            DriverAnswer {
                name: name.to_owned(),
                installed: facts.driver(name).map(|_| true).or_else(|| facts.knows(Resource::CsiDrivers, None).then_some(false)),
                in_tree,
                not_on: if on.is_empty() { Vec::new() } else { named(off) },
                nodes: named(on),
                leases: leases(facts, name),
                capacities: tells.then(|| inventory.objects.storage_capacities.iter().filter(|c| of(&c.storage_class_name)).count()),
                volumes: volumes.get(name).copied().unwrap_or_default(),
            }
        })
        .collect()
}

fn leases(facts: &Facts<'_>, driver: &str) -> Vec<LeaseAnswer> {
    let names = lease_names(driver);
    let with = |prefix: &str| names.iter().map(|name| format!("{prefix}{name}")).collect::<Vec<_>>();
    let of = [("provisioner", names.clone()), ("attacher", with("external-attacher-leader-")), ("resizer", with("external-resizer-"))];
    let answer = |of: &'static str, lease: &Lease| LeaseAnswer {
        of,
        namespace: lease.metadata.namespace.clone(),
        name: lease.metadata.name.clone(),
        holder: lease.spec.holder_identity.clone(),
        age_seconds: facts
            .now
            .zip(lease.spec.renew_time)
            .map(|(now, time)| u64::try_from(now.as_second() - time.as_second()).unwrap_or_default()),
        alive: facts.now.map(|now| lives(lease, now)),
    };
    of.into_iter()
        .flat_map(|(of, names)| facts.leases(&names).into_iter().map(move |lease| answer(of, lease)).collect::<Vec<_>>())
        .collect()
}

fn volumes(inventory: &Inventory) -> Vec<VolumeCount> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for volume in &inventory.objects.volumes {
        let phase = if volume.status.phase.is_empty() { "Pending" } else { &volume.status.phase };
        let policy = volume.spec.persistent_volume_reclaim_policy.as_str();
        // Rule: a volume that was made by hand and says nothing is kept.
        *counts.entry((phase, if policy.is_empty() { "Retain" } else { policy })).or_default() += 1;
    }
    let count = |((phase, policy), volumes): ((&str, &str), usize)| VolumeCount {
        phase: phase.to_owned(),
        reclaim_policy: policy.to_owned(),
        volumes,
    };
    counts.into_iter().map(count).collect()
}

fn claims(answers: &[ClaimAnswer]) -> ClaimCounts {
    let of = |state: ClaimState| answers.iter().filter(|claim| claim.state == state).count();
    let mut causes: BTreeMap<&str, CauseCount> = BTreeMap::new();
    for claim in answers {
        let Some(cause) = &claim.cause else { continue };
        let fresh = || CauseCount { code: cause.code, name: cause.name, severity: cause.severity, claims: Vec::new() };
        causes.entry(cause.code).or_insert_with(fresh).claims.push(format!("{}/{}", claim.namespace, claim.name));
    }
    let mut causes: Vec<CauseCount> = causes.into_values().collect();
    causes.sort_by_key(|cause| (cause.severity, std::cmp::Reverse(cause.claims.len()), cause.code));
    ClaimCounts {
        total: answers.len(),
        ok: of(ClaimState::Ok),
        waiting: of(ClaimState::Waiting),
        problem: of(ClaimState::Problem),
        unknown: of(ClaimState::Unknown),
        causes,
    }
}

fn released(facts: &Facts<'_>) -> Vec<ReleasedVolume> {
    let released = facts.inventory.objects.volumes.iter().filter(|volume| volume.status.phase == "Released");
    let answer = |volume: &crate::objects::PersistentVolume| {
        let holder = volume.spec.claim_ref.clone().unwrap_or_default();
        let known = facts.knows(Resource::PersistentVolumeClaims, Some(&holder.namespace));
        ReleasedVolume {
            name: volume.metadata.name.clone(),
            capacity: volume.capacity().map_or_else(String::new, ToString::to_string),
            class: volume.class().to_owned(),
            claim: format!("{}/{}", holder.namespace, holder.name),
            claim_exists: known.then(|| facts.claim(&holder.namespace, &holder.name).is_some()),
            reclaim_policy: volume.spec.persistent_volume_reclaim_policy.clone(),
            place: place(volume),
        }
    };
    released.map(answer).collect()
}
