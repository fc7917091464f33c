//! What a probe tries, and what it makes of what came of it: a world of objects (`fixtures/probe/world.yaml`), scripted observations.
//!
//! Each case is a source, a target, and what came of its checks; what is not said of connects. The answer is compared whole.

mod recorded;

use std::collections::BTreeMap;
use std::path::Path;

use insta::assert_snapshot;
use netstore::inventory::Inventory;
use netstore::objects::Protocol;
use netstore::policy::question::{PortName, PortQuery, Resolved};
use netstore::policy::{Cni, Model};
use netstore::probe::agreement::{Arrived, Hears};
use netstore::probe::check::Check;
use netstore::probe::layers::{Seen, answer};
use netstore::probe::plan::Way;
use netstore::probe::targets::{End, NoAim, Trial, Wanted, aims};
use netstore::probe::wire::Observed;
use netstore::report::probe::{Agreement, Probe, ProbeState, Verdict};
use netstore::report::view::{Format, Style, render, render_warnings};
use netstore::report::{Answer, Peer, Report};

fn world() -> Inventory {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/probe/world.yaml");
    Inventory::build(recorded::recorded(&[path], &[]))
}

/// `svc/payments`, `pod/db`, an address, or a host; then what is tried.
fn wanted(inventory: &Inventory, target: &str, trial: Trial) -> Wanted {
    let (kind, name) = target.split_once('/').unwrap_or(("", target));
    let end = match kind {
        "svc" => End::Object(Resolved::Service { namespace: "shop".to_owned(), name: name.to_owned() }),
        "pod" => {
            let label = Peer { kind: "Pod".to_owned(), namespace: "shop".to_owned(), name: name.to_owned(), ..Peer::default() };
            End::Object(Resolved::Pods { label, pods: vec![inventory.pod("shop", name).expect("a pod of the world")] })
        }
        _ => match name.parse() {
            Ok(ip) => End::Object(Resolved::Address(ip)),
            Err(_) => End::Host(name.to_owned()),
        },
    };
    Wanted { text: target.to_owned(), end, trial }
}

/// `443`, `53/UDP`, `https`; empty: none.
fn port(text: &str) -> Trial {
    let (port, protocol) = text.split_once('/').map_or((text, None), |(port, protocol)| (port, Protocol::parse(protocol)));
    let number = |number| PortName::Range(number, number);
    let port = port.parse().map_or_else(|_| PortName::Name(port.to_owned()), number);
    Trial::Connect((!text.is_empty()).then_some(PortQuery { protocol, port }))
}

fn https(path: &str) -> Trial {
    Trial::Http { tls: true, port: 443, path: path.to_owned() }
}

fn checks(inventory: &Inventory, source: &str, target: &str, trial: Trial) -> Result<Vec<String>, NoAim> {
    let source = inventory.pod("shop", source).expect("a pod of the world");
    let aims = aims(inventory, source, &wanted(inventory, target, trial), "cluster.local")?;
    Ok(aims.iter().map(|aim| aim.checks().iter().map(Check::to_string).collect::<Vec<_>>().join(" ")).collect())
}

#[test]
fn a_target_is_tried_at_its_name_its_pods_and_its_own_addresses() {
    let world = world();
    let of = |target: &str, trial: Trial| match checks(&world, "web", target, trial) {
        Ok(lines) => lines.join("\n"),
        Err(error) => format!("error: {error}"),
    };
    for (target, trial, wanted) in [
        ("svc/payments", port("443"), "name,payments.shop.svc.cluster.local. tcp,10.244.1.9,8443 tcp,10.244.2.9,8443 tcp,10.96.0.7,443"),
        ("svc/payments", port("dns"), "name,payments.shop.svc.cluster.local. udp,10.244.1.9,53 udp,10.244.2.9,53 udp,10.96.0.7,53"),
        // A port that the Service has not is tried at its address only.
        ("svc/payments", port("80"), "name,payments.shop.svc.cluster.local. tcp,10.96.0.7,80"),
        ("svc/payments", port("http"), "error: svc/payments has no port called \"http\""),
        (
            "svc/payments",
            Trial::Connect(Some(PortQuery { protocol: None, port: PortName::Range(1, 9) })),
            "error: svc/payments: a probe tries single ports, no ranges",
        ),
        // A headless Service has no address of its own.
        ("svc/headless", port(""), "name,headless.shop.svc.cluster.local. tcp,10.244.1.9,8443"),
        ("svc/elsewhere", port(""), "name,elsewhere.shop.svc.cluster.local. tcp,db.example.com,5432"),
        ("svc/by-hand", port(""), "name,by-hand.shop.svc.cluster.local. tcp,203.0.113.9,8080 tcp,10.96.0.10,80"),
        // The source has no address of IPv6.
        ("svc/both", port(""), "name,both.shop.svc.cluster.local. tcp,10.244.2.7,80 tcp,10.96.0.11,80"),
        ("pod/dual", port(""), "tcp,10.244.2.7,80"),
        ("pod/payments-0", port(""), "udp,10.244.1.9,53\ntcp,10.244.1.9,8443"),
        ("pod/payments-0", port("https"), "tcp,10.244.1.9,8443"),
        ("pod/payments-0", port("http"), "error: pod/payments-0 has no port called \"http\""),
        ("pod/stranger", port(""), "error: pod/stranger: a port is missing"),
        ("pod/pending", port("80"), ""),
        ("10.244.1.9", port("8443"), "tcp,10.244.1.9,8443"),
        ("10.96.0.7", port("443"), "tcp,10.244.1.9,8443 tcp,10.244.2.9,8443 tcp,10.96.0.7,443"),
        ("192.0.2.2", port("9100"), "tcp,192.0.2.2,9100"),
        ("198.51.100.1", port("53/UDP"), "udp,198.51.100.1,53"),
        ("198.51.100.1", port(""), "error: 198.51.100.1: a port is missing"),
        ("db.example.com", port("5432"), "name,db.example.com tcp,db.example.com,5432"),
        ("payments", https("/ok"), "name,payments https,10.244.1.9,8443,/ok https,10.244.2.9,8443,/ok https,10.96.0.7,443,/ok"),
        (
            "payments.shop.svc.cluster.local",
            port("443"),
            "name,payments.shop.svc.cluster.local tcp,10.244.1.9,8443 tcp,10.244.2.9,8443 tcp,10.96.0.7,443",
        ),
        ("payments", Trial::Lookup, "name,payments"),
    ] {
        assert_eq!(of(target, trial.clone()), wanted, "{target} {trial:?}");
    }
}

#[test]
fn both_families_are_tried_where_the_source_has_both() {
    let world = world();
    let of = |target: &str| checks(&world, "dual", target, port("80")).expect("aims").join("\n");
    assert_eq!(of("pod/dual"), "tcp,10.244.2.7,80 tcp,fd00::7,80");
    assert_eq!(of("svc/both"), "name,both.shop.svc.cluster.local. tcp,10.244.2.7,80 tcp,fd00::7,80 tcp,10.96.0.11,80 tcp,fd00:96::11,80");
}

/// What is known of a target beside what was observed.
#[derive(Default)]
struct Known {
    hears: Option<Hears>,
    arrived: Option<Arrived>,
    way: Option<Way>,
}

/// Runs a case: what came of checks by the beginning of their words; all others connect, names resolve to what they should.
fn probed(
    source: &str,
    target: &str,
    trial: Trial,
    script: &[(&str, Verdict, &str)],
    known: &Known,
) -> (Answer, Vec<(ProbeState, Agreement)>) {
    let world = world();
    let model = Model::compile(&world, Cni::default());
    let source = world.pod("shop", source).expect("a pod of the world");
    let aims = aims(&world, source, &wanted(&world, target, trial), "cluster.local").expect("aims");
    let mut seen =
        Seen { way: known.way.unwrap_or(Way::Exec), observed: BTreeMap::new(), listening: BTreeMap::new(), arrivals: BTreeMap::new() };
    for aim in &aims {
        for check in aim.checks() {
            let scripted = script.iter().find(|(words, ..)| check.to_string().starts_with(words));
            let (verdict, detail) = match (scripted, &check) {
                (Some((_, verdict, detail)), _) => (*verdict, (*detail).to_owned()),
                (None, Check::Name(_)) => {
                    let expected = aim.name.iter().flat_map(|named| &named.expected).map(ToString::to_string);
                    (Verdict::Resolved, expected.collect::<Vec<_>>().join(" "))
                }
                (None, Check::Udp(_)) => (Verdict::UdpAnswered, String::new()),
                (None, Check::Http { .. }) => (Verdict::HttpStatus, "200 OK".to_owned()),
                (None, _) => (Verdict::Connected, String::new()),
            };
            seen.observed.insert(check, Observed { verdict, detail, attempts: 3, milliseconds: 2 });
        }
        for stop in &aim.stops {
            let (Some(pod), Some(to), Some(how)) = (stop.pod, &stop.to, &aim.how) else { continue };
            seen.listening.insert((pod, how.protocol(), to.port), known.hears.clone().unwrap_or(Hears::Yes));
            seen.arrivals.extend(known.arrived.clone().and_then(|arrived| Some((to.host.parse().ok()?, arrived))));
        }
    }
    let (connections, findings): (Vec<_>, Vec<_>) = aims.iter().map(|aim| answer(&model, source, aim, &seen)).unzip();
    let came = connections.iter().map(|probed| (probed.state, probed.agreement)).collect();
    (Answer::Probe(Report::new("Probe", &world, Probe { connections }, findings.concat())), came)
}

fn text(answer: &Answer) -> String {
    let style = Style { width: Some(80), ..Style::default() };
    let mut out = Vec::new();
    render(answer, Format::Table, &style, &mut out).expect("text");
    render_warnings(answer, &style, &mut out).expect("warnings");
    String::from_utf8(out).expect("UTF-8")
}

/// Its name, source, target, way; what came of the checks, what is known besides; the state and the agreement that are wanted.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [(&'static str, Verdict, &'static str)],
    Known,
    ProbeState,
    Agreement,
);

#[test]
fn the_first_failure_is_the_answer() {
    use Agreement::{Agrees, Differs, NotCompared};
    use ProbeState::{Fail, Ok, Unknown};
    use Verdict::{CouldNotRun, NxDomain, RefusedIcmpPort, RefusedRst, Resolved, TimedOut, TlsError, UdpSilent};
    let hears = |hears| Known { hears: Some(hears), ..Known::default() };
    let arrived = |arrived| Known { arrived: Some(arrived), ..Known::default() };
    let nothing = Known::default();
    const ALL: [(&str, Verdict, &str); 1] = [("tcp,", TimedOut, "")];
    let cases: &[Case] = &[
        ("connects", "web", "svc/payments", "443", &[], Known::default(), Ok, Agrees),
        ("denied", "stranger", "svc/payments", "443", &ALL, Known::default(), Fail, Agrees),
        ("not-enforced", "stranger", "svc/payments", "443", &[], Known::default(), Ok, Differs),
        ("something-else", "web", "svc/payments", "443", &ALL, Known::default(), Fail, Differs),
        ("one-endpoint", "web", "svc/payments", "443", &[("tcp,10.244.2.9", TimedOut, "")], Known::default(), Fail, Differs),
        ("service-address", "web", "svc/payments", "443", &[("tcp,10.96", TimedOut, "")], Known::default(), Fail, Agrees),
        ("no-endpoint", "web", "svc/nobody", "80", &[("tcp,", RefusedIcmpPort, "")], Known::default(), Fail, NotCompared),
        ("no-such-port", "web", "svc/payments", "80", &ALL, Known::default(), Fail, NotCompared),
        ("no-target-port", "web", "svc/payments", "lost", &ALL, Known::default(), Fail, NotCompared),
        ("not-on-this-node", "web", "svc/local", "80", &[("tcp,10.96", RefusedIcmpPort, "")], Known::default(), Fail, Agrees),
        ("headless", "web", "svc/headless", "443", &[], Known::default(), Ok, Agrees),
        ("external-name", "web", "svc/elsewhere", "5432", &[("name,", Resolved, "203.0.113.5")], Known::default(), Ok, Agrees),
        ("by-hand", "web", "svc/by-hand", "80", &[], Known::default(), Ok, Agrees),
        ("not-ready", "web", "svc/both", "80", &[("tcp,10.96", RefusedIcmpPort, "")], Known::default(), Fail, Agrees),
        ("no-name", "web", "svc/payments", "443", &[("name,", NxDomain, "")], Known::default(), Fail, Agrees),
        ("other-address", "web", "svc/payments", "443", &[("name,", Resolved, "10.96.0.99")], Known::default(), Fail, Agrees),
        ("nothing-listens", "web", "pod/payments-0", "8443", &[("tcp,", RefusedRst, "")], hears(Hears::No(vec![8080, 9090])), Fail, Agrees),
        ("loopback", "web", "pod/payments-0", "8443", &[("tcp,", RefusedRst, "")], hears(Hears::OnlyItself), Fail, Agrees),
        (
            "refused-and-unread",
            "web",
            "pod/payments-0",
            "8443",
            &[("tcp,", RefusedRst, "")],
            hears(Hears::Unknown("you may not exec there".into())),
            Fail,
            NotCompared,
        ),
        ("pending", "web", "pod/pending", "80", &[], Known::default(), Fail, NotCompared),
        ("host-network", "web", "pod/host", "9100", &[], Known::default(), Ok, Agrees),
        (
            "could-not-run",
            "stranger",
            "pod/payments-0",
            "8443",
            &[("tcp,", CouldNotRun, "the result was lost")],
            Known::default(),
            Unknown,
            NotCompared,
        ),
        // The sidecar of the source accepts every connection: that shows nothing of the target.
        ("mesh", "meshed", "pod/payments-0", "8443", &[], Known::default(), Unknown, NotCompared),
        ("mesh-by-pod", "meshed", "pod/payments-0", "8443", &[], Known { way: Some(Way::Pod), ..Known::default() }, Ok, Differs),
        ("udp-arrived", "web", "pod/payments-0", "53/UDP", &[("udp,", UdpSilent, "")], arrived(Arrived::Yes), Ok, Agrees),
        ("udp-lost", "web", "pod/payments-0", "53/UDP", &[("udp,", UdpSilent, "")], arrived(Arrived::No), Fail, Differs),
        ("udp-silent", "web", "pod/payments-0", "53/UDP", &[("udp,", UdpSilent, "")], nothing, Unknown, NotCompared),
        (
            "host",
            "web",
            "db.example.com",
            "5432",
            &[("name,", Resolved, "203.0.113.5"), ("tcp,", TimedOut, "")],
            Known::default(),
            Fail,
            NotCompared,
        ),
        ("address", "web", "198.51.100.1", "443", &[], Known::default(), Ok, Agrees),
        ("tls", "web", "https://payments/", "", &[("https,", TlsError, "wrong version number")], Known::default(), Fail, Agrees),
    ];
    for (name, source, target, asked, script, known, state, agreement) in cases {
        let (target, trial) = match target.strip_prefix("https://") {
            Some(host) => (host.trim_end_matches('/'), https("/")),
            None => (*target, port(asked)),
        };
        let (answer, came) = probed(source, target, trial, script, known);
        assert_snapshot!(format!("layers_{name}"), text(&answer));
        assert_eq!(came, [(*state, *agreement)], "{name}:\n{}", text(&answer));
    }
}

#[test]
fn a_name_that_is_only_looked_up_has_one_layer() {
    let of = |verdict, detail: &str| {
        let (answer, came) = probed("web", "db.example.com", Trial::Lookup, &[("name,", verdict, detail)], &Known::default());
        (text(&answer), came)
    };
    let (found, came) = of(Verdict::Resolved, "203.0.113.5, 203.0.113.6");
    assert_eq!(came, [(ProbeState::Ok, Agreement::NotCompared)]);
    let (missing, came) = of(Verdict::NxDomain, "");
    assert_eq!(came, [(ProbeState::Fail, Agreement::NotCompared)]);
    assert_snapshot!("layers_lookup", format!("{found}\n{missing}"));
}
