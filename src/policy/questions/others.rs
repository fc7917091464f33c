//! Everything at the other end that is no workload: addresses outside, nodes, pods nobody could read, and the rest.

use std::collections::BTreeSet;

use crate::inventory::Origin;
use crate::objects::{Address, Truth};
use crate::policy::classes::{Class, ClassId};
use crate::policy::compile::{CompiledPeer, CompiledPeers, Scope};
use crate::policy::model::{Model, Subject};
use crate::policy::peers::Other;
use crate::policy::ports::{Bounds, PortsId};
use crate::report::policy::{Reach, Rest};
use crate::report::{Direction, ObjectRef, Peer, RuleRef, Verdict};

use super::focus::{Bucket, Focus};
use super::words::{denying_refs, object_list, policy_ref, ports_of, rule_ref, verdicts};

pub use super::addresses::addresses;

/// Rule 33: no NetworkPolicy keeps a pod and the node it runs on apart; cluster-wide policies may.
pub fn own_node(model: &Model<'_>, direction: Direction, focus: &Focus) -> Vec<Reach> {
    let (mut nodes, mut wanted): (BTreeSet<&str>, PortsId) = (BTreeSet::new(), PortsId::NONE);
    let mut bounds: Option<Bounds> = None;
    for Bucket { class, wanted: asked, pods } in &focus.buckets {
        if model.class(*class).is_some_and(|c| c.host.is_none()) {
            wanted = model.ports.union(wanted, *asked);
            nodes.extend(pods.iter().filter_map(|p| model.inventory.pods.get(*p)).map(|p| p.pod.spec.node_name.as_str()));
            for one in at_home(model, direction, *class, pods) {
                bounds = Some(bounds.map_or(one, |bounds| bounds.either(one, &model.ports)));
            }
        }
    }
    let hosts = focus.buckets.iter().filter(|b| model.class(b.class).is_some_and(|c| c.host.is_some()));
    let on_host = hosts.fold(PortsId::NONE, |all, b| model.ports.union(all, b.wanted));
    let mut rows = Vec::new();
    // With cluster-wide policies each of these pods has a row of its own to say it.
    if !on_host.is_none() && model.compiled.cluster.is_empty() {
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
    let bounds = bounds.unwrap_or(Bounds::ALL);
    let why = match direction {
        _ if bounds != Bounds::ALL => "only cluster-wide policies have a say",
        Direction::Ingress => "always allowed (kubelet probes)",
        Direction::Egress => "always allowed",
    };
    for (verdict, ports) in verdicts(model, bounds.and(Bounds::exactly(wanted), &model.ports)) {
        let reasons = vec![why.to_owned()];
        rows.push(Reach { peer: peer.clone(), verdict, ports: ports_of(model, ports), because: Vec::new(), reasons, target_pods: None });
    }
    rows
}

/// What may pass between pods of a class and their own nodes, once for each address of these.
fn at_home(model: &Model<'_>, direction: Direction, class: ClassId, pods: &[usize]) -> Vec<Bounds> {
    let subject = model.subject_of(direction, class);
    if !subject.in_tiers() {
        return vec![Bounds::ALL];
    }
    let destination = if direction == Direction::Ingress { model.class(class) } else { None };
    let mut addresses: BTreeSet<Address> = BTreeSet::new();
    for info in pods.iter().filter_map(|pod| model.inventory.pods.get(*pod)) {
        let node = model.inventory.objects.nodes.iter().find(|node| node.metadata.name == info.pod.spec.node_name);
        addresses.extend(node.map(|node| node.ips()).unwrap_or_default());
        addresses.extend(Address::parse(&info.pod.status.host_ip));
    }
    let home = |address| model.side_at_home(direction, subject, &Other::Address(address), destination);
    let known: Vec<Bounds> = addresses.into_iter().map(home).collect();
    // A node without an address that is known may have any.
    if known.is_empty() { vec![Bounds::UNKNOWN] } else { known }
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
    // Rules of cluster-wide policies may be about any of them.
    if subject.isolated() != Truth::Yes || subject.unseen || subject.in_tiers() {
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
                        CompiledPeer::Block(_) | CompiledPeer::Network(_) => "pods with an address in the block".to_owned(),
                        CompiledPeer::Unreadable | CompiledPeer::Nodes(_) | CompiledPeer::Domains(_) => everywhere.clone(),
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
    let asked = focus.buckets.iter().any(|b| !b.wanted.is_none());
    // Of no port no policy says anything.
    let policies = if asked { focus.policies(model, direction) } else { Vec::new() };
    let mut references: Vec<ObjectRef> = policies.iter().map(|p| policy_ref(model.inventory, *p)).collect();
    let subjects = || focus.buckets.iter().map(|b| model.subject_of(direction, b.class));
    let denying = denying_refs(model, direction, subjects());
    references.extend(denying.iter().cloned());
    let hidden = subjects().any(|subject| subject.hidden.admin || (subject.hidden.baseline && subject.isolated() != Truth::Yes));
    let isolated: Vec<Truth> = focus.buckets.iter().map(|b| model.subject_of(direction, b.class).isolated()).collect();
    let (verdict, reason) = if let Some(reason) = &focus.nowhere {
        (Verdict::Deny, reason.clone())
    } else if focus.buckets.is_empty() {
        (Verdict::Unknown, "there is no pod the answer could be about".to_owned())
    } else if !asked {
        (Verdict::Unknown, "no pod has a port of this name".to_owned())
    } else if hidden {
        (Verdict::Unknown, "cluster-wide policies that could not be read may allow or deny it".to_owned())
    } else if isolated.iter().all(|t| *t == Truth::Yes) {
        (Verdict::Deny, format!("isolated for {direction}"))
    } else if isolated.iter().all(|t| *t == Truth::No) && !denying.is_empty() {
        (Verdict::Deny, format!("not isolated for {direction}; what is not listed is denied by {}", object_list(&denying)))
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
