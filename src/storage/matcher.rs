//! Which volume fits a claim: Kubernetes' `FindMatchingVolume`, and its parts one by one for explanations.
//!
//! Source: component-helpers `storage/volume/pv_helpers.go`. Numbers of rules are those of the function's conditions.

use crate::objects::{Labels, Node, PersistentVolume, PersistentVolumeClaim, Quantity, Truth};

/// What a volume must be for a claim, in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Predicate {
    /// Large enough.
    Size,
    /// Offers every access mode the claim asks for.
    AccessModes,
    /// Of the claim's class.
    Class,
    /// Filesystem or Block, as the claim.
    VolumeMode,
    /// Has the labels the claim's selector wants.
    Selector,
    /// Of the claim's VolumeAttributesClass.
    AttributesClass,
    /// Available.
    Phase,
    /// Not bound to another claim, and not reserved for one.
    ClaimRef,
    /// Not being deleted.
    Deletion,
    /// Usable on the node, or on any node.
    NodeAffinity,
}

impl Predicate {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Size,
        Self::AccessModes,
        Self::Class,
        Self::VolumeMode,
        Self::Selector,
        Self::AttributesClass,
        Self::Phase,
        Self::ClaimRef,
        Self::Deletion,
        Self::NodeAffinity,
    ];

    const fn bit(self) -> u16 {
        1 << (self as u16)
    }

    /// How far a volume that fails it is from being the one that was meant.
    const fn distance(self) -> u32 {
        match self {
            Self::Size => 2,
            Self::AccessModes | Self::NodeAffinity => 3,
            Self::VolumeMode | Self::AttributesClass | Self::Selector => 4,
            Self::Phase | Self::Deletion => 6,
            Self::ClaimRef => 9,
            Self::Class => 10,
        }
    }
}

/// The predicates that a volume fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Failures(u16);

impl Failures {
    /// Whether it fails this one.
    pub fn has(self, predicate: Predicate) -> bool {
        self.0 & predicate.bit() != 0
    }

    /// Whether it fails none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many it fails.
    pub fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// Those it fails, in the order they are shown.
    pub fn iter(self) -> impl Iterator<Item = Predicate> {
        Predicate::ALL.into_iter().filter(move |predicate| self.has(*predicate))
    }

    /// Without this one.
    #[must_use]
    pub fn without(self, predicate: Predicate) -> Self {
        Self(self.0 & !predicate.bit())
    }

    /// How far the volume is from fitting.
    pub fn distance(self) -> u32 {
        self.iter().map(Predicate::distance).sum()
    }

    fn set(&mut self, predicate: Predicate, failed: bool) {
        if failed {
            self.0 |= predicate.bit();
        }
    }
}

/// Access modes as a set: Kubernetes compares sets, whatever the order. Modes it does not know are told apart from those
/// it knows, and not from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccessModes(u8);

impl AccessModes {
    /// The set of these modes.
    pub fn of(modes: &[String]) -> Self {
        let bit = |mode: &String| match mode.as_str() {
            "ReadWriteOnce" => 1,
            "ReadOnlyMany" => 2,
            "ReadWriteMany" => 4,
            "ReadWriteOncePod" => 8,
            _ => 16,
        };
        Self(modes.iter().map(bit).fold(0, |set, bit| set | bit))
    }

    /// Whether all of the other set's modes are in this one.
    pub fn contains(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// How many there are.
    pub fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// `FindMatchingVolume`: the volume that would be bound, of those given, in their order.
///
/// `node`: the labels of the node the scheduler looks at; none in the volume controller. `excluded`: names of volumes that
/// are taken already. `delay_binding`: whether the claim's class waits for a pod. `class`: the claim's class.
pub fn find_matching_volume<'v>(
    claim: &PersistentVolumeClaim,
    class: &str,
    volumes: impl IntoIterator<Item = &'v PersistentVolume>,
    node: Option<&Labels>,
    excluded: &[&str],
    delay_binding: bool,
) -> Option<&'v PersistentVolume> {
    let mut best: Option<&PersistentVolume> = None;
    for volume in volumes {
        if excluded.contains(&volume.metadata.name.as_str()) {
            continue;
        }
        let reserved = volume.is_for(claim);
        // Rule: what is claimed by another claim, too small, of another mode or attributes class, or being deleted.
        if (volume.spec.claim_ref.is_some() && !reserved) || !fits_reserved(claim, volume) {
            continue;
        }
        let usable = node.is_none_or(|labels| volume.usable_on(labels));
        // Rule: a volume reserved for the claim ends the search, usable or not.
        if reserved {
            return usable.then_some(volume);
        }
        // Rule: without a node, a claim that waits for a pod is left to the scheduler.
        if node.is_none() && delay_binding {
            continue;
        }
        let modes = node.is_none() || offers(volume, claim);
        if volume.status.phase != "Available" || !selects(claim, volume) || volume.class() != class || !usable || !modes {
            continue;
        }
        // Rule: the smallest; the first of equals.
        if best.is_none_or(|best| size(volume) < size(best)) {
            best = Some(volume);
        }
    }
    best
}

/// What is checked even of a volume that is reserved for the claim: size, mode, attributes class, deletion.
pub fn fits_reserved(claim: &PersistentVolumeClaim, volume: &PersistentVolume) -> bool {
    large_enough(claim, volume)
        && claim.mode() == volume.mode()
        && claim.attributes_class() == volume.attributes_class()
        && volume.metadata.deletion_timestamp.is_none()
}

/// Whether a volume is large enough; exact. No request is none, no capacity is none.
pub fn large_enough(claim: &PersistentVolumeClaim, volume: &PersistentVolume) -> bool {
    match (volume.capacity(), claim.request()) {
        (_, None) => volume.capacity().is_none_or(|capacity| *capacity >= Quantity::default()),
        (None, Some(request)) => *request <= Quantity::default(),
        (Some(capacity), Some(request)) => capacity >= request,
    }
}

/// Whether the claim's selector, if it has one, selects the volume.
pub fn selects(claim: &PersistentVolumeClaim, volume: &PersistentVolume) -> bool {
    claim.spec.selector.as_ref().is_none_or(|selector| selector.matches(&volume.metadata.labels) == Truth::Yes)
}

/// Whether the volume offers every access mode that the claim asks for.
pub fn offers(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    claim.spec.access_modes.iter().all(|mode| volume.spec.access_modes.contains(mode))
}

/// Size, none being zero.
pub fn size(volume: &PersistentVolume) -> Quantity {
    volume.capacity().cloned().unwrap_or_default()
}

/// Every predicate that the volume fails for the claim, whatever Kubernetes would have stopped at.
///
/// A volume that is reserved for the claim need not have its class, its selector or the right phase.
pub fn failures(claim: &PersistentVolumeClaim, class: &str, volume: &PersistentVolume, nodes: Option<&[&Node]>) -> Failures {
    let mut failures = failures_in_common(claim, class, volume);
    add_own_failures(&mut failures, claim, volume, nodes);
    failures
}

/// Predicates that volumes pass or fail together which differ only in name, size, labels and place.
pub(super) fn failures_in_common(claim: &PersistentVolumeClaim, class: &str, volume: &PersistentVolume) -> Failures {
    let mut failures = Failures::default();
    let reserved = volume.is_for(claim);
    failures.set(Predicate::AccessModes, !offers(volume, claim));
    failures.set(Predicate::VolumeMode, claim.mode() != volume.mode());
    failures.set(Predicate::AttributesClass, claim.attributes_class() != volume.attributes_class());
    failures.set(Predicate::Deletion, volume.metadata.deletion_timestamp.is_some());
    failures.set(Predicate::ClaimRef, volume.spec.claim_ref.is_some() && !reserved);
    if !reserved {
        failures.set(Predicate::Class, volume.class() != class);
        // Of a claimed volume the phase says no more than the claim.
        let claimed = volume.spec.claim_ref.is_some() && volume.status.phase == "Bound";
        failures.set(Predicate::Phase, volume.status.phase != "Available" && !claimed);
    }
    failures
}

/// The other predicates, volume by volume.
pub(super) fn add_own_failures(failures: &mut Failures, claim: &PersistentVolumeClaim, volume: &PersistentVolume, nodes: Option<&[&Node]>) {
    failures.set(Predicate::Size, !large_enough(claim, volume));
    failures.set(Predicate::Selector, !volume.is_for(claim) && !selects(claim, volume));
    if let Some(nodes) = nodes {
        failures.set(Predicate::NodeAffinity, !nodes.iter().any(|node| volume.usable_on(&node.metadata.labels)));
    }
}

#[cfg(test)]
mod tests;
