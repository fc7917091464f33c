//! Every verdict is the right one: servers, rules and routes that do one thing each, in network namespaces. As root.

mod lab;

use std::collections::BTreeSet;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

use lab::servers::{self, Manner};
use lab::{How, Lab, NONCE, QUICK};
use netstore_probe::verdict::Verdict::{self, *};
use netstore_probe::wire;

/// A rule for each way to refuse, by port: the same numbers for TCP and UDP.
const REFUSALS: [&str; 9] = [
    "th dport 8001 reject with icmpx type port-unreachable",
    "th dport 8002 reject with icmpx type host-unreachable",
    "th dport 8003 reject with icmpx type no-route",
    "th dport 8004 reject with icmpx type admin-prohibited",
    "meta nfproto ipv4 th dport 8005 reject with icmp type host-prohibited",
    "meta nfproto ipv4 th dport 8006 reject with icmp type net-prohibited",
    "meta nfproto ipv4 th dport 8007 reject with icmp type prot-unreachable",
    "tcp dport 8008 reject with tcp reset",
    "th dport 8009 drop",
];

#[test]
fn tcp_tells_what_a_server_and_a_rule_do() {
    let Some(lab) = Lab::new() else { return };
    servers::tcp(&lab, 80, Manner::Silent);
    servers::tcp(&lab, 81, Manner::Reset);
    servers::tcp(&lab, 82, Manner::Close);
    lab.rules_of_far("input", &REFUSALS);
    lab.expect(
        QUICK,
        &[
            ("tcp,10.77.0.1,80", Connected, ""),
            ("tcp,10.77.0.1,81", Reset, ""),
            ("tcp,10.77.0.1,82", Connected, "closed at once"),
            ("tcp,10.77.0.1,83", RefusedRst, ""),
            ("tcp,10.77.0.1,8001", RefusedIcmpPort, "ICMP port unreachable from 10.77.0.1"),
            ("tcp,10.77.0.1,8002", RefusedIcmpHost, "ICMP host unreachable"),
            ("tcp,10.77.0.1,8003", RefusedIcmpNet, "ICMP network unreachable"),
            ("tcp,10.77.0.1,8004", RefusedIcmpProhibited, "ICMP administratively prohibited"),
            ("tcp,10.77.0.1,8005", RefusedIcmpProhibited, ""),
            ("tcp,10.77.0.1,8006", RefusedIcmpProhibited, ""),
            ("tcp,10.77.0.1,8007", Unreachable, "ICMP type 3 code 2"),
            ("tcp,10.77.0.1,8008", RefusedRst, ""),
            ("tcp,10.77.0.1,8009", TimedOut, ""),
            ("tcp,fd77::1,80", Connected, ""),
            ("tcp,fd77::1,81", Reset, ""),
            ("tcp,fd77::1,83", RefusedRst, ""),
            ("tcp,fd77::1,8001", RefusedIcmpPort, "ICMPv6 port unreachable from fd77::1"),
            ("tcp,fd77::1,8002", RefusedIcmpHost, ""),
            ("tcp,fd77::1,8003", RefusedIcmpNet, ""),
            ("tcp,fd77::1,8004", RefusedIcmpProhibited, ""),
            ("tcp,fd77::1,8008", RefusedRst, ""),
            ("tcp,fd77::1,8009", TimedOut, ""),
        ],
    );
}

#[test]
fn udp_tells_what_a_server_and_a_rule_do() {
    let Some(lab) = Lab::new() else { return };
    servers::udp(&lab, 80, true);
    servers::udp(&lab, 81, false);
    servers::dns(&lab);
    lab.rules_of_far("input", &REFUSALS);
    lab.expect(
        QUICK,
        &[
            ("udp,10.77.0.1,80", UdpAnswered, "9 bytes"),
            ("udp,10.77.0.1,81", UdpSilent, ""),
            ("udp,10.77.0.1,53", UdpAnswered, ""),
            ("udp,10.77.0.1,83", UdpUnreachable, "ICMP port unreachable from 10.77.0.1"),
            ("udp,10.77.0.1,8001", UdpUnreachable, ""),
            ("udp,10.77.0.1,8002", RefusedIcmpHost, ""),
            ("udp,10.77.0.1,8003", RefusedIcmpNet, ""),
            ("udp,10.77.0.1,8004", RefusedIcmpProhibited, ""),
            ("udp,10.77.0.1,8005", RefusedIcmpProhibited, ""),
            ("udp,10.77.0.1,8009", UdpSilent, ""),
            ("udp,fd77::1,80", UdpAnswered, ""),
            ("udp,fd77::1,81", UdpSilent, ""),
            ("udp,fd77::1,83", UdpUnreachable, "ICMPv6 port unreachable from fd77::1"),
            ("udp,fd77::1,8002", RefusedIcmpHost, ""),
            ("udp,fd77::1,8003", RefusedIcmpNet, ""),
            ("udp,fd77::1,8004", RefusedIcmpProhibited, ""),
            ("udp,fd77::1,8009", UdpSilent, ""),
        ],
    );
}

/// A router says who it is: the target itself said nothing.
#[test]
fn a_router_that_refuses_is_named() {
    let Some(lab) = Lab::new() else { return };
    lab.rules_of_far("forward", &REFUSALS);
    lab.expect(
        QUICK,
        &[
            ("tcp,10.78.0.9,8001", RefusedIcmpPort, "from 10.77.0.1"),
            ("tcp,10.78.0.9,8002", RefusedIcmpHost, "from 10.77.0.1"),
            ("tcp,10.78.0.9,8004", RefusedIcmpProhibited, "from 10.77.0.1"),
            ("tcp,10.78.0.9,8009", TimedOut, ""),
            ("udp,10.78.0.9,8001", UdpUnreachable, "from 10.77.0.1"),
            ("tcp,fd78::9,8001", RefusedIcmpPort, "from fd77::1"),
            ("udp,fd78::9,8003", RefusedIcmpNet, "from fd77::1"),
        ],
    );
}

#[test]
fn what_the_pod_itself_does_is_told_from_what_the_network_does() {
    let Some(lab) = Lab::new() else { return };
    servers::tcp(&lab, 80, Manner::Silent);
    lab.serve_in_pod(|| UdpSocket::bind("127.0.0.1:99").expect("a free port"), |socket| while socket.recv_from(&mut [0; 9]).is_ok() {});
    lab.ip_of_pod(&["route add unreachable 10.98.0.0/16", "route add blackhole 10.97.0.0/16", "route add prohibit 10.96.0.0/16"]);
    lab.rules_of_pod(
        "output",
        &[
            "th dport 8101 reject with icmpx type port-unreachable",
            "th dport 8102 reject with icmpx type admin-prohibited",
            "th dport 8103 drop",
            "tcp dport 8104 reject with tcp reset",
        ],
    );
    lab.expect(
        QUICK,
        &[
            ("tcp,10.77.0.1,80", Connected, ""),
            ("tcp,10.99.0.1,80", NoRoute, "Network is unreachable"),
            ("tcp,10.98.0.1,80", NoRoute, "No route to host"),
            ("tcp,10.97.0.1,80", NoRoute, ""),
            ("tcp,10.96.0.1,80", LocalReject, ""),
            ("tcp,10.77.0.77,80", NoRoute, "host unreachable"),
            ("tcp,fd99::1,80", NoRoute, ""),
            ("tcp,fd77::77,80", NoRoute, ""),
            ("udp,10.99.0.1,80", NoRoute, ""),
            ("udp,10.96.0.1,80", LocalReject, ""),
            ("udp,10.77.0.77,80", NoRoute, ""),
            ("tcp,10.77.0.1,8101", LocalReject, "from 10.77.0.2"),
            ("tcp,10.77.0.1,8102", LocalReject, "administratively prohibited from 10.77.0.2"),
            ("tcp,fd77::1,8101", LocalReject, "from fd77::2"),
            ("udp,10.77.0.1,8101", LocalReject, ""),
            ("udp,10.77.0.1,8103", LocalReject, "not permitted"),
            ("udp,fd77::1,8103", LocalReject, "not permitted"),
            // Linux tells nobody that its own rule dropped a SYN, or sent the RST.
            ("tcp,10.77.0.1,8103", TimedOut, ""),
            ("tcp,10.77.0.1,8104", RefusedRst, ""),
            // A pod that asks itself is told by itself.
            ("tcp,127.0.0.1,80", RefusedRst, ""),
            ("udp,127.0.0.1,98", UdpUnreachable, ""),
            ("udp,10.77.0.2,98", UdpUnreachable, ""),
            ("udp,127.0.0.1,99", UdpSilent, ""),
        ],
    );
}

#[test]
fn http_and_tls_tell_how_far_they_came() {
    let Some(lab) = Lab::new() else { return };
    let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    servers::tcp(&lab, 80, Manner::Says(ok));
    servers::tcp(&lab, 81, Manner::Says("HTTP/1.1 503 no\r\n\r\n"));
    servers::tcp(&lab, 82, Manner::Says("SSH-2.0-OpenSSH\r\n"));
    servers::tcp(&lab, 83, Manner::Silent);
    servers::tcp(&lab, 84, Manner::Close);
    servers::tcp(&lab, 85, Manner::Reset);
    servers::tcp(&lab, 443, Manner::Tls(servers::tls(false), ok));
    servers::tcp(&lab, 444, Manner::Tls(servers::tls(true), ok));
    servers::tcp(&lab, 445, Manner::Tls(servers::tls(false), "hello"));
    lab.rules_of_far("input", &REFUSALS);
    lab.expect(
        QUICK,
        &[
            ("http,10.77.0.1,80,/", HttpStatus, "200"),
            ("http,fd77::1,80,/healthz?a=b,c", HttpStatus, "200"),
            ("http,10.77.0.1,81,/", HttpStatus, "503"),
            ("http,10.77.0.1,82,/", NoHttp, "SSH-2.0"),
            ("http,10.77.0.1,83,/", NoHttp, "no answer in time"),
            ("http,10.77.0.1,84,/", Reset, ""),
            ("http,10.77.0.1,85,/", Reset, ""),
            ("http,10.77.0.1,86,/", RefusedRst, ""),
            ("http,10.77.0.1,8004,/", RefusedIcmpProhibited, ""),
            ("http,10.77.0.1,8009,/", TimedOut, ""),
            ("http,10.77.0.1,443,/", NoHttp, ""),
            ("https,10.77.0.1,443,/", HttpStatus, "200"),
            ("https,fd77::1,443,/", HttpStatus, "200"),
            ("https,10.77.0.1,444,/", TlsError, "CertificateRequired"),
            ("https,10.77.0.1,445,/", NoHttp, "hello"),
            ("https,10.77.0.1,80,/", TlsError, ""),
            ("https,10.77.0.1,83,/", TlsError, "no answer in time"),
            ("https,10.77.0.1,84,/", Reset, ""),
            ("https,10.77.0.1,85,/", Reset, ""),
            ("https,10.77.0.1,86,/", RefusedRst, ""),
            ("https,10.77.0.1,8009,/", TimedOut, ""),
        ],
    );
}

#[test]
fn names_tell_what_their_server_says() {
    let Some(lab) = Lab::new() else { return };
    servers::dns(&lab);
    servers::tcp(&lab, 80, Manner::Says("HTTP/1.1 204 \r\n\r\n"));
    lab.resolv_conf("search a.test b.test\nnameserver 10.77.0.1\noptions ndots:2\n");
    lab.expect(
        QUICK,
        &[
            ("name,ok", Resolved, "10.77.0.1, fd77::1"),
            ("name,ok.c.test.", Resolved, "10.77.0.1, fd77::1"),
            ("name,half", Resolved, "10.77.0.1"),
            ("name,lame", Resolved, "10.77.0.1"),
            ("name,big", Resolved, "10.77.1.1, 10.77.1.2"),
            ("name,localhost", Resolved, "127.0.0.1"),
            ("name,no", NxDomain, ""),
            ("name,nodata", NoData, "nodata.a.test"),
            ("name,servfail", ServFail, "SERVFAIL for servfail.a.test"),
            ("name,refused", ServFail, "REFUSED"),
            ("name,silent", DnsTimeout, "10.77.0.1: no answer"),
            ("name,garbage", DnsTimeout, ""),
            ("name,a..b", NxDomain, ""),
            ("tcp,ok,80", Connected, "10.77.0.1"),
            ("http,ok.c.test,80,/", HttpStatus, "204 (10.77.0.1)"),
            // One family has no route: the other one is used.
            ("http,far,80,/", HttpStatus, "204 (fd77::1)"),
            ("tcp,no,80", NxDomain, ""),
            ("udp,silent,80", DnsTimeout, "silent"),
        ],
    );
}

#[test]
fn servers_of_names_that_cannot_be_reached_are_told() {
    let Some(lab) = Lab::new() else { return };
    servers::dns(&lab);
    lab.resolv_conf("nameserver fd77::1\nnameserver 10.77.0.1\n");
    lab.expect(QUICK, &[("name,ok.", Resolved, "10.77.0.1"), ("name,silent.", DnsTimeout, "fd77::1: Connection refused")]);
    lab.resolv_conf("nameserver fd77::1\n");
    lab.expect(QUICK, &[("name,ok.", DnsTimeout, "fd77::1: Connection refused")]);
    lab.resolv_conf("nameserver 10.99.0.1\n");
    lab.expect(QUICK, &[("name,ok.", DnsTimeout, "10.99.0.1: Network is unreachable")]);
    lab.rules_of_far("input", &["udp dport 53 drop"]);
    lab.resolv_conf("nameserver 10.77.0.1\n");
    lab.expect(QUICK, &[("name,ok.", DnsTimeout, "10.77.0.1: no answer")]);
}

#[test]
fn different_results_in_turn_are_flapping() {
    let Some(lab) = Lab::new() else { return };
    let ok = Manner::Says("HTTP/1.1 200 OK\r\n\r\n");
    servers::tcp(&lab, 80, Manner::InTurn(vec![ok.clone(), Manner::Reset]));
    servers::tcp(&lab, 81, Manner::InTurn(vec![Manner::Reset, ok.clone(), ok]));
    lab.expect(QUICK, &[("http,10.77.0.1,80,/", Flapping, "http-status 2, reset 2"), ("http,10.77.0.1,81,/", HttpStatus, "200")]);
}

#[test]
fn sctp_is_tried_where_the_kernel_has_it() {
    let Some(lab) = Lab::new() else { return };
    let verdict = lab.probe(QUICK, &["sctp,10.77.0.1,80"]).first().map(|observed| observed.verdict);
    let has = std::fs::exists("/proc/sys/net/sctp").is_ok_and(|has| has);
    assert_eq!(verdict, Some(if has { Verdict::Refused } else { CouldNotRun }));
}

/// Linux sends an address six ICMP errors at once, then one a second: what is refused behind that is not called dropped without a word.
#[test]
fn refusals_that_linux_keeps_back_are_not_taken_for_silence() {
    let limited = || Lab::new().inspect(|lab| lab.sysctl_of_far("net.ipv4.icmp_ratelimit=1000"));
    let (Some(few), Some(many)) = (limited(), limited()) else { return };
    let checks = |number: usize| (1..=number).map(|port| format!("udp,10.77.0.1,{port}")).collect::<Vec<_>>();
    for observed in few.probe(How { patience: 1500, ..QUICK }, &checks(4).iter().map(String::as_str).collect::<Vec<_>>()) {
        assert_eq!(observed.verdict, UdpUnreachable, "{observed:?}");
    }
    for observed in many.probe(QUICK, &checks(20).iter().map(String::as_str).collect::<Vec<_>>()) {
        let told = observed.detail.contains("Linux limits ICMP errors");
        assert!(observed.verdict == UdpUnreachable || (observed.verdict == UdpSilent && told), "{observed:?}");
    }
}

#[test]
fn what_is_not_done_at_the_deadline_could_not_run() {
    let Some(lab) = Lab::new() else { return };
    servers::tcp(&lab, 80, Manner::Silent);
    lab.rules_of_far("input", &REFUSALS);
    let begin = Instant::now();
    let how = How { patience: 10_000, deadline: 2, ..QUICK };
    lab.expect(how, &[("tcp,10.77.0.1,8009", CouldNotRun, "not done in the 2 s that all had"), ("tcp,10.77.0.1,80", Connected, "")]);
    assert!(begin.elapsed() < Duration::from_secs(8));
}

#[test]
fn the_termination_message_is_written_only_where_it_is_asked_for() {
    let Some(lab) = Lab::new() else { return };
    servers::tcp(&lab, 80, Manner::Silent);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("log");
    let (batch, output) =
        lab.output(QUICK, &["tcp,10.77.0.1,80", "tcp,10.77.0.1,81"], &[(wire::TERMINATION_LOG, path.to_str().expect("UTF-8"))]);
    let message = std::fs::read_to_string(&path).expect("a message");
    assert_eq!(message.lines().next(), Some(format!(r#"{{"v":1,"nonce":"{NONCE}","verdicts":"connected refused-rst"}}"#).as_str()));
    assert_eq!(wire::read_termination(&message, &batch), wire::read(&String::from_utf8_lossy(&output.stdout), &batch));
}

#[test]
fn words_that_are_no_batch_are_refused() {
    let run = |words: &[&str]| std::process::Command::new(env!("CARGO_BIN_EXE_netstore-probe")).args(words).output().expect("the program");
    for words in [&[][..], &["n", "1", "1", "1", "1", "1", "icmp,x"], &["n", "1", "1", "1", "x", "1"]] {
        let output = run(words);
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(2), true), "{words:?}");
    }
    assert_eq!(run(&["n", "1", "1", "1", "1", "1"]).stdout, b"{\"v\":1,\"nonce\":\"n\",\"end\":0}\n");
}

#[test]
fn a_hundred_checks_run_side_by_side() {
    let Some(lab) = Lab::new() else { return };
    servers::tcp(&lab, 80, Manner::Silent);
    lab.rules_of_far("input", &["tcp dport 8000-8099 drop"]);
    let checks: Vec<String> = (0..50).flat_map(|n| [format!("tcp,10.77.0.1,{}", 8000 + n), "tcp,10.77.0.1,80".to_owned()]).collect();
    let begin = Instant::now();
    let observed = lab.probe(How { at_once: 32, ..QUICK }, &checks.iter().map(String::as_str).collect::<Vec<_>>());
    eprintln!("100 checks, 50 of them dropped: {:.1} s", begin.elapsed().as_secs_f64());
    let verdicts: BTreeSet<(usize, Verdict)> = observed.iter().enumerate().map(|(at, observed)| (at % 2, observed.verdict)).collect();
    assert_eq!(verdicts, BTreeSet::from([(0, TimedOut), (1, Connected)]));
}
