//! What LimitRanges refuse: containers and pods below a minimum, above a maximum, or with a limit too far above the request.
//!
//! Source: `PodValidateLimitFunc` of `plugin/pkg/admission/limitranger`. Where a number is bounded, it must be stated.

use std::collections::BTreeMap;

use super::class::COUNTING;
use super::effective::{self, Totals};
use super::shape::{Amounts, Part, Shape};
use super::words;
use crate::objects::{Amount, LimitRange, Quantity, ResourceName};
use crate::report::{Evidence, ObjectRef};

/// A number that a LimitRange does not let be.
#[derive(Debug, Clone)]
pub struct Refusal<'r, 's> {
    /// The LimitRange.
    pub range: &'r LimitRange,
    /// Which of its items.
    item: usize,
    /// `min`, `max` or `maxLimitRequestRatio`.
    pub field: &'static str,
    /// Of which resource.
    pub resource: ResourceName,
    /// The bound.
    bound: Amount,
    /// The container; none: the pod as a whole.
    pub part: Option<&'s Part<'s>>,
}

impl Refusal<'_, '_> {
    /// `LimitRange bounds lets a pod have at most 1Gi memory`.
    pub fn message(&self) -> String {
        let Self { resource, .. } = self;
        let name = &self.range.metadata.name;
        let what = if self.part.is_some() { "container" } else { "pod" };
        let which = self.part.map_or_else(String::new, |part| format!(": {}", words::container(part)));
        let bound = self.bound_text();
        match self.field {
            "min" => format!("LimitRange {name} wants a {what} to request at least {bound} {resource}{which}"),
            "max" => format!("LimitRange {name} lets a {what} have at most {bound} {resource}{which}"),
            _ => format!("LimitRange {name} wants the {resource} limit of a {what} to be at most {bound} times its request{which}"),
        }
    }

    /// Whether it is the same bound, and the same container.
    pub fn is_like(&self, other: &Refusal<'_, '_>) -> bool {
        let name = |part: Option<&Part<'_>>| part.map(|part| part.name.to_owned());
        let same = (self.item, self.field, &self.resource) == (other.item, other.field, &other.resource);
        same && self.range.metadata.name == other.range.metadata.name && name(self.part) == name(other.part)
    }

    /// Where the bound stands.
    pub fn evidence(&self) -> Evidence {
        Evidence {
            object: ObjectRef::new("LimitRange", &self.range.metadata.namespace, &self.range.metadata.name),
            field: format!("spec.limits[{}].{}.{}", self.item, self.field, self.resource),
            value: self.bound_text(),
        }
    }

    fn bound_text(&self) -> String {
        let of_ratio = self.field == "maxLimitRequestRatio";
        self.bound.text(if of_ratio { &ResourceName::Cpu } else { &self.resource })
    }
}

/// Everything that LimitRanges refuse of a pod.
pub fn refusals<'r, 's>(ranges: &[&'r LimitRange], made: &'s Shape<'s>) -> Vec<Refusal<'r, 's>> {
    let requests = of_pod_as_a_whole(effective::containers_requests(made), made.pod.as_ref().map(|pod| &pod.requests));
    let limits = of_pod_as_a_whole(effective::containers_limits(made), made.pod.as_ref().map(|pod| &pod.limits));
    let of_pod = |totals: &Totals, resource: &ResourceName| totals.get(resource).copied();
    let mut all = Vec::new();
    for range in ranges {
        for (at, item) in range.spec.limits.iter().enumerate() {
            let bounds = [("min", &item.min), ("max", &item.max), ("maxLimitRequestRatio", &item.max_limit_request_ratio)];
            for (field, resource, bound) in bounds.into_iter().flat_map(|(field, list)| read(field, list)) {
                let refusal = |part| Refusal { range, item: at, field, resource: resource.clone(), bound, part };
                let outside = |request, limit| is_outside(field, bound, request, limit);
                let refused = |part: &&Part<'_>| outside(part.numbers.requests.amount(&resource), part.numbers.limits.amount(&resource));
                match item.kind.as_str() {
                    "Container" => all.extend(made.parts.iter().filter(refused).map(|part| refusal(Some(part)))),
                    "Pod" if outside(of_pod(&requests, &resource), of_pod(&limits, &resource)) => all.push(refusal(None)),
                    _ => {}
                }
            }
        }
    }
    all
}

/// What LimitRanger takes for the sum of a pod: without overhead, and of the pod as a whole cpu and memory alone.
fn of_pod_as_a_whole(mut sums: Totals, stated: Option<&Amounts<'_>>) -> Totals {
    let counting = stated.into_iter().flat_map(Amounts::iter).filter(|entry| COUNTING.contains(&entry.resource));
    sums.extend(counting.map(|entry| (entry.resource.clone(), entry.amount)));
    sums
}

fn read(field: &'static str, list: &BTreeMap<String, Quantity>) -> impl Iterator<Item = (&'static str, ResourceName, Amount)> {
    list.iter().filter_map(move |(name, quantity)| Some((field, ResourceName::new(name), Amount::of(quantity)?.rounded())))
}

fn is_outside(field: &str, bound: Amount, request: Option<Amount>, limit: Option<Amount>) -> bool {
    match field {
        "min" => request.is_none_or(|request| request < bound) || limit.is_some_and(|limit| limit < bound),
        "max" => limit.is_none_or(|limit| limit > bound) || request.is_some_and(|request| request > bound),
        _ => {
            let positive = |amount: Option<Amount>| amount.filter(|amount| amount.is_positive());
            positive(request).zip(positive(limit)).is_none_or(|(request, limit)| limit.exceeds_ratio(request, bound))
        }
    }
}
