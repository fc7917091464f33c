//! The search for a volume is Kubernetes' search: both answer the same questions about random claims, volumes and nodes.
//!
//! `tests/oracle` links Kubernetes' own code. Where it cannot be built (no Go, no network), this says so and passes, unless `CI` is set.
//! `NETSTORE_ORACLE_CASES` is how many of each question are asked (20,000).

#[path = "storage_oracle/classes.rs"]
mod classes;
#[path = "storage_oracle/draw.rs"]
mod draw;
#[path = "storage_oracle/matching.rs"]
mod matching;
#[path = "storage_oracle/scheduler.rs"]
mod scheduler;
#[path = "storage_oracle/sync.rs"]
mod sync;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).expect("an object")
}

fn cases() -> usize {
    std::env::var("NETSTORE_ORACLE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000)
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

/// Asks all questions; the answers in their order.
fn ask(op: &str, questions: &[Value]) -> Option<Vec<Value>> {
    let mut child = Command::new(oracle()?).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the oracle starts");
    let mut input = child.stdin.take().expect("a pipe");
    let lines: Vec<String> = questions.iter().map(|question| json!({"op": op, "question": question}).to_string()).collect();
    let writer = std::thread::spawn(move || {
        for line in lines {
            writeln!(input, "{line}").expect("the oracle reads");
        }
    });
    let output = BufReader::new(child.stdout.take().expect("a pipe"));
    let answers: Vec<Value> = output.lines().map(|line| serde_json::from_str(&line.expect("a line")).expect("JSON")).collect();
    writer.join().expect("all was written");
    child.wait().expect("the oracle ends");
    assert_eq!(answers.len(), questions.len());
    Some(answers)
}

/// Compares each answer that is one; says how many were, and that not all of them are the same.
fn compare(op: &str, questions: &[Value], ours: impl Fn(&Value) -> Value, theirs: impl Fn(&Value) -> Value) {
    let Some(answers) = ask(op, questions) else { return };
    let (mut asked, mut empty) = (0, 0);
    for (question, answer) in questions.iter().zip(&answers) {
        let Some(answer) = answer.get("answer") else { panic!("{op}: refused: {answer}\n{question}") };
        if answer.get("error").is_some_and(|error| !error.is_null()) && op != "claimSatisfiedByVolume" {
            continue;
        }
        let (ours, theirs) = (ours(question), theirs(answer));
        assert_eq!(ours, theirs, "{op}: we say {ours}, Kubernetes says {theirs}\n{question}\n{answer}");
        asked += 1;
        empty += usize::from(theirs.is_null() || theirs == json!([]));
    }
    eprintln!("{op}: {asked} of {} the same, {empty} of them empty", questions.len());
    assert!(asked * 10 > questions.len() * 8, "{op}: most questions have an answer");
}
