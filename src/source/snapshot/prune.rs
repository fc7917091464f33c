//! What never gets into a snapshot: values of Secrets and ConfigMaps, environments, commands, and what only makes it big.
//!
//! A snapshot is sent to colleagues and attached to tickets. No engine reads any of this, so leaving it out changes no
//! answer. Keys stay: «does the Secret have this key» can still be answered. Of the ConfigMaps of kube-system that say how
//! names are resolved stays what is known to be no secret.

use serde_json::{Map, Value};

use crate::dns::corefile::without_secrets;
use crate::dns::kubelet::KubeletConfig;
use crate::objects::{Resource, is_about_names};

/// Annotations that hold a copy of the whole object, values included, for some tool's three-way merge.
const COPIES: [&str; 5] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "kapp.k14s.io/original",
    "objectset.rio.cattle.io/applied",
    "banzaicloud.com/last-applied",
    "pulumi.com/last-applied-configuration",
];

/// Prunes one object.
pub(super) fn item(resource: Resource, object: &mut Value) {
    let Value::Object(object) = object else { return };
    let values = matches!(resource, Resource::Secrets | Resource::ConfigMaps);
    if let Some(Value::Object(meta)) = object.get_mut("metadata") {
        metadata(meta, values);
    }
    if values {
        let system = object.get("metadata").and_then(|meta| meta.get("namespace")).is_some_and(|namespace| namespace == "kube-system");
        let names = if resource == Resource::ConfigMaps && system { about_names(object) } else { Vec::new() };
        for field in ["data", "stringData", "binaryData"] {
            if let Some(data) = object.get_mut(field) {
                blank(data);
            }
        }
        if let Some(Value::Object(data)) = object.get_mut("data") {
            data.extend(names);
        }
    }
    if let Some(Value::Object(spec)) = object.get_mut("spec") {
        if resource.is_of_backup_tool() {
            backups_of(spec);
        } else {
            pods_of(spec);
        }
    }
    if let (Some(Value::Object(status)), true) = (object.get_mut("status"), resource.is_of_backup_tool()) {
        // What hooks and jobs said stays out.
        status.retain(|_, value| !value.is_object() && !value.is_array());
    }
}

/// What is read of a plan for backups: hooks, jobs and their settings run commands, with environments.
const OF_BACKUPS: [&str; 29] = [
    // Velero
    "template",
    "paused",
    "includedNamespaces",
    "excludedNamespaces",
    "includedResources",
    "excludedResources",
    "includedNamespaceScopedResources",
    "excludedNamespaceScopedResources",
    "labelSelector",
    "orLabelSelectors",
    "snapshotVolumes",
    "defaultVolumesToFsBackup",
    "defaultVolumesToRestic",
    "snapshotMoveData",
    "resourcePolicy",
    // Stash and KubeStash
    "target",
    "targets",
    "members",
    "sessions",
    "session",
    "invoker",
    "scheduler",
    "suspend",
    "ref",
    "appRef",
    "volumeMounts",
    // references
    "apiGroup",
    "kind",
    "name",
];

fn backups_of(spec: &mut Map<String, Value>) {
    spec.retain(|field, _| OF_BACKUPS.contains(&field.as_str()));
    for (field, value) in spec {
        match value {
            _ if matches!(field.as_str(), "labelSelector" | "orLabelSelectors") => {}
            Value::Object(below) => backups_of(below),
            Value::Array(list) => list.iter_mut().filter_map(Value::as_object_mut).for_each(backups_of),
            _ => {}
        }
    }
}

/// Without copies; without any annotation where annotations can hold what the values do.
fn metadata(meta: &mut Map<String, Value>, all_annotations: bool) {
    meta.remove("managedFields");
    let Some(Value::Object(annotations)) = meta.get_mut("annotations") else { return };
    annotations.retain(|key, _| !all_annotations && !COPIES.contains(&key.as_str()));
    if annotations.is_empty() {
        meta.remove("annotations");
    }
}

/// What is kept of the values about names: no comment, no setting of a plugin that may have a secret, of the kubelet three fields.
fn about_names(object: &Map<String, Value>) -> Vec<(String, Value)> {
    let Some(Value::Object(data)) = object.get("data") else { return Vec::new() };
    let kept = |key: &str, text: &str| match key {
        "kubelet" => KubeletConfig::nothing_else(text),
        _ => without_secrets(text, key.ends_with(".override")),
    };
    let texts = data.iter().filter(|(key, _)| is_about_names(key)).filter_map(|(key, value)| Some((key, value.as_str()?)));
    texts.map(|(key, text)| (key.clone(), Value::String(kept(key, text)))).collect()
}

/// Keys stay, values go.
fn blank(data: &mut Value) {
    match data {
        Value::Object(data) => data.values_mut().for_each(|value| *value = Value::String(String::new())),
        other => *other = Value::Null,
    }
}

/// The spec of a pod, and whatever specs of pods are templates below this one.
fn pods_of(spec: &mut Map<String, Value>) {
    for field in ["containers", "initContainers", "ephemeralContainers"] {
        if let Some(Value::Array(containers)) = spec.get_mut(field) {
            containers.iter_mut().for_each(container);
        }
    }
    for field in ["template", "jobTemplate"] {
        let Some(Value::Object(template)) = spec.get_mut(field) else { continue };
        if let Some(Value::Object(meta)) = template.get_mut("metadata") {
            metadata(meta, false);
        }
        if let Some(Value::Object(spec)) = template.get_mut("spec") {
            pods_of(spec);
        }
    }
}

fn container(container: &mut Value) {
    let Value::Object(container) = container else { return };
    container.remove("command");
    container.remove("args");
    if let Some(Value::Array(env)) = container.get_mut("env") {
        for variable in env.iter_mut().filter_map(Value::as_object_mut) {
            variable.remove("value");
        }
    }
    // Handlers run commands and send headers, where tokens and passwords stand as well.
    for field in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = container.get_mut(field) {
            handler(probe);
        }
    }
    if let Some(Value::Object(lifecycle)) = container.get_mut("lifecycle") {
        lifecycle.values_mut().for_each(handler);
    }
}

fn handler(handler: &mut Value) {
    if let Some(Value::Object(exec)) = handler.get_mut("exec") {
        exec.remove("command");
    }
    if let Some(Value::Object(http)) = handler.get_mut("httpGet") {
        http.remove("httpHeaders");
    }
}
