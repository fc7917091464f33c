//! What may pass between two ends: both sides' policies, and what no policy can forbid.

use std::net::IpAddr;

use super::classes::{Class, ClassId};
use super::compile::CompiledRule;
use super::model::{Model, Subject};
use super::peers::Other;
use super::ports::{Bounds, PortsId};
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

/// Why NetworkPolicies do not keep two pods apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bond {
    /// They are one: no policy of any kind is asked (rule 32).
    Itself,
    /// One is on the host network of the other's node: cluster-wide policies are asked (rule 33).
    Node,
}

/// A class with its id.
pub type Party<'c> = (ClassId, &'c Class);

/// One thing an end may mean.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    Pod(usize),
    Address(Address),
}

impl Model<'_> {
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
        // Rules 16 and 34: a pod on the host network is its node's address, and an address has no named ports.
        let destination = destination.filter(|class| class.host.is_none());
        let key = (list, destination.map(|class| class.named));
        if let Some(known) = self.resolved.borrow().get(&key) {
            return *known;
        }
        let named = destination.map(|class| self.classes.named.get(class.named as usize).map_or(&[][..], Vec::as_slice));
        let bounds = self.compiled.resolve(rule.ports, named, self.cni.finds_sidecar_ports(), &self.ports);
        self.resolved.borrow_mut().insert(key, bounds);
        bounds
    }

    /// What one side says: the subject's policies about the other end.
    pub fn side_allows(&self, direction: Direction, subject: &Subject, other: &Other<'_>, destination: Option<&Class>) -> Bounds {
        let mut allowed = Bounds::NONE;
        if subject.isolated() == Truth::Yes {
            let rules = self.rules(direction, subject);
            allowed = rules.fold(allowed, |all, rule| all.or(self.rule_allows(rule, other, destination), &self.ports));
        }
        self.side_with(direction, subject, allowed, other, destination)
    }

    /// What one side says, given what the rules of its NetworkPolicies allow.
    pub fn side_with(
        &self,
        direction: Direction,
        subject: &Subject,
        allowed: Bounds,
        other: &Other<'_>,
        destination: Option<&Class>,
    ) -> Bounds {
        if !subject.in_tiers() {
            return subject.outcome(allowed, Bounds::ALL);
        }
        let [admin, baseline] = self.tiers(direction, subject, other, destination);
        admin.before(subject.outcome(allowed, baseline.before(Bounds::ALL, &self.ports)), &self.ports)
    }

    /// Rule 33: what one side says where the other end is the node its pod runs on.
    pub fn side_at_home(&self, direction: Direction, subject: &Subject, other: &Other<'_>, destination: Option<&Class>) -> Bounds {
        if !subject.in_tiers() {
            return Bounds::ALL;
        }
        let [admin, baseline] = self.tiers(direction, subject, other, destination);
        admin.before(subject.outcome_at_home(baseline.before(Bounds::ALL, &self.ports)), &self.ports)
    }

    /// What one side's policies say of the connection from source to target over addresses of a family.
    pub fn side_between(&self, direction: Direction, source: Party<'_>, target: Party<'_>, family: Family) -> Bounds {
        let (near, far) = match direction {
            Direction::Ingress => (target, source),
            Direction::Egress => (source, target),
        };
        let other = Other::Pods(far.1, family, self.cni.blocks_match_pods());
        self.side_allows(direction, self.subject_of(direction, near.0), &other, Some(target.1))
    }

    /// What both sides say of the connection from source to target over addresses of a family (rule 28).
    pub fn between_classes(&self, source: Party<'_>, target: Party<'_>, family: Family) -> Bounds {
        let egress = self.side_between(Direction::Egress, source, target, family);
        if egress.is_none() {
            return egress;
        }
        egress.and(self.side_between(Direction::Ingress, source, target, family), &self.ports)
    }

    /// What may pass between two pods over the addresses they would use.
    pub fn between_pods(&self, source: usize, target: usize) -> Bounds {
        self.between_pods_over(source, target, None)
    }

    /// What may pass between two pods, over a family if one was named: rules 28, 32 (a pod reaches itself), 33 (a pod and
    /// its own node reach each other).
    fn between_pods_over(&self, source: usize, target: usize, family: Option<Family>) -> Bounds {
        let (Some(from), Some(to)) = (self.class_of(source), self.class_of(target)) else { return Bounds::UNKNOWN };
        let family = family.unwrap_or_else(|| Self::family(from.1, to.1));
        match self.bond(source, target) {
            Some(bond) => self.bonded(bond, from, to, family),
            None => self.between_classes(from, to, family),
        }
    }

    /// What may pass between two pods that NetworkPolicies do not keep apart.
    pub fn bonded(&self, bond: Bond, source: Party<'_>, target: Party<'_>, family: Family) -> Bounds {
        if bond == Bond::Itself {
            return Bounds::ALL;
        }
        let side = |direction, near: Party<'_>, far: Party<'_>| {
            let other = Other::Pods(far.1, family, self.cni.blocks_match_pods());
            self.side_at_home(direction, self.subject_of(direction, near.0), &other, Some(target.1))
        };
        side(Direction::Egress, source, target).and(side(Direction::Ingress, target, source), &self.ports)
    }

    /// What makes two pods reach each other whatever NetworkPolicies say: rules 32 and 33.
    pub fn bond(&self, source: usize, target: usize) -> Option<Bond> {
        if source == target {
            return (!self.inventory.pods.get(source).is_some_and(|p| p.several)).then_some(Bond::Itself);
        }
        let host = |pod: usize| self.inventory.pods.get(pod).filter(|p| p.pod.spec.host_network).map(|p| p.pod.spec.node_name.as_str());
        let node = |pod: usize| self.inventory.pods.get(pod).map(|p| p.pod.spec.node_name.as_str()).filter(|n| !n.is_empty());
        let near = (host(source).is_some() && host(source) == node(target)) || (host(target).is_some() && host(target) == node(source));
        near.then_some(Bond::Node)
    }

    /// What may pass between two ends. Rule 25: an address that several living pods claim may mean any of them.
    pub fn between(&self, from: End, to: End) -> Bounds {
        let family = [from, to].into_iter().find_map(|end| match end {
            End::Pod(_) => None,
            End::Address(ip) => Some(Address::from(ip).family),
        });
        let mut outcomes: Vec<Bounds> = Vec::new();
        for source in self.meanings(from) {
            for target in self.meanings(to) {
                outcomes.push(match (source, target) {
                    (Meaning::Pod(a), Meaning::Pod(b)) => self.between_pods_over(a, b, family),
                    (Meaning::Pod(a), Meaning::Address(b)) => self.to_address(a, b),
                    (Meaning::Address(a), Meaning::Pod(b)) => self.from_address(a, b),
                    (Meaning::Address(_), Meaning::Address(_)) => Bounds::ALL,
                });
            }
        }
        outcomes.into_iter().reduce(|a, b| a.either(b, &self.ports)).unwrap_or(Bounds::UNKNOWN)
    }

    /// What a pod may send to an address that is no pod's.
    pub fn to_address(&self, source: usize, address: Address) -> Bounds {
        let Some((class, _)) = self.class_of(source) else { return Bounds::UNKNOWN };
        let (subject, other) = (self.subject_of(Direction::Egress, class), Other::Address(address));
        if self.is_own_node(source, address) {
            return self.side_at_home(Direction::Egress, subject, &other, None);
        }
        self.side_allows(Direction::Egress, subject, &other, None)
    }

    /// What an address that is no pod's may send to a pod.
    pub fn from_address(&self, address: Address, target: usize) -> Bounds {
        let Some((class_id, class)) = self.class_of(target) else { return Bounds::UNKNOWN };
        let (subject, other) = (self.subject_of(Direction::Ingress, class_id), Other::Address(address));
        if self.is_own_node(target, address) {
            return self.side_at_home(Direction::Ingress, subject, &other, Some(class));
        }
        self.side_allows(Direction::Ingress, subject, &other, Some(class))
    }

    /// Rule 33: whether the address is the node's the pod runs on.
    pub fn is_own_node(&self, pod: usize, address: Address) -> bool {
        let Some(info) = self.inventory.pods.get(pod) else { return false };
        if Address::parse(&info.pod.status.host_ip) == Some(address) {
            return true;
        }
        let node = &info.pod.spec.node_name;
        let hosts = || self.classes.host.iter().filter_map(|id| self.class(id)).flat_map(|class| &class.pods);
        let is_address_of_node = || {
            self.inventory.objects.nodes.iter().any(|n| &n.metadata.name == node && n.ips().contains(&address))
                // The address of a pod on the host network is its node's.
                || hosts().filter_map(|p| self.inventory.pods.get(*p)).any(|p| &p.pod.spec.node_name == node && p.pod.ips().contains(&address))
        };
        !node.is_empty() && is_address_of_node()
    }

    /// What an end may mean: the pod, each living pod with the address, or the address if it is no pod's. The address of a
    /// pod on the host network is its node's and stays an address.
    fn meanings(&self, end: End) -> Vec<Meaning> {
        match end {
            End::Pod(pod) => vec![Meaning::Pod(pod)],
            End::Address(ip) => {
                let address = Address::from(ip);
                let pods: Vec<Meaning> = self.pods_with(address).map(Meaning::Pod).collect();
                if pods.is_empty() { vec![Meaning::Address(address)] } else { pods }
            }
        }
    }

    /// The living pods that have an address of their own, by position.
    pub fn pods_with(&self, address: Address) -> impl Iterator<Item = usize> {
        let owns = move |info: &crate::inventory::PodInfo| !info.pod.spec.host_network && info.pod.ips().contains(&address);
        self.inventory.pods.iter().enumerate().filter(move |(_, info)| owns(info)).map(|(position, _)| position)
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
