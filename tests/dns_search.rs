//! glibc, musl and Go ask what `dns::search` says, in that order, and come to the same end: the real ones against a server that keeps
//! what it is asked, in a network of their own.
//!
//! `NETSTORE_DNS_CASES` is how many searches each of them makes (700). Where there is no root, or no compiler for them, this passes and says so,
//! unless `CI` is set.

#[path = "oracle/dice.rs"]
mod dice;
#[path = "dns_search/programs.rs"]
mod programs;
#[path = "dns_search/server.rs"]
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use dice::Dice;
use netstore::dns::resolv::{Entry, ResolvConf, Source};
use netstore::dns::search::{Families, Miss, Outcome, Reply, Resolver, Wanted, search};
use server::Server;

/// How many programs run at the same time: most of them wait for a server that says nothing.
const AT_ONCE: usize = 24;

const RESOLVERS: [(Resolver, &str); 3] = [(Resolver::Glibc, "glibc"), (Resolver::Musl, "musl"), (Resolver::Go, "go")];

struct Case {
    resolver: Resolver,
    program: &'static str,
    name: String,
    wanted: Wanted,
    servers: usize,
    search: Vec<String>,
    options: Vec<String>,
    replies: BTreeMap<String, Reply>,
}

impl Case {
    /// The name begins with a label that no other case has.
    fn generate(dice: &mut Dice, number: usize, (resolver, program): (Resolver, &'static str)) -> Self {
        let ends = ["", "", "", ".a", ".a.example", ".a.b.c.d.example", ".a.b.c.d.e.example"];
        let mut name = format!("q{number}{}{}", dice.one(&ends), if dice.chance(8) { "." } else { "" });
        if dice.chance(12) {
            name = format!("q{number}.{}.{}", "l".repeat(60), "m".repeat(60));
        }
        let mut search: Vec<String> = (0..dice.roll(6)).map(|n| Self::domain(dice, n)).collect();
        // musl 1.2.3, which Debian has, takes `.` for a label; since 1.2.4 it is left out.
        if resolver != Resolver::Musl && dice.chance(10) {
            search.insert(dice.roll(search.len() as u64 + 1) as usize, ".".to_owned());
        }
        let mut options = vec!["timeout:1".to_owned(), format!("attempts:{}", 1 + dice.roll(2))];
        if !dice.chance(4) {
            options.push(
                (*dice.one(&["ndots:5", "ndots:5", "ndots:2", "ndots:1", "ndots:0", "ndots:99", "ndots:", "ndots", "ndots:3x"])).to_owned(),
            );
        }
        let others = ["edns0", "single-request", "single-request-reopen", "use-vc", "rotate", "what-is-this"];
        options.extend(dice.chance(3).then(|| (*dice.one(&others)).to_owned()));
        if dice.chance(20) {
            options.push("x".repeat(180 + dice.roll(60) as usize));
        }
        let wanted = *dice.one(&[Wanted::Both, Wanted::Both, Wanted::Both, Wanted::V4, Wanted::V6]);
        let mut case =
            Self { resolver, program, name, wanted, servers: 1 + usize::from(dice.chance(4)), search, options, replies: BTreeMap::new() };
        let as_is = case.name.trim_end_matches('.').to_owned();
        let listed = case.search.iter().map(|domain| format!("{as_is}.{}", domain.trim_end_matches('.')));
        case.replies = listed.chain([as_is.clone()]).map(|name| (name, Self::reply(dice))).collect();
        if case.options.iter().any(|option| option == "use-vc") {
            // Over TCP, glibc waits for as long as the connection lasts, and takes a failure for an answer.
            case.replies.retain(|_, reply| !matches!(reply, Reply::Miss(Miss::Silence | Miss::Refused | Miss::ServFail)));
        }
        case
    }

    fn domain(dice: &mut Dice, number: u64) -> String {
        match dice.roll(16) {
            0 => format!("s{number}.example."),
            1..4 => format!("s{number}.{}.example", "x".repeat(20 + dice.roll(43) as usize)),
            4 => format!("s{number}.{0}.{0}.{0}", "y".repeat(40 + dice.roll(23) as usize)),
            _ => format!("s{number}.example"),
        }
    }

    fn reply(dice: &mut Dice) -> Reply {
        match dice.roll(20) {
            0 => Reply::Addresses(Families::Both),
            1 => Reply::Addresses(Families::V4),
            2 => Reply::Addresses(Families::V6),
            3 | 4 => Reply::Miss(Miss::NoData),
            5 => Reply::Miss(Miss::ServFail),
            6 => Reply::Miss(Miss::Refused),
            7 => Reply::Miss(Miss::Silence),
            _ => Reply::Miss(Miss::NxDomain),
        }
    }

    fn conf(&self) -> ResolvConf {
        let entries = |list: &[String]| list.iter().map(|text| Entry::Line(text.clone(), Source::Pod)).collect();
        ResolvConf { search: entries(&self.search), options: entries(&self.options), ..ResolvConf::default() }
    }

    fn ours(&self) -> (Vec<String>, String) {
        let says = |name: &str| self.replies.get(name).copied().unwrap_or(Reply::Miss(Miss::NxDomain));
        let walk = search(self.resolver, &self.name, self.wanted, &self.conf(), &says);
        assert!(walk.is_certain());
        (once(walk.questions.into_iter().map(|question| question.name)), word(walk.outcome).to_owned())
    }

    fn agrees(&self, theirs: &(Vec<String>, String)) -> bool {
        let ours = self.ours();
        // musl 1.2.3 has no word of its own for a name without addresses.
        let old = self.resolver == Resolver::Musl && ours.1 == "nodata" && theirs.1 == "noname";
        theirs.0 == ours.0 && (theirs.1 == ours.1 || old)
    }

    /// Asks the real one; what the server was asked, and what the program was told.
    fn theirs(&self, server: &Server, programs: &Path, etc: &Path) -> (Vec<String>, String) {
        let mut file: String = (1..=self.servers).map(|n| format!("nameserver 127.0.0.{n}\n")).collect();
        if !self.search.is_empty() {
            file += &format!("search {}\n", self.search.join(" "));
        }
        file += &format!("options {}\n", self.options.join(" "));
        std::fs::write(etc.join("resolv.conf"), file).expect("a file");
        let label = self.name.split('.').next().expect("a label");
        server.begin(label, self.replies.clone());
        let family = match self.wanted {
            Wanted::Both => "both",
            Wanted::V4 => "4",
            Wanted::V6 => "6",
        };
        let output = Command::new(programs.join("enter")).arg(etc).arg(programs.join(self.program)).args([&self.name, family]).output();
        let output = output.expect("a program");
        assert!(output.status.success(), "{}{}", output.status, String::from_utf8_lossy(&output.stderr));
        let asked = server.end(label);
        let wanted: &[u16] = match self.wanted {
            Wanted::Both => &[server::A, server::AAAA],
            Wanted::V4 => &[server::A],
            Wanted::V6 => &[server::AAAA],
        };
        let mut names = once(asked.iter().map(|(name, _)| name.clone()));
        // One after the other: without an answer to the first one, there is no second one.
        if !self.options.iter().any(|option| option.starts_with("single-request")) {
            let missing = names.iter().find(|name| wanted.iter().any(|kind| !asked.contains(&((*name).clone(), *kind)))).cloned();
            names.extend(missing.map(|name| format!("{name} was not asked for both: {asked:?}")));
        }
        let told = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        (names, told)
    }

    fn describe(&self) -> String {
        format!(
            "{} {} {:?} of {} servers\nsearch {}\noptions {}\n{:#?}",
            self.program,
            self.name,
            self.wanted,
            self.servers,
            self.search.join(" "),
            self.options.join(" "),
            self.replies
        )
    }
}

/// Names in the order of their first question: some are asked for again, and musl asks all servers at the same time.
fn once(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    names.filter(|name| seen.insert(name.clone())).collect()
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Found(Families::Both) => "found 4 6",
        Outcome::Found(Families::V4) => "found 4",
        Outcome::Found(Families::V6) => "found 6",
        Outcome::NoName => "noname",
        Outcome::NoData => "nodata",
        Outcome::Again => "again",
        Outcome::Fail => "fail",
        Outcome::Unknown => "unknown",
    }
}

#[test]
fn the_real_resolvers_ask_and_conclude_the_same() {
    programs::in_own_network("the_real_resolvers_ask_and_conclude_the_same", "searches the same", compare);
}

fn compare(programs: &Path) {
    let count = std::env::var("NETSTORE_DNS_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(700);
    let mut dice = Dice(1);
    let cases: Vec<Case> = (0..count * RESOLVERS.len()).map(|n| Case::generate(&mut dice, n, RESOLVERS[n % RESOLVERS.len()])).collect();
    let server = Server::start();
    let (next, etc) = (AtomicUsize::new(0), tempfile::tempdir().expect("a directory"));
    let ask = |case: &Case, worker: usize| {
        let etc = etc.path().join(worker.to_string());
        std::fs::create_dir_all(&etc).expect("a directory");
        std::fs::write(etc.join("nsswitch.conf"), "hosts: files dns\n").expect("a file");
        std::fs::write(etc.join("hosts"), "").expect("a file");
        case.theirs(&server, programs, &etc)
    };
    let suspects = Mutex::new(Vec::new());
    let work = |worker: usize| {
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            if !case.agrees(&ask(case, worker)) {
                suspects.lock().expect("no panic").push(case);
            }
        }
    };
    std::thread::scope(|scope| {
        (0..AT_ONCE).for_each(|worker| drop(scope.spawn(move || work(worker))));
    });
    // Once more, alone: on a machine that is busy, a reply may come too late.
    let mut different = Vec::new();
    for case in suspects.into_inner().expect("no panic") {
        let theirs = ask(case, 0);
        if !case.agrees(&theirs) {
            different.push(format!("{}\ntheirs {theirs:?}\nours   {:?}\n", case.describe(), case.ours()));
        }
    }
    assert!(different.is_empty(), "{} of {} searches differ:\n{}", different.len(), cases.len(), different.join("\n"));
    let mut outcomes: BTreeMap<(Resolver, String), usize> = BTreeMap::new();
    for case in &cases {
        *outcomes.entry((case.resolver, case.ours().1)).or_default() += 1;
    }
    println!("{} searches the same: {outcomes:?}", cases.len());
    assert!(outcomes.len() >= 17, "{outcomes:?}");
}
