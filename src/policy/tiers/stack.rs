//! Which cluster-wide policies select a class, and what they say of a connection.

use std::rc::Rc;

use roaring::RoaringBitmap;

use super::Tier;
use super::compile::{Action, ClusterCompiled, TierRule};
use super::evaluate::{self, Outcome, Selecting, Step};
use crate::inventory::Inventory;
use crate::objects::{ClusterPolicyKind, Family, Resource, Truth};
use crate::policy::classes::{Class, ClassId};
use crate::policy::compile::{CompiledPeers, CompiledRule, PortItem, Scope};
use crate::policy::labels::Selected;
use crate::policy::model::{Model, Subject};
use crate::policy::peers::Other;
use crate::policy::ports::{Bounds, PortsId};
use crate::report::Direction;

/// The cluster-wide policies that select a class and have rules in a direction, in the order in which they are asked: by
/// position in [`Compiled::cluster`](crate::policy::compile::Compiled::cluster), and whether each certainly selects it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Stack {
    /// Before NetworkPolicies.
    pub admin: Vec<(usize, bool)>,
    /// Behind them.
    pub baseline: Vec<(usize, bool)>,
    /// Whether any of their rules names a port.
    pub names_ports: bool,
}

impl Stack {
    /// The policies of a tier.
    pub fn of(&self, tier: Tier) -> &[(usize, bool)] {
        match tier {
            Tier::Admin => &self.admin,
            Tier::Baseline => &self.baseline,
        }
    }

    /// Whether no policy is in it.
    pub fn is_empty(&self) -> bool {
        self.admin.is_empty() && self.baseline.is_empty()
    }
}

/// Kinds of cluster-wide policies that could not be read, by the tiers they may be in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hidden {
    /// There may be more in the Admin tier.
    pub admin: bool,
    /// There may be more in the Baseline tier.
    pub baseline: bool,
}

impl Hidden {
    /// What could not be read of an inventory.
    pub fn of(inventory: &Inventory) -> Self {
        let missing = |resource| !inventory.coverage.is_complete(resource, None);
        let cluster = missing(Resource::ClusterNetworkPolicies);
        Self {
            admin: cluster || missing(Resource::AdminNetworkPolicies),
            baseline: cluster || missing(Resource::BaselineAdminNetworkPolicies),
        }
    }

    /// Whether anything is missing.
    pub fn any(self) -> bool {
        self.admin || self.baseline
    }
}

/// What is remembered of a stack: asked about a class, over a family, with the destination's named ports.
pub(in crate::policy) type Key = (u32, ClassId, Family, Option<u32>);

/// What the classes that a stack may accept depend on: the stack, and the families of the near class.
pub(in crate::policy) type AcceptedKey = (u32, Option<Family>, bool, bool);

impl<'a> Model<'a> {
    /// The classes a cluster-wide policy is about; none on the host network is among them (rule 34).
    pub(in crate::policy) fn cluster_subjects(&self, policy: &ClusterCompiled) -> Selected {
        let mut found = match policy.subject {
            Some((namespaces, pods)) => self.classes_in(Scope::Selected(namespaces), pods),
            // What cannot be read may select anything.
            None => Selected { possible: (0..u32::try_from(self.classes.list.len()).unwrap_or(u32::MAX)).collect(), ..Selected::default() },
        };
        found.certain -= &self.classes.host;
        found.possible -= &self.classes.host;
        if let Some(only) = policy.only {
            let range = self.classes.of_namespace.get(only).cloned().unwrap_or_default();
            let inside = range.collect::<RoaringBitmap>();
            found.certain &= &inside;
            found.possible &= &inside;
        }
        found
    }

    /// The order in which policies are asked.
    pub(in crate::policy) fn stack_of(&self, direction: Direction, mut selecting: Vec<(usize, bool)>) -> Stack {
        let key = |position: usize| self.compiled.cluster.get(position).map(|p| (p.kind, p.priority, p.position));
        selecting.sort_by_key(|(position, _)| key(*position));
        let is_admin = |(position, _): &(usize, bool)| self.compiled.cluster.get(*position).is_some_and(|p| p.tier == Tier::Admin);
        let named = |rule: &TierRule| {
            let items = rule.rule.ports.and_then(|list| self.compiled.port_lists.get(list)).into_iter().flatten();
            items.into_iter().any(|item| matches!(item, PortItem::Named(..)))
        };
        let policies = selecting.iter().filter_map(|(position, _)| self.compiled.cluster.get(*position));
        let names_ports = policies.flat_map(|policy| policy.rules(direction)).any(named);
        let (admin, baseline) = selecting.into_iter().partition(is_admin);
        Stack { admin, baseline, names_ports }
    }

    /// The policies of a tier of a stack.
    fn selecting(&self, stack: &Stack, tier: Tier) -> Vec<Selecting<'_>> {
        stack.of(tier).iter().filter_map(|(at, certain)| Some((self.compiled.cluster.get(*at)?, *certain))).collect()
    }

    /// The rules of a stack, in the order in which they are asked.
    pub fn tier_rules(&self, direction: Direction, stack: &Stack, tier: Tier) -> Vec<&TierRule> {
        self.selecting(stack, tier).into_iter().flat_map(|(policy, _)| policy.rules(direction)).collect()
    }

    /// What both tiers of a subject say of a connection: Admin, Baseline.
    pub fn tiers(&self, direction: Direction, subject: &Subject, other: &Other<'_>, destination: Option<&Class>) -> [Outcome; 2] {
        let mut outcomes = [Outcome::NEXT; 2];
        if let Some(stack) = subject.stack.and_then(|id| Some((id, self.stack(id)?))) {
            outcomes = self.stack_says(direction, stack, other, destination);
        }
        let addressed = match other {
            Other::Address(_) => true,
            Other::Pods(class, ..) => class.host.is_some(),
        };
        self.hide(direction, subject, addressed, &mut outcomes);
        outcomes
    }

    /// Whatever could not be read may say anything. Rule 51: but nothing of ingress from addresses, as ingress peers are pods.
    pub fn hide(&self, direction: Direction, subject: &Subject, addressed: bool, [admin, baseline]: &mut [Outcome; 2]) {
        if direction == Direction::Ingress && addressed {
            return;
        }
        if subject.hidden.admin {
            *admin = Outcome::UNKNOWN;
        }
        if subject.hidden.baseline {
            *baseline = Outcome::UNKNOWN;
        }
    }

    fn stack_says(&self, direction: Direction, (id, stack): (u32, &Stack), other: &Other<'_>, destination: Option<&Class>) -> [Outcome; 2] {
        // Named ports are part of the key only where a rule has any.
        let named = destination.filter(|class| class.host.is_none() && stack.names_ports).map(|class| class.named);
        let key: Option<Key> = match other {
            Other::Pods(class, family, _) => {
                let class = class.pods.first().and_then(|pod| self.classes.of_pod.get(*pod));
                class.map(|class| (id, *class, *family, named))
            }
            Other::Address(_) => None,
        };
        if let Some(known) = key.and_then(|key| self.tiers_known.borrow().get(&key).copied()) {
            return known;
        }
        let outcomes = self.ask(direction, stack, &mut |rule| self.rule_allows(&rule.rule, other, destination), &mut |_| {});
        if let Some(key) = key {
            self.tiers_known.borrow_mut().insert(key, outcomes);
        }
        outcomes
    }

    /// Asks both tiers of a stack, with what each rule matches.
    pub fn ask<'m>(
        &'m self,
        direction: Direction,
        stack: &Stack,
        matches: &mut dyn FnMut(&'m TierRule) -> Bounds,
        seen: &mut dyn FnMut(Step<'m>),
    ) -> [Outcome; 2] {
        [Tier::Admin, Tier::Baseline].map(|tier| {
            let policies = self.selecting(stack, tier);
            evaluate::tier(tier, direction, &policies, &self.ports, matches, seen)
        })
    }

    /// What each rule of a subject's stack had to say of a connection, in its turn.
    pub fn steps(&self, direction: Direction, subject: &Subject, other: &Other<'_>, destination: Option<&Class>) -> Vec<Step<'_>> {
        let Some(stack) = subject.stack.and_then(|id| self.stack(id)) else { return Vec::new() };
        let mut steps = Vec::new();
        self.ask(direction, stack, &mut |rule| self.rule_allows(&rule.rule, other, destination), &mut |step| steps.push(step));
        steps
    }

    /// The rules of a subject's stack that accept a connection on some ports, in a tier that is asked.
    pub fn acceptances<'m>(
        &'m self,
        direction: Direction,
        subject: &Subject,
        other: &Other<'_>,
        destination: Option<&Class>,
    ) -> Vec<(&'m CompiledRule, PortsId)> {
        let past = self.past_admin(direction, subject, other, destination);
        let asked = |tier| match tier {
            Tier::Admin => PortsId::ALL,
            Tier::Baseline if subject.isolated() == Truth::Yes => PortsId::NONE,
            Tier::Baseline => past,
        };
        let accepted = |step: &Step<'m>| (&step.rule.rule, self.ports.intersection(step.decides, asked(step.tier)));
        let steps = self.steps(direction, subject, other, destination);
        let accepting = steps.iter().filter(|step| step.rule.action == Action::Accept).map(accepted);
        accepting.filter(|(_, ports)| !ports.is_none()).collect()
    }

    /// The ports on which the Admin tier may leave a connection to NetworkPolicies.
    pub fn past_admin(&self, direction: Direction, subject: &Subject, other: &Other<'_>, destination: Option<&Class>) -> PortsId {
        if !subject.in_tiers() {
            return PortsId::ALL;
        }
        let [admin, _] = self.tiers(direction, subject, other, destination);
        admin.next
    }

    /// Classes that a rule of the Admin tier may accept, whatever NetworkPolicies say.
    pub(in crate::policy) fn may_be_accepted(&self, direction: Direction, subject: &Subject, near: &Class) -> Rc<RoaringBitmap> {
        let Some(id) = subject.stack else { return Rc::default() };
        // All that the near class adds is the families it talks over.
        let key = (id, near.primary, near.v4.is_some(), near.v6.is_some());
        if let Some(known) = self.accepted_known.borrow().get(&key) {
            return known.clone();
        }
        let found = Rc::new(self.find_accepted(direction, subject, near));
        self.accepted_known.borrow_mut().insert(key, found.clone());
        found
    }

    fn find_accepted(&self, direction: Direction, subject: &Subject, near: &Class) -> RoaringBitmap {
        let everyone = || (0..u32::try_from(self.classes.list.len()).unwrap_or(u32::MAX)).collect::<RoaringBitmap>();
        let Some(stack) = subject.stack.and_then(|id| self.stack(id)) else { return RoaringBitmap::new() };
        let mut found = RoaringBitmap::new();
        for rule in self.tier_rules(direction, stack, Tier::Admin) {
            if !matches!(rule.action, Action::Accept | Action::Unknown) {
                continue;
            }
            let CompiledPeers::Any(peers) = &rule.rule.peers else { return everyone() };
            for peer in peers.iter().filter_map(|id| self.compiled.peers.get(*id)) {
                found |= self.classes_of(peer, near, direction).possible;
            }
        }
        found
    }

    /// The policies of a subject's stack that may deny something, in tiers that are asked: positions in the inventory.
    pub fn denying(&self, direction: Direction, subject: &Subject) -> Vec<usize> {
        let Some(stack) = subject.stack.and_then(|id| self.stack(id)) else { return Vec::new() };
        let asked = [Tier::Admin, Tier::Baseline].into_iter().filter(|tier| *tier == Tier::Admin || subject.isolated() != Truth::Yes);
        let denies = |policy: &ClusterCompiled| policy.rules(direction).iter().any(|r| matches!(r.action, Action::Deny | Action::Unknown));
        let policies = asked.flat_map(|tier| self.selecting(stack, tier)).map(|(policy, _)| policy);
        policies.filter(|policy| denies(policy)).map(|policy| policy.position).collect()
    }

    /// Whether there is any cluster-wide policy of a kind.
    pub fn has_kind(&self, kind: ClusterPolicyKind) -> bool {
        self.compiled.cluster.iter().any(|policy| policy.kind == kind)
    }
}
