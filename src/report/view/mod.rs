//! How an answer is written down: one file per format, all of them pure functions from an [`Answer`] to text.
//!
//! Nothing here prints, reads the environment or a clock: the shell decides the [`Style`] and owns the streams. What was
//! asked for is written by [`render`]; [`warnings()`] are for standard error, so that pipes stay clean.
//!
//! Rules are counted from one in text (`netpol shop/db #1`, as people count) and from zero in JSON and YAML (`"rule": 0`, as
//! in `spec.ingress[0]`).

mod age;
#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod arbitrary_storage;
#[cfg(test)]
mod changes_tests;
mod csv;
mod dot;
mod escape;
mod graph;
mod grid;
mod html;
mod json;
mod markdown;
mod mermaid;
mod name;
mod page;
mod ports;
mod ranges;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod samples_cover;
#[cfg(test)]
mod samples_dns;
#[cfg(test)]
mod samples_dns_doctor;
#[cfg(test)]
mod samples_node;
#[cfg(test)]
mod samples_overview;
#[cfg(test)]
mod samples_patch;
#[cfg(test)]
mod samples_probe;
#[cfg(test)]
mod samples_qos;
#[cfg(test)]
mod samples_records;
#[cfg(test)]
mod samples_storage;
#[cfg(test)]
mod samples_verify;
#[cfg(test)]
mod samples_volumes;
mod table;
#[cfg(test)]
mod tests;
mod warnings;
mod words;
mod yaml;

use std::fmt;
use std::io::{self, BufWriter, Write};
use std::str::FromStr;

use super::{Answer, changes};
pub use age::human_duration;
pub use escape::escape;
pub use page::reflow;
pub use warnings::{render_findings, render_new_warnings, render_warnings, warnings};

/// Writes an answer.
///
/// # Errors
///
/// Whatever writing to `out` returns, and [`io::ErrorKind::Unsupported`] for a format the question does not have
/// ([`Question::formats`](super::Question::formats)).
pub fn render(answer: &Answer, format: Format, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if !answer.formats().contains(&format) {
        return Err(io::Error::new(io::ErrorKind::Unsupported, format!("this question has no output format {format}")));
    }
    // Standard output is flushed line by line, and serialisers write word by word.
    let mut out = BufWriter::with_capacity(64 * 1024, out);
    match format {
        Format::Table | Format::Wide => table::write(answer, format == Format::Wide, style, &mut out),
        Format::Json => json::write(answer, &mut out),
        Format::Yaml => yaml::write(answer, &mut out),
        Format::Name => name::write(answer, &mut out),
        Format::Csv => csv::write(answer, style, &mut out),
        Format::Markdown => markdown::write(answer, &mut out),
        Format::Dot => dot::write(answer, &mut out),
        Format::Mermaid => mermaid::write(answer, &mut out),
        Format::Html => html::write(answer, style, &mut out),
    }?;
    out.flush()
}

/// Writes what an answer says otherwise than the last one to the same question: what has changed for people, the whole report for
/// programs, names that are new. Nothing if nothing has changed but the time.
///
/// # Errors
///
/// Whatever writing to `out` returns, and [`io::ErrorKind::Unsupported`] for a format in which changes cannot follow an answer
/// ([`Format::FOLLOWED`]).
pub fn render_changes(before: &Answer, now: &Answer, format: Format, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(64 * 1024, out);
    match format {
        Format::Table | Format::Wide => table::write_changes(before, now, format == Format::Wide, style, &mut out),
        Format::Name => name::write(&changes::only_new(before, now), &mut out),
        Format::Json | Format::Yaml if !changes::differ(before, now) => Ok(()),
        Format::Json => json::write(now, &mut out),
        Format::Yaml => out.write_all(b"---\n").and_then(|()| yaml::write(now, &mut out)),
        other => Err(io::Error::new(io::ErrorKind::Unsupported, format!("changes have no output format {other}"))),
    }?;
    out.flush()
}

/// Writes something that is no answer: an object as kubectl would be given it. Only JSON and YAML have a form for it.
///
/// # Errors
///
/// Whatever writing to `out` returns, and [`io::ErrorKind::Unsupported`] for other formats.
pub fn render_object(object: &serde_json::Value, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Json => json::document(object, out),
        Format::Yaml => yaml::document(object, out),
        other => Err(io::Error::new(io::ErrorKind::Unsupported, format!("an object has no output format {other}"))),
    }
}

/// How a stream wants its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether labels are coloured by what they mean. Colour never says what words do not.
    pub color: bool,
    /// Columns of the terminal; none if it is no terminal: nothing is wrapped, folded up or left out then.
    pub width: Option<usize>,
    /// Whether tables have a line of headers.
    pub headers: bool,
    /// Whether the question was about all namespaces. Peers always carry their namespace; lists of single objects put the
    /// column NAMESPACE first.
    pub all_namespaces: bool,
}

impl Default for Style {
    /// The style of a pipe.
    fn default() -> Self {
        Self { color: false, width: None, headers: true, all_namespaces: false }
    }
}

/// What `-o` can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The answer in words and a table.
    Table,
    /// The same with more columns and nothing folded up.
    Wide,
    /// The report.
    Json,
    /// The report.
    Yaml,
    /// `pod/x` lines that kubectl accepts.
    Name,
    /// Comma-separated values with a header line.
    Csv,
    /// A Markdown table.
    Markdown,
    /// A Graphviz graph.
    Dot,
    /// A Mermaid flow chart.
    Mermaid,
    /// A page for a browser.
    Html,
}

impl Format {
    /// Every format, in the order help lists them.
    pub const ALL: [Self; 10] =
        [Self::Table, Self::Wide, Self::Json, Self::Yaml, Self::Name, Self::Csv, Self::Markdown, Self::Dot, Self::Mermaid, Self::Html];

    /// Those in which what changes later can follow an answer.
    pub const FOLLOWED: [Self; 5] = [Self::Table, Self::Wide, Self::Json, Self::Yaml, Self::Name];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Wide => "wide",
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Name => "name",
            Self::Csv => "csv",
            Self::Markdown => "md",
            Self::Dot => "dot",
            Self::Mermaid => "mermaid",
            Self::Html => "html",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown output format {0:?}")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;
    fn from_str(word: &str) -> Result<Self, UnknownFormat> {
        let known = Self::ALL.into_iter().find(|f| f.name() == word);
        known.or((word == "markdown").then_some(Self::Markdown)).ok_or_else(|| UnknownFormat(word.to_owned()))
    }
}
