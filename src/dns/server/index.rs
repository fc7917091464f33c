//! The objects that names come from, found by name and by address.

use std::collections::HashMap;

use super::expected::Reason;
use crate::inventory::Inventory;
use crate::objects::{Endpoint, EndpointSlice, LabelSelector, Labels, Pod, Resource, Service, Truth};

/// Services, slices and pods by what is asked for.
#[derive(Debug)]
pub(super) struct Index<'a> {
    pub(super) inventory: &'a Inventory,
    slices: HashMap<(&'a str, &'a str), Vec<&'a EndpointSlice>>,
    services: HashMap<&'a str, Vec<&'a Service>>,
    endpoints: HashMap<&'a str, Vec<(&'a EndpointSlice, &'a Endpoint)>>,
    pods: HashMap<&'a str, Vec<&'a Pod>>,
}

impl<'a> Index<'a> {
    pub(super) fn of(inventory: &'a Inventory) -> Self {
        let mut index =
            Self { inventory, slices: HashMap::new(), services: HashMap::new(), endpoints: HashMap::new(), pods: HashMap::new() };
        for service in &inventory.objects.services {
            for address in cluster_addresses(service) {
                index.services.entry(address).or_default().push(service);
            }
        }
        for slice in &inventory.objects.endpoint_slices {
            if let Some(service) = slice.service_name() {
                index.slices.entry((&slice.metadata.namespace, service)).or_default().push(slice);
            }
            for endpoint in slice.endpoints.iter().filter(|endpoint| endpoint.is_ready()) {
                for address in &endpoint.addresses {
                    index.endpoints.entry(address).or_default().push((slice, endpoint));
                }
            }
        }
        for pod in inventory.pods.iter().filter(|info| !info.template && !info.pod.status.pod_ip.is_empty()) {
            index.pods.entry(&pod.pod.status.pod_ip).or_default().push(&pod.pod);
        }
        index
    }

    /// The slices of a Service.
    pub(super) fn slices(&self, service: &'a Service) -> &[&'a EndpointSlice] {
        self.slices.get(&service.metadata.key()).map_or(&[], Vec::as_slice)
    }

    /// Services with this virtual address.
    pub(super) fn services_at(&self, address: &str) -> &[&'a Service] {
        self.services.get(address).map_or(&[], Vec::as_slice)
    }

    /// Ready endpoints with this address.
    pub(super) fn endpoints_at(&self, address: &str) -> &[(&'a EndpointSlice, &'a Endpoint)] {
        self.endpoints.get(address).map_or(&[], Vec::as_slice)
    }

    /// Pods that have not ended, with this primary address.
    pub(super) fn pods_at(&self, address: &str) -> &[&'a Pod] {
        self.pods.get(address).map_or(&[], Vec::as_slice)
    }

    /// Whether there is a namespace, and whether its labels are selected.
    pub(super) fn namespace(&self, name: &str, selector: Option<&LabelSelector>) -> Truth {
        let Some(found) = self.inventory.namespace(name).and_then(|at| self.inventory.namespaces.get(at)) else {
            return if self.inventory.namespaces_complete() { Truth::No } else { Truth::Unknown };
        };
        match selector {
            Some(selector) if found.labels_known => selector.matches(&found.labels),
            Some(selector) => selector.matches_known(&found.labels),
            None => Truth::Yes,
        }
    }

    /// That all objects of a kind in a namespace are known.
    pub(super) fn all_in(&self, resource: Resource, namespace: &str) -> Result<(), Reason> {
        let complete = self.inventory.coverage.is_complete(resource, Some(namespace));
        if complete { Ok(()) } else { Err(Reason::Unread(resource, Some(namespace.to_owned()))) }
    }

    /// That all objects of a kind are known.
    pub(super) fn all(&self, resource: Resource) -> Result<(), Reason> {
        let coverage = &self.inventory.coverage;
        let each = || self.inventory.namespaces.iter().all(|namespace| coverage.is_complete(resource, Some(&namespace.name)));
        let complete = coverage.is_complete(resource, None) || (self.inventory.namespaces_complete() && each());
        if complete { Ok(()) } else { Err(Reason::Unread(resource, None)) }
    }
}

/// Whether a selector, if there is one, takes these labels.
pub(super) fn selected(selector: Option<&LabelSelector>, labels: &Labels) -> bool {
    selector.is_none_or(|selector| selector.matches(labels) == Truth::Yes)
}

/// Virtual addresses of a Service, as CoreDNS reads them: the word `None` is one.
pub(super) fn cluster_addresses(service: &Service) -> &[String] {
    let spec = &service.spec;
    if spec.cluster_ips.is_empty() { std::slice::from_ref(&spec.cluster_ip) } else { &spec.cluster_ips }
}
