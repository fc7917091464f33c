//! Completion: of kubectl's question `__complete WORDS… CURRENT`, and of the shells' own.
//!
//! Names come from the source the words name, of a cluster by metadata alone, within a short time and silently: a TAB key never shows
//! an error, and never asks for a password.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::time::Duration;

use clap::FromArgMatches;
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use super::budget::within;
use super::{CommandError, Globals, Session, help};
use crate::inventory::{GroupKind, Inventory};
use crate::objects::{Meta, Resource};
use crate::source::live::{self, Entries};

/// The program that shells complete.
pub const BINARY: &str = "kubectl-netstore";
/// Variable by which scripts of the shells ask.
pub const VARIABLE: &str = "NETSTORE_COMPLETE";

/// Nobody waits longer for a TAB key.
const PATIENCE: Duration = Duration::from_millis(1500);
/// A longer list helps nobody.
const MOST: usize = 500;

/// Whether this call is a question of kubectl or of a shell.
pub fn is_asked(argv: &[OsString]) -> bool {
    std::env::var_os(VARIABLE).is_some() || argv.get(1).is_some_and(|first| first == "__complete" || first == "__completeNoDesc")
}

/// Answers if this call is a question of kubectl or of a shell; says whether it was.
///
/// # Errors
/// If the answer cannot be written.
pub fn answer(argv: &[OsString]) -> Result<bool, CommandError> {
    if let [_, first, words @ ..] = argv
        && (first == "__complete" || first == "__completeNoDesc")
    {
        return candidates(words, first == "__complete").map(|()| true);
    }
    if std::env::var_os(VARIABLE).is_none() {
        return Ok(false);
    }
    let shells = CompleteEnv::with_factory(|| help::command(None)).var(VARIABLE).bin(BINARY).completer(BINARY);
    Ok(shells.try_complete(argv.iter().cloned(), std::env::current_dir().ok().as_deref()).unwrap_or(true))
}

/// One candidate a line, `value<TAB>description`, then Cobra's directive.
fn candidates(words: &[OsString], descriptions: bool) -> Result<(), CommandError> {
    let current = words.last().cloned().unwrap_or_default();
    let mut args = vec![OsString::from(BINARY)];
    args.extend(words.iter().cloned());
    if words.is_empty() {
        args.push(OsString::new());
    }
    let position = args.len() - 1;
    let found = clap_complete::engine::complete(&mut help::command(None), args, position, std::env::current_dir().ok().as_deref());
    let mut text = String::new();
    let mut open = false;
    for candidate in found.unwrap_or_default() {
        let value = candidate.get_value().to_string_lossy();
        // All flags for an empty word would bury what is asked for.
        if candidate.is_hide_set() || (value.starts_with('-') && !current.as_encoded_bytes().starts_with(b"-")) {
            continue;
        }
        open |= value.ends_with('/');
        text.push_str(&value);
        if let Some(help) = candidate.get_help().filter(|_| descriptions) {
            text.push('\t');
            text.push_str(help.to_string().lines().next().unwrap_or_default());
        }
        text.push('\n');
    }
    // 4: no file names from the shell; 2: no space, there is more to come.
    text.push_str(if open { ":6\n" } else { ":4\n" });
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}

/// Completes the names of entries in the kubeconfig.
pub fn entries(what: Entries) -> ArgValueCompleter {
    ArgValueCompleter::new(move |current: &OsStr| {
        let names = globals().and_then(|globals| live::entries(&globals.connection, what).ok());
        starting_with(current, names.unwrap_or_default())
    })
}

/// Completes the names of namespaces.
pub fn namespaces() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| starting_with(current, known(Resource::Namespaces)))
}

/// Completes the names of commands, also where they have two words: `dns verify`.
pub fn commands(names: fn() -> Vec<&'static str>) -> ArgValueCompleter {
    ArgValueCompleter::new(move |current: &OsStr| {
        let before = command_before();
        let below = |name: &'static str| match before.as_slice() {
            [] => (!name.contains(' ')).then_some(name),
            [first] => name.strip_prefix(first.as_str())?.strip_prefix(' '),
            _ => None,
        };
        starting_with(current, names().into_iter().filter_map(below).map(str::to_owned).collect())
    })
}

/// The words of a command before the current one, among the arguments of the command that is being completed.
fn command_before() -> Vec<String> {
    let mut words = typed();
    words.pop();
    let matches = help::command(None).ignore_errors(true).try_get_matches_from(words);
    let command = matches
        .ok()
        .and_then(|mut matches| matches.remove_subcommand())
        .and_then(|(_, mut below)| below.try_remove_many("command").ok().flatten());
    command.into_iter().flatten().collect()
}

/// Completes the names of claims.
pub fn claims() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| starting_with(current, of_types(current, &[("pvc", Resource::PersistentVolumeClaims)])))
}

/// Completes what a question may be about: names of pods, `TYPE/`, and the names of a type.
pub fn targets() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| starting_with(current, of_types(current, &TYPES)))
}

/// The same where nodes are meant, too.
pub fn targets_and_nodes() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let types = [&TYPES[..], &[("node", Resource::Nodes)]].concat();
        starting_with(current, of_types(current, &types))
    })
}

/// Types that can be targets, as they are completed, and where their names come from. Names alone are those of the first.
const TYPES: [(&str, Resource); 9] = [
    ("pod", Resource::Pods),
    ("deploy", Resource::Deployments),
    ("sts", Resource::StatefulSets),
    ("ds", Resource::DaemonSets),
    ("rs", Resource::ReplicaSets),
    ("job", Resource::Jobs),
    ("cj", Resource::CronJobs),
    ("svc", Resource::Services),
    ("ns", Resource::Namespaces),
];

/// `TYPE/NAME`, `TYPE NAME`, or a name alone.
fn of_types(current: &OsStr, types: &[(&str, Resource)]) -> Vec<String> {
    let Some(typed) = current.to_str() else { return Vec::new() };
    if let Some((kind, _)) = typed.split_once('/') {
        let Some((short, resource)) = types.iter().find(|(short, _)| *short == kind) else { return Vec::new() };
        return known(*resource).into_iter().map(|name| format!("{short}/{name}")).collect();
    }
    if let Some(resource) = type_before(types) {
        return known(resource);
    }
    let mut names: Vec<String> = types.iter().map(|(short, _)| format!("{short}/")).collect();
    names.extend(types.first().map(|(_, resource)| known(*resource)).unwrap_or_default());
    names
}

/// The type that the word before the current one names, unless that is the value of a flag.
fn type_before(types: &[(&str, Resource)]) -> Option<Resource> {
    let words = typed();
    let [.., flag, word, _] = words.as_slice() else { return None };
    if flag.as_encoded_bytes().starts_with(b"-") && !flag.as_encoded_bytes().contains(&b'=') {
        return None;
    }
    let word = word.to_str()?.to_lowercase();
    let names = |resource: Resource| word == resource.plural() || word == resource.kind().to_lowercase();
    types.iter().find(|(short, resource)| word == *short || names(*resource)).map(|(_, resource)| *resource)
}

/// Names of objects of this kind, from the source and the namespace that the words before name; none on any trouble.
fn known(resource: Resource) -> Vec<String> {
    let ask = move || {
        let globals = globals()?;
        let Globals { selection, connection, .. } = &globals;
        if selection.from.is_some() || !selection.filename.is_empty() {
            return recorded(globals, resource);
        }
        let namespace = selection.namespace.as_deref().filter(|name| !name.is_empty());
        live::names(connection, resource, namespace).ok()
    };
    within(PATIENCE, ask).unwrap_or_default()
}

/// The same from a snapshot or manifests.
fn recorded(globals: Globals, resource: Resource) -> Option<Vec<String>> {
    let mut session = Session::new(globals).ok()?;
    session.hush(true);
    let (inventory, _) = session.read(&[resource], &[]).ok()?;
    let namespace = session.namespace().ok()?;
    Some(named(&inventory, resource, &namespace))
}

fn named(inventory: &Inventory, resource: Resource, namespace: &str) -> Vec<String> {
    let here = |metadata: &Meta| (metadata.namespace == namespace).then(|| metadata.name.clone());
    let objects = &inventory.objects;
    match resource {
        Resource::Pods => inventory.pods.iter().filter(|info| !info.template).filter_map(|info| here(&info.pod.metadata)).collect(),
        Resource::Namespaces => inventory.namespaces.iter().map(|n| n.name.clone()).collect(),
        Resource::Nodes => objects.nodes.iter().map(|node| node.metadata.name.clone()).collect(),
        Resource::Services => objects.services.iter().filter_map(|service| here(&service.metadata)).collect(),
        Resource::PersistentVolumeClaims => objects.claims.iter().filter_map(|claim| here(&claim.metadata)).collect(),
        workloads => {
            let kind = GroupKind::new(workloads.kind());
            let of_kind = objects.workloads.iter().filter(|workload| workload.kind.name() == kind.name());
            of_kind.filter_map(|workload| here(&workload.metadata)).collect()
        }
    }
}

/// The global flags among the words.
fn globals() -> Option<Globals> {
    let matches = help::command(None).ignore_errors(true).try_get_matches_from(typed()).ok()?;
    Globals::from_arg_matches(&matches).ok()
}

/// The command line that is being completed: behind `__complete`, or behind the first `--` of a shell's question.
fn typed() -> Vec<OsString> {
    let mut words = std::env::args_os().skip_while(|word| word != "__complete" && word != "__completeNoDesc" && word != "--");
    let mut typed: Vec<OsString> = if words.next().is_some_and(|word| word == "--") { Vec::new() } else { vec![BINARY.into()] };
    typed.extend(words);
    typed
}

fn starting_with(current: &OsStr, names: Vec<String>) -> Vec<CompletionCandidate> {
    let Some(typed) = current.to_str() else { return Vec::new() };
    // Manifests may hold names that no API server would take; one line is one candidate.
    let printable = |name: &String| name.starts_with(typed) && !name.contains(char::is_control);
    names.into_iter().filter(printable).take(MOST).map(CompletionCandidate::new).collect()
}
