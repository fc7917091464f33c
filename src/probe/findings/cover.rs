//! What a cover of all policies shows, beside what each connection shows.

use crate::report::{FindingKind, Severity};

/// All of them, by code.
pub static ALL: &[&FindingKind] = &[&NOTHING_ENFORCED, &SOURCE_CUT_OFF];

/// No denial was kept.
pub static NOTHING_ENFORCED: FindingKind = FindingKind {
    code: "PR-101",
    name: "nothing-is-enforced",
    severity: Severity::Error,
    explanation: "\
Everything that policies deny and that could be tried was let through. It is not one policy that is wrong: nothing acts on policies here. The API server
takes them all the same, and nothing in the objects shows that they do nothing.

- The network plugin does not enforce NetworkPolicy (flannel alone), or has it switched off.
- Its agent does not run on the nodes of these pods.
- All policies of this scope are of a kind that it does not know (AdminNetworkPolicy, ClusterNetworkPolicy).

A plugin that enforces them has to be installed, or its agent mended, before any policy protects anything.",
};

/// Nothing that a pod tried came through.
pub static SOURCE_CUT_OFF: FindingKind = FindingKind {
    code: "PR-102",
    name: "source-is-cut-off",
    severity: Severity::Warning,
    explanation: "\
A pod tried several connections that policies allow, to several pods, and none of them was made. So it is not these targets, and no single policy: the pod
itself has no way out, or nothing that answers finds the way back.

Its network may have been set up badly (look at the events of the pod, make it anew), its node may be cut off from the others, or something beside
NetworkPolicies stops it: policies of the plugin's own kinds, a firewall on the node, a mesh.",
};
