//! `-w`: the same question again when something that it reads has changed, and what is said otherwise.
//!
//! What is printed is what the command would say now. Watches only tell that it is time to ask; whatever becomes of them, or of the
//! server, is settled by asking.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep, sleep_until};

use super::{Live, Session, Source};
use crate::cli::terminal::Stream;
use crate::cli::{CommandError, ErrorKind};
use crate::objects::Resource;
use crate::report::view::{Format, render_changes, render_new_warnings};
use crate::report::{Answer, CoverageEntry, changes};
use crate::source::live::Watches;

/// What changes at once, such as a rollout, is asked about once.
const SETTLE: Duration = Duration::from_millis(300);
/// Shortest pause between two readings.
const LEAST_PAUSE: Duration = Duration::from_secs(1);
/// A busy cluster is read for a tenth of the time at most.
const PAUSES: u32 = 9;
/// Longest pause before a server that does not answer is asked again.
const LONGEST_PAUSE: Duration = Duration::from_secs(16);
/// How often is asked what no watch tells.
const BLIND: Duration = Duration::from_secs(10);
/// How often is asked what depends on how long somebody waits.
const CLOCK: Duration = Duration::from_secs(30);
/// Kinds that are named where there are more of them.
const KINDS: usize = 3;

/// What is known between two readings.
struct Following {
    watches: Watches,
    /// What was said last.
    last: Answer,
    /// When the last reading ended, and how long it took.
    asked: Instant,
    took: Duration,
    /// How many readings have come to nothing since the last one that did not.
    failures: u32,
    /// Whether the last reading came to an answer that is to be given twice to be believed.
    doubted: bool,
    /// What keeps the answer from being given, as the user was told.
    trouble: Option<ErrorKind>,
    /// Kinds that may not be watched, as the user was told.
    refused: BTreeMap<Resource, String>,
}

impl Session {
    /// Refuses what cannot be watched, before anything is read.
    ///
    /// # Errors
    /// If objects come from files, or if the format is a page or a graph.
    pub fn need_watchable(&self) -> Result<(), CommandError> {
        if !matches!(self.source, Source::Live(_)) {
            return Err(CommandError::new(ErrorKind::Usage, "--watch follows a cluster: what --from and --filename name does not change"));
        }
        let format = self.globals.output.output.unwrap_or(Format::Table);
        if Format::FOLLOWED.contains(&format) {
            return Ok(());
        }
        Err(CommandError::new(ErrorKind::Usage, format!("nothing can follow an answer in the output format \"{format}\""))
            .hint(format!("with --watch there are {}", Format::FOLLOWED.map(Format::name).join(", "))))
    }

    /// Stays after an answer, and prints what a later one says otherwise, until Ctrl-C.
    ///
    /// # Errors
    /// If nothing can be printed, or if the server does not know any more who asks.
    pub fn watch(&mut self, first: Answer, mut ask: impl FnMut(&mut Self) -> Result<Answer, CommandError>) -> Result<(), CommandError> {
        self.hush(true);
        let progress = Arc::new(self.progress());
        let Live { runtime, cluster, .. } = self.live()?;
        runtime.spawn(end_on_interrupt());
        let mut following = Following {
            watches: cluster.watches(progress),
            last: first,
            asked: Instant::now(),
            took: Duration::ZERO,
            failures: 0,
            doubted: false,
            trouble: None,
            refused: BTreeMap::new(),
        };
        loop {
            self.wait(&mut following)?;
            let started = Instant::now();
            let asked = ask(self);
            following.asked = Instant::now();
            following.took = following.asked - started;
            let doubted = std::mem::take(&mut following.doubted);
            match asked {
                // Somebody who is gone is a matter of the cluster, as any other change; all else may pass.
                Err(error) if error.kind == ErrorKind::NotFound => {
                    following.failures = 0;
                    self.tell_trouble(&mut following, &error)?;
                }
                Err(error) if matches!(error.kind, ErrorKind::Connection | ErrorKind::Forbidden | ErrorKind::Failed) => {
                    following.failures += 1;
                    self.tell_trouble(&mut following, &error)?;
                }
                Err(error) => return Err(error),
                // A server that comes or goes answers by halves: such an answer is believed if it is given twice.
                Ok(now) if !doubted && is_worse(following.last.coverage(), now.coverage()) => {
                    following.doubted = true;
                    following.failures = 1;
                }
                Ok(now) => {
                    following.failures = 0;
                    self.tell_changes(&following, &now)?;
                    following.trouble = None;
                    following.last = now;
                }
            }
        }
    }

    /// Waits until it is time to ask again.
    fn wait(&mut self, following: &mut Following) -> Result<(), CommandError> {
        let Live { runtime, cluster, .. } = self.live()?;
        let versions = cluster.take_versions();
        let mut told = Ok(());
        runtime.block_on(async {
            if !versions.is_empty() {
                following.watches.follow(versions);
            }
            if following.failures == 0 {
                told = following.until_stirred().await;
            }
            sleep_until(following.asked + pause(following.took, following.failures)).await;
            // What changes from here on is not seen by the reading for certain.
            following.watches.take_changed();
        });
        told
    }

    /// Says, once, that there is no answer for now.
    fn tell_trouble(&self, following: &mut Following, error: &CommandError) -> Result<(), CommandError> {
        // From refused to busy to not ready is one story.
        let answers = |kind: ErrorKind| matches!(kind, ErrorKind::NotFound | ErrorKind::Forbidden).then_some(kind);
        if following.trouble.is_some_and(|told| answers(told) == answers(error.kind)) {
            return Ok(());
        }
        following.trouble = Some(error.kind);
        let message = error.message.lines().next().unwrap_or_default();
        self.note(&format!("Warning: no answer at {}, and asked again until there is one: {message}", time()))
    }

    /// Writes what has changed, and that there is an answer again.
    fn tell_changes(&self, following: &Following, now: &Answer) -> Result<(), CommandError> {
        let before = &following.last;
        if following.trouble.is_some() {
            let as_before = if changes::differ(before, now) { "" } else { ", the same as before" };
            self.note(&format!("Note: there is an answer again at {}{as_before}", time()))?;
        }
        let format = self.format(&Format::FOLLOWED)?;
        let mut stdout = std::io::stdout().lock();
        render_changes(before, now, format, &self.style(Stream::Stdout), &mut stdout)?;
        stdout.flush()?;
        Ok(render_new_warnings(before, now, &self.style(Stream::Stderr), &mut std::io::stderr().lock())?)
    }
}

impl Following {
    /// Waits until something has changed, or may have without anybody telling.
    async fn until_stirred(&mut self) -> Result<(), CommandError> {
        loop {
            let every = match (self.watches.blind(), changes::hinges_on_the_clock(&self.last)) {
                (true, _) => Some(BLIND),
                (false, true) => Some(CLOCK),
                (false, false) => None,
            };
            let due = async {
                match every {
                    Some(every) => sleep_until(self.asked + every).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.watches.stirred() => sleep(SETTLE).await,
                () = due => return Ok(()),
            }
            let refused = self.watches.refused();
            if refused.keys().any(|kind| !self.refused.contains_key(kind)) {
                let warning = cannot_watch(&refused, self.last.question().name());
                writeln!(std::io::stderr(), "{warning}")?;
                self.refused.extend(refused);
            }
            if self.watches.take_changed() {
                return Ok(());
            }
        }
    }
}

/// The pause after a reading that took so long, or after so many that came to nothing.
fn pause(took: Duration, failures: u32) -> Duration {
    match failures {
        0 => took.saturating_mul(PAUSES).max(LEAST_PAUSE),
        failures => LEAST_PAUSE.saturating_mul(1 << (failures - 1).min(8)).min(LONGEST_PAUSE),
    }
}

/// Whether something could not be read that could be before.
fn is_worse(before: &[CoverageEntry], now: &[CoverageEntry]) -> bool {
    now.iter().any(|entry| entry.state != "complete" && !before.contains(entry))
}

/// Why watches are no help, and what is done instead.
fn cannot_watch(refused: &BTreeMap<Resource, String>, command: &str) -> String {
    let mut kinds: Vec<&str> = refused.keys().map(|kind| kind.plural()).collect();
    let left = kinds.len().saturating_sub(KINDS);
    let more = if left > 1 { format!(" and {left} more kinds") } else { String::new() };
    if left > 1 {
        kinds.truncate(KINDS);
    }
    let why = refused.values().next().map_or("", String::as_str);
    let rights = if why == "Forbidden" { format!("\n  kubectl netstore rbac {command} --watch") } else { String::new() };
    format!("Warning: cannot watch {}{more} ({why}): asked again every {} s instead{rights}", kinds.join(", "), BLIND.as_secs())
}

/// The time, as answers have it.
fn time() -> String {
    let now = Timestamp::now().to_string();
    format!("{} UTC", now.get(11..19).unwrap_or_default())
}

/// Ctrl-C is how a watch ends: well, and not in the middle of a document. Who is tired of waiting for that presses it again.
async fn end_on_interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        return;
    }
    tokio::task::spawn_blocking(|| {
        // Whoever writes an answer holds it to the end.
        let _whole = std::io::stdout().lock();
        std::process::exit(0)
    });
    if tokio::signal::ctrl_c().await.is_ok() {
        std::process::exit(130);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_read_for_a_tenth_of_the_time_and_a_dead_one_is_asked_less_and_less() {
        for (took, failures, seconds) in
            [(0, 0, 1), (50, 0, 1), (200, 0, 1), (2_000, 0, 18), (60_000, 0, 540), (60_000, 1, 1), (0, 2, 2), (0, 5, 16), (0, 90, 16)]
        {
            let wanted = if took == 200 { Duration::from_millis(1_800) } else { Duration::from_secs(seconds) };
            assert_eq!(pause(Duration::from_millis(took), failures), wanted, "{took} ms, {failures} failures");
        }
    }

    #[test]
    fn what_could_be_read_before_and_cannot_now_makes_an_answer_worse() {
        let entry = |resource: &str, state: &str| CoverageEntry { resource: resource.into(), scope: "*".into(), state: state.into() };
        let before = [entry("pods", "complete"), entry("nodes", "forbidden")];
        assert!(!is_worse(&before, &before));
        assert!(!is_worse(&before, &[entry("pods", "complete"), entry("nodes", "complete")]));
        assert!(!is_worse(&before, &[entry("nodes", "forbidden")]), "what is not asked for any more is not missing");
        assert!(is_worse(&before, &[entry("pods", "failed: connection refused"), entry("nodes", "forbidden")]));
        assert!(is_worse(&before, &[entry("pods", "complete"), entry("leases", "forbidden")]));
    }

    #[test]
    fn kinds_that_may_not_be_watched_are_named_in_one_warning() {
        let refused = |kinds: &[Resource]| kinds.iter().map(|kind| (*kind, "Forbidden".to_owned())).collect();
        assert_eq!(
            cannot_watch(&refused(&[Resource::Pods]), "who-can-reach"),
            "Warning: cannot watch pods (Forbidden): asked again every 10 s instead\n  kubectl netstore rbac who-can-reach --watch"
        );
        let many = [Resource::Namespaces, Resource::Nodes, Resource::Pods, Resource::Services, Resource::Jobs];
        assert_eq!(
            cannot_watch(&refused(&many), "x").lines().next(),
            Some("Warning: cannot watch namespaces, nodes, pods and 2 more kinds (Forbidden): asked again every 10 s instead")
        );
    }
}
