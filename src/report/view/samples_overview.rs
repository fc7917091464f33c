//! Reports on the storage of a cluster for the tests: one written by hand, others of arbitrary text.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::arbitrary::text;
use super::samples::report;
use crate::report::overview::*;
use crate::report::*;

fn class(name: &str, default: bool, wins: bool, state: ProvisionerState) -> ClassAnswer {
    ClassAnswer {
        name: name.into(),
        provisioner: "disk.example.com".into(),
        migrated_to: None,
        default,
        default_wins: wins,
        binding_mode: "WaitForFirstConsumer".into(),
        reclaim_policy: "Delete".into(),
        expansion: true,
        provisioner_state: state,
        claims: 3,
        volumes: 2,
    }
}

fn lease(of: &'static str, age: u64, alive: bool) -> LeaseAnswer {
    LeaseAnswer {
        of,
        namespace: "disk-system".into(),
        name: "disk-example-com".into(),
        holder: "controller-0".into(),
        age_seconds: Some(age),
        alive: Some(alive),
    }
}

fn backup(name: &str, state: BackupState, reason: &str) -> ClaimBackup {
    ClaimBackup {
        namespace: "shop".into(),
        name: name.into(),
        state,
        by: None,
        last_success: None,
        age_seconds: None,
        reason: reason.into(),
    }
}

pub(super) fn all() -> Vec<(&'static str, Answer)> {
    let result = StorageOverview {
        namespace: None,
        classes: vec![
            class("fast", true, true, ProvisionerState::Alive),
            ClassAnswer {
                provisioner: "kubernetes.io/aws-ebs".into(),
                migrated_to: Some("ebs.csi.aws.com".into()),
                ..class("gp2", true, false, ProvisionerState::Missing)
            },
            ClassAnswer { provisioner: "kubernetes.io/no-provisioner".into(), ..class("manual", false, false, ProvisionerState::ByHand) },
        ],
        drivers: vec![DriverAnswer {
            name: "disk.example.com".into(),
            installed: Some(true),
            in_tree: Vec::new(),
            nodes: vec!["node-1".into(), "node-2".into()],
            not_on: vec!["node-3".into()],
            leases: vec![lease("provisioner", 5, true), lease("attacher", 7200, false)],
            capacities: Some(4),
            volumes: 2,
        }],
        volumes: vec![
            VolumeCount { phase: "Bound".into(), reclaim_policy: "Delete".into(), volumes: 2 },
            VolumeCount { phase: "Released".into(), reclaim_policy: "Retain".into(), volumes: 1 },
        ],
        claims: ClaimCounts {
            total: 4,
            ok: 2,
            waiting: 1,
            problem: 1,
            unknown: 0,
            causes: vec![CauseCount {
                code: "ST-S02",
                name: "volume-too-small",
                severity: Severity::Error,
                claims: vec!["shop/data".into()],
            }],
        },
        released: vec![ReleasedVolume {
            name: "pv-old".into(),
            capacity: "5Gi".into(),
            class: "fast".into(),
            claim: "shop/data".into(),
            claim_exists: Some(true),
            reclaim_policy: "Retain".into(),
            place: "driver disk.example.com, vol-old".into(),
        }],
        backups: Some(Backups {
            tools: vec!["Velero", "VolumeSnapshots"],
            covered: 1,
            not_covered: 2,
            unknown: 1,
            claims: vec![
                ClaimBackup {
                    by: Some(ObjectRef::new("Schedule", "velero", "nightly")),
                    last_success: Some("2026-11-21T02:00:00Z".into()),
                    age_seconds: Some(36_000),
                    ..backup("data", BackupState::Covered, "files, read from pod db-0")
                },
                backup("logs", BackupState::NotCovered, "nothing is set up for it"),
                backup("media", BackupState::NotCovered, "Schedule velero/weekly is paused"),
                backup("queue", BackupState::Unknown, "Schedule velero/nightly took 2 snapshots of 3 volumes"),
            ],
        }),
        unread: Vec::new(),
    };
    vec![("storage", Answer::Storage(report("Storage", result)))]
}

fn any_class() -> BoxedStrategy<ClassAnswer> {
    (text(), text(), option::of(text()), text(), text(), any::<bool>())
        .prop_map(|(name, provisioner, migrated_to, binding_mode, reclaim_policy, default)| ClassAnswer {
            name,
            provisioner,
            migrated_to,
            default,
            binding_mode,
            reclaim_policy,
            ..class("", default, default, ProvisionerState::Stopped)
        })
        .boxed()
}

fn any_driver() -> BoxedStrategy<DriverAnswer> {
    (text(), vec(text(), 0..2), vec(text(), 0..6), vec(text(), 0..6), option::of(0usize..9))
        .prop_map(|(name, in_tree, nodes, not_on, capacities)| DriverAnswer {
            name,
            installed: Some(capacities.is_some()),
            in_tree,
            nodes,
            not_on,
            leases: vec![lease("resizer", 60, true)],
            capacities,
            volumes: 1,
        })
        .boxed()
}

fn any_released() -> BoxedStrategy<ReleasedVolume> {
    (text(), text(), text(), text(), text(), text(), option::of(any::<bool>()))
        .prop_map(|(name, capacity, class, claim, reclaim_policy, place, claim_exists)| ReleasedVolume {
            name,
            capacity,
            class,
            claim,
            claim_exists,
            reclaim_policy,
            place,
        })
        .boxed()
}

fn any_backup() -> BoxedStrategy<ClaimBackup> {
    (text(), text(), text(), text(), option::of(text()), 0..3)
        .prop_map(|(namespace, name, by, reason, last_success, state)| ClaimBackup {
            state: [BackupState::Covered, BackupState::NotCovered, BackupState::Unknown][state as usize],
            by: (state == 0).then(|| ObjectRef::new("Schedule", &namespace, &by)),
            namespace,
            name,
            age_seconds: last_success.is_some().then_some(60),
            last_success,
            reason,
        })
        .boxed()
}

/// An answer of `storage` full of arbitrary text.
pub(super) fn answer() -> BoxedStrategy<Answer> {
    let counts = vec((text(), text()), 0..3);
    let backups = option::of(vec(any_backup(), 0..3));
    (vec(any_class(), 0..3), vec(any_driver(), 0..3), vec(any_released(), 0..3), counts, vec(text(), 0..5), vec(text(), 0..2), backups)
        .prop_map(|(classes, drivers, released, counts, claims, unread, backups)| {
            let backups = backups.map(|claims| Backups { tools: vec!["Velero"], not_covered: claims.len(), claims, ..Backups::default() });
            let volumes = counts.into_iter().map(|(phase, reclaim_policy)| VolumeCount { phase, reclaim_policy, volumes: 7 }).collect();
            let causes = vec![CauseCount { code: "ST-S02", name: "volume-too-small", severity: Severity::Info, claims }];
            let claims = ClaimCounts { total: 5, problem: 5, causes, ..ClaimCounts::default() };
            let namespace = unread.first().cloned();
            Answer::Storage(report("Storage", StorageOverview { namespace, classes, drivers, volumes, claims, released, backups, unread }))
        })
        .boxed()
}
