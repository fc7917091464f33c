//! A Service as a target: its ports, the pods behind them, its own addresses.

use std::net::IpAddr;

use super::{Aim, How, MOST_PODS, Named, NoAim, Source, Stop, Trial, Wanted, bare, how, ip, ips, stops};
use crate::inventory::Inventory;
use crate::objects::{Protocol, Service, ServicePort};
use crate::policy::question::{PortName, PortQuery};
use crate::probe::check::To;
use crate::service::{Backend, Chain};

/// A Service, and by what it was named.
pub(super) struct Meant<'a> {
    pub(super) service: &'a Service,
    /// A name that is to lead to it.
    pub(super) name: Option<String>,
    /// The one of its addresses that is meant.
    pub(super) only: Option<IpAddr>,
}

/// One aim for each port: the pods behind it, then the addresses of the Service.
pub(super) fn aims<'a>(
    inventory: &'a Inventory,
    source: &Source,
    wanted: &Wanted,
    Meant { service, name, only }: &Meant<'a>,
) -> Result<Vec<Aim<'a>>, NoAim> {
    let chain = Chain::follow(inventory, service);
    let front_ips = only.map_or_else(|| source.common(addresses(service)), |ip| vec![ip]);
    let expected = if service.is_headless() { ready_pods(inventory, &chain) } else { addresses(service) };
    let behind: Vec<&Backend> = used(&chain);
    let aim = |(how, port, of): Port<'a>| {
        let external = service.is_external_name().then(|| service.spec.external_name.clone());
        let tried = behind.iter().take(MOST_PODS);
        let stops = of.map(|of| tried.flat_map(|backend| endpoint(inventory, source, service, backend, (&how, of), &front_ips)).collect());
        Aim {
            name: name.clone().map(|name| Named { name, expected: expected.clone() }),
            port: Some(port),
            stops: stops.unwrap_or_default(),
            left_out: behind.len().saturating_sub(MOST_PODS),
            fronts: front_ips.iter().map(IpAddr::to_string).chain(external).map(|host| To::new(host, port)).collect(),
            service: Some((chain.clone(), of)),
            how: Some(how),
            ..bare(wanted)
        }
    };
    Ok(ports(wanted, service)?.into_iter().map(aim).collect())
}

/// Endpoints that are tried: those that receive traffic, and if there is none, the others.
fn used<'c>(chain: &'c Chain<'_>) -> Vec<&'c Backend> {
    let any = chain.ready() > 0;
    chain.backends.iter().filter(|backend| backend.ready || !any).collect()
}

/// What the name of a headless Service leads to.
fn ready_pods(inventory: &Inventory, chain: &Chain<'_>) -> Vec<IpAddr> {
    let ready = chain.backends.iter().filter(|backend| backend.ready);
    let pods = ready.clone().filter_map(|backend| inventory.pods.get(backend.pod?));
    pods.flat_map(|info| ips(&info.pod)).chain(ready.filter_map(|backend| backend.address.map(ip))).collect()
}

/// An endpoint at its address of each family in which the Service has one; of a headless Service at the first of them.
fn endpoint(
    inventory: &Inventory,
    source: &Source,
    service: &Service,
    backend: &Backend,
    (how, of): (&How, &ServicePort),
    fronts: &[IpAddr],
) -> Vec<Stop> {
    let at = service.spec.ports.iter().position(|port| std::ptr::eq(port, of));
    let target = backend.ports.iter().find(|(position, protocol, _)| Some(*position) == at && *protocol == how.protocol());
    let target = target.and_then(|(_, _, number)| u16::try_from(*number).ok());
    let Some(pod) = backend.pod else {
        let to = |port| Some(To::new(ip(backend.address?).to_string(), port));
        return vec![Stop { pod: None, to: target.and_then(to) }];
    };
    let mut stops = stops(inventory, source, pod, target);
    let in_family = |stop: &Stop| {
        let host = stop.to.as_ref().and_then(|to| to.host.parse::<IpAddr>().ok());
        host.is_none_or(|host| fronts.iter().any(|front| front.is_ipv4() == host.is_ipv4()))
    };
    if stops.iter().any(in_family) {
        stops.retain(in_family);
    } else {
        stops.truncate(1);
    }
    stops
}

/// Addresses that stand for a Service inside the cluster; a headless one has none.
pub(super) fn addresses(service: &Service) -> Vec<IpAddr> {
    let all = &service.spec.cluster_ips;
    let texts = if all.is_empty() { std::slice::from_ref(&service.spec.cluster_ip) } else { all };
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

/// How a port is tried, its number, and which port of the Service it is; none: it has no such port.
type Port<'a> = (How, u16, Option<&'a ServicePort>);

/// The ports of a Service that are meant. One that it has not is tried all the same: that it is not there is an answer.
fn ports<'a>(wanted: &Wanted, service: &'a Service) -> Result<Vec<Port<'a>>, NoAim> {
    let known = service.spec.ports.iter().filter_map(|port| Some((Protocol::parse(&port.protocol)?, u16::try_from(port.port).ok()?, port)));
    let of_protocol = |protocol: Option<Protocol>| known.clone().filter(move |(of, ..)| protocol.is_none_or(|wanted| wanted == *of));
    let transport = |(protocol, number, port): (Protocol, u16, &'a ServicePort)| (How::Transport(protocol), number, Some(port));
    match &wanted.trial {
        Trial::Connect(None) => {
            let all: Vec<_> = known.clone().map(transport).collect();
            if all.is_empty() { Err(NoAim::NoPort(wanted.text.clone())) } else { Ok(all) }
        }
        Trial::Connect(Some(PortQuery { protocol, port: PortName::Name(name) })) => {
            let named: Vec<_> = of_protocol(*protocol).filter(|(.., port)| &port.name == name).map(transport).collect();
            if named.is_empty() { Err(NoAim::NoSuchPort(wanted.text.clone(), name.clone())) } else { Ok(named) }
        }
        Trial::Connect(Some(PortQuery { protocol, .. })) => {
            let (how, asked) = how(wanted)?;
            let same: Vec<_> = of_protocol(*protocol).filter(|(_, number, _)| *number == asked).map(transport).collect();
            if same.is_empty() { Ok(vec![(how, asked, None)]) } else { Ok(same) }
        }
        Trial::Http { .. } | Trial::Lookup => {
            let (how, asked) = how(wanted)?;
            let port = of_protocol(Some(Protocol::Tcp)).find(|(_, number, _)| *number == asked).map(|(.., port)| port);
            Ok(vec![(how, asked, port)])
        }
    }
}

/// The full name of a Service.
pub(super) fn full_name(service: &Service, domain: &str) -> String {
    format!("{}.{}.svc.{domain}.", service.metadata.name, service.metadata.namespace)
}

/// The Service that a name means in a namespace: `payments`, `payments.shop`, `payments.shop.svc`, with the cluster's domain.
pub(super) fn of_name<'a>(inventory: &'a Inventory, home: &str, host: &str, domain: &str) -> Option<&'a Service> {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let short = host.strip_suffix(&format!(".svc.{domain}")).or_else(|| host.strip_suffix(".svc")).unwrap_or(&host);
    match short.split('.').collect::<Vec<_>>().as_slice() {
        [name] if short == host => inventory.service(home, name),
        [name, namespace] => inventory.service(namespace, name),
        _ => None,
    }
}
