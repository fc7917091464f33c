//! `who-can-reach` in words: the target, every source, everyone else.

use std::io;

use super::{Text, isolation, reach, service, subject, words};
use crate::report::policy::{Reach, WhoCanReach};
use crate::report::{Direction, Report, Verdict};

/// Writes the answer.
pub(super) fn write(report: &Report<WhoCanReach>, text: &mut Text<'_>) -> io::Result<()> {
    let answer = &report.result;
    text.partial(&report.coverage)?;
    let sources = reachable(&answer.sources, "source", "sources");
    let isolated = isolation(answer.isolated, Direction::Ingress);
    match &answer.service {
        Some(chain) => {
            service::write(text, chain)?;
            text.page.paragraph(&format!("Reached by {sources}; {isolated}."), 0)?;
        }
        None => text.page.paragraph(&format!("{}: reached by {sources}; {isolated}.", subject(&answer.target)), 0)?,
    }
    text.page.blank()?;
    if !answer.sources.is_empty() {
        reach::write(text, "FROM", Direction::Ingress, &answer.sources)?;
        text.page.blank()?;
    }
    text.rest("Everyone else", &answer.rest)
}

/// `3 sources, 1 more unknown`.
pub(super) fn reachable(rows: &[Reach], one: &str, many: &str) -> String {
    let count = |verdict: Verdict| rows.iter().filter(|row| row.verdict == verdict).count();
    let allowed = match count(Verdict::Allow) {
        0 => format!("no {one} listed"),
        number => words::count(number, one, many),
    };
    match count(Verdict::Unknown) {
        0 => allowed,
        unknown => format!("{allowed}, {unknown} more unknown"),
    }
}
