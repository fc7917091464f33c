//! Which answers can be drawn, and what of them.

use super::drawing::{Drawing, MOST};
use crate::report::policy::{Matrix, Reach};
use crate::report::view::graph::Graph;
use crate::report::view::words;
use crate::report::{Answer, Peer, Verdict};

/// As many ranges of addresses as a name shows.
const RANGES: usize = 2;

/// The drawing of an answer; none if it is not about connections, or if there are too many of them.
pub(super) fn of(answer: &Answer) -> Option<Drawing> {
    let drawing = match answer {
        Answer::WhoCanReach(report) => star(&report.result.target, &report.result.sources, false),
        Answer::ReachableFrom(report) => star(&report.result.source, &report.result.destinations, true),
        Answer::Matrix(report) => matrix(&report.result),
        _ => return None,
    };
    (!drawing.lines.is_empty() && drawing.lines.len() <= MOST).then_some(drawing)
}

/// One in the middle, its peers around it.
fn star(middle: &Peer, peers: &[Reach], outwards: bool) -> Drawing {
    let around = peers.iter().map(|reach| words::peer(&reach.peer, RANGES)).collect();
    let line = |(at, reach): (usize, &Reach)| {
        let (from, to) = if outwards { (0, at) } else { (at, 0) };
        (from, to, reach.verdict, ports(reach.verdict, words::ports(&reach.ports)))
    };
    let lines = peers.iter().enumerate().map(line).collect();
    let middle = vec![words::peer(middle, RANGES)];
    if outwards { Drawing { sources: middle, targets: around, lines } } else { Drawing { sources: around, targets: middle, lines } }
}

/// All that have a connection: a workload stands on the left as a source, on the right as a target.
fn matrix(matrix: &Matrix) -> Drawing {
    let mut drawing = Drawing::default();
    if matrix.connections.len() > MOST {
        return drawing;
    }
    let graph = Graph::of(matrix);
    let (mut sources, mut targets): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
    for connection in &matrix.connections {
        let (from, to) = graph.ends(connection);
        let from = place(&mut sources, &mut drawing.sources, from, &connection.from);
        let to = place(&mut targets, &mut drawing.targets, to, &connection.to);
        drawing.lines.push((from, to, connection.verdict, ports(connection.verdict, words::ports(&connection.ports))));
    }
    drawing
}

/// Where a node of the graph stands in a column; at its end if it is new there.
fn place(column: &mut Vec<usize>, names: &mut Vec<String>, number: usize, peer: &Peer) -> usize {
    column.iter().position(|known| *known == number).unwrap_or_else(|| {
        column.push(number);
        names.push(words::peer(peer, RANGES));
        column.len() - 1
    })
}

/// Ports, or what stands for them where nothing passes.
fn ports(verdict: Verdict, ports: String) -> String {
    match verdict {
        Verdict::Allow => ports,
        Verdict::Deny => "denied".to_owned(),
        Verdict::Unknown => format!("? {ports}"),
    }
}
