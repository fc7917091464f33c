//! What the kernel of a pod's network says in `/proc/net`: who listens there, and what arrived.
//!
//! Every container of a pod may read these files, without any privilege: the network is the pod's.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::objects::Protocol;

/// Who in a pod hears a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listening {
    /// All addresses of the pod: bound to `::`, which hears IPv4 too unless the program asked otherwise; that cannot be seen here.
    All,
    /// These addresses, not all of them on loopback. `0.0.0.0` stands for every IPv4 address.
    Addresses(BTreeSet<IpAddr>),
    /// Loopback addresses only: nobody outside the pod is heard.
    LoopbackOnly,
    /// Nobody.
    Nobody,
    /// Not all tables could be read, and nobody is in the others; or the protocol has no table.
    Unknown,
}

impl Listening {
    /// Whether what is sent to this address is heard.
    pub fn hears(&self, address: IpAddr) -> Option<bool> {
        match self {
            Self::All => Some(true),
            Self::Addresses(bound) => {
                let any = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
                Some(bound.contains(&address) || (address.is_ipv4() && bound.contains(&any)))
            }
            Self::LoopbackOnly => Some(address.is_loopback()),
            Self::Nobody => Some(false),
            Self::Unknown => None,
        }
    }
}

/// The sockets of a pod that wait for others to begin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sockets {
    tcp: Table,
    udp: Table,
}

/// The sockets of a protocol, from its two tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Table {
    sockets: BTreeSet<(u16, IpAddr)>,
    /// Whether both tables were there, to their last line.
    whole: bool,
}

impl Sockets {
    /// Reads `/proc/net/tcp`, `tcp6`, `udp` and `udp6`. A table that is empty, or cut, was not read.
    ///
    /// Addresses are taken as little-endian machines print them, which is all that Kubernetes runs on but s390x.
    pub fn parse(tcp: &str, tcp6: &str, udp: &str, udp6: &str) -> Self {
        // The states of include/net/tcp_states.h: TCP_LISTEN, and TCP_CLOSE for a UDP socket that is connected to nobody.
        Self { tcp: Table::parse([tcp, tcp6], "0A"), udp: Table::parse([udp, udp6], "07") }
    }

    /// Who hears this port.
    pub fn listening(&self, port: u16, protocol: Protocol) -> Listening {
        let table = match protocol {
            Protocol::Tcp => &self.tcp,
            Protocol::Udp => &self.udp,
            Protocol::Sctp => return Listening::Unknown,
        };
        let bound: BTreeSet<IpAddr> = table.sockets.iter().filter(|(bound, _)| *bound == port).map(|(_, address)| *address).collect();
        if bound.contains(&IpAddr::V6(Ipv6Addr::UNSPECIFIED)) {
            Listening::All
        } else if bound.iter().any(|address| !address.is_loopback()) {
            Listening::Addresses(bound)
        } else if !table.whole {
            Listening::Unknown
        } else if bound.is_empty() {
            Listening::Nobody
        } else {
            Listening::LoopbackOnly
        }
    }
}

impl Table {
    fn parse(tables: [&str; 2], state: &str) -> Self {
        let mut parsed = Self { whole: true, ..Self::default() };
        for text in tables {
            let mut lines = text.lines();
            parsed.whole &= lines.next().is_some_and(|head| head.contains("local_address")) && text.ends_with('\n');
            for line in lines {
                let fields: Vec<&str> = line.split_whitespace().collect();
                match fields.as_slice() {
                    [_, local, _, found, ..] if *found == state => match socket(local) {
                        Some(socket) => _ = parsed.sockets.insert(socket),
                        None => parsed.whole = false,
                    },
                    [_, _, _, _, ..] => {}
                    _ => parsed.whole = false,
                }
            }
        }
        parsed
    }
}

/// `0100007F:1F90` is 127.0.0.1:8080: the port as a number, the address as its words of 32 bits, each as a number of the machine.
fn socket(text: &str) -> Option<(u16, IpAddr)> {
    let (address, port) = text.split_once(':')?;
    let word = |text: &str| Some(u32::from_str_radix(text, 16).ok()?.to_le_bytes());
    let address = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(address)?)),
        32 => {
            let mut bytes = [0; 16];
            for (place, at) in bytes.chunks_exact_mut(4).zip([0, 8, 16, 24]) {
                place.copy_from_slice(&word(address.get(at..at + 8)?)?);
            }
            // A socket of IPv6 may be bound to an address of IPv4, ::ffff:127.0.0.1.
            Ipv6Addr::from(bytes).to_canonical()
        }
        _ => return None,
    };
    Some((u16::from_str_radix(port, 16).ok()?, address))
}

/// What a kernel counted in a network, from `/proc/net/snmp` and `snmp6`: `Udp.InDatagrams`, `Udp6InDatagrams`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters(BTreeMap<String, u64>);

impl Counters {
    /// Reads `/proc/net/snmp` and `snmp6`; what is not a counter is left out.
    pub fn parse(snmp: &str, snmp6: &str) -> Self {
        let mut counters = BTreeMap::new();
        let lines: Vec<&str> = snmp.lines().collect();
        for pair in lines.chunks_exact(2) {
            let [names, values] = pair else { continue };
            let (Some((of, names)), Some((of_values, values))) = (names.split_once(':'), values.split_once(':')) else { continue };
            if of == of_values {
                let pairs = names.split_whitespace().zip(values.split_whitespace());
                counters.extend(pairs.filter_map(|(name, value)| Some((format!("{of}.{name}"), value.parse().ok()?))));
            }
        }
        let six = snmp6.lines().filter_map(|line| line.split_once(char::is_whitespace));
        counters.extend(six.filter_map(|(name, value)| Some((name.to_owned(), value.trim().parse().ok()?))));
        Self(counters)
    }

    /// By how much each has grown since; what is not in both, or went back, is left out.
    pub fn difference(&self, before: &Self) -> Self {
        let grown = |(name, now): (&String, &u64)| Some((name.clone(), now.checked_sub(*before.0.get(name)?)?));
        Self(self.0.iter().filter_map(grown).collect())
    }

    /// What became of as many packets as were sent to a port of the pod, by what its counters grew meanwhile.
    ///
    /// They count all that comes to the pod, so they show for certain only that something did *not* arrive.
    pub fn arrival(&self, protocol: Protocol, address: IpAddr, sent: u64) -> Arrival {
        let six = address.is_ipv6();
        let of = |layer: &str, name: &str| {
            let name = if six { format!("{layer}6{name}") } else { format!("{layer}.{name}") };
            self.0.get(&name).copied()
        };
        // Counted behind the local filter of the pod, before a socket is looked for; what a policy drops outside the pod is not in it.
        let Some(delivered) = of("Ip", "InDelivers") else { return Arrival::Unknown };
        if let Some(at_least) = sent.checked_sub(delivered).filter(|missing| *missing > 0) {
            return Arrival::Missing { at_least };
        }
        if sent == 0 || protocol != Protocol::Udp {
            return Arrival::Unknown;
        }
        match (of("Udp", "NoPorts"), of("Udp", "InDatagrams"), of("Udp", "InErrors")) {
            (Some(nobody), _, _) if nobody >= sent => Arrival::NoPort,
            (_, Some(read), Some(failed)) if read.saturating_add(failed) >= sent => Arrival::Unanswered,
            _ => Arrival::Unknown,
        }
    }
}

/// What became of packets that nobody answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// They came to a socket: as many datagrams as were sent, or more, were read there or overflowed its queue.
    Unanswered,
    /// They came to the pod, and no socket had that port.
    NoPort,
    /// Fewer packets came to the pod than were sent to it, whatever they were: at least as many of these did not arrive.
    Missing {
        /// How many for certain.
        at_least: u64,
    },
    /// The counters do not tell.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "  sl  local_address rem_address   st tx_queue rx_queue\n";

    fn listening(tcp: &str, tcp6: &str, port: u16) -> Listening {
        Sockets::parse(tcp, tcp6, "", "").listening(port, Protocol::Tcp)
    }

    #[test]
    fn nobody_is_said_only_of_tables_that_were_read_to_their_end() {
        let loopback = format!("{HEAD}   0: 0100007F:0050 00000000:0000 0A 0:0 0 0\n   1: 0100007F:0051 0100007F:1234 01 0:0 0 0\n");
        assert_eq!(listening(&loopback, HEAD, 80), Listening::LoopbackOnly);
        assert_eq!(listening(&loopback, HEAD, 81), Listening::Nobody);
        for (tcp, tcp6) in [(loopback.as_str(), ""), (loopback.trim_end(), HEAD), (HEAD, "cat: tcp6: No such file\n"), ("", "")] {
            assert_eq!(listening(tcp, tcp6, 81), Listening::Unknown, "{tcp:?} {tcp6:?}");
            assert_eq!(listening(tcp, tcp6, 80), Listening::Unknown, "{tcp:?} {tcp6:?}");
        }
        for broken in
            ["   0: 0100007F 0 0A\n", "   0: 01:0050 0:0 0A 0\n", "   0: 0100007G:0050 0:0 0A 0\n", "   0:\n", "   0: é:0050 0:0 0A 0\n"]
        {
            assert_eq!(listening(&format!("{HEAD}{broken}"), HEAD, 80), Listening::Unknown, "{broken:?}");
        }
    }

    #[test]
    fn who_is_seen_hears_though_another_table_was_not_read() {
        let open = format!("{HEAD}   0: 00000000:0050 00000000:0000 0A 0:0 0 0\n");
        let heard = listening(&open, "", 80);
        assert_eq!(heard.hears(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1))), Some(true));
        assert_eq!(heard.hears(IpAddr::V6(Ipv6Addr::LOCALHOST)), Some(false));
    }

    #[test]
    fn counters_that_are_missing_or_went_back_tell_nothing() {
        let snmp = |delivered: u64, read: u64| {
            let text = format!("Ip: InDelivers\nIp: {delivered}\nUdp: InDatagrams NoPorts InErrors\nUdp: {read} 0 0\n");
            Counters::parse(&text, "")
        };
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let arrival = |after: &Counters, protocol, sent| after.difference(&snmp(100, 50)).arrival(protocol, address, sent);
        assert_eq!(arrival(&snmp(110, 60), Protocol::Udp, 10), Arrival::Unanswered);
        assert_eq!(arrival(&snmp(110, 59), Protocol::Udp, 10), Arrival::Unknown);
        assert_eq!(arrival(&snmp(103, 53), Protocol::Udp, 10), Arrival::Missing { at_least: 7 });
        assert_eq!(arrival(&snmp(110, 60), Protocol::Tcp, 10), Arrival::Unknown);
        assert_eq!(arrival(&snmp(99, 60), Protocol::Udp, 10), Arrival::Unknown);
        assert_eq!(arrival(&Counters::parse("", ""), Protocol::Udp, 10), Arrival::Unknown);
        assert_eq!(arrival(&snmp(110, 60), Protocol::Udp, 0), Arrival::Unknown);
    }
}
