//! What becomes of a claim when the whole volume controller looks at it: bound, lost, given a class, handed over, or left waiting. The
//! volume that we say would be bound is the one that it binds, and the cause that we name is of the kind of what it says.

use netstore::inventory::{Collected, Coverage, Inventory, Origin};
use netstore::objects::{Objects, Resource};
use netstore::report::storage::ClaimAnswer;
use netstore::storage::{Question, why_pending};
use serde_json::{Value, json};

use super::draw::{Dice, claim, volumes};
use super::{ask, cases, read};

const MODES: [&str; 3] = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"];

fn world(dice: &mut Dice) -> Value {
    let mut claim = claim(dice, "one");
    // Claims have a mode at least; the API server sees to it.
    claim["spec"]["accessModes"] = json!([dice.one(&MODES)]);
    claim["spec"]["resources"]["requests"]["storage"] = json!(format!("{}Mi", 1000 * (dice.roll(5) + 1)));
    if !dice.chance(4) {
        claim["spec"]["storageClassName"] = json!(dice.one(&["", "fast", "hand", "hand", "wait", "gone"]));
    }
    let mut annotations = claim["metadata"]["annotations"].clone();
    if dice.chance(4) {
        claim["spec"]["volumeName"] = json!(dice.one(&["pv-00", "pv-01", "pv-90"]));
        if dice.chance(3) {
            annotations["pv.kubernetes.io/bound-by-controller"] = json!("yes");
        }
    }
    if dice.chance(5) {
        annotations["pv.kubernetes.io/bind-completed"] = json!("yes");
        claim["status"]["phase"] = json!("Bound");
    } else if dice.chance(8) {
        annotations["volume.kubernetes.io/selected-node"] = json!("n1");
    }
    claim["metadata"]["annotations"] = annotations;
    // Sizes differ, no two sets of modes are as large, and one volume at most is reserved, so that chance decides nothing.
    let mut volumes = volumes(dice);
    let reserved: Vec<usize> = (0..volumes.len()).filter(|at| volumes[*at]["spec"].get("claimRef").is_some()).collect();
    for at in reserved.iter().skip(1) {
        volumes[*at]["spec"].as_object_mut().expect("a map").remove("claimRef");
    }
    for (at, volume) in volumes.iter_mut().enumerate() {
        volume["spec"]["capacity"] = json!({"storage": format!("{}Gi", at + 1)});
        volume["spec"]["accessModes"] = json!(MODES[..dice.roll(4) as usize]);
        volume["spec"]["storageClassName"] = json!(dice.one(&["", "hand", "fast", "wait"]));
    }
    let default = dice.roll(6);
    let class = |at: u64, name: &str, provisioner: &str, mode: &str| {
        let annotations = if at == default { json!({"storageclass.kubernetes.io/is-default-class": "true"}) } else { json!({}) };
        json!({"metadata": {"name": name, "annotations": annotations}, "provisioner": provisioner, "volumeBindingMode": mode})
    };
    json!({
        "claim": claim,
        "volumes": volumes,
        "classes": [
            class(0, "fast", "fast.example.com", "Immediate"),
            class(1, "hand", "kubernetes.io/no-provisioner", "Immediate"),
            class(2, "wait", "wait.example.com", "WaitForFirstConsumer"),
        ],
    })
}

fn ours(question: &Value) -> ClaimAnswer {
    let objects = Objects {
        claims: vec![read(&question["claim"])],
        volumes: read(&question["volumes"]),
        storage_classes: read(&question["classes"]),
        nodes: vec![read(&json!({"metadata": {"name": "n1"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}))],
        ..Objects::default()
    };
    let coverage = Coverage::complete(&Resource::ALL);
    let inventory = Inventory::build(Collected { objects, coverage, origin: Origin::Snapshot, ..Collected::default() });
    why_pending(&inventory, &Question::default()).0.claims.pop().expect("the claim")
}

/// The families of causes that what the controller said last may have.
fn families(answer: &Value) -> &'static [&'static str] {
    let events = answer["events"].as_array().expect("events");
    let said = events.last().map_or("", |event| event["message"].as_str().expect("a message"));
    let reason = events.last().map_or("", |event| event["reason"].as_str().expect("a reason"));
    match reason {
        "ClaimLost" | "ClaimMisbound" => &["ST-L", "ST-B07"],
        "VolumeMismatch" => &["ST-P02", "ST-S13"],
        "FailedBinding" if said.contains("already bound") => &["ST-P03", "ST-P04", "ST-P05"],
        "FailedBinding" => &["ST-S", "ST-C02", "ST-C03"],
        "ProvisioningFailed" if said.contains("not found") => &["ST-S", "ST-C01"],
        "ProvisioningFailed" => &["ST-S", "ST-D01", "ST-C06"],
        "ExternalProvisioning" => &["ST-S13", "ST-D", "ST-C06"],
        "WaitForFirstConsumer" | "WaitForPodScheduled" => &["ST-S13", "ST-W", "ST-C06"],
        _ => &["ST-P01", "ST-L", "ST-B"],
    }
}

#[test]
fn what_becomes_of_a_claim_is_what_kubernetes_makes_of_it() {
    let mut dice = Dice(8);
    let questions: Vec<Value> = (0..cases() / 4).map(|_| world(&mut dice)).collect();
    let Some(answers) = ask("controllerSync", &questions) else { return };
    let (mut bound, mut lost, mut handed) = (0, 0, 0);
    for (question, answer) in questions.iter().zip(&answers) {
        let theirs = answer.get("answer").unwrap_or_else(|| panic!("{answer}\n{question}"));
        let ours = ours(question);
        let cause = ours.cause.as_ref().map_or("none", |cause| cause.code);
        let completed = !question["claim"]["metadata"]["annotations"]["pv.kubernetes.io/bind-completed"].is_null();
        let is_lost = theirs["phase"] == "Lost";
        let case = || format!("we say {cause}, would bind {:?}\n{theirs}\n{question}", ours.would_bind);
        if completed {
            assert_eq!(is_lost, cause.starts_with("ST-L") || cause == "ST-B07", "{}", case());
        } else {
            let binds = theirs["phase"] == "Bound";
            assert_eq!(json!(ours.would_bind), if binds { theirs["volumeName"].clone() } else { Value::Null }, "{}", case());
            bound += usize::from(binds);
        }
        let well = if completed { !is_lost } else { theirs["phase"] == "Bound" };
        if !well {
            let families = families(theirs);
            assert!(families.iter().any(|family| cause.starts_with(family)), "{families:?}: {}", case());
        }
        lost += usize::from(is_lost);
        handed += usize::from(!theirs["provisioner"].is_null());
    }
    eprintln!("controllerSync: {} the same, {bound} bound, {lost} lost, {handed} handed over", questions.len());
    assert!([bound, lost, handed].into_iter().all(|some| some * 50 > questions.len()), "{bound} {lost} {handed}");
}
