//! What a pod asks for in vain, or of the wrong servers.

use crate::report::{FindingKind, Severity};

/// All of them, by code.
pub static ALL: &[&FindingKind] = &[
    &HOST_NETWORK,
    &OTHER_SERVERS,
    &AMPLIFICATION,
    &EMPTY_ANSWER,
    &LONG_LINE,
    &NEVER_SEARCHED,
    &OTHER_NAMESPACE,
    &NEARLY,
    &CUT,
    &LEAVES_CLUSTER,
    &LONG_HOSTNAME,
];

/// A pod on the host network whose policy is `ClusterFirst`.
pub static HOST_NETWORK: FindingKind = FindingKind {
    code: "DN-P01",
    name: "host-network-asks-node",
    severity: Severity::Warning,
    explanation: "\
With `hostNetwork: true` the policy `ClusterFirst`, which is the default, silently means `Default`: the pod has the resolv.conf of its node, which
mostly knows neither the servers of the cluster nor its search domains. Then no name of a Service resolves in it.

Set `dnsPolicy: ClusterFirstWithHostNet`.",
};

/// The name of a Service, asked of servers that do not have it.
pub static OTHER_SERVERS: FindingKind = FindingKind {
    code: "DN-P02",
    name: "other-servers-are-asked",
    severity: Severity::Warning,
    explanation: "\
The name is one of the cluster, but the first server in the pod's resolv.conf is none of the cluster's: because of `dnsPolicy: Default`, which means the
file of the node, or of `None` with servers of its own. Unless that server forwards names of the cluster, it does not know them.

Set `dnsPolicy: ClusterFirst`, on the host network `ClusterFirstWithHostNet`, and add what else is needed with `dnsConfig`.",
};

/// The search list comes before a name that is complete.
pub static AMPLIFICATION: FindingKind = FindingKind {
    code: "DN-P03",
    name: "search-list-comes-first",
    severity: Severity::Info,
    explanation: "\
A name with fewer dots than `ndots` (5 in pods that ask the cluster's servers) is tried in every search domain before it is tried as it is, each time for A
and AAAA. A name outside the cluster so costs 8 questions at least, 6 of which are answered NXDOMAIN: load for CoreDNS, and time for the program.

A dot at the end of the name makes it complete: it alone is asked for. Where the name cannot be changed, `ndots` in `dnsConfig` can. With `ndots: 2`
names such as `payments.shop` are still searched for; with `1` musl, which never searches for a name with enough dots, would not find them.",
};

/// musl stops at a name without addresses.
pub static EMPTY_ANSWER: FindingKind = FindingKind {
    code: "DN-P04",
    name: "musl-stops-at-empty-answer",
    severity: Severity::Warning,
    explanation: "\
A name in a search domain exists, but has no addresses of the wanted family: the server answers NOERROR with nothing in it. glibc and Go go on with the next
domain, musl (Alpine) takes it for the end. So does a wildcard in a search domain of the node, which is why all of Alpine may be unable to resolve anything.

Ask for the full name, with a dot at its end; or give the container an image with glibc.",
};

/// A search line that musl does not read.
pub static LONG_LINE: FindingKind = FindingKind {
    code: "DN-P05",
    name: "musl-ignores-search-line",
    severity: Severity::Warning,
    explanation: "\
Kubernetes allows 2048 characters of search domains, musl (Alpine) reads lines of 254 characters at most: a longer one is as if it were not there, and no short
name resolves. What the file of the node adds to the line counts, too.

Take domains out of `dnsConfig.searches`, or ask for full names.",
};

/// A name with enough dots that only others search for.
pub static NEVER_SEARCHED: FindingKind = FindingKind {
    code: "DN-P06",
    name: "musl-does-not-search",
    severity: Severity::Warning,
    explanation: "\
A name with as many dots as `ndots` is tried as it is. If nobody has it, glibc and Go go through the search list after that; musl (Alpine) does not. With
`ndots: 1` it so finds no Service of another namespace by `NAME.NAMESPACE`.

Ask for the full name, or set `ndots` to more than the name has dots.",
};

/// A Service of this name lives in another namespace.
pub static OTHER_NAMESPACE: FindingKind = FindingKind {
    code: "DN-P07",
    name: "service-in-other-namespace",
    severity: Severity::Warning,
    explanation: "\
A name of one label is that of a Service in the namespace of the pod. A Service of this name is in another one: it is called `NAME.NAMESPACE` there. Often a
client was moved, or a namespace has another name in this cluster (`prod`, `production`).",
};

/// A Service has nearly this name.
pub static NEARLY: FindingKind = FindingKind {
    code: "DN-P08",
    name: "service-has-similar-name",
    severity: Severity::Warning,
    explanation: "\
Nothing in the cluster has the name, but a Service is called nearly so. It may be a slip of the fingers.",
};

/// Entries that the kubelet leaves out.
pub static CUT: FindingKind = FindingKind {
    code: "DN-P09",
    name: "resolv-conf-is-cut",
    severity: Severity::Warning,
    explanation: "\
The kubelet writes 3 servers and 32 search domains, 2048 characters together, and no domain of more than 253. What is beyond that is left out; the kubelet says
so in an event (`DNSConfigForming`). Up to Kubernetes 1.27 it was 6 domains and 256 characters.",
};

/// A single label that is asked for outside.
pub static LEAVES_CLUSTER: FindingKind = FindingKind {
    code: "DN-P10",
    name: "single-label-leaves-cluster",
    severity: Severity::Info,
    explanation: "\
No Service of the pod's namespace has the name, so it is tried as it is at last: CoreDNS passes it on to the servers outside. These hardly ever know a name of
one label; where they do (names of hosts of a company), the answer depends on what is not in the cluster.",
};

/// A full name that is too long for a host name.
pub static LONG_HOSTNAME: FindingKind = FindingKind {
    code: "DN-P11",
    name: "full-hostname-too-long",
    severity: Severity::Error,
    explanation: "\
With `setHostnameAsFQDN: true` the kubelet gives the pod its full name, `HOSTNAME.SUBDOMAIN.NAMESPACE.svc.DOMAIN`, for a host name. Linux allows 64 characters.
With more the pod stays in ContainerCreating, and an event says that the FQDN could not be constructed.

Shorten `hostname`, `subdomain` or the name of the pod, or set the field to false.",
};
