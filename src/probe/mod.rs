//! Probes: does it really connect. The only room that writes to a cluster, so it plans first and acts afterwards.
//!
//! ```text
//! check ─► plan: a way, an object to create ─► act: rehearse, ask, run, clean up ─► wire ─► verdicts ─► layers: the answer
//!          pure                                the only files that touch a cluster           pure        pure
//! ```
//!
//! - [`check`]: what is tried; [`verdict`]: what came of it.
//! - [`cover`]: what has to be tried so that all policies of a scope have been, and what that shows.
//! - [`targets`]: what a target means, as checks.
//! - [`plan`]: where checks run, and what is created for that.
//! - [`rights`]: what each way takes of the API server; [`act`]: does it.
//! - [`wire`]: how checks get into a pod as words, and verdicts out of it as lines.
//! - [`layers`]: the answer, with [`agreement`]: whether it is what policies predict; [`findings`]: what is noticed.
//! - [`labels`], [`address`]: what policies read of a pod; [`harm`]: a pod that is the same to them and harms nobody.
//! - [`place`]: where a batch runs; [`manifest`]: what is created for it; [`image`]: out of which image; [`security`]: whose fault it is if
//!   Pod Security refuses it.
//! - [`script`]: runs checks with what a container already has.
//! - [`proc`]: who listens in a pod, and what arrived there.

pub mod act;
pub mod address;
pub mod agreement;
pub mod check;
pub mod cover;
pub mod findings;
pub mod harm;
pub mod image;
pub mod labels;
pub mod layers;
pub mod manifest;
pub mod place;
pub mod plan;
pub mod proc;
pub mod rights;
pub mod script;
pub mod security;
pub mod targets;
pub mod verdict;
pub mod wire;
pub mod words;
