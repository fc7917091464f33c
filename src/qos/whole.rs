//! What the API server demands of the resources of a pod as a whole: its containers fit into them.
//!
//! Source: `validatePodResourceConsistency` of `pkg/apis/core/validation/validation.go`.

use super::effective;
use super::shape::{Part, Shape};
use crate::objects::{Amount, ResourceName};

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Excess<'s> {
    /// The pod as a whole requests more than its limit.
    Request(ResourceName, Amount, Amount),
    /// Containers request more together than the pod as a whole.
    Together(ResourceName, Amount, Amount),
    /// A container may use more than the pod as a whole. Init containers, sidecars too, may state what they like.
    Limit(&'s Part<'s>, ResourceName, Amount, Amount),
}

/// Everything that does not fit.
pub fn excesses<'s>(made: &'s Shape<'s>) -> Vec<Excess<'s>> {
    let Some(pod) = &made.pod else { return Vec::new() };
    let mut all = Vec::new();
    let together = effective::containers_requests(made);
    for request in pod.requests.iter() {
        let resource = &request.resource;
        if let Some(limit) = pod.limits.amount(resource).filter(|limit| request.amount > *limit) {
            all.push(Excess::Request(resource.clone(), request.amount, limit));
        }
        if let Some(sum) = together.get(resource).filter(|sum| **sum > request.amount) {
            all.push(Excess::Together(resource.clone(), *sum, request.amount));
        }
    }
    for limit in pod.limits.iter() {
        let above = |part: &'s Part<'s>| {
            let own = part.numbers.limits.amount(&limit.resource).filter(|own| *own > limit.amount)?;
            Some(Excess::Limit(part, limit.resource.clone(), own, limit.amount))
        };
        all.extend(made.main().filter_map(above));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::PodSpec;

    #[test]
    fn containers_fit_into_the_pod_as_a_whole() {
        let says = |text: &str| -> Vec<String> {
            let spec: PodSpec = serde_saphyr::from_str(text).unwrap();
            let of = |excess: &Excess<'_>| match excess {
                Excess::Request(resource, ..) => format!("request {resource}"),
                Excess::Together(resource, ..) => format!("together {resource}"),
                Excess::Limit(part, resource, ..) => format!("{} {resource}", part.name),
            };
            excesses(&Shape::of(&spec)).iter().map(of).collect()
        };
        let half = "{name: a, resources: {requests: {cpu: 1}, limits: {cpu: 3}}}";
        for (spec, wanted) in [
            (format!("{{containers: [{half}, {half}]}}"), &[][..]),
            (format!("{{resources: {{requests: {{cpu: 2}}}}, containers: [{half}, {half}]}}"), &[]),
            (format!("{{resources: {{requests: {{cpu: 1500m}}}}, containers: [{half}, {half}]}}"), &["together cpu"]),
            (format!("{{resources: {{limits: {{cpu: 2}}}}, containers: [{half}]}}"), &["a cpu"]),
            (format!("{{resources: {{limits: {{cpu: 2}}}}, containers: [], initContainers: [{half}]}}"), &[]),
            ("{resources: {requests: {memory: 2}, limits: {memory: 1}}, containers: []}".to_owned(), &["request memory"]),
        ] {
            assert_eq!(says(&spec), wanted, "{spec}");
        }
    }
}
