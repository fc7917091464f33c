//! The resolv.conf that the kubelet writes for a pod.
//!
//! Source: `pkg/kubelet/network/dns/dns.go`, `GetPodDNS`. What only the node knows leaves a hole in a list, and what is said of the entries
//! behind a hole is bounded: duplicates and limits can take more of them away, never give one back.

use std::collections::BTreeMap;

use super::cluster::{Basis, Cluster};
use crate::objects::{DnsPolicy, Pod};

/// Servers that count.
const NAMESERVERS: usize = 3;
/// Domains that count, and how long they may be together.
const SEARCHES: usize = 32;
const SEARCH_CHARACTERS: usize = 2048;
/// How long a single domain may be.
const DOMAIN_CHARACTERS: usize = 253;

/// The file of a pod. Whatever is no entry of a list was not there, or was cut.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ResolvConf {
    /// Servers, in the order they are asked.
    pub nameservers: Vec<Entry>,
    /// Domains, in the order they are tried.
    pub search: Vec<Entry>,
    /// Options, sorted: the kubelet writes them in any order.
    pub options: Vec<Entry>,
    /// What limits took away, with where it came from.
    pub cut: Vec<Entry>,
    /// Whether the pod has the file of its node although its policy means the cluster's.
    pub fallback: Option<Fallback>,
}

/// Why the node's file counts though the policy means the cluster's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// `ClusterFirst` does so on the host network.
    HostNetwork,
    /// The kubelet knows no server of the cluster.
    NoClusterDns,
}

/// An entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// What stands there, and why.
    Line(String, Source),
    /// Here is what could not be read: any number of entries, none included.
    Hole(Hole),
}

/// Where an entry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// `spec.dnsConfig` of the pod.
    Pod,
    /// The kubelet adds it to every pod that asks the cluster's servers.
    Kubelet,
    /// The kubelet's configuration, as far as it can be told.
    Cluster(Basis),
    /// The file of the node.
    Node,
}

impl Source {
    /// Whether it was read, not concluded from something else.
    pub fn is_known(self) -> bool {
        !matches!(self, Self::Cluster(_))
    }
}

/// What was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hole {
    /// The file of the node.
    Node,
    /// The cluster's servers.
    ClusterDns,
}

impl Entry {
    /// What stands there, if that was read.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Line(text, _) => Some(text),
            Self::Hole(_) => None,
        }
    }
}

/// The file of a node.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct NodeFile {
    /// Servers.
    pub nameservers: Vec<String>,
    /// Domains; the last line that has them counts.
    pub search: Vec<String>,
    /// Options by what is before their colon; the last one counts.
    options: BTreeMap<String, String>,
}

/// A file that keeps the kubelet from starting pods: a server without an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

impl NodeFile {
    /// Reads a file as the kubelet does; what it does not know is no mistake.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let mut file = Self::default();
        for line in text.split('\n').map(str::trim).filter(|line| !line.starts_with('#')) {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("nameserver") => file.nameservers.push(words.next().ok_or(Malformed)?.to_owned()),
                Some("search") => {
                    file.search = words.filter(|word| *word != ".").map(|word| word.strip_suffix('.').unwrap_or(word).to_owned()).collect();
                }
                Some("options") => {
                    file.options.extend(words.map(|word| (word.split(':').next().unwrap_or_default().to_owned(), word.to_owned())));
                }
                _ => {}
            }
        }
        Ok(file)
    }
}

/// What the kubelet writes for a pod on a node with this file, or with one that could not be read.
pub fn resolv_conf(pod: &Pod, cluster: &Cluster, node: Option<&NodeFile>) -> ResolvConf {
    let (spec, mut conf) = (&pod.spec, ResolvConf::default());
    let asks_cluster = match spec.dns_policy {
        DnsPolicy::None => None,
        DnsPolicy::Default => Some(false),
        DnsPolicy::ClusterFirst if spec.host_network => {
            conf.fallback = Some(Fallback::HostNetwork);
            Some(false)
        }
        DnsPolicy::ClusterFirst | DnsPolicy::ClusterFirstWithHostNet | DnsPolicy::Invalid => {
            let without = cluster.servers.as_ref().is_some_and(|(servers, _)| servers.is_empty());
            conf.fallback = without.then_some(Fallback::NoClusterDns);
            Some(!without)
        }
    };
    match asks_cluster {
        None => {}
        Some(true) => conf.of_cluster(&pod.metadata.namespace, cluster, node),
        Some(false) => conf.of_node(node),
    }
    if let Some(config) = &spec.dns_config {
        conf.nameservers.extend(config.nameservers.iter().map(|text| Entry::Line(text.clone(), Source::Pod)));
        without_duplicates(&mut conf.nameservers);
        conf.search.extend(config.searches.iter().map(|text| Entry::Line(text.clone(), Source::Pod)));
        without_duplicates(&mut conf.search);
        conf.options = merged(&conf.options, config.options.iter().map(|option| (option.name.as_str(), option.value.as_str())));
    }
    conf.cut_to_limits();
    conf
}

impl ResolvConf {
    fn of_node(&mut self, node: Option<&NodeFile>) {
        let lines = |list: Option<Vec<String>>| match list {
            Some(list) => list.into_iter().map(|text| Entry::Line(text, Source::Node)).collect(),
            None => vec![Entry::Hole(Hole::Node)],
        };
        self.nameservers = lines(node.map(|file| file.nameservers.clone()));
        self.search = lines(node.map(|file| file.search.clone()));
        self.options = lines(node.map(|file| file.options.values().cloned().collect()));
        self.options.sort_by(|a, b| a.text().cmp(&b.text()));
    }

    /// The servers are the cluster's alone, and so are the options; the node's domains come behind the cluster's.
    fn of_cluster(&mut self, namespace: &str, cluster: &Cluster, node: Option<&NodeFile>) {
        self.nameservers = match &cluster.servers {
            Some((servers, basis)) => servers.iter().map(|server| Entry::Line(server.clone(), Source::Cluster(*basis))).collect(),
            None => vec![Entry::Hole(Hole::ClusterDns)],
        };
        self.options = vec![Entry::Line("ndots:5".to_owned(), Source::Kubelet)];
        let (domain, basis) = &cluster.domain;
        let of_cluster = [format!("{namespace}.svc.{domain}"), format!("svc.{domain}"), domain.clone()];
        let of_node = match node {
            Some(file) => file.search.iter().map(|text| Entry::Line(text.clone(), Source::Node)).collect(),
            None => vec![Entry::Hole(Hole::Node)],
        };
        if domain.is_empty() {
            self.search = of_node;
            return;
        }
        self.search = of_cluster.into_iter().map(|text| Entry::Line(text, Source::Cluster(*basis))).chain(of_node).collect();
        without_duplicates(&mut self.search);
    }

    fn cut_to_limits(&mut self) {
        fn beyond(list: &mut Vec<Entry>, most: usize) -> Vec<Entry> {
            let mut count = 0;
            take(list, |entry| {
                count += usize::from(entry.text().is_some());
                count > most && entry.text().is_some()
            })
        }
        let mut cut = beyond(&mut self.nameservers, NAMESERVERS);
        let too_many = beyond(&mut self.search, SEARCHES);
        cut.extend(take(&mut self.search, |entry| entry.text().is_some_and(|text| text.len() > DOMAIN_CHARACTERS)));
        // With the blank before it; the first one has none.
        let mut length = 0;
        cut.extend(take(&mut self.search, |entry| {
            length += entry.text().map_or(0, |text| text.len() + 1);
            length > SEARCH_CHARACTERS + 1
        }));
        cut.extend(too_many);
        self.cut = cut;
    }
}

/// Takes out the entries that are to go.
fn take(list: &mut Vec<Entry>, mut goes: impl FnMut(&Entry) -> bool) -> Vec<Entry> {
    let (gone, kept) = std::mem::take(list).into_iter().partition(|entry| goes(entry));
    *list = kept;
    gone
}

/// Of entries with the same text the first one stays.
fn without_duplicates(list: &mut Vec<Entry>) {
    let mut seen = std::collections::BTreeSet::new();
    list.retain(|entry| entry.text().is_none_or(|text| seen.insert(text.to_owned())));
}

/// Options by name; the pod's replace others. The node's, unread, may have names of their own.
fn merged<'a>(base: &[Entry], added: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Entry> {
    let mut by_name: BTreeMap<&str, (&str, Source)> = BTreeMap::new();
    for entry in base {
        if let Entry::Line(text, source) = entry {
            let (name, value) = text.split_once(':').unwrap_or((text, ""));
            by_name.insert(name, (value, *source));
        }
    }
    by_name.extend(added.map(|(name, value)| (name, (value, Source::Pod))));
    let line = |(name, (value, source)): (&str, (&str, Source))| {
        let text = if value.is_empty() { name.to_owned() } else { format!("{name}:{value}") };
        Entry::Line(text, source)
    };
    let holes = base.iter().filter(|entry| entry.text().is_none()).cloned();
    let mut options: Vec<Entry> = holes.chain(by_name.into_iter().map(line)).collect();
    options.sort_by(|a, b| a.text().cmp(&b.text()));
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text and where it comes from, in one letter.
    fn told(list: &[Entry]) -> String {
        let one = |entry: &Entry| match entry {
            Entry::Hole(_) => "?".to_owned(),
            Entry::Line(text, source) => {
                let letter = match source {
                    Source::Pod => 'p',
                    Source::Kubelet => 'k',
                    Source::Cluster(_) => 'c',
                    Source::Node => 'n',
                };
                format!("{text}({letter})")
            }
        };
        list.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    fn conf(spec: &str, node: Option<&str>) -> ResolvConf {
        let pod: Pod = serde_saphyr::from_str(&format!("{{metadata: {{namespace: n}}, spec: {spec}}}")).unwrap();
        let cluster = Cluster { domain: ("c.l".into(), Basis::Usual), servers: Some((vec!["10.96.0.10".into()], Basis::Service)) };
        resolv_conf(&pod, &cluster, node.map(|text| NodeFile::parse(text).unwrap()).as_ref())
    }

    #[test]
    fn each_entry_knows_where_it_comes_from() {
        let node = Some("nameserver 192.0.2.1\nsearch a.example.\noptions rotate");
        let config = "dnsConfig: {nameservers: [192.0.2.9], searches: [a.example, b.example], options: [{name: ndots, value: '2'}]}";
        for (spec, node, servers, search, options) in [
            ("{}", node, "10.96.0.10(c)", "n.svc.c.l(c) svc.c.l(c) c.l(c) a.example(n)", "ndots:5(k)"),
            ("{}", None, "10.96.0.10(c)", "n.svc.c.l(c) svc.c.l(c) c.l(c) ?", "ndots:5(k)"),
            ("{hostNetwork: true}", node, "192.0.2.1(n)", "a.example(n)", "rotate(n)"),
            ("{hostNetwork: true}", None, "?", "?", "?"),
            ("{dnsPolicy: Default}", node, "192.0.2.1(n)", "a.example(n)", "rotate(n)"),
            (
                "{dnsPolicy: ClusterFirstWithHostNet, hostNetwork: true}",
                node,
                "10.96.0.10(c)",
                "n.svc.c.l(c) svc.c.l(c) c.l(c) a.example(n)",
                "ndots:5(k)",
            ),
            ("{dnsPolicy: None, CONFIG}", None, "192.0.2.9(p)", "a.example(p) b.example(p)", "ndots:2(p)"),
            ("{dnsPolicy: Default, CONFIG}", node, "192.0.2.1(n) 192.0.2.9(p)", "a.example(n) b.example(p)", "ndots:2(p) rotate(n)"),
            ("{dnsPolicy: Default, CONFIG}", None, "? 192.0.2.9(p)", "? a.example(p) b.example(p)", "? ndots:2(p)"),
        ] {
            let conf = conf(&spec.replace("CONFIG", config), node);
            let lists = [told(&conf.nameservers), told(&conf.search), told(&conf.options)];
            assert_eq!(lists, [servers, search, options], "{spec}, node {node:?}");
        }
    }

    #[test]
    fn on_the_host_network_cluster_first_means_the_node() {
        assert_eq!(conf("{hostNetwork: true}", None).fallback, Some(Fallback::HostNetwork));
        assert_eq!(conf("{hostNetwork: true, dnsPolicy: Default}", None).fallback, None);
    }

    #[test]
    fn what_is_beyond_a_limit_is_said() {
        let servers = conf("{dnsPolicy: None, dnsConfig: {nameservers: ['1', '2', '3', '4']}}", None);
        assert_eq!((servers.nameservers.len(), told(&servers.cut)), (3, "4(p)".to_owned()));
        let long = format!("{{dnsPolicy: None, dnsConfig: {{searches: [{}, b]}}}}", "a".repeat(254));
        assert_eq!(told(&conf(&long, None).search), "b(p)");
        let many: Vec<String> = (0..33).map(|n| format!("s{n}")).collect();
        let many = conf(&format!("{{dnsPolicy: None, dnsConfig: {{searches: [{}]}}}}", many.join(",")), None);
        assert_eq!((many.search.len(), told(&many.cut)), (32, "s32(p)".to_owned()));
    }

    #[test]
    fn a_server_without_an_address_is_refused() {
        assert_eq!(NodeFile::parse("nameserver"), Err(Malformed));
        assert!(NodeFile::parse("# nameserver\nsearch\nwhatever").is_ok());
    }
}
