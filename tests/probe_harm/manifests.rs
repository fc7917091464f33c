//! What is created: whole, and as Kubernetes' own validation and Pod Security see it.

use jiff::Timestamp;
use k8s_openapi::api::core::v1 as core;
use netstore::inventory::{Collected, Coverage, Inventory, Origin};
use netstore::objects::{Labels, Objects, Resource};
use netstore::policy::{Cni, Model};
use netstore::probe::check::{Check, To};
use netstore::probe::harm::Clone as Probe;
use netstore::probe::image::{self, Image};
use netstore::probe::manifest::{self, Task};
use netstore::probe::wire::Batch;
use netstore::source::decode;
use serde_json::{Value, json};

use crate::client::{Dice, answers, cases};

/// Two checks.
fn batch(nonce: &str) -> Batch {
    let checks = vec![Check::Tcp(To::new("10.0.0.1", 80)), Check::Name("db.shop".to_owned())];
    Batch { nonce: nonce.to_owned(), agreeing: 3, attempts: 5, patience: 2000, at_once: 8, deadline: 60, checks }
}

fn task<'a>(image: &'a Image, command: &'a [String], environment: &'a [(String, String)], batch: &'a Batch) -> Task<'a> {
    Task { image, command, environment, batch }
}

/// The pod that is created for a clone.
pub fn probe_pod(clone: &Probe<'_>) -> core::Pod {
    let (image, command, batch) = (image::choose(None, None, None), ["/bin/sh".to_owned(), "-c".to_owned()], batch("7d2k"));
    let environment = [("NETSTORE_X".to_owned(), "1".to_owned())];
    manifest::pod(
        clone,
        task(&image, &command, &environment, &batch),
        &["registry".to_owned()],
        90,
        "2026-11-22T01:00:00Z".parse().expect("a time"),
    )
}

fn inventory(objects: &[(Resource, Value)]) -> Inventory {
    let mut decoded = Objects::default();
    for (resource, object) in objects {
        decode::add_object(&mut decoded, *resource, object.clone()).expect("an object");
    }
    let coverage = Coverage::complete(&Resource::ALL);
    Inventory::build(Collected { objects: decoded, coverage, origin: Origin::Live, ..Collected::default() })
}

/// A pod with everything that a probe pod takes over.
fn source() -> Value {
    json!({"metadata": {"name": "web-0", "namespace": "shop", "labels": {"app": "web", "pod-template-hash": "5d8"}}, "spec": {
        "nodeName": "w1", "serviceAccountName": "web", "runtimeClassName": "gvisor", "dnsPolicy": "None",
        "dnsConfig": {"nameservers": ["10.96.0.10"], "searches": ["shop.svc.cluster.local"], "options": [{"name": "ndots", "value": "2"}, {"name": "edns0"}]},
        "hostAliases": [{"ip": "10.0.0.9", "hostnames": ["old-db"]}],
        "tolerations": [{"key": "team", "operator": "Equal", "value": "shop", "effect": "NoSchedule"}, {"operator": "Exists"}],
        "containers": [{"name": "app", "image": "web", "ports": [{"containerPort": 80, "name": "http"}]}]}})
}

fn policy() -> Value {
    json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": {"podSelector": {"matchLabels": {"app": "web"}}}})
}

/// A clone of [`source`], made into something.
fn of_source<T>(f: impl FnOnce(&Probe<'_>) -> T) -> T {
    let inventory = inventory(&[(Resource::Pods, source()), (Resource::NetworkPolicies, policy())]);
    f(&Probe::of(&Model::compile(&inventory, Cni::Upstream), 0).expect("harmless"))
}

#[test]
fn the_pod_is_as_it_is_shown_before_it_is_created() {
    insta::assert_json_snapshot!("pod", of_source(probe_pod));
}

#[test]
fn the_container_is_as_it_is_shown_before_it_is_added() {
    let (image, batch) = (image::choose(Some("mirror:5000/netstore-probe:1"), None, None), batch("7d2k"));
    insta::assert_json_snapshot!("container", manifest::ephemeral(task(&image, &["/netstore-probe".to_owned()], &[], &batch)));
}

/// A set `netstore-probe` would take `netstore-probe-7` for its own.
#[test]
fn no_name_is_one_that_a_stateful_set_gives() {
    let (image, clone) = (image::choose(None, None, None), of_source(|clone| clone.labels.clone()));
    for nonce in ["7", "0123456789", "a7", "zz"] {
        let inventory = inventory(&[]);
        let probe = Probe::of_labels(&Model::compile(&inventory, Cni::Upstream), "shop", &clone).expect("harmless");
        let pod = manifest::pod(&probe, task(&image, &[], &[], &batch(nonce)), &[], 90, Timestamp::UNIX_EPOCH);
        let name = pod.metadata.name.expect("a name");
        let (_, last) = name.rsplit_once('-').expect("a hyphen");
        assert!(last.parse::<u64>().is_err(), "{name}");
        assert!(last.ends_with(nonce), "{name}");
    }
}

/// Who is gone cannot clean up: the API server ends the pod, and whoever finds it knows since when it is of no use.
#[test]
fn a_pod_that_is_left_behind_ends_and_says_when() {
    let pod = of_source(probe_pod);
    let spec = pod.spec.expect("a spec");
    assert_eq!((spec.active_deadline_seconds, spec.restart_policy.as_deref()), (Some(150), Some("Never")));
    assert_eq!(pod.metadata.owner_references, None, "a pod of a Job makes budgets fail");
    let (key, value) = manifest::MANAGED_BY;
    assert_eq!(pod.metadata.labels.expect("labels").get(key).map(String::as_str), Some(value));
    let expires = &pod.metadata.annotations.expect("annotations")[manifest::EXPIRES_AT];
    assert_eq!(expires, "2026-11-22T01:02:30Z");
}

/// Never ready, whoever is asked: the pod, by a condition nobody sets; the container, by a probe that is not made before it ends.
#[test]
fn neither_pod_nor_container_is_ever_ready() {
    let spec = of_source(probe_pod).spec.expect("a spec");
    assert_eq!(spec.readiness_gates.expect("gates").len(), 1);
    let probe = spec.containers[0].readiness_probe.as_ref().expect("a probe");
    assert!(i64::from(probe.initial_delay_seconds.expect("a delay")) > spec.active_deadline_seconds.expect("a deadline"));
}

#[derive(serde::Deserialize)]
struct Said {
    answer: Answer,
}

#[derive(serde::Deserialize, PartialEq, Eq, Debug)]
struct Answer {
    violations: Vec<String>,
    errors: Vec<String>,
}

/// Pods like random ones, and containers added to them, are valid and keep to the level `restricted`. A careless one does not.
#[test]
fn what_is_created_is_valid_and_passes_restricted_pod_security() {
    let mut dice = Dice(8);
    let mut questions = vec![json!({"level": "restricted", "pod": source()}).to_string()];
    for number in 0..cases(300) {
        let mut pod = source();
        for field in ["nodeName", "serviceAccountName", "runtimeClassName", "hostAliases", "tolerations"] {
            if dice.chance(2) {
                pod["spec"].as_object_mut().expect("a spec").remove(field);
            }
        }
        if dice.chance(2) {
            pod["spec"]["dnsPolicy"] = json!(dice.one(&["ClusterFirst", "Default", "ClusterFirstWithHostNet"]));
        }
        let inventory = inventory(&[(Resource::Pods, pod)]);
        let model = Model::compile(&inventory, Cni::Upstream);
        let labels: Labels = [("app", "web"), ("sidecar.istio.io/inject", "true")].into_iter().collect();
        let clone = if dice.chance(4) { Probe::of_labels(&model, "shop", &labels) } else { Probe::of(&model, 0) };
        let (image, batch) = (image::choose(None, None, None), batch(&format!("n{number}")));
        let command: &[String] = if dice.chance(2) { &[] } else { &["/netstore-probe".to_owned()] };
        let task = task(&image, command, &[], &batch);
        let mut pod = manifest::pod(&clone.expect("harmless"), task, &[], 90, Timestamp::UNIX_EPOCH);
        if let Some(spec) = pod.spec.as_mut() {
            spec.ephemeral_containers = Some(vec![manifest::ephemeral(task)]);
        }
        questions.push(json!({"level": "restricted", "pod": pod}).to_string());
    }
    let Some(said) = answers::<Said>("podSecurity", questions) else { return };
    let mut said = said.into_iter().map(|said| said.answer);
    assert_eq!(said.next().expect("the careless one").violations.len(), 4);
    for answer in said {
        assert_eq!(answer, Answer { violations: Vec::new(), errors: Vec::new() });
    }
}
