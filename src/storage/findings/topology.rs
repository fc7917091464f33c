//! Claims that wait for a pod, and where volumes can be made.

use crate::report::{FindingKind, Severity};

/// Every kind of this file, in the order of codes.
pub static ALL: &[&FindingKind] = &[
    &NO_CONSUMER,
    &CONSUMER_UNSCHEDULABLE,
    &NO_VOLUME_ON_ANY_NODE,
    &TOPOLOGY_EXCLUDES_NODES,
    &PINNED_TO_NODE,
    &PINNED_TO_NOTHING,
    &NOT_ENOUGH_SPACE,
    &DRIVER_NOT_ON_NODE,
    &TOPOLOGY_LABELS_MISSING,
    &DRIVER_ON_NO_NODE,
    &SCHEDULER_BYPASSED,
    &SCHEDULER_ABSENT,
    &SCHEDULING_GATED,
    &CONSUMER_NAMES_ANOTHER,
    &CLAIMS_COMPETE,
    &PROVISIONING_RETRIED,
    &AUTOSCALER_CANNOT_HELP,
];

/// No pod uses the claim yet.
pub static NO_CONSUMER: FindingKind = FindingKind {
    code: "ST-W01",
    name: "no-consumer",
    severity: Severity::Info,
    explanation: "\
The claim's class waits for the first pod that uses it, and there is none. That is not an error: the volume is made when a pod
comes.",
};

/// The pod cannot be scheduled, but not for its volumes.
pub static CONSUMER_UNSCHEDULABLE: FindingKind = FindingKind {
    code: "ST-W02",
    name: "consumer-unschedulable",
    severity: Severity::Warning,
    explanation: "\
The claim waits for its pod, and the pod waits for a node, for other reasons than its volumes: taints, node selectors, missing CPU
or memory. Solve those, and the volume follows.",
};

/// No volume fits on any node.
pub static NO_VOLUME_ON_ANY_NODE: FindingKind = FindingKind {
    code: "ST-W03",
    name: "no-volume-on-any-node",
    severity: Severity::Error,
    explanation: "\
The volumes of the class are made by hand, and none of them fits the claim on a node where the pod can run. The scheduler says
«didn't find available persistent volumes to bind», which it also says for other causes.",
};

/// The class allows no node that exists.
pub static TOPOLOGY_EXCLUDES_NODES: FindingKind = FindingKind {
    code: "ST-W04",
    name: "topology-excludes-nodes",
    severity: Severity::Error,
    explanation: "\
The `allowedTopologies` of the class name labels that no node has where the pod can run. The scheduler says «didn't find available
persistent volumes to bind», which it also says for other causes.",
};

/// The claim is pinned to a node that cannot be used.
pub static PINNED_TO_NODE: FindingKind = FindingKind {
    code: "ST-W05",
    name: "pinned-to-node",
    severity: Severity::Error,
    explanation: "\
The scheduler chose a node for the claim (annotation `volume.kubernetes.io/selected-node`), and by now that node is gone, cordoned,
not ready, or no longer fits the pod. On every other node the pod is refused. Remove the annotation, and the scheduler chooses
again.",
};

/// The annotation of the node is empty.
pub static PINNED_TO_NOTHING: FindingKind = FindingKind {
    code: "ST-W06",
    name: "pinned-to-nothing",
    severity: Severity::Error,
    explanation: "\
The annotation `volume.kubernetes.io/selected-node` is there but empty. The controller hands the claim over, and the provisioner
waits for a name, without end. Remove the annotation.",
};

/// No node has enough free storage.
pub static NOT_ENOUGH_SPACE: FindingKind = FindingKind {
    code: "ST-W07",
    name: "not-enough-space",
    severity: Severity::Error,
    explanation: "\
The driver tells the scheduler how much room it has (CSIStorageCapacity), and it is less than the claim asks for wherever the pod
can run. An object without a limit, or none at all, counts as no room.",
};

/// The driver does not run on the chosen node.
pub static DRIVER_NOT_ON_NODE: FindingKind = FindingKind {
    code: "ST-W08",
    name: "driver-not-on-node",
    severity: Severity::Error,
    explanation: "\
The scheduler chose a node on which the driver is not registered (CSINode), or where it tells no topology. The node plugin of the
driver, mostly a DaemonSet, is not running there: often it does not tolerate the node's taints.",
};

/// The node lacks the labels of its topology.
pub static TOPOLOGY_LABELS_MISSING: FindingKind = FindingKind {
    code: "ST-W09",
    name: "topology-labels-missing",
    severity: Severity::Error,
    explanation: "\
The driver says by which labels it tells nodes apart (CSINode `topologyKeys`), and the chosen node does not have them. Restart the
driver's node plugin, or label the node.",
};

/// The driver runs on no node.
pub static DRIVER_ON_NO_NODE: FindingKind = FindingKind {
    code: "ST-W10",
    name: "driver-on-no-node",
    severity: Severity::Error,
    explanation: "\
The driver is installed, but no node has it registered (CSINode). Look at the pods of its node plugin.",
};

/// The pod names its node, so that the scheduler never sees it.
pub static SCHEDULER_BYPASSED: FindingKind = FindingKind {
    code: "ST-W11",
    name: "scheduler-bypassed",
    severity: Severity::Error,
    explanation: "\
The pod sets `spec.nodeName` itself. Nobody schedules it then, and it is the scheduler that has a volume made for a claim that waits
for its consumer. Kubernetes says «waiting for first consumer to be created», although it is there.

Use a nodeSelector on `kubernetes.io/hostname` instead.",
};

/// The pod's scheduler does nothing.
pub static SCHEDULER_ABSENT: FindingKind = FindingKind {
    code: "ST-W12",
    name: "scheduler-absent",
    severity: Severity::Warning,
    explanation: "\
The pod names a scheduler of its own (`spec.schedulerName`), and that one has not looked at it: it does not run, or does not bind
volumes.",
};

/// The pod has scheduling gates.
pub static SCHEDULING_GATED: FindingKind = FindingKind {
    code: "ST-W13",
    name: "scheduling-gated",
    severity: Severity::Warning,
    explanation: "\
The pod has `spec.schedulingGates`. Until whoever set them removes them it is not scheduled, and its claims wait.",
};

/// The pod asks for a claim of another name.
pub static CONSUMER_NAMES_ANOTHER: FindingKind = FindingKind {
    code: "ST-W14",
    name: "consumer-names-another-claim",
    severity: Severity::Warning,
    explanation: "\
No pod uses the claim, and a pod of the namespace waits for a claim of a similar name that does not exist. One of the two names is
probably misspelt, or the template of the StatefulSet was renamed.",
};

/// The claims of one pod need more volumes than there are.
pub static CLAIMS_COMPETE: FindingKind = FindingKind {
    code: "ST-W15",
    name: "claims-of-one-pod-compete",
    severity: Severity::Error,
    explanation: "\
Each claim of the pod finds a volume by itself, but not all of them together on one node: a volume serves one claim only. The
smallest request chooses first.",
};

/// Provisioning failed, and the pod is scheduled anew.
pub static PROVISIONING_RETRIED: FindingKind = FindingKind {
    code: "ST-W16",
    name: "provisioning-moved",
    severity: Severity::Warning,
    explanation: "\
The provisioner could not make the volume for the chosen node and gave the claim back to the scheduler, which tries another one. Its
words say why.",
};

/// A new node would not help.
pub static AUTOSCALER_CANNOT_HELP: FindingKind = FindingKind {
    code: "ST-W17",
    name: "autoscaler-cannot-help",
    severity: Severity::Warning,
    explanation: "\
The cluster autoscaler looked at the pod and found that a new node would not solve it, for its volumes.",
};
