//! `-o dot`: the matrix as a Graphviz graph; namespaces are clusters, dashed edges are unknown.

use std::io::{self, Write};

use super::graph::Graph;
use super::{escape, words};
use crate::report::{Answer, Verdict};

/// Writes the graph.
pub(super) fn write(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    let Answer::Matrix(report) = answer else { return Ok(()) };
    let graph = Graph::of(&report.result);
    out.write_all(b"digraph netstore {\n  rankdir=LR;\n  node [shape=box];\n")?;
    for (at, (namespace, nodes)) in graph.namespaces().iter().enumerate() {
        let indent = if namespace.is_empty() { "" } else { "  " };
        if !namespace.is_empty() {
            writeln!(out, "  subgraph cluster_{at} {{\n    label={};", quoted(&escape(namespace)))?;
        }
        for (number, words) in nodes {
            writeln!(out, "  {indent}n{number} [label={}];", quoted(words))?;
        }
        if !namespace.is_empty() {
            out.write_all(b"  }\n")?;
        }
    }
    for connection in &report.result.connections {
        let (from, to) = graph.ends(connection);
        let ports = words::ports(&connection.ports);
        match connection.verdict {
            Verdict::Allow => writeln!(out, "  n{from} -> n{to} [label={}];", quoted(&ports))?,
            Verdict::Unknown => writeln!(out, "  n{from} -> n{to} [label={}, style=dashed];", quoted(&format!("? {ports}")))?,
            Verdict::Deny => {}
        }
    }
    out.write_all(b"}\n")
}

/// A double-quoted string: backslashes and quotes escaped, so that no `\N` of Graphviz comes out of a name.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
