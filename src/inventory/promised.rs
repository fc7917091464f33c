//! Claims that the StatefulSets of files will make: in manifests there is nobody yet who has made them.

use crate::objects::{ClaimSource, Meta, PersistentVolumeClaim, PodVolume, Workload};

/// More pods than this nobody asks about one by one.
const MOST: i64 = 1000;

/// The claims of a StatefulSet that was not applied: one of each template for each pod. Other workloads make none.
pub(super) fn claims(set: &Workload) -> impl Iterator<Item = PersistentVolumeClaim> {
    let pods = if set.metadata.uid.is_empty() { set.replicas.unwrap_or(1).clamp(0, MOST) } else { 0 };
    let ordinals = (0..pods).map(|pod| set.first_ordinal.saturating_add(pod));
    ordinals.flat_map(move |ordinal| {
        set.claim_templates.iter().map(move |template| PersistentVolumeClaim {
            metadata: Meta {
                name: name(set, &template.metadata.name, ordinal),
                namespace: set.metadata.namespace.clone(),
                ..template.metadata.clone()
            },
            spec: template.spec.clone(),
            ..PersistentVolumeClaim::default()
        })
    })
}

/// The volumes of a StatefulSet's first pod. Rule: a claim replaces a volume of the same name.
pub(super) fn volumes(set: &Workload) -> Vec<PodVolume> {
    let own = |volume: &&PodVolume| set.claim_templates.iter().all(|template| template.metadata.name != volume.name);
    let made = set.claim_templates.iter().map(|template| PodVolume {
        name: template.metadata.name.clone(),
        persistent_volume_claim: Some(ClaimSource { claim_name: name(set, &template.metadata.name, set.first_ordinal) }),
        ..PodVolume::default()
    });
    set.template.spec.volumes.iter().filter(own).cloned().chain(made).collect()
}

fn name(set: &Workload, template: &str, ordinal: i64) -> String {
    format!("{template}-{}-{ordinal}", set.metadata.name)
}
