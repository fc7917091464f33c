//! What the API server and LimitRanges add to a pod before its class is decided, in their order.
//!
//! Source: `SetDefaults_Pod` and `SetDefaults_LimitRangeItem` of `pkg/apis/core/v1/defaults.go`, and
//! `plugin/pkg/admission/limitranger`. A template is left as it is; what is made of it is not.

use std::collections::BTreeMap;

use super::effective;
use super::shape::{Amounts, Shape, Source, of_pods};
use crate::objects::{Amount, LimitRange, LimitRangeItem, Quantity, ResourceName};

/// What the API server adds when it reads a pod.
pub fn by_api(shape: &mut Shape<'_>) {
    for part in &mut shape.parts {
        let limits: Vec<(ResourceName, Amount)> = part.numbers.limits.iter().map(|e| (e.resource.clone(), e.amount)).collect();
        for (resource, amount) in limits {
            part.numbers.requests.add_missing(&resource, amount, Source::Limit);
        }
    }
    of_pod(shape);
    shape.lists_mut().flat_map(Amounts::iter_mut).for_each(|entry| entry.amount = entry.amount.rounded());
}

/// What the API server adds to the resources of a pod as a whole.
fn of_pod(shape: &mut Shape<'_>) {
    let (requests, limits) = (effective::containers_requests(shape), effective::containers_limits(shape));
    let Some(pod) = &mut shape.pod else { return };
    if !(pod.limits.is_empty() && pod.requests.is_empty()) {
        for (resource, amount) in limits.iter().filter(|(resource, _)| resource.is_huge_pages()) {
            if pod.requests.get(resource).is_none() {
                pod.limits.add_missing(resource, *amount, Source::Containers);
            }
        }
    }
    if pod.limits.is_empty() {
        return;
    }
    for (resource, amount) in requests.iter().filter(|(resource, _)| of_pods(resource) && !resource.is_huge_pages()) {
        pod.requests.add_missing(resource, *amount, Source::Containers);
    }
    let limits: Vec<(ResourceName, Amount)> = pod.limits.iter().map(|e| (e.resource.clone(), e.amount)).collect();
    for (resource, amount) in limits.iter().filter(|(resource, _)| of_pods(resource)) {
        pod.requests.add_missing(resource, *amount, Source::Limit);
    }
}

/// What is made of a pod that is created: the API server first, then the LimitRanges. Of several, chance decides which comes
/// first; `backwards` takes the last one first.
pub fn admitted<'a>(stated: &Shape<'a>, ranges: &[Defaults<'a>], backwards: bool) -> Shape<'a> {
    let mut shape = stated.clone();
    by_api(&mut shape);
    if backwards {
        ranges.iter().rev().for_each(|range| range.apply(&mut shape));
    } else {
        ranges.iter().for_each(|range| range.apply(&mut shape));
    }
    shape
}

/// Which field of a LimitRange a default is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// `default` or `defaultRequest` themselves.
    Own,
    /// A request made of `default`.
    Default,
    /// A limit made of `max`.
    Max,
    /// A request made of `min`.
    Min,
}

/// What a LimitRange gives containers that state nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defaults<'a> {
    /// Its name.
    pub name: &'a str,
    /// Requests.
    pub requests: BTreeMap<ResourceName, (Amount, Origin)>,
    /// Limits.
    pub limits: BTreeMap<ResourceName, (Amount, Origin)>,
}

impl<'a> Defaults<'a> {
    /// Those of a LimitRange: of several items, the last counts.
    pub fn of(range: &'a LimitRange) -> Self {
        let mut defaults = Self { name: &range.metadata.name, requests: BTreeMap::new(), limits: BTreeMap::new() };
        for item in range.spec.limits.iter().filter(|item| item.kind == "Container") {
            let (requests, limits) = of_item(item);
            defaults.requests.extend(requests);
            defaults.limits.extend(limits);
        }
        defaults
    }

    /// Whether it gives nothing.
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.limits.is_empty()
    }

    /// Gives each container what it does not state.
    pub fn apply(&self, shape: &mut Shape<'a>) {
        let source = Source::LimitRange(Some(self.name));
        for part in &mut shape.parts {
            for (resource, (amount, _)) in &self.limits {
                part.numbers.limits.add_missing(resource, *amount, source);
            }
            for (resource, (amount, _)) in &self.requests {
                part.numbers.requests.add_missing(resource, *amount, source);
            }
        }
    }
}

type Given = BTreeMap<ResourceName, (Amount, Origin)>;

/// Requests and limits of one item, with what the API server adds to it.
fn of_item(item: &LimitRangeItem) -> (Given, Given) {
    let read = |list: &BTreeMap<String, Quantity>, origin: Origin| -> Given {
        let entry = |(name, quantity): (&String, &Quantity)| Some((ResourceName::new(name), (Amount::of(quantity)?.rounded(), origin)));
        list.iter().filter_map(entry).collect()
    };
    let mut limits = read(&item.max, Origin::Max);
    limits.extend(read(&item.default, Origin::Own));
    let mut requests = read(&item.min, Origin::Min);
    requests.extend(limits.iter().map(|(resource, (amount, _))| (resource.clone(), (*amount, Origin::Default))));
    requests.extend(read(&item.default_request, Origin::Own));
    (requests, limits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::PodSpec;
    use crate::qos::class;

    fn range(spec: &str) -> LimitRange {
        serde_saphyr::from_str(&format!("{{metadata: {{name: defaults}}, spec: {{limits: [{spec}]}}}}")).unwrap()
    }

    fn class_of(spec: &str, limits: &str) -> String {
        let spec: PodSpec = serde_saphyr::from_str(spec).unwrap();
        let range = range(limits);
        let mut shape = Shape::of(&spec);
        by_api(&mut shape);
        Defaults::of(&range).apply(&mut shape);
        class::of(&shape).to_string()
    }

    #[test]
    fn a_limit_alone_is_the_request_too() {
        let limits_only = "{containers: [{resources: {limits: {cpu: 1, memory: 1Gi}}}]}";
        assert_eq!(class_of(limits_only, "{type: Container}"), "Guaranteed");
        assert_eq!(class_of(limits_only, "{type: Container, defaultRequest: {cpu: 100m}}"), "Guaranteed", "the API server comes first");
        assert_eq!(class_of(limits_only, "{type: Pod, max: {cpu: 1}}"), "Guaranteed");
    }

    #[test]
    fn a_maximum_alone_is_a_limit_and_a_request() {
        let bare = "{containers: [{}], initContainers: [{}]}";
        assert_eq!(class_of(bare, "{type: Container, max: {cpu: 2, memory: 1Gi}}"), "Guaranteed");
        assert_eq!(class_of(bare, "{type: Container, max: {cpu: 2}}"), "Burstable");
        assert_eq!(class_of(bare, "{type: Container, max: {cpu: 2, memory: 1Gi}, defaultRequest: {cpu: 100m}}"), "Burstable");
        assert_eq!(class_of(bare, "{type: Container, min: {cpu: 100m}}"), "Burstable");
        assert_eq!(class_of(bare, "{type: Pod, max: {cpu: 2, memory: 1Gi}}"), "BestEffort");
    }
}
