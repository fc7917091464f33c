//! No volume fits: what the search of section «static binding» fails on.

use crate::report::{FindingKind, Severity};

/// Every kind of this file, in the order of codes.
pub static ALL: &[&FindingKind] = &[
    &NO_VOLUME,
    &VOLUME_TOO_SMALL,
    &ACCESS_MODES_DIFFER,
    &CLASS_DIFFERS,
    &VOLUME_MODE_DIFFERS,
    &SELECTOR_MATCHES_NOTHING,
    &ATTRIBUTES_CLASS_DIFFERS,
    &VOLUME_RELEASED,
    &VOLUME_FAILED,
    &VOLUME_NOT_LOOKED_AT,
    &VOLUME_RESERVED,
    &VOLUME_BEING_DELETED,
    &RESERVED_VOLUME_UNFIT,
    &VOLUMES_ALL_TAKEN,
];

/// No volume for a claim without class.
pub static NO_VOLUME: FindingKind = FindingKind {
    code: "ST-S01",
    name: "no-volume",
    severity: Severity::Error,
    explanation: "\
The claim has no class, so that nothing will make a volume for it, and there is no volume without class that it could be bound to.
Kubernetes only says «no persistent volumes available for this claim and no storage class is set».

Create such a volume, or name a class in a new claim; or mark one class as the default, which claims that name none are then given.",
};

/// The closest volume is too small.
pub static VOLUME_TOO_SMALL: FindingKind = FindingKind {
    code: "ST-S02",
    name: "volume-too-small",
    severity: Severity::Error,
    explanation: "\
A volume fits the claim in everything but its size: its `capacity.storage` is less than the claim's `resources.requests.storage`.
Sizes are compared exactly: 5G is less than 5Gi.

The request of a claim that is not bound cannot be changed: delete the claim and create it with a smaller request, or create a
larger volume.",
};

/// The closest volume lacks an access mode.
pub static ACCESS_MODES_DIFFER: FindingKind = FindingKind {
    code: "ST-S03",
    name: "access-modes-differ",
    severity: Severity::Error,
    explanation: "\
A volume fits the claim in everything but its access modes: each mode that the claim asks for must stand in the volume's list. No
mode includes another one: a volume of ReadWriteMany alone does not serve ReadWriteOnce, and ReadWriteOncePod must stand there
literally.

Add the mode to the volume if its storage can do it, or create the claim anew with a mode that the volume has.",
};

/// The closest volume is of another class.
pub static CLASS_DIFFERS: FindingKind = FindingKind {
    code: "ST-S04",
    name: "class-differs",
    severity: Severity::Error,
    explanation: "\
A volume fits the claim in everything but its class. Both classes must be equal, as words: no class on one side only fits no class
on the other. A claim that does not mention a class may have been given the default one; `storageClassName: \"\"` keeps it from that.

Give the volume the claim's class, or create the claim anew with the volume's class.",
};

/// The closest volume is of another mode.
pub static VOLUME_MODE_DIFFERS: FindingKind = FindingKind {
    code: "ST-S05",
    name: "volume-mode-differs",
    severity: Severity::Error,
    explanation: "\
A volume fits the claim in everything but its `volumeMode`: Filesystem (also if nothing is said) or Block. The field cannot be
changed on either side: create the claim or the volume anew.",
};

/// The closest volume is not selected.
pub static SELECTOR_MATCHES_NOTHING: FindingKind = FindingKind {
    code: "ST-S06",
    name: "selector-matches-nothing",
    severity: Severity::Error,
    explanation: "\
A volume fits the claim in everything but its labels: the claim's `spec.selector` does not select it. Label the volume, or create
the claim anew with another selector.",
};

/// The closest volume is of another VolumeAttributesClass.
pub static ATTRIBUTES_CLASS_DIFFERS: FindingKind = FindingKind {
    code: "ST-S07",
    name: "attributes-class-differs",
    severity: Severity::Error,
    explanation: "\
A volume fits the claim in everything but its `volumeAttributesClassName`. Both must be equal, nothing and the empty name being the
same.",
};

/// The closest volume still belongs to a deleted claim.
pub static VOLUME_RELEASED: FindingKind = FindingKind {
    code: "ST-S08",
    name: "volume-released",
    severity: Severity::Error,
    explanation: "\
A volume would fit, but it is Released: the claim it was bound to is gone, and its data may still be on it. Kubernetes never gives
such a volume to another claim by itself, not even to a new claim of the same name, because its `claimRef` names the old one's uid.

If the data may be used by the new claim, remove the reference: only its uid to keep the volume for the claim of that name, all of
`claimRef` to let any claim have it. Whoever gets the volume can read what is on it.",
};

/// The closest volume failed to be reclaimed.
pub static VOLUME_FAILED: FindingKind = FindingKind {
    code: "ST-S09",
    name: "volume-failed",
    severity: Severity::Error,
    explanation: "\
A volume would fit, but its phase is Failed: deleting or recycling it after its last claim did not work, and its `status.message`
says why. Mend that, or set its reclaim policy to Retain and remove its `claimRef`.",
};

/// The closest volume has no phase yet.
pub static VOLUME_NOT_LOOKED_AT: FindingKind = FindingKind {
    code: "ST-S10",
    name: "volume-not-looked-at",
    severity: Severity::Warning,
    explanation: "\
A volume would fit and nobody claims it, but its phase is not Available. The volume controller sets the phase within seconds: it is
not running, or far behind. Look at kube-controller-manager.",
};

/// The closest volume is kept for another claim.
pub static VOLUME_RESERVED: FindingKind = FindingKind {
    code: "ST-S11",
    name: "volume-reserved",
    severity: Severity::Error,
    explanation: "\
A volume would fit, but its `claimRef` names another claim, so that only that one can get it, even if it does not exist yet. Such a
volume may be called Available.

If the other claim does not need it, let `claimRef` name this claim.",
};

/// The closest volume is being deleted.
pub static VOLUME_BEING_DELETED: FindingKind = FindingKind {
    code: "ST-S12",
    name: "volume-being-deleted",
    severity: Severity::Error,
    explanation: "\
A volume would fit, but it has a `deletionTimestamp`: somebody deleted it, and finalizers hold it. It will not be bound any more.
Wait until it is gone, and create another one.",
};

/// A volume is kept for this claim and does not fit it.
pub static RESERVED_VOLUME_UNFIT: FindingKind = FindingKind {
    code: "ST-S13",
    name: "reserved-volume-unfit",
    severity: Severity::Error,
    explanation: "\
A volume's `claimRef` names this claim, so it was meant for it, but it does not fit. Kubernetes passes over it without a word (only
a different volumeMode is told, and only if `claimRef.uid` is set).

Of a volume that is kept for a claim, its size, volumeMode, attributes class, access modes and deletion count; class, selector and
phase do not.",
};

/// Volumes that fit belong to other claims.
pub static VOLUMES_ALL_TAKEN: FindingKind = FindingKind {
    code: "ST-S14",
    name: "volumes-all-taken",
    severity: Severity::Error,
    explanation: "\
Volumes fit the claim, but each is bound to another claim, or will be: a volume serves one claim only. Add volumes: as many as there
are claims, one for each pod of a StatefulSet.",
};
