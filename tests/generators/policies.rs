//! Policies, valid ones in every spelling, and now and then one that Kubernetes would refuse.

use serde_json::{Value, json};

use super::genes::Genes;
use super::pods::PORT_NAMES;
use super::{ClusterGenes, NAMESPACES};

/// Blocks over pods, nodes and the outside, host bits included, and holes that fit in.
pub const BLOCKS: [(&str, [&str; 2]); 14] = [
    ("0.0.0.0/0", ["10.0.0.0/16", "203.0.113.0/24"]),
    ("::/0", ["fd00::/16", "2001:db8::/32"]),
    ("10.0.0.0/8", ["10.0.1.0/24", "10.0.1.2/32"]),
    ("10.0.0.0/22", ["10.0.0.0/24", "10.0.1.0/25"]),
    ("10.0.1.77/24", ["10.0.1.64/26", "10.0.1.200/32"]),
    ("10.0.0.0/30", ["10.0.0.2/31", "10.0.0.1/32"]),
    ("10.0.1.99/32", ["10.0.1.99/32", "10.0.1.99/32"]),
    ("192.168.0.0/16", ["192.168.0.1/32", "192.168.0.8/29"]),
    ("192.168.0.1/32", ["192.168.0.1/32", "192.168.0.1/32"]),
    ("203.0.113.0/24", ["203.0.113.4/30", "203.0.113.128/25"]),
    ("128.0.0.0/1", ["192.168.0.2/32", "192.0.0.0/4"]),
    ("fd00::/16", ["fd00::1:0/112", "fd00::1:2/128"]),
    ("fd00::1:5/112", ["fd00::1:0/124", "fd00::1:200/128"]),
    ("fd00:1::/64", ["fd00:1::1/128", "fd00:1::2/127"]),
];

/// A policy. Rules may stand in a direction that is not listed: they are inert.
pub fn policy(cluster: &ClusterGenes, number: usize, genes: &mut Genes<'_>) -> Value {
    let metadata = json!({"name": format!("policy{number}"), "namespace": cluster.namespace(genes)});
    let mut spec = json!({});
    let subject = (!genes.one_in(3)).then(|| selector(POD_KEYS, genes));
    genes.set(&mut spec, "podSelector", subject, json!({}));
    let types = genes.weighted(&[
        (4, None),
        (4, Some(json!(["Ingress"]))),
        (3, Some(json!(["Egress"]))),
        (3, Some(json!(["Ingress", "Egress"]))),
        (1, Some(json!(["Egress", "Ingress"]))),
        (1, Some(json!(["Egress", "Egress"]))),
    ]);
    genes.set(&mut spec, "policyTypes", types, json!([]));
    let spoiled = genes.one_in(24);
    let strange = genes.one_in(24);
    let ingress = rules("from", genes);
    genes.set(&mut spec, "ingress", ingress, json!([]));
    let egress = rules("to", genes);
    genes.set(&mut spec, "egress", egress, json!([]));
    if spoiled {
        spoil(&mut spec, genes);
    }
    if strange {
        add_unknown_field(&mut spec, genes);
    }
    // No spec at all is an empty spec.
    if genes.one_in(40) {
        return json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata});
    }
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec})
}

/// Label keys and values for pods, `tier` being on none.
pub const POD_KEYS: &[(&str, &[&str])] = &[("app", &["a", "b", ""]), ("env", &["a", "b", ""]), ("tier", &["a", ""])];
pub const NAMESPACE_KEYS: &[(&str, &[&str])] =
    &[("team", &["a", "b", ""]), ("kubernetes.io/metadata.name", &NAMESPACES), ("env", &["a", "b", ""])];

pub fn selector(keys: &[(&str, &[&str])], genes: &mut Genes<'_>) -> Value {
    let mut selector = json!({});
    let (labels, expressions) = genes.weighted(&[(2, (0, 0)), (3, (1, 0)), (1, (2, 0)), (3, (0, 1)), (1, (0, 2)), (1, (1, 1))]);
    let equalities: Value = (0..labels)
        .map(|_| {
            let (key, values) = genes.pick(keys);
            (key.to_owned(), json!(genes.pick(values)))
        })
        .collect::<serde_json::Map<_, _>>()
        .into();
    genes.set(&mut selector, "matchLabels", (labels > 0).then_some(equalities), json!({}));
    let requirements: Vec<Value> = (0..expressions).map(|_| requirement(keys, genes)).collect();
    genes.set(&mut selector, "matchExpressions", (expressions > 0).then(|| json!(requirements)), json!([]));
    selector
}

fn requirement(keys: &[(&str, &[&str])], genes: &mut Genes<'_>) -> Value {
    let (key, values) = genes.pick(keys);
    let operator = genes.pick(&["In", "NotIn", "Exists", "DoesNotExist"]);
    let mut requirement = json!({"key": key, "operator": operator});
    let values: Option<Value> = operator.ends_with("In").then(|| (0..=genes.below(2)).map(|_| json!(genes.pick(values))).collect());
    genes.set(&mut requirement, "values", values, json!([]));
    requirement
}

/// None: absent, null or `[]`.
fn rules(peers: &str, genes: &mut Genes<'_>) -> Option<Value> {
    let number = genes.weighted(&[(2, 0), (4, 1), (2, 2)]);
    (number > 0).then(|| (0..number).map(|_| rule(peers, genes)).collect())
}

fn rule(peers: &str, genes: &mut Genes<'_>) -> Value {
    if genes.one_in(30) {
        return Value::Null;
    }
    let mut rule = json!({});
    let number = genes.weighted(&[(2, 0), (4, 1), (3, 2)]);
    let list: Vec<Value> = (0..number).map(|_| peer(genes)).collect();
    genes.set(&mut rule, peers, (number > 0).then(|| json!(list)), json!([]));
    let number = genes.weighted(&[(3, 0), (3, 1), (2, 2)]);
    let list: Vec<Value> = (0..number).map(|_| port(genes)).collect();
    genes.set(&mut rule, "ports", (number > 0).then(|| json!(list)), json!([]));
    rule
}

fn peer(genes: &mut Genes<'_>) -> Value {
    let mut peer = json!({});
    match genes.weighted(&[(3, 0), (3, 1), (3, 2), (4, 3)]) {
        0 => peer["podSelector"] = selector(POD_KEYS, genes),
        1 => peer["namespaceSelector"] = selector(NAMESPACE_KEYS, genes),
        2 => {
            peer["namespaceSelector"] = selector(NAMESPACE_KEYS, genes);
            peer["podSelector"] = selector(POD_KEYS, genes);
        }
        _ => {
            let (cidr, holes) = genes.pick(&BLOCKS);
            let mut block = json!({"cidr": cidr});
            let number = if cidr.ends_with("/32") { 0 } else { genes.weighted(&[(3, 0), (2, 1), (1, 2)]) };
            genes.set(&mut block, "except", (number > 0).then(|| json!(holes[..number])), json!([]));
            peer["ipBlock"] = block;
        }
    }
    if genes.one_in(20) {
        let absent = ["podSelector", "namespaceSelector", "ipBlock"].into_iter().find(|field| peer.get(field).is_none());
        peer[absent.expect("no peer has all three")] = Value::Null;
    }
    peer
}

fn port(genes: &mut Genes<'_>) -> Value {
    let mut port = json!({});
    let protocol = genes.weighted(&[(3, None), (3, Some(json!("TCP"))), (2, Some(json!("UDP"))), (1, Some(json!("SCTP")))]);
    genes.set(&mut port, "protocol", protocol, Value::Null);
    let first = 80 + genes.below(5);
    match genes.weighted(&[(1, 0), (4, 1), (2, 2), (3, 3)]) {
        0 => {}
        1 => port["port"] = json!(first),
        2 => {
            port["port"] = json!(first);
            port["endPort"] = json!(first + genes.below(4));
        }
        _ => port["port"] = json!(genes.pick(&PORT_NAMES)),
    }
    port
}

/// Makes Kubernetes refuse the policy.
fn spoil(spec: &mut Value, genes: &mut Genes<'_>) {
    let peers = |peer: Value| json!([{"from": [peer]}]);
    let ports = |port: Value| json!([{"ports": [port]}]);
    let expression = |value: Value| json!({"matchExpressions": [value]});
    let ingress = match genes.below(20) {
        0 => peers(json!({})),
        1 => peers(json!({"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}})),
        2 => peers(json!({"ipBlock": {"cidr": "10.0.0.0"}})),
        3 => peers(json!({"ipBlock": {"cidr": "10.0.0.0/33"}})),
        4 => peers(json!({"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/16"]}})),
        5 => peers(json!({"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8"]}})),
        6 => peers(json!({"ipBlock": {"cidr": "10.0.0.0/8", "except": ["fd00::/64"]}})),
        7 => peers(json!({"podSelector": expression(json!({"key": "app", "operator": "in", "values": ["a"]}))})),
        8 => peers(json!({"namespaceSelector": {"matchLabels": {"team": "-a"}}})),
        9 => ports(json!({"endPort": 81})),
        10 => ports(json!({"port": "web", "endPort": 81})),
        11 => ports(json!({"port": 82, "endPort": 81})),
        12 => ports(json!({"port": genes.pick(&[0, -1, 65536])})),
        13 => ports(json!({"port": genes.pick(&["80", "", "Web", "a--b", "sixteen-letters-"])})),
        14 => ports(json!({"protocol": genes.pick(&["ICMP", "tcp"])})),
        15 => {
            spec["policyTypes"] = genes.pick(&[json!(["ingress"]), json!(["Ingress", "Engress"]), json!(["Ingress", "Egress", "Egress"])]);
            return;
        }
        16 => {
            spec["podSelector"] = expression(json!({"key": "app", "operator": "Inside", "values": ["a"]}));
            return;
        }
        17 => {
            spec["podSelector"] = expression(json!({"key": "app", "operator": genes.pick(&["In", "NotIn"])}));
            return;
        }
        18 => {
            spec["podSelector"] = expression(json!({"key": "app", "operator": "Exists", "values": ["a"]}));
            return;
        }
        _ => {
            spec["podSelector"] = json!({"matchLabels": {genes.pick(&["a b", "", "X/y", "app/"]): "a"}});
            return;
        }
    };
    spec["ingress"] = ingress;
}

/// A field that no version we know has, somewhere in a rule.
fn add_unknown_field(spec: &mut Value, genes: &mut Genes<'_>) {
    let (direction, list) = genes.pick(&[("ingress", "from"), ("egress", "to")]);
    let Some(rule) = spec[direction].as_array_mut().and_then(|rules| rules.first_mut()) else { return };
    if rule.is_null() {
        return;
    }
    match genes.below(4) {
        0 => rule["form"] = json!([]),
        // A field of the other direction is as unknown as any.
        1 => rule[if direction == "ingress" { "to" } else { "from" }] = json!([{"podSelector": {}}]),
        2 => {
            if let Some(peer) = rule[list].as_array_mut().and_then(|peers| peers.first_mut()) {
                if genes.one_in(3) {
                    *peer = json!({});
                }
                peer["serviceSelector"] = json!({});
            }
        }
        _ => {
            if let Some(port) = rule["ports"].as_array_mut().and_then(|ports| ports.first_mut()) {
                port["portRange"] = json!("1-2");
            }
        }
    }
}
