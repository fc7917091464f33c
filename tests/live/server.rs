//! A scripted API server on loopback: plain HTTP, one answer a connection, whatever a test wants it to say.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// What the server does with a request.
pub enum Reply {
    /// Sends JSON with a status.
    Json(u16, Value),
    /// Sends bytes with a status and headers.
    Raw(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Promises more bytes than it sends.
    Cut(Vec<u8>),
    /// Closes the connection without a word.
    Close,
    /// Says nothing.
    Hang,
    /// Promises JSON, sends the beginning of it, and then no more.
    Stall(Vec<u8>),
    /// Sends JSON for as long as it likes.
    Stream(Telling),
    /// Promises JSON, and sends a space ten times a second.
    Drip,
}

/// Writes what a server has to say, as it comes.
pub type Telling = Box<dyn FnOnce(&mut dyn Write) + Send>;

/// The server; it runs until the test process ends.
pub struct Server {
    pub url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers each request (path with query) as told; the number counts earlier requests for the same.
    pub fn start(script: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (log, script) = (Arc::clone(&requests), Arc::new(script));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, log, script) = (stream.unwrap(), Arc::clone(&log), Arc::clone(&script));
                thread::spawn(move || answer(stream, "", &log, &*script));
            }
        });
        Self { url, requests }
    }

    /// What was asked so far, in order: path with query, then the headers that matter.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// How often a path (with query) was asked for.
    pub fn count(&self, path: &str) -> usize {
        self.requests().iter().filter(|r| r.lines().next() == Some(path)).count()
    }
}

/// What a server does, by path with query and the number of earlier requests for the same.
pub type Script = dyn Fn(&str, usize) -> Reply + Send + Sync;

/// One connection: the request in the log, with what is `told` of it beyond HTTP, and the answer of the script.
pub fn answer(mut stream: impl Read + Write, told: &str, log: &Mutex<Vec<String>>, script: &Script) {
    let mut reader = BufReader::new(&mut stream);
    let mut lines = reader.by_ref().lines();
    let Some(Ok(first)) = lines.next() else {
        // Not HTTP, perhaps TLS. Every server that speaks plain HTTP says so.
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return;
    };
    let path = first.split(' ').nth(1).unwrap().to_owned();
    let headers: Vec<String> = lines.map_while(Result::ok).take_while(|l| !l.is_empty()).collect();
    // What is not read of a body would break the connection before the answer has been read.
    let length = headers.iter().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    std::io::copy(&mut reader.take(length.unwrap_or(0)), &mut std::io::sink()).unwrap();
    let earlier = {
        let mut log = log.lock().unwrap();
        let earlier = log.iter().filter(|r: &&String| r.lines().next() == Some(path.as_str())).count();
        log.push(format!("{path}\n{}{told}", headers.join("\n").to_lowercase()));
        earlier
    };
    let json_type = ("Content-Type", "application/json".to_owned());
    let reply = script(&path, earlier);
    let (stalls, drips) = (matches!(reply, Reply::Stall(_)), matches!(reply, Reply::Drip));
    let (status, headers, body, promised) = match reply {
        Reply::Json(status, value) => (status, vec![json_type], value.to_string().into_bytes(), 0),
        Reply::Raw(status, headers, body) => (status, headers, body, 0),
        Reply::Cut(body) | Reply::Stall(body) => (200, vec![json_type], body, 100),
        Reply::Drip => (200, vec![json_type], Vec::new(), 100),
        Reply::Close => return,
        Reply::Hang => return thread::sleep(Duration::from_secs(60)),
        Reply::Stream(write) => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n");
            return write(&mut stream);
        }
    };
    let mut head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n", body.len() + promised);
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    // The client may have given up: that is its right.
    let _ = stream.write_all(format!("{head}\r\n").as_bytes()).and_then(|()| stream.write_all(&body)).and_then(|()| stream.flush());
    if stalls {
        thread::sleep(Duration::from_secs(60));
    }
    while drips && stream.write_all(b" ").and_then(|()| stream.flush()).is_ok() {
        thread::sleep(Duration::from_millis(100));
    }
}

/// A page of a list; an empty token on the last.
pub fn page(kind: &str, token: &str, items: Vec<Value>) -> Reply {
    Reply::Json(200, json!({"kind": format!("{kind}List"), "apiVersion": "v1", "metadata": {"continue": token}, "items": items}))
}

/// An object with a name and a namespace.
pub fn object(namespace: &str, name: &str) -> Value {
    json!({"metadata": {"namespace": namespace, "name": name}})
}

/// A refusal as API servers word it.
pub fn status(code: u16, reason: &str, message: &str) -> Reply {
    Reply::Json(
        code,
        json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message}),
    )
}

/// The refusal of a list.
pub fn forbidden(what: &str) -> Reply {
    status(403, "Forbidden", &format!("{what} is forbidden: User \"me\" cannot list resource \"{what}\""))
}
