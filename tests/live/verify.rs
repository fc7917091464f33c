//! `dns verify` as people type it, against a scripted API server with scripted servers of names behind it.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::pod::{self, Peer, Script};
use super::server::{self, Reply, page, status};

/// An API server: objects over plain HTTP, each replica of CoreDNS by its name.
struct Cluster {
    url: String,
}

/// What becomes of a way to a replica.
type Replica = fn(name: &str) -> Script;

impl Cluster {
    fn start(replica: Replica) -> Self {
        Self::hiding("", replica)
    }

    /// One that lets nobody list this kind.
    fn hiding(kind: &'static str, replica: Replica) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                thread::spawn(move || serve(stream, kind, replica));
            }
        });
        Self { url }
    }

    /// Runs the binary: what it prints, then what it complains about, then how it ends.
    fn run(&self, args: &[&str]) -> String {
        let (file, _) = super::options(&self.url);
        let mut command = Command::new(crate::program::program());
        let output = command.args(args).arg("--request-timeout=5s").env_clear().env("KUBECONFIG", file.path()).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let all = format!("{}--- stderr\n{}--- {}", text(&output.stdout), text(&output.stderr), output.status);
        all.replace(&self.url, "URL").replace(&file.path().display().to_string(), "KUBECONFIG")
    }
}

fn serve(stream: TcpStream, hidden: &'static str, replica: Replica) {
    let mut head = [0; 512];
    let read = stream.peek(&mut head).unwrap();
    let line = String::from_utf8_lossy(&head[..read]).lines().next().unwrap_or_default().to_owned();
    let log = Mutex::new(Vec::new());
    match line.split_once("/pods/").and_then(|(_, rest)| rest.split_once("/portforward")) {
        Some((name, _)) => pod::serve(stream, &log, &replica(name)),
        None => {
            server::answer(stream, "", &log, &move |path, _| if plural(path) == hidden { server::forbidden(hidden) } else { objects(path) })
        }
    }
}

/// The kind that a list is of.
fn plural(path: &str) -> &str {
    path.split('?').next().unwrap().rsplit('/').next().unwrap()
}

/// Two replicas behind kube-dns, and a Service in shop.
fn objects(path: &str) -> Reply {
    let list = |kind: &str, items: Value| page(kind, "", items.as_array().unwrap().clone());
    let meta = |namespace: &str, name: &str| json!({"namespace": namespace, "name": name});
    let pod = |name: &str| json!({"addresses": ["10.244.0.2"], "conditions": {"ready": true}, "targetRef": {"kind": "Pod", "namespace": "kube-system", "name": name}});
    match plural(path) {
        "namespaces" => list(
            "Namespace",
            json!([{"metadata": {"name": "kube-system"}}, {"metadata": {"name": "shop"}}, {"metadata": {"name": "default"}}]),
        ),
        "pods" => list("Pod", json!([{"metadata": meta("shop", "client"), "spec": {"containers": [{"name": "c", "image": "i"}]}}])),
        "services" => list(
            "Service",
            json!([
                {"metadata": meta("kube-system", "kube-dns"), "spec": {"clusterIP": "10.96.0.10", "ports": [{"name": "dns-tcp", "port": 53}]}},
                {"metadata": meta("shop", "web"), "spec": {"clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7"], "ports": [{"port": 80}]}},
            ]),
        ),
        "endpointslices" => list(
            "EndpointSlice",
            json!([{"metadata": {"namespace": "kube-system", "name": "kube-dns-x", "labels": {"kubernetes.io/service-name": "kube-dns"}},
                "addressType": "IPv4", "ports": [{"name": "dns-tcp", "port": 53}], "endpoints": [pod("coredns-a"), pod("coredns-b")]}]),
        ),
        "configmaps" => list(
            "ConfigMap",
            json!([{"metadata": meta("kube-system", "coredns"),
                "data": {"Corefile": ".:53 {\n kubernetes cluster.local in-addr.arpa {\n  pods insecure\n }\n forward . 192.0.2.1\n}"}}]),
        ),
        _ => status(404, "NotFound", "the server could not find the requested resource"),
    }
}

/// A replica that knows `web`.
fn knows(peer: &mut Peer) {
    while let Some(question) = peer.question() {
        let answer = if question.kind() == 1 { question.address([10, 96, 0, 7]) } else { question.answer(0) };
        peer.send(&answer);
    }
}

/// A replica that says NXDOMAIN to everything.
fn denies(peer: &mut Peer) {
    while let Some(question) = peer.question() {
        peer.send(&question.fails(3));
    }
}

/// Words, without what differs from run to run: how long it took, and columns as wide as that.
fn shown(text: &str) -> String {
    let line = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let word = |(at, word): (usize, &&str)| if words.get(at + 1) == Some(&"ms") { "N".to_owned() } else { (*word).to_owned() };
        words.iter().enumerate().map(word).collect::<Vec<_>>().join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

const WEB: [&str; 3] = ["dns", "verify", "web.shop.svc.cluster.local"];

#[test]
fn replicas_that_agree() {
    let cluster = Cluster::start(|_| Script::Open(knows));
    insta::assert_snapshot!(shown(&cluster.run(&[&WEB[..], &["--exit-code"]].concat())));
}

#[test]
fn a_replica_that_does_not_ends_with_3_and_is_named() {
    let cluster = Cluster::start(|name| Script::Open(if name == "coredns-a" { knows } else { denies }));
    insta::assert_snapshot!(shown(&cluster.run(&[&WEB[..], &["--exit-code"]].concat())));
    assert!(cluster.run(&[&WEB[..], &["-q"]].concat()).starts_with("--- stderr\n--- exit status: 3"));
    assert!(cluster.run(&WEB).ends_with("--- exit status: 0"), "codes are asked for");
    let answer = cluster.run(&[&WEB[..], &["-o", "json"]].concat());
    let answer: Value = serde_json::from_str(answer.split("--- stderr").next().unwrap()).unwrap();
    let observed = &answer["result"]["questions"][0]["observed"];
    let of = |at: usize| json!([observed[at]["replica"], observed[at]["rcode"], observed[at]["answers"], observed[at]["state"]]);
    assert_eq!(answer["kind"], "DnsVerify");
    assert_eq!(of(0), json!(["coredns-a", "NOERROR", ["10.96.0.7"], "agrees"]));
    assert_eq!(of(1), json!(["coredns-b", "NXDOMAIN", [], "differs"]));
    assert!(observed[0]["milliseconds"].is_u64());
}

/// Beside what is expected of each question of a pod, and of each record of a Service, stands what each replica said.
#[test]
fn questions_of_pods_and_records_of_services_are_asked_too() {
    let cluster = Cluster::start(|name| Script::Open(if name == "coredns-a" { knows } else { denies }));
    let json = |args: &[&str]| -> Value {
        let answer = cluster.run(&[args, &["-n", "shop", "--verify", "-o", "json"]].concat());
        let (stdout, rest) = answer.split_once("--- stderr").unwrap();
        serde_json::from_str(stdout).unwrap_or_else(|error| panic!("{error}: {rest}"))
    };
    let pod = json(&["dns", "client", "web", "--libc", "musl", "--type", "A"]);
    let question = &pod["result"]["questions"][0];
    let said = |observed: &Value| json!([observed[0]["rcode"], observed[1]["rcode"], observed[1]["replica"]]);
    assert_eq!(question["name"], "web.shop.svc.cluster.local");
    assert_eq!(said(&question["observed"]), json!(["NOERROR", "NXDOMAIN", "coredns-b"]));
    assert_eq!(pod["result"]["verified"]["state"], "differs");
    let records = json(&["dns", "records", "svc/web"]);
    let asked = records["result"]["verified"]["questions"].as_array().unwrap();
    let web = asked.iter().find(|question| question["name"] == "web.shop.svc.cluster.local").unwrap();
    assert_eq!(said(&web["observed"]), json!(["NOERROR", "NXDOMAIN", "coredns-b"]));
}

#[test]
fn what_changed_meanwhile_is_not_told() {
    static ASKED: Mutex<usize> = Mutex::new(0);
    let cluster = Cluster::start(|_| {
        let mut asked = ASKED.lock().unwrap();
        *asked += 1;
        // Both are behind at first.
        Script::Open(if *asked <= 2 { denies } else { knows })
    });
    assert!(cluster.run(&[&WEB[..], &["-q"]].concat()).ends_with("--- exit status: 0"));
    assert_eq!(*ASKED.lock().unwrap(), 4);
}

#[test]
fn where_no_replica_may_be_asked_the_servers_words_are_told() {
    let cluster = Cluster::start(|name| {
        let message = format!("pods \"{name}\" is forbidden: User \"jane\" cannot get resource \"pods/portforward\"");
        let status = json!({"kind": "Status", "status": "Failure", "code": 403, "reason": "Forbidden", "message": message});
        Script::Refuse(403, status.to_string())
    });
    insta::assert_snapshot!(shown(&cluster.run(&WEB)));
}

/// What could not be read makes the expected answers unknown that depend on it, and nothing else; nodes are of no matter to names.
#[test]
fn with_limited_rights_what_depends_on_them_is_not_guessed() {
    let mut table = String::new();
    for kind in ["nodes", "pods", "namespaces", "endpointslices", "services", "configmaps"] {
        let said = |replica| {
            let said = shown(&Cluster::hiding(kind, replica).run(&[&WEB[..], &["--exit-code", "-v=6"]].concat()));
            assert!(!said.contains("/nodes"), "{said}");
            let lines = said.lines().filter(|line| !line.starts_with("GET ") && !line.starts_with("- "));
            lines.collect::<Vec<_>>().join("\n").replace("Not tried this way:\n", "")
        };
        let right = said(|_| Script::Open(knows));
        let wrong = said(|_| Script::Open(denies));
        table.push_str(&format!("## no rights to list {kind}\n{right}\n\n"));
        // Nothing says that they are wrong but the Corefile of nearly every cluster.
        if kind == "configmaps" {
            table.push_str(&format!("## no rights to list {kind}, and no server knows the name\n{wrong}\n\n"));
        } else {
            assert!(!wrong.ends_with("exit status: 0"), "{wrong}");
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_replica_there_is_no_way_to_leaves_it_open() {
    let cluster = Cluster::start(|name| match name {
        "coredns-a" => Script::Open(knows),
        _ => Script::Refuse(
            404,
            json!({"kind": "Status", "status": "Failure", "code": 404, "reason": "NotFound", "message": "pods not found"}).to_string(),
        ),
    });
    let answer = cluster.run(&[&WEB[..], &["--exit-code"]].concat());
    assert!(answer.contains("coredns-b   no way to it") && answer.ends_with("--- exit status: 4"), "{answer}");
}

#[test]
fn a_snapshot_has_no_servers() {
    let cluster = Cluster::start(|_| Script::Open(knows));
    let answer = cluster.run(&["dns", "verify", "--from", "examples/shop"]);
    assert!(answer.contains("error: servers of a cluster are to be asked") && answer.ends_with("--- exit status: 2"), "{answer}");
}

/// A process that is interrupted leaves nothing: the way to the pod is closed with it.
#[cfg(unix)]
#[test]
fn interrupted_it_closes_the_way() {
    use std::sync::mpsc;
    static GONE: Mutex<Option<mpsc::Sender<()>>> = Mutex::new(None);
    let (sender, receiver) = mpsc::channel();
    *GONE.lock().unwrap() = Some(sender);
    let cluster = Cluster::start(|_| {
        Script::Open(|peer| {
            peer.wait();
            GONE.lock().unwrap().as_ref().unwrap().send(()).unwrap();
        })
    });
    let (file, _) = super::options(&cluster.url);
    let mut command = Command::new(crate::program::program());
    let mut child =
        command.args(WEB).arg("-v=6").env_clear().env("KUBECONFIG", file.path()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let (mut seen, mut byte) = (String::new(), [0]);
    while !seen.contains("101 Switching Protocols") {
        stderr.read_exact(&mut byte).unwrap();
        seen.push(char::from(byte[0]));
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(!child.wait().unwrap().success());
    receiver.recv_timeout(Duration::from_secs(10)).unwrap();
}
