//! `matrix`: every connection, one line for each pair of workloads. Walks classes and what their rules name; never pairs of pods.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::focus::Focus;
use super::others;
use super::tally::{Row, Tally, split};
use super::words::{group_peer, ports_of};
use crate::inventory::Origin;
use crate::objects::{Family, Truth};
use crate::policy::classes::{Class, ClassId};
use crate::policy::lint;
use crate::policy::model::Model;
use crate::policy::ports::{Bounds, PortsId};
use crate::policy::question::MatrixScope;
use crate::policy::reach::{Far, Near};
use crate::report::policy::{Connection, Matrix};
use crate::report::{Direction, Finding, Peer, PortRange, Verdict};

/// What may pass from some pods of one workload to some pods of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    bounds: Bounds,
    from_pods: usize,
    to_pods: usize,
}

/// All connections with an end in the scope.
pub fn matrix(model: &Model<'_>, scope: &MatrixScope) -> (Matrix, Vec<Finding>) {
    let inventory = model.inventory;
    let in_scope: Vec<bool> = inventory.groups.iter().map(|group| group.pods.iter().any(|pod| selected(model, scope, *pod))).collect();
    let wanted = |group: usize| in_scope.get(group).copied().unwrap_or(false);
    let mut words = Words { model, peers: HashMap::new(), ports: HashMap::new() };
    let mut sides = Sides { model, near: HashMap::new(), outside: HashMap::new() };
    // Workloads are in the order of their names, so that rows sort themselves: one list for each source, the last one for
    // sources that are no workload.
    let mut by_source: Vec<Vec<Connection>> = vec![Vec::new(); inventory.groups.len() + 1];
    let mut count = 0;
    let mut cut = false;
    for target in 0..inventory.groups.len() {
        if scope.limit.is_some_and(|limit| count > limit) {
            cut = true;
            break;
        }
        for (source, pairs) in sources(&mut sides, target) {
            if let Some(rows) = by_source.get_mut(source).filter(|_| wanted(target) || wanted(source)) {
                let before = rows.len();
                pairs.iter().for_each(|pair| words.connections(source, target, pair, rows));
                count += rows.len() - before;
            }
        }
    }
    let mut others = Vec::new();
    for group in (0..inventory.groups.len()).filter(|group| wanted(*group)) {
        elsewhere(&mut sides, Direction::Ingress, group, &mut words, &mut others);
        if let Some(rows) = by_source.get_mut(group) {
            elsewhere(&mut sides, Direction::Egress, group, &mut words, rows);
        }
    }
    others.sort_by(|a, b| (&a.from, &a.to, a.verdict).cmp(&(&b.from, &b.to, b.verdict)));
    let connections = by_source.into_iter().flatten().chain(others).collect();
    (Matrix { connections, complete: !cut && !holes(model), cut }, lint::findings_in(model, scope.namespace.as_deref()))
}

/// Whether pods, policies or labels of namespaces could not be read, so that there may be more connections.
fn holes(model: &Model<'_>) -> bool {
    let inventory = model.inventory;
    inventory.origin != Origin::Manifests
        && (!inventory.pods_complete() || inventory.namespaces.iter().any(|n| !n.policies_known || !n.labels_known))
}

/// Whether a pod is in the scope.
fn selected(model: &Model<'_>, scope: &MatrixScope, pod: usize) -> bool {
    let Some(meta) = model.inventory.pods.get(pod).map(|p| &p.pod.metadata) else { return false };
    scope.namespace.as_ref().is_none_or(|ns| ns == &meta.namespace)
        && scope.selector.as_ref().is_none_or(|s| s.matches(&meta.labels) == Truth::Yes)
}

/// Every workload that may connect to a target workload. A row holds for every pair of the pods it counts.
fn sources(sides: &mut Sides<'_>, target: usize) -> BTreeMap<usize, BTreeSet<Pair>> {
    let model = sides.model;
    let inventory = model.inventory;
    let mut parts: BTreeMap<ClassId, usize> = BTreeMap::new();
    for (class, _) in inventory.pods_of(target).iter().filter_map(|pod| model.class_of(*pod)) {
        *parts.entry(class).or_default() += 1;
    }
    let parts: Vec<(ClassId, usize)> = parts.into_iter().collect();
    let mut found: Vec<(ClassId, usize, Bounds)> = Vec::new();
    for (part, (id, _)) in parts.iter().enumerate() {
        let Some(class) = model.class(*id) else { continue };
        let near = sides.near(*id, class);
        let mut far = Far::new(model, Direction::Ingress, class);
        let mut look = |source_id: ClassId, source: &Class| {
            let ingress = near.allows(source_id, source);
            if ingress.is_none() {
                return;
            }
            let bounds = ingress.and(far.allows(source_id, source), &model.ports);
            if !bounds.is_none() {
                found.push((source_id, part, bounds));
            }
        };
        if near.only_listed() {
            near.listed().into_iter().filter_map(|id| Some((id, model.class(id)?))).for_each(|(id, class)| look(id, class));
        } else {
            (0..).zip(&model.classes.list).for_each(|(id, class)| look(id, class));
        }
    }
    found.sort_unstable();
    let mut tallies: BTreeMap<usize, Tally> = BTreeMap::new();
    for entries in found.chunk_by(|a, b| a.0 == b.0) {
        let Some((source_id, ..)) = entries.first() else { continue };
        let bounds: Vec<(usize, Bounds)> = entries.iter().map(|(_, part, bounds)| (*part, *bounds)).collect();
        let pods = model.class(*source_id).map(|c| c.pods.as_slice()).unwrap_or_default();
        // Positions are sorted, and so pods of one workload mostly stand together.
        let groups: Vec<usize> = pods.iter().filter_map(|pod| inventory.pods.get(*pod)).map(|p| p.group).collect();
        for same in groups.chunk_by(|a, b| a == b) {
            let Some(group) = same.first() else { continue };
            // The only pod of its class in the workload meets nobody but itself there.
            let itself = parts.iter().position(|(class, count)| *group == target && class == source_id && *count == 1);
            tallies.entry(*group).or_default().add(*source_id, same.len(), &split(&bounds, itself));
        }
    }
    let part_pods = |at: &usize| parts.get(*at).map_or(0, |(_, count)| *count);
    let pair = |((near, bounds), row): (&(Vec<usize>, Bounds), &Row)| Pair {
        bounds: *bounds,
        from_pods: row.pods,
        to_pods: near.iter().map(part_pods).sum(),
    };
    let mut pairs: BTreeMap<usize, BTreeSet<Pair>> =
        tallies.iter().map(|(group, tally)| (*group, tally.rows.iter().map(pair).collect())).collect();
    always(model, target, &mut pairs);
    pairs
}

/// Rules 32 and 33: a pod reaches itself, and pods on the host network and the other pods of their node reach each other.
fn always(model: &Model<'_>, target: usize, pairs: &mut BTreeMap<usize, BTreeSet<Pair>>) {
    let inventory = model.inventory;
    let targets = inventory.pods_of(target);
    if let [only] = targets
        && model.bond(*only, *only).is_some()
    {
        pairs.insert(target, BTreeSet::from([Pair { bounds: Bounds::ALL, from_pods: 1, to_pods: 1 }]));
    }
    if model.classes.host.is_empty() {
        return;
    }
    // By source workload, node, whether the targets are on the host network, and what may pass: the pods on either side.
    let mut shared: BTreeMap<(usize, &str, bool, Bounds), [BTreeSet<usize>; 2]> = BTreeMap::new();
    for to in targets {
        let Some((node, host)) = inventory.pods.get(*to).map(|p| (p.pod.spec.node_name.as_str(), p.pod.spec.host_network)) else {
            continue;
        };
        for from in same_node(model, *to).into_iter().filter(|from| from != to) {
            let Some(group) = inventory.pods.get(from).map(|p| p.group) else { continue };
            let [sources, targets] = shared.entry((group, node, host, model.between_pods(from, *to))).or_default();
            sources.insert(from);
            targets.insert(*to);
        }
    }
    for ((group, _, _, bounds), [from, to]) in shared {
        let rows = pairs.entry(group).or_default();
        let pair = Pair { bounds, from_pods: from.len(), to_pods: to.len() };
        let whole = |p: &Pair| p.bounds == Bounds::ALL && p.from_pods == inventory.pods_of(group).len() && p.to_pods == targets.len();
        if pair.from_pods == inventory.pods_of(group).len() && pair.to_pods == targets.len() {
            *rows = BTreeSet::from([pair]);
        } else if !rows.iter().any(whole) {
            rows.insert(pair);
        }
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

/// What targets and workloads with the same policies share, looked at once.
struct Sides<'m> {
    model: &'m Model<'m>,
    near: HashMap<NearKey, Near<'m>>,
    outside: HashMap<OutsideKey, Vec<Outside>>,
}

/// What the ingress rules of a class depend on: its policies, its named ports, its families.
type NearKey = (u32, u32, Option<Family>, bool, bool);

/// What a class may exchange with addresses depends on: its policies (NetworkPolicies among them, or only cluster-wide ones), and
/// for ingress its named ports.
type OutsideKey = (Direction, Result<u32, (Option<u32>, bool)>, Option<u32>);

/// One range of addresses outside and what may pass.
#[derive(Clone)]
struct Outside {
    peer: Arc<Peer>,
    verdict: Verdict,
    ports: Arc<Vec<PortRange>>,
}

impl<'m> Sides<'m> {
    fn near(&mut self, id: ClassId, class: &'m Class) -> &Near<'m> {
        let model = self.model;
        let subject = model.subject_id(Direction::Ingress, id);
        let key = (subject, class.named, class.primary, class.v4.is_some(), class.v6.is_some());
        self.near.entry(key).or_insert_with(|| Near::new(model, Direction::Ingress, (id, class), false))
    }

    /// Addresses outside that a workload's pods may talk with; looked up where all its pods have the same policies.
    fn outside(&mut self, direction: Direction, group: usize) -> Vec<Outside> {
        let model = self.model;
        let pods = model.inventory.pods_of(group);
        let ask = || {
            let focus = Focus::pods(model, &Peer::default(), pods, None);
            let rows = others::addresses(model, direction, &focus).into_iter();
            rows.map(|r| Outside { peer: Arc::new(r.peer), verdict: r.verdict, ports: Arc::new(r.ports) }).collect::<Vec<_>>()
        };
        let key = |(id, class): (ClassId, &Class)| {
            let (number, subject) = (model.subject_id(direction, id), model.subject_of(direction, id));
            // Without NetworkPolicies of their own, subjects differ in their cluster-wide policies only.
            let plain = subject.policies.is_empty() && subject.doubtful.is_empty() && !subject.unseen;
            let policies = if plain { Err((subject.stack, subject.hidden.any())) } else { Ok(number) };
            (direction, policies, (direction == Direction::Ingress).then_some(class.named))
        };
        let keys: BTreeSet<OutsideKey> = pods.iter().filter_map(|pod| model.class_of(*pod)).map(key).collect();
        match keys.iter().collect::<Vec<_>>().as_slice() {
            [only] => self.outside.entry(**only).or_insert_with(ask).clone(),
            _ => ask(),
        }
    }
}

/// Connections of a workload with addresses outside and with pods nobody could read, in one direction.
fn elsewhere(sides: &mut Sides<'_>, direction: Direction, group: usize, words: &mut Words<'_>, out: &mut Vec<Connection>) {
    let model = sides.model;
    let pods = model.inventory.pods_of(group);
    let this = words.peer(group, pods.len());
    let unread = || {
        let focus = Focus::pods(model, &Peer::default(), pods, None);
        let rows = others::unread_pods(model, direction, &focus).into_iter();
        rows.map(|r| Outside { peer: Arc::new(r.peer), verdict: r.verdict, ports: Arc::new(r.ports) }).collect::<Vec<_>>()
    };
    let mut rows = unread();
    rows.extend(sides.outside(direction, group));
    for Outside { peer, verdict, ports } in rows {
        let (from, to) = if direction == Direction::Ingress { (peer, this.clone()) } else { (this.clone(), peer) };
        out.push(Connection { from, to, verdict, ports });
    }
}
