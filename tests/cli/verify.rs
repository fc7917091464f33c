//! `verify` without a cluster: what would be tried.

use insta::assert_snapshot;

use super::common::Home;

const WORLD: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web, version: v1}}
spec: {containers: [{name: main, image: a, ports: [{containerPort: 8080}]}]}
status: {phase: Running, podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}], conditions: [{type: Ready, status: 'True'}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-2, namespace: shop, labels: {app: web, version: v2}}
spec: {containers: [{name: main, image: a, ports: [{containerPort: 8080}]}]}
status: {phase: Running, podIP: 10.0.0.2, podIPs: [{ip: 10.0.0.2}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: data, labels: {app: db}}
spec: {containers: [{name: main, image: a, ports: [{containerPort: 5432}, {containerPort: 9, protocol: SCTP}]}]}
status: {phase: Running, podIP: 10.0.0.3, podIPs: [{ip: 10.0.0.3}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: data}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432, endPort: 5440}]}]
";

fn session(calls: &[&[&str]]) -> String {
    let home = Home::new();
    home.write("world.yaml", WORLD);
    let run = |call: &&[&str]| home.run(&[call, &["-f", "world.yaml"][..]].concat());
    calls.iter().map(|call| format!("$ {}\n{}\n\n", call.join(" "), run(call))).collect()
}

#[test]
fn what_would_be_tried_is_listed_with_what_it_stands_for() {
    assert_snapshot!(
        "verify",
        session(&[
            &["verify", "--dry-run"],
            &["verify", "--dry-run", "-n", "data", "--max", "3", "-o", "yaml"],
            &["verify", "--dry-run", "-n", "dat"],
        ])
    );
}

#[test]
fn what_takes_a_cluster_is_refused_without_one() {
    assert_snapshot!("verify_refused", session(&[&["verify"], &["verify", "--dry-run", "-l", "app=web"], &["verify", "--via", "ssh"]]));
}
