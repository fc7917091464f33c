//! The lists behind the kinds: what a later object of the same name replaces.

use crate::objects::{Objects, Resource};

/// How many objects of this kind there are; workloads are counted together.
pub(super) fn length(o: &Objects, resource: Resource) -> usize {
    match resource {
        Resource::Namespaces => o.namespaces.len(),
        Resource::Nodes => o.nodes.len(),
        Resource::Pods => o.pods.len(),
        Resource::Services => o.services.len(),
        Resource::EndpointSlices => o.endpoint_slices.len(),
        Resource::NetworkPolicies => o.network_policies.len(),
        Resource::AdminNetworkPolicies | Resource::BaselineAdminNetworkPolicies | Resource::ClusterNetworkPolicies => {
            o.cluster_policies.len()
        }
        Resource::ReplicationControllers => o.replication_controllers.len(),
        Resource::PodDisruptionBudgets => o.disruption_budgets.len(),
        Resource::PersistentVolumeClaims => o.claims.len(),
        Resource::PersistentVolumes => o.volumes.len(),
        Resource::StorageClasses => o.storage_classes.len(),
        Resource::CsiDrivers => o.csi_drivers.len(),
        Resource::CsiNodes => o.csi_nodes.len(),
        Resource::VolumeAttachments => o.volume_attachments.len(),
        Resource::CsiStorageCapacities => o.storage_capacities.len(),
        Resource::VolumeAttributesClasses => o.attributes_classes.len(),
        Resource::Leases => o.leases.len(),
        Resource::Events => o.events.len(),
        Resource::ResourceQuotas => o.resource_quotas.len(),
        Resource::LimitRanges => o.limit_ranges.len(),
        Resource::RuntimeClasses => o.runtime_classes.len(),
        Resource::PriorityClasses => o.priority_classes.len(),
        Resource::PodMetrics => o.pod_metrics.len(),
        Resource::VolumeSnapshots => o.volume_snapshots.len(),
        Resource::VolumeSnapshotContents => o.snapshot_contents.len(),
        Resource::VolumePopulators => o.volume_populators.len(),
        Resource::ReferenceGrants => o.reference_grants.len(),
        Resource::VeleroSchedules => o.velero_schedules.len(),
        Resource::VeleroBackups => o.velero_backups.len(),
        Resource::StashConfigurations | Resource::StashBatches | Resource::KubeStashConfigurations | Resource::KubeStashBatches => {
            o.backup_plans.len()
        }
        Resource::StashSessions | Resource::KubeStashSessions => o.backup_sessions.len(),
        Resource::Deployments
        | Resource::ReplicaSets
        | Resource::StatefulSets
        | Resource::DaemonSets
        | Resource::Jobs
        | Resource::CronJobs => o.workloads.len(),
        Resource::ConfigMaps => o.config_maps.len(),
        Resource::Secrets => o.secrets.len(),
    }
}

/// The last object of the list takes the given position, and what was there is dropped.
pub(super) fn move_last_to(o: &mut Objects, resource: Resource, position: usize) {
    fn move_last<T>(list: &mut Vec<T>, position: usize) {
        if position < list.len() {
            list.swap_remove(position);
        }
    }
    match resource {
        Resource::Namespaces => move_last(&mut o.namespaces, position),
        Resource::Nodes => move_last(&mut o.nodes, position),
        Resource::Pods => move_last(&mut o.pods, position),
        Resource::Services => move_last(&mut o.services, position),
        Resource::EndpointSlices => move_last(&mut o.endpoint_slices, position),
        Resource::NetworkPolicies => move_last(&mut o.network_policies, position),
        Resource::AdminNetworkPolicies | Resource::BaselineAdminNetworkPolicies | Resource::ClusterNetworkPolicies => {
            move_last(&mut o.cluster_policies, position);
        }
        Resource::ReplicationControllers => move_last(&mut o.replication_controllers, position),
        Resource::PodDisruptionBudgets => move_last(&mut o.disruption_budgets, position),
        Resource::PersistentVolumeClaims => move_last(&mut o.claims, position),
        Resource::PersistentVolumes => move_last(&mut o.volumes, position),
        Resource::StorageClasses => move_last(&mut o.storage_classes, position),
        Resource::CsiDrivers => move_last(&mut o.csi_drivers, position),
        Resource::CsiNodes => move_last(&mut o.csi_nodes, position),
        Resource::VolumeAttachments => move_last(&mut o.volume_attachments, position),
        Resource::CsiStorageCapacities => move_last(&mut o.storage_capacities, position),
        Resource::VolumeAttributesClasses => move_last(&mut o.attributes_classes, position),
        Resource::Leases => move_last(&mut o.leases, position),
        Resource::Events => move_last(&mut o.events, position),
        Resource::ResourceQuotas => move_last(&mut o.resource_quotas, position),
        Resource::LimitRanges => move_last(&mut o.limit_ranges, position),
        Resource::RuntimeClasses => move_last(&mut o.runtime_classes, position),
        Resource::PriorityClasses => move_last(&mut o.priority_classes, position),
        Resource::PodMetrics => move_last(&mut o.pod_metrics, position),
        Resource::VolumeSnapshots => move_last(&mut o.volume_snapshots, position),
        Resource::VolumeSnapshotContents => move_last(&mut o.snapshot_contents, position),
        Resource::VolumePopulators => move_last(&mut o.volume_populators, position),
        Resource::ReferenceGrants => move_last(&mut o.reference_grants, position),
        Resource::VeleroSchedules => move_last(&mut o.velero_schedules, position),
        Resource::VeleroBackups => move_last(&mut o.velero_backups, position),
        Resource::StashConfigurations | Resource::StashBatches | Resource::KubeStashConfigurations | Resource::KubeStashBatches => {
            move_last(&mut o.backup_plans, position);
        }
        Resource::StashSessions | Resource::KubeStashSessions => move_last(&mut o.backup_sessions, position),
        Resource::Deployments
        | Resource::ReplicaSets
        | Resource::StatefulSets
        | Resource::DaemonSets
        | Resource::Jobs
        | Resource::CronJobs => move_last(&mut o.workloads, position),
        Resource::ConfigMaps => move_last(&mut o.config_maps, position),
        Resource::Secrets => move_last(&mut o.secrets, position),
    }
}
