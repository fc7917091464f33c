//! One side of a connection: what all policies that select one pod say in one direction.

use std::net::IpAddr;

use netstore::objects::{NetworkPolicy, Pod, Protocol, Resource, Rule};
use netstore::report::Direction;

use super::World;
use super::cluster::{Fate, Tier, tier};
use super::matching::{all, any, peer_matches, port_matches, selector_matches};
use super::refused::is_refused;

/// A connection as the policies of one side see it.
pub struct Connection<'a> {
    /// The pod at the other end, if policies see one there.
    pub remote: Option<&'a Pod>,
    /// The address at the other end.
    pub remote_address: Address,
    /// The pod whose containers give named ports their numbers: the destination, in both directions.
    pub named_ports_of: Option<&'a Pod>,
    /// Whether the other end is the node that the pod runs on.
    pub at_home: bool,
    /// Transport protocol.
    pub protocol: Protocol,
    /// Destination port.
    pub port: u16,
}

/// The address an end has on a packet.
#[derive(Debug, Clone, Copy)]
pub enum Address {
    /// This one.
    Is(IpAddr),
    /// A pod that has no address yet; it will get one of this family.
    NotYet {
        /// IPv4, or else IPv6.
        v4: bool,
    },
    /// A pod that has addresses, but none of the family used.
    None,
}

/// Whether the pod's policies let the connection pass in this direction: Admin, then NetworkPolicies, then Baseline, then
/// everything is allowed (rule 41).
pub fn permits(world: &World, pod: &Pod, direction: Direction, connection: &Connection<'_>) -> Option<bool> {
    let mut outcomes = Vec::new();
    for fate in tier(world, Tier::Admin, pod, direction, connection) {
        match fate {
            Fate::Accepted => outcomes.push(Some(true)),
            Fate::Denied => outcomes.push(Some(false)),
            Fate::Next => outcomes.push(behind_admin(world, pod, direction, connection)),
        }
    }
    unanimous(outcomes)
}

/// Rule 43: NetworkPolicies decide where one selects the pod for the direction, Baseline elsewhere.
fn behind_admin(world: &World, pod: &Pod, direction: Direction, connection: &Connection<'_>) -> Option<bool> {
    let baseline = || {
        let fates = tier(world, Tier::Baseline, pod, direction, connection);
        unanimous(fates.into_iter().map(|fate| Some(fate != Fate::Denied)).collect())
    };
    let decision = network_policies(world, pod, direction, connection);
    match (decision, connection.at_home) {
        (Decision::NotSelected, _) => baseline(),
        // Rule 33: no NetworkPolicy keeps a pod and its node apart; cluster-wide policies have no such exception.
        (Decision::Says(_), true) => Some(true),
        (Decision::Says(says), false) => says,
        (Decision::Open, true) => {
            if baseline() == Some(true) {
                Some(true)
            } else {
                None
            }
        }
        (Decision::Open, false) => None,
    }
}

fn unanimous(outcomes: Vec<Option<bool>>) -> Option<bool> {
    let first = outcomes.first().copied().flatten();
    if outcomes.iter().all(|outcome| *outcome == first) { first } else { None }
}

/// What NetworkPolicies say.
enum Decision {
    /// None selects the pod for this direction.
    NotSelected,
    /// Some do.
    Says(Option<bool>),
    /// Whether any does cannot be told.
    Open,
}

fn network_policies(world: &World, pod: &Pod, direction: Direction, connection: &Connection<'_>) -> Decision {
    let mut isolated = false;
    let mut perhaps_isolated = false;
    let mut allowances = Vec::new();
    for policy in world.objects.network_policies.iter().filter(|p| p.metadata.namespace == pod.metadata.namespace) {
        let selects = selector_matches(&policy.spec.pod_selector, &pod.metadata.labels, true);
        if world.files && is_refused(policy) {
            // Kubernetes has no such policy, but its author thinks so: nobody can say what is meant to hold.
            perhaps_isolated |= selects != Some(false) && may_isolate(policy, direction);
        } else if selects == Some(true) && isolates(policy, direction) {
            isolated = true;
            // Rule 26: policies add up; rule 4: rules of a direction that is not listed never get here.
            allowances.extend(rules(policy, direction).iter().map(|rule| rule_allows(world, policy, rule, connection)));
        }
    }
    // A policy nobody could read may isolate, and may allow what the others do not.
    let all_read = world.coverage.is_complete(Resource::NetworkPolicies, Some(&pod.metadata.namespace));
    if isolated {
        let allowed = any(allowances);
        Decision::Says(if allowed == Some(false) && !all_read { None } else { allowed })
    } else if perhaps_isolated || !all_read {
        Decision::Open
    } else {
        Decision::NotSelected
    }
}

fn rules(policy: &NetworkPolicy, direction: Direction) -> &[Rule] {
    match direction {
        Direction::Ingress => &policy.spec.ingress,
        Direction::Egress => &policy.spec.egress,
    }
}

/// Rules 3 to 5: `policyTypes` says it; without it Ingress always and Egress if there is an egress rule.
fn isolates(policy: &NetworkPolicy, direction: Direction) -> bool {
    let listed = |word: &str| policy.spec.policy_types.iter().any(|t| t == word);
    match (policy.spec.policy_types.is_empty(), direction) {
        (true, Direction::Ingress) => true,
        (true, Direction::Egress) => !policy.spec.egress.is_empty(),
        (false, Direction::Ingress) => listed("Ingress"),
        (false, Direction::Egress) => listed("Egress"),
    }
}

/// As [`isolates`] for a refused policy: a word that is no policy type may have been meant for either.
fn may_isolate(policy: &NetworkPolicy, direction: Direction) -> bool {
    isolates(policy, direction) || policy.spec.policy_types.iter().any(|t| t != "Ingress" && t != "Egress")
}

fn rule_allows(world: &World, policy: &NetworkPolicy, rule: &Rule, connection: &Connection<'_>) -> Option<bool> {
    // Rule 6: no peers, everyone; rule 7: no ports, every port of every protocol.
    let peer = if rule.peers.is_empty() {
        Some(true)
    } else {
        any(rule.peers.iter().map(|peer| peer_matches(world, &policy.metadata.namespace, peer, connection)))
    };
    let port = if rule.ports.is_empty() { Some(true) } else { any(rule.ports.iter().map(|port| port_matches(port, connection))) };
    // Rule 14: a field nobody knows can only narrow the rule.
    let known = if rule.unknown.is_empty() { Some(true) } else { None };
    all([peer, port, known])
}
