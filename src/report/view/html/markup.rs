//! Paragraphs, commands and tables of a page as HTML elements.

use std::io::{self, Write};

use super::super::page::Label;
use super::text;

/// What is open: rows follow one another without saying which is the last.
#[derive(Debug, Default)]
pub(in crate::report::view) struct Markup {
    table: bool,
}

impl Markup {
    /// A sentence or several, with a first word in the colour of what it means. What is indented keeps its indentation.
    pub(in crate::report::view) fn paragraph(
        &mut self,
        out: &mut dyn Write,
        label: Option<Label>,
        lead: &str,
        rest: &str,
    ) -> io::Result<()> {
        self.end_table(out)?;
        let indented = if lead.is_empty() && rest.starts_with(' ') { " class=indented" } else { "" };
        writeln!(out, "<p{indented}>{}{}</p>", marked(label, lead), text(rest.trim_end()))
    }

    /// A command to paste.
    pub(in crate::report::view) fn command(&mut self, out: &mut dyn Write, command: &str) -> io::Result<()> {
        self.end_table(out)?;
        writeln!(out, "<pre>{}</pre>", text(command))
    }

    /// The head of a table; without headers none is written.
    pub(in crate::report::view) fn start_table(&mut self, out: &mut dyn Write, headers: &[&str]) -> io::Result<()> {
        self.end_table(out)?;
        self.table = true;
        out.write_all(b"<table>\n")?;
        if headers.is_empty() {
            return Ok(());
        }
        let cells: String = headers.iter().map(|header| format!("<th scope=col>{}</th>", text(header))).collect();
        writeln!(out, "<tr>{cells}</tr>")
    }

    /// A row. One with fewer cells than columns lets its last cell run on to the right.
    pub(in crate::report::view) fn row<'t>(
        &mut self,
        out: &mut dyn Write,
        columns: usize,
        cells: impl ExactSizeIterator<Item = (Option<Label>, &'t str)>,
    ) -> io::Result<()> {
        let (count, mut row) = (cells.len(), String::new());
        for (at, (label, cell)) in cells.enumerate() {
            let missing = if at + 1 == count { columns.saturating_sub(count) } else { 0 };
            let span = if missing > 0 { format!(" colspan={}", missing + 1) } else { String::new() };
            row.push_str(&format!("<td{span}>{}</td>", marked(label, cell.trim_end())));
        }
        writeln!(out, "<tr>{row}</tr>")
    }

    /// Ends a table that is open.
    pub(in crate::report::view) fn end_table(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if std::mem::take(&mut self.table) { out.write_all(b"</table>\n") } else { Ok(()) }
    }
}

/// A word with the class of what it means: the style sheet colours it.
fn marked(label: Option<Label>, word: &str) -> String {
    let class = match label {
        Some(Label::Allow) => "allow",
        Some(Label::Deny) => "deny",
        Some(Label::Unknown) => "unknown",
        Some(Label::Heading) => "heading",
        Some(Label::Warning) => "warning",
        None => return text(word),
    };
    if word.is_empty() { String::new() } else { format!("<b class={class}>{}</b>", text(word)) }
}
