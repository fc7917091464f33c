//! The class of a claim.

use crate::report::{FindingKind, Severity};

/// Every kind of this file, in the order of codes.
pub static ALL: &[&FindingKind] = &[
    &CLASS_MISSING,
    &NO_DEFAULT_CLASS,
    &CLASS_EMPTY,
    &SEVERAL_DEFAULT_CLASSES,
    &CLASS_BY_ANNOTATION,
    &DEFAULT_CLASS_HIDES_VOLUME,
    &CLASS_WITHOUT_BINDING_MODE,
    &PROVISIONING_OFF,
];

/// The class of the claim does not exist.
pub static CLASS_MISSING: FindingKind = FindingKind {
    code: "ST-C01",
    name: "class-missing",
    severity: Severity::Error,
    explanation: "\
The claim names a class for which there is no StorageClass, and no volume carries that class either. So nobody will make a volume,
and none can be bound. (Where volumes carry the class, no object is needed: then the name is a label and nothing else.)

The class of a claim cannot be changed: create the class, or the claim anew.",
};

/// The claim names no class, and none is the default.
pub static NO_DEFAULT_CLASS: FindingKind = FindingKind {
    code: "ST-C02",
    name: "no-default-class",
    severity: Severity::Error,
    explanation: "\
The claim says nothing of a class, and no StorageClass is marked as the default. As soon as one is, the claim is given it, also now:
`storageclass.kubernetes.io/is-default-class: \"true\"`.",
};

/// The claim asks for a volume without class.
pub static CLASS_EMPTY: FindingKind = FindingKind {
    code: "ST-C03",
    name: "class-empty",
    severity: Severity::Error,
    explanation: "\
The claim says `storageClassName: \"\"`. That is not the default class: it asks for a volume without class, made by hand, and there is
none that fits. The empty class is never replaced by the default, neither at creation nor later.

Create the claim anew without the field to get the default class.",
};

/// Several classes are the default.
pub static SEVERAL_DEFAULT_CLASSES: FindingKind = FindingKind {
    code: "ST-C04",
    name: "several-default-classes",
    severity: Severity::Info,
    explanation: "\
More than one StorageClass is marked as the default. Kubernetes takes the newest, of equally old ones the first by name. That is no
error, but a claim may get another class than was meant.",
};

/// An annotation is stronger than the class in the spec.
pub static CLASS_BY_ANNOTATION: FindingKind = FindingKind {
    code: "ST-C05",
    name: "class-by-annotation",
    severity: Severity::Info,
    explanation: "\
The annotation `volume.beta.kubernetes.io/storage-class` names another class than `spec.storageClassName`. The annotation wins, even
if it is empty.",
};

/// The claim has the default class, and a volume without class would fit.
pub static DEFAULT_CLASS_HIDES_VOLUME: FindingKind = FindingKind {
    code: "ST-C06",
    name: "default-class-hides-volume",
    severity: Severity::Warning,
    explanation: "\
The claim's class is the default one, and a volume without class fits it in everything else. Whoever creates a volume by hand and a
claim that says nothing of a class meets this: the claim is given the default class when it is created, and then asks for a new
volume instead of the one that was made for it.

Create the claim anew with `storageClassName: \"\"` if that volume is meant.",
};

/// The class has no binding mode.
pub static CLASS_WITHOUT_BINDING_MODE: FindingKind = FindingKind {
    code: "ST-C07",
    name: "class-without-binding-mode",
    severity: Severity::Error,
    explanation: "\
The StorageClass has no `volumeBindingMode`. Only objects of very old clusters lack it; Kubernetes does nothing for their claims.
Create the class anew.",
};

/// Nobody hands the claim over to its provisioner.
pub static PROVISIONING_OFF: FindingKind = FindingKind {
    code: "ST-C08",
    name: "provisioning-off",
    severity: Severity::Error,
    explanation: "\
The claim's class has a provisioner, but the volume controller has not handed the claim over to it: it lacks the annotation
`volume.kubernetes.io/storage-provisioner` and no event speaks of it. Then kube-controller-manager does not run, or runs with
`--enable-dynamic-provisioning=false`. That cannot be seen in objects; it is inferred.",
};
