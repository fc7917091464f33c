//! One list in pages: the next page is fetched while the last one is decoded, and an expired list starts again.

use tokio::task::JoinHandle;

use super::error::Failure;
use super::page::{self, BadItem, Harvest, Page};
use super::transport::Transport;
use crate::objects::Resource;
use crate::source::Progress;

/// What came of a list.
pub(super) struct Listed<H> {
    /// The objects that were read.
    pub(super) harvest: H,
    /// How many objects the pages had.
    pub(super) count: usize,
    /// Objects that could not be decoded.
    pub(super) bad: Vec<BadItem>,
    /// Why the rest did not come.
    pub(super) failure: Option<Failure>,
    /// Whether at least one page came.
    pub(super) begun: bool,
    /// At which version of the cluster it was read.
    pub(super) version: Option<String>,
}

impl<H: Harvest> Listed<H> {
    fn new() -> Self {
        Self { harvest: H::default(), count: 0, bad: Vec::new(), failure: None, begun: false, version: None }
    }

    fn expired(&self) -> bool {
        self.begun && self.failure.as_ref().and_then(Failure::code) == Some(410)
    }

    fn absorb(&mut self, page: Page<H>) {
        self.harvest.absorb(page.harvest);
        self.count += page.count;
        self.bad.extend(page.bad);
        self.begun = true;
    }
}

/// Reads a list, in one namespace or in all.
///
/// A list that expires between two pages (410 Gone) is read again, at last in one go, which cannot expire.
pub(super) async fn list<H: Harvest>(
    transport: &Transport,
    resource: Resource,
    namespace: Option<&str>,
    chunk: u32,
    progress: &dyn Progress,
) -> Listed<H> {
    let mut latest = Listed::new();
    for size in [chunk, chunk, 0] {
        let again = pages(transport, resource, namespace, size, progress).await;
        // What an earlier attempt read is better than nothing.
        if again.begun || !latest.begun {
            latest = again;
        } else {
            latest.failure = again.failure;
        }
        if !latest.expired() {
            break;
        }
    }
    latest
}

async fn pages<H: Harvest>(
    transport: &Transport,
    resource: Resource,
    namespace: Option<&str>,
    size: u32,
    progress: &dyn Progress,
) -> Listed<H> {
    let what = namespace.map_or_else(|| resource.plural().to_owned(), |ns| format!("{} in {ns}", resource.plural()));
    progress.list_started(&what);
    let mut listed = Listed::new();
    let mut decoding: Option<(Decoding<H>, Option<u64>)> = None;
    let mut token: Option<String> = None;
    loop {
        let fetched = fetch(transport, resource, namespace, size, token.as_deref(), progress).await;
        if let Some((job, remaining)) = decoding.take() {
            if let Err(failure) = settle(job, &mut listed).await {
                listed.failure = Some(failure);
                return listed;
            }
            progress.items(&what, listed.count, remaining);
        }
        let (body, head) = match fetched {
            Ok(page) => page,
            Err(failure) => {
                listed.failure = Some(failure);
                return listed;
            }
        };
        decoding = Some((tokio::task::spawn_blocking(move || page::decode(resource, &body)), head.remaining));
        if head.next.is_some() && head.next == token {
            listed.failure = Some(Failure::Garbled("the server gives the same page again and again".to_owned()));
            break;
        }
        token = head.next;
        listed.version = head.version;
        if token.is_none() {
            break;
        }
    }
    if let Some((job, remaining)) = decoding {
        match settle(job, &mut listed).await {
            Ok(()) => progress.items(&what, listed.count, remaining),
            Err(failure) => listed.failure = Some(failure),
        }
    }
    listed
}

type Decoding<H> = JoinHandle<Result<Page<H>, Failure>>;

async fn settle<H: Harvest>(job: Decoding<H>, listed: &mut Listed<H>) -> Result<(), Failure> {
    let page = job.await.map_err(|e| Failure::Garbled(format!("decoding died: {e}")))??;
    listed.absorb(page);
    Ok(())
}

async fn fetch(
    transport: &Transport,
    resource: Resource,
    namespace: Option<&str>,
    size: u32,
    token: Option<&str>,
    progress: &dyn Progress,
) -> Result<(Vec<u8>, page::Head), Failure> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if size > 0 {
        query.append_pair("limit", &size.to_string());
    }
    if let Some(token) = token {
        query.append_pair("continue", token);
    }
    let (path, query) = (resource.list_path(namespace), query.finish());
    let path = if query.is_empty() { path } else { format!("{path}?{query}") };
    let body = transport.get(&path, progress).await?;
    let head = page::head(resource, &body)?;
    Ok((body, head))
}
