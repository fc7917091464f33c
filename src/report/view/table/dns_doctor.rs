//! `dns doctor` in words: how it is, check by check, and who is cut off.

use std::io;

use super::super::escape;
use super::{Text, grid, words};
use crate::report::dns_doctor::{Check, CheckState, CutOff, DnsDoctor};
use crate::report::view::grid::Cell;
use crate::report::view::page::Label;
use crate::report::{Report, Verdict};

/// Rows that are shown of those that are cut off.
const ROWS: usize = 20;

/// Writes the answer.
pub(super) fn write(report: &Report<DnsDoctor>, text: &mut Text<'_>) -> io::Result<()> {
    let answer = &report.result;
    text.partial(&report.coverage)?;
    headline(text, answer)?;
    text.page.blank()?;
    let rows: Vec<Vec<Cell<'_>>> = answer.checks.iter().map(row).collect();
    grid::write(&mut text.page, &["CHECK", "STATE", "WHAT"], &rows)?;
    if answer.cut_off.is_empty() {
        return Ok(());
    }
    text.page.blank()?;
    let shown = text.at_most(ROWS);
    let rows: Vec<Vec<Cell<'_>>> = answer.cut_off.iter().take(shown).map(cut_off).collect();
    grid::write(&mut text.page, &["CUT-OFF", "PODS", "UDP", "TCP", "POLICIES"], &rows)?;
    match answer.cut_off.len().checked_sub(shown) {
        Some(more) if more > 0 => text.page.paragraph(&format!("… and {more} more: -o wide lists them all"), 0),
        _ => Ok(()),
    }
}

fn headline(text: &mut Text<'_>, answer: &DnsDoctor) -> io::Result<()> {
    let of = |state: CheckState| answer.checks.iter().filter(|check| check.state == state).count();
    let about = match (&answer.subject, &answer.namespace) {
        (Some(subject), _) => format!("{}/{}/{}", escape(&subject.namespace), words::kind_word(&subject.kind), escape(&subject.name)),
        (None, Some(namespace)) => format!("namespace {}", escape(namespace)),
        (None, None) => "all namespaces".to_owned(),
    };
    let (problems, unknown) = (of(CheckState::Problem), of(CheckState::Unknown));
    let of_unknown = if unknown > 0 { format!("; {unknown} not to be told") } else { String::new() };
    let (label, lead, said) = match answer.state {
        CheckState::Problem => {
            (Label::Deny, "Problem:", format!("{} of {} checks for {about}{of_unknown}.", problems, answer.checks.len()))
        }
        CheckState::Unknown => {
            (Label::Unknown, "Unknown:", format!("{unknown} of {} checks for {about}; no problem in the others.", answer.checks.len()))
        }
        CheckState::Ok => (Label::Allow, "Ok:", format!("all {} checks for {about}.", answer.checks.len())),
    };
    text.page.labelled(Some(label), lead, &format!(" {said}"), 0)
}

fn row(check: &Check) -> Vec<Cell<'_>> {
    let (word, label) = match check.state {
        CheckState::Ok => ("ok", Label::Allow),
        CheckState::Problem => ("PROBLEM", Label::Deny),
        CheckState::Unknown => ("unknown", Label::Unknown),
    };
    let codes = if check.codes.is_empty() { String::new() } else { format!(" ({})", check.codes.join(", ")) };
    vec![check.check.into(), Cell::labelled(word, label), format!("{}{codes}", escape(&check.said)).into()]
}

fn cut_off(row: &CutOff) -> Vec<Cell<'_>> {
    let verdict = |verdict: Verdict| match verdict {
        Verdict::Allow => Cell::labelled("allow", Label::Allow),
        Verdict::Deny => Cell::labelled("DENY", Label::Deny),
        Verdict::Unknown => Cell::labelled("unknown", Label::Unknown),
    };
    let who = format!("{}/{}/{}", escape(&row.workload.namespace), words::kind_word(&row.workload.kind), escape(&row.workload.name));
    let because: Vec<String> = row.because.iter().map(|policy| escape(&policy.name).into_owned()).collect();
    let because = if because.is_empty() { "<none>".to_owned() } else { because.join(", ") };
    vec![who.into(), format!("{}/{}", row.pods, row.of).into(), verdict(row.udp), verdict(row.tcp), because.into()]
}
