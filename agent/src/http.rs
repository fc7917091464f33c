//! Asks for a path, over TLS or not, and looks at the status.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustls::{ClientConnection, StreamOwned};
use socket2::Protocol;

use crate::attempt::Tried;
use crate::connect::open;
use crate::tls;
use crate::verdict::Verdict;

/// What is read of an answer: its first line has the status.
const HEAD: usize = 1024;

/// GET; redirects are not followed.
pub fn get(tls: bool, to: SocketAddr, host: &str, path: &str, patience: Duration) -> Tried {
    let stream = match open(Protocol::TCP, to, patience).map(TcpStream::from) {
        Ok(stream) => stream,
        Err(tried) => return tried,
    };
    if let Err(error) = stream.set_nonblocking(false) {
        return Tried::with(Verdict::CouldNotRun, error.to_string());
    }
    let mut timed = Timed { stream, until: Instant::now() + patience, read: 0 };
    let request = request(tls, to, host, path);
    if !tls {
        return match head(&mut timed, &request) {
            Ok(head) => answer(&head),
            Err(error) => failed(&error, timed.read, Verdict::NoHttp),
        };
    }
    let mut client = match tls::client(host) {
        Ok(client) => client,
        Err(error) => return Tried::with(Verdict::CouldNotRun, error.to_string()),
    };
    match agree(&mut client, &mut timed) {
        Ok(()) => {}
        Err(error) => return failed(&error, timed.read, Verdict::TlsError),
    }
    let mut secured = StreamOwned::new(client, timed);
    match head(&mut secured, &request) {
        Ok(head) => answer(&head),
        // A server that wants a certificate of the client says so only now.
        Err(error) if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => Tried::with(Verdict::TlsError, error.to_string()),
        Err(error) => failed(&error, secured.sock.read, Verdict::NoHttp),
    }
}

/// The handshake. Its own loop: one that a server ends in silence would be asked for ever.
fn agree(client: &mut ClientConnection, timed: &mut Timed) -> io::Result<()> {
    while client.is_handshaking() {
        if client.complete_io(timed)? == (0, 0) {
            return Err(ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(())
}

fn request(tls: bool, to: SocketAddr, host: &str, path: &str) -> String {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let port = if to.port() == if tls { 443 } else { 80 } { String::new() } else { format!(":{}", to.port()) };
    // Nothing of a word may become a header.
    let path: String = path.chars().filter(|c| c.is_ascii_graphic()).collect();
    format!("GET {path} HTTP/1.1\r\nHost: {host}{port}\r\nUser-Agent: netstore-probe\r\nAccept: */*\r\nConnection: close\r\n\r\n")
}

/// Sends the request, reads the beginning of what comes back.
fn head(stream: &mut (impl Read + Write), request: &str) -> io::Result<Vec<u8>> {
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut head = Vec::new();
    let mut part = [0; HEAD];
    while head.len() < HEAD && !head.contains(&b'\n') {
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(bytes) => head.extend_from_slice(part.get(..bytes).unwrap_or_default()),
            // Whatever came before it ended is the answer.
            Err(_) if !head.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    if head.is_empty() { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(head) }
}

fn answer(head: &[u8]) -> Tried {
    let line = String::from_utf8_lossy(head.split(|byte| *byte == b'\n').next().unwrap_or_default()).trim_end().to_owned();
    let status = line.strip_prefix("HTTP/").and_then(|rest| rest.split(' ').nth(1));
    match status.filter(|status| status.len() == 3 && status.bytes().all(|digit| digit.is_ascii_digit())) {
        Some(status) => Tried::with(Verdict::HttpStatus, status),
        None => Tried::with(Verdict::NoHttp, format!("the answer begins with {:?}", line.chars().take(60).collect::<String>())),
    }
}

/// A connection that ended, or a server that said nothing.
fn failed(error: &io::Error, read: usize, otherwise: Verdict) -> Tried {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Tried::with(otherwise, "connected, and no answer in time"),
        ErrorKind::UnexpectedEof if read == 0 => Tried::with(Verdict::Reset, "closed by the other side"),
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe if read == 0 => Tried::plain(Verdict::Reset),
        _ => Tried::with(otherwise, error.to_string()),
    }
}

/// A stream whose reads and writes end at one moment, all together.
struct Timed {
    stream: TcpStream,
    until: Instant,
    /// Bytes that came back.
    read: usize,
}

impl Timed {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        let bytes = self.stream.read(buffer)?;
        self.read += bytes;
        Ok(bytes)
    }
}

impl Write for Timed {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_status_line_is_http() {
        for (head, verdict, detail) in [
            ("HTTP/1.1 200 OK\r\n", Verdict::HttpStatus, "200"),
            ("HTTP/1.0 404\r\nx", Verdict::HttpStatus, "404"),
            ("HTTP/1.1 20 OK\r\n", Verdict::NoHttp, "the answer begins with \"HTTP/1.1 20 OK\""),
            ("SSH-2.0-OpenSSH\r\n", Verdict::NoHttp, "the answer begins with \"SSH-2.0-OpenSSH\""),
            ("HTTP/", Verdict::NoHttp, "the answer begins with \"HTTP/\""),
            ("\u{0}\u{1b}", Verdict::NoHttp, "the answer begins with \"\\0\\u{1b}\""),
        ] {
            assert_eq!(answer(head.as_bytes()), Tried::with(verdict, detail));
        }
    }

    #[test]
    fn a_request_names_its_host_and_no_word_becomes_a_header() {
        let to = |port| SocketAddr::from(([10, 0, 0, 1], port));
        let first = |request: String| request.lines().take(2).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(first(request(false, to(80), "web.shop", "/a?b")), ["GET /a?b HTTP/1.1", "Host: web.shop"]);
        assert_eq!(first(request(true, to(80), "fd00::1", "/")), ["GET / HTTP/1.1", "Host: [fd00::1]:80"]);
        assert_eq!(first(request(false, to(81), "a", "/x\r\nY: z ")), ["GET /xY:z HTTP/1.1", "Host: a:81"]);
    }
}
