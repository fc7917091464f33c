//! Credentials that end in the middle of a run: what brought them is asked again, once, and only if they were ever good.

#![cfg(unix)]

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::credentials::{PLUGIN, program, world_of};
use super::failures::list;
use super::home::Home;
use super::server::{Reply, object, page, status};
use super::tls::TlsServer;

const FIRST: &str = "/api/v1/pods?limit=500";
const SECOND: &str = "/api/v1/pods?limit=500&continue=next";

/// Pods in two pages; `refused` is called for the second one, with the number of earlier requests for it.
fn pods(refused: impl Fn(usize) -> bool) -> impl Fn(&str, usize) -> Reply {
    move |path, nth| match path {
        FIRST => page("Pod", "next", vec![object("default", "a")]),
        SECOND if refused(nth) => status(401, "Unauthorized", "Unauthorized"),
        SECOND => page("Pod", "", vec![object("default", "b")]),
        path => list(path),
    }
}

/// A plugin that brings `token-1`, then `token-2`; `more` are fields of its first answer.
fn counting(home: &Home, more: &serde_json::Value) {
    let answer =
        |status: serde_json::Value| json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status});
    let mut first = more.clone();
    first["token"] = json!("token-1");
    home.write("first", &answer(first).to_string());
    home.write("later", &answer(json!({"token": "token-2"})).to_string());
    program(
        home,
        "bring",
        "#!/bin/sh\necho run >>$HOME/runs\nif [ -e $HOME/ran ]; then cat $HOME/later; else touch $HOME/ran; cat $HOME/first; fi\n",
    );
}

fn runs(home: &Home) -> usize {
    fs::read_to_string(home.path().join("runs")).unwrap_or_default().lines().count()
}

/// Tokens with which a page was asked for, in order.
fn tokens(server: &TlsServer, path: &str) -> Vec<String> {
    let requests = server.requests();
    let asked = requests.iter().filter(|request| request.lines().next() == Some(path));
    asked.filter_map(|request| Some(request.lines().find_map(|line| line.strip_prefix("authorization: bearer "))?.to_owned())).collect()
}

#[test]
fn a_plugin_is_run_once_however_soon_its_token_ends() {
    let (home, server, _) = world_of(PLUGIN, pods(|_| false));
    counting(&home, &json!({"expirationTimestamp": (Timestamp::now() + SignedDuration::from_secs(50)).to_string()}));
    assert!(home.run(&["volumes"]).ends_with("[exit 0]"), "{}", home.run(&["volumes"]));
    assert_eq!((runs(&home), tokens(&server, SECOND)), (1, vec!["token-1".to_owned()]));
}

#[test]
fn a_token_that_is_refused_after_it_was_good_is_got_anew() {
    let (home, server, _) = world_of(PLUGIN, pods(|nth| nth == 0));
    counting(&home, &json!({}));
    let said = home.run(&["volumes", "-o", "name"]);
    assert_eq!(said, "pod/a\npod/b\n[exit 0]");
    assert_eq!((runs(&home), tokens(&server, SECOND)), (2, vec!["token-1".to_owned(), "token-2".to_owned()]));
}

#[test]
fn a_token_that_goes_on_being_refused_is_not_got_anew_again() {
    let (home, server, _) = world_of(PLUGIN, pods(|_| true));
    counting(&home, &json!({}));
    let said = home.run(&["volumes", "-o", "name"]);
    assert!(said.contains("cannot list pods (truncated: Unauthorized)"), "{said}");
    assert_eq!((runs(&home), tokens(&server, SECOND).len()), (2, 2));
}

#[test]
fn a_token_that_was_never_good_is_wrong_and_not_over() {
    let (home, server, _) = world_of(PLUGIN, |_, _| status(401, "Unauthorized", "Unauthorized"));
    counting(&home, &json!({}));
    let said = home.run(&["volumes"]);
    assert!(said.starts_with("error: You must be logged in to the server (Unauthorized)\n"), "{said}");
    assert_eq!((runs(&home), tokens(&server, FIRST).len()), (1, 1));
}

#[test]
fn a_token_whose_time_is_over_is_not_sent_any_more() {
    let slow = |path: &str, nth: usize| {
        if path == FIRST {
            thread::sleep(Duration::from_secs(3));
        }
        pods(|_| false)(path, nth)
    };
    let (home, server, _) = world_of(PLUGIN, slow);
    counting(&home, &json!({"expirationTimestamp": (Timestamp::now() + SignedDuration::from_secs(2)).to_string()}));
    assert!(home.run(&["volumes"]).ends_with("[exit 0]"));
    assert_eq!((runs(&home), tokens(&server, SECOND)), (2, vec!["token-2".to_owned()]));
}

#[test]
fn a_file_that_holds_a_token_is_read_again() {
    let file = Arc::new(OnceLock::<PathBuf>::new());
    let own = Arc::clone(&file);
    let script = pods(move |nth| {
        fs::write(own.get().unwrap(), "token-2\n").unwrap();
        nth == 0
    });
    let (home, server, _) = world_of("    tokenFile: ../token\n", script);
    file.set(home.write("token", "token-1\n")).unwrap();
    assert_eq!(home.run(&["volumes", "-o", "name"]), "pod/a\npod/b\n[exit 0]");
    assert_eq!(tokens(&server, SECOND), ["token-1", "token-2"]);
}

#[test]
fn a_plugin_that_fails_the_second_time_leaves_a_hole_that_says_so() {
    let (home, _, _) = world_of(PLUGIN, pods(|_| true));
    counting(&home, &json!({}));
    home.write("later", "no credential");
    let said = home.run(&["volumes", "-o", "name"]);
    assert!(said.starts_with("pod/a\n") && said.ends_with("[exit 0]"), "{said}");
    assert!(said.contains("(truncated: getting credentials: exec: output of $HOME/.kube/../bring is no ExecCredential)"), "{said}");
}
