//! The kinds netstore reads, with their API coordinates.

/// Group of the cluster-wide policies.
pub const POLICY_GROUP: &str = "policy.networking.k8s.io";

/// Group of snapshots of volumes.
pub const SNAPSHOT_GROUP: &str = "snapshot.storage.k8s.io";

/// A kind of object and where the API server serves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// `v1` Namespace (cluster scope).
    Namespaces,
    /// `v1` Node (cluster scope).
    Nodes,
    /// `v1` Pod.
    Pods,
    /// `v1` Service.
    Services,
    /// `v1` ConfigMap; values are not kept, but for those about names.
    ConfigMaps,
    /// `v1` Secret; values are never kept, only keys.
    Secrets,
    /// `discovery.k8s.io/v1` EndpointSlice.
    EndpointSlices,
    /// `networking.k8s.io/v1` NetworkPolicy.
    NetworkPolicies,
    /// `policy.networking.k8s.io/v1alpha1` AdminNetworkPolicy (cluster scope).
    AdminNetworkPolicies,
    /// `policy.networking.k8s.io/v1alpha1` BaselineAdminNetworkPolicy (cluster scope).
    BaselineAdminNetworkPolicies,
    /// `policy.networking.k8s.io/v1alpha2` ClusterNetworkPolicy (cluster scope).
    ClusterNetworkPolicies,
    /// `apps/v1` Deployment.
    Deployments,
    /// `apps/v1` ReplicaSet.
    ReplicaSets,
    /// `apps/v1` StatefulSet.
    StatefulSets,
    /// `apps/v1` DaemonSet.
    DaemonSets,
    /// `batch/v1` Job.
    Jobs,
    /// `batch/v1` CronJob.
    CronJobs,
    /// `v1` ReplicationController.
    ReplicationControllers,
    /// `policy/v1` PodDisruptionBudget.
    PodDisruptionBudgets,
    /// `v1` PersistentVolumeClaim.
    PersistentVolumeClaims,
    /// `v1` PersistentVolume (cluster scope).
    PersistentVolumes,
    /// `storage.k8s.io/v1` StorageClass (cluster scope).
    StorageClasses,
    /// `storage.k8s.io/v1` CSIDriver (cluster scope).
    CsiDrivers,
    /// `storage.k8s.io/v1` CSINode (cluster scope).
    CsiNodes,
    /// `storage.k8s.io/v1` VolumeAttachment (cluster scope).
    VolumeAttachments,
    /// `storage.k8s.io/v1` CSIStorageCapacity.
    CsiStorageCapacities,
    /// `storage.k8s.io/v1` VolumeAttributesClass (cluster scope).
    VolumeAttributesClasses,
    /// `coordination.k8s.io/v1` Lease.
    Leases,
    /// `v1` Event.
    Events,
    /// `v1` ResourceQuota.
    ResourceQuotas,
    /// `v1` LimitRange.
    LimitRanges,
    /// `node.k8s.io/v1` RuntimeClass (cluster scope).
    RuntimeClasses,
    /// `scheduling.k8s.io/v1` PriorityClass (cluster scope).
    PriorityClasses,
    /// `metrics.k8s.io/v1beta1` PodMetrics.
    PodMetrics,
    /// `snapshot.storage.k8s.io/v1` VolumeSnapshot.
    VolumeSnapshots,
    /// `snapshot.storage.k8s.io/v1` VolumeSnapshotContent (cluster scope).
    VolumeSnapshotContents,
    /// `populator.storage.k8s.io/v1beta1` VolumePopulator (cluster scope).
    VolumePopulators,
    /// `gateway.networking.k8s.io/v1beta1` ReferenceGrant.
    ReferenceGrants,
    /// `velero.io/v1` Schedule.
    VeleroSchedules,
    /// `velero.io/v1` Backup.
    VeleroBackups,
    /// `stash.appscode.com/v1beta1` BackupConfiguration.
    StashConfigurations,
    /// `stash.appscode.com/v1beta1` BackupBatch.
    StashBatches,
    /// `stash.appscode.com/v1beta1` BackupSession.
    StashSessions,
    /// `core.kubestash.com/v1alpha1` BackupConfiguration.
    KubeStashConfigurations,
    /// `core.kubestash.com/v1alpha1` BackupBatch.
    KubeStashBatches,
    /// `core.kubestash.com/v1alpha1` BackupSession.
    KubeStashSessions,
}

impl Resource {
    /// Every kind, in the order in which snapshots and coverage list them.
    pub const ALL: [Self; 46] = [
        Self::Namespaces,
        Self::Nodes,
        Self::Pods,
        Self::Services,
        Self::ConfigMaps,
        Self::Secrets,
        Self::EndpointSlices,
        Self::NetworkPolicies,
        Self::AdminNetworkPolicies,
        Self::BaselineAdminNetworkPolicies,
        Self::ClusterNetworkPolicies,
        Self::Deployments,
        Self::ReplicaSets,
        Self::StatefulSets,
        Self::DaemonSets,
        Self::Jobs,
        Self::CronJobs,
        Self::ReplicationControllers,
        Self::PodDisruptionBudgets,
        Self::PersistentVolumeClaims,
        Self::PersistentVolumes,
        Self::StorageClasses,
        Self::CsiDrivers,
        Self::CsiNodes,
        Self::VolumeAttachments,
        Self::CsiStorageCapacities,
        Self::VolumeAttributesClasses,
        Self::Leases,
        Self::Events,
        Self::ResourceQuotas,
        Self::LimitRanges,
        Self::RuntimeClasses,
        Self::PriorityClasses,
        Self::PodMetrics,
        Self::VolumeSnapshots,
        Self::VolumeSnapshotContents,
        Self::VolumePopulators,
        Self::ReferenceGrants,
        Self::VeleroSchedules,
        Self::VeleroBackups,
        Self::StashConfigurations,
        Self::StashBatches,
        Self::StashSessions,
        Self::KubeStashConfigurations,
        Self::KubeStashBatches,
        Self::KubeStashSessions,
    ];

    /// (group, version, plural, kind, namespaced)
    const fn parts(self) -> (&'static str, &'static str, &'static str, &'static str, bool) {
        match self {
            Self::Namespaces => ("", "v1", "namespaces", "Namespace", false),
            Self::Nodes => ("", "v1", "nodes", "Node", false),
            Self::Pods => ("", "v1", "pods", "Pod", true),
            Self::Services => ("", "v1", "services", "Service", true),
            Self::ConfigMaps => ("", "v1", "configmaps", "ConfigMap", true),
            Self::Secrets => ("", "v1", "secrets", "Secret", true),
            Self::EndpointSlices => ("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", true),
            Self::NetworkPolicies => ("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", true),
            Self::AdminNetworkPolicies => (POLICY_GROUP, "v1alpha1", "adminnetworkpolicies", "AdminNetworkPolicy", false),
            Self::BaselineAdminNetworkPolicies => {
                (POLICY_GROUP, "v1alpha1", "baselineadminnetworkpolicies", "BaselineAdminNetworkPolicy", false)
            }
            Self::ClusterNetworkPolicies => (POLICY_GROUP, "v1alpha2", "clusternetworkpolicies", "ClusterNetworkPolicy", false),
            Self::Deployments => ("apps", "v1", "deployments", "Deployment", true),
            Self::ReplicaSets => ("apps", "v1", "replicasets", "ReplicaSet", true),
            Self::StatefulSets => ("apps", "v1", "statefulsets", "StatefulSet", true),
            Self::DaemonSets => ("apps", "v1", "daemonsets", "DaemonSet", true),
            Self::Jobs => ("batch", "v1", "jobs", "Job", true),
            Self::CronJobs => ("batch", "v1", "cronjobs", "CronJob", true),
            Self::ReplicationControllers => ("", "v1", "replicationcontrollers", "ReplicationController", true),
            Self::PodDisruptionBudgets => ("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", true),
            Self::PersistentVolumeClaims => ("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", true),
            Self::PersistentVolumes => ("", "v1", "persistentvolumes", "PersistentVolume", false),
            Self::StorageClasses => ("storage.k8s.io", "v1", "storageclasses", "StorageClass", false),
            Self::CsiDrivers => ("storage.k8s.io", "v1", "csidrivers", "CSIDriver", false),
            Self::CsiNodes => ("storage.k8s.io", "v1", "csinodes", "CSINode", false),
            Self::VolumeAttachments => ("storage.k8s.io", "v1", "volumeattachments", "VolumeAttachment", false),
            Self::CsiStorageCapacities => ("storage.k8s.io", "v1", "csistoragecapacities", "CSIStorageCapacity", true),
            Self::VolumeAttributesClasses => ("storage.k8s.io", "v1", "volumeattributesclasses", "VolumeAttributesClass", false),
            Self::Leases => ("coordination.k8s.io", "v1", "leases", "Lease", true),
            Self::Events => ("", "v1", "events", "Event", true),
            Self::ResourceQuotas => ("", "v1", "resourcequotas", "ResourceQuota", true),
            Self::LimitRanges => ("", "v1", "limitranges", "LimitRange", true),
            Self::RuntimeClasses => ("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", false),
            Self::PriorityClasses => ("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", false),
            Self::PodMetrics => ("metrics.k8s.io", "v1beta1", "pods", "PodMetrics", true),
            Self::VolumeSnapshots => (SNAPSHOT_GROUP, "v1", "volumesnapshots", "VolumeSnapshot", true),
            Self::VolumeSnapshotContents => (SNAPSHOT_GROUP, "v1", "volumesnapshotcontents", "VolumeSnapshotContent", false),
            Self::VolumePopulators => ("populator.storage.k8s.io", "v1beta1", "volumepopulators", "VolumePopulator", false),
            Self::ReferenceGrants => ("gateway.networking.k8s.io", "v1beta1", "referencegrants", "ReferenceGrant", true),
            Self::VeleroSchedules => ("velero.io", "v1", "schedules", "Schedule", true),
            Self::VeleroBackups => ("velero.io", "v1", "backups", "Backup", true),
            Self::StashConfigurations => ("stash.appscode.com", "v1beta1", "backupconfigurations", "BackupConfiguration", true),
            Self::StashBatches => ("stash.appscode.com", "v1beta1", "backupbatches", "BackupBatch", true),
            Self::StashSessions => ("stash.appscode.com", "v1beta1", "backupsessions", "BackupSession", true),
            Self::KubeStashConfigurations => ("core.kubestash.com", "v1alpha1", "backupconfigurations", "BackupConfiguration", true),
            Self::KubeStashBatches => ("core.kubestash.com", "v1alpha1", "backupbatches", "BackupBatch", true),
            Self::KubeStashSessions => ("core.kubestash.com", "v1alpha1", "backupsessions", "BackupSession", true),
        }
    }

    /// Whether most clusters do not serve the kind, so that an API server without it is nothing unusual.
    pub const fn optional(self) -> bool {
        let of_sources =
            matches!(self, Self::VolumeSnapshots | Self::VolumeSnapshotContents | Self::VolumePopulators | Self::ReferenceGrants);
        of_sources || matches!(self, Self::PodMetrics) || self.is_cluster_policy() || self.is_of_backup_tool()
    }

    /// Whether it belongs to a tool that makes backups.
    pub const fn is_of_backup_tool(self) -> bool {
        matches!(
            self,
            Self::VeleroSchedules
                | Self::VeleroBackups
                | Self::StashConfigurations
                | Self::StashBatches
                | Self::StashSessions
                | Self::KubeStashConfigurations
                | Self::KubeStashBatches
                | Self::KubeStashSessions
        )
    }

    /// Whether it is one of the cluster-wide policies.
    pub const fn is_cluster_policy(self) -> bool {
        matches!(self, Self::AdminNetworkPolicies | Self::BaselineAdminNetworkPolicies | Self::ClusterNetworkPolicies)
    }

    /// API group; empty for the core group.
    pub const fn group(self) -> &'static str {
        self.parts().0
    }

    /// API version inside the group.
    pub const fn version(self) -> &'static str {
        self.parts().1
    }

    /// Plural name, as in URLs: `pods`.
    pub const fn plural(self) -> &'static str {
        self.parts().2
    }

    /// Kind, as in objects: `Pod`.
    pub const fn kind(self) -> &'static str {
        self.parts().3
    }

    /// Whether objects of this kind live in namespaces.
    pub const fn namespaced(self) -> bool {
        self.parts().4
    }

    /// `group/version` as in an object's `apiVersion`.
    pub fn api_version(self) -> String {
        let (group, version, ..) = self.parts();
        if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
    }

    /// `plural.group` as kubectl writes it: `networkpolicies.networking.k8s.io`, `pods`.
    pub fn qualified(self) -> String {
        let (group, _, plural, ..) = self.parts();
        if group.is_empty() { plural.to_owned() } else { format!("{plural}.{group}") }
    }

    /// URL path of the list, in one namespace or in all of them.
    pub fn list_path(self, namespace: Option<&str>) -> String {
        let (group, version, plural, _, namespaced) = self.parts();
        let root = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
        match namespace {
            Some(namespace) if namespaced => format!("{root}/namespaces/{namespace}/{plural}"),
            _ => format!("{root}/{plural}"),
        }
    }

    /// The resource of an object's `apiVersion` and `kind`, if it is one we read.
    pub fn of(api_version: &str, kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.kind() == kind && r.api_version() == api_version)
    }
}
