//! A claim that names its volume.

use crate::report::{FindingKind, Severity};

/// Every kind of this file, in the order of codes.
pub static ALL: &[&FindingKind] = &[
    &NAMED_VOLUME_MISSING,
    &NAMED_VOLUME_UNFIT,
    &NAMED_VOLUME_TAKEN,
    &NAMED_VOLUME_HELD_BY_PREDECESSOR,
    &HALF_BOUND_CLAIM,
    &NAMED_VOLUME_DOES_NOT_WAIT,
];

/// The volume that the claim names does not exist.
pub static NAMED_VOLUME_MISSING: FindingKind = FindingKind {
    code: "ST-P01",
    name: "named-volume-missing",
    severity: Severity::Error,
    explanation: "\
The claim's `spec.volumeName` names a volume that does not exist. Kubernetes waits for it and says nothing, not even in an event.

Create the volume under that name, or create the claim anew with the right one: `volumeName` cannot be changed.",
};

/// The volume that the claim names does not fit.
pub static NAMED_VOLUME_UNFIT: FindingKind = FindingKind {
    code: "ST-P02",
    name: "named-volume-unfit",
    severity: Severity::Error,
    explanation: "\
The claim's `spec.volumeName` names a volume that is free but does not fit the claim. Kubernetes names the first difference only, in
the event VolumeMismatch; all are listed here. Selector, node affinity and phase are not looked at for a named volume.

Most often the claim was given the default class because it names none: create it anew with `storageClassName: \"\"`.",
};

/// The volume that the claim names belongs to another claim.
pub static NAMED_VOLUME_TAKEN: FindingKind = FindingKind {
    code: "ST-P03",
    name: "named-volume-taken",
    severity: Severity::Error,
    explanation: "\
The claim's `spec.volumeName` names a volume whose `claimRef` names another claim. The claim stays pending until that reference is
gone.",
};

/// The volume that the claim names still belongs to its predecessor.
pub static NAMED_VOLUME_HELD_BY_PREDECESSOR: FindingKind = FindingKind {
    code: "ST-P04",
    name: "named-volume-held-by-predecessor",
    severity: Severity::Error,
    explanation: "\
The claim names a volume that is still bound to an earlier claim of the same name: the `claimRef.uid` is that of a claim that was
deleted. Kubernetes calls that «already bound to a different claim», which is easily misread.

Remove the uid from the reference, and the volume is bound to this claim, with the data that is on it.",
};

/// The controller chose a volume that another claim has.
pub static HALF_BOUND_CLAIM: FindingKind = FindingKind {
    code: "ST-P05",
    name: "half-bound-claim",
    severity: Severity::Error,
    explanation: "\
The claim has the annotation `pv.kubernetes.io/bound-by-controller` and a volume name but was never completely bound, and the volume
belongs to another claim by now. This is what a restored or copied claim looks like. Create the claim anew without `volumeName` and
annotation.",
};

/// A claim that names its volume does not wait for a pod.
pub static NAMED_VOLUME_DOES_NOT_WAIT: FindingKind = FindingKind {
    code: "ST-P06",
    name: "named-volume-does-not-wait",
    severity: Severity::Info,
    explanation: "\
The claim's class waits for the first consumer, but the claim names its volume; such a claim is bound at once or never. Pods that
use it are told «pod has unbound immediate PersistentVolumeClaims» until then, although the class waits.",
};
