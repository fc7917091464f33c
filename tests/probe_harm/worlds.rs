//! Clusters with policies, as the generator makes them, and in them everything else that selects pods by labels.

use netstore::objects::Resource;
use proptest::prelude::{Strategy, any};
use serde_json::{Value, json};

use crate::client::Dice;
use crate::generators::{Case, cases};

/// A cluster, and dice that are thrown on.
#[derive(Debug, Clone)]
pub struct World {
    /// The cluster.
    pub case: Case,
    /// What the dice begin with.
    pub seed: u64,
}

/// Clusters of policies, pods, and up to eight objects that select them.
pub fn worlds() -> impl Strategy<Value = World> {
    (cases(), any::<u64>()).prop_map(|(mut case, seed)| {
        let mut dice = Dice(seed);
        let blocks: [&[&str]; 4] = [&["10.0.0.0/22", "fd00::/96"], &["10.0.0.0/24"], &["10.0.1.0/24", "fd00::1:0/112"], &[]];
        for (resource, object) in &mut case.objects {
            match resource {
                Resource::Nodes => object["spec"] = json!({"podCIDRs": dice.one(&blocks[..])}),
                Resource::Pods => more_labels(object, &mut dice),
                _ => {}
            }
        }
        let pods: Vec<Value> = case.objects.iter().filter(|(r, _)| *r == Resource::Pods).map(|(_, pod)| pod.clone()).collect();
        for number in 0..dice.roll(9) {
            let like = dice.one(&pods).clone();
            let (resource, object) = selecting(number, &like, &mut dice);
            own(&mut case.objects, &object, &mut dice);
            case.objects.push((resource, object));
        }
        World { case, seed }
    })
}

/// What controllers add, what charts add, and whether the pod is ready.
fn more_labels(pod: &mut Value, dice: &mut Dice) {
    if !pod["metadata"]["labels"].is_object() {
        pod["metadata"]["labels"] = json!({});
    }
    let labels = [
        ("pod-template-hash", ["5d8", "7c9"]),
        ("tier", ["a", ""]),
        ("release", ["blue", "green"]),
        ("sidecar.istio.io/inject", ["true", "false"]),
    ];
    for (key, values) in labels {
        if dice.chance(2) {
            pod["metadata"]["labels"][key] = json!(dice.one(&values));
        }
    }
    if pod["status"]["phase"] == "Running" && !dice.chance(4) {
        pod["status"]["conditions"] = json!([{"type": "ContainersReady", "status": "True"}, {"type": "Ready", "status": "True"}]);
    }
}

/// An object that selects a pod by some of its labels, as a rule.
fn selecting(number: u64, like: &Value, dice: &mut Dice) -> (Resource, Value) {
    let labels = like["metadata"]["labels"].as_object().expect("labels");
    let mut equal = json!({});
    for (key, value) in labels {
        if dice.chance(2) || key == "app" {
            equal[key.as_str()] = value.clone();
        }
    }
    if equal == json!({}) {
        equal["app"] = json!("a");
    }
    let selector = match dice.roll(6) {
        0 => json!({"matchLabels": equal, "matchExpressions": [{"key": "env", "operator": *dice.one(&["Exists", "DoesNotExist"])}]}),
        1 => json!({"matchExpressions": [{"key": "app", "operator": *dice.one(&["In", "NotIn"]), "values": ["a", ""]}]}),
        _ => json!({"matchLabels": equal}),
    };
    let kinds = [
        Resource::ReplicaSets,
        Resource::ReplicationControllers,
        Resource::DaemonSets,
        Resource::StatefulSets,
        Resource::Jobs,
        Resource::Services,
        Resource::Services,
        Resource::PodDisruptionBudgets,
        Resource::Deployments,
    ];
    let resource = *dice.one(&kinds);
    let spec = match resource {
        Resource::Services => {
            json!({"selector": equal, "publishNotReadyAddresses": dice.chance(4), "type": if dice.chance(8) { "ExternalName" } else { "ClusterIP" }})
        }
        Resource::ReplicationControllers => json!({"selector": equal, "replicas": dice.roll(3)}),
        Resource::Jobs => json!({"selector": selector, "parallelism": dice.roll(3)}),
        Resource::PodDisruptionBudgets => {
            let selector = if dice.chance(8) { json!({}) } else { selector };
            let (field, value) = dice
                .one(&[
                    ("minAvailable", json!(1)),
                    ("minAvailable", json!("50%")),
                    ("maxUnavailable", json!(1)),
                    ("maxUnavailable", json!("30%")),
                ])
                .clone();
            json!({"selector": selector, field: value})
        }
        _ => json!({"selector": selector, "replicas": dice.roll(3)}),
    };
    let metadata = json!({"name": format!("s{number}"), "namespace": like["metadata"]["namespace"], "uid": format!("uid-{number}")});
    (resource, json!({"apiVersion": resource.api_version(), "kind": resource.kind(), "metadata": metadata, "spec": spec}))
}

/// Gives the object some of the pods.
fn own(objects: &mut [(Resource, Value)], owner: &Value, dice: &mut Dice) {
    let owns = matches!(owner["kind"].as_str(), Some("ReplicaSet" | "ReplicationController" | "DaemonSet" | "StatefulSet" | "Job"));
    let namespace = owner["metadata"]["namespace"].clone();
    for (_, pod) in objects.iter_mut().filter(|(r, pod)| owns && *r == Resource::Pods && pod["metadata"]["namespace"] == namespace) {
        if pod["metadata"]["ownerReferences"].is_null() && dice.chance(2) {
            pod["metadata"]["ownerReferences"] =
                json!([{"kind": owner["kind"], "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"], "controller": true}]);
        }
    }
}
