//! Where a batch runs, with what is made for it.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use jiff::Timestamp;

use super::check::Check;
use super::harm::Clone as PodClone;
use super::image::{Image, Program};
use super::manifest::{self, Task};
use super::plan::{Container, Place, START};
use super::script;
use super::wire::{Batch, TERMINATION_LOG};
use crate::objects::Pod;

/// As many equal results in a row make a verdict.
const AGREEING: u8 = 3;
/// At most as many attempts for that.
const ATTEMPTS: u8 = 9;
/// Milliseconds that an attempt waits: a first packet that was lost is sent again after a second.
const PATIENCE: u32 = 1500;
/// Checks under way at a time. In a shell each takes some processes: more of them would keep each other from ending in time.
const AT_ONCE: u16 = 24;
/// Seconds that a batch may take beyond its longest check.
const SPARE: u32 = 15;
/// What the program of [`Program::Agent`] is called in its image.
const AGENT: &str = "/netstore-probe";
/// Where a kubelet takes the termination message from.
const MESSAGE: &str = "/dev/termination-log";

impl Batch {
    /// A batch of its own, with the usual patience.
    pub fn new(checks: Vec<Check>) -> Self {
        let waves = u32::try_from(checks.len().div_ceil(usize::from(AT_ONCE))).unwrap_or(u32::MAX);
        let longest = u32::from(ATTEMPTS).saturating_mul(PATIENCE).saturating_mul(waves) / 1000;
        // Each RandomState has other keys: what comes of hashing nothing is a number that nobody else has.
        let nonce = format!("{:016x}", RandomState::new().build_hasher().finish());
        Self {
            nonce,
            agreeing: AGREEING,
            attempts: ATTEMPTS,
            patience: PATIENCE,
            at_once: AT_ONCE,
            deadline: longest.saturating_add(SPARE),
            checks,
        }
    }
}

/// A container that is there.
pub fn exec(pod: &Pod, container: &str) -> Place {
    let (namespace, name) = pod.metadata.key();
    Place::Exec(Container { namespace: namespace.to_owned(), pod: name.to_owned(), container: container.to_owned() })
}

/// A container that is added to a pod.
pub fn ephemeral(pod: &Pod, image: &Image, batch: &Batch) -> Place {
    let (namespace, name) = pod.metadata.key();
    let (command, environment) = (command(image.program), environment());
    let container = manifest::ephemeral(Task { image, command: &command, environment: &environment, batch });
    Place::Ephemeral { namespace: namespace.to_owned(), pod: name.to_owned(), container: Box::new(container) }
}

/// A pod of its own.
pub fn pod(clone: &PodClone<'_>, image: &Image, pull_secrets: &[String], batch: &Batch, now: Timestamp) -> Place {
    let (command, environment) = (command(image.program), environment());
    let task = Task { image, command: &command, environment: &environment, batch };
    Place::Pod(Box::new(manifest::pod(clone, task, pull_secrets, START, now)))
}

/// The program, without the words of a batch.
fn command(program: Program) -> Vec<String> {
    match program {
        Program::Agent => vec![AGENT.to_owned()],
        Program::Script => ["/bin/sh", "-c", script::TEXT, "netstore"].map(str::to_owned).to_vec(),
    }
}

fn environment() -> Vec<(String, String)> {
    vec![(TERMINATION_LOG.to_owned(), MESSAGE.to_owned())]
}
