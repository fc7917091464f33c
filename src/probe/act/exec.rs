//! A command in a container that is there: exec over a WebSocket of the same client as every request.
//!
//! What a command printed may be less than it would have said: the connection may break, and with it the exit status is lost. That is
//! told apart from an end that the node has seen, and never taken for success.

use std::time::Duration;

use futures::FutureExt;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Status;
use kube::Api;
use kube::api::{AttachParams, AttachedProcess};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep_until, timeout};

use super::Prober;
use crate::probe::plan::Container;
use crate::source::live::Failure;

/// Without `--request-timeout`: as long as a way to the container may take to open.
const OPENING: Duration = Duration::from_secs(20);
/// As long as an end is waited for that says more about itself.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// Bytes of output on the way at a time.
const ROOM: usize = 64 * 1024;

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// What it printed, as far as it came.
    pub stdout: Vec<u8>,
    /// What it complained of.
    pub stderr: Vec<u8>,
    /// How it ended.
    pub end: End,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// With this exit status.
    Exited(i32),
    /// It could not be started: the node's words.
    NotStarted(String),
    /// Nobody knows: the connection broke, or no end came in time.
    Lost(String),
}

/// What is to be run.
pub(super) struct Command<'a> {
    /// Program and arguments.
    pub(super) words: &'a [&'a str],
    /// What it reads. The end of it is not sent: old API servers take that for the end of the connection.
    pub(super) stdin: &'a [u8],
    /// As long as it may take.
    pub(super) patience: Duration,
}

impl Prober<'_> {
    /// Runs a command.
    pub(super) async fn exec(&self, at: &Container, command: &Command<'_>) -> Result<Output, Failure> {
        let Container { namespace, pod, container } = at;
        let started = Instant::now();
        let params = AttachParams::default()
            .container(container)
            .stdin(!command.stdin.is_empty())
            .max_stdin_buf_size(command.stdin.len().max(1))
            .max_stdout_buf_size(ROOM)
            .max_stderr_buf_size(ROOM);
        let pods: Api<Pod> = Api::namespaced(self.transport.client().await?, namespace);
        let patience = self.transport.timeout().unwrap_or(OPENING);
        let opened = match timeout(patience, pods.exec(pod, command.words.iter().copied(), &params)).await {
            Err(_) => Err(Failure::TimedOut(format!("no exec within {} s", patience.as_secs_f64()))),
            Ok(Err(error)) => Err(Failure::of_websocket(&error, self.transport.about())),
            Ok(Ok(process)) => Ok(process),
        };
        let result = opened.as_ref().map_or_else(Failure::reason, |_| "101 Switching Protocols".to_owned());
        self.progress.request(&format!(
            "GET {}/api/v1/namespaces/{namespace}/pods/{pod}/exec?container={container} {result} in {} milliseconds",
            self.transport.about().server,
            started.elapsed().as_millis()
        ));
        Ok(follow(opened?, command).await)
    }
}

/// Feeds a command and reads what it prints until it ends.
async fn follow(mut process: AttachedProcess, command: &Command<'_>) -> Output {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let (mut from_stdout, mut from_stderr) = (process.stdout(), process.stderr());
    let mut stdin = process.stdin();
    if let Some(stdin) = &mut stdin {
        // There is room for all of it. Whether it arrived, the end tells.
        drop(stdin.write_all(command.stdin).await);
    }
    let status = process.take_status();
    let late = sleep_until(Instant::now() + command.patience);
    tokio::pin!(late);
    let mut joined = process.join().boxed();
    // Streams of a connection that broke never end by themselves, so the end of the connection is waited for.
    let broken = loop {
        tokio::select! {
            biased;
            Some(()) = some(&mut from_stdout, &mut stdout) => {}
            Some(()) = some(&mut from_stderr, &mut stderr) => {}
            joined = &mut joined => break joined.err().map(|error| error.to_string()),
            () = &mut late => break Some(format!("no end within {} s", command.patience.as_secs())),
        }
    };
    while some(&mut from_stdout, &mut stdout).now_or_never().flatten().is_some() {}
    while some(&mut from_stderr, &mut stderr).now_or_never().flatten().is_some() {}
    let status = match (broken, status) {
        (Some(why), _) => Err(why),
        (None, Some(status)) => match timeout(LAST_WORDS, status).await {
            Ok(Some(status)) => Ok(status),
            _ => Err("the connection was closed before the command ended".to_owned()),
        },
        (None, None) => Err("no exit status".to_owned()),
    };
    Output { stdout, stderr, end: status.map_or_else(End::Lost, |status| end(&status)) }
}

/// Some more of a stream; none when it has ended.
async fn some(stream: &mut Option<impl AsyncRead + Unpin>, buffer: &mut Vec<u8>) -> Option<()> {
    let read = stream.as_mut()?.read_buf(buffer).await;
    if !matches!(read, Ok(1..)) {
        *stream = None;
        return None;
    }
    Some(())
}

/// The node's word for how a command ended.
fn end(status: &Status) -> End {
    if status.status.as_deref() == Some("Success") {
        return End::Exited(0);
    }
    let causes = status.details.iter().flat_map(|details| details.causes.iter().flatten());
    let code = causes.filter(|cause| cause.reason.as_deref() == Some("ExitCode")).find_map(|cause| cause.message.as_deref()?.parse().ok());
    let message = status.message.clone().unwrap_or_default();
    match code {
        // What shells say, and container runtimes on behalf of a program that is not there.
        Some(code) if !(matches!(code, 126 | 127) && message.contains("exec failed")) => End::Exited(code),
        _ => End::NotStarted(last_words(&message).to_owned()),
    }
}

/// What a container runtime says in the end, behind all who passed it on: `exec: "sh": executable file not found in $PATH`.
fn last_words(message: &str) -> &str {
    let program = message.rfind("exec: \"").and_then(|at| message.get(at..)).unwrap_or(message);
    program.trim_end_matches(": unknown")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn ended(status: Value) -> End {
        end(&serde_json::from_value(status).expect("a Status"))
    }

    #[test]
    fn the_end_of_a_command_is_what_the_node_says() {
        let code = |code: &str| json!({ "causes": [{ "reason": "ExitCode", "message": code }] });
        assert_eq!(ended(json!({ "status": "Success" })), End::Exited(0));
        let failed = |message: &str, details: Value| ended(json!({ "status": "Failure", "message": message, "details": details }));
        assert_eq!(failed("command terminated with non-zero exit code", code("7")), End::Exited(7));
        assert_eq!(failed("command terminated with non-zero exit code", code("127")), End::Exited(127));
        let missing = "exec: \"sh\": executable file not found in $PATH";
        let runtime =
            format!("Internal error occurred: failed to start exec \"a7\": OCI runtime exec failed: exec failed: {missing}: unknown");
        assert_eq!(failed(&runtime, code("127")), End::NotStarted(missing.to_owned()));
        assert_eq!(
            failed("Internal error occurred: no container", Value::Null),
            End::NotStarted("Internal error occurred: no container".to_owned())
        );
    }
}
