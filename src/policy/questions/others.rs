//! Everything at the other end that is no workload: addresses outside, nodes, pods nobody could read, and the rest.

use std::collections::BTreeSet;

use crate::inventory::Origin;
use crate::objects::Truth;
use crate::policy::blocks::{AddressSet, partition};
use crate::policy::classes::Class;
use crate::policy::compile::{CompiledPeer, CompiledPeers, CompiledRule, Scope};
use crate::policy::model::{Model, Subject};
use crate::policy::ports::{Bounds, PortsId};
use crate::report::policy::{Reach, Rest};
use crate::report::{Direction, Peer, RuleRef, Verdict};

use super::focus::{Bucket, Focus};
use super::words::{policy_ref, ports_of, rule_ref, verdicts};

/// Address ranges outside the cluster, one row for each set of ports; what may reach nothing is left out.
pub fn addresses(model: &Model<'_>, direction: Direction, focus: &Focus) -> Vec<Reach> {
    let (mut sets, mut allowances): (Vec<AddressSet>, Vec<(Bounds, Option<&CompiledRule>)>) = (Vec::new(), Vec::new());
    for bucket in &focus.buckets {
        let Some(class) = model.class(bucket.class) else { continue };
        let subject = model.subject_of(direction, bucket.class);
        let wanted = Bounds::exactly(bucket.wanted);
        if subject.isolated() != Truth::Yes || subject.unseen {
            sets.push(AddressSet::everything());
            allowances.push((subject.outcome(Bounds::NONE).and(wanted, &model.ports), None));
        }
        for rule in model.rules(direction, subject).filter(|_| subject.isolated() == Truth::Yes) {
            let destination = (direction == Direction::Ingress).then_some(class);
            let ports = model.rule_ports(rule, destination).and(wanted, &model.ports);
            for (addresses, certain) in rule_addresses(model, rule) {
                sets.push(addresses);
                allowances.push((if certain { ports } else { ports.doubtful() }, Some(rule)));
            }
        }
    }
    let allowed = |positions: &BTreeSet<usize>| {
        let each = positions.iter().filter_map(|at| allowances.get(*at));
        each.fold(Bounds::NONE, |all, (bounds, _)| all.or(*bounds, &model.ports))
    };
    let mut reaches: Vec<Reach> = Vec::new();
    for (addresses, bounds, positions) in partition(&sets, allowed) {
        let rules =
            positions.iter().filter_map(|at| allowances.get(*at)).filter(|(bounds, _)| !bounds.is_none()).filter_map(|(_, rule)| *rule);
        let because: BTreeSet<RuleRef> = rules.map(|rule| rule_ref(model.inventory, direction, rule)).collect();
        for (verdict, ports) in verdicts(model, bounds) {
            let peer = Peer { kind: "IPBlock".to_owned(), cidrs: addresses.cidrs(), ..Peer::default() };
            let because: Vec<RuleRef> = because.iter().cloned().collect();
            let reasons = if because.is_empty() && verdict == Verdict::Allow { vec!["not isolated".to_owned()] } else { Vec::new() };
            reaches.push(Reach { peer, verdict, ports: ports_of(model, ports), because, reasons, target_pods: None });
        }
    }
    reaches.sort_by(|a, b| (a.verdict, &a.peer).cmp(&(b.verdict, &b.peer)));
    reaches
}

/// The addresses outside that a rule is about, and whether that is certain.
fn rule_addresses(model: &Model<'_>, rule: &CompiledRule) -> Vec<(AddressSet, bool)> {
    match &rule.peers {
        CompiledPeers::Everyone => vec![(AddressSet::everything(), !rule.doubtful)],
        CompiledPeers::Any(peers) => peers
            .iter()
            .filter_map(|id| match model.compiled.peers.get(*id)? {
                CompiledPeer::Block(block) => Some((model.compiled.blocks.get(*block)?.addresses(), !rule.doubtful)),
                CompiledPeer::Unreadable => Some((AddressSet::everything(), false)),
                CompiledPeer::Pods { .. } => None,
            })
            .collect(),
    }
}

/// Rule 33: the node a pod runs on and the pod always reach each other.
pub fn own_node(model: &Model<'_>, direction: Direction, focus: &Focus) -> Vec<Reach> {
    let (mut nodes, mut wanted): (BTreeSet<&str>, PortsId) = (BTreeSet::new(), PortsId::NONE);
    for Bucket { class, wanted: asked, pods } in &focus.buckets {
        if model.class(*class).is_some_and(|c| c.host.is_none()) {
            wanted = model.ports.union(wanted, *asked);
            nodes.extend(pods.iter().filter_map(|p| model.inventory.pods.get(*p)).map(|p| p.pod.spec.node_name.as_str()));
        }
    }
    let hosts = focus.buckets.iter().filter(|b| model.class(b.class).is_some_and(|c| c.host.is_some()));
    let on_host = hosts.fold(PortsId::NONE, |all, b| model.ports.union(all, b.wanted));
    let mut rows = Vec::new();
    if !on_host.is_none() {
        let peer = Peer { kind: "Pods".to_owned(), description: "pods on the same node".to_owned(), ..Peer::default() };
        let reasons = vec!["always allowed: it is on the host network".to_owned()];
        rows.push(Reach {
            peer,
            verdict: Verdict::Allow,
            ports: ports_of(model, on_host),
            because: Vec::new(),
            reasons,
            target_pods: None,
        });
    }
    if wanted.is_none() {
        return rows;
    }
    let name = match nodes.iter().collect::<Vec<_>>().as_slice() {
        [only] => (**only).to_owned(),
        _ => String::new(),
    };
    let peer = Peer { kind: "Node".to_owned(), name, description: "own node".to_owned(), ..Peer::default() };
    let why = if direction == Direction::Ingress { "always allowed (kubelet probes)" } else { "always allowed" };
    let reasons = vec![why.to_owned()];
    rows.push(Reach { peer, verdict: Verdict::Allow, ports: ports_of(model, wanted), because: Vec::new(), reasons, target_pods: None });
    rows
}

/// Pods in namespaces that could not be read: what the rules would say of them.
pub fn unread_pods(model: &Model<'_>, direction: Direction, focus: &Focus) -> Vec<Reach> {
    let inventory = model.inventory;
    if inventory.origin == Origin::Manifests || inventory.pods_complete() {
        return Vec::new();
    }
    let mut rows = Vec::new();
    let mut seen: BTreeSet<(String, Vec<crate::report::PortRange>, Vec<RuleRef>)> = BTreeSet::new();
    for bucket in &focus.buckets {
        let Some(class) = model.class(bucket.class) else { continue };
        let subject = model.subject_of(direction, bucket.class);
        for (what, ports, because) in unread_of(model, direction, class, subject) {
            let ports = model.ports.intersection(ports, bucket.wanted);
            let key = (what.clone(), ports_of(model, ports), because.clone());
            if ports.is_none() || !seen.insert(key) {
                continue;
            }
            let peer = Peer { kind: "UnreadPods".to_owned(), description: what, ..Peer::default() };
            let reasons = vec!["pods and policies of these namespaces could not be read".to_owned()];
            rows.push(Reach { peer, verdict: Verdict::Unknown, ports: ports_of(model, ports), because, reasons, target_pods: None });
        }
    }
    rows
}

fn unread_of(model: &Model<'_>, direction: Direction, class: &Class, subject: &Subject) -> Vec<(String, PortsId, Vec<RuleRef>)> {
    let everywhere = "pods in namespaces that could not be read".to_owned();
    if subject.isolated() != Truth::Yes || subject.unseen {
        return vec![(everywhere, PortsId::ALL, Vec::new())];
    }
    let mut rows = Vec::new();
    for rule in model.rules(direction, subject) {
        // A named port of a pod that cannot be read may be any number.
        let ports = match direction {
            Direction::Ingress => model.rule_ports(rule, Some(class)).possible,
            Direction::Egress => PortsId::ALL,
        };
        let because = vec![rule_ref(model.inventory, direction, rule)];
        match &rule.peers {
            CompiledPeers::Everyone => rows.push((everywhere.clone(), ports, because)),
            CompiledPeers::Any(peers) => {
                for peer in peers.iter().filter_map(|id| model.compiled.peers.get(*id)) {
                    let what = match peer {
                        CompiledPeer::Pods { scope: Scope::Selected(selector), pods } => {
                            let namespaces = model.compiled.namespace_selectors.get(*selector);
                            let pods = model.compiled.pod_selectors.get(*pods);
                            let unread = model.inventory.namespaces.iter().filter(|n| !n.pods_known);
                            let all_known = model.inventory.namespaces_complete();
                            let hit = unread.clone().any(|n| namespaces.is_some_and(|s| selects(s, n) != Truth::No));
                            if all_known && !hit {
                                continue;
                            }
                            let mut what = "pods".to_owned();
                            if let Some(pods) = pods.filter(|p| !p.is_empty()) {
                                what.push_str(&format!(" with {}", pods.describe()));
                            }
                            what.push_str(" in namespaces");
                            match namespaces.filter(|s| !s.is_empty()) {
                                Some(selector) => what.push_str(&format!(" with {}", selector.describe())),
                                None => what.push_str(" that could not be read"),
                            }
                            what
                        }
                        CompiledPeer::Block(_) => "pods with an address in the block".to_owned(),
                        CompiledPeer::Unreadable => everywhere.clone(),
                        CompiledPeer::Pods { scope: Scope::One(_), .. } => continue,
                    };
                    rows.push((what, ports, because.clone()));
                }
            }
        }
    }
    rows
}

fn selects(selector: &crate::objects::LabelSelector, namespace: &crate::inventory::NamespaceInfo) -> Truth {
    if namespace.labels_known { selector.matches(&namespace.labels) } else { selector.matches_known(&namespace.labels) }
}

/// What holds for everything that is not listed.
pub fn rest(model: &Model<'_>, direction: Direction, focus: &Focus) -> Rest {
    let policies = focus.policies(model, direction);
    let references = policies.iter().map(|p| policy_ref(model.inventory, *p)).collect();
    let isolated: Vec<Truth> = focus.buckets.iter().map(|b| model.subject_of(direction, b.class).isolated()).collect();
    let (verdict, reason) = if focus.buckets.is_empty() {
        (Verdict::Unknown, "there is no pod the answer could be about".to_owned())
    } else if focus.buckets.iter().all(|b| b.wanted.is_none()) {
        let ports = focus.service.as_ref().map(|s| s.ports.iter().map(|p| p.port.to_string()).collect::<Vec<_>>().join(", "));
        let reason =
            ports.map_or_else(|| "no pod has a port of this name".to_owned(), |has| format!("the Service has no such port (it has {has})"));
        (Verdict::Unknown, reason)
    } else if isolated.iter().all(|t| *t == Truth::Yes) {
        (Verdict::Deny, format!("isolated for {direction}"))
    } else if isolated.iter().all(|t| *t == Truth::No) {
        let (everyone, but) = match direction {
            Direction::Ingress => ("every pod can, unless its own egress policies deny it", "ingress"),
            Direction::Egress => ("it can reach every pod, unless that pod's ingress policies deny it", "egress"),
        };
        (Verdict::Allow, format!("not isolated for {but}: {everyone}"))
    } else if isolated.contains(&Truth::Unknown) {
        (Verdict::Unknown, format!("whether it is isolated for {direction} cannot be told"))
    } else {
        let open = isolated.iter().filter(|t| **t == Truth::No).count();
        (Verdict::Unknown, format!("depends on the pod: {open} of {} kinds of its pods are not isolated for {direction}", isolated.len()))
    };
    Rest { verdict, reason, policies: references }
}
