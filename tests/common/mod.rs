//! Runs the binary as a user would, with nothing of the machine around it: no kubeconfig, no terminal, an empty home.

pub mod program;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A home of its own for each test.
pub struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    /// An empty one.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into it.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// The binary, to be run in it.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program::program());
        command.args(args).env_clear().env("HOME", self.path()).env("COLUMNS", "80").current_dir(self.path());
        command
    }

    /// What a run prints and how it ends, in one block.
    pub fn run(&self, args: &[&str]) -> String {
        self.block(&self.command(args).stdin(Stdio::null()).output().expect("the binary"))
    }

    /// The same with something on standard input.
    pub fn run_with_input(&self, args: &[&str], input: &str) -> String {
        let mut command = self.command(args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("input is read");
        self.block(&child.wait_with_output().expect("the binary"))
    }

    fn block(&self, output: &Output) -> String {
        let mut block = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.stderr.is_empty() {
            let _ = write!(block, "------- stderr -------\n{}", String::from_utf8_lossy(&output.stderr));
        }
        let _ = write!(block, "[exit {}]", output.status.code().map_or_else(|| "by signal".to_owned(), |code| code.to_string()));
        block.replace(&self.path().display().to_string(), "$HOME")
    }
}

/// A namespace with a web server, its database behind a policy, and a Job that has finished.
pub const SHOP: &str = include_str!("shop.yaml");
