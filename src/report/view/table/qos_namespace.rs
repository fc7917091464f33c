//! `qos namespace/NAME` in words.

use std::io;

use super::super::escape;
use super::super::page::Label;
use super::{Text, grid, words};
use crate::report::Report;
use crate::report::qos_namespace::{Influence, QosNamespace};
use crate::report::view::grid::Cell;

/// Writes the answer.
pub(super) fn write(report: &Report<QosNamespace>, text: &mut Text<'_>) -> io::Result<()> {
    let answer = &report.result;
    text.partial(&report.coverage)?;
    let total: usize = answer.counts.values().sum();
    let each: Vec<String> = answer.counts.iter().map(|(class, n)| format!("{n} {class}")).collect();
    let counts = if each.is_empty() { String::new() } else { format!(": {}", each.join(", ")) };
    let known = if answer.unread.iter().any(|kind| kind == "pods") { " that could be read" } else { "" };
    let lead = format!("Namespace {}", answer.namespace);
    text.page.labelled(Some(Label::Heading), &lead, &format!(" has {}{known}{counts}.", words::count(total, "pod", "pods")), 2)?;
    match answer.bare {
        Some(class) => text.page.paragraph(&format!("A new pod that states nothing is {class:?}."), 2)?,
        None => text.page.labelled(Some(Label::Unknown), "Unknown:", " the class of a new pod that states nothing.", 2)?,
    }
    for (kind, list) in [("LimitRange", &answer.limit_ranges), ("ResourceQuota", &answer.quotas)] {
        list.iter().try_for_each(|influence| one(text, kind, influence))?;
    }
    Ok(())
}

fn one(text: &mut Text<'_>, kind: &str, influence: &Influence) -> io::Result<()> {
    text.page.blank()?;
    text.page.labelled(Some(Label::Heading), &format!("{kind} {}:", influence.name), "", 2)?;
    if influence.effects.is_empty() {
        text.page.paragraph("- nothing for cpu and memory", 2)?;
    }
    for effect in &influence.effects {
        text.page.paragraph(&format!("- {effect}"), 2)?;
    }
    if influence.amounts.is_empty() {
        return Ok(());
    }
    let rows: Vec<Vec<Cell<'_>>> = influence
        .amounts
        .iter()
        .map(|amount| {
            let used = amount.used.as_deref().unwrap_or("unknown");
            vec![escape(&amount.resource).into_owned().into(), escape(used).into_owned().into(), escape(&amount.hard).into_owned().into()]
        })
        .collect();
    grid::write(&mut text.page, &["RESOURCE", "USED", "HARD"], &rows)
}
