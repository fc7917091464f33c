//! `-o md`: the matrix as a Markdown table, for issues and wikis.

use std::io::{self, Write};

use super::words;
use crate::report::Answer;

/// Writes the table.
pub(super) fn write(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    let Answer::Matrix(report) = answer else { return Ok(()) };
    out.write_all(b"| FROM | TO | PORTS | VERDICT |\n| --- | --- | --- | --- |\n")?;
    for connection in &report.result.connections {
        let from = cell(&words::counted(&connection.from, usize::MAX));
        let to = cell(&words::counted(&connection.to, usize::MAX));
        writeln!(out, "| {from} | {to} | {} | {} |", cell(&words::ports(&connection.ports)), connection.verdict)?;
    }
    Ok(())
}

/// Text that is text in Markdown: what begins a column, a tag, a link or emphasis is escaped.
fn cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len() + 4);
    for c in text.chars() {
        match c {
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '~' => cell.extend(['\\', c]),
            '<' => cell.push_str("&lt;"),
            '>' => cell.push_str("&gt;"),
            '&' => cell.push_str("&amp;"),
            c => cell.push(c),
        }
    }
    cell
}
