//! What Kubernetes' controllers make of a change, as far as remedies rest on it.

use serde_json::{Value, json};

use super::kubectl::text;

const PROTECTION: &str = "kubernetes.io/pvc-protection";
const DEFAULT: &str = "/metadata/annotations/storageclass.kubernetes.io~1is-default-class";
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// Lets each controller act until nothing changes.
pub fn act(objects: &mut Vec<Value>) {
    loop {
        let before = objects.clone();
        scale_down(objects);
        collect_pods(objects);
        make_containers(objects);
        detach(objects);
        end_claims(objects);
        give_class(objects);
        sync_volumes(objects);
        restore_claims(objects);
        for quota in objects.iter_mut().filter(|object| object["kind"] == "ResourceQuota") {
            quota["status"]["hard"] = quota["spec"]["hard"].clone();
        }
        if *objects == before {
            return;
        }
    }
}

fn of<'a>(objects: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    objects.iter().filter(move |object| object["kind"] == kind)
}

fn is(object: &Value, kind: &str) -> bool {
    object["kind"] == kind
}

/// Whether the pod uses the claim.
fn uses(pod: &Value, claim: &Value) -> bool {
    let volumes = pod.pointer("/spec/volumes").and_then(Value::as_array).into_iter().flatten();
    let mut names = volumes.map(|volume| text(volume, "/persistentVolumeClaim/claimName"));
    pod["metadata"]["namespace"] == claim["metadata"]["namespace"] && names.any(|name| name == text(claim, "/metadata/name"))
}

/// Deployments: as many pods as replicas, those on nodes first; a Deployment's pods belong to its ReplicaSets.
fn scale_down(objects: &mut Vec<Value>) {
    let deployments: Vec<Value> = of(objects, "Deployment").cloned().collect();
    for deployment in deployments {
        let (namespace, name) = (text(&deployment, "/metadata/namespace"), text(&deployment, "/metadata/name"));
        let owned = |object: &Value, kind: &str, name: &str| {
            object["metadata"]["namespace"] == *namespace
                && object.pointer("/metadata/ownerReferences/0").is_some_and(|o| o["kind"] == *kind && o["name"] == *name)
        };
        let sets: Vec<String> =
            of(objects, "ReplicaSet").filter(|set| owned(set, "Deployment", &name)).map(|set| text(set, "/metadata/name")).collect();
        let its = |pod: &Value| is(pod, "Pod") && sets.iter().any(|set| owned(pod, "ReplicaSet", set));
        let surplus = of(objects, "Pod").filter(|pod| its(pod)).count() as i64 - deployment["spec"]["replicas"].as_i64().unwrap_or(1);
        // A rollout has more for a while: only who is told to shrink does.
        let rolling = deployment["spec"]["replicas"] != 0 && sets.len() > 1;
        for _ in 0..if rolling { 0 } else { surplus } {
            let waiting = objects.iter().position(|pod| its(pod) && pod["status"]["phase"] == "Pending");
            let at = waiting.or_else(|| objects.iter().position(its)).expect("a pod");
            objects.remove(at);
        }
    }
}

/// Pods that are being deleted on a node that is out of service are gone.
fn collect_pods(objects: &mut Vec<Value>) {
    let off: Vec<String> = of(objects, "Node").filter(|node| is_off(node)).map(|node| text(node, "/metadata/name")).collect();
    objects.retain(|pod| !is(pod, "Pod") || pod["metadata"]["deletionTimestamp"].is_null() || !off.contains(&text(pod, "/spec/nodeName")));
}

/// The kubelet tries again to make the containers that it could not make for want of a ConfigMap or Secret.
fn make_containers(objects: &mut [Value]) {
    for pod in objects.iter_mut().filter(|object| is(object, "Pod")) {
        for status in pod.pointer_mut("/status/containerStatuses").and_then(Value::as_array_mut).into_iter().flatten() {
            if status.pointer("/state/waiting/reason").is_some_and(|reason| reason == "CreateContainerConfigError") {
                status["state"] = json!({"running": {}});
            }
        }
    }
}

fn is_off(node: &Value) -> bool {
    node.pointer("/spec/taints").and_then(Value::as_array).into_iter().flatten().any(|taint| taint["key"] == OUT_OF_SERVICE)
}

/// Volumes are detached from nodes where no pod uses them: those that answer, and those that are off.
fn detach(objects: &mut Vec<Value>) {
    let all = objects.clone();
    let uses_volume =
        |pod: &Value, volume: &str| of(&all, "PersistentVolumeClaim").any(|c| uses(pod, c) && c["spec"]["volumeName"] == *volume);
    objects.retain(|attachment| {
        if !is(attachment, "VolumeAttachment") {
            return true;
        }
        let (node, volume) = (text(attachment, "/spec/nodeName"), text(attachment, "/spec/source/persistentVolumeName"));
        let handle = of(&all, "PersistentVolume").find(|v| v["metadata"]["name"] == *volume).map(|v| text(v, "/spec/csi/volumeHandle"));
        let same =
            of(&all, "PersistentVolume").filter(|v| Some(text(v, "/spec/csi/volumeHandle")) == handle).map(|v| text(v, "/metadata/name"));
        let same: Vec<String> = same.collect();
        let used = of(&all, "Pod").any(|pod| pod["spec"]["nodeName"] == *node && same.iter().any(|volume| uses_volume(pod, volume)));
        let ready = |node: &Value| {
            let conditions = node.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten();
            conditions.into_iter().any(|c| c["type"] == "Ready" && c["status"] == "True")
        };
        let reachable = of(&all, "Node").any(|n| n["metadata"]["name"] == *node && (ready(n) || is_off(n)));
        used || !reachable
    });
}

/// Claims that are being deleted go when no pod with a node uses them and no other finalizer holds them.
fn end_claims(objects: &mut Vec<Value>) {
    let pods: Vec<Value> = of(objects, "Pod").filter(|pod| !text(pod, "/spec/nodeName").is_empty()).cloned().collect();
    objects.retain(|claim| {
        let finalizers = claim.pointer("/metadata/finalizers").and_then(Value::as_array);
        let others = finalizers.into_iter().flatten().any(|finalizer| finalizer != PROTECTION);
        let deleted = is(claim, "PersistentVolumeClaim") && !claim["metadata"]["deletionTimestamp"].is_null();
        !deleted || others || pods.iter().any(|pod| uses(pod, claim))
    });
}

/// A claim that names no class gets the default one, and goes to the provisioner of its class.
fn give_class(objects: &mut [Value]) {
    let classes: Vec<Value> = of(objects, "StorageClass").cloned().collect();
    let default = classes.iter().find(|class| class.pointer(DEFAULT).is_some_and(|value| value == "true"));
    let waiting = |claim: &&mut Value| {
        is(claim, "PersistentVolumeClaim") && claim["status"]["phase"] == "Pending" && claim["spec"]["volumeName"].is_null()
    };
    for claim in objects.iter_mut().filter(waiting) {
        if let Some(default) = default.filter(|_| claim["spec"]["storageClassName"].is_null()) {
            claim["spec"]["storageClassName"] = default["metadata"]["name"].clone();
        }
        let class = classes.iter().find(|class| class["metadata"]["name"] == claim["spec"]["storageClassName"]);
        if let Some(class) = class.filter(|class| class["volumeBindingMode"] == "Immediate") {
            claim["metadata"]["annotations"]["volume.kubernetes.io/storage-provisioner"] = class["provisioner"].clone();
        }
    }
}

/// A volume without a claim's uid is free, or kept for a name; one whose claim is gone is released, and deleted if that is its policy.
fn sync_volumes(objects: &mut Vec<Value>) {
    let claims: Vec<String> = of(objects, "PersistentVolumeClaim").map(|claim| text(claim, "/metadata/uid")).collect();
    let mut deleted = Vec::new();
    for volume in objects.iter_mut().filter(|object| is(object, "PersistentVolume") && object.pointer("/status/phase").is_some()) {
        let uid = text(volume, "/spec/claimRef/uid");
        let phase = text(volume, "/status/phase");
        if uid.is_empty() && phase != "Pending" {
            volume["status"] = json!({"phase": "Available"});
        } else if phase == "Bound" && !claims.contains(&uid) {
            volume["status"] = json!({"phase": "Released"});
            if volume["spec"]["persistentVolumeReclaimPolicy"] == "Delete" {
                deleted.push(text(volume, "/metadata/name"));
            }
        }
    }
    objects.retain(|volume| !is(volume, "PersistentVolume") || !deleted.contains(&text(volume, "/metadata/name")));
}

/// A claim whose binding was done, and whose volume has its uid again, is Bound.
fn restore_claims(objects: &mut [Value]) {
    let volumes: Vec<Value> = of(objects, "PersistentVolume").cloned().collect();
    for claim in objects.iter_mut().filter(|object| is(object, "PersistentVolumeClaim")) {
        let mine = |volume: &&Value| volume["metadata"]["name"] == claim["spec"]["volumeName"];
        let agrees = volumes.iter().find(mine).is_some_and(|volume| volume["spec"]["claimRef"]["uid"] == claim["metadata"]["uid"]);
        if claim["status"]["phase"] == "Lost" && agrees {
            claim["status"]["phase"] = json!("Bound");
        }
    }
}
