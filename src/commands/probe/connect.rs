//! `probe SOURCE TARGET…`: whether it connects, layer by layer.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::look::Looked;
use super::way::{self, Chooser, Chosen};
use super::{forward, words};
use crate::cli::targets::{self, Target, TargetArg};
use crate::cli::{CommandError, ErrorKind, Kept, Session, complete};
use crate::commands::{Outcome, all, reach};
use crate::dns::cluster::Cluster;
use crate::inventory::Inventory;
use crate::objects::{Labels, Meta, Phase, Pod, PodStatus, Resource};
use crate::policy::Model;
use crate::policy::question::Resolved;
use crate::policy::validate::label_refusals;
use crate::probe::check::Check;
use crate::probe::harm;
use crate::probe::layers::{self, Seen};
use crate::probe::plan::{Place, Way};
use crate::probe::targets::{self as aims, Aim, NoAim, Wanted};
use crate::probe::wire::Observed;
use crate::report::probe::{Probe, ProbeState};
use crate::report::{Answer, Finding, Question, Report};
use crate::source::Reads;

pub(super) const EXAMPLES: &str = "\
Examples:
  # Does this Deployment reach that Service, and if not, what is in between?
  kubectl netstore probe deploy/web svc/payments:443 -n shop

  # Several targets in one go: a pod, an address, a host, a URL, a name
  kubectl netstore probe web-5c9d pod/db-0:5432 10.0.0.7:53/UDP db.example.com:5432 https://api.shop/healthz dns/payments

  # A pod that is not there yet
  kubectl netstore probe --as-labels app=web,tier=front svc/payments:443 -n shop

  # What would be created, without creating it
  kubectl netstore probe deploy/web svc/payments --via pod --dry-run=server -o yaml -n shop

  # In a script: 0 it connects, 3 it does not, 4 not to be told
  kubectl netstore probe -q --yes deploy/web svc/payments:443 -n shop || echo \"no way\"";

/// Kinds that an answer depends on, beside those that policies do.
const MORE: [Resource; 2] = [Resource::ReplicationControllers, Resource::PodDisruptionBudgets];
/// Kinds of which only what is in kube-system matters: the cluster's domain stands there.
const OF_SYSTEM: [Resource; 1] = [Resource::ConfigMaps];
/// Sources that are probed from at a time.
const AT_ONCE: usize = 8;

/// The arguments of the question.
#[derive(Debug, clap::Args)]
pub(super) struct ConnectArgs {
    /// Pod (NAME) or workload (TYPE/NAME), then what it connects to: pod/NAME, svc/NAME, an address, a host name, each with
    /// :PORT[/PROTOCOL], a URL, or dns/NAME
    #[arg(value_names = ["SOURCE", "TARGET[:PORT[/PROTOCOL]]"], num_args = 0.., add = complete::targets())]
    words: Vec<String>,
    /// From every pod of the source, not only from one
    #[arg(long, conflicts_with = "as_labels")]
    all_pods: bool,
    /// From a pod that is created with these labels, instead of SOURCE
    #[arg(long, value_name = "KEY=VALUE,…", value_parser = labels)]
    as_labels: Option<Labels>,
    #[command(flatten)]
    way: way::Options,
    /// Create what is needed without asking
    #[arg(short, long)]
    yes: bool,
    /// Create nothing: print what would be created, \"server\" has it checked by the API server first
    #[arg(long, value_name = "WHERE", default_value = "none", value_parser = ["none", "client", "server"], hide_possible_values = true)]
    dry_run: String,
    /// End with 0 if all connects, 3 if something does not, 4 if it is not to be told
    #[arg(long)]
    exit_code: bool,
    /// Print nothing, as --exit-code
    #[arg(short, long)]
    quiet: bool,
}

impl ConnectArgs {
    /// Whether neither SOURCE nor TARGET is given.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

/// What the question reads; what probing itself takes is said by `probe rights`.
pub(super) fn reads() -> Reads {
    Reads::lists(reach::RESOURCES.into_iter().chain(harm::NEEDS).chain(MORE)).of_system(OF_SYSTEM)
}

/// Answers the question.
pub(super) fn run(session: &mut Session, args: &ConnectArgs) -> Result<Outcome, CommandError> {
    session.format(Question::Probe.formats())?;
    session.hush(args.quiet);
    session.need_cluster()?;
    let (source, rest) = source(session, args)?;
    let typed = words::targets(rest)?;
    let named: Vec<Target> = words::objects(&typed).chain(&source).cloned().collect();
    let resources: Vec<Resource> = reads().lists.into_iter().collect();
    let (inventory, noticed) = session.read_with_system(&resources, &OF_SYSTEM, &named)?;
    let namespace = session.namespace()?;
    let warned = |session: &mut Session, error: CommandError| {
        session.warn(&noticed);
        error.asking(&session.globals().connection)
    };
    let (inventory, sources) = match (&source, &args.as_labels) {
        (Some(source), _) => {
            let sources = pods(session, &inventory, source, args.all_pods).map_err(|error| warned(session, error))?;
            (inventory, sources)
        }
        (None, labels) => with_stand_in(session, inventory, &namespace, &labels.clone().unwrap_or_default())?,
    };
    let wanted: Result<Vec<Wanted>, CommandError> = typed.iter().map(|typed| words::resolve(&inventory, typed, &namespace)).collect();
    let wanted = wanted.map_err(|error| warned(session, error))?;
    let model = Model::compile(&inventory, session.cni(&inventory));
    let probes = planned(&model, &sources, &wanted)?;
    if args.way.via == Some(Way::PortForward) {
        return forwarded(session, args, &model, &probes, noticed);
    }
    let mut chooser = Chooser::new(&args.way, args.as_labels.as_ref(), Timestamp::now());
    let mut chosen = Vec::new();
    for (source, aims) in &probes {
        chosen.push(chooser.choose(session, &model, *source, checks(aims))?);
    }
    if args.dry_run != "none" {
        return dry_run(session, args, &chosen);
    }
    if !agreed(session, args, &chosen)? {
        session.note("Nothing was done.")?;
        return Ok(Outcome::Answered);
    }
    let aims: Vec<Aim<'_>> = probes.iter().flat_map(|(_, aims)| aims.clone()).collect();
    let looked = Looked::before(session, &inventory, &aims)?;
    let batches: Vec<(Place, _)> = chosen.into_iter().map(|chosen| (chosen.place, chosen.batch)).collect();
    let results = session.run_batches(&batches, AT_ONCE)?;
    let mut ran = Vec::new();
    for ((place, batch), result) in batches.iter().zip(results) {
        ran.push((place.way(), batch.checks.iter().cloned().zip(result?).collect()));
    }
    tell(session, args, &model, &probes, (looked, ran), noticed)
}

/// The same by port-forward, which starts at no source.
fn forwarded(
    session: &mut Session,
    args: &ConnectArgs,
    model: &Model<'_>,
    probes: &[(usize, Vec<Aim<'_>>)],
    noticed: Vec<Finding>,
) -> Result<Outcome, CommandError> {
    let aims: Vec<Aim<'_>> = probes.iter().flat_map(|(_, aims)| aims.clone()).collect();
    let looked = Looked::before(session, model.inventory, &aims)?;
    let mut ran = Vec::new();
    for (_, aims) in probes {
        ran.push((Way::PortForward, forward::observed(session, model.inventory, aims)?));
    }
    tell(session, args, model, probes, (looked, ran), noticed)
}

/// Who is probed from, and the words that are left for targets.
fn source<'w>(session: &mut Session, args: &'w ConnectArgs) -> Result<(Option<Target>, &'w [String]), CommandError> {
    let usage = |text: &str| CommandError::new(ErrorKind::Usage, text);
    if args.as_labels.is_some() {
        return Ok((None, &args.words));
    }
    let (source, rest) = match session.selected()? {
        Some(end) => (Target { end, port: None }, args.words.as_slice()),
        None => targets::parse_first(&args.words, "SOURCE")?,
    };
    reach::no_port(&source)?;
    match source.end {
        TargetArg::Pod { .. } | TargetArg::Workload { .. } | TargetArg::Selector { .. } => Ok((Some(source), rest)),
        TargetArg::Namespace(_) => {
            Err(usage("a probe runs in one pod, not in a namespace").hint("every pair of a namespace: kubectl netstore verify"))
        }
        TargetArg::Service { .. } => Err(usage("connections come from pods: a Service is no SOURCE")),
        TargetArg::Address(_) | TargetArg::Cidr(_) => Err(usage("connections come from pods: an address is no SOURCE")),
    }
}

/// `key=value,key=value`.
fn labels(text: &str) -> Result<Labels, String> {
    let mut labels = Labels::default();
    for pair in text.split(',') {
        let (key, value) = pair.split_once('=').ok_or_else(|| format!("\"{pair}\" is no KEY=VALUE"))?;
        labels.set(key, value);
    }
    match label_refusals(&labels, "labels").first() {
        Some(refusal) => Err(refusal.to_string()),
        None => Ok(labels),
    }
}

/// The inventory with a pod that has the labels that one would be created with.
fn with_stand_in(session: &Session, inventory: Kept, namespace: &str, given: &Labels) -> Result<(Kept, Vec<usize>), CommandError> {
    let name: Vec<String> = given.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let name = format!("({})", name.join(","));
    let model = Model::compile(&inventory, session.cni(&inventory));
    // Where it must not be created, choosing the way says why.
    let labels = harm::Clone::of_labels(&model, namespace, given).map_or_else(|_| given.clone(), |clone| clone.labels);
    drop(model);
    let metadata = Meta { name: name.clone(), namespace: namespace.to_owned(), labels, ..Meta::default() };
    let pod = Pod { metadata, status: PodStatus { phase: Phase::Running, ..PodStatus::default() }, ..Pod::default() };
    let inventory = Kept::new(std::mem::ManuallyDrop::into_inner(inventory).with_pod(pod));
    let at = inventory.pod(namespace, &name).ok_or_else(|| CommandError::new(ErrorKind::Bug, "a pod that is not there"))?;
    Ok((inventory, vec![at]))
}

/// The pods of a source: all of them, or the one that does best for all.
fn pods(session: &mut Session, inventory: &Inventory, source: &Target, all: bool) -> Result<Vec<usize>, CommandError> {
    let namespace = session.namespace()?;
    let Resolved::Pods { pods, .. } = targets::resolve(inventory, &source.end, &namespace)? else {
        return Err(CommandError::new(ErrorKind::Bug, "a source that is no pod"));
    };
    if all {
        return Ok(pods);
    }
    let rank = |at: &usize| {
        let pod = inventory.pods.get(*at).map(|info| &info.pod);
        let runs = pod.is_some_and(|pod| pod.status.phase == Phase::Running && pod.metadata.deletion_timestamp.is_none());
        (!runs, !pod.is_some_and(crate::objects::Pod::is_ready), *at)
    };
    Ok(pods.into_iter().min_by_key(rank).into_iter().collect())
}

/// What is tried from each source.
fn planned<'m>(model: &Model<'m>, sources: &[usize], wanted: &[Wanted]) -> Result<Vec<(usize, Vec<Aim<'m>>)>, CommandError> {
    let domain = Cluster::of(model.inventory).domain.0;
    let of = |source: usize| {
        let aims = wanted.iter().map(|wanted| aims::aims(model.inventory, source, wanted, &domain));
        aims.collect::<Result<Vec<_>, NoAim>>().map(|aims| (source, aims.concat()))
    };
    sources.iter().map(|source| of(*source).map_err(no_aim)).collect()
}

fn no_aim(error: NoAim) -> CommandError {
    let hint = match &error {
        NoAim::NoPort(target) => format!("say which: {target}:443, or {target}:53/UDP"),
        NoAim::Range(_) => "name them one by one; which ports are allowed: kubectl netstore can-reach".to_owned(),
        NoAim::NoSuchPort(..) => "a number needs no declaration".to_owned(),
        NoAim::Block(_) => "what policies say of a block: kubectl netstore can-reach".to_owned(),
    };
    CommandError::new(ErrorKind::Usage, &error).hint(hint)
}

/// All checks of a source, each once.
fn checks(aims: &[Aim<'_>]) -> Vec<Check> {
    aims.iter().flat_map(Aim::checks).collect::<BTreeSet<Check>>().into_iter().collect()
}

/// Prints what would be created.
fn dry_run(session: &mut Session, args: &ConnectArgs, chosen: &[Chosen]) -> Result<Outcome, CommandError> {
    for Chosen { place, .. } in chosen {
        if args.dry_run == "server" {
            session.rehearse(place)?;
        }
    }
    let suffix = if args.dry_run == "server" { "server dry run" } else { "dry run" };
    for Chosen { place, .. } in chosen {
        match place.manifest() {
            Some(manifest) => session.print_object(&manifest, suffix)?,
            None => session.note("Nothing is created: the checks run in a container that is there.")?,
        }
    }
    Ok(Outcome::Answered)
}

/// Has the API server look at what is to be made, then asks the user.
fn agreed(session: &mut Session, args: &ConnectArgs, chosen: &[Chosen]) -> Result<bool, CommandError> {
    let made: Vec<&str> = chosen.iter().filter_map(|chosen| chosen.made.as_deref()).collect();
    if made.is_empty() {
        return Ok(true);
    }
    for Chosen { place, .. } in chosen.iter().filter(|chosen| chosen.made.is_some()) {
        session.rehearse(place)?;
    }
    for chosen in chosen {
        session.warn(&chosen.noticed);
    }
    for made in &made {
        session.note(&format!("Will add {made}."))?;
    }
    if args.yes {
        return Ok(true);
    }
    session.ask("Server dry run: accepted. Continue?")
}

/// How the checks of a source got to their place, and what came of them.
type Ran = (Way, BTreeMap<Check, Observed>);

/// Makes the answers of what came of the checks of each source.
fn tell(
    session: &mut Session,
    args: &ConnectArgs,
    model: &Model<'_>,
    probes: &[(usize, Vec<Aim<'_>>)],
    (looked, ran): (Looked, Vec<Ran>),
    noticed: Vec<Finding>,
) -> Result<Outcome, CommandError> {
    let (mut connections, mut findings) = (Vec::new(), session.left_behind());
    for ((source, aims), (way, observed)) in probes.iter().zip(ran) {
        let arrivals = looked.arrived(session, model.inventory, aims, &observed, probes.len() > 1)?;
        let seen = Seen { way, observed, listening: looked.listening(aims), arrivals };
        for aim in aims {
            let (probed, found) = layers::answer(model, *source, aim, &seen);
            connections.push(probed);
            findings.extend(found);
        }
    }
    let state = connections.iter().map(|probed| probed.state).max();
    if !args.quiet {
        session.print(&Answer::Probe(Report::new("Probe", model.inventory, Probe { connections }, all(noticed, findings))))?;
    }
    Ok(match state {
        Some(ProbeState::Fail) if args.exit_code || args.quiet => Outcome::No,
        Some(ProbeState::Unknown) if args.exit_code || args.quiet => Outcome::Undecided,
        _ => Outcome::Answered,
    })
}
