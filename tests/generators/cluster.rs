//! Cluster-wide policies of all kinds and spellings, and now and then one that Kubernetes would refuse.

use netstore::objects::Resource;
use serde_json::{Value, json};

use super::genes::Genes;
use super::pods::PORT_NAMES;
use super::policies::{BLOCKS, NAMESPACE_KEYS, POD_KEYS, selector};

/// What the three kinds differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Cluster,
    Admin,
    Baseline,
}

/// A policy. Priorities are few, so that some are equal.
pub fn policy(number: usize, genes: &mut Genes<'_>) -> (Resource, Value) {
    let kind = genes.weighted(&[(5, Kind::Cluster), (3, Kind::Admin), (1, Kind::Baseline)]);
    let name = if kind == Kind::Baseline && !genes.one_in(8) { "default".to_owned() } else { format!("cluster{number}") };
    let mut spec = json!({"subject": subject(genes)});
    if kind != Kind::Baseline {
        spec["priority"] = json!(genes.below(5));
    }
    if kind == Kind::Cluster {
        spec["tier"] = json!(genes.weighted(&[(3, "Admin"), (2, "Baseline")]));
    }
    let ingress = rules(kind, false, genes);
    genes.set(&mut spec, "ingress", ingress, json!([]));
    let egress = rules(kind, true, genes);
    genes.set(&mut spec, "egress", egress, json!([]));
    if genes.one_in(14) {
        spoil(&mut spec, kind, genes);
    }
    let (resource, version, name_of_kind) = match kind {
        Kind::Cluster => (Resource::ClusterNetworkPolicies, "v1alpha2", "ClusterNetworkPolicy"),
        Kind::Admin => (Resource::AdminNetworkPolicies, "v1alpha1", "AdminNetworkPolicy"),
        Kind::Baseline => (Resource::BaselineAdminNetworkPolicies, "v1alpha1", "BaselineAdminNetworkPolicy"),
    };
    let api_version = format!("policy.networking.k8s.io/{version}");
    (resource, json!({"apiVersion": api_version, "kind": name_of_kind, "metadata": {"name": name}, "spec": spec}))
}

fn subject(genes: &mut Genes<'_>) -> Value {
    match genes.weighted(&[(4, 0), (2, 1), (2, 2)]) {
        0 => json!({"namespaces": {}}),
        1 => json!({"namespaces": selector(NAMESPACE_KEYS, genes)}),
        _ => json!({"pods": {"namespaceSelector": selector(NAMESPACE_KEYS, genes), "podSelector": selector(POD_KEYS, genes)}}),
    }
}

fn rules(kind: Kind, egress: bool, genes: &mut Genes<'_>) -> Option<Value> {
    let number = genes.weighted(&[(2, 0), (2, 1), (4, 2), (3, 3)]);
    (number > 0).then(|| (0..number).map(|_| rule(kind, egress, genes)).collect())
}

fn rule(kind: Kind, egress: bool, genes: &mut Genes<'_>) -> Value {
    let accept = if kind == Kind::Cluster { "Accept" } else { "Allow" };
    let action = match genes.weighted(&[(3, 0), (4, 1), (2, 2)]) {
        0 => accept,
        1 => "Deny",
        _ if kind == Kind::Baseline => "Deny",
        _ => "Pass",
    };
    let number = genes.weighted(&[(4, 1), (2, 2)]);
    let peers: Vec<Value> = (0..number).map(|_| peer(kind, egress, action == accept, genes)).collect();
    let mut rule = json!({"action": action});
    rule[if egress { "to" } else { "from" }] = json!(peers);
    // Names of ports stand beside pods only.
    let outside = peers.iter().any(|peer| ["nodes", "networks", "domainNames"].iter().any(|field| peer.get(field).is_some()));
    let number = genes.weighted(&[(4, 0), (3, 1), (2, 2)]);
    let ports: Vec<Value> = (0..number).map(|_| port(kind, !outside, genes)).collect();
    if !ports.is_empty() {
        rule[if kind == Kind::Cluster { "protocols" } else { "ports" }] = json!(ports);
    }
    rule
}

fn peer(kind: Kind, egress: bool, accept: bool, genes: &mut Genes<'_>) -> Value {
    match genes.below(if egress { 9 } else { 5 }) {
        0 => json!({"namespaces": namespaces(kind, genes)}),
        1 | 4 => json!({"namespaces": {}}),
        2 | 3 if kind != Kind::Cluster && genes.one_in(3) => {
            json!({"pods": {"namespaces": {"namespaceSelector": selector(NAMESPACE_KEYS, genes)}, "podSelector": selector(POD_KEYS, genes)}})
        }
        2 | 3 => json!({"pods": {"namespaceSelector": selector(NAMESPACE_KEYS, genes), "podSelector": selector(POD_KEYS, genes)}}),
        5 => match genes.below(3) {
            0 => json!({"nodes": {}}),
            1 => json!({"nodes": {"matchLabels": {"zone": "a"}}}),
            _ => json!({"nodes": {"matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["a"]}]}}),
        },
        6 if accept => json!({"domainNames": ["example.com", "*.example.org"]}),
        _ => {
            let number = 1 + genes.below(2);
            let networks: Vec<&str> = (0..number).map(|_| genes.pick(&BLOCKS).0).collect();
            json!({"networks": networks})
        }
    }
}

/// Of v1alpha1 both schemas.
fn namespaces(kind: Kind, genes: &mut Genes<'_>) -> Value {
    if kind == Kind::Cluster {
        return selector(NAMESPACE_KEYS, genes);
    }
    let keys = |genes: &mut Genes<'_>| genes.pick(&[json!(["team"]), json!(["team", "env"]), json!([])]);
    match genes.below(5) {
        0 => json!({"sameLabels": keys(genes)}),
        1 => json!({"notSameLabels": keys(genes)}),
        2 => json!({"namespaceSelector": selector(NAMESPACE_KEYS, genes)}),
        _ => selector(NAMESPACE_KEYS, genes),
    }
}

fn port(kind: Kind, named: bool, genes: &mut Genes<'_>) -> Value {
    let first = 80 + genes.below(5);
    let last = first + 1 + genes.below(3);
    let shape = genes.weighted(&[(4, 0), (2, 1), (if named { 3 } else { 0 }, 2)]);
    if kind == Kind::Cluster {
        let protocol = genes.weighted(&[(4, "tcp"), (2, "udp"), (1, "sctp")]);
        return match shape {
            0 => json!({protocol: {"destinationPort": {"number": first}}}),
            1 => json!({protocol: {"destinationPort": {"range": {"start": first, "end": last}}}}),
            _ => json!({"destinationNamedPort": genes.pick(&PORT_NAMES)}),
        };
    }
    let protocol = genes.weighted(&[(2, None), (3, Some("TCP")), (2, Some("UDP")), (1, Some("SCTP"))]);
    let mut port = match shape {
        0 => json!({"portNumber": {"port": first}}),
        1 => json!({"portRange": {"start": first, "end": last}}),
        _ => return json!({"namedPort": genes.pick(&PORT_NAMES)}),
    };
    if let (Some(protocol), Some(written)) = (protocol, port.as_object_mut().and_then(|port| port.values_mut().next())) {
        written["protocol"] = json!(protocol);
    }
    port
}

/// What Kubernetes would refuse, or drop.
fn spoil(spec: &mut Value, kind: Kind, genes: &mut Genes<'_>) {
    let direction = genes.pick(&["ingress", "egress"]);
    let list = if direction == "ingress" { "from" } else { "to" };
    let ports = if kind == Kind::Cluster { "protocols" } else { "ports" };
    match genes.below(12) {
        0 => spec["priority"] = genes.pick(&[json!(1001), Value::Null, json!(-1)]),
        1 => spec["tier"] = json!("Other"),
        2 => spec["subject"] = genes.pick(&[json!({}), json!({"namespaces": {}, "pods": {"podSelector": {}}}), Value::Null]),
        choice => {
            let Some(rule) = spec[direction].as_array_mut().and_then(|rules| rules.first_mut()) else { return };
            match choice {
                3 => rule["action"] = genes.pick(&[json!("Log"), json!(""), json!("Accept"), json!("Allow")]),
                4 => rule[list] = genes.pick(&[json!([]), Value::Null]),
                5 | 6 => rule[list] = genes.pick(&[json!([{}]), json!([{"namespaces": {}}, {}]), json!([{"services": {}}])]),
                7 => rule[list] = json!([{"namespaces": {}, "pods": {"podSelector": {}}}]),
                8 => rule[list] = json!([{"networks": ["10.0.0.0/33"]}]),
                9 => rule[ports] = genes.pick(&[json!([{}]), json!([{"icmp": {}}]), json!([{"tcp": {}}]), json!([{"tcp": {}, "udp": {}}])]),
                10 => {
                    rule[ports] = genes.pick(&[
                        json!([{"tcp": {"destinationPort": {"range": {"start": 82, "end": 82}}}}]),
                        json!([{"portRange": {"start": 82, "end": 82}}]),
                        json!([{"portRange": {"start": 83, "end": 82}}]),
                        json!([{"portNumber": {"port": 80, "protocol": "ICMP"}}]),
                        json!([{"portNumber": {}}]),
                    ]);
                }
                _ => rule["logging"] = json!(true),
            }
        }
    }
}
