//! Which labels of a pod matter to policies, and how few of them say the same to all of them.
//!
//! Whatever a policy asks of labels it asks by a selector: its own, or one of a peer. Where every selector that may look at pods of
//! the namespace says of two sets of labels the same, the same policies select both, and the same rules name both as a peer: on
//! either side of any connection policies cannot tell them apart. So labels are taken away as long as that holds.

use std::collections::{BTreeMap, BTreeSet};

use crate::objects::{LabelSelector, Labels, Truth};
use crate::policy::Model;
use crate::policy::compile::{CompiledPeer, CompiledPeers, CompiledRule, Id, PolicyId, Scope};
use crate::policy::tiers::ClusterCompiled;
use crate::report::{Direction, ObjectRef};

/// Who reads labels of the pods of a namespace.
#[derive(Debug, Default)]
pub struct Readers<'m> {
    /// Each selector once.
    pub selectors: Vec<Reader<'m>>,
    /// A place of a policy that nobody can read, so that it may read any label.
    pub unreadable: Option<(PolicyId, Place)>,
}

/// A selector by which a policy looks at pods of a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader<'m> {
    /// The policy.
    pub policy: PolicyId,
    /// Where in it the selector stands: the first of such places, in the first of such policies.
    pub place: Place,
    /// The selector.
    pub selector: &'m LabelSelector,
}

/// Where in a policy a selector stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It says whom the policy is about.
    Subject,
    /// It says who is a peer of a rule.
    Peer(Direction, usize),
}

impl Place {
    /// The field of the policy.
    pub fn field(self, policy: PolicyId) -> String {
        match (self, policy) {
            (Self::Subject, PolicyId::Network(_)) => "spec.podSelector".to_owned(),
            (Self::Subject, PolicyId::Cluster(_)) => "spec.subject".to_owned(),
            (Self::Peer(Direction::Ingress, rule), _) => format!("spec.ingress[{rule}].from"),
            (Self::Peer(Direction::Egress, rule), _) => format!("spec.egress[{rule}].to"),
        }
    }
}

impl Reader<'_> {
    /// Whether it may tell one from the other. What a selector says is not known where it has an operator that nobody knows: then it may
    /// tell any two values of its labels apart.
    fn tells(&self, one: &Labels, other: &Labels) -> bool {
        let differ = || self.selector.match_expressions.iter().any(|requirement| one.get(&requirement.key) != other.get(&requirement.key));
        let truth = self.selector.matches(one);
        truth != self.selector.matches(other) || (truth == Truth::Unknown && differ())
    }
}

impl<'m> Readers<'m> {
    /// Those of all policies that may look at pods of the namespace; without a namespace, those that look at pods of any.
    pub fn of(model: &'m Model<'_>, namespace: Option<usize>) -> Self {
        let mut collector = Collector { model, namespace, found: BTreeMap::new(), peers: BTreeSet::new(), unreadable: None };
        let directions = [Direction::Ingress, Direction::Egress];
        for (position, policy) in model.compiled.policies.iter().enumerate() {
            if namespace == Some(policy.namespace) {
                collector.found.entry(policy.selector).or_insert((PolicyId::Network(position), Place::Subject));
            }
            directions.iter().for_each(|direction| policy.rules(*direction).iter().for_each(|rule| collector.rule(*direction, rule)));
        }
        for policy in &model.compiled.cluster {
            collector.subject(policy);
            directions.iter().for_each(|direction| policy.rules(*direction).iter().for_each(|rule| collector.rule(*direction, &rule.rule)));
        }
        let Collector { found, unreadable, .. } = collector;
        let reader = |(id, (policy, place))| Some(Reader { policy, place, selector: model.compiled.pod_selectors.get(id)? });
        Self { selectors: found.into_iter().filter_map(reader).collect(), unreadable }
    }

    /// One that may tell one set of labels from the other.
    pub fn telling(&self, one: &Labels, other: &Labels) -> Option<&Reader<'m>> {
        self.selectors.iter().find(|reader| reader.tells(one, other))
    }
}

struct Collector<'a, 'm> {
    model: &'a Model<'m>,
    namespace: Option<usize>,
    found: BTreeMap<Id, (PolicyId, Place)>,
    /// Peers that were looked at: many rules share one.
    peers: BTreeSet<Id>,
    unreadable: Option<(PolicyId, Place)>,
}

impl Collector<'_, '_> {
    fn subject(&mut self, policy: &ClusterCompiled) {
        let id = PolicyId::Cluster(policy.position);
        let about = policy.only.is_none() || self.namespace.is_none() || policy.only == self.namespace;
        match policy.subject {
            None => self.unreadable = self.unreadable.or(Some((id, Place::Subject))),
            Some((namespaces, pods)) if about && inside(self.model, namespaces, self.namespace) != Truth::No => {
                self.found.entry(pods).or_insert((id, Place::Subject));
            }
            Some(_) => {}
        }
    }

    fn rule(&mut self, direction: Direction, rule: &CompiledRule) {
        let place = Place::Peer(direction, rule.index);
        if rule.doubtful {
            self.unreadable = self.unreadable.or(Some((rule.policy, place)));
        }
        let CompiledPeers::Any(ids) = &rule.peers else { return };
        for id in ids {
            if !self.peers.insert(*id) {
                continue;
            }
            match self.model.compiled.peers.get(*id) {
                Some(CompiledPeer::Pods { scope, pods }) if self.may_be_in(*scope) => {
                    self.found.entry(*pods).or_insert((rule.policy, place));
                }
                Some(CompiledPeer::Unreadable) => self.unreadable = self.unreadable.or(Some((rule.policy, place))),
                _ => {}
            }
        }
    }

    fn may_be_in(&self, scope: Scope) -> bool {
        match scope {
            Scope::One(only) => self.namespace == Some(only),
            Scope::Selected(selector) => inside(self.model, selector, self.namespace) != Truth::No,
        }
    }
}

/// Whether a selector of namespaces matches this one; nobody knows of one that was never seen.
fn inside(model: &Model<'_>, selector: Id, namespace: Option<usize>) -> Truth {
    let Some(namespace) = namespace.and_then(|at| u32::try_from(at).ok()) else { return Truth::Unknown };
    model.namespaces_selected(selector).map_or(Truth::No, |selected| selected.contains(namespace))
}

/// As few labels as say the same to every policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projection<'r> {
    /// The labels, those that were added among them.
    pub labels: Labels,
    /// Labels of the original that have to stay, each with a reader that would notice.
    pub kept: Vec<(String, &'r Reader<'r>)>,
    /// Labels of the original that nobody would miss.
    pub dropped: Vec<String>,
}

impl<'r> Projection<'r> {
    /// Puts `added` upon labels and takes away what no reader misses, `unwanted` ones first: where one of two labels has to stay, the
    /// other one does.
    ///
    /// # Errors
    /// The reader that notices what is added.
    pub fn of(readers: &'r Readers<'r>, full: &Labels, added: &Labels, unwanted: &BTreeSet<&str>) -> Result<Self, &'r Reader<'r>> {
        let mut labels = full.with(added);
        readers.telling(full, &labels).map_or(Ok(()), Err)?;
        let mut keys: Vec<&str> = full.iter().map(|(key, _)| key).filter(|key| added.get(key).is_none()).collect();
        keys.sort_by_key(|key| (!unwanted.contains(key), *key));
        let (mut kept, mut dropped) = (Vec::new(), Vec::new());
        for key in keys {
            let fewer: Labels = labels.iter().filter(|(other, _)| *other != key).collect();
            match readers.telling(full, &fewer) {
                Some(reader) => kept.push((key.to_owned(), reader)),
                None => {
                    dropped.push(key.to_owned());
                    labels = fewer;
                }
            }
        }
        kept.sort_by(|(one, _), (other, _)| one.cmp(other));
        dropped.sort_unstable();
        Ok(Self { labels, kept, dropped })
    }
}

/// The policies that select pods with these labels, and whether that is certain.
pub fn selecting(model: &Model<'_>, namespace: Option<usize>, labels: &Labels) -> Vec<(ObjectRef, Truth)> {
    let matched = |selector: Id| model.compiled.pod_selectors.get(selector).map_or(Truth::No, |selector| selector.matches(labels));
    let mut found: BTreeMap<PolicyId, Truth> = BTreeMap::new();
    for (position, policy) in model.compiled.policies.iter().enumerate().filter(|(_, policy)| namespace == Some(policy.namespace)) {
        found.insert(PolicyId::Network(position), matched(policy.selector));
    }
    for policy in model.compiled.cluster.iter().filter(|policy| policy.only.is_none_or(|only| namespace == Some(only))) {
        let selected = |(namespaces, pods)| inside(model, namespaces, namespace).and(matched(pods));
        let truth = policy.subject.map_or(Truth::Unknown, selected);
        found.entry(PolicyId::Cluster(policy.position)).and_modify(|known| *known = known.or(truth)).or_insert(truth);
    }
    let selecting = found.into_iter().filter(|(_, truth)| *truth != Truth::No);
    selecting.map(|(policy, truth)| (reference(model, policy), truth)).collect()
}

/// A policy by its name.
pub fn reference(model: &Model<'_>, policy: PolicyId) -> ObjectRef {
    let objects = &model.inventory.objects;
    let named = match policy {
        PolicyId::Network(position) => {
            objects.network_policies.get(position).map(|p| ObjectRef::new("NetworkPolicy", &p.metadata.namespace, &p.metadata.name))
        }
        PolicyId::Cluster(position) => objects.cluster_policies.get(position).map(|p| ObjectRef::new(p.kind.name(), "", &p.metadata.name)),
    };
    named.unwrap_or_default()
}
