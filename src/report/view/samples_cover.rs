//! Reports of `verify` for the tests: written by hand, and of arbitrary text.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::arbitrary::text;
use super::samples::report;
use crate::report::dns_verify::Verified;
use crate::report::probe::Verdict as Observed;
use crate::report::verify::*;
use crate::report::{Answer, ObjectRef, Verdict};

fn pod(name: &str) -> ObjectRef {
    ObjectRef::new("Pod", "shop", name)
}

fn probe(from: &str, to: &str, port: u16, ports: &str, predicted: Verdict) -> Planned {
    Planned { from: pod(from), to: pod(to), protocol: "TCP", port, ports: ports.to_owned(), predicted }
}

fn source(name: &str, way: Option<&str>, probes: usize, failed: Option<&str>) -> Source {
    Source { pod: pod(name), way: way.map(str::to_owned), probes, failed: failed.map(str::to_owned) }
}

fn untold(what: &'static str, count: usize, reason: &str) -> Untold {
    Untold { what, count, reason: reason.to_owned() }
}

fn agrees() -> Verify {
    Verify {
        state: Some(Verified::Agrees),
        kinds: 4,
        intervals: 61,
        probes: 48,
        agreeing: 47,
        differing: 0,
        undecided: vec![untold(
            "probes",
            1,
            "no answer to a datagram: lost, or to a server that does not answer what it does not understand",
        )],
        untried: vec![
            untold("intervals", 13, "SCTP, of which the target declares no port"),
            untold("kinds of pods", 1, "from their own nodes"),
        ],
        sources: vec![source("web-5c9d", Some("exec"), 40, None), source("db-0", Some("pod"), 8, None)],
        disagreements: Vec::new(),
        planned: None,
    }
}

fn differs() -> Verify {
    let disagreement =
        |tried, observed, said: &str, shows: &str| Disagreement { tried, observed, said: said.to_owned(), shows: shows.to_owned() };
    Verify {
        state: Some(Verified::Differs),
        agreeing: 43,
        differing: 2,
        sources: vec![
            source("web-5c9d", Some("exec"), 45, None),
            source("batch-x", None, 3, Some("may not create pods/exec in namespace shop")),
        ],
        disagreements: vec![
            disagreement(probe("web-5c9d", "db-0", 5432, "5432", Verdict::Deny), Observed::Connected, "connected", "the target answered"),
            disagreement(
                probe("web-5c9d", "payments-0", 8443, "8443-9000", Verdict::Allow),
                Observed::TimedOut,
                "timed out (3 attempts)",
                "the network refused it, or let nothing come back",
            ),
        ],
        ..agrees()
    }
}

fn planned() -> Verify {
    let many = (0..40).map(|port| probe("web-5c9d", "db-0", 9000 + port, "9000-9100", Verdict::Allow));
    let first = [probe("web-5c9d", "db-0", 5432, "5432", Verdict::Allow), probe("web-5c9d", "db-0", 1, "*", Verdict::Deny)];
    let sources = vec![source("web-5c9d", None, 42, None)];
    Verify {
        state: None,
        agreeing: 0,
        undecided: Vec::new(),
        sources,
        planned: Some(first.into_iter().chain(many).collect()),
        probes: 42,
        ..agrees()
    }
}

/// Names for snapshots.
pub(super) fn all() -> Vec<(&'static str, Answer)> {
    let answer = |verify| Answer::Verify(report("Verify", verify));
    let unknown = Verify { state: Some(Verified::Unknown), agreeing: 0, ..agrees() };
    vec![
        ("verify-agrees", answer(agrees())),
        ("verify-differs", answer(differs())),
        ("verify-unknown", answer(unknown)),
        ("verify-planned", answer(planned())),
    ]
}

/// Arbitrary ones.
pub(super) fn answer() -> BoxedStrategy<Answer> {
    let object = || (text(), text(), text()).prop_map(|(kind, namespace, name)| ObjectRef { kind, namespace, name });
    let verdict = || prop_oneof![Just(Verdict::Allow), Just(Verdict::Deny)];
    let probe = move || {
        (object(), object(), any::<u16>(), text(), verdict()).prop_map(|(from, to, port, ports, predicted)| Planned {
            from,
            to,
            protocol: "UDP",
            port,
            ports,
            predicted,
        })
    };
    let disagreement =
        (probe(), text(), text()).prop_map(|(tried, said, shows)| Disagreement { tried, observed: Observed::Reset, said, shows });
    let source = (object(), option::of(text()), 0..9_usize, option::of(text())).prop_map(|(pod, way, probes, failed)| Source {
        pod,
        way,
        probes,
        failed,
    });
    let untold = || (text(), 0..9_usize).prop_map(|(reason, count)| Untold { what: "intervals", count, reason });
    let state = option::of(prop_oneof![Just(Verified::Agrees), Just(Verified::Differs), Just(Verified::Unknown)]);
    (state, vec(untold(), 0..3), vec(untold(), 0..3), vec(source, 0..3), vec(disagreement, 0..3), option::of(vec(probe(), 0..3)))
        .prop_map(|(state, undecided, untried, sources, disagreements, planned)| {
            let verify = Verify { state, undecided, untried, sources, disagreements, planned, ..agrees() };
            Answer::Verify(report("Verify", verify))
        })
        .boxed()
}
