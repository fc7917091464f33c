//! The questions: from a compiled model and two ends to the answers of [`crate::report::policy`]. Pure, sorted.

mod addresses;
mod can_reach;
mod effective_policy;
mod focus;
mod matrix;
mod others;
mod outside;
mod reachable_from;
mod tally;
mod trace;
mod turns;
mod who_can_reach;
mod words;
mod workloads;

pub use can_reach::can_reach;
pub use effective_policy::effective_policy;
pub use matrix::matrix;
pub use reachable_from::{dns, reachable_from};
pub use who_can_reach::who_can_reach;

pub(super) use reachable_from::dns_is_cut_off;
pub(super) use trace::describe_peer;
