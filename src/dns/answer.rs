//! What a pod makes of a name, as a report.

use super::advice;
use super::cluster::{self, Basis, Cluster};
use super::hosts::{Hostname, HostsFile, hosts_file};
use super::kubelet::KubeletConfig;
use super::lookup::{Answerer, End, Lookup, Surroundings, types};
use super::record::{Rcode, Record};
use super::resolv::{Entry, Hole, Source, resolv_conf};
use super::search::{Outcome, Resolver, Wanted};
use super::server::{self, Expected, Servers};
use super::similar::Meant;
use super::words::{self, Origins};
use crate::inventory::{Inventory, PodInfo};
use crate::objects::{Container, Meta, Pod, Resource, Workload, WorkloadKind};
use crate::report::dns::{
    Certainty, ConfLine, Dns, DnsOutcome, DnsQuestion, ExpectedAnswer, Hosts, HostsEntry, Libc, LibcHint, LibcOutcome, Provenance,
    ResolvConf, Resolves,
};
use crate::report::{Finding, ObjectRef};

/// Who asks for what.
#[derive(Debug)]
pub struct Question {
    /// Who asks.
    pub subject: Subject,
    /// The name as the program says it.
    pub name: String,
    /// Which addresses are wanted.
    pub wanted: Wanted,
    /// With which libraries.
    pub libcs: Vec<Libc>,
}

/// A pod that asks.
#[derive(Debug)]
pub struct Subject {
    /// What was named: the pod or its workload.
    pub(super) object: ObjectRef,
    /// The pod, or what will be.
    pub(super) pod: Pod,
    /// Whether there is no such pod yet.
    pub(super) is_template: bool,
}

impl Subject {
    /// A pod of what was named, or the stand-in for one.
    pub fn of_pod(inventory: &Inventory, object: ObjectRef, info: &PodInfo) -> Self {
        let is = |w: &&Workload| w.kind.name() == object.kind && w.metadata.key() == (object.namespace.as_str(), object.name.as_str());
        match inventory.objects.workloads.iter().find(is).filter(|_| info.template) {
            Some(workload) => Self::of_template(workload),
            None => Self { object, pod: info.pod.clone(), is_template: info.template },
        }
    }

    /// What a workload without pods will make.
    pub fn of_template(workload: &Workload) -> Self {
        let Workload { kind, metadata, template, first_ordinal, .. } = workload;
        let name = match kind {
            WorkloadKind::StatefulSet => format!("{}-{first_ordinal}", metadata.name),
            _ => metadata.name.clone(),
        };
        let labels = template.metadata.labels.clone();
        let meta = Meta { name, namespace: metadata.namespace.clone(), labels, ..Meta::default() };
        let pod = Pod { metadata: meta, spec: template.spec.clone(), ..Pod::default() };
        Self { object: ObjectRef::new(kind.name(), &metadata.namespace, &metadata.name), pod, is_template: true }
    }

    /// What the pod calls itself, where that is known before there is one.
    fn hostname(&self, domain: &str) -> Option<Hostname> {
        let spec = &self.pod.spec;
        let named = !spec.hostname.is_empty() || spec.hostname_override.is_some() || self.object.kind == WorkloadKind::StatefulSet.name();
        (!self.is_template || named).then(|| Hostname::of(&self.pod, domain))
    }
}

/// Files that a volume can take the place of.
const RESOLV_CONF: &str = "/etc/resolv.conf";
const HOSTS: &str = "/etc/hosts";

/// Containers that mount a file of their own where the kubelet would have written one.
enum Own<'a> {
    All,
    /// Perhaps none.
    Some(Vec<&'a str>),
}

fn own_files<'a>(pod: &'a Pod, path: &str) -> Own<'a> {
    let containers = &pod.spec.containers;
    let mounts = |container: &&Container| container.volume_mounts.iter().any(|volume| volume.mount_path == path);
    let own: Vec<&str> = containers.iter().filter(mounts).map(|container| container.name.as_str()).collect();
    if !own.is_empty() && own.len() == containers.len() { Own::All } else { Own::Some(own) }
}

/// A question with all that its answer is made of.
pub(super) struct Case<'q, 'a> {
    pub inventory: &'a Inventory,
    pub question: &'q Question,
    pub cluster: Cluster,
    /// What the pod calls itself.
    pub hostname: Option<Hostname>,
    pub surroundings: Surroundings<'a>,
}

impl<'q, 'a> Case<'q, 'a> {
    fn of(inventory: &'a Inventory, question: &'q Question) -> Self {
        let pod = &question.subject.pod;
        let servers = Servers::of(inventory);
        let cluster = Cluster::of(inventory);
        let hostname = question.subject.hostname(&cluster.domain.0);
        let conf = resolv_conf(pod, &cluster, None);
        let answerer = match own_files(pod, RESOLV_CONF) {
            Own::All => Answerer::Others("its containers mount a resolv.conf of their own, which was not read".to_owned()),
            Own::Some(_) => Answerer::of(inventory, &conf, &cluster),
        };
        let hosts = match own_files(pod, HOSTS) {
            Own::All => HostsFile { unread: Some("/etc/hosts that its containers mount".to_owned()), lines: Vec::new() },
            Own::Some(_) => hosts_file(pod, hostname.as_ref()),
        };
        let surroundings = Surroundings { hosts, conf, servers, answerer };
        Self { inventory, question, cluster, hostname, surroundings }
    }

    fn lookups(&self) -> Vec<Lookup<'_>> {
        let Question { libcs, name, wanted, .. } = self.question;
        libcs.iter().map(|libc| self.surroundings.look_up(resolver(*libc), name, *wanted)).collect()
    }
}

/// What comes of the name.
pub fn ask(inventory: &Inventory, question: &Question) -> (Dns, Vec<Finding>) {
    let case = Case::of(inventory, question);
    let lookups = case.lookups();
    let Question { subject, name, wanted, .. } = question;
    let outcomes: Vec<LibcOutcome> = lookups.iter().map(|lookup| outcome(lookup, &case)).collect();
    let resolves = together(&outcomes);
    let found = outcomes.iter().any(|outcome| outcome.resolves == Resolves::Yes);
    let meant = Meant::read(name, &case.cluster.domain.0).filter(|_| !found);
    let similar = meant.map(|meant| meant.similar(inventory, &subject.pod.metadata.namespace)).unwrap_or_default();
    let findings = advice::findings(&case, &lookups, &similar);
    let result = Dns {
        subject: subject.object.clone(),
        pod: (!subject.is_template).then(|| subject.pod.metadata.name.clone()),
        name: name.clone(),
        types: types(*wanted).iter().map(|kind| kind.name()).collect(),
        resolv_conf: file(&case),
        hosts: hosts(&case),
        libc_hints: hints(&subject.pod),
        questions: lookups.iter().flat_map(|lookup| questions(lookup, &case.surroundings.answerer)).collect(),
        outcome: DnsOutcome { resolves, libcs: outcomes, assumed: assumed(&case, &lookups), similar },
        verified: None,
    };
    (result, findings)
}

fn resolver(libc: Libc) -> Resolver {
    match libc {
        Libc::Glibc => Resolver::Glibc,
        Libc::Musl => Resolver::Musl,
        Libc::Go => Resolver::Go,
    }
}

pub(super) fn libc(resolver: Resolver) -> Libc {
    match resolver {
        Resolver::Glibc => Libc::Glibc,
        Resolver::Musl => Libc::Musl,
        Resolver::Go => Libc::Go,
    }
}

fn together(outcomes: &[LibcOutcome]) -> Resolves {
    let any = |wanted: Resolves| outcomes.iter().any(|outcome| outcome.resolves == wanted);
    match (any(Resolves::Unknown), any(Resolves::No)) {
        (true, _) => Resolves::Unknown,
        (false, true) => Resolves::No,
        (false, false) => Resolves::Yes,
    }
}

fn outcome(lookup: &Lookup<'_>, case: &Case<'_, '_>) -> LibcOutcome {
    let (resolves, error) = match &lookup.end {
        End::File(..) | End::Dns(Outcome::Found(_)) => (Resolves::Yes, None),
        End::OtherFamily(_) => (Resolves::No, Some(words::other_family(lookup.resolver))),
        End::Dns(Outcome::Unknown) => (Resolves::Unknown, None),
        End::Dns(outcome) => (Resolves::No, words::error(lookup.resolver, *outcome)),
    };
    let said = || lookup.questions.iter().flat_map(|asked| &asked.said);
    let missing = |said: &Expected| matches!(said, Expected::Says { response, .. } if response.rcode == Rcode::NxDomain);
    let reaches = matches!(case.surroundings.answerer, Answerer::Cluster | Answerer::ClusterFirst(_));
    let found_as = match lookup.end {
        End::Dns(Outcome::Found(_)) => lookup.questions.last().map(|asked| asked.name.clone()),
        _ => None,
    };
    LibcOutcome {
        libc: libc(lookup.resolver),
        resolves,
        addresses: lookup.addresses().iter().map(ToString::to_string).collect(),
        found_as,
        error: error.map(str::to_owned),
        questions: said().count(),
        nxdomain: if reaches { said().filter(|(_, said)| missing(said)).count() } else { 0 },
        because: words::because(&case.question.name, lookup, &case.surroundings),
    }
}

fn questions<'l>(lookup: &'l Lookup<'_>, answerer: &'l Answerer) -> impl Iterator<Item = DnsQuestion> + 'l {
    lookup.questions.iter().flat_map(move |asked| {
        asked.said.iter().map(move |(kind, said)| DnsQuestion {
            libc: libc(lookup.resolver),
            name: asked.name.clone(),
            kind: kind.name(),
            expected: expected(said, answerer),
            after_hole: asked.after_hole,
            observed: Vec::new(),
        })
    })
}

fn expected(said: &Expected, answerer: &Answerer) -> ExpectedAnswer {
    let unknown = |because: String| ExpectedAnswer { because, ..ExpectedAnswer::default() };
    match (answerer, said) {
        (Answerer::Nobody(why) | Answerer::Others(why), _) => unknown(why.clone()),
        (_, Expected::Unknown(reason)) => unknown(reason.to_string()),
        (_, Expected::Says { response, because }) => {
            let answers = response.answers.iter().map(|Record { data, .. }| data.to_string()).collect();
            ExpectedAnswer { rcode: Some(response.rcode.name()), answers, because: because.to_string() }
        }
    }
}

/// The Service before the cluster's servers, or the one that was looked for.
fn service_name(inventory: &Inventory) -> String {
    cluster::service(inventory)
        .map_or_else(|| "kube-system/kube-dns".to_owned(), |service| format!("{}/{}", service.metadata.namespace, service.metadata.name))
}

fn file(case: &Case<'_, '_>) -> ResolvConf {
    let conf = &case.surroundings.conf;
    let node_file = KubeletConfig::of(case.inventory).and_then(|kubelet| kubelet.resolv_conf);
    let node_file = node_file.unwrap_or_else(|| "/etc/resolv.conf".to_owned());
    let service = service_name(case.inventory);
    let origins =
        Origins { pod: &case.question.subject.pod, node_file: &node_file, service: &service, corefile: case.surroundings.servers.basis() };
    let lists = [(ConfLine::Nameserver, &conf.nameservers), (ConfLine::Search, &conf.search), (ConfLine::Options, &conf.options)];
    let mut provenance: Vec<Provenance> =
        lists.iter().flat_map(|(line, list)| list.iter().map(|entry| origins.provenance(*line, entry))).collect();
    provenance.extend(conf.cut.iter().map(|entry| {
        // A server is an address, a domain is none.
        let is_server = entry.text().is_some_and(|text| text.parse::<std::net::IpAddr>().is_ok());
        let line = if is_server { ConfLine::Nameserver } else { ConfLine::Search };
        Provenance { certainty: Certainty::Cut, ..origins.provenance(line, entry) }
    }));
    let lines = |list: &[Entry]| list.iter().filter_map(Entry::text).map(str::to_owned).collect();
    ResolvConf { nameservers: lines(&conf.nameservers), search: lines(&conf.search), options: lines(&conf.options), provenance }
}

fn hosts(case: &Case<'_, '_>) -> Hosts {
    let file = &case.surroundings.hosts;
    let entry = |line: &super::hosts::Line| HostsEntry {
        address: line.address.clone(),
        names: line.names.clone(),
        from: words::hosts_source(line.source),
    };
    Hosts { entries: file.lines.iter().map(entry).collect(), unread: file.unread.clone() }
}

/// Words in the names of images by which the library of a container can be guessed.
const IMAGES: [(&str, Libc); 14] = [
    ("alpine", Libc::Musl),
    ("busybox:musl", Libc::Musl),
    ("debian", Libc::Glibc),
    ("ubuntu", Libc::Glibc),
    ("bookworm", Libc::Glibc),
    ("bullseye", Libc::Glibc),
    ("trixie", Libc::Glibc),
    ("-slim", Libc::Glibc),
    ("fedora", Libc::Glibc),
    ("rockylinux", Libc::Glibc),
    ("/ubi8", Libc::Glibc),
    ("/ubi9", Libc::Glibc),
    ("amazonlinux", Libc::Glibc),
    ("busybox:glibc", Libc::Glibc),
];

fn hints(pod: &Pod) -> Vec<LibcHint> {
    let hint = |container: &Container| {
        let (_, libc) = IMAGES.iter().find(|(word, _)| container.image.contains(word))?;
        Some(LibcHint { container: container.name.clone(), image: container.image.clone(), libc: *libc })
    };
    pod.spec.containers.iter().filter_map(hint).collect()
}

/// What was taken for true because it could not be read, as far as the answer depends on it.
fn assumed(case: &Case<'_, '_>, lookups: &[Lookup<'_>]) -> Vec<String> {
    let (inventory, name) = (case.inventory, &case.question.name);
    let mut assumed = Vec::new();
    let conf = &case.surroundings.conf;
    let by_file = lookups.iter().all(|lookup| matches!(lookup.end, End::File(..)));
    if let Some(unread) = case.surroundings.hosts.unread.as_ref().filter(|_| !by_file) {
        assumed.push(format!("{unread}, which was not read, does not have {name}"));
    }
    for path in [RESOLV_CONF, HOSTS] {
        if let Own::Some(own) = own_files(&case.question.subject.pod, path) {
            assumed.extend(own.iter().map(|name| format!("container {name}, which mounts a file of its own at {path}, is not meant")));
        }
    }
    let asks_cluster = matches!(case.surroundings.answerer, Answerer::Cluster | Answerer::ClusterFirst(_));
    if lookups.iter().all(|lookup| lookup.questions.is_empty()) || !asks_cluster {
        return assumed;
    }
    if lookups.iter().any(Lookup::passes_hole) {
        assumed.push(format!("no search domain in resolv.conf of the node, which was not read, has {name}"));
    }
    if let server::Basis::Usual(why) = case.surroundings.servers.basis() {
        assumed.push(format!("the Corefile is the usual one: {why}"));
    }
    let usual = |entry: &Entry| matches!(entry, Entry::Line(_, Source::Cluster(Basis::Usual)));
    if conf.search.iter().any(usual) {
        assumed.push(format!("the cluster's domain is {}: nothing that was read says it", case.cluster.domain.0));
    }
    if conf.nameservers.contains(&Entry::Hole(Hole::ClusterDns)) {
        let read = inventory.coverage.is_complete(Resource::Services, Some("kube-system"));
        let why = if read { "is not there" } else { "could not be read" };
        assumed.push(format!("the kubelet names the cluster's servers: Service kube-system/kube-dns {why}"));
    }
    if !inventory.coverage.is_complete(Resource::EndpointSlices, Some("kube-system")) {
        assumed.push("a server of the cluster is ready: EndpointSlices of kube-system could not be read".to_owned());
    }
    assumed
}
