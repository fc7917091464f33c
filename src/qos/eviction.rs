//! In which order a kubelet evicts pods when its node runs out of something.
//!
//! Source: `pkg/kubelet/eviction/helpers.go`. The class is no input of it: what counts is whether a pod uses more than it requests,
//! then its priority, then how much more it uses.

use std::cmp::{Ordering, Reverse};

use crate::objects::Amount;

/// What a node runs out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// `memory.available`
    Memory,
    /// `nodefs.available`, `imagefs.available`, `containerfs.available`
    Disk,
    /// `nodefs.inodesFree`, …
    Inodes,
    /// `pid.available`
    Pids,
}

/// What a kubelet knows of the use of a pod.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Working set.
    pub memory: Amount,
    /// Bytes on disk.
    pub disk: Amount,
    /// Inodes on disk.
    pub inodes: Amount,
    /// Processes.
    pub processes: u64,
}

/// A pod that may be evicted.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Priority; a pod without one has 0.
    pub priority: i32,
    /// Memory it requests, as [`eviction_request`](super::effective::eviction_request) has it.
    pub memory_request: Amount,
    /// Ephemeral storage it requests, likewise.
    pub storage_request: Amount,
    /// None: nobody measured it.
    pub usage: Option<Usage>,
}

/// Which of two pods goes first.
pub fn compare(signal: Signal, a: &Candidate, b: &Candidate) -> Ordering {
    match signal {
        Signal::Pids => {
            let processes = |c: &Candidate| c.usage.map(|usage| Reverse(usage.processes));
            a.priority.cmp(&b.priority).then_with(|| processes(a).cmp(&processes(b)))
        }
        _ => {
            // `None`, a pod nobody measured, comes first.
            let exceeds = |c: &Candidate| measured(signal, c).map(|(exceeds, _)| Reverse(exceeds));
            let excess = |c: &Candidate| measured(signal, c).map(|(_, excess)| Reverse(excess));
            exceeds(a).cmp(&exceeds(b)).then_with(|| a.priority.cmp(&b.priority)).then_with(|| excess(a).cmp(&excess(b)))
        }
    }
}

/// Whether a pod uses more than it requests, and how much more.
fn measured(signal: Signal, candidate: &Candidate) -> Option<(bool, Amount)> {
    let usage = candidate.usage?;
    Some(match signal {
        Signal::Memory => (usage.memory > candidate.memory_request, usage.memory.minus(candidate.memory_request)),
        Signal::Disk => (usage.disk > candidate.storage_request, usage.disk.minus(candidate.storage_request)),
        // Nobody requests inodes; yet the bytes that are requested are taken off their number.
        Signal::Inodes => (usage.inodes.is_positive(), usage.inodes.minus(candidate.storage_request)),
        Signal::Pids => (false, Amount::default()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(priority: i32, request: i64, usage: Option<i64>) -> Candidate {
        let usage = usage.map(|memory| Usage { memory: Amount::whole(memory), ..Usage::default() });
        Candidate { priority, memory_request: Amount::whole(request), usage, ..Candidate::default() }
    }

    #[test]
    fn memory_takes_those_above_their_request_then_low_priority_then_the_largest_excess() {
        let in_order = [
            ("nobody measured it", candidate(1000, 10, None)),
            ("above its request", candidate(0, 10, Some(12))),
            ("above its request by less", candidate(0, 0, Some(1))),
            ("above its request, of higher priority", candidate(5, 0, Some(100))),
            ("below its request, with the most use", candidate(0, 500, Some(499))),
            ("below its request", candidate(0, 500, Some(100))),
            ("below its request, of higher priority", candidate(9, 500, Some(500))),
        ];
        for pair in in_order.windows(2) {
            assert_eq!(compare(Signal::Memory, &pair[0].1, &pair[1].1), Ordering::Less, "{} before {}", pair[0].0, pair[1].0);
        }
    }
}
