//! What can be odd about manifests. Each is a warning: the file does not say what its author thinks it says.

use crate::report::{FindingKind, Severity};

/// Everything this source may say, in the order of codes.
pub static ALL: &[&FindingKind] = &[
    &UNREADABLE_DOCUMENT,
    &UNRENDERED_TEMPLATE,
    &NOT_AN_OBJECT,
    &NAMELESS_OBJECT,
    &UNKNOWN_FIELD,
    &WRONG_TYPE,
    &REPEATED_KEY,
    &REPEATED_OBJECT,
    &VERSION_NOT_SERVED,
    &POLICY_NOT_EVALUATED,
    &OTHER_KINDS,
    &REFUSED_METADATA,
    &POLICY_WITHOUT_SPEC,
    &MISSPELT_KIND,
    &LONE_LETTER,
];

/// A document is no YAML and no JSON.
pub static UNREADABLE_DOCUMENT: FindingKind = FindingKind {
    code: "IN-001",
    name: "unreadable-document",
    severity: Severity::Warning,
    explanation: "\
One document of a file is neither valid YAML nor valid JSON: half a file, tabs as indentation, an alias without its
anchor, aliases that multiply without end, nesting that never stops. The message names the file, the line and what the
parser says.

The document was left out and the answer was computed from all others. If a policy was in it, its pods look less
protected than they will be; if pods or namespaces were in it, they are missing as sources and targets.

Correct the document: `kubectl apply --dry-run=client -f FILE` must read it without complaint.",
};

/// A document still has `{{ … }}` in it.
pub static UNRENDERED_TEMPLATE: FindingKind = FindingKind {
    code: "IN-002",
    name: "unrendered-template",
    severity: Severity::Warning,
    explanation: "\
A document cannot be read, and it contains `{{ … }}`: it is the template of a Helm chart, not a manifest. What it will
say is known only when it is rendered, so it was left out and the answer was computed from all other documents.

Render first and read the result from standard input:

    helm template RELEASE CHART | kubectl netstore can-reach … -f -
    kubectl kustomize DIR | kubectl netstore can-reach … -f -",
};

/// A document has no apiVersion or no kind.
pub static NOT_AN_OBJECT: FindingKind = FindingKind {
    code: "IN-003",
    name: "not-an-object",
    severity: Severity::Warning,
    explanation: "\
A document can be read but is no Kubernetes object: `apiVersion` or `kind` is missing or no string, or the document is a
list or a single value. kubectl refuses such a document; here it was left out. Values files of charts and configuration
of other tools are often found beside manifests; then this is harmless. Otherwise add the missing field.",
};

/// An object has no name.
pub static NAMELESS_OBJECT: FindingKind = FindingKind {
    code: "IN-004",
    name: "nameless-object",
    severity: Severity::Warning,
    explanation: "\
An object has neither `metadata.name` nor `metadata.generateName`. The API server refuses it («name or generateName is
required»), so it was left out. Usually `name` is indented wrongly or stands beside `metadata` instead of below it.",
};

/// A field Kubernetes does not have.
pub static UNKNOWN_FIELD: FindingKind = FindingKind {
    code: "IN-005",
    name: "unknown-field",
    severity: Severity::Warning,
    explanation: "\
An object has a field Kubernetes does not have at this place: misspelt, or indented one level too far or too little.

With today's kubectl (`--validate=strict`, the default) the object is refused. Everything else (older kubectl, most
operators and GitOps tools, `--validate=false`) lets the API server drop the field silently and store the rest. The
answer shows that second case, because it is the dangerous one: a peer whose `podSelector` is misspelt, or a policy whose
`ingress` stands beside `spec`, is stored with another meaning than its author's.

Correct the field; the message says which one may be meant, or where a field of that name belongs.",
};

/// A field with a value of another type.
pub static WRONG_TYPE: FindingKind = FindingKind {
    code: "IN-006",
    name: "wrong-type",
    severity: Severity::Warning,
    explanation: "\
A field has a value of a type it cannot have: a map where a list belongs, a number or boolean where a string belongs, a
number beyond 32 bits. The API server refuses the whole object, so it was left out.

The common cases: `from:` and `to:` are lists of peers (write `- podSelector: …`); label values are strings (write
`version: \"1\"`, `enabled: \"on\"`, because YAML reads `1` as a number and `on`, `yes`, `no` as booleans).",
};

/// A key that is there twice.
pub static REPEATED_KEY: FindingKind = FindingKind {
    code: "IN-007",
    name: "repeated-key",
    severity: Severity::Warning,
    explanation: "\
The same key stands twice in one map. YAML forbids it; kubectl takes the last one silently and drops what the first one
said, and other tools (kustomize, Flux) refuse the file. The answer shows what kubectl would store: the last one.

Two `podSelector`, `ingress` or `ports` in one map were usually meant as two entries of a list, or belong into one.",
};

/// Two documents for one object.
pub static REPEATED_OBJECT: FindingKind = FindingKind {
    code: "IN-008",
    name: "repeated-object",
    severity: Severity::Warning,
    explanation: "\
Two documents describe the same object: same kind, namespace and name. Objects are not added up: who applies both ends
with the last one, in the order in which the files are read. The answer uses the last one, too.

Delete one of them, or give the objects different names or namespaces.",
};

/// An apiVersion that is not served.
pub static VERSION_NOT_SERVED: FindingKind = FindingKind {
    code: "IN-009",
    name: "version-not-served",
    severity: Severity::Warning,
    explanation: "\
An object's `apiVersion` is one Kubernetes does not serve for this kind: it was removed long ago (`extensions/v1beta1`
NetworkPolicies and Deployments in 1.16, `batch/v1beta1` CronJobs in 1.25), or it never existed. Applying it fails with
«no matches for kind», so the object was left out.

Write the version the message names, and check the fields: `kubectl convert` knows the differences.",
};

/// A policy of a kind we do not evaluate.
pub static POLICY_NOT_EVALUATED: FindingKind = FindingKind {
    code: "IN-010",
    name: "policy-not-evaluated",
    severity: Severity::Warning,
    explanation: "\
The manifests hold a policy of a kind that netstore does not evaluate yet: one of Cilium's, Calico's, Antrea's or AWS's own
kinds, or a version of ClusterNetworkPolicy that is newer than netstore. Where the CNI implements the kind, it can allow or
deny connections against what all other policies say.

The answer leaves it out. Read it together with the policies named here.",
};

/// Kinds that do not matter.
pub static OTHER_KINDS: FindingKind = FindingKind {
    code: "IN-011",
    name: "other-kinds",
    severity: Severity::Info,
    explanation: "\
The manifests hold objects of kinds that do not bear on the question: roles, service accounts, custom resources. They were
counted and left alone. If an operator makes pods from such an object, these pods are not in the answer.",
};

/// Names and labels Kubernetes refuses.
pub static REFUSED_METADATA: FindingKind = FindingKind {
    code: "IN-012",
    name: "refused-metadata",
    severity: Severity::Warning,
    explanation: "\
An object's name or one of its labels is not valid, so the API server refuses the object; it was left out. Names are
lower-case letters, digits, `-` and (for most kinds) `.`; label values have at most 63 letters, digits, `-`, `_` and `.`,
and begin and end with a letter or digit. Placeholders such as `${NAME}` or `{{ .Values.name }}` are refused as well:
render the file first.",
};

/// A NetworkPolicy without a spec.
pub static POLICY_WITHOUT_SPEC: FindingKind = FindingKind {
    code: "IN-013",
    name: "policy-without-spec",
    severity: Severity::Warning,
    explanation: "\
A NetworkPolicy has no `spec`, or an empty one. Kubernetes accepts that, and it is the strictest policy there is: an
empty `podSelector` selects every pod of the namespace, and without rules nothing may enter. Usually the spec was
indented wrongly or cut off.

If everything should be denied, say so: `spec: {podSelector: {}, policyTypes: [Ingress]}`.",
};

/// A kind that resembles one.
pub static MISSPELT_KIND: FindingKind = FindingKind {
    code: "IN-014",
    name: "misspelt-kind",
    severity: Severity::Warning,
    explanation: "\
An object's `kind` is none that Kubernetes has, but it resembles one. Kinds are written in exactly one way, capitals
included. Applying the object fails with «no matches for kind», so it was left out. Correct the kind.",
};

/// A plain `y` or `n`.
pub static LONE_LETTER: FindingKind = FindingKind {
    code: "IN-015",
    name: "plain-y-or-n",
    severity: Severity::Warning,
    explanation: "\
A plain `y` or `n` is a boolean for kubectl, which reads YAML 1.1, and text for most other programs. Where text is wanted kubectl
refuses the object. The answer takes it for the letter, which is what was meant. Put it in quotes.",
};
