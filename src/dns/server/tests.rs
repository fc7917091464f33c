//! Rules of cluster names, one table each; a real CoreDNS holds them all in `tests/live_cluster/dns`.

use super::*;
use crate::inventory::{Collected, Coverage};
use crate::objects::{Objects, Resource};

const NAMESPACES: &str = "[{metadata: {name: shop}}, {metadata: {name: empty}}, {metadata: {name: kube-system}}]";

const SERVICES: &str = "
- {metadata: {namespace: shop, name: web}, spec: {clusterIP: 10.96.0.5, clusterIPs: [10.96.0.5, 'fd00::5'], ports: [{name: http, port: 80, protocol: TCP}]}}
- {metadata: {namespace: shop, name: plain}, spec: {clusterIP: 10.96.0.6, clusterIPs: [10.96.0.6], ports: [{port: 80, protocol: TCP}]}}
- {metadata: {namespace: shop, name: db}, spec: {clusterIP: None, clusterIPs: [None], ports: [{name: sql, port: 5432, protocol: TCP}]}}
- {metadata: {namespace: shop, name: idle}, spec: {clusterIP: None, clusterIPs: [None], ports: [{name: sql, port: 5432}]}}
- {metadata: {namespace: shop, name: out}, spec: {type: ExternalName, externalName: api.example.com}}
- {metadata: {namespace: shop, name: alias}, spec: {type: ExternalName, externalName: web.shop.svc.cluster.local}}
- {metadata: {namespace: shop, name: ip}, spec: {type: ExternalName, externalName: 192.0.2.7}}
";

const SLICES: &str = "
- metadata: {namespace: shop, name: db-1, labels: {kubernetes.io/service-name: db}}
  ports: [{name: sql, port: 5432, protocol: TCP}]
  endpoints:
    - {addresses: [10.0.0.1], hostname: db-0, conditions: {ready: true}, targetRef: {kind: Pod, name: db-0}}
    - {addresses: [10.0.0.2], targetRef: {kind: Pod, name: db-1}}
    - {addresses: [10.0.0.3], hostname: db-2, conditions: {ready: false}}
- metadata: {namespace: shop, name: idle-1, labels: {kubernetes.io/service-name: idle}}
  ports: [{name: sql, port: 5432, protocol: TCP}]
  endpoints: [{addresses: [10.0.0.9], conditions: {ready: false}}]
";

const PODS: &str = "[{metadata: {namespace: shop, name: db-0}, status: {phase: Running, podIP: 10.0.0.1}}]";

const USUAL: &str = ".:53 {
 errors
 kubernetes cluster.local in-addr.arpa ip6.arpa {
  pods insecure
  fallthrough in-addr.arpa ip6.arpa
 }
 forward . 192.0.2.1
 cache
}";

/// All kinds that names come from.
const KINDS: [Resource; 5] = [Resource::Namespaces, Resource::Services, Resource::EndpointSlices, Resource::Pods, Resource::ConfigMaps];

fn inventory(corefile: &str, coverage: Coverage) -> Inventory {
    let map = serde_json::json!({"metadata": {"namespace": "kube-system", "name": "coredns"}, "data": {"Corefile": corefile}});
    let config_maps = vec![crate::objects::Keyed::config_map(map).unwrap()];
    let objects = Objects {
        namespaces: serde_saphyr::from_str(NAMESPACES).unwrap(),
        services: serde_saphyr::from_str(SERVICES).unwrap(),
        endpoint_slices: serde_saphyr::from_str(SLICES).unwrap(),
        pods: serde_saphyr::from_str(PODS).unwrap(),
        config_maps: if corefile.is_empty() { Vec::new() } else { config_maps },
        ..Objects::default()
    };
    Inventory::build(Collected { objects, coverage, ..Collected::default() })
}

/// `RCODE values (why)`, or `unknown (why)`.
fn told(servers: &Servers<'_>, name: &str, kind: RecordType) -> String {
    match servers.expected(name, kind) {
        Expected::Unknown(reason) => format!("unknown ({reason})"),
        Expected::Says { response, because } => {
            let values: Vec<String> = response.answers.iter().map(|record| record.data.to_string()).collect();
            let values = if values.is_empty() { String::new() } else { format!(" {}", values.join(", ")) };
            format!("{}{values} ({because})", response.rcode.name())
        }
    }
}

fn holds(corefile: &str, table: &[(&str, RecordType, &str)]) {
    let inventory = inventory(corefile, Coverage::complete(&KINDS));
    let servers = Servers::of(&inventory);
    for (name, kind, wanted) in table {
        assert_eq!(told(&servers, name, *kind), *wanted, "{name} {}", kind.name());
    }
}

use RecordType::{A, Aaaa, Cname, Ptr, Srv, Txt};

#[test]
fn services_have_the_names_of_the_specification() {
    holds(
        USUAL,
        &[
            ("web.shop.svc.cluster.local", A, "NOERROR 10.96.0.5 (Service shop/web)"),
            ("WEB.shop.svc.Cluster.local.", Aaaa, "NOERROR fd00::5 (Service shop/web)"),
            ("plain.shop.svc.cluster.local", Aaaa, "NOERROR (Service shop/plain)"),
            ("web.shop.svc.cluster.local", Srv, "NOERROR 0 50 80 web.shop.svc.cluster.local (Service shop/web)"),
            ("_http._tcp.web.shop.svc.cluster.local", Srv, "NOERROR 0 50 80 web.shop.svc.cluster.local (Service shop/web)"),
            ("_http._udp.web.shop.svc.cluster.local", Srv, "NXDOMAIN (Service shop/web has no port http/UDP)"),
            ("_http._tcp.plain.shop.svc.cluster.local", Srv, "NXDOMAIN (Service shop/plain has no port http/TCP)"),
            ("db-0.web.shop.svc.cluster.local", A, "NXDOMAIN (Service shop/web has no ready endpoint)"),
            ("5.0.96.10.in-addr.arpa", Ptr, "NOERROR web.shop.svc.cluster.local (Service shop/web)"),
            ("nosuch.shop.svc.cluster.local", A, "NXDOMAIN (there is no Service shop/nosuch)"),
            ("web.nosuch.svc.cluster.local", A, "NXDOMAIN (there is no namespace nosuch)"),
            ("web.shop.svc.cluster.local", Txt, "NOERROR (Service shop/web)"),
            ("web.shop.svc.cluster.local", Cname, "NOERROR (Service shop/web)"),
        ],
    );
}

#[test]
fn headless_services_have_the_names_of_their_ready_endpoints() {
    holds(
        USUAL,
        &[
            ("db.shop.svc.cluster.local", A, "NOERROR 10.0.0.1, 10.0.0.2 (EndpointSlices of Service shop/db)"),
            ("db-0.db.shop.svc.cluster.local", A, "NOERROR 10.0.0.1 (EndpointSlices of Service shop/db)"),
            ("db-1.db.shop.svc.cluster.local", A, "NXDOMAIN (Service shop/db has no ready endpoint db-1)"),
            ("10-0-0-2.db.shop.svc.cluster.local", A, "NOERROR 10.0.0.2 (EndpointSlices of Service shop/db)"),
            ("db-2.db.shop.svc.cluster.local", A, "NXDOMAIN (Service shop/db has no ready endpoint db-2)"),
            ("idle.shop.svc.cluster.local", A, "NXDOMAIN (Service shop/idle has no ready endpoint)"),
            (
                "_sql._tcp.db.shop.svc.cluster.local",
                Srv,
                "NOERROR 0 50 5432 10-0-0-2.db.shop.svc.cluster.local, 0 50 5432 db-0.db.shop.svc.cluster.local (EndpointSlices of Service shop/db)",
            ),
            ("1.0.0.10.in-addr.arpa", Ptr, "NOERROR db-0.db.shop.svc.cluster.local (EndpointSlices of Service shop/db)"),
            ("3.0.0.10.in-addr.arpa", Ptr, "unknown (upstream server 192.0.2.1 decides)"),
        ],
    );
}

#[test]
fn external_names_lead_somewhere_else() {
    holds(
        USUAL,
        &[
            ("out.shop.svc.cluster.local", A, "unknown (upstream server 192.0.2.1 decides)"),
            ("out.shop.svc.cluster.local", Cname, "NOERROR api.example.com (Service shop/out)"),
            ("out.shop.svc.cluster.local", Srv, "NOERROR (Service shop/out)"),
            ("alias.shop.svc.cluster.local", A, "NOERROR web.shop.svc.cluster.local, 10.96.0.5 (Service shop/alias)"),
            ("ip.shop.svc.cluster.local", A, "NXDOMAIN (Service shop/ip stands for 192.0.2.7, an address instead of a name)"),
            ("api.example.com", A, "unknown (upstream server 192.0.2.1 decides)"),
        ],
    );
}

#[test]
fn names_above_others_exist_and_have_nothing() {
    let above = "NOERROR (there are only names below it)";
    holds(
        USUAL,
        &[
            ("cluster.local", A, above),
            ("svc.cluster.local", A, above),
            ("shop.svc.cluster.local", A, above),
            ("empty.pod.cluster.local", A, above),
            ("cluster.local", Txt, "NXDOMAIN (there are only names below it)"),
            ("dns-version.cluster.local", Txt, "NOERROR 1.1.0 (version of the rules of cluster names)"),
            ("nosuch.svc.cluster.local", A, "NXDOMAIN (there is no namespace nosuch)"),
            ("shop.cluster.local", A, "NXDOMAIN (no Service or pod has a name of this form)"),
            ("a.b.c.web.shop.svc.cluster.local", A, "NXDOMAIN (no Service or pod has a name of this form)"),
            ("ns.dns.cluster.local", A, "unknown (the server answers with its own address)"),
        ],
    );
}

#[test]
fn names_of_pods_are_as_the_corefile_says() {
    let corefile = |mode: &str| USUAL.replace("pods insecure", mode);
    let (name, other) = ("10-0-0-1.shop.pod.cluster.local", "10-0-0-7.shop.pod.cluster.local");
    let any = "(\"pods insecure\": any address is taken for a pod)";
    holds(USUAL, &[(name, A, &format!("NOERROR 10.0.0.1 {any}")), (other, A, &format!("NOERROR 10.0.0.7 {any}"))]);
    holds(
        USUAL,
        &[
            ("x.shop.pod.cluster.local", A, "NXDOMAIN (x is no address)"),
            ("--1.shop.pod.cluster.local", Aaaa, &format!("NOERROR ::1 {any}")),
        ],
    );
    let nobody = "NXDOMAIN (no pod of the namespace has address 10.0.0.7)";
    holds(&corefile("pods verified"), &[(name, A, "NOERROR 10.0.0.1 (Pod shop/db-0)"), (other, A, nobody)]);
    holds(&corefile("pods disabled"), &[(name, A, "NXDOMAIN (\"pods disabled\": pods have no names)")]);
}

#[test]
fn the_block_of_the_longest_zone_answers_with_the_plugins_that_it_has() {
    let corefile =
        "a.example {\n log\n}\nb.example {\n health\n}\ntls://c.example {\n forward . 192.0.2.2\n}\n. {\n log\n acl {\n  block\n }\n}";
    for (text, table) in [
        (
            corefile,
            vec![
                ("x.a.example", A, "SERVFAIL (no plugin of the server block answers it)"),
                ("b.example", A, "REFUSED (no server block of the Corefile is about it)"),
                ("c.example", A, "unknown (cannot predict: plugin acl)"),
            ],
        ),
        ("a.example {\n whoami\n}", vec![("b.example", A, "REFUSED (no server block of the Corefile is about it)")]),
        (". {\n import x/*.override\n}", vec![("a", A, "unknown (the Corefile imports x/*.override, which could not be read)")]),
        (". {", vec![("a", A, "unknown (the Corefile cannot be used: Corefile:1: a \"}\" is missing)")]),
        (
            ". {\n kubernetes a {\n  pod insecure\n }\n}",
            vec![("a", A, "unknown (the Corefile cannot be used: Corefile:2: plugin kubernetes: pod)")],
        ),
    ] {
        holds(text, &table);
    }
}

#[test]
fn what_could_not_be_read_leads_to_unknown() {
    let without = |missing: Resource| KINDS.into_iter().filter(|kind| *kind != missing).collect::<Vec<_>>();
    for (missing, name, kind, wanted) in [
        (Resource::Services, "web.shop.svc.cluster.local", A, "NOERROR 10.96.0.5 (Service shop/web)"),
        (Resource::Services, "nosuch.shop.svc.cluster.local", A, "unknown (services of namespace shop could not be read)"),
        (
            Resource::EndpointSlices,
            "db.shop.svc.cluster.local",
            A,
            "unknown (endpointslices.discovery.k8s.io of namespace shop could not be read)",
        ),
        (Resource::EndpointSlices, "web.shop.svc.cluster.local", A, "NOERROR 10.96.0.5 (Service shop/web)"),
        (Resource::Namespaces, "other.svc.cluster.local", A, "unknown (namespaces could not be read)"),
        (Resource::Namespaces, "web.other.svc.cluster.local", A, "NXDOMAIN (there is no Service other/web)"),
    ] {
        let inventory = inventory(USUAL, Coverage::complete(&without(missing)));
        assert_eq!(told(&Servers::of(&inventory), name, kind), wanted, "{name} without {}", missing.plural());
    }
}

#[test]
fn without_a_corefile_only_what_differs_between_clusters_is_unknown() {
    let inventory = inventory("", Coverage::complete(&KINDS[..4]));
    let servers = Servers::of(&inventory);
    assert_eq!(*servers.basis(), Basis::Usual(NoCorefile::Unreadable));
    for (name, wanted) in [
        ("web.shop.svc.cluster.local", "NOERROR 10.96.0.5 (Service shop/web)"),
        ("10-0-0-1.shop.pod.cluster.local", "unknown (whether pods have names depends on the Corefile)"),
        ("example.com", "unknown (upstream server /etc/resolv.conf decides)"),
    ] {
        assert_eq!(told(&servers, name, A), wanted, "{name}");
    }
}
