//! `snapshot.json`: which cluster, when, and what could be read of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Recording;
use crate::inventory::{Coverage, State};
use crate::objects::Resource;

/// Version of the layout. Versions that only add fields keep the number.
pub(super) const FORMAT_VERSION: u64 = 1;

const API_VERSION: &str = "netstore/v1";
const KIND: &str = "Snapshot";

/// The part of the header that says how to read the rest.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Format {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    pub(super) format_version: u64,
}

impl Format {
    /// Whether this is the header of a snapshot, and not some other tool's `snapshot.json`.
    pub(super) fn is_ours(&self) -> bool {
        self.kind == KIND && self.format_version > 0
    }
}

/// The whole header.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Header {
    api_version: String,
    kind: String,
    format_version: u64,
    /// Version of netstore that wrote it.
    tool: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cluster_version: Option<String>,
    pub(super) collected_at: Timestamp,
    coverage: Vec<Entry>,
}

/// How one list ended.
#[derive(Serialize, Deserialize)]
struct Entry {
    /// `plural.group`.
    resource: String,
    /// A namespace; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    /// A word of [`word`].
    state: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    reason: String,
}

impl Header {
    pub(super) fn of(recording: &Recording) -> Self {
        let entry = |(resource, scope, state): (Resource, Option<&str>, &State)| {
            let (word, reason) = word(state);
            Entry { resource: resource.qualified(), namespace: scope.map(str::to_owned), state: word.to_owned(), reason: reason.to_owned() }
        };
        Self {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            format_version: FORMAT_VERSION,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            cluster_version: recording.cluster_version.clone(),
            collected_at: recording.collected_at,
            coverage: recording.coverage.iter().map(entry).collect(),
        }
    }

    /// The coverage as it was when the cluster was read. Kinds this version does not know were recorded by a later one.
    pub(super) fn coverage(&self) -> Coverage {
        let mut coverage = Coverage::default();
        for entry in &self.coverage {
            if let Some(resource) = Resource::ALL.into_iter().find(|r| r.qualified() == entry.resource) {
                coverage.record(resource, entry.namespace.clone(), state(&entry.state, &entry.reason));
            }
        }
        coverage
    }
}

fn word(state: &State) -> (&'static str, &str) {
    match state {
        State::Complete => ("complete", ""),
        State::Forbidden => ("forbidden", ""),
        State::NotServed => ("notServed", ""),
        State::Failed(why) => ("failed", why),
        State::Truncated(why) => ("truncated", why),
        State::NotInSnapshot => ("notInSnapshot", ""),
    }
}

fn state(word: &str, reason: &str) -> State {
    match word {
        "complete" => State::Complete,
        "forbidden" => State::Forbidden,
        "notServed" => State::NotServed,
        "failed" => State::Failed(reason.to_owned()),
        "truncated" => State::Truncated(reason.to_owned()),
        "notInSnapshot" => State::NotInSnapshot,
        // A word of a later version: whatever it means, it is not «complete».
        other => State::Failed(format!("unknown state {other}")),
    }
}
