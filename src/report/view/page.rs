//! Lines of text on a page of a certain width: paragraphs that wrap, commands that never do, labels in colour; or the same as HTML.

use std::borrow::Cow;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style as Ansi};
use textwrap::core::Word;
use textwrap::{Options, WordSeparator, WordSplitter};
use unicode_width::UnicodeWidthStr;

use super::html::Markup;
use super::{Style, escape};
use crate::report::Verdict;

/// What a word means; its colour follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    /// An answer of yes.
    Allow,
    /// An answer of no.
    Deny,
    /// An answer that could not be given.
    Unknown,
    /// A heading.
    Heading,
    /// Something to look at.
    Warning,
}

impl From<Verdict> for Label {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Allow => Self::Allow,
            Verdict::Deny => Self::Deny,
            Verdict::Unknown => Self::Unknown,
        }
    }
}

impl Label {
    /// The sixteen colours a terminal's theme adapts: readable on light and dark.
    fn ansi(self) -> Ansi {
        match self {
            Self::Allow => AnsiColor::Green.on_default(),
            Self::Deny => AnsiColor::Red.on_default(),
            Self::Unknown => AnsiColor::Magenta.on_default(),
            Self::Heading => Ansi::new().bold(),
            Self::Warning => AnsiColor::Yellow.on_default().bold(),
        }
    }
}

/// Where text goes, and how.
pub(super) struct Page<'a> {
    out: &'a mut dyn Write,
    /// How the stream wants it.
    pub(super) style: Style,
    /// Whether rows of tables that do not fit stay rows, as with kubectl's `-o wide`.
    pub(super) rows_stay: bool,
    /// What marks paragraphs and tables, if it is HTML.
    markup: Option<Markup>,
}

impl<'a> Page<'a> {
    pub(super) fn new(out: &'a mut dyn Write, style: &Style) -> Self {
        Self { out, style: *style, rows_stay: false, markup: None }
    }

    /// The same as HTML: nothing is wrapped, and tables are tables.
    pub(super) fn html(out: &'a mut dyn Write) -> Self {
        Self { out, style: Style::default(), rows_stay: false, markup: Some(Markup::default()) }
    }

    /// The markup, if it is HTML.
    pub(super) fn markup(&mut self) -> Option<(&mut Markup, &mut dyn Write)> {
        self.markup.as_mut().map(|markup| (markup, &mut *self.out as &mut dyn Write))
    }

    /// An empty line.
    pub(super) fn blank(&mut self) -> io::Result<()> {
        if let Some((markup, out)) = self.markup() {
            return markup.end_table(out);
        }
        self.out.write_all(b"\n")
    }

    /// A sentence or several, wrapped; further lines are indented by `hang`.
    pub(super) fn paragraph(&mut self, text: &str, hang: usize) -> io::Result<()> {
        self.labelled(None, "", text, hang)
    }

    /// The same with a first word in the colour of what it means.
    pub(super) fn labelled(&mut self, label: Option<Label>, lead: &str, text: &str, hang: usize) -> io::Result<()> {
        if let Some((markup, out)) = self.markup() {
            return markup.paragraph(out, label, &escape(lead), &escape(text));
        }
        let whole = format!("{lead}{text}");
        let whole = escape(&whole);
        let indent = " ".repeat(hang);
        let mut lead = label.map(|label| (label, lead));
        for line in wrap(&whole, self.style.width, &indent) {
            match lead.take() {
                Some((label, lead)) if line.starts_with(lead) => {
                    let rest = line.get(lead.len()..).unwrap_or_default().to_owned();
                    self.painted(Some(label), lead)?;
                    self.end_line(&rest)?;
                }
                _ => self.end_line(&line)?,
            }
        }
        Ok(())
    }

    /// A command to paste: on a line of its own, never broken.
    pub(super) fn command(&mut self, command: &str, indent: usize) -> io::Result<()> {
        if let Some((markup, out)) = self.markup() {
            return markup.command(out, &escape(command));
        }
        let line = format!("{}{}", " ".repeat(indent), escape(command));
        self.end_line(&line)
    }

    /// Text in the colour of what it means. The text is escaped already.
    pub(super) fn painted(&mut self, label: Option<Label>, text: &str) -> io::Result<()> {
        match label.filter(|_| self.style.color) {
            Some(label) => write!(self.out, "{}{text}{:#}", label.ansi(), label.ansi()),
            None => self.out.write_all(text.as_bytes()),
        }
    }

    /// Text without a line end. The text is escaped already.
    pub(super) fn raw(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())
    }

    fn end_line(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.trim_end().as_bytes())?;
        self.out.write_all(b"\n")
    }
}

/// Columns a text takes on a terminal.
pub(super) fn width(text: &str) -> usize {
    // Nearly all of Kubernetes' names are ASCII.
    if text.is_ascii() { text.len() } else { text.width() }
}

/// The lines of a text at a width: names are never broken, because people copy them.
pub(super) fn wrap<'t>(text: &'t str, columns: Option<usize>, indent: &str) -> Vec<Cow<'t, str>> {
    match columns {
        Some(columns) if width(text) > columns => {
            let options = Options::new(columns)
                .break_words(false)
                .word_splitter(WordSplitter::NoHyphenation)
                .word_separator(WordSeparator::Custom(words))
                .subsequent_indent(indent);
            textwrap::wrap(text, options)
        }
        _ => vec![Cow::Borrowed(text)],
    }
}

/// Paragraphs filled anew for a width: they are written for the width of a source file. Lists and what is indented keep
/// their lines.
pub fn reflow(text: &str, columns: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.split("\n\n") {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        if paragraph.lines().skip(1).any(|line| line.starts_with([' ', '\t', '-', '*', '|']))
            || paragraph.starts_with([' ', '\t', '-', '|', '#'])
        {
            lines.extend(paragraph.lines().map(str::to_owned));
        } else {
            let joined = paragraph.lines().map(str::trim).collect::<Vec<_>>().join(" ");
            lines.extend(wrap(&joined, Some(columns), "").into_iter().map(|line| line.trim_end().to_owned()));
        }
    }
    lines.join("\n")
}

/// The widest part of a text that is never broken.
pub(super) fn widest_word(text: &str) -> usize {
    words(text).map(|word| width(word.trim_end())).max().unwrap_or(0)
}

/// Words end after spaces, and after commas: long lists of ports have no spaces. The number of a rule stays with its policy, and what is
/// indented begins with an object, whose name stays with its kind.
fn words(text: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let mut rest = text;
    Box::new(std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let breaks = |((_, a), (_, b)): &((usize, char), (usize, char))| matches!(a, ' ' | ',') && !matches!(b, ' ' | '#');
        // A kind says little without its name, and the name of a policy is looked for after the kind.
        let kind = |before: &str| before == "netpol " || before.ends_with(" netpol ");
        let indented = |before: &str| before.starts_with("  ") && !before.trim().contains(' ');
        let whole = |at: usize| rest.get(..at).is_some_and(|before| kind(before) || indented(before));
        let next = rest.char_indices().zip(rest.char_indices().skip(1)).filter(breaks).find(|(_, (at, _))| !whole(*at));
        let at = next.map_or(rest.len(), |(_, (at, _))| at);
        let (word, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        rest = after;
        Some(Word::from(word))
    }))
}
