//! What was said, put together: replica by replica, question by question, and what is wrong with which of them.

use std::collections::BTreeSet;

use super::compare::{Verdict, shown, verdict};
use super::findings;
use super::{Checked, Contact, Replica, Spared, UNTESTED};
use crate::dns::observed::{Said, rcode_name};
use crate::dns::record::Rcode;
use crate::dns::server::{Because, Expected, Reason};
use crate::objects::Service;
use crate::report::dns::ExpectedAnswer;
use crate::report::dns_verify::{DnsReplica, DnsVerify, ObservedAnswer, ReplicaState, Verification, Verified, VerifiedQuestion};
use crate::report::{Finding, ObjectRef};

/// So many names are not missing by chance.
const ENOUGH: usize = 3;

/// Everything that is known when all is said.
#[derive(Debug)]
pub struct Told<'a> {
    /// The Service before the replicas.
    pub service: &'a Service,
    /// The replicas, those that were not asked among them.
    pub replicas: &'a [Replica],
    /// What is known of each that was asked, in their order.
    pub contacts: &'a [Contact],
    /// The questions; what was said stands in the order of the replicas that were asked.
    pub checked: &'a [Checked],
    /// Whether the questions were named: then all of them are shown.
    pub named: bool,
}

/// The answer and what is to be said of it.
pub fn tell(told: &Told<'_>) -> (DnsVerify, Vec<Finding>) {
    let mut asked = told.contacts.iter().enumerate();
    let replicas: Vec<(DnsReplica, Option<usize>)> = (told.replicas.iter())
        .map(|replica| match replica.spared {
            Some(spared) => (spared_replica(replica, spared), None),
            None => match asked.next() {
                Some((at, contact)) => (asked_replica(replica, at, contact, told.checked), Some(at)),
                None => (spared_replica(replica, Spared::NoPort), None),
            },
        })
        .collect();
    let findings = findings::all(told, &replicas);
    let names: Vec<&str> = told.replicas.iter().filter(|replica| replica.spared.is_none()).map(|replica| replica.name.as_str()).collect();
    let shown = told.checked.iter().filter(|checked| told.named || checked.is_in_doubt());
    let questions = shown.map(|checked| question(checked, &names)).collect();
    let verification = Verification {
        service: ObjectRef::new("Service", &told.service.metadata.namespace, &told.service.metadata.name),
        state: state(told, &replicas),
        asked: told.checked.len(),
        predicted: told.checked.iter().filter(|checked| matches!(checked.expected, Expected::Says { .. })).count(),
        replicas: replicas.into_iter().map(|(replica, _)| replica).collect(),
        untested: UNTESTED.to_vec(),
    };
    (DnsVerify { verification, questions }, findings)
}

/// A replica that cannot be asked decides nothing, unless there is no other.
fn state(told: &Told<'_>, replicas: &[(DnsReplica, Option<usize>)]) -> Verified {
    let is = |states: &[ReplicaState]| replicas.iter().any(|(replica, _)| states.contains(&replica.state));
    if told.checked.iter().any(Checked::is_in_doubt) || is(&[ReplicaState::Silent]) {
        return Verified::Differs;
    }
    let all_silent = |checked: &Checked| checked.said.iter().all(|said| said.answer().is_none());
    let unanswered = told.checked.iter().any(all_silent) || is(&[ReplicaState::Unreachable]);
    let unpredicted = |checked: &Checked| match &checked.expected {
        Expected::Says { .. } => false,
        Expected::Unknown(Reason::NoCorefile(_)) => true,
        Expected::Unknown(_) => told.named,
    };
    let unpredicted = told.checked.iter().any(unpredicted);
    if unanswered || unpredicted || !is(&[ReplicaState::Agrees]) { Verified::Unknown } else { Verified::Agrees }
}

fn pod(replica: &Replica) -> ObjectRef {
    ObjectRef::new("Pod", &replica.namespace, &replica.name)
}

fn spared_replica(replica: &Replica, spared: Spared) -> DnsReplica {
    let (state, reason) = match spared {
        Spared::NotReady => (ReplicaState::NotReady, "not ready: no question comes to it through the Service either"),
        Spared::Terminating => (ReplicaState::Terminating, "it is being deleted: no question comes to it any more"),
        Spared::NoPod => (ReplicaState::NotAsked, "an address that is no pod: there is no port-forward to it"),
        Spared::NoPort => (ReplicaState::NotAsked, "port 53 of the Service leads to no port of it"),
    };
    DnsReplica {
        pod: pod(replica),
        port: replica.port,
        state,
        reason: Some(reason.to_owned()),
        agreeing: 0,
        differing: 0,
        unpredicted: 0,
        silent: 0,
        connections: 0,
        median_milliseconds: None,
        slowest_milliseconds: None,
    }
}

fn asked_replica(replica: &Replica, at: usize, contact: &Contact, checked: &[Checked]) -> DnsReplica {
    let heard = || checked.iter().filter_map(|checked| Some((checked, checked.said.get(at)?)));
    let count = |wanted: Verdict| heard().filter(|(checked, said)| verdict(&checked.expected, said) == wanted).count();
    let mut times: Vec<u64> = heard()
        .filter_map(|(_, said)| match said {
            Said::Answer { milliseconds, .. } => Some(*milliseconds),
            Said::Nothing(_) => None,
        })
        .collect();
    times.sort_unstable();
    let (state, reason) = judge(at, contact, checked);
    DnsReplica {
        pod: pod(replica),
        port: replica.port,
        state,
        reason,
        agreeing: count(Verdict::Agrees),
        differing: count(Verdict::Differs),
        unpredicted: count(Verdict::Unknown),
        silent: count(Verdict::Silent),
        connections: contact.connections,
        median_milliseconds: times.get(times.len() / 2).copied(),
        slowest_milliseconds: times.last().copied(),
    }
}

/// What is to be said of a replica, and why.
fn judge(at: usize, contact: &Contact, checked: &[Checked]) -> (ReplicaState, Option<String>) {
    let heard = || checked.iter().filter_map(|checked| Some((checked, checked.said.get(at)?)));
    let of = |wanted: Verdict| heard().filter(move |(checked, said)| verdict(&checked.expected, said) == wanted);
    if !heard().any(|(_, said)| said.answer().is_some()) {
        let nothing = heard().find_map(|(_, said)| if let Said::Nothing(why) = said { Some(why.clone()) } else { None });
        let state = if contact.connections > 0 { ReplicaState::Silent } else { ReplicaState::Unreachable };
        return (state, contact.refused.clone().or(nothing));
    }
    let (agreeing, differing) = (of(Verdict::Agrees).count(), of(Verdict::Differs).count());
    if differing == 0 {
        return if agreeing > 0 { (ReplicaState::Agrees, None) } else { (ReplicaState::Unpredicted, None) };
    }
    let is_because = |checked: &Checked, wanted: &dyn Fn(&Because) -> bool| matches!(&checked.expected, Expected::Says { response, because } if response.rcode == Rcode::NoError && wanted(because));
    // What exists because of objects, and what exists at all.
    let known = of(Verdict::Agrees).filter(|(checked, _)| is_because(checked, &|because| !is_configured(because))).count();
    let right = of(Verdict::Agrees).filter(|(checked, _)| is_because(checked, &|_| true)).count();
    let ends = |with: &dyn Fn(u16) -> bool| of(Verdict::Differs).all(|(_, said)| said.answer().is_some_and(|answer| with(answer.rcode)));
    if known == 0 && ends(&|rcode| rcode == Rcode::ServFail.number()) {
        return (ReplicaState::NotSynced, Some("SERVFAIL to every name that objects make".to_owned()));
    }
    // One name that is missing may just be new.
    if right == 0 && names(of(Verdict::Differs)) >= ENOUGH && ends(&|rcode| rcode != Rcode::NoError.number()) {
        return (ReplicaState::OtherCorefile, Some("it knows none of the names that exist".to_owned()));
    }
    let by_corefile =
        of(Verdict::Differs).find(|(checked, _)| matches!(&checked.expected, Expected::Says { because, .. } if is_configured(because)));
    match by_corefile {
        Some((Checked { asked, .. }, _)) => {
            (ReplicaState::OtherCorefile, Some(format!("the Corefile alone decides the answer to {} {}", asked.name, asked.kind.name())))
        }
        None => (ReplicaState::Differs, Some(format!("{differing} of {} answers", agreeing + differing))),
    }
}

/// How many names are asked for.
fn names<'c>(asked: impl Iterator<Item = (&'c Checked, &'c Said)>) -> usize {
    asked.map(|(checked, _)| checked.asked.name.as_str()).collect::<BTreeSet<_>>().len()
}

/// Whether the Corefile alone makes the answer, whatever objects there are.
fn is_configured(because: &Because) -> bool {
    use Because::{AnyPod, EndOfChain, HiddenNamespace, NoBlock, Plugin, PodsDisabled, Version};
    matches!(because, AnyPod | PodsDisabled | EndOfChain | NoBlock | HiddenNamespace(_) | Plugin(_) | Version)
}

/// What was expected, as it is shown.
pub(super) fn expected(checked: &Checked) -> ExpectedAnswer {
    match &checked.expected {
        Expected::Says { response, because } => ExpectedAnswer {
            rcode: Some(response.rcode.name()),
            answers: shown(&checked.asked, &response.answers),
            because: because.to_string(),
        },
        Expected::Unknown(reason) => ExpectedAnswer { rcode: None, answers: Vec::new(), because: reason.to_string() },
    }
}

/// What a replica said, as it is shown.
pub(super) fn observed(checked: &Checked, said: &Said, replica: &str) -> ObservedAnswer {
    let state = match verdict(&checked.expected, said) {
        Verdict::Agrees => Verified::Agrees,
        Verdict::Differs => Verified::Differs,
        Verdict::Unknown | Verdict::Silent => Verified::Unknown,
    };
    let replica = replica.to_owned();
    match said {
        Said::Nothing(why) => {
            ObservedAnswer { replica, rcode: None, answers: Vec::new(), milliseconds: None, state, reason: Some(why.clone()) }
        }
        Said::Answer { answer, milliseconds } => {
            let mut answers = shown(&checked.asked, &answer.answers);
            answers.extend(answer.others.iter().cloned());
            if answer.truncated {
                answers.push("…".to_owned());
            }
            let rcode = Some(rcode_name(answer.rcode).into_owned());
            ObservedAnswer { replica, rcode, answers, milliseconds: Some(*milliseconds), state, reason: None }
        }
    }
}

fn question(checked: &Checked, replicas: &[&str]) -> VerifiedQuestion {
    let observed: Vec<ObservedAnswer> = checked.said.iter().zip(replicas).map(|(said, name)| observed(checked, said, name)).collect();
    let state = if checked.is_in_doubt() {
        Verified::Differs
    } else if observed.iter().any(|observed| observed.state == Verified::Agrees) {
        Verified::Agrees
    } else {
        Verified::Unknown
    };
    VerifiedQuestion {
        name: checked.asked.name.clone(),
        kind: checked.asked.kind.name(),
        expected: expected(checked),
        state,
        contradicted: checked.is_contradicted(),
        observed,
    }
}
