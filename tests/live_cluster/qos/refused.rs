//! What speaks against a change: the API server refuses the pods of which that is said, and takes all others.

use serde_json::{Value, json};

use super::wanted::{paste_all, ways};
use super::{cluster, make_namespaces, object, workload};

const UNEVEN: &str = "{requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1, memory: 2Gi}}";
const EVEN: &str = "{requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1, memory: 1Gi}}";

/// What is in the way, as `kind spec`, the resources of the one container, the class that is wanted, and whether anything is refused.
const CASES: [(&str, &str, &str, bool); 22] = [
    ("ResourceQuota {hard: {requests.memory: 1536Mi}}", UNEVEN, "Guaranteed", true),
    ("ResourceQuota {hard: {memory: 1536Mi}}", UNEVEN, "Guaranteed", true),
    ("ResourceQuota {hard: {requests.memory: 2Gi, limits.cpu: 2}}", UNEVEN, "Guaranteed", false),
    ("ResourceQuota {hard: {limits.cpu: 10}}", EVEN, "BestEffort", true),
    ("ResourceQuota {hard: {limits.cpu: 10}}", "{}", "Burstable", true),
    ("ResourceQuota {hard: {requests.cpu: 10, limits.memory: 10Gi}}", "{}", "Guaranteed", false),
    ("ResourceQuota {hard: {pods: 0}, scopes: [BestEffort]}", EVEN, "BestEffort", true),
    ("ResourceQuota {hard: {pods: 1}, scopes: [BestEffort]}", EVEN, "BestEffort", false),
    ("ResourceQuota {hard: {pods: 0}, scopes: [NotBestEffort]}", "{}", "Burstable", true),
    ("ResourceQuota {hard: {requests.memory: 64Mi}, scopes: [NotBestEffort]}", "{}", "Guaranteed", true),
    ("ResourceQuota {hard: {pods: 0}, scopes: [Terminating]}", UNEVEN, "Guaranteed", false),
    ("ResourceQuota {hard: {pods: 0}, scopes: [NotBestEffort, NotTerminating]}", "{}", "Burstable", true),
    ("ResourceQuota {hard: {pods: 0}, scopes: [NotBestEffort, Terminating]}", "{}", "Burstable", false),
    ("ResourceQuota {hard: {requests.cpu: 0}, scopes: [NotBestEffort]}", "{}", "Guaranteed", true),
    (
        "ResourceQuota {hard: {pods: 0}, scopes: [NotBestEffort], \
         scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: NotIn, values: [high]}]}}",
        "{}",
        "Burstable",
        true,
    ),
    (
        "ResourceQuota {hard: {pods: 0}, scopes: [NotBestEffort], \
         scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: Exists}]}}",
        "{}",
        "Burstable",
        false,
    ),
    ("LimitRange {limits: [{type: Container, max: {ephemeral-storage: 1Gi}, maxLimitRequestRatio: {cpu: 1}}]}", UNEVEN, "BestEffort", true),
    ("LimitRange {limits: [{type: Pod, max: {memory: 1Gi}}]}", UNEVEN, "Guaranteed", true),
    ("LimitRange {limits: [{type: Pod, min: {cpu: 2}}]}", UNEVEN, "Guaranteed", true),
    ("LimitRange {limits: [{type: Container, maxLimitRequestRatio: {memory: 1}}]}", UNEVEN, "Guaranteed", true),
    ("LimitRange {limits: [{type: Container, maxLimitRequestRatio: {cpu: 2}}]}", EVEN, "BestEffort", true),
    ("LimitRange {limits: [{type: Pod, maxLimitRequestRatio: {cpu: 2}}]}", EVEN, "BestEffort", true),
];

/// As many ways as there can be; each is gone in a namespace of its own.
const WAYS: usize = 3;

#[test]
fn what_is_said_to_speak_against_a_change_is_what_the_server_refuses() {
    let Some((cluster, api)) = cluster() else { return };
    let tries: Vec<(usize, usize, String)> =
        (0..CASES.len()).flat_map(|case| (0..WAYS).map(move |way| (case, way, format!("refused-{case}-{way}")))).collect();
    make_namespaces(api, &tries.iter().map(|(.., namespace)| namespace.clone()).collect::<Vec<_>>());
    // Pods first: what is in the way comes when they are there.
    let set = |(case, _, namespace): &(usize, usize, String)| {
        let resources: Value = serde_saphyr::from_str(CASES[*case].1).expect("resources");
        let containers = json!([{"name": "web", "image": "example.com/web:1", "resources": resources}]);
        workload("StatefulSet", namespace, "web", &json!({"terminationGracePeriodSeconds": 0, "containers": containers}))
    };
    api.create(&tries.iter().map(set).collect::<Vec<_>>());
    let pods = |namespace: &str, all: &[Value]| -> Vec<Value> {
        all.iter().filter(|pod| pod["metadata"]["namespace"] == namespace).cloned().collect()
    };
    api.until(|api| {
        let all = api.list("/api/v1/pods");
        let waits = tries.iter().find(|(.., namespace)| !pods(namespace, &all).iter().any(|pod| pod["status"]["phase"] == "Running"));
        waits.map_or(Ok(()), |(.., namespace)| Err(format!("nothing runs in {namespace}")))
    });
    let in_the_way = |(case, _, namespace): &(usize, usize, String)| {
        let (kind, spec) = CASES[*case].0.split_once(' ').expect("kind and spec");
        object(namespace, &format!("{{apiVersion: v1, kind: {kind}, metadata: {{name: team}}, spec: {spec}}}"))
    };
    api.create(&tries.iter().map(in_the_way).collect::<Vec<_>>());
    api.until(|api| {
        let quotas = api.list("/api/v1/resourcequotas");
        let waits = quotas.iter().find(|quota| quota["status"]["used"].is_null());
        waits.map_or(Ok(()), |quota| Err(format!("nobody has counted for {}", quota["metadata"])))
    });

    let told: Vec<Value> = (0..CASES.len())
        .map(|case| cluster.ask(&["qos", "sts/web", "-n", &format!("refused-{case}-0"), "--want", CASES[case].2, "-o", "json"]).json())
        .collect();
    let gone: Vec<(&(usize, usize, String), &Value)> = tries
        .iter()
        .filter_map(|tried| Some((tried, ways(&told[tried.0], "StatefulSet", &format!("refused-{}-0", tried.0), "web").get(tried.1)?)))
        .collect();
    let command = |((case, _, namespace), way): &(&(usize, usize, String), &Value)| {
        let command = way["command"].as_str().expect("a command");
        command.replace(&format!("refused-{case}-0"), namespace)
    };
    let failed = paste_all(cluster, &gone.iter().map(command).collect::<Vec<_>>());
    assert!(failed.is_empty(), "{}", failed.join("\n"));

    // It is one or the other: a pod of the class, or an event that none could be made.
    let outcome = |namespace: &str, class: &str, all: &[Value], events: &[Value]| -> Option<Option<String>> {
        let refusal = events.iter().find(|event| {
            event["metadata"]["namespace"] == namespace && event["reason"] == "FailedCreate" && event.to_string().contains("is forbidden")
        });
        let pods = pods(namespace, all);
        let made = !pods.is_empty() && pods.iter().all(|pod| pod["status"]["qosClass"] == class);
        if made { Some(None) } else { refusal.filter(|_| pods.is_empty()).map(|event| Some(event["message"].to_string())) }
    };
    let outcomes: Vec<Option<String>> = api.until(|api| {
        let (all, events) = (api.list("/api/v1/pods"), api.list("/api/v1/events"));
        let of = |((case, _, namespace), way): &(&(usize, usize, String), &Value)| {
            outcome(namespace, CASES[*case].2, &all, &events)
                .ok_or_else(|| format!("{}: neither made nor refused: {way:#}", CASES[*case].0))
        };
        gone.iter().map(of).collect()
    });
    let mut wrong = Vec::new();
    for (((case, _, _), way), outcome) in gone.iter().zip(&outcomes) {
        let said = way["breaks"].as_array().expect("a list");
        if said.is_empty() == outcome.is_some() {
            wrong.push(format!("{}, {}, {}: said {said:?}, and the server: {outcome:?}", CASES[*case].0, CASES[*case].1, way["manner"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (case, (what, .., refuses)) in CASES.iter().enumerate() {
        let any = gone.iter().zip(&outcomes).any(|(((of, ..), _), outcome)| *of == case && outcome.is_some());
        assert_eq!(any, *refuses, "{what}");
    }
    eprintln!("{} ways of {} cases, {} refused", gone.len(), CASES.len(), outcomes.iter().flatten().count());
}
