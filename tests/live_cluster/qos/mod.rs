//! QoS on a real API server: what is predicted is what it makes, and what speaks against a change is what it refuses.

mod admitted;
mod api;
mod read;
mod refused;
mod resized;
mod rollouts;
mod scopes;
mod shapes;
mod wanted;
mod webhook;

use std::sync::OnceLock;

use netstore::objects::{Amount, Quantity};
use serde_json::{Value, json};

use self::api::Api;
use super::cluster::Cluster;

/// A cluster with one fake node, in which every test has namespaces of its own.
fn cluster() -> Option<&'static (Cluster, Api)> {
    static CLUSTER: OnceLock<Option<(Cluster, Api)>> = OnceLock::new();
    CLUSTER
        .get_or_init(|| {
            let cluster = Cluster::boot()?;
            let api = Api::of(&cluster);
            let room = json!({"cpu": "1000", "memory": "1Ti", "pods": "1000", "ephemeral-storage": "100Ti"});
            let annotations = json!({"kwok.x-k8s.io/node": "fake"});
            let labels = json!({"kubernetes.io/os": "linux", "kubernetes.io/hostname": "node-1"});
            api.create(&[json!({
                "apiVersion": "v1", "kind": "Node",
                "metadata": {"name": "node-1", "annotations": annotations, "labels": labels},
                "status": {"capacity": room, "allocatable": room},
            })]);
            Some((cluster, api))
        })
        .as_ref()
}

fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

/// An object from YAML in one line, in a namespace.
#[track_caller]
fn object(namespace: &str, text: &str) -> Value {
    let mut object: Value = serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    object["metadata"]["namespace"] = json!(namespace);
    object
}

/// Makes namespaces, and waits until pods can be made there.
fn make_namespaces(api: &Api, names: &[String]) {
    api.create(&names.iter().map(|name| namespace(name)).collect::<Vec<_>>());
    api.until(|api| {
        let accounts = api.list("/api/v1/serviceaccounts");
        let missing = names.iter().find(|name| !accounts.iter().any(|account| account["metadata"]["namespace"] == name.as_str()));
        missing.map_or(Ok(()), |name| Err(format!("no service account in {name}")))
    });
}

/// A workload of a kind whose pods have this spec.
fn workload(kind: &str, namespace: &str, name: &str, pod: &Value) -> Value {
    let labels = json!({"app": name});
    let mut spec = pod.clone();
    let (mut selector, template) = (json!({"matchLabels": labels}), json!({"metadata": {"labels": labels}}));
    if matches!(kind, "Job" | "CronJob") {
        spec["restartPolicy"] = json!("Never");
        selector = Value::Null;
    }
    let mut template = template;
    template["spec"] = spec;
    let metadata = json!({"name": name, "namespace": namespace});
    let mut of_kind = match kind {
        "Pod" => return json!({"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": template["spec"]}),
        "CronJob" => {
            let job = json!({"spec": {"template": template}});
            let spec = json!({"schedule": "0 0 1 1 *", "jobTemplate": job});
            return json!({"apiVersion": "batch/v1", "kind": kind, "metadata": metadata, "spec": spec});
        }
        "Job" => return json!({"apiVersion": "batch/v1", "kind": kind, "metadata": metadata, "spec": {"template": template}}),
        _ => json!({"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": {"selector": selector, "template": template}}),
    };
    if kind == "StatefulSet" {
        of_kind["spec"]["serviceName"] = json!(name);
        // One after the other they wait for each other to be ready, which nobody makes pods with sidecars here.
        of_kind["spec"]["podManagementPolicy"] = json!("Parallel");
    }
    of_kind
}

/// The same amount, whatever the notation; absent is not zero.
fn same_amount(one: &Value, other: &Value) -> bool {
    let amount = |value: &Value| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if value.is_null() { None } else { Some(Amount::of(&Quantity::parse(&text)?)?.rounded()) }
    };
    amount(one) == amount(other)
}

/// The pods and templates of an answer, by kind, namespace and name.
fn find<'v>(answer: &'v Value, kind: &str, namespace: &str, name: &str) -> Option<&'v Value> {
    let pods = answer["result"]["pods"].as_array().expect("pods");
    pods.iter().find(|pod| pod["kind"] == kind && pod["namespace"] == namespace && pod["name"] == name)
}

/// A file with these objects in the folder of the cluster.
fn file(cluster: &Cluster, name: &str, objects: &[Value]) -> String {
    let path = cluster.path(name);
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    std::fs::write(&path, list.to_string()).expect("a file");
    path.to_str().expect("UTF-8").to_owned()
}
