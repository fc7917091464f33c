//! Rollouts beside quotas: those that are said to get stuck do, and all others end.

use std::time::Duration;

use serde_json::{Value, json};

use super::wanted::{paste_all, ways};
use super::{cluster, make_namespaces, object, workload};

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

fn namespace(case: usize) -> String {
    format!("rollout-{case}")
}

/// The pods of a namespace that are there and not on their way out, by class.
fn classes(pods: &[Value], namespace: &str) -> Vec<String> {
    let ours = pods.iter().filter(|pod| pod["metadata"]["namespace"] == namespace && pod["metadata"]["deletionTimestamp"].is_null());
    ours.map(|pod| pod["status"]["qosClass"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn rollouts_that_are_said_to_get_stuck_on_a_quota_do_and_all_others_end() {
    let Some((cluster, api)) = cluster() else { return };
    make_namespaces(api, &(0..CASES.len()).map(namespace).collect::<Vec<_>>());
    let set = |(at, (kind, pods, strategy, ..)): (usize, &(&str, i64, &str, &str, bool, bool))| {
        let resources = json!({"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "2Gi"}});
        let containers = json!([{"name": "web", "image": "example.com/web:1", "resources": resources}]);
        let mut set = workload(kind, &namespace(at), "web", &json!({"terminationGracePeriodSeconds": 0, "containers": containers}));
        let strategy: Value = serde_saphyr::from_str(strategy).expect("a strategy");
        if *kind == "Deployment" {
            set["spec"]["replicas"] = json!(pods);
            set["spec"]["strategy"] = strategy;
        } else {
            set["spec"]["updateStrategy"] = strategy;
        }
        set
    };
    api.create(&CASES.iter().enumerate().map(set).collect::<Vec<_>>());
    api.until(|api| {
        let all = api.list("/api/v1/pods");
        let running = |at: usize| {
            let ours =
                all.iter().filter(|pod| pod["metadata"]["namespace"] == namespace(at).as_str() && pod["status"]["phase"] == "Running");
            ours.count()
        };
        let waits = (0..CASES.len()).find(|at| i64::try_from(running(*at)) != Ok(CASES[*at].1));
        waits.map_or(Ok(()), |at| Err(format!("not all pods of {} run", namespace(at))))
    });
    let quota = |(at, case): (usize, &(&str, i64, &str, &str, bool, bool))| {
        object(&namespace(at), &format!("{{apiVersion: v1, kind: ResourceQuota, metadata: {{name: team}}, spec: {{hard: {}}}}}", case.3))
    };
    api.create(&CASES.iter().enumerate().map(quota).collect::<Vec<_>>());
    api.until(|api| {
        let quotas = api.list("/api/v1/resourcequotas");
        let waits = quotas.iter().find(|quota| quota["status"]["used"].is_null());
        waits.map_or(Ok(()), |quota| Err(format!("nobody has counted for {}", quota["metadata"])))
    });

    let mut commands = Vec::new();
    for (at, (kind, _, strategy, hard, raise, stuck)) in CASES.iter().enumerate() {
        let name = format!("{}/web", kind.to_lowercase());
        let told = cluster.ask(&["qos", &name, "-n", &namespace(at), "--want", "Guaranteed", "-o", "json"]).json();
        let manner = if *raise { "raiseRequests" } else { "lowerLimits" };
        let way = ways(&told, kind, &namespace(at), "web").iter().find(|way| way["manner"] == manner).expect("a way");
        let breaks = way["breaks"].as_array().expect("a list");
        assert_eq!(!breaks.is_empty(), *stuck, "{kind} {strategy} {hard}: {breaks:?}");
        commands.push(way["command"].as_str().expect("a command").to_owned());
    }
    let failed = paste_all(cluster, &commands);
    assert!(failed.is_empty(), "{}", failed.join("\n"));

    let done = |at: usize, pods: &[Value]| {
        let classes = classes(pods, &namespace(at));
        i64::try_from(classes.len()) == Ok(CASES[at].1) && classes.iter().all(|class| class == "Guaranteed")
    };
    // Those that end do, and of the others the controller says that it could not make a pod.
    api.until(|api| {
        let (pods, events) = (api.list("/api/v1/pods"), api.list("/api/v1/events"));
        let refused = |at: usize| {
            events.iter().any(|event| event["metadata"]["namespace"] == namespace(at).as_str() && event["reason"] == "FailedCreate")
        };
        let waits = (0..CASES.len()).find(|at| if CASES[*at].5 { !refused(*at) } else { !done(*at, &pods) });
        waits.map_or(Ok(()), |at| Err(format!("{:?}: {:?}", CASES[at], classes(&pods, &namespace(at)))))
    });
    std::thread::sleep(Duration::from_secs(5));
    let pods = api.list("/api/v1/pods");
    for at in (0..CASES.len()).filter(|at| CASES[*at].5) {
        assert!(!done(at, &pods), "{:?} was said to get stuck", CASES[at]);
    }
}
