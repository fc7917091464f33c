//! Silence that says nothing: Linux sends an address at most six ICMP errors at once, then one a second. A batch that is refused
//! everywhere uses that up, and the refusals that are kept back look like packets that were dropped.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::attempt::Tried;
use crate::settle::Counted;
use crate::verdict::Verdict;

/// How many errors are likely to come yet, and when that was so. All that refuse are taken for one: it costs attempts, never a verdict.
#[derive(Debug)]
pub struct Limit(Mutex<(f64, Instant)>);

impl Default for Limit {
    fn default() -> Self {
        Self(Mutex::new((Self::AT_ONCE, Instant::now())))
    }
}

impl Limit {
    const AT_ONCE: f64 = 6.0;

    /// An attempt, and how far it counts: not if it was silent when no error was likely to come.
    pub fn watch(&self, attempt: impl FnOnce() -> Tried) -> Counted {
        let (begin, spent) = (Instant::now(), self.take(0.0));
        let tried = attempt();
        let took = begin.elapsed();
        let mute = match tried.verdict {
            Verdict::TimedOut | Verdict::UdpSilent => self.take(0.0) || spent,
            Verdict::UdpUnreachable
            | Verdict::RefusedIcmpPort
            | Verdict::RefusedIcmpHost
            | Verdict::RefusedIcmpNet
            | Verdict::RefusedIcmpProhibited => {
                self.take(1.0);
                false
            }
            _ => false,
        };
        Counted { tried, took, mute }
    }

    /// Takes that many; whether there was none.
    fn take(&self, errors: f64) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, since) = *state;
        let now = Instant::now();
        let left = (left + now.duration_since(since).as_secs_f64()).min(Self::AT_ONCE);
        *state = ((left - errors).max(0.0), now);
        left < 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_counts_until_six_errors_came() {
        let limit = Limit::default();
        let mute = |verdict| limit.watch(|| Tried::plain(verdict)).mute;
        for _ in 0..6 {
            assert!(!mute(Verdict::TimedOut));
            assert!(!mute(Verdict::RefusedIcmpPort));
        }
        assert!(mute(Verdict::TimedOut) && mute(Verdict::UdpSilent));
        assert!(!mute(Verdict::Connected) && !mute(Verdict::RefusedRst));
    }
}
