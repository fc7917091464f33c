//! The scheduler's binder: which claims of a pod wait, which nodes suit them, and which volumes they get there.

use netstore::inventory::{Collected, Coverage, Inventory, Origin};
use netstore::objects::{Objects, PersistentVolumeClaim, Pod, Resource};
use netstore::storage::facts::Facts;
use netstore::storage::scheduler;
use serde_json::{Value, json};

use super::draw::{Dice, claim, node, volumes};
use super::{ask, cases, read};

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
    let questions: Vec<Value> = (0..cases()).map(|_| world(&mut dice)).collect();
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
    assert!(nodes > cases() / 2 && refused > nodes / 10 && refused < nodes, "{nodes} {refused}");
}
