//! The questions that a resolver asks for a name, in their order, and what comes of it.
//!
//! Each of glibc, musl and Go reads the same resolv.conf in its own way, and each stops at something else. The rules are those of glibc
//! 2.36, musl 1.2.5 and Go 1.26 over UDP, compared with the real ones by `tests/dns_search.rs`. A question counts once, however often it is
//! sent and to however many servers. What comes before DNS (`/etc/hosts`) is not looked at, names are taken to be valid, and a hole in the
//! search list is taken not to make its line longer than musl can read.

use std::ops::ControlFlow;

use super::resolv::{Entry, ResolvConf};

/// The longest line that musl reads, its end included.
pub const MUSL_LINE: usize = 255;
/// The longest name.
const NAME: usize = 253;
/// The most dots that `ndots` can ask for.
const MOST_DOTS: usize = 15;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resolver {
    /// The GNU C library: Debian, Ubuntu, Red Hat.
    Glibc,
    /// The C library of Alpine.
    Musl,
    /// Go's own, in programs without cgo.
    Go,
}

/// Which addresses are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Both: A and AAAA are asked for at the same time.
    Both,
    /// IPv4: A.
    V4,
    /// IPv6: AAAA.
    V6,
}

/// Of which families there are addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Families {
    /// Of both.
    Both,
    /// IPv4 alone; the answer to AAAA is empty.
    V4,
    /// IPv6 alone; the answer to A is empty.
    V6,
}

/// What the servers say of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// Addresses.
    Addresses(Families),
    /// None, to A and AAAA alike.
    Miss(Miss),
    /// Nobody knows what they would say.
    Unknown,
}

/// Why a reply has no addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Miss {
    /// The name is there, but not with such addresses: NOERROR, empty.
    NoData,
    /// There is no such name.
    NxDomain,
    /// The server failed.
    ServFail,
    /// The server does not want to answer.
    Refused,
    /// There is no reply, as often as it is asked for.
    Silence,
}

/// A name that was asked for, and what was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The full name, without the dot at its end.
    pub name: String,
    /// What was said to who wants such addresses.
    pub reply: Reply,
    /// Whether it hangs on something that could not be read: there may be others before it, or it may not be asked.
    pub after_hole: bool,
}

/// What the program is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Addresses, those of the last question.
    Found(Families),
    /// There is no such name: `EAI_NONAME`; in Go, `no such host`.
    NoName,
    /// The name has no addresses: `EAI_NODATA`.
    NoData,
    /// To be tried again: `EAI_AGAIN`; in Go, an error that is temporary.
    Again,
    /// In Go, `server misbehaving`.
    Fail,
    /// It hangs on a reply that nobody knows.
    Unknown,
}

/// A whole search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// What was asked, in its order.
    pub questions: Vec<Question>,
    /// What came of it.
    pub outcome: Outcome,
}

impl Walk {
    /// Whether it would have been the same whatever could not be read.
    pub fn is_certain(&self) -> bool {
        self.outcome != Outcome::Unknown && self.questions.last().is_none_or(|question| !question.after_hole)
    }
}

/// Searches for a name, given what the servers say of each full name.
pub fn search(resolver: Resolver, name: &str, wanted: Wanted, conf: &ResolvConf, says: &dyn Fn(&str) -> Reply) -> Walk {
    let list = List::read(resolver, conf);
    let mut asker = Asker { wanted, says, questions: Vec::new(), last: None, after_hole: list.ndots.is_none() };
    let walk = match resolver {
        Resolver::Glibc => glibc,
        Resolver::Musl => musl,
        Resolver::Go => go,
    };
    let (ControlFlow::Break(outcome) | ControlFlow::Continue(outcome)) = walk(&mut asker, &Name::of(name, &list), &list);
    Walk { questions: asker.questions, outcome }
}

/// The end of the walk by what was found, or by what went wrong.
type End = ControlFlow<Outcome, Outcome>;

/// Whatever else a server says, glibc goes on; the name as it is decides the error if it was the first one.
fn glibc(asker: &mut Asker<'_>, name: &Name<'_>, list: &List<'_>) -> End {
    let mut first = None;
    if name.is_rooted || name.has_dots {
        first = Some(asker.ask(name.text)?);
    }
    let (mut seen, mut root_listed) = (Vec::new(), false);
    for domain in list.of(name) {
        let Some(full) = asker.joined(name, *domain) else {
            // Too long: an error that no other domain would mend.
            if domain.is_some() { break } else { continue }
        };
        root_listed |= *domain == Some("");
        let miss = asker.ask(&full)?;
        seen.push(miss);
        // Neither would one help if the server is not there.
        if matches!(miss, Miss::Refused | Miss::Silence) {
            break;
        }
    }
    if first.is_none() && !root_listed {
        asker.ask(name.text)?;
    }
    let of_list = [Miss::NoData, Miss::ServFail].into_iter().find(|miss| seen.contains(miss));
    let decides = first.or(of_list).or(asker.last);
    let failed = |miss: Option<Miss>| matches!(miss, Some(Miss::ServFail | Miss::Refused | Miss::Silence));
    ControlFlow::Continue(match decides {
        // The function that looks for IPv4 alone is an older one, and knows only how the last question went.
        _ if asker.wanted == Wanted::V4 && failed(decides) && !failed(asker.last) => Outcome::NoName,
        _ if failed(decides) => Outcome::Again,
        Some(Miss::NoData) => Outcome::NoData,
        _ => Outcome::NoName,
    })
}

/// musl takes either the search list or the name as it is, and goes on only where a name does not exist.
fn musl(asker: &mut Asker<'_>, name: &Name<'_>, list: &List<'_>) -> End {
    let listed: &[_] = if name.has_dots { &[] } else { list.of(name) };
    let ask = |asker: &mut Asker<'_>, full: &str| match asker.ask(full)? {
        Miss::NxDomain => ControlFlow::Continue(Outcome::NoName),
        Miss::NoData => ControlFlow::Break(Outcome::NoData),
        Miss::ServFail | Miss::Refused | Miss::Silence => ControlFlow::Break(Outcome::Again),
    };
    for domain in listed {
        if let Some(full) = asker.joined(name, *domain) {
            ask(asker, &full)?;
        }
    }
    ask(asker, name.text)
}

/// Go tries everything; what is said of the name as it is decides the error.
fn go(asker: &mut Asker<'_>, name: &Name<'_>, list: &List<'_>) -> End {
    let mut as_is = None;
    if name.is_rooted || name.has_dots {
        as_is = Some(asker.ask(name.text)?);
    }
    for domain in list.of(name) {
        if let Some(full) = asker.joined(name, *domain) {
            asker.ask(&full)?;
        }
    }
    let decides = match as_is {
        Some(miss) => miss,
        None => asker.ask(name.text)?,
    };
    ControlFlow::Continue(match decides {
        Miss::NoData | Miss::NxDomain => Outcome::NoName,
        Miss::ServFail | Miss::Silence => Outcome::Again,
        Miss::Refused => Outcome::Fail,
    })
}

/// Who keeps what was asked.
struct Asker<'a> {
    wanted: Wanted,
    says: &'a dyn Fn(&str) -> Reply,
    questions: Vec<Question>,
    last: Option<Miss>,
    after_hole: bool,
}

impl Asker<'_> {
    /// Asks for a full name; ends the walk unless the name has no addresses.
    fn ask(&mut self, name: &str) -> ControlFlow<Outcome, Miss> {
        let reply = match ((self.says)(name), self.wanted) {
            (Reply::Addresses(Families::V6), Wanted::V4) | (Reply::Addresses(Families::V4), Wanted::V6) => Reply::Miss(Miss::NoData),
            (Reply::Addresses(_), Wanted::V4) => Reply::Addresses(Families::V4),
            (Reply::Addresses(_), Wanted::V6) => Reply::Addresses(Families::V6),
            (reply, _) => reply,
        };
        self.questions.push(Question { name: name.to_owned(), reply, after_hole: self.after_hole });
        match reply {
            Reply::Addresses(families) => ControlFlow::Break(Outcome::Found(families)),
            Reply::Unknown => ControlFlow::Break(Outcome::Unknown),
            Reply::Miss(miss) => {
                self.last = Some(miss);
                ControlFlow::Continue(miss)
            }
        }
    }

    /// The name in a domain, unless that is too long; a hole is none.
    fn joined(&mut self, name: &Name<'_>, domain: Option<&str>) -> Option<String> {
        let Some(domain) = domain else {
            self.after_hole = true;
            return None;
        };
        let full = if domain.is_empty() { name.text.to_owned() } else { format!("{}.{domain}", name.text) };
        (full.len() <= NAME).then_some(full)
    }
}

/// The name that a program asks for.
struct Name<'a> {
    /// Without the dot at its end.
    text: &'a str,
    is_rooted: bool,
    /// As many as `ndots` asks for.
    has_dots: bool,
}

impl<'a> Name<'a> {
    fn of(name: &'a str, list: &List<'_>) -> Self {
        let dots = name.chars().filter(|c| *c == '.').count();
        Self { text: name.strip_suffix('.').unwrap_or(name), is_rooted: name.ends_with('.'), has_dots: dots >= list.ndots.unwrap_or(1) }
    }
}

/// What a resolver takes from the file.
struct List<'a> {
    /// None if the options could not be read.
    ndots: Option<usize>,
    /// Without the dots at their ends, so that the root is empty; none for a hole.
    domains: Vec<Option<&'a str>>,
}

impl<'a> List<'a> {
    fn read(resolver: Resolver, conf: &'a ResolvConf) -> Self {
        let is_read = |keyword: &str, entries: &[Entry]| {
            let words = entries.iter().filter_map(Entry::text).map(|text| text.len() + 1);
            resolver != Resolver::Musl || keyword.len() + words.sum::<usize>() < MUSL_LINE
        };
        let options: &[Entry] = if is_read("options", &conf.options) { &conf.options } else { &[] };
        let search: &'a [Entry] = if is_read("search", &conf.search) { &conf.search } else { &[] };
        let domain = |entry: &'a Entry| entry.text().map(|text| text.strip_suffix('.').unwrap_or(text));
        Self {
            ndots: ndots(resolver, options),
            // Only glibc makes something of the root.
            domains: search.iter().map(domain).filter(|domain| resolver == Resolver::Glibc || *domain != Some("")).collect(),
        }
    }

    /// The domains that are tried for a name.
    fn of(&self, name: &Name<'_>) -> &[Option<&'a str>] {
        if name.is_rooted { &[] } else { &self.domains }
    }
}

/// How many dots are enough to try a name as it is first.
fn ndots(resolver: Resolver, options: &[Entry]) -> Option<usize> {
    let Some(value) = options.iter().filter_map(Entry::text).find_map(|text| text.strip_prefix("ndots:")) else {
        return options.iter().all(|entry| entry.text().is_some()).then_some(1);
    };
    let end = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    let digits = value.get(..end).unwrap_or_default();
    Some(match (digits, resolver) {
        ("", Resolver::Musl) => 1,
        ("", Resolver::Glibc | Resolver::Go) => 0,
        _ => digits.parse().map_or(MOST_DOTS, |dots: usize| dots.min(MOST_DOTS)),
    })
}

#[cfg(test)]
mod tests {
    use super::super::resolv::{Hole, Source};
    use super::*;

    /// The questions by their domains, and the outcome. `?` in the list is a hole.
    fn walk(resolver: Resolver, name: &str, search_list: &str, options: &str, replies: &[(&str, Reply)]) -> (String, Outcome, bool) {
        let entries = |list: &str| {
            let entry = |word: &str| match word {
                "?" => Entry::Hole(Hole::Node),
                text => Entry::Line(text.to_owned(), Source::Pod),
            };
            list.split_whitespace().map(entry).collect::<Vec<_>>()
        };
        let conf = ResolvConf { search: entries(search_list), options: entries(options), ..ResolvConf::default() };
        let says = |name: &str| {
            let found = replies.iter().find(|(replied, _)| *replied == name);
            found.map_or(Reply::Miss(Miss::NxDomain), |(_, reply)| *reply)
        };
        let walk = search(resolver, name, Wanted::Both, &conf, &says);
        let certain = walk.is_certain();
        (walk.questions.into_iter().map(|question| question.name).collect::<Vec<_>>().join(" "), walk.outcome, certain)
    }

    const FOUND: Reply = Reply::Addresses(Families::Both);

    #[test]
    fn what_stops_each_of_them() {
        use Resolver::{Glibc, Go, Musl};
        let everything = "db.s1 db.s2 db";
        for (miss, resolver, asked, outcome) in [
            (Miss::NxDomain, Glibc, everything, Outcome::NoName),
            (Miss::NxDomain, Musl, everything, Outcome::NoName),
            (Miss::NxDomain, Go, everything, Outcome::NoName),
            (Miss::NoData, Glibc, everything, Outcome::NoData),
            (Miss::NoData, Musl, "db.s1", Outcome::NoData),
            (Miss::NoData, Go, everything, Outcome::NoName),
            (Miss::ServFail, Glibc, everything, Outcome::Again),
            (Miss::ServFail, Musl, "db.s1", Outcome::Again),
            (Miss::ServFail, Go, everything, Outcome::NoName),
            (Miss::Refused, Glibc, "db.s1 db", Outcome::NoName),
            (Miss::Refused, Musl, "db.s1", Outcome::Again),
            (Miss::Silence, Glibc, "db.s1 db", Outcome::NoName),
            (Miss::Silence, Musl, "db.s1", Outcome::Again),
            (Miss::Silence, Go, everything, Outcome::NoName),
        ] {
            let (questions, end, _) = walk(resolver, "db", "s1 s2", "ndots:5", &[("db.s1", Reply::Miss(miss))]);
            assert_eq!((questions.as_str(), end), (asked, outcome), "{resolver:?} {miss:?}");
        }
    }

    #[test]
    fn dots_decide_what_comes_first() {
        for (name, resolver, asked) in [
            ("a.b", Resolver::Glibc, "a.b a.b.s1"),
            ("a.b", Resolver::Go, "a.b a.b.s1"),
            ("a.b", Resolver::Musl, "a.b"),
            ("a", Resolver::Glibc, "a.s1 a"),
            ("a", Resolver::Musl, "a.s1 a"),
            ("a.", Resolver::Glibc, "a"),
            ("a.", Resolver::Musl, "a"),
            ("a.", Resolver::Go, "a"),
        ] {
            assert_eq!(walk(resolver, name, "s1", "ndots:1", &[]).0, asked, "{resolver:?} {name}");
        }
    }

    #[test]
    fn a_long_line_is_none_to_musl() {
        let list = |length: usize| format!("s1 {}", "x".repeat(length - 3));
        for (resolver, length, listed) in [(Resolver::Musl, 247, true), (Resolver::Musl, 248, false), (Resolver::Glibc, 248, true)] {
            let asked = walk(resolver, "db", &list(length), "ndots:5", &[("db.s1", FOUND)]).0;
            assert_eq!(asked == "db.s1", listed, "{resolver:?} {length}");
        }
    }

    #[test]
    fn what_could_not_be_read_makes_only_what_comes_later_uncertain() {
        for (name, search_list, options, found, certain) in [
            ("db", "s1 ?", "ndots:5", "db.s1", true),
            ("db", "s1 ?", "ndots:5", "db", false),
            ("a.b", "?", "ndots:1", "a.b", true),
            ("db", "s1", "?", "db.s1", false),
            ("db", "s1", "? ndots:2", "db.s1", true),
        ] {
            let found = walk(Resolver::Glibc, name, search_list, options, &[(found, FOUND)]);
            assert_eq!((found.1, found.2), (Outcome::Found(Families::Both), certain), "{name} {search_list} {options}");
        }
        let open = walk(Resolver::Go, "db", "s1 s2", "ndots:5", &[("db.s1", Reply::Unknown)]);
        assert_eq!(open, ("db.s1".to_owned(), Outcome::Unknown, false));
    }
}
