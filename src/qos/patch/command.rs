//! The command that changes a template.

use serde_json::{Map, Value, json};

use super::Target;
use crate::inventory::Origin;
use crate::objects::WorkloadKind;
use crate::qos::shape::Shape;
use crate::qos::want::{Edit, Field};
use crate::report::quoted;

/// Why there is no command, or what is special about it.
pub(super) fn note(target: &Target<'_>, origin: Origin) -> Option<&'static str> {
    match (origin, target.workload.map(|workload| workload.kind)) {
        (Origin::Manifests, _) => Some("change the fields in the file"),
        (_, Some(WorkloadKind::Job)) => Some("the template of a Job cannot be changed: create the Job anew"),
        (_, Some(WorkloadKind::ReplicaSet)) => Some("a ReplicaSet leaves the pods it has as they are: delete them one by one afterwards"),
        (_, None) => Some("the class of a pod is decided once: the command deletes the pod and creates it anew"),
        _ => None,
    }
}

/// A `kubectl patch` of the owner, or for a pod nobody owns its re-creation.
pub(super) fn command(target: &Target<'_>, stated: &Shape<'_>, edits: &[Edit], origin: Origin) -> Option<String> {
    if origin == Origin::Manifests || target.workload.is_some_and(|workload| workload.kind == WorkloadKind::Job) {
        return None;
    }
    let object = &target.object;
    let (name, namespace) = (quoted(&object.name), quoted(&object.namespace));
    let spec = spec(stated, edits);
    if target.workload.is_none() {
        let mut spec = spec;
        // Another node may suit it better than the one it was on.
        spec.insert("nodeName".to_owned(), Value::Null);
        // The API server takes the class from the status of what is created, if it has one.
        let patch = quoted(&json!({"spec": spec, "status": null}).to_string());
        return Some(format!(
            "kubectl get pod {name} -n {namespace} -o json | kubectl patch --local -f - -p {patch} -o json | kubectl replace --force -f -"
        ));
    }
    let path = target.path.trim_end_matches('.');
    let patch = path.split('.').rev().fold(Value::Object(spec), |inside, field| json!({field: inside}));
    Some(format!("kubectl patch {} {name} -n {namespace} -p {}", object.kind.to_lowercase(), quoted(&patch.to_string())))
}

/// The changed part of the spec of the pods, as a strategic merge patch: lists of containers merge by name, null takes away.
fn spec(stated: &Shape<'_>, edits: &[Edit]) -> Map<String, Value> {
    let mut spec = Map::new();
    let of_pod: Vec<&Edit> = edits.iter().filter(|edit| edit.part.is_none()).collect();
    if !of_pod.is_empty() {
        // Resources that would be left empty go altogether.
        let goes = crate::qos::want::apply(stated, edits).pod.is_none();
        spec.insert("resources".to_owned(), if goes { Value::Null } else { resources(&of_pod) });
    }
    for (at, part) in stated.parts.iter().enumerate() {
        let own: Vec<&Edit> = edits.iter().filter(|edit| edit.part == Some(at)).collect();
        let Some(first) = own.first() else { continue };
        let list = if first.path(stated).starts_with("initContainers") { "initContainers" } else { "containers" };
        let container = json!({"name": part.name, "resources": resources(&own)});
        if let Value::Array(containers) = spec.entry(list).or_insert_with(|| json!([])) {
            containers.push(container);
        }
    }
    spec
}

fn resources(edits: &[&Edit]) -> Value {
    let list = |field: Field| {
        let of = edits.iter().filter(|edit| edit.field == field);
        let entries: Map<String, Value> =
            of.map(|edit| (edit.resource.to_string(), edit.to.map_or(Value::Null, |to| json!(to.text(&edit.resource))))).collect();
        entries
    };
    let lists = [("requests", list(Field::Request)), ("limits", list(Field::Limit))];
    lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(name, list)| (name.to_owned(), Value::Object(list))).collect()
}
