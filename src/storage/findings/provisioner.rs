//! Who should make the volume.

use crate::report::{FindingKind, Severity};

/// Every kind of this file, in the order of codes.
pub static ALL: &[&FindingKind] = &[
    &MADE_BY_HAND,
    &PLUGIN_REMOVED,
    &PLUGIN_CANNOT_PROVISION,
    &HOST_PATH_PROVISIONER,
    &MIGRATED_DRIVER_MISSING,
    &PROVISIONER_MISSING,
    &PROVISIONER_DEAD,
    &BLOCK_UNSUPPORTED,
    &SELECTOR_UNSUPPORTED,
    &ACCESS_MODE_UNSUPPORTED,
    &CAPABILITY_MISSING,
    &PARAMETERS_WRONG,
    &ATTRIBUTES_CLASS_WRONG,
    &BACKEND_REFUSES,
    &PROVISIONING,
    &PROVISIONER_SILENT,
    &SNAPSHOT_NOT_USABLE,
    &SMALLER_THAN_SNAPSHOT,
    &MODE_CONVERSION_FORBIDDEN,
    &CLONE_SOURCE_UNFIT,
    &CLONE_VOLUME_UNFIT,
    &NO_POPULATOR,
    &SOURCE_GROUP_WRONG,
    &SOURCE_ELSEWHERE,
];

/// The class has volumes made by hand, and there is none.
pub static MADE_BY_HAND: FindingKind = FindingKind {
    code: "ST-D01",
    name: "volumes-made-by-hand",
    severity: Severity::Error,
    explanation: "\
The provisioner of the class is `kubernetes.io/no-provisioner`: nothing makes volumes for it. There is no volume of the class that
the claim could have. Create one (a local volume, or what the class is for).",
};

/// The provisioner was removed from Kubernetes.
pub static PLUGIN_REMOVED: FindingKind = FindingKind {
    code: "ST-D02",
    name: "provisioner-removed",
    severity: Severity::Error,
    explanation: "\
The class names a provisioner that was part of Kubernetes and was removed. Create a class with the CSI driver of that storage, and
the claim anew.",
};

/// The plugin cannot make volumes.
pub static PLUGIN_CANNOT_PROVISION: FindingKind = FindingKind {
    code: "ST-D03",
    name: "provisioner-cannot-provision",
    severity: Severity::Error,
    explanation: "\
The class names a plugin of Kubernetes that mounts volumes but never makes any (NFS, iSCSI, Fibre Channel). Create volumes by hand,
or install a provisioner for it, such as csi-driver-nfs.",
};

/// The hostPath provisioner is off.
pub static HOST_PATH_PROVISIONER: FindingKind = FindingKind {
    code: "ST-D04",
    name: "host-path-provisioner-off",
    severity: Severity::Error,
    explanation: "\
The class names `kubernetes.io/host-path`, which only works if kube-controller-manager runs with `--enable-hostpath-provisioner`, on
a cluster of one node. Use a provisioner such as local-path.",
};

/// The CSI driver that took over is not installed.
pub static MIGRATED_DRIVER_MISSING: FindingKind = FindingKind {
    code: "ST-D05",
    name: "migrated-driver-missing",
    severity: Severity::Error,
    explanation: "\
The class names a provisioner that was part of Kubernetes. Its work is now done by a CSI driver, and that driver is not installed:
the event says only that an external provisioner is waited for. Install the driver; the class need not be changed.",
};

/// The provisioner is not installed, or its name is misspelt.
pub static PROVISIONER_MISSING: FindingKind = FindingKind {
    code: "ST-D06",
    name: "provisioner-missing",
    severity: Severity::Error,
    explanation: "\
Nothing in the cluster shows a provisioner of the name in the class: no CSIDriver, no node with the driver, no lease, no pod with an
image of that name, no volume it made, no event. It is not installed, or its name is misspelt. Kubernetes waits for it without end.",
};

/// The provisioner has stopped.
pub static PROVISIONER_DEAD: FindingKind = FindingKind {
    code: "ST-D07",
    name: "provisioner-dead",
    severity: Severity::Error,
    explanation: "\
The provisioner holds a lease, and has not renewed it: it is not running, or cannot reach the API server. Look at its pods.",
};

/// The provisioner cannot make block devices.
pub static BLOCK_UNSUPPORTED: FindingKind = FindingKind {
    code: "ST-D08",
    name: "block-unsupported",
    severity: Severity::Error,
    explanation: "\
The claim asks for `volumeMode: Block`, and the provisioner makes filesystems only. It does not try again. Create the claim anew
without volumeMode, or with another class.",
};

/// A claim with a selector cannot be provisioned.
pub static SELECTOR_UNSUPPORTED: FindingKind = FindingKind {
    code: "ST-D09",
    name: "selector-unsupported",
    severity: Severity::Error,
    explanation: "\
The claim has a `spec.selector`, which selects among volumes that exist. CSI drivers refuse to make a volume for such a claim.
Create it anew without selector, or create a volume with the labels and the class it asks for.",
};

/// The driver cannot do the access mode.
pub static ACCESS_MODE_UNSUPPORTED: FindingKind = FindingKind {
    code: "ST-D10",
    name: "access-mode-unsupported",
    severity: Severity::Error,
    explanation: "\
The claim asks for an access mode that the driver does not offer; often ReadWriteMany of a driver for disks, which one node at a
time can use. What a driver can do is not written in any object: this is from its own message, or from what is known of it.

Create the claim anew with ReadWriteOnce, or with the class of a shared filesystem.",
};

/// The driver lacks a capability.
pub static CAPABILITY_MISSING: FindingKind = FindingKind {
    code: "ST-D11",
    name: "capability-missing",
    severity: Severity::Error,
    explanation: "\
The driver says that it cannot do what the claim asks for: make volumes at all, restore snapshots, clone, or apply
VolumeAttributesClasses.",
};

/// The parameters of the class are wrong.
pub static PARAMETERS_WRONG: FindingKind = FindingKind {
    code: "ST-D12",
    name: "parameters-wrong",
    severity: Severity::Error,
    explanation: "\
A parameter of the class is one that the provisioner refuses: a key beginning with `csi.storage.k8s.io/` that does not exist, a file
system type in two keys, or a Secret of which only the name or only the namespace is given. The parameters of a class cannot be
changed: create it anew.",
};

/// The VolumeAttributesClass does not exist or is another driver's.
pub static ATTRIBUTES_CLASS_WRONG: FindingKind = FindingKind {
    code: "ST-D13",
    name: "attributes-class-wrong",
    severity: Severity::Error,
    explanation: "\
The claim names a VolumeAttributesClass that does not exist, or that belongs to another driver than its StorageClass.",
};

/// The storage refuses.
pub static BACKEND_REFUSES: FindingKind = FindingKind {
    code: "ST-D14",
    name: "backend-refuses",
    severity: Severity::Error,
    explanation: "\
The provisioner asked for the volume and was refused. Its own words are shown: often a quota, missing rights of the driver's
account, or a size that the storage does not have. The driver tries again, more and more slowly.",
};

/// The volume is being made.
pub static PROVISIONING: FindingKind = FindingKind {
    code: "ST-D15",
    name: "provisioning",
    severity: Severity::Info,
    explanation: "\
The provisioner has the claim and has not failed. Volumes take from seconds to minutes. If it lasts, its log says more.",
};

/// The provisioner does not take the claim.
pub static PROVISIONER_SILENT: FindingKind = FindingKind {
    code: "ST-D16",
    name: "provisioner-silent",
    severity: Severity::Warning,
    explanation: "\
The provisioner is alive, the claim was handed over to it, and it has not said a word about it. Often it lacks rights: it cannot
list claims or classes, or create events. Its log says more.",
};

/// The snapshot to restore cannot be used.
pub static SNAPSHOT_NOT_USABLE: FindingKind = FindingKind {
    code: "ST-F01",
    name: "snapshot-not-usable",
    severity: Severity::Error,
    explanation: "\
The claim is to be made of a VolumeSnapshot that does not exist, is being deleted, is not taken yet or not ready; or whose
VolumeSnapshotContent is gone, belongs to a different snapshot, to another driver than the claim's class, or has no handle.

The provisioner calls most of these «snapshot … not bound», and keeps the rest to its log. Here each is told from the two objects; only
where these cannot be read do the provisioner's words have to do.",
};

/// The claim is smaller than its snapshot.
pub static SMALLER_THAN_SNAPSHOT: FindingKind = FindingKind {
    code: "ST-F02",
    name: "smaller-than-snapshot",
    severity: Severity::Error,
    explanation: "\
The claim asks for less than the `status.restoreSize` of the snapshot; both are rounded up to whole bytes before they are compared.
Create it anew with at least that size.",
};

/// The claim changes the volume mode of its snapshot.
pub static MODE_CONVERSION_FORBIDDEN: FindingKind = FindingKind {
    code: "ST-F03",
    name: "mode-conversion-forbidden",
    severity: Severity::Error,
    explanation: "\
The claim's volumeMode is not that of the volume the snapshot was taken of. That is refused unless the VolumeSnapshotContent has the
annotation `snapshot.storage.kubernetes.io/allow-volume-mode-change: \"true\"`, or the provisioner runs with
`--prevent-volume-mode-conversion=false`, which no object shows.",
};

/// The claim to clone cannot be cloned.
pub static CLONE_SOURCE_UNFIT: FindingKind = FindingKind {
    code: "ST-F04",
    name: "clone-source-unfit",
    severity: Severity::Error,
    explanation: "\
The claim is to be a copy of another claim of its namespace, and that one does not exist, is not bound, is being deleted, is larger,
or has another volumeMode.",
};

/// The volume to clone cannot be cloned.
pub static CLONE_VOLUME_UNFIT: FindingKind = FindingKind {
    code: "ST-F05",
    name: "clone-volume-unfit",
    severity: Severity::Error,
    explanation: "\
The claim is to be a copy of another one whose volume is gone, is not of the same CSI driver, or is not bound to it. The provisioner
says only «claim in dataSource not bound or invalid».",
};

/// Nothing fills a volume from this kind of source.
pub static NO_POPULATOR: FindingKind = FindingKind {
    code: "ST-F06",
    name: "no-populator",
    severity: Severity::Warning,
    explanation: "\
The claim's data source is of a kind that no VolumePopulator is registered for. The provisioner leaves such claims alone: «Assuming an
external populator will provision the volume». A populator works without being registered, so this is likely, not certain.",
};

/// The data source has the wrong API group.
pub static SOURCE_GROUP_WRONG: FindingKind = FindingKind {
    code: "ST-F07",
    name: "source-group-wrong",
    severity: Severity::Error,
    explanation: "\
A VolumeSnapshot is of the group `snapshot.storage.k8s.io`, a claim of none. The claim's data source says otherwise.",
};

/// The data source lies in another namespace.
pub static SOURCE_ELSEWHERE: FindingKind = FindingKind {
    code: "ST-F08",
    name: "source-in-other-namespace",
    severity: Severity::Error,
    explanation: "\
The data source is in another namespace. That needs the feature CrossNamespaceVolumeDataSource, in the API server and in the provisioner,
and a ReferenceGrant in the source's namespace: from PersistentVolumeClaims of the claim's namespace, to the source.",
};
