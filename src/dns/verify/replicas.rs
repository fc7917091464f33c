//! The pods behind the Service of the cluster's servers: each of them can be asked for itself.

use crate::dns::cluster;
use crate::inventory::Inventory;
use crate::objects::{EndpointSlice, Protocol, Service};
use crate::service::Chain;

/// The port that names are asked at.
const PORT: i64 = 53;

/// One of the servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replica {
    /// Namespace of its pod.
    pub namespace: String,
    /// Name of its pod; the address, if nothing says that it is one.
    pub name: String,
    /// The port it listens on, by TCP if the Service has that.
    pub port: Option<u16>,
    /// Why it is not asked.
    pub spared: Option<Spared>,
}

/// Why a replica is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spared {
    /// No question comes to it through the Service either.
    NotReady,
    /// It is being deleted: the same, and as it should be.
    Terminating,
    /// An address of the Service that is no pod: there is no way to it.
    NoPod,
    /// The Service leads to no port of it.
    NoPort,
}

/// The Service and its replicas, by name; those without a pod last.
pub fn replicas(inventory: &Inventory) -> Option<(&Service, Vec<Replica>)> {
    let service = cluster::service(inventory)?;
    let mut replicas: Vec<Replica> = Vec::new();
    for replica in inventory.slices_of(service).flat_map(|slice| of_slice(service, slice)) {
        add(&mut replicas, replica);
    }
    if replicas.is_empty() {
        replicas = by_selector(inventory, service);
    }
    replicas.sort_by(|a, b| (a.spared == Some(Spared::NoPod), &a.name).cmp(&(b.spared == Some(Spared::NoPod), &b.name)));
    Some((service, replicas))
}

fn of_slice<'a>(service: &'a Service, slice: &'a EndpointSlice) -> impl Iterator<Item = Replica> + 'a {
    let port_of = |protocol: Protocol| {
        let named = service.spec.ports.iter().filter(move |port| port.port == PORT && Protocol::parse(&port.protocol) == Some(protocol));
        let is = |number: &Option<i64>| number.and_then(|number| u16::try_from(number).ok());
        let mut ports = named.flat_map(move |port| {
            slice.ports.iter().filter(move |own| own.name == port.name && Protocol::parse(&own.protocol) == Some(protocol))
        });
        ports.find_map(|own| is(&own.port))
    };
    // Whoever answers over UDP answers over TCP, too: servers of DNS must.
    let port = port_of(Protocol::Tcp).or_else(|| port_of(Protocol::Udp));
    slice.endpoints.iter().filter_map(move |endpoint| {
        let pod = endpoint.target_ref.as_ref().filter(|target| target.kind == "Pod");
        let spared = match pod {
            None => Some(Spared::NoPod),
            Some(_) if !endpoint.is_ready() && endpoint.conditions.terminating == Some(true) => Some(Spared::Terminating),
            Some(_) if !endpoint.is_ready() => Some(Spared::NotReady),
            Some(_) => port.is_none().then_some(Spared::NoPort),
        };
        let namespace = pod.map(|pod| pod.namespace.as_str()).filter(|namespace| !namespace.is_empty());
        Some(Replica {
            namespace: namespace.unwrap_or(&service.metadata.namespace).to_owned(),
            name: pod.map(|pod| &pod.name).or_else(|| endpoint.addresses.first())?.clone(),
            port,
            spared,
        })
    })
}

/// A pod stands in a slice of each family, and may be ready in one before the other.
fn add(replicas: &mut Vec<Replica>, new: Replica) {
    match replicas.iter_mut().find(|known| (&known.namespace, &known.name) == (&new.namespace, &new.name)) {
        None => replicas.push(new),
        Some(known) => {
            known.port = known.port.or(new.port);
            if new.spared.is_none() {
                known.spared = None;
            }
        }
    }
}

/// Where no slice is known, what would be in them.
fn by_selector(inventory: &Inventory, service: &Service) -> Vec<Replica> {
    let chain = Chain::follow(inventory, service);
    let of_names = |at: usize| service.spec.ports.get(at).is_some_and(|port| port.port == PORT);
    let replica = |backend: &crate::service::Backend| {
        let pod = &inventory.pods.get(backend.pod?).filter(|info| !info.template)?.pod;
        let mut ports = backend.ports.iter().filter(|(at, ..)| of_names(*at));
        let port = ports.clone().find(|(_, protocol, _)| *protocol == Protocol::Tcp).or_else(|| ports.next());
        let port = port.and_then(|(.., number)| u16::try_from(*number).ok());
        let spared = if backend.ready { port.is_none().then_some(Spared::NoPort) } else { Some(Spared::NotReady) };
        Some(Replica { namespace: pod.metadata.namespace.clone(), name: pod.metadata.name.clone(), port, spared })
    };
    chain.backends.iter().filter_map(replica).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::Collected;
    use crate::objects::{Objects, Pod};

    fn told(slices: &str, pods: &str) -> Vec<(String, Option<u16>, Option<Spared>)> {
        let service = "[{metadata: {namespace: kube-system, name: kube-dns}, spec: {clusterIP: 10.96.0.10, selector: {k8s-app: kube-dns}, \
            ports: [{name: metrics, port: 9153}, {name: dns, port: 53, protocol: UDP, targetPort: dns}, {name: dns-tcp, port: 53, targetPort: tcp}]}}]";
        let objects = Objects {
            services: serde_saphyr::from_str(service).unwrap(),
            endpoint_slices: serde_saphyr::from_str(slices).unwrap(),
            pods: serde_saphyr::from_str::<Vec<Pod>>(pods).unwrap(),
            ..Objects::default()
        };
        let inventory = Inventory::build(Collected { objects, ..Collected::default() });
        let (_, replicas) = replicas(&inventory).unwrap();
        replicas.into_iter().map(|replica| (replica.name, replica.port, replica.spared)).collect()
    }

    fn slice(name: &str, ports: &str, endpoints: &str) -> String {
        format!(
            "{{metadata: {{namespace: kube-system, name: {name}, labels: {{kubernetes.io/service-name: kube-dns}}}}, ports: [{ports}], endpoints: [{endpoints}]}}"
        )
    }

    fn pod(name: &str, ready: bool) -> String {
        format!("{{addresses: [10.1.0.1], conditions: {{ready: {ready}}}, targetRef: {{kind: Pod, name: {name}}}}}")
    }

    #[test]
    fn each_pod_is_asked_once_at_the_port_behind_port_53() {
        let ports = "{name: dns, port: 1053, protocol: UDP}, {name: metrics, port: 9153}, {name: dns-tcp, port: 1054, protocol: TCP}";
        let v4 = slice("v4", ports, &[pod("b", true), pod("a", true), pod("c", false)].join(", "));
        let v6 = slice("v6", ports, &pod("a", true));
        let wanted = [("a", Some(1054), None), ("b", Some(1054), None), ("c", Some(1054), Some(Spared::NotReady))];
        let wanted: Vec<_> = wanted.into_iter().map(|(name, port, spared)| (name.to_owned(), port, spared)).collect();
        assert_eq!(told(&format!("[{v4}, {v6}]"), "[]"), wanted);
    }

    #[test]
    fn what_cannot_be_asked_says_why() {
        let addresses = slice("x", "{name: dns, port: 53, protocol: UDP}", &format!("{{addresses: [192.0.2.7]}}, {}", pod("a", true)));
        let wanted = vec![("a".to_owned(), Some(53), None), ("192.0.2.7".to_owned(), Some(53), Some(Spared::NoPod))];
        assert_eq!(told(&format!("[{addresses}]"), "[]"), wanted);
        let none = slice("x", "{name: metrics, port: 9153}", &pod("a", true));
        assert_eq!(told(&format!("[{none}]"), "[]"), [("a".to_owned(), None, Some(Spared::NoPort))]);
    }

    #[test]
    fn without_slices_the_selector_finds_them_and_names_of_ports_are_looked_up() {
        let pods = "[{metadata: {namespace: kube-system, name: a, labels: {k8s-app: kube-dns}}, \
            spec: {containers: [{name: c, ports: [{name: tcp, containerPort: 5353}]}]}}]";
        assert_eq!(told("[]", pods), [("a".to_owned(), Some(5353), None)]);
    }
}
