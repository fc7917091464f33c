//! Cluster-wide policies, compiled: three kinds, two schemas and two directions become ordered rules over interned parts.

use super::Tier;
use crate::inventory::{Inventory, Origin};
use crate::objects::{
    Cidr, ClusterPeer, ClusterPolicy, ClusterPolicyKind, ClusterPort, ClusterRule, ClusterSubject, LabelSelector, NamespaceMatch, Protocol,
    Requirement, Resource, Truth,
};
use crate::policy::blocks::{AddressSet, Block};
use crate::policy::compile::{Compiled, CompiledPeer, CompiledPeers, CompiledRule, Id, PolicyId, PortItem, Scope, valid};
use crate::policy::ports::PortTable;
use crate::policy::validate;
use crate::report::Direction;

/// What a rule does with what it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// `Allow`, `Accept`: nothing further is asked on this side.
    Accept,
    /// `Deny`.
    Deny,
    /// `Pass`: nothing further of this tier is asked.
    Pass,
    /// A word that the kind does not have.
    Unknown,
}

/// A rule of a cluster-wide policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierRule {
    /// Peers and ports.
    pub rule: CompiledRule,
    /// What happens.
    pub action: Action,
}

/// A cluster-wide policy, compiled; one that speaks of the subject's own namespace (`sameLabels`) once a namespace.
#[derive(Debug, Clone)]
pub struct ClusterCompiled {
    /// Position in the inventory.
    pub position: usize,
    /// Its kind.
    pub kind: ClusterPolicyKind,
    /// Its tier.
    pub tier: Tier,
    /// Lower goes first.
    pub priority: i64,
    /// Selectors of namespaces and pods; none: what it selects cannot be read.
    pub subject: Option<(Id, Id)>,
    /// The only namespace whose pods are meant here.
    pub only: Option<usize>,
    /// Rules of ingress.
    pub ingress: Vec<TierRule>,
    /// Rules of egress.
    pub egress: Vec<TierRule>,
}

impl ClusterCompiled {
    /// Its rules of a direction.
    pub fn rules(&self, direction: Direction) -> &[TierRule] {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }
}

/// Addresses of nodes that a selector matches.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NodeSet {
    /// The selector.
    pub selector: LabelSelector,
    /// Certainly.
    pub certain: AddressSet,
    /// Certainly or possibly.
    pub possible: AddressSet,
}

/// Compiles all cluster-wide policies of an inventory.
pub(in crate::policy) fn all(compiled: &mut Compiled, inventory: &Inventory, ports: &PortTable) -> Vec<ClusterCompiled> {
    let mut list = Vec::new();
    for (position, policy) in inventory.objects.cluster_policies.iter().enumerate() {
        let mut compiler = Compiler { compiled, inventory, ports, policy, position, namespace: None };
        if speaks_of_own_namespace(policy) {
            for namespace in 0..inventory.namespaces.len() {
                compiler.namespace = Some(namespace);
                list.extend(compiler.policy());
            }
        } else {
            list.extend(compiler.policy());
        }
    }
    list
}

fn speaks_of_own_namespace(policy: &ClusterPolicy) -> bool {
    policy.ingress.iter().chain(&policy.egress).flat_map(|rule| &rule.peers).any(|peer| {
        matches!(
            peer,
            ClusterPeer::Namespaces(NamespaceMatch::Same(_) | NamespaceMatch::NotSame(_))
                | ClusterPeer::Pods { namespaces: NamespaceMatch::Same(_) | NamespaceMatch::NotSame(_), .. }
        )
    })
}

/// The tier of a policy; none if it names one that nobody knows.
pub fn tier_of(policy: &ClusterPolicy) -> Option<Tier> {
    match (policy.kind, policy.tier.as_str()) {
        (ClusterPolicyKind::Admin, _) | (ClusterPolicyKind::Cluster, "Admin") => Some(Tier::Admin),
        (ClusterPolicyKind::Baseline, _) | (ClusterPolicyKind::Cluster, "Baseline") => Some(Tier::Baseline),
        (ClusterPolicyKind::Cluster, _) => None,
    }
}

/// Rules 42, 48: the words of each kind.
pub fn action_of(kind: ClusterPolicyKind, word: &str) -> Action {
    match (kind, word) {
        (ClusterPolicyKind::Admin | ClusterPolicyKind::Baseline, "Allow") | (ClusterPolicyKind::Cluster, "Accept") => Action::Accept,
        (_, "Deny") => Action::Deny,
        (ClusterPolicyKind::Admin | ClusterPolicyKind::Cluster, "Pass") => Action::Pass,
        _ => Action::Unknown,
    }
}

struct Compiler<'c> {
    compiled: &'c mut Compiled,
    inventory: &'c Inventory,
    ports: &'c PortTable,
    policy: &'c ClusterPolicy,
    position: usize,
    /// The subject's namespace, where rules speak of it.
    namespace: Option<usize>,
}

impl Compiler<'_> {
    /// The policy; for each tier that it may be of.
    fn policy(&mut self) -> Vec<ClusterCompiled> {
        let policy = self.policy;
        // What a cluster holds was accepted once; in files the API server may refuse all of it.
        let refused = self.inventory.origin == Origin::Manifests && (policy.undecodable || !validate::cluster_refusals(policy).is_empty());
        let tier = tier_of(policy);
        let subject = match &policy.subject {
            ClusterSubject::Namespaces(namespaces) => Some((namespaces.clone(), LabelSelector::default())),
            ClusterSubject::Pods { namespaces, pods } => Some((namespaces.clone(), pods.clone())),
            ClusterSubject::Unreadable => None,
        };
        let subject = subject
            .map(|(namespaces, pods)| (self.compiled.namespace_selectors.intern(namespaces), self.compiled.pod_selectors.intern(pods)));
        let doubtful = refused || tier.is_none();
        let mut rules = |list: &[ClusterRule]| -> Vec<TierRule> {
            list.iter().enumerate().map(|(index, rule)| self.rule(index, rule, doubtful)).collect()
        };
        let (ingress, egress) = (rules(&policy.ingress), rules(&policy.egress));
        let compiled = |tier| ClusterCompiled {
            position: self.position,
            kind: policy.kind,
            tier,
            priority: policy.priority.unwrap_or_default(),
            subject,
            only: self.namespace,
            ingress: ingress.clone(),
            egress: egress.clone(),
        };
        tier.map_or_else(|| vec![compiled(Tier::Admin), compiled(Tier::Baseline)], |tier| vec![compiled(tier)])
    }

    fn rule(&mut self, index: usize, rule: &ClusterRule, doubtful: bool) -> TierRule {
        let action = action_of(self.policy.kind, &rule.action);
        let doubtful = doubtful || !rule.unknown.is_empty();
        let policy = PolicyId::Cluster(self.position);
        // Rule 47: fail closed on a peer without any known field.
        if rule.peers.contains(&ClusterPeer::Nothing) {
            let (peers, action) = match action {
                Action::Accept => (CompiledPeers::Any(Vec::new()), Action::Accept),
                Action::Deny | Action::Pass => (CompiledPeers::Everyone, Action::Deny),
                Action::Unknown => (CompiledPeers::Everyone, Action::Unknown),
            };
            return TierRule { rule: CompiledRule { policy, index, peers, ports: None, doubtful }, action };
        }
        let mut ids: Vec<Id> = rule.peers.iter().flat_map(|peer| self.peer(peer)).collect();
        if rule.peers.is_empty() {
            ids.push(self.compiled.peers.intern(CompiledPeer::Unreadable));
        }
        ids.sort_unstable();
        ids.dedup();
        let items: Vec<PortItem> = rule.ports.iter().flat_map(|port| self.port(port)).collect();
        let ports = (!items.is_empty()).then(|| self.compiled.port_lists.intern(items));
        TierRule { rule: CompiledRule { policy, index, peers: CompiledPeers::Any(ids), ports, doubtful }, action }
    }

    fn peer(&mut self, peer: &ClusterPeer) -> Vec<Id> {
        let peers: Vec<CompiledPeer> = match peer {
            ClusterPeer::Namespaces(namespaces) => self.pods(namespaces, &LabelSelector::default()),
            ClusterPeer::Pods { namespaces, pods } => self.pods(namespaces, pods),
            ClusterPeer::Nodes(selector) => {
                let nodes = self.nodes(selector);
                vec![CompiledPeer::Nodes(self.compiled.node_sets.intern(nodes))]
            }
            ClusterPeer::Networks(list) => list.iter().map(|text| self.network(text)).collect(),
            ClusterPeer::DomainNames(names) => vec![CompiledPeer::Domains(self.compiled.domain_names.intern(names.clone()))],
            ClusterPeer::Nothing | ClusterPeer::Unreadable => vec![CompiledPeer::Unreadable],
        };
        peers.into_iter().map(|peer| self.compiled.peers.intern(peer)).collect()
    }

    fn network(&mut self, text: &str) -> CompiledPeer {
        let block = text.parse::<Cidr>().ok().map(|cidr| Block { cidr, except: Vec::new() });
        block.map_or(CompiledPeer::Unreadable, |block| CompiledPeer::Network(self.compiled.blocks.intern(block)))
    }

    fn pods(&mut self, namespaces: &NamespaceMatch, pods: &LabelSelector) -> Vec<CompiledPeer> {
        let Some(selectors) = self.namespaces(namespaces) else { return vec![CompiledPeer::Unreadable] };
        let pods = self.compiled.pod_selectors.intern(pods.clone());
        let peer = |selector| CompiledPeer::Pods { scope: Scope::Selected(self.compiled.namespace_selectors.intern(selector)), pods };
        selectors.into_iter().map(peer).collect()
    }

    /// Selectors of namespaces, any of which may match. Rule 44: `sameLabels` and `notSameLabels` become ordinary selectors
    /// once the subject's namespace is known.
    fn namespaces(&self, wanted: &NamespaceMatch) -> Option<Vec<LabelSelector>> {
        let (labels, same) = match wanted {
            NamespaceMatch::Selected(selector) => return Some(vec![selector.clone()]),
            NamespaceMatch::Unreadable => return None,
            NamespaceMatch::Same(labels) => (labels, true),
            NamespaceMatch::NotSame(labels) => (labels, false),
        };
        let own = self.inventory.namespaces.get(self.namespace?)?;
        if !own.labels_known && labels.iter().any(|key| own.labels.get(key).is_none()) {
            return None;
        }
        // Without labels nothing is selected.
        if labels.is_empty() {
            return Some(Vec::new());
        }
        let requirement =
            |key: &str, operator: &str, values: Vec<String>| Requirement { key: key.to_owned(), operator: operator.to_owned(), values };
        let value = |key: &str| own.labels.get(key).map(str::to_owned);
        if same {
            let equal = labels.iter().map(|key| value(key).map(|value| requirement(key, "In", vec![value]))).collect::<Option<Vec<_>>>();
            return Some(
                equal.map(|match_expressions| LabelSelector { match_expressions, ..LabelSelector::default() }).into_iter().collect(),
            );
        }
        let all_there: Vec<Requirement> = labels.iter().map(|key| requirement(key, "Exists", Vec::new())).collect();
        let differing = labels.iter().map(|key| {
            let mut match_expressions = all_there.clone();
            match_expressions.extend(value(key).map(|value| requirement(key, "NotIn", vec![value])));
            LabelSelector { match_expressions, ..LabelSelector::default() }
        });
        Some(differing.collect())
    }

    /// Rule 46: the addresses in `status.addresses` of the nodes. A node that is not known may have any address that no other
    /// node has.
    fn nodes(&self, selector: &LabelSelector) -> NodeSet {
        let inventory = self.inventory;
        let complete = inventory.coverage.is_complete(Resource::Nodes, None);
        let all_known = complete && (inventory.origin != Origin::Manifests || !inventory.objects.nodes.is_empty());
        let of = |truth: Truth| {
            let nodes = inventory.objects.nodes.iter().filter(|node| selector.matches(&node.metadata.labels) == truth);
            AddressSet::of_addresses(nodes.flat_map(|node| node.ips()))
        };
        let certain = of(Truth::Yes);
        let others = if all_known { AddressSet::default() } else { AddressSet::everything().difference(&of(Truth::No)) };
        NodeSet { selector: selector.clone(), possible: others.union(&of(Truth::Unknown)).union(&certain), certain }
    }

    /// Rules 45 and 50.
    fn port(&self, port: &ClusterPort) -> Vec<PortItem> {
        let protocol = |text: &Option<String>| Protocol::parse(text.as_deref().unwrap_or("TCP"));
        let range = |text: &Option<String>, first: i64, last: i64| match protocol(text) {
            Some(protocol) if valid(first) && valid(last) && first <= last => PortItem::Numbers(self.ports.range(protocol, first, last)),
            _ => PortItem::Unreadable,
        };
        match port {
            ClusterPort::Number { protocol, number } => vec![range(protocol, *number, *number)],
            ClusterPort::Range { protocol, first, last } => vec![range(protocol, *first, *last)],
            ClusterPort::Protocol(name) => {
                vec![Protocol::parse(name).map_or(PortItem::Unreadable, |protocol| PortItem::Numbers(self.ports.protocol(protocol)))]
            }
            ClusterPort::Named(name) => Protocol::ALL.iter().map(|protocol| PortItem::Named(name.clone(), *protocol)).collect(),
            ClusterPort::Unreadable => vec![PortItem::Unreadable],
        }
    }
}
