//! The search for a volume is Kubernetes' search: both answer the same questions about random claims, volumes and nodes.
//!
//! `tests/oracle` links Kubernetes' own code. Where it cannot be built (no Go, no network), this says so and passes, unless `CI` is set.
//! `NETSTORE_ORACLE_CASES` is how many of each question are asked (20,000).

#[path = "storage_oracle/classes.rs"]
mod classes;
#[path = "oracle/client.rs"]
mod client;
#[path = "storage_oracle/draw.rs"]
mod draw;
#[path = "storage_oracle/matching.rs"]
mod matching;
#[path = "storage_oracle/scheduler.rs"]
mod scheduler;
#[path = "storage_oracle/sync.rs"]
mod sync;

use serde_json::{Value, json};

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).expect("an object")
}

fn cases() -> usize {
    client::cases(20_000)
}

/// Asks all questions; the answers in their order.
fn ask(op: &str, questions: &[Value]) -> Option<Vec<Value>> {
    client::answers(op, questions.iter().map(ToString::to_string).collect())
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
