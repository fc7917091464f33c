//! The kinds of findings about QoS. `kubectl netstore explain CODE` and docs/findings.md print these texts.
//!
//! Codes: C the class, D defaults of LimitRanges, N numbers, R what happens while it runs.

use crate::report::{FindingKind, Severity};

/// Every kind, in the order of codes.
pub static ALL: &[&FindingKind] = &[
    &GUARANTEED_LOST,
    &CLASS_DIFFERS,
    &REQUEST_OF_ZERO,
    &LIMIT_ALONE,
    &EMPTY_POD_RESOURCES,
    &POD_RESOURCES_DECIDE,
    &MAXIMUM_IS_DEFAULT,
    &LIMIT_RANGES_COMPETE,
    &DEFAULT_BELOW_REQUEST,
    &LIMIT_RANGE_REFUSES,
    &MALFORMED_QUANTITY,
    &FRACTION_OF_A_BYTE,
    &REQUEST_ABOVE_LIMIT,
    &CONTAINERS_EXCEED_POD,
    &RUNTIME_CLASS_REFUSES,
    &FRACTIONAL_CPUS,
    &MEMORY_OVERCOMMITTED,
    &QUOTA_DEMANDS,
    &PRIORITY_OUTRANKS,
    &RESIZE_PENDING,
];

/// One container keeps the pod from being Guaranteed.
pub static GUARANTEED_LOST: FindingKind = FindingKind {
    code: "QS-C01",
    name: "guaranteed-lost",
    severity: Severity::Warning,
    explanation: "\
Every container but one requests as much cpu and memory as its limits. The one that does not makes the whole pod Burstable: sidecars and
init containers count as the others do, and a container that a webhook adds is seldom meant to decide the class.

Give that container equal requests and limits. Of an injected sidecar the injector decides: many read its resources from annotations of the
template. The class of a pod that runs never changes; a new pod gets the new one.",
};

/// The status says another class than the spec.
pub static CLASS_DIFFERS: FindingKind = FindingKind {
    code: "QS-C02",
    name: "status-and-spec-disagree",
    severity: Severity::Warning,
    explanation: "\
`status.qosClass` is written when the pod is made. From the spec as it is now, another class follows. Kubernetes goes by the status: out-of-memory
scores and cgroups are those of the class that is written there.

It happens when the pod was created from an export of another one, status included: the API server then takes the class from there. Or when resources
were changed past its checks, or by a version of Kubernetes that computed the class in another way.",
};

/// A request of zero beside a limit.
pub static REQUEST_OF_ZERO: FindingKind = FindingKind {
    code: "QS-C03",
    name: "request-of-zero",
    severity: Severity::Warning,
    explanation: "\
A request of 0 counts as none for the class, and yet it is one: without it, the API server would make the limit the request. So the pod is Burstable,
nothing is kept for it on its node, and under memory pressure whatever it uses is more than it requests: it is among the first to be evicted.

Leave the request out, or state what is needed.",
};

/// A template states a limit and no request.
pub static LIMIT_ALONE: FindingKind = FindingKind {
    code: "QS-C04",
    name: "limit-without-request",
    severity: Severity::Info,
    explanation: "\
Templates are stored as they are. When a pod is made of one, the API server makes each limit without a request the request as well. A template with
limits only is Guaranteed in its pods, and they take as much room on a node as their limits say.

If that is meant, nothing is to do. If not, state requests.",
};

/// Pod-level resources are there and empty.
pub static EMPTY_POD_RESOURCES: FindingKind = FindingKind {
    code: "QS-C05",
    name: "empty-pod-resources",
    severity: Severity::Warning,
    explanation: "\
With `spec.resources` the class follows from it alone. Up to Kubernetes 1.36 that holds for `resources: {}`, too: the pod is BestEffort, whatever its
containers say. Later versions take it for absent.

Leave the field out.",
};

/// Pod-level resources give another class than the containers would.
pub static POD_RESOURCES_DECIDE: FindingKind = FindingKind {
    code: "QS-C06",
    name: "pod-resources-decide",
    severity: Severity::Info,
    explanation: "\
The class follows from `spec.resources`, the resources of the pod as a whole; the numbers of containers do not count for it. Here these would give
another class.",
};

/// A LimitRange with a maximum and no default gives containers the maximum.
pub static MAXIMUM_IS_DEFAULT: FindingKind = FindingKind {
    code: "QS-D01",
    name: "limit-range-maximum-is-default",
    severity: Severity::Warning,
    explanation: "\
For containers, a LimitRange with `max` and no `default` makes the maximum the default limit, and the default limit the default request. A container
that states nothing then requests the maximum: its pods need that much room on a node, and are Guaranteed in that resource.

State `default` and `defaultRequest` in the LimitRange.",
};

/// Several LimitRanges give different defaults.
pub static LIMIT_RANGES_COMPETE: FindingKind = FindingKind {
    code: "QS-D02",
    name: "limit-ranges-compete",
    severity: Severity::Warning,
    explanation: "\
Each LimitRange of a namespace fills in what is still missing. In which order they do is chance, and so is the number a container gets where they differ.

Keep one LimitRange with defaults in a namespace.",
};

/// The limit that a LimitRange gives is less than the request.
pub static DEFAULT_BELOW_REQUEST: FindingKind = FindingKind {
    code: "QS-D03",
    name: "default-limit-below-request",
    severity: Severity::Error,
    explanation: "\
The container states a request and no limit. A LimitRange of the namespace gives it a limit that is less than its request, and the API server refuses
the pod: a request must not exceed its limit. The workload then shows no pods, and events of its controller tell.

State a limit, or raise `default` of the LimitRange.",
};

/// Numbers outside of what a LimitRange lets be.
pub static LIMIT_RANGE_REFUSES: FindingKind = FindingKind {
    code: "QS-D04",
    name: "limit-range-refuses",
    severity: Severity::Error,
    explanation: "\
A LimitRange bounds what containers, or pods as a whole, request and may use, or how many times its request a limit may be. The API server refuses
pods outside of these bounds; a number that is bounded must be there. For containers a LimitRange fills in what it bounds. For pods it fills in
nothing: with a maximum for pods, each pod needs a limit. Of a template nothing is refused: the workload then shows no pods, and events of its
controller tell.

State numbers within the bounds, or change the LimitRange.",
};

/// A quantity that is none.
pub static MALFORMED_QUANTITY: FindingKind = FindingKind {
    code: "QS-N01",
    name: "malformed-quantity",
    severity: Severity::Error,
    explanation: "\
The text is no amount that the API server takes: no quantity at all (`1.5.0Gi`, `0x10`, `1 Gi`), or a negative one. Or it is more than 64 bits hold
(`1e50`, a number of 50 digits): the API server takes it, and scheduler and kubelet reckon with whatever is left of it in 64 bits, often 0. The number
counts as absent in the rest of the answer, and where the class depends on it, the class is not told.",
};

/// An amount of memory in thousandths of a byte.
pub static FRACTION_OF_A_BYTE: FindingKind = FindingKind {
    code: "QS-N02",
    name: "fraction-of-a-byte",
    severity: Severity::Warning,
    explanation: "\
`m` means thousandths. `512m` of memory is half a byte, not 512 megabytes: these are `512M`, or `512Mi` for 512·1024·1024 bytes.",
};

/// A request that exceeds its limit.
pub static REQUEST_ABOVE_LIMIT: FindingKind = FindingKind {
    code: "QS-N03",
    name: "request-above-limit",
    severity: Severity::Error,
    explanation: "\
The API server refuses pods with a request above its limit. Of a template it refuses nothing: the workload is accepted, and shows no pods.",
};

/// Containers do not fit into the resources of the pod as a whole.
pub static CONTAINERS_EXCEED_POD: FindingKind = FindingKind {
    code: "QS-N04",
    name: "containers-exceed-pod",
    severity: Severity::Error,
    explanation: "\
The API server refuses a pod whose containers request more together than `spec.resources` does, or one of whose containers has a higher limit. What
LimitRanges give containers counts: they know nothing of the pod as a whole. So a LimitRange with high defaults, or with a high maximum and no default,
refuses pods that state their resources as a whole and leave their containers without. State those of the containers, too, or give the namespace lower
defaults.",
};

/// A RuntimeClass that does not exist, or has another overhead.
pub static RUNTIME_CLASS_REFUSES: FindingKind = FindingKind {
    code: "QS-N05",
    name: "runtime-class-refuses",
    severity: Severity::Error,
    explanation: "\
`overhead` of a pod comes from its RuntimeClass when the pod is made. The API server refuses a pod whose RuntimeClass does not exist, one that states
another overhead than its RuntimeClass, and one that states overhead and has no RuntimeClass with overhead.

Leave `overhead` out of the spec: it is filled in. Name a RuntimeClass that exists.",
};

/// A Guaranteed container requests a fractional number of CPUs.
pub static FRACTIONAL_CPUS: FindingKind = FindingKind {
    code: "QS-R01",
    name: "no-exclusive-cpus",
    severity: Severity::Info,
    explanation: "\
Where the kubelet's CPU manager policy is `static`, containers of Guaranteed pods have CPUs for themselves if they request a whole number of them. One
that requests a fractional number shares with all others. Where the policy is `none`, as it is by default, it makes no difference.",
};

/// A memory limit far above the request, on a full node.
pub static MEMORY_OVERCOMMITTED: FindingKind = FindingKind {
    code: "QS-R02",
    name: "memory-limit-on-a-full-node",
    severity: Severity::Warning,
    explanation: "\
The pod may use at least twice the memory it requests, and nine tenths of the memory of its node are requested already. What the limit promises is not
there: under memory pressure pods that use more than they request are evicted first, lowest priority first, and the kernel prefers them, too.

Request what is really used, or move the pod.",
};

/// A ResourceQuota demands numbers that a container has not.
pub static QUOTA_DEMANDS: FindingKind = FindingKind {
    code: "QS-R03",
    name: "quota-demands-numbers",
    severity: Severity::Error,
    explanation: "\
With a quota on cpu or memory, every container of the pods it counts must have the number that it counts: a request for `requests.memory` or `memory`, a
limit for `limits.memory`. Which pods these are follows from the scopes of the quota. Pods without it are refused («must specify»), above all BestEffort ones. Pods that exist stay, and would not be made again.

State the numbers, or let a LimitRange give defaults. Resources of the pod as a whole satisfy any quota.",
};

/// A pod of lower class is evicted later.
pub static PRIORITY_OUTRANKS: FindingKind = FindingKind {
    code: "QS-R04",
    name: "priority-outranks-class",
    severity: Severity::Info,
    explanation: "\
The class is no input of the order in which a kubelet evicts pods. Without processes or disk space, priority decides first among pods that keep to their
requests: a Guaranteed pod of low priority goes before a BestEffort one of high priority. For memory, pods within their request go last, whatever their
class.",
};

/// A resize that its node does not grant.
pub static RESIZE_PENDING: FindingKind = FindingKind {
    code: "QS-R05",
    name: "resize-pending",
    severity: Severity::Warning,
    explanation: "\
The resources in the spec are not those in force. `Infeasible`: the node will never have the room, and the scheduler goes by what is in force.
`Deferred`: not now; the scheduler reckons with the larger of both until then.",
};
