//! The table that `who-can-reach` and `reachable-from` share: one row for each peer.

use std::io;

use super::super::ranges;
use super::{Text, grid, words};
use crate::report::policy::{NO_RULE_ALLOWS, Reach};
use crate::report::view::grid::Cell;
use crate::report::{Direction, Verdict};

/// Rules of a row that are shown where not all are.
const RULES: usize = 2;
/// Address ranges of a row that are shown where not all are.
const RANGES: usize = 4;

/// Writes the rows; `direction` is the side the question is about.
pub(super) fn write(text: &mut Text<'_>, peers: &'static str, direction: Direction, rows: &[Reach]) -> io::Result<()> {
    let headers: &[&str] = if text.wide { &[peers, "PODS", "PORT", "VERDICT", "BECAUSE"] } else { &[peers, "PODS", "PORT", "BECAUSE"] };
    let rows: Vec<Vec<Cell<'_>>> = rows.iter().map(|row| cells(text, direction, row, everyone_else(row, rows))).collect();
    let width = text.page.style.width;
    if text.wide {
        // As with kubectl, `-o wide` is for a wide terminal, and rows stay rows.
        text.page.style.width = None;
    }
    let written = grid::write(&mut text.page, headers, &rows);
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
