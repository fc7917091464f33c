//! The answer of `storage`: classes, drivers, volumes and claims of a cluster.

use schemars::JsonSchema;
use serde::Serialize;

use super::{ObjectRef, Severity};

/// The storage of a cluster.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StorageOverview {
    /// The namespace whose claims it is about; null: all. Everything else is of the whole cluster.
    pub namespace: Option<String>,
    /// StorageClasses, by name.
    pub classes: Vec<ClassAnswer>,
    /// Drivers: installed, registered, or named by a class.
    pub drivers: Vec<DriverAnswer>,
    /// PersistentVolumes by phase and reclaim policy.
    pub volumes: Vec<VolumeCount>,
    /// PersistentVolumeClaims by what keeps them.
    pub claims: ClaimCounts,
    /// Released volumes, and what they hold.
    pub released: Vec<ReleasedVolume>,
    /// Whether anybody has a copy of what is on the claims; null where nothing that makes backups is installed.
    pub backups: Option<Backups>,
    /// Kinds that could not be read and on which the answer depends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
}

/// Whether somebody makes the volumes of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ProvisionerState {
    /// It renews its lease.
    Alive,
    /// Its lease has run out.
    Stopped,
    /// It is installed, and holds no lease that would tell more.
    Installed,
    /// Nothing in the cluster shows it.
    Missing,
    /// Volumes are made by hand.
    ByHand,
    /// Not to be told from what could be read.
    Unknown,
}

/// A StorageClass.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClassAnswer {
    /// Name.
    pub name: String,
    /// Who makes its volumes, as it says.
    pub provisioner: String,
    /// The CSI driver that stands in for a provisioner that was part of Kubernetes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migrated_to: Option<String>,
    /// Whether it is marked as the default.
    pub default: bool,
    /// Whether claims without a class get this one: of several defaults the newest.
    pub default_wins: bool,
    /// `Immediate` or `WaitForFirstConsumer`.
    pub binding_mode: String,
    /// `Delete`, `Retain` or `Recycle`.
    pub reclaim_policy: String,
    /// Whether claims may grow.
    pub expansion: bool,
    /// Whether somebody makes its volumes.
    pub provisioner_state: ProvisionerState,
    /// Claims of it.
    pub claims: usize,
    /// Volumes of it.
    pub volumes: usize,
}

/// A CSI driver.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DriverAnswer {
    /// Name.
    pub name: String,
    /// Whether there is a CSIDriver object; null: these could not be read.
    pub installed: Option<bool>,
    /// Provisioners that were part of Kubernetes and are this driver now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub in_tree: Vec<String>,
    /// Nodes on which it is registered.
    pub nodes: Vec<String>,
    /// Nodes on which it is not, unless it is on none.
    pub not_on: Vec<String>,
    /// Leases of its sidecars.
    pub leases: Vec<LeaseAnswer>,
    /// CSIStorageCapacity objects of its classes; null: it tells of none.
    pub capacities: Option<usize>,
    /// Volumes of it.
    pub volumes: usize,
}

/// A Lease of a driver's sidecar.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeaseAnswer {
    /// `provisioner`, `attacher` or `resizer`.
    pub of: &'static str,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Who holds it.
    pub holder: String,
    /// Seconds since it was renewed.
    pub age_seconds: Option<u64>,
    /// Whether it has not run out; null without a clock.
    pub alive: Option<bool>,
}

/// Volumes of one phase and reclaim policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VolumeCount {
    /// Phase.
    pub phase: String,
    /// Reclaim policy.
    pub reclaim_policy: String,
    /// How many.
    pub volumes: usize,
}

/// Claims by what they come to.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimCounts {
    /// All of them.
    pub total: usize,
    /// Bound and of use, or about to be bound.
    pub ok: usize,
    /// Nothing is wrong, and somebody else has to move first.
    pub waiting: usize,
    /// With a problem.
    pub problem: usize,
    /// Not to be told.
    pub unknown: usize,
    /// By cause, the most frequent first.
    pub causes: Vec<CauseCount>,
}

/// Claims with one cause.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CauseCount {
    /// Code of the cause.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The claims, as `NAMESPACE/NAME`.
    pub claims: Vec<String>,
}

/// A volume whose claim is gone.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleasedVolume {
    /// Name.
    pub name: String,
    /// Size.
    pub capacity: String,
    /// Class.
    pub class: String,
    /// The claim whose data it holds, as `NAMESPACE/NAME`.
    pub claim: String,
    /// Whether there is a claim of that name again; null if claims could not be read.
    pub claim_exists: Option<bool>,
    /// What becomes of it.
    pub reclaim_policy: String,
    /// Where its data lives.
    pub place: String,
}

/// Copies of what is on claims.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Backups {
    /// What makes backups: `KubeStash`, `Stash`, `Velero`, `VolumeSnapshots`.
    pub tools: Vec<&'static str>,
    /// How many claims are covered.
    pub covered: usize,
    /// How many are not.
    pub not_covered: usize,
    /// Of how many that cannot be told.
    pub unknown: usize,
    /// Claims that are bound, but for those that pods made for themselves; by namespace and name.
    pub claims: Vec<ClaimBackup>,
}

/// Whether somebody has a copy of a claim's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum BackupState {
    /// A run that ended well, and is kept still, holds it.
    Covered,
    /// None does.
    NotCovered,
    /// Not to be told from what could be read.
    Unknown,
}

/// The backup of a claim.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimBackup {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Whether it is covered.
    pub state: BackupState,
    /// What covers it: the Schedule, Backup, BackupConfiguration, BackupBatch or VolumeSnapshot with the newest copy.
    pub by: Option<ObjectRef>,
    /// When that copy was made.
    pub last_success: Option<String>,
    /// Seconds since then.
    pub age_seconds: Option<u64>,
    /// What the copy is; else why there is none, or why that cannot be told.
    pub reason: String,
}
