//! Objects, commands and lists in words.

use crate::objects::{Node, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass};
pub(super) use crate::report::quoted;
use crate::report::{DataRisk, Finding, ObjectRef, Remedy};

pub(super) fn claim_ref(claim: &PersistentVolumeClaim) -> ObjectRef {
    ObjectRef::new("PersistentVolumeClaim", &claim.metadata.namespace, &claim.metadata.name)
}

pub(super) fn volume_ref(volume: &PersistentVolume) -> ObjectRef {
    ObjectRef::new("PersistentVolume", "", &volume.metadata.name)
}

pub(super) fn class_ref(class: &StorageClass) -> ObjectRef {
    ObjectRef::new("StorageClass", "", &class.metadata.name)
}

pub(super) fn pod_ref(pod: &Pod) -> ObjectRef {
    ObjectRef::new("Pod", &pod.metadata.namespace, &pod.metadata.name)
}

pub(super) fn node_ref(node: &Node) -> ObjectRef {
    ObjectRef::new("Node", "", &node.metadata.name)
}

/// A string for JSON.
pub(super) fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// `pvc data -n shop`.
pub(super) fn pvc(claim: &PersistentVolumeClaim) -> String {
    format!("pvc {} -n {}", quoted(&claim.metadata.name), quoted(&claim.metadata.namespace))
}

/// Deletes a claim that is not bound and creates it again with a change, a JSON merge patch.
pub(super) fn recreate(claim: &PersistentVolumeClaim, patch: &str) -> String {
    let pvc = pvc(claim);
    format!(
        "kubectl get {pvc} -o json | kubectl patch --local -f - --type=merge -p {} -o json | kubectl replace --force -f -",
        quoted(patch)
    )
}

/// Patches a volume; a JSON merge patch.
pub(super) fn patch_volume(volume: &PersistentVolume, patch: &str) -> String {
    format!("kubectl patch pv {} --type=merge -p {}", quoted(&volume.metadata.name), quoted(patch))
}

/// What to do at a risk.
pub(super) fn at_risk(mut finding: Finding, risk: DataRisk, description: impl Into<String>, command: Option<String>) -> Finding {
    finding.remedy.push(Remedy { description: description.into(), command, data_risk: risk });
    finding
}

/// `"x"`, or `none` for the empty name.
pub(super) fn class_name(name: &str) -> String {
    if name.is_empty() { "no class".to_owned() } else { format!("class \"{name}\"") }
}

/// `ReadWriteOnce,ReadOnlyMany`, or `none`.
pub(super) fn list(values: &[String]) -> String {
    if values.is_empty() { "none".to_owned() } else { values.join(",") }
}

/// `a`, `a and b`, `a, b and c`, cut after `most`.
pub(super) fn and<S: AsRef<str>>(items: &[S], most: usize) -> String {
    let mut shown: Vec<String> = items.iter().take(most).map(|item| item.as_ref().to_owned()).collect();
    if items.len() > most {
        shown.push(format!("{} more", items.len() - most));
    }
    match shown.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// `1 node`, `3 nodes`.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The name that was probably meant.
pub(super) fn near<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let tolerated = match typed.chars().count() {
        0..=3 => 1,
        4..=7 => 2,
        _ => 3,
    };
    let distance = |name: &str| strsim::osa_distance(&typed.to_lowercase(), &name.to_lowercase());
    let close = names
        .into_iter()
        .map(|name| (distance(name), name))
        .filter(|(distance, name)| *distance > 0 && *distance <= tolerated && *distance < name.chars().count());
    close.min().map(|(_, name)| name)
}
