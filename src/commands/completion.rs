//! `completion`: what a shell, or kubectl, needs to complete our words.

use clap::ValueEnum;
use clap_complete::env::Shells;

use super::Outcome;
use crate::cli::complete::{BINARY, VARIABLE};
use crate::cli::{CommandError, ErrorKind, Session};

/// Print shell completion
///
/// kubectl completes `kubectl netstore …` itself if it finds an executable named kubectl_complete-netstore on the PATH;
/// `completion kubectl` prints one. The shells complete the command kubectl-netstore.
#[derive(Debug, clap::Args)]
#[command(before_help = "\
Examples:
  # Let kubectl complete `kubectl netstore`, wherever it completes anything
  kubectl netstore completion kubectl > ~/.local/bin/kubectl_complete-netstore
  chmod +x ~/.local/bin/kubectl_complete-netstore

  # Complete kubectl-netstore in this shell
  source <(kubectl netstore completion bash)")]
pub struct Args {
    /// For whom
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Who completes.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    /// GNU bash
    Bash,
    /// Z shell
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
    /// kubectl itself, 1.26 or later
    Kubectl,
}

/// What kubectl runs to complete our words.
const KUBECTL: &str = "\
#!/bin/sh
# kubectl runs this for the words after `kubectl netstore`.
exec kubectl-netstore __complete \"$@\"
";

/// Prints the script.
///
/// # Errors
/// If it cannot be written.
pub fn run(session: &mut Session, args: &Args) -> Result<Outcome, CommandError> {
    let name = match args.shell {
        Shell::Bash => "bash",
        Shell::Zsh => "zsh",
        Shell::Fish => "fish",
        Shell::Powershell => "powershell",
        Shell::Kubectl => {
            session.say(KUBECTL)?;
            return Ok(Outcome::Answered);
        }
    };
    let shells = Shells::builtins();
    let shell = shells.completer(name).ok_or_else(|| CommandError::new(ErrorKind::Bug, format!("no completion for {name}")))?;
    let mut script = Vec::new();
    shell.write_registration(VARIABLE, &BINARY.replace('-', "_"), BINARY, BINARY, &mut script)?;
    session.say(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Answered)
}
