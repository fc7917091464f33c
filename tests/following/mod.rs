//! A command that stays, seen from outside: what it has written so far, Ctrl-C, and its end.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Longest wait for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A command that stays.
pub struct Follower {
    child: Mutex<Child>,
    stdout: Arc<Mutex<String>>,
    stderr: Arc<Mutex<String>>,
}

impl Follower {
    /// Starts it.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary");
        let (stdout, stderr) = (gather(child.stdout.take().expect("a pipe")), gather(child.stderr.take().expect("a pipe")));
        Self { child: Mutex::new(child), stdout, stderr }
    }

    /// What it has written to standard output so far.
    pub fn stdout(&self) -> String {
        self.stdout.lock().expect("no panic").clone()
    }

    /// What it has written to standard error so far.
    pub fn stderr(&self) -> String {
        self.stderr.lock().expect("no panic").clone()
    }

    /// Waits until this stands on standard output so often.
    #[track_caller]
    pub fn until(&self, words: &str, times: usize) {
        wait(|| self.stdout().matches(words).count() >= times, || format!("{words:?} in\n{}\n{}", self.stdout(), self.stderr()));
    }

    /// Waits until this stands on standard error.
    #[track_caller]
    pub fn until_warned(&self, words: &str) {
        wait(|| self.stderr().contains(words), || format!("{words:?} in\n{}\n{}", self.stdout(), self.stderr()));
    }

    /// Presses Ctrl-C; what was written in all, and how it ended.
    #[track_caller]
    pub fn interrupt(&self) -> (String, String, Option<i32>) {
        let id = self.child.lock().expect("no panic").id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().expect("kill").success());
        let code = self.end();
        (self.stdout(), self.stderr(), code)
    }

    /// Waits for its end, and says how that was.
    #[track_caller]
    pub fn end(&self) -> Option<i32> {
        let status = || self.child.lock().expect("no panic").try_wait().expect("a child");
        wait(|| status().is_some(), || format!("its end after\n{}\n{}", self.stdout(), self.stderr()));
        // What is still in the pipes is read in a moment.
        thread::sleep(Duration::from_millis(200));
        status().and_then(|status| status.code())
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let mut child = self.child.lock().expect("no panic");
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn gather(from: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let text = Arc::new(Mutex::new(String::new()));
    let into = Arc::clone(&text);
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            into.lock().expect("no panic").push_str(&(line + "\n"));
        }
    });
    text
}

/// Waits until it is so.
#[track_caller]
pub fn wait(done: impl Fn() -> bool, what: impl Fn() -> String) {
    let end = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < end, "waited in vain for {}", what());
        thread::sleep(Duration::from_millis(20));
    }
}

/// `At 04:12:09 UTC` → `At TIME UTC`.
pub fn timeless(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(" UTC") {
        out += before.get(..before.len() - 8).expect("a time");
        out += "TIME UTC";
        rest = after;
    }
    out + rest
}
