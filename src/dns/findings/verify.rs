//! What servers say when they are asked, and what they should have said.

use crate::report::{FindingKind, Severity};

/// All of them, by code.
pub static ALL: &[&FindingKind] = &[&ANSWER_DIFFERS, &OTHER_COREFILE, &NOT_SYNCED, &SILENT, &CONTRADICTION, &NOT_READY];

/// A replica says something else than the objects make it say.
pub static ANSWER_DIFFERS: FindingKind = FindingKind {
    code: "DN-V01",
    name: "answer-differs",
    severity: Severity::Error,
    explanation: "\
A replica was asked, and its answer is not the one that follows from the Services, EndpointSlices, pods and the Corefile. Objects were read and the
question was asked a second time, so it is not a change that was just on its way.

- Its watch of the API server may be broken: it goes on answering with what it knew. Its log says so; a new pod begins anew.
- Its cache may hold the old answer: `cache` keeps answers for as long as their TTL, 5 s for names of the cluster unless `ttl` says otherwise, and those
  of names that do not exist as well.
- Something may answer in its place: a server block for a zone inside the cluster's, or a plugin that this version of netstore takes for harmless.

Where several replicas differ in the same way, the second and the third are likelier than the first.",
};

/// A replica answers by another Corefile.
pub static OTHER_COREFILE: FindingKind = FindingKind {
    code: "DN-V02",
    name: "replica-has-another-corefile",
    severity: Severity::Error,
    explanation: "\
A replica answers questions otherwise that the Corefile alone decides: whether pods have names, which zones there are, the version of the rules of
cluster names. Or it knows none of the names that exist. So it does not run with the Corefile that its ConfigMap holds now.

A changed ConfigMap reaches the files of a pod after about a minute, and CoreDNS looks at its file every 30 s, if the Corefile has the plugin `reload`.
Without it a replica keeps what it started with. With it, a Corefile that cannot be loaded is refused with a line in the log, and the replica goes on
with the old one; it will not start again with the new one. Replicas that started later run with what was there then, so that replicas differ.

Look at the log first. If the Corefile is refused, mend it before any replica is restarted.",
};

/// A replica has not read the cluster's objects.
pub static NOT_SYNCED: FindingKind = FindingKind {
    code: "DN-V03",
    name: "replica-not-synced",
    severity: Severity::Error,
    explanation: "\
A replica answers SERVFAIL to every name of the cluster. The plugin `kubernetes` does so until it has read Services, EndpointSlices and namespaces
once. CoreDNS waits 5 s for that when it starts, then serves all the same: without the plugin `ready` behind its readiness probe, such a replica gets
its share of the questions.

Its log says what keeps it from the API server: rights of its service account, a NetworkPolicy on egress of kube-system, the address of the Service
`kubernetes`.",
};

/// A ready replica does not answer.
pub static SILENT: FindingKind = FindingKind {
    code: "DN-V04",
    name: "replica-silent",
    severity: Severity::Error,
    explanation: "\
A replica is ready, there is a way to its pod, and it does not answer over TCP: nobody listens on the port, or no answer comes in time. Over UDP it may
still answer; but answers that are too long for UDP are asked for again over TCP, and would be lost.

A server that listens on one address only (`bind`) cannot be asked this way: port-forward comes from localhost.",
};

/// Replicas contradict each other.
pub static CONTRADICTION: FindingKind = FindingKind {
    code: "DN-V05",
    name: "replicas-contradict-each-other",
    severity: Severity::Error,
    explanation: "\
Replicas behind the same Service were asked the same question and gave different answers. Which of them a pod is led to is chance, so its lookups fail
now and then, and not in every pod at the same time.

For names of the cluster any difference counts, and the findings about single replicas say which of them is wrong. For names that upstream servers decide,
addresses may differ from one answer to the next; there it counts only whether the name exists.",
};

/// A replica is not ready.
pub static NOT_READY: FindingKind = FindingKind {
    code: "DN-V06",
    name: "replica-not-ready",
    severity: Severity::Warning,
    explanation: "\
A pod stands behind the Service of the cluster's servers and is not ready. No question is led to it, so it does no harm, but the others have to answer for
it, and it was not asked here.",
};
