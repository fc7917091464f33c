//! The folders of `tests/fixtures/storage`: `objects.yaml`, and in `expected.json` what must be said of them.
//!
//! `{"claims": {"ns/name": {"cause": "ST-S02", "also": ["ST-C01"], "state": "problem", "wouldBind": null}}}` for claims,
//! `{"pods": {"ns/name": {"cause": "ST-K09", "sure": "certain", "volumes": {"data": "ST-K09"}}}}` for pods (folders `K…`); what is not named is
//! not compared, but for the cause. `withoutEvents` says what changes where only an event tells. The objects are a recorded cluster at
//! noon of 2026-11-21; `origin: manifests` leaves them as files. `unread` lists kinds that may not be read, `absent` kinds that the cluster
//! does not have.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use netstore::inventory::{Coverage, Origin, State};
use netstore::objects::Resource;
use netstore::source::Collected;
use netstore::source::manifests::{Input, Options, read};
use serde::Deserialize;

/// One folder.
pub struct Fixture {
    folder: PathBuf,
    pub expected: Expected,
}

/// What `expected.json` says.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Expected {
    pub origin: String,
    pub unread: Vec<String>,
    pub absent: Vec<String>,
    pub claims: BTreeMap<String, Said>,
    pub pods: BTreeMap<String, Said>,
    pub without_events: BTreeMap<String, Said>,
}

/// What must be said of a claim or a pod.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Said {
    pub cause: Option<String>,
    pub also: Vec<String>,
    pub state: Option<String>,
    pub says: Option<String>,
    /// Of claims: the volume that would be bound.
    pub would_bind: Option<String>,
    /// Of pods: the confidence.
    pub sure: Option<String>,
    /// Of pods: the causes of volumes.
    pub volumes: BTreeMap<String, String>,
}

/// Those about claims.
pub fn of_claims() -> Vec<Fixture> {
    below("").into_iter().filter(|fixture| !fixture.is_of_pods()).collect()
}

/// Those about the volumes of pods: `K…`.
pub fn of_pods() -> Vec<Fixture> {
    below("").into_iter().filter(Fixture::is_of_pods).collect()
}

/// Those of a folder, in the order of their names.
pub fn below(folder: &str) -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/storage").join(folder);
    let mut folders: Vec<PathBuf> = fs::read_dir(root).expect("fixtures").map(|entry| entry.expect("an entry").path()).collect();
    folders.retain(|path| path.join("objects.yaml").exists());
    folders.sort();
    folders.into_iter().map(Fixture::at).collect()
}

impl Fixture {
    /// The healthy ones have nothing to be said of them.
    fn at(folder: PathBuf) -> Self {
        let text = fs::read_to_string(folder.join("expected.json"));
        let parsed = text.map(|text| serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", folder.display())));
        Self { expected: parsed.unwrap_or_default(), folder }
    }

    /// The name of its folder.
    pub fn name(&self) -> String {
        self.folder.file_name().unwrap_or_default().display().to_string()
    }

    /// Whether it is about the volumes of a pod.
    pub fn is_of_pods(&self) -> bool {
        self.name().starts_with('K')
    }

    /// What must be said of a claim or a pod, with events or without.
    pub fn said<'e>(&'e self, key: &str, usual: &'e Said, events: bool) -> &'e Said {
        self.expected.without_events.get(key).filter(|_| !events).unwrap_or(usual)
    }

    /// The text of its objects.
    pub fn text(&self) -> String {
        fs::read_to_string(self.folder.join("objects.yaml")).expect("objects.yaml")
    }

    /// The objects as they were read, with or without events.
    pub fn collected(&self, events: bool) -> Collected {
        let mut collected = self.read(&self.text(), &self.expected.unread);
        if !events {
            collected.objects.events.clear();
        }
        collected
    }

    /// These objects in place of its own, read by somebody who may not read some kinds.
    pub fn read(&self, objects: &str, unread: &[String]) -> Collected {
        let inputs = [Input::Stdin(objects.to_owned().into())];
        let mut collected = read(&inputs, &Options::default()).unwrap_or_else(|error| panic!("{}: {error}", self.name()));
        if self.is_recorded() {
            let odd: Vec<&str> = collected.findings.iter().map(|finding| finding.message.as_str()).collect();
            assert!(odd.is_empty(), "{}: {odd:?}", self.name());
            collected.origin = Origin::Snapshot;
            collected.collected_at = Some("2026-11-21T12:00:00Z".parse().expect("a time"));
        }
        collected.coverage = Coverage::complete(&Resource::ALL);
        for resource in Resource::ALL {
            let is_in = |kinds: &[String]| kinds.iter().any(|plural| plural == resource.plural());
            if is_in(unread) {
                collected.coverage.record(resource, None, State::Forbidden);
            }
            if is_in(&self.expected.absent) {
                collected.coverage.record(resource, None, State::NotServed);
            }
        }
        collected
    }

    /// Whether the objects are those of a cluster.
    pub fn is_recorded(&self) -> bool {
        self.expected.origin != "manifests"
    }
}
