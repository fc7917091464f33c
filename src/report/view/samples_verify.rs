//! Reports on what servers of names say, for the tests: some written by hand, some of arbitrary text.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::arbitrary::text;
use super::samples::report;
use super::{samples_dns, samples_records};
use crate::report::dns::ExpectedAnswer;
use crate::report::dns_verify::*;
use crate::report::{Answer, ObjectRef};

const UNTESTED: [&str; 2] = ["NetworkPolicies: the question comes from inside the replica's own pod", "UDP: the question goes over TCP"];

fn replica(name: &str, state: ReplicaState, reason: Option<&str>, counts: [usize; 4]) -> DnsReplica {
    let [agreeing, differing, unpredicted, silent] = counts;
    let answered = counts.iter().take(3).sum::<usize>() > 0;
    DnsReplica {
        pod: ObjectRef::new("Pod", "kube-system", name),
        port: Some(53),
        state,
        reason: reason.map(str::to_owned),
        agreeing,
        differing,
        unpredicted,
        silent,
        connections: 1,
        median_milliseconds: answered.then_some(3),
        slowest_milliseconds: answered.then_some(41),
    }
}

fn observed(replica: &str, rcode: Option<&str>, answers: &[&str], state: Verified) -> ObservedAnswer {
    ObservedAnswer {
        replica: replica.to_owned(),
        rcode: rcode.map(str::to_owned),
        answers: answers.iter().map(|answer| (*answer).to_owned()).collect(),
        milliseconds: rcode.map(|_| 3),
        state,
        reason: rcode.is_none().then(|| "no answer in time".to_owned()),
    }
}

fn verify(state: Verified, replicas: Vec<DnsReplica>, questions: Vec<VerifiedQuestion>) -> DnsVerify {
    let service = ObjectRef::new("Service", "kube-system", "kube-dns");
    let verification = Verification { service, state, asked: 1204, predicted: 1200, replicas, untested: UNTESTED.to_vec() };
    DnsVerify { verification, questions }
}

/// Everything that can be wrong at once.
fn wrong() -> DnsVerify {
    let replicas = vec![
        replica("coredns-a", ReplicaState::Agrees, None, [1200, 0, 4, 0]),
        replica(
            "coredns-b",
            ReplicaState::OtherCorefile,
            Some("the Corefile alone decides the answer to 10-0-0-1.default.pod.cluster.local A"),
            [1190, 10, 4, 0],
        ),
        replica("coredns-c", ReplicaState::NotSynced, Some("SERVFAIL to every name of the cluster"), [0, 1200, 4, 0]),
        replica("coredns-d", ReplicaState::Silent, Some("no answer in time"), [0, 0, 0, 1204]),
        replica("coredns-e", ReplicaState::NotReady, Some("not ready: no question comes to it through the Service either"), [0; 4]),
    ];
    let questions = vec![
        VerifiedQuestion {
            name: "10-0-0-1.default.pod.cluster.local".to_owned(),
            kind: "A",
            expected: ExpectedAnswer {
                rcode: Some("NOERROR"),
                answers: vec!["10.0.0.1".to_owned()],
                because: "\"pods insecure\": any address is taken for a pod".to_owned(),
            },
            state: Verified::Differs,
            contradicted: true,
            observed: vec![
                observed("coredns-a", Some("NOERROR"), &["10.0.0.1"], Verified::Agrees),
                observed("coredns-b", Some("NXDOMAIN"), &[], Verified::Differs),
                observed("coredns-c", Some("SERVFAIL"), &[], Verified::Differs),
                observed("coredns-d", None, &[], Verified::Unknown),
            ],
        },
        VerifiedQuestion {
            name: "example.org".to_owned(),
            kind: "A",
            expected: ExpectedAnswer { because: "upstream server /etc/resolv.conf decides".to_owned(), ..ExpectedAnswer::default() },
            state: Verified::Unknown,
            contradicted: false,
            observed: vec![observed(
                "coredns-a",
                Some("NOERROR"),
                &["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"],
                Verified::Unknown,
            )],
        },
    ];
    verify(Verified::Differs, replicas, questions)
}

pub(super) fn all() -> Vec<(&'static str, Answer)> {
    let agree = verify(Verified::Agrees, vec![replica("coredns-a", ReplicaState::Agrees, None, [1200, 0, 4, 0])], Vec::new());
    let gone = replica("coredns-a", ReplicaState::Unreachable, Some("NotFound: pods \"coredns-a\" not found"), [0, 0, 0, 1204]);
    let unknown = verify(Verified::Unknown, vec![gone], Vec::new());
    let parts = samples_dns::all().into_iter().take(1).chain(samples_records::all()).filter_map(|(name, mut answer)| {
        let name = match (name, &mut answer) {
            ("dns_records", Answer::DnsRecords(report)) => {
                report.result.verified = Some(wrong());
                "dns_records_verified"
            }
            (_, Answer::Dns(report)) => {
                let said = observed("coredns-a", Some("NOERROR"), &["10.96.14.7"], Verified::Agrees);
                report.result.questions.iter_mut().for_each(|question| question.observed = vec![said.clone()]);
                report.result.verified = Some(agree.verification.clone());
                "dns_verified"
            }
            _ => return None,
        };
        Some((name, answer))
    });
    let parts: Vec<(&'static str, Answer)> = parts.collect();
    let whole = vec![
        ("dns_verify", Answer::DnsVerify(report("DnsVerify", wrong()))),
        ("dns_verify_agrees", Answer::DnsVerify(report("DnsVerify", agree.clone()))),
        ("dns_verify_unknown", Answer::DnsVerify(report("DnsVerify", unknown))),
    ];
    whole.into_iter().chain(parts).collect()
}

/// An answer full of arbitrary text.
pub(super) fn answer() -> BoxedStrategy<Answer> {
    let verified = prop_oneof![Just(Verified::Agrees), Just(Verified::Differs), Just(Verified::Unknown)];
    let observed =
        (text(), option::of(text()), vec(text(), 0..6), verified.clone()).prop_map(|(replica, rcode, answers, state)| ObservedAnswer {
            reason: rcode.is_none().then(|| replica.clone()),
            milliseconds: rcode.as_ref().map(|_| 1),
            replica,
            rcode,
            answers,
            state,
        });
    let question = (text(), text(), vec(text(), 0..3), option::of(Just("NOERROR")), vec(observed, 0..3), verified.clone()).prop_map(
        |(name, because, answers, rcode, observed, state)| {
            let expected = ExpectedAnswer { rcode, answers, because };
            VerifiedQuestion { name, kind: "A", expected, state, contradicted: false, observed }
        },
    );
    let one =
        (text(), option::of(text())).prop_map(|(name, reason)| replica(&name, ReplicaState::Differs, reason.as_deref(), [1, 2, 3, 4]));
    (text(), verified, vec(one, 0..3), vec(question, 0..3))
        .prop_map(|(name, state, replicas, questions)| {
            let mut answer = verify(state, replicas, questions);
            answer.verification.service = ObjectRef::new("Service", &name, &name);
            Answer::DnsVerify(report("DnsVerify", answer))
        })
        .boxed()
}
