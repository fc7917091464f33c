//! Address ranges outside the cluster: the space of addresses cut where rules cut it, each part asked like one address.

use std::collections::BTreeSet;

use crate::objects::Truth;
use crate::policy::blocks::{AddressSet, partition};
use crate::policy::classes::Class;
use crate::policy::compile::{CompiledPeer, CompiledPeers, CompiledRule};
use crate::policy::model::{Model, Subject};
use crate::policy::ports::{Bounds, PortsId};
use crate::policy::tiers::{Action, Outcome, Tier};
use crate::report::policy::Reach;
use crate::report::{Direction, Peer, RuleRef, Verdict};

use super::focus::Focus;
use super::words::{ports_of, rule_ref, verdicts};

/// What is said of a set of addresses.
struct Said<'m> {
    /// By which part of the focus.
    bucket: usize,
    /// By which rule; none: what holds where no rule says anything.
    rule: Option<&'m CompiledRule>,
    /// What it does; none: a rule of a NetworkPolicy, which allows.
    action: Option<Action>,
    /// On which ports.
    ports: Bounds,
}

/// Address ranges outside the cluster, one row for each set of ports; what may reach nothing is left out.
pub fn addresses(model: &Model<'_>, direction: Direction, focus: &Focus) -> Vec<Reach> {
    let (mut sets, mut said): (Vec<AddressSet>, Vec<Said<'_>>) = (Vec::new(), Vec::new());
    for (number, bucket) in focus.buckets.iter().enumerate() {
        let Some(class) = model.class(bucket.class) else { continue };
        let (found, about) = of_bucket(model, direction, number, model.subject_of(direction, bucket.class), class);
        sets.extend(found);
        said.extend(about);
    }
    let allowed = |positions: &BTreeSet<usize>| {
        let here: Vec<&Said<'_>> = positions.iter().filter_map(|at| said.get(*at)).collect();
        // Positions go up with the parts of the focus.
        here.chunk_by(|a, b| a.bucket == b.bucket).fold(Bounds::NONE, |all, about| {
            let Some(bucket) = about.first().and_then(|said| focus.buckets.get(said.bucket)) else { return all };
            let bounds = settle(model, direction, model.subject_of(direction, bucket.class), about);
            all.or(bounds.and(Bounds::exactly(bucket.wanted), &model.ports), &model.ports)
        })
    };
    let mut reaches: Vec<Reach> = Vec::new();
    for (addresses, bounds, positions) in partition(&sets, allowed) {
        for (verdict, ports) in verdicts(model, bounds) {
            // What a rule may accept is no reason for what is certain.
            let allowing = |said: &&Said<'_>| {
                let reason = match said.action {
                    None => said.ports.and(bounds, &model.ports).possible,
                    Some(Action::Accept) if verdict == Verdict::Allow => model.ports.intersection(said.ports.certain, ports),
                    Some(Action::Accept) => model.ports.intersection(said.ports.possible, ports),
                    Some(_) => PortsId::NONE,
                };
                !reason.is_none()
            };
            let rules = positions.iter().filter_map(|at| said.get(*at)).filter(allowing).filter_map(|said| said.rule);
            let because: BTreeSet<RuleRef> = rules.map(|rule| rule_ref(model.inventory, direction, rule)).collect();
            let peer = Peer { kind: "IPBlock".to_owned(), cidrs: addresses.cidrs(), ..Peer::default() };
            let because: Vec<RuleRef> = because.into_iter().collect();
            let reasons = if because.is_empty() && verdict == Verdict::Allow { vec!["not isolated".to_owned()] } else { Vec::new() };
            reaches.push(Reach { peer, verdict, ports: ports_of(model, ports), because, reasons, target_pods: None });
        }
    }
    reaches.sort_by(|a, b| (a.verdict, &a.peer).cmp(&(b.verdict, &b.peer)));
    reaches
}

/// Everything that the policies of one part of the focus say of addresses.
fn of_bucket<'m>(
    model: &'m Model<'_>,
    direction: Direction,
    bucket: usize,
    subject: &Subject,
    class: &Class,
) -> (Vec<AddressSet>, Vec<Said<'m>>) {
    let (mut sets, mut said) = (Vec::new(), Vec::new());
    if subject.isolated() != Truth::Yes || subject.unseen || subject.in_tiers() {
        sets.push(AddressSet::everything());
        said.push(Said { bucket, rule: None, action: None, ports: Bounds::NONE });
    }
    let mut add = |rule: &'m CompiledRule, action: Option<Action>| {
        let ports = model.rule_ports(rule, (direction == Direction::Ingress).then_some(class));
        for (addresses, certain) in rule_addresses(model, rule) {
            sets.push(addresses);
            said.push(Said { bucket, rule: Some(rule), action, ports: if certain { ports } else { ports.doubtful() } });
        }
    };
    if subject.isolated() == Truth::Yes {
        model.rules(direction, subject).for_each(|rule| add(rule, None));
    }
    if let Some(stack) = subject.stack.and_then(|id| model.stack(id)) {
        for tier in [Tier::Admin, Tier::Baseline] {
            model.tier_rules(direction, stack, tier).into_iter().for_each(|rule| add(&rule.rule, Some(rule.action)));
        }
    }
    (sets, said)
}

/// What a subject allows, given all that is said of an address.
fn settle(model: &Model<'_>, direction: Direction, subject: &Subject, about: &[&Said<'_>]) -> Bounds {
    let plain = about.iter().filter(|said| said.action.is_none());
    let allowed = plain.fold(Bounds::NONE, |all, said| all.or(said.ports, &model.ports));
    if !subject.in_tiers() {
        return subject.outcome(allowed, Bounds::ALL);
    }
    // What is said stands in the order in which rules are asked.
    let mut said = about.iter().filter(|said| said.action.is_some()).peekable();
    let mut matches = |rule: &CompiledRule| {
        let mut all = Bounds::NONE;
        while let Some(said) = said.next_if(|said| said.rule.is_some_and(|r| std::ptr::eq(r, rule))) {
            all = all.or(said.ports, &model.ports);
        }
        all
    };
    let mut outcomes = match subject.stack.and_then(|id| model.stack(id)) {
        Some(stack) => model.ask(direction, stack, &mut |rule| matches(&rule.rule), &mut |_| {}),
        None => [Outcome::NEXT; 2],
    };
    model.hide(direction, subject, true, &mut outcomes);
    let [admin, baseline] = outcomes;
    admin.before(subject.outcome(allowed, baseline.before(Bounds::ALL, &model.ports)), &model.ports)
}

/// The addresses outside that a rule is about, and whether that is certain.
fn rule_addresses(model: &Model<'_>, rule: &CompiledRule) -> Vec<(AddressSet, bool)> {
    let CompiledPeers::Any(peers) = &rule.peers else { return vec![(AddressSet::everything(), !rule.doubtful)] };
    let mut found = Vec::new();
    for peer in peers.iter().filter_map(|id| model.compiled.peers.get(*id)) {
        match peer {
            CompiledPeer::Block(block) | CompiledPeer::Network(block) => {
                found.extend(model.compiled.blocks.get(*block).map(|block| (block.addresses(), !rule.doubtful)));
            }
            CompiledPeer::Nodes(nodes) => {
                let Some(set) = model.compiled.node_sets.get(*nodes) else { continue };
                found.push((set.certain.clone(), !rule.doubtful));
                found.push((set.possible.clone(), false));
            }
            CompiledPeer::Unreadable | CompiledPeer::Domains(_) => found.push((AddressSet::everything(), false)),
            CompiledPeer::Pods { .. } => {}
        }
    }
    found
}
