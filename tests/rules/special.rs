//! Rules 32 to 40: ends that are more, or less, than a pod.

use netstore::inventory::{Collected, Inventory};
use netstore::policy::Cni;
use netstore::policy::profile::{Recognised, recognise};

use super::naive::World;
use super::{holds, into_a, of_x, out_of_a, pod, read, xyz, xyz_with};

const DENY_ALL: &str = "{podSelector: {}, policyTypes: [Ingress, Egress]}";

#[test]
fn rule_32_a_pod_always_reaches_itself() {
    let table = "x/a -> x/a 80 allow
                 x/a -> 10.0.1.1 80/UDP allow
                 10.0.1.1 -> x/a 80 allow
                 x/a -> x/b 80 deny
                 x/a -> 10.0.1.2 80 deny";
    holds(&xyz_with(&[of_x(DENY_ALL)]), table);
}

#[test]
fn rule_33_a_pod_and_its_own_node_always_reach_each_other() {
    let table = "192.168.0.1 -> x/a 80 allow
                 x/a -> 192.168.0.1 10250 allow
                 192.168.0.2 -> x/a 80 deny
                 x/a -> 192.168.0.2 10250 deny";
    holds(&xyz_with(&[of_x(DENY_ALL)]), table);
    let host = |name: &str, node: &str, ip: &str| {
        let spec = format!("hostNetwork: true, nodeName: {node}, containers: []");
        pod("z", name, &spec, &format!("phase: Running, hostIP: {ip}, podIP: {ip}"))
    };
    let table = "z/near -> x/a 80 allow
                 x/a -> z/near 80 allow
                 z/far -> x/a 80 deny
                 x/a -> z/far 80 deny";
    holds(&xyz_with(&[of_x(DENY_ALL), host("near", "node-x", "192.168.0.1"), host("far", "node-y", "192.168.0.2")]), table);
}

/// Without the right to list nodes, pods on the host network still show which addresses are whose.
#[test]
fn rule_33_a_node_address_may_only_show_on_a_host_network_pod() {
    let ips = |first: &str, second: &str| format!("podIP: '{first}', podIPs: [{{ip: '{first}'}}, {{ip: '{second}'}}]");
    let text = [
        pod("x", "a", "nodeName: w, containers: []", &format!("phase: Running, hostIP: 192.168.0.9, {}", ips("10.0.1.1", "fd00::1"))),
        pod(
            "z",
            "host",
            "hostNetwork: true, nodeName: w, containers: []",
            &format!("phase: Running, hostIP: 192.168.0.9, {}", ips("192.168.0.9", "fd00:1::9")),
        ),
        of_x(DENY_ALL),
    ];
    let table = "z/host -> x/a 80 allow
                 192.168.0.9 -> x/a 80 allow
                 fd00:1::9 -> x/a 80 allow
                 x/a -> fd00:1::9 80 allow
                 fd00:1::8 -> x/a 80 deny";
    holds(&read(&text.concat()), table);
}

#[test]
fn rule_34_host_network_pods_are_their_nodes_address() {
    let host =
        pod("x", "host", "hostNetwork: true, nodeName: node-z, containers: []", "phase: Running, hostIP: 192.168.0.3, podIP: 192.168.0.3");
    // Never selected as a subject.
    let table = "y/a -> x/host 80 allow
                 x/host -> y/a 80 allow
                 y/a -> x/a 80 deny";
    holds(&xyz_with(&[host.clone(), of_x(DENY_ALL)]), table);
    // Never a peer by selector, always by block.
    let by_selector = into_a("{from: [{podSelector: {}}, {namespaceSelector: {}}]}");
    holds(&xyz_with(&[host.clone(), by_selector]), "x/host -> x/a 80 deny\n x/b -> x/a 80 allow");
    let by_block = into_a("{from: [{ipBlock: {cidr: 192.168.0.3/32}}]}");
    holds(&xyz_with(&[host.clone(), by_block]), "x/host -> x/a 80 allow\n x/b -> x/a 80 deny");
    let everyone = into_a("{}");
    holds(&xyz_with(&[host, everyone]), "x/host -> x/a 80 allow");
}

#[test]
fn rule_35_states_of_pods() {
    let objects = [
        pod("y", "pending", "containers: []", "phase: Pending"),
        pod("y", "stateless", "containers: []", ""),
        "\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: leaving, namespace: y, labels: {pod: leaving}, \
         deletionTimestamp: '2026-01-01T00:00:00Z'}\nspec: {}\nstatus: {phase: Running, podIP: 10.0.2.60}\n"
            .to_owned(),
        pod("y", "done", "containers: []", "phase: Succeeded, podIP: 10.0.2.61"),
    ];
    let with = |policy: String| xyz_with(&[objects.concat(), policy]);
    // Without an address a pod is selected all the same; a terminating one is an endpoint, a finished one is not.
    let by_selector = into_a("{from: [{namespaceSelector: {matchLabels: {ns: y}}}]}");
    let table = "y/pending -> x/a 80 allow
                 y/stateless -> x/a 80 allow
                 y/leaving -> x/a 80 allow
                 10.0.2.60 -> x/a 80 allow
                 10.0.2.61 -> x/a 80 deny";
    holds(&with(by_selector), table);
    // Whether a block will hold it nobody knows, unless it holds every address or none of the family.
    let block = |cidr: &str| into_a(&format!("{{from: [{{ipBlock: {{cidr: '{cidr}'}}}}]}}"));
    holds(&with(block("10.0.2.0/24")), "y/pending -> x/a 80 unknown\n y/leaving -> x/a 80 allow");
    holds(&with(block("0.0.0.0/0")), "y/pending -> x/a 80 allow");
    holds(&with(block("::/0")), "y/pending -> x/a 80 deny");
    let carved = into_a("{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.2.0/24]}}]}");
    holds(&with(carved), "y/pending -> x/a 80 unknown\n z/a -> x/a 80 allow");
    // And they are isolated like any other.
    let deny = xyz::policy("y", "deny", DENY_ALL);
    holds(&with(deny), "x/a -> y/pending 80 deny\n y/pending -> x/a 80 deny\n x/a -> y/leaving 80 deny");
}

#[test]
fn rule_36_traffic_through_nodes_and_load_balancers_has_their_address() {
    // externalTrafficPolicy Local keeps the client's address, Cluster shows a node's.
    let clients = into_a("{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}");
    let table = "203.0.113.9 -> x/a 80 allow
                 192.168.0.2 -> x/a 80 deny
                 192.168.0.1 -> x/a 80 allow";
    holds(&xyz_with(&[clients]), table);
    let nodes = into_a("{from: [{ipBlock: {cidr: 192.168.0.0/24}}]}");
    holds(&xyz_with(&[nodes]), "203.0.113.9 -> x/a 80 deny\n 192.168.0.2 -> x/a 80 allow");
    // What an Ingress controller forwards comes from the controller's pods.
    let controller = into_a("{from: [{namespaceSelector: {matchLabels: {ns: z}}}]}");
    holds(&xyz_with(&[controller]), "z/a -> x/a 80 allow\n 203.0.113.9 -> x/a 80 deny");
}

#[test]
fn rule_37_a_service_is_never_a_peer_and_policies_see_the_target_port() {
    let service = "\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: y, labels: {pod: web}}\n\
                   spec: {clusterIP: 10.96.0.20, selector: {pod: a}, ports: [{port: 443, targetPort: serve-80-tcp}]}\n";
    let to_pods = out_of_a("{to: [{namespaceSelector: {matchLabels: {ns: y}}}], ports: [{port: 443}]}");
    // The port of the Service is not the port of the pods.
    let table = "x/a -> y/a 80 deny
                 x/a -> y/a 443 allow
                 x/a -> 10.96.0.20 443 deny";
    holds(&xyz_with(&[service.to_owned(), to_pods]), table);
    let by_labels = out_of_a("{to: [{namespaceSelector: {}, podSelector: {matchLabels: {pod: web}}}]}");
    holds(&xyz_with(&[service.to_owned(), by_labels]), "x/a -> 10.96.0.20 443 deny\n x/a -> y/a 80 deny");
}

#[test]
fn rule_38_dns_needs_both_protocols_on_the_pods_own_port() {
    let dns = pod(
        "kube-system",
        "coredns",
        "nodeName: node-z, containers: [{name: c, ports: [{name: dns, containerPort: 5353, protocol: UDP}, {name: dns-tcp, containerPort: 5353}]}]",
        "phase: Running, podIP: 10.0.3.53",
    );
    let service_port = out_of_a("{ports: [{port: 53, protocol: UDP}, {port: 53}]}");
    let table = "x/a -> kube-system/coredns 53/UDP allow
                 x/a -> kube-system/coredns 5353/UDP deny
                 x/a -> kube-system/coredns 5353/TCP deny";
    holds(&xyz_with(&[dns.clone(), service_port]), table);
    let udp_only = out_of_a("{ports: [{port: dns, protocol: UDP}]}");
    let table = "x/a -> kube-system/coredns 5353/UDP allow
                 x/a -> kube-system/coredns 5353/TCP deny";
    holds(&xyz_with(&[dns, udp_only]), table);
    // NodeLocal DNSCache listens on an address of its own.
    let local = out_of_a("{to: [{ipBlock: {cidr: 169.254.20.10/32}}], ports: [{port: 53, protocol: UDP}, {port: 53}]}");
    holds(&xyz_with(&[local]), "x/a -> 169.254.20.10 53/UDP allow\n x/a -> 169.254.20.10 53 allow");
}

#[test]
fn rule_39_the_api_server_is_a_host_address_on_its_own_port() {
    let server = pod(
        "kube-system",
        "kube-apiserver",
        "hostNetwork: true, nodeName: node-z, containers: [{name: c, ports: [{name: https, containerPort: 6443}]}]",
        "phase: Running, hostIP: 192.168.0.3, podIP: 192.168.0.3",
    );
    // Neither selectors nor 443 match.
    let table = "x/a -> kube-system/kube-apiserver 6443 deny
                 x/a -> 192.168.0.3 6443 deny";
    let selectors = out_of_a("{to: [{namespaceSelector: {}}], ports: [{port: 6443}]}");
    holds(&xyz_with(&[server.clone(), selectors]), table);
    let service_port = out_of_a("{to: [{ipBlock: {cidr: 192.168.0.3/32}}], ports: [{port: 443}]}");
    holds(&xyz_with(&[server.clone(), service_port]), table);
    let right = out_of_a("{to: [{ipBlock: {cidr: 192.168.0.3/32}}], ports: [{port: 6443}]}");
    let table = "x/a -> kube-system/kube-apiserver 6443 allow
                 x/a -> 192.168.0.3 6443 allow";
    holds(&xyz_with(&[server.clone(), right]), table);
    // Webhooks are called from there.
    let webhook = into_a("{from: [{ipBlock: {cidr: 192.168.0.3/32}}], ports: [{port: 8443}]}");
    holds(&xyz_with(&[server, webhook]), "192.168.0.3 -> x/a 8443 allow\n kube-system/kube-apiserver -> x/a 8443 allow");
}

#[test]
fn rule_40_plugins_that_do_not_enforce_are_told_from_those_that_do() {
    let daemon_set = |namespace: &str, name: &str| {
        let owner = format!("ownerReferences: [{{kind: DaemonSet, name: {name}, controller: true}}]");
        format!("\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}-abcde, namespace: {namespace}, {owner}}}\n")
    };
    let recognised = |namespace: &str, name: &str| {
        let World { objects, coverage, .. } = xyz_with(&[daemon_set(namespace, name)]).world;
        recognise(&Inventory::build(Collected { objects, coverage, ..Collected::default() }))
    };
    assert_eq!(recognised("kube-system", "calico-node"), Recognised::Enforces(Cni::Calico));
    assert_eq!(recognised("kube-system", "cilium"), Recognised::Enforces(Cni::Cilium));
    assert_eq!(recognised("kube-flannel", "kube-flannel-ds"), Recognised::DoesNotEnforce("flannel"));
    assert_eq!(recognised("kube-system", "something-else"), Recognised::Unrecognised);
    // A namesake in a user's namespace is no network plugin.
    assert_eq!(recognised("x", "calico-node"), Recognised::Unrecognised);
    let enforcing: Vec<&str> = Cni::NAMES.iter().filter(|(_, cni)| cni.enforces()).map(|(name, _)| *name).collect();
    assert!(!enforcing.contains(&"none") && enforcing.contains(&"upstream"));
}
