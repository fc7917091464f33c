//! Rules 41 to 55: AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy around NetworkPolicies.

use netstore::inventory::{Coverage, Origin, State};
use netstore::objects::Resource;
use netstore::policy::validate;

use super::both::Cluster;
use super::tables::{self, text};
use super::{holds, into_a, out_of_a, pod, xyz, xyz_with};

/// A cluster-wide policy; its spec in YAML flow style without the outer braces.
fn wide(version: &str, kind: &str, name: &str, spec: &str) -> String {
    format!("\n---\napiVersion: policy.networking.k8s.io/{version}\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n")
}

pub fn anp(name: &str, spec: &str) -> String {
    wide("v1alpha1", "AdminNetworkPolicy", name, spec)
}

pub fn banp(spec: &str) -> String {
    wide("v1alpha1", "BaselineAdminNetworkPolicy", "default", spec)
}

/// A ClusterNetworkPolicy of the Admin tier.
pub fn cnp(name: &str, priority: u32, spec: &str) -> String {
    wide("v1alpha2", "ClusterNetworkPolicy", name, &format!("tier: Admin, priority: {priority}, {spec}"))
}

pub fn baseline(name: &str, priority: u32, spec: &str) -> String {
    wide("v1alpha2", "ClusterNetworkPolicy", name, &format!("tier: Baseline, priority: {priority}, {spec}"))
}

pub const OF_X: &str = "subject: {namespaces: {matchLabels: {ns: x}}}";

/// A cluster as an API server has it.
fn stored(yaml: &str) -> Cluster {
    tables::read(Origin::Live, yaml)
}

/// The cluster as an API server has it, with more objects in it.
pub fn stored_with(more: &[String]) -> Cluster {
    stored(&(xyz::labelled(&[]) + &more.concat()))
}

#[test]
fn rule_41_admin_then_network_policies_then_baseline_then_everything_is_allowed() {
    let admin = anp("a", &format!("priority: 5, {OF_X}, ingress: [{{action: Deny, from: [{{namespaces: {{matchLabels: {{ns: y}}}}}}]}}]"));
    let below = banp(&format!("{OF_X}, ingress: [{{action: Deny, from: [{{namespaces: {{}}}}]}}]"));
    let table = "y/a -> x/a 80 deny
                 z/a -> x/a 80 allow
                 z/a -> x/b 80 deny
                 203.0.113.5 -> x/b 80 allow
                 x/a -> y/a 80 allow";
    holds(&xyz_with(&[admin, below, into_a("{from: [{namespaceSelector: {}}]}")]), table);
}

#[test]
fn rule_41_lower_priorities_go_first_and_rules_in_their_order() {
    let deny = |name: &str, priority: u32| {
        anp(name, &format!("priority: {priority}, {OF_X}, ingress: [{{action: Deny, from: [{{namespaces: {{}}}}]}}]"))
    };
    let allow = |name: &str, priority: u32| {
        let rules =
            "{action: Allow, from: [{namespaces: {matchLabels: {ns: y}}}]}, {action: Deny, from: [{namespaces: {matchLabels: {ns: y}}}]}";
        anp(name, &format!("priority: {priority}, {OF_X}, ingress: [{rules}]"))
    };
    holds(&xyz_with(&[deny("a", 10), allow("b", 9)]), "y/a -> x/a 80 allow\n z/a -> x/a 80 deny");
    holds(&xyz_with(&[deny("a", 9), allow("b", 10)]), "y/a -> x/a 80 deny\n z/a -> x/a 80 deny");
}

#[test]
fn rule_41_equal_priorities_leave_open_what_they_do_not_agree_on() {
    let rule = |name: &str, action: &str, from: &str| {
        anp(name, &format!("priority: 5, {OF_X}, ingress: [{{action: {action}, from: [{{namespaces: {from}}}]}}]"))
    };
    let table = "y/a -> x/a 80 unknown
                 z/a -> x/a 80 deny";
    holds(&xyz_with(&[rule("a", "Deny", "{}"), rule("b", "Allow", "{matchLabels: {ns: y}}")]), table);
    let agreeing = [rule("a", "Deny", "{}"), rule("b", "Deny", "{matchLabels: {ns: y}}")];
    holds(&xyz_with(&agreeing), "y/a -> x/a 80 deny\n z/a -> x/a 80 deny");
    // Nobody has put the two kinds into an order, whatever their priorities.
    let other_kind = cnp("c", 900, &format!("{OF_X}, ingress: [{{action: Accept, from: [{{namespaces: {{matchLabels: {{ns: y}}}}}}]}}]"));
    holds(&xyz_with(&[rule("a", "Deny", "{}"), other_kind]), table);
}

#[test]
fn rule_42_allow_deny_and_pass() {
    let rules = "{action: Pass, from: [{namespaces: {matchLabels: {ns: y}}}]}, {action: Allow, from: [{namespaces: {}}]}";
    let admin = anp("a", &format!("priority: 5, {OF_X}, ingress: [{rules}]"));
    // Allow goes past NetworkPolicies, Pass to them.
    let table = "z/a -> x/a 80 allow
                 y/a -> x/a 80 deny
                 y/a -> x/b 80 allow";
    holds(&xyz_with(&[admin.clone(), into_a("")]), table);
    let below = banp(&format!("{OF_X}, ingress: [{{action: Deny, from: [{{namespaces: {{}}}}]}}]"));
    holds(&xyz_with(&[admin, below, into_a("")]), "z/a -> x/a 80 allow\n y/a -> x/a 80 deny\n y/a -> x/b 80 deny");
    // What egress allows does not get past the destination's ingress.
    let out = anp("o", "priority: 1, subject: {namespaces: {}}, egress: [{action: Allow, to: [{namespaces: {}}]}]");
    holds(&xyz_with(&[out, into_a("")]), "y/a -> x/a 80 deny\n y/a -> x/b 80 allow");
}

#[test]
fn rule_43_a_network_policy_decides_only_in_the_direction_it_selects_the_pod_for() {
    let below = banp(&format!(
        "{OF_X}, ingress: [{{action: Deny, from: [{{namespaces: {{}}}}]}}], egress: [{{action: Deny, to: [{{namespaces: {{}}}}]}}]"
    ));
    let table = "y/a -> x/a 80 allow
                 x/a -> y/a 80 deny
                 y/a -> x/b 80 deny";
    holds(&xyz_with(&[below.clone(), into_a("{}")]), table);
    holds(&xyz_with(&[below, out_of_a("{}")]), "y/a -> x/a 80 deny\n x/a -> y/a 80 allow");
}

#[test]
fn rule_44_both_schemas_of_v1alpha1_are_read() {
    let from = |peer: &str| {
        let deny = format!("priority: 5, subject: {{namespaces: {{}}}}, ingress: [{{action: Deny, from: [{peer}]}}]");
        stored(&(xyz::labelled(&[("x", "team: red"), ("y", "team: red"), ("z", "team: blue")]) + &anp("a", &deny)))
    };
    let of_y = "y/a -> x/a 80 deny
                z/a -> x/a 80 allow";
    holds(&from("{namespaces: {matchLabels: {ns: y}}}"), of_y);
    holds(&from("{namespaces: {namespaceSelector: {matchLabels: {ns: y}}}}"), of_y);
    let of_y_a = "y/a -> x/a 80 deny
                  y/b -> x/a 80 allow
                  z/a -> x/a 80 allow";
    holds(&from("{pods: {namespaceSelector: {matchLabels: {ns: y}}, podSelector: {matchLabels: {pod: a}}}}"), of_y_a);
    holds(&from("{pods: {namespaces: {namespaceSelector: {matchLabels: {ns: y}}}, podSelector: {matchLabels: {pod: a}}}}"), of_y_a);
    let of_my_team = "y/a -> x/a 80 deny
                      z/a -> x/a 80 allow
                      z/a -> z/b 80 deny
                      x/a -> z/b 80 allow";
    holds(&from("{namespaces: {sameLabels: [team]}}"), of_my_team);
    let of_others = "y/a -> x/a 80 allow
                     z/a -> x/a 80 deny
                     z/a -> z/b 80 allow
                     x/a -> z/b 80 deny";
    holds(&from("{namespaces: {notSameLabels: [team]}}"), of_others);
    holds(&from("{namespaces: {sameLabels: [team, missing]}}"), "y/a -> x/a 80 allow\n z/a -> z/b 80 allow");
    holds(&from("{namespaces: {sameLabels: []}}"), "y/a -> x/a 80 allow");
}

#[test]
fn rule_45_ports_by_number_range_and_name() {
    let deny = |ports: &str| {
        let rule = format!("ingress: [{{action: Deny, from: [{{namespaces: {{}}}}], ports: {ports}}}]");
        stored_with(&[anp("a", &format!("priority: 5, {OF_X}, {rule}"))])
    };
    let one = "y/a -> x/a 80 deny
               y/a -> x/a 80/UDP allow
               y/a -> x/a 81 allow";
    holds(&deny("[{portNumber: {port: 80}}]"), one);
    holds(&deny("[{portNumber: {port: 80, protocol: UDP}}]"), "y/a -> x/a 80 allow\n y/a -> x/a 80/UDP deny");
    holds(
        &deny("[{portRange: {start: 80, end: 81}}]"),
        "y/a -> x/a 80 deny\n y/a -> x/a 81 deny\n y/a -> x/a 82 allow\n y/a -> x/a 81/UDP allow",
    );
    holds(&deny("[{namedPort: serve-81-udp}]"), "y/a -> x/a 81/UDP deny\n y/a -> x/a 81 allow\n y/a -> x/a 80/UDP allow");
    holds(&deny("[{portNumber: {port: 80}}, {portNumber: {port: 81}}]"), "y/a -> x/a 80 deny\n y/a -> x/a 81 deny");
    let all = stored_with(&[anp("a", &format!("priority: 5, {OF_X}, ingress: [{{action: Deny, from: [{{namespaces: {{}}}}]}}]"))]);
    holds(&all, "y/a -> x/a 1/SCTP deny\n y/a -> x/a 65535 deny");
}

#[test]
fn rule_46_networks_are_about_pods_too() {
    let rule = |to: &str| stored_with(&[anp("a", &format!("priority: 5, {OF_X}, egress: [{{action: Deny, to: [{to}]}}]"))]);
    let table = "x/a -> y/a 80 deny
                 x/a -> z/a 80 allow
                 x/a -> 10.0.2.200 80 deny
                 x/a -> 203.0.113.5 80 allow";
    holds(&rule("{networks: [10.0.2.0/24]}"), table);
    holds(&rule("{networks: [10.0.2.0/24, 203.0.113.0/24]}"), "x/a -> y/a 80 deny\n x/a -> 203.0.113.5 80 deny\n x/a -> z/a 80 allow");
}

#[test]
fn rule_46_nodes_are_their_addresses() {
    let host = |name: &str, node: &str, ip: &str| {
        let spec = format!("hostNetwork: true, nodeName: {node}, containers: []");
        pod("z", name, &spec, &format!("phase: Running, hostIP: {ip}, podIP: {ip}"))
    };
    let to_nodes = anp("a", &format!("priority: 5, {OF_X}, egress: [{{action: Deny, to: [{{nodes: {{}}}}]}}]"));
    let table = "x/a -> 192.168.0.2 80 deny
                 x/a -> z/far 80 deny
                 x/a -> 203.0.113.5 80 allow
                 x/a -> y/a 80 allow";
    holds(&stored_with(&[to_nodes.clone(), host("far", "node-y", "192.168.0.2")]), table);
    // Which addresses are nodes' is open where nodes could not be listed.
    let mut coverage = Coverage::complete(&Resource::ALL);
    coverage.record(Resource::Nodes, None, State::Forbidden);
    let mut objects = text::objects(&(xyz::labelled(&[]) + &to_nodes));
    objects.nodes.clear();
    holds(&Cluster::partly_read(Origin::Live, objects, coverage), "x/a -> 203.0.113.5 80 unknown\n x/a -> y/a 80 allow");
}

#[test]
fn rule_46_domain_names_may_mean_any_address_outside() {
    let rules = "{action: Allow, to: [{domainNames: [example.com]}]}, {action: Deny, to: [{networks: [0.0.0.0/0]}]}";
    let table = "x/a -> 203.0.113.5 80 unknown
                 x/a -> y/a 80 deny";
    holds(&stored_with(&[anp("a", &format!("priority: 5, {OF_X}, egress: [{rules}]"))]), table);
    // What would be allowed anyway is allowed.
    let harmless = "{action: Allow, to: [{domainNames: [example.com]}]}";
    holds(&stored_with(&[anp("a", &format!("priority: 5, {OF_X}, egress: [{harmless}]"))]), "x/a -> 203.0.113.5 80 allow");
}

#[test]
fn rule_47_a_peer_without_a_known_field_fails_closed() {
    let rule = |action: &str, peers: &str| {
        stored_with(&[cnp("a", 5, &format!("{OF_X}, ingress: [{{action: {action}, from: {peers}}}]")), into_a("")])
    };
    holds(&rule("Accept", "[{}]"), "y/a -> x/a 80 deny\n y/a -> x/b 80 allow");
    holds(&rule("Deny", "[{}]"), "y/a -> x/b 80 deny\n 203.0.113.5 -> x/b 80 deny");
    holds(&rule("Pass", "[{services: {}}]"), "y/a -> x/b 80 deny");
    // Nodes and networks are no peers of ingress.
    holds(&rule("Accept", "[{networks: [10.0.0.0/8]}]"), "y/a -> x/a 80 deny");
    // In a file the API server would refuse it: nothing of it takes effect, or what was meant.
    let in_file = xyz_with(&[cnp("a", 5, &format!("{OF_X}, ingress: [{{action: Deny, from: [{{}}]}}]"))]);
    holds(&in_file, "y/a -> x/b 80 unknown");
}

#[test]
fn rule_48_tiers_and_priorities_of_cluster_network_policies() {
    let from =
        |ns: &str, action: &str| format!("{OF_X}, ingress: [{{action: {action}, from: [{{namespaces: {{matchLabels: {{ns: {ns}}}}}}}]}}]");
    let policies = [
        cnp("a", 10, &from("y", "Deny")),
        baseline("b", 1, &from("z", "Accept")),
        baseline("c", 2, &from("z", "Deny")),
        baseline("d", 3, &from("y", "Accept")),
        baseline("e", 4, &format!("{OF_X}, ingress: [{{action: Deny, from: [{{namespaces: {{}}}}]}}]")),
    ];
    let table = "y/a -> x/a 80 deny
                 z/a -> x/a 80 allow
                 x/b -> x/a 80 deny";
    holds(&xyz_with(&policies), table);
    let allow_is_no_word_here = cnp("a", 10, &from("y", "Allow"));
    holds(&stored_with(&[allow_is_no_word_here]), "y/a -> x/a 80 unknown\n z/a -> x/a 80 allow");
}

#[test]
fn rule_49_pass_in_baseline_leads_to_the_default() {
    let rules = "{action: Pass, from: [{namespaces: {matchLabels: {ns: y}}}]}, {action: Deny, from: [{namespaces: {}}]}";
    holds(&xyz_with(&[baseline("b", 1, &format!("{OF_X}, ingress: [{rules}]"))]), "y/a -> x/a 80 allow\n z/a -> x/a 80 deny");
    // And so does a Pass of Admin, through NetworkPolicies that do not select the pod.
    holds(&xyz_with(&[cnp("a", 1, &format!("{OF_X}, ingress: [{rules}]"))]), "y/a -> x/a 80 allow\n z/a -> x/a 80 deny");
}

#[test]
fn rule_50_protocols() {
    let deny = |protocols: &str| {
        let rule = format!("ingress: [{{action: Deny, from: [{{namespaces: {{}}}}], protocols: {protocols}}}]");
        stored_with(&[cnp("a", 5, &format!("{OF_X}, {rule}"))])
    };
    holds(&deny("[{tcp: {destinationPort: {number: 80}}}]"), "y/a -> x/a 80 deny\n y/a -> x/a 81 allow\n y/a -> x/a 80/UDP allow");
    holds(&deny("[{udp: {destinationPort: {range: {start: 80, end: 81}}}}]"), "y/a -> x/a 81/UDP deny\n y/a -> x/a 81 allow");
    holds(&deny("[{sctp: {destinationPort: {number: 81}}}]"), "y/a -> x/a 81/SCTP deny\n y/a -> x/a 81 allow");
    holds(&deny("[{destinationNamedPort: serve-80-udp}]"), "y/a -> x/a 80/UDP deny\n y/a -> x/a 80 allow");
    // All ports of the protocol, though today's schema refuses it.
    holds(&deny("[{tcp: {}}]"), "y/a -> x/a 4711 deny\n y/a -> x/a 4711/UDP allow");
    // A protocol of a later version may be anything.
    holds(&deny("[{icmp: {}}]"), "y/a -> x/a 80 unknown");
}

#[test]
fn rule_51_ingress_peers_are_pods() {
    let deny = cnp("a", 5, &format!("{OF_X}, ingress: [{{action: Deny, from: [{{namespaces: {{}}}}]}}]"));
    let host =
        pod("z", "host", "hostNetwork: true, nodeName: node-z, containers: []", "phase: Running, hostIP: 192.168.0.3, podIP: 192.168.0.3");
    let table = "y/a -> x/a 80 deny
                 203.0.113.5 -> x/a 80 allow
                 192.168.0.3 -> x/a 80 allow
                 z/host -> x/a 80 allow";
    holds(&xyz_with(&[deny, host]), table);
}

#[test]
fn rule_52_a_network_of_all_addresses_holds_all_pods() {
    let rules = "{action: Pass, to: [{namespaces: {matchLabels: {ns: y}}}]}, {action: Deny, to: [{networks: [0.0.0.0/0]}]}";
    let table = "x/a -> z/a 80 deny
                 x/a -> y/a 80 allow
                 x/a -> 203.0.113.5 80 deny
                 x/a -> 2001:db8::5 80 allow";
    holds(&xyz_with(&[cnp("a", 5, &format!("{OF_X}, egress: [{rules}]"))]), table);
}

#[test]
fn rule_53_no_rules_no_effect_and_equal_priorities_are_undefined() {
    let out_only = cnp("a", 5, &format!("{OF_X}, egress: [{{action: Deny, to: [{{namespaces: {{}}}}]}}]"));
    holds(&xyz_with(&[out_only]), "y/a -> x/a 80 allow\n x/a -> y/a 80 deny");
    let rule = |name: &str, tier: fn(&str, u32, &str) -> String, action: &str, port: u32| {
        let protocols = format!("protocols: [{{tcp: {{destinationPort: {{number: {port}}}}}}}]");
        tier(name, 5, &format!("{OF_X}, ingress: [{{action: {action}, from: [{{namespaces: {{}}}}], {protocols}}}]"))
    };
    let same_tier = [rule("a", cnp, "Accept", 80), rule("b", cnp, "Deny", 80), rule("c", cnp, "Deny", 81), into_a("")];
    holds(&xyz_with(&same_tier), "y/a -> x/a 80 unknown\n y/a -> x/a 81 deny\n y/a -> x/a 82 deny\n y/a -> x/b 82 allow");
    let two_tiers = [rule("a", cnp, "Accept", 80), rule("b", baseline, "Deny", 80)];
    holds(&xyz_with(&two_tiers), "y/a -> x/a 80 allow");
}

#[test]
fn rule_54_domain_names_are_names_or_begin_with_a_star() {
    let refused = |name: &str| {
        let spec = format!("{OF_X}, egress: [{{action: Accept, to: [{{domainNames: ['{name}']}}]}}]");
        let objects = text::objects(&cnp("a", 5, &spec));
        objects.cluster_policies.iter().any(|policy| !validate::cluster_refusals(policy).is_empty())
    };
    for name in ["kubernetes.io", "*.kubernetes.io", "blog.kubernetes.io.", "a_b.example.com"] {
        assert!(!refused(name), "{name}");
    }
    for name in ["com", "*", "*.com.*.io", "www.*.io", "-a.example.com", "example..com", "exam ple.com"] {
        assert!(refused(name), "{name}");
    }
}

#[test]
fn rule_55_limits_of_rules_peers_and_ports() {
    let refusals = |text: String| {
        let objects = text::objects(&text);
        objects.cluster_policies.iter().flat_map(validate::cluster_refusals).map(|r| r.to_string()).collect::<Vec<_>>()
    };
    let many = |what: &str, number: usize| vec![what; number].join(", ");
    let peers = |number| format!("{OF_X}, ingress: [{{action: Deny, from: [{}]}}]", many("{namespaces: {}}", number));
    assert_eq!(refusals(cnp("a", 5, &peers(25))), Vec::<String>::new());
    assert_eq!(refusals(cnp("a", 5, &peers(26))), ["spec.ingress[0].from: Too many: 26: must have at most 25 items"]);
    assert_eq!(refusals(anp("a", &format!("priority: 5, {}", peers(100)))), Vec::<String>::new());
    assert_eq!(
        refusals(anp("a", &format!("priority: 1001, {}", peers(101)))),
        [
            "spec.priority: Invalid value: 1001: must be between 0 and 1000, inclusive",
            "spec.ingress[0].from: Too many: 101: must have at most 100 items",
        ]
    );
    let rules = format!("{OF_X}, egress: [{}]", many("{action: Accept, to: [{namespaces: {}}]}", 26));
    assert_eq!(refusals(cnp("a", 5, &rules)), ["spec.egress: Too many: 26: must have at most 25 items"]);
}

/// Rule 33: what NetworkPolicies must not do, cluster-wide policies may.
#[test]
fn rule_33_cluster_wide_policies_come_between_a_pod_and_its_own_node() {
    let deny = cnp("a", 5, &format!("{OF_X}, egress: [{{action: Deny, to: [{{nodes: {{}}}}]}}]"));
    let table = "x/a -> 192.168.0.1 80 deny
                 x/a -> 192.168.0.2 80 deny
                 192.168.0.1 -> x/a 80 allow";
    holds(&stored_with(&[deny]), table);
    // A NetworkPolicy that selects the pod has the exception, and goes before Baseline.
    let below = baseline("b", 5, &format!("{OF_X}, egress: [{{action: Deny, to: [{{nodes: {{}}}}]}}]"));
    let table = "x/a -> 192.168.0.1 80 allow
                 x/a -> 192.168.0.2 80 deny
                 x/b -> 192.168.0.1 80 deny";
    holds(&stored_with(&[below, out_of_a("")]), table);
    // A pod is never kept from itself.
    let everything = cnp("a", 5, "subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]");
    holds(&stored_with(&[everything]), "x/a -> x/a 80 allow\n x/a -> x/b 80 deny");
}

#[test]
fn rule_34_cluster_wide_policies_never_select_pods_on_the_host_network() {
    let host =
        pod("x", "host", "hostNetwork: true, nodeName: node-z, containers: []", "phase: Running, hostIP: 192.168.0.3, podIP: 192.168.0.3");
    let deny = cnp(
        "a",
        5,
        "subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}], egress: [{action: Deny, to: [{namespaces: {}}]}]",
    );
    let table = "y/a -> x/host 80 allow
                 x/host -> y/a 80 allow
                 y/a -> x/a 80 deny";
    holds(&stored_with(&[host, deny]), table);
}

#[test]
fn policies_that_could_not_be_read_may_say_anything() {
    let hidden = |resource: Resource, state: State, more: &[String]| {
        let mut coverage = Coverage::complete(&Resource::ALL);
        coverage.record(resource, None, state);
        Cluster::partly_read(Origin::Live, text::objects(&(xyz::labelled(&[]) + &more.concat())), coverage)
    };
    let table = "y/a -> x/a 80 unknown
                 x/a -> 203.0.113.5 80 unknown
                 203.0.113.5 -> x/a 80 allow";
    holds(&hidden(Resource::ClusterNetworkPolicies, State::Forbidden, &[]), table);
    holds(&hidden(Resource::AdminNetworkPolicies, State::NotInSnapshot, &[]), table);
    // Baseline is asked where no NetworkPolicy decides.
    let table = "y/a -> x/a 80 unknown
                 y/a -> x/b 80 unknown";
    holds(&hidden(Resource::BaselineAdminNetworkPolicies, State::Forbidden, &[into_a("{}")]), table);
    let both = [into_a("{}"), xyz::policy("y", "out", "{podSelector: {}, policyTypes: [Egress], egress: [{}]}")];
    holds(&hidden(Resource::BaselineAdminNetworkPolicies, State::Forbidden, &both), "y/a -> x/a 80 allow\n y/a -> x/b 80 unknown");
    // A kind that is not served has no objects.
    holds(&hidden(Resource::ClusterNetworkPolicies, State::NotServed, &[]), "y/a -> x/a 80 allow");
}
