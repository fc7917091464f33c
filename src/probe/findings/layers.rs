//! What stands between a pod and a target, and what it means if that is not what policies predict.

use crate::report::{FindingKind, Severity};

/// All of them, by code.
pub static ALL: &[&FindingKind] = &[
    &NOT_ENFORCED,
    &BLOCKED_BY_SOMETHING_ELSE,
    &NO_SUCH_NAME,
    &OTHER_ADDRESS,
    &NO_ENDPOINT,
    &NO_TARGET_PORT,
    &NOT_LISTENING,
    &LOOPBACK_ONLY,
    &SERVICE_ADDRESS_FAILS,
    &ENDPOINTS_DIFFER,
    &OTHER_PROTOCOL,
    &UNANSWERED,
];

/// It connects though policies deny it.
pub static NOT_ENFORCED: FindingKind = FindingKind {
    code: "PR-001",
    name: "policies-not-enforced",
    severity: Severity::Error,
    explanation: "\
Policies deny a connection, and it was made all the same. Whoever wrote these policies relies on something that does not happen.

- The network plugin may not enforce NetworkPolicy at all: flannel alone does not, and others have it switched off by default. Then any two pods show it.
- It may not enforce this sort: AdminNetworkPolicies and ClusterNetworkPolicies need a plugin that knows them, ranges of ports (`endPort`) and SCTP are
  optional, and blocks of addresses (`ipBlock`) are not applied to pods by all of them (`--cni` says whose reading counts).
- It may not enforce it here: the agent of the plugin does not run on the node of one of the pods, or has not yet heard of a policy or a pod that is new.
- Policies have no say between a pod and its own node, and none about connections that were open before.

Probe another pair of pods first: it tells whether nothing is enforced, or only this.",
};

/// It is blocked though policies allow it.
pub static BLOCKED_BY_SOMETHING_ELSE: FindingKind = FindingKind {
    code: "PR-002",
    name: "blocked-by-something-else",
    severity: Severity::Warning,
    explanation: "\
All policies that netstore knows allow a connection, the target is there, and nothing comes back, or the network refuses it. So what blocks it is none of
NetworkPolicy, AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy.

- Policies of the plugin's own kinds: CiliumNetworkPolicy, Calico's NetworkPolicy and GlobalNetworkPolicy, AuthorizationPolicy of a mesh.
- Outside Kubernetes: security groups and network ACLs of a cloud, a firewall on the node (nftables, firewalld), a firewall on the way.
- The network itself: no route between the nodes, an overlay whose packets are dropped, an MTU too large (then small answers come and long ones do not).
- The agent of the plugin may lag behind or not run on the node of one of the pods.

*Timed out* points to something that drops, *refused by ICMP* to a rule that rejects, *no route* to the network.",
};

/// A name does not resolve.
pub static NO_SUCH_NAME: FindingKind = FindingKind {
    code: "PR-003",
    name: "name-does-not-resolve",
    severity: Severity::Error,
    explanation: "\
The source looked a name up as its own resolv.conf says, and got no address. Programs in it fail before a packet is sent to the target.

NXDOMAIN: no such name, perhaps a namespace is missing in it. No data: the name exists, without addresses; a headless Service without ready pods is such
a name. SERVFAIL: the servers of names failed. No answer: they were not reached; policies that isolate the source for egress have to allow port 53.

`kubectl netstore dns POD NAME` shows which names are really asked for and what the servers should say; `kubectl netstore dns doctor` looks at the servers.",
};

/// A name leads elsewhere.
pub static OTHER_ADDRESS: FindingKind = FindingKind {
    code: "PR-004",
    name: "name-leads-elsewhere",
    severity: Severity::Warning,
    explanation: "\
The name of a Service resolves, but to none of the addresses that it should lead to. What a program in the source connects to by this name is something else.

The pod may ask other servers (`dnsPolicy`, `dnsConfig`), have the name in its /etc/hosts (`hostAliases`), or the servers may answer from a cache: a Service
that was deleted and made again has another address.",
};

/// Nothing is behind a Service.
pub static NO_ENDPOINT: FindingKind = FindingKind {
    code: "PR-005",
    name: "service-without-endpoint",
    severity: Severity::Error,
    explanation: "\
No endpoint of the Service receives traffic. kube-proxy refuses connections to its address then (by ICMP or a reset), so that it looks as if the target
were closed; other implementations drop them.

Either no pod has the labels of the selector, or none that has them is ready, or the Service has no selector and nobody wrote its EndpointSlices. With
`internalTrafficPolicy: Local` only endpoints on the source's own node count.",
};

/// A port of a Service leads nowhere.
pub static NO_TARGET_PORT: FindingKind = FindingKind {
    code: "PR-006",
    name: "target-port-missing",
    severity: Severity::Error,
    explanation: "\
The Service's port leads to no port of the pods: `targetPort` is a name that no container of them declares, for this protocol. The pods are endpoints, but not
of this port. A number instead of a name needs no declaration.",
};

/// Nothing listens.
pub static NOT_LISTENING: FindingKind = FindingKind {
    code: "PR-007",
    name: "nothing-listens",
    severity: Severity::Error,
    explanation: "\
The target pod was asked for its sockets (`/proc/net`), and none of them is open on this port. Whatever the network lets through is refused by the pod.

The process may listen on another port than `targetPort` says (what is listening instead is named), may not have started yet, or may have ended while another
container of the pod goes on. Declaring a `containerPort` opens nothing.",
};

/// Something listens, for itself only.
pub static LOOPBACK_ONLY: FindingKind = FindingKind {
    code: "PR-008",
    name: "listens-on-loopback-only",
    severity: Severity::Error,
    explanation: "\
A process in the target pod listens on this port, but only on 127.0.0.1 or ::1: only containers of the same pod reach it. `kubectl port-forward` reaches it,
too, so that it seems to work there.

Make the program listen on all addresses (0.0.0.0 or ::): a setting such as `--host`, `bind-address` or `listen`.",
};

/// Pods answer, the address of their Service does not.
pub static SERVICE_ADDRESS_FAILS: FindingKind = FindingKind {
    code: "PR-009",
    name: "service-address-fails",
    severity: Severity::Error,
    explanation: "\
The pods behind a Service were reached at their own addresses, and the address of the Service was not. Policies see a connection to a Service as one to its
pods, so what fails is what stands in between on the source's node: kube-proxy, or what replaces it.

It may not run there, may not have heard of the Service or of its endpoints yet, or its rules were removed by something else on the node.",
};

/// Some endpoints answer.
pub static ENDPOINTS_DIFFER: FindingKind = FindingKind {
    code: "PR-010",
    name: "endpoints-differ",
    severity: Severity::Warning,
    explanation: "\
Some pods behind a Service can be connected to and others cannot, from the same source and on the same port. Which of them a connection is led to is
chance, so it fails now and then. With `sessionAffinity: ClientIP` a source stays with the one it got first.

Compare the pods that differ: their node, their age, their labels (policies select by them), and whether all of them listen.",
};

/// It connects, and speaks something else.
pub static OTHER_PROTOCOL: FindingKind = FindingKind {
    code: "PR-011",
    name: "speaks-another-protocol",
    severity: Severity::Warning,
    explanation: "\
The connection was made, and what came back is not what was asked for: no TLS on a port that was asked by `https://`, no HTTP on one that was asked by
`http://`, or the connection was closed before an answer. The network is not at fault: look at the scheme, the port, and what the server expects (a client
certificate, the PROXY protocol, a mesh that insists on mutual TLS).",
};

/// Datagrams arrive and are not answered.
pub static UNANSWERED: FindingKind = FindingKind {
    code: "PR-012",
    name: "datagrams-unanswered",
    severity: Severity::Info,
    explanation: "\
Datagrams were sent, nothing came back, and the counters of the target pod (`/proc/net/snmp`) grew by as many: they arrived. Whether the server does not answer
what it does not understand, or its answers are lost on the way back, is not to be told from there; most servers of UDP do not answer a datagram of a probe.",
};
