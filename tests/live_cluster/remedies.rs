//! Remedies for storage, as they are printed: through a shell and the real kubectl, on what Kubernetes itself has brought about.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::cluster::{Cluster, Run};

/// Causes that a control plane without real nodes and drivers brings about, and that have commands.
const MENDED: [&str; 30] = [
    "ST-B05", "ST-C01", "ST-C02", "ST-C03", "ST-C06", "ST-L02", "ST-L03", "ST-P01", "ST-P02", "ST-P03", "ST-P04", "ST-P05", "ST-Q01",
    "ST-Q02", "ST-S02", "ST-S03", "ST-S04", "ST-S05", "ST-S06", "ST-S07", "ST-S08", "ST-S09", "ST-S11", "ST-S13", "ST-T01", "ST-W03",
    "ST-W04", "ST-W05", "ST-W07", "ST-W11",
];

/// Fixtures whose commands are of a form that none of these causes has, and the objects that they name.
const FORMS: [&str; 9] = ["B01-cordoned", "B09", "C07", "D06", "K01", "K03", "K11", "K12", "T03"];
const NAMED: &str = r#"
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: v1, kind: Node, metadata: {name: node-1}, spec: {unschedulable: true}}
---
{apiVersion: v1, kind: Node, metadata: {name: node-2}}
---
{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fast}, provisioner: disk.exmaple.com}
---
{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: old}, provisioner: disk.example.com}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: pv-a}
spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, persistentVolumeReclaimPolicy: Delete, hostPath: {path: /none}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 0
  strategy: {rollingUpdate: {maxSurge: 2}}
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: example.com/app:1}]}}
"#;

#[test]
fn printed_commands_mend_what_kubernetes_brought_about() {
    let Some(cluster) = Cluster::boot() else { return };
    mend(&cluster);
    take_every_form(&cluster);
}

fn mend(cluster: &Cluster) {
    let file = cluster.path("mended.json");
    let mut play = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/truth/storage/try"));
    play.arg("--state").arg(cluster.state()).arg("--mended").arg(&file).arg("--kubectl").arg(cluster.kubectl_path());
    let run = Run::of(&play.arg("--mend").arg(crate::program::program()).output().expect("python"));
    assert_eq!(run.code, Some(0), "{}", run.block());
    let mended: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(file).expect("a file")).expect("JSON");
    let failed: Vec<String> = mended.iter().filter(|one| !one["failed"].is_null()).map(Value::to_string).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let codes: BTreeSet<&str> = mended.iter().filter_map(|one| one["code"].as_str()).collect();
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), MENDED);
}

/// The commands of fixtures, from the table of tests/storage/remedies.rs.
fn commands() -> BTreeMap<String, String> {
    let table = include_str!("../storage/snapshots/storage__remedies__all_remedies_at_a_glance.snap");
    let pairs = table.lines().zip(table.lines().skip(1));
    let pairs = pairs.filter_map(|(of, command)| Some((of.split(' ').next()?.to_owned(), command.strip_prefix("    ")?.to_owned())));
    pairs.filter(|(_, command)| !command.starts_with("kubectl get") || command.contains("replace")).collect()
}

/// What takes drivers and kubelets to bring about is tried on fixtures; here kubectl and the API server take the commands at least.
fn take_every_form(cluster: &Cluster) {
    std::fs::write(cluster.path("named.yaml"), NAMED).expect("a file");
    cluster.paste("kubectl create -f named.yaml && mkdir FOLDER && echo text >FOLDER/key").ok();
    let commands = commands();
    for fixture in FORMS {
        let command = commands.get(fixture).unwrap_or_else(|| panic!("{fixture} has a command"));
        let run = cluster.paste(command);
        assert_eq!(run.code, Some(0), "{command}\n{}", run.block());
    }
}
