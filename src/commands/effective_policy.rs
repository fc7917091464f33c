//! `effective-policy`: all policies of a pod added up.

use super::{Outcome, reach};
use crate::cli::{CommandError, ErrorKind, Session, complete, targets};
use crate::policy::{Model, questions};
use crate::report::{Answer, Question, Report};

/// What all policies of a pod come to
///
/// For each direction: which policies isolate the pod, the union of what they allow with overlaps merged and exceptions
/// carved out, rules that add nothing or match nothing now, and what is easily misread.
#[derive(Debug, clap::Args)]
#[command(before_help = "\
Examples:
  # Everything that applies to a Deployment's pods, in one table
  kubectl netstore effective-policy deploy/web -n shop

  # Before it is applied
  kubectl netstore effective-policy deploy/web -f web.yaml -f policies/")]
pub struct Args {
    /// Pod (NAME), TYPE/NAME, TYPE NAME or ns/NAME; or none with --selector
    #[arg(value_name = "POD|WORKLOAD", num_args = 0..=2, add = complete::targets())]
    subject: Vec<String>,
}

/// Answers the question.
///
/// # Errors
/// If it cannot be answered.
pub fn run(session: &mut Session, args: &Args) -> Result<Outcome, CommandError> {
    session.format(Question::EffectivePolicy.formats())?;
    let subject = reach::one(session, &args.subject, "POD|WORKLOAD")?;
    reach::no_port(&subject)?;
    if matches!(subject.end, targets::TargetArg::Address(_) | targets::TargetArg::Cidr(_)) {
        return Err(CommandError::new(ErrorKind::Usage, "policies apply to pods, not to addresses").hint("name a pod or a workload"));
    }
    let (inventory, noticed) = reach::read(session, std::slice::from_ref(&subject))?;
    let resolved = reach::resolve(session, &inventory, &noticed, &subject)?;
    let model = Model::compile(&inventory, session.cni(&inventory));
    let (result, findings) = questions::effective_policy(&model, &resolved);
    session.print(&Answer::EffectivePolicy(Report::new("EffectivePolicy", &inventory, result, super::all(noticed, findings))))?;
    Ok(Outcome::Answered)
}
