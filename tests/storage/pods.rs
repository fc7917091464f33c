//! Causes of pods.

use netstore::inventory::Inventory;
use netstore::report::volumes::{PodAnswer, VolumeState};
use netstore::report::{Confidence, Severity};
use netstore::storage::{PodQuestion, volumes};

use super::fixture::{self, Fixture};

fn said(pod: &PodAnswer) -> String {
    let of_volumes = pod.volumes.iter().flat_map(|volume| volume.cause.iter().chain(&volume.also_would_fail));
    let all = pod.cause.iter().chain(of_volumes).chain(&pod.notes);
    all.map(|cause| format!("{}: {}", cause.code, cause.message)).collect::<Vec<_>>().join(" | ")
}

fn check(fixture: &Fixture, events: bool, wrong: &mut Vec<String>) {
    let expected = &fixture.expected;
    let inventory = Inventory::build(fixture.collected(events));
    let asked = expected.pods.keys().filter_map(|key| key.split_once('/')).map(|(ns, name)| (ns.to_owned(), name.to_owned())).collect();
    let (result, findings) = volumes(&inventory, &PodQuestion { pods: Some(asked), ..PodQuestion::default() });
    let name = format!("{}{}", fixture.name(), if events { "" } else { " without events" });
    for (key, usual) in &expected.pods {
        let wanted = fixture.said(key, usual, events);
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
    for fixture in fixture::of_pods() {
        check(&fixture, true, &mut wrong);
        check(&fixture, false, &mut wrong);
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_code_has_a_fixture() {
    let told: Vec<String> =
        fixture::of_pods().into_iter().flat_map(|fixture| fixture.expected.pods.into_values()).filter_map(|pod| pod.cause).collect();
    let all = netstore::storage::findings::all();
    let untold: Vec<&str> =
        all.into_iter().map(|kind| kind.code).filter(|code| code.starts_with("ST-K") && !told.iter().any(|t| t == code)).collect();
    assert!(untold.is_empty(), "without a fixture: {untold:?}");
}

/// What is odd but well is not accused, and says where its data lives.
#[test]
fn healthy_pods_have_no_errors() {
    let fixtures = fixture::below("healthy-pods");
    assert!(fixtures.len() >= 10, "{}", fixtures.len());
    let mut wrong = Vec::new();
    for fixture in fixtures {
        for events in [true, false] {
            let inventory = Inventory::build(fixture.collected(events));
            let (result, findings) = volumes(&inventory, &PodQuestion::default());
            assert!(!result.pods.is_empty(), "{}", fixture.name());
            let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
            wrong.extend(errors.map(|finding| format!("{}: {} {}", fixture.name(), finding.code, finding.message)));
            for pod in result.pods.iter().filter(|pod| pod.phase == "Running") {
                let badly = pod.volumes.iter().filter(|v| v.state != VolumeState::Ok || v.place.is_empty() || v.after_pod.is_empty());
                wrong.extend(badly.map(|volume| format!("{}: {} is {:?}", fixture.name(), volume.name, volume.state)));
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
    for fixture in fixture::of_pods() {
        for events in [true, false] {
            let mut collected = fixture.read(&fixture.text(), &unread);
            if !events {
                collected.objects.events.clear();
            }
            let inventory = Inventory::build(collected);
            let (result, findings) = volumes(&inventory, &PodQuestion::default());
            for finding in findings.iter().filter(|finding| finding.code.starts_with("ST-K") && finding.confidence == Confidence::Certain) {
                if !decided_here.contains(&finding.code) {
                    wrong.push(format!("{}: {} {}", fixture.name(), finding.code, finding.message));
                }
            }
            let claims =
                |pod: &&PodAnswer| pod.phase == "Starting" && pod.volumes.iter().any(|v| v.after_claim.is_some() && v.cause.is_none());
            for pod in result.pods.iter().filter(claims) {
                for volume in pod.volumes.iter().filter(|v| v.after_claim.is_some() && v.cause.is_none() && v.unread.is_empty()) {
                    wrong.push(format!("{}: {} of {} does not say what was not read", fixture.name(), volume.name, pod.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A question asked twice, in whatever order objects come, has one answer.
#[test]
fn answers_do_not_depend_on_the_order_of_objects() {
    for fixture in fixture::of_pods() {
        let answer = |turned: bool| {
            let mut collected = fixture.collected(true);
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
        assert_eq!(answer(false), answer(true), "{}", fixture.name());
    }
}

/// The overview of a cluster: which default wins, who is alive, and whose data is left.
#[test]
fn an_overview_tells_the_winning_default_the_dead_and_the_released() {
    use netstore::report::overview::ProvisionerState;
    let fixture = fixture::below("overview").pop().expect("a cluster");
    let (overview, _) = netstore::storage::overview(&Inventory::build(fixture.collected(true)), None);
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
    assert!(overview.drivers.iter().any(|driver| driver.name == "ebs.csi.aws.com" && driver.installed == Some(false)));
    let released: Vec<(&str, Option<bool>)> = overview.released.iter().map(|v| (v.claim.as_str(), v.claim_exists)).collect();
    assert_eq!(released, [("shop/data", Some(true)), ("shop/reports", Some(false))]);
    assert_eq!((overview.claims.total, overview.claims.ok, overview.claims.problem), (3, 1, 1), "{:?}", overview.claims);

    let unread = ["csidrivers", "csinodes", "leases"].map(str::to_owned);
    let (partly, _) = netstore::storage::overview(&Inventory::build(fixture.read(&fixture.text(), &unread)), None);
    assert!(partly.classes.iter().all(|class| class.provisioner_state != ProvisionerState::Missing));
    assert_eq!(partly.unread.len(), 3);
}
