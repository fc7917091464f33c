//! Servers that behave in one way each.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA};
use hickory_proto::rr::{RData, Record, RecordType};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::Lab;

/// What a TCP server does with a connection.
#[derive(Clone)]
pub enum Manner {
    /// Holds it and says nothing.
    Silent,
    /// Closes it at once.
    Close,
    /// Resets it at once.
    Reset,
    /// Answers what was read with this.
    Says(&'static str),
    /// These in turn.
    InTurn(Vec<Manner>),
    /// Speaks TLS, then says this.
    Tls(Arc<rustls::ServerConfig>, &'static str),
}

impl Manner {
    fn treat(&self, mut stream: TcpStream, count: usize) {
        match self {
            Self::Silent => thread::sleep(Duration::from_secs(20)),
            Self::Close => {}
            Self::Reset => {
                let _ = socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO));
            }
            Self::Says(text) => {
                let _ = stream.read(&mut [0; 1024]);
                let _ = stream.write_all(text.as_bytes());
            }
            Self::InTurn(manners) => manners[count % manners.len()].treat(stream, count),
            Self::Tls(config, text) => {
                let mut connection = rustls::ServerConnection::new(Arc::clone(config)).expect("a configuration");
                let mut tls = rustls::Stream::new(&mut connection, &mut stream);
                if tls.read(&mut [0; 1024]).is_ok() {
                    let _ = tls.write_all(text.as_bytes());
                }
                connection.send_close_notify();
                let _ = connection.complete_io(&mut stream);
            }
        }
    }
}

/// A TCP server where the servers are, on both families.
pub fn tcp(lab: &Lab, port: u16, manner: Manner) {
    let accept = move |listener: TcpListener| {
        for (count, stream) in listener.incoming().enumerate() {
            let manner = manner.clone();
            thread::spawn(move || manner.treat(stream.expect("a connection"), count));
        }
    };
    lab.serve(move || TcpListener::bind(("::", port)).expect("a free port"), accept);
}

/// A UDP server that answers, or not.
pub fn udp(lab: &Lab, port: u16, answers: bool) {
    let bind = move || UdpSocket::bind(("::", port)).expect("a free port");
    lab.serve(bind, move |socket| {
        let mut buffer = [0; 2048];
        while let Ok((bytes, from)) = socket.recv_from(&mut buffer) {
            if answers {
                let _ = socket.send_to(&buffer[..bytes], from);
            }
        }
    });
}

/// A configuration with a certificate that nobody trusts; with a client that must have one, too.
pub fn tls(with_client: bool) -> Arc<rustls::ServerConfig> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let made = std::process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=nobody", "-days", "1"])
        .args(["-keyout", "key.pem", "-out", "certificate.pem"])
        .current_dir(folder.path())
        .output()
        .expect("openssl");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let certificate = CertificateDer::from_pem_file(folder.path().join("certificate.pem")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(folder.path().join("key.pem")).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        rustls::ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().expect("versions");
    let builder = if with_client {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(certificate.clone()).expect("a root");
        let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build().expect("a verifier");
        builder.with_client_cert_verifier(verifier)
    } else {
        builder.with_no_client_auth()
    };
    Arc::new(builder.with_single_cert(vec![certificate], key).expect("its key"))
}

/// A server of names on port 53 that does what the first label of a name says.
pub fn dns(lab: &Lab) {
    let bind = || (UdpSocket::bind("10.77.0.1:53").expect("a free port"), TcpListener::bind("10.77.0.1:53").expect("a free port"));
    lab.serve(bind, |(udp, tcp)| {
        thread::spawn(move || {
            for stream in tcp.incoming() {
                let mut stream = stream.expect("a connection");
                let mut length = [0; 2];
                stream.read_exact(&mut length).expect("a length");
                let mut question = vec![0; u16::from_be_bytes(length).into()];
                stream.read_exact(&mut question).expect("a question");
                let reply = reply(&question, true).expect("a reply");
                let _ = stream.write_all(&[&u16::try_from(reply.len()).expect("short").to_be_bytes(), reply.as_slice()].concat());
            }
        });
        let mut buffer = [0; 2048];
        while let Ok((bytes, from)) = udp.recv_from(&mut buffer) {
            if let Some(reply) = reply(&buffer[..bytes], false) {
                let _ = udp.send_to(&reply, from);
            }
        }
    });
}

fn reply(question: &[u8], tcp: bool) -> Option<Vec<u8>> {
    let mut message = Message::from_vec(question).expect("a question");
    message.metadata.message_type = MessageType::Response;
    let query = message.queries.first().expect("one question").clone();
    let (name, v6) = (query.name().clone(), query.query_type() == RecordType::AAAA);
    let label = name.iter().next().map(|label| String::from_utf8_lossy(label).into_owned()).unwrap_or_default();
    let mut answer = |data| message.answers.push(Record::from_rdata(name.clone(), 5, data));
    match label.as_str() {
        "ok" if v6 => answer(RData::AAAA(AAAA("fd77::1".parse().expect("an address")))),
        "ok" | "half" | "lame" if !v6 => answer(RData::A(A([10, 77, 0, 1].into()))),
        "lame" => return None,
        "far" if v6 => answer(RData::AAAA(AAAA("fd77::1".parse().expect("an address")))),
        "far" => answer(RData::A(A([10, 99, 0, 1].into()))),
        "half" => message.metadata.response_code = ResponseCode::ServFail,
        "nodata" => {}
        "servfail" => message.metadata.response_code = ResponseCode::ServFail,
        "refused" => message.metadata.response_code = ResponseCode::Refused,
        "silent" => return None,
        "big" if !tcp => message.metadata.truncation = true,
        "big" => (1..=20).for_each(|last| answer(RData::A(A([10, 77, 1, last].into())))),
        "garbage" => return Some(b"hello, this is no message".to_vec()),
        _ => message.metadata.response_code = ResponseCode::NXDomain,
    }
    message.to_vec().ok()
}
