//! `-o mermaid`: the matrix as a flow chart; namespaces are subgraphs, dotted arrows are unknown.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::graph::Graph;
use super::{escape, words};
use crate::report::{Answer, Verdict};

/// Writes the chart.
pub(super) fn write(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    let Answer::Matrix(report) = answer else { return Ok(()) };
    let graph = Graph::of(&report.result);
    out.write_all(b"flowchart LR\n")?;
    for (at, (namespace, nodes)) in graph.namespaces().iter().enumerate() {
        let indent = if namespace.is_empty() { "" } else { "  " };
        if !namespace.is_empty() {
            writeln!(out, "  subgraph ns{at}[{}]", quoted(&escape(namespace)))?;
        }
        for (number, words) in nodes {
            writeln!(out, "  {indent}n{number}[{}]", quoted(words))?;
        }
        if !namespace.is_empty() {
            out.write_all(b"  end\n")?;
        }
    }
    for connection in &report.result.connections {
        let (from, to) = graph.ends(connection);
        let ports = words::ports(&connection.ports);
        match connection.verdict {
            Verdict::Allow => writeln!(out, "  n{from} -->|{}| n{to}", quoted(&ports))?,
            Verdict::Unknown => writeln!(out, "  n{from} -.->|{}| n{to}", quoted(&format!("? {ports}")))?,
            Verdict::Deny => {}
        }
    }
    Ok(())
}

/// A quoted text; everything Mermaid or the HTML it makes could take for syntax is written as its number: `#91;`.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            c if c.is_alphanumeric() || " /-_.:,*+?()=".contains(c) => quoted.push(c),
            // Writing to a String cannot fail.
            c => _ = write!(quoted, "#{};", u32::from(c)),
        }
    }
    quoted.push('"');
    quoted
}
