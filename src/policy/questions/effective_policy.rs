//! `effective-policy`: all policies of a pod added up, and what in them is idle.

use std::collections::BTreeMap;

use super::focus::Focus;
use super::others;
use super::trace::describe_peer;
use super::turns::{tier_name, word};
use super::words::{policy_ages, ports_of, rule_ref, verdicts};
use crate::objects::{NetworkPolicy, Truth};
use crate::policy::between::Party;
use crate::policy::blocks::AddressSet;
use crate::policy::classes::{Class, ClassId};
use crate::policy::compile::{CompiledPeer, CompiledPeers, CompiledRule, Id, Scope};
use crate::policy::lint;
use crate::policy::model::{Model, Subject};
use crate::policy::ports::{Bounds, PortsId};
use crate::policy::question::Resolved;
use crate::policy::reach::Near;
use crate::policy::tiers::{Action, Tier};
use crate::report::policy::{Allowance, ClusterRuleRow, EffectiveDirection, EffectivePolicy, RuleNote};
use crate::report::{Direction, Finding, Peer, PodCount, RuleRef, Verdict};

/// Answers the question for pods.
pub fn effective_policy(model: &Model<'_>, subject: &Resolved) -> (EffectivePolicy, Vec<Finding>) {
    let focus = Focus::of(model, subject, None);
    let result = EffectivePolicy {
        ingress: direction(model, Direction::Ingress, &focus),
        egress: direction(model, Direction::Egress, &focus),
        subject: focus.peer.clone(),
    };
    let findings = lint::findings_about(model, &focus.all_pods(), &[Direction::Ingress, Direction::Egress]);
    (result, findings)
}

fn direction(model: &Model<'_>, direction: Direction, focus: &Focus) -> EffectiveDirection {
    let mut notes = Vec::new();
    // Pods of one workload nearly always have the same policies; where they differ the largest part is shown.
    let mut subjects: BTreeMap<u32, (usize, ClassId)> = BTreeMap::new();
    for bucket in &focus.buckets {
        let entry = subjects.entry(model.subject_id(direction, bucket.class)).or_insert((0, bucket.class));
        entry.0 += bucket.pods.len();
    }
    let total: usize = subjects.values().map(|(pods, _)| pods).sum();
    let largest = subjects.iter().max_by_key(|(id, (pods, _))| (*pods, std::cmp::Reverse(**id)));
    let Some((id, (pods, class_id))) = largest else { return empty(direction) };
    if subjects.len() > 1 {
        notes.push(format!("its pods differ: this is what holds for {pods} of {total}; ask about a single pod for the others"));
    }
    let subject = model.subject(direction, *id);
    let Some(class) = model.class(*class_id) else { return empty(direction) };
    let same: Vec<_> = focus.buckets.iter().filter(|b| model.subject_id(direction, b.class) == *id).cloned().collect();
    let focus = Focus { buckets: same, ..focus.clone() };
    notes.extend(misreadings(model, direction, subject));
    if class.host.is_some() {
        notes.push("on the host network: policies do not select it, its traffic is that of its node".to_owned());
    }
    EffectiveDirection {
        direction,
        isolated: focus.isolated(model, direction),
        policies: policy_ages(model.inventory, subject),
        cluster_rules: cluster_rules(model, direction, subject, class),
        allowed: allowed(model, direction, subject, (*class_id, class), &focus),
        adds_nothing: adds_nothing(model, direction, subject, class),
        matches_nothing: model
            .rules(direction, subject)
            .filter_map(|rule| {
                let note = lint::matches_nothing(model, rule, direction, class)?;
                Some(RuleNote { rule: rule_ref(model.inventory, direction, rule), note })
            })
            .collect(),
        notes,
    }
}

fn empty(direction: Direction) -> EffectiveDirection {
    EffectiveDirection {
        direction,
        isolated: None,
        policies: Vec::new(),
        cluster_rules: Vec::new(),
        allowed: Vec::new(),
        adds_nothing: Vec::new(),
        matches_nothing: Vec::new(),
        notes: Vec::new(),
    }
}

/// The destination of a rule's ports: known for ingress, one of the peers for egress.
fn destination(direction: Direction, class: &Class) -> Option<&Class> {
    (direction == Direction::Ingress).then_some(class)
}

/// What is allowed: selectors with the same peers in one row, address ranges cut into disjoint parts, nothing twice.
fn allowed(model: &Model<'_>, direction: Direction, subject: &Subject, party: Party<'_>, focus: &Focus) -> Vec<Allowance> {
    let class = party.1;
    let mut rows: Vec<Allowance> = Vec::new();
    let mut everyone = (Bounds::NONE, Vec::new());
    if subject.isolated() != Truth::Yes || subject.unseen {
        everyone.0 = subject.outcome(Bounds::NONE, Bounds::ALL);
    }
    let mut peers: BTreeMap<Id, (Bounds, Vec<RuleRef>)> = BTreeMap::new();
    let accepting = accepting(model, direction, subject);
    for rule in model.rules(direction, subject).chain(accepting) {
        let ports = egress_aware(model, rule, direction, class);
        let ports = if rule.doubtful { ports.doubtful() } else { ports };
        let reference = rule_ref(model.inventory, direction, rule);
        match &rule.peers {
            CompiledPeers::Everyone => {
                everyone.0 = everyone.0.or(ports, &model.ports);
                everyone.1.push(reference);
            }
            CompiledPeers::Any(ids) => {
                for id in ids {
                    let entry = peers.entry(*id).or_insert((Bounds::NONE, Vec::new()));
                    entry.0 = entry.0.or(ports, &model.ports);
                    entry.1.push(reference.clone());
                }
            }
        }
    }
    let tiers = Tiers { model, direction, class, near: subject.in_tiers().then(|| Near::new(model, direction, party, false)) };
    let mut push = |peer: Peer, bounds: Bounds, compiled: Option<&CompiledPeer>, because: &[RuleRef]| {
        let (bounds, some) = tiers.leave(bounds, compiled);
        let of_some = if some { " (some of them)" } else { "" };
        for (verdict, ports) in verdicts(model, bounds) {
            let description = if verdict == Verdict::Unknown { format!("{}{of_some}", peer.description) } else { peer.description.clone() };
            let peer = Peer { description, ..peer.clone() };
            rows.push(Allowance { peer: peer.clone(), ports: ports_of(model, ports), verdict, because: because.to_vec() });
        }
    };
    if !everyone.0.is_none() {
        let peer = Peer { kind: "Pods".to_owned(), description: "every pod".to_owned(), ..Peer::default() };
        push(peer, everyone.0, None, &everyone.1);
    }
    for (id, (bounds, because)) in &peers {
        let Some(compiled) = model.compiled.peers.get(*id).filter(|p| !is_address(p)) else { continue };
        let peer = compiled;
        // What everyone may do needs no second row.
        let bounds = Bounds {
            certain: model.ports.difference(bounds.certain, everyone.0.certain),
            possible: model.ports.difference(bounds.possible, everyone.0.certain),
        };
        let classes = model.classes_of(peer, class, direction);
        let pods: usize = classes.possible.iter().filter_map(|id| model.class(id)).map(|c| c.pods.len()).sum();
        let namespace = match peer {
            CompiledPeer::Pods { scope: Scope::One(at), .. } => model.inventory.namespaces.get(*at).map(|n| n.name.clone()),
            _ => None,
        };
        let peer = Peer {
            kind: "Pods".to_owned(),
            namespace: namespace.unwrap_or_default(),
            pods: Some(PodCount { matched: pods, total: pods }),
            description: describe_peer(model, peer),
            ..Peer::default()
        };
        push(peer, bounds, Some(compiled), because);
    }
    rows.sort_by(|a, b| (a.verdict, &a.peer, &a.ports).cmp(&(b.verdict, &b.peer, &b.ports)));
    rows.extend(others::addresses(model, direction, focus).into_iter().map(|reach| Allowance {
        peer: reach.peer,
        ports: reach.ports,
        verdict: reach.verdict,
        because: reach.because,
    }));
    rows
}

/// Peers that rows about addresses speak of.
fn is_address(peer: &CompiledPeer) -> bool {
    matches!(peer, CompiledPeer::Block(_) | CompiledPeer::Network(_) | CompiledPeer::Nodes(_) | CompiledPeer::Domains(_))
}

/// Rules of cluster-wide policies that allow something, in tiers that are asked.
fn accepting<'m>(model: &'m Model<'_>, direction: Direction, subject: &Subject) -> Vec<&'m CompiledRule> {
    let Some(stack) = subject.stack.and_then(|id| model.stack(id)) else { return Vec::new() };
    let asked = [Tier::Admin, Tier::Baseline].into_iter().filter(|tier| *tier == Tier::Admin || subject.isolated() != Truth::Yes);
    let rules = asked.flat_map(|tier| model.tier_rules(direction, stack, tier));
    rules.filter(|rule| rule.action == Action::Accept).map(|rule| &rule.rule).collect()
}

/// What cluster-wide policies leave of an allowance.
struct Tiers<'m> {
    model: &'m Model<'m>,
    direction: Direction,
    class: &'m Class,
    /// None where they have no say.
    near: Option<Near<'m>>,
}

impl Tiers<'_> {
    /// What of it holds for all pods of a peer, what for some (none: every pod), and whether it is certain for some only.
    fn leave(&self, bounds: Bounds, peer: Option<&CompiledPeer>) -> (Bounds, bool) {
        let Some(near) = &self.near else { return (bounds, false) };
        let (model, table) = (self.model, &self.model.ports);
        let everyone = || (0..u32::try_from(model.classes.list.len()).unwrap_or(u32::MAX)).collect();
        let ids = peer.map_or_else(everyone, |peer| model.classes_of(peer, self.class, self.direction).possible);
        let left = ids.iter().filter_map(|id| model.class(id).map(|far| near.allows(id, far).and(bounds, table)));
        let (mut all, mut any): (Option<PortsId>, Bounds) = (None, Bounds::NONE);
        for one in left {
            all = Some(all.map_or(one.certain, |all| table.intersection(all, one.certain)));
            any = any.or(one, table);
        }
        match all {
            Some(all) => (Bounds { certain: all, possible: any.possible }, any.certain != all),
            // Pods that will come: whatever a rule denies may be meant for them.
            None => (bounds.doubtful(), false),
        }
    }
}

/// The rules of cluster-wide policies, in the order in which they are asked.
fn cluster_rules(model: &Model<'_>, direction: Direction, subject: &Subject, class: &Class) -> Vec<ClusterRuleRow> {
    let Some(stack) = subject.stack.and_then(|id| model.stack(id)) else { return Vec::new() };
    let mut rows = Vec::new();
    for tier in [Tier::Admin, Tier::Baseline] {
        for rule in model.tier_rules(direction, stack, tier) {
            let peers = match &rule.rule.peers {
                CompiledPeers::Everyone => vec!["everyone".to_owned()],
                CompiledPeers::Any(ids) => {
                    ids.iter().filter_map(|id| model.compiled.peers.get(*id)).map(|peer| describe_peer(model, peer)).collect()
                }
            };
            let ports = egress_aware(model, &rule.rule, direction, class).possible;
            let (rule_ref, action) = (rule_ref(model.inventory, direction, &rule.rule), word(model, direction, rule));
            rows.push(ClusterRuleRow { tier: tier_name(tier), rule: rule_ref, action, peers, ports: ports_of(model, ports) });
        }
    }
    rows
}

/// The ports of a rule. An egress rule's named ports are those of its destinations: of all of them, here.
fn egress_aware(model: &Model<'_>, rule: &CompiledRule, direction: Direction, class: &Class) -> Bounds {
    if direction == Direction::Ingress {
        return model.rule_ports(rule, Some(class));
    }
    let peers = match &rule.peers {
        CompiledPeers::Any(ids) => ids.as_slice(),
        CompiledPeers::Everyone => return everyone_ports(model, rule),
    };
    let named =
        peers.iter().filter_map(|id| model.compiled.peers.get(*id)).flat_map(|peer| model.classes_of(peer, class, direction).possible);
    let mut all = model.rule_ports(rule, None);
    for id in named {
        if let Some(far) = model.class(id) {
            all = all.or(model.rule_ports(rule, Some(far)), &model.ports);
        }
    }
    all
}

fn everyone_ports(model: &Model<'_>, rule: &CompiledRule) -> Bounds {
    model.classes.list.iter().fold(model.rule_ports(rule, None), |all, far| all.or(model.rule_ports(rule, Some(far)), &model.ports))
}

/// Rules whose every allowance another rule (that is not idle itself) gives too.
fn adds_nothing(model: &Model<'_>, direction: Direction, subject: &Subject, class: &Class) -> Vec<RuleNote> {
    let rules: Vec<&CompiledRule> = model.rules(direction, subject).collect();
    let mut idle: Vec<bool> = vec![false; rules.len()];
    let mut notes = Vec::new();
    // From the last to the first, so that of two equal rules the later one is named.
    for (at, rule) in rules.iter().enumerate().rev() {
        let useful = rules.iter().zip(&idle).enumerate().filter(|(other, (_, idle))| *other != at && !**idle).map(|(_, (rule, _))| *rule);
        let others: Vec<&CompiledRule> = useful.collect();
        if let Some(by) = covered(model, rule, &others, direction, class) {
            if let Some(flag) = idle.get_mut(at) {
                *flag = true;
            }
            let by = by.iter().map(|r| {
                let r = rule_ref(model.inventory, direction, r);
                format!("{}/{} #{}", r.namespace, r.name, r.rule + 1)
            });
            let note = format!("already allowed by {}", by.collect::<Vec<_>>().join(", "));
            notes.push(RuleNote { rule: rule_ref(model.inventory, direction, rule), note });
        }
    }
    notes.reverse();
    notes
}

/// The rules that give everything a rule gives, if they do.
fn covered<'m>(
    model: &Model<'_>,
    rule: &CompiledRule,
    others: &[&'m CompiledRule],
    direction: Direction,
    class: &Class,
) -> Option<Vec<&'m CompiledRule>> {
    let destination = destination(direction, class);
    let ports = model.rule_ports(rule, destination).possible;
    if ports.is_none() {
        return None;
    }
    let as_wide = |other: &&&CompiledRule| {
        let same_list = other.ports == rule.ports || other.ports.is_none();
        !other.doubtful
            && (same_list || (direction == Direction::Ingress && model.ports.contains(model.rule_ports(other, destination).certain, ports)))
    };
    let wide: Vec<&CompiledRule> = others.iter().filter(as_wide).copied().collect();
    if let Some(all) = wide.iter().find(|r| r.peers == CompiledPeers::Everyone) {
        return Some(vec![all]);
    }
    let CompiledPeers::Any(peers) = &rule.peers else { return None };
    let mut by: Vec<&CompiledRule> = Vec::new();
    for id in peers {
        let peer = model.compiled.peers.get(*id)?;
        let mut found = wide.iter().filter(|other| match &other.peers {
            CompiledPeers::Any(ids) => ids.iter().filter_map(|o| model.compiled.peers.get(*o)).any(|o| wider(model, o, peer)),
            CompiledPeers::Everyone => true,
        });
        match found.next() {
            Some(other) if by.contains(other) => {}
            Some(other) => by.push(other),
            None => return None,
        }
    }
    Some(by)
}

/// Whether everything a peer can ever match is matched by the other one too.
fn wider(model: &Model<'_>, wide: &CompiledPeer, narrow: &CompiledPeer) -> bool {
    let all_pods = |id: &Id| model.compiled.pod_selectors.get(*id).is_some_and(|s| s.is_empty());
    match (wide, narrow) {
        _ if wide == narrow => !matches!(wide, CompiledPeer::Unreadable),
        (CompiledPeer::Pods { scope: a, pods: p }, CompiledPeer::Pods { scope: b, pods: q }) => {
            let everywhere = matches!(a, Scope::Selected(id) if model.compiled.namespace_selectors.get(*id).is_some_and(|s| s.is_empty()));
            (everywhere || a == b) && (all_pods(p) || p == q)
        }
        (CompiledPeer::Block(a), CompiledPeer::Block(b)) => {
            let set = |id: &Id| model.compiled.blocks.get(*id).map(|block| block.addresses()).unwrap_or_default();
            let (a, b): (AddressSet, AddressSet) = (set(a), set(b));
            b.difference(&a).is_empty()
        }
        _ => false,
    }
}

/// What newcomers get wrong about the policies of a subject.
fn misreadings(model: &Model<'_>, direction: Direction, subject: &Subject) -> Vec<String> {
    let mut notes = Vec::new();
    for policy in subject.policies.iter().filter_map(|p| model.inventory.objects.network_policies.get(*p)) {
        let name = format!("{}/{}", policy.metadata.namespace, policy.metadata.name);
        notes.extend(misread(policy, direction).into_iter().map(|note| format!("{name}: {note}")));
    }
    notes
}

fn misread(policy: &NetworkPolicy, direction: Direction) -> Vec<String> {
    let spec = &policy.spec;
    let rules = if direction == Direction::Ingress { &spec.ingress } else { &spec.egress };
    let mut notes = Vec::new();
    if spec.policy_types.is_empty() {
        notes.push(match direction {
            Direction::Ingress => "no policyTypes: it isolates ingress, with or without ingress rules".to_owned(),
            Direction::Egress => "no policyTypes: it isolates egress because it has an egress rule".to_owned(),
        });
    }
    if spec.pod_selector.is_empty() {
        notes.push("empty podSelector: it applies to every pod of the namespace".to_owned());
    }
    for (at, rule) in rules.iter().enumerate() {
        let number = at + 1;
        if rule.ports.iter().any(|p| p.protocol.is_none()) {
            notes.push(format!("#{number}: a port without protocol is TCP only"));
        }
        if rule.peers.iter().any(|p| p.pod_selector.is_some() && p.namespace_selector.is_none()) {
            notes.push(format!("#{number}: a podSelector alone matches only pods of the policy's own namespace"));
        }
        if rule.peers.is_empty() {
            notes.push(format!("#{number}: no peers: it is about everyone, addresses outside the cluster included"));
        }
    }
    notes
}
