//! Whom a node evicts when it runs short, and whom the kernel kills: the orders of `eviction` and `oom`, for the pods it has.
//!
//! Disk and process ids of pods are in no API but the kubelet's own: their use is unknown here. Ranks are given as far as they
//! can be told without.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use super::case::Case;
use super::effective;
use super::eviction::{self, Candidate, Signal, Usage};
use super::facts::Facts;
use super::oom;
use super::shape::Role;
use crate::inventory::{Inventory, State};
use crate::objects::{Amount, Node, Phase, Pod, PodMetrics, Resource, ResourceList, ResourceName};
use crate::report::qos_node::{Evictee, Killed, QosNode, Spared};

/// Answers for a node; none if it is not among what was read, and no pod says that it runs there.
pub fn node(inventory: &Inventory, name: &str) -> Option<QosNode> {
    let facts = Facts::new(inventory);
    let pods: Vec<&Pod> =
        inventory.pods.iter().filter(|info| !info.template && info.pod.spec.node_name == name).map(|info| &info.pod).collect();
    let object = facts.node(name);
    if object.is_none() && pods.is_empty() {
        return None;
    }
    let metrics = Metrics::new(inventory);
    let cases: Vec<Case<'_, '_>> = pods.iter().map(|pod| Case::of_pod(&facts, pod)).collect();
    let (never, evictable): (Vec<&Case<'_, '_>>, Vec<&Case<'_, '_>>) =
        cases.iter().partition(|case| oom::is_critical(case.is_static(), case.spec.priority));
    let pods_missing = !inventory.pods_complete();
    let candidates: Vec<(&Case<'_, '_>, Candidate)> = evictable.iter().map(|case| (*case, candidate(case, &metrics))).collect();
    Some(QosNode {
        node: name.to_owned(),
        pressures: object.and_then(pressures),
        capacity: object.map(|node| texts(&node.status.capacity)).unwrap_or_default(),
        allocatable: object.map(|node| texts(&node.status.allocatable)).unwrap_or_default(),
        thresholds: THRESHOLDS.iter().map(|(signal, value)| ((*signal).to_owned(), (*value).to_owned())).collect(),
        usage_unknown: metrics.unknown(inventory),
        measured_at: pods.iter().filter_map(|pod| metrics.of(pod)?.timestamp).min(),
        pods_missing,
        memory: order(Signal::Memory, &candidates, pods_missing),
        disk: order(Signal::Disk, &candidates, pods_missing),
        pids: order(Signal::Pids, &candidates, pods_missing),
        oom: killed(&cases, &metrics, pods_missing),
        never: never.iter().map(|case| spared(case)).collect(),
    })
}

/// What a node is short of; none if it does not say.
fn pressures(node: &Node) -> Option<Vec<String>> {
    let conditions = ["MemoryPressure", "DiskPressure", "PIDPressure"].map(|kind| (kind, node.condition(kind)));
    let known = conditions.iter().any(|(_, condition)| condition.is_some());
    let reported = conditions.into_iter().filter(|(_, condition)| condition.is_some_and(|condition| condition.status == "True"));
    known.then(|| reported.map(|(kind, _)| kind.to_owned()).collect())
}

/// What `--eviction-hard` of a kubelet is unless it is set.
const THRESHOLDS: [(&str, &str); 5] = [
    ("memory.available", "100Mi"),
    ("nodefs.available", "10%"),
    ("imagefs.available", "15%"),
    ("nodefs.inodesFree", "5%"),
    ("imagefs.inodesFree", "5%"),
];

/// What pods use, where it was measured.
struct Metrics<'a>(HashMap<(&'a str, &'a str), &'a PodMetrics>);

impl<'a> Metrics<'a> {
    fn new(inventory: &'a Inventory) -> Self {
        Self(inventory.objects.pod_metrics.iter().map(|metrics| (metrics.metadata.key(), metrics)).collect())
    }

    fn of(&self, pod: &Pod) -> Option<&'a PodMetrics> {
        self.0.get(&pod.metadata.key()).copied()
    }

    /// Memory of one container.
    fn container(&self, pod: &Pod, name: &str) -> Option<Amount> {
        self.of(pod)?.containers.iter().find(|container| container.name == name)?.usage.amount(&ResourceName::Memory)
    }

    /// Memory of a pod.
    fn memory(&self, pod: &Pod) -> Option<Amount> {
        let mut used = self.of(pod)?.containers.iter().map(|container| container.usage.amount(&ResourceName::Memory));
        used.try_fold(Amount::default(), |sum, amount| Some(sum.plus(amount?)))
    }

    /// Why nothing is known.
    fn unknown(&self, inventory: &Inventory) -> Option<String> {
        let states = inventory.coverage.iter().filter(|(resource, ..)| *resource == Resource::PodMetrics);
        let state = states.map(|(.., state)| state).find(|state| **state != State::Complete);
        let why = match state {
            Some(State::NotServed) => "metrics.k8s.io is not served: there is no metrics-server".to_owned(),
            Some(state) => format!("pods.metrics.k8s.io: {state}"),
            None => "metrics.k8s.io has nothing of its pods".to_owned(),
        };
        self.0.is_empty().then_some(why)
    }
}

fn candidate(case: &Case<'_, '_>, metrics: &Metrics<'_>) -> Candidate {
    let shape = effective::allocated(&case.shape, case.status);
    Candidate {
        priority: case.spec.priority.unwrap_or_default(),
        memory_request: effective::eviction_request(&shape, &ResourceName::Memory),
        storage_request: effective::eviction_request(&shape, &ResourceName::EphemeralStorage),
        usage: case.pod.and_then(|pod| metrics.memory(pod)).map(|memory| Usage { memory, ..Usage::default() }),
    }
}

/// The order as far as it can be told.
fn order(signal: Signal, candidates: &[(&Case<'_, '_>, Candidate)], pods_missing: bool) -> Vec<Evictee> {
    // Of disks nothing is known that decides; of process ids priority is, and it decides first.
    let is_known = |candidate: &Candidate| match signal {
        Signal::Memory => candidate.usage.is_some(),
        Signal::Disk | Signal::Inodes => false,
        Signal::Pids => true,
    };
    let compare = |a: &Candidate, b: &Candidate| match (is_known(a), is_known(b)) {
        (true, true) => eviction::compare(signal, a, b),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => a.priority.cmp(&b.priority).then_with(|| a.memory_request.cmp(&b.memory_request)),
    };
    let mut sorted: Vec<&(&Case<'_, '_>, Candidate)> = candidates.iter().collect();
    sorted.sort_by(|(a_case, a), (b_case, b)| {
        compare(a, b).then_with(|| (&a_case.me.namespace, &a_case.me.name).cmp(&(&b_case.me.namespace, &b_case.me.name)))
    });
    let certain = !pods_missing && candidates.iter().all(|(_, candidate)| is_known(candidate));
    let mut ranks: Vec<usize> = Vec::new();
    for (at, (_, candidate)) in sorted.iter().enumerate() {
        let same = at.checked_sub(1).and_then(|before| Some((sorted.get(before)?, ranks.get(before)?)));
        let same = same.filter(|((_, before), _)| compare(before, candidate) == Ordering::Equal);
        ranks.push(same.map_or(at + 1, |(_, rank)| *rank));
    }
    sorted.iter().zip(ranks).map(|((case, candidate), rank)| evictee(signal, case, candidate, certain.then_some(rank))).collect()
}

fn evictee(signal: Signal, case: &Case<'_, '_>, candidate: &Candidate, rank: Option<usize>) -> Evictee {
    let memory = candidate.usage.filter(|_| signal == Signal::Memory).map(|usage| usage.memory);
    Evictee {
        rank,
        namespace: case.me.namespace.clone(),
        name: case.me.name.clone(),
        class: case.class.map(Into::into),
        priority: candidate.priority,
        request: match signal {
            Signal::Memory => candidate.memory_request.text(&ResourceName::Memory),
            Signal::Disk | Signal::Inodes => candidate.storage_request.text(&ResourceName::EphemeralStorage),
            Signal::Pids => String::new(),
        },
        usage: memory.map(|memory| memory.text(&ResourceName::Memory)),
        exceeds: memory.map(|memory| memory > candidate.memory_request),
    }
}

/// Containers as the kernel would choose among them.
fn killed(cases: &[Case<'_, '_>], metrics: &Metrics<'_>, pods_missing: bool) -> Vec<Killed> {
    let mut all: Vec<(Option<i128>, Killed)> = Vec::new();
    for case in cases {
        let Some(pod) = case.pod else { continue };
        let capacity = case.capacity().filter(|capacity| *capacity > 0);
        for (part, score) in case.shape.parts.iter().zip(case.scores()) {
            // Init containers have ended where the others run.
            if part.role == Role::Init && pod.status.phase == Phase::Running {
                continue;
            }
            let usage = metrics.container(pod, part.name);
            let badness = score.zip(usage).zip(capacity).map(|((score, usage), capacity)| oom::badness(score, usage.value(), capacity));
            let thousandths =
                badness.zip(capacity).and_then(|(badness, capacity)| i64::try_from(badness * 1000 / i128::from(capacity)).ok());
            let killed = Killed {
                rank: None,
                namespace: case.me.namespace.clone(),
                pod: case.me.name.clone(),
                container: part.name.to_owned(),
                class: case.class.map(Into::into),
                oom_score_adj: score,
                usage: usage.map(|usage| usage.text(&ResourceName::Memory)),
                score: thousandths,
            };
            all.push((badness, killed));
        }
    }
    let certain = !pods_missing && all.iter().all(|(badness, _)| badness.is_some());
    // What is not known comes last; among it, what the kernel would rather kill comes first.
    all.sort_by(|(a, one), (b, other)| {
        let names = |killed: &Killed| (killed.namespace.clone(), killed.pod.clone(), killed.container.clone());
        b.cmp(a).then_with(|| other.oom_score_adj.cmp(&one.oom_score_adj)).then_with(|| names(one).cmp(&names(other)))
    });
    all.into_iter().enumerate().map(|(at, (_, killed))| Killed { rank: certain.then_some(at + 1), ..killed }).collect()
}

fn spared(case: &Case<'_, '_>) -> Spared {
    let reason = match case.spec.priority {
        _ if case.is_static() => "static: a file of the node makes it".to_owned(),
        Some(priority) if !case.spec.priority_class_name.is_empty() => format!("priority {priority} ({})", case.spec.priority_class_name),
        priority => format!("priority {}", priority.unwrap_or_default()),
    };
    Spared { namespace: case.me.namespace.clone(), name: case.me.name.clone(), reason }
}

fn texts(list: &ResourceList) -> BTreeMap<String, String> {
    list.iter().filter_map(|(resource, _)| Some((resource.to_string(), list.amount(resource)?.text(resource)))).collect()
}
