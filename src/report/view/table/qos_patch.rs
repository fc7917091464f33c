//! `qos --want` in words: for each template, what has to change, the command, what it costs and what speaks against it.

use std::io;

use super::super::page::Label;
use super::{Text, grid, words};
use crate::report::ObjectRef;
use crate::report::qos::PodQos;
use crate::report::qos_patch::{NumberEdit, Patch, PatchManner, PatchWay};
use crate::report::view::grid::Cell;

/// Writes the changes, each object once.
pub(super) fn write(text: &mut Text<'_>, pods: &[PodQos]) -> io::Result<()> {
    let mut patches: Vec<&Patch> = pods.iter().filter_map(|pod| pod.patch.as_ref()).collect();
    patches.sort_by(|a, b| key(&a.target).cmp(&key(&b.target)));
    patches.dedup_by(|a, b| a.target == b.target);
    let Some(first) = patches.first() else { return Ok(()) };
    let (there, open): (Vec<&Patch>, Vec<&Patch>) = patches.iter().partition(|patch| patch.already);
    if patches.len() > 1 {
        let said = format!("{}: {} already, {} to change.", name(first), there.len(), open.len());
        text.page.paragraph(&said, 0)?;
    } else if let [only] = there.as_slice() {
        return text.page.paragraph(&format!("Nothing to change: {} already.", becomes(only)), 0);
    }
    for (at, patch) in open.into_iter().enumerate() {
        if at > 0 || patches.len() > 1 {
            text.page.blank()?;
        }
        one(text, patch)?;
    }
    Ok(())
}

fn key(target: &ObjectRef) -> (&str, &str, &str) {
    (&target.namespace, &target.kind, &target.name)
}

fn name(patch: &Patch) -> String {
    format!("{:?}", patch.want)
}

/// `pods of Deployment shop/web are Guaranteed`.
fn becomes(patch: &Patch) -> String {
    let object = words::object(&patch.target);
    if patch.target.kind == "Pod" { format!("{object} is {}", name(patch)) } else { format!("new pods of {object} are {}", name(patch)) }
}

fn one(text: &mut Text<'_>, patch: &Patch) -> io::Result<()> {
    let object = words::object(&patch.target);
    let lead = match patch.ways.first() {
        Some(way) => format!("{object} is {} away from {}", words::count(way.edits.len(), "number", "numbers"), name(patch)),
        None => format!("{object} cannot be made {} here", name(patch)),
    };
    let note = patch.note.as_ref().map_or_else(|| ".".to_owned(), |note| format!(": {note}."));
    text.page.labelled(Some(Label::Heading), &lead, &note, 2)?;
    for (at, way) in patch.ways.iter().enumerate() {
        text.page.blank()?;
        show(text, patch, way, at)?;
    }
    if !patch.unread.is_empty() && !patch.ways.is_empty() {
        let unread = words::and(&patch.unread);
        text.page.blank()?;
        text.page.labelled(
            Some(Label::Unknown),
            "Unknown:",
            &format!(" whether {unread} would stand against it: they could not be read."),
            2,
        )?;
    }
    Ok(())
}

fn show(text: &mut Text<'_>, patch: &Patch, way: &PatchWay, at: usize) -> io::Result<()> {
    // Which of two numbers gives way is worth a word where there is a choice.
    let choice = patch.ways.iter().filter(|way| way.manner != PatchManner::PodLevel).count() > 1;
    let manner = match way.manner {
        PatchManner::RaiseRequests if choice => "change containers, requests follow limits",
        PatchManner::LowerLimits if choice => "change containers, limits follow requests",
        PatchManner::RaiseRequests | PatchManner::LowerLimits => "change containers",
        PatchManner::PodLevel => "change the pod as a whole (Kubernetes 1.34, Linux)",
    };
    let lead = if at == 0 { "Smallest: " } else { "Or: " };
    text.page.labelled(Some(Label::Heading), lead, &format!("{manner}{}.", cost(patch, way)), 2)?;
    let rows: Vec<Vec<Cell<'_>>> = way.edits.iter().map(row).collect();
    grid::write(&mut text.page, &["CONTAINER", "FIELD", "FROM", "TO"], &rows)?;
    if way.edits.iter().any(|edit| edit.guess) {
        text.page.paragraph("* a first guess: put in what the container uses.", 2)?;
    }
    for obstacle in &way.breaks {
        text.page.labelled(Some(Label::Deny), "But", &format!(" {}.", obstacle.message), 4)?;
    }
    way.command.iter().try_for_each(|command| text.page.command(command, 2))
}

fn row(edit: &NumberEdit) -> Vec<Cell<'static>> {
    // The end of the path tells the number; the container has a column of its own.
    let field = edit.field.rsplit_once("resources.").map_or(edit.field.as_str(), |(_, field)| field);
    let star = if edit.guess { "*" } else { "" };
    let shown = |text: &Option<String>| super::super::escape(text.as_deref().unwrap_or("none")).into_owned();
    let container = edit.container.as_deref().unwrap_or("(pod)");
    vec![
        super::super::escape(container).into_owned().into(),
        super::super::escape(field).into_owned().into(),
        shown(&edit.from).into(),
        format!("{}{star}", shown(&edit.to)).into(),
    ]
}

/// `; each of 3 pods requests 400m cpu more, 2 limits are new or lower`.
fn cost(patch: &Patch, way: &PatchWay) -> String {
    let each: Vec<String> = way
        .requests_added
        .iter()
        .map(|(resource, amount)| match amount.strip_prefix('-') {
            Some(less) => format!("{less} {resource} less"),
            None => format!("{amount} {resource} more"),
        })
        .collect();
    let lowered = match way.limits_lowered.len() {
        0 => String::new(),
        1 => "; a limit is new or lower".to_owned(),
        n => format!("; {n} limits are new or lower"),
    };
    if each.is_empty() {
        return lowered;
    }
    let who = if patch.pods == 1 { "its pod requests".to_owned() } else { format!("each of {} pods requests", patch.pods) };
    format!("; {who} {}{lowered}", words::and(&each))
}
