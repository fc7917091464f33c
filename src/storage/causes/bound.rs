//! Claims whose binding is done: lost (L), and bound but of no use (B): expansion, attributes, deletion of the volume.

use super::{Case, Diagnosis};
use crate::objects::{PersistentVolume, Resource};
use crate::report::Finding;
use crate::storage::findings::bound as kinds;
use crate::storage::{changes, words};

mod pods;

pub(super) fn diagnose<'a>(case: &Case<'_, 'a>) -> Diagnosis<'a> {
    let (facts, claim) = (case.facts, case.claim);
    let name = claim.spec.volume_name.as_str();
    if name.is_empty() {
        let finding = case.finding(&kinds::VOLUME_NAME_GONE, "it was bound, and the name of its volume is gone");
        let holder = facts.index.claimed(claim).first().copied();
        let finding = finding.shown_by(&case.me, "spec.volumeName", "<unset>");
        let finding = match holder {
            Some(volume) => {
                finding.shown_by(&words::volume_ref(volume), "spec.claimRef", format!("{}/{}", case.namespace(), claim.metadata.name))
            }
            None => finding,
        };
        return Diagnosis::one(match holder.filter(|volume| volume.is_for(claim)) {
            Some(volume) => {
                let spec = format!(r#""volumeName":{}"#, words::json(&volume.metadata.name));
                case.anew(finding, "create the claim anew with the volume that is still kept for it", &spec)
            }
            None => finding.remedied_by("create the claim anew, with the name of its volume if that is still there", None),
        });
    }
    let mut diagnosis = Diagnosis::default();
    if !facts.knows(Resource::PersistentVolumes, None) {
        diagnosis.unread.insert(Resource::PersistentVolumes);
        diagnosis.causes.extend(unfinished(case));
        return diagnosis;
    }
    let Some(volume) = facts.volume(name) else {
        return Diagnosis::one(gone(case, name));
    };
    if let Some(misbound) = misbound(case, volume) {
        return Diagnosis::one(misbound);
    }
    for pod in facts.consumers(claim) {
        diagnosis.causes.extend(pods::misused(case, pod));
    }
    if facts.knows(Resource::Nodes, None) {
        diagnosis.causes.extend(pods::unschedulable(case, volume));
    } else if facts.consumers(claim).any(|pod| pod.spec.node_name.is_empty()) {
        diagnosis.unread.insert(Resource::Nodes);
    }
    if volume.metadata.deletion_timestamp.is_some() {
        let message = format!("its volume \"{name}\" is being deleted, and goes when the claim goes");
        let finding = case.finding(&kinds::VOLUME_TERMINATING, message);
        let finding = finding
            .shown_by(&words::volume_ref(volume), "metadata.finalizers", words::list(&volume.metadata.finalizers))
            .shown_by(&words::volume_ref(volume), "spec.persistentVolumeReclaimPolicy", &volume.spec.persistent_volume_reclaim_policy);
        diagnosis.causes.push(match volume.spec.persistent_volume_reclaim_policy.as_str() {
            "Retain" => finding.remedied_by("nothing is lost: the storage behind it stays (Retain)", None),
            _ => finding.remedied_by("keep the storage behind it", Some(changes::retain(volume))),
        });
    }
    diagnosis.causes.extend(unfinished(case));
    diagnosis
}

fn gone(case: &Case<'_, '_>, name: &str) -> Finding {
    let lost = case.claim.status.phase == "Lost";
    let kind = if lost { &kinds::VOLUME_GONE } else { &kinds::BOUND_TO_NOTHING };
    let finding = case.finding(kind, format!("its volume \"{name}\" does not exist any more"));
    let finding = finding.shown_by(&case.me, "spec.volumeName", name).shown_by(&case.me, "status.phase", &case.claim.status.phase);
    let description = format!(
        "if the storage is still there, create a PersistentVolume named {name} for it, with claimRef {}/{} and no uid: it is bound again",
        case.namespace(),
        case.claim.metadata.name
    );
    finding.remedied_by(description, None)
}

fn misbound(case: &Case<'_, '_>, volume: &PersistentVolume) -> Option<Finding> {
    let holder = volume.spec.claim_ref.as_ref()?;
    let claim = case.claim;
    let same_name = holder.namespace == claim.metadata.namespace && holder.name == claim.metadata.name;
    // Manifests carry no uids.
    let same = same_name && (holder.uid == claim.metadata.uid || claim.metadata.uid.is_empty());
    if same {
        return None;
    }
    let message = if same_name {
        format!("its volume \"{}\" belongs to an earlier claim of this name", volume.metadata.name)
    } else {
        format!("its volume \"{}\" belongs to claim {}/{}", volume.metadata.name, holder.namespace, holder.name)
    };
    let finding = case.finding(&kinds::CLAIM_MISBOUND, message);
    let finding = finding.shown_by(&words::volume_ref(volume), "spec.claimRef.uid", &holder.uid).shown_by(
        &case.me,
        "metadata.uid",
        &claim.metadata.uid,
    );
    Some(changes::misbound(case.facts, claim, volume, same_name, finding))
}

/// Changes of the claim that are not done.
fn unfinished(case: &Case<'_, '_>) -> Vec<Finding> {
    expansion(case).into_iter().chain(attributes(case)).collect()
}

fn expansion(case: &Case<'_, '_>) -> Option<Finding> {
    let (facts, claim) = (case.facts, case.claim);
    let (want, have) = (claim.request()?, claim.capacity()?);
    if want <= have {
        return None;
    }
    let stage = claim.status.allocated_resource_statuses.get("storage").map(String::as_str);
    let refused = case.class.object.is_some_and(|class| class.allow_volume_expansion != Some(true));
    let shown = |finding: Finding| {
        finding.shown_by(&case.me, "spec.resources.requests.storage", want.text()).shown_by(
            &case.me,
            "status.capacity.storage",
            have.text(),
        )
    };
    if stage.is_none() && refused && facts.knows(Resource::StorageClasses, None) && claim.condition("FileSystemResizePending").is_none() {
        let class = words::class_name(case.class.name);
        let message = format!("it asks for {want} and has {have}, and its {class} does not allow claims to grow");
        let finding = shown(case.finding(&kinds::EXPANSION_REFUSED, message));
        let command = case.class.object.map(|class| {
            format!(
                "kubectl patch storageclass {} --type=merge -p '{{\"allowVolumeExpansion\":true}}'",
                words::quoted(&class.metadata.name)
            )
        });
        return Some(finding.remedied_by("if the driver can do it, let the class allow it", command));
    }
    let pending = claim.condition("FileSystemResizePending");
    let running = facts.consumers(claim).any(|pod| !pod.spec.node_name.is_empty());
    let error = claim.condition("ControllerResizeError").or_else(|| claim.condition("NodeResizeError"));
    let why = match (stage, pending, error) {
        (_, _, Some(error)) => format!("it failed: {}", error.message),
        (Some("ControllerResizeInfeasible"), ..) => "the driver refuses the size".to_owned(),
        (Some("NodeResizeInfeasible"), ..) => "the node cannot enlarge it".to_owned(),
        (Some("NodeResizePending"), ..) | (_, Some(_), _) if !running => {
            "the file system grows when a pod uses the claim, and none does".to_owned()
        }
        (Some("NodeResizePending" | "NodeResizeInProgress"), ..) | (_, Some(_), _) => "the node has to enlarge the file system".to_owned(),
        (Some("ControllerResizeInProgress"), ..) => "the driver is at it".to_owned(),
        // A volume that was reserved for the claim is bound even if it is too small.
        _ if case.class.object.is_none() && facts.knows(Resource::StorageClasses, None) => {
            "its volume is smaller, and without a class nobody enlarges it".to_owned()
        }
        _ => "no resizer has come to it".to_owned(),
    };
    let mut finding = shown(case.finding(&kinds::EXPANSION_UNFINISHED, format!("it asks for {want} and has {have}: {why}")));
    if let Some(stage) = stage {
        finding = finding.shown_by(&case.me, "status.allocatedResourceStatuses.storage", stage);
    }
    for condition in claim.status.conditions.iter().filter(|condition| condition.status != "False") {
        finding = finding.shown_by(&case.me, format!("status.conditions[{}].message", condition.kind), &condition.message);
    }
    let infeasible = stage.is_some_and(|stage| stage.ends_with("Infeasible")) || error.is_some();
    if infeasible {
        // Rule: the request may go back to what is above the present capacity; equal to it is refused.
        return Some(finding.remedied_by(format!("ask for less, but more than {have}"), None));
    }
    Some(finding.remedied_by("see what is said of it", Some(format!("kubectl describe {}", words::pvc(claim)))))
}

fn attributes(case: &Case<'_, '_>) -> Option<Finding> {
    let claim = case.claim;
    let wanted = claim.spec.volume_attributes_class_name.as_deref().filter(|name| !name.is_empty())?;
    let have = claim.status.current_volume_attributes_class_name.as_deref().unwrap_or_default();
    if wanted == have || claim.status.phase == "Lost" {
        return None;
    }
    let known = case.facts.knows(Resource::VolumeAttributesClasses, None);
    let status = claim.status.modify_volume_status.as_ref().map(|status| status.status.as_str());
    let why = match (known && case.facts.attributes_class(wanted).is_none(), status) {
        (true, _) => "which does not exist".to_owned(),
        (_, Some("Infeasible")) => "which the driver refuses".to_owned(),
        (_, Some("InProgress")) => "and the driver is at it".to_owned(),
        _ => "and the driver has not come to it".to_owned(),
    };
    let finding = case.finding(&kinds::ATTRIBUTES_CHANGE_PENDING, format!("it asks for VolumeAttributesClass \"{wanted}\", {why}"));
    let finding = finding.shown_by(&case.me, "spec.volumeAttributesClassName", wanted).shown_by(
        &case.me,
        "status.currentVolumeAttributesClassName",
        if have.is_empty() { "<unset>" } else { have },
    );
    let finding = finding.remedied_by("see what is said of it", Some(format!("kubectl describe {}", words::pvc(claim))));
    if have.is_empty() || status == Some("InProgress") {
        return Some(finding);
    }
    let patch = words::quoted(&format!(r#"{{"spec":{{"volumeAttributesClassName":{}}}}}"#, words::json(have)));
    Some(finding.remedied_by("or leave it as it is", Some(format!("kubectl patch {} --type=merge -p {patch}", words::pvc(claim)))))
}
