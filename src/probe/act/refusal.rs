//! Why the API server refuses what a probe would make, and what can be done about it.
//!
//! Its words are kept. Most refusals have the status 403, whoever refuses: they are told apart by their words.

use crate::probe::plan::{Place, Way};
use crate::probe::rights;
use crate::source::live::{About, Failure, LiveError};

/// The same as the end of an attempt to make something.
pub(super) fn explain(failure: Failure, place: &Place, namespace: &str, about: &About) -> LiveError {
    match failure {
        // `User "jane" cannot create resource "pods" in API group "" in the namespace "shop"`
        Failure::Status { code: 403, ref message, .. } if message.contains("\" cannot ") && message.contains(" resource \"") => {
            failure.into_error_without(rights::needed(place.way(), namespace), about)
        }
        Failure::Status { code, reason, message } if code != 401 => {
            let advice = advice(&message, place, namespace);
            LiveError::Refusal { reason: if reason.is_empty() { format!("HTTP {code}") } else { reason }, message, advice }
        }
        other => other.into_error(about),
    }
}

/// What can be done about a refusal in these words.
fn advice(message: &str, place: &Place, namespace: &str) -> Vec<String> {
    let says = |words: &str| message.contains(words);
    let way = place.way();
    let another = match way {
        Way::Ephemeral => "--via exec adds nothing to the pod; --via pod runs in a pod of its own",
        _ => "--via exec makes nothing; --via ephemeral adds a container to a pod that is there",
    };
    let mut advice = Vec::new();
    if says("violates PodSecurity") {
        advice.push(format!(
            "the namespace asks for it: kubectl get namespace {namespace} -o jsonpath='{{.metadata.labels.pod-security\\.kubernetes\\.io/enforce}}'"
        ));
        if way == Way::Ephemeral && !blames_only(message, place) {
            advice.push(
                "the whole pod is judged when a container is added: what its own containers lack, the server's words name".to_owned(),
            );
        }
        advice.push(another.to_owned());
    } else if says("exceeded quota") || says("failed quota") {
        advice.push(format!("what is left of it: kubectl describe resourcequota -n {namespace}"));
        advice.push(another.to_owned());
    } else if says("admission webhook") || says("failed calling webhook") || says("ValidatingAdmissionPolicy") {
        advice.push("a policy of the cluster decides that, not Kubernetes: its words say which".to_owned());
        advice.push(another.to_owned());
    } else if says(" usage per ") || says("must be less than or equal to") {
        advice.push(format!("a LimitRange decides that: kubectl describe limitrange -n {namespace}"));
        advice.push(another.to_owned());
    } else if says("static pods do not support ephemeral containers") {
        advice.push("a pod that the node itself runs cannot be changed: --via exec, or --via pod".to_owned());
    } else if says("error looking up service account") {
        advice.push(format!("the pod would run as that account: kubectl get serviceaccounts -n {namespace}"));
    } else if says("not found") {
        advice.push(format!("it may just have been replaced: kubectl get pods -n {namespace}"));
    }
    advice
}

/// Whether the words about Pod Security name only the container that would be added.
fn blames_only(message: &str, place: &Place) -> bool {
    let Place::Ephemeral { container, .. } = place else { return false };
    // `(container "app" must set …)`, `(containers "app", "probe" must set …)`, or the pod itself.
    let blamed: Vec<&str> = message.split('(').skip(1).flat_map(|part| part.split('"').skip(1).step_by(2).take(8)).collect();
    !message.contains("pod or container") && blamed.contains(&container.name.as_str()) && {
        let others = blamed.iter().filter(|name| **name != container.name);
        others.count() == 0
    }
}
