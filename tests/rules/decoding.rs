//! Rules 1 to 14: what a policy means as written.

use netstore::inventory::{Coverage, Origin, State};
use netstore::objects::Resource;

use super::tables::text;
use super::{Cluster, holds, into_a, of_x, out_of_a, read, xyz, xyz_with};

#[test]
fn rule_01_empty_or_absent_pod_selector_is_every_pod_of_the_namespace() {
    for spec in ["{}", "{podSelector: {}}", "{podSelector: null}", "{podSelector: {matchLabels: null, matchExpressions: []}}", "null"] {
        let table = "y/a -> x/a 80 deny
                     y/a -> x/b 80 deny
                     x/a -> x/b 80 deny
                     x/a -> y/a 80 allow";
        holds(&xyz_with(&[of_x(spec)]), table);
    }
}

#[test]
fn rule_03_policy_types_absent_is_ingress_and_egress_only_with_an_egress_rule() {
    for types in ["", "policyTypes: null,", "policyTypes: [],"] {
        let no_egress = "x/a -> y/a 80 allow
                         y/a -> x/a 80 deny";
        holds(&xyz_with(&[of_x(&format!("{{{types} podSelector: {{}}, egress: []}}"))]), no_egress);
        holds(&xyz_with(&[of_x(&format!("{{{types} podSelector: {{}}}}"))]), no_egress);
        let egress = "x/a -> y/a 80 deny
                      x/a -> y/a 53/UDP allow
                      y/a -> x/a 80 deny";
        let spec = format!("{{{types} podSelector: {{}}, egress: [{{ports: [{{port: 53, protocol: UDP}}]}}]}}");
        holds(&xyz_with(&[of_x(&spec)]), egress);
    }
}

/// The API server refuses it, so nothing is isolated; but which direction was meant, nobody can say.
#[test]
fn rule_03_a_misspelt_policy_type_may_have_been_meant_for_either_direction() {
    let table = "y/a -> x/a 80 unknown
                 x/a -> y/a 80 unknown";
    holds(&xyz_with(&[of_x("{podSelector: {}, policyTypes: [ingress]}")]), table);
    holds(&xyz_with(&[of_x("{podSelector: {}, policyTypes: [Ingress, Engress]}")]), table);
}

#[test]
fn rule_04_rules_of_a_direction_that_is_not_listed_are_inert() {
    let ingress_inert = of_x("{podSelector: {}, policyTypes: [Egress], ingress: [{from: [{podSelector: {}}]}]}");
    let table = "y/a -> x/a 80 allow
                 x/a -> y/a 80 deny
                 x/a -> x/b 80 deny";
    holds(&xyz_with(&[ingress_inert]), table);
    let egress_inert = of_x("{podSelector: {}, policyTypes: [Ingress], egress: [{to: [{podSelector: {}}]}]}");
    let table = "x/a -> y/a 80 allow
                 y/a -> x/a 80 deny";
    holds(&xyz_with(&[egress_inert]), table);
}

#[test]
fn rule_05_ingress_absent_null_and_empty_isolate_and_one_empty_rule_allows_everything() {
    for rules in ["", ", ingress: null", ", ingress: []"] {
        let table = "y/a -> x/a 80 deny
                     198.51.100.7 -> x/a 80 deny";
        holds(&xyz_with(&[of_x(&format!("{{podSelector: {{}}, policyTypes: [Ingress]{rules}}}"))]), table);
    }
    let table = "y/a -> x/a 80 allow
                 y/a -> x/a 9999/SCTP allow
                 198.51.100.7 -> x/a 80 allow
                 2001:db8::7 -> x/a 80 allow";
    for rule in ["{}", "null"] {
        holds(&xyz_with(&[into_a(rule)]), table);
    }
}

#[test]
fn rule_06_no_peers_is_everyone_and_selectors_are_pods_only() {
    for rule in ["{ports: [{port: 80}]}", "{from: null, ports: [{port: 80}]}", "{from: [], ports: [{port: 80}]}"] {
        let everyone = "x/b -> x/a 80 allow
                        y/a -> x/a 80 allow
                        198.51.100.7 -> x/a 80 allow
                        192.168.0.2 -> x/a 80 allow
                        y/a -> x/a 81 deny";
        holds(&xyz_with(&[into_a(rule)]), everyone);
    }
    let own_namespace = "x/b -> x/a 80 allow
                         y/b -> x/a 80 deny
                         198.51.100.7 -> x/a 80 deny";
    holds(&xyz_with(&[into_a("{from: [{podSelector: {}}]}")]), own_namespace);
    let cluster = "x/b -> x/a 80 allow
                   y/b -> x/a 80 allow
                   198.51.100.7 -> x/a 80 deny
                   192.168.0.2 -> x/a 80 deny";
    holds(&xyz_with(&[into_a("{from: [{namespaceSelector: {}}]}")]), cluster);
    let to_cluster = "x/a -> y/b 80 allow
                      x/a -> 198.51.100.7 80 deny";
    holds(&xyz_with(&[out_of_a("{to: [{namespaceSelector: {}}]}")]), to_cluster);
    holds(&xyz_with(&[out_of_a("{to: []}")]), "x/a -> 198.51.100.7 80 allow");
}

#[test]
fn rule_07_no_ports_is_everything_and_one_empty_port_is_all_of_tcp() {
    for ports in ["", "ports: null", "ports: []"] {
        let all = "y/a -> x/a 1 allow
                   y/a -> x/a 65535/UDP allow
                   y/a -> x/a 80/SCTP allow";
        holds(&xyz_with(&[into_a(&format!("{{{ports}}}"))]), all);
    }
    let all_tcp = "y/a -> x/a 1 allow
                   y/a -> x/a 65535 allow
                   y/a -> x/a 80/UDP deny
                   y/a -> x/a 80/SCTP deny";
    for port in ["{}", "{port: null, protocol: null}"] {
        holds(&xyz_with(&[into_a(&format!("{{ports: [{port}]}}"))]), all_tcp);
    }
    let all_udp = "y/a -> x/a 1/UDP allow
                   y/a -> x/a 65535/UDP allow
                   y/a -> x/a 80 deny";
    holds(&xyz_with(&[into_a("{ports: [{protocol: UDP}]}")]), all_udp);
}

#[test]
fn rule_08_protocol_absent_is_tcp() {
    let table = "y/a -> x/a 80/TCP allow
                 y/a -> x/a 80/UDP deny";
    holds(&xyz_with(&[into_a("{ports: [{port: 80}]}")]), table);
    holds(&xyz_with(&[into_a("{ports: [{port: 80, protocol: null}]}")]), table);
}

#[test]
fn rule_09_selectors_of_one_peer_are_and_items_are_or() {
    let y = "namespaceSelector: {matchLabels: {ns: y}}";
    let b = "podSelector: {matchLabels: {pod: b}}";
    let and = "y/b -> x/a 80 allow
               y/a -> x/a 80 deny
               x/b -> x/a 80 deny
               z/b -> x/a 80 deny";
    holds(&xyz_with(&[into_a(&format!("{{from: [{{{y}, {b}}}]}}"))]), and);
    let or = "y/b -> x/a 80 allow
              y/a -> x/a 80 allow
              x/b -> x/a 80 allow
              x/c -> x/a 80 deny
              z/b -> x/a 80 deny";
    holds(&xyz_with(&[into_a(&format!("{{from: [{{{y}}}, {{{b}}}]}}"))]), or);
}

#[test]
fn rule_10_peers_that_kubernetes_refuses_are_never_match_all() {
    for peer in ["{}", "{podSelector: null}", "{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}", "{ipBlock: {}}"] {
        // Kubernetes would not have the policy; whether its author gets what was meant, nobody can say.
        let alone = "y/a -> x/a 80 unknown
                     x/a -> y/a 80 allow
                     y/a -> x/b 80 allow";
        holds(&xyz_with(&[into_a(&format!("{{from: [{peer}]}}"))]), alone);
        // Isolated by another policy: that one decides.
        let beside = "y/a -> x/a 80 deny
                      y/b -> x/a 80 allow";
        let other = into_a("{from: [{namespaceSelector: {}, podSelector: {matchLabels: {pod: b}}}]}");
        holds(&xyz_with(&[into_a(&format!("{{from: [{peer}]}}")), other]), beside);
    }
}

#[test]
fn rule_11_expressions_match_absent_keys_where_they_should() {
    let from = |expression: &str| {
        let peer = format!("{{namespaceSelector: {{}}, podSelector: {{matchExpressions: [{expression}]}}}}");
        let text = xyz::labelled(&[("y/a", "tier: web"), ("y/b", "tier: ''")]) + &into_a(&format!("{{from: [{peer}]}}"));
        read(&text)
    };
    let rows = |a: &str, b: &str, c: &str| format!("y/a -> x/a 80 {a}\n y/b -> x/a 80 {b}\n y/c -> x/a 80 {c}");
    holds(&from("{key: tier, operator: In, values: [web, db]}"), &rows("allow", "deny", "deny"));
    holds(&from("{key: tier, operator: In, values: ['']}"), &rows("deny", "allow", "deny"));
    holds(&from("{key: tier, operator: NotIn, values: [web]}"), &rows("deny", "allow", "allow"));
    holds(&from("{key: tier, operator: Exists}"), &rows("allow", "allow", "deny"));
    holds(&from("{key: tier, operator: DoesNotExist, values: null}"), &rows("deny", "deny", "allow"));
    // Two expressions, or an equality beside one: all must hold.
    let two = "{key: tier, operator: Exists}, {key: tier, operator: NotIn, values: [web]}";
    holds(&from(two), &rows("deny", "allow", "deny"));
}

#[test]
fn rule_11_unknown_operators_are_refused() {
    for expression in [
        "{key: pod, operator: Inside, values: [a]}",
        "{key: pod, operator: in, values: [a]}",
        "{key: pod, operator: In}",
        "{key: pod, operator: NotIn, values: []}",
        "{key: pod, operator: Exists, values: [a]}",
    ] {
        let subject = of_x(&format!("{{podSelector: {{matchExpressions: [{expression}]}}}}"));
        // As written, `In` nothing selects no pod, whatever was meant.
        let selects = if expression.contains("In}") { "allow" } else { "unknown" };
        holds(&xyz_with(&[subject]), &format!("y/a -> x/a 80 {selects}"));
        let peer = into_a(&format!("{{from: [{{podSelector: {{matchExpressions: [{expression}]}}}}]}}"));
        holds(&xyz_with(&[peer]), "y/a -> x/a 80 unknown\n y/a -> x/b 80 allow");
    }
}

#[test]
fn rule_12_the_name_label_is_on_every_namespace_declared_or_not() {
    let policy = into_a("{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: w}}}]}");
    let pod_of_w = super::pod("w", "a", "containers: []", "phase: Running, podIP: 10.0.9.9");
    let table = "w/a -> x/a 80 allow
                 y/a -> x/a 80 deny";
    holds(&xyz_with(&[policy, pod_of_w]), table);
    // Nobody can give it another value.
    let lie = xyz::labelled(&[("y", "kubernetes.io/metadata.name: z")]);
    let policy = into_a("{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: z}}}]}");
    holds(&read(&(lie + &policy)), "y/a -> x/a 80 deny\n z/a -> x/a 80 allow");
}

#[test]
fn rule_12_labels_of_a_namespace_that_could_not_be_read_are_unknown_except_its_name() {
    let by_label = into_a("{from: [{namespaceSelector: {matchLabels: {ns: y}}}]}");
    let by_name =
        into_a("{from: [{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [z]}]}}]}");
    let unread = |policy: String| {
        let mut objects = text::objects(&(xyz::labelled(&[]) + &policy));
        objects.namespaces.clear();
        let mut coverage = Coverage::complete(&Resource::ALL);
        coverage.record(Resource::Namespaces, None, State::Forbidden);
        Cluster::partly_read(Origin::Manifests, objects, coverage)
    };
    holds(&unread(by_label), "y/a -> x/a 80 unknown\n z/a -> x/a 80 unknown\n 198.51.100.7 -> x/a 80 deny");
    holds(&unread(by_name), "y/a -> x/a 80 allow\n z/a -> x/a 80 deny");
}

#[test]
fn rule_13_end_port_is_inclusive() {
    let table = "y/a -> x/a 79 deny
                 y/a -> x/a 80 allow
                 y/a -> x/a 85 allow
                 y/a -> x/a 90 allow
                 y/a -> x/a 91 deny
                 y/a -> x/a 85/UDP deny";
    holds(&xyz_with(&[into_a("{ports: [{port: 80, endPort: 90}]}")]), table);
    let one = "y/a -> x/a 79 deny
               y/a -> x/a 80 allow
               y/a -> x/a 81 deny";
    holds(&xyz_with(&[into_a("{ports: [{port: 80, endPort: 80}]}")]), one);
    holds(&xyz_with(&[into_a("{ports: [{port: 1, endPort: 65535}]}")]), "y/a -> x/a 65535 allow\n y/a -> x/a 80/UDP deny");
}

#[test]
fn rule_13_end_port_needs_a_numeric_port_not_above_it() {
    for port in ["{endPort: 90}", "{port: serve-80-tcp, endPort: 90}", "{port: 80, endPort: 79}", "{port: 80, endPort: 65536}"] {
        holds(&xyz_with(&[into_a(&format!("{{ports: [{port}]}}"))]), "y/a -> x/a 80 unknown");
    }
}

#[test]
fn rule_14_fields_nobody_knows_make_a_match_unknown_and_never_certain() {
    // A misspelt field of the rule can only have been meant to narrow it.
    let rule = into_a("{form: [{podSelector: {}}], ports: [{port: 80}]}");
    holds(&xyz_with(&[rule]), "y/a -> x/a 80 unknown\n y/a -> x/a 81 deny");
    // One of a peer may have been meant to widen it, as namespaceSelector does.
    let peer = into_a("{from: [{podSelector: {}, namspaceSelector: {}}]}");
    holds(&xyz_with(&[peer]), "x/b -> x/a 80 unknown\n y/b -> x/a 80 unknown");
    let port = into_a("{ports: [{port: 80, endport: 90}]}");
    holds(&xyz_with(&[port]), "y/a -> x/a 80 unknown\n y/a -> x/a 85 unknown");
    // What another rule allows is allowed all the same.
    let both = into_a("{form: []}, {from: [{podSelector: {}}]}");
    holds(&xyz_with(&[both]), "x/b -> x/a 80 allow\n y/b -> x/a 80 unknown");
}
