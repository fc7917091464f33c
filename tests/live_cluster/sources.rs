//! Claims that are made of something, and backups, on a real API server with the custom resources of both.

use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::answers::same_json;
use super::cluster::{Cluster, shop};

/// Group, versions, plural, kind, scope of custom resources; what is in them is not checked by the API server.
const KINDS: [(&str, &str, &str, &str, &str); 5] = [
    ("snapshot.storage.k8s.io", "v1", "volumesnapshots", "VolumeSnapshot", "Namespaced"),
    ("snapshot.storage.k8s.io", "v1", "volumesnapshotcontents", "VolumeSnapshotContent", "Cluster"),
    ("populator.storage.k8s.io", "v1beta1", "volumepopulators", "VolumePopulator", "Cluster"),
    ("velero.io", "v1", "schedules", "Schedule", "Namespaced"),
    ("velero.io", "v1", "backups", "Backup", "Namespaced"),
];

const OBJECTS: &str = r#"
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: restore-fast}
provisioner: restore.example.com
---
apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata: {name: restore.example.com}
spec: {attachRequired: false}
---
apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshot
metadata: {name: nightly, namespace: restore}
spec: {source: {persistentVolumeClaimName: kept}}
status: {boundVolumeSnapshotContentName: content, readyToUse: true, restoreSize: 5Gi, creationTime: "2100-01-01T00:00:00Z"}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: typo, namespace: restore}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 5Gi}}
  storageClassName: restore-fast
  dataSource: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: nightli}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: small, namespace: restore}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
  storageClassName: restore-fast
  dataSource: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: nightly}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: block, namespace: restore}
spec:
  accessModes: [ReadWriteOnce]
  volumeMode: Block
  resources: {requests: {storage: 5Gi}}
  storageClassName: restore-fast
  dataSource: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: nightly}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: populated, namespace: restore}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
  storageClassName: restore-fast
  dataSourceRef: {apiGroup: example.com, kind: Dump, name: monday}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: renamed, namespace: restore}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 5Gi}}
  storageClassName: restore-fast
  dataSourceRef: {apiGroup: snapshot.k8s.io, kind: VolumeSnapshot, name: nightly}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: restore-kept}
spec:
  capacity: {storage: 5Gi}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Retain
  csi: {driver: restore.example.com, volumeHandle: vol-kept}
  claimRef: {namespace: restore, name: kept}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: kept, namespace: restore}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 5Gi}}, storageClassName: ""}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: restore-lone}
spec:
  capacity: {storage: 5Gi}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Retain
  csi: {driver: restore.example.com, volumeHandle: vol-lone}
  claimRef: {namespace: restore, name: lone}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: lone, namespace: restore}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 5Gi}}, storageClassName: ""}
---
apiVersion: velero.io/v1
kind: Schedule
metadata: {name: weekly, namespace: restore}
spec: {schedule: 0 2 * * 0, paused: true, template: {includedNamespaces: [restore]}}
"#;

fn apply(cluster: &Cluster, manifest: &str) {
    let mut kubectl = cluster.kubectl().args(["apply", "-f", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("kubectl");
    kubectl.stdin.take().expect("a pipe").write_all(manifest.as_bytes()).expect("kubectl reads");
    assert!(kubectl.wait().expect("kubectl ends").success());
}

fn definitions() -> String {
    let definition = |(group, version, plural, kind, scope): &(&str, &str, &str, &str, &str)| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: {plural}.{group}, annotations: {{api-approved.kubernetes.io: unapproved}}}}
spec:
  group: {group}
  names: {{kind: {kind}, plural: {plural}}}
  scope: {scope}
  versions:
  - {{name: {version}, served: true, storage: true, schema: {{openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}}}
"
        )
    };
    KINDS.iter().map(definition).collect::<Vec<_>>().join("---\n")
}

/// Until the API server serves what was defined, and the controller has bound what it can.
fn ready(cluster: &Cluster, kubectl: &[&str]) {
    let end = Instant::now() + Duration::from_secs(60);
    while !cluster.kubectl().args(kubectl).stdout(Stdio::null()).stderr(Stdio::null()).status().expect("kubectl").success() {
        assert!(Instant::now() < end, "{kubectl:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn claims_are_judged_by_what_they_are_made_of_and_backups_are_found() {
    let Some(cluster) = shop() else { return };
    apply(cluster, &definitions());
    for (group, _, plural, ..) in KINDS {
        ready(cluster, &["get", &format!("{plural}.{group}"), "-A"]);
    }
    apply(cluster, "apiVersion: v1\nkind: Namespace\nmetadata: {name: restore}\n");
    apply(cluster, OBJECTS);
    let uid = cluster.kubectl().args(["get", "volumesnapshot", "nightly", "-n", "restore", "-o", "jsonpath={.metadata.uid}"]).output();
    let uid = String::from_utf8(uid.expect("kubectl").stdout).expect("UTF-8");
    apply(
        cluster,
        &format!(
            "apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshotContent
metadata: {{name: content}}
spec:
  driver: restore.example.com
  sourceVolumeMode: Filesystem
  volumeSnapshotRef: {{namespace: restore, name: nightly, uid: {uid}}}
status: {{snapshotHandle: snap-1}}
"
        ),
    );
    for claim in ["kept", "lone"] {
        ready(cluster, &["wait", "-n", "restore", &format!("pvc/{claim}"), "--for=jsonpath={.status.phase}=Bound", "--timeout=30s"]);
    }

    let question = ["pvc-why-pending", "-n", "restore", "-o", "json", "-v", "6"];
    let asked = cluster.ask(&question);
    let lists = asked.stderr.lines().filter(|line| line.contains("?limit=")).count();
    assert!((1..=12).contains(&lists), "{lists} lists:\n{}", asked.stderr);
    let answer = asked.json();
    let claims = answer["result"]["claims"].as_array().expect("a list");
    let causes: Vec<(&str, &str)> =
        claims.iter().map(|claim| (claim["name"].as_str().expect("a name"), claim["cause"]["code"].as_str().unwrap_or("-"))).collect();
    let wanted = [
        ("block", "ST-F03"),
        ("kept", "-"),
        ("lone", "-"),
        ("populated", "ST-F06"),
        ("renamed", "ST-F07"),
        ("small", "ST-F02"),
        ("typo", "ST-F01"),
    ];
    assert_eq!(causes, wanted);

    let overview = ["storage", "-n", "restore", "-o", "json"];
    let live = cluster.ask(&overview);
    let snapshot = cluster.path("restore.tar.gz").to_str().expect("UTF-8").to_owned();
    cluster.ask(&["snapshot", &snapshot]).ok();
    let recorded = cluster.ask(&[&overview[..], &["--from", &snapshot]].concat());
    same_json(&live.stdout, &recorded.stdout, "storage from a snapshot");
    let backups = &live.json()["result"]["backups"];
    let states: Vec<(&str, &str)> =
        backups["claims"].as_array().expect("a list").iter().map(|c| (c["name"].as_str().unwrap(), c["state"].as_str().unwrap())).collect();
    assert_eq!(states, [("kept", "covered"), ("lone", "notCovered")]);
    assert_eq!(backups["claims"][1]["reason"], "Schedule restore/weekly is paused");

    // Rights on one namespace: its claims are what the overview is about, and it says so.
    let account = cluster.account("restore", "reader", "10m");
    apply(cluster, RIGHTS);
    let answer = cluster.ask_as(&account, &["storage", "-o", "json"]).json();
    let (result, backups) = (&answer["result"], &answer["result"]["backups"]["claims"]);
    assert_eq!((result["namespace"].as_str(), result["claims"]["total"].as_u64()), (Some("restore"), Some(7)));
    assert_eq!((&backups[0]["state"], &backups[0]["by"]["name"]), (&"covered".into(), &"nightly".into()));
    assert_eq!((&backups[1]["state"], &backups[1]["reason"]), (&"unknown".into(), &"schedules.velero.io could not be read".into()));
}

const RIGHTS: &str = "
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {namespace: restore, name: claims}
rules:
- {apiGroups: [''], resources: [persistentvolumeclaims, events], verbs: [get, list]}
- {apiGroups: [snapshot.storage.k8s.io], resources: [volumesnapshots], verbs: [get, list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {namespace: restore, name: claims}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: claims}
subjects: [{kind: ServiceAccount, namespace: restore, name: reader}]
";
