//! Claims that nobody could create.

use crate::report::{FindingKind, Severity};

/// Every kind of this file, in the order of codes.
pub static ALL: &[&FindingKind] = &[
    &QUOTA_EXCEEDED,
    &LIMIT_RANGE_FORBIDS,
    &STATEFULSET_WAITS_FOR_DELETION,
    &EPHEMERAL_NAME_TAKEN,
    &TEMPLATE_CHANGED,
    &CLAIM_MISSING,
    &CAUSE_UNKNOWN,
    &MALFORMED_QUANTITY,
    &CLAIM_REFUSED,
];

/// A quota forbids the claim.
pub static QUOTA_EXCEEDED: FindingKind = FindingKind {
    code: "ST-Q01",
    name: "quota-exceeded",
    severity: Severity::Error,
    explanation: "\
A StatefulSet should create the claim, and a ResourceQuota of the namespace has no room for it: too many claims, or too much
storage, altogether or of one class. There is no claim to look at; the StatefulSet says it in an event.",
};

/// A LimitRange forbids the claim.
pub static LIMIT_RANGE_FORBIDS: FindingKind = FindingKind {
    code: "ST-Q02",
    name: "limit-range-forbids",
    severity: Severity::Error,
    explanation: "\
A StatefulSet should create the claim, and a LimitRange of the namespace forbids its size.",
};

/// The StatefulSet waits until its old claim is gone.
pub static STATEFULSET_WAITS_FOR_DELETION: FindingKind = FindingKind {
    code: "ST-Q03",
    name: "statefulset-waits-for-deletion",
    severity: Severity::Warning,
    explanation: "\
The StatefulSet needs a claim of this name, and the one that exists is being deleted. The pod is created when it is gone.",
};

/// The name of the pod's own claim is taken.
pub static EPHEMERAL_NAME_TAKEN: FindingKind = FindingKind {
    code: "ST-Q04",
    name: "ephemeral-name-taken",
    severity: Severity::Error,
    explanation: "\
A generic ephemeral volume is a claim named POD-VOLUME that belongs to the pod. A claim of that name exists and does not belong to
it, so the pod does not start: Kubernetes will not give it somebody else's data.",
};

/// The StatefulSet's template says otherwise than the claim.
pub static TEMPLATE_CHANGED: FindingKind = FindingKind {
    code: "ST-Q05",
    name: "template-differs-from-claim",
    severity: Severity::Info,
    explanation: "\
The claim was made from an earlier template of its StatefulSet, and the template now asks for another size or class. Existing claims
never change with the template.",
};

/// The claim does not exist.
pub static CLAIM_MISSING: FindingKind = FindingKind {
    code: "ST-Q06",
    name: "claim-missing",
    severity: Severity::Warning,
    explanation: "\
A pod waits for a claim that does not exist, and nobody is known to create it.",
};

/// The cause cannot be told.
pub static CAUSE_UNKNOWN: FindingKind = FindingKind {
    code: "ST-U01",
    name: "cause-unknown",
    severity: Severity::Info,
    explanation: "\
The claim is not bound, and what would tell why could not be read, or nothing that was read explains it. The message says what is
missing.",
};

/// A size cannot be read.
pub static MALFORMED_QUANTITY: FindingKind = FindingKind {
    code: "ST-U02",
    name: "malformed-quantity",
    severity: Severity::Warning,
    explanation: "\
A size is no quantity as Kubernetes writes them (20Gi, 500M, 1.5Ti). It counts as zero here; the API server refuses the object.",
};

/// The API server will not take the claim.
pub static CLAIM_REFUSED: FindingKind = FindingKind {
    code: "ST-U03",
    name: "claim-refused",
    severity: Severity::Error,
    explanation: "\
The claim is in a file, and the API server will refuse it: a claim asks for some size that is more than nothing, and for at least one
of the access modes ReadWriteOnce, ReadOnlyMany, ReadWriteMany and ReadWriteOncePod, the last of which stands alone; its volumeMode is
Filesystem or Block. What volumes or provisioners would make of it does not matter before that.",
};
