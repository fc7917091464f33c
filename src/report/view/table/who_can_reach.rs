//! `who-can-reach` in words: the target, every source, everyone else.

use std::collections::BTreeSet;
use std::io;

use super::{Text, isolation, reach, service, subject, words};
use crate::report::changes::{of_sources, same};
use crate::report::policy::{Reach, WhoCanReach};
use crate::report::{Direction, Peer, Report, Verdict};

/// Writes the answer.
pub(super) fn write(report: &Report<WhoCanReach>, text: &mut Text<'_>) -> io::Result<()> {
    let answer = &report.result;
    text.partial(&report.coverage)?;
    let said = summary(answer);
    match &answer.service {
        Some(chain) => {
            service::write(text, chain)?;
            if !said.is_empty() {
                text.page.paragraph(&words::capitalised(&said), 0)?;
            }
        }
        None => text.page.paragraph(&about(&answer.target, &said), 0)?,
    }
    text.page.blank()?;
    if !answer.sources.is_empty() {
        reach::write(text, "FROM", Direction::Ingress, &answer.sources)?;
        text.page.blank()?;
    }
    text.rest(everyone_else(answer), &answer.rest)
}

/// Writes what is otherwise than in the last answer; nothing if nothing is.
pub(super) fn write_changes(before: &Report<WhoCanReach>, now: &Report<WhoCanReach>, text: &mut Text<'_>) -> io::Result<()> {
    let (was, is) = (&before.result, &now.result);
    let changes = of_sources(was, is);
    let [chain, rest] = [!same(&was.service, &is.service), !same(&was.rest, &is.rest)];
    let coverage = text.coverage_changed(&before.coverage, &now.coverage);
    if changes.is_empty() && was.isolated == is.isolated && !chain && !rest && !coverage {
        return Ok(());
    }
    text.at(&now.metadata, &summary(is))?;
    if coverage {
        text.coverage(&now.coverage)?;
    }
    if let Some(chain) = is.service.as_ref().filter(|_| chain) {
        service::write(text, chain)?;
    }
    reach::write_changes(text, Direction::Ingress, (&was.sources, &is.sources), &changes)?;
    if rest { text.rest(everyone_else(is), &is.rest) } else { Ok(()) }
}

fn everyone_else(answer: &WhoCanReach) -> &'static str {
    if answer.sources.is_empty() { "Everyone" } else { "Everyone else" }
}

fn summary(answer: &WhoCanReach) -> String {
    said("reached by", &answer.sources, (&answer.target, answer.isolated), Direction::Ingress)
}

/// `reached by 3 workloads, 2 address ranges, 1 more unknown; isolated for ingress.`
pub(super) fn said(verb: &str, rows: &[Reach], (subject, isolated): (&Peer, Option<bool>), direction: Direction) -> String {
    let isolation = isolation(subject, isolated, direction);
    // Several rows may be about one workload.
    let peers = |verdict| -> BTreeSet<Peer> {
        let of = rows.iter().filter(|row| row.verdict == verdict).map(|row| &row.peer);
        of.map(|peer| Peer { pods: None, ..peer.clone() }).collect()
    };
    let allowed = peers(Verdict::Allow);
    let workloads = allowed.iter().filter(|peer| is_workload(peer)).count();
    let ranges = allowed.iter().filter(|peer| !peer.cidrs.is_empty()).count();
    let counts = [(workloads, "workload", "workloads"), (ranges, "address range", "address ranges")];
    let parts: Vec<String> =
        counts.into_iter().filter(|(number, ..)| *number > 0).map(|(number, one, many)| words::count(number, one, many)).collect();
    let unknown = peers(Verdict::Unknown).difference(&allowed).count();
    let reached = match (parts.is_empty(), unknown) {
        (true, 0) if isolation.is_some() && isolated == Some(true) => Some(format!("{verb} no workload")),
        (true, 0) => None,
        (true, unknown) => Some(format!("perhaps {verb} {unknown}")),
        (false, 0) => Some(format!("{verb} {}", parts.join(", "))),
        (false, unknown) => Some(format!("{verb} {}, {unknown} more unknown", parts.join(", "))),
    };
    let said: Vec<String> = reached.into_iter().chain(isolation).collect();
    words::sentence(&said.join("; "))
}

/// `Deployment shop/payments (3 pods): reached by …`; of some things there is nothing to say.
pub(super) fn about(peer: &Peer, said: &str) -> String {
    if said.is_empty() { words::sentence(&subject(peer)) } else { format!("{}: {said}", subject(peer)) }
}

/// Workloads, and pods of none. A pod's own node is no answer to who can reach it: it always can.
fn is_workload(peer: &Peer) -> bool {
    !peer.name.is_empty() && peer.cidrs.is_empty() && !matches!(peer.kind.as_str(), "Node" | "UnreadPods" | "IPBlock")
}
