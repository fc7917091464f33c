//! The questions, one file each: its arguments, whose doc comments are the help, and its wiring.
//!
//! This file is their only index: a module line, a variant, a match arm.

mod can_reach;
mod completion;
mod dns;
mod effective_policy;
mod explain;
mod matrix;
mod options;
mod probe;
mod pvc_why_pending;
mod qos;
mod rbac;
mod reach;
mod reachable_from;
mod snapshot;
mod storage;
mod verify;
mod version;
mod volumes;
mod who_can_reach;

use crate::cli::{CommandError, ExitCode, Session, targets};
use crate::inventory::Inventory;
use crate::objects::Resource;
use crate::report::view::Format;
use crate::report::{Answer, Finding, Question};
use crate::source::Reads;

/// A question. What it is about stands in its file, over its arguments.
#[derive(Debug, clap::Subcommand)]
#[expect(missing_docs, reason = "a comment here would hide the one over the arguments from --help")]
pub enum Command {
    WhoCanReach(who_can_reach::Args),
    ReachableFrom(reachable_from::Args),
    CanReach(can_reach::Args),
    EffectivePolicy(effective_policy::Args),
    Matrix(matrix::Args),
    PvcWhyPending(pvc_why_pending::Args),
    Volumes(volumes::Args),
    Storage(storage::Args),
    Qos(qos::Args),
    Dns(dns::Args),
    Probe(probe::Args),
    Verify(verify::Args),
    Snapshot(snapshot::Args),
    Explain(explain::Args),
    Rbac(rbac::Args),
    Version(version::Args),
    Completion(completion::Args),
    Options(options::Args),
}

impl Command {
    /// Asks the question.
    ///
    /// # Errors
    /// If it cannot be answered.
    pub fn run(&self, session: &mut Session) -> Result<Outcome, CommandError> {
        match self {
            Self::WhoCanReach(args) => who_can_reach::run(session, args),
            Self::ReachableFrom(args) => reachable_from::run(session, args),
            Self::CanReach(args) => can_reach::run(session, args),
            Self::EffectivePolicy(args) => effective_policy::run(session, args),
            Self::Matrix(args) => matrix::run(session, args),
            Self::PvcWhyPending(args) => pvc_why_pending::run(session, args),
            Self::Volumes(args) => volumes::run(session, args),
            Self::Storage(args) => storage::run(session, args),
            Self::Qos(args) => qos::run(session, args),
            Self::Dns(args) => dns::run(session, args),
            Self::Probe(args) => probe::run(session, args),
            Self::Verify(args) => verify::run(session, args),
            Self::Snapshot(args) => snapshot::run(session, args),
            Self::Explain(args) => explain::run(session, args),
            Self::Rbac(args) => rbac::run(session, args),
            Self::Version(args) => version::run(session, args),
            Self::Completion(args) => completion::run(session, args),
            Self::Options(args) => options::run(session, args),
        }
    }
}

/// How a question that was answered ends the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Answered.
    Answered,
    /// Answered with «no», and the caller asked for a code.
    No,
    /// Not to be told, and the caller asked for a code.
    Undecided,
}

impl Outcome {
    /// The code the process ends with.
    pub fn exit_code(self) -> ExitCode {
        match self {
            Self::Answered => ExitCode::Success,
            Self::No => ExitCode::No,
            Self::Undecided => ExitCode::Undecided,
        }
    }
}

/// Formats in which the command of this name (`dns records` is one, too) answers; none for commands that only talk.
pub fn formats(command: &str) -> &'static [Format] {
    let question = Question::ALL.iter().find(|question| question.name() == command);
    match question {
        Some(question) => question.formats(),
        None => match command {
            "probe rights" => probe::rights::FORMATS,
            "version" => version::FORMATS,
            "rbac" => rbac::FORMATS,
            _ => &[],
        },
    }
}

/// The whole name of a command, and what it reads at most.
type Reader = (&'static str, fn() -> Reads);

/// Commands that read a cluster.
const READS: [Reader; 15] = [
    ("who-can-reach", reach::reads),
    ("reachable-from", reach::reads),
    ("can-reach", reach::reads),
    ("effective-policy", reach::reads),
    ("matrix", reach::reads),
    ("pvc-why-pending", pvc_why_pending::reads),
    ("volumes", volumes::reads),
    ("storage", storage::reads),
    ("qos", qos::reads),
    ("dns", dns::reads),
    ("dns records", dns::reads_for_records),
    ("dns doctor", dns::reads_for_doctor),
    ("dns verify", dns::reads_for_verify),
    ("probe", probe::reads),
    ("verify", verify::reads),
];

/// What the command of this name reads at most; none for commands that only talk.
pub fn reads(command: &str) -> Option<Reads> {
    match command {
        "snapshot" => Some(Reads::lists(Resource::ALL)),
        _ => READS.iter().find(|(name, _)| *name == command).map(|(_, reads)| reads()),
    }
}

/// Prints an answer; or, if it is about nothing at all, says so and names the namespace that may have been meant.
fn print(session: &Session, inventory: &Inventory, answer: &Answer, namespace: Option<&str>, empty: bool) -> Result<Outcome, CommandError> {
    if empty {
        let hint = namespace.and_then(|namespace| targets::similar_namespace(inventory, namespace));
        session.print_nothing(answer, namespace, hint.as_deref())?;
    } else {
        session.print(answer)?;
    }
    Ok(Outcome::Answered)
}

/// Findings of the source and of the engine.
fn all(mut noticed: Vec<Finding>, found: Vec<Finding>) -> Vec<Finding> {
    noticed.extend(found);
    noticed
}
