//! The tiers before and behind NetworkPolicies: drawn ClusterNetworkPolicies, AdminNetworkPolicies and a
//! BaselineAdminNetworkPolicy among drawn NetworkPolicies, every pair of pods and every port, against `matrix`.
//!
//! Not drawn is what this data plane does in a way of its own (docs/data-planes.md): Baseline beside NetworkPolicies for one
//! direction only, `nodes` and `namedPort` of AdminNetworkPolicy. Not asked is a pod's own node, which no packet to be judged reaches.

use serde_json::{Value, json};

use super::attempt::Attempt;
use super::draw::{Draw, policy_set, with_draw};
use super::grid::{self, Cell};
use super::options::Options;
use super::predicted::{Matrix, Named};
use super::reach::{Reach, proven};
use super::round::{Found, compare_cell, failure};
use super::tally::Tally;
use super::world::World;

/// A mode of the data plane, and where its policies are.
pub const MODES: [(&str, &[&str]); 2] = [
    ("clusternetworkpolicy", &["/apis/policy.networking.k8s.io/v1alpha2/clusternetworkpolicies"]),
    (
        "adminnetworkpolicy",
        &[
            "/apis/policy.networking.k8s.io/v1alpha1/adminnetworkpolicies",
            "/apis/policy.networking.k8s.io/v1alpha1/baselineadminnetworkpolicies",
        ],
    ),
];

/// The suite: a sixth as many sets in each mode as the reach suite has.
pub fn run(reach: &mut Reach<'_>, options: &Options, tally: &mut Tally) {
    let cells: Vec<Cell> = grid::questions(reach.world).into_iter().filter(|cell| !to_own_node(reach.world, cell)).collect();
    let numbers: Vec<usize> = options.set.map_or_else(|| (0..options.sets.div_ceil(6)).collect(), |number| vec![number]);
    for (mode, collections) in MODES {
        if let Err(why) = reach.cluster.data_plane(mode) {
            tally.case(mode, Err(why));
            continue;
        }
        reach.wide = collections;
        for number in &numbers {
            let result = one_set(reach, mode, options.seed, *number, &cells, tally);
            tally.case(&format!("{mode}, set {number}"), result);
        }
        if let Err(why) = reach.change(None) {
            tally.case("policies are removed", Err(why));
        }
        reach.wide = &[];
    }
    if let Err(why) = reach.cluster.data_plane("networkpolicy") {
        tally.case("back to NetworkPolicy", Err(why));
    }
}

fn one_set(reach: &mut Reach<'_>, mode: &str, seed: u64, number: usize, cells: &[Cell], tally: &mut Tally) -> Result<(), String> {
    let mut set = policy_set(reach.world, seed, number);
    set.policies.truncate(4);
    for policy in &mut set.policies {
        policy["spec"]["policyTypes"] = json!(["Ingress", "Egress"]);
    }
    let policies = with_draw(reach.world, seed.wrapping_add(1), number, |draw| match mode {
        "clusternetworkpolicy" => cluster_policies(draw),
        _ => admin_policies(draw),
    });
    set.policies.extend(policies);
    reach.change(Some(&set)).map_err(|why| format!("no evidence: {why}"))?;
    let attempts: Vec<Attempt> = cells.iter().map(|cell| cell.attempt.clone()).collect();
    let verdicts = proven(&attempts, &reach.dialer.observe(&attempts))?;
    let matrix = Matrix::read(&reach.cluster.netstore(&["matrix", "-A"])?)?;
    let mut found = Found::default();
    for (cell, observed) in cells.iter().zip(&verdicts) {
        *tally.observed.entry(*observed).or_default() += 1;
        compare_cell("matrix", &matrix, cell, *observed, tally, &mut found)?;
    }
    for observed in found.unknown.values() {
        for (verdict, count) in observed {
            *tally.unknown.entry("not looked into".to_owned()).or_default().entry(*verdict).or_default() += count;
        }
    }
    failure(reach.world, &set, seed, found.wrong, tally)
}

/// From a pod to the network of the node it runs on.
fn to_own_node(world: &World, cell: &Cell) -> bool {
    let pod = |named: &Named| world.pods.iter().find(|pod| pod.named() == *named);
    match (pod(&cell.from), pod(&cell.to)) {
        (Some(from), Some(to)) => to.host && from.node == to.node,
        _ => false,
    }
}

/// ClusterNetworkPolicies of both tiers, no two of a priority.
fn cluster_policies(draw: &mut Draw<'_>) -> Vec<Value> {
    let several = 2 + draw.genes.below(4);
    let policy = |at: usize| {
        let tier = draw.genes.pick(&["Admin", "Admin", "Baseline"]);
        let mut spec = json!({"tier": tier, "priority": 10 * at + draw.genes.below(10), "subject": subject(draw)});
        for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
            let rules: Vec<Value> = (0..draw.genes.weighted(&[(2, 0), (3, 1), (3, 2), (1, 3)]))
                .map(|_| {
                    let action = draw.genes.pick(&["Accept", "Deny", "Deny", "Pass"]);
                    let (list, addresses) = peer_list(draw, peers == "to");
                    let mut rule = json!({"action": action, peers: list});
                    if draw.genes.one_in(2) {
                        rule["protocols"] = json!([protocol(draw, !addresses)]);
                    }
                    rule
                })
                .collect();
            if !rules.is_empty() {
                spec[direction] = json!(rules);
            }
        }
        json!({"apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy",
            "metadata": {"name": format!("wide{at}")}, "spec": spec})
    };
    (0..several).map(policy).collect()
}

/// AdminNetworkPolicies, no two of a priority, and sometimes the BaselineAdminNetworkPolicy.
fn admin_policies(draw: &mut Draw<'_>) -> Vec<Value> {
    let several = 1 + draw.genes.below(4);
    let mut policies: Vec<Value> = (0..several)
        .map(|at| {
            let mut spec = admin_spec(draw, &["Allow", "Deny", "Deny", "Pass"]);
            spec["priority"] = json!(10 * at + draw.genes.below(10));
            admin("AdminNetworkPolicy", &format!("wide{at}"), spec)
        })
        .collect();
    if draw.genes.one_in(2) {
        policies.push(admin("BaselineAdminNetworkPolicy", "default", admin_spec(draw, &["Allow", "Deny"])));
    }
    policies
}

fn admin(kind: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": "policy.networking.k8s.io/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec})
}

fn admin_spec(draw: &mut Draw<'_>, actions: &[&str]) -> Value {
    let mut spec = json!({"subject": subject(draw)});
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        let rules: Vec<Value> = (0..draw.genes.weighted(&[(2, 0), (3, 1), (3, 2), (1, 3)]))
            .map(|_| {
                let action = draw.genes.pick(actions);
                let (list, _) = peer_list(draw, peers == "to");
                let mut rule = json!({"action": action, peers: list});
                if draw.genes.one_in(2) {
                    let protocol = draw.genes.pick(&["TCP", "UDP"]);
                    rule["ports"] = if draw.genes.one_in(2) {
                        let (start, end) = span(draw);
                        json!([{"portRange": {"protocol": protocol, "start": start, "end": end}}])
                    } else {
                        json!([{"portNumber": {"protocol": protocol, "port": number(draw)}}])
                    };
                }
                rule
            })
            .collect();
        if !rules.is_empty() {
            spec[direction] = json!(rules);
        }
    }
    spec
}

fn subject(draw: &mut Draw<'_>) -> Value {
    if draw.genes.one_in(2) {
        json!({"namespaces": without_nulls(draw.namespaces())})
    } else {
        json!({"pods": {"namespaceSelector": without_nulls(draw.namespaces()), "podSelector": without_nulls(draw.pods())}})
    }
}

/// One or two peers, and whether addresses are among them.
fn peer_list(draw: &mut Draw<'_>, egress: bool) -> (Value, bool) {
    let mut addresses = false;
    let peers: Vec<Value> = (0..1 + draw.genes.below(2))
        .map(|_| match draw.genes.below(if egress { 3 } else { 2 }) {
            0 => json!({"namespaces": without_nulls(draw.namespaces())}),
            1 => json!({"pods": {"namespaceSelector": without_nulls(draw.namespaces()), "podSelector": without_nulls(draw.pods())}}),
            _ => {
                addresses = true;
                json!({"networks": [draw.blocks.any(&mut draw.genes)["cidr"]]})
            }
        })
        .collect();
    (json!(peers), addresses)
}

/// An entry of `protocols`; names of ports are not allowed beside addresses.
fn protocol(draw: &mut Draw<'_>, named: bool) -> Value {
    let protocol = draw.genes.pick(&["tcp", "udp"]);
    match draw.genes.below(if named { 3 } else { 2 }) {
        0 => json!({protocol: {"destinationPort": {"number": number(draw)}}}),
        1 => {
            let (start, end) = span(draw);
            json!({protocol: {"destinationPort": {"range": {"start": start, "end": end}}}})
        }
        _ => json!({"destinationNamedPort": draw.port_name()}),
    }
}

fn number(draw: &mut Draw<'_>) -> u16 {
    draw.genes.pick(&[8080, 8081, 5353, 8090, 80])
}

/// A range; these kinds want its end behind its start.
fn span(draw: &mut Draw<'_>) -> (u16, u16) {
    let (start, end) = draw.range();
    if start < end { (start, end) } else { (start, start + 1) }
}

/// Fields that are null are refused in objects of CRDs.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            fields.into_iter().filter(|(_, field)| !field.is_null()).map(|(key, field)| (key, without_nulls(field))).collect()
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}
