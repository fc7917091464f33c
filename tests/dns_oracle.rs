//! The resolv.conf of a pod is Kubernetes': the kubelet's own code answers the same questions about random pods and node files.
//!
//! `NETSTORE_ORACLE_CASES` is how many pods are asked about (20,000).

#[path = "oracle/client.rs"]
mod client;

use std::collections::BTreeMap;

use client::{Dice, answers, cases};
use netstore::dns::cluster::{Basis, Cluster};
use netstore::dns::resolv::{Entry, Fallback, NodeFile, ResolvConf, Source, resolv_conf};
use netstore::objects::Pod;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Question {
    pod: Pod,
    node_file: String,
    #[serde(rename = "clusterDNS")]
    cluster_dns: Vec<String>,
    cluster_domain: String,
}

#[derive(Deserialize)]
struct Reply {
    answer: Option<Answer>,
    refused: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    servers: Vec<String>,
    searches: Vec<String>,
    options: Vec<String>,
    events: Vec<String>,
    error: Option<String>,
}

const SERVERS: [&str; 6] = ["10.96.0.10", "169.254.20.10", "192.0.2.1", "192.0.2.2", "2001:db8::53", "::1"];
const OPTIONS: [&str; 9] = ["ndots:5", "ndots:2", "ndots", "ndots:", "edns0", "timeout:1", "timeout:1:2", "rotate", ":x"];

/// A domain: often one that stands elsewhere, too, sometimes one that is too long, or `.`.
fn domain(dice: &mut Dice) -> String {
    match dice.roll(24) {
        0 => ".".to_owned(),
        1 => "a".repeat(252 + dice.roll(3) as usize),
        2 => format!("{}.", "b".repeat(252 + dice.roll(3) as usize)),
        3..6 => format!("{}.example", "c".repeat(50 + dice.roll(150) as usize)),
        6..9 => (*dice.one(&["n.svc.cluster.local", "svc.cluster.local", "cluster.local", "cluster.local."])).to_owned(),
        _ => format!("d{}.example{}", dice.roll(9), dice.one(&["", "", ".", ".."])),
    }
}

/// How many entries a list has: mostly few, sometimes as many as the limit, or more.
fn count(dice: &mut Dice) -> u64 {
    if dice.chance(5) { 26 + dice.roll(12) } else { dice.roll(4) }
}

fn node_file(dice: &mut Dice) -> String {
    let mut file = String::new();
    for _ in 0..dice.roll(9) {
        let words: Vec<String> = match dice.roll(4) {
            0 => (0..count(dice)).map(|_| domain(dice)).collect(),
            1 => (0..dice.roll(4)).map(|_| (*dice.one(&OPTIONS)).to_owned()).collect(),
            _ => (0..dice.roll(60).clamp(0, 1)).map(|_| (*dice.one(&SERVERS)).to_owned()).collect(),
        };
        let named = ["search", "options", "nameserver", "nameserver"];
        let name = if words.iter().any(|word| SERVERS.contains(&word.as_str())) { "nameserver" } else { dice.one(&named) };
        let name = if dice.chance(30) { *dice.one(&["#", ";", "domain", "sortlist", "nameservers", "#nameserver"]) } else { name };
        let (before, between, after) =
            (dice.one(&["", "", " ", "\t"]), dice.one(&[" ", " ", "\t", "  "]), dice.one(&["\n", "\n", " \n", "\r\n"]));
        file += &format!("{before}{name}{between}{}{after}", words.join(between));
    }
    file
}

fn pod(dice: &mut Dice) -> Value {
    let mut spec = json!({ "containers": [] });
    let policies = ["ClusterFirst", "ClusterFirst", "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None", "clusterFirst"];
    if !dice.chance(6) {
        spec["dnsPolicy"] = json!(dice.one(&policies));
    }
    if dice.chance(3) {
        spec["hostNetwork"] = json!(true);
    }
    if dice.chance(2) {
        let servers: Vec<&&str> = (0..dice.roll(4)).map(|_| dice.one(&SERVERS)).collect();
        let searches: Vec<String> = (0..count(dice)).map(|_| domain(dice)).collect();
        let options: Vec<Value> = (0..dice.roll(4))
            .map(|_| {
                let name = dice.one(&["ndots", "edns0", "timeout", "rotate", "attempts"]);
                if dice.chance(2) { json!({ "name": name }) } else { json!({ "name": name, "value": dice.one(&["", "1", "2", "a:b"]) }) }
            })
            .collect();
        spec["dnsConfig"] = json!({ "nameservers": servers, "searches": searches, "options": options });
    }
    json!({ "metadata": { "namespace": "n", "name": "p" }, "spec": spec })
}

fn question(dice: &mut Dice) -> String {
    let cluster_dns: Vec<&&str> = (0..[1, 1, 1, 1, 2, 0, 4][dice.roll(7) as usize]).map(|_| dice.one(&SERVERS)).collect();
    let cluster_domain = dice.one(&["cluster.local", "cluster.local", "corp.example", ""]);
    json!({ "pod": pod(dice), "nodeFile": node_file(dice), "clusterDNS": cluster_dns, "clusterDomain": cluster_domain }).to_string()
}

fn lines(list: &[Entry]) -> Vec<&str> {
    list.iter().map(|entry| entry.text().expect("all was read")).collect()
}

#[test]
fn pods_get_the_file_that_the_kubelet_writes() {
    let mut dice = Dice(1);
    let questions: Vec<String> = (0..cases(20_000)).map(|_| question(&mut dice)).collect();
    let Some(replies) = answers::<Reply>("podDNS", questions.clone()) else { return };
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (question, reply) in questions.iter().zip(replies) {
        let theirs = reply.answer.unwrap_or_else(|| panic!("refused: {:?}\n{question}", reply.refused));
        let asked: Question = serde_json::from_str(question).expect("a question");
        let node = NodeFile::parse(&asked.node_file);
        assert_eq!(node.is_err(), theirs.error.is_some(), "{question}");
        let Ok(node) = node else {
            *seen.entry("malformed").or_default() += 1;
            continue;
        };
        let cluster = Cluster { domain: (asked.cluster_domain, Basis::Corefile), servers: Some((asked.cluster_dns, Basis::Service)) };
        let ours = resolv_conf(&asked.pod, &cluster, Some(&node));
        assert_eq!(lines(&ours.nameservers), theirs.servers, "{question}");
        assert_eq!(lines(&ours.search), theirs.searches, "{question}");
        assert_eq!(lines(&ours.options), theirs.options, "{question}");
        let event = |reason: &str| theirs.events.iter().any(|event| event.starts_with(&format!("Warning {reason} ")));
        assert_eq!(!ours.cut.is_empty(), event("DNSConfigForming"), "{question}");
        assert_eq!(ours.fallback == Some(Fallback::NoClusterDns), event("MissingClusterDNS"), "{question}");
        bounded(&ours, &resolv_conf(&asked.pod, &cluster, None), question);
        for (what, is) in [
            ("cut", !ours.cut.is_empty()),
            ("host network", ours.fallback == Some(Fallback::HostNetwork)),
            ("no cluster DNS", ours.fallback == Some(Fallback::NoClusterDns)),
            ("of four sources", sources(&ours) == 4),
        ] {
            *seen.entry(what).or_default() += usize::from(is);
        }
    }
    eprintln!("podDNS: {} files the same: {seen:?}", questions.len());
    assert!(seen.len() == 5 && seen.values().all(|count| count * 1000 > questions.len()), "{seen:?}");
}

/// Without the file of the node: before a hole all is as it is with the file, and behind it stand at least all that do not come from it.
fn bounded(whole: &ResolvConf, holed: &ResolvConf, question: &str) {
    for (whole, holed) in [(&whole.nameservers, &holed.nameservers), (&whole.search, &holed.search)] {
        let hole = holed.iter().position(|entry| entry.text().is_none()).unwrap_or(holed.len());
        assert!(whole.starts_with(&holed[..hole]), "{question}");
        let mut behind = holed[hole..].iter();
        let others = whole[hole..].iter().filter(|entry| !matches!(entry, Entry::Line(_, Source::Node)));
        others.for_each(|entry| assert!(behind.any(|other| other == entry), "{entry:?}\n{question}"));
    }
}

fn sources(conf: &ResolvConf) -> usize {
    let (mut pod, mut kubelet, mut cluster, mut node) = (false, false, false, false);
    for entry in [&conf.nameservers, &conf.search, &conf.options].into_iter().flatten() {
        match entry {
            Entry::Line(_, Source::Pod) => pod = true,
            Entry::Line(_, Source::Kubelet) => kubelet = true,
            Entry::Line(_, Source::Cluster(_)) => cluster = true,
            Entry::Line(_, Source::Node) => node = true,
            Entry::Hole(_) => {}
        }
    }
    [pod, kubelet, cluster, node].into_iter().filter(|is| *is).count()
}
