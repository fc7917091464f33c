//! Looks names up as the pod's programs do: /etc/hosts, then the servers and the search list of /etc/resolv.conf.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use crate::attempt::Tried;
use crate::dns::{self, Said};
use crate::verdict::Verdict;

/// The addresses of a name; at least one.
///
/// # Errors
/// The verdict.
pub fn lookup(name: &str, patience: Duration) -> Result<Vec<IpAddr>, Tried> {
    let addresses = hosts(&fs::read_to_string("/etc/hosts").unwrap_or_default(), name);
    if !addresses.is_empty() {
        return Ok(addresses);
    }
    let text = fs::read_to_string("/etc/resolv.conf").map_err(|e| Tried::with(Verdict::CouldNotRun, format!("/etc/resolv.conf: {e}")))?;
    let resolv = Resolv::read(&text);
    resolv.lookup(name, |full| resolv.ask(full, patience))
}

/// Addresses of a name in /etc/hosts.
fn hosts(text: &str, name: &str) -> Vec<IpAddr> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    let fields = lines.map(str::split_whitespace);
    let named = fields.filter_map(|mut fields| Some((fields.next()?, fields)));
    named.filter(|(_, names)| names.clone().any(|other| other.eq_ignore_ascii_case(name))).filter_map(|(ip, _)| ip.parse().ok()).collect()
}

/// What the servers say of one full name.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reply {
    Said(Said),
    /// None of them answered; how that showed.
    Nothing(String),
}

/// As much of /etc/resolv.conf as decides what is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Resolv {
    servers: Vec<IpAddr>,
    search: Vec<String>,
    ndots: usize,
}

impl Resolv {
    /// Servers that libraries look at.
    const SERVERS: usize = 3;

    fn read(text: &str) -> Self {
        let mut resolv = Self { servers: Vec::new(), search: Vec::new(), ndots: 1 };
        for line in text.lines().filter(|line| !line.starts_with(['#', ';'])) {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("nameserver") => resolv.servers.extend(words.next().and_then(|ip| ip.parse::<IpAddr>().ok())),
                Some("search" | "domain") => resolv.search = words.map(str::to_owned).collect(),
                Some("options") => {
                    let ndots = words.rev().find_map(|word| word.strip_prefix("ndots:")?.parse::<usize>().ok());
                    resolv.ndots = ndots.map_or(resolv.ndots, |ndots| ndots.min(15));
                }
                _ => {}
            }
        }
        resolv.servers.truncate(Self::SERVERS);
        if resolv.servers.is_empty() {
            resolv.servers.push(std::net::Ipv4Addr::LOCALHOST.into());
        }
        resolv
    }

    /// Asks one server after the other, each for its part of the time.
    fn ask(&self, full: &str, patience: Duration) -> Reply {
        let each = patience / u32::try_from(self.servers.len()).unwrap_or(1).max(1);
        let mut silent = Vec::new();
        let mut failed = None;
        for server in &self.servers {
            match dns::ask(*server, full, each) {
                Ok(Said::Failed(word)) => failed = Some(Said::Failed(word)),
                Ok(said) => return Reply::Said(said),
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Reply::Said(Said::NxDomain),
                Err(error) => silent.push(format!("{server}: {}", reason(&error))),
            }
        }
        failed.map_or_else(|| Reply::Nothing(silent.join(", ")), Reply::Said)
    }

    /// Walks the search list as glibc does.
    fn lookup(&self, name: &str, mut ask: impl FnMut(&str) -> Reply) -> Result<Vec<IpAddr>, Tried> {
        let dots = name.matches('.').count();
        let first = dots >= self.ndots || name.ends_with('.');
        let list = self.search.iter().map(|domain| format!("{name}.{}", domain.trim_end_matches('.')));
        let list = list.filter(|_| !name.ends_with('.')).map(|full| full.trim_end_matches('.').to_owned());
        let own = name.trim_end_matches('.').to_owned();
        let asked: Vec<String> = if first { std::iter::once(own).chain(list).collect() } else { list.chain([own]).collect() };
        let mut said = Vec::new();
        for full in asked {
            match ask(&full) {
                Reply::Said(Said::Addresses(addresses)) if !addresses.is_empty() => return Ok(addresses),
                Reply::Said(other) => said.push((full, other)),
                Reply::Nothing(why) => return Err(Tried::with(Verdict::DnsTimeout, format!("{full}: {why}"))),
            }
        }
        // The name as it is decides if it was asked first; else what says most: it exists, then it could not be told.
        let no_data = |(_, said): &&(String, Said)| matches!(said, Said::Addresses(_));
        let failed = |(_, said): &&(String, Said)| matches!(said, Said::Failed(_));
        let decides = if first { said.first() } else { said.iter().find(no_data).or_else(|| said.iter().find(failed)).or(said.last()) };
        Err(match decides {
            Some((full, Said::Addresses(_))) => Tried::with(Verdict::NoData, full),
            Some((full, Said::Failed(word))) => Tried::with(Verdict::ServFail, format!("{word} for {full}")),
            _ => Tried::plain(Verdict::NxDomain),
        })
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "no answer".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KUBELET: &str = "search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n";

    /// What is asked for a name, and what comes of it, if the servers say this of what they know.
    fn looked_up(name: &str, known: &[(&str, Reply)]) -> (Vec<String>, Result<Vec<IpAddr>, Tried>) {
        let mut asked = Vec::new();
        let result = Resolv::read(KUBELET).lookup(name, |full| {
            asked.push(full.to_owned());
            known.iter().find(|(name, _)| *name == full).map_or(Reply::Said(Said::NxDomain), |(_, reply)| reply.clone())
        });
        (asked, result)
    }

    fn address() -> IpAddr {
        std::net::Ipv4Addr::new(10, 96, 0, 7).into()
    }

    #[test]
    fn the_file_of_a_pod_is_read() {
        let resolv = Resolv::read(KUBELET);
        assert_eq!(resolv.servers, ["10.96.0.10".parse::<IpAddr>().unwrap()]);
        assert_eq!((resolv.search.len(), resolv.ndots), (3, 5));
        let odd = Resolv::read("; x\n#nameserver 1.1.1.1\nnameserver x\nsearch a\nsearch b c\noptions edns0 ndots:99\n");
        assert_eq!(odd, Resolv { servers: vec!["127.0.0.1".parse().unwrap()], search: vec!["b".to_owned(), "c".to_owned()], ndots: 15 });
    }

    #[test]
    fn the_search_list_comes_first_for_a_name_with_few_dots() {
        let known = [("db.shop.svc.cluster.local", Reply::Said(Said::Addresses(vec![address()])))];
        assert_eq!(looked_up("db.shop", &known).1, Ok(vec![address()]));
        let (asked, result) = looked_up("db.shop.", &known);
        assert_eq!((asked, result), (vec!["db.shop".to_owned()], Err(Tried::plain(Verdict::NxDomain))));
        let (asked, _) = looked_up("a.b.c.d.e.f", &[]);
        assert_eq!(asked.first().map(String::as_str), Some("a.b.c.d.e.f"));
        assert_eq!(asked.len(), 4);
    }

    #[test]
    fn what_says_most_decides() {
        let none = || Reply::Said(Said::Addresses(Vec::new()));
        let failed = || Reply::Said(Said::Failed("SERVFAIL"));
        let result = |known: &[(&str, Reply)]| looked_up("db", known).1.unwrap_err();
        assert_eq!(result(&[("db.cluster.local", failed())]), Tried::with(Verdict::ServFail, "SERVFAIL for db.cluster.local"));
        let known = [("db.shop.svc.cluster.local", failed()), ("db.cluster.local", none())];
        assert_eq!(result(&known), Tried::with(Verdict::NoData, "db.cluster.local"));
        let (asked, result) = looked_up("db", &[("db.svc.cluster.local", Reply::Nothing("10.96.0.10: no answer".to_owned()))]);
        assert_eq!(asked.len(), 2, "who heard nothing asks no more");
        assert_eq!(result, Err(Tried::with(Verdict::DnsTimeout, "db.svc.cluster.local: 10.96.0.10: no answer")));
    }

    #[test]
    fn hosts_knows_names_in_any_case_and_never_with_a_dot() {
        let text = "127.0.0.1 localhost\n# 1.1.1.1 no\n10.0.0.9 web.local Web # x\nfd00::9 web\n";
        assert_eq!(hosts(text, "WEB").len(), 2);
        assert!(hosts(text, "web.").is_empty() && hosts(text, "no").is_empty() && hosts(text, "x").is_empty());
    }
}
