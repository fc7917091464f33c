//! Opens a connection, and tells apart why there is none.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::attempt::Tried;
use crate::icmp;
use crate::verdict::Verdict;

/// How long a connection is watched: a proxy accepts first, and resets when it finds nobody behind it.
const WATCH: Duration = Duration::from_millis(100);

/// TCP: connected, and not reset at once.
pub fn tcp(to: SocketAddr, patience: Duration) -> Tried {
    match open(Protocol::TCP, to, patience) {
        Ok(socket) => watch(&socket),
        Err(tried) => tried,
    }
}

/// SCTP, where the kernel has it. It does not queue ICMP errors, so that a refusal may be an ABORT as well as one of these.
pub fn sctp(to: SocketAddr, patience: Duration) -> Tried {
    match open(Protocol::SCTP, to, patience) {
        Ok(_) => Tried::plain(Verdict::Connected),
        Err(Tried { verdict: Verdict::RefusedRst, .. }) => Tried::plain(Verdict::Refused),
        Err(tried) => tried,
    }
}

/// A connection, or why there is none.
///
/// # Errors
/// The verdict.
pub fn open(protocol: Protocol, to: SocketAddr, patience: Duration) -> Result<Socket, Tried> {
    let socket = socket(Type::STREAM, protocol, to)?;
    let started = match socket.connect(&SockAddr::from(to)) {
        Err(error) if error.raw_os_error() != Some(Errno::EINPROGRESS as i32) => Err(error),
        _ => Ok(()),
    };
    let failed = match started {
        Err(error) => error,
        Ok(()) if !wait(&socket, PollFlags::POLLOUT, patience) => return Err(Tried::plain(Verdict::TimedOut)),
        Ok(()) => {
            if let Some(error) = icmp::heard(&socket) {
                return Err(error.verdict(own(&socket), to.ip(), Verdict::RefusedIcmpPort));
            }
            match socket.take_error().and_then(|error| error.map_or(Ok(()), Err)) {
                Ok(()) => return Ok(socket),
                Err(error) => error,
            }
        }
    };
    Err(not_connected(&failed))
}

/// A socket that tells ICMP errors apart and never waits by itself.
///
/// # Errors
/// There is none of that kind: nothing about the network.
pub fn socket(kind: Type, protocol: Protocol, to: SocketAddr) -> Result<Socket, Tried> {
    let could_not = |error: &dyn ToString| Tried::with(Verdict::CouldNotRun, format!("no {protocol:?} socket: {}", error.to_string()));
    let socket = Socket::new(Domain::for_address(to), kind, Some(protocol)).map_err(|error| could_not(&error))?;
    socket.set_nonblocking(true).map_err(|error| could_not(&error))?;
    if protocol != Protocol::SCTP {
        icmp::listen(&socket, to).map_err(|error| could_not(&error))?;
    }
    Ok(socket)
}

/// The address that a socket speaks from.
pub fn own(socket: &Socket) -> Option<std::net::IpAddr> {
    socket.local_addr().ok()?.as_socket().map(|address| address.ip())
}

/// Waits until a socket is ready or has an error; not longer than this.
pub fn wait(socket: &Socket, flags: PollFlags, patience: Duration) -> bool {
    let until = Instant::now() + patience;
    loop {
        // One millisecond more than what is left, which is rounded down.
        let left = until.saturating_duration_since(Instant::now()) + Duration::from_millis(1);
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        match poll(&mut [PollFd::new(socket.as_fd(), flags)], timeout) {
            Ok(ready) => return ready > 0,
            Err(Errno::EINTR) => {}
            Err(_) => return false,
        }
    }
}

/// What the system says of a connection or datagram, where no ICMP error was queued for it.
pub fn not_connected(error: &io::Error) -> Tried {
    use Errno as E;
    let verdict = match error.raw_os_error().map(E::from_raw) {
        Some(E::ECONNREFUSED) => return Tried::plain(if queues_errors() { Verdict::RefusedRst } else { Verdict::Refused }),
        Some(E::ETIMEDOUT) => return Tried::plain(Verdict::TimedOut),
        Some(E::ECONNRESET) => Verdict::Reset,
        // EINVAL is what a blackhole route answers.
        Some(E::ENETUNREACH | E::EHOSTUNREACH | E::EINVAL | E::ENETDOWN | E::EHOSTDOWN) => Verdict::NoRoute,
        Some(E::EPERM | E::EACCES) => Verdict::LocalReject,
        _ => Verdict::CouldNotRun,
    };
    Tried::with(verdict, error.to_string())
}

/// Whether an ICMP error for a connection would have been queued, so that what was not is a reset: since Linux 5.9.
fn queues_errors() -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release.split(['.', '-']).map_while(|number| number.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(5), Some(9))
}

/// What becomes of a connection on which nothing is said.
fn watch(socket: &Socket) -> Tried {
    if !wait(socket, PollFlags::POLLIN, WATCH) {
        return Tried::plain(Verdict::Connected);
    }
    match socket.peek(&mut [std::mem::MaybeUninit::uninit(); 1]) {
        Ok(0) => Tried::with(Verdict::Connected, "closed at once by the other side"),
        Err(error) if error.kind() == ErrorKind::ConnectionReset => Tried::plain(Verdict::Reset),
        _ => Tried::plain(Verdict::Connected),
    }
}
