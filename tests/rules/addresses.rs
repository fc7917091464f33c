//! Rules 21 to 25: blocks of addresses, families, pods that share an address.

use netstore::objects::Protocol;
use netstore::policy::{Cni, End, Model};
use netstore::report::Verdict;

use super::{Cluster, holds, into_a, of_x, out_of_a, pod, xyz_with};

#[test]
fn rule_21_except_carves_out_and_another_rule_or_policy_gives_back() {
    let carved = "{from: [{ipBlock: {cidr: 198.51.100.0/24, except: [198.51.100.64/26, 198.51.100.200/32]}}]}";
    let table = "198.51.100.63 -> x/a 80 allow
                 198.51.100.64 -> x/a 80 deny
                 198.51.100.127 -> x/a 80 deny
                 198.51.100.128 -> x/a 80 allow
                 198.51.100.200 -> x/a 80 deny
                 198.51.101.0 -> x/a 80 deny";
    holds(&xyz_with(&[into_a(carved)]), table);
    let given_back = "198.51.100.200 -> x/a 80 allow
                      198.51.100.64 -> x/a 80 deny";
    let host = "{from: [{ipBlock: {cidr: 198.51.100.200/32}}]}";
    holds(&xyz_with(&[into_a(&format!("{carved}, {host}"))]), given_back);
    holds(&xyz_with(&[into_a(carved), into_a(host)]), given_back);
    let same_rule = "{from: [{ipBlock: {cidr: 198.51.100.0/24, except: [198.51.100.200/32]}}, {ipBlock: {cidr: 198.51.100.200/30}}]}";
    holds(&xyz_with(&[into_a(same_rule)]), "198.51.100.200 -> x/a 80 allow");
}

#[test]
fn rule_21_blocks_and_holes_that_kubernetes_refuses() {
    for block in [
        "cidr: 10.0.0.0",
        "cidr: 10.0.0.0/33",
        "cidr: any",
        "cidr: ''",
        "cidr: 10.0.0.0/8, except: [11.0.0.0/16]",
        "cidr: 10.0.0.0/8, except: [10.0.0.0/8]",
        "cidr: 10.0.0.0/8, except: ['::/0']",
        "cidr: 10.0.0.0/8, except: [10.0.0.1]",
    ] {
        holds(&xyz_with(&[into_a(&format!("{{from: [{{ipBlock: {{{block}}}}}]}}"))]), "y/a -> x/a 80 unknown");
    }
}

#[test]
fn rule_22_blocks_match_pods_in_the_upstream_profile_and_not_under_cilium() {
    let cluster = xyz_with(&[into_a("{from: [{ipBlock: {cidr: 10.0.2.0/24}}]}")]);
    let table = "y/a -> x/a 80 allow
                 z/a -> x/a 80 deny
                 10.0.2.250 -> x/a 80 allow";
    holds(&cluster, table);
    let inventory = &cluster.inventory;
    let pod = |namespace| End::Pod(inventory.pod(namespace, "a").expect("a pod"));
    let by = |cni| Model::compile(inventory, cni).connection(pod("y"), pod("x"), Protocol::Tcp, 80);
    assert_eq!(by(Cni::Cilium), Verdict::Deny);
    assert_eq!(by(Cni::Calico), Verdict::Allow);
    assert_eq!(by(Cni::Spec), Verdict::Unknown);
    // An address that is no pod's is an address under every plugin.
    let outside = End::Address("10.0.2.250".parse().expect("an address"));
    assert_eq!(Model::compile(inventory, Cni::Cilium).connection(outside, pod("x"), Protocol::Tcp, 80), Verdict::Allow);
}

#[test]
fn rule_23_host_bits_are_masked() {
    let table = "192.168.242.1 -> x/a 80 allow
                 192.168.242.255 -> x/a 80 allow
                 192.168.243.213 -> x/a 80 deny";
    holds(&xyz_with(&[into_a("{from: [{ipBlock: {cidr: 192.168.242.213/24}}]}")]), table);
}

#[test]
fn rule_23_all_of_one_family_is_nothing_of_the_other() {
    let v4 = "198.51.100.7 -> x/a 80 allow
              2001:db8::7 -> x/a 80 deny";
    holds(&xyz_with(&[into_a("{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}")]), v4);
    let v6 = "198.51.100.7 -> x/a 80 deny
              2001:db8::7 -> x/a 80 allow";
    holds(&xyz_with(&[into_a("{from: [{ipBlock: {cidr: '::/0'}}]}")]), v6);
}

/// A pod of namespace y with both families.
fn dual(name: &str, first: &str, second: &str) -> String {
    pod("y", name, "containers: []", &format!("phase: Running, podIP: '{first}', podIPs: [{{ip: '{first}'}}, {{ip: '{second}'}}]"))
}

#[test]
fn rule_23_a_dual_stack_pod_matches_by_the_family_used() {
    let objects = [
        dual("four", "10.0.2.30", "fd00::30"),
        dual("six", "fd00::31", "10.0.2.31"),
        super::xyz::policy("y", "v6", "{podSelector: {matchLabels: {pod: six}}, ingress: [{from: [{ipBlock: {cidr: fd00::/64}}]}]}"),
        super::xyz::policy("y", "v4", "{podSelector: {matchLabels: {pod: four}}, ingress: [{from: [{ipBlock: {cidr: fd00::/64}}]}]}"),
    ];
    // The destination's first address decides, if the source has that family.
    let table = "y/four -> y/six 80 allow
                 y/six -> y/four 80 deny
                 y/a -> y/six 80 deny";
    holds(&xyz_with(&objects), table);
}

#[test]
fn rule_23_asked_by_address_the_family_is_that_of_the_address() {
    let objects = [dual("four", "10.0.2.30", "fd00::30"), dual("six", "fd00::31", "10.0.2.31")];
    let policy =
        super::xyz::policy("y", "v6", "{podSelector: {matchLabels: {pod: six}}, ingress: [{from: [{ipBlock: {cidr: fd00::/64}}]}]}");
    let table = "fd00::30 -> y/six 80 allow
                 10.0.2.30 -> y/six 80 deny
                 y/four -> 10.0.2.31 80 deny
                 y/four -> fd00::31 80 allow";
    holds(&xyz_with(&[objects.concat(), policy]), table);
}

#[test]
fn rule_24_a_service_address_is_an_address_like_any_other() {
    // Whether policies see it before or after it is rewritten is undefined; the address itself is what it is.
    let table = "x/a -> 10.96.0.10 53/UDP allow
                 x/a -> 10.96.0.11 53/UDP deny";
    holds(&xyz_with(&[out_of_a("{to: [{ipBlock: {cidr: 10.96.0.10/32}}]}")]), table);
}

#[test]
fn rule_25_an_address_is_never_looked_up_through_pods_that_have_ended() {
    let objects = [
        pod("y", "done", "containers: []", "phase: Succeeded, podIP: 10.0.2.40"),
        pod("z", "crashed", "containers: []", "phase: Failed, podIP: 10.0.2.40"),
        pod("z", "living", "containers: []", "phase: Running, podIP: 10.0.2.40"),
        pod("y", "gone", "containers: []", "phase: Failed, podIP: 10.0.2.41"),
        of_x("{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {ns: y}}}]}]}"),
    ];
    // The first address is that of z/living now, the second nobody's.
    let table = "10.0.2.40 -> x/a 80 deny
                 10.0.2.41 -> x/a 80 deny";
    holds(&xyz_with(&objects), table);
}

#[test]
fn rule_25_a_node_address_is_no_pod_because_a_host_network_pod_has_it() {
    let host =
        pod("y", "host", "hostNetwork: true, nodeName: node-y, containers: []", "phase: Running, hostIP: 192.168.0.2, podIP: 192.168.0.2");
    let policy = of_x("{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {ns: y}}}]}]}");
    holds(&xyz_with(&[host, policy]), "192.168.0.2 -> x/a 80 deny\n y/host -> x/a 80 deny");
}

/// A terminating pod and its successor, for instance.
#[test]
fn rule_25_two_living_pods_with_one_address_are_undecided_where_they_differ() {
    let objects = [
        pod("y", "old", "containers: []", "phase: Running, podIP: 10.0.2.50"),
        pod("z", "new", "containers: []", "phase: Running, podIP: 10.0.2.50"),
        of_x("{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {ns: y}}}]}]}"),
    ];
    let cluster: Cluster = xyz_with(&objects);
    let table = "y/old -> x/a 80 allow
                 z/new -> x/a 80 deny
                 10.0.2.50 -> x/a 80 unknown";
    holds(&cluster, table);
}
