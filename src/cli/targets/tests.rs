//! Tables of arguments: what each form means, and what is said of those that mean nothing.

use super::*;
use crate::inventory::{Collected, Coverage, Inventory, Origin, State};
use crate::objects::{Objects, Protocol, Resource, parse_selector};
use crate::policy::question::{PortName, Resolved};
use crate::source::decode::add_object;

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// A target in one line: `Deployment shop/web :80/TCP`.
fn describe(target: &Target) -> String {
    let place = |namespace: &Option<String>| namespace.as_ref().map_or_else(String::new, |ns| format!("{ns}/"));
    let end = match &target.end {
        TargetArg::Pod { namespace, name } => format!("Pod {}{name}", place(namespace)),
        TargetArg::Workload { kind, namespace, name } => format!("{kind} {}{name}", place(namespace)),
        TargetArg::Service { namespace, name } => format!("Service {}{name}", place(namespace)),
        TargetArg::Namespace(name) => format!("Namespace {name}"),
        TargetArg::Selector { text, .. } => format!("Selector {text}"),
        TargetArg::Address(ip) => format!("Address {ip}"),
        TargetArg::Cidr(cidr) => format!("Cidr {cidr}"),
    };
    match &target.port {
        None => end,
        Some(query) => {
            let port = match &query.port {
                PortName::Range(first, last) if first == last => first.to_string(),
                PortName::Range(first, last) => format!("{first}-{last}"),
                PortName::Name(name) => name.clone(),
            };
            format!("{end} :{port}{}", query.protocol.map_or_else(String::new, |p| format!("/{p}")))
        }
    }
}

fn parsed(text: &str, wanted: &[&str]) -> String {
    match parse(&words(text), None, wanted) {
        Ok(targets) => targets.iter().map(describe).collect::<Vec<_>>().join(" → "),
        Err(error) => error.to_string(),
    }
}

#[test]
fn one_target() {
    for (text, meaning) in [
        ("web", "Pod web"),
        ("web-0.cache", "Pod web-0.cache"),
        ("web:8080/udp", "Pod web :8080/UDP"),
        ("pod/web", "Pod web"),
        ("po web", "Pod web"),
        ("pods web:8000-8080", "Pod web :8000-8080"),
        ("pod/x:8080/UDP", "Pod x :8080/UDP"),
        ("deploy/web", "Deployment web"),
        ("Deployment/web", "Deployment web"),
        ("deployments.apps/web", "Deployment web"),
        ("deployment.v1.apps web", "Deployment web"),
        ("sts/db:postgres", "StatefulSet db :postgres"),
        ("ds/agent", "DaemonSet agent"),
        ("rs/web-5c9d", "ReplicaSet web-5c9d"),
        ("jobs/x", "Job x"),
        ("cj x", "CronJob x"),
        ("rollout/web", "rollout web"),
        ("argo/rollout/web", "rollout argo/web"),
        ("ns/shop", "Namespace shop"),
        ("namespace shop:80", "Namespace shop :80"),
        ("svc/db:5432/TCP", "Service db :5432/TCP"),
        ("shop/svc/db:5432", "Service shop/db :5432"),
        ("shop/deploy/web", "Deployment shop/web"),
        ("shop/pod/web", "Pod shop/web"),
        ("10.0.0.1", "Address 10.0.0.1"),
        ("10.0.0.1:80/TCP", "Address 10.0.0.1 :80/TCP"),
        ("10.1.2.3/8", "Cidr 10.0.0.0/8"),
        ("10.0.0.0/8:53/UDP", "Cidr 10.0.0.0/8 :53/UDP"),
        ("2001:db8::1", "Address 2001:db8::1"),
        ("::1", "Address ::1"),
        ("2001:db8::/32", "Cidr 2001:db8::/32"),
        ("[2001:db8::1]:443", "Address 2001:db8::1 :443"),
        ("[2001:db8::/32]:443/TCP", "Cidr 2001:db8::/32 :443/TCP"),
        ("[2001:db8::1]", "Address 2001:db8::1"),
    ] {
        assert_eq!(parsed(text, &["TARGET"]), meaning, "{text}");
    }
}

#[test]
fn two_targets_of_two_to_four_words() {
    for (text, meaning) in [
        ("web db", "Pod web → Pod db"),
        ("deploy/web svc/db:5432", "Deployment web → Service db :5432"),
        ("deploy web svc/db", "Deployment web → Service db"),
        ("deploy/web svc db:5432", "Deployment web → Service db :5432"),
        ("deploy web svc db", "Deployment web → Service db"),
        ("web svc db", "Pod web → Service db"),
        ("deploy web db", "Deployment web → Pod db"),
        ("deploy web 10.0.0.1:80", "Deployment web → Address 10.0.0.1 :80"),
        ("10.0.0.1 deploy web", "Address 10.0.0.1 → Deployment web"),
        ("deploy svc svc/db", "Deployment svc → Service db"),
    ] {
        assert_eq!(parsed(text, &["SOURCE", "TARGET"]), meaning, "{text}");
    }
}

#[test]
fn a_selector_takes_the_first_place() {
    let selector = || {
        let selector = parse_selector("app=web").expect("a selector");
        Some(TargetArg::Selector { selector, text: "app=web".to_owned(), namespace: None })
    };
    let describe_all = |targets: Vec<Target>| targets.iter().map(describe).collect::<Vec<_>>();
    assert_eq!(parse(&[], selector(), &["TARGET"]).map(describe_all), Ok(vec!["Selector app=web".to_owned()]));
    assert_eq!(
        parse(&words("svc db:80"), selector(), &["SOURCE", "TARGET"]).map(describe_all),
        Ok(vec!["Selector app=web".to_owned(), "Service db :80".to_owned()])
    );
    assert!(parse(&words("web"), selector(), &["TARGET"]).is_err());
}

#[test]
fn what_means_nothing_is_told_so() {
    for (text, says) in [
        ("", "TARGET is missing"),
        ("a b c", "too many arguments"),
        ("deploi/web", "did you mean `deploy`?"),
        ("deplyoment web", "did you mean `deployment`"),
        ("web db", "the server doesn't have a resource type \"web\""),
        ("netpol/x", "this question is not about networkpolicies"),
        ("deploy/web deploy/db", "unexpected argument \"deploy/db\""),
        ("deploy svc/db", "no need to specify a resource type as a separate argument"),
        ("svc/", "must have a single resource and name"),
        ("shop/ns/x", "say ns/x"),
        ("a/b/c/d", "wanted NAME, TYPE/NAME or NAMESPACE/TYPE/NAME"),
        ("10.0.0.0/33", "must be a valid CIDR value"),
        ("[::1", "is no port"),
        ("[::1]80", "is no port"),
        ("web:", "a port is missing"),
        ("web:0", "between 1 and 65535"),
        ("web:90-80", "port range 90-80 is empty"),
        ("web:80/ICMP", "none of TCP, UDP, SCTP"),
        ("web:a_b", "is no port"),
    ] {
        let said = parsed(text, &["TARGET"]);
        assert!(said.contains(says), "{text}: {said}");
    }
}

#[test]
fn ports_keep_what_was_not_said_open() {
    assert_eq!(parse_port("80").map(|q| q.protocol), Ok(None));
    assert_eq!(parse_port("80/sctp").map(|q| q.protocol), Ok(Some(Protocol::Sctp)));
    assert_eq!(parse_port("65535").map(|q| q.port), Ok(PortName::Range(65535, 65535)));
}

// ---- looking up

fn inventory(coverage: Coverage) -> Inventory {
    let mut objects = Objects::default();
    for (resource, json) in [
        (Resource::Namespaces, r#"{"metadata":{"name":"shop"}}"#),
        (Resource::Namespaces, r#"{"metadata":{"name":"empty"}}"#),
        (Resource::Namespaces, r#"{"metadata":{"name":"ops"}}"#),
        (Resource::Deployments, r#"{"metadata":{"name":"web","namespace":"shop"},"spec":{"replicas":1}}"#),
        (Resource::Deployments, r#"{"metadata":{"name":"idle","namespace":"shop"},"spec":{"replicas":0}}"#),
        (
            Resource::ReplicaSets,
            r#"{"metadata":{"name":"web-1","namespace":"shop","ownerReferences":[{"kind":"Deployment","name":"web","controller":true}]}}"#,
        ),
        (
            Resource::Pods,
            r#"{"metadata":{"name":"web-1-a","namespace":"shop","labels":{"app":"web"},
                "ownerReferences":[{"kind":"ReplicaSet","name":"web-1","controller":true}]},"status":{"phase":"Running"}}"#,
        ),
        (
            Resource::Pods,
            r#"{"metadata":{"name":"roll-x","namespace":"ops",
                "ownerReferences":[{"kind":"Rollout","name":"roll","controller":true}]},"status":{"phase":"Running"}}"#,
        ),
        (Resource::Jobs, r#"{"metadata":{"name":"once","namespace":"ops"}}"#),
        (
            Resource::Pods,
            r#"{"metadata":{"name":"once-z","namespace":"ops",
                "ownerReferences":[{"kind":"Job","name":"once","controller":true}]},"status":{"phase":"Succeeded"}}"#,
        ),
        (Resource::Services, r#"{"metadata":{"name":"db","namespace":"shop"}}"#),
    ] {
        add_object(&mut objects, resource, &mut serde_json::Deserializer::from_str(json)).expect("an object");
    }
    Inventory::build(Collected { objects, coverage, origin: Origin::Live, ..Collected::default() })
}

fn looked_up(inventory: &Inventory, text: &str) -> String {
    let target = parse(&words(text), None, &["TARGET"]).expect("a target").remove(0);
    match resolve(inventory, &target.end, "shop") {
        Ok(Resolved::Pods { label, pods }) => {
            let names: Vec<&str> = pods.iter().map(|at| inventory.pods[*at].pod.metadata.name.as_str()).collect();
            format!("{} {}/{}: {}", label.kind, label.namespace, label.name, names.join(" "))
        }
        Ok(other) => format!("{other:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn names_are_found_or_missed_with_a_hint() {
    let inventory = inventory(Coverage::complete(&Resource::ALL));
    for (text, found) in [
        ("web-1-a", "Pod shop/web-1-a: web-1-a"),
        ("deploy/web", "Deployment shop/web: web-1-a"),
        ("rs/web-1", "ReplicaSet shop/web-1: web-1-a"),
        ("ops/rollout/roll", "Rollout ops/roll: roll-x"),
        ("ops/roll-x", "Pod ops/roll-x: roll-x"),
        ("ns/ops", "Namespace /ops: roll-x"),
        ("svc/db", r#"Service { namespace: "shop", name: "db" }"#),
        ("web", "Error from server (NotFound): pods \"web\" not found\nhint: did you mean deploy/web?"),
        (
            "api.example.com",
            "Error from server (NotFound): pods \"api.example.com\" not found\n\
             hint: a host name? Give its address, or let kubectl netstore probe try the name",
        ),
        ("wbe", "Error from server (NotFound): pods \"wbe\" not found\nhint: did you mean deploy/web?"),
        ("db", "Error from server (NotFound): pods \"db\" not found\nhint: did you mean svc/db?"),
        ("web-7d9f-k2p9x", "Error from server (NotFound): pods \"web-7d9f-k2p9x\" not found\nhint: did you mean deploy/web?"),
        ("roll-x", "Error from server (NotFound): pods \"roll-x\" not found\nhint: it exists in namespace ops: add -n ops"),
        (
            "shop/rollout/none",
            "Error from server (NotFound): rollout \"none\" not found\nhint: no pod in namespace shop is controlled by it",
        ),
        ("wombat/x", "error: the server doesn't have a resource type \"wombat\""),
        ("ops/pod/once-z", "error: pod ops/once-z has finished (Succeeded): it has no network any more"),
        ("ns/empty", "error: namespace empty has no pods"),
        ("ns/shp", "Error from server (NotFound): namespaces \"shp\" not found\nhint: did you mean ns/shop?"),
    ] {
        assert_eq!(looked_up(&inventory, text), found, "{text}");
    }
    for (text, says) in [("deploy/idle", "it is scaled to 0"), ("ops/job/once", "all pods of Job ops/once have finished")] {
        assert!(looked_up(&inventory, text).contains(says), "{text}: {}", looked_up(&inventory, text));
    }
}

#[test]
fn what_could_not_be_read_is_not_said_to_be_missing() {
    let mut coverage = Coverage::complete(&[Resource::Namespaces, Resource::Deployments]);
    coverage.record(Resource::Pods, None, State::Forbidden);
    let inventory = inventory(coverage);
    assert_eq!(
        looked_up(&inventory, "ghost"),
        "error: pods \"ghost\" was not found among what could be read\n\
         hint: you may not list pods in namespace shop (Forbidden): kubectl auth can-i list pods -n shop"
    );
    assert!(looked_up(&inventory, "deploy/idle").starts_with("error: the pods of Deployment shop/idle are not known"));
}
