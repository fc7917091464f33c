//! Reports on claims full of arbitrary text.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::arbitrary::{command, text};
use super::samples::report;
use crate::report::storage::*;
use crate::report::*;

/// An answer of `pvc-why-pending`, with the findings behind its causes.
pub(super) fn answer() -> BoxedStrategy<Answer> {
    (vec(claim(), 0..5), any::<bool>(), vec(command(), 0..3))
        .prop_map(|(claims, named, commands)| {
            let mut findings = Vec::new();
            for claim in &claims {
                for cause in claim.cause.iter().chain(&claim.also_would_fail) {
                    findings.push(finding(claim, cause, &commands));
                }
            }
            let mut report = report("PvcWhyPending", PvcWhyPending { claims, named });
            report.findings = findings;
            Answer::PvcWhyPending(report)
        })
        .boxed()
}

fn finding(claim: &ClaimAnswer, cause: &Cause, commands: &[String]) -> Finding {
    let subject = ObjectRef::new("PersistentVolumeClaim", &claim.namespace, &claim.name);
    let remedy =
        |command: &String| Remedy { description: claim.class.clone(), command: Some(command.clone()), data_risk: DataRisk::Disclosure };
    Finding {
        code: cause.code,
        name: cause.name,
        severity: cause.severity,
        confidence: cause.confidence,
        evidence: vec![Evidence { object: subject.clone(), field: claim.volume.clone(), value: claim.request.clone() }],
        subject,
        message: cause.message.clone(),
        remedy: commands.iter().map(remedy).collect(),
    }
}

fn cause() -> BoxedStrategy<Cause> {
    let confidence = prop_oneof![Just(Confidence::Certain), Just(Confidence::Likely), Just(Confidence::Possible)];
    (text(), confidence, prop_oneof![Just(Severity::Error), Just(Severity::Info)])
        .prop_map(|(message, confidence, severity)| Cause { code: "ST-S02", name: "volume-too-small", severity, confidence, message })
        .boxed()
}

fn state() -> BoxedStrategy<ClaimState> {
    prop_oneof![Just(ClaimState::Ok), Just(ClaimState::Waiting), Just(ClaimState::Problem), Just(ClaimState::Unknown)].boxed()
}

fn comparison() -> BoxedStrategy<Comparison> {
    (any::<bool>(), text(), text()).prop_map(|(holds, volume, claim)| Comparison { holds, volume, claim }).boxed()
}

fn candidate() -> BoxedStrategy<Candidate> {
    (text(), vec(comparison(), 10..=10))
        .prop_map(|(volume, c)| {
            let one = |at: usize| c[at].clone();
            let predicates = Predicates {
                size: one(0),
                access_modes: one(1),
                class: one(2),
                volume_mode: one(3),
                selector: one(4),
                attributes_class: one(5),
                phase: one(6),
                claim_ref: one(7),
                deletion: one(8),
                node_affinity: one(9),
            };
            let first_failing = predicates.all().into_iter().find(|(_, c)| !c.holds).map(|(name, _)| name);
            Candidate { volume, predicates, first_failing }
        })
        .boxed()
}

fn claim() -> BoxedStrategy<ClaimAnswer> {
    let names = (text(), text(), text(), text(), text(), text());
    let verdicts = vec((text(), option::of(text())).prop_map(|(node, reason)| NodeVerdict { node, reason }), 0..4);
    let causes = (option::of(cause()), vec(cause(), 0..3), option::of(text()));
    (names, state(), causes, vec(text(), 0..3), vec(candidate(), 0..3), verdicts)
        .prop_map(|(names, state, (cause, also_would_fail, would_bind), unread, candidates, nodes)| {
            let (namespace, name, phase, class, request, volume) = names;
            ClaimAnswer {
                namespace,
                name,
                phase,
                state,
                class,
                class_from: "spec",
                request,
                volume,
                cause,
                also_would_fail,
                would_bind,
                unread,
                candidates_left_out: candidates.len(),
                candidates,
                nodes,
            }
        })
        .boxed()
}
