//! The answers of `matrix`, `who-can-reach` and `reachable-from` say of every pod and of every address what the naive
//! evaluator says of single packets: nothing is lost or gained on the way from verdicts to rows.

use std::collections::BTreeMap;
use std::net::IpAddr;

use netstore::inventory::Origin;
use netstore::objects::{Address, Cidr, OwnerReference, Protocol};
use netstore::policy::question::{MatrixScope, Resolved};
use netstore::policy::questions;
use netstore::report::policy::Connection;
use netstore::report::{Peer, PortRange, Verdict};
use proptest::test_runner::TestCaseError;

use super::both::{Both, Cluster};
use super::generators::{ADDRESSES, Case, cases};
use super::naive::End;
use super::settings::on_generated;

/// Protocols and ports that are looked up in the rows: where rules are dense, at an edge, and where no rule ends.
const PROBES: [(Protocol, u16); 6] =
    [(Protocol::Tcp, 80), (Protocol::Tcp, 83), (Protocol::Udp, 81), (Protocol::Sctp, 80), (Protocol::Tcp, 65535), (Protocol::Udp, 1)];

/// A row of any answer.
struct Row<'a> {
    from: &'a Peer,
    to: &'a Peer,
    verdict: Verdict,
    ports: &'a [PortRange],
}

/// One end as rows name it.
#[derive(Clone, Copy)]
enum Name<'a> {
    Pod(&'a str, &'a str),
    Address(Address),
}

impl Name<'_> {
    fn is(self, peer: &Peer) -> bool {
        match self {
            Self::Pod(namespace, name) => peer.kind == "Pod" && peer.namespace == namespace && peer.name == name,
            Self::Address(address) => {
                peer.kind == "IPBlock" && peer.cidrs.iter().any(|text| text.parse::<Cidr>().expect("a block").contains(address))
            }
        }
    }
}

/// What the rows say: whatever no row mentions is denied.
fn said(rows: &[Row<'_>], from: Name<'_>, to: Name<'_>, protocol: Protocol, port: u16) -> Verdict {
    let about = rows.iter().filter(|row| from.is(row.from) && to.is(row.to) && holds(row.ports, protocol, port));
    let verdicts: Vec<Verdict> = about.map(|row| row.verdict).collect();
    assert!(verdicts.len() <= 1, "two rows about the same connection");
    verdicts.first().copied().unwrap_or(Verdict::Deny)
}

/// Whether `80,8000-8080` or `*` holds the port.
fn holds(ports: &[PortRange], protocol: Protocol, port: u16) -> bool {
    ports.iter().filter(|range| range.protocol == protocol.name()).any(|range| {
        range.ports.split(',').any(|item| match item.split_once('-') {
            _ if item == "*" => true,
            Some((first, last)) => (first.parse().expect("a port")..=last.parse().expect("a port")).contains(&port),
            None => item.parse() == Ok(port),
        })
    })
}

/// All living pods of a case, as both sides name them.
fn living<'a>(both: &'a Both<'_>) -> Vec<(End, Name<'a>)> {
    let pods = both.cluster.world.objects.pods.iter().enumerate();
    let named = pods.map(|(n, pod)| (End::Pod(n), Name::Pod(&pod.metadata.namespace, &pod.metadata.name), pod));
    named.filter(|(.., pod)| !pod.is_finished()).map(|(end, name, _)| (end, name)).collect()
}

/// Addresses that belong to nobody: rows about blocks do not speak of pods and nodes.
fn outside(both: &Both<'_>) -> Vec<(End, Name<'static>)> {
    let inventory = both.model.inventory;
    let ips: Vec<IpAddr> = ADDRESSES.iter().map(|text| text.parse().expect("an address")).collect();
    let free = |ip: &IpAddr| {
        let address = Address::from(*ip);
        let of_host = |text: &str| text.parse() == Ok(*ip);
        !inventory.pods.iter().any(|info| info.pod.ips().contains(&address) || of_host(&info.pod.status.host_ip))
            && !inventory.objects.nodes.iter().any(|node| node.ips().contains(&address))
    };
    ips.into_iter().filter(free).map(|ip| (End::Address(ip), Name::Address(ip.into()))).collect()
}

/// Every probe between two ends.
fn compare(both: &Both<'_>, rows: &[Row<'_>], from: (End, Name<'_>), to: (End, Name<'_>)) -> Result<(), TestCaseError> {
    for (protocol, port) in PROBES {
        let (said, naive) = (said(rows, from.1, to.1, protocol, port), both.naive(from.0, to.0, protocol, port));
        if said != naive {
            let question = format!("{:?} -> {:?} {port}/{protocol}", from.0, to.0);
            return Err(TestCaseError::fail(format!("{question}: the rows say {said}, the naive evaluator {naive}")));
        }
    }
    Ok(())
}

fn matrix_agrees(case: &Case) -> Result<(), TestCaseError> {
    let cluster = Cluster::partly_read(Origin::Manifests, case.decode(), case.coverage());
    let both = cluster.both();
    let (matrix, _) = questions::matrix(&both.model, &MatrixScope::default());
    let rows: Vec<Row<'_>> =
        matrix.connections.iter().map(|c| Row { from: &c.from, to: &c.to, verdict: c.verdict, ports: &c.ports }).collect();
    let (pods, outside) = (living(&both), outside(&both));
    for pod in &pods {
        for other in &pods {
            compare(&both, &rows, *pod, *other)?;
        }
        for address in &outside {
            compare(&both, &rows, *pod, *address)?;
            compare(&both, &rows, *address, *pod)?;
        }
    }
    Ok(())
}

fn focused_questions_agree(case: &Case) -> Result<(), TestCaseError> {
    let cluster = Cluster::partly_read(Origin::Manifests, case.decode(), case.coverage());
    let both = cluster.both();
    let (pods, outside) = (living(&both), outside(&both));
    for focus in pods.iter().take(3) {
        let (_, Name::Pod(namespace, name)) = focus else { continue };
        let label = Peer { kind: "Pod".to_owned(), namespace: (*namespace).to_owned(), name: (*name).to_owned(), ..Peer::default() };
        let position = cluster.inventory.pod(namespace, name).expect("a living pod");
        let resolved = Resolved::Pods { label: label.clone(), pods: vec![position] };
        let (who, _) = questions::who_can_reach(&both.model, &resolved, None);
        let (from, _) = questions::reachable_from(&both.model, &resolved);
        let into: Vec<Row<'_>> =
            who.sources.iter().map(|r| Row { from: &r.peer, to: &label, verdict: r.verdict, ports: &r.ports }).collect();
        let out: Vec<Row<'_>> =
            from.destinations.iter().map(|r| Row { from: &label, to: &r.peer, verdict: r.verdict, ports: &r.ports }).collect();
        // That a pod reaches itself goes without saying.
        for other in pods.iter().chain(&outside).filter(|other| other.0 != focus.0) {
            compare(&both, &into, *other, *focus)?;
            compare(&both, &out, *focus, *other)?;
        }
    }
    Ok(())
}

/// With several pods a workload: a row about two whole workloads holds for each of their pods, and what holds for any of
/// them is mentioned in some row.
fn rows_about_workloads_agree(case: &Case) -> Result<(), TestCaseError> {
    let mut objects = case.decode();
    for (number, pod) in objects.pods.iter_mut().enumerate() {
        let name = format!("set{}", number % 2);
        pod.metadata.owner_references =
            vec![OwnerReference { kind: "StatefulSet".to_owned(), name, controller: true, ..OwnerReference::default() }];
    }
    let cluster = Cluster::partly_read(Origin::Manifests, objects, case.coverage());
    let both = cluster.both();
    let (matrix, _) = questions::matrix(&both.model, &MatrixScope::default());
    let mut groups: BTreeMap<(&str, &str), Vec<End>> = BTreeMap::new();
    for (number, pod) in cluster.world.objects.pods.iter().enumerate().filter(|(_, pod)| !pod.is_finished()) {
        let owner = pod.metadata.controller().expect("every pod has one");
        groups.entry((&pod.metadata.namespace, &owner.name)).or_default().push(End::Pod(number));
    }
    let is = |peer: &Peer, group: &(&str, &str)| (peer.namespace.as_str(), peer.name.as_str()) == *group && peer.kind == "StatefulSet";
    let whole = |peer: &Peer| peer.pods.is_none_or(|pods| pods.matched == pods.total);
    for (from, sources) in &groups {
        for (to, destinations) in &groups {
            let rows: Vec<&Connection> = matrix.connections.iter().filter(|c| is(&c.from, from) && is(&c.to, to)).collect();
            let pairs = sources.iter().flat_map(|s| destinations.iter().map(move |d| (*s, *d)));
            // That a pod reaches itself is worth a row only where the workload has no other pod.
            let pairs: Vec<(End, End)> = pairs.filter(|(s, d)| s != d || sources.len() == 1).collect();
            for (protocol, port) in PROBES {
                let verdicts: Vec<Verdict> = pairs.iter().map(|(s, d)| both.naive(*s, *d, protocol, port)).collect();
                let mentions: Vec<&&Connection> = rows.iter().filter(|row| holds(&row.ports, protocol, port)).collect();
                let complaint = if mentions.is_empty() && verdicts.contains(&Verdict::Allow) {
                    "a pair is allowed and no row mentions it"
                } else if !mentions.is_empty() && verdicts.iter().all(|v| *v == Verdict::Deny) {
                    "every pair is denied and a row mentions it"
                } else if mentions.iter().any(|row| row.verdict == Verdict::Allow && whole(&row.from) && whole(&row.to))
                    && verdicts.iter().any(|v| *v != Verdict::Allow)
                {
                    "a row allows it for all pods and not every pair is allowed"
                } else {
                    continue;
                };
                return Err(TestCaseError::fail(format!("{from:?} -> {to:?} {port}/{protocol}: {complaint}: {verdicts:?} {rows:?}")));
            }
        }
    }
    Ok(())
}

#[test]
fn matrix_rows_about_workloads_hold_for_all_their_pods() {
    on_generated(&cases(), "workloads", "tests/engine_agrees.rs", 5, 1_000, rows_about_workloads_agree);
}

#[test]
fn matrix_and_naive_evaluator_agree() {
    on_generated(&cases(), "matrix", "tests/engine_agrees.rs", 3, 1_000, matrix_agrees);
}

#[test]
fn who_can_reach_and_reachable_from_agree_with_the_naive_evaluator() {
    on_generated(&cases(), "focused", "tests/engine_agrees.rs", 4, 1_000, focused_questions_agree);
}
