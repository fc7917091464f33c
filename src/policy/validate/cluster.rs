//! What the API server refuses of cluster-wide policies: the rules in the schemas of their CustomResourceDefinitions, the
//! experimental ones, which know the most fields.
//!
//! Source: `config/crd/experimental` of network-policy-api v0.1.7 and v0.2.0. Selectors are not looked into there.

use super::{Refusal, cidr, invalid, invalid_number, metadata_refusals, no_cidr, not_supported, refuse};
use crate::objects::{ClusterPeer, ClusterPolicy, ClusterPolicyKind, ClusterPort, ClusterRule, ClusterSubject, NamespaceMatch, Resource};

/// Highest priority number.
const LAST_PRIORITY: i64 = 1000;
/// Longest name of a rule.
const LONGEST_NAME: usize = 100;
/// Networks or domain names in one peer.
const MOST_NAMES: usize = 25;

/// Everything for which the API server would refuse to create this policy; empty for a valid one.
pub fn cluster_refusals(policy: &ClusterPolicy) -> Vec<Refusal> {
    let resource = match policy.kind {
        ClusterPolicyKind::Admin => Resource::AdminNetworkPolicies,
        ClusterPolicyKind::Baseline => Resource::BaselineAdminNetworkPolicies,
        ClusterPolicyKind::Cluster => Resource::ClusterNetworkPolicies,
    };
    let mut refusals = metadata_refusals(resource, &policy.metadata);
    let out = &mut refusals;
    match (policy.kind, policy.priority) {
        (ClusterPolicyKind::Baseline, _) if policy.metadata.name != "default" => {
            invalid(out, "metadata.name", &policy.metadata.name, "there is only one, and its name is \"default\"");
        }
        (ClusterPolicyKind::Baseline, _) => {}
        (_, None) => refuse(out, "spec.priority", "Required value".to_owned()),
        (_, Some(number)) if !(0..=LAST_PRIORITY).contains(&number) => {
            invalid_number(out, "spec.priority", number, "must be between 0 and 1000, inclusive");
        }
        _ => {}
    }
    if policy.kind == ClusterPolicyKind::Cluster && !matches!(policy.tier.as_str(), "Admin" | "Baseline") {
        not_supported(out, "spec.tier", &policy.tier, r#""Admin", "Baseline""#);
    }
    if policy.subject == ClusterSubject::Unreadable {
        refuse(out, "spec.subject", "Invalid value: must have exactly one of `namespaces` and `pods`".to_owned());
    }
    for (direction, peers, rules) in [("ingress", "from", &policy.ingress), ("egress", "to", &policy.egress)] {
        let path = format!("spec.{direction}");
        at_most(out, &path, rules.len(), most(policy.kind));
        for (index, rule) in rules.iter().enumerate() {
            self::rule(out, policy.kind, rule, &format!("{path}[{index}]"), peers);
        }
    }
    refusals
}

/// Rule 55: rules, peers and ports.
fn most(kind: ClusterPolicyKind) -> usize {
    if kind == ClusterPolicyKind::Cluster { 25 } else { 100 }
}

fn at_most(out: &mut Vec<Refusal>, path: &str, number: usize, most: usize) {
    if number > most {
        refuse(out, path, format!("Too many: {number}: must have at most {most} items"));
    }
}

fn rule(out: &mut Vec<Refusal>, kind: ClusterPolicyKind, rule: &ClusterRule, path: &str, peers: &str) {
    if rule.name.len() > LONGEST_NAME {
        refuse(out, &format!("{path}.name"), format!("Too long: may not be more than {LONGEST_NAME} bytes"));
    }
    let (accept, pass) = match kind {
        ClusterPolicyKind::Cluster => ("Accept", true),
        ClusterPolicyKind::Admin => ("Allow", true),
        ClusterPolicyKind::Baseline => ("Allow", false),
    };
    let word = rule.action.as_str();
    if word != accept && word != "Deny" && !(pass && word == "Pass") {
        let words = format!("\"{accept}\", \"Deny\"{}", if pass { ", \"Pass\"" } else { "" });
        not_supported(out, &format!("{path}.action"), word, &words);
    }
    let peers = format!("{path}.{peers}");
    if rule.peers.is_empty() {
        refuse(out, &peers, "Invalid value: must have at least 1 item".to_owned());
    }
    at_most(out, &peers, rule.peers.len(), most(kind));
    for (index, peer) in rule.peers.iter().enumerate() {
        self::peer(out, peer, &format!("{peers}[{index}]"));
    }
    let ports = format!("{path}.{}", if kind == ClusterPolicyKind::Cluster { "protocols" } else { "ports" });
    at_most(out, &ports, rule.ports.len(), most(kind));
    for (index, port) in rule.ports.iter().enumerate() {
        self::port(out, kind, port, &format!("{ports}[{index}]"));
    }
    let outside = |peer: &ClusterPeer| matches!(peer, ClusterPeer::Nodes(_) | ClusterPeer::Networks(_) | ClusterPeer::DomainNames(_));
    let named = rule.ports.iter().any(|port| matches!(port, ClusterPort::Named(_)));
    if named && rule.peers.iter().any(outside) {
        refuse(out, path, "Invalid value: networks, nodes and domainNames have no named ports".to_owned());
    }
}

fn peer(out: &mut Vec<Refusal>, peer: &ClusterPeer, path: &str) {
    match peer {
        ClusterPeer::Nothing => refuse(out, path, "Invalid value: must have one field, and has none that is known".to_owned()),
        ClusterPeer::Unreadable
        | ClusterPeer::Namespaces(NamespaceMatch::Unreadable)
        | ClusterPeer::Pods { namespaces: NamespaceMatch::Unreadable, .. } => {
            refuse(out, path, "Invalid value: must have exactly one field".to_owned());
        }
        ClusterPeer::Networks(list) => {
            at_most(out, &format!("{path}.networks"), list.len(), MOST_NAMES);
            for (index, text) in list.iter().enumerate().filter(|(_, text)| cidr(text).is_none()) {
                invalid(out, &format!("{path}.networks[{index}]"), text, no_cidr(text));
            }
        }
        ClusterPeer::DomainNames(list) => {
            at_most(out, &format!("{path}.domainNames"), list.len(), MOST_NAMES);
            for (index, text) in list.iter().enumerate().filter(|(_, text)| !is_domain_name(text)) {
                invalid(out, &format!("{path}.domainNames[{index}]"), text, "must be a domain name; `*` may stand for its first labels");
            }
        }
        _ => {}
    }
}

fn port(out: &mut Vec<Refusal>, kind: ClusterPolicyKind, port: &ClusterPort, path: &str) {
    let protocol = match port {
        ClusterPort::Number { protocol, .. } | ClusterPort::Range { protocol, .. } => protocol.as_deref(),
        _ => None,
    };
    if let Some(protocol) = protocol.filter(|word| !matches!(*word, "TCP" | "UDP" | "SCTP")) {
        not_supported(out, path, protocol, r#""TCP", "UDP", "SCTP""#);
    }
    match port {
        ClusterPort::Unreadable => refuse(out, path, "Invalid value: must have exactly one field".to_owned()),
        ClusterPort::Protocol(_) => refuse(out, path, "Invalid value: must have at least 1 property".to_owned()),
        ClusterPort::Number { number, .. } => in_range(out, path, *number),
        ClusterPort::Range { first, last, .. } => {
            in_range(out, path, *first);
            in_range(out, path, *last);
            // v1alpha1 says so, too, but its schema does not check it.
            if first >= last && kind == ClusterPolicyKind::Cluster {
                invalid_number(out, path, *first, "`start` must be less than `end`");
            }
        }
        ClusterPort::Named(_) => {}
    }
}

fn in_range(out: &mut Vec<Refusal>, path: &str, number: i64) {
    if !(1..=65535).contains(&number) {
        invalid_number(out, path, number, "must be between 1 and 65535, inclusive");
    }
}

/// Rule 54: at least two labels, the first of them perhaps `*`.
fn is_domain_name(text: &str) -> bool {
    let name = text.strip_prefix("*.").unwrap_or(text);
    let labels: Vec<&str> = name.strip_suffix('.').unwrap_or(name).split('.').collect();
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let is_label = |label: &&str| {
        edge(label.chars().next())
            && edge(label.chars().next_back())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    };
    labels.len() > 1 && labels.iter().all(is_label)
}
