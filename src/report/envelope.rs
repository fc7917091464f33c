//! The envelope every answer comes in.

use schemars::JsonSchema;
use serde::Serialize;

use super::Finding;
use crate::inventory::{Coverage, Inventory, Origin};

/// An answer: `{apiVersion, kind, metadata, coverage, result, findings}`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report<T> {
    /// Always `netstore/v1`.
    pub api_version: &'static str,
    /// Which question was answered, such as `WhoCanReach`.
    pub kind: &'static str,
    /// Tool and source.
    pub metadata: Metadata,
    /// What the question needed to read and what came of it.
    pub coverage: Vec<CoverageEntry>,
    /// The answer.
    pub result: T,
    /// What was noticed on the way, most severe first.
    pub findings: Vec<Finding>,
}

/// Tool and source of an answer.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// Version of netstore.
    pub tool: &'static str,
    /// Where the objects came from.
    pub source: SourceKind,
    /// Version of the API server, if one was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// When the objects were read, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collected_at: Option<String>,
}

/// Where the objects came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// A running API server.
    Live,
    /// A recorded cluster.
    Snapshot,
    /// Files as a user would apply them.
    Manifests,
}

/// How one list that the question needed ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CoverageEntry {
    /// `plural.group`, such as `networkpolicies.networking.k8s.io`.
    pub resource: String,
    /// A namespace, or `*` for all of them.
    pub scope: String,
    /// `complete`, `forbidden`, `not served`, `failed: …`, `truncated: …` or `not in the snapshot`.
    pub state: String,
}

impl<T> Report<T> {
    /// Wraps an answer. Findings are sorted: most severe first, then by code and subject.
    pub fn new(kind: &'static str, inventory: &Inventory, result: T, findings: Vec<Finding>) -> Self {
        Self {
            api_version: "netstore/v1",
            kind,
            metadata: Metadata {
                tool: env!("CARGO_PKG_VERSION"),
                source: match inventory.origin {
                    Origin::Live => SourceKind::Live,
                    Origin::Snapshot => SourceKind::Snapshot,
                    Origin::Manifests => SourceKind::Manifests,
                },
                cluster: inventory.cluster_version.clone(),
                collected_at: inventory.collected_at.map(|t| t.to_string()),
            },
            coverage: entries(&inventory.coverage),
            result,
            findings: in_order(findings),
        }
    }
}

fn in_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    findings.dedup();
    findings
}

fn entries(coverage: &Coverage) -> Vec<CoverageEntry> {
    let entry = |(resource, scope, state): (crate::objects::Resource, Option<&str>, &crate::inventory::State)| CoverageEntry {
        resource: resource.qualified(),
        scope: scope.unwrap_or("*").to_owned(),
        state: state.to_string(),
    };
    coverage.iter().map(entry).collect()
}
