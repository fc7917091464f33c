//! Brings the world of the reach suite into the cluster, and opens ways to its pods.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::attempt::Source;
use super::cluster::Cluster;
use super::dialer::Dialer;
use super::http::Request;
use super::world::{NAMESPACES, Node, SERVICES, World};

/// Where the cluster's outside has its web servers, in both families; `tests/cluster/outside.sh` sets them up.
const OUTSIDE: [&str; 4] = ["198.51.100.10", "198.51.100.11", "2001:db8:51::10", "2001:db8:51::11"];
/// The outside's own address on the bridge, which the machine has a route to.
const OUTSIDE_ON_BRIDGE: &str = "10.200.0.250";

fn addresses(list: &Value, field: &str) -> Vec<IpAddr> {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| item[field].as_str().and_then(|ip| ip.parse().ok())).collect()
}

/// Nodes that pods can be put on.
pub fn nodes(cluster: &Cluster) -> Result<Vec<Node>, String> {
    let list = cluster.api(&[Request::get("/api/v1/nodes")])?.remove(0);
    let node = |node: &Value| {
        let internal = node["status"]["addresses"].as_array().into_iter().flatten().filter(|address| address["type"] == "InternalIP");
        let ranges = node["spec"]["podCIDRs"].as_array().into_iter().flatten();
        Node {
            name: node["metadata"]["name"].as_str().unwrap_or_default().to_owned(),
            addresses: addresses(&internal.cloned().collect(), "address"),
            ranges: ranges.filter_map(Value::as_str).map(str::to_owned).collect(),
        }
    };
    let real = |node: &&Value| node["metadata"]["annotations"]["kwok.x-k8s.io/node"].is_null();
    let mut nodes: Vec<Node> = list["items"].as_array().into_iter().flatten().filter(real).map(node).collect();
    nodes.sort_by(|a, b| a.name.cmp(&b.name));
    nodes.truncate(2);
    if nodes.len() < 2 { Err("the reach suite needs two nodes".to_owned()) } else { Ok(nodes) }
}

/// Whether this kernel, which is that of the nodes, has sockets for SCTP.
fn sctp() -> bool {
    std::fs::read_to_string("/proc/net/protocols").is_ok_and(|text| text.lines().any(|line| line.starts_with("SCTP ")))
}

/// The world, running: namespaces, Services and pods with their addresses.
pub fn world(cluster: &Cluster) -> Result<World, String> {
    let outside = OUTSIDE.iter().map(|address| address.parse().expect("an address")).collect();
    let mut world = World::planned(nodes(cluster)?, outside, sctp());
    make_room(cluster, &NAMESPACES)?;
    cluster.apply(&world.manifests())?;
    for namespace in NAMESPACES {
        cluster.run_kubectl(&["wait", "-n", namespace, "pod", "--all", "--for=condition=Ready", "--timeout=120s"])?;
    }
    let pod_path = |namespace: &str, name: &str| Request::get(format!("/api/v1/namespaces/{namespace}/pods/{name}"));
    let requests: Vec<Request> = world.pods.iter().map(|pod| pod_path(pod.namespace, pod.name)).collect();
    for (pod, object) in world.pods.iter_mut().zip(cluster.api(&requests)?) {
        pod.addresses = addresses(&object["status"]["podIPs"], "ip");
        if pod.addresses.is_empty() {
            return Err(format!("{}/{} has no address", pod.namespace, pod.name));
        }
    }
    let service_path = |namespace: &str, name: &str| Request::get(format!("/api/v1/namespaces/{namespace}/services/{name}"));
    let requests: Vec<Request> = SERVICES.iter().map(|service| service_path(service.namespace, service.name)).collect();
    world.services = cluster.api(&requests)?.iter().map(|s| s["spec"]["clusterIP"].as_str().and_then(|ip| ip.parse().ok())).collect();
    Ok(world)
}

/// Ways to every source there is; also says where the attempts of the machine and of the outside come from.
pub fn dialer(cluster: &Cluster, world: &mut World) -> Result<Dialer, String> {
    let mut dialer = Dialer::default();
    for (at, pod) in world.pods.iter().enumerate() {
        dialer.add_pod(cluster, Source::Pod(at), (pod.namespace, pod.name), pod.control_port())?;
    }
    dialer.add_here(Source::Machine);
    dialer.add_server(Source::Outside, OUTSIDE_ON_BRIDGE.parse().expect("an address"), 80);
    let target = world.pods.iter().find(|pod| !pod.host).ok_or("no pods")?;
    let dial = format!("/dial?host={}&port={}&request=clientip&tries=1", target.addresses[0], target.control_port());
    let said: Value = serde_json::from_str(&dialer.ask(Source::Outside, dial)?).map_err(|error| error.to_string())?;
    let seen = said["responses"][0].as_str().unwrap_or_default();
    if !seen.starts_with(&format!("{}:", OUTSIDE[0])) {
        return Err(format!("the outside should be seen as {} and is seen as {said}", OUTSIDE[0]));
    }
    world.machine = super::dialer::own_address(target.addresses[0]);
    Ok(dialer)
}

/// Waits until namespaces that an earlier run is leaving are gone, and has the data plane enforce policies.
pub fn make_room(cluster: &Cluster, namespaces: &[&str]) -> Result<(), String> {
    cluster.data_plane("networkpolicy")?;
    let all = cluster.api(&[Request::get("/api/v1/namespaces")])?.remove(0);
    let names = (all["items"].as_array().into_iter().flatten())
        .filter(|namespace| !namespace["metadata"]["deletionTimestamp"].is_null())
        .filter_map(|namespace| namespace["metadata"]["name"].as_str());
    for name in names.filter(|name| namespaces.contains(name)) {
        cluster.run_kubectl(&["wait", "--for=delete", &format!("namespace/{name}"), "--timeout=120s"])?;
    }
    Ok(())
}

/// Takes everything in these namespaces away again.
pub fn remove(cluster: &Cluster, namespaces: &[&str]) -> Result<(), String> {
    let delete = |namespace: &&str| Request {
        method: "DELETE",
        path: format!("/api/v1/namespaces/{namespace}"),
        body: Some(("application/json", json!({}).to_string())),
    };
    cluster.api(&namespaces.iter().map(delete).collect::<Vec<_>>()).map(drop)
}
