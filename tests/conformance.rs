//! The cases of the conformance suite of network-policy-api (v0.2.0, for ClusterNetworkPolicy; v0.1.7 has the same ones for
//! AdminNetworkPolicy and BaselineAdminNetworkPolicy), each with the connections it pokes and what it expects of them.
//!
//! Four namespaces have two pods each that serve TCP 80 (`web`) and 8080, UDP 53 (`dns`) and 5353, SCTP 9003 and 9005; a
//! fifth one has pods on the host network. Each case is asked of both APIs, where both can say it.

mod both;
mod naive;
mod tables;

use std::fmt::Write;

use netstore::inventory::Origin;
use netstore::report::Verdict;

use self::tables::{opinions, read};

/// Namespace and StatefulSet of each house.
const HOUSES: [(&str, &str); 4] = [("gryffindor", "harry"), ("slytherin", "draco"), ("hufflepuff", "cedric"), ("ravenclaw", "luna")];

fn cluster() -> String {
    let mut text = String::new();
    for node in 1..=2 {
        write!(
            text,
            "\n---\napiVersion: v1\nkind: Node\nmetadata: {{name: n{node}, labels: {{kubernetes.io/os: linux}}}}\n\
             status: {{addresses: [{{type: InternalIP, address: 192.168.0.{node}}}]}}\n"
        )
        .expect("text");
    }
    for (h, (house, name)) in (1..).zip(HOUSES) {
        write!(text, "\n---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {house}, labels: {{conformance-house: {house}}}}}\n")
            .expect("text");
        for p in 0..2 {
            write!(
                text,
                "\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}-{p}, namespace: {house}, labels: {{conformance-house: {house}}}}}\n\
                 spec: {{nodeName: n1, containers: [{{name: c, ports: [{{name: web, containerPort: 80}}, {{name: dns, containerPort: 53, protocol: UDP}}]}}]}}\n\
                 status: {{phase: Running, hostIP: 192.168.0.1, podIP: 10.0.{h}.{}}}\n",
                p + 1
            )
            .expect("text");
        }
    }
    text + "\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: forrest, labels: {conformance-house: forrest}}\n\
            \n---\napiVersion: v1\nkind: Pod\nmetadata: {name: centaur-1, namespace: forrest}\n\
            spec: {nodeName: n2, hostNetwork: true, containers: []}\nstatus: {phase: Running, hostIP: 192.168.0.2, podIP: 192.168.0.2}\n"
}

/// A rule: `Accept ravenclaw tcp/80,udp/53`, or `Deny * …` for both families of all addresses, or a list of networks.
#[derive(Clone, Copy)]
struct Rule(&'static str, &'static str, &'static str);

/// One of the APIs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Api {
    V1Alpha1,
    V1Alpha2,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tier {
    Admin,
    Baseline,
}

impl Rule {
    fn text(self, api: Api, egress: bool) -> String {
        let Self(action, whom, ports) = self;
        let action = if api == Api::V1Alpha1 && action == "Accept" { "Allow" } else { action };
        let peers = whom.split('+').map(|whom| match whom {
            "*" => "{networks: [0.0.0.0/0, '::/0']}".to_owned(),
            "nodes" => "{nodes: {matchLabels: {kubernetes.io/os: linux}}}".to_owned(),
            networks if networks.contains('/') => format!("{{networks: [{networks}]}}"),
            house => format!("{{namespaces: {{matchLabels: {{conformance-house: {house}}}}}}}"),
        });
        let peers = peers.collect::<Vec<_>>().join(", ");
        let ports: Vec<String> = (ports.split(',').filter(|port| !port.is_empty()))
            .map(|port| match (port.split_once('/'), api) {
                (None, Api::V1Alpha1) => format!("{{namedPort: {port}}}"),
                (None, Api::V1Alpha2) => format!("{{destinationNamedPort: {port}}}"),
                (Some((protocol, number)), Api::V1Alpha1) => {
                    format!("{{portNumber: {{protocol: {}, port: {number}}}}}", protocol.to_uppercase())
                }
                (Some((protocol, number)), Api::V1Alpha2) => format!("{{{protocol}: {{destinationPort: {{number: {number}}}}}}}"),
            })
            .collect();
        let list = if api == Api::V1Alpha1 { "ports" } else { "protocols" };
        let ports = if ports.is_empty() { String::new() } else { format!(", {list}: [{}]", ports.join(", ")) };
        format!("{{action: {action}, {}: [{peers}]{ports}}}", if egress { "to" } else { "from" })
    }
}

fn policy(api: Api, tier: Tier, name: &str, priority: u32, subject: &str, ingress: &[Rule], egress: &[Rule]) -> String {
    let list = |rules: &[Rule], egress| rules.iter().map(|rule| rule.text(api, egress)).collect::<Vec<_>>().join(", ");
    let (ingress, egress) = (list(ingress, false), list(egress, true));
    let (kind, name, head) = match (api, tier) {
        (Api::V1Alpha1, Tier::Admin) => ("AdminNetworkPolicy", name, format!("priority: {priority}, ")),
        (Api::V1Alpha1, Tier::Baseline) => ("BaselineAdminNetworkPolicy", "default", String::new()),
        (Api::V1Alpha2, Tier::Admin) => ("ClusterNetworkPolicy", name, format!("tier: Admin, priority: {priority}, ")),
        (Api::V1Alpha2, Tier::Baseline) => ("ClusterNetworkPolicy", name, format!("tier: Baseline, priority: {priority}, ")),
    };
    let version = if api == Api::V1Alpha1 { "v1alpha1" } else { "v1alpha2" };
    format!(
        "\n---\napiVersion: policy.networking.k8s.io/{version}\nkind: {kind}\nmetadata: {{name: {name}}}\n\
         spec: {{{head}subject: {{namespaces: {{matchLabels: {{conformance-house: {subject}}}}}}}, ingress: [{ingress}], egress: [{egress}]}}\n"
    )
}

/// Pokes: `harry-0 luna-0 tcp/80 yes`, one a line. Both opinions must be the suite's.
#[track_caller]
fn holds(policies: &str, pokes: &str) {
    let cluster = read(Origin::Live, &(cluster() + policies));
    let both = cluster.both();
    let full = |pod: &str| {
        let set = pod.split_once('-').map_or(pod, |(set, _)| set);
        let house = HOUSES.iter().find(|(_, name)| *name == set).map_or("forrest", |(house, _)| house);
        format!("{house}/{pod}")
    };
    for poke in pokes.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = poke.split_whitespace().collect();
        let [from, to, port, expected] = words.as_slice() else { panic!("no poke: {poke}") };
        let (protocol, number) = port.split_once('/').expect("protocol/port");
        let expected = if *expected == "yes" { Verdict::Allow } else { Verdict::Deny };
        let said = opinions(&both, &full(from), &full(to), &format!("{number}/{}", protocol.to_uppercase()));
        assert_eq!(said, (expected, Some(expected)), "{poke}: the naive evaluator and the engine");
    }
}

/// The same in both APIs.
#[track_caller]
fn both_apis(policies: impl Fn(Api) -> String, pokes: &str) {
    for api in [Api::V1Alpha1, Api::V1Alpha2] {
        holds(&policies(api), pokes);
    }
}

const EVERYTHING: &[Rule] = &[
    Rule("Accept", "ravenclaw", ""),
    Rule("Deny", "ravenclaw", ""),
    Rule("Pass", "ravenclaw", ""),
    Rule("Deny", "slytherin", "tcp/80,udp/53,sctp/9003"),
    Rule("Pass", "slytherin", "tcp/80,udp/53,sctp/9003"),
    Rule("Accept", "hufflepuff", "tcp/8080,udp/5353,sctp/9003"),
    Rule("Deny", "hufflepuff", ""),
];

/// The rules with two of them in each other's place.
fn swapped(a: usize, b: usize) -> Vec<Rule> {
    let mut rules = EVERYTHING.to_vec();
    rules.swap(a, b);
    rules
}

fn admin_egress(rules: &[Rule]) -> impl Fn(Api) -> String {
    move |api| policy(api, Tier::Admin, "gress", 15, "gryffindor", &[], rules)
}

fn admin_ingress(rules: &[Rule]) -> impl Fn(Api) -> String {
    move |api| policy(api, Tier::Admin, "gress", 15, "gryffindor", rules, &[])
}

#[test]
fn admin_egress_rules_in_their_order() {
    let pokes = "harry-0 luna-0 tcp/80 yes
                 harry-1 luna-0 udp/53 yes
                 harry-0 luna-0 sctp/9003 yes
                 harry-0 cedric-1 tcp/8080 yes
                 harry-1 cedric-1 tcp/80 no
                 harry-0 cedric-1 udp/5353 yes
                 harry-1 cedric-1 udp/53 no
                 harry-0 cedric-1 sctp/9003 yes
                 harry-1 cedric-1 sctp/9005 no
                 harry-0 draco-0 tcp/80 no
                 harry-1 draco-0 tcp/8080 yes
                 harry-0 draco-0 udp/53 no
                 harry-1 draco-0 udp/5353 yes
                 harry-0 draco-0 sctp/9003 no
                 harry-1 draco-0 sctp/9005 yes";
    both_apis(admin_egress(EVERYTHING), pokes);
}

#[test]
fn admin_ingress_rules_in_their_order() {
    let pokes = "luna-0 harry-0 tcp/80 yes
                 luna-1 harry-0 udp/53 yes
                 cedric-0 harry-0 tcp/8080 yes
                 cedric-1 harry-0 tcp/80 no
                 cedric-0 harry-0 udp/5353 yes
                 cedric-1 harry-0 sctp/9005 no
                 draco-0 harry-0 tcp/80 no
                 draco-1 harry-0 tcp/8080 yes
                 draco-0 harry-0 udp/53 no
                 draco-1 harry-0 sctp/9005 yes";
    both_apis(admin_ingress(EVERYTHING), pokes);
}

#[test]
fn deny_before_allow() {
    both_apis(admin_egress(&swapped(0, 1)), "harry-0 luna-0 tcp/80 no\n harry-1 luna-0 udp/53 no\n harry-0 luna-0 sctp/9003 no");
    both_apis(admin_ingress(&swapped(0, 1)), "luna-0 harry-0 tcp/80 no\n luna-1 harry-0 udp/53 no");
}

#[test]
fn deny_all_before_allow_of_a_port() {
    both_apis(admin_egress(&swapped(5, 6)), "harry-0 cedric-1 tcp/8080 no\n harry-1 cedric-1 tcp/80 no");
}

#[test]
fn pass_before_allow_and_deny() {
    both_apis(admin_egress(&swapped(0, 2)), "harry-0 luna-0 tcp/80 yes\n harry-0 luna-0 udp/5353 yes\n harry-0 luna-0 sctp/9003 yes");
    let pokes = "harry-0 draco-0 tcp/80 yes
                 harry-1 draco-0 tcp/8080 yes
                 harry-0 draco-0 udp/53 yes
                 harry-0 draco-0 sctp/9003 yes";
    both_apis(admin_egress(&swapped(3, 4)), pokes);
}

#[test]
fn named_ports() {
    let mut rules = EVERYTHING.to_vec();
    rules[5] = Rule("Accept", "hufflepuff", "web");
    both_apis(admin_egress(&rules), "harry-0 cedric-1 tcp/80 yes\n harry-1 cedric-1 tcp/8080 no");
    let ingress = [Rule("Deny", "hufflepuff", "dns"), Rule("Accept", "hufflepuff", "")];
    both_apis(admin_ingress(&ingress), "cedric-0 harry-0 udp/53 no\n cedric-0 harry-0 udp/5353 yes\n cedric-0 harry-0 tcp/53 yes");
}

/// Tests with the tier exchanged: rules without Pass.
#[test]
fn baseline_rules_in_their_order() {
    let rules: Vec<Rule> = EVERYTHING.iter().copied().filter(|Rule(action, ..)| *action != "Pass").collect();
    let egress = |api| policy(api, Tier::Baseline, "base", 10, "gryffindor", &[], &rules);
    let pokes = "harry-0 luna-0 tcp/80 yes
                 harry-0 cedric-1 tcp/8080 yes
                 harry-1 cedric-1 tcp/80 no
                 harry-0 draco-0 udp/53 no
                 harry-1 draco-0 udp/5353 yes";
    both_apis(egress, pokes);
    let ingress = |api| policy(api, Tier::Baseline, "base", 10, "gryffindor", &rules, &[]);
    both_apis(
        ingress,
        "luna-0 harry-0 tcp/80 yes\n cedric-1 harry-0 tcp/80 no\n draco-0 harry-0 sctp/9003 no\n draco-1 harry-0 sctp/9005 yes",
    );
}

#[test]
fn priorities() {
    let all = |action| [Rule(action, "slytherin", "")];
    let cluster = |passing| {
        move |api| {
            policy(api, Tier::Admin, "fifty", 50, "gryffindor", &all("Deny"), &all("Deny"))
                + &policy(api, Tier::Admin, "moving", passing, "gryffindor", &all("Pass"), &all("Pass"))
                + &policy(api, Tier::Baseline, "base", 10, "gryffindor", &all("Accept"), &all("Accept"))
        }
    };
    let pokes = "draco-0 harry-0 tcp/80 ?
                 draco-1 harry-0 tcp/8080 ?
                 harry-0 draco-0 tcp/80 ?
                 harry-1 draco-0 tcp/8080 ?";
    both_apis(cluster(60), &pokes.replace('?', "no"));
    both_apis(cluster(40), &pokes.replace('?', "yes"));
}

#[test]
fn all_three_tiers() {
    let all = |action| [Rule(action, "slytherin", "")];
    let from_slytherin = "{namespaceSelector: {matchLabels: {conformance-house: slytherin}}}";
    let np = format!(
        "\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: allow, namespace: gryffindor}}\n\
         spec: {{policyTypes: [Ingress, Egress], ingress: [{{from: [{from_slytherin}]}}], egress: [{{to: [{from_slytherin}]}}]}}\n"
    );
    let cluster = |action, np: String| {
        move |api| {
            policy(api, Tier::Admin, "admin", 10, "gryffindor", &all(action), &all(action))
                + &policy(api, Tier::Baseline, "base", 10, "gryffindor", &all("Deny"), &all("Deny"))
                + &np
        }
    };
    let pokes = "draco-0 harry-0 tcp/80 ?
                 draco-1 harry-0 tcp/8080 ?
                 harry-0 draco-0 tcp/80 ?
                 harry-1 draco-0 tcp/8080 ?";
    both_apis(cluster("Deny", np.clone()), &pokes.replace('?', "no"));
    both_apis(cluster("Pass", np), &pokes.replace('?', "yes"));
    both_apis(cluster("Pass", String::new()), &pokes.replace('?', "no"));
}

#[test]
fn networks() {
    let rules = [Rule("Accept", "slytherin", ""), Rule("Deny", "*", "")];
    let pokes = "harry-1 luna-0 tcp/80 no
                 harry-1 luna-0 udp/53 no
                 harry-1 cedric-0 sctp/9003 no
                 harry-1 draco-0 tcp/80 yes
                 harry-1 draco-0 sctp/9003 yes";
    let one_pod_each = [Rule("Accept", "10.0.4.1/32+10.0.3.1/32", ""), rules[0], rules[1]];
    let more = "harry-1 luna-0 tcp/80 yes
                harry-1 cedric-0 udp/53 yes
                harry-1 luna-1 tcp/80 no
                harry-1 cedric-1 sctp/9003 no";
    for tier in [Tier::Admin, Tier::Baseline] {
        both_apis(|api| policy(api, tier, "cidr", 85, "gryffindor", &[], &rules), pokes);
        both_apis(|api| policy(api, tier, "cidr", 85, "gryffindor", &[], &one_pod_each), more);
    }
}

#[test]
fn nodes() {
    let rules = [Rule("Accept", "nodes", "tcp/34345"), Rule("Pass", "nodes", "udp/34346"), Rule("Deny", "slytherin+nodes+*", "")];
    let pokes = "harry-1 centaur-1 tcp/34345 yes
                 harry-1 centaur-1 udp/34346 yes
                 harry-1 centaur-1 tcp/34347 no
                 harry-1 centaur-1 udp/34348 no
                 harry-1 centaur-1 sctp/34349 no";
    both_apis(admin_egress(&rules), pokes);
}
