//! `dns doctor` on a real API server: a snapshot says the same, and the API server takes what is printed.

use serde_json::Value;

use super::answers::same_json;
use super::cluster::Cluster;

/// What is wrong here, beside servers that no node runs.
const WRONG: &str = r#"
{apiVersion: v1, kind: Namespace, metadata: {name: odd}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: only-db, namespace: odd}
spec: {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 5432}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: nothing, namespace: odd}
spec: {podSelector: {matchLabels: {app: shut}}, policyTypes: [Egress]}
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
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: client, namespace: odd}
spec:
  selector: {matchLabels: {app: client}}
  template: {metadata: {labels: {app: client}}, spec: {containers: [{name: main, image: example.com/client}]}}
"#;

#[test]
fn the_doctor_says_the_same_of_a_snapshot_and_its_commands_are_taken() {
    let Some(cluster) = Cluster::boot() else { return };
    std::fs::write(cluster.path("odd.yaml"), WRONG).expect("a file");
    let addon = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cluster/addons/coredns.yaml");
    cluster.paste(&format!("kubectl apply -f {addon} && kubectl apply -f odd.yaml")).ok();
    cluster
        .paste("for app in agent client; do until kubectl get pods -n odd -l app=$app -o name | grep -q .; do sleep 0.2; done; done")
        .ok();
    cluster.paste("until kubectl get pods -n kube-system -l k8s-app=kube-dns -o name | grep -q .; do sleep 0.2; done").ok();
    cluster.ask(&["snapshot", "odd.tar.gz"]).ok();
    let question = ["dns", "doctor", "-n", "odd", "-o", "json"];
    let live = cluster.ask(&question);
    same_json(&live.stdout, &cluster.ask(&[&question[..], &["--from", "odd.tar.gz"]].concat()).stdout, "dns doctor");

    let answer = live.json();
    let findings = answer["findings"].as_array().expect("a list");
    let codes: Vec<&str> = findings.iter().filter_map(|finding| finding["code"].as_str()).collect();
    for code in ["DN-D03", "DN-D10", "DN-D13", "DN-D16", "DN-P01"] {
        assert!(codes.contains(&code), "{code} is not among {codes:?}");
    }
    let remedies = findings.iter().flat_map(|finding| finding["remedy"].as_array().into_iter().flatten());
    let commands: Vec<&str> =
        remedies.filter_map(|remedy| remedy["command"].as_str()).filter(|command| command.contains(" patch ")).collect();
    assert!(commands.len() >= 3, "{commands:?}");
    for command in &commands {
        cluster.paste(&format!("{command} --dry-run=server")).ok();
    }
    // The rule that is printed for the policy is the one that was missing.
    let patch = commands.iter().find(|command| command.contains("networkpolicy")).expect("a rule");
    cluster.paste(patch).ok();
    let state = |answer: &Value| answer["result"]["cutOff"].as_array().map_or(0, Vec::len);
    let after = cluster.ask(&question).json();
    assert!(state(&after) < state(&answer), "{}", after["result"]);
}
