//! What others said: the provisioner's events, the scheduler's condition. Confirms, and carries what only a message tells.

use super::Case;
use crate::objects::{Event, Resource};
use crate::report::{Confidence, Finding, FindingKind, ObjectRef};
use crate::storage::findings::{provisioner as kinds, topology, uncreated};

/// Part of a message, and what it means.
const MEANINGS: [(&str, &FindingKind); 49] = [
    ("does not support block volume provisioning", &kinds::BLOCK_UNSUPPORTED),
    ("elector is not supported", &kinds::SELECTOR_UNSUPPORTED),
    ("no volume plugin matched name: kubernetes.io/no-provisioner", &kinds::MADE_BY_HAND),
    ("no volume plugin matched", &kinds::PLUGIN_REMOVED),
    ("no provisionable volume plugin matched", &kinds::PLUGIN_CANNOT_PROVISION),
    ("\"kubernetes.io/host-path\" is disabled", &kinds::HOST_PATH_PROVISIONER),
    ("Only support ReadWriteOnce", &kinds::ACCESS_MODE_UNSUPPORTED),
    ("NodePath only supports ReadWriteOnce", &kinds::ACCESS_MODE_UNSUPPORTED),
    ("invalid AccessModes", &kinds::ACCESS_MODE_UNSUPPORTED),
    ("MULTI_NODE_MULTI_WRITER", &kinds::ACCESS_MODE_UNSUPPORTED),
    ("access mode", &kinds::ACCESS_MODE_UNSUPPORTED),
    ("olume capabilities", &kinds::ACCESS_MODE_UNSUPPORTED),
    ("VolumeAttributesClass: ", &kinds::CAPABILITY_MISSING),
    ("CSI driver does not support", &kinds::CAPABILITY_MISSING),
    ("capability is not reported", &kinds::CAPABILITY_MISSING),
    ("found unknown parameter key", &kinds::PARAMETERS_WRONG),
    ("fstype specified in parameters with both", &kinds::PARAMETERS_WRONG),
    ("Both must be specified", &kinds::PARAMETERS_WRONG),
    ("error getting secret", &kinds::PARAMETERS_WRONG),
    ("VAC ", &kinds::ATTRIBUTES_CLASS_WRONG),
    ("volumeattributesclass", &kinds::ATTRIBUTES_CLASS_WRONG),
    ("error getting snapshot", &kinds::SNAPSHOT_NOT_USABLE),
    ("is not Ready", &kinds::SNAPSHOT_NOT_USABLE),
    ("not bound to a snapshotcontent", &kinds::SNAPSHOT_NOT_USABLE),
    ("is bound to a different snapshot", &kinds::SNAPSHOT_NOT_USABLE),
    ("is not handled by CSI driver", &kinds::SNAPSHOT_NOT_USABLE),
    ("snapshot handle", &kinds::SNAPSHOT_NOT_USABLE),
    ("for the source snapshot", &kinds::SMALLER_THAN_SNAPSHOT),
    ("modifies the mode of the source volume", &kinds::MODE_CONVERSION_FORBIDDEN),
    ("the PVC DataSource", &kinds::CLONE_SOURCE_UNFIT),
    ("new PVC request must be greater than or equal", &kinds::CLONE_SOURCE_UNFIT),
    ("source PVC and destination PVCs must have the same volume mode", &kinds::CLONE_SOURCE_UNFIT),
    ("claim in dataSource not bound or invalid", &kinds::CLONE_VOLUME_UNFIT),
    ("does not match any registered VolumePopulator", &kinds::NO_POPULATOR),
    ("does not belong to the right APIGroup", &kinds::SOURCE_GROUP_WRONG),
    ("CrossNamespaceVolumeDataSource feature is disabled", &kinds::SOURCE_ELSEWHERE),
    ("dataSource from", &kinds::SOURCE_ELSEWHERE),
    ("error getting ReferenceGrants", &kinds::SOURCE_ELSEWHERE),
    ("failed to get selected CSINode", &topology::PINNED_TO_NODE),
    ("no topology key found for node", &topology::DRIVER_NOT_ON_NODE),
    ("no topology key found on CSINode", &topology::DRIVER_NOT_ON_NODE),
    ("does not match topology keys from CSINode", &topology::TOPOLOGY_LABELS_MISSING),
    ("no available topology found", &topology::DRIVER_ON_NO_NODE),
    ("were not found on any nodes", &topology::DRIVER_ON_NO_NODE),
    ("is not in allowed topologies", &topology::TOPOLOGY_EXCLUDES_NODES),
    ("not handled by any populator", &kinds::NO_POPULATOR),
    ("snapshotcontent", &kinds::SNAPSHOT_NOT_USABLE),
    ("is being deleted", &kinds::SNAPSHOT_NOT_USABLE),
    ("DataSource Type VolumeSnapshot", &kinds::SNAPSHOT_NOT_USABLE),
];

/// Adds an event as evidence.
pub(super) fn quoted(finding: Finding, case: &Case<'_, '_>, event: &Event) -> Finding {
    let reference = ObjectRef::new("Event", case.namespace(), &event.metadata.name);
    finding.shown_by(&reference, "message", &event.message)
}

/// What a message means; none if it is a refusal of the storage, whatever it says.
fn meaning(message: &str) -> Option<&'static FindingKind> {
    MEANINGS.iter().find(|(part, _)| message.contains(part)).map(|(_, kind)| *kind)
}

/// The newest failure of the provisioner, in its own words.
///
/// Not the newest event: the volume controller repeats that it waits, which is mostly newer.
pub(super) fn failed(case: &Case<'_, '_>) -> Option<Finding> {
    let mut failures = case
        .facts
        .events_of(case.claim)
        .filter(|event| matches!(event.reason.as_str(), "ProvisioningFailed" | "UnrecognizedDataSourceKind"));
    let event = failures.next()?;
    let kind = meaning(&event.message).unwrap_or(&kinds::BACKEND_REFUSES);
    let who = match event.component() {
        "" => "the provisioner",
        "persistentvolume-controller" => "the volume controller",
        component => component.split('_').next().unwrap_or(component),
    };
    let finding = case.finding(kind, format!("{who} says: {}", event.message)).with_confidence(Confidence::Likely);
    Some(quoted(finding, case, event).remedied_by("read the provisioner's log, and what its message asks for", None))
}

/// Provisioning failed after a node was chosen, and the pod goes around again.
pub(super) fn retried(case: &Case<'_, '_>) -> Option<Finding> {
    let facts = case.facts;
    let own = &case.claim.metadata.name;
    for pod in facts.consumers(case.claim) {
        let meta = &pod.metadata;
        let said: Vec<&Event> = facts.events("Pod", &meta.namespace, &meta.name, &meta.uid).collect();
        let about = |event: &&&Event| event.message.contains(own.as_str());
        let retried = |event: &&&Event| {
            event.reason == "FailedScheduling"
                && (event.message.contains("provisioning failed for PVC") || event.message.contains("selectedNode annotation"))
        };
        if let Some(event) = said.iter().filter(about).find(retried) {
            let why = failed(case).map_or_else(String::new, |failure| format!(": {}", failure.message));
            let message = format!("making its volume failed for the node chosen for pod {}, and another one is tried{why}", meta.name);
            return Some(quoted(case.finding(&topology::PROVISIONING_RETRIED, message).with_confidence(Confidence::Likely), case, event));
        }
        let helpless = |event: &&&Event| event.reason == "NotTriggerScaleUp" && event.message.contains("volume");
        if let Some(event) = said.iter().find(helpless) {
            let message = format!("a new node would not help its pod {}: {}", meta.name, event.message);
            return Some(quoted(case.finding(&topology::AUTOSCALER_CANNOT_HELP, message).with_confidence(Confidence::Likely), case, event));
        }
    }
    None
}

/// Where what decides could not be read: what conditions and events say, marked as such.
pub(super) fn unread(case: &Case<'_, '_>, missing: Resource) -> Vec<Finding> {
    let facts = case.facts;
    if let Some(failure) = failed(case) {
        return vec![failure.with_confidence(Confidence::Possible)];
    }
    let warning = facts.events_of(case.claim).find(|event| event.kind == "Warning" || event.reason == "FailedBinding");
    let any = warning.or_else(|| facts.events_of(case.claim).next());
    let message = match any {
        Some(event) => format!("the cause cannot be told from what may be read; an event says: {}", event.message),
        None => "the cause cannot be told from what may be read".to_owned(),
    };
    let finding = case.finding(&uncreated::CAUSE_UNKNOWN, message).with_confidence(Confidence::Possible);
    let finding = match any {
        Some(event) => quoted(finding, case, event),
        None => finding.shown_by(&case.me, "status.phase", &case.claim.status.phase),
    };
    let who = if facts.knows(Resource::PersistentVolumes, None) { "" } else { "; volumes, classes and nodes are of the whole cluster" };
    vec![finding.remedied_by(
        format!("ask somebody who may list what is missing{who}"),
        Some(format!("kubectl auth can-i list {}", missing.qualified())),
    )]
}
