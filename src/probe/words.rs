//! Verdicts, ports and lists of names in words.

use std::net::IpAddr;

use super::wire::Observed;
use crate::objects::ServicePort;
use crate::report::probe::Verdict;

/// What came of a check: `timed out (3 attempts)`, `connected`. What a tool said is only repeated where the verdict does not say it;
/// how long it took, nowhere: that is the time of a tool more than of the network.
pub fn observed(observed: &Observed) -> String {
    let Observed { verdict: what, detail, attempts, .. } = observed;
    let said = verdict(*what);
    let said = match what {
        Verdict::Connected | Verdict::UdpAnswered => return said.to_owned(),
        Verdict::HttpStatus if !detail.is_empty() => return format!("HTTP {detail}"),
        Verdict::Resolved if !detail.is_empty() => return format!("{said} to {detail}"),
        // Who sent it: `ICMP port unreachable from 10.0.0.1`.
        _ if detail.starts_with("ICMP ") => format!("refused ({detail})"),
        Verdict::TlsError | Verdict::NoHttp | Verdict::Flapping | Verdict::CouldNotRun if !detail.is_empty() => format!("{said}: {detail}"),
        _ => said.to_owned(),
    };
    if *attempts > 1 { format!("{said} ({attempts} attempts)") } else { said }
}

/// A verdict.
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Connected => "connected",
        Verdict::HttpStatus => "an answer of HTTP",
        Verdict::Resolved => "resolves",
        Verdict::UdpAnswered => "answered",
        Verdict::UdpUnreachable => "refused (ICMP port unreachable)",
        Verdict::UdpSilent => "no answer",
        Verdict::RefusedRst => "refused (reset)",
        Verdict::RefusedIcmpPort => "refused (ICMP port unreachable)",
        Verdict::RefusedIcmpHost => "refused (ICMP host unreachable)",
        Verdict::RefusedIcmpNet => "refused (ICMP network unreachable)",
        Verdict::RefusedIcmpProhibited => "refused (ICMP administratively prohibited)",
        Verdict::Refused => "refused",
        Verdict::TimedOut => "timed out",
        Verdict::NoRoute => "no route to it",
        Verdict::LocalReject => "rejected by a rule in the source's own network",
        Verdict::Unreachable => "unreachable",
        Verdict::Reset => "connected, and closed before an answer",
        Verdict::TlsError => "connected, and no TLS agreed upon",
        Verdict::NoHttp => "connected, and no HTTP came back",
        Verdict::NxDomain => "no such name (NXDOMAIN)",
        Verdict::NoData => "the name has no addresses",
        Verdict::ServFail => "the server of names failed (SERVFAIL)",
        Verdict::DnsTimeout => "no server of names answered",
        Verdict::Flapping => "different results in turn",
        Verdict::CouldNotRun => "could not be tried",
    }
}

/// The addresses that a look-up told.
pub fn addresses(observed: &Observed) -> Vec<IpAddr> {
    observed.detail.split([' ', ',']).filter_map(|word| word.parse().ok()).collect()
}

/// `443/TCP`, `443/TCP (https)`.
pub fn service_port(port: &ServicePort) -> String {
    let protocol = if port.protocol.is_empty() { "TCP" } else { &port.protocol };
    let name = if port.name.is_empty() { String::new() } else { format!(" ({})", port.name) };
    format!("{}/{protocol}{name}", port.port)
}

/// `; 8080 and 9090 are open instead`.
pub fn instead(ports: &[u16]) -> String {
    let numbers: Vec<String> = ports.iter().map(u16::to_string).collect();
    match ports {
        [] => String::new(),
        [_] => format!("; {} is open instead", and(&numbers)),
        _ => format!("; {} are open instead", and(&numbers)),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub fn and(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}
