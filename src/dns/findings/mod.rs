//! The kinds of findings about DNS. `kubectl netstore explain CODE` and docs/findings.md print these texts.
//!
//! P what a pod asks for, V what servers say when they are asked.

pub mod pod;
pub mod verify;

use crate::report::FindingKind;

/// Every kind.
pub fn all() -> Vec<&'static FindingKind> {
    [pod::ALL, verify::ALL].concat()
}
