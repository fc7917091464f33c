//! Whole answers about manifests where their reading was a decision: policies that Kubernetes refuses, letters that YAML
//! takes for booleans, ends that are addresses, Services that lead nowhere, pods whose rows differ.

use std::net::IpAddr;

use netstore::inventory::Inventory;
use netstore::objects::{Cidr, Protocol};
use netstore::policy::question::{MatrixScope, PortName, PortQuery, Resolved};
use netstore::policy::{Cni, End, Model, questions};
use netstore::report::policy::Reach;
use netstore::report::{Peer, Verdict};
use netstore::source::manifests::{self, Input, Options};

const PODS: &str = "
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: x, labels: {app: a}}
spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: y, labels: {app: b}}
---
apiVersion: v1
kind: Service
metadata: {name: front, namespace: x}
spec: {selector: {app: a}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: v1
kind: Service
metadata: {name: nobody, namespace: x}
spec: {selector: {app: gone}, ports: [{port: 80}]}
";

fn read(policies: &str) -> Inventory {
    let text = format!("{PODS}\n---\n{policies}");
    Inventory::build(manifests::read(&[Input::Stdin(text.into_bytes())], &Options::default()).expect("something can be read"))
}

fn policy(spec: &str) -> String {
    format!("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p, namespace: x}}\nspec: {spec}\n")
}

fn pod(inventory: &Inventory, namespace: &str, name: &str) -> Resolved {
    let label = Peer { kind: "Pod".to_owned(), namespace: namespace.to_owned(), name: name.to_owned(), ..Peer::default() };
    Resolved::Pods { label, pods: vec![inventory.pod(namespace, name).expect("the pod is there")] }
}

fn service(name: &str) -> Resolved {
    Resolved::Service { namespace: "x".to_owned(), name: name.to_owned() }
}

fn port(number: u16) -> PortQuery {
    PortQuery { protocol: None, port: PortName::Range(number, number) }
}

/// The verdict from b to a on TCP 80.
fn b_to_a(policies: &str) -> Verdict {
    let inventory = read(policies);
    let model = Model::compile(&inventory, Cni::default());
    let end = |namespace, name| End::Pod(inventory.pod(namespace, name).expect("the pod is there"));
    model.connection(end("y", "b"), end("x", "a"), Protocol::Tcp, 80)
}

#[test]
fn a_plain_y_is_the_letter_it_was_meant_to_be() {
    let inventory = read("");
    assert!(inventory.pod("y", "b").is_some());
}

#[test]
fn a_policy_that_cannot_be_decoded_leaves_its_pods_open_to_doubt() {
    assert_eq!(b_to_a(&policy("{podSelector: {matchLabels: {app: a}}, ingress: [{from: {podSelector: {}}}]}")), Verdict::Unknown);
    let other_pods = policy("{podSelector: {matchLabels: {app: z}}, ingress: [{from: {podSelector: {}}}]}");
    assert_eq!(b_to_a(&other_pods), Verdict::Allow);
}

#[test]
fn a_refused_policy_decides_nothing_where_another_one_isolates() {
    let refused = policy("{podSelector: {}, ingress: [{ports: [{port: 99999}]}]}");
    assert_eq!(b_to_a(&refused), Verdict::Unknown);
    let deny = policy("{podSelector: {}}").replace("name: p", "name: deny");
    assert_eq!(b_to_a(&format!("{refused}---\n{deny}")), Verdict::Deny);
}

#[test]
fn a_rule_with_a_field_nobody_knows_allows_nothing_for_certain() {
    assert_eq!(b_to_a(&policy("{podSelector: {}, ingress: [{port: [{port: 443}]}]}")), Verdict::Unknown);
}

#[test]
fn who_reaches_an_address_is_answered_by_egress_policies() {
    let egress = policy("{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 192.0.2.0/25}}]}]}");
    let inventory = read(&egress);
    let model = Model::compile(&inventory, Cni::default());
    let who = |target: &Resolved| -> Vec<(String, Verdict)> {
        let sources = questions::who_can_reach(&model, target, None).0.sources;
        sources.iter().map(|s: &Reach| (s.peer.name.clone(), s.verdict)).collect()
    };
    let address = |text: &str| Resolved::Address(text.parse::<IpAddr>().expect("an address"));
    let (a, b) = (("a".to_owned(), Verdict::Allow), ("b".to_owned(), Verdict::Allow));
    assert_eq!(who(&address("192.0.2.7")), [a, b.clone()]);
    assert_eq!(who(&address("192.0.2.200")), std::slice::from_ref(&b));
    // Half of the range is a's: neither yes nor no.
    let range = Resolved::Cidr("192.0.2.0/24".parse::<Cidr>().expect("a range"));
    assert_eq!(who(&range), [b, ("a".to_owned(), Verdict::Unknown)]);
}

#[test]
fn a_service_is_asked_on_the_ports_of_its_pods() {
    let inventory = read(&policy("{podSelector: {}, ingress: [{ports: [{port: 8080}]}]}"));
    let model = Model::compile(&inventory, Cni::default());
    let ask = |target: &Resolved, number| questions::can_reach(&model, &pod(&inventory, "y", "b"), target, Some(&port(number))).0;
    assert_eq!(ask(&service("front"), 80).verdict, Verdict::Allow);
    assert_eq!(ask(&service("front"), 80).ports[0].ports, "8080");
    assert_eq!(ask(&service("front"), 8080).verdict, Verdict::Deny, "the Service has no such port");
    assert_eq!(ask(&service("nobody"), 80).verdict, Verdict::Deny, "no endpoint");
    assert_eq!(ask(&pod(&inventory, "x", "a"), 80).verdict, Verdict::Deny);
}

#[test]
fn a_service_that_leads_nowhere_is_no_affair_of_policies() {
    let misnamed = "apiVersion: v1\nkind: Service\nmetadata: {name: misnamed, namespace: x}
spec: {selector: {app: a}, ports: [{port: 80, targetPort: htttp}]}";
    let inventory = read(&format!("{}---\n{misnamed}", policy("{podSelector: {}}")));
    let model = Model::compile(&inventory, Cni::default());
    for (name, asked, why) in [
        ("front", Some(8080), "the Service has no port 8080 (it has 80)"),
        ("misnamed", Some(80), "its pods have no port that the Service leads to"),
        ("misnamed", None, "its pods have no port that the Service leads to"),
        ("nobody", None, "the Service has no endpoint"),
    ] {
        let query = asked.map(port);
        let (answer, _) = questions::can_reach(&model, &pod(&inventory, "y", "b"), &service(name), query.as_ref());
        assert_eq!((answer.verdict, answer.reasons.as_slice()), (Verdict::Deny, &[why.to_owned()][..]), "{name}");
        assert!([answer.egress, answer.ingress].iter().all(|side| side.isolated.is_none() && side.isolated_by.is_empty()), "{name}");
        let (answer, _) = questions::who_can_reach(&model, &service(name), query.as_ref());
        let rest = answer.rest;
        assert_eq!((rest.verdict, rest.reason.as_str(), rest.policies.as_slice()), (Verdict::Deny, why, &[][..]), "{name}");
    }
}

#[test]
fn pods_of_a_workload_with_the_same_ports_are_counted_together_wherever_they_run() {
    let agent = |name: &str, node: &str| {
        let owner = "ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: agent, controller: true, uid: u}]";
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: y, {owner}}}\nspec: {{hostNetwork: true, nodeName: {node}}}\n"
        )
    };
    let here = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: here, namespace: x}\nspec: {nodeName: n1}\n";
    let inventory = read(&format!("{}{}{}", agent("one", "n1"), agent("two", "n2"), here).replacen("---\n", "", 1));
    let model = Model::compile(&inventory, Cni::default());
    let (answer, _) = questions::reachable_from(&model, &pod(&inventory, "x", "here"));
    let of_agent: Vec<&Reach> = answer.destinations.iter().filter(|row| row.peer.name == "agent").collect();
    let counts: Vec<_> = of_agent.iter().filter_map(|row| row.peer.pods).map(|pods| (pods.matched, pods.total)).collect();
    assert_eq!(counts, [(2, 2)]);
}

#[test]
fn a_matrix_says_that_its_limit_ended_it() {
    let inventory = read("");
    let model = Model::compile(&inventory, Cni::default());
    let cut = |limit| questions::matrix(&model, &MatrixScope { limit, ..MatrixScope::default() }).0;
    assert!(cut(Some(0)).cut && !cut(Some(0)).complete);
    assert!(!cut(None).cut && cut(None).complete);
}

#[test]
fn the_nearest_miss_offers_no_command_that_opens_more_than_was_asked() {
    let everyone = read(&policy("{podSelector: {}, ingress: [{ports: [{port: 443}]}]}"));
    let one = read(&policy("{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 443}]}]}"));
    let command = |inventory: &Inventory| {
        let model = Model::compile(inventory, Cni::default());
        let (answer, _) = questions::can_reach(&model, &pod(inventory, "y", "b"), &pod(inventory, "x", "a"), Some(&port(80)));
        answer.ingress.nearest_miss.expect("a rule is near").command
    };
    assert_eq!(command(&everyone), None);
    assert!(command(&one).is_some_and(|c| c.contains("/spec/ingress/0/ports/-") && c.contains("\"port\":80")));
}

#[test]
fn plugins_are_said_to_differ_only_where_a_block_decides() {
    let codes = |spec: &str| {
        let text = PODS
            .replace("metadata: {name: b, namespace: y, labels: {app: b}}", "metadata: {name: b, namespace: y}\nstatus: {podIP: 10.0.0.7}");
        let text = format!("{text}\n---\n{}", policy(spec));
        let read = manifests::read(&[Input::Stdin(text.into_bytes())], &Options::default()).expect("it can be read");
        let inventory = Inventory::build(read);
        let model = Model::compile(&inventory, Cni::default());
        let (_, findings) = questions::can_reach(&model, &pod(&inventory, "y", "b"), &pod(&inventory, "x", "a"), Some(&port(80)));
        findings.iter().any(|f| f.code == "NP-022")
    };
    assert!(codes("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}"));
    assert!(!codes("{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}"));
    assert!(!codes("{podSelector: {}, ingress: [{ports: [{port: 443}]}]}"));
}

#[test]
fn a_matrix_cut_short_says_so() {
    let inventory = read("");
    let model = Model::compile(&inventory, Cni::default());
    let matrix = |limit| questions::matrix(&model, &MatrixScope { limit, ..MatrixScope::default() }).0;
    assert!(matrix(None).complete);
    assert!(!matrix(Some(0)).complete);
}
