//! Causes of pods: each `fixtures/storage/K…` holds objects and what must be said of a pod's volumes, with events and without.
//!
//! `expected.json`: `{"pods": {"ns/name": {"cause": "ST-K09", "also": ["ST-K12"], "state": "problem", "volumes": {"data": "ST-K09"}}}}`; what is
//! not named is not compared, but for the cause. `withoutEvents` says what changes where only an event tells. `unread` lists kinds that
//! may not be read. The objects are a recorded cluster at noon of 2026-11-21.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use netstore::inventory::{Coverage, Inventory, Origin, State};
use netstore::objects::Resource;
use netstore::report::volumes::{PodAnswer, VolumeState};
use netstore::report::{Confidence, Severity};
use netstore::source::Collected;
use netstore::source::manifests::{Input, Options, read};
use netstore::storage::{PodQuestion, volumes};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Expected {
    #[serde(default)]
    unread: Vec<String>,
    pods: BTreeMap<String, Pod>,
    #[serde(default)]
    without_events: BTreeMap<String, Pod>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Pod {
    cause: Option<String>,
    #[serde(default)]
    also: Vec<String>,
    state: Option<String>,
    says: Option<String>,
    sure: Option<String>,
    #[serde(default)]
    volumes: BTreeMap<String, String>,
}

fn folders(below: &str, first: char) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/storage").join(below);
    let mut folders: Vec<PathBuf> = fs::read_dir(root).expect("fixtures").map(|entry| entry.expect("an entry").path()).collect();
    let ours = |path: &PathBuf| path.file_name().is_some_and(|name| first == '*' || name.to_string_lossy().starts_with(first));
    folders.retain(|path| path.join("objects.yaml").exists() && ours(path));
    folders.sort();
    folders
}

fn collected(folder: &Path, events: bool, unread: &[String]) -> Collected {
    let inputs = [Input::Path(folder.join("objects.yaml"))];
    let mut collected = read(&inputs, &Options::default()).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let odd: Vec<&str> = collected.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert!(odd.is_empty(), "{}: {odd:?}", folder.display());
    collected.origin = Origin::Snapshot;
    collected.collected_at = Some("2026-11-21T12:00:00Z".parse().expect("a time"));
    if !events {
        collected.objects.events.clear();
    }
    if !unread.is_empty() {
        let known: Vec<Resource> = Resource::ALL.into_iter().filter(|r| !unread.contains(&r.plural().to_owned())).collect();
        collected.coverage = Coverage::complete(&known);
        for resource in Resource::ALL.into_iter().filter(|resource| !known.contains(resource)) {
            collected.coverage.record(resource, None, State::Forbidden);
        }
    }
    collected
}

fn expected(folder: &Path) -> Expected {
    let text = fs::read_to_string(folder.join("expected.json")).expect("expected.json");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
}

fn said(pod: &PodAnswer) -> String {
    let of_volumes = pod.volumes.iter().flat_map(|volume| volume.cause.iter().chain(&volume.also_would_fail));
    let all = pod.cause.iter().chain(of_volumes).chain(&pod.notes);
    all.map(|cause| format!("{}: {}", cause.code, cause.message)).collect::<Vec<_>>().join(" | ")
}

fn check(folder: &Path, events: bool, wrong: &mut Vec<String>) {
    let expected = expected(folder);
    let inventory = Inventory::build(collected(folder, events, &expected.unread));
    let asked = expected.pods.keys().filter_map(|key| key.split_once('/')).map(|(ns, name)| (ns.to_owned(), name.to_owned())).collect();
    let (result, findings) = volumes(&inventory, &PodQuestion { pods: Some(asked), ..PodQuestion::default() });
    let name = format!("{}{}", folder.file_name().unwrap_or_default().display(), if events { "" } else { " without events" });
    for (key, usual) in &expected.pods {
        let wanted = expected.without_events.get(key).filter(|_| !events).unwrap_or(usual);
        let Some(pod) = result.pods.iter().find(|pod| format!("{}/{}", pod.namespace, pod.name) == *key) else {
            wrong.push(format!("{name}: no pod {key}"));
            continue;
        };
        let mut differs = |what: &str, is: &str, should: &str| {
            if is != should {
                wrong.push(format!("{name}: {key}: {what} is {is}, should be {should}\n    {}", said(pod)));
            }
        };
        differs("cause", pod.cause.as_ref().map_or("none", |cause| cause.code), wanted.cause.as_deref().unwrap_or("none"));
        let others: Vec<&str> =
            pod.volumes.iter().flat_map(|v| v.cause.iter().chain(&v.also_would_fail)).chain(&pod.notes).map(|cause| cause.code).collect();
        for also in &wanted.also {
            differs(&format!("also {also}"), &others.contains(&also.as_str()).to_string(), "true");
        }
        if let Some(state) = &wanted.state {
            differs("state", &format!("{:?}", pod.state).to_lowercase(), state);
        }
        if let Some(part) = &wanted.says {
            differs("message", &said(pod).contains(part.as_str()).to_string(), "true");
        }
        if let Some(sure) = &wanted.sure {
            differs("confidence", &pod.cause.as_ref().map_or_else(String::new, |c| format!("{:?}", c.confidence).to_lowercase()), sure);
        }
        for (volume, code) in &wanted.volumes {
            let is = pod.volumes.iter().find(|v| v.name == *volume).and_then(|v| v.cause.as_ref()).map_or("none", |cause| cause.code);
            differs(&format!("cause of {volume}"), is, code);
        }
        // A cause is backed by something a user can look at.
        for cause in pod.cause.iter().chain(pod.volumes.iter().flat_map(|v| v.cause.iter().chain(&v.also_would_fail))) {
            let backed = findings.iter().any(|f| f.code == cause.code && f.message == cause.message && !f.evidence.is_empty());
            differs(&format!("evidence of {}", cause.code), &backed.to_string(), "true");
        }
    }
}

#[test]
fn every_case_has_its_cause_with_events_and_without() {
    let mut wrong = Vec::new();
    for folder in folders("", 'K') {
        check(&folder, true, &mut wrong);
        check(&folder, false, &mut wrong);
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_code_has_a_fixture() {
    let told: Vec<String> =
        folders("", 'K').iter().flat_map(|folder| expected(folder).pods.into_values()).filter_map(|pod| pod.cause).collect();
    let all = netstore::storage::findings::all();
    let untold: Vec<&str> =
        all.into_iter().map(|kind| kind.code).filter(|code| code.starts_with("ST-K") && !told.iter().any(|t| t == code)).collect();
    assert!(untold.is_empty(), "without a fixture: {untold:?}");
}

/// What is odd but well is not accused, and says where its data lives.
#[test]
fn healthy_pods_have_no_errors() {
    let folders = folders("healthy-pods", '*');
    assert!(folders.len() >= 10, "{}", folders.len());
    let mut wrong = Vec::new();
    for folder in folders {
        for events in [true, false] {
            let inventory = Inventory::build(collected(&folder, events, &[]));
            let (result, findings) = volumes(&inventory, &PodQuestion::default());
            assert!(!result.pods.is_empty(), "{}", folder.display());
            let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
            wrong.extend(errors.map(|finding| format!("{}: {} {}", folder.display(), finding.code, finding.message)));
            for pod in result.pods.iter().filter(|pod| pod.phase == "Running") {
                let badly = pod.volumes.iter().filter(|v| v.state != VolumeState::Ok || v.place.is_empty() || v.after_pod.is_empty());
                wrong.extend(badly.map(|volume| format!("{}: {} is {:?}", folder.display(), volume.name, volume.state)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// With the rights of one namespace nothing is said to be certain that rests on volumes, nodes, drivers or attachments.
#[test]
fn rights_of_one_namespace_give_unknown_and_no_guess() {
    let unread: Vec<String> = ["persistentvolumes", "nodes", "csinodes", "csidrivers", "volumeattachments", "storageclasses", "leases"]
        .map(str::to_owned)
        .to_vec();
    let decided_here = ["ST-K01", "ST-K02", "ST-K03", "ST-K04", "ST-K06", "ST-K07", "ST-K18", "ST-K23", "ST-K28"];
    let mut wrong = Vec::new();
    for folder in folders("", 'K') {
        for events in [true, false] {
            let inventory = Inventory::build(collected(&folder, events, &unread));
            let (result, findings) = volumes(&inventory, &PodQuestion::default());
            for finding in findings.iter().filter(|finding| finding.code.starts_with("ST-K") && finding.confidence == Confidence::Certain) {
                if !decided_here.contains(&finding.code) {
                    wrong.push(format!("{}: {} {}", folder.display(), finding.code, finding.message));
                }
            }
            let claims =
                |pod: &&PodAnswer| pod.phase == "Starting" && pod.volumes.iter().any(|v| v.after_claim.is_some() && v.cause.is_none());
            for pod in result.pods.iter().filter(claims) {
                for volume in pod.volumes.iter().filter(|v| v.after_claim.is_some() && v.cause.is_none() && v.unread.is_empty()) {
                    wrong.push(format!("{}: {} of {} does not say what was not read", folder.display(), volume.name, pod.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A question asked twice, in whatever order objects come, has one answer.
#[test]
fn answers_do_not_depend_on_the_order_of_objects() {
    for folder in folders("", 'K') {
        let answer = |turned: bool| {
            let mut collected = collected(&folder, true, &[]);
            if turned {
                collected.objects.claims.reverse();
                collected.objects.volumes.reverse();
                collected.objects.nodes.reverse();
                collected.objects.pods.reverse();
                collected.objects.volume_attachments.reverse();
                collected.objects.config_maps.reverse();
                collected.objects.csi_nodes.reverse();
            }
            let (result, findings) = volumes(&Inventory::build(collected), &PodQuestion::default());
            (serde_json::to_string(&result).expect("JSON"), serde_json::to_string(&findings).expect("JSON"))
        };
        assert_eq!(answer(false), answer(true), "{}", folder.display());
    }
}

/// The overview of a cluster: which default wins, who is alive, and whose data is left.
#[test]
fn an_overview_tells_the_winning_default_the_dead_and_the_released() {
    use netstore::report::overview::ProvisionerState;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/storage/overview/cluster");
    let (overview, _) = netstore::storage::overview(&Inventory::build(collected(&folder, true, &[])), None);
    let classes: Vec<(&str, bool, bool, ProvisionerState)> =
        overview.classes.iter().map(|c| (c.name.as_str(), c.default, c.default_wins, c.provisioner_state)).collect();
    let wanted = [
        ("fast", true, true, ProvisionerState::Alive),
        ("gp2", true, false, ProvisionerState::Missing),
        ("manual", false, false, ProvisionerState::ByHand),
    ];
    assert_eq!(classes, wanted);
    let driver = overview.drivers.iter().find(|driver| driver.name == "disk.example.com").expect("the driver");
    assert_eq!((driver.nodes.len(), driver.not_on.as_slice()), (2, ["node-3".to_owned()].as_slice()));
    let leases: Vec<(&str, Option<bool>)> = driver.leases.iter().map(|lease| (lease.of, lease.alive)).collect();
    assert_eq!(leases, [("provisioner", Some(true)), ("attacher", Some(false))]);
    assert!(overview.drivers.iter().any(|driver| driver.name == "ebs.csi.aws.com" && !driver.installed));
    let released: Vec<(&str, Option<bool>)> = overview.released.iter().map(|v| (v.claim.as_str(), v.claim_exists)).collect();
    assert_eq!(released, [("shop/data", Some(true)), ("shop/reports", Some(false))]);
    assert_eq!((overview.claims.total, overview.claims.ok, overview.claims.problem), (3, 1, 1), "{:?}", overview.claims);

    let unread = ["csidrivers", "csinodes", "leases"].map(str::to_owned);
    let (partly, _) = netstore::storage::overview(&Inventory::build(collected(&folder, true, &unread)), None);
    assert!(partly.classes.iter().all(|class| class.provisioner_state != ProvisionerState::Missing));
    assert_eq!(partly.unread.len(), 3);
}
