//! How checks get into a pod, and verdicts out of it.
//!
//! In: words (see [`Batch::words`]). Out: one line of JSON a check on standard output, then one that says how many there were; each
//! carries the nonce, so that nothing else a container prints is taken for it, and a result that was cut is known to be cut. A
//! container that ends also leaves all verdicts in its termination message, in at most 4,096 bytes.

use serde::{Deserialize, Serialize};

use super::check::Check;
use super::verdict::Verdict;

/// Version of the lines.
pub const VERSION: u8 = 1;

/// Checks that are run together, by one process in one pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Letters and digits that nobody else uses.
    pub nonce: String,
    /// As many equal results in a row make a verdict.
    pub agreeing: u8,
    /// At most as many attempts for that; otherwise it is *flapping*.
    pub attempts: u8,
    /// Milliseconds that an attempt waits.
    pub patience: u32,
    /// Checks under way at a time.
    pub at_once: u16,
    /// Seconds after which the process ends whatever is still under way.
    pub deadline: u32,
    /// What is tried, in the order in which it is answered.
    pub checks: Vec<Check>,
}

impl Batch {
    /// The arguments of either program: nonce, agreeing, attempts, patience, at once, deadline, then the checks.
    pub fn words(&self) -> Vec<String> {
        let Self { nonce, agreeing, attempts, patience, at_once, deadline, checks } = self;
        let numbers = [u32::from(*agreeing), u32::from(*attempts), *patience, u32::from(*at_once), *deadline];
        let settings = std::iter::once(nonce.clone()).chain(numbers.iter().map(u32::to_string));
        settings.chain(checks.iter().map(ToString::to_string)).collect()
    }
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// The verdict.
    pub verdict: Verdict,
    /// What else there is to say: a status, addresses, an error in the words of the system.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// How many attempts were made.
    pub attempts: u8,
    /// Milliseconds that the last one took.
    pub milliseconds: u32,
}

/// One line of standard output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// What came of a check.
    Result {
        /// [`VERSION`].
        v: u8,
        /// The nonce of the batch.
        nonce: String,
        /// Position of the check.
        check: usize,
        /// What came of it.
        #[serde(flatten)]
        observed: Observed,
    },
    /// The last line.
    End {
        /// [`VERSION`].
        v: u8,
        /// The nonce of the batch.
        nonce: String,
        /// How many results there were.
        end: usize,
    },
}
