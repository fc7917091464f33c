//! Questions and answers of DNS, as far as clusters have them.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordType {
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
    /// Another name.
    Cname,
    /// The name of an address.
    Ptr,
    /// Names and ports.
    Srv,
    /// Text.
    Txt,
}

impl RecordType {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::A, Self::Aaaa, Self::Cname, Self::Ptr, Self::Srv, Self::Txt];

    /// By its name in zone files.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// As in zone files.
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Cname => "CNAME",
            Self::Ptr => "PTR",
            Self::Srv => "SRV",
            Self::Txt => "TXT",
        }
    }
}

/// How an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rcode {
    /// The name is there.
    NoError,
    /// There is no such name.
    NxDomain,
    /// The server could not tell.
    ServFail,
    /// The server does not want to tell.
    Refused,
}

impl Rcode {
    /// As `dig` writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoError => "NOERROR",
            Self::NxDomain => "NXDOMAIN",
            Self::ServFail => "SERVFAIL",
            Self::Refused => "REFUSED",
        }
    }
}

/// A record. Names are lower case and have no dot at the end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Record {
    /// Whose it is.
    pub name: String,
    /// What it says.
    pub data: Data,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Data {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// The name that is meant.
    Cname(String),
    /// The name of the address.
    Ptr(String),
    /// Where a port is served.
    Srv {
        /// Lower ones first.
        priority: u16,
        /// Among equals.
        weight: u16,
        /// The port.
        port: u16,
        /// Whose port it is.
        target: String,
    },
    /// Text.
    Txt(String),
}

impl Data {
    /// The type of record that says such things.
    pub fn kind(&self) -> RecordType {
        match self {
            Self::A(_) => RecordType::A,
            Self::Aaaa(_) => RecordType::Aaaa,
            Self::Cname(_) => RecordType::Cname,
            Self::Ptr(_) => RecordType::Ptr,
            Self::Srv { .. } => RecordType::Srv,
            Self::Txt(_) => RecordType::Txt,
        }
    }
}

impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::A(address) => address.fmt(f),
            Self::Aaaa(address) => address.fmt(f),
            Self::Cname(name) | Self::Ptr(name) => f.write_str(name),
            Self::Srv { priority, weight, port, target } => write!(f, "{priority} {weight} {port} {target}"),
            Self::Txt(text) => f.write_str(text),
        }
    }
}

/// What a server says of one name and type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// How it ends.
    pub rcode: Rcode,
    /// Its answer section, sorted; that the name exists but has nothing of the type is none and `NOERROR`.
    pub answers: Vec<Record>,
}
