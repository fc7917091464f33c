//! What probes that could not clean up left behind: found by a label, removed when the time is over that an annotation tells.

use jiff::Timestamp;

use super::remove::{Dry, Named};
use super::seen::{Seen, SeenList};
use super::{ActError, Prober};
use crate::probe::manifest::{EXPIRES_AT, MANAGED_BY};
use crate::probe::plan::Right;
use crate::source::live::Failure;

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sweep {
    /// What nobody uses any more.
    Expired,
    /// Also what may be in use by another probe.
    All,
}

/// A pod that a probe has made and not removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// When it is no longer used.
    pub expires_at: Timestamp,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a pod that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is gone, or would be.
    Removed,
    /// It may still be in use.
    Kept,
    /// The server's words.
    Refused(String),
}

impl Prober<'_> {
    /// Removes what is left in a namespace, or in all.
    ///
    /// # Errors
    /// If it cannot be looked for.
    pub async fn collect_garbage(&self, namespace: Option<&str>, sweep: Sweep, dry: Dry) -> Result<Vec<Leftover>, ActError> {
        let mut leftovers = self.leftovers(namespace).await.map_err(|failure| {
            let right = Right { verb: "list", group: "", resource: "pods", namespace: namespace.unwrap_or_default().to_owned() };
            failure.into_error_without(vec![right], self.transport.about())
        })?;
        let now = Timestamp::now();
        for (leftover, uid) in &mut leftovers {
            if sweep == Sweep::Expired && leftover.expires_at > now {
                continue;
            }
            if dry == Dry::Client {
                leftover.fate = Fate::Removed;
                continue;
            }
            let named = Named { namespace: &leftover.namespace, name: &leftover.name, uid: uid.as_deref() };
            leftover.fate = self.delete(&named, dry).await.map_or_else(|failure| Fate::Refused(failure.reason()), |_| Fate::Removed);
        }
        Ok(leftovers.into_iter().map(|(leftover, _)| leftover).collect())
    }

    async fn leftovers(&self, namespace: Option<&str>) -> Result<Vec<(Leftover, Option<String>)>, Failure> {
        let scope = namespace.map(|namespace| format!("/namespaces/{namespace}")).unwrap_or_default();
        let (label, manager) = MANAGED_BY;
        let path = format!("/api/v1{scope}/pods?labelSelector={label}%3D{manager}");
        let body = self.transport.get(&path, self.progress).await?;
        let list: SeenList = serde_json::from_slice(&body).map_err(|error| Failure::Garbled(error.to_string()))?;
        Ok(list.items.into_iter().filter_map(leftover).collect())
    }
}

/// A pod with both marks; others are not ours, whatever their label says.
fn leftover(pod: Seen) -> Option<(Leftover, Option<String>)> {
    let meta = pod.metadata;
    let expires_at = meta.annotations?.get(EXPIRES_AT)?.parse().ok()?;
    Some((Leftover { namespace: meta.namespace?, name: meta.name?, expires_at, fate: Fate::Kept }, meta.uid))
}
