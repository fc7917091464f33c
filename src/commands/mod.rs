//! The questions, one file each: its arguments, whose doc comments are the help, and its wiring.
//!
//! This file is their only index: a module line, a variant, a match arm.

mod can_reach;
mod completion;
mod effective_policy;
mod explain;
mod matrix;
mod options;
mod reachable_from;
mod snapshot;
mod version;
mod who_can_reach;

use crate::cli::{CommandError, ExitCode, Session};
use crate::objects::Resource;

/// A question.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Who may connect to a pod, and because of which policies
    WhoCanReach(who_can_reach::Args),
    /// Where a pod may connect to
    ReachableFrom(reachable_from::Args),
    /// Whether one pod may connect to another, and which rule decides
    CanReach(can_reach::Args),
    /// What all policies of a pod come to
    EffectivePolicy(effective_policy::Args),
    /// All connections between workloads
    Matrix(matrix::Args),
    /// Record what the questions need, to ask later or elsewhere
    Snapshot(snapshot::Args),
    /// What a finding means
    Explain(explain::Args),
    /// Print the version of the plugin and of the cluster
    Version(version::Args),
    /// Print shell completion
    Completion(completion::Args),
    /// Print the flags every command takes
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
            Self::Snapshot(args) => snapshot::run(session, args),
            Self::Explain(args) => explain::run(session, args),
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

/// Kinds on which reachability depends. Workloads among them: they group pods and are named in arguments.
const REACHABILITY: [Resource; 12] = [
    Resource::Namespaces,
    Resource::Nodes,
    Resource::Pods,
    Resource::Services,
    Resource::EndpointSlices,
    Resource::NetworkPolicies,
    Resource::Deployments,
    Resource::ReplicaSets,
    Resource::StatefulSets,
    Resource::DaemonSets,
    Resource::Jobs,
    Resource::CronJobs,
];
