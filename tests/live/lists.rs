//! What questions about storage read: each kind once, and only what the question needs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use netstore::objects::Resource;
use serde_json::{Value, json};

use super::server::{Reply, Server, page, status};

/// A server of these objects, by the plural of their kinds.
fn server(yaml: &str) -> Server {
    let mut lists: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for text in yaml.split("\n---").map(|text| text.trim_start_matches("---")).filter(|text| !text.trim().is_empty()) {
        let options = serde_saphyr::options! { strict_booleans: true };
        let object: Value = serde_saphyr::from_str_with_options(text, options).unwrap();
        let kind = Resource::of(object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap()).unwrap();
        lists.entry(kind.plural()).or_default().push(object);
    }
    let of_objects: BTreeSet<&str> = lists.keys().copied().collect();
    // Only what some object is of is served beyond what every cluster serves.
    let versions = Resource::ALL.into_iter().filter(|kind| of_objects.contains(kind.plural())).map(Resource::api_version);
    let versions: BTreeSet<String> = versions.filter(|version| version.contains('/')).collect();
    let group = |of: &String| {
        let (name, version) = of.split_once('/').unwrap();
        json!({"name": name, "versions": [{"groupVersion": of, "version": version}]})
    };
    let groups = json!({"kind": "APIGroupList", "groups": versions.iter().map(group).collect::<Vec<_>>()});
    Server::start(move |path, _| {
        if path == "/apis" {
            return Reply::Json(200, groups.clone());
        }
        let plural = path.split('?').next().unwrap().rsplit('/').next().unwrap();
        match Resource::ALL.into_iter().find(|kind| kind.plural() == plural) {
            Some(kind) => page(kind.kind(), "", lists.get(plural).cloned().unwrap_or_default()),
            None => status(404, "NotFound", ""),
        }
    })
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/storage")
}

fn fixture(name: &str) -> String {
    std::fs::read_to_string(folder().join(name).join("objects.yaml")).unwrap()
}

/// The kinds that are listed, in order, for a question about these objects.
#[track_caller]
fn lists(yaml: &str, question: &[&str]) -> Vec<String> {
    let server = server(yaml);
    let (file, _) = super::options(&server.url);
    let mut command = Command::new(crate::program::program());
    let output = command.args(question).env_clear().env("KUBECONFIG", file.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let requests = server.requests().into_iter().filter_map(|request| request.lines().next().map(str::to_owned));
    let lists = requests.filter(|path| !path.starts_with("/version") && path != "/apis");
    let mut lists: Vec<String> = lists.map(|path| path.split('?').next().unwrap().rsplit('/').next().unwrap().to_owned()).collect();
    lists.sort();
    lists
}

const OF_CLAIMS: [&str; 8] =
    ["csidrivers", "csinodes", "nodes", "persistentvolumeclaims", "persistentvolumes", "pods", "statefulsets", "storageclasses"];

#[test]
fn claims_that_are_well_take_eight_lists() {
    assert_eq!(lists(&fixture("healthy/retain"), &["pvc-why-pending", "-A"]), OF_CLAIMS);
}

#[test]
fn events_and_leases_are_read_for_claims_that_wait_for_a_provisioner() {
    let mut expected = [&OF_CLAIMS[..], &["events", "leases"]].concat();
    expected.sort_unstable();
    assert_eq!(lists(&fixture("D07"), &["pvc-why-pending", "data", "-n", "shop"]), expected);
}

#[test]
fn what_others_wait_for_is_not_read() {
    let world = [fixture("D07"), fixture("W07"), fixture("Q01"), fixture("D13")].join("\n---\n");
    assert_eq!(lists(&world, &["pvc-why-pending", "-n", "other"]), OF_CLAIMS);
}

/// Whatever is the matter with however many claims.
#[test]
fn twelve_lists_answer_for_every_claim() {
    let folders = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let objects = folders.map(|folder| folder.join("objects.yaml")).filter(|path| path.exists());
    let everything: Vec<String> = objects.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let lists = lists(&everything.join("\n---\n"), &["pvc-why-pending", "-A"]);
    assert_eq!(lists.len(), 12, "{lists:?}");
    let mut once = lists.clone();
    once.dedup();
    assert_eq!(lists, once, "each kind once");
}

#[test]
fn a_pod_without_claims_needs_no_volumes() {
    let all = ["configmaps", "events", "persistentvolumeclaims", "pods"];
    assert_eq!(lists(&fixture("K01"), &["volumes", "web", "-n", "shop"]), all);
    let running = ["persistentvolumeclaims", "pods"];
    assert_eq!(lists(&fixture("healthy-pods/empty-dirs"), &["volumes", "-A"]), running);
}

#[test]
fn a_pod_with_claims_takes_what_may_keep_its_volume() {
    let all = [
        "csidrivers",
        "csinodes",
        "deployments",
        "events",
        "leases",
        "nodes",
        "persistentvolumeclaims",
        "persistentvolumes",
        "pods",
        "replicasets",
        "storageclasses",
        "volumeattachments",
    ];
    assert_eq!(lists(&fixture("K09"), &["volumes", "web", "-n", "shop"]), all);
}

#[test]
fn the_overview_reads_the_kinds_of_claims_and_leases() {
    let mut expected = [&OF_CLAIMS[..], &["leases"]].concat();
    expected.sort_unstable();
    assert_eq!(lists(&fixture("healthy/retain"), &["storage"]), expected);
}
