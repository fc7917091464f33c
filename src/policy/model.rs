//! The compiled cluster: classes of pods, who is isolated by what, and the verdict between any two ends.
//!
//! Tiers are evaluated in order; each allows some ports and passes some on, what the last one passes on is allowed.
//! Only the NetworkPolicy tier is filled now.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::net::IpAddr;

use roaring::RoaringBitmap;

use super::blocks::{Block, Blocks};
use super::classes::{Class, ClassId, Classes};
use super::compile::{Compiled, CompiledPeer, CompiledPeers, CompiledRule, Id, Scope};
use super::labels::{LabelIndex, Selected};
use super::ports::{Bounds, PortTable, PortsId};
use super::profile::{BlocksMatchPods, Cni};
use crate::inventory::Inventory;
use crate::objects::{Address, Family, Protocol, Truth};
use crate::report::{Direction, Verdict};

/// One end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// A pod, by position in the inventory.
    Pod(usize),
    /// An address; one that belongs to a pod means that pod.
    Address(IpAddr),
}

/// What the other end of a rule is, for matching peers.
#[derive(Debug, Clone, Copy)]
pub enum Other<'m> {
    /// A class of pods, talking over an address of this family, and whether blocks match it.
    Pods(&'m Class, Family, BlocksMatchPods),
    /// An address outside, or a node's.
    Address(Address),
}

/// The policies that select a class in one direction, added up. Classes with the same policies share one.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// Policies that certainly select the class, by position; not the refused ones.
    pub policies: Vec<usize>,
    /// Policies that may select it, or that Kubernetes would refuse: whether they isolate is unknown.
    pub doubtful: Vec<usize>,
    /// Whether there may be policies nobody could read.
    pub unseen: bool,
}

impl Subject {
    /// Whether the pods are isolated in this direction.
    pub fn isolated(&self) -> Truth {
        if !self.policies.is_empty() {
            Truth::Yes
        } else if self.unseen || !self.doubtful.is_empty() {
            Truth::Unknown
        } else {
            Truth::No
        }
    }

    /// What holds given that the rules allow `allowed`: rules 26, 27 (policies only add; no policy isolates nothing).
    pub fn outcome(&self, allowed: Bounds) -> Bounds {
        match self.isolated() {
            Truth::No => Bounds::ALL,
            Truth::Unknown => Bounds { certain: PortsId::NONE, possible: PortsId::ALL },
            Truth::Yes if self.unseen => Bounds { certain: allowed.certain, possible: PortsId::ALL },
            Truth::Yes => allowed,
        }
    }
}

/// The cluster, compiled for one network plugin.
#[derive(Debug)]
pub struct Model<'a> {
    /// What it was compiled from.
    pub inventory: &'a Inventory,
    /// The network plugin.
    pub cni: Cni,
    /// Interned port sets.
    pub ports: PortTable,
    /// Classes of pods.
    pub classes: Classes,
    /// Compiled policies.
    pub compiled: Compiled,
    /// Elementary intervals.
    pub blocks: Blocks,
    ingress: Subjects,
    egress: Subjects,
    pods_by_label: LabelIndex<'a>,
    namespaces_by_label: LabelIndex<'a>,
    selected_labels: Vec<OnceCell<Selected>>,
    selected_namespaces: Vec<OnceCell<Selected>>,
    /// Lists of ports, resolved on named ports.
    resolved: RefCell<HashMap<(Id, Option<u32>), Bounds>>,
    /// Classes by the elementary interval of their address.
    by_interval: [Vec<(u32, ClassId)>; 2],
    /// Classes whose address nobody knows.
    without_address: Vec<ClassId>,
}

/// Who is isolated by what in one direction.
#[derive(Debug, Default)]
struct Subjects {
    list: Vec<Subject>,
    of_class: Vec<u32>,
}

impl<'a> Model<'a> {
    /// Compiles everything. Cost: linear in pods and policies, plus the number of (policy, class it selects).
    pub fn compile(inventory: &'a Inventory, cni: Cni) -> Self {
        let ports = PortTable::default();
        let compiled = Compiled::new(inventory, &ports);
        let blocks = Blocks::new(inventory);
        let classes = Classes::new(inventory, &blocks);
        let label_sets = classes.labels.iter().filter_map(|pod| inventory.pods.get(*pod)).map(|info| (&info.pod.metadata.labels, true));
        let pods_by_label = LabelIndex::new(label_sets);
        let namespaces_by_label = LabelIndex::new(inventory.namespaces.iter().map(|n| (&n.labels, n.labels_known)));
        let mut model = Self {
            selected_labels: compiled.pod_selectors.iter().map(|_| OnceCell::new()).collect(),
            selected_namespaces: compiled.namespace_selectors.iter().map(|_| OnceCell::new()).collect(),
            inventory,
            cni,
            ports,
            compiled,
            blocks,
            ingress: Subjects::default(),
            egress: Subjects::default(),
            pods_by_label,
            namespaces_by_label,
            resolved: RefCell::default(),
            by_interval: [Family::V4, Family::V6].map(|family| classes_by_interval(&classes, family)),
            without_address: (0..).zip(&classes.list).filter(|(_, c)| c.primary.is_none()).map(|(id, _)| id).collect(),
            classes,
        };
        model.ingress = model.subjects(Direction::Ingress);
        model.egress = model.subjects(Direction::Egress);
        model
    }

    /// Groups classes by the policies that select them. Instead of comparing lists of policies, which is quadratic where all
    /// policies select all pods, each class gets the sum of the hashes of its policies; the lists are made once a group.
    fn subjects(&self, direction: Direction) -> Subjects {
        // Policies with the same selector in the same namespace select the same classes.
        let mut bundles: HashMap<(usize, Id), Vec<usize>> = HashMap::new();
        for (position, policy) in self.compiled.policies.iter().enumerate().filter(|(_, p)| p.isolates(direction) && self.cni.enforces()) {
            bundles.entry((policy.namespace, policy.selector)).or_default().push(position);
        }
        let mut bundles: Vec<((usize, Id), Vec<usize>)> = bundles.into_iter().collect();
        bundles.sort_unstable();
        let hasher = BuildHasherDefault::<DefaultHasher>::default();
        let mut signatures: Vec<(usize, u128)> = self.classes.list.iter().map(|class| (class.namespace, 0)).collect();
        let mut selecting: Vec<RoaringBitmap> = Vec::with_capacity(bundles.len());
        for (number, ((namespace, selector), _)) in bundles.iter().enumerate() {
            let classes = self.classes_in(Scope::One(*namespace), *selector).possible;
            let signature = u128::from(hasher.hash_one(number)) << 64 | u128::from(hasher.hash_one((number, "salt")));
            for class in &classes {
                if let Some((_, sum)) = signatures.get_mut(class as usize) {
                    *sum = sum.wrapping_add(signature);
                }
            }
            selecting.push(classes);
        }
        let mut bundles_of_namespace: HashMap<usize, Vec<usize>> = HashMap::new();
        for (number, ((namespace, _), _)) in bundles.iter().enumerate() {
            bundles_of_namespace.entry(*namespace).or_default().push(number);
        }
        let mut subjects = Subjects::default();
        let mut by_signature: HashMap<(usize, u128, bool), u32> = HashMap::new();
        for (class_id, (class, (namespace, sum))) in (0_u32..).zip(self.classes.list.iter().zip(&signatures)) {
            let host = class.host.is_some();
            let subject = *by_signature.entry((*namespace, *sum, host)).or_insert_with(|| {
                let mut subject = Subject::default();
                // Rule 34: policies never select pods on the host network, and so none can be missing for them.
                if !host {
                    subject.unseen = self.cni.enforces() && !self.inventory.namespaces.get(*namespace).is_some_and(|n| n.policies_known);
                    for number in bundles_of_namespace.get(namespace).into_iter().flatten() {
                        let (Some(((_, selector), policies)), Some(classes)) = (bundles.get(*number), selecting.get(*number)) else {
                            continue;
                        };
                        if !classes.contains(class_id) {
                            continue;
                        }
                        let certain = self.labels_selected(*selector).is_some_and(|s| s.certain.contains(class.labels));
                        for position in policies {
                            let refused = self.compiled.policies.get(*position).is_some_and(|p| p.refused);
                            if certain && !refused { subject.policies.push(*position) } else { subject.doubtful.push(*position) }
                        }
                    }
                    subject.policies.sort_unstable();
                    subject.doubtful.sort_unstable();
                }
                subjects.list.push(subject);
                u32::try_from(subjects.list.len() - 1).unwrap_or(u32::MAX)
            });
            subjects.of_class.push(subject);
        }
        subjects
    }

    /// Who isolates a class in a direction: the id of the subject, shared by classes with the same policies.
    pub fn subject_id(&self, direction: Direction, class: ClassId) -> u32 {
        let subjects = self.side(direction);
        subjects.of_class.get(class as usize).copied().unwrap_or_default()
    }

    /// A subject by its id.
    pub fn subject(&self, direction: Direction, id: u32) -> &Subject {
        const OPEN: &Subject = &Subject { policies: Vec::new(), doubtful: Vec::new(), unseen: false };
        self.side(direction).list.get(id as usize).unwrap_or(OPEN)
    }

    /// Who isolates a class in a direction.
    pub fn subject_of(&self, direction: Direction, class: ClassId) -> &Subject {
        self.subject(direction, self.subject_id(direction, class))
    }

    fn side(&self, direction: Direction) -> &Subjects {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }

    /// How many subjects there are in a direction.
    pub fn subject_count(&self, direction: Direction) -> usize {
        self.side(direction).list.len()
    }

    /// The rules of a subject, policy by policy.
    pub fn rules(&self, direction: Direction, subject: &Subject) -> impl Iterator<Item = &CompiledRule> {
        let policies: Vec<_> = subject.policies.iter().filter_map(|p| self.compiled.policies.get(*p)).collect();
        policies.into_iter().flat_map(move |policy| policy.rules(direction))
    }

    /// A class by its id.
    pub fn class(&self, id: ClassId) -> Option<&Class> {
        self.classes.list.get(id as usize)
    }

    /// The class of a pod.
    pub fn class_of(&self, pod: usize) -> Option<(ClassId, &Class)> {
        let id = *self.classes.of_pod.get(pod)?;
        Some((id, self.class(id)?))
    }

    /// Label sets a selector matches.
    fn labels_selected(&self, selector: Id) -> Option<&Selected> {
        let cell = self.selected_labels.get(selector as usize)?;
        let selector = self.compiled.pod_selectors.get(selector)?;
        Some(cell.get_or_init(|| self.pods_by_label.select(selector)))
    }

    /// Namespaces a selector matches.
    pub fn namespaces_selected(&self, selector: Id) -> Option<&Selected> {
        let cell = self.selected_namespaces.get(selector as usize)?;
        let selector = self.compiled.namespace_selectors.get(selector)?;
        Some(cell.get_or_init(|| self.namespaces_by_label.select(selector)))
    }

    /// Classes of pods of a scope that a selector matches.
    pub fn classes_in(&self, scope: Scope, pods: Id) -> Selected {
        let mut found = Selected::default();
        let Some(labels) = self.labels_selected(pods) else { return found };
        let mut add = |class: ClassId, truth: Truth| {
            if truth == Truth::Yes {
                found.certain.insert(class);
            }
            if truth != Truth::No {
                found.possible.insert(class);
            }
        };
        let carriers = labels.possible.len();
        match scope {
            Scope::One(namespace) => {
                let range = self.classes.of_namespace.get(namespace).cloned().unwrap_or_default();
                if u64::from(range.end - range.start) <= carriers {
                    for class in range {
                        let truth = self.class(class).map_or(Truth::No, |c| labels.contains(c.labels));
                        add(class, truth);
                    }
                } else {
                    for (set, truth) in labels.possible.iter().map(|set| (set, labels.contains(set))) {
                        for class in self.classes.of_labels.get(set as usize).into_iter().flatten().filter(|c| range.contains(c)) {
                            add(*class, truth);
                        }
                    }
                }
            }
            Scope::Selected(selector) => {
                let Some(namespaces) = self.namespaces_selected(selector) else { return found };
                if namespaces.possible.len() <= carriers {
                    for namespace in &namespaces.possible {
                        let inside = namespaces.contains(namespace);
                        for class in self.classes.of_namespace.get(namespace as usize).cloned().unwrap_or_default() {
                            let truth = self.class(class).map_or(Truth::No, |c| labels.contains(c.labels).and(inside));
                            add(class, truth);
                        }
                    }
                } else {
                    for set in &labels.possible {
                        for class in self.classes.of_labels.get(set as usize).into_iter().flatten() {
                            let namespace = self.class(*class).and_then(|c| u32::try_from(c.namespace).ok());
                            let inside = namespace.map_or(Truth::No, |n| namespaces.contains(n));
                            add(*class, labels.contains(set).and(inside));
                        }
                    }
                }
            }
        }
        found
    }

    /// Classes of pods a peer contains, as the far end of a connection of `near`.
    pub fn classes_of(&self, peer: &CompiledPeer, near: &Class, direction: Direction) -> Selected {
        match peer {
            CompiledPeer::Pods { scope, pods } => {
                let mut found = self.classes_in(*scope, *pods);
                found.certain -= &self.classes.host;
                found.possible -= &self.classes.host;
                found
            }
            CompiledPeer::Unreadable => {
                let everyone = (0..u32::try_from(self.classes.list.len()).unwrap_or(u32::MAX)).collect();
                Selected { certain: RoaringBitmap::new(), possible: everyone }
            }
            CompiledPeer::Block(id) => {
                let mut found = Selected::default();
                let Some(block) = self.compiled.blocks.get(*id) else { return found };
                let (low, high) = block.cidr.bounds();
                let family = block.cidr.family();
                let [low, high] = [low, high].map(|bits| self.blocks.interval(Address { family, bits }));
                let [v4, v6] = &self.by_interval;
                let sorted = if family == Family::V4 { v4 } else { v6 };
                let from = sorted.partition_point(|(interval, _)| *interval < low);
                let inside = sorted.iter().skip(from).take_while(|(interval, _)| *interval <= high).map(|(_, id)| *id);
                for id in inside.chain(self.without_address.iter().copied()) {
                    let Some(class) = self.class(id) else { continue };
                    let family = match direction {
                        Direction::Ingress => Self::family(class, near),
                        Direction::Egress => Self::family(near, class),
                    };
                    match self.block_contains(block, class, family, self.cni.blocks_match_pods()) {
                        Truth::No => {}
                        Truth::Unknown => {
                            found.possible.insert(id);
                        }
                        Truth::Yes => {
                            found.certain.insert(id);
                            found.possible.insert(id);
                        }
                    }
                }
                found
            }
        }
    }

    /// A pod (not on the host network) with an address in the block.
    pub fn first_pod_in(&self, block: &Block) -> Option<usize> {
        let family = block.cidr.family();
        let [v4, v6] = &self.by_interval;
        let sorted = if family == Family::V4 { v4 } else { v6 };
        let (low, high) = block.cidr.bounds();
        let [low, high] = [low, high].map(|bits| self.blocks.interval(Address { family, bits }));
        let from = sorted.partition_point(|(interval, _)| *interval < low);
        let inside = sorted.iter().skip(from).take_while(|(interval, _)| *interval <= high);
        let mut hits = inside.filter(|(interval, _)| block.contains(self.blocks.representative(family, *interval)));
        hits.find_map(|(_, id)| self.class(*id).filter(|c| c.host.is_none()).and_then(|c| c.pods.first().copied()))
    }

    /// Whether the other end is one of a rule's peers.
    pub fn peers_contain(&self, rule: &CompiledRule, other: &Other<'_>) -> Truth {
        let truth = match &rule.peers {
            CompiledPeers::Everyone => Truth::Yes,
            CompiledPeers::Any(peers) => {
                peers.iter().filter_map(|id| self.compiled.peers.get(*id)).fold(Truth::No, |all, peer| match all {
                    Truth::Yes => all,
                    _ => all.or(self.peer_contains(peer, other)),
                })
            }
        };
        // Fields nobody knows can only take away.
        if rule.doubtful { truth.and(Truth::Unknown) } else { truth }
    }

    /// Whether the other end is this peer.
    pub fn peer_contains(&self, peer: &CompiledPeer, other: &Other<'_>) -> Truth {
        match (peer, other) {
            (CompiledPeer::Unreadable, _) => Truth::Unknown,
            (CompiledPeer::Pods { .. }, Other::Address(_)) => Truth::No,
            (CompiledPeer::Pods { scope, pods }, Other::Pods(class, ..)) => {
                if class.host.is_some() {
                    return Truth::No;
                }
                let inside = match scope {
                    Scope::One(namespace) => (class.namespace == *namespace).into(),
                    Scope::Selected(selector) => {
                        let namespace = u32::try_from(class.namespace).unwrap_or(u32::MAX);
                        self.namespaces_selected(*selector).map_or(Truth::No, |s| s.contains(namespace))
                    }
                };
                if inside == Truth::No {
                    return Truth::No;
                }
                inside.and(self.labels_selected(*pods).map_or(Truth::No, |s| s.contains(class.labels)))
            }
            (CompiledPeer::Block(id), Other::Address(address)) => {
                self.compiled.blocks.get(*id).is_some_and(|b| b.contains(*address)).into()
            }
            (CompiledPeer::Block(id), Other::Pods(class, family, match_pods)) => {
                self.compiled.blocks.get(*id).map_or(Truth::Unknown, |block| self.block_contains(block, class, *family, *match_pods))
            }
        }
    }

    /// Rules 22, 23, 34, 35: a pod's own address counts where the plugin lets it; without an address it is undecided.
    fn block_contains(&self, block: &Block, class: &Class, family: Family, match_pods: BlocksMatchPods) -> Truth {
        if class.host.is_none() && match_pods == BlocksMatchPods::No {
            return Truth::No;
        }
        let truth = match class.interval(family) {
            Some(interval) => block.contains(self.blocks.representative(family, interval)).into(),
            None if class.primary.is_some() || block.cidr.family() != family => Truth::No,
            // Whichever address the pod will get, 0.0.0.0/0 has it.
            None if block.is_everything() => Truth::Yes,
            None => Truth::Unknown,
        };
        let undefined = class.host.is_none() && match_pods == BlocksMatchPods::Undefined;
        if undefined { truth.and(Truth::Unknown) } else { truth }
    }

    /// The family two pods talk over: that of the target's primary address if the source has it too.
    pub fn family(source: &Class, target: &Class) -> Family {
        let has = |class: &Class, family| class.interval(family).is_some() || class.primary.is_none();
        match (target.primary, source.primary) {
            (Some(wanted), _) if has(source, wanted) => wanted,
            (Some(wanted), Some(other)) => {
                if has(target, other) {
                    other
                } else {
                    wanted
                }
            }
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => Family::V4,
        }
    }

    /// What one rule allows between its subject and the other end; named ports are the destination's.
    pub fn rule_allows(&self, rule: &CompiledRule, other: &Other<'_>, destination: Option<&Class>) -> Bounds {
        match self.peers_contain(rule, other) {
            Truth::No => Bounds::NONE,
            Truth::Yes => self.rule_ports(rule, destination),
            Truth::Unknown => self.rule_ports(rule, destination).doubtful(),
        }
    }

    /// The ports of a rule, resolved on a destination.
    pub fn rule_ports(&self, rule: &CompiledRule, destination: Option<&Class>) -> Bounds {
        let Some(list) = rule.ports else { return Bounds::ALL };
        let key = (list, destination.map(|class| class.named));
        if let Some(known) = self.resolved.borrow().get(&key) {
            return *known;
        }
        let named = destination.map(|class| self.classes.named.get(class.named as usize).map_or(&[][..], Vec::as_slice));
        let bounds = self.compiled.resolve(rule.ports, named, &self.ports);
        self.resolved.borrow_mut().insert(key, bounds);
        bounds
    }

    /// What one side says: the subject's policies about the other end.
    pub fn side_allows(&self, direction: Direction, subject: &Subject, other: &Other<'_>, destination: Option<&Class>) -> Bounds {
        if subject.isolated() != Truth::Yes {
            return subject.outcome(Bounds::NONE);
        }
        let allowed =
            self.rules(direction, subject).fold(Bounds::NONE, |all, rule| all.or(self.rule_allows(rule, other, destination), &self.ports));
        subject.outcome(allowed)
    }

    /// What one side's policies say of the connection from source to target.
    pub fn side_between(&self, direction: Direction, source: (ClassId, &Class), target: (ClassId, &Class)) -> Bounds {
        let (near, far) = match direction {
            Direction::Ingress => (target, source),
            Direction::Egress => (source, target),
        };
        let other = Other::Pods(far.1, Self::family(source.1, target.1), self.cni.blocks_match_pods());
        self.side_allows(direction, self.subject_of(direction, near.0), &other, Some(target.1))
    }

    /// What both sides say of the connection from source to target.
    pub fn between_classes(&self, source: (ClassId, &Class), target: (ClassId, &Class)) -> Bounds {
        let egress = self.side_between(Direction::Egress, source, target);
        if egress.is_none() { egress } else { egress.and(self.side_between(Direction::Ingress, source, target), &self.ports) }
    }

    /// What may pass between two pods: rules 28, 32 (a pod reaches itself), 33 (a pod and its own node reach each other).
    pub fn between_pods(&self, source: usize, target: usize) -> Bounds {
        if self.always_allowed(source, target) {
            return Bounds::ALL;
        }
        match (self.class_of(source), self.class_of(target)) {
            (Some(from), Some(to)) => self.between_classes(from, to),
            _ => Bounds::UNKNOWN,
        }
    }

    /// Rules 32 and 33: the pod itself, and traffic between a pod and the node it runs on.
    pub fn always_allowed(&self, source: usize, target: usize) -> bool {
        if source == target {
            return !self.inventory.pods.get(source).is_some_and(|p| p.several);
        }
        let host = |pod: usize| self.inventory.pods.get(pod).filter(|p| p.pod.spec.host_network).map(|p| p.pod.spec.node_name.as_str());
        let node = |pod: usize| self.inventory.pods.get(pod).map(|p| p.pod.spec.node_name.as_str()).filter(|n| !n.is_empty());
        (host(source).is_some() && host(source) == node(target)) || (host(target).is_some() && host(target) == node(source))
    }

    /// What may pass between two ends.
    pub fn between(&self, from: End, to: End) -> Bounds {
        match (self.pod_at(from), self.pod_at(to)) {
            (Ok(source), Ok(target)) => self.between_pods(source, target),
            (Ok(source), Err(address)) => self.to_address(source, address),
            (Err(address), Ok(target)) => self.from_address(address, target),
            (Err(_), Err(_)) => Bounds::ALL,
        }
    }

    /// What a pod may send to an address that is no pod's.
    pub fn to_address(&self, source: usize, address: Address) -> Bounds {
        if self.is_own_node(source, address) {
            return Bounds::ALL;
        }
        let Some((class, _)) = self.class_of(source) else { return Bounds::UNKNOWN };
        self.side_allows(Direction::Egress, self.subject_of(Direction::Egress, class), &Other::Address(address), None)
    }

    /// What an address that is no pod's may send to a pod.
    pub fn from_address(&self, address: Address, target: usize) -> Bounds {
        if self.is_own_node(target, address) {
            return Bounds::ALL;
        }
        let Some((class_id, class)) = self.class_of(target) else { return Bounds::UNKNOWN };
        self.side_allows(Direction::Ingress, self.subject_of(Direction::Ingress, class_id), &Other::Address(address), Some(class))
    }

    /// Rule 33: whether the address is the node's the pod runs on.
    pub fn is_own_node(&self, pod: usize, address: Address) -> bool {
        let Some(info) = self.inventory.pods.get(pod) else { return false };
        let host_ip = Address::parse(&info.pod.status.host_ip) == Some(address);
        let node = &info.pod.spec.node_name;
        host_ip || (!node.is_empty() && self.inventory.nodes.iter().any(|n| &n.metadata.name == node && n.ips().contains(&address)))
    }

    /// The pod an end means, or the address if it is no pod's. Rule 25: never a finished pod; a pod of its own address
    /// before one on the host network, whose address is the node's and so stays an address.
    fn pod_at(&self, end: End) -> Result<usize, Address> {
        match end {
            End::Pod(pod) => Ok(pod),
            End::Address(ip) => {
                let address = Address::from(ip);
                self.pod_with(address).ok_or(address)
            }
        }
    }

    /// The living pod that has an address of its own.
    pub fn pod_with(&self, address: Address) -> Option<usize> {
        self.inventory.pods.iter().position(|info| !info.pod.spec.host_network && info.pod.ips().contains(&address))
    }

    /// The verdict on one port.
    pub fn connection(&self, from: End, to: End, protocol: Protocol, port: u16) -> Verdict {
        self.verdict(self.between(from, to), self.ports.single(protocol, port))
    }

    /// Whether all of `wanted` is allowed, none of it, or cannot be told.
    pub fn verdict(&self, allowed: Bounds, wanted: PortsId) -> Verdict {
        if self.ports.contains(allowed.certain, wanted) {
            Verdict::Allow
        } else if self.ports.intersection(allowed.possible, wanted).is_none() {
            Verdict::Deny
        } else {
            Verdict::Unknown
        }
    }
}

fn classes_by_interval(classes: &Classes, family: Family) -> Vec<(u32, ClassId)> {
    let mut sorted: Vec<(u32, ClassId)> = (0..).zip(&classes.list).filter_map(|(id, class)| Some((class.interval(family)?, id))).collect();
    sorted.sort_unstable();
    sorted
}
