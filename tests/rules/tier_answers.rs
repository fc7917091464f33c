//! What answers and findings say where cluster-wide policies have a say.

use netstore::policy::question::{PortName, PortQuery, Resolved};
use netstore::policy::{Model, lint, questions};
use netstore::report::policy::{CanReach, PolicyTier};
use netstore::report::{Peer, RuleRef, Verdict};

use super::both::Cluster;
use super::tiers::{OF_X, anp, banp, baseline, cnp, stored_with};
use super::{into_a, out_of_a, pod, xyz_with};

fn resolved(cluster: &Cluster, name: &str) -> Resolved {
    let (namespace, pod) = name.split_once('/').expect("namespace/pod");
    let label = Peer { kind: "Pod".to_owned(), namespace: namespace.to_owned(), name: pod.to_owned(), ..Peer::default() };
    Resolved::Pods { label, pods: vec![cluster.inventory.pod(namespace, pod).expect("a pod")] }
}

fn can_reach(cluster: &Cluster, from: &str, to: &str, port: u16) -> CanReach {
    let both = cluster.both();
    let port = PortQuery { protocol: None, port: PortName::Range(port, port) };
    questions::can_reach(&both.model, &resolved(cluster, from), &resolved(cluster, to), Some(&port)).0
}

/// `ClusterNetworkPolicy a ingress 0`
fn words(rules: &[RuleRef]) -> Vec<String> {
    rules.iter().map(|r| format!("{} {}{} {} {}", r.kind, r.namespace, r.name, r.direction, r.rule)).collect()
}

fn three_tiers() -> Cluster {
    let rules = "{action: Accept, from: [{namespaces: {matchLabels: {ns: z}}}], protocols: [{tcp: {destinationPort: {number: 80}}}]}, \
                 {action: Deny, from: [{namespaces: {matchLabels: {ns: z}}}]}";
    stored_with(&[
        cnp("a", 5, &format!("{OF_X}, ingress: [{rules}]")),
        baseline("b", 5, &format!("{OF_X}, ingress: [{{action: Deny, from: [{{namespaces: {{}}}}]}}]")),
        into_a("{from: [{namespaceSelector: {matchLabels: {ns: y}}}]}"),
    ])
}

#[test]
fn can_reach_names_the_tier_that_decides_and_its_rule() {
    let cluster = three_tiers();
    let accepted = can_reach(&cluster, "z/a", "x/a", 80).ingress;
    assert_eq!((accepted.verdict, accepted.decided_by.as_slice()), (Verdict::Allow, [PolicyTier::Admin].as_slice()));
    assert_eq!(words(&accepted.because), ["ClusterNetworkPolicy a ingress 0"]);

    let denied = can_reach(&cluster, "z/a", "x/a", 81).ingress;
    assert_eq!((denied.verdict, denied.decided_by.as_slice()), (Verdict::Deny, [PolicyTier::Admin].as_slice()));
    let turns: Vec<(String, bool)> =
        (denied.rules.iter()).filter_map(|trace| trace.turn.as_ref().map(|turn| (turn.action.clone(), turn.decides.is_empty()))).collect();
    assert_eq!(turns, [("Accept".to_owned(), true), ("Deny".to_owned(), false)]);
    assert!(denied.nearest_miss.is_none(), "no NetworkPolicy could mend it");

    let by_policy = can_reach(&cluster, "y/a", "x/a", 81).ingress;
    assert_eq!((by_policy.verdict, by_policy.decided_by.as_slice()), (Verdict::Allow, [PolicyTier::NetworkPolicy].as_slice()));
    let below = can_reach(&cluster, "y/a", "x/b", 81).ingress;
    assert_eq!((below.verdict, below.decided_by.as_slice()), (Verdict::Deny, [PolicyTier::Baseline].as_slice()));
    // Without cluster-wide policies nothing new is said.
    assert!(can_reach(&xyz_with(&[into_a("{}")]), "y/a", "x/a", 80).ingress.decided_by.is_empty());
}

#[test]
fn unknown_says_why() {
    let rule = |name: &str, action: &str| cnp(name, 5, &format!("{OF_X}, ingress: [{{action: {action}, from: [{{namespaces: {{}}}}]}}]"));
    let answer = can_reach(&stored_with(&[rule("a", "Accept"), rule("b", "Deny")]), "y/a", "x/a", 80);
    assert_eq!(answer.verdict, Verdict::Unknown);
    let reason = "ClusterNetworkPolicy a, ClusterNetworkPolicy b have the same priority, 5: which is asked first is undefined";
    assert_eq!(answer.reasons, [reason]);
}

#[test]
fn rows_name_the_rules_of_both_sides() {
    let accept = cnp("out", 1, "subject: {namespaces: {}}, egress: [{action: Accept, to: [{namespaces: {}}]}]");
    let cluster = stored_with(&[accept, into_a("{from: [{namespaceSelector: {matchLabels: {ns: y}}}]}"), out_of_a("")]);
    let both = cluster.both();
    let (who, _) = questions::who_can_reach(&both.model, &resolved(&cluster, "x/a"), None);
    let of_y = who.sources.iter().find(|row| row.peer.namespace == "y").expect("a row");
    assert_eq!(words(&of_y.because)[0], "ClusterNetworkPolicy out egress 0");
    let (from, _) = questions::reachable_from(&both.model, &resolved(&cluster, "x/a"));
    let to_y = from.destinations.iter().find(|row| row.peer.namespace == "y").expect("a row");
    assert_eq!(words(&to_y.because), ["ClusterNetworkPolicy out egress 0"], "its own NetworkPolicy has no say");
    let (all, _) = questions::effective_policy(&both.model, &resolved(&cluster, "x/a"));
    assert_eq!(all.egress.cluster_rules.len(), 1);
    assert_eq!(words(&all.egress.allowed[0].because), ["ClusterNetworkPolicy out egress 0"]);
}

/// What is not certain for all pods of a row is not said to be allowed for all of them.
#[test]
fn rows_of_effective_policy_hold_for_all_their_pods() {
    let deny = cnp("a", 5, &format!("{OF_X}, ingress: [{{action: Deny, from: [{{pods: {{podSelector: {{matchLabels: {{pod: c}}}}}}}}]}}]"));
    let cluster = stored_with(&[deny, into_a("{from: [{namespaceSelector: {matchLabels: {ns: y}}}]}")]);
    let (all, _) = questions::effective_policy(&cluster.both().model, &resolved(&cluster, "x/a"));
    let rows: Vec<(&str, Verdict)> = all.ingress.allowed.iter().map(|row| (row.peer.description.as_str(), row.verdict)).collect();
    assert_eq!(rows, [("all pods in namespaces with ns=y (some of them)", Verdict::Unknown)]);
}

#[test]
fn findings_about_cluster_wide_policies() {
    let codes = |cluster: &Cluster| {
        let model = Model::compile(&cluster.inventory, netstore::policy::Cni::Upstream);
        let mut codes: Vec<&str> = lint::findings_in(&model, None).iter().map(|finding| finding.code).collect();
        codes.retain(|code| *code != "NP-051");
        codes.sort_unstable();
        codes
    };
    let rule = |action: &str, peer: &str| format!("{OF_X}, ingress: [{{action: {action}, from: [{peer}]}}]");
    let everyone = "{namespaces: {}}";
    assert_eq!(codes(&stored_with(&[cnp("a", 5, &rule("Deny", everyone))])), Vec::<&str>::new());
    assert_eq!(codes(&stored_with(&[cnp("a", 5, &rule("Deny", everyone)), cnp("b", 5, &rule("Accept", everyone))])), ["NP-060"]);
    assert_eq!(codes(&stored_with(&[cnp("a", 5, &rule("Deny", everyone)), cnp("b", 6, &rule("Accept", everyone))])), Vec::<&str>::new());
    let twice = format!(
        "{OF_X}, ingress: [{{action: Deny, from: [{everyone}]}}, {{action: Accept, from: [{{namespaces: {{matchLabels: {{ns: y}}}}}}]}}]"
    );
    assert_eq!(codes(&stored_with(&[cnp("a", 5, &twice)])), ["NP-061"]);
    assert_eq!(codes(&stored_with(&[cnp("a", 5, &rule("Deny", "{}"))])), ["NP-062"]);
    assert_eq!(codes(&xyz_with(&[cnp("a", 5, &rule("Deny", "{}"))])), ["NP-001", "NP-062"]);
    let protocol = format!("{OF_X}, ingress: [{{action: Deny, from: [{everyone}], protocols: [{{tcp: {{}}}}]}}]");
    assert_eq!(codes(&stored_with(&[cnp("a", 5, &protocol)])), ["NP-063"]);
    let names = format!("{OF_X}, egress: [{{action: Accept, to: [{{domainNames: [example.com]}}]}}]");
    assert_eq!(codes(&stored_with(&[cnp("a", 5, &names)])), ["NP-064"]);
    let two = [anp("a", &format!("priority: 5, {}", rule("Deny", everyone))), cnp("b", 5, &rule("Deny", everyone))];
    assert_eq!(codes(&stored_with(&two)), ["NP-065"]);
    let nobody = "subject: {namespaces: {matchLabels: {ns: nowhere}}}";
    assert_eq!(codes(&stored_with(&[banp(&format!("{nobody}, ingress: [{{action: Deny, from: [{everyone}]}}]"))])), ["NP-010"]);
    let later = format!("{OF_X}, ingress: [{{action: Deny, from: [{everyone}], protocols: [{{icmp: {{}}}}]}}]");
    assert_eq!(codes(&stored_with(&[cnp("a", 5, &later)])), ["NP-002"]);
    let owner = "ownerReferences: [{kind: DaemonSet, name: cilium, controller: true}]";
    let plugin =
        pod("kube-system", "cilium-x", "containers: []", "phase: Running").replace("metadata: {", &format!("metadata: {{{owner}, "));
    assert_eq!(codes(&stored_with(&[plugin, cnp("a", 5, &rule("Deny", everyone))])), ["NP-052"]);
}
