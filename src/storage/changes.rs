//! Commands that change the cluster: whole, for a shell, and so that no data goes with what they delete.

use super::facts::{BIND_COMPLETED, BOUND_BY_CONTROLLER, Facts, PROVISIONER, SELECTED_NODE};
use super::words::{and, json, pvc, quoted};
use crate::inventory::Origin;
use crate::objects::{BETA_CLASS, PersistentVolume, PersistentVolumeClaim, Pod};
use crate::report::{DataRisk, Finding, Remedy};

/// What controllers wrote about this claim, which is not so of the next one of its name.
const MARKS: [&str; 5] = [BIND_COMPLETED, BOUND_BY_CONTROLLER, SELECTED_NODE, PROVISIONER[0], PROVISIONER[1]];

/// What to do at a risk.
pub(super) fn at_risk(mut finding: Finding, risk: DataRisk, description: impl Into<String>, command: Option<String>) -> Finding {
    finding.remedy.push(Remedy { description: description.into(), command, data_risk: risk });
    finding
}

/// Whether the objects are files that have not been applied: there is nothing yet to patch or delete.
fn is_only_files(facts: &Facts<'_>) -> bool {
    let objects = &facts.inventory.objects;
    let mut uids = objects.claims.iter().map(|c| &c.metadata.uid).chain(objects.pods.iter().map(|p| &p.metadata.uid));
    facts.inventory.origin == Origin::Manifests && uids.all(|uid| uid.is_empty())
}

/// Commands are for a cluster.
pub(super) fn only_on_a_cluster(facts: &Facts<'_>, findings: &mut [Finding]) {
    if is_only_files(facts) {
        for remedy in findings.iter_mut().flat_map(|finding| &mut finding.remedy) {
            remedy.command = None;
        }
    }
}

/// Deletes a claim that is of no use and creates it again with fields of its spec (of a merge patch) changed.
pub(super) fn anew(facts: &Facts<'_>, claim: &PersistentVolumeClaim, spec: &str, description: &str, finding: Finding) -> Finding {
    if is_only_files(facts) {
        return finding.remedied_by(format!("{description}: in its file, spec: {{{spec}}}"), None);
    }
    if let Some(pod) = claim.metadata.controller().filter(|owner| owner.kind == "Pod") {
        // Kubernetes makes the pod's own claim again from the pod, before anybody else can.
        let description = format!("{description}: in the volumeClaimTemplate of pod {}, which has to be created anew", pod.name);
        return finding.remedied_by(description, None);
    }
    let holding: Vec<&str> =
        facts.consumers(claim).filter(|pod| !pod.spec.node_name.is_empty()).map(|pod| pod.metadata.name.as_str()).collect();
    let description = match holding.len() {
        0 => description.to_owned(),
        1 => format!("delete pod {}, then {description}", and(&holding, 4)),
        _ => format!("delete pods {}, then {description}", and(&holding, 4)),
    };
    // Rule: the annotation is stronger than the field.
    let stronger = spec.contains("\"storageClassName\"").then_some(BETA_CLASS);
    let gone = MARKS.into_iter().chain(stronger).filter(|key| claim.metadata.annotations.get(key).is_some());
    let gone: Vec<String> = gone.map(|key| format!("{}:null", json(key))).collect();
    let metadata = if gone.is_empty() { String::new() } else { format!(r#""metadata":{{"annotations":{{{}}}}},"#, gone.join(",")) };
    let again = again(&pvc(claim), &format!("{{{metadata}\"spec\":{{{spec}}}}}"));
    // Rule: a volume whose claim is gone by uid is released, and deleted if that is its policy. Without the uid it is kept for the name.
    let keep = |volume: &&&PersistentVolume| {
        !claim.metadata.uid.is_empty() && volume.spec.claim_ref.as_ref().is_some_and(|holder| holder.uid == claim.metadata.uid)
    };
    let kept = facts.index.claimed(claim).iter().filter(keep);
    let kept = kept.map(|volume| patch_volume(volume, r#"{"spec":{"claimRef":{"uid":null,"resourceVersion":null}}}"#));
    finding.remedied_by(description, Some(kept.chain([again]).collect::<Vec<_>>().join(" && ")))
}

/// Deletes an object, which kubectl is told to `get`, and creates it again with a merge patch.
pub(super) fn again(object: &str, patch: &str) -> String {
    format!(
        "kubectl get {object} -o json | kubectl patch --local -f - --type=merge -p {} -o json | kubectl replace --force -f -",
        quoted(patch)
    )
}

/// Patches a volume; a JSON merge patch.
pub(super) fn patch_volume(volume: &PersistentVolume, patch: &str) -> String {
    format!("kubectl patch pv {} --type=merge -p {}", quoted(&volume.metadata.name), quoted(patch))
}

/// Keeps what is behind a volume when its claim goes.
pub(super) fn retain(volume: &PersistentVolume) -> String {
    patch_volume(volume, r#"{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}"#)
}

/// Lets a volume belong to this claim, whoever had it, with the data that is on it. A claim that is Lost is found by its uid only.
pub(super) fn give(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> String {
    let meta = &claim.metadata;
    let uid = if claim.metadata.annotations.get(BIND_COMPLETED).is_some() { json(&meta.uid) } else { "null".to_owned() };
    let (namespace, name) = (json(&meta.namespace), json(&meta.name));
    let reference = format!(r#""claimRef":{{"namespace":{namespace},"name":{name},"uid":{uid},"resourceVersion":null}}"#);
    // Whoever was to delete it after its last claim may still be at it.
    let left = matches!(volume.status.phase.as_str(), "Released" | "Failed");
    let delete = left && !matches!(volume.spec.persistent_volume_reclaim_policy.as_str(), "" | "Retain");
    let retain = if delete { r#","persistentVolumeReclaimPolicy":"Retain""# } else { "" };
    patch_volume(volume, &format!(r#"{{"spec":{{{reference}{retain}}}}}"#))
}

/// A claim whose volume belongs to another one: to its own predecessor, whose data it is then to have, or to somebody else.
pub(super) fn misbound(
    facts: &Facts<'_>,
    claim: &PersistentVolumeClaim,
    volume: &PersistentVolume,
    same_name: bool,
    finding: Finding,
) -> Finding {
    if same_name {
        let description = "let the volume belong to this claim, with the data that is on it";
        return at_risk(finding, DataRisk::Disclosure, description, Some(give(volume, claim)));
    }
    anew(facts, claim, r#""volumeName":null"#, "create the claim anew, with a volume of its own", finding)
}

/// Creates a pod anew with a merge patch; what a workload makes is changed there.
pub(super) fn pod_anew(pod: &Pod, description: &str, patch: &str, finding: Finding) -> Finding {
    let meta = &pod.metadata;
    match meta.controller() {
        Some(owner) => finding.remedied_by(format!("in the template of {} {}: {description}", owner.kind, owner.name), None),
        None => {
            let object = format!("pod {} -n {}", quoted(&meta.name), quoted(&meta.namespace));
            finding.remedied_by(description, Some(again(&object, patch)))
        }
    }
}

/// Ends a pod that has what another one needs. It comes back if a workload makes it: that is what has to shrink then.
pub(super) fn end(facts: &Facts<'_>, pod: &Pod, waiting: &Pod, then: &str, finding: Finding) -> Finding {
    let meta = &pod.metadata;
    if meta.deletion_timestamp.is_some() {
        return finding.remedied_by(format!("wait until pod {} has ended: {then}", meta.name), None);
    }
    let inventory = facts.inventory;
    let position = |pod: &Pod| inventory.pod(&pod.metadata.namespace, &pod.metadata.name).and_then(|at| inventory.pods.get(at));
    let group = |pod: &Pod| position(pod).map(|info| info.group);
    let workload = group(pod).and_then(|group| inventory.groups.get(group));
    // Two of one workload: one of them can have it.
    let left = u32::from(group(pod).is_some() && group(pod) == group(waiting));
    let namespace = quoted(&meta.namespace);
    match workload.filter(|group| matches!(group.kind.name(), "Deployment" | "ReplicaSet")) {
        Some(group) => finding.remedied_by(
            format!("{then}; {} {} makes it again while it has replicas for it", group.kind, group.name),
            Some(format!("kubectl scale {} {} -n {namespace} --replicas={left}", group.kind.name().to_lowercase(), quoted(&group.name))),
        ),
        None => finding.remedied_by(then, Some(format!("kubectl delete pod {} -n {namespace}", quoted(&meta.name)))),
    }
}
