//! A cluster and both opinions on it: the engine's and the naive evaluator's, which must never differ.

pub mod text;

use std::net::IpAddr;

use netstore::inventory::{Collected, Coverage, Inventory, Origin};
use netstore::objects::{Meta, Objects, Protocol, Resource};
use netstore::policy::{self, Cni, Model};
use netstore::report::Verdict;

use crate::naive::{self, End, Packet, World};

/// A cluster that both can be asked about.
pub struct Cluster {
    /// What the naive evaluator sees.
    pub world: World,
    /// What the engine is compiled from.
    pub inventory: Inventory,
}

impl Cluster {
    /// A cluster as files describe it, and how much of it was read. Only files can hold what Kubernetes refuses.
    pub fn partly_read(objects: Objects, coverage: Coverage) -> Self {
        let world = World { objects: objects.clone(), coverage: coverage.clone() };
        let inventory = Inventory::build(Collected { objects, coverage, origin: Origin::Manifests, ..Collected::default() });
        Self { world, inventory }
    }

    /// A cluster from the text of its objects, all of them read.
    ///
    /// # Panics
    /// If it is no YAML or no Kubernetes objects.
    pub fn read(yaml: &str) -> Self {
        Self::partly_read(text::objects(yaml), Coverage::complete(&Resource::ALL))
    }

    /// Compiles the engine, for many questions.
    pub fn both(&self) -> Both<'_> {
        Both { cluster: self, model: Model::compile(&self.inventory, Cni::Upstream) }
    }
}

/// A cluster with its engine ready.
pub struct Both<'a> {
    cluster: &'a Cluster,
    /// The engine.
    pub model: Model<'a>,
}

impl Both<'_> {
    /// What the naive evaluator says.
    pub fn naive(&self, source: End, destination: End, protocol: Protocol, port: u16) -> Verdict {
        naive::verdict(&self.cluster.world, &Packet { source, destination, protocol, port })
    }

    /// What the engine says; none for a pod that has ended, which it cannot be asked about.
    pub fn engine(&self, source: End, destination: End, protocol: Protocol, port: u16) -> Option<Verdict> {
        Some(self.model.connection(self.position(source)?, self.position(destination)?, protocol, port))
    }

    /// The end as the engine names it: pods by their position in the inventory.
    fn position(&self, end: End) -> Option<policy::End> {
        match end {
            End::Address(address) => Some(policy::End::Address(address)),
            End::Pod(position) => {
                let meta = &self.cluster.world.objects.pods[position].metadata;
                self.cluster.inventory.pod(&meta.namespace, &meta.name).map(policy::End::Pod)
            }
        }
    }

    /// What the two say of `namespace/pod` or an address, to another, on `80/TCP`: the naive evaluator first.
    ///
    /// # Panics
    /// If there is no such pod.
    pub fn opinions(&self, from: &str, to: &str, port: &str) -> (Verdict, Option<Verdict>) {
        let (number, protocol) = port.split_once('/').unwrap_or((port, "TCP"));
        let (number, protocol) = (number.parse().expect("a port number"), Protocol::parse(protocol).expect("a protocol"));
        let (source, destination) = (self.end(from), self.end(to));
        (self.naive(source, destination, protocol, number), self.engine(source, destination, protocol, number))
    }

    fn end(&self, text: &str) -> End {
        if let Ok(address) = text.parse::<IpAddr>() {
            return End::Address(address);
        }
        let is_it = |meta: &Meta| format!("{}/{}", meta.namespace, meta.name) == text;
        let position = self.cluster.world.objects.pods.iter().position(|pod| is_it(&pod.metadata));
        End::Pod(position.unwrap_or_else(|| panic!("no pod {text}")))
    }
}
