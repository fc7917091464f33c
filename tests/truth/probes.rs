//! Probes: drawn policy sets, and of each a part of what covers it, tried through the product: by exec, in containers that are added,
//! and in pods that are made. Every decided verdict must agree; what shows nothing and what is not predicted is counted with the reason.

use std::collections::BTreeMap;
use std::time::Instant;

use clap::Parser;
use netstore::cli::{Cli, Session};
use netstore::objects::Protocol;
use netstore::policy::{End, Model};
use netstore::probe::check::{Check, To};
use netstore::probe::cover::batches::{self, Together};
use netstore::probe::cover::judge::{Judgement, Tried, judge};
use netstore::probe::cover::{Probe, cover, is_ready};
use netstore::probe::plan::{Place, Way};
use netstore::probe::verdict::Verdict as Outcome;
use netstore::probe::wire::{Batch, Observed};
use netstore::probe::{harm, image, place, words};
use netstore::report::{ObjectRef, Verdict};
use serde_json::Value;

use super::draw::{PolicySet, bytes, policy_set};
use super::grid::reproduce;
use super::options::Options;
use super::reach::Reach;
use super::tally::{Tally, shares};
use super::world::{NAMESPACES, PORTS, World};

/// Probes of a policy set: each costs processes in pods, where the attempts of the reach suite cost requests.
const OF_A_SET: usize = 16;
/// Batches under way at a time.
const AT_ONCE: usize = 6;

/// What was counted beside agreements.
#[derive(Default)]
struct Counts {
    /// Probes that show nothing, by reason.
    undecided: BTreeMap<String, usize>,
    /// Connections that are not predicted, by netstore's reasons.
    unpredicted: BTreeMap<String, usize>,
    /// Pods that were not made, by the reason.
    refused: BTreeMap<String, usize>,
    /// Batches by the way they took.
    ways: BTreeMap<Way, usize>,
}

/// The suite.
pub fn run(reach: &Reach<'_>, options: &Options, tally: &mut Tally) {
    let kubeconfig = reach.cluster.state().join("admin.kubeconfig");
    let globals = Cli::parse_from(["netstore".as_ref(), "--kubeconfig".as_ref(), kubeconfig.as_os_str()]).globals;
    let mut session = match Session::new(globals) {
        Ok(session) => session,
        Err(why) => return tally.case("a session", Err(why.to_string())),
    };
    session.hush(true);
    let mut counts = Counts::default();
    let numbers: Vec<usize> = options.set.map_or_else(|| (0..options.sets * 4 / 3).collect(), |number| vec![number]);
    for number in &numbers {
        let set = policy_set(reach.world, options.seed, *number);
        let result = one_set(reach, &mut session, &set, options.seed, tally, &mut counts);
        tally.case(&format!("set {number}"), result);
        if number % 25 == 24 {
            tally.case(&format!("verify of set {number}"), verify(reach, NAMESPACES[number % NAMESPACES.len()]));
        }
        if number % 10 == 9 {
            eprintln!("probes: {} of {} sets, {:.0} s, observed {}", number + 1, numbers.len(), tally.seconds(), shares(&tally.observed));
        }
    }
    let timed = times(reach, &mut session);
    let timed = timed.map(|notes| {
        tally.notes.extend(notes);
    });
    tally.case("one port through a container that is added, and a hundred in a batch", timed);
    if !options.keep
        && let Err(why) = reach.change(None)
    {
        tally.case("policies are removed", Err(why));
    }
    let undecided: usize = counts.undecided.values().sum();
    let enough = tally.agreements >= undecided * 4;
    tally.case("probes show something", if enough { Ok(()) } else { Err(format!("{undecided} of them show nothing")) });
    let note = |what: &str, counts: &BTreeMap<String, usize>| {
        counts.iter().map(|(why, count)| format!("{count} {what}: {why}")).collect::<Vec<_>>()
    };
    tally.notes.extend(note("probes show nothing", &counts.undecided));
    tally.notes.extend(note("connections are not predicted", &counts.unpredicted));
    tally.notes.extend(note("pods are not made", &counts.refused));
    tally.notes.extend(counts.ways.iter().map(|(way, count)| format!("{count} batches by {way}")));
}

/// One set: applied, a part of its cover tried, and compared.
fn one_set(
    reach: &Reach<'_>,
    session: &mut Session,
    set: &PolicySet,
    seed: u64,
    tally: &mut Tally,
    counts: &mut Counts,
) -> Result<(), String> {
    reach.change(Some(set))?;
    let (inventory, _) = session.read(&harm::NEEDS, &[]).map_err(|error| error.to_string())?;
    let model = Model::compile(&inventory, session.cni(&inventory));
    let probes = part(&model, seed, set.number);
    let observed = tried(&model, session, &probes, set.number, counts)?;
    let tried: Vec<Tried<'_>> = (probes.iter().zip(&observed))
        .map(|(probe, observed)| Tried {
            probe,
            observed: observed.verdict,
            ready: is_ready(&inventory.pods[probe.target].pod),
            proxied: false,
        })
        .collect();
    let name = |pod: usize| format!("{}/{}", inventory.pods[pod].pod.metadata.namespace, inventory.pods[pod].pod.metadata.name);
    let mut wrong = Vec::new();
    for ((probe, observed), judged) in probes.iter().zip(&observed).zip(judge(&tried)) {
        let other = if probe.predicted == Verdict::Allow { Verdict::Deny } else { Verdict::Allow };
        match judged {
            Judgement::Agrees => {
                tally.agreements += 1;
                *tally.observed.entry(probe.predicted).or_default() += 1;
            }
            Judgement::Undecided(why) => {
                let detail = if observed.verdict == Outcome::CouldNotRun { observed.detail.as_str() } else { "" };
                *counts.undecided.entry(format!("{} {detail}", why.words()).trim_end().to_owned()).or_default() += 1;
            }
            Judgement::Differs(shown) => {
                *tally.observed.entry(other).or_default() += 1;
                let (from, to, port) = (name(probe.source), name(probe.target), format!("{}/{}", probe.port, probe.protocol.name()));
                wrong.push(format!("{from} -> {to} on {port}: predicted {}, {} ({shown:?})", probe.predicted, words::observed(observed)));
            }
        }
    }
    explain(reach, &model, counts)?;
    tally.disagreements += wrong.len();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} disagreements, seed {seed}, set {}:\n  {}\n{}",
        wrong.len(),
        set.number,
        wrong.join("\n  "),
        reproduce(reach.world, set)
    ))
}

/// The command itself about a namespace: nothing may differ, and something must agree.
fn verify(reach: &Reach<'_>, namespace: &str) -> Result<(), String> {
    let answer = reach.cluster.netstore(&["verify", "-n", namespace, "--max", "40", "--via", "exec"])?;
    let result = &answer["result"];
    let said = result["state"] == "agrees" && result["differing"] == 0 && result["agreeing"].as_u64() > Some(0);
    if said { Ok(()) } else { Err(result.to_string()) }
}

/// Other probes of the cover for each set, all between the pods of this suite.
fn part(model: &Model<'_>, seed: u64, number: usize) -> Vec<Probe> {
    let ours = |pod: usize| NAMESPACES.contains(&model.inventory.pods[pod].pod.metadata.namespace.as_str());
    let all: Vec<Probe> = cover(model, None, usize::MAX).probes.into_iter().filter(|p| ours(p.source) && ours(p.target)).collect();
    let order = bytes(seed ^ 0x70_726f_6265, number, all.len() * 4);
    let mut drawn: Vec<(&[u8], Probe)> = order.chunks(4).zip(all).collect();
    drawn.sort();
    let mut part: Vec<Probe> = drawn.into_iter().take(OF_A_SET).map(|(_, probe)| probe).collect();
    part.sort();
    part
}

/// Most by exec; now and then those of one source in a pod that is made, or in a container that is added.
fn tried(model: &Model<'_>, session: &mut Session, probes: &[Probe], number: usize, counts: &mut Counts) -> Result<Vec<Observed>, String> {
    let all = batches::together(probes, 0..probes.len());
    let other = match number % 20 {
        7 => Some(Way::Pod),
        13 => Some(Way::Ephemeral),
        _ => None,
    };
    let own_network = |together: &&Together| !model.inventory.pods[together.source].pod.spec.host_network;
    let otherwise = other.and_then(|way| Some((all.iter().find(own_network)?.source, way)));
    let mut runs: Vec<(Place, Batch)> = Vec::new();
    for together in &all {
        let checks = together.probes.iter().map(|at| batches::check(model, &probes[*at]).ok_or("no address"));
        // The data plane has settled: two equal results are as good as three.
        let batch = Batch { agreeing: 2, ..Batch::new(checks.collect::<Result<_, _>>()?) };
        let wanted = otherwise.filter(|(source, _)| *source == together.source).map_or(Way::Exec, |(_, way)| way);
        let (way, place) = match place_of(model, together.source, wanted, &batch) {
            // Policies would tell a pod that is made from this one: it is right not to make it.
            Err(why) if wanted == Way::Pod => {
                *counts.refused.entry(why).or_default() += 1;
                (Way::Exec, place_of(model, together.source, Way::Exec, &batch)?)
            }
            place => (wanted, place?),
        };
        *counts.ways.entry(way).or_default() += 1;
        if way != Way::Exec {
            session.rehearse(&place).map_err(|error| format!("rehearsal of {way}: {error}"))?;
        }
        runs.push((place, batch));
    }
    let mut observed = vec![Observed::could_not_run("no result"); probes.len()];
    let results = session.run_batches(&runs, AT_ONCE).map_err(|error| error.to_string())?;
    for (together, result) in all.iter().zip(results) {
        for (at, seen) in together.probes.iter().zip(result.map_err(|error| error.to_string())?) {
            observed[*at] = seen;
        }
    }
    Ok(observed)
}

fn place_of(model: &Model<'_>, source: usize, way: Way, batch: &Batch) -> Result<Place, String> {
    let pod = &model.inventory.pods[source].pod;
    let node = model.inventory.objects.nodes.iter().find(|node| node.metadata.name == pod.spec.node_name);
    let image = image::choose(None, None, node);
    match way {
        Way::Ephemeral => Ok(place::ephemeral(pod, &image, batch)),
        Way::Pod => {
            let subject = ObjectRef::new("Pod", &pod.metadata.namespace, &pod.metadata.name);
            let clone = harm::Clone::of(model, source).map_err(|refusal| refusal.finding(&subject).message)?;
            Ok(place::pod(&clone, &image, &[], batch, jiff::Timestamp::now()))
        }
        _ => Ok(place::exec(pod, batches::containers(pod).first().ok_or("no container runs")?)),
    }
}

/// Asks netstore why connections are not predicted, of the first one to each pod. There must be a reason.
fn explain(reach: &Reach<'_>, model: &Model<'_>, counts: &mut Counts) -> Result<(), String> {
    let World { pods, .. } = reach.world;
    let position = |pod: &super::world::Pod| model.inventory.pod(pod.namespace, pod.name).ok_or("a pod is gone");
    for target in pods.iter().filter(|pod| !pod.host) {
        let mut unknown: Vec<(String, Protocol, u16)> = Vec::new();
        for source in pods {
            for (protocol, port) in PORTS {
                if model.connection(End::Pod(position(source)?), End::Pod(position(target)?), protocol, port) == Verdict::Unknown {
                    unknown.push((source.named().to_string(), protocol, port));
                }
            }
        }
        let Some((source, protocol, port)) = unknown.first() else { continue };
        let answer = reach.cluster.netstore(&["can-reach", source, &format!("{}:{port}/{}", target.named(), protocol.name())])?;
        let reasons = answer["result"]["reasons"].as_array().map(Vec::as_slice).unwrap_or_default();
        let reasons: Vec<&str> = reasons.iter().filter_map(Value::as_str).collect();
        if reasons.is_empty() {
            return Err(format!("no reason why {source} -> {} on {port}/{} is unknown", target.named(), protocol.name()));
        }
        *counts.unpredicted.entry(reasons.join("; ")).or_default() += unknown.len();
    }
    Ok(())
}

/// How long one port takes through a container that is added, and a hundred by exec.
fn times(reach: &Reach<'_>, session: &mut Session) -> Result<Vec<String>, String> {
    reach.change(None)?;
    let (inventory, _) = session.read(&harm::NEEDS, &[]).map_err(|error| error.to_string())?;
    let model = Model::compile(&inventory, session.cni(&inventory));
    let source = inventory.pod("truth-y", "y0").ok_or("y0 is gone")?;
    let open = reach.world.pods.iter().filter(|pod| !pod.host).flat_map(|pod| Some(To::new(pod.addresses.first()?.to_string(), 8080)));
    let hundred: Vec<Check> = open.cycle().take(100).map(Check::Tcp).collect();
    let mut notes = Vec::new();
    for (way, checks) in [(Way::Ephemeral, hundred.iter().take(1).cloned().collect()), (Way::Exec, hundred.clone()), (Way::Pod, hundred)] {
        let (count, batch) = (checks.len(), Batch::new(checks));
        let place = place_of(&model, source, way, &batch)?;
        let start = Instant::now();
        let observed = session.run_checks(&place, &batch).map_err(|error| error.to_string())?;
        let took = start.elapsed().as_secs_f64();
        let connected = observed.iter().filter(|observed| observed.verdict == Outcome::Connected).count();
        notes.push(format!("{count} TCP ports by {way} in {took:.1} s, {connected} of them connected"));
    }
    Ok(notes)
}
