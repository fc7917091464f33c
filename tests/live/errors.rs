//! What ends a run, and how a user is told.

use std::io::Write;
use std::time::{Duration, Instant};

use netstore::cli::connection::ConnectionOptions;
use netstore::cli::error::CommandError;
use netstore::objects::Resource::{self, NetworkPolicies, Pods};
use netstore::source::live::{Cluster, LiveError};

use super::server::{Reply, Server, forbidden, page, status};
use super::{collect, collect_with, coverage, options, run};

#[test]
fn a_login_page_is_told_as_one() {
    let html = |_: &str, _: usize| Reply::Raw(200, vec![("Content-Type", "text/html; charset=utf-8".to_owned())], b"<html>".to_vec());
    let error = CommandError::from(collect(&Server::start(html), &[Pods], &[]).unwrap_err());
    assert!(error.message.contains("is not answering as a Kubernetes API server: it sent a web page, perhaps a login page"), "{error}");

    let redirect = |_: &str, _: usize| Reply::Raw(302, vec![("Location", "https://sso.corp/login?secret=1".to_owned())], Vec::new());
    let error = CommandError::from(collect(&Server::start(redirect), &[Pods], &[]).unwrap_err());
    assert!(error.message.contains("it sends us to https://sso.corp/login, a login page or a proxy"), "{error}");
}

#[test]
fn a_server_that_has_nothing_of_kubernetes_is_an_error() {
    let server = Server::start(|_, _| Reply::Raw(404, vec![("Content-Type", "text/html".to_owned())], b"<html>nope</html>".to_vec()));
    let error = collect(&server, &[Pods, NetworkPolicies], &[]).unwrap_err();
    assert!(matches!(error, LiveError::NotAnApi { .. }), "{error}");
    let server = Server::start(|_, _| status(404, "NotFound", "the server could not find the requested resource"));
    let error = collect(&server, &[Pods, NetworkPolicies], &[]).unwrap_err();
    assert_eq!(CommandError::from(error).message, "Error from server (NotFound): the server could not find the requested resource");
}

#[test]
fn if_everything_is_forbidden_the_servers_words_and_the_way_out_are_told() {
    let server = Server::start(|path, _| forbidden(if path.contains("pods") { "pods" } else { "networkpolicies.networking.k8s.io" }));
    let error = collect(&server, &[Pods, NetworkPolicies], &["shop"]).unwrap_err();
    let shown = CommandError::from(error).to_string();
    assert!(shown.starts_with("Error from server (Forbidden): pods is forbidden: User \"me\" cannot list"), "{shown}");
    assert!(shown.contains("kubectl auth can-i list networkpolicies.networking.k8s.io -n shop"), "{shown}");
}

#[test]
fn a_hung_server_is_an_error_in_time() {
    let server = Server::start(|_, _| Reply::Hang);
    let (_file, options) = options(&server.url);
    let options = ConnectionOptions { request_timeout: Some(Duration::from_millis(500)), ..options };
    let started = Instant::now();
    let error = collect_with(&options, &Resource::ALL, &[]).unwrap_err();
    assert!(started.elapsed() < Duration::from_millis(900), "queued lists do not wait for what the first ones waited for");
    assert_eq!(CommandError::from(error).message, "Unable to connect to the server: no answer within --request-timeout=0.5s");
}

#[test]
fn nobody_listening_is_refused() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (_file, options) = options(&format!("http://{free}"));
    let error = CommandError::from(collect_with(&options, &[Pods], &[]).unwrap_err());
    assert_eq!(error.message, format!("The connection to the server {free} was refused - did you specify the right host or port?"));
    assert!(error.hints[0].contains("context \"test\""), "{error}");
}

#[test]
fn a_host_without_address_is_unreachable() {
    let (_file, options) = options("https://nowhere.invalid:6443");
    let error = CommandError::from(collect_with(&options, &[Pods], &[]).unwrap_err());
    assert!(error.message.starts_with("Unable to connect to the server: dial tcp: lookup nowhere.invalid: "), "{error}");
}

#[test]
fn http_instead_of_tls_is_unreachable() {
    let server = Server::start(|_, _| page("Pod", "", vec![]));
    let (_file, options) = options(&server.url.replace("http://", "https://"));
    let error = CommandError::from(collect_with(&options, &[Pods], &[]).unwrap_err());
    assert!(error.message.starts_with("Unable to connect to the server: "), "{error}");
}

#[test]
fn unauthorized_everywhere_is_an_error_and_somewhere_a_hole() {
    let server = Server::start(|_, _| status(401, "Unauthorized", "Unauthorized"));
    let error = CommandError::from(collect(&server, &[Pods, NetworkPolicies], &[]).unwrap_err());
    assert_eq!(error.message, "error: You must be logged in to the server (Unauthorized)");

    let server = Server::start(|path, _| match path {
        "/api/v1/pods?limit=2" => status(401, "Unauthorized", "Unauthorized"),
        _ => page("NetworkPolicy", "", vec![]),
    });
    let collected = collect(&server, &[Pods, NetworkPolicies], &[]).unwrap();
    assert_eq!(coverage(&collected), ["pods *: failed: Unauthorized", "networkpolicies *: complete"]);
}

#[test]
fn a_missing_credential_plugin_is_told_with_its_install_hint() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(
        b"current-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n\
          clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\n\
          users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin, args: [get, token],\n  \
          interactiveMode: Never, installHint: 'Install it from the shelf.'}}}]\n",
    )
    .unwrap();
    let options = ConnectionOptions { kubeconfig: Some(file.path().to_owned()), ..Default::default() };
    let shown = CommandError::from(collect_with(&options, &[Pods], &[]).unwrap_err()).to_string();
    assert!(shown.starts_with("error: getting credentials: exec: executable no-such-plugin not found\n"), "{shown}");
    assert!(shown.contains("no-such-plugin get token") && shown.contains("hint: Install it from the shelf."), "{shown}");
}

#[test]
fn a_failing_credential_plugin_does_not_spill_what_it_printed() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(
        b"current-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n\
          clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\n\
          users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: cargo, args: [no-such-subcommand],\n  \
          env: [{name: SECRET, value: hunter2}], interactiveMode: Never}}}]\n",
    )
    .unwrap();
    let options = ConnectionOptions { kubeconfig: Some(file.path().to_owned()), ..Default::default() };
    let shown = CommandError::from(collect_with(&options, &[Pods], &[]).unwrap_err()).to_string();
    assert!(shown.starts_with("error: getting credentials: exec: executable cargo failed with exit code 101"), "{shown}");
    assert!(!shown.contains("hunter2") && !shown.contains("KUBERNETES_EXEC_INFO"), "{shown}");
}

#[test]
fn the_version_is_asked_within_a_time() {
    let server = Server::start(|_, _| Reply::Hang);
    let (_file, options) = options(&server.url);
    let version = run(async { Cluster::connect(&options).await.unwrap().server_version(Duration::from_millis(200)).await });
    assert_eq!(version, None);
}

#[test]
fn the_namespace_of_the_context_is_the_default() {
    let (_file, options) = options("http://127.0.0.1:1");
    let cluster = run(Cluster::connect(&options)).unwrap();
    assert_eq!((cluster.default_namespace(), cluster.context(), cluster.server()), ("shop", Some("test"), "http://127.0.0.1:1"));
}
