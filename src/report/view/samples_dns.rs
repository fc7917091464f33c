//! Reports on names for the tests: some written by hand, some of arbitrary text.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::arbitrary::text;
use super::samples::report;
use crate::report::dns::*;
use crate::report::{Answer, ObjectRef};

fn line(line: ConfLine, value: Option<&str>, certainty: Certainty, from: &str) -> Provenance {
    Provenance { line, value: value.map(str::to_owned), certainty, from: from.to_owned() }
}

fn question(libc: Libc, name: &str, kind: &'static str, rcode: Option<&'static str>, answers: &[&str], because: &str) -> DnsQuestion {
    let answers = answers.iter().map(|answer| (*answer).to_owned()).collect();
    let expected = ExpectedAnswer { rcode, answers, because: because.to_owned() };
    DnsQuestion { libc, name: name.to_owned(), kind, expected, after_hole: rcode.is_none(), observed: Vec::new() }
}

fn outcome(libc: Libc, resolves: Resolves, because: &str) -> LibcOutcome {
    LibcOutcome {
        libc,
        resolves,
        addresses: Vec::new(),
        found_as: None,
        error: None,
        questions: 2,
        nxdomain: 0,
        because: because.to_owned(),
    }
}

fn bare(name: &str, resolves: Resolves) -> Dns {
    let conf = [
        line(ConfLine::Nameserver, Some("10.96.0.10"), Certainty::Inferred, "Service kube-system/kube-dns"),
        line(ConfLine::Search, Some("shop.svc.cluster.local"), Certainty::Inferred, "Corefile of ConfigMap kube-system/coredns"),
        line(ConfLine::Search, Some("svc.cluster.local"), Certainty::Inferred, "Corefile of ConfigMap kube-system/coredns"),
        line(ConfLine::Search, None, Certainty::Unread, "/etc/resolv.conf of node node-1"),
        line(ConfLine::Options, Some("ndots:5"), Certainty::Known, "the kubelet, for such a dnsPolicy"),
        line(ConfLine::Search, Some("example.com"), Certainty::Cut, "dnsConfig of the pod"),
    ];
    let values = |wanted: ConfLine| conf.iter().filter(|line| line.line == wanted).filter_map(|line| line.value.clone()).collect();
    Dns {
        subject: ObjectRef::new("Deployment", "shop", "web"),
        pod: Some("web-5c9d".to_owned()),
        name: name.to_owned(),
        types: vec!["A", "AAAA"],
        resolv_conf: ResolvConf {
            nameservers: values(ConfLine::Nameserver),
            search: values(ConfLine::Search),
            options: values(ConfLine::Options),
            provenance: conf.to_vec(),
        },
        hosts: Hosts::default(),
        libc_hints: Vec::new(),
        questions: Vec::new(),
        outcome: DnsOutcome { resolves, libcs: Vec::new(), assumed: Vec::new(), similar: Vec::new() },
        verified: None,
    }
}

/// A Service that all find.
fn found() -> Dns {
    let full = "payments.shop.svc.cluster.local";
    let because = "Service shop/payments";
    let both = |libc| {
        [question(libc, full, "A", Some("NOERROR"), &["10.96.14.7"], because), question(libc, full, "AAAA", Some("NOERROR"), &[], because)]
    };
    let libcs = [Libc::Glibc, Libc::Musl, Libc::Go];
    let outcomes = libcs.map(|libc| LibcOutcome {
        addresses: vec!["10.96.14.7".to_owned()],
        found_as: Some(full.to_owned()),
        ..outcome(libc, Resolves::Yes, because)
    });
    let mut found = bare("payments", Resolves::Yes);
    found.questions = libcs.into_iter().flat_map(both).collect();
    found.outcome.libcs = outcomes.to_vec();
    found
}

/// Libraries that do not agree, a file that was not read, and something that may have been meant.
fn torn() -> Dns {
    let mut torn = bare("db.prod", Resolves::Unknown);
    torn.hosts = Hosts {
        entries: vec![
            HostsEntry { address: None, names: vec!["web-5c9d".to_owned()], from: "the pod itself".to_owned() },
            HostsEntry {
                address: Some("192.0.2.7".to_owned()),
                names: vec!["legacy".to_owned()],
                from: "hostAliases[0] of the pod".to_owned(),
            },
        ],
        unread: Some("/etc/hosts of its node".to_owned()),
    };
    torn.libc_hints = vec![LibcHint { container: "main".to_owned(), image: "php:8-alpine".to_owned(), libc: Libc::Musl }];
    let missing = "there is no namespace prod";
    torn.questions = vec![
        question(Libc::Glibc, "db.prod.shop.svc.cluster.local", "A", Some("NXDOMAIN"), &[], "no Service or pod has a name of this form"),
        question(Libc::Glibc, "db.prod.svc.cluster.local", "A", Some("NXDOMAIN"), &[], missing),
        question(Libc::Glibc, "db.prod", "A", None, &[], "upstream server 192.0.2.53 decides"),
        question(Libc::Musl, "db.prod.shop.svc.cluster.local", "A", Some("SERVFAIL"), &[], "no plugin of the server block answers it"),
    ];
    torn.outcome.libcs = vec![
        LibcOutcome { nxdomain: 2, questions: 3, ..outcome(Libc::Glibc, Resolves::Unknown, missing) },
        LibcOutcome {
            error: Some("EAI_AGAIN (Try again)".to_owned()),
            questions: 1,
            ..outcome(Libc::Musl, Resolves::No, "no plugin of the server block answers it")
        },
    ];
    torn.outcome.assumed = vec!["the Corefile is the usual one: ConfigMaps of kube-system were not read".to_owned()];
    torn.outcome.similar = vec![SimilarName { name: "db.production".to_owned(), object: ObjectRef::new("Service", "production", "db") }];
    torn
}

/// Those written by hand.
pub(super) fn all() -> Vec<(&'static str, Answer)> {
    let answer = |dns: Dns| Answer::Dns(report("Dns", dns));
    vec![("dns_found", answer(found())), ("dns_torn", answer(torn()))]
}

fn any_libc() -> BoxedStrategy<Libc> {
    prop_oneof![Just(Libc::Glibc), Just(Libc::Musl), Just(Libc::Go)].boxed()
}

fn any_resolves() -> BoxedStrategy<Resolves> {
    prop_oneof![Just(Resolves::Yes), Just(Resolves::No), Just(Resolves::Unknown)].boxed()
}

fn any_question() -> BoxedStrategy<DnsQuestion> {
    (any_libc(), text(), prop_oneof![Just("A"), Just("AAAA")], vec(text(), 0..3), text(), any::<bool>())
        .prop_map(|(libc, name, kind, answers, because, known)| {
            let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
            question(libc, &name, kind, known.then_some("NOERROR"), &answers, &because)
        })
        .boxed()
}

fn any_outcome() -> BoxedStrategy<LibcOutcome> {
    (any_libc(), any_resolves(), text(), option::of(text()), vec(text(), 0..3))
        .prop_map(|(libc, resolves, because, error, addresses)| LibcOutcome { error, addresses, ..outcome(libc, resolves, &because) })
        .boxed()
}

/// An answer of `dns` full of arbitrary text.
pub(super) fn answer() -> BoxedStrategy<Answer> {
    let names = (text(), text(), text(), option::of(text()), text());
    (names, any_resolves(), vec(any_question(), 0..5), vec(any_outcome(), 0..4), vec(text(), 0..4))
        .prop_map(|((kind, namespace, name, pod, asked), resolves, questions, libcs, texts)| {
            let mut dns = bare(&asked, resolves);
            let object = ObjectRef::new(&kind, &namespace, &name);
            dns.pod = pod;
            dns.questions = questions;
            dns.hosts.entries =
                texts.iter().map(|text| HostsEntry { address: Some(text.clone()), names: texts.clone(), from: text.clone() }).collect();
            dns.hosts.unread = texts.first().cloned();
            dns.libc_hints = texts.iter().map(|text| LibcHint { container: text.clone(), image: text.clone(), libc: Libc::Go }).collect();
            dns.resolv_conf.provenance = texts.iter().map(|text| line(ConfLine::Search, Some(text), Certainty::Known, text)).collect();
            dns.outcome.libcs = libcs;
            dns.outcome.similar = texts.iter().map(|text| SimilarName { name: text.clone(), object: object.clone() }).collect();
            dns.outcome.assumed = texts;
            dns.subject = object;
            Answer::Dns(report("Dns", dns))
        })
        .boxed()
}
