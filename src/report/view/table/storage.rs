//! `storage` in words: classes, drivers, volumes, claims by cause, and volumes that wait for somebody.

use std::io;

use super::super::escape;
use super::super::human_duration;
use super::super::page::Label;
use super::{Text, grid, words};
use crate::report::overview::{
    ClaimCounts, ClassAnswer, DriverAnswer, LeaseAnswer, ProvisionerState, ReleasedVolume, StorageOverview, VolumeCount,
};
use crate::report::view::grid::Cell;
use crate::report::{Report, Severity};

/// Rows of a table where not all are shown.
const ROWS: usize = 40;

/// Writes the answer.
pub(super) fn write(report: &Report<StorageOverview>, text: &mut Text<'_>) -> io::Result<()> {
    let answer = &report.result;
    text.partial(&report.coverage)?;
    text.page.paragraph(&headline(answer), 0)?;
    classes(text, &answer.classes)?;
    drivers(text, &answer.drivers)?;
    volumes(text, &answer.volumes)?;
    claims(text, &answer.claims)?;
    released(text, &answer.released)
}

fn headline(answer: &StorageOverview) -> String {
    let claims = &answer.claims;
    let volumes: usize = answer.volumes.iter().map(|count| count.volumes).sum();
    let defaults: Vec<&ClassAnswer> = answer.classes.iter().filter(|class| class.default).collect();
    let winner = answer.classes.iter().find(|class| class.default_wins).map(|class| escape(&class.name).into_owned());
    let default = match (defaults.len(), winner) {
        (_, None) => "no class is the default".to_owned(),
        (1, Some(name)) => format!("the default class is {name}"),
        (several, Some(name)) => format!("{several} classes are marked as the default, and {name}, the newest, counts"),
    };
    let state = match (claims.problem, claims.waiting, claims.unknown) {
        (0, 0, 0) => "all well".to_owned(),
        (problem, waiting, unknown) => {
            let parts = [(problem, "with a problem"), (waiting, "waiting"), (unknown, "not to be told")];
            parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect::<Vec<_>>().join(", ")
        }
    };
    let known =
        if answer.unread.iter().any(|kind| kind.starts_with("storageclasses")) { "classes could not be read".to_owned() } else { default };
    format!("{} ({state}), {}; {known}.", words::count(claims.total, "claim", "claims"), words::count(volumes, "volume", "volumes"))
}

fn or_none(text: &str) -> String {
    if text.is_empty() { "<none>".to_owned() } else { escape(text).into_owned() }
}

fn cut(text: &mut Text<'_>, total: usize, shown: usize) -> io::Result<()> {
    if total > shown { text.page.paragraph(&format!("… and {} more: -o wide lists them all", total - shown), 0) } else { Ok(()) }
}

fn provisioner(state: ProvisionerState) -> (&'static str, Label) {
    match state {
        ProvisionerState::Alive => ("alive", Label::Allow),
        ProvisionerState::Installed => ("installed", Label::Allow),
        ProvisionerState::ByHand => ("by hand", Label::Heading),
        ProvisionerState::Stopped => ("STOPPED", Label::Deny),
        ProvisionerState::Missing => ("MISSING", Label::Deny),
        ProvisionerState::Unknown => ("unknown", Label::Unknown),
    }
}

fn classes(text: &mut Text<'_>, classes: &[ClassAnswer]) -> io::Result<()> {
    if classes.is_empty() {
        return Ok(());
    }
    text.page.blank()?;
    let mut headers = vec!["CLASS", "DEFAULT", "PROVISIONER", "STATE", "BINDING", "RECLAIM", "GROWS", "CLAIMS", "VOLUMES"];
    if text.wide {
        headers.push("MIGRATED TO");
    }
    let most = text.at_most(ROWS);
    let row = |class: &ClassAnswer| {
        let (state, label) = provisioner(class.provisioner_state);
        let default = match (class.default, class.default_wins) {
            (_, true) => "yes",
            (true, false) => "marked",
            (false, false) => "-",
        };
        let mut cells: Vec<Cell<'_>> = vec![
            escape(&class.name).into_owned().into(),
            default.into(),
            or_none(&class.provisioner).into(),
            Cell::labelled(state, label),
            escape(&class.binding_mode).into_owned().into(),
            escape(&class.reclaim_policy).into_owned().into(),
            if class.expansion { "yes" } else { "no" }.into(),
            class.claims.to_string().into(),
            class.volumes.to_string().into(),
        ];
        if text.wide {
            cells.push(or_none(class.migrated_to.as_deref().unwrap_or_default()).into());
        }
        cells
    };
    let rows: Vec<Vec<Cell<'_>>> = classes.iter().take(most).map(row).collect();
    grid::write(&mut text.page, &headers, &rows)?;
    cut(text, classes.len(), most)
}

/// `attacher 10s ago, provisioner STOPPED 2h ago`.
fn leases(leases: &[LeaseAnswer]) -> String {
    let one = |lease: &LeaseAnswer| {
        let stopped = if lease.alive == Some(false) { "STOPPED " } else { "" };
        let age = lease.age_seconds.map_or_else(|| "held".to_owned(), |age| format!("{} ago", human_duration(age)));
        format!("{} {stopped}{age}", lease.of)
    };
    if leases.is_empty() { "none".to_owned() } else { leases.iter().map(one).collect::<Vec<_>>().join(", ") }
}

fn drivers(text: &mut Text<'_>, drivers: &[DriverAnswer]) -> io::Result<()> {
    if drivers.is_empty() {
        return Ok(());
    }
    text.page.blank()?;
    let most = text.at_most(ROWS);
    let names = text.at_most(3);
    let row = |driver: &DriverAnswer| -> Vec<Cell<'_>> {
        let all = driver.nodes.len() + driver.not_on.len();
        let nodes = match (driver.nodes.len(), driver.not_on.is_empty()) {
            (0, _) => "none".to_owned(),
            (on, true) => format!("all {on}"),
            (on, false) => {
                let off = words::cut(driver.not_on.iter().map(|name| escape(name).into_owned()).collect(), names);
                format!("{on} of {all}, not on {}", off.join(", "))
            }
        };
        let in_tree = if driver.in_tree.is_empty() { "-".to_owned() } else { escape(&driver.in_tree.join(", ")).into_owned() };
        vec![
            escape(&driver.name).into_owned().into(),
            if driver.installed { Cell::from("yes") } else { Cell::labelled("NO", Label::Deny) },
            nodes.into(),
            leases(&driver.leases).into(),
            driver.capacities.map_or_else(|| "-".to_owned(), |n| n.to_string()).into(),
            driver.volumes.to_string().into(),
            in_tree.into(),
        ]
    };
    let rows: Vec<Vec<Cell<'_>>> = drivers.iter().take(most).map(row).collect();
    grid::write(&mut text.page, &["DRIVER", "INSTALLED", "NODES", "LEASES", "CAPACITIES", "VOLUMES", "STANDS IN FOR"], &rows)?;
    cut(text, drivers.len(), most)
}

fn volumes(text: &mut Text<'_>, volumes: &[VolumeCount]) -> io::Result<()> {
    if volumes.is_empty() {
        return Ok(());
    }
    text.page.blank()?;
    let row = |count: &VolumeCount| -> Vec<Cell<'_>> {
        vec![count.volumes.to_string().into(), escape(&count.phase).into_owned().into(), escape(&count.reclaim_policy).into_owned().into()]
    };
    let rows: Vec<Vec<Cell<'_>>> = volumes.iter().map(row).collect();
    grid::write(&mut text.page, &["VOLUMES", "PHASE", "RECLAIM"], &rows)
}

fn claims(text: &mut Text<'_>, claims: &ClaimCounts) -> io::Result<()> {
    if claims.causes.is_empty() {
        return Ok(());
    }
    text.page.blank()?;
    let most = text.at_most(3);
    let rows: Vec<Vec<Cell<'_>>> = claims
        .causes
        .iter()
        .map(|cause| {
            let label = if cause.severity == Severity::Info { Label::Heading } else { Label::Deny };
            let names = words::cut(cause.claims.iter().map(|name| escape(name).into_owned()).collect(), most).join(", ");
            vec![cause.claims.len().to_string().into(), Cell::labelled(cause.code, label), cause.name.into(), names.into()]
        })
        .collect();
    grid::write(&mut text.page, &["CLAIMS", "CAUSE", "NAME", "WHICH"], &rows)
}

fn released(text: &mut Text<'_>, released: &[ReleasedVolume]) -> io::Result<()> {
    if released.is_empty() {
        return Ok(());
    }
    text.page.blank()?;
    let most = text.at_most(ROWS);
    let row = |volume: &ReleasedVolume| -> Vec<Cell<'_>> {
        let again = match volume.claim_exists {
            Some(true) => "yes",
            Some(false) => "no",
            None => "unknown",
        };
        vec![
            escape(&volume.name).into_owned().into(),
            or_none(&volume.capacity).into(),
            escape(&volume.claim).into_owned().into(),
            again.into(),
            escape(&volume.reclaim_policy).into_owned().into(),
            escape(&volume.place).into_owned().into(),
        ]
    };
    let rows: Vec<Vec<Cell<'_>>> = released.iter().take(most).map(row).collect();
    grid::write(&mut text.page, &["RELEASED", "SIZE", "DATA OF CLAIM", "EXISTS AGAIN", "RECLAIM", "WHERE"], &rows)?;
    cut(text, released.len(), most)
}
