//! Findings of `dns doctor`: each `fixtures/dns/doctor/CODE…` holds objects of a recorded cluster, and what must come of them.
//!
//! `expected.json`: `{"findings": ["DN-D01"], "state": "problem"}`; `unread` lists kinds that may not be read, `pod` the pod that is asked about.

mod recorded;

use std::fs;
use std::path::{Path, PathBuf};

use netstore::dns::corefile::without_secrets;
use netstore::dns::doctor::{Scope, doctor};
use netstore::dns::findings;
use netstore::inventory::Inventory;
use netstore::policy::Cni;
use netstore::report::ObjectRef;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    findings: Vec<String>,
    state: String,
    #[serde(default)]
    unread: Vec<String>,
    /// The pod that is asked about, of the namespace shop; none: everything.
    #[serde(default)]
    pod: Option<String>,
}

impl Expected {
    fn scope(&self, inventory: &Inventory) -> Scope {
        let Some(name) = &self.pod else { return Scope::default() };
        let at = inventory.pod("shop", name).expect("the pod that is asked about");
        Scope { subject: Some((ObjectRef::new("Pod", "shop", name), vec![at])), namespace: None }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn folders() -> Vec<PathBuf> {
    let all = fs::read_dir(root().join("tests/fixtures/dns/doctor")).expect("fixtures");
    let mut folders: Vec<PathBuf> = all.map(|entry| entry.expect("an entry").path()).collect();
    folders.sort();
    folders
}

fn inventory(folder: &Path, expected: &Expected) -> Inventory {
    Inventory::build(recorded::recorded(&[folder.join("objects.yaml")], &expected.unread))
}

#[test]
fn every_fixture_has_the_findings_it_expects() {
    let mut wrong = Vec::new();
    for folder in folders() {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(folder.join("expected.json")).expect("expected.json");
        let expected: Expected = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let inventory = inventory(&folder, &expected);
        let (answer, found) = doctor(&inventory, Cni::default(), &expected.scope(&inventory));
        let mut codes: Vec<&str> = found.iter().map(|finding| finding.code).collect();
        codes.sort_unstable();
        codes.dedup();
        let said: Vec<String> = found.iter().map(|f| format!("{} {}: {:?}", f.code, f.message, f.remedy)).collect();
        let state = format!("{:?}", answer.state).to_lowercase();
        if codes != expected.findings || state != expected.state {
            wrong.push(format!("{name}: {state} {said:#?}, should be {} {:?}: {:#?}", expected.state, expected.findings, answer.checks));
        }
        for finding in &found {
            if finding.evidence.is_empty() {
                wrong.push(format!("{name}: {} has no evidence", finding.code));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_finding_has_a_fixture() {
    let names: Vec<String> = folders().iter().filter_map(|folder| folder.file_name()).map(|n| n.to_string_lossy().into_owned()).collect();
    for kind in findings::doctor::ALL {
        let code = kind.code.trim_start_matches("DN-");
        assert!(names.iter().any(|name| name == code), "{} has no fixture", kind.code);
    }
}

#[test]
fn the_recorded_corefile_is_that_of_the_test_bed() {
    let addon = fs::read_to_string(root().join("tests/cluster/addons/coredns.yaml")).expect("the addon");
    let (_, text) = addon.split_once("  Corefile: |\n").expect("a Corefile");
    let (text, _) = text.split_once("\n---\n").expect("its end");
    let recorded = fs::read_to_string(root().join("examples/shop/configmaps.json")).expect("the example");
    let recorded: serde_json::Value = serde_json::from_str(&recorded).expect("JSON");
    let maps = recorded["items"].as_array().expect("a list");
    let map = maps.iter().find(|map| map["metadata"]["name"] == "coredns").expect("the ConfigMap");
    assert_eq!(map["data"]["Corefile"], without_secrets(text, false));
}
