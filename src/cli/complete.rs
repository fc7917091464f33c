//! Completion.

use std::ffi::{OsStr, OsString};

use clap_complete::engine::CompletionCandidate;

use super::CommandError;

/// The words to complete, if this call is a question of the shell.
pub fn requested(argv: &[OsString]) -> Option<&[OsString]> {
    match argv {
        [_, first, words @ ..] if first == "__complete" || first == "__completeNoDesc" => Some(words),
        _ => None,
    }
}

/// Prints candidates.
///
/// # Errors
/// If nobody reads them.
pub fn answer(_words: &[OsString]) -> Result<(), CommandError> {
    Ok(())
}

/// Namespaces of the cluster.
pub fn namespaces(_current: &OsStr) -> Vec<CompletionCandidate> {
    Vec::new()
}

/// What a question may be about.
pub fn targets(_current: &OsStr) -> Vec<CompletionCandidate> {
    Vec::new()
}
