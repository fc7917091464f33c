//! When the end a question is about is no pod: which workloads may talk to addresses, or be talked to from there.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::can_reach::inside;
use super::focus::{Focus, wanted_outside};
use super::tally::Tally;
use super::words::{group_peer, ports_of, rule_ref, verdicts};
use super::workloads::doubts;
use crate::objects::Address;
use crate::policy::classes::{Class, ClassId};
use crate::policy::compile::CompiledRule;
use crate::policy::model::Model;
use crate::policy::peers::Other;
use crate::policy::ports::{Bounds, PortsId};
use crate::policy::question::{PortQuery, Resolved};
use crate::report::policy::{Reach, Rest};
use crate::report::{Direction, RuleRef, Verdict};

/// The addresses an end comes to that are no pod's, with the ports asked about; empty if it is pods.
pub fn addresses(model: &Model<'_>, focus: &Focus, resolved: &Resolved, port: Option<&PortQuery>) -> Vec<(Address, PortsId)> {
    match resolved {
        Resolved::Cidr(cidr) => {
            let wanted = port.map_or(PortsId::ALL, |q| wanted_outside(model, q));
            inside(model, cidr).into_iter().map(|address| (address, wanted)).collect()
        }
        _ => focus.addresses.clone(),
    }
}

/// Every workload that may talk to all or some of the addresses. `direction` is that of the workloads: egress if they are
/// the sources.
pub fn workloads(model: &Model<'_>, direction: Direction, addresses: &[(Address, PortsId)]) -> Vec<Reach> {
    let mut known: HashMap<(u32, u32), Bounds> = HashMap::new();
    let mut groups: BTreeMap<usize, Tally> = BTreeMap::new();
    for (id, class) in (0..).zip(&model.classes.list) {
        let key = (model.subject_id(direction, id), class.named);
        let bounds = *known.entry(key).or_insert_with(|| all_of(model, direction, id, class, addresses));
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for group in class.pods.iter().filter_map(|pod| model.inventory.pods.get(*pod)).map(|p| p.group) {
            *counts.entry(group).or_default() += 1;
        }
        for (group, pods) in counts.into_iter().filter(|_| !bounds.is_none()) {
            groups.entry(group).or_default().add(id, pods, &[(bounds, Vec::new())]);
        }
    }
    let mut rows = Vec::new();
    for (group, tally) in groups {
        for ((_, bounds), row) in &tally.rows {
            for (verdict, ports) in verdicts(model, *bounds) {
                let because = rules(model, direction, &row.classes, addresses, ports);
                let reasons = match verdict {
                    Verdict::Allow if because.is_empty() => vec!["not isolated".to_owned()],
                    Verdict::Unknown if addresses.len() > 1 => vec!["holds for a part of the addresses".to_owned()],
                    Verdict::Unknown => doubts(model, row.classes.iter().map(|id| (direction, *id)), true),
                    _ => Vec::new(),
                };
                let peer = group_peer(model.inventory, group, row.pods, model.inventory.pods_of(group).len());
                rows.push(Reach { peer, verdict, ports: ports_of(model, ports), because, reasons, target_pods: None });
            }
        }
    }
    rows.sort_by(|a, b| (a.verdict, &a.peer, &a.ports).cmp(&(b.verdict, &b.peer, &b.ports)));
    rows
}

/// What holds for each of the addresses is certain, what holds for one of them is possible.
fn all_of(model: &Model<'_>, direction: Direction, id: ClassId, class: &Class, addresses: &[(Address, PortsId)]) -> Bounds {
    let one = |(address, wanted): &(Address, PortsId)| {
        let destination = (direction == Direction::Ingress).then_some(class);
        let allowed = model.side_allows(direction, model.subject_of(direction, id), &Other::Address(*address), destination);
        allowed.and(Bounds::exactly(*wanted), &model.ports)
    };
    addresses.iter().map(one).reduce(|a, b| a.either(b, &model.ports)).unwrap_or(Bounds::NONE)
}

fn rules(
    model: &Model<'_>,
    direction: Direction,
    classes: &BTreeSet<ClassId>,
    addresses: &[(Address, PortsId)],
    ports: PortsId,
) -> Vec<RuleRef> {
    let mut found: BTreeSet<RuleRef> = BTreeSet::new();
    for (id, class) in classes.iter().filter_map(|id| Some((*id, model.class(*id)?))) {
        let destination = (direction == Direction::Ingress).then_some(class);
        let subject = model.subject_of(direction, id);
        for (address, _) in addresses {
            let other = Other::Address(*address);
            let wanted = model.ports.intersection(ports, model.past_admin(direction, subject, &other, destination));
            let allows =
                |rule: &&CompiledRule| !model.ports.intersection(model.rule_allows(rule, &other, destination).possible, wanted).is_none();
            found.extend(model.rules(direction, subject).filter(allows).map(|rule| rule_ref(model.inventory, direction, rule)));
            let accepting = model.acceptances(direction, subject, &other, destination).into_iter();
            let accepting = accepting.filter(|(_, accepted)| !model.ports.intersection(*accepted, ports).is_none());
            found.extend(accepting.map(|(rule, _)| rule_ref(model.inventory, direction, rule)));
        }
    }
    found.into_iter().collect()
}

/// What holds for the workloads that are not listed: only isolated ones, and those that cluster-wide policies deny it, can be
/// missing.
pub fn rest(model: &Model<'_>, direction: Direction) -> Rest {
    let mut reason = format!("isolated for {direction}, and no rule of theirs allows it");
    if !model.compiled.cluster.is_empty() {
        reason.push_str(", or denied by cluster-wide policies");
    }
    Rest { verdict: Verdict::Deny, reason, policies: Vec::new() }
}
