//! What a question is about, once names have become objects.

use std::fmt;
use std::net::IpAddr;

use crate::objects::{Cidr, LabelSelector, Protocol};
use crate::report::Peer;

/// One end of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// Pods: one, those of a workload, of a namespace or of a selector.
    Pods {
        /// What the user named.
        label: Peer,
        /// Positions in the inventory, ascending, at least one.
        pods: Vec<usize>,
    },
    /// A Service.
    Service {
        /// Namespace.
        namespace: String,
        /// Name.
        name: String,
    },
    /// An address.
    Address(IpAddr),
    /// A range of addresses.
    Cidr(Cidr),
}

/// A port somebody asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortQuery {
    /// Protocol; none: TCP for a number, any for a name or a port of a Service.
    pub protocol: Option<Protocol>,
    /// Number or name.
    pub port: PortName,
}

/// As written: `443`, `8000-8080/UDP`, `http`.
impl fmt::Display for PortQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.port {
            PortName::Range(low, high) if low == high => write!(f, "{low}")?,
            PortName::Range(low, high) => write!(f, "{low}-{high}")?,
            PortName::Name(name) => write!(f, "{name}")?,
        }
        self.protocol.map_or(Ok(()), |protocol| write!(f, "/{protocol}"))
    }
}

/// The number or name of a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortName {
    /// First and last, both inclusive.
    Range(u16, u16),
    /// A name, looked up in each pod.
    Name(String),
}

/// Which workloads a matrix shows.
#[derive(Debug, Clone, Default)]
pub struct MatrixScope {
    /// Only connections with an end in this namespace.
    pub namespace: Option<String>,
    /// Only connections with an end among these pods.
    pub selector: Option<LabelSelector>,
    /// About how many connections are enough: more are cut off, and the answer says so.
    pub limit: Option<usize>,
}
