//! The search for a volume is Kubernetes' search: both answer the same questions about random claims, volumes and nodes.
//!
//! `tests/oracle` links Kubernetes' own code. Where it cannot be built (no Go, no network), this says so and passes, unless `CI` is set.
//! `NETSTORE_ORACLE_CASES` is how many of each question are asked (5,000).

#[path = "oracle/client.rs"]
mod client;

use client::{Dice, answers, cases};
use netstore::inventory::{Collected, Coverage, Inventory, Origin};
use netstore::objects::{Node, Objects, PersistentVolume, PersistentVolumeClaim, Pod, Quantity, Resource};
use netstore::storage::facts::Facts;
use netstore::storage::{controller, matcher, prebound, scheduler};
use serde_json::{Value, json};

const SIZES: [&str; 14] =
    ["0", "1Gi", "1G", "1024Mi", "2Gi", "1.5Gi", "2000M", "5Gi", "5368709120", "500m", "800E", "950E", "8Ei", "950000P"];
const MODES: [&str; 4] = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];
const CLASSES: [&str; 3] = ["", "fast", "hand"];

fn modes(dice: &mut Dice) -> Value {
    let set = dice.roll(16);
    MODES.iter().enumerate().filter(|(bit, _)| set & (1 << bit) != 0).map(|(_, mode)| *mode).collect()
}

fn put(object: &mut Value, path: &str, value: Value) {
    let (parent, field) = path.rsplit_once('/').expect("a path");
    object.pointer_mut(parent).expect("a parent")[field] = value;
}

fn claim(dice: &mut Dice, name: &str) -> Value {
    let mut claim = json!({
        "metadata": {"namespace": "ns", "name": name, "uid": format!("u-{name}"), "annotations": {}},
        "spec": {"accessModes": modes(dice), "resources": {"requests": {"storage": dice.one(&SIZES)}}},
        "status": {"phase": "Pending"},
    });
    if !dice.chance(4) {
        put(&mut claim, "/spec/storageClassName", json!(dice.one(&CLASSES)));
    }
    if dice.chance(8) {
        put(&mut claim, "/metadata/annotations/volume.beta.kubernetes.io~1storage-class", json!(null));
        claim["metadata"]["annotations"] = json!({"volume.beta.kubernetes.io/storage-class": dice.one(&CLASSES)});
    }
    if dice.chance(3) {
        put(&mut claim, "/spec/volumeMode", json!(dice.one(&["Block", "Filesystem"])));
    }
    if dice.chance(6) {
        put(&mut claim, "/spec/volumeAttributesClassName", json!(dice.one(&["", "gold"])));
    }
    if dice.chance(4) {
        let selector = match dice.roll(5) {
            0 => json!({}),
            1 => json!({"matchLabels": {"tier": "a"}}),
            2 => json!({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["a"]}]}),
            3 => json!({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}),
            _ => json!({"matchLabels": {"tier": "b"}, "matchExpressions": [{"key": "x", "operator": "DoesNotExist"}]}),
        };
        put(&mut claim, "/spec/selector", selector);
    }
    claim
}

fn requirement(dice: &mut Dice) -> Value {
    match dice.roll(9) {
        0 => json!({"key": "zone", "operator": "In", "values": ["a"]}),
        1 => json!({"key": "zone", "operator": "In", "values": ["a", "b"]}),
        2 => json!({"key": "zone", "operator": "NotIn", "values": ["a"]}),
        3 => json!({"key": "zone", "operator": "Exists"}),
        4 => json!({"key": "disk", "operator": "DoesNotExist"}),
        5 => json!({"key": "cpus", "operator": "Gt", "values": ["4"]}),
        6 => json!({"key": "cpus", "operator": "Lt", "values": ["4"]}),
        7 => json!({"key": "zone", "operator": "In", "values": []}),
        _ => json!({"key": "cpus", "operator": "Gt", "values": ["x"]}),
    }
}

fn volume(dice: &mut Dice, at: usize) -> Value {
    let mut volume = json!({
        "metadata": {"name": format!("pv-{at:02}"), "labels": {}, "annotations": {}},
        "spec": {"capacity": {"storage": dice.one(&SIZES)}, "accessModes": modes(dice), "storageClassName": dice.one(&CLASSES)},
        "status": {"phase": dice.one(&["Available", "Available", "Available", "Available", "Released", "Bound", "Failed", "Pending"])},
    });
    if dice.chance(20) {
        put(&mut volume, "/spec/capacity", json!({}));
    }
    if dice.chance(3) {
        put(&mut volume, "/metadata/labels", json!({"tier": dice.one(&["a", "b"])}));
    }
    if dice.chance(10) {
        volume["metadata"]["annotations"] = json!({"volume.beta.kubernetes.io/storage-class": dice.one(&CLASSES)});
    }
    if dice.chance(4) {
        put(&mut volume, "/spec/volumeMode", json!(dice.one(&["Block", "Filesystem"])));
    }
    if dice.chance(8) {
        put(&mut volume, "/spec/volumeAttributesClassName", json!(dice.one(&["", "gold"])));
    }
    if dice.chance(12) {
        put(&mut volume, "/metadata/deletionTimestamp", json!("2026-01-01T00:00:00Z"));
    }
    if dice.chance(4) {
        let claimed = match dice.roll(4) {
            0 => json!({"namespace": "ns", "name": "one"}),
            1 => json!({"namespace": "ns", "name": "one", "uid": "u-one"}),
            2 => json!({"namespace": "ns", "name": "one", "uid": "u-before"}),
            _ => json!({"namespace": "other", "name": "one"}),
        };
        put(&mut volume, "/spec/claimRef", claimed);
    }
    if dice.chance(3) {
        let terms: Vec<Value> = (0..dice.roll(3))
            .map(|_| json!({"matchExpressions": (0..dice.roll(3)).map(|_| requirement(dice)).collect::<Vec<_>>()}))
            .collect();
        put(&mut volume, "/spec/nodeAffinity", json!({"required": {"nodeSelectorTerms": terms}}));
    }
    volume
}

fn volumes(dice: &mut Dice) -> Vec<Value> {
    let count = dice.roll(9) as usize;
    (0..count).map(|at| volume(dice, at)).collect()
}

fn node(dice: &mut Dice, name: &str) -> Value {
    let mut labels = json!({"kubernetes.io/hostname": name});
    for (key, values) in [("zone", ["a", "b"]), ("disk", ["ssd", "hdd"]), ("cpus", ["2", "8"])] {
        if !dice.chance(3) {
            labels[key] = json!(dice.one(&values));
        }
    }
    json!({"metadata": {"name": name, "labels": labels}})
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).expect("an object")
}

/// Asks all questions; the answers in their order.
fn ask(op: &str, questions: &[Value]) -> Option<Vec<Value>> {
    answers(op, questions.iter().map(ToString::to_string).collect())
}

/// Compares each answer that is one; says how many were, and that not all of them are the same.
fn compare(op: &str, questions: &[Value], ours: impl Fn(&Value) -> Value, theirs: impl Fn(&Value) -> Value) {
    let Some(answers) = ask(op, questions) else { return };
    let (mut asked, mut empty) = (0, 0);
    for (question, answer) in questions.iter().zip(&answers) {
        let Some(answer) = answer.get("answer") else { panic!("{op}: refused: {answer}\n{question}") };
        if answer.get("error").is_some_and(|error| !error.is_null()) && op != "claimSatisfiedByVolume" {
            continue;
        }
        let (ours, theirs) = (ours(question), theirs(answer));
        assert_eq!(ours, theirs, "{op}: we say {ours}, Kubernetes says {theirs}\n{question}\n{answer}");
        asked += 1;
        empty += usize::from(theirs.is_null() || theirs == json!([]));
    }
    eprintln!("{op}: {asked} of {} the same, {empty} of them empty", questions.len());
    assert!(asked * 10 > questions.len() * 8, "{op}: most questions have an answer");
}

#[test]
fn find_matching_volume_is_that_of_kubernetes() {
    let mut dice = Dice(1);
    let questions: Vec<Value> = (0..cases(5000))
        .map(|_| {
            let node = if dice.chance(2) { Value::Null } else { node(&mut dice, "n1") };
            let excluded = if dice.chance(4) { json!(["pv-00", "pv-03"]) } else { json!([]) };
            json!({"claim": claim(&mut dice, "one"), "volumes": volumes(&mut dice), "node": node, "excluded": excluded, "delayBinding": dice.chance(2)})
        })
        .collect();
    let ours = |q: &Value| {
        let claim: PersistentVolumeClaim = read(&q["claim"]);
        let volumes: Vec<PersistentVolume> = read(&q["volumes"]);
        let node: Option<Node> = read(&q["node"]);
        let excluded: Vec<String> = read(&q["excluded"]);
        let excluded: Vec<&str> = excluded.iter().map(String::as_str).collect();
        let delay = q["delayBinding"] == true;
        let found =
            matcher::find_matching_volume(&claim, claim.class(), &volumes, node.as_ref().map(|n| &n.metadata.labels), &excluded, delay);
        json!(found.map(|volume| &volume.metadata.name))
    };
    compare("findMatchingVolume", &questions, ours, |answer| answer["volume"].clone());
}

#[test]
fn the_volume_controller_is_that_of_kubernetes() {
    let mut dice = Dice(2);
    let questions: Vec<Value> = (0..cases(5000))
        .map(|_| json!({"claim": claim(&mut dice, "one"), "volumes": volumes(&mut dice), "delayBinding": dice.chance(3)}))
        .collect();
    let Some(answers) = ask("findByClaim", &questions) else { return };
    let mut asked = 0;
    for (question, answer) in questions.iter().zip(&answers) {
        let answer = &answer["answer"];
        if !answer["error"].is_null() {
            continue;
        }
        let claim: PersistentVolumeClaim = read(&question["claim"]);
        let volumes: Vec<PersistentVolume> = read(&question["volumes"]);
        let delay = question["delayBinding"] == true;
        let all: Vec<&PersistentVolume> = volumes.iter().collect();
        let possible: Vec<String> = read(&answer["possible"]);
        let index = controller::Index::new(&volumes);
        for found in [controller::find_by_claim(&claim, claim.class(), &all, delay), index.find(&claim, claim.class(), delay, |_| false)] {
            let fits = match found {
                Some(volume) => possible.contains(&volume.metadata.name),
                None => possible.is_empty(),
            };
            let ours = found.map(|volume| &volume.metadata.name);
            assert!(fits, "we say {ours:?}, Kubernetes says {possible:?}\n{question}");
        }
        asked += 1;
    }
    eprintln!("findByClaim: {asked} the same");
    assert!(asked * 10 > questions.len() * 8);
}

#[test]
fn objections_to_a_named_volume_are_those_of_kubernetes() {
    let mut dice = Dice(3);
    let questions: Vec<Value> =
        (0..cases(5000)).map(|_| json!({"claim": claim(&mut dice, "one"), "volume": volume(&mut dice, 0)})).collect();
    let ours = |q: &Value| {
        let (claim, volume): (PersistentVolumeClaim, PersistentVolume) = (read(&q["claim"]), read(&q["volume"]));
        let first = prebound::objections(&claim, claim.class(), &volume).into_iter().next();
        json!(first.map(|predicate| match predicate {
            matcher::Predicate::Deletion => "marked for deletion",
            matcher::Predicate::Size => "requested PV is too small",
            matcher::Predicate::Class => "storageClassName does not match",
            matcher::Predicate::AttributesClass => "volumeAttributesClassName does not match",
            matcher::Predicate::VolumeMode => "incompatible volumeMode",
            matcher::Predicate::AccessModes => "incompatible accessMode",
            other => panic!("{other:?} is not looked at"),
        }))
    };
    let theirs = |answer: &Value| match answer["error"].as_str() {
        Some(error) if error.contains("marked for deletion") => json!("marked for deletion"),
        Some(error) => json!(error),
        None => Value::Null,
    };
    compare("claimSatisfiedByVolume", &questions, ours, theirs);
}

#[test]
fn quantities_are_those_of_kubernetes() {
    let mut dice = Dice(4);
    let text = |dice: &mut Dice| {
        let digits = |dice: &mut Dice, most: u64| (0..dice.roll(most)).map(|_| char::from(b'0' + dice.roll(10) as u8)).collect::<String>();
        let suffixes =
            ["", "", "m", "n", "u", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E-2", "e+5", "x", "gi"];
        let sign = *dice.one(&["", "", "", "-", "+"]);
        let whole = digits(dice, 22);
        let fraction = if dice.chance(3) { format!(".{}", digits(dice, 12)) } else { String::new() };
        format!("{sign}{whole}{fraction}{}", dice.one(&suffixes))
    };
    let questions: Vec<Value> = (0..cases(5000) * 2).map(|_| json!({"a": text(&mut dice), "b": text(&mut dice)})).collect();
    let Some(answers) = ask("quantityCompare", &questions) else { return };
    let mut compared = 0;
    for (question, answer) in questions.iter().zip(&answers) {
        let answer = &answer["answer"];
        let mut both = Vec::new();
        for side in ["a", "b"] {
            let written = question[side].as_str().expect("text");
            let ours = Quantity::parse(written);
            assert_eq!(ours.is_some(), answer[side]["error"].is_null(), "{written:?}: {answer}");
            // Negative ones of many digits are rounded to numbers of no meaning there; no size is negative.
            let meant = ours.as_ref().filter(|ours| **ours >= Quantity::default());
            if let Some(ours) = meant {
                assert_eq!(json!(ours.value()), answer[side]["value"], "Value() of {written:?}: {answer}");
            }
            both.extend(ours);
        }
        if let [a, b] = both.as_slice() {
            let order = a.cmp(b) as i64;
            assert_eq!(json!(order), answer["compare"], "{question}: {answer}");
            compared += 1;
        }
    }
    eprintln!("quantityCompare: {compared} the same");
    assert!(compared * 3 > questions.len());
}

/// A pod with up to three claims, volumes, classes and nodes, as the scheduler's binder sees them.
fn world(dice: &mut Dice) -> Value {
    let names = ["one", "two", "three"];
    let count = 1 + dice.roll(3) as usize;
    let mut volumes = volumes(dice);
    let mut claims: Vec<Value> = names.iter().take(count).map(|name| claim(dice, name)).collect();
    for claim in &mut claims {
        claim["spec"]["storageClassName"] = json!(dice.one(&["hand", "hand", "fast", "near", "gone"]));
        claim["metadata"]["annotations"] = json!({});
        if dice.chance(6) {
            claim["metadata"]["annotations"] = json!({"volume.kubernetes.io/selected-node": dice.one(&["n1", "n2"])});
        }
        if dice.chance(3) {
            claim["spec"]["volumeName"] = json!(dice.one(&["pv-00", "pv-01", "pv-90"]));
            claim["metadata"]["annotations"] = json!({"pv.kubernetes.io/bind-completed": "yes"});
        }
    }
    // Sizes differ, and one volume at most is reserved, so that chance decides nothing.
    let reserved: Vec<usize> = (0..volumes.len()).filter(|at| volumes[*at]["spec"].get("claimRef").is_some()).collect();
    for at in reserved.iter().skip(1) {
        volumes[*at]["spec"].as_object_mut().expect("a map").remove("claimRef");
    }
    for (at, volume) in volumes.iter_mut().enumerate() {
        volume["spec"]["capacity"] = json!({"storage": format!("{}Gi", at + 1)});
        volume["spec"]["storageClassName"] = json!(dice.one(&["hand", "hand", "fast"]));
        volume["metadata"]["annotations"] = json!({});
    }
    for (at, claim) in claims.iter_mut().enumerate() {
        claim["spec"]["resources"]["requests"]["storage"] = json!(format!("{}Mi", 1500 * (dice.roll(4) + 1) + at as u64));
    }
    let class = |name: &str, provisioner: &str| json!({"metadata": {"name": name}, "provisioner": provisioner, "volumeBindingMode": "WaitForFirstConsumer"});
    let mut near = class("near", "near.example.com");
    near["allowedTopologies"] = json!([{"matchLabelExpressions": [{"key": "zone", "values": ["a"]}]}]);
    let capacity = |name: &str, zone: &str, amount: Option<&str>| {
        json!({"metadata": {"namespace": "ns", "name": name}, "storageClassName": "fast",
        "nodeTopology": {"matchLabels": {"zone": zone}}, "capacity": amount})
    };
    json!({
        "pod": {"metadata": {"namespace": "ns", "name": "pod", "uid": "p"}, "spec": {"volumes": names.iter().take(count)
            .map(|name| json!({"name": name, "persistentVolumeClaim": {"claimName": name}})).collect::<Vec<_>>(), "containers": [{"name": "c"}]}},
        "claims": claims, "volumes": volumes,
        "classes": [class("hand", "kubernetes.io/no-provisioner"), class("fast", "fast.example.com"), near],
        "nodes": [node(dice, "n1"), node(dice, "n2")],
        "csiDrivers": [{"metadata": {"name": "fast.example.com"}, "spec": {"storageCapacity": dice.chance(2)}}],
        "capacities": [capacity("a", "a", Some("4Gi")), capacity("b", "b", None)],
        "plugins": ["VolumeBinding"],
    })
}

fn inventory(q: &Value) -> Inventory {
    let objects = Objects {
        claims: read(&q["claims"]),
        volumes: read(&q["volumes"]),
        storage_classes: read(&q["classes"]),
        nodes: read(&q["nodes"]),
        csi_drivers: read(&q["csiDrivers"]),
        storage_capacities: read(&q["capacities"]),
        pods: vec![read(&q["pod"])],
        ..Objects::default()
    };
    let coverage = Coverage::complete(&Resource::ALL);
    Inventory::build(Collected { objects, coverage, origin: Origin::Snapshot, ..Collected::default() })
}

#[test]
fn the_schedulers_binder_is_that_of_kubernetes() {
    let mut dice = Dice(5);
    let questions: Vec<Value> = (0..cases(5000)).map(|_| world(&mut dice)).collect();
    let Some(answers) = ask("schedulerFilter", &questions) else { return };
    let (mut nodes, mut refused) = (0, 0);
    for (question, answer) in questions.iter().zip(&answers) {
        let answer = answer.get("answer").unwrap_or_else(|| panic!("{answer}\n{question}"));
        let Some(sorted) = answer.get("claims").filter(|claims| !claims.is_null()) else { continue };
        let inventory = inventory(question);
        let facts = Facts::new(&inventory);
        let pod: Pod = read(&question["pod"]);
        let names: Vec<&str> =
            pod.spec.volumes.iter().filter_map(|v| v.persistent_volume_claim.as_ref()).map(|s| s.claim_name.as_str()).collect();
        let claims: Vec<&PersistentVolumeClaim> =
            names.iter().filter_map(|name| inventory.objects.claims.iter().find(|claim| claim.metadata.name == *name)).collect();
        let ours = scheduler::sort(&facts, &claims);
        let listed = |claims: &[&PersistentVolumeClaim]| json!(claims.iter().map(|claim| &claim.metadata.name).collect::<Vec<_>>());
        assert_eq!(listed(&ours.bound), sorted["bound"], "{question}");
        assert_eq!(listed(&ours.delayed), sorted["delayed"], "{question}");
        assert_eq!(listed(&ours.immediate), sorted["immediate"], "{question}");
        for theirs in answer["nodes"].as_array().expect("nodes") {
            let binder = &theirs["binder"];
            if binder.is_null() || !binder["error"].is_null() {
                continue;
            }
            let node = inventory.objects.nodes.iter().find(|node| theirs["name"] == node.metadata.name.as_str()).expect("the node");
            let placement = scheduler::place(&facts, &ours, node);
            let reason = |why: &scheduler::Why| match why {
                scheduler::Why::VolumeMissing(_) => "non-existent",
                scheduler::Why::VolumeElsewhere(_) => "node affinity",
                scheduler::Why::NoSpace => "enough free storage",
                _ => "available persistent volumes to bind",
            };
            let mut said: Vec<&str> = placement.reasons.iter().map(|r| reason(&r.why)).collect();
            said.sort_unstable();
            let mut expected: Vec<String> = read(&binder["reasons"]);
            expected.sort();
            let same = said.len() == expected.len() && said.iter().all(|part| expected.iter().any(|reason| reason.contains(part)));
            assert!(same, "we say {said:?}, Kubernetes says {expected:?} of {}\n{question}\n{answer}", node.metadata.name);
            let bindings: std::collections::BTreeMap<&str, &str> =
                placement.bindings.iter().map(|(claim, volume)| (claim.metadata.name.as_str(), volume.metadata.name.as_str())).collect();
            if said.is_empty() {
                assert_eq!(json!(bindings), binder["bindings"], "{question}\n{answer}");
            }
            nodes += 1;
            refused += usize::from(!said.is_empty());
        }
    }
    eprintln!("schedulerFilter: {nodes} nodes the same, {refused} of them refused");
    assert!(nodes > cases(5000) / 2 && refused > nodes / 10 && refused < nodes, "{nodes} {refused}");
}
