//! The Service before the cluster's servers, its endpoints, and the pods behind it.

use super::{NAMESPACE, Visit};
use crate::dns::cluster;
use crate::dns::configuration::servers;
use crate::dns::findings::doctor::{NO_ENDPOINT, NO_PORT, NO_SERVICE, NOT_READY};
use crate::inventory::Inventory;
use crate::objects::{IntOrString, Pod, Protocol, Resource, Service};
use crate::report::policy::ResolvedBy;
use crate::report::{Finding, ObjectRef, quoted};
use crate::service::Chain;

/// The port of DNS.
const PORT: i64 = 53;

pub(super) fn look(inventory: &Inventory, visit: &mut Visit) {
    let complete = |resource| inventory.coverage.is_complete(resource, Some(NAMESPACE));
    let Some(service) = cluster::service(inventory) else {
        if complete(Resource::Services) {
            visit.saw("service", "", vec![no_service()]);
        } else {
            visit.could_not_tell("service", format!("Services of {NAMESPACE} were not read"));
        }
        visit.could_not_tell("endpoints", "the Service of the servers is not known");
        visit.could_not_tell("servers", "the Service of the servers is not known");
        return;
    };
    let lacking: Vec<Finding> =
        PROTOCOLS.into_iter().filter(|protocol| port(service, *protocol).is_none()).map(|p| lacks(service, p)).collect();
    let name = &service.metadata.name;
    visit.saw("service", format!("{name} has {}, with port 53 over UDP and TCP", service.spec.cluster_ip), lacking);
    if complete(Resource::EndpointSlices) {
        endpoints(inventory, service, visit);
    } else {
        visit.could_not_tell("endpoints", format!("EndpointSlices of {NAMESPACE} were not read"));
    }
    let pods: Vec<&Pod> = servers(inventory).collect();
    if pods.is_empty() && !complete(Resource::Pods) {
        visit.could_not_tell("servers", format!("Pods of {NAMESPACE} were not read"));
        return;
    }
    let not_ready: Vec<Finding> = pods.iter().filter(|pod| !is_ready(pod)).map(|pod| not_ready(pod)).collect();
    let said = if pods.is_empty() {
        "no pod is behind the Service".to_owned()
    } else {
        format!("{} of {} ready", pods.len() - not_ready.len(), pods.len())
    };
    visit.saw("servers", said, not_ready);
}

const PROTOCOLS: [Protocol; 2] = [Protocol::Udp, Protocol::Tcp];

fn port(service: &Service, protocol: Protocol) -> Option<(usize, &crate::objects::ServicePort)> {
    let is = |(_, port): &(usize, &crate::objects::ServicePort)| port.port == PORT && Protocol::parse(&port.protocol) == Some(protocol);
    service.spec.ports.iter().enumerate().find(is)
}

/// Pods of files have no conditions: they count as ready.
fn is_ready(pod: &Pod) -> bool {
    pod.is_ready() || pod.status.conditions.is_empty() && pod.status.container_statuses.is_empty()
}

fn reference(service: &Service) -> ObjectRef {
    ObjectRef::new("Service", &service.metadata.namespace, &service.metadata.name)
}

fn no_service() -> Finding {
    let subject = ObjectRef::new("Service", NAMESPACE, "kube-dns");
    NO_SERVICE
        .on(subject.clone(), format!("no Service of {NAMESPACE} is that of the cluster's servers"))
        .shown_by(&ObjectRef::new("Namespace", "", NAMESPACE), "services", "none is called kube-dns or has the label k8s-app: kube-dns")
        .remedied_by("list what is there", Some(format!("kubectl get services -n {NAMESPACE} --show-labels")))
}

fn lacks(service: &Service, protocol: Protocol) -> Finding {
    let (subject, name) = (reference(service), if protocol == Protocol::Tcp { "dns-tcp" } else { "dns" });
    let ports: Vec<String> = service
        .spec
        .ports
        .iter()
        .map(|port| format!("{}/{}", port.port, if port.protocol.is_empty() { "TCP" } else { &port.protocol }))
        .collect();
    let other = service.spec.ports.iter().find(|port| port.port == PORT).and_then(|port| port.target_port.clone());
    let target = match other {
        Some(IntOrString::Int(number)) => number.to_string(),
        _ => PORT.to_string(),
    };
    let patch = format!(r#"{{"spec":{{"ports":[{{"name":"{name}","port":53,"protocol":"{protocol}","targetPort":{target}}}]}}}}"#);
    let command = format!(
        "kubectl patch service {} -n {} -p {}",
        quoted(&service.metadata.name),
        quoted(&service.metadata.namespace),
        quoted(&patch)
    );
    NO_PORT
        .on(subject.clone(), format!("{} has no port 53 over {protocol}", service.metadata.name))
        .shown_by(&subject, "spec.ports", ports.join(", "))
        .remedied_by("add the port", Some(command))
}

fn endpoints(inventory: &Inventory, service: &Service, visit: &mut Visit) {
    let chain = Chain::follow(inventory, service);
    let subject = reference(service);
    if chain.ready() == 0 {
        let selector: Vec<String> = service.spec.selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let pods = format!("kubectl get pods -n {} -l {} -o wide", quoted(&service.metadata.namespace), quoted(&selector.join(",")));
        let finding = NO_ENDPOINT
            .on(subject.clone(), format!("no ready endpoint is behind {}", service.metadata.name))
            .shown_by(&subject, "spec.selector", selector.join(","))
            .remedied_by("see how the servers are", (!selector.is_empty()).then_some(pods));
        visit.saw("endpoints", "", vec![finding]);
        return;
    }
    let mut nowhere = Vec::new();
    for protocol in PROTOCOLS {
        let Some((at, port)) = port(service, protocol) else { continue };
        if chain
            .backends
            .iter()
            .filter(|backend| backend.ready)
            .any(|backend| backend.ports.iter().any(|(of, p, _)| *of == at && *p == protocol))
        {
            continue;
        }
        let target = match &port.target_port {
            Some(IntOrString::Name(name)) => name.clone(),
            Some(IntOrString::Int(number)) => number.to_string(),
            None => PORT.to_string(),
        };
        nowhere.push(
            NO_PORT
                .on(subject.clone(), format!("port 53 over {protocol} of {} leads to no port of the servers", service.metadata.name))
                .shown_by(&subject, format!("spec.ports[{at}].targetPort"), target)
                .remedied_by("name a port that a container of the servers declares", None),
        );
    }
    let by = if chain.resolved_by == ResolvedBy::Selector { ", found by the selector: there are no EndpointSlices" } else { "" };
    visit.saw("endpoints", format!("{} of {} ready{by}", chain.ready(), chain.backends.len()), nowhere);
}

fn not_ready(pod: &Pod) -> Finding {
    let (namespace, name) = (&pod.metadata.namespace, &pod.metadata.name);
    let subject = ObjectRef::new("Pod", namespace, name);
    let waiting = pod.status.container_statuses.iter().enumerate().find_map(|(at, status)| Some((at, status.state.waiting.as_ref()?)));
    let (field, value) = match (waiting, pod.condition("PodScheduled").filter(|condition| condition.status == "False")) {
        (Some((at, waiting)), _) => (format!("status.containerStatuses[{at}].state.waiting.reason"), waiting.reason.clone()),
        (None, Some(condition)) => ("status.conditions[type=PodScheduled].message".to_owned(), condition.message.clone()),
        (None, None) => ("status.conditions[type=Ready].status".to_owned(), "False".to_owned()),
    };
    let log = match waiting {
        Some((_, waiting)) if waiting.reason == "CrashLoopBackOff" => {
            format!("kubectl logs {} -n {} --previous", quoted(name), quoted(namespace))
        }
        _ => format!("kubectl describe pod {} -n {}", quoted(name), quoted(namespace)),
    };
    NOT_READY
        .on(subject.clone(), format!("{name} is not ready: {value}"))
        .shown_by(&subject, field, value)
        .remedied_by("see what it says", Some(log))
}
