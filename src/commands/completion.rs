//! `completion`: what a shell, or kubectl, needs to complete our words.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use clap_complete::env::Shells;

use super::Outcome;
use crate::cli::complete::{BINARY, VARIABLE};
use crate::cli::{CommandError, ErrorKind, Session, confirm};
use crate::source::words;

/// Print shell completion
///
/// kubectl completes `kubectl netstore …` itself if it finds an executable named kubectl_complete-netstore on the PATH;
/// `completion kubectl` prints one. The shells complete the command kubectl-netstore.
#[derive(Debug, clap::Args)]
#[command(before_help = "\
Examples:
  # Let kubectl complete `kubectl netstore`, wherever it completes anything
  kubectl netstore completion kubectl --install

  # Complete kubectl-netstore in this shell
  source <(kubectl netstore completion bash)")]
pub struct Args {
    /// For whom
    #[arg(value_name = "SHELL")]
    shell: Shell,
    /// Write it instead (kubectl only): beside the plugin, or into this folder of the PATH
    #[arg(long, value_name = "DIR", num_args = 0..=1, value_hint = clap::ValueHint::DirPath)]
    install: Option<Option<PathBuf>>,
    /// With --install: do not ask before
    #[arg(short, long, requires = "install")]
    yes: bool,
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

/// The file that kubectl looks for on the PATH.
const FILE: &str = "kubectl_complete-netstore";

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
    if let Some(folder) = &args.install {
        if !matches!(args.shell, Shell::Kubectl) {
            return Err(CommandError::new(ErrorKind::Usage, "only `completion kubectl` can be installed")
                .hint("where a shell looks for completions is its own affair; `completion SHELL` prints the script"));
        }
        return install(session, folder.as_deref(), args.yes);
    }
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

/// Writes the file for kubectl, and says so. Nothing that somebody else has made is written over.
fn install(session: &Session, folder: Option<&Path>, yes: bool) -> Result<Outcome, CommandError> {
    if cfg!(windows) {
        return Err(CommandError::new(ErrorKind::Failed, "on Windows kubectl runs no script")
            .hint("kubectl netstore completion powershell completes the command kubectl-netstore"));
    }
    let beside = || CommandError::new(ErrorKind::Failed, "the plugin is not on the PATH").hint("--install DIR names the folder");
    let folder = folder.map(Path::to_owned).or_else(own_folder).ok_or_else(beside)?;
    let path = folder.join(FILE);
    let failed = |why: String| CommandError::new(ErrorKind::Failed, why).hint("--install DIR writes into another folder");
    if !folder.is_dir() {
        return Err(failed(format!("there is no folder \"{}\"", folder.display())));
    }
    match std::fs::read(&path) {
        Ok(text) if text == KUBECTL.as_bytes() => {
            session.say(&format!("{} is there already\n", path.display()))?;
            return Ok(Outcome::Answered);
        }
        // Ours, of another version.
        Ok(text) if text.starts_with(KUBECTL.lines().take(2).collect::<Vec<_>>().join("\n").as_bytes()) => {}
        // A link that leads nowhere is somebody's, too.
        Err(_) if std::fs::symlink_metadata(&path).is_err() => {}
        _ => {
            return Err(CommandError::new(ErrorKind::Failed, format!("{} is not ours and stays as it is", path.display()))
                .hint("--install DIR writes into another folder"));
        }
    }
    if !yes {
        match confirm(&format!("Write {}?", path.display()))? {
            Some(true) => {}
            Some(false) => {
                session.say("Nothing was written.\n")?;
                return Ok(Outcome::Answered);
            }
            None => {
                return Err(CommandError::new(
                    ErrorKind::Usage,
                    format!("{} would be written, and nobody is there to be asked", path.display()),
                )
                .hint("--yes writes it without a question"));
            }
        }
    }
    write(&folder, &path).map_err(|error| failed(format!("cannot write to \"{}\": {}", folder.display(), words::of_io(&error))))?;
    session.say(&format!("{} written\n", path.display()))?;
    let on_path = std::env::var_os("PATH").is_some_and(|list| std::env::split_paths(&list).any(|entry| entry == folder));
    if !on_path {
        session.say(&format!("kubectl finds it when {} is on the PATH\n", folder.display()))?;
    }
    Ok(Outcome::Answered)
}

/// Whole or not at all: kubectl may run it at any moment.
fn write(folder: &Path, path: &Path) -> std::io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(KUBECTL.as_bytes())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o755))?;
    }
    file.persist(path)?;
    Ok(())
}

/// The folder in which kubectl has found the plugin: of the link that was called, not of the file behind it.
fn own_folder() -> Option<PathBuf> {
    let called = PathBuf::from(std::env::args_os().next()?);
    match called.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => Some(folder.to_owned()),
        None => std::env::split_paths(&std::env::var_os("PATH")?).find(|folder| folder.join(&called).is_file()),
    }
}
