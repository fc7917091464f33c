//! `verify` in words: whether packets do what the policies say, what did not, and how much of it was tried.

use std::io;

use super::super::escape;
use super::super::page::Label;
use super::{Text, grid, words};
use crate::report::dns_verify::Verified;
use crate::report::verify::{Disagreement, Planned, Source, Untold, Verify};
use crate::report::view::grid::Cell;
use crate::report::{ObjectRef, Report, Verdict};

/// Rows on a terminal.
const MOST: usize = 30;

/// Writes the answer.
pub(super) fn write(report: &Report<Verify>, text: &mut Text<'_>) -> io::Result<()> {
    let answer = &report.result;
    text.partial(&report.coverage)?;
    match (answer.state, &answer.planned) {
        (Some(state), _) => {
            headline(answer, state, text)?;
            let rows = answer.disagreements.iter().map(disagreement).collect();
            table(&["FROM", "TO", "PORT", "POLICIES SAY", "CAME OUT"], rows, "disagreements", text)?;
        }
        (None, planned) => {
            plan(answer, text)?;
            let rows = planned.iter().flatten().map(|probe| tried(probe, true)).collect();
            table(&["FROM", "TO", "PORT", "STANDS FOR", "POLICIES SAY"], rows, "probes", text)?;
        }
    }
    sources(&answer.sources, text)?;
    untold("Showed nothing:", &answer.undecided, text)?;
    untold("Not tried:", &answer.untried, text)
}

/// `Yes: packets do what the policies say: 118 of 124 probes agree, 6 show nothing.`
fn headline(answer: &Verify, state: Verified, text: &mut Text<'_>) -> io::Result<()> {
    let Verify { probes, agreeing, differing, .. } = answer;
    let open = probes.saturating_sub(agreeing + differing);
    let rest = if open == 0 { String::new() } else { format!(", {open} {}", if open == 1 { "shows nothing" } else { "show nothing" }) };
    let (label, lead, said) = match state {
        Verified::Agrees => {
            (Label::Allow, "Yes:", format!(" packets do what the policies say: {agreeing} of {probes} probes agree{rest}."))
        }
        Verified::Differs => (
            Label::Deny,
            "No:",
            format!(" packets do not always do what the policies say: {differing} of {probes} probes differ, {agreeing} agree{rest}."),
        ),
        Verified::Unknown => {
            (Label::Unknown, "Unknown:", format!(" whether packets do what the policies say: none of {probes} probes shows it."))
        }
    };
    text.page.labelled(Some(label), lead, &said, 0)
}

fn plan(answer: &Verify, text: &mut Text<'_>) -> io::Result<()> {
    let probes = words::count(answer.probes, "probe", "probes");
    let sources = words::count(answer.sources.len(), "pod", "pods");
    let kinds = words::count(answer.kinds, "kind", "kinds");
    let intervals = words::count(answer.intervals, "interval", "intervals");
    text.page.paragraph(
        &format!("{probes} from {sources} would be made. Policies tell {kinds} of pods apart, with {intervals} of ports between them."),
        0,
    )
}

fn table(headers: &[&'static str], rows: Vec<Vec<Cell<'_>>>, what: &str, text: &mut Text<'_>) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    text.page.blank()?;
    let shown = text.at_most(MOST).min(rows.len());
    let left = rows.len() - shown;
    grid::write(&mut text.page, headers, rows.get(..shown).unwrap_or_default())?;
    if left == 0 { Ok(()) } else { text.page.paragraph(&format!("… and {left} more {what}: -o wide"), 0) }
}

fn pod(pod: &ObjectRef) -> Cell<'static> {
    words::full_name(&pod.namespace, &pod.name).into()
}

fn tried(probe: &Planned, with_ports: bool) -> Vec<Cell<'static>> {
    let Planned { from, to, protocol, port, ports, predicted } = probe;
    let mut row = vec![pod(from), pod(to), format!("{protocol} {port}").into()];
    if with_ports {
        row.push(if ports == "*" { "all".into() } else { escape(ports).into_owned().into() });
    }
    row.push(Cell::labelled(predicted.to_string(), *predicted));
    row
}

fn disagreement(disagreement: &Disagreement) -> Vec<Cell<'static>> {
    let mut row = tried(&disagreement.tried, false);
    let other = if disagreement.tried.predicted == Verdict::Allow { Label::Deny } else { Label::Allow };
    row.push(Cell::labelled(escape(&disagreement.said).into_owned(), other));
    row
}

/// Those from which nothing came, and with `-o wide` all of them.
fn sources(sources: &[Source], text: &mut Text<'_>) -> io::Result<()> {
    let failed = sources.iter().filter_map(|source| Some((source, source.failed.as_deref()?)));
    let failed: Vec<String> = failed.map(|(source, why)| format!("- {}: {why}", name(source))).collect();
    if !failed.is_empty() {
        text.page.blank()?;
        text.page.labelled(Some(Label::Heading), "Nothing could be tried from:", "", 0)?;
        let shown = text.at_most(MOST).min(failed.len());
        failed.iter().take(shown).try_for_each(|line| text.page.paragraph(line, 2))?;
        if shown < failed.len() {
            text.page.paragraph(&format!("… and {} more: -o wide", failed.len() - shown), 0)?;
        }
    }
    let ways = || sources.iter().filter_map(|source| Some((source, source.way.as_deref()?)));
    if !text.wide || ways().next().is_none() {
        return Ok(());
    }
    text.page.blank()?;
    let row = |(source, way): (&Source, &str)| -> Vec<Cell<'static>> {
        vec![pod(&source.pod), escape(way).into_owned().into(), source.probes.to_string().into()]
    };
    grid::write(&mut text.page, &["SOURCE", "WAY", "PROBES"], &ways().map(row).collect::<Vec<_>>())
}

fn name(source: &Source) -> String {
    format!("{}/{}", source.pod.namespace, source.pod.name)
}

fn untold(heading: &'static str, untold: &[Untold], text: &mut Text<'_>) -> io::Result<()> {
    if untold.is_empty() {
        return Ok(());
    }
    text.page.blank()?;
    text.page.labelled(Some(Label::Heading), heading, "", 0)?;
    for Untold { what, count, reason } in untold {
        let one = match *what {
            "probes" => "probe",
            "intervals" => "interval",
            "kinds of pods" => "kind of pods",
            other => other,
        };
        text.page.paragraph(&format!("- {}: {reason}", words::count(*count, one, what)), 2)?;
    }
    Ok(())
}
