//! Completion: of kubectl's question `__complete WORDS… CURRENT`, and of the shells' own.
//!
//! Names come from the source the words name, within a short time and silently: a TAB key never shows an error.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::time::Duration;

use clap::FromArgMatches;
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use super::budget::within;
use super::{CommandError, Globals, Session, help};
use crate::inventory::{GroupKind, Inventory};
use crate::objects::Resource;

/// The program that shells complete.
pub const BINARY: &str = "kubectl-netstore";
/// Variable by which scripts of the shells ask.
pub const VARIABLE: &str = "NETSTORE_COMPLETE";

/// Nobody waits longer for a TAB key.
const PATIENCE: Duration = Duration::from_millis(1500);
/// A longer list helps nobody.
const MOST: usize = 500;

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

/// Completes the names of namespaces.
pub fn namespaces() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let names = known(Resource::Namespaces, |inventory, _| inventory.namespaces.iter().map(|n| n.name.clone()).collect());
        starting_with(current, names)
    })
}

/// Completes the names of claims.
pub fn claims() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let here = |inventory: &Inventory, namespace: &str| -> Vec<String> {
            let claims = inventory.objects.claims.iter().filter(|claim| claim.metadata.namespace == namespace);
            claims.map(|claim| claim.metadata.name.clone()).collect()
        };
        starting_with(current, known(Resource::PersistentVolumeClaims, here))
    })
}

/// Completes what a question may be about: names of pods, `TYPE/`, and the names of a type.
pub fn targets() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let Some(typed) = current.to_str() else { return Vec::new() };
        let names = match typed.split_once('/') {
            None => {
                let mut names: Vec<String> = TYPES.iter().map(|(short, _)| format!("{short}/")).collect();
                names.extend(known(Resource::Pods, pods));
                names
            }
            Some((kind, _)) => match TYPES.iter().find(|(short, _)| *short == kind) {
                Some((short, resource)) => {
                    let names = known(*resource, |inventory, namespace| named(inventory, *resource, namespace));
                    names.into_iter().map(|name| format!("{short}/{name}")).collect()
                }
                None => Vec::new(),
            },
        };
        starting_with(current, names)
    })
}

/// Types that can be targets, as they are completed, and where their names come from.
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

fn pods(inventory: &Inventory, namespace: &str) -> Vec<String> {
    let here = inventory.pods.iter().filter(|info| !info.template && info.pod.metadata.namespace == namespace);
    here.map(|info| info.pod.metadata.name.clone()).collect()
}

fn named(inventory: &Inventory, resource: Resource, namespace: &str) -> Vec<String> {
    match resource {
        Resource::Pods => pods(inventory, namespace),
        Resource::Namespaces => inventory.namespaces.iter().map(|n| n.name.clone()).collect(),
        Resource::Services => {
            let here = inventory.objects.services.iter().filter(|s| s.metadata.namespace == namespace);
            here.map(|s| s.metadata.name.clone()).collect()
        }
        workloads => {
            let kind = GroupKind::new(workloads.kind());
            let here = inventory.objects.workloads.iter().filter(|w| w.kind.name() == kind.name() && w.metadata.namespace == namespace);
            here.map(|w| w.metadata.name.clone()).collect()
        }
    }
}

/// Names of objects of this kind, from the source and the namespace that the words before name; none on any trouble.
fn known(resource: Resource, names: impl Fn(&Inventory, &str) -> Vec<String> + Send + 'static) -> Vec<String> {
    let words = typed();
    let ask = move || {
        let matches = help::command(None).ignore_errors(true).try_get_matches_from(words).ok()?;
        let mut session = Session::new(Globals::from_arg_matches(&matches).ok()?).ok()?;
        session.hush(true);
        let (inventory, _) = session.read(&[resource], &[]).ok()?;
        let namespace = session.namespace().ok()?;
        Some(names(&inventory, &namespace))
    };
    within(PATIENCE, ask).unwrap_or_default()
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
