//! What the kubelet and the attach controller said: confirms what objects show, and carries what only a message tells.
//!
//! Wordings of old and new releases. What objects contradict is an old story and is left out.

use super::{Judgement, PodCase, attach, claims};
use crate::objects::{Event, OtherSource, PodVolume, Resource};
use crate::report::{Confidence, Finding, FindingKind, ObjectRef};
use crate::storage::findings::pod as kinds;

/// Parts of a message, all of which it has, and what it means. The first that fits counts.
const MEANINGS: [(&[&str], &FindingKind); 37] = [
    (&["not registered"], &kinds::FILES_NOT_READY),
    (&["failed to sync configmap cache"], &kinds::FILES_NOT_READY),
    (&["failed to sync secret cache"], &kinds::FILES_NOT_READY),
    (&["couldn't propagate object cache"], &kinds::FILES_NOT_READY),
    (&["references non-existent config key"], &kinds::CONFIG_MAP_KEY_MISSING),
    (&["references non-existent secret key"], &kinds::SECRET_KEY_MISSING),
    (&["NodeStageSecretRef"], &kinds::NODE_SECRET_MISSING),
    (&["NodePublishSecretRef"], &kinds::NODE_SECRET_MISSING),
    (&["configmap \"", "not found"], &kinds::CONFIG_MAP_MISSING),
    (&["configmaps \"", "not found"], &kinds::CONFIG_MAP_MISSING),
    (&["secret \"", "not found"], &kinds::SECRET_MISSING),
    (&["secrets \"", "not found"], &kinds::SECRET_MISSING),
    (&["pv.Spec.ClaimRef"], &kinds::VOLUME_NOT_CLAIMED_BACK),
    (&["has volumeMode", "but is specified in"], &kinds::MODE_IN_POD),
    (&["error processing PVC"], &kinds::CLAIM_NOT_USABLE),
    (&["persistentvolumeclaim \"", "not found"], &kinds::CLAIM_NOT_USABLE),
    (&["Multi-Attach error", "already used by pod(s)"], &kinds::ATTACHED_ELSEWHERE),
    (&["Multi-Attach error", "in different namespaces"], &kinds::ATTACHED_FOR_OTHERS),
    (&["Multi-Attach error"], &kinds::LEFT_ATTACHED),
    (&["timed out waiting for external-attacher"], &kinds::ATTACHER_ABSENT),
    (&["attachment timeout for volume"], &kinds::ATTACHER_ABSENT),
    (&["volume attachment is being deleted"], &kinds::ATTACHMENT_STUCK),
    (&["ResourceExhausted"], &kinds::NODE_IS_FULL),
    (&["reached its volume attachment limit"], &kinds::NODE_IS_FULL),
    (&["AttachVolume.Attach failed"], &kinds::ATTACH_FAILS),
    (&["list of registered CSI drivers"], &kinds::DRIVER_NOT_ON_PODS_NODE),
    (&["not attached according to node status"], &kinds::NODE_STATUS_LAGS),
    (&["list of VolumesInUse"], &kinds::NODE_STATUS_LAGS),
    (&["NodeAffinity check failed"], &kinds::NOT_FOR_THIS_NODE),
    (&["node affinity check failed"], &kinds::NOT_FOR_THIS_NODE),
    (&["hostPath type check failed"], &kinds::HOST_PATH_TYPE),
    (&["NewMounter initialization failed", "does not exist"], &kinds::LOCAL_PATH_MISSING),
    (&["ReadWriteOncePod", "already in use"], &kinds::USED_BY_A_POD),
    (&["SELinux label"], &kinds::SELINUX_CONFLICT),
    (&["no volume plugin matched"], &kinds::TYPE_REMOVED),
    (&["volume mode \"Ephemeral\" not supported"], &kinds::INLINE_REFUSED),
    (&["does not support mode", "Ephemeral"], &kinds::INLINE_REFUSED),
];

/// Reasons of events that are about volumes.
const REASONS: [&str; 6] = [
    "FailedMount",
    "FailedAttachVolume",
    "FailedMapVolume",
    "FailedMountOnFilesystemMismatch",
    "VolumePermissionChangeInProgress",
    "MultipleSELinuxLabels",
];

/// What an event means; none if it says only that something is not done yet.
fn meaning(event: &Event) -> Option<&'static FindingKind> {
    let message = event.message.as_str();
    let found = MEANINGS.iter().find(|(parts, _)| parts.iter().all(|part| message.contains(part))).map(|(_, kind)| *kind);
    if found.is_some() {
        return found;
    }
    match event.reason.as_str() {
        "FailedMapVolume" => Some(&kinds::MAP_FAILS),
        "VolumePermissionChangeInProgress" => Some(&kinds::OWNERSHIP_CHANGE),
        "MultipleSELinuxLabels" => Some(&kinds::SELINUX_CONFLICT),
        "FailedAttachVolume" => Some(&kinds::ATTACH_FAILS),
        _ if message.contains("MapVolume.") => Some(&kinds::MAP_FAILS),
        _ if message.contains("timed out waiting for the condition") && !message.contains("failed for volume") => None,
        _ => Some(&kinds::MOUNT_FAILS),
    }
}

/// Whether an event is about this volume: it is named after the pod's volume, after the PersistentVolume, or after the claim.
fn is_about(case: &PodCase<'_, '_>, event: &Event, volume: &PodVolume) -> bool {
    let message = event.message.as_str();
    let claim = claims::name_of(case, volume);
    let behind = claim.as_ref().and_then(|name| case.facts.claim(case.namespace(), name)).map(|claim| claim.spec.volume_name.as_str());
    let quoted =
        |name: &str| !name.is_empty() && (message.contains(&format!("volume \"{name}\"")) || message.contains(&format!("volume {name} ")));
    // `…/volumes/kubernetes.io~csi/pv-a`
    let folder = |name: &str| !name.is_empty() && message.split(['/', ',', ' ']).any(|part| part == name) && message.contains("/volumes/");
    if quoted(&volume.name) || behind.is_some_and(|name| quoted(name) || folder(name)) {
        return true;
    }
    if let Some(name) = claim
        && (message.contains(&format!("PVC {}/{name}:", case.namespace()))
            || message.contains(&format!("persistentvolumeclaim \"{name}\"")))
    {
        return true;
    }
    // Of the two lists in the old wording, only the first is about what is not mounted; the other one names innocents, too.
    let unmounted = message.split("unmounted volumes=[").nth(1).and_then(|rest| rest.split(']').next());
    unmounted.is_some_and(|names| names.split([' ', ',']).any(|name| name == volume.name))
}

/// Adds what events say to what objects showed.
pub(super) fn add(case: &PodCase<'_, '_>, judged: &mut [(&PodVolume, Judgement)], whole: &mut Judgement) {
    let meta = &case.pod.metadata;
    let mut told: Vec<(&'static str, Vec<usize>)> = Vec::new();
    let events = case.facts.events("Pod", &meta.namespace, &meta.name, &meta.uid);
    for event in events.filter(|event| REASONS.contains(&event.reason.as_str())) {
        let Some(kind) = meaning(event) else { continue };
        let about: Vec<usize> =
            judged.iter().enumerate().filter(|(_, (volume, _))| is_about(case, event, volume)).map(|(at, _)| at).collect();
        // The newest word on a matter counts.
        if told.iter().any(|(code, volumes)| *code == kind.code && *volumes == about) {
            continue;
        }
        told.push((kind.code, about.clone()));
        if about.is_empty() {
            if judged.iter().all(|(_, judgement)| judgement.causes.is_empty()) && whole.causes.is_empty() {
                whole.causes.push(finding(case, kind, event, !whole.unread.is_empty()));
            }
            continue;
        }
        for at in about {
            if let Some((volume, judgement)) = judged.get_mut(at) {
                confirm(case, volume, judgement, kind, event);
            }
        }
    }
}

fn confirm(case: &PodCase<'_, '_>, volume: &PodVolume, judgement: &mut Judgement, kind: &'static FindingKind, event: &Event) {
    let reference = ObjectRef::new("Event", case.namespace(), &event.metadata.name);
    if let Some(known) = judgement.causes.iter_mut().find(|cause| cause.code == kind.code) {
        *known = known.clone().shown_by(&reference, "message", &event.message);
        return;
    }
    // What objects show is root or consequence of what is said.
    if !judgement.causes.is_empty() || contradicted(case, volume, kind) {
        return;
    }
    judgement.causes.push(finding(case, kind, event, !judgement.unread.is_empty()));
}

fn finding(case: &PodCase<'_, '_>, kind: &'static FindingKind, event: &Event, unread: bool) -> Finding {
    let who = match event.component() {
        "attachdetach-controller" => "the attach controller",
        _ => "the kubelet",
    };
    let sure = if unread { Confidence::Possible } else { Confidence::Likely };
    let finding = case.finding(kind, format!("{who} says: {}", event.message)).with_confidence(sure);
    let reference = ObjectRef::new("Event", case.namespace(), &event.metadata.name);
    finding.shown_by(&reference, "message", &event.message).remedied_by(advice(kind), None)
}

/// What to do where only a message tells.
fn advice(kind: &'static FindingKind) -> &'static str {
    match kind.code {
        "ST-K05" => "wait a minute; then look at the kubelet of the node",
        "ST-K20" | "ST-K27" => "try the mount on the node; look at the server, its exports and the mount helper",
        "ST-K21" => "create the folder on that node",
        "ST-K22" => "create what is missing on that node, or change hostPath.type",
        "ST-K25" => "wait, and set securityContext.fsGroupChangePolicy: OnRootMismatch for the next start",
        "ST-K26" => "give both pods the same seLinuxOptions",
        _ => "do what the message asks for",
    }
}

/// Whether objects that were read show that it is not so any more.
fn contradicted(case: &PodCase<'_, '_>, volume: &PodVolume, kind: &FindingKind) -> bool {
    let facts = case.facts;
    let knows = |resource: Resource| facts.knows(resource, Some(case.namespace()));
    let claim = claims::name_of(case, volume).and_then(|name| facts.claim(case.namespace(), &name));
    let behind = claim.and_then(|claim| facts.volume(&claim.spec.volume_name));
    let driver = behind.and_then(attach::driver);
    let attachments = driver.is_some() && knows(Resource::VolumeAttachments);
    let own = |attached: bool| {
        let of = |a: &&crate::objects::VolumeAttachment| {
            a.spec.node_name == case.node() && a.spec.source.persistent_volume_name.as_deref() == behind.map(|v| v.metadata.name.as_str())
        };
        facts.inventory.objects.volume_attachments.iter().find(of).is_some_and(|a| a.status.attached == attached)
    };
    match kind.code {
        "ST-K01" | "ST-K02" => knows(Resource::ConfigMaps),
        "ST-K03" | "ST-K04" => knows(Resource::Secrets),
        "ST-K07" | "ST-K08" => knows(Resource::PersistentVolumeClaims) && knows(Resource::PersistentVolumes),
        "ST-K09" | "ST-K10" | "ST-K11" => attachments,
        "ST-K13" | "ST-K14" | "ST-K15" | "ST-K18" => attachments && own(true),
        "ST-K19" => knows(Resource::Nodes) && behind.is_some(),
        "ST-K29" => knows(Resource::CsiDrivers) && matches!(volume.other.as_deref(), Some(OtherSource::Csi(_))),
        "ST-K30" => knows(Resource::Secrets) && behind.is_some(),
        _ => false,
    }
}
