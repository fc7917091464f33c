//! What a pod asks for, and how it could ask for less.

use crate::report::{FindingKind, Severity};

/// All of them, by code.
pub static ALL: &[&FindingKind] = &[&FOREIGN_FILE];

/// A pod on the host network whose policy is `ClusterFirst`.
pub static FOREIGN_FILE: FindingKind = FindingKind {
    code: "DN-P01",
    name: "host-network-asks-node",
    severity: Severity::Warning,
    explanation: "\
With `hostNetwork: true` the policy `ClusterFirst`, which is the default, silently means `Default`: the pod has the resolv.conf of its node, which knows
neither the servers of the cluster nor its search domains. No name of a Service resolves in it.

Set `dnsPolicy: ClusterFirstWithHostNet`.",
};
