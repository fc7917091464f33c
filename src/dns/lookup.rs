//! What one library makes of a name: first `/etc/hosts`, then questions, each with what the servers are expected to say.

use std::net::IpAddr;

use super::cluster::{self, Cluster};
use super::hosts::{Found, HostsFile, Line};
use super::record::{Data, Rcode, RecordType};
use super::resolv::{Entry, Hole, ResolvConf, Source};
use super::search::{Families, Miss, Outcome, Reply, Resolver, Walk, Wanted, search};
use super::server::{Expected, Servers};
use crate::inventory::{Inventory, Origin};
use crate::objects::Resource;

/// All that a lookup in a pod depends on.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The pod's resolv.conf.
    pub conf: ResolvConf,
    /// The pod's `/etc/hosts`.
    pub hosts: HostsFile,
    /// What the cluster's servers say.
    pub servers: Servers<'a>,
    /// Whether a question reaches these.
    pub answerer: Answerer,
}

/// Who answers the questions of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answerer {
    /// The cluster's servers.
    Cluster,
    /// They do, but this one is asked where they fail; and musl asks all at the same time.
    ClusterFirst(String),
    /// Nobody: the clause says why.
    Nobody(String),
    /// Others, of which nothing is known.
    Others(String),
}

impl Answerer {
    /// Who it is by the servers in the file, and by how the cluster's are.
    pub fn of(inventory: &Inventory, conf: &ResolvConf, cluster: &Cluster) -> Self {
        let known = cluster.servers.as_ref().map_or(&[][..], |(servers, _)| servers);
        let of_cluster = |entry: &Entry| match entry {
            Entry::Hole(hole) => *hole == Hole::ClusterDns,
            Entry::Line(text, source) => matches!(source, Source::Cluster(_)) || known.contains(text),
        };
        let other = conf.nameservers.iter().find(|entry| !of_cluster(entry));
        match (conf.nameservers.first(), other) {
            (None, _) => Self::Others("resolv.conf names no server: programs ask 127.0.0.1".to_owned()),
            (Some(first), Some(other)) if of_cluster(first) && !rotates(conf) => Self::ClusterFirst(named(other)),
            (_, Some(Entry::Hole(_))) => Self::Others("servers of the node are asked, and which these are was not read".to_owned()),
            (_, Some(Entry::Line(server, _))) => Self::Others(format!("{server} is asked, which is no server of the cluster")),
            (Some(_), None) => nobody_ready(inventory).map_or(Self::Cluster, Self::Nobody),
        }
    }
}

/// Whether servers are asked in turns, as far as the options are known.
fn rotates(conf: &ResolvConf) -> bool {
    conf.options.iter().any(|entry| entry.text().is_none_or(|text| text == "rotate"))
}

fn named(entry: &Entry) -> String {
    match entry {
        Entry::Line(text, _) => text.clone(),
        Entry::Hole(_) => "the server of the node".to_owned(),
    }
}

/// That no server is ready, if that can be told.
fn nobody_ready(inventory: &Inventory) -> Option<String> {
    let service = cluster::service(inventory)?;
    let namespace = &service.metadata.namespace;
    let known = inventory.coverage.is_complete(Resource::EndpointSlices, Some(namespace)) && inventory.origin != Origin::Manifests;
    let ready = inventory.slices_of(service).flat_map(|slice| &slice.endpoints).any(crate::objects::Endpoint::is_ready);
    (known && !ready).then(|| format!("no server behind Service {namespace}/{} is ready", service.metadata.name))
}

/// What a library makes of a name.
#[derive(Debug)]
pub struct Lookup<'s> {
    /// Who asks.
    pub resolver: Resolver,
    /// What was asked over DNS, in its order.
    pub questions: Vec<Asked>,
    /// What came of it.
    pub end: End<'s>,
}

/// A name that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The full name, without the dot at its end.
    pub name: String,
    /// Whether it hangs on something that could not be read.
    pub after_hole: bool,
    /// What is expected to be said, type by type.
    pub said: Vec<(RecordType, Expected)>,
}

/// What comes of a lookup.
#[derive(Debug)]
pub enum End<'s> {
    /// `/etc/hosts` has it; without addresses if the pod, whose name it is, has none yet.
    File(Vec<IpAddr>, &'s Line),
    /// `/etc/hosts` has it in the other address family, and nothing else is tried.
    OtherFamily(&'s Line),
    /// DNS decides.
    Dns(Outcome),
}

impl Lookup<'_> {
    /// Whether what could not be read of the search list was taken to have nothing to do with it.
    pub fn passes_hole(&self) -> bool {
        !matches!(self.end, End::Dns(Outcome::Unknown)) && self.questions.last().is_some_and(|asked| asked.after_hole)
    }

    /// The addresses that the program gets over DNS.
    pub fn addresses(&self) -> Vec<IpAddr> {
        match (&self.end, self.questions.last()) {
            (End::File(addresses, _), _) => addresses.clone(),
            (End::Dns(Outcome::Found(_)), Some(asked)) => asked.said.iter().flat_map(|(_, said)| addresses(said)).collect(),
            _ => Vec::new(),
        }
    }
}

/// Types that are asked for.
pub fn types(wanted: Wanted) -> &'static [RecordType] {
    match wanted {
        Wanted::Both => &[RecordType::A, RecordType::Aaaa],
        Wanted::V4 => &[RecordType::A],
        Wanted::V6 => &[RecordType::Aaaa],
    }
}

impl Surroundings<'_> {
    /// Looks a name up.
    pub fn look_up(&self, resolver: Resolver, name: &str, wanted: Wanted) -> Lookup<'_> {
        let end = match self.hosts.find(resolver, name, wanted) {
            Found::Addresses(addresses, line) => End::File(addresses, line),
            Found::OtherFamily(line) => End::OtherFamily(line),
            Found::Nothing => {
                let says = |full: &str| self.reply(resolver, full, wanted);
                let Walk { questions, outcome } = search(resolver, name, wanted, &self.conf, &says);
                let asked = |question: super::search::Question| Asked {
                    said: self.said(&question.name, wanted),
                    name: question.name,
                    after_hole: question.after_hole,
                };
                return Lookup { resolver, questions: questions.into_iter().map(asked).collect(), end: End::Dns(outcome) };
            }
        };
        Lookup { resolver, questions: Vec::new(), end }
    }

    fn said(&self, name: &str, wanted: Wanted) -> Vec<(RecordType, Expected)> {
        types(wanted).iter().map(|kind| (*kind, self.servers.expected(name, *kind))).collect()
    }

    fn reply(&self, resolver: Resolver, name: &str, wanted: Wanted) -> Reply {
        match &self.answerer {
            Answerer::Nobody(_) => return Reply::Miss(Miss::Silence),
            Answerer::Others(_) => return Reply::Unknown,
            Answerer::ClusterFirst(_) if resolver == Resolver::Musl => return Reply::Unknown,
            Answerer::ClusterFirst(_) | Answerer::Cluster => {}
        }
        let reply = combined(&self.said(name, wanted));
        match (&self.answerer, reply) {
            (Answerer::ClusterFirst(_), Reply::Miss(Miss::ServFail | Miss::Refused)) => Reply::Unknown,
            _ => reply,
        }
    }
}

/// The answers to all types as one: addresses are addresses whatever is said of the other family.
fn combined(said: &[(RecordType, Expected)]) -> Reply {
    let has = |six: bool| said.iter().flat_map(|(_, said)| addresses(said)).any(|address| address.is_ipv6() == six);
    match (has(false), has(true)) {
        (true, true) => return Reply::Addresses(Families::Both),
        (true, false) => return Reply::Addresses(Families::V4),
        (false, true) => return Reply::Addresses(Families::V6),
        (false, false) => {}
    }
    let mut misses = said.iter().map(|(_, said)| match said {
        Expected::Says { response, .. } => Some(match response.rcode {
            Rcode::NoError => Miss::NoData,
            Rcode::NxDomain => Miss::NxDomain,
            Rcode::ServFail => Miss::ServFail,
            Rcode::Refused => Miss::Refused,
        }),
        Expected::Unknown(_) => None,
    });
    let first = misses.next().flatten();
    // Nobody has tried what resolvers do if one type is refused and the other is not.
    first.filter(|first| misses.all(|miss| miss == Some(*first))).map_or(Reply::Unknown, Reply::Miss)
}

fn addresses(said: &Expected) -> impl Iterator<Item = IpAddr> {
    let records = match said {
        Expected::Says { response, .. } => response.answers.as_slice(),
        Expected::Unknown(_) => &[],
    };
    records.iter().filter_map(|record| match record.data {
        Data::A(address) => Some(IpAddr::V4(address)),
        Data::Aaaa(address) => Some(IpAddr::V6(address)),
        _ => None,
    })
}
