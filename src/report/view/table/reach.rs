//! The table that `who-can-reach` and `reachable-from` share: one row for each peer.

use std::io;

use super::{Text, grid, words};
use crate::report::policy::Reach;
use crate::report::view::grid::Cell;
use crate::report::{Direction, Peer, Verdict};

/// Rules of a row that are shown where not all are.
const RULES: usize = 2;
/// Address ranges of a row that are shown where not all are.
const RANGES: usize = 4;

/// Writes the rows; `direction` is the side the question is about.
pub(super) fn write(text: &mut Text<'_>, peers: &'static str, direction: Direction, rows: &[Reach]) -> io::Result<()> {
    let headers: &[&str] = if text.wide { &[peers, "PODS", "PORT", "VERDICT", "BECAUSE"] } else { &[peers, "PODS", "PORT", "BECAUSE"] };
    let rows: Vec<Vec<Cell<'_>>> = rows.iter().map(|row| cells(text, direction, row)).collect();
    grid::write(&mut text.page, headers, &rows)
}

fn cells(text: &Text<'_>, direction: Direction, row: &Reach) -> Vec<Cell<'static>> {
    let unknown = row.verdict == Verdict::Unknown;
    let pods = row.peer.pods.map(words::pods).unwrap_or_else(|| if unknown { "?" } else { "-" }.to_owned());
    let ports = if unknown && row.ports.is_empty() { "?".to_owned() } else { words::ports(&row.ports) };
    let mut cells = vec![Cell::labelled(peer(&row.peer, row.verdict, text.at_most(RANGES)), row.verdict), pods.into(), ports.into()];
    if text.wide {
        cells.push(Cell::labelled(row.verdict.to_string(), row.verdict));
    }
    cells.push(because(row, direction, text.at_most(RULES)).into());
    cells
}

/// The peer; a question mark before those of which nothing certain is known, so that no row is taken for an allowed one.
fn peer(peer: &Peer, verdict: Verdict, ranges: usize) -> String {
    doubtful(words::peer(peer, ranges), verdict)
}

/// A question mark before what is not certain.
pub(super) fn doubtful(words: String, verdict: Verdict) -> String {
    if verdict == Verdict::Unknown { format!("? {words}") } else { words }
}

/// `to 2 of 3 pods: netpol shop/payments-ingress #1; always allowed`: rules, then what no rule says.
fn because(row: &Reach, direction: Direction, rules: usize) -> String {
    let mut parts = Vec::new();
    if !row.because.is_empty() {
        parts.push(words::rules(&row.because, direction, rules).join(", "));
    }
    parts.extend(row.reasons.iter().map(|reason| super::super::escape(reason).trim_end_matches('.').to_owned()));
    let because = if parts.is_empty() { "<none>".to_owned() } else { parts.join("; ") };
    match row.target_pods {
        Some(pods) if pods.matched != pods.total => format!("to {} of {} pods: {because}", pods.matched, pods.total),
        _ => because,
    }
}
