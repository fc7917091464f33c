//! Claims of a pod: before it has a node as the binder sees them, after that as its kubelet does (K07, K08, K19, K23, K24).

use super::{Judgement, PodCase, Stage, attach, node};
use crate::inventory::Origin;
use crate::objects::{PersistentVolume, PersistentVolumeClaim, PodVolume, Resource};
use crate::report::{Finding, ObjectRef};
use crate::storage::causes::{self, Case, Diagnosis};
use crate::storage::facts::BIND_COMPLETED;
use crate::storage::findings::topology::NO_CONSUMER;
use crate::storage::findings::{pod as kinds, uncreated};
use crate::storage::{changes, words};

/// The claim behind a volume, if it has one: a generic ephemeral volume is the claim POD-VOLUME.
pub(super) fn name_of(case: &PodCase<'_, '_>, volume: &PodVolume) -> Option<String> {
    match (&volume.persistent_volume_claim, &volume.ephemeral) {
        (Some(source), _) => Some(source.claim_name.clone()),
        (None, Some(_)) => Some(format!("{}-{}", case.pod.metadata.name, volume.name)),
        (None, None) => None,
    }
}

pub(super) fn judge(case: &PodCase<'_, '_>, volume: &PodVolume, name: &str) -> Judgement {
    let (facts, namespace) = (case.facts, case.namespace());
    let mut judgement = Judgement::default();
    let Some(claim) = facts.claim(namespace, name) else {
        if facts.knows(Resource::PersistentVolumeClaims, Some(namespace)) {
            judgement.causes.extend(missing(case, volume, name));
        } else {
            judgement.unread.insert(Resource::PersistentVolumeClaims);
        }
        return judgement;
    };
    match case.stage {
        Stage::Template | Stage::Unscheduled => {
            let diagnosis = diagnose(case, claim);
            judgement.causes = diagnosis.causes;
            judgement.unread = diagnosis.unread;
            if case.stage == Stage::Template {
                // The pods that such a claim waits for are these.
                judgement.causes.retain(|cause| cause.code != NO_CONSUMER.code);
            }
            judgement.causes.extend(misused(case, claim, volume));
        }
        Stage::Starting => starting(case, claim, volume, &mut judgement),
        Stage::Running => {
            // It is mounted: what is said of the claim itself still counts, what is said of other pods does not.
            let lasting = |finding: &Finding| {
                finding.code.starts_with("ST-T")
                    || finding.code.starts_with("ST-L")
                    || matches!(finding.code, "ST-B08" | "ST-B09" | "ST-B10")
            };
            judgement.notes = diagnose(case, claim).causes.into_iter().filter(lasting).collect();
        }
        Stage::Finished => {}
    }
    judgement
}

fn diagnose<'a>(case: &PodCase<'_, 'a>, claim: &'a PersistentVolumeClaim) -> Diagnosis<'a> {
    let own = claim.metadata.key();
    let taken = |volume: &PersistentVolume| case.assigned.get(volume.metadata.name.as_str()).is_some_and(|holder| *holder != own);
    causes::diagnose(&Case::new(case.facts, claim), &taken)
}

fn missing(case: &PodCase<'_, '_>, volume: &PodVolume, name: &str) -> Option<Finding> {
    let namespace = case.namespace();
    // A template's own claims are made with its pods.
    let of_set = |w: &crate::objects::Workload| w.claim_templates.iter().any(|template| template.metadata.name == volume.name);
    let in_a_file = case.facts.inventory.origin == Origin::Manifests && case.pod.metadata.uid.is_empty();
    if (in_a_file && volume.ephemeral.is_some()) || (case.stage == Stage::Template && case.workload.is_some_and(of_set)) {
        return None;
    }
    let here = case.facts.inventory.objects.claims.iter().filter(|claim| claim.metadata.namespace == namespace);
    let near = words::near(name, here.map(|claim| claim.metadata.name.as_str()));
    let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
    let kind = if case.stage == Stage::Starting { &kinds::CLAIM_NOT_USABLE } else { &uncreated::CLAIM_MISSING };
    let message = match volume.ephemeral {
        Some(_) => format!("claim \"{name}\", which Kubernetes makes for this volume, does not exist yet"),
        None => format!("claim \"{name}\" does not exist{hint}"),
    };
    let finding = case.finding(kind, message);
    let field = match volume.ephemeral {
        Some(_) => format!("spec.volumes[{}].ephemeral", volume.name),
        None => format!("spec.volumes[{}].persistentVolumeClaim.claimName", volume.name),
    };
    // A claim of that name made by hand would not be the pod's own.
    let remedy = match volume.ephemeral {
        Some(_) => "see whether kube-controller-manager runs: it makes the claim".to_owned(),
        None => format!("create a claim named {name}, or let the pod name another one"),
    };
    let reference = ObjectRef::new("PersistentVolumeClaim", namespace, name);
    Some(finding.shown_by(&case.me, field, name).shown_by(&reference, "metadata.name", "does not exist").remedied_by(remedy, None))
}

/// The kubelet's view: it looks at the claim, at the volume, and then mounts.
fn starting(case: &PodCase<'_, '_>, claim: &PersistentVolumeClaim, volume: &PodVolume, judgement: &mut Judgement) {
    let facts = case.facts;
    let Some(claim) = facts.claim(&claim.metadata.namespace, &claim.metadata.name) else { return };
    let me = words::claim_ref(claim);
    let name = &claim.metadata.name;
    if claim.metadata.deletion_timestamp.is_some() {
        let finding = case.finding(&kinds::CLAIM_NOT_USABLE, format!("claim \"{name}\" is being deleted, and no pod may start with it"));
        let finding = finding.shown_by(&me, "metadata.finalizers", words::list(&claim.metadata.finalizers));
        judgement.causes.push(finding.remedied_by("let the other pods that use it go, and create it anew", None));
        return;
    }
    let bound = !claim.spec.volume_name.is_empty()
        && (claim.metadata.annotations.get(BIND_COMPLETED).is_some() || claim.status.phase == "Bound")
        && claim.status.phase != "Lost";
    if !bound {
        let phase = if claim.status.phase.is_empty() { "Pending" } else { claim.status.phase.as_str() };
        let finding = case.finding(
            &kinds::CLAIM_NOT_USABLE,
            format!("claim \"{name}\" is not bound ({phase}), and the pod is on node {} already", case.node()),
        );
        let finding = finding.shown_by(&me, "status.phase", phase).shown_by(&case.me, "spec.nodeName", case.node());
        judgement.causes.push(finding.remedied_by(
            "see why the claim is not bound",
            Some(format!("kubectl netstore pvc-why-pending {} -n {}", words::quoted(name), words::quoted(case.namespace()))),
        ));
        let diagnosis = diagnose(case, claim);
        judgement.causes.extend(diagnosis.causes);
        judgement.unread.extend(diagnosis.unread);
        return;
    }
    judgement.causes.extend(misused(case, claim, volume));
    if !facts.knows(Resource::PersistentVolumes, None) {
        judgement.unread.insert(Resource::PersistentVolumes);
        return;
    }
    let Some(behind) = facts.volume(&claim.spec.volume_name) else {
        let message = format!("claim \"{name}\" is bound to volume \"{}\", which does not exist", claim.spec.volume_name);
        let finding = case.finding(&kinds::CLAIM_NOT_USABLE, message).shown_by(&me, "spec.volumeName", &claim.spec.volume_name);
        judgement.causes.push(finding.remedied_by(
            "see what can be saved",
            Some(format!("kubectl netstore pvc-why-pending {} -n {}", words::quoted(name), words::quoted(case.namespace()))),
        ));
        return;
    };
    judgement.causes.extend(not_claimed_back(case, claim, behind));
    if let Some(field) = behind.in_tree() {
        let mut removed = node::removed(case, volume, field);
        judgement.causes.append(&mut removed.causes);
    }
    not_for_node(case, behind, judgement);
    attach::judge(case, behind, judgement);
    node::of_volume(case, behind, judgement);
    judgement.causes.extend(for_one_pod(case, claim));
}

/// Rule: a volume must name the claim, with its uid.
fn not_claimed_back(case: &PodCase<'_, '_>, claim: &PersistentVolumeClaim, behind: &PersistentVolume) -> Option<Finding> {
    let reference = words::volume_ref(behind);
    let volume = &behind.metadata.name;
    let Some(holder) = &behind.spec.claim_ref else {
        let finding = case.finding(&kinds::VOLUME_NOT_CLAIMED_BACK, format!("volume \"{volume}\" names no claim (claimRef is empty)"));
        return Some(
            finding
                .shown_by(&reference, "spec.claimRef", "<unset>")
                .remedied_by("see whether the volume controller runs: it sets claimRef", None),
        );
    };
    let uid = &claim.metadata.uid;
    // Manifests carry no uids.
    if uid.is_empty() || holder.uid == *uid {
        return None;
    }
    let message = format!("volume \"{volume}\" belongs to claim {}/{} with another uid", holder.namespace, holder.name);
    let finding = case.finding(&kinds::VOLUME_NOT_CLAIMED_BACK, message).shown_by(&reference, "spec.claimRef.uid", &holder.uid);
    let same_name = holder.namespace == claim.metadata.namespace && holder.name == claim.metadata.name;
    let finding = finding.shown_by(&words::claim_ref(claim), "metadata.uid", uid);
    Some(changes::misbound(case.facts, claim, behind, same_name, finding))
}

/// A block device used as a filesystem, or the other way round.
fn misused(case: &PodCase<'_, '_>, claim: &PersistentVolumeClaim, volume: &PodVolume) -> Option<Finding> {
    let block = claim.mode() == "Block";
    for container in case.pod.spec.init_containers.iter().chain(&case.pod.spec.containers) {
        let (uses, field, other) = if block {
            (&container.volume_mounts, "volumeMounts", "volumeDevices")
        } else {
            (&container.volume_devices, "volumeDevices", "volumeMounts")
        };
        if uses.iter().any(|used| used.name == volume.name) {
            let message =
                format!("volume \"{}\" has volumeMode {}, and container {} has it in {field}", volume.name, claim.mode(), container.name);
            let finding = case.finding(&kinds::MODE_IN_POD, message).shown_by(&words::claim_ref(claim), "spec.volumeMode", claim.mode());
            let finding = finding.shown_by(&case.me, format!("spec.containers[{}].{field}", container.name), &volume.name);
            return Some(finding.remedied_by(format!("name the volume in {other} and create the pod anew"), None));
        }
    }
    None
}

fn not_for_node(case: &PodCase<'_, '_>, behind: &PersistentVolume, judgement: &mut Judgement) {
    let Some(required) = behind.required_nodes() else { return };
    if !case.facts.knows(Resource::Nodes, None) {
        judgement.unread.insert(Resource::Nodes);
        return;
    }
    let Some(node) = case.facts.node(case.node()) else { return };
    if behind.usable_on(&node.metadata.labels) {
        return;
    }
    let (volume, wanted) = (&behind.metadata.name, required.describe());
    let message = format!("volume \"{volume}\" cannot be used on node {}: it wants {wanted}", case.node());
    let mut finding =
        case.finding(&kinds::NOT_FOR_THIS_NODE, message).shown_by(&words::volume_ref(behind), "spec.nodeAffinity.required", wanted);
    for key in required.node_selector_terms.iter().flat_map(|term| &term.match_expressions).map(|requirement| requirement.key.as_str()) {
        let value = node.metadata.labels.get(key).unwrap_or("<unset>");
        finding = finding.shown_by(&words::node_ref(node), format!("metadata.labels[{key}]"), value);
    }
    let description = "create the pod anew without spec.nodeName, so that the scheduler finds a node";
    judgement.causes.push(changes::pod_anew(case.pod, description, r#"{"spec":{"nodeName":null}}"#, finding));
}

/// Rule: a claim for one pod is mounted for one pod of the node only.
fn for_one_pod(case: &PodCase<'_, '_>, claim: &PersistentVolumeClaim) -> Option<Finding> {
    if !claim.spec.access_modes.iter().any(|mode| mode == "ReadWriteOncePod") {
        return None;
    }
    let users = case.facts.users(&claim.metadata.namespace, &claim.metadata.name);
    let user = users
        .iter()
        .copied()
        .find(|other| !other.is_finished() && other.spec.node_name == case.node() && other.metadata.name != case.pod.metadata.name)?;
    let message =
        format!("claim \"{}\" is for one pod only (ReadWriteOncePod), and pod {} uses it", claim.metadata.name, user.metadata.name);
    let finding = case.finding(&kinds::USED_BY_A_POD, message).shown_by(&words::claim_ref(claim), "spec.accessModes", "ReadWriteOncePod");
    let finding = finding.shown_by(&words::pod_ref(user), "spec.nodeName", case.node());
    Some(changes::end(case.facts, user, case.pod, "when the other pod is gone, this one starts", finding))
}
