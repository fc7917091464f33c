//! `v1` PersistentVolume and PersistentVolumeClaim.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::meta::{null_default, one_line};
use super::pod_volume::Nfs;
use super::{LabelSelector, Meta, NodeSelector, Quantity};

/// Annotation that names the class, older than the field and stronger.
pub const BETA_CLASS: &str = "volume.beta.kubernetes.io/storage-class";
/// The name under which a claim's size stands.
const STORAGE: &str = "storage";

/// A PersistentVolume.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct PersistentVolume {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// Specification.
    #[serde(deserialize_with = "null_default")]
    pub spec: VolumeSpec,
    /// Status.
    #[serde(deserialize_with = "null_default")]
    pub status: VolumeStatus,
}

/// `spec` of a PersistentVolume.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeSpec {
    /// Sizes; `storage` counts.
    #[serde(deserialize_with = "null_default")]
    pub capacity: BTreeMap<String, Quantity>,
    /// How it can be mounted.
    #[serde(deserialize_with = "null_default")]
    pub access_modes: Vec<String>,
    /// The claim it is bound to or reserved for.
    pub claim_ref: Option<ClaimRef>,
    /// `Retain`, `Delete` or `Recycle`.
    #[serde(deserialize_with = "null_default")]
    pub persistent_volume_reclaim_policy: String,
    /// Class.
    #[serde(deserialize_with = "null_default")]
    pub storage_class_name: String,
    /// `Filesystem` or `Block`.
    pub volume_mode: Option<String>,
    /// VolumeAttributesClass.
    pub volume_attributes_class_name: Option<String>,
    /// Nodes that can use it.
    pub node_affinity: Option<VolumeNodeAffinity>,
    /// Driver, if it is a CSI volume.
    pub csi: Option<CsiSource>,
    /// A folder of a node.
    pub host_path: Option<PathSource>,
    /// A disk or folder of one node.
    pub local: Option<PathSource>,
    /// An export of an NFS server.
    pub nfs: Option<Nfs>,
    iscsi: Option<IgnoredAny>,
    fc: Option<IgnoredAny>,
    rbd: Option<IgnoredAny>,
    cephfs: Option<IgnoredAny>,
    glusterfs: Option<IgnoredAny>,
    flocker: Option<IgnoredAny>,
    quobyte: Option<IgnoredAny>,
    storageos: Option<IgnoredAny>,
    #[serde(rename = "scaleIO")]
    scale_io: Option<IgnoredAny>,
    photon_persistent_disk: Option<IgnoredAny>,
    portworx_volume: Option<IgnoredAny>,
    aws_elastic_block_store: Option<IgnoredAny>,
    gce_persistent_disk: Option<IgnoredAny>,
    azure_disk: Option<IgnoredAny>,
    azure_file: Option<IgnoredAny>,
    cinder: Option<IgnoredAny>,
    vsphere_volume: Option<IgnoredAny>,
    flex_volume: Option<IgnoredAny>,
}

/// `spec.nodeAffinity` of a PersistentVolume.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct VolumeNodeAffinity {
    /// What must hold; without it every node will do.
    pub required: Option<NodeSelector>,
}

/// `spec.csi` of a PersistentVolume.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CsiSource {
    /// Driver.
    #[serde(deserialize_with = "null_default")]
    pub driver: String,
    /// The driver's name of the volume.
    #[serde(deserialize_with = "null_default")]
    pub volume_handle: String,
    /// Secret for preparing it on a node.
    pub node_stage_secret_ref: Option<SecretRef>,
    /// Secret for mounting it into a pod.
    pub node_publish_secret_ref: Option<SecretRef>,
}

/// A Secret in any namespace.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct SecretRef {
    /// Namespace.
    #[serde(deserialize_with = "null_default")]
    pub namespace: String,
    /// Name.
    #[serde(deserialize_with = "null_default")]
    pub name: String,
}

/// A path on a node.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct PathSource {
    /// The path.
    #[serde(deserialize_with = "null_default")]
    pub path: String,
}

/// `spec.claimRef`: the claim a volume is bound to or, without `uid`, reserved for.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ClaimRef {
    /// Namespace.
    #[serde(deserialize_with = "null_default")]
    pub namespace: String,
    /// Name.
    #[serde(deserialize_with = "null_default")]
    pub name: String,
    /// Which claim of that name; empty: any.
    #[serde(deserialize_with = "null_default")]
    pub uid: String,
}

/// `status` of a PersistentVolume.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct VolumeStatus {
    /// `Pending`, `Available`, `Bound`, `Released`, `Failed`; empty before anyone looked at it.
    #[serde(deserialize_with = "null_default")]
    pub phase: String,
    /// What went wrong.
    #[serde(deserialize_with = "one_line")]
    pub message: String,
}

/// A PersistentVolumeClaim.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct PersistentVolumeClaim {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// Specification.
    #[serde(deserialize_with = "null_default")]
    pub spec: ClaimSpec,
    /// Status.
    #[serde(deserialize_with = "null_default")]
    pub status: ClaimStatus,
}

/// `spec` of a PersistentVolumeClaim, and of its templates.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimSpec {
    /// How it is to be mounted.
    #[serde(deserialize_with = "null_default")]
    pub access_modes: Vec<String>,
    /// Which volumes will do.
    pub selector: Option<LabelSelector>,
    /// Size.
    #[serde(deserialize_with = "null_default")]
    pub resources: ClaimResources,
    /// The volume it is bound to, or wants.
    #[serde(deserialize_with = "null_default")]
    pub volume_name: String,
    /// Class; absent is not the same as empty.
    pub storage_class_name: Option<String>,
    /// `Filesystem` or `Block`.
    pub volume_mode: Option<String>,
    /// VolumeAttributesClass.
    pub volume_attributes_class_name: Option<String>,
    /// What to copy.
    pub data_source: Option<DataSource>,
    /// What to copy, newer.
    pub data_source_ref: Option<DataSource>,
}

/// `spec.resources` of a claim.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct ClaimResources {
    /// At least; `storage` counts.
    #[serde(deserialize_with = "null_default")]
    pub requests: BTreeMap<String, Quantity>,
}

/// `spec.dataSource` and `spec.dataSourceRef`.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DataSource {
    /// Group of the kind.
    pub api_group: Option<String>,
    /// Such as `VolumeSnapshot`.
    #[serde(deserialize_with = "null_default")]
    pub kind: String,
    /// Name.
    #[serde(deserialize_with = "null_default")]
    pub name: String,
    /// Namespace, if it is another one.
    pub namespace: Option<String>,
}

/// `status` of a PersistentVolumeClaim.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimStatus {
    /// `Pending`, `Bound`, `Lost`; empty before anyone looked at it.
    #[serde(deserialize_with = "null_default")]
    pub phase: String,
    /// What it has got.
    #[serde(deserialize_with = "null_default")]
    pub capacity: BTreeMap<String, Quantity>,
    /// How far a change of size is.
    #[serde(deserialize_with = "null_default")]
    pub allocated_resource_statuses: BTreeMap<String, String>,
    /// Conditions.
    #[serde(deserialize_with = "null_default")]
    pub conditions: Vec<Condition>,
    /// The VolumeAttributesClass in effect.
    pub current_volume_attributes_class_name: Option<String>,
    /// How far a change of it is.
    pub modify_volume_status: Option<ModifyVolumeStatus>,
}

/// `status.modifyVolumeStatus` of a claim.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ModifyVolumeStatus {
    /// `Pending`, `InProgress` or `Infeasible`.
    #[serde(deserialize_with = "null_default")]
    pub status: String,
}

/// A condition with its words.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Condition {
    /// Such as `Resizing`.
    #[serde(rename = "type", deserialize_with = "null_default")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    #[serde(deserialize_with = "null_default")]
    pub status: String,
    /// One word.
    #[serde(deserialize_with = "null_default")]
    pub reason: String,
    /// A sentence.
    #[serde(deserialize_with = "one_line")]
    pub message: String,
}

impl PersistentVolume {
    /// The field of a volume of a kind that was part of Kubernetes, before there were drivers.
    pub fn in_tree(&self) -> Option<&'static str> {
        let spec = &self.spec;
        let fields = [
            (&spec.iscsi, "iscsi"),
            (&spec.fc, "fc"),
            (&spec.rbd, "rbd"),
            (&spec.cephfs, "cephfs"),
            (&spec.glusterfs, "glusterfs"),
            (&spec.flocker, "flocker"),
            (&spec.quobyte, "quobyte"),
            (&spec.storageos, "storageos"),
            (&spec.scale_io, "scaleIO"),
            (&spec.photon_persistent_disk, "photonPersistentDisk"),
            (&spec.portworx_volume, "portworxVolume"),
            (&spec.aws_elastic_block_store, "awsElasticBlockStore"),
            (&spec.gce_persistent_disk, "gcePersistentDisk"),
            (&spec.azure_disk, "azureDisk"),
            (&spec.azure_file, "azureFile"),
            (&spec.cinder, "cinder"),
            (&spec.vsphere_volume, "vsphereVolume"),
            (&spec.flex_volume, "flexVolume"),
        ];
        fields.into_iter().find(|(there, _)| there.is_some()).map(|(_, field)| field)
    }

    /// Class: the annotation, if it is there, else the field.
    pub fn class(&self) -> &str {
        self.metadata.annotations.get(BETA_CLASS).unwrap_or(&self.spec.storage_class_name)
    }

    /// Size, if one is given.
    pub fn capacity(&self) -> Option<&Quantity> {
        self.spec.capacity.get(STORAGE)
    }

    /// `Filesystem` unless it says otherwise.
    pub fn mode(&self) -> &str {
        self.spec.volume_mode.as_deref().unwrap_or("Filesystem")
    }

    /// VolumeAttributesClass; none is the empty one.
    pub fn attributes_class(&self) -> &str {
        self.spec.volume_attributes_class_name.as_deref().unwrap_or_default()
    }

    /// Whether a node with these labels can use it. The name of the node is not looked at.
    pub fn usable_on(&self, labels: &super::Labels) -> bool {
        self.required_nodes().is_none_or(|required| required.matches("", labels))
    }

    /// What must hold of a node.
    pub fn required_nodes(&self) -> Option<&NodeSelector> {
        self.spec.node_affinity.as_ref()?.required.as_ref()
    }

    /// Whether it is bound to this claim, or reserved for it.
    pub fn is_for(&self, claim: &PersistentVolumeClaim) -> bool {
        let meant = |claimed: &ClaimRef| {
            claimed.name == claim.metadata.name
                && claimed.namespace == claim.metadata.namespace
                && (claimed.uid.is_empty() || claimed.uid == claim.metadata.uid)
        };
        self.spec.claim_ref.as_ref().is_some_and(meant)
    }
}

impl ClaimSpec {
    /// Size, if one is given.
    pub fn request(&self) -> Option<&Quantity> {
        self.resources.requests.get(STORAGE)
    }
}

impl PersistentVolumeClaim {
    /// Class: the annotation, if it is there, else the field; none is the empty one.
    pub fn class(&self) -> &str {
        self.metadata.annotations.get(BETA_CLASS).or(self.spec.storage_class_name.as_deref()).unwrap_or_default()
    }

    /// Whether it says anything of a class: the empty one counts.
    pub fn has_class(&self) -> bool {
        self.metadata.annotations.get(BETA_CLASS).is_some() || self.spec.storage_class_name.is_some()
    }

    /// Size, if one is given.
    pub fn request(&self) -> Option<&Quantity> {
        self.spec.request()
    }

    /// What it has got.
    pub fn capacity(&self) -> Option<&Quantity> {
        self.status.capacity.get(STORAGE)
    }

    /// `Filesystem` unless it says otherwise.
    pub fn mode(&self) -> &str {
        self.spec.volume_mode.as_deref().unwrap_or("Filesystem")
    }

    /// VolumeAttributesClass; none is the empty one.
    pub fn attributes_class(&self) -> &str {
        self.spec.volume_attributes_class_name.as_deref().unwrap_or_default()
    }

    /// A condition that holds.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.status.conditions.iter().find(|c| c.kind == kind && c.status != "False")
    }
}
