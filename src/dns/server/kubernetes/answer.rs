//! Answers to questions of each type, made of what a name leads to.

use std::net::IpAddr;

use super::Kubernetes;
use super::find::{AddressName, Entry, Found, Host, Miss, address_of, in_zone};
use crate::dns::name::{is_within, longest_zone};
use crate::dns::record::{Data, Rcode, Record, RecordType, Response};
use crate::dns::server::expected::{Because, Expected, Object, Reason};
use crate::dns::server::index::Index;
use crate::objects::{Resource, Truth};

/// The version of the rules of cluster names that CoreDNS follows.
const VERSION: &str = "1.1.0";
/// Longest chain of names in which CoreDNS goes on.
const CHAIN: usize = 11;

/// The records of an answer, and why.
type Records = Result<(Vec<Record>, Because), Miss>;

impl Kubernetes {
    /// What it says; none if the next plugin is asked. `ask` asks the whole server.
    pub(in super::super) fn answer(
        &self,
        index: &Index<'_>,
        name: &str,
        kind: RecordType,
        ask: &dyn Fn(&str, RecordType) -> Expected,
    ) -> Option<Expected> {
        let zone = longest_zone(name, &self.zones)?;
        let asked = Asked { plugin: self, index, zone, ask };
        let records = match kind {
            RecordType::A | RecordType::Aaaa => asked.addresses(name, kind, &[]),
            RecordType::Cname => asked.another_name(name),
            RecordType::Ptr => asked.pointers(name),
            RecordType::Srv => asked.ports(name),
            RecordType::Txt => asked.text(name),
        };
        let says = |rcode, answers, because| Expected::Says { response: Response { rcode, answers }, because };
        match records {
            Ok((mut answers, because)) => {
                answers.sort();
                Some(says(Rcode::NoError, answers, because))
            }
            Err(Miss::Unknown(reason)) => Some(Expected::Unknown(reason)),
            Err(Miss::NoName(_)) if longest_zone(name, &self.fallthrough).is_some() => None,
            Err(Miss::NoName(because)) => Some(says(Rcode::NxDomain, Vec::new(), because)),
        }
    }
}

/// A question in one of the plugin's zones.
struct Asked<'q, 'a> {
    plugin: &'q Kubernetes,
    index: &'q Index<'a>,
    zone: &'q str,
    ask: &'q dyn Fn(&str, RecordType) -> Expected,
}

impl Asked<'_, '_> {
    fn find(&self, name: &str) -> Found {
        self.plugin.find(self.index, name, self.zone)
    }

    /// The name of the server itself exists in every zone.
    fn is_own_name(&self, name: &str) -> bool {
        !self.zone.is_empty() && name.strip_prefix("ns.dns.").is_some_and(|rest| format!("{rest}.").starts_with(&format!("{}.", self.zone)))
    }

    /// Addresses, behind the names that lead to them.
    fn addresses(&self, name: &str, kind: RecordType, before: &[String]) -> Records {
        if self.is_own_name(name) {
            return Err(Reason::OwnAddress.into());
        }
        let (entries, because) = self.find(name)?;
        let mut records: Vec<Record> = Vec::new();
        for entry in entries {
            match entry.host {
                Host::Address(address) => {
                    let record = record_of(name, address);
                    if record.data.kind() == kind && !records.contains(&record) {
                        records.push(record);
                    }
                }
                Host::Name(target) => records.extend(self.behind(name, target, kind, before)?),
            }
        }
        Ok((records, because))
    }

    /// A name that stands for another one, and the addresses behind that.
    fn behind(&self, name: &str, target: String, kind: RecordType, before: &[String]) -> Result<Vec<Record>, Miss> {
        if is_within(&target, name) || before.len() >= CHAIN || before.contains(&target) {
            return Ok(Vec::new());
        }
        let inside = is_within(&target, self.zone);
        let behind = if inside {
            match self.addresses(&target, kind, &[before, std::slice::from_ref(&target)].concat()) {
                Ok((records, _)) => records,
                Err(Miss::NoName(_)) => Vec::new(),
                Err(unknown @ Miss::Unknown(_)) => return Err(unknown),
            }
        } else {
            match (self.ask)(&target, kind) {
                Expected::Says { response, .. } => response.answers,
                Expected::Unknown(reason) => return Err(reason.into()),
            }
        };
        if inside && behind.is_empty() {
            return Ok(behind);
        }
        let mut records = vec![Record { name: name.to_owned(), data: Data::Cname(target) }];
        records.extend(behind);
        Ok(records)
    }

    fn another_name(&self, name: &str) -> Records {
        if self.is_own_name(name) {
            return Ok((Vec::new(), Because::Above));
        }
        let (entries, because) = self.find(name)?;
        let target = entries.into_iter().next().and_then(|entry| match entry.host {
            Host::Name(target) => Some(Record { name: name.to_owned(), data: Data::Cname(target) }),
            Host::Address(_) => None,
        });
        Ok((target.into_iter().collect(), because))
    }

    /// Where ports are served; names that stand for others have none.
    fn ports(&self, name: &str) -> Records {
        if self.is_own_name(name) {
            return Ok((Vec::new(), Because::Above));
        }
        let (mut entries, because) = self.find(name)?;
        entries.retain(|entry| matches!(entry.host, Host::Address(_)));
        // The whole is shared out evenly, also to what has no port and what is there twice.
        let weight = weight(entries.len());
        let mut records: Vec<Record> = Vec::new();
        for Entry { port, owner, .. } in entries {
            let Some(port) = port else { continue };
            let record = Record { name: name.to_owned(), data: Data::Srv { priority: 0, weight, port, target: owner } };
            if !records.contains(&record) {
                records.push(record);
            }
        }
        Ok((records, because))
    }

    /// The version; of other names only that they exist, if they lead to something.
    fn text(&self, name: &str) -> Records {
        if name == in_zone(&["dns-version"], self.zone) {
            return Ok((vec![Record { name: name.to_owned(), data: Data::Txt(VERSION.to_owned()) }], Because::Version));
        }
        let (entries, because) = self.find(name)?;
        if entries.is_empty() { Err(Miss::NoName(because)) } else { Ok((Vec::new(), because)) }
    }

    /// The name of an address: that of the one Service, or of all endpoints that have it.
    fn pointers(&self, name: &str) -> Records {
        let AddressName::Whole(address) = address_of(name) else {
            return self.find(name).map(|(_, because)| (Vec::new(), because));
        };
        let zone = self.plugin.primary_zone().unwrap_or_default();
        let pointer = |target: String| Record { name: name.to_owned(), data: Data::Ptr(target) };
        let hidden = |namespace: &str| !self.plugin.namespaces.is_empty() && self.plugin.exposes(self.index, namespace) != Truth::Yes;
        for service in self.index.services_at(&address) {
            let (namespace, service_name) = service.metadata.key();
            if self.plugin.takes(&service.metadata) && !hidden(namespace) {
                let because = Because::Service(Object::new(namespace, service_name));
                return sendable(vec![pointer(in_zone(&[service_name, namespace, "svc"], zone))], because, zone);
            }
        }
        self.index.all(Resource::Services)?;
        let mut records: Vec<Record> = Vec::new();
        let mut because = Because::NoAddress(address.clone());
        if !self.plugin.no_endpoints {
            self.index.all(Resource::EndpointSlices)?;
            for (slice, endpoint) in self.index.endpoints_at(&address) {
                let (namespace, service) = (slice.metadata.namespace.as_str(), slice.service_name().unwrap_or_default());
                if !self.plugin.takes(&slice.metadata) || hidden(namespace) {
                    continue;
                }
                let hostname = self.plugin.hostname(endpoint, &address);
                let record = pointer(in_zone(&[&hostname, service, namespace, "svc"], zone));
                because = Because::Endpoints(Object::new(namespace, service));
                if !records.contains(&record) {
                    records.push(record);
                }
            }
        }
        if records.is_empty() { Err(Miss::NoName(because)) } else { sendable(records, because, zone) }
    }
}

/// With a name of no characters in it, CoreDNS cannot write the answer down and sends none: below the root, or of a slice without a Service.
fn sendable(records: Vec<Record>, because: Because, zone: &str) -> Records {
    let broken = |record: &Record| matches!(&record.data, Data::Ptr(name) if name.contains(".."));
    if zone.is_empty() || records.iter().any(broken) { Err(Reason::Silence.into()) } else { Ok((records, because)) }
}

/// The record of an address.
pub(in super::super) fn record_of(name: &str, address: IpAddr) -> Record {
    let data = match address {
        IpAddr::V4(address) => Data::A(address),
        IpAddr::V6(address) => Data::Aaaa(address),
    };
    Record { name: name.to_owned(), data }
}

/// Each one's share of a hundred, at least one, in the arithmetic of CoreDNS.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "at most a hundred")]
fn weight(entries: usize) -> u16 {
    let share = 100.0 / (100.0 * entries.max(1) as f64) * 100.0;
    (share.floor() as u16).max(1)
}
