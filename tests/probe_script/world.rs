//! The networks of `world`, and containers that have this tool and not that one.

use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use netstore::probe::script;
use netstore::probe::wire::Batch;

/// Set in the process that is inside.
const INSIDE: &str = "NETSTORE_PROBE_INSIDE";

/// Tools that are called otherwise here than in a container.
const CALLED: [(&str, &str); 5] =
    [("ncat", "nc"), ("nc.openbsd", "nc"), ("nc.busybox", "nc"), ("wget.busybox", "wget"), ("nslookup.busybox", "nslookup")];

/// Runs the test of this name once more, inside.
///
/// Where there is no root, or not every tool, this passes and says so, unless `CI` is set.
pub fn inside(test: &str, run: fn()) {
    if std::env::var_os(INSIDE).is_some() {
        return run();
    }
    let may = Command::new("unshare").args(["--net", "--mount", "ip", "link", "set", "lo", "up"]).output();
    let needed = ["agnhost", "bash", "busybox", "curl", "dash", "dig", "getent", "nc.openbsd", "ncat", "nft", "nslookup", "perl", "wget"];
    let missing: Vec<&str> = needed.into_iter().filter(|tool| found(tool).is_none()).collect();
    if !may.is_ok_and(|output| output.status.success()) || !missing.is_empty() {
        assert!(std::env::var_os("CI").is_none(), "no networks of one's own, or without {missing:?}");
        eprintln!("skipped: no networks of one's own here, or without {missing:?}");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut inside = Command::new("timeout");
    inside.args(["400", "unshare", "--net", "--mount"]);
    inside.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/probe_script/world")).arg(folder.path());
    inside.arg(std::env::current_exe().expect("this test")).args(["--exact", "--nocapture", test]);
    let output = inside.env(INSIDE, folder.path()).stdin(Stdio::null()).output().expect("unshare");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "{}\n{said}", output.status);
}

/// Where a program is: the real one, not what stands in for it and needs a shell of its own.
fn found(tool: &str) -> Option<PathBuf> {
    let says = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())?;
        Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
    };
    match tool {
        "agnhost" => {
            let build = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cluster/build");
            says("bash", &[build, "--print"]).map(|folder| folder.join("agnhost")).filter(|path| path.exists())
        }
        "python3" => says("python3", &["-c", "import sys; print(sys.executable)"]),
        "nc.busybox" | "wget.busybox" | "nslookup.busybox" | "ash" => found("busybox"),
        _ => std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(tool)).find(|path| path.exists()),
    }
}

/// A folder that is all of a container's PATH.
pub struct Toolbox(tempfile::TempDir);

impl Toolbox {
    pub fn of(tools: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for tool in tools {
            let name = CALLED.iter().find(|(here, _)| here == tool).map_or(*tool, |(_, there)| there);
            let path = found(tool).unwrap_or_else(|| panic!("{tool} is not here"));
            // The second `nc` of a list stays away.
            _ = symlink(path, folder.path().join(name));
        }
        // That of busybox connects on behalf of a program.
        _ = symlink(found("true").expect("true"), folder.path().join("true"));
        Self(folder)
    }

    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    pub fn survey(&self) -> String {
        self.exec("dash", &script::survey_command(), &[])
    }

    /// What the script prints; it ends though its standard input does not, and leaves nobody behind.
    pub fn run(&self, shell: &str, batch: &Batch, environment: &[(&str, &str)]) -> String {
        self.exec(shell, &script::exec(batch), environment)
    }

    fn exec(&self, shell: &str, command: &[String], environment: &[(&str, &str)]) -> String {
        let mut process = Command::new(found(shell).expect("a shell"));
        if shell == "ash" {
            process.arg("ash");
        }
        let (before, mark) = (running(self.folder()), self.folder().display().to_string());
        assert_eq!(before, 0, "somebody is in {mark}");
        process.args(&command[1..]).env_clear().env("PATH", self.folder()).envs(environment.iter().copied());
        let mut process = process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("a shell");
        let mut input = process.stdin.take().expect("its input");
        input.write_all(script::TEXT.as_bytes()).expect("written");
        let output = process.wait_with_output().expect("its output");
        drop(input);
        assert!(output.status.success(), "{}", output.status);
        assert_eq!(running(self.folder()), 0, "somebody stays in {mark}");
        String::from_utf8(output.stdout).expect("text")
    }
}

/// How many processes have this PATH.
fn running(folder: &Path) -> usize {
    let wanted = format!("PATH={}", folder.display());
    let processes = std::fs::read_dir("/proc").expect("/proc").flatten();
    let environments = processes.filter_map(|process| std::fs::read(process.path().join("environ")).ok());
    environments.filter(|variables| variables.split(|byte| *byte == 0).any(|variable| variable.starts_with(wanted.as_bytes()))).count()
}
