//! The table that `who-can-reach` and `reachable-from` share: one row for each peer.

use std::io;

use super::super::ranges;
use super::{Text, grid, words};
use crate::report::changes::{Change, Fate};
use crate::report::policy::{NO_RULE_ALLOWS, Reach};
use crate::report::view::grid::{Cell, Grid};
use crate::report::{Direction, Verdict};

/// Rules of a row that are shown where not all are.
const RULES: usize = 2;
/// Address ranges of a row that are shown where not all are.
const RANGES: usize = 4;

/// Writes the rows; `direction` is the side the question is about.
pub(super) fn write(text: &mut Text<'_>, peers: &'static str, direction: Direction, rows: &[Reach]) -> io::Result<()> {
    let headers: &[&str] = if text.wide { &[peers, "PODS", "PORT", "VERDICT", "BECAUSE"] } else { &[peers, "PODS", "PORT", "BECAUSE"] };
    let rows: Vec<Vec<Cell<'_>>> = rows.iter().map(|row| cells(text, direction, row, everyone_else(row, rows))).collect();
    as_wide_as_wanted(text, |text| grid::write(&mut text.page, headers, &rows))
}

/// Writes what became of rows: no headers, which stand above the first ones; `new`, `now` or `gone` before each of them.
pub(super) fn write_changes(
    text: &mut Text<'_>,
    direction: Direction,
    (before, now): (&[Reach], &[Reach]),
    changes: &[Change<&Reach>],
) -> io::Result<()> {
    let row = |(fate, row): (Fate, &Reach)| {
        let mut cells = match fate {
            Fate::New | Fate::Changed => cells(text, direction, row, everyone_else(row, now)),
            Fate::Gone => {
                let mut cells = cells(text, direction, row, everyone_else(row, before));
                if let Some(because) = cells.last_mut() {
                    because.precede("until now: ");
                }
                cells.into_iter().map(Cell::plain).collect()
            }
        };
        // Of the same width, so that rows stand below those of the last change.
        let word = match fate {
            Fate::New => "new ",
            Fate::Changed => "now ",
            Fate::Gone => "gone",
        };
        cells.insert(0, word.into());
        cells
    };
    let rows: Vec<Vec<Cell<'_>>> =
        changes.iter().flat_map(|change| change.entries.iter().map(|entry| (change.fate, *entry))).map(row).collect();
    // As wide as if all rows were there: so changes stand below each other.
    let all: Vec<Vec<Cell<'_>>> = now.iter().map(|entry| row((Fate::New, entry))).collect();
    as_wide_as_wanted(text, |text| {
        let mut grid = Grid::new(if text.wide { &["", "", "", "", "", ""] } else { &["", "", "", "", ""] });
        all.iter().chain(&rows).for_each(|row| grid.measure(row));
        grid.start(&mut text.page)?;
        rows.iter().try_for_each(|row| grid.row(&mut text.page, row))
    })
}

/// As with kubectl, `-o wide` is for a wide terminal, and rows stay rows.
fn as_wide_as_wanted(text: &mut Text<'_>, write: impl FnOnce(&mut Text<'_>) -> io::Result<()>) -> io::Result<()> {
    let width = text.page.style.width;
    if text.wide {
        text.page.style.width = None;
    }
    let written = write(text);
    text.page.style.width = width;
    written
}

/// `everyone else outside`, if these addresses are what the other rows leave.
fn everyone_else(row: &Reach, rows: &[Reach]) -> Option<String> {
    if !(row.peer.name.is_empty() && row.peer.description.is_empty()) {
        return None;
    }
    let others = rows.iter().filter(|other| !std::ptr::eq(*other, row)).flat_map(|other| &other.peer.cidrs);
    ranges::everyone_else(&row.peer.cidrs, others).map(|family| format!("everyone else outside{family}"))
}

fn cells(text: &Text<'_>, direction: Direction, row: &Reach, everyone_else: Option<String>) -> Vec<Cell<'static>> {
    let unknown = row.verdict == Verdict::Unknown;
    let pods = row.peer.pods.map(words::pods).unwrap_or_else(|| if unknown { "?" } else { "-" }.to_owned());
    let ports = if unknown && row.ports.is_empty() { "?".to_owned() } else { words::ports(&row.ports) };
    let name = everyone_else.unwrap_or_else(|| words::peer(&row.peer, text.at_most(RANGES)));
    let mut cells = vec![Cell::labelled(doubtful(name, row.verdict), row.verdict), pods.into(), ports.into()];
    if text.wide {
        cells.push(Cell::labelled(row.verdict.to_string(), row.verdict));
    }
    cells.push(because(row, direction, text.at_most(RULES), text.at_most(RULES) == RULES).into());
    cells
}

/// A question mark before what is not certain, so that no row is taken for an allowed one.
pub(super) fn doubtful(words: String, verdict: Verdict) -> String {
    if verdict == Verdict::Unknown { format!("? {words}") } else { words }
}

/// `to 2 of 3 pods: netpol shop/payments-ingress #1; always allowed`: rules, then what no rule says.
fn because(row: &Reach, direction: Direction, rules: usize, short: bool) -> String {
    let mut parts = Vec::new();
    if !row.because.is_empty() {
        parts.push(words::rules(&row.because, direction, rules).join(", "));
    }
    parts.extend(row.reasons.iter().map(|reason| {
        let reason = super::super::escape(reason);
        let reason = reason.trim_end_matches('.');
        // On a terminal the policies would fill a column of their own; `-o wide` and pipes have them.
        match reason.split_once(" is isolated by ") {
            Some((side, policies)) if short && policies.ends_with(NO_RULE_ALLOWS) => format!("not allowed by {side}"),
            _ => reason.to_owned(),
        }
    }));
    let because = if parts.is_empty() { "<none>".to_owned() } else { parts.join("; ") };
    match row.target_pods {
        Some(pods) if pods.matched != pods.total => format!("to {} of {} pods: {because}", pods.matched, pods.total),
        _ => because,
    }
}
