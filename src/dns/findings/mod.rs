//! The kinds of findings about DNS. `kubectl netstore explain CODE` and docs/findings.md print these texts.
//!
//! P what a pod asks for, D what is wrong with the servers or on the way to them.

pub mod doctor;
pub mod pod;

use crate::report::FindingKind;

/// Every kind.
pub fn all() -> Vec<&'static FindingKind> {
    [doctor::ALL, pod::ALL].concat()
}
