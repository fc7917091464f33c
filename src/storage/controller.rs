//! How the volume controller searches: the fewest access modes first, then the smallest size.
//!
//! Source: `pkg/controller/volume/persistentvolume/index.go`, `findByClaim`. Node affinity is not looked at.

use std::collections::{BTreeMap, HashMap};

use super::matcher::{self, AccessModes};
use crate::objects::{Labels, PersistentVolume, PersistentVolumeClaim};

/// The volume that the controller would bind, looking through all of them: what [`Index::find`] must agree with.
pub fn find_by_claim<'v>(
    claim: &PersistentVolumeClaim,
    class: &str,
    volumes: &[&'v PersistentVolume],
    delay_binding: bool,
) -> Option<&'v PersistentVolume> {
    let mut groups: BTreeMap<(u32, AccessModes), Vec<&PersistentVolume>> = BTreeMap::new();
    let wanted = AccessModes::of(&claim.spec.access_modes);
    for volume in volumes {
        let modes = AccessModes::of(&volume.spec.access_modes);
        // Rule: volumes that lack a mode are not even looked at, reserved or not.
        if modes.contains(wanted) {
            groups.entry((modes.len(), modes)).or_default().push(volume);
        }
    }
    // Rule: sets with fewer modes first; the first set with a match wins, whatever sizes the others have.
    groups.values().find_map(|group| matcher::find_matching_volume(claim, class, group.iter().copied(), None, &[], delay_binding))
}

/// (class, mode, attributes class): what must be equal.
type Shelf<'a> = (&'a str, &'a str, &'a str);

/// Volumes by what claims ask for, so that 5,000 claims do not each look at 5,000 volumes.
#[derive(Debug, Default)]
pub struct Index<'a> {
    /// Free volumes by shelf, then by access modes; the smallest first, then by name.
    free: HashMap<Shelf<'a>, BTreeMap<(u32, AccessModes), Vec<&'a PersistentVolume>>>,
    /// Volumes by the claim they are bound to or reserved for.
    claimed: HashMap<&'a str, HashMap<&'a str, Vec<&'a PersistentVolume>>>,
}

impl<'a> Index<'a> {
    /// Indexes volumes that come sorted by name.
    pub fn new(volumes: impl IntoIterator<Item = &'a PersistentVolume>) -> Self {
        let mut index = Self::default();
        for volume in volumes {
            if let Some(claimed) = &volume.spec.claim_ref {
                index.claimed.entry(&claimed.namespace).or_default().entry(&claimed.name).or_default().push(volume);
            } else if volume.status.phase == "Available" && volume.metadata.deletion_timestamp.is_none() {
                let modes = AccessModes::of(&volume.spec.access_modes);
                let shelf = index.free.entry((volume.class(), volume.mode(), volume.attributes_class())).or_default();
                shelf.entry((modes.len(), modes)).or_default().push(volume);
            }
        }
        for volumes in index.free.values_mut().flat_map(BTreeMap::values_mut) {
            // Stable: the first of equals stays the first.
            volumes.sort_by_cached_key(|volume| matcher::size(volume));
        }
        index
    }

    /// Volumes bound to or reserved for a claim of this name.
    pub fn claimed(&self, claim: &PersistentVolumeClaim) -> &[&'a PersistentVolume] {
        let named = self.claimed.get(claim.metadata.namespace.as_str()).and_then(|names| names.get(claim.metadata.name.as_str()));
        named.map_or(&[], Vec::as_slice)
    }

    /// The volume that the controller would bind. `taken`: volumes that earlier claims will have got.
    pub fn find(
        &self,
        claim: &PersistentVolumeClaim,
        class: &str,
        delay_binding: bool,
        taken: impl Fn(&PersistentVolume) -> bool,
    ) -> Option<&'a PersistentVolume> {
        let wanted = AccessModes::of(&claim.spec.access_modes);
        let rank = |volume: &PersistentVolume| {
            let modes = AccessModes::of(&volume.spec.access_modes);
            (modes.len(), modes)
        };
        let reserved = self
            .claimed(claim)
            .iter()
            .copied()
            .filter(|volume| AccessModes::of(&volume.spec.access_modes).contains(wanted))
            .filter(|volume| volume.is_for(claim) && matcher::fits_reserved(claim, volume))
            .min_by_key(|volume| rank(volume));
        let free = || {
            let shelf = self.free.get(&(class, claim.mode(), claim.attributes_class()))?;
            shelf.iter().filter(|((_, modes), _)| modes.contains(wanted)).find_map(|(_, volumes)| {
                // The smallest come first, so that all that are large enough stand together.
                let enough = volumes.partition_point(|volume| !matcher::large_enough(claim, volume));
                volumes.iter().skip(enough).find(|volume| matcher::selects(claim, volume) && !taken(volume)).copied()
            })
        };
        let free = if delay_binding { None } else { free() };
        match (reserved, free) {
            // Rule: in the same set of modes what is reserved goes first, in a smaller set what is free.
            (Some(reserved), Some(free)) if rank(free) < rank(reserved) => Some(free),
            (Some(reserved), _) => Some(reserved),
            (None, free) => free,
        }
    }

    /// The volume that the scheduler would bind on a node with these labels: what `find_matching_volume` finds among the
    /// volumes of the class. `taken`: names of volumes that other claims of the pod get.
    pub fn find_on_node(
        &self,
        claim: &PersistentVolumeClaim,
        class: &str,
        labels: &Labels,
        taken: &[&str],
    ) -> Option<&'a PersistentVolume> {
        let free = |volume: &&PersistentVolume| !taken.contains(&volume.metadata.name.as_str());
        let kept = |volume: &&PersistentVolume| {
            volume.class() == class && volume.is_for(claim) && matcher::fits_reserved(claim, volume) && free(volume)
        };
        // Rule: a volume reserved for the claim ends the search, usable or not.
        if let Some(reserved) = self.claimed(claim).iter().copied().find(kept) {
            return reserved.usable_on(labels).then_some(reserved);
        }
        let fits = |volume: &&PersistentVolume| {
            matcher::offers(volume, claim) && matcher::selects(claim, volume) && volume.usable_on(labels) && free(volume)
        };
        let shelf = self.free.get(&(class, claim.mode(), claim.attributes_class()))?;
        let smallest = shelf.values().filter_map(|volumes| {
            let enough = volumes.partition_point(|volume| !matcher::large_enough(claim, volume));
            volumes.iter().skip(enough).copied().find(fits)
        });
        smallest.min_by(|a, b| matcher::size(a).cmp(&matcher::size(b)).then_with(|| a.metadata.name.cmp(&b.metadata.name)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn volume(name: usize, size: u8, modes: u8, class: u8, phase: u8, claim: u8, zone: u8) -> PersistentVolume {
        let all = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];
        let modes: Vec<&str> = all.iter().enumerate().filter(|(bit, _)| modes & (1 << bit) != 0).map(|(_, mode)| *mode).collect();
        let claim_ref = match claim {
            0 => json!({"namespace": "ns", "name": "claim"}),
            1 => json!({"namespace": "ns", "name": "claim", "uid": "u"}),
            2 => json!({"namespace": "ns", "name": "claim", "uid": "old"}),
            3 => json!({"namespace": "ns", "name": "other"}),
            _ => json!(null),
        };
        let zone = ["a", "b"].get(usize::from(zone)).map(|zone| {
            json!({"required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "In", "values": [zone]}]}]}})
        });
        let phase = ["Available", "Available", "Released", "Bound", ""][usize::from(phase)];
        serde_json::from_value(json!({
            "metadata": {"name": format!("pv-{name:02}"), "labels": {"n": (name % 2).to_string()}},
            "spec": {"capacity": {"storage": format!("{size}Gi")}, "accessModes": modes, "claimRef": claim_ref, "nodeAffinity": zone,
                "storageClassName": if class.is_multiple_of(2) { "" } else { "a" }, "volumeMode": (class / 2 % 2 == 1).then_some("Block")},
            "status": {"phase": phase},
        }))
        .expect("a volume")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn the_index_finds_what_a_search_through_all_finds(
            volumes in prop::collection::vec((1_u8..4, 0_u8..16, 0_u8..4, 0_u8..5, 0_u8..12, 0_u8..4), 0..12),
            (size, modes, class, select, delay) in (0_u8..4, 0_usize..5, 0_usize..2, any::<bool>(), any::<bool>()),
        ) {
            let volumes: Vec<PersistentVolume> =
                volumes.into_iter().enumerate().map(|(n, (s, m, c, p, r, z))| volume(n, s, m, c, p, r, z)).collect();
            let modes = [vec![], vec!["ReadWriteOnce"], vec!["ReadWriteMany"], vec!["ReadOnlyMany", "ReadWriteOnce"], vec!["ReadWriteOncePod"]][modes].clone();
            let claim: PersistentVolumeClaim = serde_json::from_value(json!({
                "metadata": {"namespace": "ns", "name": "claim", "uid": "u"},
                "spec": {"resources": {"requests": {"storage": format!("{size}Gi")}}, "accessModes": modes,
                    "selector": select.then(|| json!({"matchLabels": {"n": "1"}}))},
            })).expect("a claim");
            let class = ["", "a"][class];
            let all: Vec<&PersistentVolume> = volumes.iter().collect();
            let naive = find_by_claim(&claim, class, &all, delay).map(|v| &v.metadata.name);
            let index = Index::new(&volumes);
            let indexed = index.find(&claim, class, delay, |_| false).map(|v| &v.metadata.name);
            prop_assert_eq!(naive, indexed);

            let labels: Labels = serde_json::from_value(json!({"zone": "a"})).expect("labels");
            let of_class = || volumes.iter().filter(|volume| volume.class() == class);
            for taken in [&[][..], &["pv-00", "pv-03"]] {
                let naive = matcher::find_matching_volume(&claim, class, of_class(), Some(&labels), taken, true).map(|v| &v.metadata.name);
                let indexed = index.find_on_node(&claim, class, &labels, taken).map(|v| &v.metadata.name);
                prop_assert_eq!(naive, indexed);
            }
        }
    }
}
