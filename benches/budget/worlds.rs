//! Generated clusters of the sizes that budgets speak of. Plain arithmetic, no randomness: every run measures the same.
//!
//! Objects are JSON as the API server sends it, pods with everything a real pod carries, so that parsing is measured on
//! what it really has to skip.

use netstore::objects::Resource;
use serde_json::{Value, json};

/// Takes one object after the other.
pub type Sink<'a> = &'a mut dyn FnMut(Resource, Value);

/// A generated cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum World {
    /// So many namespaces of 4 pods and 3 policies: a ring of namespace selectors, a named port, an endPort range, an
    /// ipBlock with except.
    Ring(usize),
    /// 604 namespaces, about 5,400 pods and 13,700 policies, labels of their own for every application.
    Company,
    /// 250 namespaces, 10,000 pods, 2,250 policies.
    TenThousandPods,
    /// 25,000 namespaces, 100,000 pods, 75,000 policies.
    Huge,
    /// One namespace, 10,000 pods with labels of their own in 100 workloads, 10,000 policies that all select all pods and
    /// allow different peers.
    Crowd,
    /// 5,000 claims and 5,000 volumes made by hand.
    FixedVolumes,
    /// 5,000 claims whose pods wait for 5,000 local volumes on 100 nodes.
    LocalVolumes,
}

impl World {
    /// Every world with the name that child processes know it by.
    pub const NAMES: [(&'static str, Self); 8] = [
        ("ring-100", Self::Ring(100)),
        ("ring-250", Self::Ring(250)),
        ("company", Self::Company),
        ("ten-thousand-pods", Self::TenThousandPods),
        ("huge", Self::Huge),
        ("crowd", Self::Crowd),
        ("fixed-volumes", Self::FixedVolumes),
        ("local-volumes", Self::LocalVolumes),
    ];

    /// Makes all objects.
    pub fn make(self, sink: Sink<'_>) {
        match self {
            Self::Ring(namespaces) => ring(namespaces, sink),
            Self::Company => company(604, 9, 1 << 20, sink),
            Self::TenThousandPods => company(250, 40, 9, sink),
            Self::Huge => ring(25_000, sink),
            Self::Crowd => crowd(sink),
            Self::FixedVolumes => super::storage::fixed(sink),
            Self::LocalVolumes => super::storage::local(sink),
        }
    }

    /// The pod that questions about policies are about: (namespace, name).
    pub fn target(self) -> (&'static str, &'static str) {
        match self {
            Self::Ring(_) | Self::Huge => ("ns-7", "server-0"),
            Self::Company | Self::TenThousandPods => ("ns-7", "app-1-5d9c6b7f4-0"),
            Self::Crowd => ("crowd", "app-7-5d9c6b7f4-3"),
            Self::FixedVolumes | Self::LocalVolumes => ("team-7", "app-7"),
        }
    }
}

fn namespace(name: &str, labels: &Value, sink: Sink<'_>) {
    let mut labels = labels.clone();
    labels["kubernetes.io/metadata.name"] = json!(name);
    sink(Resource::Namespaces, json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}));
}

fn nodes(number: usize, sink: Sink<'_>) {
    for node in 0..number {
        let addresses = json!([{"type": "InternalIP", "address": node_ip(node)}, {"type": "Hostname", "address": format!("node-{node}")}]);
        let status = json!({"addresses": addresses, "capacity": {"cpu": "8", "memory": "32Gi", "pods": "110"}});
        sink(
            Resource::Nodes,
            json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": format!("node-{node}")}, "spec": {}, "status": status}),
        );
    }
}

fn node_ip(node: usize) -> String {
    format!("192.168.{}.{}", node / 250, node % 250 + 1)
}

/// Address number `n` of the range of pods, 10.0.0.0/8.
fn pod_ip(n: usize) -> String {
    format!("10.{}.{}.{}", (n >> 16) & 255, (n >> 8) & 255, n & 255)
}

/// A policy.
fn policy(namespace: &str, name: &str, spec: &Value, sink: Sink<'_>) {
    let metadata = json!({"name": name, "namespace": namespace, "uid": format!("{namespace}-{name}"), "resourceVersion": "1",
        "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"});
    sink(
        Resource::NetworkPolicies,
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}),
    );
}

/// One application: a Deployment, its ReplicaSet and its pods, which have the addresses from `first` on.
struct App<'a> {
    namespace: &'a str,
    name: &'a str,
    labels: Value,
    replicas: usize,
    first: usize,
}

impl App<'_> {
    fn make(&self, sink: Sink<'_>) {
        let Self { namespace, name, labels, replicas, first } = self;
        let set = format!("{name}-5d9c6b7f4");
        let owned = |kind: &str, owner: &str| json!([{"apiVersion": "apps/v1", "kind": kind, "name": owner, "controller": true}]);
        let template = json!({"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "ports": ports()}]}});
        let spec = json!({"replicas": replicas, "selector": {"matchLabels": labels}, "template": template});
        let metadata = json!({"name": name, "namespace": namespace, "labels": labels});
        sink(Resource::Deployments, json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}));
        let metadata = json!({"name": set, "namespace": namespace, "ownerReferences": owned("Deployment", name)});
        sink(Resource::ReplicaSets, json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec}));
        for replica in 0..*replicas {
            let mut labels = labels.clone();
            labels["pod-template-hash"] = json!("5d9c6b7f4");
            let pod_name = format!("{set}-{replica}");
            pod(namespace, &pod_name, &labels, &owned("ReplicaSet", &set), first + replica, sink);
        }
    }
}

fn ports() -> Value {
    json!([{"name": "http", "containerPort": 8080, "protocol": "TCP"}, {"name": "metrics", "containerPort": 9090, "protocol": "TCP"}])
}

/// A pod as the API server sends it, most of which no question reads.
fn pod(namespace: &str, name: &str, labels: &Value, owners: &Value, n: usize, sink: Sink<'_>) {
    let node = n % 200;
    let probe = |path: &str| {
        json!({"httpGet": {"path": path, "port": "http", "scheme": "HTTP"}, "initialDelaySeconds": 5, "timeoutSeconds": 1,
        "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3})
    };
    let resources = || json!({"limits": {"cpu": "500m", "memory": "512Mi"}, "requests": {"cpu": "100m", "memory": "128Mi"}});
    let container = |name: &str| {
        json!({"name": name, "image": format!("registry.example.com/team/{name}:v1.2.{n}"), "args": ["--port=8080", "--log-level=info"],
            "ports": if name == "main" { ports() } else { Value::Null }, "livenessProbe": probe("/healthz"), "readinessProbe": probe("/readyz"),
            "resources": resources(),
            "volumeMounts": [{"name": "config", "mountPath": "/etc/app"},
                {"name": "kube-api-access", "readOnly": true, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}],
            "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File", "imagePullPolicy": "IfNotPresent",
            "securityContext": {"capabilities": {"drop": ["ALL"]}, "runAsNonRoot": true, "readOnlyRootFilesystem": true}})
    };
    let condition =
        |kind: &str| json!({"type": kind, "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": 1});
    let status = |name: &str| {
        json!({"name": name, "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}, "lastState": {}, "ready": true, "restartCount": 0,
            "image": format!("registry.example.com/team/{name}:v1.2.{n}"), "imageID": format!("sha256:{n:064x}"),
            "containerID": format!("containerd://{n:064x}"), "started": true,
            "resources": resources(), "allocatedResources": resources()["requests"]})
    };
    let toleration = |key: &str| json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300});
    let object = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "generateName": "app-", "namespace": namespace, "uid": format!("{n:08x}-0000-4000-8000-000000000000"),
            "resourceVersion": n.to_string(), "creationTimestamp": "2026-01-01T00:00:00Z", "labels": labels, "ownerReferences": owners,
            "annotations": {"prometheus.io/scrape": "true", "checksum/config": format!("{n:064x}")}},
        "spec": {"nodeName": format!("node-{node}"), "containers": [container("main"), container("proxy")],
            "volumes": [{"name": "config", "configMap": {"name": "app", "defaultMode": 420}}, {"name": "kube-api-access", "projected": {
                "defaultMode": 420, "sources": [{"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}]}}],
            "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst", "serviceAccountName": "default",
            "securityContext": {}, "schedulerName": "default-scheduler", "priority": 0, "enableServiceLinks": true,
            "tolerations": [toleration("node.kubernetes.io/not-ready"), toleration("node.kubernetes.io/unreachable")]},
        "status": {"phase": "Running", "qosClass": "Burstable", "startTime": "2026-01-01T00:00:00Z", "hostIP": node_ip(node),
            "podIP": pod_ip(n), "podIPs": [{"ip": pod_ip(n)}], "hostIPs": [{"ip": node_ip(node)}],
            "conditions": [condition("PodScheduled"), condition("Initialized"), condition("ContainersReady"), condition("Ready")],
            "containerStatuses": [status("main"), status("proxy")]},
    });
    sink(Resource::Pods, object);
}

/// Namespaces in a ring: each lets in the next one, and goes out to the one before.
fn ring(namespaces: usize, sink: Sink<'_>) {
    nodes(200, sink);
    for n in 0..namespaces {
        let name = format!("ns-{n}");
        namespace(&name, &json!({"ring": format!("r{n}"), "tier": if n % 2 == 0 { "front" } else { "back" }}), sink);
        for p in 0..4 {
            let role = ["server", "client"][p / 2];
            let labels = json!({"app": role, "replica": format!("{}", p % 2)});
            pod(&name, &format!("{role}-{}", p % 2), &labels, &Value::Null, n * 4 + p + 256, sink);
        }
        let of = |n: usize| json!({"matchLabels": {"ring": format!("r{n}")}});
        let (next, before) = ((n + 1) % namespaces, (n + namespaces - 1) % namespaces);
        let server = json!({"matchLabels": {"app": "server"}});
        let spec = json!({"podSelector": {}, "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"namespaceSelector": of(next)}], "ports": [{"port": "http"}]}]});
        policy(&name, "named-port", &spec, sink);
        let spec = json!({"podSelector": {}, "policyTypes": ["Egress"],
            "egress": [{"to": [{"namespaceSelector": of(before), "podSelector": server}], "ports": [{"port": 8000, "endPort": 8100}]}]});
        policy(&name, "port-range", &spec, sink);
        let block = json!({"cidr": "172.16.0.0/12", "except": [format!("172.{}.{}.0/24", 16 + n % 16, n % 256)]});
        let spec = json!({"podSelector": server, "policyTypes": ["Ingress"], "ingress": [{"from": [{"ipBlock": block}], "ports": [{"port": 443}]}]});
        policy(&name, "block", &spec, sink);
    }
}

/// Applications of `apps_and_pods` pods a namespace, three or four pods each, and the policies a company has: a default
/// deny, DNS, monitoring, and for each application its callers, its data base, the outside and stale ones.
fn company(namespaces: usize, pods_each: usize, most_policies: usize, sink: Sink<'_>) {
    nodes(200, sink);
    let mut address = 256;
    for n in 0..namespaces {
        let name = format!("ns-{n}");
        let team = format!("team-{}", n % 40);
        let stage = ["prod", "test", "dev"][n % 3];
        namespace(&name, &json!({"team": team, "stage": stage, "cost-centre": format!("c{n}")}), sink);
        let apps = pods_each.div_ceil(4);
        let mut left = pods_each;
        for a in 0..apps {
            let replicas = left.min(4);
            left -= replicas;
            let app = format!("app-{a}");
            let tier = ["web", "api", "db"][a % 3];
            let labels = json!({"app": format!("{name}-{app}"), "tier": tier, "team": team, "version": format!("v{}", n % 7)});
            App { namespace: &name, name: &app, labels, replicas, first: address }.make(sink);
            address += replicas;
            service(&name, &app, sink);
        }
        policies_of_company(n, namespaces, apps, most_policies, sink);
    }
}

fn service(namespace: &str, app: &str, sink: Sink<'_>) {
    let spec = json!({"type": "ClusterIP", "clusterIP": "10.96.0.9", "selector": {"app": format!("{namespace}-{app}")},
        "ports": [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}]});
    let metadata = json!({"name": app, "namespace": namespace});
    sink(
        Resource::Services,
        json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec, "status": {"loadBalancer": {}}}),
    );
}

fn policies_of_company(n: usize, namespaces: usize, apps: usize, most: usize, sink: Sink<'_>) {
    let ns = format!("ns-{n}");
    let app = |n: usize, a: usize| json!({"matchLabels": {"app": format!("ns-{n}-app-{a}")}});
    let by_name = |name: String| json!({"matchLabels": {"kubernetes.io/metadata.name": name}});
    let mut specs = vec![
        json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}),
        json!({"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": [{"namespaceSelector": by_name("ns-0".to_owned())}],
            "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53}]}, {"to": [{"podSelector": {}}]}]}),
        json!({"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [{"namespaceSelector": by_name("ns-1".to_owned()),
            "podSelector": {"matchLabels": {"tier": "api"}}}], "ports": [{"port": "metrics"}]}]}),
        json!({"podSelector": {}, "ingress": [{"from": [{"podSelector": {}}]}]}),
    ];
    for a in 0..apps {
        let caller = (n + 7 * a + 1) % namespaces;
        let peer = json!({"namespaceSelector": by_name(format!("ns-{caller}")), "podSelector": app(caller, a % 2)});
        specs.push(
            json!({"podSelector": app(n, a), "policyTypes": ["Ingress"], "ingress": [{"from": [peer], "ports": [{"port": "http"}]}]}),
        );
        let callee = (n + namespaces - (7 * a + 1)) % namespaces;
        let peer = json!({"namespaceSelector": by_name(format!("ns-{callee}")), "podSelector": app(callee, a)});
        specs.push(json!({"podSelector": app(n, a), "policyTypes": ["Egress"], "egress": [{"to": [peer], "ports": [{"port": 8080}]}]}));
        let team = json!({"matchExpressions": [{"key": "team", "operator": "In", "values": [format!("team-{}", n % 40), format!("team-{}", a)]},
            {"key": "stage", "operator": "NotIn", "values": ["dev"]}]});
        specs.push(json!({"podSelector": app(n, a), "ingress": [{"from": [{"namespaceSelector": team, "podSelector":
            {"matchExpressions": [{"key": "tier", "operator": "In", "values": ["web", "api"]}]}}], "ports": [{"port": 8000, "endPort": 8100}]}]}));
        let block =
            json!({"cidr": format!("172.{}.0.0/16", 16 + (n + a) % 16), "except": [format!("172.{}.{}.0/24", 16 + (n + a) % 16, n % 256)]});
        specs.push(json!({"podSelector": app(n, a), "policyTypes": ["Egress"], "egress": [{"to": [{"ipBlock": block}], "ports": [{"port": 443}]}]}));
        // Left behind by an application that is no more.
        specs.push(
            json!({"podSelector": {"matchLabels": {"app": format!("old-{n}-{a}")}}, "ingress": [{"from": [{"podSelector": app(n, a)}]}]}),
        );
        specs.push(
            json!({"podSelector": app(n, a), "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": format!("old-{n}-{a}")}}}]}]}),
        );
    }
    // With three applications a namespace 22 or 23 policies each: 13,700 in 604 namespaces.
    if !n.is_multiple_of(3) {
        specs.push(
            json!({"podSelector": {"matchLabels": {"tier": "web"}}, "policyTypes": ["Ingress"], "ingress": [{"ports": [{"port": 8080}]}]}),
        );
    }
    for (number, spec) in specs.iter().take(most).enumerate() {
        policy(&ns, &format!("policy-{number}"), spec, sink);
    }
}

/// All policies select all pods; each allows one pod, or one workload, on a port of its own.
fn crowd(sink: Sink<'_>) {
    nodes(200, sink);
    namespace("crowd", &json!({}), sink);
    namespace("elsewhere", &json!({"team": "other"}), sink);
    for a in 0..100 {
        let name = format!("app-{a}");
        App { namespace: "crowd", name: &name, labels: json!({"app": name}), replicas: 100, first: a * 100 + 256 }.make(
            &mut |resource, mut object| {
                if resource == Resource::Pods {
                    let name = object["metadata"]["name"].clone();
                    object["metadata"]["labels"]["statefulset.kubernetes.io/pod-name"] = name;
                }
                sink(resource, object);
            },
        );
    }
    for n in 0..10_000 {
        let (a, replica) = (n / 100, n % 100);
        let pod = json!({"matchLabels": {"statefulset.kubernetes.io/pod-name": format!("app-{a}-5d9c6b7f4-{replica}")}});
        let peer = match n % 4 {
            0 | 1 => json!({"podSelector": pod}),
            2 => {
                json!({"podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": [format!("app-{a}"), format!("gone-{n}")]}]}})
            }
            _ => json!({"ipBlock": {"cidr": format!("172.16.{}.{}/32", n / 250 % 250, n % 250)}}),
        };
        let spec =
            json!({"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [peer], "ports": [{"port": 8000 + n % 50}]}]});
        policy("crowd", &format!("policy-{n}"), &spec, sink);
    }
}
