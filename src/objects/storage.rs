//! `storage.k8s.io/v1`: classes, drivers, what drivers say of nodes and of free space, attachments.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::meta::{null_default, one_line};
use super::{LabelSelector, Meta, Quantity};

/// A StorageClass.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StorageClass {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// Who makes its volumes.
    #[serde(deserialize_with = "null_default")]
    pub provisioner: String,
    /// What the provisioner is told.
    #[serde(deserialize_with = "null_default")]
    pub parameters: BTreeMap<String, String>,
    /// `Immediate` or `WaitForFirstConsumer`.
    pub volume_binding_mode: Option<String>,
    /// What becomes of a volume whose claim is gone; none: `Delete`.
    pub reclaim_policy: Option<String>,
    /// Whether claims may grow.
    pub allow_volume_expansion: Option<bool>,
    /// Where volumes may be made; empty: everywhere.
    #[serde(deserialize_with = "null_default")]
    pub allowed_topologies: Vec<TopologyTerm>,
}

/// One entry of `allowedTopologies`: all expressions must hold.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TopologyTerm {
    /// Requirements.
    #[serde(deserialize_with = "null_default")]
    pub match_label_expressions: Vec<TopologyRequirement>,
}

/// A label that must have one of these values.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct TopologyRequirement {
    /// Label key.
    #[serde(deserialize_with = "null_default")]
    pub key: String,
    /// Values.
    #[serde(deserialize_with = "null_default")]
    pub values: Vec<String>,
}

impl StorageClass {
    /// Whether claims without a class get this one.
    pub fn is_default(&self) -> bool {
        let keys = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];
        keys.iter().any(|key| self.metadata.annotations.get(key) == Some("true"))
    }

    /// Whether volumes may be made for a node with these labels: terms are alternatives, an empty one matches nothing.
    pub fn allows(&self, labels: &super::Labels) -> bool {
        let holds = |r: &TopologyRequirement| labels.get(&r.key).is_some_and(|have| r.values.iter().any(|v| v == have));
        let term = |t: &TopologyTerm| !t.match_label_expressions.is_empty() && t.match_label_expressions.iter().all(holds);
        self.allowed_topologies.is_empty() || self.allowed_topologies.iter().any(term)
    }
}

/// A CSIDriver.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct CsiDriver {
    /// Metadata; the name is the driver's.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// Specification.
    #[serde(deserialize_with = "null_default")]
    pub spec: CsiDriverSpec,
}

/// `spec` of a CSIDriver.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CsiDriverSpec {
    /// Whether volumes are attached; default true.
    pub attach_required: Option<bool>,
    /// Whether the scheduler asks for free space.
    pub storage_capacity: Option<bool>,
    /// Whether pods are kept from nodes without the driver.
    pub prevent_pod_scheduling_if_missing: Option<bool>,
    /// `Persistent` (also if none is given), `Ephemeral`.
    #[serde(deserialize_with = "null_default")]
    pub volume_lifecycle_modes: Vec<String>,
}

/// A CSINode: the drivers of a node.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct CsiNode {
    /// Metadata; the name is the node's.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// Specification.
    #[serde(deserialize_with = "null_default")]
    pub spec: CsiNodeSpec,
}

/// `spec` of a CSINode.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct CsiNodeSpec {
    /// Drivers.
    #[serde(deserialize_with = "null_default")]
    pub drivers: Vec<NodeDriver>,
}

/// A driver on a node.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeDriver {
    /// Name of the driver.
    #[serde(deserialize_with = "null_default")]
    pub name: String,
    /// Labels by which it tells nodes apart.
    #[serde(deserialize_with = "null_default")]
    pub topology_keys: Vec<String>,
    /// How much it can attach.
    #[serde(deserialize_with = "null_default")]
    pub allocatable: NodeDriverResources,
}

/// `allocatable` of a driver on a node.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct NodeDriverResources {
    /// Volumes; none: no limit.
    pub count: Option<i64>,
}

impl CsiNode {
    /// A driver of this node.
    pub fn driver(&self, name: &str) -> Option<&NodeDriver> {
        self.spec.drivers.iter().find(|driver| driver.name == name)
    }
}

/// A VolumeAttachment.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct VolumeAttachment {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// Specification.
    #[serde(deserialize_with = "null_default")]
    pub spec: AttachmentSpec,
    /// Status.
    #[serde(deserialize_with = "null_default")]
    pub status: AttachmentStatus,
}

/// `spec` of a VolumeAttachment.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AttachmentSpec {
    /// Driver.
    #[serde(deserialize_with = "null_default")]
    pub attacher: String,
    /// Node.
    #[serde(deserialize_with = "null_default")]
    pub node_name: String,
    /// What is attached.
    #[serde(deserialize_with = "null_default")]
    pub source: AttachmentSource,
}

/// `spec.source` of a VolumeAttachment.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AttachmentSource {
    /// The volume, if it is no in-line one.
    pub persistent_volume_name: Option<String>,
}

/// `status` of a VolumeAttachment.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AttachmentStatus {
    /// Whether it is attached.
    #[serde(deserialize_with = "null_default")]
    pub attached: bool,
    /// Why attaching failed.
    pub attach_error: Option<AttachmentError>,
    /// Why detaching failed.
    pub detach_error: Option<AttachmentError>,
}

/// An error of a VolumeAttachment.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AttachmentError {
    /// The driver's words.
    #[serde(deserialize_with = "one_line")]
    pub message: String,
    /// Code of gRPC; 8: no room for one more.
    pub error_code: Option<i64>,
}

/// A CSIStorageCapacity: free space of a class in a part of the cluster.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CsiStorageCapacity {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// Class.
    #[serde(deserialize_with = "null_default")]
    pub storage_class_name: String,
    /// Nodes it is about; none: no node.
    pub node_topology: Option<LabelSelector>,
    /// Free space.
    pub capacity: Option<Quantity>,
    /// Largest volume.
    pub maximum_volume_size: Option<Quantity>,
}

/// A VolumeAttributesClass.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeAttributesClass {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// Its driver.
    #[serde(deserialize_with = "null_default")]
    pub driver_name: String,
}
