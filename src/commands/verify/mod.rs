//! `verify`: whether packets do what the policies of a scope say, with as few probes as show all of it.

mod tries;

use self::tries::Tries;
use super::{Outcome, reach};
use crate::cli::{CommandError, ErrorKind, Kept, Session};
use crate::objects::Resource;
use crate::policy::{Cni, Model};
use crate::probe::cover::{self, tell};
use crate::probe::harm;
use crate::probe::plan::Way;
use crate::report::dns_verify::Verified;
use crate::report::{Answer, Finding, Question, Report};
use crate::source::Reads;

/// Try for real whether packets do what the policies say
///
/// As few probes are made as cover the policies. Pods that no policy tells apart are one kind. Between each two kinds, ports with the same verdict that lie side by side are
/// tried once, from a pod to a pod that stand for the rest; ports on which something is declared to listen come first. What came out
/// otherwise is looked at twice before it is told. What shows nothing is counted as such, with the reason.
///
/// Probes are run by a shell in containers of the pods, which leaves nothing behind. For pods whose containers have none, a pod that
/// policies do not tell from them is made, after a question, and deleted again.
#[derive(Debug, clap::Args)]
#[command(before_help = "\
Examples:
  # Do packets do what the policies of this namespace say?
  kubectl netstore verify -n shop

  # What would be tried, without trying it; also of a recorded cluster
  kubectl netstore verify -n shop --dry-run

  # The whole cluster, with 2000 probes at most
  kubectl netstore verify -A --max 2000

  # In a script: 0 all agree, 3 one does not, 4 nothing shows it
  kubectl netstore verify -A -q || echo \"look at the policies\"")]
pub struct Args {
    /// At most so many probes; of each target, declared ports come first
    #[arg(long, value_name = "N", default_value_t = 500)]
    max: usize,
    /// Only list what would be tried
    #[arg(long)]
    dry_run: bool,
    /// The only way to try it: a shell in the container, a container that is added to the pod and stays listed, a pod of its own
    #[arg(long, value_name = "WAY", value_parser = ["exec", "ephemeral", "pod"])]
    via: Option<String>,
    /// Make what is needed without a question
    #[arg(short, long)]
    yes: bool,
    /// End with 0 if all agree, 3 if one does not, 4 if nothing shows it
    #[arg(long)]
    exit_code: bool,
    /// Print nothing, as --exit-code
    #[arg(short, long)]
    quiet: bool,
}

/// What was read, with what the source had to say.
type Read = (Kept, Vec<Finding>);

/// Answers the question.
///
/// # Errors
/// If it cannot be answered.
pub fn run(session: &mut Session, args: &Args) -> Result<Outcome, CommandError> {
    session.format(Question::Verify.formats())?;
    session.hush(args.quiet);
    if session.globals().selection.selector.is_some() {
        return Err(CommandError::new(ErrorKind::Usage, "what is tried is not chosen by labels").hint("name a namespace: -n NAMESPACE"));
    }
    let scope = session.matrix_scope()?;
    let (inventory, noticed) = read(session, args)?;
    let model = Model::compile(&inventory, cni(session, &inventory));
    let cover = cover::cover(&model, scope.as_deref(), args.max);
    let (result, findings) = if args.dry_run {
        (tell::planned(&inventory, &cover), Vec::new())
    } else {
        let run = Tries::new(session, args).all(&model, &cover)?;
        tell::told(&inventory, &cover, &run)
    };
    let (state, nobody) = (result.state, cover.kinds == 0);
    let answer = Answer::Verify(Report::new("Verify", &inventory, result, super::all(noticed, findings)));
    if !args.quiet {
        super::print(session, &inventory, &answer, scope.as_deref(), nobody)?;
    }
    Ok(match state {
        Some(Verified::Differs) if args.exit_code || args.quiet => Outcome::No,
        Some(Verified::Unknown) if args.exit_code || args.quiet => Outcome::Undecided,
        _ => Outcome::Answered,
    })
}

/// What it reads at most; what probing itself takes is said by `probe rights`.
pub(super) fn reads() -> Reads {
    Reads::lists(reach::RESOURCES.into_iter().chain(harm::NEEDS))
}

/// Reads what the policies depend on, and, if a pod may be made, who else would notice it.
fn read(session: &mut Session, args: &Args) -> Result<Read, CommandError> {
    let mut resources: Vec<Resource> = reach::RESOURCES.to_vec();
    if !args.dry_run && args.way() != Some(Way::Exec) {
        resources.extend(harm::NEEDS.iter().filter(|resource| !reach::RESOURCES.contains(resource)));
    }
    session.read(&resources, &[])
}

fn cni(session: &Session, inventory: &Kept) -> Cni {
    session.cni(inventory)
}

impl Args {
    fn way(&self) -> Option<Way> {
        match self.via.as_deref() {
            Some("exec") => Some(Way::Exec),
            Some("ephemeral") => Some(Way::Ephemeral),
            Some("pod") => Some(Way::Pod),
            _ => None,
        }
    }
}
