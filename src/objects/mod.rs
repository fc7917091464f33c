//! Kubernetes objects as the questions need them: lean structs that skip every field nobody asks about.
//!
//! They decode from the API server's JSON, from a snapshot and (through `serde_json::Value`) from manifests, always to
//! the same values. `null`, absent and empty are the same wherever Kubernetes treats them so.

mod backup;
mod cidr;
mod classes;
mod cluster;
mod dns;
mod endpoints;
mod event;
mod keyed;
mod meta;
mod metrics;
mod network;
mod node;
mod node_selector;
mod pod;
mod pod_volume;
mod quantity;
mod quota;
mod resource;
mod resources;
mod scheduling;
mod selecting;
mod selector;
mod service;
mod snapshot;
mod storage;
mod volume;
mod workload;

pub use backup::{BackupPlan, BackupSession, BackupSpec, BackupTarget, BackupTool, VeleroBackup, VeleroSchedule};
pub use cidr::{Address, Cidr, CidrError, Family};
pub use classes::{Overhead, PriorityClass, RuntimeClass};
pub use cluster::{ClusterPeer, ClusterPolicy, ClusterPolicyKind, ClusterPort, ClusterRule, ClusterSubject, NamespaceMatch};
pub use dns::{DnsConfig, DnsOption, DnsPolicy, HostAlias};
pub use endpoints::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice, TargetRef};
pub use event::{Event, EventSource, InvolvedObject, Lease, LeaseSpec};
pub use keyed::{Keyed, is_about_names};
pub use meta::{Labels, Meta, OwnerReference, Unknown};
pub use metrics::{ContainerMetrics, PodMetrics};
pub use network::{IntOrString, IpBlock, NetworkPolicy, NetworkPolicySpec, Peer, PolicyPort, Rule};
pub use node::{Node, PROBE_IMAGES, repository};
pub use node_selector::{NodeSelector, NodeSelectorTerm};
pub use pod::{
    Container, ContainerPort, ContainerState, ContainerStatus, Namespace, Phase, Pod, PodCondition, PodSpec, PodStatus, Protocol,
};
pub use pod_volume::{ClaimSource, EnvReference, HostPath, InlineCsi, KeysOf, OtherSource, PodVolume, Projection};
pub use quantity::Quantity;
pub use quota::{LimitRange, LimitRangeItem, ResourceQuota, ScopeRequirement, ScopeSelector};
pub use resource::{POLICY_GROUP, Resource, SNAPSHOT_GROUP};
pub use resources::{Amount, QosClass, Requirements, ResourceList, ResourceName, Stated};
pub use scheduling::{Taint, Toleration, VolumeUse};
pub use selecting::{DisruptionBudget, DisruptionBudgetSpec, ReplicationController, ReplicationControllerSpec};
pub use selector::{LabelSelector, Requirement, SelectorError, Truth, parse_selector};
pub use service::{Service, ServicePort, ServiceSpec};
pub use snapshot::{GrantFrom, GrantTo, GroupKind, ReferenceGrant, VolumePopulator, VolumeSnapshot, VolumeSnapshotContent};
pub use storage::{
    AttachmentError, CsiDriver, CsiNode, CsiStorageCapacity, NodeDriver, StorageClass, VolumeAttachment, VolumeAttributesClass,
};
pub use volume::{BETA_CLASS, ClaimRef, ClaimSpec, Condition, CsiSource, DataSource, PersistentVolume, PersistentVolumeClaim};
pub use workload::{ClaimRetention, ClaimTemplate, RollingUpdate, Strategy, Template, Workload, WorkloadKind};

/// Everything that was read, one list a kind, in no particular order.
#[derive(Debug, Default, Clone)]
pub struct Objects {
    /// `v1` Namespaces.
    pub namespaces: Vec<Namespace>,
    /// `v1` Nodes.
    pub nodes: Vec<Node>,
    /// `v1` Pods.
    pub pods: Vec<Pod>,
    /// `v1` Services.
    pub services: Vec<Service>,
    /// `v1` ConfigMaps, without their values but those about names.
    pub config_maps: Vec<Keyed>,
    /// `v1` Secrets, without their values.
    pub secrets: Vec<Keyed>,
    /// `discovery.k8s.io/v1` EndpointSlices.
    pub endpoint_slices: Vec<EndpointSlice>,
    /// `networking.k8s.io/v1` NetworkPolicies.
    pub network_policies: Vec<NetworkPolicy>,
    /// AdminNetworkPolicies, BaselineAdminNetworkPolicies and ClusterNetworkPolicies.
    pub cluster_policies: Vec<ClusterPolicy>,
    /// Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs and CronJobs.
    pub workloads: Vec<Workload>,
    /// `v1` ReplicationControllers.
    pub replication_controllers: Vec<ReplicationController>,
    /// `policy/v1` PodDisruptionBudgets.
    pub disruption_budgets: Vec<DisruptionBudget>,
    /// `v1` PersistentVolumeClaims.
    pub claims: Vec<PersistentVolumeClaim>,
    /// `v1` PersistentVolumes.
    pub volumes: Vec<PersistentVolume>,
    /// `storage.k8s.io/v1` StorageClasses.
    pub storage_classes: Vec<StorageClass>,
    /// `storage.k8s.io/v1` CSIDrivers.
    pub csi_drivers: Vec<CsiDriver>,
    /// `storage.k8s.io/v1` CSINodes.
    pub csi_nodes: Vec<CsiNode>,
    /// `storage.k8s.io/v1` VolumeAttachments.
    pub volume_attachments: Vec<VolumeAttachment>,
    /// `storage.k8s.io/v1` CSIStorageCapacities.
    pub storage_capacities: Vec<CsiStorageCapacity>,
    /// `storage.k8s.io/v1` VolumeAttributesClasses.
    pub attributes_classes: Vec<VolumeAttributesClass>,
    /// `coordination.k8s.io/v1` Leases.
    pub leases: Vec<Lease>,
    /// `v1` Events.
    pub events: Vec<Event>,
    /// `v1` ResourceQuotas.
    pub resource_quotas: Vec<ResourceQuota>,
    /// `v1` LimitRanges.
    pub limit_ranges: Vec<LimitRange>,
    /// `node.k8s.io/v1` RuntimeClasses.
    pub runtime_classes: Vec<RuntimeClass>,
    /// `scheduling.k8s.io/v1` PriorityClasses.
    pub priority_classes: Vec<PriorityClass>,
    /// `snapshot.storage.k8s.io/v1` VolumeSnapshots.
    pub volume_snapshots: Vec<VolumeSnapshot>,
    /// `snapshot.storage.k8s.io/v1` VolumeSnapshotContents.
    pub snapshot_contents: Vec<VolumeSnapshotContent>,
    /// `populator.storage.k8s.io/v1beta1` VolumePopulators.
    pub volume_populators: Vec<VolumePopulator>,
    /// `gateway.networking.k8s.io/v1beta1` ReferenceGrants.
    pub reference_grants: Vec<ReferenceGrant>,
    /// `velero.io/v1` Schedules.
    pub velero_schedules: Vec<VeleroSchedule>,
    /// `velero.io/v1` Backups.
    pub velero_backups: Vec<VeleroBackup>,
    /// BackupConfigurations and BackupBatches of Stash and KubeStash.
    pub backup_plans: Vec<BackupPlan>,
    /// BackupSessions of Stash and KubeStash.
    pub backup_sessions: Vec<BackupSession>,
    /// `metrics.k8s.io/v1beta1` PodMetrics.
    pub pod_metrics: Vec<PodMetrics>,
}

impl Objects {
    /// Adds everything `other` holds.
    pub fn merge(&mut self, other: Self) {
        self.namespaces.extend(other.namespaces);
        self.nodes.extend(other.nodes);
        self.pods.extend(other.pods);
        self.services.extend(other.services);
        self.config_maps.extend(other.config_maps);
        self.secrets.extend(other.secrets);
        self.endpoint_slices.extend(other.endpoint_slices);
        self.network_policies.extend(other.network_policies);
        self.cluster_policies.extend(other.cluster_policies);
        self.workloads.extend(other.workloads);
        self.replication_controllers.extend(other.replication_controllers);
        self.disruption_budgets.extend(other.disruption_budgets);
        self.claims.extend(other.claims);
        self.volumes.extend(other.volumes);
        self.storage_classes.extend(other.storage_classes);
        self.csi_drivers.extend(other.csi_drivers);
        self.csi_nodes.extend(other.csi_nodes);
        self.volume_attachments.extend(other.volume_attachments);
        self.storage_capacities.extend(other.storage_capacities);
        self.attributes_classes.extend(other.attributes_classes);
        self.leases.extend(other.leases);
        self.events.extend(other.events);
        self.resource_quotas.extend(other.resource_quotas);
        self.limit_ranges.extend(other.limit_ranges);
        self.runtime_classes.extend(other.runtime_classes);
        self.priority_classes.extend(other.priority_classes);
        self.volume_snapshots.extend(other.volume_snapshots);
        self.snapshot_contents.extend(other.snapshot_contents);
        self.volume_populators.extend(other.volume_populators);
        self.reference_grants.extend(other.reference_grants);
        self.velero_schedules.extend(other.velero_schedules);
        self.velero_backups.extend(other.velero_backups);
        self.backup_plans.extend(other.backup_plans);
        self.backup_sessions.extend(other.backup_sessions);
        self.pod_metrics.extend(other.pod_metrics);
    }
}
