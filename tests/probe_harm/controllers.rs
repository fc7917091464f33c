//! Little controllers, straight from what those of Kubernetes do with pods: they look at JSON and share nothing with netstore.
//!
//! [`deeds`] is everything that all of them would do now. A probe pod harms nobody if it changes none of that.

use std::collections::{BTreeMap, BTreeSet};

use netstore::objects::Resource;
use serde_json::{Map, Value};

/// All objects there are.
pub type World = [(Resource, Value)];

/// What every controller would do, a line each, sorted.
pub fn deeds(world: &World) -> BTreeSet<String> {
    let mut deeds = BTreeSet::new();
    for (resource, object) in world {
        match resource {
            Resource::ReplicaSets | Resource::ReplicationControllers | Resource::Jobs => replicas(world, object, &mut deeds),
            Resource::DaemonSets => daemons(world, object, &mut deeds),
            Resource::StatefulSets => members(world, object, &mut deeds),
            Resource::Services => traffic(world, object, &mut deeds),
            Resource::PodDisruptionBudgets => budget(world, object, &mut deeds),
            _ => {}
        }
    }
    deeds
}

/// The pods of an object's namespace, those that have ended left out.
fn pods<'a>(world: &'a World, object: &'a Value) -> impl Iterator<Item = &'a Value> {
    let ended = |pod: &Value| matches!(text(&pod["status"]["phase"]), "Succeeded" | "Failed");
    let of = object["metadata"]["namespace"].clone();
    world
        .iter()
        .filter(|(r, _)| *r == Resource::Pods)
        .map(|(_, pod)| pod)
        .filter(move |pod| pod["metadata"]["namespace"] == of && !ended(pod))
}

/// `PodControllerRefManager.ClaimPods`: those it controls, and those that nobody controls, which it then does.
fn claimed<'a>(world: &'a World, object: &'a Value, deeds: &mut BTreeSet<String>, may_be: impl Fn(&Value) -> bool) -> Vec<&'a Value> {
    let mut found = Vec::new();
    for pod in pods(world, object).filter(|pod| pod["metadata"]["deletionTimestamp"].is_null()) {
        let matches = selects(&object["spec"]["selector"], &pod["metadata"]["labels"]) && may_be(pod);
        match controller(pod) {
            Some(owner) if owner["uid"] == object["metadata"]["uid"] => {
                if matches {
                    found.push(pod);
                } else {
                    deeds.insert(format!("{} releases {}", name(object), name(pod)));
                }
            }
            Some(_) => {}
            None if matches => {
                deeds.insert(format!("{} adopts {}", name(object), name(pod)));
                found.push(pod);
            }
            None => {}
        }
    }
    found
}

/// ReplicaSet, ReplicationController, Job: too many are deleted, those that are not ready first; too few are created.
fn replicas(world: &World, object: &Value, deeds: &mut BTreeSet<String>) {
    let wanted = object["spec"]["replicas"].as_u64().or(object["spec"]["parallelism"].as_u64()).unwrap_or(1) as usize;
    let mut own = claimed(world, object, deeds, |_| true);
    if own.len() < wanted {
        deeds.insert(format!("{} creates {}", name(object), wanted - own.len()));
    }
    own.sort_by_key(|pod| (is_ready(pod), name(pod)));
    own.truncate(own.len().saturating_sub(wanted));
    deeds.extend(own.into_iter().map(|pod| format!("{} deletes {}", name(object), name(pod))));
}

/// DaemonSet: one on each node; of several the first stays.
fn daemons(world: &World, object: &Value, deeds: &mut BTreeSet<String>) {
    let mut on: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (_, node) in world.iter().filter(|(r, _)| *r == Resource::Nodes) {
        on.insert(text(&node["metadata"]["name"]).to_owned(), Vec::new());
    }
    for pod in claimed(world, object, deeds, |_| true) {
        on.entry(text(&pod["spec"]["nodeName"]).to_owned()).or_default().push(name(pod));
    }
    for (node, mut pods) in on {
        pods.sort();
        if pods.is_empty() {
            deeds.insert(format!("{} creates one on {node}", name(object)));
        }
        deeds.extend(pods.into_iter().skip(1).map(|pod| format!("{} deletes {pod}", name(object))));
    }
}

/// StatefulSet: pods with its name and a number.
fn members(world: &World, object: &Value, deeds: &mut BTreeSet<String>) {
    let set = text(&object["metadata"]["name"]).to_owned();
    let ordinal = |pod: &Value| {
        let (parent, number) = text(&pod["metadata"]["name"]).rsplit_once('-')?;
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        (digits && parent == set).then(|| number.parse::<u64>().ok())?
    };
    let own: BTreeSet<u64> = claimed(world, object, deeds, |pod| ordinal(pod).is_some()).into_iter().filter_map(ordinal).collect();
    let wanted = object["spec"]["replicas"].as_u64().unwrap_or(1);
    deeds.extend((0..wanted).filter(|n| !own.contains(n)).map(|n| format!("{} creates number {n}", name(object))));
    deeds.extend(own.into_iter().filter(|n| *n >= wanted).map(|n| format!("{} deletes number {n}", name(object))));
}

/// EndpointSlices and whoever reads them: traffic goes to pods that are ready, or to all if the Service says so.
fn traffic(world: &World, object: &Value, deeds: &mut BTreeSet<String>) {
    let spec = &object["spec"];
    let Some(selector) = spec["selector"].as_object().filter(|selector| !selector.is_empty()) else { return };
    if spec["type"] == "ExternalName" {
        return;
    }
    let all = spec["publishNotReadyAddresses"] == true;
    for pod in pods(world, object).filter(|pod| equalities(selector, &pod["metadata"]["labels"]) && (all || is_ready(pod))) {
        if let Some(address) = pod["status"]["podIP"].as_str() {
            deeds.insert(format!("{} sends to {address}", name(object)));
        }
    }
}

/// PodDisruptionBudget: how many pods may be evicted, or that it cannot say.
fn budget(world: &World, object: &Value, deeds: &mut BTreeSet<String>) {
    let spec = &object["spec"];
    if spec["selector"].is_null() {
        return;
    }
    let own: Vec<&Value> = pods(world, object).filter(|pod| selects(&spec["selector"], &pod["metadata"]["labels"])).collect();
    // The sum of what their controllers want; a pod without one does not count, one of a Job is an error.
    let mut scales: BTreeMap<String, Option<u64>> = BTreeMap::new();
    for owner in own.iter().filter_map(|pod| controller(pod)) {
        let scale = world.iter().map(|(_, other)| other).find(|other| other["metadata"]["uid"] == owner["uid"]);
        let scale = scale.filter(|_| owner["kind"] != "Job" && owner["kind"] != "DaemonSet");
        scales.insert(text(&owner["uid"]).to_owned(), scale.map(|scale| scale["spec"]["replicas"].as_u64().unwrap_or(1)));
    }
    let expected: Option<u64> = scales.into_values().sum();
    let percent = |value: &Value, of: u64| match value.as_str() {
        Some(text) => (of * text.trim_end_matches('%').parse::<u64>().expect("a percentage")).div_ceil(100),
        None => value.as_u64().unwrap_or(0),
    };
    let (expected, desired) = match (&spec["maxUnavailable"], &spec["minAvailable"]) {
        (Value::Null, Value::Number(number)) => (Some(own.len() as u64), number.as_u64()),
        (Value::Null, minimum) => (expected, expected.map(|of| percent(minimum, of))),
        (maximum, _) => (expected, expected.map(|of| of.saturating_sub(percent(maximum, of)))),
    };
    let healthy = own.iter().filter(|pod| is_ready(pod) && pod["metadata"]["deletionTimestamp"].is_null()).count() as u64;
    deeds.insert(match desired {
        Some(_) if expected == Some(0) => format!("{} lets 0 be evicted", name(object)),
        Some(desired) => format!("{} lets {} be evicted", name(object), healthy.saturating_sub(desired)),
        None => format!("{} fails", name(object)),
    });
}

/// As the kubelet computes it: all containers, and all conditions that readiness gates name.
fn is_ready(pod: &Value) -> bool {
    let is_true =
        |kind: &str| pod["status"]["conditions"].as_array().into_iter().flatten().any(|c| c["type"] == kind && c["status"] == "True");
    let mut gates = pod["spec"]["readinessGates"].as_array().into_iter().flatten();
    is_true("ContainersReady") && gates.all(|gate| is_true(text(&gate["conditionType"])))
}

fn controller(pod: &Value) -> Option<&Value> {
    pod["metadata"]["ownerReferences"].as_array()?.iter().find(|owner| owner["controller"] == true)
}

/// A selector of either form; null selects nothing.
fn selects(selector: &Value, labels: &Value) -> bool {
    let Some(fields) = selector.as_object() else { return false };
    let is_form = fields.keys().all(|key| key == "matchLabels" || key == "matchExpressions");
    if !is_form {
        return equalities(fields, labels);
    }
    let equal = selector["matchLabels"].as_object().is_none_or(|wanted| equalities(wanted, labels));
    let holds = |requirement: &Value| {
        let value = labels[text(&requirement["key"])].as_str();
        let listed = || value.is_some_and(|value| requirement["values"].as_array().into_iter().flatten().any(|one| one == value));
        match text(&requirement["operator"]) {
            "In" => listed(),
            "NotIn" => !listed(),
            "Exists" => value.is_some(),
            _ => value.is_none(),
        }
    };
    equal && selector["matchExpressions"].as_array().into_iter().flatten().all(holds)
}

fn equalities(wanted: &Map<String, Value>, labels: &Value) -> bool {
    wanted.iter().all(|(key, value)| labels[key.as_str()] == *value)
}

fn name(object: &Value) -> String {
    format!("{} {}/{}", text(&object["kind"]), text(&object["metadata"]["namespace"]), text(&object["metadata"]["name"]))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
