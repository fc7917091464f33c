//! Which names a namespace gives reason to ask for, and what betrays a server's configuration.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::dns::observed::Asked;
use crate::dns::record::RecordType;
use crate::inventory::Inventory;
use crate::objects::{Endpoint, Service};

/// A pod's name that no pod needs to have: `pods insecure` makes it exist.
const ANY_POD: &str = "10-0-0-1.default.pod";

/// All questions about a namespace, or about all of them; and a few whose answers hang on the Corefile alone.
pub fn questions(inventory: &Inventory, domain: &str, namespace: Option<&str>) -> Vec<Asked> {
    let is_meant = |own: &str| namespace.is_none_or(|namespace| namespace == own);
    let mut asked = Questions { domain, all: BTreeSet::new() };
    asked.below("dns-version", RecordType::Txt);
    asked.below(ANY_POD, RecordType::A);
    asked.below("kubernetes.default.svc", RecordType::A);
    for service in inventory.objects.services.iter().filter(|service| is_meant(&service.metadata.namespace)) {
        asked.service(service);
        for (slice, endpoint) in
            inventory.slices_of(service).flat_map(|slice| slice.endpoints.iter().map(move |endpoint| (slice, endpoint)))
        {
            asked.endpoint(service, endpoint, &slice.address_type);
        }
    }
    for info in inventory.pods.iter().filter(|info| !info.template && is_meant(&info.pod.metadata.namespace)) {
        for address in info.pod.status.pod_ips.iter().filter_map(|address| address.ip.parse().ok()) {
            let name = format!("{}.{}.pod", dashed(address), info.pod.metadata.namespace);
            asked.below(&name, family(address));
        }
    }
    asked.all.into_iter().collect()
}

struct Questions<'a> {
    domain: &'a str,
    all: BTreeSet<Asked>,
}

impl Questions<'_> {
    fn below(&mut self, name: &str, kind: RecordType) {
        self.all.insert(Asked::new(&format!("{name}.{}", self.domain), kind));
    }

    fn service(&mut self, service: &Service) {
        let name = name_of(service);
        self.below(&name, RecordType::A);
        self.below(&name, RecordType::Aaaa);
        if service.is_external_name() {
            return self.below(&name, RecordType::Cname);
        }
        for port in service.spec.ports.iter().filter(|port| !port.name.is_empty()) {
            let protocol = if port.protocol.is_empty() { "tcp" } else { &port.protocol };
            self.below(&format!("_{}._{protocol}.{name}", port.name), RecordType::Srv);
        }
        let first = std::iter::once(&service.spec.cluster_ip);
        let addresses = first.chain(&service.spec.cluster_ips).filter_map(|address| address.parse().ok());
        addresses.for_each(|address| self.pointer(address));
    }

    fn endpoint(&mut self, service: &Service, endpoint: &Endpoint, family_of_slice: &str) {
        if family_of_slice == "FQDN" {
            return;
        }
        for address in endpoint.addresses.iter().filter_map(|address| address.parse().ok()) {
            let own = if endpoint.hostname.is_empty() { dashed(address) } else { endpoint.hostname.clone() };
            self.below(&format!("{own}.{}", name_of(service)), family(address));
            self.pointer(address);
        }
    }

    fn pointer(&mut self, address: IpAddr) {
        self.all.insert(Asked { name: reversed(address), kind: RecordType::Ptr });
    }
}

fn name_of(service: &Service) -> String {
    format!("{}.{}.svc", service.metadata.name, service.metadata.namespace)
}

fn family(address: IpAddr) -> RecordType {
    if address.is_ipv4() { RecordType::A } else { RecordType::Aaaa }
}

/// `10-0-0-5`, `fd00--5`.
fn dashed(address: IpAddr) -> String {
    let text = address.to_string().replace(['.', ':'], "-");
    // A label must not end with a dash.
    if text.ends_with('-') { text + "0" } else { text }
}

/// The name that leads back from an address.
pub fn reversed(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(address) => {
            let nibbles = address.octets().into_iter().rev().flat_map(|octet| [octet & 15, octet >> 4]);
            nibbles.map(|nibble| format!("{nibble:x}.")).collect::<String>() + "ip6.arpa"
        }
    }
}
