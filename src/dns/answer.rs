//! What a pod makes of a name, as a report.

use super::cluster::Cluster;
use super::resolv::{Entry, resolv_conf};
use super::search::{Reply, Resolver, Wanted, search};
use crate::inventory::{Inventory, PodInfo};
use crate::objects::{Meta, Pod, Workload};
use crate::report::dns::{Dns, DnsOutcome, DnsQuestion, ExpectedAnswer, Hosts, Libc, LibcOutcome, ResolvConf, Resolves};
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
    object: ObjectRef,
    pod: Pod,
    /// Whether there is no such pod yet.
    is_template: bool,
}

impl Subject {
    /// A pod of what was named, or the stand-in for one.
    pub fn of_pod(_: &Inventory, object: ObjectRef, info: &PodInfo) -> Self {
        Self { object, pod: info.pod.clone(), is_template: info.template }
    }

    /// What a workload without pods will make.
    pub fn of_template(workload: &Workload) -> Self {
        let Workload { kind, metadata, template, .. } = workload;
        let meta = Meta {
            name: metadata.name.clone(),
            namespace: metadata.namespace.clone(),
            labels: template.metadata.labels.clone(),
            ..Meta::default()
        };
        let pod = Pod { metadata: meta, spec: template.spec.clone(), ..Pod::default() };
        Self { object: ObjectRef::new(kind.name(), &metadata.namespace, &metadata.name), pod, is_template: true }
    }
}

/// What comes of the name.
pub fn ask(inventory: &Inventory, question: &Question) -> (Dns, Vec<Finding>) {
    let Question { subject, name, wanted, libcs } = question;
    let corefile = inventory.config_map("kube-system", "coredns").and_then(|map| map.text("Corefile"));
    let conf = resolv_conf(&subject.pod, &Cluster::of(inventory, corefile), None);
    let types: Vec<&'static str> = match wanted {
        Wanted::Both => vec!["A", "AAAA"],
        Wanted::V4 => vec!["A"],
        Wanted::V6 => vec!["AAAA"],
    };
    let (mut questions, mut outcomes) = (Vec::new(), Vec::new());
    for libc in libcs {
        let resolver = match libc {
            Libc::Glibc => Resolver::Glibc,
            Libc::Musl => Resolver::Musl,
            Libc::Go => Resolver::Go,
        };
        let walk = search(resolver, name, *wanted, &conf, &|_| Reply::Unknown);
        outcomes.push(LibcOutcome {
            libc: *libc,
            resolves: Resolves::Unknown,
            addresses: Vec::new(),
            found_as: None,
            error: None,
            questions: walk.questions.len() * types.len(),
            nxdomain: 0,
            because: String::new(),
        });
        for asked in walk.questions {
            questions.extend(types.iter().map(|kind| DnsQuestion {
                libc: *libc,
                name: asked.name.clone(),
                kind,
                expected: ExpectedAnswer::default(),
                after_hole: asked.after_hole,
                observed: Vec::new(),
            }));
        }
    }
    let lines = |list: &[Entry]| list.iter().filter_map(Entry::text).map(str::to_owned).collect();
    let resolv_conf = ResolvConf {
        nameservers: lines(&conf.nameservers),
        search: lines(&conf.search),
        options: lines(&conf.options),
        provenance: Vec::new(),
    };
    let outcome = DnsOutcome { resolves: Resolves::Unknown, libcs: outcomes, assumed: Vec::new(), similar: Vec::new() };
    let pod = (!subject.is_template).then(|| subject.pod.metadata.name.clone());
    let result =
        Dns { subject: subject.object.clone(), pod, name: name.clone(), types, resolv_conf, hosts: Hosts::default(), questions, outcome };
    (result, Vec::new())
}
