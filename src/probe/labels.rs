//! Which labels of a pod matter to policies, and how few of them say the same to all of them.
//!
//! Whatever a policy asks of labels it asks by a selector: its own, or one of a peer. Where every selector that may look at pods of
//! the namespace says of two sets of labels the same, the same policies select both, and the same rules name both as a peer: on
//! either side of any connection policies cannot tell them apart. So labels are taken away as long as that holds.

use std::collections::{BTreeMap, BTreeSet};

use crate::objects::{LabelSelector, Labels, Truth};
use crate::policy::Model;
use crate::policy::compile::{CompiledPeer, CompiledPeers, CompiledRule, Id, PolicyId, Scope};
use crate::report::{Direction, ObjectRef};

/// A selector by which a policy looks at pods of a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader<'m> {
    /// The policy.
    pub policy: PolicyId,
    /// Where in it the selector stands, the first of those places.
    pub place: Place,
    /// The selector.
    pub selector: &'m LabelSelector,
}

/// Where in a policy a selector stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// It says whom the policy is about.
    Subject,
    /// It says who is a peer of a rule.
    Peer(Direction, usize),
}

impl Reader<'_> {
    /// Whether it says the same of both. What it says cannot be known where it has an operator nobody knows; then both have to be
    /// the same to it.
    fn cannot_tell(&self, one: &Labels, other: &Labels) -> bool {
        let keys = || self.selector.match_expressions.iter().map(|requirement| requirement.key.as_str());
        let truth = self.selector.matches(one);
        truth == self.selector.matches(other) && (truth != Truth::Unknown || keys().all(|key| one.get(key) == other.get(key)))
    }

    /// The field.
    pub fn field(&self) -> String {
        match (self.place, self.policy) {
            (Place::Subject, PolicyId::Network(_)) => "spec.podSelector".to_owned(),
            (Place::Subject, PolicyId::Cluster(_)) => "spec.subject".to_owned(),
            (Place::Peer(Direction::Ingress, rule), _) => format!("spec.ingress[{rule}].from"),
            (Place::Peer(Direction::Egress, rule), _) => format!("spec.egress[{rule}].to"),
        }
    }
}

/// The selectors by which policies look at pods of a namespace, or may look at them, each once.
pub fn readers<'m>(model: &'m Model<'_>, namespace: usize) -> Vec<Reader<'m>> {
    let mut found: BTreeMap<Id, (PolicyId, Place)> = BTreeMap::new();
    let mut peers_seen: BTreeSet<Id> = BTreeSet::new();
    let here = |scope: Scope| match scope {
        Scope::One(only) => only == namespace,
        Scope::Selected(selector) => may_select(model, selector, namespace),
    };
    let mut rule = |found: &mut BTreeMap<Id, (PolicyId, Place)>, direction: Direction, rule: &CompiledRule| {
        let CompiledPeers::Any(ids) = &rule.peers else { return };
        for id in ids.iter().filter(|id| peers_seen.insert(**id)) {
            if let Some(CompiledPeer::Pods { scope, pods }) = model.compiled.peers.get(*id)
                && here(*scope)
            {
                found.entry(*pods).or_insert((rule.policy, Place::Peer(direction, rule.index)));
            }
        }
    };
    for (position, policy) in model.compiled.policies.iter().enumerate() {
        if policy.namespace == namespace {
            found.entry(policy.selector).or_insert((PolicyId::Network(position), Place::Subject));
        }
        for direction in [Direction::Ingress, Direction::Egress] {
            policy.rules(direction).iter().for_each(|compiled| rule(&mut found, direction, compiled));
        }
    }
    for policy in &model.compiled.cluster {
        if let Some((namespaces, pods)) = policy.subject
            && policy.only.is_none_or(|only| only == namespace)
            && may_select(model, namespaces, namespace)
        {
            found.entry(pods).or_insert((PolicyId::Cluster(policy.position), Place::Subject));
        }
        for direction in [Direction::Ingress, Direction::Egress] {
            policy.rules(direction).iter().for_each(|compiled| rule(&mut found, direction, &compiled.rule));
        }
    }
    let selector = |id: Id| model.compiled.pod_selectors.get(id);
    found.into_iter().filter_map(|(id, (policy, place))| Some(Reader { policy, place, selector: selector(id)? })).collect()
}

fn may_select(model: &Model<'_>, namespaces: Id, namespace: usize) -> bool {
    let namespace = u32::try_from(namespace).unwrap_or(u32::MAX);
    model.namespaces_selected(namespaces).is_some_and(|selected| selected.contains(namespace) != Truth::No)
}

/// As few labels as say the same to every policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projection {
    /// The labels, those that were added among them.
    pub labels: Labels,
    /// Labels of the original that have to stay, each with the position of a reader that would notice.
    pub kept: Vec<(String, usize)>,
    /// Labels of the original that nobody would miss.
    pub dropped: Vec<String>,
}

impl Projection {
    /// Puts `added` upon labels and takes away what no reader misses, `unwanted` ones first: where one of two labels has to stay, the
    /// other one does.
    ///
    /// # Errors
    /// The reader that notices what is added, by its position.
    pub fn of(readers: &[Reader<'_>], full: &Labels, added: &Labels, unwanted: &BTreeSet<&str>) -> Result<Self, usize> {
        let told = |labels: &Labels| readers.iter().position(|reader| !reader.cannot_tell(full, labels));
        let mut labels = full.clone();
        added.iter().for_each(|(key, value)| labels.set(key, value));
        told(&labels).map_or(Ok(()), Err)?;
        let mut keys: Vec<&str> = full.iter().map(|(key, _)| key).filter(|key| added.get(key).is_none()).collect();
        keys.sort_by_key(|key| (!unwanted.contains(key), *key));
        let (mut kept, mut dropped) = (Vec::new(), Vec::new());
        for key in keys {
            let fewer: Labels = labels.iter().filter(|(other, _)| *other != key).collect();
            match told(&fewer) {
                Some(reader) => kept.push((key.to_owned(), reader)),
                None => {
                    dropped.push(key.to_owned());
                    labels = fewer;
                }
            }
        }
        kept.sort_unstable();
        dropped.sort_unstable();
        Ok(Self { labels, kept, dropped })
    }
}

/// The policies that select pods with these labels, and whether that is certain.
pub fn selecting(model: &Model<'_>, namespace: usize, labels: &Labels) -> Vec<(ObjectRef, Truth)> {
    let matched = |selector: Id| model.compiled.pod_selectors.get(selector).map_or(Truth::No, |selector| selector.matches(labels));
    let number = u32::try_from(namespace).unwrap_or(u32::MAX);
    let mut found: BTreeMap<PolicyId, Truth> = BTreeMap::new();
    for (position, policy) in model.compiled.policies.iter().enumerate().filter(|(_, policy)| policy.namespace == namespace) {
        found.insert(PolicyId::Network(position), matched(policy.selector));
    }
    for policy in model.compiled.cluster.iter().filter(|policy| policy.only.is_none_or(|only| only == namespace)) {
        let truth = policy.subject.map_or(Truth::Unknown, |(namespaces, pods)| {
            let inside = model.namespaces_selected(namespaces).map_or(Truth::No, |selected| selected.contains(number));
            inside.and(matched(pods))
        });
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
