//! Building an [`Inventory`]: sorting, indexing, owners, stand-ins for templates, namespaces nobody declared.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;

use super::group::{Key, Owners};
use super::promised;
use super::{Coverage, Group, GroupKind, Inventory, NAMESPACE_NAME_LABEL, NamespaceInfo, Origin, PodInfo};
use crate::objects::{Labels, Meta, Objects, PersistentVolume, PersistentVolumeClaim, Pod, PodSpec, Resource, Workload, WorkloadKind};
use crate::report::Finding;

/// What a source hands over.
#[derive(Debug, Default)]
pub struct Collected {
    /// The objects.
    pub objects: Objects,
    /// What was read and what was not.
    pub coverage: Coverage,
    /// Where from.
    pub origin: Origin,
    /// Version of the API server.
    pub cluster_version: Option<String>,
    /// When it was read.
    pub collected_at: Option<Timestamp>,
    /// What was odd about the input: unknown fields, refused objects, foreign documents.
    pub findings: Vec<Finding>,
}

impl Inventory {
    /// Indexes what a source collected. The findings of the source are left behind: they go to the report as they are.
    pub fn build(collected: Collected) -> Self {
        let Collected { mut objects, coverage, origin, cluster_version, collected_at, findings: _ } = collected;
        let promised = if origin == Origin::Manifests { promise(&mut objects) } else { HashSet::new() };
        sort(&mut objects);
        if origin == Origin::Manifests {
            // What nobody has claimed and nobody has looked at yet will be available once it is applied.
            let fresh = |volume: &&mut PersistentVolume| volume.status.phase.is_empty() && volume.spec.claim_ref.is_none();
            objects.volumes.iter_mut().filter(fresh).for_each(|volume| "Available".clone_into(&mut volume.status.phase));
        }
        let namespaces = namespaces(&objects, &coverage);
        let namespace_index: BTreeMap<String, usize> = namespaces.iter().enumerate().map(|(i, n)| (n.name.clone(), i)).collect();

        let owners = Owners::new(&objects.workloads);
        let mut living = std::mem::take(&mut objects.pods);
        let finished_pods: Vec<Pod> = living.extract_if(.., |pod| pod.is_finished()).collect();
        let mut members: Vec<(Pod, Key, Option<&Workload>)> = living
            .into_iter()
            .map(|pod| {
                let key = owners.group_of(&pod);
                (pod, key, None)
            })
            .collect();
        if origin == Origin::Manifests {
            let populated: HashSet<Key> = members.iter().map(|(_, key, _)| key.clone()).collect();
            let templates = objects.workloads.iter().filter(|w| !owners.is_owned(w));
            let stand_ins: Vec<(Pod, Key, Option<&Workload>)> = templates
                .filter_map(|w| {
                    let key = (w.metadata.namespace.clone(), w.metadata.name.clone(), GroupKind::new(w.kind.name()));
                    (!populated.contains(&key)).then(|| (stand_in(w), key, Some(w)))
                })
                .collect();
            members.extend(stand_ins);
        }
        members.sort_by(|(a, ..), (b, ..)| a.metadata.key().cmp(&b.metadata.key()));

        let mut by_group: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
        for (position, (_, key, _)) in members.iter().enumerate() {
            by_group.entry(key.clone()).or_default().push(position);
        }
        let group_index: BTreeMap<Key, usize> = by_group.keys().enumerate().map(|(i, key)| (key.clone(), i)).collect();
        let groups = by_group.into_iter().map(|((namespace, name, kind), pods)| Group { kind, namespace, name, pods }).collect();
        let pods: Vec<PodInfo> = members
            .into_iter()
            .map(|(pod, key, template)| PodInfo {
                namespace: namespace_index.get(&pod.metadata.namespace).copied().unwrap_or_default(),
                group: group_index.get(&key).copied().unwrap_or_default(),
                pod,
                template: template.is_some(),
                several: template.is_some_and(runs_several),
            })
            .collect();
        let pod_index = pods
            .iter()
            .enumerate()
            .filter(|(_, info)| !info.template)
            .map(|(i, info)| ((info.pod.metadata.namespace.clone(), info.pod.metadata.name.clone()), i))
            .collect();

        Self {
            namespaces,
            pods,
            finished_pods,
            groups,
            objects,
            coverage,
            origin,
            cluster_version,
            collected_at,
            namespace_index,
            pod_index,
            promised,
        }
    }
}

impl Inventory {
    /// The same with one more pod: what would be if it were there.
    pub fn with_pod(self, pod: Pod) -> Self {
        let Self { pods, finished_pods, mut objects, coverage, origin, cluster_version, collected_at, .. } = self;
        objects.pods = pods.into_iter().map(|info| info.pod).chain(finished_pods).chain([pod]).collect();
        Self::build(Collected { objects, coverage, origin, cluster_version, collected_at, findings: Vec::new() })
    }
}

/// Adds the claims that StatefulSets will make, where files do not hold them, and says which they are.
fn promise(objects: &mut Objects) -> HashSet<(String, String)> {
    let key = |claim: &PersistentVolumeClaim| (claim.metadata.namespace.clone(), claim.metadata.name.clone());
    let mut known: HashSet<(String, String)> = objects.claims.iter().map(key).collect();
    let made: Vec<PersistentVolumeClaim> =
        objects.workloads.iter().flat_map(promised::claims).filter(|claim| known.insert(key(claim))).collect();
    let names = made.iter().map(key).collect();
    objects.claims.extend(made);
    names
}

fn sort(objects: &mut Objects) {
    fn by_name<T>(list: &mut Vec<T>, meta: fn(&T) -> &Meta) {
        let Some(order) = order(&list.iter().map(|object| meta(object).key()).collect::<Vec<_>>()) else { return };
        let mut unsorted: Vec<Option<T>> = std::mem::take(list).into_iter().map(Some).collect();
        list.extend(order.into_iter().filter_map(|at| unsorted.get_mut(at)?.take()));
    }
    by_name(&mut objects.namespaces, |o| &o.metadata);
    by_name(&mut objects.nodes, |o| &o.metadata);
    by_name(&mut objects.pods, |o| &o.metadata);
    by_name(&mut objects.services, |o| &o.metadata);
    by_name(&mut objects.endpoint_slices, |o| &o.metadata);
    by_name(&mut objects.network_policies, |o| &o.metadata);
    by_name(&mut objects.config_maps, |o| &o.metadata);
    by_name(&mut objects.secrets, |o| &o.metadata);
    by_name(&mut objects.replication_controllers, |o| &o.metadata);
    by_name(&mut objects.disruption_budgets, |o| &o.metadata);
    by_name(&mut objects.claims, |o| &o.metadata);
    by_name(&mut objects.volumes, |o| &o.metadata);
    by_name(&mut objects.storage_classes, |o| &o.metadata);
    by_name(&mut objects.csi_drivers, |o| &o.metadata);
    by_name(&mut objects.csi_nodes, |o| &o.metadata);
    by_name(&mut objects.volume_attachments, |o| &o.metadata);
    by_name(&mut objects.storage_capacities, |o| &o.metadata);
    by_name(&mut objects.attributes_classes, |o| &o.metadata);
    by_name(&mut objects.leases, |o| &o.metadata);
    by_name(&mut objects.events, |o| &o.metadata);
    by_name(&mut objects.resource_quotas, |o| &o.metadata);
    by_name(&mut objects.limit_ranges, |o| &o.metadata);
    by_name(&mut objects.runtime_classes, |o| &o.metadata);
    by_name(&mut objects.priority_classes, |o| &o.metadata);
    by_name(&mut objects.pod_metrics, |o| &o.metadata);
    by_name(&mut objects.volume_snapshots, |o| &o.metadata);
    by_name(&mut objects.snapshot_contents, |o| &o.metadata);
    by_name(&mut objects.volume_populators, |o| &o.metadata);
    by_name(&mut objects.reference_grants, |o| &o.metadata);
    by_name(&mut objects.velero_schedules, |o| &o.metadata);
    by_name(&mut objects.velero_backups, |o| &o.metadata);
    objects.backup_plans.sort_by(|a, b| (a.metadata.key(), a.tool, a.kind).cmp(&(b.metadata.key(), b.tool, b.kind)));
    objects.backup_sessions.sort_by(|a, b| (a.metadata.key(), a.tool).cmp(&(b.metadata.key(), b.tool)));
    objects.cluster_policies.sort_by(|a, b| (a.kind, &a.metadata.name).cmp(&(b.kind, &b.metadata.name)));
    objects.workloads.sort_by(|a, b| (a.metadata.key(), a.kind).cmp(&(b.metadata.key(), b.kind)));
}

/// Where each object goes from; none if all are in order, as servers list them. On keys: a sort for each kind would be a fortieth of the program.
fn order(keys: &[(&str, &str)]) -> Option<Vec<usize>> {
    if keys.is_sorted() {
        return None;
    }
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_by_key(|at| keys.get(*at));
    Some(order)
}

/// Declared namespaces, and those that only show as the namespace of something else: these have the one label that
/// every namespace has, and more nobody knows of unless the list of namespaces was complete.
fn namespaces(objects: &Objects, coverage: &Coverage) -> Vec<NamespaceInfo> {
    let mut labels: BTreeMap<&str, Option<&Labels>> = BTreeMap::new();
    let seen: BTreeSet<&str> = (objects.pods.iter().map(|p| &p.metadata))
        .chain(objects.network_policies.iter().map(|p| &p.metadata))
        .chain(objects.services.iter().map(|p| &p.metadata))
        .chain(objects.workloads.iter().map(|p| &p.metadata))
        .chain(objects.claims.iter().map(|p| &p.metadata))
        .map(|meta| meta.namespace.as_str())
        .collect();
    labels.extend(seen.into_iter().map(|name| (name, None)));
    labels.extend(objects.namespaces.iter().map(|n| (n.metadata.name.as_str(), Some(&n.metadata.labels))));
    let complete = coverage.is_complete(Resource::Namespaces, None);
    labels
        .into_iter()
        .map(|(name, declared)| {
            let mut labels = declared.cloned().unwrap_or_default();
            labels.set(NAMESPACE_NAME_LABEL, name);
            NamespaceInfo {
                name: name.to_owned(),
                labels,
                labels_known: complete || declared.is_some(),
                pods_known: coverage.is_complete(Resource::Pods, Some(name)),
                policies_known: coverage.is_complete(Resource::NetworkPolicies, Some(name)),
            }
        })
        .collect()
}

/// Whether a workload is meant to run more than one pod at a time.
fn runs_several(workload: &Workload) -> bool {
    workload.kind == WorkloadKind::DaemonSet || workload.replicas.is_some_and(|n| n > 1)
}

/// The pod a template will make; of a StatefulSet the first one.
fn stand_in(workload: &Workload) -> Pod {
    let metadata = Meta {
        name: workload.metadata.name.clone(),
        namespace: workload.metadata.namespace.clone(),
        labels: workload.template.metadata.labels.clone(),
        ..Meta::default()
    };
    let spec = PodSpec { volumes: promised::volumes(workload), ..workload.template.spec.clone() };
    Pod { metadata, spec, ..Pod::default() }
}
