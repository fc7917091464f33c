//! Which labels a probe pod gets, one rule a test.

use netstore::inventory::{Collected, Coverage, Inventory, Origin};
use netstore::objects::{Labels, Objects, Resource};
use netstore::policy::{Cni, Model};
use netstore::probe::harm::{Clone as Probe, Noticed, Refusal};
use netstore::probe::manifest::{MANAGED_BY, WITHOUT_MESH};
use netstore::report::ObjectRef;
use netstore::source::decode;
use serde_json::{Value, json};

/// An object of namespace shop.
pub fn of(resource: Resource, name: &str, spec: Value) -> (Resource, Value) {
    (resource, json!({"metadata": {"name": name, "namespace": "shop"}, "spec": spec}))
}

/// A policy of namespace shop that isolates pods.
pub fn policy(name: &str, selector: Value) -> (Resource, Value) {
    of(Resource::NetworkPolicies, name, json!({"podSelector": selector}))
}

/// The pod shop/web with labels, on node w1.
pub fn web(labels: Value) -> (Resource, Value) {
    let status = json!({"podIP": "10.0.1.5", "phase": "Running"});
    let spec = json!({"nodeName": "w1", "containers": [{"name": "app"}]});
    (Resource::Pods, json!({"metadata": {"name": "web", "namespace": "shop", "labels": labels}, "spec": spec, "status": status}))
}

pub fn inventory(objects: &[(Resource, Value)], coverage: Coverage) -> Inventory {
    let mut decoded = Objects::default();
    for (resource, object) in objects {
        decode::add_object(&mut decoded, *resource, object.clone()).expect("an object");
    }
    Inventory::build(Collected { objects: decoded, coverage, origin: Origin::Live, ..Collected::default() })
}

/// What is said of a clone.
#[derive(Debug, PartialEq, Eq)]
pub struct Told {
    /// Its labels, but for those of every probe.
    pub labels: Vec<(String, String)>,
    pub dropped: Vec<String>,
    pub kept: Vec<(String, ObjectRef, String)>,
    pub policies: Vec<String>,
    pub doubtful: Vec<String>,
    pub noticed: Vec<Noticed>,
}

fn told(clone: Probe<'_>) -> Told {
    let of_every_probe = |key: &str, value: &str| WITHOUT_MESH.iter().chain([&MANAGED_BY]).any(|own| *own == (key, value));
    let labels = clone.labels.iter().filter(|(key, value)| !of_every_probe(key, value));
    let names = |list: Vec<ObjectRef>| list.into_iter().map(|policy| policy.name).collect();
    Told {
        labels: labels.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        dropped: clone.dropped,
        kept: clone.kept,
        policies: names(clone.policies),
        doubtful: names(clone.doubtful),
        noticed: clone.noticed,
    }
}

/// A clone of shop/web among these objects, everything having been read.
pub fn like_web(objects: &[(Resource, Value)]) -> Result<Told, Refusal> {
    like_web_of(&inventory(objects, Coverage::complete(&Resource::ALL)), Cni::Upstream)
}

pub fn like_web_of(inventory: &Inventory, cni: Cni) -> Result<Told, Refusal> {
    let web = inventory.pod("shop", "web").expect("the pod");
    Probe::of(&Model::compile(inventory, cni), web).map(told)
}

/// A pod of shop with these labels, among these objects.
pub fn as_labels(objects: &[(Resource, Value)], labels: &[(&str, &str)]) -> Result<Told, Refusal> {
    let inventory = inventory(objects, Coverage::complete(&Resource::ALL));
    let labels: Labels = labels.iter().copied().collect();
    Probe::of_labels(&Model::compile(&inventory, Cni::Upstream), "shop", &labels).map(told)
}

/// The keys of the labels that stay.
#[track_caller]
fn stay(objects: &[(Resource, Value)], keys: &[&str]) {
    let labels = like_web(objects).expect("harmless").labels;
    assert_eq!(labels.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), keys);
}

#[test]
fn what_controllers_add_is_dropped() {
    let labels = json!({
        "app": "web", "pod-template-hash": "5d8", "controller-revision-hash": "web-6c", "statefulset.kubernetes.io/pod-name": "web-0",
        "apps.kubernetes.io/pod-index": "0", "batch.kubernetes.io/controller-uid": "1-2", "batch.kubernetes.io/job-name": "web", "job-name": "web"});
    let told = like_web(&[web(labels), policy("web", json!({"matchLabels": {"app": "web"}}))]).expect("harmless");
    assert_eq!(told.labels, [("app".to_owned(), "web".to_owned())]);
    assert_eq!(told.dropped.len(), 7);
    assert_eq!(told.kept, [("app".to_owned(), ObjectRef::new("NetworkPolicy", "shop", "web"), "spec.podSelector".to_owned())]);
    assert_eq!(told.policies, ["web"]);
}

#[test]
fn without_policies_no_label_stays() {
    stay(&[web(json!({"app": "web", "tier": "front"}))], &[]);
    stay(&[web(json!({"app": "web"})), policy("all", json!({}))], &[]);
}

/// Most policies of a namespace are about other pods.
#[test]
fn a_label_that_makes_no_difference_is_dropped() {
    stay(&[web(json!({"app": "web"})), policy("db", json!({"matchLabels": {"app": "db"}}))], &[]);
    let not_db = json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["db"]}]});
    stay(&[web(json!({"app": "web"})), policy("not-db", not_db)], &[]);
}

#[test]
fn a_label_that_keeps_a_policy_away_stays() {
    let absent = json!({"matchExpressions": [{"key": "canary", "operator": "DoesNotExist"}]});
    stay(&[web(json!({"canary": "yes", "app": "web"})), policy("stable", absent)], &["canary"]);
}

#[test]
fn a_label_by_which_another_namespace_lets_the_pod_in_stays() {
    let from = json!([{"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"role": "client"}}}]}]);
    let other =
        (Resource::NetworkPolicies, json!({"metadata": {"name": "db", "namespace": "data"}, "spec": {"podSelector": {}, "ingress": from}}));
    stay(&[web(json!({"role": "client", "app": "web"})), other.clone()], &["role"]);
    // Not one that selects pods of its own namespace only.
    let from = json!([{"from": [{"podSelector": {"matchLabels": {"role": "client"}}}]}]);
    let mut own = other;
    own.1["spec"]["ingress"] = from;
    stay(&[web(json!({"role": "client", "app": "web"})), own], &[]);
}

#[test]
fn a_label_that_a_cluster_wide_policy_reads_stays() {
    let rules =
        json!([{"action": "Deny", "from": [{"pods": {"namespaceSelector": {}, "podSelector": {"matchLabels": {"zone": "outer"}}}}]}]);
    let subject = json!({"pods": {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "web"}}}});
    let spec = json!({"priority": 1, "tier": "Admin", "subject": subject, "ingress": rules});
    let guard = (Resource::ClusterNetworkPolicies, json!({"metadata": {"name": "guard"}, "spec": spec}));
    let told = like_web(&[web(json!({"app": "web", "zone": "outer", "x": "y"})), guard]).expect("harmless");
    let fields: Vec<(&str, &str)> = told.kept.iter().map(|(key, _, field)| (key.as_str(), field.as_str())).collect();
    assert_eq!(fields, [("app", "spec.subject"), ("zone", "spec.ingress[0].from")]);
    assert_eq!(told.policies, ["guard"]);
}

/// Either of two labels keeps the policy away: the one stays that nobody else selects.
#[test]
fn of_two_labels_the_one_that_harms_goes() {
    let neither = json!({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}, {"key": "tier", "operator": "DoesNotExist"}]});
    let objects = [web(json!({"app": "web", "tier": "front"})), policy("rest", neither)];
    stay(&objects, &["tier"]);
    let service = of(Resource::Services, "front", json!({"selector": {"tier": "front"}}));
    stay(&[objects[0].clone(), objects[1].clone(), service], &["app"]);
}

/// Of an operator that Kubernetes does not have nobody knows what it says.
#[test]
fn a_label_with_an_operator_nobody_knows_stays() {
    let strange = json!({"matchExpressions": [{"key": "size", "operator": "Gt", "values": ["3"]}]});
    let told = like_web(&[web(json!({"size": "5", "app": "web"})), policy("strange", strange)]).expect("harmless");
    assert_eq!(told.labels, [("size".to_owned(), "5".to_owned())]);
    assert_eq!((told.policies, told.doubtful), (vec![], vec!["strange".to_owned()]));
}

#[test]
fn given_labels_are_kept_whole_and_the_policies_that_select_them_told() {
    let objects = [
        policy("web", json!({"matchLabels": {"app": "web"}})),
        policy("all", json!({})),
        policy("db", json!({"matchLabels": {"app": "db"}})),
    ];
    let told = as_labels(&objects, &[("app", "web"), ("colour", "blue")]).expect("harmless");
    assert_eq!(told.labels.len(), 2);
    assert_eq!(told.policies, ["all", "web"]);
}

/// Who wants a sidecar says so by the label that the mesh reads.
#[test]
fn given_labels_about_meshes_stand() {
    let told = as_labels(&[], &[("sidecar.istio.io/inject", "true")]).expect("harmless");
    assert_eq!(told.labels, [("sidecar.istio.io/inject".to_owned(), "true".to_owned())]);
}

/// Nobody has seen anything of it, so cluster-wide policies may or may not be about it.
#[test]
fn in_a_namespace_that_nobody_knows_cluster_wide_policies_are_doubtful() {
    let subject = json!({"namespaces": {"matchLabels": {"team": "shop"}}});
    let spec = json!({"priority": 1, "tier": "Admin", "subject": subject, "egress": [{"action": "Deny", "to": [{"namespaces": {}}]}]});
    let guard = (Resource::ClusterNetworkPolicies, json!({"metadata": {"name": "guard"}, "spec": spec}));
    assert_eq!(as_labels(&[guard], &[("app", "web")]).expect("harmless").doubtful, ["guard"]);
}
