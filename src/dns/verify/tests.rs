//! Verdicts on replicas, by what they said.

use super::*;
use crate::dns::record::{Data, Rcode, Record, RecordType, Response};
use crate::dns::server::{Because, Object, Reason};
use crate::inventory::{Collected, Inventory};
use crate::objects::{Objects, Service};
use crate::report::dns_verify::{DnsVerify, ReplicaState, Verified};
use crate::report::{Confidence, Finding};

/// What one replica says to one question: addresses by their last byte, or how it ends.
#[derive(Clone, Copy)]
enum Say {
    A(u8),
    Not(u16),
    Silence,
}
use Say::{A, Not, Silence};

fn answer(asked: &Asked, say: Say) -> Said {
    let address = |last| Record { name: asked.name.clone(), data: Data::A([10, 0, 0, last].into()) };
    let (rcode, answers) = match say {
        A(last) => (0, vec![address(last)]),
        Not(rcode) => (rcode, Vec::new()),
        Silence => return Said::Nothing("no answer in time".to_owned()),
    };
    Said::Answer { answer: Answer { rcode, truncated: false, answers, others: Vec::new() }, milliseconds: 2 }
}

/// A question whose answer a Service decides.
fn web(says: &[Say]) -> Checked {
    let asked = Asked::new("web.shop.svc.cluster.local", RecordType::A);
    let answers = vec![Record { name: asked.name.clone(), data: Data::A([10, 0, 0, 1].into()) }];
    let expected =
        Expected::Says { response: Response { rcode: Rcode::NoError, answers }, because: Because::Service(Object::new("shop", "web")) };
    Checked { said: says.iter().map(|say| answer(&asked, *say)).collect(), asked, expected }
}

/// A question whose answer the Corefile decides.
fn pod(says: &[Say]) -> Checked {
    let Checked { expected, .. } = web(&[]);
    let asked = Asked::new("10-0-0-1.default.pod.cluster.local", RecordType::A);
    let expected = match expected {
        Expected::Says { .. } => {
            let answers = vec![Record { name: asked.name.clone(), data: Data::A([10, 0, 0, 1].into()) }];
            Expected::Says { response: Response { rcode: Rcode::NoError, answers }, because: Because::AnyPod }
        }
        unknown => unknown,
    };
    Checked { said: says.iter().map(|say| answer(&asked, *say)).collect(), asked, expected }
}

/// A question that an upstream server decides.
fn upstream(says: &[Say]) -> Checked {
    let asked = Asked::new("example.org", RecordType::A);
    let expected = Expected::Unknown(Reason::Upstream("/etc/resolv.conf".to_owned()));
    Checked { said: says.iter().map(|say| answer(&asked, *say)).collect(), asked, expected }
}

fn service() -> Service {
    serde_saphyr::from_str("{metadata: {namespace: kube-system, name: kube-dns}, spec: {clusterIP: 10.96.0.10}}").unwrap()
}

/// Replicas a, b, … that were asked.
fn told(checked: &[Checked], named: bool) -> (DnsVerify, Vec<Finding>) {
    let number = checked.first().map_or(0, |checked| checked.said.len());
    let names = ["a", "b", "c"].into_iter().take(number);
    let replicas: Vec<Replica> =
        names.map(|name| Replica { namespace: "kube-system".to_owned(), name: name.to_owned(), port: Some(53), spared: None }).collect();
    let contacts = vec![Contact { connections: 1, refused: None }; number];
    tell(&Told { service: &service(), replicas: &replicas, contacts: &contacts, checked, named })
}

fn states(checked: &[Checked]) -> (Verified, Vec<ReplicaState>, Vec<&'static str>) {
    let (answer, findings) = told(checked, false);
    let states = answer.verification.replicas.iter().map(|replica| replica.state).collect();
    (answer.verification.state, states, findings.iter().map(|finding| finding.code).collect())
}

#[test]
fn replicas_that_say_what_the_objects_say_agree() {
    let agree = [web(&[A(1), A(1)]), pod(&[A(1), A(1)]), upstream(&[A(7), A(8)])];
    assert_eq!(states(&agree), (Verified::Agrees, vec![ReplicaState::Agrees; 2], vec![]));
}

#[test]
fn a_stale_corefile_is_told_from_a_replica_that_has_not_synced() {
    for (web_said, pod_said, state, code) in [
        (A(9), A(1), ReplicaState::Differs, "DN-V01"),
        (Not(3), A(1), ReplicaState::Differs, "DN-V01"),
        (A(1), Not(3), ReplicaState::OtherCorefile, "DN-V02"),
        (Not(3), Not(3), ReplicaState::OtherCorefile, "DN-V02"),
        (Not(5), Not(5), ReplicaState::OtherCorefile, "DN-V02"),
        (Not(2), Not(2), ReplicaState::NotSynced, "DN-V03"),
        (Silence, Silence, ReplicaState::Silent, "DN-V04"),
    ] {
        let checked = [web(&[A(1), web_said]), pod(&[A(1), pod_said])];
        let (verdict, states, codes) = states(&checked);
        assert_eq!((verdict, states), (Verified::Differs, vec![ReplicaState::Agrees, state]));
        assert_eq!(codes.first(), Some(&code));
        // Silence contradicts nobody.
        assert_eq!(codes.get(1), (state != ReplicaState::Silent).then_some(&"DN-V05"), "{code}");
    }
}

#[test]
fn three_names_are_not_missing_by_chance() {
    let named = |name: &str| {
        let mut web = web(&[Not(3)]);
        web.asked.name = name.to_owned();
        web
    };
    assert_eq!(states(&[named("a"), named("b")]).1, [ReplicaState::Differs]);
    assert_eq!(states(&[named("a"), named("b"), named("c")]).1, [ReplicaState::OtherCorefile]);
}

/// The version of the rules needs no object.
#[test]
fn a_replica_that_has_not_synced_may_be_right_about_what_needs_no_object() {
    let checked = [web(&[A(1), Not(2)]), pod(&[A(1), A(1)])];
    assert_eq!(states(&checked).1, [ReplicaState::Agrees, ReplicaState::NotSynced]);
}

#[test]
fn an_upstream_server_may_name_other_addresses_but_not_deny_the_name() {
    assert!(!upstream(&[A(1), A(2)]).is_in_doubt());
    assert!(upstream(&[A(1), Not(3)]).is_in_doubt());
    let (answer, findings) = told(&[web(&[A(1), A(1)]), upstream(&[A(1), Not(2)])], false);
    assert_eq!((answer.verification.state, answer.questions.len()), (Verified::Differs, 1));
    assert_eq!(findings.first().map(|finding| finding.code), Some("DN-V05"));
}

#[test]
fn what_cannot_be_asked_or_told_is_unknown() {
    assert_eq!(states(&[web(&[])]).0, Verified::Unknown);
    assert_eq!(told(&[upstream(&[A(1)])], true).0.verification.state, Verified::Unknown);
    let replica = Replica { namespace: "kube-system".to_owned(), name: "a".to_owned(), port: Some(53), spared: None };
    let gone = Contact { connections: 0, refused: Some("pods \"a\" not found".to_owned()) };
    let refused = [web(&[Silence])];
    let (answer, findings) = tell(&Told { service: &service(), replicas: &[replica], contacts: &[gone], checked: &refused, named: false });
    assert_eq!((answer.verification.state, findings.len()), (Verified::Unknown, 0));
    let replica = answer.verification.replicas.first().unwrap();
    assert_eq!((replica.state, replica.reason.as_deref()), (ReplicaState::Unreachable, Some("pods \"a\" not found")));
}

#[test]
fn a_replica_that_is_not_ready_is_told_and_does_not_decide() {
    let ready = Replica { namespace: "kube-system".to_owned(), name: "a".to_owned(), port: Some(53), spared: None };
    let waiting = Replica { name: "b".to_owned(), spared: Some(Spared::NotReady), ..ready.clone() };
    let contacts = [Contact { connections: 1, refused: None }];
    let checked = [web(&[A(1)])];
    let leaving = Replica { name: "c".to_owned(), spared: Some(Spared::Terminating), ..ready.clone() };
    let replicas = [ready, waiting, leaving];
    let (answer, findings) = tell(&Told { service: &service(), replicas: &replicas, contacts: &contacts, checked: &checked, named: false });
    assert_eq!(answer.verification.state, Verified::Agrees);
    assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["DN-V06"]);
}

#[test]
fn a_finding_shows_the_answer_and_the_object_that_decides_it() {
    let (_, findings) = told(&[web(&[A(9)])], false);
    let finding = findings.first().unwrap();
    assert_eq!(finding.confidence, Confidence::Likely);
    let shown: Vec<String> =
        finding.evidence.iter().map(|e| format!("{} {} {}: {}", e.object.kind, e.object.name, e.field, e.value)).collect();
    assert_eq!(
        shown,
        [
            "Pod a web.shop.svc.cluster.local A: NOERROR 10.0.0.9",
            "Service web web.shop.svc.cluster.local A: NOERROR 10.0.0.1, because: Service shop/web",
        ]
    );
}

#[test]
fn only_named_questions_are_shown_if_nothing_is_wrong_with_them() {
    let checked = [web(&[A(1)]), pod(&[A(9)])];
    assert_eq!(told(&checked, false).0.questions.len(), 1);
    assert_eq!(told(&checked, true).0.questions.len(), 2);
}

#[test]
fn questions_are_about_services_endpoints_pods_and_the_corefile() {
    let objects = Objects {
        services: serde_saphyr::from_str(
            "[{metadata: {namespace: shop, name: db}, spec: {clusterIP: None, ports: [{name: sql, port: 5432}]}}, \
              {metadata: {namespace: shop, name: web}, spec: {clusterIP: 10.96.0.7, clusterIPs: [10.96.0.7, 'fd00::7'], \
                ports: [{name: dns, port: 53, protocol: UDP}, {port: 80}]}}, \
              {metadata: {namespace: shop, name: far}, spec: {type: ExternalName, externalName: example.org}}, \
              {metadata: {namespace: other, name: web}, spec: {clusterIP: 10.96.0.8}}]",
        )
        .unwrap(),
        endpoint_slices: serde_saphyr::from_str(
            "[{metadata: {namespace: shop, name: db-1, labels: {kubernetes.io/service-name: db}}, addressType: IPv4, \
               endpoints: [{addresses: [10.0.0.5], hostname: db-0}, {addresses: [10.0.0.6]}]}]",
        )
        .unwrap(),
        pods: serde_saphyr::from_str("[{metadata: {namespace: shop, name: p}, status: {podIPs: [{ip: 10.0.0.9}, {ip: 'fd00::'}]}}]")
            .unwrap(),
        ..Objects::default()
    };
    let inventory = Inventory::build(Collected { objects, ..Collected::default() });
    let asked: Vec<String> =
        questions(&inventory, "c.l", Some("shop")).iter().map(|asked| format!("{} {}", asked.name, asked.kind.name())).collect();
    let v6 = |last: &str| format!("{last}.{}d.f.ip6.arpa PTR", "0.".repeat(28) + "0.");
    let expected = [
        "10-0-0-1.default.pod.c.l A",
        "10-0-0-6.db.shop.svc.c.l A",
        "10-0-0-9.shop.pod.c.l A",
        "5.0.0.10.in-addr.arpa PTR",
        "6.0.0.10.in-addr.arpa PTR",
        "7.0.96.10.in-addr.arpa PTR",
        "_dns._udp.web.shop.svc.c.l SRV",
        "_sql._tcp.db.shop.svc.c.l SRV",
        "db-0.db.shop.svc.c.l A",
        "db.shop.svc.c.l A",
        "db.shop.svc.c.l AAAA",
        "dns-version.c.l TXT",
        "far.shop.svc.c.l A",
        "far.shop.svc.c.l AAAA",
        "far.shop.svc.c.l CNAME",
        "fd00--0.shop.pod.c.l AAAA",
        "kubernetes.default.svc.c.l A",
        "web.shop.svc.c.l A",
        "web.shop.svc.c.l AAAA",
    ];
    let mut expected: Vec<String> = expected.iter().map(|text| (*text).to_owned()).collect();
    expected.push(v6("7.0.0.0"));
    expected.sort();
    let mut asked = asked;
    asked.sort();
    // The zeros between are not worth counting here.
    let short = |list: &[String]| list.iter().map(|text| text.replace("0.", "")).collect::<Vec<_>>();
    assert_eq!(short(&asked), short(&expected));
}
