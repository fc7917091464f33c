//! What netstore expects of the cluster's servers, against a real CoreDNS that reads the same API server.

mod coredns;
mod remedies;
mod zoo;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use netstore::dns::observed::{Answer, Asked};
use netstore::dns::record::RecordType;
use netstore::dns::server::{Expected, Reason, Servers};
use netstore::inventory::Inventory;
use netstore::objects::{Keyed, Resource};
use netstore::source::{Collected, Needs, snapshot};
use serde_json::{Value, json};

use super::cluster::{Cluster, Run};
use coredns::CoreDns;

/// What the plugin `kubernetes` reads.
const READ: [Resource; 4] = [Resource::Namespaces, Resource::Services, Resource::EndpointSlices, Resource::Pods];

/// Corefiles that differ in all that decides what is answered.
const COREFILES: [(&str, &str); 9] = [
    (
        "usual",
        ".:PORT {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
    }
}",
    ),
    (
        "verified",
        "corp.example:PORT cluster.local:PORT 10.96.0.0/15:PORT {
    kubernetes corp.example cluster.local 10.96.0.0/15 10.1.0.0/16 {
        pods verified
        namespaces zoo-a zoo-c nosuch kube-system
        endpoint_pod_names
    }
}
10.1.0.0/16:PORT {
    whoami
}
api.example.com:PORT {
    log
}",
    ),
    (
        "labels",
        ".:PORT {
    kubernetes cluster.local 0.0.0.0/0 ip6.arpa {
        namespace_labels names=out
        labels dns = shown
        ignore empty_service
    }
    whoami
}",
    ),
    (
        "verified_labels",
        ".:PORT {
    kubernetes in-addr.arpa cluster.local ip6.arpa {
        pods verified
        labels dns in (shown, other)
        fallthrough zoo-b.svc.cluster.local pod.cluster.local
        ignore empty_service
    }
}",
    ),
    (
        "no_endpoints",
        "cluster.local:PORT in-addr.arpa:PORT {
    kubernetes {
        noendpoints
        namespaces zoo-b
    }
}
zoo-b.svc.cluster.local:PORT {
    kubernetes cluster.local {
        pods insecure
        endpoint_pod_names
    }
}
zoo-c.svc.cluster.local:PORT {
    ready 127.0.0.1:0
}",
    ),
    (
        "root",
        ".:PORT {
    errors
    log
    kubernetes . {
        pods insecure
    }
}",
    ),
    (
        "fallthrough",
        ".:PORT {
    kubernetes cluster.local in-addr.arpa {
        pods insecure
        fallthrough
    }
}",
    ),
    (
        "plugins",
        ".:PORT {
    local
    rewrite continue name regex ^old-(.*)[.]zoo-a[.]svc[.]cluster[.]local[.]$ svc-{1}.zoo-a.svc.cluster.local answer auto
    rewrite stop name suffix .legacy.example .svc.cluster.local answer auto
    rewrite name suffix .plain.example .svc.cluster.local
    rewrite name printer.example svc-0.zoo-a.svc.cluster.local
    rewrite stop {
        name regex (.*)[.]shop[.]example[.]$ {1}.zoo-b.svc.cluster.local
        answer name (.*)[.]zoo-b[.]svc[.]cluster[.]local[.]$ {1}.shop.example
        answer value (.*)[.]zoo-b[.]svc[.]cluster[.]local[.]$ {1}.shop.example
    }
    rewrite name substring .twice. .zoo-c. answer auto
    rewrite ttl regex (.*) 30
    template ANY AAAA example.com {
        rcode NXDOMAIN
    }
    template IN ANY wpad.example {
        match ^wpad[.] ^proxy[.]
        rcode REFUSED
        fallthrough a.wpad.example
    }
    hosts {
        192.0.2.10 printer.hosts.example PRINTER2.hosts.example.
        2001:db8::10 printer.hosts.example
        192.0.2.11 *.wild.example
        2001:db8::11 x.wild.example
        192.0.2.12 svc-0.zoo-c.svc.cluster.local
        fallthrough
    }
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa
    }
    acl {
        allow net 127.0.0.0/8
    }
}",
    ),
    (
        "hosts_first",
        "cluster.local:PORT example:PORT {
    hosts {
        192.0.2.12 svc-0.zoo-c.svc.cluster.local svc-0.zoo-c.nowhere
        192.0.2.13 svc-1.zoo-c.svc.cluster.local
        no_reverse
        fallthrough zoo-c.svc.cluster.local example
    }
    kubernetes cluster.local {
        fallthrough example
    }
    whoami
}",
    ),
];

/// Names that some of these Corefiles have a word for.
const SPECIAL: [&str; 33] = [
    "api.example.com",
    "example",
    "x.api.example.com",
    "local",
    "printer.hosts.example",
    "printer2.hosts.example",
    "x.wild.example",
    "y.wild.example",
    "wild.example",
    "x.y.wild.example",
    "old-0.zoo-a.svc.cluster.local",
    "old-1.zoo-a.svc.cluster.local",
    "_http._tcp.old-3.zoo-a.svc.cluster.local",
    "svc-0.zoo-a.legacy.example",
    "svc-3.zoo-a.legacy.example",
    "_http._tcp.svc-1.zoo-b.legacy.example",
    "svc-6.zoo-a.legacy.example",
    "svc-0.zoo-a.plain.example",
    "svc-0.shop.example",
    "svc-7.shop.example",
    "_http._tcp.svc-3.shop.example",
    "svc-1.twice.svc.cluster.local",
    "printer.example",
    "wpad.example",
    "wpad.wpad.example",
    "proxy.wpad.example",
    "x.wpad.example",
    "a.wpad.example",
    "a.localhost",
    "localhost.zoo-a.svc.cluster.local",
    "10.2.0.192.in-addr.arpa",
    "12.2.0.192.in-addr.arpa",
    "2.0.0.127.in-addr.arpa",
];

impl Cluster {
    fn kubectl_with(&self, args: &[&str]) {
        Run::of(&self.kubectl().args(args).output().expect("kubectl")).ok();
    }

    /// Hands a list of objects to kubectl.
    fn with_list(&self, name: &str, objects: &[Value], args: &[&str]) {
        let path = self.path(name);
        std::fs::write(&path, json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string()).expect("a file");
        self.kubectl_with(&[args, &["-f", path.to_str().expect("UTF-8")]].concat());
    }
}

/// The zoo, in a cluster and as netstore reads it.
fn settle(cluster: &Cluster) -> Collected {
    let zoo = zoo::zoo();
    cluster.with_list("zoo.json", &zoo.objects, &["create"]);
    cluster.with_list("pods.json", &zoo.pods, &["replace", "--subresource=status"]);
    cluster.kubectl_with(&["delete", "namespace", "zoo-gone", "--wait=false"]);
    // Real controllers make these ready, with host names.
    let objects = include_str!("real.yaml");
    std::fs::write(cluster.path("real.yaml"), objects).expect("a file");
    cluster.kubectl_with(&["apply", "-f", cluster.path("real.yaml").to_str().expect("UTF-8")]);
    cluster.kubectl_with(&["rollout", "status", "statefulset/db", "-n", "zoo-a", "--timeout=60s"]);
    cluster.kubectl_with(&["rollout", "status", "deployment/web", "-n", "zoo-a", "--timeout=60s"]);
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let file = cluster.path("zoo.tar.gz");
        drop(std::fs::remove_file(&file));
        cluster.ask(&["snapshot", file.to_str().expect("UTF-8")]).ok();
        let needs = Needs { resources: READ.to_vec(), system: Vec::new(), namespaces: Vec::new() };
        let collected = snapshot::read(&file, &needs).expect("the snapshot");
        let ready = |service: &str| {
            let slices = collected.objects.endpoint_slices.iter().filter(|slice| slice.service_name() == Some(service));
            slices.flat_map(|slice| &slice.endpoints).filter(|endpoint| endpoint.is_ready()).count()
        };
        if (ready("db"), ready("web"), ready("second")) == (3, 2, 3) {
            return collected;
        }
        assert!(Instant::now() < end, "the controllers do not come to an end");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The inventory of that cluster, were this its Corefile.
fn with_corefile(collected: &Collected, corefile: &str) -> Inventory {
    let map = json!({"metadata": {"namespace": "kube-system", "name": "coredns"}, "data": {"Corefile": corefile}});
    let mut objects = collected.objects.clone();
    objects.config_maps = vec![Keyed::config_map(map).expect("a ConfigMap")];
    Inventory::build(Collected { objects, coverage: collected.coverage.clone(), ..Collected::default() })
}

/// Names that there are, that there nearly are, and that there never can be.
fn names(collected: &Collected) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    let domains = ["cluster.local", "corp.example"];
    for domain in domains {
        names.extend(
            [
                "",
                "svc.",
                "pod.",
                "x.",
                "dns-version.",
                "ns.dns.",
                "zoo-a.svc.",
                "zoo-gone.svc.",
                "zoo-gone.pod.",
                "nosuch.svc.",
                "zoo-b.pod.",
            ]
            .map(|head| format!("{head}{domain}")),
        );
        names.extend(
            [
                "x.svc.zoo-a.svc",
                "a.b.c.svc-0.zoo-a.svc",
                "svc-0.zoo-a.pod",
                "svc-0.zoo-a.SVC",
                "x.pin._zone.svc-3.zoo-a.svc",
                "_http._tcp.zoo-a.svc",
            ]
            .map(|head| format!("{head}.{domain}")),
        );
    }
    for service in &collected.objects.services {
        let (namespace, name) = service.metadata.key();
        let domain = if name.ends_with('7') { domains[1] } else { domains[0] };
        let below = |head: &str| format!("{head}{name}.{namespace}.svc.{domain}");
        names.extend(["", "_http._tcp.", "_dns._udp.", "dns.udp.", "_._tcp.", "_nosuch._tcp.", "10-1-0-1.", "host-0."].map(below));
        names.insert(format!("{name}x.{namespace}.svc.{domain}"));
        names.insert(format!("{name}.nosuch.svc.{domain}"));
        names.extend((name.len() % 3 == 0).then(|| below("").to_uppercase()));
        for address in service.spec.cluster_ips.iter().filter_map(|address| address.parse::<std::net::IpAddr>().ok()) {
            names.insert(reverse(address));
        }
    }
    for slice in &collected.objects.endpoint_slices {
        let service = slice.service_name().unwrap_or("none");
        let below = |head: &str| format!("{head}.{service}.{}.svc.cluster.local", slice.metadata.namespace);
        for endpoint in &slice.endpoints {
            let Some(address) = endpoint.addresses.first() else { continue };
            names.insert(below(&address.replace(['.', ':'], "-")));
            names.insert(below(&(address.replace(':', "-") + "0")));
            names.extend(
                endpoint
                    .target_ref
                    .iter()
                    .map(|target| target.name.as_str())
                    .chain([endpoint.hostname.as_str()])
                    .filter(|name| !name.is_empty() && name.len() < 64)
                    .map(below),
            );
            names.insert(reverse(address.parse().expect("an address")));
        }
    }
    for pod in &collected.objects.pods {
        let dashed = pod.status.pod_ip.replace(['.', ':'], "-");
        names.insert(format!("{dashed}.{}.pod.cluster.local", pod.metadata.namespace));
        names.insert(format!("x.y.{dashed}.{}.pod.cluster.local", pod.metadata.namespace));
        names.insert(format!("{dashed}.nosuch.pod.cluster.local"));
    }
    let heads = ["10-1-0-99", "--1", "--ffff-10-1", "-", "1-2-3", "300-1-1-1", "01-2-3-4", "1-2-3-4-5"];
    names.extend(heads.map(|head| format!("{head}.zoo-a.pod.cluster.local")));
    let odd = [
        "1.in-addr.arpa",
        "in-addr.arpa",
        "ip6.arpa",
        "svc.in-addr.arpa",
        "x.svc.in-addr.arpa",
        "99.9.9.10.in-addr.arpa",
        "1.1.0.1.10.in-addr.arpa",
        "x.ip6.arpa",
    ];
    names.extend(odd.map(str::to_owned));
    names
}

/// The name of an address.
fn reverse(address: std::net::IpAddr) -> String {
    match address {
        std::net::IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        std::net::IpAddr::V6(address) => {
            let nibbles = address.octets().into_iter().rev().flat_map(|octet| [octet & 15, octet >> 4]);
            nibbles.map(|nibble| format!("{nibble:x}.")).collect::<String>() + "ip6.arpa"
        }
    }
}

/// One name in so many, asked for the types that it may have, and by chance for another.
fn questions(names: &BTreeSet<String>, share: usize) -> Vec<Asked> {
    let mut chance = zoo::Chance(11);
    let mut questions = Vec::new();
    let some = names.iter().filter(|_| chance.below(share) == 0).cloned();
    for name in SPECIAL.map(str::to_owned).into_iter().chain(some.collect::<Vec<_>>()) {
        let likely = if name.ends_with(".arpa") { vec![RecordType::Ptr] } else { vec![RecordType::A, RecordType::Aaaa, RecordType::Srv] };
        let other = chance.one_of(&RecordType::ALL);
        let kinds: BTreeSet<RecordType> = likely.into_iter().chain([other]).collect();
        questions.extend(kinds.into_iter().map(|kind| Asked { name: name.clone(), kind }));
    }
    questions
}

#[test]
fn a_real_coredns_says_what_is_expected_of_it() {
    let Some(cluster) = Cluster::boot() else { return };
    let collected = settle(&cluster);
    assert!(collected.objects.services.len() >= 300, "{} Services", collected.objects.services.len());
    let names = names(&collected);
    let (mut asked, mut differences, mut unknown) = (0, Vec::new(), BTreeMap::<String, usize>::new());
    for (number, (of, corefile)) in COREFILES.into_iter().enumerate() {
        let questions = questions(&names, if number == 0 { 3 } else { 10 });
        let inventory = with_corefile(&collected, &corefile.replace("PORT", "53"));
        let servers = Servers::of(&inventory);
        let answers = CoreDns::start(&cluster, of, corefile).answers(&questions);
        asked += questions.len();
        for (question, answer) in questions.iter().zip(answers) {
            match servers.expected(&question.name, question.kind) {
                // That is known, too.
                Expected::Unknown(Reason::Silence) if answer.is_none() => {}
                Expected::Unknown(reason) => *unknown.entry(format!("{of}: {reason}")).or_default() += 1,
                expected => {
                    let said = told(answer.as_ref());
                    let wanted = told_expected(&expected);
                    if said != wanted {
                        differences.push(format!(
                            "{of}: {} {}\n  expected {wanted}\n  said     {said}",
                            question.name,
                            question.kind.name()
                        ));
                    }
                }
            }
        }
    }
    println!("{asked} questions, {} differences, not to be told: {unknown:?}", differences.len());
    let of_chance: usize = unknown.values().sum();
    assert!(differences.is_empty(), "{} of {asked}:\n{}", differences.len(), differences[..differences.len().min(40)].join("\n"));
    assert!(asked >= 2_000 && of_chance * 100 < asked, "{asked} questions, not to be told: {unknown:?}");
}

fn told(answer: Option<&Answer>) -> String {
    let Some(answer) = answer else { return "nothing".to_owned() };
    assert!(!answer.truncated, "truncated");
    let rcode = match answer.rcode {
        0 => "NOERROR".to_owned(),
        2 => "SERVFAIL".to_owned(),
        3 => "NXDOMAIN".to_owned(),
        5 => "REFUSED".to_owned(),
        other => other.to_string(),
    };
    format!("{rcode} {}", records(&answer.answers))
}

fn told_expected(expected: &Expected) -> String {
    match expected {
        Expected::Says { response, .. } => format!("{} {}", response.rcode.name(), records(&response.answers)),
        Expected::Unknown(reason) => reason.to_string(),
    }
}

fn records(records: &[netstore::dns::record::Record]) -> String {
    let records: Vec<String> = records.iter().map(|record| format!("{} {}", record.name, record.data)).collect();
    records.join("; ")
}
