//! The kinds of findings about DNS. `kubectl netstore explain CODE` and docs/findings.md print these texts.
//!
//! P what a pod asks for, R which names exist, V what servers say when they are asked.

pub mod pod;
pub mod records;
pub mod verify;

use crate::report::FindingKind;

/// Every kind.
pub fn all() -> Vec<&'static FindingKind> {
    [pod::ALL, records::ALL, verify::ALL].concat()
}
