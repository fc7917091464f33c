//! Which workloads are at the other end, and what they may do.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::policy::classes::{Class, ClassId};
use crate::policy::model::Model;
use crate::policy::peers::Other;
use crate::policy::ports::{Bounds, PortsId};
use crate::policy::reach::{Far, Near};
use crate::report::policy::{NO_RULE_ALLOWS, Reach};
use crate::report::{Direction, PodCount, RuleRef, Verdict};

use super::focus::Focus;
use super::tally::{Tally, split};
use super::turns::tier_doubts;
use super::words::{denying_refs, group_peer, object_list, policy_list, ports_of, rule_ref, verdicts};

/// Rule 33, where cluster-wide policies have a say.
const BY_CLUSTER_POLICIES: &str = "its own node: only cluster-wide policies have a say";

/// What was found for one class at the far end.
#[derive(Debug, Default)]
struct Found {
    /// What holds for each bucket of the focus that the near side does not rule out.
    parts: Vec<(usize, Bounds)>,
    /// The far side denies what the near side would allow.
    denied_by_far: bool,
}

/// What was found for one workload.
#[derive(Debug, Default)]
struct Group {
    tally: Tally,
    /// Pods that share their node with all of the focus, by what may pass.
    on_node: BTreeMap<Bounds, usize>,
    /// Classes whose own policies deny what the near side would allow.
    denied: BTreeSet<ClassId>,
}

/// Every workload at the other end with something to say about, sorted: allowed first, then unknown, then denied.
///
/// `direction` is that of the focus: ingress if the others are sources.
pub fn workloads(model: &Model<'_>, direction: Direction, focus: &Focus) -> Vec<Reach> {
    let all = focus.all_pods();
    // One pod alone is not its own peer.
    let myself = match all.as_slice() {
        [only] if !model.inventory.pods.get(*only).is_some_and(|p| p.several) => Some(*only),
        _ => None,
    };
    let groups = groups(model, &classes(model, direction, focus), &same_node(model, direction, focus), focus, myself);
    let mut because = Because::new(model, direction, focus);
    let mut rows: Vec<Reach> = Vec::new();
    for (group, found) in groups {
        let mut of_group: Vec<Reach> = Vec::new();
        let members = model.inventory.pods_of(group);
        let total = members.len() - usize::from(myself.is_some_and(|pod| members.contains(&pod)));
        let peer = |matched: usize| group_peer(model.inventory, group, matched, total);
        let mut quiet = true;
        for ((parts, bounds), row) in &found.tally.rows {
            let near: usize = parts.iter().filter_map(|part| focus.buckets.get(*part)).map(|b| b.pods.len()).sum();
            let target_pods = (near < all.len()).then_some(PodCount { matched: near, total: all.len() });
            for (verdict, ports) in verdicts(model, *bounds) {
                quiet = false;
                let rules = because.rules(&row.classes, parts, ports);
                let mut reasons = Vec::new();
                if rules.is_empty() && verdict == Verdict::Allow {
                    reasons.push("not isolated".to_owned());
                }
                if verdict == Verdict::Unknown {
                    reasons.extend(because.doubts(&row.classes, parts));
                }
                let ports = ports_of(model, ports);
                add(&mut of_group, Reach { peer: peer(row.pods), verdict, ports, because: rules, reasons, target_pods });
            }
        }
        let asked = focus.buckets.iter().fold(PortsId::NONE, |all, b| model.ports.union(all, b.wanted));
        for (bounds, pods) in &found.on_node {
            let reason = if *bounds == Bounds::ALL { "a pod and its own node always reach each other" } else { BY_CLUSTER_POLICIES };
            for (verdict, ports) in verdicts(model, bounds.and(Bounds::exactly(asked), &model.ports)) {
                quiet = false;
                let (peer, ports, reasons) = (peer(*pods), ports_of(model, ports), vec![reason.to_owned()]);
                add(&mut of_group, Reach { peer, verdict, ports, because: Vec::new(), reasons, target_pods: None });
            }
        }
        // On the host network some may be reached after all: those of the same node.
        let by_node = focus.buckets.iter().any(|b| model.class(b.class).is_some_and(|c| c.host.is_some()));
        if quiet && !found.denied.is_empty() && !by_node {
            let reasons = because.denials(&found.denied);
            rows.push(Reach { peer: peer(0), verdict: Verdict::Deny, ports: Vec::new(), because: Vec::new(), reasons, target_pods: None });
        }
        rows.append(&mut of_group);
    }
    rows.sort_by(|a, b| (rank(a.verdict), &a.peer, &a.ports, &a.because).cmp(&(rank(b.verdict), &b.peer, &b.ports, &b.because)));
    rows
}

/// Adds a row of a workload, or its pods to a row that says the same. What holds for some of the focus only may be about the
/// same pods each time: such rows are one if they count as many.
fn add(rows: &mut Vec<Reach>, new: Reach) {
    let same = |row: &&mut Reach| {
        let counts = new.target_pods.is_none() || row.peer.pods == new.peer.pods;
        counts && (row.verdict, &row.ports, &row.because, row.target_pods) == (new.verdict, &new.ports, &new.because, new.target_pods)
    };
    let Some(row) = rows.iter_mut().find(same) else { return rows.push(new) };
    if let (None, Some(pods), Some(more)) = (new.target_pods, &mut row.peer.pods, new.peer.pods) {
        pods.matched = pods.total.min(pods.matched + more.matched);
    }
}

/// What was found for classes, by workload.
fn groups(
    model: &Model<'_>,
    found: &BTreeMap<ClassId, Found>,
    on_node: &BTreeMap<usize, Bounds>,
    focus: &Focus,
    myself: Option<usize>,
) -> BTreeMap<usize, Group> {
    let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
    let group_of = |pod: &usize| model.inventory.pods.get(*pod).map(|p| p.group);
    for (class, found) in found {
        let pods = model.class(*class).map(|c| c.pods.as_slice()).unwrap_or_default();
        // A bucket of one pod that is itself the only one of the far class meets nobody but itself.
        let itself = focus.buckets.iter().position(|b| b.class == *class && pods.len() == 1 && b.pods == pods);
        let split = split(&found.parts, itself);
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for pod in pods.iter().filter(|pod| Some(**pod) != myself && !on_node.contains_key(pod)) {
            if let Some(group) = group_of(pod) {
                *counts.entry(group).or_default() += 1;
            }
        }
        for (group, pods) in counts {
            let entry = groups.entry(group).or_default();
            entry.tally.add(*class, pods, &split);
            if found.denied_by_far {
                entry.denied.insert(*class);
            }
        }
    }
    for (pod, bounds) in on_node.iter().filter(|(pod, _)| Some(**pod) != myself) {
        if let Some(group) = group_of(pod) {
            *groups.entry(group).or_default().on_node.entry(*bounds).or_default() += 1;
        }
    }
    groups
}

fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Allow => 0,
        Verdict::Unknown => 1,
        Verdict::Deny => 2,
    }
}

/// Both sides for every class at the far end that the near end does not rule out.
fn classes(model: &Model<'_>, direction: Direction, focus: &Focus) -> BTreeMap<ClassId, Found> {
    let mut found: BTreeMap<ClassId, Found> = BTreeMap::new();
    for (number, bucket) in focus.buckets.iter().enumerate() {
        let Some(class) = model.class(bucket.class) else { continue };
        let near = Near::new(model, direction, (bucket.class, class), false);
        let mut far = Far::new(model, direction, class);
        let mut look = |id: ClassId, other: &Class| {
            let wanted = Bounds::exactly(bucket.wanted);
            let near_side = near.allows(id, other).and(wanted, &model.ports);
            if near_side.is_none() {
                return;
            }
            let bounds = near_side.and(far.allows(id, other), &model.ports);
            let entry = found.entry(id).or_default();
            entry.parts.push((number, bounds));
            entry.denied_by_far |= bounds.is_none();
        };
        if near.only_listed() {
            for id in near.listed() {
                if let Some(other) = model.class(id) {
                    look(id, other);
                }
            }
        } else {
            for (id, other) in (0..).zip(&model.classes.list) {
                look(id, other);
            }
        }
    }
    found
}

/// Rule 33: pods that share a node with all of the focus, one of them on the host network. What holds for some of the focus
/// only is the node's affair, not the workload's: the row of the own node says it.
fn same_node(model: &Model<'_>, direction: Direction, focus: &Focus) -> BTreeMap<usize, Bounds> {
    if model.classes.host.is_empty() {
        return BTreeMap::new();
    }
    let pods = focus.all_pods();
    let Some(first) = pods.first() else { return BTreeMap::new() };
    let others = 0..model.inventory.pods.len();
    let near_first = others.filter(|other| other != first && model.bond(*other, *first).is_some());
    let near_all = near_first.filter(|other| pods.iter().all(|pod| pod == other || model.bond(*other, *pod).is_some()));
    let between = |other: usize| {
        let one = |pod: &usize| match direction {
            Direction::Ingress => model.between_pods(other, *pod),
            Direction::Egress => model.between_pods(*pod, other),
        };
        let each = pods.iter().filter(|pod| **pod != other).map(one);
        each.reduce(|a, b| a.either(b, &model.ports)).unwrap_or(Bounds::ALL)
    };
    near_all.map(|other| (other, between(other))).collect()
}

/// Which rules say so; asked only for what is shown. Far sides are asked once a subject.
struct Because<'m> {
    model: &'m Model<'m>,
    direction: Direction,
    focus: &'m Focus,
    far_rules: HashMap<(u32, u32, usize), Vec<(RuleRef, PortsId)>>,
    near_rules: HashMap<usize, Near<'m>>,
}

impl<'m> Because<'m> {
    fn new(model: &'m Model<'m>, direction: Direction, focus: &'m Focus) -> Self {
        Self { model, direction, focus, far_rules: HashMap::new(), near_rules: HashMap::new() }
    }

    fn other_direction(&self) -> Direction {
        if self.direction == Direction::Ingress { Direction::Egress } else { Direction::Ingress }
    }

    /// The rules on both sides that allow any of the ports between these classes, sorted.
    fn rules(&mut self, far: &BTreeSet<ClassId>, near: &[usize], ports: PortsId) -> Vec<RuleRef> {
        let mut rules: BTreeSet<RuleRef> = BTreeSet::new();
        let model = self.model;
        let overlaps = |allowed: PortsId| !model.ports.intersection(allowed, ports).is_none();
        for number in near {
            let Some(bucket) = self.focus.buckets.get(*number) else { continue };
            let Some(class) = model.class(bucket.class) else { continue };
            let side = self.near_rules.entry(*number).or_insert_with(|| Near::new(model, self.direction, (bucket.class, class), true));
            for id in far {
                let Some(other) = model.class(*id) else { continue };
                for (rule, allowed) in side.rules(*id, other) {
                    if overlaps(allowed.possible) {
                        rules.insert(rule_ref(model.inventory, self.direction, rule));
                    }
                }
                rules.extend(side.accepting(other, ports).into_iter().map(|rule| rule_ref(model.inventory, self.direction, rule)));
            }
        }
        let direction = self.other_direction();
        for number in near {
            let Some(class) = self.focus.buckets.get(*number).and_then(|b| model.class(b.class)) else { continue };
            for id in far {
                let Some(other) = model.class(*id) else { continue };
                let (source, target) = if direction == Direction::Egress { (other, class) } else { (class, other) };
                let subject = model.subject_id(direction, *id);
                let known = self.far_rules.entry((subject, target.named, *number)).or_insert_with(|| {
                    let end = Other::Pods(class, Model::family(source, target), model.cni.blocks_match_pods());
                    let subject = model.subject(direction, subject);
                    let past = model.past_admin(direction, subject, &end, Some(target));
                    let allowing = model.rules(direction, subject).filter_map(|rule| {
                        let allowed = model.ports.intersection(model.rule_allows(rule, &end, Some(target)).possible, past);
                        (!allowed.is_none()).then(|| (rule_ref(model.inventory, direction, rule), allowed))
                    });
                    let accepting = model.acceptances(direction, subject, &end, Some(target)).into_iter();
                    allowing.chain(accepting.map(|(rule, ports)| (rule_ref(model.inventory, direction, rule), ports))).collect()
                });
                rules.extend(known.iter().filter(|(_, allowed)| overlaps(*allowed)).map(|(rule, _)| rule.clone()));
            }
        }
        rules.into_iter().collect()
    }

    /// Why it cannot be told.
    fn doubts(&self, far: &BTreeSet<ClassId>, near: &[usize]) -> Vec<String> {
        let near = near.iter().filter_map(|n| self.focus.buckets.get(*n)).map(|b| (self.direction, b.class));
        let sides = near.chain(far.iter().map(|id| (self.other_direction(), *id)));
        let hosts = |id: &ClassId| self.model.classes.host.contains(*id);
        let outside = far.iter().any(hosts) || self.focus.buckets.iter().any(|b| hosts(&b.class));
        doubts(self.model, sides, outside)
    }

    /// Which policies on the far side deny.
    fn denials(&self, far: &BTreeSet<ClassId>) -> Vec<String> {
        let direction = self.other_direction();
        let mut policies: Vec<usize> = far.iter().flat_map(|id| self.model.subject_of(direction, *id).policies.iter().copied()).collect();
        policies.sort_unstable();
        policies.dedup();
        let above = denying_refs(self.model, direction, far.iter().map(|id| self.model.subject_of(direction, *id)));
        let mut reasons = Vec::new();
        if !above.is_empty() {
            let sure = if policies.is_empty() { "is" } else { "may be" };
            reasons.push(format!("its {direction} {sure} denied by {}", object_list(&above)));
        }
        if !policies.is_empty() {
            reasons.push(format!("its {direction} is isolated by {}{NO_RULE_ALLOWS}", policy_list(self.model.inventory, &policies)));
        }
        reasons
    }
}

/// What makes a side undecided, in words, each reason once.
///
/// `outside`: whether the other end is an address, which domain names may mean.
pub fn doubts(model: &Model<'_>, sides: impl Iterator<Item = (Direction, ClassId)>, outside: bool) -> Vec<String> {
    let mut reasons: BTreeSet<String> = BTreeSet::new();
    for (direction, id) in sides {
        let Some(class) = model.class(id) else { continue };
        let namespace = model.inventory.namespaces.get(class.namespace).map_or("", |n| n.name.as_str());
        let subject = model.subject_of(direction, id);
        if subject.unseen {
            reasons.insert(format!("cannot list networkpolicies in namespace {namespace}"));
        }
        if !subject.doubtful.is_empty() {
            reasons.insert(format!(
                "Kubernetes would refuse {}: what it was meant to isolate is open",
                policy_list(model.inventory, &subject.doubtful)
            ));
        }
        reasons.extend(tier_doubts(model, direction, subject, outside));
        if model.inventory.namespaces.get(class.namespace).is_some_and(|n| !n.labels_known) {
            reasons.insert(format!("the labels of namespace {namespace} could not be read"));
        }
        if class.primary.is_none() {
            let pod = class.pods.first().and_then(|p| model.inventory.pods.get(*p)).map_or("", |p| p.pod.metadata.name.as_str());
            reasons.insert(format!("{namespace}/{pod} has no address yet: whether an ipBlock matches it is open"));
        }
    }
    if reasons.is_empty() {
        reasons.insert("a rule on the way cannot be decided (a field, a port name of a sidecar, or an ipBlock over pods)".to_owned());
    }
    reasons.into_iter().collect()
}
