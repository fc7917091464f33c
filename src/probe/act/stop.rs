//! Ctrl-C and its like: whoever has made something in the cluster removes it first.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// Exit code of a process that was interrupted, as shells show it.
const INTERRUPTED: i32 = 130;

/// What one run has made, and whether it is to stop.
pub struct Stop {
    state: Mutex<State>,
    stopping: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    stopping: bool,
    /// Things that exist only because of this process.
    held: usize,
    /// Namespaces where leftovers of others were looked for.
    swept: BTreeSet<String>,
    /// What the server has warned of.
    warned: BTreeSet<String>,
}

impl Stop {
    /// Listens from now on, within a runtime. The first signal stops; a second one does not wait for anything.
    pub fn listen() -> Arc<Self> {
        let stop = Arc::new(Self { state: Mutex::default(), stopping: watch::Sender::new(false) });
        let listener = Arc::clone(&stop);
        tokio::spawn(async move {
            signal().await;
            if !listener.begin() {
                std::process::exit(INTERRUPTED);
            }
            signal().await;
            // What is left has a deadline of its own, and `probe gc` finds it.
            std::process::exit(INTERRUPTED);
        });
        stop
    }

    /// Stops; false if there is nothing that anybody would have to remove.
    fn begin(&self) -> bool {
        let mut state = self.state();
        state.stopping = true;
        self.stopping.send_replace(true);
        state.held > 0
    }

    /// To be had before something is made, and kept until it is gone; none if it is too late to begin.
    pub(super) fn hold(&self) -> Option<Hold<'_>> {
        let mut state = self.state();
        if state.stopping {
            return None;
        }
        state.held += 1;
        Some(Hold(self))
    }

    /// Waits until it is to stop.
    pub(super) async fn asked(&self) {
        // The sender lives as long as this, so there is no other end of the wait.
        drop(self.stopping.subscribe().wait_for(|stopping| *stopping).await);
    }

    /// Whether leftovers are still to be looked for there; asked once for each namespace.
    pub(super) fn sweeps(&self, namespace: &str) -> bool {
        self.state().swept.insert(namespace.to_owned())
    }

    /// Whether a warning is still to be told: a rehearsal brings the same ones as the deed.
    pub(super) fn warns(&self, warning: &str) -> bool {
        self.state().warned.insert(warning.to_owned())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something exists that is to be removed.
pub(super) struct Hold<'a>(&'a Stop);

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.0.state().held -= 1;
    }
}

/// Waits for a signal that asks the process to end.
async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::terminate(), SignalKind::hangup()];
        let [Ok(mut terminate), Ok(mut hangup)] = kinds.map(signal) else { return std::future::pending().await };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
    #[cfg(not(unix))]
    drop(tokio::signal::ctrl_c().await);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stop() -> Stop {
        Stop { state: Mutex::default(), stopping: watch::Sender::new(false) }
    }

    #[test]
    fn nothing_is_begun_after_a_signal() {
        let stop = stop();
        let hold = stop.hold();
        assert!(stop.begin(), "something is to be removed");
        assert!(stop.hold().is_none());
        drop(hold);
        assert!(!stop.begin(), "nothing is left");
    }

    #[test]
    fn leftovers_are_looked_for_once_in_a_namespace() {
        let stop = stop();
        assert_eq!(["a", "b", "a"].map(|namespace| stop.sweeps(namespace)), [true, true, false]);
    }
}
