//! Kinds that most clusters do not serve: discovery is asked for their groups, so that a cluster without them costs one request
//! beside all others, and nobody's missing right to list what is not there passes for a hole.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::list::{self, Listed};
use super::page::Harvest;
use super::transport::Transport;
use crate::inventory::State;
use crate::objects::Resource;
use crate::source::Progress;

/// What came of an optional kind.
pub(super) enum Offer<H> {
    /// It was asked for.
    Listed(Listed<H>),
    /// Discovery has settled it.
    Settled(State),
}

/// Versions of each group that is served.
type Groups = BTreeMap<String, Vec<String>>;

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
    let groups = groups(transport, progress).await;
    let asked = resources.iter().map(|&resource| {
        let groups = groups.as_ref();
        async move { (resource, one(transport, resource, groups, chunk, progress).await) }
    });
    futures::future::join_all(asked).await
}

/// The groups that are served; none if that cannot be found out: whoever may not ask for groups may still be allowed to list.
async fn groups(transport: &Transport, progress: &dyn Progress) -> Option<Groups> {
    let body = match transport.get("/apis", progress).await {
        Err(failure) => return (failure.code() == Some(404)).then(Groups::default),
        Ok(body) => body,
    };
    let list: GroupList = serde_json::from_slice(&body).ok()?;
    let versions = |group: Group| (group.name, group.versions.into_iter().map(|version| version.version).collect());
    Some(list.groups.into_iter().map(versions).collect())
}

async fn one<H: Harvest>(
    transport: &Transport,
    resource: Resource,
    groups: Option<&Groups>,
    chunk: u32,
    progress: &dyn Progress,
) -> Offer<H> {
    let group = resource.group();
    let versions = groups.map(|groups| groups.get(group).map(Vec::as_slice).unwrap_or_default());
    if let Some(versions) = versions.filter(|versions| !versions.iter().any(|v| v == resource.version())) {
        let known = |version: &&String| Resource::ALL.iter().any(|r| r.group() == group && r.version() == version.as_str());
        // In a version nobody knew when this was written there may be anything.
        return Offer::Settled(match versions.iter().find(|version| !known(version)) {
            Some(version) => State::Failed(format!("the API server has {group}/{version}, which this version cannot read")),
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

/// An `APIGroupList`.
#[derive(Deserialize)]
struct GroupList {
    groups: Vec<Group>,
}

/// An `APIGroup`.
#[derive(Deserialize)]
struct Group {
    name: String,
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
