//! What goes to standard error beside an answer: findings, and what could not be read.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};

use super::page::{Label, Page};
use super::{Style, escape, words};
use crate::report::{Answer, CoverageEntry, DataRisk, Remedy, Severity};

/// The lines for standard error, without colour, each of them once: `Warning: … (NP-012)`, `Note: … (NP-030)`, and last
/// what could not be read. What to do about a finding follows it, indented.
pub fn warnings(answer: &Answer) -> Vec<String> {
    let line = |notice: Notice| match notice {
        Notice::Warning(text) => format!("Warning: {text}"),
        Notice::Note(text) => format!("Note: {text}"),
        Notice::ToDo(text) => format!("  {text}"),
        Notice::Command(text) => format!("    {text}"),
    };
    notices(answer).into_iter().map(line).collect()
}

/// Writes the same for a terminal: wrapped, labels in colour.
///
/// # Errors
///
/// Whatever writing to `out` returns.
pub fn render_warnings(answer: &Answer, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(out, style);
    notices(answer).into_iter().try_for_each(|notice| match notice {
        Notice::Warning(text) => page.labelled(Some(Label::Warning), "Warning:", &format!(" {text}"), 2),
        Notice::Note(text) => page.labelled(Some(Label::Heading), "Note:", &format!(" {text}"), 2),
        Notice::ToDo(text) => page.paragraph(&format!("  {text}"), 4),
        Notice::Command(text) => page.command(&text, 4),
    })
}

/// A line for standard error.
#[derive(Debug, PartialEq, Eq)]
enum Notice {
    /// Something that probably is not meant, or could not be read.
    Warning(String),
    /// Something good to know.
    Note(String),
    /// What can be done about it.
    ToDo(String),
    /// The command that does it.
    Command(String),
}

fn notices(answer: &Answer) -> Vec<Notice> {
    let mut notices: Vec<Notice> = Vec::new();
    let mut said = HashSet::new();
    for finding in answer.findings() {
        let text = format!("{} ({})", escape(&finding.message).trim_end_matches('.'), finding.code);
        if !said.insert(text.clone()) {
            continue;
        }
        match finding.severity {
            Severity::Info => notices.push(Notice::Note(text)),
            Severity::Error | Severity::Warning => {
                notices.push(Notice::Warning(text));
                notices.extend(finding.remedy.iter().flat_map(remedy));
            }
        }
    }
    if let Answer::Matrix(report) = answer
        && !report.result.complete
    {
        let shown = report.result.connections.len();
        notices.push(Notice::Warning(format!("cut off after {shown} connections: narrow it with -n or -l, or raise --limit")));
    }
    notices.extend(incomplete(answer.coverage()).map(Notice::Warning));
    notices
}

/// What it does, what it risks, and the command.
fn remedy(remedy: &Remedy) -> impl Iterator<Item = Notice> {
    let risk = match remedy.data_risk {
        DataRisk::None => "",
        DataRisk::Disclosure => " (data may become readable to others!)",
        DataRisk::Loss => " (data may be lost!)",
    };
    let colon = if remedy.command.is_some() { ":" } else { "" };
    let said = format!("{}{risk}{colon}", escape(&remedy.description).trim_end_matches(['.', ':']));
    let command = remedy.command.as_ref().map(|command| Notice::Command(escape(command).into_owned()));
    [Some(Notice::ToDo(said)), command].into_iter().flatten()
}

/// Whether a list that was needed did not come.
fn is_hole(entry: &CoverageEntry) -> bool {
    !matches!(entry.state.as_str(), "complete" | "not served")
}

/// `networkpolicies`, as people say it.
fn plural(entry: &CoverageEntry) -> String {
    escape(entry.resource.split('.').next().unwrap_or_default()).into_owned()
}

/// `results are incomplete: cannot list namespaces, pods (cluster scope)`.
fn incomplete(coverage: &[CoverageEntry]) -> Option<String> {
    let mut holes: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for entry in coverage.iter().filter(|entry| is_hole(entry)) {
        holes.entry((&entry.scope, &entry.state)).or_default().push(plural(entry));
    }
    let part = |((scope, state), resources): (&(&str, &str), &Vec<String>)| {
        let scope = if *scope == "*" { "cluster scope".to_owned() } else { format!("namespace {}", escape(scope)) };
        let state = if *state == "Forbidden" { String::new() } else { format!(": {}", escape(state)) };
        format!("{} ({scope}{state})", resources.join(", "))
    };
    let parts: Vec<String> = holes.iter().map(part).collect();
    (!parts.is_empty()).then(|| format!("results are incomplete: cannot list {}", parts.join("; ")))
}

/// The first line of a partial answer: `you may not list namespaces or pods outside data (Forbidden).`
pub(super) fn partial(coverage: &[CoverageEntry]) -> Option<String> {
    // By state, then by where.
    let mut holes: BTreeMap<&str, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for entry in coverage.iter().filter(|entry| is_hole(entry)) {
        let place = match entry.scope.as_str() {
            "*" => match words::cut(read_apart(coverage, entry), 3) {
                read if read.is_empty() => String::new(),
                read => format!(" outside {}", words::and(&read)),
            },
            namespace => format!(" in {}", escape(namespace)),
        };
        holes.entry(&entry.state).or_default().entry(place).or_default().push(plural(entry));
    }
    let part = |(state, places): (&&str, &BTreeMap<String, Vec<String>>)| {
        let list = |resources: &Vec<String>| if *state == "Forbidden" { words::or(resources) } else { words::and(resources) };
        let what: Vec<String> = places.iter().map(|(place, resources)| format!("{}{place}", list(resources))).collect();
        let several = places.values().any(|resources| resources.len() > 1);
        match *state {
            "Forbidden" => format!("you may not list {} (Forbidden)", what.join(if several { ", or " } else { " or " })),
            state => format!("{} could not be read ({})", what.join(" and "), escape(state)),
        }
    };
    let parts: Vec<String> = holes.iter().map(part).collect();
    (!parts.is_empty()).then(|| format!("{}.", parts.join("; ")))
}

/// The namespaces in which this kind was read after all.
fn read_apart(coverage: &[CoverageEntry], hole: &CoverageEntry) -> Vec<String> {
    let is_meant = |entry: &&CoverageEntry| entry.scope != "*" && !is_hole(entry) && entry.resource == hole.resource;
    coverage.iter().filter(is_meant).map(|entry| escape(&entry.scope).into_owned()).collect()
}
