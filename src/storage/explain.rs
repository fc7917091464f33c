//! The tables behind an answer: volume by volume, node by node.

use super::causes::{Case, compare};
use super::facts::claims_of;
use super::{matcher, scheduler};
use crate::objects::{Node, Resource};
use crate::report::storage::{Candidate, NodeVerdict};

/// Volumes that are compared; more would help nobody.
const MOST: usize = 20;

/// Volumes beside a claim, the closest first, and how many are left out.
pub(super) fn candidates(case: &Case<'_, '_>) -> (Vec<Candidate>, usize) {
    if !case.facts.knows(Resource::PersistentVolumes, None) {
        return (Vec::new(), 0);
    }
    let nodes = case.facts.all_nodes();
    let nodes = nodes.as_deref();
    let mut ranked: Vec<_> = case
        .facts
        .inventory
        .objects
        .volumes
        .iter()
        .map(|volume| (matcher::failures(case.claim, case.class.name, volume, nodes), volume))
        .collect();
    ranked.sort_by_cached_key(|(failed, volume)| (failed.distance(), volume.metadata.name.clone()));
    let left_out = ranked.len().saturating_sub(MOST);
    (ranked.into_iter().take(MOST).map(|(failed, volume)| compare(case, volume, failed)).collect(), left_out)
}

/// Nodes as the volumes of the claim's unscheduled pod see them.
pub(super) fn nodes<'a>(case: &Case<'_, 'a>) -> Vec<NodeVerdict> {
    let facts = case.facts;
    if !facts.knows(Resource::Nodes, None) {
        return Vec::new();
    }
    let Some(pod) = facts.consumers(case.claim).find(|pod| pod.spec.node_name.is_empty()) else { return Vec::new() };
    let claims: Vec<_> = claims_of(pod).filter_map(|name| facts.claim(&pod.metadata.namespace, &name)).collect();
    let sorted = scheduler::sort(facts, &claims);
    let verdict = |node: &'a Node| {
        let refusal = pod.spec.refuses(node);
        let by_volumes = scheduler::place(facts, &sorted, node).reasons.into_iter().next();
        let reason = by_volumes.map(|reason| match reason.why {
            scheduler::Why::NoSpace if reason.claim == case.claim.metadata.name => {
                let want = case.claim.request().map_or("none", |request| request.text());
                let have = scheduler::room(facts, case.class.name, node).map_or_else(|| "none".to_owned(), |room| room.to_string());
                format!("{have} free < {want}")
            }
            _ => super::causes::said_of(&reason),
        });
        NodeVerdict { node: node.metadata.name.clone(), reason: reason.or(refusal) }
    };
    facts.nodes().map(verdict).collect()
}
