//! Stash and KubeStash: configurations and batches name what they back up, sessions say what became of it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Standing, Tool, Verdict, named};
use crate::inventory::GroupKind;
use crate::objects::{BackupPlan, BackupSession, BackupTarget, BackupTool, PersistentVolumeClaim, Pod, PodVolume, Resource, Truth};
use crate::report::{Finding, ObjectRef};
use crate::storage::facts::Facts;

/// Kinds whose pods are known by their owners.
const WORKLOADS: [&str; 4] = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"];

/// The plans of a cluster.
pub(super) struct Plans<'f, 'a> {
    facts: &'f Facts<'a>,
    plans: Vec<(&'a BackupPlan, ObjectRef, Standing)>,
}

/// The name people know a tool by.
pub(super) fn name_of(tool: BackupTool) -> &'static str {
    match tool {
        BackupTool::Stash => "Stash",
        BackupTool::KubeStash => "KubeStash",
    }
}

impl<'f, 'a> Plans<'f, 'a> {
    pub(super) fn new(facts: &'f Facts<'a>) -> Self {
        let objects = &facts.inventory.objects;
        let plan = |plan: &'a BackupPlan| {
            let reference = ObjectRef::new(plan.kind, &plan.metadata.namespace, &plan.metadata.name);
            let sessions = match plan.tool {
                BackupTool::Stash => Resource::StashSessions,
                BackupTool::KubeStash => Resource::KubeStashSessions,
            };
            let standing = match facts.knows(sessions, Some(&plan.metadata.namespace)) {
                false if !plan.paused => Standing::Doubtful("had runs that could not be read".to_owned()),
                _ => standing(plan, &reference, &objects.backup_sessions),
            };
            (plan, reference, standing)
        };
        Self { facts, plans: objects.backup_plans.iter().map(plan).collect() }
    }

    /// Whether a target of the plan is the claim, or uses it.
    fn targets(&self, plan: &BackupPlan, claim: &PersistentVolumeClaim) -> (Truth, String) {
        let mut found = (Truth::No, String::new());
        for target in &plan.targets {
            let said = self.target(plan, target, claim);
            if said.0 > found.0 {
                found = said;
            }
        }
        found
    }

    fn target(&self, plan: &BackupPlan, target: &BackupTarget, claim: &PersistentVolumeClaim) -> (Truth, String) {
        let (namespace, name) = claim.metadata.key();
        if plan.metadata.namespace != namespace {
            return (Truth::No, String::new());
        }
        let what = format!("{} {}", target.kind, target.name);
        if target.kind == "PersistentVolumeClaim" {
            return (Truth::from(target.name == name), "the files of the claim".to_owned());
        }
        if !WORKLOADS.contains(&target.kind.as_str()) {
            return (Truth::Unknown, format!("is about {what}, of which no object tells the claims"));
        }
        if !self.facts.knows(Resource::Pods, Some(namespace)) {
            return (Truth::Unknown, format!("is about {what}, whose pods could not be read"));
        }
        let mut claims: BTreeSet<String> = BTreeSet::new();
        let mut used: Vec<&PodVolume> = Vec::new();
        for pod in self.pods(namespace, target) {
            for volume in &pod.spec.volumes {
                let Some(source) = &volume.persistent_volume_claim else { continue };
                claims.insert(volume.name.clone());
                used.extend((source.claim_name == name).then_some(volume));
            }
        }
        let listed = |volume: &&&PodVolume| target.volumes.contains(&volume.name);
        match (used.is_empty(), target.volumes.is_empty()) {
            (true, _) => (Truth::No, String::new()),
            (false, false) if used.iter().any(|volume| listed(&volume)) => (Truth::Yes, format!("files of {what}")),
            (false, false) => (Truth::No, String::new()),
            // What has one volume of its own is backed up for that one.
            (false, true) if claims.len() == 1 => (Truth::Yes, format!("files of {what}")),
            (false, true) => (Truth::Unknown, format!("is about {what}, and does not say which of its volumes")),
        }
    }

    fn pods(&self, namespace: &str, target: &BackupTarget) -> impl Iterator<Item = &'a Pod> {
        let inventory = self.facts.inventory;
        let kind = GroupKind::new(&target.kind);
        let group = inventory.groups.iter().find(|group| group.namespace == namespace && group.name == target.name && group.kind == kind);
        let pods = group.map(|group| group.pods.as_slice()).unwrap_or_default();
        pods.iter().filter_map(|at| inventory.pods.get(*at)).map(|info| &info.pod)
    }
}

impl Tool for Plans<'_, '_> {
    fn judge(&self, claim: &PersistentVolumeClaim) -> Verdict {
        let mut verdicts = Vec::new();
        for (plan, reference, standing) in &self.plans {
            let verdict = match self.targets(plan, claim) {
                (Truth::No, _) => continue,
                (Truth::Yes, how) => standing.verdict(reference, &how),
                (Truth::Unknown, why) => Verdict::Unknown(format!("{} {why}", named(reference))),
            };
            verdicts.push(match (verdict, standing) {
                (Verdict::Covered { at, .. }, _) if at < claim.metadata.creation_timestamp => {
                    Verdict::Broken(format!("{} has no run since the claim was made", named(reference)))
                }
                (verdict, _) => verdict,
            });
        }
        super::best(verdicts)
    }

    fn findings(&self) -> Vec<Finding> {
        self.plans.iter().filter_map(|(_, reference, standing)| standing.finding(reference)).collect()
    }
}

/// Rule: of each session of a plan the newest run that has ended counts; one that works is enough.
fn standing(plan: &BackupPlan, reference: &ObjectRef, sessions: &[BackupSession]) -> Standing {
    if plan.paused {
        return Standing::Broken("is paused".to_owned(), vec![(reference.clone(), "spec.paused", "true".to_owned())]);
    }
    let own = |run: &&BackupSession| {
        run.tool == plan.tool
            && run.metadata.namespace == plan.metadata.namespace
            && run.plan == plan.metadata.name
            && (run.plan_kind.is_empty() || run.plan_kind == plan.kind)
            && matches!(run.phase.as_str(), "Succeeded" | "Failed")
    };
    let mut newest: BTreeMap<&str, &BackupSession> = BTreeMap::new();
    for run in sessions.iter().filter(own) {
        let known = newest.entry(&run.session).or_insert(run);
        if run.metadata.creation_timestamp > known.metadata.creation_timestamp {
            *known = run;
        }
    }
    let well = newest.values().filter(|run| run.phase == "Succeeded").max_by_key(|run| run.metadata.creation_timestamp);
    match (well, newest.values().next()) {
        (Some(run), _) => Standing::Works(run.metadata.creation_timestamp),
        (None, Some(run)) => {
            let session = ObjectRef::new("BackupSession", &run.metadata.namespace, &run.metadata.name);
            Standing::Broken("failed at its newest run".to_owned(), vec![(session, "status.phase", run.phase.clone())])
        }
        (None, None) => Standing::Broken("has no run that has ended".to_owned(), vec![(reference.clone(), "kind", plan.kind.to_owned())]),
    }
}
