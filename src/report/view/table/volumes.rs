//! `volumes` in words: the pod, what keeps it, and its volumes with where their data lives.

use std::io;

use super::super::escape;
use super::super::page::Label;
use super::{Text, causes, grid, words};
use crate::report::storage::Cause;
use crate::report::view::grid::Cell;
use crate::report::volumes::{PodAnswer, VolumeAnswer, VolumeState, Volumes};
use crate::report::{Finding, Report, Severity};

/// Pods whose details are shown where not all are.
const DETAILS: usize = 10;
/// Rows that are shown where not all are.
const ROWS: usize = 60;

/// Writes the answer.
pub(super) fn write(report: &Report<Volumes>, text: &mut Text<'_>) -> io::Result<()> {
    let answer = &report.result;
    text.partial(&report.coverage)?;
    if let [only] = answer.pods.as_slice() {
        return details(text, only, &report.findings);
    }
    let mut troubled: Vec<&PodAnswer> = answer.pods.iter().filter(|pod| pod.state != VolumeState::Ok).collect();
    troubled.sort_by_key(|pod| rank(pod.state));
    let well = answer.pods.len() - troubled.len();
    if troubled.is_empty() {
        let said = match well {
            0 => "There is no pod among what could be read.".to_owned(),
            _ => format!("All {well} pods have their volumes."),
        };
        text.page.paragraph(&said, 0)?;
    } else {
        let of = |state: VolumeState| troubled.iter().filter(|pod| pod.state == state).count();
        let counts = [
            (of(VolumeState::Problem), "kept by volumes"),
            (of(VolumeState::Waiting), "waiting"),
            (of(VolumeState::Unknown), "not to be told"),
        ];
        let counts: Vec<String> =
            counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", words::count(*n, "pod", "pods"))).collect();
        let well = if well == 0 { String::new() } else { format!("; {} well", words::count(well, "other is", "others are")) };
        text.page.paragraph(&format!("{}{well}.", counts.join(", ")), 0)?;
    }
    let listed: Vec<&PodAnswer> = if answer.named { answer.pods.iter().collect() } else { troubled.clone() };
    if listed.is_empty() {
        return Ok(());
    }
    text.page.blank()?;
    rows(text, &listed)?;
    let detailed: Vec<&&PodAnswer> = troubled.iter().filter(|pod| pod.cause.is_some()).collect();
    let shown = text.at_most(DETAILS);
    for pod in detailed.iter().take(shown) {
        text.page.blank()?;
        details(text, pod, &report.findings)?;
    }
    if detailed.len() > shown {
        text.page.blank()?;
        text.page.paragraph(&format!("{} more in detail: -o wide, or name them.", detailed.len() - shown), 0)?;
    }
    // Pods of one workload have the same volumes: one of them shows what these are.
    if let (true, [], Some(first)) = (answer.named, detailed.as_slice(), answer.pods.first()) {
        text.page.blank()?;
        text.page.paragraph(&format!("Volumes of pod {}:", words::full_name(&first.namespace, &first.name)), 0)?;
        table(text, first)?;
    }
    Ok(())
}

fn rank(state: VolumeState) -> u8 {
    match state {
        VolumeState::Problem => 0,
        VolumeState::Unknown => 1,
        VolumeState::Waiting => 2,
        VolumeState::Ok => 3,
    }
}

fn label(state: VolumeState) -> Label {
    match state {
        VolumeState::Ok => Label::Allow,
        VolumeState::Waiting => Label::Heading,
        VolumeState::Problem => Label::Deny,
        VolumeState::Unknown => Label::Unknown,
    }
}

fn rows(text: &mut Text<'_>, pods: &[&PodAnswer]) -> io::Result<()> {
    let first = pods.first().map(|pod| &pod.namespace);
    let namespaces = text.page.style.all_namespaces || pods.iter().any(|pod| Some(&pod.namespace) != first);
    let mut headers = vec!["POD", "PHASE"];
    if namespaces {
        headers.insert(0, "NAMESPACE");
    }
    if text.wide {
        headers.push("NODE");
    }
    headers.extend(["CAUSE", "WHY"]);
    let most = text.at_most(ROWS);
    let row = |pod: &&PodAnswer| {
        let mut cells: Vec<Cell<'_>> = Vec::new();
        if namespaces {
            cells.push(escape(&pod.namespace).into_owned().into());
        }
        cells.push(escape(&pod.name).into_owned().into());
        cells.push(pod.phase.into());
        if text.wide {
            cells.push(escape(pod.node.as_deref().unwrap_or("<none>")).into_owned().into());
        }
        let code = pod.cause.as_ref().map_or("-", |cause| cause.code);
        cells.push(Cell::labelled(code, label(pod.state)));
        cells.push(headline(pod).into());
        cells
    };
    let table: Vec<Vec<Cell<'_>>> = pods.iter().take(most).map(row).collect();
    grid::write(&mut text.page, &headers, &table)?;
    if pods.len() > most {
        text.page.paragraph(&format!("… and {} more pods: -o wide lists them all", pods.len() - most), 0)?;
    }
    Ok(())
}

/// What keeps the pod, in a few words.
fn headline(pod: &PodAnswer) -> String {
    if let Some(cause) = &pod.cause {
        return format!("{}{}", whose(pod, cause), causes::said(cause));
    }
    let unread: Vec<String> = pod.volumes.iter().flat_map(|volume| &volume.unread).map(|kind| escape(kind).into_owned()).collect();
    match (pod.state, pod.phase) {
        (VolumeState::Unknown, _) if unread.is_empty() => "not to be told from what may be read".to_owned(),
        (VolumeState::Unknown, _) => format!("not to be told without {}", words::and(&unique(unread))),
        (_, "Unscheduled") => match pod.volumes.iter().filter_map(|volume| volume.cause.as_ref()).next() {
            Some(cause) => causes::said(cause),
            None => "it has no node yet, and its volumes do not keep it".to_owned(),
        },
        (VolumeState::Waiting, _) => match pod.volumes.iter().filter_map(|volume| volume.cause.as_ref()).next() {
            Some(cause) => causes::said(cause),
            None => "its node is at it, and nothing is wrong that shows".to_owned(),
        },
        (_, "Template") => "nothing that was read keeps its volumes".to_owned(),
        (_, "Finished") => "it has ended".to_owned(),
        _ => "all volumes are there".to_owned(),
    }
}

/// Causes of a claim speak of the claim, and the line is about the pod.
fn whose(pod: &PodAnswer, cause: &Cause) -> String {
    let of_pod = cause.code.starts_with("ST-K") || cause.code == "ST-Q06";
    let claim = pod.volumes.iter().filter(|_| !of_pod).find(|volume| volume.cause.as_ref() == Some(cause));
    claim.map_or_else(String::new, |volume| format!("{}: ", escape(&volume.source)))
}

fn unique(mut items: Vec<String>) -> Vec<String> {
    items.sort();
    items.dedup();
    items
}

fn details(text: &mut Text<'_>, pod: &PodAnswer, findings: &[Finding]) -> io::Result<()> {
    let node = match (&pod.node, pod.phase) {
        (Some(node), "Running") => format!("on node {node}"),
        (Some(node), phase) => format!("{} on node {node}", phase.to_lowercase()),
        (None, "Template") => "not applied".to_owned(),
        (None, _) => "no node".to_owned(),
    };
    let what = if pod.phase == "Template" { "Pods of" } else { "Pod" };
    let name = format!("{what} {}", words::full_name(&pod.namespace, &pod.name));
    let code = pod.cause.as_ref().map_or_else(String::new, |cause| format!(" ({})", cause.code));
    let why = headline(pod);
    text.page.labelled(Some(label(pod.state)), &name, &format!(" ({}): {}{code}.", escape(&node), why.trim_end_matches('.')), 2)?;
    if let Some(finding) = pod.cause.as_ref().and_then(|cause| of(findings, pod, cause)) {
        causes::evidence(text, finding)?;
        causes::remedies(text, finding)?;
    }
    let mut said: Vec<&Cause> = pod.cause.iter().collect();
    let own =
        pod.volumes.iter().flat_map(|volume| volume.cause.iter().chain(&volume.also_would_fail).map(move |cause| (Some(volume), cause)));
    for (volume, cause) in own.chain(pod.notes.iter().map(|cause| (None, cause))) {
        if said.contains(&cause) {
            continue;
        }
        said.push(cause);
        let lead = if cause.severity == Severity::Info || pod.state == VolumeState::Ok { "Note:" } else { "Then also:" };
        let of = volume.map_or_else(String::new, |volume| format!("{}: ", escape(&volume.name)));
        text.page.labelled(
            Some(Label::Heading),
            lead,
            &format!(" {of}{} ({}).", causes::said(cause).trim_end_matches('.'), cause.code),
            2,
        )?;
    }
    if let Some(scheduler) = &pod.scheduler {
        text.page.labelled(Some(Label::Heading), "The scheduler says:", &format!(" {}", escape(scheduler)), 2)?;
    }
    if pod.volumes.is_empty() {
        return text.page.paragraph("It has no volumes.", 0);
    }
    text.page.blank()?;
    table(text, pod)
}

/// The finding behind a cause: about the pod, or about a claim of it.
fn of<'r>(findings: &'r [Finding], pod: &PodAnswer, cause: &Cause) -> Option<&'r Finding> {
    let same =
        |finding: &&Finding| finding.code == cause.code && finding.message == cause.message && finding.subject.namespace == pod.namespace;
    let own = |finding: &&Finding| finding.subject.name == pod.name;
    findings.iter().filter(same).find(own).or_else(|| findings.iter().find(same))
}

/// One row a volume, and below it what becomes of the data that is there; with room, in columns of their own. What Kubernetes puts into
/// every pod is left out where nothing is wrong with it.
fn table(text: &mut Text<'_>, pod: &PodAnswer) -> io::Result<()> {
    let fine = |volume: &VolumeAnswer| matches!(volume.state, VolumeState::Ok | VolumeState::Waiting) && volume.cause.is_none();
    let own = |volume: &&VolumeAnswer| text.wide || !fine(volume) || !volume.name.starts_with("kube-api-access-");
    let shown: Vec<&VolumeAnswer> = pod.volumes.iter().filter(own).collect();
    if shown.is_empty() {
        return text.page.paragraph("Its only volume is the token of its ServiceAccount.", 0);
    }
    let mut headers = vec!["VOLUME", "STATE", "WHAT", "WHERE"];
    if text.wide {
        headers.extend(["POD GONE", "CLAIM GONE", "KIND", "PV"]);
    }
    let (wide, short) = (text.wide, text.is_short());
    let rows = |volume: &&VolumeAnswer| -> Vec<Vec<Cell<'_>>> {
        let state = match (volume.state, &volume.cause) {
            (VolumeState::Ok, _) => "ok",
            (_, Some(cause)) => cause.code,
            (VolumeState::Waiting, None) => "waiting",
            (VolumeState::Problem, None) => "problem",
            (VolumeState::Unknown, None) => "unknown",
        };
        let after_claim = volume.after_claim.as_deref().map(escape);
        let mut cells: Vec<Cell<'_>> = vec![
            escape(&volume.name).into_owned().into(),
            Cell::labelled(state, label(volume.state)),
            escape(&volume.source).into_owned().into(),
            escape(&volume.place).into_owned().into(),
        ];
        if wide {
            let behind = if volume.volume.is_empty() { "-".to_owned() } else { escape(&volume.volume).into_owned() };
            let after_claim = after_claim.map_or_else(|| "-".to_owned(), |after| after.into_owned());
            cells.extend([escape(&volume.after_pod).into_owned(), after_claim, escape(volume.kind).into_owned(), behind].map(Cell::from));
            return vec![cells];
        }
        if short && volume.state != VolumeState::Ok {
            return vec![cells];
        }
        let pod_gone = format!("  pod gone: {}", escape(&volume.after_pod));
        let claim_gone = after_claim.map(|after| format!("  claim gone: {after}"));
        let below = std::iter::once(pod_gone).chain(claim_gone).map(|line| vec![Cell::from(line)]);
        std::iter::once(cells).chain(below).collect()
    };
    let rows: Vec<Vec<Cell<'_>>> = shown.iter().flat_map(rows).collect();
    grid::write(&mut text.page, &headers, &rows)
}
