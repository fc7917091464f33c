//! Rules 2, 12, 14, 24, 31 and 36 to 39 where they are about whole answers: manifests, Services, DNS, the API server.

use netstore::inventory::{Inventory, Origin};
use netstore::objects::Resource;
use netstore::policy::question::{MatrixScope, Resolved};
use netstore::policy::{Cni, Model, questions};
use netstore::report::policy::{ReachableFrom, ResolvedBy, WhoCanReach};
use netstore::report::{Peer, PortRange, Verdict};
use netstore::source::Collected;
use netstore::source::manifests::{self, Input, Options};

use super::both::Cluster;
use super::naive::World;
use super::{holds, into_a, out_of_a, pod, xyz_with};

/// What `-f -` makes of a text.
fn manifests(text: &str, options: &Options) -> Collected {
    manifests::read(&[Input::Stdin(text.as_bytes().to_vec())], options).expect("something in it can be read")
}

/// What was read, for both opinions.
fn cluster(collected: &Collected) -> Cluster {
    Cluster::partly_read(Origin::Manifests, collected.objects.clone(), collected.coverage.clone())
}

const POD_AND_DENY: &str = "
apiVersion: v1
kind: Pod
metadata: {name: a}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: other}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny}
spec: {podSelector: {}}
";

#[test]
fn rule_02_a_file_without_namespace_is_about_default_or_the_one_given() {
    let read = manifests(POD_AND_DENY, &Options::default());
    holds(&cluster(&read), "other/b -> default/a 80 deny\n default/a -> other/b 80 allow");
    let read = manifests(POD_AND_DENY, &Options { default_namespace: "other".to_owned(), ..Options::default() });
    holds(&cluster(&read), "other/b -> other/a 80 deny\n other/a -> other/b 80 deny");
}

#[test]
fn rule_12_a_namespace_missing_from_manifests_still_has_its_name() {
    let policy = "
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: by-name, namespace: default}
spec: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: other}}}]}]}
";
    let read = manifests(&(POD_AND_DENY.to_owned() + policy), &Options::default());
    assert!(read.objects.namespaces.is_empty());
    holds(&cluster(&read), "other/b -> default/a 80 allow");
    assert!(read.coverage.is_complete(Resource::Namespaces, None));
}

#[test]
fn rule_14_lists_and_streams_are_read_and_leftovers_are_counted() {
    let text = "
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Pod, metadata: {name: a}}
- {apiVersion: v1, kind: Pod, metadata: {name: b}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicyList
items:
- metadata: {name: deny}
  spec: {podSelector: {}, policyTypes: [Ingress]}
---
---
{{- if .Values.monitoring }}
kind: {{ .Values.kind }}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec: {template: {metadata: {labels: {app: d}}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: misspelt}
spec: {podSelector: {}, ingress: [{from: [{podSelecter: {}}]}]}
";
    let read = manifests(text, &Options::default());
    let count = |found: usize, of: &str| assert_eq!(found, if of == "policies" { 2 } else { 1 }, "{of}");
    count(read.objects.network_policies.len(), "policies");
    count(read.objects.workloads.len(), "workloads");
    assert!(read.findings.len() >= 2, "the template and the misspelt field: {:?}", read.findings);
    // The misspelt peer is not match-all: without the field it is empty, and Kubernetes refuses it.
    holds(&cluster(&read), "default/a -> default/b 80 deny");
}

fn label(namespace: &str, name: &str) -> Resolved {
    Resolved::Service { namespace: namespace.to_owned(), name: name.to_owned() }
}

fn who(cluster: &Cluster, target: &Resolved) -> WhoCanReach {
    questions::who_can_reach(&Model::compile(&cluster.inventory, Cni::Upstream), target, None).0
}

/// What x/a reaches.
fn from_a(World { objects, coverage, .. }: World) -> ReachableFrom {
    let inventory = Inventory::build(Collected { objects, coverage, ..Collected::default() });
    let label = Peer { kind: "Pod".to_owned(), namespace: "x".to_owned(), name: "a".to_owned(), ..Peer::default() };
    let source = Resolved::Pods { label, pods: vec![inventory.pod("x", "a").expect("a pod")] };
    questions::reachable_from(&Model::compile(&inventory, Cni::Upstream), &source).0
}

fn service(namespace: &str, name: &str, spec: &str) -> String {
    format!("\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{{spec}}}\n")
}

fn slice(service: &str, fields: &str) -> String {
    format!(
        "\n---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: {service}-1, namespace: y, \
         labels: {{kubernetes.io/service-name: {service}}}}}\naddressType: IPv4\n{fields}\n"
    )
}

/// The verdict on a pod among the sources or destinations.
fn on<'a>(mut rows: impl Iterator<Item = (&'a Peer, Verdict, &'a [PortRange])>, namespace: &str, name: &str) -> Option<(Verdict, String)> {
    let row = rows.find(|(peer, ..)| peer.kind == "Pod" && peer.namespace == namespace && peer.name == name)?;
    Some((row.1, row.2.iter().map(|p| format!("{}/{}", p.ports, p.protocol)).collect::<Vec<_>>().join(" ")))
}

#[test]
fn rule_37_a_service_leads_to_the_target_port_of_each_of_its_pods() {
    let running = |ip: &str| format!("phase: Running, podIP: {ip}, conditions: [{{type: Ready, status: 'True'}}]");
    let objects = [
        pod("y", "one", "containers: [{name: c, ports: [{name: web, containerPort: 8080}]}]", &running("10.0.2.11"))
            .replace("pod: one", "app: web"),
        pod("y", "two", "containers: [{name: c, ports: [{name: web, containerPort: 9090}]}]", &running("10.0.2.12"))
            .replace("pod: two", "app: web"),
        service("y", "web", "clusterIP: 10.96.0.20, selector: {app: web}, ports: [{port: 443, targetPort: web}]"),
        super::xyz::policy("y", "only", "{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 8080}]}]}"),
    ];
    let answer = who(&xyz_with(&objects), &label("y", "web"));
    let chain = answer.service.as_ref().expect("a chain of a Service");
    assert_eq!(chain.resolved_by, ResolvedBy::Selector);
    assert_eq!(chain.total, 2);
    let rows = answer.sources.iter().map(|r| (&r.peer, r.verdict, r.ports.as_slice()));
    // Behind port 443 are 8080 on one pod and 9090 on the other; the policy opens the first.
    assert_eq!(on(rows, "x", "a"), Some((Verdict::Allow, "8080/TCP".to_owned())));
}

#[test]
fn rule_37_endpoint_slices_come_before_the_selector_and_may_be_all_there_is() {
    let by_hand = "ports: [{name: '', port: 8080}]\nendpoints: [{addresses: [10.0.2.1], conditions: {ready: true}}]";
    let objects = [
        service("y", "manual", "clusterIP: 10.96.0.21, ports: [{port: 80, targetPort: 8080}]"),
        slice("manual", by_hand),
        super::xyz::policy("y", "only-z", "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {ns: z}}}]}]}"),
    ];
    let answer = who(&xyz_with(&objects), &label("y", "manual"));
    let chain = answer.service.as_ref().expect("a chain of a Service");
    assert_eq!((chain.resolved_by, chain.total, chain.ready), (ResolvedBy::EndpointSlices, 1, 1));
    let rows = || answer.sources.iter().map(|r| (&r.peer, r.verdict, r.ports.as_slice()));
    assert_eq!(on(rows(), "z", "a"), Some((Verdict::Allow, "8080/TCP".to_owned())));
    assert_eq!(on(rows(), "x", "a"), None);
}

#[test]
fn rule_37_headless_external_and_empty_services_say_what_they_are() {
    let objects = [
        service("y", "headless", "clusterIP: None, selector: {pod: a}, ports: [{port: 80}]"),
        service("y", "elsewhere", "type: ExternalName, externalName: db.example.com"),
        service("y", "empty", "clusterIP: 10.96.0.22, selector: {pod: nobody}, ports: [{port: 80}]"),
    ];
    let cluster = xyz_with(&objects);
    let chain = |name: &str| who(&cluster, &label("y", name)).service.expect("a chain of a Service");
    assert_eq!((chain("headless").service_type.as_str(), chain("headless").total), ("Headless", 1));
    assert_eq!((chain("elsewhere").service_type.as_str(), chain("elsewhere").resolved_by), ("ExternalName", ResolvedBy::Nothing));
    assert_eq!((chain("empty").total, chain("empty").ready), (0, 0));
}

#[test]
fn rule_38_dns_is_asked_on_the_pods_own_port_over_both_protocols() {
    let dns = pod(
        "kube-system",
        "coredns",
        "nodeName: node-z, containers: [{name: c, ports: [{name: dns, containerPort: 5353, protocol: UDP}, {name: dns-tcp, containerPort: 5353}]}]",
        "phase: Running, podIP: 10.0.3.53, conditions: [{type: Ready, status: 'True'}]",
    );
    let ports = "ports: [{name: dns, port: 53, protocol: UDP, targetPort: dns}, {name: dns-tcp, port: 53, targetPort: dns-tcp}]";
    let service = service("kube-system", "kube-dns", &format!("clusterIP: 10.96.0.10, selector: {{pod: coredns}}, {ports}"));
    let ask = |policy: String| {
        let reach = from_a(xyz_with(&[dns.clone(), service.clone(), policy]).world).dns.expect("DNS is there");
        (reach.port, reach.udp, reach.tcp)
    };
    let five = || "5353".to_owned();
    assert_eq!(ask(out_of_a("{ports: [{port: 53, protocol: UDP}, {port: 53}]}")), (five(), Verdict::Deny, Verdict::Deny));
    assert_eq!(ask(out_of_a("{ports: [{port: 5353, protocol: UDP}]}")), (five(), Verdict::Allow, Verdict::Deny));
    assert_eq!(ask(out_of_a("{ports: [{port: 5353, protocol: UDP}, {port: 5353}]}")), (five(), Verdict::Allow, Verdict::Allow));
    assert_eq!(ask(into_a("")), (five(), Verdict::Allow, Verdict::Allow));
}

#[test]
fn rule_39_the_api_server_is_asked_at_its_endpoints() {
    let api = "\n---\napiVersion: v1\nkind: Service\nmetadata: {name: kubernetes, namespace: default}\n\
               spec: {clusterIP: 10.96.0.1, ports: [{name: https, port: 443, targetPort: 6443}]}\n\
               ---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: kubernetes, namespace: default, \
               labels: {kubernetes.io/service-name: kubernetes}}\naddressType: IPv4\nports: [{name: https, port: 6443}]\n\
               endpoints: [{addresses: [192.168.0.30], conditions: {ready: true}}]\n";
    let ask = |policy: String| {
        let reach = from_a(xyz_with(&[api.to_owned(), policy]).world).api_server.expect("the API server is there");
        assert_eq!(reach.addresses, ["192.168.0.30:6443"]);
        reach.verdict
    };
    assert_eq!(ask(out_of_a("{to: [{namespaceSelector: {}}]}")), Verdict::Deny);
    assert_eq!(ask(out_of_a("{to: [{ipBlock: {cidr: 10.96.0.1/32}}], ports: [{port: 443}]}")), Verdict::Deny);
    assert_eq!(ask(out_of_a("{to: [{ipBlock: {cidr: 192.168.0.0/24}}], ports: [{port: 6443}]}")), Verdict::Allow);
}

/// Two replicas of one workload that differ in a label, and a data base that lets each in on a port of its own.
fn replicas_that_differ() -> Cluster {
    let replica = |name: &str, track: &str, ip: &str| {
        format!(
            "\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: x, labels: {{track: {track}}}, \
             ownerReferences: [{{kind: StatefulSet, name: web, controller: true}}]}}\nspec: {{}}\nstatus: {{phase: Running, podIP: {ip}}}\n"
        )
    };
    let from = |track: &str, port: u16| {
        let pods = format!("podSelector: {{matchLabels: {{track: {track}}}}}");
        format!("{{from: [{{namespaceSelector: {{}}, {pods}}}], ports: [{{port: {port}}}]}}")
    };
    let rules = format!("{}, {}", from("stable", 80), from("canary", 443));
    let policy = super::xyz::policy("y", "data-base", &format!("{{podSelector: {{matchLabels: {{pod: a}}}}, ingress: [{rules}]}}"));
    xyz_with(&[replica("web-0", "stable", "10.0.1.20"), replica("web-1", "canary", "10.0.1.21"), policy])
}

/// «2 of 2 pods may connect on 80 and 443» would be wrong: neither may on both.
#[test]
fn rows_about_a_workload_claim_no_port_for_replicas_that_may_not_use_it() {
    let cluster = replicas_that_differ();
    let table = "x/web-0 -> y/a 80 allow
                 x/web-0 -> y/a 443 deny
                 x/web-1 -> y/a 80 deny
                 x/web-1 -> y/a 443 allow";
    holds(&cluster, table);
    let model = Model::compile(&cluster.inventory, Cni::Upstream);
    let claims_both = |peer: &Peer, verdict: Verdict, ports: &[PortRange]| {
        let whole = peer.pods.is_none_or(|pods| pods.matched == pods.total);
        peer.name == "web" && verdict == Verdict::Allow && whole && !ports.is_empty()
    };
    let (matrix, _) = questions::matrix(&model, &MatrixScope::default());
    let wrong = matrix.connections.iter().find(|c| c.to.name == "a" && c.to.namespace == "y" && claims_both(&c.from, c.verdict, &c.ports));
    assert!(wrong.is_none(), "matrix: {wrong:?}");
    let target = Resolved::Pods {
        label: Peer { kind: "Pod".to_owned(), namespace: "y".to_owned(), name: "a".to_owned(), ..Peer::default() },
        pods: vec![cluster.inventory.pod("y", "a").expect("a pod")],
    };
    let answer = who(&cluster, &target);
    let wrong = answer.sources.iter().find(|r| claims_both(&r.peer, r.verdict, &r.ports));
    assert!(wrong.is_none(), "who-can-reach: {wrong:?}");
}
