//! What a probe tries, one thing each, as a word that fits into an argument: `tcp,10.0.0.1,80`, `https,db.shop,443,/healthz`.
//!
//! Both programs that run checks in a pod (`agent/` and the shell script) read these words.

use std::fmt;
use std::str::FromStr;

/// One thing to try from inside a pod.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// Opens a connection.
    Tcp(To),
    /// Sends datagrams and waits for an answer, or for a word of the network that there is no such port.
    Udp(To),
    /// Opens an association.
    Sctp(To),
    /// Asks for a path, over TLS or not.
    Http {
        /// Over TLS; whose certificate it is, is not looked at.
        tls: bool,
        /// The server.
        to: To,
        /// The path, with its `/`.
        path: String,
    },
    /// Looks a name up as the resolv.conf of the pod says.
    Name(String),
}

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct To {
    /// An address (IPv6 without brackets) or a name.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl To {
    /// A host and a port.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(To { host, port }) => write!(f, "tcp,{host},{port}"),
            Self::Udp(To { host, port }) => write!(f, "udp,{host},{port}"),
            Self::Sctp(To { host, port }) => write!(f, "sctp,{host},{port}"),
            Self::Http { tls, to: To { host, port }, path } => {
                write!(f, "{},{host},{port},{path}", if *tls { "https" } else { "http" })
            }
            Self::Name(name) => write!(f, "name,{name}"),
        }
    }
}

/// A word that is no check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no check")]
pub struct NoCheck(pub String);

impl FromStr for Check {
    type Err = NoCheck;

    fn from_str(word: &str) -> Result<Self, NoCheck> {
        let parts: Vec<&str> = word.splitn(4, ',').collect();
        let to = |host: &str, port: &str| Some(To::new(host, port.parse().ok()?));
        let check = match parts.as_slice() {
            ["tcp", host, port] => to(host, port).map(Self::Tcp),
            ["udp", host, port] => to(host, port).map(Self::Udp),
            ["sctp", host, port] => to(host, port).map(Self::Sctp),
            [scheme @ ("http" | "https"), host, port, path] if path.starts_with('/') => {
                to(host, port).map(|to| Self::Http { tls: *scheme == "https", to, path: (*path).to_owned() })
            }
            ["name", name] => Some(Self::Name((*name).to_owned())),
            _ => None,
        };
        check.ok_or_else(|| NoCheck(word.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_read_as_it_was_written() {
        for word in ["tcp,10.0.0.1,80", "udp,fd00::1,53", "sctp,db,9", "http,web.shop,80,/a,b?c", "https,10.0.0.1,443,/", "name,db.shop."] {
            assert_eq!(word.parse::<Check>().map(|check| check.to_string()), Ok(word.to_owned()));
        }
        for word in ["", "tcp", "tcp,10.0.0.1", "tcp,10.0.0.1,x", "tcp,10.0.0.1,70000", "http,web,80", "http,web,80,x", "name", "icmp,web"]
        {
            assert_eq!(word.parse::<Check>(), Err(NoCheck(word.to_owned())));
        }
    }
}
