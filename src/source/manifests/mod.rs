//! Objects from manifests: files, folders and standard input, as kubectl's `-f` takes them.
//!
//! The way of a file: `input` (bytes to text) → `split` (documents) → `parse` (values) → `collect` (objects,
//! each checked against `schema` by `check`). Whatever is odd becomes one of the `findings`, and the rest is read.

mod check;
mod collect;
pub mod findings;
mod input;
mod kinds;
mod lists;
mod parse;
mod path;
mod refused;
mod schema;
mod split;

use std::path::PathBuf;

pub use input::ManifestError;

use super::Collected;
use crate::inventory::{Coverage, Origin};
use crate::objects::Resource;
use collect::{Collector, Place};

/// One value of `-f`.
#[derive(Debug, Clone)]
pub enum Input {
    /// A file, or a directory of which `*.yaml`, `*.yml` and `*.json` are read.
    Path(PathBuf),
    /// What came on standard input.
    Stdin(Vec<u8>),
}

/// How to read.
#[derive(Debug, Clone)]
pub struct Options {
    /// Namespace of namespaced objects that name none.
    pub default_namespace: String,
    /// Whether directories are read with their subdirectories, as with kubectl's `-R`.
    pub recursive: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { default_namespace: "default".to_owned(), recursive: false }
    }
}

/// Reads manifests. What they do not hold does not exist, so coverage is complete.
///
/// # Errors
/// A path does not exist or cannot be read, or nothing in it can be understood at all. Anything less is a finding.
pub fn read(inputs: &[Input], options: &Options) -> Result<Collected, ManifestError> {
    let mut collector = Collector::new(&options.default_namespace);
    let mut names = Vec::new();
    for file in input::files(inputs, options.recursive)? {
        let (name, text) = file.read()?;
        file_text(&mut collector, &name, &text);
        names.push(name);
    }
    if !collector.found_anything() {
        return Err(ManifestError::Nothing { name: names.join(", "), reason: collector.complaints() });
    }
    let (objects, findings) = collector.finish(&names);
    Ok(Collected {
        objects,
        coverage: Coverage::complete(&Resource::ALL),
        origin: Origin::Manifests,
        cluster_version: None,
        collected_at: None,
        findings,
    })
}

fn file_text(collector: &mut Collector<'_>, name: &str, text: &str) {
    let documents = split::documents(text);
    let mut number = 0;
    for chunk in &documents {
        for document in parse::chunk(chunk) {
            number += 1;
            match document {
                Ok(document) => collector.document(Place::new(name, number, document.line), document),
                Err(error) => collector.unreadable(&Place::new(name, number, error.line), &error),
            }
        }
    }
}
