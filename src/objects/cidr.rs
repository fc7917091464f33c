//! Addresses and address blocks as NetworkPolicy uses them.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// IP version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// An address as a number inside its family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// IP version.
    pub family: Family,
    /// The address; at most 32 bits for IPv4.
    pub bits: u128,
}

impl From<IpAddr> for Address {
    fn from(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => Self { family: Family::V4, bits: u128::from(ip.to_bits()) },
            IpAddr::V6(ip) => Self { family: Family::V6, bits: ip.to_bits() },
        }
    }
}

impl Address {
    /// Reads a textual address.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<IpAddr>().ok().map(Self::from)
    }
}

/// An address block with its host bits masked off: `192.168.242.213/24` is `192.168.242.0/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr(IpNet);

/// Why a text is no CIDR.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")]
pub struct CidrError;

impl FromStr for Cidr {
    type Err = CidrError;
    fn from_str(text: &str) -> Result<Self, CidrError> {
        // `IpNet` also reads «10.0.0.1/08»; Go does not.
        let (_, len) = text.split_once('/').ok_or(CidrError)?;
        if len.is_empty() || !len.bytes().all(|b| b.is_ascii_digit()) || (len.len() > 1 && len.starts_with('0')) {
            return Err(CidrError);
        }
        text.parse::<IpNet>().map(|net| Self(net.trunc())).map_err(|_| CidrError)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<IpNet> for Cidr {
    fn from(net: IpNet) -> Self {
        Self(net.trunc())
    }
}

impl Cidr {
    /// The block that holds one address only.
    pub fn host(ip: IpAddr) -> Self {
        Self(IpNet::from(ip))
    }

    /// IP version.
    pub fn family(&self) -> Family {
        if matches!(self.0, IpNet::V4(_)) { Family::V4 } else { Family::V6 }
    }

    /// First and last address, both inclusive.
    pub fn bounds(&self) -> (u128, u128) {
        (Address::from(self.0.network()).bits, Address::from(self.0.broadcast()).bits)
    }

    /// Prefix length in bits.
    pub fn prefix_len(&self) -> u8 {
        self.0.prefix_len()
    }

    /// Whether this is every address of its family.
    pub fn is_everything(&self) -> bool {
        self.0.prefix_len() == 0
    }

    /// Whether the address is inside.
    pub fn contains(&self, address: Address) -> bool {
        let (low, high) = self.bounds();
        address.family == self.family() && (low..=high).contains(&address.bits)
    }

    /// Whether the other block is inside this one or equal to it.
    pub fn contains_cidr(&self, other: &Self) -> bool {
        self.0.contains(&other.0)
    }

    /// The block itself.
    pub fn net(&self) -> IpNet {
        self.0
    }
}
