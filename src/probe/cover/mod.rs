//! What has to be tried so that everything the policies decide between pods has been tried once.
//!
//! Pods that no policy tells apart are one kind ([`crate::policy::kinds`]); for two kinds, ports with the same verdict that lie side
//! by side are one interval. Each interval of each two kinds needs one probe, between pods that stand for the rest; `members`
//! chooses these. [`judge`] says what each shows, [`tell`] what all of it comes to.

pub mod batches;
pub mod judge;
mod members;
pub mod tell;

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use self::members::Party;
pub use self::members::is_ready;
use crate::objects::{Pod, Protocol};
use crate::policy::Model;
use crate::policy::between::Bond;
use crate::policy::kinds::kinds;
use crate::policy::ports::{Bounds, MAX_PORT};
use crate::policy::reach::{Far, Near};
use crate::report::{Direction, Verdict};

/// One thing to try, and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Probe {
    /// The pod that tries, by position in the inventory.
    pub source: usize,
    /// The pod that is tried, by position in the inventory.
    pub target: usize,
    /// The protocol.
    pub protocol: Protocol,
    /// The port that is tried.
    pub port: u16,
    /// The ports it stands for, first and last.
    pub ports: (u16, u16),
    /// What the policies decide; never unknown.
    pub predicted: Verdict,
}

/// Why a part of what policies decide is not tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gap {
    /// More intervals than were wanted.
    TooMany,
    /// Intervals of which the policies that could be read do not decide.
    Unpredicted,
    /// Intervals from pods none of which runs.
    NoSource,
    /// Intervals to pods none of which has an address.
    NoTarget,
    /// Intervals of SCTP to pods that declare no port of it.
    NoSctp,
    /// Kinds of pods, for what comes from addresses outside the cluster and goes there.
    Outside,
    /// Kinds of pods, for what comes from their own nodes, where no pod is on the network of one of these.
    OwnNode,
}

/// What covers the policies of a scope.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Cover {
    /// Kinds of pods that are an end of anything in the scope.
    pub kinds: usize,
    /// Intervals of ports between them: as many as would have to be tried for all of it.
    pub intervals: usize,
    /// What is to be tried, by source.
    pub probes: Vec<Probe>,
    /// How much is left out, and why.
    pub gaps: BTreeMap<Gap, usize>,
}

/// Ports of one protocol with the same verdict.
struct Interval {
    protocol: Protocol,
    ports: (u16, u16),
    verdict: Verdict,
}

/// The probes that cover all connections with an end in the namespace, or all there are; at most `most`, and then each target's
/// open ports come before its closed ones, and each target's first probe before the second one of another.
pub fn cover(model: &Model<'_>, namespace: Option<&str>, most: usize) -> Cover {
    let parties: Vec<Party<'_>> = kinds(model).into_iter().filter_map(|kind| Party::of(model, kind)).collect();
    let asked = |party: &Party<'_>| namespace.is_none_or(|namespace| party.namespace == namespace);
    let mut found = Found { cover: Cover::default(), by_turn: Vec::new(), most, intervals: HashMap::new() };
    for (at, target) in parties.iter().enumerate() {
        let near = Near::new(model, Direction::Ingress, (target.id, target.class), false);
        let mut far = Far::new(model, Direction::Ingress, target.class);
        let mut probes: Vec<(bool, Probe)> = Vec::new();
        let mut from_own_node = false;
        // Each target begins with another source, so that a part of all probes has many sources, too.
        for source in parties.iter().cycle().skip(at).take(parties.len()).filter(|source| asked(source) || asked(target)) {
            let mut apart = || near.allows(source.id, source.class).and(far.allows(source.id, source.class), &model.ports);
            let at_home = || {
                let family = Model::family(source.class, target.class);
                model.bonded(Bond::Node, (source.id, source.class), (target.id, target.class), family)
            };
            if source.meets(target, model, None) {
                found.pair(model, (source, target, None), apart(), &mut probes);
            }
            if source.meets(target, model, Some(Bond::Node)) {
                from_own_node |= source.class.host.is_some();
                found.pair(model, (source, target, Some(Bond::Node)), at_home(), &mut probes);
            }
        }
        if asked(target) {
            found.cover.kinds += 1;
            *found.cover.gaps.entry(Gap::Outside).or_default() += 1;
            if !from_own_node && target.class.host.is_none() {
                *found.cover.gaps.entry(Gap::OwnNode).or_default() += 1;
            }
        }
        // Where something listens an answer says more.
        probes.sort_by_key(|(declared, _)| !declared);
        found.by_turn.extend(probes.into_iter().enumerate().map(|(turn, (_, probe))| (turn, at, probe)));
        found.shorten();
    }
    found.end()
}

/// What was found so far.
struct Found {
    cover: Cover,
    /// Probes by the turn they have among those of their target, and the target.
    by_turn: Vec<(usize, usize, Probe)>,
    most: usize,
    /// Intervals, made once for all pairs with the same bounds.
    intervals: HashMap<Bounds, Rc<Vec<Interval>>>,
}

impl Found {
    /// Adds the probes for two kinds whose pods have a bond, or none; each with whether its port is declared.
    fn pair(
        &mut self,
        model: &Model<'_>,
        (source, target, bond): (&Party<'_>, &Party<'_>, Option<Bond>),
        bounds: Bounds,
        probes: &mut Vec<(bool, Probe)>,
    ) {
        let intervals = self.intervals.entry(bounds).or_insert_with(|| Rc::new(intervals(model, bounds))).clone();
        let pods = source.pair_to_try(target, model, bond);
        let declared = |pod: usize| model.inventory.pods.get(pod).map(|info| declared(&info.pod)).unwrap_or_default();
        let declared = pods.map(|(_, pod)| declared(pod)).unwrap_or_default();
        self.cover.intervals += intervals.len();
        for Interval { protocol, ports, verdict } in intervals.iter() {
            let listening =
                declared.iter().filter(|(of, port)| of == protocol && (ports.0..=ports.1).contains(port)).map(|(_, port)| *port).min();
            let gap = match pods {
                _ if *verdict == Verdict::Unknown => Some(Gap::Unpredicted),
                None if !source.can_try() => Some(Gap::NoSource),
                None => Some(Gap::NoTarget),
                Some(_) if *protocol == Protocol::Sctp && listening.is_none() => Some(Gap::NoSctp),
                Some((source, target)) => {
                    let port = listening.unwrap_or_else(|| edge(*ports));
                    let (protocol, ports, predicted) = (*protocol, *ports, *verdict);
                    probes.push((listening.is_some(), Probe { source, target, protocol, port, ports, predicted }));
                    None
                }
            };
            if let Some(gap) = gap {
                *self.cover.gaps.entry(gap).or_default() += 1;
            }
        }
    }

    /// Keeps no more in memory than is wanted.
    fn shorten(&mut self) {
        if self.by_turn.len() > self.most.saturating_mul(2) {
            self.by_turn.sort();
            *self.cover.gaps.entry(Gap::TooMany).or_default() += self.by_turn.len() - self.most;
            self.by_turn.truncate(self.most);
        }
    }

    fn end(mut self) -> Cover {
        self.by_turn.sort();
        let cut = self.by_turn.len().saturating_sub(self.most);
        if cut > 0 {
            *self.cover.gaps.entry(Gap::TooMany).or_default() += cut;
        }
        self.cover.probes = self.by_turn.into_iter().take(self.most).map(|(.., probe)| probe).collect();
        self.cover.probes.sort();
        self.cover
    }
}

/// All ports, cut where the verdict changes.
fn intervals(model: &Model<'_>, bounds: Bounds) -> Vec<Interval> {
    let mut intervals = Vec::new();
    for protocol in [Protocol::Tcp, Protocol::Udp, Protocol::Sctp] {
        let open = model.ports.difference(bounds.possible, bounds.certain);
        let closed = model.ports.difference(model.ports.protocol(protocol), bounds.possible);
        for (verdict, ports) in [(Verdict::Allow, bounds.certain), (Verdict::Unknown, open), (Verdict::Deny, closed)] {
            intervals.extend(model.ports.ranges(ports, protocol).into_iter().map(|ports| Interval { protocol, ports, verdict }));
        }
    }
    intervals.sort_by_key(|interval| (interval.protocol, interval.ports));
    intervals
}

/// The ports that the containers of a pod declare.
fn declared(pod: &Pod) -> Vec<(Protocol, u16)> {
    let ports = pod.spec.lasting_containers().flat_map(|container| &container.ports);
    ports
        .filter_map(|port| Some((Protocol::parse(&port.protocol)?, u16::try_from(port.container_port).ok().filter(|port| *port > 0)?)))
        .collect()
}

/// The port of an interval that stands beside one with another verdict: mistakes are made at edges.
fn edge((low, high): (u16, u16)) -> u16 {
    if low == 1 && u32::from(high) < MAX_PORT { high } else { low }
}
