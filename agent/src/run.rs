//! Runs a batch: so many checks at a time, each until its results agree, all of it until the deadline.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::attempt::attempt;
use crate::check::Check;
use crate::limit::Limit;
use crate::settle::{PAUSE, settle};
use crate::wire::{self, Batch, Line, Observed, Says};

/// Runs it, prints a line for each result when it is there, and leaves the termination message where that is asked for.
///
/// # Errors
/// If nothing can be written.
pub fn run(batch: Batch) -> io::Result<()> {
    let until = Instant::now() + Duration::from_secs(batch.deadline.into());
    let batch = Arc::new(batch);
    let mut results: Vec<Option<Observed>> = vec![None; batch.checks.len()];
    let receiver = start(&batch);
    // Ends when all threads have: each has a sender of its own.
    while let Ok((check, observed)) = receiver.recv_timeout(until.saturating_duration_since(Instant::now())) {
        print(&batch, Says::Result { check, observed: observed.clone() })?;
        if let Some(slot) = results.get_mut(check) {
            *slot = Some(observed);
        }
    }
    // Threads that still wait are left behind: the process ends.
    let mut all = Vec::new();
    for (check, result) in results.into_iter().enumerate() {
        let late = result.is_none();
        let observed = result.unwrap_or_else(|| Observed::could_not_run(format!("not done in the {} s that all had", batch.deadline)));
        if late {
            print(&batch, Says::Result { check, observed: observed.clone() })?;
        }
        all.push(observed);
    }
    print(&batch, Says::End { end: all.len() })?;
    match std::env::var_os(wire::TERMINATION_LOG) {
        Some(path) => std::fs::write(path, wire::termination(&batch.nonce, &all)),
        None => Ok(()),
    }
}

fn print(batch: &Batch, says: Says) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", Line::new(&batch.nonce, says))?;
    out.flush()
}

/// Threads that take one check after the other. One that cannot be had is one fewer; without any, the deadline says so.
fn start(batch: &Arc<Batch>) -> Receiver<(usize, Observed)> {
    let (sender, receiver) = channel();
    let shared = Arc::new((AtomicUsize::new(0), Limit::default()));
    for _ in 0..usize::from(batch.at_once).clamp(1, batch.checks.len().max(1)) {
        let (batch, sender, shared) = (Arc::clone(batch), sender.clone(), Arc::clone(&shared));
        let work = move || {
            let (next, limit) = &*shared;
            let take = || {
                let at = next.fetch_add(1, Ordering::Relaxed);
                batch.checks.get(at).map(|check| (at, check))
            };
            while let Some((at, check)) = take() {
                if sender.send((at, one(check, &batch, limit))).is_err() {
                    return;
                }
            }
        };
        let _ = thread::Builder::new().spawn(work);
    }
    receiver
}

fn one(check: &Check, batch: &Batch, limit: &Limit) -> Observed {
    let patience = Duration::from_millis(batch.patience.into());
    let mut pause = Duration::ZERO;
    settle(batch.agreeing, batch.attempts, || {
        thread::sleep(std::mem::replace(&mut pause, PAUSE));
        limit.watch(|| attempt(check, patience))
    })
}
