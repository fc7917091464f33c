//! What a pod that is created for a probe would do to others, and what it would not show.

use crate::report::{FindingKind, Severity};

/// All of them, by code.
pub static ALL: &[&FindingKind] = &[
    &ON_HOST_NETWORK,
    &SELECTORS_UNREAD,
    &WOULD_BE_ADOPTED,
    &WOULD_BE_SENT_TO,
    &OWN_LABEL_READ,
    &OTHER_ADDRESS,
    &POLICY_NOT_UNDERSTOOD,
    &LISTED_AS_NOT_READY,
    &COUNTED_BY_BUDGET,
    &COUNTED_BY_SELECTOR,
    &WITHOUT_SIDECAR,
    &OTHER_CONTAINER_VIOLATES,
];

/// The source is on the host network.
pub static ON_HOST_NETWORK: FindingKind = FindingKind {
    code: "PR-201",
    name: "source-on-host-network",
    severity: Severity::Warning,
    explanation: "\
The pod lives in the network of its node, so to policies it is the node. A pod of its own would have to be on the host network, too, which Pod Security
forbids but in privileged namespaces; netstore creates no such pod.

Probe from the pod itself: `--via exec`, or `--via ephemeral` where its containers have no tools.",
};

/// What may select the pod could not be read.
pub static SELECTORS_UNREAD: FindingKind = FindingKind {
    code: "PR-202",
    name: "selectors-unread",
    severity: Severity::Warning,
    explanation: "\
A pod with the labels of another one may be taken for one of its own by a ReplicaSet, be sent to by a Service, or be told from the other one by a policy.
Whether that is so cannot be known without reading them: Services, ReplicaSets, ReplicationControllers, StatefulSets, DaemonSets, Jobs and
PodDisruptionBudgets of the namespace, and all policies, those of other namespaces included, as they may name the pod as a peer. One of these lists could
not be read. So no pod is created.

`kubectl netstore probe rights` prints the Role that is needed. `--via exec` and `--via ephemeral` need none of it.",
};

/// A controller would take the pod for its own.
pub static WOULD_BE_ADOPTED: FindingKind = FindingKind {
    code: "PR-203",
    name: "probe-pod-would-be-adopted",
    severity: Severity::Warning,
    explanation: "\
The labels that policies read are also those by which a controller finds its pods. ReplicaSet, ReplicationController, DaemonSet and Job take every pod
that their selector matches and that nobody controls, count it, and delete another one because there is now one too many. So no pod with these labels is
created.

The ReplicaSets of a Deployment select `pod-template-hash`, too, which the pod gets only if a policy reads it. A DaemonSet, or a ReplicaSet that somebody
wrote, has no such label. Probe from the pod itself: `--via exec` or `--via ephemeral`.",
};

/// A Service would send to the pod.
pub static WOULD_BE_SENT_TO: FindingKind = FindingKind {
    code: "PR-204",
    name: "probe-pod-would-be-sent-to",
    severity: Severity::Warning,
    explanation: "\
A probe pod is never ready, so that no Service sends anything to it. A Service with `publishNotReadyAddresses: true` does so all the same: it is how members
of a StatefulSet find each other before they are ready. The labels that policies read are those that such a Service selects, so its clients, or the
members, would connect to the probe. So no pod with these labels is created.

Probe from the pod itself: `--via exec` or `--via ephemeral`.",
};

/// A policy reads a label that every probe pod has.
pub static OWN_LABEL_READ: FindingKind = FindingKind {
    code: "PR-205",
    name: "own-label-read",
    severity: Severity::Warning,
    explanation: "\
Every probe pod has the label `app.kubernetes.io/managed-by=kubectl-netstore`, by which it is found and removed should anything go wrong, and labels that
keep the sidecars of service meshes out. A policy selects pods by one of these labels, so that it would not treat the probe pod as the pod it stands for,
and what the probe shows would not hold for that. So no pod is created.

Probe from the pod itself: `--via exec` or `--via ephemeral`. With `--as-labels` the labels about sidecars can be given.",
};

/// A policy may tell the pods by their addresses.
pub static OTHER_ADDRESS: FindingKind = FindingKind {
    code: "PR-206",
    name: "told-by-address",
    severity: Severity::Warning,
    explanation: "\
A probe pod has another address than the pod it stands for, and a rule allows a block of addresses that holds one and perhaps not the other: which
addresses the node may give is not known (`spec.podCIDRs` of the node), or only a part of them is in the block. So the probe may be let through where the
pod is not, or the other way round, and no pod is created.

Probe from the pod itself: `--via exec` or `--via ephemeral`. Addresses of pods change: a rule that means pods should select them by labels.",
};

/// A policy has something nobody can read.
pub static POLICY_NOT_UNDERSTOOD: FindingKind = FindingKind {
    code: "PR-207",
    name: "policy-not-understood",
    severity: Severity::Warning,
    explanation: "\
A probe pod has only those labels of the pod it stands for that policies read. A policy has a peer, a subject or a field of a rule that this version of
netstore does not know, so which labels it reads is unknown, and no pod is created.

Probe from the pod itself: `--via exec` or `--via ephemeral`.",
};

/// A Service lists the pod as not ready.
pub static LISTED_AS_NOT_READY: FindingKind = FindingKind {
    code: "PR-210",
    name: "probe-pod-listed-as-not-ready",
    severity: Severity::Info,
    explanation: "\
The labels that policies read are also those that a Service selects, so its EndpointSlice has the probe pod for as long as it exists. The pod has a
readiness gate whose condition nobody sets, and its container is not ready either: it stays `ready: false`, and kube-proxy, CoreDNS and ingress
controllers send nothing to it.

Nothing needs to be done. Something that watches EndpointSlices and does not look at `ready` would be wrong about every pod that starts.",
};

/// A budget counts the pod.
pub static COUNTED_BY_BUDGET: FindingKind = FindingKind {
    code: "PR-211",
    name: "probe-pod-counted-by-budget",
    severity: Severity::Info,
    explanation: "\
A PodDisruptionBudget selects the labels that policies read. The probe pod is never ready, so it is not counted among the healthy pods, and it has no
controller, so it does not count among those that are expected: how many pods may be evicted does not change. The budget may say once, in an event, that
it selects a pod without a controller (UnmanagedPods).

This is why a probe pod is not owned by a Job: then the budget could not compute anything (\"jobs.batch does not implement the scale subresource\") and
would let no pod be evicted.",
};

/// A workload's selector matches the pod.
pub static COUNTED_BY_SELECTOR: FindingKind = FindingKind {
    code: "PR-212",
    name: "probe-pod-matches-workload",
    severity: Severity::Info,
    explanation: "\
The selector of a Deployment or StatefulSet matches the probe pod. Neither takes it: a Deployment has no pods but those of its ReplicaSets, which select
`pod-template-hash`, too, and a StatefulSet takes pods with its own name and a number only.

A HorizontalPodAutoscaler looks at pods by this selector. For as long as the probe runs, it may count one more pod, which is not ready and uses next to
nothing: raising the number of pods may be put off until then.",
};

/// The probe does not go through a sidecar.
pub static WITHOUT_SIDECAR: FindingKind = FindingKind {
    code: "PR-213",
    name: "probe-without-sidecar",
    severity: Severity::Warning,
    explanation: "\
What the pod sends goes through the sidecar of a service mesh: it is encrypted there, and the policies of the mesh are applied. The probe pod has no sidecar,
so it shows what the network does, not what the mesh does. A target that accepts nothing but mutual TLS (`PeerAuthentication` with mode `STRICT`) resets
the connection of the probe, and not that of the pod.

`--via ephemeral` probes through the sidecar, as the pod itself does.",
};

/// Pod Security refuses the pod because of another container.
pub static OTHER_CONTAINER_VIOLATES: FindingKind = FindingKind {
    code: "PR-220",
    name: "other-container-violates",
    severity: Severity::Warning,
    explanation: "\
Adding a container to a pod makes Pod Security look at the whole pod again. The probe's container keeps to the level `restricted`; another container of the
pod, or one that was added to it for debugging before, does not keep to the level that the namespace enforces now, so nothing can be added to the pod. It
was there before the level was set, or an exemption let it in.

`--via exec` adds nothing; `--via pod` creates a pod that keeps to the level.",
};
