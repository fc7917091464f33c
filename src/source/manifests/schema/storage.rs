//! The fields of claims, volumes and classes, and what else storage reads.

use super::Shape::{Any, Bool, List, Object, Text, Texts};
use super::{Fields, META, SELECTOR, closed, open};

pub(super) static CLAIM: Fields = closed(&[
    ("apiVersion", Text),
    ("kind", Text),
    ("metadata", Object(&META)),
    ("spec", Object(&CLAIM_SPEC)),
    ("status", Object(&CLAIM_STATUS)),
]);
static CLAIM_SPEC: Fields = closed(&[
    ("accessModes", List(&Text)),
    ("selector", Object(&SELECTOR)),
    ("resources", Object(&RESOURCES)),
    ("volumeName", Text),
    ("storageClassName", Text),
    ("volumeMode", Text),
    ("volumeAttributesClassName", Text),
    ("dataSource", Object(&DATA_SOURCE)),
    ("dataSourceRef", Object(&DATA_SOURCE)),
]);
static RESOURCES: Fields = open(&[("requests", Object(&AMOUNTS)), ("limits", Any)]);
static AMOUNTS: Fields = open(&[("storage", Any)]);
static DATA_SOURCE: Fields = closed(&[("apiGroup", Text), ("kind", Text), ("name", Text), ("namespace", Text)]);
static CLAIM_STATUS: Fields = open(&[
    ("phase", Text),
    ("capacity", Object(&AMOUNTS)),
    ("allocatedResourceStatuses", Texts),
    ("allocatedResources", Any),
    ("accessModes", Any),
    ("conditions", List(&Object(&CONDITION))),
    ("currentVolumeAttributesClassName", Text),
    ("modifyVolumeStatus", Any),
]);
static CONDITION: Fields = open(&[("type", Text), ("status", Text), ("reason", Text), ("message", Text)]);

pub(super) static VOLUME: Fields = closed(&[
    ("apiVersion", Text),
    ("kind", Text),
    ("metadata", Object(&META)),
    ("spec", Object(&VOLUME_SPEC)),
    ("status", Object(&VOLUME_STATUS)),
]);
static VOLUME_SPEC: Fields = open(&[
    ("capacity", Object(&AMOUNTS)),
    ("accessModes", List(&Text)),
    ("claimRef", Object(&CLAIM_REF)),
    ("persistentVolumeReclaimPolicy", Text),
    ("storageClassName", Text),
    ("volumeMode", Text),
    ("volumeAttributesClassName", Text),
    ("nodeAffinity", Any),
    ("csi", Object(&CSI)),
    ("hostPath", Object(&PATH)),
    ("local", Object(&PATH)),
]);
static CLAIM_REF: Fields = open(&[("namespace", Text), ("name", Text), ("uid", Text)]);
static CSI: Fields = open(&[("driver", Text), ("volumeHandle", Text)]);
static PATH: Fields = open(&[("path", Text)]);
static VOLUME_STATUS: Fields = open(&[("phase", Text), ("message", Text), ("reason", Text)]);

pub(super) static STORAGE_CLASS: Fields = closed(&[
    ("apiVersion", Text),
    ("kind", Text),
    ("metadata", Object(&META)),
    ("provisioner", Text),
    ("parameters", Texts),
    ("reclaimPolicy", Text),
    ("mountOptions", Any),
    ("volumeBindingMode", Text),
    ("allowVolumeExpansion", Bool),
    ("allowedTopologies", List(&Object(&TOPOLOGY_TERM))),
]);
static TOPOLOGY_TERM: Fields = closed(&[("matchLabelExpressions", List(&Object(&TOPOLOGY_REQUIREMENT)))]);
static TOPOLOGY_REQUIREMENT: Fields = closed(&[("key", Text), ("values", List(&Text))]);

pub(super) static STORAGE_CAPACITY: Fields = closed(&[
    ("apiVersion", Text),
    ("kind", Text),
    ("metadata", Object(&META)),
    ("storageClassName", Text),
    ("nodeTopology", Object(&SELECTOR)),
    ("capacity", Any),
    ("maximumVolumeSize", Any),
]);

pub(super) static ATTRIBUTES_CLASS: Fields =
    closed(&[("apiVersion", Text), ("kind", Text), ("metadata", Object(&META)), ("driverName", Text), ("parameters", Any)]);

pub(super) static WITH_SPEC: Fields =
    closed(&[("apiVersion", Text), ("kind", Text), ("metadata", Object(&META)), ("spec", Any), ("status", Any)]);

/// Objects of other projects: what they have besides is theirs.
pub(super) static OF_TOOL: Fields =
    open(&[("apiVersion", Text), ("kind", Text), ("metadata", Object(&META)), ("spec", Any), ("status", Any)]);

pub(super) static SNAPSHOT: Fields = closed(&[
    ("apiVersion", Text),
    ("kind", Text),
    ("metadata", Object(&META)),
    ("spec", Object(&SNAPSHOT_SPEC)),
    ("status", Object(&SNAPSHOT_STATUS)),
]);
static SNAPSHOT_SPEC: Fields = closed(&[("source", Object(&SNAPSHOT_SOURCE)), ("volumeSnapshotClassName", Text)]);
static SNAPSHOT_SOURCE: Fields = closed(&[("persistentVolumeClaimName", Text), ("volumeSnapshotContentName", Text)]);
static SNAPSHOT_STATUS: Fields = open(&[
    ("boundVolumeSnapshotContentName", Text),
    ("creationTime", Text),
    ("readyToUse", Bool),
    ("restoreSize", Any),
    ("error", Object(&SNAPSHOT_ERROR)),
]);
static SNAPSHOT_ERROR: Fields = open(&[("message", Text)]);

pub(super) static SNAPSHOT_CONTENT: Fields = closed(&[
    ("apiVersion", Text),
    ("kind", Text),
    ("metadata", Object(&META)),
    ("spec", Object(&SNAPSHOT_CONTENT_SPEC)),
    ("status", Object(&SNAPSHOT_CONTENT_STATUS)),
]);
static SNAPSHOT_CONTENT_SPEC: Fields = open(&[
    ("volumeSnapshotRef", Object(&CLAIM_REF)),
    ("driver", Text),
    ("sourceVolumeMode", Text),
    ("deletionPolicy", Text),
    ("source", Any),
    ("volumeSnapshotClassName", Text),
]);
static SNAPSHOT_CONTENT_STATUS: Fields = open(&[("snapshotHandle", Text)]);

pub(super) static POPULATOR: Fields =
    closed(&[("apiVersion", Text), ("kind", Text), ("metadata", Object(&META)), ("sourceKind", Object(&GROUP_KIND))]);
static GROUP_KIND: Fields = closed(&[("group", Text), ("kind", Text)]);

pub(super) static REFERENCE_GRANT: Fields =
    closed(&[("apiVersion", Text), ("kind", Text), ("metadata", Object(&META)), ("spec", Object(&GRANT_SPEC))]);
static GRANT_SPEC: Fields = closed(&[("from", List(&Object(&GRANT_FROM))), ("to", List(&Object(&GRANT_TO)))]);
static GRANT_FROM: Fields = closed(&[("group", Text), ("kind", Text), ("namespace", Text)]);
static GRANT_TO: Fields = closed(&[("group", Text), ("kind", Text), ("name", Text)]);

pub(super) static EVENT: Fields = open(&[
    ("metadata", Object(&META)),
    ("involvedObject", Object(&INVOLVED)),
    ("reason", Text),
    ("message", Text),
    ("type", Text),
    ("source", Object(&SOURCE)),
    ("lastTimestamp", Text),
    ("firstTimestamp", Any),
    ("eventTime", Any),
    ("series", Any),
]);
static INVOLVED: Fields = open(&[("kind", Text), ("namespace", Text), ("name", Text), ("uid", Text)]);
static SOURCE: Fields = open(&[("component", Text)]);

pub(super) static POD_VOLUME: Fields = open(&[
    ("name", Text),
    ("persistentVolumeClaim", Object(&CLAIM_SOURCE)),
    ("ephemeral", Object(&EPHEMERAL)),
    ("configMap", Object(&KEYS)),
    ("secret", Object(&KEYS)),
    ("projected", Object(&PROJECTED)),
    ("emptyDir", Object(&EMPTY_DIR)),
    ("hostPath", Object(&HOST_PATH)),
    ("csi", Object(&INLINE_CSI)),
    ("nfs", Object(&NFS)),
]);
static KEYS: Fields = open(&[("name", Text), ("secretName", Text), ("optional", Bool), ("items", List(&Object(&ITEM)))]);
static ITEM: Fields = open(&[("key", Text), ("path", Text)]);
static PROJECTED: Fields = open(&[("sources", List(&Object(&PROJECTION)))]);
static PROJECTION: Fields = open(&[("configMap", Object(&KEYS)), ("secret", Object(&KEYS))]);
static EMPTY_DIR: Fields = open(&[("medium", Text), ("sizeLimit", Any)]);
static HOST_PATH: Fields = closed(&[("path", Text), ("type", Text)]);
static INLINE_CSI: Fields = open(&[("driver", Text), ("nodePublishSecretRef", Object(&NAMED))]);
static NFS: Fields = open(&[("server", Text), ("path", Text)]);

pub(super) static ENV: Fields =
    open(&[("valueFrom", Object(&VALUE_FROM)), ("configMapRef", Object(&KEY_REF)), ("secretRef", Object(&KEY_REF))]);
static VALUE_FROM: Fields = open(&[("configMapKeyRef", Object(&KEY_REF)), ("secretKeyRef", Object(&KEY_REF))]);
static KEY_REF: Fields = open(&[("name", Text), ("key", Text), ("optional", Bool)]);
static CLAIM_SOURCE: Fields = closed(&[("claimName", Text), ("readOnly", Bool)]);
static EPHEMERAL: Fields = open(&[("volumeClaimTemplate", Object(&EPHEMERAL_TEMPLATE))]);
static EPHEMERAL_TEMPLATE: Fields = closed(&[("metadata", Object(&META)), ("spec", Object(&CLAIM_SPEC))]);

pub(super) static NAMED: Fields = open(&[("name", Text)]);
pub(super) static TAINT: Fields = open(&[("key", Text), ("value", Text), ("effect", Text)]);
pub(super) static TOLERATION: Fields = open(&[("key", Text), ("operator", Text), ("value", Text), ("effect", Text)]);
