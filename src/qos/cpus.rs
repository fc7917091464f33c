//! Which containers have CPUs for themselves where the kubelet's CPU manager policy is `static`.
//!
//! Source: `pkg/kubelet/cm/cpumanager/policy_static.go`, `guaranteedCPUs`.

use super::shape::Part;
use crate::objects::{QosClass, ResourceName};

/// Number of CPUs that nobody else gets; zero: the container shares.
pub fn exclusive(class: QosClass, part: &Part<'_>) -> i64 {
    let request = part.numbers.requests.amount(&ResourceName::Cpu).unwrap_or_default();
    if class == QosClass::Guaranteed && request.is_whole() { request.value() } else { 0 }
}
