//! What stands before the packet: the name, the Service, its endpoints, the port of the pods, the pods, their sockets.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::{Case, Found, reported};
use crate::objects::{IntOrString, Phase, Pod, Resource, Service};
use crate::probe::agreement::Hears;
use crate::probe::check::Check;
use crate::probe::findings::layers as kinds;
use crate::probe::words;
use crate::report::policy::ResolvedBy;
use crate::report::probe::{LayerName, ProbeState, Verdict};
use crate::report::quoted;
use crate::service::Chain;

impl Case<'_, '_> {
    /// The name, as the source looks it up.
    pub(super) fn name(&self) -> Option<Found> {
        let named = self.aim.name.as_ref()?;
        let check = Check::Name(named.name.clone());
        let observed = self.seen.observed.get(&check)?;
        let found = |state, said: String| Found::new(LayerName::Name, state, said).resting_on([reported(&check, observed)]);
        let name = named.name.trim_end_matches('.');
        let said = words::observed(observed);
        Some(match observed.verdict {
            Verdict::Resolved => {
                let addresses = words::addresses(observed);
                let texts: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
                let said = format!("{name} → {}", texts.join(", "));
                if named.expected.is_empty() || addresses.iter().any(|ip| named.expected.contains(ip)) {
                    return Some(found(ProbeState::Ok, said));
                }
                let wanted: Vec<String> = named.expected.iter().map(IpAddr::to_string).collect();
                let said = format!("{said}, and not to {}", wanted.join(", "));
                let finding =
                    self.finding(&kinds::OTHER_ADDRESS, &format!("{name} leads to {} in {}", texts.join(", "), self.source().name));
                found(ProbeState::Fail, said).with(self.shown_by_lookup(finding, name))
            }
            Verdict::NxDomain | Verdict::NoData | Verdict::ServFail | Verdict::DnsTimeout => {
                let finding = self.finding(&kinds::NO_SUCH_NAME, &format!("{name} does not resolve in {}: {said}", self.source().name));
                found(ProbeState::Fail, format!("{name} does not resolve: {said}")).with(self.shown_by_lookup(finding, name))
            }
            _ => found(ProbeState::Unknown, format!("{name}: {said}")),
        })
    }

    fn shown_by_lookup(&self, finding: crate::report::Finding, name: &str) -> crate::report::Finding {
        let source = self.source();
        let command = format!("kubectl netstore dns {} {} -n {}", quoted(&source.name), quoted(name), quoted(&source.namespace));
        finding.remedied_by("see what the pod asks for, and what it should be told", Some(command))
    }

    /// The Service and its port.
    pub(super) fn service(&self) -> Option<Found> {
        let (chain, port) = self.aim.service.as_ref()?;
        let service = chain.service;
        let found = |state, said: String| Some(Found::new(LayerName::Service, state, said));
        let name = format!("{}/{}", service.metadata.namespace, service.metadata.name);
        if service.is_external_name() {
            return found(ProbeState::Ok, format!("{name} is another name for {}", service.spec.external_name));
        }
        let Some(port) = port else {
            let asked = self.aim.port.unwrap_or_default();
            let has: Vec<String> = service.spec.ports.iter().map(words::service_port).collect();
            let has = if has.is_empty() { "none at all".to_owned() } else { has.join(", ") };
            return found(ProbeState::Fail, format!("{name} has no port {asked}/{} (it has {has})", self.protocol()));
        };
        let address = if service.is_headless() { "headless".to_owned() } else { service.spec.cluster_ip.clone() };
        let affinity =
            if service.spec.session_affinity == "ClientIP" { "; a source stays with one endpoint (sessionAffinity: ClientIP)" } else { "" };
        found(ProbeState::Ok, format!("{name} ({address}), port {}{affinity}", words::service_port(port)))
    }

    /// What is behind the Service.
    pub(super) fn endpoints(&self) -> Option<Found> {
        let (chain, _) = self.aim.service.as_ref().filter(|(chain, _)| !chain.service.is_external_name())?;
        let service = chain.service;
        let namespace = &service.metadata.namespace;
        let found = |state, said: String| Some(Found::new(LayerName::Endpoints, state, said));
        let (ready, total) = (chain.ready(), chain.backends.len());
        if chain.resolved_by != ResolvedBy::EndpointSlices
            && !self.inventory.coverage.is_complete(Resource::EndpointSlices, Some(namespace))
        {
            return found(ProbeState::Unknown, format!("EndpointSlices of {namespace} could not be read"));
        }
        if ready == 0 {
            let why = nobody(service, total);
            let finding = self.finding(
                &kinds::NO_ENDPOINT,
                &format!("Service {namespace}/{} has no endpoint that receives traffic: {why}", service.metadata.name),
            );
            let finding = self.with_selector(finding, service);
            return Some(Found::new(LayerName::Endpoints, ProbeState::Fail, why).with(finding));
        }
        let local = service.spec.internal_traffic_policy == "Local" && !service.is_headless();
        if let Some(node) = self.pod(self.source).map(|pod| pod.spec.node_name.as_str()).filter(|node| local && !node.is_empty()) {
            let here = self.on_node(chain, node);
            if here == 0 {
                let why = format!("internalTrafficPolicy: Local, and none of {ready} ready is on {node}");
                let finding = self
                    .finding(&kinds::NO_ENDPOINT, &format!("Service {namespace}/{} has no endpoint on node {node}", service.metadata.name));
                let finding = finding.shown_by(&self.target(), "spec.internalTrafficPolicy", "Local");
                return Some(Found::new(LayerName::Endpoints, ProbeState::Fail, why).with(finding));
            }
            return found(ProbeState::Ok, format!("{ready} of {total} ready, {here} of them on {node} (internalTrafficPolicy: Local)"));
        }
        let published =
            if service.spec.publish_not_ready_addresses { ", whether or not their pods are (publishNotReadyAddresses)" } else { "" };
        let left_out = if self.aim.left_out > 0 { format!("; {} of them not tried", self.aim.left_out) } else { String::new() };
        found(ProbeState::Ok, format!("{ready} of {total} ready{published}{left_out}"))
    }

    fn with_selector(&self, finding: crate::report::Finding, service: &Service) -> crate::report::Finding {
        let meta = &service.metadata;
        if service.spec.selector.is_empty() {
            return finding.shown_by(&self.target(), "spec.selector", "(none)");
        }
        let selector: Vec<String> = service.spec.selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let selector = selector.join(",");
        let command = format!("kubectl get pods -n {} -l {}", quoted(&meta.namespace), quoted(&selector));
        finding
            .shown_by(&self.target(), "spec.selector", &selector)
            .remedied_by("see which pods have the labels, and whether they are ready", Some(command))
    }

    /// Endpoints that receive traffic and run on a node.
    fn on_node(&self, chain: &Chain<'_>, node: &str) -> usize {
        let on = |at: usize| self.pod(at).is_some_and(|pod| pod.spec.node_name == node);
        chain.backends.iter().filter(|backend| backend.ready && backend.pod.is_some_and(on)).count()
    }

    /// The port of the pods that the Service's port leads to.
    pub(super) fn target_port(&self) -> Option<Found> {
        let (chain, port) = self.aim.service.as_ref()?;
        let port = port.filter(|_| !chain.backends.is_empty() && !chain.service.is_external_name())?;
        let mut numbers: Vec<u16> = self.aim.stops.iter().filter_map(|stop| stop.to.as_ref()).map(|to| to.port).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let called = match &port.target_port {
            Some(IntOrString::Name(name)) => format!(" (\"{name}\")"),
            _ => String::new(),
        };
        if numbers.is_empty() {
            let said = format!("{}{called}: no pod behind the Service has this port", words::service_port(port));
            let finding =
                self.finding(&kinds::NO_TARGET_PORT, &format!("port {}{called} leads to no port of the pods", words::service_port(port)));
            let written = port.target_port.as_ref().map(ToString::to_string).unwrap_or_default();
            return Some(Found::new(LayerName::TargetPort, ProbeState::Fail, said).with(finding.shown_by(
                &self.target(),
                "spec.ports[].targetPort",
                written,
            )));
        }
        let numbers: Vec<String> = numbers.iter().map(u16::to_string).collect();
        let numbers = numbers.join(", ");
        let headless = chain.service.is_headless() && numbers != port.port.to_string();
        let headless = if headless { "; headless: whoever connects has to name that port" } else { "" };
        Some(Found::new(LayerName::TargetPort, ProbeState::Ok, format!("{} → {numbers}{called}{headless}", port.port)))
    }

    /// Pods that were named themselves, and those that cannot be connected to.
    pub(super) fn pods(&self) -> Vec<Found> {
        let named = self.aim.service.is_none();
        let mut seen = Vec::new();
        let mut found = Vec::new();
        for at in self.aim.stops.iter().filter_map(|stop| stop.pod) {
            let Some(pod) = self.pod(at).filter(|_| !seen.contains(&at)) else { continue };
            seen.push(at);
            let name = &pod.metadata.name;
            let state = pod_state(pod);
            if pod.ips().is_empty() {
                found.push(Found::new(LayerName::Pod, ProbeState::Fail, format!("{name} has no address: it is {state}")));
            } else if named {
                let host = if pod.spec.host_network { ", on the host network: it has the address of its node" } else { "" };
                let left_out = if self.aim.left_out > 0 && found.is_empty() {
                    format!("; {} more are not tried", self.aim.left_out)
                } else {
                    String::new()
                };
                found.push(Found::new(LayerName::Pod, ProbeState::Ok, format!("{name} is {state}{host}{left_out}")));
            }
        }
        found
    }

    /// Whether the pods have a socket there: those of which the same is known together.
    pub(super) fn listening(&self) -> Vec<Found> {
        let mut groups: BTreeMap<(u8, String), Vec<(&crate::probe::targets::Stop, Hears)>> = BTreeMap::new();
        let mut seen = Vec::new();
        for stop in self.aim.stops.iter().filter(|stop| stop.to.is_some()) {
            let Some(pod) = stop.pod.filter(|pod| !seen.contains(pod)) else { continue };
            seen.push(pod);
            let listening = self.listens(stop);
            groups.entry(rank(&listening)).or_default().push((stop, listening));
        }
        let mut found = Vec::new();
        for stops in groups.into_values() {
            let Some((first, listening)) = stops.first() else { continue };
            let names: Vec<String> = stops.iter().map(|(stop, _)| self.called(stop)).collect();
            let (names, port) = (words::and(&names), first.to.as_ref().map(|to| to.port).unwrap_or_default());
            let port = format!("{port}/{}", self.protocol());
            let subject = first.pod.map(|at| self.reference(at)).unwrap_or_default();
            let layer = |state, said: String| Found::new(LayerName::Listening, state, said);
            found.push(match listening {
                Hears::Yes => layer(ProbeState::Ok, format!("{names} on {port}")),
                Hears::Unknown(why) => layer(ProbeState::Unknown, format!("{names} on {port}: {why}")),
                Hears::OnlyItself => {
                    let said = format!("{names} on {port}, but only for itself (loopback)");
                    layer(ProbeState::Fail, said.clone()).with(
                        kinds::LOOPBACK_ONLY
                            .on(subject.clone(), format!("what listens on {port} of {names} listens for the pod itself only")),
                    )
                }
                Hears::No(instead) => {
                    let instead = words::instead(instead);
                    let finding = kinds::NOT_LISTENING.on(subject.clone(), format!("nothing listens on {port} of {names}{instead}"));
                    let command = format!("kubectl logs {} -n {} --tail=20", quoted(&subject.name), quoted(&subject.namespace));
                    let finding = finding.remedied_by("see on which port it says that it listens", Some(command));
                    layer(ProbeState::Fail, format!("nothing listens on {port} of {names}{instead}")).with(finding)
                }
            });
        }
        found
    }
}

/// Equal for sockets of which the same is to be said.
fn rank(listening: &Hears) -> (u8, String) {
    match listening {
        Hears::Yes => (0, String::new()),
        Hears::OnlyItself => (1, String::new()),
        Hears::No(instead) => (2, words::instead(instead)),
        Hears::Unknown(why) => (3, why.clone()),
    }
}

/// Why a Service has no endpoint that receives traffic.
fn nobody(service: &Service, total: usize) -> String {
    match (total, service.spec.selector.is_empty()) {
        (0, true) => "it has no selector, and nobody wrote EndpointSlices for it".to_owned(),
        (0, false) => "no pod has the labels that it selects".to_owned(),
        (total, _) => format!("0 of {total} ready"),
    }
}

/// `running and ready`.
fn pod_state(pod: &Pod) -> String {
    let phase = match pod.status.phase {
        Phase::Running if pod.metadata.deletion_timestamp.is_some() => "being deleted",
        Phase::Running => "running",
        Phase::Pending => "pending",
        Phase::Succeeded | Phase::Failed => "finished",
        Phase::Unknown => "in no known phase",
    };
    match pod.status.phase {
        Phase::Running if pod.is_ready() => format!("{phase} and ready"),
        Phase::Running => format!("{phase}, not ready"),
        _ => phase.to_owned(),
    }
}
