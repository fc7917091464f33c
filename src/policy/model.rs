//! The compiled cluster: classes of pods, who is isolated by what, and the verdict between any two ends.
//!
//! [`Model::side_allows`] is the one place where the tiers meet: Admin first, then NetworkPolicies, then Baseline.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::rc::Rc;

use roaring::RoaringBitmap;

use super::blocks::Blocks;
use super::classes::{Class, ClassId, Classes};
use super::compile::{Compiled, CompiledRule, Id};
use super::labels::{LabelIndex, Selected};
use super::ports::{Bounds, PortTable, PortsId};
use super::profile::Cni;
use super::tiers::stack::Hidden;
use super::tiers::{self, Outcome, Stack};
use crate::inventory::Inventory;
use crate::objects::{Family, Truth};
use crate::report::Direction;

/// The policies that select a class in one direction, added up. Classes with the same policies share one.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// Policies that certainly select the class, by position; not the refused ones.
    pub policies: Vec<usize>,
    /// Policies that may select it, or that Kubernetes would refuse: whether they isolate is unknown.
    pub doubtful: Vec<usize>,
    /// Whether there may be policies nobody could read.
    pub unseen: bool,
    /// The cluster-wide policies that select the class and have rules in the direction.
    pub stack: Option<u32>,
    /// Cluster-wide policies that could not be read.
    pub hidden: Hidden,
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

    /// What holds given that the rules allow `allowed`: rules 26, 27 (policies only add; no policy isolates nothing) and 43
    /// (only where none isolates the Baseline tier decides).
    pub fn outcome(&self, allowed: Bounds, baseline: Bounds) -> Bounds {
        match self.isolated() {
            Truth::No => baseline,
            Truth::Unknown => Bounds::UNKNOWN,
            Truth::Yes if self.unseen => Bounds { certain: allowed.certain, possible: PortsId::ALL },
            Truth::Yes => allowed,
        }
    }

    /// The same for the pod and its own node, which no NetworkPolicy keeps apart (rule 33); cluster-wide policies have no
    /// such exception.
    pub fn outcome_at_home(&self, baseline: Bounds) -> Bounds {
        match self.isolated() {
            Truth::No => baseline,
            Truth::Unknown => Bounds { certain: baseline.certain, possible: PortsId::ALL },
            Truth::Yes => Bounds::ALL,
        }
    }

    /// Whether cluster-wide policies have a say, or may have.
    pub fn in_tiers(&self) -> bool {
        self.stack.is_some() || self.hidden.any()
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
    stacks: Vec<Stack>,
    pods_by_label: LabelIndex<'a>,
    namespaces_by_label: LabelIndex<'a>,
    selected_labels: Vec<OnceCell<Selected>>,
    selected_namespaces: Vec<OnceCell<Selected>>,
    /// Classes that policies with a selector are about.
    pub(super) subjects_selected: RefCell<HashMap<(usize, Id), Rc<Selected>>>,
    /// Lists of ports, resolved on named ports.
    pub(super) resolved: RefCell<HashMap<(Id, Option<u32>), Bounds>>,
    /// Classes that stacks of cluster-wide policies may accept.
    pub(super) accepted_known: RefCell<HashMap<tiers::stack::AcceptedKey, Rc<RoaringBitmap>>>,
    /// What stacks of cluster-wide policies say of classes.
    pub(super) tiers_known: RefCell<HashMap<tiers::stack::Key, [Outcome; 2]>>,
    /// Classes by the elementary interval of their address.
    pub(super) by_interval: [Vec<(u32, ClassId)>; 2],
    /// Classes whose address nobody knows.
    pub(super) without_address: Vec<ClassId>,
}

/// Who is isolated by what in one direction.
#[derive(Debug, Default)]
struct Subjects {
    list: Vec<Subject>,
    of_class: Vec<u32>,
    stacks: Vec<Stack>,
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
            stacks: Vec::new(),
            pods_by_label,
            namespaces_by_label,
            subjects_selected: RefCell::default(),
            resolved: RefCell::default(),
            accepted_known: RefCell::default(),
            tiers_known: RefCell::default(),
            by_interval: [Family::V4, Family::V6].map(|family| classes_by_interval(&classes, family)),
            without_address: (0..).zip(&classes.list).filter(|(_, c)| c.primary.is_none()).map(|(id, _)| id).collect(),
            classes,
        };
        for direction in [Direction::Ingress, Direction::Egress] {
            let mut subjects = model.subjects(direction);
            model.stacks.append(&mut subjects.stacks);
            match direction {
                Direction::Ingress => model.ingress = subjects,
                Direction::Egress => model.egress = subjects,
            }
        }
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
        let mut sign = |number: usize, classes: &Selected| {
            let signature = u128::from(hasher.hash_one(number)) << 64 | u128::from(hasher.hash_one((number, "salt")));
            for class in &classes.possible {
                if let Some((_, sum)) = signatures.get_mut(class as usize) {
                    *sum = sum.wrapping_add(signature);
                }
            }
        };
        let mut selecting: Vec<Rc<Selected>> = Vec::with_capacity(bundles.len());
        for (number, ((namespace, selector), _)) in bundles.iter().enumerate() {
            let classes = self.subjects_of(*namespace, *selector);
            sign(number, &classes);
            selecting.push(classes);
        }
        let in_tiers = self.compiled.cluster.iter().enumerate().filter(|(_, p)| !p.rules(direction).is_empty() && self.cni.enforces());
        let in_tiers: Vec<(usize, Selected)> = in_tiers.map(|(position, policy)| (position, self.cluster_subjects(policy))).collect();
        for (number, (_, classes)) in (bundles.len()..).zip(&in_tiers) {
            sign(number, classes);
        }
        let hidden = if self.cni.enforces() { Hidden::of(self.inventory) } else { Hidden::default() };
        let mut stacks: HashMap<Stack, u32> = HashMap::new();
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
                        let (Some((_, policies)), Some(classes)) = (bundles.get(*number), selecting.get(*number)) else {
                            continue;
                        };
                        if !classes.possible.contains(class_id) {
                            continue;
                        }
                        let certain = classes.certain.contains(class_id);
                        for position in policies {
                            let refused = self.compiled.policies.get(*position).is_some_and(|p| p.refused);
                            if certain && !refused { subject.policies.push(*position) } else { subject.doubtful.push(*position) }
                        }
                    }
                    subject.policies.sort_unstable();
                    subject.doubtful.sort_unstable();
                    subject.hidden = hidden;
                    let stack = in_tiers.iter().filter(|(_, classes)| classes.possible.contains(class_id));
                    let stack = self
                        .stack_of(direction, stack.map(|(position, classes)| (*position, classes.certain.contains(class_id))).collect());
                    if !stack.is_empty() {
                        let next = u32::try_from(self.stacks.len() + stacks.len()).unwrap_or(u32::MAX);
                        subject.stack = Some(*stacks.entry(stack).or_insert(next));
                    }
                }
                subjects.list.push(subject);
                u32::try_from(subjects.list.len() - 1).unwrap_or(u32::MAX)
            });
            subjects.of_class.push(subject);
        }
        let mut stacks: Vec<(Stack, u32)> = stacks.into_iter().collect();
        stacks.sort_unstable_by_key(|(_, id)| *id);
        subjects.stacks = stacks.into_iter().map(|(stack, _)| stack).collect();
        subjects
    }

    /// Who isolates a class in a direction: the id of the subject, shared by classes with the same policies.
    pub fn subject_id(&self, direction: Direction, class: ClassId) -> u32 {
        let subjects = self.side(direction);
        subjects.of_class.get(class as usize).copied().unwrap_or_default()
    }

    /// A subject by its id.
    pub fn subject(&self, direction: Direction, id: u32) -> &Subject {
        const OPEN: &Subject = &Subject {
            policies: Vec::new(),
            doubtful: Vec::new(),
            unseen: false,
            stack: None,
            hidden: Hidden { admin: false, baseline: false },
        };
        self.side(direction).list.get(id as usize).unwrap_or(OPEN)
    }

    /// A stack of cluster-wide policies by its id.
    pub fn stack(&self, id: u32) -> Option<&Stack> {
        self.stacks.get(id as usize)
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
    pub(super) fn labels_selected(&self, selector: Id) -> Option<&Selected> {
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
}

fn classes_by_interval(classes: &Classes, family: Family) -> Vec<(u32, ClassId)> {
    let mut sorted: Vec<(u32, ClassId)> = (0..).zip(&classes.list).filter_map(|(id, class)| Some((class.interval(family)?, id))).collect();
    sorted.sort_unstable();
    sorted
}
