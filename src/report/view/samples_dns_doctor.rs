//! Reports of `dns doctor` for the tests: written by hand, and of arbitrary text.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::arbitrary::text;
use super::samples::report;
use crate::report::dns_doctor::*;
use crate::report::{Answer, ObjectRef, Verdict};

fn check(check: &'static str, state: CheckState, said: &str, codes: &[&'static str]) -> Check {
    Check { check, state, said: said.to_owned(), codes: codes.to_vec() }
}

fn cut_off(name: &str, tcp: Verdict, because: &[&str]) -> CutOff {
    CutOff {
        workload: ObjectRef::new("Deployment", "shop", name),
        pods: 2,
        of: 3,
        server: "kube-system/kube-dns".to_owned(),
        udp: Verdict::Deny,
        tcp,
        because: because.iter().map(|policy| ObjectRef::new("NetworkPolicy", "shop", policy)).collect(),
    }
}

/// Names for snapshots.
pub(super) fn all() -> Vec<(&'static str, Answer)> {
    use CheckState::{Ok, Problem, Unknown};
    let answer = |subject, namespace: Option<&str>, state, checks, cut_off| {
        Answer::DnsDoctor(report("DnsDoctor", DnsDoctor { subject, namespace: namespace.map(str::to_owned), state, checks, cut_off }))
    };
    let service = || check("service", Ok, "kube-dns has 10.96.0.10, with port 53 over UDP and TCP", &[]);
    let cut = "policies keep pods of 2 workloads from kube-system/kube-dns";
    let problem = vec![
        service(),
        check("corefile", Ok, "ConfigMap coredns answers for cluster.local", &["DN-D10"]),
        check("policies", Problem, cut, &["DN-D13"]),
    ];
    let unknown = vec![service(), check("corefile", Unknown, "ConfigMaps of kube-system were not read", &[])];
    let cut = vec![cut_off("api", Verdict::Allow, &["default-deny", "only-db"]), cut_off("web", Verdict::Unknown, &[])];
    vec![
        ("dns-doctor-problem", answer(None, None, Problem, problem, cut)),
        ("dns-doctor-unknown", answer(None, Some("shop"), Unknown, unknown, Vec::new())),
        ("dns-doctor-ok", answer(Some(ObjectRef::new("Pod", "shop", "web")), Some("shop"), Ok, vec![service()], Vec::new())),
    ]
}

fn object() -> impl Strategy<Value = ObjectRef> {
    (text(), text(), text()).prop_map(|(kind, namespace, name)| ObjectRef { kind, namespace, name })
}

/// Arbitrary ones.
pub(super) fn answer() -> BoxedStrategy<Answer> {
    let state = || prop_oneof![Just(CheckState::Ok), Just(CheckState::Unknown), Just(CheckState::Problem)];
    let verdict = || prop_oneof![Just(Verdict::Allow), Just(Verdict::Deny), Just(Verdict::Unknown)];
    let check = (state(), text()).prop_map(|(state, said)| Check { check: "corefile", state, said, codes: vec!["DN-D06"] });
    let cut_off = (object(), 0..9_usize, 0..9_usize, text(), verdict(), verdict(), vec(object(), 0..3))
        .prop_map(|(workload, pods, of, server, udp, tcp, because)| CutOff { workload, pods, of, server, udp, tcp, because });
    (option::of(object()), option::of(text()), state(), vec(check, 0..4), vec(cut_off, 0..3))
        .prop_map(|(subject, namespace, state, checks, cut_off)| {
            Answer::DnsDoctor(report("DnsDoctor", DnsDoctor { subject, namespace, state, checks, cut_off }))
        })
        .boxed()
}
