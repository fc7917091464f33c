//! Objects that own pods: Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob.

use std::fmt;

use serde::Deserialize;

use super::meta::null_default;
use super::volume::ClaimSpec;
use super::{IntOrString, LabelSelector, Meta, PodSpec};

/// Kind of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkloadKind {
    /// `apps/v1` Deployment.
    Deployment,
    /// `apps/v1` ReplicaSet.
    ReplicaSet,
    /// `apps/v1` StatefulSet.
    StatefulSet,
    /// `apps/v1` DaemonSet.
    DaemonSet,
    /// `batch/v1` Job.
    Job,
    /// `batch/v1` CronJob.
    CronJob,
}

impl WorkloadKind {
    /// Kind as in objects.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::ReplicaSet => "ReplicaSet",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
        }
    }
}

impl fmt::Display for WorkloadKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An object that owns pods.
#[derive(Debug, Clone)]
pub struct Workload {
    /// Its kind.
    pub kind: WorkloadKind,
    /// Metadata.
    pub metadata: Meta,
    /// Wanted number of pods, where the kind has one (Deployment, ReplicaSet, StatefulSet: default 1; Job: parallelism).
    pub replicas: Option<i64>,
    /// Its pods, as it finds them; absent: none.
    pub selector: Option<LabelSelector>,
    /// What its pods will look like.
    pub template: Template,
    /// Claims that a StatefulSet makes for each of its pods.
    pub claim_templates: Vec<ClaimTemplate>,
    /// Number of a StatefulSet's first pod.
    pub first_ordinal: i64,
    /// What becomes of a StatefulSet's claims.
    pub claim_retention: ClaimRetention,
    /// How it goes over to a new template.
    pub strategy: Strategy,
    /// Whether a Job or CronJob makes no pods at present.
    pub suspended: bool,
}

/// `spec.strategy` of a Deployment, `spec.updateStrategy` of a StatefulSet or DaemonSet.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Strategy {
    /// `RollingUpdate` (also if empty), `Recreate` or `OnDelete`.
    #[serde(rename = "type", deserialize_with = "null_default")]
    pub kind: String,
    /// How far a rolling update goes at a time.
    #[serde(deserialize_with = "null_default")]
    pub rolling_update: RollingUpdate,
}

/// `rollingUpdate` of a strategy.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RollingUpdate {
    /// Pods there may be beyond the number that is wanted: a number or a percentage.
    pub max_surge: Option<IntOrString>,
    /// Pods that may be missing: a number or a percentage.
    pub max_unavailable: Option<IntOrString>,
    /// Pods of a StatefulSet with lower numbers stay as they are.
    #[serde(deserialize_with = "null_default")]
    pub partition: i64,
}

/// `spec.persistentVolumeClaimRetentionPolicy` of a StatefulSet: `Retain` (also if empty) or `Delete`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimRetention {
    /// When the StatefulSet is deleted.
    #[serde(deserialize_with = "null_default")]
    pub when_deleted: String,
    /// When it is scaled down.
    #[serde(deserialize_with = "null_default")]
    pub when_scaled: String,
}

/// One of `spec.volumeClaimTemplates`.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct ClaimTemplate {
    /// Metadata of the claims: the name is the first part of theirs.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// Specification of the claims.
    #[serde(deserialize_with = "null_default")]
    pub spec: ClaimSpec,
}

/// A pod template.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Template {
    /// Metadata of the pods: labels count.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// Specification of the pods.
    #[serde(deserialize_with = "null_default")]
    pub spec: PodSpec,
}

/// The JSON of a workload before its kind is known to it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Raw {
    #[serde(deserialize_with = "null_default")]
    metadata: Meta,
    #[serde(deserialize_with = "null_default")]
    spec: RawSpec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawSpec {
    replicas: Option<i64>,
    parallelism: Option<i64>,
    selector: Option<LabelSelector>,
    #[serde(deserialize_with = "null_default")]
    template: Template,
    job_template: Option<Box<RawJobTemplate>>,
    #[serde(deserialize_with = "null_default")]
    volume_claim_templates: Vec<ClaimTemplate>,
    ordinals: Option<RawOrdinals>,
    #[serde(deserialize_with = "null_default")]
    persistent_volume_claim_retention_policy: ClaimRetention,
    /// Of a Deployment.
    strategy: Option<Strategy>,
    /// Of a StatefulSet or DaemonSet.
    update_strategy: Option<Strategy>,
    #[serde(deserialize_with = "null_default")]
    suspend: bool,
    #[serde(deserialize_with = "null_default")]
    service_name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawOrdinals {
    #[serde(deserialize_with = "null_default")]
    start: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawJobTemplate {
    #[serde(deserialize_with = "null_default")]
    spec: RawSpec,
}

impl Workload {
    /// Decodes an object of the given kind.
    ///
    /// # Errors
    /// Whatever the decoder says.
    pub fn decode<'de, D: serde::Deserializer<'de>>(kind: WorkloadKind, deserializer: D) -> Result<Self, D::Error> {
        let Raw { metadata, mut spec } = Raw::deserialize(deserializer)?;
        let suspended = spec.suspend;
        if let Some(job) = spec.job_template.take() {
            spec = job.spec;
        }
        if kind == WorkloadKind::StatefulSet {
            // So the controller makes the pods, whatever the template says.
            spec.template.spec.subdomain = spec.service_name;
        }
        Ok(Self {
            kind,
            metadata,
            replicas: spec.replicas.or(spec.parallelism),
            selector: spec.selector,
            template: spec.template,
            claim_templates: spec.volume_claim_templates,
            first_ordinal: spec.ordinals.map(|o| o.start).unwrap_or_default(),
            claim_retention: spec.persistent_volume_claim_retention_policy,
            strategy: spec.strategy.or(spec.update_strategy).unwrap_or_default(),
            suspended,
        })
    }
}
