//! Rules 26 to 31: how policies add up, and what they say nothing about.

use netstore::objects::Protocol;

use super::{holds, into_a, of_x, out_of_a, read, xyz, xyz_with};

#[test]
fn rule_26_policies_add_up_in_any_order() {
    let policies = [into_a("{from: [{podSelector: {}}]}"), into_a("{ports: [{port: 81}]}"), of_x("{podSelector: {}}")];
    let table = "x/b -> x/a 80 allow
                 y/a -> x/a 80 deny
                 y/a -> x/a 81 allow
                 y/a -> x/b 81 deny";
    holds(&xyz_with(&policies), table);
    let backwards: Vec<String> = policies.iter().rev().cloned().collect();
    holds(&xyz_with(&backwards), table);
    // Rules of one policy are no different from rules of two.
    let one = into_a("{ports: [{port: 81}]}, {from: [{podSelector: {}}]}");
    holds(&xyz_with(&[one, of_x("{podSelector: {}}")]), table);
}

#[test]
fn rule_26_a_policy_of_another_namespace_selects_nothing_here() {
    let policy = xyz::policy("y", "deny", "{podSelector: {}}");
    holds(&xyz_with(&[policy]), "y/b -> x/a 80 allow\n x/a -> y/a 80 deny");
}

#[test]
fn rule_27_isolation_is_per_direction() {
    let ingress = "y/a -> x/a 80 deny
                   x/a -> y/a 80 allow
                   x/a -> 198.51.100.7 80 allow";
    holds(&xyz_with(&[into_a("")]), ingress);
    let egress = "y/a -> x/a 80 allow
                  198.51.100.7 -> x/a 80 allow
                  x/a -> y/a 80 deny";
    holds(&xyz_with(&[out_of_a("")]), egress);
}

#[test]
fn rule_28_both_sides_must_allow_the_same_protocol_and_port() {
    let server = xyz::policy("y", "server", "{podSelector: {}, ingress: [{ports: [{port: 80}, {port: 53, protocol: UDP}]}]}");
    let client = out_of_a("{ports: [{port: 81}, {port: 53}]}");
    let disjoint = "x/a -> y/a 80 deny
                    x/a -> y/a 81 deny
                    x/a -> y/a 53 deny
                    x/a -> y/a 53/UDP deny
                    x/b -> y/a 80 allow
                    x/a -> z/a 81 allow";
    holds(&xyz_with(&[server.clone(), client.clone()]), disjoint);
    let more = out_of_a("{ports: [{port: 79, endPort: 82}]}");
    holds(&xyz_with(&[server, client, more]), "x/a -> y/a 80 allow\n x/a -> y/a 81 deny");
}

#[test]
fn rule_29_one_way_says_nothing_of_the_other() {
    let policies = [of_x("{podSelector: {}, policyTypes: [Ingress, Egress], egress: [{}]}")];
    holds(&xyz_with(&policies), "x/a -> y/a 80 allow\n y/a -> x/a 80 deny");
}

#[test]
fn rule_30_only_what_is_written_now_counts() {
    // No ages, no deletion time stamps, no history: a terminating policy still holds, the order of creation is nothing.
    let policy = |created: &str| {
        format!(
            "\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n\
             metadata: {{name: p, namespace: x, creationTimestamp: '{created}', deletionTimestamp: '2026-01-01T00:00:00Z'}}\nspec: {{}}\n"
        )
    };
    for created in ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z", ""] {
        holds(&xyz_with(&[policy(created)]), "y/a -> x/a 80 deny\n x/a -> y/a 80 allow");
    }
    // A label set later is a label.
    let spec = "{podSelector: {matchLabels: {late: 'yes'}}}";
    let late = xyz::labelled(&[("x/a", "late: 'yes'")]) + &of_x(spec);
    holds(&read(&late), "y/a -> x/a 80 deny\n y/a -> x/b 80 allow");
}

#[test]
fn rule_31_only_tcp_udp_and_sctp_are_covered() {
    assert_eq!(Protocol::ALL.map(Protocol::name), ["SCTP", "TCP", "UDP"]);
    for other in ["ICMP", "icmp", "IGMP", "tcp", "ANY"] {
        assert_eq!(Protocol::parse(other), None);
    }
}
