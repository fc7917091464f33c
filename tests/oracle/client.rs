//! Kubernetes' own code as a program: see `README.md` beside this file. Where it cannot be built (no Go, no network), tests say so and
//! pass, unless `CI` is set.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A generator of numbers that is the same everywhere.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let at = self.roll(of.len() as u64) as usize;
        &of[at]
    }

    pub fn chance(&mut self, of: u64) -> bool {
        self.roll(of) == 0
    }
}

/// How many questions are asked: `NETSTORE_ORACLE_CASES`, or as many as usual.
pub fn cases(usual: usize) -> usize {
    std::env::var("NETSTORE_ORACLE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

/// The program, if it can be built here.
fn oracle() -> Option<PathBuf> {
    let build = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/build");
    let output = Command::new("bash").arg(build).output().ok()?;
    let path = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    if output.status.success() && path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "the oracle cannot be built: {}", String::from_utf8_lossy(&output.stderr));
    eprintln!("skipped: the oracle cannot be built here");
    None
}

/// Asks questions that are written down; the answers in their order.
pub fn answers<Answer: serde::de::DeserializeOwned>(op: &str, questions: Vec<String>) -> Option<Vec<Answer>> {
    let mut child = Command::new(oracle()?).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the oracle starts");
    let mut input = child.stdin.take().expect("a pipe");
    let (op, asked) = (op.to_owned(), questions.len());
    let writer = std::thread::spawn(move || {
        for question in questions {
            writeln!(input, r#"{{"op":"{op}","question":{question}}}"#).expect("the oracle reads");
        }
    });
    let output = BufReader::new(child.stdout.take().expect("a pipe"));
    let answers: Vec<Answer> = output.lines().map(|line| serde_json::from_str(&line.expect("a line")).expect("JSON")).collect();
    writer.join().expect("all was written");
    child.wait().expect("the oracle ends");
    assert_eq!(answers.len(), asked);
    Some(answers)
}
