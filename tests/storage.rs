//! Causes of claims (those of pods: tests/volumes.rs): each folder of `fixtures/storage` holds objects and what must be said of them, with events and without.
//!
//! `expected.json`: `{"claims": {"ns/name": {"cause": "ST-S02", "also": ["ST-C01"], "state": "problem", "wouldBind": null}}}`; what is not
//! named is not compared, but for the cause. `withoutEvents` says what changes where only an event tells. `origin: manifests` leaves the
//! objects as files; otherwise they are a recorded cluster at noon of 2026-11-21. `unread` lists kinds that may not be read, `absent` kinds
//! that the cluster does not have.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use netstore::inventory::{Coverage, Inventory, Origin, State};
use netstore::objects::{Objects, Resource, Workload};
use netstore::report::Severity;
use netstore::report::storage::ClaimAnswer;
use netstore::source::Collected;
use netstore::source::manifests::{Input, Options, read};
use netstore::storage::{FIRST, LISTS, Question, more_needed, why_pending};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Expected {
    #[serde(default)]
    origin: String,
    #[serde(default)]
    unread: Vec<String>,
    #[serde(default)]
    absent: Vec<String>,
    claims: BTreeMap<String, Claim>,
    #[serde(default)]
    without_events: BTreeMap<String, Claim>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Claim {
    cause: Option<String>,
    #[serde(default)]
    also: Vec<String>,
    state: Option<String>,
    would_bind: Option<String>,
    says: Option<String>,
}

fn folders(below: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/storage").join(below);
    let mut folders: Vec<PathBuf> = fs::read_dir(root).expect("fixtures").map(|entry| entry.expect("an entry").path()).collect();
    // Those of pods (K01 …) are judged in tests/volumes.rs.
    let of_pods = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('K'));
    folders.retain(|path| path.join("objects.yaml").exists() && !of_pods(path));
    folders.sort();
    folders
}

fn collected(folder: &Path, recorded: bool, events: bool) -> Collected {
    let inputs = [Input::Path(folder.join("objects.yaml"))];
    let mut collected = read(&inputs, &Options::default()).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let odd: Vec<&str> = collected.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert!(!recorded || odd.is_empty(), "{}: {odd:?}", folder.display());
    if recorded {
        collected.origin = Origin::Snapshot;
        collected.collected_at = Some("2026-11-21T12:00:00Z".parse().expect("a time"));
    }
    if !events {
        collected.objects.events.clear();
    }
    collected
}

fn check(folder: &Path, expected: &Expected, events: bool, wrong: &mut Vec<String>) {
    let mut collected = collected(folder, expected.origin != "manifests", events);
    collected.coverage = Coverage::complete(&Resource::ALL);
    for resource in Resource::ALL {
        if expected.unread.iter().any(|plural| plural == resource.plural()) {
            collected.coverage.record(resource, None, State::Forbidden);
        }
        if expected.absent.iter().any(|plural| plural == resource.plural()) {
            collected.coverage.record(resource, None, State::NotServed);
        }
    }
    let inventory = Inventory::build(collected);
    let (result, findings) = why_pending(&inventory, &Question { explain: true, ..Question::default() });
    let name = format!("{}{}", folder.file_name().unwrap_or_default().display(), if events { "" } else { " without events" });
    for (key, usual) in &expected.claims {
        let wanted = expected.without_events.get(key).filter(|_| !events).unwrap_or(usual);
        let Some(claim) = result.claims.iter().find(|claim| format!("{}/{}", claim.namespace, claim.name) == *key) else {
            wrong.push(format!("{name}: no claim {key}"));
            continue;
        };
        let mut differs = |what: &str, is: String, should: String| {
            if is != should {
                wrong.push(format!("{name}: {key}: {what} is {is}, should be {should}\n    {}", said(claim)));
            }
        };
        let cause = claim.cause.as_ref().map_or("none", |cause| cause.code);
        differs("cause", cause.to_owned(), wanted.cause.clone().unwrap_or_else(|| "none".to_owned()));
        for also in &wanted.also {
            let there = claim.also_would_fail.iter().any(|cause| cause.code == also);
            differs(&format!("also {also}"), there.to_string(), "true".to_owned());
        }
        if let Some(state) = &wanted.state {
            differs("state", format!("{:?}", claim.state).to_lowercase(), state.clone());
        }
        if let Some(volume) = &wanted.would_bind {
            differs("wouldBind", claim.would_bind.clone().unwrap_or_default(), volume.clone());
        }
        if let Some(part) = &wanted.says {
            let message = claim.cause.as_ref().map_or("", |cause| cause.message.as_str());
            differs("message", message.contains(part.as_str()).to_string(), "true".to_owned());
        }
        // A cause is backed by something a user can look at.
        for cause in claim.cause.iter().chain(&claim.also_would_fail) {
            let finding = findings.iter().find(|f| f.code == cause.code && f.subject.name == claim.name && f.message == cause.message);
            let backed = finding.is_some_and(|finding| !finding.evidence.is_empty());
            differs(&format!("evidence of {}", cause.code), backed.to_string(), "true".to_owned());
        }
    }
}

fn said(claim: &ClaimAnswer) -> String {
    let causes = claim.cause.iter().chain(&claim.also_would_fail).map(|cause| format!("{}: {}", cause.code, cause.message));
    causes.collect::<Vec<_>>().join(" | ")
}

fn expected(folder: &Path) -> Expected {
    let text = fs::read_to_string(folder.join("expected.json")).expect("expected.json");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
}

#[test]
fn every_case_has_its_cause_with_events_and_without() {
    let mut wrong = Vec::new();
    for folder in folders("") {
        let expected = expected(&folder);
        check(&folder, &expected, true, &mut wrong);
        check(&folder, &expected, false, &mut wrong);
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

/// What is odd but well is not accused.
#[test]
fn healthy_clusters_have_no_errors() {
    let folders = folders("healthy");
    assert!(folders.len() >= 40, "{}", folders.len());
    let mut wrong = Vec::new();
    for folder in folders {
        for events in [true, false] {
            let (_, findings) = why_pending(&Inventory::build(collected(&folder, true, events)), &Question::default());
            let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
            wrong.extend(errors.map(|finding| format!("{}: {} {}", folder.display(), finding.code, finding.message)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each code of a cause is told by some fixture.
#[test]
fn every_code_has_a_fixture() {
    let mut told: Vec<&str> = Vec::new();
    for folder in folders("") {
        let expected = expected(&folder);
        let inventory = Inventory::build(collected(&folder, expected.origin != "manifests", true));
        let (_, findings) = why_pending(&inventory, &Question::default());
        told.extend(findings.iter().map(|finding| finding.code));
    }
    let untold: Vec<&str> =
        netstore::storage::findings::all().into_iter().map(|kind| kind.code).filter(|code| !told.contains(code)).collect();
    // What cannot be read is told where something cannot be read.
    // Of pods tests/volumes.rs tells, of backups tests/backups.rs.
    let elsewhere = |code: &str| code.starts_with("ST-K") || code.starts_with("ST-V");
    let untold: Vec<&str> = untold.into_iter().filter(|code| *code != "ST-U01" && !elsewhere(code)).collect();
    assert!(untold.is_empty(), "without a fixture: {untold:?}");
}

/// A question asked twice, in whatever order objects come, has one answer.
#[test]
fn answers_do_not_depend_on_the_order_of_objects() {
    for folder in folders("") {
        let expected = expected(&folder);
        let recorded = expected.origin != "manifests";
        let answer = |turned: bool| {
            let mut collected = collected(&folder, recorded, true);
            if turned {
                collected.objects.claims.reverse();
                collected.objects.volumes.reverse();
                collected.objects.nodes.reverse();
                collected.objects.pods.reverse();
                collected.objects.storage_classes.reverse();
                collected.objects.csi_nodes.reverse();
            }
            let (result, findings) = why_pending(&Inventory::build(collected), &Question { explain: true, ..Question::default() });
            (serde_json::to_string(&result).expect("JSON"), serde_json::to_string(&findings).expect("JSON"))
        };
        assert_eq!(answer(false), answer(true), "{}", folder.display());
    }
}

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
    for folder in folders("") {
        let expected = expected(&folder);
        if expected.origin == "manifests" || !expected.unread.is_empty() {
            continue;
        }
        let question = Question::default();
        let judged = |kinds: &[Resource]| {
            let mut collected = collected(&folder, true, true);
            collected.objects = only(collected.objects, kinds);
            collected.coverage = Coverage::complete(kinds);
            let (result, _) = why_pending(&Inventory::build(collected), &question);
            let cause = |claim: &ClaimAnswer| format!("{}: {}", claim.name, claim.cause.as_ref().map_or("none", |cause| &cause.message));
            result.claims.iter().map(cause).collect::<Vec<_>>()
        };
        let more = more_needed(&only(collected(&folder, true, true).objects, &FIRST), &question);
        let read: Vec<Resource> = FIRST.into_iter().chain(more).take(LISTS).collect();
        let (some, all) = (judged(&read), judged(&Resource::ALL));
        if some != all {
            wrong.push(format!("{}: read {read:?}\n    {some:?}\n    {all:?}", folder.display()));
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}
