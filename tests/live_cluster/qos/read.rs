//! Questions about QoS on the shop: live as from a snapshot, with all rights and with few.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::super::answers::same_json;
use super::super::cluster::{settled, shop};
use super::{cluster, make_namespaces, object, workload};

const QUESTIONS: [(&str, &[&str]); 6] = [
    ("pods", &["qos", "-n", "shop"]),
    ("pods_of_all", &["qos", "-A"]),
    ("workload", &["qos", "deploy/web", "-n", "shop"]),
    ("wanted", &["qos", "deploy/web", "-n", "shop", "--want", "Guaranteed"]),
    ("node", &["qos", "node/node-1"]),
    ("namespace", &["qos", "namespace/shop"]),
];

#[test]
fn a_snapshot_answers_about_qos_as_the_cluster_did() {
    let Some(cluster) = shop() else { return };
    cluster.ask(&["snapshot", "qos.tar.gz"]).ok();
    for (name, question) in QUESTIONS {
        for format in ["table", "json"] {
            let question = [question, &["-o", format]].concat();
            let live = cluster.ask(&question);
            let recorded = cluster.ask(&[&question[..], &["--from", "qos.tar.gz"]].concat());
            if format == "json" {
                same_json(&live.stdout, &recorded.stdout, name);
            } else {
                assert_eq!(live.stdout, recorded.stdout, "{name}");
            }
            assert_eq!((&live.stderr, live.code), (&recorded.stderr, recorded.code), "{name}");
        }
    }
}

#[test]
fn without_metrics_what_pods_use_is_unknown() {
    let Some(cluster) = shop() else { return };
    let answer = cluster.ask(&["qos", "node/node-1", "-o", "json"]).json();
    assert_eq!(answer["result"]["usageUnknown"], "metrics.k8s.io is not served: there is no metrics-server");
    let memory = answer["result"]["memory"].as_array().expect("a list");
    assert!(!memory.is_empty() && memory.iter().all(|pod| pod["rank"].is_null() && pod["usage"].is_null()), "{memory:#?}");
}

#[test]
fn rights_of_one_namespace_tell_classes_and_guess_no_rank() {
    let Some(cluster) = shop() else { return };
    let reader = cluster.account("shop", "classes", "10m");
    for (name, question) in [
        ("reader_workload", &["qos", "deploy/web", "-n", "shop", "--want", "Guaranteed"][..]),
        ("reader_namespace", &["qos", "namespace/shop"]),
    ] {
        assert_snapshot!(name, settled(&cluster.ask_as(&reader, question).block()));
    }
    // Which pods are on a node differs from run to run.
    let node = cluster.ask_as(&reader, &["qos", "node/node-1", "-o", "json"]).json();
    assert_eq!((&node["result"]["pressures"], &node["result"]["podsMissing"]), (&Value::Null, &json!(true)));
    let ranked = |order: &str| node["result"][order].as_array().expect("a list").iter().any(|pod| !pod["rank"].is_null());
    assert!(!["memory", "disk", "pids", "oom"].into_iter().any(ranked), "{node:#}");
    let [all, some] = [cluster.ask(&["qos", "-n", "shop", "-o", "json"]), cluster.ask_as(&reader, &["qos", "-n", "shop", "-o", "json"])];
    let classes = |answer: &Value| {
        let pods = answer["result"]["pods"].as_array().expect("pods").iter();
        pods.map(|pod| (pod["name"].clone(), pod["class"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(classes(&all.json()), classes(&some.json()));
}

#[test]
fn without_rights_on_limit_ranges_the_class_of_a_template_with_gaps_is_unknown() {
    let Some((cluster, api)) = cluster() else { return };
    make_namespaces(api, &["blind".to_owned()]);
    let reader = cluster.account("blind", "reader", "10m");
    let role = "{\"rules\":[{\"apiGroups\":[\"\",\"apps\"],\"resources\":[\"pods\",\"deployments\",\"replicasets\"],\"verbs\":[\"get\",\"list\"]}]}";
    cluster.paste(&format!("kubectl patch role reader -n blind --type merge -p '{role}'")).ok();
    let spec = |limits: &str| {
        let limits: Value = serde_saphyr::from_str(limits).expect("limits");
        json!({"schedulerName": "nobody", "containers": [{"name": "web", "image": "example.com/web:1", "resources": {"limits": limits}}]})
    };
    api.create(&[
        object(
            "blind",
            "{apiVersion: v1, kind: LimitRange, metadata: {name: unseen}, spec: {limits: [{type: Container, default: {cpu: 1}}]}}",
        ),
        workload("Deployment", "blind", "gaps", &spec("{memory: 1Gi}")),
        workload("Deployment", "blind", "whole", &spec("{cpu: 1, memory: 1Gi}")),
    ]);
    let answer = cluster.ask_as(&reader, &["qos", "deploy/gaps", "deploy/whole", "-n", "blind", "-o", "json"]).json();
    let of = |name: &str| super::find(&answer, "Deployment", "blind", name).expect("told");
    assert_eq!((&of("gaps")["class"], &of("gaps")["unread"]), (&Value::Null, &json!(["limitranges"])));
    assert_eq!(of("whole")["class"], "Guaranteed");
    let all = cluster.ask(&["qos", "deploy/gaps", "-n", "blind", "-o", "json"]).json();
    assert_eq!(super::find(&all, "Deployment", "blind", "gaps").expect("told")["class"], "Guaranteed");
}

#[test]
fn what_does_not_exist_has_no_class_and_fails() {
    let Some(cluster) = shop() else { return };
    let mut all = String::new();
    for question in [
        &["qos", "toolbxo", "-n", "ops"][..],
        &["qos", "deploy/wbe", "-n", "shop"],
        &["qos", "deploy/web", "-n", "empty"],
        &["qos", "-n", "empty"],
        &["qos", "node/node-9"],
        &["qos", "namespace/shp"],
        &["qos", "svc/payments", "-n", "shop"],
        &["qos", "node/node-1", "--want", "Guaranteed"],
    ] {
        all += &format!("$ kubectl netstore {}\n{}\n\n", question.join(" "), settled(&cluster.ask(question).block()));
    }
    assert_snapshot!(all);
}
