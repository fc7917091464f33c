//! What a user is told when a question cannot be answered.

use std::fmt;

use super::ExitCode;

/// Why a command did not answer, in kubectl's words where it has them, and what may help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandError {
    /// Decides prefix and exit code.
    pub kind: ErrorKind,
    /// One sentence.
    pub message: String,
    /// What may help, one sentence each.
    pub hints: Vec<String>,
}

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The command line makes no sense.
    Usage,
    /// The question could not be answered.
    Failed,
    /// Whoever read the output has gone.
    BrokenPipe,
    /// A mistake of ours.
    Internal,
}

impl CommandError {
    /// The command line makes no sense.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Usage, message: message.into(), hints: Vec::new() }
    }

    /// The question could not be answered.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Failed, message: message.into(), hints: Vec::new() }
    }

    /// Adds something that may help.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The code the process ends with.
    pub fn exit_code(&self) -> ExitCode {
        match self.kind {
            ErrorKind::Usage => ExitCode::Usage,
            ErrorKind::Failed => ExitCode::Error,
            ErrorKind::BrokenPipe => ExitCode::Success,
            ErrorKind::Internal => ExitCode::Bug,
        }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CommandError {}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        let kind = if error.kind() == std::io::ErrorKind::BrokenPipe { ErrorKind::BrokenPipe } else { ErrorKind::Failed };
        Self { kind, message: format!("error: {error}"), hints: Vec::new() }
    }
}
