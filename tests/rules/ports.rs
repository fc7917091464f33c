//! Rules 15 to 20: ports, names of ports, protocols.

use netstore::objects::Protocol;
use netstore::policy::{Cni, End, Model};
use netstore::report::Verdict;

use super::{holds, into_a, out_of_a, pod, xyz_with};

/// Pods of namespace y that name the same ports differently.
fn servers() -> Vec<String> {
    let running = |n: u8| format!("phase: Running, podIP: 10.0.2.1{n}");
    vec![
        pod("y", "one", "containers: [{name: c, ports: [{name: web, containerPort: 8080}]}]", &running(1)),
        pod("y", "two", "containers: [{name: c, ports: [{name: web, containerPort: 9090}]}]", &running(2)),
        pod("y", "udp", "containers: [{name: c, ports: [{name: web, containerPort: 8080, protocol: UDP}]}]", &running(3)),
        pod("y", "none", "containers: [{name: c, ports: [{containerPort: 8080}]}]", &running(4)),
        pod(
            "y",
            "many",
            "containers: [{name: c, ports: [{name: web, containerPort: 8080}, {name: web, containerPort: 8080, protocol: SCTP}]}, \
             {name: d, ports: [{name: web, containerPort: 9090}]}]",
            &running(5),
        ),
    ]
}

fn with_servers(policy: String) -> super::Cluster {
    let mut objects = servers();
    objects.push(policy);
    xyz_with(&objects)
}

#[test]
fn rule_15_a_named_port_is_looked_up_in_each_destination_pod() {
    let policy = out_of_a("{to: [{namespaceSelector: {}}], ports: [{port: web}]}");
    let table = "x/a -> y/one 8080 allow
                 x/a -> y/one 9090 deny
                 x/a -> y/two 9090 allow
                 x/a -> y/two 8080 deny
                 x/a -> y/many 8080 allow
                 x/a -> y/many 9090 allow
                 x/a -> y/many 8080/SCTP deny";
    holds(&with_servers(policy), table);
    // Ingress looks at the policy's own pods, each by itself.
    let ingress = super::xyz::policy("y", "named", "{podSelector: {}, ingress: [{ports: [{port: web}]}]}");
    let table = "x/a -> y/one 8080 allow
                 x/a -> y/two 8080 deny
                 x/a -> y/two 9090 allow
                 198.51.100.7 -> y/two 9090 allow";
    holds(&with_servers(ingress), table);
}

#[test]
fn rule_16_a_named_port_without_peers_never_matches_external_addresses() {
    let table = "x/a -> y/a 80 allow
                 x/a -> y/a 81 deny
                 x/a -> 198.51.100.7 80 deny
                 x/a -> 192.168.0.2 80 deny";
    holds(&xyz_with(&[out_of_a("{ports: [{port: serve-80-tcp}]}")]), table);
    let blocks = "x/a -> y/a 80 allow
                  x/a -> 198.51.100.7 80 deny";
    holds(&xyz_with(&[out_of_a("{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: serve-80-tcp}]}")]), blocks);
}

/// The same end must have the same answer under its name and under its address.
#[test]
fn rule_16_a_host_network_pod_is_an_address_and_has_no_named_ports() {
    let spec = "hostNetwork: true, nodeName: node-y, containers: [{name: c, ports: [{name: web, containerPort: 8080}]}]";
    let host = pod("y", "host", spec, "phase: Running, hostIP: 192.168.0.2, podIP: 192.168.0.2");
    let table = "x/a -> y/host 8080 deny
                 x/a -> 192.168.0.2 8080 deny";
    holds(&xyz_with(&[host, out_of_a("{ports: [{port: web}]}")]), table);
}

#[test]
fn rule_17_a_named_port_that_is_absent_or_of_another_protocol_matches_nothing() {
    let policy = out_of_a("{to: [{namespaceSelector: {}}], ports: [{port: web}]}");
    let table = "x/a -> y/none 8080 deny
                 x/a -> y/udp 8080 deny
                 x/a -> y/udp 8080/UDP deny";
    holds(&with_servers(policy), table);
    let udp = out_of_a("{ports: [{port: web, protocol: UDP}]}");
    holds(&with_servers(udp), "x/a -> y/udp 8080/UDP allow\n x/a -> y/one 8080 deny\n x/a -> y/one 8080/UDP deny");
}

#[test]
fn rule_18_a_number_covers_ports_that_no_container_declares() {
    holds(&with_servers(out_of_a("{ports: [{port: 1234}]}")), "x/a -> y/none 1234 allow\n x/a -> y/none 8080 deny");
}

#[test]
fn rule_19_names_of_sidecars_depend_on_the_plugin() {
    let pods = [
        pod(
            "y",
            "sidecar",
            "initContainers: [{name: s, restartPolicy: Always, ports: [{name: web, containerPort: 8080}]}], \
             containers: [{name: c, ports: [{name: web, containerPort: 9090}]}]",
            "phase: Running, podIP: 10.0.2.20",
        ),
        pod(
            "y",
            "init",
            "initContainers: [{name: s, ports: [{name: web, containerPort: 8080}]}], containers: [{name: c}]",
            "phase: Running, podIP: 10.0.2.21",
        ),
    ];
    let table = "x/a -> y/sidecar 8080 unknown
                 x/a -> y/sidecar 9090 allow
                 x/a -> y/sidecar 8080/UDP deny
                 x/a -> y/init 8080 deny";
    let mut objects = pods.to_vec();
    objects.push(out_of_a("{ports: [{port: web}]}"));
    holds(&xyz_with(&objects), table);
}

/// Measured with packets on kube-network-policies 1.1.1.
#[test]
fn rule_19_kube_network_policies_does_not_find_names_of_sidecars() {
    let sidecar = pod(
        "y",
        "sidecar",
        "initContainers: [{name: s, restartPolicy: Always, ports: [{name: web, containerPort: 8080}]}], containers: [{name: c}]",
        "phase: Running, podIP: 10.0.2.20",
    );
    let cluster = xyz_with(&[sidecar, out_of_a("{ports: [{port: web}]}")]);
    let pod = |namespace, name| End::Pod(cluster.inventory.pod(namespace, name).expect("a pod"));
    let by = |cni| Model::compile(&cluster.inventory, cni).connection(pod("x", "a"), pod("y", "sidecar"), Protocol::Tcp, 8080);
    assert_eq!([by(Cni::Upstream), by(Cni::KubeNetworkPolicies)], [Verdict::Unknown, Verdict::Deny]);
}

#[test]
fn rule_20_one_protocol_never_opens_another_and_isolates_all() {
    for (allowed, others) in [("SCTP", ["TCP", "UDP"]), ("UDP", ["TCP", "SCTP"]), ("TCP", ["UDP", "SCTP"])] {
        let table = format!(
            "y/a -> x/a 80/{allowed} allow
             y/a -> x/a 80/{} deny
             y/a -> x/a 80/{} deny
             y/a -> x/a 81/{allowed} deny",
            others[0], others[1]
        );
        holds(&xyz_with(&[into_a(&format!("{{ports: [{{port: 80, protocol: {allowed}}}]}}"))]), &table);
    }
}

#[test]
fn rule_20_a_protocol_that_no_policy_can_name_is_refused() {
    for protocol in ["ICMP", "tcp", "Udp"] {
        holds(&xyz_with(&[into_a(&format!("{{ports: [{{protocol: {protocol}}}]}}"))]), "y/a -> x/a 80 unknown");
    }
}

#[test]
fn rule_20_numbers_and_names_out_of_range_are_refused() {
    for port in ["0", "-1", "65536", "'80'", "Web", "this-name-is-too-long", "a--b", "'-a'", "''"] {
        holds(&xyz_with(&[into_a(&format!("{{ports: [{{port: {port}}}]}}"))]), "y/a -> x/a 80 unknown");
    }
}
