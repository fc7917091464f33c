//! `matrix`: every connection, one line for each pair of workloads. Walks classes and what their rules name; never pairs of pods.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::focus::Focus;
use super::others;
use super::words::{group_peer, ports_of};
use crate::objects::Truth;
use crate::policy::classes::ClassId;
use crate::policy::lint;
use crate::policy::model::Model;
use crate::policy::ports::{Bounds, PortsId};
use crate::policy::question::MatrixScope;
use crate::policy::reach::{Far, Near};
use crate::report::policy::{Connection, Matrix};
use crate::report::{Direction, Finding, Peer, PortRange, Verdict};

/// What may pass from one workload to another.
#[derive(Debug, Clone, Copy)]
struct Pair {
    bounds: Bounds,
    from_pods: usize,
    to_pods: usize,
    /// The last target class this pair was counted for.
    counted: ClassId,
}

/// All connections with an end in the scope.
pub fn matrix(model: &Model<'_>, scope: &MatrixScope) -> (Matrix, Vec<Finding>) {
    let inventory = model.inventory;
    let in_scope: Vec<bool> = inventory.groups.iter().map(|group| group.pods.iter().any(|pod| selected(model, scope, *pod))).collect();
    let everything = in_scope.iter().all(|yes| *yes);
    let mut words = Words { model, peers: HashMap::new(), ports: HashMap::new() };
    let mut connections: Vec<Connection> = Vec::new();
    for target in 0..inventory.groups.len() {
        let wanted = in_scope.get(target).copied().unwrap_or(false);
        if !wanted && !everything && !in_scope.contains(&true) {
            continue;
        }
        for (source, pair) in sources(model, target) {
            if everything || wanted || in_scope.get(source).copied().unwrap_or(false) {
                words.connections(source, target, &pair, &mut connections);
            }
        }
        if wanted {
            outside(model, target, &mut words, &mut connections);
        }
    }
    connections.sort_by(|a, b| (&a.from, &a.to, a.verdict).cmp(&(&b.from, &b.to, b.verdict)));
    (Matrix { connections }, lint::findings_in(model, scope.namespace.as_deref()))
}

/// Whether a pod is in the scope.
fn selected(model: &Model<'_>, scope: &MatrixScope, pod: usize) -> bool {
    let Some(meta) = model.inventory.pods.get(pod).map(|p| &p.pod.metadata) else { return false };
    scope.namespace.as_ref().is_none_or(|ns| ns == &meta.namespace)
        && scope.selector.as_ref().is_none_or(|s| s.matches(&meta.labels) == Truth::Yes)
}

/// Every workload that may connect to a target workload.
fn sources(model: &Model<'_>, target: usize) -> BTreeMap<usize, Pair> {
    let inventory = model.inventory;
    let mut classes: BTreeMap<ClassId, usize> = BTreeMap::new();
    for pod in inventory.pods_of(target) {
        if let Some((class, _)) = model.class_of(*pod) {
            *classes.entry(class).or_default() += 1;
        }
    }
    let mut pairs: BTreeMap<usize, Pair> = BTreeMap::new();
    // Which classes were counted among the source's pods already.
    let mut sources: HashMap<ClassId, ()> = HashMap::new();
    for (id, target_pods) in &classes {
        let Some(class) = model.class(*id) else { continue };
        let near = Near::new(model, Direction::Ingress, (*id, class), false);
        let mut far = Far::new(model, Direction::Ingress, class);
        let candidates: Vec<ClassId> =
            if near.only_listed() { near.listed() } else { (0..).zip(&model.classes.list).map(|(id, _)| id).collect() };
        for source_id in candidates {
            let Some(source) = model.class(source_id) else { continue };
            let ingress = near.allows(source_id, source);
            if ingress.is_none() {
                continue;
            }
            let bounds = ingress.and(far.allows(source_id, source), &model.ports);
            if bounds.is_none() {
                continue;
            }
            let first = sources.insert(source_id, ()).is_none();
            for pod in &source.pods {
                let Some(group) = inventory.pods.get(*pod).map(|p| p.group) else { continue };
                let pair = pairs.entry(group).or_insert(Pair { bounds: Bounds::NONE, from_pods: 0, to_pods: 0, counted: ClassId::MAX });
                pair.bounds = pair.bounds.or(bounds, &model.ports);
                pair.from_pods += usize::from(first);
                if pair.counted != *id {
                    pair.counted = *id;
                    pair.to_pods += target_pods;
                }
            }
        }
    }
    always(model, target, &mut pairs);
    pairs
}

/// Rules 32 and 33: a pod reaches itself, and pods on the host network and the other pods of their node reach each other.
fn always(model: &Model<'_>, target: usize, pairs: &mut BTreeMap<usize, Pair>) {
    let inventory = model.inventory;
    let targets = inventory.pods_of(target);
    let whole = |from: usize, to: usize| Pair { bounds: Bounds::ALL, from_pods: from, to_pods: to, counted: ClassId::MAX };
    if let [only] = targets
        && model.always_allowed(*only, *only)
    {
        pairs.insert(target, whole(1, 1));
    }
    if model.classes.host.is_empty() {
        return;
    }
    // A source pod counts if it shares its node with every pod of the target: what holds for some pairs only is no word on
    // the pair of workloads.
    let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
    for to in targets {
        for from in same_node(model, *to).into_iter().filter(|from| from != to) {
            *shared.entry(from).or_default() += 1;
        }
    }
    let mut groups: BTreeMap<usize, usize> = BTreeMap::new();
    for (from, _) in shared.into_iter().filter(|(_, count)| *count == targets.len()) {
        if let Some(group) = inventory.pods.get(from).map(|p| p.group) {
            *groups.entry(group).or_default() += 1;
        }
    }
    for (group, pods) in groups {
        let pair = pairs.entry(group).or_insert(whole(0, 0));
        *pair = Pair { bounds: Bounds::ALL, from_pods: pair.from_pods.max(pods), to_pods: targets.len(), ..*pair };
    }
}

/// Pods that a pod always reaches because of the node they share.
fn same_node(model: &Model<'_>, pod: usize) -> Vec<usize> {
    let Some(info) = model.inventory.pods.get(pod) else { return Vec::new() };
    let node = model.classes.nodes.iter().position(|n| !n.is_empty() && n == &info.pod.spec.node_name);
    let Some(node) = node else { return Vec::new() };
    if info.pod.spec.host_network {
        let on_node = |p: &crate::inventory::PodInfo| p.pod.spec.node_name == info.pod.spec.node_name;
        return model.inventory.pods.iter().enumerate().filter(|(_, p)| on_node(p)).map(|(i, _)| i).collect();
    }
    let hosts = model.classes.host.iter().filter_map(|id| model.class(id)).filter(|c| c.host.is_some_and(|h| h as usize == node));
    hosts.flat_map(|c| c.pods.iter().copied()).collect()
}

/// Peers and lists of ports, each made once.
struct Words<'m> {
    model: &'m Model<'m>,
    peers: HashMap<(usize, usize), Arc<Peer>>,
    ports: HashMap<PortsId, Arc<Vec<PortRange>>>,
}

impl Words<'_> {
    fn peer(&mut self, group: usize, matched: usize) -> Arc<Peer> {
        let inventory = self.model.inventory;
        let total = inventory.pods_of(group).len();
        self.peers.entry((group, matched)).or_insert_with(|| Arc::new(group_peer(inventory, group, matched.min(total), total))).clone()
    }

    fn ports(&mut self, ports: PortsId) -> Arc<Vec<PortRange>> {
        self.ports.entry(ports).or_insert_with(|| Arc::new(ports_of(self.model, ports))).clone()
    }

    fn connections(&mut self, source: usize, target: usize, pair: &Pair, out: &mut Vec<Connection>) {
        let (from, to) = (self.peer(source, pair.from_pods), self.peer(target, pair.to_pods));
        let open = if pair.bounds.certain == pair.bounds.possible {
            PortsId::NONE
        } else {
            self.model.ports.difference(pair.bounds.possible, pair.bounds.certain)
        };
        for (verdict, ports) in [(Verdict::Allow, pair.bounds.certain), (Verdict::Unknown, open)] {
            if !ports.is_none() {
                let ports = self.ports(ports);
                out.push(Connection { from: from.clone(), to: to.clone(), verdict, ports });
            }
        }
    }
}

/// Connections of a workload with addresses outside, in both directions.
fn outside(model: &Model<'_>, group: usize, words: &mut Words<'_>, out: &mut Vec<Connection>) {
    let pods = model.inventory.pods_of(group);
    let this = words.peer(group, pods.len());
    let focus = Focus::pods(model, &this, pods, None);
    for direction in [Direction::Ingress, Direction::Egress] {
        for reach in others::addresses(model, direction, &focus) {
            let (peer, ports) = (Arc::new(reach.peer), Arc::new(reach.ports));
            let (from, to) = if direction == Direction::Ingress { (peer, this.clone()) } else { (this.clone(), peer) };
            out.push(Connection { from, to, verdict: reach.verdict, ports });
        }
    }
}
