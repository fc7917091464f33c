//! What is wrong with the servers of a cluster, or between them and its pods.

use crate::report::{FindingKind, Severity};

/// All of them, by code.
pub static ALL: &[&FindingKind] = &[
    &NO_SERVICE,
    &NO_PORT,
    &NO_ENDPOINT,
    &NOT_READY,
    &NO_COREFILE,
    &MALFORMED,
    &NO_KUBERNETES,
    &NO_FORWARD,
    &LOOP,
    &KEPT_DENIALS,
    &NO_RELOAD,
    &UNPREDICTABLE,
    &CUT_OFF,
    &WITHOUT_TCP,
    &NODE_LOCAL_CUT_OFF,
    &EXTERNAL_ADDRESS,
    &NO_SUCH_SUBDOMAIN,
];

/// No Service for the cluster's servers.
pub static NO_SERVICE: FindingKind = FindingKind {
    code: "DN-D01",
    name: "no-dns-service",
    severity: Severity::Error,
    explanation: "\
No Service of kube-system is called `kube-dns` or has the label `k8s-app: kube-dns` and an address. Kubelets write the address of that Service into the
resolv.conf of pods; without it nothing answers there, whatever the server itself does. It is called `kube-dns` with CoreDNS, too.

Install it again with what installs your cluster, with the address that `clusterDNS` of the kubelets says.",
};

/// The Service does not lead to a port of the servers.
pub static NO_PORT: FindingKind = FindingKind {
    code: "DN-D02",
    name: "dns-port-leads-nowhere",
    severity: Severity::Error,
    explanation: "\
DNS needs port 53 of the Service over UDP and over TCP: answers that do not fit into a UDP packet are asked for again over TCP. The Service lacks one of
them, or its `targetPort` is a name that no container of the servers gives to a port of that protocol, so that the EndpointSlices have none.

Add the port to the Service, or name the port of the container.",
};

/// Nothing ready behind the Service.
pub static NO_ENDPOINT: FindingKind = FindingKind {
    code: "DN-D03",
    name: "no-dns-endpoint",
    severity: Severity::Error,
    explanation: "\
No ready endpoint stands behind the Service of the cluster's servers: every lookup in the cluster that is not answered by a cache on the node times out.

Look at the pods of the servers: whether there are any, whether they are scheduled, and what they say.",
};

/// A server is not ready.
pub static NOT_READY: FindingKind = FindingKind {
    code: "DN-D04",
    name: "dns-server-not-ready",
    severity: Severity::Warning,
    explanation: "\
A pod of the cluster's servers is not ready. It is asked no more; the others have its load. `CrashLoopBackOff` is mostly a Corefile that CoreDNS refuses, or
the plugin `loop`, which ends the server when its questions come back to it: the last line of the log says which.",
};

/// The ConfigMap is gone.
pub static NO_COREFILE: FindingKind = FindingKind {
    code: "DN-D05",
    name: "corefile-missing",
    severity: Severity::Error,
    explanation: "\
The servers mount a ConfigMap that does not exist. Those that run go on with what they have read; none can start.",
};

/// It does not parse.
pub static MALFORMED: FindingKind = FindingKind {
    code: "DN-D06",
    name: "corefile-does-not-parse",
    severity: Severity::Error,
    explanation: "\
CoreDNS cannot read its Corefile. Servers that run keep the last one they could read, and say so only in their log and in
`coredns_reload_failed_total`; the next one that is started ends at once. So an edit can look harmless until a node is drained.

Correct the line that is named. CoreDNS takes it over by itself where the plugin `reload` is loaded.",
};

/// Nothing answers for the cluster's names.
pub static NO_KUBERNETES: FindingKind = FindingKind {
    code: "DN-D07",
    name: "no-kubernetes-plugin",
    severity: Severity::Error,
    explanation: "\
No server block of the Corefile has the plugin `kubernetes`, which answers for Services and pods. Their names go where all others go, and do not exist there.",
};

/// Nothing answers for other names.
pub static NO_FORWARD: FindingKind = FindingKind {
    code: "DN-D08",
    name: "nothing-is-forwarded",
    severity: Severity::Warning,
    explanation: "\
No server block for `.` forwards questions to another server: names outside the cluster are refused or fail. That may be meant in a cluster without a way
out; else add `forward . /etc/resolv.conf`.",
};

/// Questions come back.
pub static LOOP: FindingKind = FindingKind {
    code: "DN-D09",
    name: "servers-ask-themselves",
    severity: Severity::Error,
    explanation: "\
The servers forward what they do not know to the servers of their own `/etc/resolv.conf`, and these are themselves. With `dnsPolicy: Default` the file is that
of the node: on nodes with systemd-resolved it names 127.0.0.53, which within the pod is the pod. With `ClusterFirst` it is the Service of the servers. The
plugin `loop` then ends the server (`Loop … detected`), without it each question is asked until all memory is used.

Give the kubelets the real file (`resolvConf: /run/systemd/resolve/resolv.conf`), the servers `dnsPolicy: Default`, or name the servers outside in `forward`.",
};

/// Names that were missing stay missing for a while.
pub static KEPT_DENIALS: FindingKind = FindingKind {
    code: "DN-D10",
    name: "denials-are-cached",
    severity: Severity::Info,
    explanation: "\
The plugin `cache` keeps the answer that a name of the cluster does not exist, mostly for 30 s. A client that asks for a Service or for a pod of a
StatefulSet just before it is there is told so until then, by one server but not by another.

Put `disable denial ZONE` with the zone of the cluster into the braces of `cache`: the plugin `kubernetes` answers from memory anyway.",
};

/// Changes are not taken over.
pub static NO_RELOAD: FindingKind = FindingKind {
    code: "DN-D11",
    name: "corefile-not-reloaded",
    severity: Severity::Info,
    explanation: "\
Without the plugin `reload` CoreDNS reads its Corefile when it starts and never again. What the ConfigMap says and what the servers do may differ.

After a change restart them, or add `reload`.",
};

/// Plugins that change answers in ways that are not recomputed.
pub static UNPREDICTABLE: FindingKind = FindingKind {
    code: "DN-D12",
    name: "answers-cannot-be-predicted",
    severity: Severity::Info,
    explanation: "\
A plugin answers or changes questions in a way that netstore does not recompute (`etcd`, `file`, `route53` and others, or one that CoreDNS does not come
with), a variable of the environment stands among its words, or a part of the Corefile could not be read. What `dns` expects of the servers may then be unknown.",
};

/// Policies keep pods from the servers.
pub static CUT_OFF: FindingKind = FindingKind {
    code: "DN-D13",
    name: "policies-cut-off-dns",
    severity: Severity::Error,
    explanation: "\
Policies do not let pods reach the cluster's servers over UDP. Each lookup times out after 5 to 10 seconds, which looks like every other connection failing.
A pod that any policy with `Egress` selects reaches only what rules allow: the pods of the servers must be among it, with the port on which they listen, over
UDP and TCP. Policies of the servers' own namespace can refuse the questions, too.",
};

/// Long answers do not arrive.
pub static WITHOUT_TCP: FindingKind = FindingKind {
    code: "DN-D14",
    name: "policies-allow-only-udp",
    severity: Severity::Warning,
    explanation: "\
Policies let pods ask the cluster's servers over UDP, but not over TCP. Answers that do not fit into a packet are marked as truncated, and asked for again over
TCP: names with many addresses (headless Services), SRV and TXT records then fail while all others work.

Allow the same port over TCP.",
};

/// The cache of the node is not allowed.
pub static NODE_LOCAL_CUT_OFF: FindingKind = FindingKind {
    code: "DN-D15",
    name: "policies-cut-off-node-local-dns",
    severity: Severity::Warning,
    explanation: "\
NodeLocal DNSCache answers on each node at 169.254.20.10, on the network of the node: no selector of pods matches it. Policies that allow the pods of the
cluster's servers therefore do not allow it; whether that matters depends on the network plugin, because the traffic does not leave the node.

Allow 169.254.20.10/32 with an `ipBlock`, beside the pods of the servers.",
};

/// An ExternalName that is no name.
pub static EXTERNAL_ADDRESS: FindingKind = FindingKind {
    code: "DN-D16",
    name: "external-name-is-an-address",
    severity: Severity::Warning,
    explanation: "\
`externalName` of a Service holds an address. It must be a name: the record is a CNAME, and CoreDNS answers NXDOMAIN for one that looks like an address.

Use a Service without selector and an EndpointSlice that holds the address.",
};

/// Pods name a Service that is not there.
pub static NO_SUCH_SUBDOMAIN: FindingKind = FindingKind {
    code: "DN-D17",
    name: "subdomain-without-service",
    severity: Severity::Info,
    explanation: "\
`subdomain` of a pod is the name of a headless Service in its namespace: only there has the pod a name of its own. No Service of that name exists, or it has an
address, so that `HOSTNAME.SUBDOMAIN.NAMESPACE.svc` is no name for others.

Create the Service with `clusterIP: None`, or set `subdomain` to its name.",
};
