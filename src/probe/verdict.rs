//! What came of a check: typed, because *refused*, *dropped* and *could not be tried* have different causes.

use std::fmt;

use serde::Serialize as _;

pub use crate::report::probe::Verdict;

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
