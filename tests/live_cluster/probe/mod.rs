//! What probes do to a real API server: what they ask for, what they are refused, and that nothing is left behind. Pods are played by
//! kwok: they run for ever and never answer.

mod cleanup;
mod garbage;
mod process;
mod proxy;
mod refusals;
mod rights;

use std::io::Write as _;
use std::process::Stdio;
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::cluster::{Cluster, Run};

/// A cluster with fake nodes; every test has namespaces of its own.
fn cluster() -> Option<&'static Cluster> {
    static PROBES: OnceLock<Option<Cluster>> = OnceLock::new();
    PROBES
        .get_or_init(|| {
            let cluster = Cluster::boot()?;
            apply(&cluster, &[node("node-1"), node("node-2")]);
            Some(cluster)
        })
        .as_ref()
}

fn node(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": { "kwok.x-k8s.io/node": "fake" },
            "labels": { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "type": "kwok" },
        },
        "status": { "allocatable": { "cpu": "32", "memory": "64Gi", "pods": "500" }, "capacity": { "cpu": "32", "memory": "64Gi", "pods": "500" } },
    })
}

/// Hands objects to kubectl.
#[track_caller]
fn apply(cluster: &Cluster, objects: &[Value]) {
    let list = json!({ "apiVersion": "v1", "kind": "List", "items": objects });
    let mut kubectl = cluster.kubectl();
    let mut child =
        kubectl.args(["apply", "-f", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("kubectl");
    child.stdin.take().expect("its input").write_all(list.to_string().as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("an end");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Runs kubectl as admin.
#[track_caller]
fn kubectl(cluster: &Cluster, args: &[&str]) -> String {
    Run::of(&cluster.kubectl().args(args).output().expect("kubectl")).ok()
}

/// A namespace with a running pod `web`, on this node.
fn world(cluster: &Cluster, namespace: &str, node: &str) {
    apply(cluster, &[json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace } })]);
    // Pods are taken once the namespace has its account.
    kubectl(cluster, &["wait", "--for=create", "serviceaccount/default", "-n", namespace, "--timeout=30s"]);
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "namespace": namespace, "name": "web", "labels": { "app": "web" } },
        "spec": { "nodeName": node, "containers": [{ "name": "app", "image": "registry.example/app:1" }] },
    });
    apply(cluster, &[pod]);
    kubectl(cluster, &["wait", "--for=jsonpath={.status.phase}=Running", "pod/web", "-n", namespace, "--timeout=60s"]);
}

/// Names of the pods of probes that are there.
fn probes(cluster: &Cluster, namespace: &str) -> Vec<String> {
    let names = kubectl(cluster, &["get", "pods", "-n", namespace, "-l", "app.kubernetes.io/managed-by=kubectl-netstore", "-o", "name"]);
    names.lines().map(str::to_owned).collect()
}
