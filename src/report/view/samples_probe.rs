//! Reports of `probe` for the tests: written by hand, and of arbitrary text.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::arbitrary::{port, text};
use super::samples::report;
use crate::report::probe::*;
use crate::report::{Answer, ObjectRef, PortRange};

fn check(check: &str, verdict: Verdict, attempts: u8, milliseconds: u32) -> ProbeCheck {
    ProbeCheck { check: check.to_owned(), verdict, detail: String::new(), attempts, milliseconds }
}

fn layer(layer: LayerName, state: ProbeState, said: &str, checks: &[ProbeCheck], codes: &[&'static str]) -> Layer {
    Layer { layer, state, said: said.to_owned(), checks: checks.to_vec(), codes: codes.to_vec() }
}

/// The way to a Service with one endpoint: what policies say, and what came of it.
fn layers(predicted: (ProbeState, &str), verdict: Verdict, said: &str, codes: &[&'static str]) -> Vec<Layer> {
    use LayerName::*;
    use ProbeState::{Fail, Ok};
    let state = if verdict == Verdict::Connected { Ok } else { Fail };
    let name = check("name,payments.shop.svc.cluster.local.", Verdict::Resolved, 3, 2);
    let pod = check("tcp,10.244.1.9,8443", verdict, 3, 1500);
    let service = check("tcp,10.96.14.7,443", verdict, 3, 1500);
    vec![
        layer(Name, Ok, "payments.shop.svc.cluster.local → 10.96.14.7", &[name], &[]),
        layer(Service, Ok, "shop/payments (10.96.14.7), port 443/TCP (web)", &[], &[]),
        layer(Endpoints, Ok, "1 of 1 ready", &[], &[]),
        layer(TargetPort, Ok, "443 → 8443 (\"https\")", &[], &[]),
        layer(Listening, Ok, "payments-0 on 8443/TCP", &[], &[]),
        layer(Predicted, predicted.0, predicted.1, &[], codes),
        layer(PodAddress, state, &format!("payments-0 (10.244.1.9:8443): {said}"), &[pod], &[]),
        layer(ServiceAddress, state, &format!("10.96.14.7:443: {said}"), &[service], &[]),
    ]
}

fn probed(target: &str, port: u16, state: ProbeState, said: &str, agreement: (Agreement, &str), layers: Vec<Layer>) -> Probed {
    Probed {
        from: ObjectRef::new("Pod", "shop", "web-5c9d"),
        way: "ephemeral",
        target: target.to_owned(),
        port: Some(PortRange { protocol: "TCP".to_owned(), ports: port.to_string() }),
        state,
        said: said.to_owned(),
        agreement: agreement.0,
        agreement_reason: agreement.1.to_owned(),
        layers,
    }
}

/// Names for snapshots.
pub(super) fn all() -> Vec<(&'static str, Answer)> {
    use ProbeState::{Fail, Ok, Unknown};
    const DENIED: &str = "egress of web-5c9d is isolated by web-egress; nearest rule web-egress #1: port 8443, allowed 8080";
    let agrees = (Agreement::Agrees, "");
    let answer = |connections| Answer::Probe(report("Probe", Probe { connections }));
    let open = || layers((Ok, "no policy isolates either of them"), Verdict::Connected, "connected", &[]);
    let connects = || probed("shop/svc/payments", 443, Ok, "10.96.14.7:443: connected", agrees, open());
    let timed_out = "timed out (3 attempts)";
    let denied = probed("shop/svc/payments", 443, Fail, DENIED, agrees, layers((Fail, DENIED), Verdict::TimedOut, timed_out, &[]));
    let passes = (Agreement::Differs, "it connects, and policies deny it");
    let not_enforced = layers((Fail, DENIED), Verdict::Connected, "connected", &["PR-001"]);
    let not_enforced = probed("shop/svc/payments", 443, Ok, "10.96.14.7:443: connected", passes, not_enforced);
    let lost = "db.example.com:5432: could not be tried: the result was lost";
    let could_not = check("tcp,db.example.com,5432", Verdict::CouldNotRun, 0, 0);
    let could_not = layer(LayerName::Address, Unknown, lost, &[could_not], &[]);
    let not_compared = (Agreement::NotCompared, "it was not observed");
    let unknown = probed("db.example.com", 5432, Unknown, lost, not_compared, vec![could_not]);
    let name = layer(
        LayerName::Name,
        Fail,
        "payment.shop does not resolve: no such name (NXDOMAIN)",
        &[check("name,payment.shop", Verdict::NxDomain, 3, 2)],
        &["PR-003"],
    );
    let lookup = Probed { port: None, ..probed("payment.shop", 0, Fail, &name.said.clone(), not_compared, vec![name]) };
    vec![
        ("probe-connects", answer(vec![connects()])),
        ("probe-denied", answer(vec![denied.clone()])),
        ("probe-not-enforced", answer(vec![not_enforced])),
        ("probe-several", answer(vec![connects(), denied, unknown, lookup])),
    ]
}

fn verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![Just(Verdict::Connected), Just(Verdict::TimedOut), Just(Verdict::CouldNotRun)]
}

fn some_layer() -> impl Strategy<Value = Layer> {
    let name = prop_oneof![Just(LayerName::Name), Just(LayerName::Predicted), Just(LayerName::PodAddress)];
    let check = (text(), verdict(), text(), 0..9_u8, any::<u32>())
        .prop_map(|(check, verdict, detail, attempts, milliseconds)| ProbeCheck { check, verdict, detail, attempts, milliseconds });
    (name, state(), text(), vec(check, 0..2)).prop_map(|(layer, state, said, checks)| Layer {
        layer,
        state,
        said,
        checks,
        codes: vec!["PR-001"],
    })
}

fn state() -> impl Strategy<Value = ProbeState> {
    prop_oneof![Just(ProbeState::Ok), Just(ProbeState::Unknown), Just(ProbeState::Fail)]
}

/// Arbitrary ones.
pub(super) fn answer() -> BoxedStrategy<Answer> {
    let agreement = prop_oneof![Just(Agreement::Agrees), Just(Agreement::Differs), Just(Agreement::NotCompared)];
    let of = (text(), text(), text(), option::of(port()), state(), text(), agreement, text(), vec(some_layer(), 0..4));
    let probed = of.prop_map(|(namespace, name, target, port, state, said, agreement, agreement_reason, layers)| {
        let from = ObjectRef { kind: "Pod".to_owned(), namespace, name };
        Probed { from, way: "exec", target, port, state, said, agreement, agreement_reason, layers }
    });
    vec(probed, 0..3).prop_map(|connections| Answer::Probe(report("Probe", Probe { connections }))).boxed()
}
