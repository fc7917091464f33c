//! The cluster of Kubernetes' own end-to-end tests of NetworkPolicy, as text: namespaces x, y, z (label `ns`) with pods a,
//! b, c each (label `pod`), and every pod serves the ports 80 and 81 of TCP, UDP and SCTP under the names `serve-80-tcp`, ….
//!
//! Pod x/a has the address 10.0.1.1, z/c has 10.0.3.3; the pods of x run on node-x (192.168.0.1), and so on.

use std::fmt::Write;

/// Names of the namespaces.
pub const NAMESPACES: [&str; 3] = ["x", "y", "z"];
/// Names of the pods of each namespace.
pub const PODS: [&str; 3] = ["a", "b", "c"];

/// The cluster; `more` are further labels of a namespace (`x`) or a pod (`x/a`).
pub fn labelled(more: &[(&str, &str)]) -> String {
    let label = |object: &str| more.iter().filter(|(name, _)| *name == object).map(|(_, label)| format!(", {label}")).collect::<String>();
    let mut ports = String::new();
    for number in [80, 81] {
        for protocol in ["TCP", "UDP", "SCTP"] {
            let name = protocol.to_lowercase();
            write!(ports, "{{name: serve-{number}-{name}, containerPort: {number}, protocol: {protocol}}}, ").expect("text");
        }
    }
    let mut text = String::new();
    for (n, ns) in (1..).zip(NAMESPACES) {
        let more = label(ns);
        write!(
            text,
            r"
---
apiVersion: v1
kind: Node
metadata: {{name: node-{ns}}}
status: {{addresses: [{{type: InternalIP, address: 192.168.0.{n}}}, {{type: Hostname, address: node-{ns}}}]}}
---
apiVersion: v1
kind: Namespace
metadata: {{name: {ns}, labels: {{ns: {ns}{more}}}}}"
        )
        .expect("text");
        for (p, pod) in (1..).zip(PODS) {
            let more = label(&format!("{ns}/{pod}"));
            write!(
                text,
                r"
---
apiVersion: v1
kind: Pod
metadata: {{name: {pod}, namespace: {ns}, labels: {{pod: {pod}{more}}}}}
spec: {{nodeName: node-{ns}, containers: [{{name: main, ports: [{ports}]}}]}}
status: {{phase: Running, hostIP: 192.168.0.{n}, podIP: 10.0.{n}.{p}, podIPs: [{{ip: 10.0.{n}.{p}}}]}}"
            )
            .expect("text");
        }
    }
    text
}

/// A policy: its namespace and its spec in YAML flow or block style, indented by two.
pub fn policy(namespace: &str, name: &str, spec: &str) -> String {
    format!(
        "\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {spec}\n"
    )
}
