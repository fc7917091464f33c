//! A claim that names its volume: what the volume controller objects to.
//!
//! Source: `checkVolumeSatisfyClaim` of `pv_controller.go`. Selector, node affinity and phase are not looked at.

use super::matcher::{self, Predicate};
use crate::objects::{PersistentVolume, PersistentVolumeClaim};

/// Everything Kubernetes would object to, in its order; it stops at the first. `class`: the claim's class.
///
/// Rule: only a volume that nobody claims is checked; one that is reserved for the claim is bound even if it is too small.
pub fn objections(claim: &PersistentVolumeClaim, class: &str, volume: &PersistentVolume) -> Vec<Predicate> {
    // Rule: here sizes are rounded up to whole bytes of 64 bits, in the search they are compared exactly.
    let too_small =
        volume.capacity().map_or(0, crate::objects::Quantity::value) < claim.request().map_or(0, crate::objects::Quantity::value);
    let all = [
        (Predicate::Deletion, volume.metadata.deletion_timestamp.is_some()),
        (Predicate::Size, too_small),
        (Predicate::Class, volume.class() != class),
        (Predicate::AttributesClass, claim.attributes_class() != volume.attributes_class()),
        (Predicate::VolumeMode, claim.mode() != volume.mode()),
        (Predicate::AccessModes, !matcher::offers(volume, claim)),
    ];
    all.into_iter().filter(|(_, failed)| *failed).map(|(predicate, _)| predicate).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objections_come_in_the_order_of_the_controller() {
        let claim: PersistentVolumeClaim = serde_json::from_value(json!({
            "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "5Gi"}}, "storageClassName": "a",
                "volumeAttributesClassName": "v", "selector": {"matchLabels": {"a": "b"}}},
        }))
        .expect("a claim");
        let volume: PersistentVolume = serde_json::from_value(json!({
            "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "volumeMode": "Block"},
            "status": {"phase": "Released"},
        }))
        .expect("a volume");
        use Predicate::{AccessModes, AttributesClass, Class, Deletion, Size, VolumeMode};
        assert_eq!(objections(&claim, "a", &volume), [Deletion, Size, Class, AttributesClass, VolumeMode, AccessModes]);
    }

    #[test]
    fn sizes_are_whole_bytes_of_64_bits() {
        let pair = |request: &str, capacity: &str| -> bool {
            let claim: PersistentVolumeClaim =
                serde_json::from_value(json!({"spec": {"resources": {"requests": {"storage": request}}}})).expect("a claim");
            let volume = serde_json::from_value(json!({"spec": {"capacity": {"storage": capacity}}})).expect("a volume");
            objections(&claim, "", &volume).is_empty()
        };
        assert!(pair("1500m", "2"));
        assert!(pair("1500m", "1600m"));
        assert!(pair("1900m", "1600m"));
        assert!(!pair("2001m", "2"));
        assert!(pair("950E", "1Gi"), "what does not fit 64 bits is zero for Go");
    }
}
