//! A recorded cluster: a directory or a `.tar.gz` that holds what the questions need, and answers them as the cluster did.
//!
//! Layout: `snapshot.json` (the `header`: version, time, coverage) and one list a kind, named as kubectl names kinds:
//! `pods.json`, `networkpolicies.networking.k8s.io.json`. One object a line, sorted, so that two snapshots can be
//! compared with `diff`. Values of Secrets, ConfigMaps and environments never get in, but for harmless words about names: see `prune`.

mod header;
mod list;
mod prune;
mod read;
mod stream;
mod write;

use std::path::{Path, PathBuf};

use super::{Collected, Needs, Recording, words};
use crate::inventory::{Coverage, Origin, State};
use crate::objects::{Objects, Resource};
use header::Header;
use read::Files;

/// Why a snapshot could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file system says no.
    #[error("{}: {}", .path.display(), words::of_io(source))]
    Io {
        /// File or directory.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Something else is there already.
    #[error("{} exists and is not a snapshot; choose another name, or allow it to be overwritten", .0.display())]
    InTheWay(PathBuf),
    /// There is no `snapshot.json`.
    #[error("{} is not a snapshot: no snapshot.json in it", .0.display())]
    NotASnapshot(PathBuf),
    /// Written by a later version of netstore.
    #[error("{} has format version {version}; this version of netstore reads up to {}: please update", .path.display(), header::FORMAT_VERSION)]
    Newer {
        /// The snapshot.
        path: PathBuf,
        /// Its format version.
        version: u64,
    },
    /// A file of the snapshot cannot be understood.
    #[error("{}: {file} is damaged: {source}", .path.display())]
    Damaged {
        /// The snapshot.
        path: PathBuf,
        /// The file in it.
        file: String,
        /// What the decoder says.
        source: serde_json::Error,
    },
    /// A file that must be there is not.
    #[error("{}: {file} is missing, though the snapshot says that it was recorded", .path.display())]
    Missing {
        /// The snapshot.
        path: PathBuf,
        /// The file that should be in it.
        file: String,
    },
    /// Larger than any cluster.
    #[error("{} is too large: more than {} GiB unpacked", .0.display(), read::MAX_BYTES >> 30)]
    TooLarge(PathBuf),
}

/// Name of the header's file.
const HEADER: &str = "snapshot.json";

/// Name of the file of a list.
fn file_name(resource: Resource) -> String {
    format!("{}.json", resource.qualified())
}

/// Whether a path names an archive rather than a directory.
fn is_archive(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(".tar.gz") || name.ends_with(".tgz"))
}

/// Writes a snapshot: an archive if the path ends in `.tar.gz` or `.tgz`, otherwise a directory. An older snapshot at the
/// same place is replaced; anything else only if `overwrite` is set, and then foreign files in a directory stay.
///
/// # Errors
/// The file system refuses, or something else is in the way.
pub fn write(path: &Path, recording: &Recording, overwrite: bool) -> Result<(), SnapshotError> {
    let files = write::files(path, recording)?;
    if is_archive(path) {
        write::archive(path, &files, recording.collected_at, overwrite)
    } else {
        write::directory(path, &files, overwrite)
    }
}

/// Reads from a snapshot what a question needs. A kind that was not recorded is a hole in the coverage, not an error.
///
/// # Errors
/// It is no snapshot, damaged, or of a later format.
pub fn read(path: &Path, needs: &Needs) -> Result<Collected, SnapshotError> {
    let wanted: Vec<Resource> = needs.resources.iter().chain(&needs.system).copied().collect();
    let files = Files::open(path, &wanted)?;
    let header = header(path, &files)?;
    let mut objects = Objects::default();
    let mut coverage = Coverage::default();
    let recorded = header.coverage();
    for resource in Resource::ALL.into_iter().filter(|r| wanted.contains(r)) {
        let states: Vec<(Option<&str>, &State)> =
            recorded.iter().filter(|(r, ..)| *r == resource).map(|(_, s, state)| (s, state)).collect();
        if states.is_empty() {
            coverage.record(resource, None, State::NotInSnapshot);
            continue;
        }
        let recorded = |state: &State| matches!(state, State::Complete | State::Truncated(_));
        // A list that did not come, or of a kind that is not served, has no file.
        if !read_list(path, &files, resource, &mut objects)? && states.iter().any(|(_, state)| recorded(state)) {
            return Err(SnapshotError::Missing { path: path.to_owned(), file: file_name(resource) });
        }
        for (scope, state) in states {
            coverage.record(resource, scope.map(str::to_owned), state.clone());
        }
    }
    Ok(Collected {
        objects,
        coverage,
        origin: Origin::Snapshot,
        cluster_version: header.cluster_version,
        collected_at: Some(header.collected_at),
        findings: Vec::new(),
    })
}

/// Adds what is in the list of a kind, and says whether there is one.
fn read_list(path: &Path, files: &Files, resource: Resource, objects: &mut Objects) -> Result<bool, SnapshotError> {
    let file = file_name(resource);
    let Some(text) = files.reader(&file)? else { return Ok(false) };
    if !stream::read(objects, resource, text) {
        let bytes = files.get(&file)?.unwrap_or_default();
        let damaged = |source| SnapshotError::Damaged { path: path.to_owned(), file, source };
        list::decode(objects, resource, &bytes).map_err(damaged)?;
    }
    Ok(true)
}

fn header(path: &Path, files: &Files) -> Result<Header, SnapshotError> {
    let bytes = files.get(HEADER)?.ok_or_else(|| SnapshotError::NotASnapshot(path.to_owned()))?;
    let damaged = |source| SnapshotError::Damaged { path: path.to_owned(), file: HEADER.to_owned(), source };
    let format: header::Format = serde_json::from_slice(&bytes).map_err(damaged)?;
    if !format.is_ours() {
        return Err(SnapshotError::NotASnapshot(path.to_owned()));
    }
    if format.format_version > header::FORMAT_VERSION {
        return Err(SnapshotError::Newer { path: path.to_owned(), version: format.format_version });
    }
    serde_json::from_slice(&bytes).map_err(damaged)
}

#[cfg(test)]
mod tests;
