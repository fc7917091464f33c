//! What came of a check: typed, because *refused*, *dropped* and *could not be tried* have different causes.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What came of a check, after as many equal results in a row as the probe was told to want.
///
/// The words are those of the wire, see [`super::wire`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// TCP or SCTP: connected.
    Connected,
    /// HTTP: there is a status; the detail tells it.
    HttpStatus,
    /// A name has addresses; the detail tells them.
    Resolved,
    /// A datagram was answered.
    UdpAnswered,
    /// ICMP «port unreachable» for a datagram: it came to a host that has no such port (or to a rule that says so).
    UdpUnreachable,
    /// Nothing came back for a datagram.
    UdpSilent,
    /// Connection refused by a TCP reset.
    RefusedRst,
    /// Connection refused by ICMP «port unreachable».
    RefusedIcmpPort,
    /// ICMP «host unreachable», from a router or a rule.
    RefusedIcmpHost,
    /// ICMP «network unreachable», from a router or a rule.
    RefusedIcmpNet,
    /// ICMP «administratively prohibited», from a rule.
    RefusedIcmpProhibited,
    /// Refused, by a tool that does not tell how.
    Refused,
    /// Nothing came back in time.
    TimedOut,
    /// The pod has no route to the address, or no neighbour answers for it.
    NoRoute,
    /// The pod's own network stack rejected it: a local rule.
    LocalReject,
    /// Unreachable, by a tool that does not tell whether that is a route or a rule.
    Unreachable,
    /// Connected, and reset or closed before a byte came back.
    Reset,
    /// Connected, and no TLS was agreed upon; the detail tells why.
    TlsError,
    /// Connected, and what came back is no HTTP, or nothing in time; the detail tells which.
    NoHttp,
    /// The name does not exist.
    NxDomain,
    /// The name exists, without addresses.
    NoData,
    /// The server of names failed or refused.
    ServFail,
    /// No server of names answered in time.
    DnsTimeout,
    /// Different results in turn; the detail counts them.
    Flapping,
    /// The check could not be run: no tool, no socket of that kind, a result that was lost. Says nothing about the network.
    CouldNotRun,
}

impl fmt::Display for Verdict {
    /// The word of the wire.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// What a verdict shows of the way to the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// The first packet came to the target and an answer came back.
    Passes,
    /// It did not get an answer, or the network refused it.
    Blocked,
    /// Somebody answered «no»: the target itself, or a rule that plays it.
    Refuses,
    /// Nothing.
    Nothing,
}

impl Verdict {
    /// What it shows of the way to the target.
    pub fn shows(self) -> Shows {
        match self {
            Self::Connected | Self::HttpStatus | Self::UdpAnswered | Self::Reset | Self::TlsError | Self::NoHttp => Shows::Passes,
            Self::RefusedRst | Self::RefusedIcmpPort | Self::Refused | Self::UdpUnreachable => Shows::Refuses,
            Self::RefusedIcmpHost
            | Self::RefusedIcmpNet
            | Self::RefusedIcmpProhibited
            | Self::TimedOut
            | Self::NoRoute
            | Self::LocalReject
            | Self::Unreachable => Shows::Blocked,
            // Silence of a datagram is what a server that has nothing to say answers, too.
            Self::UdpSilent
            | Self::Resolved
            | Self::NxDomain
            | Self::NoData
            | Self::ServFail
            | Self::DnsTimeout
            | Self::Flapping
            | Self::CouldNotRun => Shows::Nothing,
        }
    }
}
