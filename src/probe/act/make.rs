//! Making what a probe runs in, for real or as a rehearsal: the same request, with `dryRun=All` or without.

use http::Method;
use k8s_openapi::api::core::v1::Pod;
use serde_json::json;

use super::seen::Seen;
use super::{ActError, Prober, refusal};
use crate::probe::plan::Place;
use crate::source::live::{Failure, LiveError, Write};

/// Who wrote it, for managedFields.
const MANAGER: &str = "fieldManager=kubectl-netstore";

impl Prober<'_> {
    /// Has the API server decide on what would be made, without making it.
    ///
    /// # Errors
    /// If it refuses, or would make something else.
    pub async fn rehearse(&self, place: &Place) -> Result<(), ActError> {
        match place {
            // An exec makes nothing; whether it may be done, rights say.
            Place::Exec(_) => Ok(()),
            Place::Ephemeral { .. } => self.make(place, true).await.map(drop),
            Place::Pod(pod) => match changed(pod, &self.make(place, true).await?) {
                Some(why) => Err(ActError::NotHarmless(why)),
                None => Ok(()),
            },
        }
    }

    /// Makes it; the pod as the server has it now.
    pub(super) async fn make(&self, place: &Place, dry: bool) -> Result<Seen, ActError> {
        let (namespace, name) = address(place)?;
        let (method, path, content_type, body) = match place {
            Place::Exec(_) => return Err(LiveError::Bug("an exec makes nothing".to_owned()).into()),
            Place::Pod(pod) => (Method::POST, format!("/api/v1/namespaces/{namespace}/pods"), "application/json", serde_json::to_vec(pod)),
            Place::Ephemeral { container, .. } => (
                Method::PATCH,
                format!("/api/v1/namespaces/{namespace}/pods/{name}/ephemeralcontainers"),
                "application/strategic-merge-patch+json",
                serde_json::to_vec(&json!({ "spec": { "ephemeralContainers": [container] } })),
            ),
        };
        let path = format!("{path}?{MANAGER}{}", if dry { "&dryRun=All" } else { "" });
        let body = body.map_err(|error| LiveError::Bug(error.to_string()))?;
        let reply = self.send(&Write { method, path: &path, content_type, body }).await;
        let reply = reply.map_err(|failure| refusal::explain(failure, place, namespace, self.transport.about()))?;
        let made: Seen =
            serde_json::from_slice(&reply).map_err(|error| Failure::Garbled(error.to_string()).into_error(self.transport.about()))?;
        match (place, dry) {
            (Place::Pod(_), false) => self.progress.notice(&format!("pod/{name} created")),
            (Place::Ephemeral { container, .. }, false) => {
                self.progress.notice(&format!("pod/{name} patched: ephemeral container {}", container.name));
            }
            _ => {}
        }
        Ok(made)
    }
}

/// Namespace and name of the pod.
pub(super) fn address(place: &Place) -> Result<(&str, &str), LiveError> {
    let unnamed = || LiveError::Bug("a pod without namespace or name".to_owned());
    Ok(match place {
        Place::Exec(at) => (&at.namespace, &at.pod),
        Place::Ephemeral { namespace, pod, .. } => (namespace, pod),
        Place::Pod(pod) => {
            let meta = &pod.metadata;
            (meta.namespace.as_deref().ok_or_else(unnamed)?, meta.name.as_deref().ok_or_else(unnamed)?)
        }
    })
}

/// What admission has changed that makes the pod another one than the one that was found harmless.
pub(super) fn changed(sent: &Pod, made: &Seen) -> Option<String> {
    let (before, after) = (sent.metadata.labels.clone().unwrap_or_default(), made.metadata.labels.clone().unwrap_or_default());
    let added: Vec<String> = after.iter().filter(|(key, value)| before.get(*key) != Some(value)).map(|(k, v)| format!("{k}={v}")).collect();
    let lost: Vec<&str> = before.keys().filter(|key| !after.contains_key(*key)).map(String::as_str).collect();
    if !added.is_empty() {
        return Some(format!("admission gives it the labels {}", added.join(", ")));
    }
    if !lost.is_empty() {
        return Some(format!("admission takes its labels {}", lost.join(", ")));
    }
    let kept = made.spec.readiness_gates.as_deref().unwrap_or_default();
    let mut asked = sent.spec.iter().flat_map(|spec| spec.readiness_gates.iter().flatten());
    asked.any(|gate| !kept.contains(gate)).then(|| "admission takes its readiness gate".to_owned())
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;
    use serde_json::Value;

    use super::*;

    fn pod<T: DeserializeOwned>(labels: Value, gate: &str) -> T {
        let spec = json!({ "containers": [], "readinessGates": [{ "conditionType": gate }] });
        serde_json::from_value(json!({ "metadata": { "name": "x", "labels": labels }, "spec": spec })).expect("a pod")
    }

    #[test]
    fn what_admission_adds_makes_it_another_pod() {
        let sent: Pod = pod(json!({ "app": "web" }), "never");
        for (made, why) in [
            (pod(json!({ "app": "web" }), "never"), None),
            (pod(json!({ "app": "web", "team": "a" }), "never"), Some("admission gives it the labels team=a")),
            (pod(json!({ "app": "db" }), "never"), Some("admission gives it the labels app=db")),
            (pod(json!({}), "never"), Some("admission takes its labels app")),
            (pod(json!({ "app": "web" }), "other"), Some("admission takes its readiness gate")),
        ] {
            assert_eq!(changed(&sent, &made).as_deref(), why);
        }
    }
}
