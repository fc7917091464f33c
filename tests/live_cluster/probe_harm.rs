//! Probe pods among the controllers of a real control plane: none takes one, and none does anything because of one. Pod Security lets
//! them in where it is strictest.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use netstore::inventory::{Collected, Coverage, Inventory, Origin};
use netstore::objects::{Objects, Resource};
use netstore::policy::{Cni, Model};
use netstore::probe::check::{Check, To};
use netstore::probe::harm::{Clone as Probe, Refusal};
use netstore::probe::image;
use netstore::probe::manifest::{self, Task};
use netstore::probe::security::other_containers;
use netstore::probe::wire::Batch;
use netstore::source::decode;
use serde_json::{Value, json};

use super::cluster::{Cluster, Run};

/// Every controller that selects pods, and policies that read what it selects, or do not.
const ZOO: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: zoo}
---
apiVersion: v1
kind: Node
metadata: {name: node-1, annotations: {kwok.x-k8s.io/node: fake}}
status: {allocatable: {cpu: 8, memory: 32Gi, pods: 110}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: zoo}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, tier: front}}
    spec: {containers: [{name: app, image: app}]}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: bare, namespace: zoo}
spec:
  replicas: 2
  selector: {matchLabels: {app: bare}}
  template:
    metadata: {labels: {app: bare, tier: back}}
    spec: {containers: [{name: app, image: app}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: zoo}
spec:
  replicas: 2
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db, tier: data}}
    spec: {containers: [{name: app, image: app}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: zoo}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: app, image: app}], tolerations: [{operator: Exists}]}
---
apiVersion: v1
kind: ReplicationController
metadata: {name: old, namespace: zoo}
spec:
  replicas: 1
  selector: {app: old}
  template:
    metadata: {labels: {app: old, tier: back}}
    spec: {containers: [{name: app, image: app}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: zoo}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: zoo}
spec: {selector: {app: db}, clusterIP: None, publishNotReadyAddresses: true, ports: [{port: 5432}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: zoo}
spec: {selector: {matchLabels: {app: web}}, maxUnavailable: 1}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: db, namespace: zoo}
spec: {selector: {matchLabels: {tier: data}}, minAvailable: 50%}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: back, namespace: zoo}
spec: {selector: {matchLabels: {tier: back}}, minAvailable: 1}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: zoo}
spec: {podSelector: {matchLabels: {app: web}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: tiers, namespace: zoo}
spec:
  podSelector: {matchLabels: {tier: data}}
  ingress: [{from: [{podSelector: {matchLabels: {tier: back}}}, {podSelector: {matchLabels: {app: agent}}}]}]
";

fn kubectl(cluster: &Cluster, args: &[&str]) -> String {
    Run::of(&cluster.kubectl().args(args).output().expect("kubectl")).ok()
}

/// A file of the cluster's folder with this object.
fn file(cluster: &Cluster, name: &str, object: &Value) -> PathBuf {
    let path = cluster.path(name);
    std::fs::write(&path, object.to_string()).expect("a file");
    path
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(300));
    }
}

fn list(cluster: &Cluster, kinds: &str, namespace: &[&str]) -> Vec<Value> {
    let text = kubectl(cluster, &[&["get", kinds, "-o", "json"], namespace].concat());
    let list: Value = serde_json::from_str(&text).expect("JSON");
    list["items"].as_array().expect("a list").clone()
}

fn inventory(cluster: &Cluster) -> Inventory {
    let kinds = "namespaces,nodes,pods,services,networkpolicies,deployments,replicasets,replicationcontrollers,statefulsets,daemonsets,jobs,poddisruptionbudgets";
    let mut objects = Objects::default();
    for item in list(cluster, kinds, &["-A"]) {
        let text = |field: &str| item[field].as_str().expect("a kind").to_owned();
        let resource = Resource::of(&text("apiVersion"), &text("kind")).expect("a kind we read");
        decode::add_object(&mut objects, resource, item).expect("an object");
    }
    let coverage = Coverage::complete(&Resource::ALL);
    Inventory::build(Collected { objects, coverage, origin: Origin::Live, ..Collected::default() })
}

/// The probe pod for a clone; of a container that is added, if one is asked for.
fn objects_of(clone: &Probe<'_>, nonce: &str) -> (Value, Value) {
    let checks = vec![Check::Tcp(To::new("10.0.0.1", 80))];
    let batch = Batch { nonce: nonce.to_owned(), agreeing: 3, attempts: 5, patience: 1000, at_once: 8, deadline: 60, checks };
    let (image, command) = (image::choose(None, None, None), ["/bin/sh".to_owned()]);
    let task = Task { image: &image, command: &command, environment: &[], batch: &batch };
    let pod = manifest::pod(clone, task, &[], 60, jiff::Timestamp::now());
    (serde_json::to_value(pod).expect("JSON"), serde_json::to_value(manifest::ephemeral(task)).expect("JSON"))
}

/// Everything controllers say and do in the zoo: their pods, who is sent to, how many may be evicted.
fn doings(cluster: &Cluster) -> BTreeMap<String, String> {
    let mut doings = BTreeMap::new();
    for item in list(cluster, "pods,poddisruptionbudgets,endpointslices", &["-n", "zoo"]) {
        let (kind, name) = (item["kind"].as_str().expect("a kind"), item["metadata"]["name"].as_str().expect("a name"));
        let said = match kind {
            "Pod" if name.starts_with("netstore-probe") => continue,
            "Pod" => item["metadata"]["uid"].to_string(),
            "PodDisruptionBudget" => {
                let failing = item["status"]["conditions"].as_array().into_iter().flatten().any(|c| c["reason"] == "SyncFailed");
                format!("{} healthy {} failing {failing}", item["status"]["disruptionsAllowed"], item["status"]["currentHealthy"])
            }
            _ => {
                let ready = item["endpoints"].as_array().into_iter().flatten().filter(|endpoint| endpoint["conditions"]["ready"] == true);
                let mut addresses: Vec<String> = ready.map(|endpoint| endpoint["addresses"].to_string()).collect();
                addresses.sort();
                addresses.join(" ")
            }
        };
        doings.insert(format!("{kind} {name}"), said);
    }
    doings
}

/// Creates a pod that no scheduler cares for.
fn create(cluster: &Cluster, mut pod: Value) {
    pod["spec"]["schedulerName"] = json!("nobody");
    (pod["apiVersion"], pod["kind"]) = (json!("v1"), json!("Pod"));
    kubectl(cluster, &["create", "-f", file(cluster, "probe.json", &pod).to_str().expect("UTF-8")]);
}

/// Creates a pod and says of it what a kubelet does: it runs, its container is not ready.
fn run(cluster: &Cluster, pod: Value, number: u8) {
    let name = pod["metadata"]["name"].as_str().expect("a name").to_owned();
    create(cluster, pod);
    let text = kubectl(cluster, &["get", "pod", &name, "-n", "zoo", "-o", "json"]);
    let mut there: Value = serde_json::from_str(&text).expect("JSON");
    let address = format!("10.244.250.{number}");
    there["status"] = json!({
        "phase": "Running", "podIP": address, "podIPs": [{"ip": address}],
        "conditions": [{"type": "ContainersReady", "status": "False"}, {"type": "Ready", "status": "False"}]});
    let path = format!("/api/v1/namespaces/zoo/pods/{name}/status");
    kubectl(cluster, &["replace", "--raw", &path, "-f", file(cluster, "status.json", &there).to_str().expect("UTF-8")]);
}

#[test]
fn controllers_do_nothing_with_probe_pods() {
    let Some(cluster) = Cluster::boot() else { return };
    let zoo = cluster.path("zoo.yaml");
    std::fs::write(&zoo, ZOO).expect("a file");
    kubectl(&cluster, &["apply", "-f", zoo.to_str().expect("UTF-8")]);
    until("all pods are ready, and all budgets know it", || {
        let said = doings(&cluster);
        let kinds = |kind: &str| said.keys().filter(|key| key.starts_with(kind)).count();
        let known = ["web", "db", "back"]
            .iter()
            .all(|budget| said.get(&format!("PodDisruptionBudget {budget}")).is_some_and(|b| !b.starts_with("0 ")));
        let ready = list(&cluster, "pods", &["-n", "zoo"]).iter().all(|pod| pod["status"]["phase"] == "Running");
        kinds("Pod ") >= 8 && known && ready
    });
    // Until nothing changes any more.
    let mut before = doings(&cluster);
    until("the controllers come to rest", || {
        std::thread::sleep(Duration::from_secs(2));
        let now = doings(&cluster);
        std::mem::replace(&mut before, now.clone()) == now
    });
    let inventory = inventory(&cluster);
    let model = Model::compile(&inventory, Cni::Upstream);
    let mut created = 0;
    for (at, info) in inventory.pods.iter().enumerate().filter(|(_, info)| info.pod.metadata.namespace == "zoo") {
        let name = &info.pod.metadata.name;
        match Probe::of(&model, at) {
            Ok(clone) => {
                assert!(!name.starts_with("agent"), "{name}");
                created += 1;
                run(&cluster, objects_of(&clone, &format!("n{created}")).0, created);
            }
            // A policy reads what the DaemonSet selects by.
            Err(refusal) => assert!(matches!(refusal, Refusal::Adopted(_)) && name.starts_with("agent"), "{name}: {refusal:?}"),
        }
    }
    assert_eq!(created, 7);
    // As long as controllers need to do something, and as the careless pod below shows, they need less.
    std::thread::sleep(Duration::from_secs(6));
    let probes = list(&cluster, "pods", &["-n", "zoo", "-l", "app.kubernetes.io/managed-by=kubectl-netstore"]);
    assert_eq!(probes.len(), 7);
    for probe in probes {
        assert!(probe["metadata"]["ownerReferences"].is_null() && probe["metadata"]["deletionTimestamp"].is_null(), "{probe}");
    }
    assert_eq!(doings(&cluster), before);

    let labels = json!({"app": "bare", "tier": "back"});
    let careless = json!({"metadata": {"name": "careless", "namespace": "zoo", "labels": labels}, "spec": {"containers": [{"name": "app", "image": "app"}]}});
    create(&cluster, careless);
    until("a ReplicaSet takes the careless pod, and ends one", || {
        let there = list(&cluster, "pods", &["-n", "zoo", "-l", "app=bare"]);
        let ending = there.iter().filter(|pod| !pod["metadata"]["deletionTimestamp"].is_null()).count();
        there.len() - ending == 2
    });
}

#[test]
fn pod_security_lets_probes_in_where_it_is_strictest() {
    let Some(cluster) = Cluster::boot() else { return };
    let own = |namespace: &str, name: &str, context: Value| {
        let container = json!({"name": "app", "image": "app", "securityContext": context});
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": {"app": "web"}}, "spec": {"containers": [container]}})
    };
    let strict = json!({"allowPrivilegeEscalation": false, "runAsNonRoot": true, "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}});
    kubectl(&cluster, &["create", "namespace", "strict"]);
    for (name, context) in [("good", strict), ("bad", json!({}))] {
        until("the namespace has its ServiceAccount", || {
            Run::of(&cluster.kubectl().args(["get", "serviceaccount", "default", "-n", "strict"]).output().expect("kubectl")).code
                == Some(0)
        });
        kubectl(&cluster, &["create", "-f", file(&cluster, "own.json", &own("strict", name, context)).to_str().expect("UTF-8")]);
    }
    kubectl(&cluster, &["label", "namespace", "strict", "pod-security.kubernetes.io/enforce=restricted"]);
    let inventory = inventory(&cluster);
    let model = Model::compile(&inventory, Cni::Upstream);
    let clone = Probe::of(&model, inventory.pod("strict", "good").expect("the pod")).expect("harmless");
    let (mut pod, container) = objects_of(&clone, "n0");
    (pod["apiVersion"], pod["kind"]) = (json!("v1"), json!("Pod"));
    kubectl(&cluster, &["create", "--dry-run=server", "-f", file(&cluster, "probe.json", &pod).to_str().expect("UTF-8")]);

    let add = |name: &str| {
        let text = kubectl(&cluster, &["get", "pod", name, "-n", "strict", "-o", "json"]);
        let mut there: Value = serde_json::from_str(&text).expect("JSON");
        there["spec"]["ephemeralContainers"] = json!([container]);
        let path = format!("/api/v1/namespaces/strict/pods/{name}/ephemeralcontainers?dryRun=All");
        let file = file(&cluster, "added.json", &there);
        Run::of(&cluster.kubectl().args(["replace", "--raw", &path, "-f", file.to_str().expect("UTF-8")]).output().expect("kubectl"))
    };
    add("good").ok();
    // It was there before the level was set.
    let refused = add("bad");
    assert_ne!(refused.code, Some(0));
    let own = container["name"].as_str().expect("a name");
    assert_eq!(other_containers(&refused.stderr.replace("\\\"", "\""), own).into_iter().collect::<Vec<_>>(), ["app"], "{}", refused.stderr);
}
