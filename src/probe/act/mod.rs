//! The only files that touch a cluster for probes: rights, rehearsals, runs, and what is left of them.
//!
//! ```text
//! access ─► make (dryRun=All) ─► exec │ make ─► outcome ─► wire
//!  rights    the rehearsal        run   │ remove, also after Ctrl-C (stop); garbage: what others could not remove
//! ```
//!
//! Every request goes through the transport that reads go through: the same server, identity and proxies. An exec may take longer than
//! `--request-timeout`, which counts until it is open.

mod access;
mod exec;
mod forward;
mod garbage;
mod make;
mod outcome;
mod refusal;
mod remove;
mod run;
mod seen;
mod stop;

use std::time::Duration;

use thiserror::Error;

pub use access::{Access, Granted};
pub use exec::{End, Output};
pub use garbage::{Fate, Leftover, Sweep};
pub use remove::Dry;
pub use stop::Stop;

use self::exec::Command;
use super::plan::{Container, Place, Way};
use super::rights;
use super::script::{self, Survey};
use super::verdict::Verdict;
use super::wire::{self, Batch, Observed};
use crate::source::Progress;
use crate::source::live::{Failure, LiveError, Transport, Write};

/// As long as a small file may take to read.
const READING: Duration = Duration::from_secs(20);
/// What a batch may take beyond its deadline, for the way there and back.
const GRACE: Duration = Duration::from_secs(10);

/// Why nothing came of a probe.
#[derive(Debug, Error)]
pub enum ActError {
    /// The server, or the way to it.
    #[error(transparent)]
    Live(#[from] LiveError),
    /// The command could not be run in the container.
    #[error("{command} cannot be run in container {container} of pod {namespace}/{pod}: {why}", namespace = .at.namespace, pod = .at.pod, container = .at.container)]
    NoCommand {
        /// The command.
        command: String,
        /// Where.
        at: Container,
        /// The node's words.
        why: String,
    },
    /// What was made for the probe did not start.
    #[error("{what} did not start: {why}")]
    NotStarted {
        /// The pod or container.
        what: String,
        /// The words of the node, the scheduler, or the clock.
        why: String,
        /// What can be done about it.
        advice: Option<&'static str>,
    },
    /// What was made is not what was found harmless, so it was removed at once.
    #[error("the probe pod would not be harmless: {0}")]
    NotHarmless(String),
    /// The user has stopped it; what was made is gone again.
    #[error("interrupted")]
    Interrupted,
}

/// Acts on a cluster.
#[derive(Clone, Copy)]
pub struct Prober<'a> {
    transport: &'a Transport,
    progress: &'a dyn Progress,
    stop: &'a Stop,
}

impl<'a> Prober<'a> {
    /// Acts through this transport, and says what is made and removed.
    pub(crate) fn new(transport: &'a Transport, progress: &'a dyn Progress, stop: &'a Stop) -> Self {
        Self { transport, progress, stop }
    }

    /// Runs checks, and removes what was made for them.
    ///
    /// # Errors
    /// If they could not be started. What went wrong later is in the verdicts.
    pub async fn run(&self, place: &Place, batch: &Batch) -> Result<Vec<Observed>, ActError> {
        self.tidy(place).await;
        match place {
            Place::Exec(at) => self.unless_stopped(self.run_there(at, batch)).await,
            Place::Ephemeral { container, .. } => self.run_beside(place, &container.name, batch).await,
            Place::Pod(pod) => self.run_in_pod(place, pod, batch).await,
        }
    }

    /// Does something that can be given up at any time.
    async fn unless_stopped<T>(&self, deed: impl Future<Output = Result<T, ActError>>) -> Result<T, ActError> {
        tokio::select! {
            biased;
            () = self.stop.asked() => Err(ActError::Interrupted),
            done = deed => done,
        }
    }

    /// Asks for a change, and tells what the server warns of.
    async fn send(&self, write: &Write<'_>) -> Result<Vec<u8>, Failure> {
        let (body, warnings) = self.transport.write(write, self.progress).await?;
        for warning in warnings.iter().filter(|warning| self.stop.warns(warning)) {
            self.progress.notice(&format!("Warning: {warning}"));
        }
        Ok(body)
    }

    /// Removes what earlier probes have left where this one runs. It is a courtesy: nobody has to have the rights for it.
    async fn tidy(&self, place: &Place) {
        if let Ok((namespace, _)) = make::address(place)
            && self.stop.sweeps(namespace)
        {
            let swept = self.collect_garbage(Some(namespace), Sweep::Expired, Dry::No).await.unwrap_or_default();
            for leftover in swept.iter().filter(|leftover| leftover.fate == Fate::Removed) {
                self.progress.notice(&format!("pod/{} deleted: an earlier probe had left it", leftover.name));
            }
        }
    }

    /// Has the shell of a container run checks.
    async fn run_there(&self, at: &Container, batch: &Batch) -> Result<Vec<Observed>, ActError> {
        let patience = Duration::from_secs(batch.deadline.into()) + GRACE;
        let output = self.script(at, &script::exec(batch), patience).await?;
        let mut results = wire::read(&String::from_utf8_lossy(&output.stdout), batch);
        let why = match &output.end {
            End::Exited(0) => return Ok(results),
            End::Exited(code) => format!("the shell ended with {code}: {}", String::from_utf8_lossy(&output.stderr).trim()),
            End::Lost(why) => why.clone(),
            End::NotStarted(why) => return Err(ActError::NoCommand { command: "sh".to_owned(), at: at.clone(), why: why.clone() }),
        };
        for lost in results.iter_mut().filter(|observed| observed.verdict == Verdict::CouldNotRun && observed.attempts == 0) {
            lost.detail = format!("{}; {why}", lost.detail);
        }
        Ok(results)
    }

    /// What a container has that could run checks; nothing if it has no shell.
    ///
    /// # Errors
    /// If it cannot be asked.
    pub async fn survey(&self, at: &Container) -> Result<Survey, ActError> {
        let output = self.script(at, &script::survey_command(), READING).await?;
        match output.end {
            End::Lost(why) => Err(ActError::NoCommand { command: "sh".to_owned(), at: at.clone(), why }),
            End::Exited(_) | End::NotStarted(_) => Ok(Survey::read(&String::from_utf8_lossy(&output.stdout))),
        }
    }

    async fn script(&self, at: &Container, command: &[String], patience: Duration) -> Result<Output, ActError> {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        self.exec_in(at, &Command { words: &words, stdin: script::TEXT.as_bytes(), patience }).await
    }

    /// What a file of a container holds.
    ///
    /// # Errors
    /// If it cannot be read to its end.
    pub async fn read_file(&self, at: &Container, path: &str) -> Result<String, ActError> {
        let Output { stdout, stderr, end } = self.exec_in(at, &Command { words: &["cat", path], stdin: &[], patience: READING }).await?;
        let failed = |why: String| ActError::NoCommand { command: format!("cat {path}"), at: at.clone(), why };
        match end {
            End::Exited(0) => Ok(String::from_utf8_lossy(&stdout).into_owned()),
            End::Exited(code) => Err(failed(format!("exit status {code}: {}", String::from_utf8_lossy(&stderr).trim()))),
            End::NotStarted(why) | End::Lost(why) => Err(failed(why)),
        }
    }

    async fn exec_in(&self, at: &Container, command: &Command<'_>) -> Result<Output, ActError> {
        let refused = |failure: Failure| failure.into_error_without(rights::needed(Way::Exec, &at.namespace), self.transport.about());
        Ok(self.exec(at, command).await.map_err(refused)?)
    }
}
