//! `dns verify` in words: whether the servers say what they should, each replica, then the answers that are not right.

use std::io;

use super::super::escape;
use super::super::page::Label;
use super::{Text, grid, words};
use crate::report::Report;
use crate::report::dns::ExpectedAnswer;
use crate::report::dns_verify::{DnsReplica, DnsVerify, ObservedAnswer, ReplicaState, Verification, Verified, VerifiedQuestion};
use crate::report::view::grid::Cell;

/// Questions on a terminal.
const MOST: usize = 10;
/// Records of an answer that are shown.
const RECORDS: usize = 4;

/// A question as it is shown, whichever report it stands in.
pub(super) struct Question<'r> {
    pub(super) name: &'r str,
    pub(super) kind: &'r str,
    pub(super) expected: &'r ExpectedAnswer,
    pub(super) observed: &'r [ObservedAnswer],
}

impl<'r> From<&'r VerifiedQuestion> for Question<'r> {
    fn from(question: &'r VerifiedQuestion) -> Self {
        Self { name: &question.name, kind: question.kind, expected: &question.expected, observed: &question.observed }
    }
}

/// Writes the answer.
pub(super) fn write(report: &Report<DnsVerify>, text: &mut Text<'_>) -> io::Result<()> {
    text.partial(&report.coverage)?;
    verified(&report.result, text)
}

/// The same as a part of another answer.
pub(super) fn verified(answer: &DnsVerify, text: &mut Text<'_>) -> io::Result<()> {
    let questions: Vec<Question<'_>> = answer.questions.iter().map(Question::from).collect();
    verification(&answer.verification, &questions, text)
}

/// Who was asked, and what they said.
pub(super) fn verification(answer: &Verification, asked: &[Question<'_>], text: &mut Text<'_>) -> io::Result<()> {
    verdict(answer, text)?;
    text.page.blank()?;
    let rows: Vec<Vec<Cell<'_>>> = answer.replicas.iter().map(replica).collect();
    grid::write(&mut text.page, &["REPLICA", "STATE", "AGREE", "DIFFER", "NOT TOLD", "SILENT", "MEDIAN", "SLOWEST"], &rows)?;
    for replica in &answer.replicas {
        if let Some(reason) = &replica.reason {
            text.page.paragraph(&format!("- {}: {reason}", replica.pod.name), 2)?;
        }
    }
    questions(asked, text)?;
    text.page.blank()?;
    text.page.labelled(Some(Label::Heading), "Not tried this way:", "", 0)?;
    answer.untested.iter().try_for_each(|what| text.page.paragraph(&format!("- {what}"), 2))
}

/// `Yes: svc kube-system/kube-dns answers as it should (1200 questions, 2 replicas).`
fn verdict(answer: &Verification, text: &mut Text<'_>) -> io::Result<()> {
    let service = words::object(&answer.service);
    let agreeing = answer.replicas.iter().filter(|replica| replica.state == ReplicaState::Agrees).count();
    let replicas = words::count(agreeing, "replica", "replicas");
    let unpredicted = answer.asked.saturating_sub(answer.predicted);
    let rest = match unpredicted {
        0 => String::new(),
        n => format!(" Of {}, nothing can be told beforehand.", words::count(n, "question", "questions")),
    };
    let asked = words::count(answer.predicted, "question", "questions");
    let not_right = || {
        let wrong = [ReplicaState::Differs, ReplicaState::OtherCorefile, ReplicaState::NotSynced, ReplicaState::Silent];
        let names: Vec<String> =
            answer.replicas.iter().filter(|replica| wrong.contains(&replica.state)).map(|replica| replica.pod.name.clone()).collect();
        if names.is_empty() {
            "its replicas contradict each other".to_owned()
        } else {
            format!("look at {}", words::and(&words::cut(names, 4)))
        }
    };
    let (label, lead, said) = match answer.state {
        Verified::Agrees => (Label::Allow, "Yes:", format!(" {service} answers as it should ({asked}, {replicas}).{rest}")),
        Verified::Differs => {
            (Label::Deny, "No:", format!(" {service} does not always answer as it should ({asked}): {}.{rest}", not_right()))
        }
        Verified::Unknown => (Label::Unknown, "Unknown:", format!(" whether {service} answers as it should ({asked}).{rest}")),
    };
    text.page.labelled(Some(label), lead, &said, 0)
}

fn replica(replica: &DnsReplica) -> Vec<Cell<'_>> {
    let (label, state) = match replica.state {
        ReplicaState::Agrees => (Label::Allow, "agrees"),
        ReplicaState::Differs => (Label::Deny, "differs"),
        ReplicaState::OtherCorefile => (Label::Deny, "another Corefile"),
        ReplicaState::NotSynced => (Label::Deny, "not synced"),
        ReplicaState::Silent => (Label::Deny, "silent"),
        ReplicaState::Unreachable => (Label::Unknown, "no way to it"),
        ReplicaState::Unpredicted => (Label::Unknown, "not to be told"),
        ReplicaState::NotReady => (Label::Warning, "not ready"),
        ReplicaState::Terminating => (Label::Unknown, "terminating"),
        ReplicaState::NotAsked => (Label::Unknown, "not asked"),
    };
    let time = |time: Option<u64>| time.map_or_else(|| "-".to_owned(), |time| format!("{time} ms"));
    vec![
        escape(&replica.pod.name).into_owned().into(),
        Cell::labelled(state, label),
        replica.agreeing.to_string().into(),
        replica.differing.to_string().into(),
        replica.unpredicted.to_string().into(),
        replica.silent.to_string().into(),
        time(replica.median_milliseconds).into(),
        time(replica.slowest_milliseconds).into(),
    ]
}

fn questions(asked: &[Question<'_>], text: &mut Text<'_>) -> io::Result<()> {
    if asked.is_empty() {
        return Ok(());
    }
    text.page.blank()?;
    let shown = text.at_most(MOST).min(asked.len());
    let mut rows: Vec<Vec<Cell<'_>>> = Vec::new();
    for question in asked.iter().take(shown) {
        rows.push(expected(question));
        rows.extend(question.observed.iter().map(observed));
    }
    grid::write(&mut text.page, &["QUESTION", "TYPE", "BY", "ANSWER", "TIME"], &rows)?;
    let left = asked.len() - shown;
    if left == 0 {
        Ok(())
    } else {
        text.page.paragraph(&format!("… and {}: -o wide", words::count(left, "more question", "more questions")), 0)
    }
}

fn expected<'q>(question: &Question<'q>) -> Vec<Cell<'q>> {
    let expected = question.expected;
    let because = escape(&expected.because);
    let answer = match expected.rcode {
        Some(rcode) => format!("{} ({because})", records(rcode, &expected.answers)),
        None => format!("not to be told: {because}"),
    };
    let name = if question.name.is_empty() { ".".into() } else { escape(question.name) };
    vec![name.into_owned().into(), question.kind.into(), "expected".into(), answer.into(), "".into()]
}

fn observed(observed: &ObservedAnswer) -> Vec<Cell<'_>> {
    let label = match observed.state {
        Verified::Agrees => Label::Allow,
        Verified::Differs => Label::Deny,
        Verified::Unknown => Label::Unknown,
    };
    let answer = match (&observed.rcode, &observed.reason) {
        (Some(rcode), _) => records(rcode, &observed.answers),
        (None, reason) => format!("no answer: {}", escape(reason.as_deref().unwrap_or("unknown why"))),
    };
    let time = observed.milliseconds.map_or_else(|| "-".to_owned(), |time| format!("{time} ms"));
    vec!["".into(), "".into(), escape(&observed.replica).into_owned().into(), Cell::labelled(answer, label), time.into()]
}

/// `NOERROR 10.0.0.1, 10.0.0.2`.
fn records(rcode: &str, answers: &[String]) -> String {
    let answers: Vec<String> = answers.iter().map(|answer| escape(answer).into_owned()).collect();
    let left = answers.len().saturating_sub(RECORDS);
    let mut shown = answers.into_iter().take(RECORDS).collect::<Vec<_>>().join(", ");
    if left > 0 {
        shown.push_str(&format!(" and {left} more"));
    }
    format!("{} {shown}", escape(rcode)).trim_end().to_owned()
}
