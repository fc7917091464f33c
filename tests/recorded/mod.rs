//! Objects in files, as a cluster that was recorded by somebody who may not list some kinds.

use std::path::PathBuf;

use netstore::inventory::{Collected, Coverage, Origin, State};
use netstore::objects::Resource;
use netstore::source::manifests::{Input, Options, read};

/// The cluster that files hold. Kinds go by their plurals; what the files hold of one that may not be listed is for the caller to take away.
pub fn recorded(files: &[PathBuf], unread: &[String]) -> Collected {
    let mut collected = objects(files);
    collected.origin = Origin::Snapshot;
    collected.coverage = Coverage::complete(&Resource::ALL);
    for resource in kinds(unread) {
        collected.coverage.record(resource, None, State::Forbidden);
    }
    collected
}

/// What files hold; nothing of it may be odd.
pub fn objects(files: &[PathBuf]) -> Collected {
    let inputs: Vec<Input> = files.iter().cloned().map(Input::Path).collect();
    let collected = read(&inputs, &Options::default()).expect("objects");
    let odd: Vec<&str> = collected.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert!(odd.is_empty(), "{files:?}: {odd:?}");
    collected
}

/// The kinds with these plurals.
pub fn kinds(plurals: &[String]) -> impl Iterator<Item = Resource> {
    Resource::ALL.into_iter().filter(|resource| plurals.iter().any(|plural| plural == resource.plural()))
}
