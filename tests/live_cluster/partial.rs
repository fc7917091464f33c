//! Someone who may read one namespace only: what is decided there is answered, the rest is unknown and says why.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::Value;

use super::answers::same_json;
use super::cluster::{settled, shop};

fn verdict(answer: &Value) -> &str {
    answer["result"]["verdict"].as_str().expect("a verdict")
}

#[test]
fn answers_of_one_namespace() {
    let Some(cluster) = shop() else { return };
    let reader = cluster.account("shop", "reader", "10m");
    for (name, question) in [
        ("who_can_reach", &["who-can-reach", "deploy/payments"][..]),
        ("reachable_from", &["reachable-from", "deploy/checkout"]),
        ("can_reach_inside", &["can-reach", "deploy/checkout", "svc/payments:443"]),
        ("can_reach_denied", &["can-reach", "deploy/web", "svc/payments:443"]),
        ("can_reach_outside", &["can-reach", "deploy/checkout", "data/sts/postgres:5432"]),
        ("can_reach_from_outside", &["can-reach", "ops/pod/toolbox", "deploy/orders:8080"]),
        ("effective_policy", &["effective-policy", "deploy/web"]),
        ("matrix", &["matrix"]),
        ("matrix_all", &["matrix", "-A"]),
    ] {
        assert_snapshot!(name, settled(&cluster.ask_as(&reader, question).block()));
    }
}

/// Whatever a reader with fewer rights is told is either what the admin is told, or unknown.
#[test]
fn less_rights_give_unknown_and_never_another_verdict() {
    let Some(cluster) = shop() else { return };
    let reader = cluster.account("shop", "doubter", "10m");
    let workloads = ["deploy/web", "deploy/checkout", "deploy/catalog", "deploy/orders", "deploy/payments", "sts/cart"];
    let mut decided = 0;
    for from in workloads {
        for to in workloads {
            let question = ["can-reach", from, &format!("{to}:8080"), "-n", "shop", "-o", "json"];
            let [all, some] = [cluster.ask(&question).json(), cluster.ask_as(&reader, &question).json()];
            assert!(["unknown", verdict(&all)].contains(&verdict(&some)), "{from} {to}: {some:#}");
            decided += usize::from(verdict(&some) != "unknown");
            assert!(some["coverage"].as_array().expect("a list").iter().any(|c| c["state"] == "forbidden"), "{some:#}");
        }
    }
    assert!(decided > 18, "most of it is decided by what can be read: {decided} of 36");
}

/// Nothing of kube-system can be read: what is taken for true instead is said, each of it.
#[test]
fn names_are_answered_with_what_was_assumed() {
    let Some(cluster) = shop() else { return };
    let reader = cluster.account("shop", "resolver", "10m");
    let answer = cluster.ask_as(&reader, &["dns", "deploy/web", "payments", "-o", "json"]).json();
    let outcome = &answer["result"]["outcome"];
    let assumed: Vec<&str> = outcome["assumed"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    for part in ["Corefile", "cluster.local", "Service kube-system/kube-dns", "EndpointSlices of kube-system"] {
        assert!(assumed.iter().any(|assumed| assumed.contains(part)), "{part}: {assumed:#?}");
    }
    let service = cluster.kubectl().args(["get", "svc", "payments", "-n", "shop", "-o", "jsonpath={.spec.clusterIP}"]).output();
    let address = String::from_utf8(service.expect("kubectl").stdout).expect("UTF-8");
    assert_eq!((&outcome["resolves"], &outcome["libcs"][0]["addresses"][0]), (&"yes".into(), &address.into()), "{answer:#}");
}

#[test]
fn unknown_has_an_exit_code_of_its_own() {
    let Some(cluster) = shop() else { return };
    let reader = cluster.account("shop", "scripter", "10m");
    let run = cluster.ask_as(&reader, &["can-reach", "deploy/checkout", "198.51.100.1:443", "--exit-code"]);
    assert_eq!(run.code, Some(3), "denied by policies that can be read: {}", run.block());
    let run = cluster.ask_as(&reader, &["who-can-reach", "deploy/web", "-n", "data"]);
    assert_eq!(run.code, Some(1), "{}", run.block());
}

/// A snapshot by someone with few rights answers as the cluster answers him, and says what it lacks.
#[test]
fn a_partial_snapshot_is_as_partial_as_its_recorder() {
    let Some(cluster) = shop() else { return };
    let reader = cluster.account("shop", "recorder", "10m");
    let text = cluster.ask_as(&reader, &["snapshot", "partial"]).ok();
    assert!(text.contains("forbidden"), "{text}");
    for question in [&["who-can-reach", "deploy/payments", "-n", "shop"][..], &["matrix", "-n", "shop"]] {
        let question = [question, &["-o", "json"]].concat();
        let live = cluster.ask_as(&reader, &question);
        let recorded = cluster.ask_as(&reader, &[&question[..], &["--from", "partial"]].concat());
        same_json(&live.stdout, &recorded.stdout, &format!("{question:?}"));
    }
}

/// The API server remembers a token it has seen for up to ten seconds; a fresh one that is over is refused at once.
#[test]
fn a_token_that_expires_between_two_commands() {
    let Some(cluster) = shop() else { return };
    let question = ["who-can-reach", "deploy/payments"];
    let passing = cluster.account("shop", "passing", "12s");
    cluster.ask_as(&passing, &question).ok();
    std::thread::sleep(Duration::from_secs(24));
    let run = cluster.ask_as(&passing, &question);
    assert_eq!(run.code, Some(1), "{}", run.block());
    assert!(run.stderr.starts_with("error: You must be logged in to the server (Unauthorized)\n"), "{}", run.block());
    assert!(run.stdout.is_empty() && run.stderr.contains("may have expired"), "{}", run.block());
}
