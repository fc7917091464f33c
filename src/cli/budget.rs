//! Asking a cluster without making anybody wait for it.

use std::sync::mpsc;
use std::time::Duration;

/// What `ask` comes to, if it comes within the time. If not, it is left behind: the process is about to end anyway.
pub fn within<T: Send + 'static>(patience: Duration, ask: impl FnOnce() -> Option<T> + Send + 'static) -> Option<T> {
    let (sender, receiver) = mpsc::channel();
    // A thread rather than a task: credential plugins run in it, and they may wait for somebody to log in.
    std::thread::spawn(move || sender.send(ask()));
    receiver.recv_timeout(patience).ok().flatten()
}
