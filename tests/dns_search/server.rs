//! A DNS server that keeps what it is asked, on every address of loopback, over UDP and TCP.
//!
//! The first label of a name tells the searches apart that run at the same time.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};

use netstore::dns::search::{Families, Miss, Reply};

pub const A: u16 = 1;
pub const AAAA: u16 = 28;

/// Name and type.
pub type Asked = (String, u16);

#[derive(Default)]
struct Search {
    replies: BTreeMap<String, Reply>,
    asked: Vec<Asked>,
}

#[derive(Clone, Default)]
pub struct Server {
    searches: Arc<Mutex<BTreeMap<String, Search>>>,
}

impl Server {
    /// Threads that end with the process.
    pub fn start() -> Self {
        let server = Self::default();
        let sockets = ["127.0.0.1:53", "127.0.0.2:53"]
            .map(|address| (UdpSocket::bind(address).expect("port 53 over UDP"), TcpListener::bind(address).expect("port 53 over TCP")));
        for (udp, tcp) in sockets {
            let (of_udp, of_tcp) = (server.clone(), server.clone());
            std::thread::spawn(move || of_udp.serve_udp(&udp));
            std::thread::spawn(move || {
                for stream in tcp.incoming().map_while(Result::ok) {
                    let server = of_tcp.clone();
                    std::thread::spawn(move || server.serve_tcp(stream));
                }
            });
        }
        server
    }

    /// Begins to keep what is asked by this search.
    pub fn begin(&self, label: &str, replies: BTreeMap<String, Reply>) {
        self.searches.lock().expect("no panic").insert(label.to_owned(), Search { replies, asked: Vec::new() });
    }

    /// What was asked.
    pub fn end(&self, label: &str) -> Vec<Asked> {
        self.searches.lock().expect("no panic").remove(label).expect("a search that has begun").asked
    }

    fn serve_udp(&self, socket: &UdpSocket) {
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            if let Some(reply) = self.reply(&buffer[..length]) {
                socket.send_to(&reply, from).ok();
            }
        }
    }

    fn serve_tcp(&self, mut stream: TcpStream) -> Option<()> {
        loop {
            let mut length = [0; 2];
            stream.read_exact(&mut length).ok()?;
            let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
            stream.read_exact(&mut question).ok()?;
            if let Some(reply) = self.reply(&question) {
                let length = u16::try_from(reply.len()).ok()?;
                stream.write_all(&[&length.to_be_bytes(), reply.as_slice()].concat()).ok()?;
            }
        }
    }

    /// Keeps a question and answers it, unless with silence.
    fn reply(&self, question: &[u8]) -> Option<Vec<u8>> {
        let (name, kind, end) = parse(question)?;
        let mut searches = self.searches.lock().expect("no panic");
        // A search that is over may still send: nobody waits for an answer.
        let search = searches.get_mut(name.split('.').next()?)?;
        search.asked.push((name.clone(), kind));
        let reply = search.replies.get(&name).copied().unwrap_or(Reply::Miss(Miss::NxDomain));
        let code = match reply {
            Reply::Miss(Miss::Silence) | Reply::Unknown => return None,
            Reply::Addresses(_) | Reply::Miss(Miss::NoData) => 0,
            Reply::Miss(Miss::ServFail) => 2,
            Reply::Miss(Miss::NxDomain) => 3,
            Reply::Miss(Miss::Refused) => 5,
        };
        let data: &[u8] = match (reply, kind) {
            (Reply::Addresses(Families::Both | Families::V4), A) => &[192, 0, 2, 1],
            (Reply::Addresses(Families::Both | Families::V6), AAAA) => &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            _ => &[],
        };
        let answers = u8::from(!data.is_empty());
        // Authoritative, recursion available; one question, the answers, nothing else.
        let mut message = [&question[..2], &[0x85, 0x80 | code, 0, 1, 0, answers, 0, 0, 0, 0], &question[12..end]].concat();
        if !data.is_empty() {
            // The name is that of the question.
            message.extend([&[0xc0, 12][..], &kind.to_be_bytes(), &[0, 1, 0, 0, 0, 5, 0, u8::try_from(data.len()).ok()?], data].concat());
        }
        Some(message)
    }
}

/// Name and type of the only question, and where it ends.
fn parse(message: &[u8]) -> Option<(String, u16, usize)> {
    let (mut at, mut labels) = (12, Vec::new());
    loop {
        let length = usize::from(*message.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(message.get(at..at + length)?).to_ascii_lowercase());
        at += length;
    }
    let kind = u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?]);
    Some((labels.join("."), kind, at + 4))
}
