//! `can-reach`: one connection, and which rule decides it.

use super::{Outcome, reach};
use crate::cli::{CommandError, ErrorKind, Session, complete, targets};
use crate::policy::question::PortQuery;
use crate::policy::{Model, questions};
use crate::report::{Answer, Question, Report, Verdict};

/// Whether a pod may connect to another, and what decides
///
/// Each rule of each policy that selects either side is shown with what of it matched; if nothing allows the connection,
/// the nearest miss says what is missing. Without a port, the ports that are allowed are the answer.
#[derive(Debug, clap::Args)]
#[command(before_help = "\
Examples:
  # Can the pods of a Deployment use a Service?
  kubectl netstore can-reach deploy/web svc/payments:443 -n shop

  # One pod, one address, one port
  kubectl netstore can-reach web-5c9d 10.20.0.7:53/UDP

  # In a script: 0 yes, 3 no, 4 not to be told
  kubectl netstore can-reach -q deploy/web shop/deploy/db:5432 || echo blocked")]
pub struct Args {
    /// Two of: pod (NAME), TYPE/NAME, TYPE NAME, ns/NAME, address, CIDR; the target also svc/NAME, and with a :PORT
    #[arg(value_names = ["SOURCE", "TARGET[:PORT[/PROTOCOL]]"], num_args = 0..=4, add = complete::targets())]
    ends: Vec<String>,
    /// Port of the target: 5432, 5432/UDP, 8000-8080 or a name
    #[arg(long, value_name = "PORT[/PROTOCOL]", value_parser = targets::parse_port)]
    port: Option<PortQuery>,
    /// End with 0 if the answer is yes, 3 if it is no, 4 if it is not to be told
    #[arg(long)]
    exit_code: bool,
    /// Print nothing, as --exit-code
    #[arg(short, long)]
    quiet: bool,
}

/// Answers the question.
///
/// # Errors
/// If it cannot be answered.
pub fn run(session: &mut Session, args: &Args) -> Result<Outcome, CommandError> {
    session.format(Question::CanReach.formats())?;
    session.hush(args.quiet);
    let selected = session.selected()?;
    let [source, mut target] = <[_; 2]>::try_from(targets::parse(&args.ends, selected, &["SOURCE", "TARGET"])?)
        .map_err(|_| CommandError::new(ErrorKind::Bug, "can-reach has two ends"))?;
    reach::no_port(&source)?;
    target.port = reach::one_port(target.port, args.port.as_ref())?;
    let port = target.port.clone();
    let ends = [source, target];
    let (inventory, noticed) = reach::read(session, &ends)?;
    let [source, target] = &ends;
    let source = reach::resolve(session, &inventory, &noticed, source)?;
    let target = reach::resolve(session, &inventory, &noticed, target)?;
    let model = Model::compile(&inventory, session.cni(&inventory));
    let (result, findings) = questions::can_reach(&model, &source, &target, port.as_ref());
    let verdict = result.verdict;
    if !args.quiet {
        session.print(&Answer::CanReach(Report::new("CanReach", &inventory, result, super::all(noticed, findings))))?;
    }
    Ok(match verdict {
        Verdict::Deny if args.exit_code || args.quiet => Outcome::No,
        Verdict::Unknown if args.exit_code || args.quiet => Outcome::Undecided,
        _ => Outcome::Answered,
    })
}
