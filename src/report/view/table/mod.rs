//! The default output: first the answer, then why, then what to do. `-o wide` has more columns and folds nothing up.

mod can_reach;
mod causes;
mod dns;
mod dns_doctor;
mod dns_records;
mod dns_verify;
mod effective_policy;
mod matrix;
mod probe;
mod pvc_why_pending;
mod qos;
mod qos_namespace;
mod qos_node;
mod qos_patch;
mod reach;
mod reachable_from;
mod service;
mod storage;
mod verify;
mod volumes;
mod who_can_reach;

use std::io::{self, Write};

use super::page::{Label, Page};
use super::{Style, grid, warnings, words};
use crate::report::policy::Rest;
use crate::report::{Answer, CoverageEntry, Direction, Metadata, Peer, Verdict};

/// Writes an answer as text.
pub(super) fn write(answer: &Answer, wide: bool, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(out, style);
    page.rows_stay = wide;
    say(answer, &mut Text { page, wide })
}

/// Writes all of an answer as HTML.
pub(super) fn write_html(answer: &Answer, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::html(out);
    page.style.all_namespaces = style.all_namespaces;
    let mut text = Text { page, wide: true };
    say(answer, &mut text)?;
    text.page.blank()
}

/// Writes what an answer says otherwise than the last one; nothing if it says the same.
pub(super) fn write_changes(before: &Answer, now: &Answer, wide: bool, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut text = Text { page: Page::new(out, style), wide };
    match (before, now) {
        (Answer::WhoCanReach(before), Answer::WhoCanReach(now)) => who_can_reach::write_changes(before, now, &mut text),
        (Answer::PvcWhyPending(before), Answer::PvcWhyPending(now)) => pvc_why_pending::write_changes(before, now, &mut text),
        _ => say(now, &mut text),
    }
}

fn say(answer: &Answer, text: &mut Text<'_>) -> io::Result<()> {
    match answer {
        Answer::WhoCanReach(report) => who_can_reach::write(report, text),
        Answer::ReachableFrom(report) => reachable_from::write(report, text),
        Answer::CanReach(report) => can_reach::write(report, text),
        Answer::EffectivePolicy(report) => effective_policy::write(report, text),
        Answer::Matrix(report) => matrix::write(report, text),
        Answer::PvcWhyPending(report) => pvc_why_pending::write(report, text),
        Answer::Volumes(report) => volumes::write(report, text),
        Answer::Storage(report) => storage::write(report, text),
        Answer::Qos(report) => qos::write(report, text),
        Answer::QosNode(report) => qos_node::write(report, text),
        Answer::QosNamespace(report) => qos_namespace::write(report, text),
        Answer::Dns(report) => dns::write(report, text),
        Answer::DnsVerify(report) => dns_verify::write(report, text),
        Answer::DnsRecords(report) => dns_records::write(report, text),
        Answer::DnsDoctor(report) => dns_doctor::write(report, text),
        Answer::Probe(report) => probe::write(report, text),
        Answer::Verify(report) => verify::write(report, text),
    }
}

/// The page, and how much of the report goes on it.
struct Text<'a> {
    page: Page<'a>,
    wide: bool,
}

impl Text<'_> {
    /// Whether room is short: on a terminal. What is piped, or asked for in full, is complete.
    fn is_short(&self) -> bool {
        !self.wide && self.page.style.width.is_some()
    }

    /// How many entries of a list are shown.
    fn at_most(&self, shown: usize) -> usize {
        if self.is_short() { shown } else { usize::MAX }
    }

    /// `Partial answer: …`, if something could not be read.
    fn partial(&mut self, coverage: &[CoverageEntry]) -> io::Result<()> {
        let Some(missing) = warnings::partial(coverage) else { return Ok(()) };
        self.page.labelled(Some(Label::Unknown), "Partial answer:", &format!(" {missing}"), 0)
    }

    /// `At 04:12:09 UTC: reached by 3 workloads.`
    fn at(&mut self, metadata: &Metadata, said: &str) -> io::Result<()> {
        let time = metadata.collected_at.as_deref().and_then(|time| time.get(11..19)).unwrap_or_default();
        self.page.blank()?;
        self.page.labelled(Some(Label::Heading), &format!("At {time} UTC:"), &format!(" {said}"), 2)
    }

    /// Whether something else is missing than before.
    fn coverage_changed(&self, before: &[CoverageEntry], now: &[CoverageEntry]) -> bool {
        warnings::partial(before) != warnings::partial(now)
    }

    /// `Partial answer: …`, or that it is whole now.
    fn coverage(&mut self, coverage: &[CoverageEntry]) -> io::Result<()> {
        match warnings::partial(coverage) {
            Some(_) => self.partial(coverage),
            None => self.page.paragraph("Whole answer: everything could be listed.", 0),
        }
    }

    /// `Everyone else is denied: pods payments-* are isolated for ingress by shop/payments-ingress and shop/default-deny.`
    fn rest(&mut self, everyone_else: &str, rest: &Rest) -> io::Result<()> {
        let verdict = match rest.verdict {
            Verdict::Allow => "is allowed",
            Verdict::Deny => "is denied",
            Verdict::Unknown => "is unknown",
        };
        let reason = words::sentence(&rest.reason);
        let reason = reason.trim_end_matches('.');
        let names = rest.policies.iter().map(|p| words::full_name(&p.namespace, &p.name));
        let unsaid: Vec<String> = names.filter(|name| !reason.contains(name.as_str())).collect();
        let policies = words::and(&words::cut(unsaid, self.at_most(4)));
        let why = match (reason.is_empty(), policies.is_empty()) {
            (true, true) => ".".to_owned(),
            (true, false) => format!(": {policies}."),
            (false, true) => format!(": {reason}."),
            (false, false) => format!(": {reason} by {policies}."),
        };
        self.page.labelled(Some(rest.verdict.into()), &format!("{everyone_else} {verdict}"), &why, 0)
    }
}

/// `isolated for ingress`; none for addresses and where there are no pods, of which no policy says anything.
fn isolation(peer: &Peer, isolated: Option<bool>, direction: Direction) -> Option<String> {
    if peer.pods.is_none_or(|pods| pods.total == 0) {
        return None;
    }
    Some(match isolated {
        Some(true) => format!("isolated for {direction}"),
        Some(false) => format!("not isolated for {direction}"),
        None => format!("isolation for {direction} is unknown or differs between its pods"),
    })
}

/// `Deployment shop/payments (3 pods)`.
fn subject(peer: &Peer) -> String {
    let subject = words::subject(peer);
    match peer.pods {
        Some(pods) if peer.kind != "Pod" => format!("{subject} ({})", words::count(pods.total, "pod", "pods")),
        _ => subject,
    }
}
