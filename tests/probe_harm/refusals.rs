//! Who would be harmed, and what cannot be known: one reason a test, and what is said of it.

use netstore::inventory::{Coverage, State};
use netstore::objects::Resource;
use netstore::policy::Cni;
use netstore::probe::harm::{NEEDS, Noticed, Refusal, Selecting};
use netstore::probe::security::other_containers;
use netstore::report::{Evidence, Finding, ObjectRef};
use serde_json::{Value, json};

use crate::rules::{as_labels, inventory, like_web, like_web_of, of, policy, web};

/// A pod whose label `app` a policy reads, and that somebody else selects by it.
fn selected_by(resource: Resource, spec: Value) -> Vec<(Resource, Value)> {
    vec![
        web(json!({"app": "web", "pod-template-hash": "5d8"})),
        policy("web", json!({"matchLabels": {"app": "web"}})),
        of(resource, "other", spec),
    ]
}

fn selecting(kind: &str) -> Selecting {
    Selecting { object: ObjectRef::new(kind, "shop", "other"), selector: "app=web".to_owned() }
}

fn by_app() -> Value {
    json!({"selector": {"matchLabels": {"app": "web"}}})
}

#[test]
fn controllers_that_would_take_the_pod_refuse_it() {
    for resource in [Resource::ReplicaSets, Resource::DaemonSets, Resource::Jobs] {
        assert_eq!(like_web(&selected_by(resource, by_app())), Err(Refusal::Adopted(selecting(resource.kind()))));
    }
    let controller = selected_by(Resource::ReplicationControllers, json!({"selector": {"app": "web"}}));
    assert_eq!(like_web(&controller), Err(Refusal::Adopted(selecting("ReplicationController"))));
}

#[test]
fn the_replica_set_of_a_deployment_selects_a_label_that_is_dropped() {
    let selector = json!({"selector": {"matchLabels": {"app": "web", "pod-template-hash": "5d8"}}});
    assert_eq!(like_web(&selected_by(Resource::ReplicaSets, selector.clone())).map(|told| told.noticed), Ok(vec![]));
    // Unless a policy reads it.
    let mut objects = selected_by(Resource::ReplicaSets, selector);
    objects.push(policy("version", json!({"matchLabels": {"pod-template-hash": "5d8"}})));
    assert!(matches!(like_web(&objects), Err(Refusal::Adopted(_))));
}

#[test]
fn those_of_other_namespaces_select_nothing_here() {
    let mut objects = selected_by(Resource::ReplicaSets, by_app());
    objects[2].1["metadata"]["namespace"] = json!("data");
    assert_eq!(like_web(&objects).map(|told| told.noticed), Ok(vec![]));
}

#[test]
fn a_service_sends_to_the_pod_only_if_it_publishes_what_is_not_ready() {
    let service = |more: Value| {
        let mut spec = json!({"selector": {"app": "web"}});
        spec.as_object_mut().expect("a spec").extend(more.as_object().expect("fields").clone());
        like_web(&selected_by(Resource::Services, spec)).map(|told| told.noticed)
    };
    assert_eq!(service(json!({})), Ok(vec![Noticed::Service(selecting("Service"))]));
    assert_eq!(service(json!({"publishNotReadyAddresses": true})), Err(Refusal::Published(selecting("Service"))));
    assert_eq!(service(json!({"type": "ExternalName", "publishNotReadyAddresses": true})), Ok(vec![]));
    assert_eq!(service(json!({"selector": {}, "publishNotReadyAddresses": true})), Ok(vec![]));
}

#[test]
fn who_only_counts_is_told() {
    let noticed = |resource, spec| like_web(&selected_by(resource, spec)).map(|told| told.noticed);
    assert_eq!(noticed(Resource::PodDisruptionBudgets, by_app()), Ok(vec![Noticed::Budget(selecting("PodDisruptionBudget"))]));
    assert_eq!(noticed(Resource::StatefulSets, by_app()), Ok(vec![Noticed::Workload(selecting("StatefulSet"))]));
    assert_eq!(noticed(Resource::Deployments, by_app()), Ok(vec![Noticed::Workload(selecting("Deployment"))]));
    assert_eq!(noticed(Resource::CronJobs, json!({"jobTemplate": {"spec": by_app()}})), Ok(vec![]));
    // No selector selects nothing; an empty one everything.
    assert_eq!(noticed(Resource::PodDisruptionBudgets, json!({})), Ok(vec![]));
    assert_eq!(noticed(Resource::PodDisruptionBudgets, json!({"selector": {}})).map(|noticed| noticed.len()), Ok(1));
}

#[test]
fn given_labels_are_refused_for_the_same_reasons() {
    let objects = selected_by(Resource::DaemonSets, by_app());
    assert_eq!(as_labels(&objects, &[("app", "web")]), Err(Refusal::Adopted(selecting("DaemonSet"))));
    assert_eq!(as_labels(&objects, &[("app", "api")]).map(|told| told.noticed), Ok(vec![]));
}

/// Whoever selects pods, and every policy: without any of these lists nothing is created.
#[test]
fn what_could_not_be_read_refuses() {
    let objects = [web(json!({"app": "web"}))];
    for resource in NEEDS {
        let mut coverage = Coverage::complete(&Resource::ALL);
        coverage.record(resource, None, State::Forbidden);
        let told = like_web_of(&inventory(&objects, coverage), Cni::Upstream);
        // Namespaces only widen what may select; nodes only tell addresses; Deployments take no pods; the pod itself was read.
        if [Resource::Namespaces, Resource::Nodes, Resource::Deployments, Resource::Pods].contains(&resource) {
            assert!(told.is_ok(), "{resource:?}: {told:?}");
        } else {
            assert!(matches!(told, Err(Refusal::Unread { resource: unread, .. }) if unread == resource), "{resource:?}: {told:?}");
        }
    }
}

/// Who may read one namespace only can know who selects pods there, but not which policies of others name the pod.
#[test]
fn policies_of_other_namespaces_count() {
    let objects = [web(json!({"app": "web"}))];
    let mut coverage = Coverage::complete(&Resource::ALL);
    for resource in [Resource::NetworkPolicies, Resource::Services] {
        coverage.record(resource, None, State::Forbidden);
        coverage.record(resource, Some("shop".to_owned()), State::Complete);
    }
    let everywhere = like_web_of(&inventory(&objects, coverage.clone()), Cni::Upstream);
    assert!(everywhere.is_ok(), "shop is the only namespace there is: {everywhere:?}");
    let data = (Resource::Namespaces, json!({"metadata": {"name": "data"}}));
    let told = like_web_of(&inventory(&[objects[0].clone(), data], coverage), Cni::Upstream);
    assert_eq!(told, Err(Refusal::Unread { resource: Resource::NetworkPolicies, namespace: String::new() }));
}

#[test]
fn a_pod_on_the_host_network_has_no_likeness() {
    let mut pod = web(json!({"app": "web"}));
    pod.1["spec"]["hostNetwork"] = json!(true);
    assert!(matches!(like_web(&[pod]), Err(Refusal::HostNetwork(_))));
}

#[test]
fn a_policy_that_reads_a_label_of_every_probe_refuses() {
    let objects = [
        web(json!({"app": "web", "app.kubernetes.io/managed-by": "Helm"})),
        policy("helm", json!({"matchLabels": {"app.kubernetes.io/managed-by": "Helm"}})),
    ];
    assert!(matches!(like_web(&objects), Err(Refusal::OwnLabel(_))));
    assert!(matches!(as_labels(&objects, &[("app.kubernetes.io/managed-by", "Helm")]), Err(Refusal::OwnLabel(_))));
    let meshed = policy("meshed", json!({"matchExpressions": [{"key": "sidecar.istio.io/inject", "operator": "DoesNotExist"}]}));
    assert!(matches!(like_web(&[web(json!({})), meshed]), Err(Refusal::OwnLabel(_))));
}

#[test]
fn a_peer_that_nobody_can_read_refuses() {
    let spec = json!({"podSelector": {}, "ingress": [{"from": [{"moodSelector": {"matchLabels": {"mood": "good"}}}]}]});
    let objects = [web(json!({"app": "web"})), of(Resource::NetworkPolicies, "moody", spec)];
    assert!(matches!(like_web(&objects), Err(Refusal::Unreadable(_))));
}

/// A rule of shop/db that lets a block in, and node w1, which has the pod at 10.0.1.5.
fn lets_in(cidr: &str, except: &[&str], ranges: &[&str]) -> Vec<(Resource, Value)> {
    let ingress = json!([{"from": [{"ipBlock": {"cidr": cidr, "except": except}}]}]);
    let node = (Resource::Nodes, json!({"metadata": {"name": "w1"}, "spec": {"podCIDRs": ranges}}));
    vec![
        web(json!({"app": "web"})),
        of(Resource::NetworkPolicies, "db", json!({"podSelector": {"matchLabels": {"app": "db"}}, "ingress": ingress})),
        node,
    ]
}

#[test]
fn a_block_that_may_tell_the_addresses_refuses() {
    let range = &["10.0.1.0/24"][..];
    for (cidr, except, ranges, told_apart) in [
        ("0.0.0.0/0", &[][..], &[][..], false),
        ("::/0", &[], &[], false),
        ("10.0.0.0/16", &[], range, false),
        ("192.168.0.0/16", &[], range, false),
        ("10.0.0.0/16", &["10.0.1.0/24"], range, false),
        ("10.0.1.5/32", &[], range, true),
        ("10.0.1.64/26", &[], range, true),
        ("10.0.0.0/16", &["10.0.1.200/32"], range, true),
        // Which addresses the node gives is not known, or not kept to.
        ("10.0.0.0/16", &[], &[], true),
        ("10.0.0.0/16", &[], &["10.9.0.0/24"], true),
        // The pod has none of this family, so neither has the other one.
        ("fd00::/64", &[], range, false),
    ] {
        let told = like_web(&lets_in(cidr, except, ranges));
        let refused = matches!(told, Err(Refusal::OtherAddress(_)));
        assert_eq!(refused, told_apart, "{cidr} but {except:?}, pods of {ranges:?}: {told:?}");
    }
}

#[test]
fn where_blocks_do_not_mean_pods_addresses_do_not_matter() {
    let inventory = inventory(&lets_in("10.0.1.5/32", &[], &[]), Coverage::complete(&Resource::ALL));
    assert!(like_web_of(&inventory, Cni::Cilium).is_ok());
    assert!(like_web_of(&inventory, Cni::None).is_ok());
}

#[test]
fn a_probe_beside_the_sidecar_of_a_mesh_is_told() {
    let mut pod = web(json!({}));
    pod.1["spec"]["initContainers"] = json!([{"name": "linkerd-proxy", "restartPolicy": "Always"}]);
    let noticed = like_web(&[pod]).expect("harmless").noticed;
    assert_eq!(
        noticed,
        [Noticed::Mesh { pod: ObjectRef::new("Pod", "shop", "web"), field: "spec.initContainers", sidecar: "linkerd-proxy".to_owned() }]
    );
}

/// What is said of each: code, sentence, and evidence.
#[test]
fn every_refusal_and_notice_says_who_and_shows_it() {
    let subject = ObjectRef::new("Pod", "shop", "web");
    let reads = |value: &str| {
        let object = ObjectRef::new("NetworkPolicy", "data", "db");
        Box::new(Evidence { object, field: "spec.ingress[0].from".to_owned(), value: value.to_owned() })
    };
    let refusals = [
        Refusal::HostNetwork(subject.clone()),
        Refusal::Unread { resource: Resource::NetworkPolicies, namespace: String::new() },
        Refusal::Unread { resource: Resource::PodDisruptionBudgets, namespace: "shop".to_owned() },
        Refusal::Adopted(selecting("DaemonSet")),
        Refusal::Published(selecting("Service")),
        Refusal::OwnLabel(reads("app.kubernetes.io/managed-by=Helm")),
        Refusal::OtherAddress(reads("10.0.1.5/32")),
        Refusal::Unreadable(reads("not understood")),
    ];
    let noticed = [
        Noticed::Service(selecting("Service")),
        Noticed::Budget(selecting("PodDisruptionBudget")),
        Noticed::Workload(selecting("Deployment")),
        Noticed::Mesh { pod: subject.clone(), field: "spec.containers", sidecar: "istio-proxy".to_owned() },
    ];
    let findings = refusals.iter().map(|refusal| refusal.finding(&subject)).chain(noticed.iter().map(|noticed| noticed.finding(&subject)));
    let lines = |finding: Finding| {
        let evidence = finding.evidence.iter().map(|e| format!("\n    {} {}: {} = {}", e.object.kind, e.object.name, e.field, e.value));
        format!("{} {}\n  {}{}\n", finding.code, finding.name, finding.message, evidence.collect::<String>())
    };
    insta::assert_snapshot!("findings", findings.map(lines).collect::<String>());
}

/// In the API server's own words.
#[test]
fn a_refusal_because_of_other_containers_says_which() {
    let said = |what: &str| {
        let message = format!("pods \"web\" is forbidden: violates PodSecurity \"restricted:latest\": {what}");
        other_containers(&message, "netstore-probe-7d2k").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let escalation =
        "allowPrivilegeEscalation != false (containers \"app\", \"debugger-x\" must set securityContext.allowPrivilegeEscalation=false)";
    let non_root = "runAsNonRoot != true (pod or container \"app\" must set securityContext.runAsNonRoot=true)";
    assert_eq!(said(&format!("{escalation}, {non_root}")), ["app", "debugger-x"]);
    assert_eq!(said(non_root), ["app"]);
    assert_eq!(
        said("runAsNonRoot != true (pod or containers \"app\", \"netstore-probe-7d2k\" must set securityContext.runAsNonRoot=true)"),
        ["app"]
    );
    assert!(said("host namespaces (hostNetwork=true)").is_empty());
    assert!(other_containers("pods \"container \"app\"\" not found", "x").is_empty());
}
