//! One question to one server of names.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Addresses of IPv4.
    A,
    /// Addresses of IPv6.
    Aaaa,
}

/// What a server says of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It has these addresses; none is NODATA.
    Addresses(Vec<IpAddr>),
    /// There is no such name.
    NxDomain,
    /// It could not tell, or would not; with its word for that.
    Failed(&'static str),
}

/// A message that asks; nothing if no name can be so.
pub fn question(id: u16, name: &str, kind: Kind) -> Option<Vec<u8>> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let labels = name.split('.').filter(|_| !name.is_empty()).map(str::as_bytes);
    let mut name = Name::from_labels(labels).ok()?;
    name.set_fqdn(true);
    let mut message = Message::new(id, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name, if kind == Kind::A { RecordType::A } else { RecordType::AAAA }));
    message.to_vec().ok()
}

/// Asks a server for both kinds of addresses of a full name at once, as the libraries do.
///
/// # Errors
/// If it does not answer, and how that shows.
pub fn ask(server: IpAddr, name: &str, patience: Duration) -> io::Result<Said> {
    let until = Instant::now() + patience;
    let server = SocketAddr::new(server, 53);
    let any: IpAddr = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(server)?;
    let no_name = || io::Error::new(ErrorKind::InvalidInput, "no name of DNS");
    let questions = [question(1, name, Kind::A).ok_or_else(no_name)?, question(2, name, Kind::Aaaa).ok_or_else(no_name)?];
    for question in &questions {
        socket.send(question)?;
    }
    let mut replies: [Option<Said>; 2] = [None, None];
    let mut buffer = vec![0; 4096];
    while replies.iter().any(Option::is_none) {
        let left = until.saturating_duration_since(Instant::now());
        // One kind that is known is better than none; the other one is not waited for again.
        let received = if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { receive(&socket, &mut buffer, left) };
        let Some(reply) = received.or_else(|error| if replies.iter().any(found) { Ok(None) } else { Err(error) })? else { break };
        let slot = replies.iter_mut().zip(&questions).find(|(_, question)| question.get(..2) == reply.get(..2));
        if let Some((slot, question)) = slot
            && let Ok(message) = Message::from_vec(reply)
            && message.metadata.message_type == MessageType::Response
        {
            let message = if message.metadata.truncation { over_tcp(server, question, until)? } else { message };
            *slot = Some(said(&message));
        }
    }
    let [a, aaaa] = replies;
    Ok(both(a, aaaa))
}

fn receive<'a>(socket: &UdpSocket, buffer: &'a mut [u8], left: Duration) -> io::Result<Option<&'a [u8]>> {
    socket.set_read_timeout(Some(left))?;
    let bytes = socket.recv(buffer)?;
    Ok(buffer.get(..bytes))
}

fn found(said: &Option<Said>) -> bool {
    matches!(said, Some(Said::Addresses(addresses)) if !addresses.is_empty())
}

/// An answer that did not fit into a datagram.
fn over_tcp(server: SocketAddr, question: &[u8], until: Instant) -> io::Result<Message> {
    let left = || Some(until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1)));
    let mut stream = TcpStream::connect_timeout(&server, left().unwrap_or_default())?;
    stream.set_write_timeout(left())?;
    let length = u16::try_from(question.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), question].concat())?;
    stream.set_read_timeout(left())?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut reply = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut reply)?;
    Message::from_vec(&reply).map_err(io::Error::other)
}

fn said(message: &Message) -> Said {
    match message.metadata.response_code {
        ResponseCode::NoError => Said::Addresses(message.answers.iter().filter_map(|record| address(&record.data)).collect()),
        ResponseCode::NXDomain => Said::NxDomain,
        ResponseCode::ServFail => Said::Failed("SERVFAIL"),
        ResponseCode::Refused => Said::Failed("REFUSED"),
        ResponseCode::NotImp => Said::Failed("NOTIMP"),
        ResponseCode::FormErr => Said::Failed("FORMERR"),
        _ => Said::Failed("an error code"),
    }
}

fn address(data: &RData) -> Option<IpAddr> {
    match data {
        RData::A(address) => Some(address.0.into()),
        RData::AAAA(address) => Some(address.0.into()),
        _ => None,
    }
}

/// Addresses of one kind are enough; without any, a failure of one kind leaves it open.
fn both(a: Option<Said>, aaaa: Option<Said>) -> Said {
    let mut addresses = Vec::new();
    let mut other = None;
    for said in [a, aaaa].into_iter().flatten() {
        match said {
            Said::Addresses(more) => addresses.extend(more),
            Said::Failed(word) => other = Some(Said::Failed(word)),
            Said::NxDomain => other = other.or(Some(Said::NxDomain)),
        }
    }
    if addresses.is_empty() { other.unwrap_or(Said::Addresses(addresses)) } else { Said::Addresses(addresses) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_what_servers_expect() {
        let bytes = question(0x1234, "a.b.", Kind::Aaaa);
        assert_eq!(bytes, Some(vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, b'a', 1, b'b', 0, 0, 28, 0, 1]));
        assert_eq!(question(1, ".", Kind::A).map(|bytes| bytes.len()), Some(17));
        assert_eq!(question(1, "a..b", Kind::A), None);
        assert_eq!(question(1, &"x".repeat(64), Kind::A), None);
    }

    #[test]
    fn addresses_of_one_kind_are_enough_and_a_failure_leaves_it_open() {
        let one: IpAddr = Ipv4Addr::LOCALHOST.into();
        let found = || Said::Addresses(vec![one]);
        let none = || Said::Addresses(Vec::new());
        for (a, aaaa, said) in [
            (Some(found()), Some(Said::Failed("SERVFAIL")), found()),
            (Some(found()), None, found()),
            (Some(none()), Some(none()), none()),
            (Some(none()), Some(Said::Failed("SERVFAIL")), Said::Failed("SERVFAIL")),
            (Some(Said::NxDomain), Some(Said::Failed("REFUSED")), Said::Failed("REFUSED")),
            (Some(Said::NxDomain), Some(Said::NxDomain), Said::NxDomain),
        ] {
            assert_eq!(both(a, aaaa), said);
        }
    }
}
