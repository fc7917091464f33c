//! Ports as a user says them: `443`, `443/TCP`, `8000-8080`, `https`, `dns/UDP`.

use crate::objects::Protocol;
use crate::policy::question::{PortName, PortQuery};

/// Reads a port.
///
/// # Errors
/// One sentence on what a port looks like.
pub fn parse(text: &str) -> Result<PortQuery, String> {
    let (port, protocol) = match text.split_once('/') {
        Some((port, protocol)) => (port, Some(parse_protocol(protocol)?)),
        None => (text, None),
    };
    Ok(PortQuery { port: parse_port(port)?, protocol })
}

fn parse_protocol(text: &str) -> Result<Protocol, String> {
    let known = Protocol::ALL.into_iter().find(|protocol| protocol.name().eq_ignore_ascii_case(text));
    known.ok_or_else(|| format!("protocol \"{text}\" is none of TCP, UDP, SCTP"))
}

fn parse_port(text: &str) -> Result<PortName, String> {
    if text.is_empty() {
        return Err("a port is missing: 443, 443/TCP, 8000-8080 or a name".to_owned());
    }
    if let Some((first, last)) = text.split_once('-').filter(|(first, _)| is_number(first)) {
        let (first, last) = (number(first)?, number(last)?);
        return if first <= last { Ok(PortName::Range(first, last)) } else { Err(format!("port range {first}-{last} is empty")) };
    }
    if is_number(text) {
        return number(text).map(|port| PortName::Range(port, port));
    }
    // What the API server asks of port names (IANA service names).
    let letters = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let named = letters && text.len() <= 15 && text.bytes().any(|b| b.is_ascii_lowercase());
    let dashes = text.starts_with('-') || text.ends_with('-') || text.contains("--");
    if named && !dashes {
        Ok(PortName::Name(text.to_owned()))
    } else {
        Err(format!("\"{text}\" is no port: wanted 443, 443/TCP, 8000-8080 or a name"))
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn number(text: &str) -> Result<u16, String> {
    match text.parse::<u16>() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(format!("port \"{text}\" must be between 1 and 65535, inclusive")),
    }
}
