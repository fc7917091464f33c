//! Running checks in something that is made for them: make it, wait for its end, read what it left, remove it.

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use tokio::time::{Instant, sleep};

use super::make::{address, changed};
use super::outcome::{Never, Progressed, look};
use super::remove::Named;
use super::seen::Seen;
use super::{ActError, GRACE, Prober};
use crate::probe::findings::left::pod_left;
use crate::probe::manifest::EXPIRES_AT;
use crate::probe::plan::{Place, START};
use crate::probe::rights;
use crate::probe::verdict::Verdict;
use crate::probe::wire::{self, Batch, Observed};
use crate::source::live::{Failure, LiveError};

/// Pause between looks at a pod.
const PAUSE: Duration = Duration::from_millis(250);
/// After so long a user is told what is waited for.
const PATIENCE: Duration = Duration::from_secs(4);

impl Prober<'_> {
    /// Runs checks in a pod of their own, which is removed whatever happens.
    pub(super) async fn run_in_pod(&self, place: &Place, pod: &Pod, batch: &Batch) -> Result<Vec<Observed>, ActError> {
        let (namespace, name) = address(place)?;
        let container = pod.spec.as_ref().and_then(|spec| spec.containers.first()).map_or("", |container| container.name.as_str());
        let Some(_hold) = self.stop.hold() else { return Err(ActError::Interrupted) };
        // Not given up halfway: what was asked for may come to be even if nobody waits for the answer.
        let made = match self.make(place, false).await {
            Ok(made) => made,
            Err(ActError::Live(error)) if never_made(&error) => return Err(error.into()),
            Err(error) => {
                self.remove(&Named { namespace, name, uid: None }, pod).await;
                return Err(error);
            }
        };
        let outcome = match changed(pod, &made) {
            Some(why) => Err(ActError::NotHarmless(why)),
            None => self.unless_stopped(self.outcome(place, container, batch)).await,
        };
        self.remove(&Named { namespace, name, uid: made.metadata.uid.as_deref() }, pod).await;
        outcome
    }

    /// Runs checks in a container that is added to a pod, where it stays listed.
    pub(super) async fn run_beside(&self, place: &Place, container: &str, batch: &Batch) -> Result<Vec<Observed>, ActError> {
        let (_, name) = address(place)?;
        let Some(_hold) = self.stop.hold() else { return Err(ActError::Interrupted) };
        self.make(place, false).await?;
        let outcome = self.unless_stopped(self.outcome(place, container, batch)).await;
        if let Err(ActError::Interrupted) = outcome {
            let seconds = batch.deadline;
            self.progress.notice(&format!("pod/{name}: ephemeral container {container} cannot be removed; it ends within {seconds} s"));
        }
        outcome
    }

    /// Removes a pod; if that cannot be done, says when and how it goes all the same.
    async fn remove(&self, named: &Named<'_>, pod: &Pod) {
        let Named { namespace, name, .. } = named;
        let failure = match self.delete_patiently(named).await {
            Ok(true) => return self.progress.notice(&format!("pod/{name} deleted")),
            Ok(false) => return,
            Err(failure) => failure,
        };
        let until = pod.metadata.annotations.iter().find_map(|annotations| annotations.get(EXPIRES_AT)).map_or("", String::as_str);
        self.progress.notice(&format!("Warning: pod/{name} in namespace {namespace} could not be deleted: {}", failure.reason()));
        self.stop.leaves(pod_left(namespace, name, until, &failure.reason()));
        self.progress.notice(&format!("hint: it ends by itself; after {until} this removes it: kubectl netstore probe gc -n {namespace}"));
    }

    /// Waits for the end of a container and reads what it left.
    async fn outcome(&self, place: &Place, container: &str, batch: &Batch) -> Result<Vec<Observed>, ActError> {
        let (namespace, pod) = address(place)?;
        let what = format!("container {container} of pod {namespace}/{pod}");
        let running = Duration::from_secs(batch.deadline.into()) + GRACE;
        let (started, mut ran_since, mut told) = (Instant::now(), None, String::new());
        let lost = |why: &str| Ok(batch.checks.iter().map(|_| Observed::could_not_run(why)).collect());
        loop {
            let seen = match self.pod(namespace, pod).await {
                Ok(pod) => look(&pod, container),
                Err(Failure::Status { code: 404, .. }) if ran_since.is_some() => return lost("the pod was deleted while it ran"),
                Err(failure @ Failure::Status { code: 401 | 403 | 404, .. }) => {
                    let needed = rights::needed(place.way(), namespace);
                    return Err(failure.into_error_without(needed, self.transport.about()).into());
                }
                // The way to the server comes back, or it does not in time.
                Err(failure) => Progressed::Waiting(failure.reason()),
            };
            match seen {
                Progressed::Ended { message, how } => return Ok(self.results(namespace, pod, container, &message, &how, batch).await),
                Progressed::Never(Never { why, .. }) if ran_since.is_some() => return lost(&why),
                Progressed::Never(Never { why, advice }) => return Err(ActError::NotStarted { what, why, advice }),
                Progressed::Running => _ = ran_since.get_or_insert_with(Instant::now),
                Progressed::Waiting(why) if ran_since.is_none() => {
                    if started.elapsed() > Duration::from_secs(START.into()) {
                        let why = format!("still waiting after {START} s: {why}");
                        return Err(ActError::NotStarted { what, why, advice: None });
                    }
                    if started.elapsed() > PATIENCE && why != told {
                        self.progress.notice(&format!("Waiting for {what}: {why}"));
                        told = why;
                    }
                }
                Progressed::Waiting(_) => {}
            }
            if ran_since.is_some_and(|since| since.elapsed() > running) {
                return lost(&format!("no end within {} s", running.as_secs()));
            }
            sleep(PAUSE).await;
        }
    }

    async fn pod(&self, namespace: &str, name: &str) -> Result<Seen, Failure> {
        let body = self.transport.get(&Named { namespace, name, uid: None }.path(), self.progress).await?;
        serde_json::from_slice(&body).map_err(|error| Failure::Garbled(error.to_string()))
    }

    /// What the container left: its termination message, and its log where that has not all of it.
    async fn results(&self, namespace: &str, pod: &str, container: &str, message: &str, how: &str, batch: &Batch) -> Vec<Observed> {
        let left = wire::read_termination(message, batch);
        if left.iter().all(|observed| observed.verdict != Verdict::CouldNotRun && observed.attempts > 0) {
            return left;
        }
        let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}/log?container={container}");
        let told = match self.transport.text(&path, self.progress).await {
            Ok(log) => wire::read(&log, batch),
            Err(_) => return left.into_iter().map(|observed| lost_with(observed, how)).collect(),
        };
        // Each may have what the other lacks: one is cut at 4 KiB, the other where the node rotates logs.
        let better =
            |(left, told): (Observed, Observed)| if left.verdict != Verdict::CouldNotRun && told.attempts == 0 { left } else { told };
        left.into_iter().zip(told).map(better).map(|observed| lost_with(observed, how)).collect()
    }
}

/// A result that may have been lost, and how the container ended, if not well.
fn lost_with(mut observed: Observed, how: &str) -> Observed {
    if observed.verdict == Verdict::CouldNotRun && observed.attempts == 0 && !how.is_empty() {
        observed.detail = format!("{}; {how}", observed.detail);
    }
    observed
}

/// Whether this error is the server's own word that there is nothing. After one of its own troubles there may be something.
fn never_made(error: &LiveError) -> bool {
    match error {
        LiveError::Refusal { reason, .. } => {
            !["Timeout", "ServerTimeout", "InternalError", "ServiceUnavailable"].contains(&reason.as_str())
        }
        LiveError::NotPermitted { .. } | LiveError::Unauthorized(_) | LiveError::Refused(_) => true,
        _ => false,
    }
}
