//! What the API server would let us do: one SelfSubjectAccessReview for each right.

use futures::future::join_all;
use http::Method;
use k8s_openapi::api::authorization::v1::SubjectAccessReviewStatus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Prober;
use crate::probe::plan::Right;
use crate::source::live::{Failure, Write};

const REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/// What the server says of a right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Granted {
    /// The right.
    #[serde(flatten)]
    pub right: Right,
    /// Whether it is there.
    pub access: Access,
    /// The server's reason, if it gives one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub because: String,
}

/// Whether a right is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// The server could not be asked, or could not tell.
    Unknown,
}

impl Prober<'_> {
    /// Asks for each right, in their order.
    ///
    /// # Errors
    /// If there is no way to the server; one that only refuses to tell leaves the right unknown.
    pub async fn rights(&self, rights: &[Right]) -> Result<Vec<Granted>, super::ActError> {
        let answers = join_all(rights.iter().map(|right| self.review(right))).await;
        let mut granted = Vec::with_capacity(rights.len());
        for (right, answer) in rights.iter().zip(answers) {
            let (access, because) = match answer {
                Ok(told) => told,
                Err(failure @ Failure::Status { code: 401, .. }) => Err(failure.into_error(self.transport.about()))?,
                Err(failure @ (Failure::Status { .. } | Failure::Garbled(_))) => (Access::Unknown, failure.reason()),
                Err(failure) => Err(failure.into_error(self.transport.about()))?,
            };
            granted.push(Granted { right: right.clone(), access, because });
        }
        Ok(granted)
    }

    async fn review(&self, right: &Right) -> Result<(Access, String), Failure> {
        #[derive(Deserialize)]
        struct Review {
            status: Option<SubjectAccessReviewStatus>,
        }
        let (resource, subresource) = right.resource.split_once('/').unwrap_or((right.resource, ""));
        let attributes = json!({
            "verb": right.verb, "group": right.group, "resource": resource, "subresource": subresource, "namespace": right.namespace,
        });
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": { "resourceAttributes": attributes },
        });
        let write = Write { method: Method::POST, path: REVIEWS, content_type: "application/json", body: review.to_string().into_bytes() };
        let reply = self.send(&write).await?;
        let review: Review = serde_json::from_slice(&reply).map_err(|error| Failure::Garbled(error.to_string()))?;
        let Some(status) = review.status else { return Ok((Access::Unknown, "the server did not answer".to_owned())) };
        let reason = status.reason.unwrap_or_default();
        Ok(match (status.allowed, status.denied, status.evaluation_error) {
            (true, ..) => (Access::Yes, reason),
            (false, Some(true), _) | (false, _, None) => (Access::No, reason),
            (false, _, Some(error)) => (Access::Unknown, error),
        })
    }
}
