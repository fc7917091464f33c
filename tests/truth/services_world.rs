//! The Services that the services suite asks about, and the pods behind them.

use serde_json::{Value, json};

use super::world::{IMAGE, Node};

/// Where the Services are, and where their client is: so every name is one of another namespace, too.
pub const NAMESPACE: &str = "truth-services";
pub const CLIENTS: &str = "truth-clients";

/// A port of a Service and what is known beforehand: how many endpoints of how many are ready. So nothing passes because the
/// situation never came about.
pub struct Case {
    pub service: &'static str,
    pub port: u16,
    pub protocol: &'static str,
    pub ready: usize,
    pub total: usize,
    /// What is special about it.
    pub special: Special,
}

/// What a case needs beside being dialled by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    No,
    /// It has no address of its own.
    Headless,
    /// Its name leads out of the cluster.
    ExternalName,
    /// Behind it is an address outside.
    Addresses,
    /// One client always meets the same pod.
    Sticky,
    /// It is on a port of every node.
    NodePort,
    /// No endpoint has the port.
    NoPort,
    /// Only endpoints on the client's node are used, and there is none.
    Elsewhere,
}

/// All of them.
pub const CASES: [Case; 21] = [
    case("web", 80, "TCP", [2, 2], Special::No),
    case("web", 81, "TCP", [2, 2], Special::No),
    case("web", 53, "UDP", [2, 2], Special::No),
    case("unlike", 80, "TCP", [2, 2], Special::No),
    case("twice", 80, "TCP", [1, 1], Special::No),
    case("of-sidecar", 80, "TCP", [1, 1], Special::No),
    case("both-families", 80, "TCP", [2, 2], Special::No),
    case("on-node", 80, "TCP", [1, 1], Special::No),
    case("half", 80, "TCP", [2, 3], Special::No),
    case("sticky", 80, "TCP", [2, 2], Special::Sticky),
    case("node", 80, "TCP", [2, 2], Special::NodePort),
    case("db", 8080, "TCP", [2, 2], Special::Headless),
    case("slow", 80, "TCP", [0, 1], Special::No),
    case("slow-headless", 8080, "TCP", [0, 1], Special::Headless),
    case("slow-published", 80, "TCP", [1, 1], Special::No),
    case("slow-headless-published", 8080, "TCP", [1, 1], Special::Headless),
    case("nobody", 80, "TCP", [0, 0], Special::No),
    case("no-such-port", 80, "TCP", [2, 2], Special::NoPort),
    case("elsewhere", 80, "TCP", [1, 1], Special::Elsewhere),
    case("addresses", 80, "TCP", [1, 1], Special::Addresses),
    case("external", 80, "TCP", [0, 0], Special::ExternalName),
];

const fn case(service: &'static str, port: u16, protocol: &'static str, [ready, total]: [usize; 2], special: Special) -> Case {
    Case { service, port, protocol, ready, total, special }
}

fn container(name: &str, http: u16, udp: u16, ports: &Value) -> Value {
    json!({
        "name": name, "image": IMAGE, "imagePullPolicy": "IfNotPresent", "ports": ports,
        "args": ["netexec", format!("--http-port={http}"), format!("--udp-port={udp}")],
    })
}

/// Two web servers with such named ports.
fn pod_spec(one: &Value, two: &Value) -> Value {
    json!({
        "terminationGracePeriodSeconds": 0, "automountServiceAccountToken": false, "enableServiceLinks": false,
        "containers": [container("one", 8080, 5353, one), container("two", 8081, 8081, two)],
    })
}

fn pod(namespace: &str, name: &str, app: &str, spec: &Value) -> Value {
    let metadata = json!({"namespace": namespace, "name": name, "labels": {"app": app}});
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
}

fn workload(kind: &str, name: &str, service: Option<&str>, spec: &Value) -> Value {
    let labels = json!({"app": name});
    let mut object = json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"namespace": NAMESPACE, "name": name}, "spec": {
        "replicas": 2, "selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": labels}, "spec": spec}}});
    if let Some(service) = service {
        object["spec"]["serviceName"] = json!(service);
    }
    object
}

fn service(name: &str, app: &str, ports: Value, more: Value) -> Value {
    let mut spec = json!({"selector": {"app": app}, "ports": ports});
    for (field, value) in more.as_object().into_iter().flatten() {
        spec[field] = value.clone();
    }
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": NAMESPACE, "name": name}, "spec": spec})
}

/// Namespaces, pods and Services. The client is on the first node, what is elsewhere on the second.
pub fn manifests(nodes: &[Node]) -> Vec<Value> {
    let none = json!([]);
    let http = json!([{"name": "http", "containerPort": 8080}]);
    let alternative = json!([{"name": "http", "containerPort": 8081}]);
    let plain = pod_spec(&http, &none);
    let on = |node: usize, mut spec: Value| {
        spec["nodeName"] = json!(nodes[node].name);
        spec
    };
    // Only an init container that stays declares the port.
    let mut sidecar = pod_spec(&none, &none);
    sidecar["initContainers"] = json!([container("stays", 8082, 8082, &json!([{"name": "http", "containerPort": 8082}]))]);
    sidecar["initContainers"][0]["restartPolicy"] = json!("Always");
    // Runs, and is never ready.
    let mut slow = pod_spec(&http, &none);
    slow["containers"][0]["readinessProbe"] = json!({"exec": {"command": ["/bin/false"]}, "periodSeconds": 5});
    let mut host = json!({"hostNetwork": true, "terminationGracePeriodSeconds": 0, "automountServiceAccountToken": false});
    host["containers"] = json!([container("one", 18082, 15355, &json!([{"name": "http", "containerPort": 18082}]))]);

    let to = |target: Value| json!([{"port": 80, "targetPort": target}]);
    let web = json!([
        {"name": "http", "port": 80, "targetPort": "http"},
        {"name": "second", "port": 81, "targetPort": 8081},
        {"name": "udp", "port": 53, "protocol": "UDP", "targetPort": 5353},
    ]);
    let headless = json!({"clusterIP": "None"});
    let same_port = json!([{"port": 8080}]);
    let slice = json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"namespace": NAMESPACE, "name": "addresses-1", "labels": {"kubernetes.io/service-name": "addresses"}},
        "ports": [{"port": 80, "protocol": "TCP", "name": ""}],
        "endpoints": [{"addresses": ["198.51.100.10"], "conditions": {"ready": true}}]});
    let mut without_selector = service("addresses", "", to(json!(80)), json!({}));
    without_selector["spec"]["selector"] = Value::Null;
    let external = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": NAMESPACE, "name": "external"},
        "spec": {"type": "ExternalName", "externalName": "web.outside.test", "ports": [{"port": 80}]}});
    let namespace = |name: &str| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    vec![
        namespace(NAMESPACE),
        namespace(CLIENTS),
        pod(CLIENTS, "client", "client", &on(0, plain.clone())),
        workload("Deployment", "web", None, &plain),
        workload("StatefulSet", "db", Some("db"), &plain),
        pod(NAMESPACE, "unlike-0", "unlike", &on(0, plain.clone())),
        pod(NAMESPACE, "unlike-1", "unlike", &on(1, pod_spec(&none, &alternative))),
        pod(NAMESPACE, "twice", "twice", &on(1, pod_spec(&http, &alternative))),
        pod(NAMESPACE, "sidecar", "sidecar", &on(0, sidecar)),
        pod(NAMESPACE, "far", "far", &on(1, plain.clone())),
        pod(NAMESPACE, "host", "host", &on(1, host)),
        pod(NAMESPACE, "slow", "slow", &on(1, slow.clone())),
        pod(NAMESPACE, "half-0", "half", &on(0, plain.clone())),
        pod(NAMESPACE, "half-1", "half", &on(1, plain)),
        pod(NAMESPACE, "half-2", "half", &on(0, slow)),
        service("web", "web", web, json!({})),
        service("unlike", "unlike", to(json!("http")), json!({})),
        service("twice", "twice", to(json!("http")), json!({})),
        service("of-sidecar", "sidecar", to(json!("http")), json!({})),
        service("both-families", "web", to(json!(8080)), json!({"ipFamilyPolicy": "PreferDualStack"})),
        service("on-node", "host", to(json!("http")), json!({})),
        service("half", "half", to(json!(8080)), json!({})),
        service("sticky", "web", to(json!(8080)), json!({"sessionAffinity": "ClientIP"})),
        service("node", "web", to(json!(8080)), json!({"type": "NodePort"})),
        service("db", "db", same_port.clone(), headless.clone()),
        service("slow", "slow", to(json!(8080)), json!({})),
        service("slow-headless", "slow", same_port.clone(), headless),
        service("slow-published", "slow", to(json!(8080)), json!({"publishNotReadyAddresses": true})),
        service("slow-headless-published", "slow", same_port, json!({"clusterIP": "None", "publishNotReadyAddresses": true})),
        service("nobody", "nobody", to(json!(8080)), json!({})),
        service("no-such-port", "web", to(json!("missing")), json!({})),
        service("elsewhere", "far", to(json!(8080)), json!({"internalTrafficPolicy": "Local"})),
        without_selector,
        slice,
        external,
    ]
}
