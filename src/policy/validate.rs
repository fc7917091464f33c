//! What the API server refuses: the validation of NetworkPolicies, and of the names and labels of any object.
//!
//! Source: `pkg/apis/networking/validation/validation.go` and the functions of apimachinery it calls. Refusals come in
//! the order of Kubernetes' own message, with its words.

mod cluster;
mod syntax;

pub use cluster::cluster_refusals;

use crate::objects::{
    Address, Cidr, IntOrString, IpBlock, LabelSelector, Labels, Meta, NetworkPolicy, Peer, PolicyPort, Requirement, Resource, Rule,
};

/// One reason to refuse an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// Path of the field: `spec.ingress[0].from[1].ipBlock.cidr`.
    pub field: String,
    /// Kubernetes' words: `Invalid value: "10.0.0.0/33": must be a valid CIDR value, …`.
    pub reason: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.field, self.reason)
    }
}

/// Everything for which the API server would refuse to create this policy; empty for a valid one.
pub fn refusals(policy: &NetworkPolicy) -> Vec<Refusal> {
    let mut refusals = metadata_refusals(Resource::NetworkPolicies, &policy.metadata);
    let out = &mut refusals;
    let spec = &policy.spec;
    selector(out, &spec.pod_selector, "spec.podSelector");
    rules(out, &spec.ingress, "ingress", "from");
    rules(out, &spec.egress, "egress", "to");
    if spec.policy_types.len() > 2 {
        let given = format!("{:?}", spec.policy_types).replace("\", \"", "\",\"");
        refuse(out, "spec.policyTypes", format!("Invalid value: {given}: may not specify more than two policyTypes"));
        return refusals;
    }
    for (i, name) in spec.policy_types.iter().enumerate() {
        if name != "Ingress" && name != "Egress" {
            not_supported(out, &format!("spec.policyTypes[{i}]"), name, r#""Ingress", "Egress""#);
        }
    }
    refusals
}

/// Everything for which the API server would refuse the name, namespace or labels of an object.
///
/// Source: `ValidateObjectMeta`; Namespaces are named as RFC 1123 labels, Services as RFC 1035 labels, all other kinds
/// we read as RFC 1123 subdomains.
pub fn metadata_refusals(resource: Resource, meta: &Meta) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let out = &mut refusals;
    if meta.name.is_empty() {
        refuse(out, "metadata.name", "Required value: name or generateName is required".to_owned());
    } else {
        let complaint = match resource {
            Resource::Namespaces => syntax::dns_label(&meta.name),
            // Relaxed to RFC 1123 labels behind a gate; the stricter rule would refuse what newer servers take.
            Resource::Services => syntax::dns_label(&meta.name),
            _ => syntax::dns_subdomain(&meta.name),
        };
        invalid_if(out, "metadata.name", &meta.name, complaint);
    }
    if resource.namespaced() && !meta.namespace.is_empty() {
        invalid_if(out, "metadata.namespace", &meta.namespace, syntax::dns_label(&meta.namespace));
    }
    labels(out, &meta.labels, "metadata.labels");
    refusals
}

/// Everything for which the API server would refuse the labels at this path.
pub fn label_refusals(labels: &Labels, path: &str) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    self::labels(&mut refusals, labels, path);
    refusals
}

fn rules(out: &mut Vec<Refusal>, rules: &[Rule], direction: &str, peers: &str) {
    for (i, rule) in rules.iter().enumerate() {
        for (j, p) in rule.ports.iter().enumerate() {
            port(out, p, &format!("spec.{direction}[{i}].ports[{j}]"));
        }
        for (j, p) in rule.peers.iter().enumerate() {
            peer(out, p, &format!("spec.{direction}[{i}].{peers}[{j}]"));
        }
    }
}

/// Source: `ValidateNetworkPolicyPort`.
fn port(out: &mut Vec<Refusal>, port: &PolicyPort, path: &str) {
    if let Some(protocol) = &port.protocol
        && !matches!(protocol.as_str(), "TCP" | "UDP" | "SCTP")
    {
        not_supported(out, &format!("{path}.protocol"), protocol, r#""TCP", "UDP", "SCTP""#);
    }
    let (port_path, end_path) = (format!("{path}.port"), format!("{path}.endPort"));
    let in_range = |number: i64| (!(1..=65535).contains(&number)).then_some("must be between 1 and 65535, inclusive");
    match (&port.port, port.end_port) {
        (Some(IntOrString::Int(first)), end) => {
            if let Some(reason) = in_range(*first) {
                invalid_number(out, &port_path, *first, reason);
            }
            if let Some(end) = end {
                if end < *first {
                    // The wrong number, but it is the one that the server names.
                    invalid_number(out, &end_path, *first, "must be greater than or equal to `port`");
                }
                if let Some(reason) = in_range(end) {
                    invalid_number(out, &end_path, end, reason);
                }
            }
        }
        (Some(IntOrString::Name(name)), end) => {
            if let Some(end) = end {
                invalid_number(out, &end_path, end, "may not be specified when `port` is non-numeric");
            }
            for reason in syntax::port_name(name) {
                invalid(out, &port_path, name, reason);
            }
        }
        (None, Some(end)) => invalid_number(out, &end_path, end, "may not be specified when `port` is not specified"),
        (None, None) => {}
    }
}

/// Source: `ValidateNetworkPolicyPeer`.
fn peer(out: &mut Vec<Refusal>, peer: &Peer, path: &str) {
    if let Some(pods) = &peer.pod_selector {
        selector(out, pods, &format!("{path}.podSelector"));
    }
    if let Some(namespaces) = &peer.namespace_selector {
        selector(out, namespaces, &format!("{path}.namespaceSelector"));
    }
    if let Some(block) = &peer.ip_block {
        ip_block(out, block, &format!("{path}.ipBlock"));
    }
    let selectors = peer.pod_selector.is_some() || peer.namespace_selector.is_some();
    match (selectors, peer.ip_block.is_some()) {
        (false, false) => refuse(out, path, "Required value: must specify a peer".to_owned()),
        (true, true) => refuse(out, path, "Forbidden: may not specify both ipBlock and another peer".to_owned()),
        _ => {}
    }
}

/// Source: `ValidateIPBlock`. Leading zeros are refused, which servers before 1.36 let pass, because what they mean depends on
/// who reads them. Host bits and IPv4-mapped addresses, which 1.36 refuses in new objects, mean the same to everybody.
fn ip_block(out: &mut Vec<Refusal>, block: &IpBlock, path: &str) {
    let cidr_path = format!("{path}.cidr");
    if block.cidr.is_empty() {
        return refuse(out, &cidr_path, "Required value".to_owned());
    }
    let Some(whole) = cidr(&block.cidr) else {
        return invalid(out, &cidr_path, &block.cidr, no_cidr(&block.cidr));
    };
    for (i, text) in block.except.iter().enumerate() {
        let except_path = format!("{path}.except[{i}]");
        match cidr(text) {
            None => invalid(out, &except_path, text, no_cidr(text)),
            Some(hole) if !whole.contains_cidr(&hole) || hole.prefix_len() <= whole.prefix_len() || (mapped(&hole) && !mapped(&whole)) => {
                invalid(out, &except_path, text, "must be a strict subset of `cidr`");
            }
            Some(_) => {}
        }
    }
}

/// Why a text is no CIDR.
fn no_cidr(text: &str) -> &'static str {
    let bare = |part: &str| if part.len() > 1 && !part.contains(':') { part.trim_start_matches('0').to_owned() } else { part.to_owned() };
    let parts = text.split('/').map(|half| half.split('.').map(bare).collect::<Vec<_>>().join("."));
    match cidr(&parts.collect::<Vec<_>>().join("/")) {
        Some(_) => "must not have leading 0s in IP or prefix length",
        None => "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)",
    }
}

/// Whether Go takes the IPv6 addresses of this block for IPv4: `::ffff:10.0.0.0/104`.
fn mapped(cidr: &Cidr) -> bool {
    matches!(cidr.net(), ipnet::IpNet::V6(net) if net.network().to_ipv4_mapped().is_some())
}

/// `ipnet` reads «010.0.0.0/8», the standard library does not.
fn cidr(text: &str) -> Option<Cidr> {
    let (address, _) = text.split_once('/')?;
    Address::parse(address).and_then(|_| text.parse().ok())
}

/// Source: `ValidateLabelSelector`.
fn selector(out: &mut Vec<Refusal>, selector: &LabelSelector, path: &str) {
    labels(out, &selector.match_labels, &format!("{path}.matchLabels"));
    for (i, requirement) in selector.match_expressions.iter().enumerate() {
        expression(out, requirement, &format!("{path}.matchExpressions[{i}]"));
    }
}

fn expression(out: &mut Vec<Refusal>, requirement: &Requirement, path: &str) {
    let values = format!("{path}.values");
    match requirement.operator.as_str() {
        "In" | "NotIn" if requirement.values.is_empty() => {
            refuse(out, &values, "Required value: must be specified when `operator` is 'In' or 'NotIn'".to_owned());
        }
        "Exists" | "DoesNotExist" if !requirement.values.is_empty() => {
            refuse(out, &values, "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'".to_owned());
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        other => invalid(out, &format!("{path}.operator"), other, "not a valid selector operator"),
    }
    for reason in syntax::label_key(&requirement.key) {
        invalid(out, &format!("{path}.key"), &requirement.key, reason);
    }
    for (i, value) in requirement.values.iter().enumerate() {
        for reason in syntax::label_value(value) {
            invalid(out, &format!("{values}[{i}]"), value, reason);
        }
    }
}

/// Source: `ValidateLabels`.
fn labels(out: &mut Vec<Refusal>, labels: &Labels, path: &str) {
    for (key, value) in labels.iter() {
        for reason in syntax::label_key(key) {
            invalid(out, path, key, reason);
        }
        for reason in syntax::label_value(value) {
            invalid(out, path, value, reason);
        }
    }
}

fn refuse(out: &mut Vec<Refusal>, field: &str, reason: String) {
    out.push(Refusal { field: field.to_owned(), reason });
}

fn invalid(out: &mut Vec<Refusal>, field: &str, value: &str, reason: &str) {
    refuse(out, field, format!("Invalid value: \"{value}\": {reason}"));
}

fn invalid_if(out: &mut Vec<Refusal>, field: &str, value: &str, reasons: Vec<&str>) {
    for reason in reasons {
        invalid(out, field, value, reason);
    }
}

fn invalid_number(out: &mut Vec<Refusal>, field: &str, value: i64, reason: &str) {
    refuse(out, field, format!("Invalid value: {value}: {reason}"));
}

fn not_supported(out: &mut Vec<Refusal>, field: &str, value: &str, supported: &str) {
    refuse(out, field, format!("Unsupported value: \"{value}\": supported values: {supported}"));
}

#[cfg(test)]
mod tests;
