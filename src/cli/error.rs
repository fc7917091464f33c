//! Errors as a user of kubectl knows them: the message in kubectl's words, then what to do about it.

use std::fmt::Write as _;
use std::{fmt, io};

use crate::cli::exit::ExitCode;
use crate::source::live::LiveError;

/// Why a command could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandError {
    /// What sort of error; decides the exit code.
    pub kind: ErrorKind,
    /// The whole message, kubectl's prefix included; may hold anything a server sent.
    pub message: String,
    /// What to do about it, one thing each.
    pub hints: Vec<String>,
}

/// Sorts of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The command line makes no sense.
    Usage,
    /// No way to the cluster: kubeconfig, network, credentials.
    Connection,
    /// The server says no.
    Forbidden,
    /// No object of that name.
    NotFound,
    /// Anything else about input, output or the server.
    Failed,
    /// The reader of the output has gone: nothing to say, and no error.
    BrokenPipe,
    /// The user pressed Ctrl-C.
    Interrupted,
    /// A bug in netstore.
    Bug,
}

impl CommandError {
    /// An error of netstore itself; `error: ` is put before the message, as kubectl does.
    pub fn new(kind: ErrorKind, message: impl fmt::Display) -> Self {
        Self::verbatim(kind, format!("error: {message}"))
    }

    /// An error in the server's words: `Error from server (Reason): message`.
    pub fn from_server(kind: ErrorKind, reason: &str, message: &str) -> Self {
        Self::verbatim(kind, format!("Error from server ({reason}): {message}"))
    }

    fn verbatim(kind: ErrorKind, message: String) -> Self {
        Self { kind, message, hints: Vec::new() }
    }

    /// Adds something to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// How the program ends.
    pub fn exit_code(&self) -> ExitCode {
        match self.kind {
            ErrorKind::Usage => ExitCode::Usage,
            ErrorKind::BrokenPipe => ExitCode::Success,
            ErrorKind::Interrupted => ExitCode::Interrupted,
            ErrorKind::Bug => ExitCode::Bug,
            ErrorKind::Connection | ErrorKind::Forbidden | ErrorKind::NotFound | ErrorKind::Failed => ExitCode::Error,
        }
    }
}

/// What goes to stderr, safe for a terminal; empty if there is nothing to say.
impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.message.is_empty() {
            return Ok(());
        }
        f.write_str(&escaped(&self.message))?;
        for hint in &self.hints {
            let mut lines = hint.lines();
            write!(f, "\nhint: {}", escaped(lines.next().unwrap_or_default()))?;
            for line in lines {
                write!(f, "\n  {}", escaped(line))?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for CommandError {}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::verbatim(ErrorKind::BrokenPipe, String::new()),
            _ => Self::new(ErrorKind::Failed, error),
        }
    }
}

impl From<LiveError> for CommandError {
    fn from(error: LiveError) -> Self {
        Self::new(ErrorKind::Connection, error)
    }
}

/// Text of others made safe for a terminal: control characters and those that turn the direction of writing are shown,
/// not obeyed. Newlines and tabs stay.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        let turns = matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        match c {
            '\n' | '\t' => safe.push(c),
            '\u{1b}' => safe.push_str("^["),
            c if c.is_control() || turns => {
                let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
            }
            c => safe.push(c),
        }
    }
    safe
}
