//! Reports on claims for the tests, written by hand.

use super::samples::report;
use crate::report::storage::*;
use crate::report::*;

fn claim(name: &str, state: ClaimState) -> ClaimAnswer {
    ClaimAnswer {
        namespace: "shop".into(),
        name: name.into(),
        phase: "Pending".into(),
        state,
        class: "fast".into(),
        class_from: "spec",
        request: "5Gi".into(),
        volume: String::new(),
        cause: None,
        also_would_fail: Vec::new(),
        would_bind: None,
        unread: Vec::new(),
        candidates: Vec::new(),
        candidates_left_out: 0,
        nodes: Vec::new(),
    }
}

fn cause(code: &'static str, name: &'static str, severity: Severity, message: &str) -> Cause {
    Cause { code, name, severity, confidence: Confidence::Certain, message: message.into() }
}

fn too_small() -> Cause {
    cause("ST-S02", "volume-too-small", Severity::Error, "the closest volume is \"pv-a\": it is too small (4Gi < 5Gi)")
}

fn behind(claim: &str, cause: &Cause) -> Finding {
    let volume = ObjectRef::new("PersistentVolume", "", "pv-a");
    let subject = ObjectRef::new("PersistentVolumeClaim", "shop", claim);
    Finding {
        code: cause.code,
        name: cause.name,
        severity: cause.severity,
        confidence: cause.confidence,
        subject: subject.clone(),
        message: cause.message.clone(),
        evidence: vec![
            Evidence { object: volume, field: "spec.capacity.storage".into(), value: "4Gi".into() },
            Evidence { object: subject, field: "spec.resources.requests.storage".into(), value: "5Gi".into() },
        ],
        remedy: vec![
            Remedy {
                description: "create the claim anew to fit volume pv-a".into(),
                command: Some(format!("kubectl get pvc {claim} -n shop -o json | kubectl replace --force -f -")),
                data_risk: DataRisk::None,
            },
            Remedy { description: "or delete what is there".into(), command: None, data_risk: DataRisk::Loss },
        ],
    }
}

/// What `pvc-why-pending` says of a namespace.
pub(super) fn namespace() -> Answer {
    let small = ClaimAnswer {
        cause: Some(too_small()),
        also_would_fail: vec![cause("ST-C04", "several-default-classes", Severity::Info, "several classes are the default")],
        ..claim("data", ClaimState::Problem)
    };
    let waits = cause("ST-W01", "no-consumer", Severity::Info, "class \"fast\" waits for the first pod that uses it, and there is none");
    let waiting = ClaimAnswer { cause: Some(waits.clone()), ..claim("later", ClaimState::Waiting) };
    let unread = vec!["persistentvolumes".to_owned()];
    let unknown = ClaimAnswer { unread, class: String::new(), class_from: "none", ..claim("other", ClaimState::Unknown) };
    let bound = ClaimAnswer { phase: "Bound".into(), volume: "pv-b".into(), ..claim("well", ClaimState::Ok) };
    let mut report = report("PvcWhyPending", PvcWhyPending { claims: vec![small, waiting, unknown, bound], named: false });
    report.findings = vec![behind("data", &too_small()), behind("later", &waits)];
    Answer::PvcWhyPending(report)
}

/// What it says of one claim with `--explain`.
pub(super) fn explained() -> Answer {
    let comparison = |holds: bool, volume: &str, claim: &str| Comparison { holds, volume: volume.into(), claim: claim.into() };
    let predicates = Predicates {
        size: comparison(false, "4Gi", "5Gi"),
        access_modes: comparison(true, "ReadWriteOnce", "ReadWriteOnce"),
        class: comparison(false, "slow", "fast"),
        volume_mode: comparison(true, "Filesystem", "Filesystem"),
        selector: comparison(true, "none", "none"),
        attributes_class: comparison(true, "none", "none"),
        phase: comparison(true, "Available", "Available"),
        claim_ref: comparison(true, "none", "shop/data"),
        deletion: comparison(true, "none", "none"),
        node_affinity: comparison(true, "every node", "some node"),
    };
    let node = |name: &str, reason: Option<&str>| NodeVerdict { node: name.into(), reason: reason.map(Into::into) };
    let data = ClaimAnswer {
        cause: Some(too_small()),
        candidates: vec![Candidate { volume: "pv-a".into(), predicates, first_failing: Some("size") }],
        candidates_left_out: 3,
        nodes: vec![node("node-1", Some("1Gi free < 5Gi")), node("node-2", Some("1Gi free < 5Gi")), node("node-3", None)],
        ..claim("data", ClaimState::Problem)
    };
    let mut report = report("PvcWhyPending", PvcWhyPending { claims: vec![data], named: true });
    report.findings = vec![behind("data", &too_small())];
    Answer::PvcWhyPending(report)
}

pub(super) fn all() -> Vec<(&'static str, Answer)> {
    vec![("pvc_why_pending", namespace()), ("pvc_why_pending_explained", explained())]
}
