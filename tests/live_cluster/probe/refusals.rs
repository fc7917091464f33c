//! What the API server refuses is refused before anything exists, in its words, with what to do about it.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::super::cluster::without_numbers;
use super::{Cluster, apply, cluster, kubectl, probes, world};

/// A rehearsal of this way.
fn rehearsed(cluster: &Cluster, namespace: &str, via: &str) -> String {
    let image = "--image=registry.example/probe:1";
    let run = cluster.ask(&["probe", "pod/web", "10.9.9.9:80", "--via", via, image, "--dry-run=server", "-n", namespace]);
    assert_eq!(probes(cluster, namespace), [""; 0]);
    // The nonce.
    let text = run.block();
    let words = text.split("netstore-probe-").enumerate().map(|(at, part)| match at {
        0 => part.to_owned(),
        _ => format!("netstore-probe-NONCE{}", part.trim_start_matches(|c: char| c.is_ascii_alphanumeric())),
    });
    // What a probe pod asks for grows with its checks.
    without_numbers(&words.collect::<String>(), "but limit is ")
}

fn of(namespace: &str, kind: &str, spec: Value) -> Value {
    json!({ "apiVersion": "v1", "kind": kind, "metadata": { "namespace": namespace, "name": "limits" }, "spec": spec })
}

#[test]
fn a_probe_pod_passes_restricted_pod_security() {
    let Some(cluster) = cluster() else { return };
    world(cluster, "restricted", "node-1");
    kubectl(cluster, &["label", "namespace", "restricted", "pod-security.kubernetes.io/enforce=restricted"]);
    assert_snapshot!("restricted_pod", rehearsed(cluster, "restricted", "pod"));
}

/// The pod that is there would not be let in today, so nothing may be added to it.
#[test]
fn a_container_is_refused_for_what_its_pod_lacks() {
    let Some(cluster) = cluster() else { return };
    world(cluster, "judged", "node-1");
    kubectl(cluster, &["label", "namespace", "judged", "pod-security.kubernetes.io/enforce=restricted"]);
    assert_snapshot!("judged_with_its_pod", rehearsed(cluster, "judged", "ephemeral"));
}

#[test]
fn warnings_of_the_api_server_are_told() {
    let Some(cluster) = cluster() else { return };
    world(cluster, "warned", "node-1");
    kubectl(cluster, &["label", "namespace", "warned", "pod-security.kubernetes.io/warn=restricted"]);
    assert_snapshot!("warned", rehearsed(cluster, "warned", "ephemeral"));
}

#[test]
fn quotas_and_limits_are_named() {
    let Some(cluster) = cluster() else { return };
    world(cluster, "quota", "node-1");
    apply(cluster, &[of("quota", "ResourceQuota", json!({ "hard": { "pods": "1" } }))]);
    kubectl(cluster, &["wait", "--for=jsonpath={.status.used.pods}=1", "resourcequota/limits", "-n", "quota", "--timeout=60s"]);
    assert_snapshot!("quota", rehearsed(cluster, "quota", "pod"));
    world(cluster, "limits", "node-1");
    apply(cluster, &[of("limits", "LimitRange", json!({ "limits": [{ "type": "Container", "max": { "cpu": "10m" } }] }))]);
    assert_snapshot!("limit_range", rehearsed(cluster, "limits", "pod"));
}

#[test]
fn policies_of_the_cluster_speak_before_anything_exists() {
    let Some(cluster) = cluster() else { return };
    world(cluster, "policed", "node-1");
    let scope = json!({ "matchLabels": { "kubernetes.io/metadata.name": "policed" } });
    let rules = json!([{ "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"] }]);
    let object = |kind: &str, spec: Value| json!({ "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": { "name": "images" }, "spec": spec });
    let policy = json!({
        "failurePolicy": "Fail", "matchConstraints": { "resourceRules": rules },
        "validations": [{ "expression": "false", "message": "images come from registry.corp" }],
    });
    let binding = json!({ "policyName": "images", "validationActions": ["Deny"], "matchResources": { "namespaceSelector": scope } });
    apply(cluster, &[object("ValidatingAdmissionPolicy", policy), object("ValidatingAdmissionPolicyBinding", binding)]);
    // It is some time before the API server heeds it.
    for _ in 0..100 {
        if cluster.ask(&["probe", "pod/web", "10.9.9.9:80", "--via=pod", "--dry-run=server", "-n", "policed"]).code != Some(0) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    assert_snapshot!("policed", rehearsed(cluster, "policed", "pod"));
}
