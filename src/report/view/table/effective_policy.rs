//! `effective-policy` in words: for each direction whether it is isolated, what is allowed, and rules that do nothing.

use std::io;

use super::super::page::Label;
use super::super::{escape, ranges};
use super::{Text, grid, reach, subject, words};
use crate::report::policy::{Allowance, EffectiveDirection, EffectivePolicy, PolicyTier, RuleNote};
use crate::report::view::grid::Cell;
use crate::report::{Direction, Report, Verdict};

/// Writes the answer.
pub(super) fn write(report: &Report<EffectivePolicy>, text: &mut Text<'_>) -> io::Result<()> {
    let answer = &report.result;
    text.partial(&report.coverage)?;
    let said = [state(&answer.ingress), state(&answer.egress)].join("; ");
    text.page.paragraph(&format!("{}: {said}.", subject(&answer.subject)), 0)?;
    direction(text, &answer.ingress)?;
    direction(text, &answer.egress)
}

/// `ingress isolated by 2 policies`.
fn state(direction: &EffectiveDirection) -> String {
    let name = direction.direction;
    let by = words::count(direction.policies.len(), "policy", "policies");
    match direction.isolated {
        Some(true) => format!("{name} isolated by {by}"),
        Some(false) => format!("{name} not isolated"),
        None if direction.policies.is_empty() => format!("{name} isolation unknown"),
        None => format!("{name} isolation unknown or not the same for all its pods ({by})"),
    }
}

fn direction(text: &mut Text<'_>, direction: &EffectiveDirection) -> io::Result<()> {
    let policies: Vec<String> = direction.policies.iter().map(words::policy_age).collect();
    let policies = words::cut(policies, text.at_most(6)).join(", ");
    let said = match (direction.isolated, policies.is_empty()) {
        (Some(false), _) if direction.cluster_rules.is_empty() => ": not isolated, everything is allowed".to_owned(),
        (Some(false), _) => ": not isolated; what cluster-wide policies do not decide is allowed".to_owned(),
        (None, true) => ": unknown".to_owned(),
        (_, true) => ": isolated".to_owned(),
        (_, false) => format!(": isolated by {policies}"),
    };
    text.page.blank()?;
    text.page.labelled(Some(Label::Heading), &direction.direction.to_string().to_uppercase(), &said, 2)?;
    cluster_rules(text, direction)?;
    if !direction.allowed.is_empty() {
        let peers = if direction.direction == Direction::Ingress { "FROM" } else { "TO" };
        let headers: &[&str] = if text.wide { &[peers, "PORT", "VERDICT", "BECAUSE"] } else { &[peers, "PORT", "BECAUSE"] };
        let rows: Vec<Vec<Cell<'_>>> =
            direction.allowed.iter().map(|row| cells(text, direction.direction, row, &direction.allowed)).collect();
        grid::write(&mut text.page, headers, &rows)?;
    } else if direction.isolated == Some(true) {
        text.page.paragraph("Nothing is allowed.", 0)?;
    }
    if !(direction.adds_nothing.is_empty() && direction.matches_nothing.is_empty() && direction.notes.is_empty()) {
        text.page.blank()?;
    }
    rules(text, "Adds nothing", direction.direction, &direction.adds_nothing)?;
    rules(text, "Matches nothing now", direction.direction, &direction.matches_nothing)?;
    direction.notes.iter().try_for_each(|note| text.page.paragraph(&format!("Note: {}", words::sentence(note)), 2))
}

/// The rules of cluster-wide policies in the order in which they are asked, with their tiers.
fn cluster_rules(text: &mut Text<'_>, direction: &EffectiveDirection) -> io::Result<()> {
    if direction.cluster_rules.is_empty() {
        return Ok(());
    }
    let peers = if direction.direction == Direction::Ingress { "FROM" } else { "TO" };
    let rows: Vec<Vec<Cell<'_>>> = direction
        .cluster_rules
        .iter()
        .map(|row| {
            let tier = match row.tier {
                PolicyTier::Baseline => "Baseline",
                _ => "Admin",
            };
            let whom = words::cut(row.peers.iter().map(|peer| escape(peer).into_owned()).collect(), text.at_most(3)).join("; ");
            let rule = words::rule_ref(&row.rule, direction.direction);
            vec![tier.into(), escape(&row.action).into_owned().into(), whom.into(), words::ports(&row.ports).into(), rule.into()]
        })
        .collect();
    grid::write(&mut text.page, &["TIER", "ACTION", peers, "PORT", "RULE"], &rows)?;
    text.page.blank()
}

fn cells(text: &Text<'_>, direction: Direction, row: &Allowance, rows: &[Allowance]) -> Vec<Cell<'static>> {
    // What a policy says of addresses holds wherever they are.
    let ranges = row.peer.name.is_empty() && row.peer.description.is_empty() && !row.peer.cidrs.is_empty();
    let others = || rows.iter().filter(|other| !std::ptr::eq(*other, row)).flat_map(|other| &other.peer.cidrs);
    let peer = match ranges.then(|| ranges::everyone_else(&row.peer.cidrs, others())).flatten() {
        Some(family) => format!("every other address{family}"),
        None if ranges => words::ranges(&row.peer, text.at_most(4)),
        None => words::peer(&row.peer, text.at_most(4)),
    };
    let peer = reach::doubtful(peer, row.verdict);
    let mut cells = vec![Cell::labelled(peer, row.verdict), words::ports(&row.ports).into()];
    if text.wide {
        cells.push(Cell::labelled(row.verdict.to_string(), row.verdict));
    } else if row.verdict == Verdict::Deny {
        // The report has no such rows; if one comes, it must not be taken for an allowed one.
        cells.push("denied".into());
        return cells;
    }
    cells.push(words::rules(&row.because, direction, text.at_most(2)).join(", ").into());
    cells
}

fn rules(text: &mut Text<'_>, what: &str, direction: Direction, notes: &[RuleNote]) -> io::Result<()> {
    notes.iter().try_for_each(|note| {
        let because = words::sentence(&note.note);
        let because = if because.is_empty() { ".".to_owned() } else { format!(": {because}") };
        text.page.paragraph(&format!("{what}: {}{because}", words::rule_ref(&note.rule, direction)), 2)
    })
}
