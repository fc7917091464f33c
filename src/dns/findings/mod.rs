//! The kinds of findings about DNS. `kubectl netstore explain CODE` and docs/findings.md print these texts.
//!
//! D what is wrong with the servers or on the way to them, P what a pod asks for, R which names exist, V what servers say when they are asked.

pub mod doctor;
pub mod pod;
pub mod records;
pub mod verify;

use crate::report::FindingKind;

/// Every kind.
pub fn all() -> Vec<&'static FindingKind> {
    [doctor::ALL, pod::ALL, records::ALL, verify::ALL].concat()
}
