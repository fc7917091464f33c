//! Any answer, and which formats each can be written in.

use serde::Serialize;

use super::dns::Dns;
use super::dns_doctor::DnsDoctor;
use super::dns_records::DnsRecords;
use super::dns_verify::DnsVerify;
use super::overview::StorageOverview;
use super::policy::{CanReach, EffectivePolicy, Matrix, ReachableFrom, WhoCanReach};
use super::probe::Probe;
use super::qos::Qos;
use super::qos_namespace::QosNamespace;
use super::qos_node::QosNode;
use super::storage::PvcWhyPending;
use super::verify::Verify;
use super::view::Format;
use super::volumes::Volumes;
use super::{CoverageEntry, Finding, Metadata, Report};

/// A report on any of the questions: what a command hands to [`render`](super::view::render).
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "there is one of it in a run of the program")]
pub enum Answer {
    /// Who can reach this?
    WhoCanReach(Report<WhoCanReach>),
    /// What can this reach?
    ReachableFrom(Report<ReachableFrom>),
    /// Can this reach that?
    CanReach(Report<CanReach>),
    /// What do all policies on this add up to?
    EffectivePolicy(Report<EffectivePolicy>),
    /// Who can reach whom?
    Matrix(Report<Matrix>),
    /// Why is this claim pending?
    PvcWhyPending(Report<PvcWhyPending>),
    /// Why does this pod wait for its volumes?
    Volumes(Report<Volumes>),
    /// What storage is there?
    Storage(Report<StorageOverview>),
    /// Which class is this pod of, and why?
    Qos(Report<Qos>),
    /// Whom does this node evict first?
    QosNode(Report<QosNode>),
    /// What does this namespace do to the classes of its pods?
    QosNamespace(Report<QosNamespace>),
    /// What does this pod ask for a name, and what comes of it?
    Dns(Report<Dns>),
    /// Do the servers of names say what they should?
    DnsVerify(Report<DnsVerify>),
    /// Which names exist because of this?
    DnsRecords(Report<DnsRecords>),
    /// What is wrong with the names of this cluster?
    DnsDoctor(Report<DnsDoctor>),
    /// Does it connect?
    Probe(Report<Probe>),
    /// Do packets do what the policies say?
    Verify(Report<Verify>),
}

impl Answer {
    /// The question it answers.
    pub fn question(&self) -> Question {
        match self {
            Self::WhoCanReach(_) => Question::WhoCanReach,
            Self::ReachableFrom(_) => Question::ReachableFrom,
            Self::CanReach(_) => Question::CanReach,
            Self::EffectivePolicy(_) => Question::EffectivePolicy,
            Self::Matrix(_) => Question::Matrix,
            Self::PvcWhyPending(_) => Question::PvcWhyPending,
            Self::Volumes(_) => Question::Volumes,
            Self::Storage(_) => Question::Storage,
            Self::Qos(_) => Question::Qos,
            Self::QosNode(_) => Question::QosNode,
            Self::QosNamespace(_) => Question::QosNamespace,
            Self::Dns(_) => Question::Dns,
            Self::DnsVerify(_) => Question::DnsVerify,
            Self::DnsRecords(_) => Question::DnsRecords,
            Self::DnsDoctor(_) => Question::DnsDoctor,
            Self::Probe(_) => Question::Probe,
            Self::Verify(_) => Question::Verify,
        }
    }

    /// The formats it can be written in.
    pub fn formats(&self) -> &'static [Format] {
        self.question().formats()
    }

    /// What was noticed on the way.
    pub fn findings(&self) -> &[Finding] {
        self.envelope().findings
    }

    /// What was read for it.
    pub fn coverage(&self) -> &[CoverageEntry] {
        self.envelope().coverage
    }

    /// Tool and source.
    pub fn metadata(&self) -> &Metadata {
        self.envelope().metadata
    }

    /// The whole report, field by field. Erased: each form that knows all reports by their types is a fiftieth of the program.
    pub(super) fn document(&self) -> &dyn erased_serde::Serialize {
        self.envelope().document
    }

    fn envelope(&self) -> Envelope<'_> {
        match self {
            Self::WhoCanReach(report) => report.into(),
            Self::ReachableFrom(report) => report.into(),
            Self::CanReach(report) => report.into(),
            Self::EffectivePolicy(report) => report.into(),
            Self::Matrix(report) => report.into(),
            Self::PvcWhyPending(report) => report.into(),
            Self::Volumes(report) => report.into(),
            Self::Storage(report) => report.into(),
            Self::Qos(report) => report.into(),
            Self::QosNode(report) => report.into(),
            Self::QosNamespace(report) => report.into(),
            Self::Dns(report) => report.into(),
            Self::DnsVerify(report) => report.into(),
            Self::DnsRecords(report) => report.into(),
            Self::DnsDoctor(report) => report.into(),
            Self::Probe(report) => report.into(),
            Self::Verify(report) => report.into(),
        }
    }
}

/// What all reports have.
struct Envelope<'r> {
    document: &'r dyn erased_serde::Serialize,
    metadata: &'r Metadata,
    coverage: &'r [CoverageEntry],
    findings: &'r [Finding],
}

impl<'r, T: Serialize> From<&'r Report<T>> for Envelope<'r> {
    fn from(report: &'r Report<T>) -> Self {
        Self { document: report, metadata: &report.metadata, coverage: &report.coverage, findings: &report.findings }
    }
}

/// A question: known before anything is read, so that a format it has not is refused before, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// `who-can-reach`
    WhoCanReach,
    /// `reachable-from`
    ReachableFrom,
    /// `can-reach`
    CanReach,
    /// `effective-policy`
    EffectivePolicy,
    /// `matrix`
    Matrix,
    /// `pvc-why-pending`
    PvcWhyPending,
    /// `volumes`
    Volumes,
    /// `storage`
    Storage,
    /// `qos`
    Qos,
    /// `qos node/NAME`
    QosNode,
    /// `qos namespace/NAME`
    QosNamespace,
    /// `dns POD NAME`
    Dns,
    /// `dns verify`
    DnsVerify,
    /// `dns records TYPE/NAME`
    DnsRecords,
    /// `dns doctor`
    DnsDoctor,
    /// `probe SOURCE TARGET`
    Probe,
    /// `verify`
    Verify,
}

impl Question {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::WhoCanReach,
        Self::ReachableFrom,
        Self::CanReach,
        Self::EffectivePolicy,
        Self::Matrix,
        Self::PvcWhyPending,
        Self::Volumes,
        Self::Storage,
        Self::Qos,
        Self::QosNode,
        Self::QosNamespace,
        Self::Dns,
        Self::DnsVerify,
        Self::DnsRecords,
        Self::DnsDoctor,
        Self::Probe,
        Self::Verify,
    ];

    /// How it is asked: `who-can-reach`, `dns verify`.
    pub fn name(self) -> &'static str {
        match self {
            Self::WhoCanReach => "who-can-reach",
            Self::ReachableFrom => "reachable-from",
            Self::CanReach => "can-reach",
            Self::EffectivePolicy => "effective-policy",
            Self::Matrix => "matrix",
            Self::PvcWhyPending => "pvc-why-pending",
            Self::Volumes => "volumes",
            Self::Storage => "storage",
            Self::Qos => "qos",
            Self::QosNode => "qos node",
            Self::QosNamespace => "qos namespace",
            Self::Dns => "dns",
            Self::DnsVerify => "dns verify",
            Self::DnsRecords => "dns records",
            Self::DnsDoctor => "dns doctor",
            Self::Probe => "probe",
            Self::Verify => "verify",
        }
    }

    /// The formats its answers can be written in.
    pub fn formats(self) -> &'static [Format] {
        use Format::{Csv, Dot, Html, Json, Markdown, Mermaid, Name, Table, Wide, Yaml};
        match self {
            Self::WhoCanReach | Self::ReachableFrom | Self::EffectivePolicy | Self::PvcWhyPending | Self::Volumes | Self::Qos => {
                &[Table, Wide, Json, Yaml, Html, Name]
            }
            Self::CanReach
            | Self::Storage
            | Self::QosNode
            | Self::QosNamespace
            | Self::Dns
            | Self::DnsVerify
            | Self::DnsRecords
            | Self::DnsDoctor
            | Self::Probe
            | Self::Verify => &[Table, Wide, Json, Yaml, Html],
            Self::Matrix => &[Table, Wide, Json, Yaml, Html, Csv, Markdown, Dot, Mermaid],
        }
    }
}
