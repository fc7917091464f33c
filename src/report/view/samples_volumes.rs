//! Reports on the volumes of pods for the tests: some written by hand, some of arbitrary text.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::arbitrary::{command, text};
use super::samples::report;
use crate::report::storage::Cause;
use crate::report::volumes::*;
use crate::report::*;

fn volume(name: &str, kind: &'static str, state: VolumeState) -> VolumeAnswer {
    VolumeAnswer {
        name: name.into(),
        kind,
        state,
        cause: None,
        also_would_fail: Vec::new(),
        unread: Vec::new(),
        source: "empty folder".into(),
        volume: String::new(),
        place: "disk of node node-1".into(),
        after_pod: "lost".into(),
        after_claim: None,
    }
}

fn held() -> Cause {
    Cause {
        code: "ST-K09",
        name: "volume-attached-elsewhere",
        severity: Severity::Error,
        confidence: Confidence::Certain,
        message: "volume \"pv-a\" is attached to node node-2, which is ready, and pod old uses it there".into(),
    }
}

fn pod(name: &str, phase: &'static str, state: VolumeState, volumes: Vec<VolumeAnswer>) -> PodAnswer {
    PodAnswer {
        namespace: "shop".into(),
        name: name.into(),
        workload: "Deployment/web".into(),
        node: (phase != "Unscheduled").then(|| "node-1".into()),
        phase,
        state,
        cause: None,
        notes: Vec::new(),
        scheduler: None,
        volumes,
    }
}

fn data(cause: Option<Cause>, state: VolumeState) -> VolumeAnswer {
    VolumeAnswer {
        cause,
        source: "claim data".into(),
        volume: "pv-a".into(),
        place: "driver disk.example.com, vol-a".into(),
        after_pod: "stays".into(),
        after_claim: Some("volume and data are deleted".into()),
        ..volume("data", "persistentVolumeClaim", state)
    }
}

fn answer_of(pods: Vec<PodAnswer>, named: bool) -> Answer {
    let mut findings = Vec::new();
    for pod in &pods {
        let subject = ObjectRef::new("Pod", &pod.namespace, &pod.name);
        for cause in pod.cause.iter().chain(&pod.notes) {
            findings.push(Finding {
                code: cause.code,
                name: cause.name,
                severity: cause.severity,
                confidence: cause.confidence,
                subject: subject.clone(),
                message: cause.message.clone(),
                evidence: vec![Evidence { object: subject.clone(), field: "spec.nodeName".into(), value: pod.workload.clone() }],
                remedy: vec![Remedy {
                    description: "when it is gone from there, this pod starts".into(),
                    command: Some("kubectl delete pod old -n shop".into()),
                    data_risk: DataRisk::None,
                }],
            });
        }
    }
    let mut report = report("Volumes", Volumes { pods, named });
    report.findings = findings;
    Answer::Volumes(report)
}

pub(super) fn all() -> Vec<(&'static str, Answer)> {
    let cache = || volume("cache", "emptyDir", VolumeState::Ok);
    let waits = PodAnswer {
        cause: Some(held()),
        ..pod("web-new", "Starting", VolumeState::Problem, vec![data(Some(held()), VolumeState::Problem), cache()])
    };
    let unread = VolumeAnswer { unread: vec!["secrets".into()], ..volume("key", "secret", VolumeState::Unknown) };
    let unscheduled = PodAnswer {
        scheduler: Some("0/2 nodes are available: 2 Insufficient cpu.".into()),
        ..pod("web-later", "Unscheduled", VolumeState::Waiting, vec![cache()])
    };
    let runs = || pod("web-old", "Running", VolumeState::Ok, vec![data(None, VolumeState::Ok), cache()]);
    vec![
        ("volumes_waiting", answer_of(vec![waits.clone()], true)),
        ("volumes_running", answer_of(vec![runs()], true)),
        (
            "volumes_namespace",
            answer_of(vec![waits, pod("web-key", "Starting", VolumeState::Unknown, vec![unread]), unscheduled, runs()], false),
        ),
    ]
}

/// An answer of `volumes` full of arbitrary text.
pub(super) fn answer() -> BoxedStrategy<Answer> {
    (vec(any_pod(), 0..4), any::<bool>(), vec(command(), 0..2))
        .prop_map(|(pods, named, commands)| {
            let mut answer = answer_of(pods, named);
            if let Answer::Volumes(report) = &mut answer {
                for finding in &mut report.findings {
                    finding.remedy.iter_mut().for_each(|remedy| remedy.command = commands.first().cloned());
                }
            }
            answer
        })
        .boxed()
}

fn any_cause() -> BoxedStrategy<Cause> {
    text().prop_map(|message| Cause { message, ..held() }).boxed()
}

fn any_state() -> BoxedStrategy<VolumeState> {
    prop_oneof![Just(VolumeState::Ok), Just(VolumeState::Waiting), Just(VolumeState::Problem), Just(VolumeState::Unknown)].boxed()
}

fn any_volume() -> BoxedStrategy<VolumeAnswer> {
    let texts = (text(), text(), text(), text(), text(), option::of(text()));
    (texts, any_state(), option::of(any_cause()), vec(any_cause(), 0..2), vec(text(), 0..2))
        .prop_map(|((name, source, behind, place, after_pod, after_claim), state, cause, also_would_fail, unread)| VolumeAnswer {
            name,
            kind: "persistentVolumeClaim",
            state,
            cause,
            also_would_fail,
            unread,
            source,
            volume: behind,
            place,
            after_pod,
            after_claim,
        })
        .boxed()
}

fn any_pod() -> BoxedStrategy<PodAnswer> {
    let texts = (text(), text(), text(), option::of(text()), option::of(text()));
    let phase = prop_oneof![Just("Running"), Just("Starting"), Just("Unscheduled"), Just("Finished"), Just("Template")];
    (texts, phase, any_state(), option::of(any_cause()), vec(any_cause(), 0..2), vec(any_volume(), 0..4))
        .prop_map(|((namespace, name, workload, node, scheduler), phase, state, cause, notes, volumes)| PodAnswer {
            namespace,
            name,
            workload,
            node,
            phase,
            state,
            cause,
            notes,
            scheduler,
            volumes,
        })
        .boxed()
}
