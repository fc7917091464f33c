//! `reachable-from`: every destination the source may connect to, DNS and the API server among them.

use super::focus::Focus;
use super::words::{rule_ref, unanimous};
use super::{others, outside, workloads};
use crate::objects::{Address, Protocol, Truth};
use crate::policy::lint;
use crate::policy::model::Model;
use crate::policy::ports::{Bounds, PortsId};
use crate::policy::question::Resolved;
use crate::report::policy::{AddressReach, DnsReach, ReachableFrom, ServiceReach};
use crate::report::{Direction, Finding, ObjectRef, RuleRef, Verdict};
use crate::service::{Backend, Chain};

/// Answers the question for a source.
pub fn reachable_from(model: &Model<'_>, source: &Resolved) -> (ReachableFrom, Vec<Finding>) {
    let focus = Focus::of(model, source, None);
    let direction = Direction::Egress;
    let addresses = outside::addresses(model, &focus, source, None);
    if focus.buckets.is_empty() && !addresses.is_empty() {
        let destinations = outside::workloads(model, Direction::Ingress, &addresses);
        let rest = outside::rest(model, Direction::Ingress);
        let (source, services) = (focus.peer, Vec::new());
        return (ReachableFrom { source, isolated: Some(false), destinations, services, dns: None, api_server: None, rest }, Vec::new());
    }
    let mut destinations = workloads::workloads(model, direction, &focus);
    destinations.extend(others::unread_pods(model, direction, &focus));
    destinations.extend(others::addresses(model, direction, &focus));
    destinations.extend(others::own_node(model, direction, &focus));
    let pods = focus.all_pods();
    let result = ReachableFrom {
        isolated: focus.isolated(model, direction),
        rest: others::rest(model, direction, &focus),
        services: services(model, &pods),
        dns: dns(model, &pods),
        api_server: api_server(model, &pods),
        destinations,
        source: focus.peer,
    };
    (result, lint::findings_about(model, &pods, &[direction]))
}

/// What the source's pods may send to one endpoint: the least of all of them is certain, the most is possible.
pub fn to_backend(model: &Model<'_>, pods: &[usize], backend: &Backend) -> Option<Bounds> {
    let one = |pod: usize| match (backend.pod, backend.address) {
        (Some(target), _) => Some(model.between_pods(pod, target)),
        (None, Some(address)) => Some(model.to_address(pod, address)),
        (None, None) => None,
    };
    let mut classes: Vec<usize> = representatives(model, pods, backend.pod);
    classes.dedup();
    classes.into_iter().filter_map(one).reduce(|a, b| a.either(b, &model.ports))
}

/// One pod of each class, and every pod whose own node may be concerned.
fn representatives(model: &Model<'_>, pods: &[usize], target: Option<usize>) -> Vec<usize> {
    let mut seen = std::collections::BTreeSet::new();
    let special = |pod: usize| target.is_some_and(|t| model.bond(pod, t).is_some());
    pods.iter().copied().filter(|pod| model.class_of(*pod).is_some_and(|(id, _)| seen.insert((id, special(*pod))))).collect()
}

/// Services one of whose ports leads to something the source may or may not reach.
fn services(model: &Model<'_>, pods: &[usize]) -> Vec<ServiceReach> {
    let mut reaches = Vec::new();
    for service in &model.inventory.objects.services {
        let chain = Chain::follow(model.inventory, service);
        let reference = chain.reference();
        // A Service that leads back to the very pod is another matter: rule 32 leaves it open.
        let itself = |b: &&Backend| b.pod.is_some_and(|pod| pods.contains(&pod));
        let backends: Vec<&Backend> = chain.backends.iter().filter(|b| b.ready || chain.ready() == 0).filter(|b| !itself(b)).collect();
        if backends.is_empty() {
            continue;
        }
        let (mut allowed, mut unknown) = (PortsId::NONE, PortsId::NONE);
        for (at, port) in service.spec.ports.iter().enumerate() {
            let Some(protocol) = Protocol::parse(&port.protocol) else { continue };
            let shown = model.ports.range(protocol, port.port, port.port);
            let verdicts: Vec<Verdict> = (backends.iter())
                .filter_map(|backend| {
                    let ports = backend.ports.iter().filter(|(a, ..)| *a == at);
                    let wanted = ports.fold(PortsId::NONE, |all, (_, p, n)| model.ports.union(all, model.ports.range(*p, *n, *n)));
                    if wanted.is_none() { None } else { to_backend(model, pods, backend).map(|b| model.verdict(b, wanted)) }
                })
                .collect();
            if verdicts.is_empty() || verdicts.iter().all(|v| *v == Verdict::Deny) {
                continue;
            }
            let target = if verdicts.iter().all(|v| *v == Verdict::Allow) { &mut allowed } else { &mut unknown };
            *target = model.ports.union(*target, shown);
        }
        let not_ready = if chain.ready() == 0 { vec!["no ready endpoint now".to_owned()] } else { Vec::new() };
        if !allowed.is_none() {
            let ports = model.ports.describe(allowed);
            reaches.push(ServiceReach { service: reference.clone(), verdict: Verdict::Allow, ports, reasons: not_ready.clone() });
        }
        if !unknown.is_none() {
            let mut reasons = not_ready;
            reasons.push("some endpoints may be reached, others not or nobody can tell".to_owned());
            reaches.push(ServiceReach { service: reference, verdict: Verdict::Unknown, ports: model.ports.describe(unknown), reasons });
        }
    }
    reaches
}

/// The Service that answers for cluster names: `kube-dns` by tradition, `dns-default` on OpenShift.
fn dns_service<'a>(model: &'a Model<'_>) -> Option<Chain<'a>> {
    let known = [("kube-system", "kube-dns"), ("kube-system", "coredns"), ("openshift-dns", "dns-default")];
    let service = known.iter().find_map(|(namespace, name)| model.inventory.service(namespace, name))?;
    Some(Chain::follow(model.inventory, service))
}

/// Rule 38: DNS needs UDP and TCP to the DNS pods' real port.
pub fn dns(model: &Model<'_>, pods: &[usize]) -> Option<DnsReach> {
    let chain = dns_service(model)?;
    let mut numbers: Vec<i64> = Vec::new();
    let mut ask = |wanted: Protocol| -> Verdict {
        let mut verdicts = Vec::new();
        for backend in chain.backends.iter().filter(|b| b.ready || chain.ready() == 0) {
            // A Service that offers no TCP still has its pods listening there.
            let declared = backend.ports.iter().filter(|(at, ..)| chain.service.spec.ports.get(*at).is_some_and(|p| p.port == 53));
            let number = declared.clone().find(|(_, p, _)| *p == wanted).or_else(|| declared.clone().next()).map_or(53, |(_, _, n)| *n);
            numbers.push(number);
            if let Some(bounds) = to_backend(model, pods, backend) {
                verdicts.push(model.verdict(bounds, model.ports.range(wanted, number, number)));
            }
        }
        combine(&verdicts)
    };
    let (udp, tcp) = (ask(Protocol::Udp), ask(Protocol::Tcp));
    numbers.sort_unstable();
    numbers.dedup();
    let port = numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    Some(DnsReach { service: chain.reference(), port, udp, tcp })
}

/// Allow if all are, deny if all are, unknown otherwise.
fn combine(verdicts: &[Verdict]) -> Verdict {
    match verdicts {
        [] => Verdict::Unknown,
        [first, others @ ..] => {
            if others.iter().all(|v| v == first) {
                *first
            } else {
                Verdict::Unknown
            }
        }
    }
}

/// Rule 39: the API server's endpoints are addresses of hosts, on their own port.
fn api_server(model: &Model<'_>, pods: &[usize]) -> Option<AddressReach> {
    let service = model.inventory.service("default", "kubernetes")?;
    let chain = Chain::follow(model.inventory, service);
    let mut addresses = Vec::new();
    let mut verdicts = Vec::new();
    let mut because: Vec<RuleRef> = Vec::new();
    for backend in &chain.backends {
        let Some(address) = backend.address.or_else(|| backend_address(model, backend)) else { continue };
        for (_, protocol, number) in &backend.ports {
            addresses.push(format!("{}:{number}", show(address)));
            let wanted = model.ports.range(*protocol, *number, *number);
            if let Some(bounds) = to_backend(model, pods, backend) {
                verdicts.push(model.verdict(bounds, wanted));
            }
            for pod in pods {
                because.extend(rules_to(model, *pod, address, wanted));
            }
        }
    }
    because.sort();
    because.dedup();
    (!addresses.is_empty()).then(|| AddressReach { addresses, verdict: combine(&verdicts), because })
}

fn backend_address(model: &Model<'_>, backend: &Backend) -> Option<Address> {
    model.inventory.pods.get(backend.pod?)?.pod.ips().first().copied()
}

fn show(address: Address) -> String {
    match address.family {
        crate::objects::Family::V4 => std::net::Ipv4Addr::from_bits(u32::try_from(address.bits).unwrap_or_default()).to_string(),
        crate::objects::Family::V6 => format!("[{}]", std::net::Ipv6Addr::from_bits(address.bits)),
    }
}

fn rules_to(model: &Model<'_>, pod: usize, address: Address, wanted: PortsId) -> Vec<RuleRef> {
    let Some((id, _)) = model.class_of(pod) else { return Vec::new() };
    let subject = model.subject_of(Direction::Egress, id);
    let other = crate::policy::peers::Other::Address(address);
    let allows = |rule: &&crate::policy::compile::CompiledRule| {
        !model.ports.intersection(model.rule_allows(rule, &other, None).possible, wanted).is_none()
    };
    let accepting = model.acceptances(Direction::Egress, subject, &other, None).into_iter();
    let accepting = accepting.filter(|(_, ports)| !model.ports.intersection(*ports, wanted).is_none()).map(|(rule, _)| rule);
    let rules = accepting.chain(model.rules(Direction::Egress, subject).filter(allows));
    rules.map(|rule| rule_ref(model.inventory, Direction::Egress, rule)).collect()
}

/// Whether DNS is cut off for pods that are isolated for egress, or denied some of it: both protocols count.
pub fn dns_is_cut_off(model: &Model<'_>, pods: &[usize]) -> Option<(ObjectRef, Verdict, Verdict)> {
    let subjects = pods.iter().filter_map(|p| model.class_of(*p)).map(|(id, _)| model.subject_of(Direction::Egress, id));
    let restricted = subjects.map(|subject| match subject.isolated() {
        _ if !model.denying(Direction::Egress, subject).is_empty() => Some(true),
        Truth::Unknown => None,
        isolated => Some(isolated == Truth::Yes),
    });
    unanimous(restricted).filter(|yes| *yes)?;
    let reach = dns(model, pods)?;
    (reach.udp == Verdict::Deny || reach.tcp == Verdict::Deny).then_some((reach.service, reach.udp, reach.tcp))
}
