//! Tables with kubectl's look: no borders, upper-case headers, three spaces between columns, no trailing blanks.
//!
//! Our own, because comfy-table holds a whole table in memory, as a matrix of a million rows must not be held, and breaks
//! names in the middle when a column is narrow. A grid sees every row twice: first to measure, then to write.

use std::borrow::Cow;
use std::io;

use super::page::{Label, Page, widest_word, width, wrap};

/// Spaces between columns.
const GAP: usize = 3;
/// Columns are not made narrower than this for the sake of others; a longer name then moves the rest of its row down.
const NARROW: usize = 20;

/// A cell: text that is escaped already, and what it means.
#[derive(Debug, Clone, Default)]
pub(super) struct Cell<'t> {
    text: Cow<'t, str>,
    label: Option<Label>,
}

impl<'t> Cell<'t> {
    /// With a colour.
    pub(super) fn labelled(text: impl Into<Cow<'t, str>>, label: impl Into<Label>) -> Self {
        Self { text: text.into(), label: Some(label.into()) }
    }

    /// Without a colour.
    pub(super) fn plain(self) -> Self {
        Self { label: None, ..self }
    }

    /// Puts words before the text.
    pub(super) fn precede(&mut self, words: &str) {
        self.text.to_mut().insert_str(0, words);
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self { text: text.into(), label: None }
    }
}

impl<'t> From<&'t str> for Cell<'t> {
    fn from(text: &'t str) -> Self {
        Self { text: text.into(), label: None }
    }
}

/// Columns and how wide they are.
#[derive(Debug)]
pub(super) struct Grid {
    columns: Vec<Column>,
    headers: bool,
}

#[derive(Debug)]
struct Column {
    header: &'static str,
    /// Widest cell.
    natural: usize,
    /// Widest word of any cell.
    word: usize,
    /// What it gets.
    width: usize,
}

/// Writes a table whose rows are at hand.
pub(super) fn write(page: &mut Page<'_>, headers: &[&'static str], rows: &[Vec<Cell<'_>>]) -> io::Result<()> {
    let mut grid = Grid::new(headers);
    rows.iter().for_each(|row| grid.measure(row));
    grid.start(page)?;
    rows.iter().try_for_each(|row| grid.row(page, row))
}

impl Grid {
    /// Columns with these headers; with no header at all, none is written.
    pub(super) fn new(headers: &[&'static str]) -> Self {
        let column = |header: &&'static str| Column { header, natural: header.len(), word: header.len(), width: header.len() };
        Self { columns: headers.iter().map(column).collect(), headers: headers.iter().any(|h| !h.is_empty()) }
    }

    /// Makes room for a row. A row with fewer cells than columns lets its last cell run on to the right.
    pub(super) fn measure(&mut self, row: &[Cell<'_>]) {
        let spans = row.len() < self.columns.len();
        let measured = if spans { row.len().saturating_sub(1) } else { row.len() };
        for (column, cell) in self.columns.iter_mut().zip(row).take(measured) {
            let natural = width(&cell.text);
            column.natural = column.natural.max(natural);
            if natural > column.word {
                column.word = column.word.max(widest_word(&cell.text));
            }
        }
    }

    /// Decides how wide each column is, and writes the headers.
    pub(super) fn start(&mut self, page: &mut Page<'_>) -> io::Result<()> {
        let shown = self.headers && page.style.headers;
        if let Some((markup, out)) = page.markup() {
            let headers: Vec<&str> = self.columns.iter().filter(|_| shown).map(|column| column.header).collect();
            return markup.start_table(out, &headers);
        }
        self.columns.iter_mut().for_each(|column| column.width = column.natural);
        if let Some(available) = page.style.width {
            self.wrap_words(available);
            self.break_rows(available);
        }
        if !shown {
            return Ok(());
        }
        let headers: Vec<Cell<'_>> = self.columns.iter().map(|c| Cell::labelled(c.header, Label::Heading)).collect();
        self.row(page, &headers)
    }

    /// Writes a row: one line, or as many as its cells need.
    pub(super) fn row(&self, page: &mut Page<'_>, row: &[Cell<'_>]) -> io::Result<()> {
        if let Some((markup, out)) = page.markup() {
            return markup.row(out, self.columns.len(), row.iter().map(|cell| (cell.label, cell.text.as_ref())));
        }
        let available = page.style.width;
        let mut start = 0;
        let mut cells = Vec::with_capacity(row.len());
        for (at, (column, cell)) in self.columns.iter().zip(row).enumerate() {
            let spans = row.len() < self.columns.len() && at + 1 == row.len();
            let room = available.map(|available| if spans { available.saturating_sub(start) } else { column.width }.max(1));
            cells.push((start, cell.label, wrap(&cell.text, room, "")));
            start += column.width + GAP;
        }
        let lines = cells.iter().map(|(_, _, lines)| lines.len()).max().unwrap_or(0);
        for at in 0..lines {
            let mut cursor = 0;
            for (start, label, lines) in &cells {
                let Some(text) = lines.get(at).map(|line| line.trim_end()).filter(|line| !line.is_empty()) else { continue };
                let length = width(text);
                // A name that does not fit its column is not broken: what follows it moves down a line.
                let mut indent = *start;
                if let Some(available) = available {
                    indent = indent.min(available.saturating_sub(length));
                }
                if cursor > 0 && cursor + GAP > indent {
                    page.raw("\n")?;
                    cursor = 0;
                }
                page.raw(&" ".repeat(indent.saturating_sub(cursor)))?;
                page.painted(*label, text)?;
                cursor = indent.max(cursor) + length;
            }
            page.raw("\n")?;
        }
        Ok(())
    }

    /// Takes the missing columns from whoever is widest, down to its widest word.
    fn wrap_words(&mut self, available: usize) {
        while self.total() > available {
            let can_shrink = self.columns.iter_mut().filter(|column| column.width > column.word);
            let Some(widest) = can_shrink.max_by_key(|column| column.width) else { return };
            widest.width = widest.width.saturating_sub(1);
        }
    }

    /// Where words do not fit side by side, makes columns narrower than their words, from the left: a long name in the
    /// first column then stands on a line of its own, and the rest of its row fits on the next one.
    fn break_rows(&mut self, available: usize) {
        for at in 0..self.columns.len() {
            let missing = self.total().saturating_sub(available);
            if let Some(column) = self.columns.get_mut(at) {
                let floor = column.width.min(NARROW).max(column.header.len());
                column.width = column.width.saturating_sub(missing).max(floor);
            }
        }
    }

    fn total(&self) -> usize {
        let gaps = GAP * self.columns.len().saturating_sub(1);
        self.columns.iter().map(|column| column.width).sum::<usize>() + gaps
    }
}
