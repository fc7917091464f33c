//! Cluster-wide policies, one packet at a time: AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy.
//!
//! What cannot be decided leaves several things that may happen; so the outcome of rules is a set of these.

use std::collections::BTreeSet;

use netstore::objects::{
    ClusterPeer, ClusterPolicy, ClusterPolicyKind, ClusterPort, ClusterRule, ClusterSubject, LabelSelector, NamespaceMatch, Pod, Resource,
};
use netstore::report::Direction;

use super::World;
use super::matching::{all, any, cidr_contains, gives_named_port, namespace_labels, read_cidr, selector_matches};
use super::refused::is_refused_cluster_wide;
use super::side::{Address, Connection};

/// What may happen to a packet in a tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    Accepted,
    Denied,
    /// The next tier decides.
    Next,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    Admin,
    Baseline,
}

/// Everything that may happen in a tier.
pub fn tier(world: &World, tier: Tier, pod: &Pod, direction: Direction, connection: &Connection<'_>) -> BTreeSet<Fate> {
    if hidden(world, tier, direction, connection) {
        return BTreeSet::from([Fate::Accepted, Fate::Denied, Fate::Next]);
    }
    // Nothing puts AdminNetworkPolicies and ClusterNetworkPolicies into an order: whichever has something to say may say it.
    let kinds = [ClusterPolicyKind::Admin, ClusterPolicyKind::Baseline, ClusterPolicyKind::Cluster];
    let outcomes = kinds.map(|kind| {
        let of_kind = world.objects.cluster_policies.iter().filter(|policy| policy.kind == kind && may_be_of(policy, tier));
        let mut priorities: Vec<i64> = of_kind.clone().map(|policy| policy.priority.unwrap_or_default()).collect();
        priorities.sort_unstable();
        priorities.dedup();
        let mut fates = BTreeSet::new();
        for priority in priorities {
            // Rules 41, 53: of equal priorities any may be asked.
            let equal = of_kind.clone().filter(|policy| policy.priority.unwrap_or_default() == priority);
            let each: Vec<Outcome> = equal.map(|policy| outcome(world, policy, pod, direction, connection)).collect();
            fates.extend(each.iter().flat_map(|outcome| outcome.fates.iter().copied()));
            if !each.iter().all(|outcome| outcome.may_be_silent) {
                return Outcome { fates, may_be_silent: false };
            }
        }
        Outcome { fates, may_be_silent: true }
    });
    let mut fates: BTreeSet<Fate> = outcomes.iter().flat_map(|outcome| outcome.fates.iter().copied()).collect();
    if outcomes.iter().all(|outcome| outcome.may_be_silent) {
        fates.insert(Fate::Next);
    }
    fates
}

/// Whether there may be policies of the tier that nobody could read and that may be about the packet. Ingress peers are pods.
fn hidden(world: &World, tier: Tier, direction: Direction, connection: &Connection<'_>) -> bool {
    let kind = match tier {
        Tier::Admin => Resource::AdminNetworkPolicies,
        Tier::Baseline => Resource::BaselineAdminNetworkPolicies,
    };
    let missing = [kind, Resource::ClusterNetworkPolicies].iter().any(|r| !world.coverage.is_complete(*r, None));
    missing && (direction == Direction::Egress || connection.remote.is_some())
}

fn may_be_of(policy: &ClusterPolicy, tier: Tier) -> bool {
    match policy.kind {
        ClusterPolicyKind::Admin => tier == Tier::Admin,
        ClusterPolicyKind::Baseline => tier == Tier::Baseline,
        ClusterPolicyKind::Cluster => match policy.tier.as_str() {
            "Admin" => tier == Tier::Admin,
            "Baseline" => tier == Tier::Baseline,
            _ => true,
        },
    }
}

/// What one policy may do, and whether it may also have nothing to say.
struct Outcome {
    fates: BTreeSet<Fate>,
    may_be_silent: bool,
}

fn outcome(world: &World, policy: &ClusterPolicy, pod: &Pod, direction: Direction, connection: &Connection<'_>) -> Outcome {
    let mut outcome = Outcome { fates: BTreeSet::new(), may_be_silent: true };
    // Kubernetes has no such policy; its author thinks that it has.
    let no_tier = policy.kind == ClusterPolicyKind::Cluster && !["Admin", "Baseline"].contains(&policy.tier.as_str());
    let in_doubt = no_tier || (world.files && is_refused_cluster_wide(policy));
    let selected = subject_is(world, &policy.subject, pod);
    let rules = if direction == Direction::Ingress { &policy.ingress } else { &policy.egress };
    for rule in rules {
        // Rule 41: in written order, the first that matches.
        let (applies, word) = rule_applies(world, policy, rule, pod, connection);
        let applies = all([selected, applies, if in_doubt { None } else { Some(true) }]);
        if applies == Some(false) {
            continue;
        }
        outcome.fates.extend(match word {
            "Accept" => vec![Fate::Accepted],
            "Deny" => vec![Fate::Denied],
            "Pass" => vec![Fate::Next],
            _ => vec![Fate::Accepted, Fate::Denied, Fate::Next],
        });
        if applies == Some(true) {
            outcome.may_be_silent = false;
            break;
        }
    }
    outcome
}

/// Rule 34: never a hostNetwork pod; those never get here.
fn subject_is(world: &World, subject: &ClusterSubject, pod: &Pod) -> Option<bool> {
    let (namespaces, pods) = match subject {
        ClusterSubject::Namespaces(namespaces) => (namespaces, None),
        ClusterSubject::Pods { namespaces, pods } => (namespaces, Some(pods)),
        ClusterSubject::Unreadable => return None,
    };
    let (labels, all_known) = namespace_labels(world, &pod.metadata.namespace);
    let is_pod = pods.map_or(Some(true), |selector| selector_matches(selector, &pod.metadata.labels, true));
    all([selector_matches(namespaces, &labels, all_known), is_pod])
}

/// Whether a rule is about the packet, and what it then does in the words of ClusterNetworkPolicy.
fn rule_applies(
    world: &World,
    policy: &ClusterPolicy,
    rule: &ClusterRule,
    pod: &Pod,
    connection: &Connection<'_>,
) -> (Option<bool>, &'static str) {
    // Rules 42, 48.
    let word = match (policy.kind, rule.action.as_str()) {
        (ClusterPolicyKind::Cluster, "Accept") | (ClusterPolicyKind::Admin | ClusterPolicyKind::Baseline, "Allow") => "Accept",
        (_, "Deny") => "Deny",
        (ClusterPolicyKind::Cluster | ClusterPolicyKind::Admin, "Pass") => "Pass",
        _ => "?",
    };
    let known = if rule.unknown.is_empty() { Some(true) } else { None };
    // Rule 47.
    if rule.peers.contains(&ClusterPeer::Nothing) {
        return match word {
            "Accept" => (Some(false), word),
            "?" => (known, word),
            _ => (known, "Deny"),
        };
    }
    let peer = if rule.peers.is_empty() { None } else { any(rule.peers.iter().map(|peer| peer_is(world, peer, pod, connection))) };
    let port = if rule.ports.is_empty() { Some(true) } else { any(rule.ports.iter().map(|port| port_is(port, connection))) };
    (all([peer, port, known]), word)
}

fn peer_is(world: &World, peer: &ClusterPeer, subject: &Pod, connection: &Connection<'_>) -> Option<bool> {
    match peer {
        ClusterPeer::Namespaces(namespaces) => pods_are(world, namespaces, &LabelSelector::default(), subject, connection),
        ClusterPeer::Pods { namespaces, pods } => pods_are(world, namespaces, pods, subject, connection),
        ClusterPeer::Nodes(selector) => match (connection.remote, connection.remote_address) {
            // The address of a pod is no node's.
            (Some(_), _) | (None, Address::None) => Some(false),
            (None, Address::NotYet { .. }) => None,
            (None, Address::Is(address)) => {
                let is_ip = |kind: &str| kind == "InternalIP" || kind == "ExternalIP";
                let owners = world
                    .objects
                    .nodes
                    .iter()
                    .filter(|node| node.status.addresses.iter().any(|a| is_ip(&a.kind) && a.address.parse() == Ok(address)));
                let matches: Vec<Option<bool>> = owners.map(|node| selector_matches(selector, &node.metadata.labels, true)).collect();
                // Files without nodes are files of a cluster with nodes.
                let all_read = world.coverage.is_complete(Resource::Nodes, None) && !(world.files && world.objects.nodes.is_empty());
                if matches.is_empty() && !all_read { None } else { any(matches) }
            }
        },
        ClusterPeer::Networks(list) => any(list.iter().map(|text| network_has(text, connection))),
        // Pods are not what domain names are for; of all else nobody knows.
        ClusterPeer::DomainNames(_) => {
            if connection.remote.is_some() {
                Some(false)
            } else {
                None
            }
        }
        ClusterPeer::Nothing | ClusterPeer::Unreadable => None,
    }
}

/// Rules 46, 52: pods as well as anything else.
fn network_has(text: &str, connection: &Connection<'_>) -> Option<bool> {
    let (network, length) = read_cidr(text)?;
    match connection.remote_address {
        Address::Is(address) => Some(cidr_contains(text, address)),
        Address::None => Some(false),
        Address::NotYet { v4 } if network.is_ipv4() != v4 => Some(false),
        Address::NotYet { .. } if length == 0 => Some(true),
        Address::NotYet { .. } => None,
    }
}

fn pods_are(world: &World, namespaces: &NamespaceMatch, pods: &LabelSelector, subject: &Pod, connection: &Connection<'_>) -> Option<bool> {
    // An address is no pod, whatever of the selectors can be read.
    let unreadable = *namespaces == NamespaceMatch::Unreadable || own_labels_hidden(world, namespaces, subject);
    if unreadable {
        return None;
    }
    let pod = match connection.remote {
        Some(pod) => pod,
        None => return Some(false),
    };
    all([namespace_is(world, namespaces, subject, pod), selector_matches(pods, &pod.metadata.labels, true)])
}

/// Whether the peer speaks of labels of the subject's namespace that nobody could read.
fn own_labels_hidden(world: &World, namespaces: &NamespaceMatch, subject: &Pod) -> bool {
    let (NamespaceMatch::Same(keys) | NamespaceMatch::NotSame(keys)) = namespaces else { return false };
    let (labels, all_known) = namespace_labels(world, &subject.metadata.namespace);
    !all_known && keys.iter().any(|key| labels.get(key).is_none())
}

/// Rule 44.
fn namespace_is(world: &World, namespaces: &NamespaceMatch, subject: &Pod, pod: &Pod) -> Option<bool> {
    let (own, _) = namespace_labels(world, &subject.metadata.namespace);
    let (other, all_known) = namespace_labels(world, &pod.metadata.namespace);
    // The value of a label, if that is known.
    let value = |key: &str| match other.get(key) {
        None if !all_known => None,
        value => Some(value),
    };
    match namespaces {
        NamespaceMatch::Selected(selector) => selector_matches(selector, &other, all_known),
        NamespaceMatch::Same(keys) if keys.is_empty() => Some(false),
        NamespaceMatch::NotSame(keys) if keys.is_empty() => Some(false),
        NamespaceMatch::Same(keys) if keys.iter().any(|key| own.get(key).is_none()) => Some(false),
        NamespaceMatch::Same(keys) => all(keys.iter().map(|key| value(key).map(|value| value == own.get(key)))),
        NamespaceMatch::NotSame(keys) => {
            let there = all(keys.iter().map(|key| value(key).map(|value| value.is_some())));
            let differs = any(keys.iter().map(|key| value(key).map(|value| value != own.get(key))));
            all([there, differs])
        }
        NamespaceMatch::Unreadable => None,
    }
}

/// Rules 45, 50.
fn port_is(port: &ClusterPort, connection: &Connection<'_>) -> Option<bool> {
    let wanted = i64::from(connection.port);
    let in_range = |protocol: &Option<String>, first: i64, last: i64| {
        let protocol = protocol.as_deref().unwrap_or("TCP");
        let readable = ["TCP", "UDP", "SCTP", ""].contains(&protocol) && (1..=65535).contains(&first) && (first..=65535).contains(&last);
        let protocol = if protocol.is_empty() { "TCP" } else { protocol };
        readable.then(|| protocol == connection.protocol.name() && (first..=last).contains(&wanted))
    };
    match port {
        ClusterPort::Number { protocol, number } => in_range(protocol, *number, *number),
        ClusterPort::Range { protocol, first, last } => in_range(protocol, *first, *last),
        ClusterPort::Protocol(protocol) => Some(*protocol == connection.protocol.name()),
        ClusterPort::Named(name) => gives_named_port(name, connection),
        ClusterPort::Unreadable => None,
    }
}
