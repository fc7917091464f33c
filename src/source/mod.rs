//! Where objects come from: a live API server, a snapshot, manifests. All hand over the same [`Collected`].

pub mod decode;
pub mod live;
pub mod manifests;
pub mod snapshot;

pub use crate::inventory::Collected;
use crate::objects::Resource;

/// What a question must read.
#[derive(Debug, Clone, Default)]
pub struct Needs {
    /// Kinds, each listed in all namespaces if that is permitted.
    pub resources: Vec<Resource>,
    /// Namespaces the question names: where the list of all namespaces is forbidden, these are asked one by one.
    pub namespaces: Vec<String>,
}
