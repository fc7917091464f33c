//! `qos node/NAME` in words: one table for each thing a node can run short of, and one for the kernel.

use std::io;

use super::super::escape;
use super::super::page::Label;
use super::{Text, grid, words};
use crate::report::Report;
use crate::report::qos_node::{Evictee, Killed, QosNode};
use crate::report::view::grid::Cell;

/// Rows of a table on a terminal: who is first is asked, and four tables have to stay in sight.
const MOST: usize = 5;

/// Writes the answer.
pub(super) fn write(report: &Report<QosNode>, text: &mut Text<'_>) -> io::Result<()> {
    let node = &report.result;
    text.partial(&report.coverage)?;
    let (label, now) = match node.pressures.as_deref() {
        None => (Label::Unknown, ": whether it reports pressure is unknown".to_owned()),
        Some([]) => (Label::Heading, " reports no pressure".to_owned()),
        Some(pressures) => (Label::Deny, format!(" reports {}", words::and(pressures))),
    };
    let measured = match (&node.usage_unknown, node.measured_at) {
        (Some(why), _) => format!("; what its pods use is unknown: {why}"),
        (None, Some(time)) => format!("; what its pods use was measured at {time}"),
        (None, None) => String::new(),
    };
    text.page.labelled(Some(label), &format!("Node {}", node.node), &format!("{now}{measured}."), 2)?;
    text.page.paragraph(
        "The class of a pod is no input of the order of eviction: use above the request is, then priority, then how much above.",
        0,
    )?;
    if node.pods_missing {
        text.page.labelled(Some(Label::Unknown), "Unknown:", " ranks, because pods that could not be read may be on it.", 2)?;
    }
    let threshold = |signal: &str| node.thresholds.get(signal).cloned().unwrap_or_default();
    let memory =
        format!("Evicted for memory (memory.available below {}, unless its kubelet says otherwise):", threshold("memory.available"));
    let nobody = if node.pods_missing { "nobody that could be read." } else { "nobody." };
    table(text, &memory, (&node.memory, nobody), "REQUEST")?;
    let disk = format!(
        "Evicted for disk (nodefs.available below {}, imagefs.available below {}; use is known to the kubelet alone):",
        threshold("nodefs.available"),
        threshold("imagefs.available")
    );
    table(text, &disk, (&node.disk, nobody), "EPHEMERAL STORAGE REQUEST")?;
    table(
        text,
        "Evicted for process ids (by priority, then by their number, which is known to the kubelet alone):",
        (&node.pids, nobody),
        "",
    )?;
    oom(text, &node.oom)?;
    if !node.never.is_empty() {
        text.page.blank()?;
        let each: Vec<String> =
            node.never.iter().map(|pod| format!("{} ({})", words::full_name(&pod.namespace, &pod.name), pod.reason)).collect();
        text.page.labelled(Some(Label::Heading), "Never evicted:", &format!(" {}.", words::and(&each)), 2)?;
    }
    Ok(())
}

/// What stands for the first rows of many where no rank tells them apart.
fn alike(who: &str, mut ranks: impl ExactSizeIterator<Item = Option<usize>>, shown: usize) -> Option<String> {
    let all = ranks.len();
    let first = ranks.next()?;
    let what = if first.is_some() { "of the same rank" } else { "whose order is not to be told" };
    (shown < all && ranks.all(|rank| rank == first)).then(|| format!("{all} {who} {what}: -o wide lists them."))
}

fn rank(rank: Option<usize>) -> String {
    rank.map_or_else(|| "?".to_owned(), |rank| rank.to_string())
}

fn class(class: Option<crate::report::qos::Class>) -> String {
    class.map_or_else(|| "unknown".to_owned(), |class| format!("{class:?}"))
}

fn table(text: &mut Text<'_>, lead: &str, (pods, nobody): (&[Evictee], &str), request: &'static str) -> io::Result<()> {
    text.page.blank()?;
    text.page.labelled(Some(Label::Heading), lead, "", 2)?;
    if pods.is_empty() {
        return text.page.paragraph(nobody, 0);
    }
    let mut headers = vec!["RANK", "POD", "CLASS", "PRIORITY"];
    let of_memory = request == "REQUEST";
    if !request.is_empty() {
        headers.push(request);
    }
    if of_memory {
        headers.extend(["USE", "ABOVE"]);
    }
    let shown = text.at_most(MOST).min(pods.len());
    if let Some(alike) = alike("pods", pods.iter().map(|pod| pod.rank), shown) {
        return text.page.paragraph(&alike, 0);
    }
    let row = |pod: &Evictee| {
        let mut cells: Vec<Cell<'_>> = vec![
            rank(pod.rank).into(),
            escape(&words::full_name(&pod.namespace, &pod.name)).into_owned().into(),
            class(pod.class).into(),
            pod.priority.to_string().into(),
        ];
        if !request.is_empty() {
            cells.push(escape(&pod.request).into_owned().into());
        }
        if of_memory {
            cells.push(memory(pod.usage.as_deref()).into());
            cells.push(pod.exceeds.map_or("unknown", |exceeds| if exceeds { "yes" } else { "no" }).into());
        }
        cells
    };
    let rows: Vec<Vec<Cell<'_>>> = pods.iter().take(shown).map(row).collect();
    grid::write(&mut text.page, &headers, &rows)?;
    rest(text, pods.len() - shown)
}

fn oom(text: &mut Text<'_>, containers: &[Killed]) -> io::Result<()> {
    text.page.blank()?;
    let lead = "Killed by the kernel when the machine has no memory left (a container at its own limit is another matter):";
    text.page.labelled(Some(Label::Heading), lead, "", 2)?;
    let shown = text.at_most(MOST).min(containers.len());
    if let Some(alike) = alike("containers", containers.iter().map(|killed| killed.rank), shown) {
        return text.page.paragraph(&alike, 0);
    }
    let row = |killed: &Killed| -> Vec<Cell<'_>> {
        let number = |number: Option<i64>| number.map_or_else(|| "unknown".to_owned(), |number| number.to_string());
        vec![
            rank(killed.rank).into(),
            format!("{}/{}", escape(&words::full_name(&killed.namespace, &killed.pod)), escape(&killed.container)).into(),
            class(killed.class).into(),
            number(killed.oom_score_adj).into(),
            memory(killed.usage.as_deref()).into(),
            number(killed.score).into(),
        ]
    };
    let rows: Vec<Vec<Cell<'_>>> = containers.iter().take(shown).map(row).collect();
    grid::write(&mut text.page, &["RANK", "CONTAINER", "CLASS", "OOM ADJ", "USE", "SCORE"], &rows)?;
    rest(text, containers.len() - shown)
}

/// Memory in use, which is seldom a round number: kibibytes as tenths of a mebibyte. JSON has them as they are.
fn memory(usage: Option<&str>) -> String {
    let Some(text) = usage else { return "unknown".to_owned() };
    let kibibytes = text.strip_suffix("Ki").and_then(|digits| digits.parse::<u64>().ok()).filter(|n| *n >= 1024);
    kibibytes.map_or_else(|| escape(text).into_owned(), |n| format!("{}.{}Mi", n / 1024, n % 1024 * 10 / 1024))
}

fn rest(text: &mut Text<'_>, left: usize) -> io::Result<()> {
    if left == 0 { Ok(()) } else { text.page.paragraph(&format!("… and {left} more: -o wide"), 0) }
}
