//! `volumes` and `storage` as people type them.

use insta::assert_snapshot;

use super::common::Home;

const PODS: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {app.conf: x}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  nodeName: node-1
  containers: [{name: main, image: example.com/web, volumeMounts: [{name: settings, mountPath: /etc/app}, {name: cache, mountPath: /cache}]}]
  volumes:
  - {name: settings, configMap: {name: settings, items: [{key: app.cnf, path: app.conf}]}}
  - {name: cache, emptyDir: {medium: Memory, sizeLimit: 64Mi}}
status: {phase: Pending}
---
apiVersion: v1
kind: Pod
metadata: {name: idle, namespace: shop}
spec: {nodeName: node-1, containers: [{name: main, image: example.com/idle}]}
status: {phase: Running}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers: [{name: main, image: example.com/api}]
      volumes: [{name: logs, hostPath: {path: /var/log/api}}, {name: key, secret: {secretName: key}}]
";

fn session(calls: &[&[&str]]) -> String {
    let home = Home::new();
    home.write("pods.yaml", PODS);
    calls.iter().map(|call| format!("$ {}\n{}\n\n", call.join(" "), home.run(call))).collect()
}

#[test]
fn pods_and_workloads_are_named_listed_and_selected() {
    assert_snapshot!(
        "volumes",
        session(&[
            &["volumes", "web", "-n", "shop", "-f", "pods.yaml"],
            &["volumes", "shop/deploy/api", "-f", "pods.yaml"],
            &["volumes", "idle", "-n", "shop", "-f", "pods.yaml"],
            &["volumes", "-f", "pods.yaml"],
            &["volumes", "-l", "app=web", "-n", "shop", "-o", "name", "-f", "pods.yaml"],
            &["volumes", "-n", "nowhere", "-f", "pods.yaml"],
            &["storage", "-f", "pods.yaml"],
        ])
    );
}

/// The overview says whose claims it is about: everybody's, unless a namespace is named.
#[test]
fn an_overview_is_of_all_namespaces_unless_one_is_named() {
    let home = Home::new();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/storage/overview/backups/objects.yaml");
    let first = |call: &[&str]| {
        let call: Vec<&str> = call.iter().copied().chain(["-f", file]).collect();
        home.run(&call).lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(first(&["storage"]), "3 claims in all namespaces (all well), 3 volumes; the default class is fast.");
    assert_eq!(first(&["storage", "-A"]), first(&["storage"]));
    assert_eq!(first(&["storage", "-n", "shop"]), "2 claims in namespace shop (all well), 3 volumes; the default class is fast.");
    assert_eq!(first(&["storage", "-n", "other"]), "0 claims in namespace other, 3 volumes; the default class is fast.");
}

#[test]
fn what_has_no_volumes_is_refused_with_a_hint() {
    assert_snapshot!(
        "volumes_refused",
        session(&[
            &["volumes", "svc/web", "-f", "pods.yaml"],
            &["volumes", "10.0.0.1", "-f", "pods.yaml"],
            &["volumes", "web:80", "-f", "pods.yaml"],
            &["volumes", "wep", "-n", "shop", "-f", "pods.yaml"],
            &["volumes", "web", "-l", "app=web", "-f", "pods.yaml"],
            &["volumes", "web", "-A", "-f", "pods.yaml"],
            &["volumes", "-o", "csv", "-f", "pods.yaml"],
        ])
    );
}
