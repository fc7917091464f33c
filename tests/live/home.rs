//! Somebody at home: a folder with a kubeconfig, and the binary run in it with nothing else of the machine around it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A home of its own for each test.
pub struct Home(tempfile::TempDir);

impl Home {
    /// With this kubeconfig where it is by default. `$HOME` in it stands for the folder.
    pub fn new(kubeconfig: &str) -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        fs::create_dir(home.path().join(".kube")).unwrap();
        home.write(".kube/config", kubeconfig);
        home
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file. `$HOME` in its text stands for the folder.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, text.replace("$HOME", self.path().to_str().unwrap())).unwrap();
        path
    }

    /// The binary, to be run here.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(crate::program::program());
        let args = args.iter().map(|arg| arg.replace("$HOME", self.path().to_str().unwrap()));
        command.args(args).env_clear().env("HOME", self.path()).current_dir(self.path()).stdin(Stdio::null());
        command
    }

    /// What a run printed and how it ended.
    pub fn run(&self, args: &[&str]) -> String {
        self.block(&self.command(args).output().unwrap())
    }

    /// The same of a run that has been.
    pub fn block(&self, output: &Output) -> String {
        let [stdout, stderr] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8(bytes.clone()).unwrap());
        format!("{stdout}{stderr}[exit {}]", output.status.code().unwrap()).replace(self.path().to_str().unwrap(), "$HOME")
    }
}
