//! Everything a question needs, list by list: all namespaces at once, one by one where that is forbidden.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::{join_all, join3};
use futures::stream::{self, StreamExt};

use super::LiveError;
use super::error::Failure;
use super::list::{self, Listed};
use super::optional::{self, Offer};
use super::page::{self, BadItem, Harvest};
use super::transport::Transport;
use super::watch::Versions;
use crate::inventory::{Coverage, Scope, State};
use crate::objects::{Objects, Resource};
use crate::source::{Progress, SYSTEM_NAMESPACE};

/// Namespaces asked at a time; the transport bounds the requests.
const PARALLEL: usize = 8;

/// What was read of a cluster.
pub(super) struct Gathered<H> {
    /// Objects of each kind.
    pub(super) lists: BTreeMap<Resource, H>,
    /// What was read and what was not.
    pub(super) coverage: Coverage,
    /// Objects that could not be decoded, sorted.
    pub(super) bad: Vec<BadItem>,
    /// At which version of the cluster each list was read.
    pub(super) versions: Versions,
}

/// One reading of a cluster.
pub(super) struct Gathering<'a, H> {
    transport: &'a Transport,
    chunk: u32,
    progress: &'a dyn Progress,
    /// Namespaces to ask where the list of all is forbidden.
    namespaces: Vec<String>,
    gathered: Gathered<H>,
    /// What failed, in the order of resources: the first one ends the run if nothing came at all.
    failures: Vec<(Resource, Failure)>,
}

impl<'a, H: Harvest> Gathering<'a, H> {
    pub(super) fn new(transport: &'a Transport, chunk: u32, namespaces: &[String], progress: &'a dyn Progress) -> Self {
        let namespaces: BTreeSet<&String> = namespaces.iter().filter(|ns| can_exist(ns)).collect();
        Self {
            transport,
            chunk,
            progress,
            namespaces: namespaces.into_iter().cloned().collect(),
            gathered: Gathered { lists: BTreeMap::new(), coverage: Coverage::default(), bad: Vec::new(), versions: Versions::new() },
            failures: Vec::new(),
        }
    }

    /// Reads all of some kinds, and of others what is in kube-system.
    ///
    /// # Errors
    /// If nothing at all could be read.
    pub(super) async fn read(mut self, resources: &[Resource], system: &[Resource]) -> Result<Gathered<H>, LiveError> {
        let resources: BTreeSet<Resource> = resources.iter().copied().collect();
        let system: Vec<Resource> = system.iter().copied().filter(|resource| !resources.contains(resource)).collect();
        let (optional, usual): (Vec<Resource>, Vec<Resource>) = resources.iter().copied().partition(|r| r.optional());
        let offers = optional::lists::<H>(self.transport, &optional, self.chunk, self.progress);
        let lists = join_all(usual.iter().map(|r| list::list::<H>(self.transport, *r, None, self.chunk, self.progress)));
        let there = Some(SYSTEM_NAMESPACE);
        let of_system = join_all(system.iter().map(|r| list::list::<H>(self.transport, *r, there, self.chunk, self.progress)));
        let (offers, lists, of_system) = join3(offers, lists, of_system).await;
        for (resource, listed) in system.into_iter().zip(of_system) {
            self.record(resource, there.map(str::to_owned), listed);
        }
        let lists = usual.into_iter().zip(lists.into_iter().map(Offer::Listed));
        let mut forbidden = Vec::new();
        for (resource, offer) in offers.into_iter().chain(lists) {
            match offer {
                Offer::Settled(state) => self.gathered.coverage.record(resource, None, state),
                Offer::Listed(listed) => {
                    if !listed.begun && listed.failure.as_ref().and_then(Failure::code) == Some(403) {
                        forbidden.push(resource);
                    }
                    self.record(resource, None, listed);
                }
            }
        }
        if !forbidden.is_empty() {
            self.one_by_one(&forbidden).await;
        }
        self.gathered.bad.sort();
        self.verdict(&resources)
    }

    /// Files away what came of a list.
    fn record(&mut self, resource: Resource, scope: Scope, listed: Listed<H>) {
        let Listed { harvest, count, bad, failure, begun, version } = listed;
        self.stand(resource, &scope, failure.as_ref(), version);
        self.gathered.lists.entry(resource).or_default().absorb(harvest);
        let state = match &failure {
            Some(failure) if begun => State::Truncated(failure.reason()),
            Some(failure) => state_of(failure),
            None if !bad.is_empty() => State::Truncated(format!("{} of {count} objects could not be decoded", bad.len())),
            None => State::Complete,
        };
        self.gathered.coverage.record(resource, scope, state);
        self.gathered.bad.extend(bad);
        if let Some(failure) = failure {
            self.failures.push((resource, failure));
        }
    }

    /// Notes where a watch would go on. What may not be read, or does not exist, changes for nobody.
    fn stand(&mut self, resource: Resource, scope: &Scope, failure: Option<&Failure>, version: Option<String>) {
        if !matches!(failure.and_then(Failure::code), Some(403 | 404)) {
            self.gathered.versions.insert((resource, scope.clone()), version.filter(|_| failure.is_none()));
        }
    }

    /// Where all namespaces at once are forbidden, each alone may not be.
    async fn one_by_one(&mut self, forbidden: &[Resource]) {
        if forbidden.contains(&Resource::Namespaces) {
            self.namespaces_by_name().await;
        }
        let all = self.all_namespaces().await;
        let names = all.clone().unwrap_or_else(|| self.namespaces.clone());
        let (transport, chunk, progress) = (self.transport, self.chunk, self.progress);
        for &resource in forbidden.iter().filter(|r| r.namespaced()) {
            let asked = names.iter().map(|ns| async move { (ns, list::list::<H>(transport, resource, Some(ns), chunk, progress).await) });
            let mut lists: Vec<(&String, Listed<H>)> = stream::iter(asked).buffer_unordered(PARALLEL).collect().await;
            lists.sort_by_key(|(ns, _)| *ns);
            // If every namespace there is was read, that is the whole list, in pieces.
            let whole = all.is_some() && lists.iter().all(|(_, listed)| listed.failure.is_none() && listed.bad.is_empty());
            if whole {
                self.gathered.coverage.record(resource, None, State::Complete);
            }
            for (namespace, listed) in lists {
                self.record(resource, (!whole).then(|| namespace.clone()), listed);
            }
        }
    }

    /// Names of all namespaces, if these may be listed.
    async fn all_namespaces(&mut self) -> Option<Vec<String>> {
        let mut names = if self.gathered.coverage.is_complete(Resource::Namespaces, None) {
            self.gathered.lists.get(&Resource::Namespaces).map(H::namespaces).unwrap_or_default()
        } else if self.gathered.lists.contains_key(&Resource::Namespaces) {
            return None;
        } else {
            // No question about namespaces themselves: only their names are needed, to ask for what is in them.
            let listed = list::list::<Objects>(self.transport, Resource::Namespaces, None, self.chunk, self.progress).await;
            if listed.failure.is_some() || !listed.bad.is_empty() {
                return None;
            }
            // Nobody asked for these, and yet a new one would be asked for what is in it.
            self.stand(Resource::Namespaces, &None, None, listed.version);
            listed.harvest.namespaces()
        };
        names.retain(|ns| can_exist(ns));
        names.sort();
        Some(names)
    }

    /// Whoever may not list namespaces may still look at his own: their labels are what selectors match.
    async fn namespaces_by_name(&mut self) {
        let (transport, progress) = (self.transport, self.progress);
        let asked = self.namespaces.clone().into_iter().map(|ns| async move {
            let path = format!("{}/{ns}", Resource::Namespaces.list_path(None));
            (transport.get(&path, progress).await, ns)
        });
        let answers: Vec<_> = stream::iter(asked).buffer_unordered(PARALLEL).collect().await;
        for (answer, namespace) in answers {
            let mut listed = Listed { harvest: H::default(), count: 1, bad: Vec::new(), failure: None, begun: false, version: None };
            match answer {
                Ok(body) => {
                    listed.version = page::version(&body);
                    let mut parser = serde_json::Deserializer::from_slice(&body);
                    if let Err(e) = listed.harvest.add(Resource::Namespaces, &mut parser) {
                        let why = e.to_string();
                        listed.bad.push(BadItem { resource: Resource::Namespaces, namespace: String::new(), name: namespace.clone(), why });
                    }
                }
                // Known not to be there: nothing is missing.
                Err(failure) if failure.code() == Some(404) => {}
                Err(failure) => listed.failure = Some(failure),
            }
            self.record(Resource::Namespaces, Some(namespace), listed);
        }
    }

    /// The end: an error if there is nothing to say anything about.
    fn verdict(self, resources: &BTreeSet<Resource>) -> Result<Gathered<H>, LiveError> {
        let read = |state: &State| matches!(state, State::Complete | State::Truncated(_));
        if resources.is_empty() || self.gathered.coverage.iter().any(|(_, _, state)| read(state)) {
            return Ok(self.gathered);
        }
        let about = self.transport.about();
        let code = |failure: &Failure| failure.code();
        // Rights are only to blame if nothing else is: a dead connection has no rights either.
        if let Some((_, failure)) = self.failures.iter().find(|(_, f)| !matches!(code(f), Some(403 | 404))) {
            return Err(failure.clone().into_error(about));
        }
        match self.failures.iter().find(|(_, f)| code(f) == Some(403)) {
            Some((_, Failure::Status { message, .. })) => {
                let resources = resources.iter().copied().collect();
                // kube-system is read beside the namespace that is meant.
                let meant = self.namespaces.iter().find(|namespace| *namespace != SYSTEM_NAMESPACE).or(self.namespaces.first());
                let (message, namespace) = (message.clone(), meant.cloned());
                Err(LiveError::Forbidden { message, resources, namespace, about: Box::new(about.clone()) })
            }
            _ => match self.failures.into_iter().next() {
                Some((_, Failure::Status { message, .. })) => Err(LiveError::NothingServed { message, about: Box::new(about.clone()) }),
                Some((_, failure)) => Err(failure.into_error(about)),
                None => Ok(self.gathered),
            },
        }
    }
}

fn state_of(failure: &Failure) -> State {
    match failure.code() {
        Some(403) => State::Forbidden,
        Some(404) => State::NotServed,
        _ => State::Failed(failure.reason()),
    }
}

/// Whether a namespace can have this name: others are not asked for, and do not get into URLs.
fn can_exist(namespace: &str) -> bool {
    let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !namespace.is_empty() && namespace.len() <= 63 && namespace.bytes().all(fine)
}
