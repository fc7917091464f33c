//! 10,000 pods: whole and complete when all is well, clear and in time when the API server is not.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::answers::same_json;
use super::cluster::{Cluster, Run, many};

/// The pods of app-0 in the first namespace, of which there are ten: 200 pods and ten apps in each namespace.
const QUESTION: [&str; 5] = ["who-can-reach", "-n", "fill-000", "-l", "app=app-0"];

#[test]
fn all_ten_thousand_are_read_and_answered() {
    let Some(cluster) = many() else { return };
    let run = cluster.ask(&[&QUESTION[..], &["-o", "json", "-v", "6"]].concat());
    let pages = run.stderr.lines().filter(|line| line.contains("/api/v1/pods?")).count();
    assert_eq!(pages, 20, "500 a page: {}", run.stderr);
    let requests = run.stderr.lines().filter(|line| line.starts_with("GET ")).count();
    assert!(run.stderr.lines().all(|line| line.starts_with("GET ") || line.starts_with("Warning:")), "only reading: {}", run.stderr);
    assert!(requests < 20 + 60, "{requests} requests");

    let answer = run.json();
    // The cluster does not have the kinds of policy.networking.k8s.io.
    let whole = |entry: &Value| entry["state"] == "complete" || entry["state"] == "not served";
    assert!(answer["coverage"].as_array().expect("a list").iter().all(whole), "{:#}", answer["coverage"]);
    assert_eq!(answer["result"]["isolated"], false);
    let pods: u64 =
        answer["result"]["sources"].as_array().expect("a list").iter().filter_map(|s| s["peer"]["pods"]["matched"].as_u64()).sum();
    assert!(pods == 10_000 || pods == 0, "everyone, one by one or in the sentence on all others: {pods}");

    // One page, or many: the same answer. A snapshot of it, too.
    let single = cluster.ask(&[&QUESTION[..], &["-o", "json", "--chunk-size", "0"]].concat()).json();
    assert_eq!(answer["result"], single["result"]);
    cluster.ask(&["snapshot", "many.tar.gz"]).ok();
    let live = cluster.ask(&[&QUESTION[..], &["-o", "json"]].concat()).ok();
    let recorded = cluster.ask(&[&QUESTION[..], &["-o", "json", "--from", "many.tar.gz"]].concat()).ok();
    same_json(&live, &recorded, "10,000 pods");
}

/// Asks page by page, 200 pages of pods, and hits the server with a signal when 31 of them have come.
fn hit_in_mid_list(cluster: &Cluster, signal: &str, timeout: &str) -> (Run, Duration) {
    let mut command = cluster.netstore(&cluster.kubeconfig());
    command.args(QUESTION).args(["-o", "json", "-v", "6", "--chunk-size", "50", "--request-timeout", timeout]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary");
    // Both at once: an answer about so many pods is more than a pipe holds.
    let mut stdout = child.stdout.take().expect("a pipe");
    let answer = std::thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).map(|_| text)
    });
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let mid = lines.by_ref().map(|line| line.expect("UTF-8")).filter(|line| line.contains("/api/v1/pods?")).nth(30);
    assert!(mid.is_some(), "the list has many pages");
    cluster.signal(signal, "apiserver");
    let start = Instant::now();
    let stderr: Vec<String> = lines.map(|line| line.expect("UTF-8")).filter(|line| !line.starts_with("GET ")).collect();
    let stdout = answer.join().expect("no panic").expect("UTF-8");
    let code = child.wait().expect("the binary").code();
    (Run { stdout, stderr: stderr.join("\n"), code }, start.elapsed())
}

#[test]
fn a_server_that_falls_silent_in_mid_list() {
    let Some(cluster) = many() else { return };
    let (run, took) = hit_in_mid_list(&cluster, "STOP", "2s");
    cluster.signal("CONT", "apiserver");
    assert!(took < Duration::from_secs(20), "{took:?}");
    incomplete(&run);
    cluster.ask(&QUESTION).ok();
}

#[test]
fn a_server_that_dies_in_mid_list_and_one_that_is_not_there() {
    let Some(cluster) = many() else { return };
    let (run, took) = hit_in_mid_list(&cluster, "KILL", "5s");
    let dead = cluster.ask(&QUESTION);
    let version = cluster.ask(&["version"]);
    cluster.up();
    assert!(took < Duration::from_secs(30), "{took:?}");
    incomplete(&run);

    assert_eq!((dead.code, dead.stdout.as_str()), (Some(1), ""), "{}", dead.block());
    assert!(dead.stderr.starts_with("The connection to the server 127.0.0.1:"), "{}", dead.block());
    assert!(dead.stderr.contains(" was refused - did you specify the right host or port?\nhint: context "), "{}", dead.block());
    assert!(version.ok().contains("Server Version: <unknown>"), "the client's own version needs no server");
    cluster.ask(&QUESTION).ok();
}

/// Half a list of pods is never passed off as the whole: an error, or an answer that says what is missing.
#[track_caller]
fn incomplete(run: &Run) {
    match run.code {
        Some(1) => assert!(run.stdout.is_empty() && !run.stderr.is_empty(), "{}", run.block()),
        Some(0) => {
            assert!(run.stderr.contains("Warning: results are incomplete: cannot list ") && run.stderr.contains("pods"), "{}", run.block());
            let answer: Value = serde_json::from_str(&run.stdout).expect("JSON");
            let cut = |entry: &Value| entry["resource"] == "pods" && entry["state"].as_str().is_some_and(|s| s.starts_with("truncated: "));
            assert!(answer["coverage"].as_array().expect("a list").iter().any(cut), "{:#}", answer["coverage"]);
            let unknown = |source: &Value| source["verdict"] == "unknown";
            assert!(answer["result"]["sources"].as_array().expect("a list").iter().any(unknown), "{:#}", answer["result"]);
        }
        _ => panic!("{}", run.block()),
    }
}
