//! Ordered rules, asked in sets of ports: what may happen to each port, rule by rule and tier by tier.

use super::Tier;
use super::compile::{Action, ClusterCompiled, TierRule};
use crate::policy::ports::{Bounds, PortTable, PortsId};
use crate::report::Direction;

/// What may happen to ports in one tier. A port that is certain is in one of the sets, one that is not in several.
/// INVARIANT: every port is in at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// May be accepted.
    pub accept: PortsId,
    /// May be denied.
    pub deny: PortsId,
    /// May go on to the next tier.
    pub next: PortsId,
}

impl Outcome {
    /// No rule matches anything.
    pub const NEXT: Self = Self { accept: PortsId::NONE, deny: PortsId::NONE, next: PortsId::ALL };
    /// Anything may happen.
    pub const UNKNOWN: Self = Self { accept: PortsId::ALL, deny: PortsId::ALL, next: PortsId::ALL };

    /// What is allowed if `rest` is what the following tiers allow.
    pub fn before(self, rest: Bounds, table: &PortTable) -> Bounds {
        if self == Self::NEXT {
            return rest;
        }
        let denied = table.union(self.deny, table.difference(self.next, rest.certain));
        Bounds {
            certain: table.difference(PortsId::ALL, denied),
            possible: table.union(self.accept, table.intersection(self.next, rest.possible)),
        }
    }
}

/// What a rule had to say in its turn.
#[derive(Debug, Clone, Copy)]
pub struct Step<'m> {
    /// Its tier.
    pub tier: Tier,
    /// The rule.
    pub rule: &'m TierRule,
    /// The ports that it matches.
    pub matched: Bounds,
    /// The ports of these that no rule before it has certainly decided.
    pub decides: PortsId,
}

/// What may have happened after some rules, and what certainly was not decided by them.
#[derive(Debug, Clone, Copy)]
struct Sequence {
    accept: PortsId,
    deny: PortsId,
    pass: PortsId,
    open: PortsId,
}

impl Sequence {
    const START: Self = Self { accept: PortsId::NONE, deny: PortsId::NONE, pass: PortsId::NONE, open: PortsId::ALL };

    fn rule(self, action: Action, matched: Bounds, table: &PortTable) -> Self {
        let decided = table.intersection(self.open, matched.possible);
        if decided.is_none() {
            return self;
        }
        let also = |wanted: &[Action], set: PortsId| if wanted.contains(&action) { table.union(set, decided) } else { set };
        Self {
            accept: also(&[Action::Accept, Action::Unknown], self.accept),
            deny: also(&[Action::Deny, Action::Unknown], self.deny),
            pass: also(&[Action::Pass, Action::Unknown], self.pass),
            open: table.difference(self.open, matched.certain),
        }
    }

    /// Of two with no order between them either may be the one that is asked, if it has something to say.
    fn either(self, other: Self, table: &PortTable) -> Self {
        Self {
            accept: table.union(self.accept, other.accept),
            deny: table.union(self.deny, other.deny),
            pass: table.union(self.pass, other.pass),
            open: table.intersection(self.open, other.open),
        }
    }
}

/// The policies of one tier that select the subject, in their order, each with whether that is certain.
pub type Selecting<'m> = (&'m ClusterCompiled, bool);

/// Asks one tier. `matches` tells the ports on which a rule matches the connection; `seen` is told each step.
///
/// Rules 41 and 53: of policies with the same priority any may be asked first. There is no order either between
/// AdminNetworkPolicies and ClusterNetworkPolicies, which no document puts into one.
pub fn tier<'m>(
    tier: Tier,
    direction: Direction,
    policies: &[Selecting<'m>],
    table: &PortTable,
    matches: &mut dyn FnMut(&'m TierRule) -> Bounds,
    seen: &mut dyn FnMut(Step<'m>),
) -> Outcome {
    let mut all: Option<Sequence> = None;
    for kind in policies.chunk_by(|(a, _), (b, _)| a.kind == b.kind) {
        let mut sequence = Sequence::START;
        for layer in kind.chunk_by(|(a, _), (b, _)| a.priority == b.priority) {
            let mut after: Option<Sequence> = None;
            for (policy, certain) in layer {
                let mut this = sequence;
                for rule in policy.rules(direction) {
                    let matched = matches(rule);
                    let matched = if *certain { matched } else { matched.doubtful() };
                    seen(Step { tier, rule, matched, decides: table.intersection(this.open, matched.possible) });
                    this = this.rule(rule.action, matched, table);
                }
                after = Some(after.map_or(this, |after| after.either(this, table)));
            }
            sequence = after.unwrap_or(sequence);
        }
        all = Some(all.map_or(sequence, |all| all.either(sequence, table)));
    }
    let Sequence { accept, deny, pass, open } = all.unwrap_or(Sequence::START);
    Outcome { accept, deny, next: table.union(pass, open) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_undecided_before_a_tier_is_decided_behind_it() {
        let table = PortTable::default();
        let tcp = table.protocol(crate::objects::Protocol::Tcp);
        let first = Sequence::START.rule(Action::Accept, Bounds { certain: PortsId::NONE, possible: tcp }, &table);
        let both = first.rule(Action::Deny, Bounds::ALL, &table);
        let outcome = Outcome { accept: both.accept, deny: both.deny, next: table.union(both.pass, both.open) };
        assert_eq!((outcome.accept, outcome.deny, outcome.next), (tcp, PortsId::ALL, PortsId::NONE));
        assert_eq!(outcome.before(Bounds::ALL, &table), Bounds { certain: PortsId::NONE, possible: tcp });
        assert_eq!(Outcome::UNKNOWN.before(Bounds::ALL, &table), Bounds::UNKNOWN);
        assert_eq!(Outcome::NEXT.before(Bounds::UNKNOWN, &table), Bounds::UNKNOWN);
    }
}
