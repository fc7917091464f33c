//! `matrix` as a table: one row for each pair, written as it is walked. A pair that is not listed is denied.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use super::{Text, words};
use crate::report::policy::{Connection, Matrix};
use crate::report::view::grid::{Cell, Grid};
use crate::report::{Peer, PortRange, Report, Verdict};

/// Writes the rows. What could not be read stands on standard error: rows stay rows.
pub(super) fn write(report: &Report<Matrix>, text: &mut Text<'_>) -> io::Result<()> {
    let connections = &report.result.connections;
    if text.wide {
        // Six columns do not fit a narrow terminal: as with kubectl, `-o wide` is for a wide one, and rows stay rows.
        text.page.style.width = None;
    }
    if connections.is_empty() {
        return text.page.paragraph("No connection is allowed.", 0);
    }
    let verdicts = text.wide || connections.iter().any(|c| c.verdict != Verdict::Allow);
    let headers: &[&str] = match (text.wide, verdicts) {
        (true, _) => &["FROM", "FROM-PODS", "TO", "TO-PODS", "PORTS", "VERDICT"],
        (false, true) => &["FROM", "TO", "PORTS", "VERDICT"],
        (false, false) => &["FROM", "TO", "PORTS"],
    };
    let words = Words::of(connections, text.at_most(4), text.wide);
    let mut grid = Grid::new(headers);
    connections.iter().for_each(|connection| grid.measure(&words.row(connection, text.wide, verdicts)));
    grid.start(&mut text.page)?;
    connections.iter().try_for_each(|connection| grid.row(&mut text.page, &words.row(connection, text.wide, verdicts)))
}

/// The words for what connections share, once each: a million connections have a few thousand peers and sets of ports.
///
/// Looked up by address: the report shares equal peers, and comparing them by value would cost more than writing them.
struct Words {
    peers: HashMap<*const Peer, String>,
    ports: HashMap<*const Vec<PortRange>, String>,
}

impl Words {
    fn of(connections: &[Connection], ranges: usize, wide: bool) -> Self {
        let mut words = Self { peers: HashMap::new(), ports: HashMap::new() };
        for connection in connections {
            for peer in [&connection.from, &connection.to] {
                words
                    .peers
                    .entry(Arc::as_ptr(peer))
                    .or_insert_with(|| if wide { words::peer(peer, ranges) } else { words::counted(peer, ranges) });
            }
            words.ports.entry(Arc::as_ptr(&connection.ports)).or_insert_with(|| words::ports(&connection.ports));
        }
        words
    }

    fn row(&self, connection: &Connection, wide: bool, verdicts: bool) -> Vec<Cell<'_>> {
        let peer = |peer: &Arc<Peer>| self.peers.get(&Arc::as_ptr(peer)).map_or("", String::as_str);
        let pods = |peer: &Arc<Peer>| Cell::from(peer.pods.map_or_else(|| "-".to_owned(), words::pods));
        let ports = self.ports.get(&Arc::as_ptr(&connection.ports)).map_or("", String::as_str);
        let mut row = Vec::with_capacity(6);
        row.push(Cell::from(peer(&connection.from)));
        row.extend(wide.then(|| pods(&connection.from)));
        row.push(Cell::from(peer(&connection.to)));
        row.extend(wide.then(|| pods(&connection.to)));
        row.push(Cell::from(if connection.verdict == Verdict::Unknown && connection.ports.is_empty() { "?" } else { ports }));
        row.extend(verdicts.then(|| Cell::labelled(connection.verdict.to_string(), connection.verdict)));
        row
    }
}
