//! Findings about names that do not exist.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Names, Why};
use crate::dns::findings::records as kinds;
use crate::dns::owner::change;
use crate::dns::server::{Because, Expected};
use crate::objects::Service;
use crate::report::{Finding, ObjectRef, quoted};

/// What is to be said of the Services, and of the names that were missed.
pub(super) fn findings(names: &Names<'_, '_>, services: &[&Service]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = services.iter().filter_map(|service| of_service(names, service)).collect();
    // What is true of one pod of many is said once.
    let mut said = BTreeSet::new();
    let first = names.missed.iter().filter(|missed| said.insert(missed.why.about()));
    findings.extend(first.map(|missed| of_missed(names, &missed.name, &missed.why)));
    findings
}

fn of_service(names: &Names<'_, '_>, service: &Service) -> Option<Finding> {
    let (namespace, name) = service.metadata.key();
    let object = ObjectRef::new("Service", namespace, name);
    let full = names.full(&[name, namespace, "svc"]);
    let because = names.said.iter().find(|((asked, _), _)| *asked == full).and_then(|(_, said)| match said {
        Expected::Says { because, .. } => Some(because),
        Expected::Unknown(_) => None,
    })?;
    Some(match because {
        Because::ExternalAddress(_, address) => {
            let message = format!("{full} does not exist: externalName is {address}, and only a name can be another name.");
            let patch = r#"{"spec":{"type":"ClusterIP","clusterIP":"None","externalName":null}}"#;
            let command = format!("kubectl patch service {} -n {} -p {}", quoted(name), quoted(namespace), quoted(patch));
            kinds::EXTERNAL_ADDRESS
                .on(object.clone(), message)
                .shown_by(&object, "spec.externalName", address)
                .remedied_by("Make it a headless Service, then give it an EndpointSlice with that address.", Some(command))
        }
        Because::NoEndpoints(_) if service.is_headless() => {
            let endpoints = names.servers.endpoints(service);
            let message = match endpoints.len() {
                0 => format!("{full} does not exist: the Service has no endpoint."),
                1 => format!("{full} does not exist: the one endpoint of the Service is not ready."),
                several => format!("{full} does not exist: none of the {several} endpoints of the Service is ready."),
            };
            let found = kinds::NOT_READY.on(object.clone(), message).shown_by(&object, "spec.clusterIP", "None");
            let selector: Vec<String> = service.spec.selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
            if selector.is_empty() {
                return Some(found.remedied_by("Give it an EndpointSlice with endpoints that are ready.", None));
            }
            let [name, namespace, selector] = [name, namespace, &selector.join(",")].map(quoted);
            let patch = quoted(r#"{"spec":{"publishNotReadyAddresses":true}}"#);
            found
                .remedied_by("See why its pods are not ready.", Some(format!("kubectl get pods -n {namespace} -l {selector}")))
                .remedied_by(
                    "If pods that are not ready are to be found, too, say so.",
                    Some(format!("kubectl patch service {name} -n {namespace} -p {patch}")),
                )
        }
        _ => return None,
    })
}

fn of_missed(names: &Names<'_, '_>, name: &str, why: &Why) -> Finding {
    match why {
        Why::UnnamedPort { service, at, port } => {
            let patch = format!(r#"[{{"op":"add","path":"/spec/ports/{at}/name","value":"http"}}]"#);
            let command = format!(
                "kubectl patch service {} -n {} --type json -p {}",
                quoted(&service.name),
                quoted(&service.namespace),
                quoted(&patch)
            );
            kinds::UNNAMED_PORT
                .on(service.clone(), format!("Port {port} has no name, so there is no SRV record of it."))
                .shown_by(service, format!("spec.ports[{at}].name"), "")
                .remedied_by("If clients look for it by SRV, give it the name that they know, here http.", Some(command))
        }
        Why::OtherService { service, pod, subdomain } => kinds::OTHER_SERVICE
            .on(service.clone(), format!("{name} does not exist: pods have names below one Service, and this one names {subdomain}."))
            .shown_by(pod, "spec.subdomain", subdomain)
            .remedied_by(format!("Ask for {}.", name.replacen(&format!(".{}.", service.name), &format!(".{subdomain}."), 1)), None),
        Why::NoSubdomain { pod, service } => {
            let found = kinds::NO_SUBDOMAIN
                .on(pod.clone(), format!("{name} does not exist: the pod has a hostname and no subdomain."))
                .shown_by(pod, "spec.subdomain", "");
            let Some(info) = names.pod(pod) else { return found };
            let what = format!("Set subdomain to {service}");
            let change = change(names.inventory, &info.pod, None, &what, &json!({"subdomain": service}));
            found.remedied_by(change.description, change.command)
        }
        Why::NoSuchService { object, field, subdomain, .. } => {
            let message = format!("{name} does not exist: there is no Service {subdomain}.");
            let found = kinds::NO_SERVICE.on(object.clone(), message).shown_by(object, *field, subdomain);
            let command =
                format!("kubectl create service clusterip {} -n {} --clusterip=None", quoted(subdomain), quoted(&object.namespace));
            // What kubectl creates selects by the label `app` with the name of the Service.
            let selects = names.pod(object).and_then(|info| info.pod.metadata.labels.get("app")).is_some_and(|app| app == subdomain);
            found.remedied_by("Create the headless Service, with a selector for its pods.", selects.then_some(command))
        }
    }
}
