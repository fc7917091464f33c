//! Clusters with as many claims as volumes that do not fit, the worst case of «which volume»: each claim meets all volumes.

use netstore::objects::Resource;
use serde_json::{Value, json};

use super::worlds::Sink;

/// Claims, and as many volumes.
const CLAIMS: usize = 5_000;

/// Claims of a class without a provisioner, all pending: every volume of the class fails something, each another thing.
pub fn fixed(sink: Sink<'_>) {
    class("manual", "Immediate", sink);
    for n in 0..CLAIMS {
        let namespace = format!("team-{}", n % 50);
        let mut spec = json!({"accessModes": ["ReadWriteOnce"], "storageClassName": "manual", "volumeMode": "Filesystem",
            "resources": {"requests": {"storage": format!("{}Gi", 100 + n % 900)}}});
        if n % 3 == 0 {
            spec["selector"] = json!({"matchLabels": {"application": format!("app-{n}")}});
        }
        claim(&namespace, &format!("data-{n}"), &spec, sink);
        let modes = if n % 2 == 0 { json!(["ReadOnlyMany"]) } else { json!(["ReadWriteOnce"]) };
        let size = if n % 2 == 0 { 1000 } else { 1 + n % 99 };
        volume(n, &json!({"capacity": {"storage": format!("{size}Gi")}, "accessModes": modes, "storageClassName": "manual"}), sink);
    }
}

/// Claims that wait for their pods, whose local volumes are too small on each of a hundred nodes.
pub fn local(sink: Sink<'_>) {
    class("local", "WaitForFirstConsumer", sink);
    for n in 0..100 {
        let name = format!("node-{n}");
        let labels = json!({"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": format!("zone-{}", n % 3)});
        let metadata = json!({"name": name, "labels": labels});
        sink(Resource::Nodes, json!({"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": {}, "status": {}}));
    }
    for n in 0..CLAIMS {
        let namespace = format!("team-{}", n % 50);
        let name = format!("data-{n}");
        let spec = json!({"accessModes": ["ReadWriteOnce"], "storageClassName": "local", "volumeMode": "Filesystem",
            "resources": {"requests": {"storage": "200Gi"}}});
        claim(&namespace, &name, &spec, sink);
        let on =
            json!({"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [format!("node-{}", n % 100)]}]});
        let spec = json!({"capacity": {"storage": format!("{}Gi", 1 + n % 99)}, "accessModes": ["ReadWriteOnce"], "storageClassName": "local",
            "nodeAffinity": {"required": {"nodeSelectorTerms": [on]}}, "local": {"path": format!("/mnt/{n}")}});
        volume(n, &spec, sink);
        let unscheduled = json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": "0/100 nodes are available: 100 node(s) didn't find available persistent volumes to bind."});
        sink(
            Resource::Pods,
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("app-{n}"), "namespace": namespace},
                "spec": {"containers": [{"name": "main"}], "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": name}}]},
                "status": {"phase": "Pending", "conditions": [unscheduled]}}),
        );
    }
}

fn class(name: &str, mode: &str, sink: Sink<'_>) {
    sink(
        Resource::StorageClasses,
        json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name},
            "provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": mode, "reclaimPolicy": "Retain"}),
    );
}

fn claim(namespace: &str, name: &str, spec: &Value, sink: Sink<'_>) {
    let metadata = json!({"name": name, "namespace": namespace, "uid": format!("uid-{name}"), "resourceVersion": "1",
        "creationTimestamp": "2026-01-01T00:00:00Z", "labels": {"app": name}});
    let object = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec,
        "status": {"phase": "Pending"}});
    sink(Resource::PersistentVolumeClaims, object);
}

fn volume(n: usize, spec: &Value, sink: Sink<'_>) {
    let metadata = json!({"name": format!("pv-{n}"), "uid": format!("uid-pv-{n}"), "resourceVersion": "1",
        "creationTimestamp": "2026-01-01T00:00:00Z", "labels": {"rack": format!("r{}", n % 7)}});
    sink(
        Resource::PersistentVolumes,
        json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec, "status": {"phase": "Available"}}),
    );
}
