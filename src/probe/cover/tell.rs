//! The answer: coverage in numbers, what did not come out as the policies say, and findings about it.

use std::collections::{BTreeMap, BTreeSet};

use super::judge::{Judgement, Shown, Undecided};
use super::{Cover, Gap, Probe};
use crate::inventory::Inventory;
use crate::probe::findings;
use crate::probe::plan::Way;
use crate::probe::wire::Observed;
use crate::probe::words;
use crate::report::dns_verify::Verified;
use crate::report::verify::{Disagreement, Planned, Source, Untold, Verify};
use crate::report::{Confidence, Finding, ObjectRef, Verdict, quoted};

/// As many connections as show what is wrong.
const SHOWN: usize = 3;

/// What was tried, probe by probe.
#[derive(Debug)]
pub struct Run {
    /// What came of each probe of the cover.
    pub observed: Vec<Observed>,
    /// What each shows.
    pub judged: Vec<Judgement>,
    /// How things were tried from each source, or why they were not, by its position in the inventory.
    pub ways: BTreeMap<usize, Result<Way, String>>,
}

/// What would be tried.
pub fn planned(inventory: &Inventory, cover: &Cover) -> Verify {
    let planned = cover.probes.iter().map(|probe| words_of(inventory, probe)).collect();
    Verify { planned: Some(planned), ..coverage(inventory, cover, &BTreeMap::new()) }
}

/// What came of it.
pub fn told(inventory: &Inventory, cover: &Cover, run: &Run) -> (Verify, Vec<Finding>) {
    let mut verify = coverage(inventory, cover, &run.ways);
    let mut undecided: BTreeMap<String, usize> = BTreeMap::new();
    for (probe, (observed, judged)) in cover.probes.iter().zip(run.observed.iter().zip(&run.judged)) {
        match judged {
            Judgement::Agrees => verify.agreeing += 1,
            Judgement::Undecided(Undecided::NotRun) if !observed.detail.is_empty() => {
                *undecided.entry(format!("{}: {}", Undecided::NotRun.words(), observed.detail)).or_default() += 1;
            }
            Judgement::Undecided(why) => *undecided.entry(why.words().to_owned()).or_default() += 1,
            Judgement::Differs(shown) => verify.disagreements.push(Disagreement {
                tried: words_of(inventory, probe),
                observed: observed.verdict,
                said: words::observed(observed),
                shows: shows(*shown).to_owned(),
            }),
        }
    }
    verify.differing = verify.disagreements.len();
    verify.undecided = undecided.into_iter().map(|(reason, count)| Untold { what: "probes", count, reason }).collect();
    verify.undecided.sort_by_key(|untold| std::cmp::Reverse(untold.count));
    verify.state = Some(match (verify.differing, verify.agreeing) {
        (0, 0) => Verified::Unknown,
        (0, _) => Verified::Agrees,
        _ => Verified::Differs,
    });
    let findings = noticed(inventory, &cover.probes, run);
    (verify, findings)
}

fn coverage(inventory: &Inventory, cover: &Cover, ways: &BTreeMap<usize, Result<Way, String>>) -> Verify {
    let untried = cover.gaps.iter().map(|(gap, count)| Untold { what: unit(*gap), count: *count, reason: why(*gap).to_owned() });
    let mut sources: BTreeMap<usize, usize> = BTreeMap::new();
    cover.probes.iter().for_each(|probe| *sources.entry(probe.source).or_default() += 1);
    let source = |(pod, probes): (usize, usize)| {
        let way = ways.get(&pod).and_then(|way| way.as_ref().ok()).map(Way::to_string);
        Source { pod: reference(inventory, pod), way, probes, failed: ways.get(&pod).and_then(|way| way.as_ref().err().cloned()) }
    };
    Verify {
        state: None,
        kinds: cover.kinds,
        intervals: cover.intervals,
        probes: cover.probes.len(),
        agreeing: 0,
        differing: 0,
        undecided: Vec::new(),
        untried: untried.collect(),
        sources: sources.into_iter().map(source).collect(),
        disagreements: Vec::new(),
        planned: None,
    }
}

fn reference(inventory: &Inventory, pod: usize) -> ObjectRef {
    let meta = inventory.pods.get(pod).map(|info| &info.pod.metadata);
    meta.map_or_else(ObjectRef::default, |meta| ObjectRef::new("Pod", &meta.namespace, &meta.name))
}

fn words_of(inventory: &Inventory, probe: &Probe) -> Planned {
    let ports = match probe.ports {
        (1, u16::MAX) => "*".to_owned(),
        (low, high) if low == high => low.to_string(),
        (low, high) => format!("{low}-{high}"),
    };
    Planned {
        from: reference(inventory, probe.source),
        to: reference(inventory, probe.target),
        protocol: probe.protocol.name(),
        port: probe.port,
        ports,
        predicted: probe.predicted,
    }
}

fn shows(shown: Shown) -> &'static str {
    match shown {
        Shown::Answered => "the target answered",
        Shown::Closed => "the target said that nothing listens there; this network denies otherwise",
        Shown::Blocked => "the network refused it, or let nothing come back",
        Shown::AnswersOthers => "the port answers others",
    }
}

fn unit(gap: Gap) -> &'static str {
    if matches!(gap, Gap::Outside | Gap::OwnNode) { "kinds of pods" } else { "intervals" }
}

fn why(gap: Gap) -> &'static str {
    match gap {
        Gap::TooMany => "more than --max",
        Gap::Unpredicted => "what policies decide is not known: can-reach says why",
        Gap::NoSource => "no pod of the source's kind runs",
        Gap::NoTarget => "no pod of the target's kind has an address",
        Gap::NoSctp => "SCTP, of which the target declares no port",
        Gap::Outside => "to and from addresses outside the cluster: probes run inside, and bother nobody else",
        Gap::OwnNode => "from their own nodes: no pod is on the network of one",
    }
}

/// What all of it comes to.
fn noticed(inventory: &Inventory, probes: &[Probe], run: &Run) -> Vec<Finding> {
    let tried: Vec<(&Probe, &Observed, Judgement)> =
        probes.iter().zip(&run.observed).zip(&run.judged).map(|((probe, observed), judged)| (probe, observed, *judged)).collect();
    let decided = |predicted| {
        tried.iter().filter(move |(probe, _, judged)| probe.predicted == predicted && !matches!(judged, Judgement::Undecided(_)))
    };
    let wrong = |predicted| decided(predicted).filter(|(.., judged)| matches!(judged, Judgement::Differs(_)));
    let mut findings = Vec::new();
    let passed: Vec<_> = wrong(Verdict::Deny).collect();
    if passed.len() > 1 && passed.len() == decided(Verdict::Deny).count() {
        let message =
            format!("nothing acts on policies: all {} connections that they deny and that could be tried were let through", passed.len());
        let finding = findings::cover::NOTHING_ENFORCED.on(ObjectRef::new("Namespace", "", "kube-system"), message);
        findings.push(shown(inventory, finding.with_confidence(Confidence::Likely), &passed));
    } else {
        for (target, passed) in by(&passed, |probe| probe.target) {
            let pod = reference(inventory, target);
            let message = format!("policies deny it, and it was let through: {} to pod {}", connections(passed.len()), pod.name);
            findings.push(shown(inventory, findings::layers::NOT_ENFORCED.on(pod, message), &passed));
        }
    }
    // From such a source nothing is to be learned of the targets.
    let alone = |source: usize| {
        let mut allowed = decided(Verdict::Allow).filter(|(probe, ..)| probe.source == source);
        let targets: BTreeSet<usize> = allowed.clone().map(|(probe, ..)| probe.target).collect();
        targets.len() > 1 && allowed.all(|(.., judged)| matches!(judged, Judgement::Differs(_)))
    };
    let blocked: Vec<_> = wrong(Verdict::Allow).collect();
    let (of_source, of_target): (Vec<_>, Vec<_>) = blocked.into_iter().partition(|(probe, ..)| alone(probe.source));
    for (source, blocked) in by(&of_source, |probe| probe.source) {
        let pod = reference(inventory, source);
        let message = format!("nothing that policies allow pod {} was let through: {} were tried", pod.name, connections(blocked.len()));
        findings.push(shown(inventory, findings::cover::SOURCE_CUT_OFF.on(pod, message), &blocked));
    }
    for (target, blocked) in by(&of_target, |probe| probe.target) {
        let pod = reference(inventory, target);
        let message = format!("policies allow it, and something else blocks it: {} to pod {}", connections(blocked.len()), pod.name);
        findings.push(shown(inventory, findings::layers::BLOCKED_BY_SOMETHING_ELSE.on(pod, message), &blocked));
    }
    findings
}

/// A probe with what came of it.
type Seen<'a> = &'a (&'a Probe, &'a Observed, Judgement);

fn by<'a>(seen: &[Seen<'a>], key: impl Fn(&Probe) -> usize) -> BTreeMap<usize, Vec<Seen<'a>>> {
    let mut groups: BTreeMap<usize, Vec<Seen<'a>>> = BTreeMap::new();
    seen.iter().for_each(|one| groups.entry(key(one.0)).or_default().push(one));
    groups
}

fn connections(count: usize) -> String {
    if count == 1 { "1 connection".to_owned() } else { format!("{count} connections") }
}

/// The first connections, and how to see which policy decides.
fn shown(inventory: &Inventory, mut finding: Finding, seen: &[Seen<'_>]) -> Finding {
    for (probe, observed, _) in seen.iter().take(SHOWN) {
        let tried = words_of(inventory, probe);
        let what = format!("{} {} from {}/{}", tried.protocol, tried.port, tried.from.namespace, tried.from.name);
        finding = finding.shown_by(&tried.to, what, words::observed(observed));
    }
    let Some((probe, ..)) = seen.first() else { return finding };
    let Planned { from, to, protocol, port, .. } = words_of(inventory, probe);
    let target = format!("{}/pod/{}:{port}/{protocol}", to.namespace, to.name);
    let command = format!("kubectl netstore can-reach {} {}", quoted(&format!("{}/pod/{}", from.namespace, from.name)), quoted(&target));
    finding.remedied_by("see which policy decides it", Some(command))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::Protocol;
    use crate::report::probe::Verdict as Outcome;
    use Verdict::{Allow, Deny};

    const PASSED: Judgement = Judgement::Differs(Shown::Answered);
    const BLOCKED: Judgement = Judgement::Differs(Shown::Blocked);
    const OPEN: Judgement = Judgement::Undecided(Undecided::WhoRefused);

    /// What comes of probes from one pod to another: source, target, what policies say, what was seen.
    fn verified(probes: &[(usize, usize, Verdict, Judgement)]) -> (Verify, Vec<&'static str>) {
        let (mut cover, mut judged) = (Cover::default(), Vec::new());
        for (port, (source, target, predicted, judgement)) in (1..).zip(probes) {
            let (source, target, predicted) = (*source, *target, *predicted);
            cover.probes.push(Probe { source, target, protocol: Protocol::Tcp, port, ports: (port, port), predicted });
            judged.push(*judgement);
        }
        let observed = Observed { verdict: Outcome::Connected, detail: String::new(), attempts: 1, milliseconds: 1 };
        let run = Run { observed: vec![observed; probes.len()], judged, ways: BTreeMap::new() };
        let (verify, findings) = told(&Inventory::default(), &cover, &run);
        (verify, findings.into_iter().map(|finding| finding.code).collect())
    }

    #[track_caller]
    fn finds(probes: &[(usize, usize, Verdict, Judgement)], codes: &[&str]) {
        assert_eq!(verified(probes).1, codes);
    }

    #[test]
    fn denials_that_all_pass_show_that_nobody_enforces_policies() {
        finds(&[(0, 1, Deny, PASSED), (0, 2, Deny, PASSED), (0, 2, Allow, Judgement::Agrees), (1, 2, Deny, OPEN)], &["PR-101"]);
        // One may be a mistake about one pod.
        finds(&[(0, 1, Deny, PASSED)], &["PR-001"]);
    }

    #[test]
    fn denials_some_of_which_pass_are_told_by_their_target() {
        finds(&[(0, 1, Deny, PASSED), (2, 1, Deny, PASSED), (0, 3, Deny, PASSED), (0, 2, Deny, Judgement::Agrees)], &["PR-001", "PR-001"]);
    }

    #[test]
    fn a_pod_that_gets_through_to_none_of_several_is_told_itself() {
        finds(&[(0, 1, Allow, BLOCKED), (0, 2, Allow, BLOCKED), (3, 1, Allow, Judgement::Agrees)], &["PR-102"]);
        finds(&[(0, 1, Allow, BLOCKED), (0, 2, Allow, Judgement::Agrees), (3, 1, Allow, BLOCKED)], &["PR-002"]);
    }

    #[test]
    fn what_shows_nothing_is_never_agreement() {
        let (verify, findings) = verified(&[(0, 1, Allow, OPEN), (0, 1, Deny, OPEN)]);
        assert_eq!((verify.state, verify.agreeing, verify.undecided.len()), (Some(Verified::Unknown), 0, 1));
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(verified(&[(0, 1, Allow, OPEN), (0, 1, Deny, Judgement::Agrees)]).0.state, Some(Verified::Agrees));
        assert_eq!(verified(&[(0, 1, Allow, BLOCKED), (0, 1, Deny, Judgement::Agrees)]).0.state, Some(Verified::Differs));
    }
}
