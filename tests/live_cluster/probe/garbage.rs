//! What is taken for a leftover, and when it goes.

use serde_json::{Value, json};

use super::{apply, cluster, kubectl, world};

fn pod(name: &str, managed: bool, expires: Option<&str>) -> Value {
    let labels = if managed { json!({ "app.kubernetes.io/managed-by": "kubectl-netstore" }) } else { json!({}) };
    let annotations = expires.map_or(json!({}), |time| json!({ "netstore.dev/expires-at": time }));
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "namespace": "garbage", "name": name, "labels": labels, "annotations": annotations },
        "spec": { "containers": [{ "name": "app", "image": "registry.example/app:1" }] },
    })
}

#[test]
fn only_what_has_both_marks_goes_and_only_when_its_time_is_over() {
    let Some(cluster) = cluster() else { return };
    world(cluster, "garbage", "node-1");
    let (past, future) = (Some("2020-01-01T00:00:00Z"), Some("2099-01-01T00:00:00Z"));
    let pods = [
        pod("old", true, past),
        pod("new", true, future),
        pod("half", true, None),
        pod("odd", true, Some("soon")),
        pod("other", false, past),
    ];
    apply(cluster, &pods);
    let gc = |args: &[&str]| cluster.ask(&[&["probe", "gc", "-n", "garbage"], args].concat()).block();
    let kept = "pod/new kept: a probe may use it until 2099-01-01T00:00:00Z\n";
    assert_eq!(gc(&["--dry-run=client"]), format!("{kept}pod/old deleted (dry run)\n[exit 0]"));
    assert_eq!(gc(&["--dry-run=server"]), format!("{kept}pod/old deleted (server dry run)\n[exit 0]"));
    assert_eq!(gc(&[]), format!("{kept}pod/old deleted\n[exit 0]"));
    assert_eq!(gc(&["--running"]), "pod/new deleted\n[exit 0]");
    assert_eq!(gc(&[]), "------- stderr -------\nNo resources found in garbage namespace.\n[exit 0]");
    assert_eq!(kubectl(cluster, &["get", "pods", "-n", "garbage", "-o", "name"]), "pod/half\npod/odd\npod/other\npod/web\n");
}

/// A probe cleans up after others where it runs; here its own checks end at once, since the image is never asked for.
#[test]
fn a_probe_removes_what_others_have_left_in_its_namespace() {
    let Some(cluster) = cluster() else { return };
    world(cluster, "leftovers", "node-1");
    let mut old = pod("old", true, Some("2020-01-01T00:00:00Z"));
    old["metadata"]["namespace"] = json!("leftovers");
    apply(cluster, &[old]);
    let mut probe = super::process::Probe::begin(cluster, &cluster.kubeconfig(), "leftovers");
    probe.says("pod/old deleted: an earlier probe had left it");
    probe.says(" created");
    probe.signal("INT");
    probe.ends();
    assert_eq!(super::probes(cluster, "leftovers"), [""; 0]);
}
