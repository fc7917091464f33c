//! Which workloads are at the other end, and what they may do.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::policy::classes::{Class, ClassId};
use crate::policy::model::Model;
use crate::policy::peers::Other;
use crate::policy::ports::{Bounds, PortsId};
use crate::policy::reach::{Far, Near};
use crate::report::policy::Reach;
use crate::report::{Direction, PodCount, RuleRef, Verdict};

use super::focus::{Bucket, Focus};
use super::words::{group_peer, policy_list, ports_of, rule_ref, verdicts};

/// What was found for one class at the far end.
#[derive(Debug, Default)]
struct Found {
    bounds: Option<Bounds>,
    /// The far side denies what the near side would allow.
    denied_by_far: bool,
    /// Near pods it holds for.
    near_pods: usize,
    /// Near buckets it was asked for.
    near: Vec<usize>,
}

/// What was found for one workload.
#[derive(Debug, Default)]
struct GroupFound {
    bounds: Option<Bounds>,
    certain_pods: usize,
    possible_pods: usize,
    denied_by_far: bool,
    same_node: bool,
    near_pods: usize,
    classes: BTreeSet<ClassId>,
    near: BTreeSet<usize>,
}

/// Every workload at the other end with something to say about, sorted: allowed first, then unknown, then denied.
///
/// `direction` is that of the focus: ingress if the others are sources.
pub fn workloads(model: &Model<'_>, direction: Direction, focus: &Focus) -> Vec<Reach> {
    let found = classes(model, direction, focus);
    let overrides = same_node(model, focus);
    let all = focus.all_pods();
    let myself = match all.as_slice() {
        [only] if !model.inventory.pods.get(*only).is_some_and(|p| p.several) => Some(*only),
        _ => None,
    };
    let mut groups: BTreeMap<usize, GroupFound> = BTreeMap::new();
    let mut add = |pod: usize, class: ClassId, found: Option<&Found>, extra: Option<&(PortsId, usize)>| {
        if myself == Some(pod) {
            return;
        }
        let Some(info) = model.inventory.pods.get(pod) else { return };
        let entry = groups.entry(info.group).or_default();
        let mut bounds = found.and_then(|f| f.bounds).unwrap_or(Bounds::NONE);
        if let Some((ports, near_pods)) = extra {
            bounds = bounds.or(Bounds::exactly(*ports), &model.ports);
            entry.same_node = true;
            entry.near_pods = entry.near_pods.max(*near_pods);
        }
        entry.certain_pods += usize::from(!bounds.certain.is_none());
        entry.possible_pods += usize::from(!bounds.possible.is_none());
        entry.bounds = Some(entry.bounds.unwrap_or(Bounds::NONE).or(bounds, &model.ports));
        if let Some(found) = found {
            entry.denied_by_far |= found.denied_by_far;
            entry.near_pods = entry.near_pods.max(found.near_pods);
            entry.classes.insert(class);
            entry.near.extend(&found.near);
        }
    };
    for (class, found) in &found {
        for pod in model.class(*class).map(|c| c.pods.as_slice()).unwrap_or_default() {
            add(*pod, *class, Some(found), overrides.get(pod));
        }
    }
    for (pod, extra) in &overrides {
        if let Some((class, _)) = model.class_of(*pod).filter(|(class, _)| !found.contains_key(class)) {
            add(*pod, class, None, Some(extra));
        }
    }

    let mut because = Because::new(model, direction, focus);
    let mut rows: Vec<Reach> = Vec::new();
    for (group, found) in groups {
        let bounds = found.bounds.unwrap_or(Bounds::NONE);
        let members = model.inventory.pods_of(group);
        let total = members.len() - usize::from(myself.is_some_and(|pod| members.contains(&pod)));
        let target_pods = (found.near_pods < all.len()).then_some(PodCount { matched: found.near_pods, total: all.len() });
        for (verdict, ports) in verdicts(model, bounds) {
            let matched = if verdict == Verdict::Allow { found.certain_pods } else { found.possible_pods };
            let rules = because.rules(&found.classes, &found.near, ports);
            let mut reasons = Vec::new();
            if found.same_node {
                reasons.push("a pod and its own node always reach each other".to_owned());
            } else if rules.is_empty() && verdict == Verdict::Allow {
                reasons.push("not isolated".to_owned());
            }
            if verdict == Verdict::Unknown {
                reasons.extend(because.doubts(&found.classes, &found.near));
            }
            let peer = group_peer(model.inventory, group, matched, total);
            rows.push(Reach { peer, verdict, ports: ports_of(model, ports), because: rules, reasons, target_pods });
        }
        if bounds.is_none() && found.denied_by_far {
            let reasons = because.denials(&found.classes);
            let peer = group_peer(model.inventory, group, 0, total);
            rows.push(Reach { peer, verdict: Verdict::Deny, ports: Vec::new(), because: Vec::new(), reasons, target_pods: None });
        }
    }
    rows.sort_by(|a, b| (rank(a.verdict), &a.peer).cmp(&(rank(b.verdict), &b.peer)));
    rows
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
            entry.bounds = Some(entry.bounds.unwrap_or(Bounds::NONE).or(bounds, &model.ports));
            entry.near.push(number);
            if bounds.is_none() {
                entry.denied_by_far = true;
            } else {
                entry.near_pods += bucket.pods.len();
            }
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

/// Rule 33: pods on the host network of the same node, and for a focus on the host network every pod of its node.
fn same_node(model: &Model<'_>, focus: &Focus) -> BTreeMap<usize, (PortsId, usize)> {
    let mut overrides: BTreeMap<usize, (PortsId, usize)> = BTreeMap::new();
    if model.classes.host.is_empty() {
        return overrides;
    }
    let mut of_node: HashMap<&str, Vec<usize>> = HashMap::new();
    for (position, info) in model.inventory.pods.iter().enumerate().filter(|(_, p)| !p.pod.spec.node_name.is_empty()) {
        of_node.entry(&info.pod.spec.node_name).or_default().push(position);
    }
    for Bucket { wanted, pods, .. } in &focus.buckets {
        for pod in pods {
            let node = model.inventory.pods.get(*pod).map_or("", |p| p.pod.spec.node_name.as_str());
            for other in of_node.get(node).into_iter().flatten().filter(|other| *other != pod && model.always_allowed(**other, *pod)) {
                let entry = overrides.entry(*other).or_insert((PortsId::NONE, 0));
                *entry = (model.ports.union(entry.0, *wanted), entry.1 + 1);
            }
        }
    }
    // What holds for some of the pods only is the node's affair, not the workload's: the row of the own node says it.
    let all: usize = focus.buckets.iter().map(|b| b.pods.len()).sum();
    overrides.retain(|_, (_, pods)| *pods == all);
    overrides
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
    fn rules(&mut self, far: &BTreeSet<ClassId>, near: &BTreeSet<usize>, ports: PortsId) -> Vec<RuleRef> {
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
                    let allowing = model.rules(direction, model.subject(direction, subject)).filter_map(|rule| {
                        let allowed = model.rule_allows(rule, &end, Some(target)).possible;
                        (!allowed.is_none()).then(|| (rule_ref(model.inventory, direction, rule), allowed))
                    });
                    allowing.collect()
                });
                rules.extend(known.iter().filter(|(_, allowed)| overlaps(*allowed)).map(|(rule, _)| rule.clone()));
            }
        }
        rules.into_iter().collect()
    }

    /// Why it cannot be told.
    fn doubts(&self, far: &BTreeSet<ClassId>, near: &BTreeSet<usize>) -> Vec<String> {
        let near = near.iter().filter_map(|n| self.focus.buckets.get(*n)).map(|b| (self.direction, b.class));
        let sides = near.chain(far.iter().map(|id| (self.other_direction(), *id)));
        doubts(self.model, sides)
    }

    /// Which policies on the far side deny.
    fn denials(&self, far: &BTreeSet<ClassId>) -> Vec<String> {
        let direction = self.other_direction();
        let mut policies: Vec<usize> = far.iter().flat_map(|id| self.model.subject_of(direction, *id).policies.iter().copied()).collect();
        policies.sort_unstable();
        policies.dedup();
        vec![format!("its {direction} is isolated by {} and none of their rules allows it", policy_list(self.model.inventory, &policies))]
    }
}

/// What makes a side undecided, in words, each reason once.
pub fn doubts(model: &Model<'_>, sides: impl Iterator<Item = (Direction, ClassId)>) -> Vec<String> {
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
