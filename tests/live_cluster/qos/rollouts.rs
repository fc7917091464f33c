//! Rollouts beside quotas: those that are said to get stuck do, and all others end.

use std::time::Duration;

use serde_json::{Value, json};

use super::api::Api;
use super::wanted::{paste_all, ways};
use super::{Cluster, cluster, make_namespaces, object, workload};

/// Kind, pods, strategy, what the quota has, whether requests are raised (else limits are lowered), and whether the rollout gets stuck.
/// Each pod requests 1Gi memory, and twice as much where requests are raised.
const CASES: [(&str, i64, &str, &str, bool, bool); 14] = [
    ("Deployment", 1, "{}", "{requests.memory: 1Gi}", false, true),
    ("Deployment", 1, "{}", "{requests.memory: 2Gi}", false, false),
    ("Deployment", 3, "{}", "{requests.memory: 3Gi}", false, true),
    ("Deployment", 3, "{}", "{pods: 3}", false, true),
    ("Deployment", 3, "{}", "{requests.memory: 4Gi, pods: 4}", false, false),
    ("Deployment", 4, "{}", "{requests.memory: 4Gi}", false, false),
    ("Deployment", 4, "{}", "{requests.memory: 7Gi}", true, true),
    ("Deployment", 4, "{}", "{requests.memory: 8Gi}", true, false),
    ("Deployment", 3, "{rollingUpdate: {maxSurge: 2, maxUnavailable: 0}}", "{requests.memory: 6Gi}", true, true),
    ("Deployment", 3, "{rollingUpdate: {maxSurge: 2, maxUnavailable: 0}}", "{requests.memory: 7Gi}", true, false),
    ("Deployment", 3, "{rollingUpdate: {maxSurge: 0, maxUnavailable: 1%}}", "{requests.memory: 3Gi}", false, false),
    ("Deployment", 3, "{type: Recreate}", "{requests.memory: 6Gi}", true, false),
    ("DaemonSet", 1, "{}", "{requests.memory: 1Gi}", false, false),
    ("DaemonSet", 1, "{rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}", "{requests.memory: 1Gi}", false, true),
];

/// A case of this round, and where it is played.
type Played = (usize, String);

/// The pods of a namespace that are there and not on their way out, by class.
fn classes(pods: &[Value], namespace: &str) -> Vec<String> {
    let ours = pods.iter().filter(|pod| pod["metadata"]["namespace"] == namespace && pod["metadata"]["deletionTimestamp"].is_null());
    ours.map(|pod| pod["status"]["qosClass"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn rollouts_that_are_said_to_get_stuck_on_a_quota_do_and_all_others_end() {
    let Some((cluster, api)) = cluster() else { return };
    let ended = play(cluster, api, &(0..CASES.len()).map(|case| (case, format!("rollout-{case}"))).collect::<Vec<_>>());
    // A pod is counted before it is there, and a quota that is counted anew in between forgets it: seldom, and on busy machines, one pod too
    // many is let in. Not twice in a row.
    let ended = play(cluster, api, &ended.iter().map(|case| (*case, format!("rollout-{case}-again"))).collect::<Vec<_>>());
    assert!(ended.is_empty(), "said to get stuck: {:?}", ended.iter().map(|case| CASES[*case]).collect::<Vec<_>>());
}

/// Rolls out, and waits for the end of those that end. Gives those that ended and were said to get stuck.
fn play(cluster: &Cluster, api: &Api, played: &[Played]) -> Vec<usize> {
    if played.is_empty() {
        return Vec::new();
    }
    make_namespaces(api, &played.iter().map(|(_, namespace)| namespace.clone()).collect::<Vec<_>>());
    let set = |(case, namespace): &Played| {
        let (kind, pods, strategy, ..) = CASES[*case];
        let resources = json!({"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "2Gi"}});
        let containers = json!([{"name": "web", "image": "example.com/web:1", "resources": resources}]);
        let mut set = workload(kind, namespace, "web", &json!({"terminationGracePeriodSeconds": 0, "containers": containers}));
        let strategy: Value = serde_saphyr::from_str(strategy).expect("a strategy");
        if kind == "Deployment" {
            set["spec"]["replicas"] = json!(pods);
            set["spec"]["strategy"] = strategy;
        } else {
            set["spec"]["updateStrategy"] = strategy;
        }
        set
    };
    api.create(&played.iter().map(set).collect::<Vec<_>>());
    api.until(|api| {
        let all = api.list("/api/v1/pods");
        let running = |namespace: &str| {
            let ours = all.iter().filter(|pod| pod["metadata"]["namespace"] == namespace && pod["status"]["phase"] == "Running");
            i64::try_from(ours.count())
        };
        let waits = played.iter().find(|(case, namespace)| running(namespace) != Ok(CASES[*case].1));
        waits.map_or(Ok(()), |(_, namespace)| Err(format!("not all pods of {namespace} run")))
    });
    let quota = |(case, namespace): &Played| {
        object(namespace, &format!("{{apiVersion: v1, kind: ResourceQuota, metadata: {{name: team}}, spec: {{hard: {}}}}}", CASES[*case].3))
    };
    api.create(&played.iter().map(quota).collect::<Vec<_>>());
    api.until(|api| {
        let quotas = api.list("/api/v1/resourcequotas");
        let waits = quotas.iter().find(|quota| quota["status"]["used"].is_null());
        waits.map_or(Ok(()), |quota| Err(format!("nobody has counted for {}", quota["metadata"])))
    });

    let mut commands = Vec::new();
    for (case, namespace) in played {
        let (kind, _, strategy, hard, raise, stuck) = CASES[*case];
        let name = format!("{}/web", kind.to_lowercase());
        let told = cluster.ask(&["qos", &name, "-n", namespace, "--want", "Guaranteed", "-o", "json"]).json();
        let manner = if raise { "raiseRequests" } else { "lowerLimits" };
        let way = ways(&told, kind, namespace, "web").iter().find(|way| way["manner"] == manner).expect("a way");
        let breaks = way["breaks"].as_array().expect("a list");
        assert_eq!(!breaks.is_empty(), stuck, "{kind} {strategy} {hard}: {breaks:?}");
        commands.push(way["command"].as_str().expect("a command").to_owned());
    }
    let failed = paste_all(cluster, &commands);
    assert!(failed.is_empty(), "{}", failed.join("\n"));

    let done = |(case, namespace): &Played, pods: &[Value]| {
        let classes = classes(pods, namespace);
        i64::try_from(classes.len()) == Ok(CASES[*case].1) && classes.iter().all(|class| class == "Guaranteed")
    };
    // Those that end do, and of the others the controller says that it could not make a pod.
    api.until(|api| {
        let (pods, events) = (api.list("/api/v1/pods"), api.list("/api/v1/events"));
        let refused =
            |namespace: &str| events.iter().any(|event| event["metadata"]["namespace"] == namespace && event["reason"] == "FailedCreate");
        let waits = played.iter().find(|one| !(done(one, &pods) || CASES[one.0].5 && refused(&one.1)));
        waits.map_or(Ok(()), |(case, namespace)| Err(format!("{:?}: {:?}", CASES[*case], classes(&pods, namespace))))
    });
    std::thread::sleep(Duration::from_secs(5));
    let pods = api.list("/api/v1/pods");
    played.iter().filter(|one| CASES[one.0].5 && done(one, &pods)).map(|(case, _)| *case).collect()
}
