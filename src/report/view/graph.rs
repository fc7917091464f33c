//! The matrix as a graph: nodes numbered in order, grouped by namespace; what `dot` and `mermaid` share.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use super::words;
use crate::report::Peer;
use crate::report::policy::{Connection, Matrix};

/// Peers of a matrix as nodes.
pub(super) struct Graph<'r> {
    /// Number of each workload, and a peer that names it. How many of its pods a connection is about makes no other node.
    nodes: BTreeMap<Key<'r>, (usize, &'r Peer)>,
    /// Numbers by address, because equal peers are mostly shared.
    shared: HashMap<*const Peer, usize>,
}

/// What makes a node: everything of a peer but its pods. Workloads come before what has no name, as in the report.
type Key<'r> = (u8, &'r str, &'r str, &'r str, &'r [String], &'r str);

fn key(peer: &Peer) -> Key<'_> {
    let rank = match peer.kind.as_str() {
        "UnreadPods" => 1,
        "IPBlock" => 2,
        "Node" => 3,
        _ => 0,
    };
    (rank, &peer.namespace, &peer.name, &peer.kind, &peer.cidrs, &peer.description)
}

impl<'r> Graph<'r> {
    /// The nodes of a matrix.
    pub(super) fn of(matrix: &'r Matrix) -> Self {
        let mut graph = Self { nodes: BTreeMap::new(), shared: HashMap::new() };
        let ends = || matrix.connections.iter().flat_map(|c| [&c.from, &c.to]);
        for peer in ends() {
            if graph.shared.insert(Arc::as_ptr(peer), 0).is_none() {
                graph.nodes.insert(key(peer), (0, peer));
            }
        }
        graph.nodes.values_mut().enumerate().for_each(|(number, node)| node.0 = number);
        for (address, peer) in ends().map(|peer| (Arc::as_ptr(peer), peer)) {
            if let Some(number) = graph.nodes.get(&key(peer)).map(|(number, _)| number).filter(|_| graph.shared.get(&address) == Some(&0)) {
                graph.shared.insert(address, *number);
            }
        }
        graph
    }

    /// Namespaces in order, each with its nodes and their words; first those without a namespace.
    pub(super) fn namespaces(&self) -> BTreeMap<&'r str, Vec<(usize, String)>> {
        let mut namespaces: BTreeMap<&str, Vec<(usize, String)>> = BTreeMap::new();
        for &(number, peer) in self.nodes.values() {
            // The cluster around the node says the namespace.
            let bare = Peer { namespace: String::new(), ..peer.clone() };
            namespaces.entry(&peer.namespace).or_default().push((number, words::peer(&bare, usize::MAX)));
        }
        namespaces
    }

    /// Numbers of both ends.
    pub(super) fn ends(&self, connection: &Connection) -> (usize, usize) {
        let number = |peer: &Arc<Peer>| self.shared.get(&Arc::as_ptr(peer)).copied().unwrap_or_default();
        (number(&connection.from), number(&connection.to))
    }
}
