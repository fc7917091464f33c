//! Pods that ask in odd ways, and Services whose names are not what they seem.

use serde_json::json;

use super::{Scope, Visit};
use crate::dns::cluster::Cluster;
use crate::dns::findings::doctor::{EXTERNAL_ADDRESS, NO_SUCH_SUBDOMAIN};
use crate::dns::findings::pod::{CUT, HOST_NETWORK, LONG_HOSTNAME, LONG_LINE};
use crate::dns::owner::{self, Change};
use crate::dns::resolv::{Entry, Fallback, resolv_conf};
use crate::dns::search::MUSL_LINE;
use crate::inventory::{Inventory, PodInfo};
use crate::objects::{Address, Resource, Service};
use crate::report::{Confidence, Finding, ObjectRef, Severity, quoted};

/// Characters that Linux lets a host name have.
const HOSTNAME: usize = 64;

pub(super) fn look(inventory: &Inventory, scope: &Scope, visit: &mut Visit) {
    let here = scope.pods(inventory);
    let cluster = Cluster::of(inventory);
    let mut seen = std::collections::BTreeSet::new();
    // Pods of a workload are alike in what is looked at.
    let first_of_each = here.iter().filter_map(|at| inventory.pods.get(*at)).filter(|info| seen.insert(info.group));
    let alone = scope.subject.is_some();
    let findings: Vec<Finding> = first_of_each.flat_map(|info| Patient { inventory, cluster: &cluster, info, alone }.findings()).collect();
    let unread = scope.subject.is_none() && !inventory.coverage.is_complete(Resource::Pods, scope.namespace.as_deref());
    if unread && findings.is_empty() {
        visit.could_not_tell("pods", "not all Pods were read");
    } else {
        let count = count(here.len(), "pod");
        let said =
            if findings.is_empty() { format!("nothing odd about the names of {count}") } else { format!("{count}, some unlike others") };
        visit.saw("pods", said, findings);
    }
    if scope.subject.is_none() {
        services(inventory, scope, visit);
    }
}

fn services(inventory: &Inventory, scope: &Scope, visit: &mut Visit) {
    let here = || inventory.objects.services.iter().filter(|service| scope.covers(&service.metadata.namespace));
    let findings: Vec<Finding> =
        here().filter(|s| s.is_external_name() && Address::parse(&s.spec.external_name).is_some()).map(external).collect();
    if findings.is_empty() && !inventory.coverage.is_complete(Resource::Services, scope.namespace.as_deref()) {
        return visit.could_not_tell("services", "not all Services were read");
    }
    visit.saw("services", format!("{}, none with a name that cannot be answered", count(here().count(), "Service")), findings);
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn external(service: &Service) -> Finding {
    let (namespace, name) = (&service.metadata.namespace, &service.metadata.name);
    let subject = ObjectRef::new("Service", namespace, name);
    let address = &service.spec.external_name;
    let patch = json!({"spec": {"type": "ClusterIP", "clusterIP": "None", "externalName": null}}).to_string();
    EXTERNAL_ADDRESS
        .on(subject.clone(), format!("externalName of {namespace}/{name} is the address {address}: the name does not exist"))
        .shown_by(&subject, "spec.externalName", address)
        .remedied_by(
            format!("make it headless, and write an EndpointSlice with {address}"),
            Some(format!("kubectl patch service {} -n {} -p {}", quoted(name), quoted(namespace), quoted(&patch))),
        )
}

/// A pod that is looked at.
struct Patient<'a> {
    inventory: &'a Inventory,
    cluster: &'a Cluster,
    info: &'a PodInfo,
    /// Whether it is what was asked about.
    alone: bool,
}

impl Patient<'_> {
    fn subject(&self) -> ObjectRef {
        ObjectRef::new("Pod", &self.info.pod.metadata.namespace, &self.info.pod.metadata.name)
    }

    fn change(&self, finding: Finding, what: &str, spec: &serde_json::Value) -> Finding {
        let Change { description, command } = owner::change(self.inventory, &self.info.pod, None, what, spec);
        finding.remedied_by(description, command)
    }

    fn findings(&self) -> Vec<Finding> {
        let (subject, spec) = (self.subject(), &self.info.pod.spec);
        let conf = resolv_conf(&self.info.pod, self.cluster, None);
        let mut findings = Vec::new();
        if conf.fallback == Some(Fallback::HostNetwork) {
            let message =
                format!("{} is on the host network with dnsPolicy ClusterFirst, and has the resolv.conf of its node", subject.name);
            let finding = HOST_NETWORK.on(subject.clone(), message).shown_by(&subject, "spec.hostNetwork", "true");
            // The agents of a node mostly need no name of the cluster: who asks about one pod has a reason, who asks about all has none.
            let finding = if self.alone { finding } else { Finding { severity: Severity::Info, ..finding } };
            let spec = json!({"dnsPolicy": "ClusterFirstWithHostNet"});
            findings.push(self.change(
                finding.shown_by(&subject, "spec.dnsPolicy", "ClusterFirst"),
                "set dnsPolicy to ClusterFirstWithHostNet",
                &spec,
            ));
        }
        let searched: Vec<&str> = conf.search.iter().filter_map(Entry::text).collect();
        let line = format!("search {}", searched.join(" "));
        if line.len() >= MUSL_LINE {
            let message = format!("the search line of {} has {} characters: musl (Alpine) ignores it", subject.name, line.len());
            let finding = LONG_LINE.on(subject.clone(), message).shown_by(&subject, "spec.dnsConfig.searches", line);
            findings.push(finding.with_confidence(Confidence::Likely).remedied_by("take domains out of dnsConfig.searches", None));
        }
        findings.extend(self.cut(&conf.cut));
        findings.extend(self.hostname());
        findings.extend(self.subdomain(&spec.subdomain));
        findings
    }

    /// What limits take away, or an event that says so.
    fn cut(&self, cut: &[Entry]) -> Option<Finding> {
        let subject = self.subject();
        let about = |event: &&crate::objects::Event| {
            let of = &event.involved_object;
            event.reason == "DNSConfigForming" && (of.kind.as_str(), &of.namespace, &of.name) == ("Pod", &subject.namespace, &subject.name)
        };
        let event = self.inventory.objects.events.iter().find(about);
        let texts: Vec<&str> = cut.iter().filter_map(Entry::text).collect();
        let message = match event {
            Some(event) => format!("{}: {}", subject.name, event.message),
            None if texts.is_empty() => return None,
            None => format!("the kubelet leaves out of the resolv.conf of {} what is beyond its limits: {}", subject.name, texts.join(" ")),
        };
        let mut finding = CUT.on(subject.clone(), message);
        if let Some(event) = event {
            let event_ref = ObjectRef::new("Event", &event.metadata.namespace, &event.metadata.name);
            finding = finding.shown_by(&event_ref, "message", &event.message);
        }
        if !texts.is_empty() {
            finding = finding.shown_by(&subject, "spec.dnsConfig", texts.join(" "));
        }
        Some(finding.remedied_by("name at most 3 servers and 32 search domains, of 253 characters each and 2048 together", None))
    }

    fn hostname(&self) -> Option<Finding> {
        let (subject, spec) = (self.subject(), &self.info.pod.spec);
        let host = if spec.hostname.is_empty() { &subject.name } else { &spec.hostname };
        let full = format!("{host}.{}.{}.svc.{}", spec.subdomain, subject.namespace, self.cluster.domain.0);
        (spec.set_hostname_as_fqdn && !spec.subdomain.is_empty() && full.len() > HOSTNAME).then(|| {
            let message =
                format!("with setHostnameAsFQDN its name is {full}, of {} characters: with more than {HOSTNAME} no pod starts", full.len());
            let finding = LONG_HOSTNAME.on(subject.clone(), message).shown_by(&subject, "spec.setHostnameAsFQDN", "true");
            self.change(finding, "leave the short name", &json!({"setHostnameAsFQDN": false}))
        })
    }

    /// A subdomain under which nothing has a name.
    fn subdomain(&self, subdomain: &str) -> Option<Finding> {
        let subject = self.subject();
        if subdomain.is_empty() || !self.inventory.coverage.is_complete(Resource::Services, Some(&subject.namespace)) {
            return None;
        }
        let service = self.inventory.service(&subject.namespace, subdomain);
        let why = match service {
            Some(service) if service.is_headless() => return None,
            Some(_) => "has an address of its own",
            None => "does not exist",
        };
        let message = format!("{} has no name under its subdomain: Service {subdomain} {why}", subject.name);
        let command = format!("kubectl get services -n {}", quoted(&subject.namespace));
        Some(
            NO_SUCH_SUBDOMAIN
                .on(subject.clone(), message)
                .shown_by(&subject, "spec.subdomain", subdomain)
                .remedied_by("see which Services there are", Some(command)),
        )
    }
}
