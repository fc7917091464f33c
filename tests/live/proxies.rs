//! Proxies between us and the API server: HTTP (CONNECT) and SOCKS 5, from the kubeconfig and from the environment.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use super::home::Home;
use super::server::page;
use super::tls::{Authority, TlsServer};

/// Takes connections to any name and brings them to one port.
struct Proxy {
    port: u16,
    /// Whom it was asked for.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start(upstream: u16, greet: fn(&mut TcpStream) -> std::io::Result<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, log) = (stream.unwrap(), Arc::clone(&log));
                thread::spawn(move || -> std::io::Result<()> {
                    let whom = greet(&mut stream)?;
                    log.lock().unwrap().push(whom);
                    let server = TcpStream::connect(("127.0.0.1", upstream))?;
                    let (from, to) = (stream.try_clone()?, server.try_clone()?);
                    thread::spawn(move || carry(&from, &to));
                    carry(&server, &stream);
                    Ok(())
                });
            }
        });
        Self { port, asked }
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn carry(mut from: &TcpStream, mut to: &TcpStream) {
    // Either end may leave whenever it likes.
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

/// `CONNECT HOST:PORT`, and whether it came with credentials.
fn http(stream: &mut TcpStream) -> std::io::Result<String> {
    let lines = BufReader::new(&mut *stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let lines: Vec<String> = lines.collect();
    let login = lines.iter().find_map(|line| line.to_lowercase().starts_with("proxy-authorization: basic").then_some(" with a password"));
    let whom = lines[0].split(' ').take(2).collect::<Vec<_>>().join(" ");
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    Ok(format!("{whom}{}", login.unwrap_or_default()))
}

/// The greeting and the request of RFC 1928.
fn socks(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut read = |n: usize| -> std::io::Result<Vec<u8>> {
        let mut bytes = vec![0; n];
        stream.read_exact(&mut bytes).map(|()| bytes)
    };
    let methods = read(2)?[1];
    read(methods.into())?;
    stream.write_all(&[5, 0])?;
    let mut read = |n: usize| -> std::io::Result<Vec<u8>> {
        let mut bytes = vec![0; n];
        stream.read_exact(&mut bytes).map(|()| bytes)
    };
    let whom = match read(4)?[3] {
        3 => {
            let length = read(1)?[0];
            format!("name {}", String::from_utf8_lossy(&read(length.into())?))
        }
        other => format!("address of type {other}"),
    };
    read(2)?;
    stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 0])?;
    Ok(whom)
}

/// A server that is called api.inner, which no resolver of this machine knows.
fn world() -> (Home, TlsServer) {
    let authority = Authority::new("authority");
    let server = TlsServer::start(&authority.server("api.inner"), &authority, false, |_, _| page("Pod", "", Vec::new()));
    let home = Home::new(
        "current-context: c\ncontexts: [{name: c, context: {cluster: c}}]\n\
         clusters: [{name: c, cluster: {server: 'https://api.inner:6443', certificate-authority: ../ca.crt}}]\n",
    );
    home.write("ca.crt", &authority.pem());
    (home, server)
}

/// Runs a question with this environment; says whether the server was asked.
fn reaches(home: &Home, server: &TlsServer, environment: &[(&str, String)]) -> bool {
    let before = server.requests().len();
    let mut command = home.command(&["volumes", "--request-timeout=5s"]);
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    command.output().unwrap();
    let new = server.requests().into_iter().skip(before);
    new.into_iter().any(|request| request.contains("/api/v1/pods") && request.contains("server name: api.inner"))
}

#[test]
fn proxies_of_the_environment_are_asked_for_names_they_resolve() {
    let (home, server) = world();
    let [http, socks] = [http, socks].map(|greet| Proxy::start(server.port, greet));
    let at = |scheme: &str, proxy: &Proxy| format!("{scheme}127.0.0.1:{}", proxy.port);
    assert!(!reaches(&home, &server, &[]), "nothing resolves the name");

    for (variable, scheme) in [("HTTPS_PROXY", "http://"), ("https_proxy", "http://"), ("HTTPS_PROXY", "")] {
        assert!(reaches(&home, &server, &[(variable, at(scheme, &http))]), "{variable} {scheme}");
        assert!(http.asked().iter().all(|whom| whom == "CONNECT api.inner:6443"));
    }
    assert!(reaches(&home, &server, &[("HTTPS_PROXY", at("http://me:secret@", &http))]));
    assert!(http.asked().iter().all(|whom| whom == "CONNECT api.inner:6443 with a password"));
    for scheme in ["socks5://", "socks5h://"] {
        assert!(reaches(&home, &server, &[("HTTPS_PROXY", at(scheme, &socks))]), "{scheme}");
        assert!(socks.asked().iter().all(|whom| whom == "name api.inner"));
    }

    let proxy = ("HTTPS_PROXY", at("http://", &http));
    for exception in ["api.inner", ".inner", "other, api.inner:6443"] {
        assert!(!reaches(&home, &server, &[proxy.clone(), ("NO_PROXY", exception.to_owned())]), "{exception}");
    }
    assert!(!reaches(&home, &server, &[("HTTP_PROXY", at("http://", &http))]), "for plain HTTP only");
    assert_eq!(http.asked(), Vec::<String>::new());
}

#[test]
fn the_proxy_of_the_kubeconfig_beats_the_environment() {
    let (home, server) = world();
    let [http, socks] = [http, socks].map(|greet| Proxy::start(server.port, greet));
    let kubeconfig = std::fs::read_to_string(home.path().join(".kube/config")).unwrap();
    for (scheme, proxy, other) in [("http", &http, &socks), ("socks5", &socks, &http)] {
        let url = format!("proxy-url: '{scheme}://127.0.0.1:{}', server:", proxy.port);
        home.write(".kube/config", &kubeconfig.replace("server:", &url));
        let environment = [("HTTPS_PROXY", format!("http://127.0.0.1:{}", other.port)), ("NO_PROXY", "api.inner".to_owned())];
        assert!(reaches(&home, &server, &environment), "{scheme}");
        assert!(!proxy.asked().is_empty() && other.asked().is_empty(), "{scheme}");
    }
}

#[test]
fn a_proxy_that_refuses_is_told() {
    let (home, _) = world();
    let refuses = |stream: &mut TcpStream| -> std::io::Result<String> {
        let lines = BufReader::new(&mut *stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
        lines.for_each(drop);
        stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")?;
        Err(std::io::ErrorKind::PermissionDenied.into())
    };
    let proxy = Proxy::start(1, refuses);
    let mut command = home.command(&["volumes"]);
    let output = command.env("HTTPS_PROXY", format!("http://127.0.0.1:{}", proxy.port)).output().unwrap();
    insta::assert_snapshot!(home.block(&output), @r#"
    Unable to connect to the server: tunnel error: proxy authorization required
    hint: context "c", server https://api.inner:6443, kubeconfig $HOME/.kube/config
    hint: the proxy wants a password: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT, or proxy-url in the kubeconfig
    [exit 1]
    "#);
}
