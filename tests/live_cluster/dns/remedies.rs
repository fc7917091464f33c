//! What `dns POD NAME` says is to be changed, as it is printed: through a shell and the real kubectl; then it is not said again.

use serde_json::Value;

use super::super::cluster::Cluster;

const OBJECTS: &str = r#"
{apiVersion: v1, kind: Namespace, metadata: {name: names}}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: names}, spec: {ports: [{port: 80}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: host, namespace: names}
spec:
  replicas: 0
  selector: {matchLabels: {app: host}}
  template: {metadata: {labels: {app: host}}, spec: {hostNetwork: true, containers: [{name: main, image: example.com/app:1}]}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: node, namespace: names}
spec:
  schedule: "0 0 1 1 *"
  suspend: true
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, dnsPolicy: Default, containers: [{name: main, image: example.com/app:1}]}}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: many, namespace: names}
spec:
  replicas: 0
  selector: {matchLabels: {app: many}}
  template:
    metadata: {labels: {app: many}}
    spec: {dnsConfig: {options: [{name: edns0}, {name: timeout, value: "1"}]}, containers: [{name: main, image: example.com/app:1}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: long, namespace: names}
spec:
  replicas: 0
  selector: {matchLabels: {app: long}}
  template:
    metadata: {labels: {app: long}}
    spec:
      {hostname: a-hostname-of-more-than-thirty-characters, subdomain: web, setHostnameAsFQDN: true, containers: [{name: main, image: example.com/app:1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: bare, namespace: names}
spec: {hostNetwork: true, nodeSelector: {none: such}, containers: [{name: main, image: example.com/app:1}]}
"#;

#[test]
fn printed_commands_mend_how_pods_look_up_names() {
    let Some(cluster) = Cluster::boot() else { return };
    std::fs::write(cluster.path("names.yaml"), OBJECTS).expect("a file");
    cluster.paste("kubectl create -f names.yaml").ok();
    for (who, name, code) in [
        ("deploy/host", "web", "DN-P01"),
        ("pod/bare", "web", "DN-P01"),
        ("cronjob/node", "web", "DN-P02"),
        ("sts/many", "api.example.org", "DN-P03"),
        ("deploy/long", "web", "DN-P11"),
    ] {
        let ask = || cluster.ask(&["dns", who, name, "-n", "names", "-o", "json"]).json();
        let (commands, before) = commands(&ask(), code);
        assert!(before && commands.len() == 1, "{who}: {commands:?}");
        let run = cluster.paste(&commands[0]);
        assert_eq!(run.code, Some(0), "{}\n{}", commands[0], run.block());
        let answer = ask();
        assert!(!self::commands(&answer, code).1, "{who}: {answer:#}");
    }
    let options = cluster.paste("kubectl get sts many -n names -o jsonpath='{.spec.template.spec.dnsConfig.options[*].name}'").ok();
    assert_eq!(options.split_whitespace().collect::<Vec<_>>(), ["edns0", "timeout", "ndots"]);
}

/// The commands of a finding, and whether there is one.
fn commands(answer: &Value, code: &str) -> (Vec<String>, bool) {
    let findings = || answer["findings"].as_array().into_iter().flatten().filter(|finding| finding["code"] == code);
    let remedies = findings().flat_map(|finding| finding["remedy"].as_array().into_iter().flatten());
    (remedies.filter_map(|remedy| remedy["command"].as_str().map(str::to_owned)).collect(), findings().count() > 0)
}
