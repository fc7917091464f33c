//! Volumes of a pod: claims, files made from other objects, and folders of the node.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserialize as DeriveDeserialize};

use super::meta::{few, null_default};
use super::volume::ClaimSpec;

/// A volume of a pod.
#[derive(Debug, Default, Clone)]
pub struct PodVolume {
    /// Name inside the pod.
    pub name: String,
    /// The claim it is.
    pub persistent_volume_claim: Option<ClaimSource>,
    /// The claim it makes.
    pub ephemeral: Option<Box<EphemeralSource>>,
    /// What else it is.
    pub other: Option<Box<OtherSource>>,
}

/// `persistentVolumeClaim` of a volume.
#[derive(Debug, Default, Clone, DeriveDeserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimSource {
    /// Name of the claim.
    #[serde(deserialize_with = "null_default")]
    pub claim_name: String,
}

/// `ephemeral` of a volume.
#[derive(Debug, Default, Clone, DeriveDeserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EphemeralSource {
    /// What the claim will look like.
    pub volume_claim_template: Option<EphemeralTemplate>,
}

/// `ephemeral.volumeClaimTemplate` of a volume.
#[derive(Debug, Default, Clone, DeriveDeserialize)]
#[serde(default)]
pub struct EphemeralTemplate {
    /// Specification of the claim.
    #[serde(deserialize_with = "null_default")]
    pub spec: ClaimSpec,
}

/// A volume that is no claim.
#[derive(Debug, Clone)]
pub enum OtherSource {
    /// Keys of a ConfigMap.
    ConfigMap(KeysOf),
    /// Keys of a Secret.
    Secret(KeysOf),
    /// Several of these in one folder.
    Projected(Vec<Projection>),
    /// A folder that lives as long as the pod.
    EmptyDir(EmptyDir),
    /// A folder or file of the node.
    HostPath(HostPath),
    /// A volume that a driver makes for this pod alone.
    Csi(InlineCsi),
    /// An export of an NFS server.
    Nfs(Nfs),
    /// Any other, by its field.
    Field(&'static str),
}

/// Fields of other kinds of volumes: what is left of the time before drivers.
const FIELDS: [&str; 21] = [
    "downwardAPI",
    "image",
    "gitRepo",
    "flexVolume",
    "iscsi",
    "fc",
    "rbd",
    "cephfs",
    "glusterfs",
    "flocker",
    "quobyte",
    "storageos",
    "scaleIO",
    "photonPersistentDisk",
    "portworxVolume",
    "awsElasticBlockStore",
    "gcePersistentDisk",
    "azureDisk",
    "azureFile",
    "cinder",
    "vsphereVolume",
];

/// A ConfigMap or Secret, or some of its keys.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct KeysOf {
    /// Name.
    pub name: String,
    /// Whether the pod starts without it.
    pub optional: bool,
    /// Keys that are wanted; empty: all there are.
    pub keys: Vec<String>,
    /// Files that these keys become, in the same order.
    pub paths: Vec<String>,
}

/// One source of a projected volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Projection {
    /// Keys of a ConfigMap.
    ConfigMap(KeysOf),
    /// Keys of a Secret.
    Secret(KeysOf),
}

impl Projection {
    /// Whether it is a Secret, and its keys.
    pub fn keys(&self) -> (bool, &KeysOf) {
        match self {
            Self::ConfigMap(keys) => (false, keys),
            Self::Secret(keys) => (true, keys),
        }
    }
}

/// `emptyDir` of a volume.
#[derive(Debug, Default, Clone, DeriveDeserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EmptyDir {
    /// `Memory`, or empty for the node's disk.
    #[serde(deserialize_with = "null_default")]
    pub medium: String,
    /// How large it may grow.
    pub size_limit: Option<super::Quantity>,
}

/// `hostPath` of a volume.
#[derive(Debug, Default, Clone, DeriveDeserialize)]
#[serde(default)]
pub struct HostPath {
    /// The path.
    #[serde(deserialize_with = "null_default")]
    pub path: String,
    /// What must be there; empty: nobody looks.
    #[serde(rename = "type", deserialize_with = "null_default")]
    pub kind: String,
}

/// `csi` of a volume of a pod.
#[derive(Debug, Default, Clone, DeriveDeserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InlineCsi {
    /// Driver.
    #[serde(deserialize_with = "null_default")]
    pub driver: String,
    /// Secret that the driver is given.
    pub node_publish_secret_ref: Option<NameRef>,
}

/// The name of an object in the same namespace.
#[derive(Debug, Default, Clone, DeriveDeserialize)]
#[serde(default)]
pub struct NameRef {
    /// Name.
    #[serde(deserialize_with = "null_default")]
    pub name: String,
}

/// `nfs` of a volume.
#[derive(Debug, Default, Clone, DeriveDeserialize)]
#[serde(default)]
pub struct Nfs {
    /// Server.
    #[serde(deserialize_with = "null_default")]
    pub server: String,
    /// Path of the export.
    #[serde(deserialize_with = "null_default")]
    pub path: String,
}

#[derive(Debug, Default, DeriveDeserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawKeys {
    #[serde(deserialize_with = "null_default")]
    name: String,
    #[serde(deserialize_with = "null_default")]
    secret_name: String,
    #[serde(deserialize_with = "null_default")]
    optional: bool,
    #[serde(deserialize_with = "few")]
    items: Vec<RawItem>,
}

#[derive(Debug, Default, DeriveDeserialize)]
#[serde(default)]
struct RawItem {
    #[serde(deserialize_with = "null_default")]
    key: String,
    #[serde(deserialize_with = "null_default")]
    path: String,
}

impl From<RawKeys> for KeysOf {
    fn from(raw: RawKeys) -> Self {
        let name = if raw.name.is_empty() { raw.secret_name } else { raw.name };
        let (keys, paths) = raw.items.into_iter().map(|item| (item.key, item.path)).unzip();
        Self { name, optional: raw.optional, keys, paths }
    }
}

#[derive(Debug, Default, DeriveDeserialize)]
#[serde(default)]
struct RawProjected {
    #[serde(deserialize_with = "few")]
    sources: Vec<RawProjection>,
}

#[derive(Debug, Default, DeriveDeserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawProjection {
    config_map: Option<RawKeys>,
    secret: Option<RawKeys>,
}

impl From<RawProjected> for OtherSource {
    fn from(raw: RawProjected) -> Self {
        let projection = |source: RawProjection| match (source.config_map, source.secret) {
            (Some(map), _) => Some(Projection::ConfigMap(map.into())),
            (None, Some(secret)) => Some(Projection::Secret(secret.into())),
            (None, None) => None,
        };
        Self::Projected(raw.sources.into_iter().filter_map(projection).collect())
    }
}

impl<'de> Deserialize<'de> for PodVolume {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Volume;
        impl<'de> Visitor<'de> for Volume {
            type Value = PodVolume;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a volume")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PodVolume, A::Error> {
                let mut volume = PodVolume::default();
                while let Some(key) = map.next_key::<String>()? {
                    let other = match key.as_str() {
                        "name" => {
                            volume.name = map.next_value::<Option<String>>()?.unwrap_or_default();
                            None
                        }
                        "persistentVolumeClaim" => {
                            volume.persistent_volume_claim = map.next_value()?;
                            None
                        }
                        "ephemeral" => {
                            volume.ephemeral = map.next_value()?;
                            None
                        }
                        "configMap" => map.next_value::<Option<RawKeys>>()?.map(|keys| OtherSource::ConfigMap(keys.into())),
                        "secret" => map.next_value::<Option<RawKeys>>()?.map(|keys| OtherSource::Secret(keys.into())),
                        "projected" => map.next_value::<Option<RawProjected>>()?.map(OtherSource::from),
                        "emptyDir" => map.next_value::<Option<EmptyDir>>()?.map(OtherSource::EmptyDir),
                        "hostPath" => map.next_value::<Option<HostPath>>()?.map(OtherSource::HostPath),
                        "csi" => map.next_value::<Option<InlineCsi>>()?.map(OtherSource::Csi),
                        "nfs" => map.next_value::<Option<Nfs>>()?.map(OtherSource::Nfs),
                        field => {
                            let there = map.next_value::<Option<IgnoredAny>>()?.is_some();
                            FIELDS.iter().find(|known| there && **known == field).map(|known| OtherSource::Field(known))
                        }
                    };
                    if let Some(other) = other {
                        volume.other = Some(Box::new(other));
                    }
                }
                Ok(volume)
            }
        }
        deserializer.deserialize_map(Volume)
    }
}

/// Where a container takes environment variables from: a key of a ConfigMap or Secret, or all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvReference {
    /// Whether it is a Secret.
    pub secret: bool,
    /// The object, and the one key or none for all.
    pub of: KeysOf,
}

#[derive(Debug, Default, DeriveDeserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawEnv {
    value_from: Option<RawValueFrom>,
    config_map_ref: Option<RawKeyRef>,
    secret_ref: Option<RawKeyRef>,
}

#[derive(Debug, Default, DeriveDeserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawValueFrom {
    config_map_key_ref: Option<RawKeyRef>,
    secret_key_ref: Option<RawKeyRef>,
}

#[derive(Debug, Default, DeriveDeserialize)]
#[serde(default)]
struct RawKeyRef {
    #[serde(deserialize_with = "null_default")]
    name: String,
    key: Option<String>,
    #[serde(deserialize_with = "null_default")]
    optional: bool,
}

impl RawEnv {
    fn reference(self) -> Option<EnvReference> {
        let from = self.value_from.unwrap_or_default();
        let map = from.config_map_key_ref.or(self.config_map_ref);
        let secret = from.secret_key_ref.or(self.secret_ref);
        let (raw, secret) = match (map, secret) {
            (Some(map), _) => (map, false),
            (None, Some(secret)) => (secret, true),
            (None, None) => return None,
        };
        Some(EnvReference {
            secret,
            of: KeysOf { name: raw.name, optional: raw.optional, keys: raw.key.into_iter().collect(), paths: Vec::new() },
        })
    }
}

/// Only the variables that come from other objects: values are never kept.
pub(super) fn references_only<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<EnvReference>, D::Error> {
    let all: Vec<RawEnv> = null_default(d)?;
    let mut references: Vec<EnvReference> = all.into_iter().filter_map(RawEnv::reference).collect();
    references.shrink_to_fit();
    Ok(references)
}
