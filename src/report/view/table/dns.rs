//! `dns POD NAME` in words: whether it resolves, the pod's resolv.conf, then the questions in their order.

use std::io;

use super::super::escape;
use super::{Text, grid, words};
use crate::report::Report;
use crate::report::dns::{Dns, Resolves};
use crate::report::view::grid::Cell;
use crate::report::view::page::Label;

/// Writes the answer.
pub(super) fn write(report: &Report<Dns>, text: &mut Text<'_>) -> io::Result<()> {
    let answer = &report.result;
    text.partial(&report.coverage)?;
    let subject = words::object(&answer.subject);
    let name = escape(&answer.name);
    let (label, lead, said) = match answer.outcome.resolves {
        Resolves::Yes => (Label::Allow, "Yes:", format!(" {name} resolves in {subject}.")),
        Resolves::No => (Label::Deny, "No:", format!(" {name} does not resolve in {subject}.")),
        Resolves::Unknown => (Label::Unknown, "Unknown:", format!(" whether {name} resolves in {subject}.")),
    };
    text.page.labelled(Some(label), lead, &said, 0)?;
    text.page.blank()?;
    let rows: Vec<Vec<Cell<'_>>> = answer
        .questions
        .iter()
        .map(|asked| vec![escape(&asked.name).into_owned().into(), asked.kind.into(), asked.expected.rcode.unwrap_or("unknown").into()])
        .collect();
    grid::write(&mut text.page, &["QUESTION", "TYPE", "EXPECTED"], &rows)
}
