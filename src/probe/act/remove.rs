//! Removing what a probe has made: at once, again and again while the way to the server is broken, and never something of the same name.

use std::time::Duration;

use http::Method;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::Prober;
use crate::source::live::{Failure, Write};

/// As long as a server that cannot be reached is asked again. The pod ends by itself later.
const PERSISTENCE: Duration = Duration::from_secs(15);
/// Pause between attempts.
const PAUSE: Duration = Duration::from_millis(500);

/// Whether something is done or only tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dry {
    /// It is done.
    No,
    /// The server decides, and does nothing.
    Server,
    /// The server is not asked.
    Client,
}

/// A pod, and which one of this name.
pub(super) struct Named<'a> {
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
    pub(super) uid: Option<&'a str>,
}

impl Named<'_> {
    /// Its path.
    pub(super) fn path(&self) -> String {
        format!("/api/v1/namespaces/{}/pods/{}", self.namespace, self.name)
    }
}

impl Prober<'_> {
    /// Removes a pod.
    pub(super) async fn delete(&self, pod: &Named<'_>, dry: Dry) -> Result<(), Failure> {
        let mut options = json!({ "apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0 });
        if let (Some(uid), Some(options)) = (pod.uid, options.as_object_mut()) {
            options.insert("preconditions".to_owned(), json!({ "uid": uid }));
        }
        let query = if dry == Dry::Server { "?dryRun=All" } else { "" };
        let path = format!("{}{query}", pod.path());
        let body = options.to_string().into_bytes();
        let write = Write { method: Method::DELETE, path: &path, content_type: "application/json", body };
        match self.send(&write).await {
            // Gone already, or another one of this name: nothing is left of ours.
            Err(Failure::Status { code: 404 | 409, .. }) => Ok(()),
            other => other.map(drop),
        }
    }

    /// Removes a pod, however long it takes the server to come back.
    pub(super) async fn delete_patiently(&self, pod: &Named<'_>) -> Result<(), Failure> {
        let started = Instant::now();
        loop {
            match self.delete(pod, Dry::No).await {
                Err(failure) if passes(&failure) && started.elapsed() < PERSISTENCE => sleep(PAUSE).await,
                other => return other,
            }
        }
    }
}

/// Whether it may be otherwise a moment later.
fn passes(failure: &Failure) -> bool {
    match failure {
        Failure::Status { code, .. } => *code >= 429,
        Failure::Refused | Failure::Unreachable(_) | Failure::TimedOut(_) | Failure::Broken(_) => true,
        Failure::NotAnApi(_) | Failure::Credentials { .. } | Failure::Garbled(_) => false,
    }
}
