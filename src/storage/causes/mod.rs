//! From a claim to its one root cause: who would act next, and what keeps him from it.
//!
//! The order is that of Kubernetes: deletion, a finished binding, a named volume, the search among volumes, the wait for a pod,
//! the provisioner. Each stage says what it could not read; a cause never rests on that.

mod bound;
mod class;
mod clone;
mod consumer;
mod matching;
mod named;
mod provisioner;
mod refused;
mod said;
mod snapshot;
mod source;
mod terminating;
mod uncreated;
mod volumes;

use std::collections::BTreeSet;

use super::facts::{ClaimClass, ClassOrigin, Facts};
use super::{changes, words};
use crate::objects::{PersistentVolume, PersistentVolumeClaim, Resource};
use crate::report::{Finding, FindingKind, ObjectRef, Severity};

pub(super) use consumer::said_of;
pub(super) use provisioner::{lease_names, lives, shows};
pub(super) use uncreated::{Uncreated, all as uncreated};
pub(super) use volumes::compare;

/// What a claim comes to.
#[derive(Debug, Default)]
pub(super) struct Diagnosis<'a> {
    /// Causes in the order in which they would strike; the first is the root.
    pub(super) causes: Vec<Finding>,
    /// Good to know, whatever the cause.
    pub(super) notes: Vec<Finding>,
    /// The volume that would be bound now.
    pub(super) would_bind: Option<&'a PersistentVolume>,
    /// What could not be read.
    pub(super) unread: BTreeSet<Resource>,
}

impl Diagnosis<'_> {
    fn of(causes: Vec<Finding>) -> Self {
        Self { causes, ..Self::default() }
    }

    fn one(cause: Finding) -> Self {
        Self::of(vec![cause])
    }

    /// Nothing can be told without this kind; what was said by others can be repeated.
    fn unknown(case: &Case<'_, '_>, missing: Resource) -> Self {
        Self { causes: said::unread(case, missing), unread: BTreeSet::from([missing]), ..Self::default() }
    }

    /// Whether there is a cause that is more than good to know.
    pub(super) fn is_problem(&self) -> bool {
        self.causes.first().is_some_and(|cause| cause.severity != Severity::Info)
    }
}

/// A claim that is looked at.
pub(super) struct Case<'f, 'a> {
    pub(super) facts: &'f Facts<'a>,
    pub(super) claim: &'a PersistentVolumeClaim,
    pub(super) class: ClaimClass<'a>,
    pub(super) me: ObjectRef,
}

impl<'f, 'a> Case<'f, 'a> {
    pub(super) fn new(facts: &'f Facts<'a>, claim: &'a PersistentVolumeClaim) -> Self {
        Self { facts, claim, class: facts.class_of(claim), me: words::claim_ref(claim) }
    }

    /// A finding about the claim.
    fn finding(&self, kind: &'static FindingKind, message: impl Into<String>) -> Finding {
        kind.on(self.me.clone(), message.into())
    }

    fn namespace(&self) -> &'a str {
        &self.claim.metadata.namespace
    }

    /// Adds that the claim be created anew with fields of its spec changed.
    fn anew(&self, finding: Finding, description: &str, spec: &str) -> Finding {
        changes::anew(self.facts, self.claim, spec, description, finding)
    }

    /// Where the class stands in the claim, and what stands there.
    fn class_evidence(&self, finding: Finding) -> Finding {
        let (field, value) = match self.class.origin {
            ClassOrigin::Annotation => ("metadata.annotations[volume.beta.kubernetes.io/storage-class]", json_or_unset(self.class.name)),
            ClassOrigin::Spec => ("spec.storageClassName", json_or_unset(self.class.name)),
            ClassOrigin::Default | ClassOrigin::Nowhere => ("spec.storageClassName", "<unset>".to_owned()),
        };
        finding.shown_by(&self.me, field, value)
    }
}

fn or_unset(text: &str) -> &str {
    if text.is_empty() { "<unset>" } else { text }
}

fn json_or_unset(name: &str) -> String {
    if name.is_empty() { "\"\"".to_owned() } else { name.to_owned() }
}

/// Finds the root cause. `taken`: volumes that claims before this one will have got.
pub(super) fn diagnose<'a>(case: &Case<'_, 'a>, taken: &dyn Fn(&PersistentVolume) -> bool) -> Diagnosis<'a> {
    let (facts, claim) = (case.facts, case.claim);
    let mut diagnosis = if claim.metadata.deletion_timestamp.is_some() {
        terminating::diagnose(case)
    } else if claim.metadata.annotations.get(super::facts::BIND_COMPLETED).is_some() || is_bound(case) {
        bound::diagnose(case)
    } else if !facts.knows(Resource::PersistentVolumes, None) {
        Diagnosis::unknown(case, Resource::PersistentVolumes)
    } else if !claim.spec.volume_name.is_empty() {
        named::diagnose(case)
    } else {
        matching::diagnose(case, taken)
    };
    class::notes(case, &mut diagnosis);
    uncreated::notes(case, &mut diagnosis);
    refused::add(case, &mut diagnosis);
    diagnosis
}

/// A claim whose status says Bound, and whose volume agrees: only the controller's mark is missing.
fn is_bound(case: &Case<'_, '_>) -> bool {
    let claim = case.claim;
    claim.status.phase == "Lost"
        || (claim.status.phase == "Bound"
            && (!case.facts.knows(Resource::PersistentVolumes, None)
                || case.facts.volume(&claim.spec.volume_name).is_none_or(|volume| volume.is_for(claim))))
}
