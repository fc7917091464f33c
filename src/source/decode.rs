//! From the API server's JSON to lean objects: the one decoder of live lists, snapshots and manifests.

use serde::Deserialize;
use serde::de::Deserializer;

use crate::objects::BackupTool::{KubeStash, Stash};
use crate::objects::{BackupPlan, BackupSession, ClusterPolicy, ClusterPolicyKind, Keyed, Objects, Resource, Workload, WorkloadKind};

/// Decodes one object of a known kind and adds it. Of Secrets only the keys are kept, of ConfigMaps also what is about names.
///
/// # Errors
/// Whatever the decoder says of a field.
pub fn add_object<'de, D: Deserializer<'de>>(objects: &mut Objects, resource: Resource, deserializer: D) -> Result<(), D::Error> {
    let workload = |kind, d| Workload::decode(kind, d);
    let cluster_policy = |kind, d| ClusterPolicy::decode(kind, d);
    let plan = |tool, d| BackupPlan::decode(tool, resource.kind(), d);
    match resource {
        Resource::Namespaces => objects.namespaces.push(Deserialize::deserialize(deserializer)?),
        Resource::Nodes => objects.nodes.push(Deserialize::deserialize(deserializer)?),
        Resource::Pods => objects.pods.push(Deserialize::deserialize(deserializer)?),
        Resource::Services => objects.services.push(Deserialize::deserialize(deserializer)?),
        Resource::EndpointSlices => objects.endpoint_slices.push(Deserialize::deserialize(deserializer)?),
        Resource::NetworkPolicies => objects.network_policies.push(Deserialize::deserialize(deserializer)?),
        Resource::AdminNetworkPolicies => objects.cluster_policies.push(cluster_policy(ClusterPolicyKind::Admin, deserializer)?),
        Resource::BaselineAdminNetworkPolicies => objects.cluster_policies.push(cluster_policy(ClusterPolicyKind::Baseline, deserializer)?),
        Resource::ClusterNetworkPolicies => objects.cluster_policies.push(cluster_policy(ClusterPolicyKind::Cluster, deserializer)?),
        Resource::Deployments => objects.workloads.push(workload(WorkloadKind::Deployment, deserializer)?),
        Resource::ReplicaSets => objects.workloads.push(workload(WorkloadKind::ReplicaSet, deserializer)?),
        Resource::StatefulSets => objects.workloads.push(workload(WorkloadKind::StatefulSet, deserializer)?),
        Resource::DaemonSets => objects.workloads.push(workload(WorkloadKind::DaemonSet, deserializer)?),
        Resource::Jobs => objects.workloads.push(workload(WorkloadKind::Job, deserializer)?),
        Resource::CronJobs => objects.workloads.push(workload(WorkloadKind::CronJob, deserializer)?),
        Resource::ReplicationControllers => objects.replication_controllers.push(Deserialize::deserialize(deserializer)?),
        Resource::PodDisruptionBudgets => objects.disruption_budgets.push(Deserialize::deserialize(deserializer)?),
        Resource::PersistentVolumeClaims => objects.claims.push(Deserialize::deserialize(deserializer)?),
        Resource::PersistentVolumes => objects.volumes.push(Deserialize::deserialize(deserializer)?),
        Resource::StorageClasses => objects.storage_classes.push(Deserialize::deserialize(deserializer)?),
        Resource::CsiDrivers => objects.csi_drivers.push(Deserialize::deserialize(deserializer)?),
        Resource::CsiNodes => objects.csi_nodes.push(Deserialize::deserialize(deserializer)?),
        Resource::VolumeAttachments => objects.volume_attachments.push(Deserialize::deserialize(deserializer)?),
        Resource::CsiStorageCapacities => objects.storage_capacities.push(Deserialize::deserialize(deserializer)?),
        Resource::VolumeAttributesClasses => objects.attributes_classes.push(Deserialize::deserialize(deserializer)?),
        Resource::Leases => objects.leases.push(Deserialize::deserialize(deserializer)?),
        Resource::Events => objects.events.push(Deserialize::deserialize(deserializer)?),
        Resource::ResourceQuotas => objects.resource_quotas.push(Deserialize::deserialize(deserializer)?),
        Resource::LimitRanges => objects.limit_ranges.push(Deserialize::deserialize(deserializer)?),
        Resource::RuntimeClasses => objects.runtime_classes.push(Deserialize::deserialize(deserializer)?),
        Resource::PriorityClasses => objects.priority_classes.push(Deserialize::deserialize(deserializer)?),
        Resource::PodMetrics => objects.pod_metrics.push(Deserialize::deserialize(deserializer)?),
        Resource::VolumeSnapshots => objects.volume_snapshots.push(Deserialize::deserialize(deserializer)?),
        Resource::VolumeSnapshotContents => objects.snapshot_contents.push(Deserialize::deserialize(deserializer)?),
        Resource::VolumePopulators => objects.volume_populators.push(Deserialize::deserialize(deserializer)?),
        Resource::ReferenceGrants => objects.reference_grants.push(Deserialize::deserialize(deserializer)?),
        Resource::VeleroSchedules => objects.velero_schedules.push(Deserialize::deserialize(deserializer)?),
        Resource::VeleroBackups => objects.velero_backups.push(Deserialize::deserialize(deserializer)?),
        Resource::StashConfigurations | Resource::StashBatches => objects.backup_plans.push(plan(Stash, deserializer)?),
        Resource::KubeStashConfigurations | Resource::KubeStashBatches => objects.backup_plans.push(plan(KubeStash, deserializer)?),
        Resource::StashSessions => objects.backup_sessions.push(BackupSession::decode(Stash, deserializer)?),
        Resource::KubeStashSessions => objects.backup_sessions.push(BackupSession::decode(KubeStash, deserializer)?),
        Resource::ConfigMaps => objects.config_maps.push(Keyed::config_map(deserializer)?),
        Resource::Secrets => objects.secrets.push(Deserialize::deserialize(deserializer)?),
    }
    Ok(())
}
