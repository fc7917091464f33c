//! Pods in every state that policies have something to say about.

use serde_json::{Value, json};

use super::genes::Genes;
use super::{ClusterGenes, Stack};

/// Names of ports: few, so that the same name means different numbers on different pods.
pub const PORT_NAMES: [&str; 3] = ["web", "dns", "admin"];

/// IPv4 and IPv6 address of a node.
pub fn node_ips(number: usize) -> [String; 2] {
    [format!("192.168.0.{}", number + 1), format!("fd00:1::{}", number + 1)]
}

/// A pod. Its address, if it has one, is inside the block of its namespace, or one that several pods claim.
pub fn pod(cluster: &ClusterGenes, number: usize, genes: &mut Genes<'_>) -> Value {
    let namespace = cluster.namespace(genes);
    let phase = genes.weighted(&[(9, "Running"), (2, "Pending"), (1, "Succeeded"), (1, "Failed")]);
    let node = genes.weighted(&[(3, Some(0)), (3, Some(1)), (1, None)]);
    let host_network = genes.one_in(8);
    let has_address = node.is_some() && (phase != "Pending" || genes.one_in(3)) && !genes.one_in(12);

    let both = match (host_network, node) {
        (true, Some(node)) => node_ips(node),
        _ if genes.one_in(14) => ["10.0.1.99".to_owned(), "fd00::1:99".to_owned()],
        _ => [format!("10.0.{}.{}", &namespace[1..], number + 1), format!("fd00::{}:{}", &namespace[1..], number + 1)],
    };
    let ips = addresses(cluster.stack, both, genes);
    let mut status = json!({"phase": phase});
    if let Some(node) = node {
        let [v4, v6] = node_ips(node);
        status["hostIP"] = json!(if cluster.stack == Stack::V6 { v6 } else { v4 });
    }
    if has_address {
        status["podIP"] = json!(ips[0]);
        // Old snapshots and hand-written files have `podIP` only.
        if ips.len() > 1 || !genes.one_in(4) {
            status["podIPs"] = ips.iter().map(|ip| json!({"ip": ip})).collect();
        }
    }

    let mut spec = json!({"containers": containers(genes)});
    if let Some(node) = node {
        spec["nodeName"] = json!(format!("w{node}"));
    }
    if host_network {
        spec["hostNetwork"] = json!(true);
    }
    if genes.one_in(6) {
        let mut sidecar = container("sidecar", genes);
        // Only with this policy does an init container stay.
        if !genes.one_in(3) {
            sidecar["restartPolicy"] = json!("Always");
        }
        spec["initContainers"] = json!([sidecar]);
    }

    let mut metadata = json!({"name": format!("p{number}"), "namespace": namespace});
    let labels = genes.labels(&["app", "env"]);
    let labels = Some(labels).filter(|l| l.as_object().is_some_and(|l| !l.is_empty()));
    genes.set(&mut metadata, "labels", labels, json!({}));
    if genes.one_in(12) {
        metadata["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    }
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status})
}

/// The pod's addresses, the primary one first.
fn addresses(stack: Stack, [v4, v6]: [String; 2], genes: &mut Genes<'_>) -> Vec<String> {
    let stack = if stack == Stack::Mixed {
        genes.pick(&[Stack::V4, Stack::V6, Stack::Dual { v6_first: false }, Stack::Dual { v6_first: true }])
    } else {
        stack
    };
    match stack {
        Stack::V6 => vec![v6],
        Stack::Dual { v6_first: true } => vec![v6, v4],
        Stack::Dual { v6_first: false } => vec![v4, v6],
        Stack::V4 | Stack::Mixed => vec![v4],
    }
}

fn containers(genes: &mut Genes<'_>) -> Vec<Value> {
    let number = 1 + genes.below(2);
    (0..number).map(|n| container(&format!("c{n}"), genes)).collect()
}

/// A container with up to three ports, named or not.
fn container(name: &str, genes: &mut Genes<'_>) -> Value {
    let ports: Vec<Value> = (0..genes.below(4))
        .map(|_| {
            let mut port = json!({"containerPort": 80 + genes.below(5)});
            if !genes.one_in(4) {
                port["name"] = json!(genes.pick(&PORT_NAMES));
            }
            if let Some(protocol) = genes.weighted(&[(2, None), (2, Some("TCP")), (2, Some("UDP")), (1, Some("SCTP"))]) {
                port["protocol"] = json!(protocol);
            }
            port
        })
        .collect();
    let mut container = json!({"name": name});
    let ports = (!ports.is_empty()).then(|| json!(ports));
    genes.set(&mut container, "ports", ports, json!([]));
    container
}
