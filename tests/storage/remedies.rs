//! What is printed as a remedy mends what it is printed for: each command is run on the objects of its fixture, and the finding is gone.
//!
//! What Kubernetes itself can bring about is also tried on Kubernetes itself, with kubectl itself: tests/live_cluster/remedies.rs.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use netstore::inventory::Inventory;
use netstore::report::{Finding, Severity};
use netstore::storage::{PodQuestion, Question, volumes, why_pending};
use serde_json::{Value, json};

use super::fixture::{self, Fixture};
use super::kubectl::{World, is_look};

/// Codes with a command that changes something. Of every other, somebody outside of Kubernetes has to act, or a value is missing that
/// only people know. Whoever adds a command adds its code here, and a fixture that shows it.
const WITH_COMMANDS: [&str; 58] = [
    "ST-B01", "ST-B05", "ST-B09", "ST-B10", "ST-C01", "ST-C02", "ST-C03", "ST-C06", "ST-C07", "ST-D06", "ST-D08", "ST-D09", "ST-D10",
    "ST-D12", "ST-D13", "ST-F01", "ST-F02", "ST-F03", "ST-F07", "ST-F08", "ST-K01", "ST-K03", "ST-K06", "ST-K08", "ST-K09", "ST-K10",
    "ST-K11", "ST-K12", "ST-K19", "ST-K24", "ST-L02", "ST-L03", "ST-P01", "ST-P02", "ST-P03", "ST-P04", "ST-P05", "ST-Q01", "ST-Q02",
    "ST-S02", "ST-S03", "ST-S04", "ST-S05", "ST-S06", "ST-S07", "ST-S08", "ST-S09", "ST-S11", "ST-S13", "ST-T01", "ST-T03", "ST-T04",
    "ST-W03", "ST-W04", "ST-W05", "ST-W06", "ST-W07", "ST-W11",
];

/// A command that mends nothing and keeps the data: it is not printed again.
const KEEPS: &str = r#"--type=merge -p '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}'"#;

/// What comes next, as it should: a claim that was to have the volume of another one looks for one of its own, and these clusters have
/// none; a source that may be used is looked at.
const NEXT: [(&str, &str); 6] =
    [("ST-F07", "ST-F01"), ("ST-F08", "ST-F01"), ("ST-L03", "ST-S14"), ("ST-P01", "ST-S01"), ("ST-P03", "ST-S14"), ("ST-P05", "ST-S14")];

fn fixtures() -> Vec<Fixture> {
    fixture::of_claims().into_iter().chain(fixture::of_pods()).collect()
}

fn named(name: &str) -> Fixture {
    fixtures().into_iter().find(|fixture| fixture.name() == name).unwrap_or_else(|| panic!("no fixture {name}"))
}

fn findings(fixture: &Fixture, world: &World) -> Vec<Finding> {
    let inventory = Inventory::build(fixture.read(&world.text(), &fixture.expected.unread));
    let (_, mut findings) = why_pending(&inventory, &Question::default());
    if fixture.is_of_pods() {
        findings.extend(volumes(&inventory, &PodQuestion::default()).1);
    }
    findings
}

/// The commands that change something, each with its finding.
fn commands(findings: &[Finding]) -> Vec<(&Finding, &str)> {
    let all = findings.iter().flat_map(|finding| finding.remedy.iter().map(move |remedy| (finding, remedy.command.as_deref())));
    let all = all.filter_map(|(finding, command)| Some((finding, command?)));
    all.filter(|(_, command)| !is_look(command)).collect()
}

/// Runs each command by itself: what is not mended by it, or is broken.
fn try_all(fixture: &Fixture, world: &World) -> (Vec<&'static str>, Vec<String>) {
    let before = findings(fixture, world);
    let (mut tried, mut wrong) = (Vec::new(), Vec::new());
    for (finding, command) in commands(&before) {
        let mut world = world.clone();
        world.run(command);
        let after = findings(fixture, &world);
        tried.push(finding.code);
        let name = format!("{}: {}: {command}", fixture.name(), finding.code);
        let same = |other: &&Finding| other.code == finding.code && other.subject == finding.subject;
        let keeps = command.ends_with(KEEPS) && commands(&after).iter().all(|(_, other)| *other != command);
        let still = after.iter().find(same).filter(|_| !keeps);
        wrong.extend(still.map(|still| format!("{name}\n    still: {}", still.message)));
        let expected = |other: &Finding| before.iter().any(|known| known.code == other.code) || NEXT.contains(&(finding.code, other.code));
        let broken = after.iter().filter(|other| other.severity == Severity::Error && !expected(other));
        wrong.extend(broken.map(|broken| format!("{name}\n    brings: {} {}", broken.code, broken.message)));
    }
    (tried, wrong)
}

#[test]
fn every_command_mends_what_it_is_printed_for() {
    let (mut tried, mut wrong) = (BTreeSet::new(), Vec::new());
    for fixture in fixtures().iter().filter(|fixture| fixture.is_recorded()) {
        let (of_fixture, unmended) = try_all(fixture, &World::read(&fixture.text()));
        tried.extend(of_fixture);
        wrong.extend(unmended);
    }
    assert!(wrong.is_empty(), "{} do not:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(tried.into_iter().collect::<Vec<_>>(), WITH_COMMANDS, "codes whose commands are tried");
}

/// All that is printed, to be read as whoever has to follow it would.
#[test]
fn all_remedies_at_a_glance() {
    let mut table = String::new();
    for fixture in fixtures() {
        for finding in findings(&fixture, &World::read(&fixture.text())) {
            for remedy in &finding.remedy {
                let _ = writeln!(table, "{} {} ({:?}): {}", fixture.name(), finding.code, remedy.data_risk, remedy.description);
                let _ = remedy.command.iter().try_for_each(|command| writeln!(table, "    {command}"));
            }
        }
    }
    insta::assert_snapshot!(table);
}

/// Nothing of it is on a cluster yet.
#[test]
fn what_is_only_in_files_gets_no_commands() {
    for fixture in fixtures().iter().filter(|fixture| !fixture.is_recorded()) {
        let findings = findings(fixture, &World::read(&fixture.text()));
        assert!(findings.iter().flat_map(|finding| &finding.remedy).all(|remedy| remedy.command.is_none()), "{}", fixture.name());
    }
}

/// A fixture with a change of its objects.
fn changed(name: &str, change: impl FnOnce(&mut World)) -> (Fixture, World) {
    let fixture = named(name);
    let mut world = World::read(&fixture.text());
    change(&mut world);
    (fixture, world)
}

fn object<'w>(world: &'w mut World, kind: &str, name: &str) -> &'w mut Value {
    let found = world.objects.iter_mut().find(|object| object["kind"] == kind && object["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {kind} {name}"))
}

/// The commands that change something, and all of them mend.
#[track_caller]
fn mending((fixture, world): &(Fixture, World)) -> Vec<String> {
    let (_, wrong) = try_all(fixture, world);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    commands(&findings(fixture, world)).into_iter().map(|(_, command)| command.to_owned()).collect()
}

#[test]
fn a_pods_own_claim_is_left_to_the_pod() {
    let (fixture, world) = changed("S02", |world| {
        let owner = json!([{"apiVersion": "v1", "kind": "Pod", "name": "db", "uid": "p", "controller": true}]);
        object(world, "PersistentVolumeClaim", "data")["metadata"]["ownerReferences"] = owner;
    });
    let findings = findings(&fixture, &world);
    assert!(commands(&findings).is_empty());
    assert!(
        findings[0].remedy[0].description.ends_with("in the volumeClaimTemplate of pod db, which has to be created anew"),
        "{findings:?}"
    );
}

#[test]
fn a_claim_that_a_pod_on_a_node_uses_is_replaced_after_the_pod() {
    let (fixture, world) = changed("S02", |world| {
        let volumes = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]);
        let spec = json!({"nodeName": "node-1", "containers": [{"name": "main"}], "volumes": volumes});
        world
            .objects
            .push(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "db", "namespace": "shop", "uid": "p"}, "spec": spec}));
    });
    let findings = findings(&fixture, &world);
    let descriptions: Vec<&str> = findings.iter().flat_map(|f| &f.remedy).map(|remedy| remedy.description.as_str()).collect();
    assert_eq!(descriptions, ["delete pod db, then create the claim anew to fit volume pv-a"]);
}

#[test]
fn a_class_in_an_annotation_is_replaced_there() {
    let annotation = "volume.beta.kubernetes.io/storage-class";
    let of_claim = changed("C01", |world| {
        object(world, "PersistentVolumeClaim", "data")["metadata"]["annotations"] = json!({annotation: "fats"});
    });
    let of_volume = changed("S04", |world| {
        object(world, "PersistentVolume", "pv-a")["metadata"]["annotations"] = json!({annotation: "managed-csi"});
    });
    for world in [of_claim, of_volume] {
        let commands = mending(&world);
        assert!(commands.iter().any(|command| command.contains(r#""volume.beta.kubernetes.io/storage-class":null"#)), "{commands:?}");
    }
}

#[test]
fn a_volume_for_one_pod_has_no_other_mode() {
    let commands = mending(&changed("S03", |world| {
        object(world, "PersistentVolumeClaim", "data")["spec"]["accessModes"] = json!(["ReadWriteOncePod"]);
    }));
    assert_eq!(commands[0], r#"kubectl patch pv pv-a --type=merge -p '{"spec":{"accessModes":["ReadWriteOncePod"]}}'"#);
}

#[test]
fn a_volume_of_the_claim_that_is_replaced_is_kept() {
    let (fixture, mut world) = changed("S13-mode", |world| {
        let volume = object(world, "PersistentVolume", "pv-a");
        volume["spec"]["claimRef"]["uid"] = json!("u-data");
        volume["spec"]["persistentVolumeReclaimPolicy"] = json!("Delete");
        volume["status"] = json!({"phase": "Bound"});
    });
    let findings = findings(&fixture, &world);
    world.run(commands(&findings)[0].1);
    assert_eq!(object(&mut world, "PersistentVolume", "pv-a")["status"]["phase"], "Available");
}

#[test]
fn a_volume_that_waits_for_its_deletion_is_retained_when_it_is_given_away() {
    let commands = mending(&changed("S08", |world| {
        object(world, "PersistentVolume", "pv-a")["spec"]["persistentVolumeReclaimPolicy"] = json!("Delete");
    }));
    assert!(commands[0].ends_with(r#","persistentVolumeReclaimPolicy":"Retain"}}'"#), "{commands:?}");
}

#[test]
fn what_a_deployment_would_make_again_is_scaled_down() {
    let commands = mending(&changed("K09", |world| {
        let owned = |kind: &str, name: &str| json!([{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": "o", "controller": true}]);
        let meta = |name: &str| json!({"name": name, "namespace": "shop", "uid": name});
        let spec =
            json!({"replicas": 1, "selector": {"matchLabels": {"app": "old"}}, "template": {"metadata": {"labels": {"app": "old"}}}});
        let mut set = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": meta("old-1"), "spec": spec});
        set["metadata"]["ownerReferences"] = owned("Deployment", "old");
        world.objects.push(set);
        world.objects.push(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta("old"), "spec": spec}));
        object(world, "Pod", "old")["metadata"]["ownerReferences"] = owned("ReplicaSet", "old-1");
    }));
    assert_eq!(commands, ["kubectl scale deployment old -n shop --replicas=0"]);
}

#[test]
fn a_pod_that_is_ending_is_waited_for() {
    let (fixture, world) = changed("K09", |world| {
        object(world, "Pod", "old")["metadata"]["deletionTimestamp"] = json!("2026-11-21T11:59:00Z");
    });
    let findings = findings(&fixture, &world);
    assert!(commands(&findings).is_empty());
    assert_eq!(findings[0].remedy[0].description, "wait until pod old has ended: when it is gone from there, this pod starts");
}
