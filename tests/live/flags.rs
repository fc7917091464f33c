//! Every connection flag of kubectl, before and after the command: what a server behind TLS sees of it.

use serde_json::json;

use super::home::Home;
use super::server::{Reply, forbidden, page};
use super::tls::{Authority, TlsServer};

/// Two servers (the second is called api.inner) and a kubeconfig that knows them under several names.
struct World {
    home: Home,
    server: TlsServer,
    inner: TlsServer,
}

impl World {
    fn new() -> Self {
        let (authority, stranger) = (Authority::new("authority"), Authority::new("stranger"));
        let server = TlsServer::start(&authority.server("127.0.0.1"), &authority, false, script);
        let inner = TlsServer::start(&authority.server("api.inner"), &authority, false, script);
        let (url, inner_url) = (&server.url, &inner.url);
        let home = Home::new(&format!(
            "current-context: main\n\
             contexts:\n\
             - {{name: main, context: {{cluster: main, user: main, namespace: home}}}}\n\
             - {{name: other, context: {{cluster: other, user: other, namespace: away}}}}\n\
             - {{name: forbidding, context: {{cluster: forbidding, user: main, namespace: home}}}}\n\
             - {{name: strange, context: {{cluster: strange, user: main}}}}\n\
             - {{name: inner, context: {{cluster: inner, user: main}}}}\n\
             clusters:\n\
             - {{name: main, cluster: {{server: '{url}/main', certificate-authority: ../ca.crt}}}}\n\
             - {{name: other, cluster: {{server: '{url}/other', certificate-authority: ../ca.crt}}}}\n\
             - {{name: forbidding, cluster: {{server: '{url}/forbidding', certificate-authority: ../ca.crt}}}}\n\
             - {{name: strange, cluster: {{server: '{url}/strange', certificate-authority: ../stranger.crt}}}}\n\
             - {{name: inner, cluster: {{server: '{inner_url}/inner', certificate-authority: ../ca.crt}}}}\n\
             users:\n\
             - {{name: main, user: {{token: main-token}}}}\n\
             - {{name: other, user: {{token: other-token}}}}\n"
        ));
        home.write("ca.crt", &authority.pem());
        home.write("stranger.crt", &stranger.pem());
        let alice = authority.client("alice");
        home.write("alice.crt", &alice.pem);
        home.write("alice.key", &alice.key());
        let minimal = |server: &str| {
            format!(
                "current-context: c\ncontexts: [{{name: c, context: {{cluster: c}}}}]\n\
                 clusters: [{{name: c, cluster: {{server: '{server}', certificate-authority: ca.crt}}}}]\n"
            )
        };
        home.write("explicit", &minimal(&format!("{url}/explicit")));
        home.write("listed", &minimal(&format!("{url}/listed")));
        Self { home, server, inner }
    }

    /// The request for pods that a run with these words makes.
    #[track_caller]
    fn asked(&self, words: &[&str], environment: &[(&str, &str)]) -> String {
        let all = || [self.server.requests(), self.inner.requests()];
        let before = all().map(|requests| requests.len());
        let mut command = self.home.command(words);
        for (name, value) in environment {
            command.env(name, value.replace("$HOME", self.home.path().to_str().unwrap()));
        }
        let said = self.home.block(&command.output().unwrap());
        let new = all().into_iter().zip(before).flat_map(|(requests, before)| requests.into_iter().skip(before));
        let pods = new.filter(|request| request.lines().next().is_some_and(|path| path.contains("/pods")));
        // Where all namespaces at once are forbidden, the one that was asked next tells more.
        pods.collect::<Vec<_>>().pop().unwrap_or_else(|| panic!("{words:?}: nothing was asked\n{said}"))
    }
}

fn script(path: &str, _: usize) -> Reply {
    if path.contains("/version") {
        return Reply::Json(200, json!({"gitVersion": "v1.36.3"}));
    }
    if path.starts_with("/forbidding/") && !path.contains("/namespaces/") {
        return forbidden("pods");
    }
    page(if path.contains("/pods") { "Pod" } else { "PersistentVolumeClaim" }, "", Vec::new())
}

/// Flags, and lines that the server sees because of them; `!` before those it does not see.
const FLAGS: &[(&[&str], &[&str])] = &[
    (&[], &["/main/api/v1/pods?limit=500", "authorization: bearer main-token", "accept-encoding: gzip", "client: none"]),
    (&["--context=forbidding"], &["/forbidding/api/v1/namespaces/home/pods?limit=500"]),
    (&["--context=forbidding", "-n", "shop"], &["/forbidding/api/v1/namespaces/shop/pods?limit=500"]),
    (&["--context=forbidding", "-nshop"], &["/forbidding/api/v1/namespaces/shop/pods?limit=500"]),
    (&["--context=forbidding", "--namespace=shop"], &["/forbidding/api/v1/namespaces/shop/pods?limit=500"]),
    (&["--context", "other"], &["/other/api/v1/pods?limit=500", "authorization: bearer other-token"]),
    (&["--cluster", "other"], &["/other/api/v1/pods?limit=500", "authorization: bearer main-token"]),
    (&["--user", "other"], &["/main/api/v1/pods?limit=500", "authorization: bearer other-token"]),
    (&["--kubeconfig", "explicit"], &["/explicit/api/v1/pods?limit=500", "!authorization:"]),
    (&["--kubeconfig=$HOME/explicit"], &["/explicit/api/v1/pods?limit=500"]),
    (&["--token", "secret"], &["authorization: bearer secret"]),
    (&["--context=strange", "--certificate-authority", "ca.crt"], &["/strange/api/v1/pods?limit=500", "server name: none"]),
    (&["--context=strange", "--insecure-skip-tls-verify"], &["/strange/api/v1/pods?limit=500"]),
    (&["--context=strange", "--insecure-skip-tls-verify=true"], &["authorization: bearer main-token"]),
    (&["--client-certificate", "alice.crt", "--client-key", "alice.key"], &["client: alice", "authorization: bearer main-token"]),
    (&["--context=inner", "--tls-server-name", "api.inner"], &["/inner/api/v1/pods?limit=500", "server name: api.inner"]),
    (&["--as", "jane"], &["impersonate-user: jane", "authorization: bearer main-token", "!impersonate-group:"]),
    (&["--as=system:serviceaccount:shop:web"], &["impersonate-user: system:serviceaccount:shop:web"]),
    (&["--as=jane", "--as-group", "devs", "--as-group=ops"], &["impersonate-group: devs", "impersonate-group: ops"]),
    (&["--as=jane", "--as-uid", "4711"], &["impersonate-user: jane", "impersonate-uid: 4711"]),
    (&["--as=jane", "--as-user-extra", "reason=test"], &["impersonate-extra-reason: test"]),
    (&["--disable-compression"], &["!accept-encoding:"]),
    (&["--disable-compression=false"], &["accept-encoding: gzip"]),
    (&["--request-timeout", "30s"], &["/main/api/v1/pods?limit=500"]),
    (&["--request-timeout=0"], &["/main/api/v1/pods?limit=500"]),
    (&["--chunk-size", "7"], &["/main/api/v1/pods?limit=7"]),
    (&["--chunk-size=0"], &["/main/api/v1/pods"]),
    (&["--cache-dir", "cache"], &["/main/api/v1/pods?limit=500"]),
    (&["-v", "6"], &["/main/api/v1/pods?limit=500"]),
    (&["-v8"], &["/main/api/v1/pods?limit=500"]),
    (&["--v=2"], &["/main/api/v1/pods?limit=500"]),
];

#[test]
fn every_flag_does_before_and_after_the_command_what_it_does_in_kubectl() {
    let world = World::new();
    for (flags, wanted) in FLAGS {
        for words in [[flags, &["volumes"][..]].concat(), [&["volumes"], *flags].concat()] {
            let request = world.asked(&words, &[]);
            for line in *wanted {
                let seen = |line: &str| request.lines().any(|l| l == line || (line.ends_with(':') && l.starts_with(line)));
                match line.strip_prefix('!') {
                    Some(line) => assert!(!seen(line), "{words:?}: {line}\n{request}"),
                    None => assert!(seen(line), "{words:?}: no {line}\n{request}"),
                }
            }
        }
    }
}

/// `-s` stands apart: it holds a port.
#[test]
fn another_server_is_asked_with_the_credentials_of_the_context() {
    let world = World::new();
    let url = format!("{}/flag", world.server.url);
    let joined = format!("--server={url}");
    for flags in [&["-s", &url][..], &["--server", &url], &[&joined]] {
        for words in [[flags, &["volumes"][..]].concat(), [&["volumes"], flags].concat()] {
            let request = world.asked(&words, &[]);
            assert!(request.starts_with("/flag/api/v1/pods?limit=500\n"), "{request}");
            assert!(request.contains("authorization: bearer main-token"), "{request}");
        }
    }
}

#[test]
fn of_a_list_of_kubeconfigs_a_missing_file_is_skipped() {
    let world = World::new();
    let list = "$HOME/missing:$HOME/listed:$HOME/.kube/config";
    let request = world.asked(&["volumes"], &[("KUBECONFIG", list)]);
    assert!(request.starts_with("/listed/api/v1/pods"), "the first file that names a context: {request}");
    let request = world.asked(&["volumes", "--context=other"], &[("KUBECONFIG", list)]);
    assert!(request.starts_with("/other/api/v1/pods"), "{request}");
    let request = world.asked(&["volumes", "--kubeconfig=explicit"], &[("KUBECONFIG", list)]);
    assert!(request.starts_with("/explicit/api/v1/pods"), "the flag is the only file: {request}");
}

#[test]
fn all_namespaces_override_one() {
    let world = World::new();
    assert!(world.home.run(&["volumes"]).contains("No resources found in home namespace."));
    for words in [["-A", "-n", "shop", "volumes"], ["volumes", "-n", "shop", "--all-namespaces"], ["-n", "shop", "volumes", "-A"]] {
        let said = world.home.run(&words);
        assert!(said.starts_with("No resources found\n"), "{words:?}: {said}");
    }
}

#[test]
fn verbosity_6_shows_requests_and_8_their_headers_but_no_credential() {
    let world = World::new();
    assert!(!world.home.run(&["volumes", "-v=5"]).contains("GET "));
    let requests = world.home.run(&["volumes", "-v=6"]);
    let wanted = format!("GET {}/main/api/v1/pods?limit=500 200 OK in ", world.server.url);
    assert!(requests.contains(&wanted) && !requests.contains("Headers"), "{requests}");

    let flags = ["--as=jane", "--as-group=devs", "--as-group=ops", "--as-uid=7", "--as-user-extra=reason=test", "--token=hunter2"];
    let shown = world.home.run(&[&["volumes", "-v=8"], &flags[..]].concat());
    assert!(!shown.contains("hunter2") && !shown.contains("main-token"), "{shown}");
    assert!(shown.contains("\nResponse Headers:\n    Connection: close\n"), "{shown}");
    let (_, block) = shown.split_once("/main/api/v1/pods?limit=500 ").unwrap();
    let (_, block) = block.split_once("Request Headers:\n").unwrap();
    let mut told: Vec<String> = block.lines().take_while(|line| line.starts_with("    ")).map(|line| line.trim().to_lowercase()).collect();
    told.sort();
    // What is told is what the server saw.
    let request = world.asked(&[&["volumes"], &flags[..]].concat(), &[]);
    let headers = request.lines().skip(1).take_while(|line| !line.starts_with("server name:"));
    let mut seen: Vec<String> = headers.filter(|line| !line.starts_with("host:")).map(|line| line.replace("hunter2", "<masked>")).collect();
    seen.sort();
    assert_eq!(told, seen);
}
