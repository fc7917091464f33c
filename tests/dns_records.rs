//! `dns records`: each `fixtures/dns/records/CASE` holds objects, and which names exist because of one of them.
//!
//! `expected.json` says what is asked about (`Service/db`), all records, all names that are missed, those that cannot be told, all findings, and
//! the commands that they give. `cluster.yaml` is there in every case; kinds in `unread` could not be read. With `UPDATE_FIXTURES=1` what comes is
//! written down, to be looked at.

mod recorded;

use std::fs;
use std::path::{Path, PathBuf};

use netstore::dns::findings;
use netstore::dns::records::{Subject, records};
use netstore::inventory::{Inventory, Origin};
use netstore::objects::{Objects, Resource};
use netstore::report::ObjectRef;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct Case {
    ask: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unread: Vec<String>,
    /// Whether the objects are files that are not applied yet.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    manifests: bool,
    records: Vec<String>,
    missing: Vec<String>,
    unknown: Vec<String>,
    assumed: Vec<String>,
    findings: Vec<String>,
    commands: Vec<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/dns/records")
}

fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(root()).expect("fixtures").map(|entry| entry.expect("an entry").path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders
}

fn inventory(folder: &Path, case: &Case) -> Inventory {
    let mut collected = recorded::recorded(&[root().join("cluster.yaml"), folder.join("objects.yaml")], &case.unread);
    if case.manifests {
        collected.origin = Origin::Manifests;
    }
    for resource in recorded::kinds(&case.unread) {
        forget(&mut collected.objects, resource);
    }
    Inventory::build(collected)
}

fn forget(objects: &mut Objects, resource: Resource) {
    match resource {
        Resource::ConfigMaps => objects.config_maps.clear(),
        Resource::EndpointSlices => objects.endpoint_slices.clear(),
        _ => panic!("{resource:?}"),
    }
}

fn subject(inventory: &Inventory, named: &str) -> Subject {
    let (kind, name) = named.split_once('/').expect("KIND/NAME");
    let group = inventory.groups.iter().find(|group| group.kind.name() == kind && group.name == name);
    let namespace = if kind == "Namespace" { "" } else { "shop" };
    let pods = match kind {
        "Service" | "Namespace" => None,
        _ => Some(group.map(|group| group.pods.clone()).unwrap_or_default()),
    };
    Subject { object: ObjectRef::new(kind, namespace, name), pods }
}

#[test]
fn every_fixture_has_the_names_and_findings_it_expects() {
    let mut wrong = Vec::new();
    for folder in folders() {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let file = folder.join("expected.json");
        let text = fs::read_to_string(&file).expect("expected.json");
        let expected: Case = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let inventory = inventory(&folder, &expected);
        let (answer, found) = records(&inventory, &subject(&inventory, &expected.ask));
        assert!(found.iter().all(|finding| !finding.evidence.is_empty()), "{name}: {found:#?}");
        let mut codes: Vec<String> = found.iter().map(|finding| format!("{} {}", finding.code, finding.message)).collect();
        codes.sort_unstable();
        let told = Case {
            ask: expected.ask.clone(),
            unread: expected.unread.clone(),
            manifests: expected.manifests,
            records: answer
                .records
                .iter()
                .map(|one| format!("{} {} {} ({})", one.name, one.kind, one.values.join(", "), one.because))
                .collect(),
            missing: answer.missing.iter().map(|one| format!("{} {}: {}", one.name, one.kind, one.because)).collect(),
            unknown: answer.unknown.iter().map(|one| format!("{} {}: {}", one.name, one.kind, one.because)).collect(),
            assumed: answer.assumed,
            findings: codes,
            commands: found.iter().flat_map(|finding| &finding.remedy).filter_map(|remedy| remedy.command.clone()).collect(),
        };
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            fs::write(&file, serde_json::to_string_pretty(&told).expect("JSON") + "\n").expect("expected.json");
        } else if told != expected {
            wrong.push(format!("{name}: {told:#?}\ninstead of {expected:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_finding_has_a_fixture() {
    let names: Vec<String> = folders().iter().filter_map(|folder| folder.file_name()).map(|n| n.to_string_lossy().into_owned()).collect();
    for kind in findings::records::ALL {
        let code = kind.code.trim_start_matches("DN-");
        assert!(names.iter().any(|name| name == code), "{} has no fixture", kind.code);
    }
}
