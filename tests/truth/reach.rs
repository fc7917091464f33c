//! Who can reach whom: drawn policy sets, every pair of pods and every port for real, against `matrix` and the focused
//! questions.

use std::collections::BTreeMap;

use netstore::objects::Protocol;
use netstore::report::Verdict;
use serde_json::{Value, json};

use super::attempt::{Attempt, Observed, Source};
use super::cluster::Cluster;
use super::corners;
use super::dialer::Dialer;
use super::draw::{NAMESPACE_LABELS, POD_LABELS, PolicySet, policy_set};
use super::http::Request;
use super::options::Options;
use super::predicted::{Matrix, Named, who_can_reach};
use super::samples::{self, Sample};
use super::tally::{Tally, shares};
use super::world::{NAMESPACES, World};

/// Ports of the web servers outside.
const WEB: [u16; 2] = [80, 443];

/// Everything the suite works with.
pub struct Reach<'a> {
    pub cluster: &'a Cluster,
    pub world: &'a World,
    pub dialer: Dialer,
}

/// One question of the grid and the attempt that answers it.
pub struct Cell {
    pub from: Named,
    pub to: Named,
    pub attempt: Attempt,
}

/// The suite.
pub fn run(reach: &mut Reach<'_>, options: &Options, tally: &mut Tally) {
    let cells = grid(reach.world);
    tally.notes.push(format!(
        "{} questions a policy set: {} pods, nodes, the machine and the outside",
        cells.len(),
        reach.world.pods.len()
    ));
    let open = reach.everything_is_open(&cells);
    if let Err(why) = open {
        // Without this nothing that follows would mean anything.
        return tally.case("without a policy everything is reached", Err(why));
    }
    tally.case("without a policy everything is reached", Ok(()));
    let enforced = reach.denial_is_enforced(&cells);
    let goes_on = enforced.is_ok();
    tally.case("a known denial is denied, and let through by a data plane that ignores policies", enforced);
    if !goes_on {
        return;
    }
    let numbers: Vec<usize> = options.set.map_or_else(|| (0..options.sets).collect(), |number| vec![number]);
    let mut errors = 0;
    for number in &numbers {
        let set = policy_set(reach.world, options.seed, *number);
        let result = reach.one_set(&set, options.seed, &cells, tally);
        // A cluster that is gone fails every set alike.
        errors = if result.as_ref().is_err_and(|why| why.starts_with("no evidence")) { errors + 1 } else { 0 };
        tally.case(&format!("set {number}"), result);
        if number % 10 == 9 {
            eprintln!("reach: {} of {} sets, {:.0} s, observed {}", number + 1, numbers.len(), tally.seconds(), shares(&tally.observed));
        }
        if errors == 3 {
            tally.notes.push(format!("given up after set {number}: three sets in a row gave no evidence"));
            break;
        }
    }
    if !options.keep
        && let Err(why) = reach.change(None)
    {
        tally.case("policies are removed", Err(why));
    }
    balance(&numbers, tally);
    tally.notes.push(format!("{} attempts were made again", reach.dialer.again));
    tally.notes.push("SCTP is in policies only: this machine's kernel has no SCTP sockets".to_owned());
}

/// Both verdicts must be frequent, or agreement means little.
fn balance(numbers: &[usize], tally: &mut Tally) {
    let count = |verdict| tally.observed.get(&verdict).copied().unwrap_or_default();
    let (allow, deny) = (count(Verdict::Allow), count(Verdict::Deny));
    if numbers.len() >= corners::ALL.len() {
        let lopsided = allow.min(deny) * 4 < allow + deny;
        let result = if lopsided { Err(format!("{allow} observations allow, {deny} deny: too lopsided")) } else { Ok(()) };
        tally.case("both verdicts are frequent", result);
        tally.notes.push(format!("each of {} corner cases in at least {} sets", corners::ALL.len(), numbers.len() / corners::ALL.len()));
    }
}

/// Every question of a policy set: each pod to each pod on each of its ports, to and from the outside and the machine.
pub fn grid(world: &World) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (at, source) in world.pods.iter().enumerate() {
        let from = Named::pod(source.namespace, source.name);
        for target in &world.pods {
            let Some(address) = target.addresses.first() else { continue };
            for (protocol, port) in target.ports() {
                // On a node's network the name is the machine's; the port says who it is.
                let answerers = if target.host { Vec::new() } else { vec![target.name.to_owned()] };
                let attempt = Attempt { source: Source::Pod(at), host: address.to_string(), protocol, port, answerers };
                cells.push(Cell { from: from.clone(), to: Named::pod(target.namespace, target.name), attempt });
            }
        }
        // What answers there is the machine, too. Rows about blocks do not speak of pods on a node's network.
        for address in world.outside.iter().filter(|address| address.is_ipv4() && !source.host) {
            for port in WEB {
                let attempt =
                    Attempt { source: Source::Pod(at), host: address.to_string(), protocol: Protocol::Tcp, port, answerers: Vec::new() };
                cells.push(Cell { from: from.clone(), to: Named::Address(*address), attempt });
            }
        }
    }
    for (source, address) in [(Source::Outside, world.outside.first().copied()), (Source::Machine, world.machine)] {
        let Some(from) = address else { continue };
        for target in world.pods.iter().filter(|pod| !pod.host) {
            let Some(address) = target.addresses.first() else { continue };
            for (protocol, port) in target.ports() {
                let attempt = Attempt { source, host: address.to_string(), protocol, port, answerers: vec![target.name.to_owned()] };
                cells.push(Cell { from: Named::Address(from), to: Named::pod(target.namespace, target.name), attempt });
            }
        }
    }
    cells
}

/// The verdicts that attempts prove. All of them must prove one.
fn proven(attempts: &[Attempt], observed: &[Observed]) -> Result<Vec<Verdict>, String> {
    let verdicts: Vec<Result<Verdict, String>> = attempts.iter().zip(observed).map(|(attempt, seen)| attempt.verdict(seen)).collect();
    let without: Vec<String> = (verdicts.iter().zip(attempts))
        .filter_map(|(verdict, attempt)| Some(format!("{attempt:?}: {}", verdict.as_ref().err()?)))
        .collect();
    if without.is_empty() {
        return Ok(verdicts.into_iter().flatten().collect());
    }
    let first = without.iter().take(5).cloned().collect::<Vec<_>>().join("\n  ");
    Err(format!("no evidence from {} of {} attempts:\n  {first}", without.len(), attempts.len()))
}

impl Reach<'_> {
    /// Replaces labels and policies by those of a set, or by none, and waits until the data plane knows.
    fn change(&self, set: Option<&PolicySet>) -> Result<(), String> {
        let policies = |namespace: &str| format!("/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies");
        let delete = |namespace: &&str| Request { method: "DELETE", path: policies(namespace), body: None };
        self.cluster.api(&NAMESPACES.iter().map(delete).collect::<Vec<_>>())?;
        if let Some(set) = set {
            let mut requests = Vec::new();
            // What is not drawn is null, which takes a label away.
            let patch = |path: String, keys: [&str; 2], labels: &Value| {
                let labels: serde_json::Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), labels[key].clone())).collect();
                let body = json!({"metadata": {"labels": labels}}).to_string();
                Request { method: "PATCH", path, body: Some(("application/merge-patch+json", body)) }
            };
            for (pod, labels) in self.world.pods.iter().zip(&set.pod_labels) {
                requests.push(patch(format!("/api/v1/namespaces/{}/pods/{}", pod.namespace, pod.name), POD_LABELS, labels));
            }
            for (namespace, labels) in NAMESPACES.iter().zip(&set.namespace_labels) {
                requests.push(patch(format!("/api/v1/namespaces/{namespace}"), NAMESPACE_LABELS, labels));
            }
            for policy in &set.policies {
                let path = policies(policy["metadata"]["namespace"].as_str().unwrap_or_default());
                requests.push(Request { method: "POST", path, body: Some(("application/json", policy.to_string())) });
            }
            self.cluster.api(&requests)?;
        }
        self.cluster.settle()
    }

    /// The world without policies.
    fn everything_is_open(&mut self, cells: &[Cell]) -> Result<(), String> {
        self.change(None)?;
        let attempts: Vec<Attempt> = cells.iter().map(|cell| cell.attempt.clone()).collect();
        let verdicts = proven(&attempts, &self.dialer.observe(&attempts))?;
        let denied = attempts.iter().zip(&verdicts).filter(|(_, verdict)| **verdict != Verdict::Allow).count();
        if denied == 0 { Ok(()) } else { Err(format!("{denied} of {} attempts are denied", attempts.len())) }
    }

    /// What comes out of one namespace whose pods may receive nothing, and of the same if the data plane ignores policies.
    fn denial_is_enforced(&mut self, cells: &[Cell]) -> Result<(), String> {
        let none = |count: usize| vec![json!({}); count];
        let deny = json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "deny", "namespace": "truth-x"},
            "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}});
        let pod_labels = none(self.world.pods.len());
        let set = PolicySet { number: 0, pod_labels, namespace_labels: none(NAMESPACES.len()), policies: vec![deny] };
        self.change(Some(&set))?;
        let from_y = |cell: &&Cell| matches!((&cell.from, &cell.to), (Named::Pod(from), Named::Pod(to)) if from.starts_with("truth-y/y") && to.starts_with("truth-x/x") && !from.ends_with('h') && !to.ends_with('h'));
        let attempts: Vec<Attempt> = cells.iter().filter(from_y).map(|cell| cell.attempt.clone()).collect();
        for (mode, expected) in [("networkpolicy", Verdict::Deny), ("none", Verdict::Allow), ("networkpolicy", Verdict::Deny)] {
            self.cluster.data_plane(mode)?;
            let verdicts = proven(&attempts, &self.dialer.observe(&attempts))?;
            let wrong = verdicts.iter().filter(|verdict| **verdict != expected).count();
            if wrong > 0 || verdicts.is_empty() {
                let view = self.cluster.view()?;
                return Err(format!(
                    "data plane in mode {mode}: {wrong} of {} attempts are not {expected}; agents: {view:?}",
                    verdicts.len()
                ));
            }
        }
        Ok(())
    }

    /// One set, from its policies to the comparison.
    fn one_set(&mut self, set: &PolicySet, seed: u64, cells: &[Cell], tally: &mut Tally) -> Result<(), String> {
        self.change(Some(set)).map_err(|why| format!("no evidence: {why}"))?;
        let samples = samples::draw(self.world, seed, set.number);
        let mut attempts: Vec<Attempt> = cells.iter().map(|cell| cell.attempt.clone()).collect();
        attempts.extend(samples.iter().flat_map(|sample| sample.attempts.clone()));
        let (cluster, dialer) = (self.cluster, &mut self.dialer);
        let (matrix, said, observed) = std::thread::scope(|scope| {
            let asked = scope.spawn(|| {
                let matrix = cluster.netstore(&["matrix", "-A"]).and_then(|answer| Matrix::read(&answer));
                (matrix, samples.iter().map(|sample| sample.ask(cluster)).collect::<Vec<_>>())
            });
            let observed = dialer.observe(&attempts);
            let (matrix, said) = asked.join().map_err(|_| "a panic while netstore was asked".to_owned())?;
            Ok::<_, String>((matrix?, said, observed))
        })?;
        let verdicts = proven(&attempts, &observed)?;
        let mut wrong = Vec::new();
        let mut unknown: BTreeMap<(String, String), BTreeMap<Verdict, usize>> = BTreeMap::new();
        for (cell, observed) in cells.iter().zip(&verdicts) {
            *tally.observed.entry(*observed).or_default() += 1;
            let predicted = matrix.verdict(&cell.from, &cell.to, cell.attempt.protocol, cell.attempt.port)?;
            if predicted == Verdict::Unknown {
                let (from, to) = (name(&cell.from), name(&cell.to));
                *unknown
                    .entry((from, format!("{to}:{}/{}", cell.attempt.port, cell.attempt.protocol.name())))
                    .or_default()
                    .entry(*observed)
                    .or_default() += 1;
            } else if predicted == *observed {
                tally.agreements += 1;
            } else {
                wrong.push(disagreement("matrix", cell, predicted, *observed));
            }
        }
        self.explain(&unknown, tally)?;
        let mut rest = &verdicts[cells.len()..];
        for (sample, said) in samples.iter().zip(said) {
            let (observed, others) = rest.split_at(sample.attempts.len());
            rest = others;
            self.compare_sample(sample, &said?, observed, tally, &mut wrong)?;
        }
        tally.disagreements += wrong.len();
        if wrong.is_empty() {
            return Ok(());
        }
        let all = wrong.len();
        wrong.truncate(20);
        Err(format!("{all} disagreements, seed {seed}, set {}:\n  {}\n{}", set.number, wrong.join("\n  "), reproduce(self.world, set)))
    }

    /// Why verdicts are unknown, in netstore's words: asked for one port of each pair.
    fn explain(&self, unknown: &BTreeMap<(String, String), BTreeMap<Verdict, usize>>, tally: &mut Tally) -> Result<(), String> {
        let mut asked: BTreeMap<&str, String> = BTreeMap::new();
        for ((from, to), observed) in unknown {
            let target = to.split(':').next().unwrap_or_default();
            if !asked.contains_key(target) {
                let answer = self.cluster.netstore(&["can-reach", from, to])?;
                let reasons = answer["result"]["reasons"].as_array().map(Vec::as_slice).unwrap_or_default();
                let reasons: Vec<&str> = reasons.iter().filter_map(Value::as_str).collect();
                asked.insert(target, reasons.join("; "));
            }
            let why = tally.unknown.entry(asked.get(target).cloned().unwrap_or_default()).or_default();
            for (verdict, count) in observed {
                *why.entry(*verdict).or_default() += count;
            }
        }
        Ok(())
    }

    /// A focused question against what its attempts showed.
    fn compare_sample(
        &self,
        sample: &Sample,
        answer: &Value,
        observed: &[Verdict],
        tally: &mut Tally,
        wrong: &mut Vec<String>,
    ) -> Result<(), String> {
        for (from, observed) in sample.groups(observed) {
            let predicted = match from {
                Some(from) => who_can_reach(answer, &from.source, from.own_node)?,
                None => Some(super::predicted::verdict(&answer["result"]["verdict"])?),
            };
            let all = |verdict| observed.iter().all(|seen| *seen == verdict);
            match predicted {
                Some(Verdict::Unknown) | None => {
                    let why = format!("{}: an answer about several pods that differ, or none", sample.kind);
                    let counts = tally.unknown.entry(why).or_default();
                    observed.iter().for_each(|seen| *counts.entry(*seen).or_default() += 1);
                }
                Some(verdict) if all(verdict) => tally.agreements += 1,
                Some(verdict) => {
                    let from = from.map(|from| name(&from.source)).map(|from| format!(" from {from}")).unwrap_or_default();
                    wrong.push(format!("netstore {}{from}: predicted {verdict}, observed {observed:?}", sample.question.join(" ")));
                }
            }
        }
        Ok(())
    }
}

fn name(end: &Named) -> String {
    match end {
        Named::Pod(name) => name.clone(),
        Named::Address(address) => address.to_string(),
    }
}

fn disagreement(who: &str, cell: &Cell, predicted: Verdict, observed: Verdict) -> String {
    let (from, to, attempt) = (name(&cell.from), name(&cell.to), &cell.attempt);
    let port = format!("{}/{}", attempt.port, attempt.protocol.name());
    format!("{who}: {from} -> {to} ({}) on {port}: predicted {predicted}, observed {observed}", attempt.host)
}

/// All it takes to look at a set again.
fn reproduce(world: &World, set: &PolicySet) -> String {
    let pods = world.pods.iter().zip(&set.pod_labels).map(|(pod, labels)| {
        let node = &world.nodes[pod.node].name;
        format!(
            "# {}/{} on {node}{}, {:?}: {} {labels}",
            pod.namespace,
            pod.name,
            if pod.host { ", host network" } else { "" },
            pod.addresses,
            pod.fixed_labels()
        )
    });
    let namespaces = NAMESPACES.iter().zip(&set.namespace_labels).map(|(namespace, labels)| format!("# namespace {namespace}: {labels}"));
    let policies = set.policies.iter().map(|policy| format!("---\n{policy}"));
    pods.chain(namespaces).chain(policies).collect::<Vec<_>>().join("\n")
}
