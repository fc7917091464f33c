//! Policies that the API server refuses, from its documented field rules: such a policy can only come from a file.

use netstore::objects::{
    ClusterPeer, ClusterPolicy, ClusterPolicyKind, ClusterPort, ClusterRule, ClusterSubject, IntOrString, IpBlock, LabelSelector,
    NamespaceMatch, NetworkPolicy, Peer, PolicyPort,
};

use super::matching::{bits, read_cidr};

/// Whether Kubernetes would refuse the policy. All rules count, those of a direction that is not listed too.
pub fn is_refused(policy: &NetworkPolicy) -> bool {
    let spec = &policy.spec;
    let types_refused = spec.policy_types.len() > 2 || spec.policy_types.iter().any(|t| t != "Ingress" && t != "Egress");
    let mut rules = spec.ingress.iter().chain(&spec.egress);
    types_refused
        || selector_refused(&spec.pod_selector)
        || rules.any(|rule| rule.peers.iter().any(peer_refused) || rule.ports.iter().any(port_refused))
}

/// Rule 10. A peer of which only fields nobody knows are written is empty once they are dropped.
fn peer_refused(peer: &Peer) -> bool {
    let has_selector = peer.pod_selector.is_some() || peer.namespace_selector.is_some();
    match &peer.ip_block {
        Some(block) => has_selector || block_refused(block),
        None if !has_selector => true,
        None => peer.pod_selector.iter().chain(&peer.namespace_selector).any(selector_refused),
    }
}

/// Every hole must lie inside the block and be smaller than it.
fn block_refused(block: &IpBlock) -> bool {
    let Some((network, length)) = read_cidr(&block.cidr) else { return true };
    block.except.iter().any(|hole| match read_cidr(hole) {
        None => true,
        Some((inner, inner_length)) => {
            inner.is_ipv4() != network.is_ipv4() || inner_length <= length || bits(inner, length) != bits(network, length)
        }
    })
}

/// Rule 13, and the ranges of numbers and names.
fn port_refused(port: &PolicyPort) -> bool {
    let number_refused = |number: i64| !(1..=65535).contains(&number);
    let protocol_refused = port.protocol.as_ref().is_some_and(|p| !["TCP", "UDP", "SCTP"].contains(&p.as_str()));
    protocol_refused
        || match (&port.port, port.end_port) {
            (None, None) => false,
            (None | Some(IntOrString::Name(_)), Some(_)) => true,
            (Some(IntOrString::Int(first)), Some(last)) => number_refused(*first) || number_refused(last) || last < *first,
            (Some(IntOrString::Int(number)), None) => number_refused(*number),
            (Some(IntOrString::Name(name)), None) => !is_port_name(name),
        }
}

/// An IANA service name: at most 15 of `a-z0-9-`, a letter among them, no hyphen first, last or twice in a row.
fn is_port_name(name: &str) -> bool {
    (1..=15).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && name.chars().any(|c| c.is_ascii_lowercase())
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}

/// Rule 11: keys and values must be labels, operators known, and values there exactly where the operator wants them.
fn selector_refused(selector: &LabelSelector) -> bool {
    selector.match_labels.iter().any(|(key, value)| !is_label_key(key) || !is_label_value(value))
        || selector.match_expressions.iter().any(|expression| {
            let values_refused = match expression.operator.as_str() {
                "In" | "NotIn" => expression.values.is_empty(),
                "Exists" | "DoesNotExist" => !expression.values.is_empty(),
                _ => true,
            };
            values_refused || !is_label_key(&expression.key) || !expression.values.iter().all(|v| is_label_value(v))
        })
}

/// `[prefix/]name`, the prefix a DNS name.
fn is_label_key(key: &str) -> bool {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let label_of_name = |label: &str| {
        !label.is_empty()
            && label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let prefix_fits = |prefix: &str| prefix.len() <= 253 && prefix.split('.').all(label_of_name);
    prefix.is_none_or(prefix_fits) && !name.is_empty() && is_label_value(name)
}

/// Empty, or at most 63 of `A-Za-z0-9-_.` with a letter or digit at both ends.
fn is_label_value(value: &str) -> bool {
    value.len() <= 63
        && value.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        && value.chars().next().is_none_or(|c| c.is_ascii_alphanumeric())
        && value.chars().last().is_none_or(|c| c.is_ascii_alphanumeric())
}

/// Whether the schemas of the kind refuse the policy. They do not look into selectors.
pub fn is_refused_cluster_wide(policy: &ClusterPolicy) -> bool {
    let (most, words): (usize, &[&str]) = match policy.kind {
        ClusterPolicyKind::Admin => (100, &["Allow", "Deny", "Pass"]),
        ClusterPolicyKind::Baseline => (100, &["Allow", "Deny"]),
        ClusterPolicyKind::Cluster => (25, &["Accept", "Deny", "Pass"]),
    };
    let head_refused = match policy.kind {
        ClusterPolicyKind::Baseline => policy.metadata.name != "default",
        _ => policy.priority.is_none_or(|number| !(0..=1000).contains(&number)),
    };
    let tier_refused = policy.kind == ClusterPolicyKind::Cluster && policy.tier != "Admin" && policy.tier != "Baseline";
    let rule_refused = |rule: &ClusterRule| {
        let named = rule.ports.iter().any(|port| matches!(port, ClusterPort::Named(_)));
        let has_outside =
            rule.peers.iter().any(|p| matches!(p, ClusterPeer::Nodes(_) | ClusterPeer::Networks(_) | ClusterPeer::DomainNames(_)));
        !words.contains(&rule.action.as_str())
            || rule.name.len() > 100
            || rule.peers.is_empty()
            || rule.peers.len() > most
            || rule.ports.len() > most
            || (named && has_outside)
            || rule.peers.iter().any(cluster_peer_refused)
            || rule.ports.iter().any(|port| cluster_port_refused(policy.kind, port))
    };
    head_refused
        || tier_refused
        || policy.subject == ClusterSubject::Unreadable
        || policy.ingress.len() > most
        || policy.egress.len() > most
        || policy.ingress.iter().chain(&policy.egress).any(rule_refused)
}

fn cluster_peer_refused(peer: &ClusterPeer) -> bool {
    match peer {
        ClusterPeer::Nothing | ClusterPeer::Unreadable => true,
        ClusterPeer::Namespaces(namespaces) | ClusterPeer::Pods { namespaces, .. } => *namespaces == NamespaceMatch::Unreadable,
        ClusterPeer::Networks(list) => list.len() > 25 || list.iter().any(|text| read_cidr(text).is_none()),
        // Generated names are fine.
        ClusterPeer::DomainNames(list) => list.len() > 25,
        ClusterPeer::Nodes(_) => false,
    }
}

fn cluster_port_refused(kind: ClusterPolicyKind, port: &ClusterPort) -> bool {
    let refused = |number: i64| !(1..=65535).contains(&number);
    let strange = |protocol: &Option<String>| protocol.as_ref().is_some_and(|p| !["TCP", "UDP", "SCTP"].contains(&p.as_str()));
    match port {
        ClusterPort::Number { protocol, number } => strange(protocol) || refused(*number),
        ClusterPort::Range { protocol, first, last } => {
            strange(protocol) || refused(*first) || refused(*last) || (kind == ClusterPolicyKind::Cluster && first >= last)
        }
        ClusterPort::Protocol(_) | ClusterPort::Unreadable => true,
        ClusterPort::Named(_) => false,
    }
}
