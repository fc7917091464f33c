//! Every question of a policy set, and how a wrong answer is told.

use netstore::objects::Protocol;
use netstore::report::Verdict;
use serde_json::Value;

use super::attempt::{Attempt, Source};
use super::draw::PolicySet;
use super::predicted::Named;
use super::world::{NAMESPACES, World};

/// Ports of the web servers outside.
const WEB: [u16; 2] = [80, 443];

/// One question of the grid and the attempt that answers it.
pub struct Cell {
    pub from: Named,
    pub to: Named,
    pub attempt: Attempt,
}

/// Every question of a policy set: each pod to each pod on each of its ports, to and from the outside and the machine.
pub fn questions(world: &World) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (at, source) in world.pods.iter().enumerate() {
        let from = Named::pod(source.namespace, source.name);
        for target in &world.pods {
            let Some(address) = target.addresses.first() else { continue };
            for (protocol, port) in target.ports() {
                // On a node's network the name is the machine's; the port says who it is.
                let answerers = if target.host { Vec::new() } else { vec![target.name.to_owned()] };
                let attempt = Attempt { source: Source::Pod(at), host: address.to_string(), protocol, port, answerers };
                cells.push(Cell { from: from.clone(), to: Named::pod(target.namespace, target.name), attempt });
            }
        }
        // What answers there is the machine, too. Rows about blocks do not speak of pods on a node's network.
        for address in world.outside.iter().filter(|address| address.is_ipv4() && !source.host) {
            for port in WEB {
                let attempt =
                    Attempt { source: Source::Pod(at), host: address.to_string(), protocol: Protocol::Tcp, port, answerers: Vec::new() };
                cells.push(Cell { from: from.clone(), to: Named::Address(*address), attempt });
            }
        }
    }
    for (source, address) in [(Source::Outside, world.outside.first().copied()), (Source::Machine, world.machine)] {
        let Some(from) = address else { continue };
        for target in world.pods.iter().filter(|pod| !pod.host) {
            let Some(address) = target.addresses.first() else { continue };
            // This process speaks no SCTP.
            for (protocol, port) in target.ports().into_iter().filter(|(protocol, _)| *protocol != Protocol::Sctp) {
                let attempt = Attempt { source, host: address.to_string(), protocol, port, answerers: vec![target.name.to_owned()] };
                cells.push(Cell { from: Named::Address(from), to: Named::pod(target.namespace, target.name), attempt });
            }
        }
    }
    cells
}

/// One wrong answer.
pub fn disagreement(who: &str, cell: &Cell, predicted: Verdict, observed: Verdict) -> String {
    let Cell { from, to, attempt } = cell;
    let port = format!("{}/{}", attempt.port, attempt.protocol.name());
    format!("{who}: {from} -> {to} ({}) on {port}: predicted {predicted}, observed {observed}", attempt.host)
}

/// All it takes to look at a set again.
pub fn reproduce(world: &World, set: &PolicySet) -> String {
    let pods = world.pods.iter().zip(&set.pod_labels).map(|(pod, labels)| {
        let node = &world.nodes[pod.node].name;
        format!(
            "# {}/{} on {node}{}, {:?}: {} {labels}",
            pod.namespace,
            pod.name,
            if pod.host { ", host network" } else { "" },
            pod.addresses,
            pod.fixed_labels()
        )
    });
    let namespaces = NAMESPACES.iter().zip(&set.namespace_labels).map(|(namespace, labels)| format!("# namespace {namespace}: {labels}"));
    let yaml = |policy: &Value| serde_saphyr::to_string(policy).unwrap_or_else(|_| policy.to_string());
    let policies = set.policies.iter().map(|policy| format!("---\n{}", yaml(policy).trim_end()));
    pods.chain(namespaces).chain(policies).collect::<Vec<_>>().join("\n")
}
