//! Whether a pod answers on a port at all: a connection from its own node, by port-forward. It passes no NetworkPolicy.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{ActError, Prober};
use crate::probe::plan::Way;
use crate::probe::rights;
use crate::probe::verdict::Verdict;
use crate::probe::wire::Observed;
use crate::source::live::{Closed, PodPort};

/// As long as a refusal is waited for. Most servers say nothing before they are asked.
const PATIENCE: Duration = Duration::from_secs(2);

impl Prober<'_> {
    /// Connects to a port, as the pod itself does at `localhost`.
    ///
    /// # Errors
    /// If there is no way to the pod.
    pub async fn connect(&self, to: &PodPort) -> Result<Observed, ActError> {
        let started = Instant::now();
        let forward = self.transport.forward(to, self.progress).await;
        let needed = || rights::needed(Way::PortForward, &to.namespace);
        let mut forward = forward.map_err(|failure| failure.into_error_without(needed(), self.transport.about()))?;
        let mut bytes = Vec::new();
        let (verdict, detail) = match timeout(PATIENCE, forward.read(&mut bytes)).await {
            Ok(Ok(())) => (Verdict::Connected, String::new()),
            Err(_) => (Verdict::Connected, format!("no refusal within {} s", PATIENCE.as_secs())),
            Ok(Err(Closed::ByServer)) => (Verdict::Reset, String::new()),
            Ok(Err(Closed::ByNode(why))) if why.contains("connection refused") => (Verdict::Refused, String::new()),
            Ok(Err(Closed::ByNode(why) | Closed::Broken(why))) => (Verdict::CouldNotRun, why.trim().to_owned()),
        };
        let milliseconds = u32::try_from(started.elapsed().as_millis()).unwrap_or(u32::MAX);
        Ok(Observed { verdict, detail, attempts: 1, milliseconds })
    }
}
