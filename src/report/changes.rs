//! What an answer says that the last one to the same question did not: thing by thing, as data. That time has gone by is no change.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::policy::{Reach, WhoCanReach};
use super::storage::{ClaimAnswer, ClaimState, PvcWhyPending};
use super::{Answer, Finding, Peer, Report, Verdict};

/// What became of something since the last answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The last answer did not have it.
    New,
    /// It is another than it was.
    Changed,
    /// The answer does not have it any more.
    Gone,
}

/// Something that has changed: a source, a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<T> {
    /// What became of it.
    pub fate: Fate,
    /// All that the answer says of it; of what is gone, all that the last one said.
    pub entries: Vec<T>,
}

/// Whether answers differ in anything but the time at which they were given.
pub fn differ(before: &Answer, now: &Answer) -> bool {
    content(before) != content(now)
}

fn content(answer: &Answer) -> Value {
    let mut report = timeless(answer.document());
    if let Some(fields) = report.as_object_mut() {
        fields.remove("metadata");
    }
    report
}

/// Whether an answer may become another one though no object changes: whoever waits may have waited for too long.
pub fn hinges_on_the_clock(answer: &Answer) -> bool {
    match answer {
        Answer::PvcWhyPending(report) => report.result.claims.iter().any(|claim| claim.state != ClaimState::Ok),
        _ => false,
    }
}

/// Of an answer what `-o name` is to name: who was not named by the last one.
pub fn only_new(before: &Answer, now: &Answer) -> Answer {
    let mut new = now.clone();
    match (before, &mut new) {
        (Answer::WhoCanReach(before), Answer::WhoCanReach(new)) => {
            let named: BTreeSet<Peer> = before.result.sources.iter().filter(|row| row.verdict == Verdict::Allow).map(who).collect();
            new.result.sources.retain(|row| !named.contains(&who(row)));
        }
        (Answer::PvcWhyPending(before), Answer::PvcWhyPending(new)) => {
            let named = |claim: &&ClaimAnswer| claim.state != ClaimState::Ok && claim.phase != "Missing";
            let named: BTreeSet<_> = before.result.claims.iter().filter(named).map(key).collect();
            new.result.claims.retain(|claim| !named.contains(&key(claim)));
        }
        _ => {}
    }
    new
}

/// Findings that are said anew, in the order of a report.
pub fn of_findings<'r>(before: Vec<&'r Finding>, now: Vec<&'r Finding>) -> Vec<&'r Finding> {
    let changes = between(before, now, |finding| (finding.code, &finding.subject));
    let mut new: Vec<&Finding> = changes.into_iter().filter(|change| change.fate != Fate::Gone).flat_map(|change| change.entries).collect();
    new.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    new
}

/// Sources whose rows have changed.
pub fn of_sources<'r>(before: &'r WhoCanReach, now: &'r WhoCanReach) -> Vec<Change<&'r Reach>> {
    between(&before.sources, &now.sources, |row| who(row))
}

/// How many of its pods are meant is what is said of a peer, not who it is.
fn who(row: &Reach) -> Peer {
    Peer { pods: None, ..row.peer.clone() }
}

/// Claims of which something else is said. Of claims that nobody named, only those that are or were not well.
pub fn of_claims<'r>(before: &'r Report<PvcWhyPending>, now: &'r Report<PvcWhyPending>) -> Vec<Change<&'r ClaimAnswer>> {
    let shown = |report: &'r Report<PvcWhyPending>| {
        report.result.claims.iter().filter(|claim| report.result.named || claim.state != ClaimState::Ok).map(key)
    };
    let shown: BTreeSet<_> = shown(before).chain(shown(now)).collect();
    let told = |report: &'r Report<PvcWhyPending>| -> Vec<Told<'r>> {
        let mut findings: BTreeMap<(&str, &str), Vec<&Finding>> = BTreeMap::new();
        for finding in &report.findings {
            findings.entry((&finding.subject.namespace, &finding.subject.name)).or_default().push(finding);
        }
        let claims = report.result.claims.iter().filter(|claim| shown.contains(&key(claim)));
        claims.map(|claim| Told { claim, findings: findings.get(&key(claim)).cloned().unwrap_or_default() }).collect()
    };
    let claims = |change: Change<Told<'r>>| Change { fate: change.fate, entries: change.entries.iter().map(|told| told.claim).collect() };
    between(told(before), told(now), |told| key(told.claim)).into_iter().map(claims).collect()
}

fn key(claim: &ClaimAnswer) -> (&str, &str) {
    (&claim.namespace, &claim.name)
}

/// A claim, with what shows its causes.
#[derive(Serialize)]
struct Told<'r> {
    claim: &'r ClaimAnswer,
    findings: Vec<&'r Finding>,
}

/// What has changed, in the order of what it is about.
fn between<T: Serialize, K: Ord>(
    before: impl IntoIterator<Item = T>,
    now: impl IntoIterator<Item = T>,
    about: impl Fn(&T) -> K,
) -> Vec<Change<T>> {
    let mut both: BTreeMap<K, (Vec<T>, Vec<T>)> = BTreeMap::new();
    for entry in before {
        both.entry(about(&entry)).or_default().0.push(entry);
    }
    for entry in now {
        both.entry(about(&entry)).or_default().1.push(entry);
    }
    let changed = both.into_values().filter(|(before, now)| !same(before, now));
    changed
        .map(|(before, now)| match (before.is_empty(), now.is_empty()) {
            (_, true) => Change { fate: Fate::Gone, entries: before },
            (true, false) => Change { fate: Fate::New, entries: now },
            (false, false) => Change { fate: Fate::Changed, entries: now },
        })
        .collect()
}

/// Whether two parts of answers say the same, whenever they say it.
pub fn same(one: &dyn erased_serde::Serialize, other: &dyn erased_serde::Serialize) -> bool {
    timeless(one) == timeless(other)
}

fn timeless(part: &dyn erased_serde::Serialize) -> Value {
    // Reports are plain data: there is nothing in them that JSON does not have.
    let mut value = serde_json::to_value(part).unwrap_or_default();
    forget_ages(&mut value);
    value
}

fn forget_ages(value: &mut Value) {
    match value {
        Value::String(text) if text.contains(' ') => {
            let ageless = |word: &str| {
                let core = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
                if is_age(core) { word.replace(core, "…") } else { word.to_owned() }
            };
            *text = text.split_inclusive(' ').map(ageless).collect();
        }
        Value::Array(items) => items.iter_mut().for_each(forget_ages),
        Value::Object(fields) => fields.values_mut().for_each(forget_ages),
        _ => {}
    }
}

/// Whether a word is an age as sentences have them: `119s`, `5m30s`, `3y10d`.
fn is_age(word: &str) -> bool {
    let digits = |c: char| c.is_ascii_digit();
    let units: Vec<&str> = word.split(digits).filter(|part| !part.is_empty()).collect();
    word.starts_with(digits)
        && !word.ends_with(digits)
        && matches!(units.len(), 1 | 2)
        && units.iter().all(|unit| matches!(*unit, "s" | "m" | "h" | "d" | "y"))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ages_are_words_of_numbers_and_units() {
        for (word, age) in [
            ("5s", true),
            ("119s", true),
            ("5m30s", true),
            ("3y10d", true),
            ("5", false),
            ("", false),
            ("m", false),
            ("s5", false),
            ("5Gi", false),
            ("5m30", false),
            ("10ms", false),
            ("1h2m3s", false),
        ] {
            assert_eq!(is_age(word), age, "{word}");
        }
    }

    #[test]
    fn that_time_goes_by_is_no_change() {
        assert!(same(&"it renewed its lease 5m ago", &"it renewed its lease 5m30s ago"));
        assert!(same(&"handed over (for 119s)", &"handed over (for 2m)"));
        assert!(!same(&"it asks for 5Gi", &"it asks for 6Gi"));
        assert!(!same(&"waited 5m for x", &"waited 5m for y"));
        // A name is not a sentence.
        assert!(!same(&"1d", &"2d"));
    }

    #[test]
    fn what_became_of_each_thing_is_told_in_their_order() {
        let before = [("a", 1), ("b", 1), ("c", 1), ("c", 2), ("d", 1)];
        let now = [("b", 1), ("c", 1), ("d", 2), ("e", 1), ("e", 2)];
        let change = |fate, entries: &[(&'static str, i32)]| Change { fate, entries: entries.to_vec() };
        assert_eq!(
            between(before, now, |entry| entry.0),
            [
                change(Fate::Gone, &[("a", 1)]),
                change(Fate::Changed, &[("c", 1)]),
                change(Fate::Changed, &[("d", 2)]),
                change(Fate::New, &[("e", 1), ("e", 2)]),
            ]
        );
        assert_eq!(between(now, now, |entry| entry.0), []);
    }

    proptest! {
        /// Who has seen the first answer and every change knows the last answer.
        #[test]
        fn changes_put_upon_an_answer_give_the_next_one(answers in vec(vec((0u8..6, 0u8..3), 0..8), 1..5)) {
            let grouped = |answer: &[(u8, u8)]| {
                let mut things: BTreeMap<u8, Vec<(u8, u8)>> = BTreeMap::new();
                answer.iter().for_each(|entry| things.entry(entry.0).or_default().push(*entry));
                things
            };
            let mut known = grouped(&answers[0]);
            for pair in answers.windows(2) {
                for change in between(pair[0].clone(), pair[1].clone(), |entry| entry.0) {
                    let thing = change.entries[0].0;
                    prop_assert_eq!(known.contains_key(&thing), change.fate != Fate::New);
                    match change.fate {
                        Fate::Gone => known.remove(&thing),
                        Fate::New | Fate::Changed => known.insert(thing, change.entries),
                    };
                }
                prop_assert_eq!(&known, &grouped(&pair[1]));
            }
        }
    }
}
