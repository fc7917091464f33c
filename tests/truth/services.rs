//! Services as pods meet them: where a name leads, who answers on which port, and whether anybody does, against what netstore
//! says is behind the Service.

use std::collections::BTreeSet;
use std::net::IpAddr;

use netstore::objects::Protocol;
use serde_json::Value;

use super::attempt::{Attempt, Observed, Source, read_dial};
use super::boot;
use super::cluster::Cluster;
use super::dialer::Dialer;
use super::http::Request;
use super::predicted;
use super::services_world::{CASES, CLIENTS, Case, NAMESPACE, Special, manifests};
use super::tally::Tally;

/// So many connections meet both of two endpoints but once in thousands of runs.
const TRIES: usize = 16;

const CLIENT: Source = Source::Pod(0);

/// What the suite works with.
struct Services<'a> {
    cluster: &'a Cluster,
    dialer: Dialer,
    nodes: Vec<IpAddr>,
}

/// The suite.
pub fn run(cluster: &Cluster, keep: bool, tally: &mut Tally) {
    match ready(cluster) {
        Ok(services) => {
            for case in &CASES {
                let result = services.case(case, tally);
                tally.case(&format!("{}:{}/{}", case.service, case.port, case.protocol), result);
            }
            let names = services.stateful_names(tally);
            tally.case("pods of a StatefulSet have names", names);
            let names = services.short_names(tally);
            tally.case("short names lead where full ones do", names);
        }
        Err(why) => tally.case("the Services are brought up", Err(why)),
    }
    if !keep && let Err(why) = boot::remove(cluster, &[NAMESPACE, CLIENTS]) {
        tally.case("the Services are taken down", Err(why));
    }
}

/// Everything that is to be Ready is, and the client can be asked.
fn ready(cluster: &Cluster) -> Result<Services<'_>, String> {
    let nodes = boot::nodes(cluster)?;
    boot::make_room(cluster, &[NAMESPACE, CLIENTS])?;
    cluster.apply(&manifests(&nodes))?;
    cluster.run_kubectl(&["wait", "-n", CLIENTS, "pod/client", "--for=condition=Ready", "--timeout=120s"])?;
    for workload in ["deployment/web", "statefulset/db"] {
        cluster.run_kubectl(&["rollout", "status", "-n", NAMESPACE, workload, "--timeout=120s"])?;
    }
    let pods = ["unlike-0", "unlike-1", "twice", "sidecar", "far", "host", "half-0", "half-1"].map(|name| format!("pod/{name}"));
    let mut wait = vec!["wait", "-n", NAMESPACE, "--for=condition=Ready", "--timeout=120s"];
    wait.extend(pods.iter().map(String::as_str));
    cluster.run_kubectl(&wait)?;
    for name in ["pod/slow", "pod/half-2"] {
        cluster.run_kubectl(&["wait", "-n", NAMESPACE, name, "--for=jsonpath={.status.phase}=Running", "--timeout=120s"])?;
    }
    let mut dialer = Dialer::default();
    dialer.add_pod(cluster, CLIENT, (CLIENTS, "client"), 8080)?;
    dialer.add_here(Source::Machine);
    cluster.settle()?;
    Ok(Services { cluster, dialer, nodes: nodes.iter().filter_map(|node| node.addresses.first().copied()).collect() })
}

/// What netstore says is behind a port of a Service.
#[derive(Debug, PartialEq, Eq)]
struct Behind {
    ready: usize,
    total: usize,
    /// Numbers on the endpoints.
    ports: BTreeSet<u16>,
}

fn full_name(service: &str) -> String {
    format!("{service}.{NAMESPACE}.svc.cluster.local")
}

impl Services<'_> {
    /// Dials until somebody does not answer, at most [`TRIES`] times: who answered, and what was observed instead.
    fn dial(&self, host: &str, (port, protocol): (u16, Protocol), request: &str) -> Result<(BTreeSet<String>, Option<Observed>), String> {
        let attempt = Attempt { source: CLIENT, host: host.to_owned(), protocol, port, answerers: Vec::new() };
        let mut answered = BTreeSet::new();
        for _ in 0..TRIES {
            match read_dial(200, &self.dialer.ask(CLIENT, attempt.dial(request))?) {
                Observed::Answered(what) => answered.insert(what),
                other => return Ok((answered, Some(other))),
            };
        }
        Ok((answered, None))
    }

    /// Addresses that a name has for the client.
    fn resolve(&self, name: &str) -> Result<BTreeSet<IpAddr>, String> {
        let said = self.dialer.ask(CLIENT, format!("/shell?cmd=nslookup+{name}"))?;
        let said: Value = serde_json::from_str(&said).map_err(|error| format!("{error}: {said}"))?;
        let output = said["output"].as_str().unwrap_or_default();
        // Before the name stands the server that was asked.
        let (_, answer) = output.split_once("Name:").unwrap_or_default();
        Ok(answer.split_whitespace().filter_map(|word| word.parse().ok()).collect())
    }

    fn behind(&self, case: &Case) -> Result<(Behind, Value), String> {
        let target = format!("{NAMESPACE}/svc/{}:{}/{}", case.service, case.port, case.protocol);
        let answer = self.cluster.netstore(&["who-can-reach", &target])?;
        let chain = &answer["result"]["service"];
        let count = |field: &str| chain[field].as_u64().and_then(|count| usize::try_from(count).ok()).ok_or(format!("no {field}: {chain}"));
        let port = chain["ports"].as_array().into_iter().flatten().find(|port| port["port"] == case.port);
        let ranges = predicted::ports(&port.ok_or(format!("no port {}: {chain}", case.port))?["targetPorts"]);
        let numbers = (1..=u16::MAX).filter(|number| predicted::holds(&ranges, protocol(case), *number)).collect();
        Ok((Behind { ready: count("ready")?, total: count("total")?, ports: numbers }, answer))
    }

    fn case(&self, case: &Case, tally: &mut Tally) -> Result<(), String> {
        if case.special == Special::ExternalName {
            return self.external_name(case, tally);
        }
        let (behind, answer) = self.behind(case)?;
        let chain = &answer["result"]["service"];
        if (behind.ready, behind.total) != (case.ready, case.total) {
            return Err(format!("{} of {} are ready, netstore says {chain}", case.ready, case.total));
        }
        let name = full_name(case.service);
        let (names, ended) = self.dial(&name, (case.port, protocol(case)), "hostname")?;
        match case.special {
            Special::Elsewhere => {
                // Nobody listens on the client's node: packets are lost, and netstore must at least say so.
                let said = answer.to_string().contains("internalTrafficPolicy");
                return check(names.is_empty() && said, tally, || format!("{names:?} answered; netstore says {chain}"));
            }
            Special::NoPort => {
                let nobody = names.is_empty() && behind.ports.is_empty();
                return check(nobody, tally, || format!("{names:?} answered; netstore says {chain}"));
            }
            _ => {}
        }
        // The name of what is on a node's network or outside is the machine's, whoever answers.
        let met = if case.special == Special::Sticky { names.len().min(1) * behind.ready } else { names.len() };
        check(met == behind.ready, tally, || format!("{names:?} answered, then {ended:?}; netstore says {chain}"))?;
        if behind.ready == 0 {
            let nobody = matches!(ended, Some(Observed::Refused)) || case.special == Special::Headless;
            return check(nobody, tally, || format!("{ended:?} instead of a refusal"));
        }
        let (ports, _) = self.dial(&name, (case.port, protocol(case)), "serverport")?;
        let ports: BTreeSet<u16> = ports.iter().filter_map(|port| port.parse().ok()).collect();
        check(ports == behind.ports, tally, || format!("{ports:?} answered; netstore says {chain}"))?;
        self.resolved(case, &behind, tally)?;
        if case.special == Special::NodePort {
            self.node_port(case, &names, tally)?;
        }
        let question = format!("{NAMESPACE}/svc/{}:{}/{}", case.service, case.port, case.protocol);
        let answer = self.cluster.netstore(&["can-reach", &format!("{CLIENTS}/client"), &question])?;
        check(answer["result"]["verdict"] == "allow", tally, || format!("it is reached; netstore says {}", answer["result"]))
    }

    /// A Service's name leads to its address; a headless one's to the pods that are ready.
    fn resolved(&self, case: &Case, behind: &Behind, tally: &mut Tally) -> Result<(), String> {
        let resolved = self.resolve(&full_name(case.service))?;
        if case.special == Special::Headless {
            return check(resolved.len() == behind.ready, tally, || format!("it resolves to {resolved:?}, {} are ready", behind.ready));
        }
        let path = format!("/api/v1/namespaces/{NAMESPACE}/services/{}", case.service);
        let service = self.cluster.api(&[Request::get(path)])?.remove(0);
        let own = service["spec"]["clusterIPs"].as_array().into_iter().flatten();
        let own: BTreeSet<IpAddr> = own.filter_map(|ip| ip.as_str()?.parse().ok()).collect();
        check(resolved == own, tally, || format!("it resolves to {resolved:?} and has {own:?}"))?;
        for address in own {
            let (names, ended) = self.dial(&address.to_string(), (case.port, protocol(case)), "hostname")?;
            check(ended.is_none() && !names.is_empty(), tally, || format!("{address}: {names:?} answered, then {ended:?}"))?;
        }
        Ok(())
    }

    /// Every node leads to the same pods.
    fn node_port(&self, case: &Case, names: &BTreeSet<String>, tally: &mut Tally) -> Result<(), String> {
        let path = format!("/api/v1/namespaces/{NAMESPACE}/services/{}", case.service);
        let service = self.cluster.api(&[Request::get(path)])?.remove(0);
        let port = service["spec"]["ports"][0]["nodePort"].as_u64().and_then(|port| u16::try_from(port).ok()).ok_or("no node port")?;
        for node in &self.nodes {
            let (met, ended) = self.dial(&node.to_string(), (port, protocol(case)), "hostname")?;
            check(met == *names, tally, || format!("{node}:{port}: {met:?} answered, then {ended:?}"))?;
        }
        Ok(())
    }

    /// It leads to a name and to no pod: netstore does not know more, and it does not guess.
    fn external_name(&self, case: &Case, tally: &mut Tally) -> Result<(), String> {
        let question = format!("{NAMESPACE}/svc/{}:{}", case.service, case.port);
        let answer = self.cluster.netstore(&["can-reach", &format!("{CLIENTS}/client"), &question])?;
        check(answer["result"]["verdict"] == "unknown", tally, || format!("netstore says {}", answer["result"]))?;
        let (names, ended) = self.dial(&full_name(case.service), (case.port, protocol(case)), "hostname")?;
        check(!names.is_empty(), tally, || format!("{names:?} answered, then {ended:?}"))
    }

    /// `db-0.db.…` is the address of that pod and nobody else's.
    fn stateful_names(&self, tally: &mut Tally) -> Result<(), String> {
        for pod in ["db-0", "db-1"] {
            let object = self.cluster.api(&[Request::get(format!("/api/v1/namespaces/{NAMESPACE}/pods/{pod}"))])?.remove(0);
            let own: Option<IpAddr> = object["status"]["podIP"].as_str().and_then(|ip| ip.parse().ok());
            let name = full_name(&format!("{pod}.db"));
            let resolved = self.resolve(&name)?;
            check(resolved.iter().copied().eq(own), tally, || format!("{name} is {resolved:?}, the pod has {own:?}"))?;
            let (names, ended) = self.dial(&name, (8080, Protocol::Tcp), "hostname")?;
            check(names.iter().eq([pod]) && ended.is_none(), tally, || format!("{name}: {names:?} answered, then {ended:?}"))?;
        }
        Ok(())
    }

    /// By the search path of the client, whose namespace is another.
    fn short_names(&self, tally: &mut Tally) -> Result<(), String> {
        let (full, _) = self.dial(&full_name("web"), (80, Protocol::Tcp), "hostname")?;
        for name in [format!("web.{NAMESPACE}"), format!("web.{NAMESPACE}.svc")] {
            let (names, ended) = self.dial(&name, (80, Protocol::Tcp), "hostname")?;
            check(names == full, tally, || format!("{name}: {names:?} answered, then {ended:?}; by the full name {full:?}"))?;
        }
        let (names, _) = self.dial("web", (80, Protocol::Tcp), "hostname")?;
        check(names.is_empty(), tally, || format!("{names:?} answered, and there is no such Service in {CLIENTS}"))
    }
}

fn protocol(case: &Case) -> Protocol {
    Protocol::parse(case.protocol).unwrap_or(Protocol::Tcp)
}

/// Counts an agreement, or tells the difference.
fn check(agrees: bool, tally: &mut Tally, difference: impl FnOnce() -> String) -> Result<(), String> {
    if agrees {
        tally.agreements += 1;
        return Ok(());
    }
    tally.disagreements += 1;
    Err(difference())
}
