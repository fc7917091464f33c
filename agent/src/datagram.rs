//! Sends datagrams, and waits for an answer or for a word of the network that nobody is there.

use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::time::Duration;

use nix::poll::PollFlags;
use socket2::{Protocol, SockAddr, Type};

use crate::attempt::Tried;
use crate::connect::{not_connected, own, socket, wait};
use crate::verdict::Verdict;
use crate::{dns, icmp};

/// Datagrams of an attempt: one alone may be lost.
const DATAGRAMS: u32 = 3;

/// UDP: answered, unreachable or silent.
pub fn udp(to: SocketAddr, patience: Duration) -> Tried {
    let socket = match socket(Type::DGRAM, Protocol::UDP, to) {
        Ok(socket) => socket,
        Err(tried) => return tried,
    };
    if let Err(error) = socket.connect(&SockAddr::from(to)) {
        return not_connected(&error);
    }
    let payload = payload(to.port());
    for _ in 0..DATAGRAMS {
        let sent = socket.send(&payload);
        let ready = sent.is_ok() && wait(&socket, PollFlags::POLLIN, patience / DATAGRAMS);
        // The error of the datagram before is also that of the next call.
        if let Some(error) = icmp::heard(&socket) {
            return error.verdict(own(&socket), to.ip(), Verdict::UdpUnreachable);
        }
        if let Err(error) = sent {
            return not_connected(&error);
        }
        if ready {
            match socket.recv(&mut [MaybeUninit::uninit(); 2048]) {
                Ok(bytes) => return Tried::with(Verdict::UdpAnswered, format!("{bytes} bytes")),
                Err(error) => return not_connected(&error),
            }
        }
    }
    Tried::plain(Verdict::UdpSilent)
}

/// Something that a server behind this port is likely to answer.
fn payload(port: u16) -> Vec<u8> {
    match port {
        53 => dns::question(1, ".", dns::Kind::A).unwrap_or_default(),
        // NTP: version 4, a client.
        123 => std::iter::once(0x23).chain([0; 47]).collect(),
        // agnhost answers that one.
        _ => b"hostname\n".to_vec(),
    }
}
