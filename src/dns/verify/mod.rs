//! Whether the cluster's servers say what they should: what each replica said, compared with what the objects and the Corefile make it say.
//!
//! `replicas` finds whom to ask, `names` what, `compare` judges one answer, `tell` puts it all together. Asking is done elsewhere
//! (`source::live`), by DNS over TCP through port-forward.

mod compare;
mod findings;
mod names;
mod replicas;
mod tell;
#[cfg(test)]
mod tests;

pub use names::{questions, reversed};
pub use replicas::{Replica, Spared, replicas};
pub use tell::{Told, tell};

use super::observed::{Answer, Asked, Said};
use super::server::{Basis, Expected, Reason};
use compare::Verdict;

/// What asking this way does not try.
pub const UNTESTED: [&str; 5] = [
    "NetworkPolicies: the question comes from inside the replica's own pod",
    "the address of the Service, and what leads from it to a replica",
    "UDP: the question goes over TCP",
    "a cache on the node (NodeLocal DNSCache)",
    "the resolver of the program that asks",
];

/// What is known of a replica besides its answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// How often it was connected to.
    pub connections: usize,
    /// Why there is no way to it, if that is so.
    pub refused: Option<String>,
}

/// A question, what is expected of it, and what each replica that was asked said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The question.
    pub asked: Asked,
    /// What is expected.
    pub expected: Expected,
    /// What was said.
    pub said: Vec<Said>,
}

impl Checked {
    /// A question that was asked. What is expected only because nearly every cluster has such a Corefile says nothing against an answer.
    pub fn new(asked: Asked, expected: Expected, said: Vec<Said>, basis: &Basis) -> Self {
        let differs = |said: &Said| compare::verdict(&expected, said) == Verdict::Differs;
        let doubted = matches!(basis, Basis::Usual(_)) && said.iter().any(differs);
        let expected = if doubted { Expected::Unknown(Reason::NoCorefile("the answer")) } else { expected };
        Self { asked, expected, said }
    }

    /// Whether an answer is not the expected one, or replicas contradict each other: asked again, it may be another one.
    pub fn is_in_doubt(&self) -> bool {
        self.verdicts().any(|verdict| verdict == Verdict::Differs) || self.is_contradicted()
    }

    /// Whether replicas contradict each other. Upstream servers may name other addresses each time; not whether a name exists.
    pub fn is_contradicted(&self) -> bool {
        let mut answers = self.said.iter().filter_map(Said::answer);
        let Some(first) = answers.next() else { return false };
        let is_same = |other: &Answer| match &self.expected {
            Expected::Says { .. } => first.truncated || other.truncated || compare::is_same(first, other),
            Expected::Unknown(_) => first.rcode == other.rcode,
        };
        !answers.all(is_same)
    }

    fn verdicts(&self) -> impl Iterator<Item = Verdict> {
        self.said.iter().map(|said| compare::verdict(&self.expected, said))
    }
}
