//! What probes need of a session: to act on the cluster, and to ask the user before that.

use std::io::{BufRead, IsTerminal, Write};

use futures::stream::{self, StreamExt};

use super::{Live, Session, Source};
use crate::cli::error::escaped;
use crate::cli::{CommandError, ErrorKind};
use crate::probe::act::{ActError, Dry, Granted, Leftover, Prober, Stop, Sweep};
use crate::probe::plan::{Container, Place, Right};
use crate::probe::script::Survey;
use crate::probe::wire::{Batch, Observed};
use crate::report::view::{Format, render_object};
use crate::source::live::PodPort;

/// Files that are read at a time.
const READS: usize = 8;

impl Session {
    /// What the API server says of each right, in their order.
    ///
    /// # Errors
    /// If it cannot be asked.
    pub fn rights(&mut self, rights: &[Right]) -> Result<Vec<Granted>, CommandError> {
        self.act(async |prober| prober.rights(rights).await)
    }

    /// Has the API server decide on what would be made, without making it: admission speaks before anything exists.
    ///
    /// # Errors
    /// If it refuses.
    pub fn rehearse(&mut self, place: &Place) -> Result<(), CommandError> {
        self.act(async |prober| prober.rehearse(place).await)
    }

    /// Runs checks, and removes what was made for them.
    ///
    /// # Errors
    /// If they could not be started. What went wrong later is in the verdicts.
    pub fn run_checks(&mut self, place: &Place, batch: &Batch) -> Result<Vec<Observed>, CommandError> {
        self.act(async |prober| prober.run(place, batch).await)
    }

    /// Runs many batches, at most `at_once` at a time; results are in their order, each with its own error.
    ///
    /// # Errors
    /// If there is no cluster, or the user stops it.
    pub fn run_batches(
        &mut self,
        batches: &[(Place, Batch)],
        at_once: usize,
    ) -> Result<Vec<Result<Vec<Observed>, CommandError>>, CommandError> {
        self.act(async |prober| {
            let runs = batches.iter().map(|(place, batch)| async move {
                match prober.run(place, batch).await {
                    Err(ActError::Interrupted) => Err(ActError::Interrupted),
                    other => Ok(other.map_err(CommandError::from)),
                }
            });
            let results: Vec<_> = stream::iter(runs).buffered(at_once.max(1)).collect().await;
            results.into_iter().collect()
        })
    }

    /// Connects to a port of a pod from its own node, past all policies.
    ///
    /// # Errors
    /// If there is no way to the pod.
    pub fn connect(&mut self, to: &PodPort) -> Result<Observed, CommandError> {
        self.act(async |prober| prober.connect(to).await)
    }

    /// What a container has that could run checks; nothing if it has no shell.
    ///
    /// # Errors
    /// If it cannot be asked.
    pub fn survey(&mut self, at: &Container) -> Result<Survey, CommandError> {
        self.act(async |prober| prober.survey(at).await)
    }

    /// What a file of a container holds.
    ///
    /// # Errors
    /// If it cannot be read to its end.
    pub fn read_file(&mut self, at: &Container, path: &str) -> Result<String, CommandError> {
        self.act(async |prober| prober.read_file(at, path).await)
    }

    /// What several files hold, each with its own error.
    ///
    /// # Errors
    /// If there is no cluster, or the user stops it.
    pub fn read_files(&mut self, files: &[(Container, &'static str)]) -> Result<Vec<Result<String, CommandError>>, CommandError> {
        self.act(async |prober| {
            let reads = files.iter().map(|(at, path)| async move {
                match prober.read_file(at, path).await {
                    Err(ActError::Interrupted) => Err(ActError::Interrupted),
                    other => Ok(other.map_err(CommandError::from)),
                }
            });
            let results: Vec<_> = stream::iter(reads).buffered(READS).collect().await;
            results.into_iter().collect()
        })
    }

    /// Refuses what needs a cluster where none is asked.
    ///
    /// # Errors
    /// If objects come from files.
    pub fn need_cluster(&self) -> Result<(), CommandError> {
        match self.source {
            Source::Live(_) => Ok(()),
            Source::Snapshot | Source::Manifests => {
                Err(CommandError::new(ErrorKind::Usage, "a probe runs in a cluster: --from and --filename name none")
                    .hint("what the policies of files say: kubectl netstore can-reach SOURCE TARGET"))
            }
        }
    }

    /// Removes what probes have left in a namespace, or in all.
    ///
    /// # Errors
    /// If it cannot be looked for.
    pub fn collect_garbage(&mut self, namespace: Option<&str>, sweep: Sweep, dry: Dry) -> Result<Vec<Leftover>, CommandError> {
        self.act(async |prober| prober.collect_garbage(namespace, sweep, dry).await)
    }

    /// Writes a line to standard error, whatever a server has put into it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn note(&self, text: &str) -> Result<(), CommandError> {
        Ok(writeln!(std::io::stderr(), "{}", escaped(text))?)
    }

    /// Writes lines to standard output, whatever a server has put into them.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn tell(&self, text: &str) -> Result<(), CommandError> {
        self.say(&escaped(text))
    }

    /// Writes an object that would be created, or says that it would.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn print_object(&self, object: &serde_json::Value, how: &str) -> Result<(), CommandError> {
        let format = self.globals.output.output.unwrap_or(Format::Table);
        if let Format::Json | Format::Yaml = format {
            let mut stdout = std::io::stdout().lock();
            if format == Format::Yaml {
                writeln!(stdout, "---")?;
            }
            return Ok(render_object(object, format, &mut stdout)?);
        }
        let name = object.pointer("/metadata/name").and_then(serde_json::Value::as_str).unwrap_or_default();
        let done = if object.pointer("/spec/ephemeralContainers").is_some() { "patched" } else { "created" };
        self.tell(&format!("pod/{name} {done} ({how})\n"))
    }

    /// Asks the user, who is told `text` first; «no» is the default.
    ///
    /// # Errors
    /// If nobody is there to answer.
    pub fn ask(&self, text: &str) -> Result<bool, CommandError> {
        if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
            return Err(CommandError::new(ErrorKind::Usage, "this changes the cluster, and nobody is there to be asked")
                .hint("--yes goes ahead without a question; --dry-run=server only tries whether it would be accepted"));
        }
        let mut stderr = std::io::stderr().lock();
        write!(stderr, "{} [y/N] ", escaped(text))?;
        stderr.flush()?;
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    /// Does something to the cluster.
    fn act<T>(&mut self, deed: impl AsyncFnOnce(Prober<'_>) -> Result<T, ActError>) -> Result<T, CommandError> {
        self.need_cluster()?;
        let progress = self.progress();
        let Live { runtime, cluster, stop } = self.live()?;
        Ok(runtime.block_on(async {
            let stop = stop.get_or_insert_with(Stop::listen);
            deed(Prober::new(cluster.transport(), &progress, stop)).await
        })?)
    }
}

impl From<ActError> for CommandError {
    fn from(error: ActError) -> Self {
        let text = error.to_string();
        match error {
            ActError::Live(error) => error.into(),
            ActError::Interrupted => Self::new(ErrorKind::Interrupted, text),
            ActError::NoCommand { .. } => Self::new(ErrorKind::Failed, text).hint("another way: --via ephemeral, --via pod"),
            ActError::NotHarmless(_) => {
                Self::new(ErrorKind::Failed, text).hint("--via exec makes nothing; --via ephemeral adds a container")
            }
            ActError::NotStarted { advice, .. } => {
                let error = Self::new(ErrorKind::Failed, text);
                match advice {
                    Some(advice) => error.hint(advice),
                    None => error,
                }
            }
        }
    }
}
