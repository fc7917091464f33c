//! The class of a pod, and which container and resource decide it.
//!
//! Source: `pkg/apis/core/v1/helper/qos/qos.go`, `ComputePodQOS`. Only cpu and memory count; init containers and sidecars do,
//! ephemeral containers do not. Resources of the pod as a whole, once they are there, count instead of the containers'.

use super::shape::{Numbers, Part, Role, Shape};
use crate::objects::{Amount, QosClass, ResourceName};

/// The resources that count.
pub const COUNTING: [ResourceName; 2] = [ResourceName::Cpu, ResourceName::Memory];

/// The class, as Kubernetes computes it.
pub fn of(shape: &Shape<'_>) -> QosClass {
    match &shape.pod {
        Some(pod) => of_all(std::iter::once(pod)),
        None => of_all(shape.parts.iter().map(|part| &part.numbers)),
    }
}

/// The class, or none where a number that counts cannot be read.
pub fn certain(shape: &Shape<'_>) -> Option<QosClass> {
    let of_pod = |field: &str| field.starts_with("resources.");
    let counts = |field: &str| !field.starts_with("overhead") && (shape.pod.is_none() || of_pod(field));
    let doubtful = shape.unreadable.iter().any(|bad| COUNTING.contains(&bad.resource) && counts(&bad.field));
    (!doubtful).then(|| of(shape))
}

/// The class that containers with these numbers give a pod.
pub fn of_all<'s, 'a: 's>(all: impl Iterator<Item = &'s Numbers<'a>>) -> QosClass {
    let mut sums: [[Option<Amount>; 2]; 2] = Default::default();
    let mut limited = true;
    let add = |sum: &mut Option<Amount>, amount: Option<Amount>| {
        if let Some(amount) = amount {
            *sum = Some(sum.unwrap_or_default().plus(amount));
        }
    };
    for numbers in all {
        for (resource, [requests, limits]) in COUNTING.iter().zip(&mut sums) {
            add(requests, numbers.requests.positive(resource));
            add(limits, numbers.limits.positive(resource));
            limited &= numbers.limits.positive(resource).is_some();
        }
    }
    if sums.iter().flatten().all(Option::is_none) {
        return QosClass::BestEffort;
    }
    let equal = sums.iter().all(|[requests, limits]| requests.is_some() && requests == limits);
    if limited && equal { QosClass::Guaranteed } else { QosClass::Burstable }
}

/// What a resource of a container lacks for Guaranteed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// Request and limit.
    Both,
    /// A limit.
    Limit(Amount),
    /// A request; it is zero, since an absent one would be the limit.
    Request(Amount),
    /// That they are equal.
    Equality(Amount, Amount),
}

impl Lack {
    /// What the numbers of a resource lack.
    pub fn of(numbers: &Numbers<'_>, resource: &ResourceName) -> Option<Self> {
        match (numbers.requests.positive(resource), numbers.limits.positive(resource)) {
            (None, None) => Some(Self::Both),
            (Some(request), None) => Some(Self::Limit(request)),
            (None, Some(limit)) => Some(Self::Request(limit)),
            (Some(request), Some(limit)) => (request != limit).then_some(Self::Equality(request, limit)),
        }
    }
}

/// Why a pod is of its class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason<'s> {
    /// Nothing is stated.
    Nothing,
    /// Everything is stated, and equal.
    Everything,
    /// The pod as a whole lacks something.
    Pod(ResourceName, Lack),
    /// A container lacks something, and so many others do, too.
    Container {
        /// The container.
        part: &'s Part<'s>,
        /// What it lacks of which resource.
        resource: ResourceName,
        /// What it lacks.
        lack: Lack,
        /// Further containers that lack something.
        others: usize,
    },
}

/// Why a pod is of its class: of containers that lack something, one that is why the pod is there comes first, and one that has
/// something before one that has nothing.
pub fn reason<'s>(shape: &'s Shape<'s>, class: QosClass) -> Reason<'s> {
    let lacks = |numbers: &Numbers<'_>| COUNTING.into_iter().find_map(|resource| Lack::of(numbers, &resource).map(|lack| (resource, lack)));
    match (class, &shape.pod) {
        (QosClass::Guaranteed, _) => Reason::Everything,
        (QosClass::BestEffort, _) => Reason::Nothing,
        (QosClass::Burstable, Some(pod)) => lacks(pod).map_or(Reason::Everything, |(resource, lack)| Reason::Pod(resource, lack)),
        (QosClass::Burstable, None) => {
            let mut failing: Vec<(&Part<'_>, ResourceName, Lack)> =
                shape.parts.iter().filter_map(|part| lacks(&part.numbers).map(|(resource, lack)| (part, resource, lack))).collect();
            failing.sort_by_key(|(part, ..)| part.role != Role::Main);
            let others = failing.len().saturating_sub(1);
            let first = failing.into_iter().next();
            first.map_or(Reason::Everything, |(part, resource, lack)| Reason::Container { part, resource, lack, others })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::PodSpec;

    fn class(spec: &str) -> QosClass {
        let spec: PodSpec = serde_saphyr::from_str(spec).unwrap();
        of(&Shape::of(&spec))
    }

    #[test]
    fn classes_of_pods_as_they_are_stored() {
        let equal = "{requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1000m, memory: 1024Mi}}";
        for (what, spec, wanted) in [
            ("nothing", "{containers: [{}]}".to_owned(), QosClass::BestEffort),
            ("all equal", format!("{{containers: [{{resources: {equal}}}]}}"), QosClass::Guaranteed),
            (
                "a sidecar counts",
                format!("{{containers: [{{resources: {equal}}}], initContainers: [{{restartPolicy: Always}}]}}"),
                QosClass::Burstable,
            ),
            ("an init container counts", format!("{{containers: [{{resources: {equal}}}], initContainers: [{{}}]}}"), QosClass::Burstable),
            ("only one resource", "{containers: [{resources: {requests: {cpu: 1}, limits: {cpu: 1}}}]}".to_owned(), QosClass::Burstable),
            (
                "a request of zero",
                "{containers: [{resources: {requests: {cpu: 0, memory: 1}, limits: {cpu: 1, memory: 1}}}]}".to_owned(),
                QosClass::Burstable,
            ),
            ("zeros only", "{containers: [{resources: {requests: {cpu: 0}, limits: {memory: 0}}}]}".to_owned(), QosClass::BestEffort),
            (
                "devices do not count",
                "{containers: [{resources: {limits: {example.com/gpu: 1, ephemeral-storage: 1Gi}}}]}".to_owned(),
                QosClass::BestEffort,
            ),
            ("pod-level counts alone", format!("{{resources: {equal}, containers: [{{}}]}}"), QosClass::Guaranteed),
            ("pod-level that is empty counts", format!("{{resources: {{}}, containers: [{{resources: {equal}}}]}}"), QosClass::BestEffort),
        ] {
            assert_eq!(class(&spec), wanted, "{what}");
        }
    }

    #[test]
    fn a_number_that_cannot_be_read_leaves_the_class_open() {
        for (spec, wanted) in [
            ("{containers: [{resources: {limits: {memory: \"0x10\"}}}]}", None),
            ("{containers: [{resources: {limits: {ephemeral-storage: \"0x10\"}}}]}", Some(QosClass::BestEffort)),
            ("{resources: {requests: {cpu: 1}}, containers: [{resources: {limits: {memory: \"0x10\"}}}]}", Some(QosClass::Burstable)),
        ] {
            let spec: PodSpec = serde_saphyr::from_str(spec).unwrap();
            assert_eq!(certain(&Shape::of(&spec)), wanted);
        }
    }
}
