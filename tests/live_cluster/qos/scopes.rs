//! Scopes of quotas: pods of which a quota is said to demand numbers are refused, and all others are taken.

use serde_json::{Value, json};

use super::{cluster, file, make_namespaces, object};

/// What a quota counts. Each demands limits of cpu, which no pod here states.
const SCOPES: [&str; 8] = [
    "scopes: []",
    "scopes: [Terminating]",
    "scopes: [NotTerminating]",
    "scopes: [NotBestEffort]",
    "scopes: [PriorityClass]",
    "scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [scopes-high, scopes-low]}]}",
    "scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: NotIn, values: [scopes-high]}]}",
    "scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: DoesNotExist}, {scopeName: NotTerminating, operator: Exists}]}",
];

/// What is special of a pod, and the resources of its container.
const PODS: [(&str, &str); 6] = [
    ("{}", "{}"),
    ("{}", "{requests: {cpu: 1}}"),
    ("{activeDeadlineSeconds: 3600}", "{requests: {cpu: 1}}"),
    ("{priorityClassName: scopes-high}", "{}"),
    ("{priorityClassName: scopes-low}", "{requests: {memory: 1Gi}}"),
    ("{resources: {requests: {cpu: 1}}}", "{}"),
];

#[test]
fn quotas_demand_numbers_of_the_pods_they_are_said_to_count() {
    let Some((cluster, api)) = cluster() else { return };
    let namespaces: Vec<String> = (0..SCOPES.len()).map(|at| format!("scopes-{at}")).collect();
    make_namespaces(api, &namespaces);
    let class = |name: &str, value: i64| {
        let metadata = json!({"name": name});
        json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": metadata, "value": value})
    };
    let classes = [class("scopes-high", 1000), class("scopes-low", 10)];
    api.create(&classes);
    let quotas: Vec<Value> = SCOPES
        .iter()
        .zip(&namespaces)
        .map(|(scopes, namespace)| {
            object(
                namespace,
                &format!(
                    "{{apiVersion: v1, kind: ResourceQuota, metadata: {{name: team}}, spec: {{hard: {{limits.cpu: 100}}, {scopes}}}}}"
                ),
            )
        })
        .collect();
    let mut pods = Vec::new();
    for namespace in &namespaces {
        for (at, (spec, resources)) in PODS.iter().enumerate() {
            let mut pod = object(namespace, &format!("{{apiVersion: v1, kind: Pod, metadata: {{name: pod-{at}}}, spec: {spec}}}"));
            let resources: Value = serde_saphyr::from_str(resources).expect("resources");
            pod["spec"]["containers"] = json!([{"name": "app", "image": "example.com/app:1", "resources": resources}]);
            pods.push(pod);
        }
    }
    api.create(&quotas);
    api.until(|api| {
        let all = api.list("/api/v1/resourcequotas");
        let waits = all.iter().find(|quota| quota["status"]["used"].is_null());
        waits.map_or(Ok(()), |quota| Err(format!("nobody has counted for {}", quota["metadata"])))
    });
    let told =
        cluster.ask(&["qos", "-A", "-f", &file(cluster, "scopes.json", &[&pods[..], &quotas, &classes].concat()), "-o", "json"]).json();
    let said = |pod: &Value| {
        told["findings"].as_array().expect("a list").iter().any(|finding| {
            let (of, metadata) = (&finding["subject"], &pod["metadata"]);
            finding["code"] == "QS-R03" && of["namespace"] == metadata["namespace"] && of["name"] == metadata["name"]
        })
    };
    let (mut wrong, mut refused) = (Vec::new(), 0);
    for (pod, made) in pods.iter().zip(api.create_each(&pods)) {
        let error = made.err().unwrap_or_default();
        refused += usize::from(!error.is_empty());
        if said(pod) == error.is_empty() || !(error.is_empty() || error.contains("must specify limits.cpu")) {
            wrong.push(format!("{pod}: said {}, and the server: {error:?}", said(pod)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    eprintln!("{refused} of {} pods refused as said", pods.len());
    assert!(refused > 10 && refused + 10 < pods.len(), "{refused}");
}
