//! Which names exist because of a Service, a pod, a workload or a namespace, and which that people expect do not.
//!
//! `expected` says what a name leads to; here is only which names are worth a question. `missed` are those that no rule of names gives, though
//! objects look as if it did; `advice` makes findings of both.

mod advice;
mod missed;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::record::{Data, RecordType};
use super::server::{Basis, Because, EndpointName, Expected, Reason, Servers};
use super::verify::reversed;
use crate::inventory::{Inventory, PodInfo};
use crate::objects::{Pod, Service};
use crate::report::dns_records::{DnsMiss, DnsRecord, DnsRecords};
use crate::report::{Finding, ObjectRef};

/// The domain where nothing says another.
const USUAL_DOMAIN: &str = "cluster.local";

/// What the question is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The object.
    pub object: ObjectRef,
    /// Positions of the pods that it is or runs; none for a Service and for a namespace, which mean all that is behind them.
    pub pods: Option<Vec<usize>>,
}

/// Which names exist because of it.
pub fn records(inventory: &Inventory, subject: &Subject) -> (DnsRecords, Vec<Finding>) {
    let servers = Servers::of(inventory);
    let domain = servers.domain().unwrap_or(USUAL_DOMAIN).to_owned();
    let mut names = Names { inventory, servers: &servers, domain, said: BTreeMap::new(), missed: Vec::new() };
    let infos: Vec<&PodInfo> = subject.pods.iter().flatten().filter_map(|at| inventory.pods.get(*at)).collect();
    let pods: Option<Vec<&Pod>> = subject.pods.as_ref().map(|_| infos.iter().map(|info| &info.pod).collect());
    let services = services(inventory, subject, pods.as_deref());
    for service in &services {
        names.of_service(service, pods.as_deref());
    }
    for info in infos {
        names.of_pod(&info.pod);
        missed::below_no_service(&mut names, info);
    }
    let findings = advice::findings(&names, &services);
    (names.answer(subject, &servers), findings)
}

/// Services that a question is about: the one, those of the namespace, or those that lead to any of the pods.
fn services<'a>(inventory: &'a Inventory, subject: &Subject, pods: Option<&[&Pod]>) -> Vec<&'a Service> {
    let ObjectRef { kind, namespace, name } = &subject.object;
    let Some(pods) = pods else {
        let of_namespace = |service: &&Service| if kind == "Namespace" { service.metadata.namespace == *name } else { false };
        let named = inventory.service(namespace, name).filter(|_| kind == "Service");
        return named.into_iter().chain(inventory.objects.services.iter().filter(of_namespace)).collect();
    };
    let leads = |service: &&Service| {
        let selector = &service.spec.selector;
        let selects = |pod: &&Pod| !selector.is_empty() && selector.iter().all(|(key, value)| pod.metadata.labels.get(key) == Some(value));
        let of_pod = |pod: &&Pod| pod.metadata.namespace == service.metadata.namespace;
        let below = |pod: &&Pod| pod.spec.subdomain == service.metadata.name;
        let targets = |pod: &Pod| {
            let endpoints = || inventory.slices_of(service).flat_map(|slice| &slice.endpoints);
            selector.is_empty() && endpoints().any(|endpoint| endpoint.target_ref.as_ref().is_some_and(|t| t.name == pod.metadata.name))
        };
        !service.is_external_name() && pods.iter().filter(|pod| of_pod(pod)).any(|pod| selects(pod) || below(pod) || targets(pod))
    };
    inventory.objects.services.iter().filter(leads).collect()
}

/// Names, and what is said of them.
struct Names<'s, 'a> {
    inventory: &'a Inventory,
    servers: &'s Servers<'a>,
    domain: String,
    said: BTreeMap<(String, RecordType), Expected>,
    /// Names that nobody is asked for, with what keeps them from being.
    missed: Vec<Missed>,
}

/// A name that looks as if it existed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Missed {
    name: String,
    kind: RecordType,
    why: Why,
}

/// Why a name does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Why {
    /// The port at this position of the Service has no name.
    UnnamedPort { service: ObjectRef, at: usize, port: String },
    /// The pod's name for itself is found below another Service.
    OtherService { service: ObjectRef, pod: ObjectRef, subdomain: String },
    /// The pod calls itself so, and says below which Service it does not stand.
    NoSubdomain { pod: ObjectRef, service: String },
    /// What a pod is said to stand below is no Service that could give it a name; which field of which object says so.
    NoSuchService { object: ObjectRef, field: &'static str, subdomain: String, because: Because },
}

impl Why {
    /// What tells one such reason from another: what holds for one pod of a workload holds for the others.
    fn about(&self) -> (&'static str, String, usize) {
        match self {
            Self::UnnamedPort { service, at, .. } => ("port", format!("{}/{}", service.namespace, service.name), *at),
            Self::OtherService { service, .. } => ("other", format!("{}/{}", service.namespace, service.name), 0),
            Self::NoSubdomain { pod, service } => ("subdomain", format!("{}/{service}", pod.namespace), 0),
            Self::NoSuchService { object, subdomain, .. } => ("service", format!("{}/{subdomain}", object.namespace), 0),
        }
    }
}

impl<'a> Names<'_, 'a> {
    /// Asks for a name.
    fn ask(&mut self, name: &str, kind: RecordType) {
        let servers = self.servers;
        self.said.entry((name.to_owned(), kind)).or_insert_with(|| servers.expected(name, kind));
    }

    /// Whether a name has addresses.
    fn has_addresses(&mut self, name: &str) -> bool {
        let mut has = false;
        for kind in [RecordType::A, RecordType::Aaaa] {
            let said = self.servers.expected(name, kind);
            has |= !matches!(&said, Expected::Says { response, .. } if response.answers.is_empty());
        }
        has
    }

    /// A pod that something was said of.
    fn pod(&self, pod: &ObjectRef) -> Option<&'a PodInfo> {
        self.inventory.pod(&pod.namespace, &pod.name).and_then(|at| self.inventory.pods.get(at))
    }

    fn full(&self, labels: &[&str]) -> String {
        let mut all = labels.to_vec();
        all.extend((!self.domain.is_empty()).then_some(self.domain.as_str()));
        all.join(".")
    }

    fn addresses(&mut self, name: &str) {
        self.ask(name, RecordType::A);
        self.ask(name, RecordType::Aaaa);
    }

    fn pointer(&mut self, address: &str) {
        if let Ok(address) = address.parse::<IpAddr>() {
            self.ask(&reversed(address), RecordType::Ptr);
        }
    }

    /// Names of a Service; of its endpoints only those that are these pods.
    fn of_service(&mut self, service: &'a Service, pods: Option<&[&'a Pod]>) {
        let (namespace, name) = service.metadata.key();
        let full = self.full(&[name, namespace, "svc"]);
        if service.is_external_name() {
            self.ask(&full, RecordType::Cname);
            return;
        }
        self.addresses(&full);
        for (at, port) in service.spec.ports.iter().enumerate() {
            let protocol = if port.protocol.is_empty() { "tcp".to_owned() } else { port.protocol.to_ascii_lowercase() };
            if port.name.is_empty() {
                let service = ObjectRef::new("Service", namespace, name);
                let why = Why::UnnamedPort { service, at, port: format!("{}/{}", port.port, protocol.to_ascii_uppercase()) };
                self.missed.push(Missed { name: format!("_<name>._{protocol}.{full}"), kind: RecordType::Srv, why });
            } else {
                self.ask(&format!("_{}._{protocol}.{full}", port.name), RecordType::Srv);
            }
        }
        let spec = &service.spec;
        let addresses = spec.cluster_ips.iter().chain([&spec.cluster_ip]).filter(|address| !service.is_headless() && !address.is_empty());
        addresses.for_each(|address| self.pointer(address));
        let endpoints: Vec<EndpointName<'a>> = self.servers.endpoints(service);
        let is_one = |endpoint: &EndpointName<'_>| {
            pods.is_none_or(|pods| endpoint.pod.is_some_and(|name| pods.iter().any(|pod| pod.metadata.key() == (namespace, name))))
        };
        for endpoint in endpoints.iter().filter(|endpoint| is_one(endpoint) && (service.is_headless() || endpoint.is_named)) {
            self.addresses(&self.full(&[&endpoint.label, name, namespace, "svc"]));
            self.pointer(endpoint.address);
        }
        if service.is_headless() {
            missed::below_another_service(self, service, &endpoints, pods);
        }
    }

    /// Names of a pod's own addresses.
    fn of_pod(&mut self, pod: &Pod) {
        let more = pod.status.pod_ips.iter().map(|more| more.ip.as_str());
        for address in std::iter::once(pod.status.pod_ip.as_str()).chain(more).filter(|address| !address.is_empty()) {
            let dashed = address.replace(['.', ':'], "-");
            let kind = if address.contains(':') { RecordType::Aaaa } else { RecordType::A };
            self.ask(&self.full(&[&dashed, &pod.metadata.namespace, "pod"]), kind);
        }
    }

    /// What was said, as the report has it.
    fn answer(self, subject: &Subject, servers: &Servers<'_>) -> DnsRecords {
        let mut answer = DnsRecords { subject: subject.object.clone(), domain: self.domain, ..DnsRecords::default() };
        let has_other = |name: &str, kind: RecordType| {
            let other = match kind {
                RecordType::A => RecordType::Aaaa,
                RecordType::Aaaa => RecordType::A,
                _ => return false,
            };
            let said = self.said.get(&(name.to_owned(), other));
            // Of both families the first one speaks for what neither has.
            kind == RecordType::Aaaa && said.is_some_and(|said| !has_answers(said)) || said.is_some_and(has_answers)
        };
        for ((name, kind), said) in &self.said {
            let miss = |because: String| DnsMiss { name: name.clone(), kind: kind.name(), because };
            match said {
                Expected::Says { response, because } if !response.answers.is_empty() => {
                    let values = response.answers.iter().map(|record| match &record.data {
                        Data::Cname(target) if *kind != RecordType::Cname => format!("CNAME {target}"),
                        data => data.to_string(),
                    });
                    answer.records.push(DnsRecord {
                        name: name.clone(),
                        kind: kind.name(),
                        values: values.collect(),
                        because: because.to_string(),
                    });
                }
                // What is not there in one family alone is not missed, nor is the name of an address that others are asked for.
                _ if has_other(name, *kind) => {}
                Expected::Unknown(Reason::Upstream(_)) if *kind == RecordType::Ptr => {}
                Expected::Says { because, .. } => answer.missing.push(miss(because.to_string())),
                Expected::Unknown(reason) => answer.unknown.push(miss(reason.to_string())),
            }
        }
        let missed = self.missed.iter().map(|missed| DnsMiss {
            name: missed.name.clone(),
            kind: missed.kind.name(),
            because: missed.why.to_string(),
        });
        answer.missing.extend(missed);
        answer.records.sort_by_cached_key(|record| (place(&record.name), record.kind));
        answer.missing.sort_by_cached_key(|miss| (place(&miss.name), miss.kind));
        answer.missing.dedup();
        answer.unknown.sort_by_cached_key(|miss| (place(&miss.name), miss.kind));
        if let Basis::Usual(why) = servers.basis() {
            answer.assumed.push(format!("the Corefile is the usual one: {why}"));
        }
        answer
    }
}

/// Where a name stands in a list: behind the one that it is below, and names of addresses at the end.
fn place(name: &str) -> (bool, Vec<String>) {
    (name.ends_with(".arpa"), name.rsplit('.').map(str::to_owned).collect())
}

fn has_answers(said: &Expected) -> bool {
    matches!(said, Expected::Says { response, .. } if !response.answers.is_empty())
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnnamedPort { port, .. } => write!(f, "port {port} has no name"),
            Self::OtherService { pod, subdomain, .. } => {
                write!(f, "Pod {} has its name below Service {subdomain}: that is its spec.subdomain", pod.name)
            }
            Self::NoSubdomain { pod, .. } => write!(f, "Pod {} has no spec.subdomain", pod.name),
            Self::NoSuchService { object, field, subdomain, because } => {
                write!(f, "{field} of {} {} is {subdomain}, but {because}", object.kind, object.name)
            }
        }
    }
}
