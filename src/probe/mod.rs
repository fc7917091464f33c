//! Probes: does it really connect. The only room that writes to a cluster, so it plans first and acts afterwards.
//!
//! ```text
//! check ─► plan: a way, an object to create ─► act: rehearse, ask, run, clean up ─► wire ─► verdicts ─► layers: the answer
//!          pure                                the only files that touch a cluster           pure        pure
//! ```
//!
//! - [`check`]: what is tried; [`verdict`]: what came of it.
//! - [`plan`]: where checks run, and what is created for that.
//! - [`wire`]: how checks get into a pod as words, and verdicts out of it as lines.
//! - [`script`]: runs checks with what a container already has.
//! - [`proc`]: who listens in a pod, and what arrived there.

pub mod check;
pub mod plan;
pub mod proc;
pub mod script;
pub mod verdict;
pub mod wire;
