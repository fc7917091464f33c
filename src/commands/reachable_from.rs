//! `reachable-from`: every destination a source may connect to, DNS and the API server among them.

use super::{Outcome, reach};
use crate::cli::{CommandError, Session, complete};
use crate::policy::{Model, questions};
use crate::report::{Answer, Question, Report};

/// Where a pod may connect to
///
/// The mirror of who-can-reach: workloads, Services, ranges of addresses outside the cluster, and whether the cluster's
/// DNS (UDP and TCP) and the API server are among them.
#[derive(Debug, clap::Args)]
#[command(before_help = "\
Examples:
  # Where can the pods of a Deployment go?
  kubectl netstore reachable-from deploy/web -n shop

  # And every pod with a label?
  kubectl netstore reachable-from -l tier=frontend")]
pub struct Args {
    /// Pod (NAME), TYPE/NAME, TYPE NAME, ns/NAME, address or CIDR; or none with --selector
    #[arg(value_name = "SOURCE", num_args = 0..=2, add = complete::targets())]
    source: Vec<String>,
}

/// Answers the question.
///
/// # Errors
/// If it cannot be answered.
pub fn run(session: &mut Session, args: &Args) -> Result<Outcome, CommandError> {
    session.format(Question::ReachableFrom.formats())?;
    let source = reach::one(session, &args.source, "SOURCE")?;
    reach::no_port(&source)?;
    let (inventory, noticed) = reach::read(session, std::slice::from_ref(&source))?;
    let resolved = reach::resolve(session, &inventory, &noticed, &source)?;
    let model = Model::compile(&inventory, session.cni(&inventory));
    let (result, findings) = questions::reachable_from(&model, &resolved);
    session.print(&Answer::ReachableFrom(Report::new("ReachableFrom", &inventory, result, super::all(noticed, findings))))?;
    Ok(Outcome::Answered)
}
