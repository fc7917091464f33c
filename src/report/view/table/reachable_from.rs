//! `reachable-from` in words: the source, names and the API server, every destination, Services, everything else.

use std::io;

use super::super::escape;
use super::who_can_reach::{about, said};
use super::{Text, grid, reach, words};
use crate::report::policy::{AddressReach, DnsReach, ReachableFrom, ServiceReach};
use crate::report::view::grid::Cell;
use crate::report::{Direction, Report, Verdict};

/// Writes the answer.
pub(super) fn write(report: &Report<ReachableFrom>, text: &mut Text<'_>) -> io::Result<()> {
    let answer = &report.result;
    text.partial(&report.coverage)?;
    let said = said("reaches", &answer.destinations, (&answer.source, answer.isolated), Direction::Egress);
    text.page.paragraph(&about(&answer.source, &said), 0)?;
    text.page.blank()?;
    essentials(text, answer.dns.as_ref(), answer.api_server.as_ref())?;
    if !answer.destinations.is_empty() {
        reach::write(text, "TO", Direction::Egress, &answer.destinations)?;
        text.page.blank()?;
    }
    if !answer.services.is_empty() {
        services(text, &answer.services)?;
        text.page.blank()?;
    }
    text.rest("Everything else", &answer.rest)
}

/// What nearly every pod needs, and policies most often forget.
fn essentials(text: &mut Text<'_>, dns: Option<&DnsReach>, api_server: Option<&AddressReach>) -> io::Result<()> {
    let mut rows: Vec<Vec<Cell<'_>>> = Vec::new();
    if let Some(dns) = dns {
        let worst = if dns.udp == Verdict::Allow { dns.tcp } else { dns.udp };
        let answer = format!("UDP {}, TCP {}", words::yes_no(dns.udp), words::yes_no(dns.tcp));
        let where_to = format!("{} port {}", words::object(&dns.service), escape(&dns.port));
        rows.push(vec!["DNS".into(), Cell::labelled(answer, worst), where_to.into()]);
    }
    if let Some(api) = api_server {
        let addresses: Vec<String> = api.addresses.iter().map(|a| escape(a).into_owned()).collect();
        let addresses = words::cut(addresses, text.at_most(3)).join(", ");
        let rules = words::rules(&api.because, Direction::Egress, text.at_most(2)).join(", ");
        let where_to = if rules.is_empty() { addresses } else { format!("{addresses} because of {rules}") };
        rows.push(vec!["API server".into(), Cell::labelled(words::yes_no(api.verdict), api.verdict), where_to.into()]);
    }
    if rows.is_empty() {
        return Ok(());
    }
    grid::write(&mut text.page, &["", "", ""], &rows)?;
    text.page.blank()
}

fn services(text: &mut Text<'_>, services: &[ServiceReach]) -> io::Result<()> {
    let row = |service: &ServiceReach| -> Vec<Cell<'static>> {
        let name = format!("{}/svc/{}", escape(&service.service.namespace), escape(&service.service.name));
        let name = if service.verdict == Verdict::Unknown { format!("? {name}") } else { name };
        let reasons: Vec<String> = service.reasons.iter().map(|reason| escape(reason).trim_end_matches('.').to_owned()).collect();
        let because = if reasons.is_empty() { "-".to_owned() } else { reasons.join("; ") };
        vec![
            Cell::labelled(name, service.verdict),
            words::ports(&service.ports).into(),
            Cell::labelled(service.verdict.to_string(), service.verdict),
            because.into(),
        ]
    };
    let rows: Vec<_> = services.iter().map(row).collect();
    grid::write(&mut text.page, &["SERVICE", "PORT", "VERDICT", "BECAUSE"], &rows)
}
