//! What names of the cluster lead to: addresses with ports, or another name.

use std::net::{IpAddr, Ipv6Addr};

use super::request::{Kind, Part, Request};
use super::{Kubernetes, Pods};
use crate::dns::name::below;
use crate::dns::server::expected::{Because, Object, Reason};
use crate::dns::server::index::{Index, cluster_addresses};
use crate::inventory::Origin;
use crate::objects::{Endpoint, EndpointSlice, Phase, Pod, Resource, Service, Truth};

/// Something that a name leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) host: Host,
    /// None if it has no ports.
    pub(super) port: Option<u16>,
    /// The name whose port it is.
    pub(super) owner: String,
}

/// An address, or a name in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    Address(IpAddr),
    Name(String),
}

impl Host {
    /// As Go reads it: an IPv4 address that is written as an IPv6 one is an IPv4 address.
    pub(super) fn read(text: &str) -> Self {
        match text.parse::<IpAddr>() {
            Ok(address) => Self::Address(address.to_canonical()),
            Err(_) => Self::Name(text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase()),
        }
    }
}

/// Why a name leads to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Miss {
    /// It does not exist.
    NoName(Because),
    /// That cannot be told.
    Unknown(Reason),
}

impl From<Reason> for Miss {
    fn from(reason: Reason) -> Self {
        Self::Unknown(reason)
    }
}

/// What was found, perhaps nothing, and why.
pub(super) type Found = Result<(Vec<Entry>, Because), Miss>;

impl Kubernetes {
    /// What a name in one of its zones leads to.
    pub(super) fn find(&self, index: &Index<'_>, name: &str, zone: &str) -> Found {
        if self.multicluster.iter().any(|multicluster| below(zone, multicluster).is_some()) {
            return Err(Reason::Plugin("kubernetes, option multicluster".to_owned()).into());
        }
        let nothing = |because: Because| Err(Miss::NoName(because));
        let request = below(name, zone).and_then(Request::parse);
        let (kind, namespace, asked, part) = match request {
            Some(Request::Above) => return Ok((Vec::new(), Because::Above)),
            Some(Request::In { kind, namespace, name, part }) => (kind, namespace, name, part),
            None => return nothing(Because::NoForm),
        };
        match part {
            Part::Zone if self.zonal => return Err(Reason::Plugin("kubernetes, option zonal".to_owned()).into()),
            Part::Zone => return nothing(Because::NoForm),
            _ if address_of(name) != AddressName::None => return nothing(Because::NoForm),
            _ => {}
        }
        let exposed = self.exposes(index, namespace);
        if exposed == Truth::No {
            let hidden = !self.namespaces.is_empty() || self.namespace_labels.is_some();
            let named = namespace.to_owned();
            return nothing(if hidden { Because::HiddenNamespace(named) } else { Because::NoNamespace(named) });
        }
        let found = match (asked, kind) {
            (None, _) if kind == Kind::Pod && self.pods == Some(Pods::Disabled) => nothing(Because::PodsDisabled),
            (None, Kind::Pod) if self.pods.is_none() => Err(unread_pods()),
            (None, _) => Ok((Vec::new(), Because::Above)),
            (Some(label), Kind::Pod) => self.pod(index, label, namespace, zone),
            (Some(service), Kind::Service) => self.service(index, service, namespace, zone, part),
        };
        match found {
            // What does not exist does not exist in a namespace that does not, either.
            Err(Miss::NoName(_) | Miss::Unknown(_)) => found,
            Ok(_) if exposed == Truth::Unknown => Err(Reason::Unread(Resource::Namespaces, None).into()),
            Ok(_) => found,
        }
    }

    /// Whether the names of a namespace are let out.
    pub(super) fn exposes(&self, index: &Index<'_>, namespace: &str) -> Truth {
        let configured = self.namespaces.is_empty() || self.namespaces.iter().any(|named| named == namespace);
        Truth::from(configured).and(index.namespace(namespace, self.namespace_labels.as_ref()))
    }

    fn pod(&self, index: &Index<'_>, label: &str, namespace: &str, zone: &str) -> Found {
        let mode = match self.pods {
            None => return Err(unread_pods()),
            Some(Pods::Disabled) => return Err(Miss::NoName(Because::PodsDisabled)),
            Some(mode) => mode,
        };
        let is_v4 = label.matches('-').count() == 3 && !label.contains("--");
        let address = label.replace('-', if is_v4 { "." } else { ":" });
        let entry = |host| Entry { host, port: Some(0), owner: in_zone(&[label, namespace, "pod"], zone) };
        if mode == Pods::Insecure {
            return match Host::read(&address) {
                host @ Host::Address(_) => Ok((vec![entry(host)], Because::AnyPod)),
                Host::Name(_) => Err(Miss::NoName(Because::NotAnAddress(label.to_owned()))),
            };
        }
        let known = |pod: &Pod| pod.metadata.namespace == namespace && pod.status.phase != Phase::Unknown && self.takes(&pod.metadata);
        let object = |pod: &Pod| Object::new(&pod.metadata.namespace, &pod.metadata.name);
        let mut terminating = None;
        for pod in index.pods_at(&address).iter().copied().filter(|pod| known(pod)) {
            if pod.metadata.deletion_timestamp.is_none() {
                return Ok((vec![entry(Host::read(&address))], Because::Pod(object(pod))));
            }
            terminating = Some(Reason::Terminating(object(pod)));
        }
        index.all_in(Resource::Pods, namespace)?;
        Err(terminating.map_or(Miss::NoName(Because::NoPod(address)), Miss::Unknown))
    }

    fn service(&self, index: &Index<'_>, name: &str, namespace: &str, zone: &str, part: Part<'_>) -> Found {
        let object = Object::new(namespace, name);
        let Some(service) = index.inventory.service(namespace, name) else {
            index.all_in(Resource::Services, namespace)?;
            return Err(Miss::NoName(Because::NoService(object)));
        };
        if !self.takes(&service.metadata) {
            return Err(Miss::NoName(Because::NoService(object)));
        }
        let headless = is_headless(service);
        if self.ignore_empty_service && !service.is_external_name() && !headless && self.ready(index, service)?.next().is_none() {
            return Err(Miss::NoName(Because::NoEndpoints(object)));
        }
        if service.is_external_name() {
            return other_name(service, zone, part);
        }
        if headless || matches!(part, Part::Endpoint(_)) {
            return self.endpoints(index, service, zone, part);
        }
        let owner = in_zone(&[name, namespace, "svc"], zone);
        let mut entries = Vec::new();
        let ports = service.spec.ports.iter().map(|port| (u16::try_from(port.port).ok(), port.name.as_str(), port.protocol.as_str()));
        let sentinel = service.spec.ports.is_empty().then_some((None, "", "none"));
        for (port, _, _) in ports.chain(sentinel).filter(|(_, name, protocol)| part.takes(name, protocol)) {
            for address in cluster_addresses(service) {
                if address.is_empty() {
                    return Err(Reason::NotApplied(object).into());
                }
                entries.push(Entry { host: Host::read(address), port, owner: owner.clone() });
            }
        }
        if entries.is_empty() {
            Err(Miss::NoName(Because::NoPort(object, part.to_string())))
        } else {
            Ok((entries, Because::Service(object)))
        }
    }

    fn endpoints<'a>(&self, index: &Index<'a>, service: &'a Service, zone: &str, part: Part<'_>) -> Found {
        let (namespace, name) = service.metadata.key();
        let (mut entries, mut any) = (Vec::new(), false);
        for (slice, endpoint, address) in self.ready(index, service)? {
            any = true;
            let hostname = self.hostname(endpoint, address);
            if matches!(part, Part::Endpoint(asked) if !asked.eq_ignore_ascii_case(&hostname)) {
                continue;
            }
            let owner = in_zone(&[&hostname, name, namespace, "svc"], zone);
            let ports = slice.ports.iter().map(|port| (port.port.and_then(|port| u16::try_from(port).ok()), &*port.name, &*port.protocol));
            let sentinel = slice.ports.is_empty().then_some((None, "", "none"));
            for (port, _, _) in ports.chain(sentinel).filter(|(_, name, protocol)| part.takes(name, protocol)) {
                entries.push(Entry { host: Host::read(address), port, owner: owner.clone() });
            }
        }
        let object = Object::new(namespace, name);
        match part {
            _ if !entries.is_empty() => Ok((entries, Because::Endpoints(object))),
            _ if !any => Err(Miss::NoName(Because::NoEndpoints(object))),
            Part::Endpoint(asked) => Err(Miss::NoName(Because::NoEndpoint(object, asked.to_owned()))),
            _ => Err(Miss::NoName(Because::NoPort(object, part.to_string()))),
        }
    }

    /// The ready endpoints of a Service, with each of their addresses.
    fn ready<'a>(
        &self,
        index: &Index<'a>,
        service: &'a Service,
    ) -> Result<impl Iterator<Item = (&'a EndpointSlice, &'a Endpoint, &'a str)> + use<'a>, Reason> {
        let (namespace, name) = service.metadata.key();
        if index.inventory.origin == Origin::Manifests && !service.spec.selector.is_empty() {
            return Err(Reason::NotApplied(Object::new(namespace, name)));
        }
        let slices: Vec<&'a EndpointSlice> = if self.no_endpoints {
            Vec::new()
        } else {
            index.all_in(Resource::EndpointSlices, namespace)?;
            let slices = index.slices(service).iter().copied();
            slices.filter(|slice| self.takes(&slice.metadata)).collect()
        };
        let endpoints = slices.into_iter().flat_map(|slice| slice.endpoints.iter().map(move |endpoint| (slice, endpoint)));
        let ready = endpoints.filter(|(_, endpoint)| endpoint.is_ready());
        Ok(ready.flat_map(|(slice, endpoint)| endpoint.addresses.iter().map(move |address| (slice, endpoint, address.as_str()))))
    }

    /// The first label of the name of an endpoint.
    pub(in super::super) fn hostname(&self, endpoint: &Endpoint, address: &str) -> String {
        let pod = endpoint.target_ref.as_ref().map_or("", |target| target.name.as_str());
        if !endpoint.hostname.is_empty() {
            return endpoint.hostname.to_ascii_lowercase();
        }
        if self.endpoint_pod_names && !pod.is_empty() && pod.len() < 64 {
            return pod.to_ascii_lowercase();
        }
        if address.contains('.') {
            return address.replace('.', "-");
        }
        let dashed = address.replace(':', "-");
        if dashed.ends_with('-') { dashed + "0" } else { dashed }
    }
}

impl Part<'_> {
    /// Whether a port is meant.
    fn takes(&self, name: &str, protocol: &str) -> bool {
        let protocol = if protocol.is_empty() { "TCP" } else { protocol };
        match self {
            Self::Port { port, protocol: asked } => {
                let named = |asked: &str, is: &str| asked.is_empty() || asked.eq_ignore_ascii_case(is);
                named(port, name) && named(asked, protocol)
            }
            _ => true,
        }
    }
}

impl std::fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Port { port, protocol } => write!(f, "{port}/{}", protocol.to_ascii_uppercase()),
            Self::Endpoint(name) => f.write_str(name),
            Self::Whole | Self::Zone => Ok(()),
        }
    }
}

/// What the name of an address stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum AddressName {
    /// It is in no zone of addresses.
    None,
    /// It is in one, and no whole address.
    Part,
    /// An address, as Go writes it.
    Whole(String),
}

/// Reads the name of an address.
pub(in super::super) fn address_of(name: &str) -> AddressName {
    let (address, labels) = if let Some(labels) = name.strip_suffix(".in-addr.arpa") {
        let reversed: Vec<&str> = labels.rsplit('.').collect();
        (reversed.join(".").parse().ok().map(IpAddr::V4), labels)
    } else if let Some(labels) = name.strip_suffix(".ip6.arpa") {
        let reversed: Vec<&str> = labels.rsplit('.').collect();
        let groups: Vec<String> = reversed.chunks_exact(4).map(<[&str]>::concat).collect();
        (groups.join(":").parse::<Ipv6Addr>().ok().map(IpAddr::V6), labels)
    } else {
        return AddressName::None;
    };
    match address {
        Some(address) if !labels.is_empty() => AddressName::Whole(address.to_canonical().to_string()),
        _ => AddressName::Part,
    }
}

/// Labels in a zone.
pub(super) fn in_zone(labels: &[&str], zone: &str) -> String {
    let mut labels = labels.to_vec();
    labels.extend((!zone.is_empty()).then_some(zone));
    labels.join(".")
}

/// A Service that stands for another name.
fn other_name(service: &Service, zone: &str, part: Part<'_>) -> Found {
    let (namespace, name) = service.metadata.key();
    let object = Object::new(namespace, name);
    if part != Part::Whole && part != (Part::Port { port: "", protocol: "" }) {
        return Err(Miss::NoName(Because::OnlyAName(object)));
    }
    match Host::read(&service.spec.external_name) {
        Host::Address(_) => Err(Miss::NoName(Because::ExternalAddress(object, service.spec.external_name.clone()))),
        host @ Host::Name(_) => {
            Ok((vec![Entry { host, port: Some(0), owner: in_zone(&[name, namespace, "svc"], zone) }], Because::Service(object)))
        }
    }
}

fn is_headless(service: &Service) -> bool {
    cluster_addresses(service).first().is_some_and(|address| address == "None")
}

fn unread_pods() -> Miss {
    Miss::Unknown(Reason::NoCorefile("whether pods have names"))
}
