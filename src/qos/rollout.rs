//! How a workload goes over to a new template, as far as a quota feels it: how many pods of both templates there are on the way.
//!
//! Source: `pkg/controller/deployment/util` (`ResolveFenceposts`), `pkg/controller/daemon/util`, and `pkg/controller/statefulset`.

use crate::objects::{Amount, IntOrString, Workload, WorkloadKind};

/// A rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rollout {
    /// Pods of the old template that are there.
    pub old: i64,
    /// Pods of the new one that are wanted.
    pub new: i64,
    /// How many may be missing meanwhile; none: each new pod is made before an old one goes.
    pub unavailable: i64,
}

impl Rollout {
    /// That of a workload with so many pods.
    pub fn of(workload: &Workload, old: i64, new: i64) -> Self {
        let step = &workload.strategy.rolling_update;
        let rolling = matches!(workload.strategy.kind.as_str(), "" | "RollingUpdate");
        match workload.kind {
            WorkloadKind::Deployment if rolling => Self { old, new, unavailable: fenceposts(workload, new).1 },
            WorkloadKind::DaemonSet if rolling => {
                // With a surge, it must be said that none may be missing.
                let unavailable = step.max_unavailable.as_ref().map_or(1, |most| scaled(most, new, true));
                Self { old, new, unavailable: unavailable.clamp(0, new.max(0)) }
            }
            // One after the other goes and is made anew; those below the partition stay.
            WorkloadKind::StatefulSet => {
                let moves = new.saturating_sub(if rolling { step.partition.max(0) } else { 0 }).max(0);
                Self { old: old.min(moves), new: moves, unavailable: 1 }
            }
            WorkloadKind::DaemonSet | WorkloadKind::ReplicaSet => Self { old, new, unavailable: 1 },
            // All old ones go first.
            WorkloadKind::Deployment | WorkloadKind::Job | WorkloadKind::CronJob => Self { old, new, unavailable: new.max(1) },
        }
    }

    /// A pod that is deleted and made anew.
    pub fn of_pod() -> Self {
        Self { old: 1, new: 1, unavailable: 1 }
    }

    /// What a quota must have room for, beyond what is in use before, lest the rollout gets stuck; of an amount that each pod of the old and
    /// of the new template takes. A rollout goes on as long as one more pod can be made: old ones go as new ones are there.
    pub fn need(&self, old: Amount, new: Amount) -> Option<Amount> {
        let room = |made: i64| {
            let left = (self.new - self.unavailable - made).clamp(0, self.old.max(0));
            new.times(made + 1).minus(old.times(self.old - left))
        };
        // In between it grows or shrinks evenly.
        let turns = [0, self.new - self.unavailable - self.old, self.new - self.unavailable, self.new - 1];
        turns.into_iter().filter(|_| self.new > 0).map(|made| room(made.clamp(0, self.new - 1))).max()
    }
}

/// `maxSurge` and `maxUnavailable` of a Deployment in pods: one is rounded up, the other down; where both come to nothing, one pod
/// may be missing.
pub fn fenceposts(workload: &Workload, pods: i64) -> (i64, i64) {
    let step = &workload.strategy.rolling_update;
    let quarter = IntOrString::Name("25%".to_owned());
    let scaled = |limit: &Option<IntOrString>, up| scaled(limit.as_ref().unwrap_or(&quarter), pods, up);
    match (scaled(&step.max_surge, true), scaled(&step.max_unavailable, false)) {
        (0, 0) => (0, 1.min(pods)),
        (surge, unavailable) => (surge, unavailable.min(pods)),
    }
}

/// A number, or a percentage of so many; what is neither is nothing.
fn scaled(limit: &IntOrString, of: i64, up: bool) -> i64 {
    match limit {
        IntOrString::Int(number) => *number,
        IntOrString::Name(text) => {
            let percent: i64 = text.strip_suffix('%').and_then(|digits| digits.parse().ok()).unwrap_or(0);
            let product = of.saturating_mul(percent);
            product.div_euclid(100) + i64::from(up && product.rem_euclid(100) != 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn workload(kind: WorkloadKind, spec: &str) -> Workload {
        Workload::decode(kind, serde_saphyr::from_str::<serde_json::Value>(&format!("{{spec: {spec}}}")).unwrap()).unwrap()
    }

    #[test]
    fn how_many_pods_may_be_missing_follows_from_kind_and_strategy() {
        use WorkloadKind::{CronJob, DaemonSet, Deployment, Job, ReplicaSet, StatefulSet};
        let rolling = |step: &str| format!("{{strategy: {{rollingUpdate: {step}}}, updateStrategy: {{rollingUpdate: {step}}}}}");
        for (kind, spec, pods, unavailable) in [
            (Deployment, "{}".to_owned(), 1, 0),
            (Deployment, "{}".to_owned(), 3, 0),
            (Deployment, "{}".to_owned(), 4, 1),
            (Deployment, "{}".to_owned(), 10, 2),
            (Deployment, rolling("{maxSurge: 0, maxUnavailable: 25%}"), 3, 1),
            (Deployment, rolling("{maxSurge: 0, maxUnavailable: 1%}"), 3, 1),
            (Deployment, rolling("{maxSurge: 1%, maxUnavailable: 0}"), 300, 0),
            (Deployment, rolling("{maxUnavailable: 100}"), 3, 3),
            (Deployment, "{strategy: {type: Recreate}}".to_owned(), 3, 3),
            (DaemonSet, "{}".to_owned(), 3, 1),
            (DaemonSet, rolling("{maxUnavailable: 10%}"), 3, 1),
            (DaemonSet, rolling("{maxSurge: 10%, maxUnavailable: 0}"), 3, 0),
            (DaemonSet, "{updateStrategy: {type: OnDelete}}".to_owned(), 3, 1),
            (StatefulSet, "{}".to_owned(), 3, 1),
            (ReplicaSet, "{}".to_owned(), 3, 1),
            (Job, "{}".to_owned(), 3, 3),
            (CronJob, "{}".to_owned(), 1, 1),
        ] {
            assert_eq!(Rollout::of(&workload(kind, &spec), pods, pods).unavailable, unavailable, "{kind} {spec} {pods}");
        }
        let partition = workload(StatefulSet, &rolling("{partition: 2}"));
        assert_eq!(Rollout::of(&partition, 3, 3), Rollout { old: 1, new: 1, unavailable: 1 });
        assert_eq!(Rollout::of(&partition, 2, 2).need(Amount::whole(1), Amount::whole(9)), None, "none is made anew");
    }

    #[test]
    fn a_quota_must_hold_one_pod_more_where_none_may_be_missing() {
        let need = |old, new, unavailable, each: [i64; 2]| {
            let [before, after] = each.map(Amount::whole);
            Rollout { old, new, unavailable }.need(before, after).map(|amount| amount.text(&crate::objects::ResourceName::Cpu))
        };
        assert_eq!(need(3, 3, 0, [2, 2]).as_deref(), Some("2"), "as much as one pod");
        assert_eq!(need(3, 3, 0, [2, 3]).as_deref(), Some("5"), "and what the others take more");
        assert_eq!(need(3, 3, 1, [2, 2]).as_deref(), Some("0"));
        assert_eq!(need(3, 3, 1, [2, 3]).as_deref(), Some("3"));
        assert_eq!(need(3, 3, 3, [2, 3]).as_deref(), Some("3"));
        assert_eq!(need(0, 3, 0, [2, 3]).as_deref(), Some("9"), "no old ones give anything back");
        assert_eq!(need(3, 3, 0, [0, 1]).as_deref(), Some("3"), "old ones that the quota does not count");
        assert_eq!(need(0, 0, 0, [0, 1]), None);
    }

    /// The controller of Deployments, pod by pod: whether it gets all new pods past a quota with so much room.
    fn ends(rollout: Rollout, surge: i64, [old, new]: [i64; 2], room: i64) -> bool {
        let (mut olds, mut news, mut room) = (rollout.old, 0, room);
        loop {
            let before = (olds, news);
            let wanted = (rollout.new - news).min(rollout.new + surge - olds - news).max(0);
            for _ in 0..wanted {
                if new <= room {
                    room -= new;
                    news += 1;
                }
            }
            let gone = (olds + news - (rollout.new - rollout.unavailable)).clamp(0, olds);
            olds -= gone;
            room += gone * old;
            if (olds, news) == before {
                return olds == 0 && news == rollout.new;
            }
        }
    }

    proptest! {
        #[test]
        fn a_rollout_gets_stuck_where_the_controller_would(
            pods in 1..8_i64, surge in 0..4_i64, unavailable in 0..9_i64, old in 0..5_i64, new in 1..5_i64, room in 0..30_i64
        ) {
            let unavailable = if surge == 0 { unavailable.max(1) } else { unavailable }.min(pods);
            let rollout = Rollout { old: pods, new: pods, unavailable };
            let fits = rollout.need(Amount::whole(old), Amount::whole(new)).is_none_or(|need| need <= Amount::whole(room));
            prop_assert_eq!(fits, ends(rollout, surge, [old, new], room));
        }
    }
}
