//! The end a question is about: pods, and on each the ports asked about.

use std::collections::BTreeMap;

use crate::inventory::Inventory;
use crate::objects::{Address, Family, LabelSelector, Protocol, Resource, Truth};
use crate::policy::classes::ClassId;
use crate::policy::model::Model;
use crate::policy::ports::PortsId;
use crate::policy::question::{PortName, PortQuery, Resolved};
use crate::report::policy::{ResolvedBy, ServiceChain, ServicePortChain};
use crate::report::{Direction, ObjectRef, Peer, PodCount};
use crate::service::Chain;

use super::words::unanimous;

/// Pods of one class with the same ports asked about.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// Class.
    pub class: ClassId,
    /// Ports asked about.
    pub wanted: PortsId,
    /// Pods.
    pub pods: Vec<usize>,
}

/// The end a question is about.
#[derive(Debug, Clone)]
pub struct Focus {
    /// How it is shown.
    pub peer: Peer,
    /// Its pods by class and ports.
    pub buckets: Vec<Bucket>,
    /// Addresses that are no pod's, with the ports asked about.
    pub addresses: Vec<(Address, PortsId)>,
    /// The Service, if it is one.
    pub service: Option<ServiceChain>,
    /// Why nothing is behind the ports asked about, if it is a Service that leads nowhere, whatever policies say.
    pub nowhere: Option<String>,
    /// The family the pods are talked to over, where an address named them.
    pub family: Option<Family>,
}

impl Focus {
    /// Pods with the ports asked about on each; none of the query: all ports.
    pub fn pods(model: &Model<'_>, label: &Peer, pods: &[usize], query: Option<&PortQuery>) -> Self {
        let wanted = |pod: &usize| (*pod, query.map_or(PortsId::ALL, |q| wanted_on(model, *pod, q)));
        let peer = Peer { pods: Some(PodCount { matched: pods.len(), total: pods.len() }), ..label.clone() };
        Self { peer, buckets: buckets(model, pods.iter().map(wanted)), addresses: Vec::new(), service: None, nowhere: None, family: None }
    }

    /// A Service: its endpoints on the ports behind the Service's ports.
    pub fn service(model: &Model<'_>, chain: &Chain<'_>, query: Option<&PortQuery>) -> Self {
        let meta = &chain.service.metadata;
        let asked = |at: &usize| query.is_none_or(|q| chain.service.spec.ports.get(*at).is_some_and(|port| asks_for(q, port)));
        let wanted = |ports: &[(usize, Protocol, i64)]| {
            let asked = ports.iter().filter(|(at, ..)| asked(at));
            asked.fold(PortsId::NONE, |all, (_, protocol, number)| model.ports.union(all, model.ports.range(*protocol, *number, *number)))
        };
        // Only endpoints that receive traffic are part of the answer, unless there is none.
        let any_ready = chain.ready() > 0;
        let used: Vec<_> = chain.backends.iter().filter(|b| b.ready || !any_ready).collect();
        let pods: Vec<(usize, PortsId)> = used.iter().filter_map(|b| b.pod.map(|pod| (pod, wanted(&b.ports)))).collect();
        let addresses = used.iter().filter_map(|b| b.address.map(|address| (address, wanted(&b.ports)))).collect();
        let peer = Peer {
            kind: "Service".to_owned(),
            namespace: meta.namespace.clone(),
            name: meta.name.clone(),
            pods: Some(PodCount { matched: pods.len(), total: chain.backends.iter().filter(|b| b.pod.is_some()).count() }),
            ..Peer::default()
        };
        let nowhere = nowhere(model.inventory, chain, query);
        Self { peer, buckets: buckets(model, pods.into_iter()), addresses, service: Some(describe(model, chain)), nowhere, family: None }
    }

    /// Whichever end the user named. Addresses and ranges have no pods here, but for addresses that are a pod's.
    pub fn of(model: &Model<'_>, resolved: &Resolved, query: Option<&PortQuery>) -> Self {
        match resolved {
            Resolved::Pods { label, pods } => Self::pods(model, label, pods, query),
            Resolved::Service { namespace, name } => match model.inventory.service(namespace, name) {
                Some(service) => Self::service(model, &Chain::follow(model.inventory, service), query),
                None => {
                    Self::nothing(Peer { kind: "Service".to_owned(), namespace: namespace.clone(), name: name.clone(), ..Peer::default() })
                }
            },
            Resolved::Address(ip) => {
                let address = Address::from(*ip);
                let pods: Vec<usize> = model.pods_with(address).collect();
                if let Some(meta) = pods.first().and_then(|pod| model.inventory.pods.get(*pod)).map(|p| &p.pod.metadata) {
                    let label =
                        Peer { kind: "Pod".to_owned(), namespace: meta.namespace.clone(), name: meta.name.clone(), ..Peer::default() };
                    return Self { family: Some(address.family), ..Self::pods(model, &label, &pods, query) };
                }
                let service = model.inventory.objects.services.iter().find(|s| s.addresses().any(|a| Address::parse(a) == Some(address)));
                if let Some(service) = service {
                    return Self::service(model, &Chain::follow(model.inventory, service), query);
                }
                let peer = Peer { kind: "IPBlock".to_owned(), cidrs: vec![crate::objects::Cidr::host(*ip).to_string()], ..Peer::default() };
                let wanted = query.map_or(PortsId::ALL, |q| wanted_outside(model, q));
                Self { addresses: vec![(address, wanted)], ..Self::nothing(peer) }
            }
            Resolved::Cidr(cidr) => Self::nothing(Peer { kind: "IPBlock".to_owned(), cidrs: vec![cidr.to_string()], ..Peer::default() }),
        }
    }

    fn nothing(peer: Peer) -> Self {
        Self { peer, buckets: Vec::new(), addresses: Vec::new(), service: None, nowhere: None, family: None }
    }

    /// All pods, ascending.
    pub fn all_pods(&self) -> Vec<usize> {
        let mut pods: Vec<usize> = self.buckets.iter().flat_map(|b| b.pods.iter().copied()).collect();
        pods.sort_unstable();
        pods
    }

    /// Whether its pods are isolated in a direction; none if unknown or if they differ.
    pub fn isolated(&self, model: &Model<'_>, direction: Direction) -> Option<bool> {
        unanimous(self.buckets.iter().map(|b| match model.subject_of(direction, b.class).isolated() {
            Truth::Yes => Some(true),
            Truth::No => Some(false),
            Truth::Unknown => None,
        }))
    }

    /// The policies that isolate its pods in a direction, by position, each once.
    pub fn policies(&self, model: &Model<'_>, direction: Direction) -> Vec<usize> {
        let mut policies: Vec<usize> =
            self.buckets.iter().flat_map(|b| model.subject_of(direction, b.class).policies.iter().copied()).collect();
        policies.sort_unstable();
        policies.dedup();
        policies
    }
}

fn buckets(model: &Model<'_>, pods: impl Iterator<Item = (usize, PortsId)>) -> Vec<Bucket> {
    let mut by_class: BTreeMap<(ClassId, PortsId), Vec<usize>> = BTreeMap::new();
    for (pod, wanted) in pods {
        if let Some((class, _)) = model.class_of(pod) {
            by_class.entry((class, wanted)).or_default().push(pod);
        }
    }
    by_class.into_iter().map(|((class, wanted), pods)| Bucket { class, wanted, pods }).collect()
}

/// The ports of a query on a pod. A name that the pod does not have asks for nothing there.
pub fn wanted_on(model: &Model<'_>, pod: usize, query: &PortQuery) -> PortsId {
    match &query.port {
        PortName::Range(low, high) => model.ports.range(query.protocol.unwrap_or(Protocol::Tcp), i64::from(*low), i64::from(*high)),
        PortName::Name(name) => {
            let named = model.class_of(pod).and_then(|(_, class)| model.classes.named.get(class.named as usize));
            let matching = named.into_iter().flatten().filter(|p| &p.name == name && query.protocol.is_none_or(|q| q == p.protocol));
            matching.fold(PortsId::NONE, |all, port| model.ports.union(all, model.ports.range(port.protocol, port.number, port.number)))
        }
    }
}

/// The ports of a query on an address outside, where no name means anything.
pub fn wanted_outside(model: &Model<'_>, query: &PortQuery) -> PortsId {
    match &query.port {
        PortName::Range(low, high) => model.ports.range(query.protocol.unwrap_or(Protocol::Tcp), i64::from(*low), i64::from(*high)),
        PortName::Name(_) => PortsId::NONE,
    }
}

/// Whether a query means this port of a Service.
fn asks_for(query: &PortQuery, port: &crate::objects::ServicePort) -> bool {
    let protocol = query.protocol.is_none_or(|p| Protocol::parse(&port.protocol) == Some(p));
    let number = match &query.port {
        PortName::Range(low, high) => (i64::from(*low)..=i64::from(*high)).contains(&port.port),
        PortName::Name(name) => &port.name == name,
    };
    protocol && number
}

/// Why a Service leads nowhere on the ports asked about, if it is known that it does.
fn nowhere(inventory: &Inventory, chain: &Chain<'_>, query: Option<&PortQuery>) -> Option<String> {
    let service = chain.service;
    if service.is_external_name() {
        return None;
    }
    if chain.backends.is_empty() {
        return endpoints_known(inventory, chain).then(|| "the Service has no endpoint".to_owned());
    }
    let asked: Vec<usize> =
        service.spec.ports.iter().enumerate().filter(|(_, port)| query.is_none_or(|q| asks_for(q, port))).map(|(at, _)| at).collect();
    if let (Some(query), []) = (query, asked.as_slice()) {
        let has: Vec<String> = service.spec.ports.iter().map(|port| port.port.to_string()).collect();
        return Some(format!("the Service has no port {query} (it has {})", has.join(", ")));
    }
    let leads = |at: &usize| chain.backends.iter().any(|b| b.ports.iter().any(|(a, ..)| a == at));
    // Any port of pods may be behind a headless Service without ports.
    (!asked.is_empty() && !asked.iter().any(leads)).then(|| "its pods have no port that the Service leads to".to_owned())
}

/// Whether nothing but its endpoints can be behind a Service: they, or the pods that would be, could be read.
fn endpoints_known(inventory: &Inventory, chain: &Chain<'_>) -> bool {
    let namespace = &chain.service.metadata.namespace;
    match chain.resolved_by {
        ResolvedBy::EndpointSlices => true,
        ResolvedBy::Selector => inventory.coverage.is_complete(Resource::Pods, Some(namespace)),
        ResolvedBy::Nothing => inventory.coverage.is_complete(Resource::EndpointSlices, Some(namespace)),
    }
}

/// A Service and its ports in words.
fn describe(model: &Model<'_>, chain: &Chain<'_>) -> ServiceChain {
    let spec = &chain.service.spec;
    let ports = (spec.ports.iter().enumerate())
        .map(|(at, port)| {
            let numbers = chain.backends.iter().flat_map(|b| &b.ports).filter(|(a, ..)| *a == at);
            let set = numbers.fold(PortsId::NONE, |all, (_, p, n)| model.ports.union(all, model.ports.range(*p, *n, *n)));
            let target = port.target_port.as_ref().map_or_else(|| port.port.to_string(), ToString::to_string);
            ServicePortChain { name: port.name.clone(), port: port.port, target, target_ports: model.ports.describe(set) }
        })
        .collect();
    let service_type = match spec.kind.as_str() {
        "" | "ClusterIP" if chain.service.is_headless() => "Headless",
        "" => "ClusterIP",
        other => other,
    };
    ServiceChain {
        service: ObjectRef::new("Service", &chain.service.metadata.namespace, &chain.service.metadata.name),
        service_type: service_type.to_owned(),
        ports,
        ready: chain.ready(),
        total: chain.backends.len(),
        resolved_by: chain.resolved_by,
        notes: notes(model.inventory, chain),
    }
}

/// What the kind of Service means for the answer (rules 24, 36, 37).
fn notes(inventory: &Inventory, chain: &Chain<'_>) -> Vec<String> {
    let spec = &chain.service.spec;
    let mut notes = Vec::new();
    if chain.service.is_external_name() {
        notes.push(format!(
            "ExternalName: only another name for {}; no policy is about names, the addresses behind it decide",
            spec.external_name
        ));
        return notes;
    }
    if chain.service.is_headless() {
        notes.push(
            "headless: names resolve to pod addresses, clients connect to the pods' own ports (targetPort does not translate)".to_owned(),
        );
    }
    if matches!(spec.kind.as_str(), "NodePort" | "LoadBalancer") {
        notes.push(if spec.external_traffic_policy == "Local" {
            format!("{}: clients from outside arrive with their own address (externalTrafficPolicy: Local)", spec.kind)
        } else {
            format!(
                "{}: clients from outside arrive with the address of a node (externalTrafficPolicy: Cluster), not with their own",
                spec.kind
            )
        });
    }
    if spec.internal_traffic_policy == "Local" {
        notes.push("internalTrafficPolicy: Local: only endpoints on the client's own node are used".to_owned());
    }
    match chain.resolved_by {
        ResolvedBy::Selector => notes.push("no EndpointSlice was read: its pods were found by its selector".to_owned()),
        ResolvedBy::Nothing => notes.push("no selector and no EndpointSlice: nothing is behind it".to_owned()),
        ResolvedBy::EndpointSlices if spec.selector.is_empty() => {
            notes.push("no selector: its endpoints are set by something else".to_owned())
        }
        ResolvedBy::EndpointSlices => {}
    }
    if chain.backends.is_empty() && chain.resolved_by != ResolvedBy::Nothing && endpoints_known(inventory, chain) {
        let selector = LabelSelector::equalities(&spec.selector).describe();
        notes.push(format!("no endpoint: its selector {selector} matches no pod; connections fail whatever the policies say"));
    } else if chain.ready() == 0 && !chain.backends.is_empty() {
        notes.push("no ready endpoint: connections fail now whatever the policies say; the answer is for when they are ready".to_owned());
    }
    let unnamed = |at: usize| !chain.backends.is_empty() && !chain.backends.iter().any(|b| b.ports.iter().any(|(a, ..)| *a == at));
    for (_, port) in spec.ports.iter().enumerate().filter(|(at, _)| unnamed(*at)) {
        let target = port.target_port.as_ref().map_or_else(|| port.port.to_string(), ToString::to_string);
        notes.push(format!("port {}: no endpoint has a port for target \"{target}\"", port.port));
    }
    let outside = chain.backends.iter().filter(|b| b.pod.is_none()).count();
    if outside > 0 {
        let known = inventory.pods_complete();
        notes.push(format!("{outside} endpoint address(es) belong to no pod{}", if known { "" } else { " that could be read" }));
    }
    notes
}
