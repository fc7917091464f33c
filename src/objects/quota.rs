//! `v1` ResourceQuota and LimitRange: what bounds claims and containers, and what makes up their requests.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::meta::null_default;
use super::{Meta, Quantity, Requirement};

/// A ResourceQuota.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct ResourceQuota {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// What may be used.
    #[serde(deserialize_with = "null_default")]
    pub spec: QuotaAmounts,
    /// What may be used, and what is.
    #[serde(deserialize_with = "null_default")]
    pub status: QuotaAmounts,
}

/// `hard` and `used`.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct QuotaAmounts {
    /// What may be used.
    #[serde(deserialize_with = "null_default")]
    pub hard: BTreeMap<String, Quantity>,
    /// What is used.
    #[serde(deserialize_with = "null_default")]
    pub used: BTreeMap<String, Quantity>,
    /// Which objects count, where not all do.
    #[serde(deserialize_with = "null_default")]
    pub scopes: Vec<String>,
    /// Which objects count, by the values of scopes.
    pub scope_selector: Option<ScopeSelector>,
}

/// `spec.scopeSelector` of a ResourceQuota.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScopeSelector {
    /// All of which must hold.
    #[serde(deserialize_with = "null_default")]
    pub match_expressions: Vec<ScopeRequirement>,
}

/// One entry of `spec.scopeSelector.matchExpressions`.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScopeRequirement {
    /// Such as `PriorityClass`.
    #[serde(deserialize_with = "null_default")]
    pub scope_name: String,
    /// Operator and values, as those of labels.
    #[serde(flatten)]
    pub wanted: Requirement,
}

/// A LimitRange.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct LimitRange {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// Specification.
    #[serde(deserialize_with = "null_default")]
    pub spec: LimitRangeSpec,
}

/// `spec` of a LimitRange.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct LimitRangeSpec {
    /// Limits.
    #[serde(deserialize_with = "null_default")]
    pub limits: Vec<LimitRangeItem>,
}

/// One entry of `spec.limits`.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LimitRangeItem {
    /// `Pod`, `Container` or `PersistentVolumeClaim`.
    #[serde(rename = "type", deserialize_with = "null_default")]
    pub kind: String,
    /// Least.
    #[serde(deserialize_with = "null_default")]
    pub min: BTreeMap<String, Quantity>,
    /// Most.
    #[serde(deserialize_with = "null_default")]
    pub max: BTreeMap<String, Quantity>,
    /// Limits of containers that state none.
    #[serde(deserialize_with = "null_default")]
    pub default: BTreeMap<String, Quantity>,
    /// Requests of containers that state none.
    #[serde(deserialize_with = "null_default")]
    pub default_request: BTreeMap<String, Quantity>,
    /// How many times its request a limit may be.
    #[serde(deserialize_with = "null_default")]
    pub max_limit_request_ratio: BTreeMap<String, Quantity>,
}
