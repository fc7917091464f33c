//! Focused questions, a few for each policy set: `can-reach` between single ends and `who-can-reach` about a Service.

use netstore::objects::Protocol;
use netstore::report::Verdict;
use serde_json::Value;

use super::attempt::{Attempt, Source};
use super::cluster::Cluster;
use super::draw::bytes;
use super::genes::Genes;
use super::grid::Cell;
use super::predicted::{Named, OwnNode};
use super::world::{PORTS, Pod, SERVICES, Service, World};

/// A question and the attempts that answer it.
pub struct Sample {
    /// What sort of question, for the table.
    pub kind: &'static str,
    /// netstore's arguments.
    pub question: Vec<String>,
    /// All of them must show what was predicted.
    pub attempts: Vec<Attempt>,
    /// Whose each attempt is, where one answer is about many sources.
    sources: Vec<Asked>,
}

/// One of many sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub source: Named,
    pub own_node: OwnNode,
}

impl Sample {
    /// Asks netstore.
    pub fn ask(&self, cluster: &Cluster) -> Result<Value, String> {
        cluster.netstore(&self.question.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Observations by the source they are of; no source where the question has only one.
    pub fn groups<'a>(&'a self, observed: &'a [Verdict]) -> Vec<(Option<&'a Asked>, &'a [Verdict])> {
        if self.sources.is_empty() {
            return vec![(None, observed)];
        }
        let mut groups = Vec::new();
        let mut start = 0;
        for same in self.sources.chunk_by(|a, b| a == b) {
            groups.push((same.first(), &observed[start..start + same.len()]));
            start += same.len();
        }
        groups
    }
}

/// A question that the grid answers: its rows speak of every cell with these ends.
pub struct Focused {
    pub command: &'static str,
    pub from: Option<Named>,
    pub to: Option<Named>,
}

impl Focused {
    /// Whether its rows speak of this cell. That a pod reaches itself goes without saying where one end is given.
    pub fn is_about(&self, cell: &Cell) -> bool {
        let is = |end: &Option<Named>, of_cell: &Named| end.as_ref().is_none_or(|end| end == of_cell);
        is(&self.from, &cell.from) && is(&self.to, &cell.to) && cell.from != cell.to
    }

    /// netstore's arguments.
    pub fn question(&self) -> Vec<String> {
        let ends = self.from.iter().chain(&self.to).map(Named::to_string);
        std::iter::once(self.command.to_owned()).chain(ends).collect()
    }
}

/// Pods in turn: one as the target, one as the source, two as both ends of a question about all ports.
pub fn focused(world: &World, number: usize) -> Vec<Focused> {
    let pod = |at: usize| {
        let pod = &world.pods[at % world.pods.len()];
        Some(Named::pod(pod.namespace, pod.name))
    };
    let from = number * 5 + 3;
    vec![
        Focused { command: "who-can-reach", from: None, to: pod(number) },
        Focused { command: "reachable-from", from: pod(from), to: None },
        Focused { command: "can-reach", from: pod(number), to: pod(number + 1 + from % (world.pods.len() - 1)) },
    ]
}

fn full(pod: &Pod) -> String {
    format!("{}/{}", pod.namespace, pod.name)
}

/// An address with a port, as netstore and URLs have it.
fn with_port(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn can_reach(kind: &'static str, from: &str, to: String, attempts: Vec<Attempt>) -> Sample {
    let protocol = attempts.first().map_or(Protocol::Tcp, |attempt| attempt.protocol);
    let question = ["can-reach", from, &format!("{to}/{}", protocol.name())].map(str::to_owned).to_vec();
    Sample { kind, question, attempts, sources: Vec::new() }
}

/// The samples of a set, the same for the same seed and number.
pub fn draw(world: &World, seed: u64, number: usize) -> Vec<Sample> {
    let bytes = bytes(seed ^ 0x5A5A, number, 256);
    let mut genes = Genes::new(&bytes);
    let mut samples = Vec::new();
    samples.push(pods(world, &mut genes));
    if world.dual_stack() {
        samples.extend((0..3).map(|_| over_v6(world, &mut genes)));
    }
    samples.extend(from_node(world, &mut genes));
    samples.push(to_outside(world, &mut genes));
    samples.push(from_address(world, &mut genes));
    samples.extend(to_service(world, &mut genes));
    samples.extend(who_can_reach(world, number));
    samples
}

fn two(world: &World, genes: &mut Genes<'_>) -> (usize, usize) {
    let source = genes.below(world.pods.len());
    (source, (source + 1 + genes.below(world.pods.len() - 1)) % world.pods.len())
}

fn answerers(pod: &Pod) -> Vec<String> {
    if pod.host { Vec::new() } else { vec![pod.name.to_owned()] }
}

fn pods(world: &World, genes: &mut Genes<'_>) -> Sample {
    let (source, target) = two(world, genes);
    let (from, to) = (&world.pods[source], &world.pods[target]);
    let (protocol, port) = genes.pick(&to.ports());
    let host = to.addresses[0].to_string();
    let attempt = Attempt { source: Source::Pod(source), host, protocol, port, answerers: answerers(to) };
    can_reach("can-reach pod pod", &full(from), format!("{}:{port}", full(to)), vec![attempt])
}

/// By address: its family counts.
fn over_v6(world: &World, genes: &mut Genes<'_>) -> Sample {
    let (source, target) = two(world, genes);
    let (from, to) = (&world.pods[source], &world.pods[target]);
    let (protocol, port) = genes.pick(&to.ports());
    let address = to.address(true).unwrap_or(to.addresses[0]).to_string();
    // agnhost puts the brackets itself.
    let attempt = Attempt { source: Source::Pod(source), host: address.clone(), protocol, port, answerers: answerers(to) };
    can_reach("can-reach pod IPv6", &full(from), with_port(&address, port), vec![attempt])
}

/// From a node's address: its pod on the host network tries. The own node is always let in, another is an address.
fn from_node(world: &World, genes: &mut Genes<'_>) -> Option<Sample> {
    let [on_node, others] = [true, false].map(|host| (0..world.pods.len()).filter(|at| world.pods[*at].host == host).collect::<Vec<_>>());
    let (source, to) = (genes.pick(&on_node), &world.pods[genes.pick(&others)]);
    let from = world.nodes[world.pods[source].node].addresses.first()?;
    let (protocol, port) = genes.pick(&PORTS);
    let attempt = Attempt { source: Source::Pod(source), host: to.addresses[0].to_string(), protocol, port, answerers: answerers(to) };
    Some(can_reach("can-reach node pod", &from.to_string(), format!("{}:{port}", full(to)), vec![attempt]))
}

/// A web server outside, over either family.
fn to_outside(world: &World, genes: &mut Genes<'_>) -> Sample {
    let ordinary: Vec<usize> = (0..world.pods.len()).filter(|at| !world.pods[*at].host).collect();
    let source = genes.pick(&ordinary);
    let address = genes.pick(&world.outside).to_string();
    let port = genes.pick(&[80, 443]);
    let attempt = Attempt { source: Source::Pod(source), host: address.clone(), protocol: Protocol::Tcp, port, answerers: Vec::new() };
    can_reach("can-reach pod outside", &full(&world.pods[source]), with_port(&address, port), vec![attempt])
}

/// From outside or from the machine.
fn from_address(world: &World, genes: &mut Genes<'_>) -> Sample {
    let ordinary: Vec<usize> = (0..world.pods.len()).filter(|at| !world.pods[*at].host).collect();
    let target = &world.pods[genes.pick(&ordinary)];
    let (source, from) = match world.machine {
        Some(machine) if genes.one_in(2) => (Source::Machine, machine),
        _ => (Source::Outside, world.outside[0]),
    };
    let (protocol, port) = genes.pick(&PORTS);
    let attempt = Attempt { source, host: target.addresses[0].to_string(), protocol, port, answerers: answerers(target) };
    can_reach("can-reach address pod", &from.to_string(), format!("{}:{port}", full(target)), vec![attempt])
}

/// What a source tries to show what it can do with a port of a Service: each pod behind a headless one, else the Service's
/// name, often enough to meet every pod behind it.
fn service_attempts(world: &World, service: &Service, source: Source, (port, protocol): (u16, Protocol)) -> Vec<Attempt> {
    let endpoints: Vec<&Pod> = service.endpoints(world).into_iter().map(|at| &world.pods[at]).collect();
    let Some(address) = world.service_address(service) else {
        let attempt = |pod: &&Pod| Attempt { source, host: pod.addresses[0].to_string(), protocol, port, answerers: answerers(pod) };
        return endpoints.iter().map(attempt).collect();
    };
    let answerers: Vec<String> = endpoints.iter().map(|pod| pod.name.to_owned()).collect();
    let attempt = Attempt { source, host: address.to_string(), protocol, port, answerers };
    vec![attempt; if endpoints.len() > 1 { 4 } else { 1 }]
}

/// A pod that is not itself behind the Service: what comes back to it through the Service is open.
fn to_service(world: &World, genes: &mut Genes<'_>) -> Option<Sample> {
    let service = &SERVICES[genes.below(SERVICES.len())];
    let behind = service.endpoints(world);
    let others: Vec<usize> = (0..world.pods.len()).filter(|at| !behind.contains(at)).collect();
    let source = genes.pick(&others);
    let (port, protocol, _) = genes.pick(service.ports);
    let attempts = service_attempts(world, service, Source::Pod(source), (port, protocol));
    let to = format!("{}/svc/{}:{port}", service.namespace, service.name);
    Some(can_reach("can-reach pod Service", &full(&world.pods[source]), to, attempts))
}

/// One Service, in turn, and all pods that are not behind it.
fn who_can_reach(world: &World, number: usize) -> Option<Sample> {
    let service = &SERVICES[number % SERVICES.len()];
    let (port, protocol, _) = service.ports[number / SERVICES.len() % service.ports.len()];
    let behind = service.endpoints(world);
    let (mut attempts, mut sources) = (Vec::new(), Vec::new());
    for (at, pod) in world.pods.iter().enumerate().filter(|(at, _)| !behind.contains(at)) {
        let tried = service_attempts(world, service, Source::Pod(at), (port, protocol));
        let shared = behind.iter().filter(|endpoint| pod.host && world.pods[**endpoint].node == pod.node).count();
        let own_node = match shared {
            0 => OwnNode::No,
            all if all == behind.len() => OwnNode::All,
            _ => OwnNode::Some,
        };
        sources.extend(tried.iter().map(|_| Asked { source: Named::pod(pod.namespace, pod.name), own_node }));
        attempts.extend(tried);
    }
    let target = format!("{}/svc/{}:{port}/{}", service.namespace, service.name, protocol.name());
    Some(Sample { kind: "who-can-reach Service", question: vec!["who-can-reach".to_owned(), target], attempts, sources })
}
