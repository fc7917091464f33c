//! `v1` Node: its addresses, which pods it takes, and how much.

use serde::{Deserialize, Deserializer};

use super::meta::null_default;
use super::{Address, Meta, PodCondition, ResourceList, Taint};

/// A Node: its addresses, and which pods it takes.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Node {
    /// Metadata.
    #[serde(deserialize_with = "null_default")]
    pub metadata: Meta,
    /// Pod ranges.
    #[serde(deserialize_with = "null_default")]
    pub spec: NodeSpec,
    /// Addresses.
    #[serde(deserialize_with = "null_default")]
    pub status: NodeStatus,
}

/// `spec` of a Node.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct NodeSpec {
    /// Address ranges of the node's pods.
    #[serde(rename = "podCIDRs", deserialize_with = "null_default")]
    pub pod_cidrs: Vec<String>,
    /// Whether it is cordoned.
    #[serde(deserialize_with = "null_default")]
    pub unschedulable: bool,
    /// Taints.
    #[serde(deserialize_with = "null_default")]
    pub taints: Vec<Taint>,
}

/// `status` of a Node.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct NodeStatus {
    /// Host names and addresses.
    #[serde(deserialize_with = "null_default")]
    pub addresses: Vec<NodeAddress>,
    /// Conditions.
    #[serde(deserialize_with = "null_default")]
    pub conditions: Vec<PodCondition>,
    /// Volumes that are attached to it, by their unique names.
    #[serde(rename = "volumesAttached", deserialize_with = "null_default")]
    pub volumes_attached: Vec<AttachedVolume>,
    /// Volumes that its kubelet has mounted, or is about to.
    #[serde(rename = "volumesInUse", deserialize_with = "null_default")]
    pub volumes_in_use: Vec<String>,
    /// What the machine has.
    #[serde(deserialize_with = "null_default")]
    pub capacity: ResourceList,
    /// What pods may have of it.
    #[serde(deserialize_with = "null_default")]
    pub allocatable: ResourceList,
    /// Names of the images it has that a probe can run in; the others are not kept.
    #[serde(deserialize_with = "of_probes")]
    pub images: Vec<String>,
}

/// Images that a probe can run in, by the last part of their repositories, the better ones first.
pub const PROBE_IMAGES: [&str; 2] = ["netstore-probe", "agnhost"];

/// Keeps the names of images that probes can run in: a node lists fifty.
fn of_probes<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<String>, D::Error> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Image {
        #[serde(deserialize_with = "null_default")]
        names: Vec<String>,
    }
    let images: Vec<Image> = null_default(d)?;
    let usable = |name: &String| PROBE_IMAGES.contains(&repository(name).rsplit('/').next().unwrap_or_default());
    Ok(images.into_iter().flat_map(|image| image.names).filter(usable).collect())
}

/// The name of an image without tag and digest.
pub fn repository(image: &str) -> &str {
    let name = image.split_once('@').map_or(image, |(name, _)| name);
    // A colon before the last slash belongs to the port of a registry.
    match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => name,
    }
}

/// One entry of `status.volumesAttached` of a Node.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct AttachedVolume {
    /// `kubernetes.io/csi/DRIVER^HANDLE` for volumes of drivers.
    #[serde(deserialize_with = "null_default")]
    pub name: String,
}

/// One entry of `status.addresses` of a Node.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct NodeAddress {
    /// `InternalIP`, `ExternalIP`, `Hostname`, …
    #[serde(rename = "type", deserialize_with = "null_default")]
    pub kind: String,
    /// The address.
    #[serde(deserialize_with = "null_default")]
    pub address: String,
}

impl Node {
    /// A condition.
    pub fn condition(&self, kind: &str) -> Option<&PodCondition> {
        self.status.conditions.iter().find(|c| c.kind == kind)
    }

    /// Whether its kubelet says that it works; a node that says nothing is given the benefit of the doubt.
    pub fn is_ready(&self) -> bool {
        self.status.conditions.iter().find(|c| c.kind == "Ready").is_none_or(|c| c.status == "True")
    }

    /// The IP addresses of the node, internal ones first.
    pub fn ips(&self) -> Vec<Address> {
        let of = |kind: &'static str| self.status.addresses.iter().filter(move |a| a.kind == kind);
        of("InternalIP").chain(of("ExternalIP")).filter_map(|a| Address::parse(&a.address)).collect()
    }
}
