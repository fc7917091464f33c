//! `storage` in words: classes, drivers, volumes, claims by cause, volumes that wait for somebody, and claims without a backup.
//!
//! Tables fit eighty columns as long as names do: what is seldom asked for is in `-o wide`, what is odd stands below its row.

use std::io;

use super::super::escape;
use super::super::human_duration;
use super::super::page::Label;
use super::{Text, grid, words};
use crate::report::overview::{
    BackupState, Backups, ClaimBackup, ClaimCounts, ClassAnswer, DriverAnswer, LeaseAnswer, ProvisionerState, ReleasedVolume,
    StorageOverview, VolumeCount,
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
    released(text, &answer.released)?;
    answer.backups.as_ref().map_or(Ok(()), |backups| self::backups(text, backups))
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
        (0, 0, 0) if claims.total == 0 => String::new(),
        (0, 0, 0) => " (all well)".to_owned(),
        (problem, waiting, unknown) => {
            let parts = [(problem, "with a problem"), (waiting, "waiting"), (unknown, "not to be told")];
            let parts = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect::<Vec<_>>();
            format!(" ({})", parts.join(", "))
        }
    };
    let unread = |kind: &str| answer.unread.iter().any(|unread| unread.starts_with(kind));
    let known = if unread("storageclasses") { "classes could not be read".to_owned() } else { default };
    let place = answer.namespace.as_ref().map_or_else(|| "all namespaces".to_owned(), |name| format!("namespace {}", escape(name)));
    let counted = |number: usize, one: &str, many: &str, kind: &str| {
        format!("{}{}", words::count(number, one, many), if unread(kind) { " that could be read" } else { "" })
    };
    let claims = counted(claims.total, "claim", "claims", "persistentvolumeclaims");
    let volumes = counted(volumes, "volume", "volumes", "persistentvolumes");
    format!("{claims} in {place}{state}, {volumes}; {known}.")
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
    let mut headers = vec!["CLASS", "PROVISIONER", "STATE", "RECLAIM", "CLAIMS"];
    if text.wide {
        headers.extend(["VOLUMES", "BINDING", "GROWS", "MIGRATED TO"]);
    }
    let most = text.at_most(ROWS);
    let row = |class: &ClassAnswer| {
        let (state, label) = provisioner(class.provisioner_state);
        let default = match (class.default, class.default_wins) {
            (_, true) => " (default)",
            (true, false) => " (marked)",
            (false, false) => "",
        };
        let mut cells: Vec<Cell<'_>> = vec![
            format!("{}{default}", escape(&class.name)).into(),
            or_none(&class.provisioner).into(),
            Cell::labelled(state, label),
            escape(&class.reclaim_policy).into_owned().into(),
            class.claims.to_string().into(),
        ];
        if text.wide {
            cells.extend([
                class.volumes.to_string().into(),
                escape(&class.binding_mode).into_owned().into(),
                if class.expansion { "yes" } else { "no" }.into(),
                or_none(class.migrated_to.as_deref().unwrap_or_default()).into(),
            ]);
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

/// How many sidecars renew their leases.
fn sidecars(leases: &[LeaseAnswer]) -> Cell<'static> {
    let of = |alive: Option<bool>| leases.iter().filter(|lease| lease.alive == alive).count();
    match (of(Some(false)), of(Some(true)), of(None)) {
        (0, 0, 0) => "none seen".into(),
        (0, 0, held) => format!("{held} seen").into(),
        (0, alive, _) => Cell::labelled(format!("{alive} alive"), Label::Allow),
        (stopped, _, _) => Cell::labelled(format!("{stopped} of {} STOPPED", leases.len()), Label::Deny),
    }
}

fn drivers(text: &mut Text<'_>, drivers: &[DriverAnswer]) -> io::Result<()> {
    if drivers.is_empty() {
        return Ok(());
    }
    text.page.blank()?;
    let mut headers = vec!["DRIVER", "INSTALLED", "NODES", "SIDECARS", "VOLUMES"];
    if text.wide {
        headers.extend(["CAPACITIES", "LEASES"]);
    }
    let most = text.at_most(ROWS);
    let (names, wide) = (text.at_most(4), text.wide);
    let row = |driver: &DriverAnswer| -> Vec<Vec<Cell<'_>>> {
        let nodes = match (driver.nodes.len(), driver.not_on.len()) {
            (0, _) => "none".to_owned(),
            (on, 0) => format!("all {on}"),
            (on, off) => format!("{on} of {}", on + off),
        };
        let mut cells = vec![
            escape(&driver.name).into_owned().into(),
            match driver.installed {
                Some(true) => Cell::from("yes"),
                Some(false) => Cell::labelled("NO", Label::Deny),
                None => Cell::labelled("unknown", Label::Unknown),
            },
            nodes.into(),
            sidecars(&driver.leases),
            driver.volumes.to_string().into(),
        ];
        if wide {
            cells.push(driver.capacities.map_or_else(|| "-".to_owned(), |n| n.to_string()).into());
            cells.push(leases(&driver.leases).into());
        }
        let below = about(driver, names).into_iter().map(|line| vec![Cell::from(format!("  {line}"))]);
        std::iter::once(cells).chain(below).collect()
    };
    let rows: Vec<Vec<Cell<'_>>> = drivers.iter().take(most).flat_map(row).collect();
    grid::write(&mut text.page, &headers, &rows)?;
    cut(text, drivers.len(), most)
}

/// What is odd about a driver.
fn about(driver: &DriverAnswer, names: usize) -> Vec<String> {
    let mut lines = Vec::new();
    if !driver.in_tree.is_empty() {
        lines.push(format!("stands in for {}", escape(&driver.in_tree.join(", "))));
    }
    if !driver.not_on.is_empty() {
        let off = words::cut(driver.not_on.iter().map(|name| escape(name).into_owned()).collect(), names);
        lines.push(format!("not on {}", off.join(", ")));
    }
    let stopped = driver.leases.iter().filter(|lease| lease.alive == Some(false));
    lines.extend(stopped.map(|lease| {
        let age = lease.age_seconds.map_or_else(String::new, |age| format!(" for {}", human_duration(age)));
        format!("its {} has not renewed its lease{age}", lease.of)
    }));
    if driver.capacities == Some(0) {
        lines.push("it should tell of free space and tells nothing".to_owned());
    }
    lines
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
    // Names side by side make a line as long as there are claims.
    let most = if text.wide { usize::MAX } else { 1 };
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
    let mut headers = vec!["RELEASED", "SIZE", "RECLAIM", "DATA OF CLAIM"];
    if text.wide {
        headers.extend(["CLASS", "WHERE"]);
    }
    let most = text.at_most(ROWS);
    let row = |volume: &ReleasedVolume| -> Vec<Cell<'_>> {
        let again = if volume.claim_exists == Some(true) { " (exists again)" } else { "" };
        let mut cells: Vec<Cell<'_>> = vec![
            escape(&volume.name).into_owned().into(),
            or_none(&volume.capacity).into(),
            escape(&volume.reclaim_policy).into_owned().into(),
            format!("{}{again}", escape(&volume.claim)).into(),
        ];
        if text.wide {
            cells.extend([or_none(&volume.class).into(), escape(&volume.place).into_owned().into()]);
        }
        cells
    };
    let rows: Vec<Vec<Cell<'_>>> = released.iter().take(most).map(row).collect();
    grid::write(&mut text.page, &headers, &rows)?;
    cut(text, released.len(), most)
}

/// How many claims have a copy somewhere, and which have none.
fn backups(text: &mut Text<'_>, backups: &Backups) -> io::Result<()> {
    text.page.blank()?;
    let tools: Vec<String> = backups.tools.iter().map(|tool| (*tool).to_owned()).collect();
    let counts = [(backups.covered, "covered"), (backups.not_covered, "not covered"), (backups.unknown, "not to be told")];
    let counts = counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!(", {n} {what}")).collect::<String>();
    let bound = words::count(backups.claims.len(), "bound claim", "bound claims");
    text.page.paragraph(&format!("Backups ({}): {bound}{counts}.", words::and(&tools)), 0)?;
    let wide = text.wide;
    let mut shown: Vec<&ClaimBackup> = backups.claims.iter().filter(|claim| wide || claim.state != BackupState::Covered).collect();
    // First those without any, then those of which it cannot be told.
    shown.sort_by_key(|claim| match claim.state {
        BackupState::NotCovered => 0,
        BackupState::Unknown => 1,
        BackupState::Covered => 2,
    });
    if shown.is_empty() {
        return Ok(());
    }
    text.page.blank()?;
    let headers = if wide { vec!["CLAIM", "BACKUP", "LAST", "BY", "WHY"] } else { vec!["CLAIM", "BACKUP", "WHY"] };
    let most = text.at_most(ROWS);
    let row = |claim: &&ClaimBackup| -> Vec<Cell<'_>> {
        let (state, label) = match claim.state {
            BackupState::Covered => ("yes", Label::Allow),
            BackupState::NotCovered => ("NO", Label::Deny),
            BackupState::Unknown => ("unknown", Label::Unknown),
        };
        let mut cells = vec![words::full_name(&claim.namespace, &claim.name).into(), Cell::labelled(state, label)];
        if wide {
            cells.push(claim.age_seconds.map_or_else(|| "-".to_owned(), |age| format!("{} ago", human_duration(age))).into());
            cells.push(claim.by.as_ref().map_or_else(|| "-".to_owned(), words::object).into());
        }
        cells.push(escape(&claim.reason).into_owned().into());
        cells
    };
    let rows: Vec<Vec<Cell<'_>>> = shown.iter().take(most).map(row).collect();
    grid::write(&mut text.page, &headers, &rows)?;
    cut(text, shown.len(), most)
}
