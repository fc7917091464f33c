//! Questions about storage on a real control plane: live as from a snapshot, with all rights and with those of one namespace.

use std::time::{Duration, Instant};

use insta::assert_snapshot;
use serde_json::Value;

use super::answers::same_json;
use super::cluster::{Cluster, Run, settled, store};

/// One for each that a user would ask.
const QUESTIONS: [(&str, &[&str]); 9] = [
    ("claim", &["pvc-why-pending", "large", "-n", "store"]),
    ("claim_explained", &["pvc-why-pending", "store/pvc/large", "--explain"]),
    ("claims_of_a_namespace", &["pvc-why-pending", "-n", "store"]),
    ("claims_by_label", &["pvc-why-pending", "-n", "store", "-l", "tier=db"]),
    ("claims_of_all", &["pvc-why-pending", "-A"]),
    ("volumes_of_a_pod", &["volumes", "web", "-n", "store"]),
    ("volumes_by_label", &["volumes", "-A", "-l", "app=web"]),
    ("overview", &["storage", "-n", "store"]),
    ("overview_of_all", &["storage", "-A"]),
];

/// Until the controllers have nothing more to say of the namespace `store`.
pub fn settle(cluster: &Cluster) {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/live_cluster/storage.yaml");
    let kubectl = |args: &[&str]| Run::of(&cluster.kubectl().args(args).output().expect("kubectl")).ok();
    kubectl(&["apply", "-f", manifest]);
    let events = [("large", "ProvisioningFailed"), ("handed", "ExternalProvisioning"), ("lonely", "WaitForFirstConsumer")];
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let phase = kubectl(&["get", "pvc", "well", "-n", "store", "-o", "jsonpath={.status.phase}"]);
        let said =
            kubectl(&["get", "events", "-n", "store", "-o", r#"jsonpath={range .items[*]}{.involvedObject.name} {.reason}{"\n"}{end}"#]);
        if phase == "Bound" && events.iter().all(|(claim, reason)| said.contains(&format!("{claim} {reason}"))) {
            return;
        }
        assert!(Instant::now() < end, "the claims do not come to what they are: {phase}\n{said}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn every_question_about_storage_as_admin() {
    let Some(cluster) = store() else { return };
    for (name, question) in QUESTIONS.iter().filter(|(name, _)| !name.ends_with("_of_all")) {
        assert_snapshot!(*name, settled(&cluster.ask(question).block()));
    }
}

#[test]
fn a_snapshot_answers_about_storage_as_the_cluster_did() {
    let Some(cluster) = store() else { return };
    cluster.ask(&["snapshot", "store.tar.gz"]).ok();
    for (name, question) in QUESTIONS {
        for format in ["table", "wide", "json"] {
            let question = [question, &["-o", format]].concat();
            let live = cluster.ask(&question);
            let recorded = cluster.ask(&[&question[..], &["--from", "store.tar.gz"]].concat());
            let of = format!("{name} -o {format}");
            if format == "json" {
                same_json(&live.stdout, &recorded.stdout, &of);
            } else {
                assert_eq!(settled(&live.stdout), settled(&recorded.stdout), "{of}");
            }
            assert_eq!((settled(&live.stderr), live.code), (settled(&recorded.stderr), recorded.code), "{of}");
        }
    }
}

/// Volumes, classes, nodes and drivers are of the whole cluster: what rests on them is unknown, and what others said of it is repeated.
#[test]
fn rights_of_one_namespace_name_no_cause_that_rests_on_more() {
    let Some(cluster) = store() else { return };
    let reader = cluster.account("store", "reader", "10m");
    for (name, question) in QUESTIONS.iter().filter(|(name, _)| name.starts_with("claim") || name.starts_with("volumes_of")) {
        let question: Vec<&str> = question.iter().copied().filter(|word| *word != "-A").collect();
        assert_snapshot!(format!("reader_{name}"), settled(&cluster.ask_as(&reader, &question).block()));
    }
    let answer = cluster.ask_as(&reader, &["pvc-why-pending", "-n", "store", "-o", "json"]).json();
    for claim in answer["result"]["claims"].as_array().expect("claims").iter().filter(|claim| claim["name"] != "well") {
        assert_eq!((&claim["state"], &claim["cause"]), (&Value::from("unknown"), &Value::Null), "{claim:#}");
        assert!(claim["unread"].as_array().is_some_and(|unread| !unread.is_empty()), "{claim:#}");
    }
    let overview = cluster.ask_as(&reader, &["storage", "-n", "store", "-o", "json"]).json();
    assert!(overview["coverage"].as_array().expect("a list").iter().any(|c| c["state"] == "forbidden"), "{overview:#}");
    let snapshot = cluster.ask_as(&reader, &["snapshot", "store-partial"]).ok();
    assert!(snapshot.contains("forbidden"), "{snapshot}");
    let question = ["pvc-why-pending", "-n", "store", "-o", "json"];
    let [live, recorded] =
        [&question[..], &[&question[..], &["--from", "store-partial"]].concat()].map(|question| cluster.ask_as(&reader, question).json());
    assert_eq!((&live["result"], &live["findings"]), (&recorded["result"], &recorded["findings"]));
}

#[test]
fn what_does_not_exist_is_said_with_a_hint_and_fails() {
    let Some(cluster) = store() else { return };
    let mut all = String::new();
    for question in [
        &["pvc-why-pending", "larg", "-n", "store"][..],
        &["pvc-why-pending", "large", "-n", "empty"],
        &["pvc-why-pending", "large", "-A"],
        &["pvc-why-pending", "-n", "empty"],
        &["pvc-why-pending", "-n", "store", "-l", "tier=none"],
        &["volumes", "wbe", "-n", "store"],
        &["volumes", "deploy/web", "-n", "store"],
        &["volumes", "web", "-n", "empty"],
        &["volumes", "-n", "empty"],
        &["storage", "-n", "empty", "--nonsense"],
    ] {
        all += &format!("$ kubectl netstore {}\n{}\n\n", question.join(" "), settled(&cluster.ask(question).block()));
    }
    assert_snapshot!(all);
}
