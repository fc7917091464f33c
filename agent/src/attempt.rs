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

/// At the first address of the host, which the detail names if it was not an address already. The name failing is the verdict, then.
fn at(to: &To, patience: Duration, attempt: impl FnOnce(SocketAddr) -> Tried) -> Tried {
    if let Ok(address) = to.host.parse::<IpAddr>() {
        return attempt(SocketAddr::new(address, to.port));
    }
    match names::lookup(&to.host, patience).as_deref() {
        Ok([first, ..]) => {
            let Tried { verdict, detail } = attempt(SocketAddr::new(*first, to.port));
            Tried { verdict, detail: if detail.is_empty() { first.to_string() } else { format!("{detail} ({first})") } }
        }
        Ok([]) => Tried::plain(Verdict::NoData),
        Err(tried) => Tried::with(tried.verdict, format!("{}: {}", to.host, tried.detail).trim_end_matches(": ")),
    }
}

fn list(addresses: &[IpAddr]) -> String {
    let mut addresses = addresses.to_vec();
    addresses.sort();
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
