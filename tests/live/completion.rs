//! What a TAB key asks of a cluster: names and nothing else, once in ten seconds, and never so that anybody notices trouble.

use std::time::{Duration, Instant};

use serde_json::json;

use super::home::Home;
use super::server::{Reply, Server, object, status};

/// A kubeconfig with several entries, of which one is for this server.
fn home(url: &str) -> Home {
    Home::new(&format!(
        "current-context: main\n\
         contexts:\n- {{name: main, context: {{cluster: main, user: jane, namespace: shop}}}}\n- {{name: mill, context: {{cluster: other}}}}\n\
         clusters:\n- {{name: main, cluster: {{server: '{url}'}}}}\n- {{name: other, cluster: {{server: 'http://127.0.0.1:1'}}}}\n\
         users:\n- {{name: jane, user: {{token: t}}}}\n- {{name: joe, user: {{token: u}}}}\n"
    ))
}

/// A list of metadata, named after the kind and the namespace that are asked for.
fn names(path: &str, _: usize) -> Reply {
    let path = path.split('?').next().unwrap();
    let plural = path.rsplit('/').next().unwrap();
    let namespace = path.split("/namespaces/").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or("cluster");
    let items = [object(namespace, &format!("{plural}-of-{namespace}")), object(namespace, "other")];
    Reply::Json(200, json!({"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": {}, "items": items}))
}

#[test]
fn names_of_every_kind_are_asked_for_by_their_metadata() {
    let server = Server::start(names);
    let home = home(&server.url);
    for (words, answer, path) in [
        (&["who-can-reach", "pods"][..], "pods-of-shop", "/api/v1/namespaces/shop/pods"),
        (&["who-can-reach", "-n", "data", "pods"], "pods-of-data", "/api/v1/namespaces/data/pods"),
        (&["who-can-reach", "--namespace=ops", "svc/s"], "svc/services-of-ops", "/api/v1/namespaces/ops/services"),
        (&["can-reach", "deploy/d"], "deploy/deployments-of-shop", "/apis/apps/v1/namespaces/shop/deployments"),
        (&["can-reach", "a", "sts/s"], "sts/statefulsets-of-shop", "/apis/apps/v1/namespaces/shop/statefulsets"),
        (&["volumes", "cj", "c"], "cronjobs-of-shop", "/apis/batch/v1/namespaces/shop/cronjobs"),
        (&["who-can-reach", "daemonsets", "d"], "daemonsets-of-shop", "/apis/apps/v1/namespaces/shop/daemonsets"),
        (&["matrix", "-n", "names"], "namespaces-of-cluster", "/api/v1/namespaces"),
        (&["qos", "node/n"], "node/nodes-of-cluster", "/api/v1/nodes"),
        (&["pvc-why-pending", "persistent"], "persistentvolumeclaims-of-shop", "/api/v1/namespaces/shop/persistentvolumeclaims"),
        (&["pvc-why-pending", "pvc/p"], "pvc/persistentvolumeclaims-of-shop", "/api/v1/namespaces/shop/persistentvolumeclaims"),
    ] {
        assert_eq!(home.run(&[&["__complete"], words].concat()), format!("{answer}\n:4\n[exit 0]"), "{words:?}");
        let request = server.requests().pop().unwrap();
        assert_eq!(request.lines().next(), Some(format!("{path}?limit=500").as_str()), "{words:?}");
        assert!(request.contains("accept: application/json;as=partialobjectmetadatalist;g=meta.k8s.io;v=v1"), "{request}");
    }
    assert!(server.requests().iter().all(|request| !request.starts_with("/version")));
}

#[test]
fn what_was_asked_a_moment_ago_is_not_asked_again() {
    let server = Server::start(names);
    let home = home(&server.url);
    let complete = |flags: &[&str]| home.run(&[&["__complete", "who-can-reach"], flags, &["pods"]].concat());
    for _ in 0..3 {
        assert_eq!(complete(&[]), "pods-of-shop\n:4\n[exit 0]");
    }
    assert_eq!(server.requests().len(), 1);
    for (other, flags) in [(2, &["-n", "data"][..]), (3, &["--user=joe"]), (4, &["--as=joe"]), (5, &["--cache-dir=elsewhere"])] {
        complete(flags);
        complete(flags);
        assert_eq!(server.requests().len(), other, "{flags:?}");
    }
    assert!(home.path().join(".kube/cache/netstore").is_dir() && home.path().join("elsewhere/netstore").is_dir());
    let mut command = home.command(&["__complete", "who-can-reach", "pods"]);
    command.env("KUBECACHEDIR", home.path().join("named")).output().unwrap();
    assert!(home.path().join("named/netstore").is_dir());
    complete(&["--token=t"]);
    complete(&["--token=t"]);
    assert_eq!(server.requests().len(), 8, "no file is to say whose token brought what");
}

#[test]
fn entries_of_the_kubeconfig_need_no_network() {
    let home = home("http://127.0.0.1:1");
    for (words, answer) in [
        (&["matrix", "--context", ""][..], "main\nmill\n:4\n"),
        (&["matrix", "--context=mi"], "--context=mill\n:4\n"),
        (&["--cluster", "o"], "other\n:4\n"),
        (&["matrix", "--user", "j"], "jane\njoe\n:4\n"),
        (&["matrix", "--kubeconfig", "missing", "--context", ""], ":4\n"),
    ] {
        assert_eq!(home.run(&[&["__complete"], words].concat()), format!("{answer}[exit 0]"), "{words:?}");
    }
}

#[test]
fn trouble_is_silent_and_soon_over() {
    let hangs = Server::start(|_, _| Reply::Hang);
    let started = Instant::now();
    assert_eq!(home(&hangs.url).run(&["__complete", "who-can-reach", "svc/"]), ":4\n[exit 0]");
    let took = started.elapsed();
    assert!((Duration::from_millis(1400)..Duration::from_secs(5)).contains(&took), "{took:?}");
    for reply in [
        || status(401, "Unauthorized", "Unauthorized"),
        || status(403, "Forbidden", "no"),
        || Reply::Raw(200, vec![("Content-Type", "text/html".to_owned())], b"<html>".to_vec()),
        || Reply::Json(200, json!({"items": [{"metadata": {}}]})),
        || Reply::Close,
    ] {
        let server = Server::start(move |_, _| reply());
        assert_eq!(home(&server.url).run(&["__complete", "who-can-reach", "svc/"]), ":4\n[exit 0]");
    }
    assert_eq!(home("http://127.0.0.1:1").run(&["__complete", "who-can-reach", "svc/"]), ":4\n[exit 0]");
    assert_eq!(Home::new("no: [kubeconfig").run(&["__complete", "who-can-reach", "svc/"]), ":4\n[exit 0]");
}

/// A TAB key that asks for a password would be a trap.
#[test]
#[cfg(unix)]
fn a_plugin_is_told_that_nobody_can_be_asked() {
    let home = home("https://127.0.0.1:1");
    let text = std::fs::read_to_string(home.path().join(".kube/config")).unwrap();
    let exec = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, interactiveMode: IfAvailable, \
                args: [-c, 'printf %s \"$KUBERNETES_EXEC_INFO\" >$HOME/info; echo Password: >&2; exit 1']}}";
    home.write(".kube/config", &text.replace("{token: t}", exec));
    assert_eq!(home.run(&["__complete", "who-can-reach", "svc/"]), ":4\n[exit 0]");
    let info = std::fs::read_to_string(home.path().join("info")).unwrap();
    assert!(info.contains("\"interactive\":false"), "{info}");
}
