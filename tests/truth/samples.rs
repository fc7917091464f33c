//! Focused questions, a few for each policy set: about pods, addresses, nodes and Services.

use std::ops::Range;

use netstore::objects::Protocol;
use netstore::report::Verdict;
use serde_json::Value;

use super::attempt::{Attempt, Source};
use super::cluster::Cluster;
use super::draw::bytes;
use super::genes::Genes;
use super::grid::Cell;
use super::predicted::{self, Named, OwnNode};
use super::through::{self, Through};
use super::world::{PORTS, Pod, World};

/// A question and the attempts that answer it.
pub struct Sample {
    /// What sort of question, for the table.
    pub kind: &'static str,
    /// netstore's arguments.
    pub question: Vec<String>,
    /// All of one source must show what was predicted.
    pub attempts: Vec<Attempt>,
    /// Whose each attempt is.
    pub sources: Vec<Asked>,
    /// What is behind the Service, if it is about one.
    pub through: Option<Through>,
}

/// A source.
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

    /// The verdict of its answer about a source; none where it differs between the pods that it is about.
    pub fn verdict(&self, answer: &Value, asked: &Asked) -> Result<Option<Verdict>, String> {
        match answer["kind"].as_str() {
            Some("WhoCanReach") => predicted::who_can_reach(answer, &asked.source, asked.own_node),
            _ => Ok(Some(predicted::verdict(&answer["result"]["verdict"])?).filter(|verdict| *verdict != Verdict::Unknown)),
        }
    }

    /// The sources, each with the positions of its attempts.
    pub fn groups(&self) -> Vec<(&Asked, Range<usize>)> {
        let mut start = 0;
        let groups = self.sources.chunk_by(|a, b| a == b);
        let with_range = |same: &'_ [Asked]| {
            let range = start..start + same.len();
            start = range.end;
            range
        };
        let ranges: Vec<Range<usize>> = groups.clone().map(with_range).collect();
        groups.filter_map(|same| same.first()).zip(ranges).collect()
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
        Some(pod.named())
    };
    let from = number * 5 + 3;
    vec![
        Focused { command: "who-can-reach", from: None, to: pod(number) },
        Focused { command: "reachable-from", from: pod(from), to: None },
        Focused { command: "can-reach", from: pod(number), to: pod(number + 1 + from % (world.pods.len() - 1)) },
    ]
}

/// An address with a port, as netstore and URLs have it.
fn with_port(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// A question about one source and one port.
pub fn can_reach(kind: &'static str, from: Named, to: String, attempts: Vec<Attempt>) -> Sample {
    let protocol = attempts.first().map_or(Protocol::Tcp, |attempt| attempt.protocol);
    let question = vec!["can-reach".to_owned(), from.to_string(), format!("{to}/{}", protocol.name())];
    let sources = attempts.iter().map(|_| Asked { source: from.clone(), own_node: OwnNode::No }).collect();
    Sample { kind, question, attempts, sources, through: None }
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
    samples.push(through::can_reach(world, &mut genes));
    samples.push(through::who_can_reach(world, number));
    samples
}

fn two(world: &World, genes: &mut Genes<'_>) -> (usize, usize) {
    let source = genes.below(world.pods.len());
    (source, (source + 1 + genes.below(world.pods.len() - 1)) % world.pods.len())
}

pub fn answerers(pod: &Pod) -> Vec<String> {
    if pod.host { Vec::new() } else { vec![pod.name.to_owned()] }
}

fn pods(world: &World, genes: &mut Genes<'_>) -> Sample {
    let (source, target) = two(world, genes);
    let (from, to) = (&world.pods[source], &world.pods[target]);
    let (protocol, port) = genes.pick(&to.ports());
    let host = to.addresses[0].to_string();
    let attempt = Attempt { source: Source::Pod(source), host, protocol, port, answerers: answerers(to) };
    can_reach("can-reach pod pod", from.named(), format!("{}:{port}", to.named()), vec![attempt])
}

/// By address: its family counts.
fn over_v6(world: &World, genes: &mut Genes<'_>) -> Sample {
    let (source, target) = two(world, genes);
    let (from, to) = (&world.pods[source], &world.pods[target]);
    let (protocol, port) = genes.pick(&to.ports());
    let address = to.address(true).unwrap_or(to.addresses[0]).to_string();
    // agnhost puts the brackets itself.
    let attempt = Attempt { source: Source::Pod(source), host: address.clone(), protocol, port, answerers: answerers(to) };
    can_reach("can-reach pod IPv6", from.named(), with_port(&address, port), vec![attempt])
}

/// From a node's address: its pod on the host network tries. The own node is always let in, another is an address.
fn from_node(world: &World, genes: &mut Genes<'_>) -> Option<Sample> {
    let [on_node, others] = [true, false].map(|host| (0..world.pods.len()).filter(|at| world.pods[*at].host == host).collect::<Vec<_>>());
    let (source, to) = (genes.pick(&on_node), &world.pods[genes.pick(&others)]);
    let from = *world.nodes[world.pods[source].node].addresses.first()?;
    let (protocol, port) = genes.pick(&PORTS);
    let attempt = Attempt { source: Source::Pod(source), host: to.addresses[0].to_string(), protocol, port, answerers: answerers(to) };
    Some(can_reach("can-reach node pod", Named::Address(from), format!("{}:{port}", to.named()), vec![attempt]))
}

/// A web server outside, over either family.
fn to_outside(world: &World, genes: &mut Genes<'_>) -> Sample {
    let ordinary: Vec<usize> = (0..world.pods.len()).filter(|at| !world.pods[*at].host).collect();
    let source = genes.pick(&ordinary);
    let address = genes.pick(&world.outside).to_string();
    let port = genes.pick(&[80, 443]);
    let attempt = Attempt { source: Source::Pod(source), host: address.clone(), protocol: Protocol::Tcp, port, answerers: Vec::new() };
    can_reach("can-reach pod outside", world.pods[source].named(), with_port(&address, port), vec![attempt])
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
    can_reach("can-reach address pod", Named::Address(from), format!("{}:{port}", target.named()), vec![attempt])
}
