//! Which names are listed for what, and which are said to be missing.

use super::*;
use crate::inventory::{Collected, Coverage};
use crate::objects::{Keyed, Objects, Resource};

const SERVICES: &str = "
- {metadata: {namespace: shop, name: web}, spec: {clusterIP: 10.96.0.5, clusterIPs: [10.96.0.5, 'fd00::5'], selector: {app: web}, ports: [{name: http, port: 80, protocol: TCP}]}}
- {metadata: {namespace: shop, name: plain}, spec: {clusterIP: 10.96.0.6, ports: [{port: 80, protocol: TCP}]}}
- {metadata: {namespace: shop, name: db}, spec: {clusterIP: None, selector: {app: db}, ports: [{name: sql, port: 5432, protocol: TCP}]}}
- {metadata: {namespace: shop, name: db-read}, spec: {clusterIP: None, selector: {app: db}}}
- {metadata: {namespace: shop, name: idle}, spec: {clusterIP: None, selector: {app: idle}}}
- {metadata: {namespace: shop, name: out}, spec: {type: ExternalName, externalName: api.example.com}}
- {metadata: {namespace: shop, name: ip}, spec: {type: ExternalName, externalName: 192.0.2.7}}
";

const SLICES: &str = "
- metadata: {namespace: shop, name: db-1, labels: {kubernetes.io/service-name: db}}
  ports: [{name: sql, port: 5432, protocol: TCP}]
  endpoints:
    - {addresses: [10.0.0.1], hostname: db-0, conditions: {ready: true}, targetRef: {kind: Pod, name: db-0}}
    - {addresses: [10.0.0.2], hostname: db-1, conditions: {ready: false}, targetRef: {kind: Pod, name: db-1}}
- metadata: {namespace: shop, name: db-read-1, labels: {kubernetes.io/service-name: db-read}}
  endpoints: [{addresses: [10.0.0.1], conditions: {ready: true}, targetRef: {kind: Pod, name: db-0}}]
- metadata: {namespace: shop, name: idle-1, labels: {kubernetes.io/service-name: idle}}
  endpoints: [{addresses: [10.0.0.9], conditions: {ready: false}}]
";

const PODS: &str = "
- {metadata: {namespace: shop, name: db-0, labels: {app: db}}, spec: {hostname: db-0, subdomain: db}, status: {phase: Running, podIP: 10.0.0.1}}
- {metadata: {namespace: shop, name: db-1, labels: {app: db}}, spec: {hostname: db-1, subdomain: db}, status: {phase: Running, podIP: 10.0.0.2}}
- {metadata: {namespace: shop, name: lonely, labels: {app: gone}}, spec: {hostname: me, subdomain: gone}, status: {phase: Running, podIP: 10.0.0.7}}
";

const KINDS: [Resource; 5] = [Resource::Namespaces, Resource::Services, Resource::EndpointSlices, Resource::Pods, Resource::ConfigMaps];

fn told(kind: &str, name: &str, coverage: &[Resource]) -> (Vec<String>, Vec<String>, Vec<Finding>) {
    let corefile =
        ". {\n kubernetes cluster.local in-addr.arpa {\n  pods verified\n  fallthrough in-addr.arpa\n }\n forward . 192.0.2.1\n}";
    let map = serde_json::json!({"metadata": {"namespace": "kube-system", "name": "coredns"}, "data": {"Corefile": corefile}});
    let objects = Objects {
        namespaces: serde_saphyr::from_str("[{metadata: {name: shop}}]").unwrap(),
        services: serde_saphyr::from_str(SERVICES).unwrap(),
        endpoint_slices: serde_saphyr::from_str(SLICES).unwrap(),
        pods: serde_saphyr::from_str(PODS).unwrap(),
        config_maps: vec![Keyed::config_map(map).unwrap()],
        ..Objects::default()
    };
    let inventory = Inventory::build(Collected { objects, coverage: Coverage::complete(coverage), ..Collected::default() });
    let pods = (kind == "Pod").then(|| vec![inventory.pod("shop", name).unwrap()]);
    let namespace = if kind == "Namespace" { "" } else { "shop" };
    let (answer, findings) = records(&inventory, &Subject { object: ObjectRef::new(kind, namespace, name), pods });
    let short = |name: &str| name.replace(".shop.svc.cluster.local", "").replace(".shop.pod.cluster.local", " (pod)");
    let records = answer.records.iter().map(|record| {
        let values: Vec<String> = record.values.iter().map(|value| short(value)).collect();
        format!("{} {} {}", short(&record.name), record.kind, values.join(", "))
    });
    let misses = answer.missing.iter().chain(&answer.unknown).map(|miss| format!("{} {}: {}", short(&miss.name), miss.kind, miss.because));
    (records.collect(), misses.collect(), findings)
}

/// A question, the records, the misses and the codes of the findings.
type Row = (&'static str, &'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

#[test]
fn names_that_exist_and_names_that_are_missed() {
    let table: [Row; 8] = [
        (
            "Service",
            "web",
            &["web A 10.96.0.5", "web AAAA fd00::5", "_http._tcp.web SRV 0 50 80 web", "5.0.96.10.in-addr.arpa PTR web"],
            &[],
            &[],
        ),
        (
            "Service",
            "plain",
            &["plain A 10.96.0.6", "6.0.96.10.in-addr.arpa PTR plain"],
            &["_<name>._tcp.plain SRV: port 80/TCP has no name"],
            &["DN-R06"],
        ),
        (
            "Service",
            "db",
            &[
                "db A 10.0.0.1",
                "_sql._tcp.db SRV 0 100 5432 db-0.db",
                "db-0.db A 10.0.0.1",
                "1.0.0.10.in-addr.arpa PTR 10-0-0-1.db-read, db-0.db",
            ],
            &["db-1.db A: Service shop/db has no ready endpoint db-1"],
            &[],
        ),
        (
            "Service",
            "db-read",
            &["db-read A 10.0.0.1", "10-0-0-1.db-read A 10.0.0.1", "1.0.0.10.in-addr.arpa PTR 10-0-0-1.db-read, db-0.db"],
            &["db-0.db-read A: Pod db-0 has its name below Service db: that is its spec.subdomain"],
            &["DN-R05"],
        ),
        (
            "Service",
            "idle",
            &[],
            &["idle A: Service shop/idle has no ready endpoint", "10-0-0-9.idle A: Service shop/idle has no ready endpoint"],
            &["DN-R01"],
        ),
        ("Service", "out", &["out CNAME api.example.com"], &[], &[]),
        ("Service", "ip", &[], &["ip CNAME: Service shop/ip stands for 192.0.2.7, an address instead of a name"], &["DN-R02"]),
        (
            "Pod",
            "lonely",
            &["10-0-0-7 (pod) A 10.0.0.7"],
            &["me.gone A: spec.subdomain of Pod lonely is gone, but there is no Service shop/gone"],
            &["DN-R03"],
        ),
    ];
    for (kind, name, records, misses, codes) in table {
        let (there, missed, findings) = told(kind, name, &KINDS);
        assert_eq!((there.as_slice(), missed.as_slice()), (&*owned(records), &*owned(misses)), "{kind} {name}");
        assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), codes, "{kind} {name}");
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn a_pod_has_the_names_that_lead_to_it() {
    let (there, missed, _) = told("Pod", "db-0", &KINDS);
    assert!(there.contains(&"db-0.db A 10.0.0.1".to_owned()) && there.contains(&"10-0-0-1 (pod) A 10.0.0.1".to_owned()), "{there:?}");
    assert!(missed.iter().all(|miss| !miss.starts_with("db-1.db ")), "{missed:?}");
}

#[test]
fn a_namespace_has_the_names_of_all_its_services() {
    let (all, missed, _) = told("Namespace", "shop", &KINDS);
    let of_each: Vec<String> = ["web", "plain", "db", "db-read", "idle", "out", "ip"]
        .into_iter()
        .flat_map(|name| {
            let (there, missed, _) = told("Service", name, &KINDS);
            there.into_iter().chain(missed)
        })
        .collect();
    assert!(of_each.iter().all(|one| all.contains(one) || missed.contains(one)), "{all:?} {missed:?}");
}

#[test]
fn what_was_not_read_is_not_missing() {
    let (there, missed, findings) = told("Service", "idle", &[Resource::Namespaces, Resource::Services, Resource::ConfigMaps]);
    let unread = "endpointslices.discovery.k8s.io of namespace shop could not be read";
    assert_eq!(there, Vec::<String>::new());
    assert!(missed.contains(&format!("idle A: {unread}")) && findings.is_empty(), "{missed:?} {findings:?}");
}
