//! `dns POD NAME`: each `fixtures/dns/pod/CASE` holds a pod or a workload, and what must come of a name in it.
//!
//! `expected.json` says who asks (`Deployment/web`) for which name, whether it resolves with each library, all findings, how much is assumed, and
//! perhaps how many questions each library makes and part of what is said. `cluster.yaml` is there in every case. Kinds in `unread` may be read in
//! the namespace `read_in` alone; objects of the kinds in `without` are not there.

mod recorded;

use std::fs;
use std::path::{Path, PathBuf};

use netstore::dns::search::Wanted;
use netstore::dns::{Question, Subject, ask, findings};
use netstore::inventory::{Inventory, State};
use netstore::objects::{Objects, Resource};
use netstore::report::ObjectRef;
use netstore::report::dns::{Dns, Libc, Resolves};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    ask: String,
    name: String,
    #[serde(default, rename = "type")]
    wanted: Option<String>,
    glibc: String,
    musl: String,
    go: String,
    findings: Vec<String>,
    assumed: usize,
    questions: Option<usize>,
    says: Option<String>,
    #[serde(default)]
    unread: Vec<String>,
    #[serde(default)]
    read_in: String,
    #[serde(default)]
    without: Vec<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/dns/pod")
}

fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(root()).expect("fixtures").map(|entry| entry.expect("an entry").path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders
}

fn inventory(folder: &Path, expected: &Expected) -> Inventory {
    let mut collected = recorded::recorded(&[root().join("cluster.yaml"), folder.join("objects.yaml")], &expected.unread);
    for resource in recorded::kinds(&expected.unread) {
        collected.coverage.record(resource, Some(expected.read_in.clone()), State::Complete);
        forget(&mut collected.objects, resource, &expected.read_in);
    }
    if expected.without.iter().any(|kind| kind == "EndpointSlice") {
        collected.objects.endpoint_slices.clear();
    }
    Inventory::build(collected)
}

/// Takes away what is elsewhere.
fn forget(objects: &mut Objects, resource: Resource, namespace: &str) {
    match resource {
        Resource::ConfigMaps => objects.config_maps.retain(|map| map.metadata.namespace == namespace),
        Resource::Services => objects.services.retain(|service| service.metadata.namespace == namespace),
        Resource::EndpointSlices => objects.endpoint_slices.retain(|slice| slice.metadata.namespace == namespace),
        _ => panic!("{resource:?}"),
    }
}

fn subject(inventory: &Inventory, named: &str) -> Subject {
    let (kind, name) = named.split_once('/').expect("KIND/NAME");
    let object = ObjectRef::new(kind, "shop", name);
    match inventory.pod("shop", name) {
        Some(at) => Subject::of_pod(inventory, object, &inventory.pods[at]),
        None => Subject::of_template(inventory.objects.workloads.iter().find(|w| w.metadata.name == name).expect("a workload")),
    }
}

fn resolves(answer: &Dns, libc: Libc) -> &'static str {
    match answer.outcome.libcs.iter().find(|outcome| outcome.libc == libc).map(|outcome| outcome.resolves) {
        Some(Resolves::Yes) => "yes",
        Some(Resolves::No) => "no",
        Some(Resolves::Unknown) => "unknown",
        None => "not asked",
    }
}

#[test]
fn every_fixture_has_the_outcome_and_findings_it_expects() {
    let mut wrong = Vec::new();
    for folder in folders() {
        let case = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(folder.join("expected.json")).expect("expected.json");
        let expected: Expected = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{case}: {error}"));
        let inventory = inventory(&folder, &expected);
        let question = Question {
            subject: subject(&inventory, &expected.ask),
            name: expected.name.clone(),
            wanted: match expected.wanted.as_deref() {
                Some("A") => Wanted::V4,
                Some("AAAA") => Wanted::V6,
                _ => Wanted::Both,
            },
            libcs: vec![Libc::Glibc, Libc::Musl, Libc::Go],
        };
        let (answer, found) = ask(&inventory, &question);
        let said = format!("{:#?}\n{found:#?}", answer.outcome);
        let told = [Libc::Glibc, Libc::Musl, Libc::Go].map(|libc| resolves(&answer, libc));
        if told != [expected.glibc.as_str(), &expected.musl, &expected.go] {
            wrong.push(format!("{case}: resolves {told:?}\n{said}"));
        }
        let mut codes: Vec<&str> = found.iter().map(|finding| finding.code).collect();
        codes.sort_unstable();
        if codes != expected.findings || found.iter().any(|finding| finding.evidence.is_empty()) {
            wrong.push(format!("{case}: findings {codes:?}\n{found:#?}"));
        }
        if answer.outcome.assumed.len() != expected.assumed {
            wrong.push(format!("{case}: assumed {:#?}", answer.outcome.assumed));
        }
        if expected.questions.is_some_and(|count| answer.outcome.libcs.iter().any(|outcome| outcome.questions != count)) {
            wrong.push(format!("{case}: {:#?}", answer.outcome.libcs));
        }
        // As it stands in the text, not as Rust writes it.
        let texts =
            found.iter().flat_map(|f| f.remedy.iter().map(|r| format!("{} {}", r.description, r.command.clone().unwrap_or_default())));
        let texts: Vec<String> = texts.chain(found.iter().map(|finding| finding.message.clone())).collect();
        if let Some(part) = expected.says.filter(|part| !texts.iter().any(|text| text.contains(part))) {
            wrong.push(format!("{case}: nothing says {part:?}: {texts:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_finding_has_a_fixture() {
    let names: Vec<String> = folders().iter().filter_map(|folder| folder.file_name()).map(|n| n.to_string_lossy().into_owned()).collect();
    for kind in findings::pod::ALL {
        let code = kind.code.trim_start_matches("DN-");
        assert!(names.iter().any(|name| name == code), "{} has no fixture", kind.code);
    }
}
