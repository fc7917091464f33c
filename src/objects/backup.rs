//! Backups: Velero's schedules and what came of them (`velero.io/v1`), Stash's and KubeStash's configurations and sessions
//! (`stash.appscode.com/v1beta1`, `core.kubestash.com/v1alpha1`), these decoded to one shape.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use super::meta::{lenient_time, null_default};
use super::{DataSource, LabelSelector, Meta};

/// A Schedule of Velero.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct VeleroSchedule {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// Specification.
    #[serde(deserialize_with = "null_default")]
    pub spec: ScheduleSpec,
    /// Status.
    #[serde(deserialize_with = "null_default")]
    pub status: ScheduleStatus,
}

/// `spec` of a Schedule.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct ScheduleSpec {
    /// What its backups hold.
    #[serde(deserialize_with = "null_default")]
    pub template: BackupSpec,
    /// Whether it makes none at present.
    #[serde(deserialize_with = "null_default")]
    pub paused: bool,
}

/// `status` of a Schedule.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct ScheduleStatus {
    /// `New`, `Enabled` or `FailedValidation`.
    #[serde(deserialize_with = "null_default")]
    pub phase: String,
}

/// A Backup of Velero.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct VeleroBackup {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// Specification, completed by Velero with the defaults of its server.
    #[serde(deserialize_with = "null_default")]
    pub spec: BackupSpec,
    /// Status.
    #[serde(deserialize_with = "null_default")]
    pub status: BackupStatus,
}

/// `spec` of a Backup, and the template of a Schedule.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BackupSpec {
    /// Namespaces; empty: all.
    #[serde(deserialize_with = "null_default")]
    pub included_namespaces: Vec<String>,
    /// Namespaces that are left out.
    #[serde(deserialize_with = "null_default")]
    pub excluded_namespaces: Vec<String>,
    /// Kinds; empty: all.
    #[serde(deserialize_with = "null_default")]
    pub included_resources: Vec<String>,
    /// Kinds that are left out.
    #[serde(deserialize_with = "null_default")]
    pub excluded_resources: Vec<String>,
    /// The same for kinds in namespaces only, newer.
    #[serde(deserialize_with = "null_default")]
    pub included_namespace_scoped_resources: Vec<String>,
    /// The same for kinds in namespaces only, newer.
    #[serde(deserialize_with = "null_default")]
    pub excluded_namespace_scoped_resources: Vec<String>,
    /// Labels of what is backed up.
    pub label_selector: Option<LabelSelector>,
    /// Alternatives to it.
    #[serde(deserialize_with = "null_default")]
    pub or_label_selectors: Vec<LabelSelector>,
    /// Whether volumes are snapshotted; none: yes.
    pub snapshot_volumes: Option<bool>,
    /// Whether the files of pods' volumes are copied unless a pod says otherwise.
    pub default_volumes_to_fs_backup: Option<bool>,
    /// The same, in older releases.
    pub default_volumes_to_restic: Option<bool>,
    /// Whether snapshots are copied elsewhere; claims are then not copied file by file.
    pub snapshot_move_data: Option<bool>,
    /// Rules in a ConfigMap that decide for each volume.
    pub resource_policy: Option<DataSource>,
}

/// `status` of a Backup.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BackupStatus {
    /// `Completed`, `PartiallyFailed`, `Failed`, `FailedValidation`, or one of those before the end.
    #[serde(deserialize_with = "null_default")]
    pub phase: String,
    /// When it is deleted.
    #[serde(deserialize_with = "lenient_time")]
    pub expiration: Option<Timestamp>,
    /// When it began.
    #[serde(deserialize_with = "lenient_time")]
    pub start_timestamp: Option<Timestamp>,
    /// When it ended.
    #[serde(deserialize_with = "lenient_time")]
    pub completion_timestamp: Option<Timestamp>,
    /// Why it failed.
    #[serde(deserialize_with = "null_default")]
    pub failure_reason: String,
    /// Snapshots taken by Velero's own plugins.
    #[serde(deserialize_with = "null_default")]
    pub volume_snapshots_completed: u64,
    /// Snapshots taken by CSI drivers.
    #[serde(rename = "csiVolumeSnapshotsCompleted", deserialize_with = "null_default")]
    pub csi_volume_snapshots_completed: u64,
    /// Work that went on beside it: snapshots of CSI drivers, copies of them.
    #[serde(deserialize_with = "null_default")]
    pub backup_item_operations_completed: u64,
}

/// Who makes a backup by configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BackupTool {
    /// `stash.appscode.com`.
    Stash,
    /// `core.kubestash.com`.
    KubeStash,
}

/// A BackupConfiguration or BackupBatch.
#[derive(Debug, Clone)]
pub struct BackupPlan {
    /// Whose it is.
    pub tool: BackupTool,
    /// `BackupConfiguration` or `BackupBatch`.
    pub kind: &'static str,
    /// Metadata.
    pub metadata: Meta,
    /// Whether it makes none at present.
    pub paused: bool,
    /// What is backed up.
    pub targets: Vec<BackupTarget>,
}

/// What a plan backs up.
#[derive(Debug, Default, Clone)]
pub struct BackupTarget {
    /// Kind, such as `PersistentVolumeClaim` or `StatefulSet`.
    pub kind: String,
    /// Name, in the namespace of the plan.
    pub name: String,
    /// Volumes of the target's pods, by their names in the pod; empty: not said.
    pub volumes: Vec<String>,
}

/// A BackupSession: one run of a plan.
#[derive(Debug, Clone)]
pub struct BackupSession {
    /// Whose it is.
    pub tool: BackupTool,
    /// Metadata.
    pub metadata: Meta,
    /// Kind of the plan.
    pub plan_kind: String,
    /// Name of the plan.
    pub plan: String,
    /// Which of the plan's sessions; empty where a plan has one only.
    pub session: String,
    /// `Pending`, `Skipped`, `Running`, `Succeeded` or `Failed`.
    pub phase: String,
}

impl BackupPlan {
    /// Decodes a BackupConfiguration or a BackupBatch.
    ///
    /// # Errors
    /// Whatever the decoder says.
    pub fn decode<'de, D: Deserializer<'de>>(tool: BackupTool, kind: &'static str, deserializer: D) -> Result<Self, D::Error> {
        let WirePlan { metadata, spec } = WirePlan::deserialize(deserializer)?;
        let of_batch = spec.targets.into_iter().filter_map(|target| target.app_ref);
        let own = spec.target.into_iter().chain(spec.members.into_iter().filter_map(|member| member.target));
        let targets = own.map(WireTarget::settle).chain(of_batch.map(|named| BackupTarget::named(named, Vec::new()))).collect();
        // A plan of several sessions makes none if all of them are suspended.
        let suspended = |session: &WireSession| session.scheduler.as_ref().is_some_and(|scheduler| scheduler.suspend == Some(true));
        let paused = spec.paused || (!spec.sessions.is_empty() && spec.sessions.iter().all(suspended));
        Ok(Self { tool, kind, metadata, paused, targets })
    }
}

impl BackupSession {
    /// Decodes a BackupSession.
    ///
    /// # Errors
    /// Whatever the decoder says.
    pub fn decode<'de, D: Deserializer<'de>>(tool: BackupTool, deserializer: D) -> Result<Self, D::Error> {
        let WireRun { metadata, spec, status } = WireRun::deserialize(deserializer)?;
        Ok(Self { tool, metadata, plan_kind: spec.invoker.kind, plan: spec.invoker.name, session: spec.session, phase: status.phase })
    }
}

impl BackupTarget {
    fn named(named: WireName, volumes: Vec<String>) -> Self {
        Self { kind: named.kind, name: named.name, volumes }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WirePlan {
    #[serde(deserialize_with = "null_default")]
    metadata: Meta,
    #[serde(deserialize_with = "null_default")]
    spec: WireSpec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireSpec {
    #[serde(deserialize_with = "null_default")]
    paused: bool,
    target: Option<WireTarget>,
    #[serde(deserialize_with = "null_default")]
    members: Vec<WireMember>,
    #[serde(deserialize_with = "null_default")]
    targets: Vec<WireBatchTarget>,
    #[serde(deserialize_with = "null_default")]
    sessions: Vec<WireSession>,
}

/// Stash has a reference and the volumes, KubeStash the reference itself.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireTarget {
    #[serde(rename = "ref")]
    reference: Option<WireName>,
    #[serde(deserialize_with = "null_default")]
    volume_mounts: Vec<WireName>,
    #[serde(flatten)]
    own: WireName,
}

impl WireTarget {
    fn settle(self) -> BackupTarget {
        BackupTarget::named(self.reference.unwrap_or(self.own), self.volume_mounts.into_iter().map(|mount| mount.name).collect())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireName {
    #[serde(deserialize_with = "null_default")]
    kind: String,
    #[serde(deserialize_with = "null_default")]
    name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireMember {
    target: Option<WireTarget>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireBatchTarget {
    app_ref: Option<WireName>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireSession {
    scheduler: Option<WireScheduler>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireScheduler {
    suspend: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireRun {
    #[serde(deserialize_with = "null_default")]
    metadata: Meta,
    #[serde(deserialize_with = "null_default")]
    spec: WireRunSpec,
    #[serde(deserialize_with = "null_default")]
    status: WireRunStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireRunSpec {
    #[serde(deserialize_with = "null_default")]
    invoker: WireName,
    #[serde(deserialize_with = "null_default")]
    session: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireRunStatus {
    #[serde(deserialize_with = "null_default")]
    phase: String,
}
