//! Exit codes: what scripts may rely on.

use std::process::{ExitCode as ProcessCode, Termination};

/// How the program ends.
///
/// On Windows kubectl turns every code but 0 into 1 when it runs a plugin; scripts there call `kubectl-netstore.exe`
/// itself or read the verdict from `-o json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum ExitCode {
    /// The question was answered, also if there are findings.
    #[default]
    Success = 0,
    /// The question could not be answered: connection, rights, nothing of that name, files.
    Error = 1,
    /// Wrong usage.
    Usage = 2,
    /// Answered, and the answer is «no»; only with `--exit-code` or `-q`.
    No = 3,
    /// With the same switches: undecided, because something needed could not be read.
    Undecided = 4,
    /// A bug in netstore.
    Bug = 70,
    /// Interrupted by the user.
    Interrupted = 130,
}

impl ExitCode {
    /// Every code there is.
    pub const ALL: [Self; 7] = [Self::Success, Self::Error, Self::Usage, Self::No, Self::Undecided, Self::Bug, Self::Interrupted];

    /// The number.
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl From<ExitCode> for ProcessCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.code())
    }
}

impl Termination for ExitCode {
    fn report(self) -> ProcessCode {
        self.into()
    }
}
