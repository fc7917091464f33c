//! What goes to standard error beside an answer: findings, and what could not be read.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::{self, Write};

use super::page::{Label, Page};
use super::{Style, escape, words};
use crate::report::changes::of_findings;
use crate::report::{Answer, CoverageEntry, DataRisk, Finding, Remedy, Severity};

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
    write(notices(answer), style, out)
}

/// Writes what the last answer did not have beside it.
///
/// # Errors
///
/// Whatever writing to `out` returns.
pub fn render_new_warnings(before: &Answer, now: &Answer, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut notices = noticed(of_findings(untold(before), untold(now)));
    if incomplete(before.coverage()) != incomplete(now.coverage()) {
        notices.extend(incomplete(now.coverage()).map(Notice::Warning));
    }
    write(notices, style, out)
}

/// Writes findings of which no answer came: what was left out of the input often is why.
///
/// # Errors
///
/// Whatever writing to `out` returns.
pub fn render_findings(findings: &[Finding], style: &Style, out: &mut dyn Write) -> io::Result<()> {
    write(noticed(findings), style, out)
}

fn write(notices: Vec<Notice>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(out, style);
    notices.into_iter().try_for_each(|notice| match notice {
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

/// Lines of one code after which the rest is only counted.
const OF_ONE_CODE: usize = 5;

/// Findings, each text once. The rest of a code is counted where its last line stands.
fn noticed<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Vec<Notice> {
    let mut said = HashSet::new();
    let mut lines: Vec<(&Finding, String)> = Vec::new();
    for finding in findings {
        let text = format!("{} ({})", escape(&finding.message).trim_end_matches('.'), finding.code);
        if said.insert(text.clone()) {
            lines.push((finding, text));
        }
    }
    let mut left: HashMap<&str, usize> = HashMap::new();
    lines.iter().for_each(|(finding, _)| *left.entry(finding.code).or_default() += 1);
    let mut shown: HashMap<&str, usize> = HashMap::new();
    let mut notices = Vec::new();
    for (finding, text) in lines {
        let shown = shown.entry(finding.code).or_default();
        let total = left.get(finding.code).copied().unwrap_or_default();
        *shown += 1;
        // «1 more» would be no shorter than the one.
        if *shown > OF_ONE_CODE && total > OF_ONE_CODE + 1 {
            if *shown == OF_ONE_CODE + 1 {
                let more = total - OF_ONE_CODE;
                notices.push(Notice::ToDo(format!("… and {more} more ({}): -o json lists them all", finding.code)));
            }
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
    notices
}

fn notices(answer: &Answer) -> Vec<Notice> {
    let mut notices = noticed(untold(answer));
    if let Answer::Matrix(report) = answer
        && report.result.cut
    {
        let shown = report.result.connections.len();
        notices.push(Notice::Warning(format!("cut off after {shown} connections: narrow it with -n or -l, or raise --limit")));
    }
    notices.extend(incomplete(answer.coverage()).map(Notice::Warning));
    notices
}

/// The findings that the answer itself does not show.
pub(super) fn untold(answer: &Answer) -> Vec<&Finding> {
    let shown = |finding: &&Finding| match answer {
        // What is said of claims and pods stands beside them.
        Answer::PvcWhyPending(_) | Answer::Volumes(_) | Answer::Storage(_) => is_a_cause(finding),
        // Names that may have been meant stand in the answer.
        Answer::Dns(_) => is_about_similar(finding),
        _ => false,
    };
    answer.findings().iter().filter(|finding| !shown(finding)).collect()
}

/// Whether a finding is about a name that may have been meant.
pub(super) fn is_about_similar(finding: &Finding) -> bool {
    matches!(finding.code, "DN-P07" | "DN-P08")
}

/// Whether a finding is a cause, or a list of claims, which the answer itself shows.
fn is_a_cause(finding: &Finding) -> bool {
    finding.code == "ST-V01" || finding.code.starts_with("ST-") && matches!(finding.subject.kind.as_str(), "PersistentVolumeClaim" | "Pod")
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
pub(super) fn is_hole(entry: &CoverageEntry) -> bool {
    !matches!(entry.state.as_str(), "complete" | "not served")
}

/// `networkpolicies`, as people say it.
fn plural(entry: &CoverageEntry) -> String {
    match entry.resource.as_str() {
        // Two kinds have this plural, and only one of them is meant by it.
        "pods.metrics.k8s.io" => "metrics of pods".to_owned(),
        resource => escape(resource.split('.').next().unwrap_or_default()).into_owned(),
    }
}

/// `results are incomplete: cannot list namespaces, nodes, pods and 9 more kinds outside namespace shop`.
fn incomplete(coverage: &[CoverageEntry]) -> Option<String> {
    missing(coverage).map(|(what, state)| format!("results are incomplete: cannot list {what}{state}"))
}

/// The first line of a partial answer: `cannot list namespaces, nodes, pods and 9 more kinds outside namespace shop (Forbidden).`
pub(super) fn partial(coverage: &[CoverageEntry]) -> Option<String> {
    missing(coverage).map(|(what, state)| format!("cannot list {what}{state}."))
}

/// Kinds that are named where there are more of them.
const KINDS: usize = 3;

/// What could not be listed, in one short line, and why. JSON has the whole list.
fn missing(coverage: &[CoverageEntry]) -> Option<(String, String)> {
    let holes: Vec<&CoverageEntry> = coverage.iter().filter(|entry| is_hole(entry)).collect();
    let mut kinds: Vec<String> = Vec::new();
    for hole in &holes {
        let kind = plural(hole);
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let left = kinds.len().saturating_sub(KINDS);
    if left > 1 {
        kinds.truncate(KINDS);
        kinds = vec![format!("{} and {left} more kinds", kinds.join(", "))];
    }
    let sorted = |names: Vec<&str>| -> Vec<String> {
        let names: BTreeSet<&str> = names.into_iter().collect();
        names.into_iter().map(|name| escape(name).into_owned()).collect()
    };
    let everywhere: Vec<&&CoverageEntry> = holes.iter().filter(|hole| hole.scope == "*").collect();
    // Namespaces are named as whole only if every kind was read there.
    let place = if everywhere.is_empty() {
        named(&sorted(holes.iter().map(|hole| hole.scope.as_str()).collect()), "in")
    } else {
        let whole = |scope: &&str| {
            let of_cluster = |hole: &CoverageEntry| matches!(hole.resource.as_str(), "namespaces" | "nodes");
            let read = |hole: &&CoverageEntry| of_cluster(hole) || read_apart(coverage, hole).contains(scope);
            everywhere.iter().all(|hole| read(hole)) && !holes.iter().any(|hole| hole.scope == *scope)
        };
        let read = everywhere.iter().flat_map(|hole| read_apart(coverage, hole)).filter(whole).collect();
        named(&sorted(read), "outside")
    };
    let states = sorted(holes.iter().map(|hole| in_kubectls_words(&hole.state)).collect());
    let state = match states.as_slice() {
        [] => return None,
        [one] => format!(" ({one})"),
        [one, ..] => format!(" ({one} and other reasons)"),
    };
    Some((format!("{}{place}", words::and(&kinds)), state))
}

/// ` outside namespace shop`, ` in namespaces a and b`; nothing without namespaces.
fn named(namespaces: &[String], preposition: &str) -> String {
    match namespaces {
        [] => String::new(),
        [one] => format!(" {preposition} namespace {one}"),
        several => format!(" {preposition} namespaces {}", words::and(&words::cut(several.to_vec(), KINDS))),
    }
}

/// The namespaces in which this kind was read after all.
fn read_apart<'c>(coverage: &'c [CoverageEntry], hole: &CoverageEntry) -> Vec<&'c str> {
    let is_meant = |entry: &&CoverageEntry| entry.scope != "*" && !is_hole(entry) && entry.resource == hole.resource;
    coverage.iter().filter(is_meant).map(|entry| entry.scope.as_str()).collect()
}

/// kubectl writes the reason of a 403 with a capital.
fn in_kubectls_words(state: &str) -> &str {
    if state == "forbidden" { "Forbidden" } else { state }
}
