//! Who is probed from, and what: pods, Services, addresses, host names, URLs, names to look up.

use std::net::IpAddr;

use crate::cli::targets::{self, Target, TargetArg};
use crate::cli::{CommandError, ErrorKind};
use crate::dns::name::Name;
use crate::inventory::Inventory;
use crate::policy::question::Resolved;
use crate::probe::targets::{End, Trial, Wanted};

/// A target as it was typed.
#[derive(Debug)]
pub(super) enum Typed {
    /// An object or an address, as other commands name them.
    Object(Target),
    /// A name, and what is tried with it.
    Host(Wanted),
}

/// Reads all targets: each of one word, or `TYPE NAME`.
pub(super) fn targets(mut words: &[String]) -> Result<Vec<Typed>, CommandError> {
    let mut typed = Vec::new();
    while let Some((word, rest)) = words.split_first() {
        if let Some(named) = host(word)? {
            typed.push(named);
            words = rest;
            continue;
        }
        let (target, rest) = targets::parse_first(words, "TARGET")?;
        typed.push(Typed::Object(target));
        words = rest;
    }
    if typed.is_empty() {
        return Err(usage("TARGET is missing".to_owned()).hint(
            "name what is to be connected to: svc/NAME, pod/NAME:PORT, 10.0.0.1:53/UDP, db.example.com:443, https://HOST/, dns/NAME",
        ));
    }
    Ok(typed)
}

/// The objects that are named, so that their namespaces are read.
pub(super) fn objects(typed: &[Typed]) -> impl Iterator<Item = &Target> {
    typed.iter().filter_map(|typed| match typed {
        Typed::Object(target) => Some(target),
        Typed::Host(_) => None,
    })
}

/// What is meant by a target.
pub(super) fn resolve(inventory: &Inventory, typed: &Typed, namespace: &str) -> Result<Wanted, CommandError> {
    let target = match typed {
        Typed::Host(wanted) => return Ok(wanted.clone()),
        Typed::Object(target) => target,
    };
    let resolved = targets::resolve(inventory, &target.end, namespace).map_err(|error| match &target.end {
        TargetArg::Pod { namespace: None, name } => error.hint(format!("a host of this name: host/{name}; a Service: svc/{name}")),
        _ => error,
    })?;
    Ok(Wanted { text: called(&resolved), end: End::Object(resolved), trial: Trial::Connect(target.port.clone()) })
}

/// `shop/svc/payments`, `10.0.0.1`.
fn called(resolved: &Resolved) -> String {
    match resolved {
        Resolved::Pods { label, .. } if label.name.is_empty() => label.description.clone(),
        Resolved::Pods { label, .. } if label.namespace.is_empty() => format!("{}/{}", label.kind.to_lowercase(), label.name),
        Resolved::Pods { label, .. } => format!("{}/{}/{}", label.namespace, label.kind.to_lowercase(), label.name),
        Resolved::Service { namespace, name } => format!("{namespace}/svc/{name}"),
        Resolved::Address(ip) => ip.to_string(),
        Resolved::Cidr(cidr) => cidr.to_string(),
    }
}

/// A URL, `dns/NAME`, `host/NAME:PORT`, or a name with a dot in it; none for everything else.
fn host(word: &str) -> Result<Option<Typed>, CommandError> {
    let typed = |wanted| Ok(Some(Typed::Host(wanted)));
    if let Some((tls, rest)) =
        word.strip_prefix("https://").map(|rest| (true, rest)).or(word.strip_prefix("http://").map(|rest| (false, rest)))
    {
        return typed(url(word, tls, rest)?);
    }
    if let Some(name) = word.strip_prefix("dns/") {
        check(name)?;
        return typed(Wanted { text: name.to_owned(), end: End::Host(name.to_owned()), trial: Trial::Lookup });
    }
    let head = word.split(':').next().unwrap_or_default();
    let is_name = head.contains('.') && !head.contains('/') && head.parse::<IpAddr>().is_err();
    let Some(rest) = word.strip_prefix("host/").or(is_name.then_some(word)) else { return Ok(None) };
    let (name, port) = match rest.split_once(':') {
        Some((name, port)) => (name, Some(targets::parse_port(port).map_err(|why| usage(format!("{word}: {why}")))?)),
        None => (rest, None),
    };
    check(name)?;
    typed(Wanted { text: name.to_owned(), end: End::Host(name.to_owned()), trial: Trial::Connect(port) })
}

fn url(word: &str, tls: bool, rest: &str) -> Result<Wanted, CommandError> {
    let wrong = |why: &str| usage(format!("{word}: {why}"));
    let (place, path) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
    let path = path.split('#').next().unwrap_or_default();
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    if path.chars().any(|c| !c.is_ascii_graphic()) {
        return Err(wrong("blanks and characters beyond ASCII are written as %20 in a URL"));
    }
    if place.contains('@') {
        return Err(wrong("a probe sends no name and no password"));
    }
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
    };
    let usual = if tls { 443 } else { 80 };
    let port = port.map_or(Ok(usual), |port| port.parse().map_err(|_| wrong("after the colon stands a port, 1 to 65535")))?;
    let end = match host.parse::<IpAddr>() {
        Ok(ip) => End::Object(Resolved::Address(ip)),
        Err(_) => {
            check(host)?;
            End::Host(host.to_owned())
        }
    };
    Ok(Wanted { text: word.to_owned(), end, trial: Trial::Http { tls, port, path } })
}

/// A name goes into a check as it is.
fn check(name: &str) -> Result<(), CommandError> {
    match Name::parse(name) {
        Err(error) => Err(usage(format!("\"{}\": {error}", crate::report::view::escape(name)))),
        Ok(_) if name.contains([',', ':', '/']) => Err(usage(format!("\"{}\" is no name of a host", crate::report::view::escape(name)))),
        Ok(_) => Ok(()),
    }
}

fn usage(message: String) -> CommandError {
    CommandError::new(ErrorKind::Usage, message)
}
