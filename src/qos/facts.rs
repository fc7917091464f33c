//! What is known of a cluster as far as QoS depends on it, indexed.

use std::collections::HashMap;

use super::defaults::Defaults;
use super::quota;
use super::shape::Shape;
use crate::inventory::{Group, Inventory};
use crate::objects::{LimitRange, Node, Objects, Pod, PodSpec, PodStatus, Resource, ResourceQuota, RuntimeClass, Workload};

/// Namespace, kind and name.
type Named<'a> = (&'a str, &'a str, &'a str);

/// What is known of a cluster, as far as classes depend on it.
#[derive(Debug)]
pub struct Facts<'a> {
    /// All that was read.
    pub inventory: &'a Inventory,
    ranges: HashMap<&'a str, Vec<Defaults<'a>>>,
    limit_ranges: HashMap<&'a str, Vec<&'a LimitRange>>,
    quotas: HashMap<&'a str, Vec<&'a ResourceQuota>>,
    runtime_classes: HashMap<&'a str, &'a RuntimeClass>,
    groups: HashMap<Named<'a>, &'a Group>,
    nodes: HashMap<&'a str, &'a Node>,
    workloads: HashMap<Named<'a>, &'a Workload>,
    nothing: PodStatus,
}

impl<'a> Facts<'a> {
    /// Indexes what was read.
    pub fn new(inventory: &'a Inventory) -> Self {
        let mut ranges: HashMap<&str, Vec<Defaults<'_>>> = HashMap::new();
        let mut limit_ranges: HashMap<&str, Vec<&LimitRange>> = HashMap::new();
        for range in &inventory.objects.limit_ranges {
            limit_ranges.entry(&range.metadata.namespace).or_default().push(range);
            let defaults = Defaults::of(range);
            if !defaults.is_empty() {
                ranges.entry(&range.metadata.namespace).or_default().push(defaults);
            }
        }
        let mut quotas: HashMap<&str, Vec<&ResourceQuota>> = HashMap::new();
        for quota in &inventory.objects.resource_quotas {
            quotas.entry(&quota.metadata.namespace).or_default().push(quota);
        }
        let group = |group: &'a Group| ((group.namespace.as_str(), group.kind.name(), group.name.as_str()), group);
        let class = |class: &'a RuntimeClass| (class.metadata.name.as_str(), class);
        let key = |w: &'a Workload| ((w.metadata.namespace.as_str(), w.kind.name(), w.metadata.name.as_str()), w);
        Self {
            inventory,
            ranges,
            limit_ranges,
            quotas,
            runtime_classes: inventory.objects.runtime_classes.iter().map(class).collect(),
            groups: inventory.groups.iter().map(group).collect(),
            nodes: inventory.objects.nodes.iter().map(|node| (node.metadata.name.as_str(), node)).collect(),
            workloads: inventory.objects.workloads.iter().map(key).collect(),
            nothing: PodStatus::default(),
        }
    }

    /// LimitRanges of a namespace that give containers something.
    pub fn ranges(&self, namespace: &str) -> &[Defaults<'a>] {
        self.ranges.get(namespace).map_or(&[], Vec::as_slice)
    }

    /// All LimitRanges of a namespace.
    pub fn limit_ranges(&self, namespace: &str) -> &[&'a LimitRange] {
        self.limit_ranges.get(namespace).map_or(&[], Vec::as_slice)
    }

    /// All quotas of a namespace.
    pub fn quotas(&self, namespace: &str) -> &[&'a ResourceQuota] {
        self.quotas.get(namespace).map_or(&[], Vec::as_slice)
    }

    /// The RuntimeClass of this name.
    pub fn runtime_class(&self, name: &str) -> Option<&'a RuntimeClass> {
        self.runtime_classes.get(name).copied()
    }

    /// The spec of a pod that is yet to be made: with the overhead that its RuntimeClass gives it, and without resources of the pod as a
    /// whole that are there and empty, where these count for absent.
    pub fn shape_to_come(&self, spec: &'a PodSpec) -> Shape<'a> {
        let overhead = self.runtime_class(&spec.runtime_class_name).and_then(|class| class.overhead.as_ref());
        let shape = match overhead {
            Some(overhead) => Shape::of(spec).with_overhead(&overhead.pod_fixed),
            None => Shape::of(spec),
        };
        let absent = shape.is_empty_as_a_whole() && self.empty_is_absent() == Some(true);
        if absent { shape.without_pod() } else { shape }
    }

    /// Whether resources of the pod as a whole that are there and empty count for absent: since 1.37; none: the release is not told.
    pub fn empty_is_absent(&self) -> Option<bool> {
        self.inventory.minor_release().map(|minor| minor >= 37)
    }

    /// The status of what has none.
    pub fn no_status(&self) -> &PodStatus {
        &self.nothing
    }

    /// Name of the PriorityClass of a pod, empty if it has none; none: not to be told. What names no class when it is made is of
    /// the default one; of several, that of the lowest value.
    pub fn priority_class<'s>(&'s self, spec: &'s PodSpec, predicted: bool) -> Option<&'s str> {
        if !spec.priority_class_name.is_empty() || !predicted {
            return Some(&spec.priority_class_name);
        }
        let classes = &self.inventory.objects.priority_classes;
        let default = classes.iter().filter(|class| class.global_default).min_by_key(|class| class.value);
        let known = self.inventory.coverage.is_complete(Resource::PriorityClasses, None);
        known.then(|| default.map_or("", |class| class.metadata.name.as_str()))
    }

    /// The pods that a workload has made, if any.
    pub fn pods_of(&self, workload: &Workload) -> impl Iterator<Item = &'a Pod> {
        let meta = &workload.metadata;
        let group = self.groups.get(&(meta.namespace.as_str(), workload.kind.name(), meta.name.as_str()));
        let inventory = self.inventory;
        let pods = group.map_or(&[][..], |group| &group.pods).iter().filter_map(|at| inventory.pods.get(*at));
        pods.filter(|info| !info.template).map(|info| &info.pod)
    }

    /// A node.
    pub fn node(&self, name: &str) -> Option<&'a Node> {
        self.nodes.get(name).copied()
    }

    /// A workload.
    pub fn workload(&self, namespace: &str, kind: &str, name: &str) -> Option<&'a Workload> {
        self.workloads.get(&(namespace, kind, name)).copied()
    }
}

/// Kinds that `more_needed` may name.
pub const MORE: [Resource; 2] = [Resource::RuntimeClasses, Resource::PriorityClasses];

/// Kinds that are worth reading because of what is there.
pub fn more_needed(objects: &Objects) -> Vec<Resource> {
    let templates = objects.workloads.iter().map(|workload| &workload.template.spec);
    let mut specs = objects.pods.iter().map(|pod| &pod.spec).chain(templates);
    let classes = [
        (Resource::RuntimeClasses, specs.any(|spec| !spec.runtime_class_name.is_empty())),
        (Resource::PriorityClasses, objects.resource_quotas.iter().any(quota::asks_priority_class)),
    ];
    classes.into_iter().filter(|(_, needed)| *needed).map(|(resource, _)| resource).collect()
}
