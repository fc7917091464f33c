//! `can-reach` in words: yes or no, then both sides rule by rule, then the nearest miss and what mends it.

use std::io;

use super::super::{escape, ports};
use super::{Text, grid, service, words};
use crate::report::policy::{CanReach, Matched, PolicyTier, RuleTrace, Side, YesNo};
use crate::report::view::grid::Cell;
use crate::report::{Direction, Peer, PortRange, Report, RuleRef, Verdict};

/// Rules of a side that are shown where not all are.
const TRACES: usize = 8;
/// Policies of a side that are shown where not all are.
const POLICIES: usize = 4;

/// Writes the answer.
pub(super) fn write(report: &Report<CanReach>, text: &mut Text<'_>) -> io::Result<()> {
    let answer = &report.result;
    text.partial(&report.coverage)?;
    headline(text, answer)?;
    answer.service.iter().try_for_each(|chain| service::write(text, chain))?;
    // The notes of a Service are among the reasons, and stand beside the Service already.
    let notes = || answer.service.iter().flat_map(|chain| &chain.notes);
    let told = |reason: &&String| nowhere(answer) == Some(*reason) || notes().any(|note| note == *reason);
    let reasons: Vec<&String> = answer.reasons.iter().filter(|reason| !told(reason)).collect();
    reasons.iter().try_for_each(|reason| text.page.paragraph(&words::sentence(reason), 0))?;
    let mut rows = side(text, &answer.egress, Direction::Egress, &answer.from);
    rows.extend(side(text, &answer.ingress, Direction::Ingress, &answer.to));
    if !rows.is_empty() {
        text.page.blank()?;
        grid::write(&mut text.page, &["", "", ""], &rows)?;
    }
    for (direction, side) in [(Direction::Egress, &answer.egress), (Direction::Ingress, &answer.ingress)] {
        let Some(miss) = &side.nearest_miss else { continue };
        text.page.blank()?;
        let rule = words::rule_ref(&miss.rule, direction);
        text.page.paragraph(&format!("Nearest: {direction} {rule}: {}", words::sentence(&miss.what)), 0)?;
        miss.command.iter().try_for_each(|command| text.page.command(command, 2))?;
    }
    Ok(())
}

/// `No: shop/deploy/web cannot reach shop/svc/payments:443 (TCP 8443).`
fn headline(text: &mut Text<'_>, answer: &CanReach) -> io::Result<()> {
    let from = words::peer(&answer.from, text.at_most(4));
    let to = answer.service.as_ref().map(service::end).unwrap_or_else(|| words::peer(&answer.to, text.at_most(4)));
    let asked = answer.port.as_ref().map(|port| format!(" ({})", words::ports(std::slice::from_ref(port))));
    if let Some(reason) = nowhere(answer) {
        let said = format!(" {from} cannot reach {}: {reason}.", words::peer(&answer.to, 1));
        return text.page.labelled(Some(answer.verdict.into()), "No:", &said, 0);
    }
    let (lead, said) = match (answer.verdict, asked) {
        // What is allowed, not what was asked: it may be less.
        (Verdict::Allow, Some(port)) if answer.ports.is_empty() => ("Yes:", format!("{from} can reach {to}{port}.")),
        (Verdict::Allow, Some(_)) => ("Yes:", format!("{from} can reach {to} ({}){}.", words::ports(&answer.ports), but(answer))),
        (Verdict::Allow, None) => ("Yes:", format!("{from} can reach {to} on {}.", on_ports(answer))),
        (Verdict::Deny, Some(port)) => ("No:", format!("{from} cannot reach {to}{port}.")),
        (Verdict::Deny, None) => ("No:", format!("{from} cannot reach {to} on any port.")),
        (Verdict::Unknown, Some(port)) if answer.ports.is_empty() => ("Unknown:", format!("whether {from} can reach {to}{port}.")),
        // Of several ports some: nothing is unknown about that, if only one pod is meant on each side.
        (Verdict::Unknown, Some(_)) if is_single(answer) && !in_doubt(answer) => {
            ("Partly:", format!("{from} can reach {to} ({}){}.", words::ports(&answer.ports), but(answer)))
        }
        (Verdict::Unknown, Some(port)) => {
            ("Unknown:", format!("whether {from} can reach {to}{port}; allowed for some pods at least: {}.", words::ports(&answer.ports)))
        }
        (Verdict::Unknown, None) if answer.ports.is_empty() => ("Unknown:", format!("whether {from} can reach {to}.")),
        (Verdict::Unknown, None) => ("Unknown:", format!("whether {from} can reach {to}; certainly on {}.", on_ports(answer))),
    };
    text.page.labelled(Some(answer.verdict.into()), lead, &format!(" {said}"), 0)
}

/// Why a Service leads nowhere: the first reason where no policy was looked at.
fn nowhere(answer: &CanReach) -> Option<&String> {
    let looked_at = |side: &Side| side.isolated.is_some() || !side.isolated_by.is_empty() || !side.rules.is_empty();
    let deaf = answer.service.is_some() && answer.verdict == Verdict::Deny && !looked_at(&answer.egress) && !looked_at(&answer.ingress);
    answer.reasons.first().filter(|_| deaf)
}

/// `, but not TCP 9000`: which of the ports asked about are not among the allowed ones.
fn but(answer: &CanReach) -> String {
    let left: Vec<PortRange> = answer.port.iter().filter_map(|asked| ports::without(asked, &answer.ports)).collect();
    let left_words = words::ports(&left);
    match (left.is_empty(), in_doubt(answer), is_single(answer)) {
        (true, ..) => String::new(),
        (false, true, _) => format!("; not certainly on {left_words}"),
        (false, false, true) => format!(", but not on {left_words}"),
        (false, false, false) => format!(", but on {left_words} not at all or not for all pods"),
    }
}

/// Whether there is one pod or address on each side: then a port that is not allowed is denied.
fn is_single(answer: &CanReach) -> bool {
    let one = |peer: &Peer| match (peer.pods, peer.cidrs.as_slice()) {
        (Some(pods), _) => pods.total == 1,
        (None, [cidr]) => cidr.ends_with("/32") && !cidr.contains(':') || cidr.ends_with("/128"),
        _ => false,
    };
    one(&answer.from) && one(&answer.to)
}

/// Whether something about the rules could not be decided.
fn in_doubt(answer: &CanReach) -> bool {
    let unknown = |rule: &RuleTrace| rule.peer.matched == YesNo::Unknown || rule.port.matched == YesNo::Unknown;
    let in_tiers = |side: &Side| side.verdict == Verdict::Unknown && !side.decided_by.is_empty();
    let in_doubt =
        |side: &Side| side.isolated.is_none() && !side.isolated_by.is_empty() || side.rules.iter().any(unknown) || in_tiers(side);
    in_doubt(&answer.egress) || in_doubt(&answer.ingress)
}

fn on_ports(answer: &CanReach) -> String {
    match words::ports(&answer.ports).as_str() {
        "all" => "all ports".to_owned(),
        ports => ports.to_owned(),
    }
}

/// What one side says, and why: the rules are traced where it does not simply allow.
fn side(text: &Text<'_>, side: &Side, direction: Direction, end: &Peer) -> Vec<Vec<Cell<'static>>> {
    // No policy was looked at for this side: what decided it stands among the reasons.
    if side.isolated.is_none() && side.isolated_by.is_empty() && side.rules.is_empty() && side.because.is_empty() {
        return Vec::new();
    }
    let name = if end.name.is_empty() { words::peer(end, 1) } else { escape(&end.name).into_owned() };
    let says = Cell::labelled(verdict(text, side, direction), side.verdict);
    let mut rows = vec![vec![format!("{direction} of {name}").into(), says]];
    if side.verdict == Verdict::Allow && !text.wide {
        return rows;
    }
    let most = text.at_most(TRACES);
    let nearest = side.nearest_miss.as_ref().map(|miss| &miss.rule);
    rows.extend(side.rules.iter().take(most).map(|trace| rule(trace, text.wide, nearest == Some(&trace.rule))));
    let left = side.rules.len().saturating_sub(most);
    if left > 0 {
        rows.push(vec![format!("  +{left} more").into(), "-o wide shows every rule".into()]);
    }
    rows
}

fn verdict(text: &Text<'_>, side: &Side, direction: Direction) -> String {
    let policies: Vec<String> = side.isolated_by.iter().map(words::policy_age).collect();
    let policies = words::cut(policies, text.at_most(POLICIES)).join(", ");
    match (side.verdict, side.isolated) {
        (Verdict::Allow, _) if !side.because.is_empty() => {
            format!("allowed by {}", words::rules(&side.because, direction, text.at_most(2)).join(", "))
        }
        (Verdict::Allow, Some(false)) if side.decided_by.iter().all(|tier| *tier == PolicyTier::Default) => {
            "not isolated: everything is allowed".to_owned()
        }
        (Verdict::Allow, _) => "allowed".to_owned(),
        (Verdict::Deny, _) if !denying(side).is_empty() => {
            format!("denied by {}", words::rules(&denying(side), direction, text.at_most(2)).join(", "))
        }
        (Verdict::Deny | Verdict::Unknown, _) if !policies.is_empty() => format!("isolated by {policies}"),
        (Verdict::Deny, _) => "denied".to_owned(),
        (Verdict::Unknown, _) => "unknown".to_owned(),
    }
}

/// Rules of cluster-wide policies that deny any of the ports asked about.
fn denying(side: &Side) -> Vec<RuleRef> {
    let denies = |trace: &&RuleTrace| trace.turn.as_ref().is_some_and(|turn| turn.action == "Deny" && !turn.decides.is_empty());
    side.rules.iter().filter(denies).map(|trace| trace.rule.clone()).collect()
}

/// `cnp tenants #2 Deny`, `allow-web #1`: those of cluster-wide policies with what they do.
fn name(trace: &RuleTrace) -> String {
    let number = trace.rule.rule.saturating_add(1);
    match &trace.turn {
        None => format!("  {} #{number}", escape(&trace.rule.name)),
        Some(turn) => format!("  {} {} #{number} {}", words::kind_word(&trace.rule.kind), escape(&trace.rule.name), escape(&turn.action)),
    }
}

/// `peer yes (app=payments)   port NO: 8443 wanted, 8080 allowed`: in capitals where the nearest rule misses. The port is of
/// no interest where the peer misses already.
fn rule(trace: &RuleTrace, wide: bool, nearest: bool) -> Vec<Cell<'static>> {
    let mut cells = vec![name(trace).into(), part("peer", &trace.peer, nearest)];
    if wide || trace.peer.matched != YesNo::No {
        cells.push(part("port", &trace.port, nearest));
    }
    cells
}

fn part(what: &str, matched: &Matched, nearest: bool) -> Cell<'static> {
    let (said, verdict) = match matched.matched {
        YesNo::Yes => ("yes", Verdict::Allow),
        YesNo::No if nearest => ("NO", Verdict::Deny),
        YesNo::No => ("no", Verdict::Deny),
        YesNo::Unknown => ("unknown", Verdict::Unknown),
    };
    let detail = escape(&matched.detail);
    let text = match (detail.is_empty(), matched.matched) {
        (true, _) => format!("{what} {said}"),
        (false, YesNo::No) => format!("{what} {said}: {detail}"),
        (false, _) => format!("{what} {said} ({detail})"),
    };
    if nearest && matched.matched == YesNo::No { Cell::labelled(text, verdict) } else { text.into() }
}
