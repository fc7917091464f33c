//! Objects of every kind that names come from: all types of Services, made by chance but always the same.

use serde_json::{Value, json};

/// Namespaces with Services in them; the last one is on its way out.
pub const NAMESPACES: [&str; 6] = ["zoo-a", "zoo-b", "zoo-c", "zoo-d", "zoo-e", "zoo-gone"];
/// Services in each of them.
const SERVICES: usize = 60;
/// Pods in each of them.
const PODS: usize = 8;

/// Numbers that look like chance (Knuth's MMIX generator).
pub struct Chance(pub u64);

impl Chance {
    /// One of the first `n` numbers.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(n).expect("a number")).expect("a number")
    }

    /// One of these.
    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// What is created, and pods with the status that they are given afterwards.
pub struct Zoo {
    pub objects: Vec<Value>,
    pub pods: Vec<Value>,
}

/// All of it.
pub fn zoo() -> Zoo {
    let mut chance = Chance(7);
    let mut zoo = Zoo { objects: Vec::new(), pods: Vec::new() };
    for (at, namespace) in NAMESPACES.iter().enumerate() {
        let labels = if at % 2 == 0 { json!({"names": "out"}) } else { json!({}) };
        zoo.objects.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}}));
    }
    // Namespaces go with all that is in them, but not before this ConfigMap does.
    zoo.objects.push(json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "stays", "namespace": "zoo-gone", "finalizers": ["netstore.test/stays"]}}));
    for namespace in &NAMESPACES[..5] {
        for number in 0..SERVICES {
            let service = service(&mut chance, namespace, number);
            zoo.objects.extend(slices(&mut chance, namespace, number));
            zoo.objects.push(service);
        }
        // Endpoints of a Service that does not exist, and endpoints of none.
        zoo.objects.push(slice(&mut chance, namespace, "lost-1", Some("lost"), 4));
        zoo.objects.push(slice(&mut chance, namespace, "nobodys", None, 4));
        for number in 0..PODS {
            let pod = pod(&mut chance, namespace, number);
            let mut made = pod.clone();
            made.as_object_mut().expect("a pod").remove("status");
            zoo.objects.push(made);
            zoo.pods.push(pod);
        }
    }
    zoo
}

fn port(name: &str, number: usize, protocol: &str) -> Value {
    let mut port = json!({"port": number, "protocol": protocol});
    if !name.is_empty() {
        port["name"] = json!(name);
    }
    port
}

fn service(chance: &mut Chance, namespace: &str, number: usize) -> Value {
    let several = json!([port("http", 80, "TCP"), port("dns", 53, "UDP"), port("dns-tcp", 53, "TCP"), port("sig", 99, "SCTP")]);
    let one = json!([port("http", 8080, "TCP")]);
    let unnamed = json!([port("", 443, "TCP")]);
    let ports = [several, one, unnamed][chance.below(3)].clone();
    let external = [
        "api.example.com".to_owned(),
        "192.0.2.7".to_owned(),
        "192.0.2.7.".to_owned(),
        format!("svc-0.{namespace}.svc.cluster.local"),
        format!("svc-3.{namespace}.svc.cluster.local."),
        format!("svc-4.{namespace}.svc.cluster.local"),
        format!("svc-{}.{namespace}.svc.cluster.local", number + 12),
        format!("svc-{number}.{namespace}.svc.cluster.local"),
        format!("x.svc-{number}.{namespace}.svc.cluster.local"),
        "nosuch.zoo-a.svc.cluster.local".to_owned(),
        "svc-0.zoo-a.svc.corp.example".to_owned(),
        "printer.hosts.example".to_owned(),
    ];
    let spec = match number % 12 {
        0 => json!({"ports": ports}),
        1 => json!({"ports": ports, "ipFamilyPolicy": "RequireDualStack"}),
        2 => json!({"ports": ports, "ipFamilies": ["IPv6"], "ipFamilyPolicy": "SingleStack"}),
        3 => json!({"ports": ports, "clusterIP": "None"}),
        4 => json!({"ports": ports, "clusterIP": "None", "ipFamilyPolicy": "RequireDualStack"}),
        5 => json!({"clusterIP": "None"}),
        6 | 7 => json!({"type": "ExternalName", "externalName": chance.one_of(&external.each_ref().map(String::as_str))}),
        8 => json!({"ports": ports, "type": "NodePort"}),
        9 => json!({"ports": ports, "type": "LoadBalancer"}),
        10 => json!({"ports": ports, "clusterIP": "None", "publishNotReadyAddresses": true}),
        _ => json!({"ports": ports, "type": "ExternalName", "externalName": external[number / 12 % external.len()]}),
    };
    let labels = if number.is_multiple_of(3) { json!({"dns": "shown"}) } else { json!({}) };
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": namespace, "name": format!("svc-{number}"), "labels": labels}, "spec": spec})
}

/// None to three slices of a Service.
fn slices(chance: &mut Chance, namespace: &str, number: usize) -> Vec<Value> {
    let (slices, service) = (chance.below(4), format!("svc-{number}"));
    (0..slices)
        .map(|at| {
            let family = if number % 12 == 2 { 6 } else { chance.one_of(&[4, 4, 6]) };
            let mut slice = slice(chance, namespace, &format!("{service}-{at}"), Some(&service), family);
            if number.is_multiple_of(3) {
                slice["metadata"]["labels"]["dns"] = json!("shown");
            }
            slice
        })
        .collect()
}

fn slice(chance: &mut Chance, namespace: &str, name: &str, service: Option<&str>, family: usize) -> Value {
    let ports = match chance.below(5) {
        0 => json!([]),
        1 => json!([{"name": "", "port": 443, "protocol": "TCP"}]),
        2 => json!([{"name": "http", "protocol": "TCP"}]),
        3 => json!([port("http", 8080, "TCP"), port("dns", 5353, "UDP")]),
        _ => json!([port("http", 8080, "TCP")]),
    };
    let endpoints: Vec<Value> = (0..1 + chance.below(4))
        .map(|at| {
            // Few addresses, so that some are those of several Services.
            let number = 1 + chance.below(60);
            let address = if family == 4 {
                format!("10.1.0.{number}")
            } else {
                chance.one_of(&["fd01::", "fd01::a:"]).to_owned() + &format!("{number:x}")
            };
            let address = if family == 6 && number == 9 { "fd01:0:0:1::".to_owned() } else { address };
            let conditions = match chance.below(4) {
                0 => json!({"ready": false}),
                1 => json!({"ready": true}),
                2 => json!({"ready": false, "serving": true, "terminating": true}),
                _ => json!({}),
            };
            let mut endpoint = json!({"addresses": [address], "conditions": conditions});
            match chance.below(5) {
                0 => endpoint["hostname"] = json!(format!("host-{at}")),
                1 => endpoint["targetRef"] = json!({"kind": "Pod", "namespace": namespace, "name": format!("pod-{at}")}),
                2 => endpoint["targetRef"] = json!({"kind": "Pod", "namespace": namespace, "name": format!("pod.with.dots-{at}")}),
                3 => endpoint["targetRef"] = json!({"kind": "Pod", "namespace": namespace, "name": "x".repeat(64)}),
                _ => {}
            }
            endpoint
        })
        .collect();
    let mut metadata = json!({"namespace": namespace, "name": name, "labels": {"endpointslice.kubernetes.io/managed-by": "netstore-test"}});
    if let Some(service) = service {
        metadata["labels"]["kubernetes.io/service-name"] = json!(service);
    }
    let family = if family == 4 { "IPv4" } else { "IPv6" };
    json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": metadata,
        "addressType": family, "ports": ports, "endpoints": endpoints})
}

/// A pod that no node runs, as if one did.
fn pod(chance: &mut Chance, namespace: &str, number: usize) -> Value {
    let (first, second) = (format!("10.1.0.{}", 1 + chance.below(60)), format!("fd01::{:x}", 1 + chance.below(60)));
    let addresses = chance.one_of(&[[&first, &second], [&second, &first]]);
    let phase = ["Running", "Running", "Running", "Pending", "Succeeded", "Failed", "Unknown", "Running"][number % 8];
    let labels = if number.is_multiple_of(2) { json!({"dns": "shown"}) } else { json!({}) };
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"namespace": namespace, "name": format!("pod-{number}"), "labels": labels},
        "spec": {"schedulerName": "nobody", "containers": [{"name": "c", "image": "registry.k8s.io/pause:3.10"}]},
        "status": {"phase": phase, "podIP": addresses[0], "podIPs": addresses.map(|ip| json!({"ip": ip}))}})
}
