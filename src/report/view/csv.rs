//! `-o csv`: the matrix for spreadsheets and databases, one column for each part of a peer.

use std::borrow::Cow;
use std::io::{self, Write};

use super::{Style, escape, words};
use crate::report::policy::Connection;
use crate::report::{Answer, Peer, PortRange};

const HEADERS: [&str; 12] = [
    "from_namespace",
    "from_kind",
    "from_name",
    "from_pods",
    "from_cidrs",
    "to_namespace",
    "to_kind",
    "to_name",
    "to_pods",
    "to_cidrs",
    "verdict",
    "ports",
];

/// Writes a header line (unless it is not wanted) and a line for each connection.
pub(super) fn write(answer: &Answer, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let Answer::Matrix(report) = answer else { return Ok(()) };
    let mut writer = csv::Writer::from_writer(out);
    if style.headers {
        writer.write_record(HEADERS)?;
    }
    report.result.connections.iter().try_for_each(|connection| record(connection, &mut writer))?;
    writer.flush()
}

fn record<W: Write>(connection: &Connection, writer: &mut csv::Writer<W>) -> io::Result<()> {
    peer(&connection.from, writer)?;
    peer(&connection.to, writer)?;
    writer.write_field(connection.verdict.to_string())?;
    writer.write_field(ports(&connection.ports))?;
    writer.write_record(None::<&[u8]>)?;
    Ok(())
}

/// Namespace, kind, name (or, where no name says what is meant, the words for it), pods, address ranges.
fn peer<W: Write>(peer: &Peer, writer: &mut csv::Writer<W>) -> io::Result<()> {
    let name = if peer.name.is_empty() { &peer.description } else { &peer.name };
    for text in [&peer.namespace, &peer.kind, name] {
        writer.write_field(cell(text).as_bytes())?;
    }
    writer.write_field(peer.pods.map(words::pods).unwrap_or_default())?;
    writer.write_field(cell(&peer.cidrs.join(" ")).as_bytes())?;
    Ok(())
}

/// `TCP 80,8000-8080; UDP *`: the words of the report, not of the table.
fn ports(ports: &[PortRange]) -> String {
    let text: Vec<String> = ports.iter().map(|p| format!("{} {}", cell(&p.protocol), cell(&p.ports))).collect();
    text.join("; ")
}

/// Data is not cut at a line break as a table's cell is.
fn cell(text: &str) -> Cow<'_, str> {
    escape::escape_hidden(text)
}
