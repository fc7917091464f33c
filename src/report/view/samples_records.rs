//! Reports on names that exist, for the tests: some written by hand, some of arbitrary text.

use proptest::collection::vec;
use proptest::prelude::*;

use super::arbitrary::text;
use super::samples::report;
use crate::report::dns_records::*;
use crate::report::{Answer, ObjectRef};

fn record(name: &str, kind: &'static str, values: &[&str]) -> DnsRecord {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    DnsRecord { name: format!("{name}.shop.svc.cluster.local"), kind, values, because: "EndpointSlices of Service shop/db".to_owned() }
}

fn miss(name: &str, kind: &'static str, because: &str) -> DnsMiss {
    DnsMiss { name: format!("{name}.shop.svc.cluster.local"), kind, because: because.to_owned() }
}

pub(super) fn all() -> Vec<(&'static str, Answer)> {
    let subject = ObjectRef::new("StatefulSet", "shop", "db");
    let domain = "cluster.local".to_owned();
    let addresses = ["10.244.1.4", "10.244.1.5", "10.244.2.9", "10.244.2.10", "10.244.3.7"];
    let everything = DnsRecords {
        subject: subject.clone(),
        domain: domain.clone(),
        records: vec![
            record("_sql._tcp.db", "SRV", &["0 50 5432 db-0.db.shop.svc.cluster.local", "0 50 5432 db-1.db.shop.svc.cluster.local"]),
            record("db", "A", &addresses),
            record("db-0.db", "A", &["10.244.1.4"]),
        ],
        missing: vec![
            miss("db-0.db-read", "A", "Pod db-0 has its name below Service db: that is its spec.subdomain"),
            miss("db-2.db", "A", "Service shop/db has no ready endpoint db-2"),
        ],
        unknown: vec![miss("10-244-1-4", "A", "whether pods have names depends on the Corefile")],
        assumed: vec!["the Corefile is the usual one: ConfigMaps of kube-system were not read".to_owned()],
        verified: None,
    };
    let nothing = DnsRecords { subject, domain, ..DnsRecords::default() };
    [("dns_records", everything), ("dns_records_none", nothing)]
        .map(|(name, result)| (name, Answer::DnsRecords(report("DnsRecords", result))))
        .into()
}

pub(super) fn answer() -> BoxedStrategy<Answer> {
    let record = (text(), vec(text(), 0..7), text()).prop_map(|(name, values, because)| DnsRecord { name, kind: "SRV", values, because });
    let miss = || vec((text(), text()).prop_map(|(name, because)| DnsMiss { name, kind: "A", because }), 0..4);
    (text(), vec(record, 0..4), miss(), miss(), vec(text(), 0..2))
        .prop_map(|(name, records, missing, unknown, assumed)| {
            let (subject, domain) = (ObjectRef::new("Service", &name, &name), name);
            Answer::DnsRecords(report("DnsRecords", DnsRecords { subject, domain, records, missing, unknown, assumed, verified: None }))
        })
        .boxed()
}
