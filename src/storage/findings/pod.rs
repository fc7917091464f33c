//! Pods that wait for their volumes.

use crate::report::{FindingKind, Severity};

/// Every kind of this file, in the order of codes.
pub static ALL: &[&FindingKind] = &[
    &CONFIG_MAP_MISSING,
    &CONFIG_MAP_KEY_MISSING,
    &SECRET_MISSING,
    &SECRET_KEY_MISSING,
    &FILES_NOT_READY,
    &ENVIRONMENT_MISSING,
    &CLAIM_NOT_USABLE,
    &VOLUME_NOT_CLAIMED_BACK,
    &ATTACHED_ELSEWHERE,
    &ATTACHED_FOR_OTHERS,
    &LEFT_ATTACHED,
    &ROLLING_UPDATE,
    &ATTACH_FAILS,
    &ATTACHER_ABSENT,
    &ATTACHMENT_STUCK,
    &DRIVER_NOT_ON_PODS_NODE,
    &NODE_STATUS_LAGS,
    &NODE_IS_FULL,
    &NOT_FOR_THIS_NODE,
    &MOUNT_FAILS,
    &LOCAL_PATH_MISSING,
    &HOST_PATH_TYPE,
    &MODE_IN_POD,
    &USED_BY_A_POD,
    &OWNERSHIP_CHANGE,
    &SELINUX_CONFLICT,
    &MAP_FAILS,
    &TYPE_REMOVED,
    &INLINE_REFUSED,
    &NODE_SECRET_MISSING,
];

/// A ConfigMap of the pod does not exist.
pub static CONFIG_MAP_MISSING: FindingKind = FindingKind {
    code: "ST-K01",
    name: "config-map-missing",
    severity: Severity::Error,
    explanation: "\
A volume of the pod is made of a ConfigMap that does not exist in the pod's namespace, and is not `optional`. The pod stays in
ContainerCreating until somebody creates the ConfigMap; the kubelet looks again every minute or two, and nothing has to be restarted.

A pod that runs already goes on running; its next start fails. `kube-root-ca.crt` is part of every pod's token volume and is made by
kube-controller-manager in each namespace: if it is the one that is missing, look there.",
};

/// A key of a ConfigMap does not exist.
pub static CONFIG_MAP_KEY_MISSING: FindingKind = FindingKind {
    code: "ST-K02",
    name: "config-map-key-missing",
    severity: Severity::Error,
    explanation: "\
The volume names a key under `items` that the ConfigMap does not have, and is not `optional`. The pod does not start until the key is
there, or the pod is made anew without it.",
};

/// A Secret of the pod does not exist.
pub static SECRET_MISSING: FindingKind = FindingKind {
    code: "ST-K03",
    name: "secret-missing",
    severity: Severity::Error,
    explanation: "\
A volume of the pod is made of a Secret that does not exist in the pod's namespace, and is not `optional`. The pod stays in
ContainerCreating until it exists. Secrets are not shared between namespaces.",
};

/// A key of a Secret does not exist.
pub static SECRET_KEY_MISSING: FindingKind = FindingKind {
    code: "ST-K04",
    name: "secret-key-missing",
    severity: Severity::Error,
    explanation: "\
The volume names a key under `items` that the Secret does not have, and is not `optional`. Only names of keys are looked at, never
values.",
};

/// The kubelet has not read its ConfigMaps and Secrets yet.
pub static FILES_NOT_READY: FindingKind = FindingKind {
    code: "ST-K05",
    name: "files-not-ready",
    severity: Severity::Info,
    explanation: "\
The kubelet of the node has not yet read the ConfigMaps and Secrets of the pod: the pod, or the kubelet, has just started. It passes
by itself; if it does not, the kubelet cannot reach the API server, or may not read them.",
};

/// A variable comes from what does not exist.
pub static ENVIRONMENT_MISSING: FindingKind = FindingKind {
    code: "ST-K06",
    name: "environment-reference-missing",
    severity: Severity::Error,
    explanation: "\
An environment variable of a container comes from a ConfigMap, a Secret or a key that does not exist. No volume is to blame: all of
them are mounted, and the container waits with CreateContainerConfigError. It starts by itself once the object is there.",
};

/// The pod is on a node, and its claim is of no use.
pub static CLAIM_NOT_USABLE: FindingKind = FindingKind {
    code: "ST-K07",
    name: "pods-claim-not-usable",
    severity: Severity::Error,
    explanation: "\
The pod was given a node, and a claim of it does not exist, is not bound or is being deleted. The scheduler would not have let that
pass: the pod names its node itself (`spec.nodeName`), or the claim changed after it was scheduled. What is wrong with the claim is said
beside it; `pvc-why-pending` says more.",
};

/// The volume does not name the claim.
pub static VOLUME_NOT_CLAIMED_BACK: FindingKind = FindingKind {
    code: "ST-K08",
    name: "volume-not-claimed-back",
    severity: Severity::Error,
    explanation: "\
The claim names a volume whose `claimRef` is empty or names another claim, or an earlier one of this name. The kubelet mounts only what
both sides agree on.",
};

/// The volume is attached to another node, where a pod uses it.
pub static ATTACHED_ELSEWHERE: FindingKind = FindingKind {
    code: "ST-K09",
    name: "volume-attached-elsewhere",
    severity: Severity::Error,
    explanation: "\
The volume can be attached to one node at a time (none of its access modes is ReadWriteMany or ReadOnlyMany), and it is attached to
another node, where pods of this namespace use it. Kubernetes says so once («Multi-Attach error») and then waits in silence.

The pod starts when those pods are gone from their node. A pod that is being deleted on a node whose kubelet does not answer stays, and
so does the attachment: nobody confirms that it has stopped writing. If that node is certainly off, the taint
`node.kubernetes.io/out-of-service` lets Kubernetes detach at once. On a node that still runs it can destroy the data.",
};

/// The volume is attached to another node for another namespace.
pub static ATTACHED_FOR_OTHERS: FindingKind = FindingKind {
    code: "ST-K10",
    name: "volume-attached-for-other-namespace",
    severity: Severity::Error,
    explanation: "\
The storage behind the volume is attached to another node, where pods of another namespace use it: two PersistentVolumes name the same
handle. That is hardly ever meant.",
};

/// The volume is still attached to a node where no pod uses it.
pub static LEFT_ATTACHED: FindingKind = FindingKind {
    code: "ST-K11",
    name: "volume-left-attached",
    severity: Severity::Error,
    explanation: "\
The volume is attached to another node although no pod there uses it any more. On a node that works, it is detached as soon as the
kubelet has unmounted it. From a node that does not, Kubernetes detaches it by force after six minutes, at once with the taint
`node.kubernetes.io/out-of-service`, and never if kube-controller-manager was told not to.

Delete the VolumeAttachment by hand only if that node is certainly off: two nodes that write to one file system destroy it.",
};

/// A rolling update needs the volume on two nodes.
pub static ROLLING_UPDATE: FindingKind = FindingKind {
    code: "ST-K12",
    name: "rolling-update-with-one-volume",
    severity: Severity::Error,
    explanation: "\
The Deployment starts the new pod before it stops the old one (`RollingUpdate`), and both use one volume that only one node can have.
If the new pod comes to another node, each waits for the other for ever.

Use `strategy: Recreate`, or a volume that several nodes can have (ReadWriteMany).",
};

/// The driver cannot attach the volume.
pub static ATTACH_FAILS: FindingKind = FindingKind {
    code: "ST-K13",
    name: "attach-fails",
    severity: Severity::Error,
    explanation: "\
The driver was asked to attach the volume to the pod's node and refuses. The VolumeAttachment has its words in
`status.attachError`. It is tried again, ever more seldom.",
};

/// Nobody attaches the driver's volumes.
pub static ATTACHER_ABSENT: FindingKind = FindingKind {
    code: "ST-K14",
    name: "attacher-absent",
    severity: Severity::Error,
    explanation: "\
There is a VolumeAttachment, and nobody has acted on it: no error, not attached. The driver's external-attacher is not installed or has
stopped: it has no Lease, or one that ran out. Look at the pods of the driver's controller.",
};

/// The attachment is being deleted and does not go.
pub static ATTACHMENT_STUCK: FindingKind = FindingKind {
    code: "ST-K15",
    name: "attachment-stuck",
    severity: Severity::Error,
    explanation: "\
The VolumeAttachment is being deleted, and a finalizer of the driver's attacher holds it: detaching fails (`status.detachError`), or
the attacher does not run. As long as it is there, the volume is not attached anew.",
};

/// The driver does not run on the pod's node.
pub static DRIVER_NOT_ON_PODS_NODE: FindingKind = FindingKind {
    code: "ST-K16",
    name: "driver-not-on-pods-node",
    severity: Severity::Error,
    explanation: "\
The volume's driver is not registered on the node of the pod (CSINode). Its node plugin is a DaemonSet, whose pod there does not run or
is not ready: often it does not tolerate a taint of the node, or does not select it.",
};

/// The volume is attached, and the node does not know it.
pub static NODE_STATUS_LAGS: FindingKind = FindingKind {
    code: "ST-K17",
    name: "attachment-not-in-node-status",
    severity: Severity::Warning,
    explanation: "\
The VolumeAttachment says that the volume is attached, and `status.volumesAttached` of the node does not list it. The kubelet waits for
that list, which kube-controller-manager writes. It passes by itself as long as that one runs.",
};

/// The node can attach no more volumes.
pub static NODE_IS_FULL: FindingKind = FindingKind {
    code: "ST-K18",
    name: "attach-limit-on-node",
    severity: Severity::Error,
    explanation:
        "\
The driver can attach only so many volumes to a node, and the pod's node has them all. The scheduler counts them, but not what it does
not know of: volumes attached by others, pods that name their node. Where the feature MutableCSINodeAllocatableCount is on, as it is since
Kubernetes 1.35 unless somebody switches it off, such a pod fails with VolumeAttachmentLimitExceeded, and its controller makes another one.",
};

/// The volume cannot be used on the pod's node.
pub static NOT_FOR_THIS_NODE: FindingKind = FindingKind {
    code: "ST-K19",
    name: "volume-not-for-node",
    severity: Severity::Error,
    explanation: "\
The volume's node affinity excludes the node of the pod. The scheduler would not have chosen it: the pod names its node itself
(`spec.nodeName`), or the labels of the node were changed.",
};

/// Mounting fails.
pub static MOUNT_FAILS: FindingKind = FindingKind {
    code: "ST-K20",
    name: "mount-fails",
    severity: Severity::Error,
    explanation: "\
The kubelet tries to mount the volume and fails; only its event says why. Frequent: the server (NFS, SMB, iSCSI) does not answer or
refuses this node, the node lacks the mount helper (nfs-common, cifs-utils), an option is unknown, or the file system is another one than
the volume says.",
};

/// The folder of a local volume does not exist.
pub static LOCAL_PATH_MISSING: FindingKind = FindingKind {
    code: "ST-K21",
    name: "local-path-missing",
    severity: Severity::Error,
    explanation: "\
A `local` volume is a folder or disk of one node that somebody has to make before. It is not there.",
};

/// The path on the node is not what it should be.
pub static HOST_PATH_TYPE: FindingKind = FindingKind {
    code: "ST-K22",
    name: "host-path-type",
    severity: Severity::Error,
    explanation: "\
With `hostPath.type` the kubelet looks before the start whether a directory, file, socket or device is there. It is not, or is something
else. `DirectoryOrCreate` and `FileOrCreate` make it; without a type nobody looks.",
};

/// A block device is mounted, or a file system used as a device.
pub static MODE_IN_POD: FindingKind = FindingKind {
    code: "ST-K23",
    name: "volume-mode-in-pod",
    severity: Severity::Error,
    explanation: "\
A claim with `volumeMode: Block` has to stand in `volumeDevices` of the container, any other in `volumeMounts`.",
};

/// Another pod has the volume for itself.
pub static USED_BY_A_POD: FindingKind = FindingKind {
    code: "ST-K24",
    name: "volume-in-use-by-pod",
    severity: Severity::Error,
    explanation: "\
The claim is ReadWriteOncePod, and another pod uses it. When that pod is gone, this one starts.",
};

/// Every file is given the pod's group.
pub static OWNERSHIP_CHANGE: FindingKind = FindingKind {
    code: "ST-K25",
    name: "ownership-change-slow",
    severity: Severity::Info,
    explanation: "\
The pod has an `fsGroup`, and before it starts the kubelet changes the group of every file on the volume. With many files that takes
minutes to hours, at every start. `securityContext.fsGroupChangePolicy: OnRootMismatch` does it only if the root folder is not right.",
};

/// Two pods want the volume under different SELinux labels.
pub static SELINUX_CONFLICT: FindingKind = FindingKind {
    code: "ST-K26",
    name: "selinux-labels-conflict",
    severity: Severity::Error,
    explanation: "\
The volume is mounted with the SELinux label of another pod on this node, and this pod has another one. Give both the same
`seLinuxOptions`, or `seLinuxChangePolicy: Recursive`.",
};

/// A block device cannot be given to the pod.
pub static MAP_FAILS: FindingKind = FindingKind {
    code: "ST-K27",
    name: "map-fails",
    severity: Severity::Error,
    explanation: "\
The volume is a block device, and the kubelet cannot hand it over; only its event says why.",
};

/// Kubernetes has no volumes of this type any more.
pub static TYPE_REMOVED: FindingKind = FindingKind {
    code: "ST-K28",
    name: "volume-type-removed",
    severity: Severity::Error,
    explanation: "\
The volume is of a type whose code was part of Kubernetes and has been removed: Photon (since 1.16), ScaleIO (1.22), Flocker, Quobyte and
StorageOS (1.25), GlusterFS (1.26), CephFS and RBD (1.31), Portworx without its driver and gitRepo (1.36; gitRepo is off since 1.33 unless somebody switches it on). The API
still takes such objects, and no kubelet mounts them.
Install the CSI driver that took over, and make the volume anew with it.",
};

/// The driver makes no volumes inside pods.
pub static INLINE_REFUSED: FindingKind = FindingKind {
    code: "ST-K29",
    name: "inline-driver-refused",
    severity: Severity::Error,
    explanation: "\
A volume under `csi` in a pod is made for this pod alone. The driver has to say that it can (`volumeLifecycleModes` of its CSIDriver
lists `Ephemeral`), and it does not, or there is no CSIDriver of this name. What was meant may be a claim.",
};

/// A Secret that the driver needs on the node does not exist.
pub static NODE_SECRET_MISSING: FindingKind = FindingKind {
    code: "ST-K30",
    name: "node-secret-missing",
    severity: Severity::Error,
    explanation: "\
The volume names a Secret with which the driver mounts it (`nodeStageSecretRef`, `nodePublishSecretRef`), and it does not exist.",
};
