//! What the scheduler counts for a pod: the larger of what its containers take together and what each init container takes with
//! the sidecars before it; then what the pod as a whole states; then its overhead.
//!
//! Source: `k8s.io/component-helpers/resource/helpers.go`.

use std::collections::BTreeMap;

use super::shape::{Amounts, Numbers, Role, Shape, of_pods};
use crate::objects::{Amount, ContainerStatus, PodStatus, Requirements, ResourceList, ResourceName};

/// Amounts by resource.
pub type Totals = BTreeMap<ResourceName, Amount>;

/// Requests of a pod, a resize under way included: the most of what is wanted, agreed to and in force.
pub fn requests(shape: &Shape<'_>, status: &PodStatus) -> Totals {
    let infeasible = infeasible(status);
    let wanted = |own: &Numbers<'_>, resources: Option<&Requirements>, allocated: &ResourceList| match resources {
        Some(actuated) => {
            let mut most = if infeasible { Totals::new() } else { totals(&own.requests) };
            raise(&mut most, &stated(&actuated.requests));
            raise(&mut most, &stated(allocated));
            most
        }
        None => totals(&own.requests),
    };
    let of_container = |name: &str, own: &Numbers<'_>| match status_of(status, name) {
        Some(found) => wanted(own, found.resources.as_deref(), &found.allocated_resources),
        None => totals(&own.requests),
    };
    let mut sum = of_containers(shape, |numbers| &numbers.requests, of_container);
    if let Some(pod) = shape.pod.as_ref() {
        let effective = wanted(pod, status.resources.as_deref(), &status.allocated_resources);
        for entry in pod.requests.iter().filter(|entry| of_pods(&entry.resource)) {
            sum.insert(entry.resource.clone(), effective.get(&entry.resource).copied().unwrap_or_default());
        }
    }
    add(&mut sum, &totals(&shape.overhead));
    sum
}

/// Limits of a pod, a resize under way included.
pub fn limits(shape: &Shape<'_>, status: &PodStatus) -> Totals {
    let infeasible = infeasible(status);
    let wanted = |own: &Numbers<'_>, resources: Option<&Requirements>| match resources {
        Some(actuated) => {
            let mut most = if infeasible { Totals::new() } else { totals(&own.limits) };
            raise(&mut most, &stated(&actuated.limits));
            most
        }
        None => totals(&own.limits),
    };
    let of_container = |name: &str, own: &Numbers<'_>| wanted(own, status_of(status, name).and_then(|status| status.resources.as_deref()));
    let mut sum = of_containers(shape, |numbers| &numbers.limits, of_container);
    if let Some(pod) = shape.pod.as_ref() {
        // Of a resize that will never be, with no limits in force, Kubernetes takes those that are wanted all the same.
        let in_force = status.resources.as_deref().filter(|resources| !(infeasible && resources.limits.is_empty()));
        let effective = wanted(pod, in_force);
        for entry in pod.limits.iter().filter(|entry| of_pods(&entry.resource)) {
            sum.insert(entry.resource.clone(), effective.get(&entry.resource).copied().unwrap_or_default());
        }
    }
    for entry in shape.overhead.iter() {
        if let Some(limit) = sum.get_mut(&entry.resource).filter(|limit| !limit.is_zero()) {
            *limit = limit.plus(entry.amount);
        }
    }
    sum
}

/// What the containers request together, whatever the status says.
pub fn containers_requests(shape: &Shape<'_>) -> Totals {
    of_containers(shape, |numbers| &numbers.requests, |_, own| totals(&own.requests))
}

/// What the containers are limited to together, whatever the status says.
pub fn containers_limits(shape: &Shape<'_>) -> Totals {
    of_containers(shape, |numbers| &numbers.limits, |_, own| totals(&own.limits))
}

/// What the kubelet takes for the request of a pod when it looks for one to evict: overhead only where there is a request.
pub fn eviction_request(shape: &Shape<'_>, resource: &ResourceName) -> Amount {
    let request = match shape.pod.as_ref().filter(|pod| pod.set_for_pod()) {
        Some(pod) if of_pods(resource) => pod.requests.amount(resource),
        Some(_) => None,
        None => containers_requests(shape).get(resource).copied(),
    };
    let request = request.unwrap_or_default();
    match shape.overhead.amount(resource) {
        Some(overhead) if !request.is_zero() => request.plus(overhead),
        _ => request,
    }
}

fn of_containers<'a>(
    shape: &Shape<'a>,
    own: for<'n> fn(&'n Numbers<'a>) -> &'n Amounts<'a>,
    with_status: impl Fn(&str, &Numbers<'a>) -> Totals,
) -> Totals {
    let mut sum = Totals::new();
    let mut sidecars = Totals::new();
    let mut most = Totals::new();
    for part in &shape.parts {
        match part.role {
            Role::Main => add(&mut sum, &with_status(part.name, &part.numbers)),
            Role::Sidecar => {
                let amounts = with_status(part.name, &part.numbers);
                add(&mut sum, &amounts);
                add(&mut sidecars, &amounts);
                raise(&mut most, &sidecars);
            }
            Role::Init => {
                let mut while_it_runs = totals(own(&part.numbers));
                add(&mut while_it_runs, &sidecars);
                raise(&mut most, &while_it_runs);
            }
        }
    }
    raise(&mut sum, &most);
    sum
}

/// Whether the node will never grant the resize that is wanted.
fn infeasible(status: &PodStatus) -> bool {
    status.conditions.iter().find(|condition| condition.kind == "PodResizePending").is_some_and(|pending| pending.reason == "Infeasible")
}

fn status_of<'s>(status: &'s PodStatus, name: &str) -> Option<&'s ContainerStatus> {
    let last = |list: &'s [ContainerStatus]| list.iter().rev().find(|status| status.name == name);
    last(&status.init_container_statuses).or_else(|| last(&status.container_statuses))
}

fn totals(amounts: &Amounts<'_>) -> Totals {
    amounts.iter().map(|entry| (entry.resource.clone(), entry.amount)).collect()
}

fn stated(list: &ResourceList) -> Totals {
    list.iter().filter_map(|(resource, _)| Some((resource.clone(), list.amount(resource)?.rounded()))).collect()
}

fn add(sum: &mut Totals, more: &Totals) {
    for (resource, amount) in more {
        let entry = sum.entry(resource.clone()).or_default();
        *entry = entry.plus(*amount);
    }
}

fn raise(most: &mut Totals, other: &Totals) {
    for (resource, amount) in other {
        let entry = most.entry(resource.clone()).or_insert(*amount);
        *entry = (*entry).max(*amount);
    }
}

/// The pod with the requests that its node has agreed to: what the kubelet reckons with.
pub fn allocated<'a>(shape: &Shape<'a>, status: &PodStatus) -> Shape<'a> {
    let mut allocated = shape.clone();
    for part in &mut allocated.parts {
        let Some(agreed) = status_of(status, part.name).map(|status| &status.allocated_resources) else { continue };
        for entry in part.numbers.requests.iter_mut() {
            entry.amount = agreed.amount(&entry.resource).unwrap_or(entry.amount);
        }
    }
    if let Some(pod) = &mut allocated.pod {
        for entry in pod.requests.iter_mut() {
            entry.amount = status.allocated_resources.amount(&entry.resource).unwrap_or(entry.amount);
        }
    }
    allocated
}
