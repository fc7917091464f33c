//! The words of the report: where entries come from, what a program is told, what decides.

use super::cluster::Basis;
use super::hosts;
use super::lookup::{Answerer, Asked, End, Lookup, Surroundings};
use super::record::Rcode;
use super::resolv::{Entry, Hole, Source};
use super::search::{Outcome, Resolver};
use super::server::{self, Because, Expected};
use crate::objects::{DnsPolicy, Pod};
use crate::report::dns::{Certainty, ConfLine, Provenance};

/// What the words need to know beside an entry.
#[derive(Debug)]
pub struct Origins<'a> {
    pub pod: &'a Pod,
    /// The file of the node.
    pub node_file: &'a str,
    /// The Service before the cluster's servers, or the one that was looked for.
    pub service: &'a str,
    /// What the servers run with.
    pub corefile: &'a server::Basis,
}

impl Origins<'_> {
    /// Where an entry of resolv.conf comes from.
    pub fn provenance(&self, line: ConfLine, entry: &Entry) -> Provenance {
        let (certainty, from) = match entry {
            Entry::Hole(hole) => (Certainty::Unread, self.hole(*hole)),
            Entry::Line(_, source) => self.source(*source),
        };
        Provenance { line, value: entry.text().map(str::to_owned), certainty, from }
    }

    fn hole(&self, hole: Hole) -> String {
        match hole {
            Hole::Node if self.pod.spec.node_name.is_empty() => format!("{} of its node", self.node_file),
            Hole::Node => format!("{} of node {}", self.node_file, self.pod.spec.node_name),
            Hole::ClusterDns => format!("Service {}", self.service),
        }
    }

    fn source(&self, source: Source) -> (Certainty, String) {
        match source {
            Source::Pod => (Certainty::Known, "dnsConfig of the pod".to_owned()),
            Source::Kubelet => (Certainty::Known, format!("dnsPolicy {}", policy(self.pod))),
            Source::Node => (Certainty::Known, self.hole(Hole::Node)),
            Source::Cluster(Basis::KubeletConfig) => (Certainty::Inferred, "ConfigMap kube-system/kubelet-config".to_owned()),
            Source::Cluster(Basis::Service) => (Certainty::Inferred, format!("Service {}", self.service)),
            Source::Cluster(Basis::Corefile) => (
                Certainty::Inferred,
                match self.corefile {
                    server::Basis::ConfigMap(map) => format!("Corefile of ConfigMap {map}"),
                    server::Basis::Usual(_) => "Corefile".to_owned(),
                },
            ),
            Source::Cluster(Basis::Usual) => (Certainty::Assumed, "nearly every cluster has it".to_owned()),
        }
    }
}

/// The policy of a pod, as it counts.
pub fn policy(pod: &Pod) -> &'static str {
    match pod.spec.dns_policy {
        DnsPolicy::None => "None",
        DnsPolicy::Default => "Default",
        DnsPolicy::ClusterFirstWithHostNet => "ClusterFirstWithHostNet",
        DnsPolicy::ClusterFirst | DnsPolicy::Invalid => "ClusterFirst",
    }
}

/// What the program is told instead of addresses.
pub fn error(resolver: Resolver, outcome: Outcome) -> Option<&'static str> {
    Some(match (resolver, outcome) {
        (_, Outcome::Found(_) | Outcome::Unknown) => return None,
        (Resolver::Glibc, Outcome::NoName) => "EAI_NONAME (Name or service not known)",
        (Resolver::Musl, Outcome::NoName) => "EAI_NONAME (Name does not resolve)",
        (Resolver::Glibc, Outcome::NoData) => "EAI_NODATA (No address associated with hostname)",
        (Resolver::Musl, Outcome::NoData) => "EAI_NODATA (Name has no usable address)",
        (Resolver::Glibc, Outcome::Again) => "EAI_AGAIN (Temporary failure in name resolution)",
        (Resolver::Musl, Outcome::Again) => "EAI_AGAIN (Try again)",
        (Resolver::Glibc | Resolver::Musl, Outcome::Fail) => "EAI_FAIL (Non-recoverable failure in name resolution)",
        (Resolver::Go, Outcome::NoName | Outcome::NoData) => "no such host",
        (Resolver::Go, Outcome::Again | Outcome::Fail) => "server misbehaving",
    })
}

/// What a program is told that wants the other addresses of a name in `/etc/hosts`.
pub fn other_family(resolver: Resolver) -> &'static str {
    if resolver == Resolver::Go { "no suitable address found" } else { "EAI_NODATA (Name has no usable address)" }
}

/// Where a line of `/etc/hosts` comes from.
pub fn hosts_source(source: hosts::Source) -> String {
    match source {
        hosts::Source::Kubelet => "the kubelet, for every pod".to_owned(),
        hosts::Source::Own => "the pod itself".to_owned(),
        hosts::Source::Alias(at) => format!("hostAliases[{at}] of the pod"),
    }
}

/// Why it ends as it does, in a clause.
pub fn because(name: &str, lookup: &Lookup<'_>, surroundings: &Surroundings<'_>) -> String {
    let outcome = match &lookup.end {
        End::File(_, line) => return format!("/etc/hosts: {}", hosts_source(line.source)),
        End::OtherFamily(line) => {
            let address = line.address.as_deref().unwrap_or_default();
            return format!("/etc/hosts has it as {address} alone, and DNS is not asked");
        }
        End::Dns(outcome) => outcome,
    };
    let said = || lookup.questions.iter().flat_map(|asked| &asked.said);
    match (outcome, &surroundings.answerer) {
        (_, Answerer::Nobody(why) | Answerer::Others(why)) => why.clone(),
        (Outcome::Found(_), _) => lookup.questions.last().map(last_word).unwrap_or_default(),
        (Outcome::Unknown, answerer) => {
            let last = lookup.questions.last();
            let why = last.and_then(|asked| {
                asked.said.iter().find_map(|(_, said)| match said {
                    Expected::Unknown(reason) => Some(format!("{reason} about {}.", asked.name)),
                    Expected::Says { .. } => None,
                })
            });
            let why = why.unwrap_or_else(|| match answerer {
                Answerer::ClusterFirst(other) => format!("{other} may be asked, which is no server of the cluster"),
                _ => "servers say different things of A and AAAA".to_owned(),
            });
            match telling(name, said(), MEANT) {
                Some(no) => format!("{no}; {}", why.trim_end_matches('.')),
                None => why.trim_end_matches('.').to_owned(),
            }
        }
        _ => telling(name, said(), TRIED).or_else(|| lookup.questions.last().map(last_miss)).unwrap_or_default(),
    }
}

/// The same of a question without addresses.
fn last_miss(asked: &Asked) -> String {
    let empty = |said: &Expected| matches!(said, Expected::Says { response, .. } if response.rcode == Rcode::NoError);
    let missing: Vec<&str> = asked.said.iter().filter(|(_, said)| empty(said)).map(|(kind, _)| kind.name()).collect();
    if missing.is_empty() { last_word(asked) } else { format!("{} has no {}", last_word(asked), missing.join(" or ")) }
}

/// What decides the answers to a question, in a clause.
pub fn last_word(asked: &Asked) -> String {
    let with_addresses =
        asked.said.iter().find(|(_, said)| matches!(said, Expected::Says { response, .. } if !response.answers.is_empty()));
    match with_addresses.or(asked.said.first()) {
        Some((_, Expected::Says { because, .. })) => because.to_string(),
        Some((_, Expected::Unknown(reason))) => reason.to_string(),
        None => String::new(),
    }
}

/// How much a reason tells: it is about what the program probably meant, or about one of all that are tried.
const MEANT: u8 = 2;
const TRIED: u8 = 1;

/// The reason that tells most about a name that is not there, if it tells enough: of a name outside, which others decide, that no
/// namespace is called `com` says nothing.
fn telling<'a, T: 'a>(name: &str, said: impl Iterator<Item = &'a (T, Expected)>, enough: u8) -> Option<String> {
    let mut labels = name.split('.');
    let (service, namespace) = (labels.next(), labels.next().filter(|label| !label.is_empty()));
    let is = |label: Option<&str>, known: &str| label.is_some_and(|label| label.eq_ignore_ascii_case(known));
    let rank = |because: &Because| match because {
        Because::NoEndpoints(_) | Because::NoEndpoint(..) | Because::ExternalAddress(..) | Because::HiddenNamespace(_) => 3,
        Because::NoService(object) if is(service, &object.name) && namespace.is_none_or(|_| is(namespace, &object.namespace)) => MEANT,
        Because::NoNamespace(known) if is(namespace, known) => MEANT,
        Because::NoService(_) | Because::NoNamespace(_) | Because::NoPod(_) | Because::PodsDisabled => TRIED,
        _ => 0,
    };
    let reasons = said.filter_map(|(_, said)| match said {
        Expected::Says { because, .. } if rank(because) >= enough => Some(because),
        _ => None,
    });
    // Of equals the first one.
    let best = reasons.fold(None, |best: Option<&Because>, because| match best {
        Some(best) if rank(best) >= rank(because) => Some(best),
        _ => Some(because),
    });
    best.map(ToString::to_string)
}
