//! Kubernetes' own code as a program: see `README.md` beside this file. Where it cannot be built (no Go, no network), tests say so and
//! pass, unless `CI` is set.

#[path = "dice.rs"]
mod dice;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub use dice::Dice;

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
