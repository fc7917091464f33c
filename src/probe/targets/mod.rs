//! What a target means: the addresses and ports to try, and what stands before them: a name, a Service, its endpoints.

mod service;

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::check::{Check, To};
use crate::inventory::Inventory;
use crate::objects::{Address, Family, Pod, Protocol, ServicePort};
use crate::policy::question::{PortName, PortQuery, Resolved};
use crate::service::Chain;
use service::Meant;

/// As many pods of a target are tried.
pub const MOST_PODS: usize = 5;

/// A target as it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What it is called in the answer: `shop/svc/payments`, `https://db.example.com/`.
    pub text: String,
    /// What is meant.
    pub end: End,
    /// What is tried with it.
    pub trial: Trial,
}

/// What is meant by a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Pods, a Service or an address.
    Object(Resolved),
    /// A name, to be looked up by the source.
    Host(String),
}

/// What is tried with a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trial {
    /// Connecting; to all ports that are known if none is named.
    Connect(Option<PortQuery>),
    /// Asking for a path.
    Http {
        /// Over TLS.
        tls: bool,
        /// The port.
        port: u16,
        /// The path, with its `/`.
        path: String,
    },
    /// Only looking the name up.
    Lookup,
}

/// How something is connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// A connection, an association or a datagram.
    Transport(Protocol),
    /// A request.
    Http {
        /// Over TLS.
        tls: bool,
        /// The path.
        path: String,
    },
}

impl How {
    /// The protocol that policies see.
    pub fn protocol(&self) -> Protocol {
        match self {
            Self::Transport(protocol) => *protocol,
            Self::Http { .. } => Protocol::Tcp,
        }
    }

    fn check(&self, to: &To) -> Check {
        match self {
            Self::Transport(Protocol::Tcp) => Check::Tcp(to.clone()),
            Self::Transport(Protocol::Udp) => Check::Udp(to.clone()),
            Self::Transport(Protocol::Sctp) => Check::Sctp(to.clone()),
            Self::Http { tls, path } => Check::Http { tls: *tls, to: to.clone(), path: path.clone() },
        }
    }
}

/// One port of a target, with all that stands before it.
#[derive(Debug, Clone)]
pub struct Aim<'a> {
    /// What it is called in the answer.
    pub text: String,
    /// How it is connected to; none if a name is only looked up.
    pub how: Option<How>,
    /// The port that was asked about.
    pub port: Option<u16>,
    /// The name that is looked up.
    pub name: Option<Named>,
    /// The Service, and which of its ports; none: it has no such port.
    pub service: Option<(Chain<'a>, Option<&'a ServicePort>)>,
    /// Pods (or endpoints that are none) that are tried themselves.
    pub stops: Vec<Stop>,
    /// Pods of the target that are not tried, because there are too many.
    pub left_out: usize,
    /// What is tried in the end: the addresses of the Service, an address, a host.
    pub fronts: Vec<To>,
}

/// A name, and what it should lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// Any of these; empty: not to be told.
    pub expected: Vec<IpAddr>,
}

/// A pod or another endpoint that is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The pod, by position in the inventory; none for an address that is no pod's.
    pub pod: Option<usize>,
    /// Where; none while the pod has no address, or no port of that name.
    pub to: Option<To>,
}

/// Why a target cannot be tried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAim {
    /// Nothing says which port.
    #[error("{0}: a port is missing")]
    NoPort(String),
    /// More than one port in one word.
    #[error("{0}: a probe tries single ports, no ranges")]
    Range(String),
    /// Nobody declares a port of this name.
    #[error("{0} has no port called \"{1}\"")]
    NoSuchPort(String, String),
    /// A block of addresses.
    #[error("{0}: a probe tries single addresses, no blocks")]
    Block(String),
}

impl Aim<'_> {
    /// What is tried for it.
    pub fn checks(&self) -> Vec<Check> {
        let name = self.name.iter().map(|named| Check::Name(named.name.clone()));
        let to = self.stops.iter().filter_map(|stop| stop.to.as_ref()).chain(&self.fronts);
        name.chain(to.filter_map(|to| self.check(to))).collect()
    }

    /// How a place is tried.
    pub fn check(&self, to: &To) -> Option<Check> {
        self.how.as_ref().map(|how| how.check(to))
    }
}

/// What a source has to try for a target: one aim for each port. `domain` is the cluster's.
///
/// # Errors
/// If there is nothing that could be tried.
pub fn aims<'a>(inventory: &'a Inventory, source: usize, wanted: &Wanted, domain: &str) -> Result<Vec<Aim<'a>>, NoAim> {
    let source = Source::of(inventory, source);
    match &wanted.end {
        End::Object(Resolved::Pods { pods, .. }) => at_pods(inventory, &source, wanted, pods),
        End::Object(Resolved::Service { namespace, name }) => match inventory.service(namespace, name) {
            Some(service) => {
                let name = Some(service::full_name(service, domain));
                service::aims(inventory, &source, wanted, &Meant { service, name, only: None })
            }
            None => Ok(Vec::new()),
        },
        End::Object(Resolved::Address(ip)) => at_address(inventory, &source, wanted, *ip),
        End::Object(Resolved::Cidr(_)) => Err(NoAim::Block(wanted.text.clone())),
        End::Host(host) if wanted.trial == Trial::Lookup => Ok(vec![Aim { name: Some(named(host)), ..bare(wanted) }]),
        End::Host(host) => match service::of_name(inventory, &source.namespace, host, domain) {
            Some(service) => service::aims(inventory, &source, wanted, &Meant { service, name: Some(host.clone()), only: None }),
            None => {
                let (how, port) = how(wanted)?;
                let fronts = vec![To::new(host.clone(), port)];
                Ok(vec![Aim { name: Some(named(host)), how: Some(how), port: Some(port), fronts, ..bare(wanted) }])
            }
        },
    }
}

/// What matters of the source.
struct Source {
    namespace: String,
    /// Families of its addresses; none known: any.
    families: Vec<Family>,
}

impl Source {
    fn of(inventory: &Inventory, at: usize) -> Self {
        let pod = inventory.pods.get(at).map(|info| &info.pod);
        Self {
            namespace: pod.map(|pod| pod.metadata.namespace.clone()).unwrap_or_default(),
            families: pod.map(Pod::ips).unwrap_or_default().into_iter().map(|ip| ip.family).collect(),
        }
    }

    fn has(&self, family: Family) -> bool {
        self.families.is_empty() || self.families.contains(&family)
    }

    /// Those of a family that the source has, too; all if there is none.
    fn common(&self, addresses: Vec<IpAddr>) -> Vec<IpAddr> {
        let common: Vec<IpAddr> = addresses.iter().copied().filter(|ip| self.has(Address::from(*ip).family)).collect();
        if common.is_empty() { addresses } else { common }
    }
}

fn bare<'a>(wanted: &Wanted) -> Aim<'a> {
    let Wanted { text, .. } = wanted;
    Aim { text: text.clone(), how: None, port: None, name: None, service: None, stops: Vec::new(), left_out: 0, fronts: Vec::new() }
}

fn named(host: &str) -> Named {
    Named { name: host.to_owned(), expected: Vec::new() }
}

/// The single port and the way of connecting that a target names.
fn how(wanted: &Wanted) -> Result<(How, u16), NoAim> {
    match &wanted.trial {
        Trial::Http { tls, port, path } => Ok((How::Http { tls: *tls, path: path.clone() }, *port)),
        Trial::Connect(Some(query)) => match &query.port {
            PortName::Range(first, last) if first == last => Ok((How::Transport(query.protocol.unwrap_or(Protocol::Tcp)), *first)),
            PortName::Range(..) => Err(NoAim::Range(wanted.text.clone())),
            PortName::Name(name) => Err(NoAim::NoSuchPort(wanted.text.clone(), name.clone())),
        },
        Trial::Connect(None) | Trial::Lookup => Err(NoAim::NoPort(wanted.text.clone())),
    }
}

/// Pods at their own addresses: on the port that was named, or on every port that they declare.
fn at_pods<'a>(inventory: &Inventory, source: &Source, wanted: &Wanted, pods: &[usize]) -> Result<Vec<Aim<'a>>, NoAim> {
    let asked = match &wanted.trial {
        Trial::Connect(Some(PortQuery { protocol, port: PortName::Name(name) })) => Some((Some(name.as_str()), *protocol)),
        Trial::Connect(None) => Some((None, None)),
        Trial::Connect(Some(_)) | Trial::Http { .. } | Trial::Lookup => None,
    };
    let Some(asked) = asked else {
        return Ok(vec![at_port(inventory, source, wanted, pods, how(wanted)?)]);
    };
    let of = |at: usize| inventory.pods.get(at).map(|info| declared(&info.pod, asked)).unwrap_or_default();
    let all: BTreeSet<(u16, Protocol)> = pods.iter().flat_map(|at| of(*at)).collect();
    if all.is_empty() {
        let text = wanted.text.clone();
        return Err(asked.0.map_or_else(|| NoAim::NoPort(text.clone()), |name| NoAim::NoSuchPort(text.clone(), name.to_owned())));
    }
    // A name means another number in another pod: each number is tried where it is declared.
    let aim = |port: (u16, Protocol)| {
        let here: Vec<usize> = pods.iter().copied().filter(|at| of(*at).contains(&port)).collect();
        at_port(inventory, source, wanted, &here, (How::Transport(port.1), port.0))
    };
    Ok(all.into_iter().map(aim).collect())
}

/// The ports that a pod declares, of a name and a protocol.
fn declared(pod: &Pod, (name, protocol): (Option<&str>, Option<Protocol>)) -> BTreeSet<(u16, Protocol)> {
    let ports = pod.spec.lasting_containers().flat_map(|container| &container.ports);
    let meant = ports.filter(|port| name.is_none_or(|name| port.name == name));
    let read = meant.filter_map(|port| Some((u16::try_from(port.container_port).ok()?, Protocol::parse(&port.protocol)?)));
    read.filter(|(_, of)| protocol.is_none_or(|wanted| wanted == *of)).collect()
}

fn at_port<'a>(inventory: &Inventory, source: &Source, wanted: &Wanted, pods: &[usize], (how, port): (How, u16)) -> Aim<'a> {
    let stops = pods.iter().take(MOST_PODS).flat_map(|at| stops(inventory, source, *at, Some(port))).collect();
    Aim { how: Some(how), port: Some(port), stops, left_out: pods.len().saturating_sub(MOST_PODS), ..bare(wanted) }
}

/// A pod at its addresses of the families that the source has.
fn stops(inventory: &Inventory, source: &Source, at: usize, port: Option<u16>) -> Vec<Stop> {
    let ips = source.common(inventory.pods.get(at).map(|info| ips(&info.pod)).unwrap_or_default());
    let to = |ip: IpAddr| Stop { pod: Some(at), to: port.map(|port| To::new(ip.to_string(), port)) };
    if ips.is_empty() { vec![Stop { pod: Some(at), to: None }] } else { ips.into_iter().map(to).collect() }
}

/// Addresses of a pod, the primary one first.
fn ips(pod: &Pod) -> Vec<IpAddr> {
    pod.ips().into_iter().map(ip).collect()
}

fn ip(address: Address) -> IpAddr {
    match (address.family, u32::try_from(address.bits)) {
        (Family::V4, Ok(bits)) => IpAddr::from(bits.to_be_bytes()),
        _ => IpAddr::from(address.bits.to_be_bytes()),
    }
}

/// An address: a pod's, a Service's, or anybody's.
fn at_address<'a>(inventory: &'a Inventory, source: &Source, wanted: &Wanted, address: IpAddr) -> Result<Vec<Aim<'a>>, NoAim> {
    let number = Address::from(address);
    let owns = |pod: &Pod| !pod.spec.host_network && pod.ips().contains(&number);
    if let Some(at) = inventory.pods.iter().position(|info| !info.template && owns(&info.pod)) {
        let aims = at_pods(inventory, source, wanted, &[at])?;
        let here = |stop: &Stop| stop.to.as_ref().is_some_and(|to| to.host == address.to_string());
        let only = |aim: Aim<'a>| Aim { stops: aim.stops.iter().filter(|stop| here(stop)).cloned().collect(), ..aim };
        return Ok(aims.into_iter().map(only).collect());
    }
    if let Some(service) = inventory.objects.services.iter().find(|service| service::addresses(service).contains(&address)) {
        return service::aims(inventory, source, wanted, &Meant { service, name: None, only: Some(address) });
    }
    let (how, port) = how(wanted)?;
    Ok(vec![Aim { how: Some(how), port: Some(port), fronts: vec![To::new(address.to_string(), port)], ..bare(wanted) }])
}
