//! The answer to «what does this namespace do to the classes of its pods».

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::qos::Class;

/// The pods of a namespace by class, and what LimitRanges and quotas do to new ones.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QosNamespace {
    /// Its name.
    pub namespace: String,
    /// Pods that have not ended, by class; `unknown` where it cannot be told.
    pub counts: BTreeMap<String, usize>,
    /// The class of a new pod that states nothing; null: not to be told.
    pub bare: Option<Class>,
    /// Its LimitRanges.
    pub limit_ranges: Vec<Influence>,
    /// Its quotas.
    pub quotas: Vec<Influence>,
    /// Kinds that could not be read and on which the answer depends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
}

/// A LimitRange or a quota, and what it does.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Influence {
    /// Its name.
    pub name: String,
    /// What it does to pods, a sentence each.
    pub effects: Vec<String>,
    /// What may be had and what is had, of a quota.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amounts: Vec<QuotaAmount>,
}

/// One resource of a quota.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct QuotaAmount {
    /// Its name, such as `requests.memory`.
    pub resource: String,
    /// What may be had.
    pub hard: String,
    /// What is had; null: nobody has counted.
    pub used: Option<String>,
}
