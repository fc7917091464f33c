//! Claims that are bound, lost or being deleted.

use crate::report::{FindingKind, Severity};

/// Every kind of this file, in the order of codes.
pub static ALL: &[&FindingKind] = &[
    &VOLUME_GONE,
    &VOLUME_NAME_GONE,
    &CLAIM_MISBOUND,
    &HALF_BOUND_VOLUME,
    &CLAIM_IN_USE,
    &FINALIZER_HOLDS_CLAIM,
    &VOLUME_TERMINATING,
    &POD_USES_TERMINATING_CLAIM,
    &VOLUME_ON_NO_NODE,
    &VOLUME_ZONE_DIFFERS,
    &VOLUMES_APART,
    &ATTACH_LIMIT,
    &CLAIM_FOR_ONE_POD_IN_USE,
    &DRIVER_MISSING_ON_NODES,
    &BOUND_TO_NOTHING,
    &EXPANSION_UNFINISHED,
    &EXPANSION_REFUSED,
    &ATTRIBUTES_CHANGE_PENDING,
    &VOLUME_MODE_MISUSED,
];

/// The volume of the claim was deleted.
pub static VOLUME_GONE: FindingKind = FindingKind {
    code: "ST-L01",
    name: "volume-gone",
    severity: Severity::Error,
    explanation: "\
The claim was bound, and its PersistentVolume does not exist any more. The claim is Lost and stays so.

The storage behind the volume may still be there, if its reclaim policy was Retain. Create a volume of the same name for it, with
the same handle, and a `claimRef` with this claim's uid or none: then the claim is bound again.",
};

/// The claim lost the name of its volume.
pub static VOLUME_NAME_GONE: FindingKind = FindingKind {
    code: "ST-L02",
    name: "volume-name-gone",
    severity: Severity::Error,
    explanation: "\
The claim was bound, and its `spec.volumeName` is empty now. Somebody removed it. The claim is Lost; create it anew and let the
volume's `claimRef` name it.",
};

/// The volume belongs to another claim.
pub static CLAIM_MISBOUND: FindingKind = FindingKind {
    code: "ST-L03",
    name: "claim-misbound",
    severity: Severity::Error,
    explanation: "\
The claim says that it is bound to a volume, and that volume says that it belongs to another claim. This one is Lost. It happens
when a claim is restored from a backup while its volume is already in use.",
};

/// The volume is bound, and the claim does not know it.
pub static HALF_BOUND_VOLUME: FindingKind = FindingKind {
    code: "ST-L04",
    name: "half-bound-volume",
    severity: Severity::Warning,
    explanation: "\
The volume's `claimRef` names this claim and its uid, and the claim has no volume yet. The controller completes that within seconds:
it is not running, or far behind.",
};

/// The claim is being deleted, and pods use it.
pub static CLAIM_IN_USE: FindingKind = FindingKind {
    code: "ST-T01",
    name: "deleted-claim-in-use",
    severity: Severity::Warning,
    explanation: "\
The claim was deleted, and stays until no pod uses it (finalizer `kubernetes.io/pvc-protection`). Pods that have finished count,
too, as long as they exist. The volume is in use and nothing is lost yet; there is no way to take the deletion back.",
};

/// The claim is being deleted, and a finalizer holds it.
pub static FINALIZER_HOLDS_CLAIM: FindingKind = FindingKind {
    code: "ST-T02",
    name: "finalizer-holds-claim",
    severity: Severity::Warning,
    explanation: "\
The claim was deleted and no pod uses it, but a finalizer keeps it: a snapshot or a copy is being taken of it, or some other
controller has still to agree. Find that controller; removing the finalizer by hand leaves undone what it was waiting for.",
};

/// The volume of the claim is being deleted.
pub static VOLUME_TERMINATING: FindingKind = FindingKind {
    code: "ST-T03",
    name: "volume-terminating",
    severity: Severity::Warning,
    explanation: "\
The PersistentVolume was deleted while the claim is bound to it. It stays until the claim is gone, and goes then. To keep the data,
set its reclaim policy to Retain before the claim is deleted.",
};

/// A pod wants a claim that is being deleted.
pub static POD_USES_TERMINATING_CLAIM: FindingKind = FindingKind {
    code: "ST-T04",
    name: "pod-uses-terminating-claim",
    severity: Severity::Error,
    explanation: "\
A pod that is not scheduled uses a claim that is being deleted. It will not be scheduled until the claim is gone and created anew.",
};

/// The volume cannot be used on any node.
pub static VOLUME_ON_NO_NODE: FindingKind = FindingKind {
    code: "ST-B01",
    name: "volume-usable-on-no-node",
    severity: Severity::Error,
    explanation: "\
The node affinity of the claim's volume fits no node where the pod can run: the node it lies on is gone, cordoned or tainted, or
there is no node in its zone. The scheduler says «didn't match PersistentVolume's node affinity», in older releases «had volume node
affinity conflict».",
};

/// The zone of the volume has no node for the pod.
pub static VOLUME_ZONE_DIFFERS: FindingKind = FindingKind {
    code: "ST-B02",
    name: "volume-zone-differs",
    severity: Severity::Error,
    explanation: "\
The volume has a label of a zone or region, and no node where the pod can run is in it. The scheduler says «node(s) had no available
volume zone».",
};

/// The volumes of one pod lie apart.
pub static VOLUMES_APART: FindingKind = FindingKind {
    code: "ST-B03",
    name: "volumes-of-one-pod-apart",
    severity: Severity::Error,
    explanation: "\
The pod uses several claims, each of them bound, and there is no node that can use all their volumes: they were made in different
zones, or on different nodes. A class with `volumeBindingMode: WaitForFirstConsumer` makes them together.",
};

/// Nodes have no room for another volume.
pub static ATTACH_LIMIT: FindingKind = FindingKind {
    code: "ST-B04",
    name: "attach-limit",
    severity: Severity::Error,
    explanation: "\
The driver can attach only so many volumes to a node (CSINode `allocatable.count`), and the nodes where the pod can run are full.",
};

/// Another pod has the claim, which is for one pod only.
pub static CLAIM_FOR_ONE_POD_IN_USE: FindingKind = FindingKind {
    code: "ST-B05",
    name: "claim-for-one-pod-in-use",
    severity: Severity::Error,
    explanation: "\
The claim has the access mode ReadWriteOncePod, and another pod uses it already. The second one is not scheduled until the first one
is gone.",
};

/// The driver of the volume is on no node for the pod.
pub static DRIVER_MISSING_ON_NODES: FindingKind = FindingKind {
    code: "ST-B06",
    name: "driver-missing-on-nodes",
    severity: Severity::Error,
    explanation: "\
The CSI driver of the volume asks the scheduler to keep pods from nodes without it, and none of the nodes where the pod can run has
it.",
};

/// The claim is bound to a volume that does not exist.
pub static BOUND_TO_NOTHING: FindingKind = FindingKind {
    code: "ST-B07",
    name: "bound-to-nothing",
    severity: Severity::Error,
    explanation: "\
The claim says Bound, and the PersistentVolume it names does not exist. Pods that use it are not scheduled. The controller will call
it Lost as soon as it looks at it.",
};

/// The claim is larger than its volume.
pub static EXPANSION_UNFINISHED: FindingKind = FindingKind {
    code: "ST-B08",
    name: "expansion-unfinished",
    severity: Severity::Warning,
    explanation: "\
The claim asks for more than it has. A controller enlarges the volume, then the node enlarges the file system, mostly as soon as a
running pod mounts it. The field `status.allocatedResourceStatuses` says how far it is.

A request that cannot be fulfilled may be lowered again, down to what the claim has.",
};

/// The class does not allow the claim to grow.
pub static EXPANSION_REFUSED: FindingKind = FindingKind {
    code: "ST-B09",
    name: "expansion-not-allowed",
    severity: Severity::Warning,
    explanation: "\
The claim asks for more than it has, and its class does not say `allowVolumeExpansion: true` (or does not exist). Nobody will
enlarge it.",
};

/// The change of the VolumeAttributesClass is not done.
pub static ATTRIBUTES_CHANGE_PENDING: FindingKind = FindingKind {
    code: "ST-B10",
    name: "attributes-change-pending",
    severity: Severity::Warning,
    explanation: "\
The claim asks for another VolumeAttributesClass than the one in effect, and the change is not done: the class does not exist, the
driver has not come to it, or refuses it.",
};

/// The pod uses a block device as a filesystem, or the other way round.
pub static VOLUME_MODE_MISUSED: FindingKind = FindingKind {
    code: "ST-B11",
    name: "volume-mode-misused",
    severity: Severity::Error,
    explanation: "\
A claim with `volumeMode: Block` is used through `volumeDevices`, any other through `volumeMounts`. The pod does it the other way
and does not start.",
};
