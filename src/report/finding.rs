//! Findings: something a user should know, with the evidence for it and what to do about it.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// A kind of finding, declared beside the rule that raises it: what `explain CODE` and the findings reference print.
#[derive(Debug)]
pub struct FindingKind {
    /// Stable code, such as `NP-012`.
    pub code: &'static str,
    /// Kebab-case name.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it is, why it matters, what to do: a few paragraphs of Markdown.
    pub explanation: &'static str,
}

impl FindingKind {
    /// A finding of this kind, certain and without evidence yet.
    pub fn on(&'static self, subject: ObjectRef, message: String) -> Finding {
        Finding {
            code: self.code,
            name: self.name,
            severity: self.severity,
            confidence: Confidence::Certain,
            subject,
            message,
            evidence: Vec::new(),
            remedy: Vec::new(),
        }
    }
}

/// Something noticed. The code is stable; `kubectl netstore explain CODE` prints the long text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// Stable code, such as `NP-012`.
    pub code: &'static str,
    /// Kebab-case name of the code.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// How sure we are.
    pub confidence: Confidence,
    /// The object it is about.
    pub subject: ObjectRef,
    /// One sentence.
    pub message: String,
    /// What shows it.
    pub evidence: Vec<Evidence>,
    /// What to do.
    pub remedy: Vec<Remedy>,
}

impl Finding {
    /// Adds a field that shows it.
    #[must_use]
    pub fn shown_by(mut self, object: &ObjectRef, field: impl Into<String>, value: impl Into<String>) -> Self {
        self.evidence.push(Evidence { object: object.clone(), field: field.into(), value: value.into() });
        self
    }

    /// Adds something to do that touches no data.
    #[must_use]
    pub fn remedied_by(mut self, description: impl Into<String>, command: Option<String>) -> Self {
        self.remedy.push(Remedy { description: description.into(), command, data_risk: DataRisk::None });
        self
    }

    /// Lowers the confidence.
    #[must_use]
    pub fn with_confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// The order findings are reported in.
    pub(super) fn sort_key(&self) -> (Severity, &str, &ObjectRef, &str) {
        (self.severity, self.code, &self.subject, &self.message)
    }
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Does not do what it says.
    Error,
    /// Probably not what was meant.
    Warning,
    /// Good to know.
    Info,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        })
    }
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Follows from objects that were read.
    Certain,
    /// Nearly always so.
    Likely,
    /// May be so.
    Possible,
}

/// Whether following a remedy can lose or disclose data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DataRisk {
    /// No data is touched.
    None,
    /// Data may become readable to others.
    Disclosure,
    /// Data may be lost.
    Loss,
}

/// A reference to an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub struct ObjectRef {
    /// Kind, such as `NetworkPolicy`.
    pub kind: String,
    /// Namespace; absent for cluster-scoped objects and files.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl ObjectRef {
    /// A reference.
    pub fn new(kind: &str, namespace: &str, name: &str) -> Self {
        Self { kind: kind.to_owned(), namespace: namespace.to_owned(), name: name.to_owned() }
    }
}

/// A field that shows what a finding says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Evidence {
    /// The object.
    pub object: ObjectRef,
    /// Path of the field: `spec.ingress[0].from[1].ipBlock.cidr`.
    pub field: String,
    /// Its value.
    pub value: String,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Remedy {
    /// What it does.
    pub description: String,
    /// A command to paste, if one does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Whether data is at risk.
    pub data_risk: DataRisk,
}
