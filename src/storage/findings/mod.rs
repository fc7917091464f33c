//! The kinds of findings about storage. `kubectl netstore explain CODE` and docs/findings.md print these texts.
//!
//! Codes are those of the taxonomy: S no volume fits, P named volume, C class, D provisioner, F data source, W waiting for a pod,
//! Q not created, L lost, T being deleted, B bound but of no use, K pods that wait for their volumes, V backups.

pub mod backup;
pub mod bound;
pub mod class;
pub mod named;
pub mod pod;
pub mod provisioner;
pub mod topology;
pub mod uncreated;
pub mod volume;

use crate::report::FindingKind;

/// Every kind.
pub fn all() -> Vec<&'static FindingKind> {
    let mut kinds =
        [volume::ALL, named::ALL, class::ALL, provisioner::ALL, topology::ALL, uncreated::ALL, bound::ALL, pod::ALL, backup::ALL].concat();
    kinds.sort_by_key(|kind| kind.code);
    kinds
}
