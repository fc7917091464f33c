//! The pod's node: drivers (K16), secrets (K30), types of volumes that are gone (K28), volumes inside pods (K29), paths (K22).

use super::{Judgement, PodCase, Stage, attach, claims};
use crate::objects::{OtherSource, PersistentVolume, PodVolume, Resource};
use crate::report::{Confidence, Finding, ObjectRef, Severity};
use crate::storage::findings::pod as kinds;
use crate::storage::words;

/// Types whose code is gone, and the minor release without it.
const REMOVED: [(&str, u32); 10] = [
    ("photonPersistentDisk", 16),
    ("scaleIO", 22),
    ("flocker", 25),
    ("quobyte", 25),
    ("storageos", 25),
    ("glusterfs", 26),
    ("cephfs", 31),
    ("rbd", 31),
    ("portworxVolume", 36),
    ("gitRepo", 36),
];

/// A pod that its kubelet turned away because the node had no room for its volumes.
pub(super) fn turned_away(case: &PodCase<'_, '_>) -> Option<Finding> {
    let status = &case.pod.status;
    if status.reason != "VolumeAttachmentLimitExceeded" {
        return None;
    }
    let finding = case.finding(&kinds::NODE_IS_FULL, format!("node {} turned the pod away: {}", case.node(), status.message));
    let finding = finding.shown_by(&case.me, "status.reason", &status.reason).shown_by(&case.me, "status.message", &status.message);
    Some(finding.remedied_by("its controller makes another one; a pod without one has to be made anew", None))
}

/// Whether the driver runs on the node, and has the secrets it needs there.
pub(super) fn of_volume(case: &PodCase<'_, '_>, volume: &PersistentVolume, judgement: &mut Judgement) {
    let Some(driver) = attach::driver(volume) else { return };
    registered(case, driver, judgement);
    let Some(csi) = &volume.spec.csi else { return };
    for (field, secret) in [("nodeStageSecretRef", &csi.node_stage_secret_ref), ("nodePublishSecretRef", &csi.node_publish_secret_ref)] {
        let Some(secret) = secret else { continue };
        needs_secret(case, &words::volume_ref(volume), &format!("spec.csi.{field}"), (&secret.namespace, &secret.name), judgement);
    }
}

fn needs_secret(case: &PodCase<'_, '_>, of: &ObjectRef, field: &str, (namespace, name): (&str, &str), judgement: &mut Judgement) {
    if case.facts.inventory.secret(namespace, name).is_some() {
        return;
    }
    if !case.facts.knows(Resource::Secrets, Some(namespace)) {
        judgement.unread.insert(Resource::Secrets);
        return;
    }
    let finding = case.finding(
        &kinds::NODE_SECRET_MISSING,
        format!("Secret {namespace}/{name}, which the driver needs to mount the volume, does not exist"),
    );
    let reference = ObjectRef::new("Secret", namespace, name);
    let finding = finding.shown_by(of, field, format!("{namespace}/{name}")).shown_by(&reference, "metadata.name", "does not exist");
    judgement.causes.push(finding.remedied_by("create it with what the driver's documentation asks for", None));
}

/// Rule: the kubelet mounts with drivers that are registered on its node.
fn registered(case: &PodCase<'_, '_>, driver: &str, judgement: &mut Judgement) {
    let facts = case.facts;
    if !facts.knows(Resource::CsiNodes, None) {
        judgement.unread.insert(Resource::CsiNodes);
        return;
    }
    let csi_node = facts.csi_node(case.node());
    if csi_node.is_some_and(|node| node.driver(driver).is_some()) {
        return;
    }
    let installed = facts.driver(driver).is_some() || facts.inventory.objects.csi_nodes.iter().any(|node| node.driver(driver).is_some());
    let nowhere = if installed || !facts.knows(Resource::CsiDrivers, None) { "" } else { ", and is not installed at all" };
    let message = format!("driver {driver} does not run on node {}{nowhere}", case.node());
    let names: Vec<&str> = csi_node.into_iter().flat_map(|node| &node.spec.drivers).map(|driver| driver.name.as_str()).collect();
    let names = if names.is_empty() { "none".to_owned() } else { names.join(",") };
    let mut finding = case.finding(&kinds::DRIVER_NOT_ON_PODS_NODE, message);
    finding = finding.shown_by(&ObjectRef::new("CSINode", "", case.node()), "spec.drivers[].name", names);
    if let Some(node) = facts.node(case.node()) {
        for taint in node.spec.taints.iter().filter(|taint| taint.repels()) {
            let value = if taint.value.is_empty() { String::new() } else { format!("={}", taint.value) };
            finding = finding.shown_by(&words::node_ref(node), "spec.taints", format!("{}{value}:{}", taint.key, taint.effect));
        }
    }
    judgement.causes.push(finding.remedied_by(
        "see that the driver's node plugin runs there: its DaemonSet may not tolerate the node's taints",
        Some(format!("kubectl get pods -A -o wide --field-selector spec.nodeName={}", words::quoted(case.node()))),
    ));
}

/// A volume that a driver makes inside the pod.
pub(super) fn inline(case: &PodCase<'_, '_>, volume: &PodVolume, csi: &crate::objects::InlineCsi) -> Judgement {
    let mut judgement = Judgement::default();
    let facts = case.facts;
    if case.stage == Stage::Running {
        return judgement;
    }
    let field = format!("spec.volumes[{}].csi.driver", volume.name);
    let driver = csi.driver.as_str();
    if !facts.knows(Resource::CsiDrivers, None) {
        judgement.unread.insert(Resource::CsiDrivers);
    } else {
        let reference = ObjectRef::new("CSIDriver", "", driver);
        match facts.driver(driver) {
            None => {
                let near = words::near(driver, facts.inventory.objects.csi_drivers.iter().map(|driver| driver.metadata.name.as_str()));
                let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
                let finding = case.finding(&kinds::INLINE_REFUSED, format!("there is no CSIDriver {driver}{hint}"));
                let finding = finding.shown_by(&case.me, field, driver).shown_by(&reference, "metadata.name", "does not exist");
                judgement.causes.push(finding.remedied_by(format!("install {driver}, or name another driver"), None));
            }
            Some(object) if !object.spec.volume_lifecycle_modes.iter().any(|mode| mode == "Ephemeral") => {
                let modes = &object.spec.volume_lifecycle_modes;
                let modes = if modes.is_empty() { "<unset> (Persistent)".to_owned() } else { modes.join(",") };
                let finding = case.finding(&kinds::INLINE_REFUSED, format!("driver {driver} makes no volumes inside pods"));
                let finding = finding.shown_by(&case.me, field, driver).shown_by(&reference, "spec.volumeLifecycleModes", modes);
                judgement.causes.push(finding.remedied_by("use a claim, or a generic ephemeral volume, with a class of this driver", None));
            }
            Some(_) => {}
        }
    }
    if case.stage == Stage::Starting {
        registered(case, driver, &mut judgement);
    }
    if let Some(secret) = &csi.node_publish_secret_ref {
        let field = format!("spec.volumes[{}].csi.nodePublishSecretRef.name", volume.name);
        needs_secret(case, &case.me, &field, (case.namespace(), &secret.name), &mut judgement);
    }
    judgement
}

/// A type that Kubernetes had once.
pub(super) fn removed(case: &PodCase<'_, '_>, volume: &PodVolume, field: &'static str) -> Judgement {
    let mut judgement = Judgement::default();
    let Some((_, release)) = REMOVED.iter().find(|(name, _)| *name == field).filter(|_| case.stage != Stage::Running) else {
        return judgement;
    };
    let version = case.facts.inventory.minor_release();
    if version.is_some_and(|minor| minor < *release) {
        return judgement;
    }
    // Portworx volumes go to the driver that took over, if it is there.
    if field == "portworxVolume" && case.facts.driver("pxd.portworx.com").is_some() {
        return judgement;
    }
    let finding = case.finding(
        &kinds::TYPE_REMOVED,
        format!("volume \"{}\" is of type {field}, which Kubernetes 1.{release} and later do not mount", volume.name),
    );
    let sure = if version.is_some() { Confidence::Certain } else { Confidence::Likely };
    let finding = finding.with_confidence(sure).shown_by(&case.me, format!("spec.volumes[{}]", volume.name), field);
    judgement.causes.push(match field {
        "gitRepo" => finding.remedied_by("let an init container clone the repository into an emptyDir", None),
        _ => finding.remedied_by("make the volume anew with the CSI driver that took over", None),
    });
    judgement
}

/// Where nothing else explains why the pod does not start: a path that has to be there, of which no object tells.
pub(super) fn last_resort(case: &PodCase<'_, '_>, judged: &mut [(&PodVolume, Judgement)], whole: &Judgement) {
    let explained = |j: &Judgement| j.causes.iter().any(|cause| cause.severity != Severity::Info) || !j.unread.is_empty();
    let late = case.age().is_some_and(|age| age >= 60);
    if !late || explained(whole) || judged.iter().any(|(_, judgement)| explained(judgement)) {
        return;
    }
    for (volume, judgement) in judged {
        let Some(OtherSource::HostPath(path)) = volume.other.as_deref().filter(|_| claims::name_of(case, volume).is_none()) else {
            continue;
        };
        if path.kind.is_empty() || path.kind.ends_with("OrCreate") {
            continue;
        }
        let message = format!("{} has to be a {} on node {}, and may not be", path.path, path.kind, case.node());
        let finding = case.finding(&kinds::HOST_PATH_TYPE, message).with_confidence(Confidence::Possible);
        let finding = finding.shown_by(&case.me, format!("spec.volumes[{}].hostPath.type", volume.name), &path.kind);
        judgement.causes.push(finding.remedied_by(format!("look on node {} whether it is there", case.node()), None));
    }
}
