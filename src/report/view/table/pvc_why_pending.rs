//! `pvc-why-pending` in words: one row a claim that is not well, then each of them with what shows it and what to do.

use std::collections::{BTreeMap, HashMap};
use std::io;

use super::super::escape;
use super::super::page::Label;
use super::{Text, causes, grid, words};
use crate::report::changes::{Fate, of_claims};
use crate::report::storage::{Candidate, Cause, ClaimAnswer, ClaimState, NodeVerdict, PvcWhyPending};
use crate::report::view::grid::Cell;
use crate::report::{Finding, Report, Severity};

/// Claims whose details are shown where not all are.
const DETAILS: usize = 10;
/// Rows that are shown where not all are.
const ROWS: usize = 60;

/// Findings by the claim they are about.
type Shown<'r> = HashMap<(&'r str, &'r str, &'r str), Vec<&'r Finding>>;

/// Writes the answer.
pub(super) fn write(report: &Report<PvcWhyPending>, text: &mut Text<'_>) -> io::Result<()> {
    let answer = &report.result;
    text.partial(&report.coverage)?;
    let findings = shown(report);
    let troubled = troubled(answer);
    if let ([only], 1) = (troubled.as_slice(), answer.claims.len()) {
        return details(text, only, &findings);
    }
    text.page.paragraph(&words::capitalised(&summary(answer, &troubled)), 0)?;
    if troubled.is_empty() {
        return Ok(());
    }
    text.page.blank()?;
    rows(text, &troubled)?;
    let detailed: Vec<&&ClaimAnswer> = troubled.iter().filter(|claim| answer.named || claim.state != ClaimState::Waiting).collect();
    let shown = text.at_most(DETAILS);
    for claim in detailed.iter().take(shown) {
        text.page.blank()?;
        details(text, claim, &findings)?;
    }
    if detailed.len() > shown {
        text.page.blank()?;
        text.page.paragraph(&format!("{} more in detail: -o wide, or name them.", detailed.len() - shown), 0)?;
    }
    Ok(())
}

/// Writes what is otherwise than in the last answer, each claim whole; nothing if nothing is.
pub(super) fn write_changes(before: &Report<PvcWhyPending>, now: &Report<PvcWhyPending>, text: &mut Text<'_>) -> io::Result<()> {
    let changes = of_claims(before, now);
    let coverage = text.coverage_changed(&before.coverage, &now.coverage);
    if changes.is_empty() && !coverage {
        return Ok(());
    }
    let troubled = troubled(&now.result);
    let alone = matches!((changes.as_slice(), now.result.claims.as_slice()), ([change], [_]) if change.fate != Fate::Gone);
    text.at(&now.metadata, &if alone { String::new() } else { summary(&now.result, &troubled) })?;
    if coverage {
        text.coverage(&now.coverage)?;
    }
    let findings = shown(now);
    let most = text.at_most(DETAILS);
    for (at, change) in changes.iter().take(most).enumerate() {
        if at > 0 {
            text.page.blank()?;
        }
        change.entries.iter().try_for_each(|claim| match change.fate {
            Fate::New | Fate::Changed => details(text, claim, &findings),
            Fate::Gone => {
                let fate = if claim.phase == "Missing" { "is not expected any more" } else { "is gone" };
                text.page.paragraph(&format!("Claim {} {fate}.", words::full_name(&claim.namespace, &claim.name)), 2)
            }
        })?;
    }
    if changes.len() > most {
        text.page.blank()?;
        text.page.paragraph(&format!("{} more have changed: -o wide, or name them.", changes.len() - most), 0)?;
    }
    Ok(())
}

/// Findings by the claim they are about.
fn shown(report: &Report<PvcWhyPending>) -> Shown<'_> {
    let mut findings: Shown<'_> = HashMap::new();
    for finding in &report.findings {
        let subject = &finding.subject;
        findings.entry((&subject.namespace, &subject.name, finding.code)).or_default().push(finding);
    }
    findings
}

/// Claims that are not well, and those that were asked for by their names: first what somebody has to mend, then what cannot be told,
/// then what only waits.
fn troubled(answer: &PvcWhyPending) -> Vec<&ClaimAnswer> {
    let mut troubled: Vec<&ClaimAnswer> = answer.claims.iter().filter(|claim| answer.named || claim.state != ClaimState::Ok).collect();
    troubled.sort_by_key(|claim| rank(claim.state));
    troubled
}

/// `2 claims with a problem, 1 claim waiting; 3 others are well.`
fn summary(answer: &PvcWhyPending, troubled: &[&ClaimAnswer]) -> String {
    if troubled.iter().all(|claim| claim.state == ClaimState::Ok) {
        return match answer.claims.len() {
            0 => "there is no claim among what could be read.".to_owned(),
            1 => "the one claim is well.".to_owned(),
            all => format!("all {all} claims are well."),
        };
    }
    let well = answer.claims.len() - troubled.len();
    let well = if well == 0 { String::new() } else { format!("; {} well", words::count(well, "other is", "others are")) };
    let problems = troubled.iter().filter(|claim| claim.state == ClaimState::Problem).count();
    let waiting = troubled.iter().filter(|claim| claim.state == ClaimState::Waiting).count();
    let unknown = troubled.iter().filter(|claim| claim.state == ClaimState::Unknown).count();
    let counts = [(problems, "with a problem"), (waiting, "waiting"), (unknown, "not to be told")];
    let counts: Vec<String> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", words::count(*n, "claim", "claims"))).collect();
    format!("{}{well}.", counts.join(", "))
}

fn rank(state: ClaimState) -> u8 {
    match state {
        ClaimState::Problem => 0,
        ClaimState::Unknown => 1,
        ClaimState::Waiting => 2,
        ClaimState::Ok => 3,
    }
}

fn label(state: ClaimState) -> Label {
    match state {
        ClaimState::Ok => Label::Allow,
        ClaimState::Waiting => Label::Heading,
        ClaimState::Problem => Label::Deny,
        ClaimState::Unknown => Label::Unknown,
    }
}

fn rows(text: &mut Text<'_>, claims: &[&ClaimAnswer]) -> io::Result<()> {
    let first = claims.first().map(|claim| &claim.namespace);
    let namespaces = text.page.style.all_namespaces || claims.iter().any(|claim| Some(&claim.namespace) != first);
    let mut headers = vec!["CLAIM", "PHASE"];
    if namespaces {
        headers.insert(0, "NAMESPACE");
    }
    if text.wide {
        headers.extend(["REQUEST", "CLASS", "VOLUME"]);
    }
    headers.extend(["CAUSE", "WHY"]);
    let most = text.at_most(ROWS);
    let row = |claim: &&ClaimAnswer| {
        let mut cells: Vec<Cell<'_>> = Vec::new();
        if namespaces {
            cells.push(escape(&claim.namespace).into_owned().into());
        }
        cells.push(escape(&claim.name).into_owned().into());
        cells.push(escape(&claim.phase).into_owned().into());
        if text.wide {
            let or_none = |text: &str| if text.is_empty() { "<none>".to_owned() } else { escape(text).into_owned() };
            cells.extend([&claim.request, &claim.class, &claim.volume].map(|text| Cell::from(or_none(text))));
        }
        let code = claim.cause.as_ref().map_or("-", |cause| cause.code);
        cells.push(Cell::labelled(code, label(claim.state)));
        cells.push(headline(claim).into());
        cells
    };
    let table: Vec<Vec<Cell<'_>>> = claims.iter().take(most).map(row).collect();
    grid::write(&mut text.page, &headers, &table)?;
    if claims.len() > most {
        text.page.paragraph(&format!("… and {} more claims: -o wide lists them all", claims.len() - most), 0)?;
    }
    Ok(())
}

/// The cause in a few words.
fn headline(claim: &ClaimAnswer) -> String {
    match (&claim.cause, &claim.would_bind) {
        (Some(cause), _) => causes::said(cause),
        (None, Some(volume)) => format!("volume \"{}\" fits: the controller or the scheduler will bind it", escape(volume)),
        (None, None) if claim.state == ClaimState::Unknown => "the cause cannot be told from what may be read".to_owned(),
        (None, None) if claim.phase == "Bound" => "nothing is wrong".to_owned(),
        (None, None) if claim.phase == "Terminating" => "it is being deleted".to_owned(),
        (None, None) => "nothing that was read is wrong".to_owned(),
    }
}

fn details(text: &mut Text<'_>, claim: &ClaimAnswer, findings: &Shown<'_>) -> io::Result<()> {
    let mut about = vec![claim.phase.clone()];
    if !claim.request.is_empty() {
        about.push(claim.request.clone());
    }
    about.push(match (claim.class.as_str(), claim.class_from) {
        ("", _) => "no class".to_owned(),
        (class, "default") => format!("default class \"{class}\""),
        (class, "annotation") => format!("class \"{class}\" (by annotation)"),
        (class, _) => format!("class \"{class}\""),
    });
    if !claim.volume.is_empty() {
        about.push(format!("volume \"{}\"", claim.volume));
    }
    let name = format!("Claim {}", words::full_name(&claim.namespace, &claim.name));
    let code = claim.cause.as_ref().map_or_else(String::new, |cause| format!(" ({})", cause.code));
    let why = headline(claim);
    let why = why.trim_end_matches('.');
    text.page.labelled(Some(label(claim.state)), &name, &format!(" ({}): {why}{code}.", escape(&about.join(", "))), 2)?;
    let mut unsaid: Vec<&Finding> = Vec::new();
    if let Some(cause) = &claim.cause {
        unsaid.extend(of(findings, claim, cause));
    }
    for cause in &claim.also_would_fail {
        unsaid.extend(of(findings, claim, cause));
    }
    if let Some(first) = unsaid.first().filter(|_| claim.cause.is_some()) {
        causes::evidence(text, first)?;
        causes::remedies(text, first)?;
    }
    for cause in &claim.also_would_fail {
        let lead = if cause.severity == Severity::Info { "Note:" } else { "Then also:" };
        text.page.labelled(Some(Label::Heading), lead, &format!(" {} ({}).", causes::said(cause).trim_end_matches('.'), cause.code), 2)?;
    }
    if claim.cause.is_some()
        && let Some(volume) = &claim.would_bind
    {
        text.page.paragraph(&format!("Volume \"{}\" would be bound.", escape(volume)), 2)?;
    }
    if !claim.unread.is_empty() {
        let kinds: Vec<String> = claim.unread.iter().map(|kind| escape(kind).into_owned()).collect();
        text.page.labelled(Some(Label::Unknown), "Not read:", &format!(" {}.", words::and(&kinds)), 2)?;
    }
    volumes(text, claim)?;
    nodes(text, &claim.nodes)
}

/// The finding behind a cause.
fn of<'r>(findings: &Shown<'r>, claim: &ClaimAnswer, cause: &Cause) -> Option<&'r Finding> {
    let all = findings.get(&(claim.namespace.as_str(), claim.name.as_str(), cause.code))?;
    all.iter().find(|finding| finding.message == cause.message).copied()
}

/// Headers of the predicates, in their order.
const COLUMNS: [&str; 10] = ["SIZE", "MODES", "CLASS", "VOLUMEMODE", "SELECTOR", "ATTRIBUTES", "PHASE", "CLAIM", "DELETED", "NODES"];

/// Volumes and predicates; where there is little room, only those that some volume fails.
fn volumes(text: &mut Text<'_>, claim: &ClaimAnswer) -> io::Result<()> {
    let Some(closest) = claim.candidates.first() else { return Ok(()) };
    text.page.blank()?;
    let wide = text.wide;
    let fails = |at: usize| claim.candidates.iter().any(|c| c.predicates.all().get(at).is_some_and(|(_, comparison)| !comparison.holds));
    let shown: Vec<usize> = (0..COLUMNS.len()).filter(|at| wide || fails(*at)).collect();
    let row = |candidate: &Candidate| {
        let mut cells: Vec<Cell<'_>> = vec![escape(&candidate.volume).into_owned().into()];
        let predicates = candidate.predicates.all();
        for (name, comparison) in shown.iter().filter_map(|at| predicates.get(*at)) {
            let first = candidate.first_failing == Some(*name);
            let value = escape(&comparison.volume).into_owned();
            cells.push(match (comparison.holds, first) {
                (true, _) if wide => value.into(),
                (true, _) => "ok".into(),
                (false, true) => Cell::labelled(format!("NO: {value}"), Label::Deny),
                (false, false) => format!("no: {value}").into(),
            });
        }
        cells
    };
    let headers: Vec<&'static str> = std::iter::once("VOLUME").chain(shown.iter().filter_map(|at| COLUMNS.get(*at).copied())).collect();
    let rows: Vec<Vec<Cell<'_>>> = claim.candidates.iter().map(row).collect();
    grid::write(&mut text.page, &headers, &rows)?;
    if claim.candidates_left_out > 0 {
        let left = words::count(claim.candidates_left_out, "volume", "volumes");
        text.page.paragraph(&format!("… and {left} that are further away."), 0)?;
    }
    let failing: Vec<&str> = closest.predicates.all().into_iter().filter(|(_, c)| !c.holds).map(|(name, _)| name).collect();
    let said = if failing.is_empty() { "it fits".to_owned() } else { format!("it fails {}", failing.join(", ")) };
    text.page.paragraph(&format!("Closest: {}; {said}.", escape(&closest.volume)), 0)?;
    let passed: Vec<&str> =
        closest.predicates.all().iter().enumerate().filter(|(at, _)| !shown.contains(at)).map(|(_, (name, _))| *name).collect();
    if passed.is_empty() { Ok(()) } else { text.page.paragraph(&format!("All of them pass {}.", passed.join(", ")), 0) }
}

/// `6 nodes: …; 3 nodes: …`, most nodes first.
fn nodes(text: &mut Text<'_>, nodes: &[NodeVerdict]) -> io::Result<()> {
    if nodes.is_empty() {
        return Ok(());
    }
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for node in nodes {
        groups.entry(node.reason.as_deref().unwrap_or("ok")).or_default().push(&node.node);
    }
    let mut groups: Vec<(&str, Vec<&str>)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, nodes)| std::cmp::Reverse(nodes.len()));
    text.page.blank()?;
    let most = text.at_most(4);
    let rows: Vec<Vec<Cell<'_>>> = groups
        .into_iter()
        .map(|(reason, nodes)| {
            let names = words::cut(nodes.iter().map(|name| escape(name).into_owned()).collect(), most).join(", ");
            vec![words::count(nodes.len(), "node", "nodes").into(), escape(reason).into_owned().into(), names.into()]
        })
        .collect();
    grid::write(&mut text.page, &["NODES", "REASON", "WHICH"], &rows)
}
