//! `v1` Event and `coordination.k8s.io/v1` Lease: what was said, and who is alive.

use jiff::Timestamp;
use serde::Deserialize;

use super::Meta;
use super::meta::{lenient_time, null_default, one_line};

/// An Event.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Event {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// What it is about.
    #[serde(deserialize_with = "null_default")]
    pub involved_object: InvolvedObject,
    /// One word.
    #[serde(deserialize_with = "null_default")]
    pub reason: String,
    /// A sentence.
    #[serde(deserialize_with = "one_line")]
    pub message: String,
    /// `Normal` or `Warning`.
    #[serde(rename = "type", deserialize_with = "null_default")]
    pub kind: String,
    /// Who says so.
    #[serde(deserialize_with = "null_default")]
    pub source: EventSource,
    /// Who says so, in newer events.
    #[serde(deserialize_with = "null_default")]
    pub reporting_component: String,
    /// When it was said last.
    #[serde(deserialize_with = "lenient_time")]
    pub last_timestamp: Option<Timestamp>,
    /// When it was said, in newer events.
    #[serde(deserialize_with = "lenient_time")]
    pub event_time: Option<Timestamp>,
    /// Repetitions, in newer events.
    pub series: Option<EventSeries>,
}

/// `involvedObject` of an Event.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct InvolvedObject {
    /// Kind.
    #[serde(deserialize_with = "null_default")]
    pub kind: String,
    /// Namespace.
    #[serde(deserialize_with = "null_default")]
    pub namespace: String,
    /// Name.
    #[serde(deserialize_with = "null_default")]
    pub name: String,
    /// Which object of that name.
    #[serde(deserialize_with = "null_default")]
    pub uid: String,
}

/// `source` of an Event.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct EventSource {
    /// Component.
    #[serde(deserialize_with = "null_default")]
    pub component: String,
}

/// `series` of an Event.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventSeries {
    /// When it was said last.
    #[serde(deserialize_with = "lenient_time")]
    pub last_observed_time: Option<Timestamp>,
}

impl Event {
    /// When it was said last.
    pub fn time(&self) -> Option<Timestamp> {
        self.series
            .as_ref()
            .and_then(|s| s.last_observed_time)
            .or(self.last_timestamp)
            .or(self.event_time)
            .or(self.metadata.creation_timestamp)
    }

    /// Who says so.
    pub fn component(&self) -> &str {
        if self.source.component.is_empty() { &self.reporting_component } else { &self.source.component }
    }
}

/// A Lease.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Lease {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// Specification.
    #[serde(deserialize_with = "null_default")]
    pub spec: LeaseSpec,
}

/// `spec` of a Lease.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LeaseSpec {
    /// Who holds it.
    #[serde(deserialize_with = "null_default")]
    pub holder_identity: String,
    /// How long it counts.
    pub lease_duration_seconds: Option<i64>,
    /// When it was renewed last.
    #[serde(deserialize_with = "lenient_time")]
    pub renew_time: Option<Timestamp>,
}
