//! Service → EndpointSlice → port → pod: where a connection to a Service really goes.
//!
//! Rules 36 and 37 of the network policy page: policies see the endpoint's pod and its *target* port, never the Service.

use crate::inventory::Inventory;
use crate::objects::{Address, Endpoint, IntOrString, LabelSelector, Pod, Protocol, Service, ServicePort, Truth};
use crate::report::ObjectRef;
use crate::report::policy::ResolvedBy;

/// One endpoint of a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// The pod, by position in the inventory.
    pub pod: Option<usize>,
    /// The address, where it is no pod we know.
    pub address: Option<Address>,
    /// Whether it receives traffic now.
    pub ready: bool,
    /// (position of the Service's port, protocol, number on the endpoint).
    pub ports: Vec<(usize, Protocol, i64)>,
}

/// A Service and what is behind it.
#[derive(Debug, Clone)]
pub struct Chain<'a> {
    /// The Service.
    pub service: &'a Service,
    /// Its endpoints, pods first.
    pub backends: Vec<Backend>,
    /// How they were found.
    pub resolved_by: ResolvedBy,
}

impl<'a> Chain<'a> {
    /// Follows a Service to its endpoints: EndpointSlices if there are any, else the selector.
    pub fn follow(inventory: &'a Inventory, service: &'a Service) -> Self {
        if service.is_external_name() {
            return Self { service, backends: Vec::new(), resolved_by: ResolvedBy::Nothing };
        }
        let mut backends: Vec<Backend> = Vec::new();
        let mut sliced = false;
        for slice in inventory.slices_of(service) {
            sliced = true;
            let ports: Vec<(usize, Protocol, i64)> = (slice.ports.iter())
                .filter_map(|port| {
                    let at = service.spec.ports.iter().position(|p| p.name == port.name)?;
                    Some((at, Protocol::parse(&port.protocol)?, port.port?))
                })
                .collect();
            for endpoint in &slice.endpoints {
                add(&mut backends, backend(inventory, service, endpoint, &ports));
            }
        }
        let resolved_by = if sliced {
            ResolvedBy::EndpointSlices
        } else if service.spec.selector.is_empty() {
            ResolvedBy::Nothing
        } else {
            backends = by_selector(inventory, service);
            ResolvedBy::Selector
        };
        if !backends.iter().any(|b| b.ready) {
            // kube-proxy falls back to endpoints that terminate but still serve.
            let serving: Vec<Address> = inventory
                .slices_of(service)
                .flat_map(|s| &s.endpoints)
                .filter(|e| e.conditions.serving == Some(true) && e.conditions.terminating == Some(true))
                .filter_map(first_address)
                .collect();
            for backend in &mut backends {
                let ips = backend.pod.and_then(|p| inventory.pods.get(p)).map(|p| p.pod.ips()).unwrap_or_default();
                backend.ready = serving.iter().any(|a| ips.contains(a) || backend.address == Some(*a));
            }
        }
        backends.sort_by_key(|b| (b.pod.is_none(), b.pod, b.address));
        Self { service, backends, resolved_by }
    }

    /// A reference to the Service.
    pub fn reference(&self) -> ObjectRef {
        ObjectRef::new("Service", &self.service.metadata.namespace, &self.service.metadata.name)
    }

    /// Endpoints that receive traffic now.
    pub fn ready(&self) -> usize {
        self.backends.iter().filter(|b| b.ready).count()
    }
}

/// The same endpoint may stand in several slices (one for each set of ports, one for each family).
fn add(backends: &mut Vec<Backend>, new: Backend) {
    let same =
        |b: &&mut Backend| (b.pod.is_some() && b.pod == new.pod) || (b.pod.is_none() && new.pod.is_none() && b.address == new.address);
    match backends.iter_mut().find(same) {
        Some(known) => {
            known.ready |= new.ready;
            known.ports.extend(new.ports);
            known.ports.sort_unstable();
            known.ports.dedup();
        }
        None => backends.push(new),
    }
}

fn first_address(endpoint: &Endpoint) -> Option<Address> {
    endpoint.addresses.first().and_then(|text| Address::parse(text))
}

fn backend(inventory: &Inventory, service: &Service, endpoint: &Endpoint, ports: &[(usize, Protocol, i64)]) -> Backend {
    let named = endpoint.target_ref.as_ref().filter(|t| t.kind == "Pod").and_then(|target| {
        let namespace = if target.namespace.is_empty() { &service.metadata.namespace } else { &target.namespace };
        inventory.pod(namespace, &target.name)
    });
    let address = first_address(endpoint);
    let by_address =
        || address.and_then(|a| inventory.pods.iter().position(|p| !p.pod.spec.host_network && !p.template && p.pod.ips().contains(&a)));
    let pod = named.or_else(by_address);
    Backend { pod, address: address.filter(|_| pod.is_none()), ready: endpoint.is_ready(), ports: ports.to_vec() }
}

/// What the EndpointSlice controller would make of the selector. Pods of manifests have no conditions: they count as ready.
fn by_selector(inventory: &Inventory, service: &Service) -> Vec<Backend> {
    let selector = LabelSelector::equalities(&service.spec.selector);
    let behind = |namespace: &str| namespace == service.metadata.namespace;
    (inventory.pods.iter().enumerate())
        .filter(|(_, p)| behind(&p.pod.metadata.namespace) && selector.matches(&p.pod.metadata.labels) == Truth::Yes)
        .map(|(position, info)| {
            let offline = info.template || info.pod.status.conditions.is_empty();
            let ready = offline || info.pod.is_ready() || service.spec.publish_not_ready_addresses;
            let ports =
                service.spec.ports.iter().enumerate().filter_map(|(at, port)| target_port(&info.pod, port).map(|(p, n)| (at, p, n)));
            Backend { pod: Some(position), address: None, ready, ports: ports.collect() }
        })
        .collect()
}

/// The number a Service's port comes to on a pod: by number (declared or not), by name and protocol, or the same number.
pub fn target_port(pod: &Pod, port: &ServicePort) -> Option<(Protocol, i64)> {
    let protocol = Protocol::parse(&port.protocol)?;
    let number = match &port.target_port {
        None | Some(IntOrString::Int(0)) => port.port,
        Some(IntOrString::Int(number)) => *number,
        Some(IntOrString::Name(name)) => {
            let sidecars = pod.spec.init_containers.iter().filter(|c| c.restart_policy == "Always");
            let declared = pod.spec.containers.iter().chain(sidecars).flat_map(|c| &c.ports);
            declared.into_iter().find(|p| &p.name == name && Protocol::parse(&p.protocol) == Some(protocol))?.container_port
        }
    };
    Some((protocol, number))
}
