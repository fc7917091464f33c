//! A small API server whose objects change: lists at a version, watches that go on from it, and all that can go wrong with these.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use netstore::objects::Resource;
use serde_json::{Value, json};

use super::server::{Reply, Server, forbidden, status};

/// What the server does with requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Answers.
    Well,
    /// Lists, and lets nobody watch.
    NoWatch,
    /// Closes every connection.
    Away,
    /// Says nothing.
    Hangs,
    /// Does not know who asks.
    Forgets,
}

/// The world, and its server.
pub struct World {
    state: Arc<Shared>,
    pub server: Server,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    mood: Mood,
    version: u64,
    /// The oldest version from which a watch may go on.
    oldest: u64,
    /// How often all watches have been ended.
    ended: u64,
    /// Objects by the path of their list.
    lists: BTreeMap<String, Vec<Value>>,
    /// What has happened: version, list, line of a watch.
    events: Vec<(u64, String, String)>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl World {
    /// Without objects.
    pub fn new() -> Self {
        let state = State { mood: Mood::Well, version: 1, oldest: 0, ended: 0, lists: BTreeMap::new(), events: Vec::new() };
        let state = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let shared = Arc::clone(&state);
        let server = Server::start(move |path, _| answer(&shared, path));
        Self { state, server }
    }

    /// Makes an object, or replaces the one of its name.
    pub fn put(&self, resource: Resource, object: Value) {
        self.change(resource, object, true);
    }

    /// Removes the object of this name.
    pub fn remove(&self, resource: Resource, object: &Value) {
        self.change(resource, object.clone(), false);
    }

    fn change(&self, resource: Resource, mut object: Value, there: bool) {
        let mut state = self.state.lock();
        state.version += 1;
        let (version, path) = (state.version, resource.list_path(None));
        object["metadata"]["resourceVersion"] = json!(version.to_string());
        let list = state.lists.entry(path.clone()).or_default();
        let before = list.len();
        let name = |object: &Value| (object["metadata"]["namespace"].clone(), object["metadata"]["name"].clone());
        list.retain(|other| name(other) != name(&object));
        let kind = if !there {
            "DELETED"
        } else if list.len() < before {
            "MODIFIED"
        } else {
            "ADDED"
        };
        let event = json!({"type": kind, "object": {"kind": "PartialObjectMetadata", "metadata": object["metadata"]}});
        if there {
            list.push(object);
        }
        state.events.push((version, path, format!("{event}\n")));
        self.state.changed.notify_all();
    }

    /// From now on the server is like this; streams that are open stay open, but for `Away`.
    pub fn is(&self, mood: Mood) {
        self.state.lock().mood = mood;
        if mood == Mood::Away {
            self.end_watches();
        }
    }

    /// Ends every watch, as servers do now and then.
    pub fn end_watches(&self) {
        self.state.lock().ended += 1;
        self.state.changed.notify_all();
    }

    /// Forgets what has happened so far: watches are ended, and cannot go on.
    pub fn expire(&self) {
        let mut state = self.state.lock();
        state.version += 1;
        state.oldest = state.version;
        drop(state);
        self.end_watches();
    }

    /// How many requests for lists, and for watches, have come of this kind.
    pub fn asked(&self, resource: Resource) -> (usize, usize) {
        let path = format!("{}?", resource.list_path(None));
        let asked: Vec<String> = self.server.requests().into_iter().filter(|request| request.starts_with(&path)).collect();
        let watches = asked.iter().filter(|request| request.lines().next().unwrap().contains("watch=true")).count();
        (asked.len() - watches, watches)
    }
}

fn answer(shared: &Arc<Shared>, request: &str) -> Reply {
    let (path, query) = request.split_once('?').unwrap_or((request, ""));
    let state = shared.lock();
    match state.mood {
        Mood::Away => return Reply::Close,
        Mood::Hangs => return Reply::Hang,
        Mood::Forgets => return status(401, "Unauthorized", "Unauthorized"),
        Mood::Well | Mood::NoWatch => {}
    }
    if path == "/version" {
        return Reply::Json(200, json!({"gitVersion": "v1.36.3"}));
    }
    let Some(resource) = Resource::ALL.into_iter().find(|resource| !resource.optional() && resource.list_path(None) == path) else {
        return status(404, "NotFound", "the server could not find the requested resource");
    };
    let parameter = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    if parameter("watch").is_none() {
        let items = state.lists.get(path).cloned().unwrap_or_default();
        let metadata = json!({"resourceVersion": state.version.to_string()});
        return Reply::Json(
            200,
            json!({"kind": format!("{}List", resource.kind()), "apiVersion": "v1", "metadata": metadata, "items": items}),
        );
    }
    let from: u64 = parameter("resourceVersion").unwrap().parse().unwrap();
    match state.mood {
        Mood::NoWatch => forbidden(resource.plural()),
        _ if from < state.oldest => status(410, "Expired", "too old resource version"),
        _ => {
            let (shared, path, ended) = (Arc::clone(shared), path.to_owned(), state.ended);
            Reply::Stream(Box::new(move |out| tell(&shared, &path, from, ended, out)))
        }
    }
}

/// Writes what happens to a list until the watches are ended.
fn tell(shared: &Shared, path: &str, mut from: u64, ended: u64, out: &mut dyn Write) {
    let mut state = shared.lock();
    while state.ended == ended {
        let new: Vec<(u64, String)> =
            state.events.iter().filter(|(at, list, _)| *at > from && list == path).map(|(at, _, line)| (*at, line.clone())).collect();
        if new.is_empty() {
            state = shared.changed.wait_timeout(state, Duration::from_secs(60)).unwrap().0;
            continue;
        }
        drop(state);
        for (at, line) in new {
            from = at;
            if out.write_all(line.as_bytes()).and_then(|()| out.flush()).is_err() {
                return;
            }
        }
        state = shared.lock();
    }
    if from < state.oldest {
        drop(state);
        let expired = json!({"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}});
        let _ = out.write_all(format!("{expired}\n").as_bytes()).and_then(|()| out.flush());
    }
}
