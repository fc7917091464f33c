//! The corner cases: for each a way to make policies that have it.

use netstore::objects::Protocol;
use serde_json::{Value, json};

use super::draw::Draw;

/// The spec of a policy and where it is.
type Spec = (&'static str, Value);

/// A corner case: its name, and policies that have it.
type Corner = (&'static str, fn(&mut Draw<'_>) -> Vec<Spec>);

/// All of them. The set with number N has the one at N modulo their count.
pub const ALL: [Corner; 24] = [
    ("default deny in both directions, with openings", default_deny),
    ("policyTypes absent, with and without egress rules", types_absent),
    ("policyTypes that leave rules inert", types_inert),
    ("policyTypes with nothing allowed", types_alone),
    ("namespace and pod in one peer", both_in_one_peer),
    ("namespace or pod in two peers", two_peers),
    ("In, NotIn, Exists and DoesNotExist", expressions),
    ("empty selectors as subject and as peers", empty_selectors),
    ("empty from, to and ports", empty_lists),
    ("ports of a protocol only", protocol_only),
    ("ipBlock over pods, with except", blocks_over_pods),
    ("ipBlock over nodes", blocks_over_hosts),
    ("ipBlock over the outside", blocks_over_outside),
    ("0.0.0.0/0 and ::/0, with except", blocks_over_everything),
    ("except that another rule allows", except_overruled),
    ("named ports into pods", named_ingress),
    ("named ports out of pods", named_egress),
    ("a named port of the wrong protocol", named_wrong_protocol),
    ("endPort", end_port),
    ("SCTP only", sctp_only),
    ("egress and ingress together", both_sides),
    ("policies that select nothing", nothing_selected),
    ("a hole in a policy that allows everything", everything_allowed),
    ("selectors that hold pods on the host network", host_pods),
];

/// The policies of one corner case.
pub fn specs(corner: usize, draw: &mut Draw<'_>) -> Vec<Spec> {
    ALL[corner].1(draw)
}

/// One direction: type, rules, peers.
const INGRESS: (&str, &str, &str) = ("Ingress", "ingress", "from");
const EGRESS: (&str, &str, &str) = ("Egress", "egress", "to");

/// A policy that isolates its subject in one direction and has these rules.
fn isolating(subject: &Value, direction: (&str, &str, &str), rules: Value) -> Value {
    let mut spec = json!({"podSelector": subject, "policyTypes": [direction.0]});
    spec[direction.1] = rules;
    spec
}

/// A policy with one rule for such peers and ports.
fn letting(subject: &Value, direction: (&str, &str, &str), peers: Vec<Value>, ports: Vec<Value>) -> Value {
    let mut rule = json!({"ports": ports});
    rule[direction.2] = json!(peers);
    isolating(subject, direction, json!([rule]))
}

fn direction(draw: &mut Draw<'_>) -> (&'static str, &'static str, &'static str) {
    draw.genes.pick(&[INGRESS, EGRESS])
}

/// A namespace, a subject in it and a direction.
fn place(draw: &mut Draw<'_>) -> (&'static str, Value, (&'static str, &'static str, &'static str)) {
    let namespace = draw.namespace();
    let subject = if draw.genes.one_in(3) { json!({}) } else { draw.pods() };
    (namespace, subject, direction(draw))
}

fn default_deny(draw: &mut Draw<'_>) -> Vec<Spec> {
    let namespace = draw.namespace();
    let deny = json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]});
    let anywhere = json!([{"namespaceSelector": {}}]);
    let into = json!({"podSelector": draw.pods(), "policyTypes": ["Ingress"], "ingress": [{"from": [draw.peer(), draw.peer()]}]});
    let out = json!({"podSelector": draw.pods(), "policyTypes": ["Egress"], "egress": [{"to": anywhere, "ports": [draw.port()]}]});
    vec![(namespace, deny), (namespace, into), (namespace, out)]
}

fn types_absent(draw: &mut Draw<'_>) -> Vec<Spec> {
    let (one, other) = (draw.namespace(), draw.namespace());
    // Without an egress rule nothing is isolated for egress, whatever stands there for «no rule».
    let none = draw.genes.pick(&[Value::Null, json!([])]);
    let without = json!({"podSelector": draw.pods(), "ingress": [{"from": [draw.peer()]}], "egress": none});
    let with = json!({"podSelector": draw.pods(), "egress": [{"to": [draw.peer(), draw.peer()]}]});
    vec![(one, without), (other, with)]
}

fn types_inert(draw: &mut Draw<'_>) -> Vec<Spec> {
    let (one, other) = (draw.namespace(), draw.namespace());
    let egress = json!({"podSelector": draw.pods(), "policyTypes": ["Egress"],
        "ingress": [{"from": [draw.peer()]}], "egress": [{"to": [draw.peer(), {"namespaceSelector": {}}]}]});
    let ingress = json!({"podSelector": draw.pods(), "policyTypes": ["Ingress"],
        "egress": [{"to": [draw.peer()]}], "ingress": [{"from": [draw.peer(), {"podSelector": {}}]}]});
    vec![(one, egress), (other, ingress)]
}

fn types_alone(draw: &mut Draw<'_>) -> Vec<Spec> {
    let types = draw.genes.pick(&[json!(["Ingress"]), json!(["Egress"]), json!(["Egress", "Ingress"]), Value::Null]);
    let mut spec = json!({"podSelector": draw.pods(), "policyTypes": types});
    draw.genes.set(&mut spec, "ingress", None, json!([]));
    draw.genes.set(&mut spec, "egress", None, json!([]));
    vec![(draw.namespace(), spec)]
}

fn both_in_one_peer(draw: &mut Draw<'_>) -> Vec<Spec> {
    let (namespace, subject, direction) = place(draw);
    let peers = (0..1 + draw.genes.below(3)).map(|_| json!({"namespaceSelector": draw.namespaces(), "podSelector": draw.pods()}));
    let peers = peers.collect();
    vec![(namespace, letting(&subject, direction, peers, Vec::new()))]
}

fn two_peers(draw: &mut Draw<'_>) -> Vec<Spec> {
    let (namespace, subject, direction) = place(draw);
    let peers = vec![json!({"namespaceSelector": draw.namespaces()}), json!({"podSelector": draw.pods()})];
    vec![(namespace, letting(&subject, direction, peers, Vec::new()))]
}

fn expressions(draw: &mut Draw<'_>) -> Vec<Spec> {
    let mut requirement = |key: &str| {
        let operator = draw.genes.pick(&["In", "NotIn", "Exists", "DoesNotExist"]);
        let mut requirement = json!({"key": key, "operator": operator});
        if operator.ends_with("In") {
            requirement["values"] = draw.genes.pick(&[json!(["a"]), json!(["a", "b"]), json!([""]), json!(["b", "none"])]);
        }
        requirement
    };
    let subject = json!({"matchExpressions": [requirement("app")]});
    let peers = vec![
        json!({"podSelector": {"matchExpressions": [requirement("app"), requirement("env")]}}),
        json!({"namespaceSelector": {"matchExpressions": [requirement("team")]}, "podSelector": {"matchExpressions": [requirement("env")]}}),
    ];
    let (namespace, _, direction) = place(draw);
    vec![(namespace, letting(&subject, direction, peers, Vec::new()))]
}

fn empty_selectors(draw: &mut Draw<'_>) -> Vec<Spec> {
    let (namespace, _, direction) = place(draw);
    let peer = draw.genes.pick(&[
        json!({"podSelector": {}}),
        json!({"namespaceSelector": {}}),
        json!({"podSelector": {}, "namespaceSelector": {}}),
        json!({"podSelector": {"matchLabels": {}, "matchExpressions": []}}),
        json!({"namespaceSelector": {"matchLabels": null}}),
    ]);
    vec![(namespace, letting(&json!({}), direction, vec![peer], Vec::new()))]
}

fn empty_lists(draw: &mut Draw<'_>) -> Vec<Spec> {
    let (namespace, subject, direction) = place(draw);
    let rule = draw.genes.pick(&[json!({direction.2: []}), json!({direction.2: null, "ports": []}), json!({"ports": null}), json!({})]);
    let (other, closed, other_direction) = place(draw);
    let none = draw.genes.pick(&[json!([]), Value::Null]);
    vec![(namespace, isolating(&subject, direction, json!([rule]))), (other, isolating(&closed, other_direction, none))]
}

fn protocol_only(draw: &mut Draw<'_>) -> Vec<Spec> {
    let (namespace, subject, direction) = place(draw);
    let ports = draw.genes.pick(&[json!({}), json!({"protocol": "UDP"}), json!({"protocol": "TCP"}), json!({"protocol": null})]);
    let peers = if draw.genes.one_in(2) { vec![json!({"namespaceSelector": {}})] } else { Vec::new() };
    vec![(namespace, letting(&subject, direction, peers, vec![ports]))]
}

fn blocks_over_pods(draw: &mut Draw<'_>) -> Vec<Spec> {
    let (namespace, subject, direction) = place(draw);
    let peers = (0..2).map(|_| json!({"ipBlock": draw.blocks.pods(&mut draw.genes)})).collect();
    vec![(namespace, letting(&subject, direction, peers, Vec::new()))]
}

fn blocks_over_hosts(draw: &mut Draw<'_>) -> Vec<Spec> {
    let (namespace, subject, direction) = place(draw);
    let peers = (0..2).map(|_| json!({"ipBlock": draw.blocks.hosts(&mut draw.genes)})).collect();
    vec![(namespace, letting(&subject, direction, peers, Vec::new()))]
}

fn blocks_over_outside(draw: &mut Draw<'_>) -> Vec<Spec> {
    let (namespace, subject, _) = place(draw);
    let (other, other_subject, direction) = place(draw);
    let peers = |draw: &mut Draw<'_>| vec![json!({"ipBlock": draw.blocks.outside(&mut draw.genes)})];
    let ports = if draw.genes.one_in(2) { vec![json!({"port": draw.genes.pick(&[80, 443])})] } else { Vec::new() };
    let out = letting(&subject, EGRESS, peers(draw), ports);
    vec![(namespace, out), (other, letting(&other_subject, direction, peers(draw), Vec::new()))]
}

fn blocks_over_everything(draw: &mut Draw<'_>) -> Vec<Spec> {
    let (namespace, subject, direction) = place(draw);
    let peers = (0..1 + draw.genes.below(2)).map(|_| json!({"ipBlock": draw.blocks.everything(&mut draw.genes)})).collect();
    vec![(namespace, letting(&subject, direction, peers, Vec::new()))]
}

fn except_overruled(draw: &mut Draw<'_>) -> Vec<Spec> {
    let (namespace, subject, direction) = place(draw);
    let wide = letting(&subject, direction, vec![json!({"ipBlock": draw.blocks.everything(&mut draw.genes)})], Vec::new());
    let port = draw.port();
    let again = vec![json!({"ipBlock": draw.blocks.pods(&mut draw.genes)}), json!({"podSelector": draw.pods()})];
    vec![(namespace, wide), (namespace, letting(&subject, direction, again, vec![port]))]
}

fn named_ingress(draw: &mut Draw<'_>) -> Vec<Spec> {
    let (namespace, subject, _) = place(draw);
    let peers = if draw.genes.one_in(2) { vec![json!({"namespaceSelector": {}}), draw.peer()] } else { Vec::new() };
    let ports = vec![json!({"port": draw.port_name()}), json!({"port": "dns", "protocol": "UDP"})];
    vec![(namespace, letting(&subject, INGRESS, peers, ports))]
}

fn named_egress(draw: &mut Draw<'_>) -> Vec<Spec> {
    let (namespace, subject, _) = place(draw);
    // Without `to` a named port is one of pods only.
    let peers = match draw.genes.below(3) {
        0 => Vec::new(),
        1 => vec![json!({"namespaceSelector": draw.namespaces()})],
        _ => vec![json!({"ipBlock": draw.blocks.everything(&mut draw.genes)})],
    };
    vec![(namespace, letting(&subject, EGRESS, peers, vec![json!({"port": draw.port_name()})]))]
}

fn named_wrong_protocol(draw: &mut Draw<'_>) -> Vec<Spec> {
    let (namespace, subject, direction) = place(draw);
    let ports = draw.genes.pick(&[
        json!([{"port": "web", "protocol": "UDP"}]),
        json!([{"port": "dns", "protocol": "TCP"}]),
        json!([{"port": "web", "protocol": "SCTP"}, {"port": 8081, "protocol": "UDP"}]),
        json!([{"port": "nobody-has-it"}, {"port": "admin"}]),
    ]);
    let mut rule = json!({"ports": ports});
    if draw.genes.one_in(2) {
        rule[direction.2] = json!([{"namespaceSelector": {}}]);
    }
    vec![(namespace, isolating(&subject, direction, json!([rule])))]
}

fn end_port(draw: &mut Draw<'_>) -> Vec<Spec> {
    let (namespace, subject, direction) = place(draw);
    let mut range = |protocol: Protocol| {
        let (first, last) = draw.range();
        json!({"protocol": protocol.name(), "port": first, "endPort": last})
    };
    let ports = vec![range(Protocol::Tcp), range(Protocol::Udp)];
    let peers = if draw.genes.one_in(2) { vec![draw.peer(), json!({"podSelector": {}})] } else { Vec::new() };
    vec![(namespace, letting(&subject, direction, peers, ports))]
}

fn sctp_only(draw: &mut Draw<'_>) -> Vec<Spec> {
    let (namespace, subject, direction) = place(draw);
    let port = draw.genes.pick(&[json!({"protocol": "SCTP"}), json!({"protocol": "SCTP", "port": 8080})]);
    vec![(namespace, letting(&subject, direction, Vec::new(), vec![port]))]
}

fn both_sides(draw: &mut Draw<'_>) -> Vec<Spec> {
    let (from, to) = (draw.namespace(), draw.namespace());
    let (client, server) = (draw.pods(), draw.pods());
    let [one, other] = [draw.genes.pick(&[8080, 8081]), draw.genes.pick(&[8080, 8081])];
    let to_server = json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": to}}, "podSelector": server});
    let from_client = json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": from}}, "podSelector": client});
    let ports = |tcp: u16| vec![json!({"port": tcp}), json!({"port": 5353, "protocol": "UDP"})];
    let out = letting(&json!({}), EGRESS, vec![to_server], ports(one));
    vec![(from, out), (to, letting(&json!({}), INGRESS, vec![from_client], ports(other)))]
}

fn nothing_selected(draw: &mut Draw<'_>) -> Vec<Spec> {
    let (namespace, _, direction) = place(draw);
    let nobody = json!({"matchLabels": {"tier": "a"}});
    let (other, subject, other_direction) = place(draw);
    let peers = vec![json!({"podSelector": nobody}), json!({"namespaceSelector": nobody}), draw.peer()];
    vec![(namespace, isolating(&nobody, direction, json!([]))), (other, letting(&subject, other_direction, peers, Vec::new()))]
}

fn everything_allowed(draw: &mut Draw<'_>) -> Vec<Spec> {
    let (namespace, _, direction) = place(draw);
    let deny = json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]});
    let allow = isolating(&draw.pods(), direction, json!([{}]));
    let other = isolating(&draw.pods(), if direction == INGRESS { EGRESS } else { INGRESS }, json!([{}]));
    vec![(namespace, deny), (namespace, allow), (namespace, other)]
}

fn host_pods(draw: &mut Draw<'_>) -> Vec<Spec> {
    let namespace = draw.genes.pick(&["truth-x", "truth-y"]);
    let hosts = json!({"matchLabels": {"set": "host"}});
    // Selects nobody that it has an effect on.
    let inert = json!({"podSelector": hosts, "policyTypes": ["Ingress", "Egress"]});
    let (other, subject, direction) = place(draw);
    let peers = vec![json!({"namespaceSelector": {}, "podSelector": hosts}), draw.peer()];
    vec![(namespace, inert), (other, letting(&subject, direction, peers, Vec::new()))]
}
