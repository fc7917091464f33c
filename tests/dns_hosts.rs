//! `/etc/hosts` of pods: the kubelet's own code writes the same, and the real glibc, musl and Go find the same in it.

#[path = "oracle/client.rs"]
mod client;
#[path = "dns_search/programs.rs"]
mod programs;
#[path = "dns_search/server.rs"]
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use client::{Dice, answers, cases};
use netstore::dns::hosts::{Found, Hostname, HostsFile, Line, Source, hosts_file};
use netstore::dns::search::{Resolver, Wanted};
use netstore::objects::Pod;
use serde::Deserialize;
use serde_json::json;
use server::Server;

const RESOLVERS: [(Resolver, &str); 3] = [(Resolver::Glibc, "glibc"), (Resolver::Musl, "musl"), (Resolver::Go, "go")];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Question {
    pod: Pod,
    cluster_domain: String,
}

#[derive(Deserialize)]
struct Reply {
    answer: Option<Answer>,
    refused: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    hostname: String,
    domain: String,
    file: String,
    error: Option<String>,
}

fn question(dice: &mut Dice) -> String {
    let name = |dice: &mut Dice| match dice.roll(4) {
        0 => format!("{}-{}", "n".repeat(55 + dice.roll(12) as usize), dice.roll(99)),
        1 => format!("{}{}x.y", "m".repeat(58), "-.".repeat(dice.roll(3) as usize)),
        _ => format!("web-{}", dice.roll(9)),
    };
    let mut spec = json!({"containers": []});
    if dice.chance(2) {
        spec["hostname"] = json!(format!("h{}", dice.roll(99)));
    }
    if dice.chance(2) {
        spec["subdomain"] = json!("sub");
    }
    if dice.chance(8) {
        spec["hostnameOverride"] = json!(format!("{}--x.y", "o".repeat(50 + dice.roll(14) as usize)));
    }
    let aliases: Vec<_> = (0..dice.roll(4)).map(|n| json!({"ip": format!("192.0.2.{n}"), "hostnames": ["a", "b.example"]})).collect();
    spec["hostAliases"] = json!(aliases);
    let addresses = ["10.0.0.1", "2001:db8::1"];
    let ips: Vec<_> = addresses.iter().take(dice.roll(3) as usize).map(|ip| json!({"ip": ip})).collect();
    let pod = json!({"metadata": {"namespace": "n", "name": name(dice)}, "spec": spec, "status": {"podIPs": ips}});
    json!({"pod": pod, "clusterDomain": dice.one(&["cluster.local", "corp.example"])}).to_string()
}

/// Lines without comments.
fn lines(file: &str) -> Vec<Vec<String>> {
    let words = |line: &str| line.split('#').next().unwrap_or_default().split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    file.lines().map(words).filter(|words| !words.is_empty()).collect()
}

#[test]
fn pods_get_the_hosts_that_the_kubelet_writes() {
    let mut dice = Dice(1);
    let questions: Vec<String> = (0..cases(5_000)).map(|_| question(&mut dice)).collect();
    let Some(replies) = answers::<Reply>("podHosts", questions.clone()) else { return };
    let mut seen = BTreeSet::new();
    for (question, reply) in questions.iter().zip(replies) {
        let theirs = reply.answer.unwrap_or_else(|| panic!("refused: {:?}\n{question}", reply.refused));
        assert_eq!(theirs.error, None, "{question}");
        let asked: Question = serde_json::from_str(question).expect("a question");
        let own = Hostname::of(&asked.pod, &asked.cluster_domain);
        assert_eq!((&own.name, &own.domain), (&theirs.hostname, &theirs.domain), "{question}");
        let ours = hosts_file(&asked.pod, Some(&own));
        let known = ours.lines.into_iter().filter_map(|line| Some([vec![line.address?], line.names].concat()));
        assert_eq!(known.collect::<Vec<_>>(), lines(&theirs.file), "{question}");
        seen.insert((own.name.len() == 63, own.domain.is_empty(), asked.pod.status.pod_ips.len()));
    }
    assert!(seen.len() > 6, "{seen:?}");
}

struct Case {
    program: &'static str,
    resolver: Resolver,
    file: HostsFile,
    name: String,
    wanted: Wanted,
}

impl Case {
    fn generate(dice: &mut Dice, (resolver, program): (Resolver, &'static str)) -> Self {
        let names = ["db", "Db", "DB", "db.example", "a_b", "long-name.example.org", "x"];
        let addresses = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "::1", "::ffff:192.0.2.9", "127.0.0.1"];
        let lines = (0..1 + dice.roll(4)).map(|n| {
            let mut listed: Vec<String> = (0..1 + dice.roll(3)).map(|_| (*dice.one(&names)).to_owned()).collect();
            if dice.chance(6) {
                let before = (0..50 + dice.roll(8)).map(|n| format!("filler{}", "x".repeat(1 + n as usize % 4))).collect::<Vec<_>>();
                listed = [before, listed].concat();
            }
            Line { address: Some((*dice.one(&addresses)).to_owned()), names: listed, source: Source::Alias(n as usize) }
        });
        let file = HostsFile { unread: None, lines: lines.collect() };
        let name = format!("{}{}", dice.one(&names), if dice.chance(6) { "." } else { "" });
        let wanted = *dice.one(&[Wanted::Both, Wanted::V4, Wanted::V6]);
        Self { program, resolver, file, name, wanted }
    }

    fn text(&self) -> String {
        let line = |line: &Line| format!("{}\t{}\n", line.address.as_deref().unwrap_or_default(), line.names.join("\t"));
        self.file.lines.iter().map(line).collect()
    }

    /// `found 4 6`, or nothing; and whether DNS is asked.
    fn ours(&self) -> (String, bool) {
        let told = |addresses: &[IpAddr]| {
            let (four, six) = (addresses.iter().any(IpAddr::is_ipv4), addresses.iter().any(IpAddr::is_ipv6));
            format!("found{}{}", if four { " 4" } else { "" }, if six { " 6" } else { "" })
        };
        match self.file.find(self.resolver, &self.name, self.wanted) {
            Found::Addresses(addresses, _) => (told(&addresses), false),
            Found::OtherFamily(_) => ("nothing".to_owned(), false),
            Found::Nothing => ("nothing".to_owned(), true),
        }
    }

    fn theirs(&self, server: &Server, programs: &Path, etc: &Path) -> (String, bool) {
        std::fs::write(etc.join("hosts"), self.text()).expect("a file");
        let label = self.name.split('.').next().expect("a label").to_ascii_lowercase();
        server.begin(&label, BTreeMap::new());
        let family = match self.wanted {
            Wanted::Both => "both",
            Wanted::V4 => "4",
            Wanted::V6 => "6",
        };
        let output = Command::new(programs.join("enter")).arg(etc).arg(programs.join(self.program)).args([&self.name, family]).output();
        let output = output.expect("a program");
        assert!(output.status.success(), "{}{}", output.status, String::from_utf8_lossy(&output.stderr));
        let told = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let told = if told.starts_with("found") { told } else { "nothing".to_owned() };
        (told, !server.end(&label).is_empty())
    }
}

#[test]
fn the_real_resolvers_find_the_same() {
    programs::in_own_network("the_real_resolvers_find_the_same", "files read the same", compare);
}

fn compare(programs: &Path) {
    let (mut dice, server) = (Dice(1), Server::start());
    let etc = tempfile::tempdir().expect("a directory");
    std::fs::write(etc.path().join("nsswitch.conf"), "hosts: files dns\n").expect("a file");
    std::fs::write(etc.path().join("resolv.conf"), "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n").expect("a file");
    let (mut different, mut seen) = (Vec::new(), BTreeSet::new());
    let count = 1500;
    for number in 0..count {
        let case = Case::generate(&mut dice, RESOLVERS[number % RESOLVERS.len()]);
        let (ours, theirs) = (case.ours(), case.theirs(&server, programs, etc.path()));
        if ours != theirs {
            different.push(format!("{} {} {:?}\n{}ours {ours:?}, theirs {theirs:?}\n", case.program, case.name, case.wanted, case.text()));
        }
        seen.insert((case.program, ours));
    }
    assert!(different.is_empty(), "{} of {count} differ:\n{}", different.len(), different.join("\n"));
    assert!(seen.len() >= 12, "{seen:?}");
    println!("{count} files read the same");
}
