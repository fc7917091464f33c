//! What a stream is and wants: colour, width. Decided once for each stream, here; renderers are told.
//!
//! In this order: `--color=always|never`, `NO_COLOR`, `CLICOLOR_FORCE`, `TERM=dumb`, whether it is a terminal.

use std::io::{self, IsTerminal};

use clap::ColorChoice;

use crate::report::view::Style;

/// Width of a terminal that does not tell.
const DEFAULT_WIDTH: usize = 80;
/// Nobody reads tables in less; some multiplexers report 0 or 1 while they start.
const LEAST_WIDTH: usize = 20;

/// One of the streams the shell writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output: answers.
    Stdout,
    /// Standard error: warnings, progress, errors.
    Stderr,
}

/// What is known about a stream before anything is written to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terminal {
    /// Whether somebody looks at it.
    pub is_terminal: bool,
    /// Its columns, if it tells.
    pub columns: Option<usize>,
    /// `COLUMNS`: a user's wish beats what the terminal tells.
    pub columns_wish: Option<String>,
    /// `NO_COLOR`; any value but the empty one counts.
    pub no_color: Option<String>,
    /// `CLICOLOR_FORCE`; any value but the empty one and `0` counts.
    pub color_force: Option<String>,
    /// `TERM`.
    pub term: Option<String>,
}

impl Terminal {
    /// Looks at a stream and the environment.
    pub fn of(stream: Stream) -> Self {
        let env = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        let (is_terminal, size) = match stream {
            Stream::Stdout => (io::stdout().is_terminal(), terminal_size::terminal_size_of(io::stdout())),
            Stream::Stderr => (io::stderr().is_terminal(), terminal_size::terminal_size_of(io::stderr())),
        };
        // Consoles of Windows obey escape sequences only when asked to.
        let obeys = !is_terminal || anstyle_query::windows::enable_ansi_colors() != Some(false);
        Self {
            is_terminal,
            columns: size.map(|(width, _)| usize::from(width.0)),
            columns_wish: env("COLUMNS"),
            no_color: env("NO_COLOR"),
            color_force: env("CLICOLOR_FORCE"),
            term: if obeys { env("TERM") } else { Some("dumb".to_owned()) },
        }
    }

    /// Whether labels are coloured.
    pub fn color(&self, choice: ColorChoice) -> bool {
        let set = |value: &Option<String>, but: &str| value.as_ref().is_some_and(|v| !v.is_empty() && v != but);
        match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if set(&self.no_color, "") => false,
            ColorChoice::Auto if set(&self.color_force, "0") => true,
            ColorChoice::Auto => self.is_terminal && self.term.as_deref() != Some("dumb"),
        }
    }

    /// Columns to wrap at; none if nobody looks: what is piped is complete, line by line.
    pub fn width(&self) -> Option<usize> {
        let wish = self.columns_wish.as_ref().and_then(|text| text.trim().parse().ok()).filter(|&columns| columns > 0);
        let columns = wish.or(self.columns.filter(|&columns| columns > 0)).unwrap_or(DEFAULT_WIDTH);
        self.is_terminal.then_some(columns.max(LEAST_WIDTH))
    }

    /// How text is written to it; headers are wanted.
    pub fn style(&self, choice: ColorChoice) -> Style {
        Style { color: self.color(choice), width: self.width(), ..Style::default() }
    }
}

/// A reader that has seen enough (`| head`) is no failure: nobody is left to tell.
///
/// # Errors
///
/// Any failure but a broken pipe.
pub fn forgive_broken_pipe(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terminal() -> Terminal {
        Terminal { is_terminal: true, columns: Some(120), term: Some("xterm-256color".into()), ..Terminal::default() }
    }

    #[test]
    fn colour_is_decided_in_order() {
        let some = |text: &str| Some(text.to_owned());
        let pipe = Terminal { is_terminal: false, ..terminal() };
        let dumb = Terminal { term: some("dumb"), ..terminal() };
        let no_color = Terminal { no_color: some("1"), color_force: some("1"), ..terminal() };
        for (name, terminal, choice, color) in [
            ("a terminal", terminal(), ColorChoice::Auto, true),
            ("a pipe", pipe.clone(), ColorChoice::Auto, false),
            ("asked for", pipe.clone(), ColorChoice::Always, true),
            ("asked not to", terminal(), ColorChoice::Never, false),
            ("TERM=dumb", dumb.clone(), ColorChoice::Auto, false),
            ("forced", Terminal { color_force: some("1"), ..pipe.clone() }, ColorChoice::Auto, true),
            ("forced on TERM=dumb", Terminal { color_force: some("1"), ..dumb }, ColorChoice::Auto, true),
            ("CLICOLOR_FORCE=0", Terminal { color_force: some("0"), ..pipe.clone() }, ColorChoice::Auto, false),
            ("CLICOLOR_FORCE=", Terminal { color_force: some(""), ..pipe }, ColorChoice::Auto, false),
            ("NO_COLOR beats force", no_color.clone(), ColorChoice::Auto, false),
            ("the flag beats NO_COLOR", no_color, ColorChoice::Always, true),
            ("NO_COLOR= is not set", Terminal { no_color: some(""), ..terminal() }, ColorChoice::Auto, true),
        ] {
            assert_eq!(terminal.color(choice), color, "{name}");
        }
    }

    #[test]
    fn width_is_for_terminals() {
        let wish = |text: &str| Terminal { columns_wish: Some(text.into()), ..terminal() };
        assert_eq!(terminal().width(), Some(120));
        assert_eq!(wish("100").width(), Some(100));
        assert_eq!(wish("wide").width(), Some(120));
        assert_eq!(wish("0").width(), Some(120));
        assert_eq!(wish("3").width(), Some(LEAST_WIDTH));
        assert_eq!(Terminal { columns: None, ..terminal() }.width(), Some(DEFAULT_WIDTH));
        assert_eq!(Terminal { is_terminal: false, ..wish("100") }.width(), None);
    }

    #[test]
    fn a_reader_may_leave() {
        assert!(forgive_broken_pipe(Err(io::ErrorKind::BrokenPipe.into())).is_ok());
        assert!(forgive_broken_pipe(Err(io::ErrorKind::StorageFull.into())).is_err());
    }
}
