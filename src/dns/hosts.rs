//! The `/etc/hosts` that the kubelet writes for a pod, and what glibc, musl and Go find in it: it comes before DNS.
//!
//! Source: `pkg/kubelet/kubelet_pods.go`, `managedHostsFileContent` and `GeneratePodHostNameAndDomain`. On the host network the file of the
//! node stands before what the pod adds; it is taken not to have the name that is looked for, and the answer has to say so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::search::{Resolver, Wanted};
use crate::objects::Pod;

/// The longest name of its own that a pod has.
const HOSTNAME: usize = 63;
/// How much of a line musl reads.
const MUSL_LINE: usize = 511;

/// What stands in every file.
const EVERYWHERE: [(&str, &[&str]); 6] = [
    ("127.0.0.1", &["localhost"]),
    ("::1", &["localhost", "ip6-localhost", "ip6-loopback"]),
    ("fe00::0", &["ip6-localnet"]),
    ("fe00::0", &["ip6-mcastprefix"]),
    ("fe00::1", &["ip6-allnodes"]),
    ("fe00::2", &["ip6-allrouters"]),
];

/// The file of a pod.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct HostsFile {
    /// What it begins with that was not read.
    pub unread: Option<String>,
    /// What is known of it, in its order.
    pub lines: Vec<Line>,
}

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The address; none if the pod has none yet.
    pub address: Option<String>,
    /// Its names.
    pub names: Vec<String>,
    /// Why it is there.
    pub source: Source,
}

/// Why a line is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The kubelet writes it into every file.
    Kubelet,
    /// It is the pod itself.
    Own,
    /// An entry of `spec.hostAliases`, by its position.
    Alias(usize),
}

/// The pod's name for itself, and the domain of it, which is empty if it has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hostname {
    /// The name, of 63 characters at most.
    pub name: String,
    /// What the kubelet writes behind it.
    pub domain: String,
}

impl Hostname {
    /// As the kubelet makes it.
    pub fn of(pod: &Pod, cluster_domain: &str) -> Self {
        let spec = &pod.spec;
        if let Some(name) = &spec.hostname_override {
            return Self { name: shortened(name), domain: String::new() };
        }
        let name = if spec.hostname.is_empty() { &pod.metadata.name } else { &spec.hostname };
        let domain = match spec.subdomain.as_str() {
            "" => String::new(),
            subdomain => format!("{subdomain}.{}.svc.{cluster_domain}", pod.metadata.namespace),
        };
        Self { name: shortened(name), domain }
    }
}

fn shortened(name: &str) -> String {
    match name.get(..HOSTNAME) {
        Some(short) if name.len() > HOSTNAME => short.trim_end_matches(['-', '.']).to_owned(),
        _ => name.to_owned(),
    }
}

/// What the kubelet writes for a pod; `own` is none where its name is not known yet.
pub fn hosts_file(pod: &Pod, own: Option<&Hostname>) -> HostsFile {
    let mut lines = Vec::new();
    if !pod.spec.host_network {
        let listed = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let everywhere = EVERYWHERE.iter();
        lines.extend(everywhere.map(|(address, names)| Line {
            address: Some((*address).to_owned()),
            names: listed(names),
            source: Source::Kubelet,
        }));
        lines.extend(own.into_iter().flat_map(|own| own_lines(pod, own)));
    }
    for (at, alias) in pod.spec.host_aliases.iter().enumerate() {
        lines.push(Line { address: Some(alias.ip.clone()), names: alias.hostnames.clone(), source: Source::Alias(at) });
    }
    HostsFile { unread: pod.spec.host_network.then(|| "/etc/hosts of its node".to_owned()), lines }
}

/// One for each address.
fn own_lines(pod: &Pod, own: &Hostname) -> Vec<Line> {
    let names = match own.domain.as_str() {
        "" => vec![own.name.clone()],
        domain => vec![format!("{}.{domain}", own.name), own.name.clone()],
    };
    let line = |address: Option<String>| Line { address, names: names.clone(), source: Source::Own };
    let status = &pod.status;
    let all = status.pod_ips.iter().map(|listed| &listed.ip).filter(|address| !address.is_empty());
    let addresses: Vec<&String> = all.chain((status.pod_ips.is_empty() && !status.pod_ip.is_empty()).then_some(&status.pod_ip)).collect();
    if addresses.is_empty() { vec![line(None)] } else { addresses.into_iter().map(|address| line(Some(address.clone()))).collect() }
}

/// What a resolver finds in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<'a> {
    /// Addresses, in the order of the lines that have them; none of a pod that has none yet.
    Addresses(Vec<IpAddr>, &'a Line),
    /// The name stands there with addresses that are not wanted: nothing else is tried.
    OtherFamily(&'a Line),
    /// Nothing: DNS is asked.
    Nothing,
}

impl HostsFile {
    /// Looks a name up.
    pub fn find(&self, resolver: Resolver, name: &str, wanted: Wanted) -> Found<'_> {
        let mut addresses = Vec::new();
        let (mut first, mut other) = (None, None);
        for line in self.lines.iter().filter(|line| line.has(resolver, name)) {
            let Some(text) = &line.address else {
                first = first.or(Some(line));
                continue;
            };
            let Ok(address) = text.parse::<IpAddr>() else { continue };
            match wanted_form(resolver, address, wanted) {
                Some(address) => {
                    addresses.push(address);
                    first = first.or(Some(line));
                }
                None => other = other.or(Some(line)),
            }
        }
        match (first, other) {
            (Some(line), _) => Found::Addresses(addresses, line),
            // glibc takes a line with such an address for none at all.
            (None, Some(line)) if resolver != Resolver::Glibc => Found::OtherFamily(line),
            _ => Found::Nothing,
        }
    }
}

/// The address as the resolver hands it out, if it is wanted.
fn wanted_form(resolver: Resolver, address: IpAddr, wanted: Wanted) -> Option<IpAddr> {
    // An IPv4 address in disguise.
    let address = if resolver == Resolver::Go { address.to_canonical() } else { address };
    match (wanted, address) {
        (Wanted::Both, _) | (Wanted::V4, IpAddr::V4(_)) | (Wanted::V6, IpAddr::V6(_)) => Some(address),
        (Wanted::V4, IpAddr::V6(six)) if resolver == Resolver::Glibc => match six.to_ipv4_mapped() {
            Some(four) => Some(IpAddr::V4(four)),
            None => (six == Ipv6Addr::LOCALHOST).then_some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        },
        (Wanted::V4 | Wanted::V6, _) => None,
    }
}

impl Line {
    /// Whether a resolver sees the name in it.
    fn has(&self, resolver: Resolver, name: &str) -> bool {
        match resolver {
            Resolver::Glibc => self.names.iter().any(|known| known.eq_ignore_ascii_case(name)),
            // A dot at the end makes no difference if there is another one.
            Resolver::Go => {
                let bare = |name: &str| name.strip_suffix('.').filter(|bare| bare.contains('.')).unwrap_or(name).to_ascii_lowercase();
                self.names.iter().any(|known| bare(known) == bare(name))
            }
            Resolver::Musl => {
                let mut end = self.address.as_deref().map_or(0, str::len);
                self.names.iter().any(|known| {
                    end += 1 + known.len();
                    // With the blank behind it.
                    known == name && end < MUSL_LINE
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(text: &str) -> Pod {
        serde_saphyr::from_str(&format!("{{metadata: {{namespace: n, name: web-1}}, {text}}}")).unwrap()
    }

    fn file(text: &str) -> HostsFile {
        let pod = pod(text);
        hosts_file(&pod, Some(&Hostname::of(&pod, "c.l")))
    }

    /// Addresses, `other family` or nothing.
    fn found(file: &HostsFile, resolver: Resolver, name: &str, wanted: Wanted) -> String {
        match file.find(resolver, name, wanted) {
            Found::Addresses(addresses, _) => addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            Found::OtherFamily(_) => "other family".to_owned(),
            Found::Nothing => String::new(),
        }
    }

    const ALIASES: &str = "hostAliases: [{ip: 192.0.2.1, hostnames: [db, Db.example]}, {ip: '2001:db8::1', hostnames: [db, six]}]";

    #[test]
    fn a_pod_calls_itself_by_its_hostname_and_below_its_subdomain() {
        for (text, name, domain) in [
            ("spec: {}".to_owned(), "web-1".to_owned(), ""),
            ("spec: {hostname: a}".to_owned(), "a".to_owned(), ""),
            ("spec: {hostname: a, subdomain: s}".to_owned(), "a".to_owned(), "s.n.svc.c.l"),
            ("spec: {hostname: a, subdomain: s, hostnameOverride: x.example}".to_owned(), "x.example".to_owned(), ""),
            (format!("spec: {{hostname: {}--b}}", "a".repeat(62)), "a".repeat(62), ""),
        ] {
            assert_eq!(Hostname::of(&pod(&text), "c.l"), Hostname { name, domain: domain.to_owned() }, "{text}");
        }
    }

    #[test]
    fn on_the_host_network_only_aliases_are_known() {
        let file = file(&format!("spec: {{hostNetwork: true, {ALIASES}}}, status: {{podIP: 192.0.2.9}}"));
        assert!(file.unread.is_some() && file.lines.iter().all(|line| matches!(line.source, Source::Alias(_))), "{file:?}");
    }

    #[test]
    fn each_resolver_reads_the_file_in_its_own_way() {
        use Resolver::{Glibc, Go, Musl};
        let status = "status: {podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}, {ip: '2001:db8::9'}]}";
        let file = file(&format!("spec: {{subdomain: s, {ALIASES}}}, {status}"));
        for (name, wanted, resolver, said) in [
            ("db", Wanted::Both, Glibc, "192.0.2.1 2001:db8::1"),
            ("DB", Wanted::V4, Glibc, "192.0.2.1"),
            ("DB", Wanted::V4, Go, "192.0.2.1"),
            ("DB", Wanted::V4, Musl, ""),
            ("Db.example", Wanted::V4, Musl, "192.0.2.1"),
            ("db.", Wanted::V4, Glibc, ""),
            ("db.", Wanted::V4, Musl, ""),
            ("db.", Wanted::V4, Go, ""),
            ("db.example.", Wanted::V4, Go, "192.0.2.1"),
            ("db.example.", Wanted::V4, Glibc, ""),
            ("six", Wanted::V4, Glibc, ""),
            ("six", Wanted::V4, Musl, "other family"),
            ("six", Wanted::V4, Go, "other family"),
            ("ip6-localhost", Wanted::V4, Glibc, "127.0.0.1"),
            ("ip6-localhost", Wanted::V4, Go, "other family"),
            ("web-1", Wanted::Both, Musl, "10.0.0.1 2001:db8::9"),
            ("web-1.s.n.svc.c.l", Wanted::V6, Go, "2001:db8::9"),
            ("web-1.s", Wanted::Both, Glibc, ""),
        ] {
            assert_eq!(found(&file, resolver, name, wanted), said, "{resolver:?} {name} {wanted:?}");
        }
    }

    #[test]
    fn musl_does_not_see_the_end_of_a_long_line() {
        let names: Vec<String> = (0..60).map(|n| format!("n{n:08}")).collect();
        let file = file(&format!("spec: {{hostAliases: [{{ip: 192.0.2.1, hostnames: [{}]}}]}}", names.join(", ")));
        let seen = |resolver| names.iter().filter(|name| !found(&file, resolver, name, Wanted::Both).is_empty()).count();
        assert_eq!((seen(Resolver::Glibc), seen(Resolver::Musl)), (60, 50));
    }

    #[test]
    fn a_pod_without_an_address_still_knows_itself() {
        assert!(matches!(file("spec: {}").find(Resolver::Go, "web-1", Wanted::V6), Found::Addresses(list, _) if list.is_empty()));
    }
}
