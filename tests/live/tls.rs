//! The scripted server behind TLS, and who signs its certificates.

use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::server::{self, Reply, Script};

/// What the name of a client in its certificate begins with.
const CLIENT: &str = "client ";

/// Signs certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key.
pub struct Identity {
    certificate: CertificateDer<'static>,
    key: KeyPair,
    /// The certificate in PEM.
    pub pem: String,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Its own certificate in PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    fn sign(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Identity { certificate: certificate.der().clone(), pem: certificate.pem(), key }
    }

    /// For a server of this name; `127.0.0.1` is one.
    pub fn server(&self, name: &str) -> Identity {
        self.sign(&CertificateParams::new([name.to_owned()]).unwrap())
    }

    /// For a server on loopback, long over.
    pub fn expired(&self) -> Identity {
        let mut params = CertificateParams::default();
        params.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
        self.sign(&params)
    }

    /// For a client of this name.
    pub fn client(&self, name: &str) -> Identity {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, format!("{CLIENT}{name};"));
        self.sign(&params)
    }
}

impl Identity {
    /// The key in PEM.
    pub fn key(&self) -> String {
        self.key.serialize_pem()
    }
}

/// A server behind TLS; it runs until the test process ends.
pub struct TlsServer {
    /// `https://127.0.0.1:PORT`
    pub url: String,
    pub port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl TlsServer {
    /// Answers as told. It takes clients with a certificate of the authority, and those without; with `strict`, only the former.
    pub fn start(
        identity: &Identity,
        clients: &Authority,
        strict: bool,
        script: impl Fn(&str, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(clients.0.der().clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let verifier = if strict { verifier } else { verifier.allow_unauthenticated() };
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_client_cert_verifier(verifier.build().unwrap());
        let key = PrivateKeyDer::try_from(identity.key.serialize_der()).unwrap();
        let config = Arc::new(config.with_single_cert(vec![identity.certificate.clone()], key).unwrap());

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (log, script) = (Arc::clone(&requests), Arc::new(script));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, config) = (stream.unwrap(), Arc::clone(&config));
                let (log, script) = (Arc::clone(&log), Arc::clone(&script));
                thread::spawn(move || serve(stream, config, &log, &*script));
            }
        });
        Self { url: format!("https://127.0.0.1:{port}"), port, requests }
    }

    /// What was asked so far: path with query, headers in lower case, then what the handshake told.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, config: Arc<ServerConfig>, log: &Mutex<Vec<String>>, script: &Script) {
    let mut connection = ServerConnection::new(config).unwrap();
    // A client may not like us: that is its right.
    while connection.is_handshaking() {
        if connection.complete_io(&mut stream).is_err() {
            return;
        }
    }
    let name = connection.server_name().unwrap_or("none");
    let who = connection.peer_certificates().and_then(|chain| client(chain.first()?)).unwrap_or_else(|| "none".to_owned());
    let told = format!("\nserver name: {name}\nclient: {who}");
    let mut stream = StreamOwned::new(connection, stream);
    server::answer(&mut stream, &told, log, script);
    stream.conn.send_close_notify();
    let _ = stream.conn.complete_io(&mut stream.sock);
}

/// The name in a client's certificate: found by what it begins with, which is cheaper than a parser.
fn client(certificate: &CertificateDer<'_>) -> Option<String> {
    let text = String::from_utf8_lossy(certificate);
    let (_, name) = text.split_once(CLIENT)?;
    name.split(';').next().map(str::to_owned)
}
