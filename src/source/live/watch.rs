//! Watches over lists, by metadata alone: they only say *that* something has changed. What, the next reading says.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::BodyExt;
use kube::client::Body;
use serde::Deserialize;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::transport::Transport;
use crate::inventory::Scope;
use crate::objects::Resource;
use crate::source::Progress;

/// Objects without what is in them. A server that cannot do that sends them whole.
const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1, application/json";
/// Each watch is a connection of its own. Who has rights in so many namespaces alone is better served by lists.
const MOST: usize = 64;
/// API servers send a bookmark each minute: who is silent for longer may be gone without a word, and is asked where it stands.
const SILENCE: Duration = Duration::from_secs(90);
/// Pause before a watch is opened again; doubled each time it ends at once.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A list: a kind, in one namespace or in all.
pub type List = (Resource, Scope);

/// At which version of the cluster lists were read; none of one that failed.
pub type Versions = BTreeMap<List, Option<String>>;

/// Watches over the lists of a question.
pub struct Watches {
    transport: Arc<Transport>,
    progress: Arc<dyn Progress>,
    tasks: BTreeMap<List, JoinHandle<()>>,
    /// Whether one of the lists has no version to go on from.
    adrift: bool,
    news: Arc<News>,
}

/// What watches have to tell.
#[derive(Default)]
struct News {
    told: Mutex<Told>,
    stirred: Notify,
}

#[derive(Default)]
struct Told {
    /// Something has changed, or may have.
    changed: bool,
    /// Lists that may not be watched, and why.
    refused: BTreeMap<List, String>,
}

impl Watches {
    pub(super) fn new(transport: Arc<Transport>, progress: Arc<dyn Progress>) -> Self {
        Self { transport, progress, tasks: BTreeMap::new(), adrift: false, news: Arc::default() }
    }

    /// Watches these lists from where they were read, and no others. To be called within a runtime.
    ///
    /// A watch that is open stays: it tells no less than a new one would.
    pub fn follow(&mut self, versions: Versions) {
        self.tasks.retain(|list, task| {
            let stays = versions.contains_key(list) && !task.is_finished();
            if !stays {
                task.abort();
            }
            stays
        });
        self.news.told().refused.retain(|list, _| versions.contains_key(list));
        self.adrift = versions.values().any(Option::is_none);
        for (list, version) in versions {
            // Rule: a lease is renewed every few seconds, and what counts is when that ends, which no event tells.
            let wanted = list.0 != Resource::Leases && !self.tasks.contains_key(&list) && !self.news.told().refused.contains_key(&list);
            let Some(version) = version.filter(|_| wanted) else { continue };
            if self.tasks.len() >= MOST {
                self.news.refuse(list, format!("more than {MOST} lists"));
                continue;
            }
            let watch = Watch {
                path: path(&list),
                list: list.clone(),
                transport: Arc::clone(&self.transport),
                progress: Arc::clone(&self.progress),
                news: Arc::clone(&self.news),
            };
            self.tasks.insert(list, tokio::spawn(watch.run(version)));
        }
    }

    /// Waits until there is something to tell.
    pub async fn stirred(&self) {
        self.news.stirred.notified().await;
    }

    /// Whether something has changed, or may have, since this was asked last.
    pub fn take_changed(&self) -> bool {
        std::mem::take(&mut self.news.told().changed)
    }

    /// Kinds that may be listed and not watched, and why.
    pub fn refused(&self) -> BTreeMap<Resource, String> {
        self.news.told().refused.iter().map(|((resource, _), why)| (*resource, why.clone())).collect()
    }

    /// Whether something may change without being told.
    pub fn blind(&self) -> bool {
        self.adrift || !self.news.told().refused.is_empty()
    }
}

impl News {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.told().changed = true;
        self.stirred.notify_one();
    }

    fn refuse(&self, list: List, why: String) {
        self.told().refused.insert(list, why);
        self.stirred.notify_one();
    }
}

/// What a watch over a list is opened with, but for the version.
fn path((resource, scope): &List) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("watch", "true").append_pair("allowWatchBookmarks", "true");
    // A namespace that was asked for by its name.
    if let (Resource::Namespaces, Some(name)) = (resource, scope) {
        query.append_pair("fieldSelector", &format!("metadata.name={name}"));
    }
    format!("{}?{}&resourceVersion=", resource.list_path(scope.as_deref()), query.finish())
}

/// The watch over one list.
struct Watch {
    path: String,
    list: List,
    transport: Arc<Transport>,
    progress: Arc<dyn Progress>,
    news: Arc<News>,
}

/// How a stream ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// The server has closed it, or has not said anything for long: that happens.
    Closed,
    /// What happened since is forgotten: only a new list tells.
    Expired,
    /// The server, or somebody on the way, makes no sense.
    Failed,
}

impl Watch {
    /// Watches until the server refuses, or has forgotten where this watch stands.
    async fn run(self, mut version: String) {
        let mut pause = FIRST_PAUSE;
        loop {
            let opened = Instant::now();
            let path = format!("{}{version}", self.path);
            let end = match self.transport.open(&path, METADATA, &*self.progress).await {
                Ok(body) => self.listen(body, &mut version).await,
                Err(failure) => match failure.code() {
                    Some(403 | 405) => {
                        let why = if failure.code() == Some(403) { "Forbidden".to_owned() } else { failure.reason() };
                        return self.news.refuse(self.list, why);
                    }
                    Some(410) => End::Expired,
                    _ => End::Failed,
                },
            };
            // Nothing is lost by a stream that closes: the next one goes on from the same version. All else the next reading settles, and
            // tells the user if need be.
            if end != End::Closed {
                self.news.changed();
            }
            if end == End::Expired {
                return;
            }
            if opened.elapsed() > LONGEST_PAUSE {
                pause = FIRST_PAUSE;
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Reads what comes, line by line.
    async fn listen(&self, mut body: Body, version: &mut String) -> End {
        let mut line = Vec::new();
        loop {
            let Ok(Some(Ok(frame))) = timeout(SILENCE, body.frame()).await else { return End::Closed };
            let Ok(data) = frame.into_data() else { continue };
            let mut parts = data.split(|byte| *byte == b'\n');
            line.extend_from_slice(parts.next().unwrap_or_default());
            for next in parts {
                match Word::read(&line) {
                    Word::Nothing => {}
                    Word::Changed(now) => {
                        *version = now;
                        self.news.changed();
                    }
                    Word::Bookmark(now) => *version = now,
                    Word::End(end) => return end,
                }
                line.clear();
                line.extend_from_slice(next);
            }
        }
    }
}

/// What a line of a watch says.
#[derive(Debug, PartialEq, Eq)]
enum Word {
    /// An empty line.
    Nothing,
    /// An object is another one at this version.
    Changed(String),
    /// All until this version has been told.
    Bookmark(String),
    /// It is over.
    End(End),
}

impl Word {
    fn read(line: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Event {
            r#type: String,
            object: Object,
        }
        #[derive(Deserialize)]
        struct Object {
            metadata: Option<Meta>,
            code: Option<u16>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Meta {
            resource_version: Option<String>,
        }
        if line.trim_ascii().is_empty() {
            return Self::Nothing;
        }
        let Ok(Event { r#type, object }) = serde_json::from_slice::<Event>(line) else { return Self::End(End::Failed) };
        let version = object.metadata.and_then(|meta| meta.resource_version).filter(|version| !version.is_empty());
        match (r#type.as_str(), version) {
            ("ADDED" | "MODIFIED" | "DELETED", Some(version)) => Self::Changed(version),
            ("BOOKMARK", Some(version)) => Self::Bookmark(version),
            ("ERROR", _) if object.code == Some(410) => Self::End(End::Expired),
            _ => Self::End(End::Failed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_watch_are_events_bookmarks_and_ends() {
        let changed = |version: &str| Word::Changed(version.to_owned());
        for (line, word) in [
            ("", Word::Nothing),
            ("\r", Word::Nothing),
            (r#"{"type":"ADDED","object":{"kind":"PartialObjectMetadata","metadata":{"name":"a","resourceVersion":"7"}}}"#, changed("7")),
            (r#"{"type":"MODIFIED","object":{"kind":"Pod","metadata":{"resourceVersion":"8"},"spec":{}}}"#, changed("8")),
            (r#"{"type":"DELETED","object":{"metadata":{"resourceVersion":"9"}}}"#, changed("9")),
            (r#"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"10"}}}"#, Word::Bookmark("10".to_owned())),
            (r#"{"type":"ERROR","object":{"kind":"Status","metadata":{},"code":410,"reason":"Expired"}}"#, Word::End(End::Expired)),
            (r#"{"type":"ERROR","object":{"kind":"Status","code":500}}"#, Word::End(End::Failed)),
            (r#"{"type":"ADDED","object":{"metadata":{}}}"#, Word::End(End::Failed)),
            (r#"{"type":"PURGED","object":{"metadata":{"resourceVersion":"9"}}}"#, Word::End(End::Failed)),
            ("<html>", Word::End(End::Failed)),
        ] {
            assert_eq!(Word::read(line.as_bytes()), word, "{line}");
        }
    }

    #[test]
    fn a_watch_is_over_the_list_that_was_read() {
        let shop = || Some("shop".to_owned());
        for (list, wanted) in [
            ((Resource::Pods, None), "/api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion="),
            ((Resource::Pods, shop()), "/api/v1/namespaces/shop/pods?watch=true&allowWatchBookmarks=true&resourceVersion="),
            (
                (Resource::Namespaces, shop()),
                "/api/v1/namespaces?watch=true&allowWatchBookmarks=true&fieldSelector=metadata.name%3Dshop&resourceVersion=",
            ),
        ] {
            assert_eq!(path(&list), wanted);
        }
    }
}
