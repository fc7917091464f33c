//! A home with krew and kubectl in it, and nothing else of the user's.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// A home of one test.
pub struct Home {
    folder: TempDir,
}

/// How a command ended, and all it said.
pub struct Said {
    pub text: String,
    pub code: Option<i32>,
}

impl Said {
    /// What it said, if it ended well.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.text);
        self.text
    }
}

impl Home {
    /// A new one; none where its tools cannot be built.
    pub fn new() -> Option<Self> {
        let (krew, cluster) = (tools("tests/krew/build")?, tools("tests/cluster/build")?);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let tools = folder.path().join("tools");
        fs::create_dir(&tools).expect("a folder");
        for (from, name) in [
            (krew.join("krew"), "kubectl-krew"),
            (krew.join("validate-krew-manifest"), "validate-krew-manifest"),
            (cluster.join("kubectl"), "kubectl"),
        ] {
            symlink(from, tools.join(name)).expect("a link");
        }
        Some(Self { folder })
    }

    /// Where a file of the test may lie.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of the test.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        fs::write(&path, text).expect("the file can be written");
        path
    }

    /// Runs a command as somebody who followed krew's instructions: its `bin` stands in the PATH.
    pub fn run(&self, words: &[&str]) -> Said {
        let [krew, tools] = ["krew/bin", "tools"].map(|folder| self.path(folder).display().to_string());
        let mut command = Command::new("/usr/bin/env");
        command.args(words).env_clear().env("HOME", self.folder.path()).env("KREW_ROOT", self.path("krew"));
        command.env("PATH", format!("{krew}:{tools}:/usr/bin:/bin"));
        // Nobody's configuration of git, and an author for what a test commits.
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "a test").env(format!("GIT_{who}_EMAIL"), "test@test.invalid");
        }
        let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{words:?}: {error}"));
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("UTF-8")).concat();
        Said { text, code: output.status.code() }
    }
}

/// The folder that a script fills with programs; none where it cannot.
pub fn tools(script: &str) -> Option<PathBuf> {
    if !cfg!(target_os = "linux") {
        eprintln!("SKIPPED: what krew is tried with is built for Linux");
        return None;
    }
    static GO: OnceLock<bool> = OnceLock::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
    let folder = PathBuf::from(super::release::printed(Command::new(&script).arg("--print")).trim());
    if folder.exists() || *GO.get_or_init(|| Command::new("go").arg("version").output().is_ok_and(|output| output.status.success())) {
        super::release::printed(&mut Command::new(&script));
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "Go is not installed, and with CI=true nothing is skipped");
    eprintln!("SKIPPED: Go is not installed, which krew and kubectl are built with");
    None
}
