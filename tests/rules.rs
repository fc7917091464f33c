//! The numbered rules of NetworkPolicy, each with at least one small table that both the engine and the naive evaluator must
//! fill in the same way, and as the rule says.
//!
//! A table is text: one connection a line, `x/a -> y/b 80/UDP allow`; the ends are pods or addresses, TCP is left out. The
//! cluster is that of [`xyz`] unless said otherwise.

mod both;
mod naive;
mod tables;
mod xyz;

#[path = "rules/addresses.rs"]
mod addresses;
#[path = "rules/combination.rs"]
mod combination;
#[path = "rules/decoding.rs"]
mod decoding;
#[path = "rules/ports.rs"]
mod ports;
#[path = "rules/questions.rs"]
mod questions;
#[path = "rules/special.rs"]
mod special;
#[path = "rules/tier_answers.rs"]
mod tier_answers;
#[path = "rules/tiers.rs"]
mod tiers;

use netstore::inventory::Origin;
use netstore::report::Verdict;

use self::both::Cluster;
use self::tables::opinions;

/// A cluster from the text of its files.
fn read(yaml: &str) -> Cluster {
    tables::read(Origin::Manifests, yaml)
}

/// The xyz cluster with more objects in it.
fn xyz_with(more: &[String]) -> Cluster {
    read(&(xyz::labelled(&[]) + &more.concat()))
}

/// A policy of namespace x.
fn of_x(spec: &str) -> String {
    // The name is the spec's, so that two policies of one test differ in it.
    let name: String = "p".chars().chain(spec.chars()).filter(char::is_ascii_lowercase).take(60).collect();
    xyz::policy("x", &name, spec)
}

/// A policy that isolates x/a for ingress and has these rules.
fn into_a(rules: &str) -> String {
    of_x(&format!("{{podSelector: {{matchLabels: {{pod: a}}}}, policyTypes: [Ingress], ingress: [{rules}]}}"))
}

/// A policy that isolates x/a for egress and has these rules.
fn out_of_a(rules: &str) -> String {
    of_x(&format!("{{podSelector: {{matchLabels: {{pod: a}}}}, policyTypes: [Egress], egress: [{rules}]}}"))
}

/// A pod, in YAML flow style except for its braces: `spec` and `status`.
fn pod(namespace: &str, name: &str, spec: &str, status: &str) -> String {
    format!(
        "\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {namespace}, labels: {{pod: {name}}}}}\n\
         spec: {{{spec}}}\nstatus: {{{status}}}\n"
    )
}

/// Every line of the table holds, by both opinions.
#[track_caller]
fn holds(cluster: &Cluster, table: &str) {
    let both = cluster.both();
    let mut wrong = Vec::new();
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [from, "->", to, port, expected] = words.as_slice() else { panic!("no row of a table: {line}") };
        let expected = match *expected {
            "allow" => Verdict::Allow,
            "deny" => Verdict::Deny,
            "unknown" => Verdict::Unknown,
            other => panic!("no verdict: {other}"),
        };
        let (naive, engine) = opinions(&both, from, to, port);
        if naive != expected {
            wrong.push(format!("{line}: the naive evaluator says {naive}"));
        }
        if let Some(engine) = engine.filter(|engine| *engine != expected) {
            wrong.push(format!("{line}: the engine says {engine}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
