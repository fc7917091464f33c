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
const NARROW: usize = 15;
/// Texts up to this width are one word: to wrap `TCP 8080` saves too little to pay for a line.
const SHORT: usize = 12;

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
    /// The width that its rows have to fit; none: the terminal folds them, if anybody does.
    available: Option<usize>,
}

#[derive(Debug)]
struct Column {
    header: &'static str,
    /// Widest cell.
    natural: usize,
    /// Widest word of any cell.
    word: usize,
    /// Widest text of any cell that is better not wrapped.
    whole: usize,
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
        let column =
            |header: &&'static str| Column { header, natural: header.len(), word: header.len(), whole: header.len(), width: header.len() };
        Self { columns: headers.iter().map(column).collect(), headers: headers.iter().any(|h| !h.is_empty()), available: None }
    }

    /// Makes room for a row. A row with fewer cells than columns lets its last cell run on to the right.
    pub(super) fn measure(&mut self, row: &[Cell<'_>]) {
        let spans = row.len() < self.columns.len();
        let measured = if spans { row.len().saturating_sub(1) } else { row.len() };
        for (column, cell) in self.columns.iter_mut().zip(row).take(measured) {
            let natural = width(&cell.text);
            column.natural = column.natural.max(natural);
            if natural > column.word {
                let word = widest_word(&cell.text);
                column.word = column.word.max(word);
                column.whole = column.whole.max(if natural <= SHORT { natural } else { word });
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
        self.available = page.style.width;
        self.set_widths(|column| column.whole);
        if self.available.is_some_and(|available| self.total() > available) {
            self.set_widths(|column| column.word);
        }
        if page.rows_stay && self.available.is_some_and(|available| self.total() > available) {
            // Too many columns: the terminal folds the rows.
            self.available = None;
            self.set_widths(|column| column.word);
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
        let mut start = 0;
        let mut band: Vec<Placed<'_>> = Vec::with_capacity(row.len());
        for (at, (column, cell)) in self.columns.iter().zip(row).enumerate() {
            let spans = row.len() < self.columns.len() && at + 1 == row.len();
            let room = self.available.map(|available| {
                let left = available.saturating_sub(start);
                if spans { left } else { column.width.min(left) }.max(1)
            });
            let placed = Placed { indent: start, label: cell.label, lines: wrap(&cell.text, room, "") };
            let fits = |available: usize, room: usize| placed.width() <= room && start + placed.width() <= available;
            match self.available.zip(room).filter(|(available, room)| !fits(*available, *room)) {
                None => band.push(placed),
                // A name that does not fit its column is not broken: the cell takes the rest of the line, or a line of its
                // own, and what follows it moves down.
                Some((available, room)) => {
                    let indent = start.min(available.saturating_sub(placed.width()));
                    if band.last().is_some_and(|before| before.end() >= indent) {
                        write_lines(page, &mut band)?;
                    }
                    let lines = wrap(&cell.text, Some(available.saturating_sub(indent)), "");
                    band.push(Placed { indent, lines, ..placed });
                    if at + 1 < row.len() && band.last().is_some_and(|it| it.end() >= start + room + GAP) {
                        write_lines(page, &mut band)?;
                    }
                }
            }
            start += column.width + GAP;
        }
        write_lines(page, &mut band)
    }

    /// Widths that fit what is available, if any do.
    fn set_widths(&mut self, word: impl Fn(&Column) -> usize) {
        self.columns.iter_mut().for_each(|column| column.width = column.natural);
        if let Some(available) = self.available {
            self.wrap_words(available, word);
            self.break_rows(available);
        }
    }

    /// Takes the missing columns from whoever is widest, down to its widest word; for a word that will hardly stand beside
    /// anything nobody else gives way.
    fn wrap_words(&mut self, available: usize, word: impl Fn(&Column) -> usize) {
        let beside = available / 3 * 2;
        let floor = |column: &Column| if word(column) > beside { NARROW.max(column.header.len()) } else { word(column) };
        while self.total() > available {
            let can_shrink = self.columns.iter_mut().filter(|column| column.width > floor(column));
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

/// A cell on the page.
struct Placed<'t> {
    indent: usize,
    label: Option<Label>,
    lines: Vec<Cow<'t, str>>,
}

impl Placed<'_> {
    /// Its widest line.
    fn width(&self) -> usize {
        self.lines.iter().map(|line| width(line.trim_end())).max().unwrap_or(0)
    }

    /// The column after it.
    fn end(&self) -> usize {
        self.indent + self.width()
    }
}

/// Writes cells side by side: one line, or as many as they need.
fn write_lines(page: &mut Page<'_>, band: &mut Vec<Placed<'_>>) -> io::Result<()> {
    let lines = band.iter().map(|cell| cell.lines.len()).max().unwrap_or(0);
    for at in 0..lines {
        let mut cursor = 0;
        for Placed { indent, label, lines } in band.iter() {
            let Some(text) = lines.get(at).map(|line| line.trim_end()).filter(|line| !line.is_empty()) else { continue };
            page.raw(&" ".repeat(indent.saturating_sub(cursor)))?;
            page.painted(*label, text)?;
            cursor = indent + width(text);
        }
        page.raw("\n")?;
    }
    band.clear();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::view::Style;

    fn table(width: usize, rows_stay: bool, headers: &[&'static str], rows: &[&[&'static str]]) -> String {
        let mut out = Vec::new();
        let mut page = Page::new(&mut out, &Style { width: Some(width), ..Style::default() });
        page.rows_stay = rows_stay;
        let rows: Vec<Vec<Cell<'_>>> = rows.iter().map(|row| row.iter().map(|text| Cell::from(*text)).collect()).collect();
        write(&mut page, headers, &rows).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_name_too_long_for_its_column_keeps_what_belongs_to_it_and_moves_the_rest_down() {
        let rows: &[&[&str]] = &[&["kube-system/ds/kube-proxy (1/2)", "shop/web", "all"], &["shop/web", "shop/cart", "TCP 6379"]];
        let shown = [
            "FROM                TO          PORTS",
            "kube-system/ds/kube-proxy (1/2)",
            "                    shop/web    all",
            "shop/web            shop/cart   TCP 6379",
        ];
        assert_eq!(table(40, false, &["FROM", "TO", "PORTS"], rows).lines().collect::<Vec<_>>(), shown);
    }

    #[test]
    fn a_name_that_is_a_little_too_long_takes_a_part_of_the_gap() {
        let rows: &[&[&str]] = &[&["shop/web-6b8cbd65", "BestEffort"], &["shop/a", "Burstable"]];
        let shown = ["POD               CLASS", "shop/web-6b8cbd65 BestEffort", "shop/a            Burstable"];
        assert_eq!(table(28, false, &["POD", "CLASS"], rows).lines().collect::<Vec<_>>(), shown);
    }

    #[test]
    fn short_cells_are_not_wrapped_for_the_sake_of_long_names() {
        let rows: &[&[&str]] = &[&["broke/web-7c5c484458-m4sf5", "shop/catalog-54f476fb6b-5t5xj", "TCP 8080", "deny"]];
        let shown = table(60, false, &["FROM", "TO", "PORT", "SAYS"], rows);
        assert!(shown.contains("TCP 8080"), "{shown}");
    }

    #[test]
    fn a_word_as_wide_as_the_page_leaves_its_neighbours_as_they_are() {
        let rows: &[&[&str]] = &[&["d", "claim data-wait", "/opt/local-path-provisioner/pvc-1f323104_data-wait of node-2"]];
        let shown = [
            "VOLUME   WHAT              WHERE",
            "d        claim data-wait",
            "          /opt/local-path-provisioner/pvc-1f323104_data-wait",
            "          of node-2",
        ];
        assert_eq!(table(60, false, &["VOLUME", "WHAT", "WHERE"], rows).lines().collect::<Vec<_>>(), shown);
    }

    #[test]
    fn rows_that_stay_rows_are_left_to_the_terminal_where_they_do_not_fit() {
        let (headers, rows): (&[&'static str], &[&[&str]]) =
            (&["CLASS", "PROVISIONER", "BINDING"], &[&["fast", "disk.example.com", "WaitForFirstConsumer"]]);
        let one_line = "CLASS   PROVISIONER        BINDING\nfast    disk.example.com   WaitForFirstConsumer\n";
        assert_eq!(table(40, true, headers, rows), one_line);
        assert_ne!(table(40, false, headers, rows), one_line);
    }
}
