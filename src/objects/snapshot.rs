//! What volumes are made from: snapshots (`snapshot.storage.k8s.io/v1`), populators (`populator.storage.k8s.io/v1beta1`), and the
//! grants for sources in other namespaces (`gateway.networking.k8s.io/v1beta1`).

use jiff::Timestamp;
use serde::Deserialize;

use super::meta::{lenient_time, null_default, one_line};
use super::{ClaimRef, Meta, Quantity};

/// A VolumeSnapshot.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct VolumeSnapshot {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// Specification.
    #[serde(deserialize_with = "null_default")]
    pub spec: SnapshotSpec,
    /// Status; none before anyone looked at it.
    pub status: Option<SnapshotStatus>,
}

/// `spec` of a VolumeSnapshot.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct SnapshotSpec {
    /// What it is taken of.
    #[serde(deserialize_with = "null_default")]
    pub source: SnapshotSource,
}

/// `spec.source` of a VolumeSnapshot.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SnapshotSource {
    /// The claim; none if it stands for a snapshot that was there before.
    pub persistent_volume_claim_name: Option<String>,
}

/// `status` of a VolumeSnapshot.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SnapshotStatus {
    /// The content it is bound to.
    pub bound_volume_snapshot_content_name: Option<String>,
    /// When the storage took it.
    #[serde(deserialize_with = "lenient_time")]
    pub creation_time: Option<Timestamp>,
    /// Whether volumes can be made of it.
    pub ready_to_use: Option<bool>,
    /// The least size of such a volume.
    pub restore_size: Option<Quantity>,
    /// What went wrong.
    pub error: Option<SnapshotError>,
}

/// `status.error` of a VolumeSnapshot.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct SnapshotError {
    /// The driver's words.
    #[serde(deserialize_with = "one_line")]
    pub message: String,
}

/// A VolumeSnapshotContent: the snapshot as the storage has it.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct VolumeSnapshotContent {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// Specification.
    #[serde(deserialize_with = "null_default")]
    pub spec: SnapshotContentSpec,
    /// Status.
    #[serde(deserialize_with = "null_default")]
    pub status: SnapshotContentStatus,
}

/// `spec` of a VolumeSnapshotContent.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SnapshotContentSpec {
    /// The VolumeSnapshot it is bound to.
    #[serde(deserialize_with = "null_default")]
    pub volume_snapshot_ref: ClaimRef,
    /// Driver.
    #[serde(deserialize_with = "null_default")]
    pub driver: String,
    /// `Filesystem` or `Block`, as the volume was that it was taken of.
    pub source_volume_mode: Option<String>,
}

/// `status` of a VolumeSnapshotContent.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SnapshotContentStatus {
    /// The driver's name of the snapshot.
    pub snapshot_handle: Option<String>,
}

/// A VolumePopulator: somebody fills volumes from sources of a kind.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumePopulator {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// The kind.
    #[serde(deserialize_with = "null_default")]
    pub source_kind: GroupKind,
}

/// A kind of a group.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct GroupKind {
    /// Group; empty: the core group.
    #[serde(deserialize_with = "null_default")]
    pub group: String,
    /// Kind.
    #[serde(deserialize_with = "null_default")]
    pub kind: String,
}

/// A ReferenceGrant: who may refer to what from other namespaces.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct ReferenceGrant {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// Specification.
    #[serde(deserialize_with = "null_default")]
    pub spec: GrantSpec,
}

/// `spec` of a ReferenceGrant.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct GrantSpec {
    /// Who refers.
    #[serde(deserialize_with = "null_default")]
    pub from: Vec<GrantFrom>,
    /// To what.
    #[serde(deserialize_with = "null_default")]
    pub to: Vec<GrantTo>,
}

/// One of `spec.from` of a ReferenceGrant.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct GrantFrom {
    /// Kind of what refers.
    #[serde(flatten)]
    pub of: GroupKind,
    /// Its namespace.
    #[serde(deserialize_with = "null_default")]
    pub namespace: String,
}

/// One of `spec.to` of a ReferenceGrant.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct GrantTo {
    /// Kind of what is referred to.
    #[serde(flatten)]
    pub of: GroupKind,
    /// Its name; none or empty: all.
    pub name: Option<String>,
}
