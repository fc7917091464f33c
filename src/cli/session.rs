//! One run of one command: where objects come from, which namespace is meant, where the answer goes.

use std::io::Write;

use serde::Serialize;

use super::{CommandError, Format, Globals};
use crate::inventory::{Coverage, Inventory, State};
use crate::objects::{LabelSelector, Resource, parse_selector};
use crate::report::{Finding, Report};
use crate::source::{Collected, Needs};

/// Namespace of objects that name none, where no context says otherwise.
const DEFAULT_NAMESPACE: &str = "default";

/// Where the network plugin and the cluster's DNS run: looked at by every question about reachability.
const SYSTEM_NAMESPACE: &str = "kube-system";

/// What a command needs of its surroundings.
#[derive(Debug)]
pub struct Session {
    globals: Globals,
    source: Source,
    namespace: String,
}

/// Where objects come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Live,
    Snapshot,
    Manifests,
}

impl Session {
    /// Reads the global flags; reads no object yet.
    ///
    /// # Errors
    /// If flags contradict each other.
    pub fn new(globals: Globals) -> Result<Self, CommandError> {
        let source = source(&globals)?;
        let namespace = globals.selection.namespace.clone().unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned());
        Ok(Self { globals, source, namespace })
    }

    /// The global flags.
    pub fn globals(&self) -> &Globals {
        &self.globals
    }

    /// Namespace of names that carry none.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The namespace that lists are about; none with `--all-namespaces`.
    pub fn scope(&self) -> Option<&str> {
        (!self.globals.selection.all_namespaces).then_some(self.namespace())
    }

    /// What `--selector` says.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn selector(&self) -> Result<Option<LabelSelector>, CommandError> {
        let text = self.globals.selection.selector.as_deref();
        text.map(|text| parse_selector(text).map_err(|error| CommandError::new(ErrorKind::Usage, format!("{error}")))).transpose()
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
            .hint(format!("It has: {}", names.join(", "))))
    }

    /// Reads what the question needs. The namespace of the context, `named` and kube-system are asked one by one where
    /// the list of all namespaces is forbidden.
    ///
    /// # Errors
    /// If nothing could be read.
    pub fn read<'a>(
        &mut self,
        resources: &[Resource],
        named: impl IntoIterator<Item = &'a str>,
    ) -> Result<(Inventory, Vec<Finding>), CommandError> {
        let mut namespaces = vec![self.namespace.clone(), SYSTEM_NAMESPACE.to_owned()];
        namespaces.extend(named.into_iter().map(str::to_owned));
        namespaces.sort();
        namespaces.dedup();
        let needs = Needs { resources: resources.to_vec(), namespaces };
        let mut collected = self.collect(&needs)?;
        collected.coverage = needed(&collected.coverage, resources);
        let findings = std::mem::take(&mut collected.findings);
        Ok((Inventory::build(collected), findings))
    }

    fn collect(&self, _needs: &Needs) -> Result<Collected, CommandError> {
        Err(CommandError::new(ErrorKind::NotFound, format!("reading from {:?} is not merged yet", self.source)))
    }

    /// Writes a report to standard output, what is missing in it to standard error.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn print<T: Serialize>(&self, report: &Report<T>) -> Result<(), CommandError> {
        let text = serde_json::to_string_pretty(report).map_err(std::io::Error::from)?;
        writeln!(std::io::stdout(), "{text}")?;
        Ok(())
    }
}

/// Decides where objects come from.
fn source(globals: &Globals) -> Result<Source, CommandError> {
    let selection = &globals.selection;
    let (from, files) = (selection.from.is_some(), !selection.filename.is_empty());
    if from && files {
        return Err(CommandError::new(ErrorKind::Usage, "--from and --filename cannot be used together")
            .hint("--from answers from a recorded cluster, --filename from manifests."));
    }
    if selection.recursive && !files {
        return Err(CommandError::new(ErrorKind::Usage, "--recursive is only for --filename"));
    }
    let cluster = &globals.connection;
    let pointed = [("--context", cluster.context.is_some()), ("--kubeconfig", cluster.kubeconfig.is_some())];
    let offline = if from { Some(("--from", Source::Snapshot)) } else { files.then_some(("--filename", Source::Manifests)) };
    let Some((flag, source)) = offline else { return Ok(Source::Live) };
    match pointed.iter().find(|(_, given)| *given) {
        Some((other, _)) => Err(CommandError::new(ErrorKind::Usage, format!("{flag} and {other} cannot be used together"))
            .hint(format!("With {flag} no cluster is asked."))),
        None => Ok(source),
    }
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
