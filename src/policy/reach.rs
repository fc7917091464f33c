//! From one end to all others: what `who-can-reach`, `reachable-from` and `matrix` have in common.
//!
//! The near end's rules are walked once: each peer is a set of classes. Only for the classes they name is the far end's
//! side looked at. Nothing loops over pairs of pods.

use std::collections::HashMap;

use super::classes::{Class, ClassId};
use super::compile::{CompiledPeers, CompiledRule};
use super::model::{Model, Subject};
use super::peers::Other;
use super::ports::{Bounds, PortsId};
use crate::objects::{Family, Truth};
use crate::report::Direction;

/// What the near end's policies say of every class at the far end.
#[derive(Debug)]
pub struct Near<'m> {
    model: &'m Model<'m>,
    subject: &'m Subject,
    /// Classes that a rule names.
    listed: HashMap<ClassId, Bounds>,
    /// The rules that name them, if they were asked for.
    traced: HashMap<ClassId, Vec<(&'m CompiledRule, Bounds)>>,
    /// Rules about everyone: list of ports, and whether they are doubtful.
    everyone: Vec<&'m CompiledRule>,
    direction: Direction,
    class: &'m Class,
}

impl<'m> Near<'m> {
    /// Walks the rules of a class; `trace` keeps which rule said what.
    pub fn new(model: &'m Model<'m>, direction: Direction, near: (ClassId, &'m Class), trace: bool) -> Self {
        let subject = model.subject_of(direction, near.0);
        let mut side =
            Self { model, subject, listed: HashMap::new(), traced: HashMap::new(), everyone: Vec::new(), direction, class: near.1 };
        if subject.isolated() != Truth::Yes {
            return side;
        }
        if subject.stack.is_some() {
            side.listed.extend(model.may_be_accepted(direction, subject, near.1).iter().map(|id| (id, Bounds::NONE)));
        }
        for rule in model.rules(direction, subject) {
            let CompiledPeers::Any(peers) = &rule.peers else {
                side.everyone.push(rule);
                continue;
            };
            for peer in peers.iter().filter_map(|id| model.compiled.peers.get(*id)) {
                let classes = model.classes_of(peer, near.1, direction);
                for id in &classes.possible {
                    let Some(far) = model.class(id) else { continue };
                    let ports = model.rule_ports(rule, Some(side.destination(far)));
                    let ports = if rule.doubtful || !classes.certain.contains(id) { ports.doubtful() } else { ports };
                    let entry = side.listed.entry(id).or_insert(Bounds::NONE);
                    *entry = entry.or(ports, &model.ports);
                    if trace {
                        side.traced.entry(id).or_default().push((rule, ports));
                    }
                }
            }
        }
        side
    }

    fn destination<'c>(&self, far: &'c Class) -> &'c Class
    where
        'm: 'c,
    {
        match self.direction {
            Direction::Ingress => self.class,
            Direction::Egress => far,
        }
    }

    /// The rules that allow a class something; empty unless they were traced.
    pub fn rules<'s>(&'s self, id: ClassId, far: &'s Class) -> impl Iterator<Item = (&'m CompiledRule, Bounds)> + 's {
        let named = self.traced.get(&id).into_iter().flatten().copied();
        let all = named.chain(self.everyone.iter().map(|rule| (*rule, self.model.rule_ports(rule, Some(self.destination(far))))));
        let past = self.model.past_admin(self.direction, self.subject, &self.other(far), Some(self.destination(far)));
        all.map(move |(rule, bounds)| (rule, bounds.and(Bounds::exactly(past), &self.model.ports)))
    }

    /// Whether only listed classes can be allowed anything.
    pub fn only_listed(&self) -> bool {
        self.subject.isolated() == Truth::Yes && !self.subject.unseen && !self.subject.hidden.admin && self.everyone.is_empty()
    }

    /// Listed classes, ascending.
    pub fn listed(&self) -> Vec<ClassId> {
        let mut ids: Vec<ClassId> = self.listed.keys().copied().collect();
        ids.sort_unstable();
        ids
    }

    /// What the near end says of a class.
    pub fn allows(&self, id: ClassId, far: &Class) -> Bounds {
        let listed = self.listed.get(&id).copied().unwrap_or(Bounds::NONE);
        let destination = self.destination(far);
        let allowed = self.everyone.iter().fold(listed, |all, rule| {
            let ports = self.model.rule_ports(rule, Some(destination));
            all.or(if rule.doubtful { ports.doubtful() } else { ports }, &self.model.ports)
        });
        self.model.side_with(self.direction, self.subject, allowed, &self.other(far), Some(destination))
    }

    /// A far class as the near class's policies see it.
    fn other<'c>(&self, far: &'c Class) -> Other<'c> {
        let family = match self.direction {
            Direction::Ingress => Model::family(far, self.class),
            Direction::Egress => Model::family(self.class, far),
        };
        Other::Pods(far, family, self.model.cni.blocks_match_pods())
    }

    /// The rules of cluster-wide policies that accept a class on any of the ports.
    pub fn accepting(&self, far: &Class, ports: PortsId) -> Vec<&'m CompiledRule> {
        let accepting = self.model.acceptances(self.direction, self.subject, &self.other(far), Some(self.destination(far)));
        accepting
            .into_iter()
            .filter(|(_, accepted)| !self.model.ports.intersection(*accepted, ports).is_none())
            .map(|(rule, _)| rule)
            .collect()
    }
}

/// What the far ends' policies say of one near class; equal subjects are asked once.
#[derive(Debug)]
pub struct Far<'m> {
    model: &'m Model<'m>,
    near: &'m Class,
    /// The far side's direction: the opposite of the near side's.
    direction: Direction,
    known: HashMap<(u32, u32, Family), Bounds>,
}

impl<'m> Far<'m> {
    /// For connections that are `direction` (ingress, egress) for the near class.
    pub fn new(model: &'m Model<'m>, direction: Direction, near: &'m Class) -> Self {
        let direction = match direction {
            Direction::Ingress => Direction::Egress,
            Direction::Egress => Direction::Ingress,
        };
        Self { model, near, direction, known: HashMap::new() }
    }

    /// What the far class says of the near one.
    pub fn allows(&mut self, id: ClassId, far: &Class) -> Bounds {
        let (source, target) = match self.direction {
            Direction::Egress => (far, self.near),
            Direction::Ingress => (self.near, far),
        };
        let subject = self.model.subject_id(self.direction, id);
        let family = Model::family(source, target);
        let key = (subject, target.named, family);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let other = Other::Pods(self.near, family, self.model.cni.blocks_match_pods());
        let bounds = self.model.side_allows(self.direction, self.model.subject(self.direction, subject), &other, Some(target));
        self.known.insert(key, bounds);
        bounds
    }
}
