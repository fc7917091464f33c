//! What was asked for and what came: the reason for every *unknown*.

use std::collections::BTreeMap;
use std::fmt;

use crate::objects::Resource;

/// Where a list was asked for: everywhere (`None`) or in one namespace.
pub type Scope = Option<String>;

/// How asking for a list ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// All of it was read.
    Complete,
    /// The API server said no.
    Forbidden,
    /// The API server does not have this kind.
    NotServed,
    /// No answer in time, or the connection broke.
    Failed(String),
    /// Only a part came.
    Truncated(String),
    /// The snapshot was taken without it.
    NotInSnapshot,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete => f.write_str("complete"),
            Self::Forbidden => f.write_str("forbidden"),
            Self::NotServed => f.write_str("not served"),
            Self::Failed(why) => write!(f, "failed: {why}"),
            Self::Truncated(why) => write!(f, "truncated: {why}"),
            Self::NotInSnapshot => f.write_str("not in the snapshot"),
        }
    }
}

/// For every kind and scope that was needed: what came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    entries: BTreeMap<(Resource, Scope), State>,
}

impl Coverage {
    /// Records how a list ended; a later word on the same list replaces the earlier one.
    pub fn record(&mut self, resource: Resource, scope: Scope, state: State) {
        self.entries.insert((resource, scope), state);
    }

    /// Everything recorded, sorted by kind and scope.
    pub fn iter(&self) -> impl Iterator<Item = (Resource, Option<&str>, &State)> {
        self.entries.iter().map(|((resource, scope), state)| (*resource, scope.as_deref(), state))
    }

    /// Whether all objects of this kind in this namespace (none: in the cluster) are known.
    ///
    /// A kind that is not served has no objects: that is complete knowledge.
    pub fn is_complete(&self, resource: Resource, namespace: Option<&str>) -> bool {
        let complete = |scope: Scope| matches!(self.entries.get(&(resource, scope)), Some(State::Complete | State::NotServed));
        complete(None) || namespace.is_some_and(|ns| complete(Some(ns.to_owned())))
    }

    /// Whether the API server does not have the kind.
    pub fn is_absent(&self, resource: Resource) -> bool {
        self.entries.get(&(resource, None)) == Some(&State::NotServed)
    }

    /// Everything that did not come, sorted.
    pub fn holes(&self) -> impl Iterator<Item = (Resource, Option<&str>, &State)> {
        self.iter().filter(|(_, _, state)| !matches!(state, State::Complete | State::NotServed))
    }

    /// A coverage in which everything of these kinds was read.
    pub fn complete(resources: &[Resource]) -> Self {
        Self { entries: resources.iter().map(|r| ((*r, None), State::Complete)).collect() }
    }

    /// Only the entries of these kinds: what one question needed of a larger collection.
    pub fn restricted_to(&self, resources: &[Resource]) -> Self {
        let entries = self.entries.iter().filter(|((r, _), _)| resources.contains(r)).map(|(k, v)| (k.clone(), v.clone())).collect();
        Self { entries }
    }
}
