//! Names that objects look as if they gave, and that no rule of names gives.

use super::{Missed, Names, Why};
use crate::dns::record::RecordType;
use crate::dns::server::{EndpointName, Expected};
use crate::objects::{Pod, Service};
use crate::report::ObjectRef;

/// Pods behind a headless Service have a name below it only if it is the one that they say.
pub(super) fn below_another_service<'a>(
    names: &mut Names<'_, 'a>,
    service: &'a Service,
    endpoints: &[EndpointName<'a>],
    pods: Option<&[&'a Pod]>,
) {
    let (namespace, name) = service.metadata.key();
    for endpoint in endpoints.iter().filter(|endpoint| !endpoint.is_named) {
        let Some(pod) = endpoint.pod.and_then(|pod| names.inventory.pod(namespace, pod)).and_then(|at| names.inventory.pods.get(at)) else {
            continue;
        };
        let pod = &pod.pod;
        if pods.is_some_and(|pods| !pods.iter().any(|one| one.metadata.key() == pod.metadata.key())) || pod.spec.hostname.is_empty() {
            continue;
        }
        let full = names.full(&[&pod.spec.hostname, name, namespace, "svc"]);
        if names.has_addresses(&full) {
            continue;
        }
        let object = ObjectRef::new("Pod", namespace, &pod.metadata.name);
        let why = match pod.spec.subdomain.as_str() {
            "" => Why::NoSubdomain { pod: object },
            other if other != name => {
                Why::OtherService { service: ObjectRef::new("Service", namespace, name), pod: object, subdomain: other.to_owned() }
            }
            _ => continue,
        };
        names.missed.push(Missed { name: full, kind: RecordType::A, why });
    }
}

/// A pod may say that its name stands below a Service that does not exist, or that does not have it.
pub(super) fn below_no_service(names: &mut Names<'_, '_>, pod: &Pod) {
    let (namespace, subdomain) = (pod.metadata.namespace.as_str(), pod.spec.subdomain.as_str());
    let hostname = if pod.spec.hostname.is_empty() { &pod.metadata.name } else { &pod.spec.hostname };
    if subdomain.is_empty() || names.inventory.service(namespace, subdomain).is_some() {
        return;
    }
    let full = names.full(&[hostname, subdomain, namespace, "svc"]);
    match names.servers.expected(&full, RecordType::A) {
        Expected::Says { response, because } if response.answers.is_empty() => {
            let object = ObjectRef::new("Pod", namespace, &pod.metadata.name);
            let why = Why::NoSuchService { pod: object, subdomain: subdomain.to_owned(), because };
            names.missed.push(Missed { name: full, kind: RecordType::A, why });
        }
        _ => names.ask(&full, RecordType::A),
    }
}
