//! A question to whoever sits at the terminal.

use std::io::{self, BufRead, IsTerminal, Write};

use super::error::escaped;

/// Asks; «no» is the default. None if nobody is there to answer.
///
/// # Errors
/// If the terminal cannot be written or read.
pub fn confirm(question: &str) -> io::Result<Option<bool>> {
    let (stdin, mut stderr) = (io::stdin(), io::stderr());
    if !(stdin.is_terminal() && stderr.is_terminal()) {
        return Ok(None);
    }
    write!(stderr, "{} [y/N] ", escaped(question))?;
    stderr.flush()?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    Ok(Some(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")))
}
