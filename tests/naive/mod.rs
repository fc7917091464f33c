//! A second opinion on who can reach whom: one packet at a time, straight from the rules of NetworkPolicy, with no index,
//! no classes and no thought of speed.
//!
//! It shares nothing with the engine but the decoded objects: selectors, blocks, ports and the reasons for which Kubernetes
//! refuses a policy are worked out again here. «Unknown» is `None` throughout.
//!
//! Where the rules leave a choice, this is the reading (profile `upstream`): an `ipBlock` matches the addresses of pods;
//! a hostNetwork pod is its node's address, never selected and never isolated; no NetworkPolicy keeps a pod and its own node
//! apart, but cluster-wide policies may; a pod always reaches itself; an address that a living pod has is that pod.

mod cluster;
mod matching;
mod refused;
mod side;

use std::net::IpAddr;

use netstore::inventory::Coverage;
use netstore::objects::{Objects, Pod, Protocol};
use netstore::report::{Direction, Verdict};

use self::side::Address;

/// Everything that was read, and what was not.
#[derive(Debug, Clone)]
pub struct World {
    /// The objects, in any order.
    pub objects: Objects,
    /// Which lists were read.
    pub coverage: Coverage,
    /// Whether these are files, which may hold what Kubernetes refuses.
    pub files: bool,
}

/// One end of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// A pod, by its position in [`Objects::pods`].
    Pod(usize),
    /// An address.
    Address(IpAddr),
}

/// The first packet of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Packet {
    /// Who sends it.
    pub source: End,
    /// Where to.
    pub destination: End,
    /// Transport protocol.
    pub protocol: Protocol,
    /// Destination port.
    pub port: u16,
}

/// Whether the packet may pass.
pub fn verdict(world: &World, packet: &Packet) -> Verdict {
    let mut answers: Vec<Option<bool>> = Vec::new();
    for source in parties(world, packet.source) {
        for destination in parties(world, packet.destination) {
            answers.push(passes(world, &source, &destination, packet));
        }
    }
    answers.dedup();
    match answers.as_slice() {
        [Some(true)] => Verdict::Allow,
        // Rule 35: a pod that has ended is no endpoint; nobody is there to talk to.
        [Some(false)] | [] => Verdict::Deny,
        // Undecided, or rule 25: two living pods claim the address and the answer depends on which of them has it.
        _ => Verdict::Unknown,
    }
}

/// What policies can see of one end.
struct Party<'a> {
    /// The pod, if policies see one; none for the outside, for nodes and (rule 34) for hostNetwork pods.
    pod: Option<&'a Pod>,
    /// Its addresses, the primary one first.
    addresses: Vec<IpAddr>,
    /// Whether the packet names this very address, and no pod is known to have it.
    outside: bool,
    /// The nodes whose network this is.
    nodes: Vec<&'a str>,
}

/// Who the end may be: exactly one, except for pods that have ended (nobody) and addresses that several pods claim.
fn parties(world: &World, end: End) -> Vec<Party<'_>> {
    let living = || world.objects.pods.iter().filter(|pod| !pod.is_finished());
    match end {
        End::Pod(position) => {
            let pod = &world.objects.pods[position];
            if pod.is_finished() {
                Vec::new()
            } else if pod.spec.host_network {
                vec![Party { pod: None, addresses: host_addresses(pod), outside: false, nodes: node_of(pod).into_iter().collect() }]
            } else {
                vec![Party { pod: Some(pod), addresses: addresses(pod), outside: false, nodes: Vec::new() }]
            }
        }
        End::Address(address) => {
            // Rule 25: never through pods that have ended; rule 34: a hostNetwork pod's address is the node's.
            let owners = living().filter(|pod| !pod.spec.host_network && addresses(pod).contains(&address));
            let found: Vec<Party<'_>> =
                owners.map(|pod| Party { pod: Some(pod), addresses: vec![address], outside: false, nodes: Vec::new() }).collect();
            if !found.is_empty() {
                return found;
            }
            let by_node = world.objects.nodes.iter().filter(|node| {
                let is_ip = |kind: &str| kind == "InternalIP" || kind == "ExternalIP";
                node.status.addresses.iter().any(|a| is_ip(&a.kind) && a.address.parse() == Ok(address))
            });
            let by_pod = living().filter(|pod| pod.spec.host_network && host_addresses(pod).contains(&address));
            let nodes = by_node.map(|node| node.metadata.name.as_str()).chain(by_pod.filter_map(node_of)).collect();
            vec![Party { pod: None, addresses: vec![address], outside: true, nodes }]
        }
    }
}

/// The pod's own addresses, the primary one first.
fn addresses(pod: &Pod) -> Vec<IpAddr> {
    let written = std::iter::once(pod.status.pod_ip.as_str()).chain(pod.status.pod_ips.iter().map(|entry| entry.ip.as_str()));
    written.filter_map(|text| text.parse().ok()).collect()
}

/// A hostNetwork pod's addresses are its node's; before the kubelet reports them, `hostIP` may already be known.
fn host_addresses(pod: &Pod) -> Vec<IpAddr> {
    let own = addresses(pod);
    if own.is_empty() { pod.status.host_ip.parse().into_iter().collect() } else { own }
}

/// The node a pod is bound to.
fn node_of(pod: &Pod) -> Option<&str> {
    Some(pod.spec.node_name.as_str()).filter(|name| !name.is_empty())
}

/// Whether the packet passes between these two.
fn passes(world: &World, source: &Party<'_>, destination: &Party<'_>, packet: &Packet) -> Option<bool> {
    // Rule 32: a pod always reaches itself.
    if let (Some(a), Some(b)) = (source.pod, destination.pod)
        && std::ptr::eq(a, b)
    {
        return Some(true);
    }
    let at_home = on_own_node(source, destination) || on_own_node(destination, source);
    let v4 = is_ipv4(source, destination, packet);
    let used = |party: &Party<'_>| match party.addresses.iter().copied().find(|a| a.is_ipv4() == v4) {
        Some(address) => Address::Is(address),
        None if party.outside => Address::Is(party.addresses[0]),
        None if party.addresses.is_empty() => Address::NotYet { v4 },
        None => Address::None,
    };
    let view = |direction: Direction, subject: &Party<'_>, remote: &Party<'_>| {
        let connection = side::Connection {
            remote: remote.pod,
            remote_address: used(remote),
            named_ports_of: destination.pod,
            at_home,
            protocol: packet.protocol,
            port: packet.port,
        };
        // Only pods are isolated.
        subject.pod.map_or(Some(true), |pod| side::permits(world, pod, direction, &connection))
    };
    // Rule 28: both sides, on the same protocol and port.
    matching::all([view(Direction::Egress, source, destination), view(Direction::Ingress, destination, source)])
}

/// Rule 23: one packet has one family. An address that was asked about decides it; otherwise it is that of the destination's
/// first address that the source has too. An end without an address yet will get one of the family the other end has; if
/// neither has one it is taken to be IPv4.
fn is_ipv4(source: &Party<'_>, destination: &Party<'_>, packet: &Packet) -> bool {
    match (packet.source, packet.destination) {
        (_, End::Address(address)) | (End::Address(address), End::Pod(_)) => return address.is_ipv4(),
        (End::Pod(_), End::Pod(_)) => {}
    }
    let fits = |party: &Party<'_>, v4: bool| party.addresses.is_empty() || party.addresses.iter().any(|a| a.is_ipv4() == v4);
    let shared = destination.addresses.iter().map(IpAddr::is_ipv4).find(|v4| fits(source, *v4));
    let first = |party: &Party<'_>| party.addresses.first().map(IpAddr::is_ipv4);
    shared.or(first(destination)).or(first(source)).unwrap_or(true)
}

/// Whether the party is the network of the node the pod runs on.
fn on_own_node(pod: &Party<'_>, host: &Party<'_>) -> bool {
    let Some(pod) = pod.pod.filter(|_| host.pod.is_none()) else { return false };
    let by_address = pod.status.host_ip.parse().is_ok_and(|ip: IpAddr| host.addresses.contains(&ip));
    by_address || node_of(pod).is_some_and(|name| host.nodes.contains(&name))
}
