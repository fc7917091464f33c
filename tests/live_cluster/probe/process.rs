//! The binary while it runs: what it says line by line, and signals to it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use super::super::cluster::Cluster;

/// Longer than anything takes here.
const PATIENCE: Duration = Duration::from_secs(90);

/// A probe by a pod of its own, on its way.
pub struct Probe {
    child: Child,
    lines: Receiver<String>,
    /// What it has said so far.
    pub said: String,
}

impl Probe {
    /// Begins one.
    pub fn begin(cluster: &Cluster, kubeconfig: &Path, namespace: &str) -> Self {
        let mut command = cluster.netstore(kubeconfig);
        command.args(["probe", "pod/web", "10.9.9.9:80", "--via=pod", "--image=registry.example/probe:1", "--yes", "-v=6"]);
        let mut child = command.args(["-n", namespace]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary");
        let stderr = BufReader::new(child.stderr.take().expect("its errors"));
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines, said: String::new() }
    }

    /// Waits until it says this.
    #[track_caller]
    pub fn says(&mut self, words: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else { panic!("it never said {words:?}:\n{}", self.said) };
            self.said += &format!("{line}\n");
            if line.contains(words) {
                return;
            }
        }
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([format!("-{signal}"), self.child.id().to_string()]).status().expect("kill");
        assert!(sent.success(), "it has ended:\n{}", self.said);
    }

    /// Waits for its end.
    #[track_caller]
    pub fn ends(mut self) -> (ExitStatus, String) {
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.said += &format!("{line}\n");
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a status") {
                return (status, self.said);
            }
            assert!(Instant::now() < deadline, "it does not end:\n{}", self.said);
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
