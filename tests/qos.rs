//! Findings about QoS: each `fixtures/qos/CODE…` holds objects, the classes and all findings that must come of them.
//!
//! `expected.json`: `{"findings": ["QS-C01"], "pods": {"Deployment/web": "Burstable"}}`; a class of null is one that cannot be told. The
//! objects are files to be applied, or, with `"cluster": true`, a recorded cluster. `unread` lists kinds that may not be read, `version` is
//! its release, `says` is part of what is said.

mod recorded;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use netstore::inventory::Inventory;
use netstore::qos::{Named, Question, findings, qos};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    findings: Vec<String>,
    pods: BTreeMap<String, Option<String>>,
    #[serde(default)]
    cluster: bool,
    #[serde(default)]
    unread: Vec<String>,
    /// Release of the cluster.
    version: Option<String>,
    says: Option<String>,
}

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/qos");
    let mut folders: Vec<PathBuf> = fs::read_dir(root).expect("fixtures").map(|entry| entry.expect("an entry").path()).collect();
    folders.sort();
    folders
}

fn inventory(folder: &Path, expected: &Expected) -> Inventory {
    let files = [folder.join("objects.yaml")];
    if !expected.cluster {
        return Inventory::build(recorded::objects(&files));
    }
    let mut collected = recorded::recorded(&files, &expected.unread);
    collected.cluster_version.clone_from(&expected.version);
    Inventory::build(collected)
}

#[test]
fn every_fixture_has_the_classes_and_findings_it_expects() {
    let mut wrong = Vec::new();
    for folder in folders() {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(folder.join("expected.json")).expect("expected.json");
        let expected: Expected = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let inventory = inventory(&folder, &expected);
        let mut named = Named::default();
        for (kind, object) in expected.pods.keys().filter_map(|key| key.split_once('/')) {
            let (namespace, object) = ("shop".to_owned(), object.to_owned());
            match kind {
                "Pod" => named.pods.push((namespace, object)),
                kind => named.workloads.push((namespace, kind.to_owned(), object)),
            }
        }
        let (answer, found) = qos(&inventory, &Question { named: Some(named), ..Question::default() });
        let mut codes: Vec<&str> = found.iter().map(|finding| finding.code).collect();
        codes.sort_unstable();
        codes.dedup();
        let said: Vec<String> = found.iter().map(|f| format!("{} {}: {} {:?}", f.code, f.name, f.message, f.remedy)).collect();
        if codes != expected.findings {
            wrong.push(format!("{name}: {said:#?}, should be {:?}", expected.findings));
        }
        if let Some(part) = expected.says.filter(|part| !said.iter().any(|text| text.contains(part))) {
            wrong.push(format!("{name}: nothing says {part:?}: {said:#?}"));
        }
        for finding in &found {
            if finding.evidence.is_empty() {
                wrong.push(format!("{name}: {} has no evidence", finding.code));
            }
        }
        let is: BTreeMap<String, Option<String>> =
            answer.pods.iter().map(|pod| (format!("{}/{}", pod.kind, pod.name), pod.class.map(|class| format!("{class:?}")))).collect();
        if is != expected.pods {
            wrong.push(format!("{name}: classes {is:?}, should be {:?}", expected.pods));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_finding_has_a_fixture() {
    let names: Vec<String> = folders().iter().filter_map(|folder| folder.file_name()).map(|n| n.to_string_lossy().into_owned()).collect();
    for kind in findings::ALL {
        let code = kind.code.trim_start_matches("QS-");
        assert!(names.iter().any(|name| name == code), "{} has no fixture", kind.code);
    }
}
