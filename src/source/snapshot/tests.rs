//! What is written comes back, and what must not be written is not there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const SECRET: &str = "c3VwZXJzZWNyZXQ=";

fn recording() -> Recording {
    let copies = json!({"kubectl.kubernetes.io/last-applied-configuration": SECRET, "team": "a"});
    let resources = json!({"requests": {"cpu": "100m"}, "limits": {"cpu": 1, "example.com/gpu": "x"}});
    let spec = json!({
        "nodeName": "n1", "resources": resources, "overhead": {"memory": "1Mi"}, "priority": 7, "priorityClassName": "high",
        "containers": [{
            "name": "c", "image": "i", "resources": resources, "command": ["sh", "-c", SECRET], "args": [SECRET], "ports": [{"name": "http", "containerPort": 80}],
            "env": [{"name": "A", "value": SECRET}, {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
            "livenessProbe": {"exec": {"command": [SECRET]}},
            "readinessProbe": {"httpGet": {"port": 80, "httpHeaders": [{"name": "Authorization", "value": SECRET}]}},
            "lifecycle": {"preStop": {"exec": {"command": [SECRET]}}},
        }],
        "initContainers": [{"name": "i", "env": [{"name": "A", "value": SECRET}]}],
        "ephemeralContainers": [{"name": "e", "args": [SECRET]}],
    });
    let meta = json!({"name": "x", "namespace": "ns", "annotations": copies, "managedFields": [{"manager": SECRET}]});
    let mut of_pod = meta.clone();
    of_pod["annotations"]["kubernetes.io/limit-ranger"] = json!("LimitRanger plugin set: cpu request for container c");
    let running = json!({"phase": "Running", "podIP": "10.0.0.1", "qosClass": "Burstable",
        "containerStatuses": [{"name": "c", "resources": resources, "allocatedResources": {"cpu": "1"}}]});
    let template = json!({"metadata": {"labels": {"a": "b"}, "annotations": copies}, "spec": spec});
    let lists = BTreeMap::from([
        (Resource::Namespaces, vec![json!({"metadata": {"name": "b"}}), json!({"metadata": {"name": "a"}})]),
        (Resource::Pods, vec![json!({"metadata": of_pod, "spec": spec, "status": running})]),
        (Resource::Secrets, vec![json!({"metadata": meta, "data": {"k": SECRET}, "stringData": {"k2": SECRET}})]),
        (Resource::ConfigMaps, vec![json!({"metadata": meta, "data": {"k": SECRET}, "binaryData": {"k2": SECRET}})]),
        (Resource::Deployments, vec![json!({"metadata": meta, "spec": {"replicas": 2, "template": template}})]),
        (Resource::CronJobs, vec![json!({"metadata": meta, "spec": {"jobTemplate": {"spec": {"template": template}}}})]),
        (Resource::NetworkPolicies, vec![json!({"metadata": meta, "spec": {"podSelector": {}, "ingress": [{"ports": [{"port": 80}]}]}})]),
    ]);
    let lists = lists.into_iter().chain(backups(&meta)).collect::<BTreeMap<_, _>>();
    let mut coverage = Coverage::complete(&lists.keys().copied().collect::<Vec<_>>());
    coverage.record(Resource::Nodes, None, State::Forbidden);
    coverage.record(Resource::Services, Some("ns".to_owned()), State::Failed("timed out".to_owned()));
    coverage.record(Resource::Services, None, State::Forbidden);
    coverage.record(Resource::EndpointSlices, None, State::NotServed);
    Recording { cluster_version: Some("v1.36.3".to_owned()), collected_at: "2026-05-01T12:00:00.5Z".parse().unwrap(), coverage, lists }
}

/// Plans for backups with everything that runs a command.
fn backups(meta: &Value) -> [(Resource, Vec<Value>); 4] {
    let hooks = json!({"resources": [{"name": "freeze", "pre": [{"exec": {"command": ["mysql", SECRET]}}]}]});
    let velero = json!({"includedNamespaces": ["shop"], "labelSelector": {"matchLabels": {"app": "db"}}, "hooks": hooks,
        "resourcePolicy": {"kind": "configmap", "name": "rules"}});
    let stash = json!({"paused": true, "target": {"ref": {"kind": "StatefulSet", "name": "db"}, "volumeMounts": [{"name": "data", "mountPath": "/x"}]},
        "hooks": {"preBackup": {"exec": {"command": [SECRET]}}}, "runtimeSettings": {"container": {"env": [{"name": "A", "value": SECRET}]}}});
    let kube = json!({"target": {"kind": "StatefulSet", "name": "db"}, "sessions": [{"name": "full", "scheduler": {"suspend": true,
        "jobTemplate": {"template": {"spec": {"containers": [{"args": [SECRET]}]}}}}, "addon": {"tasks": [{"params": {"args": SECRET}}]}}]});
    [
        (Resource::VeleroSchedules, vec![json!({"metadata": meta, "spec": {"paused": true, "template": velero.clone()}})]),
        (
            Resource::VeleroBackups,
            vec![json!({"metadata": meta, "spec": velero, "status": {"phase": "Completed", "volumeSnapshotsCompleted": 2}})],
        ),
        (Resource::StashConfigurations, vec![json!({"metadata": meta, "spec": stash, "status": {"conditions": [{"message": SECRET}]}})]),
        (Resource::KubeStashConfigurations, vec![json!({"metadata": meta, "spec": kube})]),
    ]
}

fn all() -> Needs {
    Needs { resources: Resource::ALL.to_vec(), system: Vec::new(), namespaces: Vec::new() }
}

/// What the lists decode to without a snapshot between.
fn direct(recording: &Recording) -> Objects {
    let mut objects = Objects::default();
    for (resource, items) in &recording.lists {
        let mut items = items.clone();
        items.sort_by_key(|i| (i["metadata"]["namespace"].to_string(), i["metadata"]["name"].to_string()));
        for item in items {
            crate::source::decode::add_object(&mut objects, *resource, item).unwrap();
        }
    }
    objects
}

/// The workloads of several kinds are in one list, in the order of files.
fn text(mut objects: Objects) -> String {
    objects.workloads.sort_by_key(|w| w.kind);
    format!("{objects:#?}")
}

#[test]
fn what_is_written_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let recording = recording();
    for name in ["snap", "deep/er/snap.tar.gz", "snap.tgz"] {
        let path = dir.path().join(name);
        write(&path, &recording, false).unwrap();
        let read = read(&path, &all()).unwrap();
        assert_eq!(text(read.objects), text(direct(&recording)), "{name}");
        let mut coverage = recording.coverage.clone();
        let recorded: Vec<Resource> = coverage.iter().map(|(resource, ..)| resource).collect();
        for missing in Resource::ALL.into_iter().filter(|resource| !recorded.contains(resource)) {
            coverage.record(missing, None, State::NotInSnapshot);
        }
        assert_eq!(read.coverage, coverage, "{name}");
        assert_eq!(read.origin, Origin::Snapshot);
        assert_eq!(read.cluster_version.as_deref(), Some("v1.36.3"));
        assert_eq!(read.collected_at, Some(recording.collected_at));
    }
}

#[test]
fn only_what_is_needed_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("snap");
    write(&path, &recording(), false).unwrap();
    fs::write(path.join("pods.json"), "{").unwrap();
    let needs = Needs { resources: vec![Resource::Namespaces], system: Vec::new(), namespaces: Vec::new() };
    let read = read(&path, &needs).unwrap();
    assert_eq!((read.objects.namespaces.len(), read.objects.network_policies.len()), (2, 0));
    assert_eq!(read.coverage, Coverage::complete(&[Resource::Namespaces]));
}

#[test]
fn values_are_never_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("snap");
    write(&path, &recording(), false).unwrap();
    for entry in fs::read_dir(&path).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains(SECRET), "{}: {text}", path.display());
    }
    let secrets: Value = serde_json::from_slice(&fs::read(path.join("secrets.json")).unwrap()).unwrap();
    assert_eq!(secrets["items"][0]["data"], json!({"k": ""}));
    assert_eq!(secrets["items"][0]["stringData"], json!({"k2": ""}));
    let pods: Value = serde_json::from_slice(&fs::read(path.join("pods.json")).unwrap()).unwrap();
    let annotations = json!({"team": "a", "kubernetes.io/limit-ranger": "LimitRanger plugin set: cpu request for container c"});
    assert_eq!(pods["items"][0]["metadata"]["annotations"], annotations);
    assert_eq!(pods["items"][0]["spec"]["containers"][0]["env"][0], json!({"name": "A"}));
}

#[test]
fn of_values_about_names_stays_what_is_no_secret() {
    let corefile = format!(".:53 {{\n  forward . 192.0.2.1 # {SECRET}\n  etcd {{\n    credentials u {SECRET}\n  }}\n}}\n");
    let kubelet = format!("clusterDNS: [10.96.0.10]\nclusterDomain: a.example\nstaticPodURLHeader: {{Authorization: [{SECRET}]}}\n");
    let data = json!({"Corefile": corefile, "kubelet": kubelet, "x.override": format!("log {SECRET}"), "token": SECRET});
    let object = |namespace: &str| json!({"metadata": {"namespace": namespace, "name": "x"}, "data": data});
    let written = |resource, namespace| {
        let text = String::from_utf8(list::encode(resource, &[object(namespace)]).unwrap()).unwrap();
        assert!(!text.contains(SECRET), "{text}");
        let list: Value = serde_json::from_str(&text).unwrap();
        list["items"][0]["data"].clone()
    };
    let kubelet = r#"{"clusterDNS":["10.96.0.10"],"clusterDomain":"a.example","resolvConf":null}"#;
    let kept = json!({"Corefile": ".:53 {\nforward . 192.0.2.1\netcd {\n{$NOT_RECORDED}\n}\n}\n", "kubelet": kubelet, "x.override": "log {$NOT_RECORDED}\n", "token": ""});
    assert_eq!(written(Resource::ConfigMaps, "kube-system"), kept);
    let nothing = json!({"Corefile": "", "kubelet": "", "x.override": "", "token": ""});
    assert_eq!(written(Resource::ConfigMaps, "shop"), nothing);
    assert_eq!(written(Resource::Secrets, "kube-system"), nothing);
}

#[test]
fn one_object_a_line_sorted() {
    let text = list::encode(Resource::Namespaces, &recording().lists[&Resource::Namespaces]).unwrap();
    let want = "{\"apiVersion\":\"v1\",\"kind\":\"NamespaceList\",\"items\":[\n{\"metadata\":{\"name\":\"a\"}},\n{\"metadata\":{\"name\":\"b\"}}\n]}\n";
    assert_eq!(String::from_utf8(text).unwrap(), want);
    let empty = list::encode(Resource::Namespaces, &[]).unwrap();
    list::decode(&mut Objects::default(), Resource::Namespaces, &empty).unwrap();
}

#[test]
fn the_same_recording_gives_the_same_archive() {
    let dir = tempfile::tempdir().unwrap();
    let [a, b] = ["a.tgz", "b.tgz"].map(|name| dir.path().join(name));
    write(&a, &recording(), false).unwrap();
    write(&b, &recording(), false).unwrap();
    assert_eq!(fs::read(a).unwrap(), fs::read(b).unwrap());
}

#[test]
fn nothing_of_others_is_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let old = recording();
    let mut new = recording();
    new.lists.remove(&Resource::Pods);
    let foreign = dir.path().join("foreign");
    fs::create_dir(&foreign).unwrap();
    write(&foreign, &old, false).unwrap();
    fs::write(foreign.join("README.md"), "mine").unwrap();
    // Ours: replaced, lists of the old one gone, the user's own file still there.
    write(&foreign, &new, false).unwrap();
    assert!(!foreign.join("pods.json").exists());
    assert_eq!(fs::read_to_string(foreign.join("README.md")).unwrap(), "mine");
    fs::write(foreign.join(HEADER), "{\"kind\": \"Other\"}").unwrap();
    assert!(matches!(write(&foreign, &new, false), Err(SnapshotError::InTheWay(_))));
    write(&foreign, &new, true).unwrap();
    read(&foreign, &all()).unwrap_err();

    let file = dir.path().join("notes.tgz");
    fs::write(&file, "notes").unwrap();
    assert!(matches!(write(&file, &new, false), Err(SnapshotError::InTheWay(_))));
    assert_eq!(fs::read_to_string(&file).unwrap(), "notes");
    write(&file, &new, true).unwrap();
    write(&file, &new, false).unwrap();
    assert!(matches!(write(&dir.path().join("notes.tgz/x"), &new, true), Err(SnapshotError::Io { .. })));
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn damage_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("snap");
    let message = |path: &Path| read(path, &all()).unwrap_err().to_string().replace(&dir.path().display().to_string(), "");
    assert!(message(&path).starts_with("/snap: "), "{}", message(&path));
    fs::create_dir(&path).unwrap();
    assert_eq!(message(&path), "/snap is not a snapshot: no snapshot.json in it");
    write(&path, &recording(), false).unwrap();
    fs::write(path.join("pods.json"), "{\"items\":[{\"metadata\":").unwrap();
    assert!(message(&path).starts_with("/snap: pods.json is damaged: EOF while parsing"), "{}", message(&path));
    fs::write(path.join("pods.json"), "{}").unwrap();
    assert!(message(&path).starts_with("/snap: pods.json is damaged: missing field `items`"), "{}", message(&path));
    fs::remove_file(path.join("pods.json")).unwrap();
    assert_eq!(message(&path), "/snap: pods.json is missing, though the snapshot says that it was recorded");
    fs::write(path.join(HEADER), r#"{"kind": "Snapshot", "formatVersion": 99, "news": []}"#).unwrap();
    assert_eq!(message(&path), "/snap has format version 99; this version of netstore reads up to 1: please update");
    fs::write(path.join(HEADER), r#"{"kind": "Snap"#).unwrap();
    assert!(message(&path).starts_with("/snap: snapshot.json is damaged: EOF"), "{}", message(&path));

    let archive = dir.path().join("a.tgz");
    write(&archive, &recording(), false).unwrap();
    let bytes = fs::read(&archive).unwrap();
    fs::write(&archive, &bytes[..bytes.len() / 2]).unwrap();
    assert!(message(&archive).starts_with("/a.tgz: "), "{}", message(&archive));
    fs::write(&archive, "no archive at all").unwrap();
    assert!(message(&archive).starts_with("/a.tgz: "), "{}", message(&archive));
}

fn name() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9-]{0,6}"
}

fn labels() -> impl Strategy<Value = Value> {
    proptest::collection::btree_map("[a-z/.]{1,5}", "\\PC{0,5}", 0..4).prop_map(|labels| json!(labels))
}

fn object() -> impl Strategy<Value = (Resource, Value)> {
    let meta =
        (name(), name(), labels()).prop_map(|(name, namespace, labels)| json!({"name": name, "namespace": namespace, "labels": labels}));
    let env = proptest::collection::vec("VALUE[a-z]{3}", 0..3);
    (0..Resource::ALL.len(), meta, env, any::<bool>(), 0_u16..).prop_map(|(kind, meta, env, host, port)| {
        let env: Vec<Value> = env.iter().map(|value| json!({"name": "E", "value": value})).collect();
        let pod =
            json!({"hostNetwork": host, "containers": [{"name": "c", "env": env, "command": env, "ports": [{"containerPort": port}]}]});
        let resource = Resource::ALL[kind];
        let spec = match resource {
            Resource::Pods => pod,
            Resource::CronJobs => json!({"jobTemplate": {"spec": {"template": {"spec": pod}}}}),
            Resource::Services => json!({"selector": meta["labels"], "ports": [{"port": port}]}),
            Resource::NetworkPolicies => {
                json!({"podSelector": {"matchLabels": meta["labels"]}, "egress": [{"ports": [{"port": port}]}, null]})
            }
            _ => json!({"template": {"metadata": {"labels": meta["labels"]}, "spec": pod}}),
        };
        let data: BTreeMap<String, String> = BTreeMap::from([("k".to_owned(), "VALUEdata".to_owned())]);
        (resource, json!({"metadata": meta, "spec": spec, "data": data}))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_recording_comes_back(objects in proptest::collection::vec(object(), 0..20), archive in any::<bool>()) {
        let mut recording = recording();
        recording.lists.clear();
        for (resource, object) in objects {
            // Two objects of one name cannot be; their order in a snapshot would be that of the listing.
            let list = recording.lists.entry(resource).or_default();
            let id = |o: &Value| (o["metadata"]["namespace"].clone(), o["metadata"]["name"].clone());
            if list.iter().all(|other| id(other) != id(&object)) {
                list.push(object);
            }
        }
        recording.coverage = Coverage::complete(&Resource::ALL);
        for resource in Resource::ALL {
            recording.lists.entry(resource).or_default();
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(if archive { "s.tar.gz" } else { "s" });
        write(&path, &recording, false).unwrap();
        let back = read(&path, &all()).unwrap();
        prop_assert_eq!(text(back.objects), text(direct(&recording)));
        prop_assert_eq!(back.coverage, recording.coverage);
        if !archive {
            for (resource, items) in &recording.lists {
                let written = fs::read_to_string(path.join(file_name(*resource))).unwrap();
                let opaque = !matches!(resource, Resource::Secrets | Resource::ConfigMaps);
                prop_assert!(!written.replace("VALUEdata", if opaque { "" } else { "VALUEdata" }).contains("VALUE"), "{:?} {}", items, written);
            }
        }
    }
}
