//! The matrix as a graph: nodes numbered in order, grouped by namespace; what `dot` and `mermaid` share.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use super::words;
use crate::report::Peer;
use crate::report::policy::{Connection, Matrix};

/// Peers of a matrix as nodes.
pub(super) struct Graph<'r> {
    /// Number of each peer.
    nodes: BTreeMap<&'r Peer, usize>,
    /// The same by address, because equal peers are mostly shared.
    shared: HashMap<*const Peer, usize>,
}

impl<'r> Graph<'r> {
    /// The nodes of a matrix.
    pub(super) fn of(matrix: &'r Matrix) -> Self {
        let mut graph = Self { nodes: BTreeMap::new(), shared: HashMap::new() };
        let ends = || matrix.connections.iter().flat_map(|c| [&c.from, &c.to]);
        for peer in ends() {
            if graph.shared.insert(Arc::as_ptr(peer), 0).is_none() {
                graph.nodes.insert(peer, 0);
            }
        }
        graph.nodes.values_mut().enumerate().for_each(|(number, node)| *node = number);
        for (address, peer) in ends().map(|peer| (Arc::as_ptr(peer), peer)) {
            if let Some(number) = graph.nodes.get(&**peer).filter(|_| graph.shared.get(&address) == Some(&0)) {
                graph.shared.insert(address, *number);
            }
        }
        graph
    }

    /// Namespaces in order, each with its nodes and their words; first those without a namespace.
    pub(super) fn namespaces(&self) -> BTreeMap<&'r str, Vec<(usize, String)>> {
        let mut namespaces: BTreeMap<&str, Vec<(usize, String)>> = BTreeMap::new();
        for (&peer, &number) in &self.nodes {
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
