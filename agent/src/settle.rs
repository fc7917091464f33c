//! As many equal results in a row make a verdict; otherwise it is flapping.

use std::time::Duration;

use crate::attempt::Tried;
use crate::verdict::Verdict;
use crate::wire::Observed;

/// Between attempts: rules that are just being made have a moment.
pub const PAUSE: Duration = Duration::from_millis(50);

/// An attempt, and how far it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// What came of it.
    pub tried: Tried,
    /// How long it took.
    pub took: Duration,
    /// It was silent while refusals may have been kept back: neither for nor against another result.
    pub mute: bool,
}

/// Tries until `agreeing` results in a row have one verdict, at most `attempts` times (and as often as must agree, if mute).
pub fn settle(agreeing: u8, attempts: u8, mut attempt: impl FnMut() -> Counted) -> Observed {
    let attempts = attempts.max(1);
    let agreeing = agreeing.clamp(1, attempts);
    let mut verdicts: Vec<Verdict> = Vec::new();
    let (mut made, mut mute) = (0_u8, 0_u8);
    loop {
        let Counted { tried: Tried { verdict, mut detail }, took, mute: silenced } = attempt();
        made = made.saturating_add(1);
        let milliseconds = u32::try_from(took.as_millis()).unwrap_or(u32::MAX);
        if silenced {
            mute += 1;
        } else {
            verdicts.push(verdict);
        }
        let in_a_row = verdicts.iter().rev().take_while(|other| Some(*other) == verdicts.last()).count();
        let settled = match verdicts.last() {
            Some(last) if in_a_row >= usize::from(agreeing) => Some(*last),
            _ if mute >= agreeing => Some(said(&verdicts).unwrap_or(verdict)),
            _ if verdicts.len() >= usize::from(attempts) => Some(Verdict::Flapping),
            _ => None,
        };
        let Some(verdict) = settled else { continue };
        if verdict == Verdict::Flapping {
            detail = counts(&verdicts);
        } else if mute > 0 {
            detail = format!(
                "{detail}; nothing came back for {mute} of {made} attempts, maybe because Linux limits ICMP errors to one a second"
            );
        }
        return Observed { verdict, detail: detail.trim_start_matches("; ").to_owned(), attempts: made, milliseconds };
    }
}

/// What the attempts heard that heard something, where silence is no contradiction.
fn said(verdicts: &[Verdict]) -> Option<Verdict> {
    let mut said = verdicts.iter().filter(|verdict| !matches!(verdict, Verdict::TimedOut | Verdict::UdpSilent));
    let first = said.next()?;
    Some(if said.all(|other| other == first) { *first } else { Verdict::Flapping })
}

/// `connected 2, timed-out 3`
fn counts(verdicts: &[Verdict]) -> String {
    let mut counts: Vec<(Verdict, usize)> = Vec::new();
    for verdict in verdicts {
        match counts.iter_mut().find(|(other, _)| other == verdict) {
            Some((_, count)) => *count += 1,
            None => counts.push((*verdict, 1)),
        }
    }
    counts.iter().map(|(verdict, count)| format!("{verdict} {count}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Connected as C, Flapping, RefusedIcmpPort as I, TimedOut as T};

    /// Verdict, number of attempts and detail for these results; those in the second list are mute.
    fn settled(agreeing: u8, attempts: u8, results: &[(Verdict, bool)]) -> (Verdict, u8, String) {
        let mut results = results.iter();
        let attempt = || {
            let (verdict, mute) = results.next().expect("no more attempts than results");
            Counted { tried: Tried::plain(*verdict), took: Duration::ZERO, mute: *mute }
        };
        let observed = settle(agreeing, attempts, attempt);
        assert_eq!(results.next(), None, "all were needed");
        (observed.verdict, observed.attempts, observed.detail)
    }

    fn loud(verdicts: &[Verdict]) -> Vec<(Verdict, bool)> {
        verdicts.iter().map(|verdict| (*verdict, false)).collect()
    }

    #[test]
    fn as_many_equal_results_in_a_row_make_a_verdict() {
        assert_eq!(settled(1, 5, &loud(&[C])), (C, 1, String::new()));
        assert_eq!(settled(3, 5, &loud(&[C, C, C])), (C, 3, String::new()));
        assert_eq!(settled(2, 5, &loud(&[T, C, C])), (C, 3, String::new()));
        assert_eq!(settled(3, 5, &loud(&[T, T, C, C, C])), (C, 5, String::new()));
    }

    #[test]
    fn different_results_in_turn_are_flapping() {
        assert_eq!(settled(2, 4, &loud(&[C, T, C, T])), (Flapping, 4, "connected 2, timed-out 2".to_owned()));
        assert_eq!(settled(3, 4, &loud(&[T, C, C, T])), (Flapping, 4, "timed-out 2, connected 2".to_owned()));
    }

    #[test]
    fn numbers_that_make_no_sense_still_end() {
        assert_eq!(settled(0, 0, &loud(&[C])), (C, 1, String::new()));
        assert_eq!(settled(9, 2, &loud(&[C, C])), (C, 2, String::new()));
    }

    #[test]
    fn silence_that_may_be_a_limit_is_not_counted() {
        let told =
            |mute, made| format!("nothing came back for {mute} of {made} attempts, maybe because Linux limits ICMP errors to one a second");
        assert_eq!(settled(2, 5, &[(I, false), (T, true), (I, false)]), (I, 3, told(1, 3)));
        assert_eq!(settled(2, 5, &[(I, false), (T, true), (T, true)]), (I, 3, told(2, 3)));
        assert_eq!(settled(2, 5, &[(T, true), (T, true)]), (T, 2, told(2, 2)));
        assert_eq!(settled(2, 5, &[(T, true), (T, false), (T, false)]), (T, 3, told(1, 3)));
        assert_eq!(settled(2, 5, &[(T, false), (I, false), (T, true), (T, true)]), (I, 4, told(2, 4)));
        assert_eq!(settled(3, 5, &[(I, false), (C, false), (T, true), (T, true), (T, true)]).0, Flapping);
    }
}
