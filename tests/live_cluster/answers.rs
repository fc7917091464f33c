//! Every question on the example world as admin, and the same from a snapshot of it.

use insta::assert_snapshot;
use serde_json::Value;

use super::cluster::{Cluster, settled, shop, without_numbers};

/// The questions, one for each that a user would ask of the shop; names of pods are random, so workloads are asked about.
const QUESTIONS: [(&str, &[&str]); 12] = [
    ("who_can_reach_service", &["who-can-reach", "svc/payments", "-n", "shop"]),
    ("who_can_reach_port", &["who-can-reach", "sts/postgres", "-n", "data", "--port", "5432"]),
    ("who_can_reach_selector", &["who-can-reach", "-n", "shop", "-l", "tier in (frontend)"]),
    ("who_can_reach_namespace", &["who-can-reach", "ns/data"]),
    ("reachable_from", &["reachable-from", "deploy/checkout", "-n", "shop"]),
    ("reachable_from_open", &["reachable-from", "pod/toolbox", "-n", "ops"]),
    ("can_reach_no", &["can-reach", "shop/deploy/web", "shop/svc/payments:443"]),
    ("can_reach_yes", &["can-reach", "shop/deploy/checkout", "shop/svc/payments:443"]),
    ("can_reach_address", &["can-reach", "shop/deploy/payments", "198.51.100.7:443"]),
    ("effective_policy", &["effective-policy", "deploy/web", "-n", "shop"]),
    ("matrix_namespace", &["matrix", "-n", "shop"]),
    ("matrix_all", &["matrix", "-A"]),
];

#[test]
fn every_question_as_admin() {
    let Some(cluster) = shop() else { return };
    for (name, question) in QUESTIONS {
        assert_snapshot!(name, settled(&cluster.ask(question).block()));
    }
}

#[test]
fn json_says_it_is_live_and_complete() {
    let Some(cluster) = shop() else { return };
    for (name, question) in QUESTIONS {
        let answer = cluster.ask(&[question, &["-o", "json"]].concat()).json();
        assert_eq!(answer["metadata"]["source"], "live", "{name}");
        assert_eq!(answer["metadata"]["cluster"], "v1.36.3", "{name}");
        let coverage = answer["coverage"].as_array().expect("a list");
        // The cluster does not have the kinds of policy.networking.k8s.io.
        let whole = |entry: &serde_json::Value| entry["state"] == "complete" || entry["state"] == "not served";
        assert!(!coverage.is_empty() && coverage.iter().all(whole), "{name}: {coverage:?}");
    }
}

#[test]
fn exit_codes_tell_scripts_the_verdict() {
    let Some(cluster) = shop() else { return };
    let code = |question: &[&str]| cluster.ask(question).code;
    let (from, to) = ("shop/deploy/web", "shop/svc/payments:443");
    assert_eq!(code(&["can-reach", from, to]), Some(0));
    assert_eq!(code(&["can-reach", from, to, "--exit-code"]), Some(3));
    assert_eq!(code(&["can-reach", "shop/deploy/checkout", to, "--exit-code"]), Some(0));
    let quiet = cluster.ask(&["can-reach", from, to, "-q"]);
    assert_eq!((quiet.code, quiet.stdout.as_str()), (Some(3), ""));
    assert_eq!(code(&["who-can-reach", "deploy/nobody", "-n", "shop"]), Some(1));
    assert_eq!(code(&["who-can-reach", "deploy/web", "--nonsense"]), Some(2));
}

#[test]
fn version_asks_the_server() {
    let Some(cluster) = shop() else { return };
    assert_eq!(cluster.ask(&["version", "-o", "json"]).json()["serverVersion"], "v1.36.3");
}

/// Takes a snapshot and says where it is.
fn record(cluster: &Cluster, name: &str) -> String {
    let path = cluster.path(name).to_str().expect("UTF-8").to_owned();
    cluster.ask(&["snapshot", &path]).ok();
    path
}

#[test]
fn the_summary_of_a_snapshot() {
    let Some(cluster) = shop() else { return };
    let text = cluster.ask(&["snapshot", "summary.tar.gz"]).ok();
    assert!(text.starts_with("Recorded ") && text.contains(" of a v1.36.3 cluster in summary.tar.gz\n"), "{text}");
    assert!(text.lines().any(|line| line.split_whitespace().eq(["networkpolicies", "17"])), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.contains("\nNothing of: ") && !text.contains(" 0\n"), "{text}");
}

#[test]
fn a_snapshot_answers_as_the_cluster_did() {
    let Some(cluster) = shop() else { return };
    let snapshots = [record(cluster, "folder"), record(cluster, "archive.tar.gz")];
    for (name, question) in QUESTIONS {
        for format in ["table", "json"] {
            let question = [question, &["-o", format]].concat();
            let live = cluster.ask(&question);
            for snapshot in &snapshots {
                let recorded = cluster.ask(&[&question[..], &["--from", snapshot]].concat());
                let of = format!("{name} -o {format} from {snapshot}");
                if format == "json" {
                    same_json(&live.stdout, &recorded.stdout, &of);
                } else {
                    assert_eq!(settled(&live.stdout), settled(&recorded.stdout), "{of}");
                }
                assert_eq!((settled(&live.stderr), live.code), (settled(&recorded.stderr), recorded.code), "{of}");
            }
        }
    }
}

/// The same text, but for the two fields that say where it comes from, and ages: between two readings, time goes by.
#[track_caller]
pub fn same_json(live: &str, recorded: &str, of: &str) {
    let sourceless = |text: &str, source: &str| {
        let mut answer: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{of}: {error}: {text}"));
        let metadata = answer["metadata"].as_object_mut().expect("metadata");
        assert_eq!(metadata["source"], source, "{of}");
        let collected = metadata.remove("collectedAt").expect("a time");
        let source = format!("\"source\": \"{source}\"");
        without_numbers(text, "\"ageSeconds\": ").replacen(collected.as_str().expect("a string"), "TIME", 1).replacen(
            &source,
            "\"source\": \"?\"",
            1,
        )
    };
    assert_eq!(sourceless(live, "live"), sourceless(recorded, "snapshot"), "{of}");
}

/// What is committed answers as a fresh cluster of the same world does: `make record` if this fails after a change of it.
/// It was recorded where there are nodes, so what runs beside the shop differs.
#[test]
fn the_recorded_shop_is_this_world() {
    let Some(cluster) = shop() else { return };
    let recorded = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/shop");
    for question in [&["who-can-reach", "svc/payments", "-n", "shop"][..], &["effective-policy", "deploy/web", "-n", "shop"]] {
        let [live, recorded] =
            [cluster.ask(question), cluster.ask(&[question, &["--from", recorded]].concat())].map(|run| settled(&run.block()));
        assert_eq!(live, recorded, "{question:?}");
    }
}
