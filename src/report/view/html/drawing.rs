//! A drawing of who connects to whom: sources on the left, targets on the right, a curve for each connection.

use std::io::{self, Write};

use super::text;
use crate::report::Verdict;

/// More would be a thicket: the table has them.
pub(super) const MOST: usize = 200;

/// Heights and widths in pixels.
const ROW: usize = 30;
const BOX: usize = 22;
const MARGIN: usize = 8;
const LETTER: usize = 7;
const WIDEST: usize = 44;
const BETWEEN: usize = 260;

/// What is drawn.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    /// Names on the left.
    pub(super) sources: Vec<String>,
    /// Names on the right.
    pub(super) targets: Vec<String>,
    /// From where, to where, how, on which ports.
    pub(super) lines: Vec<(usize, usize, Verdict, String)>,
}

/// Writes it as SVG.
pub(super) fn write(drawing: &Drawing, out: &mut dyn Write) -> io::Result<()> {
    let Drawing { sources, targets, lines } = drawing;
    let [left, right] =
        [sources, targets].map(|names| names.iter().map(|name| shown(name).chars().count()).max().unwrap_or(0) * LETTER + 2 * MARGIN);
    let rows = sources.len().max(targets.len());
    let (width, height) = (left + BETWEEN + right + 2 * MARGIN, rows * ROW + MARGIN);
    let y = |at: usize, of: usize| MARGIN + at * ROW + rows.saturating_sub(of) * ROW / 2;
    writeln!(out, "<svg viewBox=\"0 0 {width} {height}\" width={width} height={height} role=img aria-label=\"who connects to whom\">")?;
    for (from, to, verdict, ports) in lines {
        let (start, end) = (MARGIN + left, MARGIN + left + BETWEEN);
        let [a, b] = [y(*from, sources.len()), y(*to, targets.len())].map(|y| y + BOX / 2);
        let (bend, other) = (start + BETWEEN / 2, end - BETWEEN / 2);
        writeln!(
            out,
            "<path class={verdict} d=\"M{start} {a}C{bend} {a} {other} {b} {end} {b}\"><title>{}: {verdict} {}</title></path>",
            text(&between(drawing, *from, *to)),
            text(ports)
        )?;
        // Beside its source, where lines have not met yet.
        writeln!(out, "<text class=port x={} y={}>{}</text>", start + 4, a.saturating_sub(3), text(&shown(ports)))?;
    }
    for (names, x, width) in [(sources, MARGIN, left), (targets, MARGIN + left + BETWEEN, right)] {
        for (at, name) in names.iter().enumerate() {
            let y = y(at, names.len());
            writeln!(out, "<rect x={x} y={y} width={width} height={BOX} rx=4 />")?;
            writeln!(out, "<text x={} y={}><title>{}</title>{}</text>", x + MARGIN, y + BOX - 7, text(name), text(&shown(name)))?;
        }
    }
    out.write_all(b"</svg>\n")
}

fn between(drawing: &Drawing, from: usize, to: usize) -> String {
    let name = |names: &[String], at: usize| names.get(at).cloned().unwrap_or_default();
    format!("{} to {}", name(&drawing.sources, from), name(&drawing.targets, to))
}

/// A name that fits its box.
fn shown(name: &str) -> String {
    if name.chars().count() <= WIDEST { name.to_owned() } else { name.chars().take(WIDEST - 1).chain(['…']).collect() }
}
