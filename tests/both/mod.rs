//! A cluster and both opinions on it: the engine's and the naive evaluator's, which must never differ.

use netstore::inventory::{Collected, Coverage, Inventory, Origin};
use netstore::objects::{Objects, Protocol};
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
    /// A cluster, and how much of it was read. Only files can hold what Kubernetes refuses; whatever an API server has was
    /// accepted once.
    pub fn partly_read(origin: Origin, objects: Objects, coverage: Coverage) -> Self {
        let world = World { objects: objects.clone(), coverage: coverage.clone(), files: origin == Origin::Manifests };
        let inventory = Inventory::build(Collected { objects, coverage, origin, ..Collected::default() });
        Self { world, inventory }
    }

    /// Compiles the engine, for many questions.
    pub fn both(&self) -> Both<'_> {
        Both { cluster: self, model: Model::compile(&self.inventory, Cni::Upstream) }
    }
}

/// A cluster with its engine ready.
pub struct Both<'a> {
    /// What it was compiled from.
    pub cluster: &'a Cluster,
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
}
