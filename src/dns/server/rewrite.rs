//! The plugin `rewrite`: another question is asked, and its answer made to look like one to the first.
//!
//! Rules about names are followed; those about times and EDNS change nothing that is looked at here. With any other, nothing can be told.

use regex::Regex;

use super::expected::{Because, Expected, Reason};
use crate::dns::corefile::Directive;
use crate::dns::name::Name;
use crate::dns::record::{Data, Rcode, Record, Response};

/// The rules of a block, in the order in which they stand there.
#[derive(Debug, Default)]
pub(super) struct Rewrite {
    rules: Vec<Rule>,
    /// What cannot be followed.
    opaque: Option<String>,
}

/// A rule about names. Names have a dot at their end here, as patterns expect.
#[derive(Debug)]
struct Rule {
    stops: bool,
    from: From,
    /// None for a rule about the time that answers may be kept, which decides only whether others come behind it.
    to: Option<String>,
    answers: Answers,
}

/// Which names a rule is about.
#[derive(Debug)]
enum From {
    Exact(String),
    Prefix(String),
    Suffix(String),
    Substring(String),
    Regex(Regex),
}

/// What a rule does to answers.
#[derive(Debug, Default)]
struct Answers {
    auto: bool,
    /// Patterns with what takes their place, in names of records or in what they say.
    patterns: Vec<(Part, Regex, String)>,
}

/// What of a record is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Name,
    Value,
}

/// A change that an answer goes through.
enum Change {
    /// A name, and all below it, becomes another.
    Remap(String, String),
    /// The end of a name becomes another.
    Suffix(String, String),
    /// By pattern.
    Regex(Part, Regex, String),
}

impl Rewrite {
    /// Adds the rule of a line.
    pub(super) fn add(&mut self, directive: &Directive) {
        let words: Vec<&str> = directive.arguments.iter().chain(directive.body.iter().flatten()).map(String::as_str).collect();
        let (stops, rule) = match words.as_slice() {
            [mode, rest @ ..] if mode.eq_ignore_ascii_case("continue") => (false, rest),
            [mode, rest @ ..] if mode.eq_ignore_ascii_case("stop") => (true, rest),
            all => (true, all),
        };
        match rule {
            [what, ..] if what.eq_ignore_ascii_case("edns0") && !stops => {}
            [what, rest @ ..] => match Rule::read(stops, what, rest) {
                Some(rule) => self.rules.push(rule),
                None => self.opaque = Some(words.join(" ")),
            },
            [] => {}
        }
    }

    /// What is said of a name, if `next` tells what the plugins behind this one say.
    pub(super) fn answer(&self, name: &str, next: &dyn Fn(&str) -> Expected) -> Expected {
        if let Some(rule) = &self.opaque {
            return Expected::Unknown(Reason::Plugin(format!("rewrite, rule {rule}")));
        }
        let (mut asked, mut changes) = (format!("{name}."), Vec::new());
        for rule in &self.rules {
            if !rule.from.takes(&asked) {
                continue;
            }
            if let Some(to) = &rule.to {
                let rewritten = rule.from.replaced(&asked, to);
                if Name::parse(&rewritten).is_err() {
                    let response = Response { rcode: Rcode::ServFail, answers: Vec::new() };
                    return Expected::Says { response, because: Because::Plugin("rewrite".to_owned()) };
                }
                changes.extend(rule.changes(&asked, &rewritten, to));
                asked = rewritten;
            }
            if rule.stops {
                break;
            }
        }
        match next(asked.strip_suffix('.').unwrap_or(&asked)) {
            Expected::Says { mut response, because } => {
                for record in &mut response.answers {
                    changes.iter().rev().for_each(|change| change.make(record));
                }
                response.answers.sort();
                Expected::Says { response, because }
            }
            unknown @ Expected::Unknown(_) => unknown,
        }
    }
}

impl Rule {
    /// A rule about names or about times; none if it cannot be followed.
    fn read(stops: bool, what: &str, words: &[&str]) -> Option<Self> {
        let (from, to, answers) = match words {
            [from, to] => (From::Exact(full(from)), to, &[][..]),
            [how, from, to, answers @ ..] => {
                let from = match how.to_ascii_lowercase().as_str() {
                    "exact" => From::Exact(full(from)),
                    "prefix" => From::Prefix(full(from)),
                    "suffix" => From::Suffix(full(from)),
                    "substring" => From::Substring(full(from)),
                    "regex" => From::Regex(pattern(from)?),
                    _ => return None,
                };
                (from, to, answers)
            }
            _ => return None,
        };
        if what.eq_ignore_ascii_case("ttl") {
            return Some(Self { stops, from, to: None, answers: Answers::default() });
        }
        let mut answers = Answers::read(answers)?;
        answers.auto |= matches!(from, From::Exact(_));
        what.eq_ignore_ascii_case("name").then(|| Self { stops, from, to: Some(full(to)), answers })
    }

    /// What is done to the answer, the last one first.
    fn changes(&self, before: &str, after: &str, to: &str) -> Vec<Change> {
        let mut changes = Vec::new();
        match &self.from {
            From::Suffix(from) if self.answers.auto => changes.push(Change::Suffix(to.to_owned(), from.clone())),
            From::Suffix(_) => {}
            _ if self.answers.auto => changes.push(Change::Remap(after.to_owned(), before.to_owned())),
            _ => {}
        }
        let patterns = self.answers.patterns.iter().cloned();
        changes.extend(patterns.map(|(part, regex, to)| Change::Regex(part, regex, to)));
        changes
    }
}

impl From {
    fn takes(&self, name: &str) -> bool {
        match self {
            Self::Exact(from) => name == from,
            Self::Prefix(from) => name.starts_with(from.as_str()),
            Self::Suffix(from) => name.ends_with(from.as_str()),
            Self::Substring(from) => name.contains(from.as_str()),
            Self::Regex(regex) => regex.is_match(name),
        }
    }

    /// The name that is asked for instead of one that it takes.
    fn replaced(&self, name: &str, to: &str) -> String {
        let replaced = match self {
            Self::Exact(_) => to.to_owned(),
            Self::Prefix(from) => format!("{to}{}", name.strip_prefix(from.as_str()).unwrap_or(name)),
            Self::Suffix(from) => format!("{}{to}", name.strip_suffix(from.as_str()).unwrap_or(name)),
            Self::Substring(from) => name.replace(from.as_str(), to),
            Self::Regex(regex) => filled(regex, name, to).unwrap_or_else(|| name.to_owned()),
        };
        replaced.to_ascii_lowercase()
    }
}

impl Answers {
    /// `answer auto`, `answer name FROM TO`, `answer value FROM TO`, one after the other.
    fn read(mut words: &[&str]) -> Option<Self> {
        let mut answers = Self::default();
        while !words.is_empty() {
            words = words.strip_prefix(&["answer"]).unwrap_or(words);
            match words {
                ["auto", rest @ ..] => {
                    answers.auto = true;
                    words = rest;
                }
                [what @ ("name" | "value"), from, to, rest @ ..] => {
                    let part = if *what == "name" { Part::Name } else { Part::Value };
                    answers.patterns.push((part, pattern(from)?, full(to)));
                    words = rest;
                }
                _ => return None,
            }
        }
        Some(answers)
    }
}

impl Change {
    fn make(&self, record: &mut Record) {
        if !matches!(self, Self::Regex(Part::Value, ..)) {
            record.name = self.of(&record.name);
        }
        if !matches!(self, Self::Regex(Part::Name, ..)) {
            match &mut record.data {
                Data::Cname(name) | Data::Ptr(name) | Data::Srv { target: name, .. } => *name = self.of(name),
                Data::A(_) | Data::Aaaa(_) | Data::Txt(_) => {}
            }
        }
    }

    fn of(&self, name: &str) -> String {
        let name = format!("{name}.");
        let changed = match self {
            Self::Remap(from, to) if name == *from => to.clone(),
            Self::Remap(from, to) => match name.strip_suffix(from.as_str()) {
                Some(head) if head.ends_with('.') => format!("{head}{to}"),
                _ => name,
            },
            Self::Suffix(from, to) => match name.strip_suffix(from.as_str()) {
                Some(head) => format!("{head}{to}"),
                None => name,
            },
            Self::Regex(_, regex, to) => filled(regex, &name, to).unwrap_or(name),
        };
        changed.strip_suffix('.').map_or_else(|| changed.clone(), str::to_owned)
    }
}

/// The replacement with `{0}`, `{1}` … filled in; none if the pattern does not match.
fn filled(regex: &Regex, name: &str, to: &str) -> Option<String> {
    let groups = regex.captures(name)?;
    let of = |at: usize| groups.get(at).map_or("", |group| group.as_str());
    Some((0..groups.len()).fold(to.to_owned(), |filled, at| filled.replace(&format!("{{{at}}}"), of(at))))
}

/// A pattern that means the same to Go and here.
pub(super) fn pattern(text: &str) -> Option<Regex> {
    let differs = ["&&", "--", "~~", "[[", "\\C", "\\Q", "\\z"].iter().any(|part| text.contains(part));
    if differs { None } else { Regex::new(text).ok() }
}

/// Lower case, with a dot at its end.
fn full(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    if name.ends_with('.') { name } else { name + "." }
}
