//! Who is a peer: matching one end against a rule, and finding every class a peer contains.

use std::rc::Rc;

use roaring::RoaringBitmap;

use super::blocks::Block;
use super::classes::{Class, ClassId};
use super::compile::{CompiledPeer, CompiledPeers, CompiledRule, Id, Scope};
use super::labels::Selected;
use super::model::Model;
use super::profile::BlocksMatchPods;
use crate::objects::{Address, Family, Labels, Truth};
use crate::report::Direction;

/// What the other end of a rule is, for matching peers.
#[derive(Debug, Clone, Copy)]
pub enum Other<'m> {
    /// A class of pods, talking over an address of this family, and whether blocks match it.
    Pods(&'m Class, Family, BlocksMatchPods),
    /// An address outside, or a node's.
    Address(Address),
}

impl Model<'_> {
    /// Classes of pods of a scope that a selector matches.
    pub fn classes_in(&self, scope: Scope, pods: Id) -> Selected {
        let mut found: Vec<(ClassId, Truth)> = Vec::new();
        match scope {
            Scope::One(namespace) => {
                let range = self.classes.of_namespace.get(namespace).cloned().unwrap_or_default();
                self.add_classes(range, pods, Truth::Yes, &mut found);
            }
            Scope::Selected(selector) => {
                let Some(namespaces) = self.namespaces_selected(selector) else { return Selected::default() };
                let Some(labels) = self.labels_selected(pods) else { return Selected::default() };
                if namespaces.possible.len() <= labels.possible.len() {
                    for namespace in &namespaces.possible {
                        let range = self.classes.of_namespace.get(namespace as usize).cloned().unwrap_or_default();
                        self.add_classes(range, pods, namespaces.contains(namespace), &mut found);
                    }
                } else {
                    for set in &labels.possible {
                        let carrying = labels.contains(set);
                        for class in self.classes.of_labels.get(set as usize).into_iter().flatten() {
                            let namespace = self.class(*class).and_then(|c| u32::try_from(c.namespace).ok());
                            found.push((*class, carrying.and(namespace.map_or(Truth::No, |n| namespaces.contains(n)))));
                        }
                    }
                }
            }
        }
        found.sort_unstable();
        // Sorted ids are appended, which costs a fraction of inserting them.
        let at_least = |least: Truth| {
            let ids = found.iter().filter(|(_, truth)| *truth >= least).map(|(class, _)| *class);
            RoaringBitmap::from_sorted_iter(ids).unwrap_or_default()
        };
        Selected { certain: at_least(Truth::Yes), possible: at_least(Truth::Unknown) }
    }

    /// Adds the classes of one namespace that a selector matches: one by one where they are few, through the index of labels
    /// where they are many.
    fn add_classes(&self, range: std::ops::Range<ClassId>, pods: Id, inside: Truth, found: &mut Vec<(ClassId, Truth)>) {
        const FEW: u32 = 16;
        if range.end - range.start <= FEW {
            let Some(selector) = self.compiled.pod_selectors.get(pods) else { return };
            for class in range {
                if let Some(labels) = self.labels_of(class) {
                    found.push((class, selector.matches(labels).and(inside)));
                }
            }
            return;
        }
        let Some(labels) = self.labels_selected(pods) else { return };
        if u64::from(range.end - range.start) <= labels.possible.len() {
            for class in range {
                let truth = self.class(class).map_or(Truth::No, |c| labels.contains(c.labels));
                found.push((class, truth.and(inside)));
            }
        } else {
            for set in &labels.possible {
                let truth = labels.contains(set).and(inside);
                let carriers = self.classes.of_labels.get(set as usize).into_iter().flatten();
                found.extend(carriers.filter(|c| range.contains(c)).map(|c| (*c, truth)));
            }
        }
    }

    /// The labels of a class.
    fn labels_of(&self, class: ClassId) -> Option<&Labels> {
        let pod = self.class(class)?.pods.first()?;
        self.inventory.pods.get(*pod).map(|info| &info.pod.metadata.labels)
    }

    /// Classes that a policy of a namespace with this selector is about; asked once.
    pub fn subjects_of(&self, namespace: usize, selector: Id) -> Rc<Selected> {
        let mut known = self.subjects_selected.borrow_mut();
        known.entry((namespace, selector)).or_insert_with(|| Rc::new(self.classes_in(Scope::One(namespace), selector))).clone()
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
            CompiledPeer::Nodes(_) | CompiledPeer::Domains(_) => {
                let mut found = Selected::default();
                for id in &self.classes.host {
                    let Some(class) = self.class(id) else { continue };
                    let family = self.family_of(class, near, direction);
                    let truth = self.peer_contains(peer, &Other::Pods(class, family, BlocksMatchPods::Yes));
                    found.add(id, truth);
                }
                found
            }
            CompiledPeer::Block(id) | CompiledPeer::Network(id) => {
                let mut found = Selected::default();
                let Some(block) = self.compiled.blocks.get(*id) else { return found };
                let match_pods = self.matching(peer, self.cni.blocks_match_pods());
                let inside = self.classes_within(block).map(|(_, id)| id);
                for id in inside.chain(self.without_address.iter().copied()) {
                    let Some(class) = self.class(id) else { continue };
                    let family = self.family_of(class, near, direction);
                    found.add(id, self.block_contains(block, class, family, match_pods));
                }
                found
            }
        }
    }

    /// The family a class and the near one talk over.
    fn family_of(&self, class: &Class, near: &Class, direction: Direction) -> Family {
        match direction {
            Direction::Ingress => Self::family(class, near),
            Direction::Egress => Self::family(near, class),
        }
    }

    /// Rules 46 and 52: what cluster-wide policies say of networks holds for pods as well, whatever ipBlock does.
    fn matching(&self, peer: &CompiledPeer, blocks: BlocksMatchPods) -> BlocksMatchPods {
        if matches!(peer, CompiledPeer::Network(_)) { BlocksMatchPods::Yes } else { blocks }
    }

    /// Classes with an address between the ends of a block, holes not regarded, by elementary interval.
    fn classes_within(&self, block: &Block) -> impl Iterator<Item = (u32, ClassId)> {
        let family = block.cidr.family();
        let (low, high) = block.cidr.bounds();
        let [low, high] = [low, high].map(|bits| self.blocks.interval(Address { family, bits }));
        let [v4, v6] = &self.by_interval;
        let sorted = if family == Family::V4 { v4 } else { v6 };
        let from = sorted.partition_point(|(interval, _)| *interval < low);
        sorted.iter().skip(from).take_while(move |(interval, _)| *interval <= high).copied()
    }

    /// A pod (not on the host network) with an address in the block.
    pub fn first_pod_in(&self, block: &Block) -> Option<usize> {
        let family = block.cidr.family();
        let mut hits = self.classes_within(block).filter(|(interval, _)| block.contains(self.blocks.representative(family, *interval)));
        hits.find_map(|(_, id)| self.class(id).filter(|c| c.host.is_none()).and_then(|c| c.pods.first().copied()))
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
            (CompiledPeer::Block(id) | CompiledPeer::Network(id), Other::Address(address)) => {
                self.compiled.blocks.get(*id).is_some_and(|b| b.contains(*address)).into()
            }
            (CompiledPeer::Block(id) | CompiledPeer::Network(id), Other::Pods(class, family, match_pods)) => {
                let match_pods = self.matching(peer, *match_pods);
                self.compiled.blocks.get(*id).map_or(Truth::Unknown, |block| self.block_contains(block, class, *family, match_pods))
            }
            (CompiledPeer::Nodes(_) | CompiledPeer::Domains(_), Other::Pods(class, ..)) if class.host.is_none() => Truth::No,
            (CompiledPeer::Nodes(id), Other::Address(address)) => self.nodes_contain(*id, *address),
            (CompiledPeer::Nodes(id), Other::Pods(class, family, _)) => match class.interval(*family) {
                Some(interval) => self.nodes_contain(*id, self.blocks.representative(*family, interval)),
                None if class.primary.is_some() => Truth::No,
                None => Truth::Unknown,
            },
            // Whatever the names resolve to; only addresses that are no pod's are meant.
            (CompiledPeer::Domains(_), _) => Truth::Unknown,
        }
    }

    fn nodes_contain(&self, nodes: Id, address: Address) -> Truth {
        match self.compiled.node_sets.get(nodes) {
            Some(set) if set.certain.contains(address) => Truth::Yes,
            Some(set) if !set.possible.contains(address) => Truth::No,
            _ => Truth::Unknown,
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
}
