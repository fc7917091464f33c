//! VolumeSnapshots of claims.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{Tool, Verdict, named};
use crate::objects::{PersistentVolumeClaim, Resource, VolumeSnapshot};
use crate::report::{Finding, ObjectRef};
use crate::storage::facts::Facts;

/// The VolumeSnapshots of a cluster, by namespace and claim.
pub(super) struct Snapshots<'f, 'a> {
    facts: &'f Facts<'a>,
    of_claims: HashMap<(&'a str, &'a str), Vec<&'a VolumeSnapshot>>,
}

impl<'f, 'a> Snapshots<'f, 'a> {
    pub(super) fn new(facts: &'f Facts<'a>) -> Self {
        let mut of_claims: HashMap<(&str, &str), Vec<&VolumeSnapshot>> = HashMap::new();
        let snapshots = facts.inventory.objects.volume_snapshots.iter();
        for snapshot in snapshots.filter(|snapshot| snapshot.metadata.deletion_timestamp.is_none()) {
            if let Some(claim) = &snapshot.spec.source.persistent_volume_claim_name {
                of_claims.entry((&snapshot.metadata.namespace, claim)).or_default().push(snapshot);
            }
        }
        Self { facts, of_claims }
    }
}

impl Tool for Snapshots<'_, '_> {
    fn judge(&self, claim: &PersistentVolumeClaim) -> Verdict {
        let key = claim.metadata.key();
        if !self.facts.knows(Resource::VolumeSnapshots, Some(key.0)) {
            return Verdict::Unknown(format!("{} could not be read", Resource::VolumeSnapshots.qualified()));
        }
        // A claim of the name that was there before had other data.
        let of_this_one = |snapshot: &&&VolumeSnapshot| taken(snapshot) >= claim.metadata.creation_timestamp;
        let all: Vec<&VolumeSnapshot> = self.of_claims.get(&key).into_iter().flatten().filter(of_this_one).copied().collect();
        let ready = |snapshot: &&&VolumeSnapshot| snapshot.status.as_ref().is_some_and(|status| status.ready_to_use == Some(true));
        if let Some(newest) = all.iter().filter(ready).max_by_key(|snapshot| taken(snapshot)) {
            return Verdict::Covered { by: reference(newest), at: taken(newest), how: "a snapshot of the storage".to_owned() };
        }
        match all.iter().max_by_key(|snapshot| taken(snapshot)) {
            Some(unready) => Verdict::Broken(format!("{} is not ready", named(&reference(unready)))),
            None => Verdict::Nothing,
        }
    }

    fn findings(&self) -> Vec<Finding> {
        Vec::new()
    }
}

/// When the storage took it; when it was asked for, as long as the storage does not say.
fn taken(snapshot: &VolumeSnapshot) -> Option<Timestamp> {
    snapshot.status.as_ref().and_then(|status| status.creation_time).or(snapshot.metadata.creation_timestamp)
}

fn reference(snapshot: &VolumeSnapshot) -> ObjectRef {
    ObjectRef::new("VolumeSnapshot", &snapshot.metadata.namespace, &snapshot.metadata.name)
}
