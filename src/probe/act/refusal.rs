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

/// Whether the words about Pod Security name no container but the one that would be added.
fn blames_only(message: &str, place: &Place) -> bool {
    let Place::Ephemeral { container, .. } = place else { return false };
    // `… (container "app" must set …), … (pod or containers "app", "probe" must set …)`
    let reasons = message.split('(').skip(1).filter_map(|part| part.split_once(" must ")).map(|(blamed, _)| blamed);
    let mut blamed = reasons.flat_map(|blamed| blamed.split('"').skip(1).step_by(2));
    blamed.all(|name| name == container.name)
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::EphemeralContainer;

    use super::*;

    fn beside() -> Place {
        let container = EphemeralContainer { name: "probe".to_owned(), ..EphemeralContainer::default() };
        Place::Ephemeral { namespace: "shop".to_owned(), pod: "web".to_owned(), container: Box::new(container) }
    }

    fn explained(message: &str, place: &Place) -> LiveError {
        let failure = Failure::Status { code: 403, reason: "Forbidden".to_owned(), message: message.to_owned() };
        explain(failure, place, "shop", &About::default())
    }

    #[test]
    fn a_right_that_is_missing_is_told_apart_from_admission() {
        let rbac = "pods \"web\" is forbidden: User \"jane\" cannot patch resource \"pods/ephemeralcontainers\" in API group \"\" in the namespace \"shop\"";
        match explained(rbac, &beside()) {
            LiveError::NotPermitted { rights, .. } => assert_eq!(rights, rights::needed(Way::Ephemeral, "shop")),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_refusal_has_its_advice() {
        let pod = Place::Pod(Box::default());
        for (message, place, first) in [
            (
                "violates PodSecurity \"restricted:latest\": runAsNonRoot != true (pod or container \"app\" must set …)",
                beside(),
                "the namespace asks",
            ),
            ("exceeded quota: few, requested: pods=1, used: pods=3, limited: pods=3", pod.clone(), "what is left of it"),
            ("maximum cpu usage per Container is 10m, but limit is 50m", pod.clone(), "a LimitRange decides"),
            ("admission webhook \"x.example\" denied the request: no", pod.clone(), "a policy of the cluster"),
            ("ValidatingAdmissionPolicy 'a' with binding 'b' denied request: no", pod.clone(), "a policy of the cluster"),
            ("error looking up service account shop/web: serviceaccount \"web\" not found", pod.clone(), "the pod would run as"),
            ("static pods do not support ephemeral containers", beside(), "a pod that the node itself runs"),
            ("pods \"web\" not found", beside(), "it may just have been replaced"),
        ] {
            match explained(message, &place) {
                LiveError::Refusal { message: kept, advice, .. } => {
                    assert_eq!(kept, message);
                    assert!(advice.first().is_some_and(|advice| advice.starts_with(first)), "{message}: {advice:?}");
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn who_is_blamed_of_a_pod_is_said() {
        let blames = |words: &str| blames_only(&format!("violates PodSecurity \"restricted:latest\": {words}"), &beside());
        assert!(blames("seccompProfile (container \"probe\" must set …)"));
        assert!(!blames("seccompProfile (containers \"app\", \"probe\" must set …)"));
        assert!(!blames("allowPrivilegeEscalation != false (container \"app\" must set …)"));
        assert!(blames("runAsNonRoot != true (pod or container \"probe\" must set …)"));
    }
}
