//! What the questions about reachability are asked of: targets that were looked up, and ports.

use std::fmt;
use std::net::IpAddr;

use crate::objects::{Cidr, Protocol};
use crate::report::Peer;

/// An end of a connection, looked up in the inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// Pods: of a workload, of a namespace, of a selector, or one.
    Pods {
        /// What the user named, with the number of its pods.
        label: Peer,
        /// Positions in [`Inventory::pods`](crate::inventory::Inventory::pods), ascending, at least one.
        pods: Vec<usize>,
    },
    /// A Service that exists.
    Service {
        /// Namespace.
        namespace: String,
        /// Name.
        name: String,
    },
    /// One address.
    Address(IpAddr),
    /// A block of addresses.
    Cidr(Cidr),
}

/// The port a question is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortQuery {
    /// Which port: of the pods, or of the Service if the target is one.
    pub port: PortName,
    /// The protocol, if it was said. Otherwise a Service's port has its own, a named port that of its declaration, and
    /// a number is TCP.
    pub protocol: Option<Protocol>,
}

/// A port as a user says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortName {
    /// Numbers from the first to the last, both inclusive; one number if they are equal. Never zero, never empty.
    Numbers(u16, u16),
    /// A name that pods or a Service declare.
    Name(String),
}

/// Which connections of the matrix are wanted: those that start or end at these pods.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MatrixScope {
    /// A namespace; none: all.
    pub namespace: Option<String>,
    /// Labels the pods must have.
    pub selector: Option<crate::objects::LabelSelector>,
}

impl fmt::Display for PortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Numbers(first, last) if first == last => write!(f, "{first}"),
            Self::Numbers(first, last) => write!(f, "{first}-{last}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for PortQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.protocol {
            Some(protocol) => write!(f, "{}/{protocol}", self.port),
            None => self.port.fmt(f),
        }
    }
}
