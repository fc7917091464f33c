//! `dns doctor` on a real API server: a snapshot says the same, and the API server takes what is printed.

use super::cluster::Cluster;

/// What is wrong here, beside servers that no node runs.
const WRONG: &str = r#"
{apiVersion: v1, kind: Namespace, metadata: {name: odd}}
---
apiVersion: v1
kind: Service
metadata: {name: address, namespace: odd}
spec: {type: ExternalName, externalName: 192.0.2.7}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: agent, namespace: odd}
spec:
  selector: {matchLabels: {app: agent}}
  template: {metadata: {labels: {app: agent}}, spec: {hostNetwork: true, containers: [{name: main, image: example.com/agent}]}}
"#;

#[test]
fn the_doctor_says_the_same_of_a_snapshot_and_its_commands_are_taken() {
    let Some(cluster) = Cluster::boot() else { return };
    std::fs::write(cluster.path("odd.yaml"), WRONG).expect("a file");
    let addon = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cluster/addons/coredns.yaml");
    cluster.paste(&format!("kubectl apply -f {addon} && kubectl apply -f odd.yaml")).ok();
    cluster.paste("until kubectl get pods -n odd -l app=agent -o name | grep -q .; do sleep 0.2; done").ok();
    cluster.paste("until kubectl get pods -n kube-system -l k8s-app=kube-dns -o name | grep -q .; do sleep 0.2; done").ok();
    cluster.ask(&["snapshot", "odd.tar.gz"]).ok();
    let question = ["dns", "doctor", "-n", "odd", "-o", "json"];
    let live = cluster.ask(&question);
    let (answer, recorded) = (live.json(), cluster.ask(&[&question[..], &["--from", "odd.tar.gz"]].concat()).json());
    // Of a cluster only the ConfigMaps of kube-system are read, so the coverage differs.
    for part in ["result", "findings"] {
        assert_eq!(answer[part], recorded[part], "{part}");
    }
    let findings = answer["findings"].as_array().expect("a list");
    let codes: Vec<&str> = findings.iter().filter_map(|finding| finding["code"].as_str()).collect();
    for code in ["DN-D03", "DN-D04", "DN-D10", "DN-D16", "DN-P01"] {
        assert!(codes.contains(&code), "{code} is not among {codes:?}");
    }
    let remedies = findings.iter().flat_map(|finding| finding["remedy"].as_array().into_iter().flatten());
    let commands: Vec<&str> =
        remedies.filter_map(|remedy| remedy["command"].as_str()).filter(|command| command.contains(" patch ")).collect();
    assert!(commands.len() >= 2, "{commands:?}");
    for command in &commands {
        cluster.paste(&format!("{command} --dry-run=server")).ok();
    }
}

/// Pods that policies keep from the servers: of one all ways out, of one TCP, of one the servers' own way in.
const CUT_OFF: &str = r#"
{apiVersion: v1, kind: Namespace, metadata: {name: shut}}
---
{apiVersion: v1, kind: Node, metadata: {name: nowhere}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: quiet, namespace: shut}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: quiet, namespace: kube-system}}
---
apiVersion: v1
kind: Pod
metadata: {name: server, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec: {nodeName: nowhere, serviceAccountName: quiet, dnsPolicy: Default, containers: [{name: coredns, image: registry.k8s.io/coredns/coredns:v1.14.7}]}
---
apiVersion: v1
kind: Pod
metadata: {name: none, namespace: shut, labels: {app: none}}
spec: {nodeName: nowhere, serviceAccountName: quiet, containers: [{name: main, image: example.com/main}]}
---
apiVersion: v1
kind: Pod
metadata: {name: udp, namespace: shut, labels: {app: udp}}
spec: {nodeName: nowhere, serviceAccountName: quiet, containers: [{name: main, image: example.com/main}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: none, namespace: shut}
spec: {podSelector: {matchLabels: {app: none}}, policyTypes: [Egress]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: udp, namespace: shut}
spec: {podSelector: {matchLabels: {app: udp}}, policyTypes: [Egress], egress: [{ports: [{protocol: UDP, port: 53}]}]}
"#;

/// Makes a pod run as far as the API server knows, which is all that controllers look at.
fn running(cluster: &Cluster, namespace: &str, name: &str, address: &str) {
    let status = format!(
        r#"{{"status":{{"phase":"Running","podIP":"{address}","podIPs":[{{"ip":"{address}"}}],"conditions":[{{"type":"Ready","status":"True"}}]}}}}"#
    );
    cluster.paste(&format!("kubectl patch pod {name} -n {namespace} --subresource=status -p '{status}'")).ok();
}

#[test]
fn what_the_doctor_prints_lets_pods_ask_the_servers() {
    let Some(cluster) = Cluster::boot() else { return };
    std::fs::write(cluster.path("shut.yaml"), CUT_OFF).expect("a file");
    let addon = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cluster/addons/coredns.yaml");
    cluster
        .paste(&format!("kubectl apply -f {addon} && kubectl delete deployment coredns -n kube-system && kubectl apply -f shut.yaml"))
        .ok();
    for (namespace, name, address) in
        [("kube-system", "server", "10.244.0.2"), ("shut", "none", "10.244.0.3"), ("shut", "udp", "10.244.0.4")]
    {
        running(&cluster, namespace, name, address);
    }
    let ready = r"kubectl get endpointslices -n kube-system -l kubernetes.io/service-name=kube-dns -o yaml | grep -q 'ready: true'";
    cluster.paste(&format!("for i in $(seq 100); do {ready} && exit; sleep 0.2; done; exit 1")).ok();
    let closed = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: closed, namespace: kube-system}, \
                  spec: {podSelector: {matchLabels: {k8s-app: kube-dns}}, policyTypes: [Ingress]}}";
    for (before, wanted) in [(None, vec!["DN-D13", "DN-D14"]), (Some(closed), vec!["DN-D13", "DN-D13"])] {
        if let Some(policy) = before {
            std::fs::write(cluster.path("closed.yaml"), policy).expect("a file");
            cluster.paste("kubectl apply -f closed.yaml").ok();
        }
        let answer = cluster.ask(&["dns", "doctor", "-n", "shut", "-o", "json"]).json();
        let of_policies = |finding: &&serde_json::Value| matches!(finding["code"].as_str(), Some("DN-D13" | "DN-D14"));
        let findings: Vec<&serde_json::Value> = answer["findings"].as_array().expect("a list").iter().filter(of_policies).collect();
        let codes: Vec<&str> = findings.iter().filter_map(|finding| finding["code"].as_str()).collect();
        assert_eq!(codes, wanted, "{answer:#}");
        let mut commands: Vec<&str> = findings.iter().filter_map(|finding| finding["remedy"][0]["command"].as_str()).collect();
        commands.dedup();
        for command in commands {
            cluster.paste(command).ok();
        }
        let after = cluster.ask(&["dns", "doctor", "-n", "shut", "-o", "json"]).json();
        let checks = after["result"]["checks"].as_array().expect("a list");
        let policies = checks.iter().find(|check| check["check"] == "policies").expect("the check");
        assert_eq!(policies["state"], "ok", "{policies}");
    }
}
