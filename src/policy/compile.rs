//! Policies, compiled once: selectors, peers and ports are interned, so that equal parts are evaluated once.

use std::collections::HashMap;

use super::blocks::Block;
use super::classes::NamedPort;
use super::ports::{Bounds, PortTable, PortsId};
use super::tiers::compile::NodeSet;
use super::tiers::{self, ClusterCompiled};
use super::validate;
use crate::inventory::{Inventory, Origin};
use crate::objects::{IntOrString, LabelSelector, NetworkPolicy, Peer, PolicyPort, Protocol, Rule, Truth};
use crate::report::Direction;

/// Identity of an interned selector, peer, block or list of ports.
pub type Id = u32;

/// An ordered list in which equal values share one id.
#[derive(Debug)]
pub struct Interner<T> {
    items: Vec<T>,
    ids: HashMap<T, Id>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { items: Vec::new(), ids: HashMap::new() }
    }
}

impl<T: Clone + std::hash::Hash + Eq> Interner<T> {
    pub(super) fn intern(&mut self, item: T) -> Id {
        if let Some(id) = self.ids.get(&item) {
            return *id;
        }
        let id = Id::try_from(self.items.len()).unwrap_or(Id::MAX);
        self.items.push(item.clone());
        self.ids.insert(item, id);
        id
    }

    /// The value behind an id.
    pub fn get(&self, id: Id) -> Option<&T> {
        self.items.get(id as usize)
    }

    /// All values in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter()
    }
}

/// Which namespaces a peer's pods come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The policy's own.
    One(usize),
    /// Those a selector matches.
    Selected(Id),
}

/// A peer, compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CompiledPeer {
    /// Pods of some namespaces that a selector matches; never those on the host network (rule 34).
    Pods {
        /// Namespaces.
        scope: Scope,
        /// Selector of pods.
        pods: Id,
    },
    /// Addresses.
    Block(Id),
    /// Addresses by a policy that is about pods, too, whatever the plugin (rules 46 and 52).
    Network(Id),
    /// Addresses of nodes.
    Nodes(Id),
    /// Whatever names resolve to, which no object tells.
    Domains(Id),
    /// A peer that cannot be read: Kubernetes would refuse it, what it means is nobody's guess.
    Unreadable,
}

/// Who a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompiledPeers {
    /// Everyone: pods, nodes, addresses outside.
    Everyone,
    /// Any of these.
    Any(Vec<Id>),
}

/// One entry of `ports`, compiled.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PortItem {
    /// Numbers.
    Numbers(PortsId),
    /// A name, looked up in the destination pod.
    Named(String, Protocol),
    /// An entry that cannot be read.
    Unreadable,
}

/// A policy by its position in the inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyId {
    /// A NetworkPolicy.
    Network(usize),
    /// A cluster-wide policy.
    Cluster(usize),
}

/// A rule, compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompiledRule {
    /// Its policy.
    pub policy: PolicyId,
    /// Position of the rule in its list.
    pub index: usize,
    /// Peers.
    pub peers: CompiledPeers,
    /// Ports: an id of a list of [`PortItem`]s, none for all ports.
    pub ports: Option<Id>,
    /// Whether the rule has fields we do not know, so that it may allow less than it seems.
    pub doubtful: bool,
}

/// A policy, compiled.
#[derive(Debug, Clone)]
pub struct CompiledPolicy {
    /// Position of its namespace.
    pub namespace: usize,
    /// Selector of its subjects.
    pub selector: Id,
    /// Whether Kubernetes would refuse it, so that it has no effect but was meant to have one.
    pub refused: bool,
    /// Whether it isolates ingress.
    pub ingress: bool,
    /// Whether it isolates egress.
    pub egress: bool,
    /// Ingress rules, if it isolates ingress.
    pub ingress_rules: Vec<CompiledRule>,
    /// Egress rules, if it isolates egress.
    pub egress_rules: Vec<CompiledRule>,
}

impl CompiledPolicy {
    /// Whether it isolates in a direction.
    pub fn isolates(&self, direction: Direction) -> bool {
        match direction {
            Direction::Ingress => self.ingress,
            Direction::Egress => self.egress,
        }
    }

    /// Its rules of a direction.
    pub fn rules(&self, direction: Direction) -> &[CompiledRule] {
        match direction {
            Direction::Ingress => &self.ingress_rules,
            Direction::Egress => &self.egress_rules,
        }
    }
}

/// All policies and their interned parts.
#[derive(Debug, Default)]
pub struct Compiled {
    /// Policies, in the order of the inventory.
    pub policies: Vec<CompiledPolicy>,
    /// Selectors of pods.
    pub pod_selectors: Interner<LabelSelector>,
    /// Selectors of namespaces.
    pub namespace_selectors: Interner<LabelSelector>,
    /// Peers.
    pub peers: Interner<CompiledPeer>,
    /// Blocks.
    pub blocks: Interner<Block>,
    /// Addresses of nodes.
    pub node_sets: Interner<NodeSet>,
    /// Lists of domain names.
    pub domain_names: Interner<Vec<String>>,
    /// Lists of ports.
    pub port_lists: Interner<Vec<PortItem>>,
    /// Cluster-wide policies.
    pub cluster: Vec<ClusterCompiled>,
}

impl Compiled {
    /// Compiles the policies of an inventory.
    pub fn new(inventory: &Inventory, ports: &PortTable) -> Self {
        let mut compiled = Self::default();
        for (position, policy) in inventory.objects.network_policies.iter().enumerate() {
            let namespace = inventory.namespace(&policy.metadata.namespace).unwrap_or_default();
            let entry = compiled.policy(position, policy, namespace, inventory.origin, ports);
            compiled.policies.push(entry);
        }
        compiled.cluster = tiers::compile::all(&mut compiled, inventory, ports);
        compiled
    }

    fn policy(&mut self, position: usize, policy: &NetworkPolicy, namespace: usize, origin: Origin, ports: &PortTable) -> CompiledPolicy {
        let spec = &policy.spec;
        // What a cluster holds was accepted once, whatever today's validation says.
        let refused = origin == Origin::Manifests && (policy.undecodable || !validate::refusals(policy).is_empty());
        // A type that Kubernetes does not have may have been meant for either direction.
        let misspelt = refused && spec.policy_types.iter().any(|t| t != "Ingress" && t != "Egress");
        let (ingress, egress) = (misspelt || spec.isolates_ingress(), misspelt || spec.isolates_egress());
        let mut rules = |list: &[Rule], wanted: bool| -> Vec<CompiledRule> {
            let list = if wanted { list } else { &[] };
            list.iter().enumerate().map(|(index, rule)| self.rule(position, index, rule, namespace, ports)).collect()
        };
        CompiledPolicy {
            namespace,
            ingress_rules: rules(&spec.ingress, ingress),
            egress_rules: rules(&spec.egress, egress),
            selector: self.pod_selectors.intern(spec.pod_selector.clone()),
            refused,
            ingress,
            egress,
        }
    }

    fn rule(&mut self, policy: usize, index: usize, rule: &Rule, namespace: usize, ports: &PortTable) -> CompiledRule {
        let peers = if rule.peers.is_empty() {
            CompiledPeers::Everyone
        } else {
            let mut ids: Vec<Id> = rule.peers.iter().map(|peer| self.peer(peer, namespace)).collect();
            ids.sort_unstable();
            ids.dedup();
            CompiledPeers::Any(ids)
        };
        let items: Vec<PortItem> = rule.ports.iter().map(|port| port_item(port, ports)).collect();
        let list = (!items.is_empty()).then(|| self.port_lists.intern(items));
        CompiledRule { policy: PolicyId::Network(policy), index, peers, ports: list, doubtful: !rule.unknown.is_empty() }
    }

    /// Rules 9, 10: both selectors are AND; ipBlock stands alone; a peer without any known field matches nothing certain.
    fn peer(&mut self, peer: &Peer, namespace: usize) -> Id {
        let compiled = match (&peer.pod_selector, &peer.namespace_selector, &peer.ip_block) {
            _ if !peer.unknown.is_empty() => CompiledPeer::Unreadable,
            (None, None, Some(block)) => {
                Block::parse(block).map_or(CompiledPeer::Unreadable, |b| CompiledPeer::Block(self.blocks.intern(b)))
            }
            (pods, namespaces, None) if pods.is_some() || namespaces.is_some() => {
                let scope = match namespaces {
                    None => Scope::One(namespace),
                    Some(selector) => Scope::Selected(self.namespace_selectors.intern(selector.clone())),
                };
                CompiledPeer::Pods { scope, pods: self.pod_selectors.intern(pods.clone().unwrap_or_default()) }
            }
            _ => CompiledPeer::Unreadable,
        };
        self.peers.intern(compiled)
    }

    /// The numbers a list of ports comes to on a destination with these named ports (none: not a pod, rule 16).
    /// `sidecars`: whether names that only a sidecar declares are found (rule 19).
    pub fn resolve(&self, list: Option<Id>, named: Option<&[NamedPort]>, sidecars: Truth, table: &PortTable) -> Bounds {
        let Some(list) = list else { return Bounds::ALL };
        let Some(items) = self.port_lists.get(list) else { return Bounds::UNKNOWN };
        items.iter().fold(Bounds::NONE, |all, item| {
            let one = match item {
                PortItem::Numbers(ports) => Bounds::exactly(*ports),
                PortItem::Named(name, protocol) => resolve_name(name, *protocol, named.unwrap_or_default(), sidecars, table),
                PortItem::Unreadable => Bounds::UNKNOWN,
            };
            all.or(one, table)
        })
    }
}

/// Rules 15, 17, 19: by name and protocol; every declaration counts; what only a sidecar declares depends on the plugin.
fn resolve_name(name: &str, protocol: Protocol, named: &[NamedPort], sidecars: Truth, table: &PortTable) -> Bounds {
    let matching = named.iter().filter(|p| p.name == name && p.protocol == protocol);
    matching.fold(Bounds::NONE, |all, port| {
        let one = Bounds::exactly(table.range(protocol, port.number, port.number));
        let found = if port.sidecar { sidecars } else { Truth::Yes };
        let one = match found {
            Truth::Yes => one,
            Truth::Unknown => one.doubtful(),
            Truth::No => Bounds::NONE,
        };
        all.or(one, table)
    })
}

/// Rules 7, 8, 13: no port = all of the protocol; no protocol = TCP; `endPort` is inclusive and needs a numeric port.
fn port_item(port: &PolicyPort, table: &PortTable) -> PortItem {
    let protocol = match port.protocol.as_deref() {
        None => Some(Protocol::Tcp),
        Some("") => None,
        Some(name) => Protocol::parse(name),
    };
    let Some(protocol) = protocol.filter(|_| port.unknown.is_empty()) else { return PortItem::Unreadable };
    match (&port.port, port.end_port) {
        (None, None) => PortItem::Numbers(table.protocol(protocol)),
        (Some(IntOrString::Int(number)), None) if valid(*number) => PortItem::Numbers(table.range(protocol, *number, *number)),
        (Some(IntOrString::Int(low)), Some(high)) if valid(*low) && valid(high) && *low <= high => {
            PortItem::Numbers(table.range(protocol, *low, high))
        }
        (Some(IntOrString::Name(name)), None) => PortItem::Named(name.clone(), protocol),
        _ => PortItem::Unreadable,
    }
}

/// Whether a port can have this number.
pub(super) fn valid(port: i64) -> bool {
    (1..=65_535).contains(&port)
}
