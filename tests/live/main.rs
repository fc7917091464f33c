//! The live source against servers that do everything a server can do wrong. Each test's name says the rule it holds.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod completion;
mod credentials;
mod errors;
mod failures;
mod flags;
#[cfg(unix)]
#[path = "../following/mod.rs"]
mod following;
mod forward;
mod home;
mod kubeconfigs;
mod lists;
mod optional;
mod pod;
#[path = "../common/program.rs"]
mod program;
mod proxies;
mod renewal;
mod server;
mod tls;
mod verify;
#[cfg(unix)]
mod watch;
#[cfg(unix)]
mod world;

use std::io::Write;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use netstore::cli::connection::ConnectionOptions;
use netstore::inventory::State;
use netstore::objects::Resource::{self, Namespaces, NetworkPolicies, Pods, ReplicaSets};
use netstore::source::live::{Cluster, LiveError};
use netstore::source::{Collected, Needs, Recording, Silent};
use serde_json::json;

use server::{Reply, Server, forbidden, object, page, status};

/// Options as a user with a kubeconfig for this server has them.
fn options(url: &str) -> (tempfile::NamedTempFile, ConnectionOptions) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let text = format!(
        "current-context: test\ncontexts: [{{name: test, context: {{cluster: test, namespace: shop}}}}]\n\
         clusters: [{{name: test, cluster: {{server: '{url}'}}}}]\n"
    );
    file.write_all(text.as_bytes()).unwrap();
    let options = ConnectionOptions {
        kubeconfig: Some(file.path().to_owned()),
        chunk_size: 2,
        request_timeout: Some(Duration::from_secs(20)),
        ..Default::default()
    };
    (file, options)
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(future)
}

fn collect_with(options: &ConnectionOptions, resources: &[Resource], namespaces: &[&str]) -> Result<Collected, LiveError> {
    let needs =
        Needs { resources: resources.to_vec(), system: Vec::new(), namespaces: namespaces.iter().map(|n| (*n).to_owned()).collect() };
    run(async { Cluster::connect(options).await?.collect(&needs, &Silent).await })
}

fn collect(server: &Server, resources: &[Resource], namespaces: &[&str]) -> Result<Collected, LiveError> {
    let (_file, options) = options(&server.url);
    collect_with(&options, resources, namespaces)
}

fn record(server: &Server, resources: &[Resource]) -> Recording {
    let (_file, options) = options(&server.url);
    run(async { Cluster::connect(&options).await.unwrap().record(resources, &[], &Silent).await }).unwrap()
}

fn pods(collected: &Collected) -> Vec<String> {
    let mut names: Vec<String> = collected.objects.pods.iter().map(|p| format!("{}/{}", p.metadata.namespace, p.metadata.name)).collect();
    names.sort();
    names
}

/// Coverage as text, one line a list.
fn coverage(collected: &Collected) -> Vec<String> {
    let line =
        |(resource, scope, state): (Resource, Option<&str>, &State)| format!("{} {}: {state}", resource.plural(), scope.unwrap_or("*"));
    collected.coverage.iter().map(line).collect()
}

#[test]
fn pages_are_followed_to_the_end() {
    let server = Server::start(|path, _| match path {
        "/api/v1/pods?limit=2" => page("Pod", "a b&c", vec![object("a", "1"), object("a", "2")]),
        "/api/v1/pods?limit=2&continue=a+b%26c" => page("Pod", "z", vec![object("b", "3"), object("b", "4")]),
        "/api/v1/pods?limit=2&continue=z" => page("Pod", "", vec![object("c", "5")]),
        "/version" => Reply::Json(200, json!({"gitVersion": "v1.36.3"})),
        other => panic!("{other}"),
    });
    let collected = collect(&server, &[Pods], &[]).unwrap();
    assert_eq!(pods(&collected), ["a/1", "a/2", "b/3", "b/4", "c/5"]);
    assert_eq!(coverage(&collected), ["pods *: complete"]);
    assert_eq!(collected.cluster_version.as_deref(), Some("v1.36.3"));
    assert!(collected.collected_at.is_some());
}

#[test]
fn chunk_size_zero_asks_for_the_whole_list() {
    let server = Server::start(|path, _| match path {
        "/api/v1/pods" => page("Pod", "", vec![object("a", "1")]),
        _ => status(404, "NotFound", ""),
    });
    let (_file, options) = options(&server.url);
    let collected = collect_with(&ConnectionOptions { chunk_size: 0, ..options }, &[Pods], &[]).unwrap();
    assert_eq!(pods(&collected), ["a/1"]);
}

#[test]
fn requests_say_who_asks() {
    let server = Server::start(|_, _| page("Pod", "", vec![]));
    collect(&server, &[Pods], &[]).unwrap();
    let request = server.requests().into_iter().find(|r| r.starts_with("/api/v1/pods")).unwrap();
    assert!(request.contains(&format!("user-agent: kubectl-netstore/{}", env!("CARGO_PKG_VERSION"))), "{request}");
    assert!(request.contains("accept: application/json") && request.contains("accept-encoding: gzip"), "{request}");
}

#[test]
fn workloads_of_all_kinds_are_read() {
    let server = Server::start(|path, _| match path {
        "/apis/apps/v1/replicasets?limit=2" => page("ReplicaSet", "", vec![object("a", "rs")]),
        _ => status(404, "NotFound", ""),
    });
    let collected = collect(&server, &[ReplicaSets], &[]).unwrap();
    assert_eq!(collected.objects.workloads[0].metadata.name, "rs");
}

#[test]
fn a_list_that_expires_between_pages_starts_again() {
    let server = Server::start(|path, nth| match (path, nth) {
        ("/api/v1/pods?limit=2", 0) => page("Pod", "old", vec![object("a", "1"), object("a", "2")]),
        ("/api/v1/pods?limit=2", _) => page("Pod", "new", vec![object("a", "1"), object("a", "3")]),
        ("/api/v1/pods?limit=2&continue=old", _) => status(410, "Expired", "The provided continue parameter is too old"),
        ("/api/v1/pods?limit=2&continue=new", _) => page("Pod", "", vec![object("a", "4")]),
        _ => status(404, "NotFound", ""),
    });
    let collected = collect(&server, &[Pods], &[]).unwrap();
    assert_eq!(pods(&collected), ["a/1", "a/3", "a/4"], "nothing of the first attempt is left");
    assert_eq!(coverage(&collected), ["pods *: complete"]);
}

#[test]
fn a_list_that_always_expires_is_read_in_one_go() {
    let server = Server::start(|path, _| match path {
        "/api/v1/pods?limit=2" => page("Pod", "old", vec![object("a", "1"), object("a", "2")]),
        "/api/v1/pods?limit=2&continue=old" => status(410, "Expired", "too old"),
        "/api/v1/pods" => page("Pod", "", vec![object("a", "1"), object("a", "2"), object("a", "3")]),
        _ => status(404, "NotFound", ""),
    });
    let collected = collect(&server, &[Pods], &[]).unwrap();
    assert_eq!((pods(&collected).len(), coverage(&collected)), (3, vec!["pods *: complete".to_owned()]));
}

#[test]
fn what_was_read_of_a_list_that_cannot_be_finished_is_kept_and_called_truncated() {
    let server = Server::start(|path, _| match path {
        "/api/v1/pods?limit=2" => page("Pod", "old", vec![object("a", "1"), object("a", "2")]),
        "/api/v1/pods?limit=2&continue=old" => status(410, "Expired", "too old"),
        "/api/v1/pods" => status(500, "InternalError", "out of breath"),
        _ => status(404, "NotFound", ""),
    });
    let collected = collect(&server, &[Pods], &[]).unwrap();
    assert_eq!(pods(&collected), ["a/1", "a/2"]);
    assert_eq!(coverage(&collected), ["pods *: truncated: InternalError: out of breath"]);
}

#[test]
fn a_server_that_repeats_its_token_does_not_keep_us() {
    let server = Server::start(|path, _| match path {
        p if p.starts_with("/api/v1/pods") => page("Pod", "same", vec![object("a", "1")]),
        _ => status(404, "NotFound", ""),
    });
    let collected = collect(&server, &[Pods], &[]).unwrap();
    assert_eq!(coverage(&collected), ["pods *: truncated: the server gives the same page again and again"]);
}

#[test]
fn where_all_namespaces_at_once_are_forbidden_each_is_asked() {
    let server = Server::start(|path, _| match path {
        "/api/v1/namespaces?limit=2" => page("Namespace", "", vec![object("", "a"), object("", "b"), object("", "c")]),
        "/api/v1/namespaces/a/pods?limit=2" => page("Pod", "", vec![object("a", "1")]),
        "/api/v1/namespaces/c/pods?limit=2" => page("Pod", "", vec![object("c", "1")]),
        _ => forbidden("pods"),
    });
    let collected = collect(&server, &[Namespaces, Pods], &["a"]).unwrap();
    assert_eq!(pods(&collected), ["a/1", "c/1"]);
    assert_eq!(
        coverage(&collected),
        ["namespaces *: complete", "pods *: forbidden", "pods a: complete", "pods b: forbidden", "pods c: complete"]
    );
}

#[test]
fn all_namespaces_one_by_one_are_the_whole_list() {
    let server = Server::start(|path, _| match path {
        "/api/v1/namespaces?limit=2" => page("Namespace", "", vec![object("", "a"), object("", "b")]),
        "/api/v1/namespaces/a/pods?limit=2" => page("Pod", "", vec![object("a", "1")]),
        "/api/v1/namespaces/b/pods?limit=2" => page("Pod", "", vec![]),
        _ => forbidden("pods"),
    });
    let collected = collect(&server, &[Pods], &["a"]).unwrap();
    assert_eq!(coverage(&collected), ["pods *: complete"]);
    assert!(collected.objects.namespaces.is_empty(), "nobody needed these");
    assert_eq!(collected.coverage.holes().count(), 0);
}

#[test]
fn who_may_not_list_namespaces_gets_his_own_by_name() {
    let server = Server::start(|path, _| match path {
        "/api/v1/namespaces/mine" => Reply::Json(200, json!({"metadata": {"name": "mine", "labels": {"team": "a"}}})),
        "/api/v1/namespaces/mine/pods?limit=2" => page("Pod", "", vec![object("mine", "1")]),
        "/api/v1/namespaces/gone" => status(404, "NotFound", "namespaces \"gone\" not found"),
        _ => forbidden("pods"),
    });
    let collected = collect(&server, &[Namespaces, Pods], &["mine", "gone", "../nodes", ""]).unwrap();
    assert_eq!(collected.objects.namespaces[0].metadata.labels.get("team"), Some("a"));
    assert_eq!(
        coverage(&collected),
        [
            "namespaces *: forbidden",
            "namespaces gone: complete",
            "namespaces mine: complete",
            "pods *: forbidden",
            "pods gone: forbidden",
            "pods mine: complete"
        ]
    );
    assert!(!server.requests().iter().any(|r| r.contains("..")));
}

#[test]
fn a_kind_the_server_does_not_have_is_not_served() {
    let server = Server::start(|path, _| match path {
        "/api/v1/pods?limit=2" => page("Pod", "", vec![]),
        _ => Reply::Raw(404, vec![("Content-Type", "text/plain; charset=utf-8".to_owned())], b"404 page not found\n".to_vec()),
    });
    let collected = collect(&server, &[Pods, NetworkPolicies], &[]).unwrap();
    assert_eq!(coverage(&collected), ["pods *: complete", "networkpolicies *: not served"]);
}

#[test]
fn a_busy_server_is_asked_again_when_it_says() {
    let server = Server::start(|path, nth| match (path, nth) {
        ("/api/v1/pods?limit=2", 0) => {
            Reply::Raw(429, vec![("Retry-After", "1".to_owned())], b"Too many requests, please try again later.\n".to_vec())
        }
        ("/api/v1/pods?limit=2", 1) => status(503, "ServiceUnavailable", "apiserver is shutting down"),
        ("/api/v1/pods?limit=2", 2) => Reply::Close,
        ("/api/v1/pods?limit=2", _) => page("Pod", "", vec![object("a", "1")]),
        _ => status(404, "NotFound", ""),
    });
    let started = Instant::now();
    let collected = collect(&server, &[Pods], &[]).unwrap();
    assert_eq!((pods(&collected).len(), coverage(&collected)), (1, vec!["pods *: complete".to_owned()]));
    assert!(started.elapsed() >= Duration::from_secs(1), "Retry-After is heeded");
}

#[test]
fn retries_end() {
    let server = Server::start(|path, _| match path {
        "/api/v1/pods?limit=2" => status(503, "ServiceUnavailable", "down"),
        _ => page("NetworkPolicy", "", vec![]),
    });
    let collected = collect(&server, &[Pods, NetworkPolicies], &[]).unwrap();
    assert_eq!(coverage(&collected), ["pods *: failed: ServiceUnavailable: down", "networkpolicies *: complete"]);
    assert_eq!(server.count("/api/v1/pods?limit=2"), 5);
}

#[test]
fn a_hung_list_fails_and_the_others_go_on() {
    let server = Server::start(|path, _| match path {
        "/api/v1/pods?limit=2" => Reply::Hang,
        _ => page("NetworkPolicy", "", vec![]),
    });
    let (_file, options) = options(&server.url);
    let options = ConnectionOptions { request_timeout: Some(Duration::from_millis(500)), ..options };
    let collected = collect_with(&options, &[Pods, NetworkPolicies], &[]).unwrap();
    assert_eq!(coverage(&collected), ["pods *: failed: no answer within --request-timeout=0.5s", "networkpolicies *: complete"]);
    assert_eq!(server.count("/api/v1/pods?limit=2"), 1, "a time-out has cost enough already");
}

#[test]
fn a_cut_body_is_tried_again_and_then_fails_alone() {
    let cut = br#"{"kind":"PodList","metadata":{},"items":[{"metadata":{"name":"a"}}"#;
    let server = Server::start(|path, _| match path {
        "/api/v1/pods?limit=2" => Reply::Cut(cut.to_vec()),
        _ => page("NetworkPolicy", "", vec![]),
    });
    let collected = collect(&server, &[Pods, NetworkPolicies], &[]).unwrap();
    assert!(coverage(&collected)[0].starts_with("pods *: failed: the answer broke off"), "{:?}", coverage(&collected));
    assert_eq!((pods(&collected).len(), server.count("/api/v1/pods?limit=2")), (0, 5));
}

#[test]
fn json_that_ends_early_is_no_complete_list() {
    let body = br#"{"kind":"PodList","metadata":{},"items":[{"metadata":{"name":"a"}}"#;
    let other = br#"{"kind":"ServiceList","metadata":{},"items":[]}"#;
    for body in [&body[..], other, b"{}", b"[]", b"null", br#"{"kind":"PodList","metadata":{}}"#, b""] {
        let server = Server::start(move |path, _| match path {
            "/api/v1/pods?limit=2" => Reply::Raw(200, vec![("Content-Type", "application/json".to_owned())], body.to_vec()),
            _ => page("NetworkPolicy", "", vec![]),
        });
        let collected = collect(&server, &[Pods, NetworkPolicies], &[]).unwrap();
        assert!(coverage(&collected)[0].starts_with("pods *: failed: "), "{:?}", coverage(&collected));
    }
}

#[test]
fn null_items_are_an_empty_list() {
    let server = Server::start(|path, _| match path {
        "/api/v1/pods?limit=2" => Reply::Json(200, json!({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": null})),
        _ => status(404, "NotFound", ""),
    });
    assert_eq!(coverage(&collect(&server, &[Pods], &[]).unwrap()), ["pods *: complete"]);
}

#[test]
fn an_object_that_does_not_decode_costs_only_itself() {
    let server = Server::start(|path, _| match path {
        "/api/v1/pods?limit=2" => {
            let mut bad = object("shop", "bad");
            bad["spec"] = json!({"containers": "none"});
            page("Pod", "next", vec![object("shop", "a"), bad])
        }
        "/api/v1/pods?limit=2&continue=next" => page("Pod", "", vec![object("shop", "b"), json!(null)]),
        _ => status(404, "NotFound", ""),
    });
    let collected = collect(&server, &[Pods], &[]).unwrap();
    assert_eq!(pods(&collected), ["shop/a", "shop/b"]);
    assert_eq!(coverage(&collected), ["pods *: truncated: 2 of 4 objects could not be decoded"]);
    let finding = collected.findings.iter().find(|f| f.subject.name == "bad").unwrap();
    assert!(finding.message.starts_with("Pod shop/bad could not be read: invalid type: string \"none\""), "{}", finding.message);
    assert_eq!(collected.findings.len(), 2);
}

#[test]
fn gzip_is_understood() {
    let server = Server::start(|path, _| match path {
        "/api/v1/pods?limit=2" => {
            let Reply::Json(_, list) = page("Pod", "", vec![object("a", "1")]) else { unreachable!() };
            let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
            gzip.write_all(list.to_string().as_bytes()).unwrap();
            let headers = vec![("Content-Type", "application/json".to_owned()), ("Content-Encoding", "gzip".to_owned())];
            Reply::Raw(200, headers, gzip.finish().unwrap())
        }
        _ => status(404, "NotFound", ""),
    });
    assert_eq!(pods(&collect(&server, &[Pods], &[]).unwrap()), ["a/1"]);
}

#[test]
fn compression_can_be_switched_off() {
    let server = Server::start(|_, _| page("Pod", "", vec![]));
    let (_file, options) = options(&server.url);
    collect_with(&ConnectionOptions { disable_compression: true, ..options }, &[Pods], &[]).unwrap();
    assert!(!server.requests().iter().any(|r| r.contains("accept-encoding")));
}

#[test]
fn a_recording_has_whole_objects_sorted_without_managed_fields() {
    let server = Server::start(|path, _| match path {
        "/api/v1/pods?limit=2" => {
            let pod = json!({"metadata": {"name": "b", "namespace": "x", "managedFields": [{}]}, "spec": {"anything": [1, {"n": null}]}});
            page("Pod", "", vec![pod, object("x", "a")])
        }
        "/version" => Reply::Json(200, json!({"gitVersion": "v1.36.3"})),
        _ => status(404, "NotFound", ""),
    });
    let recording = record(&server, &[Pods, NetworkPolicies]);
    assert_eq!(
        json!(recording.lists[&Pods]),
        json!([
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "x"}},
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "b", "namespace": "x"}, "spec": {"anything": [1, {"n": null}]}},
        ])
    );
    assert!(recording.lists[&NetworkPolicies].is_empty());
    assert!(recording.coverage.is_complete(Pods, None));
    assert_eq!(recording.cluster_version.as_deref(), Some("v1.36.3"));
}
