//! The kinds of findings about network policies. `kubectl netstore explain CODE` and docs/findings.md print these texts.

use crate::report::{FindingKind, Severity};

/// Every kind, in the order of codes.
pub static ALL: &[&FindingKind] = &[
    &POLICY_REFUSED,
    &UNKNOWN_POLICY_FIELD,
    &SELECTS_NOTHING,
    &INERT_RULES,
    &RULE_MATCHES_NOTHING,
    &NAMED_PORT_NOWHERE,
    &NAMED_PORT_DIFFERS,
    &NAMED_PORT_OF_SIDECAR,
    &BLOCK_OVER_PODS,
    &HOST_BITS,
    &DEPENDS_ON_PLUGIN,
    &EGRESS_WITHOUT_DNS,
    &HOST_NETWORK_POD,
    &NOT_ENFORCED,
    &PLUGIN_UNRECOGNISED,
    &CLUSTER_POLICIES_NOT_ENFORCED,
    &EQUAL_PRIORITY,
    &RULE_NEVER_ASKED,
    &FAILS_CLOSED,
    &EMPTY_PROTOCOL,
    &DOMAIN_NAMES,
    &TWO_ADMIN_KINDS,
];

/// Kubernetes would refuse the policy.
pub static POLICY_REFUSED: FindingKind = FindingKind {
    code: "NP-001",
    name: "policy-refused",
    severity: Severity::Error,
    explanation: "\
The policy breaks a rule of the API, so the API server refuses it and nothing of it takes effect. Pods that no other policy
isolates stay open, which is hardly what was meant; netstore therefore calls connections that hinge on it *unknown* instead of
allowed.

Mend the field that is named. `kubectl apply --dry-run=server -f FILE` shows the API server's own words.",
};

/// A rule, peer or port has a field nobody knows.
pub static UNKNOWN_POLICY_FIELD: FindingKind = FindingKind {
    code: "NP-002",
    name: "unknown-policy-field",
    severity: Severity::Warning,
    explanation: "\
A rule, peer or port of the policy has a field that this version of netstore does not know. It may be misspelt, or newer than
netstore. An unknown field can only narrow what the rule allows, so what the rule allows is called *unknown*.

Compare the spelling with `kubectl explain networkpolicy.spec --recursive`.",
};

/// The policy selects no pod.
pub static SELECTS_NOTHING: FindingKind = FindingKind {
    code: "NP-010",
    name: "policy-selects-nothing",
    severity: Severity::Warning,
    explanation: "\
No pod of the policy's namespace has the labels its podSelector asks for (of a cluster-wide policy: no pod is its subject), so the
policy does nothing now. Often a label is misspelt, or the policy lies in another namespace than its pods: a podSelector never looks
beyond its own namespace.",
};

/// Rules in a direction the policy does not isolate.
pub static INERT_RULES: FindingKind = FindingKind {
    code: "NP-011",
    name: "inert-rules",
    severity: Severity::Warning,
    explanation: "\
The policy has rules for a direction that its policyTypes do not name. Such rules are ignored: they neither isolate nor allow.
Add the direction to policyTypes if the rules are meant, or delete them.",
};

/// A rule's peers match nothing.
pub static RULE_MATCHES_NOTHING: FindingKind = FindingKind {
    code: "NP-012",
    name: "rule-matches-nothing",
    severity: Severity::Warning,
    explanation: "\
No pod matches any of the rule's peers now, so the rule allows nothing. Selectors that never match are mostly a misspelt label,
a label that is on the pod's Deployment and not on its template, or a namespaceSelector on a label that the namespace does not
have. (`kubernetes.io/metadata.name` is on every namespace.) A podSelector and a namespaceSelector in *one* list item must both
match; in *two* items either is enough.",
};

/// A named port that no destination has.
pub static NAMED_PORT_NOWHERE: FindingKind = FindingKind {
    code: "NP-013",
    name: "named-port-nowhere",
    severity: Severity::Warning,
    explanation: "\
The rule names a port by name, and no pod it is about declares a port of that name and protocol. A named port is looked up in the
`ports` of the destination pod's containers, by name *and* protocol; without a match the rule opens nothing.",
};

/// A named port that means different numbers.
pub static NAMED_PORT_DIFFERS: FindingKind = FindingKind {
    code: "NP-014",
    name: "named-port-differs",
    severity: Severity::Info,
    explanation: "\
The pods the rule is about declare the same port name with different numbers. That is legal: the name is resolved for each pod on
its own. It is worth knowing when one of them was meant to be the same as the others.",
};

/// A named port declared by a sidecar only.
pub static NAMED_PORT_OF_SIDECAR: FindingKind = FindingKind {
    code: "NP-015",
    name: "named-port-of-sidecar",
    severity: Severity::Warning,
    explanation: "\
Only an init container with `restartPolicy: Always` (a native sidecar) declares the port that the rule names. Network plugins
differ on whether they look there. Use the number, or declare the port in an ordinary container.",
};

/// An ipBlock that contains addresses of pods.
pub static BLOCK_OVER_PODS: FindingKind = FindingKind {
    code: "NP-020",
    name: "ipblock-over-pods",
    severity: Severity::Warning,
    explanation: "\
The ipBlock contains addresses of pods of this cluster. Kubernetes' own end-to-end tests expect it to match them, the documentation
advises against it (pod addresses come and go), and Cilium never matches pods by address. What the rule means for pods thus
depends on the network plugin. Select pods by their labels.",
};

/// A CIDR with host bits.
pub static HOST_BITS: FindingKind = FindingKind {
    code: "NP-021",
    name: "cidr-with-host-bits",
    severity: Severity::Info,
    explanation: "\
The CIDR has bits set behind its prefix (`10.1.2.3/8`). Kubernetes masks the bits, so that it means the whole block (`10.0.0.0/8`),
which may be more than was meant. Since 1.36 the API server refuses to create such a policy; those that exist stay as they are.",
};

/// The answer differs between plugins.
pub static DEPENDS_ON_PLUGIN: FindingKind = FindingKind {
    code: "NP-022",
    name: "depends-on-network-plugin",
    severity: Severity::Warning,
    explanation: "\
Network plugins give different answers to this question, because an ipBlock contains the address of a pod. The verdict shown is that
of the recognised plugin, or of `--cni NAME`, or of Kubernetes' own end-to-end tests; the message names the other one.",
};

/// Isolated for egress, and DNS is not allowed.
pub static EGRESS_WITHOUT_DNS: FindingKind = FindingKind {
    code: "NP-030",
    name: "egress-without-dns",
    severity: Severity::Warning,
    explanation: "\
The pod is isolated for egress, or cluster-wide policies deny it some, and its policies do not let it reach the DNS pods over both UDP and TCP. Lookups then time out, which
looks like every other connection failing too. Allow both protocols to the DNS pods' own port (53 mostly, 5353 on OpenShift): the
port of the pods, not that of the Service. With NodeLocal DNSCache the node-local address must be allowed as well.",
};

/// Policies select a pod on the host network.
pub static HOST_NETWORK_POD: FindingKind = FindingKind {
    code: "NP-040",
    name: "host-network-pod",
    severity: Severity::Info,
    explanation: "\
A policy's podSelector matches a pod with `hostNetwork: true`. What that does is officially undefined; in practice plugins do not apply
policies to such pods, and their traffic is seen as that of their node.",
};

/// The plugin does not enforce policies.
pub static NOT_ENFORCED: FindingKind = FindingKind {
    code: "NP-050",
    name: "policies-not-enforced",
    severity: Severity::Error,
    explanation: "\
The network plugin that was recognised does not enforce NetworkPolicy: the API server stores policies, and nothing acts on them. The
answer is what the policies say; on this cluster every connection passes.",
};

/// The plugin was not recognised.
pub static PLUGIN_UNRECOGNISED: FindingKind = FindingKind {
    code: "NP-051",
    name: "plugin-unrecognised",
    severity: Severity::Info,
    explanation: "\
The system namespaces show no network plugin netstore knows, so it cannot say whether policies are enforced at all. Answers follow
Kubernetes' own end-to-end tests; `--cni NAME` chooses another reading.",
};

/// The plugin is not known to act on cluster-wide policies.
pub static CLUSTER_POLICIES_NOT_ENFORCED: FindingKind = FindingKind {
    code: "NP-052",
    name: "cluster-policies-not-enforced",
    severity: Severity::Warning,
    explanation: "\
The cluster has cluster-wide policies (AdminNetworkPolicy, BaselineAdminNetworkPolicy or ClusterNetworkPolicy), and the network plugin
that was recognised is not known to act on that kind, or does so only if it is told to. The answer is what the policies say. If the
plugin does not act on them, what they deny passes, and what they allow past NetworkPolicies does not.

ClusterNetworkPolicy: kube-network-policies, Calico since 3.32, Cilium since 1.20 with its flag. AdminNetworkPolicy: OVN-Kubernetes,
Antrea, kube-network-policies. Ask the documentation of the version that runs.",
};

/// Two policies of a tier have the same priority.
pub static EQUAL_PRIORITY: FindingKind = FindingKind {
    code: "NP-060",
    name: "equal-priority",
    severity: Severity::Warning,
    explanation: "\
Two cluster-wide policies of the same tier have the same priority, select some of the same pods, and their rules of a direction do
different things. Which of them is asked first is up to the network plugin, and may change from one release to the next. What only one
of them would do is therefore called *unknown*.

Give them different priorities: lower numbers go first.",
};

/// An earlier rule of the same policy matches everything a rule could.
pub static RULE_NEVER_ASKED: FindingKind = FindingKind {
    code: "NP-061",
    name: "rule-never-asked",
    severity: Severity::Warning,
    explanation: "\
A rule of a cluster-wide policy stands behind a rule of the same policy that matches everything it could match. The first rule that
matches decides, so the later one never does.

Put the narrower rule first, or delete it.",
};

/// A peer has no field we know.
pub static FAILS_CLOSED: FindingKind = FindingKind {
    code: "NP-062",
    name: "peer-fails-closed",
    severity: Severity::Error,
    explanation: "\
A peer of a rule has no field that is known here. The API asks every implementation to fail closed then, because the policy was made for
another version of the API: a rule that allows matches nothing, and a rule that denies or passes *denies everything*. The answer follows
that. (`nodes`, `networks` and `domainNames` are fields of egress peers only.)

Correct the peer, or install the CustomResourceDefinition the policy was written for.",
};

/// A protocol without attributes.
pub static EMPTY_PROTOCOL: FindingKind = FindingKind {
    code: "NP-063",
    name: "empty-protocol",
    severity: Severity::Info,
    explanation: "\
A rule has an entry like `tcp: {}` in `protocols`. The guide of the API takes it for every port of the protocol, and so does the answer;
the schema of the API refuses it, so it can only be in clusters with another one.

Write the whole range: `tcp: {destinationPort: {range: {start: 1, end: 65535}}}`.",
};

/// A rule is about domain names.
pub static DOMAIN_NAMES: FindingKind = FindingKind {
    code: "NP-064",
    name: "domain-names",
    severity: Severity::Info,
    explanation: "\
A rule allows connections to domain names. Which addresses these have is known only to whoever resolves them at the time, and is in no
object of the cluster. So whether an address outside is allowed by the rule is *unknown*, unless another rule decides either way. Pods
are taken to be not meant: names of Services are no way around other rules.",
};

/// AdminNetworkPolicies and ClusterNetworkPolicies side by side.
pub static TWO_ADMIN_KINDS: FindingKind = FindingKind {
    code: "NP-065",
    name: "two-admin-kinds",
    severity: Severity::Warning,
    explanation: "\
The cluster has AdminNetworkPolicies or a BaselineAdminNetworkPolicy (v1alpha1), and ClusterNetworkPolicies (v1alpha2), which replaced
them. No document says which of them goes first, and most network plugins act on one of the kinds only. Where they disagree the answer
is *unknown*.

Move the older ones to ClusterNetworkPolicy.",
};
