//! What a question answers with: verdicts, findings, evidence, remedies, coverage; and how they are written down.
//!
//! Renderers see only this. `-o json` is this, field by field (`docs/schema/`); inside `netstore/v1` changes only add.

mod answer;
pub mod changes;
pub mod dns;
pub mod dns_doctor;
pub mod dns_records;
pub mod dns_verify;
mod envelope;
mod finding;
pub mod overview;
mod peer;
pub mod policy;
pub mod probe;
mod probe_verdict;
pub mod qos;
pub mod qos_namespace;
pub mod qos_node;
pub mod qos_patch;
pub mod schema;
mod shell;
pub mod storage;
pub mod verify;
pub mod view;
pub mod volumes;

pub use answer::{Answer, Question};
pub use envelope::{CoverageEntry, Metadata, Report, SourceKind};
pub use finding::{Confidence, DataRisk, Evidence, Finding, FindingKind, ObjectRef, Remedy, Severity};
pub use peer::{Direction, Peer, PodCount, PortRange, RuleRef, Verdict};
pub use shell::quoted;
