//! Random claims, volumes and nodes: what matters to a search, in all its spellings.

use serde_json::{Value, json};

pub use super::client::Dice;

const SIZES: [&str; 14] =
    ["0", "1Gi", "1G", "1024Mi", "2Gi", "1.5Gi", "2000M", "5Gi", "5368709120", "500m", "800E", "950E", "8Ei", "950000P"];
const MODES: [&str; 4] = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];
const CLASSES: [&str; 3] = ["", "fast", "hand"];

fn modes(dice: &mut Dice) -> Value {
    let set = dice.roll(16);
    MODES.iter().enumerate().filter(|(bit, _)| set & (1 << bit) != 0).map(|(_, mode)| *mode).collect()
}

pub fn put(object: &mut Value, path: &str, value: Value) {
    let (parent, field) = path.rsplit_once('/').expect("a path");
    object.pointer_mut(parent).expect("a parent")[field] = value;
}

pub fn claim(dice: &mut Dice, name: &str) -> Value {
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

pub fn volume(dice: &mut Dice, at: usize) -> Value {
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

pub fn volumes(dice: &mut Dice) -> Vec<Value> {
    let count = dice.roll(9) as usize;
    (0..count).map(|at| volume(dice, at)).collect()
}

pub fn node(dice: &mut Dice, name: &str) -> Value {
    let mut labels = json!({"kubernetes.io/hostname": name});
    for (key, values) in [("zone", ["a", "b"]), ("disk", ["ssd", "hdd"]), ("cpus", ["2", "8"])] {
        if !dice.chance(3) {
            labels[key] = json!(dice.one(&values));
        }
    }
    json!({"metadata": {"name": name, "labels": labels}})
}
