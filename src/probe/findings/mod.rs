//! The kinds of findings about probes. `kubectl netstore explain CODE` and docs/findings.md print these texts.
//!
//! 0 what stands between a pod and a target, 1 what a cover of all policies shows, 2 what a probe pod would do, 3 what was left behind.

pub mod cover;
pub mod harm;
pub mod layers;
pub mod left;

use crate::report::FindingKind;

/// Every kind.
pub fn all() -> Vec<&'static FindingKind> {
    [layers::ALL, cover::ALL, harm::ALL, left::ALL].concat()
}
