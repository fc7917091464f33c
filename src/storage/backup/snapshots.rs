//! VolumeSnapshots of claims.

use jiff::Timestamp;

use super::{Tool, Verdict, named};
use crate::objects::{PersistentVolumeClaim, Resource, VolumeSnapshot};
use crate::report::{Finding, ObjectRef};
use crate::storage::facts::Facts;

/// The VolumeSnapshots of a cluster.
pub(super) struct Snapshots<'f, 'a>(pub(super) &'f Facts<'a>);

impl Tool for Snapshots<'_, '_> {
    fn judge(&self, claim: &PersistentVolumeClaim) -> Verdict {
        let (namespace, name) = claim.metadata.key();
        if !self.0.knows(Resource::VolumeSnapshots, Some(namespace)) {
            return Verdict::Unknown(format!("{} could not be read", Resource::VolumeSnapshots.qualified()));
        }
        let of_claim = |snapshot: &&VolumeSnapshot| {
            let source = snapshot.spec.source.persistent_volume_claim_name.as_deref();
            snapshot.metadata.namespace == namespace && source == Some(name) && snapshot.metadata.deletion_timestamp.is_none()
        };
        // A claim of the name that was there before had other data.
        let of_this_one = |snapshot: &&VolumeSnapshot| taken(snapshot) >= claim.metadata.creation_timestamp;
        let all: Vec<&VolumeSnapshot> = self.0.inventory.objects.volume_snapshots.iter().filter(of_claim).filter(of_this_one).collect();
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
