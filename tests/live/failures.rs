//! What a user is told when a cluster cannot be asked: each line of the table is a real server that fails, and the whole answer is
//! compared: message, hints, exit code.

use std::fmt::Write;
use std::net::TcpListener;

use netstore::objects::Resource;
use serde_json::json;

use super::home::Home;
use super::server::{Reply, Server, object, page, status};
use super::tls::{Authority, TlsServer};

/// Runs a question; the port is all that differs from run to run.
fn ask(url: &str, ca: Option<&Authority>, flags: &[&str]) -> String {
    let ca_field = if ca.is_some() { ", certificate-authority: ../ca.crt" } else { "" };
    let home = Home::new(&format!(
        "current-context: test\ncontexts: [{{name: test, context: {{cluster: test, user: jane, namespace: shop}}}}]\n\
         clusters: [{{name: test, cluster: {{server: '{url}'{ca_field}}}}}]\nusers: [{{name: jane, user: {{token: hunter2}}}}]\n"
    ));
    if let Some(ca) = ca {
        home.write("ca.crt", &ca.pem());
    }
    let said = home.run(&[&["volumes"], flags].concat());
    assert!(!said.contains("hunter2"), "{said}");
    let port = url.rsplit(':').next().unwrap();
    said.replace(&format!(":{port}"), ":PORT")
}

/// The same of a server without TLS.
fn http(script: impl Fn(&str, usize) -> Reply + Send + Sync + 'static, flags: &[&str]) -> String {
    ask(&Server::start(script).url, None, flags)
}

/// Plain words with a status.
fn raw(code: u16, content_type: &str, body: &str) -> Reply {
    Reply::Raw(code, vec![("Content-Type", content_type.to_owned())], body.as_bytes().to_vec())
}

/// Every request is answered so.
fn always(reply: impl Fn() -> Reply + Send + Sync + 'static) -> impl Fn(&str, usize) -> Reply + Send + Sync + 'static {
    move |_, _| reply()
}

/// An empty list of what is asked for.
pub fn list(path: &str) -> Reply {
    let plural = path.split('?').next().unwrap().rsplit('/').next().unwrap();
    let kind = Resource::ALL.into_iter().find(|kind| kind.plural() == plural);
    kind.map_or_else(|| raw(404, "text/plain", "404 page not found\n"), |kind| page(kind.kind(), "", Vec::new()))
}

fn unpackable() -> Reply {
    let headers = vec![("Content-Type", "application/json".to_owned()), ("Content-Encoding", "gzip".to_owned())];
    Reply::Raw(200, headers, b"hello".to_vec())
}

/// A server that closes connections without reading what was sent.
fn resetting() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut byte = [0];
            std::io::Read::read_exact(&mut stream.unwrap(), &mut byte).unwrap();
        }
    });
    url
}

/// A server that takes connections and closes them without a word.
fn closing() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || listener.incoming().for_each(|stream| drop(std::io::Read::read(&mut stream.unwrap(), &mut [0; 4096]))));
    url
}

#[test]
fn what_fails_is_told_in_kubectls_words_with_a_way_out() {
    let mut table = String::new();
    let mut row = |name: &str, said: String| {
        let _ = writeln!(table, "## {name}\n{said}\n");
    };
    let authority = Authority::new("authority");
    let tls = |identity| TlsServer::start(&identity, &authority, false, |_, _| page("Pod", "", Vec::new()));

    // ---- no way to the server
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    row("nobody listens", ask(&format!("https://{free}"), None, &[]));
    row("no such host", ask("https://nowhere.invalid:6443", None, &[]));
    let plain = Server::start(|_, _| page("Pod", "", Vec::new()));
    row("TLS to a server that has none", ask(&plain.url.replace("http:", "https:"), Some(&authority), &[]));
    let server = tls(authority.server("127.0.0.1"));
    row("no TLS to a server that wants it", ask(&server.url.replace("https:", "http:"), None, &[]));
    let go = || raw(400, "text/plain", "Client sent an HTTP request to an HTTPS server.\n");
    row("no TLS to an API server", ask(&Server::start(always(go)).url, None, &[]));
    row("a server that closes before it speaks TLS", ask(&closing(), None, &[]));
    row("a certificate of somebody else", ask(&server.url, Some(&Authority::new("stranger")), &[]));
    row("an expired certificate", ask(&tls(authority.expired()).url, Some(&authority), &[]));
    row("a certificate for another name", ask(&tls(authority.server("api.inner")).url, Some(&authority), &[]));
    let strict = TlsServer::start(&authority.server("127.0.0.1"), &authority, true, |_, _| page("Pod", "", Vec::new()));
    row("no client certificate where one is wanted", ask(&strict.url, Some(&authority), &[]));

    // ---- the server refuses
    row("401", http(always(|| status(401, "Unauthorized", "Unauthorized")), &[]));
    let forbidden = |path: &str, _: usize| {
        let what = path.split('?').next().unwrap().rsplit('/').next().unwrap().to_owned();
        status(
            403,
            "Forbidden",
            &format!("{what} is forbidden: User \"jane\" cannot list resource \"{what}\" in API group \"\" at the cluster scope"),
        )
    };
    row("403", http(forbidden, &["-n", "shop"]));
    row("404 for everything", http(always(|| raw(404, "text/plain", "404 page not found\n")), &[]));
    let one_pod = |path: &str, _: usize| match path.split('?').next().unwrap() {
        "/api/v1/pods" => page("Pod", "", vec![object("shop", "web-1")]),
        _ => list(path),
    };
    row("no object of that name", http(one_pod, &["web-l"]));
    let expiring = |times: usize| {
        move |path: &str, nth: usize| match path {
            "/api/v1/pods?limit=500" => page("Pod", "old", vec![object("shop", "web-1")]),
            "/api/v1/pods?limit=500&continue=old" if nth >= times => page("Pod", "", vec![object("shop", "web-2")]),
            path if path.starts_with("/api/v1/pods") => {
                status(410, "Expired", "The provided continue parameter is too old to display a consistent list result.")
            }
            path => list(path),
        }
    };
    row("410 in the middle of a list", http(expiring(1), &["-A", "-o", "name"]));
    row("410 in the middle of a list, again and again", http(expiring(usize::MAX), &["-A", "-o", "name"]));
    let busy = |path: &str, nth: usize| match nth {
        0 => Reply::Raw(429, vec![("Retry-After", "1".to_owned())], b"Too many requests, please try again later.\n".to_vec()),
        _ => list(path),
    };
    row("429 with Retry-After", http(busy, &[]));
    row("429 for ever", http(always(|| raw(429, "text/plain", "Too many requests, please try again later.\n")), &[]));
    row("500", http(always(|| status(500, "InternalError", "etcdserver: request timed out")), &[]));
    row("502 of a load balancer", http(always(|| raw(502, "text/html", "<html>Bad Gateway</html>")), &[]));
    row("504", http(always(|| raw(504, "text/plain", "")), &[]));
    row("407 of a proxy", http(always(|| raw(407, "text/plain", "")), &[]));
    row("a status nobody knows", http(always(|| raw(418, "text/plain", "I am a teapot\n")), &[]));
    row("503", http(always(|| raw(503, "text/plain", "Service Unavailable\n")), &[]));

    // ---- the answer does not come, or is none
    row("no answer", http(always(|| Reply::Hang), &["--request-timeout=500ms"]));
    row("half an answer, then none", http(always(|| Reply::Stall(b"{\"kind\":".to_vec())), &["--request-timeout=500ms"]));
    row("an answer that comes too slowly", http(always(|| Reply::Drip), &["--request-timeout=500ms"]));
    row("an answer that is cut", http(always(|| Reply::Cut(b"{\"kind\":".to_vec())), &[]));
    row("an answer that cannot be unpacked", http(always(unpackable), &[]));
    row("nothing at all", http(always(|| raw(200, "application/json", "")), &[]));
    row("a connection that is reset", ask(&resetting(), None, &[]));
    row("a connection that is closed", http(always(|| Reply::Close), &[]));
    row("JSON that is none", http(always(|| raw(200, "application/json", "{\"kind\":")), &[]));
    row("JSON of something else", http(always(|| Reply::Json(200, json!({"hello": "world"}))), &[]));
    row("a content type that is not JSON", http(always(|| raw(200, "application/xml", "<hello/>")), &[]));
    row("a login page", http(always(|| raw(200, "text/html; charset=utf-8", "<html>Log in</html>")), &[]));
    let login = || Reply::Raw(302, vec![("Location", "https://sso.example.com/login?state=hunter2".to_owned())], Vec::new());
    row("a redirect to a login page", http(always(login), &[]));
    row("a login page with a status", http(always(|| raw(403, "text/html", "<html>Log in</html>")), &[]));
    insta::assert_snapshot!("failures", table);
}
