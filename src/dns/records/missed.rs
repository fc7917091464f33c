//! Names that objects look as if they gave, and that no rule of names gives.

use super::{Missed, Names, Why};
use crate::dns::record::RecordType;
use crate::dns::server::{EndpointName, Expected};
use crate::inventory::PodInfo;
use crate::objects::{Meta, Pod, Service};
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
            "" => Why::NoSubdomain { pod: object, service: name.to_owned() },
            other if other != name => {
                Why::OtherService { service: ObjectRef::new("Service", namespace, name), pod: object, subdomain: other.to_owned() }
            }
            _ => continue,
        };
        names.missed.push(Missed { name: full, kind: RecordType::A, why });
    }
}

/// A pod may say that its name stands below a Service that does not exist; a StatefulSet says it for its pods.
pub(super) fn below_no_service(names: &mut Names<'_, '_>, info: &PodInfo) {
    let Meta { namespace, name, .. } = &info.pod.metadata;
    let spec = &info.pod.spec;
    if spec.subdomain.is_empty() || names.inventory.service(namespace, &spec.subdomain).is_some() {
        return;
    }
    let group = names.inventory.groups.get(info.group).filter(|group| info.template && group.kind.name() == "StatefulSet");
    let (object, field) = match group {
        Some(group) => (ObjectRef::new("StatefulSet", namespace, &group.name), "spec.serviceName"),
        None => (ObjectRef::new("Pod", namespace, name), "spec.subdomain"),
    };
    let hostname = match group {
        Some(group) => format!("{}-<n>", group.name),
        None if spec.hostname.is_empty() => name.clone(),
        None => spec.hostname.clone(),
    };
    let full = names.full(&[&hostname, &spec.subdomain, namespace, "svc"]);
    match names.servers.expected(&full, RecordType::A) {
        Expected::Says { response, because } if response.answers.is_empty() => {
            let why = Why::NoSuchService { object, field, subdomain: spec.subdomain.clone(), because };
            names.missed.push(Missed { name: full, kind: RecordType::A, why });
        }
        _ => names.ask(&full, RecordType::A),
    }
}
