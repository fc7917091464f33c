//! The live cluster: connect by kubectl's rules, then read what a question needs, all of it or saying what is missing.
//!
//! `kubeconfig` and `config` find out where and as whom, `certificates` and `plugin` look at what proves it, `identity` keeps it,
//! `transport` does single requests, `list` reads lists in pages that `page` decodes, `collect` decides what to read and keeps the books,
//! `watch` tells when it has changed. `forward` opens a way to a port of a pod, `dns` asks the server there. `names` answers a TAB key, and
//! `remembered` keeps what it said for a moment. Reading sends only GET requests; what changes a cluster is asked for by
//! [`crate::probe::act`] alone, through the same transport.

mod certificates;
mod collect;
mod config;
mod dns;
mod error;
mod forward;
mod identity;
mod kubeconfig;
mod list;
mod names;
mod optional;
mod page;
mod plugin;
mod remembered;
mod transport;
mod watch;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::stream::{self, StreamExt};
use jiff::Timestamp;
use serde::Deserialize;

pub use error::{About, CredentialPlugin, LiveError};
pub use forward::PodPort;
pub use names::{Entries, entries, names};
pub use watch::{Versions, Watches};

use self::collect::{Gathered, Gathering};
pub(crate) use self::error::Failure;
pub(crate) use self::forward::Closed;
use self::identity::Identity;
use self::page::BadItem;
pub(crate) use self::transport::{Transport, Write};
use super::{Collected, Needs, Progress, Recording, Silent};
use crate::cli::connection::ConnectionOptions;
use crate::dns::observed::{Asked, Said};
use crate::inventory::Origin;
use crate::objects::{Objects, Resource};
use crate::probe::plan::Way;
use crate::probe::rights;
use crate::report::{Finding, FindingKind, ObjectRef, Severity};

/// An object of the API server does not have the shape of its kind.
pub static UNDECODABLE_OBJECT: FindingKind = FindingKind {
    code: "IN-101",
    name: "undecodable-object",
    severity: Severity::Warning,
    explanation: "The API server sent an object that does not have the shape of its kind, so netstore could not read it.\n\n\
        The rest of the list was read. Answers that need the kind are *unknown* where this object could change them. It may be \
        that the API server is much newer than netstore, or that something rewrites answers on the way: look at the object with \
        `kubectl get -o json`, and report it if it looks right.",
};

/// As long as a reading waits for the version of the server.
const VERSION_PATIENCE: Duration = Duration::from_secs(5);

/// Servers of names that are asked at a time.
const SERVERS: usize = 8;

/// What one server of names said.
#[derive(Debug)]
pub struct Replies {
    /// What came of each question, in their order.
    pub said: Vec<Said>,
    /// How often it was connected to: it may close a connection before all is said.
    pub connections: usize,
    /// Why it could not be connected to, if that is how it ended.
    pub refused: Option<LiveError>,
}

/// A cluster one can ask.
pub struct Cluster {
    transport: Arc<Transport>,
    namespace: String,
    chunk: u32,
    /// At which version of the cluster lists were read, since somebody asked last.
    versions: Mutex<Versions>,
}

impl Cluster {
    /// Finds the cluster by kubectl's rules and gets credentials for it. Nothing is sent yet.
    ///
    /// # Errors
    /// No or contradictory configuration; a credential plugin that fails.
    pub async fn connect(options: &ConnectionOptions) -> Result<Self, LiveError> {
        let options = options.clone();
        // Files are read and credential plugins run here, the latter for as long as a user takes to log in.
        tokio::task::spawn_blocking(move || Self::connect_blocking(&options)).await.map_err(|e| LiveError::Bug(e.to_string()))?
    }

    fn connect_blocking(options: &ConnectionOptions) -> Result<Self, LiveError> {
        let loaded = kubeconfig::Places::new(options).load()?;
        let (config, about) = config::configure(options, loaded)?;
        let namespace = config.default_namespace.clone();
        let identity = Identity::new(config, &about)?;
        let transport = Transport::new(identity, options.request_timeout, about);
        Ok(Self { transport: Arc::new(transport), namespace, chunk: options.chunk_size, versions: Mutex::default() })
    }

    /// Namespace of the context, else `default`.
    pub fn default_namespace(&self) -> &str {
        &self.namespace
    }

    /// URL of the API server.
    pub fn server(&self) -> &str {
        &self.transport.about().server
    }

    /// Name of the context; none in a pod or if only `--server` says where.
    pub fn context(&self) -> Option<&str> {
        self.transport.about().context.as_deref()
    }

    /// What requests go through.
    pub(crate) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Reads what a question needs.
    ///
    /// # Errors
    /// If nothing at all could be read; whatever is missing otherwise is in the coverage.
    pub async fn collect(&self, needs: &Needs, progress: &dyn Progress) -> Result<Collected, LiveError> {
        let (gathered, cluster_version) = self.gather::<Objects>(&needs.resources, &needs.system, &needs.namespaces, progress).await?;
        let Gathered { lists, coverage, bad, versions } = gathered;
        self.versions.lock().unwrap_or_else(PoisonError::into_inner).extend(versions);
        let mut objects = Objects::default();
        for list in lists.into_values() {
            objects.merge(list);
        }
        let findings = bad.into_iter().map(undecodable).collect();
        Ok(Collected { objects, coverage, origin: Origin::Live, cluster_version, collected_at: Some(Timestamp::now()), findings })
    }

    /// At which version of the cluster lists were read since this was asked last.
    pub fn take_versions(&self) -> Versions {
        std::mem::take(&mut *self.versions.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Watches over lists; none yet.
    pub fn watches(&self, progress: Arc<dyn Progress>) -> Watches {
        Watches::new(Arc::clone(&self.transport), progress)
    }

    /// Reads everything of these kinds as it is, for a snapshot. Values of Secrets are among it: the snapshot leaves them out.
    ///
    /// # Errors
    /// If nothing at all could be read; whatever is missing otherwise is in the coverage.
    pub async fn record(&self, resources: &[Resource], namespaces: &[String], progress: &dyn Progress) -> Result<Recording, LiveError> {
        let (gathered, cluster_version) = self.gather::<Vec<serde_json::Value>>(resources, &[], namespaces, progress).await?;
        let Gathered { mut lists, coverage, .. } = gathered;
        for list in lists.values_mut() {
            list.sort_by_cached_key(|v| {
                let field = |path| v.pointer(path).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
                (field("/metadata/namespace"), field("/metadata/name"))
            });
        }
        Ok(Recording { cluster_version, collected_at: Timestamp::now(), coverage, lists })
    }

    /// Asks servers of names the same questions, each for itself, through port-forward.
    pub async fn ask_servers(&self, servers: &[PodPort], questions: &[Asked], progress: &dyn Progress) -> Vec<Replies> {
        let asked = servers.iter().map(|server| async move {
            let dns::Replies { said, connections, failure } = dns::ask(&self.transport, server, questions, progress).await;
            let refused = failure
                .map(|failure| failure.into_error_without(rights::needed(Way::PortForward, &server.namespace), self.transport.about()));
            Replies { said, connections, refused }
        });
        let replies = stream::iter(asked).buffered(SERVERS).collect().await;
        progress.done();
        replies
    }

    /// Version of the API server, such as `v1.36.3`; none if it does not tell within the time.
    pub async fn server_version(&self, timeout: Duration) -> Option<String> {
        tokio::time::timeout(timeout, self.version(&Silent)).await.ok().flatten()
    }

    async fn gather<H: page::Harvest>(
        &self,
        resources: &[Resource],
        system: &[Resource],
        namespaces: &[String],
        progress: &dyn Progress,
    ) -> Result<(Gathered<H>, Option<String>), LiveError> {
        let gathering = Gathering::new(&self.transport, self.chunk, namespaces, progress);
        // The version comes first, or it would wait behind every list; it is only told to the user, so it must not cost time.
        let version = tokio::time::timeout(VERSION_PATIENCE, self.version(progress));
        let (version, gathered) = futures::future::join(version, gathering.read(resources, system)).await;
        progress.done();
        Ok((gathered?, version.ok().flatten()))
    }

    async fn version(&self, progress: &dyn Progress) -> Option<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Version {
            git_version: String,
        }
        let body = self.transport.get("/version", progress).await.ok()?;
        serde_json::from_slice::<Version>(&body).ok().map(|v| v.git_version)
    }
}

fn undecodable(item: BadItem) -> Finding {
    let BadItem { resource, namespace, name, why } = item;
    let subject = ObjectRef::new(resource.kind(), &namespace, &name);
    let where_ = if namespace.is_empty() { name } else { format!("{namespace}/{name}") };
    let message = format!("{} {where_} could not be read: {why}", resource.kind());
    UNDECODABLE_OBJECT.on(subject, message)
}
