//! Who can reach whom: drawn policy sets, every pair of pods and every port for real, against `matrix` and the focused
//! questions.

use netstore::report::Verdict;
use serde_json::{Value, json};

use super::attempt::{Attempt, Observed};
use super::cluster::Cluster;
use super::corners;
use super::dialer::Dialer;
use super::draw::{NAMESPACE_LABELS, POD_LABELS, PolicySet, policy_set};
use super::grid::{self, Cell};
use super::http::Request;
use super::options::Options;
use super::predicted::Named;
use super::round::{self, Clock};
use super::tally::{Tally, shares};
use super::world::{NAMESPACES, World};

/// Everything the suite works with.
pub struct Reach<'a> {
    pub cluster: &'a Cluster,
    pub world: &'a World,
    pub dialer: Dialer,
    /// Where the cluster-wide policies are that the data plane's mode knows.
    pub wide: &'static [&'static str],
}

/// The suite.
pub fn run(reach: &mut Reach<'_>, options: &Options, tally: &mut Tally) {
    let cells = grid::questions(reach.world);
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
    let (mut errors, mut clock) = (0, Clock::default());
    for number in &numbers {
        let set = policy_set(reach.world, options.seed, *number);
        let result = round::one_set(reach, &set, options.seed, &cells, tally, &mut clock);
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
    for (why, count) in &reach.dialer.again {
        tally.notes.push(format!("{count} attempts were made again: {why}"));
    }
    tally.notes.push(format!("a set in the mean: {}", clock.mean(numbers.len())));
    if !reach.world.sctp {
        tally.notes.push("SCTP is in policies only: this machine's kernel has no SCTP sockets".to_owned());
    }
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

/// The verdicts that attempts prove. All of them must prove one.
pub fn proven(attempts: &[Attempt], observed: &[Observed]) -> Result<Vec<Verdict>, String> {
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
    pub fn change(&self, set: Option<&PolicySet>) -> Result<(), String> {
        let policies = |namespace: &str| format!("/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies");
        let delete = |namespace: &&str| Request { method: "DELETE", path: policies(namespace), body: None };
        let delete_wide = |path: &&str| Request { method: "DELETE", path: (*path).to_owned(), body: None };
        self.cluster.api(&NAMESPACES.iter().map(delete).chain(self.wide.iter().map(delete_wide)).collect::<Vec<_>>())?;
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
                let wide = policy["kind"].as_str().map(|kind| kind.to_lowercase().replace("policy", "policies")).unwrap_or_default();
                let path = match policy["metadata"]["namespace"].as_str() {
                    Some(namespace) => policies(namespace),
                    None => self.wide.iter().find(|path| path.ends_with(&format!("/{wide}"))).copied().unwrap_or_default().to_owned(),
                };
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
}
