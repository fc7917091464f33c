//! The pods that the reach suite asks from and about: who they are, what they listen on and how they name their ports.

use std::net::IpAddr;

use netstore::objects::Protocol;
use serde_json::{Value, json};

use super::predicted::Named;

/// The image that every pod runs.
pub const IMAGE: &str = "registry.k8s.io/e2e-test-images/agnhost:2.56";

/// Namespaces of the suite.
pub const NAMESPACES: [&str; 4] = ["truth-w", "truth-x", "truth-y", "truth-z"];

/// What every pod of the cluster's network is asked on: two open ports and a closed one of TCP, two of UDP. Rules know them
/// by number, so 8081 is there in both protocols.
pub const PORTS: [(Protocol, u16); 5] =
    [(Protocol::Tcp, 8080), (Protocol::Tcp, 8081), (Protocol::Tcp, CLOSED), (Protocol::Udp, 5353), (Protocol::Udp, 8081)];

/// Nothing listens there; an attempt that is let through is refused by the pod.
pub const CLOSED: u16 = 8090;

/// Where pods listen on SCTP, if the kernel has it.
const SCTP: u16 = 8080;

/// A pod as it is planned.
pub struct Pod {
    pub namespace: &'static str,
    pub name: &'static str,
    /// Position among the nodes.
    pub node: usize,
    /// Whether it is on the network of its node.
    pub host: bool,
    /// Named ports: whoever declares them, name, protocol, number.
    named: &'static [(Declarer, &'static str, Protocol, u16)],
    /// The value of its label `set`, which is never drawn anew: Services select by it.
    pub set: &'static str,
    /// Whether it listens on SCTP, too.
    pub sctp: bool,
    /// Its addresses, the primary one first; none before it runs.
    pub addresses: Vec<IpAddr>,
}

/// Which container of a pod declares a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Declarer {
    One,
    Two,
    /// An init container that stays.
    Sidecar,
}

/// A node of the cluster.
pub struct Node {
    pub name: String,
    pub addresses: Vec<IpAddr>,
    /// Where its pods' addresses are from.
    pub ranges: Vec<String>,
}

/// Everything the reach suite talks about.
pub struct World {
    pub pods: Vec<Pod>,
    pub nodes: Vec<Node>,
    /// Web servers outside the cluster.
    pub outside: Vec<IpAddr>,
    /// Whether the kernel has SCTP sockets.
    pub sctp: bool,
    /// Where attempts of the machine that runs this and of the outside come from, once it is known.
    pub machine: Option<IpAddr>,
    /// Addresses of the Services, in their order; none for headless ones.
    pub services: Vec<Option<IpAddr>>,
}

impl Pod {
    /// As one end of a question.
    pub fn named(&self) -> Named {
        Named::pod(self.namespace, self.name)
    }

    /// The number that a target port of a Service comes to: the first of that name in the pod.
    pub fn target_port(&self, target: &str, protocol: Protocol) -> Option<u16> {
        let by_name = || self.named.iter().find(|(_, name, of, _)| *name == target && *of == protocol).map(|(.., port)| *port);
        target.parse().ok().or_else(by_name)
    }

    /// What it is asked on.
    pub fn ports(&self) -> Vec<(Protocol, u16)> {
        if self.host {
            let [http, udp] = host_ports(self.node);
            return vec![(Protocol::Tcp, http), (Protocol::Udp, udp)];
        }
        let sctp = self.sctp.then_some((Protocol::Sctp, SCTP));
        PORTS.into_iter().chain(sctp).collect()
    }

    /// The port of its web server, which makes the attempts.
    pub fn control_port(&self) -> u16 {
        if self.host { host_ports(self.node)[0] } else { 8080 }
    }

    /// Its address of a family.
    pub fn address(&self, v6: bool) -> Option<IpAddr> {
        self.addresses.iter().copied().find(|address| address.is_ipv6() == v6)
    }

    /// The manifest, with the labels that stay.
    pub fn manifest(&self, nodes: &[Node]) -> Value {
        let container = |name: &str, declarer, http: u16, udp: u16| {
            json!({
                "name": name, "image": IMAGE, "imagePullPolicy": "IfNotPresent", "ports": self.declared(declarer),
                "args": ["netexec", format!("--http-port={http}"), format!("--udp-port={udp}")],
            })
        };
        let [http, udp] = if self.host { host_ports(self.node) } else { [8080, 5353] };
        let mut containers = vec![container("one", Declarer::One, http, udp)];
        if self.host {
            // A socket for all addresses of a node would answer a pod of the node from the near end of the pod's link.
            containers[0]["env"] = json!([{"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIPs"}}}]);
            containers[0]["args"].as_array_mut().expect("a list").push(json!("--udp-listen-addresses=$(NODE)"));
        } else {
            if self.sctp {
                containers[0]["args"].as_array_mut().expect("a list").push(json!(format!("--sctp-port={SCTP}")));
            }
            containers.push(container("two", Declarer::Two, 8081, 8081));
        }
        let mut spec = json!({
            "nodeName": nodes[self.node].name, "hostNetwork": self.host, "containers": containers,
            "terminationGracePeriodSeconds": 0, "automountServiceAccountToken": false, "enableServiceLinks": false,
            "tolerations": [{"operator": "Exists"}],
        });
        let ports = self.declared(Declarer::Sidecar);
        if !ports.is_empty() {
            spec["initContainers"] = json!([{
                "name": "sidecar", "image": IMAGE, "imagePullPolicy": "IfNotPresent", "restartPolicy": "Always", "args": ["pause"],
                "ports": ports,
            }]);
        }
        json!({
            "apiVersion": "v1", "kind": "Pod", "spec": spec,
            "metadata": {"namespace": self.namespace, "name": self.name, "labels": self.fixed_labels()},
        })
    }

    /// Labels that are never drawn anew.
    pub fn fixed_labels(&self) -> Value {
        json!({"pod": self.name, "set": self.set})
    }

    fn declared(&self, by: Declarer) -> Vec<Value> {
        let named = self.named.iter().filter(|(declarer, ..)| *declarer == by);
        named.map(|(_, name, protocol, port)| json!({"name": name, "protocol": protocol.name(), "containerPort": port})).collect()
    }
}

/// Ports of TCP and UDP of the pod on a node's network: others on each node, so that an answer says who gave it.
fn host_ports(node: usize) -> [u16; 2] {
    if node == 0 { [18080, 15353] } else { [18081, 15354] }
}

impl World {
    /// The pods, still without addresses.
    pub fn planned(nodes: Vec<Node>, outside: Vec<IpAddr>, sctp: bool) -> Self {
        use Declarer::{One, Sidecar, Two};
        use Protocol::{Tcp, Udp};
        let pod = |namespace, name, node, set, named| Pod { namespace, name, node, host: false, named, set, sctp, addresses: Vec::new() };
        let pods = vec![
            pod("truth-w", "w0", 0, "a", &[(One, "web", Tcp, 8080)]),
            pod("truth-x", "x0", 0, "a", &[(One, "web", Tcp, 8080), (One, "dns", Udp, 5353), (Two, "admin", Tcp, CLOSED)]),
            // The same name for another number, and for another protocol.
            pod("truth-x", "x1", 1, "a", &[(Two, "web", Tcp, 8081), (Two, "dns", Udp, 8081)]),
            pod("truth-x", "x2", 0, "b", &[(Two, "web", Udp, 8081), (One, "dns", Tcp, 8080)]),
            pod("truth-x", "x3", 1, "b", &[]),
            pod("truth-y", "y0", 0, "a", &[(One, "web", Tcp, 8080), (Two, "admin", Tcp, 8081)]),
            // Two containers share a name.
            pod("truth-y", "y1", 1, "a", &[(One, "web", Tcp, 8080), (Two, "web", Tcp, 8081)]),
            // Only an init container that stays has the name: plugins differ on whether they look there.
            pod("truth-y", "y2", 1, "b", &[(Sidecar, "web", Tcp, 8080), (One, "dns", Udp, 5353)]),
            pod("truth-y", "y3", 0, "b", &[(Two, "web", Tcp, 8081), (Two, "dns", Udp, 8081)]),
            pod("truth-z", "z0", 0, "a", &[(One, "dns", Udp, 5353), (Two, "dns", Tcp, 8081)]),
            pod("truth-z", "z1", 1, "a", &[(Two, "web", Tcp, CLOSED)]),
            pod("truth-z", "z2", 1, "b", &[(One, "web", Tcp, 8080), (Two, "web", Udp, 8081)]),
            Pod { host: true, ..pod("truth-x", "xh", 0, "host", &[(One, "web", Tcp, 18080)]) },
            Pod { host: true, ..pod("truth-y", "yh", 1, "host", &[(One, "web", Tcp, 18081)]) },
        ];
        Self { pods, nodes, outside, sctp, machine: None, services: Vec::new() }
    }

    /// A Service's address, if it has one.
    pub fn service_address(&self, service: &Service) -> Option<IpAddr> {
        let at = SERVICES.iter().position(|other| (other.namespace, other.name) == (service.namespace, service.name))?;
        self.services.get(at).copied().flatten()
    }

    /// Whether pods have addresses of IPv6.
    pub fn dual_stack(&self) -> bool {
        self.pods.iter().all(|pod| pod.address(true).is_some())
    }

    /// Namespaces, Services and pods.
    pub fn manifests(&self) -> Vec<Value> {
        let namespace = |name: &&str| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        let mut manifests: Vec<Value> = NAMESPACES.iter().map(namespace).collect();
        manifests.extend(SERVICES.iter().map(Service::manifest));
        manifests.extend(self.pods.iter().map(|pod| pod.manifest(&self.nodes)));
        manifests
    }
}

/// A Service in front of some of the pods.
pub struct Service {
    pub namespace: &'static str,
    pub name: &'static str,
    pub headless: bool,
    /// The value of the label `set` of its pods.
    set: &'static str,
    pub ports: &'static [ServicePort],
}

/// Port, protocol, target.
pub type ServicePort = (u16, Protocol, &'static str);

/// One for each way from a Service's port to a pod's.
pub const SERVICES: [Service; 5] = [
    Service { namespace: "truth-x", name: "number", headless: false, set: "b", ports: &[(80, Protocol::Tcp, "8080")] },
    Service { namespace: "truth-x", name: "name", headless: false, set: "a", ports: &[(80, Protocol::Tcp, "web")] },
    Service {
        namespace: "truth-y",
        name: "several",
        headless: false,
        set: "a",
        ports: &[(80, Protocol::Tcp, "8080"), (81, Protocol::Tcp, "8081"), (53, Protocol::Udp, "5353")],
    },
    Service { namespace: "truth-y", name: "headless", headless: true, set: "b", ports: &[(8080, Protocol::Tcp, "8080")] },
    Service { namespace: "truth-w", name: "single", headless: false, set: "a", ports: &[(80, Protocol::Tcp, "8080")] },
];

impl Service {
    fn manifest(&self) -> Value {
        let ports: Vec<Value> = (self.ports.iter())
            .map(|(port, protocol, target)| {
                let target = target.parse::<u16>().map_or_else(|_| json!(target), |number| json!(number));
                json!({"name": format!("p{port}"), "port": port, "protocol": protocol.name(), "targetPort": target})
            })
            .collect();
        let mut spec = json!({"selector": {"set": self.set}, "ports": ports});
        if self.headless {
            spec["clusterIP"] = json!("None");
        }
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": self.namespace, "name": self.name}, "spec": spec})
    }

    /// Positions of the pods behind it.
    pub fn endpoints(&self, world: &World) -> Vec<usize> {
        let behind = |pod: &Pod| pod.namespace == self.namespace && pod.set == self.set;
        (0..).zip(&world.pods).filter(|(_, pod)| behind(pod)).map(|(at, _)| at).collect()
    }
}
