//! The script that runs checks with what a container has, with the real tools, in networks where each thing goes wrong; and what the
//! kernel says in `/proc/net`.

mod probe_script {
    pub mod world;
}

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{IpAddr, TcpListener, UdpSocket};
use std::time::{Duration, Instant};

use netstore::objects::Protocol;
use netstore::probe::check::Check;
use netstore::probe::proc::{Arrival, Counters, Listening, Sockets};
use netstore::probe::script::Survey;
use netstore::probe::verdict::Verdict;
use netstore::probe::wire::{self, Batch};

use probe_script::world::{Toolbox, inside};

/// Each tool that connects, by the name it has there.
const CONNECT: [&str; 9] = ["bash", "python3", "perl", "agnhost", "nc.openbsd", "nc.busybox", "ncat", "curl", "wget"];

fn batch(words: &[&str]) -> Batch {
    let checks = words.iter().map(|word| word.parse::<Check>().expect("a check")).collect();
    Batch { nonce: "n0".to_owned(), agreeing: 1, attempts: 1, patience: 3000, at_once: 4, deadline: 90, checks }
}

/// What each tool makes of the checks: a line a check, with the tools that say the same behind a verdict.
fn table(tools: &[&str], words: &[&str]) -> String {
    let batch = batch(words);
    let mut said: Vec<BTreeMap<String, Vec<&str>>> = vec![BTreeMap::new(); words.len()];
    for tool in tools {
        let toolbox = Toolbox::of(&[tool, "dig", "sleep", "tr"]);
        let survey = Survey::read(&toolbox.survey());
        for ((check, said), observed) in batch.checks.iter().zip(&mut said).zip(wire::read(&toolbox.run("dash", &batch, &[]), &batch)) {
            assert!(survey.can(check) || observed.verdict == Verdict::CouldNotRun, "{tool} {check}: {observed:?}");
            if survey.can(check) {
                let status = if observed.verdict == Verdict::HttpStatus { format!(" {}", observed.detail) } else { String::new() };
                said.entry(format!("{}{status}", observed.verdict)).or_default().push(tool);
            }
        }
    }
    let mut table = String::new();
    for (word, said) in words.iter().zip(said) {
        let said: Vec<String> = said.iter().map(|(verdict, tools)| format!("{verdict}: {}", tools.join(" "))).collect();
        _ = writeln!(table, "{word:24} {}", said.join("; "));
    }
    table
}

/// Without ICMP in between, a refusal is a reset for certain; what came with ICMP is not told apart.
#[test]
fn a_connection_is_what_each_tool_can_tell_of_it() {
    inside("a_connection_is_what_each_tool_can_tell_of_it", || {
        let quiet = [
            "tcp,10.1.0.2,8080",
            "tcp,fd01::2,8080",
            "tcp,web,8080",
            "tcp,10.1.0.2,9999",
            "tcp,fd01::2,9999",
            "tcp,10.1.0.2,7006",
            "tcp,10.1.0.2,7005",
            "tcp,10.1.0.2,7007",
            "tcp,10.2.0.1,80",
            "tcp,10.2.0.2,80",
            "tcp,10.2.0.3,80",
            "tcp,10.3.0.1,80",
            "tcp,nx,80",
            "tcp,nd,80",
            "tcp,sf,80",
            "tcp,connected.web,9999",
            "tcp,REFUSED.web,7005",
            "tcp,TIMEOUT.web,8080",
        ];
        let with_icmp =
            ["tcp,10.1.0.2,7001", "tcp,10.1.0.2,7002", "tcp,10.1.0.2,7003", "tcp,10.1.0.2,7004", "tcp,fd01::2,7001", "tcp,fd01::2,7004"];
        insta::assert_snapshot!("tcp", table(&CONNECT, &quiet) + &table(&CONNECT, &with_icmp));
    });
}

#[test]
fn a_datagram_is_what_each_tool_can_tell_of_it() {
    inside("a_datagram_is_what_each_tool_can_tell_of_it", || {
        let udp = [
            "udp,10.1.0.2,9000",
            "udp,fd01::2,9000",
            "udp,10.1.0.2,9001",
            "udp,10.1.0.2,9999",
            "udp,fd01::2,9999",
            "udp,10.1.0.2,7005",
            "udp,10.1.0.2,7004",
            "udp,nx,53",
        ];
        // That of agnhost is too short for a question.
        let dns = table(&["bash", "python3", "perl"], &["udp,10.1.0.2,53"]);
        insta::assert_snapshot!("udp", table(&CONNECT, &udp) + &dns);
    });
}

#[test]
fn an_answer_over_http_is_what_each_tool_can_tell_of_it() {
    inside("an_answer_over_http_is_what_each_tool_can_tell_of_it", || {
        let ports = ["8080", "8081", "8082", "8083", "8084", "8443", "9999", "7005"];
        let words = |scheme: &str| ports.map(|port| format!("{scheme},10.1.0.2,{port},/a?b=[c]&d={{e}}"));
        let words = [words("http"), words("https")].concat();
        let words: Vec<&str> = words
            .iter()
            .map(String::as_str)
            .chain(["http,fd01::2,8080,/", "http,connected.web,8083,/closed/eof", "http,closed.web,9999,/", "http,nx,80,/"])
            .collect();
        // Without another tool nobody knows of wget whether it waits for a connection or for an answer.
        insta::assert_snapshot!("http", table(&["bash", "python3", "curl", "wget", "wget.busybox"], &words));
    });
}

#[test]
fn a_name_is_looked_up_as_resolv_conf_says() {
    inside("a_name_is_looked_up_as_resolv_conf_says", || {
        let words =
            ["name,web", "name,web.b.test", "name,web.b.test.", "name,x.y.z", "name,nx", "name,nd", "name,sf", "name,to", "name,web."];
        let mut said = String::new();
        for tool in ["dig", "nslookup", "nslookup.busybox", "getent"] {
            let (toolbox, batch) = (Toolbox::of(&[tool, "sleep", "tr"]), batch(&words));
            for (word, observed) in words.iter().zip(wire::read(&toolbox.run("dash", &batch, &[]), &batch)) {
                _ = writeln!(said, "{tool:16} {word:17} {} {}", observed.verdict, observed.detail);
            }
        }
        insta::assert_snapshot!("name", said);
    });
}

#[test]
fn every_shell_writes_the_same_lines_and_a_message_that_fits() {
    inside("every_shell_writes_the_same_lines_and_a_message_that_fits", || {
        let words: Vec<&str> = ["tcp,10.1.0.2,8080", "udp,10.1.0.2,9999", "http,10.1.0.2,8080,/", "name,nx"].repeat(20);
        let (toolbox, batch) = (Toolbox::of(&["bash", "dig", "sleep", "tr"]), batch(&words));
        let verdicts = |results: Vec<wire::Observed>| results.into_iter().map(|observed| observed.verdict).collect::<Vec<_>>();
        let wanted = [Verdict::Connected, Verdict::UdpUnreachable, Verdict::HttpStatus, Verdict::NxDomain].repeat(20);
        for shell in ["dash", "bash", "ash"] {
            let message = toolbox.folder().join("message");
            let output = toolbox.run(shell, &batch, &[(wire::TERMINATION_LOG, message.to_str().expect("a path"))]);
            let message = std::fs::read_to_string(message).expect("a message");
            assert_eq!(verdicts(wire::read(&output, &batch)), wanted, "{shell}: {output}");
            assert_eq!(verdicts(wire::read_termination(&message, &batch)), wanted, "{shell}: {message}");
            assert!(message.len() <= 4096 && message.lines().count() > 20, "{shell}: {message}");
        }
    });
}

#[test]
fn what_is_no_host_or_no_path_is_told_to_no_tool() {
    inside("what_is_no_host_or_no_path_is_told_to_no_tool", || {
        let toolbox = Toolbox::of(&CONNECT.into_iter().chain(["dig", "sleep", "tr", "touch"]).collect::<Vec<_>>());
        let mark = toolbox.folder().join("mark").display().to_string();
        let hosts = [
            "-e",
            "",
            "$(touch MARK)",
            "`touch MARK`",
            "a;touch MARK",
            "a\ntouch MARK",
            "\"",
            "'",
            "\\",
            "*",
            "a b",
            "ü",
            "{a}",
            "/etc/passwd",
        ];
        let mut words: Vec<String> =
            hosts.iter().flat_map(|host| ["tcp,HOST,80", "http,HOST,80,/", "name,HOST"].map(|word| word.replace("HOST", host))).collect();
        words.extend([
            "http,10.1.0.2,8080,/a b".to_owned(),
            "http,10.1.0.2,8080,/a\r\nX: y".to_owned(),
            "http,10.1.0.2,8080,/ü".to_owned(),
        ]);
        let words: Vec<String> = words.iter().map(|word| word.replace("MARK", &mark)).collect();
        let batch = batch(&words.iter().map(String::as_str).collect::<Vec<_>>());
        for (word, observed) in words.iter().zip(wire::read(&toolbox.run("dash", &batch, &[]), &batch)) {
            assert_eq!(observed.verdict, Verdict::CouldNotRun, "{word:?}: {observed:?}");
            assert!(observed.detail.contains("not a host") || observed.detail.contains("a path"), "{word:?}: {observed:?}");
        }
        assert!(!toolbox.folder().join("mark").exists());
        // What a path may have is not taken for a pattern, an argument or a text of the shell.
        let odd = self::batch(&["http,10.1.0.2,8080,/$(touch${IFS}mark)/`x`/'\"*[a-b]{1,2}\\%0a"]);
        assert_eq!(wire::read(&toolbox.run("dash", &odd, &[]), &odd)[0].verdict, Verdict::HttpStatus);
    });
}

#[test]
fn results_must_agree_and_come_before_the_deadline() {
    inside("results_must_agree_and_come_before_the_deadline", || {
        let toolbox = Toolbox::of(&["bash", "dig", "sleep", "tr"]);
        let flapping = Batch { agreeing: 3, attempts: 7, ..batch(&["name,fl.", "name,web"]) };
        let results = wire::read(&toolbox.run("dash", &flapping, &[]), &flapping);
        assert_eq!((results[0].verdict, results[0].attempts), (Verdict::Flapping, 7), "{results:?}");
        assert_eq!((results[1].verdict, results[1].attempts), (Verdict::Resolved, 3), "{results:?}");

        let late = Batch { at_once: 1, deadline: 1, patience: 2000, ..batch(&["tcp,10.1.0.2,7005", "tcp,10.1.0.2,8080"]) };
        let begin = Instant::now();
        let results = wire::read(&toolbox.run("dash", &late, &[]), &late);
        assert_eq!([results[0].verdict, results[1].verdict], [Verdict::TimedOut, Verdict::CouldNotRun], "{results:?}");
        assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    });
}

#[test]
fn sockets_are_heard_where_they_are_bound() {
    inside("sockets_are_heard_where_they_are_bound", || {
        let bound = ["127.0.0.1:6001", "[::1]:6001", "0.0.0.0:6002", "[::]:6003", "10.1.0.1:6004", "127.0.0.1:6004", "[fd01::1]:6005"];
        let tcp: Vec<TcpListener> = bound.iter().map(|address| TcpListener::bind(address).expect("bound")).collect();
        let udp: Vec<UdpSocket> = bound.iter().map(|address| UdpSocket::bind(address).expect("bound")).collect();
        let client = UdpSocket::bind("0.0.0.0:6006").expect("bound");
        client.connect("10.1.0.2:9001").expect("connected");
        let read = |name: &str| std::fs::read_to_string(format!("/proc/net/{name}")).expect("a table");
        let sockets = Sockets::parse(&read("tcp"), &read("tcp6"), &read("udp"), &read("udp6"));
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        for protocol in [Protocol::Tcp, Protocol::Udp] {
            let heard = |port| sockets.listening(port, protocol);
            assert_eq!(heard(6001), Listening::LoopbackOnly);
            assert_eq!(heard(6002), Listening::Addresses([address("0.0.0.0")].into()));
            assert_eq!(heard(6003), Listening::All);
            assert_eq!(heard(6004), Listening::Addresses([address("10.1.0.1"), address("127.0.0.1")].into()));
            assert_eq!(heard(6005), Listening::Addresses([address("fd01::1")].into()));
            assert_eq!(heard(6006), Listening::Nobody);
        }
        drop((tcp, udp));
    });
}

#[test]
fn counters_tell_what_arrived() {
    inside("counters_tell_what_arrived", || {
        let counters = || {
            let read = |name: &str| std::fs::read_to_string(format!("/proc/net/{name}")).expect("counters");
            Counters::parse(&read("snmp"), &read("snmp6"))
        };
        for local in ["127.0.0.1", "::1"] {
            let address: IpAddr = local.parse().expect("an address");
            let (server, client) = (UdpSocket::bind((address, 0)).expect("bound"), UdpSocket::bind((address, 0)).expect("bound"));
            let port = server.local_addr().expect("bound").port();
            let send = |to: (IpAddr, u16)| (0..20).for_each(|_| _ = client.send_to(b"x", to));

            let before = counters();
            send((address, port));
            (0..20).for_each(|_| _ = server.recv(&mut [0]).expect("a datagram"));
            assert_eq!(counters().difference(&before).arrival(Protocol::Udp, address, 20), Arrival::Unanswered, "{local}");

            let before = counters();
            send((address, 9));
            assert_eq!(counters().difference(&before).arrival(Protocol::Udp, address, 20), Arrival::NoPort, "{local}");

            let before = counters();
            assert_eq!(counters().difference(&before).arrival(Protocol::Udp, address, 20), Arrival::Missing { at_least: 20 }, "{local}");
        }
    });
}
