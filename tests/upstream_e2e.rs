//! The cases of Kubernetes' own end-to-end suite for NetworkPolicy (`test/e2e/network/netpol`), one test each, with the
//! truth table the suite expects: every pod of namespaces x, y, z to every other, on the ports the case probes.
//!
//! Steps of a case (a policy added, updated, deleted, a label set) are clusters of their own here: what is asked is what
//! holds once the step has been carried out. The suite's rule for DNS is left in where it has one.

mod both;
mod naive;
mod tables;
mod xyz;

use std::collections::BTreeMap;

use netstore::inventory::Origin;
use netstore::report::Verdict;

use self::both::Cluster;
use self::tables::{opinions, read};
use self::xyz::{NAMESPACES, PODS, labelled};

const DNS: &str = "{ports: [{protocol: UDP, port: 53}]}";

/// Who should reach whom: everyone, until told otherwise.
struct Table(BTreeMap<(String, String), bool>);

impl Table {
    fn all_allowed() -> Self {
        let pods: Vec<String> = NAMESPACES.iter().flat_map(|ns| PODS.map(|pod| format!("{ns}/{pod}"))).collect();
        let pair = |from: &String| pods.iter().map(move |to| ((from.clone(), to.clone()), true)).collect::<Vec<_>>();
        Self(pods.iter().flat_map(pair).collect())
    }

    /// Expects it of all sources and destinations: a pod `x/a`, a namespace `x`, or `*`.
    fn expect(mut self, from: &str, to: &str, allowed: bool) -> Self {
        let is = |pod: &str, pattern: &str| pattern == "*" || pod == pattern || pod.split_once('/').is_some_and(|(ns, _)| ns == pattern);
        for ((source, destination), cell) in &mut self.0 {
            if is(source, from) && is(destination, to) {
                *cell = allowed;
            }
        }
        self
    }

    /// Asks for each cell; a pod always reaches itself.
    fn holds(&self, cluster: &Cluster, ports: &[&str]) {
        let both = cluster.both();
        for ((from, to), allowed) in &self.0 {
            let expected = if *allowed || from == to { Verdict::Allow } else { Verdict::Deny };
            for port in ports {
                let opinions = opinions(&both, from, to, port);
                assert_eq!(opinions, (expected, Some(expected)), "{from} -> {to} {port}: the naive evaluator and the engine");
            }
        }
    }
}

fn expect(from: &str, to: &str, allowed: bool) -> Table {
    Table::all_allowed().expect(from, to, allowed)
}

/// The cluster with these policies: (namespace, spec).
fn with(policies: &[(&str, &str)]) -> Cluster {
    labelled_with(&[], policies)
}

fn labelled_with(labels: &[(&str, &str)], policies: &[(&str, &str)]) -> Cluster {
    let mut text = labelled(labels);
    for (number, (namespace, spec)) in policies.iter().enumerate() {
        text += &xyz::policy(namespace, &format!("policy-{number}"), spec);
    }
    read(Origin::Manifests, &text)
}

/// A policy of x/a that allows this from one peer or rule, and nothing else.
fn into_a(from: &str) -> String {
    format!("{{podSelector: {{matchLabels: {{pod: a}}}}, policyTypes: [Ingress], ingress: [{from}]}}")
}

fn out_of_a(to: &str) -> String {
    format!("{{podSelector: {{matchLabels: {{pod: a}}}}, policyTypes: [Egress], egress: [{to}]}}")
}

const DENY_INGRESS: &str = "{podSelector: {}, policyTypes: [Ingress], ingress: []}";
const ONLY_FROM_Y: &str = "from: [{namespaceSelector: {matchLabels: {ns: y}}}]";

#[test]
fn default_deny_ingress() {
    expect("*", "x", false).holds(&with(&[("x", DENY_INGRESS)]), &["80/TCP"]);
}

#[test]
fn default_deny_all() {
    let spec = format!("{{podSelector: {{}}, policyTypes: [Ingress, Egress], ingress: [], egress: [{DNS}]}}");
    expect("*", "x", false).expect("x", "*", false).holds(&with(&[("x", &spec)]), &["80/TCP"]);
}

#[test]
fn allow_pods_within_server_namespace_by_pod_selector() {
    let cluster = with(&[("x", &into_a("{from: [{podSelector: {matchLabels: {pod: b}}}]}"))]);
    expect("*", "x/a", false).expect("x/b", "x/a", true).holds(&cluster, &["80/TCP"]);
}

#[test]
fn allow_ingress_for_a_target() {
    let allow = into_a("{from: [{podSelector: {}, namespaceSelector: {}}]}");
    let cluster = with(&[("x", DENY_INGRESS), ("x", &allow)]);
    expect("*", "x/b", false).expect("*", "x/c", false).holds(&cluster, &["80/TCP"]);
}

#[test]
fn allow_pods_of_all_namespaces() {
    Table::all_allowed().holds(&with(&[("x", &into_a("{from: [{namespaceSelector: {}}]}"))]), &["80/TCP"]);
}

#[test]
fn allow_only_a_different_namespace() {
    let cluster = with(&[("x", &into_a(&format!("{{{ONLY_FROM_Y}}}")))]);
    expect("x", "x/a", false).expect("z", "x/a", false).holds(&cluster, &["80/TCP"]);
}

#[test]
fn pod_selector_with_match_expressions() {
    let rule = "{from: [{podSelector: {matchExpressions: [{key: pod, operator: In, values: [b]}]}}]}";
    expect("*", "x/a", false).expect("x/b", "x/a", true).holds(&with(&[("x", &into_a(rule))]), &["80/TCP"]);
}

#[test]
fn namespace_selector_with_match_expressions() {
    let rule = "{from: [{namespaceSelector: {matchExpressions: [{key: ns, operator: In, values: [y]}]}}]}";
    expect("x", "x/a", false).expect("z", "x/a", false).holds(&with(&[("x", &into_a(rule))]), &["80/TCP"]);
}

#[test]
fn pod_selector_or_namespace_selector() {
    let not_x = "namespaceSelector: {matchExpressions: [{key: ns, operator: NotIn, values: [x]}]}";
    let rule = format!("{{from: [{{{not_x}}}, {{podSelector: {{matchLabels: {{pod: b}}}}}}]}}");
    expect("x/c", "x/a", false).holds(&with(&[("x", &into_a(&rule))]), &["80/TCP"]);
}

#[test]
fn pod_selector_and_namespace_selector() {
    let not_x = "namespaceSelector: {matchExpressions: [{key: ns, operator: NotIn, values: [x]}]}";
    let rule = format!("{{from: [{{{not_x}, podSelector: {{matchLabels: {{pod: b}}}}}}]}}");
    let table = expect("*", "x/a", false).expect("y/b", "x/a", true).expect("z/b", "x/a", true);
    table.holds(&with(&[("x", &into_a(&rule))]), &["80/TCP"]);
}

#[test]
fn multiple_pod_selectors_and_namespace_selectors() {
    let not_x = "namespaceSelector: {matchExpressions: [{key: ns, operator: NotIn, values: [x]}]}";
    let b_or_c = "podSelector: {matchExpressions: [{key: pod, operator: In, values: [b, c]}]}";
    let rule = format!("{{from: [{{{not_x}, {b_or_c}}}]}}");
    let table = expect("x", "x/a", false).expect("y/a", "x/a", false).expect("z/a", "x/a", false);
    table.holds(&with(&[("x", &into_a(&rule))]), &["80/TCP"]);
}

#[test]
fn any_pod_selectors() {
    let rule = "{from: [{podSelector: {matchLabels: {pod: b}}}, {podSelector: {matchLabels: {pod: c}}}]}";
    let table = expect("*", "x/a", false).expect("x/b", "x/a", true).expect("x/c", "x/a", true);
    table.holds(&with(&[("x", &into_a(rule))]), &["80/TCP"]);
}

#[test]
fn only_a_pod_in_a_different_namespace() {
    let rule = "{from: [{namespaceSelector: {matchLabels: {ns: y}}, podSelector: {matchLabels: {pod: a}}}]}";
    let cluster = with(&[("x", &into_a(rule))]);
    // The suite has this case for TCP, UDP and SCTP.
    expect("*", "x/a", false).expect("y/a", "x/a", true).holds(&cluster, &["80/TCP", "80/UDP", "80/SCTP"]);
}

#[test]
fn based_on_ports() {
    for protocol in ["TCP", "UDP", "SCTP"] {
        let rule = format!("{{{ONLY_FROM_Y}, ports: [{{port: 81, protocol: {protocol}}}]}}");
        let cluster = with(&[("x", &into_a(&rule))]);
        expect("x", "x/a", false).expect("z", "x/a", false).holds(&cluster, &[&format!("81/{protocol}")]);
        expect("*", "x/a", false).holds(&cluster, &[&format!("80/{protocol}")]);
    }
}

#[test]
fn default_deny_ingress_over_udp_and_sctp() {
    expect("*", "x", false).holds(&with(&[("x", DENY_INGRESS)]), &["80/UDP", "80/SCTP"]);
}

#[test]
fn stacked_policies_with_overlapping_pod_selectors() {
    let on = |port: u16| into_a(&format!("{{{ONLY_FROM_Y}, ports: [{{port: {port}}}]}}"));
    let first = with(&[("x", &on(81))]);
    expect("x", "x/a", false).expect("z", "x/a", false).holds(&first, &["81/TCP"]);
    expect("*", "x/a", false).holds(&first, &["80/TCP"]);
    let both = with(&[("x", &on(81)), ("x", &on(80))]);
    expect("x", "x/a", false).expect("z", "x/a", false).holds(&both, &["80/TCP", "81/TCP"]);
}

#[test]
fn allow_all() {
    let cluster = with(&[("x", "{podSelector: {}, policyTypes: [Ingress], ingress: [{}]}")]);
    Table::all_allowed().holds(&cluster, &["80/TCP", "81/TCP"]);
}

#[test]
fn ingress_on_one_named_port() {
    let cluster = with(&[("x", &into_a("{ports: [{port: serve-81-tcp}]}"))]);
    Table::all_allowed().holds(&cluster, &["81/TCP"]);
    expect("*", "x/a", false).holds(&cluster, &["80/TCP"]);
}

#[test]
fn ingress_from_namespace_on_one_named_port() {
    let cluster = with(&[("x", &into_a(&format!("{{{ONLY_FROM_Y}, ports: [{{port: serve-80-tcp}}]}}")))]);
    expect("x", "x/a", false).expect("z", "x/a", false).holds(&cluster, &["80/TCP"]);
    expect("*", "x/a", false).holds(&cluster, &["81/TCP"]);
}

#[test]
fn egress_on_one_named_port() {
    let cluster = with(&[("x", &out_of_a(&format!("{{ports: [{{port: serve-80-tcp}}]}}, {DNS}")))]);
    Table::all_allowed().holds(&cluster, &["80/TCP"]);
    expect("x/a", "*", false).holds(&cluster, &["81/TCP"]);
}

#[test]
fn updated_policy() {
    let before = with(&[("x", "{podSelector: {}, policyTypes: [Ingress], ingress: [{}]}")]);
    Table::all_allowed().holds(&before, &["81/TCP"]);
    expect("*", "x", false).holds(&with(&[("x", DENY_INGRESS)]), &["81/TCP"]);
}

#[test]
fn updated_namespace() {
    let spec = into_a("{from: [{namespaceSelector: {matchLabels: {ns2: updated}}}]}");
    expect("*", "x/a", false).holds(&with(&[("x", &spec)]), &["80/TCP"]);
    let after = labelled_with(&[("y", "ns2: updated")], &[("x", &spec)]);
    expect("*", "x/a", false).expect("y", "x/a", true).holds(&after, &["80/TCP"]);
}

#[test]
fn updated_pod() {
    let spec = into_a("{from: [{podSelector: {matchLabels: {pod2: updated}}}]}");
    expect("*", "x/a", false).holds(&with(&[("x", &spec)]), &["80/TCP"]);
    let after = labelled_with(&[("x/b", "pod2: updated")], &[("x", &spec)]);
    expect("*", "x/a", false).expect("x/b", "x/a", true).holds(&after, &["80/TCP"]);
}

#[test]
fn deny_ingress_from_other_namespaces() {
    let spec = "{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}]}]}";
    expect("y", "x", false).expect("z", "x", false).holds(&with(&[("x", spec)]), &["80/TCP"]);
}

#[test]
fn deny_ingress_to_updated_pod() {
    let spec = "{podSelector: {matchLabels: {target: isolated}}, policyTypes: [Ingress], ingress: []}";
    Table::all_allowed().holds(&with(&[("x", spec)]), &["80/TCP"]);
    expect("*", "x/a", false).holds(&labelled_with(&[("x/a", "target: isolated")], &[("x", spec)]), &["80/TCP"]);
}

#[test]
fn deny_egress_by_pod_selector() {
    expect("x/a", "*", false).holds(&with(&[("x", &out_of_a(DNS))]), &["80/TCP"]);
}

#[test]
fn deny_egress_from_all_pods_of_a_namespace() {
    let spec = format!("{{podSelector: {{}}, policyTypes: [Egress], egress: [{DNS}]}}");
    expect("x", "*", false).holds(&with(&[("x", &spec)]), &["80/TCP"]);
}

#[test]
fn ingress_and_egress_together() {
    let spec = format!(
        "{{podSelector: {{matchLabels: {{pod: a}}}}, policyTypes: [Ingress, Egress],
           ingress: [{{from: [{{podSelector: {{matchLabels: {{pod: b}}}}}}]}}], egress: [{{ports: [{{port: 80}}]}}, {DNS}]}}"
    );
    let cluster = with(&[("x", &spec)]);
    expect("*", "x/a", false).expect("x/b", "x/a", true).holds(&cluster, &["80/TCP"]);
    expect("*", "x/a", false).expect("x/a", "*", false).expect("x/b", "x/a", true).holds(&cluster, &["81/TCP"]);
}

#[test]
fn egress_denied_on_the_client_side_even_if_the_server_allows() {
    let egress =
        out_of_a(&format!("{{to: [{{namespaceSelector: {{matchLabels: {{ns: y}}}}, podSelector: {{matchLabels: {{pod: a}}}}}}]}}, {DNS}"));
    let from_xa = "{from: [{namespaceSelector: {matchLabels: {ns: x}}, podSelector: {matchLabels: {pod: a}}}]}";
    let into_b = format!("{{podSelector: {{matchLabels: {{pod: b}}}}, policyTypes: [Ingress], ingress: [{from_xa}]}}");
    let cluster = with(&[("x", &egress), ("y", &into_a(from_xa)), ("y", &into_b)]);
    let table = expect("x/a", "*", false).expect("*", "y/a", false).expect("*", "y/b", false).expect("x/a", "y/a", true);
    table.holds(&cluster, &["80/TCP"]);
}

#[test]
fn deleted_policies_stop_being_enforced() {
    let spec = format!("{{podSelector: {{}}, policyTypes: [Ingress, Egress], egress: [{DNS}]}}");
    expect("*", "x", false).expect("x", "*", false).holds(&with(&[("x", &spec)]), &["80/TCP"]);
    Table::all_allowed().holds(&with(&[]), &["80/TCP"]);
}

#[test]
fn egress_to_a_server_in_a_different_namespace() {
    let rule = "{to: [{namespaceSelector: {matchLabels: {ns: y}}, podSelector: {matchLabels: {pod: a}}}]}";
    let cluster = with(&[("x", &out_of_a(&format!("{rule}, {DNS}")))]);
    expect("x/a", "*", false).expect("x/a", "y/a", true).holds(&cluster, &["80/TCP"]);
}

#[test]
fn any_port_of_one_protocol() {
    let cluster = with(&[("x", &into_a("{ports: [{protocol: TCP}]}"))]);
    Table::all_allowed().holds(&cluster, &["80/TCP", "81/TCP"]);
    expect("*", "x/a", false).holds(&cluster, &["80/UDP", "80/SCTP"]);
}

#[test]
fn ingress_allow_all_takes_precedence() {
    let only_80 = "{podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: 80}]}]}";
    let everything = "{podSelector: {}, policyTypes: [Ingress], ingress: [{}]}";
    expect("*", "x", false).holds(&with(&[("x", only_80)]), &["81/TCP"]);
    Table::all_allowed().holds(&with(&[("x", only_80), ("x", everything)]), &["80/TCP", "81/TCP"]);
}

#[test]
fn egress_allow_all_takes_precedence() {
    let only_80 = format!("{{podSelector: {{}}, policyTypes: [Egress], egress: [{{ports: [{{port: 80}}]}}, {DNS}]}}");
    let everything = "{podSelector: {}, policyTypes: [Egress], egress: [{}]}";
    expect("x", "*", false).holds(&with(&[("x", &only_80)]), &["81/TCP"]);
    Table::all_allowed().holds(&with(&[("x", &only_80), ("x", everything)]), &["80/TCP", "81/TCP"]);
}

#[test]
fn except_clause_in_an_egress_block() {
    let cluster = with(&[("x", &out_of_a("{to: [{ipBlock: {cidr: 10.0.1.2/4, except: [10.0.1.2/32]}}]}"))]);
    expect("x/a", "x/b", false).holds(&cluster, &["80/TCP"]);
}

#[test]
fn address_in_a_block_and_in_the_except_of_another() {
    let except = out_of_a("{to: [{ipBlock: {cidr: 10.0.1.2/24, except: [10.0.1.2/32]}}]}");
    let host = out_of_a("{to: [{ipBlock: {cidr: 10.0.1.2/32}}]}");
    let table = || expect("x/a", "y", false).expect("x/a", "z", false);
    table().expect("x/a", "x/b", false).holds(&with(&[("x", &except)]), &["80/TCP"]);
    table().holds(&with(&[("x", &except), ("x", &host)]), &["80/TCP"]);
}

#[test]
fn ingress_and_egress_controlled_independently() {
    let egress_denied = "{podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress, Egress], ingress: [{}], egress: []}";
    expect("x/a", "*", false).holds(&with(&[("x", egress_denied)]), &["80/TCP"]);
    let ingress_denied = "{podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress, Egress], ingress: [], egress: [{}]}";
    expect("*", "x/a", false).holds(&with(&[("x", ingress_denied)]), &["80/TCP"]);
}

#[test]
fn sctp_is_not_taken_for_tcp() {
    let cluster = with(&[("x", &into_a("{ports: [{port: 81, protocol: SCTP}]}"))]);
    expect("*", "x/a", false).holds(&cluster, &["81/TCP", "80/TCP"]);
}

#[test]
fn a_policy_allowing_only_sctp_isolates() {
    let cluster = with(&[("x", &into_a("{ports: [{port: 80, protocol: SCTP}]}"))]);
    expect("*", "x/a", false).holds(&cluster, &["80/TCP", "81/TCP"]);
    Table::all_allowed().holds(&cluster, &["80/SCTP"]);
}

#[test]
fn a_policy_allowing_only_udp_denies_tcp() {
    let cluster = with(&[("x", &into_a("{ports: [{port: 81, protocol: UDP}]}"))]);
    expect("*", "x/a", false).holds(&cluster, &["80/TCP", "81/TCP"]);
    Table::all_allowed().holds(&cluster, &["81/UDP"]);
}

#[test]
fn namespace_selector_with_the_default_label() {
    let rule = "{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: y}}}]}";
    expect("x", "x/a", false).expect("z", "x/a", false).holds(&with(&[("x", &into_a(rule))]), &["80/TCP"]);
}

#[test]
fn namespace_match_expressions_with_the_default_label() {
    let not_y = "matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [y]}]";
    let cluster = with(&[("x", &out_of_a(&format!("{{to: [{{namespaceSelector: {{{not_y}}}}}]}}, {DNS}")))]);
    expect("x/a", "y", false).holds(&cluster, &["80/TCP"]);
}
