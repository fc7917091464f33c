//! The little HTTP/1.1 that the suites speak: many requests on one connection, written before the first answer is read.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A request without what every request has.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// Content type and text.
    pub body: Option<(&'static str, String)>,
}

impl Request {
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), body: None }
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    pub body: String,
}

/// A connection that is kept.
pub struct Connection<S> {
    stream: BufReader<S>,
}

impl Connection<TcpStream> {
    /// Connects; an answer may take this long.
    pub fn open(address: SocketAddr, patience: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        Ok(Self::over(stream))
    }
}

impl<S: Read + Write> Connection<S> {
    pub fn over(stream: S) -> Self {
        Self { stream: BufReader::new(stream) }
    }

    /// All requests at once, then all answers. After an error the connection is of no use any more.
    pub fn ask(&mut self, requests: &[Request]) -> io::Result<Vec<Response>> {
        let mut text = String::new();
        for request in requests {
            let (kind, body) = request.body.as_ref().map_or(("text/plain", ""), |(kind, body)| (*kind, body));
            text += &format!("{} {} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n", request.method, request.path);
            if request.body.is_some() {
                text += &format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
            }
            text += "\r\n";
            text += body;
        }
        self.stream.get_mut().write_all(text.as_bytes())?;
        self.stream.get_mut().flush()?;
        requests.iter().map(|_| self.response()).collect()
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection ended"));
        }
        Ok(line.trim_end().to_owned())
    }

    fn response(&mut self) -> io::Result<Response> {
        let strange = |what: &str, line: &str| io::Error::new(io::ErrorKind::InvalidData, format!("{what}: {line}"));
        let first = self.line()?;
        let status = first.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(|| strange("no status", &first))?;
        let (mut length, mut chunked) = (None, false);
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = Some(value.trim().parse::<usize>().map_err(|_| strange("no length", &line))?),
                "transfer-encoding" => chunked = value.trim().eq_ignore_ascii_case("chunked"),
                _ => {}
            }
        }
        let mut body = Vec::new();
        if chunked {
            loop {
                let line = self.line()?;
                let size = line.split(';').next().and_then(|size| usize::from_str_radix(size.trim(), 16).ok());
                let size = size.ok_or_else(|| strange("no chunk", &line))?;
                let start = body.len();
                body.resize(start + size, 0);
                self.stream.read_exact(&mut body[start..])?;
                self.line()?;
                if size == 0 {
                    break;
                }
            }
        } else if status != 204 {
            body.resize(length.unwrap_or_default(), 0);
            self.stream.read_exact(&mut body)?;
        }
        Ok(Response { status, body: String::from_utf8_lossy(&body).into_owned() })
    }
}
