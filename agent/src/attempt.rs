//! One attempt of one check.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::check::{Check, To};
use crate::verdict::Verdict;
use crate::{connect, datagram, http, names};

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The verdict.
    pub verdict: Verdict,
    /// What else there is to say.
    pub detail: String,
}

impl Tried {
    /// A verdict that says all.
    pub fn plain(verdict: Verdict) -> Self {
        Self { verdict, detail: String::new() }
    }

    /// A verdict, and what else there is to say.
    pub fn with(verdict: Verdict, detail: impl Into<String>) -> Self {
        Self { verdict, detail: detail.into() }
    }
}

/// Tries it once.
pub fn attempt(check: &Check, patience: Duration) -> Tried {
    match check {
        Check::Tcp(to) => at(to, patience, |to| connect::tcp(to, patience)),
        Check::Sctp(to) => at(to, patience, |to| connect::sctp(to, patience)),
        Check::Udp(to) => at(to, patience, |to| datagram::udp(to, patience)),
        Check::Http { tls, to, path } => at(to, patience, |address| http::get(*tls, address, &to.host, path, patience)),
        Check::Name(name) => match names::lookup(name, patience) {
            Ok(addresses) => Tried::with(Verdict::Resolved, list(&addresses)),
            Err(tried) => tried,
        },
    }
}

/// At the host: if that is a name, at its first address to which the pod has a route, which the detail tells. What becomes of the name
/// is the verdict if it has none.
fn at(to: &To, patience: Duration, attempt: impl Fn(SocketAddr) -> Tried) -> Tried {
    if let Ok(address) = to.host.parse::<IpAddr>() {
        return attempt(SocketAddr::new(address, to.port));
    }
    let addresses = match names::lookup(&to.host, patience) {
        Ok(addresses) => addresses,
        Err(Tried { verdict, detail }) => return Tried::with(verdict, format!("{}: {detail}", to.host).trim_end_matches(": ")),
    };
    let mut tried = Tried::plain(Verdict::NoData);
    for address in addresses {
        let Tried { verdict, detail } = attempt(SocketAddr::new(address, to.port));
        tried = Tried { verdict, detail: if detail.is_empty() { address.to_string() } else { format!("{detail} ({address})") } };
        if verdict != Verdict::NoRoute {
            break;
        }
    }
    tried
}

fn list(addresses: &[IpAddr]) -> String {
    let mut addresses = addresses.to_vec();
    addresses.sort();
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
