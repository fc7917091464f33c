//! Kinds that most clusters do not serve: discovery is asked for their group, so that a cluster without it costs one request
//! beside all others, and nobody's missing right to list what is not there passes for a hole.

use serde::Deserialize;

use super::list::{self, Listed};
use super::page::Harvest;
use super::transport::Transport;
use crate::inventory::State;
use crate::objects::{POLICY_GROUP, Resource};
use crate::source::Progress;

/// What came of an optional kind.
pub(super) enum Offer<H> {
    /// It was asked for.
    Listed(Listed<H>),
    /// Discovery has settled it.
    Settled(State),
}

/// Lists the optional kinds that the API server serves.
pub(super) async fn lists<H: Harvest>(
    transport: &Transport,
    resources: &[Resource],
    chunk: u32,
    progress: &dyn Progress,
) -> Vec<(Resource, Offer<H>)> {
    if resources.is_empty() {
        return Vec::new();
    }
    let group = transport.get(&format!("/apis/{POLICY_GROUP}"), progress).await;
    let versions = match group {
        Err(failure) if failure.code() == Some(404) => Some(Vec::new()),
        // Whoever may not ask for groups may still be allowed to list.
        Err(_) => None,
        Ok(body) => serde_json::from_slice::<Group>(&body).ok().map(|group| group.versions.into_iter().map(|v| v.version).collect()),
    };
    let asked = resources.iter().map(|&resource| {
        let versions = versions.clone();
        async move { (resource, one(transport, resource, versions, chunk, progress).await) }
    });
    futures::future::join_all(asked).await
}

async fn one<H: Harvest>(
    transport: &Transport,
    resource: Resource,
    versions: Option<Vec<String>>,
    chunk: u32,
    progress: &dyn Progress,
) -> Offer<H> {
    if let Some(versions) = versions.as_ref().filter(|versions| !versions.iter().any(|v| v == resource.version())) {
        let known = |version: &&String| Resource::ALL.iter().any(|r| r.group() == POLICY_GROUP && r.version() == version.as_str());
        // In a version nobody knew when this was written there may be anything.
        return Offer::Settled(match versions.iter().find(|version| !known(version)) {
            Some(version) => State::Failed(format!("the API server has {POLICY_GROUP}/{version}, which this version cannot read")),
            None => State::NotServed,
        });
    }
    let listed = list::list::<H>(transport, resource, None, chunk, progress).await;
    let forbidden = !listed.begun && listed.failure.as_ref().and_then(super::error::Failure::code) == Some(403);
    if forbidden && !is_in_version(transport, resource, progress).await {
        return Offer::Settled(State::NotServed);
    }
    Offer::Listed(listed)
}

/// Whether the kind is among those of its version; yes, if that cannot be found out.
async fn is_in_version(transport: &Transport, resource: Resource, progress: &dyn Progress) -> bool {
    match transport.get(&format!("/apis/{}", resource.api_version()), progress).await {
        Err(failure) => failure.code() != Some(404),
        Ok(body) => match serde_json::from_slice::<Kinds>(&body) {
            Ok(kinds) => kinds.resources.iter().any(|kind| kind.name == resource.plural()),
            Err(_) => true,
        },
    }
}

/// An `APIGroup`.
#[derive(Deserialize)]
struct Group {
    versions: Vec<Version>,
}

#[derive(Deserialize)]
struct Version {
    version: String,
}

/// An `APIResourceList`.
#[derive(Deserialize)]
struct Kinds {
    resources: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    name: String,
}
