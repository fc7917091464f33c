//! A scripted server of names behind a scripted port-forward: the API server's WebSocket, channel 0 for data, channel 1 for refusals.

use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tungstenite::http::HeaderValue;
use tungstenite::{Message, WebSocket};

/// The server; it runs until the test process ends.
pub struct Pod {
    pub url: String,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

/// What it does with a connection.
pub enum Script {
    /// Refuses it with a status and a body.
    Refuse(u16, String),
    /// Says nothing.
    Hang,
    /// Opens the way and goes on as told.
    Open(fn(&mut Peer)),
}

/// The pod's end of an open way.
pub struct Peer {
    socket: WebSocket<TcpStream>,
    buffer: Vec<u8>,
}

/// A question as it came.
#[derive(Clone)]
pub struct Question {
    pub id: u16,
    /// The message behind its number, flags and counts.
    question: Vec<u8>,
}

impl Pod {
    /// Does with the n-th connection what the script says.
    pub fn start(script: impl Fn(usize) -> Script + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (requests, connections) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
        let (log, count, script) = (Arc::clone(&requests), Arc::clone(&connections), Arc::new(script));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, log, script) = (stream.unwrap(), Arc::clone(&log), Arc::clone(&script));
                let n = count.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || serve(stream, &log, &script(n)));
            }
        });
        Self { url, requests, connections }
    }

    /// What was asked so far: path with query, then headers in lower case.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// One connection: the script, and a line for each header in the log.
pub fn serve(stream: TcpStream, log: &Mutex<Vec<String>>, script: &Script) {
    if matches!(script, Script::Hang) {
        return thread::sleep(Duration::from_secs(60));
    }
    #[expect(clippy::result_large_err, reason = "the signature of the library")]
    let shake = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        let headers = request.headers().iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
        let lines: Vec<String> = std::iter::once(request.uri().to_string()).chain(headers).collect();
        log.lock().unwrap().push(lines.join("\n"));
        if let Script::Refuse(status, body) = script {
            let mut refusal = ErrorResponse::new(Some(body.clone()));
            *refusal.status_mut() = (*status).try_into().unwrap();
            refusal.headers_mut().insert("Content-Length", body.len().into());
            return Err(refusal);
        }
        response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("v4.channel.k8s.io"));
        Ok(response)
    };
    let Ok(socket) = tungstenite::accept_hdr(stream, shake) else { return };
    if let Script::Open(go) = script {
        let mut peer = Peer { socket, buffer: Vec::new() };
        // As kubelets do: the port on both channels first.
        peer.frame(0, &53_u16.to_le_bytes());
        peer.frame(1, &53_u16.to_le_bytes());
        go(&mut peer);
        // The close is answered before the socket goes, or it takes with it what is on its way.
        drop(peer.socket.close(None));
        while peer.socket.read().is_ok() {}
    }
}

impl Peer {
    fn frame(&mut self, channel: u8, bytes: &[u8]) {
        // The client may have gone: that is its right.
        drop(self.socket.send(Message::binary([&[channel], bytes].concat())));
    }

    /// Sends data.
    pub fn send(&mut self, bytes: &[u8]) {
        self.frame(0, bytes);
    }

    /// Sends what the node says when it cannot reach the port.
    pub fn refuse(&mut self, text: &str) {
        self.frame(1, text.as_bytes());
    }

    /// The next question; none if the client has gone.
    pub fn question(&mut self) -> Option<Question> {
        loop {
            if let Some((length, rest)) = self.buffer.split_first_chunk::<2>()
                && let Some(message) = rest.get(..usize::from(u16::from_be_bytes(*length)))
            {
                let question = Question { id: u16::from_be_bytes([message[0], message[1]]), question: message[12..].to_vec() };
                let taken = message.len() + 2;
                self.buffer.drain(..taken);
                return Some(question);
            }
            match self.socket.read().ok()? {
                Message::Binary(bytes) if bytes.first() == Some(&0) => self.buffer.extend_from_slice(&bytes[1..]),
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    /// Answers questions until the client goes, at most so many.
    pub fn answer(&mut self, most: usize) {
        for _ in 0..most {
            let Some(question) = self.question() else { return };
            self.send(&question.answer(1));
        }
    }

    /// Waits until the client goes.
    pub fn wait(&mut self) {
        while self.question().is_some() {}
    }
}

impl Question {
    /// The first label of its name.
    pub fn label(&self) -> String {
        let length = usize::from(self.question[0]);
        String::from_utf8(self.question[1..=length].to_vec()).unwrap()
    }

    /// An answer with so many addresses, 10.0.0.0 and those after it, as it goes over TCP.
    pub fn answer(&self, addresses: u32) -> Vec<u8> {
        self.numbered(self.id, addresses)
    }

    /// The same under another number.
    pub fn numbered(&self, id: u16, addresses: u32) -> Vec<u8> {
        let addresses: Vec<[u8; 4]> = (0..addresses).map(|n| (0x0a00_0000 + n).to_be_bytes()).collect();
        self.message(id, 0, &addresses)
    }

    /// An answer with this address.
    pub fn address(&self, address: [u8; 4]) -> Vec<u8> {
        self.message(self.id, 0, &[address])
    }

    /// An answer that ends so.
    pub fn fails(&self, rcode: u8) -> Vec<u8> {
        self.message(self.id, rcode, &[])
    }

    /// The number of the type that is asked for.
    pub fn kind(&self) -> u16 {
        let [.., high, low, _, _] = self.question[..] else { panic!("no question") };
        u16::from_be_bytes([high, low])
    }

    fn message(&self, id: u16, rcode: u8, addresses: &[[u8; 4]]) -> Vec<u8> {
        let mut message = id.to_be_bytes().to_vec();
        message.extend([0x85, 0x80 | rcode, 0, 1]);
        message.extend(u16::try_from(addresses.len()).unwrap().to_be_bytes());
        message.extend([0, 0, 0, 0]);
        message.extend(&self.question);
        for address in addresses {
            message.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4]);
            message.extend(address);
        }
        let mut bytes = u16::try_from(message.len()).unwrap().to_be_bytes().to_vec();
        bytes.extend(message);
        bytes
    }
}
