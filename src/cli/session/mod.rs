//! One run of one command: where objects come from, which namespace is meant, where the answer goes.

mod probing;
mod source;
mod watch;

use std::io::Write;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::connection::ConnectionOptions;
use super::progress::TerminalProgress;
use super::targets::{self, Target, TargetArg};
use super::terminal::{Stream, Terminal};
use super::{CommandError, ErrorKind, Globals};
use crate::dns::observed::Asked;
use crate::inventory::{Coverage, Inventory, State};
use crate::objects::{LabelSelector, Objects, Resource, parse_selector};
use crate::policy::Cni;
use crate::policy::profile::{Recognised, recognise};
use crate::probe::act::Stop;
use crate::report::view::{Format, Style, render, render_findings, render_warnings};
use crate::report::{Answer, Finding};
use crate::source::live::{Cluster, PodPort, Replies};
use crate::source::{Collected, Needs, Reads, Recording, SYSTEM_NAMESPACE, manifests, snapshot};

/// Namespace of objects that name none, where no context says otherwise.
const DEFAULT_NAMESPACE: &str = "default";

/// What was read. The process ends with the answer, so nobody takes a hundred thousand objects apart again one by one.
pub type Kept = ManuallyDrop<Inventory>;

/// What a command needs of its surroundings.
pub struct Session {
    globals: Globals,
    source: Source,
    quiet: bool,
    /// What the command says it reads.
    reads: Option<Reads>,
}

/// Where objects come from.
enum Source {
    /// A cluster, connected to when it is first needed.
    Live(Option<Live>),
    Snapshot,
    Manifests,
}

struct Live {
    runtime: tokio::runtime::Runtime,
    cluster: Cluster,
    /// Since something is done to the cluster: what it takes to stop then.
    stop: Option<Arc<Stop>>,
}

impl Session {
    /// Reads the global flags; reads no file and no object yet.
    ///
    /// # Errors
    /// If flags contradict each other, or if no namespace can have the name of `--namespace`.
    pub fn new(globals: Globals) -> Result<Self, CommandError> {
        if let Some(name) = globals.selection.namespace.as_deref().filter(|name| !name.is_empty()) {
            targets::check_namespace(name)?;
        }
        let source = source::decide(&globals)?;
        Ok(Self { globals, source, quiet: false, reads: None })
    }

    /// Holds the command to what it says it reads: `rbac` prints nothing else.
    pub fn hold_to(&mut self, reads: Option<Reads>) {
        self.reads = reads;
    }

    /// Shows no progress from here on.
    pub fn hush(&mut self, quiet: bool) {
        self.quiet = quiet;
    }

    /// The global flags.
    pub fn globals(&self) -> &Globals {
        &self.globals
    }

    /// Namespace of names that carry none: `--namespace`, the context's, `default`.
    ///
    /// # Errors
    /// If the kubeconfig cannot be read.
    pub fn namespace(&mut self) -> Result<String, CommandError> {
        match self.globals.selection.namespace.clone().filter(|name| !name.is_empty()) {
            Some(namespace) => Ok(namespace),
            None if matches!(self.source, Source::Live(_)) => Ok(self.live()?.cluster.default_namespace().to_owned()),
            None => Ok(DEFAULT_NAMESPACE.to_owned()),
        }
    }

    /// The namespace that lists are about; none with `--all-namespaces`.
    ///
    /// # Errors
    /// If the kubeconfig cannot be read.
    pub fn scope(&mut self) -> Result<Option<String>, CommandError> {
        if self.globals.selection.all_namespaces { Ok(None) } else { self.namespace().map(Some) }
    }

    /// The namespace that an overview is about: as [`scope`](Self::scope), but all that files hold if none is named.
    ///
    /// # Errors
    /// If the kubeconfig cannot be read.
    pub fn matrix_scope(&mut self) -> Result<Option<String>, CommandError> {
        let named = self.globals.selection.namespace.as_ref().is_some_and(|name| !name.is_empty());
        if named || matches!(self.source, Source::Live(_)) { self.scope() } else { Ok(None) }
    }

    /// The namespace of `--namespace`; none if none is named, or all are meant.
    pub fn named_namespace(&self) -> Option<String> {
        let selection = &self.globals.selection;
        selection.namespace.clone().filter(|name| !name.is_empty() && !selection.all_namespaces)
    }

    /// What `--selector` says.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn selector(&self) -> Result<Option<LabelSelector>, CommandError> {
        let text = self.globals.selection.selector.as_deref();
        text.map(|text| parse_selector(text).map_err(|error| CommandError::new(ErrorKind::Usage, error))).transpose()
    }

    /// `--selector` as the end of a connection.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn selected(&mut self) -> Result<Option<TargetArg>, CommandError> {
        let (Some(selector), Some(text)) = (self.selector()?, self.globals.selection.selector.clone()) else { return Ok(None) };
        Ok(Some(TargetArg::Selector { selector, text, namespace: self.scope()? }))
    }

    /// The network plugin whose reading of policies counts: the one the user says, else the one the cluster shows.
    pub fn cni(&self, inventory: &Inventory) -> Cni {
        let chosen = self.globals.selection.cni.as_deref().and_then(Cni::parse);
        chosen.unwrap_or_else(|| match recognise(inventory) {
            Recognised::Enforces(cni) => cni,
            _ => Cni::default(),
        })
    }

    /// The format asked for; told before anything is read if the question does not have it.
    ///
    /// # Errors
    /// If the question cannot be written in it.
    pub fn format(&self, supported: &[Format]) -> Result<Format, CommandError> {
        let format = self.globals.output.output.unwrap_or(Format::Table);
        if supported.contains(&format) {
            return Ok(format);
        }
        let names: Vec<&str> = supported.iter().map(|f| f.name()).collect();
        Err(CommandError::new(ErrorKind::Usage, format!("this command has no output format \"{format}\""))
            .hint(format!("it has {}", names.join(", "))))
    }

    /// Reads what a question about `targets` needs: their namespaces, that of the session and kube-system are asked one
    /// by one where the list of all namespaces is forbidden.
    ///
    /// # Errors
    /// If nothing could be read, or if a name means something else in each of all namespaces.
    pub fn read(&mut self, resources: &[Resource], targets: &[Target]) -> Result<(Kept, Vec<Finding>), CommandError> {
        self.read_with_system(resources, &[], targets)
    }

    /// As `read`, and of the kinds in `system` what is in kube-system.
    ///
    /// # Errors
    /// As `read`.
    pub fn read_with_system(
        &mut self,
        resources: &[Resource],
        system: &[Resource],
        targets: &[Target],
    ) -> Result<(Kept, Vec<Finding>), CommandError> {
        let namespaces = self.namespaces_of(targets)?;
        let mut collected = self.collect(&Needs { resources: resources.to_vec(), system: system.to_vec(), namespaces })?;
        collected.coverage = needed(&collected.coverage, &[resources, system].concat());
        let findings = std::mem::take(&mut collected.findings);
        Ok((ManuallyDrop::new(Inventory::build(collected)), findings))
    }

    /// As `read`, and the kinds that `more` says of what is there.
    ///
    /// # Errors
    /// As `read`.
    pub fn read_with(
        &mut self,
        resources: &[Resource],
        more: impl Fn(&Objects) -> Vec<Resource>,
        targets: &[Target],
    ) -> Result<(Kept, Vec<Finding>), CommandError> {
        let namespaces = self.namespaces_of(targets)?;
        self.read_in_steps(resources, more, namespaces)
    }

    /// The namespaces of targets, that of the session and kube-system.
    fn namespaces_of(&mut self, targets: &[Target]) -> Result<Vec<String>, CommandError> {
        if self.globals.selection.all_namespaces && targets.iter().any(|target| target.end.needs_namespace()) {
            return Err(CommandError::new(ErrorKind::Usage, "a resource cannot be retrieved by name across all namespaces")
                .hint("say its namespace: -n NAMESPACE, or NAMESPACE/TYPE/NAME"));
        }
        let mut namespaces = vec![self.namespace()?, SYSTEM_NAMESPACE.to_owned()];
        namespaces.extend(targets.iter().filter_map(|target| target.end.namespace().map(str::to_owned)));
        namespaces.sort();
        namespaces.dedup();
        Ok(namespaces)
    }

    /// Reads what a question needs step by step: some kinds first, then those that `more` says of what is there, until it is all.
    ///
    /// # Errors
    /// If nothing could be read.
    pub fn read_in_steps(
        &mut self,
        first: &[Resource],
        more: impl Fn(&Objects) -> Vec<Resource>,
        mut namespaces: Vec<String>,
    ) -> Result<(Kept, Vec<Finding>), CommandError> {
        namespaces.push(self.namespace()?);
        namespaces.sort();
        namespaces.dedup();
        let mut resources = first.to_vec();
        let mut collected = self.collect(&Needs { resources: resources.clone(), system: Vec::new(), namespaces: namespaces.clone() })?;
        loop {
            let mut more = more(&collected.objects);
            more.retain(|resource| !resources.contains(resource));
            more.sort();
            more.dedup();
            if more.is_empty() {
                break;
            }
            resources.extend(&more);
            if matches!(self.source, Source::Manifests) {
                continue;
            }
            match self.collect(&Needs { resources: more.clone(), system: Vec::new(), namespaces: namespaces.clone() }) {
                Ok(rest) => {
                    collected.objects.merge(rest.objects);
                    collected.findings.extend(rest.findings);
                    for (resource, scope, state) in rest.coverage.iter() {
                        collected.coverage.record(resource, scope.map(str::to_owned), state.clone());
                    }
                }
                // What was read first answers, as far as it goes.
                Err(error) => {
                    let why = || error.message.trim_start_matches("error: ").to_owned();
                    let state = if error.kind == ErrorKind::Forbidden { State::Forbidden } else { State::Failed(why()) };
                    more.iter().for_each(|resource| collected.coverage.record(*resource, None, state.clone()));
                }
            }
        }
        collected.coverage = needed(&collected.coverage, &resources);
        let findings = std::mem::take(&mut collected.findings);
        Ok((ManuallyDrop::new(Inventory::build(collected)), findings))
    }

    fn collect(&mut self, needs: &Needs) -> Result<Collected, CommandError> {
        if let Some(kind) = self.reads.as_ref().and_then(|reads| reads.lack(needs)).filter(|_| cfg!(debug_assertions)) {
            return Err(CommandError::new(ErrorKind::Bug, format!("{} are read, and `rbac` does not say so", kind.plural())));
        }
        let selection = self.globals.selection.clone();
        match (&self.source, &selection.from) {
            (Source::Manifests, _) => {
                let inputs = selection.filename.iter().map(|path| source::input(path)).collect::<Result<Vec<_>, _>>()?;
                let options = manifests::Options { default_namespace: self.namespace()?, recursive: selection.recursive };
                manifests::read(&inputs, &options).map_err(|error| CommandError::new(ErrorKind::Failed, error))
            }
            (Source::Snapshot, Some(path)) => snapshot::read(path, needs).map_err(|error| CommandError::new(ErrorKind::Failed, error)),
            (Source::Snapshot, None) | (Source::Live(_), _) => {
                let progress = self.progress();
                let Live { runtime, cluster, .. } = self.live()?;
                Ok(runtime.block_on(cluster.collect(needs, &progress))?)
            }
        }
    }

    /// Everything of these kinds as the cluster has it, for a snapshot.
    ///
    /// # Errors
    /// If nothing could be read, or if there is no cluster to read from.
    pub fn record(&mut self, resources: &[Resource]) -> Result<Recording, CommandError> {
        if !matches!(self.source, Source::Live(_)) {
            return Err(CommandError::new(ErrorKind::Usage, "a snapshot is taken of a cluster: --from and --filename name none"));
        }
        let namespaces = vec![self.namespace()?, SYSTEM_NAMESPACE.to_owned()];
        let progress = self.progress();
        let Live { runtime, cluster, .. } = self.live()?;
        Ok(runtime.block_on(cluster.record(resources, &namespaces, &progress))?)
    }

    /// Asks servers of names in pods of the cluster, each for itself.
    ///
    /// # Errors
    /// If there is no cluster.
    pub fn ask_servers(&mut self, servers: &[PodPort], questions: &[Asked]) -> Result<Vec<Replies>, CommandError> {
        if !matches!(self.source, Source::Live(_)) {
            return Err(CommandError::new(ErrorKind::Usage, "servers of a cluster are to be asked: --from and --filename name none"));
        }
        let progress = self.progress();
        let Live { runtime, cluster, .. } = self.live()?;
        Ok(runtime.block_on(cluster.ask_servers(servers, questions, &progress)))
    }

    /// Version of the API server, if it tells within the time.
    ///
    /// # Errors
    /// If no kubeconfig says where it is.
    pub fn server_version(&mut self, patience: std::time::Duration) -> Result<Option<String>, CommandError> {
        let Live { runtime, cluster, .. } = self.live()?;
        Ok(runtime.block_on(cluster.server_version(patience)))
    }

    fn progress(&self) -> TerminalProgress {
        TerminalProgress::new(self.quiet, self.globals.connection.verbosity)
    }

    /// The cluster. Ctrl-C needs no care where things are only read: files appear whole, and a process that dies of the signal is what
    /// shells show as 130. Where something was made in a cluster, `probing` takes care.
    fn live(&mut self) -> Result<&mut Live, CommandError> {
        let opened = match std::mem::replace(&mut self.source, Source::Live(None)) {
            Source::Live(Some(live)) => live,
            _ => open(&self.globals.connection)?,
        };
        self.source = Source::Live(Some(opened));
        match &mut self.source {
            Source::Live(Some(live)) => Ok(live),
            _ => Err(CommandError::new(ErrorKind::Bug, "no cluster")),
        }
    }

    /// Writes an answer to standard output; what was noticed and what is missing to standard error.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn print(&self, answer: &Answer) -> Result<(), CommandError> {
        let format = self.format(answer.formats())?;
        render(answer, format, &self.style(Stream::Stdout), &mut std::io::stdout().lock())?;
        render_warnings(answer, &self.style(Stream::Stderr), &mut std::io::stderr().lock())?;
        Ok(())
    }

    /// Says that what was asked about is empty, as kubectl does: on standard error, and without an error. Programs get the
    /// report all the same.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn print_nothing(&self, answer: &Answer, scope: Option<&str>, hint: Option<&str>) -> Result<(), CommandError> {
        if !matches!(self.format(answer.formats())?, Format::Table | Format::Wide) {
            return self.print(answer);
        }
        let mut stderr = std::io::stderr().lock();
        match scope {
            Some(namespace) => writeln!(stderr, "No resources found in {namespace} namespace.")?,
            None => writeln!(stderr, "No resources found")?,
        }
        if let Some(hint) = hint {
            writeln!(stderr, "hint: {hint}")?;
        }
        render_warnings(answer, &self.style(Stream::Stderr), &mut stderr)?;
        Ok(())
    }

    /// Writes what the source had to say to standard error, where an error follows instead of an answer.
    pub fn warn(&self, noticed: &[Finding]) {
        if !self.quiet {
            // The error that follows is what counts; it must not be lost because a warning could not be written.
            drop(render_findings(noticed, &self.style(Stream::Stderr), &mut std::io::stderr().lock()));
        }
    }

    /// Writes plain text to standard output.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn say(&self, text: &str) -> Result<(), CommandError> {
        Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
    }

    /// How text is written to a stream.
    pub fn style(&self, stream: Stream) -> Style {
        let output = &self.globals.output;
        let style = Terminal::of(stream).style(output.color);
        Style { headers: !output.no_headers, all_namespaces: self.globals.selection.all_namespaces, ..style }
    }
}

fn open(options: &ConnectionOptions) -> Result<Live, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let cluster = runtime.block_on(Cluster::connect(options))?;
    Ok(Live { runtime, cluster, stop: None })
}

/// Coverage of what was asked for: the rest does not matter to the answer, and what nobody tried is a hole, too.
fn needed(coverage: &Coverage, resources: &[Resource]) -> Coverage {
    let mut needed = coverage.restricted_to(resources);
    for resource in resources {
        if !needed.iter().any(|(known, ..)| known == *resource) {
            needed.record(*resource, None, State::NotInSnapshot);
        }
    }
    needed
}
