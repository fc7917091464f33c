//! `qos` as people type it.

use insta::assert_snapshot;

use super::common::Home;

const PODS: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers:
      - {name: proxy, image: p, restartPolicy: Always, resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {cpu: 2, memory: 1Gi}}}
      containers: [{name: app, image: a, resources: {limits: {cpu: 1, memory: 2Gi}}}]
---
apiVersion: v1
kind: Pod
metadata: {name: bare, namespace: shop, labels: {app: bare}}
spec: {containers: [{name: main, image: a}]}
---
apiVersion: v1
kind: Pod
metadata: {name: odd, namespace: shop}
spec: {containers: [{name: main, image: a, resources: {requests: {memory: 1.5.0Gi}, limits: {cpu: 1, memory: 2Gi}}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: whole, namespace: other}
spec:
  runtimeClassName: boxed
  resources: {requests: {cpu: 1}, limits: {cpu: 2, memory: 1Gi}}
  containers: [{name: main, image: a}, {name: aside, image: a, resources: {requests: {cpu: 100m, memory: 64Mi}}}]
---
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: {name: boxed}
handler: boxed
overhead: {podFixed: {cpu: 250m}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: maxima, namespace: shop}
spec: {limits: [{type: Container, max: {memory: 4Gi}}]}
";

const NODE: &str = "\
apiVersion: v1
kind: Node
metadata: {name: worker-1}
status: {capacity: {memory: 8Gi, cpu: 4}, allocatable: {memory: 7Gi, cpu: 4}, conditions: [{type: MemoryPressure, status: 'True'}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: {nodeName: worker-1, containers: [{name: main, image: a, resources: {requests: {memory: 64Mi}}}]}
status: {phase: Running, qosClass: Burstable}
---
apiVersion: v1
kind: Pod
metadata: {name: etcd, namespace: kube-system}
spec: {nodeName: worker-1, priority: 2000001000, priorityClassName: system-node-critical, containers: [{name: main, image: a}]}
status: {phase: Running, qosClass: BestEffort}
---
apiVersion: metrics.k8s.io/v1beta1
kind: PodMetrics
metadata: {name: web, namespace: shop}
timestamp: '2026-01-01T00:00:00Z'
containers: [{name: main, usage: {cpu: 5m, memory: 80Mi}}]
";

fn session(calls: &[&[&str]]) -> String {
    let home = Home::new();
    home.write("pods.yaml", PODS);
    home.write("node.yaml", NODE);
    calls.iter().map(|call| format!("$ {}\n{}\n\n", call.join(" "), home.run(call))).collect()
}

#[test]
fn pods_and_templates_are_named_listed_and_selected() {
    assert_snapshot!(
        "qos",
        session(&[
            &["qos", "-f", "pods.yaml"],
            &["qos", "-n", "shop", "-f", "pods.yaml", "-o", "wide"],
            &["qos", "shop/deploy/web", "-f", "pods.yaml"],
            &["qos", "whole", "-n", "other", "-f", "pods.yaml", "-o", "wide"],
            &["qos", "odd", "-n", "shop", "-f", "pods.yaml"],
            &["qos", "pod", "bare", "odd", "-n", "shop", "-f", "pods.yaml"],
            &["qos", "deploy/web", "bare", "-n", "shop", "-f", "pods.yaml", "-o", "name"],
            &["qos", "-l", "app=bare", "-n", "shop", "-f", "pods.yaml"],
            &["qos", "-n", "nowhere", "-f", "pods.yaml"],
        ])
    );
}

#[test]
fn the_smallest_change_is_shown_with_its_command() {
    assert_snapshot!(
        "qos_want",
        session(&[
            &["qos", "deploy/web", "-n", "shop", "-f", "pods.yaml", "--want", "guaranteed"],
            &["qos", "-A", "-f", "pods.yaml", "--want", "Burstable"],
            &["qos", "bare", "-n", "shop", "-f", "pods.yaml", "--want", "BestEffort"],
            &["qos", "odd", "-n", "shop", "-f", "pods.yaml", "--want", "Guaranteed", "-o", "json"],
            &["qos", "-n", "shop", "-f", "pods.yaml", "--want", "best"],
        ])
    );
}

#[test]
fn nodes_and_namespaces_have_questions_of_their_own() {
    assert_snapshot!(
        "qos_node",
        session(&[
            &["qos", "node/worker-1", "-f", "node.yaml"],
            &["qos", "NODE", "worker-1", "-f", "node.yaml", "-o", "yaml"],
            &["qos", "no/worker-2", "-f", "node.yaml"],
            &["qos", "node/worker-1", "-f", "node.yaml", "--want", "Guaranteed"],
            &["qos", "node/worker-1", "-f", "node.yaml", "-o", "name"],
            &["qos", "ns/shop", "-f", "pods.yaml"],
            &["qos", "namespace", "shpo", "-f", "pods.yaml"],
            &["qos", "ns/shop", "-f", "pods.yaml", "--want", "BestEffort"],
        ])
    );
}

#[test]
fn what_has_no_class_is_refused_with_a_hint() {
    assert_snapshot!(
        "qos_refused",
        session(&[
            &["qos", "svc/web", "-f", "pods.yaml"],
            &["qos", "ns/shop", "-f", "pods.yaml"],
            &["qos", "10.0.0.1", "-f", "pods.yaml"],
            &["qos", "web:80", "-f", "pods.yaml"],
            &["qos", "deploy/wep", "-n", "shop", "-f", "pods.yaml"],
            &["qos", "bare", "-l", "app=web", "-f", "pods.yaml"],
            &["qos", "bare", "-A", "-f", "pods.yaml"],
            &["qos", "-o", "csv", "-f", "pods.yaml"],
            &["qos", "node/worker-1", "node/worker-2", "-f", "node.yaml"],
            &["qos", "node", "worker-1", "worker-2", "-f", "node.yaml"],
            &["qos", "web", "node/worker-1", "-f", "node.yaml"],
        ])
    );
}
