//! Which pods of a kind stand for the rest of it: those that run and are ready, on whatever node it takes.

use std::collections::BTreeMap;

use crate::inventory::PodInfo;
use crate::objects::{Phase, Pod};
use crate::policy::Model;
use crate::policy::between::Bond;
use crate::policy::classes::{Class, ClassId};
use crate::policy::kinds::Kind;

/// A kind as an end of connections.
pub(super) struct Party<'m> {
    pub(super) id: ClassId,
    pub(super) class: &'m Class,
    pub(super) namespace: &'m str,
    all: Members<'m>,
    /// Those that something can be tried from.
    sources: Members<'m>,
    /// Those that have an address.
    targets: Members<'m>,
}

/// Pods, the best ones first.
#[derive(Default)]
struct Members<'m> {
    best: Vec<usize>,
    by_node: BTreeMap<&'m str, Vec<usize>>,
}

/// How many pods of either kind are looked at to find two that are not the same one.
const ENOUGH: usize = 2;

impl<'m> Party<'m> {
    pub(super) fn of(model: &'m Model<'_>, kind: Kind) -> Option<Self> {
        let inventory = model.inventory;
        let class = model.class(kind.class)?;
        let namespace = inventory.namespaces.get(class.namespace)?.name.as_str();
        let mut pods: Vec<(usize, &PodInfo)> = kind.pods.iter().filter_map(|at| Some((*at, inventory.pods.get(*at)?))).collect();
        pods.sort_by_key(|(at, info)| (!is_ready(&info.pod), !can_try(info), *at));
        let members = |fits: fn(&PodInfo) -> bool| Members::new(pods.iter().filter(|(_, info)| fits(info)).copied());
        Some(Self {
            id: kind.class,
            class,
            namespace,
            all: members(|_| true),
            sources: members(can_try),
            targets: members(|info| !info.template && !info.pod.ips().is_empty()),
        })
    }

    /// Whether there are two pods at all, from here to there, with this bond.
    pub(super) fn meets(&self, target: &Self, model: &Model<'_>, bond: Option<Bond>) -> bool {
        self.pair(&self.all, target, &target.all, model, bond).is_some()
    }

    /// Two pods between which it can be tried.
    pub(super) fn pair_to_try(&self, target: &Self, model: &Model<'_>, bond: Option<Bond>) -> Option<(usize, usize)> {
        self.pair(&self.sources, target, &target.targets, model, bond)
    }

    /// Whether something can be tried from any of its pods.
    pub(super) fn can_try(&self) -> bool {
        !self.sources.best.is_empty()
    }

    fn pair(
        &self,
        sources: &Members<'_>,
        target: &Self,
        targets: &Members<'_>,
        model: &Model<'_>,
        bond: Option<Bond>,
    ) -> Option<(usize, usize)> {
        let node = |party: &Self| party.class.host.and_then(|host| model.classes.nodes.get(host as usize)).map(String::as_str);
        // Rule 33 is about the node of an end on the host network: there, or anywhere else.
        let (sources, targets) = match (bond, node(self), node(target)) {
            (Some(_), None, None) => return None,
            (Some(_), Some(node), _) => (sources.some(), targets.on(node)),
            (Some(_), None, Some(node)) => (sources.on(node), targets.some()),
            (None, Some(node), _) => (sources.some(), targets.not_on(node)),
            (None, None, Some(node)) => (sources.not_on(node), targets.some()),
            (None, None, None) => (sources.some(), targets.some()),
        };
        let mut pairs = sources.iter().flat_map(|source| targets.iter().map(move |target| (*source, *target)));
        pairs.find(|(source, target)| model.bond(*source, *target) == bond)
    }
}

impl<'m> Members<'m> {
    fn new(pods: impl Iterator<Item = (usize, &'m PodInfo)>) -> Self {
        let mut members = Self::default();
        for (at, info) in pods {
            members.best.push(at);
            members.by_node.entry(info.pod.spec.node_name.as_str()).or_default().push(at);
        }
        members
    }

    fn some(&self) -> Vec<usize> {
        self.best.iter().take(ENOUGH).copied().collect()
    }

    fn on(&self, node: &str) -> Vec<usize> {
        self.by_node.get(node).into_iter().flatten().take(ENOUGH).copied().collect()
    }

    fn not_on(&self, node: &str) -> Vec<usize> {
        let elsewhere = |at: &&usize| !self.by_node.get(node).is_some_and(|there| there.contains(at));
        self.best.iter().filter(elsewhere).take(ENOUGH).copied().collect()
    }
}

fn can_try(info: &PodInfo) -> bool {
    !info.template && info.pod.status.phase == Phase::Running && info.pod.metadata.deletion_timestamp.is_none()
}

/// Whether the kubelet says that the pod serves.
pub fn is_ready(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_none()
        && pod.status.conditions.iter().any(|condition| condition.kind == "Ready" && condition.status == "True")
}
