//! Silence that says nothing: Linux sends an address at most six ICMP errors at once, then one a second. A batch that is refused
//! everywhere uses that up, and the refusals that are kept back look like packets that were dropped.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::attempt::Tried;
use crate::settle::Counted;
use crate::verdict::Verdict;

/// When an ICMP error came last, for whichever check. While refusals are kept back, one comes every second.
#[derive(Debug, Default)]
pub struct Limit(Mutex<Option<Instant>>);

impl Limit {
    const EVERY: Duration = Duration::from_secs(1);

    /// An attempt, and how far it counts: silence beside an ICMP error may be one that was kept back.
    pub fn watch(&self, attempt: impl FnOnce() -> Tried) -> Counted {
        let begin = Instant::now();
        let tried = attempt();
        let took = begin.elapsed();
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mute = match tried.verdict {
            Verdict::TimedOut | Verdict::UdpSilent => last.is_some_and(|heard| heard + Self::EVERY > begin),
            Verdict::UdpUnreachable
            | Verdict::RefusedIcmpPort
            | Verdict::RefusedIcmpHost
            | Verdict::RefusedIcmpNet
            | Verdict::RefusedIcmpProhibited => {
                *last = Some(Instant::now());
                false
            }
            _ => false,
        };
        Counted { tried, took, mute }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_beside_an_icmp_error_does_not_count() {
        let limit = Limit::default();
        let mute = |verdict| limit.watch(|| Tried::plain(verdict)).mute;
        assert!(!mute(Verdict::TimedOut));
        assert!(!mute(Verdict::RefusedIcmpPort));
        assert!(mute(Verdict::TimedOut) && mute(Verdict::UdpSilent));
        assert!(!mute(Verdict::Connected) && !mute(Verdict::RefusedRst));
    }
}
