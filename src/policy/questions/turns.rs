//! What the rules of cluster-wide policies had to say of one connection, in their turn.

use super::trace::Connection;
use super::words::{cluster_ref, object_list, rule_ref};
use crate::objects::{Resource, Truth};
use crate::policy::compile::{CompiledPeer, CompiledPeers, PolicyId};
use crate::policy::model::{Model, Subject};
use crate::policy::ports::PortsId;
use crate::policy::tiers::{Action, Outcome, Step, Tier, TierRule};
use crate::report::policy::{PolicyTier, RuleTrace, RuleTurn};
use crate::report::{Direction, RuleRef};

/// Both tiers of one side of a connection.
pub(super) struct Turns<'m> {
    model: &'m Model<'m>,
    direction: Direction,
    wanted: PortsId,
    steps: Vec<Step<'m>>,
    outcomes: [Outcome; 2],
    in_tiers: bool,
    /// Whether connections that the Admin tier lets through are for NetworkPolicies to decide.
    isolated: Truth,
}

impl<'m> Turns<'m> {
    pub(super) fn new(connection: &Connection<'m>, subject: &Subject) -> Self {
        let (model, direction) = (connection.model, connection.direction);
        let (other, destination) = (connection.other(), connection.destination());
        let in_tiers = subject.in_tiers();
        Self {
            model,
            direction,
            wanted: connection.wanted,
            steps: if in_tiers { model.steps(direction, subject, &other, destination) } else { Vec::new() },
            outcomes: if in_tiers { model.tiers(direction, subject, &other, destination) } else { [Outcome::NEXT; 2] },
            in_tiers,
            isolated: subject.isolated(),
        }
    }

    fn of(&self, ports: PortsId) -> PortsId {
        self.model.ports.intersection(self.wanted, ports)
    }

    /// Whether any of the ports asked about may get past a tier.
    pub(super) fn reach(&self, past: Tier) -> bool {
        let [admin, baseline] = self.outcomes;
        match past {
            Tier::Admin => self.wanted.is_none() || !self.of(admin.next).is_none(),
            Tier::Baseline => !self.of(admin.next).is_none() && !self.of(baseline.next).is_none(),
        }
    }

    /// Whether a tier is asked at all.
    fn asked(&self, tier: Tier) -> bool {
        tier == Tier::Admin || (self.isolated != Truth::Yes && self.reach(Tier::Admin))
    }

    /// The rules of a tier that accept any of the ports asked about.
    pub(super) fn accepting(&self, tier: Tier) -> impl Iterator<Item = RuleRef> + '_ {
        let accepts = move |step: &&Step<'_>| {
            step.tier == tier && self.asked(tier) && step.rule.action == Action::Accept && !self.of(step.decides).is_none()
        };
        self.steps.iter().filter(accepts).map(|step| rule_ref(self.model.inventory, self.direction, &step.rule.rule))
    }

    /// What each rule of a tier had to say.
    pub(super) fn traces(&self, connection: &Connection<'m>, tier: Tier) -> Vec<RuleTrace> {
        if !self.asked(tier) {
            return Vec::new();
        }
        let other = connection.other();
        let trace = |step: &Step<'m>| RuleTrace {
            rule: rule_ref(self.model.inventory, self.direction, &step.rule.rule),
            peer: connection.peer(&step.rule.rule, &other).matched,
            port: connection.port(&step.rule.rule),
            turn: Some(RuleTurn {
                tier: tier_name(tier),
                action: word(self.model, self.direction, step.rule),
                decides: self.model.ports.describe(self.of(step.decides)),
            }),
        };
        self.steps.iter().filter(|step| step.tier == tier).map(trace).collect()
    }

    /// The tiers that decide, or may decide, about any of the ports asked about.
    pub(super) fn deciding(&self, subject: &Subject, home: bool) -> Vec<PolicyTier> {
        if !self.in_tiers {
            return Vec::new();
        }
        let decides = |outcome: Outcome| !self.of(self.model.ports.union(outcome.accept, outcome.deny)).is_none();
        let [admin, baseline] = self.outcomes;
        let mut tiers = Vec::new();
        tiers.extend(decides(admin).then_some(PolicyTier::Admin));
        if self.of(admin.next).is_none() {
            return tiers;
        }
        let isolated = subject.isolated();
        if isolated != Truth::No {
            tiers.push(if home && isolated == Truth::Yes { PolicyTier::Default } else { PolicyTier::NetworkPolicy });
        }
        if isolated != Truth::Yes {
            tiers.extend(decides(baseline).then_some(PolicyTier::Baseline));
            tiers.extend(self.reach(Tier::Baseline).then_some(PolicyTier::Default));
        }
        tiers
    }
}

/// The tier in words of the report.
pub(super) fn tier_name(tier: Tier) -> PolicyTier {
    match tier {
        Tier::Admin => PolicyTier::Admin,
        Tier::Baseline => PolicyTier::Baseline,
    }
}

/// The action of a rule as written.
pub(super) fn word(model: &Model<'_>, direction: Direction, rule: &TierRule) -> String {
    let PolicyId::Cluster(position) = rule.rule.policy else { return String::new() };
    let policy = model.inventory.objects.cluster_policies.get(position);
    let rules = policy.map(|policy| if direction == Direction::Ingress { &policy.ingress } else { &policy.egress });
    rules.and_then(|rules| rules.get(rule.rule.index)).map(|rule| rule.action.clone()).unwrap_or_default()
}

/// What makes the cluster-wide policies of a side undecided, in words.
pub(super) fn tier_doubts(model: &Model<'_>, direction: Direction, subject: &Subject, outside: bool) -> Vec<String> {
    let mut reasons = Vec::new();
    if subject.hidden.any() {
        let hidden = [Resource::AdminNetworkPolicies, Resource::BaselineAdminNetworkPolicies, Resource::ClusterNetworkPolicies];
        for resource in hidden.into_iter().filter(|r| !model.inventory.coverage.is_complete(*r, None)) {
            reasons.push(format!("could not read {}, which may allow or deny it", resource.plural()));
        }
    }
    let Some(stack) = subject.stack.and_then(|id| model.stack(id)) else { return reasons };
    for tier in [Tier::Admin, Tier::Baseline] {
        let policies: Vec<_> = stack.of(tier).iter().filter_map(|(at, _)| model.compiled.cluster.get(*at)).collect();
        for (a, b) in policies.iter().zip(policies.iter().skip(1)) {
            let names = [a, b].map(|p| cluster_ref(model.inventory, p.position));
            if a.position != b.position && a.kind == b.kind && a.priority == b.priority {
                reasons.push(format!("{} have the same priority, {}: which is asked first is undefined", object_list(&names), a.priority));
            } else if a.kind != b.kind {
                reasons.push(format!("{}: there is no order between these two kinds", object_list(&names)));
            }
        }
        for policy in policies {
            let name = object_list(&[cluster_ref(model.inventory, policy.position)]);
            let about_names = |rule: &TierRule| match &rule.rule.peers {
                CompiledPeers::Any(ids) => ids.iter().any(|id| matches!(model.compiled.peers.get(*id), Some(CompiledPeer::Domains(_)))),
                CompiledPeers::Everyone => false,
            };
            if outside && policy.rules(direction).iter().any(about_names) {
                reasons.push(format!("{name} is about domain names: no object says which addresses they have"));
            }
            if policy.rules(direction).iter().any(|rule| rule.rule.doubtful) {
                reasons.push(format!("{name} has fields that Kubernetes refuses, or that are not known: what it means is open"));
            }
        }
    }
    reasons
}
