//! Whom the kernel kills first when a node has no memory left.
//!
//! Source: `pkg/kubelet/qos/policy.go`. The value is written when a container starts; a resize does not write it again.

use super::effective;
use super::shape::{Part, Role, Shape};
use crate::objects::{PodSpec, QosClass, ResourceName};

/// Priority from which a pod is critical.
pub const SYSTEM_CRITICAL: i32 = 2_000_000_000;

const LAST: i64 = -997;
const FIRST: i64 = 1000;

/// Whether a pod is never evicted: a file on its node made it, or its priority is a system's.
pub fn is_critical(is_static: bool, priority: Option<i32>) -> bool {
    is_static || priority.is_some_and(|priority| priority >= SYSTEM_CRITICAL)
}

/// Whether the kernel is to spare a pod as it spares Guaranteed ones.
pub fn is_node_critical(is_static: bool, spec: &PodSpec) -> bool {
    is_critical(is_static, spec.priority) && spec.priority_class_name == "system-node-critical"
}

/// `oom_score_adj` of a container on a node with so much memory, in bytes; none for a Burstable one without a node.
pub fn score(shape: &Shape<'_>, part: &Part<'_>, class: QosClass, node_critical: bool, capacity: Option<i64>) -> Option<i64> {
    if node_critical {
        return Some(LAST);
    }
    match class {
        QosClass::Guaranteed => Some(LAST),
        QosClass::BestEffort => Some(FIRST),
        QosClass::Burstable => capacity.filter(|capacity| *capacity > 0).map(|capacity| burstable(shape, part, capacity)),
    }
}

fn burstable(shape: &Shape<'_>, part: &Part<'_>, capacity: i64) -> i64 {
    let request = |part: &Part<'_>| part.numbers.requests.amount(&ResourceName::Memory).unwrap_or_default().value();
    let share = unshared(shape);
    // As in Kubernetes, beyond petabytes this is no number of any meaning.
    let adjust = |memory: i64| 1000_i64.wrapping_sub(1000_i64.wrapping_mul(memory.wrapping_add(share)).wrapping_div(capacity));
    let mut score = adjust(request(part));
    if part.role == Role::Sidecar {
        // A sidecar is not to die before those it serves.
        score = score.min(shape.main().map(request).min().map_or(FIRST, adjust));
    }
    match score {
        score if score < FIRST + LAST => FIRST + LAST,
        FIRST => FIRST - 1,
        score => score,
    }
}

/// What the pod as a whole requests beyond its containers, shared by all of them alike.
fn unshared(shape: &Shape<'_>) -> i64 {
    let set = |pod: &&super::shape::Numbers<'_>| pod.requests.iter().any(|entry| super::shape::of_pods(&entry.resource));
    let Some(whole) = shape.pod.as_ref().filter(set).and_then(|pod| pod.requests.amount(&ResourceName::Memory)) else { return 0 };
    if whole.is_zero() {
        return 0;
    }
    let own = effective::containers_requests(shape).get(&ResourceName::Memory).copied().unwrap_or_default();
    let containers = i64::try_from(shape.parts.len()).unwrap_or(i64::MAX).max(1);
    whole.value().wrapping_sub(own.value()).wrapping_div(containers)
}

/// What the kernel compares: bytes in use, moved by thousandths of all memory. The process with the most dies.
pub fn badness(score: i64, usage: i64, capacity: i64) -> i128 {
    i128::from(usage) + i128::from(score) * i128::from(capacity) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(spec: &str, class: QosClass) -> Vec<Option<i64>> {
        let spec: PodSpec = serde_saphyr::from_str(spec).unwrap();
        let shape = Shape::of(&spec);
        shape.parts.iter().map(|part| score(&shape, part, class, false, Some(8 << 30))).collect()
    }

    #[test]
    fn burstable_containers_are_spared_by_their_share_of_the_node() {
        let one =
            |memory: &str| scores(&format!("{{containers: [{{resources: {{requests: {{memory: {memory}}}}}}}]}}"), QosClass::Burstable);
        for (memory, wanted) in [("4Gi", 500), ("8Gi", 3), ("80Gi", 3), ("1", 999), ("0", 999), ("1Gi", 875)] {
            assert_eq!(one(memory), [Some(wanted)], "{memory}");
        }
    }

    #[test]
    fn a_sidecar_is_spared_as_the_containers_it_serves() {
        let spec = "{initContainers: [{restartPolicy: Always, resources: {requests: {memory: 1}}}, {}], \
                    containers: [{resources: {requests: {memory: 4Gi}}}, {resources: {requests: {memory: 2Gi}}}]}";
        assert_eq!(scores(spec, QosClass::Burstable), [Some(750), Some(999), Some(500), Some(750)]);
    }

    #[test]
    fn what_the_pod_requests_beyond_its_containers_is_shared() {
        let spec = "{resources: {requests: {memory: 4Gi}}, containers: [{}, {resources: {requests: {memory: 2Gi}}}]}";
        assert_eq!(scores(spec, QosClass::Burstable), [Some(875), Some(625)]);
    }

    #[test]
    fn classes_and_nodes_that_need_no_formula() {
        let spec = PodSpec { priority: Some(SYSTEM_CRITICAL), priority_class_name: "system-cluster-critical".into(), ..PodSpec::default() };
        assert!(!is_node_critical(false, &spec), "cluster-critical pods get no bonus");
        assert!(is_critical(false, spec.priority) && is_critical(true, None) && !is_critical(false, Some(1)));
        assert_eq!(scores("{containers: [{}]}", QosClass::BestEffort), [Some(1000)]);
        assert_eq!(scores("{containers: [{}]}", QosClass::Guaranteed), [Some(-997)]);
        assert!(badness(1000, 0, 8 << 30) > badness(500, 1 << 30, 8 << 30));
    }
}
