//! How a Service leads to its pods: one line where one port says it all, a line for each port otherwise.

use std::io;

use super::super::escape;
use super::{Text, words};
use crate::report::policy::{ResolvedBy, ServiceChain, ServicePortChain};

/// `Service shop/payments:443 → pods port 8443 (name "https"), 3 of 3 ready`, then what the kind of Service means.
pub(super) fn write(text: &mut Text<'_>, chain: &ServiceChain) -> io::Result<()> {
    let name = words::full_name(&chain.service.namespace, &chain.service.name);
    let kind = match chain.service_type.as_str() {
        "ClusterIP" => String::new(),
        other => format!(" ({})", escape(other)),
    };
    let ready = match chain.resolved_by {
        ResolvedBy::Nothing => "no pods".to_owned(),
        ResolvedBy::EndpointSlices => format!("{} of {} ready", chain.ready, chain.total),
        ResolvedBy::Selector => format!("{} of {} ready (by its selector: it has no EndpointSlices)", chain.ready, chain.total),
    };
    match chain.ports.as_slice() {
        [port] => text.page.paragraph(&format!("Service {name}:{}{kind} → pods {}, {ready}", port.port, target(port)), 2)?,
        [] => text.page.paragraph(&format!("Service {name}{kind} → {ready}"), 2)?,
        ports => {
            text.page.paragraph(&format!("Service {name}{kind} → {ready}"), 2)?;
            for port in ports {
                text.page.paragraph(&format!("  {} → {}", port.port, target(port)), 4)?;
            }
        }
    }
    chain.notes.iter().try_for_each(|note| text.page.paragraph(&words::sentence(note), 0))
}

/// `port 8443 (name "https")`.
fn target(port: &ServicePortChain) -> String {
    let number = match port.target_ports.as_slice() {
        [] => "no port".to_owned(),
        [one] if one.protocol == "TCP" => format!("port {}", escape(&one.ports)),
        several => words::ports(several),
    };
    let is_number = port.target.is_empty() || port.target.bytes().all(|b| b.is_ascii_digit());
    if is_number { number } else { format!("{number} (name \"{}\")", escape(&port.target)) }
}

/// `shop/svc/payments:443`: a Service as the end of a connection.
pub(super) fn end(chain: &ServiceChain) -> String {
    let name = format!("{}/svc/{}", escape(&chain.service.namespace), escape(&chain.service.name));
    match chain.ports.as_slice() {
        [port] => format!("{name}:{}", port.port),
        _ => name,
    }
}
