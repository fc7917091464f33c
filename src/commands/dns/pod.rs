//! `dns POD NAME`: what a pod makes of a name.

use std::collections::BTreeSet;

use super::ask::Inquiry;
use super::{OF_SYSTEM, Outcome, RESOURCES, all};
use crate::cli::targets::{self, Target, TargetArg};
use crate::cli::{CommandError, ErrorKind, Session, complete};
use crate::dns::observed::Asked;
use crate::dns::record::RecordType;
use crate::dns::{self, Question};
use crate::inventory::Inventory;
use crate::objects::Meta;
use crate::policy::question::Resolved;
use crate::report::dns::{Dns, Libc, Resolves};
use crate::report::dns_verify::{DnsVerify, Verification, Verified};
use crate::report::{self, Answer, ObjectRef, Report};

pub(super) const EXAMPLES: &str = "\
Examples:
  # What does this Deployment make of the name payments?
  kubectl netstore dns deploy/web payments -n shop

  # Programs on Alpine only, and IPv4 only
  kubectl netstore dns web-5c9d db.prod --libc musl --type A

  # What does each of the cluster's servers really answer?
  kubectl netstore dns deploy/web payments -n shop --verify

  # In a script: 0 it resolves, 3 it does not, 4 not to be told
  kubectl netstore dns -q deploy/web payments.shop || echo unresolved";

/// The arguments of the question.
#[derive(Debug, clap::Args)]
pub(super) struct PodArgs {
    /// Pod (NAME) or workload (TYPE/NAME, TYPE NAME), and the name that it asks for
    #[arg(value_names = ["POD", "NAME"], num_args = 0..=3, add = complete::targets())]
    words: Vec<String>,
    /// Who asks: the C library of the container, or Go
    #[arg(long, value_name = "LIBRARY", value_enum, default_value = "all", ignore_case = true)]
    libc: Asker,
    /// Which addresses are wanted
    #[arg(long = "type", value_name = "TYPE", value_enum, default_value = "both", ignore_case = true)]
    wanted: Wanted,
    /// Ask each replica of the cluster's DNS servers, too, over port-forward
    #[arg(long)]
    verify: bool,
    /// End with 0 if the name resolves, 3 if it does not, 4 if it is not to be told
    #[arg(long)]
    exit_code: bool,
    /// Print nothing, as --exit-code
    #[arg(short, long)]
    quiet: bool,
}

/// Values of `--libc`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Asker {
    Glibc,
    Musl,
    Go,
    All,
}

/// Values of `--type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Wanted {
    #[value(name = "A")]
    A,
    #[value(name = "AAAA")]
    Aaaa,
    #[value(name = "both")]
    Both,
}

impl PodArgs {
    /// Whether neither POD nor NAME is given.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    fn askers(&self) -> Vec<Libc> {
        match self.libc {
            Asker::Glibc => vec![Libc::Glibc],
            Asker::Musl => vec![Libc::Musl],
            Asker::Go => vec![Libc::Go],
            Asker::All => vec![Libc::Glibc, Libc::Musl, Libc::Go],
        }
    }
}

/// Answers the question.
pub(super) fn run(session: &mut Session, args: &PodArgs) -> Result<Outcome, CommandError> {
    session.format(report::Question::Dns.formats())?;
    session.hush(args.quiet);
    let selected = session.selected()?;
    let Some((name, words)) = args.words.split_last() else {
        return Err(CommandError::new(ErrorKind::Usage, "POD and NAME are missing")
            .hint("say who asks and for what: kubectl netstore dns deploy/web payments; --help shows more"));
    };
    if words.is_empty() && selected.is_none() {
        return Err(CommandError::new(ErrorKind::Usage, "NAME is missing")
            .hint(format!("say what the pod asks for: kubectl netstore dns {name} NAME")));
    }
    check_name(name)?;
    let targets = targets::parse(words, selected, &["POD"])?;
    targets.iter().try_for_each(check)?;
    let default = session.namespace()?;
    let read = |session: &mut Session| session.read_with_system(&RESOURCES, &OF_SYSTEM, &targets);
    let (mut inventory, mut noticed) = read(session)?;
    let target = targets.first().ok_or_else(|| CommandError::new(ErrorKind::Bug, "dns is about one pod"))?;
    let subject = subject(&inventory, target, &default).map_err(|error| {
        session.warn(&noticed);
        error.asking(&session.globals().connection)
    })?;
    let question = Question {
        subject,
        name: name.clone(),
        wanted: match args.wanted {
            Wanted::A => dns::search::Wanted::V4,
            Wanted::Aaaa => dns::search::Wanted::V6,
            Wanted::Both => dns::search::Wanted::Both,
        },
        libcs: args.askers(),
    };
    let (mut result, mut findings) = dns::ask(&inventory, &question);
    if args.verify {
        let asked = questions(&result);
        let inquiry = Inquiry::make(session, (inventory, noticed), &read, &|_| Ok(asked.clone()))?;
        let (verified, told) = inquiry.tell(true)?;
        observed(&mut result, verified);
        findings.extend(told);
        (inventory, noticed) = (inquiry.inventory, inquiry.noticed);
    }
    let resolves = match &result.verified {
        Some(Verification { state: Verified::Differs, .. }) => Resolves::No,
        _ => result.outcome.resolves,
    };
    if !args.quiet {
        session.print(&Answer::Dns(Report::new("Dns", &inventory, result, all(noticed, findings))))?;
    }
    Ok(match resolves {
        Resolves::No if args.exit_code || args.quiet => Outcome::No,
        Resolves::Unknown if args.exit_code || args.quiet => Outcome::Undecided,
        _ => Outcome::Answered,
    })
}

/// What the pod asks, each question once.
fn questions(result: &Dns) -> Vec<Asked> {
    let asked = result.questions.iter().filter_map(|asked| Some(Asked::new(&asked.name, RecordType::named(asked.kind)?)));
    asked.collect::<BTreeSet<Asked>>().into_iter().collect()
}

/// Puts what the replicas said beside what is expected.
fn observed(result: &mut Dns, DnsVerify { verification, questions }: DnsVerify) {
    for question in &mut result.questions {
        let same = questions.iter().find(|told| told.name.eq_ignore_ascii_case(&question.name) && told.kind == question.kind);
        question.observed = same.map(|told| told.observed.clone()).unwrap_or_default();
    }
    result.verified = Some(verification);
}

/// What no question can be about, or what nobody asks for.
fn check_name(name: &str) -> Result<(), CommandError> {
    let usage = |error: String| CommandError::new(ErrorKind::Usage, error);
    let is_number = name.chars().all(|c| c.is_ascii_digit() || c == '.');
    match dns::name::Name::parse(name) {
        Err(error) => Err(usage(format!("\"{}\": {error}", report::view::escape(name)))),
        Ok(_) if name == "." => Err(usage("the root of all names has no addresses".to_owned())),
        Ok(_) if is_number || name.parse::<std::net::IpAddr>().is_ok() => {
            Err(usage(format!("{name} is an address: programs ask nobody for it")))
        }
        Ok(_) => Ok(()),
    }
}

/// Only pods ask for names.
fn check(target: &Target) -> Result<(), CommandError> {
    let wrong = |what: &str| {
        Err(CommandError::new(ErrorKind::Usage, format!("{what} asks for no name")).hint("name a pod or a workload, then what it asks for"))
    };
    match &target.end {
        _ if target.port.is_some() => wrong("a port"),
        TargetArg::Pod { .. } | TargetArg::Workload { .. } | TargetArg::Selector { .. } => Ok(()),
        TargetArg::Namespace(_) => wrong("a namespace"),
        TargetArg::Service { .. } => wrong("a Service"),
        TargetArg::Address(_) | TargetArg::Cidr(_) => wrong("an address"),
    }
}

/// The pod that is meant: the first one of a workload, or what its template will make.
fn subject(inventory: &Inventory, target: &Target, default: &str) -> Result<dns::Subject, CommandError> {
    match targets::resolve(inventory, &target.end, default) {
        Ok(Resolved::Pods { label, pods }) => {
            let found = pods.iter().filter_map(|at| inventory.pods.get(*at)).next();
            // A selector has no name.
            let object = |meta: &Meta| match label.name.as_str() {
                "" => ObjectRef::new("Pod", &meta.namespace, &meta.name),
                name => ObjectRef::new(&label.kind, &label.namespace, name),
            };
            found
                .map(|info| dns::Subject::of_pod(inventory, object(&info.pod.metadata), info))
                .ok_or_else(|| CommandError::new(ErrorKind::Bug, "a target without a pod"))
        }
        Ok(_) => Err(CommandError::new(ErrorKind::Bug, "a target that is no pod")),
        // A workload without pods still has a template.
        Err(error) => match &target.end {
            TargetArg::Workload { kind, namespace, name } => {
                let namespace = namespace.as_deref().unwrap_or(default);
                let is = |w: &&crate::objects::Workload| w.kind.name() == kind.name() && w.metadata.key() == (namespace, name.as_str());
                inventory.objects.workloads.iter().find(is).map(dns::Subject::of_template).ok_or(error)
            }
            _ => Err(error),
        },
    }
}
