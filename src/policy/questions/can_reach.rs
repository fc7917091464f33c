//! `can-reach`: one connection, with the decision chain of both directions.

use std::collections::{HashMap, HashSet};

use super::focus::{Bucket, Focus, wanted_outside};
use super::trace;
use super::workloads::doubts;
use crate::objects::{Address, Cidr, Family, Truth};
use crate::policy::between::Bond;
use crate::policy::classes::ClassId;
use crate::policy::lint;
use crate::policy::model::Model;
use crate::policy::ports::{Bounds, PortsId};
use crate::policy::question::{PortQuery, Resolved};
use crate::report::policy::{CanReach, Side};
use crate::report::{Direction, Finding, PortRange, Verdict};

/// Rule 33, where cluster-wide policies have a say.
const AT_HOME: &str = "a pod and its own node: NetworkPolicies do not keep them apart, cluster-wide policies may";

/// One end of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Point {
    /// A pod.
    Pod(usize),
    /// An address that is no pod's.
    Address(Address),
}

/// One connection looked at: its ends, the ports asked about, what is allowed of them.
#[derive(Debug, Clone, Copy)]
struct Pair {
    from: Point,
    to: Point,
    wanted: PortsId,
    bounds: Bounds,
}

/// Answers the question for a source and a target; `port` restricts it to some ports of the target.
pub fn can_reach(model: &Model<'_>, source: &Resolved, target: &Resolved, port: Option<&PortQuery>) -> (CanReach, Vec<Finding>) {
    let (from, to) = (Focus::of(model, source, None), Focus::of(model, target, port));
    let family = from.family.or(to.family);
    let pairs = pairs(model, &ends(model, &from, source, None), &ends(model, &to, target, port), family);
    let (verdict, ports) = conclude(model, &pairs, port.is_some());
    let mut reasons = Vec::new();
    let verdict = no_pair_at_all(&pairs, &from, &to, port, &mut reasons).unwrap_or(verdict);

    let shown = pairs.iter().find(|p| pair_verdict(model, p, port.is_some()) != Verdict::Allow).or(pairs.first());
    let (egress, ingress) = match shown {
        Some(pair) if to.nowhere.is_none() => sides(model, pair, family, port.is_some(), &mut reasons),
        // No policy has a say.
        _ => (open_side(verdict), open_side(verdict)),
    };
    mixed(model, &pairs, port.is_some(), &mut reasons);
    if verdict == Verdict::Unknown && reasons.iter().all(|reason| reason == AT_HOME) {
        let classes = shown.into_iter().flat_map(|pair| [(Direction::Egress, pair.from), (Direction::Ingress, pair.to)]);
        let sides = classes.filter_map(|(direction, point)| match point {
            Point::Pod(pod) => model.class_of(pod).map(|(id, _)| (direction, id)),
            Point::Address(_) => None,
        });
        let outside = |point: &Point| match point {
            Point::Address(_) => true,
            Point::Pod(pod) => model.class_of(*pod).is_some_and(|(_, class)| class.host.is_some()),
        };
        let outside = shown.is_some_and(|pair| [pair.from, pair.to].iter().any(outside));
        reasons.extend(doubts(model, sides, outside));
    }

    let mut findings = lint::findings_about(model, &from.all_pods(), &[Direction::Egress]);
    findings.extend(lint::findings_about(model, &to.all_pods(), &[Direction::Ingress]));
    findings.extend(shown.and_then(|pair| depends_on_plugin(model, pair, port.is_some())));
    let asked = pairs.iter().fold(PortsId::NONE, |all, pair| model.ports.union(all, pair.wanted));
    let result = CanReach {
        from: from.peer,
        to: to.peer,
        port: asked_port(model, asked),
        verdict,
        ports: model.ports.describe(ports),
        egress,
        ingress,
        service: to.service,
        reasons,
    };
    (result, findings)
}

/// The ports asked about, if they are of one protocol: those of the question, or those behind a Service.
fn asked_port(model: &Model<'_>, asked: PortsId) -> Option<PortRange> {
    match model.ports.describe(asked).as_slice() {
        [one] if asked != PortsId::ALL => Some(one.clone()),
        _ => None,
    }
}

/// Whether plugins that treat blocks the other way would say otherwise of a pair of pods.
fn depends_on_plugin(model: &Model<'_>, pair: &Pair, port_asked: bool) -> Option<Finding> {
    let (Point::Pod(from), Point::Pod(to)) = (pair.from, pair.to) else { return None };
    let bounds = lint::as_other_plugins(model, from, to)?.and(Bounds::exactly(pair.wanted), &model.ports);
    let [here, there] = [pair_verdict(model, pair, port_asked), pair_verdict(model, &Pair { bounds, ..*pair }, port_asked)];
    (here != there).then(|| lint::depends_on_plugin(model, to, here, there))
}

/// The points of an end, with the ports asked about on each. A range of addresses is cut where a block cuts it.
fn ends(model: &Model<'_>, focus: &Focus, resolved: &Resolved, port: Option<&PortQuery>) -> Vec<(Point, PortsId)> {
    let pods = focus.buckets.iter().flat_map(|Bucket { wanted, pods, .. }| pods.iter().map(|pod| (Point::Pod(*pod), *wanted)));
    let mut ends: Vec<(Point, PortsId)> = pods.collect();
    ends.extend(focus.addresses.iter().map(|(address, wanted)| (Point::Address(*address), *wanted)));
    if let Resolved::Cidr(cidr) = resolved {
        let wanted = port.map_or(PortsId::ALL, |q| wanted_outside(model, q));
        ends.extend(inside(model, cidr).into_iter().map(|address| (Point::Address(address), wanted)));
    }
    ends
}

/// One address of each part of a range that behaves alike.
pub(super) fn inside(model: &Model<'_>, cidr: &Cidr) -> Vec<Address> {
    let (low, high) = cidr.bounds();
    let [first, last] = [low, high].map(|bits| model.blocks.interval(Address { family: cidr.family(), bits }));
    let start = Address { family: cidr.family(), bits: low };
    std::iter::once(start).chain((first + 1..=last).map(|i| model.blocks.representative(cidr.family(), i))).collect()
}

/// Every pair of points that can behave differently: classes stand for their pods, but where a node or the pod itself
/// makes a difference.
fn pairs(model: &Model<'_>, from: &[(Point, PortsId)], to: &[(Point, PortsId)], family: Option<Family>) -> Vec<Pair> {
    let mut known: HashMap<(ClassId, ClassId), Bounds> = HashMap::new();
    let mut seen: HashSet<(ClassId, ClassId, PortsId, Option<Bond>)> = HashSet::new();
    let mut pairs = Vec::new();
    let single = from.len() == 1 && to.len() == 1;
    for (source, _) in &few(model, from, to) {
        for (target, wanted) in &few(model, to, from) {
            let bounds = match (*source, *target) {
                (Point::Pod(a), Point::Pod(b)) => {
                    // A workload asked about itself is asked about its different pods.
                    if a == b && !single && from.len().max(to.len()) > 1 {
                        continue;
                    }
                    let (Some(x), Some(y)) = (model.class_of(a), model.class_of(b)) else { continue };
                    let bond = model.bond(a, b);
                    if !seen.insert((x.0, y.0, *wanted, bond)) {
                        continue;
                    }
                    let family = family.unwrap_or_else(|| Model::family(x.1, y.1));
                    match bond {
                        Some(bond) => model.bonded(bond, x, y, family),
                        None => *known.entry((x.0, y.0)).or_insert_with(|| model.between_classes(x, y, family)),
                    }
                }
                (Point::Pod(a), Point::Address(address)) => model.to_address(a, address),
                (Point::Address(address), Point::Pod(b)) => model.from_address(address, b),
                (Point::Address(_), Point::Address(_)) => Bounds::UNKNOWN,
            };
            pairs.push(Pair { from: *source, to: *target, wanted: *wanted, bounds: bounds.and(Bounds::exactly(*wanted), &model.ports) });
        }
    }
    pairs
}

/// Two pods of each class are enough (two, as one may meet itself), unless nodes matter because the other end has pods on
/// the host network.
fn few(model: &Model<'_>, points: &[(Point, PortsId)], others: &[(Point, PortsId)]) -> Vec<(Point, PortsId)> {
    let class = |point: &Point| match point {
        Point::Pod(pod) => model.class_of(*pod),
        Point::Address(_) => None,
    };
    if others.iter().any(|(p, _)| class(p).is_some_and(|(_, c)| c.host.is_some())) {
        return points.to_vec();
    }
    let mut taken: HashMap<(ClassId, PortsId), usize> = HashMap::new();
    let mut keep = |(point, wanted): &&(Point, PortsId)| {
        let Some((id, class)) = class(point) else { return true };
        let count = taken.entry((id, *wanted)).or_default();
        *count += 1;
        *count <= 2 || class.host.is_some()
    };
    points.iter().filter(|p| keep(p)).copied().collect()
}

/// What holds for one pair: on the port asked about, or on any.
fn pair_verdict(model: &Model<'_>, pair: &Pair, port_asked: bool) -> Verdict {
    if port_asked && !pair.wanted.is_none() {
        return model.verdict(pair.bounds, pair.wanted);
    }
    match (pair.bounds.certain.is_none(), pair.bounds.possible.is_none()) {
        (false, _) => Verdict::Allow,
        (true, true) => Verdict::Deny,
        (true, false) => Verdict::Unknown,
    }
}

/// Allow if every pair is allowed, deny if none is, unknown otherwise; and the ports that every pair is certainly allowed.
fn conclude(model: &Model<'_>, pairs: &[Pair], port_asked: bool) -> (Verdict, PortsId) {
    let verdicts: Vec<Verdict> = pairs.iter().map(|p| pair_verdict(model, p, port_asked)).collect();
    // Pods with different numbers for one name: each is asked about its own port.
    let ports = if port_asked {
        pairs.iter().map(|p| p.bounds.certain).fold(PortsId::NONE, |a, b| model.ports.union(a, b))
    } else {
        pairs.iter().map(|p| p.bounds.certain).reduce(|a, b| model.ports.intersection(a, b)).unwrap_or(PortsId::NONE)
    };
    let verdict = match verdicts.first() {
        Some(first) if verdicts.iter().all(|v| v == first) => {
            if *first == Verdict::Allow && ports.is_none() {
                Verdict::Unknown
            } else {
                *first
            }
        }
        _ => Verdict::Unknown,
    };
    (verdict, ports)
}

/// What it means that there is nothing to connect to, or no port to connect to.
fn no_pair_at_all(pairs: &[Pair], from: &Focus, to: &Focus, port: Option<&PortQuery>, reasons: &mut Vec<String>) -> Option<Verdict> {
    if to.service.as_ref().is_some_and(|service| service.service_type == "ExternalName") {
        reasons.push("the Service is only another name: the addresses behind it decide".to_owned());
        return Some(Verdict::Unknown);
    }
    if let Some(reason) = &to.nowhere {
        reasons.push(reason.clone());
        return Some(Verdict::Deny);
    }
    if pairs.is_empty() && to.service.is_some() {
        reasons.push("the pods behind the Service could not be read".to_owned());
        return Some(Verdict::Unknown);
    }
    if port.is_some() && !pairs.is_empty() && pairs.iter().all(|p| p.wanted.is_none()) {
        reasons.push("no pod of the target has a port of this name".to_owned());
        return Some(Verdict::Unknown);
    }
    if from.buckets.is_empty() && to.buckets.is_empty() {
        reasons.push("neither end is a pod: NetworkPolicy has no say".to_owned());
        return Some(Verdict::Unknown);
    }
    None
}

/// How many pairs differ, if they do, and one of each sort; the denied one is the one whose sides are shown.
fn mixed(model: &Model<'_>, pairs: &[Pair], port_asked: bool, reasons: &mut Vec<String>) {
    let of = |wanted: Verdict| pairs.iter().filter(move |p| pair_verdict(model, p, port_asked) == wanted);
    let (Some(allowed), Some(denied)) = (of(Verdict::Allow).next(), of(Verdict::Deny).next()) else { return };
    let ranges = pairs.iter().any(|p| matches!((p.from, p.to), (Point::Address(_), _) | (_, Point::Address(_))));
    if ranges {
        reasons.push("holds for a part of the addresses only; ask about single addresses".to_owned());
        return;
    }
    let (allow, deny) = (of(Verdict::Allow).count(), of(Verdict::Deny).count());
    reasons.push(format!("depends on the pods: of {} kinds of pairs {allow} are allowed and {deny} denied", pairs.len()));
    reasons.push(format!("allowed: {}; denied: {}", in_words(model, allowed), in_words(model, denied)));
}

/// `ops/web-0 to data/db-1`
fn in_words(model: &Model<'_>, pair: &Pair) -> String {
    let name = |point: Point| match point {
        Point::Pod(pod) => model.inventory.pods.get(pod).map(|p| format!("{}/{}", p.pod.metadata.namespace, p.pod.metadata.name)),
        Point::Address(_) => None,
    };
    format!("{} to {}", name(pair.from).unwrap_or_default(), name(pair.to).unwrap_or_default())
}

/// Both sides of one pair.
fn sides(model: &Model<'_>, pair: &Pair, family: Option<Family>, port_asked: bool, reasons: &mut Vec<String>) -> (Side, Side) {
    let bond = match (pair.from, pair.to) {
        (Point::Pod(a), Point::Pod(b)) => model.bond(a, b),
        (Point::Pod(pod), Point::Address(address)) | (Point::Address(address), Point::Pod(pod)) => {
            model.is_own_node(pod, address).then_some(Bond::Node)
        }
        _ => None,
    };
    let in_tiers = |direction, point: Point| match point {
        Point::Pod(pod) => model.class_of(pod).is_some_and(|(id, _)| model.subject_of(direction, id).in_tiers()),
        Point::Address(_) => false,
    };
    let address = matches!(pair.from, Point::Address(_)) || matches!(pair.to, Point::Address(_));
    match bond {
        Some(Bond::Itself) => reasons.push("a pod always reaches itself by its own address".to_owned()),
        Some(Bond::Node) if in_tiers(Direction::Egress, pair.from) || in_tiers(Direction::Ingress, pair.to) => {
            reasons.push(AT_HOME.to_owned());
        }
        Some(Bond::Node) if address => reasons.push("the address is that of the pod's own node: always allowed".to_owned()),
        Some(Bond::Node) => reasons.push("a pod and its own node always reach each other".to_owned()),
        None => {}
    }
    let home = bond == Some(Bond::Node) && (in_tiers(Direction::Egress, pair.from) || in_tiers(Direction::Ingress, pair.to));
    if bond.is_some() && !home {
        return (open_side(Verdict::Allow), open_side(Verdict::Allow));
    }
    let side = |direction| trace::side(model, direction, (pair.from, pair.to), family, (pair.wanted, port_asked), home);
    (side(Direction::Egress), side(Direction::Ingress))
}

/// A side that no policy has a say in.
pub(super) fn open_side(verdict: Verdict) -> Side {
    Side {
        isolated: None,
        verdict,
        because: Vec::new(),
        isolated_by: Vec::new(),
        decided_by: Vec::new(),
        rules: Vec::new(),
        nearest_miss: None,
    }
}

/// Isolation of a pod in words of the report.
pub(super) fn isolated(truth: Truth) -> Option<bool> {
    match truth {
        Truth::Yes => Some(true),
        Truth::No => Some(false),
        Truth::Unknown => None,
    }
}
