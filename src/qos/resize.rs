//! Which changes of a pod that runs are legal: the class is decided once and for all.
//!
//! Source: `ValidatePodResize` of `pkg/apis/core/validation/validation.go`.

use super::class;
use super::shape::{Amounts, Shape};
use crate::objects::QosClass;

/// Why a resize is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Objection {
    /// The class would be another one.
    Class,
    /// A request or limit of a container is taken away.
    Removed,
    /// A request or limit of the pod as a whole is taken away.
    RemovedFromPod,
}

/// What is to be said against a resize of a pod of this class, from what is stored to what is wanted.
pub fn objections(old: &Shape<'_>, class: QosClass, new: &Shape<'_>) -> Vec<Objection> {
    let removed = |new: &Amounts<'_>, old: &Amounts<'_>| old.iter().any(|entry| new.get(&entry.resource).is_none());
    let of_parts = old
        .parts
        .iter()
        .zip(&new.parts)
        .any(|(old, new)| removed(&new.numbers.requests, &old.numbers.requests) || removed(&new.numbers.limits, &old.numbers.limits));
    let of_pod = old
        .pod
        .as_ref()
        .is_some_and(|old| new.pod.as_ref().is_none_or(|new| removed(&new.requests, &old.requests) || removed(&new.limits, &old.limits)));
    let said = [(class::of(new) != class, Objection::Class), (of_parts, Objection::Removed), (of_pod, Objection::RemovedFromPod)];
    said.into_iter().filter(|(holds, _)| *holds).map(|(_, objection)| objection).collect()
}

/// What may be changed while a pod of this class runs, in a sentence.
pub fn rule(class: QosClass, is_static: bool) -> (bool, &'static str) {
    match class {
        _ if is_static => (false, "none: static pods cannot be resized"),
        QosClass::Guaranteed => (true, "request and limit together, to the same value"),
        QosClass::Burstable => (true, "any that leaves it Burstable and takes no request or limit away"),
        QosClass::BestEffort => (false, "none: a request or limit would change the class"),
    }
}
