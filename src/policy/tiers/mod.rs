//! Tiers: cluster-wide policies before NetworkPolicies (Admin) and behind them (Baseline).
//!
//! [`compile`] interns their parts beside those of NetworkPolicies; [`stack`] finds out which of them select a class and in
//! what order they are asked; [`evaluate`] asks them, in sets of ports: first match wins, and whatever cannot be decided
//! leaves more than one thing that may happen to a port.

pub mod compile;
pub mod evaluate;
pub mod stack;

pub use compile::{Action, ClusterCompiled, TierRule};
pub use evaluate::{Outcome, Step};
pub use stack::Stack;

/// The tiers of cluster-wide policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Before all NetworkPolicies.
    Admin,
    /// Where no NetworkPolicy selects the pod.
    Baseline,
}
