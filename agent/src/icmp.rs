//! Which ICMP error came back for a socket: Linux queues them, if asked to, with the address that sent them.

use std::io::IoSliceMut;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::AsRawFd as _;

use nix::libc;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt};
use socket2::Socket;

use crate::attempt::Tried;
use crate::verdict::Verdict;

/// Asks for the errors of this socket.
///
/// # Errors
/// If the system has no such queue.
pub fn listen(socket: &Socket, to: SocketAddr) -> nix::Result<()> {
    if to.is_ipv4() { setsockopt(socket, sockopt::Ipv4RecvErr, &true) } else { setsockopt(socket, sockopt::Ipv6RecvErr, &true) }
}

/// An ICMP error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Icmp {
    kind: u8,
    code: u8,
    v6: bool,
    from: Option<IpAddr>,
}

/// The next error in the queue of a socket, if there is one.
pub fn heard(socket: &Socket) -> Option<Icmp> {
    let mut payload = [0; 64];
    let mut control = vec![0; 512];
    loop {
        let mut parts = [IoSliceMut::new(&mut payload)];
        let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
        let message = recvmsg::<SockaddrStorage>(socket.as_raw_fd(), &mut parts, Some(&mut control), flags).ok()?;
        for control in message.cmsgs().ok()? {
            let (error, from) = match control {
                ControlMessageOwned::Ipv4RecvErr(error, from) => (error, from.map(v4)),
                ControlMessageOwned::Ipv6RecvErr(error, from) => (error, from.map(v6)),
                _ => continue,
            };
            // What the socket itself could not do is told by its calls, too.
            if matches!(error.ee_origin, libc::SO_EE_ORIGIN_ICMP | libc::SO_EE_ORIGIN_ICMP6) {
                return Some(Icmp { kind: error.ee_type, code: error.ee_code, v6: error.ee_origin == libc::SO_EE_ORIGIN_ICMP6, from });
            }
        }
    }
}

fn v4(address: libc::sockaddr_in) -> IpAddr {
    Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr)).into()
}

fn v6(address: libc::sockaddr_in6) -> IpAddr {
    Ipv6Addr::from(address.sin6_addr.s6_addr).into()
}

/// What an error says of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Port,
    Host,
    Net,
    Prohibited,
    Other,
}

impl Icmp {
    /// RFC 792 and 1812, RFC 4443.
    fn means(self) -> Kind {
        match (self.v6, self.kind, self.code) {
            (false, 3, 3) | (true, 1, 4) => Kind::Port,
            (false, 3, 1 | 7 | 8 | 12) | (true, 1, 3) => Kind::Host,
            (false, 3, 0 | 6 | 11) | (true, 1, 0) => Kind::Net,
            (false, 3, 9 | 10 | 13) | (true, 1, 1 | 5 | 6) => Kind::Prohibited,
            _ => Kind::Other,
        }
    }

    /// The verdict for a socket that has this address and asked that one; `port` is that of «port unreachable».
    pub fn verdict(self, own: Option<IpAddr>, asked: IpAddr, port: Verdict) -> Tried {
        // A pod that asks itself hears its own kernel; one that asks another hears it only if the packet did not leave.
        let local = self.from.is_some() && self.from == own && own != Some(asked);
        let verdict = match self.means() {
            Kind::Host if local => Verdict::NoRoute,
            _ if local => Verdict::LocalReject,
            Kind::Port => port,
            Kind::Host => Verdict::RefusedIcmpHost,
            Kind::Net => Verdict::RefusedIcmpNet,
            Kind::Prohibited => Verdict::RefusedIcmpProhibited,
            Kind::Other => Verdict::Unreachable,
        };
        Tried::with(verdict, self.to_string())
    }
}

impl std::fmt::Display for Icmp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let version = if self.v6 { "ICMPv6" } else { "ICMP" };
        let kind = match self.means() {
            Kind::Port => "port unreachable",
            Kind::Host => "host unreachable",
            Kind::Net => "network unreachable",
            Kind::Prohibited => "administratively prohibited",
            Kind::Other => return write!(f, "{version} type {} code {}{}", self.kind, self.code, self.sender()),
        };
        write!(f, "{version} {kind}{}", self.sender())
    }
}

impl Icmp {
    fn sender(&self) -> String {
        self.from.map(|from| format!(" from {from}")).unwrap_or_default()
    }
}
