//! The plugin `template`, as far as it says that names do not exist or have nothing: what it fills in cannot be told.

use regex::Regex;

use super::expected::{Because, Expected, Reason};
use super::rewrite::pattern;
use super::zone::zones;
use crate::dns::corefile::Directive;
use crate::dns::name::longest_zone;
use crate::dns::record::{Rcode, RecordType, Response};

/// One template.
#[derive(Debug)]
pub(super) struct Template {
    zones: Vec<String>,
    /// None if it is about another class.
    kind: Kind,
    /// None if one of them means something else to Go.
    patterns: Option<Vec<Regex>>,
    /// None for codes that are not spoken of here.
    rcode: Option<Rcode>,
    fills_in: bool,
    fallthrough: Vec<String>,
}

/// What a template is about.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Any,
    One(RecordType),
    /// No question that is looked at here.
    Other,
}

impl Template {
    /// `keys` are those of the block.
    pub(super) fn read(directive: &Directive, keys: &[String]) -> Result<Self, Reason> {
        let [class, kind, named @ ..] = directive.arguments.as_slice() else {
            return Err(Reason::BadCorefile(format!("{}: plugin template needs a class and a type", directive.at)));
        };
        let kind = match (class.as_str(), kind.as_str()) {
            ("IN" | "ANY", "ANY") => Kind::Any,
            ("IN" | "ANY", kind) => RecordType::ALL.into_iter().find(|known| known.name() == kind).map_or(Kind::Other, Kind::One),
            _ => Kind::Other,
        };
        let of = |word: &'static str| directive.body.iter().filter_map(|line| line.split_first()).filter(move |(first, _)| *first == word);
        let patterns: Option<Vec<Regex>> = of("match").flat_map(|(_, patterns)| patterns).map(|text| pattern(text)).collect();
        let rcode = match of("rcode").next_back().and_then(|(_, code)| code.first()).map(String::as_str) {
            None | Some("NOERROR") => Some(Rcode::NoError),
            Some("NXDOMAIN") => Some(Rcode::NxDomain),
            Some("SERVFAIL") => Some(Rcode::ServFail),
            Some("REFUSED") => Some(Rcode::Refused),
            Some(_) => None,
        };
        let fallthrough = of("fallthrough").next_back().map_or_else(Vec::new, |(_, named)| match named {
            [] => vec![String::new()],
            named => zones(named),
        });
        let zones = zones(if named.is_empty() { keys } else { named });
        Ok(Self { zones, kind, patterns, rcode, fills_in: of("answer").next().is_some(), fallthrough })
    }

    /// What it says; none if the next plugin is asked.
    pub(super) fn answer(&self, name: &str, kind: RecordType) -> Option<Expected> {
        longest_zone(name, &self.zones)?;
        if self.kind != Kind::Any && self.kind != Kind::One(kind) {
            return None;
        }
        let says = |rcode| {
            Some(Expected::Says { response: Response { rcode, answers: Vec::new() }, because: Because::Plugin("template".to_owned()) })
        };
        let unknown = Some(Expected::Unknown(Reason::Plugin("template".to_owned())));
        let Some(patterns) = &self.patterns else { return unknown };
        let asked = format!("{name}.");
        if !patterns.is_empty() && !patterns.iter().any(|pattern| pattern.is_match(&asked)) {
            return if longest_zone(name, &self.fallthrough).is_some() { None } else { says(Rcode::ServFail) };
        }
        match self.rcode {
            Some(Rcode::ServFail) => says(Rcode::ServFail),
            Some(rcode) if !self.fills_in => says(rcode),
            _ => unknown,
        }
    }
}
