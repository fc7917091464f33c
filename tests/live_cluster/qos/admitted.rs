//! Class, numbers and where they come from: what was told of manifests is what the API server makes of them, LimitRanges included,
//! and what is told of the pods afterwards.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{cluster, file, find, make_namespaces, object, same_amount, shapes, workload};

/// Namespaces by what their LimitRanges do.
const RANGES: [(&str, &[&str]); 11] = [
    ("none", &[]),
    ("both", &["{type: Container, default: {cpu: 2, memory: 2Gi}, defaultRequest: {cpu: 50m, memory: 32Mi}}"]),
    ("maxima", &["{type: Container, max: {cpu: 16, memory: 16Gi}}"]),
    ("minima", &["{type: Container, min: {cpu: 10m, memory: 8Mi}}"]),
    ("requests", &["{type: Container, defaultRequest: {cpu: 50m, memory: 32Mi}}"]),
    ("limits", &["{type: Container, default: {cpu: 3, memory: 3Gi, ephemeral-storage: 4Gi}}"]),
    ("low", &["{type: Container, max: {memory: 16Gi}, default: {cpu: 100m}, min: {cpu: 1m}}"]),
    ("shared", &["{type: Container, default: {cpu: 2}}", "{type: Container, default: {memory: 2Gi}}"]),
    (
        "rivals",
        &[
            "{type: Container, default: {cpu: 2, memory: 2Gi}}",
            "{type: Container, default: {cpu: 3, memory: 3Gi}, defaultRequest: {cpu: 1}}",
        ],
    ),
    ("pods", &["{type: Pod, max: {cpu: 32, memory: 32Gi}}, {type: PersistentVolumeClaim, min: {storage: 1Gi}}"]),
    ("items", &["{type: Pod, min: {cpu: 1m}}, {type: Container, default: {cpu: 2, memory: 2Gi}, defaultRequest: {memory: 1Gi}}"]),
];

const KINDS: [&str; 5] = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"];

/// The pods and workloads of all namespaces. Nobody schedules them, so they stay what they were made.
fn manifests() -> (Vec<Value>, Vec<Value>) {
    let (mut ranges, mut others) = (Vec::new(), Vec::new());
    for (at, (namespace, items)) in RANGES.iter().enumerate() {
        let range = |(n, items): (usize, &&str)| {
            object(namespace, &format!("{{apiVersion: v1, kind: LimitRange, metadata: {{name: range-{n}}}, spec: {{limits: [{items}]}}}}"))
        };
        ranges.extend(items.iter().enumerate().map(range));
        for (n, mut spec) in shapes::all().into_iter().enumerate() {
            // Each shape in every other namespace.
            if n % 2 != at % 2 {
                continue;
            }
            spec["schedulerName"] = json!("nobody");
            others.push(workload("Pod", namespace, &format!("pod-{n}"), &spec));
            if (n / 2) % 5 == at % 5 {
                others.push(workload(KINDS[(n / 10) % KINDS.len()], namespace, &format!("made-{n}"), &spec));
            }
        }
    }
    (ranges, others)
}

/// Who made a pod: the workload that was applied, in its namespace.
fn maker(pod: &Value) -> Option<(String, String)> {
    let name = pod["metadata"]["labels"]["app"].as_str()?;
    Some((pod["metadata"]["namespace"].as_str()?.to_owned(), name.to_owned()))
}

#[test]
fn what_manifests_were_told_to_be_is_what_the_server_makes_of_them() {
    let Some((cluster, api)) = cluster() else { return };
    make_namespaces(api, &RANGES.map(|(name, _)| name.to_owned()));
    let boxed = object(
        "",
        "{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: boxed}, handler: boxed, overhead: {podFixed: {cpu: 250m, memory: 120Mi}}}",
    );
    let boxed = {
        let mut boxed = boxed;
        boxed["metadata"].as_object_mut().expect("metadata").remove("namespace");
        boxed
    };
    api.create(std::slice::from_ref(&boxed));
    let (ranges, others) = manifests();
    api.create(&ranges);
    let all = file(cluster, "admitted.json", &[&ranges[..], &others, &[boxed]].concat());
    let told = cluster.ask(&["qos", "-A", "-f", &all, "-o", "json"]).json();
    let made = api.create_each(&others);

    let mut wrong = Vec::new();
    let mut pods: BTreeMap<(String, String), Value> = BTreeMap::new();
    let mut refused: BTreeSet<(String, String)> = BTreeSet::new();
    let mut waiting: BTreeSet<(String, String)> = BTreeSet::new();
    for (object, made) in others.iter().zip(made) {
        let key = (text(&object["metadata"]["namespace"]), text(&object["metadata"]["name"]));
        match made {
            Ok(pod) if object["kind"] == "Pod" => {
                pods.insert(key, pod);
            }
            Ok(_) => {
                waiting.insert(key);
            }
            Err(error) => {
                wrong.extend(unforeseen(&told, object, &error));
                refused.insert(key);
            }
        }
    }
    // Controllers make the others, or say why not.
    let (of_workloads, failures) = api.until(|api| {
        let of_workloads: BTreeMap<_, _> = api.list("/api/v1/pods").into_iter().filter_map(|pod| Some((maker(&pod)?, pod))).collect();
        let failures: BTreeMap<_, _> = api.list("/api/v1/events").into_iter().filter_map(|event| failure(&event)).collect();
        let done = |key: &(String, String)| of_workloads.contains_key(key) || failures.contains_key(key);
        match waiting.iter().find(|key| !done(key)) {
            None => Ok((of_workloads, failures)),
            Some(key) => Err(format!("no pod of {key:?}")),
        }
    });
    for object in others.iter().filter(|object| object["kind"] != "Pod") {
        let key = (text(&object["metadata"]["namespace"]), text(&object["metadata"]["name"]));
        if let (None, Some(error)) = (of_workloads.get(&key), failures.get(&key)) {
            wrong.extend(unforeseen(&told, object, error));
            refused.insert(key);
        }
    }
    pods.extend(of_workloads);

    let live = cluster.ask(&["qos", "-A", "-o", "json"]).json();
    let (mut classes, mut open, mut given, mut boxed) = (BTreeMap::<String, usize>::new(), 0, 0, 0);
    for object in &others {
        let (kind, namespace, name) = (text(&object["kind"]), text(&object["metadata"]["namespace"]), text(&object["metadata"]["name"]));
        let key = (namespace.clone(), name.clone());
        let told = find(&told, &kind, &namespace, &name).unwrap_or_else(|| panic!("nothing was told of {kind} {key:?}"));
        let Some(pod) = pods.get(&key).filter(|_| !refused.contains(&key)) else { continue };
        let live = find(&live, "Pod", &namespace, pod["metadata"]["name"].as_str().expect("a name")).expect("it lives");
        *classes.entry(text(&pod["status"]["qosClass"])).or_default() += 1;
        let several = RANGES.iter().any(|(name, items)| *name == namespace && items.len() > 1);
        let is_bare = kind == "Pod";
        let mut say = |what: String| wrong.push(format!("{namespace} {kind} {name}: {what}\n  {}", object["spec"]));
        for field in ["class", "computedClass"] {
            if live[field] != pod["status"]["qosClass"] {
                say(format!("{field} is {}, and {}", live[field], pod["status"]["qosClass"]));
            }
        }
        if told["class"].is_null() && namespace == "rivals" {
            open += 1;
            continue;
        }
        if told["class"] != pod["status"]["qosClass"] {
            say(format!("was told to be {}, and is {}", told["class"], pod["status"]["qosClass"]));
        }
        if namespace == "rivals" {
            continue;
        }
        boxed += usize::from(object.to_string().contains("runtimeClassName"));
        if told["overhead"] != live["overhead"] {
            say(format!("has overhead {}, and was told {}", live["overhead"], told["overhead"]));
        }
        if told["effectiveRequests"] != live["effectiveRequests"] || told["effectiveLimits"] != live["effectiveLimits"] {
            let of = |answer: &Value| format!("{} of {}", answer["effectiveRequests"], answer["effectiveLimits"]);
            say(format!("comes to {}, and was told to: {}", of(live), of(told)));
        }
        let noted = noted(pod);
        given += noted.len();
        for number in numbers(told, live, pod) {
            let Number { at, told, live, is } = &number;
            if !same_amount(&told[0], is) || !same_amount(&live[0], is) {
                say(format!("{at:?} is {is}, told {} and {}", told[0], live[0]));
            }
            let by_range = told[1]["from"] == "limitRange";
            if !is.is_null() && !several && at.0 != POD && by_range != noted.contains(at) {
                say(format!("{at:?} comes from {} and not as noted", told[1]));
            }
            let expected = match (is_bare, noted.contains(at)) {
                (true, true) | (false, _) => told[1].clone(),
                (true, false) => {
                    if is.is_null() {
                        Value::Null
                    } else {
                        json!({"from": "spec"})
                    }
                }
            };
            if !several && live[1] != expected {
                say(format!("{at:?} of what lives comes from {}, should be {expected}", live[1]));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.iter().take(40).cloned().collect::<Vec<_>>().join("\n"));
    assert!(live["findings"].as_array().expect("a list").iter().all(|finding| finding["code"] != "QS-C02"), "status and spec agree");
    eprintln!("{classes:?} as told, {open} left open, {} refused, {given} numbers of LimitRanges", refused.len());
    assert!(classes.values().all(|count| *count >= 5) && classes.len() == 3, "{classes:?}");
    assert!(open > 0 && given > 300 && boxed > 20 && !refused.is_empty(), "{open} {given} {boxed} {}", refused.len());
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What the API server refuses because of its numbers must have been said.
fn unforeseen(told: &Value, object: &Value, error: &str) -> Option<String> {
    let about = |finding: &&Value| {
        finding["subject"]["name"] == object["metadata"]["name"] && finding["subject"]["namespace"] == object["metadata"]["namespace"]
    };
    let said =
        told["findings"].as_array().expect("a list").iter().filter(about).any(|finding| text(&finding["message"]).contains("refused"));
    // Of two LimitRanges, chance decides; that is said of them, not of the pod.
    let chance = object["metadata"]["namespace"] == "rivals";
    (!said && !chance).then(|| format!("{} {} is refused unforeseen: {error}\n  {}", object["kind"], object["metadata"], object["spec"]))
}

/// A workload whose pods are refused, and why.
fn failure(event: &Value) -> Option<((String, String), String)> {
    let of = &event["involvedObject"];
    let name = text(&of["name"]);
    // A ReplicaSet of a Deployment has its name and a hash.
    let mut words: Vec<&str> = name.split('-').collect();
    words.truncate(2);
    (event["reason"] == "FailedCreate").then(|| ((text(&of["namespace"]), words.join("-")), text(&event["message"])))
}

/// Instead of a container: the pod as a whole.
const POD: &str = "(pod)";

/// Container, requests or limits, resource.
type At = (String, &'static str, String);

/// One number: as it was told and where from, as it is told of the pod that lives, and as it is.
struct Number {
    at: At,
    told: [Value; 2],
    live: [Value; 2],
    is: Value,
}

fn numbers(told: &Value, live: &Value, pod: &Value) -> Vec<Number> {
    let mut all = Vec::new();
    let mut of = |name: &str, told: &Value, live: &Value, is: &Value| {
        let resources = |value: &Value| value.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
        let lists = [("requests", "request", "requestSource"), ("limits", "limit", "limitSource")];
        for (list, number, source) in lists {
            let names: BTreeSet<String> = [resources(told), resources(live), resources(&is[list])].concat().into_iter().collect();
            for resource in names {
                let pair = |answer: &Value| [answer[&resource][number].clone(), answer[&resource][source].clone()];
                let at = (name.to_owned(), list, resource.clone());
                all.push(Number { at, told: pair(told), live: pair(live), is: is[list][&resource].clone() });
            }
        }
    };
    for (part, spec) in
        ["initContainers", "containers"].iter().flat_map(|list| pod["spec"][list].as_array().into_iter().flatten().map(move |c| (list, c)))
    {
        let _ = part;
        let named = |answer: &Value| {
            let containers = answer["containers"].as_array().expect("containers");
            containers.iter().find(|container| container["name"] == spec["name"]).map_or(Value::Null, |c| c["resources"].clone())
        };
        of(spec["name"].as_str().expect("a name"), &named(told), &named(live), &spec["resources"]);
    }
    of(POD, &told["podResources"], &live["podResources"], &pod["spec"]["resources"]);
    all
}

/// Numbers that LimitRanger says it set: `cpu, memory request for container app; cpu limit for init container init`.
fn noted(pod: &Value) -> BTreeSet<At> {
    let said = text(&pod["metadata"]["annotations"]["kubernetes.io/limit-ranger"]);
    let said = said.trim_start_matches("LimitRanger plugin set: ").to_owned();
    let one = |part: &str| -> Option<Vec<At>> {
        let (what, who) = part.split_once(" for ")?;
        let (resources, list) = what.rsplit_once(' ')?;
        let list = if list == "request" { "requests" } else { "limits" };
        let name = who.rsplit_once(' ')?.1;
        Some(resources.split(", ").map(|resource| (name.to_owned(), list, resource.to_owned())).collect())
    };
    said.split("; ").filter_map(one).flatten().collect()
}
